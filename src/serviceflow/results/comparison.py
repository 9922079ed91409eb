"""Scenarios beside a baseline: paired differences of every figure, with their intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
import pandas as pd

from serviceflow.errors import ServiceflowError, UnknownNameError, nearest
from serviceflow.model.chain import Chain
from serviceflow.model.fields import shown
from serviceflow.renamed import renamed_attributes
from serviceflow.results.derived import Floats
from serviceflow.results.figures import Series, scope_names
from serviceflow.results.measures import SCOPES, unit_of
from serviceflow.results.results import Results
from serviceflow.results.scopes import Key
from serviceflow.results.statistics import (
    Estimate,
    around,
    correlation,
    jackknife_error,
    left_out,
    paired_difference,
    welch_difference,
)
from serviceflow.results.tables import ORDER

DIFFERENCE_COLUMNS = (
    "scenario",
    "scope",
    "name",
    "measure",
    "unit",
    "baseline",
    "mean",
    "difference",
    "ci_low",
    "ci_high",
    "simultaneous_low",
    "simultaneous_high",
    "correlation",
    "replications",
)


class ComparisonError(ServiceflowError, ValueError):
    """Results that cannot be compared."""


@renamed_attributes(replications="by_replication")
class Comparison:
    """Several results beside one of them.

    Parameters
    ----------
    results : mapping
        Scenario name to results.
    baseline : str, optional
        Which of them the others are compared with; the first by default.

    Raises
    ------
    ComparisonError
        If there are fewer than two results, no such baseline, or different units of time.

    See Also
    --------
    ServiceChain.compare : compares a chain with its scenarios.
    serviceflow.compare : compares any chains.

    Notes
    -----
    Runs with one seed share their random numbers, replication by replication, so their differences are
    paired; otherwise the replications are independent and the intervals are Welch's. ``ci_low`` and
    ``ci_high`` hold for one difference; ``simultaneous_low`` and ``simultaneous_high`` (Bonferroni) hold
    for a figure's differences of all scenarios together. ``correlation`` is what the common random numbers
    achieved: the closer to 1, the narrower the interval.

    A ratio's difference has the jackknife error of the difference of the ratios of sums; a quantile's
    has the errors of the two quantiles, joined by the correlation of the shares below them.

    Examples
    --------
    Examples of methods go on from these.

    >>> import serviceflow as sf
    >>> chain = sf.ServiceChain("Office", run={"duration": "1 day", "replications": 2, "seed": 7})
    >>> chain.add_provider("Clerks", staff=1)
    >>> chain.add_service("Talk", provider="Clerks", duration="exponential(mean=8 min)")
    >>> chain.add_consumer("Clients", arrivals={"rate": "6 per hour"}, enters="Talk")
    >>> chain.add_scenario("Two clerks", changes={"providers": {"Clerks": {"staff": 2}}})
    >>> comparison = chain.compare(engine="simpy")
    >>> [(name, results.seed) for name, results in comparison]
    [('baseline', 7), ('Two clerks', 7)]
    >>> comparison["Two clerks"]
    Results('Office', 'Two clerks': 2 replications, seed 7)
    """

    def __init__(self, results: Mapping[str, Results], baseline: str | None = None) -> None:
        self.results = dict(results)
        self.baseline = baseline if baseline is not None else next(iter(self.results), "")
        _check(self.results, self.baseline)

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The names of what is compared with the baseline."""
        return tuple(name for name in self.results if name != self.baseline)

    def __getitem__(self, name: str) -> Results:
        if name not in self.results:
            raise UnknownNameError("scenario", name, self.results)
        return self.results[name]

    def __iter__(self) -> Iterator[tuple[str, Results]]:
        yield from self.results.items()

    def __len__(self) -> int:
        return len(self.results)

    def __contains__(self, name: object) -> bool:
        return name in self.results

    @cached_property
    def kpis(self) -> pd.DataFrame:
        """Every figure of every scenario."""
        tables = [one.kpis.assign(scenario=name) for name, one in self.results.items()]
        return pd.concat(tables, ignore_index=True)

    @cached_property
    def by_replication(self) -> pd.DataFrame:
        """Every figure of every replication of every scenario."""
        tables = [one.by_replication.assign(scenario=name) for name, one in self.results.items()]
        return pd.concat(tables, ignore_index=True)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Scenario minus baseline for every figure that both have.

        Columns are scenario, scope, name, measure, unit, baseline, mean, difference, ci_low, ci_high,
        simultaneous_low, simultaneous_high, correlation and replications.
        """
        parts = [self._differences_of(name) for name in self.scenarios]
        return pd.concat(parts, ignore_index=True)

    def summary(self) -> pd.DataFrame:
        """The differences to look at first: plain numbers, not rounded.

        Returns
        -------
        DataFrame
            The rows of :attr:`differences` that most people want.

        See Also
        --------
        differences : those of every figure.

        Examples
        --------
        >>> comparison.summary()["scenario"].unique().tolist()
        ['Two clerks']
        """
        shown = {
            (scope, name, measure) for one in self.results.values() for scope, name, measure in _shown(one)
        }
        table = self.differences
        keys = zip(table["scope"], table["name"], table["measure"], strict=True)
        chosen = np.array([key in shown for key in keys], dtype=bool)
        return table[chosen].reset_index(drop=True)

    def paired(self, name: str) -> bool:
        """Whether a scenario ran with the baseline's random numbers.

        Parameters
        ----------
        name : str
            Of a scenario.

        Returns
        -------
        bool
            Whether the seeds are the same.

        See Also
        --------
        differences : their column ``correlation``.

        Examples
        --------
        >>> comparison.paired("Two clerks")
        True
        """
        return self.results[name].seed == self.results[self.baseline].seed

    def _differences_of(self, name: str) -> pd.DataFrame:
        ours, base = self.results[name], self.results[self.baseline]
        shared = [key for key in base._series if key in ours._series]
        shared.sort(key=lambda key: (SCOPES.index(key[0]), ORDER.index(key[1])))
        parts = [part for key in shared for part in self._rows(name, key)]
        if not parts:
            return pd.DataFrame(columns=list(DIFFERENCE_COLUMNS))
        table = pd.concat(parts, ignore_index=True)
        scopes = table["scope"].map({scope: place for place, scope in enumerate(SCOPES)}).to_numpy()
        order = np.lexsort((np.arange(len(table)), table["_element"].to_numpy(), scopes))
        return table.iloc[order].drop(columns="_element").reset_index(drop=True)

    def _rows(self, name: str, key: Key) -> Iterator[pd.DataFrame]:
        ours, base = self.results[name], self.results[self.baseline]
        names, others = scope_names(ours.runs.program)[key[0]], scope_names(base.runs.program)[key[0]]
        places = {other: place for place, other in enumerate(others)} if key[0] != "chain" else {names[0]: 0}
        pairs = [(mine, places[one]) for mine, one in enumerate(names) if one in places]
        if not pairs:
            return
        mine, theirs = (np.array(column) for column in zip(*pairs, strict=True))
        found = Difference(ours, base, key, mine, theirs, len(self.scenarios), self.paired(name))
        yield found.table(name, [names[place] for place in mine])

    def __repr__(self) -> str:
        scenarios = ", ".join(map(repr, self.scenarios))
        counts = sorted({one.count for one in self.results.values()})
        many = f"{counts[0]} replication{'s' if counts[-1] != 1 else ''}"
        if len(counts) > 1:
            many = f"{counts[0]} to {counts[-1]} replications"
        return f"{type(self).__name__}({scenarios} against {self.baseline!r}: {many} each)"

    def __str__(self) -> str:
        return f"{self!r}\n{self.summary().to_string(index=False, float_format=lambda value: f'{value:.4g}')}"

    def _repr_html_(self) -> str:
        from html import escape

        table = self.summary().to_html(index=False, float_format=lambda value: f"{value:.4g}", na_rep="")
        return f"<p>{escape(repr(self))}</p>{table}"


def _shown(results: Results) -> Iterator[tuple[str, str, str]]:
    """Scope, name and measure of each row of a summary."""
    rows = results.summary()
    yield from zip(rows["scope"], rows["name"], rows["measure"], strict=True)


def check_chains(chains: object) -> None:
    """Raise ComparisonError unless these are chains by name."""
    if not isinstance(chains, Mapping) or not all(isinstance(one, Chain) for one in chains.values()):
        message = f"{shown(chains)} is not what can be compared: give chains by name"
        raise ComparisonError(f'{message}, as in sf.compare({{"today": chain, "plan": other}})')


def _check(results: Mapping[str, Results], baseline: str) -> None:
    if len(results) < 2:
        raise ComparisonError(f"there are {len(results)} results: give at least two to compare")
    if baseline not in results:
        listed = ", ".join(map(repr, results))
        raise ComparisonError(
            f"there is no baseline {baseline!r}{nearest(baseline, results)}; there are: {listed}"
        )
    units = {one.time_unit for one in results.values()}
    if len(units) > 1:
        listed = " and ".join(sorted(units))
        raise ComparisonError(f"the results are in {listed}: give the chains one time_unit")


class Difference:
    """The differences of one measure, for elements that two results share.

    Parameters
    ----------
    ours, base : Results
        The scenario and the baseline.
    key : tuple
        Scope and measure.
    mine, theirs : array of int
        The elements in either, pair by pair.
    comparisons : int
        How many differences hold together.
    paired : bool
        Whether replications share their random numbers.
    """

    def __init__(
        self,
        ours: Results,
        base: Results,
        key: Key,
        mine: Floats,
        theirs: Floats,
        comparisons: int,
        paired: bool,
    ) -> None:
        self.key, self.unit = key, unit_of(key[1], key[0], base.time_unit)
        self.comparisons, self.confidence = comparisons, base.confidence
        self.first, self.second = _chosen(ours._series[key], mine), _chosen(base._series[key], theirs)
        self.one = _picked(ours._estimates[key], mine)
        self.two = _picked(base._estimates[key], theirs)
        self.count = min(len(self.first.values), len(self.second.values))
        self.paired = paired
        if paired:
            self.first, self.second = _cut(self.first, self.count), _cut(self.second, self.count)
            if self.first.shares is None:
                self.one, self.two = (one.estimate(self.confidence) for one in (self.first, self.second))

    def table(self, scenario: str, names: list[str]) -> pd.DataFrame:
        """One row per element."""
        raw, joint = self.estimate(1), self.estimate(self.comparisons)
        return pd.DataFrame(
            {
                "scenario": scenario,
                "scope": self.key[0],
                "name": names,
                "measure": self.key[1],
                "unit": self.unit,
                "baseline": self.two.mean,
                "mean": self.one.mean,
                "difference": self.one.mean - self.two.mean,
                "ci_low": raw.low,
                "ci_high": raw.high,
                "simultaneous_low": joint.low,
                "simultaneous_high": joint.high,
                "correlation": self.correlation(),
                "replications": self.count,
                "_element": np.arange(len(names)),
            }
        )

    def estimate(self, comparisons: int) -> Estimate:
        """The difference with an interval that holds for so many comparisons together."""
        if not self.paired:
            return welch_difference(self.one, self.two, self.confidence, comparisons)
        if self.first.shares is not None:
            return self._of_quantiles(comparisons)
        if self.first.bases is not None:
            return self._of_ratios(comparisons)
        return paired_difference(self.first.totals, self.second.totals, self.confidence, comparisons)

    def _of_ratios(self, comparisons: int) -> Estimate:
        assert self.first.bases is not None
        assert self.second.bases is not None
        without = left_out(self.first.totals, self.first.bases) - left_out(
            self.second.totals, self.second.bases
        )
        return self._around(jackknife_error(without), comparisons)

    def _of_quantiles(self, comparisons: int) -> Estimate:
        together = np.nan_to_num(self.correlation())
        variance = self.one.error**2 + self.two.error**2 - 2 * together * self.one.error * self.two.error
        return self._around(np.sqrt(np.maximum(variance, 0)), comparisons)

    def _around(self, error: Floats, comparisons: int) -> Estimate:
        return around(self.one.mean - self.two.mean, error, self.count - 1, self.confidence, comparisons)

    def correlation(self) -> Floats:
        """Correlation over replications of the two figures (of the shares below, for quantiles)."""
        if not self.paired or self.count < 2:
            return np.full(len(self.one.mean), np.nan)
        if self.first.shares is not None and self.second.shares is not None:
            return correlation(self.first.shares, self.second.shares)
        return correlation(self.first.values, self.second.values)


def _chosen(series: Series, elements: Floats) -> Series:
    parts = (series.totals, series.bases, series.values, series.requests, series.unfinished, series.shares)
    return Series(*(None if part is None else part[:, elements] for part in parts))  # type: ignore[arg-type]


def _cut(series: Series, count: int) -> Series:
    parts = (series.totals, series.bases, series.values, series.requests, series.unfinished, series.shares)
    return Series(*(None if part is None else part[:count] for part in parts))  # type: ignore[arg-type]


def _picked(estimate: Estimate, elements: Floats) -> Estimate:
    parts = (estimate.mean, estimate.low, estimate.high, estimate.error, estimate.freedom)
    return Estimate(*(part[elements] for part in parts))

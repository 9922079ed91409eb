"""Scenarios beside a baseline: paired differences of every figure, with their intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd

from serviceflow.display import markup
from serviceflow.errors import ServiceflowError, UnknownNameError, nearest
from serviceflow.model.chain import Chain
from serviceflow.model.fields import shown
from serviceflow.renamed import renamed_attributes
from serviceflow.results.differences import Difference, verdict
from serviceflow.results.figures import scope_names
from serviceflow.results.frontier import frontier
from serviceflow.results.measures import SCOPES
from serviceflow.results.model_changes import model_changes
from serviceflow.results.precision import Goal, Precision, Reached, Relevance, judge, read_relevance
from serviceflow.results.results import Results
from serviceflow.results.scopes import Key
from serviceflow.results.tables import ORDER
from serviceflow.theory.checks.check import findings_beside, findings_of
from serviceflow.theory.checks.finding import NOTE, Finding

DIFFERENCE_COLUMNS = (
    "scenario",
    "scope",
    "name",
    "measure",
    "unit",
    "baseline",
    "mean",
    "difference",
    "relative",
    "ci_low",
    "ci_high",
    "simultaneous_low",
    "simultaneous_high",
    "correlation",
    "replications",
    "verdict",
)
FINDING_COLUMNS = ("scenario", "severity", "path", "message")


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
    relevant : optional
        The smallest differences that matter, for the verdicts: a share of the baseline's figures (0.02 or
        ``"2%"``), or a mapping of figures to such shares or to amounts, as for ``precision=``.

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
    has the intervals of the two quantiles, joined by the correlation of the shares below them.

    The ``verdict`` goes by the simultaneous interval: better or worse where it leaves 0 out (more or less
    where neither is better by itself), no difference that matters where all of it is smaller than `relevant`,
    and otherwise it cannot be told.

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

    def __init__(
        self, results: Mapping[str, Results], baseline: str | None = None, relevant: Any = None
    ) -> None:
        self.results = dict(results)
        self.baseline = baseline if baseline is not None else next(iter(self.results), "")
        _check(self.results, self.baseline)
        self._relevance: Relevance = read_relevance(relevant, self.results[self.baseline])
        self._relevant = relevant
        self._goals: tuple[Goal, ...] = ()
        self._ended = ""

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The names of what is compared with the baseline."""
        return tuple(name for name in self.results if name != self.baseline)

    @property
    def count(self) -> int:
        """How many replications each has, at least."""
        return min(one.count for one in self.results.values())

    @property
    def interrupted(self) -> bool:
        """Whether the user stopped before every replication had finished."""
        return any(one.interrupted for one in self.results.values())

    @property
    def precision(self) -> Precision | None:
        """How precise the differences are that ``precision=`` was asked of; None if it was not."""
        return self._judged(self._goals, self._ended) if self._goals else None

    def more(self, replications: int, **settings: Any) -> Self:
        """Return the same comparison with further replications of every scenario.

        Parameters
        ----------
        replications : int
            How many more of each.
        **settings
            As for :meth:`Results.more`.

        Returns
        -------
        Comparison
            As if all replications had been run at once.

        See Also
        --------
        precision : how precise differences are, and what it would take.

        Examples
        --------
        >>> comparison.more(3, engine="simpy")
        Comparison('Two clerks' against 'baseline': 5 replications each)
        """
        wanted = self.count + replications
        grown: dict[str, Results] = {}
        for name, one in self.results.items():
            stopped = any(other.interrupted for other in grown.values())
            missing = 0 if stopped else wanted - one.count
            grown[name] = one.more(missing, **settings) if missing > 0 else one
        found = self._again(grown)
        found._goals = self._goals
        return found

    def _again(self, results: Mapping[str, Results]) -> Self:
        """The same comparison of other results."""
        return type(self)(results, self.baseline, self._relevant)

    def _judged(self, goals: Sequence[Goal], ended: str = "") -> Precision:
        """How precise the differences of some figures are."""
        found = [self._judge(goal, name) for goal in goals for name in self.scenarios]
        return Precision(tuple(one for one in found if one is not None), ended)

    def _judge(self, goal: Goal, name: str) -> Reached | None:
        scope, element, measure = goal.figure
        rows = list(self._rows(name, (scope, measure)))
        chosen = [one[(one["name"] == element) | (scope == "chain")] for one in rows]
        if not chosen or not len(chosen[0]):
            return None  # The scenario has no such element.
        row = chosen[0].iloc[0]
        estimate = (float(row["difference"]), float(row["ci_low"]), float(row["ci_high"]))
        count, basis = int(row["replications"]), float(row["baseline"])
        confidence = self.results[self.baseline].confidence
        return judge(goal, estimate, count, confidence, str(row["unit"]), name, basis)

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

        Columns are scenario, scope, name, measure, unit, baseline, mean, difference, relative (as a share of
        the baseline's figure), ci_low, ci_high, simultaneous_low, simultaneous_high, correlation,
        replications and verdict.
        """
        parts = [self._differences_of(name) for name in self.scenarios]
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """What each scenario changes in the model: section, name, field, baseline and value.

        A name with an empty field was added (its baseline is empty) or removed (its value is).
        """
        base = self.results[self.baseline].chain
        parts = [model_changes(base, self.results[name].chain, name) for name in self.scenarios]
        return pd.concat(parts, ignore_index=True)

    @property
    def findings(self) -> pd.DataFrame:
        """What :meth:`ServiceChain.check` finds of the baseline, and of each scenario beyond that.

        Columns are scenario, severity ("error", "warning", "note"), path and message.
        """
        rows = [(name, one.severity, one.path, one.message) for name, one in self._findings]
        return pd.DataFrame(rows, columns=list(FINDING_COLUMNS))

    @property
    def warnings(self) -> list[str]:
        """Those of :attr:`findings` that are more than notes, in words; a scenario's begin with its name."""
        return [told if name == self.baseline else f"{name}: {told}" for name, told in self._warned]

    @property
    def _warned(self) -> list[tuple[str, str]]:
        return [(name, str(one)) for name, one in self._findings if one.severity != NOTE]

    @cached_property
    def _findings(self) -> list[tuple[str, Finding]]:
        base = self.results[self.baseline].chain
        others = {name: self.results[name].chain for name in self.scenarios}
        found = {self.baseline: findings_of(base), **findings_beside(base, others)}
        return [(name, one) for name, told in found.items() for one in told]

    def frontier(self, figures: Iterable[Any] | None = None) -> pd.DataFrame:
        """Return which scenarios are dominated: another is as good in every figure and better in one.

        Parameters
        ----------
        figures : iterable, optional
            What counts, named as for ``precision=``: by default the cost, if anything has a price, and the
            promises, or where there are none the flow time.

        Returns
        -------
        DataFrame
            One row per scenario with its figures, and ``dominated_by``: a scenario whose figures are all at
            least as good, and one of them better beyond its interval; empty if there is none.

        Raises
        ------
        FigureNameError
            If there is no such figure.

        See Also
        --------
        differences : every figure beside the baseline's.

        Examples
        --------
        >>> comparison.frontier(["flow_time", "utilization: Clerks"])["dominated_by"].tolist()
        ['Two clerks', '']
        """
        return frontier(self.results, self.baseline, figures)

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
        table = table.iloc[order].drop(columns="_element").reset_index(drop=True)
        table["verdict"] = [self._verdict(row) for row in table.itertuples(index=False)]
        return table

    def _verdict(self, row: Any) -> str:
        figure = (row.scope, "" if row.scope == "chain" else row.name, row.measure)
        matters = self._relevance.amount(figure, row.baseline)
        return verdict(row.measure, row.simultaneous_low, row.simultaneous_high, matters)

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
        table = self.summary().to_string(index=False, float_format=lambda value: f"{value:.4g}")
        return "\n".join([repr(self), *self.warnings, table])

    def _repr_html_(self) -> str:
        parts = (markup.title(repr(self)), markup.bullets(self.warnings), markup.frame(self.summary()))
        return markup.shown(*parts)


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

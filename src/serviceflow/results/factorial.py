"""A factorial design: every combination of some scenarios, and what each does alone and together.

References
----------
A. M. Law (2015), *Simulation Modeling and Analysis*, 5th ed., section 12.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Self

import numpy as np
import pandas as pd

from serviceflow.results.comparison import Comparison, ComparisonError
from serviceflow.results.derived import Floats
from serviceflow.results.differences import BETTER, LESS, MORE, WORSE, verdict
from serviceflow.results.figures import Series
from serviceflow.results.measures import unit_of
from serviceflow.results.naming import FigureName, FigureNameError, figure_name, place_of
from serviceflow.results.results import Results
from serviceflow.results.statistics import left_out, pseudo_values, skewed_interval

Combination = tuple[str, ...]
MOST = 7
"""Scenarios whose combinations are run: 2**7 are 128 chains."""
ROUNDING = 1e-12
JOINED = " + "
TIMES = " × "
COLUMNS = (
    "effect",
    "scope",
    "name",
    "measure",
    "unit",
    "mean",
    "ci_low",
    "ci_high",
    "simultaneous_low",
    "simultaneous_high",
    "verdict",
)


def combinations_of(names: Sequence[str]) -> list[Combination]:
    """Every combination of scenarios, the smaller first; the empty one is the chain as it stands.

    Raises
    ------
    ComparisonError
        If there are too few or too many, or one is named twice.
    """
    if len(set(names)) != len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise ComparisonError(f"the scenario {twice!r} is named twice: name each factor once")
    if not 2 <= len(names) <= MOST:
        raise ComparisonError(
            f"a factorial design of {len(names)} scenarios: name 2 to {MOST},"
            f" which make 4 to {2**MOST} chains"
        )
    return [chosen for size in range(len(names) + 1) for chosen in combinations(names, size)]


class Factorial(Comparison):
    """Every combination of some scenarios beside the chain as it stands.

    It is a comparison, with :meth:`effects` besides.

    Parameters
    ----------
    results : mapping
        Name of a combination to results.
    combined : mapping
        Name of a combination to the scenarios that it has.
    baseline : str
        The chain as it stands.
    relevant : optional
        As for a comparison.

    See Also
    --------
    serviceflow.factorial : runs the combinations.
    """

    def __init__(
        self,
        results: Mapping[str, Results],
        combined: Mapping[str, Combination],
        baseline: str,
        relevant: Any = None,
    ) -> None:
        super().__init__(results, baseline, relevant)
        self.combined = dict(combined)
        if missing := [name for name in combined if name not in self.results]:
            listed = ", ".join(map(repr, missing))
            raise ComparisonError(f"{listed} did not run: effects need all combinations")
        self.factors = tuple(dict.fromkeys(name for chosen in combined.values() for name in chosen))

    def effects(self, figures: Iterable[Any] | None = None, order: int = 2) -> pd.DataFrame:
        """Return what each scenario does on average, and what two of them do together beyond that.

        Parameters
        ----------
        figures : iterable, optional
            Named as for ``precision=``; those of the summary by default.
        order : int
            How many scenarios an interaction joins at most.

        Returns
        -------
        DataFrame
            One row per figure and effect. The effect of a scenario is its change of the figure, averaged over
            all combinations of the others. An interaction ``A × B`` is half of how much more A changes where
            B is there than where it is not: 0 if the two simply add up. Intervals are paired over
            replications; the simultaneous ones hold for all effects on a figure together. The verdict on an
            interaction says what the two do together, beyond what each does. A quantile is the mean of the
            replications' own.

        Raises
        ------
        FigureNameError
            If there is no such figure.

        See Also
        --------
        factorial : runs the combinations.
        """
        base = self.results[self.baseline]
        chosen = (
            self._usual() if figures is None else [figure_name(one, base, "effect on") for one in figures]
        )
        rows = [row for figure in chosen for row in self._effects_on(figure, order)]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _usual(self) -> list[FigureName]:
        """The figures of the summary that all combinations have."""
        rows = self.results[self.baseline].summary()
        named = zip(rows["scope"], rows["name"], rows["measure"], strict=True)
        found = [(scope, "" if scope == "chain" else name, measure) for scope, name, measure in named]
        return [figure for figure in found if all(_has(one, figure) for one in self.results.values())]

    def _effects_on(self, figure: FigureName, order: int) -> Iterator[tuple[Any, ...]]:
        scope, name, measure = figure
        values = {one: _contributions(self.results[one], figure) for one in self.combined}
        count = min(len(one) for one, _ in values.values())
        joined = [one for size in range(1, order + 1) for one in combinations(self.factors, size)]
        unit = unit_of(measure, scope, self.results[self.baseline].time_unit)
        for effect in joined:
            weights = {one: self._weight(effect, has) for one, has in self.combined.items()}
            own = sum(weight * values[one][0][:count] for one, weight in weights.items())
            mean = sum(weight * values[one][1] for one, weight in weights.items())
            raw, joint = (skewed_interval(mean, own, self._confidence, n) for n in (1, len(joined)))
            trifle = ROUNDING * max(abs(value) for _, value in values.values())
            ends = [_rounded(end, trifle) for end in (mean, raw.low, raw.high, joint.low, joint.high)]
            matters = self._relevance.amount(figure, values[self.baseline][1])
            told = verdict(measure, ends[3], ends[4], matters)
            if len(effect) > 1 and told in (BETTER, WORSE, MORE, LESS):
                told = f"{told} together"
            yield (TIMES.join(effect), scope, name, measure, unit, *ends, told)

    def _weight(self, effect: Combination, has: Combination) -> float:
        sign = np.prod([1 if factor in has else -1 for factor in effect])
        return float(sign / 2.0 ** (len(self.factors) - 1))

    @property
    def _confidence(self) -> float:
        return self.results[self.baseline].confidence

    def _again(self, results: Mapping[str, Results]) -> Self:
        return type(self)(results, self.combined, self.baseline, self._relevant)


def _rounded(value: Any, trifle: float) -> float:
    """A number, or 0 where it is no more than what rounding leaves of sums that cancel out."""
    return 0.0 if abs(float(value)) <= trifle else float(value)


def _has(results: Results, figure: FigureName) -> bool:
    try:
        figure_name(figure if figure[1] else figure[2], results)
    except FigureNameError:
        return False
    return True


def _contributions(results: Results, figure: FigureName) -> tuple[Floats, float]:
    """What each replication contributes to a figure, and the figure."""
    scope, _, measure = figure
    place = np.array([place_of(figure, results)])
    series: Series = results._series_of((scope, measure)).picked(slice(None), place)
    if series.bases is None or series.shares is not None:
        return series.values[:, 0], float(series.values[:, 0].mean())
    mean = series.totals.sum(axis=0) / series.bases.sum(axis=0)
    return pseudo_values(mean, left_out(series.totals, series.bases))[:, 0], float(mean[0])

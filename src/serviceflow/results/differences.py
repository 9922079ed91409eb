"""Differences of one measure between two results, with intervals and verdicts in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from serviceflow.results.derived import Floats, Ints
from serviceflow.results.measures import SHARE, meaning, unit_of
from serviceflow.results.naming import HIGHER, NEUTRAL
from serviceflow.results.results import Results
from serviceflow.results.scopes import Key
from serviceflow.results.statistics import (
    Estimate,
    correlation,
    mean_interval,
    quantile_difference,
    ratio_difference,
    share_difference,
    welch_difference,
)

ALL = slice(None)
BETTER, WORSE, MORE, LESS, SAME, SMALL, UNCLEAR = (
    "better",
    "worse",
    "more",
    "less",
    "no difference",
    "no difference that matters",
    "cannot be told",
)
"""What is said of a difference; more and less where neither is better by itself."""


def verdict(measure: str, low: float, high: float, relevant: float | None = None) -> str:
    """What an interval says of a difference.

    Parameters
    ----------
    measure : str
        Tells whether more is better.
    low, high : float
        The interval; NaN where it cannot be estimated.
    relevant : float, optional
        The smallest difference that matters.
    """
    if low == high == 0:
        return SAME
    if relevant is not None and -relevant <= low and high <= relevant:
        return SMALL
    if not (low > 0 or high < 0):
        return UNCLEAR
    base = measure.removesuffix(f"_{measure.rpartition('_')[2]}")
    if measure in NEUTRAL or base in NEUTRAL:
        return MORE if low > 0 else LESS
    return BETTER if (low > 0) == (measure in HIGHER) else WORSE


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
        mine: Ints,
        theirs: Ints,
        comparisons: int,
        paired: bool,
    ) -> None:
        self.key, self.unit = key, unit_of(key[1], key[0], base.time_unit)
        self.comparisons, self.confidence = comparisons, base.confidence
        self.first, self.second = (
            ours._series_of(key).picked(ALL, mine),
            base._series_of(key).picked(ALL, theirs),
        )
        self.one = _picked(ours._estimates_of([key])[key], mine)
        self.two = _picked(base._estimates_of([key])[key], theirs)
        self.count = min(len(self.first.values), len(self.second.values))
        self.paired = paired
        if paired:
            self.first, self.second = (
                one.picked(slice(self.count), ALL) for one in (self.first, self.second)
            )
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
                "relative": self.relative(),
                "ci_low": raw.low,
                "ci_high": raw.high,
                "simultaneous_low": joint.low,
                "simultaneous_high": joint.high,
                "correlation": self.correlation(),
                "replications": self.count,
                "_element": np.arange(len(names)),
            }
        )

    def relative(self) -> Floats:
        """The difference as a share of the baseline's figure; NaN where that is 0."""
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = (self.one.mean - self.two.mean) / np.abs(self.two.mean)
        return np.where(np.isfinite(shares), shares, np.nan)

    def estimate(self, comparisons: int) -> Estimate:
        """The difference with an interval that holds for so many comparisons together."""
        if not self.paired:
            return welch_difference(self.one, self.two, self.confidence, comparisons)
        if self.first.shares is not None:
            return self._of_quantiles(comparisons)
        if self.first.bases is not None:
            return self._of_ratios(comparisons)
        return self._bounded(
            mean_interval(self.first.totals - self.second.totals, self.confidence, comparisons)
        )

    def _of_ratios(self, comparisons: int) -> Estimate:
        first, second = self.first, self.second
        assert first.bases is not None
        assert second.bases is not None
        ratios = (first.totals, first.bases, second.totals, second.bases)
        return self._bounded(ratio_difference(*ratios, self.confidence, comparisons))

    def _bounded(self, found: Estimate) -> Estimate:
        return share_difference(found, self.one, self.two) if meaning(self.key[1])[0] == SHARE else found

    def _of_quantiles(self, comparisons: int) -> Estimate:
        together = self.correlation()
        return quantile_difference(self.one, self.two, together, self.count, self.confidence, comparisons)

    def correlation(self) -> Floats:
        """Correlation over replications of the two figures (of the shares below, for quantiles)."""
        if not self.paired or self.count < 2:
            return np.full(len(self.one.mean), np.nan)
        if self.first.shares is not None and self.second.shares is not None:
            return correlation(self.first.shares, self.second.shares)
        return correlation(self.first.values, self.second.values)


def _picked(estimate: Estimate, elements: Ints) -> Estimate:
    parts = (estimate.mean, estimate.low, estimate.high, estimate.error, estimate.freedom)
    return Estimate(*(part[elements] for part in parts))

"""Quantiles of all customers of all replications, with intervals that hold for dependent customers.

Customers of one replication depend on each other, so no formula for independent values holds. But the share
of each replication's customers at or below a value is one figure per replication. A value may be the
quantile unless the interval of that share says otherwise; those that may be it are the quantile's interval.

References
----------
R. S. Woodruff (1952), "Confidence intervals for medians and other position measures", *Journal of
the American Statistical Association* 47, 635-646, who takes the share's error at the quantile itself; here it
is taken where the interval ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.results.selection import Sample
from serviceflow.results.statistics import (
    Estimate,
    Floats,
    Ranked,
    mean_ratio_interval,
    needed,
    pooled,
)

HALVINGS = 7
"""How often the stretch is halved in which an end lies: to a hundredth of the distance to the quantile."""


def quantile_interval(
    samples: Sequence[NDArray[Any]], probability: float, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Quantile over all customers of all replications, with its interval.

    Parameters
    ----------
    samples : sequence of arrays
        The values of each replication, in any order.
    probability : float
        Between 0 and 1.
    confidence : float
        Nominal coverage.

    Returns
    -------
    mean, low, high : float
        The pooled quantile and its interval; an end that is not estimable is NaN.
    """
    (found,) = quantile_intervals([[Sample([sample])] for sample in samples], [probability], confidence)
    return float(found.mean[0]), float(found.low[0]), float(found.high[0])


def quantile_intervals(
    samples: Sequence[Sequence[Ranked]], probabilities: Sequence[float], confidence: float = 0.95
) -> list[Estimate]:
    """Quantiles of many groups of customers, with intervals.

    The ends are the outermost values whose share at or below them, with its interval over replications,
    agrees with the probability. An end needs several replications with values at or beyond it (five
    of twenty): the others say nothing of how far the values go, and it is not estimable. The error is
    Woodruff's, where it can be estimated.

    Parameters
    ----------
    samples : sequence (replications) of sequences (groups) of values
        The values of each group in each replication.
    probabilities : sequence of float
        Which quantiles.
    confidence : float
        Nominal coverage.

    Returns
    -------
    list of Estimate
        One per probability, with one entry per group.
    """
    together = [pooled(groups) for groups in zip(*samples, strict=True)]
    found = [_Search(samples, together, probability, confidence) for probability in probabilities]
    return [one.estimate() for one in found]


@dataclass(frozen=True)
class _Search:
    """Looks for the ends of the intervals of one quantile of every group."""

    samples: Sequence[Sequence[Ranked]]
    together: Sequence[Ranked]
    probability: float
    confidence: float

    def estimate(self) -> Estimate:
        size = len(self.samples)
        freedom = np.full(len(self.together), size - 1.0)
        shares = np.full(len(self.together), self.probability)
        centres = self.values_at(shares)
        if size < 2:
            nothing = np.full(len(centres), np.nan)
            return Estimate(centres, nothing, nothing, nothing, freedom)
        found = self.interval(centres)
        high = self.end(np.fmax(found.mean - found.low, 0), 1)
        low = self.end(np.fmax(found.high - found.mean, 0), -1)
        return Estimate(centres, low, high, self.error(centres, found), freedom)

    def error(self, centres: Floats, found: Estimate) -> Floats:
        """Woodruff's: how far the quantiles lie apart that are a standard error of the share away."""
        shares = [self.probability + side * found.error for side in (-1, 1)]
        low, high = (self.values_at(np.nan_to_num(np.clip(one, 0, 1))) for one in shares)
        known = (shares[0] > 0) & (shares[1] < 1)
        known &= self.telling(centres, 1) >= needed(len(self.samples))
        return np.where(known, (high - low) / 2, np.nan)

    def interval(self, values: Floats) -> Estimate:
        """The share of each group at or below a value."""
        return mean_ratio_interval(*shares_below(self.samples, values), self.confidence)

    def end(self, distance: Floats, side: int) -> Floats:
        """Upper (1) or lower (-1) ends: the least values whose share, at that end, reaches the probability.

        Parameters
        ----------
        distance : array
            How far away they lie, in shares, by the error at the quantile.
        side : int
            Which end.
        """
        inner = np.full(len(distance), self.probability)
        outer = np.clip(inner + side * 2 * distance, 0, 1)
        low, high = (inner, outer) if side > 0 else (outer, inner)
        beyond = self.reaches(outer, side) != (side > 0)
        low = np.where(beyond & (side > 0), outer, np.where(beyond, 0.0, low))
        high = np.where(beyond & (side < 0), outer, np.where(beyond, 1.0, high))
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            reached = self.reaches(middle, side)
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        values = self.values_at(high if side > 0 else low)
        return np.where(self.telling(values, side) >= needed(len(self.samples)), values, np.nan)

    def reaches(self, shares: Floats, side: int) -> NDArray[np.bool_]:
        """Whether the lower (upper) end of the share at or below a quantile reaches the probability."""
        found = self.interval(self.values_at(shares))
        return np.asarray((found.low if side > 0 else found.high) >= self.probability)

    def values_at(self, shares: Floats) -> Floats:
        pairs = zip(self.together, shares.tolist(), strict=True)
        return np.array([group.quantile(share) for group, share in pairs], dtype=np.float64)

    def telling(self, values: Floats, side: int) -> Floats:
        """How many replications have values at or beyond an end."""
        if side < 0:
            return np.asarray((shares_below(self.samples, values)[0] > 0).sum(axis=0))
        counts = [
            [group.at_or_above(value) > 0 for group, value in zip(one, values.tolist(), strict=True)]
            for one in self.samples
        ]
        return np.asarray(np.sum(counts, axis=0))


def shares_below(samples: Sequence[Sequence[Ranked]], values: Floats) -> tuple[Floats, Floats]:
    """How many of each group's values are at or below a value, and how many there are, per replication."""
    below = [[group.below(value) for group, value in zip(one, values, strict=True)] for one in samples]
    sizes = [[len(group) for group in one] for one in samples]
    return np.array(below, dtype=np.float64), np.array(sizes, dtype=np.float64)

"""What is kept of replications to tell a figure and how it varies: little, so that records can be let go.

A sample tells the figure, and of each replication by how much it moves it, so that the gain of one sample
over another of the same replications has the error of a paired difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from serviceflow.results.statistics import t_quantile

Floats = NDArray[np.float64]
LEVEL = 0.975
"""Of the interval of a share, over which the slope of quantiles is taken: that of Woodruff's at 95%."""


class Sample(Protocol):
    """What is kept of some replications."""

    def joined(self, other: Any) -> Any:
        """Join it with the sample of further replications."""

    def value(self) -> float:
        """The figure over all replications."""

    def deviations(self) -> Floats:
        """By how much each replication moves the figure: like its distance from their mean."""

    def cut(self, count: int) -> Any:
        """The sample of the first `count` replications."""


def error_of(deviations: Floats) -> float:
    """The standard error of a figure whose replications deviate so; NaN of a single one."""
    count = len(deviations)
    if count < 2:
        return float("nan")
    return float(np.sqrt(np.square(deviations).sum() / (count * (count - 1))))


@dataclass(frozen=True)
class RatioSample:
    """A ratio of sums over replications; one of means has ones for `bases`.

    Its deviations are those of the jackknife's pseudo-values, which for means are the usual ones.

    Attributes
    ----------
    totals, bases : array of shape (replications,)
    """

    totals: Floats
    bases: Floats

    def joined(self, other: RatioSample) -> RatioSample:
        return RatioSample(
            np.concatenate([self.totals, other.totals]), np.concatenate([self.bases, other.bases])
        )

    def cut(self, count: int) -> RatioSample:
        return RatioSample(self.totals[:count], self.bases[:count])

    def value(self) -> float:
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(np.divide(self.totals.sum(), self.bases.sum()))

    def deviations(self) -> Floats:
        return self._deviations

    @cached_property
    def _deviations(self) -> Floats:
        if np.all(self.bases == self.bases[0]) and np.all(self.totals == self.totals[0]):
            return np.zeros(len(self.totals))  # Rounding of sums would leave some.
        with np.errstate(invalid="ignore", divide="ignore"):
            without = (self.totals.sum() - self.totals) / (self.bases.sum() - self.bases)
        found: Floats = (len(self.totals) - 1) * (without.mean() - without)
        return found


@dataclass(frozen=True)
class QuantileSample:
    """A quantile of single times, pooled over replications.

    Its deviations are those of the share at or below it, times the slope of quantiles by shares there: so its
    own error is that of Woodruff's interval, and pairs go together.

    Attributes
    ----------
    times : tuple of array
        The sorted times of each replication.
    share : float
        Which quantile.
    """

    times: tuple[Floats, ...]
    share: float

    def joined(self, other: QuantileSample) -> QuantileSample:
        return QuantileSample(self.times + other.times, self.share)

    def cut(self, count: int) -> QuantileSample:
        return QuantileSample(self.times[:count], self.share)

    def value(self) -> float:
        return self._at(self.share)

    def deviations(self) -> Floats:
        return self._deviations

    @cached_property
    def _pooled(self) -> Floats:
        return np.sort(np.concatenate(self.times)) if self.times else np.empty(0)

    def _at(self, share: float) -> float:
        size = len(self._pooled)
        if not size:
            return float("nan")
        rank = int(np.ceil(share * size - 1e-9))
        return float(self._pooled[min(max(rank, 1), size) - 1])

    @cached_property
    def _deviations(self) -> Floats:
        sizes = np.array([len(times) for times in self.times], dtype=np.float64)
        if not sizes.sum():
            return np.full(len(sizes), np.nan)
        if all(np.array_equal(times, self.times[0]) for times in self.times):
            return np.zeros(len(sizes))
        value = self.value()
        below = np.array([np.searchsorted(times, value, side="right") for times in self.times])
        shares = RatioSample(below.astype(np.float64), sizes).deviations()
        found: Floats = -shares * self._slope(error_of(shares))
        return found

    def _slope(self, error: float) -> float:
        """How fast quantiles rise with shares; NaN where the end of the values is too near to tell."""
        half = max(float(t_quantile(LEVEL, len(self.times) - 1)) * error, 1.0 / len(self._pooled))
        low, high = max(self.share - half, 0.0), self.share + half
        if high >= 1:
            return float("nan")
        return (self._at(high) - self._at(low)) / (high - low)

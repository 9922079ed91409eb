"""Intervals for figures that come from independent replications.

Every function takes the replications along the first axis and works on many figures at once. The
intervals are Student's t over replications; what is averaged over customers is a ratio of sums
with a jackknife error; a quantile gets its interval by inverting that of the share below it. What
cannot be estimated is NaN, never a guess.

References
----------
A. M. Law (2015), *Simulation Modeling and Analysis*, 5th ed., sections 9.4, 9.5 and 10.2.
R. S. Woodruff (1952), "Confidence intervals for medians and other position measures", *Journal of
the American Statistical Association* 47, 635-646.
W. J. Conover (1999), *Practical Nonparametric Statistics*, 3rd ed., section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from serviceflow.results.selection import Sample

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """Means with their intervals, one entry per figure.

    Attributes
    ----------
    mean, low, high : array
        The estimate and the ends of its interval; NaN where they cannot be estimated.
    error : array
        The standard error of `mean`.
    freedom : array
        Degrees of freedom of the t distribution behind the interval.
    """

    mean: Floats
    low: Floats
    high: Floats
    error: Floats
    freedom: Floats

    @property
    def half_width(self) -> Floats:
        """Half the length of the interval."""
        half: Floats = (self.high - self.low) / 2
        return half


def t_quantile(probability: float, freedom: ArrayLike) -> Floats:
    """Quantile of Student's t; NaN where there is no degree of freedom."""
    from scipy.special import stdtrit

    degrees = np.asarray(freedom, dtype=np.float64)
    return np.asarray(stdtrit(np.where(degrees > 0, degrees, np.nan), probability), dtype=np.float64)


def around(
    mean: ArrayLike, error: ArrayLike, freedom: ArrayLike, confidence: float, comparisons: int = 1
) -> Estimate:
    """The t interval about a mean, widened (Bonferroni) to hold for several `comparisons` at once."""
    centre, spread = np.asarray(mean, dtype=np.float64), np.asarray(error, dtype=np.float64)
    degrees = np.broadcast_to(np.asarray(freedom, dtype=np.float64), centre.shape)
    half = t_quantile(1 - (1 - confidence) / (2 * comparisons), degrees) * spread
    return Estimate(centre, centre - half, centre + half, spread, degrees)


def t_interval(values: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Mean and t interval of one value per replication (Law 2015, 9.4.1).

    Parameters
    ----------
    values : array of shape (replications, ...)
        One value per replication.
    confidence : float
        Nominal coverage.

    Returns
    -------
    Estimate
        With a single replication the mean stands and the interval is NaN.
    """
    data = np.asarray(values, dtype=np.float64)
    size = len(data)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = data.mean(axis=0)
        squares = np.square(data - mean).sum(axis=0)
        error = np.sqrt(squares / (size - 1) / size) if size > 1 else np.full_like(mean, np.nan)
    return around(mean, error, size - 1, confidence)


def ratio_interval(totals: ArrayLike, bases: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Ratio of sums over replications, with the jackknife error over replications.

    The mean over customers is the sum of all their times by the number of all customers; the mean of
    the replications' means would weight a customer of a quiet replication more.

    Parameters
    ----------
    totals, bases : arrays of shape (replications, ...)
        Numerator and denominator of each replication.
    confidence : float
        Nominal coverage.
    """
    top, base = np.asarray(totals, dtype=np.float64), np.asarray(bases, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = top.sum(axis=0) / base.sum(axis=0)
    return around(mean, jackknife_error(left_out(top, base)), len(top) - 1, confidence)


def left_out(totals: Floats, bases: Floats) -> Floats:
    """Ratios of sums with each replication left out in turn."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios: Floats = (totals.sum(axis=0) - totals) / (bases.sum(axis=0) - bases)
    return ratios


def jackknife_error(estimates: Floats) -> Floats:
    """Standard error from estimates with each replication left out (NaN for a single one)."""
    size = len(estimates)
    if size < 2:
        return np.full(estimates.shape[1:], np.nan)
    spread = np.square(estimates - estimates.mean(axis=0)).sum(axis=0)
    error: Floats = np.sqrt((size - 1) / size * spread)
    return error


class Ranked(Protocol):
    """Values of which quantiles can be told: a sample, values in order, or buckets of them."""

    def __len__(self) -> int:
        """How many values there are."""

    def quantile(self, probability: float) -> float:
        """Least value with at least a share `probability` at or below it; NaN of nothing."""

    def below(self, value: float) -> int:
        """How many values are at or below one."""

    def is_only_largest(self, value: float) -> bool:
        """Whether nothing lies at or beyond a quantile but itself: its error cannot be told."""


@dataclass(frozen=True)
class Ordered:
    """Values in ascending order: each one, or buckets of them.

    Attributes
    ----------
    values : array
        The values, or what stands for those of each bucket.
    starts : array or None
        The least value that each bucket takes; None where values are single ones.
    cumulative : array or None
        How many lie in each bucket and those before it.
    least, most : float
        Beyond which none of the values lies, and no quantile.
    """

    values: NDArray[Any]
    starts: NDArray[Any] | None = None
    cumulative: NDArray[np.int64] | None = None
    least: float = -np.inf
    most: float = np.inf

    def __len__(self) -> int:
        if self.cumulative is None:
            return len(self.values)
        return int(self.cumulative[-1]) if len(self.cumulative) else 0

    def quantile(self, probability: float) -> float:
        """Least value with at least a share `probability` at or below it; NaN of nothing."""
        if len(self) == 0:
            return float("nan")
        rank = int(np.ceil(probability * len(self) - 1e-9))
        place = min(max(rank, 1), len(self)) - 1
        if self.cumulative is not None:
            place = int(np.searchsorted(self.cumulative, place, side="right"))
        return float(min(max(self.values[place], self.least), self.most))

    def below(self, value: float) -> int:
        """How many values are at or below one; of buckets, how many lie in its bucket and those before it."""
        if self.cumulative is None or self.starts is None:
            return int(np.searchsorted(self.values, value, side="right"))
        buckets = int(np.searchsorted(self.starts, value, side="right"))
        return int(self.cumulative[buckets - 1]) if buckets else 0

    def is_only_largest(self, value: float) -> bool:
        """Whether nothing lies at or beyond a quantile but itself: its error cannot be told."""
        return len(self) > 1 and self.below(value) == len(self) and self._last() == 1

    def _last(self) -> int:
        """How many have the largest value, or lie in the last bucket."""
        if self.cumulative is None:
            return len(self.values) - int(np.searchsorted(self.values, self.values[-1]))
        return int(self.cumulative[-1]) - (int(self.cumulative[-2]) if len(self.cumulative) > 1 else 0)


def pooled(parts: Sequence[Any]) -> Any:
    """The values of several groups: all of them samples, all in order, or all in the same buckets."""
    if all(isinstance(part, Sample) for part in parts):
        return Sample([values for part in parts for values in part.parts])
    if any(part.cumulative is None or part.starts is None for part in parts):
        return Ordered(np.sort(np.concatenate([part.values for part in parts]), kind="stable"))
    starts = np.concatenate([part.starts for part in parts if part.starts is not None])
    values = np.concatenate([part.values for part in parts])
    ends = [part.cumulative for part in parts if part.cumulative is not None]
    counts = np.concatenate([np.diff(end, prepend=0) for end in ends])
    distinct, first, place = np.unique(starts, return_index=True, return_inverse=True)
    sums = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(sums, place, counts)
    some = [part for part in parts if len(part)]
    least, most = min((one.least for one in some), default=0.0), max((one.most for one in some), default=0.0)
    return Ordered(values[first], distinct, np.cumsum(sums), least, most)


def quantile_interval(
    samples: Sequence[NDArray[Any]], probability: float, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Quantile over all customers of all replications, with Woodruff's interval.

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
        The pooled quantile and its interval; an end whose share leaves (0, 1) is not estimable: NaN.
    """
    (found,) = quantile_intervals([[Sample([sample])] for sample in samples], [probability], confidence)
    return float(found.mean[0]), float(found.low[0]), float(found.high[0])


def quantile_intervals(
    samples: Sequence[Sequence[Ranked]], probabilities: Sequence[float], confidence: float = 0.95
) -> list[Estimate]:
    """Quantiles of many groups of customers, with Woodruff's intervals.

    Customers of one replication depend on each other, so the share at or below the pooled quantile
    gets its error over replications (ratio estimator, jackknife); the interval's ends are the pooled
    quantiles at the ends of that share's interval. The error is half the interval by the t quantile,
    where both ends can be estimated. Of values in buckets the share is that up to the end of the
    quantile's bucket, and the ends are quantiles by buckets too.

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
    return [_woodruff(samples, together, probability, confidence) for probability in probabilities]


def _woodruff(
    samples: Sequence[Sequence[Ranked]], together: Sequence[Ranked], probability: float, confidence: float
) -> Estimate:
    centres = np.array([group.quantile(probability) for group in together])
    half = ratio_interval(*shares_below(samples, centres), confidence).half_width
    pairs = zip(together, centres.tolist(), strict=True)
    half[[group.is_only_largest(centre) for group, centre in pairs]] = np.nan
    low, high = (_quantiles_at(together, probability + side * half) for side in (-1, 1))
    freedom = np.full(len(together), len(samples) - 1.0)
    error = (high - low) / 2 / t_quantile(1 - (1 - confidence) / 2, freedom)
    return Estimate(centres, low, high, error, freedom)


def _quantiles_at(together: Sequence[Ranked], shares: Floats) -> Floats:
    pairs = zip(together, shares.tolist(), strict=True)
    return np.array([group.quantile(share) if 0 < share < 1 else np.nan for group, share in pairs])


def shares_below(samples: Sequence[Sequence[Ranked]], values: Floats) -> tuple[Floats, Floats]:
    """How many of each group's values are at or below a value, and how many there are, per replication."""
    below = [[group.below(value) for group, value in zip(one, values, strict=True)] for one in samples]
    sizes = [[len(group) for group in one] for one in samples]
    return np.array(below, dtype=np.float64), np.array(sizes, dtype=np.float64)


def order_statistic_ranks(size: int, probability: float, confidence: float = 0.95) -> tuple[int, int] | None:
    """Ranks (from 1) of the order statistics that bracket a quantile of independent values.

    The least interval [X_(l), X_(u)] with equal tails such that P(l <= Bin(size, probability) < u) is
    at least `confidence` (Conover 1999). It holds for independent values only: quantiles of
    replications, never the waits within one.

    Returns
    -------
    tuple of int or None
        None where `size` is too small for such an interval.
    """
    from scipy.special import bdtr

    tail = (1 - confidence) / 2
    cumulative = np.asarray(bdtr(np.arange(size), size, probability))
    lower = int(np.searchsorted(cumulative, tail, side="right"))
    upper = int(np.searchsorted(cumulative, 1 - tail, side="left")) + 1
    return (lower, upper) if lower >= 1 and upper <= size else None


def paired_difference(
    first: ArrayLike, second: ArrayLike, confidence: float = 0.95, comparisons: int = 1
) -> Estimate:
    """Mean of `first` - `second` per replication with the paired-t interval (Law 2015, 10.2.1).

    For runs with common random numbers. With `comparisons` the interval is Bonferroni's: it holds for
    that many differences together, whatever their dependence.
    """
    difference = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    plain = t_interval(difference, confidence)
    return around(plain.mean, plain.error, plain.freedom, confidence, comparisons)


def welch_difference(
    first: Estimate, second: Estimate, confidence: float = 0.95, comparisons: int = 1
) -> Estimate:
    """Difference of two independent estimates with Welch's interval (Law 2015, 10.2.2)."""
    one, two = np.square(first.error), np.square(second.error)
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = np.square(one + two) / (one**2 / first.freedom + two**2 / second.freedom)
    fixed = (one + two) == 0
    freedom = np.where(fixed, first.freedom + second.freedom, freedom)
    return around(first.mean - second.mean, np.sqrt(one + two), freedom, confidence, comparisons)


def correlation(first: ArrayLike, second: ArrayLike) -> Floats:
    """Correlation over replications; NaN where either does not vary."""
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    one, two = one - one.mean(axis=0), two - two.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = (one * two).sum(axis=0) / np.sqrt((one**2).sum(axis=0) * (two**2).sum(axis=0))
    return found

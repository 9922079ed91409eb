"""Intervals for figures that come from independent replications.

Every function takes the replications along the first axis and works on many figures at once. The
intervals are Student's t over replications; what is averaged over customers is a ratio of sums
with a jackknife error. From ten replications on the intervals of figures allow for skewness: the mean of a
quiet and a few very busy replications lies further above the quiet ones than t intervals reach. What
cannot be estimated is NaN, never a guess.

References
----------
A. M. Law (2015), *Simulation Modeling and Analysis*, 5th ed., sections 9.4, 9.5 and 10.2.
P. Hall (1992), "On the removal of skewness by transformation", *Journal of the Royal Statistical Society B*
54, 221-228.
G. Y. Zou and A. Donner (2008), "Construction of confidence limits about effect measures: A general
approach", *Statistics in Medicine* 27, 1693-1702.
W. J. Conover (1999), *Practical Nonparametric Statistics*, 3rd ed., section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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

    def within(self, least: float = 0.0, most: float = np.inf) -> Estimate:
        """The same figures where none can lie beyond some ends; few replications would reach there."""
        low, high = (np.clip(end, least, most) for end in (self.low, self.high))
        return replace(self, low=low, high=high)


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


def pseudo_values(mean: ArrayLike, without: Floats) -> Floats:
    """What each replication contributes to a figure, by the figure without it; their mean is the figure's."""
    size = len(without)
    values: Floats = size * np.asarray(mean, dtype=np.float64) - (size - 1) * without
    return values


def jackknife_error(estimates: Floats) -> Floats:
    """Standard error from estimates with each replication left out (NaN for a single one)."""
    size = len(estimates)
    if size < 2:
        return np.full(estimates.shape[1:], np.nan)
    spread = np.square(estimates - estimates.mean(axis=0)).sum(axis=0)
    error: Floats = np.sqrt((size - 1) / size * spread)
    return error


ENOUGH = 10
"""Replications from which on their skewness says more than chance."""


def skewed_interval(
    mean: ArrayLike, values: ArrayLike, confidence: float = 0.95, comparisons: int = 1
) -> Estimate:
    """The interval about a mean of values that may be skewed, by Hall's transformation of t.

    The studentized mean of skewed values is skewed itself: where a few replications are far busier than the
    others, t intervals miss the truth above them. Hall's monotone transformation takes the skewness out, and
    its inverse puts the ends of the t interval where they belong.

    Parameters
    ----------
    mean : array of shape (...)
        The figures.
    values : array of shape (replications, ...)
        What each replication contributes: its value, or its pseudo-value.
    confidence : float
        Nominal coverage.
    comparisons : int
        For how many intervals together it is to hold (Bonferroni).

    Returns
    -------
    Estimate
        With fewer than ten replications, or none that differ, that of Student's t.
    """
    data, size = np.asarray(values, dtype=np.float64), len(values)  # type: ignore[arg-type]
    with np.errstate(invalid="ignore", divide="ignore"):
        away = data - data.mean(axis=0)
        error = np.sqrt(np.square(away).sum(axis=0) / (size - 1) / size) if size > 1 else np.nan * away[0]
    plain = around(mean, error, size - 1, confidence, comparisons)
    if size < ENOUGH:
        return plain
    reach = t_quantile(1 - (1 - confidence) / (2 * comparisons), size - 1) / np.sqrt(size)
    deviation, skewness = error * np.sqrt(size), _skewness(away)
    low = plain.mean - deviation * _untransformed(reach, skewness, size)
    high = plain.mean - deviation * _untransformed(-reach, skewness, size)
    return Estimate(plain.mean, low, high, plain.error, plain.freedom)


def _skewness(away: Floats) -> Floats:
    """The skewness of values by their distances from their mean, adjusted for their number; 0 of equals."""
    size = len(away)
    with np.errstate(invalid="ignore", divide="ignore"):
        plain = (away**3).mean(axis=0) / np.square(away).mean(axis=0) ** 1.5
    found: Floats = np.nan_to_num(plain) * np.sqrt(size * (size - 1)) / (size - 2)
    return found


def _untransformed(reach: Floats, skewness: Floats, size: int) -> Floats:
    """The inverse of Hall's transformation, in standard deviations."""
    steep = np.where(np.abs(skewness) < 1e-9, 1.0, skewness)
    inner = 1 + steep * (reach - steep / (6 * size))
    found: Floats = np.where(np.abs(skewness) < 1e-9, reach, 3 / steep * (np.cbrt(inner) - 1))
    return found


def mean_interval(values: ArrayLike, confidence: float = 0.95, comparisons: int = 1) -> Estimate:
    """Mean of one value per replication; the interval allows for skewness."""
    data = np.asarray(values, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return skewed_interval(data.mean(axis=0), data, confidence, comparisons)


def mean_ratio_interval(totals: ArrayLike, bases: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Ratio of sums over replications; the interval, by pseudo-values, allows for skewness."""
    top, base = np.asarray(totals, dtype=np.float64), np.asarray(bases, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = top.sum(axis=0) / base.sum(axis=0)
    return skewed_interval(mean, pseudo_values(mean, left_out(top, base)), confidence)


def needed(size: int) -> int:
    """How many replications must tell a share from nothing, or from everything, for an interval of it."""
    return min(5, max(2, -(-size // 4)))


def share_interval(
    totals: ArrayLike, bases: ArrayLike, confidence: float = 0.95, counted: bool = False
) -> Estimate:
    """A share's interval, which stays within 0 and 1.

    Where only one or two replications differ from none or from all, the others say nothing of how often that
    happens and how far it goes: the interval cannot be estimated.

    Parameters
    ----------
    totals, bases : arrays of shape (replications, ...)
        Numerator and denominator of each replication.
    confidence : float
        Nominal coverage.
    counted : bool
        Whether it is counted how often something happens, so that never is no certainty. Otherwise what is
        the same in every replication is certain.
    """
    top, base = np.asarray(totals, dtype=np.float64), np.asarray(bases, dtype=np.float64)
    found = mean_ratio_interval(top, base, confidence)
    telling = np.minimum((top > 0).sum(axis=0), (top < base).sum(axis=0))
    unknown = (telling < needed(len(top))) & ((found.error > 0) | counted)
    low, high = (np.where(unknown, np.nan, np.clip(end, 0, 1)) for end in (found.low, found.high))
    return Estimate(found.mean, low, high, found.error, found.freedom)


class Ranked(Protocol):
    """Values of which quantiles can be told: a sample, values in order, or buckets of them."""

    def __len__(self) -> int:
        """How many values there are."""

    def quantile(self, probability: float) -> float:
        """Least value with at least a share `probability` at or below it; NaN of nothing."""

    def below(self, value: float) -> int:
        """How many values are at or below one."""

    def at_or_above(self, value: float) -> int:
        """How many values are at or above one."""


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

    def at_or_above(self, value: float) -> int:
        """How many values are at or above one; of buckets, how many lie in its bucket and those after it."""
        if self.cumulative is None or self.starts is None:
            return len(self.values) - int(np.searchsorted(self.values, value, side="left"))
        before = int(np.searchsorted(self.starts, value, side="right")) - 1
        return len(self) - (int(self.cumulative[before - 1]) if before > 0 else 0)


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


def ratio_difference(
    tops: Floats,
    bases: Floats,
    other_tops: Floats,
    other_bases: Floats,
    confidence: float = 0.95,
    comparisons: int = 1,
) -> Estimate:
    """Difference of two ratios of sums that share their replications; the interval allows for skewness."""
    tops, bases = np.asarray(tops, dtype=np.float64), np.asarray(bases, dtype=np.float64)
    other_tops, other_bases = np.asarray(other_tops, np.float64), np.asarray(other_bases, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = tops.sum(axis=0) / bases.sum(axis=0) - other_tops.sum(axis=0) / other_bases.sum(axis=0)
    without = left_out(tops, bases) - left_out(other_tops, other_bases)
    return skewed_interval(mean, pseudo_values(mean, without), confidence, comparisons)


def quantile_difference(
    first: Estimate,
    second: Estimate,
    together: Floats,
    size: int,
    confidence: float = 0.95,
    comparisons: int = 1,
) -> Estimate:
    """Difference of two quantiles that share their replications, by the ends of their own intervals (MOVER).

    How far the difference may lie from its estimate comes from how far either quantile may, on the side that
    matters, less what the two do together. An end that needs one that is not estimable is not estimable.

    Parameters
    ----------
    first, second : Estimate
        The quantiles with their intervals.
    together : array
        The correlation, over replications, of the shares below the two.
    size : int
        How many replications there are.
    confidence : float
        Nominal coverage, which is that of the two intervals.
    comparisons : int
        For how many intervals together it is to hold.
    """
    wider = t_quantile(1 - (1 - confidence) / (2 * comparisons), size - 1)
    plain = t_quantile(1 - (1 - confidence) / 2, size - 1)
    mean, together = first.mean - second.mean, np.nan_to_num(together)
    down = wider / plain * _joint(first.mean - first.low, second.high - second.mean, together)
    up = wider / plain * _joint(first.high - first.mean, second.mean - second.low, together)
    error = (down + up) / 2 / wider
    return Estimate(mean, mean - down, mean + up, error, np.full(mean.shape, size - 1.0))


def _joint(one: Floats, two: Floats, together: Floats) -> Floats:
    """The distance of two distances that are correlated."""
    squares: Floats = one**2 + two**2 - 2 * together * one * two
    return np.sqrt(np.maximum(squares, 0))


def share_difference(found: Estimate, first: Estimate, second: Estimate) -> Estimate:
    """A difference of shares, which lies between -1 and 1.

    Where neither of the shares can be estimated, their difference cannot either.
    """
    unknown = np.isnan(first.low) & np.isnan(second.low)
    low, high = (np.where(unknown, np.nan, np.clip(end, -1, 1)) for end in (found.low, found.high))
    return Estimate(found.mean, low, high, found.error, found.freedom)


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

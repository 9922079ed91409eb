"""How long work takes: the family whose quantiles are nearest, or the values where they are few."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
FEW, MOST_VALUES = 50, 60
OUTLYING = 20
SAME = 5.0
"""Seconds within which values count as one."""
POOR = 0.15
"""A family whose distance is more than this share of the mean is not taken."""
SECOND_PARAMETER = 0.01
"""A second parameter has to bring a family nearer by more than this share of the mean."""
PROBES = (np.arange(199) + 1) / 200


def fitted(seconds: Floats) -> tuple[str, str]:
    """A distribution for durations, as a model file writes it, and how it was found.

    Parameters
    ----------
    seconds : array
        At least one.
    """
    values = _without_outliers(np.maximum(seconds, 0.0))
    middle = float(np.median(values))
    if (np.abs(values - middle) <= SAME).mean() >= 0.95:
        return written(middle), "constant: 95% within 5 s"
    if len(values) < FEW:
        return empirical(values), "the values themselves, as they are few"
    found = np.quantile(values, PROBES)
    mean = max(float(values.mean()), 1e-9)
    near = [(float(np.abs(probe - found).mean()) / mean, text) for text, probe in _families(values)]
    distance, text = min(near, key=lambda one: one[0] + SECOND_PARAMETER * ("," in one[1]))
    if distance > POOR:
        return empirical(np.quantile(values, (np.arange(MOST_VALUES) + 0.5) / MOST_VALUES)), (
            f"quantiles of the values, as no family is near (the nearest: {distance:.0%} of the mean)"
        )
    return text, f"smallest distance of quantiles ({distance:.1%} of the mean)"


def _without_outliers(values: Floats) -> Floats:
    middle = np.median(values)
    spread = np.median(np.abs(values - middle))
    if spread <= 0:
        return values
    kept: Floats = values[np.abs(values - middle) <= OUTLYING * spread]
    return kept


def _families(values: Floats) -> Iterator[tuple[str, Floats]]:
    from scipy import stats

    mean, sd = float(values.mean()), float(values.std())
    low, high = float(values.min()), float(values.max())
    yield f"exponential(mean={written(mean)})", stats.expon.ppf(PROBES, scale=mean)
    yield f"uniform(low={written(low)}, high={written(high)})", low + PROBES * (high - low)
    if mean > 2 * sd:
        yield f"normal(mean={written(mean)}, sd={written(sd)})", stats.norm.ppf(PROBES, mean, sd)
    shape = (mean / sd) ** 2
    if 0.05 <= shape <= 10_000:
        yield (
            f"gamma(mean={written(mean)}, sd={written(sd)})",
            stats.gamma.ppf(PROBES, shape, scale=mean / shape),
        )
    positive = values[values > 0]
    if len(positive) > 0.99 * len(values):
        logs = np.log(positive)
        sigma, center = float(logs.std()), float(logs.mean())
        middle = math.exp(center + sigma**2 / 2)
        if 0 < sigma < 2.5:
            own = f"lognormal(mean={written(middle)}, cv={math.sqrt(math.expm1(sigma**2)):.4g})"
            yield own, np.exp(stats.norm.ppf(PROBES, center, sigma))


def empirical(values: Floats) -> str:
    """The values themselves, at most so many."""
    ordered = np.sort(values)
    if len(ordered) > MOST_VALUES:
        ordered = np.quantile(ordered, (np.arange(MOST_VALUES) + 0.5) / MOST_VALUES)
    return f"empirical(values=[{', '.join(written(one) for one in ordered)}])"


def written(seconds: float) -> str:
    """A duration to four digits, in the unit that suits it."""
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{float(f'{seconds / size:.4g}'):g} {unit}"
    return f"{float(f'{seconds:.4g}'):g} s"


def mean_interval(values: Floats) -> tuple[float, float, float]:
    """The mean with its 95% interval."""
    mean = float(values.mean())
    half = 1.96 * float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return mean, mean - half, mean + half

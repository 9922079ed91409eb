"""Durations of which only bounds are known: of work that was open at the end, or with rounded stamps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from serviceflow.mining.discovery.durations import OUTLYING, Floats, fitted, mean_interval, written

STEPS = (86_400, 3_600, 1_800, 900, 600, 300, 60)
"""Seconds to which people and systems round."""
COARSE = 0.2
"""Part of a mean that a step is, from which on it blurs durations."""
FEWEST_OPEN, OPEN_SHARE = 3, 0.02
FEWEST = 20
MOST = 800
LEAST = 1e-3


@dataclass(frozen=True)
class Fit:
    """A distribution as a model file has it, how it was found, and its mean with its interval, in seconds."""

    text: str
    how: str
    count: int
    mean: float
    low: float
    high: float


def rounding(instants: npt.NDArray[np.int64]) -> float:
    """Seconds to which nearly all instants are rounded, 0 where they are not."""
    for step in STEPS:
        if (instants % (step * 1_000_000) == 0).mean() >= 0.99:
            return float(step)
    return 0.0


def fit(seconds: Floats, open_for: Floats, step: float) -> Fit:
    """A distribution of durations.

    Parameters
    ----------
    seconds : array
        At least one.
    open_for : array
        How long work had been going on that was open when the log ended.
    step : float
        To what stamps are rounded.
    """
    open_for = _not_lost(seconds, open_for)
    many_open = len(open_for) >= max(FEWEST_OPEN, OPEN_SHARE * len(seconds))
    blurred = bool(step) and step > COARSE * float(seconds.mean())
    if len(seconds) >= FEWEST and (many_open or blurred):
        found = _likeliest(seconds, open_for if many_open else open_for[:0], step if blurred else 0.0)
        if found is not None:
            return found
    text, how = fitted(seconds)
    return Fit(text, how, len(seconds), *mean_interval(seconds))


def _not_lost(seconds: Floats, open_for: Floats) -> Floats:
    """Without what is open for so long that its end must have been lost."""
    middle = float(np.median(seconds))
    spread = max(float(np.median(np.abs(seconds - middle))), 0.1 * middle)
    kept: Floats = open_for[open_for <= middle + OUTLYING * spread]
    return kept


def _likeliest(seconds: Floats, open_for: Floats, step: float) -> Fit | None:
    """The likeliest family, by Akaike's criterion."""
    from scipy import stats

    known = _Known.of(seconds, open_for, step)
    tried = []
    for name, family, parameters in (
        ("exponential", stats.expon, 1),
        ("gamma", stats.gamma, 2),
        ("lognormal", stats.lognorm, 2),
    ):
        found = known.fitted(family)
        if found is not None:
            tried.append((2 * parameters + 2 * found[1], name, found[0]))
    if not tried:
        return None
    _, name, numbers = min(tried)
    if step and not len(open_for):
        numbers = _of_mean(name, numbers, float(seconds.mean()))
    return _as_fit(name, numbers, len(seconds), len(open_for), step)


def _of_mean(name: str, numbers: tuple[float, ...], mean: float) -> tuple[float, ...]:
    """The same shape with the mean of what is rounded, which is right, as both ends are rounded alike."""
    return (*numbers[:-1], numbers[-1] * mean / max(_mean_and_cv(name, numbers)[0], LEAST))


def _mean_and_cv(name: str, numbers: tuple[float, ...]) -> tuple[float, float]:
    scale = numbers[-1]
    if name == "exponential":
        return scale, 1.0
    if name == "gamma":
        return numbers[0] * scale, numbers[0] ** -0.5
    square = math.expm1(min(numbers[0] ** 2, 50.0))
    return scale * math.sqrt(1 + square), math.sqrt(square)


@dataclass(frozen=True)
class _Known:
    """What is known of durations: values, lower bounds, and bounds on both sides."""

    values: Floats
    longer: Floats
    within: Floats

    @classmethod
    def of(cls, seconds: Floats, open_for: Floats, step: float) -> _Known:
        seconds, open_for = _some(np.maximum(seconds, LEAST), open_for)
        longer = np.maximum(open_for - step, LEAST)
        if not step:
            return cls(seconds, longer, np.zeros((0, 2)))
        low = np.maximum(seconds - step, 0.0)
        return cls(seconds[:0], longer, np.stack([low, seconds + step], axis=1))

    def fitted(self, family: Any) -> tuple[tuple[float, ...], float] | None:
        """The likeliest parameters of a family, and the negative logarithm of their likelihood."""
        from scipy.stats import CensoredData

        data = CensoredData(uncensored=self.values, right=self.longer, interval=self.within)
        with np.errstate(all="ignore"):
            try:
                numbers = tuple(map(float, family.fit(data, floc=0)))
                cost = -self.likelihood(family(*numbers))
            except Exception:  # the optimizer of scipy raises what it likes
                return None
        return (numbers, cost) if math.isfinite(cost) and all(map(math.isfinite, numbers)) else None

    def likelihood(self, shape: Any) -> float:
        """Its logarithm."""
        within = np.maximum(shape.cdf(self.within[:, 1]) - shape.cdf(self.within[:, 0]), 1e-300)
        return float(shape.logpdf(self.values).sum() + shape.logsf(self.longer).sum() + np.log(within).sum())


def _some(seconds: Floats, open_for: Floats) -> tuple[Floats, Floats]:
    """At most so many of both, in the same proportion, spread evenly over what there is in order."""
    part = min(1.0, MOST / (len(seconds) + len(open_for)))
    if part == 1.0:
        return seconds, open_for
    return _spread(seconds, part), _spread(open_for, part)


def _spread(values: Floats, part: float) -> Floats:
    ordered = np.sort(values)
    count = round(part * len(ordered))
    places = ((np.arange(count) + 0.5) / max(count, 1) * len(ordered)).astype(int)
    found: Floats = ordered[places]
    return found


def _as_fit(name: str, numbers: tuple[float, ...], count: int, open_: int, step: float) -> Fit:
    mean, cv = _mean_and_cv(name, numbers)
    text = {
        "exponential": f"exponential(mean={written(mean)})",
        "gamma": f"gamma(mean={written(mean)}, sd={written(cv * mean)})",
        "lognormal": f"lognormal(mean={written(mean)}, cv={cv:.4g})",
    }[name]
    said = []
    if open_:
        said.append(f"{open_} were open when the log ended (censored at the right)")
    if step:
        said.append(f"stamps are rounded to {written(step)} (censored in intervals)")
    half = 1.96 * cv * mean / math.sqrt(count)
    return Fit(text, f"likeliest family; {'; '.join(said)}", count, mean, mean - half, mean + half)

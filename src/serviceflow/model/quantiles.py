"""Quantiles of distributions whose arguments are known.

In closed form where there is one. Gamma and beta quantiles are SciPy's, which is loaded when they are
asked for; those of mixtures are found by bisection.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from statistics import NormalDist

from serviceflow.model.families import (
    Arguments,
    Component,
    coefficient,
    truncated_location,
)

_STANDARD = NormalDist()
Given = Mapping[str, float]


def quantile(family: str, arguments: Arguments, p: float) -> float:
    """Give the least value that a share `p` of draws do not exceed."""
    if family == "mixture":
        return _of_mixture(arguments["shares"], arguments["of"], p)  # type: ignore[arg-type]
    if family in ("discrete", "empirical"):
        return _of_finite(arguments, p)
    given: Given = arguments  # type: ignore[assignment]
    if family != "constant" and given.get("mean", 1.0) == 0:
        return 0.0
    return _QUANTILES[family](given, p)


def _constant(given: Given, p: float) -> float:
    return given["value"]


def _exponential(given: Given, p: float) -> float:
    return math.inf if p == 1 else -given["mean"] * math.log1p(-p)


def _erlang(given: Given, p: float) -> float:
    return _gamma_quantile(given["mean"], given["k"], p)


def _gamma(given: Given, p: float) -> float:
    cv = coefficient(given)
    return given["mean"] if cv == 0 else _gamma_quantile(given["mean"], 1 / (cv * cv), p)


def _gamma_quantile(mean: float, shape: float, p: float) -> float:
    from scipy.special import gammaincinv

    return float(gammaincinv(shape, p)) * mean / shape


def _normal_quantile(p: float) -> float:
    return _STANDARD.inv_cdf(p) if 0 < p < 1 else math.copysign(math.inf, p - 0.5)


def _lognormal(given: Given, p: float) -> float:
    variance = math.log1p(coefficient(given) ** 2)
    if variance == 0:
        return given["mean"]
    return given["mean"] * math.exp(math.sqrt(variance) * _normal_quantile(p) - variance / 2)


def _normal(given: Given, p: float) -> float:
    sd = coefficient(given) * given["mean"]
    if sd == 0:
        return given["mean"]
    location = truncated_location(given["mean"], sd)
    kept = math.erfc(-location / sd / math.sqrt(2)) / 2
    return max(0.0, location - sd * _normal_quantile((1 - p) * kept))


def _uniform(given: Given, p: float) -> float:
    return given["low"] + p * (given["high"] - given["low"])


def _triangular(given: Given, p: float) -> float:
    low, mode, high = given["low"], given["mode"], given["high"]
    if p * (high - low) <= mode - low:
        return low + math.sqrt(p * (high - low) * (mode - low))
    return high - math.sqrt((1 - p) * (high - low) * (high - mode))


def _pert(given: Given, p: float) -> float:
    from scipy.special import betaincinv

    low, mode, high = given["low"], given["mode"], given["high"]
    if low == high:
        return low
    rise = 4 * (mode - low) / (high - low)
    return low + (high - low) * float(betaincinv(1 + rise, 5 - rise, p))


def _weibull(given: Given, p: float) -> float:
    inverse = 1 / given["shape"]
    scale = given["mean"] / math.gamma(1 + inverse)
    return math.inf if p == 1 else scale * float((-math.log1p(-p)) ** inverse)


def _hyperexponential(given: Given, p: float) -> float:
    square = coefficient(given) ** 2
    share = (1 + math.sqrt((square - 1) / (square + 1))) / 2
    means = [given["mean"] / (2 * share), given["mean"] / (2 * (1 - share))]
    parts = [Component("exponential", {"mean": mean}) for mean in means]
    return _of_mixture([share, 1 - share], parts, p)


def _geometric(given: Given, p: float) -> float:
    if given["mean"] == 1:
        return 1.0
    if p == 1:
        return math.inf
    return _least_count(lambda n: -math.expm1(n * math.log1p(-1 / given["mean"])), p, 1)


def _poisson(given: Given, p: float) -> float:
    from scipy.special import pdtr

    return math.inf if p == 1 else _least_count(lambda n: float(pdtr(n, given["mean"])), p, 0)


def _least_count(cumulative: Callable[[float], float], p: float, first: int) -> float:
    """Give the least count whose cumulative share reaches `p`, by doubling and halving."""
    low, high = first - 1, first
    while cumulative(high) < p:
        low, high = high, 2 * high + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if cumulative(middle) >= p else (middle, high)
    return float(high)


def _of_finite(arguments: Arguments, p: float) -> float:
    values: Sequence[float] = arguments["values"]  # type: ignore[assignment]
    shares: Sequence[float] = arguments.get("shares") or [1 / len(values)] * len(values)  # type: ignore[assignment]
    pairs = sorted(pair for pair in zip(values, shares, strict=True) if pair[1] > 0)
    reached = accumulate(share for _, share in pairs)
    return next((v for (v, _), c in zip(pairs, reached, strict=True) if c >= p - 1e-12), pairs[-1][0])


def _of_mixture(shares: Sequence[float], parts: Sequence[Component], p: float) -> float:
    """Give the quantile of a mixture, which lies between those of its parts.

    A share of a part's draws not above x is read off its own quantiles by bisection over p.
    """
    held = [(share, part) for share, part in zip(shares, parts, strict=True) if share > 0]
    each = [quantile(part.family, part.arguments, p) for _, part in held]
    low, high = min(each), max(each)
    if math.isinf(high):
        return high
    for _ in range(100):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        reached = math.fsum(share * _cumulative(part, middle) for share, part in held)
        low, high = (low, middle) if reached >= p else (middle, high)
    return high


def _cumulative(part: Component, x: float) -> float:
    """Give the share of draws of a distribution that do not exceed `x`."""
    if part.family == "exponential":
        mean: float = part.arguments["mean"]  # type: ignore[assignment]
        return -math.expm1(-x / mean) if mean > 0 else 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if quantile(part.family, part.arguments, middle) <= x else (low, middle)
    return low


_QUANTILES: dict[str, Callable[[Given, float], float]] = {
    "constant": _constant,
    "exponential": _exponential,
    "erlang": _erlang,
    "gamma": _gamma,
    "lognormal": _lognormal,
    "normal": _normal,
    "uniform": _uniform,
    "triangular": _triangular,
    "pert": _pert,
    "weibull": _weibull,
    "hyperexponential": _hyperexponential,
    "geometric": _geometric,
    "poisson": _poisson,
}

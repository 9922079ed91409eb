"""Quantiles of distributions whose arguments are known.

In closed form where there is one; those of gamma and beta distributions and of mixtures by bisection.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate
from statistics import NormalDist

from serviceflow.model.cumulatives import Given, balanced_means, certain_value, cumulative, rise
from serviceflow.model.families import Arguments, Component, coefficient, truncated_location
from serviceflow.model.special import beta_quantile, bisected, gamma_quantile, gamma_share

_STANDARD = NormalDist()
_MANY = 1e15
"""Counts of such a mean are as good as any number: floats do not tell neighbors apart much longer."""


def quantile(family: str, arguments: Arguments, p: float) -> float:
    """Return the least value that a share `p` of draws do not exceed."""
    if family == "mixture":
        return _of_mixture(arguments["shares"], arguments["of"], p)  # type: ignore[arg-type]
    if family in ("discrete", "empirical"):
        return _of_finite(arguments, p)
    given: Given = arguments  # type: ignore[assignment]
    certain = certain_value(given)
    return _QUANTILES[family](given, p) if certain is None else certain


def _exponential(given: Given, p: float) -> float:
    return math.inf if p == 1 else -given["mean"] * math.log1p(-p)


def _erlang(given: Given, p: float) -> float:
    return gamma_quantile(given["k"], p) * given["mean"] / given["k"]


def _gamma(given: Given, p: float) -> float:
    square = coefficient(given) ** 2
    return gamma_quantile(1 / square, p) * given["mean"] * square


def _standard_normal(p: float) -> float:
    return _STANDARD.inv_cdf(p) if 0 < p < 1 else math.copysign(math.inf, p - 0.5)


def _lognormal(given: Given, p: float) -> float:
    variance = math.log1p(coefficient(given) ** 2)
    return given["mean"] * math.exp(math.sqrt(variance) * _standard_normal(p) - variance / 2)


def _normal(given: Given, p: float) -> float:
    sd = coefficient(given) * given["mean"]
    location = truncated_location(given["mean"], sd)
    kept = math.erfc(-location / sd / math.sqrt(2)) / 2
    return max(0.0, location - sd * _standard_normal((1 - p) * kept))


def _uniform(given: Given, p: float) -> float:
    return given["low"] + p * (given["high"] - given["low"])


def _triangular(given: Given, p: float) -> float:
    low, mode, high = given["low"], given["mode"], given["high"]
    if p * (high - low) <= mode - low:
        return low + math.sqrt(p * (high - low) * (mode - low))
    return high - math.sqrt((1 - p) * (high - low) * (high - mode))


def _pert(given: Given, p: float) -> float:
    return _uniform(given, beta_quantile(1 + rise(given), 5 - rise(given), p))


def _weibull(given: Given, p: float) -> float:
    inverse = 1 / given["shape"]
    scale = given["mean"] / math.gamma(1 + inverse)
    return math.inf if p == 1 else scale * float((-math.log1p(-p)) ** inverse)


def _hyperexponential(given: Given, p: float) -> float:
    return _of_mixture(*balanced_means(given), p)


def _geometric(given: Given, p: float) -> float:
    if given["mean"] == 1:
        return 1.0
    if given["mean"] > _MANY:
        return math.inf if p == 1 else max(1.0, -given["mean"] * math.log1p(-p))
    return _least_count(lambda n: cumulative("geometric", given, n), p, 1)


def _poisson(given: Given, p: float) -> float:
    return _least_count(lambda n: 1 - gamma_share(n + 1, given["mean"]), p, 0)


def _least_count(share: Callable[[float], float], p: float, first: int) -> float:
    """Return the least count whose share reaches `p`, by doubling and halving."""
    if p == 1:
        return math.inf
    low, high = first - 1, first
    while share(high) < p:
        low, high = high, 2 * high + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if share(middle) >= p else (middle, high)
    return float(high)


def _of_finite(arguments: Arguments, p: float) -> float:
    values: Sequence[float] = arguments["values"]  # type: ignore[assignment]
    shares: Sequence[float] = arguments.get("shares") or [1 / len(values)] * len(values)  # type: ignore[assignment]
    pairs = sorted(pair for pair in zip(values, shares, strict=True) if pair[1] > 0)
    reached = accumulate(share for _, share in pairs)
    return next((v for (v, _), c in zip(pairs, reached, strict=True) if c >= p - 1e-12), pairs[-1][0])


def _of_mixture(shares: Sequence[float], parts: Sequence[Component], p: float) -> float:
    """Return the quantile of a mixture, which lies between those of its parts."""
    held = [(share, part) for share, part in zip(shares, parts, strict=True) if share > 0]
    each = [quantile(part.family, part.arguments, p) for _, part in held]
    if math.isinf(max(each)):
        return math.inf

    def share(x: float) -> float:
        return math.fsum(share * cumulative(part.family, part.arguments, x) for share, part in held)

    low, high = min(each), max(each)
    return low if share(low) >= p else bisected(share, p, low, high)


_QUANTILES: dict[str, Callable[[Given, float], float]] = {
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

"""Distribution functions: the share of draws that do not exceed a value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist

from serviceflow.model.families import Arguments, Component, coefficient, truncated_location
from serviceflow.model.special import beta_share, gamma_share

_STANDARD = NormalDist()
Given = Mapping[str, float]


def cumulative(family: str, arguments: Arguments, x: float) -> float:
    """Return the share of draws of a distribution that do not exceed `x`."""
    if family == "mixture":
        return _of_mixture(arguments["shares"], arguments["of"], x)  # type: ignore[arg-type]
    if family in ("discrete", "empirical"):
        return _of_finite(arguments, x)
    given: Given = arguments  # type: ignore[assignment]
    certain = certain_value(given)
    if certain is not None:
        return float(x >= certain)
    if x <= 0:
        return math.exp(-given["mean"]) if x == 0 and family == "poisson" else 0.0
    return _CUMULATIVES[family](given, x)


def certain_value(given: Given) -> float | None:
    """Return the only value that a parametric distribution has, if it has but one."""
    if "value" in given:
        return given["value"]
    if "high" in given:
        return given["low"] if given["low"] == given["high"] else None
    if given["mean"] == 0 or ("k" not in given and "shape" not in given and coefficient(given) == 0):
        return given["mean"]
    return None


def balanced_means(given: Given) -> tuple[list[float], list[Component]]:
    """Return shares and components of a hyperexponential distribution with balanced means."""
    square = coefficient(given) ** 2
    share = (1 + math.sqrt((square - 1) / (square + 1))) / 2
    shares = [share, 1 - share]
    return shares, [Component("exponential", {"mean": given["mean"] / (2 * part)}) for part in shares]


def rise(given: Given) -> float:
    """Return how much the first shape of PERT's beta distribution exceeds 1."""
    return 4 * (given["mode"] - given["low"]) / (given["high"] - given["low"])


def _of_mixture(shares: Sequence[float], parts: Sequence[Component], x: float) -> float:
    pairs = zip(shares, parts, strict=True)
    return math.fsum(share * cumulative(part.family, part.arguments, x) for share, part in pairs)


def _of_finite(arguments: Arguments, x: float) -> float:
    values: Sequence[float] = arguments["values"]  # type: ignore[assignment]
    shares: Sequence[float] | None = arguments.get("shares")  # type: ignore[assignment]
    if shares is None:
        return sum(value <= x for value in values) / len(values)
    return math.fsum(share for value, share in zip(values, shares, strict=True) if value <= x)


def _exponential(given: Given, x: float) -> float:
    return -math.expm1(-x / given["mean"])


def _erlang(given: Given, x: float) -> float:
    return gamma_share(given["k"], x * given["k"] / given["mean"])


def _gamma(given: Given, x: float) -> float:
    square = coefficient(given) ** 2
    return gamma_share(1 / square, x / (given["mean"] * square))


def _lognormal(given: Given, x: float) -> float:
    variance = math.log1p(coefficient(given) ** 2)
    return _STANDARD.cdf((math.log(x / given["mean"]) + variance / 2) / math.sqrt(variance))


def _normal(given: Given, x: float) -> float:
    sd = coefficient(given) * given["mean"]
    location = truncated_location(given["mean"], sd)
    return 1 - math.erfc((x - location) / sd / math.sqrt(2)) / math.erfc(-location / sd / math.sqrt(2))


def _uniform(given: Given, x: float) -> float:
    return min(1.0, max(0.0, (x - given["low"]) / (given["high"] - given["low"])))


def _triangular(given: Given, x: float) -> float:
    low, mode, high = given["low"], given["mode"], given["high"]
    if x <= low or x >= high:
        return float(x >= high)
    if x <= mode:
        return (x - low) ** 2 / ((high - low) * (mode - low))
    return 1 - (high - x) ** 2 / ((high - low) * (high - mode))


def _pert(given: Given, x: float) -> float:
    return beta_share(1 + rise(given), 5 - rise(given), _uniform(given, x))


def _weibull(given: Given, x: float) -> float:
    scale = given["mean"] / math.gamma(1 + 1 / given["shape"])
    return -math.expm1(-((x / scale) ** given["shape"]))


def _hyperexponential(given: Given, x: float) -> float:
    return _of_mixture(*balanced_means(given), x)


def _geometric(given: Given, x: float) -> float:
    return 1.0 if math.isinf(x) else 1 - (1 - 1 / given["mean"]) ** float(math.floor(x))


def _poisson(given: Given, x: float) -> float:
    return 1 - gamma_share(math.floor(x) + 1, given["mean"])


_CUMULATIVES: dict[str, Callable[[Given, float], float]] = {
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

"""The incomplete gamma and beta functions and their inverses, for quantiles.

Series and continued fractions of the NIST *Digital Library of Mathematical Functions* (8.7.1, 8.9.2,
8.17.22), the latter by Lentz's method; inverses by bisection, which cannot fail. Gamma distributions
of shapes above a million are so nearly normal that Wilson and Hilferty's cube root (*PNAS* 17, 1931,
684-688) gives their shares to 6 digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from statistics import NormalDist

_STANDARD = NormalDist()
_LARGE = 1e6
_TINY = 1e-300
_CLOSE = 1e-16
_MOST_TERMS = 100_000


def gamma_share(shape: float, x: float) -> float:
    """Return the share of a gamma distribution of scale 1 that does not exceed `x`."""
    if x <= 0:
        return 0.0
    if shape > _LARGE:
        return _STANDARD.cdf((math.cbrt(x / shape) - 1 + 1 / (9 * shape)) * 3 * math.sqrt(shape))
    front = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1:
        return front * _gamma_series(shape, x)
    return 1 - front / _continued(x + 1 - shape, _gamma_terms(shape, x))


def _gamma_series(shape: float, x: float) -> float:
    term = total = 1 / shape
    for n in range(1, _MOST_TERMS):
        term *= x / (shape + n)
        total += term
        if term < total * _CLOSE:
            break
    return total


def _gamma_terms(shape: float, x: float) -> Iterator[tuple[float, float]]:
    for n in range(1, _MOST_TERMS):
        yield n * (shape - n), x + 2 * n + 1 - shape


def beta_share(a: float, b: float, x: float) -> float:
    """Return the share of a beta distribution that does not exceed `x`."""
    if not 0 < x < 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_share(b, a, 1 - x)
    logs = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(logs + a * math.log(x) + b * math.log1p(-x)) / a
    return front / _continued(1.0, _beta_terms(a, b, x))


def _beta_terms(a: float, b: float, x: float) -> Iterator[tuple[float, float]]:
    for n in range(_MOST_TERMS):
        yield -(a + n) * (a + b + n) * x / ((a + 2 * n) * (a + 2 * n + 1)), 1.0
        m = n + 1
        yield m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), 1.0


def _continued(first: float, terms: Iterator[tuple[float, float]]) -> float:
    """Return first + a1/(b1 + a2/(b2 + ...)) for terms (a1, b1), (a2, b2), ... (Lentz's method)."""
    found = c = first or _TINY
    d = 0.0
    for a, b in terms:
        d = 1 / (b + a * d or _TINY)
        c = b + a / c or _TINY
        found *= c * d
        if abs(c * d - 1) < _CLOSE * 8:
            break
    return found


def gamma_quantile(shape: float, p: float) -> float:
    """Return the quantile of a gamma distribution of scale 1."""
    if p >= 1:
        return math.inf
    if shape > _LARGE and p > 0:
        return shape * (1 - 1 / (9 * shape) + _STANDARD.inv_cdf(p) / (3 * math.sqrt(shape))) ** 3
    high = shape + 1.0
    while gamma_share(shape, high) < p:
        high *= 2
    return bisected(lambda x: gamma_share(shape, x), p, 0.0, high)


def beta_quantile(a: float, b: float, p: float) -> float:
    """Return the quantile of a beta distribution."""
    return 1.0 if p >= 1 else bisected(lambda x: beta_share(a, b, x), p, 0.0, 1.0)


def bisected(share: Callable[[float], float], p: float, low: float, high: float) -> float:
    """Return the least float from `low` to `high` at which a rising function reaches `p`."""
    while high > 0:
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (low, middle) if share(middle) >= p else (middle, high)
    return high if p > 0 else 0.0

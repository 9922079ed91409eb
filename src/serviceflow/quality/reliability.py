"""How far the items of a dimension measure one thing: Cronbach's alpha and McDonald's omega.

References
----------
L. J. Cronbach (1951), "Coefficient alpha and the internal structure of tests", *Psychometrika* 16, 297-334.
L. S. Feldt (1965), "The approximate sampling distribution of Kuder-Richardson reliability coefficient
twenty",
*Psychometrika* 30, 357-370.
R. P. McDonald (1999), *Test Theory: A Unified Treatment*, chapter 6.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from serviceflow.quality.answers import Floats, Ints
from serviceflow.quality.resampling import SEED, interval, times_drawn

FEWEST_ITEMS = 3
FEWEST_RESPONDENTS = 20
RESAMPLES = 1000
_ROUNDS = 100


class Coefficient(NamedTuple):
    """A coefficient with its interval; NaN where it cannot be estimated."""

    value: float
    low: float
    high: float


UNKNOWN = Coefficient(np.nan, np.nan, np.nan)


def cronbach_alpha(values: Floats) -> float:
    """Cronbach's alpha of complete answers, an array of shape (sheets, items)."""
    items = values.shape[1]
    total = values.sum(axis=1).var(ddof=1)
    if not total > 0:
        return float("nan")
    return float(items / (items - 1) * (1 - values.var(axis=0, ddof=1).sum() / total))


def feldt_interval(
    alpha: float, items: int, respondents: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Feldt's interval of an alpha.

    (1 - alpha of all) / (1 - alpha of the sample) is distributed as F with n - 1 and (n - 1)(k - 1) degrees
    of freedom.
    """
    from scipy.special import fdtri

    tail = (1 - confidence) / 2
    first, second = respondents - 1, (respondents - 1) * (items - 1)
    low = 1 - (1 - alpha) * fdtri(first, second, 1 - tail)
    high = 1 - (1 - alpha) * fdtri(first, second, tail)
    return float(low), float(high)


def alpha_of(values: Floats, respondents: int, confidence: float) -> Coefficient:
    """Alpha with Feldt's interval, which counts respondents rather than sheets."""
    if values.shape[1] < FEWEST_ITEMS or respondents < FEWEST_RESPONDENTS:
        return UNKNOWN
    alpha = cronbach_alpha(values)
    return Coefficient(alpha, *feldt_interval(alpha, values.shape[1], respondents, confidence))


def omega_of(values: Floats, respondent: Ints, confidence: float, seed: int = SEED) -> Coefficient:
    """Omega (total, of one factor) with an interval by resampling respondents."""
    size = int(respondent.max()) + 1 if len(respondent) else 0
    if values.shape[1] < FEWEST_ITEMS or size < FEWEST_RESPONDENTS:
        return UNKNOWN
    value = float(omegas(covariances(values, np.ones((1, len(values)))))[0])
    weights = times_drawn(size, RESAMPLES, seed)[:, respondent].astype(np.float64)
    samples = omegas(covariances(values, weights))[:, None]
    low, high = interval(np.array([value]), samples, size, confidence)
    return Coefficient(value, float(low[0]), min(1.0, float(high[0])))


def covariances(values: Floats, weights: Floats) -> Floats:
    """Covariances of the items under several weightings of the sheets."""
    centred = values - values.mean(axis=0)
    total = weights.sum(axis=1)
    means = weights @ centred / total[:, None]
    products = (centred[:, :, None] * centred[:, None, :]).reshape(len(values), -1)
    size = values.shape[1]
    second = (weights @ products / total[:, None]).reshape(-1, size, size)
    found: Floats = second - means[:, :, None] * means[:, None, :]
    return found


def omegas(covariance: Floats) -> Floats:
    """Omega of each of several matrices of covariances, by one factor of least squared residuals."""
    loads, own = one_factor(covariance)
    common = np.square(loads.sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = common / (common + own.sum(axis=1))
    return found


def one_factor(covariance: Floats) -> tuple[Floats, Floats]:
    """Loadings on one factor and own variances, by iterated principal factors."""
    variance = np.einsum("bii->bi", covariance)
    inverse = np.linalg.pinv(covariance)
    with np.errstate(invalid="ignore", divide="ignore"):
        shared = variance - 1 / np.einsum("bii->bi", inverse)
    shared = np.where(np.isfinite(shared) & (shared > 0), shared, variance / 2)
    for _ in range(_ROUNDS):
        reduced = covariance.copy()
        np.einsum("bii->bi", reduced)[...] = shared
        roots, vectors = np.linalg.eigh(reduced)
        loads = vectors[:, :, -1] * np.sqrt(np.maximum(roots[:, -1], 0))[:, None]
        found = np.minimum(np.square(loads), variance)
        if np.abs(found - shared).max() < 1e-5 * variance.max():
            break
        shared = found
    loads *= np.sign(loads.sum(axis=1))[:, None]
    return loads, np.maximum(variance - np.square(loads), 0)

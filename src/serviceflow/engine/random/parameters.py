"""The families' numbers, and the parameters of their samplers from the arguments of distributions."""

from __future__ import annotations

from math import floor, sqrt

from serviceflow.engine.random.elementary import (
    NOT_A_NUMBER,
    exp,
    gamma_function,
    log_1p,
    normal_below,
    truncated_location,
)

CONSTANT, EXPONENTIAL, GAMMA, LOGNORMAL, NORMAL, UNIFORM = 0, 1, 2, 3, 4, 5
TRIANGULAR, PERT, WEIBULL, HYPEREXPONENTIAL, GEOMETRIC, POISSON = 6, 7, 8, 9, 10, 11
DISCRETE, EMPIRICAL, MIXTURE, ERLANG = 12, 13, 14, 15

FAMILY_CODES = {
    "constant": CONSTANT,
    "exponential": EXPONENTIAL,
    "gamma": GAMMA,
    "lognormal": LOGNORMAL,
    "normal": NORMAL,
    "uniform": UNIFORM,
    "triangular": TRIANGULAR,
    "pert": PERT,
    "weibull": WEIBULL,
    "hyperexponential": HYPEREXPONENTIAL,
    "geometric": GEOMETRIC,
    "poisson": POISSON,
    "discrete": DISCRETE,
    "empirical": EMPIRICAL,
    "mixture": MIXTURE,
    "erlang": ERLANG,
}
"""Names of families and their numbers; Erlang is prepared as a gamma distribution."""

LEAST_CV = 1e-8
"""Gamma and normal distributions of less spread than this are taken as constant."""
EXPONENTIAL_MOST = 40.0
"""No exponential draw is so many times its mean: numbers between 0 and 1 have 53 bits."""
POISSON_STEP = 256.0
"""The largest mean that is inverted at once; larger counts are sums of several."""

Parameters = tuple[float, float, float, float]


def prepare(family: int, x: float, y: float, z: float) -> Parameters:
    """Give the parameters of a sampler for the arguments of a distribution; NaN first if they are wrong.

    The arguments are the family's usual ones in order: (mean, cv) for gamma, lognormal and
    hyperexponential, (mean, sd) for normal, (mean, k) for Erlang, (mean, shape) for Weibull,
    (low, high) or (low, mode, high) for ranges, (value) or (mean) for the others.
    """
    if not x >= 0.0 or x - x != 0.0 or y - y != 0.0 or z - z != 0.0:
        return NOT_A_NUMBER, 0.0, 0.0, 0.0
    if family in (CONSTANT, EXPONENTIAL):
        return x, 0.0, 0.0, 0.0
    if family in (UNIFORM, TRIANGULAR, PERT):
        return prepare_range(family, x, y, z)
    if family in (GEOMETRIC, POISSON):
        return prepare_count(family, x)
    return prepare_spread(family, x, y)


def prepare_range(family: int, low: float, mode: float, high: float) -> Parameters:
    """Give the parameters of uniform (whose upper end is `mode`), triangular and PERT."""
    if family == UNIFORM:
        if low > mode:
            return NOT_A_NUMBER, 0.0, 0.0, 0.0
        return low, mode - low, 0.0, 0.0
    if low > mode or mode > high:
        return NOT_A_NUMBER, 0.0, 0.0, 0.0
    if family == TRIANGULAR:
        return low, mode - low, high - mode, 0.0
    rise = 4.0 * (mode - low) / (high - low) if high > low else 2.0
    return low, high - low, 1.0 + rise, 5.0 - rise


def prepare_count(family: int, mean: float) -> Parameters:
    """Give the parameters of geometric and Poisson."""
    if family == GEOMETRIC:
        if mean < 1.0:
            return NOT_A_NUMBER, 0.0, 0.0, 0.0
        return (-1.0 / log_1p(1.0 / (mean - 1.0)) if mean > 1.0 else 0.0), 0.0, 0.0, 0.0
    if mean > 100000.0:
        return NOT_A_NUMBER, 0.0, 0.0, 0.0
    parts = float(floor(mean / POISSON_STEP)) + 1.0
    return mean / parts, parts, exp(-mean / parts), 0.0


def prepare_spread(family: int, mean: float, y: float) -> Parameters:
    """Give the parameters of the families that have a mean and something of their shape."""
    if not y >= 0.0:
        return NOT_A_NUMBER, 0.0, 0.0, 0.0
    if family == NORMAL:
        return prepare_normal(mean, y)
    if family == WEIBULL:
        if y < 0.1 or y > 100.0:
            return NOT_A_NUMBER, 0.0, 0.0, 0.0
        return mean / gamma_function(1.0 + 1.0 / y), 1.0 / y, 0.0, 0.0
    if family == ERLANG:
        return prepare_gamma(mean, y) if y >= 1.0 else (NOT_A_NUMBER, 0.0, 0.0, 0.0)
    if y > 100.0 or (family == HYPEREXPONENTIAL and y < 1.0):
        return NOT_A_NUMBER, 0.0, 0.0, 0.0
    if family == LOGNORMAL:
        variance = log_1p(y * y)
        return mean, sqrt(variance), variance / 2.0, 0.0
    if family == HYPEREXPONENTIAL:
        share = (1.0 + sqrt((y * y - 1.0) / (y * y + 1.0))) / 2.0
        return share, mean / (2.0 * share), mean / (2.0 * (1.0 - share)), 0.0
    return prepare_gamma(mean, 1.0 / (y * y)) if y >= LEAST_CV else (mean, 0.0, 0.0, 0.0)


def prepare_normal(mean: float, sd: float) -> Parameters:
    """Give location, sd and the share that the cut at 0 leaves."""
    if sd > 10.0 * mean:
        return NOT_A_NUMBER, 0.0, 0.0, 0.0
    if sd < LEAST_CV * mean or sd == 0.0:
        return mean, 0.0, 1.0, 0.0
    location = truncated_location(mean, sd)
    return location, sd, normal_below(location / sd), 0.0


def prepare_gamma(mean: float, shape: float) -> Parameters:
    """Give scale, d and c of Marsaglia and Tsang, and the power of the boost where the shape is below 1."""
    boosted = shape + 1.0 if shape < 1.0 else shape
    d = boosted - 1.0 / 3.0
    return mean / shape, d, 1.0 / sqrt(9.0 * d), (1.0 / shape if shape < 1.0 else 0.0)


SCALARS = (
    prepare_range,
    prepare_count,
    prepare_normal,
    prepare_gamma,
    prepare_spread,
    prepare,
)
"""The scalar functions, each after those that it calls: what a compiler has to be given."""

"""A logarithm, an exponential and a few functions built on them, the same to the last bit everywhere.

The functions of a platform's library differ in their last bits between platforms and between
Python, NumPy and compiled code. These use only ``+ - * /``, the square root and the exact scaling by
powers of two, which IEEE 754 defines to the bit. Each scalar function has a twin for arrays (named
``..._many``) that gives the same bits.

Sources: logarithm and exponential after FDLIBM's ``e_log.c`` and ``e_exp.c`` (Sun Microsystems,
1993), the quantile of the normal distribution by algorithm AS 241 (Wichura, *Applied Statistics* 37,
1988, 477-484), the gamma function by Lanczos' approximation (g = 7, n = 9), the ratio of Mills by
Laplace's continued fraction.
"""

from __future__ import annotations

from math import floor, frexp, ldexp, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
INVERSE_LN2 = 1.44269504088896338700
ROOT_HALF = 0.70710678118654752440
INVERSE_ROOT_2PI = 0.39894228040143267794
ROOT_2PI = 2.50662827463100050242
LOG_EVEN = (1.531383769920937332e-01, 2.222219843214978396e-01, 3.999999999940941908e-01)
LOG_ODD = (
    1.479819860511658591e-01,
    1.818357216161805012e-01,
    2.857142874366239149e-01,
    6.666666666666735130e-01,
)
EXP_REST = (
    4.13813679705723846039e-08,
    -1.65339022054652515390e-06,
    6.61375632143793436117e-05,
    -2.77777777770155933842e-03,
    1.66666666666666019037e-01,
)
CENTRE_ABOVE = (
    2.5090809287301226727e3,
    3.3430575583588128105e4,
    6.7265770927008700853e4,
    4.5921953931549871457e4,
    1.3731693765509461125e4,
    1.9715909503065514427e3,
    1.3314166789178437745e2,
    3.3871328727963666080e0,
)
CENTRE_BELOW = (
    5.2264952788528545610e3,
    2.8729085735721942674e4,
    3.9307895800092710610e4,
    2.1213794301586595867e4,
    5.3941960214247511077e3,
    6.8718700749205790830e2,
    4.2313330701600911252e1,
    1.0,
)
NEAR_ABOVE = (
    7.74545014278341407640e-4,
    2.27238449892691845833e-2,
    2.41780725177450611770e-1,
    1.27045825245236838258e0,
    3.64784832476320460504e0,
    5.76949722146069140550e0,
    4.63033784615654529590e0,
    1.42343711074968357734e0,
)
NEAR_BELOW = (
    1.05075007164441684324e-9,
    5.47593808499534494600e-4,
    1.51986665636164571966e-2,
    1.48103976427480074590e-1,
    6.89767334985100004550e-1,
    1.67638483018380384940e0,
    2.05319162663775882187e0,
    1.0,
)
FAR_ABOVE = (
    2.01033439929228813265e-7,
    2.71155556874348757815e-5,
    1.24266094738807843860e-3,
    2.65321895265761230930e-2,
    2.96560571828504891230e-1,
    1.78482653991729133580e0,
    5.46378491116411436990e0,
    6.65790464350110377720e0,
)
FAR_BELOW = (
    2.04426310338993978564e-15,
    1.42151175831644588870e-7,
    1.84631831751005468180e-5,
    7.86869131145613259100e-4,
    1.48753612908506148525e-2,
    1.36929880922735805310e-1,
    5.99832206555887937690e-1,
    1.0,
)
LANCZOS = (
    676.5203681218851,
    -1259.1392167224028,
    771.32342877765313,
    -176.61502916214059,
    12.507343278686905,
    -0.13857109526572012,
    9.9843695780195716e-6,
    1.5056327351493116e-7,
)
INFINITY = float("inf")
NOT_A_NUMBER = float("nan")


def polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    """Give a polynomial by Horner's rule, the highest power first; for numbers and arrays."""
    total = 0.0
    for coefficient in coefficients:
        total = total * x + coefficient
    return total


def log_of_mantissa(f: Any, k: Any) -> Any:
    """Give log(1 + f) + k log 2 for 1 + f between sqrt(1/2) and sqrt(2); for numbers and arrays."""
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    rest = w * polynomial(LOG_EVEN, w) + z * polynomial(LOG_ODD, w)
    half_square = 0.5 * f * f
    return k * LN2_HIGH - ((half_square - (s * (half_square + rest) + k * LN2_LOW)) - f)


def log(x: float) -> float:
    """Give the natural logarithm of a positive number; NaN for any other."""
    if not x > 0.0:
        return NOT_A_NUMBER
    mantissa, exponent = frexp(x)
    if mantissa < ROOT_HALF:
        mantissa = mantissa * 2.0
        exponent = exponent - 1
    return log_of_mantissa(mantissa - 1.0, float(exponent))  # type: ignore[no-any-return]


def log_many(x: Floats) -> Floats:
    """Give the natural logarithm of positive numbers."""
    mantissa, exponent = np.frexp(x)
    small = mantissa < ROOT_HALF
    mantissa = np.where(small, mantissa * 2.0, mantissa)
    return log_of_mantissa(mantissa - 1.0, (exponent - small).astype(np.float64))  # type: ignore[no-any-return]


def exp_of_rest(high: Any, low: Any) -> Any:
    """Give exp(high - low) for a difference of at most log(2)/2; for numbers and arrays."""
    r = high - low
    t = r * r
    c = r - t * polynomial(EXP_REST, t)
    return 1.0 - ((low - (r * c) / (2.0 - c)) - high)


def exp(x: float) -> float:
    """Give e to the power `x`; 0 below -708 and infinity above 709."""
    if x < -708.0:
        return 0.0
    if x > 709.0:
        return INFINITY
    if x != x:
        return x
    k = floor(x * INVERSE_LN2 + 0.5)
    scale = float(k)
    return ldexp(exp_of_rest(x - scale * LN2_HIGH, scale * LN2_LOW), k)


def exp_many(x: Floats) -> Floats:
    """Give e to the power `x`; 0 below -708 and infinity above 709."""
    bounded = np.clip(x, -708.0, 709.0)
    scale = np.floor(bounded * INVERSE_LN2 + 0.5)
    rest = exp_of_rest(bounded - scale * LN2_HIGH, scale * LN2_LOW)
    found = np.ldexp(rest, scale.astype(np.int32))
    return np.where(x < -708.0, 0.0, np.where(x > 709.0, INFINITY, found))


def log_1p(x: float) -> float:
    """Give log(1 + x) for x of 0 or more, accurate where x is small (Kahan's correction)."""
    whole = 1.0 + x
    if whole == 1.0:
        return x
    return log(whole) * x / (whole - 1.0)


def normal_centre(q: Any) -> Any:
    """Give the normal quantile of 0.5 + q for q within 0.425 of 0; for numbers and arrays."""
    r = 0.180625 - q * q
    return polynomial(CENTRE_ABOVE, r) * q / polynomial(CENTRE_BELOW, r)


def normal_near(r: Any) -> Any:
    """Give the upper normal quantile where r = sqrt(-log p) is at most 5; for numbers and arrays."""
    return polynomial(NEAR_ABOVE, r - 1.6) / polynomial(NEAR_BELOW, r - 1.6)


def normal_far(r: Any) -> Any:
    """Give the upper normal quantile where r = sqrt(-log p) is above 5; for numbers and arrays."""
    return polynomial(FAR_ABOVE, r - 5.0) / polynomial(FAR_BELOW, r - 5.0)


def normal_quantile(p: float) -> float:
    """Give the quantile of the standard normal distribution, 0 < p < 1 (AS 241)."""
    q = p - 0.5
    if -0.425 <= q <= 0.425:
        return normal_centre(q)  # type: ignore[no-any-return]
    r = sqrt(-log(p if q < 0.0 else 1.0 - p))
    x: float = normal_near(r) if r <= 5.0 else normal_far(r)
    return -x if q < 0.0 else x


def normal_quantile_many(p: Floats) -> Floats:
    """Give the quantiles of the standard normal distribution, 0 < p < 1."""
    q = p - 0.5
    found: Floats = normal_centre(q)
    outside = np.abs(q) > 0.425
    below = q[outside] < 0.0
    r = np.sqrt(-log_many(np.where(below, p[outside], 1.0 - p[outside])))
    x = np.where(r <= 5.0, normal_near(r), normal_far(r))
    found[outside] = np.where(below, -x, x)
    return found


def mills_ratio(x: float) -> float:
    """Give (1 - distribution function) / density of the standard normal, for x of 2 or more."""
    found = x
    for k in range(200, 0, -1):
        found = x + k / found
    return 1.0 / found


def normal_density(x: float) -> float:
    """Give the density of the standard normal distribution."""
    return INVERSE_ROOT_2PI * exp(-0.5 * x * x)


def normal_below(x: float) -> float:
    """Give the distribution function of the standard normal distribution."""
    if x < -2.0:
        return normal_density(x) * mills_ratio(-x)
    if x > 2.0:
        return 1.0 - normal_density(x) * mills_ratio(x)
    term = x
    total = x
    for k in range(3, 81, 2):
        term = term * x * x / k
        total = total + term
    return 0.5 + normal_density(x) * total


def normal_hazard(a: float) -> float:
    """Give density / distribution function of the standard normal distribution."""
    if a < -2.0:
        return 1.0 / mills_ratio(-a)
    return normal_density(a) / normal_below(a)


def truncated_location(mean: float, sd: float) -> float:
    """Give the location at which a normal distribution cut off at 0 has this mean.

    `sd` is that of the normal distribution before the cut. The mean after the cut is
    sd (a + h(a)) with a = location/sd and h the hazard above; Newton's method solves for a.
    """
    target = mean / sd
    a = target if target > 1.0 else -1.0 / target
    for _ in range(100):
        hazard = normal_hazard(a)
        step = (a + hazard - target) / (1.0 - hazard * (hazard + a))
        a = a - step
        if -1e-13 <= step <= 1e-13:
            break
    return a * sd


def gamma_function(x: float) -> float:
    """Give the gamma function for x of 1 or more, to about 14 digits."""
    z = x - 1.0
    total = 0.99999999999980993
    for k in range(8):
        total = total + LANCZOS[k] / (z + k + 1.0)
    t = z + 7.5
    return ROOT_2PI * exp((z + 0.5) * log(t) - t) * total


SCALARS = (
    polynomial,
    log_of_mantissa,
    log,
    exp_of_rest,
    exp,
    log_1p,
    normal_centre,
    normal_near,
    normal_far,
    normal_quantile,
    mills_ratio,
    normal_density,
    normal_below,
    normal_hazard,
    truncated_location,
    gamma_function,
)
"""The scalar functions, each after those that it calls: what a compiler has to be given."""

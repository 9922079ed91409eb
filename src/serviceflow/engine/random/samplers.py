"""Samplers: how a distribution turns the words of a keyed draw into a value.

A sampler is a family (a number), four parameters and a place in a table, so that a compiled kernel
can hold it in arrays. ``parameters`` computes them from the arguments of a distribution, before a
run where they are constant and in the run where they depend on the request: by the same scalar
functions, hence to the same bits. Families with a closed quantile function use it on one word,
increasing, so that two scenarios see the same luck; gamma, Erlang and PERT go through words until
one is accepted (Marsaglia and Tsang, *ACM TOMS* 26, 2000, 363-372).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from math import floor, sqrt

from serviceflow.engine.random.elementary import exp, log, normal_quantile
from serviceflow.engine.random.parameters import (
    CONSTANT,
    DISCRETE,
    EMPIRICAL,
    EXPONENTIAL,
    GAMMA,
    HYPEREXPONENTIAL,
    LOGNORMAL,
    MIXTURE,
    NORMAL,
    PERT,
    POISSON,
    TRIANGULAR,
    UNIFORM,
    WEIBULL,
)
from serviceflow.engine.random.philox import philox_block, uniform_of

SQUEEZE = 0.99
"""Under this curve, less 0.0331 z**4, a gamma candidate is accepted for certain, and no logarithm is needed.

Marsaglia and Tsang's own curve begins at 1: the rest leaves room for rounding, while parameters are below
``SQUEEZED``, so that the same candidates are accepted as by the logarithms.
"""
SQUEEZED = 1e6
ROW = 6
"""Entries of a component's row in the table of a mixture: family, four parameters, place of its table."""


@dataclass(frozen=True)
class Sampler:
    """What to draw from.

    Attributes
    ----------
    family : int
        One of the codes above (``ERLANG`` does not occur).
    a, b, c, d : float
        The parameters as ``prepare`` gives them; durations in ticks.
    table : tuple of float
        What finite distributions and mixtures look up. Of ``DISCRETE``: a cumulative shares, then a
        values. Of ``EMPIRICAL``: a values, in order. Of ``MIXTURE``: a cumulative shares, then a rows
        of ``ROW`` entries, then the tables of the components.
    identity : int
        A 64-bit number of all the above, by which caches tell samplers apart.
    """

    family: int
    a: float = 0.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    table: tuple[float, ...] = ()
    identity: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        content = struct.pack(
            f"<{5 + len(self.table)}d", self.family, self.a, self.b, self.c, self.d, *self.table
        )
        identity = int.from_bytes(blake2b(content, digest_size=8).digest(), "little")
        object.__setattr__(self, "identity", identity)


# -- from words to a value


def uniform_at(
    index: int, block: int, key0: int, key1: int, what: int, number: int, occurrence: int
) -> float:
    """Give the uniform number at a place in the sequence of words of a draw, from `block` on."""
    w0, w1, w2, w3 = philox_block(key0, key1, block + index // 4, occurrence, number, what)
    place = index % 4
    if place == 0:
        return uniform_of(w0)
    if place == 1:
        return uniform_of(w1)
    if place == 2:
        return uniform_of(w2)
    return uniform_of(w3)


def pair_at(
    index: int, block: int, key0: int, key1: int, what: int, number: int, occurrence: int
) -> tuple[float, float]:
    """Give the uniform numbers at an even place and the next, which are of one block."""
    w0, w1, w2, w3 = philox_block(key0, key1, block + index // 4, occurrence, number, what)
    if index % 4 == 0:
        return uniform_of(w0), uniform_of(w1)
    return uniform_of(w2), uniform_of(w3)


def standard_gamma(
    d: float,
    c: float,
    power: float,
    start: int,
    block: int,
    key0: int,
    key1: int,
    what: int,
    number: int,
    occurrence: int,
) -> tuple[float, int]:
    """Give a gamma variate of scale 1, from the words at `start` (an even place) on.

    The second number is the place of the first word that it did not use.
    """
    index = start
    while True:
        first, u = pair_at(index, block, key0, key1, what, number, occurrence)
        z = normal_quantile(first)
        index += 2
        v = 1.0 + c * z
        if v > 0.0:
            v = v * v * v
            if d < SQUEEZED and u < SQUEEZE - 0.0331 * (z * z) * (z * z):
                break
            if log(u) < 0.5 * z * z + d - d * v + d * log(v):
                break
    found = d * v
    if power > 0.0:
        found = found * exp(power * log(uniform_at(index, block, key0, key1, what, number, occurrence)))
        index += 1
    return found, index


def triangular_quantile(a: float, b: float, c: float, u: float) -> float:
    """Give the quantile of the triangular distribution."""
    width = b + c
    if u * width <= b:
        return a + sqrt(u * width * b)
    return a + width - sqrt((1.0 - u) * width * c)


def normal_above_zero(a: float, b: float, kept: float, u: float) -> float:
    """Give the quantile of the normal distribution cut off at 0."""
    if b == 0.0:
        return a
    x = a - b * normal_quantile((1.0 - u) * kept)
    return x if x > 0.0 else 0.0


def poisson_count(mean: float, none: float, u: float) -> float:
    """Give the least count whose cumulative share reaches `u`; `none` is the share of 0."""
    share = none
    total = none
    count = 0.0
    while u > total:
        count += 1.0
        share = share * mean / count
        if total + share == total and count > mean:
            break
        total = total + share
    return count


def look_up(table: Sequence[float], start: int, count: int, u: float) -> int:
    """Give the place of the first of `count` rising entries from `start` that is above `u`."""
    low = 0
    high = count - 1
    while low < high:
        middle = (low + high) // 2
        if u < table[start + middle]:
            high = middle
        else:
            low = middle + 1
    return low


def simple_sample(
    family: int,
    a: float,
    b: float,
    c: float,
    d: float,
    table: Sequence[float],
    start: int,
    block: int,
    key0: int,
    key1: int,
    what: int,
    number: int,
    occurrence: int,
) -> float:
    """Draw from any family but a mixture, with the words from `block` on; NaN if a is NaN."""
    if family == CONSTANT or a != a:
        return a
    if family == GAMMA:
        if b == 0.0:
            return a
        found, _ = standard_gamma(b, c, d, 0, block, key0, key1, what, number, occurrence)
        return a * found
    if family == PERT:
        return pert_sample(a, b, c, d, block, key0, key1, what, number, occurrence)
    if family == POISSON:
        total = 0.0
        for part in range(int(b)):
            total += poisson_count(a, c, uniform_at(part, block, key0, key1, what, number, occurrence))
        return total
    u, second = pair_at(0, block, key0, key1, what, number, occurrence)
    if family == HYPEREXPONENTIAL:
        return (b if u < a else c) * -log(1.0 - second)
    if family == DISCRETE:
        return table[start + int(a) + look_up(table, start, int(a), u)]
    if family == EMPIRICAL:
        return table[start + int(u * a)]
    return quantile_of(family, a, b, c, u)


def quantile_of(family: int, a: float, b: float, c: float, u: float) -> float:
    """Give the quantile of a family that has one in closed form."""
    if family == EXPONENTIAL:
        return a * -log(1.0 - u)
    if family == LOGNORMAL:
        return a * exp(b * normal_quantile(u) - c)
    if family == NORMAL:
        return normal_above_zero(a, b, c, u)
    if family == UNIFORM:
        return a + b * u
    if family == TRIANGULAR:
        return triangular_quantile(a, b, c, u)
    if family == WEIBULL:
        return a * exp(b * log(-log(1.0 - u)))
    return 1.0 + float(floor(a * log(1.0 - u)))


def pert_sample(
    a: float,
    b: float,
    c: float,
    d: float,
    block: int,
    key0: int,
    key1: int,
    what: int,
    number: int,
    occurrence: int,
) -> float:
    """Draw from low a, width b and a beta distribution of two gamma variates of shapes c and d."""
    first = c - 1.0 / 3.0
    second = d - 1.0 / 3.0
    x, index = standard_gamma(
        first, 1.0 / sqrt(9.0 * first), 0.0, 0, block, key0, key1, what, number, occurrence
    )
    y, _ = standard_gamma(
        second, 1.0 / sqrt(9.0 * second), 0.0, index, block, key0, key1, what, number, occurrence
    )
    return a + b * (x / (x + y))


def sample(
    family: int,
    a: float,
    b: float,
    c: float,
    d: float,
    table: Sequence[float],
    start: int,
    key0: int,
    key1: int,
    what: int,
    number: int,
    occurrence: int,
) -> float:
    """Draw from any family.

    A mixture takes the first word of block 0 to choose a component, which draws from block 1 on.

    Parameters
    ----------
    family, a, b, c, d
        As in ``Sampler``.
    table, start
        The array that holds the sampler's table, and the place in it where that begins.
    key0, key1 : int
        Seed and replication.
    what, number, occurrence : int
        Purpose, request number and the request's earlier entries.
    """
    if family != MIXTURE:
        return simple_sample(family, a, b, c, d, table, start, 0, key0, key1, what, number, occurrence)
    count = int(a)
    u = uniform_at(0, 0, key0, key1, what, number, occurrence)
    row = start + count + ROW * look_up(table, start, count, u)
    return simple_sample(
        int(table[row]),
        table[row + 1],
        table[row + 2],
        table[row + 3],
        table[row + 4],
        table,
        start + int(table[row + 5]),
        1,
        key0,
        key1,
        what,
        number,
        occurrence,
    )


SCALARS = (
    uniform_at,
    pair_at,
    standard_gamma,
    triangular_quantile,
    normal_above_zero,
    poisson_count,
    look_up,
    quantile_of,
    pert_sample,
    simple_sample,
    sample,
)
"""The scalar functions, each after those that it calls: what a compiler has to be given."""

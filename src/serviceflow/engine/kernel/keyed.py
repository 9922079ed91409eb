"""Keyed draws in the kernel: the scalar functions, compiled, with one multiplication of 128 bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from serviceflow.engine.kernel.layout import REPLICATION, SEED
from serviceflow.engine.kernel.memory import bits_of, leaf, multiply, real_of, signed, unsigned
from serviceflow.engine.random.jit import compile_scalars

FRACTION = 52
"""Bits of the fraction of a real number; its exponent comes above them."""
FRACTION_BITS = (1 << FRACTION) - 1
BIAS = 1022
SPECIAL = 2047
HALF = BIAS << FRACTION
INFINITY = float("inf")
TWO_54 = 2.0**54


@leaf
def frexp(x: float) -> tuple[float, int]:
    """The mantissa (from 1/2 to 1) and the exponent of a positive number, read off its bits."""
    bits = bits_of(x)
    if (bits >> FRACTION) == 0 or (bits >> FRACTION) == SPECIAL:
        if x == INFINITY:
            return x, 0
        bits = bits_of(x * TWO_54)  # One of the smallest numbers, whose bits mean something else.
        return real_of((bits & FRACTION_BITS) | HALF), (bits >> FRACTION) - BIAS - 54
    return real_of((bits & FRACTION_BITS) | HALF), (bits >> FRACTION) - BIAS


@leaf
def ldexp(x: float, exponent: int) -> float:
    """A number times a power of two that is one of the normal numbers."""
    return x * real_of((exponent + BIAS + 1) << FRACTION)


scalars = compile_scalars(leaf, {"multiply_64": multiply, "frexp": frexp, "ldexp": ldexp})
"""Every scalar function, compiled with those that use it."""

philox_block = scalars.philox_block
uniform_of = scalars.uniform_of
mix_step = scalars.mix_step
log = scalars.log
exp = scalars.exp

FIRST_BLOCK = np.uint64(0)


@leaf
def first_uniform(k: Any, what: Any, number: Any, occurrence: Any) -> float:
    """The first number between 0 and 1 of a draw."""
    word, _, _, _ = philox_block(
        unsigned(k[SEED]), unsigned(k[REPLICATION]), FIRST_BLOCK, occurrence, number, what
    )
    return uniform_of(word)


@leaf
def mix_four(a: int, b: int, c: int, d: int) -> int:
    """The key of draws of a branch or a called request: a hash of parent, link and occurrence."""
    found = mix_step(unsigned(0), unsigned(a))
    found = mix_step(found, unsigned(b))
    found = mix_step(found, unsigned(c))
    return signed(mix_step(found, unsigned(d)))

"""Draws for many request numbers at once: Philox and logarithms in vectors (see ``random.philox``).

Philox works on sixteen numbers, in vectors of 64-bit integers. A product of two such integers is put
together from products of their halves, which every processor with vectors has; so a word costs half of what
it costs one by one. The bits are the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from serviceflow.engine.kernel.memory import bits_of, leaf, real_of
from serviceflow.engine.random.elementary import LN2_HIGH, LN2_LOW, LOG_EVEN, LOG_ODD, ROOT_HALF
from serviceflow.engine.random.philox import MULTIPLIER_0, MULTIPLIER_1, STEP_0, STEP_1

LANES = 16
ROUNDS = 10
WORD = ir.IntType(64)
WORDS = ir.VectorType(WORD, LANES)
REALS = ir.VectorType(ir.DoubleType(), LANES)
LOW_HALF = 0xFFFFFFFF
ONE = 0x3FF0000000000000
"""The bits of 1.0: with 52 bits of a word in its fraction, it is 1 and so many parts of 2**52."""
HALF_STEP = 2.0**-53


def _all(number: Any) -> ir.Constant:
    return ir.Constant(WORDS, [int(number)] * LANES)


def _spread(builder: Any, number: Any) -> Any:
    """The same number in every lane."""
    first = builder.insert_element(ir.Constant(WORDS, ir.Undefined), number, ir.IntType(32)(0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, ir.Constant(WORDS, ir.Undefined), mask)


def _multiply(builder: Any, a: Any, constant: Any) -> tuple[Any, Any]:
    """The upper and the lower 64 bits of products with a constant."""
    half, mask = _all(32), _all(LOW_HALF)
    below, above = _all(int(constant) & LOW_HALF), _all(int(constant) >> 32)
    low, high = builder.and_(a, mask), builder.lshr(a, half)
    lowest = builder.mul(low, below)
    middle = builder.add(builder.mul(high, below), builder.lshr(lowest, half))
    cross = builder.add(builder.mul(low, above), builder.and_(middle, mask))
    upper = builder.add(builder.mul(high, above), builder.lshr(middle, half))
    upper = builder.add(upper, builder.lshr(cross, half))
    return upper, builder.mul(a, _all(constant))


def _first_words(builder: Any, key0: Any, key1: Any, number: Any, what: Any, occurrence: Any) -> Any:
    """The first word of block 0 of each draw."""
    c0, c1, c2, c3 = _all(1), occurrence, number, what
    k0, k1 = _spread(builder, key0), _spread(builder, key1)
    for _ in range(ROUNDS):
        high0, low0 = _multiply(builder, c0, MULTIPLIER_0)
        high1, low1 = _multiply(builder, c2, MULTIPLIER_1)
        c0, c1 = builder.xor(builder.xor(high1, c1), k0), low1
        c2, c3 = builder.xor(builder.xor(high0, c3), k1), low0
        k0, k1 = builder.add(k0, _all(STEP_0)), builder.add(k1, _all(STEP_1))
    return c0


def _store_uniform(builder: Any, words: Any, address: Any) -> None:
    """Turn words into numbers between 0 and 1, exactly as ``uniform_of`` does, and put them down."""
    bits = builder.or_(builder.lshr(words, _all(12)), _all(ONE))
    found = builder.fsub(builder.bitcast(bits, REALS), ir.Constant(REALS, [1.0] * LANES))
    found = builder.fadd(found, ir.Constant(REALS, [HALF_STEP] * LANES))
    builder.store(found, builder.inttoptr(address, REALS.as_pointer()), align=8)


def _load(builder: Any, address: Any) -> Any:
    return builder.load(builder.inttoptr(address, WORDS.as_pointer()), align=8)


def _wide_uniforms(typingctx: Any, key0: Any, key1: Any, what: Any, numbers: Any, out: Any) -> Any:
    """Put the first uniform numbers of sixteen draws at an address; `numbers` is one, too."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        k0, k1, purpose, place, target = arguments
        what = _spread(builder, purpose)
        _store_uniform(builder, _first_words(builder, k0, k1, _load(builder, place), what, _all(0)), target)
        return context.get_dummy_value()

    return types.void(types.uint64, types.uint64, types.uint64, types.int64, types.int64), codegen


def _wide_uniforms_each(typingctx: Any, key0: Any, key1: Any, whats: Any, numbers: Any, out: Any) -> Any:
    """The same where every draw has a purpose of its own, which lie at the address `whats`."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        k0, k1, purposes, place, target = arguments
        words = _first_words(builder, k0, k1, _load(builder, place), _load(builder, purposes), _all(0))
        _store_uniform(builder, words, target)
        return context.get_dummy_value()

    return types.void(types.uint64, types.uint64, types.int64, types.int64, types.int64), codegen


def _wide_uniforms_again(
    typingctx: Any, key0: Any, key1: Any, whats: Any, numbers: Any, occurrences: Any, out: Any
) -> Any:
    """The same where every draw has an occurrence of its own, too."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        k0, k1, *places, target = arguments
        what, number, occurrence = (_load(builder, place) for place in places)
        _store_uniform(builder, _first_words(builder, k0, k1, number, what, occurrence), target)
        return context.get_dummy_value()

    return types.void(*(types.uint64,) * 2, *(types.int64,) * 4), codegen


wide_uniforms: Any = intrinsic(_wide_uniforms)
wide_uniforms_each: Any = intrinsic(_wide_uniforms_each)
wide_uniforms_again: Any = intrinsic(_wide_uniforms_again)


# -- logarithms

FRACTION = 0xFFFFFFFFFFFFF
BELOW_ONE = 0x3FE0000000000000
FRACTION_BITS = 52
EXPONENT_BIAS = 1022
E0, E1, E2 = LOG_EVEN
O0, O1, O2, O3 = LOG_ODD


@leaf
def wide_log(x: float) -> float:
    """The logarithm of a number that is not one of the very smallest, in steps that vectors can take.

    The bits are those of ``arithmetic.log``.
    """
    bits = bits_of(x)
    exponent = (bits >> FRACTION_BITS) - EXPONENT_BIAS
    mantissa = real_of((bits & FRACTION) | BELOW_ONE)
    small = mantissa < ROOT_HALF
    mantissa = mantissa * 2.0 if small else mantissa
    k = np.float64(exponent - 1 if small else exponent)
    f = mantissa - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    rest = w * ((E0 * w + E1) * w + E2) + z * (((O0 * w + O1) * w + O2) * w + O3)
    half_square = 0.5 * f * f
    return k * LN2_HIGH - ((half_square - (s * (half_square + rest) + k * LN2_LOW)) - f)

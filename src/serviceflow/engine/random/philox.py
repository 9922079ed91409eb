"""Keyed random numbers: Philox 4x64-10, a pure function from key and counter to four words.

Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11. Block b (from 0)
of a draw is the b-th group of four outputs of ``numpy.random.Philox(key=[seed, replication],
counter=[0, occurrence, number, purpose])``, which steps its counter before each group.

The same function is here three times: on Python's integers, on NumPy's 64-bit integers (numbers, as
a compiler sees them) and for many request numbers at once.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALL = 0xFFFFFFFFFFFFFFFF
_MULTIPLIER_0 = 0xD2E7470EE14C6C93
_MULTIPLIER_1 = 0xCA5A826395121157
_STEP_0 = 0x9E3779B97F4A7C15
_STEP_1 = 0xBB67AE8584CAA73B
_ROUNDS = 10

Words = tuple[Any, Any, Any, Any]


def purpose(text: str) -> int:
    """Give the 64-bit number that stands for what a draw is for.

    Names decide, not positions: adding or moving other parts of a chain changes nothing.
    """
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def mix(*numbers: int) -> int:
    """Give a 64-bit number for several, in order: who a branch or a called request is.

    Each step is the finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
    """
    found = 0
    for number in numbers:
        found = mix_step(found, number & ALL)
    return found


def mix_step(found: int, number: int) -> int:
    """Give the number for one more; ``mix(a, b)`` is ``mix_step(mix_step(0, a), b)``."""
    x = ((found ^ number) + _STEP_0) & ALL
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & ALL
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & ALL
    return x ^ (x >> 31)


def philox_block(key0: int, key1: int, block: int, occurrence: int, number: int, what: int) -> Words:
    """Give the four words of a block; all arguments are integers from 0 to 2**64 - 1."""
    c0, c1, c2, c3 = block + 1, occurrence, number, what
    for _ in range(_ROUNDS):
        low, high = c0 * _MULTIPLIER_0, c2 * _MULTIPLIER_1
        c0, c1, c2, c3 = (high >> 64) ^ c1 ^ key0, high & ALL, (low >> 64) ^ c3 ^ key1, low & ALL
        key0, key1 = (key0 + _STEP_0) & ALL, (key1 + _STEP_1) & ALL
    return c0, c1, c2, c3


def uniform_of(word: int) -> float:
    """Give the number strictly between 0 and 1 that a word stands for, exactly: 52 bits and a half."""
    return ((word >> 12) + 0.5) * 2.220446049250313e-16


# -- on 64-bit integers, for compilers

U1 = np.uint64(1)
U12 = np.uint64(12)
U27 = np.uint64(27)
U30 = np.uint64(30)
U31 = np.uint64(31)
U32 = np.uint64(32)
LOW_HALF = np.uint64(0xFFFFFFFF)
MULTIPLIER_0 = np.uint64(_MULTIPLIER_0)
MULTIPLIER_1 = np.uint64(_MULTIPLIER_1)
STEP_0 = np.uint64(_STEP_0)
STEP_1 = np.uint64(_STEP_1)
SCRAMBLE_0 = np.uint64(0xBF58476D1CE4E5B9)
SCRAMBLE_1 = np.uint64(0x94D049BB133111EB)


def multiply_64(a: Any, b: Any) -> tuple[Any, Any]:
    """Give the upper and the lower 64 bits of the product of two unsigned 64-bit integers."""
    a_low, a_high = a & LOW_HALF, a >> U32
    b_low, b_high = b & LOW_HALF, b >> U32
    cross = a_low * b_high
    middle = ((a_low * b_low) >> U32) + (cross & LOW_HALF) + a_high * b_low
    return a_high * b_high + (cross >> U32) + (middle >> U32), a * b


def philox_block_64(key0: Any, key1: Any, block: Any, occurrence: Any, number: Any, what: Any) -> Words:
    """Give the four words of a block, computed on unsigned 64-bit integers."""
    k0, k1 = np.uint64(key0), np.uint64(key1)
    c0, c1 = np.uint64(block) + U1, np.uint64(occurrence)
    c2, c3 = np.uint64(number), np.uint64(what)
    for _ in range(_ROUNDS):
        high0, low0 = multiply_64(c0, MULTIPLIER_0)
        high1, low1 = multiply_64(c2, MULTIPLIER_1)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = k0 + STEP_0, k1 + STEP_1
    return c0, c1, c2, c3


def uniform_of_64(word: Any) -> Any:
    """Give the number strictly between 0 and 1 that a word stands for."""
    return (np.float64(word >> U12) + 0.5) * 2.220446049250313e-16


def mix_step_64(found: Any, number: Any) -> Any:
    """Give ``mix_step`` computed on unsigned 64-bit integers."""
    x = (np.uint64(found) ^ np.uint64(number)) + STEP_0
    x = (x ^ (x >> U30)) * SCRAMBLE_0
    x = (x ^ (x >> U27)) * SCRAMBLE_1
    return x ^ (x >> U31)


# -- for many request numbers at once

_BOTH = np.array([[_MULTIPLIER_0], [_MULTIPLIER_1]], dtype=np.uint64)
_BOTH_LOW, _BOTH_HIGH = _BOTH & LOW_HALF, _BOTH >> U32


def philox_many(
    key0: int, key1: int, block: int, occurrence: int, numbers: NDArray[np.uint64], what: int
) -> NDArray[np.uint64]:
    """Give the words of a block for many request numbers: an array of shape (4, len(numbers)).

    Rows hold the counters in pairs, so that both products of a round are one operation.
    """
    even = np.empty((2, len(numbers)), dtype=np.uint64)
    odd = np.empty_like(even)
    even[0], even[1], odd[0], odd[1] = block + 1, numbers, occurrence, what
    low, high, cross, middle = (np.empty_like(even) for _ in range(4))
    for _ in range(_ROUNDS):
        np.bitwise_and(even, LOW_HALF, out=low)
        np.right_shift(even, U32, out=high)
        np.multiply(low, _BOTH_HIGH, out=cross)
        np.multiply(low, _BOTH_LOW, out=low)
        np.right_shift(low, U32, out=low)
        np.multiply(high, _BOTH_LOW, out=middle)
        middle += low
        np.bitwise_and(cross, LOW_HALF, out=low)
        middle += low
        middle >>= U32
        cross >>= U32
        high *= _BOTH_HIGH
        high += cross
        high += middle
        np.multiply(even, _BOTH, out=even)
        odd ^= high[::-1]
        odd[0] ^= np.uint64(key0)
        odd[1] ^= np.uint64(key1)
        low[:] = even[::-1]
        even, odd, low = odd, low, even
        key0, key1 = (key0 + _STEP_0) & ALL, (key1 + _STEP_1) & ALL
    return np.stack((even[0], odd[0], even[1], odd[1]))


def uniforms_of(words: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Give the numbers strictly between 0 and 1 that words stand for."""
    return ((words >> U12).astype(np.float64) + 0.5) * 2.220446049250313e-16

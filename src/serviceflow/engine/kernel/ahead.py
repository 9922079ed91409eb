"""Draws made ahead: those of the next requests of one consumer, in one go.

Draws of neighbouring requests for one purpose differ in one word of their counter only, so that many cost
little more than one. They are kept in slots, found by purpose and by which block of numbers they are of. A
slot that is used seldom between two fillings, since requests come in any order, is not worth filling: it
earns a credit with each use and spends some with each filling.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from serviceflow.engine.kernel import codes, keyed, quantiles
from serviceflow.engine.kernel.layout import (
    CHUNK_MASK,
    M_BLOCK,
    M_CREDIT,
    M_VALUES,
    M_WHAT,
    REPLICATION,
    SEED,
)
from serviceflow.engine.kernel.memory import leaf, signed, unit, unsigned
from serviceflow.engine.kernel.rows import chunks, chunks_f, ints, reals
from serviceflow.engine.parameters import CONSTANT, EXPONENTIAL, UNIFORM

philox_block = keyed.philox_block
uniform_of = keyed.uniform_of
log = keyed.log

AHEAD = 32
"""Draws in a slot."""
LOW_BITS = AHEAD - 1
BLOCK_BITS = AHEAD.bit_length() - 1
PRICE = 8
"""Uses that pay for filling a slot."""
MOST = 64
"""Credit that is kept."""
CHANCE = -1
"""Stands for a family: a number between 0 and 1."""
SCATTER = np.uint64(0x9E3779B97F4A7C15)
UPPER = np.uint64(40)
NEVER_BEFORE = np.uint64(0)


@leaf
def slot_of(k: Any, what: Any, block: int) -> int:
    """Where draws of a purpose and of a block of numbers are kept: neighbouring blocks side by side."""
    return ((signed((what * SCATTER) >> UPPER) << 1) | (block & 1)) & k[CHUNK_MASK]


@leaf
def drawn_ahead(k: Any, family: int, place: int, what: Any, number: int) -> float:
    """The first draw for a purpose and a request's number."""
    block = number >> BLOCK_BITS
    slot = slot_of(k, what, block)
    kept = chunks(k, slot)
    if kept[M_WHAT] == signed(what) and kept[M_BLOCK] == block:
        kept[M_CREDIT] += 1
        return chunks_f(k, slot)[M_VALUES + (number & LOW_BITS)]
    return draw_more(k, slot, family, place, what, number)


@unit("f(iiiui)")
def draw_more(k: Any, slot: int, family: int, place: int, what: Any, number: int) -> float:
    kept = chunks(k, slot)
    credit = min(kept[M_CREDIT], MOST)
    kept[M_CREDIT] = credit + 1
    if credit < 0 or not is_simple(k, family, place):
        if family == CHANCE:
            return keyed.first_uniform(k, what, unsigned(number), NEVER_BEFORE)
        return codes.draw(k, family, place, what, unsigned(number), NEVER_BEFORE)
    kept[M_CREDIT] = credit - PRICE
    kept[M_WHAT] = signed(what)
    kept[M_BLOCK] = number >> BLOCK_BITS
    values = chunks_f(k, slot)
    first = unsigned(number & ~LOW_BITS)
    seed, replication = unsigned(k[SEED]), unsigned(k[REPLICATION])
    for each in range(AHEAD):
        word, _, _, _ = philox_block(
            seed, replication, NEVER_BEFORE, NEVER_BEFORE, first + unsigned(each), what
        )
        values[M_VALUES + each] = uniform_of(word)
    if family == EXPONENTIAL:
        scale = reals(k, place)[0]
        for each in range(AHEAD):
            values[M_VALUES + each] = scale * -log(1.0 - values[M_VALUES + each])
    elif family == UNIFORM:
        low, width = reals(k, place)[0], reals(k, place)[1]
        for each in range(AHEAD):
            values[M_VALUES + each] = low + width * values[M_VALUES + each]
    elif family != CHANCE:
        for each in range(AHEAD):
            values[M_VALUES + each] = quantiles.quantile(k, family, place, values[M_VALUES + each])
    return values[M_VALUES + (number & LOW_BITS)]


@leaf
def is_simple(k: Any, family: int, place: int) -> bool:
    """Whether one number between 0 and 1 makes a draw."""
    if family == CHANCE:
        return True
    if family == CONSTANT or reals(k, place)[0] != reals(k, place)[0]:
        return False
    return family == EXPONENTIAL or family == UNIFORM or codes.has_quantile(family)


@leaf
def value(k: Any, code: int, what: Any, number: int) -> float:
    """The value of an expression that is a sampler, for the first entry of a consumer's request."""
    its = ints(k, code)
    return drawn_ahead(k, its[1], its[2], what, number)

"""Draws made ahead: those of the next requests of one consumer, in one go.

Draws of neighbouring requests for one purpose differ in one word of their counter only, so that many cost
little more than one. They are kept in slots, found by purpose and by which block of numbers they are of. A
slot that is used seldom between two fillings, since requests come in any order, is not worth filling: it
earns a credit with each use and spends some with each filling.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from serviceflow.engine.kernel import keyed, quantiles, sampling
from serviceflow.engine.kernel.layout import (
    AHEAD,
    CHUNK_MASK,
    M_BLOCK,
    M_CREDIT,
    M_VALUES,
    M_WHAT,
    REPLICATION,
    SEED,
)
from serviceflow.engine.kernel.memory import address_of, leaf, signed, unit, unsigned
from serviceflow.engine.kernel.rows import chunks, chunks_f, ints, reals
from serviceflow.engine.kernel.simd import LANES, wide_log, wide_uniforms, wide_uniforms_each
from serviceflow.engine.random.parameters import EXPONENTIAL, UNIFORM

LOW_BITS = AHEAD - 1
BLOCK_BITS = AHEAD.bit_length() - 1
BYTES = 8
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
def is_kept(k: Any, slot: int, what: Any, number: int) -> bool:
    kept = chunks(k, slot)
    return kept[M_WHAT] == signed(what) and kept[M_BLOCK] == number >> BLOCK_BITS


@leaf
def take_kept(k: Any, slot: int, number: int) -> float:
    chunks(k, slot)[M_CREDIT] += 1
    return chunks_f(k, slot)[M_VALUES + (number & LOW_BITS)]


@leaf
def drawn_ahead(k: Any, family: int, place: int, what: Any, number: int) -> float:
    """The first draw for a purpose and a request's number."""
    slot = slot_of(k, what, number >> BLOCK_BITS)
    if is_kept(k, slot, what, number):
        return take_kept(k, slot, number)
    return draw_more(k, slot, family, place, what, number)


@leaf
def drawn_ahead_for_branch(
    k: Any, family: int, place: int, purpose: Any, number: int, who: Any, link: Any
) -> float:
    """The same for a branch that left an undivided request by a handoff, which is `link`."""
    what = purpose ^ stem(who, link)
    slot = slot_of(k, what, number >> BLOCK_BITS)
    if is_kept(k, slot, what, number):
        return take_kept(k, slot, number)
    return draw_more_for_branches(k, slot, family, place, purpose, number, who, link)


@leaf
def stem(who: Any, link: Any) -> Any:
    """What the branches of a consumer's requests that left by one handoff have in common."""
    return who ^ (link * SCATTER)


@unit("f(iiiui)")
def draw_more(k: Any, slot: int, family: int, place: int, what: Any, number: int) -> float:
    if not begin_filling(k, slot, family, place, what, number):
        return draw_one(k, family, place, what, number)
    seed, replication = unsigned(k[SEED]), unsigned(k[REPLICATION])
    at = address_of(chunks(k, slot)) + M_VALUES * BYTES
    for each in range(0, AHEAD, LANES):
        wide_uniforms(seed, replication, what, at + each * BYTES, at + each * BYTES)
    finish_filling(k, slot, family, place)
    return take_kept(k, slot, number)


@unit("f(iiiuiuu)")
def draw_more_for_branches(
    k: Any, slot: int, family: int, place: int, purpose: Any, number: int, who: Any, link: Any
) -> float:
    what = purpose ^ stem(who, link)
    if not begin_filling(k, slot, family, place, what, number):
        return draw_one(k, family, place, purpose ^ branch_key(who, number, link), number)
    seed, replication = unsigned(k[SEED]), unsigned(k[REPLICATION])
    numbers, whats = chunks(k, slot), chunks(k, k[CHUNK_MASK] + 1)
    for each in range(AHEAD):
        key = branch_key(who, numbers[M_VALUES + each], link)
        whats[M_VALUES + each] = signed(purpose ^ key)
    at, those = address_of(numbers) + M_VALUES * BYTES, address_of(whats) + M_VALUES * BYTES
    for each in range(0, AHEAD, LANES):
        here = at + each * BYTES
        wide_uniforms_each(seed, replication, those + each * BYTES, here, here)
    finish_filling(k, slot, family, place)
    return take_kept(k, slot, number)


@leaf
def branch_key(who: Any, number: int, link: Any) -> Any:
    """The key of the draws of a branch that left at the first entry."""
    return unsigned(keyed.mix_four(signed(who), number, signed(link), 0))


@leaf
def draw_one(k: Any, family: int, place: int, what: Any, number: int) -> float:
    if family == CHANCE:
        return keyed.first_uniform(k, what, unsigned(number), NEVER_BEFORE)
    return sampling.draw(k, family, place, what, unsigned(number), NEVER_BEFORE)


@leaf
def begin_filling(k: Any, slot: int, family: int, place: int, what: Any, number: int) -> bool:
    """Put the numbers of a block into a slot, if it is worth filling."""
    kept = chunks(k, slot)
    credit = min(kept[M_CREDIT], MOST)
    if credit < 0 or not is_simple(k, family, place):
        kept[M_CREDIT] = credit + 1
        return False
    kept[M_CREDIT] = credit - PRICE
    kept[M_WHAT] = signed(what)
    kept[M_BLOCK] = number >> BLOCK_BITS
    first = number & ~LOW_BITS
    for each in range(AHEAD):
        kept[M_VALUES + each] = first + each
    return True


@leaf
def finish_filling(k: Any, slot: int, family: int, place: int) -> None:
    """Turn numbers between 0 and 1 into draws."""
    values = chunks_f(k, slot)
    if family == EXPONENTIAL:
        scale = reals(k, place)[0]
        for each in range(AHEAD):
            values[M_VALUES + each] = scale * -wide_log(1.0 - values[M_VALUES + each])
    elif family == UNIFORM:
        low, width = reals(k, place)[0], reals(k, place)[1]
        for each in range(AHEAD):
            values[M_VALUES + each] = low + width * values[M_VALUES + each]
    elif family != CHANCE:
        for each in range(AHEAD):
            values[M_VALUES + each] = quantiles.quantile(k, family, place, values[M_VALUES + each])


@leaf
def is_simple(k: Any, family: int, place: int) -> bool:
    """Whether one number between 0 and 1 makes a draw."""
    if family == CHANCE:
        return True
    return reals(k, place)[0] == reals(k, place)[0] and family in sampling.FROM_ONE_NUMBER


@leaf
def value(k: Any, code: int, what: Any, number: int) -> float:
    """The value of an expression that is a sampler, for the first entry of a consumer's request."""
    its = ints(k, code)
    return drawn_ahead(k, its[1], its[2], what, number)

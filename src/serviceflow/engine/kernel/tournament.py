"""The events of the express loop, kept as a tournament.

Every event has a slot and a key, in which its instant comes first and its slot after, and every match keeps
the lesser key of two. An event that is planned anew plays its matches again, up to the final: against
opponents that are known beforehand, so that nothing has to be foretold. Keys are compared as the real numbers
that have their bits, for which every processor has an instruction; ``IN_ORDER`` makes these proper numbers.
The slot of the event that happens stays open: what follows from it takes it nearly always.
"""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import Halt, bits_of, leaf, real_of, unit
from serviceflow.engine.kernel.rows import matches, matches_f, slots

KIND = 48
"""Bits of the number by which events of one kind are ordered."""
FEWEST_SLOTS = 2
IN_ORDER, IDLE = 1 << 60, 1 << 62
"""Where the keys of events begin, and those of free slots."""


@leaf
def open_tournament(k: Any) -> None:
    k[OPEN_SLOT] = -1
    add_slots(k, FEWEST_SLOTS)
    k[NEXT_KEY] = idle_key(k, FEWEST_SLOTS)


@leaf
def plan_event(k: Any, time: int, kind: int, number: int, about: int) -> None:
    i = k[OPEN_SLOT]
    if i == -1:
        i = take_slot(k)
    k[OPEN_SLOT] = -1
    slot = slots(k, i)
    slot[I_ORDER] = (kind << KIND) | number
    slot[I_ABOUT] = about
    key = IN_ORDER + (min(time, k[STOP] + 1) << k[SLOT_BITS]) + i  # Later than the end is all the same.
    if key < k[NEXT_KEY]:
        k[NEXT_KEY] = key
    play(k, i, key)


@leaf
def idle_key(k: Any, i: int) -> int:
    """The key of a free slot: later than that of any event."""
    return IDLE + i


@leaf
def play(k: Any, i: int, key: int) -> None:
    place = k[LEAVES] + i
    least = real_of(key)
    matches_f(k, place)[0] = least
    while place > 1:
        theirs = matches_f(k, place ^ 1)[0]
        least = theirs if theirs < least else least
        place >>= 1
        matches_f(k, place)[0] = least


@leaf
def least_of_others(k: Any, i: int) -> int:
    """The least key of all slots but one."""
    place = k[LEAVES] + i
    least = matches_f(k, place ^ 1)[0]
    place >>= 1
    while place > 1:
        theirs = matches_f(k, place ^ 1)[0]
        least = theirs if theirs < least else least
        place >>= 1
    return bits_of(least)


@leaf
def slot_of(k: Any, key: int) -> int:
    return key & ((1 << k[SLOT_BITS]) - 1)


@leaf
def instant(k: Any, key: int) -> int:
    return (key - IN_ORDER) >> k[SLOT_BITS]


@leaf
def upcoming(k: Any) -> int:
    """When the next event is, that of the open slot left out; beyond all time if there is none."""
    return instant(k, k[NEXT_KEY])


@leaf
def open_slot(k: Any) -> int:
    """Let the first event happen; gives its slot. Which comes next is known at once, whatever follows."""
    i = slot_of(k, k[NEXT_KEY])
    following = least_of_others(k, i)
    if instant(k, following) == k[NOW]:
        i = first_at(k, k[NOW])
        following = least_of_others(k, i)
    k[OPEN_SLOT] = i
    k[NEXT_KEY] = following
    return i


@leaf
def next_about(k: Any) -> int:
    """What the next event is about, that of the open slot left out."""
    return slots(k, slot_of(k, k[NEXT_KEY]))[I_ABOUT]  # type: ignore[no-any-return]


@unit("i(i)")
def first_at(k: Any, time: int) -> int:
    """The slot of the event that comes first by kind and number, of several at one instant."""
    found = -1
    place = 1
    while place:
        if instant(k, matches(k, place)[0]) == time:
            if place < k[LEAVES]:
                place *= 2
                continue
            i = place - k[LEAVES]
            if found == -1 or slots(k, i)[I_ORDER] < slots(k, found)[I_ORDER]:
                found = i
        while place & 1:
            place >>= 1
        place += 1 if place else 0
    return found


@leaf
def close_slot(k: Any) -> None:
    """Nothing has been planned in the slot of the event that happened: it is free."""
    i = k[OPEN_SLOT]
    if i != -1:
        k[OPEN_SLOT] = -1
        slots(k, i)[I_NEXT] = k[FREE_SLOT]
        k[FREE_SLOT] = i
        play(k, i, idle_key(k, i))


@leaf
def take_slot(k: Any) -> int:
    if k[FREE_SLOT] == -1:
        add_slots(k, 2 * k[LEAVES])
    i = k[FREE_SLOT]
    k[FREE_SLOT] = slots(k, i)[I_NEXT]
    return i


@unit("i(i)")
def add_slots(k: Any, leaves: int) -> int:
    """Hold the tournament with more slots."""
    if leaves > 1 << k[SLOT_BITS]:
        k[HALT] = FULL
        raise Halt
    before = k[LEAVES]
    for i in range(leaves):
        matches(k, leaves + i)[0] = matches(k, before + i)[0] if i < before else idle_key(k, i)
    for i in range(before, leaves):
        slots(k, i)[I_NEXT] = i + 1 if i + 1 < leaves else -1
    k[FREE_SLOT] = before
    k[LEAVES] = leaves
    for place in range(leaves - 1, 0, -1):
        matches(k, place)[0] = min(matches(k, 2 * place)[0], matches(k, 2 * place + 1)[0])
    return 0

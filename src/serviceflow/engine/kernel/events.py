"""What will happen, the least (time, kind, number) first, and the pools' free rows.

Events have slots, which play a tournament: of the two at 2 n and 2 n + 1, the earlier one stands at n, so
that the first of all stands at 1. An event that is taken out has its bouts played again, against opponents
who are known beforehand, where the children on the way down a heap are known one after another.
"""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import layout
from serviceflow.engine.kernel.layout import (
    E_ABOUT,
    E_NEXT,
    E_ORDER,
    E_SLOT,
    E_TIME,
    E_TOKEN,
    EVENTS,
    FEWEST,
    FREE,
    FREE_SLOT,
    FULL,
    HALT,
    LEAVES,
    LEFT,
    LOW,
    NEXT_TOKEN,
    POOLS,
    ROWS,
    SLACK,
    UNPLANNED,
)
from serviceflow.engine.kernel.memory import Halt, comes_before, leaf, need_row, unit
from serviceflow.engine.kernel.rows import (
    bouts,
    branches,
    events,
    grants,
    nodes,
    requests,
    splits,
    visits,
    walks,
    wants,
)

_EVENT_ROWS = POOLS["events"] + ROWS
KIND = 48
"""Bits of the number by which events of one kind are ordered."""


@leaf
def open_calendar(k: Any) -> None:
    """Nothing is planned yet."""
    k[FREE_SLOT] = -1
    k[LEAVES] = 1
    set_bout(k, 1, UNPLANNED, UNPLANNED, 0)


@leaf
def plan_here(k: Any, time: int, kind: int, number: int, about: int, token: int) -> int:
    """Let something happen; among its kind at one instant it comes in the order of `number`."""
    slot = take_slot(k)
    event = events(k, slot)
    event[E_ABOUT] = about
    event[E_TOKEN] = token
    order = (kind << KIND) | number
    place = k[LEAVES] + slot
    set_bout(k, place, time, order, slot)
    place >>= 1
    while place and comes_before(time, order, bouts(k, place)[E_TIME], bouts(k, place)[E_ORDER]):
        set_bout(k, place, time, order, slot)
        place >>= 1
    return 0


@unit("i(iiiii)")
def plan(k: Any, time: int, kind: int, number: int, about: int, token: int) -> int:
    """The same, for those who do so seldom."""
    return plan_here(k, time, kind, number, about, token)


@leaf
def drop_first(k: Any) -> None:
    """Take out the first event, and play again all the bouts that it has won."""
    slot = bouts(k, 1)[E_SLOT]
    events(k, slot)[E_NEXT] = k[FREE_SLOT]
    k[FREE_SLOT] = slot
    place = k[LEAVES] + slot
    time = order = UNPLANNED
    set_bout(k, place, time, order, slot)
    while place > 1:
        theirs = bouts(k, place ^ 1)
        won = comes_before(time, order, theirs[E_TIME], theirs[E_ORDER])
        time = theirs[E_TIME] ^ ((theirs[E_TIME] ^ time) & won)
        order = theirs[E_ORDER] ^ ((theirs[E_ORDER] ^ order) & won)
        slot = theirs[E_SLOT] ^ ((theirs[E_SLOT] ^ slot) & won)
        place >>= 1
        set_bout(k, place, time, order, slot)


@leaf
def set_bout(k: Any, place: int, time: int, order: int, slot: int) -> None:
    winner = bouts(k, place)
    winner[E_TIME] = time
    winner[E_ORDER] = order
    winner[E_SLOT] = slot


@leaf
def take_slot(k: Any) -> int:
    """A slot for an event: the one that became free last, else the next that was never used."""
    slot = k[FREE_SLOT]
    if slot != -1:
        k[FREE_SLOT] = events(k, slot)[E_NEXT]
        return slot
    slot = k[EVENTS]
    need_row(k, slot, _EVENT_ROWS)
    k[EVENTS] = slot + 1
    if slot >= k[LEAVES]:
        add_leaves(k, 0)
    return slot


@unit("i(i)")
def add_leaves(k: Any, unused: int) -> int:
    """Hold the tournament with twice as many slots."""
    before = k[LEAVES]
    k[LEAVES] = 2 * before
    for slot in range(before):
        old = bouts(k, before + slot)
        set_bout(k, 2 * before + slot, old[E_TIME], old[E_ORDER], slot)
        set_bout(k, 3 * before + slot, UNPLANNED, UNPLANNED, before + slot)
    for place in range(2 * before - 1, 0, -1):
        one = bouts(k, 2 * place)
        other = bouts(k, 2 * place + 1)
        if comes_before(other[E_TIME], other[E_ORDER], one[E_TIME], one[E_ORDER]):
            set_bout(k, place, other[E_TIME], other[E_ORDER], other[E_SLOT])
        else:
            set_bout(k, place, one[E_TIME], one[E_ORDER], one[E_SLOT])
    return 0


@leaf
def new_token(k: Any) -> int:
    k[NEXT_TOKEN] += 1
    return k[NEXT_TOKEN]


def _pool(name: str, row: Any, next_free: int) -> tuple[Any, Any]:
    """How to take a row of a pool, and to give it back."""
    first, left, fewest = (POOLS[name] + word for word in (FREE, LEFT, FEWEST))

    @leaf
    def take(k: Any) -> int:
        taken = k[first]
        if taken < 0:
            k[HALT] = FULL
            raise Halt
        k[first] = row(k, taken)[next_free]
        k[left] -= 1
        if k[left] < k[fewest]:
            k[fewest] = k[left]
            if k[left] < SLACK:
                k[LOW] = 1
        return taken

    @leaf
    def give(k: Any, number: int) -> None:
        row(k, number)[next_free] = k[first]
        k[first] = number
        k[left] += 1

    return take, give


NEXT_FREE = {
    "visits": layout.V_NEXT,
    "requests": layout.R_NEXT,
    "branches": layout.B_SIBLING,
    "splits": layout.S_NEXT,
    "grants": layout.G_NEXT,
    "nodes": layout.N_NEXT,
    "wants": layout.W_NEXT,
    "walks": layout.P_NEXT,
}
"""The pools whose rows are taken and given back, and the field that links the free ones."""

take_visit, give_visit = _pool("visits", visits, layout.V_NEXT)
take_request, give_request = _pool("requests", requests, layout.R_NEXT)
take_branch, give_branch = _pool("branches", branches, layout.B_SIBLING)
take_split, give_split = _pool("splits", splits, layout.S_NEXT)
take_grant, give_grant = _pool("grants", grants, layout.G_NEXT)
take_node, give_node = _pool("nodes", nodes, layout.N_NEXT)
take_want, give_want = _pool("wants", wants, layout.W_NEXT)
take_walk, give_walk = _pool("walks", walks, layout.P_NEXT)


@leaf
def append(k: Any, last: int, value: int) -> int:
    """Add a value at the end of a list, of which `last` is the last node (-1: none yet); gives its node."""
    n = take_node(k)
    nodes(k, n)[layout.N_A] = value
    nodes(k, n)[layout.N_AFTER] = -1
    if last != -1:
        nodes(k, last)[layout.N_AFTER] = n
    return n

"""The heap of what will happen, least (time, kind, number) first, and the pools' free rows."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import layout
from serviceflow.engine.kernel.layout import (
    E_ABOUT,
    E_ORDER,
    E_TIME,
    E_TOKEN,
    EVENTS,
    FEWEST,
    FREE,
    FULL,
    HALT,
    LEFT,
    LOW,
    NEXT_TOKEN,
    POOLS,
    ROWS,
    SLACK,
)
from serviceflow.engine.kernel.memory import Halt, leaf, need_row, unit
from serviceflow.engine.kernel.rows import (
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

_EVENTS = POOLS["events"]


@leaf
def plan_here(k: Any, time: int, kind: int, number: int, about: int, token: int) -> int:
    """Let something happen; among its kind at one instant it comes in the order of `number`."""
    place = k[EVENTS]
    need_row(k, place, _EVENTS + ROWS)
    k[EVENTS] = place + 1
    go_up(k, place, time, (kind << 48) | number, about, token)
    return 0


@unit("i(iiiii)")
def plan(k: Any, time: int, kind: int, number: int, about: int, token: int) -> int:
    """The same, for those who do so seldom."""
    return plan_here(k, time, kind, number, about, token)


@leaf
def drop_first(k: Any) -> None:
    """Take the first event off the heap.

    The gap goes down to a leaf along the lesser children, whatever comes last in the heap is put there, and
    goes up to its place: it seldom goes far (I. Wegener, Theoretical Computer Science 118 (1993), 81-98).
    """
    last = k[EVENTS] - 1
    k[EVENTS] = last
    if last <= 0:
        return
    place = 0
    child = 1
    while child + 1 < last:
        left = events(k, child)
        right = events(k, child + 1)
        # Without a branch, which nobody could foretell.
        child += (right[E_TIME] < left[E_TIME]) | (
            (right[E_TIME] == left[E_TIME]) & (right[E_ORDER] < left[E_ORDER])
        )
        move(events(k, child), events(k, place))
        place = child
        child = 2 * place + 1
    if child < last:
        move(events(k, child), events(k, place))
        place = child
    moved = events(k, last)
    go_up(k, place, moved[E_TIME], moved[E_ORDER], moved[E_ABOUT], moved[E_TOKEN])


@leaf
def move(source: Any, target: Any) -> None:
    for field in range(4):
        target[field] = source[field]


@leaf
def go_up(k: Any, place: int, time: int, order: int, about: int, token: int) -> None:
    """Put an event where it belongs between a gap in the heap and the top."""
    while place > 0:
        parent = (place - 1) >> 1
        above = events(k, parent)
        if above[E_TIME] < time or (above[E_TIME] == time and above[E_ORDER] <= order):
            break
        move(above, events(k, place))
        place = parent
    here = events(k, place)
    here[E_TIME] = time
    here[E_ORDER] = order
    here[E_ABOUT] = about
    here[E_TOKEN] = token


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

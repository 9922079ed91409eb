"""The heap of what will happen, least (time, kind, number) first, and the pools' free rows."""

from __future__ import annotations

from typing import Any

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
)
from serviceflow.engine.kernel.memory import Halt, leaf, unit
from serviceflow.engine.kernel.rows import (
    branches,
    events,
    grants,
    nodes,
    requests,
    splits,
    visits,
    wants,
)
from serviceflow.engine.kernel import layout

SLACK = 256
"""Rows of a pool that one event may need; with fewer left, the kernel comes back for more room."""

_EVENTS = POOLS["events"]


@unit("i(iiiii)")
def plan(k: Any, time: int, kind: int, number: int, about: int, token: int) -> int:
    """Let something happen; among its kind at one instant it comes in the order of `number`."""
    place = k[EVENTS]
    if place >= k[_EVENTS + ROWS]:
        k[HALT] = FULL
        raise Halt
    if place + SLACK > k[_EVENTS + ROWS]:
        k[LOW] = 1
    k[EVENTS] = place + 1
    order = (kind << 48) | number
    while place > 0:
        parent = (place - 1) >> 1
        above = events(k, parent)
        if above[E_TIME] < time or (above[E_TIME] == time and above[E_ORDER] <= order):
            break
        here = events(k, place)
        here[E_TIME] = above[E_TIME]
        here[E_ORDER] = above[E_ORDER]
        here[E_ABOUT] = above[E_ABOUT]
        here[E_TOKEN] = above[E_TOKEN]
        place = parent
    here = events(k, place)
    here[E_TIME] = time
    here[E_ORDER] = order
    here[E_ABOUT] = about
    here[E_TOKEN] = token
    return 0


@leaf
def drop_first(k: Any) -> None:
    """Take the first event off the heap."""
    last = k[EVENTS] - 1
    k[EVENTS] = last
    if last <= 0:
        return
    moved = events(k, last)
    time = moved[E_TIME]
    order = moved[E_ORDER]
    place = 0
    child = 1
    while child < last:
        below = events(k, child)
        if child + 1 < last:
            other = events(k, child + 1)
            if other[E_TIME] < below[E_TIME] or (
                other[E_TIME] == below[E_TIME] and other[E_ORDER] < below[E_ORDER]
            ):
                below = other
                child += 1
        if time < below[E_TIME] or (time == below[E_TIME] and order <= below[E_ORDER]):
            break
        here = events(k, place)
        here[E_TIME] = below[E_TIME]
        here[E_ORDER] = below[E_ORDER]
        here[E_ABOUT] = below[E_ABOUT]
        here[E_TOKEN] = below[E_TOKEN]
        place = child
        child = 2 * place + 1
    here = events(k, place)
    here[E_TIME] = time
    here[E_ORDER] = order
    here[E_ABOUT] = moved[E_ABOUT]
    here[E_TOKEN] = moved[E_TOKEN]


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
    "branches": layout.B_NEXT,
    "splits": layout.S_NEXT,
    "grants": layout.G_NEXT,
    "nodes": layout.N_NEXT,
    "wants": layout.W_NEXT,
}
"""The pools whose rows are taken and given back, and the field that links the free ones."""

take_visit, give_visit = _pool("visits", visits, layout.V_NEXT)
take_request, give_request = _pool("requests", requests, layout.R_NEXT)
take_branch, give_branch = _pool("branches", branches, layout.B_NEXT)
take_split, give_split = _pool("splits", splits, layout.S_NEXT)
take_grant, give_grant = _pool("grants", grants, layout.G_NEXT)
take_node, give_node = _pool("nodes", nodes, layout.N_NEXT)
take_want, give_want = _pool("wants", wants, layout.W_NEXT)

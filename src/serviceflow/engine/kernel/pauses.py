"""Work that stands still, and what the record says of it."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel.events import new_token, plan_here
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import leaf, need_row, unit
from serviceflow.engine.kernel.rows import pauses_out, services, visits

_ROWS = POOLS["pauses_out"] + ROWS


@leaf
def go_on(k: Any, v: int) -> int:
    """Work goes on for what remains of it."""
    mine = visits(k, v)
    token = new_token(k)
    mine[V_RESUMED] = k[NOW]
    mine[V_TOKEN] = token
    plan_here(k, k[NOW] + mine[V_REMAINING], FINISH, mine[V_ID], v, token)
    return 0


@unit("i(iiii)")
def write_pause(k: Any, v: int, why: int, start: int, end: int) -> int:
    row = k[PAUSES_OUT]
    need_row(k, row, _ROWS)
    k[PAUSES_OUT] = row + 1
    out = pauses_out(k, row)
    out[0] = visits(k, v)[V_ID]
    out[1] = why
    out[2] = start
    out[3] = end
    return 0


@leaf
def first_member(k: Any, v: int) -> int:
    """The first of the batch that a visit leads, or the visit itself."""
    first = visits(k, v)[V_BATCH]
    return v if first == -1 else first


@leaf
def next_member(k: Any, leader: int, member: int) -> int:
    """The next of a batch; -1 after the last, or where there is none."""
    return -1 if visits(k, leader)[V_BATCH] == -1 else visits(k, member)[V_NEXT_MEMBER]


@unit("i(ii)")
def suspend(k: Any, v: int, why: int) -> int:
    """Work stands still."""
    mine = visits(k, v)
    mine[V_SUSPENDED] = 1
    mine[V_REMAINING] -= k[NOW] - mine[V_RESUMED]
    mine[V_TOKEN] = 0
    mine[V_PAUSED_AT] = k[NOW]
    mine[V_CAUSE] = why
    mine[V_REASON] = why
    return 0


@unit("i(i)")
def unsuspend(k: Any, v: int) -> int:
    visits(k, v)[V_SUSPENDED] = 0
    end_pause(k, v)
    go_on(k, v)
    return 0


@unit("i(ii)")
def recause(k: Any, v: int, why: int) -> int:
    """From now on the pause of a visit may have another cause: `why`, or as it began."""
    mine = visits(k, v)
    if why == -1:
        why = mine[V_REASON]
    if why != mine[V_CAUSE]:
        end_pause(k, v)
        mine[V_CAUSE] = why
    return 0


@unit("i(i)")
def end_pause(k: Any, v: int) -> int:
    mine = visits(k, v)
    ticks = k[NOW] - mine[V_PAUSED_AT]
    if ticks:
        member = first_member(k, v)
        while member != -1:
            visits(k, member)[V_PAUSE_OFF_SHIFT + mine[V_CAUSE]] += ticks
            write_pause(k, member, mine[V_CAUSE], mine[V_PAUSED_AT], k[NOW])
            member = next_member(k, v, member)
    mine[V_PAUSED_AT] = k[NOW]
    return 0


@unit("i(i)")
def cut_off(k: Any, v: int) -> int:
    """Give a visit in work the parts of it up to now."""
    mine = visits(k, v)
    left = 0
    held = False
    if mine[V_SUSPENDED]:
        end_pause(k, v)
        left = mine[V_REMAINING]
    elif mine[V_TOKEN]:
        left = mine[V_REMAINING] - (k[NOW] - mine[V_RESUMED])
    else:
        held = True
    staffless = services(k, mine[V_SERVICE])[X_PROVIDER] == -1
    member = first_member(k, v)
    while member != -1:
        its = visits(k, member)
        if held:
            its[V_PAUSE_CALL] += k[NOW] - mine[V_SINCE]
            write_pause(k, member, 3, mine[V_SINCE], k[NOW])
        rest = left
        if staffless:
            taken = min(its[V_PAUSE_OFF_SHIFT], rest)
            its[V_PAUSE_OFF_SHIFT] -= taken
            rest -= taken
        taken = min(its[V_WORK], rest)
        its[V_WORK] -= taken
        rest -= taken
        its[V_SETUP] -= min(its[V_SETUP], rest)
        member = next_member(k, v, member)
    return 0

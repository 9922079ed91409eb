"""Who waits and who is at work at a provider of a chain of plain queues, and the causes of waiting.

The lists of provider `y` close to a ring at a row of the walks that stands for their end, so that nothing has
to be asked at either end: at row `y` who waits, by queue key and by arrival, at row ``k[TEAMS] + y`` who is
at work. Time in which later arrivals were served is kept as in :mod:`.queues`.
"""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel.events import take_walk
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import leaf, unit
from serviceflow.engine.kernel.rows import desks, walks, walks_f

MINUS_INFINITY = -float("inf")
UNKNOWN = -2
"""Stands for the latest arrival at work where it has to be looked for."""


@leaf
def came_before(k: Any, w: int, other: int) -> bool:
    """By arrival, then by the number of the request and of its branch."""
    mine, its = walks(k, w), walks(k, other)
    if mine[P_ASKED] != its[P_ASKED]:
        return mine[P_ASKED] < its[P_ASKED]
    if mine[P_REQUEST] != its[P_REQUEST]:
        return mine[P_REQUEST] < its[P_REQUEST]
    return mine[P_BRANCH] < its[P_BRANCH]


@leaf
def goes_before(k: Any, w: int, other: int) -> bool:
    mine, its = walks_f(k, w)[P_KEY], walks_f(k, other)[P_KEY]
    if mine != its:
        return mine < its
    return came_before(k, w, other)


@leaf
def off_shift(k: Any, y: int) -> int:
    """How long nobody has been on duty, up to now."""
    desk = desks(k, y)
    clock = desk[Y_OFF_SHIFT]
    if desk[Y_ON_DUTY] <= 0:
        clock += k[NOW] - desk[Y_OFF_SINCE]
    return clock


@leaf
def note(k: Any, y: int) -> None:
    """Charge the time since the last note to those in line who have been overtaken.

    Called before any change of who waits, who is at work, or who is on duty.
    """
    desk = desks(k, y)
    ticks = k[NOW] - desk[Y_SINCE]
    desk[Y_SINCE] = k[NOW]
    if desk[Y_WAITING] and ticks and desk[Y_ON_DUTY] > 0:
        charge(k, y, ticks)


@leaf
def unattended(k: Any, y: int, w: int) -> bool:
    """Whether nobody has been on duty since a walk joined the line."""
    mine = walks(k, w)
    return k[NOW] - off_shift(k, y) == mine[P_ASKED] - mine[P_WAIT_OFF_SHIFT]


@unit("i(i)")
def greet(k: Any, y: int) -> int:
    """Tell those who joined while nobody was on duty that somebody comes."""
    w = walks(k, y)[P_AFTER]
    while w != y:
        if unattended(k, y, w):
            walks(k, w)[P_WAIT_CARRIED_OVER] = desks(k, y)[Y_OFF_SHIFT]
        w = walks(k, w)[P_AFTER]
    return 0


@leaf
def latest_at_work(k: Any, y: int) -> int:
    """Who arrived last of those at work; the end of their list if there is nobody."""
    desk = desks(k, y)
    if desk[Y_LATEST_AT_WORK] == UNKNOWN:
        end_of_list = k[TEAMS] + y
        found = end_of_list
        w = walks(k, end_of_list)[P_AFTER]
        while w != end_of_list:
            if came_before(k, found, w):
                found = w
            w = walks(k, w)[P_AFTER]
        desk[Y_LATEST_AT_WORK] = found
    return desk[Y_LATEST_AT_WORK]


@unit("i(ii)")
def charge(k: Any, y: int, ticks: int) -> int:
    """Count time for everyone in line who arrived before the latest arrival at work."""
    latest = latest_at_work(k, y)
    front, back = walks(k, y)[P_LATER], walks(k, y)[P_EARLIER]
    if not came_before(k, front, latest):
        return 0
    while not came_before(k, back, latest):
        back = walks(k, back)[P_EARLIER]
        following = walks(k, front)[P_LATER]
        if not came_before(k, following, latest):
            back = front
            break
        front = following
    walks(k, back)[P_CREDITS] += ticks
    desks(k, y)[Y_CREDITS] += ticks
    return 0


@leaf
def enter_by_arrival(k: Any, y: int, w: int) -> int:
    """Take a place among those who may be overtaken; gives what is credited from there on."""
    earlier = walks(k, y)[P_EARLIER]
    credit = 0
    while came_before(k, w, earlier):
        credit += walks(k, earlier)[P_CREDITS]
        earlier = walks(k, earlier)[P_EARLIER]
    later = walks(k, earlier)[P_LATER]
    mine = walks(k, w)
    mine[P_CREDITS] = 0
    mine[P_EARLIER] = earlier
    mine[P_LATER] = later
    walks(k, earlier)[P_LATER] = w
    walks(k, later)[P_EARLIER] = w
    return credit


@leaf
def leave_by_arrival(k: Any, y: int, w: int) -> int:
    """Give up that place; gives what was credited from it on, which is carried to the one before."""
    desk = desks(k, y)
    earlier, later = walks(k, w)[P_EARLIER], walks(k, w)[P_LATER]
    own = walks(k, w)[P_CREDITS]
    if earlier == y:
        total = desk[Y_CREDITS]
        desk[Y_CREDITS] = total - own
    else:
        total = credited_from(k, y, w)
        walks(k, earlier)[P_CREDITS] += own
    walks(k, earlier)[P_LATER] = later
    walks(k, later)[P_EARLIER] = earlier
    return total


@unit("i(ii)")
def credited_from(k: Any, y: int, w: int) -> int:
    """What was credited from a place on: looked for from both ends at once."""
    total = walks(k, w)[P_CREDITS]
    ahead_of, behind, skipped = walks(k, w)[P_LATER], walks(k, w)[P_EARLIER], 0
    while ahead_of != y and behind != y:
        total += walks(k, ahead_of)[P_CREDITS]
        skipped += walks(k, behind)[P_CREDITS]
        ahead_of = walks(k, ahead_of)[P_LATER]
        behind = walks(k, behind)[P_EARLIER]
    return total if ahead_of == y else desks(k, y)[Y_CREDITS] - skipped


# -- rings


@leaf
def open_lists(k: Any) -> None:
    for _ in range(2 * k[TEAMS]):
        w = take_walk(k)
        mine = walks(k, w)
        mine[P_BEFORE] = mine[P_AFTER] = mine[P_EARLIER] = mine[P_LATER] = w
        mine[P_STATE] = 0
        mine[P_ASKED] = -1  # Earlier than anybody.
        walks_f(k, w)[P_KEY] = MINUS_INFINITY


@leaf
def link(k: Any, before: int, w: int) -> None:
    after = walks(k, before)[P_AFTER]
    walks(k, w)[P_BEFORE] = before
    walks(k, w)[P_AFTER] = after
    walks(k, before)[P_AFTER] = w
    walks(k, after)[P_BEFORE] = w


@leaf
def unlink(k: Any, w: int) -> None:
    before, after = walks(k, w)[P_BEFORE], walks(k, w)[P_AFTER]
    walks(k, before)[P_AFTER] = after
    walks(k, after)[P_BEFORE] = before


@leaf
def join_line(k: Any, y: int, w: int) -> None:
    """Wait behind those of a lesser queue key, then of an earlier arrival and number: nearly always all."""
    desk = desks(k, y)
    mine = walks(k, w)
    mine[P_STATE] = IN_QUEUE
    if desk[Y_CAUSES]:
        mine[P_WAIT_OFF_SHIFT] = off_shift(k, y)
        mine[P_WAIT_CARRIED_OVER] = mine[P_WAIT_OFF_SHIFT]
        if desk[Y_CAUSES] == OVERTAKING_TOO:
            note(k, y)
            mine[P_WAIT_PRIORITIZATION] = enter_by_arrival(k, y, w)
    before = walks(k, y)[P_BEFORE]
    while goes_before(k, w, before):
        before = walks(k, before)[P_BEFORE]
    link(k, before, w)
    desk[Y_WAITING] += 1


@leaf
def leave_line(k: Any, y: int, w: int) -> None:
    """Take a walk out of its line and give it the parts of its wait."""
    desk = desks(k, y)
    mine = walks(k, w)
    waited = k[NOW] - mine[P_ASKED]
    if desk[Y_CAUSES]:
        off = off_shift(k, y)
        came = off if unattended(k, y, w) else mine[P_WAIT_CARRIED_OVER]
        waited -= off - mine[P_WAIT_OFF_SHIFT]
        mine[P_WAIT_OFF_SHIFT] = came - mine[P_WAIT_OFF_SHIFT]
        mine[P_WAIT_CARRIED_OVER] = off - came
        if desk[Y_CAUSES] == OVERTAKING_TOO:
            note(k, y)
            behind = leave_by_arrival(k, y, w) - mine[P_WAIT_PRIORITIZATION]
            mine[P_WAIT_PRIORITIZATION] = behind
            waited -= behind
    mine[P_WAIT_CONTENTION] = waited
    unlink(k, w)
    desk[Y_WAITING] -= 1

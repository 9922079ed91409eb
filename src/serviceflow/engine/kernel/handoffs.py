"""Ways between services: the tray, the dispatch, the delay, and asking back (see ``reference.handoffs``)."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import evaluation, flow, pauses, schedules
from serviceflow.engine.kernel.events import plan
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import fail, leaf, unit
from serviceflow.engine.kernel.rows import services, transfers, visits
from serviceflow.engine.program.codes import MOST_ROUNDS, NEVER

FRUITLESS = 10_000
ROUND = 1 << 32


@unit("i(iii)")
def send(k: Any, v: int, d: int, sender: int) -> int:
    """Put a request on its way; `sender` is the visit that it leaves."""
    way = transfers(k, d)
    mine = visits(k, v)
    if sender != -1:
        mine[V_OCCURRENCE] = visits(k, sender)[V_OCCURRENCE]
        mine[V_VISIT] = visits(k, sender)[V_VISIT]
    if way[D_DIRECT]:
        arrive_at_once(k, v)
    elif way[D_SIZE] == 0:
        depart(k, v, d)
    else:
        collect(k, v, d)
    return 0


@leaf
def arrive_at_once(k: Any, v: int) -> None:
    """It arrives at this instant: those who do were asked one after another, so that the last goes last."""
    visits(k, v)[V_NEXT] = -1
    if k[ARRIVING] == -1:
        k[ARRIVING] = v
    else:
        visits(k, k[ARRIVING_LAST])[V_NEXT] = v
    k[ARRIVING_LAST] = v


@unit("i(ii)")
def collect(k: Any, v: int, d: int) -> int:
    """Lay it into the tray, which is sent when it is full or its time has come."""
    way = transfers(k, d)
    if way[D_FILLED] == 0:
        way[D_GENERATION] += 1
        way[D_TRAY] = -1
    visits(k, v)[V_AFTER] = way[D_TRAY]
    way[D_TRAY] = v
    way[D_FILLED] += 1
    if way[D_FILLED] >= way[D_SIZE]:
        empty(k, d)
    elif way[D_FILLED] == 1 and way[D_MAX_WAIT] < NEVER:
        due = later(k, d, k[NOW], way[D_MAX_WAIT])
        if due < NEVER:
            plan(k, due, BATCH, d, d, way[D_GENERATION])
    return 0


@unit("i(ii)")
def on_due(k: Any, d: int, generation: int) -> int:
    way = transfers(k, d)
    if way[D_FILLED] and way[D_GENERATION] == generation:
        empty(k, d)
    return 0


@unit("i(i)")
def empty(k: Any, d: int) -> int:
    way = transfers(k, d)
    v = way[D_TRAY]
    way[D_FILLED] = 0
    way[D_TRAY] = -1
    while v != -1:
        following = visits(k, v)[V_AFTER]
        visits(k, v)[V_AFTER] = -1
        depart(k, v, d)
        v = following
    return 0


@unit("i(ii)")
def depart(k: Any, v: int, d: int) -> int:
    """Settle when it will arrive: draws are keyed by what they are for, so now is as good as later."""
    way = transfers(k, d)
    mine = visits(k, v)
    leaving = k[NOW]
    if way[D_EVERY] or way[D_INSTANTS] != -1:
        leaving = dispatched(k, d)
    if leaving >= NEVER:
        mine[V_DISPATCH] = NEVER
        return 0
    mine[V_DISPATCH] = leaving - mine[V_ASKED]
    arriving = leaving
    if way[D_DELAY] != -1 or way[D_CALENDAR] != -1:
        ticks = 0
        if way[D_DELAY] != -1:
            ticks = evaluation.ticks(k, way[D_DELAY], way[D_DELAY_WHAT], v)
        arriving = later(k, d, leaving, ticks)
        mine[V_DELAY] = arriving - leaving
    if way[D_INCOMPLETE] != -1 and arriving < NEVER:
        arriving = clarify(k, v, d, arriving)
    if arriving < NEVER:
        plan(k, arriving, ARRIVAL, mine[V_ID], v, 0)
    return 0


@leaf
def later(k: Any, d: int, time: int, ticks: int) -> int:
    """The instant after `ticks` of the handoff's working time."""
    return after(k, transfers(k, d)[D_CALENDAR], time, ticks)


@leaf
def after(k: Any, calendar: int, time: int, ticks: int) -> int:
    """The instant after `ticks` of a calendar's open time; what takes none waits until it is open."""
    if calendar == -1:
        return time + ticks
    if ticks == 0:
        return schedules.next_open(k, calendar, time)
    return schedules.advance(k, calendar, time, ticks)


@leaf
def next_dispatch(k: Any, d: int, now: int) -> int:
    """The next dispatch at `now` or later, whatever the calendar says."""
    way = transfers(k, d)
    if way[D_EVERY]:
        return (now + way[D_EVERY] - 1) // way[D_EVERY] * way[D_EVERY]
    return schedules.next_instant(k, way[D_INSTANTS], now)


@unit("i(i)")
def dispatched(k: Any, d: int) -> int:
    """The next dispatch at this instant or later, in the open time of the handoff's calendar."""
    calendar = transfers(k, d)[D_CALENDAR]
    leaving = next_dispatch(k, d, k[NOW])
    if calendar == -1:
        return leaving
    for _ in range(FRUITLESS):
        if leaving >= NEVER or schedules.schedule_at(k, calendar, leaving) > 0:
            return leaving
        reopened = schedules.next_open(k, calendar, leaving)
        if reopened >= NEVER:
            return NEVER
        leaving = next_dispatch(k, d, max(reopened, leaving + 1))
    return NEVER


@unit("i(iii)")
def clarify(k: Any, v: int, d: int, arriving: int) -> int:
    """Ask back until the information is complete, or send the request back for rework."""
    way = transfers(k, d)
    mine = visits(k, v)
    complete = arriving
    occurrence = mine[V_OCCURRENCE]
    while evaluation.happens(k, way[D_INCOMPLETE], way[D_INCOMPLETE_WHAT], v):
        mine[V_CLARIFICATIONS] += 1
        if mine[V_CLARIFICATIONS] > MOST_ROUNDS:
            fail(k)
        if way[D_CLARIFICATION] != -1:
            length = evaluation.ticks(k, way[D_CLARIFICATION], way[D_CLARIFICATION_WHAT], v)
            complete = later(k, d, complete, length)
        if way[D_RETURNS_TO] != -1:
            flow.release_place(k, v)
            mine[V_SERVICE] = way[D_RETURNS_TO]
            mine[V_RETURNED] = 1
            break
        mine[V_OCCURRENCE] += ROUND
        if complete >= NEVER:
            break
    mine[V_OCCURRENCE] = occurrence
    mine[V_CLARIFICATION] = complete - arriving
    return complete


@unit("i(i)")
def elapse(k: Any, v: int) -> int:
    """A service without staff takes its time, on its calendar if it has one."""
    mine = visits(k, v)
    x = mine[V_SERVICE]
    ticks = evaluation.drawn_ticks(k, x, v)
    over = after(k, services(k, x)[X_CALENDAR], k[NOW], ticks)
    member = pauses.first_member(k, v)
    while member != -1:
        visits(k, member)[V_WORK] = ticks
        visits(k, member)[V_PAUSE_OFF_SHIFT] = over - k[NOW] - ticks
        member = pauses.next_member(k, v, member)
    mine[V_REMAINING] = over - k[NOW]
    pauses.go_on(k, v)
    return 0


@unit("i(i)")
def cut_off(k: Any, v: int) -> int:
    """Give a request that is on its way only what has passed."""
    mine = visits(k, v)
    left = k[NOW] - mine[V_ASKED]
    if mine[V_DISPATCH] == 0 and mine[V_DELAY] == 0 and mine[V_CLARIFICATION] == 0:
        mine[V_DISPATCH] = left
    for field in range(V_DISPATCH, V_CLARIFICATION + 1):
        passed = min(mine[field], left)
        mine[field] = passed
        left -= passed
    mine[V_VISIT] = 0
    return 0

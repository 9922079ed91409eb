"""The loop over what happens, in the order (time, kind, number), and the end of a run."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import (
    arrivals,
    batches,
    deadlock,
    dispatching,
    flow,
    follow_ups,
    opening,
    pauses,
    queues,
    stocks,
)
from serviceflow.engine.kernel import handoffs as ways
from serviceflow.engine.kernel import providers as all_teams
from serviceflow.engine.kernel import requests as all_requests
from serviceflow.engine.kernel.events import KIND, drop_first, open_calendar
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import fail, fetch, leaf, unit
from serviceflow.engine.kernel.queues import came_before
from serviceflow.engine.kernel.rows import (
    bouts,
    clocks,
    events,
    requests,
    teams,
    units,
    visits,
)
from serviceflow.engine.program.codes import ALLOWED, GAVE_UP, SERVICE_BATCH, STANDSTILL, TIMED_OUT

_VISITS, _REQUESTS = POOLS["visits"], POOLS["requests"]


@unit("i(i)")
def open_run(k: Any, unused: int) -> int:
    open_calendar(k)
    for t in range(k[TEAMS]):
        all_teams.open_team(k, t)
        arrivals.plan_failures(k, t)
    if k[OPENING] != -1:
        opening.open_places(k, 0)
    for a in range(k[CONSUMERS]):
        arrivals.open_consumer(k, a)
    for s in range(k[STOCKS]):
        stocks.open_stock(k, s)
    k[HAPPENED] = -ALLOWED * living(k)
    return 0


@leaf
def living(k: Any) -> int:
    """Visits that are there, each of which may have some things happen to it."""
    return k[_VISITS + ROWS] - k[_VISITS + LEFT]  # type: ignore[no-any-return]


@unit("i(i)")
def run_on(k: Any, budget: int) -> int:
    """Let things happen until the run is over, room is needed, or so many have happened."""
    for _ in range(budget):
        if k[LOW]:
            return GROW
        first = bouts(k, 1)
        time, order = first[E_TIME], first[E_ORDER]
        kind = order >> KIND
        k[HAPPENED] += 1
        arriving = k[ARRIVING]
        if k[FOLLOWING] != -1:
            follow_ups.next_due(k, 0)
        elif arriving != -1 and (time > k[NOW] or order > (ARRIVAL << KIND | visits(k, arriving)[V_ID])):
            k[ARRIVING] = visits(k, arriving)[V_NEXT]
            flow.arrive(k, arriving)
        elif k[STARTS_PLANNED] and (time > k[NOW] or kind > STARTS):
            dispatching.on_starts(k, 0)
        else:
            if time > k[NOW]:
                if is_over(k, time):
                    end_at(k, time)
                    return DONE
                k[NOW] = time
                k[HAPPENED] = 1 - ALLOWED * living(k)
            happen(k, kind)
        if k[DEAD_VISITS] != -1 or k[DEAD_REQUESTS] != -1:
            all_requests.bury(k, 0)
        if k[HAPPENED] > STANDSTILL:
            fail(k)
    return AGAIN


@leaf
def is_over(k: Any, upcoming: int) -> bool:
    """Whether the run ends before what comes next, at `upcoming`."""
    return upcoming > k[STOP] or (upcoming >= k[WINDOW_END] and k[AWAITED] == 0)  # type: ignore[no-any-return]


@leaf
def end_at(k: Any, upcoming: int) -> None:
    """The instant at which the run ends, when what comes next is at `upcoming`."""
    if k[AWAITED] == 0 and not k[TERMINATING]:
        k[STOPPED] = max(k[NOW], k[WINDOW_END])
        return
    if upcoming == UNPLANNED and k[MAY_HOLD]:
        deadlock.check_stillness(k, 0)
    k[STOPPED] = k[STOP]


@leaf
def happen(k: Any, kind: int) -> None:
    """Let the first event happen."""
    first = events(k, bouts(k, 1)[E_SLOT])
    about, token = first[E_ABOUT], first[E_TOKEN]
    if kind >= PATIENCE:
        on_end(k, k[NOW], kind)
        return
    drop_first(k)
    fetch_next(k)
    if kind == FINISH:
        if visits(k, about)[V_TOKEN] == token:
            flow.on_finish(k, about)
    elif kind == ARRIVAL:
        if token:
            opening.deliver(k, token - 1)
        else:
            flow.arrive(k, about)
    elif kind == ASKING:
        if token == -1:
            arrivals.on_asking(k, about)
        else:
            arrivals.on_member(k, about, token)
    elif kind == STAFF:
        all_teams.on_staff_change(k, about, token)
    elif kind == FAILURE:
        arrivals.on_failure(k, about, token)
    elif kind == BATCH:
        if about >= SERVICE_BATCH:
            batches.on_due(k, about - SERVICE_BATCH, token)
        else:
            ways.on_due(k, about, token)


@leaf
def fetch_next(k: Any) -> None:
    """Ask for the visit that the event after this one is about, if it is about one."""
    upcoming = bouts(k, 1)
    if upcoming[E_ORDER] >> KIND == FINISH:
        row = visits(k, events(k, upcoming[E_SLOT])[E_ABOUT])
        fetch(row, V_WAIT_CONTENTION)
        fetch(row, V_HANDOFF)
        fetch(row, V_REQUEST)
        fetch(row, V_OWNER)
        fetch(row, V_LINE)


@leaf
def may_leave(k: Any, v: int, number: int, kind: int) -> bool:
    """What waits leaves; so does what is in work whose whole time is limited, but for a batch."""
    mine = visits(k, v)
    in_work = kind == TIMEOUT and mine[V_STAGE] == AT_WORK and mine[V_LEADER] == -1
    return mine[V_ID] == number and (IN_JOIN <= mine[V_STAGE] <= IN_QUEUE or in_work)


@unit("i(ii)")
def on_end(k: Any, now: int, kind: int) -> int:
    """Those whose patience or time ends at one instant leave together, in the order in which they arrived."""
    first = last = -1
    while bouts(k, 1)[E_TIME] == now and bouts(k, 1)[E_ORDER] >> KIND == kind:
        event = events(k, bouts(k, 1)[E_SLOT])
        v, number = event[E_ABOUT], event[E_TOKEN]
        drop_first(k)
        if not may_leave(k, v, number, kind):
            continue
        before = last
        if last != -1 and came_before(k, v, last):
            before = -1
            after = first
            while came_before(k, after, v):
                before = after
                after = visits(k, after)[V_NEXT]
        if before == -1:
            visits(k, v)[V_NEXT] = first
            first = v
        else:
            visits(k, v)[V_NEXT] = visits(k, before)[V_NEXT]
            visits(k, before)[V_NEXT] = v
        if before == last:
            last = v
            visits(k, v)[V_NEXT] = -1
    while first != -1:
        following = visits(k, first)[V_NEXT]
        if may_leave(k, first, visits(k, first)[V_ID], kind):
            flow.give_up(k, first, GAVE_UP if kind == PATIENCE else TIMED_OUT)
        first = following
    return 0


# -- the end


@unit("i(i)")
def close_run(k: Any, unused: int) -> int:
    """Write down what is unfinished as it stands."""
    k[NOW] = k[STOPPED]
    for t in range(k[TEAMS]):
        queues.note(k, t)
    ever = deadlock.ever_used(k, _VISITS)
    for v in range(ever):
        if visits(k, v)[V_STAGE] != WRITTEN:
            leader = visits(k, v)[V_LEADER]
            led = leader != -1 and leader != v
            if not (led and (visits(k, v)[V_STAGE] == IN_QUEUE or visits(k, v)[V_STAGE] == AT_WORK)):
                cut_off(k, v)
    for v in range(ever):
        if visits(k, v)[V_STAGE] != WRITTEN:
            flow.write_row(k, v)
    for r in range(deadlock.ever_used(k, _REQUESTS)):
        if requests(k, r)[R_ENDED] == -1:
            all_requests.write_request(k, r)
    for t in range(k[TEAMS]):
        close_outages(k, t)
    return 0


@leaf
def close_outages(k: Any, t: int) -> None:
    team = teams(k, t)
    if team[T_FAILS]:
        for clock in range(team[T_UNITS]):
            its = clocks(k, team[T_CLOCK] + clock)
            if its[C_BROKEN] >= 0:
                member = units(k, its[C_UNIT])[U_INDEX] if team[T_MEMBERS] else -1
                arrivals.write_outage(k, t, member, its[C_BROKEN], k[NOW])


@unit("i(i)")
def cut_off(k: Any, v: int) -> int:
    """Give an unfinished visit its parts up to now."""
    mine = visits(k, v)
    stage = mine[V_STAGE]
    if stage == ON_WAY:
        ways.cut_off(k, v)
    elif stage == IN_QUEUE:
        if mine[V_LINE] != -1:
            flow.leave_line(k, v)
    elif stage <= IN_BATCH:
        mine[V_WAIT_JOIN + stage - IN_JOIN] += k[NOW] - mine[V_SINCE]
    elif stage == IS_BLOCKED:
        mine[V_BLOCKED] += k[NOW] - mine[V_SINCE]
    elif stage == AT_WORK:
        pauses.cut_off(k, v)
    return 0

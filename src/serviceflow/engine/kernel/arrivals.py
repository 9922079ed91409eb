"""Arrivals, closed populations, initial backlog, outages (see ``reference.arrivals``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from serviceflow.engine.kernel import evaluation, expressions, flow, schedules
from serviceflow.engine.kernel import providers as all_teams
from serviceflow.engine.kernel import requests as all_requests
from serviceflow.engine.kernel.events import plan, plan_here
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import fail, leaf, need_row, unit, unsigned
from serviceflow.engine.kernel.rows import (
    asks,
    attributes,
    clocks,
    consumers,
    ints,
    outages_out,
    reals,
    requests,
    teams,
)
from serviceflow.engine.program.codes import ALLOWED, CONSUMER, MOST_AT_ONCE, NEVER, OUTAGE

MEMBER = 1 << 32
_ROWS = POOLS["outages_out"] + ROWS


@unit("i(i)")
def open_consumer(k: Any, a: int) -> int:
    """The backlog of time 0, and the first arrivals."""
    source = consumers(k, a)
    backlog = ints(k, source[A_INITIAL])
    for place in range(backlog[0]):
        x, count, who = backlog[1 + 3 * place], backlog[2 + 3 * place], backlog[3 + 3 * place]
        for number in range(count):
            r = ask(k, a, number, who, -1)
            flow.admit(k, r, x, -1, 0)
    if source[A_POPULATION]:
        for member in range(source[A_BUSY], source[A_POPULATION]):
            think(k, a, member)
    elif source[A_ASKS]:
        plan_next(k, a, k[BEGIN])
    return 0


# -- arrivals


@leaf
def plan_next(k: Any, a: int, since: int) -> None:
    time = next_time(k, a, since)
    if time < NEVER:
        plan_here(k, time, ASKING, a, a, -1)


@leaf
def next_time(k: Any, a: int, since: int) -> int:
    """The instant of the next arrival, as long as any come."""
    source = consumers(k, a)
    if source[A_TIMES] >= source[A_MOST]:
        return NEVER
    time = source[A_FIRST]
    if source[A_TIMES] or time == -1:
        time = following(k, a, since)
    return time if time < source[A_UNTIL] else NEVER


@leaf
def following(k: Any, a: int, since: int) -> int:
    """After a gap that is drawn, or the next instant of those that are listed."""
    source = consumers(k, a)
    if source[A_EVERY] != -1:
        gap = evaluation.drawn_in_turn(
            k, source[A_EVERY], source[A_EVERY_WHAT], source[A_WHO], source[A_TIMES]
        )
        if source[A_PROFILE] == -1:
            return since + int(gap + 0.5)
        time = min(int(schedules.reach(k, source[A_PROFILE], since, gap) + 0.5), NEVER)
        return time if time == NEVER else schedules.next_open(k, source[A_PROFILE], time)
    if source[A_INSTANTS] != -1:
        passed = source[A_TIMES] > 0 or k[OPENING] != -1
        return schedules.next_instant(k, source[A_INSTANTS], since + (1 if passed else 0))
    trace = ints(k, source[A_TRACE])
    return trace[1 + 2 * source[A_TIMES]] if source[A_TIMES] < trace[0] else NEVER


@leaf
def on_asking(k: Any, a: int) -> int:
    source = consumers(k, a)
    given = -1
    if source[A_TRACE] != -1:
        given = ints(k, source[A_TRACE])[2 + 2 * source[A_TIMES]]
    count = 1
    if source[A_SIZE] != -1:
        drawn = evaluation.drawn(k, source[A_SIZE], source[A_SIZE_WHAT], source[A_WHO], source[A_TIMES], 0)
        if drawn > MOST_AT_ONCE:
            fail(k)
        count = int(drawn + 0.5)
    if source[A_TRACE] != -1 or source[A_LAST] < k[NOW]:
        k[HAPPENED] -= ALLOWED * count
    source[A_LAST] = k[NOW]
    for _ in range(count):
        r = ask(k, a, source[A_REQUESTS], source[A_WHO], given)
        source[A_REQUESTS] += 1
        flow.admit_here(k, r, source[A_ENTERS], source[A_EXITS], source[A_ROUTING])
    source[A_TIMES] += 1
    plan_next(k, a, k[NOW])
    return 0


@leaf
def ask(k: Any, a: int, number: int, who: int, given: int) -> int:
    """A request of a consumer, with its attributes; `given` is where its trace lists some."""
    r = all_requests.new_request_here(k, CONSUMER, a, number, who, a)
    if k[ATTRIBUTES]:
        draw_attributes(k, r, given)
    return r


@unit("i(ii)")
def draw_attributes(k: Any, r: int, given: int) -> int:
    """What a request carries, drawn when it arrives, or as its trace says."""
    asking = requests(k, r)
    carried = attributes(k, r)
    if given != -1:
        listed = ints(k, given)
        for place in range(listed[0]):
            carried[listed[1 + 2 * place]] = reals(k, listed[2 + 2 * place])[0]
    listed = ints(k, consumers(k, asking[R_SOURCE])[A_ATTRIBUTES])
    for place in range(listed[0]):
        index, code, what = listed[1 + 3 * place], listed[2 + 3 * place], listed[3 + 3 * place]
        if given == -1 or not is_given(k, given, index):
            carried[index] = expressions.value(
                k,
                code,
                unsigned(what),
                unsigned(asking[R_WHO]),
                unsigned(asking[R_NUMBER]),
                np.uint64(0),
                r,
                0,
            )
    return 0


@leaf
def is_given(k: Any, given: int, index: int) -> bool:
    listed = ints(k, given)
    for place in range(listed[0]):
        if listed[1 + 2 * place] == index:
            return True
    return False


# -- closed populations


@unit("i(ii)")
def think(k: Any, a: int, member: int) -> int:
    """A member asks, and thinks again when its request has ended; it thinks first."""
    source = consumers(k, a)
    asked = asks(k, source[A_MEMBER] + member)
    number = member * MEMBER + asked[0]
    drawn = evaluation.drawn(k, source[A_THINK], source[A_THINK_WHAT], source[A_WHO], number, 0)
    place = (a << 28) | member
    plan(k, k[NOW] + int(drawn + 0.5), ASKING, (1 << 47) | place, a, member)
    return 0


@unit("i(ii)")
def on_member(k: Any, a: int, member: int) -> int:
    source = consumers(k, a)
    asked = asks(k, source[A_MEMBER] + member)
    r = ask(k, a, member * MEMBER + asked[0], source[A_WHO], -1)
    asked[0] += 1
    requests(k, r)[R_ON_END] = THINK
    requests(k, r)[R_END_WHAT] = member
    flow.admit(k, r, source[A_ENTERS], source[A_EXITS], source[A_ROUTING])
    return 0


# -- outages


@unit("i(i)")
def plan_failures(k: Any, t: int) -> int:
    team = teams(k, t)
    if team[T_FAILS]:
        for clock in range(team[T_UNITS]):
            plan_failure(k, t, clock)
    return 0


@unit("i(ii)")
def plan_failure(k: Any, t: int, clock: int) -> int:
    """Each unit's clock runs from the end of its last repair, on duty or not."""
    team = teams(k, t)
    times = clocks(k, team[T_CLOCK] + clock)[C_TIMES]
    after = evaluation.drawn(k, team[T_AFTER], team[T_AFTER_WHAT], team[T_OUTAGE_WHO], clock, times)
    plan(k, k[NOW] + int(after + 0.5), FAILURE, (t << 20) | clock, t, clock)
    return 0


@unit("i(ii)")
def on_failure(k: Any, t: int, clock: int) -> int:
    team = teams(k, t)
    its = clocks(k, team[T_CLOCK] + clock)
    if its[C_BROKEN] >= 0:
        repaired(k, t, clock)
        return 0
    all_teams.fail_unit(k, t, clock)
    all_teams.touch(k, t)
    if team[T_REPAIR_SERVICE] != -1:
        r = all_requests.new_request(k, OUTAGE, t, team[T_OUTAGES], team[T_OUTAGE_WHO], -1)
        team[T_OUTAGES] += 1
        requests(k, r)[R_ON_END] = REPAIRED
        requests(k, r)[R_END_WHAT] = t
        requests(k, r)[R_END_CLOCK] = clock
        flow.admit(k, r, team[T_REPAIR_SERVICE], -1, 0)
        return 0
    times = its[C_TIMES]
    repair = evaluation.drawn(k, team[T_REPAIR], team[T_REPAIR_WHAT], team[T_OUTAGE_WHO], clock, times)
    plan(k, k[NOW] + int(repair + 0.5), FAILURE, (t << 20) | clock, t, clock)
    return 0


@unit("i(ii)")
def repaired(k: Any, t: int, clock: int) -> int:
    its = clocks(k, teams(k, t)[T_CLOCK] + clock)
    since = its[C_BROKEN]
    its[C_BROKEN] = -1
    member = all_teams.repair_unit(k, t, clock)
    write_outage(k, t, member, since, k[NOW])
    all_teams.touch(k, t)
    its[C_TIMES] += 1
    plan_failure(k, t, clock)
    return 0


@unit("i(iiii)")
def write_outage(k: Any, t: int, member: int, since: int, until: int) -> int:
    row = k[OUTAGES_OUT]
    need_row(k, row, _ROWS)
    k[OUTAGES_OUT] = row + 1
    out = outages_out(k, row)
    out[0] = t
    out[1] = member
    out[2] = since
    out[3] = until
    return 0

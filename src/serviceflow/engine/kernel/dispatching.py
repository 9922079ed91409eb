"""Who starts next, whose work is interrupted, and what staff carry over from one work to the next."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import deadlock, evaluation, expressions, flow, learning, named_units, stocks
from serviceflow.engine.kernel import providers as all_teams
from serviceflow.engine.kernel.events import append, give_node
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import leaf, unit, unsigned
from serviceflow.engine.kernel.queues import came_before, spare
from serviceflow.engine.kernel.rows import (
    grants,
    ints,
    lines,
    nodes,
    services,
    teams,
    units,
    units_f,
    visits,
    visits_f,
)
from serviceflow.engine.program.codes import PAUSE_PREEMPTED

ACTIVE = 1
NOTHING_STARTS, START_VISIT, RESUME_GRANT = range(3)


@leaf
def on_starts(k: Any, unused: int) -> int:
    """Let start what can, provider by provider, least queue key first."""
    k[STARTS_PLANNED] = 0
    if k[STOCKS_TOUCHED]:
        stocks.serve_stocks(k, 0)
    while k[TEAMS_TOUCHED] != -1:
        serve(k, next_touched(k))
    return 0


@leaf
def next_touched(k: Any) -> int:
    """The first of the providers at which something changed, taken off their list."""
    first = k[TEAMS_TOUCHED]
    t = teams(k, first)[T_NEXT_TOUCHED]
    while t != -1:
        first = min(first, t)
        t = teams(k, t)[T_NEXT_TOUCHED]
    after = teams(k, first)[T_NEXT_TOUCHED]
    if k[TEAMS_TOUCHED] == first:
        k[TEAMS_TOUCHED] = after
    else:
        t = k[TEAMS_TOUCHED]
        while teams(k, t)[T_NEXT_TOUCHED] != first:
            t = teams(k, t)[T_NEXT_TOUCHED]
        teams(k, t)[T_NEXT_TOUCHED] = after
    teams(k, first)[T_TOUCHED] = 0
    return first


@leaf
def serve(k: Any, t: int) -> int:
    team = teams(k, t)
    while True:
        if team[T_PLAIN] and team[T_PAUSED] == -1:
            line = lines(k, team[T_LINE])
            if line[L_HEAD] == -1 or team[T_ON_DUTY] - team[T_DOWN] - team[T_OCCUPIED] <= 0:
                found = NOTHING_STARTS
            else:
                found = START_VISIT
                k[OFFERED] = line[L_HEAD]
                k[OFFERED_NEEDS] = line[L_NEEDS]
        else:
            found = next_work(k, t)
        if found == START_VISIT:
            flow.start_here(k, k[OFFERED], k[OFFERED_NEEDS])
        elif found == RESUME_GRANT:
            all_teams.resume(k, k[OFFERED])
        elif not (team[T_PREEMPTIVE] and preempt(k, t)):
            break
    if team[T_BLOCKED] != -1:
        let_in(k, t)
    if team[T_HELD] and team[T_ACTIVE] == -1:
        deadlock.check_knot(k, t)
    return 0


# -- the choice of the next work


@unit("i(i)")
def next_work(k: Any, t: int) -> int:
    """What a provider should do next: start a visit on given staff, or resume paused work."""
    team = teams(k, t)
    listed = ints(k, team[T_LINES])
    if team[T_DISCIPLINE] == RANDOM and not any_can_resume(k, t):
        return random_work(k, t)
    for place in range(listed[0]):
        lines(k, listed[1 + place])[L_CURSOR] = lines(k, listed[1 + place])[L_HEAD]
    if team[T_RESERVES]:
        forget_kept(k, t)
    paused = next_paused(k, t, -1)
    while True:
        l = least_cursor(k, listed)
        if paused != -1 and paused_goes_first(k, t, paused, l):
            if all_teams.can_resume(k, paused):
                k[OFFERED] = paused
                return RESUME_GRANT
            paused = next_paused(k, t, paused)
            continue
        if l == -1:
            return NOTHING_STARTS
        line = lines(k, l)
        v = line[L_CURSOR]
        line[L_CURSOR] = visits(k, v)[V_AFTER] if line[L_FITS] else -1
        needs = startable(k, l, v, team[T_RESERVES])
        if needs != -1:
            k[OFFERED] = v
            k[OFFERED_NEEDS] = needs
            return START_VISIT
        if line[L_RESERVE]:
            keep_for(k, l)


@leaf
def least_cursor(k: Any, listed: Any) -> int:
    """The line whose visit under its cursor comes first; -1 if there is none."""
    found = -1
    for place in range(listed[0]):
        l = listed[1 + place]
        v = lines(k, l)[L_CURSOR]
        if v == -1:
            continue
        if found == -1:
            found = l
            continue
        best = lines(k, found)[L_CURSOR]
        mine, its = visits_f(k, v)[V_KEY], visits_f(k, best)[V_KEY]
        if mine < its or (mine == its and came_before(k, v, best)):
            found = l
    return found


@leaf
def paused_goes_first(k: Any, t: int, g: int, l: int) -> bool:
    """Whether paused work is looked at before the head of a line: first among equals."""
    if l == -1 or teams(k, t)[T_DISCIPLINE] != PRIORITY:
        return True
    rank = visits_f(k, grants(k, g)[G_VISIT])[V_PRIORITY]
    return rank <= visits_f(k, lines(k, l)[L_CURSOR])[V_KEY]


@unit("i(ii)")
def next_paused(k: Any, t: int, after: int) -> int:
    """Of the paused work, that which resumes first, or next after that of a grant."""
    by_priority = teams(k, t)[T_DISCIPLINE] == PRIORITY
    found = -1
    g = teams(k, t)[T_PAUSED]
    while g != -1:
        v = grants(k, g)[G_VISIT]
        if after == -1 or comes_before(k, grants(k, after)[G_VISIT], v, by_priority):
            if found == -1 or comes_before(k, v, grants(k, found)[G_VISIT], by_priority):
                found = g
        g = grants(k, g)[G_AFTER]
    return found


@leaf
def comes_before(k: Any, v: int, other: int, by_priority: bool) -> bool:
    if by_priority:
        return all_teams.resumes_before(k, v, other)
    return all_teams.starts_later(k, other, v)


@leaf
def any_can_resume(k: Any, t: int) -> bool:
    g = teams(k, t)[T_PAUSED]
    while g != -1:
        if all_teams.can_resume(k, g):
            return True
        g = grants(k, g)[G_AFTER]
    return False


@unit("i(iii)")
def startable(k: Any, l: int, v: int, reserved: int) -> int:
    """The first of a line's alternatives on which a visit could start now; -1 if there is none."""
    line = lines(k, l)
    skill = line[L_SKILL]
    alternatives = ints(k, line[L_ALTERNATIVES])
    for place in range(alternatives[0]):
        needs = alternatives[1 + place]
        listed = ints(k, needs)
        enough = True
        for each in range(listed[0]):
            t = listed[1 + 2 * each]
            kept = teams(k, t)[T_KEPT] if reserved else 0
            if spare(k, t, skill) - kept < listed[2 + 2 * each]:
                enough = False
                break
        if enough and (not line[L_FITS] or all_fit(k, v, needs, -1, -1)):
            return needs
    return -1


@unit("i(iiii)")
def all_fit(k: Any, v: int, needs: int, t: int, victims: int) -> int:
    """Whether work would end within the shifts of all who are needed; those of `t` less its `victims`."""
    length = max(evaluation.drawn_ticks(k, visits(k, v)[V_SERVICE], v), 1)
    listed = ints(k, needs)
    for place in range(listed[0]):
        other = listed[1 + 2 * place]
        if not all_teams.fits(k, other, v, length, victims if other == t else -1):
            return 0
    return 1


@leaf
def forget_kept(k: Any, t: int) -> None:
    listed = ints(k, teams(k, t)[T_LINES])
    for place in range(listed[0]):
        involved = ints(k, lines(k, listed[1 + place])[L_INVOLVED])
        for each in range(involved[0]):
            teams(k, involved[1 + each])[T_KEPT] = 0


@leaf
def keep_for(k: Any, l: int) -> None:
    """Freed staff are kept for a visit that reserves them."""
    line = lines(k, l)
    listed = ints(k, line[L_NEEDS])
    for place in range(listed[0]):
        t = listed[1 + 2 * place]
        teams(k, t)[T_KEPT] += min(listed[2 + 2 * place], max(spare(k, t, line[L_SKILL]), 0))


@unit("i(i)")
def random_work(k: Any, t: int) -> int:
    """Any of those who could start, each as likely."""
    team = teams(k, t)
    listed = ints(k, team[T_LINES])
    first = last = -1
    count = 0
    in_order = True
    for place in range(listed[0]):
        l = listed[1 + place]
        v = first_startable(k, l, lines(k, l)[L_HEAD])
        while v != -1:
            if last == -1:
                first = v
            else:
                visits(k, last)[V_NEXT] = v
                in_order = in_order and came_before(k, last, v)
            visits(k, v)[V_NEXT] = -1
            last = v
            count += 1
            v = first_startable(k, l, visits(k, v)[V_AFTER])
    if count == 0:
        return NOTHING_STARTS
    drawn = expressions.uniform(k, unsigned(team[T_SELECTION]), unsigned(team[T_SELECTIONS]), unsigned(0))
    team[T_SELECTIONS] += 1
    v = nth(k, first, int(drawn * count)) if in_order else nth_by_arrival(k, first, int(drawn * count))
    k[OFFERED] = v
    k[OFFERED_NEEDS] = startable(k, visits(k, v)[V_LINE], v, 0)
    return START_VISIT


@unit("i(ii)")
def first_startable(k: Any, l: int, v: int) -> int:
    """From a visit of a line on, the first that could start now."""
    while v != -1 and startable(k, l, v, 0) == -1:
        if not lines(k, l)[L_FITS]:
            return -1
        v = visits(k, v)[V_AFTER]
    return v


@leaf
def nth(k: Any, v: int, n: int) -> int:
    """The n-th of a list of visits, from 0."""
    for _ in range(n):
        v = visits(k, v)[V_NEXT]
    return v


@unit("i(ii)")
def nth_by_arrival(k: Any, first: int, n: int) -> int:
    """The n-th to have arrived of a list of visits: its instant by bisection, then by identity."""
    low, high = 0, k[NOW]
    while low < high:
        middle = (low + high) >> 1
        if arrived_until(k, first, middle) > n:
            high = middle
        else:
            low = middle + 1
    n -= arrived_until(k, first, low - 1)
    found = first_arrived_at(k, first, low, -1)
    for _ in range(n):
        found = first_arrived_at(k, first, low, found)
    return found


@leaf
def arrived_until(k: Any, v: int, time: int) -> int:
    count = 0
    while v != -1:
        count += 1 if visits(k, v)[V_ARRIVED] <= time else 0
        v = visits(k, v)[V_NEXT]
    return count


@leaf
def first_arrived_at(k: Any, v: int, time: int, after: int) -> int:
    """Of those who arrived at an instant, the first by identity, or the next after another."""
    found = -1
    while v != -1:
        if visits(k, v)[V_ARRIVED] == time and (after == -1 or came_before(k, after, v)):
            if found == -1 or came_before(k, v, found):
                found = v
        v = visits(k, v)[V_NEXT]
    return found


# -- preemption


@unit("i(i)")
def preempt(k: Any, t: int) -> int:
    """Interrupt the least urgent work, if that sets free what more urgent work waits for."""
    listed = ints(k, teams(k, t)[T_LINES])
    for place in range(listed[0]):
        lines(k, listed[1 + place])[L_CURSOR] = lines(k, listed[1 + place])[L_HEAD]
    while True:
        l = least_cursor(k, listed)
        if l == -1:
            return 0
        line = lines(k, l)
        urgent = line[L_CURSOR]
        line[L_CURSOR] = -1
        needs = needs_with(k, l, t)
        if others_spare(k, needs, t, line[L_SKILL]):
            return interrupt_for(k, t, urgent, needs, l)
        if line[L_RESERVE]:
            return 0  # What were set free would be kept for this one.


@leaf
def needs_with(k: Any, l: int, t: int) -> int:
    """The first of a line's alternatives that a team is part of."""
    alternatives = ints(k, lines(k, l)[L_ALTERNATIVES])
    for place in range(alternatives[0]):
        listed = ints(k, alternatives[1 + place])
        for each in range(listed[0]):
            if listed[1 + 2 * each] == t:
                return alternatives[1 + place]
    return -1


@leaf
def others_spare(k: Any, needs: int, t: int, skill: int) -> bool:
    listed = ints(k, needs)
    for place in range(listed[0]):
        other = listed[1 + 2 * place]
        if other != t and spare(k, other, skill) < listed[2 + 2 * place]:
            return False
    return True


@unit("i(iiii)")
def interrupt_for(k: Any, t: int, urgent: int, needs: int, l: int) -> int:
    """Pause the least urgent work, then the latest started, until there are staff enough."""
    skill = lines(k, l)[L_SKILL]
    listed = ints(k, needs)
    count = 0
    for place in range(listed[0]):
        if listed[1 + 2 * place] == t:
            count = listed[2 + 2 * place]
    free = spare(k, t, skill)
    if free >= count:
        return 0
    rank = max(visits_f(k, urgent)[V_PRIORITY], visits_f(k, urgent)[V_KEY])
    first = last = -1
    g = least_urgent(k, t, -1)
    while g != -1 and free < count:
        grant = grants(k, g)
        gained = grant[G_COUNT]
        if teams(k, t)[T_NAMED]:
            gained = named_units.freed_by(k, g, skill)
        if gained and visits_f(k, grant[G_VISIT])[V_PRIORITY] > rank:
            last = append(k, last, g)
            first = last if first == -1 else first
            free += gained
        g = least_urgent(k, t, g)
    done = free >= count and (not lines(k, l)[L_FITS] or all_fit(k, urgent, needs, t, first))
    while first != -1:
        if done:
            all_teams.pause(k, nodes(k, first)[N_A], PAUSE_PREEMPTED)
        following = nodes(k, first)[N_AFTER]
        give_node(k, first)
        first = following
    return 1 if done else 0


@unit("i(ii)")
def least_urgent(k: Any, t: int, before: int) -> int:
    """Of the active work, the least urgent, then the latest started; or the next before that of a grant."""
    found = -1
    g = teams(k, t)[T_ACTIVE]
    while g != -1:
        v = grants(k, g)[G_VISIT]
        if before == -1 or all_teams.resumes_before(k, v, grants(k, before)[G_VISIT]):
            if found == -1 or all_teams.resumes_before(k, grants(k, found)[G_VISIT], v):
                found = g
        g = grants(k, g)[G_AFTER]
    return found


# -- full queues ahead


@unit("i(iii)")
def block(k: Any, v: int, leader: int, full: int) -> int:
    """Hold the staff of a visit until there is room ahead."""
    mine = visits(k, v)
    mine[V_SINCE] = k[NOW]
    mine[V_STAGE] = IS_BLOCKED
    before = -1
    after = teams(k, full)[T_BLOCKED]
    while after != -1 and (visits(k, after)[V_SINCE] < k[NOW] or came_before(k, after, v)):
        before = after
        after = visits(k, after)[V_AFTER]
    mine[V_AFTER] = after
    if before == -1:
        teams(k, full)[T_BLOCKED] = v
    else:
        visits(k, before)[V_AFTER] = v
    g = visits(k, leader)[V_GRANTS]
    while g != -1:
        if grants(k, g)[G_STATE] == ACTIVE:
            all_teams.hold_grant(k, g)
            all_teams.touch(k, grants(k, g)[G_TEAM])
        g = grants(k, g)[G_OF_VISIT]
    return 0


@unit("i(i)")
def let_in(k: Any, t: int) -> int:
    """There may be room: first blocked, first served."""
    team = teams(k, t)
    while team[T_BLOCKED] != -1 and all_teams.has_room(k, t):
        v = team[T_BLOCKED]
        mine = visits(k, v)
        team[T_BLOCKED] = mine[V_AFTER]
        mine[V_AFTER] = -1
        leader = v if mine[V_LEADER] == -1 else mine[V_LEADER]
        mine[V_BLOCKED] += k[NOW] - mine[V_SINCE]
        if visits(k, leader)[V_AWAITING] == 1:
            all_teams.unhold(k, leader)
        mine[V_STAGE] = OVER
        flow.leave(k, v, leader)
    return 0


# -- what units carry over


@unit("i(ii)")
def work_of_unit(k: Any, v: int, length: int) -> int:
    """The work as the one who does it is fast and has learned."""
    which = grants(k, visits(k, v)[V_GRANTS])[G_WHICH]
    if which == -1:
        return length
    u = nodes(k, which)[N_A]
    x = visits(k, v)[V_SERVICE]
    share = 1.0 if services(k, x)[X_LEARNED] == -1 else learning.learned(k, u, x)
    factor = share / units_f(k, u)[U_SPEED]
    return length if factor == 1.0 else int(length * factor + 0.5)


@unit("i(i)")
def setup_ticks(k: Any, v: int) -> int:
    """A unit that changes service is set up first."""
    x = visits(k, v)[V_SERVICE]
    changes = False
    g = visits(k, v)[V_GRANTS]
    while g != -1:
        n = grants(k, g)[G_WHICH]
        while n != -1:
            mine = units(k, nodes(k, n)[N_A])
            if mine[U_SET_TO] != -1 and mine[U_SET_TO] != x:
                changes = True
            mine[U_SET_TO] = x
            n = nodes(k, n)[N_AFTER]
        g = grants(k, g)[G_OF_VISIT]
    service = services(k, x)
    if not changes or service[X_SETUP] == -1:
        return 0
    return evaluation.ticks(k, service[X_SETUP], service[X_SETUP_WHAT], v)

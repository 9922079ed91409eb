"""Providers: who is on duty, who is at work on what, and whose work stands still.

A team whose staff are a number and a team whose units have names differ in what a change of staff means;
where they do, the functions of the latter are in :mod:`.named_units`.
"""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import fitting, named_units, pauses, schedules
from serviceflow.engine.kernel.events import give_grant, plan, take_grant
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import leaf, unit
from serviceflow.engine.kernel.queues import note, spare
from serviceflow.engine.kernel.rows import (
    clocks,
    grants,
    ints,
    lines,
    services,
    teams,
    units,
    visits,
    visits_f,
)
from serviceflow.engine.program.codes import NEVER, PAUSE_OFF_SHIFT, PAUSE_OUTAGE

HELD, ACTIVE, PAUSED = range(3)


@leaf
def touch(k: Any, t: int) -> None:
    """Remember that something may start at a provider, once all else at this instant has happened."""
    team = teams(k, t)
    if not team[T_TOUCHED]:
        team[T_TOUCHED] = 1
        team[T_NEXT_TOUCHED] = k[TEAMS_TOUCHED]
        k[TEAMS_TOUCHED] = t
    k[STARTS_PLANNED] = 1


@leaf
def free(k: Any, t: int) -> int:
    """Units on duty with nothing in hand; negative while overtime is worked."""
    return spare(k, t, -1)


@unit("i(ii)")
def has_room(k: Any, t: int, x: int) -> int:
    """Whether one more may come to a service: it could start, or there is a place in the queue."""
    team = teams(k, t)
    room = team[T_LIMIT] - team[T_WAITING]
    return 1 if team[T_LIMIT] < 0 or room > 0 or room + could_start(k, x) > 0 else 0


@leaf
def could_start(k: Any, x: int) -> int:
    """How many visits could be served at once by those who are free."""
    l = services(k, x)[X_LINE]
    skill = -1
    if l == -1:
        l = ints(k, services(k, x)[X_LINES])[1]
    else:
        skill = lines(k, l)[L_SKILL]
    alternatives = ints(k, lines(k, l)[L_ALTERNATIVES])
    found = 0
    for place in range(alternatives[0]):
        listed = ints(k, alternatives[1 + place])
        most_of_it = NEVER
        for each in range(listed[0]):
            idle = max(spare(k, listed[1 + 2 * each], skill), 0)
            most_of_it = min(most_of_it, idle // listed[2 + 2 * each])
        found += most_of_it
    return found


# -- the lists of work under way and put aside


@leaf
def list_of(state: int) -> int:
    """The field of a team that begins the list of its grants in a state."""
    if state == ACTIVE:
        return T_ACTIVE
    return T_PAUSED if state == PAUSED else T_HOLDING


@leaf
def put_into(k: Any, t: int, g: int, state: int) -> None:
    """List a grant among a team's active, paused or held ones."""
    grant = grants(k, g)
    team = teams(k, t)
    field = list_of(state)
    first = team[field]
    grant[G_STATE] = state
    grant[G_BEFORE] = -1
    grant[G_AFTER] = first
    if first != -1:
        grants(k, first)[G_BEFORE] = g
    team[field] = g


@leaf
def take_from(k: Any, t: int, g: int) -> None:
    """Take a grant out of the list that it is in."""
    grant = grants(k, g)
    before, after = grant[G_BEFORE], grant[G_AFTER]
    if before != -1:
        grants(k, before)[G_AFTER] = after
    else:
        teams(k, t)[list_of(grant[G_STATE])] = after
    if after != -1:
        grants(k, after)[G_BEFORE] = before


@leaf
def grant_of(k: Any, v: int, t: int) -> int:
    """The grant by which a visit holds staff of a team."""
    g = visits(k, v)[V_GRANTS]
    while g != -1 and grants(k, g)[G_TEAM] != t:
        g = grants(k, g)[G_OF_VISIT]
    return g


@leaf
def starts_later(k: Any, v: int, other: int) -> bool:
    """Whether work on a visit started later than on another, then by arrival and identity."""
    mine, its = visits(k, v), visits(k, other)
    if mine[V_STARTED] != its[V_STARTED]:
        return mine[V_STARTED] > its[V_STARTED]
    if mine[V_ARRIVED] != its[V_ARRIVED]:
        return mine[V_ARRIVED] > its[V_ARRIVED]
    return mine[V_IDENTITY] > its[V_IDENTITY]


@leaf
def resumes_before(k: Any, v: int, other: int) -> bool:
    """Whether paused work resumes before other: by priority, then as it was started."""
    mine, its = visits_f(k, v)[V_PRIORITY], visits_f(k, other)[V_PRIORITY]
    if mine != its:
        return mine < its
    return starts_later(k, other, v)


@unit("i(i)")
def latest_started(k: Any, t: int) -> int:
    """The grant of the active work that started latest; -1 if there is none."""
    g = teams(k, t)[T_ACTIVE]
    found = g
    while g != -1:
        if starts_later(k, grants(k, g)[G_VISIT], grants(k, found)[G_VISIT]):
            found = g
        g = grants(k, g)[G_AFTER]
    return found


# -- taking and giving back


@leaf
def take(k: Any, t: int, v: int, count: int, skill: int, way: int) -> int:
    """Give a visit staff, in a way that fits if one is given."""
    note(k, t)
    which = -1
    if teams(k, t)[T_NAMED]:
        if way == fitting.NO_WAY:
            which = named_units.choose(k, t, v, count, skill)
        else:
            which = fitting.choose(k, t, v, count, skill, way)
    return grant(k, t, v, count, which)


@leaf
def grant(k: Any, t: int, v: int, count: int, which: int) -> int:
    """Note that a visit has staff, and who they are; listed in the order of its needs."""
    g = take_grant(k)
    given = grants(k, g)
    given[G_VISIT] = v
    given[G_TEAM] = t
    given[G_COUNT] = count
    given[G_WHICH] = which
    given[G_OF_VISIT] = -1
    teams(k, t)[T_OCCUPIED] += count
    put_into(k, t, g, ACTIVE)
    last = visits(k, v)[V_GRANTS]
    if last == -1:
        visits(k, v)[V_GRANTS] = g
        return g
    while grants(k, last)[G_OF_VISIT] != -1:
        last = grants(k, last)[G_OF_VISIT]
    grants(k, last)[G_OF_VISIT] = g
    return g


@leaf
def release(k: Any, v: int) -> int:
    """Give all staff of a visit back."""
    mine = visits(k, v)
    sole = mine[V_SOLE]
    if sole != -1:
        mine[V_SOLE] = -1
        teams(k, sole)[T_OCCUPIED] -= 1
        touch(k, sole)
        return 0
    g = mine[V_GRANTS]
    mine[V_GRANTS] = -1
    while g != -1:
        grant = grants(k, g)
        t = grant[G_TEAM]
        note(k, t)
        teams(k, t)[T_OCCUPIED] -= grant[G_COUNT]
        take_from(k, t, g)
        if grant[G_WHICH] != -1:
            named_units.let_go(k, g, 0)
            named_units.forget(k, g)
        touch(k, t)
        following = grant[G_OF_VISIT]
        give_grant(k, g)
        g = following
    return 0


@unit("i(i)")
def hold(k: Any, v: int) -> int:
    """Keep the staff without work, until an answer comes or there is room ahead."""
    mine = visits(k, v)
    mine[V_SINCE] = k[NOW]
    g = mine[V_GRANTS]
    while g != -1:
        hold_grant(k, g)
        touch(k, grants(k, g)[G_TEAM])
        g = grants(k, g)[G_OF_VISIT]
    return 0


@unit("i(i)")
def hold_grant(k: Any, g: int) -> int:
    grant = grants(k, g)
    t = grant[G_TEAM]
    note(k, t)
    teams(k, t)[T_HELD] += grant[G_COUNT]
    take_from(k, t, g)
    put_into(k, t, g, HELD)
    return 0


@unit("i(i)")
def unhold(k: Any, v: int) -> int:
    g = visits(k, v)[V_GRANTS]
    while g != -1:
        grant = grants(k, g)
        t = grant[G_TEAM]
        note(k, t)
        teams(k, t)[T_HELD] -= grant[G_COUNT]
        take_from(k, t, g)
        put_into(k, t, g, ACTIVE)
        touch(k, t)  # More urgent work may interrupt it from now on.
        g = grant[G_OF_VISIT]
    return 0


@unit("i(i)")
def break_off(k: Any, v: int) -> int:
    """Work ends as it stands: its staff are free, and nobody goes on with it."""
    pauses.cut_off(k, v)
    mine = visits(k, v)
    if mine[V_SUSPENDED]:
        forget(k, v)
    else:
        if mine[V_TOKEN] == 0:
            unhold(k, v)
        release_late(k, v)
    mine[V_SUSPENDED] = 0
    mine[V_TOKEN] = 0
    mine[V_AWAITING] = 0
    return 0


@unit("i(i)")
def release_late(k: Any, v: int) -> int:
    """Give all staff of a visit back, from where that is done seldom."""
    return release(k, v)


@leaf
def forget(k: Any, v: int) -> None:
    """Work that stands still is over."""
    g = visits(k, v)[V_GRANTS]
    visits(k, v)[V_GRANTS] = -1
    while g != -1:
        grant = grants(k, g)
        t = grant[G_TEAM]
        note(k, t)
        take_from(k, t, g)
        if grant[G_WHICH] != -1:
            named_units.untie(k, g)
            named_units.forget(k, g)
        touch(k, t)
        following = grant[G_OF_VISIT]
        give_grant(k, g)
        g = following


@unit("i(ii)")
def pause(k: Any, v: int, why: int) -> int:
    """Put a visit's work aside; all its staff are free for others until it can go on."""
    g = visits(k, v)[V_GRANTS]
    while g != -1:
        grant = grants(k, g)
        t = grant[G_TEAM]
        note(k, t)
        if grant[G_WHICH] != -1:
            named_units.let_go(k, g, 1)
        take_from(k, t, g)
        teams(k, t)[T_OCCUPIED] -= grant[G_COUNT]
        put_into(k, t, g, PAUSED)
        touch(k, t)
        g = grant[G_OF_VISIT]
    pauses.suspend(k, v, why)
    recause_pause(k, v)
    return 0


@unit("i(i)")
def resume(k: Any, v: int) -> int:
    """All that paused work needs is there again."""
    g = visits(k, v)[V_GRANTS]
    while g != -1:
        grant = grants(k, g)
        t = grant[G_TEAM]
        note(k, t)
        take_from(k, t, g)
        if grant[G_WHICH] != -1:
            named_units.take_up(k, g)
        teams(k, t)[T_OCCUPIED] += grant[G_COUNT]
        put_into(k, t, g, ACTIVE)
        g = grant[G_OF_VISIT]
    pauses.unsuspend(k, v)
    return 0


@leaf
def missing(k: Any, g: int, kept: int) -> int:
    """How many units a grant of paused work lacks to go on, when so many are kept for others."""
    grant = grants(k, g)
    t = grant[G_TEAM]
    lack = grant[G_COUNT] + kept - free(k, t)
    if teams(k, t)[T_MEMBERS]:
        lack = max(lack, named_units.not_idle(k, g))
    return lack


@unit("i(ii)")
def can_resume(k: Any, v: int, but: int) -> int:
    """Whether paused work can go on, with what is not kept; team `but` is not asked."""
    g = visits(k, v)[V_GRANTS]
    while g != -1:
        t = grants(k, g)[G_TEAM]
        if t != but and missing(k, g, 0 if but != -1 else teams(k, t)[T_KEPT]) > 0:
            return 0
        g = grants(k, g)[G_OF_VISIT]
    return 1


@leaf
def why_not(k: Any, g: int) -> int:
    """What keeps the staff of paused work away: nobody is on duty, or everybody there is down; else -1."""
    team = teams(k, grants(k, g)[G_TEAM])
    if team[T_MEMBERS]:
        if named_units.any_away(k, g):
            return PAUSE_OFF_SHIFT
        return PAUSE_OUTAGE if named_units.any_down(k, g) else -1
    if team[T_ON_DUTY] <= 0:
        return PAUSE_OFF_SHIFT
    return PAUSE_OUTAGE if team[T_ON_DUTY] <= team[T_DOWN] else -1


@unit("i(i)")
def recause_pause(k: Any, v: int) -> int:
    """The first cause that applies at any provider of paused work."""
    found = -1
    g = visits(k, v)[V_GRANTS]
    while g != -1:
        why = why_not(k, g)
        if why != -1 and found != PAUSE_OFF_SHIFT:
            found = why
        g = grants(k, g)[G_OF_VISIT]
    pauses.recause(k, v, found)
    return 0


@unit("i(i)")
def recause_pauses(k: Any, t: int) -> int:
    """Paused work changes its cause with the staff: nobody on duty, everybody down, or as it began."""
    g = teams(k, t)[T_PAUSED]
    while g != -1:
        recause_pause(k, grants(k, g)[G_VISIT])
        g = grants(k, g)[G_AFTER]
    return 0


# -- staff come and go


@unit("i(ii)")
def change_staff(k: Any, t: int, number: int) -> int:
    """Set how many are on duty; when they are fewer, idle staff go first, then the latest started."""
    note(k, t)
    team = teams(k, t)
    team[T_ON_DUTY] = number
    if team[T_OFF_SHIFT] == PAUSE:
        while free(k, t) < 0 and team[T_ACTIVE] != -1:
            pause(k, grants(k, latest_started(k, t))[G_VISIT], PAUSE_OFF_SHIFT)
    recause_pauses(k, t)
    return 0


@unit("i(ii)")
def follow_schedule(k: Any, t: int, clock: int) -> int:
    """Bring the staff to what the schedule says now (of unit `clock`, where units have their own).

    Gives the instant at which it says something else.
    """
    team = teams(k, t)
    if team[T_MEMBERS]:
        named_units.follow_own_schedule(k, t, clock)
        return schedules.next_change(k, units(k, team[T_UNIT] + clock)[U_SCHEDULE], k[NOW])
    number, change = schedules.value_and_change(k, team[T_STAFF], k[NOW])
    change_staff(k, t, max(int(number), 0))
    return change


@leaf
def keep_to_schedule(k: Any, t: int, clock: int) -> None:
    """Bring the staff to what the schedule says, now and at its next change."""
    change = follow_schedule(k, t, clock)
    if change < NEVER:
        plan(k, change, STAFF, (t << 20) | clock, t, clock)


@unit("i(ii)")
def on_staff_change(k: Any, t: int, clock: int) -> int:
    keep_to_schedule(k, t, clock)
    touch(k, t)
    return 0


@unit("i(i)")
def open_team(k: Any, t: int) -> int:
    """The staff that a run begins with."""
    team = teams(k, t)
    for clock in range(team[T_UNITS] if team[T_MEMBERS] else 1):
        keep_to_schedule(k, t, clock)
    return 0


# -- outages


@unit("i(ii)")
def fail_unit(k: Any, t: int, clock: int) -> int:
    """A unit breaks down: an idle one on duty first, else one at work there, else one who is away."""
    note(k, t)
    team = teams(k, t)
    clocks(k, team[T_CLOCK] + clock)[C_BROKEN] = k[NOW]
    if team[T_MEMBERS]:
        named_units.fail_own(k, t, clock)
        return 0
    stopped = stopped_by_outage(k, t)
    if team[T_NAMED]:
        named_units.mark_down(k, t, clock, stopped)
    team[T_DOWN] += 1
    if stopped != -1:
        pause(k, grants(k, stopped)[G_VISIT], PAUSE_OUTAGE)
    recause_pauses(k, t)
    return 0


@leaf
def most(k: Any, t: int) -> int:
    """The units that there are, on duty or not."""
    return max(teams(k, t)[T_UNITS], teams(k, t)[T_ON_DUTY])


@leaf
def stopped_by_outage(k: Any, t: int) -> int:
    """The grant of the unit that breaks down: that which started latest, unless somebody is idle; else -1."""
    team = teams(k, t)
    away = team[T_ON_DUTY] <= team[T_DOWN] and team[T_OCCUPIED] + team[T_DOWN] < most(k, t)
    if free(k, t) > 0 or away:
        return -1
    return latest_started(k, t)


@unit("i(ii)")
def repair_unit(k: Any, t: int, clock: int) -> int:
    """The unit works again; gives its number, -1 where staff are a number."""
    note(k, t)
    team = teams(k, t)
    team[T_DOWN] -= 1
    member = -1
    if team[T_NAMED]:
        member = named_units.repair_own(k, t, clock)
    if not team[T_MEMBERS] and team[T_OFF_SHIFT] == FINISH_WORK:
        if free(k, t) <= 0 and team[T_OCCUPIED] + team[T_DOWN] < most(k, t):
            resume_first(k, t, -1)
    recause_pauses(k, t)
    return member


@unit("i(ii)")
def resume_first(k: Any, t: int, u: int) -> int:
    """In overtime, go on with the first of what an outage interrupted: of member `u`, or of any one unit."""
    found = -1
    g = teams(k, t)[T_PAUSED]
    while g != -1:
        v = grants(k, g)[G_VISIT]
        alone = grants(k, g)[G_COUNT] == 1 if u == -1 else named_units.is_alone(k, g, u)
        if alone and visits(k, v)[V_REASON] == PAUSE_OUTAGE and can_resume(k, v, t):
            if found == -1 or resumes_before(k, v, found):
                found = v
        g = grants(k, g)[G_AFTER]
    if found != -1:
        resume(k, found)
    return 0


# -- the end of a shift


@leaf
def why_absent(k: Any, g: int) -> int:
    """Why staff who were held may not go on with the work of a grant now; -1 if they may."""
    team = teams(k, grants(k, g)[G_TEAM])
    if team[T_MEMBERS]:
        if named_units.any_down(k, g):
            return PAUSE_OUTAGE
        return PAUSE_OFF_SHIFT if team[T_OFF_SHIFT] == PAUSE and named_units.any_away(k, g) else -1
    if team[T_OFF_SHIFT] == PAUSE and free(k, grants(k, g)[G_TEAM]) < 0:
        return PAUSE_OUTAGE if team[T_ON_DUTY] >= team[T_OCCUPIED] else PAUSE_OFF_SHIFT
    return PAUSE_OUTAGE if team[T_OCCUPIED] + team[T_DOWN] > most(k, grants(k, g)[G_TEAM]) else -1


@unit("i(i)")
def respect_shift(k: Any, v: int) -> int:
    """Staff whose shift ended or who broke down while they were held put the work aside."""
    found = -1
    g = visits(k, v)[V_GRANTS]
    while g != -1:
        why = why_absent(k, g)
        if why != -1 and found != PAUSE_OFF_SHIFT:
            found = why
        g = grants(k, g)[G_OF_VISIT]
    if found != -1:
        pause(k, v, found)
    return 0

"""Who can do work so that it ends within the shift, where staff start nothing else (``off_shift: fit``).

See :mod:`serviceflow.engine.reference.fitting`. A *way* to do work is who leads (-1 where nobody is told
apart), and whether those who start with them may need a setup.
"""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import dispatching, evaluation, named_units, schedules
from serviceflow.engine.kernel import providers as all_teams
from serviceflow.engine.kernel.events import append
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import leaf, unit
from serviceflow.engine.kernel.queues import can
from serviceflow.engine.kernel.rows import grants, ints, lines, nodes, services, teams, units, visits

NO_WAY = -1


@leaf
def way_of(lead: int, with_setup: int) -> int:
    return 2 * (lead + 1) + with_setup


@leaf
def lead_of(way: int) -> int:
    return (way >> 1) - 1


@leaf
def sets_up(way: int) -> bool:
    return way & 1 == 1


@unit("i(iii)")
def way_that_fits(k: Any, v: int, needs: int, victims: int) -> int:
    """How a visit would start now, were the work of the listed grants put aside; -1 if it does not fit.

    Each of those who could lead is asked in the order of choice, until the work fits.
    """
    t = leading(k, needs)
    if t == -1:
        return way_led_by(k, v, needs, victims, -1)
    x = visits(k, v)[V_SERVICE]
    skill = lines(k, visits(k, v)[V_LINE])[L_SKILL]
    lead = next_candidate(k, t, x, skill, victims, -1)
    while lead != -1:
        way = way_led_by(k, v, needs, victims, lead)
        if way != NO_WAY:
            return way
        lead = next_candidate(k, t, x, skill, victims, lead)
    return NO_WAY


@leaf
def leading(k: Any, needs: int) -> int:
    """The first of some providers whose staff are told apart; -1 if there is none."""
    listed = ints(k, needs)
    for place in range(listed[0]):
        if teams(k, listed[1 + 2 * place])[T_NAMED]:
            return listed[1 + 2 * place]  # type: ignore[no-any-return]
    return -1


@unit("i(iiii)")
def way_led_by(k: Any, v: int, needs: int, victims: int, lead: int) -> int:
    """Whether with a setup, as those who are chosen as ever need one or not, else the other way round."""
    if services(k, visits(k, v)[V_SERVICE])[X_SETUP] == -1:
        way = way_of(lead, 1)
        return way if is_way(k, v, needs, victims, way) else NO_WAY
    usual = usual_change(k, v, needs, victims, lead)
    for turn in range(2):
        way = way_of(lead, usual ^ turn)
        if is_way(k, v, needs, victims, way):
            return way
    return NO_WAY


@unit("i(iiii)")
def usual_change(k: Any, v: int, needs: int, victims: int, lead: int) -> int:
    """Whether any of those who would be chosen as ever, after the one who leads, has to be set up."""
    x = visits(k, v)[V_SERVICE]
    skill = lines(k, visits(k, v)[V_LINE])[L_SKILL]
    if lead != -1 and changes(k, lead, x):
        return 1
    listed = ints(k, needs)
    for place in range(listed[0]):
        t = listed[1 + 2 * place]
        left = listed[2 + 2 * place] if teams(k, t)[T_NAMED] else 0
        if lead != -1 and units(k, lead)[U_TEAM] == t:
            left -= 1
        u = next_candidate(k, t, x, skill, victims, -1) if left > 0 else -1
        while u != -1:
            if u != lead:
                if changes(k, u, x):
                    return 1
                left -= 1
            u = next_candidate(k, t, x, skill, victims, u) if left > 0 else -1
    return 0


@unit("i(iiii)")
def is_way(k: Any, v: int, needs: int, victims: int, way: int) -> int:
    """Whether there are staff who do work in a way, all of them on duty until the end."""
    x = visits(k, v)[V_SERVICE]
    skill = lines(k, visits(k, v)[V_LINE])[L_SKILL]
    end = k[NOW] + length(k, v, way)
    lead = lead_of(way)
    if lead != -1 and not able(k, lead, x, way, end):
        return 0
    listed = ints(k, needs)
    for place in range(listed[0]):
        t, count = listed[1 + 2 * place], listed[2 + 2 * place]
        if teams(k, t)[T_NAMED] and count_able(k, t, x, skill, victims, way, end) < count:
            return 0
        if not lasts(k, t, count, end, victims):
            return 0
    return 1


@leaf
def length(k: Any, v: int, way: int) -> int:
    """Ticks that work takes in a way, a setup included."""
    x = visits(k, v)[V_SERVICE]
    work = dispatching.ticks_led_by(k, x, lead_of(way), evaluation.drawn_ticks(k, x, v))
    return max(work, 1) + (dispatching.drawn_setup(k, x, v) if sets_up(way) else 0)


# -- those who could do it


@leaf
def changes(k: Any, u: int, x: int) -> bool:
    """Whether a unit comes to a service from another one."""
    return units(k, u)[U_SET_TO] != -1 and units(k, u)[U_SET_TO] != x


@leaf
def able(k: Any, u: int, x: int, way: int, end: int) -> bool:
    """Whether a unit may work in a way: set to it, if there is no setup, and on duty until the end."""
    if not sets_up(way) and changes(k, u, x):
        return False
    team = teams(k, units(k, u)[U_TEAM])
    if not team[T_MEMBERS] or team[T_OFF_SHIFT] != FIT:
        return True
    return schedules.next_change(k, units(k, u)[U_SCHEDULE], k[NOW]) >= end  # type: ignore[no-any-return]


@leaf
def is_aside(k: Any, n: int, v: int) -> bool:
    """Whether a visit has one of the listed grants."""
    while n != -1:
        if grants(k, nodes(k, n)[N_A])[G_VISIT] == v:
            return True
        n = nodes(k, n)[N_AFTER]
    return False


@leaf
def is_candidate(k: Any, u: int, skill: int, victims: int) -> bool:
    """Whether a unit could start, were some work put aside; who of a crew is there, its number says."""
    mine = units(k, u)
    if mine[U_DOWN] or (mine[U_VISIT] != -1 and not is_aside(k, victims, mine[U_VISIT])):
        return False
    return not teams(k, mine[U_TEAM])[T_MEMBERS] or (mine[U_ON_DUTY] == 1 and can(k, u, skill))


@leaf
def most_of(k: Any, t: int, victims: int) -> int:
    """How many could start at a team, were some work put aside; all who are there, of members."""
    if teams(k, t)[T_MEMBERS]:
        return teams(k, t)[T_UNITS]  # type: ignore[no-any-return]
    found = all_teams.free(k, t)
    while victims != -1:
        grant = grants(k, nodes(k, victims)[N_A])
        found += grant[G_COUNT] if grant[G_TEAM] == t else 0
        victims = nodes(k, victims)[N_AFTER]
    return found


@unit("i(iiiii)")
def next_candidate(k: Any, t: int, x: int, skill: int, victims: int, after: int) -> int:
    """Who is chosen for a service next after a unit, or first after -1; -1 if there is nobody else."""
    team = teams(k, t)
    most = most_of(k, t, victims)
    found = -1
    for u in range(team[T_UNIT], team[T_UNIT] + team[T_UNITS]):
        if most > 0 and is_candidate(k, u, skill, victims):
            most -= 1
            if after == -1 or comes_after(k, u, after, x):
                if found == -1 or named_units.is_better(k, u, found, x):
                    found = u
    return found


@leaf
def comes_after(k: Any, u: int, other: int, x: int) -> bool:
    if named_units.is_better(k, other, u, x):
        return True
    return u > other and not named_units.is_better(k, u, other, x)


@unit("i(iiiiii)")
def count_able(k: Any, t: int, x: int, skill: int, victims: int, way: int, end: int) -> int:
    """How many of those who could start may work in a way."""
    team = teams(k, t)
    most = most_of(k, t, victims)
    found = 0
    for u in range(team[T_UNIT], team[T_UNIT] + team[T_UNITS]):
        if most > 0 and is_candidate(k, u, skill, victims):
            most -= 1
            found += 1 if able(k, u, x, way, end) else 0
    return found


@leaf
def is_listed(k: Any, n: int, g: int) -> bool:
    """Whether a grant is in a list."""
    while n != -1:
        if nodes(k, n)[N_A] == g:
            return True
        n = nodes(k, n)[N_AFTER]
    return False


@unit("i(iiii)")
def lasts(k: Any, t: int, count: int, end: int, victims: int) -> int:
    """Whether staff never drop below `count` more than is then in hand, less the victims, before the end."""
    team = teams(k, t)
    if team[T_OFF_SHIFT] != FIT or team[T_MEMBERS]:
        return 1
    change = schedules.next_change(k, team[T_STAFF], k[NOW])
    while change < end:
        in_hand = count
        g = team[T_ACTIVE]
        while g != -1:
            work = visits(k, grants(k, g)[G_VISIT])
            if work[V_RESUMED] + work[V_REMAINING] > change and not is_listed(k, victims, g):
                in_hand += grants(k, g)[G_COUNT]
            g = grants(k, g)[G_AFTER]
        if in_hand > schedules.schedule_at(k, team[T_STAFF], change):
            return 0
        change = schedules.next_change(k, team[T_STAFF], change)
    return 1


# -- taking them


@unit("i(iiiii)")
def choose(k: Any, t: int, v: int, count: int, skill: int, way: int) -> int:
    """Take those who start on a visit in a way; gives the first of their list."""
    x = visits(k, v)[V_SERVICE]
    end = k[NOW] + length(k, v, way)
    lead = lead_of(way)
    first = last = -1
    if lead != -1 and units(k, lead)[U_TEAM] == t:
        first = last = append(k, -1, lead)
        count -= 1
    u = next_candidate(k, t, x, skill, -1, -1) if count > 0 else -1
    while u != -1:
        if u != lead and able(k, u, x, way, end):
            last = append(k, last, u)
            first = last if first == -1 else first
            count -= 1
        u = next_candidate(k, t, x, skill, -1, u) if count > 0 else -1
    n = first
    while n != -1:
        units(k, nodes(k, n)[N_A])[U_VISIT] = v
        units(k, nodes(k, n)[N_A])[U_SINCE] = k[NOW]
        n = nodes(k, n)[N_AFTER]
    return first

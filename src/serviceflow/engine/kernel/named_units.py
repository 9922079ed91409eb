"""Teams whose units are told apart: because they are members, keep a setup, or gain experience."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import providers as all_teams
from serviceflow.engine.kernel import schedules
from serviceflow.engine.kernel.events import append, give_node
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import leaf, unit
from serviceflow.engine.kernel.queues import can, note
from serviceflow.engine.kernel.rows import clocks, grants, ints, nodes, teams, units, visits
from serviceflow.engine.program.codes import PAUSE_OFF_SHIFT, PAUSE_OUTAGE

ACTIVE = 1


@leaf
def is_idle(k: Any, u: int) -> bool:
    """Whether a unit is there and has nothing in hand; who of a crew is there, its number says."""
    mine = units(k, u)
    if mine[U_VISIT] != -1 or mine[U_DOWN]:
        return False
    return mine[U_ON_DUTY] == 1 or not teams(k, mine[U_TEAM])[T_MEMBERS]


@leaf
def is_better(k: Any, u: int, best: int, x: int) -> bool:
    """Set to the service, without paused work; members of the fewest skills, least worked, as listed.

    Who has work in hand is asked as if that were put aside.
    """
    mine, its = units(k, u), units(k, best)
    if (mine[U_SET_TO] != x) != (its[U_SET_TO] != x):
        return mine[U_SET_TO] == x
    if is_tied(k, u) != is_tied(k, best):
        return not is_tied(k, u)
    if not teams(k, mine[U_TEAM])[T_MEMBERS]:
        return False
    skills, others = ints(k, mine[U_SKILLS])[0], ints(k, its[U_SKILLS])[0]
    if skills != others:
        return skills < others
    if worked(k, u) != worked(k, best):
        return worked(k, u) < worked(k, best)
    return mine[U_LISTED] < its[U_LISTED]


@leaf
def is_tied(k: Any, u: int) -> bool:
    """Whether a unit has work that stands still."""
    return units(k, u)[U_TIED] != 0 or units(k, u)[U_VISIT] != -1


@leaf
def worked(k: Any, u: int) -> int:
    """For how long a unit has had work in hand until now."""
    mine = units(k, u)
    return mine[U_WORKED] + (k[NOW] - mine[U_SINCE] if mine[U_VISIT] != -1 else 0)


@unit("i(iiii)")
def best_idle(k: Any, t: int, x: int, skill: int, most: int) -> int:
    """The idle unit that is chosen first for a service; of a crew, one of the first `most`."""
    team = teams(k, t)
    found = -1
    for u in range(team[T_UNIT], team[T_UNIT] + team[T_UNITS]):
        if is_idle(k, u) and (not team[T_MEMBERS] or can(k, u, skill)):
            if most <= 0:
                break
            if found == -1 or is_better(k, u, found, x):
                found = u
            most -= 0 if team[T_MEMBERS] else 1
    return found


@unit("i(iiii)")
def choose(k: Any, t: int, v: int, count: int, skill: int) -> int:
    """Take idle units for a visit; gives the first of their list."""
    first = last = -1
    x = visits(k, v)[V_SERVICE]
    there = all_teams.free(k, t)
    for place in range(count):
        u = best_idle(k, t, x, skill, there - place)
        units(k, u)[U_VISIT] = v
        units(k, u)[U_SINCE] = k[NOW]
        last = append(k, last, u)
        first = last if first == -1 else first
    return first


@unit("i(ii)")
def let_go(k: Any, g: int, stay_tied: int) -> int:
    """The units of a grant are free for others; those of paused work stay tied to it."""
    n = grants(k, g)[G_WHICH]
    while n != -1:
        mine = units(k, nodes(k, n)[N_A])
        mine[U_VISIT] = -1
        mine[U_WORKED] += k[NOW] - mine[U_SINCE]
        mine[U_TIED] += stay_tied
        n = nodes(k, n)[N_AFTER]
    return 0


@unit("i(i)")
def untie(k: Any, g: int) -> int:
    """The units of a grant have one paused work less that waits for them."""
    n = grants(k, g)[G_WHICH]
    while n != -1:
        units(k, nodes(k, n)[N_A])[U_TIED] -= 1
        n = nodes(k, n)[N_AFTER]
    return 0


@unit("i(i)")
def forget(k: Any, g: int) -> int:
    """Give the list of a grant's units back."""
    n = grants(k, g)[G_WHICH]
    while n != -1:
        following = nodes(k, n)[N_AFTER]
        give_node(k, n)
        n = following
    grants(k, g)[G_WHICH] = -1
    return 0


@unit("i(i)")
def take_up(k: Any, g: int) -> int:
    """Units are on paused work again: its own; of a crew, others where its own are not idle."""
    v = grants(k, g)[G_VISIT]
    n = grants(k, g)[G_WHICH]
    while n != -1:
        units(k, nodes(k, n)[N_A])[U_TIED] -= 1
        n = nodes(k, n)[N_AFTER]
    if not teams(k, grants(k, g)[G_TEAM])[T_MEMBERS]:
        take_others(k, g)
    n = grants(k, g)[G_WHICH]
    while n != -1:
        units(k, nodes(k, n)[N_A])[U_VISIT] = v
        units(k, nodes(k, n)[N_A])[U_SINCE] = k[NOW]
        n = nodes(k, n)[N_AFTER]
    return 0


@unit("i(i)")
def take_others(k: Any, g: int) -> int:
    """List the units of a crew that go on with paused work: its own first, then those set to the service."""
    v, t = grants(k, g)[G_VISIT], grants(k, g)[G_TEAM]
    x = visits(k, v)[V_SERVICE]
    own = grants(k, g)[G_WHICH]
    first = last = -1
    for _ in range(grants(k, g)[G_COUNT]):
        u = best_to_go_on(k, t, x, own)
        units(k, u)[U_VISIT] = v
        last = append(k, last, u)
        first = last if first == -1 else first
    forget(k, g)
    grants(k, g)[G_WHICH] = first
    n = first
    while n != -1:
        units(k, nodes(k, n)[N_A])[U_SET_TO] = x
        n = nodes(k, n)[N_AFTER]
    return 0


@leaf
def best_to_go_on(k: Any, t: int, x: int, own: int) -> int:
    team = teams(k, t)
    found = -1
    rank = 4
    for u in range(team[T_UNIT], team[T_UNIT] + team[T_UNITS]):
        if is_idle(k, u):
            its = (0 if is_listed(k, own, u) else 2) + (0 if units(k, u)[U_SET_TO] == x else 1)
            if its < rank:
                rank = its
                found = u
    return found


@leaf
def is_listed(k: Any, n: int, u: int) -> bool:
    while n != -1:
        if nodes(k, n)[N_A] == u:
            return True
        n = nodes(k, n)[N_AFTER]
    return False


@leaf
def is_alone(k: Any, g: int, u: int) -> bool:
    """Whether a grant is of one unit only, and that is `u`."""
    n = grants(k, g)[G_WHICH]
    return nodes(k, n)[N_A] == u and nodes(k, n)[N_AFTER] == -1


@unit("i(i)")
def not_idle(k: Any, g: int) -> int:
    """How many of a grant's members could not go on now."""
    found = 0
    n = grants(k, g)[G_WHICH]
    while n != -1:
        if not is_idle(k, nodes(k, n)[N_A]):
            found += 1
        n = nodes(k, n)[N_AFTER]
    return found


@unit("i(i)")
def any_away(k: Any, g: int) -> int:
    n = grants(k, g)[G_WHICH]
    while n != -1:
        if not units(k, nodes(k, n)[N_A])[U_ON_DUTY]:
            return 1
        n = nodes(k, n)[N_AFTER]
    return 0


@unit("i(i)")
def any_down(k: Any, g: int) -> int:
    n = grants(k, g)[G_WHICH]
    while n != -1:
        if units(k, nodes(k, n)[N_A])[U_DOWN]:
            return 1
        n = nodes(k, n)[N_AFTER]
    return 0


@unit("i(ii)")
def freed_by(k: Any, g: int, skill: int) -> int:
    """How many units could start other work, were that of a grant put aside."""
    found = 0
    n = grants(k, g)[G_WHICH]
    while n != -1:
        u = nodes(k, n)[N_A]
        if units(k, u)[U_ON_DUTY] and not units(k, u)[U_DOWN] and can(k, u, skill):
            found += 1
        n = nodes(k, n)[N_AFTER]
    return found


@unit("i(ii)")
def freed_for(k: Any, g: int, paused: int) -> int:
    """How many units could go on with the work of a paused grant, were that of another put aside."""
    found = 0
    n = grants(k, g)[G_WHICH]
    while n != -1:
        u = nodes(k, n)[N_A]
        if units(k, u)[U_ON_DUTY] and not units(k, u)[U_DOWN] and is_listed(k, grants(k, paused)[G_WHICH], u):
            found += 1
        n = nodes(k, n)[N_AFTER]
    return found


# -- staff come and go


@unit("i(iii)")
def set_duty(k: Any, t: int, u: int, on_duty: int) -> int:
    mine = units(k, u)
    if mine[U_ON_DUTY] == on_duty:
        return 0
    mine[U_ON_DUTY] = on_duty
    team = teams(k, t)
    team[T_ON_DUTY] += 1 if on_duty else -1
    if not on_duty and mine[U_VISIT] != -1 and team[T_OFF_SHIFT] == PAUSE:
        g = all_teams.grant_of(k, mine[U_VISIT], t)
        if grants(k, g)[G_STATE] == ACTIVE:
            all_teams.pause(k, mine[U_VISIT], PAUSE_OFF_SHIFT)
    return 0


@unit("i(ii)")
def follow_own_schedule(k: Any, t: int, clock: int) -> int:
    """Bring a member to or from work as its own calendar says."""
    note(k, t)
    u = teams(k, t)[T_UNIT] + clock
    on_duty = 1 if schedules.schedule_at(k, units(k, u)[U_SCHEDULE], k[NOW]) > 0 else 0
    set_duty(k, t, u, on_duty)
    all_teams.recause_pauses(k, t)
    return 0


@unit("i(ii)")
def fail_own(k: Any, t: int, clock: int) -> int:
    """A member breaks down."""
    team = teams(k, t)
    u = team[T_UNIT] + clock
    clocks(k, team[T_CLOCK] + clock)[C_UNIT] = u
    mine = units(k, u)
    mine[U_DOWN] = 1
    team[T_DOWN] += 1
    if mine[U_VISIT] != -1:
        g = all_teams.grant_of(k, mine[U_VISIT], t)
        if grants(k, g)[G_STATE] == ACTIVE:
            all_teams.pause(k, mine[U_VISIT], PAUSE_OUTAGE)
    all_teams.recause_pauses(k, t)
    return 0


@unit("i(iii)")
def mark_down(k: Any, t: int, clock: int, stopped: int) -> int:
    """Say which of a crew breaks down: of the work that stops, else an idle one, the last of them."""
    team = teams(k, t)
    u = last_up(k, grants(k, stopped)[G_WHICH]) if stopped != -1 else last_idle(k, t, all_teams.free(k, t))
    if u == -1:
        for other in range(team[T_UNIT], team[T_UNIT] + team[T_UNITS]):
            if not units(k, other)[U_DOWN]:
                u = other
    units(k, u)[U_DOWN] = 1
    clocks(k, team[T_CLOCK] + clock)[C_UNIT] = u
    return 0


@leaf
def last_up(k: Any, n: int) -> int:
    found = -1
    while n != -1:
        if not units(k, nodes(k, n)[N_A])[U_DOWN]:
            found = nodes(k, n)[N_A]
        n = nodes(k, n)[N_AFTER]
    return found


@leaf
def last_idle(k: Any, t: int, there: int) -> int:
    """The last of the idle units that are there, or of all where none is."""
    team = teams(k, t)
    if there <= 0:
        there = team[T_UNITS]
    found = -1
    for u in range(team[T_UNIT], team[T_UNIT] + team[T_UNITS]):
        if is_idle(k, u) and there > 0:
            found = u
            there -= 1
    return found


@unit("i(ii)")
def repair_own(k: Any, t: int, clock: int) -> int:
    """The unit works again, a member in overtime too if its work was interrupted there; gives its number."""
    team = teams(k, t)
    u = clocks(k, team[T_CLOCK] + clock)[C_UNIT]
    mine = units(k, u)
    mine[U_DOWN] = 0
    if not team[T_MEMBERS]:
        return -1
    if team[T_OFF_SHIFT] == FINISH_WORK and not mine[U_ON_DUTY] and mine[U_VISIT] == -1:
        all_teams.resume_first(k, t, u)
    return mine[U_INDEX]

"""Teams whose units are told apart: because they are members, keep a setup, or gain experience."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import providers as all_teams
from serviceflow.engine.kernel import schedules
from serviceflow.engine.kernel.events import append, give_node
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import leaf, unit
from serviceflow.engine.kernel.queues import can, note
from serviceflow.engine.kernel.rows import clocks, grants, lines, nodes, teams, units, visits
from serviceflow.engine.program.codes import PAUSE_OFF_SHIFT, PAUSE_OUTAGE

ACTIVE = 1


@leaf
def is_idle(k: Any, u: int) -> bool:
    mine = units(k, u)
    return mine[U_ON_DUTY] == 1 and mine[U_DOWN] == 0 and mine[U_VISIT] == -1


@unit("i(iii)")
def best_idle(k: Any, t: int, x: int, skill: int) -> int:
    """An idle unit: already set to the service first, then without paused work, then in order."""
    team = teams(k, t)
    found = -1
    rank = 4
    for u in range(team[T_UNIT], team[T_UNIT] + team[T_UNITS]):
        if is_idle(k, u) and can(k, u, skill):
            mine = units(k, u)
            its = (2 if mine[U_SET_TO] != x else 0) + (1 if mine[U_TIED] else 0)
            if its < rank:
                rank = its
                found = u
    return found


@unit("i(iiii)")
def choose(k: Any, t: int, v: int, count: int, skill: int) -> int:
    """Take idle units for a visit; gives the first of their list."""
    first = last = -1
    x = visits(k, v)[V_SERVICE]
    for _ in range(count):
        u = best_idle(k, t, x, skill)
        units(k, u)[U_VISIT] = v
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
        mine[U_TIED] += stay_tied
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
    """The units of paused work are on it again."""
    n = grants(k, g)[G_WHICH]
    while n != -1:
        mine = units(k, nodes(k, n)[N_A])
        mine[U_VISIT] = grants(k, g)[G_VISIT]
        mine[U_TIED] -= 1
        n = nodes(k, n)[N_AFTER]
    return 0


@unit("i(i)")
def all_idle(k: Any, g: int) -> int:
    n = grants(k, g)[G_WHICH]
    while n != -1:
        if not is_idle(k, nodes(k, n)[N_A]):
            return 0
        n = nodes(k, n)[N_AFTER]
    return 1


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
            all_teams.pause(k, g, PAUSE_OFF_SHIFT)
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
def change_crew(k: Any, t: int, number: int) -> int:
    """Set how many are on duty: who still works returns first, and leaves last."""
    note(k, t)
    team = teams(k, t)
    while team[T_ON_DUTY] < number:
        u = first_to_return(k, t)
        if u == -1:
            break
        set_duty(k, t, u, 1)
    while team[T_ON_DUTY] > number:
        set_duty(k, t, first_to_leave(k, t, 1, 0), 0)
    all_teams.recause_pauses(k, t)
    return 0


@leaf
def own_paused(k: Any, t: int, u: int) -> int:
    """The visit that would be the first to resume of the paused ones tied to a unit; -1 if none."""
    found = -1
    if not units(k, u)[U_TIED]:
        return found
    g = teams(k, t)[T_PAUSED]
    while g != -1:
        v = grants(k, g)[G_VISIT]
        n = grants(k, g)[G_WHICH]
        while n != -1:
            if nodes(k, n)[N_A] == u and (found == -1 or all_teams.resumes_before(k, v, found)):
                found = v
            n = nodes(k, n)[N_AFTER]
        g = grants(k, g)[G_AFTER]
    return found


@unit("i(i)")
def first_to_return(k: Any, t: int) -> int:
    """Who still works comes on duty first, then who has paused work."""
    team = teams(k, t)
    found = -1
    rank = 4
    own = -1
    for u in range(team[T_UNIT], team[T_UNIT] + team[T_UNITS]):
        mine = units(k, u)
        if mine[U_ON_DUTY]:
            continue
        paused = own_paused(k, t, u)
        its = (0 if mine[U_VISIT] != -1 else 2) + (0 if paused != -1 else 1)
        better = its < rank
        if its == rank and paused != -1 and paused != own:
            better = all_teams.resumes_before(k, paused, own)
        if better:
            found, rank, own = u, its, paused
    return found


@unit("i(iii)")
def first_to_leave(k: Any, t: int, on_duty_only: int, not_down: int) -> int:
    """Idle staff leave first, the last of them; then who started latest."""
    team = teams(k, t)
    found = -1
    for u in range(team[T_UNIT], team[T_UNIT] + team[T_UNITS]):
        mine = units(k, u)
        if (on_duty_only and not mine[U_ON_DUTY]) or (not_down and mine[U_DOWN]):
            continue
        if found == -1:
            found = u
            continue
        its, best = mine[U_VISIT], units(k, found)[U_VISIT]
        if (
            its == -1
            or (best != -1 and its == best)
            or (best != -1 and its != best and all_teams.starts_later(k, its, best))
        ):
            found = u
    return found


@unit("i(ii)")
def fail_own(k: Any, t: int, clock: int) -> int:
    """A unit breaks down: the member itself, or an idle one on duty first, then the latest started."""
    team = teams(k, t)
    if team[T_MEMBERS]:
        u = team[T_UNIT] + clock
    else:
        u = first_to_leave(k, t, 1, 1)
        if u == -1:
            u = first_to_leave(k, t, 0, 1)
    clocks(k, team[T_CLOCK] + clock)[C_UNIT] = u
    mine = units(k, u)
    mine[U_DOWN] = 1
    team[T_DOWN] += 1
    if mine[U_VISIT] != -1:
        g = all_teams.grant_of(k, mine[U_VISIT], t)
        if grants(k, g)[G_STATE] == ACTIVE:
            all_teams.pause(k, g, PAUSE_OUTAGE)
    all_teams.recause_pauses(k, t)
    return 0


@unit("i(ii)")
def repair_own(k: Any, t: int, clock: int) -> int:
    """The unit works again, in overtime too if its work was interrupted there; gives its number."""
    team = teams(k, t)
    u = clocks(k, team[T_CLOCK] + clock)[C_UNIT]
    mine = units(k, u)
    mine[U_DOWN] = 0
    if team[T_OFF_SHIFT] == FINISH_WORK and not mine[U_ON_DUTY] and mine[U_VISIT] == -1:
        resume_own_overtime(k, t, u)
    return mine[U_INDEX] if team[T_MEMBERS] else -1


@leaf
def resume_own_overtime(k: Any, t: int, u: int) -> None:
    found = -1
    g = teams(k, t)[T_PAUSED]
    while g != -1:
        v = grants(k, g)[G_VISIT]
        n = grants(k, g)[G_WHICH]
        alone = nodes(k, n)[N_A] == u and nodes(k, n)[N_AFTER] == -1
        if (
            alone
            and visits(k, v)[V_REASON] == PAUSE_OUTAGE
            and (found == -1 or all_teams.resumes_before(k, v, grants(k, found)[G_VISIT]))
        ):
            found = g
        g = grants(k, g)[G_AFTER]
    if found != -1:
        all_teams.resume(k, found)


@leaf
def first_set_free(k: Any, victims: int, skill: int) -> int:
    """The unit that would be free first, were the listed work put aside."""
    while victims != -1:
        n = grants(k, nodes(k, victims)[N_A])[G_WHICH]
        while n != -1:
            if can(k, nodes(k, n)[N_A], skill):
                return nodes(k, n)[N_A]
            n = nodes(k, n)[N_AFTER]
        victims = nodes(k, victims)[N_AFTER]
    return -1


@unit("i(iiii)")
def fits_own(k: Any, t: int, v: int, length: int, victims: int) -> int:
    """Whether work would end within the shift of the member who would do it."""
    mine = visits(k, v)
    l = mine[V_LINE]
    skill = -1 if l == -1 else lines(k, l)[L_SKILL]
    u = best_idle(k, t, mine[V_SERVICE], skill)
    if u == -1:
        u = first_set_free(k, victims, skill)
    if u == -1:
        return 0
    change = schedules.next_change(k, units(k, u)[U_SCHEDULE], k[NOW])
    return 1 if min(change, 2**62) >= k[NOW] + length else 0

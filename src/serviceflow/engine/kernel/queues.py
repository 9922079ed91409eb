"""Lines of visits that wait for the same staff, and the causes of waiting in them (see ``reference.queues``).

A line keeps two lists of its visits: by queue key, from which they start, and by arrival, along which the
time is kept in which later arrivals were being served. Both are walked from both ends at once, since what
comes or goes is nearly always near one of them.
"""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import leaf, unit
from serviceflow.engine.kernel.rows import grants, ints, lines, nodes, teams, units, visits, visits_f
from serviceflow.engine.program.codes import (
    CAUSE_AWAY,
    CAUSE_CONTENTION,
    CAUSE_HELD,
    CAUSE_OFF_SHIFT,
    CAUSE_OUTAGE,
    CAUSE_PARTNER,
)


@leaf
def goes_before(k: Any, v: int, other: int) -> bool:
    """Whether a visit comes before another by queue key, arrival and identity."""
    mine, its = visits_f(k, v)[V_KEY], visits_f(k, other)[V_KEY]
    if mine != its:
        return mine < its
    return came_before(k, v, other)


@leaf
def came_before(k: Any, v: int, other: int) -> bool:
    mine, its = visits(k, v), visits(k, other)
    if mine[V_ARRIVED] != its[V_ARRIVED]:
        return mine[V_ARRIVED] < its[V_ARRIVED]
    return mine[V_IDENTITY] < its[V_IDENTITY]


@leaf
def successor(k: Any, line: Any, v: int) -> int:
    """The visit before which another must be put into the line; -1 at its end."""
    front = line[L_HEAD]
    back = line[L_TAIL]
    if back == -1 or goes_before(k, back, v):
        return -1
    while True:
        if goes_before(k, v, front):
            return front
        front = visits(k, front)[V_AFTER]
        before = visits(k, back)[V_BEFORE]
        if before == -1 or goes_before(k, before, v):
            return back
        back = before


@leaf
def link(k: Any, line: Any, v: int) -> None:
    """Put a visit into its place by queue key."""
    after = successor(k, line, v)
    mine = visits(k, v)
    before = line[L_TAIL] if after == -1 else visits(k, after)[V_BEFORE]
    mine[V_BEFORE] = before
    mine[V_AFTER] = after
    if before == -1:
        line[L_HEAD] = v
    else:
        visits(k, before)[V_AFTER] = v
    if after == -1:
        line[L_TAIL] = v
    else:
        visits(k, after)[V_BEFORE] = v
    line[L_COUNT] += 1


@leaf
def unlink(k: Any, line: Any, v: int) -> None:
    mine = visits(k, v)
    before, after = mine[V_BEFORE], mine[V_AFTER]
    if before == -1:
        line[L_HEAD] = after
    else:
        visits(k, before)[V_AFTER] = after
    if after == -1:
        line[L_TAIL] = before
    else:
        visits(k, after)[V_BEFORE] = before
    line[L_COUNT] -= 1


@unit("i(ii)")
def enter_by_arrival(k: Any, l: int, v: int) -> int:
    """Take a place among those who may be overtaken; gives what is credited from there on."""
    line = lines(k, l)
    mine = visits(k, v)
    later = -1
    earlier = line[L_LATEST]
    credit = 0
    while earlier != -1 and came_before(k, v, earlier):
        credit += visits(k, earlier)[V_CREDITS]
        later = earlier
        earlier = visits(k, earlier)[V_EARLIER]
    mine[V_CREDITS] = 0
    mine[V_EARLIER] = earlier
    mine[V_LATER] = later
    if earlier == -1:
        line[L_EARLIEST] = v
    else:
        visits(k, earlier)[V_LATER] = v
    if later == -1:
        line[L_LATEST] = v
    else:
        visits(k, later)[V_EARLIER] = v
    return credit


@unit("i(ii)")
def leave_by_arrival(k: Any, l: int, v: int) -> int:
    """Give up that place; gives what was credited from it on, which is carried to the one before."""
    line = lines(k, l)
    mine = visits(k, v)
    earlier, later = mine[V_EARLIER], mine[V_LATER]
    own = mine[V_CREDITS]
    total = own
    ahead, behind, skipped = later, earlier, 0
    while ahead != -1 and behind != -1:
        total += visits(k, ahead)[V_CREDITS]
        skipped += visits(k, behind)[V_CREDITS]
        ahead = visits(k, ahead)[V_LATER]
        behind = visits(k, behind)[V_EARLIER]
    if ahead != -1:
        total = line[L_CREDITS] - skipped
    if earlier == -1:
        line[L_EARLIEST] = later
        line[L_CREDITS] -= own
    else:
        visits(k, earlier)[V_LATER] = later
        visits(k, earlier)[V_CREDITS] += own
    if later == -1:
        line[L_LATEST] = earlier
    else:
        visits(k, later)[V_EARLIER] = earlier
    return total


@unit("i(iiii)")
def charge(k: Any, l: int, arrived: int, identity: int, ticks: int) -> int:
    """Count time for everyone who arrived before the latest arrival in service."""
    line = lines(k, l)
    front, back = line[L_EARLIEST], line[L_LATEST]
    if not is_before(k, front, arrived, identity):
        return 0
    while not is_before(k, back, arrived, identity):
        back = visits(k, back)[V_EARLIER]
        following = visits(k, front)[V_LATER]
        if not is_before(k, following, arrived, identity):
            back = front
            break
        front = following
    visits(k, back)[V_CREDITS] += ticks
    line[L_CREDITS] += ticks
    return 0


@leaf
def is_before(k: Any, v: int, arrived: int, identity: int) -> bool:
    mine = visits(k, v)
    return mine[V_ARRIVED] < arrived or (mine[V_ARRIVED] == arrived and mine[V_IDENTITY] < identity)


# -- causes


@leaf
def can(k: Any, u: int, skill: int) -> bool:
    """Whether a unit has a skill."""
    if skill == -1:
        return True
    known = ints(k, units(k, u)[U_SKILLS])
    for place in range(known[0]):
        if known[1 + place] == skill:
            return True
    return False


@unit("i(ii)")
def spare_units(k: Any, t: int, skill: int) -> int:
    """How many members could start work that asks for a skill."""
    team = teams(k, t)
    found = 0
    for u in range(team[T_UNIT], team[T_UNIT] + team[T_UNITS]):
        mine = units(k, u)
        if mine[U_ON_DUTY] and not mine[U_DOWN] and mine[U_VISIT] == -1 and can(k, u, skill):
            found += 1
    return found


@leaf
def spare(k: Any, t: int, skill: int) -> int:
    """How many units could start work that asks for a skill now."""
    team = teams(k, t)
    if team[T_MEMBERS]:
        return spare_units(k, t, skill)
    return team[T_ON_DUTY] - team[T_DOWN] - team[T_OCCUPIED]


@unit("i(iii)")
def count_units(k: Any, t: int, skill: int, down: int) -> int:
    """Units on duty with a skill; of these those that are down, if asked for."""
    team = teams(k, t)
    found = 0
    for u in range(team[T_UNIT], team[T_UNIT] + team[T_UNITS]):
        mine = units(k, u)
        if mine[U_ON_DUTY] and (mine[U_DOWN] or not down) and can(k, u, skill):
            found += 1
    return found


@leaf
def able(k: Any, g: int, skill: int) -> int:
    """Units of a grant who could do what asks for a skill."""
    found = 0
    n = grants(k, g)[G_WHICH]
    while n != -1:
        if can(k, nodes(k, n)[N_A], skill):
            found += 1
        n = nodes(k, n)[N_AFTER]
    return found


@unit("i(ii)")
def count_held(k: Any, t: int, skill: int) -> int:
    """Members with a skill who are held without work."""
    found = 0
    g = teams(k, t)[T_HOLDING]
    while g != -1:
        found += able(k, g, skill)
        g = grants(k, g)[G_AFTER]
    return found


@leaf
def cause(k: Any, l: int) -> int:
    """Why a line waits, as things stand: the first cause that applies."""
    line = lines(k, l)
    skill = line[L_SKILL]
    mains = ints(k, line[L_MAINS])
    on_duty = down = held = 0
    for place in range(mains[0]):
        t = mains[1 + place]
        team = teams(k, t)
        if team[T_MEMBERS]:
            on_duty += count_units(k, t, skill, 0)
            down += count_units(k, t, skill, 1)
            held += count_held(k, t, skill) if team[T_HELD] else 0
        else:
            on_duty += team[T_ON_DUTY]
            down += min(team[T_DOWN], team[T_ON_DUTY])
            held += team[T_HELD]
    if on_duty <= 0:
        return CAUSE_AWAY
    if on_duty <= down:
        return CAUSE_OUTAGE
    if held:
        return CAUSE_HELD
    partners = ints(k, line[L_PARTNERS])
    for place in range(partners[0]):
        if spare(k, partners[1 + 2 * place], skill) < partners[2 + 2 * place]:
            return CAUSE_PARTNER
    if line[L_FITS]:
        for place in range(mains[0]):
            if spare(k, mains[1 + place], skill) > 0:
                return CAUSE_OFF_SHIFT
    return CAUSE_CONTENTION


@leaf
def attended(line: Any, mine: Any) -> bool:
    """Whether somebody was on duty at any time since a visit joined; up to the last note."""
    return line[L_SINCE] - line[L_AWAY] > mine[V_SINCE] - mine[V_MARK_AWAY]


@leaf
def unattended(line: Any, mine: Any) -> int:
    """For how long, after a visit joined, nobody was on duty, until somebody was; up to the last note."""
    until = mine[V_CAME] if attended(line, mine) else line[L_AWAY]
    return until - mine[V_MARK_AWAY]


@unit("i(i)")
def greet(k: Any, l: int) -> int:
    """Tell those who joined while nobody was on duty that somebody is; before that time is noted."""
    line = lines(k, l)
    v = line[L_HEAD]
    while v != -1:
        mine = visits(k, v)
        if not attended(line, mine):
            mine[V_CAME] = line[L_AWAY]
        v = mine[V_AFTER]
    return 0


@leaf
def note_line(k: Any, l: int) -> None:
    """Put the time since the last note on the clock of its cause; called before any change of staff.

    Nobody asks for the time in which nobody waited.
    """
    line = lines(k, l)
    if line[L_HEAD] == -1:
        line[L_SINCE] = k[NOW]
    elif line[L_SINCE] != k[NOW]:
        note_wait(k, l)


@unit("i(i)")
def note_wait(k: Any, l: int) -> int:
    """The same of a line in which somebody waits."""
    line = lines(k, l)
    ticks = k[NOW] - line[L_SINCE]
    why = cause(k, l)
    if line[L_WAS_AWAY] and why != CAUSE_AWAY:
        greet(k, l)
    line[L_WAS_AWAY] = 1 if why == CAUSE_AWAY else 0
    line[L_OFF_SHIFT + why] += ticks
    line[L_SINCE] = k[NOW]
    if why != CAUSE_CONTENTION or not line[L_OVERTAKEN] or line[L_EARLIEST] == -1:
        return 0
    arrived = identity = -1
    skill = line[L_SKILL]
    mains = ints(k, line[L_MAINS])
    for place in range(mains[0]):
        g = teams(k, mains[1 + place])[T_ACTIVE]
        while g != -1:
            grant = grants(k, g)
            work = visits(k, grant[G_VISIT])
            if skill != -1 and teams(k, grant[G_TEAM])[T_MEMBERS] and not able(k, g, skill):
                g = grant[G_AFTER]
                continue
            if work[V_ARRIVED] > arrived or (work[V_ARRIVED] == arrived and work[V_IDENTITY] > identity):
                arrived = work[V_ARRIVED]
                identity = work[V_IDENTITY]
            g = grant[G_AFTER]
    if identity >= 0:
        charge(k, l, arrived, identity, ticks)
    return 0


@leaf
def note(k: Any, t: int) -> None:
    """Note the time of every line that a change of a team's staff concerns."""
    tracked = ints(k, teams(k, t)[T_TRACKED])
    for place in range(tracked[0]):
        note_line(k, tracked[1 + place])


# -- joining and leaving


@leaf
def join_line(k: Any, l: int, v: int) -> int:
    line = lines(k, l)
    mine = visits(k, v)
    mine[V_LINE] = l
    if line[L_TRACKED]:
        note_line(k, l)
        for why in range(6):
            mine[V_MARK_OFF_SHIFT + why] = line[L_OFF_SHIFT + why]
        mine[V_CAME] = line[L_AWAY]
        if line[L_OVERTAKEN]:
            mine[V_CREDIT] = enter_by_arrival(k, l, v)
    link(k, line, v)
    return 0


@leaf
def leave_line(k: Any, v: int) -> int:
    """Take a visit out of its line and give it the parts of its wait."""
    mine = visits(k, v)
    l = mine[V_LINE]
    line = lines(k, l)
    waited = k[NOW] - mine[V_SINCE]
    if line[L_TRACKED] and waited:
        note_line(k, l)
        for why in range(5):
            mine[V_WAIT_OFF_SHIFT + why] += line[L_OFF_SHIFT + why] - mine[V_MARK_OFF_SHIFT + why]
            # The fifth is partner: prioritization and contention come after it.
        first = unattended(line, mine)
        mine[V_WAIT_OFF_SHIFT] += first
        mine[V_WAIT_CARRIED_OVER] -= first
        waited = line[L_CONTENTION] - mine[V_MARK_CONTENTION]
    unlink(k, line, v)
    mine[V_LINE] = -1
    if line[L_OVERTAKEN]:
        behind = leave_by_arrival(k, l, v) - mine[V_CREDIT]
        mine[V_WAIT_PRIORITIZATION] += behind
        waited -= behind
    mine[V_WAIT_CONTENTION] += waited
    return 0

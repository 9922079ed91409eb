"""Who starts next, whose work is interrupted, and what staff carry over from one work to the next."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import (
    deadlock,
    evaluation,
    expressions,
    fitting,
    flow,
    learning,
    meeting,
    named_units,
    stocks,
)
from serviceflow.engine.kernel import providers as all_teams
from serviceflow.engine.kernel import splits as all_splits
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
NOTHING_STARTS, START_VISIT, RESUME_VISIT = range(3)


@leaf
def on_starts(k: Any, unused: int) -> int:
    """Let start what can, group by group of providers that meet in some queue."""
    k[STARTS_PLANNED] = 0
    asked = k[STOCKS_TOUCHED]
    if asked:
        stocks.serve_stocks(k, 0)
    while k[TEAMS_TOUCHED] != -1:
        serve(k, next_touched(k))
    if asked and k[MAY_HOLD]:
        deadlock.check_held(k, 0)
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
    """Let start what can at a provider, and at those that it meets in some queue."""
    team = teams(k, t)
    while True:
        found = next_of_line(k, t) if team[T_PLAIN] else next_work(k, team[T_GROUP])
        if found == START_VISIT:
            flow.start_here(k, k[OFFERED], k[OFFERED_NEEDS])
        elif found == RESUME_VISIT:
            all_teams.resume(k, k[OFFERED])
        elif not (team[T_GROUP_PREEMPTS] and preempt(k, team[T_GROUP])):
            break
    group = ints(k, team[T_GROUP])
    for place in range(group[0]):
        other = teams(k, group[1 + place])
        if other[T_FRESH] != -1:
            settle(k, group[1 + place])
        if other[T_BLOCKED] != -1:
            let_in(k, group[1 + place])
        if other[T_HELD] and other[T_ACTIVE] == -1:
            deadlock.check_knot(k, group[1 + place])
    return 0


# -- one line at one provider: its head is next, or paused work


@leaf
def next_of_line(k: Any, t: int) -> int:
    """The next work of a provider with one line, from which one unit serves one visit at a time."""
    team = teams(k, t)
    line = lines(k, team[T_LINE])
    if team[T_ON_DUTY] - team[T_DOWN] - team[T_OCCUPIED] <= 0:
        return NOTHING_STARTS
    v = line[L_HEAD]
    if team[T_PAUSED] != -1:
        v = first_with_paused(k, t, v)
    if v == -1:
        return NOTHING_STARTS
    k[OFFERED] = v
    k[OFFERED_NEEDS] = line[L_NEEDS]
    return START_VISIT if visits(k, v)[V_LINE] != -1 else RESUME_VISIT


@unit("i(ii)")
def first_with_paused(k: Any, t: int, v: int) -> int:
    """Who comes first at a provider: the head of its line (-1 for none), or paused work."""
    g = teams(k, t)[T_PAUSED]
    while g != -1:
        if v == -1 or meeting.ranks_before(k, grants(k, g)[G_VISIT], v, t):
            v = grants(k, g)[G_VISIT]
        g = grants(k, g)[G_AFTER]
    return v


# -- order: paused work and those in line, each after all who are ahead of it at a provider of both


@unit("i(ii)")
def begin_pass(k: Any, group_at: int, interrupting: int) -> int:
    """Begin to look at those who wait; gives whether any could start, or interrupt work.

    Nothing is kept, and those who could not, and for whom nothing is kept, are passed by.
    """
    k[PASSES] += 1
    group = ints(k, group_at)
    for place in range(group[0]):
        t = group[1 + place]
        teams(k, t)[T_KEPT] = 0
        teams(k, t)[T_FIRST] = -1
        teams(k, t)[T_LEAST] = least_at(k, t) if interrupting and teams(k, t)[T_PREEMPTIVE] else -1
    anybody = 0
    for place in range(group[0]):
        t = group[1 + place]
        listed = ints(k, teams(k, t)[T_LINES])
        for each in range(listed[0]):
            if ints(k, lines(k, listed[1 + each])[L_INVOLVED])[1] == t:
                anybody |= begin_line(k, listed[1 + each], interrupting)
        g = teams(k, t)[T_PAUSED]
        while g != -1:
            v = grants(k, g)[G_VISIT]
            if visits(k, v)[V_GRANTS] == g:
                if may_interrupt(k, v) if interrupting else all_teams.can_resume(k, v, -1):
                    anybody = 1
                else:
                    visits(k, v)[V_SEEN] = k[PASSES]
            g = grants(k, g)[G_AFTER]
    return anybody


@leaf
def begin_line(k: Any, l: int, interrupting: bool) -> int:
    """Look at a line from its head on; gives whether anybody in it could start, or interrupt work."""
    line = lines(k, l)
    v = line[L_HEAD]
    line[L_CURSOR] = v
    anybody = 0
    if v != -1 and not interrupting:
        anybody = 1 if has_staff(k, l) else 0
    while v != -1 and interrupting:
        if may_interrupt(k, v):
            anybody = 1
        elif not line[L_RESERVE]:
            visits(k, v)[V_SEEN] = k[PASSES]
        v = visits(k, v)[V_AFTER] if line[L_FITS] or line[L_MIXED] else -1
    if not anybody and not line[L_RESERVE]:
        line[L_CURSOR] = -1
    return anybody


@leaf
def has_staff(k: Any, l: int) -> bool:
    """Whether there are staff for those in a line, if nothing is kept for others."""
    alternatives = ints(k, lines(k, l)[L_ALTERNATIVES])
    for place in range(alternatives[0]):
        if enough(k, l, alternatives[1 + place], False):
            return True
    return False


@leaf
def enough(k: Any, l: int, needs: int, reserved: bool) -> bool:
    """Whether staff are free for one of a line's alternatives."""
    listed = ints(k, needs)
    for each in range(listed[0]):
        t = listed[1 + 2 * each]
        kept = teams(k, t)[T_KEPT] if reserved else 0
        if spare(k, t, lines(k, l)[L_SKILL]) - kept < listed[2 + 2 * each]:
            return False
    return True


@leaf
def least_at(k: Any, t: int) -> int:
    """A visit with the least urgent work in hand at a provider; -1 if there is none."""
    found = -1
    g = teams(k, t)[T_ACTIVE]
    while g != -1:
        v = grants(k, g)[G_VISIT]
        if found == -1 or visits_f(k, v)[V_PRIORITY] > visits_f(k, found)[V_PRIORITY]:
            found = v
        g = grants(k, g)[G_AFTER]
    return found


@leaf
def may_interrupt(k: Any, v: int) -> bool:
    """Whether less urgent work is in hand at a provider that a visit needs, and that interrupts work."""
    l = visits(k, v)[V_LINE]
    if l != -1:
        involved = ints(k, lines(k, l)[L_INVOLVED])
        for place in range(involved[0]):
            if yields(k, involved[1 + place], v):
                return True
        return False
    g = visits(k, v)[V_GRANTS]
    while g != -1:
        if yields(k, grants(k, g)[G_TEAM], v):
            return True
        g = grants(k, g)[G_OF_VISIT]
    return False


@leaf
def yields(k: Any, t: int, urgent: int) -> bool:
    least = teams(k, t)[T_LEAST]
    return least != -1 and visits_f(k, least)[V_PRIORITY] > visits_f(k, urgent)[V_PRIORITY]  # type: ignore[no-any-return]


@leaf
def preempts(k: Any, v: int) -> bool:
    """Whether any provider of a visit interrupts work."""
    g = visits(k, v)[V_GRANTS]
    while g != -1:
        if teams(k, grants(k, g)[G_TEAM])[T_PREEMPTIVE]:
            return True
        g = grants(k, g)[G_OF_VISIT]
    return False


@leaf
def exposed(k: Any, group_at: int) -> int:
    """Paused work, and of every line the visit under its cursor, or all where orders are mixed."""
    first = -1
    group = ints(k, group_at)
    for place in range(group[0]):
        t = group[1 + place]
        listed = ints(k, teams(k, t)[T_LINES])
        for each in range(listed[0]):
            line = lines(k, listed[1 + each])
            v = line[L_CURSOR] if ints(k, line[L_INVOLVED])[1] == t else -1
            while v != -1:
                following = visits(k, v)[V_AFTER]
                if visits(k, v)[V_SEEN] != k[PASSES]:
                    visits(k, v)[V_NEXT] = first
                    first = v
                    following = following if line[L_MIXED] else -1
                v = following
        g = teams(k, t)[T_PAUSED]
        while g != -1:
            v = grants(k, g)[G_VISIT]
            if visits(k, v)[V_GRANTS] == g and visits(k, v)[V_SEEN] != k[PASSES]:
                visits(k, v)[V_NEXT] = first
                first = v
            g = grants(k, g)[G_AFTER]
    return first


@leaf
def pass_by(k: Any, v: int, interrupting: bool) -> None:
    """A visit has been looked at: who is behind it comes next."""
    l = visits(k, v)[V_LINE]
    visits(k, v)[V_SEEN] = k[PASSES]
    if l == -1:
        return
    line = lines(k, l)
    if not line[L_FITS] and not (line[L_MIXED] and interrupting):
        line[L_CURSOR] = -1  # The others need the same staff.
    elif not line[L_MIXED]:
        line[L_CURSOR] = visits(k, v)[V_AFTER]


# -- the choice of the next work


@unit("i(i)")
def next_work(k: Any, group_at: int) -> int:
    """What providers should do next: start a visit on given staff, or resume paused work."""
    if not begin_pass(k, group_at, 0):
        return NOTHING_STARTS
    while True:
        v = meeting.foremost(k, group_at, exposed(k, group_at))
        if v == -1:
            return NOTHING_STARTS
        pass_by(k, v, False)
        l = visits(k, v)[V_LINE]
        if l == -1:
            if all_teams.can_resume(k, v, -1):
                k[OFFERED] = v
                return RESUME_VISIT
            continue
        needs = startable(k, l, v)
        if needs != -1:
            return draw_offer(k, v, needs)
        if lines(k, l)[L_RESERVE]:
            keep_for(k, l, 0)


@unit("i(ii)")
def startable(k: Any, l: int, v: int) -> int:
    """The first of a line's alternatives on which a visit could start now; -1 if there is none."""
    line = lines(k, l)
    alternatives = ints(k, line[L_ALTERNATIVES])
    for place in range(alternatives[0]):
        needs = alternatives[1 + place]
        if enough(k, l, needs, True):
            if not line[L_FITS] or fitting.way_that_fits(k, v, needs, -1) != fitting.NO_WAY:
                return needs
    return -1


@leaf
def keep_for(k: Any, l: int, all_of_it: int) -> None:
    """Staff are kept for a visit that reserves them: those who are free, or as many as it needs."""
    line = lines(k, l)
    listed = ints(k, line[L_NEEDS])
    for place in range(listed[0]):
        t = listed[1 + 2 * place]
        wanted = listed[2 + 2 * place]
        teams(k, t)[T_KEPT] += wanted if all_of_it else min(wanted, max(spare(k, t, line[L_SKILL]), 0))


# -- the random discipline


@unit("i(ii)")
def draw_offer(k: Any, v: int, needs: int) -> int:
    """Where a provider's order is random, any of those who could start there, each as likely."""
    listed = ints(k, needs)
    for place in range(listed[0]):
        if teams(k, listed[1 + 2 * place])[T_DISCIPLINE] == RANDOM:
            return random_work(k, listed[1 + 2 * place], v)
    k[OFFERED] = v
    k[OFFERED_NEEDS] = needs
    return START_VISIT


@unit("i(ii)")
def random_work(k: Any, t: int, foremost: int) -> int:
    team = teams(k, t)
    listed = ints(k, team[T_LINES])
    first = last = -1
    count = 0
    in_order = True
    for place in range(listed[0]):
        l = listed[1 + place]
        v = first_startable(k, l, lines(k, l)[L_HEAD])
        while v != -1:
            if includes(k, startable(k, l, v), t) and (v == foremost or not overtakes(k, v, t)):
                if last == -1:
                    first = v
                else:
                    visits(k, last)[V_NEXT] = v
                    in_order = in_order and came_before(k, last, v)
                visits(k, v)[V_NEXT] = -1
                last = v
                count += 1
            v = first_startable(k, l, visits(k, v)[V_AFTER])
    drawn = expressions.uniform(k, unsigned(team[T_SELECTION]), unsigned(team[T_SELECTIONS]), unsigned(0))
    team[T_SELECTIONS] += 1
    v = nth(k, first, int(drawn * count)) if in_order else nth_by_arrival(k, first, int(drawn * count))
    k[OFFERED] = v
    k[OFFERED_NEEDS] = startable(k, visits(k, v)[V_LINE], v)
    return START_VISIT


@unit("i(ii)")
def overtakes(k: Any, v: int, t: int) -> int:
    """Whether somebody who could go on is ahead of a visit at another provider, one that has an order."""
    involved = ints(k, lines(k, visits(k, v)[V_LINE])[L_INVOLVED])
    for place in range(involved[0]):
        other = involved[1 + place]
        if other == t or teams(k, other)[T_DISCIPLINE] == RANDOM:
            continue
        if teams(k, other)[T_FIRST] == -1:
            teams(k, other)[T_FIRST] = first_at(k, other)
        first = teams(k, other)[T_FIRST]
        if first != v and meeting.ranks_before(k, first, v, other):
            return 1
    return 0


@unit("i(i)")
def first_at(k: Any, t: int) -> int:
    """The first at a provider who could go on."""
    first = -1
    listed = ints(k, teams(k, t)[T_LINES])
    for place in range(listed[0]):
        l = listed[1 + place]
        v = first_startable(k, l, lines(k, l)[L_HEAD])
        while v != -1:
            if first == -1 or meeting.ranks_before(k, v, first, t):
                first = v
            v = first_startable(k, l, visits(k, v)[V_AFTER])
    g = teams(k, t)[T_PAUSED]
    while g != -1:
        v = grants(k, g)[G_VISIT]
        if all_teams.can_resume(k, v, -1) and (first == -1 or meeting.ranks_before(k, v, first, t)):
            first = v
        g = grants(k, g)[G_AFTER]
    return first


@leaf
def includes(k: Any, needs: int, t: int) -> bool:
    listed = ints(k, needs)
    for place in range(listed[0]):
        if listed[1 + 2 * place] == t:
            return True
    return False


@unit("i(ii)")
def first_startable(k: Any, l: int, v: int) -> int:
    """From a visit of a line on, the first that could start now."""
    while v != -1 and startable(k, l, v) == -1:
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
def preempt(k: Any, group_at: int) -> int:
    """Interrupt less urgent work, if that sets free what more urgent work waits for, queued or paused."""
    if not begin_pass(k, group_at, 1):
        return 0
    while True:
        v = meeting.foremost(k, group_at, exposed(k, group_at))
        if v == -1:
            return 0
        pass_by(k, v, True)
        l = visits(k, v)[V_LINE]
        if l == -1:
            if interrupt_for(k, v, -1, group_at):
                return 1
            continue
        alternatives = ints(k, lines(k, l)[L_ALTERNATIVES])
        for place in range(alternatives[0]):
            if interrupt_for(k, v, alternatives[1 + place], group_at):
                return 1
        if lines(k, l)[L_RESERVE]:
            keep_for(k, l, 1)  # What is set free would be kept for this one.


@unit("i(iii)")
def interrupt_for(k: Any, urgent: int, needs: int, group_at: int) -> int:
    """Pause the least urgent work, then the latest started, until there are staff enough."""
    short = find_short(k, urgent, needs, group_at)
    if short <= 0:
        return 0
    first = last = -1
    v = least_urgent(k, group_at, -1)
    while v != -1 and short > 0:
        gained = gain(k, urgent, v)
        if gained >= 0:
            short -= gained
            g = visits(k, v)[V_GRANTS]
            while g != -1:
                last = append(k, last, g)
                first = last if first == -1 else first
                g = grants(k, g)[G_OF_VISIT]
        if short > 0:
            v = least_urgent(k, group_at, v)
    done = short <= 0
    if done and needs != -1 and lines(k, visits(k, urgent)[V_LINE])[L_FITS]:
        done = fitting.way_that_fits(k, urgent, needs, first) != fitting.NO_WAY
    while first != -1:
        g = nodes(k, first)[N_A]
        if done and visits(k, grants(k, g)[G_VISIT])[V_GRANTS] == g:
            all_teams.pause(k, grants(k, g)[G_VISIT], PAUSE_PREEMPTED)
        following = nodes(k, first)[N_AFTER]
        give_node(k, first)
        first = following
    return 1 if done else 0


@leaf
def find_short(k: Any, urgent: int, needs: int, group_at: int) -> int:
    """Note where staff are lacking; gives how many in all, or 0 where nobody may be interrupted."""
    group = ints(k, group_at)
    for place in range(group[0]):
        teams(k, group[1 + place])[T_SHORT] = 0
    if needs == -1:
        g = visits(k, urgent)[V_GRANTS]
        while g != -1:
            t = grants(k, g)[G_TEAM]
            teams(k, t)[T_SHORT] = max(all_teams.missing(k, g, teams(k, t)[T_KEPT]), 0)
            g = grants(k, g)[G_OF_VISIT]
    else:
        skill = lines(k, visits(k, urgent)[V_LINE])[L_SKILL]
        listed = ints(k, needs)
        for place in range(listed[0]):
            t = listed[1 + 2 * place]
            teams(k, t)[T_SHORT] = max(listed[2 + 2 * place] + teams(k, t)[T_KEPT] - spare(k, t, skill), 0)
    short = 0
    for place in range(group[0]):
        team = teams(k, group[1 + place])
        if team[T_SHORT] and not team[T_PREEMPTIVE]:
            return 0
        short += team[T_SHORT]
    return short


@unit("i(ii)")
def gain(k: Any, urgent: int, work: int) -> int:
    """What putting work aside gives where staff are short; -1 if it may not be interrupted."""
    found = 0
    urgency = -meeting.FOREVER
    queued = visits(k, urgent)[V_LINE] != -1
    g = visits(k, work)[V_GRANTS]
    while g != -1:
        t = grants(k, g)[G_TEAM]
        if teams(k, t)[T_SHORT]:
            found += freed(k, urgent, g)
            urgency = max(urgency, visits_f(k, urgent)[V_PRIORITY])
            if queued:
                urgency = max(urgency, meeting.key_at(k, urgent, t))
        g = grants(k, g)[G_OF_VISIT]
    if not found or visits_f(k, work)[V_PRIORITY] <= urgency:
        return -1
    found = 0
    g = visits(k, work)[V_GRANTS]
    while g != -1:
        team = teams(k, grants(k, g)[G_TEAM])
        if team[T_SHORT]:
            taken = min(freed(k, urgent, g), team[T_SHORT])
            team[T_SHORT] -= taken
            found += taken
        g = grants(k, g)[G_OF_VISIT]
    return found


@leaf
def freed(k: Any, urgent: int, g: int) -> int:
    """How many units a visit could have, were the work of a grant put aside."""
    t = grants(k, g)[G_TEAM]
    if not teams(k, t)[T_MEMBERS]:
        return grants(k, g)[G_COUNT]  # type: ignore[no-any-return]
    l = visits(k, urgent)[V_LINE]
    if l == -1:
        return named_units.freed_for(k, g, all_teams.grant_of(k, urgent, t))  # type: ignore[no-any-return]
    return named_units.freed_by(k, g, lines(k, l)[L_SKILL])  # type: ignore[no-any-return]


@unit("i(ii)")
def least_urgent(k: Any, group_at: int, before: int) -> int:
    """Of the work where staff are short, the least urgent, then the latest started, before another."""
    found = -1
    group = ints(k, group_at)
    for place in range(group[0]):
        team = teams(k, group[1 + place])
        g = team[T_ACTIVE] if team[T_SHORT] else -1
        while g != -1:
            v = grants(k, g)[G_VISIT]
            if before == -1 or all_teams.resumes_before(k, v, before):
                if found == -1 or all_teams.resumes_before(k, found, v):
                    found = v
            g = grants(k, g)[G_AFTER]
    return found


# -- full queues ahead


# The blocked of a provider are a list of nodes: a visit, and of a split the node of the branch.


@unit("i(ii)")
def block(k: Any, v: int, leader: int) -> int:
    """Hold the staff of a visit until it has left by all the ways that are chosen."""
    mine = visits(k, v)
    mine[V_SINCE] = k[NOW]
    mine[V_STAGE] = IS_BLOCKED
    if services(k, mine[V_SERVICE])[X_SPLIT]:
        n = mine[V_CHOSEN]
        while n != -1:
            stand_blocked(k, v, nodes(k, n)[N_A], n)
            n = nodes(k, n)[N_AFTER]
    else:
        stand_blocked(k, v, mine[V_CHOSEN], -1)
    g = visits(k, leader)[V_GRANTS]
    while g != -1:
        if grants(k, g)[G_STATE] == ACTIVE:
            all_teams.hold_grant(k, g)
            all_teams.touch(k, grants(k, g)[G_TEAM])
        g = grants(k, g)[G_OF_VISIT]
    return 0


@leaf
def stand_blocked(k: Any, v: int, h: int, branch: int) -> None:
    """Wait for room where a handoff leads to, behind those who were blocked, or arrived, before."""
    t = flow.limited_target(k, h)
    entry = append(k, -1, v)
    nodes(k, entry)[N_B] = branch
    before = -1
    after = teams(k, t)[T_BLOCKED]
    while after != -1 and not comes_first(k, v, nodes(k, after)[N_A]):
        before = after
        after = nodes(k, after)[N_AFTER]
    nodes(k, entry)[N_AFTER] = after
    if before == -1:
        teams(k, t)[T_BLOCKED] = entry
    else:
        nodes(k, before)[N_AFTER] = entry


@leaf
def comes_first(k: Any, v: int, other: int) -> bool:
    """Whether a visit that is blocked now goes on before another one that is blocked."""
    return visits(k, other)[V_SINCE] == k[NOW] and came_before(k, v, other)


@leaf
def way_of_blocked(k: Any, entry: int) -> int:
    """The handoff by which one of the blocked is to leave."""
    branch = nodes(k, entry)[N_B]
    return visits(k, nodes(k, entry)[N_A])[V_CHOSEN] if branch == -1 else nodes(k, branch)[N_A]


@unit("i(i)")
def let_in(k: Any, t: int) -> int:
    """There may be room: first blocked, first served."""
    team = teams(k, t)
    while team[T_BLOCKED] != -1 and flow.is_open(k, way_of_blocked(k, team[T_BLOCKED])):
        entry = team[T_BLOCKED]
        v, branch = nodes(k, entry)[N_A], nodes(k, entry)[N_B]
        h = way_of_blocked(k, entry)
        team[T_BLOCKED] = nodes(k, entry)[N_AFTER]
        give_node(k, entry)
        flow.claimed(k, h)
        b = visits(k, v)[V_STRAND]
        if branch == -1:
            visits(k, v)[V_CHOSEN] = -1
        else:
            b = all_splits.leave_by(k, v, branch)
        if visits(k, v)[V_CHOSEN] == -1:
            unblock(k, v)
        flow.send(k, b, v, h, flow.limited_target(k, h))
    return 0


@leaf
def unblock(k: Any, v: int) -> None:
    """A visit that was blocked leaves by its last way; the last of its batch lets the staff go."""
    mine = visits(k, v)
    leader = v if mine[V_LEADER] == -1 else mine[V_LEADER]
    mine[V_BLOCKED] += k[NOW] - mine[V_SINCE]
    if visits(k, leader)[V_AWAITING] == 1:
        all_teams.unhold(k, leader)
    mine[V_STAGE] = OVER
    flow.depart_late(k, v, leader)


@leaf
def take_place(k: Any, v: int, t: int) -> None:
    """Who comes to a queue that refuses has a place in it, until it is seen whether there is one."""
    if visits(k, v)[V_CLAIMS] != -1:
        return
    flow.claim(k, v, t)
    n = append(k, -1, v)
    nodes(k, n)[N_B] = visits(k, v)[V_ID]
    nodes(k, n)[N_AFTER] = teams(k, t)[T_FRESH]
    teams(k, t)[T_FRESH] = n


@unit("i(i)")
def settle(k: Any, t: int) -> int:
    """All have started who could: refuse the latest of those who have come now and find no place."""
    team = teams(k, t)
    first = team[T_FRESH]
    team[T_FRESH] = -1
    while team[T_WAITING] > team[T_LIMIT]:
        v = latest_fresh(k, t, first)
        if v == -1:
            break
        flow.refuse(k, v)
    while first != -1:
        following = nodes(k, first)[N_AFTER]
        give_node(k, first)
        first = following
    return 0


@leaf
def latest_fresh(k: Any, t: int, n: int) -> int:
    found = -1
    while n != -1:
        v = nodes(k, n)[N_A]
        if visits(k, v)[V_ID] == nodes(k, n)[N_B] and visits(k, v)[V_CLAIMS] == t:
            if found == -1 or came_before(k, found, v):
                found = v
        n = nodes(k, n)[N_AFTER]
    return found


# -- what units carry over


@unit("i(ii)")
def work_of_unit(k: Any, v: int, length: int) -> int:
    """The work as the one who does it is fast and has learned."""
    g = visits(k, v)[V_GRANTS]
    while g != -1 and grants(k, g)[G_WHICH] == -1:
        g = grants(k, g)[G_OF_VISIT]
    if g == -1:
        return length
    return ticks_led_by(k, visits(k, v)[V_SERVICE], nodes(k, grants(k, g)[G_WHICH])[N_A], length)


@leaf
def ticks_led_by(k: Any, x: int, u: int, length: int) -> int:
    """The work at a service as the unit that leads is fast and has learned; as drawn for -1."""
    if u == -1:
        return length
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
            changes = changes or fitting.changes(k, nodes(k, n)[N_A], x)
            units(k, nodes(k, n)[N_A])[U_SET_TO] = x
            n = nodes(k, n)[N_AFTER]
        g = grants(k, g)[G_OF_VISIT]
    return drawn_setup(k, x, v) if changes else 0


@leaf
def drawn_setup(k: Any, x: int, v: int) -> int:
    """What a change to a service takes: always the same at a visit."""
    service = services(k, x)
    if service[X_SETUP] == -1:
        return 0
    return evaluation.ticks(k, service[X_SETUP], service[X_SETUP_WHAT], v)

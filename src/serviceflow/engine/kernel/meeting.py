"""Who comes first where providers meet in queues (see ``reference.meeting``)."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import evaluation
from serviceflow.engine.kernel import providers as all_teams
from serviceflow.engine.kernel.events import append, give_node
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import leaf, unit
from serviceflow.engine.kernel.queues import came_before
from serviceflow.engine.kernel.rows import grants, ints, lines, nodes, services, teams, visits, visits_f

IS_AHEAD, IS_BEHIND = 1, 2


@unit("i(ii)")
def foremost(k: Any, group_at: int, first: int) -> int:
    """Of a list, the one whom nobody is ahead of in any queue; where queues contradict, see `of_circle`."""
    group = ints(k, group_at)
    found = -1
    for place in range(group[0]):
        v = head_at(k, first, group[1 + place])
        if v != -1 and (found == -1 or came_before(k, v, found)) and is_head(k, v, first, group_at):
            found = v
    return found if found != -1 or first == -1 else of_circle(k, group_at, first)


@unit("i(ii)")
def head_at(k: Any, v: int, t: int) -> int:
    """Who is first of a list in the queue of a provider; -1 if nobody stands in it."""
    found = -1
    while v != -1:
        if may_need(k, v, t) and (found == -1 or ranks_before(k, v, found, t)):
            found = v
        v = visits(k, v)[V_NEXT]
    return found


@leaf
def is_head(k: Any, v: int, first: int, group_at: int) -> bool:
    """Whether a visit is first in every queue in which it stands."""
    group = ints(k, group_at)
    for place in range(group[0]):
        t = group[1 + place]
        if may_need(k, v, t) and head_at(k, first, t) != v:
            return False
    return True


@unit("i(ii)")
def of_circle(k: Any, group_at: int, first: int) -> int:
    """The most urgent of a circle that nobody else is ahead of, and whom no equal is ahead of everywhere."""
    listed = -1
    v = first
    while v != -1:
        n = append(k, -1, v)
        nodes(k, n)[N_B] = 0
        nodes(k, n)[N_AFTER] = listed
        listed = n
        v = visits(k, v)[V_NEXT]
    mark_circle(k, group_at, listed)
    n = most_urgent(k, listed, IS_AHEAD, 0)
    found = tied = nodes(k, n)[N_A]
    if is_behind_equals(k, found, listed):
        found = -1
        n = listed
        while n != -1:
            v = nodes(k, n)[N_A]
            if nodes(k, n)[N_B] & IS_AHEAD and visits_f(k, v)[V_PRIORITY] == visits_f(k, tied)[V_PRIORITY]:
                if (found == -1 or breaks_tie(k, v, found)) and not is_behind_equals(k, v, listed):
                    found = v
            n = nodes(k, n)[N_AFTER]
    while listed != -1:
        following = nodes(k, listed)[N_AFTER]
        give_node(k, listed)
        listed = following
    return tied if found == -1 else found


@unit("i(ii)")
def mark_circle(k: Any, group_at: int, listed: int) -> int:
    """Mark a circle that nobody else is ahead of: that of the most urgent, or one ahead of it."""
    found = most_urgent(k, listed, 0, 0)
    while found != -1:
        follow(k, group_at, listed, found, IS_AHEAD)
        follow(k, group_at, listed, found, IS_BEHIND)
        found = most_urgent(k, listed, IS_AHEAD, IS_BEHIND)
    return 0


@leaf
def most_urgent(k: Any, n: int, marked: int, unmarked: int) -> int:
    """The node of the most urgent of a list that has one mark and not another; -1 if none has."""
    found = -1
    while n != -1:
        marks = nodes(k, n)[N_B]
        if marks & marked == marked and not marks & unmarked:
            if found == -1 or breaks_tie(k, nodes(k, n)[N_A], nodes(k, found)[N_A]):
                found = n
        n = nodes(k, n)[N_AFTER]
    return found


@unit("i(iiii)")
def follow(k: Any, group_at: int, listed: int, start: int, mark: int) -> int:
    """Mark a visit and all who are ahead of it (or behind it), directly or by way of others."""
    n = listed
    while n != -1:
        nodes(k, n)[N_B] &= ~mark
        n = nodes(k, n)[N_AFTER]
    nodes(k, start)[N_B] |= mark
    group = ints(k, group_at)
    unchanged = place = 0
    while unchanged < group[0]:  # In each queue, all before the last that is marked (or after the first).
        unchanged = 0 if mark_queue(k, listed, group[1 + place], mark) else unchanged + 1
        place = (place + 1) % group[0]
    return 0


@leaf
def mark_queue(k: Any, listed: int, t: int, mark: int) -> bool:
    """Mark all who are ahead of one who is marked (or behind) in a queue; gives whether any were not."""
    end = -1
    n = listed
    while n != -1:
        v = nodes(k, n)[N_A]
        if nodes(k, n)[N_B] & mark and may_need(k, v, t) and (end == -1 or goes_on(k, end, v, t, mark)):
            end = v
        n = nodes(k, n)[N_AFTER]
    if end == -1:
        return False
    changed = False
    n = listed
    while n != -1:
        v = nodes(k, n)[N_A]
        if not nodes(k, n)[N_B] & mark and may_need(k, v, t) and goes_on(k, v, end, t, mark):
            nodes(k, n)[N_B] |= mark
            changed = True
        n = nodes(k, n)[N_AFTER]
    return changed


@leaf
def goes_on(k: Any, v: int, other: int, t: int, mark: int) -> int:
    """Whether one is ahead of another at a provider, or behind it."""
    return ranks_before(k, v, other, t) if mark == IS_AHEAD else ranks_before(k, other, v, t)  # type: ignore[no-any-return]


@leaf
def breaks_tie(k: Any, v: int, other: int) -> bool:
    """By urgency, so that nobody takes back what more urgent work has interrupted; then by arrival."""
    mine, its = visits_f(k, v)[V_PRIORITY], visits_f(k, other)[V_PRIORITY]
    return mine < its or (mine == its and came_before(k, v, other))


@unit("i(ii)")
def is_behind_equals(k: Any, v: int, n: int) -> int:
    """Whether any of its circle with the same priority is ahead of a visit wherever they meet."""
    while n != -1:
        other = nodes(k, n)[N_A]
        if nodes(k, n)[N_B] & IS_AHEAD and visits_f(k, other)[V_PRIORITY] == visits_f(k, v)[V_PRIORITY]:
            if other != v and is_ahead(k, other, v) and not is_ahead(k, v, other):
                return 1
        n = nodes(k, n)[N_AFTER]
    return 0


@unit("i(ii)")
def is_ahead(k: Any, v: int, other: int) -> int:
    """Whether a visit is ahead of another at any provider that both may need."""
    l = visits(k, v)[V_LINE]
    if l != -1:
        involved = ints(k, lines(k, l)[L_INVOLVED])
        for place in range(involved[0]):
            t = involved[1 + place]
            if may_need(k, other, t) and ranks_before(k, v, other, t):
                return 1
        return 0
    g = visits(k, v)[V_GRANTS]
    while g != -1:
        t = grants(k, g)[G_TEAM]
        if may_need(k, other, t) and ranks_before(k, v, other, t):
            return 1
        g = grants(k, g)[G_OF_VISIT]
    return 0


@leaf
def may_need(k: Any, v: int, t: int) -> bool:
    """Whether a visit waits for staff of a team, or its paused work does."""
    l = visits(k, v)[V_LINE]
    if l == -1:
        return all_teams.grant_of(k, v, t) != -1  # type: ignore[no-any-return]
    involved = ints(k, lines(k, l)[L_INVOLVED])
    for place in range(involved[0]):
        if involved[1 + place] == t:
            return True
    return False


@unit("i(iii)")
def ranks_before(k: Any, v: int, other: int, t: int) -> int:
    """Whether a visit is ahead of another at a provider: paused work first, among equals if by priority."""
    paused, its_paused = visits(k, v)[V_LINE] == -1, visits(k, other)[V_LINE] == -1
    mine, its = rank_at(k, v, t), rank_at(k, other, t)
    if mine != its:
        return 1 if mine < its else 0
    if paused != its_paused:
        return 1 if paused else 0
    if paused:
        return 1 if all_teams.starts_later(k, other, v) else 0
    return 1 if came_before(k, v, other) else 0


@unit("f(ii)")
def rank_at(k: Any, v: int, t: int) -> float:
    if visits(k, v)[V_LINE] == -1:
        return visits_f(k, v)[V_PRIORITY] if teams(k, t)[T_DISCIPLINE] == PRIORITY else -FOREVER
    return key_at(k, v, t)


FOREVER = float("inf")


@leaf
def key_at(k: Any, v: int, t: int) -> float:
    """What orders a provider's queue."""
    x = visits(k, v)[V_SERVICE]
    if services(k, x)[X_PROVIDER] == t:
        return visits_f(k, v)[V_KEY]  # type: ignore[no-any-return]
    return evaluation.queue_key(k, teams(k, t)[T_DISCIPLINE], x, v)  # type: ignore[no-any-return]

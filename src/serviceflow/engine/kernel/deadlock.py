"""Deadlock: units held by visits that wait for one another in a circle (see ``reference.deadlock``).

Here it is only found; which visits they are is told by the reference engine.
"""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import dispatching, flow
from serviceflow.engine.kernel import stocks as all_stocks
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import fail, leaf, unit
from serviceflow.engine.kernel.queues import spare
from serviceflow.engine.kernel.rows import (
    grants,
    ints,
    lines,
    nodes,
    requests,
    services,
    stocks,
    teams,
    visits,
    wants,
    wants_f,
)
from serviceflow.engine.program.codes import END


@leaf
def may_move(k: Any, t: int) -> bool:
    """Whether something of its own can still happen at a provider."""
    team = teams(k, t)
    if team[T_ACTIVE] != -1 or team[T_PAUSED] != -1 or team[T_DOWN] > 0:
        return True
    if team[T_OCCUPIED] > held_units(k, t):
        return True  # Work that needs one unit of one team is not listed.
    return team[T_UNITS] > team[T_OCCUPIED] or spare(k, t, -1) > 0


@leaf
def held_units(k: Any, t: int) -> int:
    found = 0
    g = teams(k, t)[T_HOLDING]
    while g != -1:
        found += grants(k, g)[G_COUNT]
        g = grants(k, g)[G_AFTER]
    return found


@unit("i(i)")
def check_knot(k: Any, t: int) -> int:
    """Stop the run if the units of a team can never be free again."""
    team = teams(k, t)
    wanted = team[T_BLOCKED] != -1
    listed = ints(k, team[T_LINES])
    for place in range(listed[0]):
        wanted = wanted or lines(k, listed[1 + place])[L_HEAD] != -1
    for s in range(k[STOCKS]):
        wanted = wanted or stocks(k, s)[K_HEAD] != -1
    if not wanted or may_move(k, t):
        return 0
    mark_suspects(k, t)
    clear_moving(k, 0)
    if holders_stuck(k, t):
        fail(k)
    return 0


@unit("i(i)")
def check_held(k: Any, unused: int) -> int:
    """Look at all whose staff are held, as somebody has come to wait for a stock."""
    for t in range(k[TEAMS]):
        if teams(k, t)[T_HELD] and teams(k, t)[T_ACTIVE] == -1:
            check_knot(k, t)
    return 0


@unit("i(i)")
def check_stillness(k: Any, unused: int) -> int:
    """Nothing will happen any more: stop if that is because held units wait for one another."""
    for v in range(ever_used(k, _VISITS)):
        mine = visits(k, v)
        if is_live(k, v) and holds_staff(k, v) and mine[V_TOKEN] == 0 and mine[V_SUSPENDED] == 0:
            fail(k)
    return 0


_VISITS, _REQUESTS = POOLS["visits"], POOLS["requests"]


@leaf
def ever_used(k: Any, pool: int) -> int:
    return k[pool + ROWS] - k[pool + FEWEST]


@leaf
def is_live(k: Any, v: int) -> bool:
    return visits(k, v)[V_STAGE] != WRITTEN


@leaf
def holds_staff(k: Any, v: int) -> bool:
    return visits(k, v)[V_GRANTS] != -1 or visits(k, v)[V_SOLE] != -1


# -- what waits for what; visits are marked by V_STUCK: -1 not looked at, 1 stuck, 0 not stuck


@unit("i(i)")
def mark_suspects(k: Any, t: int) -> int:
    """Mark the visits on which the units of a team depend, and those on which these depend."""
    for v in range(ever_used(k, _VISITS)):
        visits(k, v)[V_STUCK] = -1
    mark_holders(k, t)
    again = True
    while again:
        again = False
        for v in range(ever_used(k, _VISITS)):
            if visits(k, v)[V_STUCK] == 1:
                visits(k, v)[V_STUCK] = 2
                again = True
                walk_awaited_teams(k, v, 0)
                walk_awaited_visits(k, v, 0)
                if visits(k, v)[V_STAGE] == IN_STOCK:
                    mark_for_stock(k, v)
    for v in range(ever_used(k, _VISITS)):
        if visits(k, v)[V_STUCK] == 2:
            visits(k, v)[V_STUCK] = 1
    return 0


@unit("i(i)")
def clear_moving(k: Any, unused: int) -> int:
    """Take the marks off the visits that can go on, and then off those that can because of these."""
    again = True
    while again:
        again = False
        for v in range(ever_used(k, _VISITS)):
            if visits(k, v)[V_STUCK] == 1 and not is_stuck(k, v):
                visits(k, v)[V_STUCK] = 0
                again = True
    return 0


@leaf
def mark(k: Any, v: int) -> None:
    if visits(k, v)[V_STUCK] == -1:
        visits(k, v)[V_STUCK] = 1


@unit("i(i)")
def mark_holders(k: Any, t: int) -> int:
    for field in (T_ACTIVE, T_HOLDING, T_PAUSED):
        g = teams(k, t)[field]
        while g != -1:
            if is_live(k, grants(k, g)[G_VISIT]):
                mark(k, grants(k, g)[G_VISIT])
            g = grants(k, g)[G_AFTER]
    return 0


@unit("i(i)")
def holders_stuck(k: Any, t: int) -> int:
    """Whether any visit that holds units of a team is stuck."""
    g = teams(k, t)[T_HOLDING]
    while g != -1:
        v = grants(k, g)[G_VISIT]
        if is_live(k, v) and visits(k, v)[V_STUCK] == 1:
            return 1
        g = grants(k, g)[G_AFTER]
    return 0


@leaf
def all_held(k: Any, t: int) -> bool:
    """Whether a team can be of no use to anybody before one of the stuck visits goes on."""
    if may_move(k, t):
        return False
    g = teams(k, t)[T_HOLDING]
    while g != -1:
        v = grants(k, g)[G_VISIT]
        if is_live(k, v) and visits(k, v)[V_STUCK] != 1:
            return False
        g = grants(k, g)[G_AFTER]
    return True


@unit("i(i)")
def is_stuck(k: Any, v: int) -> int:
    """Whether a visit cannot go on unless one of the stuck does."""
    mine = visits(k, v)
    if IN_JOIN <= mine[V_STAGE] <= IN_QUEUE and gives_up(k, v):
        return 0
    if mine[V_STAGE] == AT_WORK and mine[V_LEADER] == -1 and is_limited(k, v):
        return 0
    if mine[V_STAGE] == IN_STOCK:
        return is_out(k, v)
    if mine[V_STAGE] == IN_QUEUE and mine[V_LINE] != -1:
        alternatives = ints(k, lines(k, mine[V_LINE])[L_ALTERNATIVES])
        for place in range(alternatives[0]):
            listed = ints(k, alternatives[1 + place])
            held = False
            for each in range(listed[0]):
                held = held or all_held(k, listed[1 + 2 * each])
            if not held:
                return 0
        return 1
    found = walk_awaited_teams(k, v, 1)
    if found >= 0:
        return found
    return walk_awaited_visits(k, v, 1)


@unit("i(ii)")
def walk_awaited_teams(k: Any, v: int, ask: int) -> int:
    """The providers that a visit needs before it can go on: mark who holds them, or ask whether any is held.

    Gives -1 if there are none.
    """
    mine = visits(k, v)
    leader = v if mine[V_LEADER] == -1 else mine[V_LEADER]
    found = -1
    if mine[V_STAGE] == IN_QUEUE and visits(k, leader)[V_LINE] != -1:
        involved = ints(k, lines(k, visits(k, leader)[V_LINE])[L_INVOLVED])
        for place in range(involved[0]):
            found = max(found, look_at_team(k, involved[1 + place], ask))
        return found
    for t in range(k[TEAMS]):
        entry = teams(k, t)[T_BLOCKED]
        while entry != -1:
            if leader_of(k, nodes(k, entry)[N_A]) == leader:
                if not flow.is_open(k, dispatching.way_of_blocked(k, entry)):
                    found = max(found, look_at_room(k, t, ask))
            entry = nodes(k, entry)[N_AFTER]
    return found


@unit("i(ii)")
def look_at_team(k: Any, t: int, ask: int) -> int:
    if ask:
        return 1 if all_held(k, t) else 0
    mark_holders(k, t)
    return 0


@unit("i(ii)")
def look_at_room(k: Any, t: int, ask: int) -> int:
    """The same of a provider whose queue is full: somebody in it may give up."""
    if not ask:
        mark_holders(k, t)
        return 0
    if not all_held(k, t):
        return 0
    for v in range(ever_used(k, _VISITS)):
        if is_live(k, v) and visits(k, v)[V_CLAIMS] == t and gives_up(k, v):
            return 0
    return 1


@leaf
def gives_up(k: Any, v: int) -> bool:
    """Whether a visit will wait only so long."""
    x = visits(k, v)[V_SERVICE]
    return x != END and (services(k, x)[X_PATIENCE] != -1 or is_limited(k, v))


@leaf
def is_limited(k: Any, v: int) -> bool:
    """Whether a visit will be at its service only so long, waiting and work together."""
    x = visits(k, v)[V_SERVICE]
    return x != END and services(k, x)[X_TIMEOUT] != -1  # type: ignore[no-any-return]


# -- stocks


@unit("i(i)")
def mark_for_stock(k: Any, v: int) -> int:
    """Mark those who keep a visit from a stock: who is before it, makes it, or holds the makers' staff."""
    w = visits(k, v)[V_WANTS]
    while w != -1:
        s = wants(k, w)[W_STOCK]
        mark(k, wants(k, stocks(k, s)[K_HEAD])[W_VISIT])
        makers = ints(k, stocks(k, s)[K_MAKERS])
        for place in range(makers[0]):
            mark_makers(k, makers[1 + place])
        w = wants(k, w)[W_OF_VISIT]
    return 0


@unit("i(i)")
def mark_makers(k: Any, x: int) -> int:
    for v in range(ever_used(k, _VISITS)):
        if visits(k, v)[V_STAGE] == AT_WORK and visits(k, v)[V_SERVICE] == x:
            mark(k, leader_of(k, v))
    if services(k, x)[X_PROVIDER] != -1:
        alternatives = ints(k, lines(k, ints(k, services(k, x)[X_LINES])[1])[L_ALTERNATIVES])
        for place in range(alternatives[0]):
            listed = ints(k, alternatives[1 + place])
            for each in range(listed[0]):
                mark_holders(k, listed[1 + 2 * each])
    return 0


@leaf
def leader_of(k: Any, v: int) -> int:
    leader = visits(k, v)[V_LEADER]
    return v if leader == -1 else leader


@unit("i(i)")
def is_out(k: Any, v: int) -> int:
    """Whether a visit waits for a stock that nobody can bring, or behind somebody who is stuck."""
    w = visits(k, v)[V_WANTS]
    while w != -1:
        s = wants(k, w)[W_STOCK]
        if not all_stocks.has(k, s, wants_f(k, w)[W_QUANTITY]):
            if not can_be_brought(k, s):
                return 1
        else:
            first = wants(k, stocks(k, s)[K_HEAD])[W_VISIT]
            if first != v and visits(k, first)[V_STUCK] == 1:
                return 1
        w = wants(k, w)[W_OF_VISIT]
    return 0


@unit("i(i)")
def can_be_brought(k: Any, s: int) -> int:
    """Whether somebody is at work who makes something, could begin to, or may put back what he has taken."""
    makers = ints(k, stocks(k, s)[K_MAKERS])
    for place in range(makers[0]):
        if can_begin(k, makers[1 + place]):
            return 1
    for v in range(ever_used(k, _VISITS)):
        stage = visits(k, v)[V_STAGE]
        if stage == AT_WORK and visits(k, leader_of(k, v))[V_STUCK] != 1:
            for place in range(makers[0]):
                if visits(k, v)[V_SERVICE] == makers[1 + place]:
                    return 1
        if IN_BATCH <= stage <= IN_QUEUE and gives_up(k, v) and has_taken(k, v, s):
            return 1
    return 0


@leaf
def has_taken(k: Any, v: int, s: int) -> bool:
    w = visits(k, v)[V_WANTS]
    while w != -1:
        if wants(k, w)[W_STOCK] == s:
            return True
        w = wants(k, w)[W_OF_VISIT]
    return False


@unit("i(i)")
def can_begin(k: Any, x: int) -> int:
    """Whether work at a service could begin before one of the stuck goes on."""
    if services(k, x)[X_PROVIDER] == -1:
        return 1
    alternatives = ints(k, lines(k, ints(k, services(k, x)[X_LINES])[1])[L_ALTERNATIVES])
    for place in range(alternatives[0]):
        listed = ints(k, alternatives[1 + place])
        held = False
        for each in range(listed[0]):
            held = held or all_held(k, listed[1 + 2 * each])
        if not held:
            return 1
    return 0


@unit("i(ii)")
def walk_awaited_visits(k: Any, v: int, ask: int) -> int:
    """Where the requests are that must be answered before a visit can go on: mark, or ask if any is stuck."""
    mine = visits(k, v)
    if not mine[V_AWAITING] or mine[V_FINISHED] >= 0:
        return 0
    for other in range(ever_used(k, _VISITS)):
        if not is_live(k, other):
            continue
        asked = requests(k, visits(k, other)[V_OWNER])
        if asked[R_CALLER] == v and asked[R_CALLER_ID] == mine[V_ID] and asked[R_ENDED] == -1:
            if ask and visits(k, other)[V_STUCK] == 1:
                return 1
            if not ask:
                mark(k, other)
    return 0

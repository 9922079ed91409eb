"""Deadlock: units that are held by visits which wait for one another in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import END, NONE
from serviceflow.engine.reference.patience import WAITING
from serviceflow.errors import DeadlockError
from serviceflow.units import format_duration

if TYPE_CHECKING:
    from serviceflow.engine.reference.engine import Engine
    from serviceflow.engine.reference.entities import Visit
    from serviceflow.engine.reference.providers import Provider

SHOWN = 12
"""Visits that a message names."""


def check_knot(engine: Engine, team: Provider) -> None:
    """Stop the run if the units of `team` can never be free again."""
    wanted = team.blocked or any(line.entries for line in team.lines) or engine.stocks.anybody_waits
    if not wanted or may_move(team):
        return
    stuck = suspects(engine, team)
    while True:
        moving = {visit for visit in stuck if not is_stuck(engine, visit, stuck)}
        if not moving:
            break
        stuck -= moving
    if any(holds(visit, team) for visit in stuck):
        raise DeadlockError(describe(engine, stuck))


def check_held(engine: Engine) -> None:
    """Look at all whose staff are held, as somebody has come to wait for a stock."""
    for team in engine.providers:
        if team.held and not team.active:
            check_knot(engine, team)


def check_stillness(engine: Engine) -> None:
    """Nothing will happen any more: stop if that is because held units wait for one another."""
    held = {
        visit
        for visit in engine.live.values()
        if visit.grants and visit.finish is None and not visit.suspended
    }
    if held:
        raise DeadlockError(describe(engine, held))


def may_move(team: Provider) -> bool:
    """Whether something of its own can still happen at a provider."""
    return bool(team.active or team.paused or team.broken) or team.free > 0 or team.plan.units > team.occupied


def suspects(engine: Engine, team: Provider) -> set[Visit]:
    """The visits on which the units of `team` depend, and those on which these depend."""
    found: set[Visit] = set()
    ahead = holders(engine, team)
    while ahead:
        visit = ahead.pop()
        if visit not in found:
            found.add(visit)
            ahead += [other for team in awaited_teams(engine, visit) for other in holders(engine, team)]
            ahead += awaited_visits(engine, visit)
            ahead += awaited_for_stock(engine, visit)
    return found


def is_stuck(engine: Engine, visit: Visit, stuck: set[Visit]) -> bool:
    """Whether a visit cannot go on unless one of `stuck` does."""
    if visit.stage in WAITING and gives_up(engine, visit):
        return False
    if visit.stage == "work" and visit.leader is None and is_limited(engine, visit):
        return False
    if visit.stage == "stock":
        return any(is_out(engine, visit, index, quantity, stuck) for index, quantity in visit.wanted)
    if visit.stage == "queue" and visit.line is not None:
        return all(
            any(all_held(engine, team, stuck) for team, _ in needs) for needs in visit.line.alternatives
        )
    teams = awaited_teams(engine, visit)
    if teams:
        return any(all_held(engine, team, stuck) and not may_clear(engine, team) for team in teams)
    return any(asked in stuck for asked in awaited_visits(engine, visit))


def gives_up(engine: Engine, visit: Visit) -> bool:
    """Whether a visit will wait only so long."""
    impatient = visit.service != END and engine.services[visit.service].patience is not None
    return impatient or is_limited(engine, visit)


def is_limited(engine: Engine, visit: Visit) -> bool:
    """Whether a visit will be at its service only so long, waiting and work together."""
    return visit.service != END and engine.services[visit.service].timeout is not None


def may_clear(engine: Engine, team: Provider) -> bool:
    """Whether somebody who has a place in a full queue may give it up."""
    return any(visit.claims is team and gives_up(engine, visit) for visit in engine.live.values())


def is_out(engine: Engine, visit: Visit, index: int, quantity: float, stuck: set[Visit]) -> bool:
    """Whether a visit waits for a stock that nobody can bring, or behind somebody who is stuck."""
    stock = engine.stocks.stocks[index]
    if not stock.has(quantity):
        return not can_be_brought(engine, index, stuck)
    first = stock.waiting[0][3]
    return first is not visit and first in stuck


def can_be_brought(engine: Engine, index: int, stuck: set[Visit]) -> bool:
    """Whether somebody is at work who makes something, could begin to, or may put back what he has taken."""
    services = engine.stocks.makers[index]
    if any(can_begin(engine, service, stuck) for service in services):
        return True
    return any(
        (visit.stage == "work" and visit.service in services and (visit.leader or visit) not in stuck)
        or (gives_up(engine, visit) and any(taken == index for taken, _ in visit.taken))
        for visit in engine.live.values()
    )


def can_begin(engine: Engine, service: int, stuck: set[Visit]) -> bool:
    """Whether work at a service could begin before one of `stuck` goes on."""
    plan, teams = engine.services[service], engine.providers
    return plan.provider == NONE or any(
        not any(all_held(engine, teams[provider], stuck) for provider, _ in needs)
        for needs in plan.alternatives
    )


def all_held(engine: Engine, team: Provider, stuck: set[Visit]) -> bool:
    return not may_move(team) and all(visit in stuck for visit in holders(engine, team))


def holders(engine: Engine, team: Provider) -> list[Visit]:
    return [visit for visit in engine.live.values() if holds(visit, team)]


def holds(visit: Visit, team: Provider) -> bool:
    return any(granted is team for granted, _, _ in visit.grants)


def awaited_teams(engine: Engine, visit: Visit) -> list[Provider]:
    """The providers that a visit needs before it can go on."""
    leader = visit.leader or visit
    if visit.stage == "queue" and leader.line is not None:
        return leader.line.involved
    blocked = [member for member in leader.batch or [leader] if member.stage == "blocked"]
    full = [way for member in blocked for way in member.chosen if not engine.places.is_open(way)]
    return [team for team in map(engine.places.blocking, full) if team is not None]


def awaited_visits(engine: Engine, visit: Visit) -> list[Visit]:
    """Where the requests are that must be answered before a visit can go on."""
    if not visit.awaiting or visit.finished >= 0:
        return []
    asked = {request.row for request in engine.open_requests.values() if request.caller is visit}
    return [other for other in engine.live.values() if other.request in asked]


def awaited_for_stock(engine: Engine, visit: Visit) -> list[Visit]:
    """Those who keep a visit from a stock: who is before it, makes it, or holds the makers' staff."""
    if visit.stage != "stock":
        return []
    found = [engine.stocks.stocks[index].waiting[0][3] for index, _ in visit.wanted]
    makers = {service for index, _ in visit.wanted for service in engine.stocks.makers[index]}
    found += [v.leader or v for v in engine.live.values() if v.service in makers and v.stage == "work"]
    needed = {p for s in makers for needs in engine.services[s].alternatives for p, _ in needs}
    return found + [v for provider in sorted(needed) for v in holders(engine, engine.providers[provider])]


def describe(engine: Engine, stuck: set[Visit]) -> str:
    held = sorted((visit for visit in stuck if visit.grants), key=lambda visit: visit.id)
    lines = [f"deadlock after {format_duration(engine.now)}: held units wait for one another"]
    for visit in held[:SHOWN]:
        names = " and ".join(team.plan.name for team, _, _ in visit.grants)
        service = engine.services[visit.service].name
        lines.append(f"  {names} at {service} (request {visit.request}): {reason(engine, visit)}")
    if len(held) > SHOWN:
        lines.append(f"  and {len(held) - SHOWN} more")
    lines.append("give a queue more room, a provider more staff, or ask before the start of work")
    return "\n".join(lines)


def reason(engine: Engine, visit: Visit) -> str:
    teams = awaited_teams(engine, visit)
    if teams:
        names = dict.fromkeys(team.plan.name for team in teams)
        return f"waits for room in the queue of {' and '.join(names)}"
    asked = [other for other in awaited_visits(engine, visit) if other.stage == "stock"]
    calls = {
        engine.program.calls[request.source].name
        for request in engine.open_requests.values()
        if request.caller is visit
    }
    told = f"awaits the answer of {' and '.join(sorted(calls))}" if calls else "cannot go on"
    short = {engine.program.stocks[index].name for other in asked for index, _ in other.wanted}
    return f"{told}, where {' and '.join(sorted(short))} is waited for" if short else told

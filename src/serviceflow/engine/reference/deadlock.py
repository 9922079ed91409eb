"""Deadlock: units that are held by visits which wait for one another in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    if not (team.blocked or any(line.entries for line in team.lines)) or may_move(team):
        return
    stuck = suspects(engine, team)
    while True:
        moving = {visit for visit in stuck if not is_stuck(engine, visit, stuck)}
        if not moving:
            break
        stuck -= moving
    if any(holds(visit, team) for visit in stuck):
        raise DeadlockError(describe(engine, stuck))


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
    return found


def is_stuck(engine: Engine, visit: Visit, stuck: set[Visit]) -> bool:
    """Whether a visit cannot go on unless one of `stuck` does."""
    if visit.stage == "queue" and visit.line is not None:
        return all(
            any(all_held(engine, team, stuck) for team, _ in needs) for needs in visit.line.alternatives
        )
    teams = awaited_teams(engine, visit)
    if teams:
        return any(all_held(engine, team, stuck) for team in teams)
    return any(asked in stuck for asked in awaited_visits(engine, visit))


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
    full = [engine.places.first_without_room(member.chosen) for member in blocked]
    return [team for team in full if team is not None]


def awaited_visits(engine: Engine, visit: Visit) -> list[Visit]:
    """Where the requests are that must be answered before a visit can go on."""
    if not visit.awaiting or visit.finished >= 0:
        return []
    asked = {request.row for request in engine.open_requests.values() if request.caller is visit}
    return [other for other in engine.live.values() if other.request in asked]


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
        return f"waits for room in the queue of {' and '.join(team.plan.name for team in teams)}"
    calls = {
        engine.program.calls[request.source].name
        for request in engine.open_requests.values()
        if request.caller is visit
    }
    return f"awaits the answer of {' and '.join(sorted(calls))}" if calls else "cannot go on"

"""Limited queues: who has a place, who is blocked, and who is let in."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import ANY, END, NEVER_REACHED, NONE
from serviceflow.engine.reference.entities import Visit

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import ServicePlan
    from serviceflow.engine.reference.engine import Engine
    from serviceflow.engine.reference.providers import Provider


class Places:
    """The places in queues that have a limit."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def limited(self, service: int) -> Provider | None:
        """The provider whose limited queue a service's visits join, if it is limited."""
        provider = self.engine.services[service].provider if service != END else NONE
        if provider == NONE or self.engine.providers[provider].plan.queue_limit == NONE:
            return None
        return self.engine.providers[provider]

    def claim(self, visit: Visit, team: Provider) -> None:
        visit.claims = team
        team.waiting += 1

    def release_place(self, visit: Visit) -> None:
        if visit.claims is not None:
            visit.claims.waiting -= 1
            self.engine.dispatching.touch(visit.claims)
            visit.claims = None

    def take_place(self, visit: Visit) -> None:
        """Who comes to a queue that refuses has a place in it, until it is seen whether there is one."""
        team = self.limited(visit.service)
        if team is not None and visit.claims is None:
            self.claim(visit, team)
            team.fresh.append(visit)

    def settle(self, team: Provider) -> None:
        """All have started who could: refuse the latest of those who have come now and find no place."""
        fresh, team.fresh = team.fresh, []
        for visit in sorted(fresh, key=lambda visit: (visit.arrived, visit.identity), reverse=True):
            if team.waiting <= team.plan.queue_limit:
                break
            if visit.claims is team:
                self.engine.lines.withdraw(visit)
                self.release_place(visit)
                visit.queued = NEVER_REACHED
                self.engine.flow.refuse(visit)

    def has_room(self, service: int) -> bool:
        """Whether one more may come to a service: it could start, or there is a place in the queue."""
        team = self.limited(service)
        if team is None or team.waiting < team.plan.queue_limit:
            return True
        return team.waiting < team.plan.queue_limit + self.starts(self.engine.services[service])

    def starts(self, service: ServicePlan) -> int:
        """How many visits could be served at once by those who are free."""
        teams = self.engine.providers
        skill = service.skills[0] if len(service.skills) == 1 else ANY
        return sum(
            min(max(teams[provider].spare(skill), 0) // units for provider, units in needs)
            for needs in service.alternatives
        )

    def blocking(self, way: int) -> Provider | None:
        """The provider to whose queue a handoff leads, if that blocks when it is full."""
        team = self.limited(self.engine.program.handoffs[way].target)
        return team if team is not None and team.plan.blocks else None

    def is_open(self, way: int) -> bool:
        """Whether one may leave by a handoff: there is room where it leads to, or nobody is blocked there."""
        return self.blocking(way) is None or self.has_room(self.engine.program.handoffs[way].target)

    def claimed(self, way: int) -> Provider | None:
        """The place that a request takes on leaving, where a full queue blocks."""
        team = self.blocking(way)
        if team is not None:
            team.waiting += 1
        return team

    def claims(self, ways: tuple[int, ...]) -> dict[int, Provider | None]:
        """One after another the places for those that may leave; no entry for the others."""
        return {way: self.claimed(way) for way in ways if self.is_open(way)}

    def block(self, visit: Visit, leader: Visit) -> None:
        """Hold the staff of a visit until it has left by all the ways that are chosen."""
        visit.since = self.engine.now
        visit.stage = "blocked"
        for place, way in enumerate(visit.chosen):
            team = self.blocking(way)
            assert team is not None
            insort(team.blocked, (self.engine.now, visit.arrived, visit.identity, place, way, visit))
        for team, units, _ in leader.grants:
            if leader in team.active:
                team.hold(leader, units)
                self.engine.dispatching.touch(team)

    def let_in(self, team: Provider) -> None:
        """There may be room: first blocked, first served."""
        while team.blocked and self.is_open(team.blocked[0][4]):
            *_, way, visit = team.blocked.pop(0)
            self.engine.flow.leave_by(visit, way)

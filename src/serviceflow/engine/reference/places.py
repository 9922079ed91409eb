"""Limited queues: who has a place, who is blocked, and who is let in."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import END, NONE
from serviceflow.engine.reference.entities import Visit

if TYPE_CHECKING:
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

    def first_without_room(self, targets: tuple[int, ...]) -> Provider | None:
        for target in targets:
            team = self.limited(self.engine.program.handoffs[target].target)
            if team is not None and team.plan.blocks and not team.has_room():
                return team
        return None

    def claimed(self, target: int) -> Provider | None:
        """The place that a request takes on leaving, where a full queue blocks."""
        team = self.limited(self.engine.program.handoffs[target].target)
        if team is None or not team.plan.blocks:
            return None
        team.waiting += 1
        return team

    def block(self, visit: Visit, leader: Visit, full: Provider) -> None:
        visit.since = self.engine.now
        visit.stage = "blocked"
        insort(full.blocked, (self.engine.now, visit.arrived, visit.identity, visit))
        for team, units, _ in leader.grants:
            if leader in team.active:
                team.hold(leader, units)
                self.engine.dispatching.touch(team)

    def let_in(self, team: Provider) -> None:
        """There may be room: first blocked, first served."""
        while team.blocked and team.has_room():
            *_, visit = team.blocked.pop(0)
            leader = visit.leader or visit
            visit.blocked += self.engine.now - visit.since
            if leader.awaiting == 1:  # The last of its batch: its staff are free after it.
                self.engine.staff.unhold(leader)
            visit.stage = "finished"
            self.engine.flow.leave(visit, leader)

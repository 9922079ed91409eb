"""Batches at a service: visits that wait for one another and are worked on as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import BATCH, NEVER, SERVICE_BATCH
from serviceflow.engine.reference.entities import Visit

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import ServicePlan
    from serviceflow.engine.reference.engine import Engine, Event


class Batches:
    """The batches at the services of a run."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.filling: dict[int, list[Visit]] = {}

    def fill(self, visit: Visit, service: ServicePlan) -> None:
        """Wait until the batch is full, or its first member has waited long enough."""
        engine, plan = self.engine, service.batch
        assert plan is not None
        batch = self.filling.setdefault(service.index, [])
        batch.append(visit)
        if len(batch) >= plan.size:
            self.form(service.index)
        elif len(batch) == 1 and plan.max_wait < NEVER:
            number = SERVICE_BATCH + service.index
            engine.plan(engine.now + plan.max_wait, BATCH, number, self.on_due, (service.index, batch))

    def on_due(self, event: Event) -> None:
        service, batch = event.about
        if self.filling.get(service) is batch:
            self.form(service)

    def form(self, service: int) -> None:
        """The batch queues as one, led by its least member."""
        batch = sorted(self.filling.pop(service), key=lambda visit: (visit.arrived, visit.identity))
        for visit in batch:
            visit.wait_batch = self.engine.now - visit.since
            visit.since = self.engine.now
            visit.leader = batch[0]
        batch[0].batch = batch
        self.engine.flow.queue(batch[0])

    def leave_batch(self, visit: Visit, leader: Visit) -> None:
        """A member of a queueing batch gives up; the others keep their place under their least."""
        engine, line, batch = self.engine, leader.line, leader.batch
        assert line is not None
        assert batch is not None
        line.leave(leader, engine.now)
        for member in batch:
            if member is not leader:
                engine.flow.share_wait(leader, member)
        rest = [member for member in batch if member is not visit]
        leader.batch = visit.leader = None
        if rest:
            rest[0].batch = rest
            rest[0].key = leader.key
            rest[0].since = engine.now
            for member in rest:
                member.leader = rest[0]
            line.join(rest[0], engine.now)

    def withdraw(self, visit: Visit) -> None:
        """Take a visit that gives up out of a batch that is filling."""
        batch = self.filling[visit.service]
        batch.remove(visit)
        if not batch:
            del self.filling[visit.service]

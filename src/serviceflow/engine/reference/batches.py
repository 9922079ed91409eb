"""Batches at a service: visits that wait for one another and are worked on as one.

A batch whose time is up queues although it is not full, and takes in who comes until somebody begins it.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import BATCH, NEVER, NONE, QUEUE_PARTS, SERVICE_BATCH
from serviceflow.engine.reference.entities import Visit

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import ServicePlan
    from serviceflow.engine.reference.engine import Engine, Event


class Batches:
    """The batches at the services of a run."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.filling: dict[int, list[Visit]] = {}
        """The batch of each service that takes in who comes: it waits to fill, or queues and is not full."""

    def fill(self, visit: Visit, service: ServicePlan) -> None:
        """Wait until the batch is full, or its first member has waited long enough."""
        engine, plan = self.engine, service.batch
        assert plan is not None
        batch = self.filling.setdefault(service.index, [])
        if batch and batch[0].leader is not None:
            self.join_queued(visit, batch, plan.size)
            return
        insort(batch, visit, key=came)
        if len(batch) >= plan.size:
            self.form(service)
        elif len(batch) == 1 and plan.max_wait < NEVER:
            number = SERVICE_BATCH + service.index
            engine.plan(engine.now + plan.max_wait, BATCH, number, self.on_due, (service, batch))

    def on_due(self, event: Event) -> None:
        service, batch = event.about
        filling = self.filling.get(service.index)
        if filling and filling is batch and filling[0].leader is None:
            self.form(service)

    def form(self, service: ServicePlan) -> None:
        """The batch queues as one, led by its least member."""
        assert service.batch is not None
        batch = self.filling[service.index]
        for visit in batch:
            visit.wait_batch = self.engine.now - visit.since
            visit.since = self.engine.now
            visit.leader = batch[0]
        batch[0].batch = batch
        if len(batch) >= service.batch.size or service.provider == NONE:
            del self.filling[service.index]
        self.engine.flow.queue(batch[0])

    def join_queued(self, visit: Visit, batch: list[Visit], size: int) -> None:
        """Take a visit into a batch that queues and is not full; its leader and its place stay the same."""
        leader = batch[0].leader
        assert leader is not None
        line = leader.line
        assert line is not None
        self.leave_line(leader)
        insort(batch, visit, key=came)
        visit.leader = leader
        visit.stage = "queue"
        visit.queued = leader.since = self.engine.now
        self.engine.places.take_place(visit)
        line.join(leader, self.engine.now)
        for team in line.involved:
            self.engine.dispatching.touch(team)
        if len(batch) >= size:
            del self.filling[visit.service]

    def begin(self, leader: Visit) -> None:
        """Work on a batch begins: nobody can join it any more."""
        batch = leader.batch
        assert batch is not None
        self.close(leader.service, batch)
        for member in batch:
            member.together = len(batch)

    def close(self, service: int, batch: list[Visit]) -> None:
        if self.filling.get(service) is batch:
            del self.filling[service]

    def leave_line(self, leader: Visit) -> None:
        """Take a batch out of its line, and give each member the parts of the time that it was there."""
        line, batch = leader.line, leader.batch
        assert line is not None
        assert batch is not None
        before = [getattr(leader, part) for part in QUEUE_PARTS]
        for part in QUEUE_PARTS:
            setattr(leader, part, 0)
        line.leave(leader, self.engine.now)
        waited = [getattr(leader, part) for part in QUEUE_PARTS]
        for member in batch:
            if member is not leader:
                add_parts(member, waited)
        add_parts(leader, before)
        if line.tracked and leader.since < self.engine.now:
            for member in batch:
                carry_over(member, line.unattended(leader))
                member.met = member.met or line.attended(leader)

    def leave_batch(self, visit: Visit, leader: Visit) -> None:
        """A member of a queueing batch gives up; the others keep their place."""
        line, batch = leader.line, leader.batch
        assert line is not None
        assert batch is not None
        self.leave_line(leader)
        batch.remove(visit)
        visit.leader = None
        if not batch:
            leader.batch = None
            self.close(visit.service, batch)
            return
        if visit is leader:
            self.hand_over(leader, batch)
        first = batch[0].leader
        assert first is not None
        first.since = self.engine.now
        line.join(first, self.engine.now)

    def hand_over(self, leader: Visit, batch: list[Visit]) -> None:
        """The least of the others leads from now on."""
        leader.batch = None
        batch[0].batch = batch
        batch[0].key = leader.key
        for member in batch:
            member.leader = batch[0]

    def withdraw(self, visit: Visit) -> None:
        """Take a visit that gives up out of a batch that is filling."""
        batch = self.filling[visit.service]
        batch.remove(visit)
        if not batch:
            del self.filling[visit.service]


def came(visit: Visit) -> tuple[int, int]:
    return visit.arrived, visit.identity


def carry_over(visit: Visit, ticks: int) -> None:
    """What is off shift for those who came in the night is carried over for who was there before."""
    if visit.met:
        visit.wait_off_shift -= ticks
        visit.wait_carried_over += ticks


def add_parts(visit: Visit, ticks: list[int]) -> None:
    for part, more in zip(QUEUE_PARTS, ticks, strict=True):
        setattr(visit, part, getattr(visit, part) + more)

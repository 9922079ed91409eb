"""Where requests meet: calls and their answers, splits and joins, batches at a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import (
    ALL,
    CALLED,
    COMPLETED,
    END,
    JOINED,
    NEVER,
    REFUSED,
    SERVICE_BATCH,
    WAY_BACK,
    WAY_THERE,
)
from serviceflow.engine.program.plans import CallPlan, ServicePlan
from serviceflow.engine.random.draws import mix
from serviceflow.engine.reference.entities import Branch, Request, Split, Visit

if TYPE_CHECKING:
    from serviceflow.engine.reference.engine import Engine, Happening
    from serviceflow.engine.reference.providers import Team


class Exchanges:
    """Calls, splits, joins and batches of a run."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.plans = engine.program.calls
        self.filling: dict[int, list[Visit]] = {}

    # Calls

    def call(self, visit: Visit, calls: tuple[int, ...]) -> bool:
        """Make the calls that apply; gives whether their answers must be waited for."""
        visit.since = self.engine.now
        due = [self.plans[index] for index in calls if self.applies(self.plans[index], visit)]
        visit.awaiting = 1 + sum(
            plan.wait for plan in due
        )  # One for itself: it goes on from here at most once.
        for plan in due:
            self.ask(plan, visit)
        visit.awaiting -= 1
        return visit.awaiting > 0

    def applies(self, plan: CallPlan, visit: Visit) -> bool:
        values = self.engine.values
        if plan.when is not None and not values.number(plan.when, visit):
            return False
        return plan.probability is None or values.happens(plan.probability, visit)

    def ask(self, plan: CallPlan, visit: Visit) -> None:
        """What is asked runs like any request, in its consumer's name."""
        engine = self.engine
        asking = visit.owner
        who = mix(visit.strand.who, visit.strand.number, plan.purpose, visit.occurrence)
        request = engine.new_request(plan.index, visit.strand.number, who, asking.attributes)
        request.kind = CALLED
        request.consumer = asking.consumer
        request.parent = asking.row
        request.quantity = asking.quantity
        request.order = asking.order
        request.caller = visit if plan.wait else None
        request.asker = asking
        request.root.common = False
        asked = engine.new_visit(request.root, plan.target)
        asked.call = plan.index
        asked.previous = visit.id
        if engine.refuses_at_door(asked):
            asked.arrived = engine.now
            engine.refuse(asked)
        else:
            engine.transfers.send(asked, plan.way_there, WAY_THERE + plan.index, visit)

    def answer(self, request: Request, outcome: int, last: Visit | None) -> None:
        """A request is through; if it was a call, the answer goes its way back first."""
        engine = self.engine
        request.verdict = outcome
        if request.kind == CALLED:
            plan = self.plans[request.source]
            if not plan.way_back.is_direct:
                visit = engine.new_visit(request.root, END)
                visit.call = plan.index
                visit.previous = -1 if last is None else last.id
                engine.transfers.send(visit, plan.way_back, WAY_BACK + plan.index, None)
                return
        self.end(request)

    def end(self, request: Request) -> None:
        self.engine.end_request(request, request.verdict)
        caller = request.caller
        if caller is not None and caller.id in self.engine.live and caller.awaiting:
            caller.awaiting -= 1
            if caller.awaiting == 0:
                self.engine.answered(caller)

    def home(self, visit: Visit) -> None:
        """An answer has come back, or a request has come home."""
        visit.left = self.engine.now
        visit.visit = 1
        self.engine.write(visit, COMPLETED)
        if visit.call >= 0:
            self.end(visit.owner)
        else:
            self.engine.end_branch(visit.strand, COMPLETED, visit)

    # Splits and joins

    def branches_taken(self, visit: Visit, exits: tuple[int, ...]) -> tuple[int, ...]:
        """Every handoff that holds, each by its own probability."""
        values, handoffs = self.engine.values, self.engine.handoffs
        taken = []
        for index in exits:
            plan = handoffs[index]
            holds = plan.when is None or bool(values.number(plan.when, visit))
            if holds and plan.probability is not None:
                holds = values.uniform(plan.purpose, visit) < values.number(plan.probability, visit)
            if holds:
                taken.append(index)
        return tuple(taken)

    def split(self, visit: Visit, targets: tuple[int, ...], claims: list[Team | None]) -> None:
        """Each branch goes its own way, with draws of its own."""
        engine, request, parent = self.engine, visit.owner, visit.strand
        split = Split(parent, len(targets))
        request.open += len(targets) - 1
        branches = []
        for target in targets:
            who = mix(parent.who, parent.number, engine.handoffs[target].purpose, visit.occurrence)
            branches.append(Branch(request, request.branches, who, parent.number, split))
            request.branches += 1
        for branch, target, claim in zip(branches, targets, claims, strict=True):
            engine.send(branch, visit, engine.handoffs[target], claim)

    def wait_for_branches(self, visit: Visit, join: int) -> None:
        split = visit.strand.split
        assert split is not None
        if split.passed:
            self.absorb(visit)
            self.strand_over(visit.owner, visit)
            return
        visit.stage = "join"
        split.waiting.append(visit)
        self.release_if_complete(split, join)

    def absorb(self, visit: Visit) -> None:
        """A branch ends in the join; another one carries the request on."""
        visit.left = self.engine.now
        self.engine.release_place(visit)
        self.engine.write(visit, JOINED)

    def strand_over(self, request: Request, last: Visit) -> None:
        request.open -= 1
        if request.open == 0 and request.row in self.engine.requests:
            self.answer(request, COMPLETED, last)

    def branch_ended(self, split: Split, outcome: int) -> None:
        """A branch that ends or is lost counts as arrived."""
        split.ended += 1
        if split.waiting:
            service = self.engine.services[split.waiting[0].service]
            self.release_if_complete(split, service.join)
        elif split.ended == split.branches and not split.passed and split.parent.split is not None:
            self.branch_ended(split.parent.split, outcome)

    def release_if_complete(self, split: Split, join: int) -> None:
        """With the branches that it waits for, a join lets the latest of them go on as the request."""
        needed = split.branches if join == ALL else min(join, split.branches)
        if len(split.waiting) + split.ended < needed:
            return
        now = self.engine.now
        split.passed = True
        going_on = max(split.waiting, key=lambda visit: (visit.arrived, visit.identity))
        for visit in split.waiting:
            visit.wait_join = now - visit.since
            if visit is not going_on:
                visit.owner.open -= 1
                self.absorb(visit)
        split.waiting = []
        self.carry_on(going_on, split.parent)

    def carry_on(self, visit: Visit, parent: Branch) -> None:
        """The visit goes on as that of the strand that had split."""
        visit.strand = parent
        visit.occurrence = parent.entries.get(visit.service, 0)
        parent.entries[visit.service] = visit.occurrence + 1
        visit.visit = visit.occurrence + 1
        visit.since = self.engine.now
        self.engine.call_before(visit)

    # Batches at a service

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
            engine.plan(engine.now + plan.max_wait, engine.BATCH, number, self.on_due, (service.index, batch))

    def on_due(self, happening: Happening) -> None:
        service, batch = happening.about
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
        self.engine.queue(batch[0])

    def leave_batch(self, visit: Visit, leader: Visit) -> None:
        """A member of a queueing batch gives up; the others keep their place under their least."""
        engine, line, batch = self.engine, leader.line, leader.batch
        assert line is not None
        assert batch is not None
        line.leave(leader, engine.now)
        for member in batch:
            if member is not leader:
                engine.share_wait(leader, member)
        rest = [member for member in batch if member is not visit]
        leader.batch = visit.leader = None
        if rest:
            rest[0].batch = rest
            rest[0].key = leader.key
            rest[0].since = engine.now
            for member in rest:
                member.leader = rest[0]
            line.join(rest[0], engine.now)

    # Giving up

    def withdraw(self, visit: Visit) -> None:
        """Take a visit that gives up out of a join, a batch that is filling, or a call."""
        if visit.stage == "join":
            assert visit.strand.split is not None
            visit.strand.split.waiting.remove(visit)
        elif visit.stage == "batch":
            batch = self.filling[visit.service]
            batch.remove(visit)
            if not batch:
                del self.filling[visit.service]
        visit.awaiting = 0


__all__ = ["REFUSED", "Exchanges"]

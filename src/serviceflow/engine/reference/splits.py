"""Splits and joins: branches that go their own way, and meet again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import ALL, JOINED
from serviceflow.engine.random.draws import mix
from serviceflow.engine.reference.entities import Branch, Split, Visit

if TYPE_CHECKING:
    from serviceflow.engine.reference.engine import Engine


class Splits:
    """The splits and joins of a run."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def branches_taken(self, visit: Visit, exits: tuple[int, ...]) -> tuple[int, ...]:
        """Every handoff that holds, each by its own probability."""
        values, handoffs = self.engine.values, self.engine.program.handoffs
        taken = []
        for index in exits:
            plan = handoffs[index]
            holds = plan.when is None or bool(values.number(plan.when, visit))
            if holds and plan.probability is not None:
                holds = values.uniform(plan.purpose, visit) < values.number(plan.probability, visit)
            if holds:
                taken.append(index)
        return tuple(taken)

    def split(self, visit: Visit) -> None:
        """A branch for each way that is chosen, with draws of its own."""
        request, parent = visit.owner, visit.strand
        split = Split(parent, len(visit.chosen))
        request.open += len(visit.chosen) - 1
        visit.branches = {}
        for way in visit.chosen:
            purpose = self.engine.program.handoffs[way].purpose
            who = mix(parent.who, parent.number, purpose, visit.occurrence)
            visit.branches[way] = Branch(request, request.branches, who, parent.number, split)
            request.branches += 1

    def wait_for_branches(self, visit: Visit, join: int) -> None:
        split = visit.strand.split
        assert split is not None
        if split.passed:
            self.absorb(visit)
            self.engine.requests.strand_over(visit.owner, visit)
            return
        visit.stage = "join"
        split.waiting.append(visit)
        self.release_if_complete(split, join)

    def absorb(self, visit: Visit) -> None:
        """A branch ends in the join; another one carries the request on."""
        visit.left = self.engine.now
        self.engine.places.release_place(visit)
        self.engine.flow.write(visit, JOINED)

    def branch_ended(self, split: Split, outcome: int) -> None:
        """A branch that ends or is lost counts as arrived."""
        split.ended += 1
        while split.ended == split.branches and not split.passed and split.parent.split is not None:
            split = split.parent.split
            split.ended += 1
        if split.waiting:
            service = self.engine.services[split.waiting[0].service]
            self.release_if_complete(split, service.join)

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
        self.engine.flow.call_before(visit)

    def withdraw(self, visit: Visit) -> None:
        """Take a visit that gives up out of those that wait at a join."""
        assert visit.strand.split is not None
        visit.strand.split.waiting.remove(visit)

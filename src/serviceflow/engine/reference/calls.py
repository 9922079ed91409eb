"""Calls: what a service asks of another, and the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import CALLED, WAY_THERE
from serviceflow.engine.random.draws import mix
from serviceflow.engine.reference.entities import Visit

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import CallPlan
    from serviceflow.engine.reference.engine import Engine


class Calls:
    """The calls of a run."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.plans = engine.program.calls

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

    def take_up(self, visit: Visit) -> bool:
        """Let a visit go on that has all its answers, unless it has given up meanwhile; once is enough."""
        if visit.id in self.engine.live:
            self.engine.flow.answered(visit)
        return False

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
        request = engine.requests.new_request(plan.index, visit.strand.number, who, asking.attributes)
        request.kind = CALLED
        request.consumer = asking.consumer
        request.parent = asking.row
        request.quantity = asking.quantity
        request.order = asking.order
        request.caller = visit if plan.wait else None
        request.asker = asking
        request.root.common = False
        asked = engine.flow.new_visit(request.root, plan.target)
        asked.call = plan.index
        asked.previous = visit.id
        if not plan.way_there.is_direct and engine.requests.refuses_at_door(asked):
            asked.arrived = engine.now
            engine.flow.refuse(asked)
        else:
            engine.handoffs.send(asked, plan.way_there, WAY_THERE + plan.index, visit)

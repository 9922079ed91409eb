"""Requests and their strands: how they come to be, enter the chain, and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import CALLED, COMPLETED, CONSUMER, END, NONE, ORDER, WAY_BACK
from serviceflow.engine.reference.entities import Branch, Request, Visit

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import HandoffPlan
    from serviceflow.engine.reference.engine import Engine


class Requests:
    """The requests of a run."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.plans = engine.program.calls

    def new_request(self, source: int, number: int, who: int, attributes: list[float]) -> Request:
        request = Request(self.engine.next_row, source, number, self.engine.now, who, attributes)
        self.engine.next_row += 1
        self.engine.open_requests[request.row] = request
        return request

    def admit(self, request: Request, enters: int, exits: tuple[int, ...], routing: int) -> None:
        """Let a request into the chain, at a service or by a handoff."""
        self.engine.standstill.note_request(request)
        if self.is_awaited(request):
            self.engine.unfinished_in_window += 1
        if enters != NONE:
            self.engine.flow.arrive(self.engine.flow.new_visit(request.root, enters))
            return
        chosen = self.engine.flow.choose_exit(exits, routing, request.root, None)
        if chosen is None:
            self.end_branch(request.root, COMPLETED)
            return
        self.enter_by(request.root, self.engine.program.handoffs[chosen])

    def enter_by(self, branch: Branch, handoff: HandoffPlan) -> None:
        visit = self.engine.flow.new_visit(branch, handoff.target)
        visit.handoff = handoff.index
        if not handoff.transfer.is_direct and self.refuses_at_door(visit):
            visit.arrived = self.engine.now
            self.engine.flow.refuse(visit)
        else:
            self.engine.handoffs.send(visit, handoff.transfer, handoff.index, None)

    def refuses_at_door(self, visit: Visit) -> bool:
        """Where a full queue blocks its senders, who would be on the way to it for a while is refused now."""
        team = self.engine.places.limited(visit.service)
        if team is None or not team.plan.blocks:
            return False
        if not self.engine.places.has_room(visit.service):
            return True
        self.engine.places.claim(visit, team)
        return False

    def end_branch(self, branch: Branch, outcome: int, last: Visit | None = None) -> None:
        """A strand of a request is over; a request ends with its last one."""
        request = branch.request
        request.open -= 1
        if branch.split is not None:
            self.engine.splits.branch_ended(branch.split, outcome)
        if request.open == 0 and request.row in self.engine.open_requests:
            self.answer(request, outcome, last)

    def end_request(self, request: Request, outcome: int) -> None:
        request.ended = self.engine.now
        request.outcome = outcome
        del self.engine.open_requests[request.row]
        if self.is_awaited(request):
            self.engine.unfinished_in_window -= 1
        self.engine.recorder.request(request)
        if request.kind == ORDER:
            self.engine.stocks.order_ended(request)
        if request.on_end is not None:
            request.on_end(request)

    def is_awaited(self, request: Request) -> bool:
        """Whether the run goes on until a request ends: one of the window, or one that was there before."""
        start, end = self.engine.program.window
        before = request.asked < self.engine.program.begin
        return request.kind == CONSUMER and (before or start <= request.asked < end)

    def answer(self, request: Request, outcome: int, last: Visit | None) -> None:
        """A request is through; if it was a call, the answer goes its way back first."""
        engine = self.engine
        request.verdict = outcome
        if request.kind == CALLED:
            plan = self.plans[request.source]
            if not plan.way_back.is_direct:
                visit = engine.flow.new_visit(request.root, END)
                visit.call = plan.index
                visit.previous = -1 if last is None else last.id
                engine.handoffs.send(visit, plan.way_back, WAY_BACK + plan.index, None)
                return
        self.end(request)

    def end(self, request: Request) -> None:
        self.end_request(request, request.verdict)
        caller = request.caller
        if caller is not None and caller.id in self.engine.live and caller.awaiting:
            caller.awaiting -= 1
            if caller.awaiting == 0:
                self.engine.follow_ups.add(self.engine.calls.take_up, caller)

    def home(self, visit: Visit) -> None:
        """An answer has come back, or a request has come home."""
        visit.left = self.engine.now
        visit.visit = 1
        self.engine.flow.write(visit, COMPLETED)
        if visit.call >= 0:
            self.end(visit.owner)
        else:
            self.end_branch(visit.strand, COMPLETED, visit)

    def strand_over(self, request: Request, last: Visit) -> None:
        request.open -= 1
        if request.open == 0 and request.row in self.engine.open_requests:
            self.answer(request, COMPLETED, last)

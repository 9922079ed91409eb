"""Ways between services: the tray, the dispatch, the delay, and asking back for what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import ARRIVAL, BATCH, END, MOST_ROUNDS, NEVER, NONE
from serviceflow.engine.program.plans import TransferPlan
from serviceflow.engine.reference.entities import Visit
from serviceflow.errors import RunError

if TYPE_CHECKING:
    from serviceflow.engine.reference.engine import Engine, Event
    from serviceflow.model.schedules import Schedule

FRUITLESS = 10_000
"""Dispatches in closed time after which a handoff is held never to leave."""

ROUND = 1 << 32
"""Rounds of clarification are told apart in the occurrence of their draws."""


class Handoffs:
    """Everything that is on its way, or in a tray to be sent."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.trays: dict[int, list[Visit]] = {}

    def send(self, visit: Visit, plan: TransferPlan, tray: int, sender: Visit | None) -> None:
        """Put a request on its way; `sender` is the visit that it leaves."""
        if sender is not None:
            visit.occurrence, visit.visit = sender.occurrence, sender.visit
        if plan.batch is None:
            self.depart(visit, plan)
        else:
            self.collect(visit, plan, tray)

    def collect(self, visit: Visit, plan: TransferPlan, tray: int) -> None:
        """Lay it into the tray, which is sent when it is full or its time has come."""
        engine = self.engine
        batch = plan.batch
        assert batch is not None
        collected = self.trays.setdefault(tray, [])
        collected.append(visit)
        if len(collected) >= batch.size:
            self.empty(plan, tray)
        elif len(collected) == 1 and batch.max_wait < NEVER:
            due = _later(plan, engine.now, batch.max_wait)
            if due < NEVER:
                engine.plan(due, BATCH, tray, self.on_due, (plan, tray, collected))

    def on_due(self, event: Event) -> None:
        plan, tray, collected = event.about
        if self.trays.get(tray) is collected:
            self.empty(plan, tray)

    def empty(self, plan: TransferPlan, tray: int) -> None:
        for visit in self.trays.pop(tray):
            self.depart(visit, plan)

    def depart(self, visit: Visit, plan: TransferPlan) -> None:
        """Settle when it will arrive: draws are keyed by what they are for, so now is as good as later."""
        engine = self.engine
        leaving = self.dispatched(plan, engine.now)
        visit.handoff_dispatch = leaving - visit.asked
        if leaving >= NEVER:
            visit.handoff_dispatch = NEVER
            return
        arriving = leaving
        if plan.delay is not None or plan.calendar is not None:
            arriving = _later(plan, leaving, self.delay(visit, plan))
            visit.handoff_delay = arriving - leaving
        if plan.incomplete is not None and arriving < NEVER:
            arriving = self.clarify(visit, plan, arriving)
        if arriving < NEVER:
            engine.plan(arriving, ARRIVAL, visit.id, engine.flow.on_arrival, visit)

    def delay(self, visit: Visit, plan: TransferPlan) -> int:
        if plan.delay is None:
            return 0
        return self.engine.values.ticks(plan.delay, visit, self.place(visit, "delay"))

    def dispatched(self, plan: TransferPlan, now: int) -> int:
        """The next dispatch at this instant or later, in the open time of the handoff's calendar."""
        leaving = next_dispatch(plan, now)
        if plan.calendar is None or not (plan.every or plan.instants):
            return leaving
        for _ in range(FRUITLESS):
            if leaving >= NEVER or plan.calendar.at(leaving) > 0:
                return leaving
            reopened = plan.calendar.next_open(leaving)
            if reopened >= NEVER:
                return NEVER
            leaving = next_dispatch(plan, max(reopened, leaving + 1))
        return NEVER

    def clarify(self, visit: Visit, plan: TransferPlan, arriving: int) -> int:
        """Ask back until the information is complete, or send the request back for rework."""
        assert plan.incomplete is not None
        complete = arriving
        occurrence = visit.occurrence
        while self.engine.values.happens(plan.incomplete, visit):
            visit.clarifications += 1
            if visit.clarifications > MOST_ROUNDS:
                raise RunError(self.never_complete(visit))
            if plan.clarification is not None:
                ticks = self.engine.values.ticks(
                    plan.clarification, visit, self.place(visit, "clarification.delay")
                )
                complete = _later(plan, complete, ticks)
            if plan.returns_to != NONE:
                self.turn_back(visit, plan.returns_to)
                break
            visit.occurrence += ROUND
            if complete >= NEVER:
                break
        visit.occurrence = occurrence
        visit.handoff_clarification = complete - arriving
        return complete

    def never_complete(self, visit: Visit) -> str:
        return (
            f"{self.place(visit, 'clarification.probability')}: request {visit.request} was asked back"
            f" {MOST_ROUNDS:,} times and is not complete; write a probability that is well below 100%, or"
            " returns_to, which asks back once"
        )

    def turn_back(self, visit: Visit, service: int) -> None:
        """The receiver never gets it; its place there is free again."""
        self.engine.places.release_place(visit)
        visit.service = service
        visit.arrived_by_return = 1

    def place(self, visit: Visit, field: str) -> str:
        if visit.handoff != NONE:
            return f"handoffs.{self.engine.program.handoffs[visit.handoff].name}.{field}"
        return f"calls.{self.engine.program.calls[visit.call].name}.{field}"

    def cut_off(self, visit: Visit) -> None:
        """Give a request that is on its way only what has passed."""
        left = self.engine.now - visit.asked
        if visit.handoff_dispatch == 0 and visit.handoff_delay == 0 and visit.handoff_clarification == 0:
            visit.handoff_dispatch = left
        for part in ("handoff_dispatch", "handoff_delay", "handoff_clarification"):
            passed = min(getattr(visit, part), left)
            setattr(visit, part, passed)
            left -= passed
        visit.visit = 0


def next_dispatch(plan: TransferPlan, now: int) -> int:
    """The next dispatch at `now` or later, whatever the calendar says."""
    if plan.every:
        return -(-now // plan.every) * plan.every
    if plan.instants is not None:
        return plan.instants.next_instant(now)
    return now


def _later(plan: TransferPlan, time: int, ticks: int) -> int:
    """The instant after `ticks` of the handoff's working time."""
    return after(plan.calendar, time, ticks)


def after(calendar: Schedule | None, time: int, ticks: int) -> int:
    """The instant after `ticks` of a calendar's open time; what takes none waits until it is open."""
    if calendar is None:
        return time + ticks
    return calendar.advance(time, ticks) if ticks else calendar.next_open(time)


__all__ = ["END", "Handoffs", "next_dispatch"]

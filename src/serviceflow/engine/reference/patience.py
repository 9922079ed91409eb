"""Patience and limits of time: who leaves before work began, or before it is done, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import GAVE_UP, PATIENCE, TIMED_OUT, TIMEOUT
from serviceflow.engine.reference.entities import Visit

if TYPE_CHECKING:
    from serviceflow.engine.reference.engine import Engine, Event

WAITING = ("join", "call", "stock", "batch", "queue")
"""Stages in which patience may end."""
OUTCOMES = {PATIENCE: GAVE_UP, TIMEOUT: TIMED_OUT}


class Patience:
    """Those who will not wait for ever, or not be at a service for ever."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.ends: dict[tuple[int, int], list[Visit]] = {}
        """Who leaves for which reason at which instant, unless work has begun, or is done, by then."""

    def plan(self, visit: Visit, time: int, kind: int = PATIENCE) -> None:
        """Those whose time is over at one instant leave together, before anything else may start."""
        ending = self.ends.get((kind, time))
        if ending is None:
            ending = self.ends[kind, time] = []
            self.engine.plan(time, kind, 0, self.on_end, (kind, time))
        ending.append(visit)

    def on_end(self, event: Event) -> None:
        kind, _ = event.about
        ending = self.ends.pop(event.about)
        for visit in sorted(ending, key=lambda visit: (visit.arrived, visit.identity)):
            if visit.id in self.engine.live:
                self.end(visit, kind)

    def end(self, visit: Visit, kind: int) -> None:
        """What waits leaves; so does what is in work whose whole time is limited, but for a batch."""
        if visit.stage in WAITING:
            self.give_up(visit, OUTCOMES[kind])
        elif kind == TIMEOUT and visit.stage == "work" and visit.leader is None:
            self.engine.pauses.break_off(visit)
            self.engine.flow.lose(visit, TIMED_OUT)

    def give_up(self, visit: Visit, outcome: int) -> None:
        """Leave before work began."""
        self.withdraw(visit)
        self.engine.places.release_place(visit)
        self.engine.flow.lose(visit, outcome)

    def withdraw(self, visit: Visit) -> None:
        """Take a waiting visit out of wherever it waits, with the part of its wait so far."""
        if visit.stage == "queue":
            self.engine.lines.withdraw(visit)
            return
        part = f"wait_{visit.stage}"
        setattr(visit, part, getattr(visit, part) + self.engine.now - visit.since)
        if visit.stage == "stock":
            self.engine.stocks.withdraw(visit)
        elif visit.stage == "join":
            self.engine.splits.withdraw(visit)
        elif visit.stage == "batch":
            self.engine.batches.withdraw(visit)
        visit.awaiting = 0

"""Patience: who gives up before work began, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import GAVE_UP, PATIENCE
from serviceflow.engine.reference.entities import Visit

if TYPE_CHECKING:
    from serviceflow.engine.reference.engine import Engine, Event


class Patience:
    """Those who will not wait for ever."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.ends: dict[int, list[Visit]] = {}
        """Who gives up at which instant, unless work has begun by then."""

    def plan(self, visit: Visit, time: int) -> None:
        """Those whose patience ends at one instant give up together, before anything else may start."""
        ending = self.ends.get(time)
        if ending is None:
            ending = self.ends[time] = []
            self.engine.plan(time, PATIENCE, 0, self.on_patience, time)
        ending.append(visit)

    def on_patience(self, event: Event) -> None:
        ending: list[Visit] = self.ends.pop(event.about)
        for visit in sorted(ending, key=lambda visit: (visit.arrived, visit.identity)):
            if visit.id in self.engine.live and visit.stage in ("join", "call", "stock", "batch", "queue"):
                self.give_up(visit)

    def give_up(self, visit: Visit) -> None:
        """Patience is over before work began."""
        self.withdraw(visit)
        self.engine.places.release_place(visit)
        self.engine.flow.lose(visit, GAVE_UP, GAVE_UP)

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

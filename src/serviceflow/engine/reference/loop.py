"""The loop over events in the order (time, kind, number), and the end of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.engine.reference.deadlock import check_stillness
from serviceflow.engine.reference.entities import Visit
from serviceflow.engine.reference.providers import Members

if TYPE_CHECKING:
    from serviceflow.engine.reference.engine import Engine


LOOK = 1024
"""Instants after which somebody who watches a run looks at it."""


class Loop:
    """The events of a run, one after another."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def run(self) -> int:
        """Let things happen until the run is over; gives the instant at which it ended."""
        env, end, stop = self.engine.env, self.engine.program.window[1], self.engine.program.stop
        instants = 0
        standstill, follow_ups = self.engine.standstill, self.engine.follow_ups
        while True:
            standstill.step()
            if follow_ups.due:
                follow_ups.next()
                continue
            upcoming = env.peek()
            if upcoming > self.engine.now:
                if upcoming > stop or (upcoming >= end and not self.engine.unfinished_in_window):
                    return self.last_instant(upcoming)
                self.engine.now = int(upcoming)
                standstill.next_instant()
                instants += 1
                if self.engine.watch is not None and instants % LOOK == 0:
                    self.engine.watch(self.engine)
            env.step()

    def last_instant(self, upcoming: float) -> int:
        if not self.engine.unfinished_in_window and not self.engine.program.terminating:
            return max(self.engine.now, self.engine.program.window[1])
        if upcoming == float("inf"):
            check_stillness(self.engine)
        return self.engine.program.stop

    def close(self, stopped: int) -> None:
        """Write down what is unfinished as it stands."""
        self.engine.now = stopped
        for team in self.engine.providers:
            team.note()
        for visit in self.engine.live.values():
            led = visit.leader is not None and visit.leader is not visit
            if not (led and visit.stage in ("queue", "work")):  # its leader gives it its parts
                self.cut_off(visit)
        for visit in self.engine.live.values():
            self.engine.recorder.visit(visit)
        for request in self.engine.open_requests.values():
            self.engine.recorder.request(request)
        for team in self.engine.providers:
            for clock, since in sorted(team.broken.items()):
                member = team.failed[clock].index if isinstance(team, Members) else -1
                self.engine.recorder.outage(team.index, member, since, stopped)

    def cut_off(self, visit: Visit) -> None:
        """Give an unfinished visit its parts up to now."""
        if visit.stage == "handoff":
            self.engine.handoffs.cut_off(visit)
        elif visit.stage == "queue":
            if visit.line is not None:
                self.engine.flow.leave_line(visit)
        elif visit.stage in ("join", "call", "stock", "batch"):
            part = f"wait_{visit.stage}"
            setattr(visit, part, getattr(visit, part) + self.engine.now - visit.since)
        elif visit.stage == "blocked":
            visit.blocked += self.engine.now - visit.since
        elif visit.stage == "work":
            self.engine.pauses.cut_off(visit)

"""Work that stands still, and what the record says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import FINISH, NONE, PAUSES
from serviceflow.engine.reference.entities import Visit

if TYPE_CHECKING:
    from serviceflow.engine.reference.engine import Engine


class Pauses:
    """Work that is interrupted, and goes on."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def go_on(self, visit: Visit) -> None:
        visit.resumed = self.engine.now
        visit.finish = self.engine.plan(
            self.engine.now + visit.remaining, FINISH, visit.id, self.engine.flow.on_finish, visit
        )

    def suspend(self, visit: Visit, cause: str) -> None:
        visit.suspended = True
        visit.remaining -= self.engine.now - visit.resumed
        visit.finish = None
        visit.paused_at = self.engine.now
        visit.pause_cause = visit.pause_reason = cause

    def unsuspend(self, visit: Visit) -> None:
        visit.suspended = False
        self.end_pause(visit)
        self.go_on(visit)

    def recause(self, visit: Visit) -> None:
        """From now on paused work may have another cause: the first that applies at any of its providers."""
        causes = [team.why_not(visit) for team, _, _ in visit.grants]
        found = [cause for cause in ("off_shift", "outage") if cause in causes]
        cause = found[0] if found else visit.pause_reason
        if cause != visit.pause_cause:
            self.end_pause(visit)
            visit.pause_cause = cause

    def end_pause(self, visit: Visit) -> None:
        ticks = self.engine.now - visit.paused_at
        if ticks:
            part = f"pause_{visit.pause_cause}"
            for member in visit.batch or (visit,):
                setattr(member, part, getattr(member, part) + ticks)
                self.engine.recorder.pause(
                    member, PAUSES.index(visit.pause_cause), visit.paused_at, self.engine.now
                )
        visit.paused_at = self.engine.now

    # Work that ends before it is done

    def break_off(self, visit: Visit) -> None:
        """Work ends as it stands: its staff are free, and nobody goes on with it."""
        self.cut_off(visit)
        if visit.suspended:
            self.engine.staff.forget(visit)
        else:
            if visit.finish is None:
                self.engine.staff.unhold(visit)
            self.engine.staff.release(visit)
        visit.suspended, visit.finish, visit.awaiting = False, None, 0

    def cut_off(self, visit: Visit) -> None:
        """Give a visit in work the parts of it up to now."""
        members = visit.batch or [visit]
        if visit.suspended:
            self.end_pause(visit)
            left = visit.remaining
        elif visit.finish is not None:
            left = visit.remaining - (self.engine.now - visit.resumed)
        else:
            left = 0
            for member in members:
                member.pause_call += self.engine.now - visit.since
                self.engine.recorder.pause(member, PAUSES.index("call"), visit.since, self.engine.now)
        for member in members:
            self.shorten(member, left)

    def shorten(self, visit: Visit, left: int) -> None:
        """Take back what had not yet happened: of the pauses of a calendar, then work, then setup."""
        for part in (
            ("pause_off_shift", "work", "setup")
            if self.engine.services[visit.service].provider == NONE
            else ("work", "setup")
        ):
            taken = min(getattr(visit, part), left)
            setattr(visit, part, getattr(visit, part) - taken)
            left -= taken

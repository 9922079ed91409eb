"""Time must go by: what happens within one instant is counted, and ends in an error that names those in it.

Whatever could go on without end within an instant is a step that is counted here: events, answers that are
taken up, orders that go out. So the engine has neither loop nor recursion that a model could make endless.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import ALLOWED, CONSUMER, ORDER, STANDSTILL
from serviceflow.errors import RunError
from serviceflow.units import format_duration

if TYPE_CHECKING:
    from serviceflow.engine.reference.engine import Engine
    from serviceflow.engine.reference.entities import Request

WATCHED = 2_000
"""The last steps before the limit, in which those who take part are noted."""
SHOWN = 12
"""Names that a message lists of each kind."""

ASKED, ORDERED, BROKE_DOWN, REFUSED_BY, VISITED = (
    ("asked at once by {}", "give their arrivals, or their thinking, some time"),
    ("ordered at once for {}", "give the queue that orders come to more room, or the way to it a delay"),
    ("broken down at once: {}", "let their outages last, or come less often"),
    ("refused by {}", "give it more room, or those whom it refuses another way that takes time"),
    ("visited without taking time: {}", "give one of them a duration, or a way between them a delay"),
)
"""What may come again and again, and what to do about it; the first that happens is the one to mend."""


class Standstill:
    """What happens at the present instant."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.happened = 0
        self.seen: dict[tuple[str, str], set[str]] | None = None
        """Who takes part, once that is watched."""

    def next_instant(self) -> None:
        """Everybody who is there already may have some things happen to them."""
        self.happened = -ALLOWED * len(self.engine.live)
        self.seen = None

    def allow(self, requests: int) -> None:
        """So many requests come together, because the model says so."""
        self.happened -= ALLOWED * requests

    def step(self) -> None:
        self.happened += 1
        if self.happened >= STANDSTILL - WATCHED:
            if self.seen is None:
                self.seen = {}
            if self.happened > STANDSTILL:
                raise RunError(self.describe())

    # Who takes part

    def note(self, what: tuple[str, str], name: str) -> None:
        if self.seen is not None:
            self.seen.setdefault(what, set()).add(name)

    def note_request(self, request: Request) -> None:
        if self.seen is not None:
            program = self.engine.program
            if request.kind == CONSUMER:
                self.note(ASKED, f"consumers.{program.consumers[request.source].name}")
            elif request.kind == ORDER:
                self.note(ORDERED, f"stocks.{program.stocks[request.source].name}")

    def describe(self) -> str:
        seen = self.seen or {}
        found = [what for what in (ASKED, ORDERED, BROKE_DOWN, REFUSED_BY, VISITED) if what in seen]
        parts = [words.format(listed(seen[words, remedy])) for words, remedy in found]
        told = f"time stands still after {format_duration(self.engine.now)}: the same happens again and again"
        remedy = found[0][1] if found else "give what happens there some time"
        return f"{told} within one instant; {'; '.join(parts)}; {remedy}"


def listed(names: set[str]) -> str:
    shown = sorted(names)[:SHOWN]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(shown) + more

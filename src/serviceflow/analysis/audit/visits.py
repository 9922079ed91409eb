"""Requests and visits of a record, with names for indices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from serviceflow.model.links import Link
from serviceflow.model.opening import Place
from serviceflow.model.state import IN_WORK, PAUSED, QUEUED


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A request: what it is, whose, and how it went. Instants that did not come are -1."""

    row: int
    kind: str
    source: str
    number: int
    consumer: str | None
    parent: int
    asked: int
    ended: int
    outcome: str
    quantity: float | None
    attributes: Mapping[str, float | str]


@dataclass(frozen=True, slots=True, eq=False)
class Pause:
    """A stretch in which work stood still."""

    cause: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """A request at a service, once. Instants that did not come are -1."""

    row: int
    request: Request
    branch: int
    service: str | None
    number: int
    handoff: Link | None
    call: Link | None
    member: str | None
    provider: str | None
    together: int
    returned: bool
    previous: int
    asked: int
    arrived: int
    queued: int
    started: int
    finished: int
    left: int
    outcome: str
    clarifications: int
    parts: Mapping[str, int]
    pauses: tuple[Pause, ...]
    opening: Place | None = None
    """Where it is when the run starts, by the state from which that starts."""

    def part(self, name: str) -> int:
        """One part of its life, in ticks."""
        return self.parts.get(name, 0)

    @property
    def joined_until(self) -> int:
        """When it had its branches together."""
        return self.arrived + self.part("wait_join")

    @property
    def answered(self) -> int:
        """When it had the answers of the calls that it made before work."""
        return self.joined_until + self.part("wait_call")

    @property
    def supplied(self) -> int:
        """When it had taken what it needs from stocks."""
        return self.answered + self.part("wait_stock")

    @property
    def was_at_work(self) -> bool:
        """Whether work on it had begun before the run started."""
        return self.opening is not None and self.opening.state in (IN_WORK, PAUSED)

    @property
    def had_stock(self) -> bool:
        """Whether it had what it needs of stocks when the run started."""
        return self.opening is not None and self.opening.state in (IN_WORK, PAUSED, QUEUED)

    @property
    def was_done(self) -> bool:
        """Whether the work on it was over when the run started."""
        return self.opening is not None and self.opening.state == IN_WORK and self.opening.remaining == 0

    @property
    def left_early(self) -> bool:
        """Whether it left because it took too long: it lost patience, or its whole time was over."""
        return self.outcome in ("gave up", "timed out")

    @property
    def rows(self) -> tuple[int, ...]:
        """The row of its request, as breaches name it."""
        return (self.request.row,)


def asked_first(one: Request, two: Request) -> bool:
    """Whether a request of the same consumer surely comes before another that came at the same instant."""
    same = one.kind == two.kind == "consumer" and one.source == two.source
    return same and one.row < two.row and one.number < two.number

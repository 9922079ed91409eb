"""The visits of a record as rows to add up: one row for each visit, or one for all that are alike.

Almost every figure is a sum over visits of one element in some state. Rows say of which elements they are, in
which state (bits that are defined here), how many visits they stand for, and what ticks these have together.
:class:`EveryVisit` has a row for each visit: the plain statement. :mod:`~serviceflow.results.reduce` makes
:class:`Condensed` rows in one compiled pass, a few hundred whatever the length of the run; who adds up
either gets the same figures, up to the rounding of sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.program.codes import PARTS, PAUSE_CALL, REFUSED
from serviceflow.results.derived import STAGES, Flags, Floats, Ints, Reading, left_early, overlap
from serviceflow.results.pending import in_batches

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

# States: of a visit, of its request, and of both in the window

OF_COUNTED, THERE, BEGUN, FINISHED, LEFT, LOST, TURNED_AWAY, HAS_ARRIVED = (1 << bit for bit in range(8))
"""Its request was asked in the window; it arrived at a service and did not end in a join; work began, ended;
it left, gave up, was refused; it arrived anywhere."""
RIGHT, ON_PATH, OF_COMPLETED, QUEUED = (1 << bit for bit in range(8, 12))
"""Without clarification or return; on its request's critical path; of a counted request that completed;
joined a queue."""
ARRIVED_WITHIN, STARTED_WITHIN, FINISHED_WITHIN = (1 << bit for bit in range(12, 15))
"""In the window."""
KIND = 15
"""The bits from this one on are the kind of the request."""
STATES = 1 << (KIND + 2)

LEVEL_TICKS = ("stay", "queue", "transit", "busy", "held")
"""Ticks within the window: at the service, in its queue, on the way there, worked on, holding staff."""
DERIVED = (*STAGES, *LEVEL_TICKS)
BLOCKED_ON_PATH = "blocked_on_path"
"""Of what is blocked, that for which a critical path had to wait."""
COUNTED_COLUMNS = ("clarifications", *PARTS)
"""Columns of the record that are added up as they are."""


class Rows(Protocol):
    """Visits to add up.

    Attributes
    ----------
    program : Program
        What was run.
    count : array
        How many visits each row stands for.
    service, handoff, provider, source : array
        Indices of the elements; -1 for none. The source is who asked the request, by its kind.
    state : array
        The bits above.
    """

    @property
    def program(self) -> Program: ...
    @property
    def count(self) -> Floats: ...
    @property
    def service(self) -> Ints: ...
    @property
    def handoff(self) -> Ints: ...
    @property
    def provider(self) -> Ints: ...
    @property
    def source(self) -> Ints: ...
    @property
    def state(self) -> Ints: ...

    def __contains__(self, name: object) -> bool:
        """Whether there is a column of the record of this name."""

    def ticks(self, name: str) -> Ints | Floats:
        """One of ``DERIVED``, BLOCKED_ON_PATH, or a column of the record: the sum over each row's visits."""

    def positive(self, name: str) -> Floats:
        """How many visits of each row have something in a column of the record, or BLOCKED_ON_PATH."""


def has(rows: Rows, bits: int) -> Flags:
    """Which rows are in all of these states."""
    found: Flags = (rows.state & bits) == bits
    return found


def kind_of(rows: Rows) -> Ints:
    """The kind of each row's request."""
    return rows.state >> KIND


@dataclass(frozen=True)
class Condensed:
    """Rows for visits that are alike."""

    program: Program
    count: Floats
    service: Ints
    handoff: Ints
    provider: Ints
    source: Ints
    state: Ints
    sums: Mapping[str, Floats]
    some: Mapping[str, Floats]
    cells: NDArray[np.int32] | None = None
    """The row of each visit, while the record is at hand."""

    def __contains__(self, name: object) -> bool:
        return name in self.some

    def ticks(self, name: str) -> Floats:
        """The sum over the visits of each row."""
        return self.sums[name]

    def positive(self, name: str) -> Floats:
        """How many visits of each row have something in a column."""
        return self.some[name]


class EveryVisit:
    """A row for each visit of a record."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.program = reading.program
        self.service, self.handoff, self.provider = reading.service, reading.handoff, reading.provider

    @cached_property
    def count(self) -> Floats:
        """Each visit stands for itself."""
        return np.ones(len(self.reading.visits))

    @cached_property
    def source(self) -> Ints:
        """Who asked each visit's request."""
        return self.reading.requests["source"][self.reading.visits["request"]]

    @cached_property
    def state(self) -> Ints:
        """The state of each visit."""
        found = self.reading.requests["kind"][self.reading.visits["request"]] << KIND
        for bit, flags in self._flags().items():
            found |= flags * np.int64(bit)
        return found

    def _flags(self) -> dict[int, Flags]:
        reading, visits = self.reading, self.reading.visits
        everywhere = np.ones(len(visits), dtype=bool)
        return {
            OF_COUNTED: reading.visit_counted,
            THERE: reading.at_service,
            BEGUN: visits["started"] >= 0,
            FINISHED: visits["finished"] >= 0,
            LEFT: visits["left"] >= 0,
            LOST: left_early(visits["outcome"]),
            TURNED_AWAY: visits["outcome"] == REFUSED,
            HAS_ARRIVED: visits["arrived"] >= 0,
            RIGHT: reading.arrived_right,
            ON_PATH: everywhere if reading.on_path is None else reading.on_path,
            OF_COMPLETED: reading.completed[visits["request"]],
            QUEUED: visits.get("queued", -1) >= 0,
            ARRIVED_WITHIN: _within(visits["arrived"], reading.window),
            STARTED_WITHIN: _within(visits["started"], reading.window),
            FINISHED_WITHIN: _within(visits["finished"], reading.window),
        }

    def __contains__(self, name: object) -> bool:
        return name in self.reading.visits

    def ticks(self, name: str) -> Ints | Floats:
        """Ticks of each visit."""
        if name in STAGES:
            return self.reading.stages[name]
        if name == BLOCKED_ON_PATH:
            return self.reading.blocked_on_path
        return self._within_window(name) if name in LEVEL_TICKS else self.reading.visits[name]

    def positive(self, name: str) -> Floats:
        """1 for each visit that has something in a column."""
        values = self.reading.blocked_on_path if name == BLOCKED_ON_PATH else self.reading.visits[name]
        return (values > 0).astype(np.float64)

    def _within_window(self, name: str) -> Ints | Floats:
        reading, visits = self.reading, self.reading.visits
        if name in ("busy", "held"):
            return self._staff_ticks[name]
        begins, ends = {
            "stay": (visits["arrived"], reading.left),
            "queue": (visits["arrived"], reading.queue_end),
            "transit": (visits["asked"], np.where(visits["arrived"] >= 0, visits["arrived"], reading.left)),
        }[name]
        return overlap(begins, ends, reading.window)

    @cached_property
    def _staff_ticks(self) -> dict[str, Ints | Floats]:
        return staff_ticks(self.reading)


def staff_ticks(reading: Reading) -> dict[str, Ints | Floats]:
    """Staff time on setup and work, and staff time held, of each visit within the window.

    Busy is from the start of work to its end without the pauses; held is awaiting the answer of a
    call with the work in hand, or blocked after it. The members of a batch share both, but for being blocked:
    its staff are held until the last has left, which is told by all of them
    (:mod:`~serviceflow.results.pending`).
    """
    visits, pauses = reading.visits, reading.pauses
    started, window = visits["started"] >= 0, reading.window
    busy = np.where(started, overlap(visits["started"], reading.work_end, window), 0)
    answers = np.zeros(len(visits), dtype=np.int64)
    if len(pauses):
        rows, stood = pauses["visit"], overlap(pauses["start"], reading.pause_ends, window)
        np.subtract.at(busy, rows, stood)
        np.add.at(answers, rows, stood * (pauses["cause"] == PAUSE_CALL))
    alone = (visits["finished"] >= 0) & ~in_batches(reading)
    blocked = np.where(alone, overlap(visits["finished"], reading.left, window), 0)
    if reading.batch_share is None:
        return {"busy": busy, "held": blocked + answers}
    return {"busy": busy * reading.batch_share, "held": blocked + answers * reading.batch_share}


def _within(instants: Ints, window: tuple[int, int]) -> Flags:
    inside: Flags = (instants >= window[0]) & (instants < window[1])
    return inside

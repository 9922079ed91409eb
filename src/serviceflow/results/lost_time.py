"""The time that visits lost between services, before work, within it and after it: by who, where, when."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from serviceflow.engine.program.codes import HANDOFF_PARTS, PAUSES, WAITS
from serviceflow.results.alike import distinct
from serviceflow.results.derived import Floats, Ints, Reading
from serviceflow.results.errors import NotKeptError
from serviceflow.results.reduce import added_columns
from serviceflow.results.request_values import HOUR
from serviceflow.results.rows import BLOCKED_ON_PATH, OF_COUNTED, ON_PATH, Condensed, has
from serviceflow.results.scopes import works_vary

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

PARTS: dict[str, dict[str, str]] = {
    "waiting": {cause: f"wait_{cause}" for cause in WAITS},
    "handoff": {part.removeprefix("handoff_"): part for part in HANDOFF_PARTS},
    "paused": {f"paused: {cause}": f"pause_{cause}" for cause in PAUSES},
    "blocked": {"blocked": "blocked"},
}
"""What can be added up: cause as the tables name it, to the column of the record."""
COLUMNS = tuple(part for parts in PARTS.values() for part in parts.values())

WEEK = 168
MOST_CELLS = 2**21
"""A summary keeps the hours of the week where all combinations of elements and hours are at most so many."""
KEYS = ("service", "handoff", "consumer", "provider")

LOST_BY = (*KEYS, "hour", "weekday", "attribute")
"""Everything that lost time can be asked for by."""

Lost = tuple[Ints, Floats, Floats]
"""Rows, the ticks that each lost, and how many visits each stands for."""


class Losses(Protocol):
    """Rows that lost time: one per visit, or one per combination of who, where and when."""

    program: Program

    def key(self, name: str) -> Ints:
        """For each row the index of its element, or its hour or weekday; -1 for none."""

    def attribute(self, name: str) -> Floats:
        """For each row the value of an attribute of its request."""

    def lost(self, part: str) -> Lost:
        """Rows of visits of requests created in the window that lost time in this way.

        Of parallel branches those on the critical path count.
        """


class VisitLosses:
    """What each visit of a record lost."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.program = reading.program

    def key(self, name: str) -> Ints:
        """For each visit the index of its element, or the hour or weekday of its arrival."""
        if name == "consumer":
            return self.reading.requests["consumer"][self.reading.visits["request"]]
        if name in ("hour", "weekday"):
            return self.hours % 24 if name == "hour" else self.hours // 24
        found: Ints = getattr(self.reading, name)
        return found

    @cached_property
    def hours(self) -> Ints:
        """The hour of the week of each visit's arrival; of its asking where it did not arrive."""
        visits = self.reading.visits
        came = np.where(visits["arrived"] >= 0, visits["arrived"], visits["asked"])
        came //= HOUR
        came += self.program.weekday * 24
        came %= WEEK
        return came

    def attribute(self, name: str) -> Floats:
        """For each visit the value of an attribute of its request."""
        values = self.reading.record.requests[f"attribute:{name}"].astype(np.float64)
        return values[self.reading.visits["request"]]

    def lost(self, part: str) -> Lost:
        """Visits that lost time in this way, each standing for itself."""
        if part not in self.reading.visits:
            return _nothing()
        column = self.column(part)
        rows = np.flatnonzero((column > 0) & self.counted)
        return rows, column[rows].astype(np.float64), np.ones(len(rows))

    def column(self, part: str) -> Ints:
        """What each visit lost in this way, counted or not."""
        return self.reading.blocked_on_path if part == "blocked" else self.reading.visits[part]

    @cached_property
    def counted(self) -> Any:
        reading = self.reading
        return reading.visit_counted if reading.on_path is None else reading.visit_counted & reading.on_path


def _nothing() -> Lost:
    return np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)


class CondensedLosses:
    """What visits lost that are alike: by service, handoff and provider."""

    KEYS = ("service", "handoff", "provider")

    def __init__(self, rows: Condensed) -> None:
        self.rows = rows
        self.program = rows.program
        self._counted = has(rows, OF_COUNTED | ON_PATH)

    def key(self, name: str) -> Ints:
        """For each row the index of its element."""
        found: Ints = getattr(self.rows, name)
        return found

    def attribute(self, name: str) -> Floats:
        """Rows are of visits of many requests."""
        raise KeyError(name)

    def lost(self, part: str) -> Lost:
        """Rows of visits that lost time in this way."""
        if part not in self.rows:
            return _nothing()
        column = BLOCKED_ON_PATH if part == "blocked" else part
        visits = self.rows.positive(column)
        found = np.flatnonzero((visits > 0) & self._counted)
        return found, self.rows.ticks(column)[found], visits[found]


class LostTime:
    """What visits lost, added up by service, handoff, consumer, provider and hour of the week.

    Parameters
    ----------
    program : Program
        What was run.

    Attributes
    ----------
    combinations : array
        What elements each row is of, as one number.
    ticks, visits : dict
        For each part that occurs, the time and the number of visits by combination and hour.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.combinations: Ints = np.empty(0, dtype=np.int64)
        self.ticks: dict[str, Floats] = {}
        self.visits: dict[str, Floats] = {}
        sizes = [len(getattr(program, f"{name}s")) + 1 for name in KEYS]
        self._sizes = sizes if works_vary(program) else [*sizes[:-1], 1]
        every = (sizes[0] + sizes[1]) * sizes[2]
        self.hours = WEEK if every * WEEK <= MOST_CELLS else 1

    def include(self, reading: Reading) -> None:
        """Add the next part of a run."""
        losses = VisitLosses(reading)
        combinations = self._combined(losses)
        rows = self._rows(combinations)
        cells = rows if self.hours == 1 else rows * self.hours + losses.hours
        parts = [part for part in COLUMNS if part in reading.visits]
        counted = np.flatnonzero(losses.counted)
        columns = (losses.column(part)[counted] for part in parts)
        sums = added_columns(cells[counted], columns, len(self.combinations) * self.hours)
        for part, (ticks, visits) in zip(parts, sums, strict=True):
            if visits.any():
                self._add(part, ticks, visits)

    def merge(self, other: LostTime) -> None:
        """Add what other parts of the run have."""
        rows = self._rows(other.combinations)
        for part, ticks in other.ticks.items():
            sums = [np.zeros((len(self.combinations), self.hours)) for _ in range(2)]
            sums[0][rows], sums[1][rows] = ticks, other.visits[part]
            self._add(part, *sums)

    def _add(self, part: str, ticks: Any, visits: Any) -> None:
        shape = (len(self.combinations), self.hours)
        for kept, more in ((self.ticks, ticks), (self.visits, visits)):
            more = more.reshape(shape)
            mine = kept.get(part)
            if mine is not None:
                more[: len(mine)] += mine.astype(more.dtype)
            kept[part] = more

    def _combined(self, losses: VisitLosses) -> Ints:
        codes = np.zeros(len(losses.reading.visits), dtype=np.int64)
        for name, size in zip(KEYS, self._sizes, strict=True):
            if size > 1:
                codes *= size
                codes += losses.key(name)
                codes += 1
        return codes

    def _rows(self, combinations: Ints) -> Ints:
        """The row of each combination; new ones get rows of their own, behind the others."""
        first, place = distinct([combinations], len(combinations))
        few = combinations[first]
        new = few[~np.isin(few, self.combinations)]
        self.combinations = np.concatenate([self.combinations, new])
        order = np.argsort(self.combinations)
        rows: Ints = order[np.searchsorted(self.combinations, few, sorter=order)]
        return rows[place]

    # Read like visits

    def key(self, name: str) -> Ints:
        """For each cell the index of its element, or its hour or weekday."""
        if name in ("hour", "weekday"):
            if self.hours == 1:
                raise NotKeptError(f"by={name!r}", "a summary of a chain of so many elements has no hours")
            hours = np.tile(np.arange(WEEK), len(self.combinations))
            return hours % 24 if name == "hour" else hours // 24
        if name == "provider" and self._sizes[-1] == 1:
            owners = np.array([plan.provider for plan in self.program.services] + [-1], dtype=np.int64)
            return owners[self.key("service")]
        codes = self.combinations
        for size in reversed(self._sizes[KEYS.index(name) + 1 :]):
            codes = codes // size
        return np.repeat(codes % self._sizes[KEYS.index(name)] - 1, self.hours)

    def attribute(self, name: str) -> Floats:
        """A summary has no requests."""
        raise NotKeptError(f"by={name!r}", "a summary adds up over requests and their attributes")

    def lost(self, part: str) -> Lost:
        """Cells in which time was lost in this way."""
        if part not in self.ticks:
            return _nothing()
        counts = self._grown(self.visits[part])
        rows = np.flatnonzero(counts)
        return rows, self._grown(self.ticks[part])[rows], counts[rows]

    def _grown(self, cells: Any) -> Floats:
        """All cells, also those of combinations that came after this part was last seen."""
        grown = np.zeros((len(self.combinations), self.hours))
        grown[: len(cells)] = cells
        return grown.reshape(-1)

"""Levels of stocks over the window, from their changes in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from serviceflow.results.derived import Floats, Ints, Reading, overlap

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.engine.record.record import Table

NEVER = np.iinfo(np.int64).max
Window = tuple[int, int]


@dataclass(frozen=True)
class StockLevels:
    """What a stretch of time did to the levels of all stocks, from the first change in it to the last.

    Attributes
    ----------
    first, last : array
        When the first and the last change came; ``first`` is ``NEVER`` where there was none.
    level, waiting : array
        The level after the last change, and the unmet demand.
    area : array
        Integral of the level over the ticks of the window between the first and the last change.
    out : array
        Ticks of these in which the stock was empty, or less than those who wait would take.
    """

    first: Ints
    last: Ints
    level: Floats
    waiting: Floats
    area: Floats
    out: Floats

    @classmethod
    def empty(cls, size: int) -> StockLevels:
        """A stretch of time without changes."""
        none, never = np.zeros(size), np.full(size, NEVER, dtype=np.int64)
        return cls(never, never, none, none, none, none)

    @classmethod
    def of(cls, reading: Reading) -> StockLevels:
        """The changes of one part of a run."""
        found, changes = cls.empty(len(reading.program.stocks)), reading.record.stocks
        if not len(changes):
            return found
        own = [np.flatnonzero(changes["stock"] == plan.index) for plan in reading.program.stocks]
        parts = [_between(changes, rows, reading.window) for rows in own]
        return cls(*(np.array(column) for column in zip(*parts, strict=True)))

    def followed_by(self, later: StockLevels, window: Window) -> StockLevels:
        """Both this stretch of time and a later one, with the time between them."""
        both = (self.first != NEVER) & (later.first != NEVER)
        area, out = _held(self.level, self.waiting, np.where(both, self.last, 0), later.first, window)
        changed = later.first != NEVER
        return StockLevels(
            np.minimum(self.first, later.first),
            np.where(changed, later.last, self.last),
            np.where(changed, later.level, self.level),
            np.where(changed, later.waiting, self.waiting),
            self.area + later.area + np.where(both, area, 0.0),
            self.out + later.out + np.where(both, out, 0.0),
        )

    def over(self, program: Program) -> tuple[Floats, Floats]:
        """Integral of the level, and ticks out of stock, over the whole window."""
        size, end = len(self.level), max(program.window[1], 0)
        initial = np.array([plan.initial for plan in program.stocks], dtype=np.float64)
        none, start = np.zeros(size), np.zeros(size, dtype=np.int64)
        began = StockLevels(start, start, initial, none, none, none)
        ended = StockLevels(np.full(size, end, dtype=np.int64), start, none, none, none, none)
        whole = began.followed_by(self, program.window).followed_by(ended, program.window)
        return whole.area, whole.out


def _between(changes: Table, rows: Ints, window: Window) -> tuple[int, int, float, float, float, float]:
    """First and last change of a stock, what it left behind, and what lay between."""
    if not len(rows):
        return NEVER, NEVER, 0.0, 0.0, 0.0, 0.0
    times = changes["time"][rows].astype(np.int64)
    levels, waiting = (changes.get(name)[rows].astype(np.float64) for name in ("level", "waiting"))
    area, out = _held(levels[:-1], waiting[:-1], times[:-1], times[1:], window)
    return times[0], times[-1], levels[-1], waiting[-1], float(area.sum()), float(out.sum())


def _held(levels: Floats, waiting: Floats, starts: Ints, ends: Ints, window: Window) -> tuple[Floats, Floats]:
    """What levels that stay for a while add up to."""
    ticks = overlap(starts, ends, window).astype(np.float64)
    return levels * ticks, ticks * ((levels <= 0) | (waiting > levels))

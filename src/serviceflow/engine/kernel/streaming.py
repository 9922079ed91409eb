"""A record in parts, as the compiled engine makes it: what is over is put out, and forgotten.

The kernel puts a visit out when it is over, and a request when it has ended. A *family*, a request with all
that was called in its course, is put out when nothing of it is left in the chain; until then its rows are
held back here. So memory is that of what is under way, and of one part.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.kernel import compile_cache, entry, layout
from serviceflow.engine.kernel.arena import BUDGET, Memory, Rows, stock_table_of
from serviceflow.engine.kernel.events import NEXT_FREE
from serviceflow.engine.kernel.layout import LEFT, POOLS, SLACK
from serviceflow.engine.kernel.memory import Halt
from serviceflow.engine.record.numbering import read
from serviceflow.engine.record.record import Column, Record, Table
from serviceflow.engine.record.recorder import PAUSE_COLUMNS, outage_table, pause_table, request_table

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

Flags = NDArray[np.bool_]

COUNTS = {
    "visits_out": layout.VISITS_OUT,
    "requests_out": layout.REQUESTS_OUT,
    "families_out": layout.FAMILIES_OUT,
    "pauses_out": layout.PAUSES_OUT,
    "levels_out": layout.LEVELS_OUT,
    "outages_out": layout.OUTAGES_OUT,
}
"""Pools that are emptied into parts of the record, and how many of their rows are filled."""

PARENT = layout.R_PARENT
ROW, ORIGIN = layout.R_OUTCOME + 1, layout.R_OUTCOME + 2
"""Columns of a request that was put out: its row in the whole record, and that of its family's first."""
NUMBER = 0
"""Column of a visit that was put out: its number; the columns of the record follow."""


class Stream(Memory):
    """The kernel's memory, from which what is over is taken out again and again."""

    def __init__(self, program: Program, rows: int) -> None:
        super().__init__(program)
        self.rows = rows + 2 * SLACK
        self.widths["visits_out"] = len(program.visit_columns) + 1
        self.request_column = 1 + program.visit_columns.index("request")
        self.held: dict[str, Rows] = {}
        self.given = dict.fromkeys(("families_out", "levels_out", "outages_out"), 0)
        """How many rows have been given, in case the run has to begin anew with more memory."""
        self.passed = dict(self.given)

    def pieces(self, seed: int, replication: int) -> Iterator[Record]:
        while True:
            self.start(seed, replication)
            try:
                for last in self.steps():
                    piece = self.piece(seed, replication, last)
                    if last or len(piece.requests) or len(piece.stocks) or len(piece.outages):
                        yield piece
            except Halt:
                if self.state[layout.HALT] != layout.FULL:
                    self.told_by_reference(seed, replication)
                    raise AssertionError("the engines do not agree that a rule is broken") from None
                self.first_rows *= 4
                self.pools.clear()
                continue
            return

    # -- the run

    def start(self, seed: int, replication: int) -> None:
        self.prepare(seed, replication, keep=False)
        for name in (*COUNTS, "numbers_out"):
            self.extend(name, max(self.rows, self.first_rows))
        width = self.pools["numbers_out"].shape[1]
        self.held = {
            "visits_out": np.empty((0, self.widths["visits_out"]), dtype=np.int64),
            "requests_out": np.empty((0, ORIGIN + 1), dtype=np.int64),
            "numbers_out": np.empty((0, width), dtype=np.int64),
            "pauses_out": np.empty((0, len(PAUSE_COLUMNS)), dtype=np.int64),
        }
        self.passed = dict.fromkeys(self.given, 0)

    def steps(self) -> Iterator[bool]:
        """Let things happen; gives whether the run is over, whenever there is something to take out."""
        enter = compile_cache.entry_point("enter")
        address = self.state.ctypes.data
        enter(address, entry.OPEN, 0)
        while (status := enter(address, entry.RUN, BUDGET)) != layout.DONE:
            if status == layout.GROW:
                yield False
                self.grow()
        yield False
        self.make_room_for_rest()
        enter(address, entry.CLOSE, 0)
        yield True

    def make_room_for_rest(self) -> None:
        """Room for all that is unfinished."""
        for name, pool in (("visits_out", "visits"), ("requests_out", "requests"), ("pauses_out", "visits")):
            self.extend(name, len(self.pools[pool]) + SLACK)
        self.extend("numbers_out", len(self.pools["requests_out"]))
        self.extend("outages_out", int(self.packed.clocks) + SLACK)

    def grow(self) -> None:
        """Make room in the pools of what is under way; those of what is over are empty now."""
        self.state[layout.LOW] = 0
        for name, field in NEXT_FREE.items():
            if self.state[POOLS[name] + LEFT] < SLACK:
                self.extend(name, 2 * len(self.pools[name]))
                self.add_free(name, field)
        self.make_room("events", SLACK)
        self.extend("attributes", len(self.pools["requests"]))

    # -- what is over

    def take(self, name: str) -> Rows:
        """The rows that were put out since the last time, with those held back."""
        count = int(self.state[COUNTS["requests_out" if name == "numbers_out" else name]])
        fresh = self.pools[name][:count]
        return np.concatenate([self.held[name], fresh]) if name in self.held else fresh.copy()

    def piece(self, seed: int, replication: int, last: bool) -> Record:
        taken = {name: self.take(name) for name in (*COUNTS, "numbers_out")}
        skipped = {name: self.skip(name, len(taken[name])) for name in self.given}
        for word in COUNTS.values():
            self.state[word] = 0
        requests, numbers = taken["requests_out"], taken["numbers_out"]
        order = np.argsort(requests[:, ROW])
        requests, numbers = requests[order], numbers[order]
        visits, pauses = taken["visits_out"], taken["pauses_out"]
        over = families_among(requests, taken["families_out"])
        over |= last
        given = families_among(requests, taken["families_out"][: skipped["families_out"]])
        at, known = places(requests[:, ROW], visits[:, self.request_column])
        gone = known & over[at] if len(requests) else known
        paused = np.isin(pauses[:, 0], visits[gone, NUMBER])
        self.held = {
            "requests_out": requests[~over],
            "numbers_out": numbers[~over],
            "visits_out": visits[~gone],
            "pauses_out": pauses[~paused],
        }
        fresh = over & ~given
        shown = gone & fresh[at] if len(requests) else gone
        paused &= np.isin(pauses[:, 0], visits[shown, NUMBER])
        made = Made(self.program, requests[fresh], visits[shown], pauses[paused])
        stopped = int(self.state[layout.STOPPED if last else layout.NOW])
        record = Record(
            self.program,
            seed,
            replication,
            stopped,
            request_table(self.program, made.requests.T, numbers[fresh].view(np.float64).T),
            made.visit_table(),
            made.pause_table(),
            stock_table_of(taken["levels_out"][skipped["levels_out"] :].T),
            outage_table(taken["outages_out"][skipped["outages_out"] :]),
        )
        return read(record, self.reader)

    def skip(self, name: str, count: int) -> int:
        """How many of the next rows have been given before the run began anew."""
        skipped = min(max(self.given[name] - self.passed[name], 0), count)
        self.passed[name] += count
        self.given[name] = max(self.given[name], self.passed[name])
        return skipped


class Made:
    """Requests and visits that make a part of a record, renumbered within it."""

    def __init__(self, program: Program, requests: Rows, visits: Rows, pauses: Rows) -> None:
        self.program = program
        rows = np.ascontiguousarray(requests[:, ROW])
        requests[:, PARENT] = found(rows, requests[:, PARENT])
        self.requests = requests
        self.pauses = pauses
        names = program.visit_columns
        at, _ = places(rows, visits[:, 1 + names.index("request")])
        numbers = np.ascontiguousarray(visits[:, NUMBER])
        order = np.empty(len(visits), dtype=np.int64)
        starts = np.zeros(len(requests) + 1, dtype=np.int64)
        compile_cache.entry_point("place")(at, numbers, starts, order)
        self.columns = np.empty((len(names), len(visits)), dtype=np.int64)
        compile_cache.entry_point("pick")(visits, order, 1, self.columns)
        self.columns[names.index("request")] = at[order]
        self.numbers = numbers[order]

    def visit_table(self) -> Table:
        names = self.program.visit_columns
        columns: dict[str, Column] = dict(zip(names, self.columns, strict=True))
        if "previous" in columns:
            columns["previous"] = self.of_numbers(self.columns[names.index("previous")])
        return Table(columns, len(self.numbers))

    def of_numbers(self, numbers: Rows) -> Rows:
        """Rows of visits by their numbers; -1 stays."""
        order = np.argsort(self.numbers)
        at = found(self.numbers[order], numbers)
        return np.where(at >= 0, order[at], -1) if len(order) else at

    def pause_table(self) -> Table:
        pauses = self.pauses
        pauses[:, 0] = self.of_numbers(pauses[:, 0])
        return pause_table(pauses)


def places(rising: Rows, wanted: Rows) -> tuple[Rows, Flags]:
    """Where numbers are among rising ones (somewhere, if they are not), and whether they are there."""
    if not len(rising):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=bool)
    at = np.minimum(np.searchsorted(rising, wanted), len(rising) - 1)
    return at, rising[at] == wanted


def families_among(requests: Rows, families: Rows) -> Flags:
    """Which requests are of some families."""
    _, known = places(np.sort(families[:, 0]), requests[:, ORIGIN])
    return known


def found(rising: Rows, wanted: Rows) -> Rows:
    """Where numbers are among rising ones; -1 where they are not."""
    at, there = places(rising, wanted)
    return np.where(there, at, -1)

"""The memory of the compiled engine: pools of rows, their growth, and the record that is left in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.kernel import compile_cache, entry, layout, scope
from serviceflow.engine.kernel.events import NEXT_FREE
from serviceflow.engine.kernel.expressions import needed
from serviceflow.engine.kernel.layout import (
    ADDRESS,
    FEWEST,
    FREE,
    LEFT,
    LINE,
    POOL_FIELDS,
    POOLS,
    ROWS,
    SLACK,
    STRIDE,
)
from serviceflow.engine.kernel.memory import Halt
from serviceflow.engine.kernel.packer import Packed, signed
from serviceflow.engine.program.lowering import ranked
from serviceflow.engine.record.buffers import Blocks
from serviceflow.engine.record.numbering import read
from serviceflow.engine.record.record import Record, Table, empty_table
from serviceflow.engine.record.recorder import (
    PAUSE_COLUMNS,
    STOCK_COLUMNS,
    outage_table,
    request_table,
    stock_table,
    whole_columns,
)

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

Rows = NDArray[np.int64]

BUDGET = 100_000
"""Events until the kernel comes back to look whether it is interrupted."""
FIRST_ROWS = 1024
"""Rows of a pool to begin with."""
AT_ONCE = 1 << 22
"""Words that are copied in one go, between which an interrupt is answered."""
BOUTS = 4
"""Places in the tournament of events for each of their slots, at most: it is doubled whenever needed."""
take = Blocks(1 << 28).take

COUNTED = {
    "events": layout.EVENTS,
    "visits_out": layout.NEXT_VISIT,
    "requests_out": layout.NEXT_REQUEST,
    "numbers_out": layout.NEXT_REQUEST,
    "tally": layout.NEXT_REQUEST,
    "families_out": layout.FAMILIES_OUT,
    "pauses_out": layout.PAUSES_OUT,
    "levels_out": layout.LEVELS_OUT,
    "outages_out": layout.OUTAGES_OUT,
}
"""Pools that are filled one after another, and how many of their rows are."""


class Memory:
    """The kernel's memory for one program; it is used again from run to run.

    Attributes
    ----------
    reader : Program
        The program whose numbers the record has.
    program : Program
        Its twin, which is run.
    """

    OPEN, RUN, CLOSE = entry.OPEN, entry.RUN, entry.CLOSE
    """What the kernel is entered for."""

    def __init__(self, program: Program) -> None:
        self.reader = program
        self.program = program = ranked(program)
        self.packed = packed(program)
        self.table = compile_cache.load(self.groups(self.packed))
        self.state = np.zeros(layout.STATE_WORDS, dtype=np.int64)
        self.pools: dict[str, Rows] = {}
        self.widths = dict(POOL_FIELDS) | {
            "attributes": max(len(program.attributes), 1),
            "experience": self.packed.pools["experience"].shape[1],
            "visits_out": max(len(program.visit_columns), 1),
            "numbers_out": len(program.attributes) + 1,
            "counts": 1,
            "entries": 1,
        }
        self.first_rows = FIRST_ROWS

    @staticmethod
    def groups(packed: Packed) -> set[str]:
        """The modules of the kernel that a program needs."""
        return groups_of(packed)

    # -- one run

    def run(self, seed: int, replication: int) -> Record:
        return self.begin(seed, replication)()

    def begin(self, seed: int, replication: int) -> Callable[[], Record]:
        """Run once; gives what makes the record, for which the memory must be left as it is."""
        while True:
            try:
                self.prepare(seed, replication)
                self.go()
                return partial(self.record, seed, replication)
            except Halt:
                if self.state[layout.HALT] != layout.FULL:
                    told = self.told_by_reference(seed, replication)
                    return lambda: told
                self.first_rows *= 4  # More happened at one event than there was room for.
                self.pools.clear()

    def go(self) -> None:
        enter = compile_cache.entry_point("enter")
        address = self.state.ctypes.data
        enter(address, self.OPEN, 0)
        while True:
            status = enter(address, self.RUN, BUDGET)
            if status == layout.DONE:
                break
            if status == layout.GROW:
                self.grow()
        self.make_room("pauses_out", len(self.pools["visits"]))
        self.make_room("outages_out", int(self.packed.clocks))
        enter(address, self.CLOSE, 0)

    def told_by_reference(self, seed: int, replication: int) -> Record:
        """Let the reference engine say what is wrong."""
        from serviceflow.engine.reference import engine as reference

        return reference.run(self.reader, seed, replication)

    # -- memory

    def prepare(self, seed: int, replication: int, keep: bool = True) -> None:
        """The memory as it is at the start of a run."""
        state = self.state
        used = {name: self.ever_used(name) for name in NEXT_FREE if name in self.pools}
        state[: layout.FIRST_POOL] = 0
        for word, value in self.packed.scalars.items():
            state[word] = value
        state[layout.SEED] = signed(seed)
        state[layout.REPLICATION] = signed(replication)
        state[layout.KEEP] = keep
        state[layout.UNITS] = self.table.ctypes.data
        for name, rows in self.program_rows().items():
            if name in self.pools:
                self.pools[name][:] = rows
            else:
                self.pools[name] = aligned(rows)
                self.place(name)
        for name in POOL_FIELDS:
            if name not in self.pools:
                self.pools[name] = aligned(np.empty((0, self.widths[name]), dtype=np.int64), self.first_rows)
                self.place(name)
                used[name] = self.first_rows
        self.extend("bouts", BOUTS * len(self.pools["events"]))
        for name, field in NEXT_FREE.items():
            self.free(name, field, used[name])

    def program_rows(self) -> dict[str, Rows]:
        """The rows that the program fills, as they are at the start of a run."""
        return self.packed.pools

    def place(self, name: str) -> None:
        """Tell the kernel where a pool is."""
        rows, words = self.pools[name], POOLS[name]
        self.state[words + ADDRESS] = rows.ctypes.data
        self.state[words + ROWS] = len(rows)
        self.state[words + STRIDE] = rows.shape[1] * 8

    def ever_used(self, name: str) -> int:
        return int(self.state[POOLS[name] + ROWS] - self.state[POOLS[name] + FEWEST])

    def free(self, name: str, field: int, used: int) -> None:
        """Make every row of a pool free; those not `used` are linked already."""
        rows, words = self.pools[name], POOLS[name]
        self.link(name, field, 0, used)
        rows[-1, field] = -1
        self.state[words + FREE] = 0
        self.state[words + LEFT] = self.state[words + FEWEST] = len(rows)

    def link(self, name: str, field: int, start: int, end: int) -> None:
        rows = self.pools[name]
        rows[start:end, field] = np.arange(start + 1, end + 1)
        if name == "visits":
            rows[start:end, : layout.V_NEXT] = 0
            rows[start:end, layout.V_NEXT + 1 :] = 0
            rows[start:end, layout.BACK_TO_NONE] = -1
            rows[start:end, layout.V_STAGE] = layout.WRITTEN
        if name == "requests":
            rows[start:end, layout.R_ENDED] = 0

    def grow(self) -> None:
        """Make room wherever a pool is nearly used up."""
        self.state[layout.LOW] = 0
        for name in COUNTED:
            self.make_room(name, SLACK)
        for name, field in NEXT_FREE.items():
            if self.state[POOLS[name] + LEFT] < SLACK:
                self.extend(name, 2 * len(self.pools[name]))
                self.add_free(name, field)
        self.extend("attributes", len(self.pools["requests"]))

    def make_room(self, name: str, rows: int) -> None:
        """Let a pool that is filled one row after another have room for some more."""
        filled = int(self.state[COUNTED[name]])
        if filled + rows > len(self.pools[name]):
            self.extend(name, max(4 * len(self.pools[name]), filled + rows))  # What is not filled is free.

    def extend(self, name: str, rows: int) -> None:
        before = self.pools[name]
        if rows <= len(before):
            return
        self.pools[name] = aligned(before, rows, clear=name not in COUNTED)
        self.place(name)
        if name == "events":
            self.extend("bouts", BOUTS * rows)

    def add_free(self, name: str, field: int) -> None:
        """Put the rows by which a pool has grown behind those that are free: rows are used in order."""
        words, rows = POOLS[name], self.pools[name]
        before, after = len(rows) // 2, len(rows)
        self.link(name, field, before, after)
        rows[-1, field] = -1
        last = int(self.state[words + FREE])
        if last < 0:
            self.state[words + FREE] = before
        else:
            while rows[last, field] >= 0:
                last = int(rows[last, field])
            rows[last, field] = before
        self.state[words + LEFT] += after - before
        self.state[words + FEWEST] += after - before

    @property
    def bytes(self) -> int:
        return sum(rows.nbytes for rows in self.pools.values())

    # -- the record

    def record(self, seed: int, replication: int) -> Record:
        program, state = self.program, self.state
        visits, places = self.visit_table()
        record = Record(
            program,
            seed,
            replication,
            int(state[layout.STOPPED]),
            self.request_table(),
            visits,
            self.pause_table(places),
            self.stock_table(),
            outage_table(self.put_out("outages_out")),
        )
        return read(record, self.reader)

    def visit_table(self) -> tuple[Table, Rows]:
        names, count = self.program.visit_columns, int(self.state[layout.NEXT_VISIT])
        previous = names.index("previous") if "previous" in names else -1
        found, places = self.arranged(count, np.arange(len(names)), names.index("request"), previous)
        return Table(dict(zip(names, found, strict=True)), count), places

    def arranged(self, count: int, fields: Rows, request: int, previous: int) -> tuple[Rows, Rows]:
        """Fields of the visits that were put out, each in one piece, and which visit comes where."""
        out, places = take(len(fields), count), take(count)
        tally = self.put_out("tally")[:, 0]
        starts = np.cumsum(tally) - tally
        compile_cache.entry_point("arrange")(
            self.pools["visits_out"], count, fields, request, previous, starts, places, out
        )
        return out, places

    def request_table(self) -> Table:
        program, count = self.program, int(self.state[layout.NEXT_REQUEST])
        whole = self.turned("requests_out", count, range(len(whole_columns(program))))
        kept = range(len(program.attributes) + 1) if self.state[layout.NUMBERS] else ()
        numbers = self.turned("numbers_out", count, kept)
        return request_table(program, whole, numbers.view(np.float64))

    def turned(self, name: str, count: int, fields: Iterable[int]) -> Rows:
        """Some fields of a pool's rows, each in one piece."""
        wanted = np.array(list(fields), dtype=np.int64)
        out = take(len(wanted), count)
        compile_cache.entry_point("turn")(self.pools[name], count, wanted, out)
        return out

    def pause_table(self, places: Rows) -> Table:
        pauses = self.put_out("pauses_out")
        if not len(pauses):
            return empty_table()
        visits, since = places[pauses[:, 0]], pauses[:, PAUSE_COLUMNS.index("start")].copy()
        order, out = np.empty_like(visits), take(len(PAUSE_COLUMNS), len(pauses))
        compile_cache.entry_point("place")(visits, since, np.zeros(len(places) + 1, dtype=np.int64), order)
        compile_cache.entry_point("pick")(pauses, order, 0, out)
        out[0] = visits[order]
        return Table(dict(zip(PAUSE_COLUMNS, out, strict=True)), len(pauses))

    def stock_table(self) -> Table:
        count = int(self.state[layout.LEVELS_OUT])
        return stock_table_of(self.turned("levels_out", count, range(len(STOCK_COLUMNS))))

    def put_out(self, name: str) -> Rows:
        """The rows of a pool that are filled."""
        return self.pools[name][: int(self.state[COUNTED[name]])]


def stock_table_of(levels: Rows) -> Table:
    """Changes of stocks, of columns whose last ones are the bits of real numbers."""
    return stock_table(levels[:2], np.ascontiguousarray(levels[2:]).view(np.float64))


def aligned(rows: Rows, count: int = 0, clear: bool = True) -> Rows:
    """A copy of some rows, and more (of zeros), that begins where a line of the processor's cache does."""
    count = max(count, len(rows))
    size = count * rows.shape[1]
    memory = take(size + LINE)
    begin = -(memory.ctypes.data // 8) % LINE
    copy = memory[begin : begin + size].reshape(count, rows.shape[1])
    step = max(AT_ONCE // rows.shape[1], 1)
    for first in range(0, len(rows), step):
        end = min(first + step, len(rows))
        copy[first:end] = rows[first:end]
    if clear:
        copy[len(rows) :] = 0
    return copy


def groups_of(packed: Packed) -> set[str]:
    """The modules of the kernel that a program needs."""
    wanted = {module for feature, module in scope.MODULES.items() if feature in packed.program.features}
    return wanted | needed(packed.packer) | set(compile_cache.ALWAYS)


PROGRAMS = 4
"""How many programs are kept as the kernel reads them."""
_PACKED: list[Packed] = []


def packed(program: Program) -> Packed:
    """A program as the kernel reads it; those of the last programs are kept."""
    for known in _PACKED[::-1]:
        if known.program is program:
            return known
    scope.check(program)
    made = Packed(program)
    _PACKED[:] = [*_PACKED[1 - PROGRAMS :], made]
    return made

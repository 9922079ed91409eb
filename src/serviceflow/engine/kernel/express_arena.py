"""Runs of chains of plain queues, by the express loop of the kernel (see ``kernel.express``)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from serviceflow.engine.kernel import compile_cache, entry, layout
from serviceflow.engine.kernel.arena import FIRST_ROWS, Memory, Rows
from serviceflow.engine.kernel.express_rows import rows_of
from serviceflow.engine.kernel.express_scope import FIELDS, is_plain
from serviceflow.engine.kernel.expressions import needed
from serviceflow.engine.kernel.packer import Packed
from serviceflow.engine.program.codes import NONE
from serviceflow.engine.program.plans import Program
from serviceflow.engine.record.buffers import constant, first_numbers, lent
from serviceflow.engine.record.record import Record, Table
from serviceflow.engine.record.recorder import whole_columns

LATEST = 1 << 60
"""No event's instant and slot together may come to as much."""


class OutOfReach(Exception):
    """There are more events at once than one could tell, and too many for their keys."""


class Express(Memory):
    """The memory of the express loop for one program."""

    OPEN, RUN, CLOSE = entry.OPEN_EXPRESS, entry.RUN_EXPRESS, entry.CLOSE_EXPRESS

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        program = self.program
        self.widths["visits_out"] = layout.P_RECORD
        self.widths["counts"] = max(len(self.packed.repeating), 1)
        self.widths["entries"] = self.widths["counts"]
        self.slots = slots_of(program)
        plans = program.consumers
        self.askers = [plan.index for plan in plans if plan.arrivals is not None or plan.initial]
        """Consumers who may ask; one alone numbers his requests in order, unless some are there at time 0."""
        if any(plan.initial for plan in plans):
            self.askers.append(NONE)
        self.rows = self.packed.pools | rows_of(self.packed)

    @staticmethod
    def groups(packed: Packed) -> set[str]:
        return needed(packed.packer) | set(compile_cache.EXPRESS)

    def begin(self, seed: int, replication: int) -> Callable[[], Record]:
        try:
            return super().begin(seed, replication)
        except OutOfReach:
            return self.other.begin(seed, replication)

    @cached_property
    def other(self) -> Memory:
        """That of the loop that knows every rule."""
        return Memory(self.reader)

    def prepare(self, seed: int, replication: int, keep: bool = True) -> None:
        super().prepare(seed, replication, keep)
        slots = self.slots * self.first_rows // FIRST_ROWS
        if not has_keys(self.program, slots):
            raise OutOfReach
        self.extend("slots", slots)
        self.extend("matches", 2 * slots)
        trips = self.pools["consumers"][:, layout.A_TRIPS]
        self.extend("drafts", int(trips.max(initial=0)) * len(trips))
        self.state[layout.SLOT_BITS] = slots.bit_length() - 1

    def program_rows(self) -> dict[str, Rows]:
        return self.rows

    def grow(self) -> None:
        super().grow()
        self.extend("counts", len(self.pools["walks"]))
        self.extend("trips", len(self.pools["walks"]))

    # -- the record: what is the same for all is kept once, and columns that are the same are one array

    def visit_table(self) -> tuple[Table, Rows]:
        names, count = self.program.visit_columns, int(self.state[layout.NEXT_VISIT])
        known = {layout.P_NOTHING: constant(0, count)}
        if not self.packed.repeating:
            known[layout.P_VISIT] = constant(1, count)
        fields = [field for field in dict.fromkeys(FIELDS[name] for name in names) if field not in known]
        found, places = self.arranged(
            count, np.array(fields, dtype=np.int64), layout.P_REQUEST, layout.P_PREVIOUS
        )
        known |= zip(fields, found, strict=True)
        return Table({name: lent(known[FIELDS[name]]) for name in names}, count), places

    def request_table(self) -> Table:
        count = int(self.state[layout.NEXT_REQUEST])
        known = {"kind": constant(0, count), "parent": constant(-1, count)}
        fields = {"asked": layout.R_ASKED, "ended": layout.R_ENDED, "outcome": layout.R_OUTCOME}
        if len(self.askers) == 1:
            known |= {"source": constant(self.askers[0], count), "number": first_numbers(count)}
        else:
            fields |= {"source": layout.R_SOURCE, "number": layout.R_NUMBER}
        known |= zip(fields, self.turned("requests_out", count, fields.values()), strict=True)
        known["consumer"] = known["source"]
        return Table({name: lent(known[name]) for name in whole_columns(self.program)}, count)


def covers(program: Program) -> bool:
    """Whether the express loop runs a program."""
    return is_plain(program) and has_keys(program, slots_of(program))


def has_keys(program: Program, slots: int) -> bool:
    """Whether the keys of events have room for the last instant and for so many slots, a power of two."""
    return (program.stop + 1) * slots < LATEST


def slots_of(program: Program) -> int:
    """Slots for the events that are planned at once; where there is no staff there may be more."""
    units = sum(plan.units for plan in program.providers)
    free = [plan.duration.code.constant for plan in program.services if plan.provider == NONE]
    more = FIRST_ROWS if any(free) or None in free else len(free)
    return 1 << (units + len(program.providers) + len(program.consumers) + more).bit_length()

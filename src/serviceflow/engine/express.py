"""Runs of chains of plain queues, by the express loop of the kernel (see ``kernel.express``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from serviceflow.engine.blocks import first_numbers
from serviceflow.engine.kernel import entry, layout, loading
from serviceflow.engine.kernel.codes import needed
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.packing import Packed, constant_shares, laid_out, signed
from serviceflow.engine.memory import Memory, Rows
from serviceflow.engine.plain import FIELDS
from serviceflow.engine.program import END, NONE, Program, ServicePlan
from serviceflow.engine.record import Table
from serviceflow.engine.recorder import whole_columns


class Express(Memory):
    """The memory of the express loop for one program."""

    OPEN, RUN, CLOSE = entry.OPEN_EXPRESS, entry.RUN_EXPRESS, entry.CLOSE_EXPRESS

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.widths["visits_out"] = P_RECORD
        self.widths["counts"] = max(len(self.packed.repeating), 1)
        units = sum(plan.units for plan in program.providers)
        events = units + len(program.providers) + len(program.consumers)
        self.slots = 1 << events.bit_length()
        """Of events that can be planned at once, those of services without staff left out."""
        plans = program.consumers
        self.askers = [plan.index for plan in plans if plan.arrivals is not None or plan.initial]
        """Consumers who may ask; one alone numbers his requests in order, unless some are there at time 0."""
        if any(plan.initial for plan in plans):
            self.askers.append(NONE)
        self.rows = self.packed.pools | rows_of(self.packed)

    @staticmethod
    def groups(packed: Packed) -> set[str]:
        return needed(packed.packer) | set(loading.EXPRESS)

    def prepare(self, seed: int, replication: int, keep: bool = True) -> None:
        super().prepare(seed, replication, keep)
        slots = max(self.slots, self.first_rows)
        self.extend("slots", slots)
        self.extend("matches", 2 * slots)
        self.state[SLOT_BITS] = slots.bit_length() - 1

    def program_rows(self) -> dict[str, Rows]:
        return self.rows

    def grow(self) -> None:
        super().grow()
        self.extend("counts", len(self.pools["walks"]))

    # -- the record: what is the same for all is kept once, and columns that are the same are one array

    def visit_table(self) -> tuple[Table, Rows]:
        names, count = self.program.visit_columns, int(self.state[layout.NEXT_VISIT])
        known = {P_NOTHING: constant(0, count)}
        if not self.packed.repeating:
            known[P_VISIT] = constant(1, count)
        fields = [field for field in dict.fromkeys(FIELDS[name] for name in names) if field not in known]
        found, places = self.arranged(count, np.array(fields, dtype=np.int64), P_REQUEST, P_PREVIOUS)
        known |= zip(fields, found, strict=True)
        return Table({name: lent(known[FIELDS[name]]) for name in names}, count), places

    def request_table(self) -> Table:
        count = int(self.state[layout.NEXT_REQUEST])
        known = {"kind": constant(0, count), "parent": constant(-1, count)}
        fields = {"asked": R_ASKED, "ended": R_ENDED, "outcome": R_OUTCOME}
        if len(self.askers) == 1:
            known |= {"source": constant(self.askers[0], count), "number": first_numbers(count)}
        else:
            fields |= {"source": R_SOURCE, "number": R_NUMBER}
        known |= zip(fields, self.turned("requests_out", count, fields.values()), strict=True)
        known["consumer"] = known["source"]
        return Table({name: lent(known[name]) for name in whole_columns(self.program)}, count)


def constant(value: int, count: int) -> Rows:
    return np.broadcast_to(np.int64(value), (count,))


def lent(column: Rows) -> Rows:
    """A column that others look at, too: it can only be read."""
    view = column.view()
    view.flags.writeable = False
    return view


def rows_of(packed: Packed) -> dict[str, Rows]:
    """The rows of services, providers and ways that the express loop reads."""
    program = packed.program
    ways: list[dict[int, Any]] = []
    stops = [stop_of(packed, plan, ways) for plan in program.services]
    for plan in program.consumers:
        stops.append(choice_of(program, plan.exits, plan.routing, ways))
    desks = [
        {Y_CAUSES: causes_of(packed, plan.index), Y_BY_PRIORITY: int(plan.discipline == "priority")}
        for plan in program.providers
    ]
    return {"stops": laid_out("stops", stops), "desks": laid_out("desks", desks), "ways": laid_out("ways", ways)}


def causes_of(packed: Packed, provider: int) -> int:
    lines = [packed.lines.lines[place] for place in packed.lines.of_provider[provider]]
    if any(line.overtaken for line in lines):
        return OVERTAKING_TOO
    return OFF_SHIFT_TOO if any(line.tracked for line in lines) else CONTENTION_ONLY


def stop_of(packed: Packed, plan: ServicePlan, ways: list[dict[int, Any]]) -> dict[int, Any]:
    code, what = packed.packer.drawn(plan.duration)
    constant, priority = plan.duration.code.constant, plan.priority
    return {
        O_DESK: plan.provider,
        O_COUNTER: packed.repeating.get(plan.index, 0),
        O_TICKS: -1 if constant is None else int(constant + 0.5),
        O_CODE: code,
        O_WHAT: what,
        O_SPLIT: int(plan.split),
        O_PRIORITY: NONE if priority is None else packed.packer.ints[packed.packer.code(priority) + 1],
        **choice_of(packed.program, plan.exits[0], plan.routing, ways),
    }


def choice_of(
    program: Program, exits: Sequence[int], routing: int, ways: list[dict[int, Any]]
) -> dict[int, Any]:
    """Lay out the ways among which one is chosen, that of the rest last."""
    first = len(ways)
    shares = constant_shares(program, exits) or [-1.0] * len(exits)
    for index, share in sorted(zip(exits, shares, strict=True), key=lambda way: way[1] == -1.0):
        target = program.handoffs[index].target
        desk = 0 if target == END else max(program.services[target].provider, 0)
        ways.append({F_HANDOFF: index, F_STOP: target, F_SHARE: share, F_DESK: desk})
    return {O_WAYS: first, O_COUNT: len(exits), O_ROUTING: signed(routing)}

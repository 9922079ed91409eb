"""Runs of chains of plain queues, by the express loop of the kernel (see ``kernel.express``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from serviceflow.engine.kernel import entry, layout, loading
from serviceflow.engine.kernel.codes import needed
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.packing import Packed, constant_shares, laid_out, signed
from serviceflow.engine.memory import Memory, Rows
from serviceflow.engine.plain import FIELDS
from serviceflow.engine.program import END, NONE, Program, ServicePlan
from serviceflow.engine.record import Column, Table


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

    def visit_table(self) -> tuple[Table, Rows]:
        """Columns that are the same are one array, which can only be read."""
        names, count = self.program.visit_columns, int(self.state[layout.NEXT_VISIT])
        fields = list(dict.fromkeys(FIELDS[name] for name in names if FIELDS[name] != P_NOTHING))
        found, places = self.arranged(count, np.array(fields, dtype=np.int64), P_REQUEST, P_PREVIOUS)
        made = dict(zip(fields, found, strict=True)) | {P_NOTHING: np.broadcast_to(np.int64(0), (count,))}
        columns: dict[str, Column] = {name: made[FIELDS[name]].view() for name in names}
        for column in columns.values():
            column.flags.writeable = False
        return Table(columns, count), places


def rows_of(packed: Packed) -> dict[str, Rows]:
    """The rows of services, providers and ways that the express loop reads."""
    program = packed.program
    ways: list[dict[int, Any]] = []
    stops = [stop_of(packed, plan, ways) for plan in program.services]
    for plan in program.consumers:
        stops.append(choice_of(program, plan.exits, plan.routing, ways))
    desks = []
    for provider in program.providers:
        line = packed.lines.lines[packed.lines.of_provider[provider.index][0]]
        causes = OVERTAKING_TOO if line.overtaken else OFF_SHIFT_TOO if line.tracked else CONTENTION_ONLY
        desks.append({**EMPTY_DESK, Y_CAUSES: causes, Y_BY_PRIORITY: int(provider.discipline == "priority")})
    return {"stops": laid_out("stops", stops), "desks": laid_out("desks", desks), "ways": laid_out("ways", ways)}


EMPTY_DESK = {Y_HEAD: -1, Y_TAIL: -1, Y_ACTIVE: -1, Y_LATEST_AT_WORK: -1, Y_EARLIEST: -1, Y_LATEST: -1}


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

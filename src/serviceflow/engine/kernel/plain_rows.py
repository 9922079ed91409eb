"""The rows that the express loop reads, laid out for a chain of plain queues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.packing import Packed, laid_out, signed
from serviceflow.engine.program import END, NONE, Program, ServicePlan
from serviceflow.engine.shares import constant_shares

Rows = NDArray[np.int64]


def rows_of(packed: Packed) -> dict[str, Rows]:
    """The rows of services, providers and ways that the express loop reads."""
    program = packed.program
    ways: list[dict[int, Any]] = []
    stops = [stop_of(packed, plan, ways) for plan in program.services]
    for plan in program.consumers:
        stops.append(choice_of(program, plan.exits, plan.routing, ways))
    desks = [
        {
            Y_CAUSES: causes_of(packed, plan.index),
            Y_BY_PRIORITY: int(plan.discipline == "priority"),
            Y_ALIKE: NONE,
        }
        for plan in program.providers
    ]
    last: dict[int, int] = {}
    for place, schedule in enumerate(packed.pools["teams"][: len(desks), T_STAFF]):
        if schedule in last:
            desks[last[schedule]][Y_ALIKE] = place
            desks[place][Y_FOLLOWS] = 1
        last[schedule] = place
    return {
        "stops": laid_out("stops", stops),
        "desks": laid_out("desks", desks),
        "ways": laid_out("ways", ways),
    }


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

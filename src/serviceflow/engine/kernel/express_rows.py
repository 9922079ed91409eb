"""The rows that the express loop reads, laid out for a chain of plain queues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.packer import Packed, laid_out, signed
from serviceflow.engine.kernel.sampling import FROM_ONE_NUMBER
from serviceflow.engine.program.codes import END, NEVER, NONE
from serviceflow.engine.program.plans import ConsumerPlan, Program, ServicePlan
from serviceflow.engine.program.shares import constant_shares
from serviceflow.engine.random.parameters import EXPONENTIAL, EXPONENTIAL_MOST

Rows = NDArray[np.int64]

TRIPS_KEPT = 2048
"""Trips of all consumers that are planned at once; more would not stay close to the processor."""
FEWEST_TRIPS, MOST_TRIPS = 16, 64


def rows_of(packed: Packed) -> dict[str, Rows]:
    """The rows of consumers, services, providers and ways that the express loop reads."""
    program = packed.program
    ways: list[dict[int, Any]] = []
    stops = [stop_of(packed, plan, ways) for plan in program.services]
    for plan in program.consumers:
        stops.append(choice_of(program, plan.exits, plan.routing, ways))
    return {
        "consumers": consumers_of(packed),
        "stops": laid_out("stops", stops),
        "desks": laid_out("desks", desks_of(packed)),
        "ways": laid_out("ways", ways),
    }


def consumers_of(packed: Packed) -> Rows:
    rows = packed.pools["consumers"].copy()
    for plan in packed.program.consumers:
        rows[plan.index, A_TRIPS] = trips_at_once(packed.program, plan)
    return rows


def desks_of(packed: Packed) -> list[dict[int, Any]]:
    """Providers; those with the same schedule are linked, to change at once."""
    desks = [
        {
            Y_CAUSES: causes_of(packed, plan.index),
            Y_BY_PRIORITY: int(plan.discipline == "priority"),
            Y_ALIKE: NONE,
        }
        for plan in packed.program.providers
    ]
    last: dict[int, int] = {}
    for place, schedule in enumerate(packed.pools["teams"][: len(desks), T_STAFF]):
        if schedule in last:
            desks[last[schedule]][Y_ALIKE] = place
            desks[place][Y_FOLLOWS] = 1
        last[schedule] = place
    return desks


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
        **work_of(plan),
        O_SPLIT: int(plan.split),
        O_PRIORITY: NONE if priority is None else packed.packer.ints[packed.packer.code(priority) + 1],
        **choice_of(packed.program, plan.exits[0], plan.routing, ways),
    }


def work_of(plan: ServicePlan) -> dict[int, Any]:
    """How the work of visits is planned ahead."""
    constant, sampler = plan.duration.code.constant, plan.duration.code.sampler
    if constant is not None:
        return {O_WORK: GIVEN, O_PLANNED: min(int(constant + 0.5), NO_WORK)}
    if sampler is None or np.isnan(sampler.a) or sampler.family not in FROM_ONE_NUMBER:
        return {O_WORK: GIVEN, O_PLANNED: NO_WORK}
    if sampler.family == EXPONENTIAL and 0.0 <= sampler.a * EXPONENTIAL_MOST < NEVER:
        return {O_WORK: EXPONENTIAL_WORK, O_SCALE: sampler.a}
    return {O_WORK: OTHER_WORK}


def trips_at_once(program: Program, plan: ConsumerPlan) -> int:
    """How many trips are planned at once for a consumer; of many consumers, fewer of each."""
    if len(program.handoffs) >= MOST_WAYS or not chooses(program, plan):
        return 0
    return min(max(TRIPS_KEPT // len(program.consumers), FEWEST_TRIPS), MOST_TRIPS)


def chooses(program: Program, plan: ConsumerPlan) -> bool:
    """Whether requests of a consumer choose among ways before they end or split.

    Where they do not, all come to every service, and draws for one service and many requests cost least.
    """
    ahead = [plan.enters] if plan.enters != NONE else [program.handoffs[index].target for index in plan.exits]
    found = {END}
    if plan.enters == NONE and len(plan.exits) > 1:
        return True
    while ahead:
        service = ahead.pop()
        exits = () if program.services[service].split else program.services[service].exits[0]
        if len(exits) > 1:
            return True
        found.add(service)
        ahead += {program.handoffs[index].target for index in exits} - found
    return False


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

"""Which programs are chains of plain queues, for which the kernel has an express loop.

Visits of such a chain arrive the instant they are asked and wait in one line, first come first served or by
priority, for one unit of a provider whose staff come and go by a schedule and finish what they have in
hand. Loops, rework, splits and shares are plain; all else is left to the loop that knows every rule.
"""

from __future__ import annotations

from serviceflow.engine.kernel import layout
from serviceflow.engine.kernel.evaluation import LONGEST
from serviceflow.engine.program.cache import remembered
from serviceflow.engine.program.codes import END, NONE
from serviceflow.engine.program.features import Feature as F
from serviceflow.engine.program.plans import ConsumerPlan, Program, ServicePlan
from serviceflow.engine.program.revisits import on_cycles
from serviceflow.engine.program.shares import constant_shares

FIELDS = {
    "request": layout.P_REQUEST,
    "branch": layout.P_BRANCH,
    "previous": layout.P_PREVIOUS,
    "service": layout.P_SERVICE,
    "visit": layout.P_VISIT,
    "handoff": layout.P_HANDOFF,
    "asked": layout.P_ASKED,
    "arrived": layout.P_ASKED,
    "started": layout.P_STARTED,
    "finished": layout.P_FINISHED,
    "left": layout.P_FINISHED,
    "outcome": layout.P_OUTCOME,
    "wait_off_shift": layout.P_WAIT_OFF_SHIFT,
    "wait_carried_over": layout.P_WAIT_CARRIED_OVER,
    "wait_prioritization": layout.P_WAIT_PRIORITIZATION,
    "wait_contention": layout.P_WAIT_CONTENTION,
    "work": layout.P_WORK,
    "pause_off_shift": layout.P_NOTHING,
}
"""The columns of visits that a plain chain can fill, and where the express loop keeps them."""
MOST_COUNTERS = 64
"""Services that a request may enter more than once, at most: each request has a counter for every one."""


SUPPORTED = frozenset(
    (
        *(F.HANDOFFS, F.SHARES, F.SPLITS, F.STAFFED, F.NO_STAFF, F.SHIFTS, F.SHIFTS_FINISH, F.PRIORITY),
        *(F.SERVICE_PRIORITY, F.OVERTAKING, F.PROFILES, F.ARRIVAL_INSTANTS, F.TRACES, F.ARRIVAL_BATCHES),
        *(F.ENTRY_CHOICE, F.INITIAL),
    )
)
"""What a chain of plain queues may use."""


@remembered
def is_plain(program: Program) -> bool:
    """Whether a program is a chain of plain queues."""
    return (
        program.features <= SUPPORTED
        and all(_is_plain_consumer(program, plan) for plan in program.consumers)
        and all(_is_plain_service(program, plan) for plan in program.services)
        and len(on_cycles(program)) <= MOST_COUNTERS
    )


def _is_plain_consumer(program: Program, plan: ConsumerPlan) -> bool:
    if plan.priority.constant is None:
        return False
    if plan.enters != NONE or plan.arrivals is None:
        return True
    targets = {program.handoffs[index].target for index in plan.exits}
    return bool(targets) and END not in targets and _adds_up(program, plan.exits)


def _is_plain_service(program: Program, plan: ServicePlan) -> bool:
    if not 0.0 <= (plan.duration.code.constant or 0.0) < LONGEST:
        return False  # The engine that knows every rule says what is wrong.
    if plan.priority is not None and plan.priority.constant is None:
        return False
    if plan.split:
        return all(program.handoffs[index].probability is None for index in plan.exits[0])
    return _adds_up(program, plan.exits[0])


def _adds_up(program: Program, exits: tuple[int, ...]) -> bool:
    """Whether one exit is taken whatever the request: shares that add up, and one rest at most."""
    return not exits or constant_shares(program, exits) is not None

"""Which services one strand of a request may enter more than once."""

from __future__ import annotations

import numpy as np

from serviceflow.engine.program.codes import NONE
from serviceflow.engine.program.plans import Program
from serviceflow.theory.traffic import circles


def on_cycles(program: Program) -> frozenset[int]:
    """Services from which handoffs, returns included, lead back to them."""
    size = len(program.services)
    onward = np.zeros((size, size), dtype=bool)
    for plan in program.handoffs:
        kind, origin = plan.origin
        if kind == "service":
            onward[
                origin, [target for target in (plan.target, plan.transfer.returns_to) if target != NONE]
            ] = True
    return frozenset(service for circle in circles(onward) for service in circle)

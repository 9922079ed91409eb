"""The gamma distribution, whose draws go on until a candidate is accepted."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel.keyed import FIRST_BLOCK, scalars
from serviceflow.engine.kernel.layout import REPLICATION, SEED
from serviceflow.engine.kernel.memory import unit, unsigned
from serviceflow.engine.kernel.rows import reals

standard_gamma = scalars.standard_gamma


@unit("f(iuuu)")
def draw_gamma(k: Any, place: int, what: Any, number: Any, occurrence: Any) -> float:
    its = reals(k, place)
    if its[1] == 0.0:
        return its[0]
    found, _ = standard_gamma(
        its[1],
        its[2],
        its[3],
        0,
        FIRST_BLOCK,
        unsigned(k[SEED]),
        unsigned(k[REPLICATION]),
        what,
        number,
        occurrence,
    )
    return its[0] * found

"""The families that few chains draw from: PERT, Poisson, finite ones, mixtures."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel.keyed import FIRST_BLOCK, scalars
from serviceflow.engine.kernel.layout import REPLICATION, SEED
from serviceflow.engine.kernel.memory import unit, unsigned
from serviceflow.engine.kernel.rows import reals

sample = scalars.sample
simple_sample = scalars.simple_sample


@unit("f(iiuuu)")
def draw_rare(k: Any, family: int, place: int, what: Any, number: Any, occurrence: Any) -> float:
    its = reals(k, place)
    return sample(
        family,
        its[0],
        its[1],
        its[2],
        its[3],
        reals(k, 0),
        place + 4,
        unsigned(k[SEED]),
        unsigned(k[REPLICATION]),
        what,
        number,
        occurrence,
    )


@unit("f(iffffuuu)")
def draw_from(
    k: Any, family: int, a: float, b: float, c: float, d: float, what: Any, number: Any, occurrence: Any
) -> float:
    """Draw from a sampler whose parameters have just been computed; none of these has a table."""
    return simple_sample(
        family,
        a,
        b,
        c,
        d,
        reals(k, 0),
        0,
        FIRST_BLOCK,
        unsigned(k[SEED]),
        unsigned(k[REPLICATION]),
        what,
        number,
        occurrence,
    )

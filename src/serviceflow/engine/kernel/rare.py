"""The families that few chains draw from: PERT, Poisson, finite ones, mixtures."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel.keyed import FIRST_BLOCK, scalars
from serviceflow.engine.kernel.layout import REPLICATION, SEED
from serviceflow.engine.kernel.memory import unit, unsigned
from serviceflow.engine.kernel.rows import reals
from serviceflow.engine.random.parameters import ERLANG, GAMMA

prepare = scalars.prepare
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


@unit("f(ifffuuu)")
def draw_computed(
    k: Any, family: int, x: float, y: float, z: float, what: Any, number: Any, occurrence: Any
) -> float:
    """Draw from a family whose arguments have just been computed; none of these has a table."""
    a, b, c, d = prepare(family, x, y, z)
    return simple_sample(
        GAMMA if family == ERLANG else family,
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

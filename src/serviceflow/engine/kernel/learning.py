"""Experience, which makes work shorter (see ``reference.evaluation``)."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel.keyed import exp, log
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import unit
from serviceflow.engine.kernel.rows import experience, grants, nodes, services, services_f, visits


@unit("f(ii)")
def learned(k: Any, u: int, x: int) -> float:
    """The share of the first duration that experience leaves."""
    before = experience(k, u)[services(k, x)[X_LEARNED]]
    return exp(services_f(k, x)[X_LEARNING] * log(before + 1.0)) if before else 1.0


@unit("i(i)")
def gain_experience(k: Any, v: int) -> int:
    place = services(k, visits(k, v)[V_SERVICE])[X_LEARNED]
    g = visits(k, v)[V_GRANTS]
    while g != -1:
        n = grants(k, g)[G_WHICH]
        while n != -1:
            experience(k, nodes(k, n)[N_A])[place] += 1.0
            n = nodes(k, n)[N_AFTER]
        g = grants(k, g)[G_OF_VISIT]
    return 0

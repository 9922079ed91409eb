"""Families with a quantile function in closed form."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel.keyed import scalars
from serviceflow.engine.kernel.memory import unit
from serviceflow.engine.kernel.rows import reals

quantile_of = scalars.quantile_of


@unit("f(iif)")
def quantile(k: Any, family: int, place: int, u: float) -> float:
    its = reals(k, place)
    return quantile_of(family, its[0], its[1], its[2], u)

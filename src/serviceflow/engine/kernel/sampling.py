"""Draws from samplers whose parameters are laid out in numbers (see ``engine.random.samplers``)."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import gammas, keyed, quantiles, rare
from serviceflow.engine.kernel.memory import leaf, unit
from serviceflow.engine.kernel.rows import reals
from serviceflow.engine.random.parameters import (
    CONSTANT,
    EXPONENTIAL,
    GAMMA,
    GEOMETRIC,
    LOGNORMAL,
    NORMAL,
    TRIANGULAR,
    UNIFORM,
    WEIBULL,
)

WITH_QUANTILE = (LOGNORMAL, NORMAL, TRIANGULAR, WEIBULL, GEOMETRIC)
"""Families of which a draw is the quantile of one number between 0 and 1, other than by an easy formula."""
FROM_ONE_NUMBER = (EXPONENTIAL, UNIFORM, *WITH_QUANTILE)
"""Families of which one number between 0 and 1 makes a draw."""

log = keyed.log


@leaf
def made_of(k: Any, family: int, place: int, u: float) -> float:
    """The draw that a number between 0 and 1 makes."""
    its = reals(k, place)
    if family == EXPONENTIAL:
        return its[0] * -log(1.0 - u)
    if family == UNIFORM:
        return its[0] + its[1] * u
    return quantiles.quantile(k, family, place, u)


@unit("f(iiuuu)")
def draw(k: Any, family: int, place: int, what: Any, number: Any, occurrence: Any) -> float:
    """Draw from a sampler."""
    a = reals(k, place)[0]
    if a != a or family == CONSTANT:
        return a
    if family in FROM_ONE_NUMBER:
        return made_of(k, family, place, keyed.first_uniform(k, what, number, occurrence))
    if family == GAMMA:
        return gammas.draw_gamma(k, place, what, number, occurrence)
    return rare.draw_rare(k, family, place, what, number, occurrence)

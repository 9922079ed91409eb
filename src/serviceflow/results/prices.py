"""What a rate costs over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serviceflow.model.schedules import Schedule, constant_schedule

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program


def price_schedule(program: Program, price: Any) -> Schedule:
    """Cost per tick over time of a rate, a timetable of rates, or nothing."""
    if price is None:
        return constant_schedule(0.0)
    if hasattr(price, "per_tick"):
        return constant_schedule(price.per_tick(program.time_unit))
    found: Schedule = price.schedule(program.chain.start, lambda rate: rate.per_tick(program.time_unit))
    return found

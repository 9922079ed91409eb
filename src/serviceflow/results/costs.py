"""What the window cost: staff, visits, stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.model.schedules import Schedule, constant_schedule
from serviceflow.results.measures import Figures
from serviceflow.results.reading import Floats, Reading
from serviceflow.results.staffing import overtime_stretches
from serviceflow.results.values import request_values

if TYPE_CHECKING:
    from serviceflow.engine.program import Program, ProviderPlan, ServicePlan


def cost_figures(reading: Reading, levels: Floats) -> Figures:
    """Costs of the window, by element and of the whole chain.

    Staff cost their rate for scheduled time and for overtime; a visit its service's fixed cost when its
    work begins; a stock its rate for every unit held (`levels` are the mean levels).
    """
    found, program = Figures(), reading.program
    by_scope = {
        "provider": [_staff_cost(reading, plan) for plan in program.providers],
        "service": [_visit_cost(reading, plan) for plan in program.services],
        "stock": _holding_costs(reading, levels),
    }
    for scope, costs in by_scope.items():
        if any(cost is not None for cost in costs):
            found.add(scope, "cost", np.array([cost or 0.0 for cost in costs]))
    if found.by_measure:
        total = sum(figure.total.sum() for figure in found.by_measure.values())
        found.add("chain", "cost", np.array([float(total)]))
    return found


def _staff_cost(reading: Reading, plan: ProviderPlan) -> float | None:
    member_rates = [member.cost for member in plan.members]
    if plan.cost is None and not any(member_rates):
        return None
    price = price_schedule(reading.program, plan.cost)
    cost = 0.0
    for member in plan.members:
        own = price if member.cost is None else price_schedule(reading.program, member.cost)
        cost += _integral(member.schedule, own, reading.window)
    if not plan.members:
        cost = _integral(plan.staff, price, reading.window)
    starts, ends, amounts = overtime_stretches(reading, plan)
    stretches = zip(starts.tolist(), ends.tolist(), amounts.tolist(), strict=True)
    return cost + sum((price.total(start, end) * amount for start, end, amount in stretches), 0.0)


def price_schedule(program: Program, price: Any) -> Schedule:
    """Cost per tick over time of a rate, a timetable of rates, or nothing."""
    if price is None:
        return constant_schedule(0.0)
    if hasattr(price, "per_tick"):
        return constant_schedule(price.per_tick(program.time_unit))
    found: Schedule = price.schedule(program.chain.start, lambda rate: rate.per_tick(program.time_unit))
    return found


def _integral(staff: Schedule, price: Schedule, window: tuple[int, int]) -> float:
    if price.is_constant:
        return staff.total(*window) * price.at(0)
    return staff.combine(price, lambda mine, yours: mine * yours).total(*window)


def _visit_cost(reading: Reading, plan: ServicePlan) -> float | None:
    if plan.cost is None:
        return None
    visits, window = reading.visits, reading.window
    begun = (visits["started"] >= window[0]) & (visits["started"] < window[1])
    rows = np.flatnonzero(begun & (reading.service == plan.index))
    where = f"services.{plan.name}.cost"
    return float(
        request_values(reading, plan.cost, visits["request"][rows], visits["started"][rows], where).sum()
    )


def _holding_costs(reading: Reading, levels: Floats) -> list[float | None]:
    program = reading.program
    rates = [program.chain.stocks[plan.name].cost for plan in program.stocks]
    return [
        None if rate is None else level * reading.length * rate.per_tick(program.time_unit)
        for rate, level in zip(rates, levels.tolist(), strict=True)
    ]

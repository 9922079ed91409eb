"""What the window cost: staff, visits, stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.model.schedules import Schedule, constant_schedule
from serviceflow.results.measures import Figures
from serviceflow.results.reading import Floats, Reading, Stretches
from serviceflow.results.staffing import overtime
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
    if plan.cost is None and not any(member.cost for member in plan.members):
        return None
    common = price_schedule(reading.program, plan.cost)
    own = [common if one.cost is None else price_schedule(reading.program, one.cost) for one in plan.members]
    duties = [member.schedule for member in plan.members] or [plan.staff]
    prices = own or [common]
    cost = sum(
        (_integral(duty, price, reading.window) for duty, price in zip(duties, prices, strict=True)), 0.0
    )
    extra = overtime(reading, plan)
    prices = prices if len(prices) == len(extra) else [common] * len(extra)
    return cost + sum((_overtime_cost(one, price) for one, price in zip(extra, prices, strict=True)), 0.0)


def _overtime_cost(stretches: Stretches, price: Schedule) -> float:
    starts, ends, amounts = stretches
    if price.is_constant:
        return float(((ends - starts) * amounts).sum()) * price.at(0)
    triples = zip(starts.tolist(), ends.tolist(), amounts.tolist(), strict=True)
    return sum((price.total(start, end) * amount for start, end, amount in triples), 0.0)


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

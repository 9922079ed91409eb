"""What the window cost: staff, visits, stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from serviceflow.results.derived import Floats, Reading
from serviceflow.results.flows import Groups
from serviceflow.results.measures import Figures
from serviceflow.results.prices import price_schedule
from serviceflow.results.request_values import request_values
from serviceflow.results.rows import STARTED_WITHIN, Rows, has

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program, ProviderPlan, ServicePlan
    from serviceflow.model.schedules import Schedule
    from serviceflow.model.trainings import Trained


def cost_figures(program: Program, visits: Floats, overtime: Floats, levels: Floats, busy: Floats) -> Figures:
    """Costs of the window, by element and of the whole chain.

    Staff cost their rate for scheduled time, for time in training and for overtime, and that of work for the
    time at work; a training its price in the window in which it begins; a visit its service's fixed cost
    when its work begins; a stock its rate for every unit held.

    Parameters
    ----------
    program : Program
        The chain as it was run.
    visits : array
        What the visits begun in the window cost, by service (:func:`visit_costs`).
    overtime : array
        What each provider's overtime costs.
    levels : array
        The integral of each stock's level over the window.
    busy : array
        How long each provider's staff work in the window.
    """
    found = Figures()
    by_scope = {
        "provider": [
            staff_cost(program, plan, overtime[plan.index], busy[plan.index]) for plan in program.providers
        ],
        "service": [None if one.cost is None else float(visits[one.index]) for one in program.services],
        "stock": _holding_costs(program, levels),
    }
    for scope, costs in by_scope.items():
        if any(cost is not None for cost in costs):
            found.add(scope, "cost", np.array([cost or 0.0 for cost in costs]))
    if found.by_measure:
        total = sum(figure.total.sum() for figure in found.by_measure.values())
        found.add("chain", "cost", np.array([float(total)]))
    return found


def staff_cost(program: Program, plan: ProviderPlan, overtime: float, busy: float = 0.0) -> float | None:
    """What a provider's staff cost in the window, with so much for overtime and so long at work.

    None without a price.
    """
    of_work = program.chain.providers[plan.name].work_cost
    worked = None if of_work is None else busy * of_work.per_tick(program.time_unit)
    on_duty = _cost_on_duty(program, plan, overtime)
    return worked if on_duty is None else on_duty + (worked or 0.0)


def _cost_on_duty(program: Program, plan: ProviderPlan, overtime: float) -> float | None:
    learned = [one for one in program.trainings if one.provider == plan.name]
    if plan.cost is None and not any(member.cost for member in plan.members) and not learned:
        return None
    common = price_schedule(program, plan.cost)
    own = [common if one.cost is None else price_schedule(program, one.cost) for one in plan.members]
    duties = [member.schedule for member in plan.members] or [plan.staff]
    pairs = zip(duties, own or [common], strict=True)
    on_duty = sum((_integral(duty, price, program.window) for duty, price in pairs), 0.0)
    return (
        on_duty + float(overtime) + sum(sum(training_cost(program, one, program.window)) for one in learned)
    )


class TrainingCost(NamedTuple):
    """What a training costs: what staff who are away are paid, and its price."""

    paid: float
    price: float


def training_cost(program: Program, training: Trained, window: tuple[int, int]) -> TrainingCost:
    """What a training costs in a window; its price falls due as it begins."""
    provider = program.chain.providers[training.provider]
    paid = 0.0
    for away, member in training.away:
        own = (provider.members or {})[member].cost if member is not None else None
        paid += _integral(away, price_schedule(program, own or provider.cost), window)
    return TrainingCost(paid, training.price if window[0] <= training.begins < window[1] else 0.0)


def _integral(staff: Schedule, price: Schedule, window: tuple[int, int]) -> float:
    if price.is_constant:
        return staff.total(*window) * price.at(0)
    return staff.combine(price, lambda mine, yours: mine * yours).total(*window)


def _holding_costs(program: Program, levels: Floats) -> list[float | None]:
    rates = [program.chain.stocks[plan.name].cost for plan in program.stocks]
    return [
        None if rate is None else level * rate.per_tick(program.time_unit)
        for rate, level in zip(rates, levels.tolist(), strict=True)
    ]


def visit_costs(reading: Reading, rows: Rows) -> Floats:
    """What the visits begun in the window cost, by service; they add up over the parts of a run."""
    plans = reading.program.services
    begun = Groups(rows.service, has(rows, STARTED_WITHIN), len(plans), rows.count).count()
    costs = np.zeros(len(plans))
    for plan in plans:
        if plan.cost is not None and plan.cost.constant is not None:
            costs[plan.index] = plan.cost.constant * begun[plan.index]
        elif plan.cost is not None:
            costs[plan.index] = _visit_cost(reading, plan)
    return costs


def _visit_cost(reading: Reading, plan: ServicePlan) -> float:
    """What the visits of one service cost whose cost depends on their requests."""
    assert plan.cost is not None
    visits, (start, end) = reading.visits, reading.window
    begun = (visits["started"] >= start) & (visits["started"] < end)
    rows = np.flatnonzero(begun & (reading.service == plan.index))
    where = f"services.{plan.name}.cost"
    values = request_values(reading, plan.cost, visits["request"][rows], visits["started"][rows], where)
    return float(values.sum())

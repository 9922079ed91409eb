"""What a stretch of a run cost: staff, overtime, visits, stock, penalties and complaints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from serviceflow.engine.record.record import Record
from serviceflow.results.accumulators import Sums
from serviceflow.results.complaints import SCOPES, complaint_figures
from serviceflow.results.costs import cost_figures, visit_costs
from serviceflow.results.derived import Reading
from serviceflow.results.levels import staff_sums
from serviceflow.results.promises import promise_counts, promise_figures
from serviceflow.results.reduce import rows_of
from serviceflow.results.stocks import StockLevels


def spent_in(record: Record, window: tuple[int, int]) -> float:
    """All that a stretch of time cost, trainings included.

    Penalties and complaints count where the request was asked.
    """
    program = replace(record.program, window=window)
    reading = Reading(replace(record, program=program))
    sums = Sums(program, record.staffing)
    sums._include_overtime(reading)
    levels = sums.levels.followed_by(StockLevels.of(reading), window)
    priced = any(plan.cost is not None for plan in program.services)
    paid = any(one.work_cost is not None for one in program.chain.providers.values())
    rows = rows_of(reading) if priced or paid else None
    visits = visit_costs(reading, rows) if rows is not None else sums.spent
    busy = staff_sums(rows, "busy") if rows is not None and paid else np.zeros(len(program.providers))
    found = cost_figures(program, visits, sums._overtime()[1], levels.over(program)[0], busy)
    found.by_measure.update(promise_figures(program, promise_counts(reading)).by_measure)
    found.by_measure.update(complaint_figures(reading).by_measure)
    keys = [("chain", "cost"), ("chain", "penalty"), *((scope, "complaint_cost") for scope in SCOPES)]
    totals = [found.by_measure[key].total for key in keys if key in found.by_measure]
    return float(sum(total[total == total].sum() for total in totals))

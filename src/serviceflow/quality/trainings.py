"""When a training has paid for itself: by week, what it cost, and what the chain costs less with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from serviceflow.quality.errors import SurveyError
from serviceflow.results.costs import training_cost
from serviceflow.results.derived import Floats
from serviceflow.results.spending import spent_in
from serviceflow.results.statistics import t_interval
from serviceflow.units import UNITS

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.results.results import Results

WEEK = 7 * UNITS["day"]
COLUMNS = (
    *("week", "begins", "learned", "staff_time", "spent", "saved"),
    *("balance", "ci_low", "ci_high", "verdict"),
)
COSTS, OPEN, PAID = "not paid yet", "undecided", "paid"


def training_table(results: Results, without: Results) -> pd.DataFrame:
    """By week of the window: what trainings cost, what was saved, and the balance so far, with its interval.

    Parameters
    ----------
    results : Results
        Of the chain with its trainings.
    without : Results
        Of the same chain without them: the same seed, so that differences are paired.
    """
    program = results.runs.program
    weeks = _weeks(program)
    paid, spent = (np.array([_sum(program, week, what) for week in weeks]) for what in ("paid", "price"))
    before, after = (_by_week(one, weeks) for one in (without, results))
    saved = before - (after - spent)
    balance = t_interval(np.cumsum(saved - spent, axis=1), results.confidence)
    table = pd.DataFrame({"week": np.arange(1, len(weeks) + 1), "begins": _dates(program, weeks)})
    table["learned"] = [_learned(program, end) for _, end in weeks]
    table["staff_time"], table["spent"], table["saved"] = paid, spent, saved.mean(axis=0)
    table["balance"], table["ci_low"], table["ci_high"] = balance.mean, balance.low, balance.high
    table["verdict"] = _verdicts(table)
    return table[list(COLUMNS)]


def _weeks(program: Program) -> list[tuple[int, int]]:
    start, end = program.window
    if not program.trainings:
        raise SurveyError("the chain has no training; add one under trainings, with begins and lasts")
    if not any(start <= one.begins < end for one in program.trainings):
        raise SurveyError(
            "no training begins in the window; let warm_up end before, or duration after it begins"
        )
    if end - start < WEEK:
        raise SurveyError("weeks are told one by one, but the window is shorter than one; lengthen duration")
    return [(since, since + WEEK) for since in range(start, end - WEEK + 1, WEEK)]


def _sum(program: Program, week: tuple[int, int], what: str) -> float:
    """What all trainings cost in a week: what is paid to staff who are away, or their prices."""
    costs = [training_cost(program, one, week) for one in program.trainings]
    return sum(one.paid if what == "paid" else one.price for one in costs)


def _by_week(results: Results, weeks: list[tuple[int, int]]) -> Floats:
    records = results._records_for("results.measures", "weeks are told by single requests")
    return np.array([[spent_in(record, week) for week in weeks] for record in records])


def _dates(program: Program, weeks: list[tuple[int, int]]) -> list[str]:
    first = np.datetime64(program.chain.start.isoformat(), "us")
    return [str((first + np.timedelta64(since, "us")).astype("datetime64[D]")) for since, _ in weeks]


def _learned(program: Program, ticks: int) -> float:
    """How much of what was to be learned is there, the mean of trainings."""
    return float(np.mean([one.share(program.unit, ticks) for one in program.trainings]))


def _verdicts(table: pd.DataFrame) -> list[str]:
    """Nothing before the first training begins; then whether what was saved makes up for what was spent."""
    begun = (table["spent"] + table["staff_time"]).cumsum() > 0
    return [
        "" if not some else PAID if low >= 0 else COSTS if high < 0 else OPEN
        for some, low, high in zip(begun, table["ci_low"], table["ci_high"], strict=True)
    ]

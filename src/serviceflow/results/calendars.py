"""Schedules as arrays: their values at many instants, and their changes within a stretch of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serviceflow.model.schedules import day_steps
from serviceflow.results.derived import Floats, Ints
from serviceflow.results.request_values import DAY

if TYPE_CHECKING:
    from serviceflow.model.schedules import Schedule

WEEK = 7 * DAY
Steps = tuple[Ints, Floats]
"""Instants at which a function changes, and its values from then on."""


def schedule_steps(schedule: Schedule, window: tuple[int, int]) -> Steps:
    """The steps of a schedule from the start of a window to its end; the first is at its start."""
    start, end = window
    times, values = _week_steps(schedule)
    weeks = np.arange(start // WEEK, (end - 1) // WEEK + 1, dtype=np.int64)
    times = (weeks[:, None] * WEEK + times).ravel()
    values = np.tile(values, len(weeks))
    times, values = _with_days_of_their_own(schedule, times, values)
    first = max(int(np.searchsorted(times, start, side="right")) - 1, 0)
    last = int(np.searchsorted(times, end, side="left"))
    times, values = np.maximum(times[first:last], start), values[first:last]
    changes = np.append(True, values[1:] != values[:-1])[: len(times)]
    return times[changes], values[changes]


def _with_days_of_their_own(schedule: Schedule, times: Ints, values: Floats) -> Steps:
    """The same with dates that differ from their weekday."""
    days = [(number, table) for number, table in schedule.dated if times[0] <= number * DAY <= times[-1]]
    if not days:
        return times, values
    kept = ~np.isin(times // DAY, [number for number, _ in days])
    own = [day_steps(table) for _, table in days]
    dated = [np.array(starts, dtype=np.int64) + days[place][0] * DAY for place, (starts, _) in enumerate(own)]
    times = np.concatenate([times[kept], *dated])
    values = np.concatenate([values[kept], *(np.array(levels) for _, levels in own)])
    order = np.argsort(times, kind="stable")
    return times[order], values[order]


def schedule_values(schedule: Schedule, times: Ints) -> Floats:
    """The value of a schedule at each of some instants."""
    starts, values = _week_steps(schedule)
    found: Floats = values[np.searchsorted(starts, times % WEEK, side="right") - 1]
    numbers = times // DAY
    for number, table in schedule.dated:
        own = np.flatnonzero(numbers == number)
        if len(own):
            begins, levels = (np.array(part) for part in day_steps(table))
            found[own] = levels[np.searchsorted(begins, times[own] - number * DAY, side="right") - 1]
    return found


def _week_steps(schedule: Schedule) -> Steps:
    """The steps of a week without days of their own, from day 0 on; every day has one at its start."""
    days = [day_steps(table) for table in schedule.weekly]
    starts = [np.array(begins, dtype=np.int64) + day * DAY for day, (begins, _) in enumerate(days)]
    return np.concatenate(starts), np.concatenate([np.array(levels, dtype=np.float64) for _, levels in days])

"""The week of a provider: how many are busy and on duty in each of its 168 hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serviceflow.results.reading import Floats, Ints, Reading
from serviceflow.results.staffing import busy_steps, duty_steps
from serviceflow.units import UNITS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from serviceflow.engine.program import Program
    from serviceflow.engine.record import Record

HOURS = 168
HOUR = UNITS["hour"]


def week_of(program: Program, records: Iterable[Record], provider: int) -> tuple[Floats, Floats]:
    """Mean number busy and on duty in each hour of the week, over window and replications.

    Parameters
    ----------
    program : Program
        The chain as it was run.
    records : iterable of Record
        Its replications.
    provider : int
        The provider's index.

    Returns
    -------
    busy, staff : arrays of 168
        From Monday 00:00; hours that the window does not touch are 0.
    """
    plan = program.providers[provider]
    offset = program.weekday * 24
    found = list(records)
    steps = [busy_steps(Reading(record), plan) for record in found]
    busy = np.mean([_by_hour(times, values, program.window, offset) for times, values in steps], axis=0)
    duties = [_by_hour(*duty_steps(record, plan), program.window, offset) for record in found]
    return busy, np.mean(duties, axis=0)


def _by_hour(times: Ints, values: Floats, window: tuple[int, int], offset: int) -> Floats:
    """The mean of a step function in each hour of the week."""
    start, end = window
    edges = np.unique(np.concatenate([[start, end], np.arange(-(-start // HOUR) * HOUR, end, HOUR)]))
    cuts = np.unique(np.concatenate([edges, times[(times > start) & (times < end)]]))
    lengths = np.diff(cuts).astype(np.float64)
    place = np.searchsorted(times, cuts[:-1], side="right") - 1
    level = np.where(place >= 0, values[place], 0.0) if len(values) else np.zeros(len(lengths))
    hour = (cuts[:-1] // HOUR + offset) % HOURS
    area = np.bincount(hour, weights=level * lengths, minlength=HOURS)
    length = np.bincount(hour, weights=lengths, minlength=HOURS)
    return area / np.maximum(length, 1.0)

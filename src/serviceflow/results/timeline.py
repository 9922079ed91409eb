"""One provider, instant by instant: how many are on duty, how many work, how many requests wait."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from serviceflow.results.derived import Floats, Ints, Reading
from serviceflow.results.staffing import busy_stretches, duty_steps, step_values, summed_steps, works

Steps = tuple[Ints, Floats]
"""Instants, the first of them the start, and the number from each on."""


@dataclass(frozen=True)
class Timeline:
    """What goes on at a provider from `start` to `end`, in ticks.

    Attributes
    ----------
    start, end : int
    on_duty, working, waiting : tuple of two arrays
        Instants and numbers.
    """

    start: int
    end: int
    on_duty: Steps
    working: Steps
    waiting: Steps


def timeline(reading: Reading, provider: int, start: int, end: int) -> Timeline:
    """Steps of a provider over a part of the window.

    Parameters
    ----------
    reading : Reading
        One replication.
    provider : int
        Its index.
    start, end : int
        Within the window, in ticks.
    """
    period = (start, end)
    duty = duty_steps(reading.program, reading.record.staffing, reading.program.providers[provider])
    busy = busy_stretches(reading, works(reading, provider))
    return Timeline(
        start,
        end,
        _within(duty, period),
        _summed(*busy, period),
        _summed(*_waiting(reading, provider), period),
    )


def _waiting(reading: Reading, provider: int) -> tuple[Ints, Ints, Floats]:
    arrived = reading.visits["arrived"]
    rows = np.flatnonzero((reading.provider == provider) & (reading.service >= 0) & (arrived >= 0))
    return arrived[rows], reading.queue_end[rows], np.ones(len(rows))


def _summed(starts: Ints, ends: Ints, units: Floats, period: tuple[int, int]) -> Steps:
    return _within(summed_steps(starts, ends, units, period), period)


def _within(steps: Steps, period: tuple[int, int]) -> Steps:
    """The same steps from the start of a period to its end."""
    times, values = steps
    inside = np.unique(times[(times > period[0]) & (times < period[1])])
    instants = np.concatenate([[period[0]], inside]).astype(np.int64)
    return instants, step_values(times, values, instants)

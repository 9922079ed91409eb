"""Numbers by hour of the week, and how a model file writes them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from serviceflow.mining.hours import DAY, FIRST_MONDAY, HOUR, WEEK

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALIKE = 0.25
"""Days whose sums differ by less than this share are taken for alike."""


def hour_of(instants: Ints) -> Ints:
    """The hour of the week, 0 being Monday's first."""
    found: Ints = (instants - FIRST_MONDAY) % WEEK // HOUR
    return found


def hours_within(first: int, last: int) -> Floats:
    """How often each hour of the week occurs between two instants, edges in parts."""
    edges = np.arange(first // HOUR * HOUR, last + HOUR, HOUR, dtype=np.int64)
    lengths = np.minimum(edges + HOUR, last) - np.maximum(edges, first)
    weights = np.maximum(lengths, 0) / HOUR
    found: Floats = np.bincount(hour_of(edges), weights=weights, minlength=168).astype(float)
    return found


def covered(starts: Ints, ends: Ints) -> Floats:
    """How many hours of each hour of the week stretches cover, added up."""
    total = np.zeros(168)
    first, last = starts // HOUR, (ends - 1) // HOUR
    for step in range(int((last - first).max(initial=-1)) + 1):
        open_ = first + step <= last
        begin = np.maximum(starts[open_], (first[open_] + step) * HOUR)
        end = np.minimum(ends[open_], (first[open_] + step + 1) * HOUR)
        total += np.bincount(hour_of(begin), weights=(end - begin) / HOUR, minlength=168)
    return total


def alike_days(rates: Floats, hours: Floats) -> list[list[int]]:
    """Days of the week in groups that are alike, Monday first: working days together where they can be.

    Parameters
    ----------
    rates : array
        For each hour of the week.
    hours : array
        How often each hour occurs; of working days that do not occur it is assumed that they are like others.
    """
    sums, seen = rates.reshape(7, 24).sum(axis=1), hours.reshape(7, 24).sum(axis=1) >= 1
    working = np.arange(7) < 5
    if (seen & working).any():
        sums = np.where(working & ~seen, sums[seen & working].mean(), sums)
    groups: list[list[int]] = []
    for day in range(7):
        last = groups[-1] if groups else None
        if last is not None and _near(sums[day], float(np.mean(sums[last]))):
            last.append(day)
        else:
            groups.append([day])
    return groups


def _near(value: float, other: float) -> bool:
    return abs(value - other) <= ALIKE * max(value, other) or max(value, other) == 0


def pooled(counts: Floats, hours: Floats, groups: list[list[int]]) -> Floats:
    """Counts per hour of the week, days that are alike taken together."""
    found = np.zeros((7, 24))
    by_day, lengths = counts.reshape(7, 24), hours.reshape(7, 24)
    for days in groups:
        found[days] = by_day[days].sum(axis=0) / np.maximum(lengths[days].sum(axis=0), 1e-9)
    return found


def by_blocks(values: Any, groups: list[list[int]], text: Any) -> dict[str, dict[str, Any]]:
    """Days to blocks of hours in which a value is the same; blocks of nothing are left out.

    Parameters
    ----------
    values : array
        Of shape (7, 24), or a multiple of 24.
    groups : list of lists of int
        Days that are alike.
    text : callable
        What a model file has for a value.
    """
    found = {}
    for days in groups:
        minutes = 24 * 60 // len(values[days[0]])
        blocks = {
            f"{_clock(first * minutes)}-{_clock(last * minutes)}": text(value)
            for first, last, value in _blocks(values[days[0]])
        }
        if blocks:
            names = NAMES[days[0]] if len(days) == 1 else f"{NAMES[days[0]]}-{NAMES[days[-1]]}"
            found[names] = blocks
    return found


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _blocks(hours: Any) -> Iterator[tuple[int, int, Any]]:
    for value, run in groupby(range(len(hours)), key=lambda hour: hours[hour]):
        mine = list(run)
        if value:
            yield mine[0], mine[-1] + 1, value


__all__ = [
    "DAY",
    "FIRST_MONDAY",
    "HOUR",
    "WEEK",
    "alike_days",
    "by_blocks",
    "covered",
    "hour_of",
    "hours_within",
    "pooled",
]

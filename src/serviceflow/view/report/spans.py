"""Which stretches of a run the replay shows: a median one and the worst one, a day each where that suits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from serviceflow.results.derived import Reading
from serviceflow.units import UNITS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

STRETCHES = tuple(
    times * UNITS[unit]
    for unit, times in (
        *(("week", 4), ("week", 1), ("day", 1), ("h", 6), ("h", 1), ("min", 15), ("min", 5), ("min", 1)),
        *(("s", 10), ("s", 1)),
    )
)
"""Lengths that a stretch may have, in ticks, the longest first."""
DAY = UNITS["day"]
MOST, FEW = 6000, 40
"""Visits of a stretch that are shown at most, and fewer of which in a day make a longer stretch better."""


@dataclass(frozen=True)
class Span:
    """A stretch of one replication.

    Attributes
    ----------
    key : str
        "median" or "worst".
    replication : int
        Its place among the records.
    start, end : int
        In ticks.
    number : int
        How many stretches there are to choose from.
    """

    key: str
    replication: int
    start: int
    end: int
    number: int


def choose(readings: list[Reading]) -> list[Span]:
    """The median stretch and the worst one, by the time that those who arrived in it waited."""
    window = readings[0].window
    for length in _lengths(readings, window):
        count = max(int((window[1] - window[0]) // length), 1)
        visits = np.array([_per_span(one, window[0], length, count, None) for one in readings])
        if visits.max() <= MOST:
            break
    waited = np.array([_per_span(one, window[0], length, count, one.stages["waiting"]) for one in readings])
    return _spans(waited, visits, window[0], length)


def _lengths(readings: list[Reading], window: tuple[int, int]) -> list[int]:
    """Lengths to try: a day first, or longer where little happens in a day; then shorter ones."""
    whole = window[1] - window[0]
    days = max(whole / DAY, 1e-9) * len(readings)
    per_day = sum(len(one.visits) for one in readings) / days
    first = DAY
    for longer in (7 * DAY, 28 * DAY):
        if per_day * first / DAY < FEW:
            first = longer
    first = min(first, whole)
    return [first, *(length for length in STRETCHES if length < first), 1]


def _per_span(reading: Reading, start: int, length: int, count: int, weights: Ints | None) -> Floats:
    """Visits, or a sum over them, by the stretch in which they arrived."""
    arrived = reading.visits["arrived"]
    place = (arrived - start) // length
    inside = (arrived >= start) & (place < count) & (reading.service >= 0)
    chosen = None if weights is None else weights[inside].astype(np.float64)
    found: Floats = np.bincount(place[inside], weights=chosen, minlength=count).astype(np.float64)
    return found


def _spans(waited: Floats, visits: Floats, start: int, length: int) -> list[Span]:
    alive = np.flatnonzero(visits.ravel() > 0)
    if not len(alive):
        return []
    totals = waited.ravel()[alive]
    worst = alive[int(np.argmax(totals))]
    middle = alive[np.argsort(totals, kind="stable")[(len(alive) - 1) // 2]]
    count = waited.shape[1]

    def span(key: str, place: int) -> Span:
        replication, number = divmod(int(place), count)
        begin = start + number * length
        return Span(key, replication, begin, begin + length, waited.size)

    found = [span("worst", worst)]
    return [span("median", middle), *found] if middle != worst else found

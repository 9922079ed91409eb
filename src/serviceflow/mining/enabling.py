"""What enabled each instance of work: the end of which other instance of its case it had to wait for."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

CONCURRENT = 0.5
"""Activities that overlap in this share of the cases in which both occur are concurrent."""
MOST_OVERLAPS = 5_000_000

Ints = npt.NDArray[np.int64]


def enabling(table: pd.DataFrame, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """For every instance the row that enabled it, or -1, and the instant.

    The latest end of an instance of the case that had ended by its start and whose activity is not concurrent
    with its own; the first of a case is enabled when it starts.

    Parameters
    ----------
    table : DataFrame
        Sorted by case and start.
    start, end : array
        In microseconds.
    """
    cases = pd.factorize(table["case"])[0]
    activities, names = pd.factorize(table["activity"])
    borders = [0, *(np.flatnonzero(np.diff(cases)) + 1).tolist(), len(cases)] if len(cases) else [0]
    spans = list(pairwise(borders))
    rows = _Rows(activities.tolist(), start.tolist(), end.tolist())
    rows.concurrent = _concurrent(spans, rows, len(names))
    by = [-1] * len(cases)
    for first, last in spans:
        _one_case(first, last, rows, by)
    found = np.array(by, dtype=np.int64)
    return found, np.where(found >= 0, end[found], start)


@dataclass
class _Rows:
    """Instances as lists, which plain loops read faster than arrays."""

    activities: list[int]
    start: list[int]
    end: list[int]
    concurrent: set[tuple[int, int]] = field(default_factory=set)


def _concurrent(spans: list[tuple[int, int]], rows: _Rows, count: int) -> set[tuple[int, int]]:
    """Pairs of activities that overlap in at least a share of the cases that have both."""
    overlaps: Counter[tuple[int, int]] = Counter()
    budget = MOST_OVERLAPS
    for first, last in spans:
        pairs, looked = _overlapping(first, last, rows, budget)
        budget -= looked
        overlaps.update(pairs)
    if not overlaps:
        return set()
    together = _together(spans, rows.activities, count, overlaps)
    found = {pair for pair in overlaps if overlaps[pair] >= CONCURRENT * together[pair]}
    return found | {(b, a) for a, b in found}


def _overlapping(first: int, last: int, rows: _Rows, budget: int) -> tuple[set[tuple[int, int]], int]:
    """The pairs of different activities that overlap in a case, and how many pairs of rows were looked at."""
    found: set[tuple[int, int]] = set()
    looked = 0
    activities, start, end = rows.activities, rows.start, rows.end
    for row in range(first, last):
        other = row + 1
        while other < last and start[other] < end[row] and looked < budget:
            a, b = activities[row], activities[other]
            if a != b and (end[other] > start[other] or start[other] > start[row]):
                found.add((a, b) if a < b else (b, a))
            looked += 1
            other += 1
    return found, looked


def _together(
    spans: list[tuple[int, int]], activities: list[int], count: int, pairs: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], int]:
    """In how many cases both of a pair occur."""
    having: list[set[int]] = [set() for _ in range(count)]
    for number, (first, last) in enumerate(spans):
        for activity in set(activities[first:last]):
            having[activity].add(number)
    return {(a, b): len(having[a] & having[b]) for a, b in pairs}


def _one_case(first: int, last: int, rows: _Rows, by: list[int]) -> None:
    start, end = rows.start, rows.end
    order = sorted(range(first, last), key=lambda row: (end[row], start[row]))
    ends = [end[row] for row in order]
    for row in range(first, last):
        place = bisect_right(ends, start[row]) - 1
        while place >= 0 and not _enables(order[place], row, rows):
            place -= 1
        by[row] = order[place] if place >= 0 else -1


def _enables(other: int, row: int, rows: _Rows) -> bool:
    """Whether an instance that has ended by the start of another comes before it, and is not concurrent."""
    if other == row or (rows.activities[row], rows.activities[other]) in rows.concurrent:
        return False
    return other < row or rows.start[other] < rows.start[row]

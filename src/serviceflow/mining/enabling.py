"""What enabled each instance of work: the end of which other instance of its case it had to wait for."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

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
    spans = [(first, last) for first, last in zip(borders, borders[1:], strict=False)]
    concurrent = _concurrent(spans, activities, start, end, len(names))
    by = np.full(len(cases), -1, dtype=np.int64)
    at = start.copy()
    for first, last in spans:
        _one_case(first, last, activities, start, end, concurrent, by, at)
    return by, at


def _concurrent(
    spans: list[tuple[int, int]], activities: Any, start: Ints, end: Ints, count: int
) -> set[tuple[int, int]]:
    """Pairs of activities that overlap in at least a share of the cases that have both."""
    overlaps: Counter[tuple[int, int]] = Counter()
    together: dict[tuple[int, int], int] = defaultdict(int)
    seen = 0
    for first, last in spans:
        pairs: set[tuple[int, int]] = set()
        for row in range(first, last):
            other = row + 1
            while other < last and start[other] < end[row] and seen < MOST_OVERLAPS:
                if end[other] > start[other] or start[other] > start[row]:
                    a, b = int(activities[row]), int(activities[other])
                    pairs.add((min(a, b), max(a, b)))
                seen += 1
                other += 1
        overlaps.update(pair for pair in pairs if pair[0] != pair[1])
    wanted = set(overlaps)
    if wanted:
        for first, last in spans:
            present = set(activities[first:last].tolist())
            for pair in wanted:
                if pair[0] in present and pair[1] in present:
                    together[pair] += 1
    found = {pair for pair in wanted if overlaps[pair] >= CONCURRENT * together[pair]}
    return found | {(b, a) for a, b in found}


def _one_case(
    first: int,
    last: int,
    activities: Any,
    start: Ints,
    end: Ints,
    concurrent: set[tuple[int, int]],
    by: Ints,
    at: Ints,
) -> None:
    order = sorted(range(first, last), key=lambda row: (end[row], start[row]))
    ends = end[order]
    for row in range(first, last):
        place = int(np.searchsorted(ends, start[row], side="right")) - 1
        own = int(activities[row])
        while place >= 0:
            other = order[place]
            if other != row and not (concurrent and (own, int(activities[other])) in concurrent):
                if other < row or end[other] < start[row] or start[other] < start[row]:
                    by[row], at[row] = other, end[other]
                    break
            place -= 1

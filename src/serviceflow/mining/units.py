"""Names for the units of staff that worked, where a chain gives only their number."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

from serviceflow.results.derived import Ints, Reading
from serviceflow.results.raw import visit_members


def units_of(reading: Reading) -> Any:
    """For each visit who worked: the member, or the provider and a number, such as ``Desk 2``, else None.

    Of staff that are a number the unit that is free and has the lowest number takes what begins; what is
    worked on together has one unit. Where work stands still its unit is not told apart from one that works,
    so that numbers may go beyond the staff.
    """
    found: Any = np.array(visit_members(reading), dtype=object)
    found[found != found] = None  # NaN is not itself
    providers, visits = reading.provider, reading.visits
    ended = np.where(visits["finished"] >= 0, visits["finished"], reading.record.stopped)
    for number, plan in enumerate(reading.program.providers):
        unnamed = np.array([name is None for name in found])
        rows = np.flatnonzero((providers == number) & (visits["started"] >= 0) & unnamed)
        together = visits.get("together")[rows] > 0
        for row, unit in zip(rows, _numbers(visits["started"][rows], ended[rows], together), strict=True):
            found[row] = f"{plan.name} {unit}"
    return found


def _numbers(starts: Ints, ends: Ints, together: Any) -> list[int]:
    """Numbers from 1, each free when its work begins."""
    found = [0] * len(starts)
    free: list[int] = []
    busy: list[tuple[int, int]] = []
    batches: dict[tuple[int, int], int] = {}
    count = 0
    for row in np.lexsort((ends, starts)).tolist():
        start, end = int(starts[row]), int(ends[row])
        if together[row] and (start, end) in batches:
            found[row] = batches[start, end]
            continue
        while busy and busy[0][0] <= start:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if not free:
            count += 1
            free.append(count)
        unit = heapq.heappop(free)
        heapq.heappush(busy, (end, unit))
        batches[start, end] = found[row] = unit
    return found

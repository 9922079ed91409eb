"""Names for the units of staff that worked, where a chain gives only their number.

No engine knows who of several clerks did what: they are interchangeable. So a record holds no names for them,
and who wants some has them worked out from it, by a rule: who begins takes the lowest number that is free.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any

import numpy as np

from serviceflow.engine.program.codes import PAUSE_CALL
from serviceflow.results.derived import Ints, Reading
from serviceflow.results.raw import visit_members

Stretch = tuple[int, int, int]
"""From when to when a work, by its place in a list, has staff in hand."""


def units_of(reading: Reading) -> Any:
    """For each visit who worked: the member, or the provider and a number, such as ``Desk 2``, else None.

    Of staff that are a number who begins takes the unit with the lowest number that is free, and keeps it
    until it has left: also while it is blocked or awaits an answer. Work that stands still keeps nobody, and
    goes on with its own unit if that is free, else with the lowest. What needs several takes as many, and is
    named after the first. What is worked on together has one unit.
    """
    found: Any = np.array(visit_members(reading), dtype=object)
    found[found != found] = None  # NaN is not itself
    for number, plan in enumerate(reading.program.providers):
        if not plan.members:
            works = _works(reading, number)
            leads = reading.provider == number
            for rows, unit in zip(works, _first_units(reading, number, works), strict=True):
                for row in rows:
                    if leads[row]:
                        found[row] = f"{plan.name} {unit}"
    return found


def _works(reading: Reading, provider: int) -> list[Ints]:
    """The visits of each work that staff of a provider do or take part in: one, or those of a batch."""
    visits = reading.visits
    rows = np.flatnonzero((_needed(reading, provider) > 0) & (visits["started"] >= 0))
    rows = rows[np.argsort(visits["started"][rows], kind="stable")]
    together = visits.get("together")[rows]
    alone = [np.array([row]) for row in rows[together == 0]]
    worked_on_together = rows[together > 0]
    return alone + (list(_batches(reading, worked_on_together)) if len(worked_on_together) else [])


def _batches(reading: Reading, rows: Ints) -> Iterator[Ints]:
    """Visits that are worked on together, batch by batch.

    Which of several batches of a size that begin at one instant at a service a visit is in is not recorded:
    they are taken as they queued.
    """
    visits = reading.visits
    keys = [visits[name][rows] for name in ("arrived", "queued", "together", "started")]
    rows = rows[np.lexsort((*keys, reading.provider[rows], reading.service[rows]))]
    first = 0
    while first < len(rows):
        size = int(visits["together"][rows[first]])
        yield rows[first : first + size]
        first += size


def _needed(reading: Reading, provider: int) -> Ints:
    """How many units of a provider each visit needs, once it is known who leads."""
    program = reading.program
    table = np.zeros((len(program.services) + 1, len(program.providers) + 1), dtype=np.int64)
    for service in program.services:
        for needs in filter(None, service.alternatives):
            table[service.index, needs[0][0]] = dict(needs).get(provider, 0)
    needed: Ints = table[reading.service, reading.provider]
    return needed


def _first_units(reading: Reading, provider: int, works: list[Ints]) -> list[int]:
    """The lowest number of those that begin each work."""
    needed = _needed(reading, provider)
    counts = [int(needed[rows[0]]) for rows in works]
    stretches = sorted(_stretches(reading, works), key=_in_order)
    desk, first = _Desk(), [0] * len(works)
    for place, start, end in stretches:
        units = desk.take(place, counts[place], start, end)
        first[place] = first[place] or min(units)
    return first


def _in_order(stretch: Stretch) -> tuple[int, bool, int]:
    """By start; what was interrupted at once before what interrupted it."""
    place, start, end = stretch
    return start, end > start, place


def _stretches(reading: Reading, works: list[Ints]) -> Iterator[Stretch]:
    """When each work has its staff: from its start to its last leaving, less where it stands still."""
    still = _pauses(reading)
    for place, rows in enumerate(works):
        row = int(rows[0])
        since, until = int(reading.visits["started"][row]), int(reading.left[rows].max())
        begun = False
        for start, end in [*still.get(row, ()), (until, until)]:
            if start > since or not begun:
                yield place, since, start
            begun, since = True, end


def _pauses(reading: Reading) -> dict[int, list[tuple[int, int]]]:
    """The stretches in which the work on a visit kept nobody, in order."""
    found: dict[int, list[tuple[int, int]]] = {}
    if "visit" in reading.pauses:
        pauses = reading.pauses
        rows = np.flatnonzero(pauses["cause"] != PAUSE_CALL)
        columns = (pauses["visit"][rows], pauses["start"][rows], reading.pause_ends[rows])
        for visit, start, end in zip(*(column.tolist() for column in columns), strict=True):
            found.setdefault(visit, []).append((start, end))
    return found


class _Desk:
    """Units numbered from 1, each free again when what it has in hand ends."""

    def __init__(self) -> None:
        self.count = 0
        self.free: list[int] = []
        self.busy: list[tuple[int, int]] = []
        self.last: dict[int, list[int]] = {}

    def take(self, work: int, units: int, start: int, end: int) -> list[int]:
        """The units that have a work in hand for a while: those that had it before, or the lowest."""
        while self.busy and self.busy[0][0] <= start:
            heapq.heappush(self.free, heapq.heappop(self.busy)[1])
        while len(self.free) < units:
            self.count += 1
            heapq.heappush(self.free, self.count)
        own = [unit for unit in self.last.get(work, ()) if unit in self.free]
        others = heapq.nsmallest(units - len(own), (unit for unit in self.free if unit not in own))
        taken = own + others
        self.free = [unit for unit in self.free if unit not in taken]
        heapq.heapify(self.free)
        for unit in taken:
            heapq.heappush(self.busy, (end, unit))
        self.last[work] = taken
        return taken

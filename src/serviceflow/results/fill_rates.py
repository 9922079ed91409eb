"""How many visits that wanted something of a stock had it without waiting for that stock."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from serviceflow.engine.program.codes import NONE, REFUSED, ROUNDING
from serviceflow.engine.program.plans import ServicePlan
from serviceflow.results.derived import Flags, Floats, Ints, Reading


def fill_counts(reading: Reading) -> tuple[Floats, Floats]:
    """By stock: how many counted visits had at once all that they wanted, and how many wanted something.

    Who waits where several stocks are taken at once may have waited for some of them only
    (:mod:`~serviceflow.results.pending`).
    """
    size = len(reading.program.stocks)
    filled, asked = np.zeros(size), np.zeros(size)
    for plan in reading.program.services:
        rows = _asking(reading, plan)
        at_once = np.count_nonzero(reading.visits.get("wait_stock")[rows] <= 0)
        for stock, _ in plan.consumes:
            asked[stock] += len(rows)
            filled[stock] += at_once
    return filled, asked


def several_waits(reading: Reading, plan: ServicePlan) -> Iterator[tuple[int, Ints]]:
    """Where several stocks are taken at once: each of them with the counted visits that waited."""
    if len(plan.consumes) > 1:
        rows = _asking(reading, plan)
        rows = rows[reading.visits.get("wait_stock")[rows] > 0]
        yield from ((stock, rows) for stock, _ in plan.consumes)


def asking_at(reading: Reading) -> Ints:
    """When visits ask for what they want of stocks."""
    visits = reading.visits
    return visits["arrived"] + visits.get("wait_join") + visits.get("wait_call")


def shortage(reading: Reading, stock: int) -> tuple[Ints, Flags]:
    """The changes of a stock, and after which of them it had less than all that was asked of it."""
    changes = reading.record.stocks
    mine = np.flatnonzero(changes["stock"] == stock)
    level, wanted = (changes.get(name)[mine].astype(np.float64) for name in ("level", "waiting"))
    short: Flags = wanted - level > ROUNDING * np.maximum(level, wanted)
    return changes["time"][mine].astype(np.int64), short


def _asking(reading: Reading, plan: ServicePlan) -> Ints:
    """Counted visits to a service that came as far as to want something of stocks."""
    if not plan.consumes:
        return np.empty(0, dtype=np.int64)
    visits = reading.visits
    rows = np.flatnonzero((reading.service == plan.index) & reading.visit_counted & reading.at_service)
    came: Flags = visits.get("queued", NONE)[rows] >= 0
    for part in ("wait_stock", "wait_batch"):
        came |= visits.get(part)[rows] > 0
    if plan.provider != NONE and not reading.program.providers[plan.provider].blocks:
        came |= visits["outcome"][rows] == REFUSED  # Seen only when it would have queued.
    return rows[came]

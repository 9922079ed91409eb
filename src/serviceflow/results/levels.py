"""Figures over the time of the window of one replication: numbers there, staff time, stock levels."""

from __future__ import annotations

import numpy as np

from serviceflow.engine.record import PAUSES
from serviceflow.results.flows import REQUEST_SCOPES, Groups, asking_plans
from serviceflow.results.measures import Figures
from serviceflow.results.reading import COMPLETED, Flags, Floats, Ints, Reading, overlap
from serviceflow.results.staffing import joint_needs, overtime_ticks, scheduled_ticks

AWAITING_ANSWER = PAUSES.index("call")


def level_figures(reading: Reading) -> Figures:
    """Every figure over the time of the window."""
    found = Figures()
    _requests_there(reading, found)
    _visits_there(reading, found)
    _requests_on_the_way(reading, found)
    _staff_time(reading, found)
    _stock_levels(reading, found)
    return found


def _everyone(reading: Reading) -> Flags:
    return np.ones(len(reading.visits), dtype=bool)


def _requests_there(reading: Reading, found: Figures) -> None:
    requests = reading.requests
    inside = overlap(requests["asked"], reading.ends, reading.window)
    done = (requests["outcome"] == COMPLETED) & _within(requests["ended"], reading.window)
    for scope, kind in REQUEST_SCOPES.items():
        plans, sources = asking_plans(reading.program, scope), reading.sources(kind)
        if not plans:
            continue
        groups = Groups(sources, np.ones(len(requests), dtype=bool), len(plans))
        found.add(scope, "work_in_progress", groups.sum(inside) / reading.length)
        found.add(scope, "throughput", Groups(sources, done, len(plans)).count() / reading.length)
    for measure in ("work_in_progress", "throughput"):
        if ("consumer", measure) in found.by_measure:
            found.by_measure["chain", measure] = found.by_measure["consumer", measure].summed()


def _visits_there(reading: Reading, found: Figures) -> None:
    visits, there = reading.visits, reading.at_service
    stay = overlap(visits["arrived"], reading.left, reading.window)
    queue = overlap(visits["arrived"], reading.queue_end, reading.window)
    done = there & _within(visits["finished"], reading.window)
    for scope, elements in (("service", reading.service), ("provider", reading.provider)):
        size = len(getattr(reading.program, f"{scope}s"))
        groups = Groups(elements, there, size)
        found.add(scope, "work_in_progress", groups.sum(stay) / reading.length)
        found.add(scope, "queue_length", groups.sum(queue) / reading.length)
        found.add(scope, "throughput", Groups(elements, done, size).count() / reading.length)


def _requests_on_the_way(reading: Reading, found: Figures) -> None:
    size = len(reading.program.handoffs)
    if not size:
        return
    visits, groups = reading.visits, Groups(reading.handoff, _everyone(reading), size)
    arrived = np.where(visits["arrived"] >= 0, visits["arrived"], reading.left)
    on_the_way = overlap(visits["asked"], arrived, reading.window)
    found.add("handoff", "work_in_progress", groups.sum(on_the_way) / reading.length)
    done = Groups(reading.handoff, _within(visits["arrived"], reading.window), size)
    found.add("handoff", "throughput", done.count() / reading.length)


def _within(instants: Ints, window: tuple[int, int]) -> Flags:
    return (instants >= window[0]) & (instants < window[1])


# Staff


def _staff_time(reading: Reading, found: Figures) -> None:
    plans = reading.program.providers
    if not plans:
        return
    scheduled = np.array([scheduled_ticks(reading.record, plan) for plan in plans])
    busy, held = busy_and_held_ticks(reading)
    overtime = np.array([overtime_ticks(reading, plan) for plan in plans])
    found.add("provider", "utilization", busy - overtime, scheduled)
    found.add("provider", "scheduled_time", scheduled)
    found.add("provider", "busy_time", busy)
    found.add("provider", "overtime", overtime)
    found.add("provider", "held_time", held)


def busy_and_held_ticks(reading: Reading) -> tuple[Floats, Floats]:
    """Staff time on setup and work, and staff time held, of each provider within the window.

    Busy is from the start of work to its end without the pauses; held is awaiting the answer of a
    call with the work in hand, or blocked after it.
    """
    visits, pauses = reading.visits, reading.pauses
    started = visits["started"] >= 0
    busy = np.where(started, overlap(visits["started"], reading.work_end, reading.window), 0)
    held = np.where(visits["finished"] >= 0, overlap(visits["finished"], reading.left, reading.window), 0)
    if len(pauses):
        rows, ends = pauses["visit"], np.where(pauses["end"] >= 0, pauses["end"], reading.record.stopped)
        stood = overlap(pauses["start"], ends, reading.window)
        np.subtract.at(busy, rows, stood)
        np.add.at(held, rows, stood * (pauses["cause"] == AWAITING_ANSWER))
    share = 1 if reading.batch_share is None else reading.batch_share
    return _staff_sums(reading, busy * share), _staff_sums(reading, held * share)


def _staff_sums(reading: Reading, ticks: Ints | Floats) -> Floats:
    """Sums over visits by provider; a visit counts at each provider that it needs, per unit."""
    plans, size = reading.program.services, len(reading.program.providers)
    joint = [joint_needs(plan) for plan in plans]
    alone = np.array([not needs for needs in joint] + [False])
    sums = Groups(reading.provider, alone[reading.service], size).sum(ticks)
    if any(joint):
        by_service = Groups(reading.service, ~alone[reading.service], len(plans)).sum(ticks)
        for needs, total in zip(joint, by_service, strict=True):
            for provider, units in needs:
                sums[provider] += units * total
    return sums


# Stocks


def _stock_levels(reading: Reading, found: Figures) -> None:
    plans = reading.program.stocks
    if not plans:
        return
    figures = [_level_and_stockout(reading, plan.index, plan.initial) for plan in plans]
    found.add("stock", "mean_level", np.array([level for level, _ in figures]))
    found.add("stock", "stockout_share", np.array([share for _, share in figures]))
    _fill_rates(reading, found)


def _level_and_stockout(reading: Reading, stock: int, initial: float) -> tuple[float, float]:
    changes = reading.record.stocks
    rows = np.flatnonzero(changes["stock"] == stock) if len(changes) else np.empty(0, dtype=np.int64)
    if not len(rows):
        return float(initial), float(initial <= 0)
    times = np.concatenate([[min(0, reading.window[0])], changes["time"][rows]])
    lengths = overlap(times, np.append(times[1:], max(reading.window[1], times[-1])), reading.window)
    levels = np.concatenate([[initial], changes["level"][rows]])
    unmet = np.concatenate([[0], changes.get("waiting")[rows]])
    out = (levels <= 0) | (unmet > 0)
    return float((levels * lengths).sum() / reading.length), float(lengths[out].sum() / reading.length)


def _fill_rates(reading: Reading, found: Figures) -> None:
    visits, size = reading.visits, len(reading.program.stocks)
    waited = visits.get("wait_stock") > 0
    asked_stock = reading.visit_counted & reading.at_service & ((visits.get("queued", -1) >= 0) | waited)
    filled, asked = np.zeros(size), np.zeros(size)
    for plan in reading.program.services:
        if not plan.consumes:
            continue
        here = asked_stock & (reading.service == plan.index)
        for stock, _ in plan.consumes:
            asked[stock] += np.count_nonzero(here)
            filled[stock] += np.count_nonzero(here & ~waited)
    found.add("stock", "fill_rate", filled, asked, requests=asked)

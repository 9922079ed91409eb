"""Figures over the time of the window of one replication: numbers there, staff time, fill rates."""

from __future__ import annotations

import numpy as np

from serviceflow.engine.program.codes import COMPLETED, PAUSES
from serviceflow.results.derived import Flags, Floats, Ints, Reading, overlap
from serviceflow.results.flows import Groups
from serviceflow.results.measures import Figures
from serviceflow.results.scopes import REQUEST_SCOPES, asking_plans, works_vary
from serviceflow.results.staffing import joint_needs

AWAITING_ANSWER = PAUSES.index("call")

AVERAGED = ("work_in_progress", "queue_length", "throughput")
"""Measures that add up as ticks or counts within the window, and are divided by its length in the end."""


def level_sums(reading: Reading) -> Figures:
    """Every figure over the time of the window, as sums that add up over the parts of a run.

    Those of the chain are the consumers' together; those of providers their services', but for staff time
    and where several providers may work at one service.
    """
    found = Figures()
    _requests_there(reading, found)
    _visits_there(reading, found)
    _requests_on_the_way(reading, found)
    if reading.program.providers:
        busy, held = busy_and_held_ticks(reading)
        found.add("provider", "busy_time", busy)
        found.add("provider", "held_time", held)
    if reading.program.stocks:
        _fill_rates(reading, found)
    return found


def _requests_there(reading: Reading, found: Figures) -> None:
    requests = reading.requests
    inside = overlap(requests["asked"], reading.ends, reading.window)
    done = (requests["outcome"] == COMPLETED) & _within(requests["ended"], reading.window)
    everyone = np.ones(len(requests), dtype=bool)
    for scope, kind in REQUEST_SCOPES.items():
        plans, sources = asking_plans(reading.program, scope), reading.sources(kind)
        if plans:
            found.add(scope, "work_in_progress", Groups(sources, everyone, len(plans)).sum(inside))
            found.add(scope, "throughput", Groups(sources, done, len(plans)).count())


def _visits_there(reading: Reading, found: Figures) -> None:
    visits, there = reading.visits, reading.at_service
    stay = overlap(visits["arrived"], reading.left, reading.window)
    queue = overlap(visits["arrived"], reading.queue_end, reading.window)
    done = there & _within(visits["finished"], reading.window)
    elements = {"service": reading.service}
    if works_vary(reading.program):
        elements["provider"] = reading.provider
    for scope, own in elements.items():
        size = len(getattr(reading.program, f"{scope}s"))
        groups = Groups(own, there, size)
        found.add(scope, "work_in_progress", groups.sum(stay))
        found.add(scope, "queue_length", groups.sum(queue))
        found.add(scope, "throughput", Groups(own, done, size).count())


def _requests_on_the_way(reading: Reading, found: Figures) -> None:
    size = len(reading.program.handoffs)
    if not size:
        return
    visits = reading.visits
    groups = Groups(reading.handoff, np.ones(len(visits), dtype=bool), size)
    arrived = np.where(visits["arrived"] >= 0, visits["arrived"], reading.left)
    found.add("handoff", "work_in_progress", groups.sum(overlap(visits["asked"], arrived, reading.window)))
    done = Groups(reading.handoff, _within(visits["arrived"], reading.window), size)
    found.add("handoff", "throughput", done.count())


def _within(instants: Ints, window: tuple[int, int]) -> Flags:
    return (instants >= window[0]) & (instants < window[1])


# Staff


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
        rows, stood = pauses["visit"], overlap(pauses["start"], reading.pause_ends, reading.window)
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

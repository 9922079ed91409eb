"""Figures over the time of the window of one replication: numbers there, staff time, fill rates."""

from __future__ import annotations

import numpy as np

from serviceflow.engine.program.codes import COMPLETED
from serviceflow.results.derived import Flags, Floats, Ints, Reading, overlap
from serviceflow.results.fill_rates import fill_counts
from serviceflow.results.flows import Groups
from serviceflow.results.measures import Figures
from serviceflow.results.rows import (
    ARRIVED_WITHIN,
    FINISHED_WITHIN,
    HAS_ARRIVED,
    THERE,
    Rows,
    has,
)
from serviceflow.results.scopes import REQUEST_SCOPES, asking_plans, size_of, works_vary
from serviceflow.results.staffing import joint_needs

AVERAGED = ("work_in_progress", "queue_length", "throughput")
"""Measures that add up as ticks or counts within the window, and are divided by its length in the end."""


def level_sums(reading: Reading, rows: Rows) -> Figures:
    """Every figure over the time of the window, as sums that add up over the parts of a run.

    Those of the chain are the consumers' together; those of providers their services', except staff time
    and where several providers may work at one service.
    """
    found = Figures()
    _requests_there(reading, found)
    _visits_there(rows, found)
    _requests_on_the_way(reading, rows, found)
    if reading.program.providers:
        found.add("provider", "busy_time", staff_sums(rows, "busy"))
        found.add("provider", "held_time", staff_sums(rows, "held"))
    if reading.program.stocks:
        filled, asked = fill_counts(reading)
        found.add("stock", "fill_rate", filled, asked, requests=asked)
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


def _visits_there(rows: Rows, found: Figures) -> None:
    come = has(rows, HAS_ARRIVED)  # Branches, too, that wait at a join: what becomes of them comes later.
    elements = {"service": rows.service}
    if works_vary(rows.program):
        elements["provider"] = rows.provider
    for scope, own in elements.items():
        size = size_of(rows.program, scope)
        groups = Groups(own, come, size)
        found.add(scope, "work_in_progress", groups.sum(rows.ticks("stay")))
        found.add(scope, "queue_length", groups.sum(rows.ticks("queue")))
        done = Groups(own, has(rows, THERE | FINISHED_WITHIN), size, rows.count)
        found.add(scope, "throughput", done.count())


def _requests_on_the_way(reading: Reading, rows: Rows, found: Figures) -> None:
    size = len(rows.program.handoffs)
    if not size:
        return
    groups = Groups(rows.handoff, np.ones(len(rows.state), dtype=bool), size)
    found.add("handoff", "work_in_progress", groups.sum(rows.ticks("transit")))
    done = Groups(rows.handoff, has(rows, ARRIVED_WITHIN), size, rows.count).count()
    if reading.ended_by is not None:
        done += Groups(reading.ended_by, _within(reading.gone_home, reading.window), size).count()
    found.add("handoff", "throughput", done)


def _within(instants: Ints, window: tuple[int, int]) -> Flags:
    return (instants >= window[0]) & (instants < window[1])


# Staff


def staff_sums(rows: Rows, name: str) -> Floats:
    """Staff time by provider; a visit counts at each provider that it needs, per unit."""
    plans, size, ticks = rows.program.services, len(rows.program.providers), rows.ticks(name)
    joint = [joint_needs(plan) for plan in plans]
    alone = np.array([not needs for needs in joint] + [False])[rows.service]
    sums = Groups(rows.provider, alone, size).sum(ticks)
    if any(joint):
        by_service = Groups(rows.service, ~alone, len(plans)).sum(ticks)
        for needs, total in zip(joint, by_service, strict=True):
            for provider, units in needs:
                sums[provider] += units * total
    return sums

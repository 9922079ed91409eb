"""Figures per request and per visit of one replication: counts, times and the causes of waiting."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from serviceflow.engine.program.codes import HANDOFF_PARTS, LEFT_EARLY, REFUSED, UNFINISHED
from serviceflow.results.derived import Flags, Floats, Ints, Reading
from serviceflow.results.measures import PART_MEASURES, WAITING_PARTS, WORK_PARTS, Figure, Figures
from serviceflow.results.rows import (
    BEGUN,
    BLOCKED_ON_PATH,
    FINISHED,
    HAS_ARRIVED,
    LEFT,
    LOST,
    OF_COMPLETED,
    OF_COUNTED,
    ON_PATH,
    RIGHT,
    THERE,
    TURNED_AWAY,
    Rows,
    has,
    kind_of,
)
from serviceflow.results.scopes import REQUEST_SCOPES, asking_plans, works_vary

STAGE_MEASURES = {
    "handoff_time": "handoff",
    "waiting_time": "waiting",
    "service_time": "service",
    "blocked_time": "blocked",
}
OUTCOME_MEASURES = {"gave_up": LEFT_EARLY, "refused": (REFUSED,)}
LOSSES = {"gave_up": LOST, "refused": TURNED_AWAY}
"""The same of visits: measure to state."""


class Groups:
    """Sums over the rows that are chosen, by element.

    Parameters
    ----------
    elements : array of int
        The element of each row; -1 for none.
    chosen : array of bool
        Which rows count.
    size : int
        How many elements there are.
    count : array, optional
        What each row stands for: for one unless it is given.
    """

    def __init__(self, elements: Ints, chosen: Flags, size: int, count: Floats | None = None) -> None:
        self._keys = (elements + 1) * chosen
        self._size = size
        self._count = count

    def count(self) -> Floats:
        """Chosen rows of each element, or what these stand for."""
        if self._count is not None:
            return self.sum(self._count)
        counts: Floats = np.bincount(self._keys, minlength=self._size + 1)[1:].astype(np.float64)
        return counts

    def sum(self, values: Ints | Floats) -> Floats:
        """Sum of `values` over the chosen rows of each element."""
        if self._size == 1:
            return np.array([values.sum(where=self._keys > 0)], dtype=np.float64)
        sums: Floats = np.bincount(self._keys, weights=values, minlength=self._size + 1)[1:].astype(
            np.float64
        )
        return sums


def flow_sums(reading: Reading, rows: Rows) -> Figures:
    """Every figure per request and per visit, as sums that add up over the parts of a run.

    Those of the chain are the consumers' together; those of providers their services', but where several
    providers may work at one service.
    """
    found = Figures()
    _request_figures(reading, rows, found)
    _scope_of_visits(rows, found, "service", rows.service, len(reading.program.services))
    if works_vary(reading.program):
        _scope_of_visits(rows, found, "provider", rows.provider, len(reading.program.providers))
    _handoff_figures(rows, found)
    if reading.ended_by is not None:
        _add_ends_at_once(reading, reading.ended_by, found)
    return found


# Requests


def _request_figures(reading: Reading, rows: Rows, found: Figures) -> None:
    flow_time = reading.ends - reading.requests["asked"]
    for scope, kind in REQUEST_SCOPES.items():
        size = len(asking_plans(reading.program, scope))
        if size:
            sources = reading.sources(kind)
            done = Groups(sources, reading.completed, size)
            _counts_of_requests(reading, found, scope, sources, done.count())
            _times_of_requests(rows, found, scope, done.sum(flow_time))
            _information_figures(reading, rows, found, scope, sources)


def _counts_of_requests(
    reading: Reading, found: Figures, scope: str, sources: Ints, completed: Floats
) -> None:
    outcome, size = reading.requests["outcome"], len(completed)
    unfinished = Groups(sources, reading.counted & (outcome == UNFINISHED), size).count()
    asked = Groups(sources, reading.counted, size).count()
    found.add(scope, "arrived", asked, unfinished=unfinished)
    found.add(scope, "completed", completed, unfinished=unfinished)
    for measure, codes in OUTCOME_MEASURES.items():
        ended_so = reading.counted & np.isin(outcome, codes)
        found.add(scope, measure, Groups(sources, ended_so, size).count())


def _times_of_requests(rows: Rows, found: Figures, scope: str, flow_time: Floats) -> None:
    """The flow time of completed requests and its parts, over the visits on their critical paths."""
    completed, unfinished = (
        found.by_measure[scope, "completed"].total,
        found.by_measure[scope, "arrived"].unfinished,
    )
    along = has(rows, OF_COMPLETED | ON_PATH) & (kind_of(rows) == REQUEST_SCOPES[scope])
    groups = Groups(rows.source, along, len(completed))
    parts = {name: part for name, part in PART_MEASURES.items() if part in rows}
    if "blocked" in rows:
        parts["blocked_time"] = BLOCKED_ON_PATH
    times = {name: groups.sum(rows.ticks(part)) for name, part in (STAGE_MEASURES | parts).items()}
    for measure, ticks in ({"flow_time": flow_time} | times).items():
        found.by_measure[scope, measure] = Figure(ticks, completed, completed, unfinished)
    if "work_time" in times:
        work = times["work_time"]
        found.by_measure[scope, "flow_efficiency"] = Figure(work, flow_time, completed, unfinished)
    if "work" in rows and any(plan.split for plan in rows.program.services):
        everywhere = has(rows, OF_COMPLETED) & (kind_of(rows) == REQUEST_SCOPES[scope])
        ticks = Groups(rows.source, everywhere, len(completed)).sum(rows.ticks("work"))
        found.by_measure[scope, "total_work"] = Figure(ticks, completed, completed, unfinished)


def _information_figures(reading: Reading, rows: Rows, found: Figures, scope: str, sources: Ints) -> None:
    asked = found.by_measure[scope, "arrived"].total
    if "clarifications" in rows:
        mine = has(rows, OF_COUNTED) & (kind_of(rows) == REQUEST_SCOPES[scope])
        groups = Groups(rows.source, mine, len(asked))
        found.add(scope, "clarifications", groups.sum(rows.ticks("clarifications")))
    if scope == "consumer":
        right = Groups(sources, reading.counted & asked_right(reading), len(asked)).count()
        found.add(scope, "first_time_right", right, asked, requests=asked)
        never = reading.counted & (sources >= 0) & without(reading, np.flatnonzero(~reading.arrived_right))
        every = np.array([asked.sum()])
        found.add(
            "chain",
            "first_time_right",
            np.array([float(np.count_nonzero(never))]),
            every,
            requests=every,
        )


def asked_right(reading: Reading) -> Flags:
    """Requests whose own way into the chain took neither clarification nor return.

    This is the consumer's half of a promise: what happens between departments later on is theirs.
    """
    plans = reading.program.handoffs
    from_consumer = np.array([plan.origin[0] == "consumer" for plan in plans] + [False])
    flawed = np.flatnonzero(~reading.arrived_right)
    return without(reading, flawed[from_consumer[reading.handoff[flawed]]])


def without(reading: Reading, rows: Ints) -> Flags:
    """Requests to which none of some visits belongs."""
    found = np.ones(len(reading.requests), dtype=bool)
    found[reading.visits["request"][rows]] = False
    return found


# Visits


def _scope_of_visits(rows: Rows, found: Figures, scope: str, elements: Ints, size: int) -> None:
    there, left = has(rows, OF_COUNTED | THERE), has(rows, LEFT)

    def those(chosen: Flags) -> Groups:
        return Groups(elements, chosen, size, rows.count)

    arrived, served = those(there), those(has(rows, OF_COUNTED | THERE | FINISHED))
    unfinished = those(there & ~left).count()
    found.add(scope, "arrived", arrived.count(), unfinished=unfinished)
    found.add(scope, "completed", served.count(), unfinished=unfinished)
    for measure, lost in LOSSES.items():
        found.add(scope, measure, those(there & has(rows, lost)).count())
    if "clarifications" in rows:
        found.add(scope, "clarifications", arrived.sum(rows.ticks("clarifications")))
    waited = those(there & (has(rows, BEGUN) | has(rows, LOST)))
    waiting = those(there & ~has(rows, BEGUN) & ~left).count()
    _times(rows, found, scope, waited, {"waiting_time": "waiting"}, WAITING_PARTS, waiting)
    in_work = {"service_time": "service", "blocked_time": "blocked"}
    _times(rows, found, scope, served, in_work, WORK_PARTS, unfinished)


def _handoff_figures(rows: Rows, found: Figures) -> None:
    size = len(rows.program.handoffs)
    if not size:
        return
    counted, arrived = has(rows, OF_COUNTED), has(rows, OF_COUNTED | HAS_ARRIVED)
    begun, done, right = (
        Groups(rows.handoff, chosen, size, rows.count)
        for chosen in (counted, arrived, arrived & has(rows, RIGHT))
    )
    completed = done.count()
    unfinished = begun.count() - completed
    found.add("handoff", "arrived", begun.count(), unfinished=unfinished)
    found.add("handoff", "completed", completed, unfinished=unfinished)
    if "clarifications" in rows:
        found.add("handoff", "clarifications", begun.sum(rows.ticks("clarifications")))
    counts = {"requests": completed, "unfinished": unfinished}
    found.add("handoff", "first_time_right", right.count(), completed, **counts)
    parts = {part: part for part in HANDOFF_PARTS}
    _times(rows, found, "handoff", done, {"handoff_time": "handoff"}, parts, unfinished)


def _add_ends_at_once(reading: Reading, ended_by: Ints, found: Figures) -> None:
    """Count those who took a handoff to the end that takes no time, for which there is no visit."""
    size = len(reading.program.handoffs)
    once = Groups(ended_by, reading.visit_counted, size).count()
    for (scope, measure), figure in list(found.by_measure.items()):
        if scope == "handoff" and measure != "clarifications":
            counts = measure in ("arrived", "completed", "first_time_right")
            found.by_measure[scope, measure] = replace(
                figure,
                total=figure.total + once if counts else figure.total,
                base=None if figure.base is None else figure.base + once,
                requests=None if figure.requests is None else figure.requests + once,
            )


def _times(
    rows: Rows,
    found: Figures,
    scope: str,
    groups: Groups,
    stages: dict[str, str],
    parts: dict[str, str],
    unfinished: Floats,
) -> None:
    count = groups.count()
    known = stages | {measure: part for measure, part in parts.items() if part in rows}
    for measure, ticks in known.items():
        found.by_measure[scope, measure] = Figure(groups.sum(rows.ticks(ticks)), count, count, unfinished)

"""Figures per request and per visit of one replication: counts, times and the causes of waiting."""

from __future__ import annotations

import numpy as np

from serviceflow.engine.program.codes import GAVE_UP, HANDOFF_PARTS, REFUSED, UNFINISHED
from serviceflow.results.derived import Flags, Floats, Ints, Reading
from serviceflow.results.measures import PART_MEASURES, WAITING_PARTS, WORK_PARTS, Figure, Figures
from serviceflow.results.scopes import REQUEST_SCOPES, asking_plans, works_vary

STAGE_MEASURES = {
    "handoff_time": "handoff",
    "waiting_time": "waiting",
    "service_time": "service",
    "blocked_time": "blocked",
}
OUTCOME_MEASURES = {"gave_up": GAVE_UP, "refused": REFUSED}


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
    """

    def __init__(self, elements: Ints, chosen: Flags, size: int) -> None:
        self._keys = (elements + 1) * chosen
        self._size = size

    def count(self) -> Floats:
        """Chosen rows of each element."""
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


def flow_sums(reading: Reading) -> Figures:
    """Every figure per request and per visit, as sums that add up over the parts of a run.

    Those of the chain are the consumers' together; those of providers their services', but where several
    providers may work at one service.
    """
    found = Figures()
    _request_figures(reading, found)
    _scope_of_visits(reading, found, "service", reading.service, len(reading.program.services))
    if works_vary(reading.program):
        _scope_of_visits(reading, found, "provider", reading.provider, len(reading.program.providers))
    _handoff_figures(reading, found)
    return found


# Requests


def _request_figures(reading: Reading, found: Figures) -> None:
    times = request_times(reading)
    for scope, kind in REQUEST_SCOPES.items():
        plans = asking_plans(reading.program, scope)
        if plans:
            _scope_of_requests(reading, found, scope, reading.sources(kind), len(plans), times)


def request_times(reading: Reading) -> dict[str, Ints]:
    """Ticks of each time of each request over its life: the flow time and its parts."""
    columns = reading.visits
    times = {"flow_time": reading.ends - reading.requests["asked"]}
    times |= {name: reading.stage_along_path(stage) for name, stage in STAGE_MEASURES.items()}
    parts = {name: part for name, part in PART_MEASURES.items() if part in columns}
    return times | {name: reading.along_path(columns[part]) for name, part in parts.items()}


def _scope_of_requests(
    reading: Reading, found: Figures, scope: str, sources: Ints, size: int, times: dict[str, Ints]
) -> None:
    outcome = reading.requests["outcome"]
    asked = Groups(sources, reading.counted, size)
    done = Groups(sources, reading.completed, size)
    unfinished = Groups(sources, reading.counted & (outcome == UNFINISHED), size).count()
    completed = done.count()
    found.add(scope, "arrived", asked.count(), unfinished=unfinished)
    found.add(scope, "completed", completed, unfinished=unfinished)
    for measure, code in OUTCOME_MEASURES.items():
        found.add(scope, measure, Groups(sources, reading.counted & (outcome == code), size).count())
    for measure, ticks in times.items():
        found.add(scope, measure, done.sum(ticks), completed, requests=completed, unfinished=unfinished)
    if "work_time" in times:
        work, flow = done.sum(times["work_time"]), done.sum(times["flow_time"])
        found.add(scope, "flow_efficiency", work, flow, requests=completed, unfinished=unfinished)
    _information_figures(reading, found, scope, asked, sources, size)


def _information_figures(
    reading: Reading, found: Figures, scope: str, asked: Groups, sources: Ints, size: int
) -> None:
    visits = reading.visits
    if "clarifications" in visits:
        found.add(scope, "clarifications", asked.sum(reading.over_visits(visits["clarifications"])))
    if scope == "consumer":
        right = Groups(sources, reading.counted & asked_right(reading), size).count()
        count = asked.count()
        found.add(scope, "first_time_right", right, count, requests=count)


def asked_right(reading: Reading) -> Flags:
    """Requests whose own way into the chain took neither clarification nor return.

    This is the consumer's half of a promise: what happens between departments later on is theirs.
    """
    plans = reading.program.handoffs
    from_consumer = np.array([plan.origin[0] == "consumer" for plan in plans] + [False])
    wrong = from_consumer[reading.handoff] & ~arrived_right(reading)
    right: Flags = reading.over_visits(wrong.astype(np.int64)) == 0
    return right


def arrived_right(reading: Reading) -> Flags:
    """Visits brought without clarification or return."""
    visits = reading.visits
    flawed: Flags = (visits.get("clarifications") > 0) | (visits.get("arrived_by_return") > 0)
    return ~flawed


# Visits


def _scope_of_visits(reading: Reading, found: Figures, scope: str, elements: Ints, size: int) -> None:
    visits = reading.visits
    there = reading.visit_counted & reading.at_service
    unfinished = Groups(elements, there & (visits["left"] < 0), size).count()
    arrived = Groups(elements, there, size)
    found.add(scope, "arrived", arrived.count(), unfinished=unfinished)
    served = Groups(elements, reading.served, size)
    found.add(scope, "completed", served.count(), unfinished=unfinished)
    for measure, code in OUTCOME_MEASURES.items():
        found.add(scope, measure, Groups(elements, there & (visits["outcome"] == code), size).count())
    if "clarifications" in visits:
        found.add(scope, "clarifications", arrived.sum(visits["clarifications"]))
    waited = Groups(elements, reading.waited, size)
    waiting = Groups(elements, there & reading.still_waiting, size).count()
    _times(reading, found, scope, waited, {"waiting_time": "waiting"}, WAITING_PARTS, waiting)
    in_work = {"service_time": "service", "blocked_time": "blocked"}
    _times(reading, found, scope, served, in_work, WORK_PARTS, unfinished)


def _handoff_figures(reading: Reading, found: Figures) -> None:
    size = len(reading.program.handoffs)
    if not size:
        return
    visits, elements = reading.visits, reading.handoff
    arrived = reading.visit_counted & (visits["arrived"] >= 0)
    begun, done = Groups(elements, reading.visit_counted, size), Groups(elements, arrived, size)
    unfinished = begun.count() - done.count()
    found.add("handoff", "arrived", begun.count(), unfinished=unfinished)
    found.add("handoff", "completed", done.count(), unfinished=unfinished)
    if "clarifications" in visits:
        found.add("handoff", "clarifications", begun.sum(visits["clarifications"]))
    right = Groups(elements, arrived & arrived_right(reading), size).count()
    found.add(
        "handoff", "first_time_right", right, done.count(), requests=done.count(), unfinished=unfinished
    )
    parts = {part: part for part in HANDOFF_PARTS}
    _times(reading, found, "handoff", done, {"handoff_time": "handoff"}, parts, unfinished)


def _times(
    reading: Reading,
    found: Figures,
    scope: str,
    groups: Groups,
    stages: dict[str, str],
    parts: dict[str, str],
    unfinished: Floats,
) -> None:
    columns, count = reading.visits, groups.count()
    ticks = {measure: reading.stages[stage] for measure, stage in stages.items()}
    ticks |= {measure: columns[part] for measure, part in parts.items() if part in columns}
    for measure, values in ticks.items():
        found.by_measure[scope, measure] = Figure(groups.sum(values), count, count, unfinished)

"""Promises kept: every clock read anew, one request at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from serviceflow.analysis.audit.causes import IN_QUEUE
from serviceflow.analysis.audit.history import History
from serviceflow.analysis.audit.timeline import Steps
from serviceflow.analysis.audit.visits import Visit
from serviceflow.model.links import Link
from serviceflow.model.sla import CAUSES, ELAPSED, SLA, Target

BEFORE_QUEUE = ("join", "call", "stock", "batch")
ON_THE_WAY = ("dispatch", "delay", "clarification")
PAUSED = ("off_shift", "outage", "preempted", "call")


@dataclass(frozen=True)
class Counted:
    """One promise: how many kept it, broke it, and are not yet known. None if it cannot be told."""

    name: str
    met: int
    breached: int
    undetermined: int


@dataclass(frozen=True)
class Course:
    """One request's promise: clock start, and when it came (-1 if it did not), or can no longer come."""

    visits: tuple[Visit, ...]
    asked: tuple[Visit, ...]
    """Visits of what was asked on the way and had to be answered."""
    since: int
    until: int
    lost: bool
    number: int


def count_promises(history: History) -> Iterator[Counted]:
    """Every promise in time of consumers and calls, where it can be told from the record."""
    for name in history.consumers:
        sla = history.chain.consumers[name].sla
        yield from _of(history, "consumer", name, sla)
    for call in history.calls:
        yield from _of(history, "called", str(call), history.chain.calls[call].sla)


def _of(history: History, kind: str, name: str, sla: SLA | None) -> Iterator[Counted]:
    for what in ("response", "resolution"):
        target: Target | None = getattr(sla, what) if sla is not None else None
        if sla is None or target is None or not _is_told(history, sla, target):
            continue
        courses = list(_courses(history, kind, name, sla, what))
        counts = [0, 0, 0]
        for course in courses:
            verdict = _verdict(history, sla, target, course)
            if verdict is None:
                break
            counts[verdict] += 1
        else:
            yield Counted(f"{name}: {what}", *counts)


def _is_told(history: History, sla: SLA, target: Target) -> bool:
    """Whether the record says when each excluded stretch was."""
    unplaced = {name.replace(" ", "_") for name in sla.excluding} & set(IN_QUEUE)
    if unplaced and (sla.clock != ELAPSED or "previous" in history.record.visits):
        return False
    return not target.within.has_distribution


def _courses(history: History, kind: str, name: str, sla: SLA, what: str) -> Iterator[Course]:
    start, end = history.window
    for request in history.requests:
        if request.kind != kind or request.source != name or not start <= request.asked < end:
            continue
        visits = history.by_request[request.row]
        if what == "response":
            instants = [one.started for one in visits if one.started >= 0 and one.service is not None]
        elif sla.until is not None:
            instants = [one.finished for one in visits if one.service == sla.until and one.finished >= 0]
        else:
            instants = [request.ended] if request.outcome == "completed" else []
        until = min(instants, default=-1)
        lost = until < 0 and request.ended >= 0
        if lost and request.outcome == "completed" and (what == "response" or sla.until is not None):
            continue
        asked = tuple(_asked(history, request.row))
        yield Course(tuple(visits), asked, request.asked, until, lost, request.row)


def _asked(history: History, row: int) -> Iterator[Visit]:
    for call in history.calls:
        if history.chain.calls[call].wait:
            for request in history.called[row, str(call)]:
                yield from history.by_request[request.row]
                yield from _asked(history, request.row)


def _verdict(history: History, sla: SLA, target: Target, course: Course) -> int | None:
    """0 met, 1 breached, 2 not yet known."""
    request = history.requests[course.number]
    within = history.request_value(target.within, "duration", request, request.asked)
    if not isinstance(within, float):
        return None
    until = course.until if course.until >= 0 else history.stopped
    taken = _taken(history, sla, course, until)
    late = taken > round(within)
    if course.until >= 0:
        return 1 if late else 0
    return 1 if course.lost or late else 2


def _taken(history: History, sla: SLA, course: Course, until: int) -> int:
    """What the clock counts from the start to an instant."""
    clock = None if sla.clock == ELAPSED else history.calendars[sla.clock]
    standing: list[tuple[int, int]] = []
    for name in sla.excluding:
        for visit in course.visits:
            standing += list(_stands(history, name, visit))
        if name.replace(" ", "_") not in CAUSES:
            for visit in course.asked:
                standing += list(_stands(history, name, visit))
    total, reached = _ticks(clock, course.since, until), course.since
    for start, end in sorted(standing):
        start, end = max(start, reached), min(end, until)
        if end > start:
            total -= _ticks(clock, start, end)
            reached = end
    return total


def _ticks(clock: Steps | None, start: int, end: int) -> int:
    return end - start if clock is None else clock.open_ticks(start, end)


def _stands(history: History, name: str, visit: Visit) -> Iterator[tuple[int, int]]:
    """When something excluded held a visit up."""
    arrived = history.until(visit.arrived)
    if name in history.chain.services:
        if visit.service == name:
            yield arrived, history.until(visit.left)
    elif name in {str(link) for link in history.chain.handoffs}:
        if visit.handoff is not None and str(visit.handoff) == name:
            yield visit.asked, arrived
    elif name in {str(link) for link in history.chain.calls}:
        yield from _called(history, name, visit)
    else:
        yield from _caused(history, name.replace(" ", "_"), visit)


def _called(history: History, name: str, visit: Visit) -> Iterator[tuple[int, int]]:
    """While the answer of a call is out and waited for."""
    call = history.chain.calls[Link.parse(name)]
    if visit.service != Link.parse(name).origin or not call.wait:
        return
    for asked in history.called[visit.request.row, name]:
        if history.until(visit.arrived) <= asked.asked <= history.until(visit.left):
            yield asked.asked, history.until(asked.ended)


def _caused(history: History, cause: str, visit: Visit) -> Iterator[tuple[int, int]]:
    time = visit.asked
    for part in ON_THE_WAY:
        if cause in (part, "handoff"):
            yield time, time + visit.part(f"handoff_{part}")
        time += visit.part(f"handoff_{part}")
    time = history.until(visit.arrived)
    for part in (*BEFORE_QUEUE, *IN_QUEUE):
        if part == cause or (cause == "off_shift" and part == "carried_over"):
            yield time, time + visit.part(f"wait_{part}")
        time += visit.part(f"wait_{part}")
    if cause in PAUSED:
        for pause in visit.pauses:
            if pause.cause == cause:
                yield pause.start, pause.end
    if cause == "blocked" and visit.finished >= 0:
        yield visit.finished, history.until(visit.left)

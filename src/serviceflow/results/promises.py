"""Whether promises were kept: the accounting of service level agreements.

* A promise is met when the time is within the promised one, or equal to it.
* Whoever was refused or gave up before is a breach, and so is what is unfinished past its due time.
* What is unfinished and not yet due is undetermined: it is in neither count, and bounds show what it
  could still change.
* Response runs to the start of the first work, resolution to the end of the request, or to the first
  end of the service ``until``. A request that ends in another way without ever having come there
  is not concerned.
* On a link, the clock starts at each leaving, runs through clarifications and returns, and stops at the
  start (response) or end (resolution) of the visit at the target.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from serviceflow.engine.program.codes import CALLED, COMPLETED, CONSUMER
from serviceflow.results.clocks import Clock, make_clock
from serviceflow.results.derived import Flags, Ints, Reading
from serviceflow.results.flows import asked_right, without
from serviceflow.results.measures import Figures
from serviceflow.results.request_values import code_of, request_values

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.model.sla import SLA, Target

NEVER = np.iinfo(np.int64).max
KINDS = {"response": "response", "resolution": "resolution", "first_time_right": "first time right"}


@dataclass(frozen=True)
class Promise:
    """One promise of a chain.

    Attributes
    ----------
    scope : str
        Whose it is: "consumer", "handoff" or "call".
    index : int
        Which of them in the program.
    of : str
        Its name.
    kind : str
        "response", "resolution" or "first_time_right".
    sla : SLA
        What it is part of.
    """

    scope: str
    index: int
    of: str
    kind: str
    sla: SLA

    @property
    def name(self) -> str:
        """Name of the promise in the tables."""
        return f"{self.of}: {KINDS[self.kind]}"

    @property
    def target(self) -> Target | None:
        """Share and time promised; None for ``first_time_right``."""
        found: Target | None = None if self.kind == "first_time_right" else getattr(self.sla, self.kind)
        return found

    @property
    def share(self) -> float:
        """The share promised."""
        target = self.target
        return float(target.share if target is not None else self.sla.first_time_right)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Course:
    """How far each of a number of promises has come.

    Attributes
    ----------
    requests : array of int
        Row of the request that it was made to.
    since : array of int
        When its clock started.
    until : array of int
        When what was promised came; ``NEVER`` if it has not.
    lost : array of bool
        Whether it can no longer come (refused, gave up).
    """

    requests: Ints
    since: Ints
    until: Ints
    lost: Flags


@dataclass(frozen=True)
class Verdict:
    """Which promises were met, breached, and are undetermined."""

    met: Flags
    breached: Flags
    undetermined: Flags

    def counts(self) -> tuple[int, int, int]:
        """How many of each."""
        return tuple(np.count_nonzero(flags) for flags in (self.met, self.breached, self.undetermined))  # type: ignore[return-value]


def promises(program: Program) -> tuple[Promise, ...]:
    """Every promise of a chain, in the order of scopes and names."""
    return tuple(_promises(program))


def _promises(program: Program) -> Iterator[Promise]:
    for scope in ("consumer", "handoff", "call"):
        elements = {str(key): element for key, element in getattr(program.chain, f"{scope}s").items()}
        for index, plan in enumerate(getattr(program, f"{scope}s")):
            sla: SLA | None = elements[plan.name].sla
            for kind in KINDS if sla is not None else ():
                if sla is not None and getattr(sla, kind) is not None:
                    yield Promise(scope, index, plan.name, kind, sla)


def promise_counts(reading: Reading) -> Ints:
    """How many of each promise were met, breached and are undetermined: one row each.

    They add up over the parts of a run.
    """
    made = promises(reading.program)
    return np.array([_counts(reading, promise) for promise in made], dtype=np.int64).reshape(-1, 3)


def promise_figures(program: Program, counted: Ints) -> Figures:
    """Attainment, its bounds, breaches and penalties of every promise from its counts."""
    found, made = Figures(), promises(program)
    if not made:
        return found
    met, breached, open_ = counted.T.astype(np.float64)
    known, everyone = met + breached, met + breached + open_
    found.add("sla", "attainment", met, known, requests=known, unfinished=open_)
    found.add("sla", "attainment_low", met, everyone, requests=everyone, unfinished=open_)
    found.add("sla", "attainment_high", met + open_, everyone, requests=everyone, unfinished=open_)
    found.add("sla", "breaches", breached, requests=known, unfinished=open_)
    penalties = np.array([promise.sla.penalty or 0.0 for promise in made])
    if penalties.any():
        found.add("sla", "penalty", breached * penalties, requests=known, unfinished=open_)
        found.add("chain", "penalty", (breached * penalties).sum(keepdims=True))
    return found


def _counts(reading: Reading, promise: Promise) -> tuple[int, int, int]:
    if promise.kind == "first_time_right":
        return _right_counts(reading, promise)
    return verdict(reading, promise)[1].counts()


def verdict(reading: Reading, promise: Promise) -> tuple[Course, Verdict]:
    """How each single promise ended, as of the end of the run.

    Raises
    ------
    NotSupportedError
        If what is excluded cannot be placed on the promise's clock.
    """
    key = (promise.scope, promise.index, promise.kind)
    if key not in reading.verdicts:
        reading.verdicts[key] = _judged(reading, promise)
    found: tuple[Course, Verdict] = reading.verdicts[key]
    return found


def _judged(reading: Reading, promise: Promise) -> tuple[Course, Verdict]:
    course = course_of(reading, promise)
    clock = make_clock(reading, promise.name, promise.sla)
    stopped = np.int64(reading.record.stopped)
    taken = _taken(clock, course, np.minimum(course.until, stopped))
    come = course.until != NEVER
    late = taken > _due(reading, promise, course)
    breached = np.where(come, late, late | course.lost)
    return course, Verdict(come & ~late, breached, ~come & ~breached)


def times_taken(reading: Reading, promise: Promise) -> tuple[Ints, Ints]:
    """What each promise that was fulfilled, late or not, took on its clock, and what it was due in."""
    course = course_of(reading, promise)
    come = np.flatnonzero(course.until != NEVER)
    course = Course(course.requests[come], course.since[come], course.until[come], course.lost[come])
    clock = make_clock(reading, promise.name, promise.sla)
    return _taken(clock, course, course.until), _due(reading, promise, course)


def _taken(clock: Clock, course: Course, until: Ints) -> Ints:
    return clock.ticks(course.requests, course.since, np.maximum(until, course.since))


def _due(reading: Reading, promise: Promise, course: Course) -> Ints:
    """Ticks promised to each."""
    assert promise.target is not None
    code = code_of(reading, promise.target.within, "duration")
    values = request_values(reading, code, course.requests, course.since, f"sla of {promise.of}")
    return np.rint(values).astype(np.int64)


def course_of(reading: Reading, promise: Promise) -> Course:
    """Clock start, end and loss of every single promise in the population of the window."""
    if promise.scope == "handoff":
        return _course_of_handoff(reading, promise)
    return _course_of_requests(reading, promise)


# Promises to requests


def _course_of_requests(reading: Reading, promise: Promise) -> Course:
    kind = CONSUMER if promise.scope == "consumer" else CALLED
    mine = reading.counted & (reading.sources(kind) == promise.index)
    outcome, ended = reading.requests["outcome"], reading.requests["ended"]
    until = _request_ends(reading, promise)
    lost = (ended >= 0) & (until == NEVER)
    if promise.kind == "response" or promise.sla.until is not None:
        mine &= ~(lost & (outcome == COMPLETED))
    rows = np.flatnonzero(mine)
    return Course(rows, reading.requests["asked"][rows], until[rows], lost[rows])


def _request_ends(reading: Reading, promise: Promise) -> Ints:
    requests, visits = reading.requests, reading.visits
    if promise.kind == "response":
        return first_of_each(reading, visits["started"], reading.service >= 0)
    if promise.sla.until is not None:
        names = [plan.name for plan in reading.program.services]
        return first_of_each(reading, visits["finished"], reading.service == names.index(promise.sla.until))
    return np.where(requests["outcome"] == COMPLETED, requests["ended"], NEVER)


def first_of_each(reading: Reading, instants: Ints, chosen: Flags) -> Ints:
    """The earliest of the instants that came, over each request's chosen visits; else ``NEVER``."""
    rows = np.flatnonzero(chosen & (instants >= 0))
    first = np.full(len(reading.requests), NEVER, dtype=np.int64)
    np.minimum.at(first, reading.visits["request"][rows], instants[rows])
    return first


# Promises on a link


def _course_of_handoff(reading: Reading, promise: Promise) -> Course:
    """Each leaving over the link, up to its visit at the target; returns on the way belong to it."""
    visits = reading.visits
    starts, lasts = deliveries(reading, promise)
    since = visits["asked"][starts]
    home = reading.service[lasts] < 0
    goal = visits["started" if promise.kind == "response" else "finished"][lasts]
    goal = np.where(home, visits["arrived"][lasts], goal)
    returned = visits.get("arrived_by_return")[lasts] > 0
    until = np.where((goal >= 0) & ~returned, goal, NEVER)
    lost = (until == NEVER) & _lost(reading, lasts, returned)
    return Course(visits["request"][lasts], since, until, lost)


def deliveries(reading: Reading, promise: Promise) -> tuple[Ints, Ints]:
    """First and last visit of each delivery over a link: any returns of a request, and what follows them."""
    visits = reading.visits
    rows = np.flatnonzero((reading.handoff == promise.index) & reading.visit_counted)
    returned = visits.get("arrived_by_return")[rows] > 0
    return _deliveries(visits["request"][rows], returned, rows)


def _lost(reading: Reading, lasts: Ints, returned: Flags) -> Flags:
    """Whether what has not come cannot come any more: the visit left, or after a return the request ended."""
    visits, requests = reading.visits, reading.requests
    gone: Flags = np.where(returned, requests["ended"][visits["request"][lasts]], visits["left"][lasts]) >= 0
    return gone


def _deliveries(requests: Ints, returned: Flags, rows: Ints) -> tuple[Ints, Ints]:
    """First and last row of each delivery."""
    if not len(rows):
        return rows, rows
    begins = np.ones(len(rows), dtype=bool)
    begins[1:] = (requests[1:] != requests[:-1]) | ~returned[:-1]
    starts = np.flatnonzero(begins)
    lasts = np.append(starts[1:], len(rows)) - 1
    return rows[starts], rows[lasts]


# The consumer's half


def _right_counts(reading: Reading, promise: Promise) -> tuple[int, int, int]:
    if promise.scope == "handoff":
        mine = (reading.handoff == promise.index) & reading.visit_counted
        open_ = mine & (reading.visits["arrived"] < 0)
        right = reading.arrived_right
    else:
        kind = CONSUMER if promise.scope == "consumer" else CALLED
        mine = reading.counted & (reading.sources(kind) == promise.index)
        open_ = np.zeros(len(mine), dtype=bool)
        right = asked_right(reading) if promise.scope == "consumer" else _calls_right(reading)
    known = mine & ~open_
    return tuple(np.count_nonzero(flags) for flags in (known & right, known & ~right, open_))  # type: ignore[return-value]


def _calls_right(reading: Reading) -> Flags:
    """Called requests whose way there took neither clarification nor return."""
    brought = (reading.visits.get("call", -1) >= 0) & (reading.service >= 0)
    return without(reading, np.flatnonzero(brought & ~reading.arrived_right))

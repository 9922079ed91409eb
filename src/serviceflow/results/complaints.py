"""Complaints: which requests bring one, worked out after the run by what happened to each.

A consumer and a call complain of whole requests, when these have ended; a handoff complains of each delivery,
when its visit at the target has. Whether there is a complaint is a keyed draw by seed, replication, request
number and what is complained of: the same request complains or not by the same number in every scenario,
so that differences are paired, and nothing in the run changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from serviceflow.engine.program.codes import CALLED, CONSUMER, REFUSED, REQUEST_KINDS
from serviceflow.engine.random.philox import philox_many, purpose, uniforms_of
from serviceflow.errors import NotSupportedError, RunError
from serviceflow.model.complaints import OUTCOMES, Complaints
from serviceflow.model.requests import attribute_kinds
from serviceflow.results.alike import distinct
from serviceflow.results.derived import Flags, Floats, Ints, Reading, left_early
from serviceflow.results.measures import Figures
from serviceflow.results.promises import Promise, deliveries, promises, verdict
from serviceflow.results.request_values import context_of

if TYPE_CHECKING:
    from serviceflow.engine.program.compile_expression import Code
    from serviceflow.engine.program.plans import Program

SCOPES = ("consumer", "handoff", "call")
KINDS = {"consumer": CONSUMER, "call": CALLED}
HOUR = 3_600_000_000
DAY = 24 * HOUR


@dataclass(frozen=True)
class Occasions:
    """What there may be a complaint of: requests, or deliveries over a link.

    Attributes
    ----------
    requests : array of int
        Row of the request of each.
    which : array of int
        How many of the same request came before it.
    ends : array of int
        When it ended; -1 if it has not.
    happened : dict
        What happened to it, by the names of ``OUTCOMES``; durations in ticks.
    """

    requests: Ints
    which: Ints
    ends: Ints
    happened: dict[str, Floats]

    def ended(self) -> Occasions:
        """Those that came to an end."""
        kept = np.flatnonzero(self.ends >= 0)
        happened = {name: values[kept] for name, values in self.happened.items()}
        return Occasions(self.requests[kept], self.which[kept], self.ends[kept], happened)


def modeled(program: Program) -> Iterator[tuple[str, int, str, Complaints]]:
    """Scope, index, name and complaints of every element that says how likely they are."""
    for scope in SCOPES:
        elements = {str(key): element for key, element in getattr(program.chain, f"{scope}s").items()}
        for index, plan in enumerate(getattr(program, f"{scope}s")):
            told = elements[plan.name].complaints
            if told is not None:
                yield scope, index, plan.name, told


def complaint_figures(reading: Reading) -> Figures:
    """Complaints, their share of what came to an end, and their cost; nothing where none are modeled."""
    program, found = reading.program, Figures()
    elements = list(modeled(program))
    for scope in dict.fromkeys(scope for scope, *_ in elements):
        own = [element for element in elements if element[0] == scope]
        counts = np.zeros((4, len(getattr(program, f"{scope}s"))))
        for _, index, name, told in own:
            counts[:3, index] = _counts(reading, scope, index, name, told)
            counts[3, index] = counts[0, index] * told.cost
        priced = any(told.cost for *_, told in own)
        _add(found, scope, counts, priced, [index for _, index, *_ in own])
        if scope == "consumer":
            _add(found, "chain", counts.sum(axis=1, keepdims=True), priced, [0])
    return found


def _add(found: Figures, scope: str, counts: Floats, priced: bool, told: list[int]) -> None:
    """Add the figures of a scope; where nothing is told of complaints, none is no figure."""
    many, ended, open_, cost = counts
    known = np.full(len(many), np.nan)
    known[told] = 0.0
    found.add(scope, "complaints", many + known, requests=ended, unfinished=open_)
    found.add(scope, "complaint_share", many, ended, requests=ended, unfinished=open_)
    if priced:
        found.add(scope, "complaint_cost", cost + known, requests=ended, unfinished=open_)


def _counts(reading: Reading, scope: str, index: int, name: str, told: Complaints) -> tuple[int, int, int]:
    """Complaints, occasions that came to an end, and those that did not."""
    find = _of_deliveries if scope == "handoff" else _of_requests
    everything = find(reading, scope, index)
    occasions = everything.ended()
    chances = chances_of(reading, told, occasions, f"{scope}s.{name}")
    drawn = _drawn(reading, occasions, f"{scope}/{name}/complaint")
    many, ended = int((drawn < chances).sum()), len(occasions.requests)
    return many, ended, len(everything.requests) - ended


# What happened


def _of_requests(reading: Reading, scope: str, index: int) -> Occasions:
    requests = reading.requests
    rows = np.flatnonzero(reading.counted & (reading.sources(KINDS[scope]) == index))
    outcome, ends = requests["outcome"][rows], requests["ended"][rows]
    late = np.zeros(len(requests), dtype=bool)
    for promise in _timed_promises(reading.program, scope, index):
        course, found = verdict(reading, promise)
        late[course.requests[found.breached]] = True
    happened = {
        "wait": reading.stage_along_path("waiting")[rows],
        "time": ends - requests["asked"][rows],
        "late": late[rows],
        "wrong": reading.over_visits(reading.visits.get("clarifications"))[rows],
        "refused": outcome == REFUSED,
        "gave_up": left_early(outcome),
    }
    return Occasions(rows, np.zeros(len(rows), dtype=np.int64), ends, _as_numbers(happened))


def _of_deliveries(reading: Reading, scope: str, index: int) -> Occasions:
    visits = reading.visits
    plan = reading.program.handoffs[index]
    starts, lasts = deliveries(reading, Promise(scope, index, plan.name, "", None))  # type: ignore[arg-type]
    outcome, ends = visits["outcome"][lasts], visits["left"][lasts]
    late = np.zeros(len(lasts), dtype=bool)
    for promise in _timed_promises(reading.program, scope, index):
        late |= verdict(reading, promise)[1].breached  # Deliveries come in one order for all promises.
    finished = visits["finished"][lasts] if "finished" in visits else ends
    happened = {
        "wait": reading.stages["waiting"][lasts],
        "time": np.where(finished >= 0, finished, ends) - visits["asked"][starts],
        "late": late,
        "wrong": _wrong(reading, index, starts),
        "refused": outcome == REFUSED,
        "gave_up": left_early(outcome),
    }
    rows = visits["request"][lasts]
    return Occasions(rows, _places(rows), ends, _as_numbers(happened))


def _wrong(reading: Reading, index: int, starts: Ints) -> Ints:
    """How often information of each delivery was incomplete: clarified, or sent back."""
    rows = np.flatnonzero((reading.handoff == index) & reading.visit_counted)
    visits, group = reading.visits, np.searchsorted(starts, rows, side="right") - 1
    often = visits.get("clarifications")[rows] + (visits.get("arrived_by_return")[rows] > 0)
    return np.bincount(group, weights=often, minlength=len(starts)).astype(np.int64)


def _places(rows: Ints) -> Ints:
    """How many equal ones stand before each; equal ones stand together."""
    first = np.flatnonzero(np.diff(rows, prepend=-1) != 0)
    lengths = np.diff(np.append(first, len(rows)))
    return np.arange(len(rows)) - np.repeat(first, lengths)


def _timed_promises(program: Program, scope: str, index: int) -> list[Promise]:
    made = promises(program)
    mine = [one for one in made if one.scope == scope and one.index == index]
    return [one for one in mine if one.kind != "first_time_right"]


def _as_numbers(happened: dict[str, Ints | Flags]) -> dict[str, Floats]:
    return {name: values.astype(np.float64) for name, values in happened.items()}


# Chances and draws


def chances_of(reading: Reading, told: Complaints, occasions: Occasions, where: str) -> Floats:
    """How likely each of some occasions is to bring a complaint.

    Raises
    ------
    RunError
        If a chance lies outside of 0 to 1.
    """
    from serviceflow.engine.program.compile_expression import evaluate

    code, names = _code(reading, told)
    if code.constant is not None:
        return np.full(len(occasions.requests), code.constant)
    columns = _columns(reading, occasions, names, told.probability.names())
    first, place = distinct(columns, len(occasions.requests))
    cells = np.stack([column[first] for column in columns], axis=1).tolist()
    found = [evaluate(code, context_of(row), _refuse) for row in cells]
    chances = np.array(found, dtype=np.float64)
    outside = ~((chances >= 0) & (chances <= 1))
    if outside.any():
        wrong = chances[outside][0]
        raise RunError(f"{where}.complaints.probability came to {wrong:.4g}; shares lie from 0 to 100%")
    return chances[place]


def _columns(reading: Reading, occasions: Occasions, names: list[str], asked: set[str]) -> list[Floats]:
    """A column for each name, zero where it is not asked for; then consumer, hour, weekday, elapsed."""
    program, requests, rows = reading.program, reading.record.requests, occasions.requests
    zero = np.zeros(len(rows))
    found = []
    for name in names:
        own = f"attribute:{name}"
        values = requests[own][rows].astype(np.float64) if own in requests else occasions.happened.get(name)
        found.append(zero if values is None or name not in asked else values)
    words = np.array([plan.word for plan in program.consumers] + [-1], dtype=np.float64)
    ends = occasions.ends
    weekday = ((ends // DAY + program.weekday) % 7).astype(np.float64)
    context = {
        "consumer": words[reading.requests["consumer"][rows]],
        "hour": ends % DAY / HOUR,
        "weekday": weekday,
        "elapsed": ends.astype(np.float64),
    }
    return [*found, *(values if name in asked else zero for name, values in context.items())]


def _code(reading: Reading, told: Complaints) -> tuple[Code, list[str]]:
    """The chance as a code, and the names that it may ask for: an attribute goes before an outcome."""
    from serviceflow.engine.program.compile_expression import compile_expression

    program = reading.program
    names = [*program.attributes, *(name for name in OUTCOMES if name not in program.attributes)]
    words = {word: code for code, word in enumerate(program.words)}
    kinds = OUTCOMES | attribute_kinds(program.chain)
    places = {name: place for place, name in enumerate(names)}
    return compile_expression(told.probability, "share", program.time_unit, words, places, kinds), names


def _refuse(*_: object) -> float:
    raise NotSupportedError("complaints.probability: a value that is drawn is not supported here")


def _drawn(reading: Reading, occasions: Occasions, what: str) -> Floats:
    """A uniform number for each occasion, keyed by its request and what is complained of."""
    record, requests, rows = reading.record, reading.requests, occasions.requests
    found = np.empty(len(rows))
    keys = (requests["kind"][rows], requests["source"][rows], occasions.which)
    first, place = distinct(keys, len(rows))
    for group, (kind, source, which) in enumerate(np.stack(keys, axis=1)[first].tolist()):
        own = np.flatnonzero(place == group) if len(first) > 1 else slice(None)
        numbers = requests["number"][rows[own]].astype(np.uint64)
        text = f"{what} of {REQUEST_KINDS[kind]}/{_source(reading.program, kind, source)}"
        words = philox_many(record.seed, record.replication, 0, which, numbers, purpose(text))
        found[own] = uniforms_of(words)[0]
    return found


def _source(program: Program, kind: int, source: int) -> str:
    plans = (program.consumers, program.stocks, program.providers, program.calls)[kind]
    return str(plans[source].name)

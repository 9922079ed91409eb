"""The story of one request: where it was, what it waited for, and for whom, tick by tick."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.analysis.in_hand import InHand
from serviceflow.analysis.wording import REASONS, WAYS
from serviceflow.display import markup
from serviceflow.engine.program.codes import OUTCOMES, PARTS, PAUSES, QUEUE_PARTS, REQUEST_KINDS, WAITS
from serviceflow.engine.record.record import Record
from serviceflow.errors import ServiceflowError
from serviceflow.results.derived import Reading
from serviceflow.units import UNITS, format_duration

if TYPE_CHECKING:
    import pandas as pd

    from serviceflow.results.results import Results

STANDING = {
    "off_shift": "the shift was over",
    "outage": "staff were down",
    "preempted": "more urgent work came in between",
    "call": "staff awaited an answer",
}
"""Cause of a pause to what was the matter."""
GROUPS = {"handoff": "between services", "wait": "waiting", "pause": "paused", "blocked": "blocked"}


BEFORE_THE_QUEUE = ("join", "call", "stock", "batch")
SECOND = UNITS["s"]


class StoryError(ServiceflowError, LookupError):
    """A request that is not in the record."""


@dataclass(frozen=True)
class Event:
    """Something that happened to a request.

    Attributes
    ----------
    time : int
        When it began, in ticks.
    depth : int
        0 for the request itself, more for branches and for what it called.
    what : str
        In plain words.
    ticks : int
        How long it took.
    """

    time: int
    depth: int
    what: str
    ticks: int = 0


@dataclass(frozen=True)
class Story:
    """All that happened to one request, in order.

    Attributes
    ----------
    title : str
        Whose request it is.
    happened : tuple of Event
        In order of time.
    verdict : str
        How it ended, with the parts of its flow time.
    """

    title: str
    happened: tuple[Event, ...]
    verdict: str
    start: dt.datetime
    time_unit: int

    @property
    def events(self) -> pd.DataFrame:
        """The events as a table: time and length in the chain's unit, clock, depth, what."""
        import pandas as pd

        rows = [
            (
                one.time / self.time_unit,
                self._clock(one.time),
                one.ticks / self.time_unit,
                one.depth,
                one.what,
            )
            for one in self.happened
        ]
        return pd.DataFrame(rows, columns=["time", "clock", "length", "depth", "what"])

    def __str__(self) -> str:
        return "\n".join([self.title, *map(self._line, self.happened), self.verdict])

    def _repr_html_(self) -> str:
        rows = [
            (f"{self._clock(one.time):%a %d %b %H:%M:%S}", "\N{EM SPACE}" * one.depth + one.what, _told(one))
            for one in self.happened
        ]
        table = markup.table(("when", "what", "how long"), rows)
        return markup.shown(markup.title(self.title), table, markup.say(self.verdict))

    def _line(self, event: Event) -> str:
        length = f" ({_length(event.ticks)})" if event.ticks else ""
        return f"{self._clock(event.time):%a %d %b %H:%M:%S}  {'  ' * event.depth}{event.what}{length}"

    def _clock(self, ticks: int) -> dt.datetime:
        return self.start + dt.timedelta(microseconds=ticks)


def _told(event: Event) -> str:
    return _length(event.ticks) if event.ticks else ""


def story(results: Results, request: int, replication: int = 0) -> Story:
    """Tell the story of one request.

    Parameters
    ----------
    results : Results
        What was simulated.
    request : int
        Its row in the table of requests of its replication.
    replication : int
        Which replication, counted from 0.

    Raises
    ------
    StoryError
        If there is no such replication or request.
    """
    records = results._records_for("results.story", "it has no single requests")
    if not 0 <= replication < len(records):
        raise StoryError(f"replication {replication}: there are {len(records)}, counted from 0")
    record = records[replication]
    if not 0 <= request < len(record.requests):
        raise StoryError(f"request {request}: replication {replication} has {len(record.requests)}, from 0")
    teller = _Teller(record)
    happened = sorted(teller.told(request, 0), key=lambda event: (event.time, event.depth))
    program = record.program
    start = dt.datetime.combine(program.chain.start, dt.time())
    return Story(teller.title(request), tuple(happened), teller.verdict(request), start, program.time_unit)


class _Teller:
    """Turns rows of a record into events."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.program = record.program

    def title(self, request: int) -> str:
        requests = self.record.requests
        kind = REQUEST_KINDS[int(requests["kind"][request])]
        source = int(requests["source"][request])
        plans: dict[str, Any] = {
            "consumer": self.program.consumers,
            "order": self.program.stocks,
            "outage": self.program.providers,
            "called": self.program.calls,
        }
        words = {"consumer": "of", "order": "to order for", "outage": "to repair", "called": "by the call"}
        about = f"Request {request} {words[kind]} {plans[kind][source].name}"
        attributes = [f"{name} {value}" for name, value in self.attributes(request)]
        return about + (f" ({', '.join(attributes)})" if attributes else "")

    def attributes(self, request: int) -> Iterator[tuple[str, str]]:
        for name in self.program.attributes:
            value = float(self.record.requests[f"attribute:{name}"][request])
            if value == value:
                yield name, self.program.words[int(value)] if self.program.is_word(name) else f"{value:g}"

    def told(self, request: int, depth: int) -> Iterator[Event]:
        requests, visits = self.record.requests, self.record.visits
        if depth == 0:
            yield Event(int(requests["asked"][request]), 0, "asked")
        for row in np.flatnonzero(visits["request"] == request).tolist():
            branch = int(visits.get("branch")[row])
            yield from self.visit(row, depth + (branch > 0))
        for called in np.flatnonzero(requests["parent"] == request).tolist():
            name = self.program.calls[int(requests["source"][called])].name
            yield Event(int(requests["asked"][called]), depth + 1, f"called {name.split(' -> ')[1]}")
            yield from self.told(called, depth + 1)

    def visit(self, row: int, depth: int) -> Iterator[Event]:
        visits = self.record.visits
        service = int(visits["service"][row])
        name = self.program.services[service].name if service >= 0 else "the end"
        yield from self.way(row, depth, name)
        arrived = int(visits["arrived"][row])
        if arrived >= 0 and service >= 0:
            back = ", sent back as incomplete" if visits.get("arrived_by_return")[row] else ""
            yield Event(arrived, depth, f"arrived at {name}{back}")
            yield from self.waiting(row, depth, service)
            yield from self.work(row, depth, name)

    def way(self, row: int, depth: int, name: str) -> Iterator[Event]:
        time = int(self.record.visits["asked"][row])
        for part, words in WAYS.items():
            ticks = int(self.record.visits.get(f"handoff_{part}")[row])
            if ticks:
                yield Event(time, depth, f"{words} to {name}", ticks)
            time += ticks

    def waiting(self, row: int, depth: int, service: int) -> Iterator[Event]:
        """What it waited for; causes that took turns stand together at the start of the wait."""
        plan = self.program.services[service]
        stocks = " or ".join(self.program.stocks[index].name for index, _ in plan.consumes)
        provider = self.program.providers[plan.provider].name if plan.provider >= 0 else ""
        time = int(self.record.visits["arrived"][row])
        for cause in WAITS:
            ticks = int(self.record.visits.get(f"wait_{cause}")[row])
            if ticks:
                whom = (
                    f" for {provider}" if provider and cause not in ("join", "call", "stock", "batch") else ""
                )
                yield Event(time, depth, f"waited{whom}: {REASONS[cause].format(stocks=stocks)}", ticks)
        yield from self.behind(row, depth, [index for index, _ in plan.consumes])

    def behind(self, row: int, depth: int, stocks: list[int]) -> Iterator[Event]:
        """What those whom it waited for were busy with when it came to wait."""
        visits = self.record.visits
        if any(visits.get(part)[row] for part in QUEUE_PARTS):
            queued = int(max(visits.get("queued", -1)[row], visits["arrived"][row]))
            yield Event(queued, depth + 1, self.in_hand.behind(row))
        if visits.get("wait_stock")[row]:
            arrived = int(visits["arrived"][row])
            yield Event(arrived, depth + 1, self.in_hand.orders(stocks, arrived))

    @cached_property
    def in_hand(self) -> InHand:
        start = dt.datetime.combine(self.program.chain.start, dt.time())
        return InHand(
            Reading(self.record),
            lambda ticks: f"{start + dt.timedelta(microseconds=ticks):%a %H:%M:%S}",
        )

    def work(self, row: int, depth: int, name: str) -> Iterator[Event]:
        visits = self.record.visits
        started, finished, left = (int(visits[column][row]) for column in ("started", "finished", "left"))
        if started >= 0:
            setup = int(visits.get("setup")[row])
            if setup:
                yield Event(started, depth, f"{self.server(row)} set up for {name}", setup)
            server = self.server(row)
            what = f"{server} began {name}" if server else f"{name} began"
            yield Event(started, depth, what, int(visits.get("work")[row]))
            yield from self.pauses(row, depth)
        if finished >= 0:
            yield Event(finished, depth, f"{name} finished")
        blocked = int(visits.get("blocked")[row])
        if blocked:
            yield Event(finished, depth, "held until there was room ahead", blocked)
        outcome = OUTCOMES[int(visits["outcome"][row])]
        if left >= 0 and outcome != "completed":
            words = {"joined": "joined the other branches", "refused": "was refused: the queue was full"}
            yield Event(left, depth, words.get(outcome, outcome))

    def pauses(self, row: int, depth: int) -> Iterator[Event]:
        pauses = self.record.pauses
        if len(pauses):
            for place in np.flatnonzero(pauses["visit"] == row).tolist():
                start, end = int(pauses["start"][place]), int(pauses["end"][place])
                yield Event(
                    start, depth, f"stood still: {_standing(int(pauses['cause'][place]))}", end - start
                )

    def server(self, row: int) -> str:
        visits = self.record.visits
        service = self.program.services[int(visits["service"][row])]
        provider = int(visits.get("provider", -1)[row])
        provider = provider if provider >= 0 else service.provider
        member = int(visits.get("member", -1)[row])
        if provider < 0:
            return ""
        plan = self.program.providers[provider]
        return f"{plan.members[member].name} of {plan.name}" if member >= 0 and plan.members else plan.name

    def verdict(self, request: int) -> str:
        requests, visits = self.record.requests, self.record.visits
        outcome = OUTCOMES[int(requests["outcome"][request])]
        ended = int(requests["ended"][request])
        until = ended if ended >= 0 else self.record.stopped
        flow = until - int(requests["asked"][request])
        if ended < 0:
            return f"unfinished after {_length(flow)}, when the run ended"
        mine = visits["request"] == request
        if visits.get("branch")[mine].any():
            return f"{outcome} after {_length(flow)}, in branches side by side"
        totals = {part: int(visits.get(part)[mine].sum()) for part in PARTS}
        parts = {"work": totals["work"] + totals["setup"]}
        for prefix, words in GROUPS.items():
            parts[words] = sum(ticks for part, ticks in totals.items() if part.startswith(prefix))
        shown = ", ".join(f"{_length(ticks)} {words}" for words, ticks in parts.items() if ticks)
        return f"{outcome} after {_length(flow)}" + (f": {shown}" if shown else "")


def _length(ticks: int) -> str:
    """A length of time as people read it: to the second, from a second on."""
    return format_duration(ticks if ticks < SECOND else (ticks + SECOND // 2) // SECOND * SECOND)


def _standing(cause: int) -> str:
    return STANDING[PAUSES[cause]]

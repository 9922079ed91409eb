"""A record in plain words: requests and visits with names, pauses and parts, and who was on duty when.

Read from the chain and the columns of the record alone; names stand for indices in the order of names.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from math import isnan
from typing import TYPE_CHECKING, Any

from serviceflow.analysis.audit.timeline import DAY, HOUR, Steps, constant, steps_of
from serviceflow.analysis.audit.visits import Pause, Request, Visit
from serviceflow.model.constants import constant_value
from serviceflow.model.expressions import Expression
from serviceflow.model.kinds import settle
from serviceflow.model.opening import Place, read_opening
from serviceflow.model.requests import attribute_kinds
from serviceflow.model.timetables import Timetable

if TYPE_CHECKING:
    from serviceflow.engine.record.record import Record, Table
    from serviceflow.model.chain import Chain
    from serviceflow.model.elements import Provider, Service

OUTCOMES = ("completed", "gave up", "refused", "unfinished", "joined", "timed out")
KINDS = ("consumer", "order", "outage", "called")
PAUSES = ("off_shift", "outage", "preempted", "call")
WHEN = frozenset(("hour", "weekday", "elapsed", "visit"))
"""Names whose value depends on when, or at which visit, they are asked for."""
BEYOND = 8 * DAY
"""How far past the end of the run calendars are read."""


class History:
    """All that a record tells, with the chain's elements beside it.

    Parameters
    ----------
    record : Record
        What one replication left behind.
    """

    def __init__(self, record: Record) -> None:
        program = record.program
        self.chain: Chain = program.chain
        self.record = record
        self.replication = record.replication
        self.window: tuple[int, int] = program.window
        self.stopped = record.stopped
        self.terminating: bool = program.terminating
        self.words: tuple[str, ...] = program.words
        self.services = sorted(self.chain.services)
        self.providers = sorted(self.chain.providers)
        self.consumers = sorted(self.chain.consumers)
        self.stocks = sorted(self.chain.stocks)
        self.handoffs = sorted(self.chain.handoffs, key=str)
        self.calls = sorted(self.chain.calls, key=str)
        self.keepers = {
            service.name: program.providers[service.provider].name
            for service in program.services
            if service.provider >= 0
        }
        """By service the provider whose queue a visit joins: one of several that are needed at once."""
        self.kinds = attribute_kinds(self.chain)
        self.begin: int = program.begin
        self.opening, _ = read_opening(self.chain)
        self.requests = [self._request(row) for row in rows_of(record.requests)]
        self._pauses = self._pauses_by_visit(record.pauses)
        has_queue = "queued" in record.visits
        visits = rows_of(record.visits)
        self.opening_places, self.opened = self._opened(visits)
        self.visits = [self._visit(row, has_queue) for row in visits]
        self._settled: dict[tuple[int, str], Any] = {}

    # Reading

    def _request(self, row: dict[str, Any]) -> Request:
        kind = KINDS[row["kind"]]
        names = {"consumer": self.consumers, "order": self.stocks, "outage": self.providers}
        sources: list[Any] = names.get(kind, self.calls)
        return Request(
            row["row"],
            kind,
            str(sources[row["source"]]),
            row["number"],
            self.consumers[row["consumer"]] if row["consumer"] >= 0 else None,
            row["parent"],
            row["asked"],
            row["ended"],
            OUTCOMES[row["outcome"]],
            row.get("quantity"),
            self._attributes(row),
        )

    def _attributes(self, row: dict[str, Any]) -> dict[str, float | str]:
        found: dict[str, float | str] = {}
        for column, value in row.items():
            if column.startswith("attribute:") and not isnan(value):
                name = column.partition(":")[2]
                found[name] = self.words[int(value)] if self.kinds.get(name) == "word" else float(value)
        return found

    def _pauses_by_visit(self, pauses: Table) -> dict[int, list[Pause]]:
        found: dict[int, list[Pause]] = defaultdict(list)
        for row in rows_of(pauses):
            end = row["end"] if row["end"] >= 0 else self.stopped
            found[row["visit"]].append(Pause(PAUSES[row["cause"]], row["start"], end))
        return found

    def _visit(self, row: dict[str, Any], has_queue: bool) -> Visit:
        service = self.services[row["service"]] if row["service"] >= 0 else None
        outcome = OUTCOMES[row["outcome"]]
        queued = row.get("queued", -1) if has_queue else _queued_at_once(row, outcome)
        provider = self._index(self.providers, row, "provider")
        return Visit(
            row["row"],
            self.requests[row["request"]],
            row.get("branch", 0),
            service,
            row["visit"],
            self._index(self.handoffs, row, "handoff"),
            self._index(self.calls, row, "call"),
            self._member(row, service, provider),
            provider,
            row.get("together", 0),
            bool(row.get("arrived_by_return", 0)),
            row.get("previous", -1),
            row["asked"],
            row["arrived"],
            queued,
            row["started"],
            row["finished"],
            row["left"],
            outcome,
            row.get("clarifications", 0),
            {name: ticks for name, ticks in row.items() if ticks and is_part(name)},
            tuple(sorted(self._pauses.get(row["row"], ()), key=lambda pause: pause.start)),
            self.opening_places.get(row["row"]),
        )

    def _opened(self, visits: list[dict[str, Any]]) -> tuple[dict[int, Place], int]:
        """Where visits are when the run starts, by row, and how many requests are there.

        These are the first requests, in the order of the state; the first visits of each are its branches.
        """
        groups: dict[str | int, list[Place]] = {}
        for number, place in enumerate(self.opening.places if self.opening is not None else ()):
            groups.setdefault(place.request or number, []).append(place)
        waiting = [*groups.values()]
        found = {}
        for row in visits:
            if row["request"] < len(waiting) and waiting[row["request"]]:
                found[row["row"]] = waiting[row["request"]].pop(0)
        return found, len(waiting)

    def _index(self, names: list[Any], row: dict[str, Any], column: str) -> Any:
        place = row.get(column, -1)
        return names[place] if place >= 0 else None

    def _member(self, row: dict[str, Any], service: str | None, provider: str | None) -> str | None:
        place = row.get("member", -1)
        if place < 0 or service is None:
            return None
        owner = provider or self.keepers[service]
        names = sorted(self.chain.providers[owner].members or {})
        return str(names[place])

    # Asking

    @cached_property
    def by_request(self) -> list[list[Visit]]:
        """The visits of each request, in order of asking."""
        found: list[list[Visit]] = [[] for _ in self.requests]
        for visit in self.visits:
            found[visit.request.row].append(visit)
        return found

    @cached_property
    def by_service(self) -> dict[str, list[Visit]]:
        """The visits that arrived at each service."""
        found: dict[str, list[Visit]] = {name: [] for name in self.services}
        for visit in self.visits:
            if visit.service is not None and visit.arrived >= 0:
                found[visit.service].append(visit)
        return found

    @cached_property
    def children(self) -> dict[int, list[Visit]]:
        """Visits by the row of the one that led to them, where the record tells it."""
        found: dict[int, list[Visit]] = defaultdict(list)
        for visit in self.visits:
            if visit.previous >= 0:
                found[visit.previous].append(visit)
        return found

    @cached_property
    def called(self) -> dict[tuple[int, str], list[Request]]:
        """Called requests by the request that asked and the call."""
        found: dict[tuple[int, str], list[Request]] = defaultdict(list)
        for request in self.requests:
            if request.kind == "called":
                found[request.parent, request.source].append(request)
        return found

    def element(self, visit: Visit) -> Service:
        """The service of a visit, which must have one."""
        assert visit.service is not None
        return self.chain.services[visit.service]

    def until(self, instant: int) -> int:
        """The instant, or the end of the run where it did not come."""
        return instant if instant >= 0 else self.stopped

    @cached_property
    def horizon(self) -> int:
        """How far calendars are read."""
        return self.stopped + BEYOND

    @cached_property
    def calendars(self) -> dict[str, Steps]:
        """The open time of every calendar."""
        start = self.chain.start
        return {
            name: steps_of(timetable, start, self.horizon, lambda value: 1.0)
            for name, timetable in self.chain.calendars.items()
        }

    def member_duty(self, provider: Provider, name: str) -> Steps:
        """When a member is on duty."""
        assert provider.members is not None
        calendar = provider.members[name].calendar or provider.calendar
        return constant(1.0) if calendar is None else self.calendars[calendar]

    @cached_property
    def duty(self) -> dict[str, Steps]:
        """How many of each provider are on duty."""
        return {name: self._duty(name) for name in self.providers}

    def _duty(self, name: str) -> Steps:
        moves = [row for row in rows_of(self.record.staffing) if self.providers[row["provider"]] == name]
        if moves:
            return Steps([row["time"] for row in moves], [float(row["staff"]) for row in moves])
        provider = self.chain.providers[name]
        if provider.members is not None:
            return self._sum_of_members(provider)
        staff = provider.staff
        if isinstance(staff, Timetable):
            found = steps_of(staff, self.chain.start, self.horizon)
        else:
            found = constant(float(staff or 0))
        if provider.calendar is None:
            return found
        return found.combined(
            self.calendars[provider.calendar], lambda mine, open_: mine if open_ > 0 else 0.0
        )

    def _sum_of_members(self, provider: Provider) -> Steps:
        total = constant(0.0)
        for name in provider.members or {}:
            total = total.combined(self.member_duty(provider, name), lambda mine, one: mine + (one > 0))
        return total

    @cached_property
    def outages(self) -> dict[str, list[tuple[int, int, str | None]]]:
        """Stretches in which a unit of each provider was down, with the member's name."""
        found: dict[str, list[tuple[int, int, str | None]]] = {name: [] for name in self.providers}
        for row in rows_of(self.record.outages):
            name = self.providers[row["provider"]]
            members = sorted(self.chain.providers[name].members or {})
            member = members[row["member"]] if row["member"] >= 0 else None
            found[name].append((row["start"], self.until(row["end"]), member))
        return found

    # Values

    def value(self, expression: Expression, want: str, visit: Visit, time: int) -> float | str | None:
        """What an expression gives for a visit at an instant; None where that is drawn or not known."""
        return self._value(expression, want, visit.request, float(visit.number), time)

    def request_value(
        self, expression: Expression, want: str, request: Request, time: int
    ) -> float | str | None:
        """What an expression gives for a request; None where that is drawn or not known."""
        return self._value(expression, want, request, 1.0, time)

    def _value(
        self, expression: Expression, want: str, request: Request, number: float, time: int
    ) -> float | str | None:
        key = (id(expression), want)
        if key not in self._settled:
            root = settle(expression.root, want, self.chain.time_unit, self.kinds)
            self._settled[key] = (expression, root, constant_value(root))
        _, root, always = self._settled[key]
        if always is not None:
            return always  # type: ignore[no-any-return]
        values: dict[str, float | str] = dict(request.attributes)
        values["visit"] = number
        values["hour"] = time % DAY / HOUR
        values["elapsed"] = float(time)
        values["weekday"] = float((time // DAY + self.chain.start.weekday()) % 7)
        if request.consumer is not None:
            values["consumer"] = request.consumer
        if request.quantity is not None:
            values["quantity"] = request.quantity
        return constant_value(root, values)

    def ticks(self, expression: Expression | None, visit: Visit, time: int) -> int | None:
        """A duration for a visit in ticks; None where it is drawn."""
        if expression is None:
            return 0
        value = self.value(expression, "duration", visit, time)
        return int(value + 0.5) if isinstance(value, float) else None

    def fixed(self, expression: Expression | None) -> int | None:
        """A duration that is the same for all, in ticks; None if there is none."""
        return None if expression is None else int(expression.constant(self.chain.time_unit) + 0.5)

    def priority(self, visit: Visit) -> float | None:
        """The priority number of a visit, as of its arrival; None where it cannot be known."""
        own = self.element(visit).priority
        request = visit.request
        if own is None and request.consumer is not None:
            own = self.chain.consumers[request.consumer].priority
        if own is None and request.kind == "order":
            reorder = self.chain.stocks[request.source].reorder
            own = reorder.priority if reorder is not None else None
        if own is None:
            return 0.0
        value = self.value(own, "number", visit, visit.arrived)
        return value if isinstance(value, float) else None


def is_part(column: str) -> bool:
    """Whether a column of visits is one of the parts of their lives."""
    return column.startswith(("handoff_", "wait_", "pause_")) or column in ("setup", "work", "blocked")


def rows_of(table: Table) -> list[dict[str, Any]]:
    """The rows of a table as mappings, each with its number as ``row``."""
    columns = {name: column.tolist() for name, column in table.columns.items()}
    columns["row"] = list(range(len(table)))
    names = list(columns)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _queued_at_once(row: dict[str, Any], outcome: str) -> int:
    """Where nothing is waited for before the queue, visits queue as they arrive, unless they are refused."""
    return -1 if outcome == "refused" else row["arrived"]

"""What is in a chain at an instant of a run, as a state from which another run can start.

Everything that happens at the instant itself has happened. What the record tells is exact: the work that was
left, and when what was on its way arrived. What it does not tell is left open, and drawn anew by who starts
from the state.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.engine.program.codes import CALLED, CONSUMER, END, NONE, ORDER, OUTAGE, PAUSES
from serviceflow.engine.record.record import Record
from serviceflow.errors import NotSupportedError, ServiceflowError
from serviceflow.model.constants import constant_value
from serviceflow.model.expressions import Expression
from serviceflow.model.kinds import settle
from serviceflow.model.opening import instant_of
from serviceflow.model.requests import attribute_kinds
from serviceflow.model.state import (
    ATTRIBUTE,
    COLUMNS,
    IN_STOCK,
    IN_WORK,
    ON_ORDER,
    ON_THE_WAY,
    PAUSED,
    QUEUED,
    WAITING,
    Cell,
    State,
)
from serviceflow.units import format_duration

if TYPE_CHECKING:
    from serviceflow.results.results import Results

Row = dict[str, Cell]


class StateError(ServiceflowError, ValueError):
    """An instant, or a replication, at which there is no state."""


STANDS_STILL = tuple(PAUSES.index(cause) for cause in ("off_shift", "outage", "preempted"))


def state_of(record: Record, instant: int) -> State:
    """What is in the chain at an instant, in ticks from time 0.

    Raises
    ------
    NotSupportedError
        If a request is where no state can say: in a split within a split, in a batch that holds stocks.
    """
    return State(_Taking(record, instant).rows())


def state_at(results: Results, at: str | float, replication: int = 0) -> State:
    """What is in the chain at an instant of a replication, by a duration from time 0, or a date and time.

    Raises
    ------
    StateError
        If there is no such replication, or the instant is not within its run.
    NotSupportedError
        If a request is where no state can say.
    """
    records = results._records_for("results.state", "there are no records")
    known = {record.replication: record for record in records}
    if replication not in known:
        raise StateError(f"there is no replication {replication!r}; there are {len(known)}, counted from 0")
    record = known[replication]
    instant = _instant(record, at)
    first, last = record.program.begin, record.stopped
    if not first <= instant <= last:
        raise StateError(
            f"at={at!r} is not within the run, which goes from {format_duration(first)} to"
            f" {format_duration(last)}: give an instant within it"
        )
    return state_of(record, instant)


def _instant(record: Record, at: str | float) -> int:
    try:
        return instant_of(at, record.program.chain)
    except ValueError as error:
        raise StateError(f"at={at!r}: {error}") from None


class _Taking:
    """One record, looked at at one instant."""

    def __init__(self, record: Record, instant: int) -> None:
        self.record = record
        self.program = record.program
        self.chain = record.program.chain
        self.at = instant
        self.kinds = attribute_kinds(self.chain)
        self.visits = dict(record.visits.columns)
        self.pauses = self._pauses()
        self.made = self._made()

    def rows(self) -> Iterator[Row]:
        """The rows of the state, in the order in which they go on."""
        yield from self.stocks()
        there = self.there()
        strands: dict[int, list[int]] = defaultdict(list)
        for visit in there:
            strands[self.get("request", visit)].append(visit)
        self.check_branches(strands)
        self.batches = self._batches(there)
        self.put_aside = self._put_aside(there)
        for visit in sorted(there, key=self.order):
            yield self.row(visit)

    def get(self, column: str, visit: int, default: int = 0) -> int:
        found = self.visits.get(column)
        return default if found is None else int(found[visit])

    def there(self) -> list[int]:
        """Visits under way of requests that consumers or stocks asked; others begin anew."""
        requests, visits = self.record.requests, self.record.visits
        kinds = requests["kind"][visits["request"]]
        begun = visits["asked"] <= self.at
        over = (visits["left"] >= 0) & (visits["left"] <= self.at)
        mine = (kinds != CALLED) & (kinds != OUTAGE)
        return [int(row) for row in np.flatnonzero(begun & ~over & mine)]

    def order(self, visit: int) -> tuple[Any, ...]:
        """Work as it started, then who waits as they came: where the last goes first, the other way round."""
        identity = (self.get("request", visit), self.get("branch", visit))
        if self.is_at(visit, "started"):
            return (0, self.get("started", visit), self.get("arrived", visit), *identity)
        if self.is_at(visit, "arrived"):
            came = self.get("arrived", visit)
            last_first = self.discipline(visit) == "lifo"
            return (1 + last_first, -came if last_first else came, 0, *identity)
        return (3, self.get("asked", visit), 0, *identity)

    def discipline(self, visit: int) -> str:
        provider = self.program.services[self.get("service", visit)].provider
        return "" if provider == NONE else self.program.providers[provider].discipline

    def is_at(self, visit: int, instant: str) -> bool:
        """Whether an instant has come."""
        return 0 <= self.get(instant, visit, NONE) <= self.at

    # Rows

    def row(self, visit: int) -> Row:
        request = self.get("request", visit)
        asked = int(self.record.requests["asked"][request])
        found: Row = {"request": str(request), "as_of": format_duration(self.at)}
        found |= self.asker(request, visit)
        found["age"] = format_duration(self.at - asked)
        if self.is_at(visit, "started"):
            return found | self.in_work(visit) | self.attributes(request)
        if self.is_at(visit, "arrived"):
            return found | self.waiting(visit) | self.attributes(request)
        return found | self.on_the_way(visit) | self.attributes(request)

    def asker(self, request: int, visit: int) -> Row:
        table = self.record.requests
        if table["kind"][request] == CONSUMER:
            return {"consumer": self.program.consumers[int(table["source"][request])].name}
        stock = self.program.stocks[int(table["source"][request])]
        left = float(table["quantity"][request]) - self.made.get((request, stock.index), 0.0)
        return {"stock": stock.name, "quantity": max(left, 1e-9 * float(table["quantity"][request]))}

    def on_the_way(self, visit: int) -> Row:
        service, handoff = self.get("service", visit), self.get("handoff", visit, NONE)
        arrived = self.get("arrived", visit)
        at = self.program.services[service].name if service != END else ""
        if handoff != NONE and self.program.handoffs[handoff].target == service:
            at = self.program.handoffs[handoff].name
        found: Row = {"state": ON_THE_WAY, "at": at}
        if arrived >= 0:
            found["remaining"] = format_duration(arrived - self.at)
        return found

    def waiting(self, visit: int) -> Row:
        service = self.program.services[self.get("service", visit)]
        arrived = self.get("arrived", visit)
        before = service.calls[0] or service.consumes or service.join
        queued = bool(before) and self.is_at(visit, "queued") and service.batch is None
        if service.batch is not None and service.consumes and self.supplied(visit):
            raise NotSupportedError(
                f"request {self.get('request', visit)} has taken from stocks at {service.name} and waits for"
                " a batch there: no state can say that; choose another instant"
            )
        return {"state": QUEUED if queued else WAITING, "at": service.name} | self.here(
            visit, self.at - arrived
        )

    def supplied(self, visit: int) -> bool:
        waited = sum(self.get(f"wait_{part}", visit) for part in ("join", "call", "stock"))
        open_still = self.get("left", visit) < 0 and self.get("queued", visit, NONE) < 0
        return not open_still and self.get("arrived", visit) + waited <= self.at

    def here(self, visit: int, elapsed: int) -> Row:
        found: Row = {}
        if elapsed:
            found["elapsed"] = format_duration(elapsed)
        if self.get("visit", visit, 1) > 1:
            found["visit"] = float(self.get("visit", visit))
        return found

    def in_work(self, visit: int) -> Row:
        service = self.program.services[self.get("service", visit)]
        paused = self.stands_still(visit) or visit in self.put_aside
        found: Row = {"state": PAUSED if paused else IN_WORK, "at": service.name}
        worked = self.worked(visit)
        left = self.work_left(visit, worked)
        found |= self.here(visit, worked if left is None else 0)
        if left is not None:
            found["remaining"] = format_duration(left)
        found |= self.server(visit)
        if visit in self.batches:
            found["batch"] = self.batches[visit]
        return found

    def worked(self, visit: int) -> int:
        """Ticks of work and setup until now."""
        until = self.get("finished", visit)
        until = self.at if until < 0 else min(until, self.at)
        paused = sum(min(end, until) - min(start, until) for start, end, _ in self.pauses[visit])
        return until - self.get("started", visit) - paused

    def work_left(self, visit: int, worked: int) -> int | None:
        """The work that is left; None where the record ends before."""
        finished = self.get("finished", visit)
        service = self.program.services[self.get("service", visit)]
        if finished < 0:
            return None
        if finished <= self.at:
            return 0
        if service.provider == NONE:
            calendar = service.calendar
            return finished - self.at if calendar is None else calendar.elapsed(self.at, finished)
        left = self.get("work", visit) + self.get("setup", visit) - worked
        return max(left, 1)  # With nothing left it asks, or makes what it makes, after this instant.

    def server(self, visit: int) -> Row:
        provider, member = self.get("provider", visit, NONE), self.get("member", visit, NONE)
        service = self.program.services[self.get("service", visit)]
        found: Row = {}
        if service.any_of and provider != NONE:
            found["provider"] = self.program.providers[provider].name
        owner = provider if provider != NONE else service.provider
        if member != NONE and owner != NONE:
            found["member"] = self.program.providers[owner].members[member].name
        return found

    def attributes(self, request: int) -> Row:
        found: Row = {}
        for name in self.program.attributes:
            value = float(self.record.requests[f"attribute:{name}"][request])
            if isnan(value):
                continue
            column = f"{ATTRIBUTE}{name}" if name in COLUMNS else name
            kind = self.kinds.get(name, "number")
            if self.program.is_word(name):
                found[column] = self.program.words[int(value)]
            else:
                found[column] = f"{value!r} us" if kind == "duration" else value
        return found

    # Branches and batches

    def check_branches(self, strands: dict[int, list[int]]) -> None:
        """Only the branches of one split are told by rows of one request."""
        for request, visits in strands.items():
            if len(visits) > 1 and not all(self.is_branch(visit) for visit in visits):
                raise NotSupportedError(
                    f"request {request} is in a split within a split, or goes on while a branch of it is"
                    " under way: no state can say that; choose another instant"
                )

    def is_branch(self, visit: int) -> bool:
        """Whether a visit is on a branch of a split that is in no other, and has not left it in part."""
        branch = self.get("branch", visit)
        while branch and self.get("branch", visit) == branch:
            before = self.get("previous", visit, NONE)
            if before < 0 or self.get("request", before) != self.get("request", visit):
                return True  # It was there when the run started.
            visit = before
        return bool(branch) and self.get("branch", visit) == 0

    def _batches(self, there: list[int]) -> dict[int, str]:
        """A name for each batch of several that is in work, by visit."""
        found: dict[int, str] = {}
        alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for visit in there:
            size = self.get("together", visit)
            if size > 1 and self.is_at(visit, "started"):
                columns = ("service", "started", "finished", "provider", "member", "together", "work")
                alike[tuple(self.get(name, visit) for name in columns)].append(visit)
        for key, visits in alike.items():
            size = key[columns.index("together")]
            for place, visit in enumerate(sorted(visits, key=self.order)):
                found[visit] = f"{visits[0]}.{place // size}"
        return found

    # Staff that are held by a call beyond their shift

    def _put_aside(self, there: list[int]) -> set[int]:
        """Work that awaits an answer, and will stand still when it has it, since its staff went off shift."""
        held = [visit for visit in there if self.is_held(visit)]
        if not held:
            return set()
        used: dict[int, int] = defaultdict(int)
        for visit in there:
            if visit not in held and self.is_at(visit, "started") and not self.stands_still(visit):
                self.use(used, visit)
        found = set()
        for visit in sorted(held, key=self.order):
            if self.has_staff(used, visit):
                self.use(used, visit)
            else:
                found.add(visit)
        return found

    def is_held(self, visit: int) -> bool:
        call = PAUSES.index("call")
        return any(start <= self.at < end for start, end, cause in self.pauses[visit] if cause == call)

    def stands_still(self, visit: int) -> bool:
        return any(
            start <= self.at < end for start, end, cause in self.pauses[visit] if cause in STANDS_STILL
        )

    def needs(self, visit: int) -> tuple[tuple[int, int], ...]:
        service = self.program.services[self.get("service", visit)]
        provider = self.get("provider", visit, NONE)
        return ((provider, 1),) if service.any_of and provider != NONE else service.needs

    def use(self, used: dict[int, int], visit: int) -> None:
        name = self.batches.get(visit, "")
        first = not name or visit == min(one for one, other in self.batches.items() if other == name)
        for provider, units in self.needs(visit) if first else ():
            used[provider] += units

    def has_staff(self, used: dict[int, int], visit: int) -> bool:
        """Whether those are on duty, beside the ones at work, who are held for a visit."""
        for provider, units in self.needs(visit):
            plan = self.program.providers[provider]
            if plan.off_shift == "finish":
                continue
            member = self.get("member", visit, NONE)
            owner = self.get("provider", visit, NONE)
            if plan.members and member != NONE and owner in (provider, NONE):
                if plan.members[member].schedule.at(self.at) <= 0:
                    return False
            elif used[provider] + units > plan.staff.at(self.at):
                return False
        return True

    # Beside the visits

    def _pauses(self) -> dict[int, list[tuple[int, int, int]]]:
        found: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        table = self.record.pauses
        if len(table):
            columns = (table[name].tolist() for name in ("visit", "start", "end", "cause"))
            for visit, start, end, cause in zip(*columns, strict=True):
                found[visit].append((start, end if end >= 0 else self.record.stopped, cause))
        return found

    def _made(self) -> dict[tuple[int, int], float]:
        """What each order has brought into its stock until now."""
        found: dict[tuple[int, int], float] = defaultdict(float)
        requests, visits = self.record.requests, self.record.visits
        for service in self.program.services:
            if not service.produces:
                continue
            for row in np.flatnonzero((visits["service"] == service.index) & (visits["finished"] >= 0)):
                request = int(visits["request"][row])
                source = int(requests["source"][request])
                if requests["kind"][request] == ORDER and visits["finished"][row] <= self.at:
                    name = self.program.stocks[source].name
                    amount = self.chain.services[service.name].produces.get(name)
                    found[request, source] += self._amount(amount, float(requests["quantity"][request]))
        return found

    def _amount(self, amount: Expression | None, quantity: float) -> float:
        if amount is None:
            return 0.0
        root = settle(amount.root, "number", self.chain.time_unit, self.kinds)
        value = constant_value(root, {"quantity": quantity})
        return float(value) if isinstance(value, float | int) else 0.0

    def stocks(self) -> Iterator[Row]:
        table = self.record.stocks
        for plan in self.program.stocks:
            rows = np.array([], dtype=np.int64)
            if len(table):
                rows = np.flatnonzero((table["stock"] == plan.index) & (table["time"] <= self.at))
            level = float(table["level"][rows[-1]]) if len(rows) else plan.initial
            yield {
                "state": IN_STOCK,
                "stock": plan.name,
                "quantity": level,
                "as_of": format_duration(self.at),
            }
        for stock, time, quantity in self.program.opening.deliveries if self.program.opening else ():
            if time > self.at:
                yield {
                    "state": ON_ORDER,
                    "stock": self.program.stocks[stock].name,
                    "quantity": quantity,
                    "remaining": format_duration(time - self.at),
                    "as_of": format_duration(self.at),
                }

"""Lost time on one scale: all that is on the way of a request and is not work, exactly, and where it arose.

The critical path of a request is what its end waited for: its visits one after another; at a join the branch
that came last; and where a visit waited for answers, the called request whose answer came last, in place of
the wait for it. So a wait at a service that others call counts once, there, and not again with each of those
that called. What is left is, in ticks, the flow time without the work.

A place is where a loss would have to be mended: a provider, a link (a handoff, or a call there and back), a
stock, or an outside party (a service without provider). Time in which staff were held or blocked counts to
whom they waited for, and that for a partner to the partner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from serviceflow.engine.program.codes import CONSUMER, HANDOFF_PARTS, NONE, PAUSES, WAITS
from serviceflow.results.alike import distinct
from serviceflow.results.calendars import schedule_steps
from serviceflow.results.callers import Answers, awaited_answers
from serviceflow.results.coverage import Coverage, apportioned
from serviceflow.results.derived import Flags, Floats, Ints, Reading
from serviceflow.results.holders import Holders
from serviceflow.results.places import Places
from serviceflow.results.staffing import step_values, summed_steps

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

CAUSES = {
    **{part: part.removeprefix("handoff_") for part in HANDOFF_PARTS},
    **{f"wait_{cause}": cause for cause in WAITS},
    **{f"pause_{cause}": f"paused: {cause}" for cause in PAUSES},
    "blocked": "blocked",
}
"""Parts of visits that are lost time, and the causes as tables name them."""
WORKS = {"setup": "work", "work": "work"}
"""Parts that are not lost."""
ANSWERS = ("wait_call", "pause_call")
"""Parts that the path of a called request takes the place of."""
Divide = Callable[[int, Ints], tuple[Ints, Floats]]
"""Takes a service and rows of its visits, gives places, and their weights for each visit."""


@dataclass(frozen=True)
class Loss:
    """Time that went in one way at visits on critical paths.

    Attributes
    ----------
    part : str
        The column of the record.
    visits, ticks : array of int
        Rows of visits, and the time at each.
    """

    part: str
    visits: Ints
    ticks: Ints


@dataclass(frozen=True)
class Placed:
    """The same time with where it arose: a row for each visit and place.

    Attributes
    ----------
    visits, places, ticks : array of int
    """

    visits: Ints
    places: Ints
    ticks: Ints


class Scenery:
    """What all critical paths of a record have in common.

    Parameters
    ----------
    reading : Reading
        One record.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.program: Program = reading.program
        self.places = Places(reading.program)

    @cached_property
    def answers(self) -> Answers:
        """That visits waited for."""
        return awaited_answers(self.reading)

    @cached_property
    def holders(self) -> Holders:
        """Whom staff that were held waited for."""
        return Holders(self.reading, self.places, self.answers)

    @cached_property
    def inside(self) -> Flags:
        """Visits on the critical path of their own request."""
        on_path = self.reading.on_path
        return np.ones(len(self.reading.visits), dtype=bool) if on_path is None else on_path

    @cached_property
    def asked_place(self) -> Ints:
        """For each visit where the last of those that it asked is; -1 where it asked nobody."""
        requests, answers = self.reading.requests, self.answers
        found = np.full(len(self.reading.visits), NONE, dtype=np.int64)
        targets = np.array([plan.target for plan in self.program.calls] + [NONE], dtype=np.int64)
        found[answers.callers] = self.places.of_service[targets[requests["source"][answers.called]]]
        return found

    def of_completed(self) -> Ints:
        """For each visit the completed request of a consumer whose critical path it is on; -1 for none."""
        reading = self.reading
        counted = reading.completed & (reading.requests["kind"] == CONSUMER)
        return self.of_requests(np.flatnonzero(counted))

    def of_requests(self, rows: Ints) -> Ints:
        """For each visit which of these requests' critical paths it is on; -1 for none."""
        whose = np.full(len(self.reading.requests), NONE, dtype=np.int64)
        whose[rows] = rows
        return np.where(self.inside, whose[self.reading.visits["request"]], NONE)

    @cached_property
    def alike(self) -> tuple[Ints, Ints]:
        """The first of the visits that are alike in consumer, service, place and link, and which each is."""
        reading = self.reading
        consumer = reading.requests["consumer"][reading.visits["request"]]
        columns = (consumer, reading.service, self.holders.place_of_visit, self.holders.link)
        return distinct(columns, len(consumer))

    # Where time arises

    def placed(self, loss: Loss) -> Iterator[Placed]:
        """Where time arose."""
        part, rows, ticks = loss.part, loss.visits, loss.ticks
        if part in HANDOFF_PARTS:
            yield Placed(rows, self.holders.link[rows], ticks)
        elif part == "wait_held":
            yield from self._by_service(rows, ticks, self._held)
        elif part == "wait_partner":
            yield from self._by_service(rows, ticks, self._partners)
        elif part == "wait_stock":
            yield from self._by_service(rows, ticks, self._stocks)
        elif part == "blocked":
            yield from self._blocked(rows, ticks)
        elif part in ANSWERS:
            asked = self.asked_place[rows]
            yield Placed(rows, np.where(asked >= 0, asked, self._own(rows)), ticks)
        else:
            yield Placed(rows, self._own(rows), ticks)

    def _own(self, rows: Ints) -> Ints:
        return self.holders.place_of_visit[rows]

    def _by_service(self, rows: Ints, ticks: Ints, divide: Divide) -> Iterator[Placed]:
        services = self.reading.service[rows]
        for service in np.unique(services).tolist():
            chosen = services == service
            yield from self._divided(rows[chosen], ticks[chosen], *divide(service, rows[chosen]))

    def _divided(self, rows: Ints, ticks: Ints, places: Ints, weights: Floats) -> Iterator[Placed]:
        """Time divided among places; where nothing is known of them it stays where the visit is."""
        shares = apportioned(ticks, weights)
        known = shares.sum(axis=1) > 0
        yield Placed(rows[~known], self._own(rows[~known]), ticks[~known])
        for column, place in enumerate(places.tolist()):
            some = shares[:, column] != 0
            yield Placed(rows[some], np.full(np.count_nonzero(some), place), shares[some, column])

    def _queue(self, rows: Ints) -> tuple[Ints, Ints]:
        """When each visit stood in a queue, or waited before it."""
        began = np.maximum(
            self.reading.visits.get("queued", NONE)[rows], self.reading.visits["arrived"][rows]
        )
        return began, self.reading.queue_end[rows]

    def _held(self, service: int, rows: Ints) -> tuple[Ints, Floats]:
        plan = self.program.services[service]
        return self.holders.while_held(plan.any_of or (plan.provider,), *self._queue(rows))

    def _partners(self, service: int, rows: Ints) -> tuple[Ints, Floats]:
        """The other providers that a service needs, by how long they were short meanwhile."""
        plan = self.program.services[service]
        others = [(index, units) for index, units in plan.needs if index != plan.provider]
        places = np.array([index for index, _ in others], dtype=np.int64)
        if len(others) == 1:
            return places, np.ones((len(rows), 1))
        short = [self._lacks(*other).within(*self._queue(rows)) for other in others]
        return places, np.column_stack(short) if short else np.zeros((len(rows), 0))

    def _lacks(self, provider: int, wanted: int) -> Coverage:
        """When a provider had less than so many units on duty and free."""
        reading, whole = self.reading, (0, int(self.reading.record.stopped) + 1)
        needed = [dict(plan.needs).get(provider, 0) for plan in self.program.services]
        units = np.array([*needed, 0], dtype=np.float64)[reading.service]
        rows = np.flatnonzero((units > 0) & (reading.visits["started"] >= 0))
        used = summed_steps(reading.visits["started"][rows], reading.left[rows], units[rows], whole)
        duty = schedule_steps(self.program.providers[provider].staff, whole)
        times = np.unique(np.concatenate([used[0], duty[0]]))
        short = step_values(*duty, times) - step_values(*used, times) < wanted - 0.5
        ends = np.append(times[1:], whole[1])
        return Coverage(times[short], ends[short], np.ones(np.count_nonzero(short)))

    def _stocks(self, service: int, rows: Ints) -> tuple[Ints, Floats]:
        """The stocks that a service takes from, by how long they were short meanwhile.

        Demand is met in its order, so who wants of one stock waits as well behind those who wait for another
        that they take together with it: while the first is not short, that one is.
        """
        own = [stock for stock, _ in self.program.services[service].consumes]
        stocks = [*own, *self._taken_with(own)]
        places = self.places.stocks + np.array(stocks, dtype=np.int64)
        if len(stocks) == 1:
            return places, np.ones((len(rows), 1))
        began = self.reading.visits["arrived"][rows]
        queued = self.reading.visits.get("queued", NONE)[rows]
        until = np.where(queued >= 0, queued, self.reading.left[rows])
        short = np.column_stack([self._short(stock).within(began, until) for stock in stocks])
        rest = (until - began) - short[:, : len(own)].max(axis=1)
        short[:, len(own) :] = np.minimum(short[:, len(own) :], np.maximum(rest, 0)[:, None])
        short[short.sum(axis=1) <= 0, 0] = 1.0  # Of none it is known; the first is as good as any.
        return places, short

    def _taken_with(self, stocks: Sequence[int]) -> list[int]:
        """Other stocks from which services take together with some of these, directly or by way of others."""
        together = [{stock for stock, _ in plan.consumes} for plan in self.program.services]
        found, more = set(stocks), set(stocks)
        while more:
            more = {one for some in together if some & more for one in some} - found
            found |= more
        return sorted(found - set(stocks))

    def _short(self, stock: int) -> Coverage:
        """When a stock had less than those who waited wanted."""
        changes = self.reading.record.stocks
        rows = np.flatnonzero(changes["stock"] == stock)
        times = changes["time"][rows].astype(np.int64)
        short = changes.get("waiting")[rows] > changes["level"][rows]
        ends = np.append(times[1:], self.reading.record.stopped)[: len(times)]
        return Coverage(times[short], ends[short], np.ones(np.count_nonzero(short)))

    def _blocked(self, rows: Ints, ticks: Ints) -> Iterator[Placed]:
        """Those who wait for room wait for whose queue is full, or for whom these wait for."""
        awaited, reading = self.holders.room_awaited[rows], self.reading
        yield Placed(rows[awaited < 0], self._own(rows[awaited < 0]), ticks[awaited < 0])
        for provider in np.unique(awaited[awaited >= 0]).tolist():
            own = rows[awaited == provider]
            found = self.holders.beyond(provider, reading.work_end[own], reading.left[own])
            yield from self._divided(own, ticks[awaited == provider], *found)


class CriticalPath:
    """Critical paths of some requests of one replication, followed into what they waited for.

    Parameters
    ----------
    scenery : Scenery
        Of the record.
    owner : array of int
        For each visit whose path it is on; -1 for none. By default the paths of completed requests of
        consumers.
    until : array of int, optional
        For each visit the instant until which time counts: what ended later is left out.

    Attributes
    ----------
    owner : array of int
        The same, with the visits of called requests that are on these paths.
    """

    def __init__(self, scenery: Scenery, owner: Ints | None = None, until: Ints | None = None) -> None:
        self.scenery = scenery
        self.reading = scenery.reading
        self.owner: Ints = scenery.of_completed() if owner is None else owner.copy()
        self._until = None if until is None else until.copy()
        self._answered = {part: np.zeros(len(self.owner), dtype=np.int64) for part in ANSWERS}
        self._rows: dict[int, Ints] = {}
        self._follow_calls()

    def losses(self) -> Iterator[Loss]:
        """What visits on critical paths lost."""
        yield from self._spent(CAUSES)

    def works(self) -> Iterator[Loss]:
        """How visits on critical paths were worked on."""
        yield from self._spent(WORKS)

    def _spent(self, parts: Iterable[str]) -> Iterator[Loss]:
        for part in parts:
            if part in self.reading.visits:
                yield self.spent(part)

    def spent(self, part: str) -> Loss:
        """Time that went in one way, also where it was work, at the visits that it went at."""
        rows, ticks = self.rows(part), self.ticks(part)
        some = rows[ticks > 0]
        return Loss(part, some, ticks[ticks > 0])

    def ticks(self, part: str) -> Ints:
        """Time that went in one way, at each of :meth:`rows`."""
        rows = self.rows(part)
        if part == "blocked":
            return self.reading.blocked_on_path[rows]
        ticks = self.reading.visits[part][rows]
        return ticks - self._answered[part][rows] if part in ANSWERS else ticks

    def rows(self, part: str) -> Ints:
        """Visits of which the stage that a part belongs to had ended when time ceased to count."""
        stage = 0 if part.startswith(("handoff", "wait")) else 2 if part == "blocked" else 1
        if self._until is None:
            stage = 0
        if stage not in self._rows:
            inside = self.owner >= 0
            if self._until is not None:
                reading = self.reading
                inside &= (reading.queue_end, reading.work_end, reading.left)[stage] <= self._until
            self._rows[stage] = np.flatnonzero(inside)
        return self._rows[stage]

    # Calls

    def _follow_calls(self) -> None:
        """Called requests whose answers came last take the place of the wait for them, level by level."""
        reading, answers = self.reading, self.scenery.answers
        ended = reading.requests["ended"][answers.called] >= 0
        called, callers = answers.called[ended], answers.callers[ended]
        while len(called):
            found = self.owner[callers] >= 0
            if not found.any():
                return
            self._take_place(called[found], callers[found])
            called, callers = called[~found], callers[~found]

    def _take_place(self, called: Ints, callers: Ints) -> None:
        """A called request takes the place of the wait for it, unless that ended sooner, as by giving up."""
        requests, visits = self.reading.requests, self.reading.visits
        ticks = requests["ended"][called] - requests["asked"][called]
        before = requests["asked"][called] < visits["started"][callers]
        before |= visits["started"][callers] < 0
        whose = np.full(len(requests), NONE, dtype=np.int64)
        by = np.full(len(requests), NONE, dtype=np.int64)
        for part, chosen in zip(ANSWERS, (before, ~before), strict=True):
            if part not in visits:
                continue
            left = visits[part] - self._answered[part]
            fits = chosen & (ticks <= left[callers])
            np.add.at(self._answered[part], callers[fits], ticks[fits])
            whose[called[fits]] = self.owner[callers[fits]]
            by[called[fits]] = callers[fits]
        self._join(whose, by)

    def _join(self, whose: Ints, by: Ints) -> None:
        """Put the visits of called requests on the paths."""
        request = self.reading.visits["request"]
        rows = np.flatnonzero((whose[request] >= 0) & self.scenery.inside)
        self.owner[rows] = whose[request[rows]]
        if self._until is not None:
            self._until[rows] = self._until[by[request[rows]]]

"""Lost time on one scale: all that is on the way of a request and is not work, exactly, and where it arose.

The critical path of a request is what its end waited for: its visits one after another; at a join the branch
that came last; and where a visit waited for answers, the called request whose answer came last, in place of
the wait for it. So a wait at a service that others call counts once, there, and not again with each of those
that called. What is left is, in ticks, the flow time without the work.

A place is where a loss would have to be mended: a provider, a link (a handoff, or a call there and back), a
stock, or an outside party (a service without provider). Time in which staff were held or blocked counts to
whom they waited for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.analysis.callers import callers_of
from serviceflow.analysis.holders import Holders
from serviceflow.engine.program.codes import CALLED, HANDOFF_PARTS, NONE, PAUSES, WAITS
from serviceflow.results.derived import Flags, Ints, Reading
from serviceflow.results.statistics import ratio_interval

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.results.results import Results

PROVIDER, LINK, STOCK, OUTSIDE = "provider", "link", "stock", "outside"
"""Scopes of places."""
CAUSES = {
    **{part: part.removeprefix("handoff_") for part in HANDOFF_PARTS},
    **{f"wait_{cause}": cause for cause in WAITS},
    **{f"pause_{cause}": f"paused: {cause}" for cause in PAUSES},
    "blocked": "blocked",
}
"""Parts of visits that are lost time, and the causes as tables name them."""
ANSWERS = ("wait_call", "pause_call")
"""Parts that the path of a called request takes the place of."""


@dataclass(frozen=True)
class Loss:
    """Time lost in one way at visits on critical paths.

    Attributes
    ----------
    part : str
        The column of the record.
    visits, ticks : array of int
        Rows of visits, and the time that each lost.
    """

    part: str
    visits: Ints
    ticks: Ints


class CriticalPath:
    """The critical paths of the completed requests of one replication.

    Parameters
    ----------
    reading : Reading
        One record.

    Attributes
    ----------
    root : array of int
        For each request the request of a consumer on whose critical path it is; -1 for none.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.program: Program = reading.program
        requests = reading.requests
        counted = reading.completed & (requests["kind"] == 0)
        self.root: Ints = np.where(counted, np.arange(len(requests)), NONE)
        self._answered = {part: np.zeros(len(reading.visits), dtype=np.int64) for part in ANSWERS}
        if self.program.calls:
            self._follow_calls()

    @cached_property
    def on_path(self) -> Flags:
        """Visits on a critical path."""
        reading = self.reading
        inside = self.root[reading.visits["request"]] >= 0
        return inside if reading.on_path is None else inside & reading.on_path

    def losses(self) -> Iterator[Loss]:
        """What visits on critical paths lost."""
        visits = self.reading.visits
        for part in CAUSES:
            if part in visits:
                ticks = visits[part]
                if part in ANSWERS:
                    ticks = ticks - self._answered[part]
                rows = np.flatnonzero(self.on_path & (ticks > 0))
                yield Loss(part, rows, ticks[rows])

    def work(self) -> Ints:
        """The work on the critical path of each request, setup included."""
        visits, reading = self.reading.visits, self.reading
        worked = (visits.get("work") + visits.get("setup")) * self.on_path
        found = np.zeros(len(reading.requests), dtype=np.int64)
        roots = self.root[visits["request"]]
        np.add.at(found, roots[self.on_path], worked[self.on_path])
        return found

    # Calls

    def _follow_calls(self) -> None:
        """Find the called requests whose answers came last, from the callers of consumers down."""
        requests = self.reading.requests
        called = np.flatnonzero(requests["kind"] == CALLED)
        waits = np.array([plan.wait for plan in self.program.calls] + [False])
        called = called[waits[requests["source"][called]] & (requests["ended"][called] >= 0)]
        callers = callers_of(self.reading, called)
        called, callers = called[callers >= 0], callers[callers >= 0]
        last = self._last_answers(called, callers)
        called, callers = called[last], callers[last]
        is_path = self.reading.on_path
        while len(called):
            roots = self.root[self.reading.visits["request"][callers]]
            found = roots >= 0
            if is_path is not None:
                found &= is_path[callers]
            if not found.any():
                return
            self._take_place(called[found], callers[found], roots[found])
            called, callers = called[~found], callers[~found]

    def _last_answers(self, called: Ints, callers: Ints) -> Ints:
        """Of the calls that a visit made at once, the one that was answered last."""
        requests = self.reading.requests
        asked, ended = requests["asked"][called], requests["ended"][called]
        order = np.lexsort((called, ended, asked, callers))
        groups = np.stack([callers[order], asked[order]])
        is_last = np.ones(len(order), dtype=bool)
        is_last[:-1] = (groups[:, 1:] != groups[:, :-1]).any(axis=0)
        return order[is_last]

    def _take_place(self, called: Ints, callers: Ints, roots: Ints) -> None:
        """A called request takes the place of the wait for it, unless that ended sooner, as by giving up."""
        requests, visits = self.reading.requests, self.reading.visits
        ticks = requests["ended"][called] - requests["asked"][called]
        before = requests["asked"][called] < visits["started"][callers]
        before |= visits["started"][callers] < 0
        for part, chosen in zip(ANSWERS, (before, ~before), strict=True):
            if part not in visits:
                continue
            left = visits[part] - self._answered[part]
            fits = chosen & (ticks <= left[callers])
            np.add.at(self._answered[part], callers[fits], ticks[fits])
            self.root[called[fits]] = roots[fits]

    # Places

    def places(self, loss: Loss) -> Iterator[tuple[str, int, Ints, Ints]]:
        """Where a loss arose: the scope of the place, its index, rows of visits, and ticks."""
        part, rows, ticks = loss.part, loss.visits, loss.ticks
        if part == "wait_held":
            yield from self._held(rows, ticks)
        elif part == "blocked":
            yield from _by(PROVIDER, self._holders.awaited_when_blocked(rows), rows, ticks)
        elif part == "wait_stock":
            yield from _by(STOCK, self._stocks[self.reading.service[rows]], rows, ticks)
        elif part in HANDOFF_PARTS:
            yield from _by(LINK, self._links(rows), rows, ticks)
        else:
            yield from self._at_service(rows, ticks)

    def _at_service(self, rows: Ints, ticks: Ints) -> Iterator[tuple[str, int, Ints, Ints]]:
        provider = self.reading.provider[rows]
        staffed = provider >= 0
        yield from _by(PROVIDER, provider[staffed], rows[staffed], ticks[staffed])
        yield from _by(OUTSIDE, self.reading.service[rows[~staffed]], rows[~staffed], ticks[~staffed])

    def _held(self, rows: Ints, ticks: Ints) -> Iterator[tuple[str, int, Ints, Ints]]:
        for visit, parts in self._holders.shares(rows, ticks):
            for provider, lost in parts:
                yield PROVIDER, provider, np.array([visit]), np.array([lost])

    @cached_property
    def _holders(self) -> Holders:
        return Holders(self.reading)

    @cached_property
    def _stocks(self) -> Ints:
        """For each service the stock that it takes from; the first of several."""
        return np.array([plan.consumes[0][0] if plan.consumes else NONE for plan in self.program.services])

    def _links(self, rows: Ints) -> Ints:
        """The handoff that brought each visit; calls are numbered after handoffs."""
        visits = self.reading.visits
        handoff, call = visits.get("handoff", NONE)[rows], visits.get("call", NONE)[rows]
        return np.where(call >= 0, len(self.program.handoffs) + call, handoff)


def _by(scope: str, indices: Ints, rows: Ints, ticks: Ints) -> Iterator[tuple[str, int, Ints, Ints]]:
    for index in np.unique(indices):
        chosen = indices == index
        yield scope, int(index), rows[chosen], ticks[chosen]


def place_name(program: Program, scope: str, index: int) -> str:
    """What a place is called."""
    if index < 0:
        return "(none)"
    if scope == LINK and index >= len(program.handoffs):
        return program.calls[index - len(program.handoffs)].name
    plans: dict[str, Sequence[Any]] = {
        PROVIDER: program.providers,
        LINK: program.handoffs,
        STOCK: program.stocks,
        OUTSIDE: program.services,
    }
    return str(plans[scope][index].name)


Group = tuple[str, str, str, str, str]
"""Consumer, scope and name of the place, service and cause."""


def lost_by_group(reading: Reading) -> dict[Group, int]:
    """The ticks of one replication, by consumer, place, service and cause."""
    path, program = CriticalPath(reading), reading.program
    found: dict[Group, int] = {}
    consumers = reading.requests["consumer"]
    for loss in path.losses():
        for scope, index, rows, ticks in path.places(loss):
            place = place_name(program, scope, index)
            whose = consumers[path.root[reading.visits["request"][rows]]]
            services = reading.service[rows]
            for consumer, service in {*zip(whose.tolist(), services.tolist(), strict=True)}:
                chosen = (whose == consumer) & (services == service)
                work = program.services[service].name if service >= 0 else "end"
                key = (program.consumers[consumer].name, scope, place, work, CAUSES[loss.part])
                found[key] = found.get(key, 0) + int(ticks[chosen].sum())
    return found


COLUMNS = ("consumer", "scope", "place", "service", "cause")


def critical_path(results: Results) -> pd.DataFrame:
    """Lost time per completed request, by consumer, place, service and cause; the largest first.

    Parameters
    ----------
    results : Results
        With their records.

    Returns
    -------
    DataFrame
        Columns are consumer, scope and place (where it arose), service (at which, or on the way to which, the
        request was), cause, mean (per completed request of that consumer, in the chain's unit) with ci_low
        and ci_high, and share (of all that was lost). The means of a consumer and its work sum to its
        flow time.

    Raises
    ------
    NotKeptError
        If the results keep a summary.
    """
    records = results._records_for("results.critical_path", "it follows single requests")
    readings = [Reading(record) for record in records]
    groups = [lost_by_group(reading) for reading in readings]
    keys = list(dict.fromkeys(key for one in groups for key in one))
    if not keys:
        return pd.DataFrame(columns=[*COLUMNS, "mean", "ci_low", "ci_high", "share"])
    names = [plan.name for plan in results.runs.program.consumers]
    done = np.array([_completed(reading, len(names)) for reading in readings], dtype=np.float64)
    totals = np.array([[one.get(key, 0) for key in keys] for one in groups], dtype=np.float64)
    bases = done[:, [names.index(key[0]) for key in keys]]
    found = ratio_interval(totals / results.runs.program.time_unit, bases, results.confidence)
    table = pd.DataFrame(keys, columns=list(COLUMNS))
    table["mean"], table["ci_low"], table["ci_high"] = found.mean, found.low, found.high
    table["share"] = totals.sum(axis=0) / totals.sum()
    return table.sort_values("share", ascending=False, kind="stable").reset_index(drop=True)


def _completed(reading: Reading, consumers: int) -> Ints:
    chosen = reading.completed & (reading.requests["kind"] == 0)
    return np.bincount(reading.requests["consumer"][chosen], minlength=consumers)

"""A record with what every figure needs worked out once: who counts, and how long each stage took.

A visit's life in four stages, in ticks, which sum to its whole:

========  ==================================================
handoff   from asking (leaving the service before) to arriving
waiting   from arriving to the start of work, or to giving up
service   from the start of work to its end, pauses included
blocked   from the end of work to leaving
========  ==================================================

A stage that has not ended lasts to the end of the run.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.program.codes import CALLED, COMPLETED, END, JOINED, LEFT_EARLY, OUTCOMES, UNFINISHED
from serviceflow.engine.program.plans import Program
from serviceflow.engine.record.record import Record, Table

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Stretches = tuple[Ints, Ints, Floats]
"""Start and end of each, and how much."""

STAGES = ("handoff", "waiting", "service", "blocked")


def overlap(starts: Ints, ends: Ints, window: tuple[int, int]) -> Ints:
    """Ticks of each stretch [start, end) within the window."""
    covered = np.minimum(ends, window[1])
    covered -= np.maximum(starts, window[0])
    return np.maximum(covered, 0, out=covered)


def _last_of_each(values: Ints, bounds: Ints) -> Ints:
    """The row of the largest value (the last of equals) within each stretch that is not empty."""
    lengths = np.diff(bounds)
    starts, lengths = bounds[:-1][lengths > 0], lengths[lengths > 0]
    if not len(starts):
        return starts
    groups = np.repeat(np.arange(len(starts)), lengths)
    largest = np.flatnonzero(values == np.maximum.reduceat(values, starts)[groups])
    found = np.empty(len(starts), dtype=np.int64)
    found[groups[largest]] = largest  # Of several the last one stays.
    return found


def left_early(outcomes: Ints) -> Flags:
    """Who gave up: who waited for too long, or whose whole time was over."""
    found: Flags = np.isin(outcomes, LEFT_EARLY)
    return found


def rows_in_order(keys: Ints, size: int) -> Ints:
    """Rows by their keys, which are below `size`; equal ones stay as they are."""
    # keys of 16 bits are sorted in linear time
    return np.argsort(keys.astype(np.uint16 if size < 2**16 else np.int64), kind="stable")


def direct_ends(program: Program) -> dict[tuple[int, int], int]:
    """The only handoff to the end that takes nothing, by service and the outcome after which it is taken.

    Of a split, only if it is taken every time; left out where there are several of a kind.
    """
    found: dict[tuple[int, int], list[int]] = {}
    for plan in program.handoffs:
        if plan.target == END and plan.transfer.is_direct and plan.origin[0] == "service":
            found.setdefault((plan.origin[1], plan.after), []).append(plan.index)
    handoffs, services = program.handoffs, program.services
    return {
        key: only[0]
        for key, only in found.items()
        if len(only) == 1
        and not (
            services[key[0]].split
            and (handoffs[only[0]].probability is not None or handoffs[only[0]].when is not None)
        )
    }


class WholeColumns:
    """The columns of whole numbers of a table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __getitem__(self, name: str) -> Ints:
        return cast("Ints", self._table[name])

    def __contains__(self, name: object) -> bool:
        return name in self._table

    def __len__(self) -> int:
        return len(self._table)

    def get(self, name: str, default: int = 0) -> Ints:
        """The column, or one filled with `default` where the chain cannot fill it."""
        return cast("Ints", self._table.get(name, default))


class Reading:
    """Columns derived from one record, each worked out when first asked for.

    Parameters
    ----------
    record : Record
        What one replication left behind.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.program = record.program
        self.window = record.program.window
        self.requests = WholeColumns(record.requests)
        self.visits = WholeColumns(record.visits)
        self.pauses = WholeColumns(record.pauses)
        self._along_path: dict[str, Ints] = {}
        self.verdicts: dict[tuple[str, int, str], Any] = {}
        """On promises, by scope, index and kind: those of :mod:`~serviceflow.results.promises`."""

    @property
    def length(self) -> int:
        """Length of the window in ticks."""
        return self.window[1] - self.window[0]

    # Requests

    @cached_property
    def counted(self) -> Flags:
        """Requests asked in the window."""
        asked = self.requests["asked"]
        inside: Flags = (asked >= self.window[0]) & (asked < self.window[1])
        return inside

    @cached_property
    def at_start(self) -> Flags:
        """Requests that were there when a run that starts from a state started."""
        before: Flags = self.requests["asked"] < self.program.begin
        return before & (self.requests["parent"] < 0) if "parent" in self.requests else before

    @cached_property
    def ends(self) -> Ints:
        """When each request ended, or the run."""
        return self._or_end(self.requests["ended"])

    @cached_property
    def completed(self) -> Flags:
        """Counted requests that completed."""
        completed: Flags = self.counted & (self.requests["outcome"] == COMPLETED)
        return completed

    def sources(self, kind: int) -> Ints:
        """The source of each request of this kind; -1 for the others."""
        requests = self.requests
        return np.where(requests["kind"] == kind, requests["source"], -1)

    def over_visits(self, values: Ints) -> Ints:
        """Sums of a column of visits over each request's visits."""
        sums = np.zeros(len(values) + 1, dtype=np.int64)
        np.cumsum(values, out=sums[1:])
        until = sums[self.bounds]
        return until[1:] - until[:-1]

    def along_path(self, values: Ints) -> Ints:
        """Sums of a column of visits over the visits on each request's critical path.

        Where branches ran in parallel only the one that came last counts at each join, so that the
        parts sum to the flow time; without branches every visit is on the path.
        """
        return self.over_visits(values if self.on_path is None else values * self.on_path)

    def stage_along_path(self, stage: str) -> Ints:
        """Ticks of one of the ``STAGES`` of each request, over the visits on its critical path."""
        if stage not in self._along_path:
            ticks = self.blocked_on_path if stage == "blocked" else self.stages[stage]
            self._along_path[stage] = self.along_path(ticks)
        return self._along_path[stage]

    @cached_property
    def blocked_on_path(self) -> Ints:
        """How long each visit was blocked, as far as a critical path by it had to wait for that.

        Before full queues the branches of a split leave one by one; the path may go on with an early one.
        """
        blocked = self.stages["blocked"]
        if self.on_path is None or "blocked" not in self.visits:
            return blocked
        rows = np.flatnonzero(self.on_path)
        before = self.visits["previous"][rows]
        same = (before >= 0) & (self.visits["request"][before] == self.visits["request"][rows])
        rows, before = rows[same], before[same]
        found = blocked.copy()
        found[before] -= np.maximum(self.left[before] - self.visits["asked"][rows], 0)
        return found

    @cached_property
    def on_path(self) -> Flags | None:
        """Visits met on the way back from a request's last to leave, each time to the one that led there.

        None where every visit is on it, as without branches.
        """
        visits = self.visits
        if "previous" not in visits:
            return None
        found = np.zeros(len(visits), dtype=bool)
        rows = _last_of_each(self.left, self.bounds)
        while len(rows):
            found[rows] = True
            before = visits["previous"][rows]
            same = (before >= 0) & (visits["request"][before] == visits["request"][rows])
            rows = before[same]
        return found

    @cached_property
    def bounds(self) -> Ints:
        """Where each request's visits begin, and where the last one's end."""
        bounds = np.zeros(len(self.requests) + 1, dtype=np.int64)
        np.cumsum(np.bincount(self.visits["request"], minlength=len(self.requests)), out=bounds[1:])
        return bounds

    @cached_property
    def who_waits(self) -> Ints:
        """The request that waits for the answer of each, -1 if there is none."""
        calls = self.program.calls
        if not calls or "parent" not in self.requests:
            return np.full(len(self.requests), -1, dtype=np.int64)
        waits = np.array([plan.wait for plan in calls] + [False])
        return np.where(waits[self.sources(CALLED)], self.requests["parent"], -1)

    # Visits

    @cached_property
    def visit_counted(self) -> Flags:
        """Visits of requests created in the window."""
        return self.counted[self.visits["request"]]

    @cached_property
    def service(self) -> Ints:
        """The service of each visit; -1 on the way home."""
        return self.visits["service"]

    @cached_property
    def provider(self) -> Ints:
        """The provider of each visit: who worked, or whose queue it joined; -1 where there is none."""
        usual = self.owners[self.service]
        if "provider" not in self.visits:
            return usual
        worked = self.visits["provider"]
        return np.where(worked >= 0, worked, usual)

    def worked_by(self, provider: int) -> Ints:
        """Visits whose work a provider began, in order."""
        rows, bounds = self._by_provider
        return rows[bounds[provider] : bounds[provider + 1]]

    @cached_property
    def _by_provider(self) -> tuple[Ints, Ints]:
        """Visits by provider, those that nobody began in front, and where each provider's begin."""
        size = len(self.program.providers)
        keys = np.where(self.visits["started"] >= 0, self.provider + 1, 0)
        counts = np.cumsum(np.bincount(keys, minlength=size + 1))
        return rows_in_order(keys, size + 1), counts

    @cached_property
    def owners(self) -> Ints:
        """The provider of each service, or the first of several; -1 behind them, for no service."""
        return np.array([service.provider for service in self.program.services] + [-1], dtype=np.int64)

    @cached_property
    def arrived_right(self) -> Flags:
        """Visits brought without clarification or return."""
        found = np.ones(len(self.visits), dtype=bool)
        for name in ("clarifications", "arrived_by_return"):
            if name in self.visits:
                found &= self.visits[name] <= 0
        return found

    @cached_property
    def handoff(self) -> Ints:
        """The handoff that brought each visit, or -1."""
        return self.visits.get("handoff", -1)

    @cached_property
    def ended_by(self) -> Ints | None:
        """The handoff to the end, without time or chance, that each visit took: -1 if none.

        No visit is made for it. None where the chain has none of which that can be told.
        """
        direct = direct_ends(self.program)
        if not direct:
            return None
        taken = np.full((len(self.program.services) + 1, len(OUTCOMES)), -1, dtype=np.int64)
        for key, handoff in direct.items():
            taken[key] = handoff
        split = np.array([plan.split for plan in self.program.services] + [False])
        done = split[self.service] & (self.visits["finished"] >= 0)  # Other branches of it may be blocked.
        found = taken[self.service, np.where(done, COMPLETED, self.visits["outcome"])]
        return np.where(self._is_last | split[self.service], found, -1)

    @cached_property
    def gone_home(self) -> Ints:
        """When each visit left by a handoff to the end that takes no time: nobody is blocked on that."""
        finished = self.visits["finished"]
        return np.where(finished >= 0, finished, self.visits["left"])

    @cached_property
    def _is_last(self) -> Flags:
        """Visits that no other visit of their request follows."""
        visits, follows = self.visits, np.zeros(len(self.visits), dtype=bool)
        if "previous" in visits:
            before = visits["previous"]
            same = (before >= 0) & (visits["request"][before] == visits["request"])
            follows[before[same]] = True
        else:
            follows[:-1] = visits["request"][:-1] == visits["request"][1:]
        return ~follows

    @cached_property
    def at_service(self) -> Flags:
        """Visits that have arrived at a service, except branches that ended in its join or wait there."""
        there: Flags = (self.service >= 0) & (self.visits["arrived"] >= 0) & (self.outcome != JOINED)
        return there

    @cached_property
    def outcome(self) -> Ints:
        """How each visit ended; branches that still wait at a join when the run ends are taken to end in it.

        All of them but one will, if the run goes on: a longer run must not count fewer.
        """
        visits, outcome = self.visits, self.visits["outcome"]
        joins = np.array([plan.join != 0 for plan in self.program.services] + [False])
        if not joins.any():
            return outcome
        waits = joins[self.service] & (outcome == UNFINISHED) & (visits.get("wait_join") > 0)
        waits &= visits["arrived"] + visits.get("wait_join") == self.record.stopped
        for name in ("queued", "started"):
            waits &= visits.get(name, -1) < 0
        return np.where(waits, JOINED, outcome)

    @cached_property
    def waited(self) -> Flags:
        """Counted visits whose waiting has ended: work began, or they left before."""
        visits = self.visits
        ended = (visits["started"] >= 0) | left_early(visits["outcome"])
        waited: Flags = self.visit_counted & self.at_service & ended
        return waited

    @cached_property
    def served(self) -> Flags:
        """Counted visits whose work has ended."""
        served: Flags = self.visit_counted & self.at_service & (self.visits["finished"] >= 0)
        return served

    @cached_property
    def still_waiting(self) -> Flags:
        """Visits whose waiting the end of the run cut off."""
        visits = self.visits
        waiting: Flags = self.at_service & (visits["started"] < 0) & (visits["left"] < 0)
        return waiting

    @cached_property
    def left(self) -> Ints:
        """When each visit left, or the run ended."""
        return self._or_end(self.visits["left"])

    @cached_property
    def queue_end(self) -> Ints:
        """When the waiting ended: by the start of work, by leaving, or with the run."""
        started = self.visits["started"]
        return np.where(started >= 0, started, self.left)

    @cached_property
    def work_end(self) -> Ints:
        """When the work ended, or the run."""
        finished = self.visits["finished"]
        return np.where(finished >= 0, finished, self.left)

    @cached_property
    def pause_ends(self) -> Ints:
        """When each pause ended, or the run."""
        return self._or_end(self.pauses["end"])

    @cached_property
    def stages(self) -> dict[str, Ints]:
        """Ticks of each of the ``STAGES`` of each visit."""
        visits = self.visits
        arrived = np.where(visits["arrived"] >= 0, visits["arrived"], self.left)
        return {
            "handoff": arrived - visits["asked"],
            "waiting": self.queue_end - arrived,
            "service": self.work_end - self.queue_end,
            "blocked": self.left - self.work_end,
        }

    @cached_property
    def batch_share(self) -> Floats | None:
        """How much of a unit of staff each visit takes while a batch is worked on; None without batches."""
        if "together" not in self.visits:
            return None
        share: Floats = 1 / np.maximum(self.visits["together"], 1)
        return share

    def _or_end(self, instants: Ints) -> Ints:
        return np.where(instants >= 0, instants, self.record.stopped)

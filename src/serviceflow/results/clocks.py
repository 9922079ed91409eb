"""Clocks of promises: elapsed time or the open time of a calendar, with parts that do not count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from serviceflow.engine.program.codes import CALLED, HANDOFF_PARTS, PAUSES, QUEUE_WAITS, WAIT_PARTS, WAITS
from serviceflow.errors import NotSupportedError
from serviceflow.model.sla import cause
from serviceflow.results.derived import Flags, Ints, Reading

if TYPE_CHECKING:
    from serviceflow.model.schedules import Schedule
    from serviceflow.model.sla import SLA

Stretches = tuple[Ints, Ints, Ints]
"""Request, start and end of each."""


_NONE = np.empty(0, dtype=np.int64)
_NOTHING = (_NONE, _NONE, _NONE)


@dataclass(frozen=True)
class Clock:
    """A clock that stands during some stretches of some requests.

    Attributes
    ----------
    schedule : Schedule or None
        The calendar whose open time counts; None counts all time.
    excluded : tuple of arrays
        Request, start and end of each stretch during which the clock stands.
    """

    schedule: Schedule | None
    excluded: Stretches

    def ticks(self, requests: Ints, since: Ints, until: Ints) -> Ints:
        """What the clock counts from `since` to `until`, for each of some requests."""
        counted: Ints = self._reading(until) - self._reading(since)
        if len(self.excluded[0]):
            counted = counted - self._standing(requests, since, until)
        return counted

    def _reading(self, times: Ints) -> Ints:
        return times if self.schedule is None else self.schedule.cumulative(times)

    def _standing(self, requests: Ints, since: Ints, until: Ints) -> Ints:
        """Ticks of this clock within the excluded stretches; where several overlap they count once.

        One sweep over the instants of each request: the beginnings and ends of stretches change how many
        are open, and what passes while any is open adds up.
        """
        owner, starts, ends = self.excluded
        owners = np.concatenate([owner, owner, requests, requests])
        times = np.concatenate([starts, ends, since, until])
        changes = np.repeat(np.array([1, -1, 0]), [len(starts), len(ends), 2 * len(since)])
        order = np.lexsort((times, owners))
        open_before = np.cumsum(changes[order]) - changes[order]
        passed = np.diff(self._reading(times[order]), prepend=0)
        stood = np.empty(len(order), dtype=np.int64)
        stood[order] = np.cumsum(passed * (open_before > 0))
        queries = stood[2 * len(starts) :]
        difference: Ints = queries[len(since) :] - queries[: len(since)]
        return difference


def make_clock(reading: Reading, promise: str, sla: SLA) -> Clock:
    """The clock of an SLA for one record.

    Raises
    ------
    NotSupportedError
        If a cause in the queue is excluded on a calendar's clock.
    """
    schedule = _calendar(reading, sla.clock)
    if schedule is not None:
        _refuse_unplaced(promise, sla)
    found = [stretch for name in sla.excluding for stretch in _stretches(reading, name)]
    if not found:
        return Clock(schedule, _NOTHING)
    owners, starts, ends = (np.concatenate(column) for column in zip(*found, strict=True))
    longer = ends > starts
    return Clock(schedule, (owners[longer], starts[longer], ends[longer]))


def _calendar(reading: Reading, name: str) -> Schedule | None:
    chain = reading.program.chain
    return None if name == "elapsed" else chain.calendars[name].schedule(chain.start)


def _refuse_unplaced(promise: str, sla: SLA) -> None:
    for name in sla.excluding:
        if cause(name) in QUEUE_WAITS:
            raise NotSupportedError(
                f"sla {promise}: excluding {name!r} on the clock {sla.clock!r} is not supported yet: "
                "use the elapsed clock, or exclude services or handoffs"
            )


def _stretches(reading: Reading, name: str) -> Iterator[Stretches]:
    """Request, start and end of every stretch of a service, a handoff, a call or a cause.

    A service or a handoff counts in the course of calls, too, whose answers are waited for; a cause does not:
    what keeps those who are asked is waiting for an answer to who asks.
    """
    visits, program = reading.visits, reading.program
    arrived = np.where(visits["arrived"] >= 0, visits["arrived"], reading.left)
    services, handoffs, calls = (
        [plan.name for plan in plans] for plans in (program.services, program.handoffs, program.calls)
    )
    if name in services:
        yield from _chosen(reading, reading.service == services.index(name), arrived, reading.left)
    if name in handoffs:
        yield from _chosen(reading, reading.handoff == handoffs.index(name), visits["asked"], arrived)
    if name in calls:
        yield from _called(reading, calls.index(name))
    named = cause(name)
    if named is not None and name not in services:
        yield from _cause_stretches(reading, named, arrived)


def _chosen(reading: Reading, chosen: Flags, starts: Ints, ends: Ints) -> Iterator[Stretches]:
    rows = np.flatnonzero(chosen)
    owners = reading.visits["request"][rows]
    yield owners, starts[rows], ends[rows]
    yield from _for_who_waits(reading, owners, starts[rows], ends[rows])


def _called(reading: Reading, call: int) -> Iterator[Stretches]:
    """While the answer of a call is out and waited for."""
    requests = reading.requests
    rows = np.flatnonzero((requests["kind"] == CALLED) & (requests["source"] == call))
    yield from _for_who_waits(reading, rows, requests["asked"][rows], reading.ends[rows])


def _for_who_waits(reading: Reading, owners: Ints, starts: Ints, ends: Ints) -> Iterator[Stretches]:
    """The same stretches for who waits for the answers, for who waits for theirs, and so on."""
    while len(owners):
        owners = reading.who_waits[owners]
        mine = owners >= 0
        owners, starts, ends = owners[mine], starts[mine], ends[mine]
        yield owners, starts, ends


def _cause_stretches(reading: Reading, name: str, arrived: Ints) -> Iterator[Stretches]:
    visits = reading.visits
    for wait in WAITS:
        if wait == name or (wait == "carried_over" and name == "off_shift"):
            yield _in_order(list(WAIT_PARTS), f"wait_{wait}", arrived, reading)
    for part in HANDOFF_PARTS:
        if name == "handoff" or part == f"handoff_{name}":
            yield _in_order(list(HANDOFF_PARTS), part, visits["asked"], reading)
    if name in PAUSES and len(reading.pauses):
        pauses = reading.pauses
        mine = pauses["cause"] == PAUSES.index(name)
        yield visits["request"][pauses["visit"][mine]], pauses["start"][mine], reading.pause_ends[mine]
    if name == "blocked":
        rows = np.flatnonzero(visits["finished"] >= 0)
        yield visits["request"][rows], visits["finished"][rows], reading.left[rows]


def _in_order(parts: list[str], wanted: str, begin: Ints, reading: Reading) -> Stretches:
    """The stretch of one part, where parts follow one another from `begin` on.

    In the queue causes alternate; the length of each is right, and they stay within the queue.
    """
    visits = reading.visits
    before = sum(
        (visits.get(part) for part in parts[: parts.index(wanted)]), np.zeros(len(visits), dtype=np.int64)
    )
    starts = begin + before
    lengths = visits.get(wanted)
    rows = np.flatnonzero(lengths > 0)
    return visits["request"][rows], starts[rows], starts[rows] + lengths[rows]

"""Where the time of requests went, added up: of those that completed, and of the breaches of each promise.

Sums are whole ticks by group, consumer, place, service and cause, so that they are exact, and those of parts
of a run add up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.program.codes import CONSUMER, HANDOFF_PARTS, NONE
from serviceflow.results.critical_path import ANSWERS, CAUSES, WORKS, CriticalPath, Scenery
from serviceflow.results.derived import Ints, Reading
from serviceflow.results.places import Places
from serviceflow.results.promises import NEVER, Course, Promise, deliveries, promises, verdict
from serviceflow.results.reduce import added_up
from serviceflow.results.rows import OF_COMPLETED, ON_PATH, Condensed, Rows, has, kind_of

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

WORK = "work"
SEARCHED = ("wait_held", "wait_partner", "wait_stock", "blocked")
"""Parts whose place is somewhere else than the visit is: it takes the single visits to find it."""
SINGLE = (*SEARCHED, *ANSWERS)
"""Parts whose place visits that are otherwise alike do not share."""
CAUSE_NAMES = (*CAUSES.values(), WORK)
NUMBERS = {part: CAUSE_NAMES.index(cause) for part, cause in (CAUSES | WORKS).items()}
"""The cause of each part of visits."""
COMPLETED = 0
"""The group of completed requests; those of promises follow, in their order."""


@dataclass(frozen=True)
class Keys:
    """What each sum is of: a row each.

    Attributes
    ----------
    group, consumer, place, service, cause : array of int
        Consumers, places and services are -1 for none.
    """

    group: Ints
    consumer: Ints
    place: Ints
    service: Ints
    cause: Ints


class PathSums:
    """Ticks of one replication by group, consumer, place, service and cause.

    Parameters
    ----------
    program : Program
        The chain as it was run.

    Attributes
    ----------
    codes, ticks : array of int
        The keys, each as one number, in ascending order; and the sums.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.codes: Ints = np.empty(0, dtype=np.int64)
        self.ticks: Ints = np.empty(0, dtype=np.int64)
        services = len(program.services) + 1
        self._sizes = (len(program.consumers) + 1, len(Places(program)) + 1, services, len(CAUSE_NAMES))

    @property
    def beyond(self) -> int:
        """Above every code."""
        return prod(self._sizes) * (1 + len(promises(self.program)))

    def include(self, reading: Reading, rows: Rows | None = None, *, breaches: bool = True) -> None:
        """Add the next part of a run, with or without the breaches of promises.

        Parameters
        ----------
        reading : Reading
            The part.
        rows : Rows, optional
            Its visits, if somebody has them condensed.
        breaches : bool
            Whether they are wanted.
        """
        scenery = Scenery(reading)
        quick = self.of_rows(rows) if isinstance(rows, Condensed) else None
        if quick is None:
            self._include(COMPLETED, CriticalPath(scenery))
        else:
            self.merge(quick)
        if breaches:
            self._include_breaches(scenery)

    def include_breaches(self, reading: Reading) -> None:
        """Add the breaches of promises of the next part of a run, and no completed requests."""
        self._include_breaches(Scenery(reading))

    def _include_breaches(self, scenery: Scenery) -> None:
        for number, promise in enumerate(promises(self.program)):
            if promise.target is not None:
                course = breaches_of(scenery.reading, promise)
                self._include(COMPLETED + 1 + number, breach_path(scenery, promise, course))

    @classmethod
    def of_rows(cls, rows: Condensed) -> PathSums | None:
        """The sums of completed requests from visits that are condensed; None where it takes each of them."""
        program, found = rows.program, cls(rows.program)
        if program.calls or any(part in rows and rows.positive(part).any() for part in SEARCHED):
            return None
        own = has(rows, OF_COMPLETED | ON_PATH) & (kind_of(rows) == CONSUMER)
        for part, cause in NUMBERS.items():
            if part in rows:
                chosen = np.flatnonzero(own & (rows.positive(part) > 0))
                key = Keys(
                    np.array(COMPLETED),
                    rows.source[chosen],
                    found._places_of(rows, part)[chosen],
                    rows.service[chosen],
                    np.array(cause),
                )
                found._add(found._coded(key), np.rint(rows.ticks(part)[chosen]).astype(np.int64))
        return found

    def _places_of(self, rows: Condensed, part: str) -> Ints:
        """Where the visits of each row lost time in some way."""
        places = Places(self.program)
        if part in HANDOFF_PARTS:
            return np.where(rows.handoff >= 0, places.handoffs + rows.handoff, NONE)
        return np.where(rows.provider >= 0, rows.provider, places.of_service[rows.service])

    def merge(self, other: PathSums) -> None:
        """Add the sums of other parts of the run."""
        self._add(other.codes, other.ticks)

    def _include(self, group: int, path: CriticalPath) -> None:
        for part, cause in NUMBERS.items():
            if part in path.reading.visits:
                found = self._one_by_one(path, part) if part in SINGLE else self._together(path, part)
                for rows, places, ticks in found:
                    self._add(self._coded(_keys(path.scenery, group, cause, rows, places)), ticks)

    def _one_by_one(self, path: CriticalPath, part: str) -> Iterator[tuple[Ints, Ints, Ints]]:
        for one in path.scenery.placed(path.spent(part)):
            yield one.visits, one.places, one.ticks

    def _together(self, path: CriticalPath, part: str) -> Iterator[tuple[Ints, Ints, Ints]]:
        """Visits that are alike lose time at the same place."""
        first, which = path.scenery.alike
        ticks = added_up(which[path.rows(part)], path.ticks(part), len(first))
        some = ticks > 0
        rows, holders = first[some], path.scenery.holders
        yield rows, (holders.link if part in HANDOFF_PARTS else holders.place_of_visit)[rows], ticks[some]

    def _coded(self, key: Keys) -> Ints:
        consumers, places, services, causes = self._sizes
        codes = key.group * consumers + key.consumer + 1
        codes = codes * places + key.place + 1
        codes = codes * services + key.service + 1
        found: Ints = codes * causes + key.cause
        return found

    def _add(self, codes: Ints, ticks: Ints) -> None:
        if len(codes):
            both = np.concatenate([self.codes, codes])
            self.codes, place = np.unique(both, return_inverse=True)
            sums = np.zeros(len(self.codes), dtype=np.int64)
            np.add.at(sums, place.ravel(), np.concatenate([self.ticks, ticks]))
            self.ticks = sums

    def keys(self) -> Keys:
        """What each sum is of."""
        consumers, places, services, causes = self._sizes
        rest, cause = np.divmod(self.codes, causes)
        rest, service = np.divmod(rest, services)
        rest, place = np.divmod(rest, places)
        group, consumer = np.divmod(rest, consumers)
        return Keys(group, consumer - 1, place - 1, service - 1, cause)

    # As arrays, to be stored or sent

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What it holds, by name."""
        return {"codes": self.codes, "ticks": self.ticks}

    @classmethod
    def of_arrays(cls, program: Program, arrays: Mapping[str, NDArray[Any]]) -> PathSums:
        """Make it again of :meth:`arrays`."""
        found = cls(program)
        found.codes, found.ticks = arrays["codes"], arrays["ticks"]
        return found


def _keys(scenery: Scenery, group: int, cause: int, rows: Ints, places: Ints) -> Keys:
    """What the time of visits is of."""
    reading = scenery.reading
    consumers = reading.requests["consumer"][reading.visits["request"][rows]]
    return Keys(np.full(len(rows), group), consumers, places, reading.service[rows], np.array(cause))


def breaches_of(reading: Reading, promise: Promise) -> Course:
    """Those to whom a promise was broken."""
    course, found = verdict(reading, promise)
    some = found.breached
    return Course(course.requests[some], course.since[some], course.until[some], course.lost[some])


def breach_path(scenery: Scenery, promise: Promise, course: Course) -> CriticalPath:
    """The critical paths of breaches, as far as their clocks ran; numbered as they are in `course`."""
    if promise.scope == "handoff":
        return _path_of_deliveries(scenery, promise, course)
    rows, size = course.requests, len(scenery.reading.requests)
    ends, numbers = np.full(size, NEVER, dtype=np.int64), np.full(size + 1, NONE, dtype=np.int64)
    ends[rows], numbers[rows] = course.until, np.arange(len(rows))
    owner = numbers[scenery.of_requests(rows)]
    return CriticalPath(scenery, owner, ends[scenery.reading.visits["request"]])


def _path_of_deliveries(scenery: Scenery, promise: Promise, course: Course) -> CriticalPath:
    """Each delivery over a link with its returns: the visits of its request from the first to the last."""
    visits, found = scenery.reading.visits, verdict(scenery.reading, promise)[1]
    starts, lasts = (rows[found.breached] for rows in deliveries(scenery.reading, promise))
    owner = np.full(len(visits), NONE, dtype=np.int64)
    ends = np.full(len(visits), NEVER, dtype=np.int64)
    lengths = lasts - starts + 1
    number = np.repeat(np.arange(len(starts)), lengths)
    rows = np.arange(len(number)) + np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
    owner[rows], ends[rows] = np.where(scenery.inside[rows], number, NONE), course.until[number]
    owner[lasts] = np.arange(len(lasts))
    return CriticalPath(scenery, owner, ends)

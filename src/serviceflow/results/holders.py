"""Staff that are held: by which visits, while these wait for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from serviceflow.engine.program.codes import END, NONE
from serviceflow.results.callers import Answers
from serviceflow.results.coverage import Coverage
from serviceflow.results.derived import Flags, Floats, Ints, Reading
from serviceflow.results.places import Places

ROUNDS = 4
"""How often it is asked for whom those wait that are waited for."""


@dataclass(frozen=True)
class Stretches:
    """Stretches in which staff of some provider were held, each with what was waited for meanwhile.

    Attributes
    ----------
    owner, place : array of int
        Whose staff, and where what they waited for was.
    starts, ends : array of int
    weights : array of float
        -1 where others of the same owner take the place of it.
    waits : array of bool
        Whether it waited there for staff, or for room, and was not worked on.
    """

    owner: Ints
    place: Ints
    starts: Ints
    ends: Ints
    weights: Floats
    waits: Flags

    @classmethod
    def joined(cls, parts: Sequence[Stretches]) -> Stretches:
        """All of them."""
        names = ("owner", "place", "starts", "ends", "weights", "waits")
        return cls(*(np.concatenate([getattr(one, name) for one in parts]) for name in names))

    def coverage(self, chosen: Flags) -> Coverage:
        """Some of the stretches."""
        return Coverage(self.starts[chosen], self.ends[chosen], self.weights[chosen])


Table = list[tuple[int, Coverage]]
"""What some provider's staff waited for while they were held: places, and when."""


class Holders:
    """Whom the staff that were held in one record waited for.

    Who waits for somebody whose staff are held in their turn waits for whom these wait for.

    Parameters
    ----------
    reading : Reading
        One record.
    places : Places
        Of its chain.
    answers : Answers
        That visits waited for.
    """

    def __init__(self, reading: Reading, places: Places, answers: Answers) -> None:
        self.reading = reading
        self.places = places
        self.answers = answers

    def while_held(self, mains: Sequence[int], starts: Ints, ends: Ints) -> tuple[Ints, Floats]:
        """For each stretch of time, for how long which places were waited for by held staff.

        Parameters
        ----------
        mains : sequence of int
            The providers of whom any would do.
        starts : array of int
            Of the stretches.
        ends : array of int
            Of the stretches.

        Returns
        -------
        places, weights
            Weights have a row per stretch, and a column per place.
        """
        return _weights([pair for main in mains for pair in self._tables.get(main, [])], starts, ends)

    def beyond(self, provider: int, starts: Ints, ends: Ints) -> tuple[Ints, Floats]:
        """How long those who wait for a provider wait for it, and how long for whom its held staff await."""
        return self._beyond(self._tables, provider, starts, ends)

    def _beyond(
        self, tables: Mapping[int, Table], provider: int, starts: Ints, ends: Ints
    ) -> tuple[Ints, Floats]:
        length = (ends - starts).astype(np.float64)
        places, weights = _weights(tables.get(provider, []), starts, ends)
        total = weights.sum(axis=1)
        held = self._held[provider].within(starts, ends) if provider in self._held else np.zeros(len(starts))
        held = np.where(total > 0, np.minimum(held, length), 0.0)
        weights = weights * np.divide(held, total, out=np.zeros(len(starts)), where=total > 0)[:, None]
        return np.append(places, provider), np.column_stack([weights, length - held])

    # Who holds whom

    @cached_property
    def _first(self) -> Stretches:
        """What held staff waited for, at first sight."""
        return Stretches.joined([self._blocked(), *self._awaiting_answers()])

    @cached_property
    def _held(self) -> dict[int, Coverage]:
        """By provider, when any of its staff were held."""
        first = self._first
        return {int(one): first.coverage(first.owner == one).union for one in np.unique(first.owner)}

    @cached_property
    def _tables(self) -> dict[int, Table]:
        first, found = self._first, _tables(self._first)
        deeper = first.waits & np.isin(first.place, first.owner)
        for _ in range(ROUNDS if deeper.any() else 0):
            found = _tables(self._followed(deeper, found))
        return found

    def _followed(self, deeper: Flags, tables: Mapping[int, Table]) -> Stretches:
        """The first stretches with those that wait for held staff divided among whom these wait for."""
        first = self._first
        parts = [_some(first, ~deeper)]
        for provider in np.unique(first.place[deeper]).tolist():
            own = _some(first, deeper & (first.place == provider))
            length = np.maximum(own.ends - own.starts, 1)
            places, weights = self._beyond(tables, provider, own.starts, own.ends)
            for column, place in enumerate(places.tolist()):
                parts.append(_moved(own, place, own.weights * weights[:, column] / length))
        return Stretches.joined(parts)

    def _blocked(self) -> Stretches:
        reading = self.reading
        rows = np.flatnonzero(reading.visits.get("blocked") > 0)
        rows = rows[self.room_awaited[rows] >= 0]
        return self._of_visits(
            reading.provider[rows], self.room_awaited[rows], reading.work_end[rows], reading.left[rows], True
        )

    def _of_visits(self, owner: Ints, place: Ints, starts: Ints, ends: Ints, waits: bool) -> Stretches:
        size = len(owner)
        return Stretches(owner, place, starts, ends, np.ones(size), np.full(size, waits))

    def _awaiting_answers(self) -> list[Stretches]:
        """Staff that await an answer wait where the called request is, and where what that calls is."""
        reading, answers = self.reading, self.answers
        started = reading.visits["started"][answers.callers]
        in_hand = (started >= 0) & (reading.requests["asked"][answers.called] >= started)
        owners = np.full(len(reading.requests), NONE, dtype=np.int64)
        owners[answers.called[in_hand]] = reading.provider[answers.callers[in_hand]]
        found: list[Stretches] = []
        while (owners >= 0).any():
            found += self._of_called(owners)
            owners, taken = self._called_by(owners)
            found.append(taken)
        return found

    def _of_called(self, owners: Ints) -> list[Stretches]:
        """On the way, in the queue and in the work of the visits of called requests."""
        reading, visits = self.reading, self.reading.visits
        on_path = np.ones(len(visits), dtype=bool) if reading.on_path is None else reading.on_path
        rows = np.flatnonzero((owners[visits["request"]] >= 0) & on_path)
        owner = owners[visits["request"][rows]]
        arrived = np.where(visits["arrived"] >= 0, visits["arrived"], reading.left)[rows]
        at = self.place_of_visit[rows]
        waited = reading.queue_end[rows]
        return [
            self._of_visits(owner, self.link[rows], visits["asked"][rows], arrived, False),
            self._of_visits(owner, at, arrived, waited, True),
            self._of_visits(owner, at, waited, reading.left[rows], False),
        ]

    def _called_by(self, owners: Ints) -> tuple[Ints, Stretches]:
        """What was called in the course of called requests, and the time that it takes the place of."""
        reading, answers = self.reading, self.answers
        whose = owners[reading.visits["request"][answers.callers]]
        if reading.on_path is not None:
            whose = np.where(reading.on_path[answers.callers], whose, NONE)
        known = whose >= 0
        called, callers = answers.called[known], answers.callers[known]
        found = np.full(len(owners), NONE, dtype=np.int64)
        found[called] = whose[known]
        asked, started = reading.requests["asked"][called], reading.visits["started"][callers]
        before = (started < 0) | (asked < started)
        place = self.place_of_visit[callers]
        ends, weights = reading.ends[called], np.full(len(called), -1.0)
        return found, Stretches(whose[known], place, asked, ends, weights, before)

    # Where visits are

    @cached_property
    def place_of_visit(self) -> Ints:
        """Where each visit is: with a provider, or at an outside party; -1 on the way home."""
        reading = self.reading
        return np.where(reading.provider >= 0, reading.provider, self.places.of_service[reading.service])

    @cached_property
    def link(self) -> Ints:
        """The handoff or the call that brought each visit; -1 for none."""
        visits, places = self.reading.visits, self.places
        handoff, call = visits.get("handoff", NONE), visits.get("call", NONE)
        found = np.where(handoff >= 0, places.handoffs + handoff, NONE)
        return np.where(call >= 0, places.calls + call, found)

    @cached_property
    def room_awaited(self) -> Ints:
        """The provider whose full queue each blocked visit waits for, that of where it goes next; or -1."""
        reading, visits = self.reading, self.reading.visits
        found = np.full(len(visits), NONE, dtype=np.int64)
        rows = np.flatnonzero(reading.service != END)
        if "previous" in visits:
            before = visits["previous"][rows]
        else:
            before = np.where(visits["request"][rows] == visits["request"][rows - 1], rows - 1, NONE)
            before[rows == 0] = NONE
        follows = rows[before >= 0]
        where = reading.owners[reading.service[follows]]
        blocks = np.array([plan.blocks for plan in self.places.program.providers] + [False])
        order = np.argsort(blocks[where], kind="stable")  # Of several branches one that had to wait for room.
        found[before[before >= 0][order]] = where[order]
        return found


def _some(stretches: Stretches, chosen: Flags) -> Stretches:
    names = ("owner", "place", "starts", "ends", "weights", "waits")
    return Stretches(*(getattr(stretches, name)[chosen] for name in names))


def _moved(stretches: Stretches, place: int, weights: Floats) -> Stretches:
    """The same stretches of another place, with other weights."""
    place_of_all = np.full(len(weights), place, dtype=np.int64)
    return _some(
        Stretches(stretches.owner, place_of_all, stretches.starts, stretches.ends, weights, stretches.waits),
        weights != 0,
    )


def _tables(stretches: Stretches) -> dict[int, Table]:
    """What the staff of each provider waited for, and when."""
    found: dict[int, Table] = {}
    known = (stretches.ends > stretches.starts) & (stretches.place >= 0)
    for owner in np.unique(stretches.owner[known]).tolist():
        own = known & (stretches.owner == owner)
        found[owner] = [
            (place, stretches.coverage(own & (stretches.place == place)))
            for place in np.unique(stretches.place[own]).tolist()
        ]
    return found


def _weights(pairs: Table, starts: Ints, ends: Ints) -> tuple[Ints, Floats]:
    columns = [np.maximum(coverage.within(starts, ends), 0.0) for _, coverage in pairs]
    weights = np.column_stack(columns) if columns else np.zeros((len(starts), 0))
    return np.array([place for place, _ in pairs], dtype=np.int64), weights

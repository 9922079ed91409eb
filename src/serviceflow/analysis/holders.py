"""Staff that are held: by which visits, while these wait for whom."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from serviceflow.analysis.callers import callers_of
from serviceflow.engine.program.codes import CALLED, END, NONE, PAUSE_CALL
from serviceflow.results.derived import Ints, Reading

Share = tuple[int, int]
"""A provider, and ticks."""
Stretches = tuple[Ints, Ints, Ints]
"""Starts, ends, and the provider that is waited for."""


class Holders:
    """The stretches in which staff of one record were held, and whom they waited for.

    Parameters
    ----------
    reading : Reading
        One record.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.program = reading.program

    def awaited_when_blocked(self, rows: Ints) -> Ints:
        """The provider whose full queue each blocked visit waits for: that of where it goes next."""
        found: Ints = self._next_provider[rows]
        return found

    @cached_property
    def _next_provider(self) -> Ints:
        visits = self.reading.visits
        owners = np.array([plan.provider for plan in self.program.services] + [NONE], dtype=np.int64)
        found = np.full(len(visits), NONE, dtype=np.int64)
        before = visits.get("previous", NONE)
        follows = np.flatnonzero((before >= 0) & (self.reading.service != END))
        found[before[follows]] = owners[self.reading.service[follows]]
        return found

    def shares(self, rows: Ints, ticks: Ints) -> Iterator[tuple[int, list[Share]]]:
        """For each visit that waited for staff that were held, the ticks by the provider waited for.

        What it lost is divided as the stretches overlap its wait; whole ticks, so that sums stay exact. Where
        nobody is found, it stays with the visit's own provider.
        """
        visits = self.reading.visits
        for row, lost in zip(rows.tolist(), ticks.tolist(), strict=True):
            own = int(self.reading.provider[row])
            begin = int(visits.get("queued", NONE)[row])
            window = (max(begin, 0), int(self.reading.queue_end[row]))
            yield row, _divided(lost, self._overlaps(own, window), own)

    def _overlaps(self, provider: int, window: tuple[int, int]) -> dict[int, int]:
        starts, ends, awaited = self._stretches.get(provider, (_EMPTY, _EMPTY, _EMPTY))
        overlap = np.minimum(ends, window[1]) - np.maximum(starts, window[0])
        inside = overlap > 0
        found: dict[int, int] = {}
        for place, length in zip(awaited[inside].tolist(), overlap[inside].tolist(), strict=True):
            found[place] = found.get(place, 0) + length
        return found

    @cached_property
    def _stretches(self) -> dict[int, Stretches]:
        """By provider, the stretches in which some of its staff were held."""
        reading, visits, pauses = self.reading, self.reading.visits, self.reading.pauses
        blocked = np.flatnonzero(visits.get("blocked") > 0)
        parts = [(blocked, reading.work_end[blocked], reading.left[blocked], self._next_provider[blocked])]
        if len(pauses):
            calls = np.flatnonzero(pauses["cause"] == PAUSE_CALL)
            who = pauses["visit"][calls]
            parts.append((who, pauses["start"][calls], reading.pause_ends[calls], self._asked_provider[who]))
        who, starts, ends, awaited = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        owners = reading.provider[who]
        return {
            int(owner): (starts[owners == owner], ends[owners == owner], awaited[owners == owner])
            for owner in np.unique(owners)
        }

    @cached_property
    def _asked_provider(self) -> Ints:
        """For each visit the provider of what it called, the last one asked."""
        requests = self.reading.requests
        found = np.full(len(self.reading.visits), NONE, dtype=np.int64)
        called = np.flatnonzero(requests["kind"] == CALLED)
        callers = callers_of(self.reading, called)
        targets = np.array(
            [self.program.services[plan.target].provider for plan in self.program.calls] + [NONE]
        )
        known = callers >= 0
        found[callers[known]] = targets[requests["source"][called[known]]]
        return found


_EMPTY: Ints = np.empty(0, dtype=np.int64)


def _divided(ticks: int, weights: dict[int, int], own: int) -> list[Share]:
    """Whole ticks in proportion to weights: what rounding leaves goes to the largest."""
    known = {place if place >= 0 else own: weight for place, weight in weights.items()}
    total = sum(known.values())
    if not total:
        return [(own, ticks)]
    shares = {place: ticks * weight // total for place, weight in known.items()}
    largest = max(known, key=lambda place: (known[place], -place))
    shares[largest] += ticks - sum(shares.values())
    return [(place, share) for place, share in sorted(shares.items()) if share]

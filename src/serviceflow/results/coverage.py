"""Stretches of time with weights, and what of them lies within others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from serviceflow.results.derived import Floats, Ints


@dataclass(frozen=True)
class Coverage:
    """Stretches [start, end), each with a weight.

    Attributes
    ----------
    starts, ends : array of int
    weights : array of float
        May be negative: what takes the place of other stretches takes these away.
    """

    starts: Ints
    ends: Ints
    weights: Floats

    def within(self, starts: Ints, ends: Ints) -> Floats:
        """Weighted length of the stretches within each of some others."""
        return self._until(ends) - self._until(starts)

    def _until(self, instants: Ints) -> Floats:
        return _ramp(instants, *self._sorted[0]) - _ramp(instants, *self._sorted[1])

    @cached_property
    def _sorted(self) -> list[tuple[Ints, Floats, Floats]]:
        """For starts and for ends: the instants in order, with sums of weights and of weighted instants."""
        found = []
        for instants in (self.starts, self.ends):
            order = np.argsort(instants, kind="stable")
            weights, when = self.weights[order], instants[order]
            sums = np.concatenate([[0.0], np.cumsum(weights)])
            moments = np.concatenate([[0.0], np.cumsum(weights * when)])
            found.append((when, sums, moments))
        return found

    @cached_property
    def union(self) -> Coverage:
        """The time that any of the stretches of a positive weight covers, each instant once."""
        chosen = (self.weights > 0) & (self.ends > self.starts)
        order = np.argsort(self.starts[chosen], kind="stable")
        starts, ends = self.starts[chosen][order], self.ends[chosen][order]
        if not len(starts):
            return Coverage(starts, ends, np.empty(0))
        reach = np.maximum.accumulate(ends)
        first = np.concatenate([[True], starts[1:] > reach[:-1]])
        last = np.concatenate([first[1:], [True]])
        return Coverage(starts[first], reach[last], np.ones(np.count_nonzero(first)))


def _ramp(instants: Ints, when: Ints, sums: Floats, moments: Floats) -> Floats:
    """Weighted time since each of some instants, up to others."""
    place = np.searchsorted(when, instants, side="right")
    found: Floats = instants * sums[place] - moments[place]
    return found


def apportioned(ticks: Ints, weights: Floats) -> Ints:
    """Whole ticks in proportion to weights: what rounding leaves goes to the largest.

    Parameters
    ----------
    ticks : array of int, of length n
        What is divided.
    weights : array of float, of shape (n, places)
        What is not positive takes nothing; rows without any take nothing either.
    """
    weights = np.maximum(weights, 0.0)
    total = weights.sum(axis=1)
    safe = np.where(total > 0, total, 1.0)
    shares = np.floor(ticks[:, None] * (weights / safe[:, None])).astype(np.int64)
    rows = np.flatnonzero(total > 0)
    if len(rows):
        largest = weights[rows].argmax(axis=1)
        shares[rows, largest] += ticks[rows] - shares[rows].sum(axis=1)
    return shares

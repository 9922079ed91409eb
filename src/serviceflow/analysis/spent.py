"""Where the time of requests went, over replications: totals by any of consumer, place, service and cause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.results.derived import Flags, Floats, Ints
from serviceflow.results.path_sums import CAUSE_NAMES, COMPLETED, WORK, Keys, PathSums
from serviceflow.results.places import Places

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Spent:
    """Ticks by replication and key.

    Attributes
    ----------
    program : Program
        What was run.
    keys : Keys
        What each column is of.
    ticks : array of shape (replications, keys)
    """

    program: Program
    keys: Keys
    ticks: Floats

    @classmethod
    def of(cls, program: Program, sums: Sequence[PathSums]) -> Spent:
        """Put the sums of replications side by side."""
        every = PathSums(program)
        for one in sums:
            every.merge(one)
        ticks = np.zeros((len(sums), len(every.codes)))
        for row, one in enumerate(sums):
            ticks[row, np.searchsorted(every.codes, one.codes)] = one.ticks
        return cls(program, every.keys(), ticks)

    def chosen(self, group: int = COMPLETED, *, lost: bool = True) -> Spent:
        """Those of one group; what was lost, or the work too."""
        some = self.keys.group == group
        if lost:
            some &= self.keys.cause != CAUSE_NAMES.index(WORK)
        return self.where(some)

    def where(self, some: Flags) -> Spent:
        """Some of the columns."""
        names = ("group", "consumer", "place", "service", "cause")
        keys = Keys(*(getattr(self.keys, name)[some] for name in names))
        return Spent(self.program, keys, self.ticks[:, some])

    def by(self, *names: str) -> tuple[list[Key], Floats]:
        """Totals by some of the keys, in the order of their numbers.

        Parameters
        ----------
        *names : str
            Of "consumer", "place", "service" and "cause".

        Returns
        -------
        keys, ticks
            Each key as a tuple, a place as its scope and name; ticks have a row per replication.
        """
        columns = [getattr(self.keys, name) for name in names]
        if not len(self.keys.cause):
            return [], np.zeros((len(self.ticks), 0))
        found, place = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
        totals = np.zeros((len(self.ticks), len(found)))
        np.add.at(totals.T, place.ravel(), self.ticks.T)
        return [self._named(names, row) for row in found.tolist()], totals

    def _named(self, names: Iterable[str], numbers: Sequence[int]) -> Key:
        found: list[str] = []
        for name, number in zip(names, numbers, strict=True):
            found += self._name(name, number)
        return tuple(found)

    def _name(self, name: str, number: int) -> list[str]:
        if name == "place":
            places = Places(self.program)
            return [places.scope(number), places.name(number)]
        if name == "cause":
            return [CAUSE_NAMES[number]]
        plans: Sequence[Any] = getattr(self.program, f"{name}s")
        return [plans[number].name if number >= 0 else "end"]


def completed(results: Any) -> Floats:
    """How many requests of each consumer completed, in each replication."""
    found: Floats = results._means["consumer", "completed"].totals
    return found


def rank_first(ticks: Floats) -> Floats:
    """Share of replications in which each column is the largest; ties share theirs."""
    most = ticks.max(axis=1, keepdims=True, initial=0.0)
    best = (ticks == most) & (most > 0)
    shares: Floats = (best / np.maximum(best.sum(axis=1, keepdims=True), 1)).mean(axis=0)
    return shares


def order_of(ticks: Floats) -> Ints:
    """Columns, the largest total first."""
    return np.argsort(-ticks.sum(axis=0), kind="stable")

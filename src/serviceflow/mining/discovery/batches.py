"""Work on several cases at once: how many make a batch, and how long its first waits for the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from serviceflow.mining.discovery.durations import written
from serviceflow.mining.discovery.history import History, Ints

TOGETHER = 0.5
"""Share of instances that begin and end together with others, from which on an activity is in batches."""
FEWEST = 5
"""Groups of two and more that it takes."""
SOON = 0.05
"""Part of the groups that are not full among which the shortest wait is that of the rule."""
SECOND = 1_000_000


@dataclass(frozen=True)
class Batches:
    """How an activity is done in batches.

    Attributes
    ----------
    size : int
        How many make a batch.
    max_wait : float or None
        Seconds that the first of a batch waits at most for others; None where batches are always full.
    groups : int
        How many there are.
    mean, low, high : float
        Of their sizes, with its 95% interval.
    """

    size: int
    max_wait: float | None
    groups: int
    mean: float
    low: float
    high: float

    @property
    def fields(self) -> dict[str, object]:
        """As a model file has them."""
        most = {} if self.max_wait is None else {"max_wait": written(self.max_wait)}
        return {"size": self.size, **most}


def batches_of(found: History) -> dict[int, Batches]:
    """The activities that are done in batches; those that are not the first of theirs are marked."""
    result = {}
    joined = np.zeros(len(found.start), dtype=bool)
    for activity in range(len(found.names)):
        rows = np.flatnonzero((found.activities == activity) & _known(found))
        if not len(rows) or (found.given is None and (found.by[rows] < 0).mean() > TOGETHER):
            continue  # those who come in groups begin in groups
        firsts, sizes = _groups(found, rows)
        if (sizes >= 2).sum() < FEWEST or sizes[sizes >= 2].sum() < TOGETHER * sizes.sum():
            continue
        result[activity] = _rule(found, rows, firsts, sizes)
        mates = np.ones(len(rows), dtype=bool)
        mates[firsts] = False
        joined[rows[mates]] = True
    found.joined = joined if joined.any() else None
    return result


def _known(found: History) -> npt.NDArray[np.bool_]:
    return np.array([one is not None for one in found.resources], dtype=bool)


def _groups(found: History, rows: Ints) -> tuple[Ints, Ints]:
    """The first of each group among rows, and how many are in it."""
    if not len(rows):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    _, resources = np.unique(np.array([str(one) for one in found.resources[rows]]), return_inverse=True)
    keys = np.stack([resources, found.start[rows], found.end[rows]])
    _, firsts, sizes = np.unique(keys, axis=1, return_index=True, return_counts=True)
    return firsts.astype(np.int64), sizes.astype(np.int64)


def _rule(found: History, rows: Ints, firsts: Ints, sizes: Ints) -> Batches:
    size = int(max(value for value in np.unique(sizes) if (sizes == value).sum() > 1 or value == 2))
    size = max(size, 2)
    begins, ends = found.start[rows[firsts]], found.end[rows[firsts]]
    enabled = _enabled(found, rows)
    waits = []
    for first, begin, end, count in zip(firsts, begins, ends, sizes, strict=True):
        if count < size:
            same = (found.start[rows] == begin) & (found.end[rows] == end)
            same &= found.resources[rows] == found.resources[rows[first]]
            waits.append(float(begin - enabled[same].min()) / SECOND)
    some = len(waits) >= max(3, SOON * len(sizes))
    max_wait = float(np.quantile(waits, SOON)) if some else None
    mean, half = float(sizes.mean()), 1.96 * float(sizes.std()) / float(np.sqrt(len(sizes)))
    return Batches(size, max_wait, len(sizes), mean, mean - half, mean + half)


def _enabled(found: History, rows: Ints) -> Ints:
    if found.given is not None:
        return found.given[rows]
    before = found.by[rows]
    enabled: Ints = np.where(before >= 0, found.end[before], found.start[rows])
    return enabled

"""Delays that leave no trace: work that did not begin although who did it was there and free.

Whatever waits while its resource is present and free waits for something that the log does not have. Such
a delay lasts from the end of the work before at least to the last instant at which the resource was free;
where the resource was free right up to the start, it lasted until then. Where the resource was busy or away,
it may have ended at any time before. What these intervals say about the distribution of delays is Turnbull's
estimate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from serviceflow.mining.discovery.durations import fitted
from serviceflow.mining.discovery.history import History, Ints
from serviceflow.mining.discovery.week import DAY, HOUR, Floats
from serviceflow.mining.hours import FIRST_MONDAY, Hours

SHORTEST = 60.0
"""Seconds of delay on average below which there is none."""
LEAST_SHARE = 0.05
NONE = 0.02
"""Share of instances without delay below which all have one."""
SECOND = 1_000_000
SUPPORT, MOST_ROWS, ROUNDS = 80, 4_000, 300
SLACK = 60 * SECOND


@dataclass(frozen=True)
class Delay:
    """The hidden delay of a handoff.

    Attributes
    ----------
    values : array
        How those that are above zero are distributed, in seconds.
    share : float
        How many are above zero.
    seen, count : int
        Instances that show one, and all.
    """

    values: Floats
    share: float
    seen: int
    count: int

    @property
    def error(self) -> float:
        """The standard error of the mean, in seconds, as if all had been seen."""
        square = self.share * float((self.values**2).mean())
        return math.sqrt(max(square - self.mean**2, 0.0) / self.count)

    @property
    def mean(self) -> float:
        """In seconds, over all."""
        return self.share * float(self.values.mean())

    @property
    def text(self) -> str:
        """As a model file writes it."""
        text = fitted(self.values)[0]
        none = 1 - self.share
        if none < NONE:
            return text
        some = text if "(" in text else f"constant(value={text})"
        return f"mixture(shares=[{none:.4f}, {1 - round(none, 4):.4f}], of=[constant(value=0 s), {some}])"

    @property
    def how(self) -> str:
        """How its family was found."""
        return fitted(self.values)[1]

    def of_mean(self, mean: float) -> Delay:
        """The same, longer or shorter."""
        return replace(self, values=self.values * (mean / self.mean))


def bounds_of(found: History, hours: dict[Any, Hours]) -> tuple[Ints, Ints]:
    """For every instance between which lengths its hidden delay was, in microseconds from its enabling."""
    before = found.by
    enabled = np.where(before >= 0, found.end[before], found.start)
    wait = np.maximum(found.start - enabled, 0)
    low, high = np.zeros_like(wait), wait.copy()
    nobody = np.array([one is None for one in found.resources], dtype=bool)
    low[nobody] = wait[nobody]
    for resource in dict.fromkeys(found.resources[~nobody].tolist()):
        rows = np.flatnonzero(found.resources == resource)
        low[rows] = _least(found.start[rows], found.end[rows], enabled[rows], hours.get(resource))
    if found.given is not None:
        known = np.maximum(found.given - enabled, 0)
        low, high = known.copy(), known.copy()
    return low, high


def _least(start: Ints, end: Ints, enabled: Ints, hours: Hours | None) -> Ints:
    """From the enabling to the last instant at which the resource was there, free, and had not begun."""
    begins, ends = _gaps(start, end, hours)
    place = np.searchsorted(begins, start, side="left") - 1
    found = np.zeros(len(start), dtype=np.int64)
    some = np.flatnonzero(place >= 0)
    first = np.maximum(begins[place[some]], enabled[some])
    last = np.minimum(ends[place[some]], start[some])
    there = _open_time(first, last, hours) > 0
    found[some[there]] = (last - enabled[some])[there]
    return found


def _open_time(first: Ints, last: Ints, hours: Hours | None) -> Ints:
    length: Ints = np.maximum(last - first, 0)
    if hours is None:
        return length
    found: Ints = np.where(length > 0, length - hours.closed(first, np.maximum(last, first)), 0)
    return found


def _gaps(start: Ints, end: Ints, hours: Hours | None) -> tuple[Ints, Ints]:
    """When a resource was free between two pieces of work of one day, for more than a moment."""
    order = np.argsort(start, kind="stable")
    latest = np.maximum.accumulate(end[order])[:-1]
    following = start[order][1:]
    near = (latest // DAY == following // DAY) | (following - latest < 2 * HOUR)
    free = near & (_open_time(latest, following, hours) > SLACK)
    return latest[free], following[free]


def masks(found: History, members: dict[Any, list[Any]]) -> dict[Any, Hours]:
    """For every resource the quarters of an hour in which its pool begins or ends anything at all.

    Pauses that all have in common, such as that at noon, are in no calendar by hours; a quarter counts as
    open where it has a fifth of the usual number of stamps. Of few stamps hours are taken.
    """
    result = {}
    for resources in members.values():
        rows = np.isin(found.resources, resources)
        stamps = np.concatenate([found.start[rows], found.end[rows]])
        size = HOUR // 4 if len(stamps) >= 2_000 else HOUR
        hours = Hours(_open(stamps, size)) if len(stamps) >= 100 else None
        if hours is not None:
            result.update(dict.fromkeys(resources, hours))
    return result


def _open(stamps: Ints, size: int) -> list[tuple[int, int]]:
    since = (stamps - FIRST_MONDAY) % (7 * DAY)
    week = np.bincount(since // size, minlength=7 * DAY // size).reshape(7, -1)
    busy = week.sum(axis=1) > 0.2 * np.median(week.sum(axis=1)[week.sum(axis=1) > 0])
    counts = np.where(busy[:, None], week[busy].sum(axis=0)[None, :], week)
    usual = np.median(counts[counts > 0])
    spans: list[tuple[int, int]] = []
    for slot in np.flatnonzero(counts.reshape(-1) > 0.2 * usual).tolist():
        begin, end = slot * size, (slot + 1) * size
        if spans and spans[-1][1] == begin:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((begin, end))
    return spans


def delay_of(low: Ints, high: Ints) -> Delay | None:
    """The delay of a handoff by the bounds of its instances; None where there is no sign of one."""
    if not len(low):
        return None
    seen = int((low > SHORTEST * SECOND).sum())
    if seen < max(3, LEAST_SHARE * len(low)):
        return None
    support, masses = _turnbull(low / SECOND, high / SECOND)
    mean = float(support @ masses)
    if mean < SHORTEST:
        return None
    none = float(masses[support < 1.0].sum())
    values = _sample(support[support >= 1.0], masses[support >= 1.0])
    values = values * (mean / (float(values.mean()) * (1 - none if none >= NONE else 1)))
    return Delay(values, 1 - none if none >= NONE else 1.0, seen, len(low))


def _turnbull(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Values and their masses by self-consistency."""
    if len(low) > MOST_ROWS:
        chosen = np.linspace(0, len(low) - 1, MOST_ROWS).astype(int)
        low, high = low[chosen], high[chosen]
    exact = high - low < 1.0
    told = np.where(exact, low, (low + high) / 2)[low >= 1.0]
    support = np.unique(np.concatenate([[0.0], np.quantile(told, (np.arange(SUPPORT) + 0.5) / SUPPORT)]))
    middles = (support[1:] + support[:-1]) / 2
    nearest = np.searchsorted(middles, low)
    within: npt.NDArray[np.bool_] = (support >= low[:, None]) & (support <= high[:, None])
    within[exact] = False
    within[np.arange(len(low)), nearest] |= exact | ~within.any(axis=1)
    masses = np.full(len(support), 1 / len(support))
    for _ in range(ROUNDS):
        parts = within * masses
        parts /= np.maximum(parts.sum(axis=1, keepdims=True), 1e-300)
        masses = parts.mean(axis=0)
    return support, masses


def _sample(support: Floats, masses: Floats) -> Floats:
    """Two hundred values that are distributed so."""
    running = np.cumsum(masses) / masses.sum()
    places = np.searchsorted(running, (np.arange(200) + 0.5) / 200)
    values: Floats = support[np.minimum(places, len(support) - 1)]
    return values

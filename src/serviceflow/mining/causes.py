"""What each instance of work waited for: its batch, its resource at other work, or its resource off duty.

A resource's time is cut into segments at every begin and end of its work. In a segment it is at work on
whatever was enabled first among what is open then; so a segment counts as contention for an instance
exactly where that was enabled no later than the instance, and everything is sums over ranges of segments.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from serviceflow.mining.hours import Hours
from serviceflow.mining.wavelet import RangeSums

Ints = npt.NDArray[np.int64]
CAUSES = ("batch", "contention", "prioritization", "off_shift", "unexplained")
IDLE = np.iinfo(np.int64).max
"""The key of a segment in which a resource is at no work."""
LARGEST_SQUARE = 2_000


def causes_of(
    table: pd.DataFrame, start: Ints, end: Ints, enabled: Ints, hours: Mapping[str, Hours]
) -> dict[str, Ints]:
    """Waiting of every instance by cause, in microseconds."""
    found = {cause: np.zeros(len(table), dtype=np.int64) for cause in CAUSES}
    resources, names = pd.factorize(table["resource"])
    activities = pd.factorize(table["activity"])[0]
    order = np.lexsort((end, start, resources))
    borders = np.searchsorted(resources[order], np.arange(len(names) + 1))
    for name, first, last in zip(names, borders[:-1], borders[1:], strict=True):
        rows = order[first:last]
        work = _Work(activities[rows], start[rows], end[rows], enabled[rows])
        for cause, ticks in work.causes(hours.get(str(name))).items():
            found[cause][rows] = ticks
    told = sum((found[cause] for cause in CAUSES[:-1]), np.zeros(len(table), dtype=np.int64))
    found["unexplained"] = start - enabled - told
    return found


@dataclass
class _Work:
    """The instances of one resource, by their begin."""

    activities: Ints
    begins: Ints
    ends: Ints
    offers: Ints

    def causes(self, hours: Hours | None) -> dict[str, Ints]:
        """Waiting by cause."""
        last, batch = _batches(self.activities, self.begins, self.ends, self.offers)
        since = np.minimum(last, self.begins)
        edges, keys = _segments(self.begins, self.ends, self.offers)
        spans = _Spans(edges, since, self.begins)
        busy = spans.sums(np.where(keys == IDLE, 0, np.diff(edges)), keys != IDLE)
        first = self._contention(keys, edges, since, last, batch)
        found = {"batch": since - self.offers, "contention": first, "prioritization": busy - first}
        if hours is not None:
            found["off_shift"] = self._off_duty(hours, spans, keys, since)
        return found

    def _contention(self, keys: Ints, edges: Ints, since: Ints, last: Ints, batch: Ints) -> Ints:
        """Time at work on what was enabled no later, before the batch and within it."""
        opening = self.begins[batch]
        before = _Spans(edges, np.minimum(since, opening), opening)
        found = before.keyed(keys, last)
        mates = np.flatnonzero(batch != np.arange(len(batch)))
        if len(mates):
            found[mates] += _within_batches(self, mates, last, batch)
        return found

    def _off_duty(self, hours: Hours, spans: _Spans, keys: Ints, since: Ints) -> Ints:
        """Closed time in which the resource was not at work all the same."""
        edges = spans.edges
        away = np.where(keys == IDLE, 0, hours.closed(edges[:-1], edges[1:]))
        cut = np.where(spans.inside & (keys[spans.place] != IDLE), hours.closed(since, spans.until), 0)
        return hours.closed(since, self.begins) - spans.whole(away) - cut


class _Spans:
    """Ranges of time, each ending at an edge, as a piece of one segment and whole segments."""

    def __init__(self, edges: Ints, since: Ints, ends: Ints) -> None:
        self.edges = edges
        self.place = np.clip(np.searchsorted(edges, since, side="right") - 1, 0, len(edges) - 2)
        self.stop = np.searchsorted(edges, ends, side="left")
        self.inside = (since > edges[self.place]) & (since < ends)
        self.first = np.where(self.inside, self.place + 1, np.searchsorted(edges, since, side="left"))
        self.first = np.minimum(self.first, self.stop)
        self.until = np.where(self.inside, edges[self.place + 1], since)
        self.piece = self.until - since

    def whole(self, values: Ints) -> Ints:
        """Sums over the segments that lie in the ranges as a whole."""
        running = np.concatenate([[0], np.cumsum(values)])
        found: Ints = running[self.stop] - running[self.first]
        return found

    def sums(self, values: Ints, counted: npt.NDArray[np.bool_]) -> Ints:
        """Sums over the ranges, pieces included where their segment counts."""
        return self.whole(values) + np.where(self.inside & counted[self.place], self.piece, 0)

    def keyed(self, keys: Ints, bounds: Ints) -> Ints:
        """Time in segments whose key is at most the bound."""
        sums = RangeSums(keys, np.diff(self.edges)).up_to(self.first, self.stop, bounds)
        return sums + np.where(self.inside & (keys[self.place] <= bounds), self.piece, 0)


def _segments(begins: Ints, ends: Ints, offers: Ints) -> tuple[Ints, Ints]:
    """Edges of a resource's segments, and when what is open in each of them was enabled first."""
    edges = np.unique(np.concatenate([begins, ends]))
    if len(edges) == 1:
        edges = np.append(edges, edges[0] + 1)
    keys = np.full(len(edges) - 1, IDLE, dtype=np.int64)
    open_: list[tuple[int, int]] = []
    work = list(zip(begins.tolist(), ends.tolist(), offers.tolist(), strict=True))
    position = 0
    for number, instant in enumerate(edges[:-1].tolist()):
        while position < len(work) and work[position][0] <= instant:
            heapq.heappush(open_, (work[position][2], work[position][1]))
            position += 1
        while open_ and open_[0][1] <= instant:
            heapq.heappop(open_)
        if open_:
            keys[number] = open_[0][0]
    return edges, keys


def _batches(activities: Ints, begins: Ints, ends: Ints, offers: Ints) -> tuple[Ints, Ints]:
    """For each instance when the last of its batch was enabled, and the first of its batch."""
    last, batch = offers.copy(), np.arange(len(begins))
    joined = np.zeros(len(begins), dtype=bool)
    joined[1:] = (activities[1:] == activities[:-1]) & (begins[1:] == ends[:-1])
    follows, opens, asked = joined.tolist(), begins.tolist(), offers.tolist()
    first = 0
    while first < len(opens):
        stop = first + 1
        while stop < len(opens) and follows[stop] and asked[stop] <= opens[first]:
            stop += 1
        if stop - first > 1:
            last[first:stop] = offers[first:stop].max()
            batch[first:stop] = first
        first = stop
    return last, batch


def _within_batches(work: _Work, mates: Ints, last: Ints, batch: Ints) -> Ints:
    """For members of batches, time from the batch's begin at work on what was enabled no later."""
    found = np.zeros(len(mates), dtype=np.int64)
    latest = np.maximum.accumulate(work.ends)
    for rows in np.split(np.arange(len(mates)), np.flatnonzero(np.diff(batch[mates])) + 1):
        first = int(batch[mates[rows[0]]])
        members = slice(first, int(mates[rows[-1]]) + 1)
        lengths, offers = (work.ends - work.begins)[members], work.offers[members]
        if first and latest[first - 1] > work.begins[first]:
            found[rows] = _among_other_work(work, first, mates[rows], last)
        elif (offers[1:] >= offers[:-1]).all():
            found[rows] = np.cumsum(lengths)[:-1]
        else:
            found[rows] = _no_later(offers, lengths)[1:]
    return found


def _no_later(offers: Ints, lengths: Ints) -> Ints:
    """For each member the length of those before it that were enabled no later than it."""
    count = len(offers)
    if count <= LARGEST_SQUARE:
        earlier = np.tril(offers[None, :] <= offers[:, None], -1)
        found: Ints = earlier @ lengths
        return found
    return RangeSums(offers, lengths).up_to(np.zeros(count, dtype=np.int64), np.arange(count), offers)


def _among_other_work(work: _Work, first: int, members: Ints, last: Ints) -> list[int]:
    """The same where other work of the resource was open when the batch began."""
    opening = int(work.begins[first])
    others = np.flatnonzero((work.ends[:first] > opening) & (work.offers[:first] <= last[first]))
    covered = int(work.ends[others].max()) if len(others) else opening
    found = []
    for place in members.tolist():
        mates = np.arange(first, place)
        mates = mates[work.offers[mates] <= work.offers[place]]
        left = np.maximum(work.ends[mates] - np.maximum(work.begins[mates], covered), 0)
        found.append(int(min(covered, int(work.begins[place])) - opening + left.sum()))
    return found

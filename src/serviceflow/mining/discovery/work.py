"""Time at work of each instance: without closed hours, and shared out where somebody does several at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from serviceflow.mining.discovery.history import History, Ints
from serviceflow.mining.discovery.staffing import Pool
from serviceflow.mining.discovery.week import HOUR, Floats
from serviceflow.mining.hours import Hours

SECOND = 1_000_000


def work_seconds(found: History, activity: int, pool: Pool | None) -> Floats:
    """Seconds at work of the instances of an activity."""
    rows = np.flatnonzero((found.activities == activity) & _counted(found))
    work = found.end[rows] - found.start[rows]
    if pool is not None and not pool.finishes and not pool.open.all():
        hours = Hours(_spans(pool.open.reshape(-1)))
        closed = hours.closed(found.start[rows], found.end[rows])
        work = np.where(closed < work, work - closed, work)
    return np.asarray(work * _own_share(found, rows), dtype=np.float64) / SECOND


def open_seconds(found: History, open_: Any, name: str, pool: Pool | None) -> Floats:
    """Seconds at work, until the log ended, of what was open then."""
    mine = open_[open_["activity"] == name]
    start = mine["start"].to_numpy().astype("datetime64[us]").astype(np.int64)
    last = np.full(len(start), found.end.max())
    work = np.maximum(last - start, 0)
    if len(work) and pool is not None and not pool.finishes and not pool.open.all():
        work = work - Hours(_spans(pool.open.reshape(-1))).closed(start, np.maximum(last, start))
    return np.asarray(work, dtype=np.float64) / SECOND


def _counted(found: History) -> Any:
    """Instances that are not done together with one that stands for them."""
    return np.ones(len(found.start), dtype=bool) if found.joined is None else ~found.joined


def _spans(open_: Any) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for hour in np.flatnonzero(open_).tolist():
        if spans and spans[-1][1] == hour * HOUR:
            spans[-1] = (spans[-1][0], (hour + 1) * HOUR)
        else:
            spans.append((hour * HOUR, (hour + 1) * HOUR))
    return spans


def _own_share(found: History, rows: Ints) -> Floats:
    """The part of its time that is each instance's own: equal parts where several are open."""
    if found.shares is None:
        found.shares = _shares(found)
    return found.shares[rows]


def _shares(found: History) -> Floats:
    result = np.ones(len(found.start))
    for resource in dict.fromkeys(one for one in found.resources if one is not None):
        rows = np.flatnonzero((found.resources == resource) & _counted(found))
        start, end = found.start[rows], found.end[rows]
        order = np.argsort(start, kind="stable")
        if (np.maximum.accumulate(end[order])[:-1] <= start[order][1:]).all():
            continue
        edges = np.unique(np.concatenate([start, end]))
        begun = np.searchsorted(np.sort(start), edges[:-1], side="right")
        ended = np.searchsorted(np.sort(end), edges[:-1], side="right")
        part = np.diff(edges) / np.maximum(begun - ended, 1)
        running = np.concatenate([[0.0], np.cumsum(part)])
        own = running[np.searchsorted(edges, end)] - running[np.searchsorted(edges, start)]
        result[rows] = np.where(end > start, own / np.maximum(end - start, 1), 1.0)
    return result

"""The instances of a log in the order in which one enabled the next."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from serviceflow.formats.logs.raw import LogError, many
from serviceflow.mining.enabling import enabling

if TYPE_CHECKING:
    from serviceflow.mining.event_log import EventLog

Ints = npt.NDArray[np.int64]
MOMENT = 1_000_000
"""Microseconds within which work follows at once upon other work."""
SPLITTING = 0.5
"""An activity splits if in this share of the times it enables more than one other."""
USUAL = 0.1
"""An activity ends cases if it is the last in this share of the times it occurs."""


@dataclass
class History:
    """Instances with what enabled them.

    Attributes
    ----------
    cases, activities : array
        Numbers of each instance's case and activity.
    names : list of str
        Of activities.
    resources : array of object
    start, end : array
        In microseconds.
    by : array
        The row that enabled each, or -1.
    splitting : set of int
        Activities that begin branches in parallel.
    whole : array of bool
        Cases that begin and end within the log.
    given : array or None
        When each was enabled, if the log says so.
    """

    cases: Ints
    activities: Ints
    names: list[str]
    resources: Any
    start: Ints
    end: Ints
    by: Ints
    splitting: set[int]
    whole: npt.NDArray[np.bool_]
    given: Ints | None
    joined: npt.NDArray[np.bool_] | None = None
    """Instances that are done together with another one, which stands for them; None where there are none."""
    shares: npt.NDArray[np.float64] | None = None
    """The part of each instance's time that is its own, once it is worked out."""

    @property
    def first(self) -> Ints:
        """The first row of every case."""
        return np.flatnonzero(np.diff(self.cases, prepend=-1))

    @cached_property
    def at_once(self) -> npt.NDArray[np.bool_]:
        """Whether each began while its resource was idle, so that it had not waited for it."""
        result = np.ones(len(self.start), dtype=bool)
        if self.given is not None:
            return result
        for resource in dict.fromkeys(one for one in self.resources if one is not None):
            rows = np.flatnonzero(self.resources == resource)
            rows = rows[np.argsort(self.start[rows], kind="stable")]
            latest = np.maximum.accumulate(self.end[rows])
            since = self.start[rows][1:] - latest[:-1]
            result[rows[1:]] = (since < 0) | (since > MOMENT)
        return result

    def children(self) -> dict[int, list[int]]:
        """For each row those that it enabled, by their start."""
        found: dict[int, list[int]] = defaultdict(list)
        for row, before in enumerate(self.by.tolist()):
            if before >= 0:
                found[before].append(row)
        return found


def history(log: EventLog, said: list[str], parallel: bool = True) -> History:
    """Order the instances of a log.

    Raises
    ------
    LogError
        If there are fewer than two instances.
    """
    table = log.table
    if len(table) < 2:
        raise LogError(log.name, "a chain cannot be found in fewer than two instances of work")
    start, end = (_micro(table[name]) for name in ("start", "end"))
    by, _ = enabling(table, start, end)
    names = list(dict.fromkeys(table["activity"]))
    place = {name: number for number, name in enumerate(names)}
    activities = np.array([place[name] for name in table["activity"]], dtype=np.int64)
    cases = np.cumsum(table["case"].ne(table["case"].shift()).to_numpy()) - 1
    resources = table["resource"].astype(object).to_numpy()
    resources = np.array([None if one is None or one != one else one for one in resources], dtype=object)
    given = None
    if "enabled" in table and table["enabled"].notna().all():
        given = np.minimum(_micro(table["enabled"]), start)
    found = History(cases, activities, names, resources, start, end, by, set(), np.ones(0, bool), given)
    found.splitting = _splitting(found) if parallel else set()
    _in_line(found)
    found.whole = _whole(found, said)
    _leave_open(found, table, log.open)
    return found


def _micro(column: Any) -> Ints:
    found: Ints = column.to_numpy().astype("datetime64[us]").astype(np.int64)
    return found


def _splitting(found: History) -> set[int]:
    several: dict[int, int] = defaultdict(int)
    any_: dict[int, int] = defaultdict(int)
    for row, rows in found.children().items():
        activity = int(found.activities[row])
        any_[activity] += 1
        several[activity] += len({int(found.activities[one]) for one in rows}) > 1
    return {one for one, count in any_.items() if several[one] >= max(2, SPLITTING * count)}


def _in_line(found: History) -> None:
    """Let what is not parallel follow one upon another, the earlier start first."""
    for row, rows in found.children().items():
        if int(found.activities[row]) not in found.splitting:
            for before, after in pairwise(rows):
                found.by[after] = before
    without = np.flatnonzero(found.by < 0)
    same = found.cases[without[1:]] == found.cases[without[:-1]]
    found.by[without[1:][same]] = without[:-1][same]


def _whole(found: History, said: list[str]) -> npt.NDArray[np.bool_]:
    """Cases that are not cut off by the begin or the end of the log."""
    first = found.first
    last = np.append(first[1:], len(found.cases)) - 1
    gaps = found.start[found.by >= 0] - found.end[found.by[found.by >= 0]]
    near = int(np.quantile(gaps, 0.9)) if len(gaps) else 0
    ends = np.maximum.reduceat(found.end, first)
    cut_late = _unusual(found.activities, last, len(found.names)) & (ends > found.end.max() - near)
    cut_early = _unusual(found.activities, first, len(found.names)) & (
        found.start[first] < found.start.min() + near
    )
    whole: npt.NDArray[np.bool_] = ~(cut_late | cut_early)
    if not whole.any():
        return np.ones(len(first), dtype=bool)
    cut = int((~whole).sum())
    if cut:
        said.append(f"{many(cut, 'case')} begin before the log or go on after it: not in shares of handoffs.")
    return whole


def _leave_open(found: History, table: Any, open_: Any) -> None:
    """Cases with work that was open when the log ended are not whole."""
    if len(open_):
        going_on = table["case"].iloc[found.first].isin(set(open_["case"])).to_numpy()
        if not going_on.all():
            found.whole &= ~going_on


def _unusual(activities: Ints, rows: Ints, count: int) -> npt.NDArray[np.bool_]:
    """Rows whose activity is seldom in this place."""
    there = np.bincount(activities[rows], minlength=count)
    everywhere = np.maximum(np.bincount(activities, minlength=count), 1)
    found: npt.NDArray[np.bool_] = (there / everywhere < USUAL)[activities[rows]]
    return found

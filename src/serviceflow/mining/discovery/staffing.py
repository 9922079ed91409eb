"""Who serves: pools of resources that do the same work, and how many are there by hour of the week."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from serviceflow.mining.discovery.history import History, Ints
from serviceflow.mining.discovery.week import (
    DAY,
    HOUR,
    Floats,
    alike_days,
    by_blocks,
    covered,
    hour_of,
    hours_within,
    pooled,
)

SELDOM = 0.05
"""Work that is less than this share of an activity's and of a resource's ties them to each other no more."""
EXPECTED = 8
"""Who does none of an activity's work, where this much was to be expected, does not do it at all."""
MOST_MEMBERS = 60
PRESENT = 0.3
"""Fewer than this number present on average is nobody."""
BUSY = 0.95


@dataclass
class Pool:
    """Resources that serve together.

    Attributes
    ----------
    name : str
    resources : list
    activities : set of int
    skills : dict
        Resource to the activities that it does, where not all do all; empty otherwise.
    staff : int or dict
        As a model file has it.
    finishes : bool
        Whether work goes on after hours rather than resting.
    """

    name: str
    resources: list[Any]
    activities: set[int]
    skills: dict[Any, list[int]] = field(default_factory=dict)
    staff: Any = 1
    finishes: bool = False
    open: Floats = field(default_factory=lambda: np.ones((7, 24)))
    days: int = 0


def pools_of(found: History, groups: Any) -> list[Pool]:
    """Pools by the group that the log names for each resource, else by the work that they share."""
    counts = Counter(
        (resource, activity)
        for resource, activity in zip(found.resources, found.activities.tolist(), strict=True)
        if resource is not None
    )
    members = _by_group(found, groups) if groups is not None else _by_work(counts)
    pools = []
    for name, resources in members:
        mine = {activity for resource, activity in counts if resource in set(resources)}
        pool = Pool(name or _named(found, resources, counts), sorted(resources, key=str), mine)
        pool.skills = _skills(pool, counts)
        pools.append(pool)
    return sorted(pools, key=lambda pool: pool.name)


def _by_group(found: History, groups: Any) -> list[tuple[str, list[Any]]]:
    told: dict[Any, Counter[Any]] = defaultdict(Counter)
    for resource, group in zip(found.resources, groups, strict=True):
        if resource is not None and group is not None:
            told[resource][group] += 1
    members: dict[str, list[Any]] = defaultdict(list)
    for resource in dict.fromkeys(one for one in found.resources if one is not None):
        most = told[resource].most_common(1)
        members[str(most[0][0]) if most else str(resource)].append(resource)
    return list(members.items())


def _by_work(counts: Counter[tuple[Any, int]]) -> list[tuple[str, list[Any]]]:
    """Resources that are tied by activities that they share."""
    of_resource: Counter[Any] = Counter()
    of_activity: Counter[int] = Counter()
    for (resource, activity), count in counts.items():
        of_resource[resource] += count
        of_activity[activity] += count
    parent: dict[Any, Any] = {}

    def root(one: Any) -> Any:
        while parent.setdefault(one, one) != one:
            one = parent[one]
        return one

    for (resource, activity), count in counts.items():
        if count >= SELDOM * of_resource[resource] or count >= SELDOM * of_activity[activity]:
            parent[root(("resource", resource))] = root(("activity", activity))
    members: dict[Any, list[Any]] = defaultdict(list)
    for resource in of_resource:
        members[root(("resource", resource))].append(resource)
    return [("", resources) for resources in members.values()]


def _named(found: History, resources: list[Any], counts: Counter[tuple[Any, int]]) -> str:
    """One resource's own name; of several what their names begin with, else their main activity's."""
    if len(resources) == 1:
        return str(resources[0])
    stems = {str(one).rstrip("0123456789").rstrip(" -_#.:") for one in resources}
    if len(stems) == 1 and (stem := stems.pop()):
        return stem
    work: Counter[int] = Counter()
    for (resource, activity), count in counts.items():
        work[activity] += count if resource in resources else 0
    return f"Staff of {found.names[work.most_common(1)[0][0]]}"


def _skills(pool: Pool, counts: Counter[tuple[Any, int]]) -> dict[Any, list[int]]:
    """Who does what, if some do not do what they would have been expected to."""
    totals = {one: sum(counts[one, activity] for activity in pool.activities) for one in pool.resources}
    everything = sum(totals.values())
    able: dict[Any, list[int]] = {}
    differ = False
    for resource in pool.resources:
        able[resource] = []
        for activity in sorted(pool.activities):
            expected = sum(counts[one, activity] for one in pool.resources) * totals[resource] / everything
            does = counts[resource, activity] > 0 or expected < EXPECTED
            differ |= not does
            if does:
                able[resource].append(activity)
    return able if differ and len(pool.resources) <= MOST_MEMBERS else {}


def staff(found: History, pool: Pool) -> None:
    """How many of a pool are present by hour of the week, and what becomes of work when they leave."""
    mine = np.isin(found.resources, pool.resources)
    start, end = found.start[mine], found.end[mine]
    present, days, span = _present(found, pool)
    hours = hours_within(*span)
    pool.days = days
    whole = present / np.maximum(hours, 1e-9)
    groups = alike_days(whole, hours)
    mean = pooled(present, hours, groups)
    busy = _busy(found, pool, groups)
    number = np.where(mean >= PRESENT, np.maximum(np.maximum(np.rint(mean), busy), 1), 0).astype(int)
    number = np.minimum(number, len(pool.resources))
    pool.open = (number > 0).astype(float)
    if not number.any():
        number[:], pool.open[:] = 1, 1.0
    always = bool((number > 0).all())
    pool.finishes = not always and _finishes(pool, start, end)
    if always and number.max() - number.min() <= 1:
        pool.staff = int(np.median(number))
    else:
        pool.staff = by_blocks(number, groups, int)


def _present(found: History, pool: Pool) -> tuple[Floats, int, tuple[int, int]]:
    """Hours of presence, from the first to the last stamp of a day; days; the stretch that is looked at.

    Where work goes on around the clock, who does anything on a day is there all day.
    """
    total = np.zeros(168)
    days = 0
    span = (int(found.start.min()), int(found.end.max()))
    around = _around_the_clock(found, pool)
    if around:
        span = (span[0] // DAY * DAY, (span[1] // DAY + 1) * DAY)
    for resource in pool.resources:
        rows = found.resources == resource
        stamps = np.sort(np.concatenate([found.start[rows], found.end[rows]]))
        day = stamps // DAY
        if around:
            busy = _days_of(found.start[rows], found.end[rows])
            total += covered(busy * DAY, (busy + 1) * DAY)
            days += len(busy)
            continue
        firsts = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
        lasts = np.append(firsts[1:], len(stamps)) - 1
        total += covered(stamps[firsts], np.maximum(stamps[lasts], stamps[firsts] + 1))
        days += len(firsts)
    return total, days, span


def _around_the_clock(found: History, pool: Pool) -> bool:
    """Whether work begins or ends at every hour of the day."""
    rows = np.isin(found.resources, pool.resources)
    stamps = np.concatenate([found.start[rows], found.end[rows]])
    by_hour = np.bincount(hour_of(stamps) % 24, minlength=24)
    return len(stamps) >= 100 and bool(by_hour.min() > 0.25 * by_hour.mean())


def _days_of(start: Ints, end: Ints) -> Ints:
    """Days on which any of the work was open."""
    first, last = start // DAY, end // DAY
    spans = [first + step for step in range(int((last - first).max()) + 1)]
    found: Ints = np.unique(np.concatenate([np.minimum(days, last) for days in spans]))
    return found


def _busy(found: History, pool: Pool, groups: list[list[int]]) -> Floats:
    """How many are at work at once, more than which are so only in one twentieth of each hour's time."""
    step = 10 * 60_000_000
    first, last = int(found.start.min()), int(found.end.max())
    instants = np.arange(first, last, max(step, (last - first) // 200_000), dtype=np.int64)
    count = np.zeros(len(instants), dtype=np.int64)
    for resource in pool.resources:
        rows = found.resources == resource
        begun = np.searchsorted(np.sort(found.start[rows]), instants, side="right")
        ended = np.searchsorted(np.sort(found.end[rows]), instants, side="right")
        count += begun > ended
    hour = hour_of(instants)
    result = np.zeros((7, 24))
    for days in groups:
        for clock in range(24):
            values = count[np.isin(hour, [24 * day + clock for day in days])]
            result[days, clock] = np.quantile(values, BUSY, method="higher") if len(values) else 0
    return result


def _finishes(pool: Pool, start: Ints, end: Ints) -> bool:
    """Whether work that is open at closing ends soon after it, rather than after the next opening."""
    open_ = pool.open.reshape(-1) > 0
    closing = np.flatnonzero(open_ & ~np.roll(open_, -1))
    over = 0
    resting = 0
    for hour in closing.tolist():
        close = start - (start - (hour + 1) * HOUR - 4 * DAY) % (7 * DAY) + 7 * DAY
        crossing = (start < close) & (end > close)
        longest = _closed_hours(open_, hour) * HOUR
        resting += int((crossing & (end >= close + longest)).sum())
        over += int((crossing & (end < close + longest)).sum())
    return over > resting


def _closed_hours(open_: Any, closing: int) -> int:
    return next((step for step in range(168) if open_[(closing + 1 + step) % 168]), 168)

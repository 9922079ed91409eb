"""What comes after what: shares of handoffs, branches in parallel and where they meet again."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np

from serviceflow.mining.discovery.history import History

RARE = 0.002
"""Handoffs with less than this share of their origin's, or seen once among many, are left out."""
MEETING = 0.1
END = -1


@dataclass
class Routes:
    """Counts of what comes after what.

    Attributes
    ----------
    entries : Counter
        Activities with which cases begin.
    handoffs : Counter
        Pairs of activities; the second is -1 where a case ends.
    occurrences : Counter
        How often each activity was counted.
    splits, joins : set of int
    again : dict
        Pairs that are asked for by the first, or a later visit: counts of either.
    rare : int
        Handoffs that were left out.
    """

    entries: Counter[int] = field(default_factory=Counter)
    handoffs: Counter[tuple[int, int]] = field(default_factory=Counter)
    occurrences: Counter[int] = field(default_factory=Counter)
    splits: set[int] = field(default_factory=set)
    joins: set[int] = field(default_factory=set)
    again: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    later: dict[int, list[int]] = field(default_factory=dict)
    rare: int = 0


def routes_of(found: History) -> Routes:
    """Count what comes after what in whole cases."""
    result = Routes()
    children = found.children()
    kept = found.whole[found.cases]
    follows = _met(found, children, result)
    visits = _visits(found)
    activities = found.activities.tolist()
    for row in np.flatnonzero(kept).tolist():
        activity = activities[row]
        if found.by[row] < 0:
            result.entries[activity] += 1
        later = int(visits[row] > 1)
        result.later.setdefault(activity, [0, 0])[later] += 1
        result.occurrences[activity] += 1
        after = {activities[one] for one in children.get(row, ())} or {follows.get(row, END)}
        for target in after:
            result.handoffs[activity, target] += 1
            result.again.setdefault((activity, target), [0, 0])[later] += 1
    _drop_rare(result)
    return result


def _visits(found: History) -> list[int]:
    """For each row the how manieth of its activity in its case it is."""
    seen: Counter[tuple[int, int]] = Counter()
    result = []
    for key in zip(found.cases.tolist(), found.activities.tolist(), strict=True):
        seen[key] += 1
        result.append(seen[key])
    return result


def _met(found: History, children: dict[int, list[int]], result: Routes) -> dict[int, int]:
    """For the last of each branch but the latest, the activity at which its branch meets the others."""
    joins = {activity: _join_of(found, children, activity) for activity in sorted(found.splitting)}
    follows: dict[int, int] = {}
    for row, rows in children.items():
        join = joins.get(int(found.activities[row]))
        if join is None or len(rows) < 2:
            continue
        branches = [_branch(found, children, one, join) for one in rows]
        if any(met for _, met in branches):
            for leaves, _ in branches:
                follows.update(dict.fromkeys(leaves, join))
    result.splits = {one for one in found.splitting if joins.get(one) is not None}
    result.joins = {join for join in joins.values() if join is not None}
    result.splits |= found.splitting
    return follows


def _branch(found: History, children: dict[int, list[int]], head: int, join: int) -> tuple[list[int], bool]:
    """The rows of a branch after which nothing comes, and whether it leads to the join."""
    leaves, met, open_ = [], False, [head]
    while open_:
        row = open_.pop()
        if int(found.activities[row]) == join:
            met = True
            continue
        after = children.get(row, ())
        open_.extend(after)
        if not after:
            leaves.append(row)
    return leaves, met


def _join_of(found: History, children: dict[int, list[int]], split: int) -> int | None:
    """The nearest activity that comes after more than one of the branches of a split."""
    reached: dict[int, Counter[int]] = defaultdict(Counter)
    depths: dict[int, list[int]] = defaultdict(list)
    for row in np.flatnonzero(found.activities == split).tolist():
        rows = children.get(row, ())
        if len(rows) < 2:
            continue
        for head in rows:
            for activity, depth in _below(found, children, head).items():
                reached[activity][int(found.activities[head])] += 1
                depths[activity].append(depth)
    candidates = [
        (float(np.mean(depths[activity])), activity)
        for activity, heads in reached.items()
        if activity not in heads
        and sum(count >= MEETING * sum(heads.values()) for count in heads.values()) > 1
    ]
    return min(candidates)[1] if candidates else None


def _below(found: History, children: dict[int, list[int]], head: int) -> dict[int, int]:
    """Activities after a row, with the least number of steps."""
    result: dict[int, int] = {}
    open_ = [(head, 0)]
    while open_:
        row, depth = open_.pop()
        for one in children.get(row, ()):
            activity = int(found.activities[one])
            result[activity] = min(depth + 1, result.get(activity, depth + 1))
            open_.append((one, depth + 1))
    return result


def _drop_rare(result: Routes) -> None:
    """Leave out what hardly ever happens, so that a model stays readable."""
    for pair, count in list(result.handoffs.items()):
        of = result.occurrences[pair[0]]
        if of >= 100 and count < max(2, RARE * of):
            result.rare += count
            del result.handoffs[pair]
    if sum(result.entries.values()) >= 100:
        for activity, count in list(result.entries.items()):
            if count < max(2, 0.01 * sum(result.entries.values())):
                del result.entries[activity]
    _reach(result)


def _reach(result: Routes) -> None:
    """Leave out what no case that is left comes to."""
    open_, seen = list(result.entries), set(result.entries)
    while open_:
        activity = open_.pop()
        for origin, target in result.handoffs:
            if origin == activity and target != END and target not in seen:
                seen.add(target)
                open_.append(target)
    for pair in list(result.handoffs):
        if pair[0] not in seen:
            del result.handoffs[pair]

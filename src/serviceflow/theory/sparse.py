"""Routings as rows that name only where requests do go: ten thousand services cost no more than their links.

``rows[i][j]`` is the mean number of requests that one visit at i sends to j; what is not named is 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush

import numpy as np
import numpy.typing as npt

from serviceflow.theory.stations import Array

Row = dict[int, float]
Rows = list[Row]
"""One for each service."""

_ONE = 1 - 1e-9  # a circle that multiplies requests by this much never lets them go


def to_rows(matrix: npt.ArrayLike) -> Rows:
    """The rows of a matrix."""
    return [{int(j): float(row[j]) for j in np.flatnonzero(row)} for row in np.asarray(matrix, dtype=float)]


def to_matrix(rows: Rows) -> Array:
    """Rows as a square matrix."""
    matrix = np.zeros((len(rows), len(rows)))
    for place, row in enumerate(rows):
        for target, mean in row.items():
            matrix[place, target] = mean
    return matrix


def visits(start: Array, rows: Rows) -> Array:
    """Mean visits at each service, the solution of v = start + v rows, from the first circle to the last.

    Infinite where requests come that can never get away again, and at all services after such a circle.
    """
    found = np.array(start, dtype=float)
    for group in reversed(components(rows)):
        if not any(found[node] > 0 for node in group):
            continue
        if len(group) > 1 or rows[group[0]].get(group[0], 0.0) > 0:
            endless = not np.isfinite(found[group]).all()
            found[group] = np.inf if endless else _in_circle(rows, group, found[group])
        inside = set(group)
        for node in group:
            for target, mean in rows[node].items():
                if target not in inside and mean > 0 and found[node] > 0:
                    found[target] += found[node] * mean
    return found


def _in_circle(rows: Rows, group: list[int], entering: Array) -> Array:
    """Visits within a circle, given those from outside: infinite if it never lets requests go.

    One service after another is left out, its ways joined to those before it. A circle that multiplies
    requests by less than 1 keeps a share to leave by at each of them, and only such a one does (Berman and
    Plemmons, *Nonnegative Matrices in the Mathematical Sciences*, 1979, chapter 6).
    """
    found = dict(zip(group, entering.tolist(), strict=True))
    ways = _Ways(rows, group)
    steps: list[tuple[int, Row, float]] = []
    for node in ways.in_order():
        before, after, stays = ways.leave_out(node)
        if stays >= _ONE:
            return np.full(len(group), np.inf)
        for target, mean in after.items():
            found[target] += found[node] * mean / (1 - stays)
        steps.append((node, before, stays))
    for node, before, stays in reversed(steps):
        found[node] = (found[node] + sum(found[origin] * mean for origin, mean in before.items())) / (
            1 - stays
        )
    return np.array([found[node] for node in group])


class _Ways:
    """The ways within a circle, of which one service after another is left out."""

    def __init__(self, rows: Rows, group: list[int]) -> None:
        self.after: dict[int, Row] = {node: {} for node in group}
        self.before: dict[int, Row] = {node: {} for node in group}
        for node in group:
            for target, mean in rows[node].items():
                if target in self.after and mean > 0:
                    self.put(node, target, mean)

    def put(self, origin: int, target: int, mean: float) -> None:
        self.after[origin][target] = self.before[target][origin] = mean

    def cost(self, node: int) -> int:
        """How many ways leaving a service out may make, about (Markowitz 1957)."""
        return len(self.after[node]) * len(self.before[node])

    def in_order(self) -> Iterator[int]:
        """The services that are still there, each time the one that is left out at the least cost."""
        waiting = [(self.cost(node), node) for node in self.after]
        heapify(waiting)
        while waiting:
            cost, node = heappop(waiting)
            if node in self.after and cost < (now := self.cost(node)):
                heappush(waiting, (now, node))
            elif node in self.after:
                near = [*self.before[node], *self.after[node]]
                yield node
                for other in near:
                    if other in self.after:
                        heappush(waiting, (self.cost(other), other))

    def leave_out(self, node: int) -> tuple[Row, Row, float]:
        """What came from where, what went where, and what stayed at a service that is left out."""
        after, before = self.after.pop(node), self.before.pop(node)
        stays = after.pop(node, 0.0)
        before.pop(node, None)
        for origin in before:
            del self.after[origin][node]
        for target in after:
            del self.before[target][node]
        for origin, coming in before.items():
            for target, going in after.items() if stays < _ONE else ():
                known = self.after[origin].get(target, 0.0)
                self.put(origin, target, known + coming * going / (1 - stays))
        return before, after, stays


def components(rows: Rows) -> list[list[int]]:
    """Sets of services that all lead to each other, each after those that it leads to (Tarjan 1972)."""
    found: list[list[int]] = []
    number: dict[int, int] = {}
    lowest: dict[int, int] = {}
    open_: list[int] = []
    is_open: set[int] = set()
    for root in range(len(rows)):
        if root in number:
            continue
        trail = [(root, iter(_targets(rows, root)))]
        number[root] = lowest[root] = len(number)
        open_.append(root)
        is_open.add(root)
        while trail:
            node, rest = trail[-1]
            for target in rest:
                if target not in number:
                    number[target] = lowest[target] = len(number)
                    open_.append(target)
                    is_open.add(target)
                    trail.append((target, iter(_targets(rows, target))))
                    break
                if target in is_open:
                    lowest[node] = min(lowest[node], number[target])
            else:
                trail.pop()
                if trail:
                    lowest[trail[-1][0]] = min(lowest[trail[-1][0]], lowest[node])
                if lowest[node] == number[node]:
                    found.append(_closed(node, open_, is_open))
    return found


def _closed(node: int, open_: list[int], is_open: set[int]) -> list[int]:
    """The set that is complete with a node, taken off those that are open."""
    place = len(open_) - 1
    while open_[place] != node:
        place -= 1
    group = sorted(open_[place:])
    del open_[place:]
    is_open.difference_update(group)
    return group


def _targets(rows: Rows, node: int) -> list[int]:
    return [target for target, mean in rows[node].items() if mean > 0]


def circles(rows: Rows) -> list[list[int]]:
    """The circles of a routing, as sorted lists; a service that leads to itself is one."""
    return sorted(
        group for group in components(rows) if len(group) > 1 or rows[group[0]].get(group[0], 0.0) > 0
    )


def reachable(rows: Rows, sources: Iterable[int]) -> set[int]:
    """The sources and all that can be reached from them."""
    found: set[int] = set()
    front = list(sources)
    while front:
        node = front.pop()
        if node not in found:
            found.add(node)
            front += _targets(rows, node)
    return found


# Splits and joins


def join_branches(
    rows: Rows, splits: Sequence[int], joins: Sequence[int], starts: Iterable[int] = ()
) -> Rows:
    """The routing in which a split leads to its join once; see ``join_branches`` of ``traffic``.

    `starts` are services that requests enter from outside, so that no split is open there.
    """
    rows = [dict(row) for row in rows]
    opened = _open_splits(rows, set(splits), set(joins), starts)
    members: dict[int, list[int]] = {}
    for node, stack in opened.items():
        for split in stack:
            members.setdefault(split, []).append(node)
    depth = {join: len(opened[join]) for join in joins if opened.get(join)}
    plain = set(joins)
    for join in sorted(depth, key=lambda one: -depth[one]):
        split = opened[join][-1]
        inside = [
            node
            for node in members[split]
            if node != join and (node not in plain or split in opened[node][:-1])
        ]
        arriving = _branches(rows, split, inside, join)
        for node in (*inside, split):
            rows[node].pop(join, None)
        rows[split][join] = min(1.0, arriving)
    return rows


def _branches(rows: Rows, split: int, inside: Sequence[int], join: int) -> float:
    """Mean number of branches of one split that reach the join."""
    place = {node: index for index, node in enumerate(inside)}
    block = [
        {place[target]: mean for target, mean in rows[node].items() if target in place} for node in inside
    ]
    started = np.array([rows[split].get(node, 0.0) for node in inside])
    counts = visits(started, block)
    leads = [(counts[index], rows[node].get(join, 0.0)) for node, index in place.items()]
    return rows[split].get(join, 0.0) + sum(float(count) * mean for count, mean in leads if mean > 0)


def _open_splits(
    rows: Rows, splits: set[int], joins: set[int], starts: Iterable[int]
) -> dict[int, tuple[int, ...]]:
    """The splits open when a request reaches each service, outermost first, by the first way found."""
    entered = {target for row in rows for target, mean in row.items() if mean > 0}
    first = [*starts, *(node for node in range(len(rows)) if node not in entered)]
    opened: dict[int, tuple[int, ...]] = {}
    for root in (*first, *range(len(rows))):
        if root in opened:
            continue
        opened[root] = ()
        front = [root]
        for node in front:
            for target in _targets(rows, node):
                if target not in opened:
                    opened[target] = _on_leaving(node, opened[node], splits, joins)
                    front.append(target)
    return opened


def _on_leaving(node: int, stack: tuple[int, ...], splits: set[int], joins: set[int]) -> tuple[int, ...]:
    stack = stack[:-1] if node in joins else stack
    return (*stack, node) if node in splits else stack


# Ways that depend on how often a request has been at a service


def by_turn(rows: Rows, turns: Mapping[int, Sequence[Row]]) -> Rows:
    """The routing on average, with rows by turn; see ``by_turn`` of ``traffic``."""
    rows = [turns[place][0] if place in turns else row for place, row in enumerate(rows)]
    for _ in range(len(turns) if len(turns) < 2 else 10):
        for place, own in turns.items():
            rows[place] = _mean_row(rows, place, own)
    return rows


def apart_from_joins(
    joined: Rows, turns: Mapping[int, Sequence[Row]], joins: Sequence[int]
) -> dict[int, Row]:
    """Mean rows of places with rows by turn, joins included that their branches only come to once in all.

    Where a branch meets others is no way of its own in `joined`: such ways lead to places put in for them.
    """
    aside = {join: len(joined) + number for number, join in enumerate(joins)}
    back = {place: join for join, place in aside.items()}
    rows = [*joined, *({} for _ in joins)]
    own = {
        place: [
            {
                aside.get(target, target) if target not in joined[place] else target: mean
                for target, mean in turn.items()
            }
            for turn in mine
        ]
        for place, mine in turns.items()
    }
    mean = by_turn(rows, own)
    return {
        place: {back.get(target, target): value for target, value in mean[place].items()} for place in turns
    }


def _mean_row(rows: Rows, place: int, own: Sequence[Row]) -> Row:
    """The mean of rows by turn, weighted by how often a request comes for its first, second, ... visit."""
    back = _coming_back(rows, place)
    weights = [1.0]
    for turn in own[:-1]:
        weights.append(weights[-1] * _expected(turn, back))
    again = _expected(own[-1], back)
    if not np.isfinite(weights).all() or (again >= _ONE and weights[-1] > 0):
        return own[-1]
    weights[-1] /= 1 - again if again < 1 else 1.0
    total = sum(weights)
    mean: Row = {}
    for weight, turn in zip(weights, own, strict=True):
        for target, share in turn.items():
            mean[target] = mean.get(target, 0.0) + weight / total * share
    return mean


def _coming_back(rows: Rows, place: int) -> Array:
    """How many of the requests sent to each service come to `place`, those sent on from there left out."""
    turned: Rows = [{} for _ in rows]
    arriving = np.zeros(len(rows))
    for node, row in enumerate(rows):
        for target, mean in row.items():
            if node == place:
                continue
            if target == place:
                arriving[node] += mean
            else:
                turned[target][node] = mean
    back = visits(arriving, turned)
    back[place] = 1.0
    return back


def _expected(row: Row, back: Array) -> float:
    return float(sum(mean * back[target] for target, mean in row.items() if mean > 0))

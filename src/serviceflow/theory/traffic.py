"""Traffic equations: how often each service is visited, from where requests enter and how they move on.

Everything here is about expected numbers, in matrices: ``routing[i, j]`` is the mean number of requests that
one visit at i sends to j. Rows may sum to more than 1 (a visit that hands off and calls asks twice).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from serviceflow.theory.stations import Array

_ONE = 1 - 1e-9  # a circle that multiplies requests by this much never lets them go


def visits(entries: npt.ArrayLike, routing: npt.ArrayLike) -> Array:
    """Mean visits at each service, the solution of v = entries + v routing.

    Infinite where requests come that can never get away again (a circle without an exit, or one that
    multiplies requests), and at all services after such a circle.

    Source: Jackson, *Operations Research* 5 (1957).
    """
    start = np.asarray(entries, dtype=float)
    matrix = np.asarray(routing, dtype=float)
    reached = start > 0
    reached = reached | _reachable(matrix, reached)
    endless = np.zeros(len(start), dtype=bool)
    for circle in circles(matrix):
        if reached[circle[0]] and _gain(matrix, circle) >= _ONE:
            endless[circle] = True
    endless |= _reachable(matrix, endless)
    solution = np.zeros(len(start))
    solution[endless] = np.inf
    calm = np.flatnonzero(reached & ~endless)
    block = matrix[np.ix_(calm, calm)]
    solution[calm] = np.linalg.solve((np.eye(len(calm)) - block).T, start[calm])
    return solution


def circles(routing: npt.ArrayLike) -> list[list[int]]:
    """The circles of a routing: sets of services that all lead to each other, as sorted lists of indices.

    A service that leads to itself is a circle; one that is on no circle is left out. These are the strongly
    connected components, found by two walks (Sharir 1981).
    """
    links = np.asarray(routing) > 0
    after = [np.flatnonzero(row).tolist() for row in links]
    before = [np.flatnonzero(column).tolist() for column in links.T]
    found: list[list[int]] = []
    seen: set[int] = set()
    for root in reversed(_finished_order(after)):
        if root not in seen:
            group = _walk(root, before, seen)
            if len(group) > 1 or links[root, root]:
                found.append(sorted(group))
    return sorted(found)


def reachable(routing: npt.ArrayLike, sources: Sequence[int]) -> set[int]:
    """Indices of the sources and of all that can be reached from them."""
    matrix = np.asarray(routing, dtype=float)
    start = np.zeros(len(matrix), dtype=bool)
    start[list(sources)] = True
    return set(np.flatnonzero(start | _reachable(matrix, start)).tolist())


def join_branches(routing: npt.ArrayLike, splits: Sequence[int], joins: Sequence[int]) -> Array:
    """The routing in which a split leads to its join once, however many branches arrive there.

    A join that waits for branches is visited once for each split, not once for each branch. So the links by
    which branches reach it are cut, and the split itself leads there, with the mean number of branches that
    would have arrived, at most 1.

    Parameters
    ----------
    routing
        Square matrix of mean numbers sent on.
    splits, joins
        Indices of services that split and that join. A join belongs to the nearest split before it that is
        still open.
    """
    matrix = np.array(routing, dtype=float)
    opened = _open_splits(matrix, set(splits), set(joins))
    depth = {join: len(opened[join]) for join in joins if opened.get(join)}
    for join in sorted(depth, key=lambda one: -depth[one]):
        split = opened[join][-1]
        inside = [
            node for node, stack in opened.items() if split in stack and node != join and node not in joins
        ]
        inside += [node for node in joins if node != join and split in opened.get(node, ())[:-1]]
        arriving = _branches(matrix, split, inside, join)
        matrix[[*inside, split], join] = 0.0
        matrix[split, join] = min(1.0, arriving)
    return matrix


def by_turn(routing: npt.ArrayLike, turns: Mapping[int, Sequence[Array]]) -> Array:
    """The routing on average, where services send requests on differently at their first, second, ... visit.

    Parameters
    ----------
    routing
        Square matrix of mean numbers sent on; the rows of `turns` in it count for nothing.
    turns
        For each such service its row at the first visit of a request, the second and so on; the last one
        holds from there on.

    Returns
    -------
    Array
        Each of these rows replaced by its mean over visits: exact if one service differs by turn, close
        otherwise.
    """
    matrix = np.array(routing, dtype=float)
    for row, rows in turns.items():
        matrix[row] = rows[0]
    for _ in range(len(turns) if len(turns) < 2 else 10):
        for row, rows in turns.items():
            matrix[row] = _mean_row(matrix, row, rows)
    return matrix


def order_rates(demand: Array, own: Array, net: Array) -> Array:
    """Orders per unit of time of stocks that reorder what is taken from them.

    Parameters
    ----------
    demand
        Units per time by which consumers' requests run each stock down, all in all.
    own
        Units that one order of each stock brings to it.
    net
        ``net[i, j]``: units by which one order of stock i runs stock j down (0 on the diagonal).

    Returns
    -------
    Array
        Infinite for a stock that is run down and whose orders bring nothing, and for those that orders run
        down faster than they bring.
    """
    size = len(demand)
    barren = (own <= 0) & (demand > 0)
    gain = np.where(own[None, :] > 0, np.maximum(net, 0.0) / np.where(own > 0, own, 1.0)[None, :], 0.0)
    np.fill_diagonal(gain, 0.0)
    wanted = np.where(own > 0, np.maximum(demand, 0.0) / np.where(own > 0, own, 1.0), 0.0)
    rates = visits(wanted, gain) if size else np.zeros(0)
    rates[barren] = np.inf
    return rates


def _mean_row(matrix: Array, row: int, rows: Sequence[Array]) -> Array:
    """The mean of rows by turn, weighted by how often a request comes for its first, second, ... visit."""
    others = np.arange(len(matrix)) != row
    block = np.eye(int(others.sum())) - matrix[np.ix_(others, others)]
    back = np.ones(len(matrix))
    try:
        back[others] = np.linalg.solve(block, matrix[others, row])
    except np.linalg.LinAlgError:
        return rows[-1]
    weights = [1.0]
    for turn in rows[:-1]:
        weights.append(weights[-1] * float(turn @ back))
    again = float(rows[-1] @ back)
    if again >= _ONE and weights[-1] > 0:
        return rows[-1]
    weights[-1] /= 1 - again if again < 1 else 1.0
    mean: Array = np.average(np.array(rows), axis=0, weights=np.array(weights))
    return mean


def _branches(matrix: Array, split: int, inside: Sequence[int], join: int) -> float:
    """Mean number of branches of one split that reach the join."""
    nodes = list(inside)
    started = matrix[split, nodes]
    counts = visits(started, matrix[np.ix_(nodes, nodes)]) if nodes else np.zeros(0)
    leads = matrix[nodes, join]
    return float(matrix[split, join] + counts[leads > 0] @ leads[leads > 0])


def _open_splits(matrix: Array, splits: set[int], joins: set[int]) -> dict[int, tuple[int, ...]]:
    """The splits open when a request reaches each service, outermost first, by the first way found."""
    entries = [node for node in range(len(matrix)) if not matrix[:, node].any()]
    opened: dict[int, tuple[int, ...]] = dict.fromkeys(entries, ())
    waiting = list(entries)
    others = [node for node in range(len(matrix)) if node not in opened]
    while waiting or others:
        if not waiting:
            node = others.pop(0)
            if node in opened:
                continue
            opened[node] = ()
            waiting.append(node)
        node = waiting.pop(0)
        stack = opened[node]
        stack = stack[:-1] if node in joins else stack
        stack = (*stack, node) if node in splits else stack
        for target in np.flatnonzero(matrix[node]).tolist():
            if target not in opened:
                opened[target] = stack
                waiting.append(target)
    return opened


def _reachable(matrix: Array, start: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """What is reached from `start` in one step or more."""
    links = matrix > 0
    found = np.zeros(len(start), dtype=bool)
    front = start.copy()
    while front.any():
        step = links[front].any(axis=0) & ~found
        found |= step
        front = step
    return found


def _gain(matrix: Array, circle: Sequence[int]) -> float:
    """By how much a circle multiplies the requests on it: the largest eigenvalue."""
    block = matrix[np.ix_(circle, circle)]
    return float(np.abs(np.linalg.eigvals(block)).max())


def _finished_order(after: Mapping[int, Sequence[int]] | Sequence[Sequence[int]]) -> list[int]:
    """Nodes in the order in which a walk in depth is done with them."""
    order: list[int] = []
    seen: set[int] = set()
    for root in range(len(after)):
        if root in seen:
            continue
        seen.add(root)
        stack = [(root, iter(after[root]))]
        while stack:
            node, rest = stack[-1]
            following = next((other for other in rest if other not in seen), None)
            if following is None:
                order.append(node)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(after[following])))
    return order


def _walk(root: int, links: Sequence[Sequence[int]], seen: set[int]) -> list[int]:
    """All that is reached from `root` and not yet seen."""
    group, front = [], [root]
    seen.add(root)
    while front:
        node = front.pop()
        group.append(node)
        fresh = [other for other in links[node] if other not in seen]
        seen.update(fresh)
        front.extend(fresh)
    return group

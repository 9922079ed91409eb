"""The ways of requests through a chain, and the order in which their visits are asked."""

from __future__ import annotations

from typing import Any

import numpy as np

from serviceflow.engine.kernel.memory import leaf
from serviceflow.engine.recursion.drawing import FIRST, scalars

_philox_block = scalars.philox_block
_uniform_of = scalars.uniform_of

NOBODY = -1


def walk(seed: Any, replication: Any, sources: Any, keys: Any, numbers: Any, graph: Any, out: Any) -> Any:
    """Let every request choose its way through the chain; gives how many visits there will be.

    Parameters
    ----------
    seed, replication, sources, keys, numbers
        As in ``drawing.draw_ticks``.
    graph : tuple of arrays
        Per source the node at which it enters (-1: by a handoff). Per node, sources after services, where
        its exits start among all exits, whether it splits, and the purpose of its choice. Per exit the
        handoff, the node (-1: the end), its share, and whether it has one. Per split, by node: where the
        slots of its branches start among all such slots, how many there are, how many branches, and the node
        at which they join (-1: nowhere). Per such slot: node, handoff, sender (its place in the block; -1:
        the split), branch, handoff of the branch.
    out : tuple of arrays
        Receive the first slot of each request; and per slot the node, the handoff, the handoff taken from
        it (-1: none), the request, its branch, the slot of its sender and the handoff of its branch (the
        last three empty where nothing splits).
    """
    enters, starts, splits, routings, links, targets, shares, shared, blocks, inner = graph
    firsts, nodes, handoffs, taken, requests, branches, senders, ways = out
    services = len(starts) - 1 - len(enters)
    slot = 0
    for request in range(len(firsts) - 1):
        firsts[request] = slot
        source = sources[request] if len(sources) else 0
        number = np.uint64(numbers[request]) if len(numbers) else np.uint64(request)
        sender = NOBODY
        used = 1
        node = enters[source]
        handoff = NOBODY
        if node == NOBODY:
            place = _choose(
                seed, replication, services + source, keys[source], number, starts, routings, shares, shared
            )
            handoff, node = links[place], targets[place]
        while True:
            nodes[slot], handoffs[slot], requests[slot] = node, handoff, request
            taken[slot] = NOBODY
            if len(senders):
                branches[slot], senders[slot], ways[slot] = 0, sender, NOBODY
            sender = slot
            slot += 1
            if node >= services:
                break
            if splits[node]:
                first, count, strands, join = blocks[node]
                for i in range(first, first + count):
                    nodes[slot], handoffs[slot], requests[slot] = inner[i, 0], inner[i, 1], request
                    taken[slot] = NOBODY
                    senders[slot] = sender if inner[i, 2] == NOBODY else sender + 1 + inner[i, 2]
                    branches[slot], ways[slot] = used + inner[i, 3], inner[i, 4]
                    slot += 1
                used += strands
                if join == NOBODY:
                    break
                node, sender = join, slot - 1
            place = _choose(seed, replication, node, keys[source], number, starts, routings, shares, shared)
            if place == NOBODY:
                break
            taken[sender] = handoff = links[place]
            node = targets[place]
            if node == NOBODY:
                break
    firsts[-1] = slot
    return slot


@leaf
def _choose(
    seed: Any,
    replication: Any,
    node: int,
    key: Any,
    number: Any,
    starts: Any,
    routings: Any,
    shares: Any,
    shared: Any,
) -> Any:
    """The exit that a request takes: each by its share, the last one the rest; -1 if there is none."""
    first, end = starts[node], starts[node + 1]
    if first == end:
        return NOBODY
    if not shared[first]:
        return first
    word, _, _, _ = _philox_block(seed, replication, FIRST, FIRST, number, routings[node] ^ key)
    uniform = _uniform_of(word)
    for place in range(first, end):
        if not shared[place]:
            return place
        if uniform < shares[place]:
            return place
        uniform -= shares[place]
    return end - 1


def order_visits(firsts: Any, senders: Any, arrived: Any, finished: Any, widest: int, out: Any) -> None:
    """The slots of each request in the order in which its visits were asked.

    What happens to the visits of one request happens in the order (instant, kind, number of the visit),
    finishes before arrivals, and a visit gets its number when the one before it finishes.
    """
    waiting = np.empty(widest, dtype=np.int64)
    numbers = np.empty(widest, dtype=np.int64)
    arriving = np.empty(widest, dtype=np.bool_)
    for request in range(len(firsts) - 1):
        start, end = firsts[request], firsts[request + 1]
        out[start] = start
        waiting[0], numbers[0], arriving[0] = start, 0, True
        pending, count = 1, 1
        while pending:
            best = 0
            for i in range(1, pending):
                if _comes_first(waiting, numbers, arriving, arrived, finished, i, best):
                    best = i
            slot = waiting[best]
            if arriving[best] and finished[slot] >= 0:
                arriving[best] = False
                continue
            was_finish = not arriving[best]
            pending -= 1
            waiting[best], numbers[best], arriving[best] = (
                waiting[pending],
                numbers[pending],
                arriving[pending],
            )
            if was_finish:
                for other in range(slot + 1, end):
                    if senders[other] == slot:
                        out[start + count] = other
                        waiting[pending], numbers[pending], arriving[pending] = other, count, True
                        pending += 1
                        count += 1


@leaf
def _comes_first(
    waiting: Any, numbers: Any, arriving: Any, arrived: Any, finished: Any, i: int, other: int
) -> Any:
    mine = arrived[waiting[i]] if arriving[i] else finished[waiting[i]]
    theirs = arrived[waiting[other]] if arriving[other] else finished[waiting[other]]
    if mine != theirs:
        return mine < theirs
    if arriving[i] != arriving[other]:
        return arriving[other]
    return numbers[i] < numbers[other]

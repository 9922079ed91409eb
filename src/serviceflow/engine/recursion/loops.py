"""The loops of the recursion: draws, services, joins, for all requests one after another.

A *stream* is a pair of arrays, instants and slots, in the order in which visits arrive at a service: by
instant, then by slot. A *slot* is the place of a visit among those of all requests; slots rise with the
request and, within one, with the branch. Every function here is compiled (see ``compiling``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from serviceflow.engine.arithmetic import LN2_HIGH, LN2_LOW, LOG_EVEN, LOG_ODD, ROOT_HALF
from serviceflow.engine.kernel.memory import leaf, multiply_high
from serviceflow.engine.recursion.wide import LANES, wide_uniforms, wide_uniforms_each
from serviceflow.engine.scalars import compile_scalars

_scalars = compile_scalars(leaf, {"multiply_high_64": multiply_high})
_sample = _scalars.sample
_mix_step = _scalars.mix_step
_philox_block = _scalars.philox_block
_uniform_of = _scalars.uniform_of

CHUNK = 512
"""Draws that are worked on together; they stay in the nearest cache."""
BYTES = 8
FIRST = np.uint64(0)
FRACTION = 0xFFFFFFFFFFFFF
BELOW_ONE = 0x3FE0000000000000
FRACTION_BITS = 52
EXPONENT_BIAS = 1022
NOBODY = -1
VARIOUS, ROOTS = -1, -2

E0, E1, E2 = LOG_EVEN
O0, O1, O2, O3 = LOG_ODD


# -- draws


@leaf
def _logarithms(uniforms: Any, count: int) -> None:
    """Turn u into log(1 - u), as ``arithmetic.log`` does, in steps that vectors can take."""
    for i in range(count):
        uniforms[i] = 1.0 - uniforms[i]
    bits = uniforms.view(np.int64)
    for i in range(count):
        exponent = (bits[i] >> FRACTION_BITS) - EXPONENT_BIAS
        bits[i] = (bits[i] & FRACTION) | BELOW_ONE
        mantissa = uniforms[i]
        small = mantissa < ROOT_HALF
        mantissa = mantissa * 2.0 if small else mantissa
        k = np.float64(exponent - 1 if small else exponent)
        f = mantissa - 1.0
        s = f / (2.0 + f)
        z = s * s
        w = z * z
        rest = w * ((E0 * w + E1) * w + E2) + z * (((O0 * w + O1) * w + O2) * w + O3)
        half_square = 0.5 * f * f
        uniforms[i] = k * LN2_HIGH - ((half_square - (s * (half_square + rest) + k * LN2_LOW)) - f)


@leaf
def _key(what: Any, who: Any, number: Any, way: Any) -> Any:
    """The purpose of a draw of a branch: that of the request, made its own by the handoff it left by."""
    found = _mix_step(_mix_step(FIRST, who), number)
    return what ^ _mix_step(_mix_step(found, way), FIRST)


@leaf
def _purposes(what: Any, slots: Any, start: int, count: int, who: Any, out: Any) -> None:
    """The purpose of each draw, as the visits' requests and branches make it their own."""
    requests, sources, keys, ways, link_keys, _ = who
    for i in range(count):
        slot = slots[start + i]
        request = requests[slot]
        key = keys[sources[request]] if len(sources) else keys[0]
        out[i] = what ^ key
        if len(ways) and ways[slot] >= 0:
            out[i] = _key(what, key, _number(request, who), link_keys[ways[slot]])


@leaf
def _purposes_by(what: Any, who: Any, way: Any, numbers: Any, count: int, out: Any) -> None:
    """The purposes of draws of branches that all left by the same handoff."""
    first = _mix_step(FIRST, who)
    for i in range(count):
        out[i] = what ^ _mix_step(_mix_step(_mix_step(first, np.uint64(numbers[i])), way), FIRST)


@leaf
def _number(request: int, who: Any) -> Any:
    numbers = who[5]
    return np.uint64(numbers[request]) if len(numbers) else np.uint64(request)


@leaf
def _numbers(slots: Any, start: int, count: int, who: Any, out: Any) -> None:
    requests, numbers = who[0], who[5]
    if len(numbers):
        for i in range(count):
            out[i] = numbers[requests[slots[start + i]]]
    else:
        for i in range(count):
            out[i] = requests[slots[start + i]]


def exponentials(
    seed: Any,
    replication: Any,
    what: Any,
    mean: float,
    least: int,
    slots: Any,
    link: int,
    who: Any,
    out: Any,
) -> None:
    """Draw the ticks of exponential durations, one for each of some visits.

    Parameters
    ----------
    seed, replication, what : int
        What keys the draws; the purpose is made each request's own.
    mean : float
        In ticks.
    least : int
        The fewest ticks.
    slots : array of int
        The visits.
    link : int
        What they have in common: ``ROOTS`` if all are visits of undivided requests of one source, or the
        handoff by which their branches left, of requests of one source; ``VARIOUS`` otherwise.
    who : tuple
        The request of each slot, the source of each request (empty: the only one), the key of each source,
        the handoff by which the branch of each slot left its split (-1: no branch; empty: none), the
        purpose of each handoff, and the number of each request (empty: its row).
    out : array of int
        Receives the ticks.
    """
    uniforms = np.empty(CHUNK + LANES, dtype=np.float64)
    numbers = np.zeros(CHUNK + LANES, dtype=np.int64)
    whats = np.zeros(CHUNK + LANES, dtype=np.uint64)
    u, n, w = uniforms.ctypes.data, numbers.ctypes.data, whats.ctypes.data
    key = what ^ who[2][0]
    for start in range(0, len(slots), CHUNK):
        count = min(CHUNK, len(slots) - start)
        _numbers(slots, start, count, who, numbers)
        if link == ROOTS:
            for i in range(0, count, LANES):
                wide_uniforms(seed, replication, key, n + i * BYTES, u + i * BYTES)
        else:
            if link == VARIOUS:
                _purposes(what, slots, start, count, who, whats)
            else:
                _purposes_by(what, who[2][0], who[4][link], numbers, count, whats)
            for i in range(0, count, LANES):
                wide_uniforms_each(seed, replication, w + i * BYTES, n + i * BYTES, u + i * BYTES)
        _logarithms(uniforms, count)
        for i in range(count):
            out[start + i] = max(np.int64(mean * -uniforms[i] + 0.5), least)


def samples(
    seed: Any, replication: Any, what: Any, sampler: Any, table: Any, slots: Any, who: Any, out: Any
) -> None:
    """Draw from any sampler, one value for each of some visits (see ``exponentials``)."""
    family, a, b, c, d = sampler
    whats = np.empty(CHUNK, dtype=np.uint64)
    for start in range(0, len(slots), CHUNK):
        count = min(CHUNK, len(slots) - start)
        _purposes(what, slots, start, count, who, whats)
        for i in range(count):
            number = _number(who[0][slots[start + i]], who)
            out[start + i] = _sample(family, a, b, c, d, table, 0, seed, replication, whats[i], number, FIRST)


def asked_exponentially(
    seed: Any, replication: Any, what: Any, mean: float, first: int, time: Any, until: int, out: Any
) -> Any:
    """Put down instants with exponential gaps, from the draw `first` on, after `time`, up to `until`.

    Gives how many there are; as many as there is room for if the last is not yet beyond `until`.
    """
    uniforms = np.empty(CHUNK + LANES, dtype=np.float64)
    numbers = np.empty(CHUNK + LANES, dtype=np.int64)
    u, n = uniforms.ctypes.data, numbers.ctypes.data
    for start in range(0, len(out), CHUNK):
        count = min(CHUNK, len(out) - start)
        for i in range(CHUNK):
            numbers[i] = first + start + i
        for i in range(0, count, LANES):
            wide_uniforms(seed, replication, what, n + i * BYTES, u + i * BYTES)
        _logarithms(uniforms, count)
        for i in range(count):
            time += np.int64(mean * -uniforms[i] + 0.5)
            out[start + i] = time
            if time > until:
                return start + i
    return len(out)


def asked_by_samples(
    seed: Any,
    replication: Any,
    what: Any,
    sampler: Any,
    table: Any,
    first: int,
    time: Any,
    until: int,
    longest: float,
    out: Any,
) -> Any:
    """Put down instants with gaps from any sampler; -1 if one of them cannot be."""
    family, a, b, c, d = sampler
    for i in range(len(out)):
        gap = _sample(family, a, b, c, d, table, 0, seed, replication, what, np.uint64(first + i), FIRST)
        if not 0.0 <= gap < longest:
            return -1
        time += np.int64(gap + 0.5)
        out[i] = time
        if time > until:
            return i
    return len(out)


# -- services


def serve_one(
    times: Any, slots: Any, work: Any, columns: Any, step: int, out_times: Any, out_slots: Any
) -> None:
    """One unit: Lindley's recursion. Visits leave in the order in which they came."""
    arrived, started, finished, waited, worked = columns
    free = 0
    for i in range(len(times)):
        time, slot, ticks = times[i], slots[i], work[i]
        start = max(time, free)
        free = start + ticks
        arrived[slot] = time
        started[slot] = start
        finished[slot] = free
        waited[slot] = start - time
        worked[slot] = ticks
        out_times[i] = free
        out_slots[i] = slot + step


def serve_at_once(
    times: Any, slots: Any, work: Any, columns: Any, step: int, out_times: Any, out_slots: Any
) -> None:
    """Nobody waits. Visits leave in any order."""
    arrived, started, finished, waited, worked = columns
    for i in range(len(times)):
        time, slot, ticks = times[i], slots[i], work[i]
        arrived[slot] = time
        started[slot] = time
        finished[slot] = time + ticks
        worked[slot] = ticks
        if len(waited):
            waited[slot] = 0
        out_times[i] = time + ticks
        out_slots[i] = slot + step


def serve_few(
    times: Any, slots: Any, work: Any, units: int, columns: Any, step: int, out_times: Any, out_slots: Any
) -> None:
    """A few units: the recursion of Kiefer and Wolfowitz, with the busy units in order of finishing.

    Whoever finishes first makes way for the next to start; so visits leave in order.
    """
    arrived, started, finished, waited, worked = columns
    ends = np.empty(units + 1, dtype=np.int64)
    busy = np.empty(units + 1, dtype=np.int64)
    count = 0
    left = 0
    for i in range(len(times)):
        time, slot, ticks = times[i], slots[i], work[i]
        start = time
        place = count
        if count == units:
            start = max(time, ends[0])
            out_times[left] = ends[0]
            out_slots[left] = busy[0] + step
            left += 1
            place = 0
        else:
            count += 1
        end = start + ticks
        if place:
            while place > 0 and (
                ends[place - 1] > end or (ends[place - 1] == end and busy[place - 1] > slot)
            ):
                ends[place] = ends[place - 1]
                busy[place] = busy[place - 1]
                place -= 1
        else:
            while place + 1 < count and (
                ends[place + 1] < end or (ends[place + 1] == end and busy[place + 1] < slot)
            ):
                ends[place] = ends[place + 1]
                busy[place] = busy[place + 1]
                place += 1
        ends[place] = end
        busy[place] = slot
        arrived[slot] = time
        started[slot] = start
        finished[slot] = end
        waited[slot] = start - time
        worked[slot] = ticks
    for place in range(count):
        out_times[left + place] = ends[place]
        out_slots[left + place] = busy[place] + step


def serve_many(
    times: Any, slots: Any, work: Any, units: int, columns: Any, step: int, out_times: Any, out_slots: Any
) -> None:
    """Many units: the same with the busy units in a heap."""
    arrived, started, finished, waited, worked = columns
    ends = np.empty(units, dtype=np.int64)
    busy = np.empty(units, dtype=np.int64)
    count = 0
    left = 0
    for i in range(len(times)):
        time, slot, ticks = times[i], slots[i], work[i]
        start = time
        if count == units:
            start = max(time, ends[0])
            out_times[left] = ends[0]
            out_slots[left] = busy[0] + step
            left += 1
            _sink(ends, busy, count, start + ticks, slot)
        else:
            _rise(ends, busy, count, start + ticks, slot)
            count += 1
        arrived[slot] = time
        started[slot] = start
        finished[slot] = start + ticks
        waited[slot] = start - time
        worked[slot] = ticks
    while count > 0:
        out_times[left] = ends[0]
        out_slots[left] = busy[0] + step
        left += 1
        count -= 1
        if count:
            _sink(ends, busy, count, ends[count], busy[count])


@leaf
def _rise(ends: Any, busy: Any, place: int, end: int, slot: int) -> None:
    """Put one more into a heap of `place`."""
    while place > 0:
        above = (place - 1) // 2
        if ends[above] < end or (ends[above] == end and busy[above] < slot):
            break
        ends[place] = ends[above]
        busy[place] = busy[above]
        place = above
    ends[place] = end
    busy[place] = slot


@leaf
def _sink(ends: Any, busy: Any, count: int, end: int, slot: int) -> None:
    """Put one in the place of the least in a heap of `count`."""
    place = 0
    while True:
        below = 2 * place + 1
        if below >= count:
            break
        if below + 1 < count and (
            ends[below + 1] < ends[below]
            or (ends[below + 1] == ends[below] and busy[below + 1] < busy[below])
        ):
            below += 1
        if ends[below] > end or (ends[below] == end and busy[below] > slot):
            break
        ends[place] = ends[below]
        busy[place] = busy[below]
        place = below
    ends[place] = end
    busy[place] = slot


# -- between services


def end_requests(times: Any, slots: Any, requests: Any, ended: Any) -> None:
    """A request ends with its last branch."""
    for i in range(len(times)):
        request = requests[slots[i]]
        ended[request] = max(ended[request], times[i])


def put(times: Any, slots: Any, column: Any) -> None:
    for i in range(len(times)):
        column[slots[i]] = times[i]


def leave_by(times: Any, slots: Any, taken: Any, handoff: int, out_times: Any, out_slots: Any) -> Any:
    """Those who take one of several handoffs, by the slots behind theirs; gives how many they are."""
    count = 0
    for i in range(len(times)):
        if taken[slots[i] - 1] == handoff:
            out_times[count] = times[i]
            out_slots[count] = slots[i]
            count += 1
    return count


def sort_stream(times: Any, slots: Any, spare_times: Any, spare_slots: Any) -> Any:
    """Sort by instant, then slot, by merging what is in order; gives whether the spare arrays hold it."""
    total = len(times)
    bounds = np.empty(total + 1, dtype=np.int64)
    runs = 0
    i = 0
    while i < total:
        bounds[runs] = i
        runs += 1
        i += 1
        while i < total and not (
            times[i] < times[i - 1] or (times[i] == times[i - 1] and slots[i] < slots[i - 1])
        ):
            i += 1
    bounds[runs] = total
    swapped = False
    while runs > 1:
        merged = 0
        for run in range(0, runs, 2):
            start, end = bounds[run], bounds[min(run + 2, runs)]
            _merge(times, slots, start, bounds[run + 1], end, spare_times, spare_slots)
            bounds[merged] = start
            merged += 1
        bounds[merged] = total
        runs = merged
        times, spare_times = spare_times, times
        slots, spare_slots = spare_slots, slots
        swapped = not swapped
    return swapped


@leaf
def _merge(times: Any, slots: Any, start: int, middle: int, end: int, out_times: Any, out_slots: Any) -> None:
    a, b = start, middle
    for place in range(start, end):
        if b >= end or (
            a < middle and (times[a] < times[b] or (times[a] == times[b] and slots[a] < slots[b]))
        ):
            out_times[place] = times[a]
            out_slots[place] = slots[a]
            a += 1
        else:
            out_times[place] = times[b]
            out_slots[place] = slots[b]
            b += 1


# -- ways through the chain


def walk(seed: Any, replication: Any, sources: Any, keys: Any, numbers: Any, graph: Any, out: Any) -> Any:
    """Let every request choose its way through the chain; gives how many visits there will be.

    Parameters
    ----------
    seed, replication, sources, keys, numbers
        As in ``exponentials``.
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


# -- the order of visits


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

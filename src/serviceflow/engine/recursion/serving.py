"""Services: who starts and finishes when, in the order in which visits arrive.

A *stream* is a pair of arrays, instants and slots, in order: by instant, then by slot. A *slot* is the place
of a visit among those of all requests; slots rise with the request and, within one, with the branch. The
`columns` receive, by slot, when visits arrived, started and finished, how long they waited and were worked
on; the stream that leaves holds the slots behind those that are left, `step` further.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from serviceflow.engine.kernel.memory import leaf


@leaf
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


@leaf
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


@leaf
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


@leaf
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


@leaf
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

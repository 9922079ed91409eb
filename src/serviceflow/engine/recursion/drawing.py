"""Draws for many visits at once: exponential ones in vectors, the others one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from serviceflow.engine.kernel.memory import leaf, multiply
from serviceflow.engine.kernel.simd import LANES, wide_log, wide_uniforms, wide_uniforms_each
from serviceflow.engine.random.jit import compile_scalars
from serviceflow.engine.random.parameters import CONSTANT, EXPONENTIAL, EXPONENTIAL_MOST

scalars = compile_scalars(leaf, {"multiply_64": multiply})
_sample = scalars.sample
_mix_step = scalars.mix_step

CHUNK = 512
"""Draws that are worked on together; they stay in the nearest cache."""
BUFFER = CHUNK + LANES
BYTES = 8
FIRST = np.uint64(0)
VARIOUS, ROOTS = -1, -2
LONGEST = 2.0**50
"""Ticks of a duration (35 years) beyond which the engines that follow events are asked."""


@leaf
def logarithms(uniforms: Any, count: int) -> None:
    """Turn u into log(1 - u)."""
    for i in range(count):
        uniforms[i] = wide_log(1.0 - uniforms[i])


# -- whose draws they are


@leaf
def _key(what: Any, who: Any, number: Any, way: Any) -> Any:
    """The purpose of a draw of a branch: that of the request, made its own by the handoff it left by."""
    found = _mix_step(_mix_step(FIRST, who), number)
    return what ^ _mix_step(_mix_step(found, way), FIRST)


@leaf
def _purposes(what: Any, slots: Any, start: int, count: int, divided: Any, who: Any, out: Any) -> None:
    """The purpose of each draw, as the visits' requests and branches make it their own."""
    requests, sources, keys, ways, link_keys, _ = who
    for i in range(count):
        slot = slots[start + i]
        request = requests[slot]
        key = keys[sources[request]] if len(sources) else keys[0]
        out[i] = what ^ key
        if divided and ways[slot] >= 0:
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


# -- durations


def draw_ticks(
    run: Any, codes: Any, code: int, slots: Any, link: int, least: int, who: Any, buffers: Any, out: Any
) -> Any:
    """Draw a duration in ticks for each of some visits; gives the longest, or -1 if one of them cannot be.

    Parameters
    ----------
    run : tuple of int
        Seed and replication.
    codes : tuple of arrays
        Per code: the family and the place of its table, the parameters, the purpose; and all tables.
    code : int
        What to draw.
    slots : array of int
        The visits.
    link : int
        What they have in common: ``ROOTS`` if all are visits of undivided requests, or the handoff by which
        their branches left; ``VARIOUS`` otherwise.
    least : int
        The fewest ticks.
    who : tuple of arrays
        The request of each slot, the source of each request (empty: the only one), the key of each source,
        the handoff by which the branch of each slot left its split (-1: no branch; empty: none), the
        purpose of each handoff, and the number of each request (empty: its row).
    buffers : tuple of arrays
        Room for a chunk of numbers, purposes and draws.
    out : array of int
        Receives the ticks.
    """
    families, parameters, purposes, table = codes
    family, a = families[code, 0], parameters[code, 0]
    if family == EXPONENTIAL and 0.0 <= a * EXPONENTIAL_MOST < LONGEST:
        return _exponentials(run, purposes[code], a, slots, link, least, who, buffers, out)
    longest: Any = np.int64(0)
    if family == CONSTANT:
        if not 0.0 <= a < LONGEST:
            return np.int64(-1)
        longest = max(int(a + 0.5), least)
        for i in range(len(slots)):
            out[i] = longest
        return longest
    b, c, d = parameters[code, 1], parameters[code, 2], parameters[code, 3]
    _, whats, _ = buffers
    divided = link != ROOTS and len(who[3]) > 0
    for start in range(0, len(slots), CHUNK):
        count = min(CHUNK, len(slots) - start)
        _purposes(purposes[code], slots, start, count, divided, who, whats)
        for i in range(count):
            number = _number(who[0][slots[start + i]], who)
            value = _sample(
                family, a, b, c, d, table, families[code, 1], run[0], run[1], whats[i], number, FIRST
            )
            if not 0.0 <= value < LONGEST:
                return np.int64(-1)
            ticks = max(int(value + 0.5), least)
            longest = max(longest, ticks)
            out[start + i] = ticks
    return longest


@leaf
def _exponentials(
    run: Any, what: Any, mean: float, slots: Any, link: int, least: int, who: Any, buffers: Any, out: Any
) -> Any:
    numbers, whats, uniforms = buffers
    n, w, u = numbers.ctypes.data, whats.ctypes.data, uniforms.ctypes.data
    seed, replication = run
    key = who[2][0]
    alone = len(who[1]) == 0
    divided = link != ROOTS and len(who[3]) > 0
    for start in range(0, len(slots), CHUNK):
        count = min(CHUNK, len(slots) - start)
        _numbers(slots, start, count, who, numbers)
        if alone and not divided:
            for i in range(0, count, LANES):
                wide_uniforms(seed, replication, what ^ key, n + i * BYTES, u + i * BYTES)
        else:
            if alone and link >= 0:
                _purposes_by(what, key, who[4][link], numbers, count, whats)
            else:
                _purposes(what, slots, start, count, divided, who, whats)
            for i in range(0, count, LANES):
                wide_uniforms_each(seed, replication, w + i * BYTES, n + i * BYTES, u + i * BYTES)
        logarithms(uniforms, count)
        for i in range(count):
            out[start + i] = max(np.int64(mean * -uniforms[i] + 0.5), least)
    return np.int64(mean * EXPONENTIAL_MOST) + 1


# -- demand


def asked_exponentially(
    seed: Any, replication: Any, what: Any, mean: float, first: int, time: Any, until: int, out: Any
) -> Any:
    """Put down instants with exponential gaps, from the draw `first` on, after `time`, up to `until`.

    Gives how many there are; as many as there is room for if the last is not yet beyond `until`.
    """
    uniforms = np.empty(BUFFER, dtype=np.float64)
    numbers = np.empty(BUFFER, dtype=np.int64)
    u, n = uniforms.ctypes.data, numbers.ctypes.data
    for start in range(0, len(out), CHUNK):
        count = min(CHUNK, len(out) - start)
        for i in range(CHUNK):
            numbers[i] = first + start + i
        for i in range(0, count, LANES):
            wide_uniforms(seed, replication, what, n + i * BYTES, u + i * BYTES)
        logarithms(uniforms, count)
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
    out: Any,
) -> Any:
    """The same with gaps from any sampler; -1 if one of them cannot be."""
    family, a, b, c, d = sampler
    for i in range(len(out)):
        gap = _sample(family, a, b, c, d, table, 0, seed, replication, what, np.uint64(first + i), FIRST)
        if not 0.0 <= gap < LONGEST:
            return -1
        time += np.int64(gap + 0.5)
        out[i] = time
        if time > until:
            return i
    return len(out)


def samples(seed: Any, replication: Any, what: Any, sampler: Any, table: Any, out: Any) -> None:
    """Draw a value for each number from 0 on."""
    family, a, b, c, d = sampler
    for i in range(len(out)):
        out[i] = _sample(family, a, b, c, d, table, 0, seed, replication, what, np.uint64(i), FIRST)

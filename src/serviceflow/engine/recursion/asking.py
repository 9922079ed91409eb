"""When requests are asked, and the draws of many requests at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.program.plans import Drawn
from serviceflow.engine.random.parameters import EXPONENTIAL, EXPONENTIAL_MOST
from serviceflow.engine.random.samplers import Sampler
from serviceflow.engine.record.buffers import take
from serviceflow.engine.recursion.compiling import LOOPS
from serviceflow.engine.recursion.drawing import LONGEST
from serviceflow.engine.recursion.routes import Source

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]
Words = NDArray[np.uint64]

NO_INTS: Ints = np.empty(0, dtype=np.int64)
NO_WORDS: Words = np.empty(0, dtype=np.uint64)
MOST_AT_ONCE = 200_000
"""Visits at one instant beyond which they are asked, too: they notice when time stands still."""
FIRST_GUESS = 1024


class OutOfReach(Exception):
    """Something that happens rarely, or is wrong: let the reference engine say what."""


def numbers_of(sampler: Sampler) -> tuple[int, float, float, float, float]:
    return sampler.family, sampler.a, sampler.b, sampler.c, sampler.d


def table_of(sampler: Sampler) -> Reals:
    return np.array(sampler.table, dtype=np.float64)


class Asking:
    """The instants at which the requests of one source are asked, as far as they are known."""

    def __init__(self, source: Source, seed: int, replication: int) -> None:
        self.source = source
        self.seed = seed
        self.replication = replication
        self.times: Ints = np.zeros(source.initial, dtype=np.int64)

    def extend(self, until: int) -> None:
        """Know all of them up to an instant."""
        arrivals = self.source.arrivals
        if arrivals is None:
            return
        if arrivals.every is None:
            listed = np.array([time for time, _ in arrivals.trace], dtype=np.int64)
            self.times = listed[: np.searchsorted(listed, until, side="right")]
        elif arrivals.every.code.constant is not None:
            gap = int(arrivals.every.code.constant + 0.5)
            self.times = np.arange(1, until // gap + 1, dtype=np.int64) * gap
        else:
            self.extend_drawn(arrivals.every, until)

    def extend_drawn(self, every: Drawn, until: int) -> None:
        sampler = every.code.sampler
        assert sampler is not None
        parts = [self.times]
        first, time = len(self.times), int(self.times[-1]) if len(self.times) else 0
        while True:
            out = take(self.room(sampler, first, time, until))
            count = self.fill(sampler, every.purpose, first, time, until, out)
            parts.append(out[:count])
            if count < len(out):
                break
            first, time = first + count, int(out[-1])
        self.times = parts[-1] if len(parts) == 2 and not len(parts[0]) else np.concatenate(parts)

    def room(self, sampler: Sampler, first: int, time: int, until: int) -> int:
        """About how many more there will be."""
        if sampler.family == EXPONENTIAL:
            mean = sampler.a
        elif first:
            mean = time / first
        else:
            return FIRST_GUESS
        if not 1.0 <= mean < LONGEST:
            raise OutOfReach
        expected = max(until - time, 0) / mean
        return int(expected + 4.0 * expected**0.5) + 64

    def fill(self, sampler: Sampler, purpose: int, first: int, time: int, until: int, out: Ints) -> int:
        words = self.words(purpose)
        if sampler.family == EXPONENTIAL and 0.0 <= sampler.a * EXPONENTIAL_MOST < LONGEST:
            return int(LOOPS.asked_exponentially(*words, sampler.a, first, time, until, out))
        numbers, table = numbers_of(sampler), table_of(sampler)
        count = LOOPS.asked_by_samples(*words, numbers, table, first, time, until, out)
        if count < 0:
            raise OutOfReach
        return int(count)

    def words(self, purpose: int) -> tuple[np.uint64, np.uint64, np.uint64]:
        return np.uint64(self.seed), np.uint64(self.replication), np.uint64(purpose ^ self.source.who)

    def asked(self) -> Ints:
        """One instant per request: every arrival brings as many as its batch has."""
        arrivals = self.source.arrivals
        if arrivals is None or arrivals.batch is None:
            return self.times
        size = arrivals.batch.code
        if size.constant is not None:
            return np.repeat(self.times, max(int(min(size.constant, MOST_AT_ONCE) + 0.5), 0))
        assert size.sampler is not None
        sizes = np.empty(len(self.times), dtype=np.float64)
        words = self.words(arrivals.batch.purpose)
        LOOPS.samples(*words, numbers_of(size.sampler), table_of(size.sampler), sizes)
        if not (sizes.min(initial=0.0) >= 0.0 and sizes.max(initial=0.0) <= MOST_AT_ONCE):
            raise OutOfReach
        return np.repeat(self.times, (sizes + 0.5).astype(np.int64))


@dataclass(frozen=True)
class Asked:
    """The requests of all sources, in the order in which they are asked.

    `sources`, `numbers` and `rows` are empty where there is one source, whose requests are numbered as they
    come. Otherwise `rows` gives the requests source by source; those of each begin at its place in `starts`.
    """

    times: Ints
    sources: Ints
    numbers: Ints
    rows: Ints
    starts: Ints


def merge(askings: list[Asking], at_once: int) -> Asked:
    """At one instant, sources come in their order; there may be `at_once` requests, at most."""
    times = [asking.asked() for asking in askings]
    if len(times) == 1:
        refuse_crowds(times[0], at_once)
        return Asked(times[0], NO_INTS, NO_INTS, NO_INTS, NO_INTS)
    together = np.concatenate(times)
    order = np.argsort(together, kind="stable")
    together = together[order]
    refuse_crowds(together, at_once)
    sources = np.repeat(np.arange(len(times), dtype=np.int64), [len(part) for part in times])
    numbers = np.concatenate([np.arange(len(part), dtype=np.int64) for part in times])
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    starts = np.cumsum([0] + [len(part) for part in times]).astype(np.int64)
    return Asked(together, sources[order], numbers[order], places, starts)


def refuse_crowds(times: Ints, at_once: int) -> None:
    if len(times) > at_once and (times[at_once:] == times[:-at_once]).any():
        raise OutOfReach

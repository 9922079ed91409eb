"""Keyed draws: every random number is a pure function of what it is for.

A draw is named by seed, replication, purpose, request number and occurrence; nothing else decides
it, neither what was drawn before nor what else the chain contains. The arithmetic is in ``philox``,
``arithmetic`` and ``samplers``; here it is served to the engine, from chunks that are computed for
many requests at once where that is quicker. Chunks change no value.
"""

from __future__ import annotations

import numpy as np

from serviceflow.engine.random.parameters import UNIFORM
from serviceflow.engine.random.philox import ALL, mix, purpose
from serviceflow.engine.random.samplers import Sampler, sample
from serviceflow.engine.random.vectorized import sample_many
from serviceflow.errors import ServiceflowError

__all__ = ["CHUNK", "Draws", "Sampler", "mix", "purpose"]

CHUNK = 1024
"""Consecutive request numbers that are drawn for together."""
CHUNKS = 2048
"""Chunks that are kept; the oldest goes first. A chunk that comes back is computed again."""
PATIENCE = 8
"""Draws among the numbers of a chunk that are computed one by one before it is thought worth while."""
MOST_COUNTED = 65_536
"""Counts of draws asked for one by one that are kept."""
LARGEST_CHUNKED = 2**32
"""Request numbers from here on are not consecutive (they come from ``mix``): they are never chunked."""

_SHIFT = CHUNK.bit_length() - 1
_PLACE = CHUNK - 1
_STANDARD = Sampler(UNIFORM, 0.0, 1.0)


class Draws:
    """The random numbers of one replication.

    Parameters
    ----------
    seed, replication : int
        The key; each from 0 to 2**64 - 1.

    Raises
    ------
    ServiceflowError
        If the seed or the replication is out of range.
    """

    def __init__(self, seed: int, replication: int) -> None:
        for name, value in (("seed", seed), ("replication", replication)):
            if not 0 <= value <= ALL:
                raise ServiceflowError(f"{name} is {value}; it must be from 0 to {ALL}")
        self.seed = seed
        self.replication = replication
        self._chunks: dict[tuple[int, int, int], list[float]] = {}
        self._asked: dict[tuple[int, int, int], int] = {}

    def __repr__(self) -> str:
        return f"Draws(seed={self.seed}, replication={self.replication})"

    def uniform(self, what: int, number: int, occurrence: int = 0) -> float:
        """Give a number strictly between 0 and 1."""
        return self.sample(_STANDARD, what, number, occurrence)

    def sample(self, sampler: Sampler, what: int, number: int, occurrence: int = 0) -> float:
        """Give a draw from a sampler; durations in ticks, not rounded.

        Parameters
        ----------
        sampler : Sampler
            What to draw from.
        what : int
            What it is for, from ``purpose``.
        number : int
            The number of the request, from 0 to 2**64 - 1.
        occurrence : int
            Its earlier entries.
        """
        if occurrence == 0:
            chunk = self._chunks.get((sampler.identity, what, number >> _SHIFT))
            if chunk is not None:
                return chunk[number & _PLACE]
            return self._missing(sampler, what, number)
        return self.sample_once(sampler, what, number, occurrence)

    def _missing(self, sampler: Sampler, what: int, number: int) -> float:
        """Draw one by one until these numbers have shown that they are asked for often, then a chunk."""
        if number >= LARGEST_CHUNKED:
            return self.sample_once(sampler, what, number)
        place = number >> _SHIFT
        key = (sampler.identity, what, place)
        asked = self._asked.get(key, 0) + 1
        if len(self._asked) > MOST_COUNTED:
            self._asked.clear()
        if asked <= PATIENCE and (sampler.identity, what, place - 1) not in self._chunks:
            self._asked[key] = asked
            return self.sample_once(sampler, what, number)
        self._asked.pop(key, None)
        return self._chunk(sampler, what, place)[number & _PLACE]

    def _chunk(self, sampler: Sampler, what: int, place: int) -> list[float]:
        if len(self._chunks) >= CHUNKS:
            del self._chunks[next(iter(self._chunks))]
        numbers = np.arange(place << _SHIFT, (place + 1) << _SHIFT, dtype=np.uint64)
        found: list[float] = sample_many(sampler, self.seed, self.replication, what, numbers).tolist()
        self._chunks[sampler.identity, what, place] = found
        return found

    def uniform_once(self, what: int, number: int, occurrence: int = 0) -> float:
        """Give the same as ``uniform``, computed for this draw alone."""
        return self.sample_once(_STANDARD, what, number, occurrence)

    def sample_once(self, sampler: Sampler, what: int, number: int, occurrence: int = 0) -> float:
        """Give the same as ``sample``, computed for this draw alone."""
        s = sampler
        return sample(
            s.family, s.a, s.b, s.c, s.d, s.table, 0, self.seed, self.replication, what, number, occurrence
        )

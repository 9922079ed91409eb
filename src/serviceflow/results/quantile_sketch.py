"""Quantiles in constant memory: counts in buckets whose width grows with the values.

A value lies in the bucket of its binary exponent and the first ``BITS`` bits after its leading one, so
that a bucket is at most ``2 ** -BITS`` as wide as its least value. A quantile is the middle of the
bucket that holds the value of its rank: the counts are exact, so that value lies in the same bucket,
and the middle differs from it by at most half the bucket's width,

    |quantile - exact| <= ACCURACY * exact,    ACCURACY = 2 ** -(BITS + 1) = 1/256, about 0.39%.

Whole numbers below ``2 ** (BITS + 1)``, zero among them, have buckets of their own and are exact. All
of int64 takes 7,296 buckets, so nothing ever has to be merged or dropped, and two sketches are merged
by adding counts: in any order, from any number of parts, the result is the same.

References
----------
C. Masson, J. E. Rim and H. K. Lee (2019), "DDSketch: a fast and fully-mergeable quantile sketch with
relative-error guarantees", *Proceedings of the VLDB Endowment* 12(12), 2195-2205; the buckets by the bits of
a number are those of G. Tene's HdrHistogram.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from serviceflow.results.derived import Floats, Ints
from serviceflow.results.reduce import loop
from serviceflow.results.statistics import Ordered

BITS = 7
"""Bits of a value, after its leading one, that tell buckets apart."""
ACCURACY = 2.0 ** -(BITS + 1)
"""Largest relative error of a quantile."""
EXACT = 2 ** (BITS + 1)
"""Whole numbers below it have buckets of their own."""
_DROPPED = 52 - BITS
_FIRST = ((1023 + BITS) << BITS) - 2**BITS
"""What the bits of 2 ** BITS stand for, so that the bucket of every number below ``EXACT`` is itself."""
BUCKETS = ((1023 + 63) << BITS) - _FIRST
"""How many buckets all values from 0 to 2 ** 63 take."""


def buckets_of(values: Ints) -> Ints:
    """The bucket of each value; values are whole and not negative."""
    bits: Ints = values.astype(np.float64).view(np.int64)
    bits >>= _DROPPED
    bits -= _FIRST
    low = values < 2**BITS
    if low.any():
        bits[low] = values[low]
    return bits


def edges_of(buckets: Ints) -> tuple[Ints, Ints]:
    """The least and the largest whole number in each bucket."""
    shift = np.maximum((buckets >> BITS) - 1, 0)
    head = np.where(buckets < EXACT, buckets, (buckets & (2**BITS - 1)) | 2**BITS)
    low: Ints = head << shift
    return low, low + ((np.int64(1) << shift) - 1)


def middles_of(buckets: Ints) -> Floats:
    """The value that stands for each bucket."""
    low, high = edges_of(buckets)
    return low + (high - low) / 2


@dataclass(frozen=True)
class Sketch:
    """Counts of the values of several elements by bucket.

    Attributes
    ----------
    counts : array of shape (elements, buckets)
        How many values of each element lie in each bucket.
    first : int
        The bucket of the first column.
    """

    counts: Ints
    first: int = 0

    @classmethod
    def empty(cls, size: int) -> Sketch:
        """A sketch of `size` elements without values."""
        return cls(np.zeros((size, 0), dtype=np.int64))

    @property
    def end(self) -> int:
        """The bucket after the last column."""
        return self.first + int(self.counts.shape[1])

    def include(self, elements: Ints, values: Ints) -> Sketch:
        """Count values, each for its element; `self` may lend its memory to what is given back."""
        if not len(values):
            return self
        buckets = buckets_of(values)
        grown = self.covering(int(buckets.min()), int(buckets.max()) + 1)
        size, width = grown.counts.shape
        buckets -= grown.first
        if size > 1:
            buckets += elements * width
        flat = grown.counts.reshape(-1)
        if len(flat) > 4 * len(buckets):
            np.add.at(flat, buckets, 1)
        else:
            flat += np.bincount(buckets, minlength=len(flat))
        return grown

    def include_cells(
        self, cells: NDArray[np.int32], elements: Ints, values: Ints, span: tuple[float, float]
    ) -> Sketch:
        """Count values, each for the element of its cell; compiled. They span no more than `span`."""
        if span[0] > span[1]:
            return self
        low, high = buckets_of(np.array(span, dtype=np.int64)).tolist()
        grown = self.covering(low, high + 1)
        loop("count_values")(cells, elements, values, BITS, grown.first, grown.counts)
        return grown

    def covering(self, first: int, end: int) -> Sketch:
        """The same with columns for the buckets from `first` to before `end` (and some to spare)."""
        size, width = self.counts.shape
        if width and first >= self.first and end <= self.end:
            return self
        spare = 2**BITS // 2
        low, high = max(first - spare, 0), min(end + spare, BUCKETS)
        if width:
            low, high = min(low, self.first), max(high, self.end)
        counts = np.zeros((size, high - low), dtype=np.int64)
        if width:
            counts[:, self.first - low : self.end - low] = self.counts
        return Sketch(counts, low)

    def merged(self, other: Sketch) -> Sketch:
        """The values of both."""
        if not other.counts.shape[1]:
            return self
        grown = self.covering(other.first, other.end)
        counts = grown.counts.copy()
        counts[:, other.first - grown.first : other.end - grown.first] += other.counts
        return Sketch(counts, grown.first)

    def moved(self, targets: Ints, size: int) -> Sketch:
        """The same with element `i` counted for element ``targets[i]`` of another scope; -1 drops it."""
        counts = np.zeros((size, self.counts.shape[1]), dtype=np.int64)
        np.add.at(counts, targets[targets >= 0], self.counts[targets >= 0])
        return Sketch(counts, self.first)

    def trimmed(self) -> Sketch:
        """The same without empty columns at either end."""
        used = np.flatnonzero(self.counts.any(axis=0))
        if not len(used):
            return Sketch.empty(len(self.counts))
        low, high = int(used[0]), int(used[-1]) + 1
        return Sketch(self.counts[:, low:high].copy(), self.first + low)

    def ordered(self, least: Floats, most: Floats) -> list[Ordered]:
        """The values of each element in ascending order, the middle of its bucket standing for each.

        Parameters
        ----------
        least, most : array
            The least and the largest value of each element, beyond which no quantile lies.
        """
        ends = zip(least.tolist(), most.tolist(), strict=True)
        return [self._ordered(element, *pair) for element, pair in enumerate(ends)]

    def _ordered(self, element: int, least: float, most: float) -> Ordered:
        row = self.counts[element]
        used = np.flatnonzero(row)
        starts, _ = edges_of(used + self.first)
        return Ordered(middles_of(used + self.first), starts, np.cumsum(row[used]), least, most)

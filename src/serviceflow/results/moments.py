"""Number, mean and spread of values, from parts of them in any order.

References
----------
T. F. Chan, G. H. Golub and R. J. LeVeque (1983), "Algorithms for computing the sample variance: analysis and
recommendations", *The American Statistician* 37(3), 242-247: squares are summed about the mean of their own
part, and two parts are joined by the difference of their means, so that nothing cancels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from serviceflow.results.derived import Flags, Floats, Ints
from serviceflow.results.reduce import loop
from serviceflow.results.statistics import Estimate


@dataclass(frozen=True)
class Moments:
    """Of the values of several elements.

    Attributes
    ----------
    count : array
        How many values each element has.
    mean : array
        Their mean; 0 where there are none.
    squares : array
        The sum of their squared differences from it.
    least, most : array
        The least and the largest; infinite where there are none.
    """

    count: Floats
    mean: Floats
    squares: Floats
    least: Floats
    most: Floats

    @classmethod
    def empty(cls, size: int) -> Moments:
        """Of `size` elements without values."""
        none = np.zeros(size)
        return cls(none, none, none, np.full(size, np.inf), np.full(size, -np.inf))

    @classmethod
    def of(cls, elements: Ints, values: Ints, size: int) -> Moments:
        """Of values, each of which belongs to an element."""
        found = cls.empty(size)
        if not len(values):
            return found
        exact = values.astype(np.float64)
        count = np.bincount(elements, minlength=size).astype(np.float64)
        mean = _sums(elements, exact, size) / np.maximum(count, 1)
        _extremes(found, elements, exact)
        exact -= mean[0] if size == 1 else mean[elements]
        exact *= exact
        squares = _sums(elements, exact, size)
        return cls(count, mean, squares, found.least, found.most)

    @classmethod
    def of_cells(cls, cells: NDArray[np.int32], elements: Ints, values: Ints, size: int) -> Moments:
        """Of values, each of which belongs to the element of its cell; compiled."""
        found = cls(*(np.full(size, start) for start in (0.0, 0.0, 0.0, np.inf, -np.inf)))
        parts = found.count, found.mean, found.squares, found.least, found.most
        loop("spread")(cells, elements, values, *parts)
        return found

    def merged(self, other: Moments) -> Moments:
        """Of the values of both."""
        count = self.count + other.count
        apart, share = other.mean - self.mean, other.count / np.maximum(count, 1)
        squares = self.squares + other.squares + apart * apart * self.count * share
        least, most = np.minimum(self.least, other.least), np.maximum(self.most, other.most)
        return Moments(count, self.mean + apart * share, squares, least, most)

    def moved(self, targets: Ints, size: int) -> Moments:
        """The same with element `i` counted for element ``targets[i]`` of another scope; -1 drops it."""
        kept = targets >= 0
        places, own = targets[kept], self._chosen(kept)
        count = _sums(places, own.count, size)
        mean = _sums(places, own.count * own.mean, size) / np.maximum(count, 1)
        apart = own.mean - mean[places]
        squares = _sums(places, own.squares + own.count * apart * apart, size)
        found = Moments.empty(size)
        np.minimum.at(found.least, places, own.least)
        np.maximum.at(found.most, places, own.most)
        return Moments(count, mean, squares, found.least, found.most)

    def squares_about(self, centre: Floats) -> Floats:
        """Sum of the squared differences from other values than the means."""
        return self.squares + self.count * np.square(self.mean - centre)

    def _chosen(self, elements: Flags) -> Moments:
        parts = (self.count, self.mean, self.squares, self.least, self.most)
        return Moments(*(part[elements] for part in parts))


def _sums(elements: Ints, values: Floats, size: int) -> Floats:
    if size == 1:
        return np.array([values.sum()])
    sums: Floats = np.bincount(elements, weights=values, minlength=size).astype(np.float64)
    return sums


def _extremes(found: Moments, elements: Ints, values: Floats) -> None:
    if len(found.least) == 1:
        found.least[0], found.most[0] = values.min(), values.max()
    else:
        np.minimum.at(found.least, elements, values)
        np.maximum.at(found.most, elements, values)


def deviations(parts: Sequence[Moments]) -> Floats:
    """Standard deviation of the values of each part and element; NaN of fewer than two values."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.sqrt(
            np.array([one.squares / np.where(one.count > 1, one.count - 1, 0) for one in parts])
        )
    return found


def pooled_deviation(parts: Sequence[Moments]) -> Estimate:
    """Standard deviation of the values of all parts together, about the mean of all; without an interval.

    One from the differences between replications would promise too much: squares are so skewed that of
    nominal 95% some 82% hold (1,000 h of an M/M/1 at 80%).
    """
    counts = np.array([one.count for one in parts])
    every = counts.sum(axis=0)
    centre = np.array([one.count * one.mean for one in parts]).sum(axis=0) / np.maximum(every, 1)
    squares = np.array([one.squares_about(centre) for one in parts]).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.sqrt(squares / np.where(every > 1, every - 1, 0))
    unknown, freedom = np.full(root.shape, np.nan), np.full(root.shape, len(parts) - 1.0)
    return Estimate(root, unknown, unknown, unknown, freedom)

"""Sums over ranges of what lies below a bound, for many ranges at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class RangeSums:
    """Weights in a row, to be added up over ranges where their key is at most a bound.

    A wavelet matrix: a level for every bit of the keys' ranks, each a stable partition of the one above, so
    that a million ranges take some twenty steps of NumPy rather than a million loops.

    Parameters
    ----------
    keys, weights : array of int
        Of equal length.
    """

    def __init__(self, keys: Ints, weights: Ints) -> None:
        self.values, ranks = np.unique(keys, return_inverse=True)
        self.bits = max(1, len(self.values).bit_length())
        self.levels: list[tuple[int, Ints, Ints]] = []
        for bit in reversed(range(self.bits)):
            low = ((ranks >> bit) & 1) == 0
            zeros, sums = _running(low), _running(np.where(low, weights, 0))
            self.levels.append((bit, zeros, sums))
            order = np.concatenate([np.flatnonzero(low), np.flatnonzero(~low)])
            ranks, weights = ranks[order], weights[order]

    def up_to(self, first: Ints, last: Ints, bounds: Ints) -> Ints:
        """The sum over ``[first, last)`` of the weights whose key is at most the bound."""
        wanted = np.searchsorted(self.values, bounds, side="right")
        left, right = first.astype(np.int64), np.maximum(first, last).astype(np.int64)
        total = np.zeros(len(left), dtype=np.int64)
        for bit, zeros, sums in self.levels:
            high = ((wanted >> bit) & 1) == 1
            total += np.where(high, sums[right] - sums[left], 0)
            count = zeros[-1]
            left = np.where(high, count + left - zeros[left], zeros[left])
            right = np.where(high, count + right - zeros[right], zeros[right])
        return total


def _running(values: npt.NDArray[np.generic]) -> Ints:
    """The sums of the first 0, 1, 2, ... values."""
    found = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=found[1:])
    return found

"""Quantiles of values that nobody has put in order: selection instead of sorting.

A few of the values, sorted, tell between which two bounds a quantile lies. What is below the lower bound is
counted, what lies between the two is sorted, and the rest is never moved. The bounds are far enough apart
for the quantiles at the ends of an interval as well; where a rank lies outside, everything is sorted.

References
----------
R. W. Floyd and R. L. Rivest (1975), "Expected time bounds for selection", *Communications of the ACM* 18(3),
165-172.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]

SMALL = 2**12
"""So many values are sorted at once."""
DRAWN = 2**10
"""How many values are drawn to find bounds, about."""
OFTEN = 16
"""How often values are counted before they are sorted, which costs as much as to count them thirty times."""
MARGIN = DRAWN // 32
"""How many of the drawn values lie between a quantile and either of its bounds."""


@dataclass(frozen=True)
class Stretch:
    """Values that follow one another in ascending order, and how many are below them."""

    values: Values
    below: int

    def has(self, place: int) -> bool:
        """Whether the value at this place of all is among them."""
        return self.below <= place < self.below + len(self.values)


class Sample:
    """Values in any order, of which ranks are asked.

    Parameters
    ----------
    parts : sequence of array
        The values; they are not changed.
    """

    def __init__(self, parts: Sequence[Values]) -> None:
        self.parts = tuple(part for part in parts if len(part))
        self._size = sum(len(part) for part in self.parts)
        self._known: list[Stretch] = []
        self._counted = 0

    def __len__(self) -> int:
        return self._size

    def quantile(self, probability: float) -> float:
        """Least value with at least a share `probability` at or below it; NaN of nothing."""
        if not self._size:
            return float("nan")
        rank = int(np.ceil(probability * self._size - 1e-9))
        return float(self._at(min(max(rank, 1), self._size) - 1))

    def below(self, value: float) -> int:
        """How many values are at or below one."""
        if self._is_sorted():
            return int(np.searchsorted(self.parts[0], value, side="right")) if value == value else 0
        return sum(int(np.count_nonzero(part <= value)) for part in self.parts)

    def at_or_above(self, value: float) -> int:
        """How many values are at or above one."""
        if self._is_sorted():
            below = int(np.searchsorted(self.parts[0], value, side="left"))
            return self._size - below if value == value else 0
        return sum(int(np.count_nonzero(part >= value)) for part in self.parts)

    def _is_sorted(self) -> bool:
        """Whether the values are in order: who counts often sorts them once, in the place of the parts."""
        self._counted += 1
        if self._counted == OFTEN and self._size:
            self.parts = (np.sort(np.concatenate(self.parts)),)
            self._known = [Stretch(self.parts[0], 0)]
        return self._counted >= OFTEN and bool(self._size)

    def _at(self, place: int) -> Any:
        """The value at a place in ascending order."""
        for stretch in self._known:
            if stretch.has(place):
                return stretch.values[place - stretch.below]
        stretch = self._around(place)
        if not stretch.has(place):
            stretch = Stretch(np.sort(np.concatenate(self.parts)), 0)
        self._known.append(stretch)
        return stretch.values[place - stretch.below]

    def _around(self, place: int) -> Stretch:
        """The values about a place, as far as a few of them tell where these are."""
        if self._size <= SMALL:
            return Stretch(np.sort(np.concatenate(self.parts)), 0)
        drawn = self._drawn
        middle = place * len(drawn) // self._size
        least = drawn[middle - MARGIN] if middle >= MARGIN else None
        most = drawn[middle + MARGIN] if middle + MARGIN < len(drawn) else None
        return self._between(least, most)

    def _between(self, least: Any, most: Any) -> Stretch:
        """All values from one to another; None for no bound."""
        below, kept = 0, []
        for part in self.parts:
            chosen = np.ones(len(part), dtype=bool) if least is None else part >= least
            below += len(part) - int(np.count_nonzero(chosen))
            if most is not None:
                chosen &= part <= most
            kept.append(part[chosen])
        return Stretch(np.sort(np.concatenate(kept)), below)

    @cached_property
    def _drawn(self) -> Values:
        """Some values, evenly spread over all, in ascending order."""
        step = self._size // DRAWN
        return np.sort(np.concatenate([part[::step] for part in self.parts]))

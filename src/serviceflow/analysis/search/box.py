"""Designs between a least and a most: neighbors, and the largest that a price allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, product

from serviceflow.analysis.search.slots import Design

EPS = 1e-9
"""A difference of prices that is none, as a share."""
MOST_STEPS = 300_000
"""Beginnings of designs that are looked at before one gives up."""


class TooMany(Exception):
    """There are more designs than can be looked through."""


@dataclass(frozen=True)
class Box:
    """Designs between two ends, with what one more costs in each slot.

    Attributes
    ----------
    least, most : tuple of int
    prices : tuple of float
    rest : float
        What a design of nobody costs.
    """

    least: Design
    most: Design
    prices: Sequence[float]
    rest: float

    def price(self, design: Design) -> float:
        """What a design costs."""
        return self.rest + sum(price * many for price, many in zip(self.prices, design, strict=True))

    def holds(self, design: Design) -> bool:
        """Whether a design is within the ends."""
        return all(low <= one <= high for low, one, high in zip(self.least, design, self.most, strict=True))

    def more(self, design: Design) -> list[tuple[int, Design]]:
        """One more in each slot where there may be, with the slot."""
        moved = ((place, shifted(design, {place: 1})) for place in range(len(design)))
        return [(place, one) for place, one in moved if self.holds(one)]

    def fewer(self, design: Design) -> list[Design]:
        """One fewer in each slot, the cheapest design first."""
        found = [shifted(design, {place: -1}) for place in range(len(design))]
        return sorted(filter(self.holds, found), key=self.price)

    def exchanges(self, design: Design) -> list[Design]:
        """One or two fewer in a slot for one or two more in others: everything that is near, once each."""
        places, found = range(len(design)), dict[Design, None]()
        for out, into, third in product(places, places, places):
            if out == into:
                continue
            for moves in (
                {out: -1, into: 1},
                {out: -2, into: 1},
                {out: -1, into: 2},
                _three(out, into, third),
            ):
                one = shifted(design, moves)
                if moves and one != design and self.holds(one):
                    found[one] = None
        return sorted(found, key=self.price)

    def largest(self, below: float, excluded: Sequence[Design]) -> Iterator[Design]:
        """Designs cheaper than a price, as large as they can be, and within none of those excluded.

        What is excluded may grow while one goes on; equal designs may come twice.

        Raises
        ------
        TooMany
            If there are too many to be looked through.
        """
        steps = count()
        heads: list[tuple[Design, float]] = [((), self.price(self.least))]
        while heads:
            head, price = heads.pop()
            if next(steps) > MOST_STEPS:
                raise TooMany
            if self._all_excluded(head, excluded):
                continue
            if len(head) == len(self.least):
                yield self.filled(head, below)
                continue
            heads += self._longer(head, price, below)

    def _longer(self, head: Design, price: float, below: float) -> list[tuple[Design, float]]:
        """A head with one slot more, the largest last."""
        place = len(head)
        low, high = self.least[place], self.most[place]
        costs = ((one, price + self.prices[place] * (one - low)) for one in range(low, high + 1))
        return [((*head, one), now) for one, now in costs if now < below]

    def _all_excluded(self, head: Design, excluded: Sequence[Design]) -> bool:
        """Whether every design that begins so is within one that is excluded."""
        place = len(head)
        return any(
            all(one <= bound for one, bound in zip(head, other, strict=False))
            and all(high <= bound for high, bound in zip(self.most[place:], other[place:], strict=True))
            for other in excluded
        )

    def filled(self, design: Design, below: float) -> Design:
        """As large as a price allows, one more at a time, the cheapest first."""
        order = sorted(range(len(design)), key=lambda place: self.prices[place])
        for place in order:
            while design[place] < self.most[place]:
                grown = shifted(design, {place: 1})
                if self.price(grown) >= below:
                    break
                design = grown
        return design


def _three(out: int, into: int, third: int) -> dict[int, int]:
    return {out: -1, into: 1, third: 1} if len({out, into, third}) == 3 else {}


def shifted(design: Design, moves: dict[int, int]) -> Design:
    """A design with some counts changed."""
    return tuple(many + moves.get(place, 0) for place, many in enumerate(design))

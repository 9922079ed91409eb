"""Small random chains in two parts: a front that the recursion covers, and plain queues behind it."""

from __future__ import annotations

import serviceflow as sf
from plain_chains import PlainMaker
from recursion_chains import Maker

PARTS_CHAINS = 2 * 10**12
"""From this number on, a sweep takes chains in two parts."""


class PartsMaker(PlainMaker):
    """Makes one chain from one number: the rest first, then the front from its last service to its first."""

    way = Maker.way
    arrivals = Maker.arrivals

    def make(self) -> sf.ServiceChain:
        self.gated = True
        self.rest = self.plain_rest()
        front = self.stage(self.random.randint(1, 3))
        for _ in range(self.pick([0, 0, 1, 1, 2])):
            self.gated = False
            front = self.split([*front, self.pick(self.rest)] if self.chance(0.3) else front)
            front = [name for name in front if name not in self.rest]
        self.gated = True
        if self.chance(0.7):
            front.append(self.service())
            self.ways(front[-1], front[:-1])
        doors = [*self.random.sample(self.rest, self.pick([0, 0, 1, len(self.rest)])), *front]
        for number in range(self.pick([1, 1, 2, 3])):
            self.consumer(f"C{number}", doors)
        return self.at_once(self.chain)

    def plain_rest(self) -> list[str]:
        for number in range(self.random.randint(1, 3)):
            self.provider(f"P{number}")
        size = self.random.randint(1, 4)
        names = [self.plain_service(number, size - number - 1) for number in range(size)]
        for place, name in enumerate(names):
            self.exits(name, names[place + 1 :], names[: place + 1])
        return names

    def ways(self, origin: str, ahead: list[str]) -> None:
        if self.gated:
            ahead = [*ahead, *self.rest] if self.chance(0.8) else self.rest
        super().ways(origin, ahead)

    def consumer(self, name: str, doors: list[str]) -> None:
        if len(doors) < 2 or self.chance(0.8):
            super().consumer(name, doors)
            return
        self.chain.add_consumer(name, arrivals=self.arrivals())
        first, second = self.random.sample(doors, 2)
        self.chain.add_handoff(name, first, probability="40%", **self.way())
        self.chain.add_handoff(name, second, **self.way())

    def at_once(self, chain: sf.ServiceChain) -> sf.ServiceChain:
        """The chain without delays on the ways to the rest."""
        delayed = [link for link, way in chain.handoffs.items() if link.target in self.rest and way.delay]
        return chain.change({"handoffs": {str(link): {"delay": None} for link in delayed}})


def parts_chain(seed: int) -> sf.ServiceChain:
    return PartsMaker(seed).make()

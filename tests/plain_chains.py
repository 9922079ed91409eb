"""Small random chains of plain queues; many times are whole, so that there are ties."""

from __future__ import annotations

from typing import Any

import serviceflow as sf
from recursion_chains import Maker

PLAIN_CHAINS = 10**12
"""From this number on, a sweep takes plain chains."""
STAFF = (
    1,
    1,
    2,
    3,
    0,
    {"mon-sun": {"00:00-08:00": 1, "08:00-16:00": 3}},
    {"mon-sun": {"00:00-10:00": 2, "10:00-11:00": 0, "11:00-24:00": 1}},
    {"mon-sun": {"06:00-06:30": 4}},
    {"mon-sun": {"09:00-17:00": 1}},
)


class PlainMaker(Maker):
    """Makes one chain from one number."""

    def make(self) -> sf.ServiceChain:
        for number in range(self.random.randint(1, 4)):
            self.provider(f"P{number}")
        size = self.random.randint(1, 6)
        names = [self.plain_service(number, size - number - 1) for number in range(size)]
        for place, name in enumerate(names):
            self.exits(name, names[place + 1 :], names[: place + 1])
        for number in range(self.pick([1, 1, 2, 3])):
            self.consumer(f"C{number}", names)
        return self.chain

    def provider(self, name: str) -> None:
        self.chain.add_provider(
            name,
            staff=self.pick(STAFF),
            discipline=self.pick(["fifo", "priority", "priority"]),
            off_shift="finish",
        )

    def plain_service(self, number: int, ahead: int) -> str:
        name = f"{self.pick('AZ')}{number}"
        fields: dict[str, Any] = {"duration": self.ticks()}
        if self.chance(0.8):
            fields["provider"] = self.pick(list(self.chain.providers))
            if self.chance(0.3):
                fields["priority"] = self.random.randint(-1, 3)
        if ahead > 1 and self.chance(0.3):
            fields["split"] = "all"
        self.chain.add_service(name, **fields)
        return name

    def exits(self, origin: str, ahead: list[str], back: list[str]) -> None:
        """Ways on, and back for rework; a split only leads on, lest its branches become ever more."""
        if self.chain.services[origin].split:
            for target in self.random.sample(ahead, self.random.randint(2, len(ahead))):
                self.chain.add_handoff(origin, target)
            return
        targets = self.random.sample([*ahead, "end"], self.random.randint(1, 1 + min(len(ahead), 2)))
        again = [name for name in back if not self.chain.services[name].split]
        left = 100
        if again and self.chance(0.5):
            left -= 30
            self.chain.add_handoff(origin, self.pick(again), probability="30%")
        for place, target in enumerate(targets):
            last = place == len(targets) - 1
            share = left if last else self.pick([0, 10, 25, left // 2])
            left -= share
            rest = last and self.chance(0.6)
            self.chain.add_handoff(origin, target, **({} if rest else {"probability": f"{share}%"}))

    def way(self) -> dict[str, Any]:
        return {}

    def arrivals(self) -> dict[str, Any]:
        if self.chance(0.15):
            return {"profile": {"mon-sun": {"00:00-12:00": "4 per hour", "12:00-24:00": "1 per hour"}}}
        return super().arrivals()


def plain_chain(seed: int) -> sf.ServiceChain:
    return PlainMaker(seed).make()

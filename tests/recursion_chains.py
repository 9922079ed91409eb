"""Small random chains of the kind that the recursion covers; many times are whole, so that there are ties."""

from __future__ import annotations

import random
from typing import Any

import serviceflow as sf

FAMILIES = (
    "exponential(mean={0} min)",
    "uniform(low=0 min, high={0} min)",
    "lognormal(mean={0} min, cv=0.7)",
    "gamma(mean={0} min, cv=1.3)",
    "erlang(mean={0} min, k=2)",
    "triangular(low=0 min, mode=1 min, high={0} min)",
    "hyperexponential(mean={0} min, cv=2)",
    "weibull(mean={0} min, shape=2)",
    "discrete(values=[0 min, 5 min, {0} min], shares=[0.2, 0.3, 0.5])",
    "mixture(shares=[0.5, 0.5], of=[uniform(low=0 min, high=5 min), exponential(mean={0} min)])",
)
SHARES = (
    ("50%", "50%"),
    ("20%", "30%", None),
    ("70%", None),
    ("100%",),
    (None,),
    ("0%", None),
    (0.1, 0.2, 0.7),
)


class Maker:
    """Makes one chain from one number."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.whole = self.chance(0.5)
        """Whether all times are whole numbers of 5 minutes."""
        self.chain = sf.ServiceChain(
            f"Recursion {seed}",
            time_unit="min",
            run={
                "duration": self.pick(["3 h", "1 day", "2 days"]),
                "warm_up": self.pick(["0 min", "0 min", "95 min", "20 h"]),
                "horizon": self.pick(["steady", "terminating"]),
                "seed": seed % 2**32,
            },
        )
        self.services: list[str] = []

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, options: Any) -> Any:
        return self.random.choice(options)

    def ticks(self, longest: int = 40, least: int = 0) -> str:
        whole = max(self.random.randrange(0, longest, 5), least)
        if self.whole or self.chance(0.3):
            return f"{whole} min"
        return str(self.pick(FAMILIES)).format(max(whole, 5))

    def make(self) -> sf.ServiceChain:
        first = self.stage(self.random.randint(1, 3))
        if self.chance(0.5):
            first = self.split(first)
        if self.chance(0.2):
            first = self.split(first)
        for number in range(self.pick([1, 1, 2, 3])):
            self.consumer(f"C{number}", first)
        return self.chain

    # Services, from the last to the first

    def stage(self, most: int) -> list[str]:
        """Services in a row, each with ways to those behind it; gives where one may enter."""
        made: list[str] = []
        for _ in range(most):
            ahead = list(made)
            name = self.service()
            made.append(name)
            self.ways(name, ahead)
        return made

    def service(self, **fields: Any) -> str:
        name = f"S{len(self.services):02d}"
        if self.chance(0.3):
            name = f"A{len(self.services):02d}"  # The order of names is not that of the ways.
        if self.chance(0.75):
            staff = self.pick([1, 1, 2, 3, 20])
            self.chain.add_provider(f"P {name}", staff=staff)
            fields["provider"] = f"P {name}"
        self.chain.add_service(name, duration=self.ticks(), **fields)
        self.services.append(name)
        return name

    def ways(self, origin: str, ahead: list[str]) -> None:
        if not ahead or self.chance(0.1):
            if self.chance(0.3):
                self.chain.add_handoff(origin, "end", **self.way())
            return
        shares = self.pick([shares for shares in SHARES if len(shares) <= len(ahead) + 1])
        targets = self.random.sample([*ahead, "end"], len(shares))
        for share, target in zip(shares, targets, strict=True):
            probability = {} if share is None else {"probability": share}
            self.chain.add_handoff(origin, target, **probability, **self.way())

    def way(self) -> dict[str, Any]:
        return {"delay": self.ticks()} if self.chance(0.4) else {}

    def split(self, behind: list[str]) -> list[str]:
        """A split in front of what there is: with branches that join, or that end."""
        joins = self.chance(0.6)
        join = ""
        if joins:
            join = self.service(join="all")
            if self.chance(0.7):
                self.chain.add_handoff(join, behind[-1], **self.way())
            if self.chance(0.3):
                behind = [*behind, join]
        fork = self.service(split="all")
        reached: set[str] = set()
        for _ in range(self.random.randint(2, 4)):
            before = fork
            for _ in range(self.random.randint(0 if joins else 1, 3)):
                name = self.service()
                self.chain.add_handoff(before, name, **self.way())
                before = name
            if joins:
                way = " via phone" if before == fork and fork in reached else ""
                self.chain.add_handoff(before, join, **({"via": "phone"} if way else {}), **self.way())
                reached.add(before)
            elif not joins and self.chance(0.2):
                self.chain.add_handoff(before, "end", delay="10 min")
        extra = self.stage(1)[-1] if self.chance(0.3) else ""
        if extra:
            self.chain.add_handoff(extra, fork, **self.way())
            return [*behind, fork, extra]
        return [fork] if self.chance(0.5) else [*behind, fork]

    # Demand

    def consumer(self, name: str, doors: list[str]) -> None:
        fields: dict[str, Any] = {"arrivals": self.arrivals()}
        target = doors[-1] if self.chance(0.7) else self.pick(doors)
        by_handoff = self.chance(0.2)
        if not by_handoff:
            fields["enters"] = target
        if self.chance(0.2):
            fields["initial"] = {self.pick(doors): self.random.randint(1, 4)}
        self.chain.add_consumer(name, **fields)
        if by_handoff:
            self.chain.add_handoff(name, target, **self.way())

    def arrivals(self) -> dict[str, Any]:
        kind = self.pick(["every", "every", "every", "rate", "at"])
        if kind == "rate":
            found: dict[str, Any] = {"rate": self.pick(["3 per hour", "0.5 per hour", "6 per hour"])}
        elif kind == "at":
            found = {
                "at": [f"{5 * self.random.randint(0, 300)} min" for _ in range(self.random.randint(1, 40))]
            }
        else:
            found = {"every": self.ticks(least=5)}
        if self.chance(0.2):
            found["batch"] = self.pick([2, "geometric(mean=2)", "poisson(mean=1)"])
        return found


def covered_chain(seed: int) -> sf.ServiceChain:
    return Maker(seed).make()

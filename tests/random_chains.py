"""Small random chains over all rules; many durations are whole, so that much happens at one instant."""

from __future__ import annotations

import random
from typing import Any

import serviceflow as sf

CALENDARS = {
    "day": {"mon-sun": "00:00-12:00"},
    "broken": {"mon-sun": "01:00-04:00, 05:00-10:00, 20:00-23:00"},
    "night": {"mon-sun": "22:00-03:00", "2026-01-06": "closed"},
}


class Maker:
    """Makes one chain from one number."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.chain = sf.ServiceChain(
            f"Random {seed}",
            time_unit="min",
            run={"duration": "2 days", "horizon": self.pick(["steady", "terminating"]), "seed": seed % 2**32},
        )

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, options: list[Any]) -> Any:
        return self.random.choice(options)

    def ticks(self, longest: int = 60, of_request: bool = True) -> str:
        whole = self.random.randrange(0, longest, 5) or 5
        options = [f"{whole} min"] * 3
        options += [f"exponential(mean={whole} min)", f"uniform(low=0 min, high={whole} min)"]
        return self.pick(
            [*options, f"{whole} min if size > 1 else {whole + 5} min"][: 6 if of_request else 5]
        )

    def make(self) -> sf.ServiceChain:
        for name, days in CALENDARS.items():
            self.chain.add_calendar(name, days)
        self.providers = [f"P{number}" for number in range(self.random.randint(1, 4))]
        for name in self.providers:
            self.chain.add_provider(name, **self.provider())
        self.stocks = [f"K{number}" for number in range(self.random.randint(0, 2))]
        self.services = [f"S{number}" for number in range(self.random.randint(2, 6))]
        self.helpers = [f"H{number}" for number in range(self.random.randint(0, 2))]
        for name in (*self.services, *self.helpers):
            self.chain.add_service(name, **self.service(name))
        for number, name in enumerate(self.stocks):
            self.chain.add_service(
                f"Bring {name}", duration=self.ticks(of_request=False), produces={name: "quantity"}
            )
            self.chain.add_stock(
                name,
                initial=self.random.randint(0, 5),
                discipline=self.pick(["fifo", "priority"]),
                reorder={"below": 3, "quantity": 3 + number, "enters": f"Bring {name}"},
            )
        self.links()
        self.calls()
        self.split()
        for number in range(self.random.randint(1, 3)):
            self.chain.add_consumer(f"C{number}", **self.consumer())
        return self.chain

    def provider(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"staff": self.random.randint(1, 3)}
        if self.chance(0.2):
            fields = {"members": {f"M{n}": self.member() for n in range(self.random.randint(1, 3))}}
        elif self.chance(0.4):
            fields["staff"] = {
                "mon-sun": {"00:00-08:00": 1, "08:00-16:00": 3, "16:00-24:00": self.pick([1, 2])}
            }
        elif self.chance(0.4):
            fields["calendar"] = self.pick(["day", "broken", "night"])
        fields["discipline"] = self.pick(
            [
                "fifo",
                "fifo",
                "lifo",
                "priority",
                "priority",
                "earliest due date",
                "shortest service",
                "random",
            ]
        )
        fields["preemptive"] = fields["discipline"] == "priority" and self.chance(0.5)
        fields["off_shift"] = self.pick(["pause", "pause", "finish", "fit"])
        if self.chance(0.25):
            fields["queue_limit"] = self.random.randint(0, 3)
            fields["when_full"] = self.pick(["refuse", "block"])
        if self.chance(0.2):
            fields["outages"] = {"after": "exponential(mean=6 h)", "repair": self.ticks(of_request=False)}
        return fields

    def member(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"speed": self.pick([0.5, 1, 2])}
        if self.chance(0.5):
            fields["calendar"] = self.pick(["day", "broken"])
        return fields

    def service(self, name: str) -> dict[str, Any]:
        fields: dict[str, Any] = {"duration": self.ticks()}
        many = len(self.providers) > 1
        if self.chance(0.75):
            fields["provider"] = self.pick(self.providers)
        elif many and self.chance(0.5):
            fields["providers"] = dict.fromkeys(self.random.sample(self.providers, 2), 1)
            fields["reserve"] = self.chance(0.5)
        elif many:
            fields["any_of"] = self.random.sample(self.providers, 2)
        staffed = any(key in fields for key in ("provider", "providers", "any_of"))
        if staffed and self.chance(0.15):
            fields["setup"] = "10 min"
        if staffed and self.chance(0.1):
            fields["learning"] = "80%"
        if self.chance(0.15):
            fields["batch"] = {"size": self.random.randint(2, 3), "max_wait": "30 min"}
        if self.chance(0.2):
            fields["patience"] = self.ticks(120)
        if self.chance(0.2):
            fields["priority"] = self.random.randint(0, 3)
        if self.stocks and name in self.services and self.chance(0.3):
            fields["consumes"] = {self.pick(self.stocks): self.pick([1, 2, "size"])}
        if not staffed and self.chance(0.3):
            fields["calendar"] = self.pick(["day", "broken"])
        return fields

    def way(self) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if self.chance(0.4):
            fields["delay"] = self.ticks()
        if self.chance(0.4):
            fields |= self.pick(
                [
                    {"every": "30 min"},
                    {"at": {"mon-sun": "06:00, 12:00, 18:00"}},
                    {"batch": {"size": 2, "max_wait": "45 min"}},
                ]
            )
        if self.chance(0.2):
            fields["clarification"] = {"probability": "20%", "delay": self.ticks()}
        if self.chance(0.15):
            fields["calendar"] = self.pick(["day", "broken"])
        return fields

    def links(self) -> None:
        """Forward to the next, sometimes back for rework, sometimes past one, sometimes out."""
        for place, name in enumerate(self.services):
            later = self.services[place + 1 :]
            if place and self.chance(0.3):
                self.chain.add_handoff(name, self.services[place - 1], probability=0.2, **self.way())
            if not later and place and self.chain.handoffs:
                self.chain.add_handoff(name, "end")
            if later:
                self.chain.add_handoff(name, later[0], **self.way())
                if len(later) > 1 and self.chance(0.4):
                    self.chain.add_handoff(name, later[1], probability="30%", when="size > 1", **self.way())
                if self.chance(0.3):
                    self.chain.add_handoff(name, "end", probability=0.1, delay=self.ticks())
                service = self.chain.services[name]
                if service.patience is not None and self.chance(0.5):
                    self.chain.add_handoff(name, later[-1], via="gave up", after="gave up")
                if self.refuses(service) and self.chance(0.5):
                    self.chain.add_handoff(name, later[-1], via="refused", after="refused", delay="5 min")

    def refuses(self, service: Any) -> bool:
        limits = [self.chain.providers[name] for name in service.provider_names[:1]]
        return any(one.queue_limit is not None and one.when_full == "refuse" for one in limits)

    def calls(self) -> None:
        for helper in self.helpers:
            self.chain.add_call(
                self.pick(self.services),
                helper,
                ask=self.pick(["before", "start", "end"]),
                wait=self.chance(0.8),
                probability=self.pick([None, 0.5]),
                answer=self.pick([None, {"delay": self.ticks()}]),
                **self.way(),
            )

    def split(self) -> None:
        """A diamond at the end of the flow, once in three chains."""
        last = self.services[-1]
        if not self.chance(0.35):
            return
        self.chain.add_service("Fork", split="all")
        self.chain.add_service("Left", duration=self.ticks(), provider=self.pick(self.providers))
        self.chain.add_service("Right", duration=self.ticks())
        self.chain.add_service("Join", duration="5 min", join=self.pick(["all", 1]))
        self.chain = self.chain.change({"handoffs": {f"{last} -> end": None}})
        self.chain.add_handoff(last, "Fork", **self.way())
        self.chain.add_handoff("Fork", "Left", **self.way())
        self.chain.add_handoff("Fork", "Right", probability=self.pick([None, 0.5]))
        self.chain.add_handoff("Left", "Join")
        self.chain.add_handoff("Right", "Join", **self.way())

    def limits(self, arrivals: dict[str, Any]) -> dict[str, Any]:
        """Sometimes when the first comes, or the last: from numbers of its own, so that all else stays."""
        chance = random.Random(f"{self.seed} {sorted(arrivals)}")
        found: list[dict[str, Any]] = [{}] * 8
        if "population" not in arrivals:
            found += [{"count": 5}, {"until": "30 h"}]
        if "every" in arrivals or "rate" in arrivals:
            found.append({"first": "15 min"})
        return chance.choice(found)

    def open_time(self, arrivals: dict[str, Any]) -> dict[str, Any]:
        """Sometimes in whose open time the time between arrivals passes, from numbers of its own, too."""
        chance = random.Random(f"{self.seed} open time")
        within = "every" in arrivals and chance.random() < 0.3
        return {"calendar": chance.choice(["day", "broken", "night"])} if within else {}

    def consumer(self) -> dict[str, Any]:
        arrivals = self.pick(
            [
                {"every": f"{self.random.randrange(20, 90, 10)} min"},
                {"rate": "2 per hour"},
                {"profile": {"mon-sun": {"06:00-10:00": "4 per hour", "12:00-20:00": "1 per hour"}}},
                {"at": {"mon-sun": "00:00, 06:00, 08:00"}, "batch": 3},
                {"population": 3, "think": self.ticks(of_request=False)},
            ]
        )
        fields: dict[str, Any] = {"arrivals": arrivals | self.limits(arrivals) | self.open_time(arrivals)}
        fields["enters"] = self.pick(self.services[:2])
        fields["attributes"] = {"size": {1: "50%", 2: "30%", 3: "20%"}}
        fields["priority"] = self.pick([0, 1, 2, "size"])
        fields["sla"] = {"resolution": "90% within (2 h if size > 1 else 1 h)"}
        if self.chance(0.2):
            fields["initial"] = {self.pick(self.services): 2}
        return fields


def random_chain(seed: int) -> sf.ServiceChain:
    """The chain of a number; the same for the same number."""
    return Maker(seed).make()

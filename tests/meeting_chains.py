"""Small random chains in which rules meet: two to five of them at once, on few providers and few requests.

Most times are whole minutes that follow from a request's size, so that much happens at one instant and what
is right can be worked out by hand. A number always makes the same chain.
"""

from __future__ import annotations

import random
from typing import Any

import serviceflow as sf

FEATURES = (
    "preemption",
    "joint",
    "reserve",
    "patience",
    "fit",
    "finish",
    "setup",
    "learning",
    "members",
    "calls",
    "limits",
    "any of",
    "joins",
    "stocks",
    "returns",
    "outages",
    "shifts",
    "batches",
    "disciplines",
    "ways",
)
"""What may meet."""
SHIFTS = (
    {"mon-sun": {"00:00-00:20": 2, "00:20-01:00": 1, "01:00-24:00": 2}},
    {"mon-sun": {"00:00-00:15": 1, "00:30-24:00": 1}},
    {"mon-sun": {"00:00-00:05": 3, "00:10-00:40": 1, "00:40-02:00": 3}},
    {"mon-sun": {"00:10-00:50": 2, "01:30-03:00": 1, "04:00-24:00": 2}},
)
CALENDARS = {
    "early": {"mon-sun": "00:00-00:30, 01:00-04:00"},
    "late": {"mon-sun": "00:10-01:10, 02:00-24:00"},
}
DISCIPLINES = ("fifo", "lifo", "priority", "earliest due date", "shortest service", "random")
RESTLESS = frozenset(("fit", "limits", "reserve"))
CALM = frozenset(FEATURES) - RESTLESS
"""Features that the engines have together without fault."""


class Meeting:
    """Makes one chain from one number.

    Parameters
    ----------
    seed : int
        The number.
    allowed : collection of str
        Features among which it chooses.
    """

    def __init__(self, seed: int, allowed: tuple[str, ...] = FEATURES) -> None:
        self.random = random.Random(seed)
        self.on = set(self.random.sample(allowed, self.random.randint(2, 5)))
        self.chain = sf.ServiceChain(
            f"Meeting {seed}: {', '.join(sorted(self.on))}",
            time_unit="min",
            run={"duration": "6 h", "horizon": "terminating", "seed": seed % 2**32},
        )

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, options: Any) -> Any:
        return self.random.choice(options)

    def may(self, feature: str, probability: float = 0.6) -> bool:
        """Whether a feature is on, and comes true here."""
        return feature in self.on and self.chance(probability)

    def minutes(self, longest: int = 12) -> str:
        whole = self.random.randint(1, longest)
        return self.pick([f"{whole} min"] * 3 + [f"size * {whole} min", f"exponential(mean={whole} min)"])

    def make(self) -> sf.ServiceChain:
        for name, days in CALENDARS.items():
            self.chain.add_calendar(name, days)
        self.providers = [f"P{n}" for n in range(self.random.randint(1, 3))]
        for name in self.providers:
            self.chain.add_provider(name, **self.provider())
        self.stocks = ["K"] if "stocks" in self.on else []
        self.services = [f"S{n}" for n in range(self.random.randint(1, 3))]
        for name in self.services:
            self.chain.add_service(name, **self.service())
        self.supply()
        self.ways()
        self.calls()
        self.split()
        for number in range(self.random.randint(2, 3)):
            self.chain.add_consumer(f"C{number}", **self.consumer())
        return self.chain

    # Providers

    def provider(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"staff": self.random.randint(1, 3)}
        if self.may("members"):
            fields = {"members": {f"M{n}": self.member() for n in range(self.random.randint(1, 3))}}
        elif self.may("shifts", 0.8) or "fit" in self.on or "finish" in self.on:
            fields["staff"] = self.pick(SHIFTS)
        if self.may("preemption", 0.8):
            fields |= {"discipline": "priority", "preemptive": True}
        elif self.may("disciplines", 0.8):
            fields["discipline"] = self.pick(DISCIPLINES)
        elif "reserve" in self.on:
            fields["discipline"] = self.pick(["fifo", "priority"])
        for rule in ("fit", "finish"):
            if self.may(rule, 0.7):
                fields["off_shift"] = rule
        if self.may("limits", 0.7):
            fields |= {
                "queue_limit": self.random.randint(0, 2),
                "when_full": self.pick(["refuse", "block"]),
            }
        if self.may("outages"):
            fields["outages"] = {
                "after": f"{self.random.randint(5, 40)} min",
                "repair": self.pick(["5 min", "20 min"]),
            }
        return fields

    def member(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"skills": self.pick([["a"], ["b"], ["a", "b"]])}
        if self.chance(0.3):
            fields["speed"] = self.pick([0.5, 2])
        if self.may("shifts"):
            fields["calendar"] = self.pick(list(CALENDARS))
        return fields

    # Services

    def service(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"duration": self.minutes()} | self.staff()
        if "providers" not in fields and self.may("members", 0.5) and self.have_skills(fields):
            fields["skill"] = self.pick(["a", "b"])
        if self.may("setup", 0.7):
            fields["setup"] = "3 min"
        if self.may("learning", 0.7):
            fields["learning"] = self.pick(["80%", "50%", "100%"])
        if self.may("batches", 0.6):
            fields["batch"] = {"size": self.random.randint(2, 3), "max_wait": self.pick(["5 min", "10 min"])}
        if self.may("patience", 0.7):
            fields["patience"] = f"{self.random.randint(2, 20)} min"
        if self.stocks and self.chance(0.6):
            fields["consumes"] = {"K": self.pick([0.1, 0.3, 1, "size"])}
        if self.chance(0.15):
            fields["priority"] = self.random.randint(0, 3)
        return fields

    def staff(self) -> dict[str, Any]:
        several = len(self.providers) > 1
        if self.may("joint", 0.7) or self.may("reserve", 0.7):
            names = self.random.sample(self.providers, 2) if several else self.providers
            needs = dict.fromkeys(names, 1 if several else 2)
            if any(self.most(name) < units for name, units in needs.items()):
                return {"provider": names[0]}
            return {"providers": needs, "reserve": "reserve" in self.on and self.chance(0.8)}
        if several and self.may("any of"):
            return {"any_of": self.random.sample(self.providers, 2)}
        return {"provider": self.pick(self.providers)}

    def most(self, name: str) -> int:
        """How many of a provider may be on duty at once."""
        provider = self.chain.providers[name]
        if provider.members is not None:
            return len(provider.members) if "shifts" not in self.on else 1
        return provider.staff if isinstance(provider.staff, int) else max(provider.staff.values())  # type: ignore[type-var,union-attr,return-value]

    def have_skills(self, fields: dict[str, Any]) -> bool:
        names = [fields["provider"]] if "provider" in fields else fields.get("any_of", [])
        found = [self.chain.providers[name].members or {} for name in names]
        skills = [{skill for member in members.values() for skill in member.skills} for members in found]
        return bool(skills) and all({"a", "b"} <= one for one in skills)

    def supply(self) -> None:
        if not self.stocks:
            return
        fields: dict[str, Any] = {
            "duration": f"{self.random.randint(1, 20)} min",
            "produces": {"K": "quantity"},
        }
        if self.chance(0.4):
            fields["provider"] = self.pick(self.providers)
        self.chain.add_service("Bring", **fields)
        rule = self.pick([{"quantity": 2}, {"up_to": 3}, {"quantity": 0.5}, {"up_to": 1.3}])
        self.chain.add_stock(
            "K",
            initial=self.pick([0, 0.3, 1, 2]),
            discipline=self.pick(["fifo", "priority"]),
            reorder={"below": self.pick([0.5, 1]), **rule, "enters": "Bring"},
        )

    # Links

    def way(self) -> dict[str, Any]:
        options: list[dict[str, Any]] = [{}, {"delay": "2 min"}, {"delay": self.minutes(5)}]
        if "ways" in self.on:
            options += [
                {"every": "15 min"},
                {"batch": {"size": 2, "max_wait": "7 min"}},
                {"calendar": "early", "delay": "4 min"},
                {"clarification": {"probability": "30%", "delay": "3 min"}},
            ]
        return self.pick(options)

    def ways(self) -> None:
        for origin, target in zip(self.services, self.services[1:], strict=False):
            way = self.way()
            if self.may("returns", 0.7):
                share = f"{self.random.randint(20, 100)}% if visit == 1 else 0%"
                way = {**way, "clarification": {"probability": share, "returns_to": origin}}
            self.chain.add_handoff(origin, target, **way)
        for name in self.services:
            service = self.chain.services[name]
            if service.patience is not None and self.chance(0.4) and name != self.services[-1]:
                self.chain.add_handoff(name, self.services[-1], via="late", after="gave up")

    def calls(self) -> None:
        if "calls" not in self.on:
            return
        fields: dict[str, Any] = {"duration": self.minutes(8)}
        if self.chance(0.6):
            fields |= {"provider": self.pick(self.providers), "patience": f"{self.random.randint(3, 15)} min"}
        self.chain.add_service("Help", **fields)
        answer = self.pick([None, {"delay": "2 min"}])
        self.chain.add_call(
            self.pick(self.services),
            "Help",
            ask=self.pick(["before", "start", "start", "end"]),
            wait=self.chance(0.85),
            answer=answer,
            **self.way(),
        )

    def split(self) -> None:
        if "joins" not in self.on:
            return
        self.chain.add_service(
            "Fork", split="all", **({"provider": self.pick(self.providers)} if self.chance(0.5) else {})
        )
        self.chain.add_service("Left", duration=self.minutes(), provider=self.pick(self.providers))
        self.chain.add_service(
            "Right",
            duration=self.minutes(),
            **({"provider": self.pick(self.providers)} if self.chance(0.5) else {}),
        )
        self.chain.add_service("Join", duration="1 min", join=self.pick(["all", "all", 1]))
        self.chain.add_handoff(self.services[-1], "Fork")
        self.chain.add_handoff("Fork", "Left", **self.way())
        self.chain.add_handoff("Fork", "Right")
        self.chain.add_handoff("Left", "Join")
        self.chain.add_handoff("Right", "Join")

    # Consumers

    def consumer(self) -> dict[str, Any]:
        times = sorted(self.random.randint(0, 60) for _ in range(self.random.randint(1, 6)))
        fields: dict[str, Any] = {
            "arrivals": {"at": [f"{time} min" for time in times]},
            "enters": self.pick(self.services[:2]),
            "attributes": {"size": self.pick([1, 2, 4, {1: "50%", 3: "50%"}])},
            "priority": self.random.randint(0, 3),
        }
        if self.chance(0.3):
            fields["arrivals"] = {"rate": "10 per hour"}
        if self.may("disciplines", 0.8):
            fields["sla"] = {"resolution": f"90% within {self.random.randint(10, 60)} min"}
        return fields


def meeting_chain(seed: int) -> sf.ServiceChain:
    """The chain of a number; the same for the same number."""
    return Meeting(seed).make()


def calm_chain(seed: int) -> sf.ServiceChain:
    """A chain of rules that have met without fault so far."""
    return Meeting(seed, tuple(sorted(CALM))).make()

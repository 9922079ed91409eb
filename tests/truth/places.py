"""How often is the place that loses most time also the place where a change pays most?

Random chains of providers with calendars, calls, stocks and rework are run as they stand, and with every
lever that they have; the place that loses most time is compared with the place of the best lever::

    python tests/truth/places.py 0 200

prints a row per chain and the shares with their intervals (Wilson's, 95%), for `docs/results.md`. It takes
about 20 minutes of one core.
"""

from __future__ import annotations

import random
import sys
from itertools import pairwise
from math import ceil, sqrt
from typing import Any

import serviceflow as sf

KINDS = ("calendars", "calls", "stocks", "rework")
RUN = {"duration": "5 days", "warm_up": "1 day", "progress": False, "engine": "compiled"}
BASE, BUDGET = 10, 300
"""Replications of a chain as it stands, and of its levers in all."""


class Maker:
    """Makes one chain from one number: a line of services with what may hold it up."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.chain = sf.ServiceChain(f"Random {seed}", time_unit="h")
        self.kinds = tuple(kind for kind in KINDS if self.random.random() < 0.5)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def mean(self, low: float, high: float) -> float:
        """A length between two, the logarithms of which are alike."""
        return round(low * (high / low) ** self.random.random(), 1)

    def make(self) -> sf.ServiceChain:
        self.providers()
        self.services()
        self.ways()
        if "calls" in self.kinds:
            self.calls()
        share = {"first": 1.0} if self.chance(0.7) else {"first": 0.6, "second": 0.4}
        self.arrivals(share, 0.1)
        busiest = max(load.utilization for load in self.chain.check().loads.providers)
        self.arrivals(share, 0.1 * self.random.uniform(0.75, 0.93) / busiest)
        if "stocks" in self.kinds:
            self.size_the_stock()
        return self.chain

    def arrivals(self, share: dict[str, float], rate: float) -> None:
        for name, part in share.items():
            found = {"arrivals": {"rate": f"{rate * part:.5f} per hour"}, "enters": self.line[0]}
            if name in self.chain.consumers:
                self.chain = self.chain.change({"consumers": {name: {"arrivals": found["arrivals"]}}})
            else:
                self.chain.add_consumer(name, **found)

    def providers(self) -> None:
        self.chain.add_calendar("office", {"mon-sun": "08:00-18:00"})
        self.chain.add_calendar("late", {"mon-sun": "12:00-22:00"})
        for number in range(self.random.randint(3, 5)):
            fields: dict[str, Any] = {"staff": self.random.randint(1, 4)}
            if "calendars" in self.kinds and self.chance(0.6):
                fields["calendar"] = self.random.choice(["office", "office", "late"])
            self.chain.add_provider(f"P{number}", **fields)

    def work(self, low: float = 10, high: float = 90) -> str:
        mean = self.mean(low, high)
        return self.random.choice([f"exponential(mean={mean} min)", f"gamma(mean={mean} min, cv=0.5)"])

    def services(self) -> None:
        names = [*self.chain.providers]
        for number in range(self.random.randint(3, 6)):
            fields = {"provider": self.random.choice(names)} if self.chance(0.9) else {}
            self.chain.add_service(f"S{number}", duration=self.work(), **fields)
        self.line = [*self.chain.services]
        if "stocks" in self.kinds:
            self.beds()

    def beds(self) -> None:
        """A bed is taken at some place of the line and left at a later one, around all rework."""
        self.chain.add_stock("Beds", initial=1000)
        self.chain.add_service("Take a bed", duration="1 min", consumes={"Beds": 1})
        self.chain.add_service("Leave the bed", duration="1 min", produces={"Beds": 1})
        size = len(self.line)
        first = 0 if "rework" in self.kinds else self.random.randrange(size)
        last = size if "rework" in self.kinds else self.random.randint(first + 1, size)
        self.line.insert(last, "Leave the bed")
        self.line.insert(first, "Take a bed")

    def ways(self) -> None:
        for here, there in pairwise(self.line):
            fields: dict[str, Any] = {}
            if self.chance(0.4):
                fields["delay"] = f"{self.mean(10, 120)} min"
            if self.chance(0.25):
                fields["every"] = self.random.choice(["1 h", "2 h", "4 h"])
            if self.chance(0.2):
                fields["clarification"] = {"probability": "20%", "delay": f"{self.mean(30, 300)} min"}
            self.chain.add_handoff(here, there, **fields)
        if "rework" in self.kinds:
            work = [name for name in self.line if name.startswith("S")]
            share = round(self.random.uniform(0.1, 0.35), 2)
            self.chain.add_handoff(work[-1], self.random.choice(work[:-1]), probability=share)
            if work[-1] == self.line[-1]:
                self.chain.add_handoff(work[-1], "end")

    def calls(self) -> None:
        expert = self.random.choice([*self.chain.providers])
        work = [name for name in self.line if name.startswith("S")]
        self.chain.add_service("Ask", provider=expert, duration=self.work(5, 60))
        for caller in self.random.sample(work, self.random.randint(1, 2)):
            ask = self.random.choice(["before", "before", "start"])
            if self.chain.services[caller].provider == expert:
                ask = "before"  # Held staff would wait for themselves.
            self.chain.add_call(caller, "Ask", ask=ask, probability=round(self.random.uniform(0.3, 1), 2))

    def size_the_stock(self) -> None:
        """As many beds as are in use, and some more."""
        results = self.chain.simulate(replications=2, seed=1, **RUN)
        used = 1000 - float(results.stocks["mean_level"].iloc[0])
        size = ceil(used * self.random.uniform(1.1, 1.7) + 1)
        self.chain = self.chain.change({"stocks": {"Beds": {"initial": size}}})


def place_of(chain: sf.ServiceChain, lever: Any) -> tuple[str, str]:
    """Scope and name of the place that a lever changes, as lost time is told."""
    if lever["scope"] == "service":
        provider = chain.services[lever["name"]].provider
        return ("provider", provider) if provider else ("outside", lever["name"])
    scope = "link" if lever["scope"] in ("handoff", "call") else lever["scope"]
    return scope, lever["name"]


def tried(number: int) -> dict[str, Any]:
    """What one chain showed."""
    maker = Maker(number)
    chain = maker.make()
    results = chain.simulate(replications=BASE, seed=number, **RUN)
    places = results.bottlenecks().places
    worst = tuple(places.iloc[0][["scope", "place"]])
    levers = chain.levers("flow_time", seed=number, budget=BUDGET, **RUN)
    table = levers.table
    ahead = table[table["lever"].isin(levers.best)]
    of_best = [place_of(chain, row) for _, row in ahead.iterrows()]
    top = place_of(chain, table.loc[table["gain"].idxmax()])
    modest = table[table["kind"] != "rework"]
    staff = table[table["kind"] == "staff"]
    busiest = results.providers["utilization"].idxmax()
    return {
        "number": number,
        "kinds": maker.kinds,
        "worst": worst,
        "lost": float(places.iloc[0]["share"]),
        "best": table.iloc[0]["lever"],
        "tied": len(ahead),
        "top": worst == top,
        "among": worst in of_best,
        "modest": worst == place_of(chain, modest.loc[modest["gain"].idxmax()]),
        "staff": ("provider", staff.loc[staff["gain"].idxmax(), "name"]) == worst
        if worst[0] == "provider"
        else None,
        "busiest": top == ("provider", busiest),
        "least": float(table.loc[table["gain"].idxmax(), "gain"]) / max(loss_gain(table, chain, worst), 1e-9),
    }


def loss_gain(table: Any, chain: sf.ServiceChain, worst: tuple[str, str]) -> float:
    """The largest gain of a lever at one place."""
    gains = [row["gain"] for _, row in table.iterrows() if place_of(chain, row) == worst]
    return max(gains, default=0.0)


def wilson(hits: int, count: int) -> tuple[float, float, float]:
    """A share and its 95% interval (Wilson 1927)."""
    z, share = 1.959964, hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return share, middle - half, middle + half


def line(title: str, hits: list[bool]) -> str:
    if not hits:
        return f"{title}: none"
    share, low, high = wilson(sum(hits), len(hits))
    return f"{title}: {share:.0%}, between {low:.0%} and {high:.0%} (of {len(hits)})"


def told(found: list[dict[str, Any]]) -> str:
    """The shares, of all chains and by their kinds."""
    lines = [
        line("the place that loses most time is that of the best lever", [one["top"] for one in found]),
        line("... or of one that cannot be told from the best", [one["among"] for one in found]),
        line("... where a single lever is the best", [one["among"] for one in found if one["tied"] == 1]),
        line("the same without levers that abolish rework", [one["modest"] for one in found]),
        line(
            "of staff levers the best is at the provider that loses most",
            [one["staff"] for one in found if one["staff"] is not None],
        ),
        line("the busiest provider is that of the best lever", [one["busiest"] for one in found]),
    ]
    for kind in KINDS:
        lines.append(line(f"chains with {kind}", [one["top"] for one in found if kind in one["kinds"]]))
        lines.append(
            line(f"chains without {kind}", [one["top"] for one in found if kind not in one["kinds"]])
        )
    for scope in ("provider", "link", "stock", "outside"):
        lines.append(
            line(f"most is lost at a {scope}", [one["top"] for one in found if one["worst"][0] == scope])
        )
    ratios = sorted(one["least"] for one in found if not one["top"])
    if ratios:
        lines.append(
            f"where it is not, the best lever gains {ratios[len(ratios) // 2]:.1f} times as much (median)"
        )
    return "\n".join(lines)


def main(first: int, count: int) -> None:
    found = []
    for number in range(first, first + count):
        try:
            one = tried(number)
        except sf.ServiceflowError as error:
            print(f"{number}: {error}", flush=True)
            continue
        found.append(one)
        print(one, flush=True)
    print(told(found))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

"""How long requests take all in all: waits, work and ways of each kind, added up."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from serviceflow.model.links import Transfer
from serviceflow.theory.estimates.network import Network
from serviceflow.theory.estimates.single import Solved
from serviceflow.theory.estimates.stations import APPROXIMATE, BOUND, EXACT, SIMULATION, worst
from serviceflow.theory.estimates.streams import Kind
from serviceflow.theory.flows import Source
from serviceflow.theory.networks import fork_join, in_sequence_longer, longest_of, longest_within

Longer = Callable[[float], float]


@dataclass
class Total:
    """A time that is added up.

    Attributes
    ----------
    value, kind, methods, doubts
        The mean, how good it is, how it is known, and what is not as the methods take it.
    waiting
        The part of it that is spent waiting.
    longer, starts_later
        Shares of requests that take longer, or whose first work starts later, than a time; where known.
    side_by_side
        Whether branches wait at the same time, so that waits do not add up.
    """

    value: float = 0.0
    waiting: float = 0.0
    kind: str = EXACT
    methods: dict[str, None] = field(default_factory=dict)
    doubts: dict[str, None] = field(default_factory=dict)
    longer: Longer | None = None
    starts_later: Longer | None = None
    side_by_side: bool = False

    @property
    def method(self) -> str:
        """How it is known, in one text; what does not queue goes without saying."""
        told = [one for one in self.methods if one not in ("no queue", "no work", SIMULATION, "")]
        return " + ".join(dict.fromkeys(part for one in told for part in one.split(" + "))) or "means"

    def take(self, method: str, kind: str, doubts: Sequence[str] = ()) -> None:
        """Rest on a method, too."""
        self.kind = worst((self.kind, kind))
        self.methods.setdefault(method)
        self.doubts.update(dict.fromkeys(doubts))

    def refuse(self, why: str) -> None:
        """Leave it to a simulation."""
        self.take(SIMULATION, SIMULATION, (why,))


def flow_time(network: Network, solved: Mapping[str, Solved], source: Source) -> Total:
    """The flow time of the requests of a source."""
    total, kinds = Total(), network.streams.kinds[source]
    for one in kinds:
        _Request(network, solved, source, one, total).add()
    if total.kind == EXACT and len(kinds) == 1:
        _Tail(network, solved, source, kinds[0]).add(total)
    return total


def handoff_time(network: Network, way: Transfer, values: Mapping[str, object], rate: float) -> float | None:
    """Mean time on a way: to the next dispatch, on the road, until all is clear."""
    flows, ticks = network.streams.flows, network.streams.ticks
    mean = flows.mean(way.delay, values)  # type: ignore[arg-type]
    if mean is None or way.at is not None or way.calendar is not None:
        return None
    if way.every is not None:
        mean += (flows.mean(way.every, values) or 0.0) / 2  # type: ignore[arg-type]
    total = mean / ticks
    if way.batch is not None:
        if way.batch.max_wait is not None or not rate:
            return None
        total += (way.batch.size - 1) / 2 / rate
    unclear = way.clarification
    if unclear is not None and unclear.returns_to is None:
        asked = flows.share(unclear.probability, values)  # type: ignore[arg-type]
        pause = flows.mean(unclear.delay, values)  # type: ignore[arg-type]
        if pause is None or asked >= 1:
            return None
        total += asked / (1 - asked) * pause / ticks
    return total


@dataclass(frozen=True)
class _Request:
    """One kind of request, whose time is added to a total."""

    network: Network
    solved: Mapping[str, Solved]
    source: Source
    kind: Kind
    total: Total

    def add(self) -> None:
        services = self.network.streams.chain.services
        beside = self._branches()
        for name, count in self.kind.visits.items():
            if name in beside:
                continue
            if services[name].join is not None and not beside:
                self.total.refuse(f"{name} waits for branches")
            self._add_visit(name, count)
        self._add_ways(beside)

    def _add_visit(self, name: str, count: float) -> None:
        found = self.solved[self.network.at[name]]
        calls = self.network.streams.flows.calls.get(name)
        self.total.take(found.method, found.kind, found.doubts)
        if calls:
            self.total.refuse(f"{name} waits for what it asks others")
        if found.lost:
            self.total.refuse(f"requests leave {name} before they are served")
        wait = found.wait(self._urgency(name))
        if self.network.streams.chain.services[name].consumes:
            wait = self.solved[f"stock\n{name}"].wait(0.0) if f"stock\n{name}" in self.solved else math.nan
        part = self.kind.share * count
        self.total.waiting += part * wait
        self.total.value += part * (wait + self._work(name) * found.work)

    def _urgency(self, name: str) -> float:
        return self.network.streams.urgency(self.source, name, self.kind.values)

    def _work(self, name: str) -> float:
        station = self.network.stations[self.network.at[name]]
        return self.network.streams.work(name, self.kind.values) / station.pace

    def _add_ways(self, beside: set[str]) -> None:
        streams = self.network.streams
        flows = streams.flows
        starts = {self.source.name: 1.0} | dict(self.kind.visits)
        for origin, count in starts.items():
            split = origin in streams.chain.services and streams.chain.services[origin].split is not None
            for link, way, share in flows.shares(flows.exits.get(origin, []), self.kind.values, split):
                rate = streams.flow.get((link.origin, link.target), 0.0)
                time = handoff_time(self.network, way, self.kind.values, rate)
                if time is None:
                    self.total.refuse(f"{link} follows a calendar, or its time is not known")
                elif time and (origin in beside or link.target in beside or split):
                    self.total.refuse("branches of a split that take time on the way")
                elif way.batch is not None or way.every is not None:
                    self._add_dispatch(link.target, way)
                self.total.value += self.kind.share * count * share * (time or 0.0)

    def _add_dispatch(self, target: str, way: Transfer) -> None:
        """Half an interval is the mean where requests come at any time alike."""
        plain = way.batch is None and all(
            one.kind == "Poisson" for one in self.network.streams.coming.values()
        )
        self.total.take("dispatches", EXACT if plain else APPROXIMATE)

    # Branches side by side

    def _branches(self) -> set[str]:
        """The services of branches, whose time is added as that of the longest."""
        found: set[str] = set()
        chain = self.network.streams.chain
        for name in self.kind.visits:
            if chain.services[name].split is not None:
                found |= self._add_split(name)
        return found

    def _add_split(self, name: str) -> set[str]:
        streams = self.network.streams
        flows = streams.flows
        self.total.side_by_side = True
        taken = flows.shares(flows.exits.get(name, []), self.kind.values, True)
        branches = [link.target for link, _, _ in taken]
        once = all(math.isclose(self.kind.visits.get(one, 0.0), self.kind.visits[name]) for one in branches)
        if not once or not self._is_simple(branches, [share for _, _, share in taken]):
            self.total.refuse(f"{name} splits into branches of several steps, or with chances")
            return set(branches)
        time = self._longest(branches)
        if time is None:
            self.total.refuse(f"{name} splits into branches whose times are not exponential")
            return set(branches)
        self.total.value += self.kind.share * self.kind.visits[name] * time
        return set(branches)

    def _is_simple(self, branches: list[str], shares: list[float]) -> bool:
        """Whether each branch is one service and then meets the others, or ends."""
        flows, chain = self.network.streams.flows, self.network.streams.chain
        onward = [link.target for one in branches for link, _ in flows.exits.get(one, []) if not link.ends]
        joins = all(chain.services[target].join == "all" for target in onward) and len(set(onward)) <= 1
        met = not onward or len(onward) == len(branches)
        calls = any(flows.calls.get(one) for one in branches)
        return joins and met and not calls and len(set(branches)) == len(branches) and set(shares) == {1.0}

    def _longest(self, branches: list[str]) -> float | None:
        rates = [self._rate_of(name) for name in branches]
        known = [rate for rate in rates if rate is not None]
        if len(known) < len(branches):
            return None
        stations = [self.network.stations[self.network.at[name]] for name in branches]
        if not any(one.servers for one in stations):
            self.total.take("longest of independent times", EXACT)
            return longest_of(known)
        for name in branches:
            found = self.solved[self.network.at[name]]
            self.total.take(found.method, found.kind, found.doubts)
        if self._is_fork_join(branches):
            return self._fork_join(len(branches), branches[0])
        self.total.take(
            "longest of independent times", BOUND, ("branches that are not alike depend on each other",)
        )
        return longest_of(known)

    def _rate_of(self, name: str) -> float | None:
        """The rate of the time of a branch, where it is exponential."""
        station = self.network.stations[self.network.at[name]]
        if station.servers:
            return self.solved[self.network.at[name]].exponential
        laws = self.network.streams.visits[name].laws
        work = self._work(name)
        return 1 / work if work and len(laws) == 1 and next(iter(laws))[0] == "exponential" else None

    def _is_fork_join(self, branches: list[str]) -> bool:
        """Whether all branches are M/M/1 stations of their own, alike, fed by this split alone."""
        streams, stations = self.network.streams, self.network.stations
        alone = all(stations[self.network.at[name]].services == (name,) for name in branches)
        loads = {
            (round(streams.visits[one].rate, 12), round(streams.visits[one].mean, 12)) for one in branches
        }
        fed = all(len(self.network.feeders[self.network.at[name]]) == 1 for name in branches)
        return alone and fed and len(loads) == 1

    def _fork_join(self, many: int, name: str) -> float:
        kind = EXACT if many <= 2 else APPROXIMATE
        self.total.take("Flatto and Hahn" if many <= 2 else "Nelson and Tantawi", kind)
        found = self.network.streams.visits[name]
        return fork_join(found.rate, 1 / found.mean, many)


@dataclass(frozen=True)
class _Tail:
    """Shares of requests within a time, where the way is one and its times are independent."""

    network: Network
    solved: Mapping[str, Solved]
    source: Source
    kind: Kind

    def add(self, total: Total) -> None:
        names = [*self.kind.visits]
        stations = [self.network.at[name] for name in names]
        if self._takes_time_on_the_way() or len(set(stations)) < len(stations):
            return
        services = self.network.streams.chain.services
        if any(services[name].split is not None for name in names):
            self._add_split(total, names)
        elif all(math.isclose(count, 1.0) for count in self.kind.visits.values()):
            self._add_sequence(total, stations, names)

    def _takes_time_on_the_way(self) -> bool:
        ways = self.network.streams.ways()
        return any(
            one is not None
            for _, way in ways
            for one in (way.every, way.at, way.batch, way.delay, way.clarification, way.calendar)
        )

    def _add_sequence(self, total: Total, keys: list[str], names: list[str]) -> None:
        found = [self.solved[key] for key in keys]
        if len(found) == 1 and self.network.stations[keys[0]].servers:
            total.longer, total.starts_later = found[0].flow_longer, found[0].waiting_longer
            return
        rates = [one.exponential for one in found]
        known = [rate for rate in rates if rate is not None]
        if len(known) == len(found) and self._in_a_row(names):
            total.longer = lambda time: in_sequence_longer(known, time)

    def _in_a_row(self, names: list[str]) -> bool:
        """Whether nobody else comes by another way, so that nobody is overtaken between two stations."""
        return all(len(self.network.feeders[self.network.at[name]]) == 1 for name in names)

    def _add_split(self, total: Total, names: list[str]) -> None:
        """A split into branches without queue, nothing before or after them."""
        streams, rates = self.network.streams, []
        for name in names:
            station, laws = self.network.stations[self.network.at[name]], streams.visits[name].laws
            work = streams.work(name, self.kind.values)
            if station.servers or (work and (len(laws) != 1 or next(iter(laws))[0] != "exponential")):
                return
            if work:
                rates.append(1 / work)
        working = [name for name in names if streams.work(name, self.kind.values)]
        if not any(streams.flow.get((one, two)) for one in working for two in working):
            total.longer = lambda time: 1 - longest_within(rates, time)

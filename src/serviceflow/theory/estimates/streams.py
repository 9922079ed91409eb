"""What comes to each service: how often, by which way, of which urgency, and how much work it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from serviceflow.model.chain import Chain
from serviceflow.model.constants import Value
from serviceflow.model.elements import Arrivals
from serviceflow.model.expressions import Expression
from serviceflow.model.links import Link, Transfer
from serviceflow.model.nodes import CLOCK
from serviceflow.theory.demand import Demand
from serviceflow.theory.estimates.moments import CONSTANT, EXPONENTIAL, Law, law_of, mean_of
from serviceflow.theory.flows import Source
from serviceflow.units import UNITS

POISSON, RENEWAL, VARYING, LISTED, ENDING, CLOSED, UNKNOWN = (
    "Poisson",
    "renewal",
    "varying",
    "listed",
    "ending",
    "closed",
    "unknown",
)


@dataclass(frozen=True)
class Coming:
    """How requests of a source come, in the chain's time unit.

    Attributes
    ----------
    kind
        Poisson, renewal, varying over the week, listed, closed or unknown.
    rate
        Arrivals per unit of time; each brings a batch.
    scv
        Squared coefficient of variation of the time between arrivals.
    law
        The law of that time, in ticks.
    batch
        Mean of the size of a batch and of its square.
    """

    kind: str
    rate: float
    scv: float = 1.0
    law: Law | None = None
    batch: tuple[float, float] = (1.0, 1.0)

    @property
    def single(self) -> bool:
        """Whether they come one by one."""
        return self.batch == (1.0, 1.0)


@dataclass
class Class:
    """Visits of one urgency: how many per unit of time, their work, and its square."""

    rate: float = 0.0
    work: float = 0.0
    square: float = 0.0

    def add(self, rate: float, law: Law, ticks: float) -> None:
        """Count more of them."""
        self.rate += rate
        self.work += rate * law.mean / ticks
        self.square += rate * law.second / ticks**2


@dataclass
class Visits:
    """All visits at one service."""

    classes: dict[float, Class] = field(default_factory=dict)
    laws: set[tuple[str, float]] = field(default_factory=set)
    doubts: dict[str, None] = field(default_factory=dict)
    unknown: bool = False

    @property
    def rate(self) -> float:
        """Visits per unit of time."""
        return sum(one.rate for one in self.classes.values())

    @property
    def mean(self) -> float:
        """Mean work of a visit."""
        return sum(one.work for one in self.classes.values()) / self.rate if self.rate else 0.0


@dataclass(frozen=True)
class Kind:
    """One kind of request of a source: its share of them, what is known of it, and its visits."""

    share: float
    values: Mapping[str, Value]
    visits: Mapping[str, float]


class Streams:
    """The streams of a chain, read once.

    Attributes
    ----------
    visits
        By service.
    kinds
        The kinds of request of each source.
    flow
        Visits per unit of time that follow on visits, by pairs of services.
    entering
        Requests per unit of time that enter a service, by source and service.
    """

    def __init__(self, demand: Demand) -> None:
        self.demand = demand
        self.flows = demand.flows
        self.chain: Chain = demand.chain
        self.ticks = float(UNITS[self.chain.time_unit])
        self.visits = {name: Visits() for name in self.flows.services}
        self.kinds: dict[Source, list[Kind]] = {}
        self.flow: dict[tuple[str, str], float] = {}
        self.entering: dict[tuple[Source, str], float] = {}
        for source in self.flows.sources:
            self.kinds[source] = [*self._kinds(source)]
        for name, found in self.visits.items():
            self._doubt(name, found)

    def rate(self, source: Source) -> float:
        """Requests per unit of time of a source; of closed populations, at most."""
        return self.demand.rate(source) * self.ticks

    @cached_property
    def coming(self) -> dict[Source, Coming]:
        """How the requests of each source come."""
        return {source: self._coming(source) for source in self.flows.sources}

    def work(self, name: str, values: Mapping[str, Value]) -> float:
        """Mean work of a visit of one kind of request."""
        found = mean_of(self.chain.services[name].duration, values, self.chain.time_unit, self.flows.kinds)
        return (found or 0.0) / self.ticks

    def urgency(self, source: Source, name: str, values: Mapping[str, Value]) -> float:
        """The priority of a visit; lower goes first."""
        service = self.chain.services[name]
        found: Expression | None = service.priority
        if found is None and source.kind == "consumer":
            found = self.chain.consumers[source.name].priority
        if found is None and source.kind == "stock":
            reorder = self.chain.stocks[source.name].reorder
            found = reorder.priority if reorder else None
        return self.flows.mean(found, values) or 0.0

    def _kinds(self, source: Source) -> list[Kind]:
        found = []
        rate = self.rate(source)
        for one in self.flows.situations(source):
            counts = self.flows.visits(source, one.values).tolist()
            visits = {
                name: count for name, count in zip(self.flows.services, counts, strict=True) if count > 0
            }
            found.append(Kind(one.share, one.values, visits))
            self._follow(source, one.values, visits, rate * one.share)
            for name, count in visits.items():
                self._count(source, name, one.values, rate * one.share * count)
        return found

    def _follow(
        self, source: Source, values: Mapping[str, Value], visits: Mapping[str, float], rate: float
    ) -> None:
        names = self.flows.services
        for name, share in zip(names, self.flows.entries(source, values).tolist(), strict=True):
            if share:
                self.entering[source, name] = self.entering.get((source, name), 0.0) + rate * share
        routing = self.flows.routing(values)
        for name, count in visits.items():
            for target, share in routing[self.flows.index[name]].items():
                key = (name, names[target])
                self.flow[key] = self.flow.get(key, 0.0) + rate * count * share

    def _count(self, source: Source, name: str, values: Mapping[str, Value], rate: float) -> None:
        found = self.visits[name]
        law = law_of(self.chain.services[name].duration, values, self.chain.time_unit, self.flows.kinds)
        if law is None:
            mean = self.work(name, values) * self.ticks
            law, found.unknown = Law(mean, 2 * mean**2), True
        found.classes.setdefault(self.urgency(source, name, values), Class()).add(rate, law, self.ticks)
        found.laws.add((law.shape, round(law.mean, 6)))

    def _doubt(self, name: str, found: Visits) -> None:
        names = self.chain.services[name].duration.names()
        drawn = (self.flows.attributes.get(one) for one in names)
        if any(isinstance(one, Expression) and one.has_distribution for one in drawn):
            found.doubts["attributes that are drawn are taken at a few values"] = None
        if "visit" in names:
            found.doubts["every visit is taken to be as much work as the first"] = None
        if found.unknown:
            found.doubts["work is taken to vary as an exponential time does"] = None

    # How requests come

    def _coming(self, source: Source) -> Coming:
        rate = self.rate(source)
        if source.kind == "provider":
            return Coming(UNKNOWN, rate)
        if source.kind == "stock":
            return Coming(POISSON if self.is_base_stock(source.name) else UNKNOWN, rate)
        arrivals = self.chain.consumers[source.name].arrivals
        assert arrivals is not None
        return self._of_consumer(arrivals, rate, source.name)

    def _of_consumer(self, arrivals: Arrivals, rate: float, name: str) -> Coming:
        if arrivals.population is not None:
            return Coming(CLOSED, rate)
        if arrivals.until is not None or arrivals.count is not None:
            return Coming(ENDING, rate)
        if arrivals.profile is not None:
            return Coming(VARYING, rate)
        batch = self._law(arrivals.batch, name) if arrivals.batch is not None else Law(1.0, 1.0, CONSTANT)
        if batch is None or not batch.mean:
            return Coming(UNKNOWN, rate)
        size, each = (batch.mean, batch.second), rate / batch.mean
        if arrivals.rate is not None:
            return Coming(POISSON, each, batch=size)
        return self._of_gaps(arrivals, each, size, name)

    def _of_gaps(self, arrivals: Arrivals, rate: float, size: tuple[float, float], name: str) -> Coming:
        if arrivals.every is None:
            return Coming(LISTED, rate)
        if arrivals.every.names() & CLOCK or arrivals.calendar is not None:
            return Coming(VARYING, rate)
        gap = self._law(arrivals.every, name)
        if gap is None:
            return Coming(UNKNOWN, rate)
        return Coming(POISSON if gap.shape == EXPONENTIAL else RENEWAL, rate, gap.scv, gap, size)

    def _law(self, expr: Expression | None, consumer: str) -> Law | None:
        return law_of(expr, {"consumer": consumer}, self.chain.time_unit, self.flows.kinds)

    def is_base_stock(self, name: str) -> bool:
        """Whether every unit that is taken is ordered at once, one by one."""
        reorder = self.chain.stocks[name].reorder
        if reorder is None:
            return False
        takers = [one for one in self.chain.services.values() if name in one.consumes]
        ones = all(
            one.consumes[name].is_constant and one.consumes[name].constant("min") == 1 for one in takers
        )
        unit, below = self.chain.time_unit, reorder.below.constant(self.chain.time_unit)
        if reorder.quantity is not None:
            return ones and reorder.quantity.constant(unit) == 1 and below == int(below)
        return ones and reorder.up_to is not None and reorder.up_to.constant(unit) == below == int(below)

    def ways(self) -> list[tuple[Link, Transfer]]:
        """Every handoff of finished requests and every call."""
        handoffs = [(link, way) for link, way in self.chain.handoffs.items() if way.after == "finished"]
        return [*handoffs, *self.chain.calls.items()]

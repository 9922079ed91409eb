"""What the requests of each source bring about: visits, work for staff, what stocks lose and gain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isnan

import numpy as np

from serviceflow.model.constants import Value, constant_value
from serviceflow.model.elements import Service
from serviceflow.model.expressions import Expression
from serviceflow.model.kinds import settle
from serviceflow.theory.arrivals import arrival_rate
from serviceflow.theory.capacity import Staff, average, duty
from serviceflow.theory.flows import Flows, Source
from serviceflow.theory.pools import Group
from serviceflow.theory.stations import Array
from serviceflow.theory.traffic import order_rates


@dataclass
class Brought:
    """What one request of a source brings about, on average.

    Attributes
    ----------
    visits
        Visits at each service, in the order of ``Flows.services``.
    work
        Ticks of work by the set of staff of whom any one may do it.
    taken, given
        Units taken from each stock and brought to it.
    time
        Ticks of work in all, that of services without provider included.
    """

    visits: Array
    work: dict[Group, float] = field(default_factory=dict)
    taken: dict[str, float] = field(default_factory=dict)
    given: dict[str, float] = field(default_factory=dict)
    time: float = 0.0

    def net(self, stock: str) -> float:
        """By how much it runs a stock down."""
        taken, given = self.taken.get(stock, 0.0), self.given.get(stock, 0.0)
        return 0.0 if taken == given else taken - given


class Demand:
    """The demand of a whole chain.

    Attributes
    ----------
    brought
        What one request of each source brings about.
    rates
        Requests per tick of each source, those of closed populations left out.
    closed_rates
        Those of closed populations, at most: as if nobody ever waited, or as the busiest staff allow.
    unknown
        Places of the model of which no mean is known, so that they count as nothing.
    unskilled
        A skill that nobody has, by the service that asks for it.
    """

    def __init__(self, flows: Flows, staff: Staff) -> None:
        self.flows = flows
        self.chain = flows.chain
        self.staff = staff
        self.unknown: dict[str, None] = {}
        self.unskilled: dict[str, str] = {}
        self.brought = {source: self._brought(source) for source in flows.sources}
        self.closed_rates = dict.fromkeys(self.brought, 0.0)
        self.rates = {source: self._outside_rate(source) for source in self.brought}
        self.rates.update(self._order_rates())
        open_work = self.work(self.rates)
        self.closed_rates.update({source: self._closed_rate(source, open_work) for source in self.brought})
        orders = self._order_rates()
        for source, rate in orders.items():
            self.closed_rates[source] = rate - self.rates[source] if rate > self.rates[source] else 0.0

    def rate(self, source: Source) -> float:
        """Requests per tick of a source, of both kinds."""
        return self.rates[source] + self.closed_rates[source]

    def visits(self) -> Array:
        """Visits per tick at each service."""
        total = np.zeros(len(self.flows.services))
        for source, found in self.brought.items():
            rate = self.rate(source)
            if rate:
                total[found.visits > 0] += rate * found.visits[found.visits > 0]
        return total

    def stock(self, name: str, field_: str) -> float:
        """Units per tick that are ``taken`` from a stock, or ``given`` to it."""
        return sum(
            times(self.rate(source), getattr(found, field_).get(name, 0.0))
            for source, found in self.brought.items()
        )

    def work(self, rates: Mapping[Source, float]) -> dict[Group, float]:
        """Staff kept at work, on average, at these rates of requests."""
        total: dict[Group, float] = {}
        for source, found in self.brought.items():
            for group, amount in found.work.items():
                total[group] = total.get(group, 0.0) + times(rates[source], amount)
        return total

    # One request

    def _brought(self, source: Source) -> Brought:
        total = Brought(np.zeros(len(self.flows.services)))
        for situation in self.flows.situations(source):
            visits = self.flows.visits(source, situation.values) * situation.share
            total.visits = total.visits + visits
            for name, count in zip(self.flows.services, visits.tolist(), strict=True):
                if count:
                    self._add_visits(total, name, count, situation.values)
        return total

    def _add_visits(self, total: Brought, name: str, count: float, values: Mapping[str, Value]) -> None:
        service = self.chain.services[name]
        work = self.mean(f"services.{name}.duration", service.duration, values)
        total.time += times(count, work)
        work = work / (service.batch.size if service.batch else 1) + self._held(name, values)
        for group, many in self._groups(service, values):
            if not group:
                self.unskilled.setdefault(name, self._skill(service, values) or "")
            total.work[group] = total.work.get(group, 0.0) + times(count, work * many)
        for kind, target in (("consumes", total.taken), ("produces", total.given)):
            for stock, amount in getattr(service, kind).items():
                mean = self.mean(f"services.{name}.{kind}.{stock}", amount, values)
                target[stock] = target.get(stock, 0.0) + times(count, mean)

    def mean(self, path: str, expr: Expression | None, values: Mapping[str, Value]) -> float:
        """A mean; what is not known counts as nothing and is noted."""
        found = self.flows.mean(expr, values)
        if found is None or isnan(found):
            self.unknown.setdefault(path)
            return 0.0
        return found

    def _held(self, name: str, values: Mapping[str, Value]) -> float:
        """Ticks that a visit's staff are held by calls, without the waiting of what these ask."""
        held = 0.0
        for link, call in self.flows.calls.get(name, ()):
            if call.ask == "before" or not call.wait or link.target not in self.chain.services:
                continue
            asked = self.flows.share(call.probability, values) * self.flows.share(call.when, values)
            answer = call.answer.delay if call.answer else None
            parts = (call.delay, self.chain.services[link.target].duration, answer)
            held += asked * sum(self.mean(f"calls.{link}", part, values) for part in parts)
        return held

    def _groups(self, service: Service, values: Mapping[str, Value]) -> list[tuple[Group, int]]:
        """The sets of staff of whom one does the work, and how many of it are taken."""
        skill = self._skill(service, values)
        if service.any_of:
            able: Group = frozenset().union(*(self.staff.able(name, skill) for name in service.any_of))
            return [(able, 1)]
        needs = service.providers or ({service.provider: 1} if service.provider else {})
        return [
            (self.staff.able(name, skill), many)
            for name, many in needs.items()
            if name in self.chain.providers
        ]

    def _skill(self, service: Service, values: Mapping[str, Value]) -> str | None:
        if service.skill is None:
            return None
        node = settle(service.skill.root, "word", self.chain.time_unit, self.flows.kinds)
        found = constant_value(node, {"visit": 1.0, **values})
        return found if isinstance(found, str) else None

    # All requests

    def _outside_rate(self, source: Source) -> float:
        if source.kind == "provider":
            return self._outage_rate(source.name)
        arrivals = self.chain.consumers[source.name].arrivals if source.kind == "consumer" else None
        if arrivals is None or arrivals.population is not None:
            return 0.0
        rate = arrival_rate(self.chain, arrivals, source.name, self.staff.span)
        if rate is None:
            self.unknown.setdefault(f"consumers.{source.name}.arrivals")
        return rate or 0.0

    def _outage_rate(self, provider: str) -> float:
        outages = self.chain.providers[provider].outages
        after = outages.after.mean(self.chain.time_unit) if outages else None
        return average(self.chain, duty(self.chain, provider), self.staff.span) / after if after else 0.0

    def _closed_rate(self, source: Source, open_work: Mapping[Group, float]) -> float:
        """At most what all members ask without ever waiting, and what the others leave of the staff."""
        arrivals = self.chain.consumers[source.name].arrivals if source.kind == "consumer" else None
        if arrivals is None or arrivals.population is None:
            return 0.0
        found = self.brought[source]
        think = self.mean(
            f"consumers.{source.name}.arrivals.think", arrivals.think, {"consumer": source.name}
        )
        alone = arrivals.population / (think + found.time) if think + found.time > 0 else inf
        able = (
            self._left(group, open_work) / work for group, work in found.work.items() if group and work > 0
        )
        return max(0.0, min([alone, *able]))

    def _left(self, group: Group, open_work: Mapping[Group, float]) -> float:
        """What staff can do besides work that only they can do."""
        taken = sum(amount for other, amount in open_work.items() if other and other <= group)
        return sum(self.staff.capacity[key] for key in group) - taken

    def _order_rates(self) -> dict[Source, float]:
        sources = [source for source in self.brought if source.kind == "stock"]
        names = [source.name for source in sources]
        net = np.array([[self.brought[source].net(name) for name in names] for source in sources])
        net = net.reshape(len(names), len(names))
        own = -np.diag(net).copy()
        np.fill_diagonal(net, 0.0)
        others = [source for source in self.brought if source.kind != "stock"]
        demand = [sum(times(self.rate(one), self.brought[one].net(name)) for one in others) for name in names]
        found = order_rates(np.array(demand, dtype=float), own, net)
        return dict(zip(sources, found.tolist(), strict=True))


def times(rate: float, amount: float) -> float:
    """A product in which nothing times infinitely much is nothing."""
    return rate * amount if rate and amount else 0.0

"""How the requests of a chain flow: its links as routings over services, for one kind of request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from serviceflow.model.attributes import Attribute
from serviceflow.model.chain import Chain
from serviceflow.model.constants import Value
from serviceflow.model.elements import Reorder
from serviceflow.model.expressions import Expression
from serviceflow.model.links import Call, Handoff, Link, Transfer
from serviceflow.model.nodes import Number
from serviceflow.model.requests import attribute_kinds
from serviceflow.model.routing import entries
from serviceflow.model.sla import SLA
from serviceflow.theory.situations import MOST, Situation, situations
from serviceflow.theory.sparse import Row, Rows, apart_from_joins, join_branches, visits
from serviceflow.theory.stations import Array

_FIRST: Mapping[str, Value] = {"visit": 1.0, "elapsed": 0.0}
_HOURS = tuple(float(hour) for hour in range(24))
_DAYS = tuple(float(day) for day in range(7))
_TURNS = 12  # visits of one request at a service that are told apart, more where a number asks for it
_MOST_TURNS = 2_000
_SETTLING = 3  # rounds in which ways by visits and branches that meet settle
_BUDGET = 200_000  # services times kinds of request of one source that are looked at


Step = tuple[str, Link | None, Handoff | None]
"""A service, and the handoff that leads there; None for a direct entry."""


@dataclass(frozen=True, order=True)
class Source:
    """Where requests come from: a ``consumer``, a ``stock`` that orders, a ``provider`` whose units fail."""

    kind: str
    name: str


@dataclass(frozen=True)
class Flows:
    """A chain read for its flows; names that it does not know lead nowhere."""

    chain: Chain

    @cached_property
    def kinds(self) -> dict[str, str]:
        """The kind of every attribute."""
        return attribute_kinds(self.chain)

    @cached_property
    def attributes(self) -> dict[str, Attribute]:
        """Every attribute by name; where consumers differ, that of the last."""
        found = dict(self.chain.attributes)
        for consumer in self.chain.consumers.values():
            found.update(consumer.attributes)
        return found

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Everything that sends requests."""
        chain = self.chain
        found = [Source("consumer", name) for name, consumer in chain.consumers.items() if consumer.arrivals]
        found += [Source("stock", name) for name, stock in chain.stocks.items() if stock.reorder]
        found += [
            Source("provider", name)
            for name, provider in chain.providers.items()
            if provider.outages and provider.outages.repair_service
        ]
        return tuple(sorted(found))

    @cached_property
    def services(self) -> tuple[str, ...]:
        """Names of the services, sorted: the order of every vector and matrix here."""
        return tuple(sorted(self.chain.services))

    @cached_property
    def index(self) -> dict[str, int]:
        """Place of each service."""
        return {name: place for place, name in enumerate(self.services)}

    @cached_property
    def exits(self) -> dict[str, list[tuple[Link, Handoff]]]:
        """Handoffs of finished requests by where they start."""
        found: dict[str, list[tuple[Link, Handoff]]] = {}
        for link, handoff in sorted(self.chain.handoffs.items(), key=lambda item: str(item[0])):
            if handoff.after == "finished":
                found.setdefault(link.origin, []).append((link, handoff))
        return found

    def mean(self, expr: Expression | None, values: Mapping[str, Value]) -> float | None:
        """Mean of an expression for one kind of request, durations in ticks; 0 for None."""
        if expr is None:
            return 0.0
        return expr.mean(self.chain.time_unit, values={**_FIRST, **values}, kinds=self.kinds)

    def share(self, expr: Expression | None, values: Mapping[str, Value]) -> float:
        """A probability or condition for one kind of request; 1 for None and where it cannot be known."""
        found = 1.0 if expr is None else self.mean(expr, values)
        return 1.0 if found is None or found != found else min(max(found, 0.0), 1.0)

    def situations(self, source: Source) -> tuple[Situation, ...]:
        """The kinds of request that a source sends, as far as they differ in their way or work."""
        asked = self._names_asked
        consumer = self.chain.consumers.get(source.name) if source.kind == "consumer" else None
        attributes = {**self.chain.attributes, **consumer.attributes} if consumer else {}
        relevant = _with_needed({name: attributes[name] for name in attributes if name in asked}, attributes)
        hours = len(_HOURS) * len(_DAYS) if {"hour", "weekday"} & asked else 1
        room = max(4, min(MOST, _BUDGET // max(1, len(self.services))) // hours)
        start = _by_the_clock(self._listed(source, set(relevant), room), asked)
        return situations(relevant, start, self.chain.time_unit, self.kinds, room * hours)

    def _listed(self, source: Source, relevant: Collection[str], room: int) -> tuple[Situation, ...]:
        """The kinds of request that a file of arrivals tells apart, a sample if they are many; else one."""
        fixed = self._fixed(source)
        consumer = self.chain.consumers.get(source.name) if source.kind == "consumer" else None
        rows = (consumer.arrivals.trace or ()) if consumer and consumer.arrivals else ()
        given = [tuple(pair for pair in row.attributes if pair[0] in relevant) for row in rows] or [()]
        whole = len(set(given)) <= room
        if not whole:
            ordered = sorted(given, key=str)
            given = [ordered[(2 * place + 1) * len(given) // (2 * room)] for place in range(room)]
        return tuple(
            Situation({**fixed, **dict(kind)}, count / len(given), whole)
            for kind, count in Counter(given).items()
        )

    def _fixed(self, source: Source) -> dict[str, Value]:
        if source.kind == "consumer":
            return {"consumer": source.name}
        stock = self.chain.stocks[source.name] if source.kind == "stock" else None
        return (
            {"quantity": order_size(stock.reorder, self.chain.time_unit)} if stock and stock.reorder else {}
        )

    def shares(
        self, links: Iterable[tuple[Link, Handoff]], values: Mapping[str, Value], split: bool = False
    ) -> list[tuple[Link, Handoff, float]]:
        """How many requests each handoff takes of one that leaves.

        Handoffs whose condition fails are struck out, each other takes its probability, and what has none is
        the rest. In a split every handoff that holds takes a branch, with a probability by its own chance.
        """
        open_links = [(link, way) for link, way in links if self.share(way.when, values) > 0]
        if split:
            return [
                (link, way, self.share(way.probability, values) * self.share(way.when, values))
                for link, way in open_links
            ]
        fixed = {
            link: self.share(way.probability, values)
            for link, way in open_links
            if way.probability is not None
        }
        rest = [link for link, way in open_links if way.probability is None and way.when is not None]
        rest = rest or [link for link, way in open_links if way.probability is None]
        left = max(0.0, 1.0 - sum(fixed.values()))
        taken = {**fixed, **{link: left / len(rest) for link in rest}}
        return [(link, way, taken[link]) for link, way in open_links if taken.get(link, 0.0) > 0]

    def entries(self, source: Source, values: Mapping[str, Value]) -> Array:
        """Mean number of requests that enter each service for one request of a source."""
        vector = np.zeros(len(self.services))
        for target, share in self._entries(source, values):
            if target in self.index:
                vector[self.index[target]] += share
        return vector

    def routing(self, values: Mapping[str, Value]) -> Rows:
        """Mean number of requests that one visit at a service (row) sends to others."""
        rows = [self._row(name, values) for name in self.services]
        turns = {self.index[name]: self._rows_by_turn(name, values) for name in self._depends_on_visit}
        for place, own in turns.items():
            rows[place] = own[0]
        for _ in range((_SETTLING if self._joins else 1) if turns else 0):
            joined = self._with_calls(self._joined(rows), values)
            for place, mean in apart_from_joins(joined, turns, self._joins).items():
                rows[place] = mean
        return self._with_calls(self._joined(rows), values)

    @cached_property
    def _joins(self) -> list[int]:
        return [self.index[name] for name in self.services if self.chain.services[name].join]

    def _joined(self, rows: Rows) -> Rows:
        """The same with splits that lead to their joins once."""
        if not self._joins:
            return [dict(row) for row in rows]
        splits = [self.index[name] for name in self.services if self.chain.services[name].split]
        return join_branches(rows, splits, self._joins, self._starts)

    def _with_calls(self, rows: Rows, values: Mapping[str, Value]) -> Rows:
        for link, call in self.chain.calls.items():
            if link.origin in self.index:
                self._add_call(rows, link, call, values)
        return rows

    @cached_property
    def _starts(self) -> list[int]:
        """Services that requests enter from outside, or that are called."""
        found = [name for names in entries(self.chain).values() for name in names]
        found += [link.target for link in self.chain.calls]
        return sorted({self.index[name] for name in found if name in self.index})

    def visits(self, source: Source, values: Mapping[str, Value]) -> Array:
        """Mean visits at each service of one request of a source, calls included."""
        key = (source, tuple(sorted(values.items())))
        if key not in self._visits:
            self._visits[key] = visits(self.entries(source, values), self.routing(values))
        return self._visits[key]

    @cached_property
    def _visits(self) -> dict[tuple[object, ...], Array]:
        return {}

    def steps(self, source: Source, values: Mapping[str, Value]) -> list[Step]:
        """Where requests of a source may enter, and by which way."""
        enters = self._enters(source)
        if enters is not None:
            return [(enters, None, None)]
        return self._steps(self.shares(self.exits.get(source.name, []), values))

    def steps_from(self, name: str, values: Mapping[str, Value]) -> list[Step]:
        """Where requests may go on to from a service, and by which way."""
        split = self.chain.services[name].split is not None
        return self._steps(self.shares(self.exits.get(name, []), values, split))

    def may_end(self, name: str, values: Mapping[str, Value]) -> bool:
        """Whether a request may end with a visit at a service."""
        taken = self.shares(self.exits.get(name, []), values, self.chain.services[name].split is not None)
        return not taken or any(link.ends for link, _, share in taken if share > 0)

    def _steps(self, taken: list[tuple[Link, Handoff, float]]) -> list[Step]:
        found: list[Step] = []
        for link, way, share in taken:
            back = way.clarification.returns_to if way.clarification else None
            targets = (None if link.ends else link.target, back)
            found += [(target, link, way) for target in targets if target is not None and share > 0]
        return found

    def _row(self, name: str, values: Mapping[str, Value]) -> Row:
        """Where one visit at a service sends requests."""
        row: Row = {}
        leading = self.exits.get(name, [])
        for target, share in self._onward(leading, values, bool(self.chain.services[name].split)):
            if target in self.index and share:
                row[self.index[target]] = row.get(self.index[target], 0.0) + share
        return row

    def _rows_by_turn(self, name: str, values: Mapping[str, Value]) -> list[Row]:
        count = self._turns(name, values)
        return [self._row(name, {**values, "visit": float(turn)}) for turn in range(1, count + 1)]

    def _turns(self, name: str, values: Mapping[str, Value]) -> int:
        """After how many visits at a service it no longer matters how many there were, as a rule."""
        asking = [expr for _, way in self.exits[name] for expr in _visit_expressions(way)]
        numbers = [node.value for expr in asking for node in expr.root.walk() if isinstance(node, Number)]
        numbers += [
            value for expr in asking for one in expr.names() if isinstance(value := values.get(one), float)
        ]
        largest = max((number for number in numbers if number < _MOST_TURNS), default=0.0)
        return max(_TURNS, int(largest) + 2)

    @cached_property
    def _depends_on_visit(self) -> tuple[str, ...]:
        """Services without split that send requests on by how often they have been there."""
        return tuple(
            name
            for name in self.services
            if not self.chain.services[name].split
            and any(_visit_expressions(way) for _, way in self.exits.get(name, []))
        )

    def _entries(self, source: Source, values: Mapping[str, Value]) -> list[tuple[str, float]]:
        enters = self._enters(source)
        if enters is not None:
            return [(enters, 1.0)]
        return self._onward(self.exits.get(source.name, []), values, False)

    def _enters(self, source: Source) -> str | None:
        if source.kind == "consumer":
            return self.chain.consumers[source.name].enters
        if source.kind == "stock":
            reorder = self.chain.stocks[source.name].reorder
            return reorder.enters if reorder else None
        outages = self.chain.providers[source.name].outages
        return outages.repair_service if outages else None

    def _onward(
        self, links: Iterable[tuple[Link, Handoff]], values: Mapping[str, Value], split: bool
    ) -> list[tuple[str, float]]:
        """Where requests that leave come next, those with incomplete information where they go back to."""
        found = []
        for link, handoff, share in self.shares(links, values, split):
            for target, part in self._arrivals(link, handoff, values):
                found.append((target, share * part))
        return found

    def _arrivals(self, link: Link, way: Transfer, values: Mapping[str, Value]) -> list[tuple[str, float]]:
        back = way.clarification.returns_to if way.clarification else None
        if back is None or way.clarification is None:
            return [(link.target, 1.0)]
        incomplete = self.share(way.clarification.probability, values)
        return [(link.target, 1.0 - incomplete), (back, incomplete)]

    def _add_call(self, rows: Rows, link: Link, call: Call, values: Mapping[str, Value]) -> None:
        asked = self.share(call.probability, values) * self.share(call.when, values)
        row = rows[self.index[link.origin]]
        for target, part in self._arrivals(link, call, values):
            if target in self.index and asked * part:
                row[self.index[target]] = row.get(self.index[target], 0.0) + asked * part

    @cached_property
    def calls(self) -> dict[str, list[tuple[Link, Call]]]:
        """The calls of each service."""
        found: dict[str, list[tuple[Link, Call]]] = {}
        for link, call in self.chain.calls.items():
            found.setdefault(link.origin, []).append((link, call))
        return found

    @cached_property
    def services_of(self) -> dict[str, list[str]]:
        """The services that each provider works at, sorted."""
        found: dict[str, list[str]] = {}
        for name in self.services:
            for provider in dict.fromkeys(self.chain.services[name].provider_names):
                found.setdefault(provider, []).append(name)
        return found

    @cached_property
    def _names_asked(self) -> frozenset[str]:
        """Every name that some expression on the way of a request asks for."""
        found: set[str] = set()
        for expr in expressions_on_the_way(self.chain):
            found |= expr.names()
        return frozenset(found)


def _visit_expressions(way: Handoff) -> list[Expression]:
    """The expressions by which a handoff is taken that ask how often a request has been there."""
    incomplete = way.clarification.probability if way.clarification else None
    asked = (way.probability, way.when, incomplete)
    return [expr for expr in asked if expr is not None and "visit" in expr.names()]


def order_size(reorder: Reorder, unit: str) -> float:
    """How much an order is for; one that fills up is taken to be for the way from the reorder point."""
    if reorder.quantity is not None or reorder.up_to is None:
        return reorder.quantity.constant(unit) if reorder.quantity is not None else 0.0
    # it goes out one unit below the point, where demand comes by ones
    return reorder.up_to.constant(unit) - reorder.below.constant(unit) + 1.0


def expressions_on_the_way(chain: Chain) -> Iterable[Expression]:
    """Every expression that decides where requests go or how much work they make."""
    for service in chain.services.values():
        yield from (found for found in (service.duration, service.skill) if found is not None)
        yield from service.consumes.values()
        yield from service.produces.values()
    for way in (*chain.handoffs.values(), *chain.calls.values()):
        yield from (found for found in (way.probability, way.when, way.delay) if found is not None)
        if way.clarification is not None:
            yield way.clarification.probability
    for sla in promises(chain):
        yield from (target.within for target in (sla.response, sla.resolution) if target is not None)


def promises(chain: Chain) -> list[SLA]:
    """Every SLA of a chain."""
    ways = [way.sla for way in (*chain.handoffs.values(), *chain.calls.values())]
    return [
        sla for sla in (*(consumer.sla for consumer in chain.consumers.values()), *ways) if sla is not None
    ]


def _with_needed(relevant: dict[str, Attribute], attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
    """These attributes, and those that they are computed from."""
    waiting = list(relevant)
    while waiting:
        attribute = relevant[waiting.pop()]
        for name in attribute.names() if isinstance(attribute, Expression) else ():
            if name in attributes and name not in relevant:
                relevant[name] = attributes[name]
                waiting.append(name)
    return relevant


def _by_the_clock(found: tuple[Situation, ...], asked: Iterable[str]) -> tuple[Situation, ...]:
    """The same at every hour and on every day of the week, where expressions ask for these."""
    for name, values in (("hour", _HOURS), ("weekday", _DAYS)):
        if name in asked:
            found = tuple(
                replace(one, values={**one.values, name: value}, share=one.share / len(values))
                for one in found
                for value in values
            )
    return found

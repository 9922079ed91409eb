"""What is drawn: services as tasks in the lanes of their providers, handoffs as flows, calls as messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from serviceflow.formats.bpmn.export.picture import DATA, MESSAGE, SEQUENCE, Ids, Line, Picture, Pool, Shape
from serviceflow.formats.bpmn.export.unsaid import notes_on
from serviceflow.formats.bpmn.export.values import constant_ticks, iso
from serviceflow.model.elements import Service
from serviceflow.model.expressions import Expression
from serviceflow.model.links import Handoff, Link, Transfer
from serviceflow.model.routing import constant, exits, flow_graph, reached
from serviceflow.model.writing import plain

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

Key = tuple[str, str]
"""A section and a name."""
Way = tuple[Link, Handoff]
LONGEST_LABEL = 60


def draw(chain: Chain) -> Picture:
    """The diagram of a chain, not yet laid out."""
    return _Drafting(chain).draw()


def short(text: str, most: int = LONGEST_LABEL) -> str:
    """A text as a label."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


class _Drafting:
    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.picture = Picture()
        self.ids = Ids()
        self.ways: dict[tuple[Key, str], list[Way]] = {}
        for origin, found in exits(chain).items():
            for link, handoff in found:
                self.ways.setdefault((self.key_of(origin), handoff.after), []).append((link, handoff))
        self.enters: dict[str, str] = {}
        """What a flow to a service leads to: its join, or its task."""
        self.ends: dict[Key, list[str]] = {}
        """End events, by what they come from."""

    def key_of(self, name: str) -> Key:
        """What a handoff of this name starts at."""
        sections = ("services", "consumers", "stocks")
        return next(((one, name) for one in sections if name in getattr(self.chain, one)), ("services", name))

    def draw(self) -> Picture:
        self.pool_of = self.pooled()
        for name, service in self.chain.services.items():
            self.task(name, service)
        for name in self.chain.consumers:
            self.consumer(name)
        for name in self.chain.stocks:
            self.orders(name)
        for name in self.chain.providers:
            self.outages(name)
        for name, service in self.chain.services.items():
            self.leave_task(name, service)
        self.calls()
        self.stores()
        self.fill_lanes()
        return self.picture

    # Pools: what handoffs connect is one process

    def pooled(self) -> dict[Key, int]:
        groups = _Groups()
        for key in self.keys():
            groups.find(key)
        for key, target in self.connections():
            groups.join(key, ("services", target))
        numbers: dict[Key, int] = {}
        found: dict[Key, int] = {}
        for key in self.keys():
            root = groups.find(key)
            if root not in numbers:
                numbers[root] = len(numbers)
                self.picture.pools.append(self.pool(key))
            found[key] = numbers[root]
        return found

    def keys(self) -> list[Key]:
        chain = self.chain
        ordering = [name for name, stock in chain.stocks.items() if stock.reorder is not None]
        return [
            *(("consumers", name) for name in chain.consumers),
            *(("services", name) for name in chain.services),
            *(("stocks", name) for name in ordering),
        ]

    def connections(self) -> Iterable[tuple[Key, str]]:
        for name, consumer in self.chain.consumers.items():
            if consumer.enters is not None:
                yield ("consumers", name), consumer.enters
            yield from ((("consumers", name), one) for one, count in consumer.initial.items() if count)
        for name, stock in self.chain.stocks.items():
            if stock.reorder is not None and stock.reorder.enters is not None:
                yield ("stocks", name), stock.reorder.enters
        for link, handoff in self.chain.handoffs.items():
            asking = handoff.clarification
            for target in (None if link.ends else link.target, asking.returns_to if asking else None):
                if target is not None:
                    yield self.key_of(link.origin), target

    def pool(self, key: Key) -> Pool:
        """A pool for the process that begins with a consumer, a service that is called, or an order."""
        name = self.chain.name if not self.picture.pools else key[1]
        return Pool(self.ids.give("Process", *key), name)

    # Shapes

    def shape(self, kind: str, tag: str, name: str, key: Key, lane: str | None, *names: str) -> Shape:
        found = Shape(self.ids.give(kind, *(names or (key[1],))), tag, name, self.pool_of[key], lane)
        self.picture.shapes[found.id] = found
        return found

    def lane_of(self, name: str) -> str | None:
        """The provider in whose lane a service lies: the first of them."""
        return next(iter(self.chain.services[name].provider_names), None)

    def task(self, name: str, service: Service) -> None:
        key, lane = ("services", name), self.lane_of(name)
        tag = "userTask" if service.provider_names else "serviceTask"
        task = self.shape("Task", tag, name, key, lane)
        task.performers = service.provider_names
        task.notes = notes_on(self.chain, "services", name)
        self.picture.tasks[name] = self.enters[name] = task.id
        if service.join is not None:
            self.enters[name] = self.join(name, service, task)

    def join(self, name: str, service: Service, task: Shape) -> str:
        some = service.join != "all"
        tag = "complexGateway" if some else "inclusiveGateway" if self.may_skip(name) else "parallelGateway"
        gate = self.shape("Join", tag, "", ("services", name), task.lane)
        if some:
            gate.says = str(service.join)
        self.line(SEQUENCE, gate.id, task.id)
        return gate.id

    def may_skip(self, name: str) -> bool:
        """Whether a split that leads to a join has ways that are not always taken."""
        return name in self.skipping

    @cached_property
    def skipping(self) -> set[str]:
        """What comes behind splits that have ways that are not always taken."""
        graph, found = flow_graph(self.chain, calls=False), set[str]()
        for split, service in self.chain.services.items():
            ways = self.ways.get((("services", split), "finished"), [])
            if service.split is not None and any(map(_is_optional, ways)):
                found |= reached(graph, graph[split])
        return found

    def consumer(self, name: str) -> None:
        consumer, key = self.chain.consumers[name], ("consumers", name)
        ways = self.ways.get((key, "finished"), [])
        target = consumer.enters or next((link.target for link, _ in ways if not link.ends), None)
        target = target or next(iter(consumer.initial), None)
        lane = self.lane_of(target) if target is not None else None
        start = self.shape("Start", "startEvent", name, key, lane)
        start.notes = notes_on(self.chain, "consumers", name)
        if consumer.arrivals is not None:
            self.picture.arrivals[start.id] = (name, consumer.arrivals)
        if consumer.enters is not None:
            self.line(SEQUENCE, start.id, self.enters[consumer.enters])
        elif ways:
            self.leave(start, ways, key, False)
        elif target is not None:
            self.line(SEQUENCE, start.id, self.enters[target])

    def orders(self, name: str) -> None:
        """An order of a stock: a request that begins when its level is low."""
        stock, key = self.chain.stocks[name], ("stocks", name)
        if stock.reorder is None:
            return
        ways = self.ways.get((key, "finished"), [])
        target = stock.reorder.enters or next((link.target for link, _ in ways if not link.ends), None)
        lane = self.lane_of(target) if target is not None else None
        start = self.shape("Order", "startEvent", name, key, lane)
        start.trigger, start.says = "conditional", f"{name} < {stock.reorder.below}"
        if stock.reorder.enters is not None:
            self.line(SEQUENCE, start.id, self.enters[stock.reorder.enters])
        else:
            self.leave(start, ways, key, False)

    def outages(self, name: str) -> None:
        """An outage that enters a service as a request."""
        outages = self.chain.providers[name].outages
        if outages is None or outages.repair_service is None:
            return
        target = outages.repair_service
        key = ("services", target)
        start = self.shape("Outage", "startEvent", name, key, self.lane_of(target), name)
        start.trigger, start.says = "conditional", f"{name} is down"
        self.line(SEQUENCE, start.id, self.enters[target])

    # Flows

    def line(self, kind: str, source: str, target: str, name: str = "", condition: str | None = None) -> str:
        stem = {SEQUENCE: "Flow", MESSAGE: "Message", DATA: "Data"}[kind]
        found = Line(self.ids.give(stem, source, target), kind, source, target, name, condition)
        self.picture.lines[found.id] = found
        return found.id

    def leave_task(self, name: str, service: Service) -> None:
        key, task = ("services", name), self.picture.shapes[self.picture.tasks[name]]
        ways = self.ways.get((key, "finished"), [])
        if ways:
            self.leave(task, ways, key, service.split is not None)
        else:
            self.line(SEQUENCE, task.id, self.end(key, task.lane))
        gave_up = self.ways.get((key, "gave up"), [])
        if service.patience is not None:
            self.at_edge(task, "timer", "gave up", gave_up, key, service.patience)
        elif gave_up:
            self.at_edge(task, "error", "gave up", gave_up, key)
        if service.timeout is not None:
            timed_out = self.ways.get((key, "timed out"), [])
            self.at_edge(task, "timer", "timed out", timed_out, key, service.timeout)
        if refused := self.ways.get((key, "refused"), []):
            self.at_edge(task, "error", "refused", refused, key)

    def end(self, key: Key, lane: str | None) -> str:
        end = self.shape("End", "endEvent", "", key, lane)
        self.ends.setdefault(key, []).append(end.id)
        return end.id

    def at_edge(
        self,
        task: Shape,
        trigger: str,
        name: str,
        ways: Sequence[Way],
        key: Key,
        time: Expression | None = None,
    ) -> None:
        """An event at the edge of a task: who gives up, times out or is refused leaves by it."""
        event = self.shape("Edge", "boundaryEvent", name, key, task.lane, key[1], name)
        event.trigger, event.host, event.says = trigger, task.id, "" if time is None else self.timer(time)
        if time is not None:
            self.picture.times[event.id] = time
        if ways:
            self.leave(event, ways, key, False)
        else:
            self.line(SEQUENCE, event.id, self.end(key, task.lane))

    def leave(self, source: Shape, ways: Sequence[Way], key: Key, split: bool) -> None:
        """The ways on from somewhere, by a gateway if there are several."""
        if len(ways) == 1 and not _is_optional(ways[0]):
            self.follow(source.id, ways[0], key, source.lane)
            return
        optional = any(map(_is_optional, ways))
        tag = f"{'exclusive' if not split else 'inclusive' if optional else 'parallel'}Gateway"
        gate = self.shape("Gateway", tag, "" if split else "?", key, source.lane, source.id)
        self.line(SEQUENCE, source.id, gate.id)
        firsts = [self.follow(gate.id, way, key, source.lane) for way in ways]
        if split and not optional:
            return
        self.decide(gate, ways, firsts, split)

    def decide(self, gate: Shape, ways: Sequence[Way], firsts: Sequence[str], split: bool) -> None:
        """Write on the flows of a gateway when each of them is taken."""
        known = [constant(handoff.probability) for _, handoff in ways if handoff.probability is not None]
        named = sum(one for one in known if one is not None)
        for (_, handoff), flow in zip(ways, firsts, strict=True):
            line = self.picture.lines[flow]
            share = constant(handoff.probability)
            if handoff.when is not None:
                line.condition = str(handoff.when)
                self.picture.conditions[flow] = handoff.when
            elif handoff.probability is None and not split:
                gate.default = gate.default or flow
            if share is not None:
                self.picture.shares[flow] = share
            elif handoff.when is None and handoff.probability is None and None not in known:
                self.picture.shares[flow] = 1.0 if split else max(0.0, round(1 - named, 12))

    def follow(self, source: str, way: Way, key: Key, lane: str | None) -> str:
        """The events of a way up to where it leads; its first flow is given."""
        link, handoff = way
        steps = [*self.transfer(link, handoff, key, lane)]
        target = self.end(key, lane) if link.ends else self.enters[link.target]
        label = _label(link, handoff)
        places = [source, *steps, target]
        flows = [
            self.line(SEQUENCE, one, other, label if number == 0 else "")
            for number, (one, other) in enumerate(pairwise(places))
        ]
        if handoff.clarification is not None:
            self.clarify(steps[-1], flows[-1], link, handoff, key, lane)
        return flows[0]

    def transfer(self, link: Link, way: Transfer, key: Key, lane: str | None) -> Iterable[str]:
        """Events and gateways on a way: the dispatch, the delay, and whether the information is complete."""
        if (said := _dispatch(way)) is not None:
            event = self.on_way(link, "dispatch", said, key, lane)
            event.trigger = "conditional" if way.batch is not None else "timer"
            event.says = said
            if way.every is not None and (every := self.timer(way.every)):
                event.says = f"R/{every}"
            yield event.id
        if way.delay is not None and constant(way.delay) != 0:
            event = self.on_way(link, "delay", short(str(way.delay)), key, lane)
            event.trigger, event.says = "timer", self.timer(way.delay)
            self.picture.times[event.id] = way.delay
            yield event.id
        if way.clarification is not None:
            gate = self.shape("Gateway", "exclusiveGateway", "complete?", key, lane, str(link), "complete")
            yield gate.id

    def timer(self, time: Expression) -> str:
        """A constant duration as a timer says it; empty for any other."""
        ticks = constant_ticks(time, self.chain.time_unit)
        return "" if ticks is None else iso(ticks)

    def on_way(self, link: Link, what: str, name: str, key: Key, lane: str | None) -> Shape:
        return self.shape("Event", "intermediateCatchEvent", name, key, lane, str(link), what)

    def clarify(self, gate: str, on: str, link: Link, way: Handoff, key: Key, lane: str | None) -> None:
        """What is incomplete waits and comes back to the question, or goes back for rework."""
        asking = way.clarification
        assert asking is not None
        if asking.returns_to is not None:
            back = self.line(SEQUENCE, gate, self.enters[asking.returns_to], str(asking.probability))
        else:
            event = self.on_way(link, "clarification", short(str(asking.delay or "")), key, lane)
            event.trigger, event.says = "timer", "" if asking.delay is None else self.timer(asking.delay)
            if asking.delay is not None:
                self.picture.times[event.id] = asking.delay
            back = self.line(SEQUENCE, gate, event.id, str(asking.probability))
            self.line(SEQUENCE, event.id, gate)
        self.picture.shapes[gate].default = on
        if (share := constant(asking.probability)) is not None:
            self.picture.shares |= {back: share, on: round(1 - share, 12)}

    # Calls and stocks

    def calls(self) -> None:
        """Calls as messages between pools; those within one pool have no picture in BPMN."""
        graph = flow_graph(self.chain, calls=False)
        starts: dict[str, str] = {}
        answers: dict[str, list[str]] = {}
        for link, call in self.chain.calls.items():
            key, target = ("services", link.origin), ("services", link.target)
            task = self.picture.shapes[self.picture.tasks[link.origin]]
            if self.pool_of[key] == self.pool_of[target]:
                task.notes.append(f"calls: {link}")
                continue
            if link.target not in starts:
                starts[link.target] = self.called(link.target)
                answers[link.target] = self.answers(sorted(reached(graph, [link.target])))
            self.line(MESSAGE, task.id, starts[link.target], short(_ask(link)))
            for end in answers[link.target] if call.wait else ():
                self.picture.shapes[end].trigger = "message"
                self.line(MESSAGE, end, task.id)

    def answers(self, names: Iterable[str]) -> list[str]:
        """The events with which what begins at some services ends."""
        return [end for name in names for end in self.ends.get(("services", name), [])]

    def called(self, name: str) -> str:
        start = self.shape("Called", "startEvent", "", ("services", name), self.lane_of(name))
        start.trigger = "message"
        self.line(SEQUENCE, start.id, self.enters[name])
        return start.id

    def stores(self) -> None:
        """Stocks as stores, with what is taken from them and brought to them."""
        stores: dict[str, str] = {}
        for name in self.chain.stocks:
            store = Shape(self.ids.give("Stock", name), "dataStoreReference", name, -1)
            store.notes = notes_on(self.chain, "stocks", name)
            self.picture.shapes[store.id] = store
            stores[name] = store.id
        for name, service in self.chain.services.items():
            for stock in service.consumes:
                self.line(DATA, stores[stock], self.picture.tasks[name])
            for stock in service.produces:
                self.line(DATA, self.picture.tasks[name], stores[stock])

    def fill_lanes(self) -> None:
        """The lanes of each pool, in the order of the providers."""
        order: list[str | None] = [*self.chain.providers, None]
        places = {name: place for place, name in enumerate(order)}
        used: list[set[str | None]] = [set() for _ in self.picture.pools]
        for shape in self.picture.shapes.values():
            if shape.pool >= 0:
                used[shape.pool].add(shape.lane)
        for pool, lanes in zip(self.picture.pools, used, strict=True):
            pool.lanes = sorted(lanes, key=places.__getitem__)


class _Groups:
    """What belongs together."""

    def __init__(self) -> None:
        self.parent: dict[Key, Key] = {}

    def find(self, key: Key) -> Key:
        self.parent.setdefault(key, key)
        while self.parent[key] != key:
            self.parent[key] = self.parent[self.parent[key]]
            key = self.parent[key]
        return key

    def join(self, one: Key, other: Key) -> None:
        self.parent[self.find(other)] = self.find(one)


def _is_optional(way: Way) -> bool:
    """Whether a way is not always taken."""
    _, handoff = way
    return handoff.when is not None or (
        handoff.probability is not None and constant(handoff.probability) != 1
    )


def _label(link: Link, handoff: Handoff) -> str:
    """What is written on a way: its share or condition, and by what it goes."""
    says = handoff.probability if handoff.probability is not None else handoff.when
    parts = [] if says is None else [str(says)]
    return short(", ".join([*parts, *([link.via] if link.via else [])]))


def _dispatch(way: Transfer) -> str | None:
    """What a way waits for before it leaves."""
    if way.every is not None:
        return f"every {way.every}"
    if way.at is not None:
        return short(_days(plain(way.at)))
    if way.batch is not None:
        wait = f" or {way.batch.max_wait}" if way.batch.max_wait is not None else ""
        return f"{way.batch.size} together{wait}"
    return None


def _days(found: object) -> str:
    if isinstance(found, dict):
        return "; ".join(f"{days} {times}" for days, times in found.items())
    return ", ".join(map(str, found)) if isinstance(found, list) else str(found)


def _ask(link: Link) -> str:
    return link.via or ""

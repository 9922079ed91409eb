"""Which programs the recursion covers, and the ways through them.

Covered are chains of first come, first served services without loops, whose staff serve nothing else and
are always there: what a visit needs to know is then only who came before it. Everything else is left
to the engines that follow events.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from serviceflow.engine.program.cache import remembered
from serviceflow.engine.program.codes import ALL, END, NONE
from serviceflow.engine.program.features import Feature as F
from serviceflow.engine.program.plans import ArrivalPlan, ConsumerPlan, HandoffPlan, Program, ServicePlan
from serviceflow.engine.program.shares import constant_shares

SUPPORTED = frozenset(
    (
        *(F.HANDOFFS, F.SHARES, F.DELAYS, F.STAFFED, F.SPLITS, F.JOINS, F.OVERTAKING, F.SERVICE_PRIORITY),
        *(F.TRACES, F.ARRIVAL_BATCHES, F.ENTRY_CHOICE, F.INITIAL),
    )
)
"""What a chain may use; which of it is covered, the ways through it tell."""
MOST_SLOTS = 4096
"""Visits of a request, at most; beyond this a chain is not worth the memory."""


@dataclass(frozen=True)
class Source:
    """Requests that enter in one way: those that a consumer asks for, or those that are there at time 0."""

    consumer: int
    who: int
    enters: int
    exits: tuple[int, ...]
    routing: int
    arrivals: ArrivalPlan | None
    initial: int
    """How many are there at time 0, for a source of such."""


@dataclass(frozen=True)
class Inner:
    """A visit of a branch between a split and its join."""

    node: int
    handoff: int
    sender: int
    """Its place in the block; NONE for the split."""
    branch: int
    link: int
    """The handoff by which the branch left."""


@dataclass(frozen=True)
class Block:
    """What lies behind a split: branch by branch, each up to its end or to its visit at the join."""

    inner: tuple[Inner, ...]
    strands: int
    join: int


@dataclass(frozen=True)
class Routes:
    """The ways through a covered chain.

    Attributes
    ----------
    program : Program
    sources : tuple of Source
        In the order in which their requests at one instant are numbered.
    order : tuple of int
        Services, each after those from which requests come to it.
    blocks : dict
        The blocks of splits that some requests meet, by service.
    homes : dict
        The nodes at which requests are over, by handoff to the end that takes time; numbered after services.
    joins : dict
        How many branches join, by service.
    longest : int
        The most visits that one request can make, or more.
    """

    program: Program
    sources: tuple[Source, ...]
    order: tuple[int, ...]
    blocks: dict[int, Block]
    homes: dict[int, int]
    joins: dict[int, int]
    longest: int

    def node_after(self, handoff: int) -> int:
        """Where a handoff leads: a service, a node after services, or END."""
        plan = self.program.handoffs[handoff]
        return self.homes.get(handoff, END) if plan.target == END else plan.target


class NotCovered(Exception):
    """The recursion does not cover a program."""


@remembered
def routes_of(program: Program) -> Routes | None:
    """The ways through a program; None if the recursion does not cover it."""
    try:
        return _Finder(program).routes()
    except NotCovered:
        return None


def _need(holds: object) -> None:
    if not holds:
        raise NotCovered


class _Finder:
    """Finds the ways through one program, or that it is not covered."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.services = program.services
        self.handoffs = program.handoffs
        self.homes: dict[int, int] = {}
        self.blocks: dict[int, Block] = {}
        self.joins: dict[int, int] = {}

    def routes(self) -> Routes:
        program = self.program
        _need(program.features <= SUPPORTED)
        sources = tuple(self.sources())
        reached = self.reached(sources)
        for service in reached:
            self.check_service(self.services[service])
        self.check_staff(reached)
        order = self.in_order(reached)
        for service in order:
            if self.services[service].split and self.services[service].exits[0]:
                self.add_block(service)
        longest = self.longest(order)
        _need(sources and longest <= MOST_SLOTS)
        return Routes(program, sources, order, self.blocks, self.homes, self.joins, longest)

    # Demand

    def sources(self) -> Iterable[Source]:
        for consumer in self.program.consumers:
            for service, count, who in consumer.initial:
                yield Source(consumer.index, who, service, (), 0, None, count)
        for consumer in self.program.consumers:
            _need(consumer.priority.constant is not None)
            if consumer.arrivals is not None and self.check_arrivals(consumer.arrivals):
                self.check_entry(consumer)
                exits = consumer.exits if consumer.enters == NONE else ()
                yield Source(
                    consumer.index,
                    consumer.who,
                    consumer.enters,
                    exits,
                    consumer.routing,
                    consumer.arrivals,
                    0,
                )

    def check_arrivals(self, arrivals: ArrivalPlan) -> bool:
        """Whether anybody is asking."""
        constant = None if arrivals.every is None else arrivals.every.code.constant
        _need(constant is None or constant >= 1.0)
        return arrivals.every is not None or bool(arrivals.trace)

    def check_entry(self, consumer: ConsumerPlan) -> None:
        if consumer.enters == NONE:
            _need(consumer.exits)
            self.check_choice(consumer.exits)
            _need(all(self.handoffs[index].target != END for index in consumer.exits))

    def check_choice(self, exits: tuple[int, ...]) -> None:
        """One exit is taken whatever the request: constant shares, which add up, and one rest at most."""
        for index in exits:
            self.check_handoff(self.handoffs[index])
        _need(not exits or constant_shares(self.program, exits) is not None)

    def check_handoff(self, handoff: HandoffPlan) -> None:
        if handoff.target == END and handoff.transfer.delay is not None:
            self.homes.setdefault(handoff.index, len(self.services) + len(self.homes))

    # Services

    def reached(self, sources: tuple[Source, ...]) -> set[int]:
        """The services that requests can come to."""
        found: set[int] = set()
        ahead = [source.enters for source in sources if source.enters != NONE]
        ahead += [self.handoffs[index].target for source in sources for index in source.exits]
        while ahead:
            service = ahead.pop()
            if service not in found and service != END:
                found.add(service)
                ahead += [self.handoffs[index].target for index in self.services[service].exits[0]]
        return found

    def check_service(self, service: ServicePlan) -> None:
        _need(service.priority is None or service.priority.constant is not None)
        exits = service.exits[0]
        if service.split:
            _need(not service.join)
            for index in exits:
                handoff = self.handoffs[index]
                _need(handoff.probability is None and handoff.target != END)
                self.check_handoff(handoff)
        else:
            self.check_choice(exits)

    def check_staff(self, reached: set[int]) -> None:
        """Nobody serves two services that requests come to."""
        used = [need[0] for service in reached for need in self.services[service].needs]
        _need(len(used) == len(set(used)))
        served: dict[int, int] = {}
        for service in self.services:
            for provider in {provider for needs in service.alternatives for provider, _ in needs}:
                served[provider] = served.get(provider, 0) + 1
        _need(all(served[provider] == 1 for provider in used))

    def in_order(self, reached: set[int]) -> tuple[int, ...]:
        """Services after those from which requests come; not covered if there is a circle."""
        comes_from = dict.fromkeys(reached, 0)
        for service in reached:
            for target in self.targets(service):
                comes_from[target] += 1
        ready = sorted(service for service, count in comes_from.items() if not count)
        found: list[int] = []
        while ready:
            service = ready.pop(0)
            found.append(service)
            for target in self.targets(service):
                comes_from[target] -= 1
                if not comes_from[target]:
                    ready.append(target)
        _need(len(found) == len(reached))
        return tuple(found)

    def targets(self, service: int) -> list[int]:
        ahead = [self.handoffs[index].target for index in self.services[service].exits[0]]
        return [target for target in ahead if target != END]

    # Splits

    def add_block(self, service: int) -> None:
        """Follow the branches of a split to where they end, or to their join."""
        links = self.services[service].exits[0]
        inner: list[Inner] = []
        for branch, link in enumerate(links):
            self.follow_branch(branch, link, inner)
        lasts = [visit.node for visit, after in zip(inner, [*inner[1:], None], strict=True) if starts(after)]
        join = lasts[0] if self.joins_at(lasts[0]) else END
        _need(all(last == join if join != END else not self.joins_at(last) for last in lasts))
        if join != END:
            needed = self.services[join].join
            _need(needed == ALL or needed >= len(links))
            _need(self.joins.setdefault(join, len(links)) == len(links))
        self.blocks[service] = Block(tuple(inner), len(links), join)

    def follow_branch(self, branch: int, link: int, inner: list[Inner]) -> None:
        """The visits of one branch, the one that waits at a join included."""
        sender, handoff = NONE, link
        while True:
            plan = self.handoffs[handoff]
            node = self.homes.get(handoff, END) if plan.target == END else plan.target
            if node == END:
                return
            inner.append(Inner(node, handoff, sender, branch, link))
            sender = len(inner) - 1
            if node >= len(self.services) or self.services[node].join:
                return
            ahead = self.services[node].exits[0]
            _need(not self.services[node].split and len(ahead) <= 1)
            _need(all(self.handoffs[index].probability is None for index in ahead))
            if not ahead:
                return
            handoff = ahead[0]

    def joins_at(self, node: int) -> bool:
        return node < len(self.services) and bool(self.services[node].join)

    def longest(self, order: tuple[int, ...]) -> int:
        """The most visits that one request can make."""
        most: dict[int, int] = {END: 1}
        for service in reversed(order):
            block = self.blocks.get(service)
            if block is not None:
                most[service] = 1 + len(block.inner) + max(most.get(block.join, 1) - 1, 0)
            else:
                most[service] = 1 + max((most.get(t, 1) for t in self.ahead(service)), default=0)
        return max(most.values())

    def ahead(self, service: int) -> list[int]:
        return [self.handoffs[index].target for index in self.services[service].exits[0]]


def starts(visit: Inner | None) -> bool:
    """Whether a visit is the first of its branch, or there is none."""
    return visit is None or visit.sender == NONE


__all__ = ["Block", "Inner", "Routes", "Source", "routes_of"]

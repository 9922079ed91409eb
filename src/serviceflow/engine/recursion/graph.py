"""The slots of requests: which visits each will make, before it is known when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.program.codes import END, NONE
from serviceflow.engine.program.compile_expression import Code
from serviceflow.engine.program.plans import Drawn
from serviceflow.engine.record.buffers import first_numbers, take
from serviceflow.engine.recursion.asking import NO_INTS, Asked, Ints, Words
from serviceflow.engine.recursion.compiling import LOOPS
from serviceflow.engine.recursion.drawing import ROOTS, VARIOUS
from serviceflow.engine.recursion.passing import EXIT_FIELDS, SERVICE_FIELDS
from serviceflow.engine.recursion.routes import Routes

NOTHING = Drawn(Code(constant=0.0), 0)
MOST_KEPT = 1_000_000
"""Slots that are kept for the next run, at most."""


@dataclass(frozen=True)
class Slots:
    """The visits of all requests, request by request.

    Attributes
    ----------
    firsts : array of int
        The first slot of each request, and behind the last one.
    services, handoffs, requests : array of int
        Per slot: the service (-1: the way home), the handoff that brought it, the request.
    nodes, taken : array of int
        Per slot: the node of the graph, and the handoff taken from it (-1: none); empty where all requests
        go the same way.
    came : array of int
        As `handoffs`, or empty likewise.
    branches, senders, ways : array of int
        Per slot: the branch, the slot that it comes from, the handoff by which the branch left its split;
        empty where nothing splits.
    """

    firsts: Ints
    nodes: Ints
    services: Ints
    handoffs: Ints
    came: Ints
    taken: Ints
    requests: Ints
    branches: Ints
    senders: Ints
    ways: Ints

    def __len__(self) -> int:
        return int(self.firsts[-1])


class Graph:
    """The ways of a covered chain in arrays."""

    def __init__(self, routes: Routes) -> None:
        self.routes = routes
        self.program = routes.program
        self.keys: Words = np.array([source.who for source in routes.sources], dtype=np.uint64)
        self.link_keys: Words = np.array([h.purpose for h in self.program.handoffs], dtype=np.uint64)
        self.slack = 0
        """How long after the window requests ended, in earlier runs."""
        self._patterns: Slots | None = None

    @cached_property
    def exits(self) -> list[tuple[int, ...]]:
        """Per node (services, then sources) its exits, those with a probability first."""
        found = [
            () if service.split else self.sorted_exits(service.exits[0]) for service in self.program.services
        ]
        return found + [self.sorted_exits(source.exits) for source in self.routes.sources]

    def sorted_exits(self, exits: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(exits, key=lambda index: self.program.handoffs[index].probability is None))

    @cached_property
    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """What ``loops.walk`` calls `graph`."""
        program, routes = self.program, self.routes
        links = [index for exits in self.exits for index in exits]
        plans = [program.handoffs[index] for index in links]
        routings = [service.routing for service in program.services]
        routings += [source.routing for source in routes.sources]
        blocks = np.zeros((len(program.services), 4), dtype=np.int64)
        inner: list[tuple[int, ...]] = []
        for service, block in routes.blocks.items():
            blocks[service] = len(inner), len(block.inner), block.strands, block.join
            inner += [(v.node, v.handoff, v.sender, v.branch, v.link) for v in block.inner]
        return (
            np.array([source.enters for source in routes.sources], dtype=np.int64),
            np.cumsum([0] + [len(exits) for exits in self.exits]).astype(np.int64),
            np.array([service in routes.blocks for service in range(len(program.services))], dtype=np.bool_),
            np.array(routings, dtype=np.uint64),
            np.array(links, dtype=np.int64),
            np.array([routes.node_after(index) for index in links], dtype=np.int64),
            np.array(
                [0.0 if p.probability is None else p.probability.constant for p in plans], dtype=np.float64
            ),
            np.array([plan.probability is not None for plan in plans], dtype=np.bool_),
            blocks,
            np.array(inner, dtype=np.int64).reshape(-1, 5),
        )

    @property
    def splits(self) -> bool:
        """Whether the record tells branches apart."""
        return "branch" in self.program.visit_columns

    @property
    def chooses(self) -> bool:
        """Whether requests go different ways."""
        return bool(self.arrays[7].any())

    @cached_property
    def reorders(self) -> bool:
        """Whether visits of a request may be asked in another order than that of its slots."""
        blocks = self.routes.blocks.values()
        return any(visit.sender != NONE for block in blocks for visit in block.inner)

    @cached_property
    def links(self) -> dict[int, int]:
        """By which handoff the branches at each service left their split: one, ``ROOTS`` or ``VARIOUS``.

        At a join, the request goes on undivided.
        """
        found = dict.fromkeys(self.undivided, ROOTS)
        for block in self.routes.blocks.values():
            for visit in block.inner:
                if visit.node != block.join:
                    known = found.setdefault(visit.node, visit.link)
                    found[visit.node] = visit.link if known == visit.link else VARIOUS
        return found

    @cached_property
    def codes(self) -> tuple[NDArray[np.generic], ...]:
        """What ``drawing.draw_ticks`` calls `codes`: of services, then of the delays of handoffs."""
        drawn = [service.duration for service in self.program.services]
        drawn += [h.transfer.delay or NOTHING for h in self.program.handoffs]
        families = np.zeros((len(drawn), 2), dtype=np.int64)
        parameters = np.zeros((len(drawn), 4), dtype=np.float64)
        table: list[float] = []
        for row, value in enumerate(drawn):
            sampler = value.code.sampler
            if sampler is None:
                constant = value.code.constant
                parameters[row, 0] = np.nan if constant is None else constant
            else:
                families[row] = sampler.family, len(table)
                parameters[row] = sampler.a, sampler.b, sampler.c, sampler.d
                table += sampler.table
        purposes = np.array([value.purpose for value in drawn], dtype=np.uint64)
        return families, parameters, purposes, np.array(table, dtype=np.float64)

    @cached_property
    def plan(self) -> tuple[object, ...]:
        """What ``passing.pass_all`` calls `plan`."""
        program, routes = self.program, self.routes
        ways: list[tuple[int, ...]] = []
        services: list[tuple[int, ...]] = []
        for index in routes.order:
            service, block = program.services[index], routes.blocks.get(index)
            units = 0 if service.provider == NONE else program.providers[service.provider].units
            first = len(ways)
            if block is None:
                ways += [self.way(handoff, 0) for handoff in service.exits[0]]
            else:
                begins = [(place, visit) for place, visit in enumerate(block.inner) if visit.sender == NONE]
                ways += [self.way(visit.handoff, place) for place, visit in begins]
            strands = routes.joins.get(index, 0)
            link, count, splits = self.links[index], len(ways) - first, int(block is not None)
            services.append((index, units, index, link, first, count, splits, strands))
        sources: list[tuple[int, ...]] = []
        for source in routes.sources:
            sources.append((source.enters, len(source.exits), len(ways)))
            ways += [self.way(handoff, 0) for handoff in source.exits]
        return (
            np.array(services, dtype=np.int64).reshape(-1, SERVICE_FIELDS),
            np.array(ways, dtype=np.int64).reshape(-1, EXIT_FIELDS),
            np.array(sources, dtype=np.int64).reshape(-1, 3),
            len(program.services),
        )

    def way(self, handoff: int, ahead: int) -> tuple[int, ...]:
        """A row of the exits: see ``passing.pass_all``."""
        delay = NONE
        if self.program.handoffs[handoff].transfer.delay is not None:
            delay = len(self.program.services) + handoff
        link = VARIOUS if self.routes.blocks else ROOTS
        return handoff, self.routes.node_after(handoff), delay, ahead, link

    def entries(self, slots: Slots) -> Ints:
        """How many visits each node will have."""
        nodes = len(self.program.services) + len(self.routes.homes)
        template = self.template
        if template is None:
            return np.bincount(slots.nodes, minlength=nodes).astype(np.int64)
        each = np.bincount(template.nodes, minlength=nodes).astype(np.int64)
        return each * (len(slots.firsts) - 1)

    @cached_property
    def undivided(self) -> set[int]:
        """The services to which requests come that have not split, or have joined."""
        found: set[int] = set()
        handoffs = self.program.handoffs
        ahead = [source.enters for source in self.routes.sources if source.enters != NONE]
        ahead += [handoffs[index].target for source in self.routes.sources for index in source.exits]
        while ahead:
            service = ahead.pop()
            if service not in found and service != END:
                found.add(service)
                block = self.routes.blocks.get(service)
                exits = self.program.services[service].exits[0]
                ahead += [block.join] if block else [handoffs[index].target for index in exits]
        return found

    @cached_property
    def longest(self) -> int:
        return self.routes.longest

    def walk(self, seed: int, replication: int, sources: Ints, numbers: Ints, count: int) -> Slots:
        """Let requests choose their ways."""
        room = count * self.longest
        firsts = take(count + 1)
        nodes, handoffs, taken, requests = (take(room) for _ in range(4))
        split = [take(room if self.splits else 0) for _ in range(3)]
        out = (firsts, nodes, handoffs, taken, requests, *split)
        total = LOOPS.walk(
            np.uint64(seed), np.uint64(replication), sources, self.keys, numbers, self.arrays, out
        )
        branches, senders, ways = (column[:total] for column in split)
        services = nodes[:total]
        if self.routes.homes:
            services = np.where(services >= len(self.program.services), END, services)
        return Slots(
            firsts, nodes[:total], services, handoffs[:total], handoffs[:total], taken[:total],
            requests[:total], branches, senders, ways,
        )  # fmt: skip

    # The same way for all

    @cached_property
    def template(self) -> Slots | None:
        """The slots of one request, if all go the same way."""
        if self.chooses:
            return None
        found = [self.walk(0, 0, np.array([place]), NO_INTS, 1) for place in range(len(self.routes.sources))]
        first = found[0]
        same = all(
            np.array_equal(one.nodes, first.nodes) and np.array_equal(one.handoffs, first.handoffs)
            for one in found
        )
        return first if same else None

    def slots(self, seed: int, replication: int, asked: Asked) -> Slots:
        """The slots of all requests."""
        count, template = len(asked.times), self.template
        if template is None:
            return self.walk(seed, replication, asked.sources, asked.numbers, count)
        known = self._patterns
        if known is None or len(known.firsts) <= count:
            known = repeated(template, count + count // 8)
            self._patterns = known if len(known) <= MOST_KEPT else None
        total = count * len(template)
        return replace(
            known,
            firsts=known.firsts[: count + 1],
            services=known.services[:total],
            handoffs=known.handoffs[:total],
            requests=known.requests[:total],
            branches=known.branches[:total],
            senders=known.senders[:total],
            ways=known.ways[:total],
        )


def repeated(template: Slots, count: int) -> Slots:
    """The slots of many requests that all go one way."""
    width = len(template)
    starts = first_numbers(count + 1) * width if width > 1 else first_numbers(count + 1)
    requests = np.repeat(first_numbers(count), width) if width > 1 else first_numbers(count)
    senders = np.where(template.senders >= 0, template.senders + starts[:-1, None], NONE).reshape(-1)
    services, handoffs = tiled(template.services, count), tiled(template.handoffs, count)
    branches, ways = np.tile(template.branches, count), np.tile(template.ways, count)
    if not len(template.senders):
        senders = NO_INTS
    return Slots(starts, NO_INTS, services, handoffs, NO_INTS, NO_INTS, requests, branches, senders, ways)


def tiled(column: Ints, count: int) -> Ints:
    """A column of the template for many requests, which is only read."""
    if len(column) and (column == column[0]).all():
        return np.broadcast_to(column[:1], (len(column) * count,))
    return np.tile(column, count)

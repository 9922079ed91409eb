"""The slots of requests: which visits each will make, before it is known when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.program import END, NONE
from serviceflow.engine.recursion.asking import NO_INTS, Asked, Ints, Words
from serviceflow.engine.recursion.compiling import LOOPS
from serviceflow.engine.recursion.routes import Routes


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
        Per slot: the node of the graph, and the handoff taken from it (-1: none).
    branches, senders, ways : array of int
        Per slot: the branch, the slot that it comes from, the handoff by which the branch left its split;
        empty where nothing splits.
    shared : bool
        Whether the arrays are those of other runs, too.
    """

    firsts: Ints
    nodes: Ints
    services: Ints
    handoffs: Ints
    taken: Ints
    requests: Ints
    branches: Ints
    senders: Ints
    ways: Ints
    shared: bool

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
    def longest(self) -> int:
        return self.routes.longest

    def walk(self, seed: int, replication: int, sources: Ints, numbers: Ints, count: int) -> Slots:
        """Let requests choose their ways."""
        room = count * self.longest
        firsts = np.empty(count + 1, dtype=np.int64)
        nodes, handoffs, taken, requests = (np.empty(room, dtype=np.int64) for _ in range(4))
        split = [np.empty(room if self.splits else 0, dtype=np.int64) for _ in range(3)]
        out = (firsts, nodes, handoffs, taken, requests, *split)
        total = LOOPS.walk(
            np.uint64(seed), np.uint64(replication), sources, self.keys, numbers, self.arrays, out
        )
        branches, senders, ways = (column[:total] for column in split)
        services = nodes[:total]
        if self.routes.homes:
            services = np.where(services >= len(self.program.services), END, services)
        return Slots(
            firsts, nodes[:total], services, handoffs[:total], taken[:total], requests[:total],
            branches, senders, ways, False,
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
            known = self._patterns = repeated(template, count + count // 8)
        total = count * len(template)
        return replace(
            known,
            firsts=known.firsts[: count + 1],
            nodes=known.nodes[:total],
            services=known.services[:total],
            handoffs=known.handoffs[:total],
            taken=known.taken[:total],
            requests=known.requests[:total],
            branches=known.branches[:total],
            senders=known.senders[:total],
            ways=known.ways[:total],
        )


def repeated(template: Slots, count: int) -> Slots:
    """The slots of many requests that all go one way."""
    width = len(template)
    starts = np.arange(count + 1, dtype=np.int64) * width
    requests = np.repeat(np.arange(count, dtype=np.int64), width)
    senders = np.where(template.senders >= 0, template.senders + starts[:-1, None], NONE).reshape(-1)
    others = (
        np.tile(column, count)
        for column in (
            template.nodes, template.services, template.handoffs, template.taken, template.branches, template.ways
        )
    )  # fmt: skip
    nodes, services, handoffs, taken, branches, ways = others
    if not len(template.senders):
        senders = NO_INTS
    return Slots(starts, nodes, services, handoffs, taken, requests, branches, senders, ways, True)

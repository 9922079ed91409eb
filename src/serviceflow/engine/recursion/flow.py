"""Requests through the services of a chain: what ``passing.pass_all`` needs, and what it finds."""

from __future__ import annotations

import numpy as np

from serviceflow.engine.program.plans import Program
from serviceflow.engine.record.buffers import take, zeros
from serviceflow.engine.recursion.asking import NO_INTS, Asked, Ints, OutOfReach
from serviceflow.engine.recursion.compiling import LOOPS, address_of
from serviceflow.engine.recursion.graph import Graph, Slots

LATEST = 2.0**61
"""Instants beyond this are no longer counted."""


class Flow:
    """One run: what is known of every visit, in columns by slot.

    Attributes
    ----------
    asked, arrived, started, finished, waited, worked, delayed, joined, outcomes : array of int
        Per slot. Where nothing lies between services, `asked` is `arrived`; columns that the chain cannot
        fill are empty.
    ended : array of int
        Per request.
    alone : bool
        Whether every request makes one visit, at once, so that what is known of both is the same.
    """

    def __init__(self, graph: Graph, slots: Slots, asked: Asked) -> None:
        program = graph.program
        self.graph = graph
        self.routes = graph.routes
        self.program: Program = program
        self.slots = slots
        self.requests = asked
        names = program.visit_columns
        total = len(slots)
        self.delays = "handoff_delay" in names
        self.alone = total == len(asked.times) and not self.delays
        rows = take(6 if self.delays else 4 if self.alone else 5, total)
        self.started, self.finished, self.worked, self.waited = rows[:4]
        if "wait_contention" not in names:
            self.waited = NO_INTS
        self.arrived = asked.times if self.alone else rows[4]
        self.asked = rows[5] if self.delays else self.arrived
        self.delayed = zeros(total) if self.delays else NO_INTS
        joins = "wait_join" in names
        self.joined = zeros(total) if joins else NO_INTS
        self.outcomes = zeros(total) if joins else NO_INTS
        self.senders = slots.senders.copy() if joins else slots.senders
        self.ended = self.finished if self.alone else zeros(len(asked.times))

    def run(self, seed: int, replication: int) -> None:
        """Let everything happen."""
        graph, slots, asked = self.graph, self.slots, self.requests
        entries = graph.entries(slots)
        total = LOOPS.pass_all(
            address_of(LOOPS.draw_ticks),
            (np.uint64(seed), np.uint64(replication)),
            graph.codes,
            graph.plan,
            (slots.requests, asked.sources, graph.keys, slots.ways, graph.link_keys, asked.numbers),
            (asked.times, asked.rows, asked.starts),
            (slots.firsts, slots.came, slots.taken, slots.branches, self.senders, self.room_behind()),
            self.columns(),
            self.inboxes(entries),
        )
        if not 0.0 <= total <= LATEST - float(asked.times[-1]):
            raise OutOfReach

    def room_behind(self) -> Ints:
        return take(len(self.slots)) if len(self.joined) else NO_INTS

    def columns(self) -> tuple[Ints, ...]:
        return (
            self.arrived,
            self.started,
            self.finished,
            self.waited,
            self.worked,
            self.asked if self.delays else NO_INTS,
            self.delayed,
            self.joined,
            self.outcomes,
            NO_INTS if self.alone else self.ended,
        )

    def inboxes(self, entries: Ints) -> tuple[Ints, ...]:
        """Room for who comes to each node, and for streams on their way."""
        starts = np.zeros(len(entries) + 1, dtype=np.int64)
        np.cumsum(entries, out=starts[1:])
        filled, parts, mixed = (np.zeros(len(entries), dtype=np.int64) for _ in range(3))
        most = max(int(entries.max()), len(self.requests.times))
        streams = [take(most) for _ in range(3)]
        streams += [take(most) if self.graph.chooses else NO_INTS for _ in range(2)]
        total = len(self.slots)
        return (take(total), take(total), starts, filled, parts, mixed, *streams)


__all__ = ["Flow"]

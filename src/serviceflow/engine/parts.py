"""Runs of chains in two parts: the front by the recursion, the rest by the express loop.

The front are the services that the recursion covers and into which nothing else leads. What happens there
does not depend on the rest, so it is worked through first. Then the express loop is told who comes to the
rest, and when; and the visits of both make one record.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from serviceflow.engine import express
from serviceflow.engine.blocks import take
from serviceflow.engine.express import Express
from serviceflow.engine.kernel import entry, layout
from serviceflow.engine.kernel.layout import SLACK
from serviceflow.engine.kernel.memory import Halt
from serviceflow.engine.merging import FIELDS, merged
from serviceflow.engine.plain import are_plain
from serviceflow.engine.pools import Memory
from serviceflow.engine.program import Program
from serviceflow.engine.record import Record
from serviceflow.engine.recursion.asking import NO_INTS, Ints, OutOfReach
from serviceflow.engine.recursion.compiling import LOOPS
from serviceflow.engine.recursion.flow import Flow
from serviceflow.engine.recursion.graph import Graph
from serviceflow.engine.recursion.routes import Routes, front_of
from serviceflow.engine.recursion.running import consumers_of, run_out
from serviceflow.engine.recursion.table import (
    asked_by,
    cut_off_requests,
    kept_as_it_is,
    request_table,
    visit_table,
)
from serviceflow.engine.remembering import remembered

SHORT = 40_000
"""Visits of a run that the express loop makes in less time than two parts do, if it can run them all."""


@dataclass(frozen=True)
class Front:
    """What the rest needs to know of the front.

    Attributes
    ----------
    ended : array of int
        When each request ends there, or leaves it.
    gates : array of int
        Who comes to the rest, as the kernel reads it.
    awaited : int
        For how many requests the run waits (all that end in the front are one).
    """

    ended: Ints
    gates: Ints
    awaited: int


NOTHING = Front(NO_INTS, NO_INTS, 0)


class Parts(Express):
    """The memory of the express loop for the rest of a program, and what is known of the front."""

    OPEN = entry.OPEN_REST

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        routes = routes_of(program)
        assert routes is not None
        self.graph = Graph(routes)
        self.consumers = consumers_of(self.graph)
        self.front = NOTHING
        self.is_short = False
        """Whether one loop makes a run sooner, as an earlier one has shown."""

    @cached_property
    def other(self) -> Memory:
        """That of a loop that runs the whole program."""
        return Express(self.program) if express.covers(self.program) else Memory(self.program)

    # -- one run

    def run(self, seed: int, replication: int) -> Record:
        if self.is_short:
            return self.other.run(seed, replication)
        try:
            record = self.run_parts(seed, replication)
            self.is_short = len(record.visits) < SHORT and express.covers(self.program)
            return record
        except Halt:
            return self.told_by_reference(seed, replication)
        except (OutOfReach, express.OutOfReach):
            return self.other.run(seed, replication)
        finally:
            self.front = NOTHING
            self.pools.pop("gates", None)

    def run_parts(self, seed: int, replication: int) -> Record:
        """The same where nothing is out of the ordinary."""
        flow, over, end = run_out(
            self.graph, seed, replication, lambda flow: self.run_rest(flow, seed, replication)
        )
        visits = merged(self, visit_table(flow, end), self.graph.routes.rest)
        ended, outcome = cut_off_requests(over[: asked_by(flow, end)], end)
        requests = request_table(flow, self.consumers, ended, outcome)
        return kept_as_it_is(Record(self.program, seed, replication, end.stopped, requests, visits))

    def run_rest(self, flow: Flow, seed: int, replication: int) -> Ints:
        """What follows in the rest; gives when each request ended."""
        self.front = Front(flow.ended, *lined_up(flow, self.consumers))
        self.run_out(seed, replication)
        ended: Ints = self.turned("requests_out", len(flow.ended), [layout.R_ENDED])[0]
        return ended

    # -- memory

    def prepare(self, seed: int, replication: int, keep: bool = True) -> None:
        """All requests have a row, those who do not come to the rest as they ended in the front."""
        super().prepare(seed, replication, keep)
        front = self.front
        requests = len(front.ended)
        self.extend("requests_out", requests + SLACK)
        self.extend("tally", requests + SLACK)
        self.pools["requests_out"][:requests, layout.R_ENDED] = front.ended
        self.pools["tally"][:requests] = 0
        self.pools["gates"] = front.gates
        self.place("gates")
        self.state[layout.NEXT_REQUEST] = requests
        self.state[layout.GATES] = len(front.gates)
        self.state[layout.AWAITED] = front.awaited


def lined_up(flow: Flow, consumers: Ints) -> tuple[Ints, int]:
    """Who comes to the rest, in order of time, and for how many a run waits."""
    graph, slots, asked = flow.graph, flow.slots, flow.requests
    times, places, starts = flow.inbox
    first = int(starts[-1 - len(graph.routes.gates)])
    count = len(times) - first
    gates = take(count + 1, layout.POOL_FIELDS["gates"])
    rows, awaited = LOOPS.line_up(
        (times[first:], places[first:], take(count), take(count)),
        (slots.requests, slots.handoffs, slots.services, slots.branches),
        slots.firsts,
        (asked.times, asked.sources, asked.numbers, flow.ended),
        consumers,
        graph.keys,
        *graph.program.window,
        gates,
    )
    return gates[:rows], awaited


# -- which programs


@remembered
def routes_of(program: Program) -> Routes | None:
    """The ways through the front of a program; None if it is not one to be run in two parts."""
    if not set(program.visit_columns) <= FIELDS.keys():
        return None
    routes = front_of(program)
    if routes is None or not routes.order or not routes.rest:
        return None
    return routes if are_plain(program, [program.services[index] for index in routes.rest]) else None


def covers(program: Program) -> bool:
    """Whether a program can be run in two parts."""
    return routes_of(program) is not None and express.has_keys(program, express.slots_of(program))


def pays(program: Program) -> bool:
    """Whether that is faster than one loop, for a program that can be.

    A visit in the front takes a third of the time that it takes in the express loop, but the record is put
    together from two, and whoever goes on to the rest is handed over. That pays where most services are in
    the front; where the express loop cannot run the whole program, always.
    """
    routes = routes_of(program)
    return routes is not None and (len(routes.order) > len(routes.rest) or not express.covers(program))

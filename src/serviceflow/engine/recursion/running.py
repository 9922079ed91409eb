"""A run of the recursion: arrivals as far as they matter, which only the run itself can tell."""

from __future__ import annotations

import numpy as np

from serviceflow.engine.program.plans import Program
from serviceflow.engine.random.draws import Draws
from serviceflow.engine.record.record import Record
from serviceflow.engine.recursion import asking
from serviceflow.engine.recursion.asking import Asking, OutOfReach, merge
from serviceflow.engine.recursion.flow import Flow
from serviceflow.engine.recursion.graph import Graph
from serviceflow.engine.recursion.routes import routes_of
from serviceflow.engine.recursion.table import End, end_of, record_of
from serviceflow.errors import NotSupportedError

FIRST_SLACK = 128
"""The first guess of how long a run goes on after its window is one part in so many of its length."""


def run(program: Program, seed: int, replication: int) -> Record:
    Draws(seed, replication)  # Says what is wrong with a seed out of range.
    graph = graph_of(program)
    try:
        return _run(graph, seed, replication)
    except OutOfReach:
        from serviceflow.engine.reference import engine as reference

        return reference.run(program, seed, replication)


def graph_of(program: Program) -> Graph:
    """The graph of a program; those of the last programs are kept, the last used last."""
    known = [graph for graph in _KEPT if graph.program is program]
    if not known:
        routes = routes_of(program)
        if routes is None:
            raise NotSupportedError("the recursion does not cover this chain: use engine='auto'")
        known = [Graph(routes)]
    others = [graph for graph in _KEPT if graph.program is not program]
    _KEPT[:] = [*others[1 - PROGRAMS :], known[0]]
    return known[0]


PROGRAMS = 3
"""How many graphs are kept."""
_KEPT: list[Graph] = []


def _run(graph: Graph, seed: int, replication: int) -> Record:
    program = graph.program
    askings = [Asking(source, seed, replication) for source in graph.routes.sources]
    window_end = program.window[1]
    slack = 0 if program.terminating else max(graph.slack, window_end // FIRST_SLACK)
    while True:
        known = min(window_end + slack, program.stop)
        for source in askings:
            source.extend(known)
        flow = follow(graph, askings, seed, replication)
        end = end_of(program, flow.requests.times, flow.ended)
        if end.last <= known:
            break
        slack = max(4 * slack, 2 * (end.last - window_end))
    note_slack(graph, end)
    consumers = np.array([source.consumer for source in graph.routes.sources], dtype=np.int64)
    return record_of(flow, consumers, end, seed, replication)


def follow(graph: Graph, askings: list[Asking], seed: int, replication: int) -> Flow:
    """Everything that happens to the requests known so far."""
    asked = merge(askings, max(asking.MOST_AT_ONCE // graph.longest, 1))
    if not len(asked.times):
        raise OutOfReach
    flow = Flow(graph, graph.slots(seed, replication, asked), asked)
    flow.run(seed, replication)
    return flow


def note_slack(graph: Graph, end: End) -> None:
    """Remember how long requests took to end, to know enough arrivals at once next time."""
    graph.slack = max(graph.slack, 2 * (end.last - graph.program.window[1]))

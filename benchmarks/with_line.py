"""LINE's native engine (the package `line-solver`): averages only, no record of visits.

Its simulator is a program of its own that the package starts for every run. What starting it takes is
measured by a run of one event, and left out. Its steady-state detection and its intervals are switched off.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from functools import cache
from time import perf_counter
from typing import Any

from benchmarks.outcome import Outcome, Unavailable
from benchmarks.workloads import STAGES, Workload

PARTS, LONG_PARTS = 5, 2
"""Runs that make one round: their means are what batch means are for other tools. Fewer where what the
chain does before it settles has to be left out: that is a shorter run with the same seed."""


def run_line(workload: Workload, customers: int, seed: int) -> Outcome:
    if importlib.util.find_spec("line_solver") is None:
        raise Unavailable("LINE is not installed: pip install 'serviceflow[bench]', as `make bench` does")
    if workload.name not in NETWORKS:
        raise Unavailable("LINE has no shifts" if workload.name == "c" else "not written for LINE")
    network, per_customer = network_of(workload)
    parts = LONG_PARTS if workload.settle else PARTS
    events, seeds = customers * per_customer // parts, range(parts * seed, parts * seed + parts)
    figure = next(iter(workload.theory))
    begin = perf_counter()
    means = [FIGURES[figure](solved(network, events, own_seed)) for own_seed in seeds]
    seconds = perf_counter() - begin - parts * starting(workload)
    early = int(workload.settle * workload.rate) * per_customer
    if early:
        means = [
            (events * mean - early * FIGURES[figure](solved(network, early, own_seed))) / (events - early)
            for mean, own_seed in zip(means, seeds, strict=True)
        ]
    return Outcome(seconds, customers, parts * events, {figure: means})


def solved(network: Any, events: int, seed: int) -> Any:
    """The averages after this many finished visits."""
    from line_solver.solvers.wrappers.solver_ldes import SolverLDES

    options = {"tranfilter": "none", "cimethod": "none", "verbose": "silent"}
    if SolverLDES._get_ldes_native_path() is None:
        raise Unavailable("LINE's native engine does not run on this machine")
    return SolverLDES(network, samples=events, seed=seed, **options).runAnalyzer()


@cache
def starting(workload: Workload) -> float:
    """Seconds that a run of one event takes: to write the model, start the engine and read its answer."""
    network, _ = network_of(workload)
    times = []
    for _ in range(3):
        begin = perf_counter()
        solved(network, 1, 1)
        times.append(perf_counter() - begin)
    return min(times)


def mean_wait(average: Any) -> float:
    """Mean wait per visit at the queues: response time without the service time, which is 1."""
    visited = average.TN.ravel()[average.RN.ravel() > 0]
    response = average.RN.ravel()[average.RN.ravel() > 0]
    return float((visited * (response - 1.0)).sum() / visited.sum())


def mean_sojourn(average: Any) -> float:
    """By Little's law: each customer has two siblings at the queues or the join until both are there."""
    return float(average.QN.sum() / 2 / average.TN.ravel()[0])


FIGURES: Mapping[str, Callable[[Any], float]] = {"wait": mean_wait, "sojourn": mean_sojourn}


def tandem(stations: int, servers: int, rate: float) -> tuple[Any, int]:
    import line_solver as line

    network = line.Network("tandem")
    source, sink = line.Source(network, "Source"), line.Sink(network, "Sink")
    queues = [queue(network, f"Desk {number}", servers) for number in range(stations)]
    customer = line.OpenClass(network, "Customer")
    source.set_arrival(customer, line.Exp(rate))
    for station in queues:
        station.set_service(customer, line.Exp(1.0))
    network.link(line.Network.serial_routing(source, *queues, sink))
    return network, stations


def queue(network: Any, name: str, servers: int = 1) -> Any:
    import line_solver as line

    station = line.Queue(network, name, line.SchedStrategy.FCFS)
    station.set_number_of_servers(servers)
    return station


def fork_join() -> tuple[Any, int]:
    import line_solver as line

    network = line.Network("fork and join")
    source, fork = line.Source(network, "Source"), line.Fork(network, "Fork")
    queues = [queue(network, name) for name in ("Left", "Right")]
    join, sink = line.Join(network, "Join", fork), line.Sink(network, "Sink")
    customer = line.OpenClass(network, "Customer")
    source.set_arrival(customer, line.Exp(0.8))
    routes = network.init_routing_matrix()
    routes.set(customer, customer, source, fork, 1.0)
    for station in queues:
        station.set_service(customer, line.Exp(1.0))
        routes.set(customer, customer, fork, station, 1.0)
        routes.set(customer, customer, station, join, 1.0)
    routes.set(customer, customer, join, sink, 1.0)
    network.link(routes)
    return network, 2


def lanes_network(lanes: int) -> tuple[Any, int]:
    """One source, which splits evenly over the lanes: the same as a source of their own for each."""
    import line_solver as line

    network = line.Network("lanes")
    source, sink = line.Source(network, "Source"), line.Sink(network, "Sink")
    queues = [[queue(network, f"Desk {s}.{j}") for j in range(lanes)] for s in range(STAGES)]
    customer = line.OpenClass(network, "Customer")
    source.set_arrival(customer, line.Exp(0.5 * lanes))
    routes = network.init_routing_matrix()
    for stage, row in enumerate(queues):
        for lane, station in enumerate(row):
            station.set_service(customer, line.Exp(1.0))
            if stage == 0:
                routes.set(customer, customer, source, station, 1.0 / lanes)
            if stage == STAGES - 1:
                routes.set(customer, customer, station, sink, 1.0)
                continue
            for side in range(2):
                routes.set(customer, customer, station, queues[stage + 1][(lane + side) % lanes], 0.5)
    network.link(routes)
    return network, STAGES


NETWORKS: Mapping[str, Callable[[], tuple[Any, int]]] = {
    "a": lambda: tandem(1, 1, 0.8),
    "b": lambda: tandem(5, 3, 2.4),
    "d": fork_join,
    "narrow": lambda: lanes_network(2),
    "wide": lambda: lanes_network(200),
}


@cache
def network_of(workload: Workload) -> tuple[Any, int]:
    """The network, and how many visits a customer makes."""
    return NETWORKS[workload.name]()

"""Ciw, as its documentation would have it; it keeps a record per visit by itself."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.outcome import Outcome, Unavailable, Visits, means_of
from benchmarks.workloads import STAGES, Workload


def run_ciw(workload: Workload, customers: int, seed: int) -> Outcome:
    """The time is that of the simulation; collecting its records into one list is left out."""
    if importlib.util.find_spec("ciw") is None:
        raise Unavailable("Ciw is not installed: pip install 'serviceflow[bench]', as `make bench` does")
    if workload.name not in NETWORKS:
        raise Unavailable(REASONS.get(workload.name, "not written for Ciw"))
    import ciw

    ciw.seed(seed)
    simulation = ciw.Simulation(NETWORKS[workload.name](ciw, workload))
    begin = perf_counter()
    simulation.simulate_until_max_customers(customers, method="Finish")
    seconds = perf_counter() - begin
    records = simulation.get_all_records()
    return Outcome(seconds, customers, len(records), means_of(workload, visits_of(records), customers))


def visits_of(records: Any) -> Visits:
    return Visits(
        np.array([record.id_number for record in records], dtype=np.int64),
        np.array([record.customer_class != "Urgent" for record in records], dtype=np.int64),
        np.array([record.arrival_date for record in records]),
        np.array([record.service_start_date for record in records]),
        np.array([record.service_end_date for record in records]),
    )


def tandem(stations: int, servers: int, rate: float) -> Callable[[Any, Workload], Any]:
    def network(ciw: Any, workload: Workload) -> Any:
        routing = [[float(j == i + 1) for j in range(stations)] for i in range(stations)]
        return ciw.create_network(
            arrival_distributions=[ciw.dists.Exponential(rate)] + [None] * (stations - 1),
            service_distributions=[ciw.dists.Exponential(1.0)] * stations,
            routing=routing,
            number_of_servers=[servers] * stations,
        )

    return network


def shift_network(ciw: Any, workload: Workload) -> Any:
    """Workload c."""
    shares = {1: 0.55, 2: 0.25, -1: 0.05}
    routing = [[shares.get(j - i, 0.0) for j in range(10)] for i in range(10)]

    def staff() -> Any:
        return ciw.Schedule(numbers_of_servers=[3, 1], shift_end_dates=[16, 24], preemption=False)

    def arrivals(rate: float) -> list[Any]:
        return [ciw.dists.Exponential(rate)] + [None] * 9

    return ciw.create_network(
        arrival_distributions={"Urgent": arrivals(0.4), "Regular": arrivals(0.8)},
        service_distributions={name: [ciw.dists.Exponential(1.0)] * 10 for name in ("Urgent", "Regular")},
        routing={"Urgent": routing, "Regular": routing},
        number_of_servers=[staff() for _ in range(10)],
        priority_classes={"Urgent": 0, "Regular": 1},
    )


def lanes_network(ciw: Any, workload: Workload) -> Any:
    lanes = workload.lanes
    stations = STAGES * lanes
    routing = np.zeros((stations, stations))
    for station in range(stations - lanes):
        stage, lane = divmod(station, lanes)
        for side in range(2):
            routing[station, (stage + 1) * lanes + (lane + side) % lanes] = 0.5
    return ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(0.5)] * lanes + [None] * (stations - lanes),
        service_distributions=[ciw.dists.Exponential(1.0)] * stations,
        routing=routing.tolist(),
        number_of_servers=[1] * stations,
    )


NETWORKS: Mapping[str, Callable[[Any, Workload], Any]] = {
    "a": tandem(1, 1, 0.8),
    "b": tandem(5, 3, 2.4),
    "c": shift_network,
    "narrow": lanes_network,
}

REASONS = {
    "d": "Ciw has no fork and join",
    "wide": "at about 600 visits a second, Ciw would take minutes to settle near theory",
}

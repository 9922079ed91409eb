"""The workloads as a competent SimPy user would write them, every visit recorded.

Idiomatic SimPy: one process per customer, `Resource` and `PriorityResource`, the standard library's
random numbers, one tuple appended per visit to a plain list. Nothing is tuned and nothing is wasteful:
this is the program that serviceflow saves its user from writing, and the speed that it is measured by.

A visit is (customer, class, station, asked, arrived, started, finished, waiting). In these workloads
nothing lies between stations, so a visit arrives the instant it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from itertools import count
from random import Random
from typing import Any

import simpy

Visit = tuple[int, int, int, float, float, float, float, float]
Process = Generator[simpy.Event, Any, Any]


def single_server(customers: int, seed: int) -> list[Visit]:
    """Workload a: M/M/1, arrivals 0.8."""
    env, rng, visits = simpy.Environment(), Random(seed), list[Visit]()
    desk = simpy.Resource(env, capacity=1)

    def customer(number: int) -> Process:
        arrived = env.now
        with desk.request() as turn:
            yield turn
            started = env.now
            yield env.timeout(rng.expovariate(1.0))
        visits.append((number, 0, 0, arrived, arrived, started, env.now, started - arrived))

    def source() -> Process:
        for number in range(customers):
            yield env.timeout(rng.expovariate(0.8))
            env.process(customer(number))

    env.process(source())
    env.run()
    return visits


def tandem(customers: int, seed: int) -> list[Visit]:
    """Workload b: five M/M/3 in tandem, arrivals 2.4."""
    env, rng, visits = simpy.Environment(), Random(seed), list[Visit]()
    stations = [simpy.Resource(env, capacity=3) for _ in range(5)]

    def customer(number: int) -> Process:
        for index, station in enumerate(stations):
            arrived = env.now
            with station.request() as turn:
                yield turn
                started = env.now
                yield env.timeout(rng.expovariate(1.0))
            visits.append((number, 0, index, arrived, arrived, started, env.now, started - arrived))

    def source() -> Process:
        for number in range(customers):
            yield env.timeout(rng.expovariate(2.4))
            env.process(customer(number))

    env.process(source())
    env.run()
    return visits


def shift_network(customers: int, seed: int) -> list[Visit]:
    """Workload c: ten stations, a class that goes first, shifts, rework, arrivals 1.2."""
    env, rng, visits = simpy.Environment(), Random(seed), list[Visit]()
    stations = [simpy.PriorityResource(env, capacity=3) for _ in range(10)]
    finished, all_finished = 0, env.event()

    def next_station(index: int) -> int | None:
        u = rng.random()
        if u < 0.55:
            target = index + 1
        elif u < 0.80:
            target = index + 2
        elif u < 0.85:
            target = index - 1
        else:
            return None
        return target if 0 <= target < 10 else None

    def customer(number: int, urgency: int) -> Process:
        nonlocal finished
        index: int | None = 0
        while index is not None:
            arrived = env.now
            with stations[index].request(priority=urgency) as turn:
                yield turn
                started = env.now
                yield env.timeout(rng.expovariate(1.0))
            visits.append((number, urgency, index, arrived, arrived, started, env.now, started - arrived))
            index = next_station(index)
        finished += 1
        if finished == customers:
            all_finished.succeed()

    def source() -> Process:
        for number in range(customers):
            yield env.timeout(rng.expovariate(1.2))
            env.process(customer(number, 0 if rng.random() < 1 / 3 else 1))

    def night(station: simpy.PriorityResource) -> Process:
        """Take one of the three servers away in [16, 24) of every day, work in hand first."""
        for day in count():
            yield env.timeout(24 * day + 16 - env.now)
            with station.request(priority=-1) as turn:
                morning = env.timeout(24 * (day + 1) - env.now)
                yield turn | morning
                yield morning

    for station in stations:
        env.process(night(station))
        env.process(night(station))
    env.process(source())
    env.run(until=all_finished)
    return visits


def fork_join(customers: int, seed: int) -> list[Visit]:
    """Workload d: fork-join of two M/M/1, arrivals 0.8."""
    env, rng, visits = simpy.Environment(), Random(seed), list[Visit]()
    stations = [simpy.Resource(env, capacity=1) for _ in range(2)]

    def branch(number: int, index: int) -> Process:
        arrived = env.now
        with stations[index].request() as turn:
            yield turn
            started = env.now
            yield env.timeout(rng.expovariate(1.0))
        visits.append((number, 0, index, arrived, arrived, started, env.now, started - arrived))

    def customer(number: int) -> Process:
        yield env.all_of([env.process(branch(number, index)) for index in range(2)])

    def source() -> Process:
        for number in range(customers):
            yield env.timeout(rng.expovariate(0.8))
            env.process(customer(number))

    env.process(source())
    env.run()
    return visits


def lanes(count: int, customers: int, seed: int, stages: int = 5) -> list[Visit]:
    """Stages of lanes, arrivals 0.5 into each lane; on to lane j or j + 1, half of the customers each."""
    env, rng, visits = simpy.Environment(), Random(seed), list[Visit]()
    stations = [[simpy.Resource(env, capacity=1) for _ in range(count)] for _ in range(stages)]
    numbers = iter(range(customers))

    def customer(number: int, lane: int) -> Process:
        for stage, row in enumerate(stations):
            arrived = env.now
            with row[lane].request() as turn:
                yield turn
                started = env.now
                yield env.timeout(rng.expovariate(1.0))
            index = stage * count + lane
            visits.append((number, 0, index, arrived, arrived, started, env.now, started - arrived))
            if rng.random() < 0.5:
                lane = (lane + 1) % count

    def source(lane: int) -> Process:
        while True:
            yield env.timeout(rng.expovariate(0.5))
            number = next(numbers, None)
            if number is None:
                return
            env.process(customer(number, lane))

    for lane in range(count):
        env.process(source(lane))
    env.run()
    return visits


PROGRAMS: dict[str, Callable[[int, int], list[Visit]]] = {
    "a": single_server,
    "b": tandem,
    "c": shift_network,
    "d": fork_join,
    "narrow": partial(lanes, 2),
    "wide": partial(lanes, 200),
}

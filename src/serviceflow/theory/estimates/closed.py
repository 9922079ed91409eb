"""A closed population going round a network in which every station is of product form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from serviceflow.theory.estimates.moments import EXPONENTIAL
from serviceflow.theory.estimates.network import Network
from serviceflow.theory.estimates.single import Solved
from serviceflow.theory.estimates.stations import EXACT, SAME_MEAN
from serviceflow.theory.flows import Source
from serviceflow.theory.stations import Array


@dataclass(frozen=True)
class Round:
    """A population's round: throughput, and the mean number at each station.

    Attributes
    ----------
    throughput
        Requests per unit of time.
    stations
        What is known of each station, by key.
    """

    throughput: float
    stations: dict[str, Solved]


def rounds(network: Network, source: Source) -> Round | str:
    """The figures of a closed network, or why only a simulation tells them.

    Source: W. J. Gordon and G. F. Newell, *Operations Research* 15 (1967), by the convolutions of
    J. P. Buzen, *CACM* 16 (1973).
    """
    if why := _not_of_product_form(network, source):
        return why
    streams = network.streams
    arrivals = streams.chain.consumers[source.name].arrivals
    assert arrivals is not None
    assert arrivals.population is not None
    people, rate = int(arrivals.population), streams.rate(source)
    think = streams.demand.mean("", arrivals.think, {"consumer": source.name}) / streams.ticks
    keys = [key for key, feeders in network.feeders.items() if feeders]
    shapes = [_weights(think, 0, people)]
    for key in keys:
        station = network.stations[key]
        load = sum(one[1] for one in station.classes(streams).values()) / rate
        shapes.append(_weights(load, station.servers, people))
    through, present = gordon_newell(shapes)
    found = {key: _solved(network, key, through / rate, present[place + 1]) for place, key in enumerate(keys)}
    return Round(through, found)


def gordon_newell(shapes: Sequence[Array]) -> tuple[float, list[Array]]:
    """Throughput of the whole round, and the distribution of the number at each place.

    Parameters
    ----------
    shapes
        For each place its weight with 0, 1, ... of the population there.
    """
    people = len(shapes[0]) - 1
    before = [np.eye(1, people + 1)[0]]
    for shape in shapes:
        before.append(_convolved(before[-1], shape))
    whole = before[-1]
    after, present = np.eye(1, people + 1)[0], []
    for place in reversed(range(len(shapes))):
        others = _convolved(before[place], after)
        present.append(shapes[place] * others[::-1] / whole[-1])
        after = _convolved(after, shapes[place])
    return float(whole[-2] / whole[-1]), present[::-1]


def _convolved(left: Array, right: Array) -> Array:
    found: Array = np.convolve(left, right)[: len(left)]
    return found


def _weights(load: float, servers: int, people: int) -> Array:
    """Of a place with this much work per round; without queue if there are no servers."""
    steps = np.arange(1, people + 1)
    busy = np.minimum(steps, servers) if servers else steps
    found: Array = np.concatenate(([1.0], np.cumprod(load / busy)))
    return found


def _solved(network: Network, key: str, scale: float, present: Array) -> Solved:
    station = network.stations[key]
    numbers = np.arange(len(present))
    if not station.servers:
        return Solved("no queue", EXACT, waits={None: 0.0})
    classes = station.classes(network.streams).values()
    rate = scale * sum(one[0] for one in classes)
    queue = float(np.maximum(numbers - station.servers, 0) @ present)
    busy = float(np.minimum(numbers, station.servers) @ present)
    return Solved(
        "Gordon-Newell",
        EXACT,
        waits={None: queue / rate if rate else math.nan},
        utilization=busy / station.servers,
    )


def _not_of_product_form(network: Network, source: Source) -> str | None:
    streams = network.streams
    if len(streams.flows.sources) > 1:
        return "a population beside other requests"
    chain = streams.chain
    if any(one.split is not None or one.join is not None for one in chain.services.values()):
        return "a population whose requests split"
    if any(way.every or way.at or way.batch or way.calendar or way.delay for way in chain.handoffs.values()):
        return "a population whose requests take time on the way"
    if chain.calls or not streams.rate(source) > 0 or not math.isfinite(streams.rate(source)):
        return "a population whose requests call others, or never end"
    for station in network.stations.values():
        if station.refusals:
            return next(iter(station.refusals))
        if station.servers and not _fits(network, station.services, station.discipline):
            return f"{station.name} is not exponential and first come first served"
        limit = station.provider.queue_limit if station.provider is not None else None
        outages = station.provider.outages if station.provider is not None else None
        if limit is not None or outages is not None:
            return f"{station.name} has a full queue or outages"
    return None


def _fits(network: Network, services: Sequence[str], discipline: str) -> bool:
    laws = {law for name in services for law in network.streams.visits[name].laws}
    patient = not any(network.streams.chain.services[name].limits_time for name in services)
    exponential = len(laws) <= 1 and all(shape == EXPONENTIAL for shape, _ in laws)
    return patient and exponential and discipline in SAME_MEAN


__all__ = ["Round", "gordon_newell", "rounds"]

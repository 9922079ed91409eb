"""The figures of one station, by the closed form that fits it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from serviceflow.theory.approximations import allen_cunneen, kraemer_langenbach_belz
from serviceflow.theory.estimates.moments import EXPONENTIAL
from serviceflow.theory.estimates.network import Network
from serviceflow.theory.estimates.stations import (
    APPROXIMATE,
    CONSTANT,
    EXACT,
    SAME_MEAN,
    SIMULATION,
    Station,
    exponential_rate,
)
from serviceflow.theory.estimates.streams import POISSON, RENEWAL
from serviceflow.theory.patience import erlang_a
from serviceflow.theory.priorities import preemptive_flow_times, priority_waits, priority_waits_mmc
from serviceflow.theory.queues import erlang_b, gim1, md1_waiting_within, mg1, mm1_breakdowns, mmc, mmck, mxm1

Longer = Callable[[float], float]


@dataclass
class Solved:
    """What is known of a station.

    Attributes
    ----------
    method, kind, doubts
        How it is known, how good it is, and what is not as the method takes it.
    waits
        Mean wait by priority; None holds for all others.
    work
        By what the work of a visit takes longer than it is, as a factor: interruptions by outages.
    lost, how
        Share of visits that are not served, and whether they are refused or give up.
    waiting_longer, flow_longer
        Shares of visits, as functions of time, where they are known.
    exponential
        The rate of the time spent here, where it is exponential and independent of that elsewhere.
    present
        The share of time with n visits here, as a function, where it is known.
    utilization
        Where it is not the offered load.
    """

    method: str
    kind: str
    doubts: tuple[str, ...] = ()
    waits: dict[float | None, float] = field(default_factory=dict)
    work: float = 1.0
    lost: float = 0.0
    how: str = ""
    waiting_longer: Longer | None = None
    flow_longer: Longer | None = None
    exponential: float | None = None
    present: Callable[[int], float] | None = None
    utilization: float | None = None

    def wait(self, priority: float) -> float:
        """Mean wait of a visit of this priority."""
        return self.waits.get(priority, self.waits.get(None, math.nan))


def only_by_simulation(*why: str) -> Solved:
    """Nothing is known."""
    return Solved(SIMULATION, SIMULATION, why)


@dataclass(frozen=True)
class _Load:
    """A station in numbers: rate, erlangs, mean square of work times rate, servers."""

    rate: float
    load: float
    square: float
    servers: int

    @property
    def mean(self) -> float:
        return self.load / self.rate

    @property
    def scv(self) -> float:
        return max(self.rate * self.square / self.load**2 - 1, 0.0) if self.load else 0.0

    @property
    def overloaded(self) -> bool:
        return self.load >= self.servers * (1 - 1e-12)


def solve(network: Network, key: str) -> Solved:
    """The figures of a station."""
    station, streams = network.stations[key], network.streams
    classes = station.classes(streams)
    rate, load, square = (sum(one[part] for one in classes.values()) for part in range(3))
    if station.refusals:
        return only_by_simulation(*station.refusals)
    if not station.servers or not rate:
        return Solved("no queue", EXACT, waits={None: 0.0})
    if not math.isfinite(rate) or not math.isfinite(load):
        return only_by_simulation("requests never get away")
    if key in network.clocked:
        return only_by_simulation(network.clocked[key])
    found = _Load(rate, load, square, station.servers)
    if not load:
        return Solved("no work", EXACT, waits={None: 0.0})
    solved = _special(network, key, found) or _plain(network, key, found, classes)
    if station.doubts and solved.kind == EXACT:
        solved.kind = APPROXIMATE
    solved.doubts = (*solved.doubts, *station.doubts)
    return solved


def _special(network: Network, key: str, one: _Load) -> Solved | None:
    """Stations that requests leave before they are served, or whose staff are away at times."""
    station, streams = network.stations[key], network.streams
    assert station.provider is not None
    patience = [streams.chain.services[name].patience for name in station.services]
    limit, outages = station.provider.queue_limit, station.provider.outages
    impatient = any(found is not None for found in patience)
    if limit is None and not impatient and outages is None:
        return None
    if (limit is not None) + impatient + (outages is not None) > 1:
        return only_by_simulation("patience, full queues and outages together")
    if key not in network.poisson or station.discipline not in SAME_MEAN:
        return only_by_simulation("patience, full queues or outages without Poisson arrivals and one queue")
    if limit == 0:
        return _loss(one)
    if station.shape(streams) != EXPONENTIAL:
        return only_by_simulation("patience, full queues or outages with work that is not exponential")
    if limit is not None:
        return _full(one, limit)
    if impatient:
        return _impatient(network, station, one, set(map(str, patience)))
    return _breaking(network, station, one)


def _loss(one: _Load) -> Solved:
    lost = erlang_b(one.load, one.servers)
    used = one.load * (1 - lost) / one.servers
    return Solved("Erlang B", EXACT, waits={None: 0.0}, lost=lost, how="refused", utilization=used)


def _full(one: _Load, limit: int) -> Solved:
    found = mmck(one.rate, 1 / one.mean, one.servers, one.servers + limit)
    return Solved(
        "M/M/c/K",
        EXACT,
        waits={None: found.waiting_time},
        lost=found.share_lost,
        how="refused",
        utilization=found.utilization,
    )


def _impatient(network: Network, station: Station, one: _Load, texts: set[str]) -> Solved:
    name = station.services[0]
    theta = exponential_rate(network.streams, network.streams.chain.services[name].patience)
    if theta is None or len(texts) > 1 or station.discipline != "fifo":
        return only_by_simulation("patience that is not one exponential time, or not first come first served")
    found = erlang_a(one.rate, 1 / one.mean, one.servers, theta)
    return Solved(
        "Erlang A",
        EXACT,
        waits={None: found.waiting_time},
        lost=found.share_gave_up,
        how="gave up",
        utilization=found.utilization,
        waiting_longer=lambda time: 1 - found.served_within(time),
    )


def _breaking(network: Network, station: Station, one: _Load) -> Solved:
    outages = station.provider.outages if station.provider else None
    assert outages is not None
    fails = exponential_rate(network.streams, outages.after)
    mends = exponential_rate(network.streams, outages.repair)
    if one.servers > 1 or fails is None or mends is None:
        return only_by_simulation("outages of several units, or that are not exponential")
    found = mm1_breakdowns(one.rate, 1 / one.mean, fails, mends)
    stretched = 1 + fails / mends
    return Solved(
        "M/M/1 with breakdowns (White and Christie)",
        EXACT,
        waits={None: found.waiting_time},
        work=stretched,
        utilization=math.nan,
    )


def _plain(
    network: Network, key: str, one: _Load, classes: Mapping[float, tuple[float, float, float]]
) -> Solved:
    station, streams = network.stations[key], network.streams
    if one.overloaded:
        return Solved("overloaded: no steady state", EXACT, waits={None: math.inf}, utilization=1.0)
    batches = any(
        not streams.coming[source].single for source in streams.coming if _feeds(network, source, key)
    )
    if batches:
        return _in_batches(network, key, one)
    by_priority = station.discipline == "priority" and len(classes) > 1
    if key in network.poisson:
        if by_priority:
            return _by_priority(station, one, classes, station.shape(streams))
        return _poisson(station, one, station.shape(streams))
    if by_priority:
        return only_by_simulation("priorities with arrivals that are not Poisson")
    return _general(network, key, one)


def _feeds(network: Network, source: object, key: str) -> bool:
    return any(feeder == source for feeder, _ in network.feeders[key])


def _in_batches(network: Network, key: str, one: _Load) -> Solved:
    source, station = network.only_feeder(key), network.stations[key]
    coming = network.streams.coming[source] if source is not None else None
    exponential = station.shape(network.streams) == EXPONENTIAL
    if coming is None or coming.kind != POISSON or not exponential or one.servers > 1:
        return only_by_simulation("requests arrive in batches")
    found = mxm1(coming.rate, 1 / one.mean, *coming.batch)
    plain = station.discipline in SAME_MEAN
    return Solved("M^X/M/1", EXACT if plain else APPROXIMATE, waits={None: found.waiting_time})


def _poisson(station: Station, one: _Load, shape: str | None) -> Solved:
    fifo = station.discipline == "fifo" or (station.discipline == "priority")
    doubts = () if station.discipline in (*SAME_MEAN, "priority") else (f"order: {station.discipline}",)
    kind = APPROXIMATE if doubts else EXACT
    if shape == EXPONENTIAL:
        return _erlang_c(one, fifo, kind, doubts)
    if one.servers == 1:
        wait = mg1(one.rate, one.mean, math.sqrt(one.scv)).waiting_time
        found = Solved("Pollaczek-Khinchine", kind, doubts, {None: wait})
        if shape == CONSTANT and fifo:
            found.waiting_longer = lambda time: 1 - md1_waiting_within(one.rate, one.mean, time)
        return found
    wait = allen_cunneen(one.rate, one.mean, one.servers, 1.0, math.sqrt(one.scv))
    why = "work is not exponential"
    return Solved("Allen-Cunneen", APPROXIMATE, (*doubts, why), {None: wait})


def _erlang_c(one: _Load, fifo: bool, kind: str, doubts: tuple[str, ...]) -> Solved:
    found = mmc(one.rate, 1 / one.mean, one.servers)
    known = fifo and kind == EXACT
    return Solved(
        "M/M/1" if one.servers == 1 else "Erlang C",
        kind,
        doubts,
        {None: found.waiting_time},
        waiting_longer=found.waiting_longer if known else None,
        flow_longer=found.flow_longer if known else None,
        exponential=1 / one.mean - one.rate if known and one.servers == 1 else None,
        present=found.probability,
    )


def _by_priority(
    station: Station,
    one: _Load,
    classes: Mapping[float, tuple[float, float, float]],
    shape: str | None,
) -> Solved:
    rates = [found[0] for found in classes.values()]
    means = [found[1] / found[0] if found[0] else 0.0 for found in classes.values()]
    squares = [found[2] / found[0] if found[0] else 0.0 for found in classes.values()]
    preemptive = station.provider is not None and station.provider.preemptive
    if preemptive and one.servers > 1:
        return only_by_simulation("several units whose work is interrupted")
    if preemptive:
        flows = preemptive_flow_times(rates, means, squares)
        waits = [flow - mean for flow, mean in zip(flows, means, strict=True)]
        why = ("the wait includes interruptions",)
        return Solved("preemptive priorities", EXACT, why, dict(zip(classes, waits, strict=True)))
    if one.servers == 1:
        return Solved(
            "Cobham", EXACT, (), dict(zip(classes, priority_waits(rates, means, squares), strict=True))
        )
    if shape != EXPONENTIAL:
        return only_by_simulation("priorities at several units with work that is not exponential")
    found = priority_waits_mmc(rates, 1 / one.mean, one.servers)
    return Solved("Cobham, M/M/c", EXACT, (), dict(zip(classes, found, strict=True)))


def _general(network: Network, key: str, one: _Load) -> Solved:
    station, streams = network.stations[key], network.streams
    source = network.only_feeder(key)
    coming = streams.coming[source] if source is not None else None
    if coming is not None and coming.kind == RENEWAL and coming.law is not None and coming.law.transform:
        exponential = station.shape(streams) == EXPONENTIAL and station.discipline in SAME_MEAN
        if exponential and one.servers == 1:
            return _gim1(one, coming.law.transform, streams.ticks, station.discipline == "fifo")
    scv = network.variability.get(key, 1.0)
    form = kraemer_langenbach_belz if scv < 1 else allen_cunneen
    wait = form(one.rate, one.mean, one.servers, math.sqrt(scv), math.sqrt(one.scv))
    title = "Kraemer and Langenbach-Belz" if scv < 1 else "Allen-Cunneen"
    if coming is None:
        title += " with arrivals by QNA"
    why = ["arrivals are not Poisson"]
    if station.discipline not in SAME_MEAN:
        why.append(f"order: {station.discipline}")
    return Solved(title, APPROXIMATE, tuple(why), {None: wait})


def _gim1(one: _Load, transform: Longer, ticks: float, fifo: bool) -> Solved:
    found = gim1(lambda s: transform(s / ticks), one.rate, 1 / one.mean)
    return Solved(
        "GI/M/1",
        EXACT,
        (),
        {None: found.waiting_time},
        waiting_longer=found.waiting_longer if fifo else None,
        flow_longer=found.flow_longer if fifo else None,
    )

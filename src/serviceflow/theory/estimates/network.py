"""How stations feed each other: where arrivals are Poisson, how variable elsewhere, where a clock rules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from serviceflow.model.links import Link, Transfer
from serviceflow.theory.estimates.stations import Station, station_of
from serviceflow.theory.estimates.streams import (
    CLOSED,
    ENDING,
    LISTED,
    POISSON,
    RENEWAL,
    VARYING,
    Streams,
)
from serviceflow.theory.flows import Source
from serviceflow.theory.stations import Array

_WHY = {
    VARYING: "arrivals vary over the week",
    LISTED: "arrivals are listed one by one",
    ENDING: "arrivals come to an end",
    CLOSED: "members of a population ask again only after an answer",
}


class Network:
    """The stations of a chain and what comes to them.

    Attributes
    ----------
    streams, stations
        What comes to services, and the stations by key.
    """

    def __init__(self, streams: Streams, stations: dict[str, Station]) -> None:
        self.streams = streams
        self.stations = stations
        chain = streams.chain
        self.at = {name: station_of(service, name) for name, service in chain.services.items()}

    @cached_property
    def feeders(self) -> dict[str, list[tuple[object, str]]]:
        """What feeds each station: sources, and services, each with the service that it feeds."""
        found: dict[str, list[tuple[object, str]]] = {key: [] for key in self.stations}
        for (source, name), rate in self.streams.entering.items():
            if rate > 0:
                found[self.at[name]].append((source, name))
        for (origin, name), rate in self.streams.flow.items():
            if rate > 0:
                found[self.at[name]].append((origin, name))
        return found

    # Where a clock rules

    @cached_property
    def clocked(self) -> dict[str, str]:
        """Stations to which requests come in waves, each with the reason."""
        found: dict[str, str] = {}
        for link, way in self.streams.ways():
            if link.target in self.at and (why := _waves(way)):
                found.setdefault(self.at[link.target], why)
        grown = True
        while grown:
            grown = False
            for key, feeders in self.feeders.items():
                why = next((one for feeder, _ in feeders if (one := self._clock_of(feeder, found))), None)
                if why and key not in found:
                    found[key], grown = why, True
        return found

    def _clock_of(self, feeder: object, found: dict[str, str]) -> str | None:
        if isinstance(feeder, Source):
            return _WHY.get(self.streams.coming[feeder].kind)
        key = self.at[str(feeder)]
        if self.stations[key].refusals:
            return f"what comes from {self.stations[key].name} is only known by simulation"
        if self._sheds(key):
            return f"requests leave {self.stations[key].name} before they are served"
        return found.get(key)

    def _sheds(self, key: str) -> bool:
        station = self.stations[key]
        limited = station.provider is not None and station.provider.queue_limit is not None
        return limited or any(self.streams.chain.services[name].limits_time for name in station.services)

    # Where arrivals are Poisson

    @cached_property
    def poisson(self) -> set[str]:
        """Stations to which requests come one by one as a Poisson stream, or as if they did."""
        found = {key for key in self.stations if key not in self.clocked} - self._correlated
        shrunk = True
        while shrunk:
            kept = {key for key in found if all(self._is_poisson(one, found) for one, _ in self.feeders[key])}
            shrunk, found = kept != found, kept
        return found

    def _is_poisson(self, feeder: object, found: set[str]) -> bool:
        if isinstance(feeder, Source):
            coming = self.streams.coming[feeder]
            return coming.kind == POISSON and coming.single and self._takers_are_poisson(feeder, found)
        name = str(feeder)
        key = self.at[name]
        joins = self.streams.chain.services[name].join is not None
        return key in found and not joins and self.stations[key].has_product_form(self.streams)

    def _takers_are_poisson(self, source: Source, found: set[str]) -> bool:
        if source.kind != "stock":
            return True
        services = self.streams.chain.services
        return all(self.at[name] in found for name, one in services.items() if source.name in one.consumes)

    @cached_property
    def _correlated(self) -> set[str]:
        """Stations of calls, and those that more than one branch of a split may come to."""
        found = {self.at[one] for link in self.streams.chain.calls for one in (link.origin, link.target)}
        for name, service in self.streams.chain.services.items():
            if service.split is not None:
                branches = [self._reach(link.target) for link in self._leaving(name)]
                seen: set[str] = set()
                for branch in branches:
                    found |= seen & branch
                    seen |= branch
        return found

    def _leaving(self, name: str) -> Iterator[Link]:
        chain = self.streams.chain
        yield from (link for link, way in chain.handoffs.items() if link.origin == name and not link.ends)

    def _reach(self, start: str) -> set[str]:
        """Stations on the way of a branch, up to where branches meet."""
        services = self.streams.chain.services
        waiting, seen = [start], set()
        while waiting:
            name = waiting.pop()
            if name in seen or services[name].join is not None:
                continue
            seen.add(name)
            waiting += [link.target for link in self._leaving(name)]
        return {self.at[name] for name in seen}

    def only_feeder(self, key: str) -> Source | None:
        """The consumer whose requests, all of them and nothing else, come to a station straight away."""
        feeders = {one for one, _ in self.feeders[key]}
        if len(feeders) != 1:
            return None
        (source,) = feeders
        if not isinstance(source, Source):
            return None
        here = sum(self.streams.entering.get((source, name), 0.0) for name in self.stations[key].services)
        whole = abs(here - self.streams.rate(source)) <= 1e-12 * max(here, 1.0)
        return source if whole and not self._delayed(source) else None

    def _delayed(self, source: Source) -> bool:
        ways = (way for link, way in self.streams.chain.handoffs.items() if link.origin == source.name)
        return any(way.delay is not None or way.clarification is not None for way in ways)

    # How variable arrivals are

    @cached_property
    def variability(self) -> dict[str, float]:
        """Squared coefficient of variation of the times between arrivals at each station.

        Source: W. Whitt, The Queueing Network Analyzer, *Bell System Technical Journal* 62 (1983).
        """
        keys = [key for key, feeders in self.feeders.items() if feeders]
        place = {key: number for number, key in enumerate(keys)}
        flow = np.zeros((len(keys), len(keys)))
        for (origin, target), rate in self.streams.flow.items():
            if rate > 0 and np.isfinite(rate):
                flow[place[self.at[origin]], place[self.at[target]]] += rate
        outside, spread = self._outside(keys)
        own = [self._own(key) for key in keys]
        return dict(zip(keys, _variability(flow, outside, spread, own).tolist(), strict=True))

    def _outside(self, keys: list[str]) -> tuple[Array, Array]:
        """Rate from outside by station, and its squared coefficient of variation."""
        rates, spreads = np.zeros(len(keys)), np.zeros(len(keys))
        place = {key: number for number, key in enumerate(keys)}
        for (source, name), rate in self.streams.entering.items():
            coming, all_ = self.streams.coming[source], self.streams.rate(source)
            if not rate > 0 or not np.isfinite(rate) or self.at[name] not in place:
                continue
            part = rate / all_ if all_ else 1.0
            scv = coming.scv if coming.kind == RENEWAL else 1.0
            spreads[place[self.at[name]]] += rate * (part * scv + 1 - part)
            rates[place[self.at[name]]] += rate
        return rates, np.divide(spreads, rates, out=np.ones(len(keys)), where=rates > 0)

    def _own(self, key: str) -> tuple[float, int, float]:
        """Load, servers and squared coefficient of variation of the work of a station."""
        station = self.stations[key]
        classes = station.classes(self.streams).values()
        rate, load, square = (sum(one[part] for one in classes) for part in range(3))
        scv = rate * square / load**2 - 1 if load else 0.0
        if not station.servers:
            return 0.0, 1, 1.0
        return min(load / station.servers, 1.0), station.servers, scv


def _waves(way: Transfer) -> str | None:
    if way.every is not None or way.at is not None or way.batch is not None:
        return "requests come together, by dispatches or in batches"
    return "requests come while a calendar is open" if way.calendar is not None else None


def _variability(flow: Array, outside: Array, spread: Array, own: list[tuple[float, int, float]]) -> Array:
    """The linear equations of QNA."""
    total = np.maximum(flow.sum(axis=0) + outside, 1e-300)
    loads = np.array([one[0] for one in own])
    noise = np.array([1 + (max(scv, 0.2) - 1) / np.sqrt(servers) for _, servers, scv in own])
    leaving = np.maximum(flow.sum(axis=1, keepdims=True), 1e-300)
    # of what leaves a station, counted with what ends there
    routed = flow / np.maximum(leaving, total[:, None])
    part, apart = flow / total[None, :], outside / total
    streams = 1 / np.maximum((part**2).sum(axis=0) + apart**2, 1e-300)
    weight = 1 / (1 + 4 * (1 - loads) ** 2 * (streams - 1))
    inner = (part * ((1 - routed) + routed * (loads**2 * noise)[:, None])).sum(axis=0)
    fixed = 1 + weight * (apart * spread - 1 + inner)
    moved = weight[None, :] * part * routed * ((1 - loads**2)[:, None])
    found: Array = np.linalg.solve(np.eye(len(loads)) - moved.T, fixed)
    return np.maximum(found, 0.0)


__all__ = ["Network"]

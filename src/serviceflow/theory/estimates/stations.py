"""Stations: a provider with its queue, or a service without provider; where no closed form fits them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from serviceflow.model.elements import Provider, Service
from serviceflow.model.nodes import CLOCK
from serviceflow.theory.capacity import duty
from serviceflow.theory.estimates.moments import CONSTANT, EXPONENTIAL, law_of
from serviceflow.theory.estimates.streams import Streams

EXACT, APPROXIMATE, BOUND, SIMULATION = "exact", "approximate", "upper bound", "simulation only"
KINDS = (EXACT, APPROXIMATE, BOUND, SIMULATION)
"""How good a figure is, from the best on."""
_SEVERAL = "work needs, or may go to, several providers"
SAME_MEAN = ("fifo", "lifo", "random")
"""Orders that do not look at the work, so that the mean wait is that of first come first served."""


def worst(kinds: Sequence[str]) -> str:
    """The least good of several."""
    return max(kinds, key=KINDS.index, default=EXACT)


@dataclass
class Station:
    """A queue and who serves it.

    Attributes
    ----------
    name
        That of the provider, or of a service without one.
    services
        The services that are done here.
    servers
        Units, all alike and always there; 0 for a service without provider.
    pace
        Work that a unit does in a unit of time.
    refusals
        What only a simulation tells: averages would lie.
    doubts
        What is not as a formula takes it.
    """

    name: str
    services: tuple[str, ...]
    servers: int = 0
    pace: float = 1.0
    refusals: dict[str, None] = field(default_factory=dict)
    doubts: dict[str, None] = field(default_factory=dict)
    provider: Provider | None = None

    @property
    def discipline(self) -> str:
        """Who goes next."""
        return self.provider.discipline if self.provider is not None else "fifo"

    def classes(self, streams: Streams) -> dict[float, tuple[float, float, float]]:
        """Rate, load and rate times mean square of the work, by priority."""
        found: dict[float, tuple[float, float, float]] = {}
        for name in self.services:
            for priority, one in streams.visits[name].classes.items():
                old = found.get(priority, (0.0, 0.0, 0.0))
                new = (one.rate, one.work / self.pace, one.square / self.pace**2)
                found[priority] = (old[0] + new[0], old[1] + new[1], old[2] + new[2])
        return dict(sorted(found.items()))

    def shape(self, streams: Streams) -> str | None:
        """Whether all work here is exponential or constant, with one mean."""
        laws = {law for name in self.services for law in streams.visits[name].laws}
        return next(iter(laws))[0] if len(laws) == 1 else None

    def has_product_form(self, streams: Streams) -> bool:
        """Whether what leaves is again a Poisson stream if what comes is."""
        if self.refusals:
            return False
        if not self.servers:
            return True
        sheds = self.provider is not None and self.provider.queue_limit is not None
        sheds = sheds or any(streams.chain.services[name].limits_time for name in self.services)
        sheds = sheds or (self.provider is not None and self.provider.outages is not None)
        plain = self.discipline in SAME_MEAN and not self.doubts
        return plain and not sheds and self.shape(streams) == EXPONENTIAL


def stations_of(streams: Streams) -> dict[str, Station]:
    """Every station by the name of its provider, or of its service, told apart by a line end."""
    found = {}
    chain, at_work = streams.chain, streams.flows.services_of
    for name, provider in chain.providers.items():
        found[f"{name}\n"] = _of_provider(streams, name, provider, tuple(at_work.get(name, ())))
    for name, service in chain.services.items():
        if not service.provider_names:
            found[name] = Station(name, (name,), refusals=dict.fromkeys(_refusals_of(service)))
        elif len(service.provider_names) > 1:
            found[name] = Station(
                name, (name,), refusals={"work needs, or may go to, several providers": None}
            )
    return found


def station_of(service: Service, name: str) -> str:
    """The key of the station of a service."""
    return f"{service.provider_names[0]}\n" if len(service.provider_names) == 1 else name


def _of_provider(streams: Streams, name: str, provider: Provider, services: tuple[str, ...]) -> Station:
    on_duty = duty(streams.chain, name)
    one = Station(name, services, provider=provider)
    speeds = {member.speed for member in (provider.members or {}).values()} or {1.0}
    one.pace = sum(speeds) / len(speeds)
    if len(speeds) > 1:
        one.doubts["staff are taken to have one pace"] = None
    one.refusals.update(dict.fromkeys(_refusals_of_provider(streams, provider, services)))
    if not on_duty.is_constant:
        one.refusals["staff on duty change over the week"] = None
        one.servers = 1
    else:
        one.servers = int(on_duty.at(0))
        if not one.servers:
            one.refusals["nobody is on duty"] = None
    for service in services:
        one.doubts.update(streams.visits[service].doubts)
    return one


def _refusals_of_provider(streams: Streams, provider: Provider, services: Sequence[str]) -> Iterator[str]:
    found = [streams.chain.services[name] for name in services]
    for service in found:
        yield from _refusals_of(service)
    if any(len(one.provider_names) > 1 or sum((one.providers or {}).values()) > 1 for one in found):
        yield _SEVERAL
    if any(one.skill is not None for one in found):
        yield "work asks for skills"
    if provider.when_full == "block":
        yield "a full queue blocks those who send requests"
    if provider.discipline == "shortest service":
        yield "the shortest work goes first"
    if any(
        call.ask != "before" and call.wait
        for name in services
        for _, call in streams.flows.calls.get(name, ())
    ):
        yield "staff are held while they wait for answers"
    if any(
        link.target in services for link, way in streams.chain.handoffs.items() if way.after != "finished"
    ):
        yield "requests come that gave up, were refused or timed out elsewhere"
    if provider.outages is not None and provider.outages.repair is None:
        yield "repairs are requests of their own"


def _refusals_of(service: Service) -> Iterator[str]:
    if service.timeout is not None:
        yield "waiting and work have one limit together"
    if service.batch is not None:
        yield "work is done in batches"
    if service.setup is not None:
        yield "setups depend on what was done before"
    if service.learning is not None:
        yield "staff learn"
    if service.consumes and service.provider_names:
        yield "work waits for material"
    if service.calendar is not None:
        yield "work stands still by a calendar"
    if service.duration.names() & CLOCK:
        yield "work depends on the clock"


def exponential_rate(streams: Streams, expr: object) -> float | None:
    """The rate of an exponential time, in the chain's unit; None if it is another."""
    law = law_of(expr, {}, streams.chain.time_unit, streams.flows.kinds)  # type: ignore[arg-type]
    if law is None or law.shape != EXPONENTIAL or not law.mean:
        return None
    return streams.ticks / law.mean


__all__ = [
    "APPROXIMATE",
    "BOUND",
    "CONSTANT",
    "EXACT",
    "KINDS",
    "SIMULATION",
    "Station",
    "exponential_rate",
    "station_of",
    "stations_of",
    "worst",
]

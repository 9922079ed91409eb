"""Names that elements use for one another, and undefined ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain as one_after_another
from typing import TYPE_CHECKING, NamedTuple

from serviceflow.errors import nearest
from serviceflow.model.elements import Consumer, Provider, Service
from serviceflow.model.fields import END
from serviceflow.model.links import Call, Link, Routed, Transfer
from serviceflow.model.mistakes import Mistake, Path
from serviceflow.model.sla import ELAPSED, SLA, cause

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

Known = Mapping[str, frozenset[str]]
"""The names that each section has."""

_SINGULAR = {
    "calendars": "calendar",
    "providers": "provider",
    "services": "service",
    "stocks": "stock",
    "consumers": "consumer",
}


class Use(NamedTuple):
    """A name, where it is used, and the sections in which it may be found."""

    path: Path
    name: str
    sections: tuple[str, ...]
    at_key: bool = False


def known_names(chain: Chain) -> dict[str, frozenset[str]]:
    """The names in each section of a chain; links as their text."""
    return {section: frozenset(map(str, found)) for section, found in chain._sections.items()}


def reference_mistakes(chain: Chain, known: Known) -> list[Mistake]:
    """Every use of a name that no element of the right kind bears."""
    found = []
    for use in uses(chain):
        if not any(use.name in known.get(section, ()) for section in use.sections):
            kinds = " or ".join(_SINGULAR[section] for section in use.sections if section in _SINGULAR)
            options = one_after_another.from_iterable(known.get(section, ()) for section in use.sections)
            message = f"there is no {kinds} {use.name!r}{nearest(use.name, options)}"
            found.append(Mistake(message, use.path, at_key=use.at_key))
    return found


def uses(chain: Chain) -> Iterator[Use]:
    """Every use of a name in a chain."""
    for name, provider in chain.providers.items():
        yield from _of_provider(("providers", name), provider)
    for name, service in chain.services.items():
        yield from _of_service(("services", name), service)
    for name, consumer in chain.consumers.items():
        yield from _of_consumer(("consumers", name), consumer)
    for name, stock in chain.stocks.items():
        if stock.reorder is not None and stock.reorder.enters is not None:
            yield Use(("stocks", name, "reorder", "enters"), stock.reorder.enters, ("services",))
    for name, training in chain.trainings.items():
        yield Use(("trainings", name, "provider"), training.provider, ("providers",))
    for section, links in (("handoffs", chain.handoffs), ("calls", chain.calls)):
        for link, element in links.items():
            yield from _of_link((section, str(link)), link, element)


def _of_provider(path: Path, provider: Provider) -> Iterator[Use]:
    yield from _calendar(path, provider.calendar)
    for name, member in (provider.members or {}).items():
        yield from _calendar((*path, "members", name), member.calendar)
    if provider.outages is not None and provider.outages.repair_service is not None:
        yield Use((*path, "outages", "repair"), provider.outages.repair_service, ("services",))


def _of_service(path: Path, service: Service) -> Iterator[Use]:
    if service.provider is not None:
        yield Use((*path, "provider"), service.provider, ("providers",))
    for name in service.providers or ():
        yield Use((*path, "providers", name), name, ("providers",), at_key=True)
    for place, name in enumerate(service.any_of or ()):
        yield Use((*path, "any_of", place), name, ("providers",))
    for field in ("consumes", "produces"):
        for name in getattr(service, field):
            yield Use((*path, field, name), name, ("stocks",), at_key=True)
    yield from _calendar(path, service.calendar)


def _of_consumer(path: Path, consumer: Consumer) -> Iterator[Use]:
    if consumer.enters is not None:
        yield Use((*path, "enters"), consumer.enters, ("services",))
    if consumer.arrivals is not None:
        yield from _calendar((*path, "arrivals"), consumer.arrivals.calendar)
    for name in consumer.initial:
        yield Use((*path, "initial", name), name, ("services",), at_key=True)
    yield from _of_sla((*path, "sla"), consumer.sla)
    yield from _of_sla((*path, "needs"), consumer.needs)


def _of_link(path: Path, link: Link, element: Routed) -> Iterator[Use]:
    is_call = isinstance(element, Call)
    yield Use(
        path, link.origin, ("services",) if is_call else ("services", "consumers", "stocks"), at_key=True
    )
    if not link.ends:
        yield Use(path, link.target, ("services",), at_key=True)
    yield from _of_transfer(path, element)
    yield from _of_sla((*path, "sla"), element.sla)
    yield from _of_sla((*path, "needs"), element.needs)
    if isinstance(element, Call) and element.answer is not None:
        yield from _of_transfer((*path, "answer"), element.answer)


def _of_transfer(path: Path, transfer: Transfer) -> Iterator[Use]:
    yield from _calendar(path, transfer.calendar)
    clarification = transfer.clarification
    if clarification is not None and clarification.returns_to is not None:
        yield Use((*path, "clarification", "returns_to"), clarification.returns_to, ("services",))


def _of_sla(path: Path, sla: SLA | None) -> Iterator[Use]:
    if sla is None:
        return
    if sla.clock != ELAPSED:
        yield Use((*path, "clock"), sla.clock, ("calendars",))
    if sla.until is not None:
        yield Use((*path, "until"), sla.until, ("services",))
    for place, name in enumerate(sla.excluding):
        if cause(name) is None:
            yield Use((*path, "excluding", place), name, ("services", "handoffs", "calls"))


def _calendar(path: Path, name: str | None) -> Iterator[Use]:
    if name is not None:
        yield Use((*path, "calendar"), name, ("calendars",))


def ambiguous_links(chain: Chain) -> list[Mistake]:
    """Handoffs whose origin is the name of two kinds of element, and calls that lead nowhere."""
    kinds = {"service": chain.services, "consumer": chain.consumers, "stock": chain.stocks}
    found = []
    for link in chain.handoffs:
        bearers = [kind for kind, names in kinds.items() if link.origin in names]
        if len(bearers) > 1:
            message = f"{link.origin!r} is a {' and a '.join(bearers)}; give them different names"
            found.append(Mistake(message, ("handoffs", str(link)), at_key=True))
    for link in chain.calls:
        if link.target == END:
            message = "a call asks a service and waits for its answer; it cannot lead to 'end'"
            found.append(Mistake(message, ("calls", str(link)), at_key=True))
    return found

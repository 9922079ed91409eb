"""Who asks whom for what: the departments of a chain, as its entries, handoffs, calls and stocks have them.

A consumer and a provider of one name are one department. A service is its provider's, or the first's of
several; one without provider stands for itself, and so does a stock that orders. Whoever sends a request
on asks the department to which it goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serviceflow.model.fields import NO_LABELS
from serviceflow.model.sla import SLA

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain
    from serviceflow.model.links import Link


@dataclass(frozen=True)
class Asking:
    """One department asks another for a service.

    Attributes
    ----------
    receiver, provider : str
        Who asks, and who serves.
    service : str
        What for.
    scope, name : str
        The element of the chain by which it asks: a consumer, handoff, call or stock, or a provider whose
        outages are repaired.
    sla, needs : SLA or None
        What is promised, and what is needed.
    labels : mapping
        Of that element.
    """

    receiver: str
    provider: str
    service: str
    scope: str
    name: str
    sla: SLA | None = None
    needs: SLA | None = None
    labels: Mapping[str, Any] = NO_LABELS


def department(chain: Chain, service: str) -> str:
    """Who does a service: its only provider or the first that it names; itself where it has none."""
    named = chain.services[service].provider_names
    return next((name for name in named if name in chain.providers), service)


def askings(chain: Chain) -> Iterator[Asking]:
    """Every asking of a chain; links to unknown names are left out."""
    yield from _entries(chain)
    yield from _orders(chain)
    for scope, links in (("handoff", chain.handoffs), ("call", chain.calls)):
        for link, way in links.items():
            if link.target in chain.services and _knows(chain, link):
                told = (way.sla, way.needs, way.labels)
                yield _asking(chain, _sender(chain, link), link.target, scope, str(link), *told)


def _entries(chain: Chain) -> Iterator[Asking]:
    """What consumers ask for: where they enter, or where handoffs of their own lead."""
    for name, consumer in chain.consumers.items():
        own = [link.target for link in chain.handoffs if link.origin == name]
        entries = [consumer.enters] if consumer.enters is not None else own
        for service in dict.fromkeys(entries):
            if service in chain.services:
                told = (consumer.sla, consumer.needs, consumer.labels)
                yield _asking(chain, name, service, "consumer", name, *told)


def _orders(chain: Chain) -> Iterator[Asking]:
    for name, stock in chain.stocks.items():
        enters = stock.reorder.enters if stock.reorder is not None else None
        if enters is not None and enters in chain.services:
            yield _asking(chain, name, enters, "stock", name, None, None, stock.labels)
    for name, provider in chain.providers.items():
        repair = provider.outages.repair_service if provider.outages is not None else None
        if repair is not None and repair in chain.services:
            yield _asking(chain, name, repair, "provider", name, None, None, NO_LABELS)


def _asking(chain: Chain, receiver: str, service: str, scope: str, name: str, *told: Any) -> Asking:
    return Asking(receiver, department(chain, service), service, scope, name, *told)


def _knows(chain: Chain, link: Link) -> bool:
    return any(link.origin in names for names in (chain.services, chain.consumers, chain.stocks))


def _sender(chain: Chain, link: Link) -> str:
    return department(chain, link.origin) if link.origin in chain.services else link.origin

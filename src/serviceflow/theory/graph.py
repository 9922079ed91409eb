"""A chain as a graph of networkx."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from serviceflow.model.chain import Chain
from serviceflow.model.fields import END

if TYPE_CHECKING:
    import networkx

Node = tuple[str, str]
"""Kind and name: a consumer and a service may bear the same name."""


def to_networkx(chain: Chain) -> networkx.MultiDiGraph:
    """The chain as a directed graph.

    Nodes are pairs of kind (``service``, ``consumer``, ``stock``, ``end``) and name, with attributes
    ``kind``, ``name``, the element's labels, and ``provider`` of a service. Edges have a ``kind``:
    ``enters``, ``handoff``, ``call``, ``consumes`` (from stock to service), ``produces`` (from service to
    stock); handoffs and calls bear their ``name`` and labels, and are keyed by their name.

    Returns
    -------
    networkx.MultiDiGraph
    """
    import networkx

    graph = networkx.MultiDiGraph(name=chain.name)
    sections: dict[str, Mapping[str, Any]] = {
        "service": chain.services,
        "consumer": chain.consumers,
        "stock": chain.stocks,
    }
    for kind, elements in sections.items():
        for name, element in elements.items():
            more = {"provider": " or ".join(element.provider_names)} if kind == "service" else {}
            graph.add_node((kind, name), **{**dict(element.labels), "kind": kind, "name": name, **more})
    _add_entries(graph, chain)
    _add_links(graph, chain)
    _add_supplies(graph, chain)
    return graph


def _add_entries(graph: Any, chain: Chain) -> None:
    for name, consumer in chain.consumers.items():
        if consumer.enters is not None:
            graph.add_edge(("consumer", name), ("service", consumer.enters), kind="enters")
    for name, stock in chain.stocks.items():
        if stock.reorder is not None and stock.reorder.enters is not None:
            graph.add_edge(("stock", name), ("service", stock.reorder.enters), kind="enters")


def _add_links(graph: Any, chain: Chain) -> None:
    for kind, links in (("handoff", chain.handoffs), ("call", chain.calls)):
        for link, element in links.items():
            target: Node = ("end", END) if link.ends else ("service", link.target)
            if link.ends:
                graph.add_node(target, kind="end", name=END)
            facts = {**dict(element.labels), "kind": kind, "name": str(link)}
            graph.add_edge(_origin(chain, link.origin), target, key=str(link), **facts)


def _origin(chain: Chain, name: str) -> Node:
    if name in chain.services:
        return ("service", name)
    return ("consumer", name) if name in chain.consumers else ("stock", name)


def _add_supplies(graph: Any, chain: Chain) -> None:
    for name, service in chain.services.items():
        for stock in service.consumes:
            graph.add_edge(("stock", stock), ("service", name), kind="consumes")
        for stock in service.produces:
            graph.add_edge(("service", name), ("stock", stock), kind="produces")

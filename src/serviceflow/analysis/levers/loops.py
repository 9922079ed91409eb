"""Which ways lead back: rework, in a chain that may also branch and meet again."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from serviceflow.model.routing import Graph, constant, entries, flow_graph, reached

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain
    from serviceflow.model.links import Handoff, Link


def ways_back(chain: Chain) -> Iterator[Link]:
    """The handoffs that send finished work back, if not all of it.

    A handoff leads back to a service that everybody has passed who comes to its origin: on a circle of
    two, there and back again, only the second does. Where a circle can be entered at several places none
    need have been passed; then that leads back which leads no further away from the entries.
    """
    graph = flow_graph(chain, calls=False)
    starts = _starts(chain)
    links = [link for link, way in chain.handoffs.items() if _goes_round(graph, link, way)]
    sure = [link for link in links if _is_behind(graph, starts, link)]
    rest = {name: list(targets) for name, targets in graph.items()}
    for link in sure:
        rest[link.origin].remove(link.target)
    distance = _distances(rest, starts)
    for link in links:
        if link in sure or (
            _goes_round(rest, link, chain.handoffs[link])
            and distance.get(link.target, 0) <= distance.get(link.origin, 0)
        ):
            yield link


def _goes_round(graph: Graph, link: Link, way: Handoff) -> bool:
    """Whether a way is on a circle, and not the only way out of its origin."""
    is_open = constant(way.probability) not in (0, 1)
    sometimes = is_open and (way.probability is not None or way.when is not None)
    known = link.target in graph.get(link.origin, ())
    return known and sometimes and way.after == "finished" and link.origin in reached(graph, [link.target])


def _starts(chain: Chain) -> list[str]:
    """Where requests begin: those of consumers, orders and repairs, and what is called."""
    first = [name for names in entries(chain).values() for name in names]
    return [*first, *(link.target for link in chain.calls)]


def _is_behind(graph: Graph, starts: list[str], link: Link) -> bool:
    """Whether nobody comes to the origin of a way without having passed its target."""
    gone = link.target
    rest = {name: [other for other in targets if other != gone] for name, targets in graph.items()}
    return link.origin not in reached(rest, [name for name in starts if name != gone])


def _distances(graph: Mapping[str, Collection[str]], starts: Collection[str]) -> dict[str, int]:
    """How many handoffs each service is away from where requests begin, at least."""
    found = dict.fromkeys(starts, 0)
    pending = deque(found)
    while pending:
        name = pending.popleft()
        for other in graph.get(name, ()):
            if other not in found:
                found[other] = found[name] + 1
                pending.append(other)
    return found

"""Where requests can go, and whether they get anywhere: entries, shares, circles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from serviceflow.errors import ExpressionError
from serviceflow.model.elements import Arrivals, Service
from serviceflow.model.expressions import Expression
from serviceflow.model.links import Handoff, Link, Transfer
from serviceflow.model.mistakes import Mistake
from serviceflow.model.sla import share_text
from serviceflow.model.staffing import staff_schedule
from serviceflow.units import total_text

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

Graph = dict[str, list[str]]
Source = tuple[str, str]
"""Where requests come from: a section (consumers, stocks, providers for their outages) and a name."""
TOLERANCE = 1e-9
LONGEST_CIRCLE = 12
"""Names of a circle that a message writes out."""


def constant(found: Expression | None) -> float | None:
    """The value of a constant; None if there is none, or it is no constant."""
    if found is None or found.has_distribution or not found.is_constant:
        return None
    try:
        return found.constant("min")
    except ExpressionError:
        return None


def exits(chain: Chain, after: str | None = None) -> dict[str, list[tuple[Link, Handoff]]]:
    """The handoffs that start at each name, in order of their links; of one kind if `after` is given."""
    found: dict[str, list[tuple[Link, Handoff]]] = {}
    for link, handoff in sorted(chain.handoffs.items(), key=lambda entry: str(entry[0])):
        if after is None or handoff.after == after:
            found.setdefault(link.origin, []).append((link, handoff))
    return found


def entries(chain: Chain) -> dict[Source, list[str]]:
    """The services that requests of each source enter."""
    leading = exits(chain)
    found: dict[Source, list[str]] = {}
    for name, consumer in chain.consumers.items():
        waiting = [service for service, count in consumer.initial.items() if count]
        found["consumers", name] = [*_targets(leading, name, consumer.enters), *waiting]
    for name, stock in chain.stocks.items():
        if stock.reorder is not None:
            found["stocks", name] = _targets(leading, name, stock.reorder.enters)
    for name, provider in chain.providers.items():
        if provider.outages is not None and provider.outages.repair_service is not None:
            found["providers", name] = [provider.outages.repair_service]
    return found


def _targets(leading: Mapping[str, list[tuple[Link, Handoff]]], name: str, enters: str | None) -> list[str]:
    targets = [target for link, handoff in leading.get(name, ()) for target in _leads_to(link, handoff)]
    return targets if enters is None else [enters, *targets]


def _leads_to(link: Link, handoff: Handoff) -> list[str]:
    """Where a handoff may bring a request: its target, or back."""
    if constant(handoff.probability) == 0:
        return []
    asking = handoff.clarification
    back = asking.returns_to if asking is not None else None
    always = back is not None and asking is not None and constant(asking.probability) == 1
    return [name for name in (None if link.ends or always else link.target, back) if name is not None]


def flow_graph(chain: Chain, calls: bool = True, known: Mapping[str, float | str] | None = None) -> Graph:
    """Which services requests may go to from each service; by calls too, if asked.

    Of requests of which these values are known, if any are given: without the ways that they never take.
    """
    graph: Graph = {name: [] for name in chain.services}
    closed = _never_taken(chain, known) if known else set[Link]()
    for link, handoff in chain.handoffs.items():
        if link.origin in graph and link not in closed:
            graph[link.origin] += _leads_to(link, handoff)
    for link in chain.calls if calls else ():
        graph[link.origin].append(link.target)
    return graph


def _never_taken(chain: Chain, known: Mapping[str, float | str]) -> set[Link]:
    """The ways that conditions bar; and those that would be the rest where another surely is it."""
    found: set[Link] = set()
    surely: set[tuple[str, str]] = set()
    for link, handoff in chain.handoffs.items():
        holds = _holds(handoff, known)
        if holds == 0:
            found.add(link)
        elif holds == 1 and handoff.probability is None and not _splits(chain, link, handoff):
            surely.add((link.origin, handoff.after))
    for link, handoff in chain.handoffs.items():
        if handoff.when is None and handoff.probability is None and (link.origin, handoff.after) in surely:
            found.add(link)
    return found


def _splits(chain: Chain, link: Link, handoff: Handoff) -> bool:
    """Whether it is a branch of a split: these do not exclude each other."""
    service = chain.services.get(link.origin)
    return handoff.after == "finished" and service is not None and service.split is not None


def _holds(handoff: Handoff, known: Mapping[str, float | str]) -> float | None:
    """1 where a way's condition is sure to hold, 0 where it is sure not to, else None."""
    names = handoff.when.names() & known.keys() if handoff.when is not None else ()
    return _mean(handoff.when, tuple((name, known[name]) for name in sorted(names))) if names else None


@lru_cache(maxsize=4096)
def _mean(condition: Expression, known: tuple[tuple[str, float | str], ...]) -> float | None:
    kinds = {name: "word" if isinstance(value, str) else "number" for name, value in known}
    try:
        return condition.mean("min", values=dict(known), kinds=kinds)
    except ExpressionError:
        return None


def reached(graph: Graph, starts: Iterable[str]) -> set[str]:
    """Everything that can be reached, the starts included."""
    found: set[str] = set()
    pending = list(starts)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += graph.get(name, ())
    return found


def sources_of(chain: Chain) -> dict[str, set[Source]]:
    """The sources whose requests may come to each service; of consumers and stocks, themselves."""
    graph = flow_graph(chain)
    found: dict[str, set[Source]] = {name: set() for name in chain.services}
    for source, starts in entries(chain).items():
        for service in reached(graph, starts):
            found[service].add(source)
        found.setdefault(source[1], {source})
    return found


def unreachable(chain: Chain) -> list[str]:
    """Services to which no request ever comes."""
    return [name for name, sources in sources_of(chain).items() if name in chain.services and not sources]


# Mistakes


def routing_mistakes(chain: Chain) -> list[Mistake]:
    """What is wrong with the ways of requests."""
    return [
        *_entry_mistakes(chain),
        *_after_mistakes(chain),
        *_share_mistakes(chain),
        *_never_complete(chain),
        *_at_once(chain),
        *_endless(chain),
        *_endless_branches(chain),
        *_timeless(chain),
        *_endless_calls(chain),
    ]


def _entry_mistakes(chain: Chain) -> Iterator[Mistake]:
    leading = exits(chain)
    for name, consumer in chain.consumers.items():
        yield from _one_entry(
            ("consumers", name), consumer.enters, leading.get(name, []), consumer.arrivals is not None
        )
    for name, stock in chain.stocks.items():
        enters = stock.reorder.enters if stock.reorder is not None else None
        path = ("stocks", name, *(("reorder",) if stock.reorder is not None else ()))
        yield from _one_entry(path, enters, leading.get(name, []), stock.reorder is not None)
        if stock.reorder is None and leading.get(name) and name not in {*chain.services, *chain.consumers}:
            yield Mistake("handoffs start here, but nothing is ever ordered; set reorder", path)


def _one_entry(
    path: tuple[str, ...], enters: str | None, leading: list[tuple[Link, Handoff]], comes: bool
) -> Iterator[Mistake]:
    if enters is not None and leading:
        message = f"enters and the handoff {str(leading[0][0])!r} both say where requests go; keep one"
        yield Mistake(message, (*path, "enters"))
    if comes and enters is None and not leading:
        yield Mistake("requests go nowhere from here; set enters, or a handoff that starts here", path)


def _after_mistakes(chain: Chain) -> Iterator[Mistake]:
    for link, handoff in chain.handoffs.items():
        path = ("handoffs", str(link), "after")
        service = chain.services.get(link.origin)
        if handoff.after == "finished":
            continue
        if service is None:
            yield Mistake(f"only at a service are requests {handoff.after}; leave it out", path)
        elif handoff.after == "gave up" and service.patience is None:
            yield Mistake(f"nobody gives up at {link.origin!r}; set its patience", path)
        elif handoff.after == "timed out" and service.timeout is None:
            yield Mistake(f"no time is limited at {link.origin!r}; set its timeout", path)
        elif handoff.after == "refused" and not any(
            chain.providers[name].queue_limit is not None for name in service.provider_names
        ):
            yield Mistake(f"nobody is refused at {link.origin!r}; set queue_limit on its provider", path)


def _share_mistakes(chain: Chain) -> Iterator[Mistake]:
    """Probabilities that do not add up."""
    for after in ("finished", "gave up", "refused", "timed out"):
        for origin, leading in exits(chain, after).items():
            service = chain.services.get(origin)
            if service is None or service.split is None or after != "finished":
                yield from _one_way_out(origin, after, leading)


def _one_way_out(origin: str, after: str, leading: list[tuple[Link, Handoff]]) -> Iterator[Mistake]:
    rest = [link for link, handoff in leading if handoff.probability is None and handoff.when is None]
    always = [handoff.probability for _, handoff in leading if handoff.probability and handoff.when is None]
    shares = [constant(found) for found in always]
    conditional = any(handoff.when is not None for _, handoff in leading)
    total = sum(share for share in shares if share is not None)
    place = ("handoffs", str(leading[-1][0]))
    if len(rest) > 1:
        names = " and ".join(repr(str(link)) for link in rest[:2])
        message = f"{names} are both the rest; give one of them a probability or a condition (when)"
        yield Mistake(message, ("handoffs", str(rest[1])), at_key=True)
    elif total > 1 + TOLERANCE:
        message = f"the handoffs from {origin!r} add up to {_percent(total)}; they must not exceed 100%"
        yield Mistake(message, (*place, "probability") if leading[-1][1].probability else place)
    elif not rest and not conditional and None not in shares and abs(total - 1) > TOLERANCE:
        told = "" if after == "finished" else f" after {after!r}"
        message = f"the handoffs from {origin!r}{told} add up to {_percent(total)}, and none is the rest"
        leaves = "" if after == "finished" else f": {{after: {after}}}"
        remedy = f"write '{origin} -> end'{leaves} if the others end"
        yield Mistake(f"{message}; {remedy}", (*place, "probability"))


def _never_complete(chain: Chain) -> Iterator[Mistake]:
    """Clarifications that are needed each time anew."""
    for path, way in ways(chain):
        asking = way.clarification
        if asking is not None and asking.returns_to is None and constant(asking.probability) == 1:
            message = "what arrives is incomplete every time, so that it is asked about for ever"
            remedy = "write a probability below 100%, or a delay of the way itself"
            yield Mistake(f"{message}; {remedy}", (*path, "clarification", "probability"))


def ways(chain: Chain) -> Iterator[tuple[tuple[str, ...], Transfer]]:
    """Every way from a sender to a receiver with its place: handoffs, calls and answers."""
    for link, handoff in chain.handoffs.items():
        yield ("handoffs", str(link)), handoff
    for link, call in chain.calls.items():
        yield ("calls", str(link)), call
        if call.answer is not None:
            yield ("calls", str(link), "answer"), call.answer


def _at_once(chain: Chain) -> Iterator[Mistake]:
    """What would happen without end at one instant."""
    for name, consumer in chain.consumers.items():
        arrivals = consumer.arrivals
        path = ("consumers", name, "arrivals")
        if arrivals is not None and constant(arrivals.every) == 0:
            message = "requests would come without end at one instant; write a time above 0, or a batch"
            yield Mistake(message, (*path, "every"))
        elif arrivals is not None and _asks_in_vain(chain, consumer.enters, arrivals):
            message = "who is refused would ask again at once, without end; write a time above 0"
            yield Mistake(message, (*path, "think"))
    for name, provider in chain.providers.items():
        if provider.outages is not None and constant(provider.outages.after) == 0:
            message = "a unit would be down for ever, or break down without end at one instant"
            yield Mistake(f"{message}; write a time above 0", ("providers", name, "outages", "after"))


def _asks_in_vain(chain: Chain, enters: str | None, arrivals: Arrivals) -> bool:
    """Whether a group that does not think is larger than what the place where it asks can hold."""
    if arrivals.population is None or constant(arrivals.think) != 0 or enters is None:
        return False
    provider = chain.providers.get(chain.services[enters].provider or "")
    if provider is None or provider.queue_limit is None or provider.when_full != "refuse":
        return False
    if any(link.origin == enters and way.after == "refused" for link, way in chain.handoffs.items()):
        return False
    most = max(staff_schedule(chain, provider).values())
    return arrivals.population > most + provider.queue_limit


def _percent(total: float) -> str:
    return share_text(round(total, 12)) if total <= 1 else total_text(total)


def find_circle(graph: Graph) -> list[str] | None:
    """A circle of a graph, its first name repeated at its end; None if there is none."""
    return next(circles(graph), None)


def circles(graph: Graph) -> Iterator[list[str]]:
    """Circles that share no node, one after another; each begins and ends with the same name.

    One walk in depth that leaves out what it is done with: its cost grows with the links, not with their
    number times that of the circles.
    """
    done: set[str] = set()
    for start in sorted(graph):
        trail: dict[str, int] = {}
        pending: list[tuple[str, bool]] = [(start, False)]
        while pending:
            name, leaving = pending.pop()
            if leaving:
                del trail[name]
                done.add(name)
            elif name in trail:
                names = list(trail)
                circle = names[names.index(name) :]
                yield [*circle, name]
                done.update(circle)
                del pending[trail[name] :]
                for gone in circle:
                    del trail[gone]
            elif name not in done:
                trail[name] = len(pending)
                pending.append((name, True))
                pending += [(target, False) for target in sorted(graph.get(name, ()), reverse=True)]


def circle_text(circle: Sequence[str]) -> str:
    """A circle as messages write it; of a long one the first and the last names."""
    if len(circle) <= LONGEST_CIRCLE:
        return " -> ".join(circle)
    half = LONGEST_CIRCLE // 2
    left_out = f"({len(circle) - 2 * half:,} more)"
    return " -> ".join([*circle[:half], left_out, *circle[-half:]])


def _endless(chain: Chain) -> Iterator[Mistake]:
    graph = flow_graph(chain, calls=False)
    leading = exits(chain, "finished")
    leaving = {
        name
        for name in chain.services
        if name not in leading
        or any(link.ends and constant(handoff.probability) != 0 for link, handoff in leading[name])
        or _is_short(leading[name])
    }
    backwards: Graph = {name: [] for name in graph}
    for name, targets in graph.items():
        for target in targets:
            backwards[target].append(name)
    stuck = set(graph) - reached(backwards, leaving)
    for circle in circles({name: [t for t in graph[name] if t in stuck] for name in stuck}):
        message = (
            f"requests never leave the circle {circle_text(circle)}; give one of them a way out, or to 'end'"
        )
        yield Mistake(message, ("services", circle[0]))


def _endless_branches(chain: Chain) -> Iterator[Mistake]:
    """Splits that always send a branch to where it comes round again, so that no request there ever ends."""
    graph = _for_ever(chain)
    splits = [name for name in graph if chain.services[name].split is not None]
    for circle in circles(graph) if splits else ():
        split = next((name for name in circle if name in splits), splits[0])
        message = (
            f"a branch never leaves the circle {circle_text(circle)}, as no other way is left to it;"
            " give one of its ways a probability or a condition, or to 'end'"
        )
        yield Mistake(message, ("services", split))


def _for_ever(chain: Chain) -> Graph:
    """The services from which a request surely goes on to one of them, and their ways there."""
    leading = exits(chain, "finished")
    ways: Graph = {}
    for name, service in chain.services.items():
        own = [way for way in leading.get(name, ()) if constant(way[1].probability) != 0]
        if service.split is not None:
            ways[name] = [link.target for link, handoff in own if _is_sure(handoff) and not link.ends]
        elif not any(link.ends for link, _ in own):
            ways[name] = [link.target for link, _ in own]
    lasting = {name for name in ways if not _loses(chain, chain.services[name])}
    gone = [name for name in chain.services if name not in lasting]
    before: Graph = {}
    for name in lasting:
        for target in ways[name]:
            before.setdefault(target, []).append(name)
    left = {name: len(ways[name]) for name in lasting}
    gone += [name for name in lasting if not left[name]]
    lasting -= set(gone)
    while gone:
        for name in before.get(gone.pop(), ()):
            left[name] -= 1
            if name in lasting and (chain.services[name].split is None or not left[name]):
                lasting.discard(name)
                gone.append(name)
    return {name: [target for target in ways[name] if target in lasting] for name in sorted(lasting)}


def _loses(chain: Chain, service: Service) -> bool:
    """Whether requests may give up or be refused here, and so leave."""
    providers = [chain.providers[name] for name in service.provider_names if name in chain.providers]
    return service.limits_time or any(one.queue_limit is not None for one in providers)


def _is_sure(handoff: Handoff) -> bool:
    return handoff.when is None and (handoff.probability is None or constant(handoff.probability) == 1)


def _is_short(leading: list[tuple[Link, Handoff]]) -> bool:
    """Whether shares are missing, which is told already: those who are left out are taken to leave."""
    if any(handoff.when is not None or handoff.probability is None for _, handoff in leading):
        return False
    shares = [constant(handoff.probability) for _, handoff in leading]
    return sum(share for share in shares if share is not None) < 1 - TOLERANCE and None not in shares


def _timeless(chain: Chain) -> Iterator[Mistake]:
    quick = {name for name, service in chain.services.items() if _takes_no_time(service)}
    asking = {link.origin for link in chain.calls}
    graph: Graph = {name: [] for name in quick - asking}
    for link, handoff in chain.handoffs.items():
        if link.origin in graph and _is_immediate(handoff):
            graph[link.origin] += [name for name in _leads_to(link, handoff) if name in graph]
    for circle in circles(graph):
        message = (
            f"the circle {circle_text(circle)} takes neither time nor staff; give a service its duration"
        )
        yield Mistake(message, ("services", circle[0]))


def _takes_no_time(service: Service) -> bool:
    return (
        not service.provider_names
        and constant(service.duration) == 0
        and service.batch is None
        and service.calendar is None
        and not service.consumes
    )


def _is_immediate(handoff: Handoff) -> bool:
    waits = (handoff.every, handoff.at, handoff.batch, handoff.calendar)
    return all(part is None for part in waits) and (handoff.delay is None or constant(handoff.delay) == 0)


def _endless_calls(chain: Chain) -> Iterator[Mistake]:
    """Circles of calls and of the handoffs between them that are all taken for certain."""
    graph: Graph = {name: [] for name in chain.services}
    for origin, leading in exits(chain, "finished").items():
        if origin in graph and len(leading) == 1 and not leading[0][0].ends:
            graph[origin].append(leading[0][0].target)
    asked: set[tuple[str, str]] = set()
    for link, call in chain.calls.items():
        if call.when is None and (call.probability is None or constant(call.probability) == 1):
            graph[link.origin].append(link.target)
            asked.add((link.origin, link.target))
    for circle in circles(graph):
        pairs = pairwise(circle)
        if any(pair in asked for pair in pairs):
            message = (
                f"the calls go round for ever: {circle_text(circle)}; give one a probability or a condition"
            )
            yield Mistake(message, ("services", circle[0]))

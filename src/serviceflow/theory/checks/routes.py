"""Findings about the ways of requests: shares that do not add up, ways nobody goes, circles without end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isinf

from serviceflow.model.attributes import Choice
from serviceflow.model.constants import Value
from serviceflow.model.expressions import Expression
from serviceflow.model.links import Handoff, Link
from serviceflow.model.routing import TOLERANCE, ways
from serviceflow.theory.checks.finding import ERROR, NOTE, WARNING, Finding, Look
from serviceflow.theory.flows import Source
from serviceflow.theory.situations import Situation
from serviceflow.units import decimal_text, total_text

TURNS = (1.0, 2.0, 3.0)
"""Visits of a request at a service for which shares are added up."""

Ways = Sequence[tuple[Link, Handoff]]


def route_findings(look: Look) -> Iterator[Finding]:
    """Shares, ways, circles, and promises whose end is never reached."""
    wrong = [*_shares(look)]
    yield from wrong
    yield from _incomplete(look)
    endless = _endless(look)
    if endless and not wrong:
        message = "requests come back here more often than they leave, so they grow without end"
        yield Finding(WARNING, f"services.{endless[0]}", f"{message}; let more of them go on")
    yield from _never_there(look)


def _endless(look: Look) -> list[str]:
    """Services that a single request visits without end."""
    return [
        name
        for place, name in enumerate(look.flows.services)
        if any(isinf(found.visits[place]) for found in look.demand.brought.values())
    ]


# Shares of each kind of request


def _shares(look: Look) -> Iterator[Finding]:
    told: set[str] = set()
    for source, situation in _all_situations(look):
        for origin in _origins(look, source, situation):
            ways = look.flows.exits.get(origin, [])
            if origin in told or all(way.when is None and _constant(way.probability) for _, way in ways):
                continue
            wrong = next(
                filter(None, (_wrong(look, origin, ways, values) for values in _turns(situation))), None
            )
            if wrong is not None:
                told.add(origin)
                yield Finding(ERROR, wrong[0], f"for {_who(source, situation)} {wrong[1]}")


def _incomplete(look: Look) -> Iterator[Finding]:
    """Clarifications that some kind of request needs every time anew."""
    told: set[str] = set()
    asking = [(path, way.clarification) for path, way in ways(look.chain) if way.clarification is not None]
    asking = [(path, one) for path, one in asking if one.returns_to is None and one.probability.names()]
    for source, situation in _all_situations(look) if asking else ():
        passed = dict(
            zip(look.flows.services, look.flows.visits(source, situation.values).tolist(), strict=True)
        )
        for path, one in asking:
            place = f"{'.'.join(path)}.clarification.probability"
            origin = Link.parse(path[1]).origin
            comes = passed.get(origin, 0.0) > 0 or origin == source.name
            if comes and place not in told and look.flows.mean(one.probability, situation.values) == 1:
                told.add(place)
                message = "what arrives is incomplete every time, so that it is asked about for ever"
                who = _who(source, situation)
                yield Finding(ERROR, place, f"for {who} {message}; write a probability below 100%")


def _all_situations(look: Look) -> Iterator[tuple[Source, Situation]]:
    for source in look.flows.sources:
        for situation in look.flows.situations(source):
            yield source, situation


def _origins(look: Look, source: Source, situation: Situation) -> list[str]:
    """Where requests of a kind choose among handoffs: at their source, and where they pass."""
    visits = look.flows.visits(source, situation.values)
    passed = [name for name, count in zip(look.flows.services, visits, strict=True) if count > 0]
    return [source.name, *(name for name in passed if look.chain.services[name].split is None)]


def _constant(probability: Expression | None) -> bool:
    return probability is None or probability.is_constant


def _turns(situation: Situation) -> Iterator[Mapping[str, Value]]:
    for turn in TURNS:
        yield {**situation.values, "visit": turn}


def _wrong(look: Look, origin: str, ways: Ways, values: Mapping[str, Value]) -> tuple[str, str] | None:
    """Where the shares of one kind of request do not add up, and what they do."""
    holds = [(link, way, _value(look, way.when, values)) for link, way in ways]
    if any(found is None for _, _, found in holds):
        return None
    left = [(link, way) for link, way, found in holds if found]
    shares = [_value(look, way.probability, values) for _, way in left if way.probability is not None]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares):
        return None
    conditional = [link for link, way in left if way.probability is None and way.when is not None]
    rest = conditional or [link for link, way in left if way.probability is None]
    place = f"handoffs.{left[-1][0]}" if left else f"handoffs.{ways[-1][0]}" if ways else ""
    return _complaint(origin, place, known, rest)


def _complaint(
    origin: str, place: str, shares: Sequence[float], rest: Sequence[Link]
) -> tuple[str, str] | None:
    total = sum(shares)
    asked = f"the handoffs from {origin!r} add up to {total_text(total)}"
    if len(rest) > 1:
        names = " and ".join(repr(str(link)) for link in rest[:2])
        return place, f"{names} both hold, and neither has a probability; let only one of them hold"
    if total > 1 + TOLERANCE or any(share < 0 for share in shares):
        return place, f"{asked}; they must not exceed 100%"
    if not rest and total < 1 - TOLERANCE and shares:
        return (
            place,
            f"{asked}, and none is the rest; write '{origin} -> end' if the others end",
        )
    if not rest and not shares and place:
        return place, f"no handoff from {origin!r} holds; give one neither probability nor condition"
    return None


def _value(look: Look, expr: Expression | None, values: Mapping[str, Value]) -> float | None:
    return 1.0 if expr is None else look.flows.mean(expr, values)


def _who(source: Source, situation: Situation) -> str:
    whose = {"consumer": "requests of", "stock": "orders of", "provider": "outages of"}[source.kind]
    skipped = ("consumer", "visit", "quantity")
    facts = [f"{name} = {_written(value)}" for name, value in situation.values.items() if name not in skipped]
    return f"{whose} {source.name!r}" + (f" with {', '.join(facts)}" if facts else "")


def _written(value: Value) -> str:
    return value if isinstance(value, str) else decimal_text(round(value, 6))


# Ways


def unused_ways(look: Look) -> Iterator[Finding]:
    """Handoffs and calls that no request takes, where that is certain."""
    if not all(situation.whole for _, situation in _all_situations(look)):
        return
    used = _used(look)
    drawn = {name for name, found in look.flows.attributes.items() if not isinstance(found, Choice)}
    for section, links in (("handoffs", look.chain.handoffs), ("calls", look.chain.calls)):
        for link, way in links.items():
            asked = set().union(*(expr.names() for expr in (way.when, way.probability) if expr is not None))
            known = not asked & {*drawn, "visit"} and getattr(way, "after", "finished") == "finished"
            passed = look.loads.visits.get(link.origin, 0) > 0
            if known and passed and f"{section}.{link}" not in used and not look.in_scenarios(str(link)):
                message = "no request ever goes this way; remove it, or look at its probability and condition"
                yield Finding(NOTE, f"{section}.{link}", message)


def _used(look: Look) -> set[str]:
    found: set[str] = set()
    for source, situation in _all_situations(look):
        values = situation.values
        passed = look.flows.visits(source, values)
        for name, count in zip(look.flows.services, passed, strict=True):
            if count > 0:
                split = look.chain.services[name].split is not None
                taken = look.flows.shares(look.flows.exits.get(name, []), values, split)
                found |= {f"handoffs.{link}" for link, _, share in taken if share > 0}
                found |= {f"calls.{link}" for link in _asked(look, name, values)}
    return found


def _asked(look: Look, name: str, values: Mapping[str, Value]) -> Iterator[Link]:
    for link, call in look.flows.calls.get(name, ()):
        if look.flows.share(call.probability, values) * look.flows.share(call.when, values):
            yield link


def _never_there(look: Look) -> Iterator[Finding]:
    """Promises up to a service to which the consumer's requests never come."""
    for name, consumer in look.chain.consumers.items():
        until = consumer.sla.until if consumer.sla is not None else None
        brought = look.demand.brought.get(Source("consumer", name))
        if until is not None and brought is not None and not brought.visits[look.flows.index[until]]:
            message = f"its requests never come to {until!r}, so the promise is neither kept nor broken"
            yield Finding(WARNING, f"consumers.{name}.sla.until", f"{message}; name another service")

"""The lines of a process map: handoffs, calls, what moves in and out of stocks, ends, and who is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from serviceflow.view import labels, palette
from serviceflow.view.format import clip, count, share, time
from serviceflow.view.ids import element_id, link_id
from serviceflow.view.lines import Line
from serviceflow.view.map_model import Scene

if TYPE_CHECKING:
    from serviceflow.model.elements import Service
    from serviceflow.model.expressions import Expression
    from serviceflow.model.links import Link

OF_STOCK = {"style": "dotted", "color": palette.INK, "penwidth": "1.4", "arrowhead": "vee"}
OF_LOST = {"style": "dashed", "color": palette.MISSED, "penwidth": "1.2"}
MAIN, SIDE = {"weight": "4"}, {"weight": "1"}
"""The flow is to be straight rather than what goes on beside it."""


def lines(scene: Scene) -> list[Line]:
    """Every line of a process map, links to unknown names left out."""
    return [
        *_entries(scene),
        *_handoffs(scene),
        *_last(scene),
        *_calls(scene),
        *_moves(scene),
        *lost_lines(scene),
    ]


def _entries(scene: Scene) -> Iterator[Line]:
    for name, consumer in scene.chain.consumers.items():
        tail, head = scene.node("consumer", name), scene.node("service", consumer.enters)
        if tail and head:
            width = scene.line_width(scene.figures.volume("consumer", name))
            looks = {"color": palette.INK, "penwidth": width, **MAIN}
            yield Line(tail, head, (), f"{name} enters", looks, element_id("enters", name))
    for name, stock in scene.chain.stocks.items():
        enters = stock.reorder.enters if stock.reorder else None
        tail, head = scene.node("stock", name), scene.node("service", enters)
        if tail and head:
            about = f"{name} is reordered"
            yield Line(tail, head, ("reorder",), about, OF_STOCK, element_id("reorders", name))


def _handoffs(scene: Scene) -> Iterator[Line]:
    for number_, (link, handoff) in enumerate(scene.chain.handoffs.items()):
        tail = scene.origin(link)
        head = f"end{number_}" if link.ends else scene.node("service", link.target)
        if tail and head:
            told = labels.transfer(handoff, scene.unit)
            looks = {
                "color": scene.line_color(link),
                "penwidth": scene.line_width(scene.figures.volume("handoff", link)),
                "style": "solid" if handoff.after == "finished" else "dashed",
                **MAIN,
            }
            facts = _outlined(scene, "handoffs", link)
            facts += _passed(scene, "handoff", link) or _in_short(scene, link, told)
            tooltip = labels.together(str(link), *told, by="; ")
            yield _marked(scene, link, Line(tail, head, facts, tooltip, looks, link_id("handoff", link)))


def _outlined(scene: Scene, section: str, link: Link) -> tuple[str, ...]:
    """What is said of a link that a change alters, or brings."""
    return ("changed",) if scene.outlined(section, link) else ()


def _marked(scene: Scene, link: Link, line: Line) -> Line:
    """The line, with a badge if most time is lost there."""
    badge = scene.badge("link", link)
    if not badge:
        return line
    return replace(line, facts=(badge, "", *line.facts), looks={**line.looks, "color": palette.ALARM})


def _in_short(scene: Scene, link: Link, told: list[str]) -> tuple[str, ...]:
    way = [f"via {clip(link.via, 16)}"] if link.via else []
    return (*way, *told[: 2 if scene.terse else 4])


def _passed(scene: Scene, scope: str, link: Link) -> tuple[str, ...]:
    """What results say of a link: how many requests passed, and how long they took."""
    volume = scene.figures.volume(scope, link)
    if volume is None:
        return ()
    delay = scene.told(scope, link, "handoff_time", lambda value: time(value, scene.unit))
    took = volume and delay and delay != time(0, scene.unit)
    return (count(volume), delay) if took else (count(volume),)


def _last(scene: Scene) -> Iterator[Line]:
    """From services without handoffs, unless they only answer calls, to the end."""
    origins = {link.origin for link in scene.chain.handoffs}
    called = {link.target for link in scene.chain.calls}
    for number_, name in enumerate(scene.chain.services):
        tail = scene.node("service", name)
        if tail and name not in origins and name not in called:
            width = scene.line_width(scene.figures.volume("service", name))
            looks = {"color": palette.FAINT, "penwidth": width, **MAIN}
            yield Line(tail, f"end_{number_}", (), f"{name} -> end", looks, element_id("last", name))


def _calls(scene: Scene) -> Iterator[Line]:
    for link, call in scene.chain.calls.items():
        tail, head = scene.origin(link), scene.node("service", link.target)
        if tail and head:
            told = labels.transfer(call, scene.unit)
            facts = ("asks", *(_passed(scene, "call", link) or _in_short(scene, link, told)))
            looks = {"style": "dashed", "arrowtail": "odot" if call.wait else "none", **SIDE}
            tooltip = labels.together(f"{link} (call)", *told, by="; ")
            yield _marked(scene, link, Line(tail, head, facts, tooltip, looks, link_id("call", link)))


def _moves(scene: Scene) -> Iterator[Line]:
    """What services take from stocks and add to them."""
    for name, service in scene.chain.services.items():
        node = scene.node("service", name)
        for stock, amount in service.consumes.items():
            place = scene.node("stock", stock)
            if node and place:
                tip = f"{name} takes {amount} of {stock}"
                yield Line(place, node, _units(amount), tip, OF_STOCK, element_id("takes", name, stock))
        for stock, amount in service.produces.items():
            place = scene.node("stock", stock)
            if node and place:
                tip = f"{name} adds {amount} to {stock}"
                yield Line(node, place, _units(amount), tip, OF_STOCK, element_id("adds", name, stock))


def _units(amount: Expression) -> tuple[str, ...]:
    told = labels.amount(amount)
    return () if told == "1" else (told,)


LOST = {"gave up": "g", "refused": "r", "timed out": "t"}
"""Ways to be lost, each with the letter at the end of the names of their nodes."""


def lost_lines(scene: Scene) -> Iterator[Line]:
    """Those that give up or are refused, and for whom no handoff says where they go."""
    after = {(link.origin, handoff.after) for link, handoff in scene.chain.handoffs.items()}
    for number_, (name, service) in enumerate(scene.chain.services.items()):
        tail = scene.node("service", name)
        for kind in LOST:
            if tail and (name, kind) not in after and _may_lose(scene, service, kind):
                facts = _how_many(scene, name, kind)
                if facts is not None:
                    head = f"lost{number_}{LOST[kind]}"
                    tip = labels.together(f"{name}: {kind}", *facts, by="; ")
                    yield Line(tail, head, facts, tip, {**OF_LOST, **SIDE}, element_id(kind, name))


def _may_lose(scene: Scene, service: Service, kind: str) -> bool:
    if kind != "refused":
        return (service.patience if kind == "gave up" else service.timeout) is not None
    known = [scene.chain.providers[name] for name in service.provider_names if name in scene.chain.providers]
    return any(one.queue_limit is not None and one.when_full == "refuse" for one in known)


def _how_many(scene: Scene, service: str, kind: str) -> tuple[str, ...] | None:
    """How many were lost, and their share of those that came; None where nobody was."""
    if not scene.figures:
        return ()
    if kind != "refused" and scene.chain.services[service].has_both_limits:
        return ()  # Figures do not tell one from the other.
    lost = scene.figures.get("service", service, "refused" if kind == "refused" else "gave_up")
    came = scene.figures.get("service", service, "arrived")
    if not lost:
        return None
    return (count(lost), share(lost / came)) if came else (count(lost),)

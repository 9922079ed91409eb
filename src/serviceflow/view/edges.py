"""The lines of a process map: handoffs, calls, what moves in and out of stocks, and ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from serviceflow.view import labels, palette
from serviceflow.view.format import clip, number, time
from serviceflow.view.map_model import Scene
from serviceflow.view.render import chip, quoted

if TYPE_CHECKING:
    from serviceflow.model.expressions import Expression
    from serviceflow.model.links import Link

OF_STOCK = {"style": "dotted", "color": palette.INK, "penwidth": "1.4", "arrowhead": "vee"}
TO_CONSUMER_OF_STOCK = {**OF_STOCK, "constraint": "false"}


@dataclass(frozen=True)
class Line:
    """A line from node to node, with its texts and its looks."""

    tail: str
    head: str
    facts: tuple[str, ...]
    tooltip: str
    looks: Mapping[str, str]

    @property
    def ends(self) -> bool:
        """Whether it leads to an end."""
        return self.head.startswith("end")

    @property
    def orders(self) -> bool:
        """Whether what it leads to is drawn further on."""
        return self.looks.get("constraint") != "false"

    def attributes(self) -> dict[str, str]:
        """Its Graphviz attributes."""
        told = [clip(fact, 30) for fact in self.facts if fact]
        rows = [labels.together(*told[at : at + 2]) for at in range(0, len(told), 2)]
        label = chip((row, palette.INK) for row in rows)
        return {"label": label, "tooltip": quoted(self.tooltip), **self.looks}


def lines(scene: Scene) -> list[Line]:
    """Every line of a process map, links to unknown names left out."""
    return [*_entries(scene), *_handoffs(scene), *_last(scene), *_calls(scene), *_moves(scene)]


def _entries(scene: Scene) -> Iterator[Line]:
    for name, consumer in scene.chain.consumers.items():
        tail, head = scene.node("consumer", name), scene.node("service", consumer.enters)
        if tail and head:
            width = scene.line_width(scene.figures.volume("consumer", name))
            yield Line(tail, head, (), f"{name} enters", {"color": palette.INK, "penwidth": width})
    for name, stock in scene.chain.stocks.items():
        enters = stock.reorder.enters if stock.reorder else None
        tail, head = scene.node("stock", name), scene.node("service", enters)
        if tail and head:
            yield Line(tail, head, ("reorder",), f"{name} is reordered", OF_STOCK)


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
            } | _alarm(scene, link)
            facts = _passed(scene, "handoff", link) or _in_short(scene, link, told)
            facts = (scene.badge("link", link), *facts)
            yield Line(tail, head, facts, labels.together(str(link), *told, by="; "), looks)


def _alarm(scene: Scene, link: Link) -> dict[str, str]:
    """The color of a link that loses most time."""
    return {"color": palette.ALARM} if scene.badge("link", link) else {}


def _in_short(scene: Scene, link: Link, told: list[str]) -> tuple[str, ...]:
    way = [f"via {clip(link.via, 16)}"] if link.via else []
    return (*way, *told[: 2 if scene.terse else 4])


def _passed(scene: Scene, scope: str, link: Link) -> tuple[str, ...]:
    """What results say of a link: how many requests passed, and how long they took."""
    volume, delay = scene.figures.volume(scope, link), scene.figures.get(scope, link, "handoff_time")
    if volume is None:
        return ()
    return (number(volume), time(delay, scene.unit)) if delay else (number(volume),)


def _last(scene: Scene) -> Iterator[Line]:
    """From services without handoffs, unless they only answer calls, to the end."""
    origins = {link.origin for link in scene.chain.handoffs}
    called = {link.target for link in scene.chain.calls}
    for number_, name in enumerate(scene.chain.services):
        tail = scene.node("service", name)
        if tail and name not in origins and name not in called:
            width = scene.line_width(scene.figures.volume("service", name))
            looks = {"color": palette.FAINT, "penwidth": width}
            yield Line(tail, f"end_{number_}", (), f"{name} -> end", looks)


def _calls(scene: Scene) -> Iterator[Line]:
    for link, call in scene.chain.calls.items():
        tail, head = scene.origin(link), scene.node("service", link.target)
        if tail and head:
            told = labels.transfer(call, scene.unit)
            facts = (
                scene.badge("link", link),
                "asks",
                *(_passed(scene, "call", link) or _in_short(scene, link, told)),
            )
            looks = {"style": "dashed", "dir": "both" if call.wait else "forward", "arrowtail": "odot"}
            looks |= _alarm(scene, link)
            yield Line(tail, head, facts, labels.together(f"{link} (call)", *told, by="; "), looks)


def _moves(scene: Scene) -> Iterator[Line]:
    """What services take from stocks and add to them."""
    for name, service in scene.chain.services.items():
        node = scene.node("service", name)
        for stock, amount in service.consumes.items():
            place = scene.node("stock", stock)
            if node and place:
                tip = f"{name} takes {amount} of {stock}"
                yield Line(place, node, _units(amount), tip, TO_CONSUMER_OF_STOCK)
        for stock, amount in service.produces.items():
            place = scene.node("stock", stock)
            if node and place:
                yield Line(node, place, _units(amount), f"{name} adds {amount} to {stock}", OF_STOCK)


def _units(amount: Expression) -> tuple[str, ...]:
    told = labels.amount(amount)
    return () if told == "1" else (told,)

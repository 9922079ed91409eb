"""The process map: how requests flow through services, grouped by who provides them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import graphviz

from serviceflow.view import legend, nodes
from serviceflow.view.edges import LOST, lines, lost_lines
from serviceflow.view.format import clean, count
from serviceflow.view.kpi_lookup import Figures
from serviceflow.view.lines import Line, draw_lines, leading_back
from serviceflow.view.map_model import Before, Lost, Scene
from serviceflow.view.maps import Map
from serviceflow.view.render import digraph

if TYPE_CHECKING:
    import pandas as pd

    from serviceflow.model.chain import Chain

CHANGED = (
    "Blue links are quicker than before, orange ones slower. Thick frame or “changed”: what was changed."
)
DEEP = 8
"""Chains of more steps in a row than this are drawn from top to bottom."""


def process_map(
    chain: Chain,
    kpis: pd.DataFrame | None = None,
    *,
    lost: Lost | None = None,
    before: Before | None = None,
    caption: str = "",
) -> Map:
    """Map how requests flow through a chain.

    Services stand in the frame of their provider. Without results, links say who goes, when, and
    how long it takes. With results they say how many requests passed and how long they took; lines
    are as wide as many requests passed and as dark as they took long, services are colored by
    their share of all lost time, and where most time is lost there is a badge.

    Parameters
    ----------
    chain : Chain
        The chain to map. It need not be valid: links to unknown names are left out.
    kpis : pandas.DataFrame, optional
        Results as a tidy table (columns scope, name, measure, mean), times in the chain's unit.
    lost : Lost, optional
        Where time is lost. Without it services are colored by their share of all waiting, and nothing has a
        badge.
    before : Before, optional
        What the chain was before a change: figures read from what to what, and colors say what is better.
    caption : str
        A line under the title, such as the run that the figures are from.

    Raises
    ------
    FiguresError
        When the table lacks a column or is of several scenarios.
    """
    scene = Scene(chain, Figures.of(kpis), lost, before)
    drawn = lines(scene)
    forward = leading_back([(line.tail, line.head) for line in drawn])
    flow = [(line.tail, line.head) for number_, line in enumerate(drawn) if number_ not in forward]
    rankdir = "TB" if _depth(flow) > DEEP else "LR"
    title = clean(chain.name) or "Service chain"
    drawing = digraph(f"{title}: process map", legend.heading(title, caption, _legend(scene)), rankdir)
    _place_nodes(drawing, scene, drawn)
    draw_lines(drawing, drawn, rankdir)
    return Map(f"{title}: process map", _inventory(chain), str(drawing.source))


def _place_nodes(drawing: graphviz.Digraph, scene: Scene, drawn: Sequence[Line]) -> None:
    """Providers' frames with what stands in them, then what stands outside."""
    homes = {
        node: index for index, one in enumerate(scene.chain.providers) for node, _ in _members(scene, one)
    }
    ends = [(line, homes.get(line.tail)) for line in drawn if line.ends or line.loses]
    for index, provider in enumerate(scene.chain.providers):
        with drawing.subgraph(name=f"cluster{index}") as frame:
            frame.attr(**nodes.frame(scene, provider))
            for node, looks in list(_members(scene, provider)) or [(f"idle{index}", nodes.SHARED)]:
                frame.node(node, **looks)
            _place_ends(frame, [line for line, home in ends if home == index])
            for label in _labels_within(drawn, homes, ends, index):
                frame.node(label)
    for node, looks in _members(scene, None):
        drawing.node(node, **looks)
    _place_ends(drawing, [line for line, home in ends if home is None])
    for name in scene.chain.stocks:
        drawing.node(str(scene.node("stock", name)), **nodes.stock(scene, name))


def _place_ends(frame: graphviz.Digraph, drawn: Iterable[Line]) -> None:
    """The ends of lines stand where these come from."""
    for line in drawn:
        if line.ends:
            frame.node(line.head, **nodes.END)
        else:
            kind = next(kind for kind, letter in LOST.items() if line.head.endswith(letter))
            frame.node(line.head, **nodes.gone(kind))


def _labels_within(
    drawn: Sequence[Line],
    homes: Mapping[str, int],
    ends: Iterable[tuple[Line, int | None]],
    index: int,
) -> Iterator[str]:
    """The nodes of labels on lines that stay in a frame."""
    whole = dict(homes) | {line.head: home for line, home in ends if home is not None}
    for number_, line in enumerate(drawn):
        if line.label and whole.get(line.tail) == whole.get(line.head) == index:
            yield f"label{number_}"


def _members(scene: Scene, provider: str | None) -> Iterator[tuple[str, nodes.Looks]]:
    """The services of a provider, and the consumer of the same name; for None those of no provider."""
    for name in scene.chain.services:
        if scene.place(name) == provider:
            yield str(scene.node("service", name)), nodes.service(scene, name)
    for name in scene.chain.consumers:
        if (name if name in scene.chain.providers else None) == provider:
            yield str(scene.node("consumer", name)), nodes.consumer(scene, name)


def _inventory(chain: Chain) -> str:
    counts = {
        "provider": len(chain.providers),
        "service": len(chain.services),
        "link": len(chain.handoffs) + len(chain.calls),
    }
    return ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for what, count in counts.items())


def _legend(scene: Scene) -> list[str]:
    shapes = " ".join(_shapes(scene))
    if not scene.figures:
        return legend.remarks(f"{shapes} ~ marks the mean of a distribution.")
    if scene.before is not None:
        widest = f"On links: requests · mean time. Width: requests (widest: {count(scene.most)})."
        return [legend.change_legend(), *legend.remarks(CHANGED, widest, shapes)]
    scales = [legend.share_legend(scene.share_bounds, "waiting" if scene.lost is None else "lost time")]
    if scene.delay_bounds:
        scales.append(legend.delay_legend(scene.delay_bounds, scene.unit))
    widest = f"On links: requests · mean time. Width: requests (widest: {count(scene.most)})."
    return [*scales, *legend.remarks(widest, shapes, _verdict(scene))]


def _verdict(scene: Scene) -> str:
    if scene.lost is None:
        return ""
    if not scene.lost.most:
        return "No time is lost."
    if len(scene.lost.most) == 1:
        return "Badge: where most time is lost per completed request."
    return "Badges: where most time is lost per completed request; the runs cannot tell which loses more."


def _shapes(scene: Scene) -> Iterator[str]:
    yield "Inverted colors: consumer. Frame: provider."
    if any(scene.place(name) is None for name in scene.chain.services):
        yield "Dashed box: service without staff."
    if scene.chain.calls:
        yield "Dashed link: call."
    lost = any(handoff.after != "finished" for handoff in scene.chain.handoffs.values())
    if lost or any(True for _ in lost_lines(scene)):
        yield "Red or dashed: given up or refused."
    if scene.chain.stocks:
        yield "Cylinder: stock."


def _depth(flow: Iterable[tuple[str, str]]) -> int:
    """How many steps follow each other, from those that nothing leads to; circles count once."""
    following: dict[str, list[str]] = {}
    for tail, head in flow:
        following.setdefault(tail, []).append(head)
    reached = {head for heads in following.values() for head in heads}
    layer = [node for node in following if node not in reached] or list(following)[:1]
    seen, depth = set(layer), -1
    while layer:
        heads = dict.fromkeys(head for node in layer for head in following.get(node, ()))
        layer = [head for head in heads if head not in seen]
        seen.update(layer)
        depth += 1
    return max(depth, 0)

"""The maps in the page: the library's drawings with ids of their own, and each part named for scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup

from serviceflow.analysis.bottlenecks import bottlenecks
from serviceflow.model.chain import Chain
from serviceflow.results.results import Results
from serviceflow.view.edges import lines
from serviceflow.view.kpi_lookup import Figures
from serviceflow.view.map_model import Lost, Scene
from serviceflow.view.process_map import process_map
from serviceflow.view.render import DrawingError
from serviceflow.view.report.maps_zh import texts_in_chinese
from serviceflow.view.report.source import Source
from serviceflow.view.report.texts import name
from serviceflow.view.service_map import service_map

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
MOST = 4
"""Scenarios whose maps are in the file, beside the last one, which often puts the others together."""

Element = ElementTree.Element


@dataclass(frozen=True)
class Drawing:
    """A map in the page.

    Attributes
    ----------
    id : str
        What the ids of its parts begin with.
    scenario : Text
    kind : str
        "process" or "service".
    svg : Markup
    width, height : float
        In points.
    view, shift : str
        What of the plane is shown, and how the map's own points lie in it.
    nodes : mapping
        Kind and name of an element to the middle and the half sizes of its box, in the map's own points.
    """

    id: str
    scenario: Any
    kind: str
    svg: Markup
    width: float
    height: float
    nodes: dict[tuple[str, str], tuple[float, float, float, float]]
    view: str = ""
    shift: str = ""


def maps(source: Source) -> list[Drawing]:
    """The map of how work flowed of each scenario, and of who served whom; none where none can be drawn."""
    try:
        return list(_maps(source))
    except DrawingError:
        return []


def _maps(source: Source) -> Iterator[Drawing]:
    for place, (scenario, results) in enumerate(source.results.items()):
        if place < MOST or place == len(source.results) - 1:
            yield _process(scenario, results, f"m{place}")
    drawn = service_map(source.chain, source.main.kpis)
    yield _drawing("s0", source.names[0], "service", _parsed(drawn.svg), {}, {}, names_of(source.chain))


def _process(scenario: str, results: Results, prefix: str) -> Drawing:
    chain, lost = results.chain, Lost.of(bottlenecks(results))
    root = _parsed(process_map(chain, results.kpis, lost=lost).svg)
    return _drawing(prefix, scenario, "process", root, nodes_of(chain), links_of(chain), names_of(chain))


def map_of(chain: Chain) -> Drawing | None:
    """The map of a chain without figures; None where it cannot be drawn."""
    try:
        root = _parsed(process_map(chain).svg)
    except DrawingError:
        return None
    return _drawing("m0", chain.name, "process", root, nodes_of(chain), links_of(chain), names_of(chain))


def _parsed(svg: str) -> Element:
    return ElementTree.fromstring(svg[svg.index("<svg") :])


def nodes_of(chain: Chain) -> dict[str, tuple[str, str]]:
    """Kind and name of the element that each node, or frame, of a process map stands for."""
    scene = Scene(chain, Figures.of(None))
    found = {node: key for key, node in scene._nodes.items()}
    frames = {f"cluster{place}": ("provider", one) for place, one in enumerate(chain.providers)}
    return found | frames


def names_of(chain: Chain) -> frozenset[str]:
    """Every name of an element, as it may stand in a drawing."""
    kinds = (chain.services, chain.providers, chain.consumers, chain.stocks)
    return frozenset(name(one).en for kind in kinds for one in kind)


def links_of(chain: Chain) -> dict[str, str]:
    """What the line of a process map that each id stands for is called: a link, or who enters."""
    drawn = lines(Scene(chain, Figures.of(None)))
    known = sorted((*map(str, chain.handoffs), *map(str, chain.calls)), key=len, reverse=True)
    return {line.id: _called(line.tooltip, known) for line in drawn}


def _called(tooltip: str, links: list[str]) -> str:
    """The link that a tooltip begins with, or all that it says."""
    return next((link for link in links if tooltip.startswith(link)), tooltip)


def _drawing(
    prefix: str,
    scenario: str,
    kind: str,
    root: Element,
    nodes: dict[str, tuple[str, str]],
    links: dict[str, str],
    names: frozenset[str],
) -> Drawing:
    graph = next(iter(root.iter(f"{{{SVG}}}g")), None)
    shift = "" if graph is None else graph.get("transform", "")
    sizes = [float(re.sub("[^0-9.]", "", root.get(side, "0"))) for side in ("width", "height")]
    places: dict[tuple[str, str], tuple[float, float, float, float]] = {}
    for group in root.iter(f"{{{SVG}}}g"):
        _annotate(group, prefix, nodes, links, places)
    for element in root.iter():
        element.attrib.pop(XML_SPACE, None)
        _harmless(element)
    _translate(root, names)
    root.attrib.pop("width", None)
    root.attrib.pop("height", None)
    root.set("class", "map-svg")
    root.set("data-map", prefix)
    root.set("preserveAspectRatio", "xMidYMin meet")
    view = root.get("viewBox", "")
    return Drawing(prefix, name(scenario), kind, _written(root), sizes[0], sizes[1], places, view, shift)


def _translate(root: Element, names: frozenset[str]) -> None:
    """Beside every text that is no name the same in Chinese; the page shows one of the two."""
    told = {id(element): chinese for element, chinese in texts_in_chinese(root, names)}
    for parent in list(root.iter(f"{{{SVG}}}g")):
        for place, element in reversed(list(enumerate(parent))):
            if id(element) in told:
                _beside(parent, place, element, told[id(element)])


def _beside(parent: Element, place: int, element: Element, chinese: str) -> None:
    if chinese == element.text:
        return
    twin = ElementTree.Element(element.tag, dict(element.attrib))
    twin.text = chinese
    for one, language in ((element, "en"), (twin, "zh")):
        one.set("class", language)
        one.set("lang", language)
    parent.insert(place + 1, twin)


def _annotate(
    group: Element,
    prefix: str,
    nodes: dict[str, tuple[str, str]],
    links: dict[str, str],
    places: dict[tuple[str, str], tuple[float, float, float, float]],
) -> None:
    """An id that no other map has, and whose part of the drawing it is."""
    own = group.get("id", "")
    title = group.find(f"{{{SVG}}}title")
    if own:
        group.set("id", f"{prefix}-{own}")
    if title is None:
        return
    key = nodes.get(title.text or "")
    if key is not None:
        group.set("data-kind", key[0])
        group.set("data-name", name(key[1]).en)
        if (box := _box(group)) is not None:
            places[key] = box
    elif group.get("class") == "edge" and own in links:
        group.set("data-kind", "link")
        group.set("data-name", name(links[own]).en)
    group.remove(title)


def _box(group: Element) -> tuple[float, float, float, float] | None:
    """Middle and half sizes of the first outline in a group."""
    for shape in group.iter():
        told = shape.get("points") or (shape.get("d") if shape.tag.endswith("path") else None)
        if told:
            numbers = [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", told)]
            xs, ys = numbers[::2], numbers[1::2]
            wide, high = max(xs) - min(xs), max(ys) - min(ys)
            return (min(xs) + wide / 2, min(ys) + high / 2, wide / 2, high / 2)
    return None


def _harmless(element: Element) -> None:
    """Tooltips become titles; nothing may refer to another place or carry a script or a style of its own."""
    tooltip = element.attrib.pop(f"{{{XLINK}}}title", None)
    for key in list(element.attrib):
        if key.endswith("href") or key == "style" or key.lower().startswith("on") or key == "target":
            element.attrib.pop(key)
    if tooltip is not None:
        title = ElementTree.Element(f"{{{SVG}}}title")
        title.text = tooltip
        element.insert(0, title)
    if element.tag == f"{{{SVG}}}a":
        element.tag = f"{{{SVG}}}g"


def _written(root: Element) -> Markup:
    ElementTree.register_namespace("", SVG)
    text = ElementTree.tostring(root, encoding="unicode")
    text = re.sub(r' font-family="[^"]*"', "", text)
    text = re.sub(r"\n+", "\n", text)
    return Markup(re.sub(r"(?<=\d)\.(\d)\d*(?=[ ,\"CLMQ])", r".\1", text))

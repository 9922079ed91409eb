"""The SVG of a map as others use it: each line is one part, with one path, its marks and its label."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from serviceflow.view.lines import BACK, FIRST, LABEL, SECOND, WHOLE

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
_PIECE = re.compile(rf"(.*)({WHOLE}|{FIRST}|{SECOND}){BACK}?")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")

Element = ElementTree.Element
Points = list[tuple[float, float]]


def with_whole_lines(svg: str) -> str:
    """The same drawing with the pieces of each line, and its label, in one group that has the line's id.

    The path of a line leads from where it starts to where it leads, also beneath its label.
    """
    root = ElementTree.fromstring(svg.encode("utf-8"))
    groups = list(root.iter(f"{{{SVG}}}g"))
    for group in groups:
        if "class" not in group.attrib:  # around a tooltip
            group.attrib.pop("id", None)
    for parent in groups:
        _join(parent)
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    return HEAD + ElementTree.tostring(root, encoding="unicode")


def _join(parent: Element) -> None:
    pieces: dict[str, dict[str, Element]] = {}
    for group in parent.findall(f"{{{SVG}}}g"):
        found = _PIECE.fullmatch(group.get("id", ""))
        if found and group.get("class") == "edge":
            pieces.setdefault(found[1], {})[found[2]] = group
    labels = {group.get("id", ""): group for group in parent.findall(f"{{{SVG}}}g")}
    for name, own in pieces.items():
        whole = own.get(WHOLE)
        if whole is None:
            whole = _joined(parent, own[FIRST], own[SECOND], labels.get(f"{name}{LABEL}"))
        elif whole.get("id", "").endswith(BACK):
            _turn(next(whole.iter(f"{{{SVG}}}path")))
        whole.set("id", name)


def _joined(parent: Element, first: Element, second: Element, label: Element | None) -> Element:
    """The first half with what the second has; its path is the whole one."""
    paths = [next(group.iter(f"{{{SVG}}}path")) for group in (first, second)]
    backward = [group.get("id", "").endswith(BACK) for group in (first, second)]
    ways = [
        _points(path)[::-1] if back else _points(path) for path, back in zip(paths, backward, strict=True)
    ]
    paths[0].set("d", _written(_linked(*ways)))
    inner = _inside(first)
    for shape in list(_inside(second)):
        if shape is not paths[1]:
            inner.append(shape)
    parent.remove(second)
    if label is not None:
        parent.remove(label)
        label.set("class", "label")
        for title in label.findall(f"{{{SVG}}}title"):
            label.remove(title)
        first.append(label)
    return first


def _inside(group: Element) -> Element:
    """What holds the shapes of a line: the link around them, where it has a tooltip."""
    return next(group.iter(f"{{{SVG}}}a"), group)


def _turn(path: Element) -> None:
    path.set("d", _written(_points(path)[::-1]))


def _points(path: Element) -> Points:
    numbers = [float(one) for one in _NUMBER.findall(path.get("d", ""))]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _linked(one: Points, other: Points) -> Points:
    """Two curves, with a straight line from the end of the first to the start of the other."""
    return [*one, one[-1], other[0], other[0], *other[1:]]


def _written(points: Iterable[tuple[float, float]]) -> str:
    (start, *rest) = [f"{x:g},{y:g}" for x, y in points]
    return f"M{start}C{' '.join(rest)}"

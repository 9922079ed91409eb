"""Run as a program: DOT on standard input, a drawing on standard output.

Graphviz is C: it writes its remarks to standard error, is not safe among threads, and where it
fails it ends the process. So it gets a process of its own (see :mod:`serviceflow.view.render`).

It is laid out twice: ``dot`` puts everything in its place; then the captions of frames stand in the way
like boxes, and lines are led around all that is there.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from typing import Any

import pygraphviz

MARGINS = ("+6", "+3", "+1")
"""How far lines stay away from boxes, in points: less where these stand too close to each other."""
TOO_CLOSE = b"falling back to straight line"
TALLEST = 0.8
"""Of a caption, what lines have to go around: frames leave little room beneath it."""
FEW = 90
"""With more boxes than this each line is led around those near it: all at once take their cube in time."""
REACH, ROUNDS = 60.0, 5
"""How far around its ends a line looks for boxes, in points, and how often again for those beyond."""
INCH = 72.0
KEPT = ("dir", "arrowhead", "arrowtail", "arrowsize", "penwidth", "tailport", "headport")

Box = tuple[float, float, float, float]


def main() -> None:
    """Draw in the format named by the first argument; more arguments are graph attributes."""
    kind, *attributes = sys.argv[1:]
    graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode("utf-8"))
    for attribute in attributes:
        name, _, value = attribute.partition("=")
        graph.graph_attr[name] = value
    if _told(graph, "lines") == "around":
        graph.graph_attr["splines"] = "line"
        sys.stdout.buffer.write(lead_around(graph, kind))
    else:
        sys.stdout.buffer.write(graph.draw(format=kind, prog="dot"))


def lead_around(graph: pygraphviz.AGraph, kind: str) -> bytes:
    """The drawing with lines that keep away from boxes and captions."""
    graph.layout(prog="dot")
    _put_captions_in_the_way(graph)
    if graph.number_of_nodes() > FEW:
        for edge in graph.edges(keys=True):
            graph.get_edge(*edge).attr["pos"] = ""
        boxes = {str(node): _box(graph.get_node(node)) for node in graph.nodes()}
        for edge in graph.edges(keys=True):
            _lead_one_around(graph.get_edge(*edge), boxes)
        found: bytes = graph.draw(format=kind, prog="nop2")
        return found
    return _all_at_once(graph.string(), kind)


def _all_at_once(placed: str, kind: str) -> bytes:
    drawn = b""
    for margin in MARGINS:
        graph = pygraphviz.AGraph(string=placed)
        for edge in graph.edges(keys=True):
            graph.get_edge(*edge).attr["pos"] = ""
        graph.graph_attr.update(splines="true", esep=margin, sep=margin)
        drawn, remarks = _quietly(partial(graph.draw, format=kind, prog="nop"))
        if TOO_CLOSE not in remarks:
            break
    return drawn


def _lead_one_around(edge: pygraphviz.Edge, boxes: dict[str, Box]) -> None:
    """Lead a line around the boxes near it, and once more around those that it met farther away."""
    ends = [str(edge[0]), str(edge[1])]
    reach = _around([boxes[end] for end in ends], REACH)
    near = {name for name, box in boxes.items() if _meet(box, reach)} | set(ends)
    for _ in range(ROUNDS):
        edge.attr["pos"] = _way(edge, ends, {name: boxes[name] for name in near})
        points = _points(edge.attr["pos"])
        met = {name for name, box in boxes.items() if name not in near and _hit(points, box)}
        if not met:
            return
        near |= met


def _way(edge: pygraphviz.Edge, ends: list[str], near: dict[str, Box]) -> str:
    for margin in MARGINS:
        local = pygraphviz.AGraph(directed=True)
        local.graph_attr.update(splines="true", esep=margin, sep=margin, notranslate="true")
        for name, (left, low, right, high) in near.items():
            size = {"width": (right - left) / INCH, "height": (high - low) / INCH}
            local.add_node(
                name,
                pos=f"{(left + right) / 2},{(low + high) / 2}",
                shape="box",
                fixedsize=True,
                label="",
                **size,
            )
        local.add_edge(*ends, **{name: edge.attr[name] for name in KEPT if edge.attr[name]})
        _, remarks = _quietly(partial(local.layout, prog="nop"))
        if TOO_CLOSE not in remarks:
            break
    return str(local.get_edge(*ends).attr["pos"])


def _box(node: pygraphviz.Node) -> Box:
    x, y = (float(one) for one in node.attr["pos"].rstrip("!").split(","))
    wide, high = (INCH * float(node.attr[name]) / 2 for name in ("width", "height"))
    return (x - wide, y - high, x + wide, y + high)


def _around(boxes: list[Box], reach: float) -> Box:
    lefts, lows, rights, highs = zip(*boxes, strict=True)
    return (min(lefts) - reach, min(lows) - reach, max(rights) + reach, max(highs) + reach)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _points(pos: str) -> list[tuple[float, float]]:
    """Points along a line, close enough to each other that none jumps over a box."""
    corners = [one.split(",") for one in pos.split() if one[0] not in "es"]
    curve = [(float(x), float(y)) for x, y in corners]
    found = []
    for first in range(0, len(curve) - 3, 3):
        for part in range(33):
            t = part / 32
            shares = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            pairs = list(zip(shares, curve[first : first + 4], strict=True))
            found.append((sum(s * x for s, (x, _) in pairs), sum(s * y for s, (_, y) in pairs)))
    return found


def _hit(points: list[tuple[float, float]], box: Box) -> bool:
    return any(box[0] < x < box[2] and box[1] < y < box[3] for x, y in points)


def _put_captions_in_the_way(graph: pygraphviz.AGraph) -> None:
    for number, frame in enumerate(graph.subgraphs()):
        told = {name: _told(frame, name) for name in ("lp", "lwidth", "lheight")}
        if all(told.values()):
            size = {"width": told["lwidth"], "height": f"{TALLEST * float(told['lheight']):.3f}"}
            looks = {"shape": "box", "fixedsize": "true", "label": "", "style": "invis"}
            graph.add_node(f"caption{number}", pos=told["lp"], **size, **looks)


def _told(graph: pygraphviz.AGraph, name: str) -> str:
    """An attribute of a graph, "" if nothing in it has such an attribute."""
    try:
        return graph.graph_attr[name] or ""
    except KeyError:
        return ""


def _quietly(work: Callable[[], Any]) -> tuple[Any, bytes]:
    """What some work gives, and what Graphviz said meanwhile."""
    with tempfile.TemporaryFile() as remarks:
        usual = os.dup(2)
        os.dup2(remarks.fileno(), 2)
        try:
            found = work()
        finally:
            os.dup2(usual, 2)
            os.close(usual)
        remarks.seek(0)
        return found, remarks.read()


if __name__ == "__main__":
    main()

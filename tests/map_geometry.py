"""What lies upon what on a map: boxes, captions, labels and lines as its SVG has them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import combinations, pairwise

SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
WIDE = 0.5
"""A letter's width as a share of its size, at most, in the mean of a word."""
TOUCH = 1.0
"""What lies upon each other by less than so many points only touches."""
Box = tuple[float, float, float, float]
Point = tuple[float, float]


def boxes(svg: str) -> dict[str, Box]:
    """Extents (left, top, right, bottom) of services, consumers, stocks, ends, labels and captions by id."""
    found: dict[str, Box] = {}
    for group in ET.fromstring(svg.encode()).iter(f"{SVG}g"):
        kind, name = group.get("class"), group.get("id", "")
        if kind in ("node", "label"):
            points = [point for shape in group.iter() for point in outline(shape)] or [*written(group)]
            if points:
                found[name] = around(points)
        elif kind == "cluster":
            found[f"{name}:caption"] = around(list(written(group)))
    return found


def outline(shape: ET.Element) -> list[Point]:
    if shape.tag.endswith("ellipse"):
        x, y, wide, high = (float(shape.get(name, 0)) for name in ("cx", "cy", "rx", "ry"))
        return [(x - wide, y - high), (x + wide, y + high)]
    told = shape.get("points") or (shape.get("d") if shape.tag.endswith("path") else None)
    numbers = [float(one) for one in NUMBER.findall(told or "")]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def written(group: ET.Element) -> Iterator[Point]:
    """Corners of the texts of a group."""
    for text in group.iter(f"{SVG}text"):
        size, x, y = (float(text.get(name, 0)) for name in ("font-size", "x", "y"))
        wide = sum(2 if ord(one) > 0x2E7F else 1 for one in text.text or "") * WIDE * size
        left = x - wide / 2 if text.get("text-anchor") == "middle" else x
        yield from ((left, y - 0.75 * size), (left + wide, y + 0.2 * size))


def around(points: list[Point]) -> Box:
    xs, ys = zip(*points, strict=True)
    return (min(xs), min(ys), max(xs), max(ys))


def overlapping(svg: str) -> list[tuple[str, str]]:
    """Boxes, labels and captions that lie upon each other."""
    return [
        (one, other)
        for (one, a), (other, b) in combinations(boxes(svg).items(), 2)
        if min(a[2], b[2]) - max(a[0], b[0]) > TOUCH and min(a[3], b[3]) - max(a[1], b[1]) > TOUCH
    ]


def lines(svg: str) -> dict[str, list[Point]]:
    """Points along each line by its id."""
    found = {}
    for group in ET.fromstring(svg.encode()).iter(f"{SVG}g"):
        if group.get("class") == "edge":
            path = next(group.iter(f"{SVG}path"))
            found[group.get("id", "")] = along(outline(path))
    return found


def along(points: list[Point], parts: int = 12) -> list[Point]:
    """Points on a chain of cubic curves."""
    found = []
    for first in range(0, len(points) - 3, 3):
        a, b, c, d = points[first : first + 4]
        for part in range(parts + 1):
            t = part / parts
            shares = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            pairs = list(zip(shares, (a, b, c, d), strict=True))
            found.append((sum(s * x for s, (x, _) in pairs), sum(s * y for s, (_, y) in pairs)))
    return found


def run_over(svg: str) -> list[tuple[str, str]]:
    """Lines that run over a box, a caption or another line's label; the boxes at their ends apart."""
    places = boxes(svg)
    found = []
    for name, points in lines(svg).items():
        ends = {key for key, box in places.items() if near(points[0], box) or near(points[-1], box)}
        for key, box in places.items():
            if (
                key != f"{name}:label"
                and key not in ends
                and any(inside(point, box) for point in dense(points))
            ):
                found.append((name, key))
    return found


def loose(svg: str) -> list[str]:
    """Lines that do not start and end at a box."""
    places = boxes(svg).values()
    return [
        name
        for name, points in lines(svg).items()
        if not all(any(near(end, box) for box in places) for end in (points[0], points[-1]))
    ]


def dense(points: list[Point], parts: int = 4) -> Iterator[Point]:
    """More points between points."""
    for (x, y), (to_x, to_y) in pairwise(points):
        for part in range(parts + 1):
            yield (x + (to_x - x) * part / parts, y + (to_y - y) * part / parts)


def inside(point: Point, box: Box) -> bool:
    return box[0] + TOUCH < point[0] < box[2] - TOUCH and box[1] + TOUCH < point[1] < box[3] - TOUCH


def near(point: Point, box: Box, reach: float = 18.0) -> bool:
    """Whether a line ends at a box, or before it by its arrowhead."""
    return box[0] - reach <= point[0] <= box[2] + reach and box[1] - reach <= point[1] <= box[3] + reach

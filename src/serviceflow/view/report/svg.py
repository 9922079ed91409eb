"""Charts as SVG text: sharp in print, readable without JavaScript, colored by the style sheet."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from serviceflow.units import UNITS
from serviceflow.view.format import clip, width
from serviceflow.view.report.texts import Text, in_scale, scale_of, text

LETTER = 6.3
"""Width of a letter at the size of small texts, in points: generous, so that texts fit in any font."""


def tag(kind: str, *inner: object, **attributes: object) -> Markup:
    """An element; ``class_`` and ``data_name`` are written ``class`` and ``data-name``, None is left out."""
    given = "".join(
        f' {_attribute(key)}="{escape(_plain(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{kind}{given}>{''.join(map(escape, inner))}</{kind}>")


def _attribute(key: str) -> str:
    written = key.rstrip("_").replace("__", ":").replace("_", "-")
    return "viewBox" if written == "viewbox" else written


def _plain(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return value


def chart(wide: float, high: float, *inner: object, label: str, kind: str = "") -> Markup:
    """A drawing, named by the element whose id is `label`."""
    return tag(
        "svg",
        *inner,
        viewbox=f"0 0 {wide:g} {high:g}",
        role="img",
        aria_labelledby=label,
        class_=f"chart {kind}".strip(),
    )


def box(x: float, y: float, wide: float, high: float, kind: str, **more: object) -> Markup:
    """A rectangle; nothing is drawn with negative sizes."""
    return tag("rect", x=x, y=y, width=max(wide, 0.0), height=max(high, 0.0), class_=kind, **more)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def dot(x: float, y: float, radius: float, kind: str) -> Markup:
    """A disc."""
    return tag("circle", cx=x, cy=y, r=radius, class_=kind)


def words(x: float, y: float, said: object, kind: str = "", anchor: str = "start") -> Markup:
    """A text, in both languages where they differ."""
    shown = text(said)
    place = {"x": x, "y": y, "text_anchor": None if anchor == "start" else anchor}
    if shown.en == shown.zh:
        return tag("text", shown.en, class_=kind or None, **place)
    pair = (("en", shown.en), ("zh", shown.zh))
    return Markup("").join(
        tag("text", one, class_=f"{language} {kind}".strip(), lang=language, **place)
        for language, one in pair
    )


def fitting(said: object, room: float, letter: float = LETTER) -> Text:
    """A text cut to the room there is; nothing where not even a few letters have room."""
    columns = int(room / letter)
    shown = text(said)
    return Text(*(_cut(one, columns) for one in (shown.en, shown.zh)))


def _cut(one: str, columns: int) -> str:
    if columns < 4:
        return one if width(one) <= columns else ""
    return clip(one, columns)


def hint(said: object) -> Markup:
    """What is shown when one points at the element that it stands in."""
    shown = text(said)
    return tag("title", shown.en if shown.en == shown.zh else f"{shown.en} · {shown.zh}")


def path(points: Iterable[tuple[float, float]], kind: str) -> Markup:
    """A line through points."""
    steps = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return tag("polyline", points=steps, class_=kind)


def marks(points: Iterable[tuple[float, float]], kind: str) -> Markup:
    """Many dots as one element: strokes without length, with round ends."""
    return tag("path", d="".join(f"M{x:.1f} {y:.1f}h0" for x, y in points), class_=kind)


CLOCK_STEPS = (
    *(1e-3, 0.01, 0.1, 1, 10, 60, 300, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 172800, 604800),
    *(1209600, 2419200, 4838400, 14515200, 31449600),
)
"""Seconds between round instants."""


def clock_ticks(first: float, last: float) -> tuple[Sequence[float], bool]:
    """Round instants between two, in seconds from time 0, which is a midnight; and if they are days."""
    step = next((one for one in CLOCK_STEPS if (last - first) / one <= 5), CLOCK_STEPS[-1])
    start = math.ceil(first / step)
    return tuple(step * at for at in range(start, math.floor(last / step) + 1)), step >= 86400


def time_ticks(most: float, unit: str, steps: int = 5) -> list[tuple[float, Text]]:
    """Times in `unit`, from 0 on, with labels: round numbers of the unit in which the longest is told."""
    scale, size = scale_of(most * UNITS[unit])
    found = ticks(most * UNITS[unit] / size, steps)
    return [(tick * size / UNITS[unit], in_scale(tick, scale, 3) if tick else text("0")) for tick in found]


def ticks(most: float, steps: int = 5) -> Sequence[float]:
    """Round numbers from 0 to at most `most`."""
    if not most > 0:
        return (0.0,)
    rough = most / steps
    power = 1.0
    while power > rough:
        power /= 10
    while power * 10 <= rough:
        power *= 10
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    return tuple(step * place for place in range(int(most / step + 1e-9) + 1))

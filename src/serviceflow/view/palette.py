"""Colors that color-blind readers can tell apart, on light and on dark.

Sequential scales are from ColorBrewer (YlOrBr and PuBu), whose lightness falls step by step, so
that they also read in gray. Causes of waiting have middling lightness, at least 3 : 1 against
white and against black, and every second one is hatched, so that color never stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

WAITING = ("#f4f3ef", "#fee391", "#fec44f", "#fda947", "#c44a02", "#8c2d04")
"""No waiting to the most waiting: fills of services."""

DELAY = ("#adc0d2", "#78b9e3", "#2b78ad", "#034a77")
"""Short to long: lines of links."""

CHANGES = {"better": "#a8d3ee", "worse": "#f7b98f", "": "#f4f3ef"}
"""Fills of services after a change, by what the runs can tell of their waiting."""

PAPER = "#ffffff"
INK = "#1d2125"
FAINT = "#5b6570"
RULE = "#b9c0c7"
CLUSTER = "#f0f2f5"
ALARM = "#c2185b"
"""Where most time is lost. Magenta is on none of the scales."""
MET, MISSED = "#0067a5", "#c24e00"
"""Blue and vermilion: a promise kept, a promise broken."""

CAUSES: dict[str, tuple[str, str]] = {
    "contention": ("#d55e00", ""),
    "prioritization": ("#b8860b", "//"),
    "off_shift": ("#3f7cbf", ""),
    "carried_over": ("#2a8c9e", "||"),
    "outage": ("#8c6bb1", "xx"),
    "held": ("#c2538b", ""),
    "partner": ("#4f9e8f", "\\\\"),
    "stock": ("#2c9a4b", ""),
    "batch": ("#8a8d2f", "--"),
    "call": ("#b5533c", ".."),
    "join": ("#7f858c", "++"),
}
"""Color and hatch of each cause of waiting: the same in every chart."""

LOST: dict[str, tuple[str, str]] = {
    **CAUSES,
    "dispatch": ("#4f6fd0", "//"),
    "delay": ("#7890a8", ".."),
    "clarification": ("#a2703e", "xx"),
    "paused: off_shift": ("#3f7cbf", "///"),
    "paused: outage": ("#8c6bb1", "\\\\\\"),
    "paused: preempted": ("#b8860b", "xxx"),
    "paused: call": ("#b5533c", "++"),
    "blocked": ("#a85f78", "**"),
}
"""Every way to lose time, as the tables name it: waiting, on the way, work that stands still, blocked."""

OTHER = ("#7f858c", "oo")
BUSY, OVERTIME = "#3f7cbf", "#d55e00"
SERIES = ("#0067a5", "#c24e00", "#2c9a4b", "#8c6bb1", "#b8860b", "#7f858c")
"""Colors of lines that are told apart by their marks, too."""
MARKS = ("o", "s", "^", "D", "v", "P")


THEMES = ("light", "dark")
_NAMED_COLOR = re.compile(r'(?<![\w\\])((?:bg|fill|font)?color="?)(#[0-9a-f]{6})\b', re.IGNORECASE)


def in_dark(color: str) -> str:
    """The color on dark ground: light becomes dark, the hue stays: CSS ``invert``, ``hue-rotate``."""
    parts = [0.95 - 0.9 * int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    turned = (sum(share * part for share, part in zip(row, parts, strict=True)) for row in _HALF_TURN)
    return "#" + "".join(f"{round(255 * min(max(part, 0.0), 1.0)):02x}" for part in turned)


_HALF_TURN = ((-0.574, 1.430, 0.144), (0.426, 0.430, 0.144), (0.426, 1.430, -0.856))
"""Turns red, green and blue by half of the circle of hues."""


def drawing_in_dark(dot: str) -> str:
    """A drawing in Graphviz's language in the colors of a dark theme; names that look like colors stay.

    In a label, quotation marks within texts are entities, and elsewhere they have a backslash: only what
    serviceflow wrote reads ``color="#..."``.
    """
    return _NAMED_COLOR.sub(lambda found: found[1] + in_dark(found[2]), dot)


def luminance(color: str) -> float:
    """Relative luminance of ``#rrggbb``, 0 for black to 1 for white (WCAG 2.2)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colors, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(fill: str) -> str:
    """Black or white, whichever is easier to read on `fill`."""
    return max((INK, PAPER), key=lambda ink: contrast(ink, fill))


def step(value: float, bounds: Sequence[float]) -> int:
    """The step of a scale in which `value` lies: how many of the rising `bounds` it reaches."""
    return sum(value >= bound for bound in bounds)

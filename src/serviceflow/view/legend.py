"""The heading of a map: its title, and a legend that explains what is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from serviceflow.view import palette
from serviceflow.view.format import share, time, wrap
from serviceflow.view.render import font, markup, table

NICE_SECONDS = (
    *(1, 2, 5, 10, 20, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 15, 20, 30)),
    *(3600 * hours for hours in (1, 2, 4, 8, 12)),
    *(86400 * days for days in (1, 2, 4, 7, 14, 28, 60, 120, 365)),
)


GAP = '<TD WIDTH="8"></TD>'
"""Between the name of a scale and its colors."""


def heading(title: str, caption: str, rows: Iterable[str]) -> str:
    """Title, caption and the rows of the legend as one HTML-like label."""
    lines = [font(markup(line), 15, bold=True) for line in wrap(title, 60, 2)]
    lines += [font(markup(line), 9.5, palette.FAINT) for line in wrap(caption, 95, 2) if line]
    return f"<{table([*map(_across, lines), *rows])}>"


def remarks(*texts: str) -> list[str]:
    """Lines of explanation."""
    lines = [line for text in texts for line in wrap(text, 95, 4) if line]
    return [_across(font(markup(line), 9, palette.FAINT)) for line in lines]


def _across(line: str) -> str:
    return f'<TR><TD COLSPAN="3" ALIGN="LEFT">{line}</TD></TR>'


def swatches(name: str, colors: Sequence[str], labels: Sequence[str]) -> str:
    """A row of colored cells, each with its range in it."""
    cells = "".join(
        f'<TD BGCOLOR="{color}" WIDTH="44" BORDER="1" COLOR="{palette.RULE}">'
        f"{font(markup(label), 8.5, palette.ink_on(color))}</TD>"
        for color, label in zip(colors, labels, strict=True)
    )
    scale = f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="3"><TR>{cells}</TR></TABLE>'
    return f'<TR><TD ALIGN="LEFT">{font(markup(name), 9)}</TD>{GAP}<TD ALIGN="LEFT">{scale}</TD></TR>'


def ranges(bounds: Sequence[str]) -> list[str]:
    """The labels of the steps between rising bounds, given as texts."""
    between = [f"{low} – {high}" for low, high in pairwise(bounds)]
    return [f"< {bounds[0]}", *between, f"≥ {bounds[-1]}"]


def share_bounds(largest: float, steps: int = len(palette.WAITING)) -> list[float]:
    """Rising bounds of the steps of a scale for shares, each twice the one before.

    They depend only on the order of magnitude of the largest, so that maps of a chain and of its
    redesign mostly share one scale.
    """
    top = next((bound for bound in (0.8, 0.4, 0.2, 0.1) if largest >= bound), 0.05)
    return [top / 2**halvings for halvings in range(steps - 2, -1, -1)]


def share_legend(bounds: Sequence[float], what: str) -> str:
    """The legend of services' colors."""
    labels = ranges([share(bound) for bound in bounds])
    return swatches(f"Service: share of all {what}", palette.WAITING, labels)


def change_legend() -> str:
    """The legend of services' colors after a change."""
    labels = ("waits less", "waits longer", "no difference that could be told")
    return swatches("Service, before → after", list(palette.CHANGES.values()), labels)


def delay_bounds(delays: Iterable[float], seconds: float) -> list[float]:
    """Rising bounds, round times, that part the positive delays (in units of `seconds`) evenly in ratio."""
    positive = [delay * seconds for delay in delays if delay > 0]
    if not positive:
        return []
    low, high = min(positive), max(positive)
    wanted = [low * (high / low) ** (part / len(palette.DELAY)) for part in range(1, len(palette.DELAY))]
    nearest = {min(NICE_SECONDS, key=lambda nice: max(nice / want, want / nice)) for want in wanted}
    return sorted(bound / seconds for bound in nearest)


def delay_legend(bounds: Sequence[float], unit: str) -> str:
    """The legend of links' colors."""
    labels = ranges([time(bound, unit) for bound in bounds])
    return swatches("Link: time between services, mean", palette.DELAY[: len(labels)], labels)

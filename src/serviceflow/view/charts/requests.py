"""One request, or some, as bars over time: at work, and every way to lose time in its color."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.view import palette
from serviceflow.view.charts.style import (
    ChartError,
    Looks,
    axes_of,
    clock_axis,
    finish,
    ink,
    legend_beside,
    name_rows,
    open_frame,
    paper,
    places_of,
    rows_high,
    under,
)
from serviceflow.view.format import clip

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

WORK, SETUP = "work", "setup"
COLUMNS = ("row", "start", "length", "part")
MOST_ROWS = 40


def plot_requests(
    stretches: pd.DataFrame,
    *,
    start: dt.datetime,
    title: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw what happened to requests as bars over time: work, and each way to lose time in its color.

    Parameters
    ----------
    stretches : pandas.DataFrame
        ``row`` (whose bar it belongs to), ``start`` and ``length`` in seconds, and ``part``: work, setup,
        or a cause as the tables of lost time name it. Rows are drawn in the order in which they come.
    start : datetime
        What the clock showed at 0 seconds.
    title : str
        What is drawn.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ChartError
        When a column or a length is missing, or nothing is given.
    """
    missing = [name for name in COLUMNS if name not in stretches]
    if missing or not len(stretches) or not (stretches["length"] >= 0).all():
        wrong = f"no column {', '.join(missing)}" if missing else "nothing to draw, or a length is missing"
        raise ChartError(f"stretches: {wrong}; give {', '.join(COLUMNS)}")
    rows = list(dict.fromkeys(stretches["row"]))
    names = rows[:MOST_ROWS]
    ax = axes_of(ax, height=rows_high(len(names)), width=10.0)
    places = places_of(len(names))
    shown = stretches[stretches["row"].isin(names)]
    _draw(ax, shown, dict(zip(names, places, strict=True)))
    name_rows(ax, places, names, columns=34)
    _finish(ax, shown, start, title)
    rest = len(rows) - len(names)
    under(ax, f"{rest} more rows, not drawn" if rest else "")
    return finish(ax)


def _draw(ax: Axes, table: pd.DataFrame, place: dict[Any, float]) -> None:
    parts = list(dict.fromkeys(table["part"]))
    parts.sort(key=lambda part: (part not in (WORK, SETUP), part == SETUP))
    for part in parts:
        own = table[table["part"] == part]
        color, hatch = _looks(ax, part)
        looks: Looks = {"color": color, "hatch": hatch, "edgecolor": paper(ax), "linewidth": 0.6}
        looks["alpha"] = 0.7 if part in (WORK, SETUP) else 1.0
        height = 0.66 if part in (WORK, SETUP) else 0.42
        at = own["row"].map(place).to_numpy(dtype=np.float64)
        ax.barh(
            at, own["length"], left=own["start"], height=height, label=str(part).replace("_", " "), **looks
        )


def _looks(ax: Axes, part: object) -> tuple[Any, str]:
    if part in (WORK, SETUP):
        return ink(ax), "" if part == WORK else "///"
    return palette.LOST.get(str(part), palette.OTHER)


def _finish(ax: Axes, table: pd.DataFrame, start: dt.datetime, title: str) -> None:
    low, high = float(table["start"].min()), float((table["start"] + table["length"]).max())
    edge = 0.01 * (high - low) or 1.0
    clock_axis(ax, start, low - edge, high + edge)
    begins = start + dt.timedelta(seconds=low)
    ax.set_xlabel(f"clock, from {begins:%d %b %Y %H:%M}")
    ax.set_title(clip(title, 90), loc="left")
    open_frame(ax, grid="x")
    legend_beside(ax, "at work, or lost with")

"""What each lever would do, as dots with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serviceflow.view import palette
from serviceflow.view.charts.style import (
    SMALL,
    ChartError,
    axes_of,
    finish,
    ink,
    legend_beside,
    more,
    name_rows,
    open_frame,
    places_of,
    rows_high,
    under,
    whiskers,
)
from serviceflow.view.format import clip

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("lever", "gain", "ci_low", "ci_high", "simultaneous_low", "simultaneous_high", "verdict")
HELPS, WORSE, OPEN = "helps", "makes it worse", "cannot be told"
GROUPS = {HELPS: (palette.MET, "o"), WORSE: (palette.MISSED, "v"), OPEN: (palette.OTHER[0], "s")}
MOST = 20


def plot_levers(levers: pd.DataFrame, *, objective: str = "", unit: str = "", ax: Axes | None = None) -> Axes:
    """Draw the gain of each lever as a dot on its interval, the best on top.

    The thick line is the interval of one lever, the thin line that which holds for all levers together.

    Parameters
    ----------
    levers : pandas.DataFrame
        One row per lever in order: ``lever``, ``gain``, ``ci_low``, ``ci_high``, ``simultaneous_low``,
        ``simultaneous_high`` and ``verdict``.
    objective, unit : str
        What is improved, and the unit of gains.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ChartError
        When a column is missing.
    """
    missing = [name for name in COLUMNS if name not in levers]
    if missing:
        raise ChartError(f"levers: no column {', '.join(missing)}; give the table of levers")
    table = levers.iloc[:MOST]
    factor, told = (100.0, "percentage points") if unit == "share" else (1.0, unit)
    ax = axes_of(ax, height=rows_high(len(table)), width=9.0)
    _draw(ax, table, factor)
    ax.axvline(0, color=ink(ax), linewidth=1.0)
    ax.set_xlabel(f"gain ({told})" if told else "gain")
    under(ax, "thick: interval of one lever; thin: of all together", more(len(levers) - len(table), "levers"))
    ax.set_title(f"What would help: {clip(objective, 60)}" if objective else "What would help", loc="left")
    open_frame(ax, grid="x")
    return finish(ax)


def _draw(ax: Axes, table: pd.DataFrame, factor: float) -> None:
    places = places_of(len(table))
    columns = {name: factor * table[name].to_numpy(dtype=np.float64) for name in COLUMNS[1:6]}
    groups = np.array(
        [
            _group(*pair)
            for pair in zip(columns["simultaneous_low"], columns["simultaneous_high"], strict=True)
        ]
    )
    name_rows(ax, places, table["lever"], columns=52)
    for group, (color, mark) in GROUPS.items():
        own = groups == group
        if own.any():
            wide = columns["simultaneous_low"][own], columns["simultaneous_high"][own]
            whiskers(ax, places[own], *wide, color=color, linewidth=1.0)
            whiskers(
                ax, places[own], columns["ci_low"][own], columns["ci_high"][own], color=color, linewidth=3.0
            )
            ax.plot(columns["gain"][own], places[own], mark, color=color, markersize=7, label=group)
    best = table["verdict"].isin(("best", "tied with the best")).to_numpy(dtype=bool)
    reach = np.fmax(columns["gain"], columns["simultaneous_high"])
    for place, end, told in zip(places[best], reach[best], table["verdict"][best], strict=True):
        word = "best" if told == "best" else "tied"
        ax.annotate(
            word, (end, place), xytext=(6, 0), textcoords="offset points", va="center", fontsize=SMALL
        )
    ax.margins(x=0.1)
    if len(table):
        legend_beside(ax)


def _group(low: float, high: float) -> str:
    return HELPS if low > 0 else WORSE if high < 0 else OPEN

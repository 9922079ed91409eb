"""How far each promise was kept, beside what was promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serviceflow.view import palette
from serviceflow.view.charts.style import (
    MOST_ROWS,
    SMALL,
    ChartError,
    Floats,
    axes_of,
    finish,
    ink,
    legend_beside,
    more,
    name_rows,
    open_frame,
    places_of,
    rows_high,
    say,
    under,
    whiskers,
)
from serviceflow.view.format import share

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MISSED, OPEN, KEPT = "missed", "cannot be told", "kept"
COLORS = {MISSED: palette.MISSED, OPEN: palette.OTHER[0], KEPT: palette.MET}
MARKS = {MISSED: "v", OPEN: "o", KEPT: "^"}
COLUMNS = ("name", "promised", "attainment", "ci_low", "ci_high")


def plot_attainment(promises: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the share for which each promise was kept, with its interval, beside the share promised.

    Parameters
    ----------
    promises : pandas.DataFrame
        One row per promise: ``name``, ``promised``, ``attainment``, ``ci_low`` and ``ci_high``, all shares.
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
    missing = [name for name in COLUMNS if name not in promises]
    if missing:
        raise ChartError(f"promises: no column {', '.join(missing)}; give {', '.join(COLUMNS)}")
    known = promises[np.isfinite(promises["attainment"])]
    table = known.iloc[:MOST_ROWS]
    ax = axes_of(ax, height=rows_high(len(table)), width=9.0)
    _draw(ax, table)
    ax.set_title("Promises: the share that was kept", loc="left")
    ax.set_xlabel("share of requests (%)")
    under(ax, more(len(known) - len(table), "promises"))
    open_frame(ax, grid="x")
    return finish(ax)


def verdict(promised: float, attainment: float, low: float, high: float) -> str:
    """Whether a promise was kept, as far as its interval tells."""
    if not np.isfinite(low):
        return KEPT if attainment >= promised else MISSED
    return MISSED if high < promised else KEPT if low >= promised else OPEN


def _draw(ax: Axes, table: pd.DataFrame) -> None:
    places = places_of(len(table))
    name_rows(ax, places, table["name"], columns=44)
    if not len(table):
        say(ax, "nothing is promised")
        return
    columns = {name: 100 * table[name].to_numpy(dtype=np.float64) for name in COLUMNS[1:]}
    promised, found = columns["promised"], columns["attainment"]
    low, high = np.clip(columns["ci_low"], 0, 100), np.clip(columns["ci_high"], 0, 100)
    told = np.array([verdict(*values) for values in zip(*columns.values(), strict=True)])
    for which in (MISSED, OPEN, KEPT):
        own = told == which
        whiskers(ax, places[own], low[own], high[own], color=COLORS[which], linewidth=2.4)
        if own.any():
            ax.plot(found[own], places[own], MARKS[which], color=COLORS[which], markersize=8, label=which)
    ax.vlines(promised, places - 0.3, places + 0.3, color=ink(ax), linewidth=2.0, label="promised")
    _write(ax, places, found, np.fmax(high, found), promised)
    _limits(ax, np.fmin(low, found), promised)
    legend_beside(ax)


def _write(ax: Axes, places: Floats, found: Floats, high: Floats, promised: Floats) -> None:
    for place, value, end, goal in zip(places, found, high, promised, strict=True):
        text = f"{share(value / 100)} of {share(goal / 100)}"
        ax.annotate(
            text,
            (max(end, goal), place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
        )


def _limits(ax: Axes, low: Floats, promised: Floats) -> None:
    """From a round number below everything to 100, and room for what is written there."""
    least = float(min(np.nanmin(low), promised.min()))
    start = max(0.0, 10 * np.floor((least - 3) / 10))
    ax.set_xlim(start, 100 + 0.3 * (100 - start))
    ax.set_xticks([tick for tick in ax.get_xticks() if start <= tick <= 100])

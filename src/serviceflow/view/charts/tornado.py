"""A tornado: how far each input moves a figure either way, the most influential on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serviceflow.view import palette
from serviceflow.view.charts.style import (
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
)
from serviceflow.view.format import clip

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SIDES = {"lower": palette.BUSY, "higher": palette.MISSED}
COLUMNS = ("input", *(f"{side}{end}" for side in SIDES for end in ("", "_low", "_high")))
MOST = 20


def plot_tornado(
    inputs: pd.DataFrame, *, objective: str, unit: str, by: float, ax: Axes | None = None
) -> Axes:
    """Draw by how much a figure changes with each input, a bar for lower and one for higher.

    Parameters
    ----------
    inputs : pandas.DataFrame
        One row per input in order: ``input``; ``lower`` and ``higher``, each with ``_low`` and ``_high``, the
        ends of its interval.
    objective, unit : str
        The figure and its unit.
    by : float
        By which share inputs are lower and higher.
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
    missing = [name for name in COLUMNS if name not in inputs]
    if missing:
        raise ChartError(f"inputs: no column {', '.join(missing)}; give the table of a sensitivity")
    table = inputs.iloc[:MOST]
    factor, told = (100.0, "percentage points") if unit == "share" else (1.0, unit)
    ax = axes_of(ax, height=rows_high(len(table)), width=9.0)
    places = places_of(len(table))
    name_rows(ax, places, table["input"], columns=44)
    for side, color in SIDES.items():
        value, low, high = (factor * table[f"{side}{end}"].to_numpy(float) for end in ("", "_low", "_high"))
        ax.barh(places, value, height=0.6, color=color, label=f"input {by:.0%} {side}")
        ends = np.nan_to_num(np.abs(np.array([value - low, high - value])))
        ax.errorbar(value, places, xerr=ends, fmt="none", ecolor=ink(ax), elinewidth=1.0)
    ax.axvline(0, color=ink(ax), linewidth=1.0)
    ax.set_xlabel(f"change ({told})")
    under(ax, "lines: intervals, paired", more(len(inputs) - len(table), "inputs"))
    ax.set_title(f"What moves {clip(objective, 60)}", loc="left")
    open_frame(ax, grid="x")
    legend_beside(ax)
    return finish(ax)

"""Control charts: what was observed by week, within the limits that a model expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serviceflow.view import palette
from serviceflow.view.charts.style import (
    ChartError,
    axes_of,
    finish,
    ink,
    legend_above,
    open_frame,
    title_above,
)
from serviceflow.view.format import clip

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("week", "observed", "expected", "low", "high", "state")


def plot_control(table: pd.DataFrame, *, title: str = "", unit: str = "", ax: Axes | None = None) -> Axes:
    """Draw a figure by week, the middle and the limits, and weeks outside of them.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per week: ``week``, ``observed``, ``expected``, ``low``, ``high`` and ``state``.
    title : str
        What the figure is called.
    unit : str
        The unit of times.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ChartError
        When a column is missing, or there is no week.
    """
    missing = [name for name in COLUMNS if name not in table]
    if missing or not len(table):
        raise ChartError(f"the table has no {', '.join(missing) or 'week'}; give rows of a monitor's table")
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    ax = axes_of(ax, height=3.4, width=9.0)
    weeks, seen = table["week"].to_numpy(dtype=float), table["observed"].to_numpy(dtype=float)
    low, middle, high = (table[name].to_numpy(dtype=float) for name in ("low", "expected", "high"))
    ax.fill_between(
        weeks, low, high, color=palette.RULE, alpha=0.35, linewidth=0, label="expected by the model"
    )
    ax.plot(weeks, middle, color=ink(ax), linewidth=0.9, linestyle="--", label="its middle")
    ax.plot(weeks, seen, color=palette.MET, linewidth=1.4, marker="o", markersize=3.5, label="observed")
    outside = np.flatnonzero(table["state"].to_numpy() != "")
    if len(outside):
        spots = (weeks[outside], seen[outside])
        ax.scatter(*spots, color=palette.MISSED, marker="D", s=34, zorder=3, label="outside")
    ax.set_xlabel("week")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if title.startswith("kept: "):
        ax.set_ylabel("share kept")
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    else:
        ax.set_ylabel(f"mean wait ({unit})" if unit else "mean wait")
    open_frame(ax)
    legend_above(ax)
    title_above(ax, clip(title, 70), with_legend=True)
    return finish(ax)

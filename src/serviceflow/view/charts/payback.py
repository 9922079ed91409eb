"""What a measure has cost and saved so far, week by week."""

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

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("week", "spent", "balance", "ci_low", "ci_high")


def plot_payback(table: pd.DataFrame, *, title: str = "", ax: Axes | None = None) -> Axes:
    """Draw the balance of a measure by week, with its interval, and what was spent on it.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per week: ``week``, ``spent``, ``balance``, ``ci_low`` and ``ci_high``.
    title : str
        What the measure is called.
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
        raise ChartError(
            f"the table has no {', '.join(missing) or 'week'}; give what results.measures() gives"
        )
    ax = axes_of(ax, height=3.8, width=9.0)
    weeks = np.append(0, table["week"].to_numpy(dtype=np.float64))
    low, balance, high = (np.append(0.0, table[name].to_numpy()) for name in ("ci_low", "balance", "ci_high"))
    ax.fill_between(weeks, low, high, color=palette.MET, alpha=0.2, linewidth=0, label="interval")
    ax.plot(weeks, balance, color=palette.MET, linewidth=1.8, label="saved less spent, so far")
    spent = np.append(0.0, table["spent"].cumsum().to_numpy())
    ax.plot(weeks, -spent, color=palette.MISSED, linewidth=1.4, linestyle="--", label="spent, so far")
    ax.axhline(0, color=ink(ax), linewidth=0.8)
    ax.set_xlim(0, weeks[-1])
    ax.set_xlabel("week of the window")
    ax.set_ylabel("money")
    open_frame(ax)
    legend_above(ax)
    title_above(ax, title, with_legend=True)
    return finish(ax)

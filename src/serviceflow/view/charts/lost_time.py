"""Lost time by place and cause: everything on the way of a request that is not work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serviceflow.view.charts.style import (
    MOST_ROWS,
    Floats,
    axes_of,
    finish,
    finite_or_zero,
    ink,
    legend_beside,
    more,
    name_rows,
    open_frame,
    places_of,
    rows_high,
    say,
    scale_of,
    under,
    whiskers,
)
from serviceflow.view.charts.waits import stack_causes, write_totals

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def plot_lost_time(
    lost: pd.DataFrame,
    totals: pd.DataFrame,
    *,
    unit: str,
    ax: Axes | None = None,
) -> Axes:
    """Stack the time that a request loses at each place by its causes, with the interval of the whole.

    Parameters
    ----------
    lost : pandas.DataFrame
        Mean time lost per request, one row per place (the index names them), one column per cause.
    totals : pandas.DataFrame
        For the same rows ``mean``, ``ci_low`` and ``ci_high`` of all causes together.
    unit : str
        The unit of the times: ``"min"``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ChartError
        When a time is missing or negative.
    """
    finite_or_zero(lost, "lost")
    order = totals["mean"].sort_values(ascending=False, kind="stable")
    rows = order[order > 0].index
    shown = rows[:MOST_ROWS]
    causes = lost.sum().sort_values(ascending=False, kind="stable")
    scale = scale_of(float(order.max()) if len(rows) else 1.0, unit)
    table = lost.loc[shown, causes[causes > 0].index] * scale.factor
    ax = axes_of(ax, height=rows_high(len(shown)), width=9.0)
    places = places_of(len(shown))
    _draw(ax, places, table, totals.loc[shown, ["mean", "ci_low", "ci_high"]] * scale.factor)
    ax.set_xlabel(f"lost time ({scale.unit} per request)")
    under(ax, more(len(rows) - len(shown), "places"))
    return finish(ax)


def _draw(ax: Axes, places: Floats, table: pd.DataFrame, totals: pd.DataFrame) -> None:
    ends = stack_causes(ax, places, table)
    mean, low, high = (totals[name].to_numpy(dtype=np.float64) for name in ("mean", "ci_low", "ci_high"))
    low = np.maximum(low, 0)
    whiskers(ax, places - 0.36, low, high, color=ink(ax), linewidth=2.0)
    reach = np.fmax(ends, high)
    write_totals(ax, places, mean, at=ends)
    name_rows(ax, places, table.index, columns=36)
    ax.set_xlim(0, float(reach.max(initial=0.0)) * 1.1 or 1.0)
    ax.set_title("Where requests lose time, and why", loc="left")
    open_frame(ax, grid="x")
    if len(table):
        legend_beside(ax, "cause; line under a bar:\ninterval of its total")
    else:
        say(ax, "no request loses time")

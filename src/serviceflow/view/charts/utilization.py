"""How busy a provider's staff are over the week."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from serviceflow.view import palette
from serviceflow.view.charts.style import (
    HOURS,
    Floats,
    Looks,
    axes_of,
    finish,
    ink,
    legend_above,
    open_frame,
    paper,
    title_above,
    week_axis,
    week_of_hours,
)
from serviceflow.view.format import clip, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_utilization(
    busy: ArrayLike,
    staff: ArrayLike,
    *,
    name: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw how many of a provider's staff are busy against how many are on duty, over the week.

    Under each day stands its utilization: busy time within scheduled time, over scheduled time.
    What is busy beyond the staff on duty is drawn as overtime.

    Parameters
    ----------
    busy, staff : array_like of 168 float
        Mean number of staff busy and on duty in each hour of the week, from Monday 00:00.
    name : str
        The provider, for the title.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ChartError
        When an array is not of 168 finite numbers from 0.
    """
    working, on_duty = week_of_hours(busy, "busy"), week_of_hours(staff, "staff")
    within = np.minimum(working, on_duty)
    ax = axes_of(ax, height=3.6, width=9.0)
    edges = np.arange(HOURS + 1)
    ax.stairs(within, edges, fill=True, color=palette.BUSY, alpha=0.85, label="busy")
    if (working > on_duty + 1e-9).any():
        looks: Looks = {"color": palette.OVERTIME, "hatch": "///", "edgecolor": paper(ax), "linewidth": 0}
        ax.stairs(working, edges, baseline=within, fill=True, label="overtime", **looks)
    ax.stairs(on_duty, edges, color=ink(ax), linewidth=1.6, label="on duty")
    _finish(ax, name, within, on_duty, float(max(working.max(), on_duty.max())))
    return finish(ax)


def _finish(ax: Axes, name: str, within: Floats, on_duty: Floats, most: float) -> None:
    week_axis(ax, [_used(within, on_duty, 24 * day) for day in range(7)])
    ax.set_ylim(0, most * 1.05 or 1.0)
    ax.set_xlabel("hour of the week, and utilization by day (busy share of scheduled time)")
    ax.set_ylabel("staff (mean number)")
    open_frame(ax)
    legend_above(ax)
    used, shown = _used(within, on_duty, 0, HOURS), clip(name, 50)
    title = f"{shown}: utilization {used}" if shown else f"Utilization {used}"
    title_above(ax, title, with_legend=True)


def _used(within: Floats, on_duty: Floats, start: int, hours: int = 24) -> str:
    scheduled = float(on_duty[start : start + hours].sum())
    return share(float(within[start : start + hours].sum()) / scheduled) if scheduled else "off duty"

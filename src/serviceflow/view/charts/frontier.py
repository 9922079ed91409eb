"""A frontier: what designs cost, and how good their service is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serviceflow.view import palette
from serviceflow.view.charts.style import SMALL, ChartError, axes_of, finish, ink, open_frame, under
from serviceflow.view.format import clip

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("status", "staff", "service", "service_low", "service_high", "keeps")


def plot_frontier(
    points: pd.DataFrame,
    *,
    service: str,
    unit: str,
    cost: str = "staff",
    bound: float | None = None,
    most: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw designs as dots with intervals, filled where they keep what they must; the best and today's named.

    Parameters
    ----------
    points : pandas.DataFrame
        One row per design, the cheapest first: ``status``, ``staff`` (what it costs), ``service`` with
        ``service_low`` and ``service_high``, and ``keeps``.
    service, unit : str
        What service is, and its unit; a share is drawn in percent.
    cost : str
        What is paid for, with its unit.
    bound : float, optional
        What service must come to.
    most : float, optional
        What may be spent.
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
    missing = [name for name in COLUMNS if name not in points]
    if missing:
        raise ChartError(f"points: no column {', '.join(missing)}; give the frontier of a search")
    factor, told = (100.0, "%") if unit == "share" else (1.0, unit)
    ax = axes_of(ax, height=4.4, width=8.0)
    on_it = points[points["status"] != "today"]
    ax.plot(on_it["staff"], factor * on_it["service"], color=palette.OTHER[0], linewidth=1.0, zorder=1)
    _draw(ax, points, factor)
    if bound is not None:
        ax.axhline(factor * bound, color=ink(ax), linewidth=1.0, linestyle="--")
    if most is not None:
        ax.axvline(most, color=ink(ax), linewidth=1.0, linestyle="--")
    ax.set_xlabel(cost)
    ax.set_ylabel(f"{clip(service, 48)} ({told})" if told else clip(service, 48))
    under(ax, "lines: intervals; filled: keeps what it must")
    ax.set_title("What service costs", loc="left")
    open_frame(ax, grid="both")
    ax.margins(x=0.08, y=0.12)
    return finish(ax)


def _draw(ax: Axes, points: pd.DataFrame, factor: float) -> None:
    value, low, high = (
        factor * points[name].to_numpy(float) for name in ("service", "service_low", "service_high")
    )
    ends = np.nan_to_num(np.abs(np.array([value - low, high - value])))
    price = points["staff"].to_numpy(float)
    ax.errorbar(price, value, yerr=ends, fmt="none", ecolor=palette.OTHER[0], elinewidth=1.2, zorder=2)
    for place, (x, y) in enumerate(zip(price.tolist(), value.tolist(), strict=True)):
        _dot(ax, x, y, bool(points["keeps"].iloc[place]), str(points["status"].iloc[place]))


def _dot(ax: Axes, x: float, y: float, keeps: bool, status: str) -> None:
    color = palette.MET if keeps else palette.MISSED
    ax.plot(
        x,
        y,
        "D" if status == "best" else "o",
        color=color,
        markerfacecolor=color if keeps else "none",
        markersize=8 if status else 6,
        zorder=3,
    )
    if status:
        ax.annotate(status, (x, y), xytext=(8, -12), textcoords="offset points", fontsize=SMALL)

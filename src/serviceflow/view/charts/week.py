"""How many requests wait, or are there, in each hour of the week, and how that varies over replications."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from serviceflow.view import palette
from serviceflow.view.charts.style import (
    HOURS,
    ChartError,
    Floats,
    axes_of,
    finish,
    ink,
    legend_above,
    open_frame,
    title_above,
    week_axis,
    week_of_hours,
)
from serviceflow.view.format import clip

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MANY = 20
"""From so many replications on, the band leaves out the lowest and highest 5%."""


def plot_week(
    numbers: ArrayLike,
    *,
    what: str,
    staff: ArrayLike | None = None,
    name: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw a mean number over the hours of the week, with a band over replications.

    Parameters
    ----------
    numbers : array_like of shape (replications, 168)
        Mean number in each hour of the week, from Monday 00:00, of each replication.
    what : str
        What is counted, for the axis: ``"requests waiting"``.
    staff : array_like of 168 float, optional
        Mean number of staff on duty, to be drawn as a line.
    name : str
        Where, for the title.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ChartError
        When the numbers are not of 168 hours, or one is missing or negative.
    """
    found = _replications(numbers, what)
    ax = axes_of(ax, height=3.6, width=9.0)
    edges, mean = np.arange(HOURS + 1), found.mean(axis=0)
    low, high, told = _band(found)
    if told:
        ax.stairs(high, edges, baseline=low, fill=True, color=palette.BUSY, alpha=0.3, label=told)
    count = len(found)
    ax.stairs(mean, edges, color=palette.MET, linewidth=1.8, label=_of(count), baseline=None)
    if staff is not None:
        on_duty = week_of_hours(staff, "staff")
        ax.stairs(
            on_duty, edges, color=ink(ax), linewidth=1.0, linestyle=":", label="staff on duty", baseline=None
        )
        high = np.maximum(high, on_duty)
    _finish(ax, what, name, float(high.max()))
    return finish(ax)


def _replications(numbers: ArrayLike, what: str) -> Floats:
    found = np.asarray(numbers, dtype=np.float64)
    if found.ndim != 2 or found.shape[1] != HOURS or not len(found) or not (found >= 0).all():
        raise ChartError(f"{what}: give {HOURS} numbers from 0 for each replication, from Monday")
    return found


def _band(found: Floats) -> tuple[Floats, Floats, str]:
    if len(found) >= MANY:
        low, high = np.quantile(found, (0.05, 0.95), axis=0)
        return low, high, "middle 90% of replications"
    told = "lowest to highest replication" if len(found) > 1 else ""
    return found.min(axis=0), found.max(axis=0), told


def _of(count: int) -> str:
    return f"mean of {count} replications" if count > 1 else "one replication"


def _finish(ax: Axes, what: str, name: str, most: float) -> None:
    week_axis(ax)
    ax.set_ylim(0, most * 1.05 or 1.0)
    ax.set_xlabel("hour of the week")
    ax.set_ylabel(f"{what} (mean number)")
    open_frame(ax)
    legend_above(ax)
    shown = clip(name, 50)
    title_above(
        ax,
        f"{shown}: {what} over the week" if shown else f"{what} over the week".capitalize(),
        with_legend=True,
    )

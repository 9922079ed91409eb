"""Welch's plot: a level from the start of the runs, averaged over replications and smoothed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from serviceflow.view import palette
from serviceflow.view.charts.style import (
    ChartError,
    Floats,
    axes_of,
    finish,
    ink,
    legend_above,
    open_frame,
    title_above,
)
from serviceflow.view.format import clip

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 0.05
"""To either side of a value so much of the run is averaged, less near the start."""


def plot_warm_up(
    times: ArrayLike,
    level: ArrayLike,
    *,
    what: str,
    unit: str,
    used: float = 0.0,
    needed: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a level over time, its moving average, and where the warm-up ends.

    Parameters
    ----------
    times : array_like
        Between which instants levels are taken; one more than there are levels.
    level : array_like
        Means over replications.
    what, unit : str
        What is counted, and the unit of times.
    used, needed : float
        Where the warm-up of the runs ends, and where it should; None if that cannot be told.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ChartError
        If times and levels do not fit each other.
    """
    edges, found = np.asarray(times, dtype=np.float64), np.asarray(level, dtype=np.float64)
    if found.ndim != 1 or len(edges) != len(found) + 1 or not len(found):
        raise ChartError(f"{what}: {len(found)} levels and {len(edges)} instants; give one instant more")
    ax = axes_of(ax, height=3.6, width=9.0)
    middle = (edges[1:] + edges[:-1]) / 2
    ax.plot(middle, found, color=palette.BUSY, linewidth=0.8, label="mean over replications")
    ax.plot(middle, moving_average(found), color=palette.MET, linewidth=1.8, label="moving average")
    if used:
        ax.axvline(used, color=ink(ax), linewidth=1.0, label="end of the warm-up")
    if needed is not None:
        ax.axvline(needed, color=palette.MISSED, linestyle="--", linewidth=1.2, label="needed (MSER-5)")
    ax.set_xlim(0, edges[-1])
    ax.set_ylim(0, float(found.max()) * 1.1 or 1.0)
    ax.set_xlabel(f"time from the start ({unit})")
    ax.set_ylabel("requests (mean number)")
    open_frame(ax)
    legend_above(ax)
    title = f"{clip(what, 60)} from the start of the runs"
    title_above(ax, f"{title[:1].upper()}{title[1:]}", with_legend=True)
    return finish(ax)


def moving_average(level: Floats) -> Floats:
    """Welch's moving average: over a window that is narrower near the start, and near the end.

    Source: P. D. Welch, in *The Computer Performance Modeling Handbook* (1983).
    """
    size, sums = len(level), np.concatenate([[0.0], np.cumsum(level)])
    places = np.arange(size)
    half = np.minimum(np.minimum(places, size - 1 - places), max(1, int(size * WIDTH)))
    found: Floats = (sums[places + half + 1] - sums[places - half]) / (2 * half + 1)
    return found

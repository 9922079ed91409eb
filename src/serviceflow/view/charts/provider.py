"""One provider over time: who is on duty, who works, who waits."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from serviceflow.view import palette
from serviceflow.view.charts.style import (
    ChartError,
    Floats,
    axes_of,
    clock_axis,
    finish,
    ink,
    legend_above,
    open_frame,
    title_above,
)
from serviceflow.view.format import clip

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Steps = tuple[Floats, Floats]
"""Instants in seconds, and the number from each on."""


def plot_provider(
    on_duty: Steps,
    working: Steps,
    waiting: Steps,
    *,
    start: dt.datetime,
    end: float,
    name: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw who was on duty, who worked and how many requests waited, instant by instant.

    Parameters
    ----------
    on_duty, working, waiting : tuple of two arrays
        Seconds from `start` (the first is 0, rising), and the number from each on.
    start : datetime
        What the clock showed.
    end : float
        Until when, in seconds from `start`.
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
        When instants do not rise.
    """
    for what, steps in (("on_duty", on_duty), ("working", working), ("waiting", waiting)):
        if len(steps[0]) != len(steps[1]) or (np.diff(steps[0]) < 0).any():
            raise ChartError(f"{what}: give rising instants and a number for each")
    ax = axes_of(ax, height=3.8, width=9.0)
    ax.stairs(
        working[1], _edges(working, end), fill=True, color=palette.BUSY, alpha=0.8, label="staff working"
    )
    ax.stairs(
        waiting[1],
        _edges(waiting, end),
        color=palette.OVERTIME,
        linewidth=1.3,
        label="requests waiting",
        baseline=None,
    )
    ax.stairs(
        on_duty[1], _edges(on_duty, end), color=ink(ax), linewidth=1.6, label="staff on duty", baseline=None
    )
    most = max(float(steps[1].max(initial=0.0)) for steps in (on_duty, working, waiting))
    ax.set_ylim(0, most * 1.05 or 1.0)
    clock_axis(ax, start, 0.0, end)
    ax.set_xlabel(f"clock, from {start:%d %b %Y %H:%M}")
    ax.set_ylabel("staff, and requests (number)")
    open_frame(ax, grid="y")
    legend_above(ax)
    shown = clip(name, 50)
    title_above(
        ax, f"{shown}: on duty, working, waiting" if shown else "On duty, working, waiting", with_legend=True
    )
    return finish(ax)


def _edges(steps: Steps, end: float) -> Floats:
    return np.append(steps[0], end)

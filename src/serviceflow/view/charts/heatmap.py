"""When time is lost: a field for each hour and weekday."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from serviceflow.view import palette
from serviceflow.view.charts.style import (
    DAYS,
    SMALL,
    ChartError,
    Floats,
    axes_of,
    finish,
    ink,
    say,
    scale_of,
    week_of_hours,
)
from serviceflow.view.fonts import families
from serviceflow.view.format import clip

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_heatmap(
    lost: ArrayLike,
    *,
    unit: str,
    what: str = "waiting",
    staff: ArrayLike | None = None,
    name: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Color each hour of the week by the time lost of those who came in it.

    Parameters
    ----------
    lost : array_like of shape (7, 24)
        Time lost by weekday (from Monday) and hour.
    unit : str
        The unit of the times: ``"min"``.
    what : str
        What the time was lost with.
    staff : array_like of 168 float, optional
        Mean number of staff on duty: the hours in which there are any are outlined.
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
        When the times are not of 7 days with 24 hours, or one is missing or negative.
    """
    found = np.asarray(lost, dtype=np.float64)
    if found.shape != (7, 24) or not (found >= 0).all():
        raise ChartError("lost: give times from 0 for 7 days with 24 hours each, from Monday")
    ax = axes_of(ax, height=3.6, width=9.0)
    scale = scale_of(float(found.max()) or 1.0, unit)
    _draw(ax, found * scale.factor, f"{what} ({scale.unit} per week)")
    if staff is not None:
        _outline(ax, week_of_hours(staff, "staff").reshape(7, 24) > 0)
        ax.set_xlabel("hour of the day; outlined: staff on duty")
    shown = clip(name, 50)
    ax.set_title(
        f"{shown}: {what} by hour of arrival" if shown else f"{what} by hour of arrival".capitalize(),
        loc="left",
    )
    if not found.any():
        say(ax, "no time is lost")
    return finish(ax)


def _draw(ax: Axes, values: Floats, label: str) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    colors = LinearSegmentedColormap.from_list("waiting", palette.WAITING)
    cells = ax.pcolormesh(
        np.arange(25),
        np.arange(8),
        values,
        cmap=colors,
        vmin=0,
        vmax=float(values.max()) or 1.0,
        linewidth=0.4,
    )
    cells.set_edgecolor(ax.get_facecolor())
    ax.set_ylim(7, 0)
    ax.set_yticks(np.arange(7) + 0.5, DAYS)
    ax.set_xticks(np.arange(0, 25, 3), [f"{hour:02d}:00" for hour in range(0, 25, 3)])
    ax.tick_params(length=0)
    ax.set_xlabel("hour of the day")
    for side in ax.spines.values():
        side.set_visible(False)
    bar = ax.figure.colorbar(cells, ax=ax, label=label, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=SMALL)
    bar.ax.yaxis.label.set(parse_math=False, fontfamily=families([label], ax.xaxis.label.get_fontfamily()))


def _outline(ax: Axes, on_duty: Any) -> None:
    """Lines between hours with staff on duty and hours without."""
    padded = np.pad(on_duty, 1)
    across = padded[:, 1:-1]
    rows, columns = np.nonzero(across[1:] != across[:-1])
    looks: dict[str, Any] = {"color": ink(ax), "linewidth": 1.8, "capstyle": "projecting"}
    ax.hlines(rows, columns, columns + 1, **looks)
    along = padded[1:-1]
    rows, columns = np.nonzero(along[:, 1:] != along[:, :-1])
    ax.vlines(columns, rows, rows + 1, **looks)

"""Where requests wait, and why: providers, stacked by cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serviceflow.view import palette
from serviceflow.view.charts.style import (
    MOST_ROWS,
    SMALL,
    ChartError,
    Floats,
    Looks,
    axes_of,
    finish,
    legend_beside,
    more,
    name_rows,
    open_frame,
    paper,
    places_of,
    rows_high,
    say,
    short,
    under,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def plot_waits(waits: pd.DataFrame, *, unit: str, ax: Axes | None = None) -> Axes:
    """Stack the waiting at each provider by its causes, most waiting on top.

    Parameters
    ----------
    waits : pandas.DataFrame
        Waiting time, one row per provider (the index names them), one column per cause.
    unit : str
        What the times are counted in, as it shall stand on the axis: ``"min per request"``.
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
    found = _by_cause(waits)
    table = found.iloc[:MOST_ROWS]
    ax = axes_of(ax, height=rows_high(len(table)))
    places = places_of(len(table))
    ends = stack_causes(ax, places, table)
    name_rows(ax, places, table.index)
    write_totals(ax, places, ends)
    _finish(ax, unit, float(ends.max(initial=0.0)))
    _tell_the_rest(ax, found.iloc[MOST_ROWS:])
    return finish(ax)


def _by_cause(waits: pd.DataFrame) -> pd.DataFrame:
    """Providers at which requests wait and causes that occur, both longest first."""
    if not (waits >= 0).all(axis=None):
        raise ChartError("waits: a waiting time is missing or negative; give 0 where nobody waits")
    causes = waits.sum(axis=0).sort_values(ascending=False, kind="stable")
    providers = waits.sum(axis=1).sort_values(ascending=False, kind="stable")
    return waits.loc[providers[providers > 0].index, causes[causes > 0].index]


def stack_causes(ax: Axes, places: Floats, table: pd.DataFrame, height: float = 0.72) -> Floats:
    """Draw a bar for each row and cause, end to end; give where each row ends."""
    ends = np.zeros(len(table))
    for cause in table.columns:
        color, hatch = palette.LOST.get(str(cause), palette.OTHER)
        widths = table[cause].to_numpy(dtype=np.float64)
        looks: Looks = {"color": color, "hatch": hatch, "edgecolor": paper(ax), "linewidth": 0.8}
        ax.barh(places, widths, left=ends, height=height, label=str(cause).replace("_", " "), **looks)
        ends = ends + widths
    return ends


def write_totals(ax: Axes, places: Floats, totals: Floats, at: Floats | None = None) -> None:
    """Write each total behind its bar, or behind another place on its row."""
    for place, total, end in zip(places, totals, totals if at is None else at, strict=True):
        beside: Looks = {"xytext": (4, 0), "textcoords": "offset points", "va": "center"}
        ax.annotate(short(total), (end, place), fontsize=SMALL, **beside)


def _tell_the_rest(ax: Axes, rest: pd.DataFrame) -> None:
    """Under the axis, how many providers are not drawn, and how much requests wait there."""
    if len(rest):
        under(ax, f"{more(len(rest), 'providers')}: {short(rest.to_numpy().sum())} in all")


def _finish(ax: Axes, unit: str, longest: float) -> None:
    ax.set_xlabel(f"waiting time ({unit})")
    ax.set_title("Where requests wait, and why", loc="left")
    ax.set_xlim(0, longest * 1.12 or 1.0)
    open_frame(ax, grid="x")
    if longest:
        legend_beside(ax, "cause")
    else:
        say(ax, "no request waits")

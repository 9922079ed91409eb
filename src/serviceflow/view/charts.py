"""Charts: where requests wait and why, and how busy staff are over the week.

They draw on the axes given or on new ones, follow whatever style is set (light or dark), and
leave showing and saving to the caller.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from serviceflow.errors import ServiceflowError
from serviceflow.view import palette
from serviceflow.view.fonts import families
from serviceflow.view.format import clip, number, share

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

HOURS = 168
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_BARS = 15
Looks = dict[str, Any]

BUSY, OVERTIME = "#3f7cbf", "#d55e00"


class ChartError(ServiceflowError, ValueError):
    """Figures that a chart cannot show."""


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
    table = found.iloc[:MOST_BARS]
    ax = _axes(ax, height=1.6 + 0.42 * max(len(table), 3))
    places = np.arange(len(table))[::-1]
    ends = np.zeros(len(table))
    for cause in table.columns:
        color, hatch = palette.CAUSES.get(str(cause), palette.OTHER)
        widths = table[cause].to_numpy(dtype=np.float64)
        looks: Looks = {"color": color, "hatch": hatch, "edgecolor": ax.get_facecolor(), "linewidth": 0.8}
        ax.barh(places, widths, left=ends, height=0.72, label=str(cause).replace("_", " "), **looks)
        ends = ends + widths
    _name_bars(ax, places, table.index)
    _write_totals(ax, places, ends)
    _finish_waits(ax, unit, float(ends.max(initial=0.0)))
    _tell_the_rest(ax, found.iloc[MOST_BARS:])
    return ax


def _by_cause(waits: pd.DataFrame) -> pd.DataFrame:
    """Providers at which requests wait and causes that occur, both longest first."""
    if not (waits >= 0).all(axis=None):
        raise ChartError("waits: a waiting time is missing or negative; give 0 where nobody waits")
    causes = waits.sum(axis=0).sort_values(ascending=False, kind="stable")
    providers = waits.sum(axis=1).sort_values(ascending=False, kind="stable")
    return waits.loc[providers[providers > 0].index, causes[causes > 0].index]


def _name_bars(ax: Axes, places: NDArray[Any], names: Iterable[object]) -> None:
    shown = [clip(name, 32) for name in names]
    ax.set_yticks(places, shown)
    fitting = families(shown, ax.xaxis.label.get_fontfamily())
    for label in ax.get_yticklabels():
        label.set_fontfamily(fitting)
        label.set_parse_math(False)


def _write_totals(ax: Axes, places: NDArray[Any], totals: NDArray[np.float64]) -> None:
    for place, total in zip(places, totals, strict=True):
        beside: Looks = {"xytext": (4, 0), "textcoords": "offset points", "va": "center"}
        ax.annotate(number(float(total)), (total, place), fontsize=9, **beside)


def _tell_the_rest(ax: Axes, rest: pd.DataFrame) -> None:
    """Under the axis, how many providers are not drawn, and how much requests wait there."""
    if len(rest):
        total = number(float(rest.to_numpy().sum()))
        ax.set_xlabel(f"{ax.get_xlabel()}\n{len(rest)} more providers, not drawn: {total} in all")


def _finish_waits(ax: Axes, unit: str, longest: float) -> None:
    ax.set_xlabel(f"waiting time ({unit})")
    ax.set_title("Where requests wait, and why", loc="left")
    ax.set_xlim(0, longest * 1.12 or 1.0)
    ax.grid(axis="x", alpha=0.25)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    _open_frame(ax)
    if longest:
        ax.legend(title="cause", frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    else:
        ax.text(0.5, 0.5, "no request waits", transform=ax.transAxes, ha="center", va="center")


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
    working, on_duty = _week(busy, "busy"), _week(staff, "staff")
    within = np.minimum(working, on_duty)
    ax = _axes(ax, height=3.6, width=9.0)
    edges = np.arange(HOURS + 1)
    ax.stairs(within, edges, fill=True, color=BUSY, alpha=0.85, label="busy")
    if (working > on_duty + 1e-9).any():
        looks: Looks = {"color": OVERTIME, "hatch": "///", "edgecolor": ax.get_facecolor(), "linewidth": 0}
        ax.stairs(working, edges, baseline=within, fill=True, label="overtime", **looks)
    ink = ax.xaxis.label.get_color()
    ax.stairs(on_duty, edges, color=ink, linewidth=1.6, label="on duty")
    _finish_week(ax, name, within, on_duty, float(max(working.max(), on_duty.max())))
    return ax


def _week(values: ArrayLike, what: str) -> NDArray[np.float64]:
    found = np.asarray(values, dtype=np.float64)
    if found.shape != (HOURS,) or not np.isfinite(found).all() or (found < 0).any():
        raise ChartError(f"{what}: give {HOURS} numbers from 0, one for each hour of the week from Monday")
    return found


def _finish_week(
    ax: Axes, name: str, within: NDArray[np.float64], on_duty: NDArray[np.float64], most: float
) -> None:
    days = [f"{day}\n{_used(within, on_duty, 24 * at)}" for at, day in enumerate(DAYS)]
    ax.set_xticks(np.arange(0, HOURS, 24) + 12, days)
    ax.set_xticks(np.arange(0, HOURS + 1, 24), minor=True)
    ax.tick_params(axis="x", which="major", length=0)
    ax.grid(axis="x", which="minor", alpha=0.35)
    ax.grid(axis="y", alpha=0.25)
    ax.set_axisbelow(True)
    ax.set_xlim(0, HOURS)
    ax.set_ylim(0, most * 1.18 or 1.0)
    ax.set_xlabel("hour of the week, and utilization by day (busy share of scheduled time)")
    ax.set_ylabel("staff (mean number)")
    _open_frame(ax)
    ax.legend(frameon=False, fontsize=9, ncols=3, loc="upper right")
    _title(ax, name, _used(within, on_duty, 0, HOURS))


def _used(within: NDArray[np.float64], on_duty: NDArray[np.float64], start: int, hours: int = 24) -> str:
    scheduled = float(on_duty[start : start + hours].sum())
    return share(float(within[start : start + hours].sum()) / scheduled) if scheduled else "off duty"


def _title(ax: Axes, name: str, used: str) -> None:
    shown = clip(name, 50)
    title = ax.set_title(f"{shown}: utilization {used}" if shown else f"Utilization {used}", loc="left")
    title.set_parse_math(False)
    title.set_fontfamily(families([shown], title.get_fontfamily()))


def _axes(ax: Axes | None, height: float, width: float = 8.0) -> Axes:
    """The axes given, or those of a new figure."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    _, new = pyplot.subplots(figsize=(width, height), layout="constrained")
    return new


def _open_frame(ax: Axes) -> None:
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)

"""Scenarios beside a baseline: how much figures change, and from what to what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from serviceflow.view import palette
from serviceflow.view.charts.style import (
    SMALL,
    ChartError,
    Floats,
    Looks,
    axes_of,
    finish,
    ink,
    legend_above,
    legend_beside,
    more,
    name_rows,
    open_frame,
    places_of,
    rows_high,
    say,
    scale_of,
    title_above,
    under,
    whiskers,
)
from serviceflow.view.format import clip, number, share

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

CHANGES = ("scenario", "row", "baseline", "difference", "ci_low", "ci_high")
ENDS = ("row", "before", "before_low", "before_high", "after", "after_low", "after_high")
MOST = 20


def plot_changes(changes: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw by how many percent of the baseline each figure changes, with the interval of the difference.

    Parameters
    ----------
    changes : pandas.DataFrame
        One row per scenario and figure: ``scenario``, ``row`` (the figure in words), ``baseline`` (its value
        there), ``difference``, ``ci_low`` and ``ci_high``. What is 0 in the baseline has no percentage, and
        is left out.
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
    _check(changes, CHANGES, "changes")
    known = changes[changes["baseline"].abs() > 0]
    rows = list(dict.fromkeys(known["row"]))
    scenarios = list(dict.fromkeys(known["scenario"]))
    shown = rows[:MOST]
    ax = axes_of(ax, height=rows_high(int(len(shown) * max(1.0, 0.6 * len(scenarios)))), width=9.0)
    places = places_of(len(shown))
    for place, scenario in enumerate(scenarios):
        own = known[(known["scenario"] == scenario) & known["row"].isin(shown)]
        at = np.array([places[shown.index(row)] for row in own["row"]])
        _dots(ax, at + _shift(place, len(scenarios)), own, place, clip(scenario, 30))
    name_rows(ax, places, shown, columns=52)
    ax.axvline(0, color=ink(ax), linewidth=1.0)
    ax.set_xlabel("change (% of the baseline), with the interval of the difference")
    under(ax, more(len(rows) - len(shown), "figures"))
    ax.set_title("What changes against the baseline", loc="left")
    open_frame(ax, grid="x")
    if shown:
        legend_beside(ax, "scenario")
    else:
        say(ax, "no figure to compare")
    return finish(ax)


def _dots(ax: Axes, places: Floats, own: pd.DataFrame, series: int, label: str) -> None:
    base = own["baseline"].abs().to_numpy(dtype=np.float64) / 100
    low, mean, high = (
        own[name].to_numpy(dtype=np.float64) / base for name in ("ci_low", "difference", "ci_high")
    )
    color = palette.SERIES[series % len(palette.SERIES)]
    mark = palette.MARKS[series % len(palette.MARKS)]
    whiskers(ax, places, low, high, color=color, linewidth=2.4)
    ax.plot(mean, places, mark, color=color, markersize=7, label=label)


def _shift(place: int, count: int) -> float:
    return 0.0 if count == 1 else 0.3 - 0.6 * place / (count - 1)


def plot_before_after(
    ends: pd.DataFrame,
    *,
    what: str,
    unit: str = "",
    names: Sequence[str] = ("before", "after"),
    ax: Axes | None = None,
) -> Axes:
    """Draw one figure of several elements before and after a change, joined by an arrow.

    Parameters
    ----------
    ends : pandas.DataFrame
        One row per element: ``row`` (its name), ``before`` and ``after`` with ``before_low``,
        ``before_high``, ``after_low`` and ``after_high``.
    what : str
        The figure, for title and axis.
    unit : str
        Its unit: a unit of time, ``"share"``, or any other word.
    names : sequence of two str
        What the two are called.
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
    _check(ends, ENDS, "ends")
    known = ends[np.isfinite(ends["before"]) & np.isfinite(ends["after"])]
    table = known.iloc[:MOST]
    ax = axes_of(ax, height=rows_high(len(table)), width=9.0)
    factor, told = _unit(table, unit)
    places = places_of(len(table))
    name_rows(ax, places, table["row"], columns=36)
    _arrows(ax, places, table, factor, told)
    for side, series, shift in (("before", 5, 0.12), ("after", 0, -0.12)):
        columns = [table[f"{side}{end}"].to_numpy(dtype=np.float64) * factor for end in ("_low", "", "_high")]
        color = palette.SERIES[series]
        whiskers(ax, places + shift, columns[0], columns[2], color=color, linewidth=2.0)
        mark, label = palette.MARKS[series], clip(names[0 if side == "before" else 1], 30)
        ax.plot(columns[1], places + shift, mark, color=color, markersize=7, label=label)
    ax.set_xlabel(f"{what} ({told})" if told else what)
    under(ax, more(len(known) - len(table), "rows"))
    ax.margins(x=0.12)
    ax.set_xlim(left=0)
    open_frame(ax, grid="x")
    if len(table):
        legend_above(ax)
    else:
        say(ax, "no figure to compare")
    title_above(
        ax,
        f"{what[:1].upper()}{what[1:]}: {clip(names[0], 30)} and {clip(names[1], 30)}",
        with_legend=bool(len(table)),
    )
    return finish(ax)


def _arrows(ax: Axes, places: Floats, table: pd.DataFrame, factor: float, told: str) -> None:
    before, after = (table[name].to_numpy(dtype=np.float64) * factor for name in ("before", "after"))
    ends = (table[name].to_numpy(dtype=np.float64) * factor for name in ("before_high", "after_high"))
    reach = np.fmax.reduce([before, after, *ends])
    for place, start, end, edge in zip(places, before, after, reach, strict=True):
        looks: Looks = {"arrowstyle": "->", "color": ink(ax), "alpha": 0.45, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (end, place - 0.12), (start, place + 0.12), arrowprops=looks)
        beside: Looks = {"xytext": (8, 0), "textcoords": "offset points", "va": "center", "fontsize": SMALL}
        ax.annotate(_change(start, end, told), (edge, place), **beside)


def _change(start: float, end: float, told: str) -> str:
    """By how much a figure changed: shares in points, the rest in percent."""
    sign = "+" if end > start else "−"
    points = told == "%"
    if not points and not start:
        return ""
    much = number(abs(end - start)) if points else share(abs(end - start) / start)
    nothing = much in ("0", "0%")
    return f"{'' if nothing else sign}{much}{' points' if points else ''}"


def _unit(table: pd.DataFrame, unit: str) -> tuple[float, str]:
    if unit in ("s", "min", "h", "day", "week"):
        largest = float(table[["before", "after"]].to_numpy(dtype=np.float64).max(initial=0.0))
        scale = scale_of(largest or 1.0, unit)
        return scale.factor, scale.unit
    return (100.0, "%") if unit == "share" else (1.0, unit)


def _check(table: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    missing = [name for name in columns if name not in table]
    if missing:
        raise ChartError(f"{what}: no column {', '.join(missing)}; give {', '.join(columns)}")

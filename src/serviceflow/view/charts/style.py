"""What charts have in common: axes, titles, names in any script, units that read well, frames, legends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.errors import ServiceflowError
from serviceflow.units import UNITS
from serviceflow.view import palette
from serviceflow.view.fonts import families
from serviceflow.view.format import clip, number
from serviceflow.view.legend import NICE_SECONDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch
    from matplotlib.text import Text

HOURS = 168
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_ROWS = 15
"""So many places, promises or levers are drawn; how many more there are is told in words."""
SMALL = 9
SCALES = (("s", 1.0), ("min", 60.0), ("h", 3600.0), ("days", 86400.0))
READABLE = 3
"""A unit is used from so many of it on."""
Floats = NDArray[np.float64]
Looks = dict[str, Any]


class ChartError(ServiceflowError, ValueError):
    """Figures that a chart cannot show."""


# Axes


def axes_of(ax: Axes | None, height: float, width: float = 8.0) -> Axes:
    """The axes given, or those of a new figure."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    _, new = pyplot.subplots(figsize=(width, height), layout="constrained")
    return new


def rows_high(rows: int) -> float:
    """The height in inches of a chart of so many rows."""
    return 1.6 + 0.42 * max(rows, 3)


def ink(ax: Axes) -> Any:
    """The color in which the axes write: dark on light, light on dark."""
    return ax.xaxis.label.get_color()


def paper(ax: Axes) -> Any:
    """The color on which they write."""
    return ax.get_facecolor()


def open_frame(ax: Axes, grid: str = "") -> None:
    """Take away the frame above and to the right; `grid` names the axis with lines across."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if grid:
        ax.grid(axis=grid, alpha=0.25)  # type: ignore[arg-type]
        ax.set_axisbelow(True)


def say(ax: Axes, text: str) -> None:
    """Tell in the middle of the axes why nothing is drawn there."""
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center")


def under(ax: Axes, *remarks: str) -> None:
    """Remarks on lines of their own under the label of the x axis."""
    lines = [ax.get_xlabel(), *(remark for remark in remarks if remark)]
    ax.set_xlabel("\n".join(line for line in lines if line))


def legend_beside(ax: Axes, title: str = "", handles: Sequence[Patch] | None = None) -> None:
    """A legend to the right of the axes."""
    given: Looks = {} if handles is None else {"handles": handles}
    ax.legend(
        title=title or None,
        frameon=False,
        fontsize=SMALL,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        **given,
    )


def legend_above(ax: Axes, columns: int = 4) -> None:
    """A legend on one line above the axes, under the title, where it hides nothing."""
    ax.legend(
        frameon=False,
        fontsize=SMALL,
        ncols=columns,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        borderaxespad=0.2,
        borderpad=0.0,
    )


def title_above(ax: Axes, text: str, *, with_legend: bool = False) -> None:
    """The title, to the left, with room for a legend under it."""
    ax.set_title(text, loc="left", pad=24 if with_legend else None)


# Rows of names


def places_of(count: int) -> Floats:
    """Where rows stand, the first on top."""
    return np.arange(count, dtype=np.float64)[::-1]


def name_rows(ax: Axes, places: Floats, names: Iterable[object], columns: int = 32) -> None:
    """Write the names of rows, and nothing else, on the y axis."""
    ax.set_yticks(places, [clip(name, columns) for name in names])
    ax.tick_params(axis="y", length=0)
    if len(places):
        ax.set_ylim(-0.6, len(places) - 0.4)


def more(rows: int, what: str) -> str:
    """How many rows are not drawn."""
    return f"{rows} more {what}, not drawn" if rows > 0 else ""


# Texts


def finish(ax: Axes) -> Axes:
    """Let every text stand as it is, in a font that has its letters.

    A name may have any script, and signs that Matplotlib would take for a formula.
    """
    written = list(texts_of(ax))
    usual = ax.xaxis.label.get_fontfamily()
    fitting = families((text.get_text() for text in written), usual)
    for text in written:
        text.set_parse_math(False)
        if len(fitting) > len(usual) and not text.get_text().isascii():
            text.set_fontfamily(fitting)
    return ax


def texts_of(ax: Axes) -> Iterator[Text]:
    """Everything that is written on the axes."""
    yield from (ax.title, ax._left_title, ax.xaxis.label, ax.yaxis.label, *ax.texts)  # type: ignore[attr-defined]
    yield from (*ax.get_xticklabels(), *ax.get_yticklabels())
    legend = ax.get_legend()
    if legend is not None:
        yield from (legend.get_title(), *legend.get_texts())


# Units


@dataclass(frozen=True)
class Scale:
    """A unit for an axis, and what values are multiplied with to be in it."""

    unit: str
    factor: float


def scale_of(largest: float, unit: str) -> Scale:
    """The unit in which times up to `largest` (given in `unit`) read best on an axis."""
    seconds = largest * UNITS[unit] / UNITS["s"]
    fitting = [(name, size) for name, size in SCALES if seconds >= READABLE * size]
    name, size = fitting[-1] if fitting else SCALES[0]
    return Scale(name, UNITS[unit] / UNITS["s"] / size)


def nice_width(span: float, parts: int) -> float:
    """A round length of time that parts `span` seconds into about so many."""
    wanted = span / parts
    if wanted < NICE_SECONDS[0]:
        return max(wanted, 1e-6)
    return float(min(NICE_SECONDS, key=lambda nice: max(nice / wanted, wanted / nice)))


# Intervals


def whiskers(ax: Axes, places: Floats, low: Floats, high: Floats, **looks: Any) -> None:
    """Intervals as lines along rows; those that are not known are left out."""
    known = np.isfinite(low) & np.isfinite(high)
    ax.hlines(places[known], low[known], high[known], **looks)


def verdict_color(low: float, high: float, goal: float = 0.0, *, more_is_better: bool = True) -> str:
    """Blue for what is known to be better than the goal, vermilion for worse, gray where it is not known."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return palette.OTHER[0]
    if low > goal or high < goal:
        return palette.MET if (low > goal) == more_is_better else palette.MISSED
    return palette.OTHER[0]


# The week and the clock


def week_of_hours(values: Any, what: str) -> Floats:
    """The same as 168 floats.

    Raises
    ------
    ChartError
        If they are none.
    """
    found = np.asarray(values, dtype=np.float64)
    if found.shape != (HOURS,) or not np.isfinite(found).all() or (found < 0).any():
        raise ChartError(f"{what}: give {HOURS} numbers from 0, one for each hour of the week from Monday")
    return found


def week_axis(ax: Axes, under_days: Sequence[str] = ("",) * 7) -> None:
    """An x axis of the 168 hours of a week: days named in their middle, with a text under each."""
    names = [f"{day}\n{text}" if text else day for day, text in zip(DAYS, under_days, strict=True)]
    ax.set_xticks(np.arange(0, HOURS, 24) + 12, names)
    ax.set_xticks(np.arange(0, HOURS + 1, 24), minor=True)
    ax.tick_params(axis="x", which="major", length=0)
    ax.grid(axis="x", which="minor", alpha=0.35)
    ax.grid(axis="y", alpha=0.25)
    ax.set_axisbelow(True)
    ax.set_xlim(0, HOURS)


def clock_axis(ax: Axes, start: dt.datetime, low: float, high: float) -> None:
    """An x axis in seconds from `start` that reads as the clock does: weekday, and time or date."""
    step = nice_width(max(high - low, 1.0), 7)
    midnight = (start - dt.datetime.combine(start.date(), dt.time())).total_seconds()
    first = np.ceil((low + midnight) / step) * step - midnight
    ticks = np.arange(first, high + 1e-9, step)
    ax.set_xticks(ticks, [_clock(start + dt.timedelta(seconds=float(tick)), step) for tick in ticks])
    ax.set_xlim(low, high)


def _clock(instant: dt.datetime, step: float) -> str:
    day = DAYS[instant.weekday()]
    if step >= UNITS["day"] / UNITS["s"]:
        return f"{day}\n{instant:%d %b}"
    return f"{day}\n{instant:%H:%M:%S}" if step < 60 else f"{day}\n{instant:%H:%M}"


def finite_or_zero(values: Any, what: str) -> Floats:
    """Numbers from 0 that are known.

    Raises
    ------
    ChartError
        If one is missing or negative.
    """
    found = np.asarray(values, dtype=np.float64)
    if not (found >= 0).all():
        raise ChartError(f"{what}: a time is missing or negative; give 0 where none was lost")
    return found


def short(value: float) -> str:
    """A number beside a bar."""
    return number(float(value))

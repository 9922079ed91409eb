"""The distribution of times, with what was promised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from serviceflow.units import UNITS
from serviceflow.view import palette
from serviceflow.view.charts.style import (
    ChartError,
    Floats,
    Scale,
    axes_of,
    finish,
    ink,
    legend_beside,
    nice_width,
    open_frame,
    say,
    scale_of,
    under,
)
from serviceflow.view.format import clip, number, share, time

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PARTS = 40
"""About so many bars."""
SHOWN = 0.99
"""This share of the times is drawn; how long the others take is told in words."""
QUANTILES = {0.5: "half", 0.9: "90%"}


@dataclass(frozen=True)
class Limit:
    """What is promised of the times.

    Attributes
    ----------
    within : float
        The time.
    promised : float
        The share of requests that are to take no longer.
    kept : float
        The share that did, those counted that never came to it.
    """

    within: float
    promised: float
    kept: float

    @property
    def missed(self) -> bool:
        """Whether less was kept than promised."""
        return self.kept < self.promised


def plot_times(
    times: ArrayLike,
    *,
    unit: str,
    what: str = "flow time",
    limit: Limit | None = None,
    name: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw how the times of single requests are spread, and the promise that is made of them.

    Parameters
    ----------
    times : array_like
        One per request, of all replications.
    unit : str
        The unit of the times: ``"min"``.
    what : str
        What the times are.
    limit : Limit, optional
        What is promised.
    name : str
        Whose times they are, for the title.
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
    found = np.sort(np.asarray(times, dtype=np.float64))
    if not (found >= 0).all():
        raise ChartError(f"{what}: a time is missing or negative; leave out what has not ended")
    ax = axes_of(ax, height=3.8, width=9.0)
    shown = clip(name, 50)
    ax.set_title(f"{shown}: {what}" if shown else what.capitalize(), loc="left")
    open_frame(ax, grid="y")
    if not len(found):
        ax.set_xlabel(f"{what} ({unit})")
        say(ax, "no request has ended")
        return finish(ax)
    _draw(ax, found, unit, what, limit)
    return finish(ax)


def _draw(ax: Axes, found: Floats, unit: str, what: str, limit: Limit | None) -> None:
    end = max(_quantile(found, SHOWN), 1.05 * limit.within if limit else 0.0)
    scale = scale_of(end or 1.0, unit)
    edges = _edges(end, unit)
    counts = np.histogram(found, edges)[0]
    shares = 100 * counts / len(found)
    looks = {"edgecolor": ax.get_facecolor(), "linewidth": 0.4}
    late = np.zeros(len(shares), dtype=bool) if limit is None else edges[:-1] >= limit.within
    widths = np.diff(edges) * scale.factor
    ax.bar(edges[:-1] * scale.factor, shares, widths, align="edge", color=palette.BUSY, **looks)  # type: ignore[arg-type]
    for bar, beyond in zip(ax.patches, late, strict=True):
        bar.set(**({"facecolor": palette.OVERTIME, "hatch": "///"} if beyond else {}))
    _quantiles(ax, found, scale, unit)
    if limit is not None:
        _limit(ax, limit, scale, unit)
    _finish(ax, found, edges, scale, unit, what)


def _edges(end: float, unit: str) -> Floats:
    size = UNITS[unit] / UNITS["s"]
    width = nice_width((end or 1.0) * size, PARTS) / size
    return np.arange(0, np.ceil((end or width) / width) + 1) * width


def _quantile(found: Floats, probability: float) -> float:
    place = min(int(np.ceil(probability * len(found))), len(found)) - 1
    return float(found[max(place, 0)])


def _quantiles(ax: Axes, found: Floats, scale: Scale, unit: str) -> None:
    for (probability, told), style in zip(QUANTILES.items(), ("-", ":"), strict=True):
        value = _quantile(found, probability)
        label = f"{told} within {time(value, unit)}"
        ax.axvline(value * scale.factor, color=ink(ax), linewidth=1.4, linestyle=style, label=label)


def _limit(ax: Axes, limit: Limit, scale: Scale, unit: str) -> None:
    verdict = "missed" if limit.missed else "kept"
    promised = f"promised: {share(limit.promised)} within\n{time(limit.within, unit)}"
    label = f"{promised}; {verdict}: {share(limit.kept)}"
    color = palette.MISSED if limit.missed else palette.MET
    ax.axvline(limit.within * scale.factor, color=color, linewidth=2.2, linestyle="--", label=label)


def _finish(ax: Axes, found: Floats, edges: Floats, scale: Scale, unit: str, what: str) -> None:
    ax.set_xlim(0, edges[-1] * scale.factor)
    ax.set_xlabel(f"{what} ({scale.unit})")
    beyond = int((found > edges[-1]).sum())
    if beyond:
        under(ax, f"{share(beyond / len(found))} take longer, up to {time(found[-1], unit)}")
    ax.set_ylabel(f"requests (% per {time(edges[1], unit)})")
    legend_beside(ax, f"{number(len(found))} requests")

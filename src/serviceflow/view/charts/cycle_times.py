"""Cycle times of a model beside those of a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from serviceflow.view import palette
from serviceflow.view.charts.style import axes_of, finish, legend_above, open_frame, title_above

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOOKS = ((palette.MET, "-"), (palette.MISSED, "-"), (palette.OTHER[0], "--"))
"""Of the model, of the cases that were held out, and of the earlier ones."""


def plot_cycle_times(hours: Mapping[str, Sequence[float]], *, ax: Axes | None = None) -> Axes:
    """Draw the share of cases that are done after so many hours.

    Parameters
    ----------
    hours : mapping of str to sequence of float
        The cycle times of up to three kinds of cases, by what they are called.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    from matplotlib.ticker import PercentFormatter

    ax = axes_of(ax, height=4.2)
    for (name, values), (color, style) in zip(hours.items(), LOOKS, strict=False):
        shares = np.arange(1, len(values) + 1) / max(len(values), 1)
        ax.step(np.sort(values), shares, where="post", color=color, linestyle=style, label=name)
    ax.set_xlabel("cycle time (h)")
    ax.set_ylabel("share of cases")
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    open_frame(ax)
    legend_above(ax)
    title_above(ax, "How long cases take", with_legend=True)
    return finish(ax)

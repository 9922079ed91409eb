"""Charts, one subject to a module; :mod:`serviceflow.view.charts.style` is what they have in common.

Each draws on the axes given or on new ones, follows whatever style is set (light or dark), and leaves
showing and saving to the caller. They are given figures, and work out none.
"""

from __future__ import annotations

from serviceflow.view.charts.attainment import plot_attainment
from serviceflow.view.charts.changes import plot_before_after, plot_changes
from serviceflow.view.charts.control import plot_control
from serviceflow.view.charts.heatmap import plot_heatmap
from serviceflow.view.charts.levers import plot_levers
from serviceflow.view.charts.lost_time import plot_lost_time
from serviceflow.view.charts.payback import plot_payback
from serviceflow.view.charts.provider import plot_provider
from serviceflow.view.charts.requests import plot_requests
from serviceflow.view.charts.style import ChartError
from serviceflow.view.charts.times import plot_times
from serviceflow.view.charts.tornado import plot_tornado
from serviceflow.view.charts.utilization import plot_utilization
from serviceflow.view.charts.waits import plot_waits
from serviceflow.view.charts.warm_up import plot_warm_up
from serviceflow.view.charts.week import plot_week

__all__ = [
    "ChartError",
    "plot_attainment",
    "plot_before_after",
    "plot_changes",
    "plot_control",
    "plot_heatmap",
    "plot_levers",
    "plot_lost_time",
    "plot_payback",
    "plot_provider",
    "plot_requests",
    "plot_times",
    "plot_tornado",
    "plot_utilization",
    "plot_waits",
    "plot_warm_up",
    "plot_week",
]

"""The map of a change: how a scenario flows, beside what it was, and what the runs know to be better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.view.kpi_lookup import Figures
from serviceflow.view.map_model import Before
from serviceflow.view.maps import Map
from serviceflow.view.process_map import process_map

if TYPE_CHECKING:
    from serviceflow.results.comparison import Comparison

KEYS = ("scope", "name", "measure")


def change_map(comparison: Comparison, scenario: str) -> Map:
    """The map of a scenario with the figures of the baseline beside its own."""
    then = comparison[scenario]
    caption = f"{scenario} against {comparison.baseline}, {comparison.count} replications each"
    return process_map(then.chain, then.kpis, before=before(comparison, scenario), caption=caption)


def before(comparison: Comparison, scenario: str) -> Before:
    """What a map of a scenario says of the baseline."""
    table = comparison.differences
    rows = table[(table["scenario"] == scenario) & table["scope"].isin(("service", "handoff"))]
    verdicts = zip(*(rows[key] for key in KEYS), rows["verdict"], strict=True)
    changes = comparison.changes
    mine = changes[changes["scenario"] == scenario]
    return Before(
        Figures.of(comparison[comparison.baseline].kpis),
        {(scope, name, measure): verdict for scope, name, measure, verdict in verdicts},
        frozenset(zip(mine["section"], mine["name"], strict=True)),
    )

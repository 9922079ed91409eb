"""From comparisons to charts: which figures each chart is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from serviceflow.errors import UnknownNameError
from serviceflow.view.charts.changes import plot_before_after, plot_changes
from serviceflow.view.charts.style import ChartError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from serviceflow.results.comparison import Comparison

FIRST = {
    "chain": ("flow_time", "flow_time_p90", "cost"),
    "consumer": ("flow_time", "gave_up", "refused"),
    "provider": ("waiting_time",),
    "sla": ("attainment",),
}
"""Scope to the measures that are drawn when no others are asked for."""


def changes_chart(comparison: Comparison, measures: Sequence[str] | None, ax: Axes | None) -> Axes:
    """By how many percent figures change."""
    table = comparison.summary() if measures is None else comparison.differences
    chosen = _first(table, comparison) if measures is None else _named(table, measures)
    rows = [
        _row(*keys, alone=comparison[comparison.baseline].chain.name)
        for keys in zip(chosen["scope"], chosen["name"], chosen["measure"], strict=True)
    ]
    return plot_changes(chosen.assign(row=rows), ax=ax)


def _first(table: pd.DataFrame, comparison: Comparison) -> pd.DataFrame:
    """What most people want to see, the chain's own figures only where it has several consumers."""
    several = len(comparison[comparison.baseline].runs.program.consumers) > 1
    wanted = {(scope, measure) for scope, measures in FIRST.items() for measure in measures}
    wanted -= set() if several else {("chain", "flow_time")}
    pairs = zip(table["scope"], table["measure"], strict=True)
    return table[[pair in wanted for pair in pairs]]


def _named(table: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    known = list(dict.fromkeys(table["measure"]))
    for measure in measures:
        if measure not in known:
            raise UnknownNameError("measure", measure, known)
    return table[table["measure"].isin(measures)]


def _row(scope: str, name: str, measure: str, alone: str) -> str:
    """A figure in words; a promise's own name says what it is."""
    words = measure.replace("_p9", ", 9").replace("_", " ")
    words = f"{words}th percentile" if ", 9" in words else words
    if scope == "sla" and measure == "attainment":
        return f"{name} kept"
    return f"{name if scope != 'chain' else alone}: {words}"


def before_after_chart(
    comparison: Comparison, measure: str, scope: str, scenario: str | None, ax: Axes | None
) -> Axes:
    """One measure of every element of a scope, in the baseline and in a scenario."""
    name = comparison.scenarios[0] if scenario is None else scenario
    after, before = comparison[name], comparison[comparison.baseline]
    ours, theirs = (_figures(one.kpis, scope, measure) for one in (after, before))
    if ours.empty:
        raise ChartError(f"there is no {measure!r} of a {scope}; comparison.kpis has all that there are")
    table = theirs.add_prefix("before").join(ours.add_prefix("after"), how="inner")
    table = table.sort_values("before", ascending=False).rename_axis("row").reset_index()
    unit = str(before.kpis.query("scope == @scope and measure == @measure")["unit"].iloc[0])
    what = f"{measure.replace('_', ' ')} by {'promise' if scope == 'sla' else scope}"
    return plot_before_after(table, what=what, unit=unit, names=(comparison.baseline, name), ax=ax)


def _figures(kpis: pd.DataFrame, scope: str, measure: str) -> pd.DataFrame:
    """Means with their ends by name; columns are "", "_low" and "_high"."""
    rows = kpis[(kpis["scope"] == scope) & (kpis["measure"] == measure)].set_index("name")
    return pd.DataFrame({"": rows["mean"], "_low": rows["ci_low"], "_high": rows["ci_high"]})

"""The figures to look at first."""

from __future__ import annotations

import pandas as pd

HEADLINES: dict[str, tuple[str, ...]] = {
    "chain": (
        "flow_time",
        "flow_time_p90",
        "waiting_time",
        "handoff_time",
        "service_time",
        "flow_efficiency",
        "arrived",
        "completed",
        "throughput",
        "work_in_progress",
        "cost",
        "penalty",
        "complaint_cost",
    ),
    "consumer": ("flow_time", "flow_time_p90", "waiting_time", "gave_up", "refused", "complaint_share"),
    "provider": ("utilization", "waiting_time", "queue_length", "overtime"),
    "sla": ("attainment", "attainment_low", "attainment_high", "breaches"),
    "stock": ("mean_level", "stockout_share", "fill_rate"),
}
"""Scope to the measures that a summary shows."""

IF_ANY = {"gave_up", "refused", "overtime", "penalty"}
"""Measures that a summary shows where they are not zero."""


def summary_rows(kpis: pd.DataFrame) -> pd.DataFrame:
    """The rows of the table of all figures that a summary shows, in its columns but the scenario."""
    wanted = {(scope, measure) for scope, measures in HEADLINES.items() for measure in measures}
    pairs = pd.Series(list(zip(kpis["scope"], kpis["measure"], strict=True)), index=kpis.index)
    empty = kpis["measure"].isin(IF_ANY) & (kpis["mean"] == 0)
    known = pairs.isin(wanted) & ~empty & ~_settled(kpis)
    return kpis[known].drop(columns="scenario").reset_index(drop=True)


def _settled(kpis: pd.DataFrame) -> pd.Series:
    """Bounds of an attainment where nothing is undetermined."""
    bounds = kpis["measure"].isin(("attainment_low", "attainment_high"))
    return bounds & (kpis["unfinished"].fillna(0) == 0)

"""Where requests wait, for whom, and why: a table of providers and a verdict in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from serviceflow.analysis.columns import NOBODY
from serviceflow.analysis.verdict import verdict_sentence
from serviceflow.analysis.waits import Totals, wait_totals
from serviceflow.engine.program.codes import WAITS
from serviceflow.results.derived import Floats
from serviceflow.results.results import Results
from serviceflow.results.statistics import ratio_interval, t_interval
from serviceflow.theory.load import offered_load

FROM_FIGURES = ("utilization", "overtime", "held_time", "queue_length", "waiting_time")


@dataclass(frozen=True)
class Bottlenecks:
    """Providers by the waiting of requests for them.

    Attributes
    ----------
    results : Results
        What was simulated.
    table : DataFrame
        One row per provider, most waiting first. ``offered_load`` is the staff that the work asked for
        would keep busy, ``capacity`` the staff on duty (both on average over the calendar), ``load`` the
        one by the other; ``utilization`` is of scheduled time; ``total`` is the time waited there in a
        replication, split into ``waiting_<cause>``; ``share`` is of all waiting; ``first`` is the share of
        replications in which more was waited here than anywhere else.
    """

    results: Results
    table: pd.DataFrame

    @cached_property
    def verdict(self) -> tuple[str, ...]:
        """The providers with most waiting: several where intervals of their shares overlap, maybe none."""
        rows = self.table[self.table["total"] > 0]
        if rows.empty:
            return ()
        least = rows["share_low"].iloc[0]
        tied = rows["share_high"] >= least
        tied.iloc[0] = True
        return tuple(rows["provider"][tied])

    @cached_property
    def sentence(self) -> str:
        """Where requests wait and why, in plain words."""
        return verdict_sentence(self)

    def __str__(self) -> str:
        return self.sentence

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.verdict)) or 'nobody waits'})"

    def _repr_html_(self) -> str:
        from html import escape

        table = self.table.to_html(index=False, float_format=lambda value: f"{value:.4g}", na_rep="")
        return f"<p>{escape(self.sentence)}</p>{table}"


def bottlenecks(results: Results) -> Bottlenecks:
    """Say where requests wait and why.

    Parameters
    ----------
    results : Results
        What was simulated.

    Returns
    -------
    Bottlenecks
        A table by provider and a sentence. Waiting is that of all visits of requests created in the window.
        It shows where requests wait; what a change would gain, a scenario tells.
    """
    totals = wait_totals(results, ("provider", "cause"))
    names = [plan.name for plan in results.runs.program.providers]
    if any(key[0] == NOBODY for key in totals.keys):
        names.append(NOBODY)
    table = pd.DataFrame({"provider": np.array(names, dtype=object)})
    table = table.assign(
        **_loads(results, names), **_figures(results, names), **_waiting(results, totals, names)
    )
    return Bottlenecks(
        results, table.sort_values("total", ascending=False, kind="stable").reset_index(drop=True)
    )


def _loads(results: Results, names: list[str]) -> dict[str, Any]:
    loads = {one.provider: one for one in offered_load(results.chain).providers}
    columns = {"load": "open_utilization", "offered_load": "work", "capacity": "capacity"}
    return {
        column: [getattr(loads[name], part) if name in loads else np.nan for name in names]
        for column, part in columns.items()
    }


def _figures(results: Results, names: list[str]) -> dict[str, Any]:
    """Means over replications that the table of all figures has, by provider."""
    columns = {}
    for measure in FROM_FIGURES:
        mean = results.mean("provider", measure)
        columns[measure] = np.append(mean, np.nan)[: len(names)]
    return columns


def _waiting(results: Results, totals: Totals, names: list[str]) -> dict[str, Any]:
    ticks = _by_provider(totals, names) / results.runs.program.time_unit
    total = t_interval(ticks, results.confidence)
    everything = np.broadcast_to(ticks.sum(axis=1, keepdims=True), ticks.shape)
    share = ratio_interval(ticks, everything, results.confidence)
    columns: dict[str, Any] = {"total": total.mean, "ci_low": total.low, "ci_high": total.high}
    columns |= {"share": share.mean, "share_low": share.low, "share_high": share.high}
    columns["first"] = _first(ticks)
    for cause in WAITS:
        chosen = _by_provider(totals, names, cause) / results.runs.program.time_unit
        if chosen.any():
            columns[f"waiting_{cause}"] = chosen.mean(axis=0)
    return columns


def _by_provider(totals: Totals, names: list[str], cause: str | None = None) -> Floats:
    """Ticks waited per replication and provider, for one cause or all."""
    found = np.zeros((len(totals.ticks), len(names)))
    for place, (provider, why) in enumerate(totals.keys):
        if cause in (None, why):
            found[:, names.index(provider)] += totals.ticks[:, place]
    return found


def _first(ticks: Floats) -> Floats:
    """Share of replications in which each provider has most waiting; ties share theirs."""
    most = ticks.max(axis=1, keepdims=True, initial=0.0)
    best = (ticks == most) & (most > 0)
    shares: Floats = (best / np.maximum(best.sum(axis=1, keepdims=True), 1)).mean(axis=0)
    return shares

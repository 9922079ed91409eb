"""Lost time per completed request, on one scale: by place and cause, by place, and what the loss is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.analysis.spent import Key, Spent, completed, order_of, rank_first
from serviceflow.results.path_sums import WORK
from serviceflow.results.places import LINK
from serviceflow.results.statistics import ratio_interval

if TYPE_CHECKING:
    from serviceflow.results.derived import Floats
    from serviceflow.results.results import Results

RIVAL = 0.1
"""What loses less than this share of the most is no rival of it, however little is known of both."""
LOSSES = ("mean", "ci_low", "ci_high", "share", "share_low", "share_high", "first")


def spent_by_completed(results: Results) -> Spent:
    """Where the time of completed requests went, work included."""
    return Spent.of(results.runs.program, results._paths).chosen(lost=False)


def lost_table(results: Results, *names: str) -> pd.DataFrame:
    """Lost time per completed request by "place" and "cause", or by "place" alone; the largest first."""
    spent = Spent.of(results.runs.program, results._paths).chosen()
    keys, totals = spent.by(*names)
    columns = [part for name in names for part in (("scope", "place") if name == "place" else (name,))]
    order = order_of(totals)
    return _table(results, columns, [keys[place] for place in order], totals[:, order])


def service_shares(results: Results) -> dict[str, float]:
    """The share of all lost time that is lost at each service, ways there apart."""
    keys, totals = Spent.of(results.runs.program, results._paths).chosen().by("place", "service")
    everything, found = float(totals.sum()) or 1.0, dict[str, float]()
    for (scope, _, service), ticks in zip(keys, totals.sum(axis=0).tolist(), strict=True):
        if scope != LINK:
            found[service] = found.get(service, 0.0) + ticks / everything
    return found


def _table(results: Results, columns: list[str], keys: list[Key], totals: Floats) -> pd.DataFrame:
    table = pd.DataFrame(keys, columns=columns, dtype=object)
    return table.assign(**_losses(results, totals))


def _losses(results: Results, totals: Floats) -> dict[str, Any]:
    if not totals.shape[1]:
        return {name: np.empty(0) for name in LOSSES}
    unit, confidence = results.runs.program.time_unit, results.confidence
    done = np.broadcast_to(completed(results).sum(axis=1, keepdims=True), totals.shape)
    everything = np.broadcast_to(totals.sum(axis=1, keepdims=True), totals.shape)
    mean = ratio_interval(totals / unit, done, confidence).within()
    share = ratio_interval(totals, everything, confidence).within(0, 1)
    found = (mean.mean, mean.low, mean.high, share.mean, share.low, share.high, rank_first(totals))
    return dict(zip(LOSSES, found, strict=True))


def places_that_lose_most(results: Results) -> list[Key]:
    """The place that loses most time, and those that cannot be told from it; none where nothing is lost.

    A place is told from the first where the interval of their difference, paired over replications, is
    beyond 0.
    """
    keys, totals = Spent.of(results.runs.program, results._paths).chosen().by("place")
    if not keys:
        return []
    order = order_of(totals)
    first, sums = totals[:, order[:1]], totals[:, order]
    done = np.broadcast_to(completed(results).sum(axis=1, keepdims=True), sums.shape)
    lead = ratio_interval(first - sums, done, results.confidence)
    rival = sums.sum(axis=0) >= RIVAL * first.sum()
    tied = rival & ((lead.low <= 0) | (lead.mean <= 0))
    tied[0] = True
    return [keys[place] for place in order[tied]]


def efficiency_table(results: Results) -> pd.DataFrame:
    """Work as a share of the flow time, and what it would be without each cause; the largest gain first.

    Columns are cause, lost (per completed request, in the chain's unit), efficiency (as it is) and without
    (as it would be if the cause went and nothing else changed).
    """
    keys, totals = spent_by_completed(results).by("cause")
    causes = [cause for (cause,) in keys]
    sums = totals.sum(axis=0)
    work = float(sums[[cause == WORK for cause in causes]].sum())
    flow, done = float(sums.sum()), float(completed(results).sum())
    unit = results.runs.program.time_unit
    rows = [
        (cause, ticks / unit / done, work / flow, work / (flow - ticks))
        for cause, ticks in zip(causes, sums.tolist(), strict=True)
        if cause != WORK and flow > ticks
    ]
    rows.sort(key=lambda row: -row[1])
    return pd.DataFrame(rows, columns=["cause", "lost", "efficiency", "without"])


def lost_requests(results: Results) -> pd.DataFrame:
    """Requests that are in no mean: who gave up, was refused, or had not finished when the run ended.

    One row per consumer and way to be lost that occurred. Columns are consumer, outcome, requests (per
    replication), share (of those that arrived) with ci_low and ci_high.
    """
    rows = [
        row for consumer in range(len(results.runs.program.consumers)) for row in _lost(results, consumer)
    ]
    columns = ["consumer", "outcome", "requests", "share", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        "requests", ascending=False, kind="stable", ignore_index=True
    )


def _lost(results: Results, consumer: int) -> list[tuple[Any, ...]]:
    means, name = results._means, results.runs.program.consumers[consumer].name
    arrived = means["consumer", "arrived"]
    ways = {
        "gave up": means["consumer", "gave_up"].totals,
        "refused": means["consumer", "refused"].totals,
        "unfinished": np.zeros_like(arrived.totals) if arrived.unfinished is None else arrived.unfinished,
    }
    found: list[tuple[Any, ...]] = []
    for outcome, counts in ways.items():
        own = counts[:, consumer]
        if own.any():
            share = ratio_interval(own, arrived.totals[:, consumer], results.confidence).within(0, 1)
            ends = (float(share.mean), float(share.low), float(share.high))
            found.append((name, outcome, float(own.mean()), *ends))
    return found

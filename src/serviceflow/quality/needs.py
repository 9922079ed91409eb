"""What receivers need, what is agreed, what the model can do, and what is delivered: gaps on one scale.

The scale is the share of requests that are served within the time that is needed. What is agreed counts on it
only if the time agreed is not longer than the time needed: of a later time it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from serviceflow.errors import UnknownNameError
from serviceflow.model.sla import SLA
from serviceflow.quality.service_links import Clause, ServiceLink, links_of
from serviceflow.results.derived import Reading
from serviceflow.results.promises import Promise, _counts
from serviceflow.results.statistics import ratio_interval

if TYPE_CHECKING:
    from serviceflow.results.results import Results

GAPS = ("need - agreement", "agreement - capability", "capability - delivery", "need - delivery")
COLUMNS = (
    "link",
    "need",
    "agreement",
    "needed",
    "agreed",
    "simulated",
    "simulated_low",
    "simulated_high",
    "delivered",
    *GAPS,
    "widest",
)


def need_table(results: Results, delivered: Mapping[str, float] | None = None) -> pd.DataFrame:
    """One row per need: shares, the four gaps between them, and which of the first three is widest.

    Raises
    ------
    UnknownNameError
        If something is said of a link that the chain does not have.
    """
    links = links_of(results.chain)
    for name in delivered or {}:
        if name not in links.names:
            raise UnknownNameError("link", name, links.names)
    rows = [row for link in links for row in _rows(results, link, (delivered or {}).get(link.name))]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(results: Results, link: ServiceLink, delivered: float | None) -> Iterator[tuple[object, ...]]:
    for need in link.needs:
        agreed = [
            one for one in link.promises if (one.kind, one.scope, one.of) == (need.kind, need.scope, need.of)
        ]
        mean, low, high = _kept(results, need)
        share = _agreed(results, need, agreed)
        told = np.nan if delivered is None else float(delivered)
        last = mean if np.isnan(told) else told
        gaps = (need.share - share, share - mean, mean - told, need.share - last)
        text = str(agreed[0]) if agreed else "none agreed"
        yield (link.name, str(need), text, need.share, share, mean, low, high, told, *gaps, _widest(gaps[:3]))


def _widest(gaps: tuple[float, ...]) -> str:
    """Which gap is widest; only what falls short is a gap."""
    known = [(gap, name) for gap, name in zip(gaps, GAPS, strict=False) if np.isfinite(gap) and gap > 0.005]
    return max(known)[1] if known else ""


def _agreed(results: Results, need: Clause, agreed: list[Clause]) -> float:
    if not agreed:
        return 0.0
    if need.kind == "first_time_right":
        return agreed[0].share
    within = [_within(results, one, field) for one, field in ((need, "needs"), (agreed[0], "sla"))]
    if any(np.isnan(within)):
        return agreed[0].share
    return agreed[0].share if within[1] <= within[0] * (1 + 1e-9) else 0.0


def _within(results: Results, clause: Clause, field: str) -> float:
    target = getattr(_sla(results, clause, field), clause.kind)
    return float(target.within.constant(results.time_unit)) if target.within.is_constant else np.nan


def _sla(results: Results, clause: Clause, field: str) -> SLA:
    elements = {str(key): element for key, element in getattr(results.chain, f"{clause.scope}s").items()}
    found: SLA = getattr(elements[clause.of], field)
    return found


def _kept(results: Results, need: Clause) -> tuple[float, float, float]:
    """The share of requests that were served as needed, with its interval over replications."""
    plans = getattr(results.runs.program, f"{need.scope}s")
    index = [plan.name for plan in plans].index(need.of)
    promise = Promise(need.scope, index, need.of, need.kind, _sla(results, need, "needs"))
    records = results._records_for("results.needs", "needs are counted on single requests")
    counts = np.array([_counts(Reading(record), promise) for record in records], dtype=np.float64)
    found = ratio_interval(counts[:, :1], counts[:, :2].sum(axis=1, keepdims=True), results.confidence)
    return float(found.mean[0]), float(found.low[0]), float(found.high[0])

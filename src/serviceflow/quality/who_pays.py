"""Who gains and who pays: differences of scenarios by department, as receiver and as provider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from serviceflow.quality.service_links import ServiceLinks, links_of

if TYPE_CHECKING:
    from serviceflow.results.comparison import Comparison

GAINS, PAYS, SAME = "gains", "pays", ""
RECEIVER, PROVIDER = "receiver", "provider"
GOOD: dict[tuple[str, str], tuple[str, int]] = {
    ("consumer", "flow_time"): (RECEIVER, -1),
    ("consumer", "gave_up"): (RECEIVER, -1),
    ("consumer", "refused"): (RECEIVER, -1),
    ("consumer", "complaints"): (RECEIVER, -1),
    ("provider", "utilization"): (PROVIDER, -1),
    ("provider", "overtime"): (PROVIDER, -1),
    ("provider", "cost"): (PROVIDER, -1),
}
"""Scope and measure to whose it is, and whether more of it is good (1) or bad (-1)."""
COLUMNS = ("scenario", "department", "role", "of", "measure", "unit", "baseline", "difference")
_ENDS = ("simultaneous_low", "simultaneous_high")


def who_pays_table(comparison: Comparison) -> pd.DataFrame:
    """One row per scenario, department and figure, and whether the department gains or pays."""
    links = links_of(comparison[comparison.baseline].chain)
    rows = [row for _, found in comparison.differences.iterrows() for row in _rows(links, found)]
    table = pd.DataFrame(rows, columns=[*COLUMNS, "ci_low", "ci_high", "effect"])
    table = table.dropna(subset=["baseline"])
    # A promise to a consumer who asks several departments is one to it, whichever of them it asks.
    table = table.drop_duplicates(["scenario", "department", "role", "of", "measure"])
    harmed = set(table.loc[table["effect"] == PAYS, "scenario"])
    table["nobody pays"] = ~table["scenario"].isin(harmed)
    return table.sort_values(["scenario", "department", "role"], kind="stable").reset_index(drop=True)


def _rows(links: ServiceLinks, found: pd.Series) -> Iterator[tuple[object, ...]]:
    key = (str(found["scope"]), str(found["measure"]))
    if key == ("sla", "attainment"):
        for link in links:
            if str(found["name"]) in {promise.name for promise in link.promises}:
                yield _row(found, link.receiver, RECEIVER, 1)
                yield _row(found, link.provider, PROVIDER, 1)
    elif key in GOOD:
        role, good = GOOD[key]
        yield _row(found, str(found["name"]), role, good)


def _row(found: pd.Series, department: str, role: str, good: int) -> tuple[object, ...]:
    low, high = (float(found[end]) for end in _ENDS)
    sign = 1 if low > 0 else -1 if high < 0 else 0
    small = abs(found["difference"]) <= 1e-9 * max(1.0, abs(found["baseline"]))
    effect = SAME if not sign or small else GAINS if sign * good > 0 else PAYS
    head = (found["scenario"], department, role, found["name"], found["measure"], found["unit"])
    return (*head, found["baseline"], found["difference"], low, high, effect)

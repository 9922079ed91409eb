"""The tables of the report: the figures to look at first, and those of each kind of element."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from serviceflow.results.measures import MEASURES, QUANTILES, SCOPES
from serviceflow.results.tables import KPI_COLUMNS
from serviceflow.view.report.source import Source, rows_of
from serviceflow.view.report.texts import Text, count, interval, known, measured, name, say

SHOWN: dict[str, tuple[str, ...]] = {
    "consumer": (
        "arrived",
        "completed",
        "gave_up",
        "refused",
        "flow_time",
        "flow_time_p90",
        "waiting_time",
        "handoff_time",
    ),
    "provider": (
        "utilization",
        "waiting_time",
        "waiting_time_p90",
        "queue_length",
        "overtime",
        "cost",
        "gave_up",
        "refused",
    ),
    "service": (
        "arrived",
        "waiting_time",
        "waiting_time_p90",
        "service_time",
        "queue_length",
        "gave_up",
        "refused",
    ),
    "handoff": (
        "arrived",
        "handoff_time",
        "handoff_time_p90",
        "handoff_dispatch",
        "handoff_delay",
        "handoff_clarification",
        "first_time_right",
    ),
    "call": ("arrived", "flow_time", "flow_time_p90", "handoff_time", "waiting_time"),
    "stock": ("mean_level", "stockout_share", "fill_rate", "cost"),
    "sla": ("attainment", "attainment_low", "attainment_high", "breaches", "penalty"),
}
"""What is shown of each kind of element; the table of all figures has the rest."""
IF_ANY = ("gave_up", "refused", "overtime", "penalty", "cost", "handoff_dispatch", "handoff_clarification")
MOST = 200
"""Rows of a table that are written out; all are in the table of all figures."""


def tables(source: Source) -> list[dict[str, Any]]:
    """Every table of the report but that of all figures."""
    found = [_summary(source), *(_of(source, scope) for scope in SHOWN)]
    return [one for one in found if one["rows"]]


def _summary(source: Source) -> dict[str, Any]:
    rows = [_summary_row(source, row) for row in rows_of(source.main.summary())]
    heads = [
        say("table.of"),
        say("table.figure"),
        say("table.mean"),
        say("table.interval"),
        say("table.rests"),
    ]
    return {
        "id": "summary",
        "title": say("table.summary"),
        "heads": [(head, place in (2, 4)) for place, head in enumerate(heads)],
        "rows": rows[:MOST],
        "cut": max(len(rows) - MOST, 0),
    }


def _summary_row(source: Source, row: dict[str, Any]) -> list[tuple[Text, Any]]:
    unit, mean = row["unit"], float(row["mean"])
    of = known(f"scope.{row['scope']}") + ": " + name(row["name"])
    return [
        (of, None),
        (known(f"measure.{row['measure']}"), None),
        (measured(mean, unit, source.unit), _number(mean)),
        (interval(row["ci_low"], row["ci_high"], unit, source.unit), None),
        (_rests(row["requests"]), _number(row["requests"])),
    ]


def _rests(requests: Any) -> Text:
    return name("") if pd.isna(requests) else count(requests)


def _of(source: Source, scope: str) -> dict[str, Any]:
    """The table of one kind of element: one row each, a measure in each column."""
    kpis = source.main.kpis
    mine = kpis[(kpis["scope"] == scope) & kpis["measure"].isin(SHOWN[scope])]
    measures = [one for one in SHOWN[scope] if _is_shown(mine[mine["measure"] == one], one)]
    names = list(dict.fromkeys(mine["name"]))
    cells = {(row["name"], row["measure"]): row for row in rows_of(mine)}
    heads = [(known(f"scope.{scope}"), False)] + [(known(f"measure.{one}"), True) for one in measures]
    rows = [
        [(name(one), None), *(_cell(source, cells.get((one, measure))) for measure in measures)]
        for one in names[:MOST]
    ]
    return {
        "id": scope,
        "title": known(f"scopes.{scope}"),
        "heads": heads,
        "rows": rows if measures else [],
        "cut": max(len(names) - MOST, 0),
    }


def _is_shown(rows: pd.DataFrame, measure: str) -> bool:
    values = rows["mean"].to_numpy(dtype=np.float64)
    if not np.isfinite(values).any():
        return False
    return measure not in IF_ANY or bool(np.nan_to_num(values).any())


def _cell(source: Source, row: dict[str, Any] | None) -> tuple[Text, Any]:
    if row is None or row["mean"] != row["mean"]:
        return name("–"), None
    return measured(row["mean"], row["unit"], source.unit), _number(row["mean"])


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


# The table of all figures, for scripts

COLUMNS = KPI_COLUMNS[1:]
"""Those of the table of all figures, but for the scenario, which the report gives each its own."""
WORDY = ("scenario", "scope", "name", "measure", "unit", "consumer", "place", "service", "cause")


def packed(table: pd.DataFrame, columns: tuple[str, ...] = COLUMNS) -> dict[str, Any]:
    """A table by columns: words once each with their places, numbers as they are, null for none."""
    found: dict[str, Any] = {}
    for column in columns:
        if column not in table:
            continue
        if column in WORDY:
            codes, words = pd.factorize(table[column].astype(str))
            found[column] = {"words": [name(word).en for word in words], "codes": codes.tolist()}
        else:
            found[column] = [_plain(value) for value in table[column].astype("float64").tolist()]
    return found


def _plain(value: float) -> float | None:
    if not np.isfinite(value):
        return None
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else value


def measure_words() -> dict[str, list[str]]:
    """Every measure in both languages."""
    timed = [
        f"{one}_{part}"
        for one in ("flow_time", "waiting_time", "handoff_time", "service_time")
        for part in (*QUANTILES, "sd")
    ]
    return {one: [known(f"measure.{one}").en, known(f"measure.{one}").zh] for one in (*MEASURES, *timed)}


def scope_words() -> Iterator[tuple[str, list[str]]]:
    """Every scope in both languages."""
    for scope in SCOPES:
        yield scope, [known(f"scope.{scope}").en, known(f"scope.{scope}").zh]

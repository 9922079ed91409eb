"""Figures as tables: one row per figure, and wide views with one row per element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.results.derived import Floats, Ints
from serviceflow.results.figures import Series, scope_names
from serviceflow.results.measures import MEASURES, QUANTILES, SCOPES, SPREAD, TIMED, unit_of
from serviceflow.results.scopes import Key
from serviceflow.results.statistics import Estimate

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

KPI_COLUMNS = (
    "scenario",
    "scope",
    "name",
    "measure",
    "unit",
    "mean",
    "ci_low",
    "ci_high",
    "replications",
    "requests",
    "unfinished",
)
REPLICATION_COLUMNS = (
    "scenario",
    "replication",
    "scope",
    "name",
    "measure",
    "unit",
    "value",
    "requests",
    "unfinished",
)

COUNTS = ("requests", "unfinished")

_FURTHER = {measure: [f"{measure}_{name}" for name in (SPREAD, *QUANTILES)] for measure in TIMED}
ORDER = [name for measure in MEASURES for name in (measure, *_FURTHER.get(measure, ()))]
"""Measures in the order in which tables show them."""


def kpi_table(
    program: Program,
    scenario: str,
    series: Mapping[Key, Series],
    estimates: Mapping[Key, Estimate],
) -> pd.DataFrame:
    """One row per figure, with its interval; by scope, element and measure."""
    keys = _ordered(series)
    columns = _labels(program, scenario, series, keys)
    for name, part in {"mean": "mean", "ci_low": "low", "ci_high": "high"}.items():
        columns[name] = np.concatenate([getattr(estimates[key], part) for key in keys])
    columns["replications"] = np.concatenate(
        [np.full(_size(series[key]), _runs(series[key])) for key in keys]
    )
    for name in COUNTS:
        counts = [getattr(series[key], name) for key in keys]
        columns[name] = _whole([None if one is None else one.sum(axis=0) for one in counts], series, keys)
    return _by_element(pd.DataFrame(columns), KPI_COLUMNS)


def replication_table(program: Program, scenario: str, series: Mapping[Key, Series]) -> pd.DataFrame:
    """One row per figure and replication."""
    keys = _ordered(series)
    labels = _by_element(pd.DataFrame(_labels(program, scenario, series, keys)), None)
    place, labels = labels.index.to_numpy(), labels.reset_index(drop=True)
    count = _runs(next(iter(series.values())))
    parts = [
        labels.assign(replication=number, **_row(series, keys, number, place)) for number in range(count)
    ]
    return pd.concat(parts, ignore_index=True)[list(REPLICATION_COLUMNS)]


def _row(series: Mapping[Key, Series], keys: Sequence[Key], number: int, place: Ints) -> dict[str, Any]:
    """Value and counts of one replication, in the order of `place`."""
    columns: dict[str, Any] = {"value": np.concatenate([series[key].values[number] for key in keys])[place]}
    for name in COUNTS:
        counts = [getattr(series[key], name) for key in keys]
        columns[name] = _whole([None if one is None else one[number] for one in counts], series, keys)[place]
    return columns


def _ordered(series: Mapping[Key, Series]) -> list[Key]:
    return sorted(series, key=lambda key: (SCOPES.index(key[0]), ORDER.index(key[1])))


def _size(series: Series) -> int:
    return int(series.values.shape[1])


def _labels(
    program: Program, scenario: str, series: Mapping[Key, Series], keys: Sequence[Key]
) -> dict[str, Any]:
    names, sizes = scope_names(program), [_size(series[key]) for key in keys]
    units = [unit_of(measure, scope, program.unit) for scope, measure in keys]
    return {
        "scenario": scenario,
        "scope": np.repeat(np.array([scope for scope, _ in keys], dtype=object), sizes),
        "name": np.array([name for scope, _ in keys for name in names[scope]], dtype=object),
        "measure": np.repeat(np.array([measure for _, measure in keys], dtype=object), sizes),
        "unit": np.repeat(np.array(units, dtype=object), sizes),
        "_element": np.concatenate([np.arange(size) for size in sizes]),
    }


def _runs(series: Series) -> int:
    return len(series.values)


def _whole(
    counts: Sequence[Floats | None], series: Mapping[Key, Series], keys: Sequence[Key]
) -> pd.arrays.IntegerArray:
    """Counts of all figures as whole numbers; missing where a figure has none."""
    filled = [
        np.full(_size(series[key]), np.nan) if one is None else one
        for key, one in zip(keys, counts, strict=True)
    ]
    joined = np.concatenate(filled)
    missing = np.isnan(joined)
    return pd.arrays.IntegerArray(np.where(missing, 0, joined).astype(np.int64), missing)


def _by_element(table: pd.DataFrame, columns: Sequence[str] | None) -> pd.DataFrame:
    """Rows by scope, then element, then measure; with `columns`, numbered anew."""
    scopes = table["scope"].map({scope: place for place, scope in enumerate(SCOPES)}).to_numpy()
    order = np.lexsort((np.arange(len(table)), table["_element"].to_numpy(), scopes))
    table = table.iloc[order].drop(columns="_element")
    return table if columns is None else table[list(columns)].reset_index(drop=True)


# Views


def wide_view(kpis: pd.DataFrame, scope: str, labels: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """The means of a scope with one row per element and one column per measure.

    Parameters
    ----------
    kpis : DataFrame
        The table of all figures.
    scope : str
        Which slice of it.
    labels : mapping
        Element to its labels, which become columns in front.
    """
    rows = kpis[kpis["scope"] == scope]
    measures = [measure for measure in ORDER if measure in set(rows["measure"])]
    wide = rows.pivot(index="name", columns="measure", values="mean").reindex(columns=measures)
    wide = wide.reindex(pd.unique(rows["name"]))
    wide.columns.name = None
    for place, label in enumerate(dict.fromkeys(key for own in labels.values() for key in own)):
        wide.insert(place, label, [labels.get(name, {}).get(label) for name in wide.index])
    return wide

"""Lost time by place and cause over all consumers, with the interval of each place's whole."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from serviceflow.analysis.critical_path import OUTSIDE, lost_by_group
from serviceflow.results.derived import Floats, Reading
from serviceflow.results.statistics import ratio_interval

if TYPE_CHECKING:
    from serviceflow.results.results import Results

Cells = dict[tuple[str, str], int]
"""Ticks by place and cause."""


def lost_by_place(results: Results) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Time lost per completed request on critical paths: by place and cause, and by place with intervals.

    Parameters
    ----------
    results : Results
        With their records.

    Returns
    -------
    lost : DataFrame
        Mean by place (index) and cause (columns), in the chain's unit.
    totals : DataFrame
        By place ``mean``, ``ci_low`` and ``ci_high`` of all causes together.

    Raises
    ------
    NotKeptError
        If the results keep a summary.
    """
    records = results._records_for("results.plot_lost_time", "it follows single requests")
    readings = [Reading(record) for record in records]
    cells = [_cells(reading) for reading in readings]
    done = np.array([_completed(reading) for reading in readings], dtype=np.float64)
    keys = sorted({key for one in cells for key in one})
    ticks = np.array([[one.get(key, 0) for key in keys] for one in cells], dtype=np.float64)
    ticks = ticks.reshape(len(cells), len(keys)) / results.runs.program.time_unit
    places, causes = (list(dict.fromkeys(key[part] for key in keys)) for part in (0, 1))
    lost = pd.DataFrame(0.0, index=places, columns=causes)
    for (place, cause), total in zip(keys, ticks.sum(axis=0), strict=True):
        lost.loc[place, cause] = total / done.sum()
    return lost, _totals(places, [key[0] for key in keys], ticks, done, results.confidence)


def _cells(reading: Reading) -> Cells:
    found: Cells = defaultdict(int)
    for (_, scope, place, _, cause), ticks in lost_by_group(reading).items():
        found[f"{place} (no staff)" if scope == OUTSIDE else place, cause] += ticks
    return found


def _completed(reading: Reading) -> int:
    return int(np.count_nonzero(reading.completed & (reading.requests["kind"] == 0)))


def _totals(
    places: list[str], owners: list[str], ticks: Floats, done: Floats, confidence: float
) -> pd.DataFrame:
    own = np.array([[place == owner for owner in owners] for place in places], dtype=np.float64)
    sums = ticks @ own.reshape(len(places), len(owners)).T
    found = ratio_interval(sums, np.broadcast_to(done[:, None], sums.shape), confidence)
    columns = {"mean": found.mean, "ci_low": found.low, "ci_high": found.high}
    return pd.DataFrame(columns, index=places)

"""Lost time by place and cause over all consumers, with the interval of each place's whole, for charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from serviceflow.analysis.lost import lost_table
from serviceflow.results.places import OUTSIDE

if TYPE_CHECKING:
    from serviceflow.results.results import Results


def lost_by_place(results: Results) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Time lost per completed request on critical paths: by place and cause, and by place with intervals.

    Parameters
    ----------
    results : Results
        What was simulated.

    Returns
    -------
    lost : DataFrame
        Mean by place (index) and cause (columns), in the chain's unit.
    totals : DataFrame
        By place ``mean``, ``ci_low`` and ``ci_high`` of all causes together.
    """
    cells = _labelled(lost_table(results, "place", "cause"))
    lost = cells.pivot_table(index="label", columns="cause", values="mean", aggfunc="sum", fill_value=0.0)
    totals = _labelled(lost_table(results, "place")).set_index("label")[["mean", "ci_low", "ci_high"]]
    return lost, totals[~totals.index.duplicated()].reindex(lost.index)


def _labelled(table: pd.DataFrame) -> pd.DataFrame:
    labels = [
        f"{place} (no staff)" if scope == OUTSIDE else place
        for scope, place in zip(table["scope"], table["place"], strict=True)
    ]
    return table.assign(label=labels)

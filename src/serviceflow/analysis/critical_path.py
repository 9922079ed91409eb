"""Lost time per completed request, by consumer, place, service and cause.

How it is found is told in :mod:`serviceflow.results.critical_path`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from serviceflow.analysis.spent import Spent, completed
from serviceflow.results.critical_path import CAUSES
from serviceflow.results.places import LINK, OUTSIDE, PROVIDER, STOCK
from serviceflow.results.statistics import ratio_interval

if TYPE_CHECKING:
    from serviceflow.results.results import Results

COLUMNS = ("consumer", "scope", "place", "service", "cause")


def critical_path(results: Results) -> pd.DataFrame:
    """Lost time per completed request, by consumer, place, service and cause; the largest first.

    Parameters
    ----------
    results : Results
        What was simulated.

    Returns
    -------
    DataFrame
        Columns are consumer, scope and place (where it arose), service (at which, or on the way to which, the
        request was), cause, mean (per completed request of that consumer, in the chain's unit) with ci_low
        and ci_high, and share (of all that was lost). The means of a consumer and its work sum to its
        flow time.
    """
    program = results.runs.program
    keys, totals = Spent.of(program, results._paths).chosen().by("consumer", "place", "service", "cause")
    table = pd.DataFrame(keys, columns=list(COLUMNS))
    if not keys:
        return table.assign(mean=[], ci_low=[], ci_high=[], share=[])
    names = [plan.name for plan in program.consumers]
    bases = completed(results)[:, [names.index(key[0]) for key in keys]]
    found = ratio_interval(totals / program.time_unit, bases, results.confidence)
    # No time that is lost is negative.
    table["mean"], table["ci_low"], table["ci_high"] = found.mean, np.maximum(found.low, 0), found.high
    table["share"] = totals.sum(axis=0) / totals.sum()
    return table.sort_values("share", ascending=False, kind="stable").reset_index(drop=True)


__all__ = ["CAUSES", "COLUMNS", "LINK", "OUTSIDE", "PROVIDER", "STOCK", "critical_path"]

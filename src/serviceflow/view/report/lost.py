"""Lost time where no single requests are kept: from the sums by provider and cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from serviceflow.analysis.columns import NOBODY
from serviceflow.analysis.critical_path import COLUMNS, LINK, OUTSIDE, PROVIDER
from serviceflow.analysis.waits import waits
from serviceflow.results.lost_time import PARTS

if TYPE_CHECKING:
    from serviceflow.results.results import Results


def lost_from_summary(results: Results) -> pd.DataFrame:
    """Lost time per completed request in the columns of ``critical_path``; a caller's waits are in it."""
    parts = [_part(results, kind) for kind in PARTS]
    table = pd.concat([part for part in parts if len(part)] or [pd.DataFrame(columns=[*COLUMNS, "total"])])
    done = dict(zip(_names(results), results.mean("consumer", "completed"), strict=True))
    per = table["consumer"].map(done).astype(float)
    table["mean"] = table["total"].astype(float) / per.where(per > 0)
    table["ci_low"], table["ci_high"] = np.nan, np.nan
    everything = float(table["total"].sum())
    table["share"] = table["total"].astype(float) / (everything or 1.0)
    columns = [*COLUMNS, "mean", "ci_low", "ci_high", "share"]
    return table.sort_values("share", ascending=False, kind="stable")[columns].reset_index(drop=True)


def _names(results: Results) -> list[str]:
    return [plan.name for plan in results.runs.program.consumers]


def _part(results: Results, kind: str) -> pd.DataFrame:
    place = "handoff" if kind == "handoff" else "provider"
    found = waits(results, ("consumer", place, "service", "cause"), kind)
    found = found[(found["consumer"] != NOBODY) & (found["total"] > 0)]
    nobody = found[place] == NOBODY
    scope = LINK if kind == "handoff" else PROVIDER
    return pd.DataFrame(
        {
            "consumer": found["consumer"],
            "scope": np.where(nobody & (scope == PROVIDER), OUTSIDE, scope),
            "place": np.where(nobody, found["service"], found[place]),
            "service": found["service"],
            "cause": found["cause"],
            "total": found["total"],
        }
    )

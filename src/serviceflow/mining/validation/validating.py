"""Whether a model's runs are as near to the end of a log as the log's own beginning is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from serviceflow.formats.logs.raw import LogError
from serviceflow.mining.discovery.learned import clean_name
from serviceflow.mining.validation.distances import MEASURES, Sample, distances, sample_of

if TYPE_CHECKING:
    from serviceflow.mining.event_log import EventLog

FEWEST = 20
FINEST = 1 / 60
"""Hours of distance that are no difference."""
NEAR = 2.0
"""A distance of at most so many times that of the log from itself is near."""
COLUMNS = ("measure", "unit", "distance", "floor", "times_floor", "without_delays", "meaning")


@dataclass(frozen=True)
class Held:
    """A log in two: cases that begin earlier, and those that are held out."""

    train: pd.DataFrame
    test: pd.DataFrame


def hold_out(log: EventLog, share: float) -> Held:
    """Divide a log in time.

    Raises
    ------
    LogError
        If either part is too small.
    """
    if not 0 < share < 1:
        raise LogError("", f"holdout={share}: write a share between 0 and 1, such as 0.3")
    table = log.table
    begins = table.groupby("case", sort=False)["start"].min()
    border = begins.sort_values().iloc[min(int(len(begins) * (1 - share)), len(begins) - 1)]
    late = table["case"].map(begins) >= border
    held = Held(table[~late], table[late])
    for part, name in ((held.train, "before"), (held.test, "from")):
        count = part["case"].nunique()
        if count < FEWEST:
            raise LogError(
                log.name, f"only {count} cases begin {name} {border}; {FEWEST} are needed on either side"
            )
    return held


def compared(
    held: Held, runs: Sequence[pd.DataFrame], plain: Sequence[pd.DataFrame] | None
) -> tuple[pd.DataFrame, dict[str, list[Sample]]]:
    """Distances of runs from what was held out, beside the floor, and the samples."""
    test, train = sample_of(held.test), sample_of(held.train)
    floor = distances(train, test)
    samples = [sample_of(run) for run in runs if len(run)]
    if not samples:
        raise LogError("", "no request of the simulation has ended, so there is nothing to compare")
    own = _mean(samples, test)
    without = _mean([sample_of(run) for run in plain if len(run)], test) if plain else {}
    rows = [
        (
            name,
            unit,
            own[name],
            floor[name],
            own[name] / floor[name] if floor[name] else np.nan,
            without.get(name, np.nan),
            meaning,
        )
        for name, (unit, meaning) in MEASURES.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)), {"model": samples, "log": [test], "earlier": [train]}


def _mean(samples: Sequence[Sample], test: Sample) -> dict[str, float]:
    found = [distances(sample, test) for sample in samples]
    return {name: float(np.mean([one[name] for one in found])) for name in MEASURES}


def verdict(
    table: pd.DataFrame, samples: dict[str, list[Sample]], held: Held, runs: Sequence[pd.DataFrame]
) -> str:
    """Whether cycle times are near, and where they are not, in words."""
    row = table[table["measure"] == "cycle_time"]
    distance, floor = row["distance"].item(), row["floor"].item()
    means = [float(np.concatenate([one.cycles for one in samples[key]]).mean()) for key in ("model", "log")]
    told = (
        f"the distance is {distance:.3g} h, that of the log's earlier cases {floor:.3g} h;"
        f" the means are {means[0]:.3g} h and {means[1]:.3g} h"
    )
    noise = max(floor, FINEST)
    if distance <= noise:
        return f"The model's cycle times are within the noise of the log itself: {told}."
    if distance <= NEAR * noise:
        return f"The model's cycle times are within twice the noise of the log itself: {told}."
    return f"The model's cycle times are not those of the log: {told}. {_where(held.test, runs)}"


def _where(test: pd.DataFrame, runs: Sequence[pd.DataFrame]) -> str:
    """Where the model and the log differ most: the time before, or in, an activity."""
    numbered = [run.assign(case=f"{n} " + run["case"].astype(str)) for n, run in enumerate(runs)]
    log, model = _times(test), _times(pd.concat(numbered))
    both = log.add_suffix("_log").join(model.add_suffix("_model"), how="outer").fillna(0.0)
    gaps = {
        (activity, part): gap
        for part in ("before", "within")
        for activity, gap in zip(
            both.index, (both[f"{part}_model"] - both[f"{part}_log"]).tolist(), strict=True
        )
    }
    (activity, part), gap = max(gaps.items(), key=lambda one: abs(one[1]))
    less_or_more = "more" if gap > 0 else "less"
    place = "waiting for" if part == "before" else "at work on"
    return f"Most of it is in {place} '{activity}': {abs(gap):.3g} h {less_or_more} per case in the model."


def _times(table: pd.DataFrame) -> pd.DataFrame:
    """Hours per case before and within each activity; what comes before is since the last end in the case."""
    table = table.sort_values(["case", "start", "end"], kind="stable")
    latest = table.groupby("case", sort=False)["end"].cummax()
    ended = latest.groupby(table["case"], sort=False).shift()
    before = (table["start"] - ended.fillna(table["start"])).dt.total_seconds().clip(lower=0)
    hours = pd.DataFrame(
        {
            "activity": [clean_name(str(one)) for one in table["activity"]],
            "before": before.to_numpy() / 3600,
            "within": (table["end"] - table["start"]).dt.total_seconds().to_numpy() / 3600,
        }
    )
    return hours.groupby("activity").sum() / table["case"].nunique()

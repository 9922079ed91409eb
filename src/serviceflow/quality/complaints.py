"""Complaints beside each other, and satisfaction with times, from what happened to each request of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from serviceflow.model.expressions import expression
from serviceflow.model.sla import SLA, Target
from serviceflow.quality.errors import SurveyError
from serviceflow.results.complaints import modeled
from serviceflow.results.derived import Reading
from serviceflow.results.promises import NEVER, Promise, course_of
from serviceflow.results.statistics import ratio_interval

if TYPE_CHECKING:
    from serviceflow.results.comparison import Comparison
    from serviceflow.results.results import Results

COUNTED = ("requests", "unfinished", "complaints")
COLUMNS = ("scope", "name", *COUNTED, "share", "ci_low", "ci_high", "cost")
DIFFERENCES = ("scenario", "scope", "name", "baseline", "share", "difference", "ci_low", "ci_high", "verdict")


def complaint_table(results: Results) -> pd.DataFrame:
    """One row for everything whose complaints are modeled; counts and cost are per replication."""
    rows, figures = [], results._means
    for scope, index, name, told in modeled(results.runs.program):
        many = figures[scope, "complaints"]
        found = figures[scope, "complaint_share"].estimate(results.confidence)
        assert many.requests is not None
        assert many.unfinished is not None
        counts = [float(one[:, index].mean()) for one in (many.requests, many.unfinished, many.values)]
        ends = [float(one[index]) for one in (found.mean, found.low, found.high)]
        rows.append((scope, name, *counts, *ends, counts[-1] * told.cost))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def complaint_differences(comparison: Comparison) -> pd.DataFrame:
    """Each scenario's share of complaints less that of the baseline, paired where the seeds are the same."""
    parts = []
    for scenario in comparison.scenarios:
        both = [comparison[name].runs.program for name in (comparison.baseline, scenario)]
        before, after = ({(scope, name) for scope, _, name, _ in modeled(one)} for one in both)
        for scope in dict.fromkeys(scope for scope, _ in sorted(before & after)):
            for table in comparison._rows(scenario, (scope, "complaint_share")):
                parts.append(table[[(scope, name) in before & after for name in table["name"]]])
    if not parts:
        return pd.DataFrame(columns=list(DIFFERENCES))
    found = pd.concat(parts, ignore_index=True).rename(columns={"mean": "share"})
    found["verdict"] = [comparison._verdict(row) for row in found.itertuples(index=False)]
    return found[list(DIFFERENCES)]


# Satisfaction


def satisfaction(
    results: Results, consumer: str, desired: str, adequate: str, of: str
) -> tuple[float, float, float]:
    """Mean over requests of a utility that falls from 1 at the desired to 0 at the adequate time.

    Of each request, and not of the mean time: half of the requests at once and half never is no contentment.

    Raises
    ------
    SurveyError
        If the times are not in order.
    """
    times = [expression(text, "duration").constant(results.time_unit) for text in (desired, adequate)]
    if not 0 <= times[0] < times[1]:
        raise SurveyError(f"desired={desired!r} is to be less than adequate={adequate!r}; exchange them")
    index = [plan.name for plan in results.runs.program.consumers].index(consumer)
    given = results.chain.consumers[consumer].sla
    target = Target(share=1.0, within=expression(adequate, "duration"))
    until = given.until if given is not None and of == "resolution" else None
    promise = Promise("consumer", index, consumer, of, SLA.model_validate({of: target, "until": until}))
    sums = []
    for record in results._records_for("results.satisfaction", "satisfaction is of single requests"):
        course = course_of(Reading(record), promise)
        known = (course.until != NEVER) | course.lost
        took = np.where(course.until != NEVER, course.until - course.since, np.inf)[known]
        utility = np.clip((times[1] - took) / (times[1] - times[0]), 0.0, 1.0)
        sums.append((utility.sum(), len(utility)))
    tops, bases = np.array(sums, dtype=np.float64).T
    found = ratio_interval(tops[:, None], bases[:, None], results.confidence)
    return float(found.mean[0]), float(found.low[0]), float(found.high[0])

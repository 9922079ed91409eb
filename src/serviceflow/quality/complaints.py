"""Complaints and satisfaction, from what happened to each request of a run.

Both are worked out after the run, request by request, and change nothing in it. Whether a request brings a
complaint is a keyed draw, by seed, replication, consumer and request number: the same request complains or
not by the same number in every scenario, so that differences are paired.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from serviceflow.engine.program.compile_expression import Code, compile_expression, evaluate
from serviceflow.engine.random.philox import philox_many, purpose, uniforms_of
from serviceflow.errors import RunError, ServiceflowError
from serviceflow.model.complaints import OUTCOMES, Complaints
from serviceflow.model.expressions import expression
from serviceflow.model.requests import attribute_kinds
from serviceflow.model.sla import SLA, Target
from serviceflow.quality.errors import SurveyError
from serviceflow.results.derived import Floats, Ints, Reading
from serviceflow.results.promises import NEVER, Promise, course_of, promises, verdict
from serviceflow.results.statistics import around, jackknife_error, left_out, ratio_interval
from serviceflow.units import UNITS

if TYPE_CHECKING:
    from serviceflow.results.comparison import Comparison
    from serviceflow.results.results import Results

HOUR, DAY = UNITS["h"], UNITS["day"]
WHY = "complaints are worked out of single requests"
COLUMNS = ("consumer", "requests", "unfinished", "complaints", "share", "ci_low", "ci_high", "cost")


class Counts(NamedTuple):
    """By replication: complaints, requests that came to an end, and those that did not."""

    complaints: Floats
    settled: Floats
    unfinished: Floats


def complaint_table(results: Results) -> pd.DataFrame:
    """One row per consumer whose complaints are modeled; counts are per replication."""
    rows = []
    for name, consumer in results.chain.consumers.items():
        if consumer.complaints is None:
            continue
        counts = counts_of(results, name)
        found = ratio_interval(counts.complaints[:, None], counts.settled[:, None], results.confidence)
        many = float(counts.complaints.mean())
        ends = (float(found.mean[0]), float(found.low[0]), float(found.high[0]))
        sizes = (float(counts.settled.mean()), float(counts.unfinished.mean()), many)
        rows.append((name, *sizes, *ends, many * consumer.complaints.cost))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def complaint_differences(comparison: Comparison) -> pd.DataFrame:
    """Each scenario's share of complaints less that of the baseline, paired where the seeds are the same."""
    rows = []
    base = comparison[comparison.baseline]
    for scenario in comparison.scenarios:
        other = comparison[scenario]
        for name in other.chain.consumers:
            both = [one.chain.consumers.get(name) for one in (base, other)]
            if all(one is not None and one.complaints is not None for one in both):
                rows.append((scenario, name, *_difference(base, other, name, comparison.paired(scenario))))
    columns = ["scenario", "consumer", "baseline", "share", "difference", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=columns)


def _difference(base: Results, other: Results, name: str, paired: bool) -> tuple[float, ...]:
    counts = [counts_of(one, name) for one in (base, other)]
    shares = [float(one.complaints.sum() / one.settled.sum()) for one in counts]
    size = min(len(one.settled) for one in counts)
    without = [left_out(one.complaints[:size, None], one.settled[:size, None]) for one in counts]
    if paired:
        error = jackknife_error(without[1] - without[0])
    else:
        error = np.sqrt(jackknife_error(without[0]) ** 2 + jackknife_error(without[1]) ** 2)
    found = around(np.array([shares[1] - shares[0]]), error, size - 1, base.confidence)
    return (*shares, shares[1] - shares[0], float(found.low[0]), float(found.high[0]))


def counts_of(results: Results, consumer: str) -> Counts:
    """Complaints of one consumer in each replication."""
    told = results.chain.consumers[consumer].complaints
    assert told is not None
    records = results._records_for("results.complaints", WHY)
    requests = results.requests
    found = []
    for number, record in enumerate(records):
        mine = requests[(requests["replication"] == number) & (requests["consumer"] == consumer)]
        mine = mine[mine["in_window"] & (mine["kind"] == "consumer")]
        found.append(_counts(Reading(record), told, consumer, mine, results.seed, number))
    return Counts(*(np.array(column, dtype=np.float64) for column in zip(*found, strict=True)))


def _counts(
    reading: Reading, told: Complaints, consumer: str, table: pd.DataFrame, seed: int, replication: int
) -> tuple[int, int, int]:
    ended = reading.requests["ended"]
    rows = table["request"].to_numpy(dtype=np.int64)
    done = ended[rows] >= 0
    rows, table = rows[done], table[done]
    chances = chances_of(reading, told, consumer, rows, table)
    numbers = reading.requests["number"][rows].astype(np.uint64)
    words = philox_many(seed, replication, 0, 0, numbers, purpose(f"consumer/{consumer}/complaint"))
    drawn = uniforms_of(words)[0] if len(rows) else np.empty(0)
    return int((drawn < chances).sum()), len(rows), int((~done).sum())


def chances_of(reading: Reading, told: Complaints, consumer: str, rows: Ints, table: pd.DataFrame) -> Floats:
    """How likely each of some requests is to bring a complaint.

    Raises
    ------
    RunError
        If a chance lies outside of 0 to 1.
    """
    code, names = _code(reading, told)
    if code.constant is not None:
        return np.full(len(rows), code.constant)
    happened = _happened(reading, consumer, rows, table)
    columns = [
        happened[name] if name in happened else reading.requests[f"attribute:{name}"][rows].astype(np.float64)
        for name in names
    ]
    ended = reading.requests["ended"][rows]
    word = float(reading.program.consumers[_index(reading, consumer)].word)
    hour, weekday = ended % DAY / HOUR, (ended // DAY + reading.program.weekday) % 7
    cells = np.stack([*columns, hour, weekday.astype(np.float64)], axis=1).tolist()
    chances = np.array([evaluate(code, (row[:-2], word, 1.0, row[-2], row[-1]), _refuse) for row in cells])
    if len(chances) and not (chances.min() >= 0 and chances.max() <= 1):
        wrong = chances[(chances < 0) | (chances > 1)][0]
        raise RunError(
            f"consumers.{consumer}.complaints.probability came to {wrong:.4g}; shares lie from 0 to 100%"
        )
    return chances


def _refuse(*_: object) -> float:
    raise ServiceflowError(
        "complaints.probability: a value that is drawn is not supported here: write its mean"
    )


def _code(reading: Reading, told: Complaints) -> tuple[Code, list[str]]:
    program = reading.program
    names = [*program.attributes, *(name for name in OUTCOMES if name not in program.attributes)]
    words = {word: code for code, word in enumerate(program.words)}
    kinds = OUTCOMES | attribute_kinds(program.chain)
    places = {name: place for place, name in enumerate(names)}
    return compile_expression(told.probability, "share", program.time_unit, words, places, kinds), names


def _index(reading: Reading, consumer: str) -> int:
    return [plan.name for plan in reading.program.consumers].index(consumer)


def _happened(reading: Reading, consumer: str, rows: Ints, table: pd.DataFrame) -> dict[str, Floats]:
    """What happened to each request: durations in ticks."""
    unit = reading.program.time_unit
    requests, visits = reading.requests, reading.visits
    late = np.zeros(len(requests), dtype=bool)
    for promise in promises(reading.program):
        if promise.scope == "consumer" and promise.of == consumer and promise.kind != "first_time_right":
            course, found = verdict(reading, promise)
            late[course.requests[found.breached]] = True
    wrong = np.bincount(visits["request"], weights=visits.get("clarifications"), minlength=len(requests))
    outcome = table["outcome"]
    return {
        "wait": np.nan_to_num(table["waiting_time"].to_numpy(dtype=np.float64)) * unit,
        "time": (requests["ended"][rows] - requests["asked"][rows]).astype(np.float64),
        "late": late[rows].astype(np.float64),
        "wrong": wrong[rows],
        "refused": (outcome == "refused").to_numpy(dtype=np.float64),
        "gave_up": (outcome == "gave_up").to_numpy(dtype=np.float64),
    }


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

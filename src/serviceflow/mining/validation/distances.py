"""Distances between two logs, after Chapela-Campa, Benchekroun, Baron and others (2023)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from serviceflow.mining.discovery.learned import clean_name

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
HOUR, WEEK_HOURS = 3_600_000_000, 168
FIRST_MONDAY_HOUR = 96
MEASURES = {
    "cycle_time": ("h", "distribution of cases' times from their first start to their last end"),
    "relative_events": ("h", "when work begins and ends, from the begin of its case"),
    "absolute_events": ("h", "when work begins and ends, from the begin of the log"),
    "circadian_events": ("h", "at what hour of the day work begins and ends, by weekday"),
    "2_grams": ("share", "pairs of activities that follow one upon another"),
    "3_grams": ("share", "threes of activities that follow one upon another"),
    "work_in_progress": ("cases", "how many cases are open, hour by hour"),
}


@dataclass(frozen=True)
class Sample:
    """What distances compare.

    Attributes
    ----------
    cycles, since_case, since_log, circadian : array
        Hours of cases; of events from the begin of their case and of the log; hours of the week of events.
    sequences : list of tuple of str
        The activities of each case by their start.
    open : array
        Cases that are open at each full hour.
    """

    cycles: Floats
    since_case: Floats
    since_log: Floats
    circadian: Ints
    sequences: list[tuple[str, ...]]
    open: Ints


def sample_of(table: pd.DataFrame) -> Sample:
    """What distances compare, of instances with ``case``, ``activity``, ``start`` and ``end``."""
    table = table.sort_values(["case", "start", "end"], kind="stable")
    start, end = (
        table[name].to_numpy().astype("datetime64[us]").astype(np.int64) for name in ("start", "end")
    )
    codes = np.cumsum(table["case"].ne(table["case"].shift()).to_numpy()) - 1
    first = np.flatnonzero(np.diff(codes, prepend=-1))
    begins, ends = np.minimum.reduceat(start, first), np.maximum.reduceat(end, first)
    events = np.concatenate([start, end])
    names = [clean_name(str(one)) for one in table["activity"]]
    borders = [*first.tolist(), len(names)]
    return Sample(
        (ends - begins) / HOUR,
        (events - np.concatenate([begins[codes]] * 2)) / HOUR,
        (events - events.min()) / HOUR,
        (events // HOUR - FIRST_MONDAY_HOUR) % WEEK_HOURS,
        [tuple(names[a:b]) for a, b in pairwise(borders)],
        _open(begins, ends),
    )


def _open(begins: Ints, ends: Ints) -> Ints:
    """Cases that are open at each full hour in which new ones still come."""
    hours = np.arange(begins.min(), begins.max() + 1, HOUR)
    begun = np.searchsorted(np.sort(begins), hours, side="right")
    found: Ints = begun - np.searchsorted(np.sort(ends), hours, side="right")
    return found


def distances(one: Sample, other: Sample) -> dict[str, float]:
    """Every measure of :data:`MEASURES` between two samples."""
    span = min(float(one.since_log.max()), float(other.since_log.max()))
    return {
        "cycle_time": _transport(one.cycles, other.cycles),
        "relative_events": _transport(one.since_case, other.since_case),
        "absolute_events": _transport(
            *(np.floor(sample.since_log[sample.since_log <= span]) for sample in (one, other))
        ),
        "circadian_events": _circadian(one.circadian, other.circadian),
        "2_grams": _grams(one.sequences, other.sequences, 2),
        "3_grams": _grams(one.sequences, other.sequences, 3),
        "work_in_progress": _transport(one.open, other.open),
    }


def _transport(one: Any, other: Any) -> float:
    """The first Wasserstein distance: how far mass has to be carried, on average."""
    values = np.sort(np.concatenate([one, other]))
    steps = np.diff(values)
    shares = [np.searchsorted(np.sort(part), values[:-1], side="right") / len(part) for part in (one, other)]
    return float(np.sum(np.abs(shares[0] - shares[1]) * steps))


def _circadian(one: Ints, other: Ints) -> float:
    """Distances of hours of the day, by weekday, weighted by events; a day that only one has counts whole."""
    total = weight = 0.0
    for day in range(7):
        mine, theirs = (part[part // 24 == day] % 24 for part in (one, other))
        count = len(mine) / len(one) + len(theirs) / len(other)
        far = 24.0 if (len(mine) > 0) != (len(theirs) > 0) else 0.0
        total += count * (_transport(mine, theirs) if len(mine) and len(theirs) else far)
        weight += count
    return total / weight


def _grams(one: list[tuple[str, ...]], other: list[tuple[str, ...]], length: int) -> float:
    """The sum of differences of relative frequencies, over the sum of frequencies."""
    first, second = (_counted(part, length) for part in (one, other))
    keys = first.keys() | second.keys()
    return sum(abs(first.get(key, 0.0) - second.get(key, 0.0)) for key in keys) / 2


def _counted(sequences: list[tuple[str, ...]], length: int) -> dict[tuple[str, ...], float]:
    counts: Counter[tuple[str, ...]] = Counter()
    edge = ("",) * (length - 1)
    for sequence in sequences:
        whole = (*edge, *sequence, *edge)
        counts.update(whole[place : place + length] for place in range(len(whole) - length + 1))
    total = sum(counts.values())
    return {key: count / total for key, count in counts.items()}

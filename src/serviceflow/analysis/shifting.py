"""The shifting bottleneck: who has been active longest without a break, at every instant of the window.

A provider is active while all of its staff who are on duty are at work, and closed while nobody is on duty.
Of those active at an instant the one whose active period is longest, seen from its beginning to its end, is
the momentary bottleneck. Where the period of one ends within that of the next, both share the time: the
bottleneck shifts. Source: Roser, Nakano and Tanaka (2002), "Shifting bottleneck detection", WSC.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from serviceflow.results.derived import Floats, Ints, Reading
from serviceflow.results.statistics import t_interval
from serviceflow.results.timeline import Steps, timeline

if TYPE_CHECKING:
    from serviceflow.results.results import Results

Period = tuple[int, int, int]
"""Start and end of an active period, and whose it is."""
FULL = 1e-9


def shifting_table(results: Results) -> pd.DataFrame:
    """For each provider the share of the window in which it was the momentary bottleneck.

    Columns are provider, share (alone or shifting) with ci_low and ci_high, alone and shifting; the largest
    share stands first. The shares of several providers can sum to more than 1, as they share the time in
    which the bottleneck shifts.

    Raises
    ------
    NotKeptError
        If the results keep a summary.
    """
    records = results._records_for("bottlenecks().shifting", "it follows staff from instant to instant")
    program = results.runs.program
    length = program.window[1] - program.window[0]
    found = np.array([_shares(Reading(record)) for record in records]) / length
    both = t_interval(found.sum(axis=1), results.confidence).within(0, 1)
    alone, shifting = found.mean(axis=0)
    table = pd.DataFrame(
        {
            "provider": np.array([plan.name for plan in program.providers], dtype=object),
            "share": both.mean,
            "ci_low": both.low,
            "ci_high": both.high,
            "alone": alone,
            "shifting": shifting,
        }
    )
    return table.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def _shares(reading: Reading) -> Floats:
    """Ticks in which each provider is the bottleneck alone, and while it shifts."""
    size = len(reading.program.providers)
    periods = [one for provider in range(size) for one in active_periods(reading, provider)]
    return shares_of(periods, size)


def active_periods(reading: Reading, provider: int) -> list[Period]:
    """When all staff on duty of a provider were at work, without a break."""
    start, end = reading.window
    found = timeline(reading, provider, start, end)
    times = np.unique(np.concatenate([found.on_duty[0], found.working[0]]))
    duty, work = (_at(steps, times) for steps in (found.on_duty, found.working))
    active = (duty > 0) & (work >= duty - FULL)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], active, [False]])))
    bounds = np.append(times, end)
    return [(int(bounds[a]), int(bounds[b]), provider) for a, b in edges.reshape(-1, 2).tolist()]


def _at(steps: Steps, times: Ints) -> Floats:
    found: Floats = steps[1][np.maximum(np.searchsorted(steps[0], times, side="right") - 1, 0)]
    return found


def shares_of(periods: list[Period], size: int) -> Floats:
    """Time alone and while shifting, by whose active periods they are: an array of shape (2, size)."""
    found = np.zeros((2, size))
    chain = _bottlenecks(periods)
    overlaps = [max(before[1] - after[0], 0) for before, after in pairwise(chain)]
    for place, (start, end, provider) in enumerate(chain):
        early = overlaps[place - 1] if place else 0
        late = overlaps[place] if place < len(overlaps) else 0
        shared = min(early + late, end - start)
        found[:, provider] += (end - start - shared, shared)
    return found


def _bottlenecks(periods: list[Period]) -> list[Period]:
    """The active periods that are the longest of all at some instant, in order: their ends are so, too."""
    starts: list[int] = []
    taken: dict[int, Period] = {}
    for one in sorted(periods, key=lambda one: (one[0] - one[1], one)):
        place = bisect_right(starts, one[0])
        if not _covers(taken, starts[max(place - 1, 0) :], one):
            starts.insert(place, one[0])
            taken[one[0]] = one
    return [taken[start] for start in starts]


def _covers(taken: dict[int, Period], starts: list[int], one: Period) -> bool:
    """Whether longer periods, from that on which begins last before this one, leave nothing of it."""
    reach = one[0]
    for start in starts:
        if start > reach or reach >= one[1]:
            break
        reach = max(reach, taken[start][1])
    return reach >= one[1]

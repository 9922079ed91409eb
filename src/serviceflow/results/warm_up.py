"""How long a chain takes to forget that it started empty: MSER-5, over replications.

The statistic is taken of levels over time, averaged over replications: of the requests in the chain, and of
those that wait for each provider. On single runs it cuts at high excursions and does more harm than good.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from serviceflow.engine.record.record import Record
from serviceflow.results.derived import Floats, Ints, Reading
from serviceflow.results.statistics import t_interval
from serviceflow.theory.capacity import cycle
from serviceflow.units import UNITS, format_duration

BATCH = 5
BUCKETS = 500
"""Stretches into which a run is cut where no clock rules."""
FEW_CYCLES = 8
"""Of fewer whole cycles nothing can be said."""
FEW_RUNS = 5
"""Over fewer replications a single excursion may pass for a transient."""
MATTERS = 0.1
"""A difference below this share of the requests in the chain does not matter."""
REQUESTS = "requests in the chain"


@dataclass(frozen=True)
class Cut:
    """Where a series is cut by the MSER statistic.

    Attributes
    ----------
    index
        How many values are left out at its start.
    statistic
        The least value of the statistic: the squared standard error of the mean of what is left.
    at_start
        Its value if nothing is left out.
    mean
        The mean of the batches that are left.
    too_short
        Whether the least value is at the last place that is looked at: then there is no telling.
    """

    index: int
    statistic: float
    at_start: float
    mean: float
    too_short: bool


def mser(series: ArrayLike, batch: int = BATCH) -> Cut:
    """Cut a series where the mean of the rest is most precise.

    Parameters
    ----------
    series
        Values over time.
    batch
        How many are averaged first.

    Source: K. P. White, *Simulation* 69 (1997), and White, Cobb and Spratt (WSC 2000). At most half is cut
    off (Hoad, Robinson and Davies, 2010): near the end the statistic means nothing.
    """
    values = np.asarray(series, dtype=np.float64)
    count = len(values) // batch
    if count < 2:
        return Cut(0, math.nan, math.nan, math.nan, too_short=True)
    means = values[: count * batch].reshape(count, batch).mean(axis=1)
    places = range(count // 2 + 1)
    found = [_statistic(means[place:]) for place in places]
    best = int(np.argmin(found))
    short = best == count // 2 and found[best] < found[0]
    return Cut(best * batch, found[best], found[0], float(means[best:].mean()), short)


def _statistic(rest: Floats) -> float:
    return float(((rest - rest.mean()) ** 2).sum() / len(rest) ** 2)


def time_before(instants: Ints, edges: Floats) -> Floats:
    """For each edge the sum, over the instants before it, of the time since."""
    ordered = np.sort(np.asarray(instants, dtype=np.float64))
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    place = np.searchsorted(ordered, edges, side="right")
    found: Floats = place * edges - sums[place]
    return found


def mean_levels(starts: Ints, ends: Ints, edges: Floats) -> Floats:
    """Mean number of stretches that are under way between one edge and the next."""
    found: Floats = np.diff(time_before(starts, edges) - time_before(ends, edges)) / np.diff(edges)
    return found


@dataclass(frozen=True)
class Levels:
    """A level over time in every replication.

    Attributes
    ----------
    name
        What is counted.
    values
        One row per replication, one column per stretch of time from time 0.
    """

    name: str
    values: Floats

    @property
    def mean(self) -> Floats:
        """Over replications."""
        found: Floats = self.values.mean(axis=0)
        return found


@dataclass(frozen=True, repr=False)
class WarmUp:
    """How long a chain takes to forget how it started, as far as its runs tell.

    Attributes
    ----------
    levels
        What was looked at.
    edges
        Between which instants, in ticks, from time 0.
    used
        The warm-up of the runs, in ticks.
    cycle
        After how many ticks everything that follows a clock comes round; 0 where nothing does.
    time_unit
        The chain's.
    terminating
        Whether runs end by the clock, so that their start belongs to what they are about.
    overloaded
        Providers whose queues grow as long as the run lasts.
    """

    levels: tuple[Levels, ...]
    edges: Floats
    used: int
    cycle: int
    time_unit: str
    terminating: bool = False
    overloaded: tuple[str, ...] = ()

    @cached_property
    def cuts(self) -> dict[str, Cut]:
        """Where each level is cut, by its name; not where what would be cut is shown to be like the rest."""
        batch = 1 if self.cycle else BATCH
        matters = MATTERS * float(self.levels[0].mean.mean()) if self.levels else 0.0
        return {one.name: _cut(one, batch, matters) for one in self.levels}

    @property
    def replications(self) -> int:
        """Over how many the levels are averaged."""
        return len(self.levels[0].values) if self.levels else 0

    @cached_property
    def too_short(self) -> tuple[str, ...]:
        """The levels of which the runs are too short to tell."""
        if self.cycle and len(self.edges) - 1 < FEW_CYCLES:
            return tuple(one.name for one in self.levels)
        return tuple(name for name, cut in self.cuts.items() if cut.too_short)

    @property
    def ticks(self) -> int | None:
        """The warm-up that is needed, in ticks; None where the runs do not tell."""
        if self.terminating:
            return 0
        if self.too_short or self.overloaded:
            return None
        return round(max((float(self.edges[cut.index]) for cut in self.cuts.values()), default=0.0))

    @property
    def needed(self) -> float | None:
        """The warm-up that is needed, in the chain's time unit; None where the runs do not tell."""
        return None if self.ticks is None else self.ticks / UNITS[self.time_unit]

    @property
    def ok(self) -> bool:
        """Whether the warm-up of the runs is long enough."""
        return self.ticks is not None and self.used >= self.ticks

    @property
    def verdict(self) -> str:
        """What to make of it, in a sentence."""
        return " ".join(self._sentences())

    def _sentences(self) -> Iterator[str]:
        used = _told(self.used)
        if self.terminating:
            yield "No warm-up is needed: the runs end by the clock, and how they start belongs to them."
            return
        if self.overloaded:
            yield f"{_listed(self.overloaded)}: overloaded, so that no warm-up is ever long enough."
            return
        if self.cycle and len(self.edges) - 1 < FEW_CYCLES:
            yield (
                f"The runs are too short to tell: they have {len(self.edges) - 1} whole cycles of"
                f" {_told(self.cycle)}, and it takes {FEW_CYCLES}."
            )
        elif self.too_short:
            changing = _listed(self.too_short)
            yield f"The runs are too short to tell: {changing} still change in their second half."
        elif self.ok:
            yield f"A warm-up of {_told(self.ticks or 0)} is needed, and {used} is used."
        else:
            yield f"A warm-up of {_told(self.ticks or 0)} is needed, but only {used} is used."
        if self.replications < FEW_RUNS:
            yield f"Over {self.replications} replications this is not sure; it takes {FEW_RUNS} or more."

    def __str__(self) -> str:
        return self.verdict

    def __repr__(self) -> str:
        needed = "cannot be told" if self.ticks is None else f"{_told(self.ticks)} needed"
        return f"WarmUp({needed}, {_told(self.used)} used)"


def warm_up_of(records: Sequence[Record], overloaded: Sequence[str] = ()) -> WarmUp:
    """How long the runs of a chain take to forget how they started.

    Parameters
    ----------
    records
        One for each replication.
    overloaded
        Providers whose offered load is more than they can do.
    """
    program = records[0].program
    stop, round_ = program.window[1], cycle(program.chain)
    edges = _edges(stop, round_)
    readings = [Reading(record) for record in records]
    names = (REQUESTS, *(f"those that wait for {plan.name}" for plan in program.providers))
    found = [list(_levels(reading, edges)) for reading in readings]
    levels = [Levels(name, np.array([one[place] for one in found])) for place, name in enumerate(names)]
    return WarmUp(
        tuple(levels),
        edges,
        program.window[0],
        round_,
        program.unit,
        program.terminating,
        tuple(overloaded),
    )


def _edges(stop: int, round_: int) -> Floats:
    """Whole cycles where a clock rules, and stretches of one length elsewhere."""
    if round_:
        return np.arange(stop // round_ + 1, dtype=np.float64) * round_
    return np.linspace(0.0, stop, BUCKETS + 1)


def _levels(reading: Reading, edges: Floats) -> Iterator[Floats]:
    yield mean_levels(reading.requests["asked"], reading.ends, edges)
    arrived = reading.visits["arrived"]
    for provider in range(len(reading.program.providers)):
        rows = np.flatnonzero((reading.provider == provider) & (reading.service >= 0) & (arrived >= 0))
        yield mean_levels(arrived[rows], reading.queue_end[rows], edges)


def _cut(level: Levels, batch: int, matters: float) -> Cut:
    """Cut a level, unless it is shown that what would be cut is like what would be left."""
    found = mser(level.mean, batch)
    if not found.index or len(level.values) < 2:
        return found
    before = level.values[:, : found.index].mean(axis=1)
    after = level.values[:, found.index :].mean(axis=1)
    gap = t_interval(before - after)
    if gap.low <= 0 <= gap.high and gap.high - gap.low <= 2 * matters:
        return Cut(0, found.at_start, found.at_start, float(level.mean.mean()), too_short=False)
    return found


def _told(ticks: int) -> str:
    return format_duration(ticks) if ticks else "0"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


__all__ = ["BATCH", "Cut", "Levels", "WarmUp", "mser", "time_before", "warm_up_of"]

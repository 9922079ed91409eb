"""Rounds of all tools on workloads, in shuffled order, and what they showed.

Whatever else the machine does meets all of them; a ratio compares two runs of the same round. The first
round is thrown away, and kept apart as what a first run takes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from benchmarks.outcome import Outcome, Tool, Unavailable
from benchmarks.workloads import Workload

LIMIT = 4.0
"""How many standard errors a mean may lie from theory."""

FIRST = 999
"""The seed of the round that is thrown away."""


@dataclass
class Timing:
    """What one tool did on one workload over the rounds.

    `speeds` are what ratios are made of: customers per second against hand-written programs; visits per
    second among our own engines, as runs of different length do not spend the same part on late comers.
    """

    workload: Workload
    tool: Tool
    speeds: list[float] = field(default_factory=list)
    customer_speeds: list[float] = field(default_factory=list)
    visit_speeds: list[float] = field(default_factory=list)
    first: float | None = None
    means: dict[str, list[float]] = field(default_factory=dict)
    unavailable: str | None = None
    fault: str | None = None

    @property
    def runs(self) -> bool:
        return self.unavailable is None and self.fault is None

    def add(self, outcome: Outcome) -> None:
        self.customer_speeds.append(outcome.customers / outcome.seconds)
        self.visit_speeds.append(outcome.visits / outcome.seconds)
        self.speeds.append((self.customer_speeds if self.workload.written else self.visit_speeds)[-1])
        for figure, values in outcome.means.items():
            self.means.setdefault(figure, []).extend(values)

    def keep_as_first(self) -> None:
        """Put the round that was just run apart."""
        self.first = self.speeds[-1] if self.speeds else None
        self.speeds, self.customer_speeds, self.visit_speeds, self.means = [], [], [], {}

    def deviations(self) -> dict[str, float]:
        """How many standard errors each mean lies from theory, by batch means."""
        return {
            figure: deviation(self.means[figure], expected, self.workload.tolerance)
            for figure, expected in self.workload.theory.items()
            if figure in self.means
        }

    @property
    def agrees(self) -> bool:
        """Whether every figure that theory knows is there, and near enough."""
        found = self.deviations()
        return found.keys() == self.workload.theory.keys() and all(
            abs(value) <= LIMIT for value in found.values()
        )

    @property
    def counts(self) -> bool:
        """Whether there is a time, and one that counts."""
        return self.runs and bool(self.speeds) and self.agrees


def deviation(batches: Sequence[float], expected: float, tolerance: float) -> float:
    values = np.array(batches)
    error = np.hypot(values.std(ddof=1) / np.sqrt(len(values)), tolerance)
    return float((values.mean() - expected) / error)


Timings = dict[tuple[str, str], Timing]
"""By workload and tool."""


def ratios(mine: Timing, other: Timing) -> list[float]:
    """Speeds of one tool to another's, round by round."""
    return [a / b for a, b in zip(mine.speeds, other.speeds, strict=True)]


def ratio(mine: Timing, other: Timing) -> float:
    return median(ratios(mine, other))


def first_ratio(mine: Timing, other: Timing) -> float | None:
    """The same in the round that was thrown away."""
    return mine.first / other.first if mine.first and other.first else None


def growth(wide: Timing, narrow: Timing) -> float:
    """What a visit costs in the wide chain to what it costs in the narrow one."""
    return median(b / a for a, b in zip(wide.visit_speeds, narrow.visit_speeds, strict=True))


def measure(
    workloads: Sequence[Workload],
    tools: Callable[[Workload], Sequence[Tool]],
    rounds: int,
    longer: float = 1.0,
) -> Timings:
    """Timings of every tool on every workload of a group."""
    timings = {(w.name, tool.name): Timing(w, tool) for w in workloads for tool in tools(w)}
    for timing in timings.values():
        examine(timing)
    play_round(timings, FIRST, longer)
    for timing in timings.values():
        timing.keep_as_first()
    for number in range(rounds):
        play_round(timings, number + 1, longer)
    return timings


def examine(timing: Timing) -> None:
    """Whatever a tool's results are checked by, besides theory."""
    if timing.tool.check is None:
        return
    try:
        timing.fault = timing.tool.check(timing.workload)
    except Unavailable as reason:
        timing.unavailable = str(reason)


def play_round(timings: Mapping[tuple[str, str], Timing], seed: int, longer: float = 1.0) -> None:
    """Run each tool once, in shuffled order."""
    order = [timing for timing in timings.values() if timing.runs]
    random.Random(seed).shuffle(order)
    for timing in order:
        customers = int(timing.tool.customers(timing.workload) * longer)
        try:
            timing.add(timing.tool.run(timing.workload, customers, seed))
        except Unavailable as reason:
            timing.unavailable = str(reason)

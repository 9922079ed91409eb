"""Time every tool on every workload, side by side: `python -m benchmarks`.

Tools take turns in shuffled order within each round, so that whatever else the machine does meets all of
them; a ratio compares two tools of the same round, and the table shows medians over rounds. A tool's time
counts only when its means agree with theory.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from benchmarks.tools import BASELINE, TOOLS, Outcome, Unavailable
from benchmarks.workloads import WORKLOADS, Workload

BATCHES = 10
LIMIT = 4.0
"""How many standard errors a mean may lie from theory."""


@dataclass
class Timing:
    """What one tool did on one workload over the rounds."""

    speeds: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    visit_speeds: list[float] = field(default_factory=list)
    batches: dict[str, list[float]] = field(default_factory=dict)
    unavailable: str | None = None

    def add(self, outcome: Outcome) -> None:
        self.speeds.append(outcome.customers / outcome.seconds)
        self.visit_speeds.append(outcome.visits / outcome.seconds)
        for figure, values in outcome.samples.items():
            means = [float(part.mean()) for part in np.array_split(values, BATCHES)]
            self.batches.setdefault(figure, []).extend(means)

    def deviations(self, workload: Workload) -> dict[str, float]:
        """How many standard errors each mean lies from theory, by batch means."""
        found = {}
        for figure, expected in workload.theory.items():
            batches = np.array(self.batches[figure])
            error = np.hypot(batches.std(ddof=1) / np.sqrt(len(batches)), workload.tolerance)
            found[figure] = float((batches.mean() - expected) / error)
        return found


def play_round(workload: Workload, tools: Iterable[str], timings: dict[str, Timing], seed: int) -> None:
    """Run each tool once, in shuffled order, and compare its speed with the baseline's."""
    order = [tool for tool in tools if timings[tool].unavailable is None]
    random.Random(seed).shuffle(order)
    for tool in order:
        try:
            timings[tool].add(TOOLS[tool](workload, workload.customers, seed))
        except Unavailable as reason:
            timings[tool].unavailable = str(reason)
    baseline = timings[BASELINE].speeds[-1]
    for tool in order:
        if timings[tool].unavailable is None:
            timings[tool].ratios.append(timings[tool].speeds[-1] / baseline)


def measure(workload: Workload, tools: Sequence[str], rounds: int) -> dict[str, Timing]:
    """Timings of every tool, after one round that is thrown away."""
    warm = {tool: Timing() for tool in tools}
    play_round(workload, tools, warm, seed=999)
    timings = {tool: Timing(unavailable=warm[tool].unavailable) for tool in tools}
    for number in range(rounds):
        play_round(workload, tools, timings, seed=number + 1)
    return timings


def describe(tool: str, timing: Timing, workload: Workload) -> str:
    """One line of the table."""
    if timing.unavailable is not None:
        return f"{tool:<28}  not available: {timing.unavailable.splitlines()[0]}"
    deviations = timing.deviations(workload)
    agrees = all(abs(deviation) <= LIMIT for deviation in deviations.values())
    checks = ", ".join(
        f"{figure} {np.mean(timing.batches[figure]):.3f} ({deviation:+.1f} s.e.)"
        for figure, deviation in deviations.items()
    )
    if not agrees:
        return f"{tool:<28}  DOES NOT AGREE WITH THEORY, its time does not count: {checks}"
    return (
        f"{tool:<28}{median(timing.speeds):>13,.0f}{median(timing.visit_speeds):>13,.0f}"
        f"{median(timing.ratios):>9.2f}   {min(timing.ratios):.2f} to {max(timing.ratios):.2f}   {checks}"
    )


def print_table(workload: Workload, timings: dict[str, Timing]) -> None:
    expected = ", ".join(f"{figure} {value:.3f}" for figure, value in workload.theory.items())
    print(f"\n{workload.name}: {workload.title}; {workload.customers:,} customers a round")
    print(f"theory: {expected} ({workload.source})")
    print(f"{'':<28}{'customers/s':>13}{'visits/s':>13}{'ratio':>9}   over rounds    means (from theory)")
    for tool, timing in timings.items():
        print(describe(tool, timing, workload))


def as_row(tool: str, workload: Workload, timing: Timing) -> dict[str, object]:
    row: dict[str, object] = {"workload": workload.name, "tool": tool, "unavailable": timing.unavailable}
    if timing.unavailable is None:
        row |= {
            "customers_per_second": median(timing.speeds),
            "ratio": median(timing.ratios),
            "ratios": timing.ratios,
            "standard_errors_from_theory": timing.deviations(workload),
        }
    return row


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workloads", nargs="+", default=list(WORKLOADS), choices=list(WORKLOADS))
    parser.add_argument("--tools", nargs="+", default=list(TOOLS), choices=list(TOOLS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", metavar="FILE", help="also write the figures here")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; exit status 1 when a tool does not agree with theory."""
    options = parse(arguments)
    tools = list(dict.fromkeys([BASELINE, *options.tools]))
    rows, disagreed = [], False
    for name in options.workloads:
        workload = WORKLOADS[name]
        timings = measure(workload, tools, options.rounds)
        print_table(workload, timings)
        rows += [as_row(tool, workload, timing) for tool, timing in timings.items()]
        disagreed |= any(
            abs(deviation) > LIMIT
            for timing in timings.values()
            if timing.unavailable is None
            for deviation in timing.deviations(workload).values()
        )
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)
    return int(disagreed)


if __name__ == "__main__":
    sys.exit(main())

"""What the compiled engine is to reach, and whether it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.rounds import Timing, Timings, growth, ratio
from benchmarks.tools import COMPILED, LIMIT, LINE, RECURSION, baseline
from benchmarks.workloads import NARROW, WIDE, Workload

AT_LEAST = {
    (COMPILED.name, "a"): 60.0,
    (RECURSION.name, "a"): 250.0,
    (COMPILED.name, "b"): 55.0,
    (RECURSION.name, "b"): 110.0,
    (COMPILED.name, "c"): 80.0,
    (COMPILED.name, "d"): 100.0,
    (RECURSION.name, "d"): 300.0,
    (COMPILED.name, "hotel"): 60.0,
}
"""Ratios to the baseline, by tool and workload."""

TO_LIMIT = 2.0
"""How many times slower than the C++ loop, at most."""
GROWTH = 1.5
"""How many times the cost of a visit in the narrow chain one in the wide chain takes, at most."""


@dataclass(frozen=True)
class Target:
    """A figure, and the bound it is to keep."""

    workload: str
    tool: str
    what: str
    found: float
    bound: float
    at_most: bool = False

    @property
    def met(self) -> bool:
        return self.found <= self.bound if self.at_most else self.found >= self.bound

    def __str__(self) -> str:
        side, verdict = "at most" if self.at_most else "at least", "met" if self.met else "NOT MET"
        return f"{self.tool}: {self.what} {self.found:.2f} ({side} {self.bound:g}: {verdict})"


def targets(workload: Workload, timings: Timings) -> list[Target]:
    """Every target of a workload of which both sides were measured."""
    found = []
    for tool in (COMPILED, RECURSION):
        mine = timings.get((workload.name, tool.name))
        if mine is not None and mine.counts:
            found += list(of_tool(mine, timings))
    return found


def of_tool(mine: Timing, timings: Timings) -> Iterator[Target]:
    workload, tool = mine.workload, mine.tool
    for other, what, bound, at_most in sides(mine):
        theirs = timings.get((workload.name, other))
        if theirs is not None and theirs.counts:
            value = ratio(theirs, mine) if at_most else ratio(mine, theirs)
            yield Target(workload.name, tool.name, what, value, bound, at_most)
    narrow = timings.get((NARROW.name, tool.name))
    if workload is WIDE and narrow is not None and narrow.counts:
        what = "cost of a visit to that among ten services"
        yield Target(workload.name, tool.name, what, growth(mine, narrow), GROWTH, at_most=True)


def sides(mine: Timing) -> Iterator[tuple[str, str, float, bool]]:
    """Against whom, in which words, and the bound."""
    base = baseline(mine.workload).name
    if (least := AT_LEAST.get((mine.tool.name, mine.workload.name))) is not None:
        yield base, f"ratio to {base}", least, False
    yield LINE.name, "ratio to LINE", 1.0, False
    yield LIMIT.name, "C++ loop to it", TO_LIMIT, True

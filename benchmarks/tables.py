"""The figures as text: a table for each workload, and one of all for the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

import numpy as np

from benchmarks.own import preparation
from benchmarks.rounds import Timing, Timings, first_ratio, growth, ratio, ratios
from benchmarks.targets import targets
from benchmarks.tools import AUTO, SIMPY, TOOLS, baseline
from benchmarks.workloads import NARROW, WIDE, Workload

WIDTH = 30


def table(workload: Workload, timings: Timings) -> str:
    """What every tool did on one workload, with the targets below."""
    base = timings[workload.name, baseline(workload).name]
    mine = [timing for (name, _), timing in timings.items() if name == workload.name]
    head = f"{'':<{WIDTH}}{'customers/s':>13}{'visits/s':>13}{'ratio':>9}{'first':>9}   over rounds"
    lines = [title(workload), head + ("         means (from theory)" if workload.theory else "")]
    lines += [line(timing, base) for timing in mine]
    lines += [f"  {seconds}" for seconds in first_results(workload)]
    lines += [f"  {target}" for target in targets(workload, timings)]
    return "\n".join(lines)


def title(workload: Workload) -> str:
    size = f"{workload.customers:,} customers a round; 1 is {baseline(workload).name}"
    text = f"\n{workload.name}: {workload.title}; {size}"
    if not workload.theory:
        return text + "\nchecked against the SimPy engine's record, bit by bit"
    expected = ", ".join(f"{figure} {value:.3f}" for figure, value in workload.theory.items())
    return f"{text}\ntheory: {expected} ({workload.source})"


def line(timing: Timing, base: Timing) -> str:
    """One line of a table."""
    name = f"{timing.tool.name:<{WIDTH}}"
    if timing.unavailable is not None:
        return f"{name}  not available: {timing.unavailable.splitlines()[0]}"
    if timing.fault is not None:
        return f"{name}  ITS TIME DOES NOT COUNT: {timing.fault}"
    if not timing.agrees:
        return f"{name}  DOES NOT AGREE WITH THEORY, its time does not count: {means(timing)}"
    over = ratios(timing, base)
    first = first_ratio(timing, base) or float("nan")
    return (
        f"{name}{median(timing.customer_speeds):>13,.0f}{median(timing.visit_speeds):>13,.0f}{median(over):>9.2f}"
        f"{first:>9.2f}   {f'{min(over):.2f} to {max(over):.2f}':<20}{means(timing)}"
    ).rstrip()


def means(timing: Timing) -> str:
    if timing.deviations().keys() != timing.workload.theory.keys():
        return "too short a run to tell"
    return ", ".join(
        f"{figure} {np.mean(timing.means[figure]):.3f} ({deviation:+.1f} s.e.)"
        for figure, deviation in timing.deviations().items()
    )


def first_results(workload: Workload) -> list[str]:
    """How long the first, short run took, with what was compiled for it."""
    return [
        f"{engine}: {seconds:.2f} s to the first result, compilation or its cache included"
        for (name, engine), seconds in preparation.items()
        if name == workload.name
    ]


def width_line(timings: Timings) -> str:
    """What a visit costs in the wide chain, to the narrow one."""
    found = []
    for tool in TOOLS.values():
        wide, narrow = (timings.get((workload.name, tool.name)) for workload in (WIDE, NARROW))
        if wide is not None and narrow is not None and wide.counts and narrow.counts:
            found.append(f"{tool.name} {growth(wide, narrow):.2f}")
    return "\ncost of a visit among 1,000 services to that among 10: " + "; ".join(found) if found else ""


def markdown(workloads: Sequence[Workload], timings: Timings) -> str:
    """All ratios in one table, for the documentation: tools down, workloads across."""
    names = list(dict.fromkeys(tool for _, tool in timings))
    rows = [["", *(workload.name for workload in workloads)], ["---", *("---:" for _ in workloads)]]
    rows += [[name, *(cell(workload, name, timings) for workload in workloads)] for name in names]
    rows += [["first run, " + name, *firsts(workloads, name, timings)] for name in names if shows_first(name)]
    rows = [row for row in rows if any(row[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def shows_first(name: str) -> bool:
    return TOOLS[name].ours and name not in (SIMPY.name, AUTO.name)


def firsts(workloads: Iterable[Workload], name: str, timings: Timings) -> list[str]:
    found = []
    for workload in workloads:
        timing, base = timings.get((workload.name, name)), timings[workload.name, baseline(workload).name]
        value = first_ratio(timing, base) if timing is not None and timing.counts else None
        found.append("" if value is None else figure(value))
    return found


def cell(workload: Workload, name: str, timings: Timings) -> str:
    """A ratio, nothing where there is none, or that the time does not count."""
    timing, base = timings.get((workload.name, name)), timings[workload.name, baseline(workload).name]
    if timing is None or timing.unavailable is not None:
        return ""
    return figure(ratio(timing, base)) if timing.counts else "wrong"


def figure(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 2 else f"{value:.2f}"

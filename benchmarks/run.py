"""Time every tool on every workload, side by side: `python -m benchmarks`.

Tools take turns in shuffled order within each round; a ratio compares two tools of the same round, and the
table shows medians over rounds. A tool's time counts only when its means agree with theory, and an engine's
only when its record of a short run is the SimPy engine's, bit by bit.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks.outcome import Tool
from benchmarks.own import release
from benchmarks.rounds import Timing, Timings, measure, ratios
from benchmarks.tables import markdown, table, width_line
from benchmarks.targets import targets
from benchmarks.tools import CIMBA, TOOLS, baseline
from benchmarks.with_cimba import compile_models
from benchmarks.workloads import WORKLOADS, Workload


def groups(names: Sequence[str]) -> Iterator[list[Workload]]:
    """Workloads that take turns within the same rounds, most of them alone."""
    found: dict[str, list[Workload]] = {}
    for name in dict.fromkeys(names):
        found.setdefault(WORKLOADS[name].group or name, []).append(WORKLOADS[name])
    yield from found.values()


def chosen_tools(workload: Workload, names: Sequence[str]) -> list[Tool]:
    """The baseline first; on a chain that nobody wrote for other tools, ours only."""
    chosen = [TOOLS[name] for name in dict.fromkeys([baseline(workload).name, *names])]
    return [tool for tool in chosen if workload.written or tool.ours]


def as_row(timing: Timing, timings: Timings) -> dict[str, object]:
    workload = timing.workload
    row: dict[str, object] = {"workload": workload.name, "tool": timing.tool.name}
    row |= {"unavailable": timing.unavailable, "fault": timing.fault}
    if timing.runs:
        over = ratios(timing, timings[workload.name, baseline(workload).name])
        row |= {
            "customers_per_second": median(timing.customer_speeds),
            "visits_per_second": median(timing.visit_speeds),
            "first_speed": timing.first,
            "ratio": median(over),
            "ratios": over,
            "standard_errors_from_theory": timing.deviations(),
        }
    return row


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workloads", nargs="+", default=list(WORKLOADS), choices=list(WORKLOADS))
    parser.add_argument("--tools", nargs="+", default=list(TOOLS), choices=list(TOOLS), metavar="TOOL")
    parser.add_argument("--rounds", type=int, default=5, help="how many, besides one that is thrown away")
    parser.add_argument("--longer", type=float, default=1.0, help="times as many customers in every run")
    parser.add_argument("--json", metavar="FILE", help="also write the figures here")
    parser.add_argument("--markdown", metavar="FILE", help="also write a table of all ratios here")
    return parser.parse_args(arguments)


def write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "\n")


def faulty(timings: Timings) -> bool:
    """Whether one of ours, or the baseline, gives wrong results."""
    return any(
        timing.unavailable is None and not timing.counts
        for timing in timings.values()
        if timing.tool.ours or timing.tool is baseline(timing.workload)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; exit status 1 when our results are wrong."""
    options = parse(arguments)
    timings: Timings = {}
    if CIMBA.name in options.tools:
        compile_models(options.workloads)
    for group in groups(options.workloads):
        timings |= measure(group, lambda w: chosen_tools(w, options.tools), options.rounds, options.longer)
        for workload in group:
            print(table(workload, timings), flush=True)
        release()
    print(width_line(timings))
    workloads = [WORKLOADS[name] for name in dict.fromkeys(options.workloads)]
    missed = [target for workload in workloads for target in targets(workload, timings) if not target.met]
    for target in missed:
        print(f"not met, {target.workload}: {target}")
    if options.json:
        write(options.json, json.dumps([as_row(timing, timings) for timing in timings.values()], indent=1))
    if options.markdown:
        write(options.markdown, markdown(workloads, timings))
    return int(faulty(timings))


if __name__ == "__main__":
    sys.exit(main())

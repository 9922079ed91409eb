"""What a user waits for: a run with its summary and its bottlenecks, per visit, here and in another version.

    python -m benchmarks.answers [workload ...] [--against FOLDER] [--rounds N]

Every round runs each version in a process of its own, in turns, so that both meet the same neighbors on the
machine; CPU time of all threads is taken, of the best round. ``FOLDER`` is a checkout of the other version;
both run its models, as it may not know all that today's say.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.workloads import WORKLOADS, Workload

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = ("a", "b", "c", "d", "hotel", "factory")
STEPS = ("simulate", "summary", "bottlenecks")
REPLICATIONS = 10
VISITS = 100_000
"""Visits of a replication, about."""


def duration_of(workload: Workload) -> str:
    """How long a run is that makes about ``VISITS`` visits."""
    days = workload.customers / workload.rate
    short = workload.chain.simulate(duration=f"{days:.0f} {workload.unit}", replications=1, seed=1)
    return f"{max(days * VISITS / len(short.records[0].visits), 1):.0f} {workload.unit}"


def measured(workload: Workload, keep: str) -> dict[str, float]:
    """CPU time of each step in ns per visit, after a first run that warms up."""
    kept = {} if keep == "full" else {"keep": keep}  # Older versions know no such word.
    duration = duration_of(workload)
    for seed in (1, 2):
        times = [time.process_time()]
        results = workload.chain.simulate(
            duration=duration, replications=REPLICATIONS, seed=seed, progress=False, **kept
        )
        times.append(time.process_time())
        results.summary()
        times.append(time.process_time())
        str(results.bottlenecks())
        times.append(time.process_time())
    visits = visits_of(results)
    pairs = zip(STEPS, times, times[1:], strict=False)
    return {step: (until - since) / visits * 1e9 for step, since, until in pairs}


def visits_of(results: Any) -> int:
    """How many visits the replications made."""
    if results.runs.digests:
        return sum(one.visits for one in results.runs.digests)
    return sum(len(record.visits) for record in results.records)


def with_models(workload: Workload, folder: Path) -> Workload:
    """The workload with its model as a checkout has it."""
    if not workload.file:
        return workload
    return replace(workload, file=str((folder / "benchmarks" / workload.file).resolve()))


def in_version(folder: Path, name: str, keep: str, models: Path) -> dict[str, float]:
    """What is measured with the sources of a checkout, in a process of its own."""
    paths = os.pathsep.join([str(folder / "src"), str(ROOT)])
    command = [sys.executable, "-m", "benchmarks.answers", name, "--keep", keep, "--alone", str(models)]
    told = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": paths}, check=True, capture_output=True, text=True, cwd=ROOT
    )
    found: dict[str, float] = json.loads(told.stdout)
    return found


def best(rounds: list[dict[str, float]]) -> dict[str, float]:
    """The least time of each step."""
    return {step: min(one[step] for one in rounds) for step in STEPS}


def lines(name: str, own: dict[str, float], other: dict[str, float] | None) -> Iterator[str]:
    """Rows of the table."""
    total = sum(own.values())
    cells = [name, *(f"{own[step]:.0f}" for step in STEPS), f"{total:.0f}"]
    if other is not None:
        before = sum(other.values())
        cells += [*(f"{other[step]:.0f}" for step in STEPS), f"{before:.0f}", f"{before / total:.2f}"]
    yield f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("workloads", nargs="*", default=DEFAULT)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", default="full", choices=("full", "summary"))
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        print(json.dumps(measured(with_models(WORKLOADS[asked.workloads[0]], asked.alone), asked.keep)))
        return
    heads = ["workload", *STEPS, "all"]
    heads += [*(f"{step} before" for step in STEPS), "all before", "ratio"] if asked.against else []
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for name in asked.workloads:
        versions = [ROOT, *([asked.against.resolve()] if asked.against else [])]
        rounds = [
            [in_version(one, name, asked.keep, versions[-1]) for one in versions] for _ in range(asked.rounds)
        ]
        found = [best([one[place] for one in rounds]) for place in range(len(versions))]
        for line in lines(name, found[0], found[1] if asked.against else None):
            print(line, flush=True)


if __name__ == "__main__":
    main()

"""The tools that are timed. Each takes a workload, a number of customers and a seed, and gives an `Outcome`.

To add one, write such a function and list it in `TOOLS`; a tool that is not installed, or that cannot
express a workload, raises `Unavailable` and its cell stays empty. Only the run itself is inside the clock:
imports, loading a model and compilation are not, but making the record is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.handwritten import PROGRAMS
from benchmarks.workloads import Workload

Samples = Mapping[str, NDArray[np.float64]]


class Unavailable(Exception):
    """This tool cannot run this workload here."""


@dataclass(frozen=True)
class Outcome:
    """One timed run: seconds, how many customers and visits, and the samples of each figure in order."""

    seconds: float
    customers: int
    visits: int
    samples: Samples


Tool = Callable[[Workload, int, int], Outcome]


def samples_of(
    workload: Workload,
    customer: NDArray[np.int64],
    urgency: NDArray[np.int64],
    arrived: NDArray[np.float64],
    started: NDArray[np.float64],
    finished: NDArray[np.float64],
) -> Samples:
    """The figures that theory knows, from a table of visits."""
    order = np.argsort(arrived, kind="stable")
    wait, urgency = (started - arrived)[order], urgency[order]
    found = {"wait": wait, "wait_0": wait[urgency == 0], "wait_1": wait[urgency == 1]}
    if "sojourn" in workload.theory:
        by_customer = np.argsort(customer, kind="stable")
        first = np.flatnonzero(np.diff(customer[by_customer], prepend=-1))
        asked = np.minimum.reduceat(arrived[by_customer], first)
        found["sojourn"] = np.maximum.reduceat(finished[by_customer], first) - asked
    return {name: found[name] for name in workload.theory}


def handwritten(workload: Workload, customers: int, seed: int) -> Outcome:
    """A hand-written SimPy program, in the idiom of its manual."""
    program = PROGRAMS[workload.name]
    begin = perf_counter()
    visits = program(customers, seed)
    seconds = perf_counter() - begin
    table = np.array(visits)
    samples = samples_of(
        workload,
        table[:, 0].astype(np.int64),
        table[:, 1].astype(np.int64),
        table[:, 4],
        table[:, 5],
        table[:, 6],
    )
    return Outcome(seconds, customers, len(visits), samples)


@cache
def loaded(workload: Workload) -> Any:
    import serviceflow as sf

    return sf.load(workload.model)


def serviceflow_simpy(workload: Workload, customers: int, seed: int) -> Outcome:
    """The same workload as a model file, through the public API, on the SimPy engine."""
    return run_serviceflow(workload, customers, seed, engine="simpy")


def run_serviceflow(workload: Workload, customers: int, seed: int, engine: str) -> Outcome:
    import serviceflow as sf

    chain = loaded(workload)
    begin = perf_counter()
    try:
        results = chain.simulate(
            duration=f"{customers / workload.rate} h", warm_up=0, replications=1, seed=seed, engine=engine
        )
    except sf.NotSupportedError as error:
        raise Unavailable(str(error)) from error
    seconds = perf_counter() - begin
    return measured(workload, results, seconds)


def measured(workload: Workload, results: Any, seconds: float) -> Outcome:
    """What a run of serviceflow recorded of the customers of its window, as the samples that theory knows.

    Those who came while the run waited for the last of them to finish are simulated and recorded too, but
    do not count.
    """
    requests = results.requests[results.requests["in_window"]]
    visits = results.visits.merge(requests[["request", "consumer"]], on="request")
    visits = visits[visits["provider"].notna()]
    samples = samples_of(
        workload,
        visits["request"].to_numpy(),
        (visits["consumer"] != "Urgent").to_numpy().astype(np.int64),
        *(visits[instant].to_numpy() for instant in ("arrived", "started", "finished")),
    )
    return Outcome(seconds, len(requests), len(visits), samples)


TOOLS: dict[str, Tool] = {
    "SimPy, hand-written": handwritten,
    "serviceflow, SimPy engine": serviceflow_simpy,
}
BASELINE = "SimPy, hand-written"

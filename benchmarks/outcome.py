"""What a tool gives back: how long it took, and the means that theory knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.workloads import Workload

BATCHES = 10
"""Into how many batches a run is cut; their means are taken as independent."""

Means = Mapping[str, Sequence[float]]


class Unavailable(Exception):
    """This tool cannot run this workload here."""


@dataclass(frozen=True)
class Outcome:
    """One timed run: seconds, how many customers and visits, and batch means of each figure."""

    seconds: float
    customers: int
    visits: int
    means: Means


@dataclass(frozen=True)
class Visits:
    """A table of visits; `urgency` is 0 for the class that goes first."""

    customer: NDArray[np.int64]
    urgency: NDArray[np.int64]
    arrived: NDArray[np.float64]
    started: NDArray[np.float64]
    finished: NDArray[np.float64]


@dataclass(frozen=True)
class Tool:
    """Something that is timed.

    Attributes
    ----------
    name : str
    run : callable
        Takes a workload, a number of customers and a seed.
    scale : float
        Times as many customers as in the round of the baseline: enough that a fast tool's time is more
        than the clock's noise.
    few : mapping
        Another `scale`, by workload.
    check : callable
        What is wrong with its results besides theory, or None.
    ours : bool
        Whether a fault of it is a fault of ours.
    """

    name: str
    run: Callable[[Workload, int, int], Outcome]
    scale: float = 1.0
    few: Mapping[str, float] | None = None
    check: Callable[[Workload], str | None] | None = None
    ours: bool = False

    def customers(self, workload: Workload) -> int:
        scale = (self.few or {}).get(workload.name, self.scale)
        return max(int(workload.customers * scale), 1)


def means_of(workload: Workload, visits: Visits, customers: int) -> Means:
    """Batch means of the figures that theory knows; none where there are too few samples."""
    samples = samples_of(workload, visits, customers)
    return {
        name: [float(part.mean()) for part in np.array_split(values, BATCHES)]
        for name, values in samples.items()
        if len(values) >= BATCHES
    }


def samples_of(workload: Workload, visits: Visits, customers: int) -> dict[str, NDArray[np.float64]]:
    """The figures that theory knows, in order of arrival."""
    if "sojourn" in workload.theory:
        return {"sojourn": sojourns(visits)}
    first, last = workload.window(customers)
    order = np.argsort(visits.arrived, kind="stable")
    order = order[(visits.arrived[order] >= first) & (visits.arrived[order] <= last)]
    wait, urgency = (visits.started - visits.arrived)[order], visits.urgency[order]
    found = {"wait": wait, "wait_0": wait[urgency == 0], "wait_1": wait[urgency == 1]}
    return {name: found[name] for name in workload.theory}


def sojourns(visits: Visits) -> NDArray[np.float64]:
    """From the first arrival to the last finish of each customer."""
    by_customer = np.argsort(visits.customer, kind="stable")
    first = np.flatnonzero(np.diff(visits.customer[by_customer], prepend=-1))
    asked = np.minimum.reduceat(visits.arrived[by_customer], first)
    return np.asarray(np.maximum.reduceat(visits.finished[by_customer], first) - asked)

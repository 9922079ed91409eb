"""The workloads, how long one round of each is, and what theory says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, eq=False)
class Workload:
    """One workload, all service times exponential with mean 1.

    Attributes
    ----------
    customers : int
        How many enter in one round, about 0.4 s of hand-written SimPy.
    rate : float
        Arrivals per unit of time; `customers / rate` is how long they keep coming.
    theory : mapping
        Figure to expected mean. ``wait`` is per visit, ``wait_0`` that of class 0, ``sojourn`` per customer.
    tolerance : mapping
        Standard error of those expectations that are themselves estimates; 0 where exact.
    """

    name: str
    title: str
    customers: int
    rate: float
    theory: Mapping[str, float]
    source: str
    tolerance: float = 0.0

    @property
    def model(self) -> Path:
        return HERE / f"workload_{self.name}.yaml"


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("a", "M/M/1", 40_000, 0.8, {"wait": 4.0}, "rho / (mu - lambda)"),
        Workload("b", "five M/M/3", 10_000, 2.4, {"wait": 1.078651685}, "Erlang C, Burke's theorem"),
        Workload(
            "c",
            "ten stations, classes, shifts",
            8_000,
            1.2,
            {"wait_0": 0.163173, "wait_1": 0.286679},
            "60 million customers in an event loop of its own; standard errors 0.00007 and 0.00014",
            tolerance=0.00014,
        ),
        Workload("d", "fork-join of two", 16_000, 0.8, {"sojourn": 7.0}, "Flatto and Hahn (1984)"),
    )
}

"""The workloads, how long one round of each is, and what theory says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.lanes import chain_of_lanes

HERE = Path(__file__).parent
STAGES = 5
"""How many services one request passes in a chain of lanes."""


@dataclass(frozen=True, eq=False)
class Workload:
    """One workload.

    Attributes
    ----------
    name, title : str
        What it is called on the command line and in the table.
    customers : int
        How many enter in one round, about 0.4 s of hand-written SimPy.
    rate : float
        Arrivals per `unit` of time; `customers / rate` is how long they keep coming.
    theory : mapping
        Figure to expected mean. ``wait`` is per visit, ``wait_0`` that of class 0, ``sojourn`` per customer.
    source : str
        Whose theory it is.
    tolerance : float
        Standard error of those expectations that are themselves estimates; 0 where exact.
    settle : float
        Visits that arrive before this instant, in an empty system, do not count in the means.
    unit : str
        The unit of time of `rate`.
    file : str
        The model file, where there is one.
    lanes : int
        Lanes of the chain that is made in code, where there is no file.
    written : bool
        Whether there is a hand-written SimPy program of it, which then is the baseline; otherwise that is
        our SimPy engine.
    group : str
        Workloads of one group take turns within the same rounds, so that they can be compared.
    """

    name: str
    title: str
    customers: int
    rate: float
    theory: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    tolerance: float = 0.0
    settle: float = 0.0
    unit: str = "h"
    file: str = ""
    lanes: int = 0
    written: bool = True
    group: str = ""

    @property
    def model(self) -> Path:
        return HERE / self.file

    @cached_property
    def chain(self) -> Any:
        """The chain, loaded or made when it is first asked for."""
        import serviceflow as sf

        return sf.load(self.model) if self.file else chain_of_lanes(self.lanes, STAGES)

    def window(self, customers: int) -> tuple[float, float]:
        """From when to when an arriving visit counts in the means."""
        return self.settle, customers / self.rate if self.settle else float("inf")


QUEUES = (
    Workload("a", "M/M/1", 40_000, 0.8, {"wait": 4.0}, "rho / (mu - lambda)", file="workload_a.yaml"),
    Workload(
        "b",
        "five M/M/3 in tandem",
        10_000,
        2.4,
        {"wait": 1.078651685},
        "Erlang C, Burke's theorem",
        file="workload_b.yaml",
    ),
    Workload(
        "c",
        "ten stations: priorities, shifts, rework",
        8_000,
        1.2,
        {"wait_0": 0.163173, "wait_1": 0.286679},
        "60 million customers in an event loop of its own; standard errors 0.00007 and 0.00014",
        tolerance=0.00014,
        file="workload_c.yaml",
    ),
    Workload(
        "d",
        "fork-join of two M/M/1",
        16_000,
        0.8,
        {"sojourn": 7.0},
        "Flatto and Hahn (1984)",
        file="workload_d.yaml",
    ),
)
"""All service times are exponential with mean 1."""


def shipped(name: str, title: str, customers: int, per_day: float) -> Workload:
    """A chain of the `models` folder; its requests per day are about right, and only set its duration."""
    return Workload(name, title, customers, per_day, unit="d", file=f"../models/{title}.yaml", written=False)


SHIPPED = (
    shipped("hotel", "hotel_checkin", 1_400, 100.0),
    shipped("customers", "customer_data", 4_500, 21.0),
    shipped("factory", "manufacturing_supply", 2_600, 11.0),
    shipped("projects", "project_delivery", 3_600, 7.0),
    shipped("office", "office_services", 3_000, 27.0),
)


def lanes(name: str, count: int) -> Workload:
    return Workload(
        name,
        f"{STAGES * count:,} services in {STAGES} stages",
        20_000,
        0.5 * count,
        {"wait": 1.0},
        "Jackson network, rho / (mu - lambda) at each service",
        settle=60.0,
        lanes=count,
        group="width",
    )


NARROW, WIDE = lanes("narrow", 2), lanes("wide", 200)

WORKLOADS = {workload.name: workload for workload in (*QUEUES, *SHIPPED, NARROW, WIDE)}

"""What is measured: the names, units and meaning of every figure, and a figure's raw form.

Which requests count
    Figures per request or visit cover the requests *created* in the window [warm_up, warm_up +
    duration), however late they end, and the visits of those requests, whenever they take place.
    A called request, an order of a stock and a repair count by their own creation. Requests that
    the end of the run cut off are in no mean; they are reported next to it as ``unfinished``.
Which time counts
    Figures over time (work in progress, queue length, utilization, throughput, levels, costs) cover
    exactly the window and everything that was in the chain then, whenever it was asked.
The chain and its consumers
    count only what consumers asked; services, providers and handoffs see every visit, also those of
    called requests, orders and repairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.engine.program.codes import HANDOFF_PARTS, PAUSES, WAITS
from serviceflow.results.derived import Floats, Ints

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

SCOPES = ("chain", "consumer", "provider", "service", "handoff", "call", "stock", "sla")

QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
TIMED = ("flow_time", "waiting_time", "handoff_time", "service_time")
"""Measures that are also given as quantiles, named ``flow_time_p90`` and so on, and with their spread."""
SPREAD = "sd"
"""How the standard deviation of single requests or visits is named: ``flow_time_sd``."""

TIME, COUNT, SHARE, RATE, REQUESTS, UNITS, MONEY = (
    "time",
    "count",
    "share",
    "rate",
    "requests",
    "units",
    "money",
)

WAITING_PARTS = {f"waiting_{cause}": f"wait_{cause}" for cause in WAITS}
WORK_PARTS = {"setup_time": "setup", "work_time": "work", **{f"paused_{c}": f"pause_{c}" for c in PAUSES}}
PART_MEASURES = {**{part: part for part in HANDOFF_PARTS}, **WAITING_PARTS, **WORK_PARTS}
"""Measure to column of the record, for the parts that sum to the handoff, waiting and service time."""

MEASURES: dict[str, tuple[str, str]] = {
    "flow_time": (TIME, "from creation to the end, mean of the requests that completed"),
    "waiting_time": (
        TIME,
        "from arriving to the start of work (or to giving up): a visit's mean; of requests that "
        "completed, the sum over their visits",
    ),
    "handoff_time": (TIME, "from leaving one service to arriving at the next"),
    "service_time": (TIME, "from the start of work to its end, pauses included"),
    "blocked_time": (TIME, "from the end of work to leaving, held by a full queue"),
    "flow_efficiency": (SHARE, "work as a share of the flow time, of requests that completed"),
    "total_work": (
        TIME,
        "work over all visits of a request, those beside the critical path included; where a chain splits",
    ),
    "arrived": (COUNT, "requests created in the window, or their visits"),
    "completed": (COUNT, "of these, those that came to their end"),
    "gave_up": (COUNT, "of these, those that lost patience, or whose time was over"),
    "refused": (COUNT, "of these, those that found the queue full"),
    "clarifications": (COUNT, "how often information of theirs was incomplete"),
    "first_time_right": (
        SHARE,
        "of these, the share that arrived without clarification or return: of a consumer, by its own "
        "handoff, of the chain, by every handoff",
    ),
    "throughput": (RATE, "what completed within the window, per unit of time"),
    "work_in_progress": (REQUESTS, "requests there, averaged over the window"),
    "queue_length": (REQUESTS, "requests waiting there, averaged over the window"),
    "utilization": (SHARE, "busy time within scheduled time, as a share of scheduled time"),
    "scheduled_time": (TIME, "staff time on duty in the window"),
    "busy_time": (TIME, "staff time on setup and work in the window, overtime included"),
    "overtime": (TIME, "staff time on work beyond the staff on duty, in the window"),
    "held_time": (TIME, "staff time in the window that was blocked or awaited an answer"),
    "attainment": (SHARE, "share that met the promise, of those for which it is known"),
    "attainment_low": (SHARE, "the same if all that are undetermined breach it"),
    "attainment_high": (SHARE, "the same if all that are undetermined meet it"),
    "breaches": (COUNT, "how many breached the promise"),
    "mean_level": (UNITS, "the level, averaged over the window"),
    "stockout_share": (
        SHARE,
        "share of the window in which it was empty or had less than those who waited wanted",
    ),
    "fill_rate": (SHARE, "share of the visits that wanted something of the stock and did not wait for it"),
    "cost": (MONEY, "cost of the window: staff on duty, at work and in overtime, visits begun, stock held"),
    "penalty": (MONEY, "penalties for breaches"),
    "complaints": (COUNT, "complaints, where the chain says how likely they are"),
    "complaint_share": (SHARE, "complaints as a share of the requests, or deliveries, that came to an end"),
    "complaint_cost": (MONEY, "what the complaints cost"),
    "handoff_dispatch": (TIME, "part of the handoff time: waiting for the next dispatch"),
    "handoff_delay": (TIME, "part of the handoff time: on the way"),
    "handoff_clarification": (TIME, "part of the handoff time: clarifying incomplete information"),
    **{f"waiting_{cause}": (TIME, f"part of the waiting time, by cause: {cause}") for cause in WAITS},
    "setup_time": (TIME, "part of the service time: setting up"),
    "work_time": (TIME, "part of the service time: work"),
    **{f"paused_{cause}": (TIME, f"part of the service time: work stood still, {cause}") for cause in PAUSES},
}
"""Every measure: the kind of its unit, and what it means."""


def meaning(measure: str) -> tuple[str, str]:
    """Kind of unit and meaning of a measure, quantiles and spreads included."""
    base, _, quantile = measure.rpartition("_")
    if quantile == SPREAD and base in TIMED:
        return MEASURES[base][0], f"{MEASURES[base][1]}: standard deviation of single ones"
    if quantile in QUANTILES and base in TIMED:
        kind, text = MEASURES[base]
        return kind, f"{text}: {100 * QUANTILES[quantile]:.0f}% are within"
    return MEASURES[measure]


def unit_of(measure: str, scope: str, time_unit: str) -> str:
    """The unit of a measure as the tables write it."""
    kind, _ = meaning(measure)
    counted = "visits" if scope in ("service", "provider", "handoff") else "requests"
    return {
        TIME: time_unit,
        COUNT: counted,
        RATE: f"{counted} per {time_unit}",
        SHARE: "share",
        REQUESTS: "requests",
        UNITS: "units",
        MONEY: "money",
    }[kind]


@dataclass(frozen=True)
class Figure:
    """One measure of every element of a scope, of one replication.

    Attributes
    ----------
    total : array
        The value itself, or what is divided by `base`; times in ticks.
    base : array or None
        What the total is divided by; sums over replications make the mean.
    requests, unfinished : array or None
        How many requests or visits it rests on, and how many the end of the run kept out.
    """

    total: Floats
    base: Floats | None = None
    requests: Floats | None = None
    unfinished: Floats | None = None

    @property
    def value(self) -> Floats:
        """The figure of this replication."""
        if self.base is None:
            return self.total
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.total / self.base

    def __add__(self, other: Figure) -> Figure:
        """The figure of two parts of a run together."""
        pairs = zip(self.parts, other.parts, strict=True)
        return Figure(*(None if one is None or two is None else one + two for one, two in pairs))  # type: ignore[arg-type]

    def scaled(self, factor: float) -> Figure:
        """The same with a total that many times as large."""
        return Figure(self.total * factor, self.base, self.requests, self.unfinished)

    def moved(self, targets: Ints, size: int) -> Figure:
        """The same with element `i` added to element ``targets[i]`` of another scope; -1 drops it."""
        return Figure(*(None if part is None else _gather(part, targets, size) for part in self.parts))  # type: ignore[arg-type]

    @property
    def parts(self) -> tuple[Floats | None, ...]:
        """Total, base, requests and unfinished."""
        return (self.total, self.base, self.requests, self.unfinished)


def _gather(values: Floats, targets: Ints, size: int) -> Floats:
    kept = targets >= 0
    sums: Floats = np.bincount(targets[kept], weights=values[kept], minlength=size).astype(np.float64)
    return sums


@dataclass
class Figures:
    """The figures of one replication by scope and measure."""

    by_measure: dict[tuple[str, str], Figure] = field(default_factory=dict)

    def add(
        self, scope: str, measure: str, total: Floats, base: Floats | None = None, **counts: Floats
    ) -> None:
        """Keep a figure."""
        self.by_measure[scope, measure] = Figure(total, base, **counts)

    def include(self, other: Figures) -> None:
        """Add what another part of the run has."""
        for key, figure in other.items():
            mine = self.by_measure.get(key)
            self.by_measure[key] = figure if mine is None else mine + figure

    def items(self) -> Iterator[tuple[tuple[str, str], Figure]]:
        """Pairs of (scope, measure) and figure."""
        yield from self.by_measure.items()


def element_names(program: Program) -> Mapping[str, tuple[str, ...]]:
    """The names of the elements of each scope, in the program's order (promises apart)."""
    scopes: dict[str, tuple[Any, ...]] = {
        "consumer": program.consumers,
        "provider": program.providers,
        "service": program.services,
        "handoff": program.handoffs,
        "call": program.calls,
        "stock": program.stocks,
    }
    return {"chain": (program.chain.name,)} | {
        scope: tuple(plan.name for plan in plans) for scope, plans in scopes.items()
    }

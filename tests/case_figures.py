"""The tables of docs/cases.md from the shipped models: ``python tests/case_figures.py [hotel_checkin ...]``.

Each chain and its scenarios run as shipped, in about a minute of one core for all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

import serviceflow as sf

Key = tuple[str, str, str]
"""Scope, name ("" for all of the scope, added up) and measure."""
HOURS_A_WEEK = 168


@dataclass(frozen=True)
class Runs:
    """A case's figures."""

    comparison: sf.Comparison

    @property
    def names(self) -> list[str]:
        return [self.comparison.baseline, *self.comparison.scenarios]

    def _rows(self, table: pd.DataFrame, key: Key) -> pd.DataFrame:
        scope, name, measure = key
        found = table[(table["scope"] == scope) & (table["measure"] == measure)]
        return found[found["name"] == name] if name else found

    def mean(self, scenario: str, key: Key) -> float:
        """A figure of one of them."""
        return float(self._rows(self.comparison[scenario].kpis, key)["mean"].sum())

    def ends(self, key: Key) -> tuple[float, float]:
        """The interval of a figure of the chain as it stands."""
        row = self._rows(self.comparison[self.comparison.baseline].kpis, key).iloc[0]
        return float(row["ci_low"]), float(row["ci_high"])

    def difference(self, scenario: str, key: Key) -> tuple[float, float]:
        """The interval of a paired difference."""
        table = self.comparison.differences
        row = self._rows(table[table["scenario"] == scenario], key).iloc[0]
        return float(row["ci_low"]), float(row["ci_high"])


Cells = Callable[[Runs], list[str]]


def means(key: Key, form: str = "{:.0f}", scale: float = 1.0, interval: bool = False) -> Cells:
    """A figure of each, of the first with its interval if asked."""

    def cells(runs: Runs) -> list[str]:
        found = [form.format(scale * runs.mean(one, key)) for one in runs.names]
        if interval:
            low, high = (form.format(scale * end) for end in runs.ends(key))
            found[0] += f" ({low} to {high})"
        return found

    return cells


def changes(key: Key) -> Cells:
    """By how many percent each scenario changes a figure."""

    def cells(runs: Runs) -> list[str]:
        today, *others = (runs.mean(one, key) for one in runs.names)
        return ["", *(f"{other / today - 1:+.0%}" for other in others)]

    return cells


def intervals(key: Key, form: str = "{:+.0f}", scale: float = 1.0, relative: bool = False) -> Cells:
    """Between which ends each paired difference is; relative to today, if asked."""

    def cells(runs: Runs) -> list[str]:
        by = 1 / runs.mean(runs.names[0], key) if relative else scale
        ends = [[form.format(by * end) for end in runs.difference(one, key)] for one in runs.names[1:]]
        return ["", *(f"{low} to {high}" for low, high in ends)]

    return cells


def kept(promise: str) -> Cells:
    """How well a promise is kept."""
    return means(("sla", promise, "attainment"), "{:.0%}")


COMPLAINTS = ("chain", "Hotel check-in", "complaints")
WITHOUT_KEY = ("sla", "Guests: resolution", "breaches")
LOTS = ("consumer", "Production", "completed")
PROJECT = ("consumer", "Projects", "flow_time")
TOLD = ("chain", "Office services", "complaints")
VISITS = ("consumer", "Sales", "throughput")
TABLES: dict[str, dict[str, Cells]] = {
    "hotel_checkin": {
        "complaints": means(COMPLAINTS, interval=True),
        "change": changes(COMPLAINTS),
        "change, interval": intervals(COMPLAINTS),
        "guests without a key in 15 min": means(WITHOUT_KEY, interval=True),
        "wait for a room, min per guest": means(("service", "Check in", "waiting_stock"), "{:.1f}"),
        "check-out to housekeeping, min": means(("handoff", "Check out -> Clean room", "handoff_time")),
        "cost of staff": means(("chain", "Hotel check-in", "cost"), "{:,.0f}"),
    },
    "manufacturing_supply": {
        "lots finished": means(LOTS, interval=True),
        "change in output": changes(LOTS),
        "change, interval": intervals(LOTS, "{:+.0%}", relative=True),
        "request to purchasing, motors, h": means(("handoff", "Motors -> Order motors", "handoff_time")),
        "a lot waits for material, h": means(("service", "Assemble", "waiting_stock"), "{:.1f}"),
        "cost of stock": means(("stock", "", "cost"), "{:,.0f}"),
        "change in cost of stock": changes(("stock", "", "cost")),
    },
    "project_delivery": {
        "a project takes, weeks": means(PROJECT, "{:.1f}", 1 / HOURS_A_WEEK, interval=True),
        "difference, weeks": intervals(PROJECT, "{:+.1f}", 1 / HOURS_A_WEEK),
        "within 8 weeks": kept("Projects: resolution"),
        "buyers held for an answer, hours by the clock in a year": means(
            ("provider", "Purchasing", "held_time"), "{:,.0f}"
        ),
        "hotline's faults wait, h": means(("service", "Software fault", "waiting_time")),
    },
    "customer_data": {
        "visits a week": means(VISITS, "{:.1f}", HOURS_A_WEEK, interval=True),
        "wait for data, h per visit": means(("service", "Visit customer", "waiting_call"), "{:.1f}"),
        "analysts' utilization": means(("provider", "Analysts", "utilization"), "{:.0%}"),
        "representatives' utilization": means(("provider", "Representatives", "utilization"), "{:.0%}"),
    },
    "office_services": {
        "complaints": means(TOLD, interval=True),
        "change, interval": intervals(TOLD),
        "flow time of a request, h": means(("chain", "Office services", "flow_time"), "{:.1f}"),
        "budget released within 16 h": kept("Check request -> Release budget: resolution"),
        "faults taken up within 4 h, Sales": kept("Sales -> Solve fault: response"),
        "expenses paid within 16 h, Sales": kept("Sales -> Pay expenses: resolution"),
        "purchases checked within 40 h, Sales": kept("Sales -> Check request: resolution"),
    },
}
"""By model, the rows of its table."""


def rows(name: str) -> Iterator[str]:
    """The rows of a case's table, as they stand in the page."""
    runs = Runs(sf.example(name).compare(progress=False))
    for title, cells in TABLES[name].items():
        yield f"| {title} |" + "".join(f" {cell} |" if cell else " |" for cell in cells(runs))


if __name__ == "__main__":
    for name in sys.argv[1:] or TABLES:
        print(name, *rows(name), sep="\n", end="\n\n")

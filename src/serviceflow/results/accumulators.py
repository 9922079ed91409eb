"""What the figures of one replication are made of, as sums over the parts of its record.

A part of a record holds whole families: requests that a consumer, a stock or an outage asked, with all
that was called in their course and all their visits. Almost everything is a sum over requests or
visits, and adds up. What does not has a form of its own that does: levels of stocks
(:mod:`~serviceflow.results.stocks`), overtime (:mod:`~serviceflow.results.overtime`). What is counted
once per run (the length of the window, staff on duty and their price) comes in when the sums become
figures. A whole record is a single part.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from serviceflow.engine.record.record import Table, empty_table
from serviceflow.results.complaints import complaint_figures
from serviceflow.results.costs import cost_figures, visit_costs
from serviceflow.results.derived import Floats, Ints, Reading
from serviceflow.results.flows import flow_sums
from serviceflow.results.levels import AVERAGED, level_sums
from serviceflow.results.measures import Figure, Figures
from serviceflow.results.overtime import Overtime, overtime_rule, overtime_rules
from serviceflow.results.pending import Pending
from serviceflow.results.promises import promise_counts, promise_figures, promises
from serviceflow.results.reduce import is_ready, late_visits, rows_of
from serviceflow.results.rows import Rows
from serviceflow.results.scopes import Key, joined
from serviceflow.results.staffing import scheduled_ticks
from serviceflow.results.stocks import StockLevels

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.engine.record.record import Record


@dataclass
class Sums:
    """Sums of one replication, to which parts of it are added one after another.

    Attributes
    ----------
    program : Program
        The chain as it was run.
    staffing : Table
        Changes that a policy made.
    figures : Figures
        Sums by scope and measure, ticks where :mod:`~serviceflow.results.measures` has times.
    promised : array of shape (promises, 3)
        How many of each promise were met, breached, and are undetermined.
    spent : array
        What the visits begun in the window cost, by service.
    levels : StockLevels
        Of the stocks.
    pending : Pending
        What all parts together will tell.
    overtime : list of Overtime or None
        Of each provider.
    """

    program: Program
    staffing: Table = field(default_factory=empty_table)
    figures: Figures = field(default_factory=Figures)
    promised: Ints = field(init=False)
    spent: Floats = field(init=False)
    levels: StockLevels = field(init=False)
    pending: Pending = field(default_factory=Pending.empty)
    overtime: list[Overtime | None] = field(init=False)

    def __post_init__(self) -> None:
        program, moved = self.program, len(self.staffing) > 0
        self.promised = np.zeros((len(promises(program)), 3), dtype=np.int64)
        self.spent = np.zeros(len(program.services))
        self.levels = StockLevels.empty(len(program.stocks))
        rules = overtime_rules(program)
        if moved:
            rules = tuple(overtime_rule(program, plan, moved) for plan in program.providers)
        self.overtime = [None if rule is None else Overtime(rule) for rule in rules]

    def include(self, reading: Reading, rows: Rows | None = None) -> None:
        """Add the next part of the run; `rows` are those of its visits, if somebody has them."""
        rows = rows_of(reading) if rows is None else rows
        self.figures.include(flow_sums(reading, rows))
        self.figures.include(level_sums(reading, rows))
        self.figures.include(complaint_figures(reading))
        self.promised = self.promised + promise_counts(reading)
        self.spent = self.spent + visit_costs(reading, rows)
        self.levels = self.levels.followed_by(StockLevels.of(reading), reading.window)
        self.pending.include(reading)
        self._include_overtime(reading)

    def _include_overtime(self, reading: Reading) -> None:
        own = [one for one in self.overtime if one is not None]
        duties = {one.rule.plan.index: one.rule.plan.staff for one in own if one.rule.by_staff}
        late = late_visits(reading, duties) if duties and is_ready() else None
        for overtime in own:
            overtime.include(reading, late)

    def merge(self, later: Sums) -> None:
        """Add the sums of parts that followed."""
        self.figures.include(later.figures)
        self.promised = self.promised + later.promised
        self.spent = self.spent + later.spent
        self.levels = self.levels.followed_by(later.levels, self.program.window)
        self.pending.merge(later.pending)
        for mine, yours in zip(self.overtime, later.overtime, strict=True):
            if mine is not None and yours is not None:
                mine.merge(yours)

    def whole(self) -> dict[Key, Figure]:
        """Every figure of the replication."""
        program = self.program
        length = program.window[1] - program.window[0]
        found = Figures(joined(program, self.figures.by_measure, Figure.moved))
        for key, figure in list(found.items()):
            if key[1] in AVERAGED:
                found.by_measure[key] = Figure(figure.total / length)
        overtime, extra = self._overtime()
        self._told_by_all(found)
        if program.providers:
            self._staff_time(found, overtime)
        area, out = self.levels.over(program)
        if program.stocks:
            found.add("stock", "mean_level", area / length)
            found.add("stock", "stockout_share", out / length)
        busy = found.by_measure["provider", "busy_time"].total if program.providers else np.zeros(0)
        found.by_measure.update(cost_figures(program, self.spent, extra, area, busy).by_measure)
        found.by_measure.update(promise_figures(program, self.promised).by_measure)
        return found.by_measure

    def _told_by_all(self, found: Figures) -> None:
        """Add what no part tells by itself."""
        told = {("stock", "fill_rate"): self.pending.had_at_once(len(self.program.stocks))}
        told["provider", "held_time"] = self.pending.held(self.program)
        for key, more in told.items():
            if key in found.by_measure:
                figure = found.by_measure[key]
                found.by_measure[key] = replace(figure, total=figure.total + more)

    def _overtime(self) -> tuple[Floats, Floats]:
        """Overtime of each provider, and what it costs."""
        ticks, cost = np.zeros(len(self.overtime)), np.zeros(len(self.overtime))
        for place, own in enumerate(self.overtime):
            if own is not None:
                beyond = own.beyond(self.program, self.staffing)
                ticks[place], cost[place] = own.ticks(beyond), own.cost(beyond)
        return ticks, cost

    def _staff_time(self, found: Figures, overtime: Floats) -> None:
        plans = self.program.providers
        scheduled = np.array([scheduled_ticks(self.program, self.staffing, plan) for plan in plans])
        busy = found.by_measure["provider", "busy_time"].total
        found.add("provider", "utilization", busy - overtime, scheduled)
        found.add("provider", "scheduled_time", scheduled)
        found.add("provider", "overtime", overtime)


def sums_of(record: Record, rows: Rows | None = None) -> Sums:
    """The sums of a whole record."""
    sums = Sums(record.program, record.staffing)
    sums.include(Reading(record), rows)
    return sums

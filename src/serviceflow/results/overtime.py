"""Overtime: work beyond the staff on duty, added up over the parts of a run.

Without names it cannot be told who of the staff has gone home, so the overtime at an instant is what is
busy beyond those on duty; a named member's is what falls outside their own calendar. It exists only
where work in hand is finished after the shift (``off_shift: finish``) or takes longer than was foreseen
(``fit``), and comes from three kinds of stretches of the window:

* Where nobody is on duty, all that is busy is overtime. It adds up visit by visit.
* Where all are on duty, nothing is.
* Where some are, it is the work that was in hand when the staff last changed, as far as it exceeds
  them: as long as more units are taken than are on duty, nothing new starts. So only that work is kept
  (at most one visit, or batch, per unit and change of staff) until everything is known. Where the staff
  have become more, that is work that was in hand at the change before, too: had anything started since,
  there would be no more of it than staff.

The last does not hold where units have names of their own, or break down, or where a policy moves
staff: one who has come back on duty may start while another is still in overtime. There all work is
kept, which the record of a whole run can give, but not a summary.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from serviceflow.engine.program.cache import remembered
from serviceflow.engine.program.codes import AT_START
from serviceflow.engine.record.record import Table
from serviceflow.model.schedules import Schedule
from serviceflow.results.calendars import schedule_steps, schedule_values
from serviceflow.results.derived import Floats, Ints, Reading, Stretches
from serviceflow.results.prices import price_schedule
from serviceflow.results.staffing import (
    Work,
    busy_stretches,
    duty_steps,
    is_joint,
    joint_needs,
    late_works,
    step_values,
    summed_steps,
    work_among,
    works,
    works_of,
)

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import MemberPlan, Program, ProviderPlan, ServicePlan

LEAST = 1e-9
"""What less than this many units are busy too many is rounding."""
TOGETHER = 64
"""So many parts of the work in hand are joined, to take less memory."""


@dataclass(frozen=True)
class Closed:
    """Time outside a calendar in which overtime has one price.

    Attributes
    ----------
    times : Schedule
        Open in this time.
    price : float
        Cost per tick.
    """

    times: Schedule
    price: float


@dataclass(frozen=True)
class Rule:
    """How the overtime of a provider is found.

    Attributes
    ----------
    plan : ProviderPlan
        The provider.
    members : tuple of int or None
        Who is looked at one by one; (None,) for all together.
    closed : tuple of tuple of Closed
        For each of these, the time in which all work is overtime.
    partly : bool
        Whether some of the staff may be on duty while others are not.
    whole : bool
        Whether all work is kept, as in hand when staff change says too little.
    price : Schedule
        Of overtime of staff without names.
    """

    plan: ProviderPlan
    members: tuple[int | None, ...]
    closed: tuple[tuple[Closed, ...], ...]
    partly: bool
    whole: bool
    price: Schedule

    @property
    def by_staff(self) -> bool:
        """Whether only the number on duty tells which work may be overtime."""
        return self.members == (None,) and not self.whole

    def late(self, reading: Reading, member: int | None, late: Ints | None) -> Work:
        """The work of one of the members, or of all, that may exceed those on duty.

        `late` are visits among which that of all is, if somebody has found them.
        """
        if member is None and late is not None and not is_joint(reading.program, self.plan.index):
            return work_among(reading, late, self.plan.index)
        if member is None:
            return late_works(reading, works(reading, self.plan.index), self.plan.staff)
        own = works_of(reading, self.plan.index, member)
        return late_works(reading, own, self.plan.members[member].schedule)


@remembered
def overtime_rules(program: Program) -> tuple[Rule | None, ...]:
    """The rule of every provider, where no policy moved staff."""
    return tuple(overtime_rule(program, plan) for plan in program.providers)


def overtime_rule(program: Program, plan: ProviderPlan, moved: bool = False) -> Rule | None:
    """The rule of a provider; None where it has no overtime. `moved` tells that a policy moved staff."""
    if not may_overrun(program, plan):
        return None
    price = price_schedule(program, plan.cost)
    if plan.members and told_apart(program, plan.index):
        closed = tuple(_closed(one.schedule, _own_price(program, one, price)) for one in plan.members)
        return Rule(plan, tuple(range(len(closed))), closed, False, False, price)
    if plan.staff.is_constant and not moved:
        return None
    partly = any(value not in (0, plan.units) for value in plan.staff.values())
    whole = moved or (partly and (plan.named or plan.outage is not None))
    return Rule(plan, (None,), ((),) if whole else (_closed(plan.staff, price),), partly, whole, price)


def may_overrun(program: Program, plan: ProviderPlan) -> bool:
    """Whether work may go on after a shift: it is finished, or took longer than could be foreseen.

    What fits into a shift when it starts does not, unless it is interrupted, or its staff make a call first,
    or need others for it.
    """
    if plan.off_shift != "fit":
        return plan.off_shift == "finish"
    served = [service for service in program.services if plan.index in providers_of(service)]
    made = any(service.calls[AT_START] or joint_needs(service) for service in served)
    return bool(made or plan.outage is not None or plan.preemptive)


def providers_of(service: ServicePlan) -> set[int]:
    """All providers of which a service may need somebody."""
    return {provider for needs in service.alternatives for provider, _ in needs}


def _own_price(program: Program, member: MemberPlan, price: Schedule) -> Schedule:
    return price if member.cost is None else price_schedule(program, member.cost)


def _closed(duty: Schedule, price: Schedule) -> tuple[Closed, ...]:
    """The time off duty, by the price of overtime in it."""

    def at(value: float) -> Schedule:
        return duty.combine(price, lambda staff, cost: float(staff <= 0 and cost == value))

    return tuple(Closed(at(value), value) for value in sorted(price.values()))


def told_apart(program: Program, provider: int) -> bool:
    """Whether the record tells which member worked: it names one of the first provider of a visit."""
    needs = [joint_needs(plan) for plan in program.services]
    return not any(provider == other for one in needs for other, _ in one)


@dataclass(frozen=True)
class PartlyStaffed:
    """Stretches of time in which some, but not all units are on duty.

    Attributes
    ----------
    since : array
        When work must have been in hand to exceed the staff: at the beginning, or where the staff have become
        more, at the change before.
    begins, ends : array
        When the stretch begins and ends.
    """

    since: Ints
    begins: Ints
    ends: Ints


def partly_staffed(plan: ProviderPlan, window: tuple[int, int], begun: Ints, over: Ints) -> PartlyStaffed:
    """The stretches of a window that begin while some work, of which this is begin and end, is in hand."""
    start, end = max(window[0], int(begun.min())), min(window[1], int(over.max()))
    if end <= start:
        nothing = np.empty(0, dtype=np.int64)
        return PartlyStaffed(nothing, nothing, nothing)
    times, staff = schedule_steps(plan.staff, (start, end))
    before = np.append(times[:1], times[:-1])
    more = np.append(False, staff[1:] > staff[:-1])
    some = (staff > 0) & (staff < plan.units)
    some[0] &= start == window[0]
    return PartlyStaffed(np.where(more, before, times)[some], times[some], np.append(times[1:], end)[some])


@dataclass
class Overtime:
    """The overtime of one provider, from the parts of a run.

    Attributes
    ----------
    rule : Rule
        How it is found.
    outside : list of array
        For each of the rule's members, ticks in each of its times off duty.
    in_hand : list of tuple of arrays
        Work that may exceed the staff on duty: start, end and units; what ends before it starts takes away.
    """

    rule: Rule
    outside: list[Floats] = field(default_factory=list)
    in_hand: list[Stretches] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.outside = self.outside or [np.zeros(len(closed)) for closed in self.rule.closed]

    def include(self, reading: Reading, late: Ints | None = None) -> None:
        """Add a part of the run; `late` as in :meth:`Rule.late`."""
        rule = self.rule
        if rule.whole:
            self._keep(busy_stretches(reading, works(reading, rule.plan.index)))
            return
        for place, member in enumerate(rule.members):
            own = rule.late(reading, member, late)
            if rule.closed[place]:
                ticks = _outside(busy_stretches(reading, own), rule.closed[place], reading)
                self.outside[place] = self.outside[place] + ticks
            if rule.partly:
                self._keep(in_hand_at(reading, rule, own))

    def _keep(self, stretches: Stretches) -> None:
        if len(stretches[0]):
            self.in_hand.append(stretches)
            if len(self.in_hand) >= TOGETHER:
                self.in_hand = [self.kept()]

    def merge(self, other: Overtime) -> None:
        """Add what other parts of the run have."""
        self.outside = [mine + yours for mine, yours in zip(self.outside, other.outside, strict=True)]
        self.in_hand.extend(other.in_hand)

    def kept(self) -> Stretches:
        """All work that may exceed the staff on duty."""
        none = np.empty(0, dtype=np.int64)
        parts = [*self.in_hand, (none, none, np.empty(0))]
        starts, ends, units = (np.concatenate(column) for column in zip(*parts, strict=True))
        return starts, ends, units

    def beyond(self, program: Program, staffing: Table) -> Stretches:
        """Stretches in which more are busy than on duty while some are, and how many more."""
        plan = self.rule.plan
        times, busy = summed_steps(*self.kept(), program.window)
        if self.rule.whole:
            return _beyond((times, busy), duty_steps(program, staffing, plan), program.window)
        # no work in hand goes on beyond its stretch, so that nothing is busy where the staff change next
        return _beyond((times, busy), (times, schedule_values(plan.staff, times)), program.window)

    def ticks(self, beyond: Stretches) -> float:
        """Staff time on work beyond the staff on duty within the window."""
        starts, ends, amounts = beyond
        return float(sum(part.sum() for part in self.outside)) + float(((ends - starts) * amounts).sum())

    def cost(self, beyond: Stretches) -> float:
        """What that costs."""
        pairs = zip(self.outside, self.rule.closed, strict=True)
        outside = sum(float(ticks @ np.array([one.price for one in closed])) for ticks, closed in pairs)
        return outside + _cost_of(beyond, self.rule.price)


def _outside(stretches: Stretches, closed: tuple[Closed, ...], reading: Reading) -> Floats:
    """Work within each of the times off duty."""
    starts, ends, units = stretches
    starts, ends = np.clip(starts, *reading.window), np.clip(ends, *reading.window)
    return np.array([_within(starts, ends, units, one.times) for one in closed])


def _within(starts: Ints, ends: Ints, units: Floats, times: Schedule) -> float:
    if times.is_constant:
        return float(((ends - starts) * units).sum()) * times.at(0)
    return float(((times.cumulative(ends) - times.cumulative(starts)) * units).sum())


def in_hand_at(reading: Reading, rule: Rule, late: Work) -> Stretches:
    """Work that was in hand when a stretch with some of the staff began, as far as it lies in the stretch."""
    rows, units = late
    if not len(rows):
        return rows, rows, units
    begun, over = reading.visits["started"][rows], reading.work_end[rows]
    partly = partly_staffed(rule.plan, reading.window, begun, over)
    low = np.searchsorted(partly.since, begun, side="right")
    high = np.searchsorted(partly.begins, over, side="left")
    some = np.flatnonzero(high > low)
    rows, units, low, high = rows[some], units[some], low[some], high[some]
    which, stretch = _pairs(low, high)
    starts, ends = partly.begins[stretch], np.minimum(over[some][which], partly.ends[stretch])
    less = _pauses_in_hand(reading, partly, rows, low, high)
    amounts = np.concatenate([units[which], units[less[2]]])
    return np.concatenate([starts, less[0]]), np.concatenate([ends, less[1]]), amounts


def _pauses_in_hand(
    reading: Reading, partly: PartlyStaffed, rows: Ints, low: Ints, high: Ints
) -> tuple[Ints, Ints, Ints]:
    """The pauses of this work within those stretches, backwards, and the place of the work that paused."""
    place = np.full(len(reading.visits), -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    owners = place[reading.pauses["visit"]] if len(reading.pauses) else np.empty(0, dtype=np.int64)
    mine = np.flatnonzero(owners >= 0)
    if not len(mine):
        return mine, mine, mine
    owners, stood, resumed = owners[mine], reading.pauses["start"][mine], reading.pause_ends[mine]
    first = np.maximum(low[owners], np.searchsorted(partly.ends, stood, side="right"))
    last = np.minimum(high[owners], np.searchsorted(partly.begins, resumed, side="left"))
    which, stretch = _pairs(first, last)
    starts = np.maximum(stood[which], partly.begins[stretch])
    return np.minimum(resumed[which], partly.ends[stretch]), starts, owners[which]


def _pairs(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Every pair of a row and a number from `low` to before `high` of the row."""
    counts = np.maximum(high - low, 0)
    which = np.repeat(np.arange(len(low)), counts)
    within = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    return which, low[which] + within


def _beyond(steps: tuple[Ints, Floats], on_duty: tuple[Ints, Floats], window: tuple[int, int]) -> Stretches:
    times, busy = steps
    duty_times, duty = on_duty
    cuts = np.sort(np.concatenate([times, duty_times]))
    excess = np.maximum(step_values(times, busy, cuts) - step_values(duty_times, duty, cuts), 0)
    starts, ends = cuts, np.append(cuts[1:], window[1])
    some = (excess > LEAST) & (ends > starts)
    return starts[some], ends[some], excess[some]


def _cost_of(stretches: Stretches, price: Schedule) -> float:
    starts, ends, amounts = stretches
    if price.is_constant:
        return float(((ends - starts) * amounts).sum()) * price.at(0)
    triples = zip(starts.tolist(), ends.tolist(), amounts.tolist(), strict=True)
    return sum((price.total(start, end) * amount for start, end, amount in triples), 0.0)

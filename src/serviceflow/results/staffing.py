"""When a provider's staff work, and how much of it goes beyond the staff on duty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from serviceflow.results.reading import Floats, Ints, Reading, Stretches

if TYPE_CHECKING:
    from serviceflow.engine.program import ProviderPlan, ServicePlan
    from serviceflow.engine.record import Record
    from serviceflow.model.schedules import Schedule


LEAST = 1e-9
"""What less than this many units are busy too many is rounding."""


def overtime_ticks(reading: Reading, plan: ProviderPlan) -> float:
    """Staff time on work beyond the staff on duty within the window."""
    return sum(float(((ends - starts) * amounts).sum()) for starts, ends, amounts in overtime(reading, plan))


def overtime(reading: Reading, plan: ProviderPlan) -> tuple[Stretches, ...]:
    """Stretches of the window in which more work than are on duty, and how many more.

    Without names it cannot be told who of the staff has gone home, so the overtime at an instant is what is
    busy beyond those on duty: one entry. A named member's is what falls outside their own calendar: one
    entry per member.
    """
    if plan.index not in reading.overtime:
        reading.overtime[plan.index] = tuple(_overtime(reading, plan))
    return reading.overtime[plan.index]


def _overtime(reading: Reading, plan: ProviderPlan) -> Iterator[Stretches]:
    if plan.off_shift != "finish":
        return
    if plan.members and _told_apart(reading, plan.index):
        for number, member in enumerate(plan.members):
            duty = schedule_steps(member.schedule, reading.window)
            yield _beyond(busy_steps(reading, plan, number), duty, reading.window)
    elif not plan.staff.is_constant or len(reading.record.staffing):
        yield _beyond(busy_steps(reading, plan), duty_steps(reading.record, plan), reading.window)


def _told_apart(reading: Reading, provider: int) -> bool:
    """Whether the record tells which member worked: it names one of the first provider of a visit."""
    needs = [joint_needs(plan) for plan in reading.program.services]
    return not any(provider == other for one in needs for other, _ in one)


def _beyond(
    steps: tuple[Ints, Floats], on_duty: tuple[Ints, Floats], window: tuple[int, int]
) -> tuple[Ints, Ints, Floats]:
    times, busy = steps
    duty_times, duty = on_duty
    cuts = np.sort(np.concatenate([times, duty_times]))
    excess = np.maximum(step_values(times, busy, cuts) - step_values(duty_times, duty, cuts), 0)
    starts, ends = cuts, np.append(cuts[1:], window[1])
    some = (excess > LEAST) & (ends > starts)
    return starts[some], ends[some], excess[some]


def step_values(times: Ints, values: Floats, at: Ints) -> Floats:
    """Values at some instants of a step function that is zero before its first step."""
    return np.concatenate([[0.0], values])[np.searchsorted(times, at, side="right")]


def duty_steps(record: Record, plan: ProviderPlan) -> tuple[Ints, Floats]:
    """How many are on duty over the window, as steps: by the schedule, or as a policy moved staff."""
    window, moves = record.program.window, record.staffing
    mine = np.flatnonzero(moves.get("provider", -1) == plan.index)
    if not len(mine):
        return schedule_steps(plan.staff, window)
    times = moves["time"][mine].astype(np.int64)
    staff = moves["staff"][mine].astype(np.float64)
    inside = np.unique(times[(times > window[0]) & (times < window[1])])
    cuts = np.concatenate([[window[0]], inside]).astype(np.int64)
    return cuts, step_values(times, staff, cuts)


def scheduled_ticks(record: Record, plan: ProviderPlan) -> float:
    """Staff time on duty within the window."""
    if not len(record.staffing):
        return plan.staff.total(*record.program.window)
    times, staff = duty_steps(record, plan)
    return float((np.diff(np.append(times, record.program.window[1])) * staff).sum())


def schedule_steps(schedule: Schedule, window: tuple[int, int]) -> tuple[Ints, Floats]:
    """The steps of a schedule from the start of the window to its end."""
    times = [window[0]]
    while (change := schedule.next_change(times[-1])) < window[1]:
        times.append(change)
    return np.array(times, dtype=np.int64), np.array([schedule.at(time) for time in times], dtype=np.float64)


def busy_steps(reading: Reading, plan: ProviderPlan, member: int | None = None) -> tuple[Ints, Floats]:
    """How many units of a provider are busy over the window, as the steps of a function."""
    rows, units = _works(reading, plan.index)
    if member is not None:
        chosen = reading.visits.get("member", -1)[rows] == member
        rows, units = rows[chosen], units[chosen]
    starts, ends = reading.visits["started"][rows], reading.work_end[rows]
    pauses = reading.pauses
    if len(pauses):
        per_visit = np.zeros(len(reading.visits))
        per_visit[rows] = units
        stood = np.flatnonzero(per_visit[pauses["visit"]] > 0)
        ended = np.where(pauses["end"] >= 0, pauses["end"], reading.record.stopped)
        starts = np.concatenate([starts, ended[stood]])
        ends = np.concatenate([ends, pauses["start"][stood]])
        units = np.concatenate([units, per_visit[pauses["visit"][stood]]])
    return _steps(starts, ends, units, reading.window)


def joint_needs(plan: ServicePlan) -> tuple[tuple[int, int], ...]:
    """What a visit takes together, as pairs of provider and units; empty where one unit of one does."""
    return () if plan.any_of or plan.needs in ((), ((plan.provider, 1),)) else plan.needs


def _works(reading: Reading, provider: int) -> tuple[Ints, Floats]:
    """Visits that were worked on by a provider, and how many of its units each took."""
    joint = [joint_needs(plan) for plan in reading.program.services]
    taken = np.array([dict(needs).get(provider, 0) for needs in joint] + [0], dtype=np.float64)
    alone = np.array([not needs for needs in joint] + [False])
    units = np.where(alone[reading.service], reading.provider == provider, taken[reading.service])
    units = units if reading.batch_share is None else units * reading.batch_share
    rows = np.flatnonzero((reading.visits["started"] >= 0) & (units > 0))
    return rows, units[rows].astype(np.float64)


def _steps(starts: Ints, ends: Ints, units: Floats, window: tuple[int, int]) -> tuple[Ints, Floats]:
    """Sum of stretches as a step function; a stretch that ends before it starts takes away."""
    times = np.clip(np.concatenate([starts, ends]), *window)
    changes = np.concatenate([units, -units])
    order = np.argsort(times, kind="stable")
    times, totals = times[order], np.cumsum(changes[order])
    last = np.append(times[1:] != times[:-1], True) if len(times) else np.empty(0, dtype=bool)
    return times[last], totals[last]

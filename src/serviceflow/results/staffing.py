"""When a provider's staff work, and how many are on duty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serviceflow.results.calendars import schedule_steps
from serviceflow.results.derived import Flags, Floats, Ints, Reading, Stretches

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program, ProviderPlan, ServicePlan
    from serviceflow.engine.record.record import Table
    from serviceflow.model.schedules import Schedule


Work = tuple[Ints, Floats]
"""Rows of visits, and how many units each takes."""


def step_values(times: Ints, values: Floats, at: Ints) -> Floats:
    """Values at some instants of a step function that is zero before its first step."""
    return np.concatenate([[0.0], values])[np.searchsorted(times, at, side="right")]


def duty_steps(program: Program, staffing: Table, plan: ProviderPlan) -> tuple[Ints, Floats]:
    """How many are on duty over the window, as steps: by the schedule, or as a policy moved staff."""
    window = program.window
    mine = np.flatnonzero(staffing.get("provider", -1) == plan.index)
    if not len(mine):
        return schedule_steps(plan.staff, window)
    times = staffing["time"][mine].astype(np.int64)
    staff = staffing["staff"][mine].astype(np.float64)
    inside = np.unique(times[(times > window[0]) & (times < window[1])])
    cuts = np.concatenate([[window[0]], inside]).astype(np.int64)
    return cuts, step_values(times, staff, cuts)


def scheduled_ticks(program: Program, staffing: Table, plan: ProviderPlan) -> float:
    """Staff time on duty within the window."""
    if not len(staffing):
        return plan.staff.total(*program.window)
    times, staff = duty_steps(program, staffing, plan)
    return float((np.diff(np.append(times, program.window[1])) * staff).sum())


def busy_stretches(reading: Reading, work: Work) -> Stretches:
    """When units are busy with some work, and how many; what ends before it starts (a pause) takes away."""
    rows, units = work
    starts, ends = reading.visits["started"][rows], reading.work_end[rows]
    pauses = reading.pauses
    if len(pauses):
        per_visit = np.zeros(len(reading.visits))
        per_visit[rows] = units
        stood = np.flatnonzero(per_visit[pauses["visit"]] > 0)
        starts = np.concatenate([starts, reading.pause_ends[stood]])
        ends = np.concatenate([ends, pauses["start"][stood]])
        units = np.concatenate([units, per_visit[pauses["visit"][stood]]])
    return starts, ends, units


def joint_needs(plan: ServicePlan) -> tuple[tuple[int, int], ...]:
    """What a visit takes together, as pairs of provider and units; empty where one unit of one does."""
    return () if plan.any_of or plan.needs in ((), ((plan.provider, 1),)) else plan.needs


def works_of(reading: Reading, provider: int, member: int) -> Work:
    """The same of a member of its staff."""
    rows, units = works(reading, provider)
    chosen = reading.visits.get("member", -1)[rows] == member
    return rows[chosen], units[chosen]


def late_works(reading: Reading, work: Work, duty: Schedule) -> Work:
    """Of some work what may exceed the staff on duty: the rest began and ended between two changes."""
    rows, units = work
    if not len(rows):
        return work
    late = beyond_one_shift(duty, reading.window[0], reading.visits["started"][rows], reading.work_end[rows])
    return rows[late], units[late]


def beyond_one_shift(duty: Schedule, cut: int, starts: Ints, ends: Ints) -> Flags:
    """Work that began off duty, or was in hand when the staff changed, or at the instant `cut`."""
    times, staff = schedule_steps(duty, (int(starts.min()), int(ends.max()) + 1))
    place = np.searchsorted(times, starts, side="right") - 1
    late = ends > np.append(times[1:], np.iinfo(np.int64).max)[place]
    late |= (staff <= 0)[place]
    late |= (starts < cut) & (ends > cut)
    return late


def is_joint(program: Program, provider: int) -> bool:
    """Whether a provider works together with others somewhere, or with several of its own."""
    return any(provider in dict(joint_needs(plan)) for plan in program.services)


def work_among(reading: Reading, rows: Ints, provider: int) -> Work:
    """Of some visits those that were worked on by a provider which is nowhere joint."""
    own = rows[reading.provider[rows] == provider]
    share = reading.batch_share
    return own, np.ones(len(own)) if share is None else share[own]


def works(reading: Reading, provider: int) -> Work:
    """Visits that were worked on by a provider, and how many of its units each took."""
    if not is_joint(reading.program, provider):
        return work_among(reading, reading.worked_by(provider), provider)
    joint = [joint_needs(plan) for plan in reading.program.services]
    taken = np.array([dict(needs).get(provider, 0) for needs in joint] + [0], dtype=np.float64)
    alone = np.array([not needs for needs in joint] + [False])
    units = np.where(alone[reading.service], reading.provider == provider, taken[reading.service])
    units = units if reading.batch_share is None else units * reading.batch_share
    rows = np.flatnonzero((reading.visits["started"] >= 0) & (units > 0))
    return rows, units[rows].astype(np.float64)


def summed_steps(starts: Ints, ends: Ints, units: Floats, window: tuple[int, int]) -> tuple[Ints, Floats]:
    """Sum of stretches as a step function; a stretch that ends before it starts takes away."""
    times = np.clip(np.concatenate([starts, ends]), *window)
    changes = np.concatenate([units, -units])
    order = np.argsort(times, kind="stable")
    times, totals = times[order], np.cumsum(changes[order])
    last = np.append(times[1:] != times[:-1], True) if len(times) else np.empty(0, dtype=bool)
    return times[last], totals[last]

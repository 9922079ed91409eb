"""The week in its 168 hours: how many of a provider's staff are busy and on duty, how many requests wait."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from serviceflow.engine.program.codes import CONSUMER
from serviceflow.results.derived import Floats, Ints, Reading
from serviceflow.results.reduce import is_ready, loop
from serviceflow.results.staffing import duty_steps, joint_needs
from serviceflow.units import UNITS

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.engine.record.record import Table

HOURS = 168
HOUR = UNITS["hour"]


def week_of(
    program: Program, busy: Iterable[Floats], staffing: Iterable[Table], provider: int
) -> tuple[Floats, Floats]:
    """Mean number busy and on duty in each hour of the week, over window and replications.

    Parameters
    ----------
    program : Program
        The chain as it was run.
    busy : iterable of array
        The :func:`busy_hours` of each replication.
    staffing : iterable of Table
        The changes that a policy made in each replication.
    provider : int
        The provider's index.

    Returns
    -------
    busy, staff : arrays of 168
        From Monday 00:00; hours that the window does not touch are 0.
    """
    plan, length = program.providers[provider], _hours_in_window(program)
    worked = np.asarray(np.mean([own[provider] for own in busy], axis=0) / length, dtype=np.float64)
    duties = [_duty_hours(*duty_steps(program, moves, plan), program) for moves in staffing]
    on_duty = np.asarray(np.mean(duties, axis=0) / length, dtype=np.float64)
    return worked, on_duty


def requests_waiting(reading: Reading, provider: int) -> Floats:
    """Mean number of requests waiting for a provider in each hour of the week, over the window."""
    visits = reading.visits
    rows = np.flatnonzero((reading.provider == provider) & (reading.service >= 0) & (visits["arrived"] >= 0))
    return _numbers(reading, visits["arrived"][rows], reading.queue_end[rows])


def requests_there(reading: Reading, consumer: int | None = None) -> Floats:
    """Mean number of requests of a consumer, or of all, in each hour of the week, over the window."""
    sources = reading.sources(CONSUMER)
    rows = np.flatnonzero(sources >= 0 if consumer is None else sources == consumer)
    return _numbers(reading, reading.requests["asked"][rows], reading.ends[rows])


def _numbers(reading: Reading, starts: Ints, ends: Ints) -> Floats:
    """How many stretches cover each hour of the week, on average; hours outside the window have 0."""
    program = reading.program
    instants = np.clip(np.concatenate([starts, ends]), *reading.window)
    signs = np.repeat([-1.0, 1.0], len(starts))
    covered = _hour_sums(instants, signs, np.zeros(len(instants), dtype=np.int64), 1, program)[0]
    found: Floats = covered / _hours_in_window(program)
    return found


def _hours_in_window(program: Program) -> Floats:
    edges = np.array(program.window, dtype=np.int64)
    length = _hour_sums(edges, np.array([-1.0, 1.0]), np.zeros(2, dtype=np.int64), 1, program)[0]
    touched: Floats = np.maximum(length, 1.0)
    return touched


def _duty_hours(times: Ints, staff: Floats, program: Program) -> Floats:
    """Staff on duty times ticks in each hour of the week."""
    ends = np.append(times[1:], program.window[1])
    instants, none = np.concatenate([times, ends]), np.zeros(2 * len(times), dtype=np.int64)
    found: Floats = _hour_sums(instants, np.concatenate([-staff, staff]), none, 1, program)[0]
    return found


def busy_hours(reading: Reading) -> Floats:
    """Ticks of work within the window in each hour of the week, an array of shape (providers, 168).

    They add up over the parts of a run.
    """
    plans, size = reading.program.services, len(reading.program.providers)
    joint = [joint_needs(plan) for plan in plans]
    alone = np.array([not needs for needs in joint] + [False])[reading.service]
    found = _busy_hours(reading, np.where(alone, reading.provider, -1), size)
    if any(joint):
        by_service = _busy_hours(reading, np.where(alone, -1, reading.service), len(plans))
        for needs, hours in zip(joint, by_service, strict=True):
            for provider, units in needs:
                found[provider] += units * hours
    return found


def _busy_hours(reading: Reading, elements: Ints, size: int) -> Floats:
    """Of what was begun: from the start of work to its end, without the pauses."""
    visits, pauses = reading.visits, reading.pauses
    mine = np.where(visits["started"] >= 0, elements, -1)
    weights = np.empty(0) if reading.batch_share is None else reading.batch_share
    found = _covered(reading, (mine, visits["started"], reading.work_end, weights), size)
    if len(pauses):
        rows = pauses["visit"]
        weights = weights[rows] if len(weights) else weights
        found -= _covered(reading, (mine[rows], pauses["start"], reading.pause_ends, weights), size)
    return found


def _covered(reading: Reading, stretches: tuple[Ints, Ints, Ints, Floats], size: int) -> Floats:
    """Ticks of stretches in each hour of the week by element; -1 is none, and no weights are weights of 1."""
    elements, starts, ends, weights = stretches
    if is_ready():
        began, parts, turns = np.zeros((size, HOURS)), np.zeros((size, HOURS)), np.zeros(size)
        window, shift = np.array(reading.window, dtype=np.int64), reading.program.weekday * 24
        sums = began, parts, turns
        loop("cover_hours")(HOUR, shift, window, elements, starts, ends, weights, *sums)
        return _before_each(*sums)
    rows = np.flatnonzero(elements >= 0)
    signs = np.repeat([-1.0, 1.0], len(rows))
    weights = np.tile(weights[rows], 2) * signs if len(weights) else signs
    times = np.clip(np.concatenate([starts[rows], ends[rows]]), *reading.window)
    return _hour_sums(times, weights, np.tile(elements[rows], 2), size, reading.program)


def _hour_sums(times: Ints, weights: Floats, elements: Ints, size: int, program: Program) -> Floats:
    """Time before each instant in each hour of the week, weighted and added up by element.

    Stretches of time are the difference of two instants. Before an instant lie whole weeks with every
    hour, the hours before its own, and a part of its own.
    """
    whole = times // HOUR
    part = times - whole * HOUR
    whole += program.weekday * 24
    weeks = whole // HOURS
    cells = elements * HOURS + (whole - weeks * HOURS)
    began = _sums(cells, weights, size * HOURS).reshape(size, HOURS)
    parts = _sums(cells, weights * part, size * HOURS).reshape(size, HOURS)
    return _before_each(began, parts, _sums(elements, weights * weeks, size))


def _before_each(began: Floats, parts: Floats, turns: Floats) -> Floats:
    later = began[:, ::-1].cumsum(axis=1)[:, ::-1] - began
    found: Floats = parts + HOUR * (later + turns[:, None])
    return found


def _sums(cells: Ints, values: Floats, size: int) -> Floats:
    sums: Floats = np.bincount(cells, weights=values, minlength=size).astype(np.float64)
    return sums

"""Schedules as arrays say what they say one instant at a time."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serviceflow.model.schedules import constant_schedule
from serviceflow.model.timetables import read_values
from serviceflow.results.calendars import schedule_steps, schedule_values

HOUR = 3_600_000_000
DAY = 24 * HOUR
QUIET = settings(max_examples=150)
TABLES = {
    "by blocks": {"mon-sun": {"06:00-13:00": 2, "13:00-20:00": 3, "20:00-24:00": 1}},
    "weekdays": {"mon-fri": {"08:00-12:00": 2, "13:00-17:00": 2}},
    "over midnight": {"mon-thu": {"22:00-03:00": 1}, "sat": {"00:00-24:00": 4}},
    "dates": {
        "mon-sun": {"00:00-24:00": 2},
        "2026-01-07": "closed",
        "2026-01-14 to 2026-01-16": {"10:00-11:00": 5},
        "2026-02-20": {"23:00-24:00": 1},
    },
}


def made(name):
    return (
        read_values(TABLES[name], float, "2").schedule(dt.date(2026, 1, 5))
        if name in TABLES
        else constant_schedule(2)
    )


def one_by_one(schedule, window):
    times = [window[0]]
    while (change := schedule.next_change(times[-1])) < window[1]:
        times.append(change)
    return times, [schedule.at(time) for time in times]


SCHEDULES = st.sampled_from([*TABLES, "constant"])
INSTANTS = st.integers(0, 9 * 7 * 24 * 2).map(lambda halves: halves * HOUR // 2) | st.integers(0, 63 * DAY)


@QUIET
@given(SCHEDULES, INSTANTS, INSTANTS)
def test_the_steps_of_a_window(name, one, two):
    start, end = sorted((one, two + 1))
    if start == end:
        end += 1
    times, values = schedule_steps(made(name), (start, end))
    expected = one_by_one(made(name), (start, end))
    assert times.tolist() == expected[0]
    assert values.tolist() == expected[1]


@QUIET
@given(SCHEDULES, st.lists(INSTANTS, min_size=1, max_size=20))
def test_the_values_at_instants(name, instants):
    schedule = made(name)
    found = schedule_values(schedule, np.array(instants, dtype=np.int64))
    assert found.tolist() == [schedule.at(instant) for instant in instants]


@pytest.mark.parametrize("name", ["by blocks", "weekdays", "over midnight"])
def test_a_long_window_is_many_weeks(name):
    times, values = schedule_steps(made(name), (0, 5000 * 7 * DAY))
    assert len(times) > 5000
    assert (values[1:] != values[:-1]).all()

"""Timetables: the notation, what it refuses, and the schedules that it becomes."""

import datetime as dt
import random
from collections.abc import Callable

import numpy as np
import pytest

from serviceflow.errors import ModelError
from serviceflow.model.chain import Chain
from serviceflow.model.mistakes import Mistakes, mistakes_of
from serviceflow.model.schedules import DAY, NEVER, constant_schedule
from serviceflow.model.timetables import (
    Instants,
    read_calendar,
    read_counts,
    read_date,
    read_days,
    read_instants,
    read_rates,
)
from serviceflow.units import parse_rate

MONDAY = dt.date(2026, 1, 5)
MIN = 60_000_000
HOUR = 60 * MIN


def at(day: int, hour: float) -> int:
    return day * DAY + int(hour * HOUR)


def mistakes(read: Callable[[object], object], value: object) -> list[str]:
    """The messages of what is wrong with a value; reading it must fail."""
    with pytest.raises(ValueError) as caught:
        read(value)
    return [item.message for item in mistakes_of(caught.value)]


# Notation


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon", (0,)),
        ("Monday", (0,)),
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("sat-mon", (0, 5, 6)),
        ("mon, wed", (0, 2)),
        ("mon-tue, sun", (0, 1, 6)),
        ("monday - tuesday", (0, 1)),
        ("fri–sun", (4, 5, 6)),
        ("2026-12-25", (dt.date(2026, 12, 25),)),
    ],
)
def test_a_key_names_days(text, days):
    assert read_days(text) == days


@pytest.mark.parametrize("mark", [" to ", "..", " .. ", " - ", "/", " – "])
def test_a_range_of_dates_may_be_written_in_several_ways(mark):
    assert len(read_days(f"2026-12-24{mark}2027-01-02")) == 10


def test_a_calendar_reads_blocks_closed_days_and_dates():
    calendar = read_calendar(
        {"mon-fri": "08:00-12:00, 13:00-17:00", "sat": ["09:00-12:00"], dt.date(2026, 12, 25): "closed"}
    )
    assert [str(block) for block in calendar.weekly[0]] == ["08:00-12:00", "13:00-17:00"]
    assert [str(block) for block in calendar.weekly[5]] == ["09:00-12:00"]
    assert calendar.weekly[6] == ()
    assert calendar.dated == ((dt.date(2026, 12, 25), ()),)


@pytest.mark.parametrize(
    "notation",
    [
        {"mon-sun": "06:00-24:00"},
        {"mon-fri": "08:00-12:00, 12:30-16:30", "sat": "22:00-06:00"},
        {"mon-sun": "08:00-12:00", "2026-12-24 to 2026-12-26": "closed", "2026-12-28": "09:00-10:00"},
        {"mon-sun": "closed"},
        {"mon": "08:00:30-09:00"},
    ],
)
def test_a_calendar_is_written_as_it_was_read(notation):
    assert read_calendar(notation).to_dict() == notation


@pytest.mark.parametrize(
    "notation",
    [
        {"mon-sun": {"06:00-13:00": 2, "13:00-20:00": 3}},
        {"mon-fri": 3, "sat": {"08:00-12:00": 1}, "2026-12-25": "closed"},
    ],
)
def test_staff_by_blocks_is_written_as_it_was_read(notation):
    assert read_counts(notation).to_dict() == notation


def test_rates_and_instants_are_written_as_they_were_read():
    profile = read_rates({"mon-sun": {"13:00-19:00": "14 per hour"}}, parse_rate)
    assert read_rates(profile.to_dict(), parse_rate) == profile
    assert read_instants({"mon-fri": "09:00, 14:00"}).to_dict() == {"mon-fri": "09:00, 14:00"}
    assert read_instants({"mon": "14:00, 09:00"}) == read_instants({"mon": ["09:00", "14:00"]})


def test_equal_days_written_differently_are_one_timetable():
    assert read_calendar({"mon-tue": "08:00-09:00"}) == read_calendar(
        {"tue": "8:00-9:00", "mon": ["08:00-09:00"]}
    )
    assert read_counts({"mon": {"00:00-24:00": 2}}) == read_counts({"mon": 2})


def test_a_timetable_passes_through():
    calendar, instants = read_calendar({"mon": "08:00-09:00"}), read_instants({"mon": "08:00"})
    assert read_calendar(calendar) is calendar
    assert read_instants(instants) is instants
    assert repr(calendar) == "Timetable({'mon': '08:00-09:00'})"
    assert repr(instants) == "Instants({'mon': '08:00'})"


def test_dates_may_be_text_or_dates():
    assert read_date("2026-1-5") == read_date(MONDAY) == read_date(dt.datetime(2026, 1, 5, 7)) == MONDAY


# Mistakes


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "08:00-12:00",
            "'08:00-12:00' is no timetable; write days and their hours, such as {mon-fri: \"08:00-17:00\"}",
        ),
        ({}, 'no day is named; write days and their hours, such as {mon-fri: "08:00-17:00"}'),
        (
            {"mno": "closed"},
            "'mno' is no day; did you mean 'mon'?; write weekdays (mon-fri), a date (2026-12-25)"
            " or a range of dates (2026-12-24 to 2026-12-26)",
        ),
        ({"mon-tue-wed": "closed"}, "'mon-tue-wed' is no range of weekdays; write it as 'mon-fri'"),
        ({"mon, mon": "closed"}, "mon is named twice in 'mon, mon'"),
        ({"mon-fri": "closed", "fri": "closed"}, "fri is set twice, by 'mon-fri' and by 'fri'"),
        (
            {"2026-12-25": "closed", "2026-12-24 to 2026-12-26": "closed"},
            "2026-12-25 is set twice, by '2026-12-25' and by '2026-12-24 to 2026-12-26'",
        ),
        ({"2026-13-01": "closed"}, "'2026-13-01' is no date; write it as 2026-12-25"),
        (
            {"2026-12-24 to 2026-12-25 to 2026-12-26": "closed"},
            "'2026-12-24 to 2026-12-25 to 2026-12-26' is no range of dates;"
            " write it as '2026-12-24 to 2026-12-26'",
        ),
        (
            {"2026-12-24 to 2026-12-20": "closed"},
            "the range '2026-12-24 to 2026-12-20' ends before it begins",
        ),
        (
            {"2000-01-01 to 2100-01-01": "closed"},
            "the range '2000-01-01 to 2100-01-01' has 36526 days; at most 4000 are allowed",
        ),
        ({"mon": 8}, '8 is no time of day; write it as "08:00-17:00", or closed'),
        ({"mon": None}, 'nothing is no time of day; write it as "08:00-17:00", or closed'),
        (
            {"mon": "open"},
            "'open' is no block; write start and end, such as '07:00-12:00', or 'closed'",
        ),
        ({"mon": "8-12"}, "'8' is no time of day; write hours and minutes, such as 07:30"),
        (
            {"mon": "08:00-25:00"},
            "'25:00' is no time of day; they run from 00:00 to 24:00",
        ),
        (
            {"mon": "24:00-06:00"},
            "'24:00' is no time of day; they run from 00:00 to 23:59, midnight is 00:00 of the next day",
        ),
        ({"mon": "08:00-08:00"}, "the block '08:00-08:00' is empty; a whole day is '00:00-24:00'"),
        (
            {"mon": "08:00-12:00, 11:00-13:00"},
            "the blocks 08:00-12:00 and 11:00-13:00 overlap; an instant may lie in one only",
        ),
    ],
)
def test_a_calendar_says_what_is_wrong(value, message):
    assert mistakes(read_calendar, value) == [message]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"mon": "08:00-12:00"},
            "'08:00-12:00' has no value; write {\"08:00-12:00\": 2}",
        ),
        ({"mon": {}}, 'no block is named; write {"08:00-17:00": 2}, or closed'),
        ({"mon": -1}, "-1 is no number of staff; write a whole number from 0 to 1000000"),
        ({"mon": {"08:00-12:00": 1.5}}, "1.5 is no number of staff; write a whole number from 0 to 1000000"),
        ({"mon": True}, "True is no number of staff; write a whole number from 0 to 1000000"),
        (
            {"mon": {"22:00-06:00": 2}, "tue": {"05:00-13:00": 1}},
            "the block 22:00-06:00 of mon runs over midnight into 05:00-13:00 of the day after;"
            " an instant may lie in one only",
        ),
        (
            {"mon-sun": {"22:00-06:00": 2}, "2026-12-25": 1},
            "the block 22:00-06:00 of 2026-12-24 runs over midnight into 00:00-24:00 of the day after;"
            " an instant may lie in one only",
        ),
    ],
)
def test_staff_by_blocks_says_what_is_wrong(value, message):
    assert mistakes(read_counts, value) == [message]


def test_an_instant_named_twice_is_refused():
    assert mistakes(read_instants, {"mon": "09:00, 9:00"}) == ["09:00 is named twice"]


def test_all_mistakes_are_told_at_once_each_in_its_place():
    with pytest.raises(Mistakes) as caught:
        read_counts({"mon": {"8:00-9": 1, "10:00-11:00": "x"}, "foo": 2})
    places = [(item.path, item.at_key) for item in caught.value.items]
    assert places == [(("mon", "8:00-9"), True), (("mon", "10:00-11:00"), False), (("foo",), True)]


def test_a_date_at_the_end_of_the_calendar_is_refused():
    with pytest.raises(ValueError, match="9999-12-31 is beyond the dates that can be counted"):
        read_counts({"9999-12-31": 1})


# Schedules


def test_a_block_belongs_to_the_day_on_which_it_starts():
    nights = read_calendar({"mon-fri": "22:00-06:00", "2026-01-07": "closed"}).schedule(MONDAY)
    assert nights.at(at(0, 3)) == 0.0  # Sunday has no night
    assert nights.at(at(0, 23)) == nights.at(at(1, 3)) == 1.0
    assert nights.at(at(2, 3)) == 1.0  # Tuesday's, on the closed Wednesday
    assert nights.at(at(2, 23)) == nights.at(at(3, 3)) == 0.0
    assert nights.at(at(5, 5.99)) == 1.0
    assert nights.at(at(5, 6)) == 0.0


def test_the_night_before_time_zero_counts():
    schedule = read_calendar({"sun": "22:00-06:00"}).schedule(MONDAY)
    assert schedule.at(0) == 1.0
    assert schedule.next_change(0) == at(0, 6)


def test_the_schedule_begins_on_any_weekday():
    schedule = read_calendar({"mon": "08:00-09:00"}).schedule(dt.date(2026, 1, 9))  # a Friday
    assert schedule.next_open(0) == at(3, 8)


def test_neighbouring_blocks_of_one_value_are_one_stretch():
    schedule = read_calendar({"mon-sun": "08:00-12:00, 12:00-16:00"}).schedule(MONDAY)
    assert schedule.next_change(at(0, 9)) == at(0, 16)


def test_midnight_is_no_change_where_the_value_stays():
    schedule = read_calendar({"mon-fri": "00:00-24:00"}).schedule(MONDAY)
    assert schedule.next_change(0) == at(5, 0)
    assert schedule.next_change(at(5, 1)) == at(7, 0)


def test_a_constant_schedule_never_changes():
    schedule = constant_schedule(3)
    assert schedule.is_constant
    assert schedule.at(at(100, 5)) == 3.0
    assert schedule.next_change(12) == NEVER
    assert schedule.advance(5, 7) == 12
    assert schedule.total(0, 10) == 30.0


def test_a_schedule_without_open_time_never_advances():
    schedule = read_calendar({"mon-sun": "closed"}).schedule(MONDAY)
    assert schedule.advance(0, 1) == NEVER
    assert schedule.next_open(0) == NEVER
    assert schedule.next_change(0) == NEVER
    assert schedule.reach(0, 1.0) == NEVER
    assert schedule.advance(17, 0) == 17


def test_one_date_far_away_is_found_at_once():
    schedule = read_calendar({"2036-01-01": "08:00-09:00"}).schedule(MONDAY)
    day = (dt.date(2036, 1, 1) - MONDAY).days
    assert schedule.next_open(0) == schedule.next_change(0) == at(day, 8)
    assert schedule.advance(0, HOUR) == at(day, 9)
    assert schedule.advance(0, HOUR + 1) == NEVER
    assert schedule.reach(0, float(HOUR)) == at(day, 9)


def test_work_passes_only_while_open():
    schedule = read_calendar({"mon-fri": "08:00-12:00, 13:00-17:00"}).schedule(MONDAY)
    assert schedule.advance(0, HOUR) == at(0, 9)
    assert schedule.advance(at(0, 11), 2 * HOUR) == at(0, 14)
    assert schedule.advance(at(0, 11), HOUR) == at(0, 12)
    assert schedule.advance(at(4, 16), 2 * HOUR) == at(7, 9)
    assert schedule.advance(0, 40 * HOUR * 52) == at(7 * 51 + 4, 17)
    assert schedule.week_open == 40 * HOUR


def test_dates_override_their_weekday():
    schedule = read_calendar({"mon-fri": "08:00-12:00", "2026-01-06 to 2026-01-07": "closed"}).schedule(
        MONDAY
    )
    assert schedule.advance(at(0, 11), 2 * HOUR) == at(3, 9)
    assert schedule.elapsed(0, 7 * DAY) == 12 * HOUR
    assert schedule.elapsed(0, 14 * DAY) == 32 * HOUR


def test_staff_by_blocks_has_values_and_a_total():
    staff = read_counts({"mon-sun": {"06:00-13:00": 2, "13:00-20:00": 3, "20:00-24:00": 1}})
    schedule = staff.schedule(MONDAY)
    assert [schedule.at(at(3, hour)) for hour in (5, 6, 13, 20)] == [0.0, 2.0, 3.0, 1.0]
    assert schedule.total(0, DAY) == (14 + 21 + 4) * HOUR
    assert schedule.week_total == 7 * 39 * HOUR
    assert schedule.values() == {0.0, 1.0, 2.0, 3.0}


def test_instants_are_found_from_any_time():
    instants = read_instants({"mon-fri": "09:00, 14:00", "2026-01-06": "00:00"}).schedule(MONDAY)
    assert instants.next_instant(0) == at(0, 9)
    assert instants.next_instant(at(0, 9)) == at(0, 9)
    assert instants.next_instant(at(0, 9) + 1) == at(0, 14)
    assert instants.next_instant(at(0, 15)) == at(1, 0)
    assert instants.next_instant(at(1, 0) + 1) == at(2, 9)
    assert instants.next_instant(at(4, 15)) == at(7, 9)
    assert Instants(((),) * 7).schedule(MONDAY).next_instant(0) == NEVER
    assert Instants(((),) * 7).is_empty


def test_reach_inverts_the_total():
    profile = read_rates({"mon-fri": {"08:00-12:00": "6 per hour", "12:00-13:00": "60 per hour"}}, parse_rate)
    schedule = profile.schedule(MONDAY, lambda rate: rate.per_tick(MIN))
    assert schedule.reach(0, 12.0) == pytest.approx(at(0, 10))
    assert schedule.reach(at(0, 11), 6 + 30.0) == pytest.approx(at(0, 12.5))
    assert schedule.reach(0, 84.0 * 5 * 100 + 6) == pytest.approx(at(700, 9), rel=1e-9)


def test_one_schedule_within_another():
    staff = read_counts({"mon-sun": {"06:00-13:00": 2, "13:00-20:00": 3}}).schedule(MONDAY)
    open_hours = read_calendar({"mon-fri": "08:00-14:00", "2026-01-06": "closed"}).schedule(MONDAY)
    both = staff.within(open_hours)
    assert [both.at(at(0, hour)) for hour in (7, 8, 13, 14)] == [0.0, 2.0, 3.0, 0.0]
    assert both.elapsed(0, 7 * DAY) == 24 * HOUR
    assert hash(both) == hash(staff.within(open_hours))


def random_notation(rng: random.Random) -> dict[str, dict[str, int]]:
    def day():
        hours = sorted(rng.sample(range(2, 23), 2 * rng.randint(0, 3)))
        pairs = zip(hours[::2], hours[1::2], strict=True)
        blocks = {f"{a:02d}:00-{b:02d}:00": rng.randint(1, 2) for a, b in pairs}
        if rng.random() < 0.3:
            blocks[rng.choice(["22:00-00:00", "22:00-02:00", "23:00-01:00"])] = rng.randint(1, 2)
        return blocks or "closed"

    notation = {name: day() for name in ("mon", "tue-wed", "thu", "sat") if rng.random() < 0.6} or {"sun": 1}
    for number in rng.sample(range(-2, 25), rng.randint(0, 4)):
        notation[(MONDAY + dt.timedelta(number)).isoformat()] = day()
    return notation


def test_sums_agree_with_walking_hour_by_hour():
    rng = random.Random(1)
    for _ in range(60):
        schedule = read_counts(random_notation(rng)).schedule(MONDAY)
        values = [schedule.at(hour * HOUR) for hour in range(24 * 40)]
        for _ in range(20):
            a, b = sorted(rng.sample(range(24 * 40), 2))
            assert schedule.elapsed(a * HOUR, b * HOUR) == HOUR * sum(v > 0 for v in values[a:b])
            assert schedule.total(a * HOUR, b * HOUR) == HOUR * sum(values[a:b])
            change = next((h for h in range(a + 1, 24 * 40) if values[h] != values[a]), None)
            assert change is None or schedule.next_change(a * HOUR) == change * HOUR
            check_advance(schedule, values, a, rng.randint(1, 40))
        times = np.array([rng.randrange(40 * DAY) for _ in range(50)])
        assert schedule.cumulative(times).tolist() == [schedule.elapsed(0, int(t)) for t in times]


def check_advance(schedule, values, start, hours):
    """`hours` of open time have passed at the end of the last of them."""
    opens = [hour for hour in range(start, len(values)) if values[hour] > 0][:hours]
    if len(opens) == hours:
        assert schedule.advance(start * HOUR, hours * HOUR) == (opens[-1] + 1) * HOUR
        amount = HOUR * sum(values[hour] for hour in opens)
        assert schedule.reach(start * HOUR, amount) == pytest.approx((opens[-1] + 1) * HOUR)


@pytest.mark.parametrize("value", ["2026-01-05 06:30", dt.datetime(2026, 1, 5, 6, 30)])
def test_a_run_begins_at_midnight(value):
    message = (
        "a run begins at midnight, not at 06:30; write the date alone,"
        " set first of the arrivals to 6 h 30 min, and add 6 h 30 min to warm_up"
    )
    with pytest.raises(ModelError, match=message):
        Chain("Office", start=value)


@pytest.mark.parametrize(
    "value", ["2026-01-05", "2026-01-05 00:00", dt.datetime(2026, 1, 5), dt.date(2026, 1, 5)]
)
def test_a_start_at_midnight_is_a_date(value):
    assert Chain("Office", start=value).start == dt.date(2026, 1, 5)

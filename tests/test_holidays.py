"""Holidays and iCalendar files: which days they close and open, and what is refused."""

import datetime as dt
import sys

import pytest

import serviceflow as sf
from serviceflow.model.holidays import region_days

START = "2026-12-14"
OFFICE = {"mon-fri": "08:00-17:00"}
HEAD = ("BEGIN:VCALENDAR", "VERSION:2.0")


def chain(calendar, start=START, **rest):
    made = sf.ServiceChain("Office", time_unit="h", start=start, run={"duration": "4 weeks"}, **rest)
    made.add_calendar("office", calendar)
    made.add_provider("Desk", staff=1, calendar="office")
    made.add_service("Answer", provider="Desk", duration="1 h")
    made.add_consumer("Callers", arrivals={"every": "3 h"}, enters="Answer")
    return made


def is_open(made, *dates, hour=9):
    """Whether the office is open on each date, at some hour."""
    schedule = made.calendars["office"].schedule(made.start)
    days = [(dt.date.fromisoformat(date) - made.start).days for date in dates]
    return [schedule.at((day * 24 + hour) * 3_600_000_000) > 0 for day in days]


def refused(calendar, **rest):
    with pytest.raises(sf.ModelError) as caught:
        chain(calendar, **rest)
    return str(caught.value)


def ical(folder, *events, name="days.ics", head=HEAD):
    texts = ["\r\n".join(("BEGIN:VEVENT", *event, "END:VEVENT")) for event in events]
    (folder / name).write_text("\r\n".join((*head, *texts, "END:VCALENDAR", "")), encoding="utf-8")
    return name


# Dates and regions


def test_listed_dates_are_closed_without_a_start_or_a_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    made = chain({**OFFICE, "holidays": ["2026-01-06", "2026-01-08 to 2026-01-09"]}, start=None)
    days = [f"2026-01-{day:02d}" for day in range(5, 10)]
    assert is_open(made, *days) == [True, False, True, False, False]


def test_a_date_that_is_stated_overrides_a_holiday():
    made = chain({**OFFICE, "2026-12-24": "08:00-10:00", "holidays": "2026-12-24 to 2026-12-25"})
    assert is_open(made, "2026-12-24", "2026-12-25") == [True, False]
    assert is_open(made, "2026-12-24", hour=11) == [False]


def test_holidays_of_a_region():
    pytest.importorskip("holidays")
    made = chain({**OFFICE, "holidays": "de-by"})
    assert is_open(made, "2026-12-24", "2026-12-25", "2027-01-06", "2027-01-07") == [True, False, False, True]
    berlin = chain({**OFFICE, "holidays": ["DE-BE", "2026-12-24"]})
    assert is_open(berlin, "2026-12-24", "2026-12-25", "2027-01-06") == [False, False, True]


def test_they_are_written_as_they_were_read_and_move_with_the_start():
    pytest.importorskip("holidays")
    made = chain({**OFFICE, "holidays": "NO"})
    assert made.to_dict()["calendars"] == {"office": {**OFFICE, "holidays": "NO"}}
    assert sf.ServiceChain.from_dict(made.to_dict()) == made
    later = made.change({"start": "2060-05-10"})
    assert is_open(later, "2060-05-17", "2060-05-18") == [False, True]


def test_staff_rates_and_dispatches_know_holidays_too():
    made = chain(OFFICE)
    made.add_provider("Night", staff={"mon-sun": {"22:00-06:00": 1}, "holidays": "2026-12-25"})
    made.add_service("Watch", provider="Night", duration="1 h")
    profile = {"mon-sun": {"22:00-23:00": "2 per hour"}, "holidays": "2026-12-25"}
    made.add_consumer("Guests", arrivals={"profile": profile}, enters="Watch")
    made.add_handoff("Watch -> Answer", at={"mon-fri": "09:00", "holidays": ["2026-12-25"]})
    day = 24 * 3_600_000_000
    for table in (made.providers["Night"].staff, made.consumers["Guests"].arrivals.profile):
        schedule = table.schedule(made.start, lambda value: 1.0)
        assert [schedule.at(number * day + 22 * day // 24 + 1) for number in (10, 11, 12)] == [1, 0, 1]
    moments = made.handoffs[sf.Link.parse("Watch -> Answer")].at.schedule(made.start)
    assert moments.next_instant(11 * day) == 14 * day + 9 * day // 24
    assert sf.ServiceChain.from_dict(made.to_dict()) == made


def test_both_engines_and_the_auditor_keep_to_them():
    made = chain({**OFFICE, "holidays": ["2026-12-25", "2026-12-28 to 2027-01-01"]})
    results = made.simulate(replications=2, seed=1, engine="simpy")
    starts = results.visits["started"].dropna()
    assert {int(day) for day in starts // 24} & {11, *range(14, 19)} == set()
    assert {int(day) for day in starts // 24} >= {10, 21}
    assert results.audit().ok


def test_the_load_counts_the_days_of_the_run():
    with_days = chain({**OFFICE, "holidays": "2026-12-21 to 2026-12-25"}).check().loads.providers[0]
    without = chain(OFFICE).check().loads.providers[0]
    assert with_days.utilization == pytest.approx(without.utilization * 20 / 15)


@pytest.mark.parametrize(
    ("holidays", "told"),
    [
        (7, "7 is no region, date or file; write DE-BY, 2026-12-25, 2026-12-24 to 2026-12-31 or closed.ics"),
        ([], "0 holidays are named; write from 1 to 2,000"),
        ([""], "'' is no region, date or file"),
        ("2026-13-01", "'2026-13-01' is no date; write it as 2026-12-25"),
        ("2026-12-25 to 2026-12-24", "ends before it begins"),
        ("gone.ics", "there is no file 'gone.ics'"),
        ("../gone.ics", "lies outside the folder of the model"),
    ],
)
def test_what_is_no_holiday_is_refused_in_its_place(holidays, told):
    text = refused({**OFFICE, "holidays": holidays})
    assert text.startswith("calendars.office.holidays: ")
    assert told in text


@pytest.mark.parametrize(
    ("region", "told"),
    [
        ("XY", "'XY' is no region; write a country (DE), a part of one (DE-BY), or dates."),
        ("DE-XX", "'XX' is no part of DE in the package holidays; there are BB, BE,"),
        ("__CLASS__", "'__CLASS__' is no region"),
    ],
)
def test_regions_that_are_not_known(region, told):
    pytest.importorskip("holidays")
    assert told in refused({**OFFICE, "holidays": region})


def test_a_region_needs_a_start():
    told = "'DE-BY' has dates, so the chain has to say on which date it starts; write start: 2026-01-05"
    assert refused({**OFFICE, "holidays": "DE-BY"}, start=None) == f"calendars.office.holidays: {told}"
    told = "is known for chains that start from 1950 to 9900, not 1066-10-14"
    assert told in refused({**OFFICE, "holidays": "DE-BY"}, start="1066-10-14")


def test_a_region_needs_the_package(monkeypatch):
    region_days.cache_clear()
    monkeypatch.setitem(sys.modules, "holidays", None)
    told = "run pip install 'serviceflow[holidays]', or list the dates: [2026-12-25, ...]"
    assert told in refused({**OFFICE, "holidays": "DE-BY"})


def test_a_run_beyond_the_last_known_day_is_refused():
    pytest.importorskip("holidays")
    made = chain({**OFFICE, "holidays": "DE-BY"})
    with pytest.raises(sf.ModelError) as caught:
        made.simulate(duration="1600 weeks", engine="simpy")
    told = "its days are known up to 2056-12-31, and the run lasts beyond it; shorten the run"
    assert str(caught.value).startswith(f"calendars.office: {told}")


# iCalendar files


def test_all_day_events_close(tmp_path):
    name = ical(
        tmp_path,
        ("DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261226", "SUMMARY:Christmas"),
        ("DTSTART;VALUE=DATE:20200101", "RRULE:FREQ=YEARLY", "SUMMARY:New", "  Year"),
        ("DTSTART;VALUE=DATE:20261221", "STATUS:CANCELLED"),
        ("DTSTART;VALUE=DATE:20261222", "BEGIN:VALARM", "TRIGGER:-P1D", "DTSTART:19990101", "END:VALARM"),
    )
    made = chain({**OFFICE, "holidays": name}, folder=tmp_path)
    closed = ["2026-12-22", "2026-12-24", "2026-12-25", "2027-01-01", "2029-01-01"]
    assert is_open(made, *closed) == [False] * 5
    assert is_open(made, "2026-12-21", "2026-12-23", "2026-12-28") == [True] * 3
    assert made.to_dict()["calendars"]["office"] == {**OFFICE, "holidays": name}


def test_timed_events_open(tmp_path):
    weekly = "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
    name = ical(
        tmp_path,
        (
            "DTSTART;TZID=Europe/Berlin:20260105T080000",
            "DTEND;TZID=Europe/Berlin:20260105T120000",
            weekly,
            "EXDATE;TZID=Europe/Berlin:20261215T080000",
        ),
        ("DTSTART;TZID=Europe/Berlin:20260105T130000", "DURATION:PT4H", weekly),
        ("DTSTART;TZID=Europe/Berlin:20261219T090000", "DURATION:PT2H"),
        ("DTSTART;VALUE=DATE:20261225",),
    )
    made = chain({"file": name}, folder=tmp_path)
    assert made.calendars["office"].weekly[0] == made.calendars["office"].weekly[4]
    assert is_open(made, "2026-12-14", "2026-12-15", "2026-12-19", "2026-12-25") == [True, False, True, False]
    assert is_open(made, "2026-12-14", "2026-12-15", hour=12) == [False, False]
    assert is_open(made, "2026-12-14", "2026-12-15", hour=13) == [True, True]
    assert made.to_dict()["calendars"] == {"office": {"file": name}}
    assert made.simulate(replications=1, seed=1, engine="simpy").audit().ok


def test_an_end_of_a_rule_is_an_end(tmp_path):
    name = ical(
        tmp_path,
        ("DTSTART:20261214T080000", "DURATION:PT8H", "RRULE:FREQ=DAILY;UNTIL=20261216T235959Z"),
        ("DTSTART:20261218T080000", "DURATION:PT8H", "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=2"),
    )
    made = chain({"file": name, "holidays": "2026-12-15"}, folder=tmp_path)
    dates = ["2026-12-14", "2026-12-15", "2026-12-16", "2026-12-17", "2026-12-18", "2026-12-25", "2027-01-01"]
    assert is_open(made, *dates) == [True, False, True, False, True, False, True]
    assert is_open(made, "2027-01-15") == [False]


EVENTS = [
    (("SUMMARY:Duty",), "'Duty' (line 3) in days.ics has no DTSTART, so it cannot be told when it is"),
    (("DTSTART:20261301T080000", "DURATION:PT1H"), "has '20261301T080000', which is no date"),
    (("DTSTART:20261201T080000Z", "DURATION:PT1H"), "has its time in UTC, and the clock of a chain is local"),
    (("DTSTART:20261201T080000",), "lasts 0:00:00; an event with a time lasts longer than 0 and up to a day"),
    (("DTSTART:20261201T080000", "DURATION:P2D"), "lasts 2 days, 0:00:00; an event with a time lasts"),
    (("DTSTART:20261201T080000", "DURATION:long"), "has the duration 'long', which cannot be read"),
    (("DTSTART;VALUE=DATE:20261202", "DTEND;VALUE=DATE:20261201"), "lasts -1 days; from 1 to 1,000 are read"),
    (("DTSTART;VALUE=DATE:20261202", "DTEND:20261203T080000"), "begins with a time and ends with a date"),
    (
        ("DTSTART:20261201T080000", "DURATION:PT1H", "RRULE:FREQ=SECONDLY"),
        "has the rule 'FREQ=SECONDLY'; rules of DAILY, WEEKLY, MONTHLY, YEARLY are read",
    ),
    (
        ("DTSTART:20261201T080000", "DURATION:PT1H", "RRULE:FREQ=DAILY;INTERVAL=0"),
        "an INTERVAL is 1 to 10000, and BYHOUR is not read",
    ),
    (("DTSTART:20261201T080000", "DURATION:PT1H", "RRULE:FREQ=DAILY;BYDAY=XX"), "which cannot be read"),
    (
        ("DTSTART:20261201T080000", "DURATION:PT1H", "RECURRENCE-ID:20261201T090000"),
        "moves one occurrence of another event; leave that one out with EXDATE instead",
    ),
    (
        ("DTSTART:20261201T080000", "DURATION:PT1H", "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"),
        "has several rules of recurrence; write an event for each",
    ),
]


@pytest.mark.parametrize(("event", "told"), EVENTS)
def test_events_that_cannot_be_told_for_certain_are_refused(tmp_path, event, told):
    text = refused({"file": ical(tmp_path, event)}, folder=tmp_path)
    assert text.startswith("calendars.office.file: the event ")
    assert told in text


def test_a_rule_that_never_holds_ends(tmp_path):
    rule = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=3"
    hours = ("DTSTART:20261214T080000", "DURATION:PT8H")
    made = chain({"file": ical(tmp_path, hours, (*hours, rule))}, folder=tmp_path)
    assert is_open(made, "2026-12-14", "2026-12-15") == [True, False]


def test_files_that_are_refused(tmp_path):
    (tmp_path / "text.ics").write_text("hello")
    assert "no iCalendar file, which begins with BEGIN:VCALENDAR" in refused(
        {"file": "text.ics"}, folder=tmp_path
    )
    (tmp_path / "bytes.ics").write_bytes(b"\xff\xfe\x00")
    assert "cannot be read as UTF-8" in refused({"file": "bytes.ics"}, folder=tmp_path)
    assert "has no events" in refused({"file": ical(tmp_path)}, folder=tmp_path)
    assert "7 is no iCalendar file; name one, such as file: office.ics" in refused({"file": 7})
    assert "'office.csv' is no iCalendar file" in refused({"file": "office.csv"})
    whole = ical(tmp_path, ("DTSTART;VALUE=DATE:20261225",))
    assert "has no event with a time of day, so it is never open" in refused({"file": whole}, folder=tmp_path)
    timed = ical(tmp_path, ("DTSTART:20261221T080000", "DURATION:PT1H"))
    told = "has events with a time of day, as on 2026-12-21; holidays are whole days."
    assert told in refused({**OFFICE, "holidays": timed}, folder=tmp_path)
    assert "both a file and days (mon-fri) say when it is open" in refused({**OFFICE, "file": timed})
    zones = ical(
        tmp_path,
        ("DTSTART;TZID=Europe/Berlin:20261221T080000", "DURATION:PT1H"),
        ("DTSTART;TZID=Asia/Shanghai:20261221T080000", "DURATION:PT1H"),
    )
    assert "times in several zones (Asia/Shanghai, Europe/Berlin)" in refused(
        {"file": zones}, folder=tmp_path
    )


def test_a_file_cannot_ask_for_endless_work(tmp_path):
    daily = ("DTSTART:20261201T080000", "DURATION:PT1H", "RRULE:FREQ=DAILY")
    text = refused({"file": ical(tmp_path, *[daily] * 12)}, folder=tmp_path)
    assert "and those before it occur more than 100,000 times in all" in text


# Tables with dates


def test_tables_have_dates_on_request():
    made = chain(OFFICE, start="2026-12-14")
    results = made.simulate(duration="1 week", replications=2, seed=1, engine="simpy")
    visits = results.dated("visits")
    assert results.visits["started"].dtype.kind == "f"
    told = visits["started"].dropna()
    assert set(told.dt.date.map(str)) <= {f"2026-12-{day}" for day in (*range(14, 19), *range(21, 26), 28)}
    assert set(told.dt.hour) <= set(range(8, 17))
    assert visits["started"].isna().equals(results.visits["started"].isna())
    hours = (visits["started"] - visits["started"].dt.normalize()).dt.total_seconds() / 3600
    assert hours.dropna().tolist() == pytest.approx(
        (results.visits["started"].dropna() % 24).tolist(), abs=1e-6
    )
    assert visits["waiting_time"].equals(results.visits["waiting_time"])
    assert results.dated().columns.tolist() == results.requests.columns.tolist()
    assert results.dated(results.slowest(2))["asked"].iloc[0].year == 2026
    assert str(results.dated(results.requests.iloc[:0])["asked"].dtype) == "datetime64[us]"


def test_a_table_that_has_no_dates():
    results = chain(OFFICE).simulate(duration="1 week", replications=1, engine="simpy")
    with pytest.raises(sf.UnknownNameError, match="there is no table 'visit'; did you mean 'visits'"):
        results.dated("visit")

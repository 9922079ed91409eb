"""Durations, rates and shares are read as people write them, and converted exactly."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serviceflow.errors import UnitError
from serviceflow.units import (
    CANONICAL,
    LONGEST,
    UNITS,
    Rate,
    canonical_unit,
    decimal_text,
    exact_ticks,
    format_duration,
    parse_duration,
    parse_rate,
    parse_share,
    parse_time_unit,
    unit_name,
    unit_ticks,
)

SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000


def message(read, *arguments):
    with pytest.raises(UnitError) as caught:
        read(*arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        ("15 min", 15 * MINUTE),
        ("1 h 30 min", 90 * MINUTE),
        ("1h30min", 90 * MINUTE),
        ("PT15M", 15 * MINUTE),
        ("PT1H30M", 90 * MINUTE),
        ("P1DT2H", 26 * HOUR),
        ("P2W", 14 * 24 * HOUR),
        ("2 weeks", 14 * 24 * HOUR),
        ("1 day", 24 * HOUR),
        ("0.5 hours", 30 * MINUTE),
        (".5 s", SECOND // 2),
        ("1e3 ms", SECOND),
        ("0 min", 0),
        (" 5   minutes ", 5 * MINUTE),
        ("3 µs", 3),
        ("2 Hours", 2 * HOUR),
    ],
)
def test_a_duration_is_read_into_ticks(text, ticks):
    assert parse_duration(text) == ticks


def test_decimals_are_exact():
    assert parse_duration("0.1 s") == 100_000
    assert parse_duration("1.1 min") == 66_000_000
    assert exact_ticks(1.1, "min") == 66_000_000.0


def test_what_is_finer_than_a_tick_rounds_half_to_even():
    assert [parse_duration(f"{n}.5 us") for n in range(4)] == [0, 2, 2, 4]


def test_a_bare_number_is_in_the_time_unit_where_one_is_given():
    assert parse_duration("5", "min") == parse_duration("5", MINUTE) == parse_duration(5, "min") == 5 * MINUTE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5", "'5' has no unit: write for example 5 min"),
        ("5 m", "'m' could be minutes or months: write 'min'"),
        ("2 months", "months differ in length: write days or weeks"),
        ("1 year", "years differ in length: write days or weeks"),
        ("P1M", "'P1M' has months or years, which differ in length: write days or weeks"),
        ("5 mn", "unknown unit 'mn'; did you mean 'min'?"),
        ("5 fortnights", "unknown unit 'fortnights': write one of us, ms, s, min, h, days, weeks"),
        ("1,5 h", "'1,5 h' has a comma: write the decimal point, 1.5 h"),
        ("-3 min", "'-3 min' is negative: a duration is 0 or more"),
        ("30 min 1 h", "'min' stands before 'h': write larger units first, each once"),
        ("1 h 2 h", "'h' stands before 'h': write larger units first, each once"),
        ("soon", "'soon' is no duration: write for example 15 min, 1 h 30 min or PT15M"),
        ("5 min later", "'5 min later' is no duration: write for example 15 min, 1 h 30 min or PT15M"),
        ("", "'' is no duration: write for example 15 min, 1 h 30 min or PT15M"),
        ("PT", "'PT' is no duration: write for example 15 min, 1 h 30 min or PT15M"),
        ("PT1.2.3H", "'PT1.2.3H' is no ISO 8601 duration: write for example PT1H30M"),
        ("8000000 weeks", "'8000000 weeks' is too long: durations end at 7 million weeks"),
    ],
)
def test_what_is_no_duration_is_refused_with_a_remedy(text, words):
    assert message(parse_duration, text) == words


def test_an_enormous_exponent_is_refused_without_being_written_out():
    assert "unknown unit 'e'" in message(parse_duration, "1e999999999 h")


@pytest.mark.parametrize("value", [None, True, [5]])
def test_a_duration_is_text_or_a_number(value):
    assert message(parse_duration, value, "min") == f"{value!r} is no duration: write for example 15 min"


def test_a_duration_that_is_not_finite_is_refused():
    assert message(exact_ticks, float("inf"), "min") == "inf is no duration: it must be finite"


@given(st.integers(0, LONGEST - 1))
def test_a_written_duration_reads_back_the_same(ticks):
    assert parse_duration(format_duration(ticks)) == ticks


@pytest.mark.parametrize(
    ("ticks", "text"),
    [
        (90 * MINUTE, "1 h 30 min"),
        (0, "0 s"),
        (24 * HOUR, "1 day"),
        (15 * 24 * HOUR, "2 weeks 1 day"),
        (100_000, "100 ms"),
        (-90 * MINUTE, "-1 h 30 min"),
    ],
)
def test_a_duration_is_written_largest_unit_first(ticks, text):
    assert format_duration(ticks) == text


@pytest.mark.parametrize("unit", sorted(UNITS))
def test_every_spelling_of_a_unit_is_read(unit):
    assert parse_duration(f"1 {unit}") == UNITS[unit] == unit_ticks(unit) == unit_ticks(UNITS[unit])
    assert parse_time_unit(f" {unit} ") == CANONICAL[unit] == unit_name(UNITS[unit]) == unit_name(unit)


def test_a_time_unit_is_a_word():
    assert message(parse_time_unit, 5).startswith("a time unit is a word, not 5: write one of us, ms")
    assert message(parse_time_unit, "month") == "months differ in length: write days or weeks"
    assert message(canonical_unit, "hur") == "unknown unit 'hur'; did you mean 'hour'?"
    assert message(unit_name, 7) == "no unit has 7 ticks: write one of us, ms, s, min, h, days, weeks"


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("6 per hour", Rate(6, "h")),
        ("22.5 per  day", Rate(22.5, "day")),
        ("2 per week", Rate(2, "week")),
        ("6/h", Rate(6, "h")),
        ("6 / min", Rate(6, "min")),
        ("6", Rate(6)),
        (6, Rate(6)),
        (0.5, Rate(0.5)),
        (Rate(6, "h"), Rate(6, "h")),
    ],
)
def test_a_rate_is_read(text, rate):
    assert parse_rate(text) == rate
    assert parse_rate(str(rate)) == rate


def test_a_rate_is_written_as_people_say_it():
    assert str(Rate(6.0, "h")) == "6 per hour"
    assert str(Rate(0.5, "day")) == "0.5 per day"
    assert str(Rate(6.0)) == "6"


def test_a_rate_per_tick_takes_the_time_unit_where_it_has_none():
    assert Rate(6, "h").per_tick("min") == 6 / HOUR
    assert Rate(6).per_tick("min") == Rate(6).per_tick(MINUTE) == 6 / MINUTE


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("often", "'often' is no rate; write for example 6 per hour"),
        ("-6 per hour", "'-6 per hour' is negative: a rate is 0 or more; write for example 6 per hour"),
        (float("nan"), "'nan' is no rate; write for example 6 per hour"),
        ("1e999 per hour", "'1e999 per hour' is no rate; write for example 6 per hour"),
        ("6 per month", "months differ in length: write days or weeks"),
        (None, "None is no rate: write for example 6 per hour"),
        (True, "True is no rate: write for example 6 per hour"),
    ],
)
def test_what_is_no_rate_is_refused(value, words):
    assert message(parse_rate, value) == words


@pytest.mark.parametrize(
    ("text", "share"),
    [("90%", 0.9), ("12.5 %", 0.125), (0.9, 0.9), ("0.9", 0.9), (1, 1.0), ("0%", 0.0), ("100%", 1.0)],
)
def test_a_share_is_read(text, share):
    assert parse_share(text) == share


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (90, "'90' is outside 0 to 1: write 90%"),
        ("120%", "'120%' is outside 0 to 1: write 90% or 0.9"),
        (-0.1, "'-0.1' is outside 0 to 1: write 90% or 0.9"),
        ("most", "'most' is no share: write 90% or 0.9"),
        (float("nan"), "'nan' is no share: write 90% or 0.9"),
        (None, "None is no share: write 90% or 0.9"),
        (True, "True is no share: write 90% or 0.9"),
    ],
)
def test_what_is_no_share_is_refused(value, words):
    assert message(parse_share, value) == words


@given(st.floats(0, 1e15))
def test_numbers_are_written_as_shortly_as_they_read_back(value):
    assert float(decimal_text(value)) == value


@given(st.decimals(0, 1000, places=3), st.sampled_from(["s", "min", "h", "day", "week"]))
def test_a_decimal_of_any_unit_is_exact_to_the_tick(number, unit):
    assert parse_duration(f"{number} {unit}") == round(Fraction(number) * UNITS[unit])

"""iCalendar files (RFC 5545) as days: timed events are hours, all-day events are whole days.

A small reader that never calls out: it knows events, their rules of recurrence and the dates left out of
them. What it cannot tell for certain, such as times in UTC, it refuses in a sentence.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from serviceflow.model.timetables import Block

LARGEST_FILE = 5_000_000
"""Bytes that a file may have."""
MOST_EVENTS = 5_000
MOST_OCCURRENCES = 100_000
"""Occurrences of all events of a file up to the last day that is asked for."""
DAY = dt.timedelta(days=1)
EVERY = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")

_LENGTH = re.compile(r"P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?")
_MOMENT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?")
_PARTS = re.compile(r"[A-Z-]+=[A-Z0-9,+-]+(;[A-Z-]+=[A-Z0-9,+-]+)*")


@dataclass
class Event:
    """One event as it stands in the file: each property with its parameters and its value."""

    line: int
    lines: list[tuple[str, str, str]] = field(default_factory=list)

    def first(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> list[str]:
        return [value for key, _, value in self.lines if key == name]

    def zones(self) -> set[str]:
        """The time zones in which its times are."""
        given = (re.search(r"TZID=\"?([^;\":]+)", inner) for _, inner, _ in self.lines)
        return {one[1] for one in given if one}

    def __str__(self) -> str:
        title = (self.first("SUMMARY") or "").strip()[:60]
        return f"the event {title!r} (line {self.line})" if title else f"the event of line {self.line}"


@dataclass(frozen=True)
class Days:
    """What a file says of days from one to another.

    Attributes
    ----------
    hours : dict
        Blocks of timed events by the date on which they begin.
    whole : set
        Dates of all-day events.
    """

    hours: dict[dt.date, list[tuple[int, int]]]
    whole: set[dt.date]

    def blocks(self, date: dt.date) -> tuple[Block[bool], ...]:
        """The hours of a date as blocks, joined where they overlap."""
        joined: list[tuple[int, int]] = []
        for start, end in sorted(self.hours.get(date, [])):
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return tuple(Block(start, end, True) for start, end in joined)


def read_days(path: Path, first: dt.date, last: dt.date) -> Days:
    """What an iCalendar file says of the days from `first` to `last`.

    Raises
    ------
    ValueError
        If it is no such file, is too large, or has an event that cannot be read for certain.
    """
    found = Days({}, set())
    events = [event for event in read_events(path) if event.first("STATUS") != "CANCELLED"]
    zones = {zone for event in events for zone in event.zones()}
    if len(zones) > 1:
        raise ValueError(
            f"the file {path.name} has times in several zones ({', '.join(sorted(zones)[:3])});"
            " save it with the times of one place"
        )
    left = MOST_OCCURRENCES
    for event in events:
        try:
            left -= _take(event, found, first, last, left)
        except ValueError as error:
            raise ValueError(f"{event} in {path.name} {error}") from None
    return found


# Lines


def read_events(path: Path) -> list[Event]:
    """The events of a file."""
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"the file {path.name} has more than {LARGEST_FILE // 1_000_000} MB")
    try:
        text = path.read_text("utf-8-sig")
    except (UnicodeDecodeError, OSError) as error:
        raise ValueError(f"the file {path.name} cannot be read as UTF-8: {error}") from None
    lines = list(_unfolded(text))
    if not lines or lines[0][1].strip().upper() != "BEGIN:VCALENDAR":
        raise ValueError(f"the file {path.name} is no iCalendar file, which begins with BEGIN:VCALENDAR")
    events = list(_events(lines))
    if len(events) > MOST_EVENTS:
        raise ValueError(f"the file {path.name} has more than {MOST_EVENTS:,} events")
    if not events:
        raise ValueError(f"the file {path.name} has no events")
    return events


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; one that begins with a space goes on from the one before it."""
    held: tuple[int, list[str]] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if line[:1] in (" ", "\t") and held is not None:
            held[1].append(line[1:])
        elif line.strip():
            if held is not None:
                yield held[0], "".join(held[1])
            held = (number, [line])
    if held is not None:
        yield held[0], "".join(held[1])


def _events(lines: Iterable[tuple[int, str]]) -> Iterator[Event]:
    """The events; what is nested in one, such as an alarm, is passed over."""
    event: Event | None = None
    nested = 0
    for number, line in lines:
        head, _, value = _split(line)
        name, _, inner = head.partition(";")
        name, value = name.strip().upper(), value.strip()
        if event is None:
            event = Event(number) if (name, value.upper()) == ("BEGIN", "VEVENT") else None
        elif name in ("BEGIN", "END") and value.upper() != "VEVENT":
            nested += 1 if name == "BEGIN" else -1
        elif name == "END":
            yield event
            event, nested = None, 0
        elif nested == 0:
            event.lines.append((name, inner, value))


def _split(line: str) -> tuple[str, str, str]:
    """Name and parameters, and the value; a colon within quotes separates nothing."""
    place, quoted = 0, False
    for place, letter in enumerate(line):
        quoted = quoted != (letter == '"')
        if letter == ":" and not quoted:
            return line[:place], ":", line[place + 1 :]
    return line, "", ""


# Events


def _take(event: Event, found: Days, first: dt.date, last: dt.date, left: int) -> int:
    """Add the days of an event to those found; return how many occurrences were looked at."""
    start, timed = _moment(event.first("DTSTART"))
    length = _length(event, start, timed)
    if event.first("RECURRENCE-ID") is not None:
        raise ValueError("moves one occurrence of another event; leave that one out with EXDATE instead")
    out = {_moment(text)[0] for value in event.all("EXDATE") for text in value.split(",")}
    out_days = {one.date() for one in out} if not timed else set()
    number = 0
    for when in _occurrences(event, start, last, left):
        number += 1
        if when not in out and when.date() not in out_days and when.date() + length >= first:
            _add(found, when, length, timed, (first, last))
    return number


def _add(
    found: Days,
    when: dt.datetime,
    length: dt.timedelta,
    timed: bool,
    span: tuple[dt.date, dt.date],
) -> None:
    if timed:
        begin = _ticks(when - dt.datetime.combine(when.date(), dt.time()))
        found.hours.setdefault(when.date(), []).append((begin, begin + _ticks(length)))
        return
    for step in range(length.days):
        date = when.date() + step * DAY
        if span[0] <= date <= span[1]:
            found.whole.add(date)


def _ticks(length: dt.timedelta) -> int:
    return length // dt.timedelta(microseconds=1)


def _moment(text: str | None) -> tuple[dt.datetime, bool]:
    """A date or a date with a time, and whether it has one."""
    if text is None:
        raise ValueError("has no DTSTART, so it cannot be told when it is")
    parts = _MOMENT.fullmatch(text.strip().upper())
    try:
        if parts is None:
            raise ValueError
        year, month, day, *time = (int(part or 0) for part in parts.groups()[:6])
        moment = dt.datetime(year, month, day, time[0], time[1], time[2])
    except ValueError:
        raise ValueError(
            f"has {text.strip()[:40]!r}, which is no date; such a file writes 20261225"
        ) from None
    if parts[7]:
        raise ValueError(
            "has its time in UTC, and the clock of a chain is local; save the calendar with local times"
        )
    return moment, parts[4] is not None


def _length(event: Event, start: dt.datetime, timed: bool) -> dt.timedelta:
    """How long an event lasts; one of a date without an end is that day."""
    end, given = event.first("DTEND"), event.first("DURATION")
    if end is not None:
        moment, has_time = _moment(end)
        if has_time != timed:
            raise ValueError("begins with a time and ends with a date, or the other way round")
        length = moment - start
    elif given is not None:
        length = _duration(given)
    else:
        length = dt.timedelta(0) if timed else DAY
    if timed and not dt.timedelta(0) < length <= DAY:
        raise ValueError(f"lasts {length}; an event with a time lasts longer than 0 and up to a day")
    if not timed and not 0 < length.days <= 1_000:
        raise ValueError(f"lasts {length.days} days; from 1 to 1,000 are read")
    return length


def _duration(text: str) -> dt.timedelta:
    parts = _LENGTH.fullmatch(text.strip().upper().removeprefix("+"))
    if parts is None or not any(parts.groups()):
        raise ValueError(f"has the duration {text[:40]!r}, which cannot be read; write PT8H or P1D")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    return dt.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _occurrences(event: Event, start: dt.datetime, last: dt.date, left: int) -> Iterator[dt.datetime]:
    """Every begin of an event up to a date: its first, those of its rule, and those that are listed."""
    end = dt.datetime.combine(last, dt.time(23, 59, 59))
    rules = event.all("RRULE")
    if len(rules) > 1 or event.first("EXRULE") is not None:
        raise ValueError("has several rules of recurrence; write an event for each")
    more = [_moment(text)[0] for value in event.all("RDATE") for text in value.split(",")]
    made = _from_rule(rules[0], start, end) if rules else iter([start])
    for number, when in enumerate(made, 1):
        if when > end:
            break
        if number > left:
            raise ValueError(f"and those before it occur more than {MOST_OCCURRENCES:,} times in all")
        yield when
    yield from (when for when in more if when <= end)


def _from_rule(text: str, start: dt.datetime, end: dt.datetime) -> Iterator[dt.datetime]:
    """The begins that a rule makes, up to an instant: a rule that never holds may not be sought for ever."""
    from dateutil.rrule import rrulestr

    told = f"has the rule {text[:60]!r}"
    parts = _parts(text.strip().upper(), told)
    count, until = parts.pop("COUNT", None), parts.pop("UNTIL", None)
    if until is not None:
        moment, timed = _moment(until.removesuffix("Z"))  # In UTC even where all else is local.
        end = min(end, moment if timed else moment + dt.timedelta(hours=24, seconds=-1))
    if count is not None and not _whole(count):
        raise ValueError(f"{told}; a COUNT is 1 to 999999")
    try:
        made: Any = rrulestr(";".join(map("=".join, parts.items())), dtstart=start)
    except (ValueError, TypeError, OverflowError, KeyError, IndexError) as error:
        raise ValueError(f"{told}, which cannot be read: {error}") from None
    return islice(made.replace(until=end), min(_whole(count or "999999"), MOST_OCCURRENCES + 1))


def _parts(rule: str, told: str) -> dict[str, str]:
    """The parts of a rule, if it is one that is read."""
    parts = {key: value for key, _, value in (part.partition("=") for part in rule.split(";"))}
    if not _PARTS.fullmatch(rule) or parts.get("FREQ") not in EVERY:
        raise ValueError(f"{told}; rules of {', '.join(EVERY)} are read")
    within_day = {"BYHOUR", "BYMINUTE", "BYSECOND"} & {*parts}
    if within_day or not 1 <= _whole(parts.get("INTERVAL", "1")) <= 10_000:
        raise ValueError(f"{told}; an INTERVAL is 1 to 10000, and BYHOUR is not read")
    return parts


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0

"""What holds when in a week, from the calendars of the dialects to the days and blocks of a model file."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from serviceflow.formats.bpmn.durations import iso_seconds, number_text

DAY, WEEK = 86_400, 604_800
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FULL = {
    name: number
    for number, name in enumerate(
        ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
    )
}
ICAL_DAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
MOST_EVENTS = 2_000

Span = tuple[int, int]
"""Seconds from Monday's midnight; the end may lie beyond the week."""


@dataclass
class Hours:
    """Open time: by the week, and on single dates.

    Attributes
    ----------
    spans : list
        Begin and end in seconds from Monday's midnight.
    dates : dict
        Spans of single dates, in seconds from their midnight.
    said : list of str
        What could not be taken over.
    """

    spans: list[Span] = field(default_factory=list)
    dates: dict[dt.date, list[Span]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    @property
    def is_always(self) -> bool:
        """Whether it is never closed, up to a second or two a day."""
        return not self.dates and sum(end - start for start, end in merged(self.spans)) >= WEEK - 14

    def share(self) -> float:
        """How much of the week is open."""
        return sum(end - start for start, end in merged(self.spans)) / WEEK

    def days(self) -> dict[str, Any]:
        """As a calendar of a model file."""
        spans = [(start, end, True) for start, end in merged(self.spans)]
        found = by_days(spans, lambda blocks: ", ".join(f"{block}" for block, _ in blocks))
        for date, own in sorted(self.dates.items()):
            found[date.isoformat()] = ", ".join(f"{clock(start)}-{clock(end)}" for start, end in own)
        return found


def merged(spans: Iterable[Span]) -> list[Span]:
    """The union of spans, within one week; spans that run over its end go on at its begin."""
    parts: list[Span] = []
    for start, end in spans:
        end = min(end, start + WEEK)
        if end > start:
            start, end = start % WEEK, start % WEEK + (end - start)
            parts += [(start, min(end, WEEK)), *([(0, end - WEEK)] if end > WEEK else [])]
    found: list[Span] = []
    for start, end in sorted(parts):
        if found and start <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return [(start, _whole(end)) for start, end in found]


def _whole(end: int) -> int:
    """23:59:59 and the like mean midnight."""
    return end if end % DAY < DAY - 60 or (end % 60 == 0 and end % DAY != DAY - 60) else end - end % DAY + DAY


def by_days(spans: Sequence[tuple[int, int, Any]], write: Any) -> dict[str, Any]:
    """Spans with values as days and their blocks; days that are alike are written together."""
    blocks: list[list[tuple[str, Any]]] = [[] for _ in DAYS]
    for start, end, value in sorted(spans, key=lambda span: span[:2]):
        for day in range(7):
            begin, stop = max(start, day * DAY), min(end, (day + 1) * DAY)
            if begin < stop:
                blocks[day].append((f"{clock(begin - day * DAY)}-{clock(stop - day * DAY)}", value))
    found: dict[str, Any] = {}
    day = 0
    while day < 7:
        last = day
        while last < 6 and blocks[last + 1] == blocks[day]:
            last += 1
        if blocks[day]:
            name = DAYS[day] if day == last else f"{DAYS[day]}-{DAYS[last]}"
            found[name] = write(blocks[day])
        day = last + 1
    return found


def clock(seconds: int) -> str:
    """A time of day."""
    minutes, second = divmod(int(seconds), 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{second:02d}" if second else text


def staff_days(default: int, valued: Sequence[tuple[Hours, int]]) -> tuple[int | dict[str, Any], list[str]]:
    """Staff by days and blocks from numbers that hold in certain hours, and what was said of these."""
    said = [text for hours, _ in valued for text in hours.said]
    edges = {0, WEEK}
    spans = [(merged(hours.spans), value) for hours, value in valued]
    for found, _ in spans:
        edges |= {edge for span in found for edge in span}
    ordered = sorted(edges)
    levels: list[tuple[int, int, int]] = []
    for start, end in pairwise(ordered):
        value = next((value for found, value in spans if any(a <= start < b for a, b in found)), default)
        if levels and levels[-1][2] == value:
            levels[-1] = levels[-1][0], end, value
        else:
            levels.append((start, end, value))
    if len(levels) == 1:
        return levels[0][2], said
    return by_days([level for level in levels if level[2]], dict), said


def condition(hours: Hours) -> str:
    """The hours as a condition on ``hour`` and ``weekday``."""
    spans = [(start, end, True) for start, end in merged(hours.spans)]
    per_day: dict[tuple[Span, ...], list[int]] = {}
    for day in range(7):
        own = tuple(
            (max(start, day * DAY) - day * DAY, min(end, (day + 1) * DAY) - day * DAY)
            for start, end, _ in spans
            if max(start, day * DAY) < min(end, (day + 1) * DAY)
        )
        if own:
            per_day.setdefault(own, []).append(day)
    parts = [_one_kind_of_day(days, own) for own, days in per_day.items()]
    return " or ".join(f"({part})" if len(parts) > 1 else part for part in parts) or "false"


def _one_kind_of_day(days: list[int], blocks: tuple[Span, ...]) -> str:
    hours = " or ".join(_between(start, end) for start, end in blocks)
    if len(days) == 7:
        return hours
    if days == list(range(days[0], days[-1] + 1)):
        low = f"weekday >= {days[0]}" if days[0] > 0 else ""
        high = f"weekday <= {days[-1]}" if days[-1] < 6 else ""
        on = " and ".join(part for part in (low, high) if part)
    else:
        on = "(" + " or ".join(f"weekday == {day}" for day in days) + ")"
    if blocks == ((0, DAY),):
        return on
    return f"{on} and ({hours})" if len(blocks) > 1 else f"{on} and {hours}"


def _between(start: int, end: int) -> str:
    parts = [f"hour >= {number_text(start / 3600)}"] if start > 0 else []
    parts += [f"hour < {number_text(end / 3600)}"] if end < DAY else []
    return " and ".join(parts) or "true"


def from_rules(rules: Iterable[Mapping[str, Any]], names: tuple[str, str, str, str]) -> Hours:
    """Hours from rules with a weekday from and to, and a time of day from and to.

    Parameters
    ----------
    rules : iterable of mapping
        The rules of a timetable.
    names : tuple of str
        What the first day, the last day, the begin and the end are called.
    """
    hours = Hours()
    for rule in rules:
        first, last = (FULL.get(str(rule.get(name) or "").strip().upper()) for name in names[:2])
        begin, end = (seconds_of_day(rule.get(name)) for name in names[2:])
        if begin is None or end is None:
            hours.said.append("a rule of a timetable cannot be read")
            continue
        first = 0 if first is None and last is None else first if first is not None else last
        last = 6 if last is None and rule.get(names[0]) is None else last if last is not None else first
        assert first is not None
        assert last is not None
        day = first
        while True:
            length = end - begin if end > begin else end - begin + DAY
            hours.spans.append((day * DAY + begin, day * DAY + begin + length))
            if day == last:
                break
            day = (day + 1) % 7
    return hours


_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?")


def seconds_of_day(text: object) -> int | None:
    """Seconds of a time of day; what is left of a second is dropped, and 23:59 or later is midnight."""
    found = _CLOCK.fullmatch(str(text or "").strip().rpartition("T")[2])
    if found is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups())
    if hour > 24 or minute > 59 or second > 59:
        return None
    total = (hour * 60 + minute) * 60 + second
    return DAY if total >= DAY - 60 else total


def from_ical(text: str) -> Hours:
    """Hours from the events of an iCalendar text: daily and weekly rules, and single events."""
    hours = Hours()
    event: dict[str, str] | None = None
    count = 0
    for line in text.splitlines():
        line = line.strip()
        name, _, value = line.partition(":")
        key = name.partition(";")[0].upper()
        if key == "BEGIN" and value.strip().upper() == "VEVENT":
            event = {}
        elif key == "END" and value.strip().upper() == "VEVENT" and event is not None:
            count += 1
            if count <= MOST_EVENTS:
                _take_event(event, hours)
            event = None
        elif event is not None:
            event[key] = value.strip()
    if count > MOST_EVENTS:
        hours.said.append(f"only the first {MOST_EVENTS:,} events of a calendar are read")
    return hours


def _take_event(event: Mapping[str, str], hours: Hours) -> None:
    start, end = _moment(event.get("DTSTART")), _moment(event.get("DTEND"))
    length = iso_seconds(event.get("DURATION"))
    if start is None or (end is None and length is None):
        hours.said.append("an event of a calendar has no begin or end that can be read")
        return
    seconds = int(length) if length is not None else int((end - start).total_seconds()) if end else 0
    if not 0 < seconds <= WEEK:
        hours.said.append("an event of a calendar lasts longer than a week, or not at all")
        return
    midnight = dt.datetime.combine(start.date(), dt.time())
    begin = int((start - midnight).total_seconds())
    rule = dict(part.partition("=")[::2] for part in event.get("RRULE", "").upper().split(";") if part)
    _take_rule(rule, start, begin, seconds, hours)


def _take_rule(rule: Mapping[str, str], start: dt.datetime, begin: int, seconds: int, hours: Hours) -> None:
    frequency = rule.get("FREQ")
    plain = rule.get("INTERVAL", "1") == "1"
    if frequency is None:
        hours.dates.setdefault(start.date(), []).append((begin, min(begin + seconds, DAY)))
        return
    if frequency not in ("DAILY", "WEEKLY") or not plain:
        hours.said.append(
            f"a calendar's rule {frequency.lower()} every {rule.get('INTERVAL', '1')} is not read"
        )
        return
    if rule.get("UNTIL") or rule.get("COUNT"):
        hours.said.append("a calendar's rule ends some day: it is read as one without end")
    named = [ICAL_DAYS[day[-2:]] for day in rule.get("BYDAY", "").split(",") if day[-2:] in ICAL_DAYS]
    every = range(7) if frequency == "DAILY" else [start.weekday()]
    for day in named or every:
        hours.spans.append((day * DAY + begin, day * DAY + begin + seconds))


def _moment(text: str | None) -> dt.datetime | None:
    try:
        return dt.datetime.strptime((text or "").rstrip("Z"), "%Y%m%dT%H%M%S")
    except ValueError:
        pass
    try:
        return dt.datetime.strptime(text or "", "%Y%m%d")
    except ValueError:
        return None

"""Hours of a week as the calendars of BPSim: one for each distinct block of days and hours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from serviceflow.formats.bpmn.export.picture import id_of
from serviceflow.model.timetables import Timetable

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
SECOND = 1_000_000

Slot = tuple[int, int, Any]
"""Begin and end in ticks from midnight, and the value."""


def slots(found: Timetable[Any]) -> dict[Slot, list[int]]:
    """The blocks of a week, each with the days on which it holds."""
    result: dict[Slot, list[int]] = {}
    for day, blocks in enumerate(found.weekly):
        for block in blocks:
            result.setdefault((block.start, block.end, block.value), []).append(day)
    return result


def calendar(slot: Slot, days: list[int], start: dt.date) -> tuple[str, str]:
    """The id and the text of the calendar of a block on some days."""
    begin, end, _ = slot
    first = start + dt.timedelta(days=(days[0] - start.weekday()) % 7)
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//serviceflow//EN",
        "BEGIN:VEVENT",
        f"DTSTART:{_stamp(first, begin)}",
        f"DTEND:{_stamp(first, end)}",
        f"RRULE:FREQ=WEEKLY;BYDAY={','.join(DAYS[day] for day in days)}",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return id_of("Calendar", "-".join(map(str, days)), str(begin), str(end)), "\n".join(lines)


def _stamp(day: dt.date, ticks: int) -> str:
    moment = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=ticks // SECOND)
    return moment.strftime("%Y%m%dT%H%M%S")


def valued(found: Timetable[Any], start: dt.date) -> Iterator[tuple[str, str, Any]]:
    """The calendars of a timetable, with the value that holds in each."""
    for slot, days in slots(found).items():
        yield (*calendar(slot, days, start), slot[2])

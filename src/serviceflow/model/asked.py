"""What a timetable asks of holidays and of iCalendar files, before dates come of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from serviceflow.model.mistakes import Collector

HOLIDAYS = "holidays"
FILE = "file"
MOST_HOLIDAYS = 2_000
"""Entries that a list of holidays may have."""


@dataclass(frozen=True)
class Asked:
    """What dates come of, once it is known when the chain starts.

    Attributes
    ----------
    holidays : tuple of str
        Regions (``DE-BY``), dates, ranges of dates, and names of iCalendar files, all of them closed.
    file : str or None
        An iCalendar file whose timed events say when it is open.
    stated : tuple
        Pairs of a date and what holds on it, as they are written beside; they override the others.
    until : date or None
        Up to when dates have come of it; None where they do not depend on the start.
    """

    holidays: tuple[str, ...] = ()
    file: str | None = None
    stated: tuple[tuple[dt.date, Any], ...] = ()
    until: dt.date | None = None

    def to_dict(self) -> dict[str, Any]:
        """The entries in the notation of a model file."""
        found: dict[str, Any] = {} if self.file is None else {FILE: self.file}
        if self.holidays:
            found[HOLIDAYS] = self.holidays[0] if len(self.holidays) == 1 else list(self.holidays)
        return found


def split_asked(value: object, files: bool = False) -> tuple[object, Asked | None]:
    """The days of a timetable, and what it asks of holidays and, if it may, of a file.

    Raises
    ------
    ValueError
        If either is not written as it should be, or days are named beside a file.
    """
    if not isinstance(value, Mapping) or not (HOLIDAYS in value or (files and FILE in value)):
        return value, None
    days = {key: entry for key, entry in value.items() if key != HOLIDAYS and not (files and key == FILE)}
    collector = Collector()
    file = collector.attempt(_read_file, value[FILE], FILE) if files and FILE in value else None
    holidays = collector.attempt(read_holidays, value[HOLIDAYS], HOLIDAYS) if HOLIDAYS in value else ()
    collector.close()
    if file is not None and days:
        named = ", ".join(map(str, list(days)[:3]))
        raise ValueError(
            f"both a file and days ({named}) say when it is open; keep one of them."
            f" Days that are closed besides those of the file go to {HOLIDAYS}"
        )
    return days, Asked(holidays or (), file)


def _read_file(value: object) -> str:
    if not isinstance(value, str) or not is_ical(value):
        raise ValueError(f"{value!r} is no iCalendar file; name one, such as {FILE}: office.ics")
    return value.strip()


def is_ical(text: str) -> bool:
    """Whether a text names an iCalendar file."""
    return text.strip().lower().endswith((".ics", ".ical"))


def read_holidays(value: object) -> tuple[str, ...]:
    """The entries under ``holidays``, each as text."""
    entries = list(value) if isinstance(value, list | tuple) else [value]
    if not entries or len(entries) > MOST_HOLIDAYS:
        raise ValueError(f"{len(entries)} holidays are named; write from 1 to {MOST_HOLIDAYS:,}")
    for entry in entries:
        if not isinstance(entry, str | dt.date) or not str(entry).strip():
            raise ValueError(
                f"{entry!r} is no region, date or file; write DE-BY, 2026-12-25,"
                " 2026-12-24 to 2026-12-31 or closed.ics, or a list of them"
            )
    return tuple(
        entry.isoformat()[:10] if isinstance(entry, dt.date) else str(entry).strip() for entry in entries
    )

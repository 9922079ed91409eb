"""Holidays: regions, lists of dates and iCalendar files as dates on which a timetable is closed.

Regions are those of the package `holidays` (https://pypi.org/project/holidays). Dates are told from the start
of the chain on, for :data:`YEARS` years; a run that goes on beyond them is refused.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from serviceflow.errors import listed, nearest
from serviceflow.model.asked import HOLIDAYS, Asked, is_ical
from serviceflow.model.fields import Element
from serviceflow.model.icalendar import read_days as read_ical_days
from serviceflow.model.mistakes import Collector, Mistake
from serviceflow.model.timetables import Instants, Timetable
from serviceflow.model.timetables import read_days as read_days_of_text

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

YEARS = 30
"""For how many years from the start of a chain holidays are told."""
FIRST_YEAR, LAST_YEAR = 1950, 9_900

Table = TypeVar("Table", bound=Timetable[Any] | Instants)
_DATE = re.compile(r"\d{4}-")


class Place(NamedTuple):
    """Where and when a chain is: what files and dates are told by.

    Attributes
    ----------
    folder : path or None
        Where its files are.
    time_unit : str
        The unit of bare numbers.
    start : date
        What the calendar reads at time 0.
    said : bool
        Whether the chain says so itself; if not, holidays cannot be told.
    """

    folder: Path | None
    time_unit: str
    start: dt.date
    said: bool = True

    @property
    def span(self) -> tuple[dt.date, dt.date]:
        """The first and the last day of which holidays are told: the day before the start counts as well."""
        first = self.start - dt.timedelta(days=1)
        return first, dt.date(self.start.year + YEARS, 12, 31)


def dated(table: Table, place: Place) -> Table:
    """The table with the dates that come of what it asks; the same one if it asks nothing."""
    asked = table.asked
    if asked is None:
        return table
    collector = Collector()
    closed: set[dt.date] = set()
    with collector.within(HOLIDAYS):
        closed = {date for entry in asked.holidays for date in closing_days(entry, place)}
    weekly: Any = table.weekly
    own: dict[dt.date, Any] = {}
    if asked.file is not None:
        with collector.within("file"):
            weekly, own = _hours(asked.file, place)
    collector.close()
    days: Mapping[dt.date, Any] = {**own, **dict.fromkeys(closed, ()), **dict(asked.stated)}
    until = place.span[1] if _depends(asked) else None
    found: Any = table
    made: Table = replace(
        found, weekly=weekly, dated=tuple(sorted(days.items())), asked=replace(asked, until=until)
    )
    return made


def _depends(asked: Asked) -> bool:
    """Whether the dates depend on the start of the chain."""
    return asked.file is not None or any(not _DATE.match(entry) for entry in asked.holidays)


def closing_days(entry: str, place: Place) -> set[dt.date]:
    """The dates of one entry: a date, a range of dates, a file, or a region."""
    if _DATE.match(entry):
        return {date for date in read_days_of_text(entry) if isinstance(date, dt.date)}
    _check_start(entry, place)
    first, last = place.span
    if is_ical(entry):
        return _whole_days(entry, place)
    return {date for date in region_days(entry.upper(), first.year, last.year) if first <= date <= last}


def _check_start(what: str, place: Place) -> None:
    if not place.said:
        raise ValueError(
            f"{what!r} has dates, so the chain has to say on which date it starts; write start: 2026-01-05"
        )
    if not FIRST_YEAR <= place.start.year <= LAST_YEAR:
        raise ValueError(
            f"{what!r} is known for chains that start from {FIRST_YEAR} to {LAST_YEAR}, not {place.start}"
        )


# Files


def _whole_days(name: str, place: Place) -> set[dt.date]:
    from serviceflow.model.observed import find_file

    found = read_ical_days(find_file(name, place.folder), *place.span)
    if found.hours:
        date = min(found.hours)
        raise ValueError(
            f"{name} has events with a time of day, as on {date}; {HOLIDAYS} are whole days."
            f" Opening hours are read by file: {name}"
        )
    return found.whole


def _hours(name: str, place: Place) -> tuple[Any, dict[dt.date, Any]]:
    """What holds in most weeks of a file, and the dates that differ from it."""
    from serviceflow.model.observed import find_file

    _check_start(name, place)
    first, last = place.span
    found = read_ical_days(find_file(name, place.folder), first, last)
    if not found.hours:
        raise ValueError(f"{name} has no event with a time of day, so it is never open")
    dates = [first + dt.timedelta(days=step) for step in range((last - first).days + 1)]
    blocks = {date: () if date in found.whole else found.blocks(date) for date in dates}
    counts: list[Counter[Any]] = [Counter() for _ in range(7)]
    for date in dates:
        counts[date.weekday()][blocks[date]] += 1
    weekly = tuple(count.most_common(1)[0][0] for count in counts)
    return weekly, {date: own for date, own in blocks.items() if own != weekly[date.weekday()]}


# Regions


@lru_cache(maxsize=64)
def region_days(region: str, first: int, last: int) -> frozenset[dt.date]:
    """The holidays of a region in some years, as the package `holidays` tells them."""
    try:
        import holidays
    except ImportError:
        raise ValueError(
            f"the holidays of {region!r} come from the package holidays, which is not installed;"
            " run pip install 'serviceflow[holidays]', or list the dates: [2026-12-25, ...]"
        ) from None
    country, _, part = region.partition("-")
    years = range(first, last + 1)
    if not part and country in holidays.list_supported_financial():
        return frozenset(holidays.financial_holidays(country, years=years))
    known = holidays.list_supported_countries()
    if country not in known:
        raise ValueError(
            f"{region!r} is no region{nearest(country, known)}; write a country (DE), a part of one (DE-BY),"
            " or dates. Regions are those of the package holidays"
        )
    if part and part not in map(str.upper, known[country]):
        there = f"there are {listed(known[country])}" if known[country] else "it has none"
        raise ValueError(f"{part!r} is no part of {country} in the package holidays; {there}")
    name = next((one for one in known[country] if one.upper() == part), None)
    return frozenset(holidays.country_holidays(country, subdiv=name, years=years))


# Runs


def beyond(chain: Chain, stop: int) -> Iterator[Mistake]:
    """Timetables whose holidays are not known up to the end of a run, in ticks from time 0."""
    last = _date_of(chain.start, stop)
    for section, elements in chain._sections.items():
        for name, element in elements.items():
            for path, asked in _all_asked(element, (section, str(name))):
                if asked.until is not None and (last is None or last > asked.until):
                    message = (
                        f"its days are known up to {asked.until}, and the run lasts beyond it;"
                        " shorten the run, and replicate it more often"
                    )
                    yield Mistake(message, path)


def _date_of(start: dt.date, ticks: int) -> dt.date | None:
    try:
        return start + dt.timedelta(microseconds=ticks)
    except OverflowError:
        return None


def _all_asked(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Asked]]:
    """What an element asks, with where."""
    if isinstance(value, Timetable | Instants):
        if value.asked is not None:
            yield path, value.asked
    elif isinstance(value, Element):
        for name in type(value).model_fields:
            yield from _all_asked(getattr(value, name), (*path, name))

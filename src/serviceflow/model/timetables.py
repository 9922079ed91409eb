"""Timetables: what holds on which weekday or date, and from when to when.

One notation serves calendars, staff, profiles of rates, prices and instants: a mapping of days to blocks.
Days are weekdays (``mon``, ``mon-fri``, ``sat, sun``), dates (``2026-12-25``) or ranges of dates
(``2026-12-24 to 2026-12-26``); a date overrides its weekday, and what is not named is closed. A block
(``07:00-12:00``) belongs to the day on which it starts and may run over midnight. On the days under
``holidays`` it is closed as well; :mod:`serviceflow.model.holidays` makes dates of them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Generic, TypeVar

from serviceflow.errors import nearest
from serviceflow.model.asked import Asked, split_asked
from serviceflow.model.mistakes import Collector
from serviceflow.model.schedules import DAY, Schedule, Table, make_schedule
from serviceflow.units import Rate

SECOND = 1_000_000
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FULL_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLOSED = "closed"
LONGEST_RANGE = 4_000
"""Days that a range of dates may have."""
LARGEST_TIMETABLE = 20_000
"""Blocks and dates that a timetable may have in all."""

T = TypeVar("T")
Days = tuple[int, ...] | tuple[dt.date, ...]

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_DASH = re.compile(r"\s*[-–]\s*")
_RANGE = re.compile(r"\s*(?:\bto\b|\.\.|/|–|\s-\s)\s*")
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")


@dataclass(frozen=True)
class Block(Generic[T]):
    """A stretch of a day, in ticks from its midnight; `end` is beyond the day where it runs over midnight."""

    start: int
    end: int
    value: T

    def __str__(self) -> str:
        return f"{format_time(self.start)}-{format_time(self.end if self.end <= DAY else self.end - DAY)}"


@dataclass(frozen=True)
class Timetable(Generic[T]):
    """Blocks by weekday, with dates that override them.

    Attributes
    ----------
    weekly : tuple
        Seven tuples of blocks in order of time, Monday first.
    dated : tuple
        Pairs of a date and its blocks, in order of date.
    valued : bool
        Whether blocks carry values (staff, rates, prices); a calendar's are only open.
    asked : Asked or None
        Holidays and files of which some of the dates have come.
    """

    weekly: tuple[tuple[Block[T], ...], ...]
    dated: tuple[tuple[dt.date, tuple[Block[T], ...]], ...] = ()
    valued: bool = False
    asked: Asked | None = None

    def schedule(self, start: dt.date, value: Callable[[T], float] = float) -> Schedule:  # type: ignore[assignment]
        """The timetable in ticks from midnight of `start`, with `value` turning each value into a number."""
        week = [_table(self.weekly[(start.weekday() + day) % 7], value) for day in range(7)]
        dated = {(date - start).days: _table(blocks, value) for date, blocks in self.dated}
        return make_schedule(week, dated)

    def values(self) -> Iterator[T]:
        """Every value that is set somewhere."""
        for blocks in self._days():
            yield from (block.value for block in blocks)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is ever open."""
        return not any(self._days())

    def to_dict(self) -> dict[str, Any]:
        """The timetable in the notation of a model file."""
        return _write_table(self, self._write_day)

    def __repr__(self) -> str:
        return f"Timetable({self.to_dict()!r})"

    def _days(self) -> Iterator[tuple[Block[T], ...]]:
        yield from self.weekly
        for _, blocks in self.dated:
            yield blocks

    def _write_day(self, blocks: tuple[Block[T], ...]) -> object:
        if not blocks:
            return CLOSED
        if not self.valued:
            return ", ".join(str(block) for block in blocks)
        if len(blocks) == 1 and (blocks[0].start, blocks[0].end) == (0, DAY):
            return _plain(blocks[0].value)
        return {str(block): _plain(block.value) for block in blocks}


@dataclass(frozen=True)
class Instants:
    """Instants by weekday, in ticks from midnight, with dates that override them."""

    weekly: tuple[tuple[int, ...], ...]
    dated: tuple[tuple[dt.date, tuple[int, ...]], ...] = ()
    asked: Asked | None = None

    def schedule(self, start: dt.date) -> Schedule:
        """The instants in ticks from midnight of `start`: ask for its ``next_instant``."""
        week = [_instant_table(self.weekly[(start.weekday() + day) % 7]) for day in range(7)]
        return make_schedule(week, {(date - start).days: _instant_table(times) for date, times in self.dated})

    @property
    def is_empty(self) -> bool:
        """Whether there is no instant at all."""
        return not any(self.weekly) and not any(times for _, times in self.dated)

    def to_dict(self) -> dict[str, Any]:
        """The instants in the notation of a model file."""
        return _write_table(self, lambda times: ", ".join(map(format_time, times)) or CLOSED)

    def __repr__(self) -> str:
        return f"Instants({self.to_dict()!r})"


def read_calendar(value: object) -> Timetable[bool]:
    """A calendar from its notation: days to blocks, such as ``{"mon-fri": "08:00-12:00, 13:00-17:00"}``."""
    if isinstance(value, Timetable):
        return value
    days, asked = split_asked(value, files=True)
    if asked is not None and asked.file is not None:
        return Timetable(((),) * 7, asked=asked)
    weekly, dated = _read_days(days, _read_open_blocks, 'mon-fri: "08:00-17:00"')
    return _checked(Timetable(weekly, dated, valued=False, asked=_with_stated(asked, dated)))


def read_values(value: object, read: Callable[[object], T], example: str) -> Timetable[T]:
    """A timetable of values from its notation, each value read by `read`.

    Parameters
    ----------
    value : object
        Days to a value for the whole day, or to a mapping of blocks to values.
    read : callable
        Turns what stands in the file into a value, or raises ValueError.
    example : str
        What a message shows as right.
    """
    if isinstance(value, Timetable):
        return value
    days, asked = split_asked(value)
    weekly, dated = _read_days(
        days, lambda day: _read_valued_blocks(day, read, example), f"mon-fri: {example}"
    )
    return _checked(Timetable(weekly, dated, valued=True, asked=_with_stated(asked, dated)))


def read_instants(value: object) -> Instants:
    """Instants from their notation: days to times, such as ``{"mon-fri": "09:00, 14:00"}``."""
    if isinstance(value, Instants):
        return value
    if isinstance(value, list | tuple) and value and all(map(is_timestamp, value)):
        return _dated_instants(value)
    days, asked = split_asked(value)
    weekly, dated = _read_days(days, _read_times, 'mon-fri: "09:00, 14:00"')
    return Instants(weekly, dated, _with_stated(asked, dated))


def _with_stated(asked: Asked | None, dated: tuple[tuple[dt.date, Any], ...]) -> Asked | None:
    return None if asked is None else replace(asked, stated=dated)


def is_timestamp(value: object) -> bool:
    """Whether something is written as a date with a time: ``2026-01-31 18:00``."""
    return isinstance(value, dt.datetime) or (
        isinstance(value, str) and bool(_TIMESTAMP.match(value.strip()))
    )


def _dated_instants(values: Sequence[object]) -> Instants:
    """Instants from a list of dates with times."""
    collector = Collector()
    found: dict[dt.date, set[int]] = {}
    for place, value in enumerate(values):
        with collector.within(place):
            date, time = read_timestamp(value)
            if time in found.setdefault(date, set()):
                raise ValueError(f"{date.isoformat()} {format_time(time)} is named twice")
            found[date].add(time)
    collector.close()
    days = tuple((date, tuple(sorted(times))) for date, times in sorted(found.items()))
    return Instants(((),) * 7, days)


def read_timestamp(value: object) -> tuple[dt.date, int]:
    try:
        moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError(f"{_shown(value)} is no date with a time; write it as 2026-01-31 18:00") from None
    if moment.tzinfo is not None or moment.microsecond:
        raise ValueError(f"{_shown(value)} is not to the second in local time; write it as 2026-01-31 18:00")
    return moment.date(), ((moment.hour * 60 + moment.minute) * 60 + moment.second) * SECOND


# Days


def _read_days(
    value: object, read: Callable[[object], tuple[T, ...]], example: str
) -> tuple[tuple[tuple[T, ...], ...], tuple[tuple[dt.date, tuple[T, ...]], ...]]:
    if not isinstance(value, Mapping):
        raise ValueError(
            f"{_shown(value)} is no timetable; write days and their hours, such as {{{example}}}"
        )
    if not value:
        raise ValueError(f"no day is named; write days and their hours, such as {{{example}}}")
    collector = Collector()
    found: dict[int | dt.date, tuple[str, tuple[T, ...]]] = {}
    size = 0
    for key, entry in value.items():
        label = _label(key)
        days = _days_or_nothing(collector, label, found)
        blocks = collector.attempt(read, entry, label) or ()
        size += 1 + len(days) * (1 + len(blocks))
        if size > LARGEST_TIMETABLE:
            collector.add(f"the timetable has more than {LARGEST_TIMETABLE:,} blocks and dates; name fewer")
            break
        found.update(dict.fromkeys(days, (label, blocks)))
    collector.close()
    weekly = tuple(found[day][1] if day in found else () for day in range(7))
    dates = sorted(day for day in found if isinstance(day, dt.date))
    return weekly, tuple((date, found[date][1]) for date in dates)


def _days_or_nothing(
    collector: Collector, label: str, found: Mapping[int | dt.date, tuple[str, Any]]
) -> Days:
    with collector.within(label, at_key=True):
        days = read_days(label)
        for day in days:
            if day in found:
                name = WEEKDAYS[day] if isinstance(day, int) else day.isoformat()
                raise ValueError(f"{name} is set twice, by {found[day][0]!r} and by {label!r}")
        return days
    return ()


def _label(key: object) -> str:
    return key.isoformat()[:10] if isinstance(key, dt.date) else str(key)


def read_days(text: str) -> Days:
    """The weekdays (0 is Monday) or dates that a key names."""
    text = text.strip()
    if _DATE.match(text):
        return _read_dates(text)
    days: list[int] = []
    for part in text.split(","):
        for day in _read_weekdays(part.strip()):
            if day in days:
                raise ValueError(f"{WEEKDAYS[day]} is named twice in {text!r}")
            days.append(day)
    return tuple(sorted(days))


def _read_weekdays(text: str) -> tuple[int, ...]:
    ends = [_weekday(word) for word in _DASH.split(text)]
    if len(ends) > 2:
        raise ValueError(f"{text!r} is no range of weekdays; write it as 'mon-fri'")
    first, last = ends[0], ends[-1]
    return tuple((first + step) % 7 for step in range((last - first) % 7 + 1))


def _weekday(word: str) -> int:
    lowered = word.lower()
    for names in (WEEKDAYS, FULL_NAMES):
        if lowered in names:
            return names.index(lowered)
    hint = nearest(lowered, (*WEEKDAYS, *FULL_NAMES))
    raise ValueError(
        f"{word!r} is no day{hint}; write weekdays (mon-fri), a date (2026-12-25)"
        " or a range of dates (2026-12-24 to 2026-12-26)"
    )


def _read_dates(text: str) -> tuple[dt.date, ...]:
    ends = [read_date(part) for part in _RANGE.split(text)]
    if len(ends) > 2:
        raise ValueError(f"{text!r} is no range of dates; write it as '2026-12-24 to 2026-12-26'")
    first, last = ends[0], ends[-1]
    days = (last - first).days + 1
    if days < 1:
        raise ValueError(f"the range {text!r} ends before it begins")
    if days > LONGEST_RANGE:
        raise ValueError(f"the range {text!r} has {days} days; at most {LONGEST_RANGE} are allowed")
    return tuple(first + dt.timedelta(step) for step in range(days))


def read_date(value: object) -> dt.date:
    """A date, from ``2026-12-25`` or a date object."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        year, month, day = str(value).strip().split("-")
        return dt.date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        raise ValueError(f"{_shown(value)} is no date; write it as 2026-12-25") from None


def read_start(value: object) -> dt.date:
    """The date of time 0, which is a midnight."""
    try:
        moment = dt.datetime.fromisoformat(str(value).strip()) if is_timestamp(value) else value
    except ValueError:
        moment = None
    within = moment.time() if isinstance(moment, dt.datetime) else dt.time()
    if within == dt.time():
        return read_date(moment if isinstance(moment, dt.datetime) else value)
    hours = (
        f"{within.hour} h" if within.replace(hour=0) == dt.time() else f"{within.hour} h {within.minute} min"
    )
    raise ValueError(
        f"a run begins at midnight, not at {within:%H:%M}; write the date alone, set first of the arrivals to"
        f" {hours}, and add {hours} to warm_up"
    )


# Blocks and times


def _read_open_blocks(value: object) -> tuple[Block[bool], ...]:
    parts = _parts(value, '"08:00-17:00"')
    return _in_order([Block(*read_block(part), True) for part in parts])


def _read_valued_blocks(value: object, read: Callable[[object], T], example: str) -> tuple[Block[T], ...]:
    if value == CLOSED:
        return ()
    if not isinstance(value, Mapping):
        if isinstance(value, str) and _TIME.match(value.strip()):
            raise ValueError(f'{value!r} has no value; write {{"{value.strip()}": {example}}}')
        return (Block(0, DAY, read(value)),)
    if not value:
        raise ValueError(f'no block is named; write {{"08:00-17:00": {example}}}, or {CLOSED}')
    collector = Collector()
    blocks = [_read_valued_block(collector, str(key), entry, read) for key, entry in value.items()]
    collector.close()
    return _in_order([block for block in blocks if block is not None])


def _read_valued_block(
    collector: Collector, text: str, entry: object, read: Callable[[object], T]
) -> Block[T] | None:
    worth = collector.attempt(read, entry, text)
    with collector.within(text, at_key=True):
        start, end = read_block(text)
        return Block(start, end, worth) if worth is not None else None
    return None


def _read_times(value: object) -> tuple[int, ...]:
    times = sorted(read_time(part) for part in _parts(value, '"09:00, 14:00"'))
    for earlier, later in pairwise(times):
        if earlier == later:
            raise ValueError(f"{format_time(later)} is named twice")
    return tuple(times)


def _parts(value: object, example: str) -> list[str]:
    if isinstance(value, str):
        return [] if value.strip() == CLOSED else [part.strip() for part in value.split(",")]
    if isinstance(value, list | tuple) and value and all(isinstance(part, str) for part in value):
        return [part.strip() for part in value]
    raise ValueError(f"{_shown(value)} is no time of day; write it as {example}, or {CLOSED}")


def read_block(text: str) -> tuple[int, int]:
    """Start and end of a block in ticks from midnight; the end lies beyond 24:00 for one over midnight."""
    ends = _DASH.split(text.strip())
    if len(ends) != 2:
        raise ValueError(f"{text!r} is no block; write start and end, such as '07:00-12:00', or '{CLOSED}'")
    start, end = read_time(ends[0]), read_time(ends[1], last=DAY)
    if start == end:
        raise ValueError(f"the block {text!r} is empty; a whole day is '00:00-24:00'")
    return start, end if end > start else end + DAY


def read_time(text: str, last: int = DAY - 1) -> int:
    """A time of day (``07:30``, ``07:30:15``) in ticks from midnight."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is no time of day; write hours and minutes, such as 07:30")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    ticks = ((hours * 60 + minutes) * 60 + seconds) * SECOND
    if minutes > 59 or seconds > 59 or ticks > last:
        until = "24:00" if last == DAY else "23:59, midnight is 00:00 of the next day"
        raise ValueError(f"{text!r} is no time of day; they run from 00:00 to {until}")
    return ticks


def format_time(ticks: int) -> str:
    """A time of day as it is written, with seconds only where they matter."""
    minutes, seconds = divmod(ticks // SECOND, 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{seconds:02d}" if seconds else text


def _in_order(blocks: list[Block[T]]) -> tuple[Block[T], ...]:
    ordered = sorted(blocks, key=lambda block: (block.start, block.end))
    for before, after in pairwise(ordered):
        if after.start < before.end:
            raise ValueError(f"the blocks {before} and {after} overlap; an instant may lie in one only")
    return tuple(ordered)


def _checked(timetable: Timetable[T]) -> Timetable[T]:
    """The timetable, if no block runs over midnight into another one of another value."""
    if timetable.valued:
        dated = dict(timetable.dated)
        for day in range(7):
            _check_spill(timetable.weekly[day], timetable.weekly[(day + 1) % 7], WEEKDAYS[day])
        for date in {*dated, *(_shifted(date, -1) for date in dated)}:
            after = _shifted(date, 1)
            today = dated.get(date, timetable.weekly[date.weekday()])
            _check_spill(today, dated.get(after, timetable.weekly[after.weekday()]), date.isoformat())
    return timetable


def _shifted(date: dt.date, days: int) -> dt.date:
    try:
        return date + dt.timedelta(days)
    except OverflowError:
        raise ValueError(f"{date} is beyond the dates that can be counted") from None


def _check_spill(today: tuple[Block[T], ...], tomorrow: tuple[Block[T], ...], day: str) -> None:
    """Refuse a block over midnight that meets another; of one value they are one stretch."""
    over = today[-1].end - DAY if today else 0
    met = next((one for one in tomorrow if over > one.start and one.value != today[-1].value), None)
    if met is not None:
        raise ValueError(
            f"the block {today[-1]} of {day} runs over midnight into {met} of the day after;"
            " an instant may lie in one only"
        )


# Writing


def _write_table(table: Timetable[Any] | Instants, write: Callable[[Any], object]) -> dict[str, Any]:
    """A timetable as it was written: without the dates that have come of holidays or a file."""
    asked = table.asked
    if asked is None:
        return _write_days(table.weekly, table.dated, write)
    days = _write_days(table.weekly, asked.stated, write) if asked.file is None else {}
    return days | asked.to_dict()


def _write_days(
    weekly: tuple[tuple[T, ...], ...],
    dated: tuple[tuple[dt.date, tuple[T, ...]], ...],
    write: Callable[[tuple[T, ...]], object],
) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for days, blocks in _runs(list(enumerate(weekly)), lambda a, b: True):
        if blocks:
            entries[_span(WEEKDAYS[days[0]], WEEKDAYS[days[-1]], "-")] = write(blocks)
    if not entries:
        entries["mon-sun"] = CLOSED
    for dates, blocks in _runs(list(dated), lambda a, b: (b - a).days == 1):
        entries[_span(dates[0].isoformat(), dates[-1].isoformat(), " to ")] = write(blocks)
    return entries


def _runs(
    entries: list[tuple[Any, tuple[T, ...]]], adjacent: Callable[[Any, Any], bool]
) -> Iterable[tuple[list[Any], tuple[T, ...]]]:
    """Neighboring days with equal blocks, together."""
    run: list[Any] = []
    blocks: tuple[T, ...] = ()
    for day, found in entries:
        if run and (found != blocks or not adjacent(run[-1], day)):
            yield run, blocks
            run = []
        run, blocks = [*run, day], found
    if run:
        yield run, blocks


def _span(first: str, last: str, mark: str) -> str:
    return first if first == last else f"{first}{mark}{last}"


def _plain(value: object) -> object:
    return value if isinstance(value, int | float) else str(value)


def _table(blocks: tuple[Block[T], ...], value: Callable[[T], float]) -> Table:
    return tuple((block.start, block.end, value(block.value)) for block in blocks)


def _instant_table(times: tuple[int, ...]) -> Table:
    return tuple((time, time + 1, 1.0) for time in times)


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def read_count(value: object) -> int:
    """A number of staff: a whole number, zero or more."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000_000:
        raise ValueError(f"{_shown(value)} is no number of staff; write a whole number from 0 to 1000000")
    return value


def read_counts(value: object) -> Timetable[int]:
    """Staff by blocks, such as ``{"mon-sun": {"06:00-13:00": 2}}``."""
    return read_values(value, read_count, "2")


def read_rates(value: object, read: Callable[[object], Rate]) -> Timetable[Rate]:
    """Rates by blocks, such as ``{"mon-sun": {"06:00-13:00": "14 per hour"}}``."""
    return read_values(value, read, "14 per hour")

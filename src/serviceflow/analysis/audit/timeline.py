"""Calendars as plain lists of steps, read from the model's timetables day by day."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any

from serviceflow.model.timetables import Instants, Timetable

DAY = 86_400_000_000
HOUR = DAY // 24
NEVER = 2**62


class Steps:
    """A number that changes at instants: from each of `times` on it has the value beside it.

    Parameters
    ----------
    times, values : list
        Instants in order, the first at or before time 0, and the value from each on.
    """

    def __init__(self, times: list[int], values: list[float]) -> None:
        self.times = times
        self.values = values

    def at(self, time: int) -> float:
        """The value at an instant; a change counts from its instant on."""
        return self.values[max(bisect_right(self.times, time) - 1, 0)]

    def before(self, time: int) -> float:
        """The value just before an instant."""
        return self.at(time - 1)

    def next_change(self, time: int) -> int:
        """The first instant after `time` at which the value changes."""
        place = bisect_right(self.times, time)
        now = self.at(time)
        while place < len(self.times):
            if self.values[place] != now:
                return self.times[place]
            place += 1
        return NEVER

    def last_change(self, time: int) -> int:
        """The last instant at or before `time` at which the value changed."""
        place = max(bisect_right(self.times, time) - 1, 0)
        while place > 0 and self.values[place - 1] == self.values[place]:
            place -= 1
        return self.times[place]

    def pieces(self, start: int, end: int) -> Iterable[tuple[int, int, float]]:
        """Stretches of one value that make up [start, end)."""
        place = max(bisect_right(self.times, start) - 1, 0)
        while start < end:
            until = self.times[place + 1] if place + 1 < len(self.times) else NEVER
            yield start, min(until, end), self.values[place]
            start, place = min(until, end), place + 1

    def open_ticks(self, start: int, end: int) -> int:
        """How many ticks of [start, end) have a value above zero."""
        return sum(until - since for since, until, value in self.pieces(start, end) if value > 0)

    def area(self, start: int, end: int) -> float:
        """The integral of the value over [start, end)."""
        return sum((until - since) * value for since, until, value in self.pieces(start, end))

    def advance(self, time: int, work: int) -> int:
        """The instant at which `work` open ticks have passed since `time`."""
        if work <= 0:
            return time
        for since, until, value in self.pieces(time, NEVER):
            if value > 0:
                if until - since >= work:
                    return since + work
                work -= until - since
        return NEVER

    def next_open(self, time: int) -> int:
        """The first instant from `time` on at which the value is above zero."""
        for since, _, value in self.pieces(time, NEVER):
            if value > 0:
                return since
        return NEVER

    def touches(self, time: int) -> bool:
        """Whether an instant is open, or the very end of open time."""
        return self.at(time) > 0 or self.before(time) > 0

    def combined(self, other: Steps, join: Callable[[float, float], float]) -> Steps:
        """The steps of `join` of both values."""
        times = sorted({*self.times, *other.times})
        return Steps(times, [join(self.at(time), other.at(time)) for time in times])


def constant(value: float) -> Steps:
    """A value that never changes."""
    return Steps([0], [value])


def steps_of(
    timetable: Timetable[Any], start: dt.date, until: int, value: Callable[[Any], float] = float
) -> Steps:
    """A timetable as steps from a day before time 0 to `until`; what is not named is 0."""
    stretches = []
    dated = dict(timetable.dated)
    for day in range(-1, until // DAY + 2):
        blocks = _of_day(timetable.weekly, dated, start, day)
        stretches += [(day * DAY + one.start, day * DAY + one.end, value(one.value)) for one in blocks]
    times = sorted({-DAY, *(time for stretch in stretches for time in stretch[:2])})
    values = dict.fromkeys(times, 0.0)
    for since, end, amount in stretches:
        for time in times[bisect_right(times, since - 1) : bisect_right(times, end - 1)]:
            values[time] = max(values[time], amount)
    return Steps(times, [values[time] for time in times])


def instants_of(instants: Instants, start: dt.date, until: int) -> list[int]:
    """Every instant from time 0 to `until`."""
    dated = dict(instants.dated)
    days = ((day, _of_day(instants.weekly, dated, start, day)) for day in range(until // DAY + 2))
    return sorted(day * DAY + time for day, times in days for time in times)


def _of_day(weekly: Any, dated: dict[dt.date, Any], start: dt.date, day: int) -> Any:
    date = start + dt.timedelta(days=day)
    return dated.get(date, weekly[date.weekday()])


def overlap(start: int, end: int, window: tuple[int, int]) -> int:
    """Ticks of [start, end) that lie in the window."""
    return max(min(end, window[1]) - max(start, window[0]), 0)

"""Schedules: timetables lowered to whole ticks from time 0, with sums that cost no walk.

A schedule is a week that repeats, with some days of their own. Day 0 begins at tick 0. Open time is time
at which the value is above zero; the *total* is the integral of the value over time. Both are kept as sums
up to the start of each weekday and of each day of its own, so that a question takes a binary search,
however far away it reaches.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

N = TypeVar("N", int, float)

DAY = 86_400_000_000
WEEK = 7 * DAY
"""Ticks of a day."""
NEVER = 2**62
"""An instant that does not come."""

Table = tuple[tuple[int, int, float], ...]
"""Stretches of a day with their value: (from, to, value), in order, zero elsewhere."""


@dataclass(frozen=True)
class _Day:
    """A whole day in stretches of constant value, from its midnight, with sums up to each stretch."""

    starts: tuple[int, ...]
    values: tuple[float, ...]
    opened: tuple[int, ...]
    summed: tuple[float, ...]
    open_ticks: int
    sum: float

    def index(self, time: int) -> int:
        return bisect_right(self.starts, time) - 1

    def end(self, index: int) -> int:
        return self.starts[index + 1] if index + 1 < len(self.starts) else DAY

    def open_until(self, time: int) -> int:
        index = self.index(time)
        return self.opened[index] + (time - self.starts[index] if self.values[index] > 0 else 0)

    def sum_until(self, time: int) -> float:
        index = self.index(time)
        return self.summed[index] + (time - self.starts[index]) * self.values[index]

    def when_open(self, work: int) -> int:
        """The time of day at which `work` ticks (1 or more) of this day's open time have passed."""
        index = bisect_left(self.opened, work) - 1
        return self.starts[index] + work - self.opened[index]


class Schedule:
    """A number that changes over time, by the week and on days of their own; see :func:`make_schedule`.

    Attributes
    ----------
    weekly : tuple
        Seven tables, that of day ``d`` at ``d % 7``, counted from day 0 (not from Monday). What runs over
        midnight has been carried into the next day, and neighbors of one value have been joined.
    dated : tuple
        Pairs of a day number and its table, in order, for days that differ from their weekday.
    """

    def __init__(self, weekly: Sequence[Table], dated: Mapping[int, Table]) -> None:
        self.weekly: tuple[Table, ...] = tuple(weekly)
        self.dated: tuple[tuple[int, Table], ...] = tuple(sorted(dated.items()))
        self._week = [_make_day(table) for table in self.weekly]
        self._special = {number: _make_day(table) for number, table in self.dated}
        self._numbers = sorted(self._special)
        self._prepare_sums()
        first = self._week[0].values[0]
        self._weekly_constant = all(day.values == (first,) for day in self._week)
        self.is_constant: bool = self._weekly_constant and not self.dated
        """Whether the value never changes."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Schedule):
            return NotImplemented
        return (self.weekly, self.dated) == (other.weekly, other.dated)

    def __hash__(self) -> int:
        return hash((self.weekly, self.dated))

    def __repr__(self) -> str:
        return f"Schedule(weekly={self.weekly!r}, dated={self.dated!r})"

    def at(self, time: int) -> float:
        """The value at an instant; 0 when closed. A change counts from its instant on."""
        day, within = divmod(time, DAY)
        table = self._day(day)
        return table.values[bisect_right(table.starts, within) - 1]

    def next_change(self, time: int) -> int:
        """The first instant after `time` at which the value changes; ``NEVER`` if it does not again."""
        number, within = divmod(time, DAY)
        day = self._day(number)
        index = day.index(within)
        if index + 1 < len(day.starts):
            return number * DAY + day.starts[index + 1]
        return self._change_from_day(number + 1, day.values[index])

    def next_instant(self, time: int) -> int:
        """The first instant at or after `time` at which a stretch above zero begins, or holds at `time`.

        For :class:`~serviceflow.model.timetables.Instants`, each of which is a stretch of one tick.
        """
        return time if self.at(time) > 0 else self.next_open(time)

    def next_open(self, time: int) -> int:
        """The first instant at or after `time` at which the value is above zero; ``NEVER`` if none."""
        if self.at(time) > 0:
            return time
        reached = self.advance(time, 1)
        return reached if reached == NEVER else reached - 1

    def elapsed(self, start: int, end: int) -> int:
        """Open ticks in [start, end)."""
        return self._open_until(end) - self._open_until(start)

    def total(self, start: int, end: int) -> float:
        """The integral of the value over [start, end): value times ticks."""
        return self._sum_until(end) - self._sum_until(start)

    def advance(self, time: int, work: int) -> int:
        """The instant at which `work` ticks of open time have passed since `time`; ``NEVER`` if never."""
        if work <= 0:
            return time
        number, within = divmod(time, DAY)
        day = self._day(number)
        index = day.index(within)
        if day.values[index] > 0 and within + work <= day.end(index):
            return time + work
        return self._reach(self._open_until(time) + work)

    def reach(self, time: int, amount: float) -> float:
        """The instant at which the total since `time` comes to `amount` (above zero); ``NEVER`` if never.

        The inverse of :meth:`total`, by which the gaps of a Poisson process become instants of one whose
        rate follows the schedule. It is not rounded to ticks.
        """
        number, within = divmod(time, DAY)
        left = amount + self._day(number).sum_until(within)
        while True:
            day = self._day(number)
            if left <= day.sum and day.sum > 0:
                return number * DAY + _place(day, left)
            left -= day.sum
            number = self._later_with_sum(number + 1)
            if number < 0:
                return NEVER
            if self._regular_stretch(number) >= 7:
                weeks = min(int(left / self._week_sum), self._regular_stretch(number) // 7)
                weeks = max(weeks - 1, 0)
                left, number = left - weeks * self._week_sum, number + 7 * weeks

    def cumulative(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Open ticks from time 0 to each of `times`."""
        weeks = times // WEEK
        starts, opened, is_open = self._open_steps
        within = times - weeks * WEEK
        place = np.searchsorted(starts, within, side="right") - 1
        sums = weeks * self._week_open + opened[place] + (within - starts[place]) * is_open[place]
        if self._numbers:
            self._correct_open(sums, times)
        return sums - self._open_until(0)

    @cached_property
    def _open_steps(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """The stretches of a week without days of their own: start, open ticks before it, whether open."""
        pairs = [(number, day) for number, day in enumerate(self._week)]
        starts = [number * DAY + start for number, day in pairs for start in day.starts]
        opened = [self._open_starts[number] + before for number, day in pairs for before in day.opened]
        values = [value for _, day in pairs for value in day.values]
        return np.array(starts, dtype=np.int64), np.array(opened, dtype=np.int64), np.array(values) > 0

    def _correct_open(self, sums: NDArray[np.int64], times: NDArray[np.int64]) -> None:
        """Take days of their own into open ticks that were added up without them."""
        numbers, own = times // DAY, np.array(self._numbers, dtype=np.int64)
        place = np.searchsorted(own, numbers)
        sums += np.array(self._open_corrections, dtype=np.int64)[place]
        special = np.flatnonzero(own[np.minimum(place, len(own) - 1)] == numbers)
        for number in np.unique(numbers[special]).tolist():
            rows = special[numbers[special] == number]
            within = times[rows] - number * DAY
            sums[rows] += _opened(self._special[number], within) - _opened(self._week[number % 7], within)

    def within(self, other: Schedule) -> Schedule:
        """Return the same schedule, but zero while the other is closed."""
        return self.combine(other, lambda mine, yours: mine if yours > 0 else 0.0)

    def combine(self, other: Schedule, join: Callable[[float, float], float]) -> Schedule:
        """The schedule whose value is `join` of the two values at each instant."""
        week = [_joined(mine, yours, join) for mine, yours in zip(self._week, other._week, strict=True)]
        numbers = {*self._special, *other._special}
        return Schedule(week, {n: _joined(self._day(n), other._day(n), join) for n in numbers})

    def values(self) -> set[float]:
        """Every value that is taken on some day."""
        days = [*self._week, *self._special.values()]
        return {value for day in days for value in day.values}

    @property
    def week_open(self) -> int:
        """Open ticks in a week without days of their own."""
        return self._week_open

    @property
    def week_total(self) -> float:
        """The integral of the value over a week without days of their own."""
        return self._week_sum

    # Inside

    def _day(self, number: int) -> _Day:
        special = self._special.get(number)
        return special if special is not None else self._week[number % 7]

    def _prepare_sums(self) -> None:
        self._open_starts, self._week_open = _running([day.open_ticks for day in self._week], 0)
        self._sum_starts, self._week_sum = _running([day.sum for day in self._week], 0.0)
        regular = [self._week[number % 7] for number in self._numbers]
        special = [self._special[number] for number in self._numbers]
        opens, total = _running(
            [s.open_ticks - r.open_ticks for s, r in zip(special, regular, strict=True)], 0
        )
        self._open_corrections = [*opens, total]
        sums, area = _running([s.sum - r.sum for s, r in zip(special, regular, strict=True)], 0.0)
        self._sum_corrections = [*sums, area]
        self._open_at_special = [self._open_at_day(number) for number in self._numbers]

    def _open_at_day(self, number: int) -> int:
        weeks, weekday = divmod(number, 7)
        regular = weeks * self._week_open + self._open_starts[weekday]
        return regular + self._open_corrections[bisect_left(self._numbers, number)]

    def _open_until(self, time: int) -> int:
        number, within = divmod(time, DAY)
        return self._open_at_day(number) + self._day(number).open_until(within)

    def _sum_until(self, time: int) -> float:
        number, within = divmod(time, DAY)
        weeks, weekday = divmod(number, 7)
        regular = weeks * self._week_sum + self._sum_starts[weekday]
        regular += self._sum_corrections[bisect_left(self._numbers, number)]
        return regular + self._day(number).sum_until(within)

    def _reach(self, target: int) -> int:
        """The first instant at which the open ticks counted by ``_open_until`` come to `target`."""
        place = bisect_left(self._open_at_special, target) - 1
        number = self._numbers[place] if place >= 0 else -7
        left = target - self._open_at_day(number)
        if place >= 0:
            open_ticks = self._special[number].open_ticks
            if left <= open_ticks:
                return number * DAY + self._special[number].when_open(left)
            left, number = left - open_ticks, number + 1
        return self._reach_regular(number, left)

    def _reach_regular(self, number: int, left: int) -> int:
        if not self._week_open:
            return NEVER
        weeks, left = divmod(left - 1, self._week_open)
        left, number = left + 1, number + 7 * weeks
        while left > self._week[number % 7].open_ticks:
            left -= self._week[number % 7].open_ticks
            number += 1
        return min(number * DAY + self._week[number % 7].when_open(left), NEVER)

    def _change_from_day(self, number: int, value: float) -> int:
        while True:
            day = self._day(number)
            if day.values[0] != value:
                return number * DAY
            if len(day.starts) > 1:
                return number * DAY + day.starts[1]
            number += 1
            if self._weekly_constant and number not in self._special:
                place = bisect_left(self._numbers, number)
                if self._week[0].values[0] != value:
                    return number * DAY
                if place == len(self._numbers):
                    return NEVER
                number = self._numbers[place]

    def _regular_stretch(self, number: int) -> int:
        """Days from `number` on before the next day of its own."""
        place = bisect_left(self._numbers, number)
        return self._numbers[place] - number if place < len(self._numbers) else NEVER

    def _later_with_sum(self, number: int) -> int:
        """The first day from `number` on that adds to the total; -1 if there is none."""
        for place in range(bisect_left(self._numbers, number), len(self._numbers) + 1):
            until = self._numbers[place] if place < len(self._numbers) else NEVER
            for day in range(number, min(until, number + 7)):
                if self._week[day % 7].sum > 0:
                    return day
            if until < NEVER and self._special[until].sum > 0:
                return until
            number = until + 1
        return -1


def make_schedule(week: Sequence[Table], dated: Mapping[int, Table]) -> Schedule:
    """A schedule from tables whose stretches may run over midnight.

    Parameters
    ----------
    week : sequence of tables
        The table of day ``d`` is ``week[d % 7]`` where `dated` has none. A stretch belongs to the day on
        which it starts; its end may lie beyond ``DAY``.
    dated : mapping
        Day number (0 is the day of time 0) to table.
    """
    weekly = [_carried(week[day], week[day - 1]) for day in range(7)]

    def own(number: int) -> Table:
        return dated.get(number, week[number % 7])

    numbers = {*dated, *(number + 1 for number in dated)}
    special = {number: _carried(own(number), own(number - 1)) for number in numbers}
    return Schedule(weekly, {n: table for n, table in special.items() if table != weekly[n % 7]})


@lru_cache(maxsize=256)
def constant_schedule(value: float) -> Schedule:
    """A schedule that never changes."""
    table: Table = ((0, DAY, float(value)),) if value else ()
    return Schedule([table] * 7, {})


def _carried(today: Table, yesterday: Table) -> Table:
    """Today's own stretches up to midnight, and what yesterday's carried over, joined."""
    over = [(start - DAY, end - DAY, value) for start, end, value in yesterday if end > DAY]
    pieces = [(max(start, 0), min(end, DAY), float(value)) for start, end, value in (*over, *today)]
    return _normal(sorted(piece for piece in pieces if piece[2] != 0))


def _normal(pieces: list[tuple[int, int, float]]) -> Table:
    joined: list[tuple[int, int, float]] = []
    for start, end, value in pieces:
        if joined and start <= joined[-1][1] and joined[-1][2] == value:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]), value)
        else:
            joined.append((start, end, value))
    return tuple(joined)


def day_steps(table: Table) -> tuple[list[int], list[float]]:
    """Start and value of each stretch of a day, also of those where it is closed."""
    starts, values, time = [], [], 0
    for start, end, value in table:
        if start > time:
            starts.append(time)
            values.append(0.0)
        starts.append(start)
        values.append(value)
        time = end
    if time < DAY:
        starts.append(time)
        values.append(0.0)
    return starts, values


def _make_day(table: Table) -> _Day:
    starts, values = day_steps(table)
    lengths = [end - start for start, end in zip(starts, [*starts[1:], DAY], strict=True)]
    opened, open_ticks = _running([n if v > 0 else 0 for n, v in zip(lengths, values, strict=True)], 0)
    summed, area = _running([n * v for n, v in zip(lengths, values, strict=True)], 0.0)
    return _Day(tuple(starts), tuple(values), tuple(opened), tuple(summed), open_ticks, area)


def _running(parts: Sequence[N], zero: N) -> tuple[list[N], N]:
    """Sums before each part, and the sum of all."""
    sums, total = [], zero
    for part in parts:
        sums.append(total)
        total = total + part
    return sums, total


def _joined(mine: _Day, yours: _Day, join: Callable[[float, float], float]) -> Table:
    cuts = sorted({*mine.starts, *yours.starts})
    pieces = [
        (start, end, join(mine.values[mine.index(start)], yours.values[yours.index(start)]))
        for start, end in zip(cuts, [*cuts[1:], DAY], strict=True)
    ]
    return _normal([piece for piece in pieces if piece[2] != 0])


def _place(day: _Day, amount: float) -> float:
    """The time of day at which the day's total comes to `amount`."""
    index = max(bisect_left(day.summed, amount) - 1, 0)
    return day.starts[index] + (amount - day.summed[index]) / day.values[index]


def _opened(day: _Day, within: NDArray[np.int64]) -> NDArray[np.int64]:
    """Open ticks of a day before some instants of it."""
    index = np.searchsorted(np.array(day.starts), within, side="right") - 1
    since = within - np.array(day.starts)[index]
    found: NDArray[np.int64] = np.array(day.opened)[index] + since * (np.array(day.values)[index] > 0)
    return found

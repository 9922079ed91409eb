"""Schedules laid out in numbers, and what :class:`serviceflow.model.schedules.Schedule` answers.

A schedule is a header, seven days, and the days of its own; a day is its stretches. Each function gives the
same bits as the method of its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from serviceflow.engine.kernel.memory import leaf, unit
from serviceflow.engine.kernel.rows import ints, reals
from serviceflow.model.schedules import DAY, NEVER, Schedule

(
    CONSTANT,
    VALUE,
    WEEK_OPEN,
    WEEK_SUM,
    OWN_DAYS,
    SAME_EVERY_DAY,
    WEEK,
    OPEN_STARTS,
    OWN_NUMBERS,
    OWN_PLACES,
    OWN_CORRECTIONS,
    OWN_OPENS,
) = range(12)
"""Words of the header; from WEEK on they are places of lists."""

STRETCHES, OPEN_TICKS, REALS, STARTS = range(4)
"""Words of a day: how many stretches, open ticks, the place of its reals, then starts, then opened.

Its reals are the sum, then the values, then the sums up to each stretch.
"""

MOST_DAYS = NEVER // DAY


def pack_schedule(schedule: Schedule, packer: Any) -> int:
    """Lay a schedule out among a packer's numbers; gives its place."""
    key = ("schedule", schedule)
    if key not in packer.known:
        packer.known[key] = _pack(schedule, packer)
    found: int = packer.known[key]
    return found


def _pack(schedule: Schedule, packer: Any) -> int:
    own = schedule._numbers
    header = [
        int(schedule.is_constant),
        packer.real(schedule._week[0].values[0]),
        schedule._week_open,
        packer.real(schedule._week_sum),
        len(own),
        int(schedule._weekly_constant),
        _list(packer, [_pack_day(day, packer) for day in schedule._week]),
        _list(packer, schedule._open_starts),
        _list(packer, own),
        _list(packer, [_pack_day(schedule._special[number], packer) for number in own]),
        _list(packer, schedule._open_corrections),
        _list(packer, schedule._open_at_special),
    ]
    return _list(packer, header)


def _pack_day(day: Any, packer: Any) -> int:
    place = len(packer.reals)
    packer.reals += [day.sum, *day.values, *day.summed]
    return _list(packer, [len(day.starts), day.open_ticks, place, *day.starts, *day.opened])


def _list(packer: Any, numbers: Sequence[int]) -> int:
    place = len(packer.ints)
    packer.ints += numbers
    return place


# -- within a day


@leaf
def first_at_least(numbers: Any, count: int, wanted: int) -> int:
    """The place of the first of rising numbers that is not below another."""
    low, high = 0, count
    while low < high:
        middle = (low + high) >> 1
        if numbers[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@leaf
def day_at(k: Any, s: int, number: int) -> int:
    """The place of the day of that number."""
    header = ints(k, s)
    if header[OWN_DAYS]:
        numbers = ints(k, header[OWN_NUMBERS])
        place = first_at_least(numbers, header[OWN_DAYS], number)
        if place < header[OWN_DAYS] and numbers[place] == number:
            return ints(k, header[OWN_PLACES] + place)[0]
    return ints(k, header[WEEK] + number % 7)[0]


@leaf
def stretch_at(k: Any, day: int, within: int) -> int:
    """The stretch of a day that a time of day falls into."""
    its = ints(k, day)
    return first_at_least(ints(k, day + STARTS), its[STRETCHES], within + 1) - 1


@leaf
def value_of(k: Any, day: int, stretch: int) -> float:
    return reals(k, ints(k, day)[REALS] + 1 + stretch)[0]


@leaf
def open_until(k: Any, day: int, within: int) -> int:
    """Open ticks of a day up to a time."""
    stretch = stretch_at(k, day, within)
    its = ints(k, day + STARTS)
    opened = its[ints(k, day)[STRETCHES] + stretch]
    return opened + (within - its[stretch] if value_of(k, day, stretch) > 0 else 0)


@leaf
def when_open(k: Any, day: int, work: int) -> int:
    """The time of day at which so many ticks (1 or more) of its open time have passed."""
    count = ints(k, day)[STRETCHES]
    opened = ints(k, day + STARTS + count)
    stretch = first_at_least(opened, count, work) - 1
    return ints(k, day + STARTS)[stretch] + work - opened[stretch]


@leaf
def open_at_day(k: Any, s: int, number: int) -> int:
    """Open ticks from day 0 to the start of a day."""
    header = ints(k, s)
    regular = number // 7 * header[WEEK_OPEN] + ints(k, header[OPEN_STARTS] + number % 7)[0]
    place = first_at_least(ints(k, header[OWN_NUMBERS]), header[OWN_DAYS], number)
    return regular + ints(k, header[OWN_CORRECTIONS] + place)[0]


# -- the questions


@unit("f(ii)")
def schedule_at(k: Any, s: int, time: int) -> float:
    """The value at an instant; 0 when closed."""
    header = ints(k, s)
    if header[CONSTANT]:
        return reals(k, header[VALUE])[0]
    number = time // DAY
    day = day_at(k, s, number)
    return value_of(k, day, stretch_at(k, day, time - number * DAY))


@unit("i(ii)")
def next_change(k: Any, s: int, time: int) -> int:
    """The first instant after `time` at which the value changes; NEVER if it does not again."""
    if ints(k, s)[CONSTANT]:
        return NEVER
    number = time // DAY
    day = day_at(k, s, number)
    return change_after(k, s, number, day, stretch_at(k, day, time - number * DAY))


@leaf
def value_and_change(k: Any, s: int, time: int) -> tuple[float, int]:
    """The value at an instant, and the first instant after it at which that changes."""
    header = ints(k, s)
    if header[CONSTANT]:
        return reals(k, header[VALUE])[0], NEVER
    number = time // DAY
    day = day_at(k, s, number)
    stretch = stretch_at(k, day, time - number * DAY)
    return value_of(k, day, stretch), change_after(k, s, number, day, stretch)


@leaf
def change_after(k: Any, s: int, number: int, day: int, stretch: int) -> int:
    """The first instant after a stretch of a day at which the value changes; NEVER if it does not again."""
    header = ints(k, s)
    if stretch + 1 < ints(k, day)[STRETCHES]:
        return number * DAY + ints(k, day + STARTS)[stretch + 1]
    value = value_of(k, day, stretch)
    number += 1
    while number < MOST_DAYS:
        day = day_at(k, s, number)
        if value_of(k, day, 0) != value:
            return number * DAY
        if ints(k, day)[STRETCHES] > 1:
            return number * DAY + ints(k, day + STARTS)[1]
        number += 1
        if header[SAME_EVERY_DAY]:
            place = first_at_least(ints(k, header[OWN_NUMBERS]), header[OWN_DAYS], number)
            is_own = place < header[OWN_DAYS] and ints(k, header[OWN_NUMBERS])[place] == number
            if not is_own:
                if value_of(k, ints(k, header[WEEK])[0], 0) != value:
                    return number * DAY
                if place == header[OWN_DAYS]:
                    return NEVER
                number = ints(k, header[OWN_NUMBERS])[place]
    return NEVER


@leaf
def next_instant(k: Any, s: int, time: int) -> int:
    """The first instant at or after `time` at which the value is above zero."""
    return next_open(k, s, time)


@leaf
def next_open(k: Any, s: int, time: int) -> int:
    """The first instant at or after `time` at which the value is above zero; NEVER if none."""
    if schedule_at(k, s, time) > 0:
        return time
    reached = advance(k, s, time, 1)
    return reached if reached == NEVER else reached - 1


@unit("i(iii)")
def advance(k: Any, s: int, time: int, work: int) -> int:
    """The instant at which `work` ticks of open time have passed since `time`; NEVER if never."""
    if work <= 0:
        return time
    number = time // DAY
    day = day_at(k, s, number)
    within = time - number * DAY
    stretch = stretch_at(k, day, within)
    count = ints(k, day)[STRETCHES]
    end = ints(k, day + STARTS)[stretch + 1] if stretch + 1 < count else DAY
    if value_of(k, day, stretch) > 0 and within + work <= end:
        return time + work
    return reach_open(k, s, open_at_day(k, s, number) + open_until(k, day, within) + work)


@leaf
def reach_open(k: Any, s: int, target: int) -> int:
    """The first instant at which the open ticks since day 0 come to `target`."""
    header = ints(k, s)
    place = first_at_least(ints(k, header[OWN_OPENS]), header[OWN_DAYS], target) - 1
    number = ints(k, header[OWN_NUMBERS])[place] if place >= 0 else -7
    left = target - open_at_day(k, s, number)
    if place >= 0:
        day = ints(k, header[OWN_PLACES])[place]
        open_ticks = ints(k, day)[OPEN_TICKS]
        if left <= open_ticks:
            return number * DAY + when_open(k, day, left)
        left -= open_ticks
        number += 1
    if not header[WEEK_OPEN]:
        return NEVER
    weeks = (left - 1) // header[WEEK_OPEN]
    if weeks > MOST_DAYS // 7:
        return NEVER
    left -= weeks * header[WEEK_OPEN]
    number += 7 * weeks
    week = ints(k, header[WEEK])
    while left > ints(k, week[number % 7])[OPEN_TICKS]:
        left -= ints(k, week[number % 7])[OPEN_TICKS]
        number += 1
    return min(number * DAY + when_open(k, week[number % 7], left), NEVER)


@unit("f(iif)")
def reach(k: Any, s: int, time: int, amount: float) -> float:
    """The instant at which the total since `time` comes to `amount` (above zero); NEVER if never."""
    header = ints(k, s)
    week_sum = reals(k, header[WEEK_SUM])[0]
    number = time // DAY
    within = time - number * DAY
    day = day_at(k, s, number)
    stretch = stretch_at(k, day, within)
    count = ints(k, day)[STRETCHES]
    numbers = reals(k, ints(k, day)[REALS])
    since = within - ints(k, day + STARTS)[stretch]
    left = amount + (numbers[1 + count + stretch] + since * numbers[1 + stretch])
    while number < MOST_DAYS:
        day = day_at(k, s, number)
        total = reals(k, ints(k, day)[REALS])[0]
        if left <= total and total > 0:
            return number * DAY + place_in_day(k, day, left)
        left -= total
        number = later_with_sum(k, s, number + 1)
        if number < 0:
            return float(NEVER)
        regular = days_before_own(k, s, number)
        if regular >= 7:
            weeks = min(left / week_sum, float(regular // 7))
            skipped = max(int(weeks) - 1, 0)
            left = left - skipped * week_sum
            number += 7 * skipped
    return float(NEVER)


@leaf
def place_in_day(k: Any, day: int, amount: float) -> float:
    """The time of day at which the day's total comes to `amount`."""
    count = ints(k, day)[STRETCHES]
    numbers = reals(k, ints(k, day)[REALS])
    stretch = 0
    for place in range(1, count):
        if numbers[1 + count + place] < amount:
            stretch = place
    return ints(k, day + STARTS)[stretch] + (amount - numbers[1 + count + stretch]) / numbers[1 + stretch]


@leaf
def days_before_own(k: Any, s: int, number: int) -> int:
    """Days from one on before the next day of its own."""
    header = ints(k, s)
    place = first_at_least(ints(k, header[OWN_NUMBERS]), header[OWN_DAYS], number)
    return ints(k, header[OWN_NUMBERS])[place] - number if place < header[OWN_DAYS] else MOST_DAYS * 7


@leaf
def later_with_sum(k: Any, s: int, number: int) -> int:
    """The first day from one on that adds to the total; -1 if there is none."""
    header = ints(k, s)
    own = ints(k, header[OWN_NUMBERS])
    for place in range(first_at_least(own, header[OWN_DAYS], number), header[OWN_DAYS] + 1):
        until = own[place] if place < header[OWN_DAYS] else NEVER
        for day in range(number, min(until, number + 7)):
            if reals(k, ints(k, ints(k, header[WEEK] + day % 7)[0])[REALS])[0] > 0:
                return day
        if until < NEVER and reals(k, ints(k, day_at(k, s, until))[REALS])[0] > 0:
            return until
        number = until + 1
    return -1

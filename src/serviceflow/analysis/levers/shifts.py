"""Shifts that last an hour longer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from serviceflow.model.schedules import DAY, WEEK
from serviceflow.model.timetables import Block, Timetable

HOUR = DAY // 24
BREAK = 2 * HOUR
"""Who is back within this has had a break, and has not gone home."""

Placed = list[tuple[int, Block[Any]]]
"""Blocks in order of time, each with the tick at which its day begins."""


def longer(table: Timetable[Any]) -> Timetable[Any]:
    """The same, but who goes home stays an hour longer: where the number on duty drops, it drops later.

    No shift is prolonged where as many are back within two hours, after a break; none lasts into one that
    begins later, and where dates have days of their own none into the next day.
    """
    weekly = [(day * DAY, block) for day, blocks in enumerate(table.weekly) for block in blocks]
    later = _later(weekly, WEEK, bool(table.dated))
    days = tuple(tuple(block for start, block in later if start == day * DAY) for day in range(7))
    dated = tuple(
        (date, tuple(block for _, block in _later([(0, block) for block in blocks], 0, True)))
        for date, blocks in table.dated
    )
    return replace(table, weekly=days, dated=dated, asked=None)


def _later(placed: Placed, around: int, ends_with_day: bool) -> Placed:
    """Blocks with their drops an hour later; the first follows the last after a time `around`, unless 0."""
    changed = list(placed)
    for place, (day, block) in enumerate(placed):
        until = _until(block, day, _following(placed, place, around))
        if ends_with_day and block.end <= DAY:
            until = min(until, day + DAY)
        changed[place] = (day, replace(changed[place][1], end=until - day))
        _begin_later(changed, place, until, around)
    return [(day, block) for day, block in changed if block.start < block.end]


def _following(placed: Placed, place: int, around: int) -> Placed:
    """The blocks that come after one, up to itself a time `around` later."""
    again = [(day + around, block) for day, block in placed[: place + 1]] if around else []
    return placed[place + 1 :] + again


def _until(block: Block[Any], day: int, following: Placed) -> int:
    """When those go home who were on duty in a block and are not needed in the next."""
    end = day + block.end
    back = (other.value >= block.value and start + other.start <= end + BREAK for start, other in following)
    if not block.value or any(back):
        return end
    if not following:
        return end + HOUR
    start, other = following[0]
    begins, ends = start + other.start, start + other.end
    return min(end + HOUR, ends if begins == end else begins)


def _begin_later(changed: Placed, place: int, until: int, around: int) -> None:
    """Let the next block begin when the one before it ends."""
    after = place + 1 if place + 1 < len(changed) else 0
    if after > place or (around and after != place):
        day, block = changed[after]
        begins = day + (0 if after > place else around)
        changed[after] = (day, replace(block, start=max(block.start, until - begins)))

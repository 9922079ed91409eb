"""The loops that condense a record, in plain Python for a compiler; :mod:`reduce` says what they are for."""

from __future__ import annotations

from typing import Any

from numba.extending import register_jitable

from serviceflow.engine.program.codes import COMPLETED, GAVE_UP, JOINED, PAUSE_CALL, REFUSED, TIMED_OUT
from serviceflow.results.rows import (
    ARRIVED_WITHIN,
    BEGUN,
    FINISHED,
    FINISHED_WITHIN,
    HAS_ARRIVED,
    KIND,
    LEFT,
    LOST,
    OF_COMPLETED,
    OF_COUNTED,
    ON_PATH,
    QUEUED,
    RIGHT,
    STARTED_WITHIN,
    THERE,
    TURNED_AWAY,
)

SPREAD = 0x9E3779B97F4A7C15 - (1 << 64)
"""An odd number by which keys are multiplied to spread them over the places of a table."""


@register_jitable
def overlapping(start: int, end: int, begin: int, stop: int) -> int:
    """Ticks of [start, end) within [begin, stop)."""
    return max(min(end, stop) - max(start, begin), 0)


@register_jitable
def is_within(instant: int, begin: int, stop: int) -> bool:
    """Whether an instant lies in [begin, stop)."""
    return begin <= instant < stop


@register_jitable
def place_of(key: int, table: Any, keys: Any) -> int:
    """The place of a key in the table: where it is, or a free one."""
    mask = len(table) - 1
    place = ((key * SPREAD) >> 20) & mask
    while table[place] >= 0 and keys[table[place]] != key:
        place = (place + 1) & mask
    return place


def sort_visits(
    first: int,
    last: int,
    window: Any,
    sizes: Any,
    requests: Any,
    visits: Any,
    on_path: Any,
    table: Any,
    keys: Any,
    counts: Any,
    sums: Any,
    used: Any,
    cells: Any,
) -> int:
    """Give every visit its cell, and add up what is derived from its instants.

    Parameters
    ----------
    first, last : int
        The rows to do.
    window : array of 3
        Its start and end, and when the run stopped.
    sizes : array of 4
        How many services, handoffs, providers and sources there are, each with one for none.
    requests : tuple of array
        kind, source, asked, outcome.
    visits : tuple of array
        request, service, handoff, provider, outcome, asked, arrived, queued, started, finished, left,
        clarifications, arrived_by_return.
    on_path : array
        Whether each is on its request's critical path; empty where all are.
    table, keys : array
        Of cells: places by key, and the key of each.
    counts, sums : array
        Of each cell: its visits, and their ticks.
    used : array of 1
        How many cells there are.
    cells : array
        The cell of each visit.

    Returns
    -------
    int
        The row before which it stopped, as there was no room for another cell; `last` when done.
    """
    kinds, sources, asking, endings = requests
    owners, services, handoffs, providers, outcomes = visits[:5]
    asked_at, arrived_at, queued_at, started_at, finished_at, left_at = visits[5:11]
    unclear, returned = visits[11:]
    begin, stop, stopped = window[0], window[1], window[2]
    for row in range(first, last):
        owner, arrived, started = owners[row], arrived_at[row], started_at[row]
        finished, left, outcome = finished_at[row], left_at[row], outcomes[row]
        asked, service = asked_at[row], services[row]
        counted = is_within(asking[owner], begin, stop)
        state = kinds[owner] << KIND
        if counted:
            state |= OF_COUNTED
            if endings[owner] == COMPLETED:
                state |= OF_COMPLETED
        if service >= 0 and arrived >= 0 and outcome != JOINED:
            state |= THERE
        if started >= 0:
            state |= BEGUN
        if finished >= 0:
            state |= FINISHED
        if left >= 0:
            state |= LEFT
        if arrived >= 0:
            state |= HAS_ARRIVED
        if outcome in (GAVE_UP, TIMED_OUT):
            state |= LOST
        if outcome == REFUSED:
            state |= TURNED_AWAY
        if unclear[row] <= 0 and returned[row] <= 0:
            state |= RIGHT
        if len(on_path) == 0 or on_path[row]:
            state |= ON_PATH
        if queued_at[row] >= 0:
            state |= QUEUED
        if is_within(arrived, begin, stop):
            state |= ARRIVED_WITHIN
        if is_within(started, begin, stop):
            state |= STARTED_WITHIN
        if is_within(finished, begin, stop):
            state |= FINISHED_WITHIN
        key = ((state * sizes[0] + service + 1) * sizes[1] + handoffs[row] + 1) * sizes[2]
        key = (key + providers[row] + 1) * sizes[3] + sources[owner] + 1
        place = place_of(key, table, keys)
        cell = table[place]
        if cell < 0:
            cell = used[0]
            if cell == len(keys):
                return row
            table[place], keys[cell], used[0] = cell, key, cell + 1
        cells[row] = cell
        counts[cell] += 1
        gone = left if left >= 0 else stopped
        came = arrived if arrived >= 0 else gone
        queue_end = started if started >= 0 else gone
        work_end = finished if finished >= 0 else gone
        sums[cell, 0] += came - asked
        sums[cell, 1] += queue_end - came
        sums[cell, 2] += work_end - queue_end
        sums[cell, 3] += gone - work_end
        sums[cell, 4] += overlapping(arrived, gone, begin, stop)
        sums[cell, 5] += overlapping(arrived, queue_end, begin, stop)
        sums[cell, 6] += overlapping(asked, came, begin, stop)
        if started >= 0:
            sums[cell, 7] += overlapping(started, work_end, begin, stop)
        if finished >= 0:
            sums[cell, 8] += overlapping(finished, gone, begin, stop)
    return last


def fill_table(table: Any, keys: Any, used: int) -> None:
    """Put cells into an empty table."""
    for cell in range(used):
        table[place_of(keys[cell], table, keys)] = cell


def add_column(first: int, last: int, cells: Any, column: Any, sums: Any, some: Any) -> None:
    """Add up a column by cell, and count where it has something."""
    for row in range(first, last):
        value = column[row]
        cell = cells[row]
        sums[cell] += value
        some[cell] += 1 if value > 0 else 0


def spread(
    cells: Any, elements: Any, values: Any, count: Any, mean: Any, squares: Any, least: Any, most: Any
) -> None:
    """Number, mean and spread of values, each of the element of its cell; -1 is none."""
    for row in range(len(values)):
        element = elements[cells[row]]
        if element >= 0:
            value = values[row]
            count[element] += 1
            mean[element] += value
            least[element] = min(least[element], value)
            most[element] = max(most[element], value)
    for element in range(len(count)):
        if count[element] > 0:
            mean[element] /= count[element]
    for row in range(len(values)):
        element = elements[cells[row]]
        if element >= 0:
            apart = values[row] - mean[element]
            squares[element] += apart * apart


def count_values(cells: Any, elements: Any, values: Any, bits: int, first: int, counts: Any) -> None:
    """Count values by the element of their cells and by bucket; see the sketches."""
    for row in range(len(values)):
        element = elements[cells[row]]
        if element >= 0:
            value, shift = values[row], 0
            for step in (32, 16, 8, 4, 2, 1):
                if value >> (shift + step + bits) > 0:
                    shift += step
            counts[element, (value >> shift) + (shift << bits) - first] += 1


def cover_hours(
    hour: int, shift: int, window: Any, elements: Any, starts: Any, ends: Any, weights: Any,
    began: Any, parts: Any, turns: Any,
) -> None:  # fmt: skip
    """Add up stretches of time by hour of the week, as differences of two instants.

    Parameters
    ----------
    hour, shift : int
        Ticks of an hour, and the hour of the week in which the run begins.
    window : array of 3
        Time before the first and after the second does not count.
    elements, starts, ends : array
        Of each stretch; -1 for none.
    weights : array
        Of each stretch; empty where all weigh one.
    began, parts : array of shape (elements, 168)
        Of the instants in each hour: their number, and the time since it began.
    turns : array
        Of each element, the weeks before its instants.
    """
    week = began.shape[1]
    for row in range(len(elements)):
        element = elements[row]
        if element < 0:
            continue
        weight = weights[row] if len(weights) > 0 else 1.0
        for instant, sign in ((starts[row], -weight), (ends[row], weight)):
            at = min(max(instant, window[0]), window[1])
            whole = at // hour
            place = (whole + shift) % week
            began[element, place] += sign
            parts[element, place] += sign * (at - whole * hour)
            turns[element] += sign * ((whole + shift) // week)


def take_pauses(
    first: int,
    last: int,
    window: Any,
    pauses: Any,
    cells: Any,
    sums: Any,
) -> None:
    """Take pauses from the busy time of their visits' cells; waits for an answer hold the staff."""
    begin, stop, stopped = window[0], window[1], window[2]
    owners, causes, starts, ends = pauses
    for row in range(first, last):
        end = ends[row] if ends[row] >= 0 else stopped
        stood = overlapping(starts[row], end, begin, stop)
        cell = cells[owners[row]]
        sums[cell, 7] -= stood
        if causes[row] == PAUSE_CALL:
            sums[cell, 8] += stood


def follow_paths(stopped: int, owners: Any, left: Any, previous: Any, found: Any) -> None:
    """Mark the visits on each request's critical path: from its last to leave back to what led there."""
    row, count = 0, len(owners)
    while row < count:
        owner, last = owners[row], row
        latest = -1
        while row < count and owners[row] == owner:
            gone = left[row] if left[row] >= 0 else stopped
            if gone >= latest:
                latest, last = gone, row
            row += 1
        while last >= 0 and owners[last] == owner:
            found[last] = True
            last = previous[last]


def mark_late(
    cut: int,
    stopped: int,
    providers: Any,
    instants: Any,
    first: Any,
    changes: Any,
    duty: Any,
    at: Any,
    found: Any,
) -> None:
    """Mark work that began off duty, or was in hand when its provider's staff changed, or at `cut`.

    Parameters
    ----------
    cut, stopped : int
        An instant that counts as a change, and when the run stopped.
    providers : array
        The provider of each visit; -1 for none.
    instants : tuple of array
        started, finished, left.
    first : array
        Where the changes of each provider's staff begin, and where the last one's end.
    changes, duty : array
        When staff change, and how many are on duty from then on.
    at : array
        The change of each provider at which the search begins; the visits of one are nearly in order.
    found : array
        Where to mark.
    """
    started_at, finished_at, left_at = instants
    for row in range(len(providers)):
        provider, started = providers[row], started_at[row]
        if provider < 0 or started < 0 or first[provider] == first[provider + 1]:
            continue
        end = finished_at[row]
        if end < 0:
            end = left_at[row] if left_at[row] >= 0 else stopped
        low, beyond, place = first[provider], first[provider + 1], at[provider]
        while place + 1 < beyond and changes[place + 1] <= started:
            place += 1
        while place > low and changes[place] > started:
            place -= 1
        at[provider] = place
        within = place + 1 == beyond or end <= changes[place + 1]
        found[row] = not within or duty[place] <= 0 or started < cut < end

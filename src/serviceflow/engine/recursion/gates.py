"""From the front of a chain to the rest: who goes on there, and the visits of both in one table."""

from __future__ import annotations

from typing import Any

import numpy as np

from serviceflow.engine.kernel.layout import (
    Z_ASKED,
    Z_CONSUMER,
    Z_HANDOFF,
    Z_NUMBER,
    Z_REQUEST,
    Z_SERVICE,
    Z_STRANDS,
    Z_TIME,
    Z_WHO,
)
from serviceflow.engine.kernel.memory import leaf
from serviceflow.engine.recursion.serving import sort_stream

NOBODY = -1


def line_up(
    stream: Any,
    slots: Any,
    firsts: Any,
    asked: Any,
    consumers: Any,
    keys: Any,
    start: int,
    end: int,
    out: Any,
) -> Any:
    """Put down who goes on to the rest, as they come to it; gives how many rows, and how many are awaited.

    The run waits for those who ask within the window. For all of them who end in the front, it waits once:
    until the last has ended, which has a row of its own.

    Parameters
    ----------
    stream : tuple of arrays
        The instants and slots at all gates, and room for both.
    slots : tuple of arrays
        Per slot the request, the handoff, the service and the branch (empty where nothing splits).
    firsts : array of int
        The first slot of each request.
    asked : tuple of arrays
        Per request when it is asked, its source and its number (both empty where there is one source), and
        when it ends in the front, or leaves it.
    consumers, keys : array
        Of each source.
    start, end : int
        The window.
    out : array of int, shape (at least one more than the stream has, fields)
        Receives rows of the kernel's gates.
    """
    times, these, spare_times, spare_slots = stream
    requests, handoffs, services, branches = slots
    asked_at, sources, numbers, ended = asked
    if sort_stream(times, these, spare_times, spare_slots):
        times, these = spare_times, spare_slots
    awaited, over = _await(these, requests, asked_at, ended, start, end)
    row = 0
    for i in range(len(times)):
        if NOBODY < over <= times[i]:
            out[row, Z_TIME], out[row, Z_REQUEST] = over, NOBODY
            row += 1
            over = NOBODY
        slot = these[i]
        request = requests[slot]
        source = sources[request] if len(sources) else 0
        strands = 0
        if len(branches):
            for before in range(firsts[request], slot):
                strands = max(strands, branches[before])
        out[row, Z_TIME] = times[i]
        out[row, Z_REQUEST] = request
        out[row, Z_ASKED] = asked_at[request]
        out[row, Z_CONSUMER] = consumers[source]
        out[row, Z_WHO] = np.int64(keys[source])
        out[row, Z_NUMBER] = numbers[request] if len(numbers) else request
        out[row, Z_SERVICE] = services[slot]
        out[row, Z_HANDOFF] = handoffs[slot]
        out[row, Z_STRANDS] = strands + 1
        row += 1
    if over > NOBODY:
        out[row, Z_TIME], out[row, Z_REQUEST] = over, NOBODY
        row += 1
    return row, awaited


@leaf
def _await(these: Any, requests: Any, asked_at: Any, ended: Any, start: int, end: int) -> Any:
    """For how many requests of the window a run waits, and when the last one ends that ends in the front."""
    goes_on = np.zeros(len(asked_at), dtype=np.bool_)
    for i in range(len(these)):
        goes_on[requests[these[i]]] = True
    awaited = 0
    over = NOBODY
    for request in range(len(asked_at)):
        if start <= asked_at[request] < end:
            if goes_on[request]:
                awaited += 1
            else:
                over = max(over, ended[request])
    return awaited + (over > NOBODY), over


def lay_out(requests: Any, services: Any, rest: Any, tally: Any, places: Any, next_places: Any) -> Any:
    """Where visits come in the whole table; gives how many there are.

    Parameters
    ----------
    requests, services : array of int
        Columns of the front's table. A request that goes on has a last row there for its first visit in the
        rest.
    rest : array of bool
        Per service whether it is of the rest; the last one stands for the way home.
    tally : array of int
        How many visits each request makes in the rest.
    places : array of int
        Receives the row of each visit of the front's table.
    next_places : array of int
        Receives per request the row of its first visit in the rest.
    """
    row = further = 0
    for request in range(len(tally)):
        gates = 0
        while row < len(requests) and requests[row] == request:
            places[row] = row + further
            gates = int(rest[services[row]])
            row += 1
        next_places[request] = row + further - gates
        further += tally[request] - gates
    return row + further


def fill_in(column: Any, places: Any, out: Any) -> None:
    """Put a column of the front's table where its visits come in the whole one."""
    for row in range(len(column)):
        out[places[row]] = column[row]


def connect(previous: Any, places: Any, rest_places: Any, out: Any) -> None:
    """The visit before each one, as its row in the whole table.

    Parameters
    ----------
    previous : array of int
        The column of the front's table.
    places, rest_places : array of int
        The row of each visit of the front's table, and of each in the rest, by its number there.
    out : array of int
        Of visits in the rest the number of the one before, which becomes its row.
    """
    for number in range(len(rest_places)):
        place = rest_places[number]
        if out[place] != NOBODY:
            out[place] = rest_places[out[place]]
    for row in range(len(previous)):
        out[places[row]] = NOBODY if previous[row] == NOBODY else places[previous[row]]

"""The way into the kernel from Python, and what is done with whole tables of the record."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import express, loop
from serviceflow.engine.kernel.memory import state_at

OPEN, RUN, CLOSE, OPEN_EXPRESS, RUN_EXPRESS, CLOSE_EXPRESS = range(6)


def enter(address: int, step: int, budget: int) -> Any:
    """Open a run, let events happen, or close it; ``k`` lies at the address."""
    k = state_at(address)
    if step == OPEN:
        return loop.open_run(k, 0)
    if step == RUN:
        return loop.run_on(k, budget)
    if step == CLOSE:
        return loop.close_run(k, 0)
    if step == OPEN_EXPRESS:
        return express.open_express(k, 0)
    if step == RUN_EXPRESS:
        return express.run_express(k, budget)
    return express.close_express(k, 0)


def arrange(
    rows: Any, count: int, fields: Any, request: int, previous: int, starts: Any, places: Any, out: Any
) -> None:
    """Sort rows of visits by request, then in order of asking, into columns.

    Parameters
    ----------
    rows : array of int, shape (at least count, columns)
        Row `i` is that of the visit asked as the `i`-th.
    count : int
        How many visits there are.
    fields : array of int, shape (columns,)
        Where in a row each column is.
    request, previous : int
        Where in a row the request is, and the number of the visit before; -1 if there is none.
    starts : array of int, shape (requests,)
        Where the visits of each request begin; afterwards where they end.
    places : array of int, shape (count,)
        Receives the row of each visit.
    out : array of int, shape (columns, count)
        Receives the columns.
    """
    for visit in range(count):
        place = starts[rows[visit, request]]
        starts[rows[visit, request]] = place + 1
        places[visit] = place
        for column in range(out.shape[0]):
            out[column, place] = rows[visit, fields[column]]
    for column in range(out.shape[0]):
        if fields[column] == previous:
            for place in range(count):
                if out[column, place] >= 0:
                    out[column, place] = places[out[column, place]]


def turn(rows: Any, count: int, fields: Any, out: Any) -> None:
    """Turn some fields of rows into columns."""
    for row in range(count):
        for column in range(out.shape[0]):
            out[column, row] = rows[row, fields[column]]


def place(at: Any, numbers: Any, starts: Any, order: Any) -> None:
    """Sort visits by where their request is, then by number.

    Parameters
    ----------
    at, numbers : arrays of int, shape (visits,)
        Place of the request, and number, of each visit.
    starts : array of int, shape (requests + 1,)
        Zeros.
    order : array of int, shape (visits,)
        Receives which visit comes where.
    """
    for visit in range(len(at)):
        starts[at[visit] + 1] += 1
    for request in range(1, len(starts)):
        starts[request] += starts[request - 1]
    ends = starts[:-1].copy()
    for visit in range(len(at)):
        first, gap = starts[at[visit]], ends[at[visit]]
        ends[at[visit]] = gap + 1
        while gap > first and numbers[order[gap - 1]] > numbers[visit]:
            order[gap] = order[gap - 1]
            gap -= 1
        order[gap] = visit


def pick(rows: Any, order: Any, first: int, out: Any) -> None:
    """Turn some rows into columns, from a column on."""
    for row in range(len(order)):
        for column in range(out.shape[0]):
            out[column, row] = rows[order[row], first + column]

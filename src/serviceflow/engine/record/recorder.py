"""Writing a record, row by row, while a run goes on."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.record.record import Column, Record, Table, empty_table

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.engine.reference.entities import Request, Visit

PAUSE_COLUMNS = ("visit", "cause", "start", "end")
OUTAGE_COLUMNS = ("provider", "member", "start", "end")
STAFFING_COLUMNS = ("provider", "time", "staff")
STOCK_COLUMNS = ("stock", "time", "level", "on_order", "waiting")


class Recorder:
    """Collects rows in any order; :meth:`finish` sorts them by request and visit."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._visit_row = attrgetter("id", *program.visit_columns)
        self._request_row = attrgetter("row", *whole_columns(program))
        self._visits = array("q")
        self._requests = array("q")
        self._attributes = array("d")
        self._pauses = array("q")
        self._outages = array("q")
        self._staffing = array("q")
        self._stocks = array("d")
        self._stock_times = array("q")

    def visit(self, visit: Visit) -> None:
        self._visits.extend(self._visit_row(visit))

    def request(self, request: Request) -> None:
        self._requests.extend(self._request_row(request))
        self._attributes.extend((*request.attributes, request.quantity))

    def pause(self, visit: Visit, cause: int, start: int, end: int) -> None:
        self._pauses.extend((visit.id, cause, start, end))

    def outage(self, provider: int, member: int, start: int, end: int) -> None:
        self._outages.extend((provider, member, start, end))

    def staffing(self, provider: int, time: int, staff: int) -> None:
        self._staffing.extend((provider, time, staff))

    def stock(self, stock: int, time: int, level: float, on_order: float, waiting: float) -> None:
        self._stock_times.extend((stock, time))
        self._stocks.extend((level, on_order, waiting))

    def finish(self, seed: int, replication: int, stopped: int) -> Record:
        visits = _matrix(self._visits, 1 + len(self.program.visit_columns))
        order = np.lexsort((visits[:, 0], visits[:, 1]))
        rows = np.empty(len(visits), dtype=np.int64)
        rows[visits[order, 0]] = np.arange(len(visits))
        visits = visits[order]
        if "previous" in self.program.visit_columns:
            _renumber(visits, 1 + self.program.visit_columns.index("previous"), rows)
        return Record(
            self.program,
            seed,
            replication,
            stopped,
            self._request_table(),
            Table(_columns(self.program.visit_columns, visits[:, 1:].T), len(visits)),
            self._pause_table(rows),
            self._stock_table(),
            outage_table(_matrix(self._outages, len(OUTAGE_COLUMNS))),
            sorted_table(
                STAFFING_COLUMNS, _matrix(self._staffing, len(STAFFING_COLUMNS)), ("time", "provider")
            ),
        )

    def _request_table(self) -> Table:
        requests = _matrix(self._requests, 1 + len(whole_columns(self.program)))
        order = np.argsort(requests[:, 0])
        numbers = np.frombuffer(self._attributes, dtype=np.float64)
        numbers = numbers.reshape(len(requests), len(self.program.attributes) + 1)
        return request_table(self.program, requests[order, 1:].T, numbers[order].T)

    def _pause_table(self, rows: NDArray[np.int64]) -> Table:
        pauses = _matrix(self._pauses, len(PAUSE_COLUMNS))
        _renumber(pauses, 0, rows)
        return pause_table(pauses)

    def _stock_table(self) -> Table:
        keys, levels = _matrix(self._stock_times, 2), np.frombuffer(self._stocks, dtype=np.float64)
        return stock_table(keys.T, levels.reshape(-1, 3).T)


# -- the tables of a record, for every engine


def whole_columns(program: Program) -> list[str]:
    """The columns of requests that hold whole numbers."""
    return [name for name in program.request_columns if ":" not in name and name != "quantity"]


def request_table(program: Program, whole: NDArray[np.int64], numbers: NDArray[np.float64]) -> Table:
    """Requests of their columns of whole numbers, and of their attributes, then their quantity."""
    columns = _columns(whole_columns(program), whole)
    columns |= _columns([f"attribute:{name}" for name in program.attributes], numbers)
    if "quantity" in program.request_columns:
        columns |= _columns(["quantity"], numbers[-1:])
    return Table(columns, whole.shape[1])


def pause_table(pauses: NDArray[np.int64]) -> Table:
    """Rows of pauses by visit, then as they began."""
    return sorted_table(PAUSE_COLUMNS, pauses, ("visit", "start"))


def outage_table(outages: NDArray[np.int64]) -> Table:
    return sorted_table(OUTAGE_COLUMNS, outages, ("start", "provider", "member"))


def stock_table(keys: NDArray[np.int64], levels: NDArray[np.float64]) -> Table:
    """Changes of stocks, of the columns stock and time, and of those of levels."""
    if not keys.shape[1]:
        return empty_table()
    columns = _columns(STOCK_COLUMNS[:2], keys) | _columns(STOCK_COLUMNS[2:], levels)
    return Table(columns, keys.shape[1])


def sorted_table(names: tuple[str, ...], matrix: NDArray[np.int64], by: tuple[str, ...]) -> Table:
    """Rows in the order of some columns; rows that agree in these stay as they came."""
    if not len(matrix):
        return empty_table()
    keys = [matrix[:, names.index(name)] for name in reversed(by)]
    return Table(_columns(names, matrix[np.lexsort(keys)].T), len(matrix))


def _columns(names: Sequence[str], columns: NDArray[Any]) -> dict[str, Column]:
    """Columns by name, each in one piece."""
    return {name: np.ascontiguousarray(column) for name, column in zip(names, columns, strict=False)}


def _matrix(numbers: array[int], width: int) -> NDArray[np.int64]:
    return np.frombuffer(numbers, dtype=np.int64).reshape(-1, width).copy()


def _renumber(matrix: NDArray[np.int64], column: int, rows: NDArray[np.int64]) -> None:
    """Turn numbers of visits, counted as they were asked, into rows."""
    known = matrix[:, column] >= 0
    matrix[known, column] = rows[matrix[known, column]]

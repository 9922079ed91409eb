"""Writing a record, row by row, while a run goes on."""

from __future__ import annotations

from array import array
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.record import Column, Record, Table, empty_table

if TYPE_CHECKING:
    from serviceflow.engine.entities import Request, Visit
    from serviceflow.engine.program import Program

PAUSE_COLUMNS = ("visit", "cause", "start", "end")
OUTAGE_COLUMNS = ("provider", "member", "start", "end")
STAFFING_COLUMNS = ("provider", "time", "staff")
STOCK_COLUMNS = ("stock", "time", "level", "on_order", "waiting")


class Recorder:
    """Collects rows in any order; :meth:`finish` sorts them by request and visit."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._visit_row = attrgetter("id", *program.visit_columns)
        integers = [name for name in program.request_columns if ":" not in name and name != "quantity"]
        self._request_columns = integers
        self._request_row = attrgetter("row", *integers)
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
            _table(self.program.visit_columns, visits[:, 1:]),
            self._pause_table(rows),
            self._stock_table(),
            _sorted_table(OUTAGE_COLUMNS, self._outages, ("start", "provider", "member")),
            _sorted_table(STAFFING_COLUMNS, self._staffing, ("time", "provider")),
        )

    def _request_table(self) -> Table:
        requests = _matrix(self._requests, 1 + len(self._request_columns))
        order = np.argsort(requests[:, 0])
        columns: dict[str, Column] = dict(_table(self._request_columns, requests[order][:, 1:]).columns)
        width = len(self.program.attributes) + 1
        numbers = np.frombuffer(self._attributes, dtype=np.float64).reshape(len(requests), width)[order]
        for index, name in enumerate(self.program.attributes):
            columns[f"attribute:{name}"] = np.ascontiguousarray(numbers[:, index])
        if "quantity" in self.program.request_columns:
            columns["quantity"] = np.ascontiguousarray(numbers[:, -1])
        return Table(columns, len(requests))

    def _pause_table(self, rows: NDArray[np.int64]) -> Table:
        pauses = _matrix(self._pauses, len(PAUSE_COLUMNS))
        if not len(pauses):
            return empty_table()
        _renumber(pauses, 0, rows)
        return _table(PAUSE_COLUMNS, pauses[np.lexsort((pauses[:, 2], pauses[:, 0]))])

    def _stock_table(self) -> Table:
        keys = _matrix(self._stock_times, 2)
        if not len(keys):
            return empty_table()
        levels = np.frombuffer(self._stocks, dtype=np.float64).reshape(-1, 3)
        columns: dict[str, Column] = dict(_table(STOCK_COLUMNS[:2], keys).columns)
        for index, name in enumerate(STOCK_COLUMNS[2:]):
            columns[name] = np.ascontiguousarray(levels[:, index])
        return Table(columns, len(keys))


def _matrix(numbers: array[int], width: int) -> NDArray[np.int64]:
    return np.frombuffer(numbers, dtype=np.int64).reshape(-1, width).copy()


def _renumber(matrix: NDArray[np.int64], column: int, rows: NDArray[np.int64]) -> None:
    """Turn numbers of visits, counted as they were asked, into rows."""
    known = matrix[:, column] >= 0
    matrix[known, column] = rows[matrix[known, column]]


def _table(names: tuple[str, ...] | list[str], matrix: NDArray[np.int64]) -> Table:
    columns = {name: np.ascontiguousarray(matrix[:, index]) for index, name in enumerate(names)}
    return Table(columns, len(matrix))


def _sorted_table(names: tuple[str, ...], numbers: array[int], by: tuple[str, ...]) -> Table:
    matrix = _matrix(numbers, len(names))
    if not len(matrix):
        return empty_table()
    keys = [matrix[:, names.index(name)] for name in reversed(by)]
    return _table(names, matrix[np.lexsort(keys)])

"""From an engine's numbers of elements to those of the record.

Engines number elements in the order in which ties are decided, so that no name decides them. Whoever reads a
record finds them in the order of their names.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.record.record import Column, Record, Table

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

Numbers = NDArray[np.int64]
COLUMNS = {
    "consumer": "consumers",
    "service": "services",
    "handoff": "handoffs",
    "call": "calls",
    "provider": "providers",
    "stock": "stocks",
}
"""The columns that number elements, in whatever table, and what they number."""
SOURCES = ("consumers", "stocks", "providers", "calls")
"""What the source of a request numbers, by its kind."""


def read(record: Record, reader: Program) -> Record:
    """A record of an engine with the numbers of the program that its readers have."""
    return record if record.program is reader else Numbering(record.program, reader).read(record)


class Numbering:
    """The numbers of one program in terms of another of the same chain.

    Parameters
    ----------
    engine : Program
        Whose numbers records have.
    reader : Program
        Whose numbers they get.
    """

    def __init__(self, engine: Program, reader: Program) -> None:
        self.reader = reader
        self.of = {kind: _numbers(getattr(engine, kind), getattr(reader, kind)) for kind in COLUMNS.values()}
        self.changes = {kind for kind, numbers in self.of.items() if np.any(np.diff(numbers[:-1]) < 0)}

    def read(self, record: Record) -> Record:
        """A record as its readers know it."""
        tables: dict[str, Any] = {name: self.table(getattr(record, name)) for name in Record.TABLES}
        tables["staffing"] = _in_order(tables["staffing"])
        return replace(record, program=self.reader, **tables)

    def table(self, table: Table) -> Table:
        if not self.changes or not table.columns:
            return table
        columns = {name: self.column(table, name, column) for name, column in table.columns.items()}
        return Table(columns, table.rows)

    def column(self, table: Table, name: str, column: Column) -> Column:
        if name == "source":
            return self.sources(table.get("kind"), column)
        kind = COLUMNS.get(name)
        if kind not in self.changes:
            return column
        found: Column = self.of[kind][column]
        found.flags.writeable = column.flags.writeable
        return found

    def sources(self, kinds: Column, column: Column) -> Column:
        if not self.changes.intersection(SOURCES):
            return column
        found = column.copy()
        for code, kind in enumerate(SOURCES):
            if kind in self.changes:
                rows = np.flatnonzero(kinds == code)
                found[rows] = self.of[kind][column[rows]]
        found.flags.writeable = column.flags.writeable
        return found


def _in_order(staffing: Table) -> Table:
    """Changes of staff at one instant by provider."""
    if not len(staffing):
        return staffing
    rows = np.lexsort((staffing["provider"], staffing["time"]))
    return Table({name: column[rows] for name, column in staffing.columns.items()}, staffing.rows)


def _numbers(ours: tuple[object, ...], theirs: tuple[object, ...]) -> Numbers:
    """The place of each of `ours` among `theirs`; that of none, -1, stays."""
    places = {plan.name: place for place, plan in enumerate(theirs)}  # type: ignore[attr-defined]
    return np.array([*(places[plan.name] for plan in ours), -1], dtype=np.int64)  # type: ignore[attr-defined]

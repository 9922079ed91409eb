"""From an engine's numbers of elements to those of the record.

Engines number elements in the order in which ties are decided, so that no name decides them. Whoever reads a
record finds them in the order of their names.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.program.codes import NONE
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
ORDER = {"staffing": ("time", "provider"), "outages": ("start", "provider", "member")}
"""How the rows of tables that are not numbered stand."""
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
        self.members = _members(engine, reader)
        self.owners = np.array([*(plan.provider for plan in engine.services), -1], dtype=np.int64)
        self.changes = {kind for kind, numbers in self.of.items() if np.any(np.diff(numbers[:-1]) < 0)}

    def read(self, record: Record) -> Record:
        """A record as its readers know it."""
        tables: dict[str, Any] = {name: self.table(getattr(record, name)) for name in Record.TABLES}
        for name, key in ORDER.items():
            tables[name] = _in_order(tables[name], key)
        return replace(record, program=self.reader, **tables)

    def table(self, table: Table) -> Table:
        if not table.columns:
            return table
        columns = {name: self.column(table, name, column) for name, column in table.columns.items()}
        return Table(columns, table.rows)

    def column(self, table: Table, name: str, column: Column) -> Column:
        if name == "source":
            return self.sources(table.get("kind"), column)
        if name == "member":
            return self.member(table, column)
        kind = COLUMNS.get(name)
        if kind not in self.changes:
            return column
        found: Column = self.of[kind][column]
        found.flags.writeable = column.flags.writeable
        return found

    def member(self, table: Table, column: Column) -> Column:
        """Members are numbered within their provider."""
        if self.members is None:
            return column
        owner = table.get("provider", NONE)
        if "service" in table.columns:
            owner = np.where(owner == NONE, self.owners[table["service"]], owner)
        found: Column = self.members[owner, column]
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


def _in_order(table: Table, key: tuple[str, ...]) -> Table:
    """What happened at one instant by provider."""
    if not len(table):
        return table
    rows = np.lexsort(tuple(table[name] for name in reversed(key)))
    return Table({name: column[rows] for name, column in table.columns.items()}, table.rows)


def _numbers(ours: tuple[object, ...], theirs: tuple[object, ...]) -> Numbers:
    """The place of each of `ours` among `theirs`; that of none, -1, stays."""
    places = {plan.name: place for place, plan in enumerate(theirs)}  # type: ignore[attr-defined]
    return np.array([*(places[plan.name] for plan in ours), -1], dtype=np.int64)  # type: ignore[attr-defined]


def _members(engine: Program, reader: Program) -> Numbers | None:
    """The place of each member of each provider; None where all stay."""
    most = max((len(plan.members) for plan in engine.providers), default=0)
    found = np.tile(np.array([*range(most), NONE], dtype=np.int64), (len(engine.providers) + 1, 1))
    theirs = {plan.name: plan.members for plan in reader.providers}
    for plan in engine.providers:
        if plan.members:
            found[plan.index, : len(plan.members)] = _numbers(plan.members, theirs[plan.name])[:-1]
    return found if np.any(np.diff(found[:, :-1]) < 0) else None

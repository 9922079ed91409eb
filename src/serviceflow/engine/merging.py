"""One table of the visits in both parts of a chain: for each request those in the front come first."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from serviceflow.engine import plain
from serviceflow.engine.blocks import constant, take
from serviceflow.engine.express import Express
from serviceflow.engine.kernel import layout, loading
from serviceflow.engine.program import NONE
from serviceflow.engine.record import Table
from serviceflow.engine.recursion.asking import Ints
from serviceflow.engine.recursion.compiling import LOOPS

FIELDS = plain.FIELDS | {
    "queued": layout.P_ASKED,
    "handoff_delay": layout.P_NOTHING,
    "wait_join": layout.P_NOTHING,
}
"""The columns of visits of a chain in two parts, and where the express loop keeps those of the rest."""


def merged(memory: Express, front: Table, rest: Collection[int]) -> Table:
    """The visits of the front, with a row for each first visit in the rest, and those in the memory."""
    return _Merging(memory, front, rest).table()


class _Merging:
    """Columns of the whole table, each filled from both parts."""

    def __init__(self, memory: Express, front: Table, rest: Collection[int]) -> None:
        self.memory = memory
        self.front = front
        self.behind = int(memory.state[layout.NEXT_VISIT])
        is_rest = np.zeros(len(memory.program.services) + 1, dtype=np.bool_)
        is_rest[list(rest)] = True
        tally = memory.put_out("tally").reshape(-1)
        self.places, self.next_places = take(len(front)), take(len(tally))
        self.total = LOOPS.lay_out(
            front["request"], front["service"], is_rest, tally, self.places, self.next_places
        )

    def table(self) -> Table:
        """Columns that are the same in both parts are one array."""
        names = self.memory.program.visit_columns
        alike: dict[object, str] = {}
        first = {name: alike.setdefault((self.lies_at(name), FIELDS[name]), name) for name in names}
        columns = self.columns(alike.values())
        return Table({name: columns[first[name]] for name in names}, self.total)

    def lies_at(self, name: str) -> object:
        """Where a column of the front lies."""
        column = self.front[name]
        return column.__array_interface__["data"], column.strides

    def columns(self, names: Collection[str]) -> dict[str, Ints]:
        constants = {name: self.memory.constants.get(FIELDS[name]) for name in names}
        found = {name: self.filled(name, value) for name, value in constants.items() if value is not None}
        return found | self.arranged([name for name in names if name not in found])

    def filled(self, name: str, value: int) -> Ints:
        """A column that is the same for all visits in the rest."""
        front = self.front[name]
        if not front.strides[0] and (front[:1] == value).all():
            return constant(value, self.total)
        out = take(self.total)
        out[:] = value
        LOOPS.fill_in(front, self.places, out)
        return out

    def arranged(self, names: list[str]) -> dict[str, Ints]:
        """Columns of which the express loop keeps those of the rest."""
        out, rest_places = take(len(names), self.total), take(self.behind)
        for name, column in zip(names, out, strict=True):
            self.fill(name, column)
        fields = np.array([FIELDS[name] for name in names], dtype=np.int64)
        arrange = loading.entry_point("arrange")
        rows, starts = self.memory.pools["visits_out"], self.next_places
        arrange(rows, self.behind, fields, layout.P_REQUEST, NONE, starts, rest_places, out)
        found = dict(zip(names, out, strict=True))
        if "previous" in found:
            LOOPS.connect(self.front["previous"], self.places, rest_places, found["previous"])
        return found

    def fill(self, name: str, out: Ints) -> None:
        """Put in what is known of the front, or what is the same all over it."""
        column = self.front[name]
        if len(column) and not column.strides[0]:
            out[:] = column[0]
        else:
            LOOPS.fill_in(column, self.places, out)

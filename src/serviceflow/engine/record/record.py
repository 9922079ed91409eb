"""The record of a run: what happened, to the tick, from which every figure is computed.

A record is a set of columnar tables of NumPy arrays. Times are int64 ticks (microseconds) from
time 0; ``NEVER_REACHED`` (-1) stands for an instant that did not come. Elements are named by their
index in the program, which sorts names, so that the order of a file changes nothing. A column
that the chain cannot fill is absent, and a reader takes it as zero (:meth:`Table.get`).

``requests`` (one row per request, in order of creation)
    ``kind`` (see ``REQUEST_KINDS``), ``source`` (index of the consumer, stock or provider it comes
    from; of the call for a called request), ``number`` (counted per source), ``consumer`` (in
    whose name, -1 if none), ``parent`` (row of the request that called, else -1), ``asked``,
    ``ended``, ``outcome`` (see ``OUTCOMES``), ``quantity`` (of a reorder), and one float column
    ``attribute:<name>`` per attribute (words as codes of ``Program.words``; NaN where the request
    has none).

``visits`` (one row per visit, by request, then in order of asking)
    ``request`` (row of ``requests``), ``branch`` (0, or the branch of a split), ``service`` (-1: the
    way home of ``A -> end``, which ends at *arrived*), ``visit`` (1, 2, ... at this service),
    ``handoff`` (that brought it; -1 for a direct entry or a call), ``call`` (that brought it, or
    whose answer it is with ``service`` -1; else -1), ``member`` (that worked), ``provider`` (that
    worked: for the first free of several), ``together`` (how many were worked on as one batch; 0 outside
    batches), ``arrived_by_return`` (1: came back as incomplete), the
    instants ``asked``, ``arrived``, ``queued``, ``started``, ``finished``, ``left``, the ``outcome``,
    ``clarifications`` (how many), and the parts of its life in ticks, ``PARTS``, which sum to
    ``left - asked`` (to the end of the run where it has not left).

``pauses`` (one row per stretch within [started, finished] in which work stood still)
    ``visit`` (row of ``visits``), ``cause`` (see ``PAUSES``), ``start``, ``end``.

``stocks`` (one row per change of a level, in order)
    ``stock``, ``time``, ``level`` (after), ``on_order`` (after), ``waiting`` (unmet demand after).

``outages`` (one row per stretch in which a unit of a provider was down)
    ``provider``, ``member`` (-1 where staff are a number), ``start``, ``end``.

``staffing`` (one row per change that a policy made)
    ``provider``, ``time``, ``staff``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

Column = NDArray[np.int64] | NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """Columns of one length, by name."""

    columns: Mapping[str, Column]
    rows: int

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __len__(self) -> int:
        return self.rows

    def get(self, name: str, default: int = 0) -> Column:
        """The column, or one filled with `default` where the chain cannot fill it."""
        found = self.columns.get(name)
        return np.full(self.rows, default, dtype=np.int64) if found is None else found

    def equals(self, other: Table) -> bool:
        """Whether names, types and every bit agree."""
        return list(self.columns) == list(other.columns) and all(
            mine.dtype == other.columns[name].dtype and mine.tobytes() == other.columns[name].tobytes()
            for name, mine in self.columns.items()
        )


def empty_table() -> Table:
    return Table({}, 0)


@dataclass(frozen=True)
class Record:
    """What one replication left behind.

    Attributes
    ----------
    program : Program
        The lowered chain that was run; it gives indices their names.
    seed, replication : int
        The key of every random number of the run.
    stopped : int
        The instant, in ticks, at which the run ended.
    """

    program: Program
    seed: int
    replication: int
    stopped: int
    requests: Table
    visits: Table
    pauses: Table = field(default_factory=empty_table)
    stocks: Table = field(default_factory=empty_table)
    outages: Table = field(default_factory=empty_table)
    staffing: Table = field(default_factory=empty_table)

    TABLES = ("requests", "visits", "pauses", "stocks", "outages", "staffing")

    def equals(self, other: Record) -> bool:
        """Whether two records are the same to the last bit."""
        return self.stopped == other.stopped and all(
            getattr(self, name).equals(getattr(other, name)) for name in self.TABLES
        )

    def differences(self, other: Record) -> list[str]:
        """The names of tables and columns in which two records differ."""
        found = [] if self.stopped == other.stopped else ["stopped"]
        for name in self.TABLES:
            mine, theirs = getattr(self, name), getattr(other, name)
            for column in dict.fromkeys([*mine.columns, *theirs.columns]):
                if column not in mine or column not in theirs:
                    found.append(f"{name}.{column} (absent in one)")
                elif mine[column].tobytes() != theirs[column].tobytes():
                    found.append(f"{name}.{column}")
        return found

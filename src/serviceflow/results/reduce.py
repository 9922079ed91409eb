"""A record condensed in one compiled pass: visits that are alike become one row.

Visits of one service, handoff, provider and source whose states are equal (:mod:`~serviceflow.results.rows`)
share a cell. One pass gives every visit its cell and adds up what is derived from its instants; one more for
each further column of the record adds that up by cell. Nothing of the length of the record is made but the
cells' numbers, of four bytes each. Sums are of whole numbers, and exact as long as they stay below 2 ** 53.

Where Numba is missing, or its code would have to be compiled for a short run that needs no compiler itself,
:class:`~serviceflow.results.rows.EveryVisit` is added up instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.record.buffers import constant
from serviceflow.experiment.engines import no_compiler
from serviceflow.results.calendars import schedule_steps
from serviceflow.results.derived import Flags, Floats, Ints, Reading
from serviceflow.results.rows import (
    BLOCKED_ON_PATH,
    COUNTED_COLUMNS,
    DERIVED,
    STATES,
    Condensed,
    EveryVisit,
    Rows,
    staff_ticks,
)
from serviceflow.results.scopes import works_vary

if TYPE_CHECKING:
    from serviceflow.model.schedules import Schedule

OPTIONS = {"error_model": "numpy", "nogil": True}
ROOM = 2**8
"""Cells that there is room for at first."""
MOST_KEYS = 2**62
EXACT = 2**62
"""Sums of whole numbers stay below it."""


def rows_of(reading: Reading) -> Rows:
    """The visits of a record to add up: condensed where compiled code is at hand."""
    if is_ready() and _fits(reading):
        return condensed(reading)
    return EveryVisit(reading)


def condensed(reading: Reading) -> Condensed:
    """The visits of a record, those that are alike in one row."""
    cells = _Cells(reading)
    cells.sort()
    cells.add_pauses()
    return cells.rows()


def _fits(reading: Reading) -> bool:
    """Whether keys and sums are small enough for whole numbers of 64 bits."""
    return STATES * int(np.prod(_sizes(reading), dtype=object)) < MOST_KEYS and reading.record.stopped < EXACT


def _sizes(reading: Reading) -> list[int]:
    """How many services, handoffs, providers and sources there are, each with one for none."""
    program = reading.program
    most = max(len(getattr(program, f"{kind}s")) for kind in ("consumer", "stock", "provider", "call"))
    return [len(program.services) + 1, len(program.handoffs) + 1, len(program.providers) + 1, most + 1]


class _Cells:
    """The cells of the visits of a record, while they are added up."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.count = len(reading.visits)
        self.vary = works_vary(reading.program)
        self.sizes = np.array(_sizes(reading), dtype=np.int64)
        self.window = np.array([*reading.window, reading.record.stopped], dtype=np.int64)
        self.cells = np.empty(self.count, dtype=np.int32)
        self.used = np.zeros(1, dtype=np.int64)
        self.table = np.full(4 * ROOM, -1, dtype=np.int64)
        self.keys = np.empty(ROOM, dtype=np.int64)
        self.counts = np.zeros(ROOM, dtype=np.int64)
        self.sums: Floats = np.zeros((ROOM, len(DERIVED)))
        self.path = path_of(reading)
        self.step = max(EXACT // max(reading.record.stopped, 1), 1)
        """So many rows can be added up as whole numbers."""

    def sort(self) -> None:
        """Give every visit its cell, and add up what is derived from its instants."""
        first = 0
        while first < self.count:
            reached = self._sort(first, min(first + self.step, self.count))
            if reached < min(first + self.step, self.count):
                self._grow()
            first = reached

    def _sort(self, first: int, last: int) -> int:
        reading, visits, requests = self.reading, self.reading.visits, self.reading.requests
        asked = tuple(requests[name] for name in ("kind", "source", "asked", "outcome"))
        none, size = self._absent, len(self.keys)
        columns = (
            visits["request"],
            reading.service,
            none("handoff", -1),
            reading.provider if self.vary else constant(-1, self.count),
            reading.outcome,
            visits["asked"],
            visits["arrived"],
            none("queued", -1),
            visits["started"],
            visits["finished"],
            visits["left"],
            none("clarifications", 0),
            none("arrived_by_return", 0),
        )
        sums = np.zeros((size, len(DERIVED)), dtype=np.int64)
        reached: int = loop("sort_visits")(
            first, last, self.window, self.sizes, asked, columns, self.path,
            self.table, self.keys, self.counts, sums, self.used, self.cells,
        )  # fmt: skip
        self.sums += sums
        return reached

    def _absent(self, name: str, default: int) -> Ints:
        visits = self.reading.visits
        return visits[name] if name in visits else constant(default, self.count)

    def _grow(self) -> None:
        """Make room for twice as many cells."""
        size = 2 * len(self.keys)
        keys, counts, sums = self.keys, self.counts, self.sums
        self.keys, self.counts = np.empty(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        self.sums = np.zeros((size, len(DERIVED)))
        self.keys[: len(keys)], self.counts[: len(keys)], self.sums[: len(keys)] = keys, counts, sums
        self.table = np.full(4 * size, -1, dtype=np.int64)
        loop("fill_table")(self.table, self.keys, len(keys))

    def add_pauses(self) -> None:
        """Take pauses from the busy time, or add up that of batches, of which a visit has a share."""
        reading, pauses = self.reading, self.reading.pauses
        if reading.batch_share is not None:
            for name, ticks in staff_ticks(reading).items():
                self.sums[:, DERIVED.index(name)] = np.bincount(self.cells, ticks, len(self.keys))
        elif len(pauses):
            columns = (pauses["visit"], pauses["cause"], pauses["start"], pauses["end"])
            for first in range(0, len(pauses), self.step):
                sums = np.zeros((len(self.keys), len(DERIVED)), dtype=np.int64)
                last = min(first + self.step, len(pauses))
                loop("take_pauses")(first, last, self.window, columns, self.cells, sums)
                self.sums += sums

    def rows(self) -> Condensed:
        """A row for each cell."""
        count = int(self.used[0])
        sums = {name: self.sums[:count, place].copy() for place, name in enumerate(DERIVED)}
        some = {}
        for name in COUNTED_COLUMNS:
            if name in self.reading.visits:
                total, some[name] = self._added(self.reading.visits[name])
                sums.setdefault(name, total)  # What is blocked is a stage, too.
        if "blocked" in some:
            self._blocked_on_path(sums, some)
        state, (service, handoff, provider, source) = self._parts(self.keys[:count])
        provider = provider if self.vary else self.reading.owners[service]
        counts = self.counts[:count].astype(np.float64)
        program, cells = self.reading.program, self.cells
        return Condensed(program, counts, service, handoff, provider, source, state, sums, some, cells)

    def _blocked_on_path(self, sums: dict[str, Floats], some: dict[str, Floats]) -> None:
        """Where the visits on a critical path were blocked, as far as the path had to wait for that."""
        if len(self.path) == 0:
            sums[BLOCKED_ON_PATH], some[BLOCKED_ON_PATH] = sums["blocked"], some["blocked"]
        else:
            sums[BLOCKED_ON_PATH], some[BLOCKED_ON_PATH] = self._added(self.reading.blocked_on_path)

    def _parts(self, keys: Ints) -> tuple[Ints, list[Ints]]:
        """State and elements of cells."""
        found = []
        for size in self.sizes[::-1].tolist():
            keys, element = np.divmod(keys, size)
            found.append(element - 1)
        return keys, found[::-1]

    def _added(self, column: Ints) -> tuple[Floats, Floats]:
        """Sum of a column, and where it has something, by cell."""
        size = int(self.used[0])
        total, some = np.zeros(size), np.zeros(size, dtype=np.int64)
        for first in range(0, self.count, self.step):
            sums = np.zeros(size, dtype=np.int64)
            loop("add_column")(first, min(first + self.step, self.count), self.cells, column, sums, some)
            total += sums
        return total, some.astype(np.float64)


def path_of(reading: Reading) -> Flags:
    """The visits on each request's critical path; nothing where all are on it."""
    visits = reading.visits
    if "previous" not in visits:
        return np.empty(0, dtype=np.bool_)
    found = np.zeros(len(visits), dtype=np.bool_)
    loop("follow_paths")(reading.record.stopped, visits["request"], visits["left"], visits["previous"], found)
    return found


def late_visits(reading: Reading, duties: Mapping[int, Schedule]) -> Ints:
    """Visits whose work began off duty, or was in hand when their provider's staff changed.

    Parameters
    ----------
    reading : Reading
        The replication.
    duties : mapping
        Provider to its staff on duty; the visits of others are not looked at.
    """
    visits, found = reading.visits, np.zeros(len(reading.visits), dtype=np.bool_)
    end = max(reading.record.stopped, 0) + 1
    empty = (np.empty(0, dtype=np.int64), np.empty(0))
    steps = [
        schedule_steps(duties[plan.index], (0, end)) if plan.index in duties else empty
        for plan in reading.program.providers
    ]
    first = np.cumsum([0, *(len(times) for times, _ in steps)], dtype=np.int64)
    changes, duty = (np.concatenate(column) for column in zip(*steps, strict=True))
    loop("mark_late")(
        reading.window[0],
        reading.record.stopped,
        reading.provider,
        (visits["started"], visits["finished"], visits["left"]),
        first,
        changes,
        duty,
        first[:-1].copy(),
        found,
    )
    return np.flatnonzero(found)


def added_up(cells: Ints, ticks: Ints, size: int) -> Ints:
    """The sum of each cell, exactly."""
    return _added_up(cells.astype(np.int32), ticks, size)[0]


def added_columns(cells: Ints, columns: Iterable[Ints], size: int) -> Iterator[tuple[Floats, Ints]]:
    """Of each column the sum by cell, and where it has something."""
    own = cells.astype(np.int32)
    for column in columns:
        step = max(EXACT // max(int(column.max(initial=0)), 1), 1)
        if len(column) <= step:
            ticks, some = _added_up(own, column, size)
            yield ticks.astype(np.float64), some
        else:
            large: Floats = np.bincount(cells, column, size).astype(np.float64)
            yield large, np.bincount(cells[column > 0], minlength=size)


def _added_up(cells: NDArray[Any], column: Ints, size: int) -> tuple[Ints, Ints]:
    sums, some = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    if is_ready():
        loop("add_column")(0, len(cells), cells, column, sums, some)
    else:
        np.add.at(sums, cells, column)
        np.add.at(some, cells, column > 0)
    return sums, some


# Compiled code


def _signatures() -> dict[str, Any]:
    import numba

    types: Any = numba.types

    column = types.Array(types.int64, 1, "A", readonly=True)
    whole, numbers = types.int64, types.Array(types.int64, 1, "C")
    table, cells = types.Array(types.int64, 2, "C"), types.Array(types.int32, 1, "C")
    flags = types.Array(types.boolean, 1, "A", readonly=True)
    amounts = types.Array(types.float64, 1, "C")
    marks = types.Array(types.boolean, 1, "C")
    places = types.Array(types.int32, 1, "A", readonly=True)
    shares, shares2 = types.Array(types.float64, 1, "A", readonly=True), types.Array(types.float64, 2, "C")
    columns = types.UniTuple
    return {
        "sort_visits": whole(
            whole, whole, numbers, numbers, columns(column, 4), columns(column, 13), flags,
            numbers, numbers, numbers, table, numbers, cells,
        ),
        "fill_table": types.void(numbers, numbers, whole),
        "add_column": types.void(whole, whole, cells, column, numbers, numbers),
        "spread": types.void(places, column, column, *(amounts,) * 5),
        "count_values": types.void(places, column, column, whole, whole, table),
        "cover_hours": types.void(
            whole, whole, column, column, column, column, shares, shares2, shares2, amounts,
        ),
        "take_pauses": types.void(whole, whole, numbers, columns(column, 4), cells, table),
        "mark_late": types.void(
            whole, whole, column, columns(column, 3), numbers, numbers, amounts, numbers, marks,
        ),
        "follow_paths": types.void(whole, column, column, column, marks),
    }  # fmt: skip


LOOPS = (
    *("sort_visits", "fill_table", "add_column", "take_pauses", "mark_late", "follow_paths"),
    *("spread", "count_values", "cover_hours"),
)
SOURCES = ("reduce", "reduce_kernels", "rows")
_ONE_AT_A_TIME = RLock()
_LOADED: dict[str, Callable[..., Any]] = {}


def loop(name: str) -> Callable[..., Any]:
    """A loop of :mod:`reduce_kernels`, compiled or taken from the cache when it is first asked for."""
    if name not in _LOADED:
        from serviceflow.engine.kernel import compile_cache
        from serviceflow.results import reduce_kernels

        with _ONE_AT_A_TIME, compile_cache.cached_in(_folder()) as cached:
            if name not in _LOADED:
                function = getattr(reduce_kernels, name)
                _LOADED[name] = compile_cache.jitted(function, _signatures()[name], cached, OPTIONS)
    return _LOADED[name]


def is_ready() -> bool:
    """Whether the loops are at hand: loaded, or compiled by an earlier process."""
    if len(_LOADED) == len(LOOPS):
        return True
    if no_compiler():
        return False
    folder = _folder()
    return folder is not None and (folder / "complete").exists()


def prepare() -> None:
    """Compile the loops, or take them from the cache; nothing where there is no compiler."""
    if no_compiler() or len(_LOADED) == len(LOOPS):
        return
    for name in LOOPS:
        loop(name)
    folder = _folder()
    if folder is not None and folder.exists():
        (folder / "complete").touch()


@cache
def _fingerprint() -> str:
    here = Path(__file__).parent
    sources = b"".join((here / f"{name}.py").read_bytes() for name in SOURCES)
    return blake2b(sources, digest_size=10).hexdigest()


def _folder() -> Path | None:
    """Where compiled loops are kept: beside the engine's, whose constants they know."""
    from serviceflow.engine.kernel import compile_cache

    folder = compile_cache.cache_folder()
    return None if folder is None else folder / f"results-{_fingerprint()}"

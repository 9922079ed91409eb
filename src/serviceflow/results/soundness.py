"""Whether what a file of results holds can be a record of its chain: names, kinds and bounds of everything.

A file may have been altered on its way. Nothing of it is used before it has been looked at here, so that
damage is told where it is, and not by whatever stumbles over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.program.codes import INSTANTS, OUTCOMES, PAUSES, REQUEST_KINDS
from serviceflow.engine.record.record import Record, Table
from serviceflow.errors import ServiceflowError
from serviceflow.results.quantile_sketch import BUCKETS
from serviceflow.results.scopes import size_of

if TYPE_CHECKING:
    from serviceflow.results.summary_record import Digest

Range = tuple[int, int]
"""The least that a column may hold, and what it stays below."""
FROM_ZERO: Range = (0, 2**63 - 1)
FROM_NEVER: Range = (-1, 2**63 - 1)
STOCK_LEVELS = ("level", "on_order", "waiting")


class DamageError(ServiceflowError, ValueError):
    """A part of a file that cannot be what was written; the message says what is wrong with it."""


def expect(condition: bool, what: str) -> None:
    """Raise DamageError unless a condition holds."""
    if not condition:
        raise DamageError(what)


def field(entries: Any, name: str, *kinds: type) -> Any:
    """An entry of a mapping, which must be of one of these kinds; true is no number."""
    expect(isinstance(entries, dict) and name in entries, f"{name!r} is missing")
    found = entries[name]
    fits = isinstance(found, kinds) and (bool in kinds or not isinstance(found, bool))
    expect(fits, f"{name!r} is {_shown(found)}")
    return found


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


# Records


def check_record(record: Record) -> None:
    """Raise DamageError for what no run of the record's chain can have left behind."""
    for table in Record.TABLES:
        for column, (least, beyond) in _bounds(record, table).items():
            _check_column(getattr(record, table), table, column, least, beyond)
    _check_floats(record)
    _check_columns(record)
    _check_sources(record)


def is_float(table: str, column: str) -> bool:
    """Whether a column holds numbers with fractions."""
    levels = table == "stocks" and column in STOCK_LEVELS
    return levels or (table == "requests" and (column == "quantity" or column.startswith("attribute:")))


def _bounds(record: Record, table: str) -> dict[str, Range]:
    program = record.program
    requests, visits = len(record.requests), len(record.visits)
    services, providers = (0, len(program.services)), (0, len(program.providers))
    if table == "requests":
        return {
            **dict.fromkeys(("source", "number"), FROM_ZERO),
            "asked": FROM_ZERO if program.opening is None else (-(2**63), 2**63),
            "kind": (0, len(REQUEST_KINDS)),
            "consumer": (-1, len(program.consumers)),
            "parent": (-1, requests),
            "ended": FROM_NEVER,
            "outcome": (0, len(OUTCOMES)),
        }
    if table == "visits":
        return {
            **dict.fromkeys(INSTANTS, FROM_NEVER),
            "request": (0, requests),
            "service": (-1, services[1]),
            "handoff": (-1, len(program.handoffs)),
            "call": (-1, len(program.calls)),
            "provider": (-1, providers[1]),
            "previous": (-1, visits),
            "outcome": (0, len(OUTCOMES)),
        }
    stretch = {"start": FROM_ZERO, "end": FROM_NEVER}
    return {
        "pauses": {**stretch, "visit": (0, visits), "cause": (0, len(PAUSES))},
        "stocks": {"stock": (0, len(program.stocks)), "time": FROM_ZERO},
        "outages": {**stretch, "provider": providers, "member": FROM_NEVER},
        "staffing": {"provider": providers, "time": FROM_ZERO, "staff": FROM_ZERO},
    }[table]


def _check_column(table: Table, name: str, column: str, least: int, beyond: int) -> None:
    if column not in table or not len(table):
        return
    values = table[column]
    low, high = int(values.min()), int(values.max())
    wrong = low if low < least else high
    expect(least <= low and high < beyond, f"{name}.{column} holds {wrong}, which is none of this chain")


def _check_floats(record: Record) -> None:
    for name in Record.TABLES:
        for column, values in getattr(record, name).columns.items():
            wanted = np.float64 if is_float(name, column) else np.int64
            expect(values.dtype == wanted, f"{name}.{column} holds {values.dtype}, not {np.dtype(wanted)}")
            expect(not np.isinf(values).any(), f"{name}.{column} holds an infinite number")


def _check_columns(record: Record) -> None:
    """Columns without which figures cannot be reckoned."""
    program = record.program
    wanted = {"requests": program.request_columns, "visits": program.visit_columns}
    for table in ("pauses", "stocks", "outages", "staffing"):
        wanted[table] = tuple(_bounds(record, table)) if len(getattr(record, table)) else ()
    if len(record.stocks):
        wanted["stocks"] = (*wanted["stocks"], *STOCK_LEVELS)
    for table, columns in wanted.items():
        missing = next((name for name in columns if name not in getattr(record, table)), None)
        expect(missing is None, f"{table} has no column {missing!r}")


def _check_sources(record: Record) -> None:
    """Requests name a source of their kind, and come after those that called them."""
    program, requests = record.program, record.requests
    counts = (len(program.consumers), len(program.stocks), len(program.providers), len(program.calls))
    beyond = np.array(counts)[requests["kind"]]
    expect(bool((requests["source"] < beyond).all()), "requests.source names what is not there of its kind")
    later = requests.get("parent", -1) >= np.arange(len(requests))
    expect(not later.any(), "requests.parent names a later request")


# Summaries


def check_arrays(arrays: Mapping[str, NDArray[Any]], fresh: Digest) -> None:
    """Raise DamageError where arrays cannot be those of a summary of the chain of `fresh`, an empty one."""
    wanted = fresh.arrays()
    needed = [name for name in wanted if not name.startswith("paths/") or "paths/codes" in arrays]
    missing = next((name for name in needed if name not in arrays), None)
    expect(missing is None, f"{missing!r} is missing")
    for name, array in arrays.items():
        like = wanted.get(name)
        if like is None or name.startswith(VARYING):
            _check_varying(name, array, arrays, fresh)
            kind = like.dtype.kind if like is not None else array.dtype.kind
        else:
            kind = like.dtype.kind
            expect(array.shape == like.shape, f"{name!r} has the shape {array.shape}, not {like.shape}")
        expect(array.dtype.kind == kind and kind in "if", f"{name!r} holds {array.dtype}")
    expect(bool((arrays["run"] >= 0).all()), "'run' holds numbers below 0")


VARYING = ("sketches/", "lost/", "overtime/", "paths/", "pending/")
"""Parts whose size depends on what happened."""


def _check_varying(name: str, array: NDArray[Any], arrays: Mapping[str, NDArray[Any]], fresh: Digest) -> None:
    part, _, rest = name.partition("/")
    scope, _, measure = rest.rpartition("/")
    known = ("figures", "sketches", "lost", "overtime", "paths", "pending")
    expect(part in known, f"{name!r} is no part of a summary")
    if part == "figures":
        expect(
            array.shape == (size_of(fresh.program, rest.partition("/")[0]),), f"{name!r} has a wrong length"
        )
    elif part == "sketches" and measure == "counts":
        rows = size_of(fresh.program, scope.partition("/")[0])
        first = arrays.get(f"sketches/{scope}/first")
        fits = array.ndim == 2 and len(array) == rows and first is not None and first.shape == (1,)
        expect(fits and 0 <= int(first[0]) <= BUCKETS - array.shape[1], f"{name!r} has a wrong size")  # type: ignore[index]
        expect(not (array < 0).any(), f"{name!r} holds numbers below 0")
    elif part == "lost" and scope:
        rows = len(arrays["lost/combinations"])
        fits = array.ndim == 2 and len(array) <= rows and array.shape[1] == fresh.lost.hours
        expect(fits, f"{name!r} has a wrong size")
        twin = arrays.get(f"lost/{'visits' if scope == 'ticks' else 'ticks'}/{measure}")
        expect(twin is not None and twin.shape == array.shape, f"{name!r} has no other half")
    elif part == "paths":
        _check_paths(name, array, arrays, fresh)
    elif part == "pending":
        _check_pending(name, array, fresh)
    else:
        expect(array.ndim == 1, f"{name!r} has {array.ndim} dimensions")


def _check_pending(name: str, array: NDArray[Any], fresh: Digest) -> None:
    empty = getattr(fresh.sums.pending, name.rpartition("/")[2], None)
    expect(empty is not None and array.ndim == 2 and len(array) == len(empty), f"{name!r} has a wrong size")
    program, indices = fresh.program, (array[0],)
    sizes: tuple[int, ...] = (len(program.stocks),)
    if name == "pending/members":
        indices, sizes = (array[-2], array[-1]), (len(program.providers), len(program.services))  # type: ignore[assignment]
    for index, size in zip(indices, sizes, strict=True):
        fits = bool(((index >= 0) & (index < size)).all())
        expect(fits, f"{name!r} is of another chain")


def _check_paths(name: str, array: NDArray[Any], arrays: Mapping[str, NDArray[Any]], fresh: Digest) -> None:
    codes, ticks = arrays.get("paths/codes"), arrays.get("paths/ticks")
    expect(codes is not None and ticks is not None, "half of 'paths' is missing")
    expect(array.ndim == 1 and codes.shape == ticks.shape, f"{name!r} has a wrong size")  # type: ignore[union-attr]
    expect(not (array < 0).any(), f"{name!r} holds numbers below 0")
    if name == "paths/codes" and fresh.paths is not None:
        fits = not len(array) or int(array[-1]) < fresh.paths.beyond
        expect(fits and bool((array[1:] > array[:-1]).all()), f"{name!r} is of another chain")

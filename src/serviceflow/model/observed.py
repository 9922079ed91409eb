"""What lies in files beside the model: traces of arrivals, samples of durations, calendars."""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from serviceflow.errors import listed
from serviceflow.model.elements import Arrivals, RunSettings, TraceRow
from serviceflow.model.expressions import Expression
from serviceflow.model.fields import Element, Frozen, shown
from serviceflow.model.holidays import Place, dated
from serviceflow.model.mistakes import Collector
from serviceflow.model.nodes import Distribution
from serviceflow.model.state import state_of_file
from serviceflow.model.timetables import Instants, Timetable
from serviceflow.units import LONGEST, parse_duration

LARGEST_FILE = 50_000_000
"""Bytes that a file may have."""
MOST_ROWS = 1_000_000
MOST_COLUMNS = 200
TIME = "time"


def resolve(element: Any, place: Place) -> Any:
    """The element with what it asks of files and holidays read in; the same one if it asks nothing."""
    if isinstance(element, Element):
        return _resolved_element(element, place)
    return _resolved(element, place)


def _resolved_element(element: Element, place: Place) -> Element:
    collector = Collector()
    updates: dict[str, Any] = {}
    for name in type(element).model_fields:
        value = getattr(element, name)
        with collector.within(name):
            found = resolve(value, place)
            if found is not value:
                updates[name] = found
    if isinstance(element, Arrivals) and element.file is not None and element.trace is None:
        with collector.within("file"):
            path = find_file(element.file, place.folder)
            updates["trace"] = read_trace(path, place.time_unit, place.start)
    collector.close()
    return element.model_copy(update=updates) if updates else element


def _resolved(value: Any, place: Place) -> Any:
    if isinstance(value, Timetable | Instants):
        return dated(value, place)
    if isinstance(value, Expression):
        if any(isinstance(node, Distribution) and _needs_file(node) for node in value.root.walk()):
            return value.with_data(lambda file, column: read_column(find_file(file, place.folder), column))
        return value
    if isinstance(value, Frozen):
        return _resolved_mapping(value, place)
    return value


def with_state(run: RunSettings, folder: Path | None) -> RunSettings:
    """The settings of runs with the file read in that holds what they start from."""
    state = run.start_from
    if state is None or state.is_read:
        return run
    found = state_of_file(find_file(state.file or "", folder))
    if not found.rows:
        raise ValueError(f"the file {shown(state.file)} has no rows")
    return run.model_copy(update={"start_from": found})


def _needs_file(node: Distribution) -> bool:
    return node.argument("file") is not None and node.data is None


def _resolved_mapping(value: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    collector = Collector()
    found: dict[str, Any] = {}
    for key, entry in value.items():
        with collector.within(key):
            found[key] = _resolved(entry, place)
    collector.close()
    return value if all(found[key] is value[key] for key in found) else Frozen(found)


def find_file(name: str, folder: Path | None) -> Path:
    """A file that a model names: it must lie in the folder of the model, or below."""
    if not name or "\0" in name or len(name) > 1000:
        raise ValueError(f"{shown(name)} is no name of a file")
    root = (folder or Path()).resolve()
    path = (root / name).resolve()
    if Path(name).is_absolute() or not path.is_relative_to(root):
        raise ValueError(f"{shown(name)} lies outside the folder of the model; put the file beside the model")
    if not path.is_file():
        raise ValueError(f"there is no file {shown(name)} in {root}")
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"the file {shown(name)} has more than {LARGEST_FILE // 1_000_000} MB")
    return path


def read_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """The names of the columns, and the rows that are not empty."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = [name.strip() for name in next(reader, [])]
            rows = []
            for row in reader:
                if any(cell.strip() for cell in row):
                    rows.append(row)
                if len(rows) > MOST_ROWS:
                    raise ValueError(f"the file {path.name} has more than {MOST_ROWS} rows")
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise ValueError(f"the file {path.name} cannot be read as CSV in UTF-8: {error}") from None
    _check_header(path, header, rows)
    return header, rows


def _check_header(path: Path, header: list[str], rows: list[list[str]]) -> None:
    if not any(header):
        raise ValueError(f"the file {path.name} is empty; its first line names the columns")
    if len(header) > MOST_COLUMNS:
        raise ValueError(f"the file {path.name} has {len(header)} columns; at most {MOST_COLUMNS} are read")
    for name in header:
        if header.count(name) > 1:
            raise ValueError(f"the file {path.name} has two columns named {shown(name)}")
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise ValueError(
                f"row {number} of {path.name} has {len(row)} cells, the first line {len(header)}"
            )


def read_column(path: Path, column: str | None) -> list[float]:
    """The numbers of a column; of the only one if none is named."""
    header, rows = read_rows(path)
    if column is None and len(header) > 1:
        raise ValueError(f"the file {path.name} has several columns; name one: {listed(header)}")
    if column is not None and column not in header:
        raise ValueError(f"the file {path.name} has no column {shown(column)}; there are {listed(header)}")
    place = 0 if column is None else header.index(column)
    if not rows:
        raise ValueError(f"the file {path.name} has no rows")
    return [_read_number(path, number, row[place]) for number, row in enumerate(rows, 2)]


def _read_number(path: Path, row: int, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        raise ValueError(f"row {row} of {path.name}: {shown(cell)} is no number") from None
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"row {row} of {path.name}: {shown(cell)} is no number from 0 on")
    return value


def read_trace(path: Path, time_unit: str, start: dt.date) -> tuple[TraceRow, ...]:
    """The arrivals of a file, in order of time.

    The column ``time`` holds durations from time 0 (bare numbers are in `time_unit`) or timestamps such as
    ``2026-01-05 09:30``; each other column holds an attribute of that name, empty where it is not set.
    """
    header, rows = read_rows(path)
    if TIME not in header:
        raise ValueError(f"the file {path.name} has no column 'time'; there are {listed(header)}")
    if not rows:
        raise ValueError(f"the file {path.name} has no rows")
    place = header.index(TIME)
    found = []
    for number, row in enumerate(rows, 2):
        time = _read_instant(path, number, row[place], time_unit, start)
        cells = [(name, cell.strip()) for name, cell in zip(header, row, strict=True) if name != TIME]
        found.append(TraceRow(time, tuple((name, _read_cell(cell)) for name, cell in cells if cell)))
    return tuple(sorted(found, key=lambda row: row.time))


def _read_instant(path: Path, row: int, cell: str, time_unit: str, start: dt.date) -> int:
    cell = cell.strip()
    try:
        time = _timestamp(cell, start)
        return parse_duration(cell, time_unit) if time is None else time
    except ValueError as error:
        raise ValueError(f"row {row} of {path.name}: {error}") from None


def _timestamp(cell: str, start: dt.date) -> int | None:
    """Ticks from the start to a timestamp; None if the cell is none."""
    if "-" not in cell.strip("-")[:8] or not cell[:1].isdigit():
        return None
    try:
        moment = dt.datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"{shown(cell)} is no timestamp; write it as 2026-01-05 09:30") from None
    if moment.tzinfo is not None:
        raise ValueError(f"{shown(cell)} has a time zone; write the local time, as 2026-01-05 09:30")
    ticks = (moment - dt.datetime.combine(start, dt.time())) // dt.timedelta(microseconds=1)
    if not 0 <= ticks < LONGEST:
        raise ValueError(f"{shown(cell)} lies before the start of the chain, {start}")
    return ticks


def _read_cell(cell: str) -> float | str:
    try:
        value = float(cell)
    except ValueError:
        return {"true": 1.0, "false": 0.0}.get(cell.lower(), cell)
    return value if math.isfinite(value) else cell

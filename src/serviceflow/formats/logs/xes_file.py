"""Logs in XES files, packed or not, read piece by piece."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from serviceflow.formats.logs.raw import LARGEST_FILE, MOST_COLUMNS, MOST_ROWS, LogError, RawLog, chunks
from serviceflow.formats.xml_text import Limits, XmlFault, parse

VALUES = ("string", "date", "int", "float", "boolean", "id")
LIMITS = Limits(size=LARGEST_FILE, depth=60, elements=100_000_000)


def read_xes(path: Path) -> RawLog:
    """Read a XES file: a row for every event, with the attributes of its trace.

    Raises
    ------
    LogError
        If it is no XES, or is beyond the bounds.
    """
    reader = _Reader(str(path))
    try:
        parse(chunks(path, str(path)), reader.start, reader.end, lambda _: None, LIMITS)
    except XmlFault as fault:
        place = str(path) if fault.line is None else f"{path}:{fault.line}"
        raise LogError(place, fault.message) from None
    if not reader.count:
        raise LogError(str(path), "there are no events in it")
    return RawLog(reader.finished(), "XES")


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.columns: dict[str, list[Any]] = {}
        self.path: list[str] = []
        self.trace: dict[str, str] = {}
        self.event: dict[str, str] | None = None
        self.count = 0
        self.traces = 0

    def start(self, name: str, space: str, attributes: dict[str, str], line: int) -> None:
        if not self.path and name != "log":
            raise XmlFault(f"this is no XES: it begins with <{name[:40]}>, not with <log>", line)
        parent = self.path[-1] if self.path else ""
        if name == "trace":
            self.trace = {}
            self.traces += 1
        elif name == "event":
            self.event = {}
        elif name in VALUES and "key" in attributes:
            if parent == "event" and self.event is not None:
                self.event.setdefault(attributes["key"], attributes.get("value", ""))
            elif parent == "trace":
                self.trace.setdefault(attributes["key"], attributes.get("value", ""))
        self.path.append(name)

    def end(self) -> None:
        if self.path.pop() == "event" and self.event is not None:
            self.add(self.event)
            self.event = None

    def add(self, event: dict[str, str]) -> None:
        if self.count >= MOST_ROWS:
            raise XmlFault(f"it has more than {MOST_ROWS:,} events")
        row = {f"case:{key}": value for key, value in self.trace.items()}
        row.setdefault("case:concept:name", f"trace {self.traces}")
        for key, value in (row | event).items():
            column = self.columns.get(key)
            if column is None:
                if len(self.columns) >= MOST_COLUMNS:
                    continue
                column = self.columns[key] = []
            if len(column) < self.count:
                column.extend([None] * (self.count - len(column)))
            column.append(value if value != "" else None)
        self.count += 1

    def finished(self) -> dict[str, list[Any]]:
        for column in self.columns.values():
            column.extend([None] * (self.count - len(column)))
        return self.columns

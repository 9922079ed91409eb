"""Logs in CSV files."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

from serviceflow.formats.logs.raw import MOST_COLUMNS, MOST_ROWS, LogError, RawLog, chunks

DELIMITERS = (",", ";", "\t", "|")
LONGEST_FIELD = 1_000_000
EMPTY = frozenset(("", "nan", "NaN", "NaT", "null", "NULL", "None", "N/A", "n/a"))


def read_csv(path: Path) -> RawLog:
    """Read a CSV file whose first row names its columns.

    Raises
    ------
    LogError
        If it is no CSV, or is beyond the bounds.
    """
    name = str(path)
    said: list[str] = []
    text = _decoded(b"".join(chunks(path, name)), said)
    if "\x00" in text[:10_000]:
        raise LogError(name, "this is no text; a CSV file is")
    delimiter = _delimiter(text)
    csv.field_size_limit(LONGEST_FIELD)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise LogError(name, f"this is no CSV that can be read ({error})") from None
    rows = [row for row in rows if row]
    if len(rows) < 2:
        raise LogError(name, "there are no events in it: a row of names and rows of events are needed")
    if len(rows) > MOST_ROWS or len(rows[0]) > MOST_COLUMNS:
        raise LogError(name, f"it has more than {MOST_ROWS:,} rows or {MOST_COLUMNS} columns")
    return RawLog(_columns(rows, said), "CSV", said)


def _decoded(data: bytes, said: list[str]) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        said.append("The text is not in UTF-8: it is read as Windows-1252.")
        return data.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    """The separator that the first line has most of."""
    first = text[: text.find("\n") if "\n" in text else len(text)][:100_000]
    counts = {one: first.count(one) for one in DELIMITERS}
    best = max(counts, key=lambda one: counts[one])
    return best if counts[best] else ","


def _columns(rows: list[list[str]], said: list[str]) -> dict[str, list[str | None]]:
    names = _distinct([name.strip().strip("﻿") or f"column {place}" for place, name in enumerate(rows[0], 1)])
    width = len(names)
    uneven = sum(len(row) != width for row in rows[1:])
    if uneven:
        said.append(
            f"{uneven:,} rows have more or fewer values than there are columns: they are cut or filled."
        )
        body = [row[:width] + [""] * (width - len(row)) for row in rows[1:]]
    else:
        body = rows[1:]
    return {
        name: [None if value in EMPTY else value for value in values]
        for name, values in zip(names, zip(*body, strict=True), strict=True)
    }


def _distinct(names: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found

"""Logs in CSV files."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from serviceflow.formats.logs.raw import (
    CHUNK,
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_ROWS,
    LogError,
    RawLog,
    chunks,
    is_or_are,
    many,
)

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
    data = b"".join(chunks(path, name))
    encoding = _encoding(data, said)
    if "\x00" in data[:10_000].decode(encoding, errors="replace"):
        raise LogError(name, "this is no text; a CSV file is")
    csv.field_size_limit(LONGEST_FIELD)
    with io.TextIOWrapper(io.BytesIO(data), encoding, errors="replace", newline="") as lines:
        delimiter = _delimiter(lines.readline(100_000))
        lines.seek(0)
        try:
            columns = _columns(filter(None, csv.reader(lines, delimiter=delimiter)), said, name)
        except csv.Error as error:
            raise LogError(name, f"this is no CSV that can be read ({error})") from None
    return RawLog(columns, "CSV", said)


def _encoding(data: bytes, said: list[str]) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for first in range(0, len(data), CHUNK):
            decoder.decode(data[first : first + CHUNK], final=first + CHUNK >= len(data))
    except UnicodeDecodeError:
        said.append("The text is not in UTF-8: it is read as Windows-1252.")
        return "cp1252"
    return "utf-8-sig"


def _delimiter(first: str) -> str:
    """The separator that the first line has most of."""
    counts = {one: first.count(one) for one in DELIMITERS}
    best = max(counts, key=lambda one: counts[one])
    return best if counts[best] else ","


def _columns(rows: Iterator[list[str]], said: list[str], name: str) -> dict[str, list[str | None]]:
    """The values of every column; equal values are one object, so that a long log takes little memory."""
    names = distinct([text.strip() or f"column {place}" for place, text in enumerate(next(rows, []), 1)])
    width = len(names)
    values: list[list[str | None]] = [[] for _ in names]
    known: dict[str, str | None] = dict.fromkeys(EMPTY)
    uneven = 0
    most = min(MOST_ROWS, MOST_CELLS // max(1, width))
    for count, row in enumerate(rows):
        if count >= most or width > MOST_COLUMNS:
            raise LogError(
                name, f"it has more than {MOST_ROWS:,} rows, {MOST_COLUMNS} columns or {MOST_CELLS:,} values"
            )
        if len(row) != width:
            uneven += 1
            row = [*row[:width], *([""] * (width - len(row)))]
        for column, value in zip(values, row, strict=True):
            column.append(known.setdefault(value, value))
    if not values or not values[0]:
        raise LogError(name, "there are no events in it: a row of names and rows of events are needed")
    if uneven:
        said.append(
            f"{many(uneven, 'row')} with more or fewer values than there are columns {is_or_are(uneven)}"
            " cut or filled."
        )
    return dict(zip(names, values, strict=True))


def distinct(names: list[str]) -> list[str]:
    """Names of columns, of which no two are the same."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found

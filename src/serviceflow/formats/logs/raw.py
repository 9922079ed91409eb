"""Columns of a log as a file has them, and the bounds within which files are read."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from serviceflow.errors import ServiceflowError, one_line

MEGABYTE = 1_000_000
LARGEST_FILE = 300 * MEGABYTE
"""Bytes of a file, and of what a packed one unpacks to."""
MOST_ROWS = 5_000_000
MOST_COLUMNS = 500
MOST_CELLS = 30_000_000
CHUNK = 1 << 20


class LogError(ServiceflowError, ValueError):
    """An event log that cannot be read or asked; the message says where and why, and what to do."""

    def __init__(self, name: str, message: str = "") -> None:
        super().__init__(": ".join(one_line(part) for part in (name, message) if part))


def many(count: int, one: str, several: str | None = None) -> str:
    """A count with its noun."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def is_or_are(count: int) -> str:
    """The verb of a count."""
    return "is" if count == 1 else "are"


def has_or_have(count: int) -> str:
    """The other verb of a count."""
    return "has" if count == 1 else "have"


@dataclass
class RawLog:
    """A log as columns.

    Attributes
    ----------
    columns : dict
        Name to the values of every row; None where there is none.
    kind : str
        ``CSV``, ``XES``, ``OCEL``, ``Parquet`` or ``table``.
    said : list of str
        What was noticed on the way.
    """

    columns: dict[str, list[Any]]
    kind: str
    said: list[str] = field(default_factory=list)


def chunks(path: Path, name: str, largest: int | None = None) -> Iterator[bytes]:
    """The content of a file, unpacked where it is packed, piece by piece.

    Raises
    ------
    LogError
        If it is too large, or a packed file is broken.
    """
    largest = LARGEST_FILE if largest is None else largest
    with path.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        stream: IO[bytes] = gzip.GzipFile(fileobj=plain) if packed else plain  # type: ignore[assignment]
        size = 0
        while True:
            try:
                piece = stream.read(CHUNK)
            except (OSError, EOFError, ValueError, zlib.error) as error:
                raise LogError(name, f"the packed file is broken ({error})") from None
            if not piece:
                return
            size += len(piece)
            if size > largest:
                raise LogError(
                    name, f"it has more than {largest // MEGABYTE} MB; split it, or keep fewer columns"
                )
            yield piece

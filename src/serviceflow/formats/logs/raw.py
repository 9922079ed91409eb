"""Columns of a log as a file has them, and the bounds within which files are read."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from serviceflow.errors import ServiceflowError, one_line

MEGABYTE = 1_000_000
LARGEST_FILE = 500 * MEGABYTE
"""Bytes of a file, and of what a packed one unpacks to."""
MOST_ROWS = 5_000_000
MOST_COLUMNS = 500
CHUNK = 1 << 20


class LogError(ServiceflowError, ValueError):
    """An event log that cannot be read or asked; the message says where and why, and what to do."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{one_line(name)}: {one_line(message)}" if name else one_line(message))


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


def chunks(path: Path, name: str) -> Iterator[bytes]:
    """The content of a file, unpacked where it is packed, piece by piece.

    Raises
    ------
    LogError
        If it is too large, or a packed file is broken.
    """
    with path.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        stream: IO[bytes] = gzip.open(plain) if packed else plain  # type: ignore[assignment]
        size = 0
        while True:
            try:
                piece = stream.read(CHUNK)
            except (OSError, EOFError, ValueError) as error:
                raise LogError(name, f"the packed file is broken ({error})") from None
            except Exception as error:  # zlib.error is no OSError
                raise LogError(name, f"the packed file is broken ({error})") from None
            if not piece:
                return
            size += len(piece)
            if size > LARGEST_FILE:
                raise LogError(
                    name, f"it has more than {LARGEST_FILE // MEGABYTE} MB; split it, or keep fewer columns"
                )
            yield piece

"""Tables that leave for a spreadsheet or a page: nothing in them runs, and files are whole or absent."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serviceflow.display.text import clean
from serviceflow.errors import ServiceflowError

if TYPE_CHECKING:
    import pandas as pd

RUNNABLE = ("=", "+", "-", "@", "\t", "\r")
"""Starts of text that a spreadsheet would take for a formula."""


class ExportError(ServiceflowError, ValueError):
    """A file that tables cannot be written to as it was asked for."""


def guard(value: Any) -> Any:
    """A text that starts like a formula gets an apostrophe, by which a spreadsheet knows it for a text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(RUNNABLE) else value


def guarded(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose texts a spreadsheet will not run: those that start like a formula get an apostrophe."""
    safe: dict[str, Any] = {
        name: [guard(value) for value in table[name]] for name in table.columns if not is_numeric(table[name])
    }
    return table.assign(**safe).rename(columns=lambda name: str(guard(name)))


def is_numeric(column: Any) -> bool:
    """Whether a column holds numbers."""
    return str(column.dtype).lower().startswith(("int", "uint", "float"))


def csv_text(table: pd.DataFrame) -> str:
    """A table as CSV that is safe to open in a spreadsheet."""
    return str(guarded(table).to_csv(index=False, lineterminator="\n"))


def markdown(heads: Sequence[object], rows: Iterable[Sequence[object]], numbers: Iterable[int] = ()) -> str:
    """A table in Markdown, in which names stay texts."""
    right = set(numbers)
    rule = ["---:" if place in right else "---" for place in range(len(heads))]
    lines = [[_marked(head) for head in heads], rule, *([_marked(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _marked(value: object) -> str:
    text = clean(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*\[\]|~$!]|(?<!\w)_|_(?!\w))", r"\\\1", text)


def markdown_of(table: pd.DataFrame) -> str:
    """A table of data in Markdown: numbers to six digits, what is missing left empty."""
    numbers = [place for place, name in enumerate(table.columns) if is_numeric(table[name])]
    rows = ([_plain(value) for value in row] for row in table.itertuples(index=False))
    return markdown(list(table.columns), rows, numbers)


def _plain(value: Any) -> str:
    if value is None or str(value) in ("nan", "NaT", "<NA>"):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def write_whole(path: str | os.PathLike[str], write: Callable[[Path], object]) -> Path:
    """Let a file be written beside its place and then move it there, so that it is never half done."""
    place = Path(path)
    beside = place.with_name(f".{place.name[-40:]}.{os.getpid()}.part")
    try:
        write(beside)
        beside.replace(place)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(place)) from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    return place


def write_text(path: str | os.PathLike[str], text: str, encoding: str = "utf-8") -> Path:
    """Write a text whole or not at all, with the ends of its lines as they are."""
    return write_whole(path, lambda beside: beside.write_text(text, encoding=encoding, newline=""))

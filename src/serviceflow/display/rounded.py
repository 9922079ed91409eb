"""A small table to be read: texts, rounded by what is known of each figure."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from serviceflow.display import markup
from serviceflow.display.spreadsheet import ExportError, csv_text, markdown, write_text
from serviceflow.display.text import clean, padded, width

if TYPE_CHECKING:
    import pandas as pd

WIDEST = 48
"""Columns that a cell takes in plain text, at most."""


@dataclass(frozen=True)
class RoundedTable:
    """A small table to be read, or put on a slide: it shows itself in notebooks and saves itself to files.

    Its figures are texts, each with as many digits as its interval deserves. The plain numbers are in the
    table that it was made of.

    Attributes
    ----------
    title : str
        What it is about.
    heads : tuple of str
        Of its columns.
    rows : tuple of tuple of str
        Its cells.
    numbers : tuple of int
        The places of the columns that stand to the right.
    note : str
        What is to be said of all of it.

    See Also
    --------
    Results.rounded : the figures to look at first.
    Comparison.slide_table : the differences, with a verdict for each.

    Examples
    --------
    >>> from serviceflow.display.rounded import RoundedTable
    >>> print(RoundedTable("Waits", ("of", "mean"), (("Clerks", "12 min"),), (1,)))
    Waits
    of        mean
    Clerks  12 min
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    note: str = ""

    @property
    def table(self) -> pd.DataFrame:
        """The cells as a DataFrame of texts."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(self.heads))

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        cells = [self.heads, *(tuple(clean(cell) for cell in row) for row in self.rows)]
        widths = [min(max(width(row[at]) for row in cells), WIDEST) for at in range(len(self.heads))]
        lines = [
            "  ".join(
                padded(cell, wide, at in self.numbers)
                for at, (cell, wide) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in cells
        ]
        return "\n".join([clean(self.title), *lines, *([self.note] if self.note else [])])

    def _repr_html_(self) -> str:
        note = markup.say(self.note, "faint") if self.note else ""
        body = markup.table(self.heads, self.rows, self.numbers)
        return markup.shown(markup.title(self.title), body, note)

    def to_markdown(self) -> str:
        """Return the table in Markdown; names in it stay texts.

        Returns
        -------
        str
            A table of GitHub's kind.

        See Also
        --------
        save : writes it to a file.
        """
        return markdown(self.heads, self.rows, self.numbers)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the table to a file, whole or not at all; its suffix says as what: .csv or .md.

        Parameters
        ----------
        path : path
            The file to write.

        Returns
        -------
        Path
            Where it is.

        Raises
        ------
        ExportError
            For any other suffix.

        See Also
        --------
        to_markdown : the same as text.
        """
        place = Path(path)
        if place.suffix.lower() == ".csv":
            return write_text(place, csv_text(self.table), "utf-8-sig")
        if place.suffix.lower() == ".md":
            return write_text(place, self.to_markdown())
        wrong = f"as {place.suffix}" if place.suffix else "without a suffix"
        raise ExportError(f"{place}: a table is saved as .csv or .md, not {wrong}")

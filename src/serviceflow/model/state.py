"""What is in a chain at some instant: a table of the requests that are open, and of the stocks.

A row says of one request what it does and where, and how long it has been there; of a stock, how much there
is or is on order. It is read from a CSV file, from mappings, or taken from the record of a run. Here the
table is only kept; what it says of a chain is read in :mod:`serviceflow.model.opening`.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serviceflow.errors import listed
from serviceflow.model.mistakes import Mistake, Mistakes

if TYPE_CHECKING:
    from os import PathLike

Cell = str | float
Row = Mapping[str, Cell]

WAITING, QUEUED, IN_WORK, PAUSED, ON_THE_WAY = "waiting", "queued", "in work", "paused", "on the way"
IN_STOCK, ON_ORDER = "in stock", "on order"
STATES = (WAITING, QUEUED, IN_WORK, PAUSED, ON_THE_WAY, IN_STOCK, ON_ORDER)
"""What a row may say of a request, and of a stock."""
COLUMNS = (
    *("request", "state", "at", "consumer", "stock", "quantity", "as_of", "asked", "age"),
    *("elapsed", "remaining", "visit", "provider", "member", "batch"),
)
"""The columns that have a meaning of their own; all others set the attributes of their names."""
NAMES = ("request", "state", "at", "consumer", "stock", "provider", "member", "batch")
"""Columns whose cells are names, also where they read as numbers."""
ATTRIBUTE = "attribute:"
"""Before the name of an attribute that is also that of a column."""
MOST_ROWS = 1_000_000


class State:
    """What is in a chain at some instant.

    Parameters
    ----------
    rows : iterable of mappings
        One for each request that is open, or stock: columns to cells. Cells that are empty are left out.

    Attributes
    ----------
    rows : tuple of dict
        The same, without empty cells.

    Raises
    ------
    ValueError
        If rows are no mappings of texts to texts and numbers.

    See Also
    --------
    read_state : reads one from a CSV file.
    Results.state : takes one from a run.
    ServiceChain.simulate : starts from one.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.State([{"state": "waiting", "at": "Counter", "age": "5 min"}])
    State(1 request: 1 waiting)
    """

    __slots__ = ("file", "rows")

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows: tuple[dict[str, Cell], ...] = tuple(_read_rows(rows))
        self.file: str | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, State):
            return NotImplemented
        return self.rows == other.rows and (bool(self.rows) or self.file == other.file)

    def __hash__(self) -> int:
        return hash((self.file, len(self.rows)))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Cell]]:
        return iter(self.rows)

    def __repr__(self) -> str:
        counts = {state: sum(row.get("state") == state for row in self.rows) for state in STATES}
        told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
        requests = sum(row.get("state") not in (IN_STOCK, ON_ORDER) for row in self.rows)
        return f"State({requests} request{'' if requests == 1 else 's'}{f': {told}' if told else ''})"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that hold anything: those with a meaning of their own, then attributes."""
        used = {name for row in self.rows for name in row}
        own = [name for name in COLUMNS if name in used]
        return (*own, *sorted(used - set(own)))

    def to_csv(self, path: str | PathLike[str] | None = None) -> str | None:
        """Write the table as a CSV file in UTF-8.

        Parameters
        ----------
        path : path, optional
            Where to; without it the text is given back.

        Returns
        -------
        str or None
            The text, where no path is given.

        See Also
        --------
        read_state : reads it.

        Examples
        --------
        >>> import serviceflow as sf
        >>> state = sf.State([{"state": "waiting", "at": "Counter"}])
        >>> print(state.to_csv(), end="")
        state,at
        waiting,Counter
        """
        names = self.columns or ("state", "at")
        stream = StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([_text(row.get(name, "")) for name in names] for row in self.rows)
        if path is None:
            return stream.getvalue()
        Path(path).write_text(stream.getvalue(), encoding="utf-8")
        return None

    @property
    def is_read(self) -> bool:
        """Whether the file that a model names has been read."""
        return self.file is None or bool(self.rows)


def read_state(path: str | PathLike[str]) -> State:
    """Read what is in a chain from a CSV file.

    Parameters
    ----------
    path : path
        A CSV file in UTF-8, whose first line names the columns.

    Returns
    -------
    State
        The table; what it says is checked when a chain starts from it.

    Raises
    ------
    ModelError
        If it cannot be read as a CSV file.

    See Also
    --------
    ServiceChain.simulate : starts from it.
    State.to_csv : writes it.

    Examples
    --------
    >>> from pathlib import Path
    >>> import serviceflow as sf
    >>> rows = ["state,at,age", "waiting,Counter,5 min"]
    >>> _ = Path("today.csv").write_text(chr(10).join(rows))
    >>> sf.read_state("today.csv")
    State(1 request: 1 waiting)
    """
    from serviceflow.errors import ModelError, Problem

    try:
        return state_of_file(Path(path))
    except ValueError as error:
        raise ModelError([Problem("start_from", str(error))]) from None


def state_of_file(path: Path) -> State:
    """The table in a CSV file; raises ValueError."""
    from serviceflow.model.observed import read_rows

    if not path.is_file():
        raise ValueError(f"there is no file {str(path)!r}")
    header, rows = read_rows(path)
    found = State(dict(zip(header, row, strict=True)) for row in rows)
    found.file = path.name
    return found


def row_name(state: State, place: int) -> str:
    """How a message names a row: as a spreadsheet counts it, where it comes from a file."""
    return f"row {place + 1}" if state.file is None else f"row {place + 2} of {state.file}"


def _to_be_read(file: str) -> State:
    """What a model names a file for that has not been read."""
    found = State(())
    found.file = file
    return found


def read_start(value: Any) -> State:
    """What a model says that it starts from: the name of a CSV file, or rows."""
    if isinstance(value, State):
        return value
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return State(value.to_dict("records"))
    if isinstance(value, str):
        return _to_be_read(value)
    if isinstance(value, list | tuple):
        return State(value)
    raise ValueError(f"{value!r} is no state; write the name of a CSV file, or a list of rows")


def _read_rows(rows: Iterable[Row]) -> Iterator[dict[str, Cell]]:
    wrong = []
    for place, row in enumerate(rows):
        if place >= MOST_ROWS:
            raise ValueError(f"the state has more than {MOST_ROWS:,} rows")
        if not isinstance(row, Mapping):
            wrong.append(Mistake(f"row {place + 1}: {row!r} is no row; write {{state: waiting, at: ...}}"))
            continue
        odd = [f"{name}: {cell!r}" for name, cell in row.items() if not _is_cell(name, cell)]
        if odd:
            wrong.append(Mistake(f"row {place + 1}: {listed(odd)} is neither a text nor a number"))
            continue
        yield {name: _cell(name, cell) for name, cell in row.items() if not _is_empty(cell)}
    if wrong:
        raise Mistakes(tuple(wrong))


def _is_cell(name: object, cell: object) -> bool:
    return isinstance(name, str) and (cell is None or isinstance(cell, str | int | float | bool))


def _is_empty(cell: Any) -> bool:
    return cell is None or cell != cell or (isinstance(cell, str) and not cell.strip())


def _cell(name: str, cell: str | float) -> Cell:
    """A cell as it is kept: a number where it reads as one, but in a column of names."""
    if not isinstance(cell, str):
        return _text(float(cell)) if name in NAMES else float(cell)
    text = cell.strip()
    if name in NAMES:
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) and _text(number) == text else text  # 007 is a name.


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return cell


__all__ = ["COLUMNS", "STATES", "State", "read_state"]

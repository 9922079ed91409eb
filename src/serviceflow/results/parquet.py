"""Results as Parquet files, one for each table, scenario and replication."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from serviceflow.errors import ServiceflowError

if TYPE_CHECKING:
    import pandas as pd

    from serviceflow.results.results import Results

PART = "part.parquet"


class ParquetError(ServiceflowError, ImportError):
    """Parquet files cannot be written here."""


def write_parquet(results: Mapping[str, Results], folder: str | PathLike[str]) -> tuple[Path, ...]:
    """Write the tables of results by scenario and replication, in folders as Hive names them.

    Parameters
    ----------
    results
        By scenario.
    folder
        Where ``figures``, ``requests`` and ``visits`` get folders of their own.

    Returns
    -------
    tuple of Path
        The files.
    """
    _check()
    written = []
    for scenario, one in results.items():
        for name, table in _tables(one):
            for replication, rows in table.groupby("replication", sort=True):
                place = Path(folder, name, f"scenario={_escaped(scenario)}", f"replication={replication}")
                written.append(_write(rows, place / PART))
    return tuple(written)


def _tables(results: Results) -> Iterator[tuple[str, pd.DataFrame]]:
    yield "figures", results.by_replication
    if results.kept == "full":
        yield "requests", results.requests
        yield "visits", results.visits


def _write(rows: pd.DataFrame, path: Path) -> Path:
    """Beside first, then renamed; what the folders say is left out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}")
    kept = rows.drop(columns=["replication", "scenario"], errors="ignore")
    kept.to_parquet(beside, engine="pyarrow", index=False)
    beside.replace(path)
    return path


def _escaped(name: str) -> str:
    """A name as a folder: as URLs write it, which readers of Hive's folders undo."""
    return quote(name, safe=" ") or "%00"


def _check() -> None:
    if find_spec("pyarrow") is None:
        raise ParquetError(
            "Parquet files need pyarrow: pip install 'serviceflow[data]', or take results.save"
        )


__all__ = ["ParquetError", "write_parquet"]

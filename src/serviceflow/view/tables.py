"""Every table of results and comparisons by its name, and all of them as files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from serviceflow.analysis.bottlenecks import bottlenecks
from serviceflow.analysis.critical_path import critical_path
from serviceflow.analysis.waits import waits
from serviceflow.display.spreadsheet import ExportError, csv_text, markdown_of, write_text
from serviceflow.errors import nearest
from serviceflow.results.comparison import Comparison
from serviceflow.results.results import Results

if TYPE_CHECKING:
    import pandas as pd

VIEWS = ("providers", "services", "consumers", "handoffs", "calls", "slas", "stocks")
WRITERS: dict[str, Callable[[pd.DataFrame], str]] = {"csv": csv_text, "md": markdown_of}
ENCODINGS = {"csv": "utf-8-sig", "md": "utf-8"}
"""Spreadsheets take a CSV file without that mark for one of the system's old letters."""


def tables_of(shown: Results | Comparison) -> dict[str, pd.DataFrame]:
    """Every table by its name; those without rows are left out."""
    found = _of_comparison(shown) if isinstance(shown, Comparison) else _of_results(shown)
    return {name: table for name, table in found.items() if len(table)}


def _of_results(results: Results) -> dict[str, pd.DataFrame]:
    verdict = bottlenecks(results)
    return {
        "summary": results.summary(),
        "lost time": verdict.lost_time,
        "places": verdict.places,
        "lost requests": verdict.lost,
        "promises": verdict.promises,
        "critical path": critical_path(results),
        "waits": waits(results),
        **{name: getattr(results, name).reset_index(names=name[:-1]) for name in VIEWS},
        "kpis": results.kpis,
    }


def _of_comparison(comparison: Comparison) -> dict[str, pd.DataFrame]:
    return {
        "summary": comparison.summary(),
        "changes": comparison.changes,
        "findings": comparison.findings,
        "differences": comparison.differences,
        "kpis": comparison.kpis,
    }


def save_tables(
    shown: Results | Comparison, folder: str | os.PathLike[str], formats: Iterable[str]
) -> list[Path]:
    """Write every table, each as a file of each format, whole or not at all.

    Raises
    ------
    ExportError
        If there is no such format, or the folder is a file.
    """
    kinds = [formats] if isinstance(formats, str) else list(formats)
    for kind in kinds:
        if kind not in WRITERS:
            options = " or ".join(map(repr, WRITERS))
            raise ExportError(f"formats={kind!r}: use {options}{nearest(kind, WRITERS)}")
    place = Path(folder)
    if place.exists() and not place.is_dir():
        raise ExportError(f"{place}: is a file; name a folder, in which each table becomes a file")
    place.mkdir(parents=True, exist_ok=True)
    return [
        write_text(place / f"{name.replace(' ', '_')}.{kind}", WRITERS[kind](table), ENCODINGS[kind])
        for name, table in tables_of(shown).items()
        for kind in kinds
    ]

"""An Excel file of results or a comparison: the answer, tables, charts; no cell of it is ever a formula."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serviceflow.display.spreadsheet import RUNNABLE, ExportError, is_numeric, write_whole
from serviceflow.display.text import clean, width
from serviceflow.results.comparison import Comparison
from serviceflow.results.results import Results
from serviceflow.view.report.answer import answer
from serviceflow.view.report.source import Source
from serviceflow.view.rounded import slide_table
from serviceflow.view.tables import tables_of

if TYPE_CHECKING:
    import pandas as pd

    from serviceflow.analysis.levers.table import Levers

MOST = 1_000_000
"""Rows that a sheet takes, nearly."""
LONGEST = 32_000
"""Characters that a cell takes, nearly."""
WIDEST, NARROWEST = 60, 8
SAMPLE = 200
"""Rows that tell how wide a column is."""
BARS = 12
"""Places in a chart."""
NUMBER, WHOLE, SHARE = "#,##0.00", "#,##0", "0.0%"
SHARES = ("share", "share_low", "share_high", "first", "attainment", "relative", "correlation")
OF_UNIT = ("mean", "ci_low", "ci_high", "baseline", "difference", "simultaneous_low", "simultaneous_high")
"""Columns whose numbers are in the unit of the row."""


def save_workbook(
    shown: Results | Comparison, path: str | os.PathLike[str], levers: Levers | None = None
) -> Path:
    """Write the file, whole or not at all.

    Raises
    ------
    ExportError
        If the name does not end as those of Excel files do, or XlsxWriter is not installed.
    """
    place = Path(path)
    if place.suffix.lower() != ".xlsx":
        raise ExportError(f"{place}: this is an Excel file; name it {place.with_suffix('.xlsx').name}")
    try:
        import xlsxwriter
    except ImportError:
        message = "Excel files are written by XlsxWriter, which is not installed here"
        raise ExportError(f"{message}: pip install 'serviceflow[excel]'") from None

    def write(beside: Path) -> None:
        with xlsxwriter.Workbook(str(beside), {"strings_to_urls": False}) as book:
            _fill(_Book(book), shown, levers)

    return write_whole(place, write)


def _fill(book: _Book, shown: Results | Comparison, levers: Levers | None) -> None:
    source = Source.of(shown, levers)
    book.lines("Answer", list(_answer(source, shown)))
    if isinstance(shown, Comparison):
        found = slide_table(shown)
        book.table("Scenarios", found.table)
        _scenario_chart(book, shown)
    for name, table in _tables(source, shown).items():
        book.table(name, table)
        if name == "Lost time":
            _lost_chart(book, table, source.unit)
    if levers is not None:
        book.table("Levers", levers.table)


def _tables(source: Source, shown: Results | Comparison) -> dict[str, pd.DataFrame]:
    """The tables of what is reported on; of a comparison, its own, and where its baseline loses time."""
    found = tables_of(shown)
    if isinstance(shown, Comparison):
        base = tables_of(source.main)
        found |= {name: base[name] for name in ("lost time", "promises", "waits") if name in base}
    last = {name: found.pop(name) for name in ("differences", "kpis") if name in found}
    named = {name.capitalize(): table for name, table in (found | last).items()}
    return {("KPIs" if name == "Kpis" else name): table for name, table in named.items()}


# The answer


def _answer(source: Source, shown: Results | Comparison) -> Iterable[tuple[str, ...]]:
    found, results = answer(source), source.main
    yield ("title", source.chain.name)
    scenario = source.names[0] if isinstance(shown, Comparison) else results.scenario_name
    many = f"{results.count} replication{'' if results.count == 1 else 's'}"
    yield ("faint", f"{scenario}; {many}, seed {results.seed}, intervals at {results.confidence:.0%}")
    yield ("text", found["sentence"].en)
    if found["grey"] is not None:
        yield ("faint", found["grey"].en)
    for card in found["cards"]:
        yield ("figure", card.title.en, card.value.en, card.interval.en, card.remark.en)
    for one in found["levers"]:
        yield ("figure", one.title.en, one.gain.en, one.cost.en, "tied with the best" if one.tied else "")
    yield ("faint", found["levers_note"].en)


# Charts


def _lost_chart(book: _Book, table: pd.DataFrame, unit: str) -> None:
    """Lost time by place and cause, the largest on top."""
    columns, rows = list(table.columns), min(len(table), BARS)
    chart = book.bars("bar", "Lost time per completed request", f"mean ({unit})")
    first, last = columns.index("place"), columns.index("cause")
    chart.add_series(
        {
            "categories": ["Lost time", 1, first, rows, last],
            "values": ["Lost time", 1, columns.index("mean"), rows, columns.index("mean")],
            "fill": {"color": "#c44a02"},
            "gap": 40,
        }
    )
    chart.set_y_axis({"reverse": True})
    book.insert("Lost time", chart, len(columns) + 1)


def _scenario_chart(book: _Book, comparison: Comparison) -> None:
    """The flow time of the chain in each scenario, with its interval."""
    kpis = comparison.kpis
    rows = kpis[(kpis["scope"] == "chain") & (kpis["measure"] == "flow_time")]
    unit = str(rows["unit"].iloc[0])
    data = rows[["scenario", "mean", "ci_low", "ci_high"]].reset_index(drop=True)
    book.table("Flow times", data)
    high = (data["ci_high"] - data["mean"]).fillna(0).tolist()
    low = (data["mean"] - data["ci_low"]).fillna(0).tolist()
    chart = book.bars("column", "Flow time of a request", f"mean with its interval ({unit})")
    chart.add_series(
        {
            "categories": ["Flow times", 1, 0, len(data), 0],
            "values": ["Flow times", 1, 1, len(data), 1],
            "fill": {"color": "#3f7cbf"},
            "gap": 80,
            "y_error_bars": {"type": "custom", "plus_values": high, "minus_values": low},
        }
    )
    book.insert("Flow times", chart, 5)


class _Book:
    """A workbook with its formats, in which texts are always texts."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.sheets: dict[str, Any] = {}
        self.formats = {
            "title": book.add_format({"bold": True, "font_size": 16}),
            "faint": book.add_format({"font_color": "#56606b", "text_wrap": True, "valign": "top"}),
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
            "head": book.add_format({"bold": True, "bottom": 2, "bg_color": "#eef2f6"}),
            "figure": book.add_format({"bold": True, "font_size": 13, "text_wrap": True, "valign": "top"}),
            NUMBER: book.add_format({"num_format": NUMBER}),
            WHOLE: book.add_format({"num_format": WHOLE}),
            SHARE: book.add_format({"num_format": SHARE}),
        }
        self.guarded: dict[int, Any] = {}

    def lines(self, name: str, found: Sequence[tuple[str, ...]]) -> None:
        """A sheet of sentences and of figures with what is said of them."""
        sheet = self._sheet(name)
        sheet.set_column(0, 0, 44)
        sheet.set_column(1, 3, 30)
        for row, (kind, *texts) in enumerate(found):
            for column, text in enumerate(texts):
                looks = self.formats[kind if column == (kind == "figure") else "text"]
                self.text(sheet, row, column, text, looks)
            if kind in ("text", "faint"):
                text = clean(texts[0])
                sheet.merge_range(row, 0, row, 3, "", self.formats[kind])
                self.text(sheet, row, 0, text, self.formats[kind])
                sheet.set_row(row, 16 * max(-(-width(text) // 118), 1))

    def table(self, name: str, table: pd.DataFrame) -> None:
        """A sheet of a table: its head stays in view, and filters."""
        sheet = self._sheet(name)
        shares = table["unit"].eq("share").tolist() if "unit" in table else []
        for column, head in enumerate(table.columns):
            self.text(sheet, 0, column, str(head), self.formats["head"])
            values = table[head].head(MOST).tolist()
            form = self._form(table, str(head))
            for row, value in enumerate(values, start=1):
                shared = shares and head in OF_UNIT and shares[row - 1]
                self.cell(sheet, row, column, value, self.formats[SHARE] if shared else form)
            sheet.set_column(column, column, _wide(str(head), values))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(min(len(table), MOST), 1), len(table.columns) - 1)

    def _form(self, table: pd.DataFrame, head: str) -> Any:
        if not is_numeric(table[head]):
            return None
        if head in SHARES:
            return self.formats[SHARE]
        return self.formats[WHOLE if str(table[head].dtype).lower().startswith(("int", "uint")) else NUMBER]

    def cell(self, sheet: Any, row: int, column: int, value: Any, form: Any) -> None:
        """A number as a number, nothing as nothing, anything else as text."""
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, int | float):
            if math.isfinite(value):
                sheet.write_number(row, column, value, form)
        elif value is not None and str(value) not in ("<NA>", "NaT"):
            self.text(sheet, row, column, str(value))

    def text(self, sheet: Any, row: int, column: int, value: str, form: Any = None) -> None:
        """A text that stays one, also when somebody edits the cell or saves the sheet as something else."""
        told = clean(value)[:LONGEST]
        if told.startswith(RUNNABLE):
            form = self._quoted(form)
        sheet.write_string(row, column, told, form)

    def _quoted(self, form: Any) -> Any:
        """A format with the sign of a text; looks do not matter where a name is that strange."""
        return self.guarded.setdefault(0, self.book.add_format({"quote_prefix": True}))

    def bars(self, kind: str, title: str, axis: str) -> Any:
        """An empty chart."""
        chart = self.book.add_chart({"type": kind})
        chart.set_title({"name": title, "name_font": {"size": 12}})
        chart.set_legend({"none": True})
        along = chart.set_x_axis if kind == "bar" else chart.set_y_axis
        along({"name": axis, "major_gridlines": {"visible": True, "line": {"color": "#d5dae0"}}})
        chart.set_size({"width": 720, "height": 420})
        return chart

    def insert(self, name: str, chart: Any, column: int) -> None:
        """A chart to the right of a table."""
        self.sheets[name].insert_chart(1, column, chart)

    def _sheet(self, name: str) -> Any:
        self.sheets[name] = self.book.add_worksheet(name[:31])
        return self.sheets[name]


def _wide(head: str, values: Sequence[Any]) -> int:
    """How wide a column is to be for most of what stands in it."""
    numbers = all(isinstance(value, int | float) for value in values[:SAMPLE])
    widest = 12 if numbers else max((width(str(value)) for value in values[:SAMPLE]), default=0)
    return min(max(widest, width(head) + 3, NARROWEST), WIDEST)

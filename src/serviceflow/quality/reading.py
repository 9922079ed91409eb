"""Surveys from files: tidy or wide, CSV or Excel, with all that is wrong in them listed by row."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Callable, Container, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from serviceflow.errors import nearest
from serviceflow.model.links import Link
from serviceflow.quality.answers import FIELDS, KEYS, PROVIDER, RECEIVER, Answers, Floats, Ints
from serviceflow.quality.errors import MissingFileError, SurveyError
from serviceflow.quality.instruments import OVERALL, Instrument

NAMES: dict[str, tuple[str, ...]] = {
    "respondent": ("respondent", "respondent id", "id", "person", "受访者", "答卷人", "编号"),
    "link": ("link", "relation", "链接", "服务关系"),
    "receiver": ("receiver", "consumer", "customer", "internal customer", "department", "接收方", "内部客户"),
    "provider": ("provider", "supplier", "of", "提供方", "供应方"),
    "role": ("role", "角色"),
    "period": ("period", "wave", "quarter", "时期", "期间"),
    "item": ("item", "question", "题目", "题号"),
    "perception": ("perception", "perceived", "rating", "score", "p", "感知", "评分"),
    "expectation": ("expectation", "expected", "desired", "e", "期望"),
    "adequate": ("adequate", "minimum", "acceptable", "可接受"),
    "weight": ("weight", "importance", "points", "w", "权重", "重要性"),
    "comment": ("comment", "comments", "remark", "评语", "意见"),
    OVERALL: (OVERALL, "all in all", "总体", "总体满意度"),
}
"""What each column may be called."""
_PREFIXES = {
    "perception": ("perception", "perceived", "rating", "p", "感知"),
    "expectation": ("expectation", "expected", "desired", "e", "期望"),
    "adequate": ("adequate", "minimum", "a", "可接受"),
    "weight": ("weight", "importance", "w", "权重"),
}
"""What stands before the item in the columns of a wide file: P1, expectation_1, weight reliability."""
BLANK = frozenset(
    {"", "-", "--", "?", "na", "n/a", "n.a.", "nan", "none", "null", "#n/a", "无", "不适用", "未答"}
)
"""What people write where they do not answer."""
_ROLES = {
    RECEIVER: ("", "receiver", "consumer", "customer", "internal customer", "接收方", "内部客户"),
    PROVIDER: ("provider", "supplier", "提供方", "供应方"),
}
TEXT, WORKBOOK = (".csv", ".tsv", ".txt"), (".xlsx", ".xlsm")
KNOWN = (*TEXT, *WORKBOOK)
"""Endings of files that are read."""
FIRST = 2
"""The row of the file in which the first answers stand, below the names of the columns."""
_NO_TEXT = "this is no text in UTF-8"
_SAVE = "save it with this encoding (in Excel: Save As, CSV UTF-8), or as .xlsx"
PROBLEM_COLUMNS = ("row", "respondent", "column", "found", "problem", "done")


class Problems:
    """What is wrong with a survey, by row of its file."""

    def __init__(self) -> None:
        self.rows: list[tuple[object, ...]] = []

    def add(self, row: Any, respondent: object, column: str, found: object, problem: str, done: str) -> None:
        """Note one."""
        self.rows.append((int(row), respondent, column, str(found), problem, done))

    def table(self) -> pd.DataFrame:
        """All of them, in the order of the file."""
        return (
            pd.DataFrame(self.rows, columns=list(PROBLEM_COLUMNS))
            .sort_values("row", kind="stable")
            .reset_index(drop=True)
        )


def read_table(source: str | PathLike[str] | pd.DataFrame, sheet: str | int = 0) -> pd.DataFrame:
    """A file as text cells, with its rows numbered as in the file.

    Raises
    ------
    SurveyError
        If there is no such file, or it is neither CSV nor Excel, cannot be read as that, or has no rows.
    """
    if isinstance(source, pd.DataFrame):
        table = source.astype(object).where(source.notna(), "").astype(str)
    else:
        path = found_file(source)
        table = _excel(path, sheet) if path.suffix.lower() in WORKBOOK else _csv(path)
    table.columns = [str(name).strip() for name in table.columns]
    repeated = table.columns[table.columns.duplicated()].tolist()
    if repeated:
        raise SurveyError(f"there are two columns {repeated[0]!r}; give each a name of its own")
    table.index = pd.RangeIndex(FIRST, FIRST + len(table))
    table = table.apply(lambda column: mapped(column, _cell))
    table = table[(table != "").any(axis=1)]
    if not len(table):
        raise SurveyError(
            "there are no answers in it; write one row per sheet, or one per item, below the names"
        )
    return table


def found_file(source: str | PathLike[str]) -> Path:
    """The file of a path.

    Raises
    ------
    MissingFileError
        If there is none; the message says where it was looked for, and what is there instead.
    SurveyError
        If it is a folder.
    """
    path = Path(source)
    if path.is_dir():
        raise SurveyError(f"{path}: this is a folder; give the path of a .csv or .xlsx file in it")
    if not path.exists():
        folder = path.parent
        if not folder.is_dir():
            raise MissingFileError(
                f"{path}: there is no folder {str(folder)!r}; give the path of a .csv or .xlsx file"
            )
        there = [one.name for one in sorted(folder.iterdir()) if one.suffix.lower() in KNOWN]
        hint = nearest(path.name, there) or "; give the path of a .csv or .xlsx file"
        raise MissingFileError(f"{path}: there is no such file in {folder.resolve()}{hint}")
    return path


def mapped(column: pd.Series, read: Callable[[str], Any]) -> pd.Series:
    """What each of the different texts of a column is read as: files repeat themselves."""
    codes, texts = pd.factorize(column.to_numpy(dtype=object))
    found = np.array([read(str(text)) for text in texts])
    return pd.Series(
        found.astype(object if found.dtype.kind == "U" else found.dtype)[codes], index=column.index
    )


def _cell(text: str) -> str:
    """A cell without spaces around it, or the apostrophe before what a spreadsheet takes for a formula."""
    text = text.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


def _csv(path: Path) -> pd.DataFrame:
    if path.suffix.lower() not in TEXT:
        raise SurveyError(
            f"{path}: {path.suffix or 'this'} is no kind of file that is read; save it as .csv or .xlsx"
        )
    with path.open("rb") as stream:
        head = stream.read(4096)
    wide = head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) and head[:4] != codecs.BOM_UTF32_LE
    if not wide and b"\0" in head:
        raise SurveyError(f"{path}: {_NO_TEXT}; {_SAVE}")
    first = head.replace(b"\0", b"").split(b"\n", 1)[0]
    mark = max((b"\t", b";", b","), key=first.count).decode()
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        try:
            return pd.read_csv(
                path, sep=mark, dtype=str, keep_default_na=False, encoding=encoding, skip_blank_lines=False
            )
        except UnicodeError:
            continue
        except pd.errors.EmptyDataError:
            raise SurveyError(
                f"{path}: the file is empty; write names of columns, and a row per sheet"
            ) from None
        except pd.errors.ParserError as error:
            raise SurveyError(f"{path}: this is no table: {error}".replace("\n", " ")) from None
    raise SurveyError(f"{path}: the text is not in UTF-8; {_SAVE}")


def _excel(path: Path, sheet: str | int) -> pd.DataFrame:
    needs_openpyxl()
    try:
        table = pd.read_excel(path, sheet_name=sheet, dtype=object, engine="openpyxl")
    except ValueError as error:
        raise SurveyError(f"{path}: {error}; give sheet= the name of one that there is") from None
    except Exception as error:
        raise SurveyError(f"{path}: this is no Excel workbook ({error}); save it as .xlsx or .csv") from None
    if table.isna().to_numpy().any():
        _refuse_formulas(path, sheet)
    return table.astype(object).where(table.notna(), "").astype(str)


def _refuse_formulas(path: Path, sheet: str | int) -> None:
    """A formula of which no value was saved would be read as no answer."""
    from openpyxl import load_workbook

    said, worked_out = (load_workbook(path, read_only=True, data_only=only) for only in (False, True))
    names = said.sheetnames
    chosen = sheet if isinstance(sheet, str) else names[sheet]
    for cells, values in zip(said[chosen].iter_rows(), worked_out[chosen].iter_rows(), strict=False):
        for cell, value in zip(cells, values, strict=False):
            if isinstance(cell.value, str) and cell.value.startswith("=") and value.value is None:
                raise SurveyError(
                    f"{path}: {cell.coordinate} has a formula ({cell.value}) of which no value is saved; open"
                    " the file with a spreadsheet program and save it, or write the values themselves"
                )


def needs_openpyxl() -> None:
    """Raise SurveyError if Excel files cannot be read or written."""
    try:
        import openpyxl  # noqa: F401
    except ImportError:
        raise SurveyError("Excel files need openpyxl; pip install 'serviceflow[excel]', or use CSV") from None


def read_answers(
    table: pd.DataFrame,
    instrument: Instrument,
    reverse: Iterable[str] = (),
    columns: Mapping[str, str] | None = None,
) -> tuple[Answers, Problems]:
    """The answers in a table, and what is wrong with it."""
    problems = Problems()
    table = _named(table, dict(columns or {}))
    if len(table.columns[table.columns.duplicated()]):
        twice = table.columns[table.columns.duplicated()][0]
        raise SurveyError(
            f"two columns are read as {twice!r}; rename one, or say columns={{'its name': 'ignore'}}"
        )
    keys, rows = _keys(table, problems, tidy="item" in table)
    table = table.loc[rows]
    read = _tidy if "item" in table else _wide
    answers = read(table, keys, instrument, problems)
    _refuse_blank(answers, problems)
    _turn(answers, _reversed(instrument, reverse))
    _look_at(answers, problems)
    return answers, problems


def _named(table: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """The table with the names of columns that are used here."""
    unknown = [name for name in columns if name not in table.columns]
    if unknown:
        raise SurveyError(f"there is no column {unknown[0]!r}{nearest(unknown[0], table.columns)}")
    meant = {alias: name for name, aliases in NAMES.items() for alias in aliases}
    found = {}
    for name in table.columns:
        folded = re.sub(r"[\s_]+", " ", name).strip().casefold()
        found[name] = columns.get(name, meant.get(folded, name))
    kept = [name for name in table.columns if found[name] != "ignore"]
    return table[kept].rename(columns=found)


def _reversed(instrument: Instrument, reverse: Iterable[str]) -> list[int]:
    more = {str(key) for key in reverse}
    unknown = sorted(more - set(instrument.keys))
    if unknown:
        raise SurveyError(f"reverse: there is no item {unknown[0]!r}{nearest(unknown[0], instrument.keys)}")
    return [place for place, item in enumerate(instrument.items) if item.reverse or item.key in more]


def _turn(answers: Answers, places: list[int]) -> None:
    """Answers to reversed items, turned so that high is good."""
    ends = answers.instrument.low + answers.instrument.high
    for field in ("perception", "expectation", "adequate"):
        answers.values[field][:, places] = ends - answers.values[field][:, places]


# Whose sheet


def _keys(table: pd.DataFrame, problems: Problems, tidy: bool) -> tuple[pd.DataFrame, Ints]:
    """Respondent, receiver, provider, role and period of each row that has them, and those rows."""
    keys = pd.DataFrame(index=table.index)
    for name in KEYS:
        keys[name] = table.get(name, "")
    if "link" in table:
        _read_links(table["link"], keys, problems)
    elif "provider" not in table:
        names = ", ".join(table.columns[:8])
        raise SurveyError(
            "no column says of whom the answers are; name one 'link' (with Front desk -> Housekeeping) or"
            f" 'provider'; there are: {names} (if these are not its names, save the file in UTF-8)"
        )
    _read_roles(keys, problems)
    lost = keys["provider"] == ""
    for row in keys.index[lost & (table["link"] == "" if "link" in table else True)]:
        problems.add(row, keys.at[row, "respondent"], "provider", "", "no link and no provider", "left out")
    nameless = keys["respondent"] == ""
    if tidy:
        for row in keys.index[nameless]:
            problems.add(row, "", "respondent", "", "no respondent", "left out")
        lost |= nameless
    else:
        for row in keys.index[nameless & ~lost]:
            problems.add(row, "", "respondent", "", "no respondent", "counted as somebody else")
        keys.loc[nameless, "respondent"] = [f"row {row}" for row in keys.index[nameless]]
    rows = keys.index[~lost].to_numpy()
    if not len(rows):
        raise SurveyError(
            "no row says who answers and of whom:\n" + problems.table().head(5).to_string(index=False)
        )
    return keys.loc[rows], rows.astype(np.int64)


def _read_links(column: pd.Series, keys: pd.DataFrame, problems: Problems) -> None:
    for text, rows in column.groupby(column).groups.items():
        if not text:
            continue
        try:
            link = Link.parse(str(text).replace("→", "->"))
        except ValueError as error:
            for row in rows:
                problems.add(row, keys.at[row, "respondent"], "link", text, str(error), "left out")
            keys.loc[rows, "provider"] = ""
            continue
        keys.loc[rows, "receiver"], keys.loc[rows, "provider"] = link.origin, link.target


def _read_roles(keys: pd.DataFrame, problems: Problems) -> None:
    meant = {word: role for role, words in _ROLES.items() for word in words}
    folded = keys["role"].str.casefold()
    for row in keys.index[~folded.isin(meant)]:
        problem = f"no role; write {RECEIVER} or {PROVIDER}"
        problems.add(
            row, keys.at[row, "respondent"], "role", keys.at[row, "role"], problem, "read as receiver"
        )
    keys["role"] = folded.map(meant).fillna(RECEIVER)


# Numbers


def read_numbers(column: pd.Series, keys: pd.DataFrame, name: str, problems: Problems) -> Floats:
    """A column of text as numbers; what is none is noted."""
    found: Floats = mapped(column, _number).to_numpy(dtype=np.float64, copy=True)
    lost = column[np.isnan(found)]
    for row, text in lost[~mapped(lost, _is_blank).to_numpy(dtype=bool)].items():
        problems.add(row, keys.at[row, "respondent"], name, text, "no number", "left out")
    return found


def _number(text: str) -> float:
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        return math.nan
    return found if math.isfinite(found) else math.nan


def _is_blank(text: str) -> bool:
    return text.casefold() in BLANK


def _in_range(
    values: Floats,
    low: float,
    high: float,
    rows: pd.Index,
    keys: pd.DataFrame,
    names: Iterable[str],
    problems: Problems,
) -> None:
    """Take out what lies outside of the scale."""
    names = list(names)
    for place in np.flatnonzero((values < low) | (values > high)).tolist():
        row = rows[place]
        name = names[place] if len(names) > 1 else names[0]
        problem = f"outside of {low:g} to {high:g}"
        problems.add(row, keys.at[row, "respondent"], name, f"{values[place]:g}", problem, "left out")
        values[place] = np.nan


# Tidy files


def _tidy(table: pd.DataFrame, keys: pd.DataFrame, instrument: Instrument, problems: Problems) -> Answers:
    """One row per item."""
    if not {"perception", "expectation"} & set(table.columns):
        raise SurveyError(
            "no column has answers; name one 'perception', and one 'expectation' if that was asked"
        )
    sheet, first = _sheets(keys)
    item = _items(table["item"], keys, instrument, problems)
    answers = _empty(keys, first, instrument, table)
    for field in FIELDS:
        if field not in table:
            continue
        numbers = read_numbers(table[field], keys, field, problems)
        if field == "weight":
            _in_range(numbers, 0.0, np.inf, table.index, keys, [field], problems)
        else:
            _in_range(numbers, instrument.low, instrument.high, table.index, keys, [field], problems)
        _fill(answers, field, sheet, item, numbers)
        if field == "perception":
            _note_twice(sheet, item, numbers, keys, table["item"], problems)
    _close_points(answers, problems)
    return answers


def _sheets(keys: pd.DataFrame) -> tuple[Ints, Ints]:
    """The sheet of each row, in the order of their keys, and the first row's place of each."""
    sheet: Ints = keys.groupby(list(KEYS), sort=True).ngroup().to_numpy().astype(np.int64)
    first = np.unique(sheet, return_index=True)[1].astype(np.int64)
    return sheet, first


def _items(column: pd.Series, keys: pd.DataFrame, instrument: Instrument, problems: Problems) -> Ints:
    """Which item each row is about; beyond the items the dimensions, and then the question for all."""
    names = [*instrument.keys, *instrument.dimensions, OVERALL]
    meant = {name.casefold(): place for place, name in enumerate(names)}
    found = mapped(column, lambda text: meant.get(text.casefold(), meant.get(_plain(text), -1)))
    unknown = column[found == -1]
    problem = {text: f"no item of {instrument.name}{nearest(text, names)}" for text in unknown.unique()}
    for row, text in unknown.items():
        problems.add(row, keys.at[row, "respondent"], "item", text, problem[text], "left out")
    return found.to_numpy(dtype=np.int64)


def _fill(answers: Answers, field: str, sheet: Ints, item: Ints, numbers: Floats) -> None:
    """Put numbers in their places; of two for the same place the later one stays."""
    size, groups = len(answers.instrument.items), len(answers.instrument.dimensions)
    known = np.isfinite(numbers)
    rows = np.flatnonzero(known & (item >= 0) & (item < size))
    answers.values[field][sheet[rows], item[rows]] = numbers[rows]
    if field == "weight":
        rows = np.flatnonzero(known & (item >= size) & (item < size + groups))
        answers.points[sheet[rows], item[rows] - size] = numbers[rows]
    elif field == "perception":
        rows = np.flatnonzero(known & (item == size + groups))
        overall = answers.sheets[OVERALL].to_numpy(dtype=np.float64, copy=True)
        overall[sheet[rows]] = numbers[rows]
        answers.sheets[OVERALL] = overall


def _note_twice(
    sheet: Ints, item: Ints, numbers: Floats, keys: pd.DataFrame, names: pd.Series, problems: Problems
) -> None:
    """Items that a respondent answered twice for one link and period."""
    known = np.flatnonzero(np.isfinite(numbers) & (item >= 0))
    cells, rows = pd.Series(sheet[known] * 100_000 + item[known]), keys.index.to_numpy()
    for place in np.flatnonzero(cells.duplicated(keep="last").to_numpy()).tolist():
        row, last = rows[known[place]], np.flatnonzero(cells.to_numpy() == cells.iat[place])[-1]
        problem = f"answered again in row {rows[known[last]]}"
        problems.add(
            row, keys.at[row, "respondent"], "item", names.at[row], problem, "the later answer counts"
        )


def _empty(keys: pd.DataFrame, first: Ints, instrument: Instrument, table: pd.DataFrame) -> Answers:
    sheets = keys.iloc[first].copy()
    sheets["link"] = np.where(
        sheets["receiver"] == "", sheets["provider"], sheets["receiver"] + " -> " + sheets["provider"]
    )
    sheets[OVERALL] = np.nan
    sheets["comment"] = table["comment"].iloc[first] if "comment" in table else ""
    sheets["row"] = sheets.index
    shape = (len(sheets), len(instrument.items))
    values = {field: np.full(shape, np.nan) for field in FIELDS}
    points = np.full((len(sheets), len(instrument.dimensions)), np.nan)
    return Answers(instrument, sheets.reset_index(drop=True), values, points)


# Wide files


def _wide(table: pd.DataFrame, keys: pd.DataFrame, instrument: Instrument, problems: Problems) -> Answers:
    """One row per sheet, and one column per item and kind of answer."""
    found = _columns(table, instrument)
    if not any(field in ("perception", "expectation") for field, _ in found.values()):
        raise SurveyError(
            f"no column has answers to {instrument.name}; name them P1, P2, ... and E1, E2, ... by the items"
            f" ({', '.join(instrument.keys[:4])}, ...), or give instrument= another one"
        )
    _note_unknown(table, found, instrument, problems)
    sheet, _ = _sheets(keys)
    latest = _latest(sheet, keys, problems)
    keys, table = keys.iloc[latest], table.iloc[latest]
    answers = _empty(keys, np.arange(len(keys)), instrument, table)
    size = len(instrument.items)
    for name, (field, place) in found.items():
        numbers = read_numbers(table[name], keys, name, problems)
        low, high = (0.0, np.inf) if field == "weight" else (instrument.low, instrument.high)
        _in_range(numbers, low, high, table.index, keys, [name], problems)
        if place < size:
            answers.values[field][:, place] = numbers
        else:
            answers.points[:, place - size] = numbers
    if OVERALL in table:
        numbers = read_numbers(table[OVERALL], keys, OVERALL, problems)
        _in_range(numbers, instrument.low, instrument.high, table.index, keys, [OVERALL], problems)
        answers.sheets[OVERALL] = numbers
    _close_points(answers, problems)
    return answers


def _note_unknown(
    table: pd.DataFrame, found: Container[str], instrument: Instrument, problems: Problems
) -> None:
    """Columns with answers to items that the instrument does not have."""
    for name in table.columns:
        code = _item_code(name, instrument.keys)
        given = int((~mapped(table[name], _is_blank).to_numpy(dtype=bool)).sum())
        if name in found or code is None or not given:
            continue
        told = f"{given} answer{'s' if given != 1 else ''}"
        hint = "" if code.isdecimal() else nearest(code, instrument.keys)
        problem = f"no item of {instrument.name}{hint}"
        problems.add(FIRST - 1, "", name, told, problem, "left out")


def _item_code(name: str, keys: Iterable[str] = ()) -> str | None:
    """The item that a column of a wide file is about, going by its name alone; None if it looks like none.

    A letter says little: "E-mail" is no expectation of "mail". So what follows it is to be a number, or
    nearly one of the items.
    """
    folded = name.strip().casefold()
    if folded in NAMES:
        return None
    if _NUMBER.fullmatch(folded):
        return _plain(folded)
    for field, prefixes in _PREFIXES.items():
        for prefix in sorted(prefixes, key=len, reverse=True):
            rest = folded.removeprefix(prefix).strip(" _.:-")
            if not folded.startswith(prefix) or not rest:
                continue
            if _NUMBER.fullmatch(rest):
                return _plain(rest)
            is_apart = len(prefix) > 1 and (folded[len(prefix)] in " _.:-" or not prefix.isascii())
            if field != "weight" and (is_apart or (len(rest) > 2 and nearest(rest, keys))):
                return rest
    return None


_NUMBER = re.compile(r"q?\d+(\.0)?")
"""An item that is a number: a workbook may write 1.0, and people Q1."""


def _plain(text: str) -> str:
    """The name of an item as files write it, folded; numbers without what workbooks and people add."""
    return re.sub(r"^q?(\d+)(\.0)?$", r"\1", text.casefold())


def items_in(table: pd.DataFrame, columns: Mapping[str, str] | None = None) -> list[str]:
    """The items that a table has answers to, tidy or wide, in its order and folded."""
    table = _named(table, dict(columns or {}))
    if "item" not in table:
        found = [_item_code(name) for name in table.columns]
    else:
        found = [_plain(text) for text in table["item"].unique()]
    return [code for code in dict.fromkeys(found) if code and code != OVERALL]


def _columns(table: pd.DataFrame, instrument: Instrument) -> dict[str, tuple[str, int]]:
    """Column to the kind of answer and the item (or, beyond them, the dimension that a weight is of)."""
    items = {key.casefold(): place for place, key in enumerate(instrument.keys)}
    groups = {name.casefold(): len(items) + place for place, name in enumerate(instrument.dimensions)}
    found = {}
    for name in table.columns:
        read = _column(name.strip().casefold(), items, groups)
        if read is not None:
            found[name] = read
    return found


def _column(name: str, items: Mapping[str, int], groups: Mapping[str, int]) -> tuple[str, int] | None:
    if name in NAMES:
        return None
    for code in (name, _plain(name)):
        if code in items:
            return "perception", items[code]
    for field, prefixes in _PREFIXES.items():
        for prefix in prefixes:
            if not name.startswith(prefix):
                continue
            rest = name[len(prefix) :].strip(" _.:-")
            for code in (rest, _plain(rest)):
                if code in items:
                    return field, items[code]
            if field == "weight" and rest in groups:
                return field, groups[rest]
    return None


def _latest(sheet: Ints, keys: pd.DataFrame, problems: Problems) -> Ints:
    """The places of the last row of each sheet; earlier ones are noted."""
    last = pd.Series(np.arange(len(sheet))).groupby(sheet).last().to_numpy(dtype=np.int64)
    rows = keys.index.to_numpy()
    for place in np.flatnonzero(last[sheet] != np.arange(len(sheet))):
        row, later = rows[place], rows[last[sheet[place]]]
        who = keys.at[row, "respondent"]
        problem = f"the same respondent, link and period again in row {later}"
        problems.add(row, who, "respondent", who, problem, "the later row counts")
    return last


# Weights


def _close_points(answers: Answers, problems: Problems) -> None:
    """Weights of dimensions, from those of their items where there are no others; they add up to 100."""
    from_items = answers.by_dimension(answers.values["weight"])
    bare = np.isnan(answers.points).all(axis=1)
    answers.points[bare] = from_items[bare]
    given = np.isfinite(answers.points).any(axis=1)
    part = given & np.isnan(answers.points).any(axis=1)
    answers.points[given] = np.nan_to_num(answers.points[given])
    total = answers.points.sum(axis=1)
    exact = given & ~bare
    for place in np.flatnonzero((exact & (np.abs(total - 100) > 0.5)) | part):
        sheet = answers.sheets.iloc[place]
        problem = f"the weights add up to {total[place]:g}, not 100"
        problems.add(
            sheet["row"], sheet["respondent"], "weight", f"{total[place]:g}", problem, "scaled to 100"
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        answers.points[given] = 100 * answers.points[given] / total[given, None]
    answers.points[given & (total <= 0)] = np.nan


# What a careful reader would see


def _look_at(answers: Answers, problems: Problems) -> None:
    _missing(answers, problems)
    _all_the_same(answers, problems)
    for place, correlation in _looks_reversed(answers):
        item = answers.instrument.items[place]
        found = f"correlation {correlation:.2f} with the rest of {item.dimension}"
        problem = "looks reversed"
        done = f"nothing; if it is, give reverse=[{item.key!r}]"
        problems.add(0, "", f"item {item.key}", found, problem, done)


def _refuse_blank(answers: Answers, problems: Problems) -> None:
    """Sheets that nobody filled in tell nothing, and all that is worked out from them would be missing."""
    if answers.has("perception") or answers.has("expectation"):
        return
    count = len(answers)
    which = "the sheet has" if count == 1 else f"none of the {count} sheets has"
    nothing = "no" if count == 1 else "an"
    left = problems.table()
    found = f"; left out were:\n{left.head(5).to_string(index=False)}" if len(left) else ""
    raise SurveyError(
        f"{which} {nothing} answer to an item of {answers.instrument.name!r}: all are missing; write numbers"
        f" from {answers.instrument.low:g} to {answers.instrument.high:g}{found}"
    )


def _missing(answers: Answers, problems: Problems) -> None:
    """Items without an answer that others gave, one problem a sheet."""
    keys = np.array(answers.instrument.keys, dtype=object)
    for field in ("perception", "expectation", "adequate"):
        gone = np.isnan(answers.values[field])
        role = (answers.sheets["role"] == PROVIDER).to_numpy()
        for own in (role, ~role):
            rows = np.flatnonzero(own)
            asked = ~gone[rows].all(axis=0) if len(rows) else np.zeros(len(keys), dtype=bool)
            for place in rows[(gone[rows] & asked).any(axis=1)]:
                sheet = answers.sheets.iloc[place]
                which = ", ".join(keys[gone[place] & asked])
                problems.add(
                    sheet["row"], sheet["respondent"], field, "", f"no answer to item {which}", "left out"
                )


def _all_the_same(answers: Answers, problems: Problems) -> None:
    values = answers.values["perception"]
    if values.shape[1] < 8:
        return
    full = np.isfinite(values).all(axis=1)
    for place in np.flatnonzero(full & (values == values[:, :1]).all(axis=1)):
        sheet = answers.sheets.iloc[place]
        found = f"{values[place, 0]:g} throughout"
        problems.add(
            sheet["row"], sheet["respondent"], "perception", found, "the same answer to every item", "kept"
        )


def _looks_reversed(answers: Answers) -> list[tuple[int, float]]:
    """Items that go against the rest of their dimension."""
    found = []
    values = answers.values["perception"]
    for name in answers.instrument.dimensions:
        members = answers.instrument.members(name)
        if len(members) < 3:
            continue
        own = values[:, members]
        own = own[np.isfinite(own).all(axis=1)]
        if len(own) < 20:
            continue
        for place, member in enumerate(members):
            rest = np.delete(own, place, axis=1).mean(axis=1)
            if own[:, place].std() > 0 and rest.std() > 0:
                correlation = float(np.corrcoef(own[:, place], rest)[0, 1])
                if correlation < -0.2:
                    found.append((int(member), correlation))
    return found

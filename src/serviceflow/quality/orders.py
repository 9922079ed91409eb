"""The order form of the internal customer: written from a chain, filled in, and read back as needs."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from serviceflow.display.spreadsheet import guarded
from serviceflow.errors import ServiceflowError
from serviceflow.model.departments import askings
from serviceflow.model.expressions import VARIABLES
from serviceflow.model.fields import read_share
from serviceflow.model.requests import attribute_kinds, attribute_words
from serviceflow.model.sla import read_target
from serviceflow.quality.errors import SurveyError
from serviceflow.quality.reading import needs_openpyxl, read_table
from serviceflow.quality.service_links import KINDS, clauses

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

C = TypeVar("C", bound="Chain")
COLUMNS = (
    "link",
    "what",
    "element",
    "agreed",
    "how often",
    "start within",
    "done within",
    "share",
    "complete",
)
"""``start within``, ``done within`` and ``share`` make a need; ``complete`` is the share right first time."""
_SECTIONS = ("consumers", "handoffs", "calls")


def order_form(chain: Chain) -> pd.DataFrame:
    """One row per consumer, handoff or call, with what is needed so far."""
    rows = []
    for asking in askings(chain):
        if asking.scope not in ("consumer", "handoff", "call"):
            continue
        agreed = "; ".join(map(str, clauses(asking, asking.sla)))
        link, needs = f"{asking.receiver} -> {asking.provider}", asking.needs
        start, done = (getattr(needs, kind, None) for kind in ("response", "resolution"))
        share = next((f"{100 * one.share:.6g}%" for one in (done, start) if one is not None), "")
        right = getattr(needs, "first_time_right", None)
        often = str(asking.labels.get("needed", ""))
        times = [str(one.within) if one is not None else "" for one in (start, done)]
        complete = "" if right is None else f"{100 * right:.6g}%"
        rows.append((link, asking.service, asking.name, agreed, often, *times, share, complete))
    return pd.DataFrame(rows, columns=list(COLUMNS)).drop_duplicates("element").reset_index(drop=True)


def write_table(table: pd.DataFrame, path: str | PathLike[str]) -> None:
    """Write a table as CSV or Excel; nothing in it is taken for a formula.

    Raises
    ------
    SurveyError
        If the file is to be of another kind.
    """
    place = Path(path)
    if place.suffix.lower() not in (".csv", ".xlsx"):
        kind = place.suffix or "this"
        raise SurveyError(f"{path}: {kind} is no kind of file that is written; name it .csv or .xlsx")
    safe = guarded(table)
    if place.suffix.lower() == ".csv":
        safe.to_csv(place, index=False, encoding="utf-8-sig")
    else:
        needs_openpyxl()
        safe.to_excel(place, index=False)


def with_orders(chain: C, source: str | PathLike[str] | pd.DataFrame) -> C:
    """The chain with the needs of an order form.

    Raises
    ------
    SurveyError
        With every problem of the form, by row.
    """
    table = read_table(source)
    if "element" not in table:
        raise SurveyError(f"there is no column 'element'; there are: {', '.join(table.columns)}")
    changes: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    known = known_names(chain)
    for row, cells in zip(table.index, table.to_dict("records"), strict=True):
        section = section_of(chain, str(cells["element"]))
        if section is None:
            problems.append(f"row {row}: {cells['element']!r} is no consumer, handoff or call of the chain")
            continue
        needs = _needs({str(name): str(value) for name, value in cells.items()}, row, known, problems)
        fields: dict[str, Any] = _changed(chain, section, str(cells["element"]), needs)
        if often := str(cells.get("how often", "")):
            fields["labels"] = {"needed": often}
        if fields:
            changes.setdefault(section, {})[str(cells["element"])] = fields
    if problems:
        raise SurveyError("\n".join(problems))
    return chain.change(changes)


def known_names(chain: Chain) -> set[str]:
    """What a time may ask for: attributes, their words, and what the library knows itself."""
    words = (word for found in attribute_words(chain).values() for word in found)
    return {*attribute_kinds(chain), *words, *VARIABLES}


def section_of(chain: Chain, name: str) -> str | None:
    """In which section of a chain an element is, if there is one of this name."""
    return next((one for one in _SECTIONS if name in {str(key) for key in getattr(chain, one)}), None)


def _changed(chain: Chain, section: str, name: str, needs: dict[str, Any]) -> dict[str, Any]:
    """What a row changes: it says all of a need but until, clock and the like, which stay."""
    element = next(one for key, one in getattr(chain, section).items() if str(key) == name)
    if not needs:
        return {"needs": None} if element.needs is not None else {}
    gone = {
        kind: None for kind in KINDS if kind not in needs and getattr(element.needs, kind, None) is not None
    }
    return {"needs": needs | gone}


def _needs(cells: dict[str, str], row: int, known: set[str], problems: list[str]) -> dict[str, Any]:
    needs: dict[str, Any] = {}
    share = cells.get("share", "")
    for column, kind in (("start within", "response"), ("done within", "resolution")):
        within = cells.get(column, "")
        if within and not share:
            problems.append(
                f"row {row}: {column} {within!r} has no share; write how many of a hundred, such as 90%"
            )
        elif within:
            text = f"{share} within {within}"
            if reads_target(text, row, known, problems):
                needs[kind] = text
    complete = cells.get("complete", "")
    if complete and reads_share(complete, row, known, problems):
        needs["first_time_right"] = complete
    return needs


def reads_target(text: str, row: int, known: set[str], problems: list[str]) -> bool:
    """Whether a promise can be read; else it is noted."""
    return _reads(lambda: _target(text, known), row, problems)


def reads_share(text: str, row: int, known: set[str], problems: list[str]) -> bool:
    """Whether a share can be read; else it is noted."""
    return _reads(lambda: read_share(text), row, problems)


def _target(text: str, known: set[str]) -> None:
    target = read_target(text)
    strange = sorted(target.within.names() - known)
    if strange:
        raise SurveyError(f"{strange[0]!r} is no time; write one such as 4 h")


def _reads(read: Any, row: int, problems: list[str]) -> bool:
    try:
        read()
    except (ServiceflowError, ValueError) as error:
        problems.append(f"row {row}: {error}")
        return False
    return True

"""The form of agreements: written from a chain, filled in at the table, and read back as promises."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from serviceflow.model.departments import askings
from serviceflow.model.sla import SLA
from serviceflow.quality.errors import SurveyError
from serviceflow.quality.orders import known_names, reads_share, reads_target, section_of
from serviceflow.quality.reading import read_table
from serviceflow.quality.service_links import clauses

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

C = TypeVar("C", bound="Chain")
FIELDS = {"response": ("start within", "start share"), "resolution": ("done within", "done share")}
"""What is promised: the columns of its time and of its share."""
COMPLETE = "complete"
ASKED = (*(name for pair in FIELDS.values() for name in pair), COMPLETE)
COLUMNS = ("link", "what", "element", "needed", *ASKED)


def agreement_form(chain: Chain) -> pd.DataFrame:
    """One row per consumer, handoff or call, with what is needed and what is agreed so far."""
    rows = []
    for asking in askings(chain):
        if asking.scope in ("consumer", "handoff", "call"):
            needed = "; ".join(map(str, clauses(asking, asking.needs)))
            link = f"{asking.receiver} -> {asking.provider}"
            rows.append((link, asking.service, asking.name, needed, *_cells(asking.sla)))
    return pd.DataFrame(rows, columns=list(COLUMNS)).drop_duplicates("element").reset_index(drop=True)


def _cells(sla: SLA | None) -> list[str]:
    found = []
    for kind in FIELDS:
        target = getattr(sla, kind, None)
        found += ["", ""] if target is None else [str(target.within), f"{100 * target.share:.6g}%"]
    right = getattr(sla, "first_time_right", None)
    return [*found, "" if right is None else f"{100 * right:.6g}%"]


def with_agreements(chain: C, source: str | PathLike[str] | pd.DataFrame) -> C:
    """The chain with what was agreed; rows that were left as they are change nothing.

    Raises
    ------
    SurveyError
        With every problem of the form, by row.
    """
    table = read_table(source)
    if "element" not in table:
        raise SurveyError(f"there is no column 'element'; there are: {', '.join(table.columns)}")
    before = {str(one["element"]): _texts(one) for one in agreement_form(chain).to_dict("records")}
    changes: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    known = known_names(chain)
    for row, cells in zip(table.index, table.to_dict("records"), strict=True):
        name = str(cells["element"])
        section = section_of(chain, name)
        if section is None:
            problems.append(f"row {row}: {name!r} is no consumer, handoff or call of the chain")
        elif (own := _read(_texts(cells), row, known, problems)) != (was := _fields(before[name])):
            changes.setdefault(section, {})[name] = {"sla": _changed(chain, section, name, own, was)}
    if problems:
        raise SurveyError("\n".join(problems))
    return chain.change(changes)


def _texts(cells: Mapping[Any, Any]) -> dict[str, str]:
    return {str(key): str(cell) for key, cell in cells.items()}


def _fields(cells: dict[str, Any]) -> dict[str, str]:
    """What an SLA says, of the cells of a row."""
    found = {
        kind: f"{cells.get(share, '')} within {cells.get(within, '')}"
        for kind, (within, share) in FIELDS.items()
        if cells.get(within, "")
    }
    return found | ({"first_time_right": cells[COMPLETE]} if cells.get(COMPLETE) else {})


def _read(cells: dict[str, str], row: int, known: set[str], problems: list[str]) -> dict[str, str]:
    for within, share in FIELDS.values():
        if bool(cells.get(within)) != bool(cells.get(share)):
            problems.append(f"row {row}: {within!r} and {share!r} go together; write both, as 4 h and 90%")
            return {}
    found = _fields(cells)
    for kind, text in list(found.items()):
        fine = reads_share if kind == "first_time_right" else reads_target
        if not fine(text, row, known, problems):
            del found[kind]
    return found


def _changed(chain: Chain, section: str, name: str, own: dict[str, str], was: dict[str, str]) -> Any:
    """What becomes of an SLA: until, clock and the like stay, unless nothing is promised any more."""
    element = next(one for key, one in getattr(chain, section).items() if str(key) == name)
    if not own:
        return None
    return own if element.sla is None else own | {kind: None for kind in was if kind not in own}

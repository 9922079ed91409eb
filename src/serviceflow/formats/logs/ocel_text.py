"""Writing logs as OCEL 2.0 JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

CASE, RESOURCE = "request", "resource"
APART = ("case", "activity", "resource", "end")
"""Columns that are not attributes of an event."""

Row = Mapping[str, Any]


def ocel_content(rows: Sequence[Row], of_case: Sequence[str]) -> dict[str, Any]:
    """A log as the content of an OCEL file: an event per instance, at its end, about its case and who worked.

    Parameters
    ----------
    rows : sequence of mapping
        Instances with ``case``, ``activity``, ``resource``, ``start``, ``end``, and others.
    of_case : sequence of str
        The columns that belong to the case.
    """
    names = [name for name in (rows[0] if rows else ()) if name not in (*APART, *of_case)]
    first = {row["case"]: row for row in reversed(rows)}
    workers = {row["resource"]: row for row in reversed(rows) if row["resource"] is not None}
    ids = {name: f"{name} ({CASE})" if name in workers else name for name in first}
    began = min((row["enabled"] for row in rows), default=dt.datetime(1970, 1, 1))
    return {
        "objectTypes": [
            {"name": CASE, "attributes": _declared(first.values(), of_case)},
            {"name": RESOURCE, "attributes": _declared(workers.values(), ("provider",))},
        ],
        "eventTypes": [
            {"name": name, "attributes": _declared(rows, names)}
            for name in dict.fromkeys(row["activity"] for row in rows)
        ],
        "objects": [
            *(_object(ids[name], CASE, row, of_case, began) for name, row in sorted(first.items())),
            *(_object(name, RESOURCE, row, ("provider",), began) for name, row in sorted(workers.items())),
        ],
        "events": [_event(number, row, ids[row["case"]], names) for number, row in enumerate(rows)],
    }


def _declared(rows: Iterable[Row], names: Iterable[str]) -> list[dict[str, str]]:
    seen = list(rows)
    found = []
    for name in names:
        values = (row.get(name) for row in seen)
        value = next((one for one in values if one is not None and one == one), None)
        found.append({"name": name, "type": _kind(value)})
    return found


def _kind(value: Any) -> str:
    kinds = ((bool, "boolean"), (int, "integer"), (float, "float"), (dt.datetime, "time"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "string")


def _object(name: str, kind: str, row: Row, attributes: Iterable[str], began: Any) -> dict[str, Any]:
    listed = [{**one, "time": _written(began)} for one in _values(row, attributes)]
    return {"id": name, "type": kind, "attributes": listed, "relationships": []}


def _event(number: int, row: Row, case: str, names: Iterable[str]) -> dict[str, Any]:
    related = [{"objectId": case, "qualifier": CASE}]
    if row["resource"] is not None:
        related.append({"objectId": row["resource"], "qualifier": RESOURCE})
    return {
        "id": f"event {number}",
        "type": row["activity"],
        "time": _written(row["end"]),
        "attributes": _values(row, names),
        "relationships": related,
    }


def _values(row: Row, names: Iterable[str]) -> list[dict[str, Any]]:
    found = ((name, row.get(name)) for name in names)
    return [
        {"name": name, "value": _written(value)}
        for name, value in found
        if value is not None and value == value
    ]


def _written(value: Any) -> Any:
    """A value as JSON has it; the format wants a zone, and the model's clock is taken for UTC."""
    return value.isoformat(timespec="microseconds") + "Z" if isinstance(value, dt.datetime) else value

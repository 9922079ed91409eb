"""Logs in OCEL 2.0 JSON: events with the objects that they are about."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from serviceflow.formats.logs.raw import MEGABYTE, MOST_COLUMNS, MOST_ROWS, LogError, RawLog, chunks

LARGEST_JSON = 100 * MEGABYTE
RESOURCES = ("resource", "employee", "worker", "staff", "user", "performer")


def read_ocel(path: Path, object_type: str | None = None) -> RawLog:
    """Read an OCEL file: a row for every event and every object of one type that it is about.

    Parameters
    ----------
    path : Path
        The file.
    object_type : str, optional
        The type of object that is a case; by default the one that most events are about.

    Raises
    ------
    LogError
        If it is no OCEL, or has no such type.
    """
    name = str(path)
    content = _parsed(b"".join(chunks(path, name, LARGEST_JSON)), name)
    events, objects = content.get("events"), content.get("objects")
    if not isinstance(events, list) or not isinstance(objects, list):
        raise LogError(name, "this JSON has no 'events' and 'objects', as OCEL 2.0 has them")
    types = {str(one.get("id")): str(one.get("type")) for one in objects if isinstance(one, Mapping)}
    used = Counter(types[key] for one in events for key in dict.fromkeys(_related(one)) if key in types)
    cases = {kind: count for kind, count in used.items() if kind.lower() not in RESOURCES}
    if object_type is not None and object_type not in used:
        raise LogError(
            name, f"no event is about objects of type {object_type!r}; there are: {', '.join(used) or 'none'}"
        )
    if not cases and object_type is None:
        raise LogError(name, "no event is about any object, so there are no cases")
    kind = object_type or max(cases, key=lambda one: cases[one])
    said = [f"Cases are the objects of type '{kind}'; there are types {', '.join(sorted(used))}."]
    own = {str(one.get("id")): one for one in objects if isinstance(one, Mapping)}
    columns, count = _rows(events, types, own, kind)
    if not count:
        raise LogError(name, "there are no events in it")
    dropped = sum(not any(types.get(key) == kind for key in _related(one)) for one in events)
    if dropped:
        said.append(f"{dropped:,} events are about no object of this type: they are left out.")
    return RawLog(columns, "OCEL", said)


def _parsed(data: bytes, name: str) -> Mapping[str, Any]:
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise LogError(name, f"this is no JSON that can be read ({error})") from None
    if not isinstance(found, Mapping):
        raise LogError(name, "this JSON has no 'events' and 'objects', as OCEL 2.0 has them")
    return found


def _related(event: Any) -> list[str]:
    found = event.get("relationships") if isinstance(event, Mapping) else None
    return (
        [str(one.get("objectId")) for one in found or [] if isinstance(one, Mapping)]
        if isinstance(found, list)
        else []
    )


def _values(element: Mapping[str, Any]) -> dict[str, Any]:
    found = element.get("attributes")
    listed = found if isinstance(found, list) else []
    return {str(one.get("name")): one.get("value") for one in listed if isinstance(one, Mapping)}


def _rows(
    events: list[Any], types: Mapping[str, str], objects: Mapping[str, Mapping[str, Any]], kind: str
) -> tuple[dict[str, list[Any]], int]:
    columns: dict[str, list[Any]] = {}
    count = 0
    for event in events:
        if not isinstance(event, Mapping):
            continue
        related = list(dict.fromkeys(_related(event)))
        resource = next((key for key in related if types.get(key, "").lower() in RESOURCES), None)
        for key in related:
            if types.get(key) != kind or count >= MOST_ROWS:
                continue
            row = {f"case:{name}": value for name, value in _values(objects[key]).items()}
            row |= {"case": key, "activity": event.get("type"), "time": event.get("time")}
            row |= {"resource": resource} if resource is not None else {}
            row |= _values(event)
            for name, value in row.items():
                if name not in columns and len(columns) >= MOST_COLUMNS:
                    continue
                column = columns.setdefault(name, [])
                column.extend([None] * (count - len(column)))
                column.append(value if value != "" else None)
            count += 1
    for column in columns.values():
        column.extend([None] * (count - len(column)))
    return columns, count

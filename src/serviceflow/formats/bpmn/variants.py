"""Scenarios as the changes that lead from one model to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serviceflow.model.chain import SECTIONS
from serviceflow.model.scenarios import SHAPES, Shape

NAMED = [section for section in SECTIONS if section not in ("calendars", "attributes", "scenarios")]
WHOLE = ("calendars", "attributes")
HEAD = ("name", "description", "start", "run")
_FIELDS = Shape()


def difference(base: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What changes one model into another: the ``changes`` and ``adds`` of a scenario.

    Scenarios are left aside; ``time_unit`` must be the same.
    """
    changes: dict[str, Any] = {}
    adds: dict[str, Any] = {}
    for key in HEAD:
        if base.get(key) != other.get(key) and other.get(key) is not None:
            changes[key] = (
                _changed(base.get(key), other[key], SHAPES.get(key, _FIELDS)) if key == "run" else other[key]
            )
    for section in (*WHOLE, *NAMED):
        _section(section, base.get(section) or {}, other.get(section) or {}, changes, adds)
    result = {"changes": changes, "adds": adds}
    return {key: found for key, found in result.items() if found}


def _section(
    section: str,
    base: Mapping[str, Any],
    other: Mapping[str, Any],
    changes: dict[str, Any],
    adds: dict[str, Any],
) -> None:
    own: dict[str, Any] = {name: None for name in base if name not in other}
    for name, fields in other.items():
        if name not in base:
            adds.setdefault(section, {})[name] = fields
        elif base[name] != fields:
            own[name] = (
                fields if section in WHOLE else _changed(base[name], fields, SHAPES.get(section, _FIELDS))
            )
    if own:
        changes[section] = own


def _changed(base: Any, other: Any, shape: Shape) -> Any:
    """The fields that differ; those that are gone become None."""
    if not isinstance(base, Mapping) or not isinstance(other, Mapping):
        return other
    dropped = {
        name
        for group in shape.alternatives
        if any(key in other and base.get(key) != other[key] for key in group)
        for name in group
    }
    result: dict[str, Any] = {name: None for name in base if name not in other and name not in dropped}
    for name, value in other.items():
        if name in base and base[name] == value and name not in dropped:
            continue
        inner = shape.part(name)
        both = isinstance(base.get(name), Mapping) and isinstance(value, Mapping)
        result[name] = _changed(base[name], value, inner) if inner is not None and both else value
    return result


def settings_of(changes: Mapping[str, Any]) -> set[tuple[str, ...]]:
    """The elements and head fields that changes touch."""
    found: set[tuple[str, ...]] = set()
    for section, entries in changes.items():
        if isinstance(entries, Mapping) and section in SECTIONS:
            found |= {(section, str(name)) for name in entries}
        else:
            found.add((section,))
    return found

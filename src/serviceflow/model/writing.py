"""Elements in the notation of a model file: plain mappings, lists, texts and numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic_core import PydanticUndefined

from serviceflow.model.attributes import Choice
from serviceflow.model.elements import Outages, TraceRow
from serviceflow.model.expressions import Expression
from serviceflow.model.fields import Element
from serviceflow.model.links import Link
from serviceflow.model.nodes import Flag, Node, Number
from serviceflow.model.sla import Target, share_text
from serviceflow.model.state import State
from serviceflow.model.timetables import Instants, Timetable
from serviceflow.units import Rate, decimal_text

_SHARES = ("learning", "first_time_right", "confidence")


def element_dict(element: Element) -> dict[str, Any]:
    """The fields of an element that differ from their defaults, as a model file holds them."""
    fields: dict[str, Any] = {}
    for name, value in set_fields(element).items():
        if name in _SHARES:
            fields[name] = share_text(value)
        elif name == "penalty":
            fields[name] = f"{decimal_text(value)} per breach"
        elif name != "trace":
            fields[name] = plain(value)
    if isinstance(element, Outages):
        _name_repair(fields)
    return fields


def element_tree(element: Element) -> dict[str, Any]:
    """The same as live values: only elements and mappings are taken apart."""
    return {name: _tree(value) for name, value in set_fields(element).items()}


def set_fields(element: Element) -> dict[str, Any]:
    """The values of the fields that differ from their defaults."""
    found: dict[str, Any] = {}
    for name, default in _defaults(type(element)).items():
        value = getattr(element, name)
        if default is PydanticUndefined or value != default:
            found[name] = value
    return found


@cache
def _defaults(kind: type[Element]) -> dict[str, Any]:
    """What each field of an element is where nothing is said; to compare with, not to give away."""
    return {name: field.get_default(call_default_factory=True) for name, field in kind.model_fields.items()}


def _tree(value: Any) -> Any:
    if isinstance(value, Element) and not isinstance(value, Target):
        return element_tree(value)
    if isinstance(value, Mapping):
        return {str(key): _tree(entry) for key, entry in value.items()}
    return value


def _name_repair(fields: dict[str, Any]) -> None:
    """Write ``repair: Name of service`` where that reads back as the service's name."""
    name = fields.get("repair_service")
    if name is not None and Outages.model_validate({"after": 1, "repair": name}).repair_service == name:
        fields["repair"] = fields.pop("repair_service")


def plain(value: Any) -> Any:
    """A value as it stands in a model file; what is plain already stays as it is."""
    if isinstance(value, Target | Rate | Link):
        return str(value)
    if isinstance(value, Element):
        return element_dict(value)
    if isinstance(value, Expression):
        return expression_value(value.root)
    if isinstance(value, Node):
        return expression_value(value)
    if isinstance(value, Timetable | Instants | Choice):
        return value.to_dict()
    if isinstance(value, State):
        return [{name: _scalar(cell) for name, cell in row.items()} for row in value] or value.file
    if isinstance(value, Mapping):
        return {_key(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple) and not isinstance(value, TraceRow):
        return [plain(entry) for entry in value]
    return _scalar(value)


def _key(key: object) -> str:
    return key.isoformat()[:10] if isinstance(key, dt.date) else str(key)


def _scalar(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return value.isoformat()[:10] if isinstance(value, dt.date) else str(value)


def expression_value(root: Node) -> Any:
    """An expression as a number or truth value where it is one, else as its text."""
    if isinstance(root, Number) and not root.percent:
        return _scalar(root.value)
    return root.value if isinstance(root, Flag) else str(root)

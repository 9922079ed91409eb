"""From plain mappings to elements, with every mistake told in its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from serviceflow.errors import Problem, nearest
from serviceflow.model.fields import Element, shown
from serviceflow.model.mistakes import Mistake, Mistakes, Path, mistakes_of

E = TypeVar("E", bound=Element)
_PLAIN = re.compile(r"function-|lax-|union|nullable")


def read_element(kind: type[E], fields: object) -> E:
    """An element from its fields; raises :class:`Mistakes` that name every one."""
    if isinstance(fields, kind):
        return fields
    if not isinstance(fields, Mapping):
        raise Mistakes((Mistake(_no_fields(kind, fields)),))
    try:
        return kind.model_validate(dict(fields))
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise Mistakes(tuple(item for entry in found for item in _mistakes(kind, entry))) from None


def _no_fields(kind: type[BaseModel], value: object) -> str:
    some = [name for name in kind.model_fields if name != "labels"][:2]
    return f"{shown(value)} is no set of fields; write {{{', '.join(f'{name}: ...' for name in some)}}}"


def _mistakes(kind: type[BaseModel], entry: ErrorDetails) -> list[Mistake]:
    path = _path(entry["loc"])
    error = entry.get("ctx", {}).get("error")
    if entry["type"] == "value_error" and isinstance(error, ValueError):
        return [replace(item, path=path + item.path) for item in mistakes_of(error)]
    if entry["type"] == "extra_forbidden":
        known = _model_at(kind, path[:-1]).model_fields
        return [Mistake(f"unknown field{_hint(str(path[-1]), known)}", path, at_key=True)]
    if entry["type"] == "missing":
        return [Mistake(f"the field {path[-1]!r} is missing", path[:-1])]
    if entry["type"] in ("model_type", "model_attributes_type", "dataclass_type"):
        return [Mistake(_no_fields(_model_at(kind, path), entry["input"]), path)]
    if entry["type"] in ("dict_type", "mapping_type"):
        return [Mistake(f"{shown(entry['input'])} is no mapping; write it as {{name: value}}", path)]
    return [Mistake(entry["msg"], path)]


def _hint(name: str, known: Mapping[str, Any]) -> str:
    return nearest(name, known) or f"; there are {', '.join(known)}"


def _path(location: tuple[int | str, ...]) -> Path:
    return tuple(
        step for step in location if not (isinstance(step, str) and (step == "[key]" or _PLAIN.match(step)))
    )


def _model_at(kind: type[BaseModel], path: Path) -> type[BaseModel]:
    """The model that describes the place to which a path leads."""
    found: type[BaseModel] = kind
    for step in path:
        field = found.model_fields.get(str(step))
        if field is not None:
            found = _model_in(field.annotation) or found
    return found


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        inner = _model_in(part)
        if inner is not None:
            return inner
    return None


def path_text(path: Path) -> str:
    """The place of a mistake as it is written: ``services.Check in.any_of[1]``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def as_problem(item: Mistake) -> Problem:
    """A mistake of a chain that was not read from a file."""
    return Problem(path_text(item.path), item.message)

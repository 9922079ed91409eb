"""The JSON Schema of model files, with which editors complete and check them.

It is drawn from the elements themselves, so that it knows the fields that the reader knows. It says what
has which shape; what only the reader can tell (names, expressions, probabilities) it leaves to the reader.
"""

from __future__ import annotations

import warnings
from copy import deepcopy
from typing import Any

from serviceflow.model.chain import FORMAT, SECTIONS
from serviceflow.model.elements import Consumer, RunSettings
from serviceflow.model.fields import Element

DIALECT = "https://json-schema.org/draft/2020-12/schema"
UNITS = ("s", "min", "h", "day", "week")
TEXTS = {
    "calendars": "When somebody is there: days to blocks, such as mon-fri: '08:00-12:00, 13:00-17:00'.",
    "providers": "Who serves, by name.",
    "stocks": "Counted supplies, by name.",
    "services": "Kinds of work, by name.",
    "attributes": "What every request carries, by name.",
    "consumers": "Who asks, by name.",
    "handoffs": "How requests get from one service to the next, keyed 'A -> B' or 'A -> B via phone'.",
    "calls": "By which services ask others and wait for the answer, keyed 'A -> B'.",
    "trainings": "What staff learn at one time, by name.",
    "scenarios": "Named sets of changes to the chain.",
}
HIDDEN = ("trace",)
"""Fields that are read from other files."""


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a model file.

    Returns
    -------
    dict
        Nested mappings, to be written with :func:`json.dumps`.

    See Also
    --------
    load : reads and checks a model file.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.json_schema()["required"]
    ['serviceflow', 'name']
    """
    definitions: dict[str, Any] = {}
    sections = {name: _section(name, kind, definitions) for name, kind in SECTIONS.items()}
    changing = {
        **_head(definitions),
        **{name: {"type": "object"} for name in SECTIONS if name != "scenarios"},
    }
    scenario = definitions["Scenario"]["properties"]
    _fill(
        scenario["changes"],
        {key: changing[key] for key in changing if key not in ("serviceflow", "time_unit")},
    )
    _fill(scenario["adds"], {name: part for name, part in sections.items() if name != "scenarios"})
    return {
        "$schema": DIALECT,
        "title": "A service chain",
        "type": "object",
        "required": ["serviceflow", "name"],
        "additionalProperties": False,
        "properties": _head(definitions) | sections,
        "$defs": definitions,
    }


def _head(definitions: dict[str, Any]) -> dict[str, Any]:
    return {
        "serviceflow": {"const": FORMAT, "description": "The version of the format."},
        "name": {"type": "string", "description": "What the chain is called."},
        "description": {"type": "string", "description": "What it is about."},
        "time_unit": {
            "anyOf": [{"enum": list(UNITS)}, {"type": "string"}],
            "description": "The unit of bare numbers and of every reported time.",
        },
        "start": {"type": "string", "description": "The date at time 0, such as 2026-01-05."},
        "run": _reference(RunSettings, definitions),
    }


def _section(name: str, kind: type[Element] | None, definitions: dict[str, Any]) -> dict[str, Any]:
    if kind is not None:
        each = _reference(kind, definitions)
    elif name == "calendars":
        each = {"type": "object", "additionalProperties": {"type": ["string", "object"]}}
    else:
        _reference(Consumer, definitions)
        each = deepcopy(definitions["Consumer"]["properties"]["attributes"]["additionalProperties"])
    return {"type": "object", "description": TEXTS[name], "additionalProperties": each}


def _reference(kind: type[Element], definitions: dict[str, Any]) -> dict[str, Any]:
    """A reference to an element's schema, which is put among the definitions with all that it needs."""
    if kind.__name__ not in definitions:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of defaults that JSON cannot say, and that are left out
            schema = kind.model_json_schema()
        definitions.update(schema.pop("$defs", {}))
        definitions[kind.__name__] = schema
        for part in definitions.values():
            for field in HIDDEN:
                part.get("properties", {}).pop(field, None)
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _fill(part: dict[str, Any], properties: dict[str, Any]) -> None:
    part.update({"type": "object", "additionalProperties": False, "properties": properties})

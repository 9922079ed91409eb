"""Writes ``serviceflow/model/additions.py``: the methods that add elements, from the fields of the elements.

Run it after a field was added or described anew: ``python tests/signatures.py``.
"""

import textwrap
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import WithJsonSchema
from pydantic_core import PydanticUndefined

import serviceflow
from serviceflow.model import attributes, elements, fields, links, trainings
from serviceflow.model.expressions import Expression
from serviceflow.model.fields import Element, Frozen

PLACE = Path(serviceflow.__file__).parent / "model" / "additions.py"
WIDTH = 106
KINDS = {
    # kind of field: annotation, and what it is called in the documentation
    "Duration": (fields.Duration, "DurationLike", "duration"),
    "Number": (fields.Number, "NumberLike", "number"),
    "Share": (fields.Share, "ShareLike", "share"),
    "Condition": (fields.Condition, "ConditionLike", "condition"),
    "WordExpression": (fields.WordExpression, "WordLike", "word"),
    "Reference": (fields.Reference, "str", "str"),
    "References": (fields.References, "str | Sequence[str]", "str or sequence of str"),
    "Text": (fields.Text, "str", "str"),
    "YesNo": (fields.YesNo, "bool", "bool"),
    "Count": (fields.Count, "int", "int"),
    "Seed": (fields.Seed, "int", "int"),
    "Positive": (fields.Positive, "int", "int"),
    "Factor": (fields.Factor, "float", "float"),
    "Amount": (fields.Amount, "float", "float"),
    "Begin": (trainings.Begin, "DurationLike", "date, or duration from time 0"),
    "PlainShare": (fields.PlainShare, "str | float", "share"),
    "Staff": (fields.Staff, "StaffLike", "int or mapping of days"),
    "Price": (fields.Price, "PriceLike", "rate or mapping of days"),
    "PlainRate": (fields.PlainRate, "RateLike", "rate"),
    "Profile": (fields.Profile, "ProfileLike", "mapping of days"),
    "Moments": (fields.Moments, "MomentsLike", "mapping of days, or sequence"),
    "Dispatches": (fields.Dispatches, "MomentsLike", "mapping of days, or sequence"),
    "Labels": (fields.Labels, "LabelsLike", "mapping"),
    "AttributeField": (attributes.AttributeField, "AttributeLike", "number, distribution or choice"),
}
NAME = [("name", "str", None, "str", "What it is called.")]
LINK = [
    ("origin", "str", None, "str", "Where it starts; or the whole link: ``A -> B`` or ``A -> B via phone``."),
    ("target", "str | None", "None", "str, optional", "Where it leads; ``end`` ends the request."),
    ("/", "", None, "", ""),
    ("via", "str | None", "None", "str, optional", "Which way, if there are several between the two."),
]
METHODS = (
    (
        "provider",
        elements.Provider,
        "Add a provider: who serves, staff or machines.",
        'chain.add_provider("Clerks", staff=2, discipline="priority", cost="30 per hour")',
        "chain.providers[\"Clerks\"].discipline\n'priority'",
    ),
    (
        "service",
        elements.Service,
        "Add a service: one kind of work.",
        'chain.add_service("Talk", provider="Clerks", duration="exponential(mean=8 min)", patience="1 h")',
        "str(chain.services[\"Talk\"].patience)\n'1 h'",
    ),
    (
        "consumer",
        elements.Consumer,
        "Add a consumer: a source of requests.",
        'chain.add_consumer("Clients", arrivals={"rate": "6 per hour"}, enters="Talk")',
        "list(chain.consumers)\n['Clients']",
    ),
    (
        "stock",
        elements.Stock,
        "Add a stock: a counted supply.",
        'chain.add_stock("Forms", initial=40, reorder={"below": 10, "quantity": 50, "enters": "Print"})',
        'chain.stocks["Forms"].initial\n40.0',
    ),
    (
        "handoff",
        links.Handoff,
        "Add a handoff: how a request gets from a service, consumer or stock to a service, or to its end.",
        'chain.add_handoff("Talk", "Decide", delay="10 min", probability="30%")',
        "[str(link) for link in chain.handoffs]\n['Talk -> Decide']",
    ),
    (
        "call",
        links.Call,
        "Add a call: a service asks another and waits for the answer.",
        'chain.add_call("Talk -> Advise", ask="start", probability="20%")',
        "[str(link) for link in chain.calls]\n['Talk -> Advise']",
    ),
    (
        "training",
        trainings.Training,
        "Add a training: staff are away for it, and what they do changes along a curve afterwards.",
        'chain.add_training("Phone manners", provider="Clerks", begins="2026-02-03", lasts="2 days")',
        "chain.trainings[\"Phone manners\"].begins\n'2026-02-03'",
    ),
    (
        "scenario",
        elements.Scenario,
        "Add a scenario: a named set of changes to the chain.",
        'chain.add_scenario("Three clerks", changes={"providers": {"Clerks": {"staff": 3}}})',
        "list(chain.scenarios)\n['Three clerks']",
    ),
)
HEAD = '''"""The methods of a chain that add elements, written out from the fields of the elements.

Made by ``python tests/signatures.py``: change the elements, and run it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from serviceflow.model.adding import adds as _adds
from serviceflow.model.complaints import Complaints
from serviceflow.model.elements import NOTHING, Arrivals, Member, Outages, Reorder
from serviceflow.model.inputs import (
    AttributeLike,
    ConditionLike,
    DurationLike,
    LabelsLike,
    MomentsLike,
    NumberLike,
    PriceLike,
    RateLike,
    ShareLike,
    StaffLike,
    WordLike,
)
from serviceflow.model.links import Batch, Clarification, Transfer
from serviceflow.model.sla import SLA


class Additions:
    """What a chain can be made of, one method for each kind of element."""
'''


def source() -> str:
    """The text of the module."""
    return HEAD + "".join(_method(*one) for one in METHODS)


def _method(noun: str, kind: type[Element], summary: str, example: str, shown: str) -> str:
    own = [*LINK] if noun in ("handoff", "call") else [*NAME]
    if noun not in ("handoff", "call"):
        own.append(("/", "", None, "", ""))
    given = [_field(kind, name) for name in _order(kind)]
    star = [] if noun == "scenario" else [("*", "", None, "", "")]
    signature = "".join(f"        {_written(one)},\n" for one in [*own, *star, *given])
    return (
        f'\n    @_adds("{noun}s")\n    def add_{noun}(\n        self,\n{signature}    ) -> None:\n'
        f"{_documentation(noun, [*own, *given], summary, example, shown)}"
    )


def _order(kind: type[Element]) -> list[str]:
    names = [name for name in kind.model_fields if name != "trace"]
    if kind is elements.Scenario:  # those that may be given by place come first
        names.sort(key=lambda name: name not in ("changes", "adds"))
    return names


def _written(one: tuple[str, str, str | None, str, str]) -> str:
    name, annotation, default, _, _ = one
    if not annotation:
        return name
    text = f"{name}: {annotation}" + ("" if default is None else f" = {default}")
    if len(text) > WIDTH - 6:  # as ruff breaks it
        text = text.replace("[", "[\n            ").replace("]", "\n        ]")
    return text


def _field(kind: type[Element], name: str) -> tuple[str, str, str | None, str, str]:
    field = kind.model_fields[name]
    hint = get_type_hints(kind, include_extras=True)[name]
    annotation, words = _input(hint)
    default = field.get_default(call_default_factory=True)
    if default is PydanticUndefined and kind is trainings.Training:
        return name, annotation, None, words, f"{field.description}{_keys(hint)}"
    if default is PydanticUndefined:
        raise TypeError(f"{kind.__name__}.{name} has no default; the methods that add elements give all one")
    if default is None:
        annotation, words = f"{annotation} | None", f"{words}, optional"
    else:
        words += _told_default(words, default)
    return name, annotation, _literal(default), words, f"{field.description}{_keys(hint)}"


def _told_default(words: str, default: Any) -> str:
    """What is said of a default; of a set of words it is the first."""
    if words.startswith("{"):
        return ""
    return ", optional" if default in ((), {}) else f", default {_literal(default)}"


def _literal(value: Any) -> str:
    if isinstance(value, Expression):
        return f"{value.constant('min'):g}"
    if isinstance(value, Frozen):
        return "NOTHING"
    return f'"{value}"' if isinstance(value, str) else f"{value!r}"


def _input(hint: Any) -> tuple[str, str]:
    """What may be given for a kind of field: the annotation, and how the documentation calls it."""
    for kind, annotation, words in KINDS.values():
        if hint == kind:
            return annotation, words
    if get_origin(hint) in (Union, types.UnionType):
        parts = [_input(part) for part in get_args(hint) if part is not type(None)]
        return tuple(joint.join(part[place] for part in parts) for place, joint in ((0, " | "), (1, " or ")))  # type: ignore[return-value]
    if get_origin(hint) is Annotated:
        options = _options(hint)
        if options:
            listed = ", ".join(f'"{option}"' for option in options)
            return f"Literal[{listed}]", f"{{{listed}}}"
        return _input(hint.__origin__)
    if get_origin(hint) in (Mapping, dict):
        inner = _input(get_args(hint)[1])
        return f"Mapping[str, {inner[0]}]", "mapping"
    if isinstance(hint, type) and issubclass(hint, Element):
        return f"{hint.__name__} | Mapping[str, Any]", f"{hint.__name__} or mapping"
    return getattr(hint, "__name__", str(hint)), getattr(hint, "__name__", str(hint))


def _options(hint: Any) -> list[str]:
    schemas = [part.json_schema or {} for part in hint.__metadata__ if isinstance(part, WithJsonSchema)]
    return [option for schema in schemas for option in schema.get("enum", ())]


def _keys(hint: Any) -> str:
    """The fields of an element within an element."""
    for part in (hint, *get_args(hint)):
        if isinstance(part, type) and issubclass(part, Element):
            names = [name for name in part.model_fields if name != "trace"]
            return f" Fields: {', '.join(names)}."
        if part is not hint and get_args(part) and (found := _keys(part)):
            return found
    return ""


def _documentation(noun: str, given: list[Any], summary: str, example: str, shown: str) -> str:
    lines = [f'"""{summary}', "", "Parameters", "----------"]
    for name, annotation, _, words, text in given:
        if annotation:
            lines += [
                f"{name} : {words}",
                *textwrap.indent(textwrap.fill(text, WIDTH - 12), "    ").split("\n"),
            ]
    lines += [
        "",
        "Raises",
        "------",
        "ModelError",
        "    With every problem of the fields, or if the name is taken.",
    ]
    lines += [
        "",
        "See Also",
        "--------",
        "change : a new chain with elements changed or added.",
        _related(noun),
    ]
    lines += ["", "Examples", "--------", ">>> import serviceflow as sf"]
    lines += ['>>> chain = sf.ServiceChain("Office")', f">>> {example}"]
    head, *rest = shown.split("\n")
    lines += [f">>> {head}", *rest, '"""']
    return "".join(f"        {line}\n" if line else "\n" for line in lines)


def _related(noun: str) -> str:
    if noun == "scenario":
        return "scenario : the chain as a scenario changes it."
    if noun == "training":
        return "simulate : its cost is among those of the provider."
    return "validate : checks the names that elements use."


if __name__ == "__main__":
    PLACE.write_text(source(), encoding="utf-8")

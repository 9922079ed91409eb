"""The kinds of value that fields of elements take, each read by one function with messages of its own."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    PlainValidator,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from serviceflow.errors import nearest
from serviceflow.model.expressions import Expression, expression
from serviceflow.model.mistakes import Collector, Mistake, Mistakes
from serviceflow.model.timetables import (
    CLOSED,
    WEEKDAYS,
    Instants,
    Timetable,
    is_timestamp,
    read_calendar,
    read_count,
    read_counts,
    read_days,
    read_instants,
    read_rates,
)
from serviceflow.units import Rate, parse_rate, parse_share

END = "end"
"""The target of a link by which a request ends; no element may have this name."""
LONGEST_NAME = 200
LARGEST_NUMBER = 1_000_000_000
LARGEST_SEED = 2**64 - 1

K = TypeVar("K")
V = TypeVar("V")


class Element(BaseModel):
    """A part of a chain: frozen, and strict about its fields."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, arbitrary_types_allowed=True
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        written = handler.resolve_ref_schema(handler(schema))
        for part in written.get("properties", {}).values():
            part.pop("title", None)
            part.pop("default", None)
        return written


class Frozen(Mapping[K, V]):
    """A mapping that cannot be changed; equal to any mapping of the same content."""

    __slots__ = ("_content",)

    def __init__(self, content: Mapping[K, V]) -> None:
        self._content = dict(content)

    def __getitem__(self, key: K) -> V:
        return self._content[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)

    def __hash__(self) -> int:
        return hash(frozenset(self._content.items()))

    def __repr__(self) -> str:
        return repr(self._content)


def shown(value: object) -> str:
    """A value as a message quotes it."""
    if value is None:
        return "nothing"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


# Readers


def read_name(value: object) -> str:
    """A name: any Unicode text, but not empty, and nothing that a link could be mistaken for."""
    if not isinstance(value, str):
        raise ValueError(f"{shown(value)} is no name; a name is text")
    fault = _fault_of_name(value)
    if fault:
        raise ValueError(f"the name {shown(value)} {fault}")
    return value


def _fault_of_name(name: str) -> str | None:
    if not name.strip():
        return "is empty"
    if name != name.strip():
        return "begins or ends with a space"
    if len(name) > LONGEST_NAME:
        return f"has {len(name)} characters; at most {LONGEST_NAME} are allowed"
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in name):
        return "has a control character or a line break"
    if "->" in name:
        return "has '->', which joins the ends of a link"
    if " via " in name:
        return "has ' via ', which names the way of a link"
    if name.casefold() == END:
        return "is reserved, in whatever spelling: a link to 'end' ends the request; choose another name"
    return None


def _expression(want: str) -> Callable[[object], Expression]:
    def read(value: object) -> Expression:
        if value is None:
            raise ValueError(f"nothing is written; {_WANTED[want]}")
        if isinstance(value, Mapping | list | tuple):
            raise ValueError(f"{shown(value)} is no {_NOUNS[want]}; {_WANTED[want]}")
        return expression(value, want)

    return read


_NOUNS = {
    "duration": "duration",
    "number": "number",
    "share": "share",
    "flag": "condition",
    "word": "word",
}
_WANTED = {
    "duration": "write a duration, such as 15 min, or a distribution, such as exponential(mean=15 min)",
    "number": "write a number or an expression",
    "share": "write a share, such as 12%",
    "flag": "write a condition, such as severity == 'P1'",
    "word": "write a word",
}


def read_flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"{shown(value)} is neither true nor false; write one of them")


def _whole(least: int, most: int = LARGEST_NUMBER) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"{shown(value)} is no whole number from {least} to {most}")
        return value

    return read


def _number(least: float, above: bool = False) -> Callable[[object], float]:
    def read(value: object) -> float:
        usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not usable or value < least or (above and value == least):  # type: ignore[operator]
            raise ValueError(
                f"{shown(value)} is no number {f'above {least:g}' if above else f'from {least:g} on'}"
            )
        return float(value)  # type: ignore[arg-type]

    return read


def _read_amount(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1e12:
        return float(value)
    raise ValueError(f"{shown(value)} is no cost; write an amount from 0 on")


def choice(*options: str, others: Mapping[str, str] | None = None) -> Callable[[object], str]:
    """A reader of one of some words; underscores count as spaces, `others` are further spellings."""

    def read(value: object) -> str:
        text = str(value).replace("_", " ").strip() if isinstance(value, str) else ""
        text = (others or {}).get(text, text)
        if text in options:
            return text
        listed = ", ".join(repr(option) for option in options)
        raise ValueError(f"{shown(value)} is not one of {listed}{nearest(text, options)}")

    return read


def read_text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"{shown(value)} is no text; put it in quotes")


def read_reference(value: object) -> str:
    """The name of an element that stands in a section of its own."""
    if isinstance(value, Mapping):
        if any(_names_days(key) for key in value):
            raise ValueError(
                "hours are no name; write them in the section 'calendars', as in"
                ' calendars: {office: {mon-fri: "08:00-17:00"}}, and here the name: calendar: office'
            )
        raise ValueError(f"{shown(value)} is no name; describe it in its section, and write its name here")
    if isinstance(value, list | tuple):
        raise ValueError(f"{shown(value)} is a list; write one name")
    return read_text(value)


def read_names(value: object) -> tuple[str, ...]:
    """Names in a list; a single one may stand without the list."""
    if isinstance(value, str):
        value = (value,)
    if not isinstance(value, list | tuple):
        raise ValueError(f"{shown(value)} is no list of names; write it as [one, another]")
    collector = Collector()
    names: dict[str, None] = {}
    for place, entry in enumerate(value):
        name = collector.attempt(read_text, entry, place)
        if name is not None and name in names:
            collector.add(f"{shown(name)} is listed twice", place)
        elif name is not None:
            names[name] = None
    collector.close()
    return tuple(names)


def read_mapping(value: object) -> Mapping[str, Any]:
    """A mapping with text for keys."""
    if isinstance(value, Mapping):
        return {str(key): entry for key, entry in value.items()}
    raise ValueError(f"{shown(value)} is no mapping; write it as {{name: value}}")


def _read_label(value: object) -> str | int | float | bool:
    if isinstance(value, str | int | float | bool) and value == value:
        return value
    raise ValueError(f"{shown(value)} is no label; write a text, a number, true or false")


def read_labels(value: object) -> Frozen[str, str | int | float | bool]:
    collector = Collector()
    found = {key: collector.attempt(_read_label, entry, key) for key, entry in read_mapping(value).items()}
    collector.close()
    return Frozen({key: entry for key, entry in found.items() if entry is not None})


def read_staff(value: object) -> int | Timetable[int]:
    """A number of staff, or numbers by blocks."""
    if isinstance(value, Mapping) and value and not any(_names_days(key) for key in value):
        some = ", ".join(f"{key}: {{}}" for key in list(value)[:2])
        raise ValueError(
            f"{shown(str(next(iter(value))))} is no day; staff by name are members: write members: {{{some}}}"
            " in place of staff"
        )
    if isinstance(value, Mapping | Timetable):
        return read_counts(value)
    return read_count(value)


def _names_days(key: object) -> bool:
    try:
        return bool(read_days(str(key)))
    except ValueError:
        return any(letter in "0123456789,-" for letter in str(key))


def read_price(value: object) -> Rate | Timetable[Rate]:
    """A cost per time, or costs by blocks."""
    if isinstance(value, Mapping | Timetable):
        return read_rates(value, parse_rate)  # type: ignore[arg-type]
    return parse_rate(value)  # type: ignore[arg-type]


def read_profile(value: object) -> Timetable[Rate]:
    """Rates by blocks."""
    return read_rates(value, parse_rate)  # type: ignore[arg-type]


def read_at(value: object) -> Instants | tuple[Expression, ...]:
    """Instants by the day, or a list: of durations from time 0, or of dates with times."""
    if isinstance(value, str | int | float):
        raise ValueError(
            f"{shown(value)} is no list of instants; write [{value}] for times from the start,"
            ' or days and times, such as {mon-fri: "09:00, 14:00"}'
        )
    if not isinstance(value, list | tuple) or (value and all(map(is_timestamp, value))):
        return read_instants(value)
    for place, entry in enumerate(value):
        if is_timestamp(entry):
            message = f"{shown(entry)} has a date, other instants have none; write all of them in one way"
            raise Mistakes((Mistake(message, (place,)),))
    collector = Collector()
    found = [collector.attempt(_expression("duration"), entry, place) for place, entry in enumerate(value)]
    collector.close()
    if not found:
        raise ValueError('no instant is named; write days and times, such as {mon-fri: "09:00, 14:00"}')
    return tuple(entry for entry in found if entry is not None)


def read_share(value: object) -> float:
    return parse_share(value)  # type: ignore[arg-type]


# Types


def _schema(description: str, *types: str, **more: object) -> WithJsonSchema:
    kind: object = types[0] if len(types) == 1 else list(types)
    return WithJsonSchema({"type": kind, "description": description, **more})


_DURATION_TEXT = "A duration, a distribution or an expression: 15 min, lognormal(mean=6 min, cv=0.4)"
Duration = Annotated[
    Expression, PlainValidator(_expression("duration")), _schema(_DURATION_TEXT, "string", "number")
]
Number = Annotated[
    Expression,
    PlainValidator(_expression("number")),
    _schema("A number or an expression", "number", "string"),
]
Share = Annotated[
    Expression,
    PlainValidator(_expression("share")),
    _schema("A share or an expression: 12%", "number", "string"),
]
Condition = Annotated[
    Expression,
    PlainValidator(_expression("flag")),
    _schema("A condition over attributes: severity == 'P1'", "string", "boolean"),
]
WordExpression = Annotated[Expression, PlainValidator(_expression("word")), _schema("A word", "string")]

Reference = Annotated[str, PlainValidator(read_reference), _schema("The name of an element", "string")]
References = Annotated[
    tuple[str, ...],
    PlainValidator(read_names),
    _schema("Names, or one name", "array", "string", items={"type": "string"}),
]
Text = Annotated[str, PlainValidator(read_text), _schema("Text", "string")]
YesNo = Annotated[bool, PlainValidator(read_flag), _schema("true or false", "boolean")]
Count = Annotated[int, PlainValidator(_whole(0)), _schema("A whole number", "integer", minimum=0)]
Seed = Annotated[
    int, PlainValidator(_whole(0, LARGEST_SEED)), _schema("A whole number", "integer", minimum=0)
]
Positive = Annotated[int, PlainValidator(_whole(1)), _schema("A whole number", "integer", minimum=1)]
Amount = Annotated[float, PlainValidator(_read_amount), _schema("An amount of money", "number", minimum=0)]
Factor = Annotated[
    float, PlainValidator(_number(0, above=True)), _schema("A number above 0", "number", exclusiveMinimum=0)
]
PlainShare = Annotated[float, PlainValidator(read_share), _schema("A share: 90%", "string", "number")]
_DAYS = f"Days ({WEEKDAYS[0]}-{WEEKDAYS[4]}, 2026-12-25, 2026-12-24 to 2026-12-26, holidays: DE-BY)"
Calendar = Annotated[
    Timetable[bool],
    PlainValidator(read_calendar),
    _schema(
        f"{_DAYS} with their hours: 08:00-12:00, 13:00-17:00, or {CLOSED}",
        "object",
        additionalProperties={"type": ["string", "array"], "items": {"type": "string"}},
    ),
]
_BLOCKS: dict[str, object] = {"type": ["object", "number", "string", "array"]}
Staff = Annotated[
    int | Timetable[int],
    PlainValidator(read_staff),
    _schema(
        f"A number, or {_DAYS} with numbers by blocks", "integer", "object", additionalProperties=_BLOCKS
    ),
]
Price = Annotated[
    Rate | Timetable[Rate],
    PlainValidator(read_price),
    _schema(
        f"A cost per time, such as 22 per hour, or {_DAYS} with costs",
        "string",
        "number",
        "object",
        additionalProperties=_BLOCKS,
    ),
]
PlainRate = Annotated[
    Rate, PlainValidator(parse_rate), _schema("So much per time: 6 per hour", "string", "number")
]
Profile = Annotated[
    Timetable[Rate],
    PlainValidator(read_profile),
    _schema(f"{_DAYS} with rates by blocks", "object", additionalProperties=_BLOCKS),
]
Moments = Annotated[
    Instants | tuple[Expression, ...],
    PlainValidator(read_at),
    _schema(
        f"{_DAYS} with times: 09:00, 14:00; or a list of durations from time 0, or of dates with times",
        "object",
        "array",
    ),
]
Dispatches = Annotated[
    Instants,
    PlainValidator(read_instants),
    _schema(f"{_DAYS} with times: 09:00, 14:00; or a list of dates with times", "object", "array"),
]
Labels = Annotated[
    Mapping[str, str | int | float | bool],
    PlainValidator(read_labels),
    _schema("Labels, which become columns of the tables", "object"),
]


def freeze(value: Mapping[K, V]) -> Frozen[K, V]:
    return value if isinstance(value, Frozen) else Frozen(value)


Freeze = AfterValidator(freeze)
NO_LABELS: Mapping[str, str | int | float | bool] = Frozen({})

"""What a request carries: numbers, durations and words, drawn when it arrives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from serviceflow.model.expressions import Expression, expression
from serviceflow.model.fields import read_name, read_share, shown
from serviceflow.model.mistakes import Collector
from serviceflow.model.nodes import KEYWORDS, VARIABLES, WEEKDAYS
from serviceflow.model.sla import share_text
from serviceflow.units import total_text

MOST_OPTIONS = 10_000
_FLAGS = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True)
class Choice:
    """One of several words or numbers, each with its share: ``{P1: 3%, P2: 27%, P3: 70%}``.

    Attributes
    ----------
    options : tuple
        Pairs of a word (or a number, where all are numbers) and its share, in order of the option. The
        options true and false are the numbers 1 and 0.
    """

    options: tuple[tuple[str | float, float], ...]

    @property
    def is_words(self) -> bool:
        """Whether the options are words."""
        return isinstance(self.options[0][0], str)

    def to_dict(self) -> dict[str, Any]:
        """The choice in the notation of a model file."""
        return {_option_text(option): share_text(share) for option, share in self.options}

    def __str__(self) -> str:
        return "{" + ", ".join(f"{option}: {share}" for option, share in self.to_dict().items()) + "}"


def _option_text(option: str | float) -> str:
    if isinstance(option, str):
        return option
    return str(int(option)) if option.is_integer() else repr(option)


def read_choice(value: Mapping[Any, Any]) -> Choice:
    """A choice from its options and their shares, which must add up."""
    if not value:
        raise ValueError("there is nothing to choose from; write {P1: 30%, P2: 70%}")
    if len(value) > MOST_OPTIONS:
        raise ValueError(f"there are {len(value)} options; at most {MOST_OPTIONS} are allowed")
    collector = Collector()
    shares = {key: collector.attempt(read_share, entry, str(key)) for key, entry in value.items()}
    collector.close()
    total = sum(share for share in shares.values() if share is not None)
    if abs(total - 1) > 1e-9:
        added = share_text(round(total, 12)) if total <= 1 else total_text(total)
        raise ValueError(f"the shares add up to {added}, not to 100%")
    options = _options([*shares])
    pairs = [
        (option, share) for option, share in zip(options, shares.values(), strict=True) if share is not None
    ]
    return Choice(tuple(sorted(pairs)))  # type: ignore[arg-type]


def _options(keys: list[object]) -> list[str] | list[float]:
    """The options as numbers if all of them are, as words if none is."""
    numbers = [_as_number(key) for key in keys]
    if all(number is not None for number in numbers):
        found = [number for number in numbers if number is not None]
        if len(set(found)) < len(found):
            raise ValueError("two options are the same number; write each once")
        return found
    return [str(key) for key in keys]


def _as_number(key: object) -> float | None:
    text = str(key).strip()
    if text.lower() in _FLAGS:
        return _FLAGS[text.lower()]
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None


Attribute = Expression | Choice


def read_attribute(value: object) -> Attribute:
    """An attribute from a number, a distribution, an expression, a word, or a choice of words or numbers."""
    if isinstance(value, Choice):
        return value
    if isinstance(value, Mapping):
        return read_choice(value)
    if value is None or isinstance(value, list | tuple):
        raise ValueError(
            f"{shown(value)} is no attribute; write a number, a distribution, or a choice,"
            " such as {P1: 30%, P2: 70%}"
        )
    return expression(value, "any")


def read_attribute_name(name: object) -> str:
    """The name of an attribute: no word that means something else in an expression."""
    name = read_name(name)
    if name in KEYWORDS or name in VARIABLES or name in WEEKDAYS:
        raise ValueError(f"the name {name!r} is taken: it has a meaning in expressions")
    if "`" in name:
        raise ValueError(f"the name {shown(name)} has a back quote, which expressions put around names")
    return name


AttributeField = Annotated[
    Expression | Choice,
    PlainValidator(read_attribute),
    WithJsonSchema(
        {
            "type": ["string", "number", "boolean", "object"],
            "description": "A number, a distribution, or a choice: {P1: 30%, P2: 70%}",
            "additionalProperties": {"type": ["string", "number"]},
        }
    ),
]

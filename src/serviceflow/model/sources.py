"""Where the parameters of a chain come from: what a log or a comment in the file says of each."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

SECTIONS = ("providers", "services", "consumers", "stocks", "handoffs", "calls")
NO_PARAMETERS = frozenset(
    [
        *("enters", "provider", "providers", "any_of", "skill", "split", "join"),
        *("when", "after", "returns_to", "labels", "description"),
    ]
)
"""Fields that say what is tied to what, and how things are called."""
UNKNOWN = "no source is given"
_NOTE = re.compile(r"^(?P<text>.*?)(?:, of (?P<count>[\d,]+))?(?:; (?P<three>[^;\[\]]+ \[[^\[\]]*\]))?$")


@dataclass(frozen=True)
class Source:
    """Where a parameter comes from.

    Attributes
    ----------
    text : str
        In words.
    count : int
        The size of the sample; 0 if unknown.
    estimate, low, high : float
        The mean, share or rate, with its 95% interval; NaN where there is none.
    value : object
        What the parameter was then, in the notation of a model file; None holds for any.
    """

    text: str
    count: int = 0
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    value: Any = None

    @property
    def note(self) -> str:
        """As a comment, which :func:`read_note` reads back."""
        sample = f", of {self.count:,}" if self.count else ""
        interval = f"; {self.estimate:.4g} [{self.low:.4g}, {self.high:.4g}]" if self.low == self.low else ""
        return f"{self.text}{sample}{interval}"


Key = tuple[str, str, str]
Sources = Mapping[Key, Source]


def read_note(text: str) -> Source:
    """A source from a comment; what is no sample and no interval is words."""
    found = _NOTE.match(text)
    try:
        if found is None or found["count"] is None:
            return Source(text)
        count = int(found["count"].replace(",", ""))
        if found["three"] is None:
            return Source(found["text"], count)
        estimate, low, high = (float(one) for one in re.split(r"[ ,\[\]]+", found["three"].strip("[] ")))
    except ValueError:
        return Source(text)
    return Source(found["text"], count, estimate, low, high)


def parameters(chain: Chain) -> Iterator[tuple[Key, Any, Source]]:
    """Every parameter of a chain with its value and source, in the order of the file."""
    content = chain.to_dict()
    for section in SECTIONS:
        for element, fields in content.get(section, {}).items():
            for name, value in (fields or {}).items():
                if name not in NO_PARAMETERS:
                    key = (section, element, name)
                    yield key, value, _of(chain._sources.get(key), value)


def _of(source: Source | None, value: Any) -> Source:
    if source is None:
        return Source(UNKNOWN)
    if source.value is not None and source.value != value:
        return Source(f"changed since; it was: {source.note}")
    return source


def value_text(value: Any) -> str:
    """A value on one line, as a model file writes it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {value_text(part)}" for key, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(value_text, value)) + "]"
    return str(value)

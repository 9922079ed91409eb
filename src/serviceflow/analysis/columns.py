"""What lost time can be grouped by: elements, attributes, labels, and the time of day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.results.derived import Ints
from serviceflow.results.lost_time import Losses
from serviceflow.results.raw import word_attributes

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

LABELLED = ("service", "provider", "consumer", "handoff")
"""Whose labels are looked up, in this order."""
NOBODY = "(none)"


@dataclass(frozen=True)
class Column:
    """A value for every row of lost time.

    Attributes
    ----------
    codes : array of int
        Place in `names` of each row's value; -1 for none.
    names : sequence
        The values.
    """

    codes: Ints
    names: Sequence[Any]

    def name(self, code: int) -> Any:
        """The value of a code."""
        return NOBODY if code < 0 else self.names[code]


def column(losses: Losses, name: str, unknown: Callable[[str, Iterable[str]], Exception]) -> Column:
    """The column of this name.

    Parameters
    ----------
    losses : Losses
        What was lost, by visit or summed up.
    name : str
        ``provider``, ``service``, ``consumer``, ``handoff``, ``hour``, ``weekday``, an attribute or a label.
    unknown : callable
        Makes the error to raise from a name and the names that there are.
    """
    program = losses.program
    if name in ELEMENTS:
        return Column(losses.key(name), ELEMENTS[name](program))
    if name in program.attributes:
        return _attribute(losses, name)
    labels = _labels(program)
    if name in labels:
        return _label(losses, labels[name], name)
    raise unknown(name, (*ELEMENTS, *program.attributes, *labels))


def keys_of(program: Program, names: Iterable[str]) -> set[str]:
    """What the columns of some names are made of: keys of elements, of the time of day, or an attribute."""
    labels = _labels(program)
    return {name if name in ELEMENTS else labels.get(name, "attribute") for name in names}


def _names(plans: Sequence[Any]) -> list[str]:
    return [plan.name for plan in plans]


ELEMENTS: dict[str, Callable[[Program], Sequence[Any]]] = {
    "provider": lambda program: _names(program.providers),
    "service": lambda program: _names(program.services),
    "consumer": lambda program: _names(program.consumers),
    "handoff": lambda program: _names(program.handoffs),
    "hour": lambda _: range(24),
    "weekday": lambda _: range(7),
}
"""Keys that every chain has, and their values."""


def _attribute(losses: Losses, name: str) -> Column:
    values, place = np.unique(losses.attribute(name), return_inverse=True)
    codes = np.where(np.isnan(values), -1, np.arange(len(values)))[place.ravel()]
    names: list[Any] = values.tolist()
    if name in word_attributes(losses.program):
        words = losses.program.words
        names = [None if value != value else words[int(value)] for value in names]
    return Column(codes, names)


def _labels(program: Program) -> dict[str, str]:
    """Label to the kind of element whose label it is."""
    found: dict[str, str] = {}
    for kind in LABELLED:
        for element in getattr(program.chain, f"{kind}s").values():
            for label in element.labels:
                found.setdefault(label, kind)
    return found


def _label(losses: Losses, kind: str, label: str) -> Column:
    elements = {str(key): one for key, one in getattr(losses.program.chain, f"{kind}s").items()}
    names = ELEMENTS[kind](losses.program)
    own = [dict(elements[name].labels).get(label) if name in elements else None for name in names]
    values = list(dict.fromkeys(value for value in own if value is not None))
    places = np.array([-1 if value is None else values.index(value) for value in own] + [-1])
    return Column(places[losses.key(kind)], values)

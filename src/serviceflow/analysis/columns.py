"""What visits can be grouped by: elements, attributes, labels, and the time of day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from serviceflow.results.raw import word_attributes
from serviceflow.results.reading import Ints, Reading
from serviceflow.results.values import DAY, HOUR

LABELLED = ("service", "provider", "consumer", "handoff")
"""Whose labels are looked up, in this order."""
NOBODY = "(none)"


@dataclass(frozen=True)
class Column:
    """A value for every visit.

    Attributes
    ----------
    codes : array of int
        Place in `names` of each visit's value; -1 for none.
    names : sequence
        The values.
    """

    codes: Ints
    names: Sequence[Any]

    def name(self, code: int) -> Any:
        """The value of a code."""
        return NOBODY if code < 0 else self.names[code]


def column(reading: Reading, name: str, unknown: Callable[[str, Iterable[str]], Exception]) -> Column:
    """The column of this name.

    Parameters
    ----------
    reading : Reading
        The replication.
    name : str
        ``provider``, ``service``, ``consumer``, ``handoff``, ``hour``, ``weekday``, an attribute or a label.
    unknown : callable
        Makes the error to raise from a name and the names that there are.
    """
    if name in ELEMENTS:
        return ELEMENTS[name](reading)
    if name in reading.program.attributes:
        return _attribute(reading, name)
    labels = _labels(reading)
    if name in labels:
        return _label(reading, labels[name], name)
    raise unknown(name, (*ELEMENTS, *reading.program.attributes, *labels))


def _names(plans: Sequence[Any]) -> list[str]:
    return [plan.name for plan in plans]


def _consumer(reading: Reading) -> Column:
    owners = reading.requests["consumer"][reading.visits["request"]]
    return Column(owners, _names(reading.program.consumers))


def _arrivals(reading: Reading) -> Ints:
    visits = reading.visits
    return np.where(visits["arrived"] >= 0, visits["arrived"], visits["asked"])


def _hour(reading: Reading) -> Column:
    return Column(_arrivals(reading) % DAY // HOUR, range(24))


def _weekday(reading: Reading) -> Column:
    return Column((_arrivals(reading) // DAY + reading.program.weekday) % 7, range(7))


ELEMENTS: dict[str, Callable[[Reading], Column]] = {
    "provider": lambda reading: Column(reading.provider, _names(reading.program.providers)),
    "service": lambda reading: Column(reading.service, _names(reading.program.services)),
    "consumer": _consumer,
    "handoff": lambda reading: Column(reading.handoff, _names(reading.program.handoffs)),
    "hour": _hour,
    "weekday": _weekday,
}
"""Keys that every chain has."""


def _attribute(reading: Reading, name: str) -> Column:
    requests, visits = reading.requests, reading.visits
    values, place = np.unique(requests[f"attribute:{name}"], return_inverse=True)
    codes = np.where(np.isnan(values), -1, np.arange(len(values)))[place.ravel()]
    names: list[Any] = values.tolist()
    if name in word_attributes(reading.program):
        words = reading.program.words
        names = [None if value != value else words[int(value)] for value in names]
    return Column(codes[visits["request"]], names)


def _labels(reading: Reading) -> dict[str, str]:
    """Label to the kind of element whose label it is."""
    found: dict[str, str] = {}
    for kind in LABELLED:
        for element in getattr(reading.program.chain, f"{kind}s").values():
            for label in element.labels:
                found.setdefault(label, kind)
    return found


def _label(reading: Reading, kind: str, label: str) -> Column:
    elements = {str(key): one for key, one in getattr(reading.program.chain, f"{kind}s").items()}
    base = ELEMENTS[kind](reading)
    own = [dict(elements[name].labels).get(label) if name in elements else None for name in base.names]
    values = list(dict.fromkeys(value for value in own if value is not None))
    places = np.array([-1 if value is None else values.index(value) for value in own] + [-1])
    return Column(places[base.codes], values)

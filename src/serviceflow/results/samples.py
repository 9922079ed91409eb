"""The single values behind a mean: what spreads and quantiles are taken from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.program.codes import NONE
from serviceflow.results.derived import Flags, Ints, Reading, rows_in_order
from serviceflow.results.flows import STAGE_MEASURES
from serviceflow.results.measures import TIMED
from serviceflow.results.moments import Moments
from serviceflow.results.rows import BEGUN, FINISHED, HAS_ARRIVED, LOST, OF_COUNTED, THERE, Condensed, has
from serviceflow.results.scopes import (
    REQUEST_SCOPES,
    Key,
    asking_plans,
    joined,
    joined_keys,
    size_of,
    works_vary,
)
from serviceflow.results.selection import Sample

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

VISIT_MEASURES = {
    "service": ("waiting_time", "service_time"),
    "provider": ("waiting_time", "service_time"),
    "handoff": ("handoff_time",),
}
"""Scopes of visits, and what they have single values of."""


@dataclass(frozen=True)
class Values:
    """The values of one measure in ticks, each with the element of the scope that it belongs to."""

    elements: Ints
    ticks: Ints


def measured(program: Program) -> Iterator[Key]:
    """Scopes and measures whose values are looked at one by one."""
    for scope in REQUEST_SCOPES:
        if asking_plans(program, scope):
            yield from ((scope, measure) for measure in TIMED)
    scopes = ("service", "provider", "handoff") if works_vary(program) else ("service", "handoff")
    for scope in scopes:
        if getattr(program, f"{scope}s"):
            yield from ((scope, measure) for measure in VISIT_MEASURES[scope])


def values_of(reading: Reading, key: Key) -> Values:
    """The values of a measure of those requests or visits that its mean covers."""
    scope, measure = key
    if scope in REQUEST_SCOPES:
        elements, chosen = reading.sources(REQUEST_SCOPES[scope]), reading.completed
        return _chosen(elements, chosen, _request_time(reading, measure))
    by_scope = {"service": reading.service, "provider": reading.provider, "handoff": reading.handoff}
    return _chosen(by_scope[scope], _ended(reading, measure), reading.stages[STAGE_MEASURES[measure]])


def _ended(reading: Reading, measure: str) -> Flags:
    """The visits of which this time is known."""
    if measure == "handoff_time":
        arrived: Flags = reading.visit_counted & (reading.visits["arrived"] >= 0)
        return arrived
    return reading.waited if measure == "waiting_time" else reading.served


def _request_time(reading: Reading, measure: str) -> Ints:
    if measure == "flow_time":
        return reading.ends - reading.requests["asked"]
    return reading.stage_along_path(STAGE_MEASURES[measure])


def _chosen(elements: Ints, chosen: Flags, values: Ints) -> Values:
    rows = np.flatnonzero(chosen & (elements >= 0))
    return Values(elements[rows], values[rows])


@dataclass(frozen=True)
class Picked:
    """The same values among all of their column: those that count are of an element, by cells.

    Attributes
    ----------
    cells : array of int32
        Of each value.
    elements : array of int
        Of each cell; -1 for none.
    ticks : array of int
        The values, those that do not count among them.
    """

    cells: NDArray[np.int32]
    elements: Ints
    ticks: Ints


ENDED = {
    "handoff_time": (HAS_ARRIVED,),
    "waiting_time": (THERE | BEGUN, THERE | LOST),
    "service_time": (THERE | FINISHED,),
}
"""States of counted visits of which a time is known."""


def picked(reading: Reading, rows: Condensed, key: Key) -> Picked:
    """The values of :func:`values_of` as they lie in the record."""
    scope, measure = key
    if scope in REQUEST_SCOPES:
        elements = np.where(reading.completed, reading.sources(REQUEST_SCOPES[scope]), NONE)
        size = int(elements.max(initial=NONE)) + 2
        ticks = _request_time(reading, measure)
        return Picked((elements + 1).astype(np.int32), np.arange(size) + NONE, ticks)
    assert rows.cells is not None
    counted = [has(rows, OF_COUNTED | bits) for bits in ENDED[measure]]
    owner: Ints = getattr(rows, scope)
    elements = np.where(np.logical_or.reduce(counted), owner, NONE)
    return Picked(rows.cells, elements, reading.stages[STAGE_MEASURES[measure]])


# All of one replication


def samples_of(reading: Reading, keys: Iterable[Key] | None = None) -> dict[Key, list[Sample]]:
    """The values of one replication by scope and measure: of `keys` and what is joined of these, or all."""
    program = reading.program
    chosen = measured(program) if keys is None else keys
    found = {key: split(values_of(reading, key), size_of(program, key[0])) for key in chosen}
    return joined(program, found, _moved)


def needed_for(program: Program, keys: Iterable[Key]) -> list[Key]:
    """Whose values tell those of some scopes and measures, joined ones among them."""
    wanted = set(keys)
    return [key for key in measured(program) if wanted & set(joined_keys(program, [key]))]


def all_moments(reading: Reading) -> dict[Key, Moments]:
    """Number, mean and spread of all values, by scope and measure, except :func:`joined` scopes."""
    found = {}
    for key in measured(reading.program):
        values, size = values_of(reading, key), size_of(reading.program, key[0])
        found[key] = Moments.of(values.elements, values.ticks, size)
    return found


def spread_of(reading: Reading) -> dict[Key, Moments]:
    """Number, mean and spread of all values of one replication, by scope and measure."""
    return joined(reading.program, all_moments(reading), Moments.moved)


def _moved(groups: list[Sample], targets: Ints, size: int) -> list[Sample]:
    places = [np.flatnonzero(targets == index).tolist() for index in range(size)]
    return [Sample([part for place in own for part in groups[place].parts]) for own in places]


def split(values: Values, size: int) -> list[Sample]:
    """The values of each element."""
    keys, kept = values.elements, values.ticks
    if size > 1:
        kept = kept[rows_in_order(keys, size)]
    ends = np.cumsum(np.bincount(keys, minlength=size))
    return [Sample([part]) for part in np.split(kept, ends[:-1])]

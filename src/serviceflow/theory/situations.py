"""The kinds of request that a source sends: attributes with their values, and how often each comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any, TypeVar

import numpy as np

from serviceflow.model.attributes import Attribute, Choice
from serviceflow.model.constants import Means, Value, constant_arguments, constant_value
from serviceflow.model.expressions import Expression
from serviceflow.model.families import Arguments, moments
from serviceflow.model.kinds import settle
from serviceflow.model.nodes import Distribution, IfElse, Node, Number, Word
from serviceflow.model.quantiles import quantile
from serviceflow.model.requests import drawing_order
from serviceflow.theory.stations import Array

MOST = 512
"""How many kinds of request are told apart at most; of more a sample is taken, of numbers the mean."""

_LISTS = ("discrete", "empirical")
_COUNTS = ("geometric", "poisson")
_POINTS = 16  # a drawn number stands for this many equally likely values
_FEW = 32  # so many numbers in a list may each have a meaning of their own

V = TypeVar("V")
Options = Sequence[tuple[V, float]]
"""Values with their shares."""


@dataclass(frozen=True)
class Situation:
    """One kind of request.

    Attributes
    ----------
    values
        Attributes and variables by name, durations in ticks.
    share
        Of the requests of their source.
    whole
        Whether all options of its attributes are told apart, not only a sample of them.
    """

    values: Mapping[str, Value]
    share: float
    whole: bool = True


def situations(
    attributes: Mapping[str, Attribute],
    start: Iterable[Situation],
    unit: str,
    kinds: Mapping[str, str],
    most: int = MOST,
) -> tuple[Situation, ...]:
    """Every kind of request that these attributes make.

    Parameters
    ----------
    attributes
        Those that matter, by name; one may be computed from others.
    start
        What is known before they are drawn: variables such as ``consumer``, attributes that a file sets.
    unit, kinds
        The time unit of bare numbers, and the kinds of attributes.
    most
        How many kinds of request are told apart at most.
    """
    known, order = [*start], _in_order(attributes)
    every = _every(known, order, attributes, _Draws(unit, kinds), most)
    return tuple(every or _sample(known, order, attributes, _Draws(unit, kinds), most))


def _every(
    found: list[Situation],
    order: Sequence[str],
    attributes: Mapping[str, Attribute],
    draws: _Draws,
    most: int,
) -> list[Situation]:
    """Each combination of options by itself; none if there are too many of them."""
    for name in order:
        room, refined = most // len(found), []
        for one in found:
            options = _known(one, name) or draws.of(attributes[name], one.values, room)
            if len(options) > room:
                return []
            refined += [_told(one, name, value, share) for value, share in options]
        found = refined
    return found


def _sample(
    start: Sequence[Situation],
    order: Sequence[str],
    attributes: Mapping[str, Attribute],
    draws: _Draws,
    most: int,
) -> list[Situation]:
    """As many requests as there is room for, spread evenly over all that their attributes may be."""
    count, found = max(1, most // len(start)), []
    for number, marks in enumerate(_places(count * len(start), len(order)).tolist()):
        one = start[number // count]
        one = replace(one, share=one.share / count, whole=False)
        for name, mark in zip(order, marks, strict=True):
            options = _known(one, name) or draws.of(attributes[name], one.values, _POINTS)
            one = _told(one, name, _at(mark, options), 1.0)
        found.append(one)
    return found


def _known(one: Situation, name: str) -> Options[Value | None]:
    """What an attribute is that is not drawn, as a file sets it."""
    return [(one.values[name], 1.0)] if name in one.values else []


def _told(one: Situation, name: str, value: Value | None, share: float) -> Situation:
    """A kind of request of which one more attribute is told; None is a value that cannot be known."""
    values = one.values if value is None else {**one.values, name: value}
    return replace(one, values=values, share=one.share * share)


def _at(mark: float, options: Options[V]) -> V:
    """The value up to which this share of all lies."""
    reached = [*accumulate(share for _, share in options)]
    return next(
        (value for (value, _), total in zip(options, reached, strict=True) if total > mark * reached[-1]),
        options[-1][0],
    )


def _places(samples: int, dimensions: int) -> Array:
    """A Latin hypercube (McKay, Beckman and Conover 1979): each attribute evenly, its order as it comes."""
    orders = [np.random.default_rng(place).permutation(samples) for place in range(dimensions)]
    return (np.array(orders, dtype=float).reshape(dimensions, samples).T + 0.5) / samples


def _in_order(attributes: Mapping[str, Attribute]) -> list[str]:
    """Names, those that others are computed from first."""
    done = drawing_order(attributes)
    return done + sorted(set(attributes) - set(done))


@dataclass(frozen=True)
class _Draws:
    """The values that attributes take, with their shares.

    Attributes
    ----------
    unit, kinds
        The time unit of bare numbers, and the kinds of attributes.
    """

    unit: str
    kinds: Mapping[str, str]
    _alike: dict[tuple[Attribute, int], Options[Value | None]] = field(default_factory=dict)

    def of(self, attribute: Attribute, values: Mapping[str, Value], room: int) -> Options[Value | None]:
        """Those of one attribute; None stands for one that cannot be known.

        Options are all told, numbers by `room` values at most.
        """
        if isinstance(attribute, Choice):
            return [option for option in attribute.options if option[1] > 0]
        if attribute.names() & values.keys():
            return self._of(attribute, values, room)
        if (attribute, room) not in self._alike:
            self._alike[attribute, room] = self._of(attribute, {}, room)
        return self._alike[attribute, room]

    def _of(self, found: Expression, values: Mapping[str, Value], room: int) -> Options[Value | None]:
        return _of_node(settle(found.root, found.want, self.unit, self.kinds), values, room)


def _of_node(node: Node, values: Mapping[str, Value], room: int) -> Options[Value | None]:
    value = constant_value(node, values)
    if value is not None:
        return [(value, 1.0)]
    condition = constant_value(node.condition, values) if isinstance(node, IfElse) else None
    if isinstance(node, IfElse) and condition is not None:
        return _of_node(node.then if condition else node.otherwise, values, room)
    if isinstance(node, Distribution):
        return _of_distribution(node, values, room)
    return _of_first_draw(node, values, room)


def _of_first_draw(node: Node, values: Mapping[str, Value], room: int) -> Options[Value | None]:
    """Of an expression with draws in it: its values for each of the values of the first of them."""
    inner = next((part for part in node.walk() if isinstance(part, Distribution)), None)
    drawn = [] if inner is None else _of_distribution(inner, values, room)
    if inner is None or not _is_told(inner, drawn):
        return [(Means(values).mean(node), 1.0)]
    found: list[tuple[Value | None, float]] = []
    for value, share in drawn:
        given = Word(value) if isinstance(value, str) else Number(value or 0.0)
        rest = _of_node(_replaced(node, inner, given), values, room // len(drawn))
        found += [(result, share * part) for result, part in rest]
    return found


def _is_told(node: Distribution, drawn: Options[Value | None]) -> bool:
    """Whether it is known what is drawn, not only its mean."""
    known = all(value is not None for value, _ in drawn)
    return known and (len(drawn) > 1 or node.family in _LISTS)


def _of_distribution(node: Distribution, values: Mapping[str, Value], room: int) -> Options[Value | None]:
    listed = _listed(node, values, max(room, _FEW))
    if listed:
        return listed
    given = constant_arguments(node, values)
    if given is None:
        return [(Means(values).mean(node), 1.0)]
    return [*_points_of(node.family, given, room)]


def _listed(node: Distribution, values: Mapping[str, Value], most: int) -> list[tuple[Value, float]]:
    """What ``discrete(values=['sales', 'plant'], ...)`` lists, with shares; nothing of very many numbers."""
    if node.family not in _LISTS:
        return []
    found, shares = _values_of(node, "values", values), _values_of(node, "shares", values)
    if not any(isinstance(value, str) for value in found) and len(found) > most:
        return []
    pairs = zip(found, shares or [1 / len(found)] * len(found), strict=False)
    known = [(value, share) for value, share in pairs if value is not None and isinstance(share, float)]
    return [pair for pair in known if pair[1] > 0] if len(known) == len(found) else []


def _values_of(node: Distribution, name: str, values: Mapping[str, Value]) -> Sequence[Value | None]:
    """What stands in a list, or was read from a file."""
    items = node.argument(name)
    if items is None:
        return node.data or () if name == "values" else ()
    return [constant_value(item, values) for item in items.children()]


def _replaced(node: Node, old: Node, new: Node) -> Node:
    """An expression with one of its parts replaced."""
    if node is old:
        return new
    parts = {one.name: getattr(node, one.name) for one in fields(node)}  # type: ignore[arg-type]
    return replace(node, **{name: _put(part, old, new) for name, part in parts.items()})  # type: ignore[type-var]


def _put(part: Any, old: Node, new: Node) -> Any:
    if isinstance(part, Node):
        return _replaced(part, old, new)
    return tuple(_put(one, old, new) for one in part) if isinstance(part, tuple) else part


def _points_of(family: str, given: Arguments, room: int) -> Options[float]:
    """Equally likely values that stand for a distribution."""
    if family == "mixture":
        return _points(family, given, room)
    return _cached_points(family, tuple(given.items()), room)


@lru_cache(maxsize=1024)
def _cached_points(family: str, given: tuple[tuple[str, Any], ...], room: int) -> Options[float]:
    return _points(family, dict(given), room)


def _points(family: str, given: Arguments, room: int) -> Options[float]:
    mean = moments(family, given).mean
    count = min(room, _POINTS)
    if count <= 1 or mean <= 0:
        return [(mean, 1.0)]
    points = [float(quantile(family, given, (place + 0.5) / count)) for place in range(count)]
    average = sum(points) / count
    # counts stay whole; elsewhere the middles of slices are moved so that their mean is right
    scale = mean / average if average > 0 and family not in _COUNTS else 1.0
    return [(point * scale, 1 / count) for point in points]

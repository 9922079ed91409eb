"""The kinds of request that a source sends: attributes with their values, and how often each comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from serviceflow.model.attributes import Attribute, Choice
from serviceflow.model.constants import Means, Value, constant_arguments, constant_value
from serviceflow.model.families import Arguments, moments
from serviceflow.model.kinds import settle
from serviceflow.model.nodes import Distribution, Node, Word
from serviceflow.model.quantiles import quantile
from serviceflow.model.requests import drawing_order

MOST = 512
"""How many kinds of request are told apart at most; finer ones are taken together by their means."""

_COUNTS = ("discrete", "empirical", "geometric", "poisson")
_POINTS = 16  # a drawn number stands for this many equally likely values


@dataclass(frozen=True)
class Situation:
    """One kind of request.

    Attributes
    ----------
    values
        Attributes and variables by name, durations in ticks.
    share
        Of the requests of their source.
    """

    values: Mapping[str, Value]
    share: float


def situations(
    attributes: Mapping[str, Attribute],
    fixed: Mapping[str, Value],
    unit: str,
    kinds: Mapping[str, str],
    most: int = MOST,
) -> tuple[Situation, ...]:
    """Every kind of request that these attributes make.

    Parameters
    ----------
    attributes
        Those that matter, by name; one may be computed from others.
    fixed
        Variables that are known, such as ``consumer``.
    unit, kinds
        The time unit of bare numbers, and the kinds of attributes.
    most
        How many kinds of request are told apart at most.
    """
    found = [Situation(dict(fixed), 1.0)]
    for name in _in_order(attributes):
        room = most // len(found)
        found = [
            Situation(one.values if value is None else {**one.values, name: value}, one.share * share)
            for one in found
            for value, share in _outcomes(attributes[name], one.values, unit, kinds, room)
        ]
    return tuple(found)


def _in_order(attributes: Mapping[str, Attribute]) -> list[str]:
    """Names, those that others are computed from first."""
    done = drawing_order(attributes)
    return done + sorted(set(attributes) - set(done))


def _outcomes(
    attribute: Attribute, values: Mapping[str, Value], unit: str, kinds: Mapping[str, str], room: int
) -> list[tuple[Value | None, float]]:
    """The values that an attribute takes, with shares; for lack of room the mean, or the likeliest alone.

    None stands for a value that cannot be known.
    """
    if isinstance(attribute, Choice):
        options = [(option, share) for option, share in attribute.options if share > 0]
        if len(options) <= room:
            return [*options]
        return [(max(options, key=lambda option: option[1])[0], 1.0)]
    node = settle(attribute.root, attribute.want, unit, kinds)
    words = _words_of(node)
    if words:
        return [*words] if len(words) <= room else [max(words, key=lambda option: option[1])]
    value = constant_value(node, values)
    if value is not None:
        return [(value, 1.0)]
    if isinstance(node, Distribution):
        given = constant_arguments(node, values)
        if given is not None:
            return [*_values_of(node.family, given, room)]
    return [(Means(values).mean(node), 1.0)]


def _words_of(node: Node) -> list[tuple[str, float]]:
    """The words of ``discrete(values=['sales', 'plant'], ...)`` with their shares."""
    if not isinstance(node, Distribution) or node.family != "discrete":
        return []
    values = node.argument("values")
    words = [item.text for item in values.children() if isinstance(item, Word)] if values is not None else []
    given = node.argument("shares")
    shares = [constant_value(item) for item in given.children()] if given is not None else []
    known = [share for share in shares if isinstance(share, float)]
    if len(known) < len(shares):
        return []
    return [*zip(words, known or [1 / len(words)] * len(words), strict=False)] if words else []


def _values_of(family: str, given: Arguments, room: int) -> list[tuple[float, float]]:
    """Values that stand for a distribution, with shares: all of a finite one, else equally likely ones."""
    if family in ("discrete", "empirical"):
        values: tuple[float, ...] = tuple(given["values"])  # type: ignore[arg-type]
        shares: tuple[float, ...] = tuple(given.get("shares") or [1 / len(values)] * len(values))  # type: ignore[arg-type]
        if len(values) <= room:
            return [*zip(values, shares, strict=True)]
    mean = moments(family, given).mean
    count = min(room, _POINTS)
    if count <= 1 or mean <= 0:
        return [(mean, 1.0)]
    points = [float(quantile(family, given, (place + 0.5) / count)) for place in range(count)]
    average = sum(points) / count
    # counts stay whole; elsewhere the middles of slices are moved so that their mean is right
    scale = mean / average if average > 0 and family not in _COUNTS else 1.0
    return [(point * scale, 1 / count) for point in points]

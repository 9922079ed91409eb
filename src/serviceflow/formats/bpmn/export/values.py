"""Values of a chain as BPSim writes them, where it can: durations, numbers and most distributions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from serviceflow.errors import ExpressionError
from serviceflow.formats.bpmn.export.tags import Tag
from serviceflow.model.constants import checked_arguments
from serviceflow.model.expressions import Expression
from serviceflow.model.families import Component, coefficient, truncated_location
from serviceflow.model.kinds import settle
from serviceflow.model.nodes import (
    VARIABLES,
    Compare,
    Distribution,
    Flag,
    Logic,
    Name,
    Node,
    Not,
    Number,
    Word,
)
from serviceflow.units import unit_name

MOST_POINTS = 1_000
SECOND = 1e6
"""Ticks of a second."""


def constant_ticks(found: Expression, time_unit: str) -> float | None:
    """A constant duration in ticks, or a constant number; None for what is drawn or depends on a request."""
    if found.has_distribution or not found.is_constant:
        return None
    try:
        return found.constant(time_unit)
    except ExpressionError:
        return None


def iso(ticks: float) -> str:
    """A duration as XML writes it."""
    seconds = f"{ticks / SECOND:.6f}".rstrip("0").rstrip(".")
    return f"PT{seconds}S"


def number(value: float) -> str:
    """A number as XML writes it."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def time(found: Expression, time_unit: str) -> Tag | None:
    """A duration of a chain as a value of BPSim, in seconds; None where BPSim has none that says the same."""
    ticks = constant_ticks(found, time_unit)
    if ticks is not None:
        return Tag("bpsim:DurationParameter", {"value": iso(ticks)})
    return _drawn(found, time_unit, SECOND, {"timeUnit": "s"})


def plain(found: Expression, time_unit: str) -> Tag | None:
    """A number of a chain as a value of BPSim; None where BPSim has none that says the same."""
    value = constant_ticks(found, time_unit)
    return floating(value) if value is not None else _drawn(found, time_unit, 1.0, {})


def floating(value: float) -> Tag:
    """A constant number."""
    return Tag("bpsim:FloatingParameter", {"value": number(value)})


def _drawn(found: Expression, time_unit: str, unit: float, more: Mapping[str, str]) -> Tag | None:
    node = settle(found.root, found.want, unit_name(time_unit))
    if not isinstance(node, Distribution):
        return None
    try:
        given = checked_arguments(node)
    except ExpressionError:
        return None
    return distribution(node.family, given, unit, more)


def distribution(family: str, given: Mapping[str, Any], unit: float, more: Mapping[str, str]) -> Tag | None:
    """A distribution of BPSim, its values divided by a unit."""
    if family in ("discrete", "empirical", "mixture"):
        return _points(family, given, unit, more)
    write = _FAMILIES.get(family)
    if write is None:
        return None
    name, arguments = write(given, unit)
    values = {key: number(float(value)) for key, value in arguments.items()}
    return Tag(f"bpsim:{name}", {**values, **more})


def exponential(seconds: float) -> Tag:
    """A time between arrivals of a rate."""
    return Tag("bpsim:NegativeExponentialDistribution", {"mean": number(seconds), "timeUnit": "s"})


Written = tuple[str, dict[str, float]]


def _normal(given: Mapping[str, float], unit: float) -> Written:
    """A mean of a chain is that after the cut at 0; BPSim's is that before it."""
    mean, sd = given["mean"], coefficient(given) * given["mean"]
    if sd == 0:
        return "TruncatedNormalDistribution", {"mean": mean / unit, "standardDeviation": 0.0, "min": 0.0}
    location = truncated_location(mean, sd) / unit
    return "TruncatedNormalDistribution", {"mean": location, "standardDeviation": sd / unit, "min": 0.0}


def _gamma(given: Mapping[str, float], unit: float) -> Written:
    cv = max(coefficient(given), 1e-6)
    shape = 1 / cv**2
    return "GammaDistribution", {"shape": shape, "scale": given["mean"] / shape / unit}


def _weibull(given: Mapping[str, float], unit: float) -> Written:
    scale = given["mean"] / math.gamma(1 + 1 / given["shape"])
    return "WeibullDistribution", {"shape": given["shape"], "scale": scale / unit}


_FAMILIES: dict[str, Callable[[Mapping[str, Any], float], Written]] = {
    "exponential": lambda given, unit: ("NegativeExponentialDistribution", {"mean": given["mean"] / unit}),
    "erlang": lambda given, unit: ("ErlangDistribution", {"mean": given["mean"] / unit, "k": given["k"]}),
    "lognormal": lambda given, unit: (
        "LogNormalDistribution",
        {"mean": given["mean"] / unit, "standardDeviation": coefficient(given) * given["mean"] / unit},
    ),
    "uniform": lambda given, unit: (
        "UniformDistribution",
        {"min": given["low"] / unit, "max": given["high"] / unit},
    ),
    "triangular": lambda given, unit: (
        "TriangularDistribution",
        {"mode": given["mode"] / unit, "min": given["low"] / unit, "max": given["high"] / unit},
    ),
    "poisson": lambda given, unit: ("PoissonDistribution", {"mean": given["mean"]}),
    "normal": _normal,
    "gamma": _gamma,
    "weibull": _weibull,
}


def _points(family: str, given: Mapping[str, Any], unit: float, more: Mapping[str, str]) -> Tag | None:
    values = given["of"] if family == "mixture" else given["values"]
    shares = given.get("shares") or [1 / len(values)] * len(values)
    if len(values) > MOST_POINTS:
        return None
    found = Tag("bpsim:UserDistribution", {"discrete": "true" if family != "mixture" else "false", **more})
    for value, share in zip(values, shares, strict=True):
        inner = _point(value, unit, more)
        if inner is None:
            return None
        point = Tag("bpsim:UserDistributionDataPoint", {"probability": number(share)}, [inner])
        found.children.append(point)
    return found


def _point(value: object, unit: float, more: Mapping[str, str]) -> Tag | None:
    if isinstance(value, Component):
        return distribution(value.family, value.arguments, unit, more)
    assert isinstance(value, float)
    if more:
        return Tag("bpsim:DurationParameter", {"value": iso(value)})
    return floating(value / unit)


def xpath(node: Node, names: frozenset[str]) -> str | None:
    """A condition over attributes as BPSim writes it; None if it says more than that."""
    if isinstance(node, Logic):
        parts = [xpath(one, names) for one in node.operands]
        return None if None in parts else f" {node.operator} ".join(f"({part})" for part in parts)
    if isinstance(node, Not):
        inner = [xpath(one, names) for one in node.children()]
        return None if None in inner else f"not({inner[0]})"
    if isinstance(node, Compare) and len(node.operators) == 1:
        sides = [_side(one, names) for one in node.operands]
        sign = {"==": "="}.get(node.operators[0], node.operators[0])
        return None if None in sides else f"{sides[0]} {sign} {sides[1]}"
    return str(node) if isinstance(node, Flag) else None


def _side(node: Node, names: frozenset[str]) -> str | None:
    if isinstance(node, Number):
        return number(node.value)
    text = node.text if isinstance(node, Word) else node.name if isinstance(node, Name) else None
    if text is None or "'" in text:
        return None
    if isinstance(node, Name) and text in names:
        return f"bpsim:getProperty('{text}')"
    return None if isinstance(node, Name) and text in VARIABLES else f"'{text}'"

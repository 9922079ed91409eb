"""The least that an expression can come to: what is promised below it can never be kept."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from serviceflow.model.constants import Value, combine, constant_arguments, constant_value
from serviceflow.model.expressions import Expression
from serviceflow.model.families import Arguments
from serviceflow.model.kinds import settle
from serviceflow.model.nodes import Binary, Distribution, Extremum, IfElse, Node
from serviceflow.model.quantiles import quantile

Values = Mapping[str, Value]

_LOWEST = {"uniform": "low", "triangular": "low", "pert": "low", "constant": "value"}


def least(expr: Expression | None, unit: str, values: Values, kinds: Mapping[str, str]) -> float:
    """A bound below an expression, 0 or more: the smallest value it can take where that is easily known.

    Parameters
    ----------
    expr
        The expression; None counts as 0.
    unit
        The unit of bare numbers where a duration is wanted; durations are given in ticks.
    values
        Attributes and variables whose value is known: conditions on them are decided.
    kinds
        The kinds of attributes.
    """
    if expr is None:
        return 0.0
    found = _least(settle(expr.root, expr.want, unit, kinds), values)
    return max(found, 0.0) if found is not None and isfinite(found) else 0.0


def least_of_share(
    expr: Expression | None, share: float, unit: str, values: Values, kinds: Mapping[str, str]
) -> float:
    """A value that at most `share` of the draws stay below, `least` where no better one is known."""
    if expr is None:
        return 0.0
    node = settle(expr.root, expr.want, unit, kinds)
    if isinstance(node, Distribution) and 0 < share < 1:
        given = constant_arguments(node, values)
        if given is not None:
            return max(float(quantile(node.family, given, share)), 0.0)
    return least(expr, unit, values, kinds)


def _least(node: Node, values: Values) -> float | None:
    value = constant_value(node, values)
    if isinstance(value, float):
        return value
    if isinstance(node, Distribution):
        given = constant_arguments(node, values)
        return None if given is None else _least_of_family(node.family, given)
    if isinstance(node, IfElse):
        condition = constant_value(node.condition, values)
        if condition is not None:
            return _least(node.then if condition else node.otherwise, values)
        return _smallest([_least(node.then, values), _least(node.otherwise, values)])
    if isinstance(node, Extremum):
        parts = [_least(operand, values) for operand in node.operands]
        return (
            _smallest(parts)
            if node.operator == "min"
            else max((p for p in parts if p is not None), default=None)
        )
    return _least_of_operation(node, values) if isinstance(node, Binary) else None


def _smallest(parts: list[float | None]) -> float | None:
    return None if None in parts else min(part for part in parts if part is not None)


def _least_of_operation(node: Binary, values: Values) -> float | None:
    """Sums and products grow with their parts; of a difference or a quotient only the first part may vary."""
    left, right = _least(node.left, values), _least(node.right, values)
    if left is None or right is None:
        return None
    fixed = constant_value(node.right, values) is not None
    if node.operator == "+" or (fixed and (node.operator == "-" or right > 0)):
        return combine(node.operator, left, right)
    return left * right if node.operator == "*" and left >= 0 and right >= 0 else None


def _least_of_family(family: str, given: Arguments) -> float:
    """The least that a distribution can give; 0 for those that come as near to it as one likes."""
    if family in _LOWEST:
        return float(given[_LOWEST[family]])  # type: ignore[arg-type]
    if family in ("discrete", "empirical"):
        shares = given.get("shares") or [1.0] * len(given["values"])  # type: ignore[arg-type]
        pairs = zip(given["values"], shares, strict=True)  # type: ignore[arg-type]
        return min(float(value) for value, share in pairs if share > 0)  # type: ignore[arg-type, operator]
    if family == "mixture":
        pairs = zip(given["shares"], given["of"], strict=True)  # type: ignore[arg-type]
        return min(_least_of_family(part.family, part.arguments) for share, part in pairs if share > 0)  # type: ignore
    return 1.0 if family == "geometric" else 0.0

"""What an expression is worth without running: its value if constant, its mean if it can be known.

All of this works on settled expressions (see ``kinds.settle``): durations count in ticks.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from serviceflow.errors import ExpressionError
from serviceflow.model.families import Arguments, Component, complaint, moments
from serviceflow.model.nodes import (
    Binary,
    Compare,
    Distribution,
    Extremum,
    Flag,
    IfElse,
    Listing,
    Logic,
    Name,
    Node,
    Not,
    Number,
    Quantity,
    Unary,
    Word,
)

Value = float | str
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def constant_value(node: Node, values: Mapping[str, Value] | None = None) -> Value | None:
    """Return the value of an expression, given those of names, or None if it depends on anything else.

    Flags are 1 and 0. A name that has no value is taken as a word where a word meets it.
    """
    return _Constant(values or {}).value(node)


class _Constant:
    def __init__(self, values: Mapping[str, Value]) -> None:
        self.values = values

    def value(self, node: Node) -> Value | None:
        if isinstance(node, Number | Flag):
            return float(node.value)
        if isinstance(node, Quantity):
            return node.ticks
        if isinstance(node, Word):
            return node.text
        if isinstance(node, Name):
            return self.values.get(node.name)
        return self.composed(node)

    def composed(self, node: Node) -> Value | None:
        if isinstance(node, IfElse):
            condition = self.value(node.condition)
            return None if condition is None else self.value(node.then if condition else node.otherwise)
        if isinstance(node, Compare):
            return self.compare(node)
        if isinstance(node, Logic):
            return self.logic(node)
        return self.arithmetic(node)

    def arithmetic(self, node: Node) -> float | None:
        parts = [self.value(child) for child in node.children()]
        numbers = [part for part in parts if isinstance(part, float)]
        if isinstance(node, Distribution | Listing) or len(numbers) < len(parts):
            return None
        if isinstance(node, Unary):
            return -numbers[0]
        if isinstance(node, Not):
            return float(not numbers[0])
        if isinstance(node, Extremum):
            return min(numbers) if node.operator == "min" else max(numbers)
        return combine(node.operator, *numbers) if isinstance(node, Binary) else None

    def compare(self, node: Compare) -> float | None:
        parts = [self.value(operand) for operand in node.operands]
        if any(isinstance(self._known(operand), str) for operand in node.operands):
            parts = [
                operand.name if part is None and isinstance(operand, Name) else part
                for part, operand in zip(parts, node.operands, strict=True)
            ]
        if any(part is None for part in parts):
            return None
        pairs = zip(parts, node.operators, parts[1:], strict=False)
        return float(all(_COMPARE[sign](left, right) for left, sign, right in pairs))

    def _known(self, node: Node) -> Value | None:
        return self.values.get(node.name) if isinstance(node, Name) else None

    def logic(self, node: Logic) -> float | None:
        parts = [self.value(operand) for operand in node.operands]
        decisive = node.operator == "or"
        if any(part is not None and bool(part) == decisive for part in parts):
            return float(decisive)
        return None if None in parts else float(not decisive)


def combine(sign: str, left: float, right: float) -> float:
    """Compute one of the four operations; a division by zero gives NaN."""
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    return left / right if right != 0 else math.nan


def constant_arguments(node: Distribution, values: Mapping[str, Value] | None = None) -> Arguments | None:
    """Return the arguments of a settled distribution as numbers, or None if they are no constants."""
    given: dict[str, object] = {}
    for name, argument in node.arguments:
        if name in ("file", "column"):
            continue
        found = _argument(argument, values or {})
        if found is None:
            return None
        given[name] = found
    if node.data is not None:
        given["values"] = node.data
    if not given:
        return None
    return given  # type: ignore[return-value]


def _argument(node: Node, values: Mapping[str, Value]) -> object:
    if isinstance(node, Listing):
        found = [_argument(item, values) for item in node.items]
        return None if None in found else tuple(found)
    if isinstance(node, Distribution):
        inner = constant_arguments(node, values)
        return None if inner is None else Component(node.family, inner)
    value = constant_value(node, values)
    return value if isinstance(value, float) else None


def checked_arguments(node: Distribution) -> Arguments:
    """Return the arguments of a settled distribution as numbers.

    Raises
    ------
    ExpressionError
        If they are no constants, or not what the family allows.
    """
    given = constant_arguments(node)
    if given is None:
        why = "its file has not been read" if node.argument("file") else "its arguments are no constants"
        raise ExpressionError(f"{node} has no figures of its own: {why}")
    if wrong := complaint(node.family, given):
        raise ExpressionError(wrong)
    return given


@dataclass(frozen=True)
class Means:
    """What is known of names when a mean is asked for.

    Attributes
    ----------
    values : mapping of str to float or str
        Names whose value is known.
    means : mapping of str to float
        Names of which only the mean is known.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    means: Mapping[str, float] = field(default_factory=dict)

    def mean(self, node: Node) -> float | None:
        """Return the mean of a settled expression, or None if it does not follow from what is known.

        Draws within one expression are independent of each other; attributes may depend on each
        other, so that the mean of a product of two of them is not known.
        """
        value = constant_value(node, self.values)
        if isinstance(value, float):
            return value
        if isinstance(node, Name):
            return self.means.get(node.name)
        if isinstance(node, Distribution):
            return self._of_distribution(node)
        if isinstance(node, Unary):
            inner = self.mean(node.operand)
            return None if inner is None else -inner
        if isinstance(node, IfElse):
            condition = constant_value(node.condition, self.values)
            return None if condition is None else self.mean(node.then if condition else node.otherwise)
        return self._of_operation(node) if isinstance(node, Binary) else None

    def _of_operation(self, node: Binary) -> float | None:
        left, right = self.mean(node.left), self.mean(node.right)
        if left is None or right is None:
            return None
        if node.operator == "/" and not self._fixed(node.right):
            return None
        if node.operator == "*" and self._asks(node.left) and self._asks(node.right):
            return None
        return combine(node.operator, left, right)

    def _fixed(self, node: Node) -> bool:
        return constant_value(node, self.values) is not None

    def _asks(self, node: Node) -> bool:
        """Whether it depends on a name whose value is not known."""
        return any(isinstance(part, Name) and part.name not in self.values for part in node.walk())

    def _of_distribution(self, node: Distribution) -> float | None:
        given = constant_arguments(node, self.values)
        if given is not None:
            return moments(node.family, given).mean
        arguments = dict(node.arguments)
        if node.family == "mixture":
            return self._of_mixture(arguments["shares"].children(), arguments["of"].children())
        if "mean" in arguments or "value" in arguments:
            return self.mean(arguments.get("mean") or arguments["value"])
        if "high" not in arguments:
            return None
        means = {name: self.mean(argument) for name, argument in node.arguments}
        known = {name: mean for name, mean in means.items() if mean is not None}
        return moments(node.family, known).mean if len(known) == len(means) else None

    def _of_mixture(self, shares: Sequence[Node], parts: Sequence[Node]) -> float | None:
        total = 0.0
        for share, part in zip(shares, parts, strict=True):
            weight, mean = constant_value(share, self.values), self.mean(part)
            if not isinstance(weight, float) or mean is None:
                return None
            total += weight * mean
        return total

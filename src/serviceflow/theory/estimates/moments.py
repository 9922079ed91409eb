"""How long work takes and how much that varies, for one kind of request."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from serviceflow.model.constants import Means, Value, constant_arguments, constant_value
from serviceflow.model.expressions import Expression
from serviceflow.model.families import Arguments, Moments, coefficient, moments
from serviceflow.model.kinds import settle
from serviceflow.model.nodes import Binary, Distribution, IfElse, Node, Unary

EXPONENTIAL, CONSTANT, OTHER = "exponential", "constant", "other"
_FIRST: Mapping[str, Value] = {"visit": 1.0, "elapsed": 0.0}
Transform = Callable[[float], float]


@dataclass(frozen=True)
class Law:
    """What is known of a random time, in ticks.

    Attributes
    ----------
    mean, second
        Its mean and the mean of its square.
    shape
        Whether it is exponential, constant, or something else.
    transform
        Its Laplace transform, where that is easily written.
    """

    mean: float
    second: float
    shape: str = OTHER
    transform: Transform | None = None

    @property
    def scv(self) -> float:
        """Squared coefficient of variation."""
        return self.second / self.mean**2 - 1 if self.mean > 0 else 0.0


def law_of(
    expr: Expression | None, values: Mapping[str, Value], unit: str, kinds: Mapping[str, str]
) -> Law | None:
    """The law of an expression for one kind of request; None where its spread cannot be known."""
    if expr is None:
        return Law(0.0, 0.0, CONSTANT)
    node = settle(expr.root, expr.want, unit, kinds)
    values = {**_FIRST, **values}
    found = _moments(node, values)
    if found is None or not math.isfinite(found.mean) or not math.isfinite(found.variance):
        return None
    second = found.variance + found.mean**2
    if found.variance <= 1e-18 * found.mean**2:
        return Law(found.mean, second, CONSTANT, lambda s: math.exp(-s * found.mean))
    node = _chosen(node, values)
    given = constant_arguments(node, values) if isinstance(node, Distribution) else None
    if given is None or not isinstance(node, Distribution):
        return Law(found.mean, second)
    shape = EXPONENTIAL if _is_exponential(node.family, given) else OTHER
    return Law(found.mean, second, shape, _transform(node.family, given))


def _chosen(node: Node, values: Mapping[str, Value]) -> Node:
    """The branch of a condition that is known to be taken."""
    while isinstance(node, IfElse):
        condition = constant_value(node.condition, values)
        if condition is None:
            return node
        node = node.then if condition else node.otherwise
    return node


def _is_exponential(family: str, given: Arguments) -> bool:
    if family == "exponential":
        return True
    if family in ("gamma", "hyperexponential"):
        return math.isclose(coefficient(given), 1.0)  # type: ignore[arg-type]
    return (family == "erlang" and given["k"] == 1) or (family == "weibull" and given["shape"] == 1)


def _moments(node: Node, values: Mapping[str, Value]) -> Moments | None:
    value = constant_value(node, values)
    if isinstance(value, float):
        return Moments(value, 0.0)
    node = _chosen(node, values)
    if isinstance(node, Distribution):
        given = constant_arguments(node, values)
        return None if given is None else moments(node.family, given)
    if isinstance(node, Unary):
        inner = _moments(node.operand, values)
        return None if inner is None else Moments(-inner.mean, inner.variance)
    return _of_operation(node, values) if isinstance(node, Binary) else None


def _of_operation(node: Binary, values: Mapping[str, Value]) -> Moments | None:
    """Draws within one expression are independent of each other."""
    left, right = _moments(node.left, values), _moments(node.right, values)
    if left is None or right is None:
        return None
    if node.operator in "+-":
        sign = 1 if node.operator == "+" else -1
        return Moments(left.mean + sign * right.mean, left.variance + right.variance)
    if node.operator == "*":
        mean = left.mean * right.mean
        square = (left.variance + left.mean**2) * (right.variance + right.mean**2)
        return Moments(mean, square - mean**2)
    if right.variance or not right.mean:
        return None
    return Moments(left.mean / right.mean, left.variance / right.mean**2)


def mean_of(
    expr: Expression | None, values: Mapping[str, Value], unit: str, kinds: Mapping[str, str]
) -> float | None:
    """A mean, which is known more often than a law is."""
    if expr is None:
        return 0.0
    return Means({**_FIRST, **values}).mean(settle(expr.root, expr.want, unit, kinds))


def _transform(family: str, given: Arguments) -> Transform | None:
    """Laplace transform of a time between arrivals, for GI/M/1."""
    numbers: Mapping[str, float] = given  # type: ignore[assignment]
    if family in ("exponential", "erlang", "gamma"):
        mean = numbers["mean"]
        shape = numbers["k"] if family == "erlang" else 1.0
        if family == "gamma":
            shape = coefficient(numbers) ** -2
        return lambda s: (1 + s * mean / shape) ** -shape
    if family == "hyperexponential":
        return _balanced(numbers["mean"], coefficient(numbers) ** 2)
    if family == "uniform" and numbers["high"] > numbers["low"]:
        low, high = numbers["low"], numbers["high"]
        return lambda s: (
            math.exp(-s * low) * -math.expm1(-s * (high - low)) / (s * (high - low)) if s else 1.0
        )
    return None


def _balanced(mean: float, scv: float) -> Transform:
    """That of a mixture of two exponential times with balanced means."""
    first = (1 + math.sqrt((scv - 1) / (scv + 1))) / 2
    rates = (2 * first / mean, 2 * (1 - first) / mean)
    shares = (first, 1 - first)
    return lambda s: sum(share * rate / (rate + s) for share, rate in zip(shares, rates, strict=True))

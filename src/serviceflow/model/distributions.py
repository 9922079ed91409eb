"""Distributions as Python values: ``lognormal(mean="6 min", cv=0.4)``.

Each function gives a ``Distribution`` whose ``repr`` is the text that a model file holds. An
argument is a number, a text such as ``"6 min"`` or ``"6 min if vip else 9 min"``, or an expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite

from serviceflow.errors import ExpressionError
from serviceflow.model.calls import arrange
from serviceflow.model.expressions import Expression, expression
from serviceflow.model.nodes import Distribution, Listing, Name, Node, Word

Argument = str | float | Expression

__all__ = [
    "Distribution",
    "constant",
    "discrete",
    "empirical",
    "erlang",
    "exponential",
    "gamma",
    "geometric",
    "hyperexponential",
    "lognormal",
    "mixture",
    "normal",
    "pert",
    "poisson",
    "triangular",
    "uniform",
    "weibull",
]


def _node(value: object) -> Node:
    return expression(value, "any").root


def _plain(value: object) -> Node:
    return expression(value, "number").root


def _make(family: str, **given: Node | None) -> Distribution:
    node = arrange(family, {name: value for name, value in given.items() if value is not None})
    expression(node, "any")
    return node


def _spread(family: str, mean: Argument, cv: Argument | None, sd: Argument | None) -> Distribution:
    return _make(
        family,
        mean=_node(mean),
        cv=None if cv is None else _plain(cv),
        sd=None if sd is None else _node(sd),
    )


def constant(value: Argument) -> Distribution:
    """Give always the same."""
    return _make("constant", value=_node(value))


def exponential(mean: Argument) -> Distribution:
    """Give the exponential distribution: what is left does not depend on what has passed; cv 1."""
    return _make("exponential", mean=_node(mean))


def erlang(mean: Argument, k: Argument) -> Distribution:
    """Give the sum of `k` exponential phases of equal mean; cv 1/sqrt(k)."""
    return _make("erlang", mean=_node(mean), k=_plain(k))


def gamma(mean: Argument, cv: Argument | None = None, sd: Argument | None = None) -> Distribution:
    """Give the gamma distribution of this mean and spread."""
    return _spread("gamma", mean, cv, sd)


def lognormal(mean: Argument, cv: Argument | None = None, sd: Argument | None = None) -> Distribution:
    """Give the lognormal distribution of this mean and spread (its own, not those of its logarithm)."""
    return _spread("lognormal", mean, cv, sd)


def normal(mean: Argument, sd: Argument | None = None, cv: Argument | None = None) -> Distribution:
    """Give the normal distribution cut off at 0, whose mean stays `mean`.

    `sd` (or `cv` times the mean) is that of the normal distribution before the cut; its location is
    moved so that the mean after the cut is `mean`. Far from 0 the cut changes nothing.
    """
    return _spread("normal", mean, cv, sd)


def uniform(low: Argument, high: Argument) -> Distribution:
    """Give every value from `low` to `high` alike."""
    return _make("uniform", low=_node(low), high=_node(high))


def triangular(low: Argument, mode: Argument, high: Argument) -> Distribution:
    """Give the triangular distribution: least, most likely, most."""
    return _make("triangular", low=_node(low), mode=_node(mode), high=_node(high))


def pert(low: Argument, mode: Argument, high: Argument) -> Distribution:
    """Give the beta distribution of PERT, whose mean is (low + 4 mode + high) / 6."""
    return _make("pert", low=_node(low), mode=_node(mode), high=_node(high))


def weibull(mean: Argument, shape: Argument) -> Distribution:
    """Give the Weibull distribution; below shape 1 long values are frequent, above it rare."""
    return _make("weibull", mean=_node(mean), shape=_plain(shape))


def hyperexponential(mean: Argument, cv: Argument | None = None, sd: Argument | None = None) -> Distribution:
    """Give a mixture of two exponentials with balanced means; cv at least 1."""
    return _spread("hyperexponential", mean, cv, sd)


def geometric(mean: Argument) -> Distribution:
    """Give counts 1, 2, ...: trials up to the first success."""
    return _make("geometric", mean=_plain(mean))


def poisson(mean: Argument) -> Distribution:
    """Give counts 0, 1, ... of independent events."""
    return _make("poisson", mean=_plain(mean))


def discrete(
    values: Mapping[object, Argument] | Iterable[object],
    shares: Iterable[Argument] | None = None,
) -> Distribution:
    """Give each value with its share: ``discrete({1: "60%", 2: "40%"})``; shares add up to 100%."""
    if isinstance(values, Mapping):
        return discrete(list(values.keys()), list(values.values()))
    if shares is None:
        raise ExpressionError("discrete takes values and shares: write discrete({1: '60%', 2: '40%'})")
    parts = tuple(_plain(share) for share in shares)
    return _make("discrete", values=Listing(tuple(map(_value, values))), shares=Listing(parts))


def _value(value: object) -> Node:
    node = _text_value(value) if isinstance(value, str) else _node(value)
    return Word(node.name) if isinstance(node, Name) else node


def _text_value(text: str) -> Node:
    try:
        return _node(text)
    except ExpressionError:
        return Word(text)


def empirical(
    values: Iterable[float] | None = None, file: str | None = None, column: str | None = None
) -> Distribution:
    """Give one of the observed values, each alike: a list, or a column of a CSV file.

    Raises
    ------
    ExpressionError
        If a value is negative or not finite.
    """
    if values is None:
        return _make(
            "empirical",
            file=None if file is None else Word(file),
            column=None if column is None else Word(column),
        )
    return _make("empirical", values=Listing(tuple(map(_observed, values))))


def _observed(value: object) -> Node:
    if isinstance(value, float) and not isfinite(value):
        raise ExpressionError("empirical: every value must be finite; drop what is missing")
    return _node(value)


def mixture(shares: Iterable[Argument], of: Iterable[Distribution]) -> Distribution:
    """Give a draw from one of several distributions, each chosen with its share."""
    parts = tuple(_plain(share) for share in shares)
    return _make("mixture", shares=Listing(parts), of=Listing(tuple(of)))

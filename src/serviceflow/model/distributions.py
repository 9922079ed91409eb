"""Distributions as Python values: ``lognormal(mean="6 min", cv=0.4)``.

Each function returns a ``Distribution`` whose ``repr`` is the text that a model file holds. An
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
    """Return a distribution that is always the same.

    Parameters
    ----------
    value : number or duration
        What it is.

    Returns
    -------
    Distribution
        Its text is what a model file holds.

    Raises
    ------
    ExpressionError
        If an argument cannot be read, or does not fit.

    See Also
    --------
    uniform : every value from one to another.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.constant("15 min")
    constant(value=15 min)
    """
    return _make("constant", value=_node(value))


def exponential(mean: Argument) -> Distribution:
    """Return the exponential distribution: what is left does not depend on what has passed; cv 1.

    Parameters
    ----------
    mean : number or duration
        Its mean.

    Returns
    -------
    Distribution
        Its text is what a model file holds.

    Raises
    ------
    ExpressionError
        If an argument cannot be read, or does not fit.

    See Also
    --------
    erlang : several phases in a row.
    hyperexponential : more spread.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.exponential(mean="15 min")
    exponential(mean=15 min)
    """
    return _make("exponential", mean=_node(mean))


def erlang(mean: Argument, k: Argument) -> Distribution:
    """Return the sum of `k` exponential phases of equal mean; cv 1/sqrt(k).

    Parameters
    ----------
    mean : number or duration
        Its mean.
    k : int
        How many phases.

    Returns
    -------
    Distribution
        Its text is what a model file holds.

    Raises
    ------
    ExpressionError
        If an argument cannot be read, or does not fit.

    See Also
    --------
    gamma : any spread.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.erlang(mean="15 min", k=3)
    erlang(mean=15 min, k=3)
    """
    return _make("erlang", mean=_node(mean), k=_plain(k))


def gamma(mean: Argument, cv: Argument | None = None, sd: Argument | None = None) -> Distribution:
    """Return the gamma distribution of this mean and spread.

    Parameters
    ----------
    mean : number or duration
        Its mean.
    cv, sd : number or duration, optional
        Its coefficient of variation, or its standard deviation: one of the two.

    Returns
    -------
    Distribution
        Its text is what a model file holds.

    Raises
    ------
    ExpressionError
        If an argument cannot be read, or does not fit.

    See Also
    --------
    lognormal : more long values.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.gamma(mean="28 min", cv=0.4)
    gamma(mean=28 min, cv=0.4)
    """
    return _spread("gamma", mean, cv, sd)


def lognormal(mean: Argument, cv: Argument | None = None, sd: Argument | None = None) -> Distribution:
    """Return the lognormal distribution of this mean and spread (its own, not those of its logarithm).

    Parameters
    ----------
    mean : number or duration
        Its mean.
    cv, sd : number or duration, optional
        Its coefficient of variation, or its standard deviation: one of the two.

    Returns
    -------
    Distribution
        Its text is what a model file holds.

    Raises
    ------
    ExpressionError
        If an argument cannot be read, or does not fit.

    See Also
    --------
    gamma : fewer long values.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.lognormal(mean="6 min", cv=0.4)
    lognormal(mean=6 min, cv=0.4)
    """
    return _spread("lognormal", mean, cv, sd)


def normal(mean: Argument, sd: Argument | None = None, cv: Argument | None = None) -> Distribution:
    """Return the normal distribution cut off at 0, whose mean stays `mean`.

    `sd` (or `cv` times the mean) is that of the normal distribution before the cut; its location is
    moved so that the mean after the cut is `mean`. Far from 0 the cut changes nothing.

    Parameters
    ----------
    mean : number or duration
        Its mean.
    sd, cv : number or duration, optional
        Its coefficient of variation, or its standard deviation: one of the two.

    Returns
    -------
    Distribution
        Its text is what a model file holds.

    Raises
    ------
    ExpressionError
        If an argument cannot be read, or does not fit.

    See Also
    --------
    gamma : never below 0 by itself.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.normal(mean="30 min", sd="5 min")
    normal(mean=30 min, sd=5 min)
    """
    return _spread("normal", mean, cv, sd)


def uniform(low: Argument, high: Argument) -> Distribution:
    """Return every value from `low` to `high` alike.

    Parameters
    ----------
    low, high : number or duration
        The least and the most.

    Returns
    -------
    Distribution
        Its text is what a model file holds.

    Raises
    ------
    ExpressionError
        If an argument cannot be read, or does not fit.

    See Also
    --------
    triangular : with a most likely value.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.uniform("5 min", "20 min")
    uniform(low=5 min, high=20 min)
    """
    return _make("uniform", low=_node(low), high=_node(high))


def triangular(low: Argument, mode: Argument, high: Argument) -> Distribution:
    """Return the triangular distribution: least, most likely, most.

    Parameters
    ----------
    low, mode, high : number or duration
        The least, the most likely and the most.

    Returns
    -------
    Distribution
        Its text is what a model file holds.

    Raises
    ------
    ExpressionError
        If an argument cannot be read, or does not fit.

    See Also
    --------
    pert : less weight at the ends.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.triangular("5 min", "10 min", "45 min")
    triangular(low=5 min, mode=10 min, high=45 min)
    """
    return _make("triangular", low=_node(low), mode=_node(mode), high=_node(high))


def pert(low: Argument, mode: Argument, high: Argument) -> Distribution:
    """Return the beta distribution of PERT, whose mean is (low + 4 mode + high) / 6.

    Parameters
    ----------
    low, mode, high : number or duration
        The least, the most likely and the most.

    Returns
    -------
    Distribution
        Its text is what a model file holds.

    Raises
    ------
    ExpressionError
        If an argument cannot be read, or does not fit.

    See Also
    --------
    triangular : more weight at the ends.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.pert("5 min", "10 min", "45 min")
    pert(low=5 min, mode=10 min, high=45 min)
    """
    return _make("pert", low=_node(low), mode=_node(mode), high=_node(high))


def weibull(mean: Argument, shape: Argument) -> Distribution:
    """Return the Weibull distribution; below shape 1 long values are frequent, above it rare.

    Parameters
    ----------
    mean : number or duration
        Its mean.
    shape : number
        Its shape; 1 is the exponential distribution.

    Returns
    -------
    Distribution
        Its text is what a model file holds.

    Raises
    ------
    ExpressionError
        If an argument cannot be read, or does not fit.

    See Also
    --------
    gamma : by mean and spread.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.weibull(mean="2 h", shape=1.5)
    weibull(mean=2 h, shape=1.5)
    """
    return _make("weibull", mean=_node(mean), shape=_plain(shape))


def hyperexponential(mean: Argument, cv: Argument | None = None, sd: Argument | None = None) -> Distribution:
    """Return a mixture of two exponential distributions with balanced means; cv at least 1.

    Parameters
    ----------
    mean : number or duration
        Its mean.
    cv, sd : number or duration, optional
        Its coefficient of variation, or its standard deviation: one of the two.

    Returns
    -------
    Distribution
        Its text is what a model file holds.

    Raises
    ------
    ExpressionError
        If an argument cannot be read, or does not fit.

    See Also
    --------
    exponential : cv 1.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.hyperexponential(mean="15 min", cv=2)
    hyperexponential(mean=15 min, cv=2)
    """
    return _spread("hyperexponential", mean, cv, sd)


def geometric(mean: Argument) -> Distribution:
    """Return counts 1, 2, ...: trials up to the first success.

    Parameters
    ----------
    mean : number
        Its mean, at least 1.

    Returns
    -------
    Distribution
        Its text is what a model file holds.

    Raises
    ------
    ExpressionError
        If an argument cannot be read, or does not fit.

    See Also
    --------
    poisson : counts from 0.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.geometric(mean=3)
    geometric(mean=3)
    """
    return _make("geometric", mean=_plain(mean))


def poisson(mean: Argument) -> Distribution:
    """Return counts 0, 1, ... of independent events.

    Parameters
    ----------
    mean : number
        Its mean.

    Returns
    -------
    Distribution
        Its text is what a model file holds.

    Raises
    ------
    ExpressionError
        If an argument cannot be read, or does not fit.

    See Also
    --------
    geometric : counts from 1.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.poisson(mean=4)
    poisson(mean=4)
    """
    return _make("poisson", mean=_plain(mean))


def discrete(
    values: Mapping[object, Argument] | Iterable[object],
    shares: Iterable[Argument] | None = None,
) -> Distribution:
    """Return each value with its share; shares add up to 100%.

    Parameters
    ----------
    values : mapping or iterable
        Values to shares; or the values alone.
    shares : iterable, optional
        The share of each, if `values` are no mapping.

    Returns
    -------
    Distribution
        Its text is what a model file holds.

    Raises
    ------
    ExpressionError
        If there are no shares, or they do not add up.

    See Also
    --------
    empirical : observed values.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.discrete({1: "60%", 2: "40%"})
    discrete(values=[1, 2], shares=[60%, 40%])
    """
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
    """Return one of the observed values, each alike.

    Parameters
    ----------
    values : iterable of float, optional
        The values.
    file : str, optional
        A CSV file that holds them, in place of `values`.
    column : str, optional
        Its column.

    Returns
    -------
    Distribution
        Its text is what a model file holds.

    Raises
    ------
    ExpressionError
        If a value is negative or not finite.

    See Also
    --------
    discrete : values with shares.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.empirical([3, 5, 8])
    empirical(values=[3, 5, 8])
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
    """Return a draw from one of several distributions, each chosen with its share.

    Parameters
    ----------
    shares : iterable
        The share of each.
    of : iterable of Distribution
        The distributions.

    Returns
    -------
    Distribution
        Its text is what a model file holds.

    Raises
    ------
    ExpressionError
        If an argument cannot be read, or does not fit.

    See Also
    --------
    discrete : values in place of distributions.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.mixture(["90%", "10%"], [sf.exponential(mean=5), sf.exponential(mean=60)])
    mixture(shares=[90%, 10%], of=[exponential(mean=5), exponential(mean=60)])
    """
    parts = tuple(_plain(share) for share in shares)
    return _make("mixture", shares=Listing(parts), of=Listing(tuple(of)))

"""Distributions of the model made samplers: arguments to parameters, lists to tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from serviceflow.engine.random.parameters import (
    DISCRETE,
    EMPIRICAL,
    ERLANG,
    FAMILY_CODES,
    GAMMA,
    MIXTURE,
    prepare,
)
from serviceflow.engine.random.samplers import ROW, Sampler
from serviceflow.errors import ExpressionError
from serviceflow.model.constants import constant_arguments
from serviceflow.model.families import Arguments, Component, coefficient, complaint
from serviceflow.model.nodes import Distribution, Listing, Node, Number, Word

Mixed = tuple[float, Sampler]


def sampler_of(node: Distribution, words: Mapping[str, int]) -> Sampler | None:
    """Give the sampler of a settled distribution, or None if its arguments are no constants.

    Finite distributions are put in order, numbers by size and words by spelling, so that the order in
    which a file lists them changes no draw.

    Raises
    ------
    ExpressionError
        If the arguments are not what the family allows, or a file has not been read.
    """
    if node.argument("file") and node.data is None:
        raise ExpressionError(f"{node}: its file has not been read; load the model from its file")
    arguments = constant_arguments(coded(node, words))
    if arguments is None:
        return None
    if wrong := complaint(node.family, arguments):
        raise ExpressionError(wrong)
    return from_arguments(node.family, arguments)


def coded(node: Distribution, words: Mapping[str, int]) -> Distribution:
    """Give a discrete distribution of words with their codes for values, ordered by spelling."""
    values, shares = node.argument("values"), node.argument("shares")
    if not isinstance(values, Listing) or not any(isinstance(item, Word) for item in values.items):
        return node
    weights = shares.items if isinstance(shares, Listing) else values.items
    pairs = sorted(zip(values.items, weights, strict=False), key=lambda pair: str(pair[0]))
    codes: list[Node] = [code_of(item, words) for item, _ in pairs]
    arguments: list[tuple[str, Node]] = [("values", Listing(tuple(codes)))]
    if isinstance(shares, Listing):
        arguments.append(("shares", Listing(tuple(weight for _, weight in pairs))))
    return Distribution(node.family, tuple(arguments), node.data)


def code_of(node: Node, words: Mapping[str, int]) -> Node:
    """Give the number that stands for a word; other nodes are given as they are."""
    if not isinstance(node, Word):
        return node
    if node.text not in words:
        raise ExpressionError(f"no word {node} is known to the program")
    return Number(float(words[node.text]))


def from_arguments(family: str, arguments: Arguments) -> Sampler:
    """Give the sampler of a distribution whose arguments are known and allowed, in ticks."""
    if family == "mixture":
        return _mixture(arguments["shares"], arguments["of"])  # type: ignore[arg-type]
    if family == "empirical":
        values = sorted(arguments["values"])  # type: ignore[arg-type,type-var]
        return Sampler(EMPIRICAL, float(len(values)), table=tuple(values))  # type: ignore[arg-type]
    if family == "discrete":
        return _discrete(arguments["values"], arguments["shares"])  # type: ignore[arg-type]
    return _parametric(family, arguments)  # type: ignore[arg-type]


def _parametric(family: str, given: Mapping[str, float]) -> Sampler:
    if "cv" in given or "sd" in given:
        spread = coefficient(given)
        second = spread if family != "normal" else given.get("sd", spread * given["mean"])
        numbers = [given["mean"], second]
    else:
        numbers = list(given.values())
    code = FAMILY_CODES[family]
    x, y, z = (*numbers, 0.0, 0.0)[:3]
    a, b, c, d = prepare(code, x, y, z)
    return Sampler(GAMMA if code == ERLANG else code, a, b, c, d)


def _cumulative(shares: Sequence[float]) -> list[float]:
    """Give the rising sums of shares; the last is 1, whatever rounding says."""
    return [*list(accumulate(shares))[:-1], 1.0]


def _discrete(values: Sequence[float], shares: Sequence[float]) -> Sampler:
    pairs = sorted((v, share) for v, share in zip(values, shares, strict=True) if share > 0)
    table = (*_cumulative([share for _, share in pairs]), *(value for value, _ in pairs))
    return Sampler(DISCRETE, float(len(pairs)), table=table)


def _mixture(shares: Sequence[float], parts: Sequence[Component]) -> Sampler:
    components = _flattened(1.0, shares, parts)
    if len(components) == 1:
        return components[0][1]
    place = len(components) * (1 + ROW)
    rows: list[float] = []
    tables: list[float] = []
    for _, part in components:
        rows += [part.family, part.a, part.b, part.c, part.d, place + len(tables)]
        tables += part.table
    table = (*_cumulative([share for share, _ in components]), *rows, *tables)
    return Sampler(MIXTURE, float(len(components)), table=table)


def _flattened(weight: float, shares: Sequence[float], parts: Sequence[Component]) -> list[Mixed]:
    """Give the components of a mixture, those of mixtures within it included."""
    found: list[Mixed] = []
    for share, part in zip(shares, parts, strict=True):
        if share > 0 and part.family == "mixture":
            inner = part.arguments
            found += _flattened(weight * share, inner["shares"], inner["of"])  # type: ignore[arg-type]
        elif share > 0:
            found.append((weight * share, from_arguments(part.family, part.arguments)))
    return found

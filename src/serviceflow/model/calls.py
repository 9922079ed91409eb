"""Calls of distributions: which there are, what they take, and what was probably meant."""

from __future__ import annotations

from serviceflow.errors import ExpressionError, nearest
from serviceflow.model.families import FAMILIES
from serviceflow.model.nodes import Distribution, Listing, Node, Word

_OTHER_FAMILIES = {
    "exp": "exponential",
    "expo": "exponential",
    "beta": "pert",
    "norm": "normal",
    "gauss": "normal",
    "gaussian": "normal",
    "const": "constant",
    "fixed": "constant",
    "deterministic": "constant",
    "tri": "triangular",
    "choice": "discrete",
}
_OTHER_KEYWORDS = {
    **dict.fromkeys(("average", "avg", "mu", "loc", "expected", "scale"), "mean"),
    **dict.fromkeys(("std", "stdev", "stddev", "sigma"), "sd"),
    **dict.fromkeys(("min", "minimum", "lower", "left", "a"), "low"),
    **dict.fromkeys(("max", "maximum", "upper", "right", "b"), "high"),
    **dict.fromkeys(("likely", "most_likely", "peak"), "mode"),
    **dict.fromkeys(("probabilities", "weights", "p"), "shares"),
    **dict.fromkeys(("phases", "stages"), "k"),
}


def no_such_family(name: str) -> str:
    """Say that there is no family of this name, and what was probably meant."""
    if name in _OTHER_FAMILIES:
        return f"there is no distribution '{name}'; did you mean '{_OTHER_FAMILIES[name]}'?"
    options = [*FAMILIES, "min", "max"]
    hint = nearest(name, options) or f": there are {', '.join(options)}"
    return f"there is no distribution or function '{name}'{hint}"


def wrong_keyword(family: str, name: str) -> str | None:
    """Say why a family takes no argument of this name, or give None."""
    keywords = FAMILIES[family].keywords
    if name in keywords:
        return None
    example = FAMILIES[family].example
    if name in ("rate", "rates", "lam", "lambda", "lambd"):
        return f"{family} takes no {name}: write the mean, not the rate, as in {example}"
    other = _OTHER_KEYWORDS.get(name)
    hint = f"; did you mean '{other}'?" if other in keywords else nearest(name, keywords)
    hint = hint or f": it takes {', '.join(keywords)}."
    return f"{family} has no argument '{name}'{hint} Write {example}"


def arrange(family: str, given: dict[str, Node], offset: int = 0) -> Distribution:
    """Make a distribution of arguments in any order.

    Raises
    ------
    ExpressionError
        If they are none of the family's forms.
    """
    forms = FAMILIES[family].forms
    form = next((form for form in forms if set(form) == set(given)), None)
    if form is None:
        wanted = " or ".join(" and ".join(form) for form in forms)
        raise ExpressionError(f"{family} takes {wanted}: write {FAMILIES[family].example}", offset)
    for name in form:
        _check_argument(family, name, given[name], offset)
    return Distribution(family, tuple((name, given[name]) for name in form))


def _check_argument(family: str, name: str, node: Node, offset: int) -> None:
    example = FAMILIES[family].example
    if isinstance(node, Listing) != (name in ("values", "shares", "of")):
        must = "is no list" if isinstance(node, Listing) else "must be a list in brackets"
        raise ExpressionError(f"{family}: {name} {must}: write {example}", offset)
    if name == "of" and not all(isinstance(item, Distribution) for item in node.children()):
        raise ExpressionError(f"{family}: of must list distributions: write {example}", offset)
    if name in ("file", "column") and not isinstance(node, Word):
        message = f"{family}: {name} must be in quotes: write empirical(file='times.csv', column='minutes')"
        raise ExpressionError(message, offset)
    if name not in ("of", "file", "column") and _draws_inside(node):
        raise ExpressionError(f"{family}: {name} is drawn itself: write a mixture or an attribute", offset)


def _draws_inside(node: Node) -> bool:
    return any(isinstance(part, Distribution) for part in node.walk())

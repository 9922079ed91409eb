"""Expressions: the value of every number, duration, share, flag and word of a chain.

An expression is parsed once into a small tree; nothing is ever handed to Python to evaluate.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite
from typing import Any, SupportsFloat

from serviceflow.errors import ExpressionError
from serviceflow.model.constants import Means, Value, constant_arguments, constant_value
from serviceflow.model.families import complaint
from serviceflow.model.kinds import WANTS, check_kind, settle
from serviceflow.model.nodes import (
    KEYWORDS,
    VARIABLES,
    WEEKDAYS,
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
from serviceflow.model.parser import parse
from serviceflow.model.tokens import shorten
from serviceflow.units import LONGEST, TOO_LONG, unit_name

__all__ = [
    "KEYWORDS",
    "VARIABLES",
    "WANTS",
    "WEEKDAYS",
    "Binary",
    "Compare",
    "Distribution",
    "Expression",
    "ExpressionError",
    "Extremum",
    "Flag",
    "IfElse",
    "Listing",
    "Logic",
    "Name",
    "Node",
    "Not",
    "Number",
    "Quantity",
    "Unary",
    "Word",
    "check_types",
    "expression",
    "parse",
]


@dataclass(frozen=True, repr=False)
class Expression:
    """A value of a chain that may depend on the request, or be drawn.

    ``str(expression)`` is text that reads back to an equal expression. Two expressions are equal if
    they say the same: ``90 min`` equals ``1 h 30 min``.

    Attributes
    ----------
    root : Node
        The tree that the text was parsed into.
    want : str
        What it is to be: ``number``, ``duration``, ``share``, ``flag``, ``word`` or ``any`` of them.
    """

    root: Node
    want: str = field(default="number", compare=False)

    def __str__(self) -> str:
        return str(self.root)

    def __repr__(self) -> str:
        return f"Expression({str(self)!r})"

    def names(self) -> set[str]:
        """Return every name in it: attributes, variables and words without quotes.

        Returns
        -------
        set of str
            Each once.

        See Also
        --------
        words : words only.
        """
        return {node.name for node in self.root.walk() if isinstance(node, Name)}

    def words(self) -> set[str]:
        """Return every word in it, also those without quotes (which may turn out to be attributes).

        Returns
        -------
        set of str
            Each once.

        See Also
        --------
        names : attributes and variables as well.
        """
        quoted = {node.text for node in self.root.walk() if isinstance(node, Word)}
        return (quoted | self.names()).difference(VARIABLES)

    @property
    def has_distribution(self) -> bool:
        """Whether anything is drawn."""
        return any(isinstance(node, Distribution) for node in self.root.walk())

    @cached_property
    def is_constant(self) -> bool:
        """Whether it gives the same for every request."""
        return constant_value(self._settled("min")) is not None

    def _settled(self, time_unit: str | int, kinds: Mapping[str, str] | None = None) -> Node:
        node = settle(self.root, self.want, unit_name(time_unit), kinds)
        return Word(node.name) if self.want == "word" and isinstance(node, Name) else node

    def constant(self, time_unit: str | int) -> float:
        """Return the value of a constant; durations in ticks, flags as 1 and 0.

        Parameters
        ----------
        time_unit : str or int
            The unit of bare numbers where a duration is wanted, by name or in ticks.

        Returns
        -------
        float
            Durations in ticks.

        Raises
        ------
        ExpressionError
            If it is no constant number.

        See Also
        --------
        mean : of what is not constant.
        """
        value = constant_value(self._settled(time_unit))
        if not isinstance(value, float):
            raise ExpressionError(f"'{self}' is no constant")
        return value

    def word(self) -> str:
        """Return the word that a constant word says.

        Returns
        -------
        str
            Without quotes.

        Raises
        ------
        ExpressionError
            If it is no constant word.

        See Also
        --------
        words : of any expression.
        """
        value = constant_value(self._settled("min"))
        if not isinstance(value, str):
            raise ExpressionError(f"'{self}' is no constant word")
        return value

    def mean(
        self,
        time_unit: str | int,
        means: Mapping[str, float] | None = None,
        values: Mapping[str, Value] | None = None,
        kinds: Mapping[str, str] | None = None,
    ) -> float | None:
        """Return its mean, durations in ticks, or None if that does not follow from what is given.

        Parameters
        ----------
        time_unit : str or int
            The unit of bare numbers where a duration is wanted, by name or in ticks.
        means : mapping of str to float, optional
            Means of attributes (of duration attributes in ticks).
        values : mapping of str to float or str, optional
            Attributes and variables whose value is known: conditions on them are decided.
        kinds : mapping of str to str, optional
            Kinds of attributes, which otherwise are taken as numbers.

        Returns
        -------
        float or None
            Durations in ticks.

        See Also
        --------
        constant : of what does not vary.
        """
        node = settle(self.root, self.want, unit_name(time_unit), kinds)
        return Means(values or {}, means or {}).mean(node)

    def with_data(self, read: Callable[[str, str | None], Sequence[float]]) -> Expression:
        """Return the expression with the data of each ``empirical(file=...)`` as `read` gives them.

        Parameters
        ----------
        read : callable
            Takes the file's name as written and the column's (or None) and gives the values.

        Returns
        -------
        Expression
            The same with data.

        See Also
        --------
        empirical : a distribution of observed values.
        """
        return replace(self, root=_with_data(self.root, read))


def _with_data(node: Node, read: Callable[[str, str | None], Sequence[float]]) -> Node:
    if isinstance(node, Distribution) and isinstance(file := node.argument("file"), Word):
        column = node.argument("column")
        values = read(file.text, column.text if isinstance(column, Word) else None)
        if wrong := complaint("empirical", {"values": tuple(values)}):
            raise ExpressionError(f"{node}: {wrong}")
        return replace(node, data=tuple(float(value) for value in values))
    changes: dict[str, Any] = {}
    for name, value in vars(node).items():
        if isinstance(value, Node):
            changes[name] = _with_data(value, read)
        elif isinstance(node, Distribution) and name == "arguments":
            changes[name] = tuple((key, _with_data(part, read)) for key, part in value)
        elif isinstance(value, tuple) and value and isinstance(value[0], Node):
            changes[name] = tuple(_with_data(part, read) for part in value)
    return replace(node, **changes) if changes else node  # type: ignore[type-var]


def expression(value: object, want: str) -> Expression:
    """Read a value of a model.

    Parameters
    ----------
    value : int, float, bool, str, Expression or Distribution
        Text is parsed; anything else stands for itself.
    want : {"number", "duration", "share", "flag", "word", "any"}
        What it is to be. A bare number is a duration where one is wanted; ``any`` takes what it is.

    Raises
    ------
    ExpressionError
        If it cannot be read or does not give what is wanted, as far as that shows without knowing
        the attributes (``check_types`` knows them).
    """
    if want not in WANTS:
        raise ValueError(f"want is {want!r}; it must be one of {', '.join(WANTS)}")
    found = Expression(_root(value, want), want)
    problems = check_kind(found.root, want) or _wrong_constants(found)
    if problems:
        raise ExpressionError(problems[0])
    return found


def _root(value: object, want: str) -> Node:
    if isinstance(value, Expression):
        return value.root
    if isinstance(value, Node):
        return value
    if isinstance(value, bool):
        return Flag(value)
    if isinstance(value, str):
        return _word(value) if want == "word" else parse(value)
    if hasattr(value, "__float__"):
        return _number(_as_float(value))
    raise ExpressionError(f"{shorten(repr(value))} is no number, text or distribution")


def _as_float(value: SupportsFloat) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ExpressionError(f"{shorten(repr(value))} is too large") from None
    except (TypeError, ValueError):
        raise ExpressionError(f"{shorten(repr(value))} is no single number") from None


def _number(value: float) -> Node:
    if not isfinite(value):
        raise ExpressionError(f"{value} is no number that can be used: it must be finite")
    return Number(value) if value >= 0 else Unary("-", Number(-value))


def _word(text: str) -> Node:
    """Read a word; text that is no expression stands for itself: ``forklift license``."""
    try:
        return parse(text)
    except ExpressionError:
        if not text.strip() or any(sign in text for sign in "'\"`()=<>") or "if" in text.split():
            raise
        return Word(text.strip())


def _wrong_constants(found: Expression, time_unit: str | int | None = None) -> list[str]:
    """Say what is wrong with constants, in this unit; without one, only what is wrong in every unit."""
    if time_unit is None:
        return _wrong_constants(found, "us") and _wrong_constants(found, "week")
    node = found._settled(time_unit)
    problems = [_wrong_arguments(part) for part in node.walk() if isinstance(part, Distribution)]
    value = constant_value(node)
    if isinstance(value, float):
        problems.append(_wrong_value(str(found), value, found.want))
    return [problem for problem in problems if problem]


def _wrong_arguments(node: Distribution) -> str | None:
    """Say what is wrong with the arguments of a distribution, where they are constants."""
    given = constant_arguments(node)
    return complaint(node.family, given) if given is not None else None


def _wrong_value(text: str, value: float, want: str) -> str | None:
    if want == "duration" and value >= LONGEST:
        return f"'{text}' {TOO_LONG}"
    if not isfinite(value):
        return f"'{text}' divides by zero or is too large"
    if want == "share" and not 0 <= value <= 1:
        hint = f"{text}%" if 1 < value <= 100 and text.replace(".", "").isdigit() else "90% or 0.9"
        return f"'{text}' is outside 0 to 1: write {hint}"
    if want == "duration" and value < 0:
        return f"'{text}' is negative: a duration is 0 or more"
    return None


def check_types(
    expr: Expression,
    want: str | None = None,
    attributes: Mapping[str, str] | None = None,
    words: Mapping[str, Collection[str]] | None = None,
    time_unit: str | int | None = None,
) -> list[str]:
    """Say what in an expression does not fit, now that the attributes are known.

    Parameters
    ----------
    expr : Expression
        The expression.
    want : str, optional
        What it is to be; by default what it was read for.
    attributes : mapping of str to str
        The kind of every attribute: ``number``, ``duration``, ``word`` or ``flag``.
    words : mapping of str to collection of str, optional
        The values that attributes (and ``consumer``) can have, where they are words.
    time_unit : str or int, optional
        The unit of bare numbers; with it constants that mix them with durations are checked too.

    Returns
    -------
    list of str
        One message for each thing that does not fit; empty if all does.
    """
    problems = check_kind(expr.root, want or expr.want, attributes or {}, words)
    return problems or ([] if time_unit is None else _wrong_constants(expr, time_unit))

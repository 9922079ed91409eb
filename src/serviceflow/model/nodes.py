"""The parts of an expression: frozen values that write themselves as text.

Two nodes are equal if they say the same: ``90 min`` equals ``1 h 30 min`` and ``90%`` equals 0.9.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from serviceflow.model.families import FAMILIES, Arguments, moments
from serviceflow.units import UNITS, decimal_text, exact_ticks, quantity_text, unit_name, unit_ticks

KEYWORDS = frozenset(("and", "or", "not", "if", "else", "true", "false", "min", "max"))
VARIABLES = ("consumer", "visit", "hour", "weekday", "quantity", "elapsed")
"""What an expression may ask of a request besides its attributes."""
CLOCK = frozenset(("hour", "weekday", "elapsed"))
"""Those of them that depend on when they are asked for."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The words that ``weekday`` is compared with; they stand for 0 to 6."""

_PLAIN_NAME = re.compile(r"[^\W\d]\w*")
_TERNARY, _OR, _AND, _NOT, _COMPARE, _ADD, _MULTIPLY, _SIGN, _ATOM = range(9)
_STRENGTH = {"+": _ADD, "-": _ADD, "*": _MULTIPLY, "/": _MULTIPLY, "or": _OR, "and": _AND}


class Node:
    """A part of an expression; ``str(node)`` is text that parses to an equal node."""

    def children(self) -> tuple[Node, ...]:
        """Return the parts it is made of, in order.

        Returns
        -------
        tuple of Node
            Its arguments.

        See Also
        --------
        walk : all nodes below it.
        """
        return ()

    def walk(self) -> Iterator[Node]:
        """Go through this node and all below it, from left to right.

        Returns
        -------
        iterator of Node
            This one first.

        See Also
        --------
        children : those just below it.
        """
        pending: list[Node] = [self]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(node.children()))

    @property
    def strength(self) -> int:
        """How strongly it holds together: weaker parts of it are written in parentheses."""
        return _ATOM


def _inside(node: Node, strength: int) -> str:
    return f"({node})" if node.strength < strength else str(node)


@dataclass(frozen=True)
class Number(Node):
    """A number that is not negative; ``percent`` remembers that it was written as ``12%``."""

    value: float
    percent: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        if self.percent:
            return f"{decimal_text(float(Fraction(repr(self.value)) * 100))}%"
        return decimal_text(self.value)


@dataclass(frozen=True)
class Flag(Node):
    """``true`` or ``false``."""

    value: bool

    def __str__(self) -> str:
        return "true" if self.value else "false"


@dataclass(frozen=True, eq=False)
class Quantity(Node):
    """A duration literal; `unit` is a key of ``UNITS``."""

    value: float
    unit: str

    @property
    def ticks(self) -> float:
        """Its length in ticks, the float nearest to its decimal text."""
        return exact_ticks(self.value, self.unit)

    def _exact(self) -> Fraction:
        return Fraction(repr(self.value)) * UNITS[self.unit]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self._exact() == other._exact()

    def __hash__(self) -> int:
        return hash(self._exact())

    def __str__(self) -> str:
        return quantity_text(self.value, self.unit)


@dataclass(frozen=True)
class Word(Node):
    """A word in quotes, such as the value of an attribute."""

    text: str

    def __str__(self) -> str:
        if "'" in self.text and '"' not in self.text:
            return '"' + self.text.replace("\\", "\\\\") + '"'
        return "'" + self.text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@dataclass(frozen=True)
class Name(Node):
    """An attribute, a variable or, where it is neither, a word written without quotes."""

    name: str

    def __str__(self) -> str:
        plain = _PLAIN_NAME.fullmatch(self.name) and self.name not in KEYWORDS
        return self.name if plain else f"`{self.name}`"


@dataclass(frozen=True)
class Listing(Node):
    """A list in brackets, as an argument of a distribution."""

    items: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.items

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.items))}]"


@dataclass(frozen=True)
class Unary(Node):
    """A number with its sign turned."""

    operator: str
    operand: Node

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)

    @property
    def strength(self) -> int:
        return _SIGN

    def __str__(self) -> str:
        return f"{self.operator}{_inside(self.operand, _SIGN)}"


@dataclass(frozen=True)
class Binary(Node):
    """``+``, ``-``, ``*`` or ``/`` between two operands."""

    operator: str
    left: Node
    right: Node

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)

    @property
    def strength(self) -> int:
        return _STRENGTH[self.operator]

    def __str__(self) -> str:
        left, right = _inside(self.left, self.strength), _inside(self.right, self.strength + 1)
        return f"{left} {self.operator} {right}"


@dataclass(frozen=True)
class Compare(Node):
    """One comparison, or a chain of them: ``9 <= hour < 17``."""

    operators: tuple[str, ...]
    operands: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.operands

    @property
    def strength(self) -> int:
        return _COMPARE

    def __str__(self) -> str:
        words = [_inside(self.operands[0], _ADD)]
        for operator, operand in zip(self.operators, self.operands[1:], strict=True):
            words += [operator, _inside(operand, _ADD)]
        return " ".join(words)


@dataclass(frozen=True)
class Logic(Node):
    """``and`` or ``or`` between two or more operands."""

    operator: str
    operands: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.operands

    @property
    def strength(self) -> int:
        return _STRENGTH[self.operator]

    def __str__(self) -> str:
        return f" {self.operator} ".join(_inside(operand, self.strength + 1) for operand in self.operands)


@dataclass(frozen=True)
class Not(Node):
    """``not`` before an operand."""

    operand: Node

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)

    @property
    def strength(self) -> int:
        return _NOT

    def __str__(self) -> str:
        return f"not {_inside(self.operand, _NOT)}"


@dataclass(frozen=True)
class IfElse(Node):
    """``then if condition else otherwise``."""

    condition: Node
    then: Node
    otherwise: Node

    def children(self) -> tuple[Node, ...]:
        return (self.condition, self.then, self.otherwise)

    @property
    def strength(self) -> int:
        return _TERNARY

    def __str__(self) -> str:
        then, condition = _inside(self.then, _OR), _inside(self.condition, _OR)
        return f"{then} if {condition} else {self.otherwise}"


@dataclass(frozen=True)
class Extremum(Node):
    """``min`` or ``max`` of one or more operands."""

    operator: str
    operands: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.operands

    def __str__(self) -> str:
        return f"{self.operator}({', '.join(map(str, self.operands))})"


@dataclass(frozen=True, repr=False)
class Distribution(Node):
    """A distribution to draw from: ``lognormal(mean=6 min, cv=0.4)``.

    Where its arguments are constants it knows its mean, variance, coefficient of variation and
    quantiles. Durations are given in `time_unit`, in which bare numbers are read too; a
    distribution of bare numbers needs none.

    Attributes
    ----------
    family : str
        A key of ``FAMILIES``.
    arguments : tuple of (str, Node)
        The arguments by name, in the family's own order.
    data : tuple of float, optional
        The values of ``empirical(file=...)`` once the file has been read, in the time unit of the
        model where a duration is wanted.
    """

    family: str
    arguments: tuple[tuple[str, Node], ...]
    data: tuple[float, ...] | None = None

    def children(self) -> tuple[Node, ...]:
        return tuple(node for _, node in self.arguments)

    def argument(self, name: str) -> Node | None:
        """Return the argument of that name, or None.

        Parameters
        ----------
        name : str
            Of the argument.

        Returns
        -------
        Node or None
            What stands there.

        See Also
        --------
        children : all arguments.
        """
        return dict(self.arguments).get(name)

    def __str__(self) -> str:
        return f"{self.family}({', '.join(f'{name}={node}' for name, node in self.arguments)})"

    __repr__ = __str__

    @property
    def is_duration(self) -> bool:
        """Whether it says in its own words that it gives durations."""
        return any(
            isinstance(node, Quantity) or (isinstance(node, Distribution) and node.is_duration)
            for name, argument in self.arguments
            if name in FAMILIES[self.family].scaled
            for node in argument.walk()
        )

    def _arguments(self, time_unit: str | int | None) -> tuple[Arguments, float]:
        """Return the arguments in ticks (or as plain numbers) and the length of the unit asked for."""
        from serviceflow.model.constants import checked_arguments
        from serviceflow.model.kinds import settle

        if not self.is_duration:
            return checked_arguments(self), 1.0
        if time_unit is None:
            raise ValueError(f"{self} is a duration: say in which unit, for example mean('min')")
        settled = settle(self, "duration", unit_name(time_unit))
        assert isinstance(settled, Distribution)
        return checked_arguments(settled), float(unit_ticks(time_unit))

    def mean(self, time_unit: str | int | None = None) -> float:
        """Return the expected value.

        Parameters
        ----------
        time_unit : str or int, optional
            The unit of the result and of bare numbers, by name or in ticks.

        Returns
        -------
        float
            In `time_unit`.

        See Also
        --------
        variance, quantile : more of the distribution.
        """
        arguments, unit = self._arguments(time_unit)
        return moments(self.family, arguments).mean / unit

    def variance(self, time_unit: str | int | None = None) -> float:
        """Return the variance, in `time_unit` squared.

        Parameters
        ----------
        time_unit : str or int, optional
            The unit of the result and of bare numbers, by name or in ticks.

        Returns
        -------
        float
            In `time_unit` squared.

        See Also
        --------
        mean, cv : more of the distribution.
        """
        arguments, unit = self._arguments(time_unit)
        return moments(self.family, arguments).variance / (unit * unit)

    def cv(self, time_unit: str | int = "min") -> float:
        """Return the coefficient of variation: the standard deviation over the mean (0 if that is 0).

        The unit matters only where bare numbers stand beside durations.

        Parameters
        ----------
        time_unit : str or int
            The unit of bare numbers, by name or in ticks.

        Returns
        -------
        float
            A number without a unit.

        See Also
        --------
        mean, variance : what it is made of.
        """
        arguments, _ = self._arguments(time_unit)
        found = moments(self.family, arguments)
        return math.sqrt(found.variance) / found.mean if found.mean else 0.0

    def quantile(self, p: float, time_unit: str | int | None = None) -> float:
        """Return the value that a share `p` of draws do not exceed.

        Parameters
        ----------
        p : float
            A share, 0 to 1.
        time_unit : str or int, optional
            The unit of the result and of bare numbers, by name or in ticks.

        Returns
        -------
        float
            In `time_unit`.

        Raises
        ------
        ValueError
            If `p` is no share.

        See Also
        --------
        mean, variance : more of the distribution.
        """
        from serviceflow.model.quantiles import quantile

        if not 0 <= p <= 1:
            raise ValueError(f"p is {p}: a share is between 0 and 1")
        arguments, unit = self._arguments(time_unit)
        return quantile(self.family, arguments, p) / unit

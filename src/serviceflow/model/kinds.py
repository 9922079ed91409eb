"""What kind of value an expression gives, and bare numbers made durations where one is wanted.

The kinds are ``number``, ``duration``, ``word``, ``flag`` and, of an attribute that is not known yet,
``any``. A number turns into a duration where a duration is wanted or where it meets one in a sum, a
comparison, a choice or an argument: it is then in the time unit of the model.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from serviceflow.errors import listed, nearest
from serviceflow.model.families import FAMILIES
from serviceflow.model.nodes import (
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
from serviceflow.units import exact_ticks

WANTS = ("number", "duration", "share", "flag", "word", "any")
"""What a field of a model may want an expression to give; ``any`` takes what it is, as attributes do."""

_VARIABLE_KINDS = {
    "consumer": "word",
    "visit": "number",
    "hour": "number",
    "weekday": "number",
    "quantity": "number",
    "elapsed": "duration",
}
_ARTICLES = {"number": "a number", "duration": "a duration", "word": "a word", "flag": "true or false"}


class _Checker:
    """Finds the kind of every part and says what does not fit."""

    def __init__(
        self,
        attributes: Mapping[str, str] | None,
        words: Mapping[str, Collection[str]],
    ) -> None:
        self.attributes = attributes
        self.words = words
        self.problems: list[str] = []
        self.found: dict[int, tuple[Node, str]] = {}

    def kind(self, node: Node) -> str:
        """The kind of a part, found once: nested comparisons ask for it again and again."""
        known = self.found.get(id(node))
        if known is None:
            known = self.found[id(node)] = (node, getattr(self, f"_{type(node).__name__.lower()}")(node))
        return known[1]

    def complain(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    def want(self, node: Node, allowed: tuple[str, ...], where: str) -> str:
        kind = self.kind(node)
        if kind not in (*allowed, "any"):
            self.complain(f"'{node}' is {_ARTICLES[kind]}; {where} takes {_ARTICLES[allowed[0]]}")
        return kind

    # -- the parts

    def _number(self, node: Number) -> str:
        return "number"

    def _quantity(self, node: Quantity) -> str:
        return "duration"

    def _flag(self, node: Flag) -> str:
        return "flag"

    def _word(self, node: Word) -> str:
        return "word"

    def _listing(self, node: Listing) -> str:
        return self.common(node.items, f"{node}")

    def _name(self, node: Name) -> str:
        if self.attributes is not None and node.name in self.attributes:
            return self.attributes[node.name]
        if node.name in _VARIABLE_KINDS:
            return _VARIABLE_KINDS[node.name]
        return "any" if self.attributes is None else "word"

    def unknown(self, node: Node) -> bool:
        """Whether a name is neither an attribute nor a variable, so at best a word."""
        return (
            isinstance(node, Name)
            and self.attributes is not None
            and node.name not in self.attributes
            and node.name not in VARIABLES
        )

    def number_like(self, node: Node, where: str) -> str:
        if self.unknown(node):
            self.complain(_unknown_name(str(node), self.attributes or {}))
            return "any"
        return self.want(node, ("number", "duration"), where)

    def _unary(self, node: Unary) -> str:
        return self.number_like(node.operand, f"'{node.operator}'")

    def _binary(self, node: Binary) -> str:
        where = f"'{node.operator}'"
        left, right = self.number_like(node.left, where), self.number_like(node.right, where)
        if node.operator in ("+", "-"):
            return _joined(left, right)
        if node.operator == "*" and left == right == "duration":
            self.complain(f"'{node}' multiplies two durations: one of them must be a number")
        if node.operator == "/" and right == "duration":
            if left == "number":
                self.complain(f"'{node}' divides a number by a duration, which gives a rate: write durations")
            return "number"
        return "duration" if "duration" in (left, right) else _joined(left, right)

    def common(self, nodes: tuple[Node, ...], where: str) -> str:
        """Return the one kind of several parts that must agree."""
        kinds = ["word" if self.unknown(node) else self.kind(node) for node in nodes]
        found = [kind for kind in kinds if kind != "any"]
        numeric = [kind in ("number", "duration") for kind in found]
        if (any(numeric) and not all(numeric)) or (not any(numeric) and len(set(found)) > 1):
            self.complain(f"'{where}' mixes {' and '.join(sorted({_ARTICLES[kind] for kind in found}))}")
        if "any" in kinds and "duration" not in kinds:
            return "any"
        return "duration" if "duration" in found else next(iter(found), "any")

    def _compare(self, node: Compare) -> str:
        for left, operator, right in zip(node.operands, node.operators, node.operands[1:], strict=False):
            self.pair(left, operator, right)
        return "flag"

    def pair(self, left: Node, operator: str, right: Node) -> None:
        text = f"{left} {operator} {right}"
        if _is_weekday(left) or _is_weekday(right):
            return self.weekday_pair(left, right)
        if self.unknown(left) and (self.unknown(right) or isinstance(right, Word | Number | Quantity)):
            return self.complain(_unknown_name(str(left), self.attributes or {}))
        kind = self.common((left, right), text)
        if kind in ("word", "flag") and operator not in ("==", "!="):
            return self.complain(f"'{text}' orders words: compare them with == or !=")
        for side, other in ((left, right), (right, left)):
            self.check_value(side, other)
        return None

    def weekday_pair(self, left: Node, right: Node) -> None:
        other = right if _is_weekday(left) else left
        word = _word_of(other)
        if word is None or (isinstance(other, Name) and self.kind(other) == "number"):
            self.want(other, ("number",), "weekday")
        elif word not in WEEKDAYS:
            self.complain(f"weekday is never '{word}': it is one of {', '.join(WEEKDAYS)}")

    def check_value(self, side: Node, other: Node) -> None:
        values = self.words.get(side.name) if isinstance(side, Name) else None
        word = _word_of(other)
        if values is None or word is None or (isinstance(other, Name) and not self.unknown(other)):
            return
        if word not in values:
            hint = nearest(word, values) or f": it is one of {listed(sorted(values))}"
            self.complain(f"{side} is never '{word}'{hint}")

    def _logic(self, node: Logic) -> str:
        for operand in node.operands:
            self.condition(operand, f"'{node.operator}'")
        return "flag"

    def _not(self, node: Not) -> str:
        self.condition(node.operand, "'not'")
        return "flag"

    def condition(self, node: Node, where: str) -> None:
        if self.unknown(node):
            return self.complain(_unknown_name(str(node), self.attributes or {}))
        kind = self.kind(node)
        if kind == "word":
            self.complain(f"'{node}' is a word; {where} asks for true or false: compare it, {node} == ...")
        elif kind == "duration":
            self.complain(f"'{node}' is a duration; {where} asks for true or false: compare it, {node} > ...")
        return None

    def _ifelse(self, node: IfElse) -> str:
        self.condition(node.condition, "'if'")
        return self.common((node.then, node.otherwise), str(node))

    def _extremum(self, node: Extremum) -> str:
        kinds = [self.number_like(operand, node.operator) for operand in node.operands]
        kind = kinds[0]
        for other in kinds[1:]:
            kind = _joined(kind, other)
        return kind

    def _distribution(self, node: Distribution) -> str:
        scaled = FAMILIES[node.family].scaled
        result = "number"
        for name, argument in node.arguments:
            if name in ("file", "column"):
                continue
            kind = self.argument(node, name, argument)
            if name in scaled and kind != "number":
                result = kind if result == "number" or kind == "duration" else result
            elif kind == "duration":
                self.complain(f"{node.family}: {name} is a plain number, not the duration '{argument}'")
        return result

    def argument(self, node: Distribution, name: str, argument: Node) -> str:
        if name == "values" and isinstance(argument, Listing):
            return self.common(argument.items, str(argument))
        if isinstance(argument, Listing):
            kinds = [self.number_like(item, f"{node.family}: {name}") for item in argument.items]
            return "duration" if "duration" in kinds else "any" if "any" in kinds else "number"
        return self.number_like(argument, f"{node.family}: {name}")


def _is_weekday(node: Node) -> bool:
    return isinstance(node, Name) and node.name == "weekday"


def _word_of(node: Node) -> str | None:
    if isinstance(node, Word):
        return node.text
    return node.name if isinstance(node, Name) else None


def _joined(left: str, right: str) -> str:
    if "duration" in (left, right):
        return "duration"
    return "any" if "any" in (left, right) else "number"


def _unknown_name(name: str, attributes: Mapping[str, str]) -> str:
    options = [*attributes, *VARIABLES]
    hint = nearest(name, options) or f": there are {listed(options)}"
    return f"there is no attribute '{name}'{hint}"


def check_kind(
    root: Node,
    want: str,
    attributes: Mapping[str, str] | None = None,
    words: Mapping[str, Collection[str]] | None = None,
) -> list[str]:
    """Say what in an expression does not fit together, or does not give what is wanted."""
    checker = _Checker(attributes, words or {})
    if want in ("word", "any") and checker.unknown(root):
        return []
    if want == "flag":
        checker.condition(root, "this place")
        return checker.problems
    if checker.unknown(root):
        return [_unknown_name(str(root), attributes or {})]
    kind = checker.kind(root)
    if want == "any":
        return checker.problems
    allowed = {"duration": ("duration", "number"), "word": ("word",)}.get(want, ("number",))
    if kind not in (*allowed, "any"):
        wanted = {"share": "a share such as 90% or 0.9"}.get(want) or _ARTICLES[want]
        checker.complain(f"'{root}' is {_ARTICLES[kind]} where {wanted} is wanted")
    if want == "duration" and isinstance(root, Number) and root.percent:
        checker.complain(f"'{root}' is a share where a duration is wanted: write for example 15 min")
    return checker.problems


# -- bare numbers made durations


def settle(root: Node, want: str, unit: str, kinds: Mapping[str, str] | None = None) -> Node:
    """Rewrite an expression so that every duration in it is one by its own words.

    Parameters
    ----------
    root : Node
        The expression.
    want : str
        What it is to be: ``duration`` makes a bare number one.
    unit : str
        The name of the time unit that bare numbers are in.
    kinds : mapping of str to str, optional
        The kinds of the attributes, which are taken as numbers otherwise. If given, names that are
        neither attributes nor variables become words.
    """
    return _Settler(unit, kinds).settle(root, want == "duration")


class _Settler:
    def __init__(self, unit: str, kinds: Mapping[str, str] | None) -> None:
        self.unit = unit
        self.kinds = kinds
        self.checker = _Checker(kinds, {})

    def is_duration(self, node: Node) -> bool:
        return self.checker.kind(node) == "duration"

    def settle(self, node: Node, duration: bool = False) -> Node:
        """Return the node settled, as a duration if `duration` says so or it is one."""
        duration = duration or self.is_duration(node)
        if isinstance(node, Number):
            return Quantity(node.value, self.unit) if duration else node
        if isinstance(node, Name):
            node = self.name(node)
        if isinstance(node, Unary):
            return replace(node, operand=self.settle(node.operand, duration))
        if isinstance(node, Binary):
            return self.binary(node, duration)
        if isinstance(node, IfElse):
            return IfElse(
                self.settle(node.condition),
                self.settle(node.then, duration),
                self.settle(node.otherwise, duration),
            )
        if isinstance(node, Extremum):
            return replace(node, operands=self.each(node.operands, duration))
        if isinstance(node, Distribution):
            return self.distribution(node, duration)
        if isinstance(node, Compare):
            return self.compare(node)
        if isinstance(node, Logic):
            return replace(node, operands=self.each(node.operands, False))
        if isinstance(node, Not):
            return Not(self.settle(node.operand))
        return self.promoted(node) if duration else node

    def each(self, nodes: tuple[Node, ...], duration: bool) -> tuple[Node, ...]:
        return tuple(self.settle(node, duration) for node in nodes)

    def promoted(self, node: Node) -> Node:
        if self.is_duration(node):
            return node
        return Binary("*", node, Quantity(1.0, self.unit))

    def name(self, node: Name) -> Node:
        if self.kinds is None or node.name in self.kinds or node.name in VARIABLES:
            return node
        return Word(node.name)

    def binary(self, node: Binary, duration: bool) -> Node:
        if node.operator in ("+", "-"):
            return replace(
                node,
                left=self.settle(node.left, duration),
                right=self.settle(node.right, duration),
            )
        inner = replace(node, left=self.settle(node.left), right=self.settle(node.right))
        return inner if self.is_duration(node) or not duration else self.promoted(inner)

    def compare(self, node: Compare) -> Node:
        operands = node.operands
        if any(map(_is_weekday, operands)):
            return replace(node, operands=tuple(_day_number(part) for part in operands))
        return replace(node, operands=self.each(operands, any(map(self.is_duration, operands))))

    def distribution(self, node: Distribution, duration: bool) -> Node:
        scaled = FAMILIES[node.family].scaled
        if duration and not scaled:
            return self.promoted(self.distribution(node, False))
        arguments = tuple(
            (name, self.argument(argument, duration and name in scaled)) for name, argument in node.arguments
        )
        data = node.data
        if data is not None and duration:
            data = tuple(exact_ticks(value, self.unit) for value in data)
        return Distribution(node.family, arguments, data)

    def argument(self, node: Node, duration: bool) -> Node:
        if isinstance(node, Listing):
            return Listing(self.each(node.items, duration))
        return self.settle(node, duration)


def _day_number(node: Node) -> Node:
    word = None if _is_weekday(node) else _word_of(node)
    return Number(float(WEEKDAYS.index(word))) if word in WEEKDAYS else node

"""Expressions lowered to small programs of numbers that any engine can run.

A program is a list of instructions for a stack of floats, each an operation and an argument. Words are
codes, flags are 1 and 0, durations are ticks. What has no value (a division by zero, an attribute
that the request does not have, arguments that a distribution does not allow) is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from serviceflow.engine.arithmetic import NOT_A_NUMBER
from serviceflow.engine.philox import mix
from serviceflow.engine.samplers import (
    CONSTANT,
    ERLANG,
    FAMILY_CODES,
    GAMMA,
    UNIFORM,
    Sampler,
    prepare,
)
from serviceflow.engine.tables import sampler_of
from serviceflow.errors import ServiceflowError
from serviceflow.model.constants import constant_value
from serviceflow.model.expressions import Expression
from serviceflow.model.kinds import settle
from serviceflow.model.nodes import (
    VARIABLES,
    Binary,
    Compare,
    Distribution,
    Extremum,
    IfElse,
    Logic,
    Name,
    Node,
    Not,
    Number,
    Unary,
)
from serviceflow.units import unit_name

PUSH, ATTRIBUTE, VARIABLE = 0, 1, 2
ADD, SUBTRACT, MULTIPLY, DIVIDE, NEGATE, NOT = 10, 11, 12, 13, 14, 15
EQUAL, UNEQUAL, LESS, LESS_EQUAL, MORE, MORE_EQUAL = 20, 21, 22, 23, 24, 25
LEAST, MOST = 30, 31
JUMP, JUMP_IF_FALSE = 40, 41
POP, COPY, TUCK = 50, 51, 52
DRAW, DRAW_1, DRAW_2, DRAW_3 = 60, 61, 62, 63

OPERATIONS = {
    PUSH: "push the argument",
    ATTRIBUTE: "push the attribute of that number",
    VARIABLE: "push the variable of that number in Context (consumer 1, visit 2, ...)",
    ADD: "replace two by their sum",
    SUBTRACT: "replace two by the lower less the upper",
    MULTIPLY: "replace two by their product",
    DIVIDE: "replace two by the lower over the upper; NaN if that is 0",
    NEGATE: "turn the sign",
    NOT: "1 if it is 0, else 0",
    EQUAL: "1 if two are equal, else 0",
    UNEQUAL: "1 if two differ, else 0",
    LESS: "1 if the lower is less, else 0",
    LESS_EQUAL: "1 if the lower is less or equal, else 0",
    MORE: "1 if the lower is more, else 0",
    MORE_EQUAL: "1 if the lower is more or equal, else 0",
    LEAST: "replace two by the less; NaN if either is",
    MOST: "replace two by the more; NaN if either is",
    JUMP: "go on at the instruction of that number",
    JUMP_IF_FALSE: "take one; if it is 0, go on at the instruction of that number",
    POP: "drop one",
    COPY: "push the uppermost again",
    TUCK: "put a copy of the uppermost below the second",
    DRAW: "push a draw of the sampler of that number",
    DRAW_1: "take one argument, prepare and draw (see draw_argument)",
    DRAW_2: "take two arguments, prepare and draw",
    DRAW_3: "take three arguments, prepare and draw",
}
"""Every operation and what it does to the stack, whose top is called the uppermost."""

_BINARY = {"+": ADD, "-": SUBTRACT, "*": MULTIPLY, "/": DIVIDE}
_COMPARE = {"==": EQUAL, "!=": UNEQUAL, "<": LESS, "<=": LESS_EQUAL, ">": MORE, ">=": MORE_EQUAL}
_EFFECTS = {
    **dict.fromkeys((PUSH, ATTRIBUTE, VARIABLE, COPY, TUCK, DRAW), 1),
    **dict.fromkeys((NEGATE, NOT, JUMP, DRAW_1), 0),
    DRAW_3: -2,
}
_STANDARD = Sampler(UNIFORM, 0.0, 1.0)

FAMILIES_PER_DRAW = 16


def draw_argument(k: int, family: int) -> float:
    """Give the argument of ``DRAW_1`` to ``DRAW_3``: which draw of the expression, of which family."""
    return float(k * FAMILIES_PER_DRAW + family)


class Context(NamedTuple):
    """What an expression may ask of a request; only what the code asks for need be right.

    A plain tuple in the same order does as well; it may end early.
    """

    attributes: Sequence[float] = ()
    consumer: float = -1.0
    visit: float = 1.0
    hour: float = 0.0
    weekday: float = 0.0
    quantity: float = 0.0


Draw = Callable[[int, Sampler], float]
"""Gives the k-th draw (from 0) of an expression from a sampler."""


@dataclass(frozen=True)
class Code:
    """An expression, lowered.

    Attributes
    ----------
    constant : float or None
        Its value, if it is the same for every request.
    sampler : Sampler or None
        If it is one distribution with constant arguments.
    ops : tuple of int
        Otherwise the operations (see ``OPERATIONS``).
    args : tuple of float
        One argument per operation.
    samplers : tuple of Sampler
        What ``DRAW`` draws from, in the order of the draws' numbers; a draw whose arguments are
        computed has None.
    needs_request : bool
        Whether it asks anything of the request.
    needs_clock : bool
        Whether it asks for ``hour`` or ``weekday``.
    stack : int
        The most floats that the stack holds.
    """

    constant: float | None = None
    sampler: Sampler | None = None
    ops: tuple[int, ...] = ()
    args: tuple[float, ...] = ()
    samplers: tuple[Sampler | None, ...] = ()
    needs_request: bool = False
    needs_clock: bool = False
    stack: int = 1
    text: str = ""

    def __repr__(self) -> str:
        return f"Code({self.text!r})"


def compile_expression(
    expr: Expression,
    want: str | None = None,
    time_unit: str | int = "min",
    words: Mapping[str, int] | None = None,
    attributes: Mapping[str, int] | None = None,
    kinds: Mapping[str, str] | None = None,
) -> Code:
    """Lower an expression.

    Parameters
    ----------
    expr : Expression
        Checked before (``check_types``).
    want : str, optional
        What it is to give; by default what it was read for. Durations come out in ticks.
    time_unit : str or int
        The unit of bare numbers where a duration is wanted, by name or in ticks.
    words : mapping of str to int
        The code of every word.
    attributes : mapping of str to int
        The place of every attribute in the request's list.
    kinds : mapping of str to str, optional
        The kinds of attributes that are no numbers; those of durations count in ticks.

    Raises
    ------
    ExpressionError
        If a distribution has arguments that its family does not allow, or lacks its file.
    """
    known = {**dict.fromkeys(attributes or {}, "number"), **(kinds or {})}
    node = settle(expr.root, want or expr.want, unit_name(time_unit), known)
    text = str(expr)
    value = constant_value(node)
    if isinstance(value, str):
        value = float((words or {}).get(value, NOT_A_NUMBER))
    if value is not None:
        return Code(constant=value, text=text)
    if isinstance(node, Distribution) and (sampler := sampler_of(node, words or {})):
        return lone(sampler, text)
    return _Writer(words or {}, attributes or {}).code(node, text)


def lone(sampler: Sampler, text: str = "") -> Code:
    """Give the code that draws from a sampler."""
    if sampler.family == CONSTANT:
        return Code(constant=sampler.a, text=text)
    return Code(sampler=sampler, text=text)


class _Writer:
    """Writes the instructions of one expression."""

    def __init__(self, words: Mapping[str, int], attributes: Mapping[str, int]) -> None:
        self.words = words
        self.attributes = attributes
        self.ops: list[int] = []
        self.args: list[float] = []
        self.samplers: list[Sampler | None] = []
        self.depth = 0
        self.deepest = 0

    def code(self, node: Node, text: str) -> Code:
        self.write(node)
        variables = {int(a) for op, a in zip(self.ops, self.args, strict=True) if op == VARIABLE}
        return Code(
            ops=tuple(self.ops),
            args=tuple(self.args),
            samplers=tuple(self.samplers),
            needs_request=bool(variables) or ATTRIBUTE in self.ops,
            needs_clock=bool(variables & {_variable("hour"), _variable("weekday")}),
            stack=self.deepest,
            text=text,
        )

    def emit(self, op: int, arg: float = 0.0) -> int:
        """Write an instruction and give its place."""
        self.ops.append(op)
        self.args.append(arg)
        self.depth += _EFFECTS.get(op, -1)
        self.deepest = max(self.deepest, self.depth)
        return len(self.ops) - 1

    def land(self, *jumps: int) -> None:
        """Let jumps go to the next instruction."""
        for place in jumps:
            self.args[place] = float(len(self.ops))

    def write(self, node: Node) -> None:
        value = constant_value(node)
        if isinstance(value, str):
            value = float(self.words.get(value, NOT_A_NUMBER))
        if value is not None:
            self.emit(PUSH, value)
        else:
            getattr(self, f"_{type(node).__name__.lower()}")(node)

    def _name(self, node: Name) -> None:
        if node.name in self.attributes:
            self.emit(ATTRIBUTE, float(self.attributes[node.name]))
        else:
            self.emit(VARIABLE, float(_variable(node.name)))

    def _unary(self, node: Unary) -> None:
        self.write(node.operand)
        self.emit(NEGATE)

    def _not(self, node: Not) -> None:
        self.write(node.operand)
        self.emit(NOT)

    def _binary(self, node: Binary) -> None:
        self.write(node.left)
        self.write(node.right)
        self.emit(_BINARY[node.operator])

    def _extremum(self, node: Extremum) -> None:
        self.write(node.operands[0])
        for operand in node.operands[1:]:
            self.write(operand)
            self.emit(LEAST if node.operator == "min" else MOST)

    def _ifelse(self, node: IfElse) -> None:
        self.write(node.condition)
        past_then = self.emit(JUMP_IF_FALSE)
        self.write(node.then)
        to_end = self.emit(JUMP)
        self.depth -= 1
        self.land(past_then)
        self.write(node.otherwise)
        self.land(to_end)

    def _logic(self, node: Logic) -> None:
        """Write ``and`` and ``or`` with short circuit: what decides jumps to its verdict."""
        decides = []
        for operand in node.operands:
            self.write(operand)
            if node.operator == "or":
                self.emit(NOT)
            decides.append(self.emit(JUMP_IF_FALSE))
        self.verdict(node.operator == "and", decides)

    def verdict(self, otherwise: bool, decides: list[int]) -> None:
        """Push the verdict if nothing decided, and the opposite where something did."""
        self.emit(PUSH, float(otherwise))
        to_end = self.emit(JUMP)
        self.depth -= 1
        self.land(*decides)
        self.emit(PUSH, float(not otherwise))
        self.land(to_end)

    def _compare(self, node: Compare) -> None:
        """Write a chain of comparisons; the middle operands stay on the stack for the next."""
        self.write(node.operands[0])
        decides = []
        for operator, operand in zip(node.operators[:-1], node.operands[1:-1], strict=True):
            self.write(operand)
            self.emit(TUCK)
            self.emit(_COMPARE[operator])
            decides.append(self.emit(JUMP_IF_FALSE))
        self.write(node.operands[-1])
        self.emit(_COMPARE[node.operators[-1]])
        if decides:
            to_end = self.emit(JUMP)
            self.land(*decides)
            self.emit(POP)
            self.depth += 1
            self.emit(PUSH, 0.0)
            self.depth -= 1
            self.land(to_end)

    # -- distributions

    def _distribution(self, node: Distribution) -> None:
        sampler = sampler_of(node, self.words)
        if sampler is not None and sampler.family == CONSTANT:
            self.emit(PUSH, sampler.a)
        elif sampler is not None:
            self.draw(sampler)
        elif node.family in ("mixture", "discrete", "empirical"):
            self.choose(node)
        else:
            self.draw_computed(node)

    def draw(self, sampler: Sampler) -> None:
        self.emit(DRAW, float(len(self.samplers)))
        self.samplers.append(sampler)

    def draw_computed(self, node: Distribution) -> None:
        """Write the arguments, in the order in which ``prepare`` takes them, and the draw."""
        k = len(self.samplers)
        self.samplers.append(None)
        arguments = usual_arguments(node)
        for argument in arguments:
            self.write(argument)
        op = (DRAW_1, DRAW_2, DRAW_3)[len(arguments) - 1]
        self.emit(op, draw_argument(k, FAMILY_CODES[node.family]))

    def choose(self, node: Distribution) -> None:
        """Write the choice among parts by one uniform number, from which shares are taken in turn.

        The last part has whatever the shares before it leave.
        """
        arguments = dict(node.arguments)
        parts = (arguments.get("of") or arguments["values"]).children()
        shares = arguments["shares"].children() if "shares" in arguments else ()
        even = Number(1 / len(parts))
        self.draw(_STANDARD)
        ends = []
        for place, part in enumerate(parts[:-1]):
            self.write(shares[place] if shares else even)
            self.emit(SUBTRACT)
            self.emit(COPY)
            self.emit(PUSH, 0.0)
            self.emit(LESS)
            past = self.emit(JUMP_IF_FALSE)
            self.emit(POP)
            self.write(part)
            ends.append(self.emit(JUMP))
            self.land(past)
        self.emit(POP)
        self.write(parts[-1])
        self.land(*ends)


def _variable(name: str) -> int:
    return 1 + VARIABLES.index(name)


def usual_arguments(node: Distribution) -> list[Node]:
    """Give the arguments of a family's usual form: an sd becomes a cv, of normal a cv an sd."""
    arguments = dict(node.arguments)
    if node.family == "normal" and "cv" in arguments:
        return [arguments["mean"], Binary("*", arguments["cv"], arguments["mean"])]
    if node.family != "normal" and "sd" in arguments:
        return [arguments["mean"], Binary("/", arguments["sd"], arguments["mean"])]
    return list(arguments.values())


# -- running


def evaluate(code: Code, context: Context | tuple[Any, ...], draw: Draw) -> float:
    """Run a program.

    Parameters
    ----------
    code : Code
        What ``compile_expression`` gave.
    context : Context
        What it may ask of the request.
    draw : callable
        Takes k and a sampler and gives the k-th draw of the expression.

    Raises
    ------
    ServiceflowError
        If the result is no number.
    """
    if code.constant is not None:
        found = code.constant
    elif code.sampler is not None:
        found = draw(0, code.sampler)
    else:
        found = _run(code, context, draw)
    if found != found:
        raise ServiceflowError(
            f"'{code.text}' has no value for this request: it divides by zero, asks for an attribute that "
            "the request does not have, or gives a distribution arguments that it does not allow"
        )
    return found


def _run(code: Code, context: tuple[Any, ...], draw: Draw) -> float:
    stack: list[float] = []
    at = 0
    while at < len(code.ops):
        op, arg = code.ops[at], code.args[at]
        at += 1
        if op == JUMP:
            at = int(arg)
        elif op == JUMP_IF_FALSE:
            at = int(arg) if stack.pop() == 0.0 else at
        elif op <= VARIABLE:
            stack.append(_fetched(op, arg, context))
        elif op >= DRAW:
            _draw(stack, op, arg, code, draw)
        elif op >= POP:
            _reorder(stack, op)
        else:
            _compute(stack, op)
    return stack[-1]


def _fetched(op: int, arg: float, context: tuple[Any, ...]) -> float:
    if op == PUSH:
        return arg
    if op == ATTRIBUTE:
        return float(context[0][int(arg)])
    return float(context[int(arg)]) if arg < len(context) else NOT_A_NUMBER


def _reorder(stack: list[float], op: int) -> None:
    if op == POP:
        stack.pop()
    elif op == COPY:
        stack.append(stack[-1])
    else:
        stack.insert(-2, stack[-1])


def _compute(stack: list[float], op: int) -> None:
    upper = stack.pop()
    if op == NEGATE:
        stack.append(-upper)
    elif op == NOT:
        stack.append(float(upper == 0.0))
    else:
        stack[-1] = float(_TWO[op](stack[-1], upper))


_TWO: dict[int, Callable[[float, float], float]] = {
    ADD: lambda lower, upper: lower + upper,
    SUBTRACT: lambda lower, upper: lower - upper,
    MULTIPLY: lambda lower, upper: lower * upper,
    DIVIDE: lambda lower, upper: lower / upper if upper != 0.0 else NOT_A_NUMBER,
    EQUAL: lambda lower, upper: lower == upper,
    UNEQUAL: lambda lower, upper: lower != upper,
    LESS: lambda lower, upper: lower < upper,
    LESS_EQUAL: lambda lower, upper: lower <= upper,
    MORE: lambda lower, upper: lower > upper,
    MORE_EQUAL: lambda lower, upper: lower >= upper,
    LEAST: lambda lower, upper: upper if upper < lower or upper != upper else lower,
    MOST: lambda lower, upper: upper if upper > lower or upper != upper else lower,
}


def _draw(stack: list[float], op: int, arg: float, code: Code, draw: Draw) -> None:
    if op == DRAW:
        sampler = code.samplers[int(arg)]
        assert sampler is not None
        stack.append(draw(int(arg), sampler))
        return
    k, family = divmod(int(arg), FAMILIES_PER_DRAW)
    count = op - DRAW
    x, y, z = (*stack[-count:], 0.0, 0.0)[:3]
    del stack[-count:]
    a, b, c, d = prepare(family, x, y, z)
    stack.append(draw(k, Sampler(GAMMA if family == ERLANG else family, a, b, c, d)))


def draw_purpose(what: int, k: int) -> int:
    """Give the purpose of the k-th draw of an expression: the first has the expression's own."""
    return what if k == 0 else mix(what, k)

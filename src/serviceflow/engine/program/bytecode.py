"""Small programs for a stack of floats: their operations, and a plain run of them.

A program is a list of instructions, each an operation and an argument. Words are codes, flags are 1
and 0, durations are ticks. What has no value (a division by zero, an attribute that the request does
not have, arguments that a distribution does not allow) is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from serviceflow.engine.random.elementary import NOT_A_NUMBER
from serviceflow.engine.random.parameters import ERLANG, GAMMA, prepare
from serviceflow.engine.random.philox import mix
from serviceflow.engine.random.samplers import Sampler
from serviceflow.errors import ServiceflowError

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
    elapsed: float = 0.0
    """Ticks since time 0."""


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
        Whether it asks for ``hour``, ``weekday`` or ``elapsed``.
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

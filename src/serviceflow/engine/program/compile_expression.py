"""Expressions lowered to small programs of numbers that any engine can run (see ``stack``)."""

from __future__ import annotations

from collections.abc import Mapping

from serviceflow.engine.program.bytecode import (
    ADD,
    ATTRIBUTE,
    COPY,
    DIVIDE,
    DRAW,
    DRAW_1,
    DRAW_2,
    DRAW_3,
    EQUAL,
    JUMP,
    JUMP_IF_FALSE,
    LEAST,
    LESS,
    LESS_EQUAL,
    MORE,
    MORE_EQUAL,
    MOST,
    MULTIPLY,
    NEGATE,
    NOT,
    POP,
    PUSH,
    SUBTRACT,
    TUCK,
    UNEQUAL,
    VARIABLE,
    Code,
    Context,
    Draw,
    draw_argument,
    draw_purpose,
    evaluate,
)
from serviceflow.engine.random.distributions import sampler_of
from serviceflow.engine.random.elementary import NOT_A_NUMBER
from serviceflow.engine.random.parameters import CONSTANT, FAMILY_CODES, UNIFORM
from serviceflow.engine.random.samplers import Sampler
from serviceflow.model.constants import constant_value
from serviceflow.model.expressions import Expression
from serviceflow.model.kinds import settle
from serviceflow.model.nodes import (
    CLOCK,
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

__all__ = ["Code", "Context", "Draw", "compile_expression", "draw_purpose", "evaluate", "lone"]

_BINARY = {"+": ADD, "-": SUBTRACT, "*": MULTIPLY, "/": DIVIDE}
_COMPARE = {"==": EQUAL, "!=": UNEQUAL, "<": LESS, "<=": LESS_EQUAL, ">": MORE, ">=": MORE_EQUAL}
_EFFECTS = {
    **dict.fromkeys((PUSH, ATTRIBUTE, VARIABLE, COPY, TUCK, DRAW), 1),
    **dict.fromkeys((NEGATE, NOT, JUMP, DRAW_1), 0),
    DRAW_3: -2,
}
_STANDARD = Sampler(UNIFORM, 0.0, 1.0)


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
            needs_clock=bool(variables & {_variable(name) for name in CLOCK}),
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

"""Expressions that must be computed for each request: a stack machine (see ``program.bytecode``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from serviceflow.engine.kernel import rare, sampling
from serviceflow.engine.kernel.keyed import mix_step
from serviceflow.engine.kernel.layout import A_WORD, NOW, R_CONSUMER, R_QUANTITY, WEEKDAY
from serviceflow.engine.kernel.memory import fail, leaf, unit, unsigned
from serviceflow.engine.kernel.rows import attributes, consumers, ints, reals, requests, requests_f, stack
from serviceflow.engine.program.bytecode import (
    ADD,
    ATTRIBUTE,
    COPY,
    DIVIDE,
    DRAW,
    EQUAL,
    FAMILIES_PER_DRAW,
    JUMP,
    JUMP_IF_FALSE,
    LEAST,
    LESS,
    LESS_EQUAL,
    MORE,
    MORE_EQUAL,
    MULTIPLY,
    NEGATE,
    NOT,
    POP,
    PUSH,
    SUBTRACT,
    UNEQUAL,
)
from serviceflow.engine.reference.evaluation import HOUR
from serviceflow.model.schedules import DAY

NOT_A_NUMBER = float("nan")
CONSUMER, VISIT, HOUR_NOW, WEEKDAY_NOW, QUANTITY, ELAPSED = range(1, 7)
NOTHING = np.uint64(0)


@unit("f(iii)")
def variable(k: Any, which: int, request: int, visit: int) -> float:
    """What an expression may ask beside attributes."""
    if which == VISIT:
        return float(visit)
    if which == HOUR_NOW:
        return (k[NOW] % DAY) / HOUR
    if which == WEEKDAY_NOW:
        return float((k[NOW] // DAY + k[WEEKDAY]) % 7)
    if which == ELAPSED:
        return float(k[NOW])
    if which == QUANTITY:
        return 0.0 if request == -1 else requests_f(k, request)[R_QUANTITY]
    if request == -1 or requests(k, request)[R_CONSUMER] < 0:
        return -1.0
    return float(consumers(k, requests(k, request)[R_CONSUMER])[A_WORD])


@leaf
def two(op: int, lower: float, upper: float) -> float:
    """What an operation makes of two numbers."""
    if op == ADD:
        return lower + upper
    if op == SUBTRACT:
        return lower - upper
    if op == MULTIPLY:
        return lower * upper
    if op == DIVIDE:
        return lower / upper if upper != 0.0 else NOT_A_NUMBER
    if op == EQUAL:
        return 1.0 if lower == upper else 0.0
    if op == UNEQUAL:
        return 1.0 if lower != upper else 0.0
    if op == LESS:
        return 1.0 if lower < upper else 0.0
    if op == LESS_EQUAL:
        return 1.0 if lower <= upper else 0.0
    if op == MORE:
        return 1.0 if lower > upper else 0.0
    if op == MORE_EQUAL:
        return 1.0 if lower >= upper else 0.0
    if op == LEAST:
        return upper if upper < lower or upper != upper else lower
    return upper if upper > lower or upper != upper else lower


@unit("f(iuuuuii)")
def run_program(
    k: Any, code: int, what: Any, who: Any, number: Any, occurrence: Any, request: int, visit: int
) -> float:
    """Run a program of the stack machine."""
    its = ints(k, code)
    count, arguments, samplers = its[1], its[2], its[3]
    top = stack(k, 0)
    depth = 0  # How many numbers the stack holds.
    at = 0
    while at < count:
        op = its[4 + at]
        argument = reals(k, arguments + at)[0]
        at += 1
        if op == PUSH:
            top[depth] = argument
            depth += 1
        elif op == ATTRIBUTE:
            top[depth] = NOT_A_NUMBER if request == -1 else attributes(k, request)[int(argument)]
            depth += 1
        elif op < ADD:
            top[depth] = variable(k, int(argument), request, visit)
            depth += 1
        elif op == NEGATE:
            top[depth - 1] = -top[depth - 1]
        elif op == NOT:
            top[depth - 1] = 1.0 if top[depth - 1] == 0.0 else 0.0
        elif op < JUMP:
            depth -= 1
            top[depth - 1] = two(op, top[depth - 1], top[depth])
        elif op == JUMP:
            at = int(argument)
        elif op == JUMP_IF_FALSE:
            depth -= 1
            if top[depth] == 0.0:
                at = int(argument)
        elif op == POP:
            depth -= 1
        elif op == COPY:
            top[depth] = top[depth - 1]
            depth += 1
        elif op < DRAW:
            top[depth] = top[depth - 1]
            top[depth - 1] = top[depth - 2]
            top[depth - 2] = top[depth]
            depth += 1
        else:
            if what == NOTHING:
                fail(k)
            depth = draw(k, op, int(argument), depth, samplers, what, who, number, occurrence)
    found = top[depth - 1]
    if found != found:
        fail(k)
    return found


@leaf
def draw(
    k: Any,
    op: int,
    argument: int,
    depth: int,
    samplers: int,
    what: Any,
    who: Any,
    number: Any,
    occurrence: Any,
) -> int:
    """Replace the arguments of a draw on the stack by what is drawn; gives how many numbers it holds."""
    top = stack(k, 0)
    which = argument if op == DRAW else argument // FAMILIES_PER_DRAW
    purpose = what if which == 0 else mix_step(mix_step(NOTHING, what), unsigned(which))
    if op == DRAW:
        listed = ints(k, samplers + 2 * which)
        top[depth] = sampling.draw(k, listed[0], listed[1], purpose ^ who, number, occurrence)
        return depth + 1
    arguments = op - DRAW
    depth -= arguments
    x = top[depth]
    y = top[depth + 1] if arguments > 1 else 0.0
    z = top[depth + 2] if arguments > 2 else 0.0
    family = argument % FAMILIES_PER_DRAW
    top[depth] = rare.draw_computed(k, family, x, y, z, purpose ^ who, number, occurrence)
    return depth + 1

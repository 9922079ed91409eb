"""Values of a chain's expressions for requests of a record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.errors import NotSupportedError
from serviceflow.model.requests import attribute_kinds
from serviceflow.results.alike import distinct
from serviceflow.results.derived import Floats, Ints, Reading

if TYPE_CHECKING:
    from serviceflow.engine.program.compile_expression import Code
    from serviceflow.engine.program.plans import Program
    from serviceflow.model.expressions import Expression

VARIABLES = ("consumer", "hour", "weekday", "elapsed")
"""What a value may ask of a request besides its attributes."""
HOUR = 3_600_000_000
DAY = 24 * HOUR


def code_of(reading: Reading, value: Expression, want: str) -> Code:
    """An expression of the chain as a code of its program."""
    from serviceflow.engine.program.compile_expression import compile_expression

    program = reading.program
    words = {word: code for code, word in enumerate(program.words)}
    attributes = {name: index for index, name in enumerate(program.attributes)}
    return compile_expression(
        value, want, program.time_unit, words, attributes, attribute_kinds(program.chain)
    )


def request_values(reading: Reading, code: Code, rows: Ints, times: Ints, where: str) -> Floats:
    """What a code gives for requests.

    Parameters
    ----------
    reading : Reading
        The replication.
    code : Code
        What to evaluate.
    rows : array of int
        Rows of requests.
    times : array of int
        The instant at which each is looked at, for ``hour``, ``weekday`` and ``elapsed``.
    where : str
        What the value is for, for the message of an error.

    Raises
    ------
    NotSupportedError
        If the code draws random numbers.
    """
    if code.constant is not None:
        return np.full(len(rows), code.constant)
    if not len(rows):
        return np.empty(0)
    contexts = _contexts(reading, rows, times)
    first, place = distinct((contexts[number] for number in _asked(code, reading.program)), len(rows))
    return _evaluated(code, [column[first].tolist() for column in contexts], where)[place]


def _contexts(reading: Reading, rows: Ints, times: Ints) -> list[Floats]:
    """What may be asked of each request: its attributes, then consumer, hour, weekday and time since 0."""
    requests, program = reading.record.requests, reading.program
    attributes = [requests[f"attribute:{name}"][rows].astype(np.float64) for name in program.attributes]
    words = np.array([plan.word for plan in program.consumers] + [-1], dtype=np.float64)
    consumer = words[reading.requests["consumer"][rows]]
    weekday = (times // DAY + program.weekday) % 7
    clock = (times % DAY / HOUR, weekday.astype(np.float64), times.astype(np.float64))
    return [*attributes, consumer, *clock]


def _asked(code: Code, program: Program) -> list[int]:
    """Which of these a code asks for."""
    from serviceflow.engine.program.bytecode import ATTRIBUTE, VARIABLE, Context

    pairs = set(zip(code.ops, code.args, strict=True))
    size = len(program.attributes)
    after = {Context._fields.index(name): place for place, name in enumerate(VARIABLES)}
    found = {int(argument) for operation, argument in pairs if operation == ATTRIBUTE}
    asked = {int(argument) for operation, argument in pairs if operation == VARIABLE}
    return sorted(found | {size + after[variable] for variable in asked if variable in after})


def _evaluated(code: Code, contexts: list[list[float]], where: str) -> Floats:
    """The code's value for each of some contexts."""
    from serviceflow.engine.program.compile_expression import evaluate

    def refuse(*_: Any) -> float:
        raise NotSupportedError(f"{where}: a value that is drawn is not supported here: write its mean")

    rows = zip(*contexts, strict=True)
    values = [evaluate(code, context_of(row), refuse) for row in rows]
    return np.array(values, dtype=np.float64)


def context_of(row: Sequence[float]) -> tuple[Any, ...]:
    """Attributes, consumer, hour, weekday and time since 0 as what an expression is evaluated with."""
    *attributes, consumer, hour, weekday, elapsed = row
    return (attributes, consumer, 1.0, hour, weekday, 0.0, elapsed)

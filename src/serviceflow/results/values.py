"""Values of a chain's expressions for requests of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.errors import NotSupportedError
from serviceflow.model.requests import attribute_kinds
from serviceflow.results.reading import Floats, Ints, Reading

if TYPE_CHECKING:
    from serviceflow.engine.code import Code
    from serviceflow.model.expressions import Expression

HOUR = 3_600_000_000
DAY = 24 * HOUR


def code_of(reading: Reading, value: Expression, want: str) -> Code:
    """An expression of the chain as a code of its program."""
    from serviceflow.engine.code import compile_expression

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
        The instant at which each is looked at, for ``hour`` and ``weekday``.
    where : str
        What the value is for, for the message of an error.

    Raises
    ------
    NotSupportedError
        If the code draws random numbers.
    """
    if code.constant is not None:
        return np.full(len(rows), code.constant)
    return _distinct_values(code, _contexts(reading, rows, times), where)


def _contexts(reading: Reading, rows: Ints, times: Ints) -> Floats:
    """One row per request: its attributes, then consumer, hour and weekday."""
    requests, program = reading.record.requests, reading.program
    attributes = [requests[f"attribute:{name}"][rows] for name in program.attributes]
    words = np.array([plan.word for plan in program.consumers] + [-1])
    consumer = words[reading.requests["consumer"][rows]]
    weekday = (times // DAY + program.weekday) % 7
    return np.column_stack([*attributes, consumer, times % DAY / HOUR, weekday])


def _distinct_values(code: Code, contexts: Floats, where: str) -> Floats:
    """The code's value for each row; equal rows are evaluated once."""
    from serviceflow.engine.code import evaluate

    def refuse(*_: Any) -> float:
        raise NotSupportedError(f"{where}: a value that is drawn is not supported here: write its mean")

    distinct, place = np.unique(contexts, axis=0, return_inverse=True)
    values = [evaluate(code, (row[:-3], row[-3], 1.0, row[-2], row[-1]), refuse) for row in distinct.tolist()]
    return np.array(values, dtype=np.float64)[place.ravel()]

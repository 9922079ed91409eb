"""What is found out about a program is asked for again and again, mostly about the same one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from serviceflow.engine.program.plans import Program

Found = TypeVar("Found")


def remembered(find: Callable[[Program], Found]) -> Callable[[Program], Found]:
    """The same function, which does not look again for what it has found for the last program."""
    last: list[tuple[Program, Found]] = []

    @wraps(find)
    def found(program: Program) -> Found:
        for known, what in last[:]:
            if known is program:
                return what
        what = find(program)
        last[:] = [(program, what)]
        return what

    return found

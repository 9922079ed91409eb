"""What can go wrong, said so that the reader knows where, what, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class ServiceflowError(Exception):
    """The base of every error that serviceflow raises on purpose."""


class UnitError(ServiceflowError, ValueError):
    """A duration, rate, share or unit that cannot be read."""


class ExpressionError(ServiceflowError, ValueError):
    """An expression that cannot be read.

    Attributes
    ----------
    message : str
        What was read, what is allowed and what to do next.
    offset : int
        Where in the expression's text, counted in characters from 0.
    """

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message, offset)
        self.message = message
        self.offset = offset

    def __str__(self) -> str:
        return self.message


def one_line(text: str) -> str:
    """The text with characters that cannot be seen, line breaks above all, written out as escapes."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a model, and where.

    Attributes
    ----------
    path : str
        The place in the model, outermost name first: ``services.Check in.duration``.
    message : str
        What was read, what is allowed and what to do next.
    file : str or None
        The file it was read from, if any.
    line, column : int or None
        The place in the file, counted from 1.
    """

    path: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return ": ".join(one_line(part) for part in (place, self.path, self.message) if part)


class ModelError(ServiceflowError, ValueError):
    """A model that cannot be used; the message lists every problem, one per line.

    Attributes
    ----------
    problems : tuple of Problem
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class NotSupportedError(ServiceflowError, NotImplementedError):
    """Something that a model may say but that cannot be run yet, by name."""


class DeadlockError(ServiceflowError, RuntimeError):
    """Requests that wait for each other for ever, by name."""


def nearest(word: str, options: Iterable[str]) -> str:
    """Give ``"; did you mean 'x'?"`` for the option most like `word`, or ``""`` where none is.

    Upper and lower case count as the same.
    """
    by_folded = {option.casefold(): option for option in sorted(options, reverse=True)}
    found = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f"; did you mean '{by_folded[found[0]]}'?" if found else ""


class RunError(ServiceflowError, RuntimeError):
    """A run came to what cannot be: a negative duration, shares beyond 100%, time that stands still."""

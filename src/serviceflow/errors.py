"""What can go wrong, said so that the reader knows where, what, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from difflib import SequenceMatcher
from heapq import nlargest

MOST_HINTS = 20
"""For how many undefined names a like one is sought where a whole model is read or checked."""
MOST_TOLD = 100
"""Problems that a message lists; an error has all of them."""


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
    """A model that cannot be used; the message lists the problems, one per line, and counts those beyond 100.

    Attributes
    ----------
    problems : tuple of Problem
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:MOST_TOLD]]
        more = len(self.problems) - MOST_TOLD
        if more > 0:
            lines.append(f"and {more:,} more problems; mend these first, the others often go with them")
        return "\n".join(lines)


class NotSupportedError(ServiceflowError, NotImplementedError):
    """Something that a model may say but that cannot be run yet, by name."""


class DeadlockError(ServiceflowError, RuntimeError):
    """Requests that wait for each other for ever, by name."""


# Names that were probably meant

_LIKE = 0.6
_LONGEST_WORD = 200
_MOST_OPTIONS = 5_000
_MOST_LOOKED_AT = 50
_hints_left: ContextVar[list[int] | None] = ContextVar("hints_left", default=None)


@contextmanager
def few_hints() -> Iterator[None]:
    """Within it :func:`nearest` seeks a like name 20 times and is silent then, as seeking takes time."""
    token = _hints_left.set([MOST_HINTS]) if _hints_left.get() is None else None
    try:
        yield
    finally:
        if token is not None:
            _hints_left.reset(token)


def nearest(word: str, options: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the option most like `word`, or ``""`` where none is.

    Upper and lower case count as the same. See :func:`few_hints` for a bound on the work.
    """
    left = _hints_left.get()
    if left is not None:
        if left[0] <= 0:
            return ""
        left[0] -= 1
    by_folded = {option.casefold(): option for option in sorted(options, reverse=True)}
    found = _most_like(word.casefold(), by_folded)
    return f"; did you mean '{by_folded[found]}'?" if found is not None else ""


def _most_like(word: str, options: Iterable[str]) -> str | None:
    """The option most like a word, the last in order of several; of very many only the likelier are tried."""
    if len(word) > _LONGEST_WORD:
        return None
    size = len(word)
    some = [one for one in options if 2 * min(len(one), size) >= _LIKE * (len(one) + size) > 0]
    matcher: SequenceMatcher[str] = SequenceMatcher()
    matcher.set_seq2(word)
    rated = []
    for option in some[:_MOST_OPTIONS]:
        matcher.set_seq1(option)
        rated.append((matcher.quick_ratio(), option))
    best = (_LIKE, "")
    for bound, option in nlargest(_MOST_LOOKED_AT, rated):
        if bound >= best[0]:
            matcher.set_seq1(option)
            best = max(best, (matcher.ratio(), option))
    return best[1] or None


class UnknownNameError(ServiceflowError, KeyError):
    """A name that nothing has: of a scenario, service, provider or example.

    The message lists those that there are.
    """

    def __init__(self, what: str, name: object, options: Iterable[str]) -> None:
        super().__init__(what, name, tuple(options))

    def __str__(self) -> str:
        what, name, options = self.args
        known = listed(options) or "none"
        return f"there is no {what} {name!r}{nearest(str(name), options)}; there are: {known}"


def listed(options: Iterable[object], most: int = MOST_HINTS) -> str:
    """The options as a message lists them, those beyond `most` as a number."""
    words = [str(option) for option in options]
    more = f" and {len(words) - most:,} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


class RunError(ServiceflowError, RuntimeError):
    """A run came to what cannot be: a negative duration, shares beyond 100%, time that stands still."""

"""What is wrong with a value, and where inside it: collected, so that all of it is told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

Step = str | int
Path = tuple[Step, ...]
T = TypeVar("T")


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong.

    Attributes
    ----------
    message : str
        What is wrong, what is allowed, what to do.
    path : tuple
        The way from the value to the culprit: keys, and indices of lists.
    offset : int or None
        Where in the text of the culprit, counted from 0.
    at_key : bool
        Whether the key is at fault rather than its value.
    """

    message: str
    path: Path = ()
    offset: int | None = None
    at_key: bool = False


class Mistakes(ValueError):
    """Several mistakes in one value."""

    def __init__(self, items: tuple[Mistake, ...]) -> None:
        self.items = items
        super().__init__("\n".join(item.message for item in items))


def mistakes_of(error: ValueError) -> tuple[Mistake, ...]:
    """The mistakes that an error tells of; an expression's error knows its column."""
    if isinstance(error, Mistakes):
        return error.items
    return (Mistake(getattr(error, "message", None) or str(error), (), getattr(error, "offset", None)),)


@dataclass
class Collector:
    """Gathers mistakes while a value is read, then raises them together."""

    items: list[Mistake] = field(default_factory=list)

    def add(self, message: str, *path: Step, at_key: bool = False) -> None:
        self.items.append(Mistake(message, path, at_key=at_key))

    @contextmanager
    def within(self, *path: Step, at_key: bool = False) -> Iterator[None]:
        """Note the mistakes of a part under its place in the whole, and go on."""
        try:
            yield
        except ValueError as error:
            for item in mistakes_of(error):
                self.items.append(replace(item, path=path + item.path, at_key=at_key or item.at_key))

    def attempt(self, read: Callable[[object], T], value: object, *path: Step) -> T | None:
        """Read a part; None, and a mistake noted, where it cannot be read."""
        with self.within(*path):
            return read(value)
        return None

    def close(self) -> None:
        """Raise what was gathered, if anything."""
        if self.items:
            raise Mistakes(tuple(self.items))

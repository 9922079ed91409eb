"""What every engine is to those who run chains: something that makes the record of a replication."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.engine.record.record import Record

Kept = TypeVar("Kept")


@dataclass(frozen=True)
class Runner(ABC):
    """An engine with a program to run.

    Attributes
    ----------
    name : str
        The engine's.
    program : Program
        What it runs.
    """

    program: Program
    name: ClassVar[str]
    in_pieces = False
    """Whether records come in parts, as they are made."""
    overlaps: ClassVar[bool] = False
    """Whether the record of a run can be made while the next one runs."""

    @abstractmethod
    def run(self, seed: int, replication: int) -> Record:
        """The record of one replication."""

    def pieces(self, seed: int, replication: int, rows: int) -> Iterator[Record]:
        """The record in parts of about so many visits; whole, where the engine makes no parts."""
        yield self.run(seed, replication)

    def begin(self, seed: int, replication: int) -> Callable[[], Record]:
        """Run one replication; gives what makes its record, which another thread may call."""
        record = self.run(seed, replication)
        return lambda: record

    def make(self, keep: Callable[[Runner], Kept]) -> tuple[str, Kept]:
        """What is kept of a replication, and which engine ran it."""
        return self.name, keep(self)

    # What must be compiled

    def is_ready(self) -> bool:
        """Whether nothing would have to be compiled."""
        return True

    def steps(self) -> int:
        """How many functions are to be compiled or loaded."""
        return 0

    def prepare(self, done: Callable[[], object] = int) -> None:  # noqa: B027  Most have nothing to do.
        """Compile or load what a run needs; `done` is called after each of :meth:`steps`."""

    def recipe(self) -> str:
        """Python that compiles into the cache what a run needs, for a process of its own."""
        return ""

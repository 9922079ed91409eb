"""What is kept of each replication: its record, unless whoever asks for the runs says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from serviceflow.engine.record.record import Record

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.engine.runner import Runner


class Keeping(Protocol):
    """How a replication is run and what is kept of it.

    Attributes
    ----------
    name : str
        What it is called: "full" for records.
    """

    name: str

    def in_pieces(self, program: Program) -> bool:
        """Whether the record of a program is wanted in pieces, as the engine makes them."""

    def check(self, program: Program) -> None:
        """Complain where it cannot be done for a program."""

    def run(self, runner: Runner, seed: int, number: int) -> Any:
        """Run a replication; what is kept of it."""

    def begin(self, runner: Runner, seed: int, number: int) -> Callable[[], Any]:
        """Run a replication; gives what makes of it what is kept, which another thread may call."""

    def send(self, kept: Any) -> Any:
        """What is sent from elsewhere: without the program, which need not travel back."""

    def receive(self, program: Program, sent: Any) -> Any:
        """What was sent, with its program."""


class Store(Protocol):
    """Where finished replications are kept, so that what is interrupted can go on."""

    def seed(self, program: Program, settings: Any, given: int | None) -> int:
        """The seed of the runs, which stays the same where none is given."""

    def find(self, program: Program, settings: Any, seed: int, number: int) -> tuple[str, Any] | None:
        """The engine of a finished replication and what was kept of it; None if there is none."""

    def keep(self, program: Program, settings: Any, seed: int, number: int, made: tuple[str, Any]) -> None:
        """Keep a replication that has finished."""

    def tell(self, finished: int, wanted: int) -> None:
        """Say after an interrupt what is there."""


class KeepRecords:
    """Keeps records as they are."""

    name = "full"

    def in_pieces(self, program: Program) -> bool:
        """A record is kept as a whole."""
        return False

    def check(self, program: Program) -> None:
        """Every record can be kept."""

    def run(self, runner: Runner, seed: int, number: int) -> Record:
        return runner.run(seed, number)

    def begin(self, runner: Runner, seed: int, number: int) -> Callable[[], Record]:
        return runner.begin(seed, number)

    def send(self, kept: Record) -> Record:
        return replace(kept, program=None)  # type: ignore[arg-type]

    def receive(self, program: Program, sent: Record) -> Record:
        return replace(sent, program=program)

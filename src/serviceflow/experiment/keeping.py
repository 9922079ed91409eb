"""What is kept of each replication: its record, unless whoever asks for the runs says otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from serviceflow.engine.record.record import Record
from serviceflow.experiment.engines import Engine

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program


class Keeping(Protocol):
    """How a replication is run and what is kept of it.

    Attributes
    ----------
    name : str
        What it is called: "full" for records.
    in_parts : bool
        Whether the record is wanted in parts, as the engine makes them.
    """

    name: str
    in_parts: bool

    def check(self, program: Program, behaviours: bool) -> None:
        """Complain where it cannot be done for a program."""

    def run(self, engine: str, run: Engine, program: Program, seed: int, number: int) -> Any:
        """Run a replication; what is kept of it."""

    def send(self, engine: str, run: Engine, program: Program, seed: int, number: int) -> Any:
        """The same elsewhere, without the program, which need not travel back."""

    def receive(self, program: Program, sent: Any) -> Any:
        """What was sent, with its program."""


class KeepRecords:
    """Keeps records as they are."""

    name = "full"
    in_parts = False

    def check(self, program: Program, behaviours: bool) -> None:
        """Every record can be kept."""

    def run(self, engine: str, run: Engine, program: Program, seed: int, number: int) -> Record:
        return run(program, seed, number)

    def send(self, engine: str, run: Engine, program: Program, seed: int, number: int) -> Record:
        return replace(run(program, seed, number), program=None)  # type: ignore[arg-type]

    def receive(self, program: Program, sent: Record) -> Record:
        return replace(sent, program=program)

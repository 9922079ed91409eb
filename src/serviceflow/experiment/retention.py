"""What is kept of each replication: its record, or a summary of it.

A summary takes in the parts of a record as the engine makes them, so that the record is never in memory as a
whole; that of an engine which gives whole records only is summed up and dropped. The summary belongs to
a layer above this one and, like an engine, is known here by its name: it is imported when it is first asked
for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from serviceflow.engine.record.record import Record
from serviceflow.errors import NotSupportedError, ServiceflowError, nearest
from serviceflow.experiment.engines import Engine, engine_module

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

FULL, SUMMARY = "full", "summary"
DIGEST = "serviceflow.results.summary_record"
"""Where summaries are made."""

ROWS = 2**14
"""Visits of a part of a record, about."""

Pieces = Callable[..., Iterator[Record]]
"""``run_pieces(program, seed, replication, rows)`` gives a record in parts."""


class KeepingError(ServiceflowError, ValueError):
    """Something to keep that does not exist."""


class Keeping(Protocol):
    """How a replication is run and what is kept of it."""

    summary: bool

    def run(self, program: Program, seed: int, number: int) -> Any:
        """Run a replication; what is kept of it."""

    def send(self, program: Program, seed: int, number: int) -> Any:
        """The same elsewhere, without the program, which need not travel back."""

    def receive(self, program: Program, sent: Any) -> Any:
        """What was sent, with its program."""


def check_record(record: str, behaviours: bool = False) -> None:
    """Complain about a kind of record that does not exist, or that cannot be kept.

    Raises
    ------
    KeepingError
        Where there is no such kind.
    NotSupportedError
        Where behaviours, which may move staff, are to be summed up.
    """
    options = (FULL, SUMMARY)
    if record not in options:
        listed = " or ".join(map(repr, options))
        raise KeepingError(f"record={record!r} does not exist: use {listed}" + nearest(str(record), options))
    if record == SUMMARY and behaviours:
        raise NotSupportedError("record='summary' does not know behaviours: use record='full' with them")


def keep(record: str, engine: str, run: Engine, program: Program) -> Keeping:
    """How to run a program on an engine and keep this kind of record.

    Raises
    ------
    NotSupportedError
        Where a summary cannot tell all figures of the program.
    """
    if record == FULL:
        return Whole(run)
    import_module(DIGEST).Digest(program)
    pieces: Pieces | None = getattr(engine_module(engine), "run_pieces", None)
    return Summed(run, pieces)


@dataclass(frozen=True)
class Whole:
    """Keeps the record."""

    engine: Engine
    summary = False

    def run(self, program: Program, seed: int, number: int) -> Record:
        return self.engine(program, seed, number)

    def send(self, program: Program, seed: int, number: int) -> Record:
        return replace(self.engine(program, seed, number), program=None)  # type: ignore[arg-type]

    def receive(self, program: Program, sent: Record) -> Record:
        return replace(sent, program=program)


@dataclass(frozen=True)
class Summed:
    """Keeps a summary, made of the parts of a record if the engine gives such."""

    engine: Engine
    pieces: Pieces | None
    summary = True

    def run(self, program: Program, seed: int, number: int) -> Any:
        return import_module(DIGEST).digest(program, number, self._parts(program, seed, number))

    def _parts(self, program: Program, seed: int, number: int) -> Iterator[Record]:
        if self.pieces is None:
            yield self.engine(program, seed, number)
        else:
            yield from self.pieces(program, seed, number, ROWS)

    def send(self, program: Program, seed: int, number: int) -> Any:
        return self.run(program, seed, number).arrays()

    def receive(self, program: Program, sent: Any) -> Any:
        return import_module(DIGEST).Digest.of_arrays(program, sent)

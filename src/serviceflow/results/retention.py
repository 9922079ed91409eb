"""What results keep of each replication: its record, or a summary of it.

A summary takes in the parts of a record as the engine makes them, so that the record is never in memory as a
whole; that of an engine which makes whole records only is summed up and dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any

from serviceflow.engine.kernel import scope
from serviceflow.engine.program.features import Feature
from serviceflow.errors import NotSupportedError, ServiceflowError, nearest
from serviceflow.experiment.keeping import Keeping, KeepRecords
from serviceflow.results.summary_record import Digest, digest
from serviceflow.theory.load import visit_rate

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.engine.runner import Runner

ROWS = 2**14
"""Visits of a part of a record, about."""
AT_ONCE = 2**20
"""Visits, as far as they are foreseen, up to which a record is made as a whole: some 100 MB."""
MANY_SERVICES = 1000
"""From so many on it takes longer to foresee the visits than it may save."""


def expected_visits(program: Program) -> float:
    """About how many visits a replication makes; infinite where it would take long to tell."""
    chain, ticks = program.chain, program.stop
    return inf if len(chain.services) >= MANY_SERVICES else visit_rate(chain) * ticks


class KeepingError(ServiceflowError, ValueError):
    """Something to keep that does not exist."""


class KeepSummaries:
    """Keeps a summary, made of the parts of a record if the engine makes such."""

    name = "summary"

    def in_pieces(self, program: Program) -> bool:
        """Whether a record may be too large for memory: whole ones are made and summed up faster."""
        return expected_visits(program) > AT_ONCE

    def check(self, program: Program) -> None:
        """Say what a summary cannot tell.

        Raises
        ------
        NotSupportedError
            Where behaviours, which may move staff, are to be summed up, or a figure needs the whole record.
        """
        if Feature.BEHAVIOURS in program.features:
            raise NotSupportedError("keep='summary' does not know behaviours: use keep='full' with them")
        if unknown := sorted(program.features - scope.SUPPORTED):
            raise NotSupportedError(f"keep='summary' does not know {', '.join(unknown)}: use keep='full'")
        Digest(program)

    def run(self, runner: Runner, seed: int, number: int) -> Digest:
        return digest(runner.program, number, runner.pieces(seed, number, ROWS))

    def begin(self, runner: Runner, seed: int, number: int) -> Callable[[], Digest]:
        if runner.in_pieces:
            found = self.run(runner, seed, number)
            return lambda: found
        finish = runner.begin(seed, number)
        return lambda: digest(runner.program, number, [finish()])

    def send(self, kept: Digest) -> Any:
        return kept.arrays()

    def receive(self, program: Program, sent: Any) -> Digest:
        return Digest.of_arrays(program, sent)


KINDS: dict[str, Keeping] = {keeping.name: keeping for keeping in (KeepRecords(), KeepSummaries())}


def retention(record: str) -> Keeping:
    """What is kept, by its name.

    Raises
    ------
    KeepingError
        Where there is no such kind.
    """
    if record not in KINDS:
        listed = " or ".join(map(repr, KINDS))
        raise KeepingError(f"keep={record!r} does not exist: use {listed}" + nearest(str(record), KINDS))
    return KINDS[record]

"""The first answer: the SimPy engine begins at once, and hands over when what is faster has been compiled.

All engines make the same record, so it does not matter which of them has run a replication. One that SimPy
has begun is begun anew if that is sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar, Protocol

from serviceflow.engine.kernel import background
from serviceflow.engine.reference.engine import Simpy
from serviceflow.engine.runner import Kept, Runner

if TYPE_CHECKING:
    from serviceflow.engine.record.record import Record
    from serviceflow.engine.reference.engine import Engine

ATTEMPTS = 3
"""How often compiling is begun again where it ended without success, before it is done here."""
LOADING = 1.0
"""Seconds that it takes to load what was compiled, about."""
FASTER = 30
"""How many times as fast as SimPy an engine is that is compiled, at least."""


class Abandoned(Exception):
    """A replication that another engine is to begin anew."""


class Compiler(Protocol):
    """Somebody who compiles."""

    def is_done(self) -> bool:
        """Whether it has been compiled, or there is no use in waiting for it."""


@dataclass
class BackgroundCompiler:
    """Has compiled what a runner needs, by a process of its own."""

    runner: Runner
    folder: Path
    attempts: int = 0
    given_up: bool = False

    def is_done(self) -> bool:
        """Whether it has been compiled, or there is no use in waiting for it."""
        if self.given_up or self.runner.is_ready():
            return True
        if not background.is_compiling(self.folder):
            self.begin()
        return self.given_up

    def begin(self) -> None:
        """Begin to compile, if that has not been tried in vain too often."""
        if self.runner.is_ready():  # It was done just now.
            return
        if self.attempts == ATTEMPTS:
            self.given_up = True
            return
        begun = background.begin(self.runner.recipe(), self.folder)
        self.attempts += begun != background.BUSY
        self.given_up = begun is None


@dataclass(frozen=True)
class FirstAnswer(Runner):
    """Runs on SimPy until what is faster has been compiled.

    Attributes
    ----------
    fast : Runner
        What is faster.
    compiler : Compiler
        Who compiles it.
    clock : callable
        Gives seconds.
    """

    fast: Runner
    compiler: Compiler
    clock: Callable[[], float] = field(default=perf_counter)
    name: ClassVar[str] = "auto"

    def prepare(self, done: Callable[[], object] = int) -> None:
        """Begin to compile."""
        self.compiler.is_done()

    def make(self, keep: Callable[[Runner], Kept]) -> tuple[str, Kept]:
        if self.compiler.is_done():
            return self.fast.make(keep)
        try:
            return Simpy(self.program, watch=self.watch()).make(keep)
        except Abandoned:
            return self.fast.make(keep)

    def run(self, seed: int, replication: int) -> Record:
        return self.make(lambda runner: runner.run(seed, replication))[1]

    def watch(self) -> Callable[[Engine], None]:
        """What SimPy calls now and then: it goes on unless another engine would be sooner."""
        begin = self.clock()

        def look(engine: Engine) -> None:
            if self.compiler.is_done() and is_sooner(self.clock() - begin, engine.share):
                raise Abandoned

        return look


def is_sooner(elapsed: float, share: float) -> bool:
    """Whether an engine that is faster would end sooner, if it began anew, than SimPy goes on.

    Parameters
    ----------
    elapsed : float
        Seconds since the replication has begun.
    share : float
        Which share of it is done.
    """
    if share <= 0.0:
        return True
    return elapsed * (1.0 - share) / share > LOADING + elapsed / share / FASTER

"""The compiled engine: the rules of a run as a Numba kernel over arrays, and the same record to the bit.

The rules are in :mod:`serviceflow.engine.kernel`, module by module as in the reference engine. Here is what
surrounds them: memory, its growth, and the record. The kernel comes back whenever a pool of rows is nearly
used up, and often enough that an interrupt is answered at once; nothing is lost by that, since all it
knows lies in its arrays. Where it finds that a rule is broken (a deadlock, a duration below 0), the reference
engine runs the same program again and says what and where.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, ClassVar

from serviceflow.engine.kernel import compile_cache
from serviceflow.engine.kernel.arena import PROGRAMS, Memory, packed
from serviceflow.engine.kernel.express_arena import Express, covers
from serviceflow.engine.kernel.streaming import Stream
from serviceflow.engine.program.lowering import ranked
from serviceflow.engine.random.draws import Draws
from serviceflow.engine.runner import Runner

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.engine.record.record import Record

KEPT_BYTES = 1 << 29
"""Memory of runs that is kept for the next ones, at most."""


def run(program: Program, seed: int, replication: int = 0) -> Record:
    """Run a program once; the record is that of the SimPy engine, to the last bit.

    Parameters
    ----------
    program : Program
        A lowered chain.
    seed, replication : int
        The key of every random number.

    Raises
    ------
    DeadlockError, RunError
        As the SimPy engine does.
    """
    return begin(program, seed, replication)()


def begin(program: Program, seed: int, replication: int) -> Callable[[], Record]:
    """Run a program once; gives what makes the record, which another thread may call."""
    Draws(seed, replication)  # Says what is wrong with a seed out of range.
    memory = memory_for(program)
    try:
        finish = memory.begin(seed, replication)
    except BaseException:
        keep(memory)
        raise
    return lambda: finished(memory, finish)


def finished(memory: Memory, finish: Callable[[], Record]) -> Record:
    """The record of a run, whose memory is free then."""
    try:
        return finish()
    finally:
        keep(memory)


def run_pieces(program: Program, seed: int, replication: int, rows: int) -> Iterator[Record]:
    """Run a program, and give its record in parts as it is made: memory does not grow with the run.

    Parameters
    ----------
    program : Program
        A lowered chain.
    seed, replication : int
        The key of every random number.
    rows : int
        Visits of a part, about.

    Yields
    ------
    Record
        Requests that are over with all that was called in their course, and all their visits; levels of
        stocks and outages up to then. The last part also has what is unfinished.
    """
    Draws(seed, replication)
    yield from Stream(program, rows).pieces(seed, replication)


def loop_for(program: Program) -> type[Memory]:
    """The loop of the kernel that makes the record of a program as a whole."""
    return Express if covers(program) else Memory


@dataclass(frozen=True)
class Compiled(Runner):
    """The compiled engine.

    Attributes
    ----------
    in_pieces : bool
        Whether records are wanted in pieces, for which other code is compiled.
    """

    in_pieces: bool = False
    overlaps: ClassVar[bool] = True
    name: ClassVar[str] = "compiled"

    def run(self, seed: int, replication: int) -> Record:
        return run(self.program, seed, replication)

    def begin(self, seed: int, replication: int) -> Callable[[], Record]:
        return begin(self.program, seed, replication)

    def pieces(self, seed: int, replication: int, rows: int) -> Iterator[Record]:
        """The record in parts, where that is what was prepared; else as a whole, which takes less time."""
        if self.in_pieces:
            return run_pieces(self.program, seed, replication, rows)
        return super().pieces(seed, replication, rows)

    @property
    def modules(self) -> set[str]:
        """The modules of the kernel that are needed."""
        loop = Stream if self.in_pieces else loop_for(self.program)
        return loop.groups(packed(ranked(self.program)))

    def is_ready(self) -> bool:
        return compile_cache.is_cached(self.modules)

    def steps(self) -> int:
        return len(compile_cache.missing(self.modules))

    def prepare(self, done: Callable[[], object] = int) -> None:
        compile_cache.load(self.modules, done)

    def recipe(self) -> str:
        return f"from {compile_cache.__name__} import load; load({sorted(self.modules)})"


_KEPT: list[Memory] = []
"""Memory that no run uses, the last used last."""
_HANDS_ON = Lock()
"""Held by the thread that takes memory, or gives it back."""


def memory_for(program: Program) -> Memory:
    """Memory for runs of a program: what another run has given back, or new."""
    with _HANDS_ON:
        for memory in _KEPT[::-1]:
            if memory.reader is program:
                _KEPT.remove(memory)
                return memory
    return loop_for(program)(program)


def keep(memory: Memory) -> None:
    """Give memory back that no run uses any more."""
    with _HANDS_ON:
        kept = [*_KEPT[1 - PROGRAMS :], memory]
        while kept and sum(one.bytes for one in kept) > KEPT_BYTES:
            kept.pop(0)
        _KEPT[:] = kept

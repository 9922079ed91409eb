"""The recursion: chains whose visits need only know who came before them, without a list of events.

Where services are first come, first served, without loops, and nothing but the visits themselves decides
when staff are free, the visits of one service follow from the order in which they arrive: with one unit by
Lindley's recursion (*Math. Proc. Cambridge Phil. Soc.* 48, 1952, 277-289), with several by that of Kiefer and
Wolfowitz (*Trans. AMS* 78, 1955, 1-18), and a join waits for the latest of its branches. So one service is
worked through after another, for all requests; the record is that of the other engines, to the last bit.

``routes`` says which programs are covered, ``asking`` when requests are asked, ``graph`` which way they go,
``flow`` what happens to them, ``table`` writes the record. What is compiled is in ``drawing``, ``walking``,
``serving`` and ``passing``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from serviceflow.engine.program.lowering import ranked
from serviceflow.engine.record.numbering import read
from serviceflow.engine.recursion.routes import routes_of
from serviceflow.engine.runner import Runner

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.engine.record.record import Record


def applies(program: Program) -> bool:
    """Whether the recursion covers a program."""
    return routes_of(program) is not None


MANY = 200
"""Services from which on the recursion is not faster than following events."""


def is_faster(program: Program) -> bool:
    """Whether the recursion, where it applies, is faster than the compiled engine.

    It works through one service after another. Of many services each has few of a request's visits: what is
    known of them lies far apart in memory, while the compiled engine has it close by.
    """
    return len(program.services) < MANY


def run(program: Program, seed: int, replication: int = 0) -> Record:
    """Run a program once; the record is that of the SimPy engine, to the last bit.

    Parameters
    ----------
    program : Program
        A lowered chain, one to which the recursion applies.
    seed, replication : int
        The key of every random number.

    Raises
    ------
    NotSupportedError
        If it does not apply.
    RunError
        As the SimPy engine does.
    """
    from serviceflow.engine.recursion.running import run as run_once

    return read(run_once(ranked(program), seed, replication), program)


@dataclass(frozen=True)
class Recursion(Runner):
    """The recursion, for programs to which it applies."""

    name: ClassVar[str] = "recursion"

    def run(self, seed: int, replication: int) -> Record:
        return run(self.program, seed, replication)

    def is_ready(self) -> bool:
        return bool(_compiling().is_ready())

    def steps(self) -> int:
        return len(_compiling().SIGNATURES)

    def prepare(self, done: Callable[[], object] = int) -> None:
        _compiling().prepare(done)

    def recipe(self) -> str:
        return f"from {_compiling().__name__} import prepare; prepare()"


def _compiling() -> Any:
    """What is compiled, imported only when it is needed."""
    from serviceflow.engine.recursion import compiling

    return compiling


__all__ = ["Recursion", "applies", "is_faster", "run"]

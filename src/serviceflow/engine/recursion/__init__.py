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
from typing import TYPE_CHECKING

from serviceflow.engine.recursion.routes import routes_of

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


def is_ready(program: Program, in_parts: bool = False) -> bool:
    """Whether nothing would have to be compiled."""
    from serviceflow.engine.recursion import compiling

    return compiling.is_ready()


def steps(program: Program, in_parts: bool = False) -> int:
    """How many functions are to be compiled or loaded."""
    from serviceflow.engine.recursion import compiling

    return len(compiling.SIGNATURES)


def prepare(program: Program, done: Callable[[], object] = int, in_parts: bool = False) -> None:
    """Compile or load what a run needs; `done` is called after each of :func:`steps`."""
    from serviceflow.engine.recursion import compiling

    compiling.prepare(done)


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

    return run_once(program, seed, replication)


__all__ = ["applies", "is_faster", "is_ready", "prepare", "run", "steps"]

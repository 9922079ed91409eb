"""The choice among the engines, in one place: it gives a runner for a program.

Each engine is imported when it is first asked for, since two of them need a compiler.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from serviceflow.engine.kernel import background, scope
from serviceflow.engine.program.features import Feature
from serviceflow.errors import NotSupportedError, ServiceflowError, nearest
from serviceflow.experiment.progress import progress_bar

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.engine.reference.behaviours import Behaviours
    from serviceflow.engine.runner import Runner

AUTO, SIMPY, COMPILED, RECURSION = "auto", "simpy", "compiled", "recursion"
ENGINES = (AUTO, SIMPY, COMPILED, RECURSION)

SHORT = 60_000
"""Visits that the SimPy engine makes in less time than the compiled engine takes to be compiled."""


class EngineError(ServiceflowError, ValueError):
    """An engine that does not exist."""


def no_compiler() -> str:
    """Why nothing can be compiled here, as in a browser; empty where it can."""
    try:
        import_module("numba")
    except ImportError as error:
        return str(error)
    return ""


def check_engine(name: str, behaviours: bool = False) -> None:
    """Complain about a name that is no engine's.

    Raises
    ------
    EngineError
        Where there is no such engine.
    NotSupportedError
        Where the engine cannot run what is asked for.
    """
    if name not in ENGINES:
        listed = ", ".join(map(repr, ENGINES[:-1])) + f" or {ENGINES[-1]!r}"
        raise EngineError(f"engine={name!r} does not exist: use {listed}" + nearest(name, ENGINES))
    if behaviours and name not in (AUTO, SIMPY):
        raise NotSupportedError(
            f"engine={name!r} does not run behaviours, which are written in Python: use 'auto' or 'simpy'"
        )
    if name in (COMPILED, RECURSION) and (reason := no_compiler()):
        raise NotSupportedError(
            f"engine={name!r} needs numba, which cannot be imported here ({reason}): "
            "pip install 'numba>=0.60', or use 'auto' or 'simpy', which make the same record"
        )


def choose_engine(
    name: str,
    program: Program,
    seed: int,
    replications: int = 1,
    behaviours: Behaviours | None = None,
    in_pieces: bool = False,
) -> Runner:
    """What runs a program: the engine of this name, or for ``"auto"`` the one that suits best.

    That is the recursion where it covers the chain and is faster, else the compiled engine, else SimPy. While
    what the fastest needs has not been compiled on this machine yet, it is another one that has, or SimPy
    until a process in the background has compiled it. All make the same record.

    Parameters
    ----------
    name : str
        What was asked for.
    program : Program
        What is to be run.
    seed, replications : int
        How it is to be run.
    behaviours : Behaviours, optional
        Rules written in Python, which SimPy runs.
    in_pieces : bool
        Whether records are wanted in pieces, which the recursion does not make.

    Raises
    ------
    EngineError
        Where there is no such engine.
    NotSupportedError
        Where the engine does not support the program.
    """
    check_engine(name, Feature.BEHAVIOURS in program.features)
    if name == SIMPY:
        return _simpy(program, behaviours)
    if name == COMPILED:
        scope.check(program)
        return _compiled(program, in_pieces)
    if name == RECURSION:
        return _recursion(program)
    fast = _fast(program, in_pieces)
    if not fast:
        return _simpy(program, behaviours)
    ready = [runner for runner in fast if runner.is_ready()]
    return ready[0] if ready else _first(fast[0], seed, replications)


def _simpy(program: Program, behaviours: Behaviours | None = None) -> Runner:
    from serviceflow.engine.reference.engine import Simpy

    return Simpy(program, behaviours)


def _compiled(program: Program, in_pieces: bool) -> Runner:
    from serviceflow.engine.kernel.engine import Compiled

    return Compiled(program, in_pieces)


def _recursion(program: Program) -> Runner:
    from serviceflow.engine import recursion

    if not recursion.applies(program):
        raise NotSupportedError(f"engine={RECURSION!r} does not cover this chain: use 'auto' or 'compiled'")
    return recursion.Recursion(program)


def _fast(program: Program, in_pieces: bool) -> list[Runner]:
    """The engines that are compiled and support a program, the fastest first."""
    from serviceflow.engine import recursion

    if not scope.covers(program) or no_compiler():
        return []
    found = [_compiled(program, in_pieces)]
    if not in_pieces and recursion.applies(program):
        found.insert(0 if recursion.is_faster(program) else 1, _recursion(program))
    return found


def _first(fast: Runner, seed: int, replications: int) -> Runner:
    """What runs while nothing has been compiled: SimPy at first, or for all that is short."""
    from serviceflow.engine.kernel.compile_cache import cache_folder
    from serviceflow.engine.reference.engine import is_short
    from serviceflow.experiment.first_answer import BackgroundCompiler, FirstAnswer

    folder = cache_folder()
    if folder is not None and background.is_possible():
        return FirstAnswer(fast.program, fast, BackgroundCompiler(fast, folder))
    return _simpy(fast.program) if is_short(fast.program, seed, SHORT // replications) else fast


def prepare(runner: Runner, progress: bool | None = None) -> None:
    """Compile what a runner needs, if that is not done yet, and show that it is."""
    title = "loading" if runner.is_ready() else "compiling, once"
    with progress_bar(runner.steps(), title, progress) as bar:
        runner.prepare(bar.update)

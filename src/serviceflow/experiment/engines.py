"""The engines by name, each imported when it is first asked for, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from serviceflow.engine.record.record import Record
from serviceflow.errors import NotSupportedError, ServiceflowError, nearest
from serviceflow.experiment.progress import progress_bar

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

Engine = Callable[..., Record]
"""``run(program, seed, replication) -> Record``."""

AUTO, SIMPY, COMPILED, RECURSION = "auto", "simpy", "compiled", "recursion"

MODULES = {
    SIMPY: "serviceflow.engine.reference.engine",
    COMPILED: "serviceflow.engine.kernel.engine",
    RECURSION: "serviceflow.engine.recursion",
}
"""Where each engine's ``run`` is."""

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
    options = (AUTO, *MODULES)
    if name not in options:
        listed = ", ".join(map(repr, options[:-1])) + f" or {options[-1]!r}"
        raise EngineError(f"engine={name!r} does not exist: use {listed}" + nearest(name, options))
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
    behaviours: bool = False,
    in_parts: bool = False,
) -> str:
    """The name of the engine that runs: `name` itself, or for ``"auto"`` the one that suits best.

    That is the recursion where it covers the chain and is faster, else the compiled engine; while what it
    needs has not been compiled on this machine yet, one that has, or the SimPy engine for work that it does
    sooner.
    Behaviours written in Python always run on the SimPy engine, and so does everything where Numba is not
    installed. All make the same record.

    Parameters
    ----------
    name : str
        What was asked for.
    program : Program
        What is to be run.
    seed, replications : int
        How it is to be run.
    behaviours : bool
        Whether there are rules written in Python.
    in_parts : bool
        Whether the record is wanted in parts, which the recursion does not give.

    Raises
    ------
    EngineError
        Where there is no such engine.
    NotSupportedError
        Where the engine cannot run what is asked for.
    """
    check_engine(name, behaviours)
    covered = name in (AUTO, RECURSION) and not behaviours and engine_module(RECURSION).applies(program)
    if name == RECURSION and not covered:
        raise NotSupportedError(f"engine={RECURSION!r} does not cover this chain: use 'auto' or 'compiled'")
    if name != AUTO:
        return name
    if behaviours or no_compiler():
        return SIMPY
    fast = [COMPILED]
    if covered and not in_parts:
        fast.insert(0 if engine_module(RECURSION).is_faster(program) else 1, RECURSION)
    ready = [engine for engine in fast if engine_module(engine).is_ready(program, in_parts)]
    if ready:
        return ready[0]
    short = engine_module(SIMPY).is_short(program, seed, SHORT // replications)
    return SIMPY if short else fast[0]


def engine_module(name: str) -> Any:
    """The module of the engine of this name."""
    return import_module(MODULES[name])


def load_engine(name: str) -> Engine:
    """The ``run`` of the engine of this name."""
    run: Engine = engine_module(name).run
    return run


def prepare_engine(name: str, program: Program, progress: bool | None = None, in_parts: bool = False) -> None:
    """Compile what a program (or its record in parts) needs, if that is not done yet, and show that it is."""
    module = engine_module(name)
    if not hasattr(module, "prepare"):
        return
    title = "loading" if module.is_ready(program, in_parts) else "compiling, once"
    with progress_bar(module.steps(program, in_parts), title, progress) as bar:
        module.prepare(program, bar.update, in_parts)

"""The engines by name, each imported when it is first asked for, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from serviceflow.engine.record import Record
from serviceflow.errors import NotSupportedError, ServiceflowError, nearest
from serviceflow.experiment.progress import progress_bar

if TYPE_CHECKING:
    from serviceflow.engine.program import Program

Engine = Callable[..., Record]
"""``run(program, seed, replication) -> Record``."""

AUTO, SIMPY, COMPILED = "auto", "simpy", "compiled"

MODULES = {
    SIMPY: "serviceflow.engine.simpy_engine",
    COMPILED: "serviceflow.engine.compiled",
}
"""Where each engine's ``run`` is."""

SHORT = 60_000
"""Visits that the SimPy engine makes in less time than the compiled engine takes to be compiled."""


class EngineError(ServiceflowError, ValueError):
    """An engine that does not exist."""


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


def choose_engine(
    name: str, program: Program, seed: int, replications: int = 1, behaviours: bool = False
) -> str:
    """The name of the engine that runs: `name` itself, or for ``"auto"`` the one that suits best.

    That is the compiled engine; while it has not been compiled on this machine yet, the SimPy engine for
    work that it does sooner; and always the SimPy engine for behaviours written in Python. All make
    the same record.

    Raises
    ------
    EngineError
        Where there is no such engine.
    NotSupportedError
        Where the engine cannot run what is asked for.
    """
    check_engine(name, behaviours)
    if name != AUTO:
        return name
    if behaviours:
        return SIMPY
    if import_module(MODULES[COMPILED]).is_ready(program):
        return COMPILED
    short = import_module(MODULES[SIMPY]).is_short(program, seed, SHORT // replications)
    return SIMPY if short else COMPILED


def load_engine(name: str) -> Engine:
    """The ``run`` of the engine of this name."""
    run: Engine = import_module(MODULES[name]).run
    return run


def prepare_engine(name: str, program: Program, progress: bool | None = None) -> None:
    """Compile what a program needs, where that is not done yet, and show that it is."""
    module: Any = import_module(MODULES[name])
    if not hasattr(module, "prepare"):
        return
    title = "loading" if module.is_ready(program) else "compiling, once"
    with progress_bar(module.steps(program), title, progress) as bar:
        module.prepare(program, bar.update)

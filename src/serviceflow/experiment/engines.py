"""The engines by name, each imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from serviceflow.engine.record import Record
from serviceflow.errors import NotSupportedError, ServiceflowError, nearest

Engine = Callable[..., Record]
"""``run(program, seed, replication) -> Record``."""

MODULES = {"simpy": "serviceflow.engine.simpy_engine"}
"""Where each engine's ``run`` is."""

PLANNED = ("compiled",)


class EngineError(ServiceflowError, ValueError):
    """An engine that does not exist."""


def choose_engine(name: str = "auto", behaviours: bool = False) -> str:
    """The name of the engine that runs: `name` itself, or for ``"auto"`` the one that suits best.

    Behaviours written in Python run on the SimPy engine.

    Raises
    ------
    NotSupportedError
        Where the engine is planned, but not there yet.
    EngineError
        Where there is no such engine.
    """
    if name == "auto":
        return "simpy"
    if name in MODULES:
        return name
    if name in PLANNED:
        raise NotSupportedError(f"engine={name!r} is not supported yet: use 'auto' or 'simpy'")
    options = ("auto", *MODULES)
    raise EngineError(
        f"engine={name!r} does not exist: use {' or '.join(map(repr, options))}" + nearest(name, options)
    )


def load_engine(name: str) -> Engine:
    """The ``run`` of the engine of this name."""
    run: Engine = import_module(MODULES[name]).run
    return run

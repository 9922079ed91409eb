"""The loops, compiled, or taken from the folder where compiled code is kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from serviceflow.engine.kernel import compile_cache
from serviceflow.engine.kernel.background import bound_life
from serviceflow.engine.recursion import drawing, passing, walking
from serviceflow.engine.recursion.calling import (
    CODES,
    DRAW,
    GRAPH,
    INTS,
    KEYS,
    PLAN,
    REALS,
    SAMPLER,
    WHO,
    WORDS,
)

SIGNATURES = {
    "asked_exponentially": f"int64({KEYS}, float64, int64, int64, int64, {INTS})",
    "asked_by_samples": f"int64({KEYS}, {SAMPLER}, {REALS}, int64, int64, int64, {INTS})",
    "samples": f"void({KEYS}, {SAMPLER}, {REALS}, {REALS})",
    "walk": f"int64(uint64, uint64, {INTS}, {WORDS}, {INTS}, {GRAPH}, UniTuple({INTS}, 8))",
    "order_visits": f"void({INTS}, {INTS}, {INTS}, {INTS}, int64, {INTS})",
    "draw_ticks": DRAW,
    "pass_all": (
        f"float64(int64, UniTuple(uint64, 2), {CODES}, {PLAN}, {WHO}, UniTuple({INTS}, 3),"
        f" UniTuple({INTS}, 6), UniTuple({INTS}, 10), UniTuple({INTS}, 11))"
    ),
}
"""The types of every loop."""

OPTIONS = {"error_model": "numpy", "nogil": True}
COMPLETE = "complete"
SOURCES = ("calling", "compiling", "drawing", "passing", "serving", "walking")


def cache_folder() -> Path | None:
    """The folder for these loops, within that of the kernel, with which they share the draws."""
    folder = compile_cache.cache_folder()
    if folder is None:
        return None
    here = Path(__file__).parent
    sources = b"".join((here / f"{name}.py").read_bytes() for name in SOURCES)
    known = blake2b(sources, digest_size=10)
    return folder / f"recursion-{known.hexdigest()}"


class Loops:
    """The loops by name, each compiled when it is first asked for."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in SIGNATURES:
            raise AttributeError(name)
        with compile_cache.cached_in(cache_folder()) as cached:
            found: Callable[..., Any] = compile_cache.jitted(
                _function(name), SIGNATURES[name], cached, OPTIONS
            )
        setattr(self, name, found)
        return found


def _function(name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = next(
        vars(module)[name] for module in (drawing, walking, passing) if name in vars(module)
    )
    return found


@cache
def address_of(function: Any) -> int:
    """Where a compiled loop lies, to be called by another one."""
    (compiled,) = function.overloads.values()
    found: int = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
    return found


def is_ready() -> bool:
    """Whether nothing would have to be compiled."""
    folder = cache_folder()
    loaded = vars(LOOPS).keys() >= set(SIGNATURES)
    return loaded or (folder is not None and (folder / COMPLETE).exists())


def prepare(done: Callable[[], object] = int) -> None:
    """Compile loops, or take them from the cache; `done` is called after each."""
    folder = cache_folder()
    with _helped(folder):
        getattr(LOOPS, SLOWEST)
    for name in SIGNATURES:
        getattr(LOOPS, name)
        done()
    if folder is not None and folder.exists():
        (folder / COMPLETE).touch()


SLOWEST = "pass_all"
"""The loop that takes half of the time to be compiled."""


@contextmanager
def _helped(folder: Path | None) -> Iterator[None]:
    """Let another process compile the other loops into the cache meanwhile.

    What it does not finish is compiled here.
    """
    alone = folder is None or not sys.executable or (os.cpu_count() or 1) < 2
    if alone or is_ready():
        yield
        return
    other = compile_cache.in_another_process(
        f"from {__name__} import compile_others; compile_others({str(folder)!r})"
    )
    try:
        yield
        other.wait()
    finally:
        other.kill()
        other.wait()


def compile_others(folder: str) -> None:
    """Compile all loops but the slowest into the cache."""
    bound_life()
    if str(cache_folder()) == folder:
        for name in SIGNATURES:
            if name != SLOWEST:
                getattr(LOOPS, name)


LOOPS = Loops()

"""The loops, compiled, or taken from the folder where compiled code is kept."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numba

from serviceflow.engine.kernel import loading
from serviceflow.engine.recursion import loops

INTS = "int64[::1]"
WORDS = "uint64[::1]"
REALS = "float64[::1]"
KEYS = "uint64, uint64, uint64"
WHO = f"Tuple(({INTS}, {INTS}, {WORDS}, {INTS}, {WORDS}, {INTS}))"
SAMPLER = "Tuple((int64, float64, float64, float64, float64))"
COLUMNS = f"UniTuple({INTS}, 5)"
STREAM = f"{INTS}, {INTS}"
GRAPH = (
    f"Tuple(({INTS}, {INTS}, boolean[::1], {WORDS}, {INTS}, {INTS}, {REALS}, boolean[::1], int64[:, ::1],"
    " int64[:, ::1]))"
)

OPTIONS = {"error_model": "numpy", "nogil": True}

SIGNATURES = {
    "exponentials": f"void({KEYS}, float64, int64, {INTS}, int64, {WHO}, {INTS})",
    "samples": f"void({KEYS}, {SAMPLER}, {REALS}, {INTS}, {WHO}, {REALS})",
    "asked_exponentially": f"int64({KEYS}, float64, int64, int64, int64, {INTS})",
    "asked_by_samples": f"int64({KEYS}, {SAMPLER}, {REALS}, int64, int64, int64, float64, {INTS})",
    "serve_one": f"void({STREAM}, {INTS}, {COLUMNS}, int64, {STREAM})",
    "serve_at_once": f"void({STREAM}, {INTS}, {COLUMNS}, int64, {STREAM})",
    "serve_few": f"void({STREAM}, {INTS}, int64, {COLUMNS}, int64, {STREAM})",
    "serve_many": f"void({STREAM}, {INTS}, int64, {COLUMNS}, int64, {STREAM})",
    "end_requests": f"void({STREAM}, {INTS}, {INTS})",
    "put": f"void({STREAM}, {INTS})",
    "leave_by": f"int64({STREAM}, {INTS}, int64, {STREAM})",
    "sort_stream": f"boolean({STREAM}, {STREAM})",
    "walk": f"int64(uint64, uint64, {INTS}, {WORDS}, {INTS}, {GRAPH}, UniTuple({INTS}, 8))",
    "order_visits": f"void({INTS}, {INTS}, {INTS}, {INTS}, int64, {INTS})",
}
"""The types of every loop."""


def cache_folder() -> Path | None:
    """The folder for these loops, within that of the kernel, with which they share the draws."""
    folder = loading.cache_folder()
    if folder is None:
        return None
    here = Path(__file__).parent
    sources = (here / name for name in ("compiling.py", "loops.py", "wide.py"))
    known = blake2b(b"".join(source.read_bytes() for source in sources), digest_size=10)
    return folder / f"recursion-{known.hexdigest()}"


class Loops:
    """The loops by name, each compiled when it is first asked for."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in SIGNATURES:
            raise AttributeError(name)
        with loading._cached_in(cache_folder()) as cached:
            found = _compiled(getattr(loops, name), SIGNATURES[name], cached)
        setattr(self, name, found)
        return found


def _compiled(function: Callable[..., Any], signature: str, cached: bool) -> Callable[..., Any]:
    compiler: Any = numba.njit
    try:
        compiled: Callable[..., Any] = compiler(signature, cache=cached, **OPTIONS)(function)
    except (RuntimeError, OSError):
        if not cached:
            raise
        compiled = compiler(signature, **OPTIONS)(function)
    return compiled


LOOPS = Loops()

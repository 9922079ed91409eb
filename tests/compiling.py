"""The whole kernel compiled once, however many processes need it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serviceflow.engine.kernel import compile_cache
from serviceflow.engine.recursion import compiling


def compile_all() -> None:
    """Compile what is not in the cache yet, while other processes that want the same wait."""
    folder = compile_cache.cache_folder()
    if folder is None:
        return
    with locked(folder / "tests.lock"):
        groups = {unit.group for unit in compile_cache.units()}
        if not compile_cache.is_cached(groups):
            compile_cache.load(groups)
        if not compiling.is_ready():
            compiling.prepare()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that other processes wait for; the system gives it back if this process ends."""
    try:
        import fcntl
    except ImportError:  # On Windows each process compiles for itself.
        yield
        return
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

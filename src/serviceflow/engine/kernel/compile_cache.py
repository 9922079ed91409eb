"""Compiling the kernel's units, and keeping what was compiled on disk.

Compiled code lies in a folder named after everything that it depends on: the kernel's sources and where they
are, those of the scalar functions, the versions of Numba and NumPy, and the compiler's settings. Where no
folder can be written, the code is compiled anew in each process.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from threading import RLock
from typing import Any

import numba
import numpy as np
from numba.core import config
from numpy.typing import NDArray

from serviceflow.engine.kernel.background import bound_life
from serviceflow.engine.kernel.memory import OPTIONS, REGISTRY, Unit

HERE = Path(__file__).parent
ENGINE = HERE.parent
FOLDER = "serviceflow-kernel-"
ALWAYS = (
    "draw_cache",
    "arrivals",
    "events",
    "flow",
    "follow_ups",
    "loop",
    "pauses",
    "queues",
    "requests",
    "schedules",
    "dispatching",
    "meeting",
    "providers",
    "handoffs",
    "evaluation",
    "sampling",
)
"""Modules of the kernel that every chain needs that is not run by the express loop."""
EXPRESS = ("draw_cache", "express", "rings", "sampling", "schedules", "tournament", "trips")
"""Modules that the express loop needs."""


_SCALARS = (
    "random/elementary",
    "random/jit",
    "random/parameters",
    "random/philox",
    "random/samplers",
    "program/bytecode",
    "program/codes",
    "reference/evaluation",
)


SURROUNDINGS = ("arena", "background", "engine", "express_arena", "packer", "streaming")
"""Modules of the kernel that are Python: none that is compiled depends on them."""


def _fingerprint() -> str:
    """A name for all that compiled code depends on."""
    sources = [source for source in sorted(HERE.glob("*.py")) if source.stem not in SURROUNDINGS]
    sources += [ENGINE / f"{name}.py" for name in _SCALARS]
    known = blake2b(digest_size=10)
    for source in sources:
        known.update(source.read_bytes())
    known.update(str(HERE).encode())  # By which Numba keeps code: that of another installation is not found.
    settings = (numba.__version__, np.__version__, sys.version, config.BOUNDSCHECK, config.OPT.__repr__())
    known.update(repr((*settings, config.CPU_NAME, config.CPU_FEATURES)).encode())
    return known.hexdigest()


FINGERPRINT = _fingerprint()
"""That of the sources as they were when they were imported."""


def cache_roots() -> Iterator[Path]:
    """Folders in which compiled code may be kept, the best first."""
    given = os.environ.get("SERVICEFLOW_CACHE_DIR")
    if given is not None:
        if given:
            yield Path(given)
        return
    yield HERE / "__pycache__"
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    if os.path.isabs(home):
        yield Path(home) / "serviceflow"


def cache_folder() -> Path | None:
    """The folder for this version of the kernel; None if nothing can be written."""
    name = FOLDER + FINGERPRINT
    for root in cache_roots():
        try:
            (root / name).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=root / name):
                pass
        except OSError:
            continue
        return root / name
    return None


def is_cached(groups: Iterable[str]) -> bool:
    """Whether nothing would have to be compiled for these modules."""
    wanted = {unit.group for unit in missing(groups)}
    if not wanted:
        return True
    folder = cache_folder()
    return folder is not None and all((folder / f"{group}.complete").exists() for group in wanted)


FORGOTTEN = 30 * 24 * 3600
"""Seconds after which compiled code that nobody has used is removed."""


def clear_older(folder: Path) -> None:
    """Note that a folder is used, and remove those of other versions that nobody has used for long."""
    os.utime(folder)
    for other in folder.parent.glob(FOLDER + "*"):
        if other != folder and other.stat().st_mtime < time.time() - FORGOTTEN:
            shutil.rmtree(other, ignore_errors=True)


_ADDRESSES: dict[int, int] = {}
"""Where each unit that is loaded lies."""
_KEPT: list[Any] = []


@contextmanager
def cached_in(folder: Path | None) -> Iterator[bool]:
    """Let Numba keep what it compiles in a folder."""
    before = config.CACHE_DIR
    if folder is not None:
        config.CACHE_DIR = str(folder)
    try:
        yield folder is not None
    finally:
        config.CACHE_DIR = before


_ONE_AT_A_TIME = RLock()
"""Held by the thread that compiles."""


def units() -> list[Unit]:
    """Every unit, each with its place in the table: by name, whatever was imported first."""
    with _ONE_AT_A_TIME:
        if not REGISTRY or REGISTRY[-1].place < 0:
            import serviceflow.engine.kernel.entry  # noqa: F401  All are known then.

            REGISTRY.sort(key=lambda unit: (unit.group, unit.function.__name__))
            for place, unit in enumerate(REGISTRY):
                unit.place = place
    return REGISTRY


def missing(groups: Iterable[str]) -> list[Unit]:
    """The units of some modules that are not loaded yet."""
    chosen = set(groups)
    return [unit for unit in units() if unit.group in chosen and unit.place not in _ADDRESSES]


def load(groups: Iterable[str], done: Callable[[], object] = int) -> NDArray[np.int64]:
    """The table of addresses of the units, those of some modules loaded.

    Parameters
    ----------
    groups : iterable of str
        Names of modules.
    done : callable
        Called after each unit that was compiled, or taken from the cache.
    """
    with _ONE_AT_A_TIME:
        _load(groups, done)
        table = np.zeros(len(units()), dtype=np.int64)
        for place, address in _ADDRESSES.items():
            table[place] = address
        return table


def _load(groups: Iterable[str], done: Callable[[], object]) -> None:
    wanted = missing(groups)
    if wanted:
        folder = cache_folder()
        with _helped(groups, folder) as shares:
            _take(wanted[::shares] if shares > 1 else [], folder, done)
        _take([unit for unit in wanted if unit.place not in _ADDRESSES], folder, done)
        if folder is not None:
            for name in _SIGNATURES:
                entry_point(name)
            for group in {unit.group for unit in wanted}:
                (folder / f"{group}.complete").touch()
            with suppress(OSError):
                clear_older(folder)


def _take(units: Iterable[Unit], folder: Path | None, done: Callable[[], object]) -> None:
    with cached_in(folder) as cached:
        for unit in units:
            _ADDRESSES[unit.place] = _compiled(unit, cached)
            done()


# -- many hands


MOST_SHARES = 4
"""Processes that compile at once; each must first learn the small functions that all use."""


@contextmanager
def _helped(groups: Iterable[str], folder: Path | None) -> Iterator[int]:
    """Let other processes compile their shares into the cache meanwhile; gives the number of shares.

    What they do not finish is compiled here.
    """
    shares = min(MOST_SHARES, os.cpu_count() or 1)
    if folder is None or not sys.executable or is_cached(groups):
        shares = 1
    others = [_helper(share, shares, sorted(groups), str(folder)) for share in range(1, shares)]
    try:
        yield shares
        for other in others:
            other.wait()
    finally:
        for other in others:
            other.kill()
            other.wait()


def _helper(share: int, shares: int, groups: list[str], folder: str) -> subprocess.Popen[bytes]:
    return in_another_process(
        f"from {__name__} import compile_share; compile_share({share}, {shares}, {groups}, {folder!r})"
    )


def in_another_process(text: str) -> subprocess.Popen[bytes]:
    """Let another process run some Python."""
    nowhere = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-c", text], stdin=nowhere, stdout=nowhere, stderr=nowhere)


def compile_share(share: int, shares: int, groups: list[str], folder: str) -> None:
    """Compile one of several shares into the cache."""
    bound_life()
    if Path(folder).name == FOLDER + FINGERPRINT:
        _take(missing(groups)[share::shares], Path(folder), int)


def _compiled(unit: Unit, cached: bool) -> int:
    """Compile a unit, or take it from the cache; gives its address."""
    function = jitted(unit.function, unit.result(*unit.arguments), cached, OPTIONS)
    _KEPT.append(function)
    (compiled,) = function.overloads.values()
    address: int = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
    return address


def jitted(function: Any, signature: Any, cached: bool, options: dict[str, Any]) -> Any:
    """Compile a function, with the cache if that works."""
    try:
        return numba.njit(signature, cache=cached, **options)(function)
    except (RuntimeError, OSError):
        if not cached:
            raise
        return numba.njit(signature, **options)(function)


_ENTRIES: dict[str, Any] = {}
_SIGNATURES = {
    "enter": "int64(int64, int64, int64)",
    "arrange": "void(int64[:, ::1], int64, int64[::1], int64, int64, int64[::1], int64[::1], int64[:, ::1])",
    "turn": "void(int64[:, ::1], int64, int64[::1], int64[:, ::1])",
    "place": "void(int64[::1], int64[::1], int64[::1], int64[::1])",
    "pick": "void(int64[:, ::1], int64[::1], int64, int64[:, ::1])",
}
_OPTIONS = {"error_model": "numpy", "nogil": True}


def entry_point(name: str) -> Any:
    """A function of ``entry``, compiled: to enter the kernel, or to arrange what comes out of it."""
    if name in _ENTRIES:
        return _ENTRIES[name]
    from serviceflow.engine.kernel import entry

    with _ONE_AT_A_TIME, cached_in(cache_folder()) as cached:
        if name not in _ENTRIES:
            _ENTRIES[name] = jitted(getattr(entry, name), _SIGNATURES[name], cached, _OPTIONS)
    return _ENTRIES[name]

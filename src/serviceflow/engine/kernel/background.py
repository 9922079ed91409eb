"""Compiling in a process of its own, which goes on when whoever asked for it has ended.

One process compiles for a cache folder at a time: it holds a lock that the system gives back when it ends,
however it ends. It lets others go first, has a bounded life, and prints nothing. Nothing here imports Numba.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

try:
    import fcntl
except ImportError:  # As on Windows and in a browser.
    fcntl = None  # type: ignore[assignment]

SWITCH = "SERVICEFLOW_BACKGROUND"
"""Set to 0, nothing is compiled in the background."""
LIFE = 900
"""Seconds after which a process that compiles ends, done or not."""
BEGINNING = 60
"""Seconds in which a process has to begin."""
NICE = 5
LOCK = "compiling.lock"

STARTED, BUSY = 0, 3
"""How a process that was to begin has ended: another compiles on, or another compiled already."""


def is_possible() -> bool:
    """Whether a process can go on by itself here."""
    wanted = os.environ.get(SWITCH) != "0"
    return wanted and fcntl is not None and hasattr(os, "fork") and bool(sys.executable)


def begin(recipe: str, folder: Path) -> int | None:
    """Let a process of its own run a piece of Python that compiles into a folder.

    Returns
    -------
    int or None
        STARTED, or BUSY where another process compiles into the folder; None where none can be made.
    """
    text = f"from {__name__} import detach; detach({str(folder)!r})\n{recipe}"
    nowhere = subprocess.DEVNULL
    try:
        done = subprocess.run(
            [sys.executable, "-c", text],
            stdin=nowhere,
            stdout=nowhere,
            stderr=nowhere,
            start_new_session=True,
            timeout=BEGINNING,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.returncode if done.returncode in (STARTED, BUSY) else None


def detach(folder: str) -> None:
    """Go on in a child of nobody, which holds the folder's lock; end here where another holds it."""
    lock = _locked(Path(folder))
    if lock is None:
        os._exit(BUSY)
    if os.fork():
        os._exit(STARTED)
    os.nice(NICE)
    bound_life()


def bound_life() -> None:
    """Let the system end this process after a while, whatever it does then."""
    if hasattr(signal, "alarm"):
        signal.alarm(LIFE)


def is_compiling(folder: Path) -> bool:
    """Whether a process compiles into a folder."""
    lock = _locked(folder)
    if lock is None:
        return True
    os.close(lock)
    return False


def _locked(folder: Path) -> int | None:
    """The lock of a folder, until it is closed or this process and its children end; None if it is taken."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock

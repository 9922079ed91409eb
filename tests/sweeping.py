"""The command of a sweep over random chains: which ones, and with which engines."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import NoReturn


def sweep_command(told: str, sweep: Callable[[int, int, bool], bool]) -> NoReturn:
    """Read which chains a sweep is to try, with both engines or one, and exit with 1 where any is wrong."""
    parser = argparse.ArgumentParser(description=told.splitlines()[0])
    parser.add_argument("first", type=int)
    parser.add_argument("end", type=int)
    parser.add_argument("--without-kernel", action="store_true", help="run only the SimPy engine")
    given = parser.parse_args()
    sys.exit(0 if sweep(given.first, given.end, not given.without_kernel) else 1)

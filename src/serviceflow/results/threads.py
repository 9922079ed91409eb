"""The same work on many records at once: compiled code and NumPy let other threads run."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

One = TypeVar("One")
Done = TypeVar("Done")

MOST = 8
"""Threads at once: each holds columns of a record while it works."""


def in_threads(work: Callable[[One], Done], items: Sequence[One]) -> list[Done]:
    """What comes of each item, in their order."""
    threads = min(len(items), os.cpu_count() or 1, MOST)
    if threads < 2:
        return [work(one) for one in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))

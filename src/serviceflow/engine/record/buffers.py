"""Memory for the columns of runs, used again once nobody looks at it any more.

Asking the system for memory costs more than filling it. So arrays are lent from blocks that are kept, and
a block is lent again when no array that lies in it is left.
"""

from __future__ import annotations

import sys
from math import prod
from threading import Lock

import numpy as np
from numpy.typing import NDArray

if sys.platform == "linux":
    from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap

Ints = NDArray[np.int64]

LEAST = 1 << 12
"""Numbers in an array from which on its block is worth keeping."""
HUGE = 1 << 19
"""Numbers in an array from which on NumPy asks for huge pages."""
KEPT_BYTES = 1 << 28
"""Memory that is kept, at most."""


def fresh(count: int) -> Ints:
    """New memory for whole numbers.

    NumPy asks Linux for huge pages, for which Linux may have to move other memory out of their way at once.
    That can take longer than the run itself: so the usual pages are taken.
    """
    if sys.platform != "linux" or count < HUGE:
        return np.empty(count, dtype=np.int64)
    try:
        pages = mmap(-1, count * 8, flags=MAP_PRIVATE | MAP_ANONYMOUS)
    except OSError as error:
        raise MemoryError(f"no memory for {count} numbers") from error
    return np.frombuffer(pages, dtype=np.int64)


class Blocks:
    """Blocks of memory that are lent, some of them free."""

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self.most = most
        self.blocks: list[Ints] = []
        self.bytes = 0
        self.lock = Lock()

    def take(self, *shape: int) -> Ints:
        """An array of whole numbers, of any content."""
        count = prod(shape)
        if count < LEAST:
            return np.empty(shape, dtype=np.int64)
        with self.lock:
            for block in self.blocks:
                if count <= len(block) <= 2 * count and sys.getrefcount(block) <= UNUSED:
                    return block[:count].reshape(shape)
            block = fresh(count + count // 8)
            self.keep(block)
            return block[:count].reshape(shape)

    def keep(self, block: Ints) -> None:
        """Keep a block, in place of the oldest ones if there are too many: records have them, or nobody."""
        self.blocks.append(block)
        self.bytes += block.nbytes
        while self.bytes > self.most:
            self.bytes -= self.blocks.pop(0).nbytes


def _unused() -> int:
    """How many references to a block are counted while nobody has an array in it."""
    for block in [np.empty(1, dtype=np.int64)]:
        return sys.getrefcount(block)
    return 0


UNUSED = _unused()
BLOCKS = Blocks()
take = BLOCKS.take


def zeros(count: int) -> Ints:
    found = take(count)
    found[:] = 0
    return found


def first_numbers(count: int) -> Ints:
    """0, 1, 2, ...; others look at it, too, so nobody may write to it."""
    if len(_NUMBERS[0]) < count:
        _NUMBERS[:] = [np.arange(count + count // 8, dtype=np.int64)]
    return _NUMBERS[0][:count]


def constant(value: int, count: int) -> Ints:
    """The same number again and again, kept once; it can only be read."""
    found = np.ndarray((count,), np.int64, np.array([value]), strides=(0,))
    found.flags.writeable = False
    return found


def lent(column: Ints) -> Ints:
    """A column that others look at, too: it can only be read."""
    view = column.view()
    view.flags.writeable = False
    return view


_NUMBERS: list[Ints] = [np.empty(0, dtype=np.int64)]

"""A progress bar for long work, and only for that."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

DELAY = 2.0
"""Seconds of work before a bar shows."""


class Silent:
    """A bar that shows nothing."""

    def update(self, count: int = 1) -> None:
        """Count work that is done."""

    def close(self) -> None:
        """Take the bar away."""


@contextmanager
def progress_bar(total: int, title: str, wanted: bool | None = None) -> Iterator[Any]:
    """A bar to `update`, which shows once the work has taken ``DELAY`` seconds.

    Parameters
    ----------
    total : int
        How many pieces of work there are.
    title : str
        What stands before the bar.
    wanted : bool, optional
        True shows it wherever the output goes, False never; by default it shows in notebooks and
        terminals, and stays out of files and pipes.
    """
    bar = Silent() if wanted is False else _bar(total, title, wanted)
    try:
        yield bar
    finally:
        bar.close()


def _bar(total: int, title: str, wanted: bool | None) -> Any:
    silenced = None if wanted is None and "ipykernel" not in sys.modules else False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm

        try:
            return tqdm(total=total, desc=title, delay=DELAY, disable=silenced, leave=False)
        except ImportError:  # in a notebook without widgets
            from tqdm.std import tqdm as plain

            return plain(total=total, desc=title, delay=DELAY, disable=silenced, leave=False)

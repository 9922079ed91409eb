"""A chain as it stands: results belong to the chain that was run, whatever is added to it afterwards."""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

KEPT = 4
"""How many of the last snapshots are kept: a chain is run again and again."""
_taken: list[tuple[tuple[object, ...], Chain]] = []


def snapshot(chain: Chain) -> Chain:
    """A copy of a chain that nobody else can change; the same one while the chain is the same."""
    made_of = (chain, chain.folder, *chain._contents())
    for known, copy in reversed(_taken):
        if len(known) == len(made_of) and all(map(is_, known, made_of)):
            return copy
    copy = chain.copy()
    _taken[:] = [*_taken[1 - KEPT :], (made_of, copy)]
    return copy

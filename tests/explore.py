"""Which random cases a run of the tests tries: some always the same, some new, more in the long suite.

The new ones follow from a seed that is in their names; ``SERVICEFLOW_TEST_SEED`` gives it again.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

SEED = os.environ["SERVICEFLOW_TEST_SEED"]


def blocks(size: int, fixed: int, fresh: int, long: int = 0) -> list[Any]:
    """Parameters of a test, each a list of `size` numbers of random cases.

    Parameters
    ----------
    size : int
        Cases of a block.
    fixed, fresh : int
        Blocks that every run tries: from 0 on, and new ones.
    long : int
        Blocks that only the long suite tries, half of them from where the fixed ones end, half new.
    """
    same = [range(start, start + size) for start in range(0, (fixed + long // 2) * size, size)]
    new = [new_numbers(block, size) for block in range(fresh + long - long // 2)]
    return [
        *(parameter(numbers, f"{numbers[0]}-{numbers[-1]}", n >= fixed) for n, numbers in enumerate(same)),
        *(parameter(numbers, f"new-{SEED}-{n}", n >= fresh) for n, numbers in enumerate(new)),
    ]


def new_numbers(block: int, size: int) -> list[int]:
    chance = random.Random(f"{SEED} {block}")
    return [chance.getrandbits(32) for _ in range(size)]


def parameter(numbers: Any, name: str, long: bool) -> Any:
    return pytest.param(numbers, id=name, marks=[pytest.mark.long] if long else [])

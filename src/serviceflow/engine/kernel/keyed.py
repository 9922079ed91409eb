"""Keyed draws in the kernel: the scalar functions, compiled, with one multiplication of 128 bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from serviceflow.engine.kernel.layout import REPLICATION, SEED
from serviceflow.engine.kernel.memory import leaf, multiply_high, unsigned
from serviceflow.engine.scalars import compile_scalars

scalars = compile_scalars(leaf, {"multiply_high_64": multiply_high})
"""Every scalar function, compiled with those that use it."""

philox_block = scalars.philox_block
uniform_of = scalars.uniform_of
mix_step = scalars.mix_step
log = scalars.log
exp = scalars.exp

FIRST_BLOCK = np.uint64(0)


@leaf
def first_uniform(k: Any, what: Any, number: Any, occurrence: Any) -> float:
    """The first number between 0 and 1 of a draw."""
    word, _, _, _ = philox_block(
        unsigned(k[SEED]), unsigned(k[REPLICATION]), FIRST_BLOCK, occurrence, number, what
    )
    return uniform_of(word)

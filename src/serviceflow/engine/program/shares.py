"""Choices that are the same for all requests: constant shares, and values that do not depend on a request."""

from __future__ import annotations

from collections.abc import Sequence

from serviceflow.engine.program.codes import ROUNDING
from serviceflow.engine.program.compile_expression import Code
from serviceflow.engine.program.plans import Program


def constant_shares(program: Program, exits: Sequence[int]) -> list[float] | None:
    """The shares of some handoffs, the rest a share of -1; None if they are not the same for all requests."""
    made = [program.handoffs[index] for index in exits]
    if any(plan.when is not None for plan in made):
        return None
    shares = [-1.0 if plan.probability is None else plan.probability.constant for plan in made]
    known = [share for share in shares if share is not None]
    parts = [share for share in known if share != -1.0]
    total, rests = sum(parts), len(known) - len(parts)
    valid = all(0.0 <= part <= 1.0 for part in parts) and total <= 1.0 + ROUNDING
    if len(known) < len(shares) or not valid or rests > 1 or (rests == 0 and total < 1.0 - ROUNDING):
        return None  # What is wrong is found when it is chosen.
    return known


def is_simple(code: Code) -> bool:
    """Whether a value is the same for all requests, or drawn for each from the same distribution."""
    return code.constant is not None or code.sampler is not None

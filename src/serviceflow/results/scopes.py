"""Scopes of figures: who asks with requests of their own, and which scopes are others put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from serviceflow.engine.program.codes import CALLED, CONSUMER, ORDER
from serviceflow.results.derived import Ints

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

REQUEST_SCOPES = {"consumer": CONSUMER, "call": CALLED, "stock": ORDER}
"""Scopes whose elements ask, and the kind of request that they ask with."""

Key = tuple[str, str]
"""Scope and measure."""
Part = TypeVar("Part")


def asking_plans(program: Program, scope: str) -> tuple[Any, ...]:
    """The elements of a scope that ask with requests of their own: none of the stocks if none reorders."""
    plans: tuple[Any, ...] = getattr(program, f"{scope}s")
    if scope == "stock" and not any(plan.reorders for plan in plans):
        return ()
    return plans


def size_of(program: Program, scope: str) -> int:
    """How many elements a scope has."""
    return 1 if scope == "chain" else len(getattr(program, f"{scope}s"))


def works_vary(program: Program) -> bool:
    """Whether the provider of a visit is more than its service tells."""
    return any(plan.any_of for plan in program.services)


def joined(
    program: Program, found: Mapping[Key, Part], moved: Callable[[Part, Ints, int], Part]
) -> dict[Key, Part]:
    """The same with the whole chain put together from its consumers, and providers from their services.

    What the chain has of its own stays.

    Parameters
    ----------
    program : Program
        What was run.
    found : mapping
        What there is, by scope and measure.
    moved : callable
        Gives a part with its element ``i`` added to element ``targets[i]`` of another scope of a given size.
    """
    whole = dict(found)
    everyone = np.zeros(len(program.consumers), dtype=np.int64)
    owners = np.array([plan.provider for plan in program.services], dtype=np.int64)
    for (scope, measure), part in found.items():
        if scope == "consumer" and ("chain", measure) not in found:
            whole["chain", measure] = moved(part, everyone, 1)
        elif scope == "service" and not works_vary(program):
            whole["provider", measure] = moved(part, owners, len(program.providers))
    return whole


def joined_keys(program: Program, keys: Iterable[Key]) -> list[Key]:
    """These scopes and measures, and those put together from them."""
    nothing: dict[Key, None] = dict.fromkeys(keys)
    return list(joined(program, nothing, lambda part, targets, size: part))

"""Work that several providers could do, spread so that the busiest is as little loaded as possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf

Group = frozenset[str]

_MANY = 12  # beyond so many shared kinds of work in one pool, only the pool as a whole is looked at


def balanced_loads(work: Mapping[Group, float], capacity: Mapping[str, float]) -> dict[str, float]:
    """Utilization of each provider when shared work goes where it hurts least.

    Parameters
    ----------
    work
        Work per unit of time by the set of providers of which any one may do it.
    capacity
        Work that each provider can do per unit of time.

    Returns
    -------
    dict
        Offered load over capacity. Some provider reaches 1 or more exactly if no rule of assignment can keep
        up: that is Hall's condition, work that only a set of providers can do against what the set can do.
        The busiest such set is found first, then the busiest of the rest.
    """
    left = {group: amount for group, amount in work.items() if amount > 0}
    loads: dict[str, float] = {}
    while left:
        worst = max(_unions(left), key=lambda some: (_ratio(some, left, capacity), -len(some), sorted(some)))
        ratio = _ratio(worst, left, capacity)
        loads.update(dict.fromkeys(worst, ratio))
        left = _without(worst, left)
    return {name: loads.get(name, 0.0) for name in capacity}


def _without(done: Group, work: Mapping[Group, float]) -> dict[Group, float]:
    """The work that is left for the other providers."""
    rest: dict[Group, float] = {}
    for group, amount in work.items():
        if not group <= done:
            rest[group - done] = rest.get(group - done, 0.0) + amount
    return rest


def _ratio(some: Group, work: Mapping[Group, float], capacity: Mapping[str, float]) -> float:
    able = sum(capacity[name] for name in some)
    asked = sum(amount for group, amount in work.items() if group <= some)
    return asked / able if able > 0 else inf


def _unions(groups: Iterable[Group]) -> set[Group]:
    """Every union of groups that hang together; of a large pool the groups and the whole alone."""
    found: set[Group] = set()
    for pool in _pools(groups):
        unions = set(pool) | {frozenset().union(*pool)}
        if len(pool) <= _MANY:
            unions = {frozenset()}
            for group in pool:
                unions |= {union | group for union in unions}
        found |= unions - {frozenset()}
    return found


def _pools(groups: Iterable[Group]) -> list[list[Group]]:
    pools: list[list[Group]] = []
    for group in sorted(groups, key=sorted):
        linked = [pool for pool in pools if any(group & other for other in pool)]
        pools = [pool for pool in pools if pool not in linked]
        pools.append([*(other for pool in linked for other in pool), group])
    return pools

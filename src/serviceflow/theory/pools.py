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
    left = {group: amount for group, amount in work.items() if group and amount > 0}
    loads = dict.fromkeys(capacity, 0.0)
    for pool in _pools(left):
        loads.update(_balanced({group: left[group] for group in pool}, capacity))
    return loads


def _balanced(left: Mapping[Group, float], capacity: Mapping[str, float]) -> dict[str, float]:
    """The same for work that hangs together."""
    loads: dict[str, float] = {}
    while left:
        worst = max(_unions(left), key=lambda some: (_ratio(some, left, capacity), -len(some), sorted(some)))
        loads.update(dict.fromkeys(worst, _ratio(worst, left, capacity)))
        left = _without(worst, left)
    return loads


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
    """Every union of groups; where these are many, the groups and the union of all alone."""
    pool = list(groups)
    if len(pool) > _MANY:
        return {*pool, frozenset().union(*pool)}
    unions: set[Group] = {frozenset()}
    for group in pool:
        unions |= {union | group for union in unions}
    return unions - {frozenset()}


def _pools(groups: Iterable[Group]) -> list[list[Group]]:
    """Groups that hang together by common members."""
    pool_of: dict[str, list[Group]] = {}
    for group in sorted(groups, key=sorted):
        pool = [group]
        for other in {id(found): found for name in sorted(group) if (found := pool_of.get(name))}.values():
            pool += other
        pool_of.update(dict.fromkeys({name for member in pool for name in member}, pool))
    return [*{id(pool): pool for pool in pool_of.values()}.values()]

"""Who goes first: by which attribute of cases, or which activity, those are chosen who are served next.

Whenever somebody begins work while several wait for it, one is chosen. Where those of some values nearly
always go before those of others, whoever came first, the value is a priority.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from serviceflow.mining.discovery.history import History, Ints
from serviceflow.mining.discovery.learned import wilson
from serviceflow.mining.discovery.staffing import Pool

SURE = 0.95
"""Share of choices that a rule has to explain, and that first come, first served must not."""
FEWEST = 20
"""Choices between different values that it takes."""
MOST_VALUES, MOST_CHOICES = 8, 2_000
FEW_VALUES = 60
SLACK = 1_000_000


@dataclass(frozen=True)
class Rule:
    """A rule of priority.

    Attributes
    ----------
    column : str
        Of the log; empty where activities go before others.
    ranks : dict
        Value to its rank, the smaller first; empty where the number itself is the rank.
    smaller : bool
        Of numbers, whether smaller ones go first.
    share, low, high : float
        Of choices that it explains, with its interval.
    count : int
        How many choices there were.
    """

    column: str
    ranks: dict[Any, int]
    smaller: bool
    share: float
    low: float
    high: float
    count: int


@dataclass
class Choices:
    """Who was chosen, and who waited, at each instant at which somebody had to be chosen."""

    chosen: list[int]
    waiting: list[Ints]
    in_order: float
    """The share of choices in which who had waited longest was chosen."""


def choices_of(found: History, pool: Pool, held: set[int]) -> Choices:
    """The choices that a pool had.

    Parameters
    ----------
    found : History
        With what enabled each instance.
    pool : Pool
        Whose work it is.
    held : set of int
        Activities that wait for something else, too, so that who is enabled need not be ready.
    """
    mine = np.isin(found.resources, pool.resources) & ~np.isin(found.activities, list(held))
    rows = np.flatnonzero(mine)
    enabled = _enabled(found)[rows]
    start, kinds = found.start[rows], found.activities[rows]
    late = np.flatnonzero(start > enabled + SLACK)
    if len(late) > MOST_CHOICES:
        late = late[np.linspace(0, len(late) - 1, MOST_CHOICES).astype(int)]
    result = Choices([], [], 1.0)
    first = 0
    for place in late.tolist():
        waits = (enabled <= start[place] - SLACK) & (start > start[place])
        if pool.skills:
            waits &= kinds == kinds[place]
        others = np.flatnonzero(waits)
        if len(others):
            result.chosen.append(int(rows[place]))
            result.waiting.append(rows[others])
            first += int(enabled[place] <= enabled[others].min())
    result.in_order = first / len(result.chosen) if result.chosen else 1.0
    return result


def _enabled(found: History) -> Ints:
    if found.given is not None:
        return found.given
    enabled: Ints = np.where(found.by >= 0, found.end[found.by], found.start)
    return enabled


def rule_of(choices: Choices, columns: dict[str, Any]) -> Rule | None:
    """The rule that explains most of the choices, if one does.

    Parameters
    ----------
    choices : Choices
        Of one pool.
    columns : dict
        Name to the value of each row; the activity under an empty name.
    """
    if len(choices.chosen) < FEWEST or choices.in_order >= SURE:
        return None
    rules = [rule for name, values in columns.items() if (rule := _by(choices, name, values)) is not None]
    return max(rules, key=lambda rule: (rule.share, rule.count, not rule.column), default=None)


def _by(choices: Choices, name: str, values: Any) -> Rule | None:
    pairs = [
        (values[one], {values[other] for other in others.tolist()} - {values[one]})
        for one, others in zip(choices.chosen, choices.waiting, strict=True)
    ]
    pairs = [(one, others) for one, others in pairs if others]
    if len(pairs) < FEWEST:
        return None
    several = {value for one, others in pairs for value in (one, *others)}
    if len(several) <= MOST_VALUES:
        ranks = _ranked(pairs, several)
        right = sum(ranks[one] <= min(ranks[other] for other in others) for one, others in pairs)
        decided = sum(len({ranks[one], *(ranks[other] for other in others)}) > 1 for one, others in pairs)
        if len(set(ranks.values())) < 2 or decided < FEWEST:
            return None
        return _rule(name, ranks, True, right, len(pairs))
    if not all(isinstance(value, int | float) for value in several):
        return None
    for smaller in (True, False):
        best = min if smaller else max
        right = sum(best(one, *others) == one for one, others in pairs)
        if (rule := _rule(name, {}, smaller, right, len(pairs))) is not None:
            return rule
    return None


def _rule(name: str, ranks: dict[Any, int], smaller: bool, right: int, count: int) -> Rule | None:
    if right < SURE * count:
        return None
    return Rule(name, ranks, smaller, right / count, *wilson(right, count), count)


def _ranked(pairs: list[tuple[Any, set[Any]]], several: set[Any]) -> dict[Any, int]:
    """Values by how often they were chosen before others; those that go in turn have the same rank."""
    won: Counter[tuple[Any, Any]] = Counter((one, other) for one, others in pairs for other in others)
    share = {
        value: sum(won[value, other] for other in several)
        / max(1, sum(won[value, other] + won[other, value] for other in several))
        for value in several
    }
    order = sorted(several, key=lambda value: (-share[value], str(value)))
    ranks = {order[0]: 0}
    for before, value in pairwise(order):
        met = won[before, value] + won[value, before]
        clear = met > 0 and won[before, value] >= SURE * met
        ranks[value] = ranks[before] + int(clear)
    return ranks

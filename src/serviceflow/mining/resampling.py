"""What a log of another such time would tell: its days, or weeks, drawn again with replacement.

Cases that begin on one day waited for each other and came together, so days are drawn, not cases (a block
bootstrap): Mondays for Mondays, and so on. Where cases last longer than a day, or there are many weeks, weeks
are drawn. What each day adds to means, rates and shares is summed once, so a drawing only weighs days; nobody
is at two works at once in it, as would be where days are put side by side anew. As n weeks are drawn from n,
variances come out too small by (n - 1) / n, which :attr:`Blocks.widening` makes up for.

Means, rates and shares move. Families of distributions, profiles of hours, and staff stay those of the log as
it is: days that are drawn twice would look like more structure than there is.

References
----------
B. Efron and R. J. Tibshirani (1993), *An Introduction to the Bootstrap*, chapter 8.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.analysis.sensitivity import inputs_of
from serviceflow.formats.logs.raw import LogError
from serviceflow.mining.discovery.chain import Discovery
from serviceflow.mining.discovery.delays import bounds_of, masks
from serviceflow.mining.discovery.routing import END
from serviceflow.mining.discovery.week import DAY
from serviceflow.mining.discovery.work import work_seconds

if TYPE_CHECKING:
    from serviceflow.mining.discovery.learned import Parameter
    from serviceflow.mining.event_log import EventLog
    from serviceflow.model.chain import Chain

Floats = NDArray[np.float64]
Key = tuple[str, str, str]
FEWEST = 3
"""Weeks that a log must have."""
MANY = 12
"""From so many weeks on, weeks are drawn instead of days."""
LONG = 0.1
"""Share of cases that last longer than a day, from which on weeks are drawn."""
WEEK = 7
THURSDAY = 3
"""The weekday of day 0."""


@dataclass(frozen=True)
class Sum:
    """What the days of a log add to a mean, a share (with `of`) or a count (without).

    Attributes
    ----------
    total, of : array
        By day.
    """

    total: Floats
    of: Floats | None

    def value(self, weights: Floats) -> float:
        """The mean, share or count where days are there so many times; NaN of nothing."""
        total = float(weights @ self.total)
        if self.of is None:
            return total
        of = float(weights @ self.of)
        return total / of if of > 0 else math.nan


class Blocks:
    """A log by the days on which its cases begin.

    Parameters
    ----------
    log : EventLog
    hidden : bool
        Whether there are hidden delays.

    Raises
    ------
    LogError
        If the log has fewer than three weeks.
    """

    def __init__(self, log: EventLog, hidden: bool) -> None:
        self._found: Discovery[Any] = Discovery(log, dict, hidden, True)
        history = self._found.history
        begun = history.start[history.first] // DAY
        monday = int(begun.min()) - (int(begun.min()) + THURSDAY) % WEEK
        self._day = (begun - monday)[history.cases]
        self.first, self.last = int(begun.min()) - monday, int(begun.max()) - monday
        self.weeks = self.last // WEEK + 1
        if self.weeks < FEWEST:
            raise LogError(
                log.name,
                f"cases begin in only {self.weeks} weeks: how much one differs from another is told from"
                f" {FEWEST} on",
            )
        ends = np.zeros(len(begun), dtype=np.int64)
        np.maximum.at(ends, history.cases, history.end)
        long = float((ends - history.start[history.first] > DAY).mean())
        self.by_weeks = long > LONG or self.weeks >= MANY
        self.sums = dict(self._sums())

    @property
    def widening(self) -> float:
        """By how much deviations must be multiplied, as so few weeks are drawn from as few."""
        return math.sqrt(self.weeks / (self.weeks - 1))

    def weights(self, random: np.random.Generator) -> Floats:
        """How often each day is there in a drawing."""
        if self.by_weeks:
            drawn = np.bincount(random.integers(0, self.weeks, self.weeks), minlength=self.weeks)
            return np.repeat(drawn, WEEK).astype(np.float64)
        found = np.zeros(self.weeks * WEEK)
        for weekday in range(WEEK):
            alike = np.arange(weekday, self.last + 1, WEEK)
            alike = alike[alike >= self.first]
            np.add.at(found, random.choice(alike, len(alike)) if len(alike) else alike, 1.0)
        return found

    def _sums(self) -> Iterator[tuple[Key, Sum]]:
        found, history = self._found, self._found.history
        for activity in found._used():
            rows = np.flatnonzero(history.activities == activity)
            seconds = work_seconds(history, activity, found._pool(activity))
            yield ("services", found.names[activity], "duration"), self._mean(rows, seconds)
        for activity in found.routes.entries:
            rows = history.first[history.activities[history.first] == activity]
            yield ("consumers", found.names[activity], "arrivals"), Sum(self._count(rows), None)
        yield from self._handoffs()

    def _handoffs(self) -> Iterator[tuple[Key, Sum]]:
        found, history = self._found, self._found.history
        after = np.flatnonzero(history.by >= 0)
        last = np.setdiff1d(np.arange(len(history.by)), history.by[after])
        origins = history.activities[history.by[after]]
        counts: dict[tuple[int, int], Floats] = {}
        for origin, target in found.routes.handoffs:
            mine = last[history.activities[last] == origin]
            if target != END:
                mine = after[(origins == origin) & (history.activities[after] == target)]
            counts[origin, target] = self._count(mine)
            if (origin, target) in found.delays:
                low, _ = bounds_of(
                    history, masks(history, {pool.name: pool.resources for pool in found.pools})
                )
                yield ("handoffs", found.link(origin, target), "delay"), self._mean(mine, low[mine])
        for (origin, target), count in counts.items():
            of = sum((other for (one, _), other in counts.items() if one == origin), np.zeros_like(count))
            if origin in found.routes.splits:
                of = self._count(np.flatnonzero(history.activities == origin))
            yield ("handoffs", found.link(origin, target), "probability"), Sum(count, of)

    def _count(self, rows: Any) -> Floats:
        return np.bincount(self._day[rows], minlength=self.weeks * WEEK).astype(np.float64)

    def _mean(self, rows: Any, values: Any) -> Sum:
        total = np.bincount(self._day[rows], weights=values, minlength=self.weeks * WEEK)
        return Sum(np.asarray(total, dtype=np.float64), self._count(rows))


def moved(
    chain: Chain, parameters: Iterable[Parameter], blocks: Blocks, weights: Floats
) -> dict[str, dict[str, Any]]:
    """The changes that give a chain the means, rates and shares of a drawing.

    Parameters
    ----------
    chain : Chain
        Learned from the log.
    parameters : iterable of Parameter
        What was learned; the rest of the chain stays.
    blocks : Blocks
        Of the log.
    weights : array
        How often each day is there.
    """
    changes: dict[str, dict[str, Any]] = {}
    inputs = {one.name: one for one in inputs_of(chain)}
    learned = {(one.section, one.element, one.name) for one in parameters}
    as_it_is, links = np.ones(len(weights)), _links(chain)
    for (section, element, name), sum_ in blocks.sums.items():
        own = _whose(chain, element) if section == "consumers" else element
        factor = sum_.value(weights) / sum_.value(as_it_is) if sum_.value(as_it_is) else math.nan
        if (section, own, name) not in learned or not 0 < factor < math.inf:
            continue
        wanted = inputs.get(f"{name} of {own}")
        if wanted is not None:
            for part, entries in wanted.changes(factor).items():
                changes.setdefault(part, {}).update(entries)
        elif name == "delay" and own in links:
            text = f"({links[own].delay}) * {factor!r}"
            changes.setdefault("handoffs", {}).setdefault(own, {})["delay"] = text
    for link, share in _shares(chain, learned, blocks, weights).items():
        changes.setdefault("handoffs", {}).setdefault(link, {})["probability"] = share
    return changes


def _links(chain: Chain) -> dict[str, Any]:
    """Handoffs by what a model file calls them."""
    return {str(link): fields for link, fields in chain.handoffs.items()}


def _whose(chain: Chain, activity: str) -> str:
    """The one consumer that enters at a service; empty where there are several, or none."""
    found = [name for name, one in chain.consumers.items() if str(one.enters) == activity]
    return found[0] if len(found) == 1 else ""


def _shares(chain: Chain, learned: set[Key], blocks: Blocks, weights: Floats) -> dict[str, float]:
    """The shares of handoffs; where those of an origin add up to 1, they do again."""
    by_origin: dict[str, dict[str, float]] = {}
    as_it_is, own = np.ones(len(weights)), _links(chain)
    for key in learned & set(blocks.sums):
        if key[0] == "handoffs" and key[2] == "probability" and key[1] in own:
            before, after = blocks.sums[key].value(as_it_is), blocks.sums[key].value(weights)
            if before > 0 and after == after:
                share = float(str(own[key[1]].probability)) * after / before
                by_origin.setdefault(key[1].partition(" -> ")[0], {})[key[1]] = share
    found: dict[str, float] = {}
    for links in by_origin.values():
        old = sum(float(str(own[link].probability)) for link in links)
        scale = sum(links.values()) if abs(old - 1) < 1e-3 else 1.0
        found |= {link: min(share / scale, 1.0) for link, share in sorted(links.items()) if scale > 0}
    return found

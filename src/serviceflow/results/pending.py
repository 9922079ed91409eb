"""What no part of a record tells by itself: who was in a batch with whom, and what was short when.

Members of a batch hold staff for one another, and for which of several stocks a visit waited is told by what
these had when it asked. Both may stand in other parts of the record. So the visits that it may concern are
kept, a few numbers of each, until all parts are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from serviceflow.engine.program.codes import NONE
from serviceflow.engine.program.features import Feature
from serviceflow.engine.program.plans import Program
from serviceflow.results.derived import Flags, Floats, Ints, Reading, overlap
from serviceflow.results.fill_rates import asking_at, several_waits, shortage
from serviceflow.results.staffing import joint_needs

MEMBER = (
    "left",
    "arrived",
    "together",
    "work",
    "setup",
    "finished",
    "started",
    "member",
    "provider",
    "service",
)
"""What is kept of the members of batches, the rows of a table; the last says most about whose batch it is."""
LEFT, TOGETHER, FINISHED, PROVIDER, SERVICE = (
    MEMBER.index(name) for name in ("left", "together", "finished", "provider", "service")
)


@dataclass
class Pending:
    """What is kept of the parts of a record.

    Attributes
    ----------
    members : array
        A column for each visit that was worked on in a batch after which staff may have been held.
    waits : array
        A column for each visit that waited where several stocks are taken at once: stock and instant.
    turns : array
        A column for each change from having enough of a stock to being short of it, or back: stock, instant,
        and whether it is short.
    """

    members: Ints
    waits: Ints
    turns: Ints

    @classmethod
    def empty(cls) -> Pending:
        """Nothing yet."""
        return cls(*(np.empty((size, 0), dtype=np.int64) for size in (len(MEMBER), 2, 3)))

    def include(self, reading: Reading) -> None:
        """Keep what is told only later."""
        self.members = np.hstack([self.members, *_members(reading)])
        for plan in reading.program.services:
            for stock, rows in several_waits(reading, plan):
                instants = asking_at(reading)[rows]
                self.waits = np.hstack([self.waits, [np.full(len(rows), stock), instants]])
        several = any(len(plan.consumes) > 1 for plan in reading.program.services)
        if several and len(reading.record.stocks):
            self.turns = np.hstack([self.turns, *_turns(reading)])

    def merge(self, later: Pending) -> None:
        """Add what was kept of parts that followed."""
        self.members = np.hstack([self.members, later.members])
        self.waits = np.hstack([self.waits, later.waits])
        self.turns = np.hstack([self.turns, later.turns])

    # Told at the end

    def had_at_once(self, size: int) -> Floats:
        """By stock, the visits that waited for another one only."""
        found = np.zeros(size)
        for stock in np.unique(self.waits[0]).tolist():
            instants = self.waits[1, self.waits[0] == stock]
            turns = self.turns[1:, self.turns[0] == stock]
            last = np.searchsorted(turns[0], instants, side="right") - 1
            found[stock] = np.count_nonzero((last < 0) | (turns[1][last] == 0))
        return found

    def held(self, program: Program) -> Floats:
        """By provider, the staff time in the window that was held for batches: until the last member left."""
        found = np.zeros(len(program.providers))
        order = np.lexsort(self.members)
        members = self.members[:, order]
        begins = _begins(members)
        ends = np.maximum.reduceat(members[LEFT], begins) if len(begins) else members[LEFT]
        first = members[:, begins]
        ticks = overlap(first[FINISHED], ends, program.window)
        joint = [joint_needs(plan) for plan in program.services]
        for place, service in enumerate(first[SERVICE].tolist()):
            for provider, units in joint[service] or ((first[PROVIDER, place], 1),):
                if provider != NONE:  # A batch of a service without staff may be blocked, too.
                    found[provider] += units * ticks[place]
        return found


def holds_batches(program: Program) -> bool:
    """Whether staff may be held for a batch some of which has left."""
    return program.features >= {Feature.BATCHES, Feature.LIMIT_BLOCKS}


def in_batches(reading: Reading) -> Flags:
    """Visits for which staff may be held together with others."""
    none: Flags = np.zeros(len(reading.visits), dtype=bool)
    if not holds_batches(reading.program):
        return none
    return none | ((reading.visits["together"] > 1) & (reading.visits["finished"] >= 0))


def _members(reading: Reading) -> Iterator[Ints]:
    rows = np.flatnonzero(in_batches(reading))
    if len(rows):
        derived = {"left": reading.left, "provider": reading.provider, "service": reading.service}
        columns = [derived[name] if name in derived else reading.visits.get(name, NONE) for name in MEMBER]
        yield np.array([column[rows] for column in columns], dtype=np.int64)


def _begins(members: Ints) -> Ints:
    """Where each batch begins among members in order.

    A record does not tell batches apart that a service began and ended at the same instants, with staff who
    have no names: of their members those that arrived first were together.
    """
    alike = members[MEMBER.index("together") :]
    news = np.ones(members.shape[1], dtype=bool)
    news[1:] = (alike[:, 1:] != alike[:, :-1]).any(axis=0)
    place = np.arange(len(news)) - np.flatnonzero(news)[np.cumsum(news) - 1]
    return np.flatnonzero(place % np.maximum(members[TOGETHER], 1) == 0)


def _turns(reading: Reading) -> Iterator[Ints]:
    """When each stock began and ended to be short; the first change of a part is always told."""
    for plan in reading.program.stocks:
        times, short = shortage(reading, plan.index)
        if len(times):
            last = np.append(times[1:] != times[:-1], True)
            times, short = times[last], short[last]
            turned = np.append(True, short[1:] != short[:-1])
            yield np.array([np.full(turned.sum(), plan.index), times[turned], short[turned]], dtype=np.int64)

"""Queues, and the causes of waiting in them.

Visits that need the same staff stand in one line. Every line has one cause of waiting at each instant,
the first that applies: off shift, outage, held, partner, then contention, from which prioritization is
told apart visit by visit. A line keeps a clock for each cause; a visit reads them when it joins and when
it starts, and the differences are the parts of its wait. While nobody is on duty a visit waits off shift if
nobody has been since it joined; what was there while somebody was is carried over. So the line tells those
who came in the night how long it was, when somebody is there again.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import (
    CAUSE_AWAY,
    CAUSE_CONTENTION,
    CAUSE_HELD,
    CAUSE_OFF_SHIFT,
    CAUSE_OUTAGE,
    CAUSE_PARTNER,
)

if TYPE_CHECKING:
    from serviceflow.engine.program.queue_plan import LinePlan
    from serviceflow.engine.reference.entities import Visit
    from serviceflow.engine.reference.providers import Provider

Key = tuple[int, int]
"""Instant of arrival and identity."""


class Overtaken:
    """For each waiting visit, the time during which later arrivals were being served.

    A stretch of time counts for everyone who arrived before the latest arrival in service, that is, for
    a prefix of the queue in order of arrival. So it is added once, at the end of that prefix; what
    counts for a visit is the sum from its place onward.
    """

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.credits: list[int] = []

    def enter(self, key: Key) -> int:
        """Take a place; what stands there already is the caller's to subtract at leaving."""
        place = bisect_left(self.keys, key)
        self.keys.insert(place, key)
        self.credits.insert(place, 0)
        return sum(self.credits[place:])

    def charge(self, latest: Key, ticks: int) -> None:
        """Count `ticks` for everyone who arrived before `latest`."""
        place = bisect_left(self.keys, latest)
        if place:
            self.credits[place - 1] += ticks

    def leave(self, key: Key) -> int:
        place = bisect_left(self.keys, key)
        total = sum(self.credits[place:])
        self.keys.pop(place)
        carried = self.credits.pop(place)
        if place:
            self.credits[place - 1] += carried
        return total


class Line:
    """The visits that wait for the same staff, least queue key first."""

    def __init__(self, plan: LinePlan, teams: list[Provider]) -> None:
        self.alternatives = [
            [(teams[provider], units) for provider, units in needs] for needs in plan.alternatives
        ]
        self.skill = plan.skill
        self.reserve = plan.reserve
        self.mains = [teams[provider] for provider in plan.mains]
        self.partners = [(teams[provider], units) for provider, units in plan.partners]
        self.involved = [teams[provider] for provider in plan.involved]
        self.fits = plan.fits
        self.mixed = plan.mixed
        self.tracked = plan.tracked
        self.overtaken = Overtaken() if plan.overtaken else None
        self.entries: list[tuple[float, int, int, Visit]] = []
        self.clocks = [0, 0, 0, 0, 0, 0]
        self.since = 0
        self.was_away = False
        """Whether nobody was on duty, up to the last note."""

    def join(self, visit: Visit, now: int) -> None:
        visit.line = self
        if self.tracked:
            self.note(now)
            visit.marks = tuple(self.clocks)
            visit.came = self.clocks[CAUSE_AWAY]
            if self.overtaken is not None:
                visit.credit = self.overtaken.enter((visit.arrived, visit.identity))
        insort(self.entries, (visit.key, visit.arrived, visit.identity, visit))

    def leave(self, visit: Visit, now: int) -> None:
        """Take a visit out and give it the parts of its wait."""
        waited = now - visit.since
        if self.tracked and waited:
            self.note(now)
            before, after = visit.marks, self.clocks
            away = after[CAUSE_AWAY] - before[CAUSE_AWAY]
            first = self.unattended(visit)
            visit.wait_off_shift += after[CAUSE_OFF_SHIFT] - before[CAUSE_OFF_SHIFT] + first
            visit.wait_carried_over += away - first
            visit.wait_outage += after[CAUSE_OUTAGE] - before[CAUSE_OUTAGE]
            visit.wait_held += after[CAUSE_HELD] - before[CAUSE_HELD]
            visit.wait_partner += after[CAUSE_PARTNER] - before[CAUSE_PARTNER]
            waited = after[CAUSE_CONTENTION] - before[CAUSE_CONTENTION]
        entry = (visit.key, visit.arrived, visit.identity, visit)
        self.entries.pop(bisect_left(self.entries, entry))
        visit.line = None
        if self.overtaken is not None:
            behind = self.overtaken.leave((visit.arrived, visit.identity)) - visit.credit
            visit.wait_prioritization += behind
            waited -= behind
        visit.wait_contention += waited

    def unattended(self, visit: Visit) -> int:
        """For how long, after a visit joined, nobody was on duty, until somebody was; up to the last note."""
        until = visit.came if self.attended(visit) else self.clocks[CAUSE_AWAY]
        return until - visit.marks[CAUSE_AWAY]

    def attended(self, visit: Visit) -> bool:
        """Whether somebody was on duty at any time since a visit joined; up to the last note."""
        return self.since - self.clocks[CAUSE_AWAY] > visit.since - visit.marks[CAUSE_AWAY]

    def greet(self) -> None:
        """Tell those who joined while nobody was on duty that somebody is; before that time is noted."""
        for _, _, _, visit in self.entries:
            if not self.attended(visit):
                visit.came = self.clocks[CAUSE_AWAY]

    def note(self, now: int) -> None:
        """Put the time since the last note on the clock of its cause; called before any change of staff."""
        ticks = now - self.since
        if ticks:
            cause = self.cause()
            if self.was_away and cause != CAUSE_AWAY:
                self.greet()
            self.was_away = cause == CAUSE_AWAY
            self.clocks[cause] += ticks
            self.since = now
            if cause == CAUSE_CONTENTION and self.overtaken is not None and self.overtaken.keys:
                works = [visit for team in self.mains for visit in team.works(self.skill)]
                if works:
                    self.overtaken.charge(max((work.arrived, work.identity) for work in works), ticks)

    def cause(self) -> int:
        """Why this line waits, as things stand: the first cause that applies."""
        on_duty = down = held = 0
        for team in self.mains:
            on_duty += team.count_on_duty(self.skill)
            down += team.count_down(self.skill)
            held += team.count_held(self.skill)
        if on_duty <= 0:
            return CAUSE_AWAY
        if on_duty <= down:
            return CAUSE_OUTAGE
        if held:
            return CAUSE_HELD
        if any(team.spare(self.skill) < units for team, units in self.partners):
            return CAUSE_PARTNER
        if self.fits and any(team.spare(self.skill) > 0 for team in self.mains):
            return CAUSE_OFF_SHIFT
        return CAUSE_CONTENTION

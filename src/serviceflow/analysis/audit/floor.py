"""Who works, who is held, whose work is paused and who waits, at each instant of a run.

Where the record does not tell whether staff are free (the room of an operation that stands still because the
nurse has gone home), the floor gives the least and the most that may be free, and checks take the one that
accuses nobody wrongly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from serviceflow.analysis.audit.history import History
from serviceflow.analysis.audit.timeline import NEVER, Steps
from serviceflow.analysis.audit.visits import Visit
from serviceflow.analysis.audit.works import BUSY, HELD, PAUSED, UNKNOWN, Line, Work, line_of, works_of

Change = Callable[[], None]


@dataclass
class Place:
    """A provider at an instant: whose work is in which state there."""

    name: str
    duty: Steps
    members: dict[str, Steps]
    skills: dict[str, frozenset[str]]
    units: int
    told_apart: bool
    """Whether the record tells which member has what in hand."""
    preemptive: bool
    off_shift: str
    discipline: str
    keeps: bool
    """Whether units differ by setup or experience, so that paused work may have to wait for its own."""
    in_state: dict[str, dict[Work, int]] = field(default_factory=lambda: {BUSY: {}, HELD: {}, PAUSED: {}})
    down: list[str | None] = field(default_factory=list)
    lines: dict[Line, dict[Visit, None]] = field(default_factory=dict)
    """Who waits for it, by line, in order of coming."""

    def used(self, state: str) -> int:
        """Units in a state."""
        return sum(self.in_state[state].values())

    def on_duty(self, time: int) -> int:
        """How many are on duty."""
        return int(self.duty.at(time))

    def least_down(self, time: int) -> int:
        """How many of those on duty are down at least: those who are away may be the ones."""
        return max(len(self.down) - max(self.units - self.on_duty(time), 0), 0)

    def kept_by_pauses(self, time: int) -> int:
        """Units that work may keep while it stands still because of another provider."""
        return sum(
            units
            for work, units in self.in_state[PAUSED].items()
            if len(work.needs) > 1 and not self._away_since(work, time)
        )

    def _away_since(self, work: Work, time: int) -> bool:
        """Whether nobody was on duty here at some time of the present pause, so that it has let go."""
        since = next((start for start, end, _ in work.stretches if start <= time < end), time)
        return any(value <= 0 for _, _, value in self.duty.pieces(since, time + 1))

    def has_members(self, time: int, skill: str | None) -> list[str]:
        """Members on duty and up who can do it."""
        return [
            name
            for name, duty in self.members.items()
            if duty.at(time) > 0 and name not in self.down and self.can(name, skill)
        ]

    def can(self, member: str | None, skill: str | None) -> bool:
        """Whether a member has a skill; of staff without names nobody has one."""
        if skill is None:
            return True
        return member is not None and skill in self.skills.get(member, frozenset())

    def idle_members(self, time: int, skill: str | None) -> list[str]:
        """Members who could start work, where the record tells them apart."""
        taken = {work.member for state in (BUSY, HELD) for work in self.in_state[state]}
        return [name for name in self.has_members(time, skill) if name not in taken]

    def least_free(self, time: int, skill: str | None) -> int:
        """How many could surely start work; negative while overtime is worked."""
        if skill == UNKNOWN or (skill is not None and not self.members):
            return 0
        occupied = self.used(BUSY) + self.used(HELD) + self.kept_by_pauses(time)
        if not self.members:
            return self.on_duty(time) - len(self.down) - occupied
        if self.told_apart:
            return len(self.idle_members(time, skill))
        return len(self.has_members(time, skill)) - occupied

    def most_free(self, time: int, skill: str | None) -> int:
        """How many could perhaps start work."""
        if self.members and self.told_apart and skill != UNKNOWN:
            return len(self.idle_members(time, skill))
        occupied = self.used(BUSY) + self.used(HELD)
        if self.off_shift != "pause":  # those in overtime may all be of those who are off duty
            occupied = max(occupied - max(self.units - self.on_duty(time), 0), 0)
        if self.members:
            return max(sum(duty.at(time) > 0 for duty in self.members.values()) - occupied, 0)
        return max(self.on_duty(time) - self.least_down(time) - occupied, 0)


@dataclass
class Moment:
    """What happened at an instant, and how things stand from then until the next."""

    time: int
    until: int
    touched: set[str]
    """Providers at which something changed."""
    begun: list[Work]
    """Work that started."""
    resumed: list[Work]
    """Work that goes on after a pause."""
    gone: dict[Line, list[Visit]]
    """Who left a line."""
    free_before: dict[tuple[str, str | None], int]


class Floor:
    """Replays a record, instant by instant.

    Parameters
    ----------
    history : History
        What happened.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self.works = works_of(history)
        self.places = {name: _place(history, name) for name in history.providers}
        self.line_by_visit: dict[Visit, Line] = {}
        self.of_visit = {visit: work for work in self.works for visit in work.visits}
        self.changes: dict[int, list[Change]] = defaultdict(list)
        self.moment = Moment(0, 0, set(), [], [], {}, {})
        for work in self.works:
            self._plan_work(work)
        for visit in history.visits:
            self._plan_wait(visit)
        for place in self.places.values():
            self._plan_staff(place)

    def moments(self) -> Iterator[Moment]:
        """Every instant at which something changed, in order of time, with the floor as it is after it."""
        times = sorted(time for time in self.changes if time <= self.history.stopped)
        for number, time in enumerate(times):
            until = times[number + 1] if number + 1 < len(times) else self.history.stopped
            before = self.moment.free_before
            self.moment = Moment(time, until, set(), [], [], defaultdict(list), before)
            for change in self.changes.pop(time):
                change()
            yield self.moment
            self._remember(time)

    def _remember(self, time: int) -> None:
        """Keep how many were free, for comparison at the next instant."""
        known = self.moment.free_before
        for name in self.moment.touched:
            place = self.places[name]
            for skill in {None, *(line.skill for line in place.lines)}:
                known[name, skill] = place.least_free(time, skill)

    def look_at(self, time: int) -> None:
        """Let there be a moment at an instant, even if nothing changes then."""
        self.changes[time].append(lambda: None)

    # Planning

    def _plan_work(self, work: Work) -> None:
        for number, (start, end, state) in enumerate(work.stretches):
            self.changes[start].append(lambda work=work, state=state: self._enter(work, state))  # type: ignore[misc]
            self.changes[end].append(lambda work=work, state=state: self._exit(work, state))  # type: ignore[misc]
            if number and state == BUSY and work.stretches[number - 1][2] == PAUSED:
                self.changes[start].append(lambda work=work: self.moment.resumed.append(work))  # type: ignore[misc]
        self.changes[work.started].append(lambda: self.moment.begun.append(work))

    def _enter(self, work: Work, state: str) -> None:
        for name, units in work.needs.items():
            self.places[name].in_state[state][work] = units
            self.moment.touched.add(name)

    def _exit(self, work: Work, state: str) -> None:
        for name in work.needs:
            self.places[name].in_state[state].pop(work, None)
            self.moment.touched.add(name)

    def _plan_wait(self, visit: Visit) -> None:
        if visit.service is None or visit.queued < 0 or not self.history.element(visit).provider_names:
            return
        end = visit.started if visit.started >= 0 else self.history.until(visit.left)
        line = self.line_by_visit[visit] = line_of(self.history, visit)
        if end > visit.queued:
            self.changes[visit.queued].append(lambda: self._join(line, visit))
            self.changes[end].append(lambda: self._leave(line, visit))

    def _join(self, line: Line, visit: Visit) -> None:
        for name in line.providers:
            self.places[name].lines.setdefault(line, {})[visit] = None
            self.moment.touched.add(name)

    def _leave(self, line: Line, visit: Visit) -> None:
        self.moment.gone[line].append(visit)
        for name in line.providers:
            self.places[name].lines[line].pop(visit, None)
            if not self.places[name].lines[line]:
                del self.places[name].lines[line]
            self.moment.touched.add(name)

    def _plan_staff(self, place: Place) -> None:
        for duty in place.members.values() or (place.duty,):
            time = duty.next_change(-1)
            while time < min(NEVER, self.history.stopped + 1):
                self.changes[time].append(lambda: self.moment.touched.add(place.name))
                time = duty.next_change(time)
        self.changes[0].append(lambda: self.moment.touched.add(place.name))
        for start, end, member in self.history.outages[place.name]:
            if end > start:
                self.changes[start].append(lambda member=member: self._fail(place, member))  # type: ignore[misc]
                self.changes[end].append(lambda member=member: self._repair(place, member))  # type: ignore[misc]

    def _fail(self, place: Place, member: str | None) -> None:
        place.down.append(member)
        self.moment.touched.add(place.name)

    def _repair(self, place: Place, member: str | None) -> None:
        place.down.remove(member)
        self.moment.touched.add(place.name)

    # Asking

    def lines_of(self, names: set[str]) -> dict[Line, dict[Visit, None]]:
        """Every line at some providers."""
        return {line: waiting for name in names for line, waiting in self.places[name].lines.items()}

    def kept(self, name: str, line: Line | None) -> int:
        """Units of a provider that may be kept for others who wait for several providers."""
        return sum(
            len(waiting) * other.alternatives[0][name]
            for other, waiting in self.places[name].lines.items()
            if other.reserve and other != line
        )


def _place(history: History, name: str) -> Place:
    provider = history.chain.providers[name]
    members = {one: history.member_duty(provider, one) for one in sorted(provider.members or {})}
    services = [one for one in history.chain.services.values() if name in one.provider_names]
    apart = [one for one in services if one.setup is not None or one.learning not in (None, 1.0)]
    joint = any(one.providers is not None and dict(one.providers) != {name: 1} for one in services)
    most = max((int(value) for value in history.duty[name].values), default=0)
    return Place(
        name,
        history.duty[name],
        members,
        {one: frozenset(member.skills) for one, member in (provider.members or {}).items()},
        len(members) or max(most, _most_ever(history, name)),
        bool(members) and not joint,
        provider.preemptive,
        provider.off_shift,
        provider.discipline,
        bool(apart) and (len(services) > 1 or any(one.learning not in (None, 1.0) for one in services)),
    )


def _most_ever(history: History, name: str) -> int:
    """The most units that the model ever has on duty, also on days that the run did not reach."""
    staff = history.chain.providers[name].staff
    if staff is None or isinstance(staff, int):
        return staff or 0
    return max((int(value) for value in staff.values()), default=0)


__all__ = ["BUSY", "HELD", "PAUSED", "Floor", "Moment", "Place"]

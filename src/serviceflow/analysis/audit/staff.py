"""Staff: nobody idle while somebody could start, nobody beyond the staff on duty, the urgent first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf

from serviceflow.analysis.audit.fitting import fits
from serviceflow.analysis.audit.floor import BUSY, HELD, PAUSED, Floor, Moment, Place
from serviceflow.analysis.audit.history import History
from serviceflow.analysis.audit.report import Breach
from serviceflow.analysis.audit.visits import Visit
from serviceflow.analysis.audit.works import UNKNOWN, Line, Work

Needs = Mapping[str, int]


class Staff:
    """Looks at the floor after each instant."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.history: History = floor.history
        self.told: set[tuple[str, int]] = set()
        """What has been said of a visit: once is enough."""

    def look(self, moment: Moment) -> Iterator[Breach]:
        """Every breach that begins at an instant."""
        if moment.until > moment.time:
            for name in sorted(moment.touched):
                yield from self._capacity(moment, self.floor.places[name])
            yield from self._idle(moment)
            yield from self._urgency(moment)
        yield from self._members(moment)

    def once(self, kind: str, visit: Visit) -> bool:
        """Whether a breach of this kind has not been told of a visit before."""
        if (kind, visit.row) in self.told:
            return False
        self.told.add((kind, visit.row))
        return True

    # Capacity

    def _capacity(self, moment: Moment, place: Place) -> Iterator[Breach]:
        """No more are at work than are on duty and up; overtime only where work in hand is finished."""
        time, where = moment.time, f"providers.{place.name}"
        busy = place.in_state[BUSY]
        if place.off_shift == "fit":
            busy = {work: units for work, units in busy.items() if not work.first.pauses}
        on_duty, down = place.on_duty(time), place.least_down(time)
        limit = on_duty - down
        if place.off_shift == "finish":
            limit = place.units - len(place.down)
        used = sum(busy.values())
        latest = max(busy, key=lambda work: (work.started, work.first.row), default=None)
        if latest is not None and used > max(limit, 0) and self.once("capacity", latest.first):
            message = f"{used} are at work; {on_duty} are on duty and {len(place.down)} down"
            yield Breach(time, "capacity", where, latest.rows, message)
        yield from self._in_hand(moment, place)

    def _in_hand(self, moment: Moment, place: Place) -> Iterator[Breach]:
        """What was begun since the staff last changed has staff on duty."""
        if self.history.record.staffing.rows:
            return
        since = place.duty.last_change(moment.time)
        hand = {**place.in_state[BUSY], **place.in_state[HELD]}
        begun = sum(units for work, units in hand.items() if work.started >= since)
        on_duty = place.on_duty(moment.time)
        latest = max(hand, key=lambda work: (work.started, work.first.row), default=None)
        if latest is not None and begun > on_duty and self.once("capacity", latest.first):
            message = f"{begun} are in hand that were begun with these staff; {on_duty} are on duty"
            yield Breach(moment.time, "capacity", f"providers.{place.name}", latest.rows, message)

    def _members(self, moment: Moment) -> Iterator[Breach]:
        """Who works has the skill, is on duty at the start, and does one thing at a time."""
        for name in sorted(moment.touched):
            place = self.floor.places[name]
            if place.members and place.told_apart and moment.until > moment.time:
                yield from self._one_thing_each(moment, place)
        for work in moment.begun:
            if work.first.was_at_work:
                continue
            owner = work.first.provider or self.history.keepers[work.first.service or ""]
            if work.member is not None and owner in work.needs:
                yield from self._able(moment, work, self.floor.places[owner])

    def _able(self, moment: Moment, work: Work, place: Place) -> Iterator[Breach]:
        member, where = work.member or "", f"providers.{place.name}"
        if work.skill != UNKNOWN and not place.can(member, work.skill):
            message = f"{member} works, and has not the skill {work.skill!r}"
            yield Breach(moment.time, "skill", where, work.rows, message)
        if place.members[member].at(moment.time) <= 0:
            yield Breach(moment.time, "member", where, work.rows, f"{member} starts, and is not on duty")

    def _one_thing_each(self, moment: Moment, place: Place) -> Iterator[Breach]:
        where = f"providers.{place.name}"
        hand: dict[str, Work] = {}
        for state in (BUSY, HELD):
            for work in place.in_state[state]:
                member = work.member or ""
                if member in hand and self.once("member", work.first):
                    rows = (*hand[member].rows, *work.rows)
                    yield Breach(moment.time, "member", where, rows, f"{member} has two things in hand")
                hand[member] = work
        for work in place.in_state[BUSY]:
            yield from self._present(moment, place, work)

    def _present(self, moment: Moment, place: Place, work: Work) -> Iterator[Breach]:
        """A member at work is on duty and up; overtime is for work in hand."""
        member, where = work.member or "", f"providers.{place.name}"
        away = place.members[member].at(moment.time) <= 0 and place.off_shift != "finish"
        away = away and not (place.off_shift == "fit" and work.first.pauses)
        if (away or member in place.down) and self.once("member", work.first):
            message = f"{member} is at work while {'off duty' if away else 'down'}"
            yield Breach(moment.time, "member", where, work.rows, message)

    # Idle staff

    def _idle(self, moment: Moment) -> Iterator[Breach]:
        """Nobody who could start waits while all that it needs is free."""
        for line, waiting in self.floor.lines_of(moment.touched).items():
            if line.reserve and any(self.floor.places[name].off_shift == "fit" for name in line.providers):
                continue  # the first in line may keep what only those behind it would fit into
            for needs in line.alternatives:
                if self._are_free(moment.time, needs, line):
                    yield from self._could_start(moment, needs, waiting)
                    break
        yield from self._could_resume(moment)

    def _are_free(self, time: int, needs: Needs, line: Line) -> bool:
        return all(
            self.floor.places[name].least_free(time, line.skill) - self.floor.kept(name, line) >= units
            for name, units in needs.items()
        )

    def _could_start(self, moment: Moment, needs: Needs, waiting: Mapping[Visit, None]) -> Iterator[Breach]:
        for visit in waiting:
            if fits(self.floor, moment.time, visit, needs) and self.once("work conservation", visit):
                message = f"it waits while all that it needs is free: {listed(needs)}"
                where = f"services.{visit.service}"
                yield Breach(moment.time, "work conservation", where, visit.rows, message)
                return

    def _could_resume(self, moment: Moment) -> Iterator[Breach]:
        paused = {work: None for name in moment.touched for work in self.floor.places[name].in_state[PAUSED]}
        for work in paused:
            back = all(self._back(moment.time, work, name) for name in work.needs)
            if back and self.once("work conservation", work.first):
                message = f"its work stands still while all that it needs is free: {listed(work.needs)}"
                where = f"services.{work.service}"
                yield Breach(moment.time, "work conservation", where, work.rows, message)

    def _back(self, time: int, work: Work, name: str) -> bool:
        """Whether a provider's staff are free for work of theirs that stands still."""
        place = self.floor.places[name]
        units = work.needs[name]
        if place.keeps or place.off_shift == "fit":
            return False
        if place.members:
            return place.told_apart and work.member in place.idle_members(time, None)
        own = units if len(work.needs) > 1 and place.kept_by_pauses(time) >= units else 0
        return place.least_free(time, None) + own - self.floor.kept(name, None) >= units

    # Urgency

    def _urgency(self, moment: Moment) -> Iterator[Breach]:
        """No less urgent work is in hand while more urgent work, queued or paused, could have its staff."""
        for name in sorted(moment.touched):
            place = self.floor.places[name]
            if place.preemptive and place.in_state[BUSY]:
                worst = max((work.least if work.least is not None else -inf) for work in place.in_state[BUSY])
                yield from self._queued_urgent(moment, place, worst)
                yield from self._paused_urgent(moment, place, worst)

    def _queued_urgent(self, moment: Moment, place: Place, worst: float) -> Iterator[Breach]:
        for line, waiting in place.lines.items():
            if self.floor.kept(place.name, line):
                continue  # what is set free may have to be kept for another
            numbers = {visit: self._number(visit) for visit in waiting}
            urgent = [visit for visit, number in numbers.items() if number is not None and number < worst]
            for visit in urgent:
                number = numbers[visit]
                assert number is not None
                if any(
                    place.name in needs
                    and fits(self.floor, moment.time, visit, needs)
                    and all(self._gained(moment.time, q, k, line, number) for q, k in needs.items())
                    for needs in line.alternatives
                ) and self.once("urgency", visit):
                    where = f"providers.{place.name}"
                    message = "it waits, and less urgent work that it may interrupt goes on"
                    yield Breach(moment.time, "urgency", where, visit.rows, message)

    def _number(self, visit: Visit) -> float | None:
        """The priority of a visit that waits; None for one in a batch, which has no priority of its own."""
        return None if self.history.element(visit).batch is not None else self.history.priority(visit)

    def _gained(self, time: int, name: str, units: int, line: Line, number: float) -> bool:
        """Whether enough staff of a provider are free, or on less urgent work that may be interrupted."""
        place = self.floor.places[name]
        free = place.least_free(time, line.skill) - self.floor.kept(name, line)
        if not place.preemptive:
            return free >= units
        return free + sum(self._victims(place, time, line.skill, number).values()) >= units

    def _victims(self, place: Place, time: int, skill: str | None, number: float) -> dict[Work, int]:
        found = {}
        for work, units in place.in_state[BUSY].items():
            if work.least is None or work.least <= number:
                continue
            if place.members and (not place.told_apart or work.member not in place.has_members(time, skill)):
                continue
            found[work] = units
        return found

    def _paused_urgent(self, moment: Moment, place: Place, worst: float) -> Iterator[Breach]:
        for work in list(place.in_state[PAUSED]):
            if work.most is None or work.most >= worst or len(work.needs) > 1:
                continue
            if self._wins_back(moment.time, work, place) and self.once("urgency", work.first):
                message = "its work stands still, and less urgent work that it may interrupt goes on"
                yield Breach(moment.time, "urgency", f"providers.{place.name}", work.rows, message)

    def _wins_back(self, time: int, work: Work, place: Place) -> bool:
        if place.keeps or place.off_shift == "fit" or work.most is None:
            return False
        victims = self._victims(place, time, None, work.most)
        if place.members:
            return place.told_apart and any(victim.member == work.member for victim in victims)
        if self.floor.kept(place.name, None):
            return False
        free = place.least_free(time, None)
        return free + sum(victims.values()) >= work.needs[place.name]


def listed(needs: Needs) -> str:
    """Providers and units in words."""
    return ", ".join(f"{units} of {name}" for name, units in needs.items())

"""Providers in a run: who is on duty, who is at work on what, and whose work stands still.

A :class:`Provider` counts its staff; they are interchangeable, and so is the one who resumes paused work. A
:class:`NamedProvider` knows its units by name: they are members, keep a setup or gain experience; paused
work waits for its own unit. Whatever changes a team calls :meth:`Provider.note` first, so that the causes
of waiting are put down as they were until now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import ANY, NEVER, STAFF
from serviceflow.engine.program.plans import ProviderPlan
from serviceflow.engine.reference.entities import Visit

if TYPE_CHECKING:
    from serviceflow.engine.reference.engine import Engine, Event
    from serviceflow.engine.reference.queues import Line


class Unit:
    """One member of a crew."""

    def __init__(self, index: int, speed: float, skills: frozenset[int], experience: float) -> None:
        self.index = index
        self.speed = speed
        self.skills = skills
        self.on_duty = False
        self.down = False
        self.visit: Visit | None = None
        self.set_to = -1
        """The service of its last work."""
        self.initial = experience
        self.experience: dict[int, float] = {}

    def can(self, skill: int) -> bool:
        return skill == ANY or skill in self.skills

    @property
    def idle(self) -> bool:
        return self.on_duty and not self.down and self.visit is None


class Provider:
    """A provider whose staff are a number."""

    def __init__(self, engine: Engine, plan: ProviderPlan) -> None:
        self.engine = engine
        self.plan = plan
        self.index = plan.index
        self.on_duty = 0
        self.down = 0
        self.lent = 0
        """How many a policy has moved here, beyond the schedule."""
        self.occupied = 0
        """Units that have a visit in hand: at work, held by a call or a block."""
        self.held = 0
        """Units free of work that are blocked or await an answer."""
        self.active: dict[Visit, None] = {}
        """Visits at work, in order of start."""
        self.paused: list[Visit] = []
        self.lines: list[Line] = []
        self.tracked: list[Line] = []
        self.waiting = 0
        """Places taken in the queue, those of requests on their way included where it blocks."""
        self.blocked: list[tuple[int, int, int, Visit]] = []
        """Who waits for a place: since when, arrival, identity, visit."""
        self.plain = False
        """Whether it has one line and nothing to choose: the quick way to the next work."""
        self.selections = 0
        self.broken: dict[int, int] = {}
        """Clocks of outages that have run out, and since when."""

    # What others ask

    def count_on_duty(self, skill: int) -> int:
        return self.on_duty

    def count_down(self, skill: int) -> int:
        return self.down

    @property
    def free(self) -> int:
        """Units on duty with nothing in hand; negative while overtime is worked."""
        return self.on_duty - self.down - self.occupied

    def spare(self, skill: int) -> int:
        """How many units could start work that asks for `skill` now."""
        return self.on_duty - self.down - self.occupied

    def has_room(self) -> bool:
        """Whether one more may come: a unit would be free for it, or a place in the queue."""
        limit = self.plan.queue_limit
        return limit < 0 or self.waiting < limit + max(self.free, 0)

    def note(self) -> None:
        now = self.engine.now
        for line in self.tracked:
            line.note(now)

    # Taking and giving back

    def take(self, visit: Visit, units: int, skill: int) -> list[Unit]:
        self.note()
        self.occupied += units
        self.active[visit] = None
        return []

    def give_back(self, visit: Visit, units: int, which: list[Unit]) -> None:
        self.note()
        self.occupied -= units
        self.active.pop(visit, None)

    def hold(self, visit: Visit, units: int) -> None:
        """The visit keeps its staff from now on without work for them."""
        self.note()
        self.held += units
        self.active.pop(visit, None)

    def unhold(self, visit: Visit, units: int) -> None:
        self.note()
        self.held -= units
        self.active[visit] = None

    def pause(self, visit: Visit, cause: str) -> None:
        """Put a visit's work aside; its staff are free for others."""
        self.note()
        self.active.pop(visit)
        self.occupied -= self.units_of(visit)
        self.paused.append(visit)
        self.engine.pauses.suspend(visit, cause)

    def resume(self, visit: Visit) -> None:
        self.note()
        self.paused.remove(visit)
        self.occupied += self.units_of(visit)
        self.active[visit] = None
        self.engine.pauses.unsuspend(visit)

    def units_of(self, visit: Visit) -> int:
        return next(units for team, units, _ in visit.grants if team is self)

    def can_resume(self, visit: Visit) -> bool:
        return self.free >= self.units_of(visit)

    def freed_by(self, work: Visit, skill: int) -> int:
        """How many units could start other work, were `work` put aside."""
        return self.units_of(work)

    def pausable(self) -> list[Visit]:
        return list(self.active)

    # Staff come and go

    def change_staff(self, number: int) -> None:
        """Set how many are on duty; when they are fewer, idle staff go first, then the latest started."""
        self.note()
        self.on_duty = number
        if self.plan.off_shift == "pause":
            while self.free < 0 and self.active:
                self.pause(latest_started(self.active), "off_shift")
        self.recause_pauses()

    def follow_schedule(self, clock: int) -> None:
        """Bring the staff to what the schedule says now (of unit `clock`, where units have their own)."""
        self.change_staff(max(int(self.plan.staff.at(self.engine.now)) + self.lent, 0))
        self.engine.staff.staff_changed(self)

    def lend(self, count: int) -> None:
        """Have `count` more from now on (fewer if negative), as a policy says."""
        self.lent += count
        self.follow_schedule(0)
        self.engine.dispatching.touch(self)

    def clocks(self) -> Iterator[tuple[int, int]]:
        """Each schedule to follow, and the instant of its next change."""
        yield 0, self.plan.staff.next_change(self.engine.now)

    def next_change(self, clock: int) -> int:
        return self.plan.staff.next_change(self.engine.now)

    def fail(self, clock: int) -> None:
        """A unit breaks down: an idle one first, else the one that started latest."""
        self.note()
        idle = self.free > 0
        self.down += 1
        self.broken[clock] = self.engine.now
        if not idle and self.active:
            self.pause(latest_started(self.active), "outage")
        self.recause_pauses()

    def repair(self, clock: int) -> tuple[int, int]:
        """The unit works again; gives its number (-1 where staff are a number) and since when it was down."""
        self.note()
        self.down -= 1
        since = self.broken.pop(clock)
        self.resume_overtime()
        self.recause_pauses()
        return -1, since

    def resume_overtime(self) -> None:
        """Work that an outage interrupted in overtime goes on in overtime."""
        if self.plan.off_shift == "finish" and self.free <= 0:
            interrupted = [visit for visit in self.paused if visit.pause_reason == "outage"]
            if interrupted and self.occupied + self.down < self.plan.units:
                self.resume(min(interrupted, key=resume_order))

    def recause_pauses(self) -> None:
        """Paused work changes its cause with the staff: nobody on duty, everybody down, or as it began."""
        if not self.paused:
            return
        if self.on_duty <= 0:
            cause = "off_shift"
        elif self.on_duty <= self.down:
            cause = "outage"
        else:
            cause = ""
        for visit in self.paused:
            self.engine.pauses.recause(visit, cause or visit.pause_reason)

    # The end of a shift

    def fits(self, visit: Visit, ticks: int, aside: Collection[Visit] = ()) -> bool:
        """Whether work of `ticks` would end before staff drop below what is then in hand, less `aside`."""
        if self.plan.off_shift != "fit":
            return True
        now = self.engine.now
        end = now + ticks
        change = self.plan.staff.next_change(now)
        while change < end:
            in_hand = 1 + sum(
                work.resumed + work.remaining > change for work in self.active if work not in aside
            )
            if in_hand > self.plan.staff.at(change):
                return False
            change = self.plan.staff.next_change(change)
        return True

    def speed(self, which: list[Unit]) -> float:
        return 1.0


class NamedProvider(Provider):
    """A provider whose units have an identity."""

    def __init__(self, engine: Engine, plan: ProviderPlan) -> None:
        super().__init__(engine, plan)
        self.units = (
            [Unit(i, m.speed, m.skills, m.experience) for i, m in enumerate(plan.members)]
            if plan.members
            else [Unit(i, 1.0, frozenset(), 0.0) for i in range(plan.units)]
        )
        self.failed: dict[int, Unit] = {}

    def count_on_duty(self, skill: int) -> int:
        return sum(unit.on_duty and unit.can(skill) for unit in self.units)

    def count_down(self, skill: int) -> int:
        return sum(unit.on_duty and unit.down and unit.can(skill) for unit in self.units)

    @property
    def free(self) -> int:
        return sum(unit.idle for unit in self.units)

    def spare(self, skill: int) -> int:
        return sum(unit.idle and unit.can(skill) for unit in self.units)

    def choose(self, visit: Visit, units: int, skill: int) -> list[Unit]:
        """Idle units: already set to the service first, then without paused work, then in order."""
        tied = {unit for paused in self.paused for unit in self.units_tied(paused)}
        idle = [unit for unit in self.units if unit.idle and unit.can(skill)]
        idle.sort(key=lambda unit: (unit.set_to != visit.service, unit in tied, unit.index))
        return idle[:units]

    def take(self, visit: Visit, units: int, skill: int) -> list[Unit]:
        self.note()
        which = self.choose(visit, units, skill)
        for unit in which:
            unit.visit = visit
        self.occupied += units
        self.active[visit] = None
        return which

    def give_back(self, visit: Visit, units: int, which: list[Unit]) -> None:
        super().give_back(visit, units, which)
        for unit in which:
            unit.visit = None

    def pause(self, visit: Visit, cause: str) -> None:
        self.note()
        for unit in self.units_tied(visit):
            unit.visit = None
        super().pause(visit, cause)

    def resume(self, visit: Visit) -> None:
        self.note()
        for unit in self.units_tied(visit):
            unit.visit = visit
        super().resume(visit)

    def units_tied(self, visit: Visit) -> list[Unit]:
        return next(which for team, _, which in visit.grants if team is self)

    def can_resume(self, visit: Visit) -> bool:
        return all(unit.idle for unit in self.units_tied(visit))

    def freed_by(self, work: Visit, skill: int) -> int:
        return sum(unit.on_duty and not unit.down and unit.can(skill) for unit in self.units_tied(work))

    # Staff come and go

    def clocks(self) -> Iterator[tuple[int, int]]:
        if not self.plan.members:
            yield from super().clocks()
            return
        for index, member in enumerate(self.plan.members):
            yield index, member.schedule.next_change(self.engine.now)

    def next_change(self, clock: int) -> int:
        if not self.plan.members:
            return super().next_change(clock)
        return self.plan.members[clock].schedule.next_change(self.engine.now)

    def follow_schedule(self, clock: int) -> None:
        if not self.plan.members:
            super().follow_schedule(clock)
            return
        self.note()
        on_duty = self.plan.members[clock].schedule.at(self.engine.now) > 0
        self.set_duty(self.units[clock], on_duty)
        self.recause_pauses()

    def change_staff(self, number: int) -> None:
        self.note()
        while self.on_duty < number:
            away = [unit for unit in self.units if not unit.on_duty]
            if not away:
                break
            self.set_duty(min(away, key=self.return_order), True)
        while self.on_duty > number:
            self.set_duty(max((u for u in self.units if u.on_duty), key=self.leaving_order), False)
        self.recause_pauses()

    def return_order(self, unit: Unit) -> tuple[object, ...]:
        """Who still works comes on duty first, then who has paused work."""
        tied = [resume_order(visit) for visit in self.paused if unit in self.units_tied(visit)]
        return (unit.visit is None, not tied, min(tied, default=()), unit.index)

    def leaving_order(self, unit: Unit) -> tuple[object, ...]:
        """The largest goes: idle staff, then the latest started."""
        if unit.visit is None:
            return (1, 0, 0, 0, unit.index)
        return (0, *start_order(unit.visit), unit.index)

    def set_duty(self, unit: Unit, on_duty: bool) -> None:
        if unit.on_duty == on_duty:
            return
        unit.on_duty = on_duty
        self.on_duty += 1 if on_duty else -1
        if not on_duty and unit.visit in self.active and self.plan.off_shift == "pause":
            assert unit.visit is not None
            self.pause(unit.visit, "off_shift")

    def fail(self, clock: int) -> None:
        self.note()
        unit = self.units[clock] if self.plan.members else self.next_to_fail()
        self.failed[clock] = unit
        self.broken[clock] = self.engine.now
        unit.down = True
        self.down += 1
        if unit.visit is not None and unit.visit in self.active:
            self.pause(unit.visit, "outage")
        self.recause_pauses()

    def next_to_fail(self) -> Unit:
        """An idle unit on duty first, then the latest started, then whoever is away."""
        up = [unit for unit in self.units if not unit.down]
        on_duty = [unit for unit in up if unit.on_duty] or up
        return max(on_duty, key=self.leaving_order)

    def repair(self, clock: int) -> tuple[int, int]:
        self.note()
        unit = self.failed.pop(clock)
        unit.down = False
        self.down -= 1
        since = self.broken.pop(clock)
        self.resume_own_overtime(unit)
        self.recause_pauses()
        return (unit.index if self.plan.members else -1), since

    def resume_own_overtime(self, unit: Unit) -> None:
        if self.plan.off_shift == "finish" and not unit.on_duty and unit.visit is None:
            own = [v for v in self.paused if self.units_tied(v) == [unit] and v.pause_reason == "outage"]
            if own:
                self.resume(min(own, key=resume_order))

    def fits(self, visit: Visit, ticks: int, aside: Collection[Visit] = ()) -> bool:
        if self.plan.off_shift != "fit" or not self.plan.members:
            return super().fits(visit, ticks, aside)
        skill = visit.line.skill if visit.line else ANY
        units = self.choose(visit, 1, skill)
        units += [unit for work in aside for unit in self.units_tied(work) if unit.can(skill)]
        if not units:
            return False
        schedule = self.plan.members[units[0].index].schedule
        return min(schedule.next_change(self.engine.now), NEVER) >= self.engine.now + ticks

    def speed(self, which: list[Unit]) -> float:
        return which[0].speed


def start_order(visit: Visit) -> tuple[int, int, int]:
    return (visit.started, visit.arrived, visit.identity)


def latest_started(visits: dict[Visit, None]) -> Visit:
    return max(visits, key=start_order)


def resume_order(visit: Visit) -> tuple[float, int, int, int]:
    """Paused work resumes by priority, then as it was started."""
    return (visit.priority, *start_order(visit))


class Staff:
    """The staff of a run: who comes and goes, and who is held."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def open_provider(self, team: Provider) -> None:
        for clock, change in team.clocks():
            team.follow_schedule(clock)
            self.plan_staff_change(team, clock, change)
        self.engine.arrivals.plan_failures(team)

    def plan_staff_change(self, team: Provider, clock: int, change: int) -> None:
        if change < NEVER:
            number = (team.index << 20) | clock
            self.engine.plan(change, STAFF, number, self.on_staff_change, (team, clock))

    def on_staff_change(self, event: Event) -> None:
        team, clock = event.about
        team.follow_schedule(clock)
        self.engine.dispatching.touch(team)
        self.plan_staff_change(team, clock, team.next_change(clock))

    def staff_changed(self, team: Provider) -> None:
        """Where a policy may move staff, the record says how many are on duty."""
        if self.engine.behaviours.policies:
            self.engine.recorder.staffing(team.index, self.engine.now, team.on_duty)

    def hold(self, visit: Visit) -> None:
        """Keep the staff without work, until an answer comes or there is room ahead."""
        visit.since = self.engine.now
        for team, units, _ in visit.grants:
            team.hold(visit, units)
            self.engine.dispatching.touch(team)

    def unhold(self, visit: Visit) -> None:
        for team, units, _ in visit.grants:
            team.unhold(visit, units)

    def release(self, visit: Visit) -> None:
        grants, visit.grants = visit.grants, []
        for team, units, which in grants:
            team.give_back(visit, units, which)
            self.engine.dispatching.touch(team)

    def respect_shift(self, visit: Visit) -> None:
        """Staff whose shift ended while they were held put the work aside."""
        for team, _, which in visit.grants:
            away = any(not unit.on_duty for unit in which) if which else team.free < 0
            down = any(unit.down for unit in which)
            if (away and team.plan.off_shift == "pause") or down:
                team.pause(visit, "outage" if down else "off_shift")

"""Providers in a run: who is on duty, who is at work on what, and whose work stands still.

A :class:`Provider` counts its staff; they are interchangeable, and so is the one who resumes paused work. A
:class:`Crew` counts them as well, and knows what each of them is set to or has learned: nothing else may
depend on that. :class:`Members` are told apart in everything; paused work waits for its own member. Whatever
changes a team calls :meth:`Provider.note` first, so that the causes of waiting are put down as they were
until now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import ANY, NEVER, NONE, STAFF
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
        self.since = 0
        """Since when it has the visit in hand."""
        self.worked = 0
        """Ticks in which it had a visit in hand, those since `since` left out."""
        self.set_to = -1
        """The service of its last work."""
        self.initial = experience
        self.experience: dict[int, float] = {}

    def can(self, skill: int) -> bool:
        return skill == ANY or skill in self.skills

    def changes(self, service: int) -> bool:
        """Whether it comes to a service from another one."""
        return self.set_to not in (NONE, service)

    def is_free(self, aside: Collection[Visit] = ()) -> bool:
        """Whether it is up with nothing in hand but work that is put aside."""
        return not self.down and (self.visit is None or self.visit in aside)

    def worked_until(self, now: int) -> int:
        return self.worked + (0 if self.visit is None else now - self.since)

    @property
    def idle(self) -> bool:
        return self.on_duty and not self.down and self.visit is None

    def take_up(self, visit: Visit, now: int) -> None:
        self.visit, self.since = visit, now

    def put_down(self, now: int) -> None:
        self.visit = None
        self.worked += now - self.since


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
        self.group: list[Provider] = [self]
        """Itself and those that it meets in lines for several providers."""
        self.tracked: list[Line] = []
        self.waiting = 0
        """Places taken in the queue, those of requests on their way included where it blocks."""
        self.fresh: list[Visit] = []
        """Who has come to the queue at this instant, and is refused if there is no place for it."""
        self.blocked: list[tuple[int, int, int, int, int, Visit]] = []
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
        """Units on duty that are down; of those who are away nobody is missed."""
        return min(self.down, self.on_duty)

    def count_held(self, skill: int) -> int:
        return self.held

    def works(self, skill: int) -> Iterable[Visit]:
        """The work that keeps those who could do what asks for `skill`."""
        return self.active

    @property
    def free(self) -> int:
        """Units on duty with nothing in hand; negative while overtime is worked."""
        return self.on_duty - self.down - self.occupied

    def spare(self, skill: int) -> int:
        """How many units could start work that asks for `skill` now."""
        return self.on_duty - self.down - self.occupied

    def note(self) -> None:
        now = self.engine.now
        for line in self.tracked:
            line.note(now)

    # Taking and giving back

    def candidates(self, visit: Visit, skill: int, aside: Collection[Visit] = ()) -> list[Unit]:
        """Who could start on a visit were the work `aside` put down, as chosen; none is known by name."""
        return []

    def take(self, visit: Visit, units: int, skill: int, which: list[Unit] | None = None) -> list[Unit]:
        """Put staff on a visit: those who have been chosen, or the first of those who could start."""
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

    def put_aside(self, visit: Visit) -> None:
        """A visit's work stands still; its staff are free for others."""
        self.note()
        self.active.pop(visit)
        self.occupied -= self.units_of(visit)
        self.paused.append(visit)

    def take_up(self, visit: Visit) -> None:
        """A visit's work goes on."""
        self.note()
        self.paused.remove(visit)
        self.occupied += self.units_of(visit)
        self.active[visit] = None

    def forget(self, visit: Visit) -> None:
        """Nobody will go on with a visit whose work stands still."""
        self.note()
        self.paused.remove(visit)

    def units_of(self, visit: Visit) -> int:
        return next(units for team, units, _ in visit.grants if team is self)

    def missing(self, visit: Visit, kept: int) -> int:
        """How many units paused work lacks to go on, when so many are kept for others."""
        return self.units_of(visit) + kept - self.free

    def freed_by(self, work: Visit, skill: int) -> int:
        """How many units could start other work, were `work` put aside."""
        return self.units_of(work)

    def freed_for(self, visit: Visit, work: Visit) -> int:
        """How many units could go on with the paused work of a visit, were `work` put aside."""
        return self.units_of(work)

    def why_not(self, visit: Visit) -> str:
        """What keeps the staff of paused work away: nobody is on duty, or everybody there is down."""
        if self.on_duty <= 0:
            return "off_shift"
        return "outage" if self.on_duty <= self.down else ""

    def why_absent(self, visit: Visit) -> str:
        """Why staff who were held may not go on with the work of a visit now; nothing if they may."""
        if self.plan.off_shift == "pause" and self.free < 0:
            return "outage" if self.on_duty >= self.occupied else "off_shift"
        return "outage" if self.occupied + self.down > self.most else ""

    @property
    def most(self) -> int:
        """The units that there are, on duty or not."""
        return max(self.plan.units, self.on_duty)

    # Staff come and go

    def change_staff(self, number: int) -> None:
        """Set how many are on duty; when they are fewer, idle staff go first, then the latest started."""
        self.note()
        self.on_duty = number
        if self.plan.off_shift == "pause":
            while self.free < 0 and self.active:
                self.engine.staff.pause(latest_started(self.active), "off_shift")
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
        """A unit breaks down: an idle one on duty first, else one at work there, else one who is away."""
        self.note()
        stopped = self.stopped_by_outage()
        self.down += 1
        self.broken[clock] = self.engine.now
        if stopped is not None:
            self.engine.staff.pause(stopped, "outage")
        self.recause_pauses()

    def stopped_by_outage(self) -> Visit | None:
        """The work of the unit that breaks down: that which started latest, unless somebody is idle."""
        away = self.on_duty <= self.down and self.occupied + self.down < self.most
        if self.free > 0 or away or not self.active:
            return None
        return latest_started(self.active)

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
        if self.plan.off_shift == "finish" and self.free <= 0 and self.occupied + self.down < self.most:
            self.engine.staff.resume_first(self, [v for v in self.paused if self.units_of(v) == 1])

    def recause_pauses(self) -> None:
        """Paused work changes its cause with the staff: nobody on duty, everybody down, or as it began."""
        for visit in self.paused:
            self.engine.pauses.recause(visit)

    # The end of a shift

    def stays(self, unit: Unit, end: int) -> bool:
        """Whether the shift of a unit on duty ends no earlier, where it starts only what it can finish."""
        return True

    def lasts(self, units: int, end: int, aside: Collection[Visit] = ()) -> bool:
        """Whether staff never drop below `units` more than is then in hand, less `aside`, before the end."""
        if self.plan.off_shift != "fit":
            return True
        change = self.plan.staff.next_change(self.engine.now)
        while change < end:
            in_hand = sum(
                self.units_of(work)
                for work in self.active
                if work not in aside and work.resumed + work.remaining > change
            )
            if in_hand + units > self.plan.staff.at(change):
                return False
            change = self.plan.staff.next_change(change)
        return True


class NamedProvider(Provider):
    """A provider whose units are told apart."""

    def __init__(self, engine: Engine, plan: ProviderPlan) -> None:
        super().__init__(engine, plan)
        self.units = (
            [Unit(i, m.speed, m.skills, m.experience) for i, m in enumerate(plan.members)]
            if plan.members
            else [Unit(i, 1.0, frozenset(), 0.0) for i in range(plan.units)]
        )
        self.failed: dict[int, Unit] = {}

    def idle_units(self, skill: int, aside: Collection[Visit] = ()) -> list[Unit]:
        """Who could start work that asks for `skill` now, were the work `aside` put down."""
        raise NotImplementedError

    def preference(self, unit: Unit, visit: Visit, tied: set[Unit]) -> tuple[int, ...]:
        """The least is chosen: already set to the service, without paused work, then in order."""
        return (unit.set_to != visit.service, unit in tied, unit.index)

    def candidates(self, visit: Visit, skill: int, aside: Collection[Visit] = ()) -> list[Unit]:
        idle = self.idle_units(skill, aside)
        tied = {unit for paused in self.paused for unit in self.units_tied(paused)}
        tied.update(unit for unit in idle if unit.visit is not None)
        return sorted(idle, key=lambda unit: self.preference(unit, visit, tied))

    def take(self, visit: Visit, units: int, skill: int, which: list[Unit] | None = None) -> list[Unit]:
        self.note()
        if which is None:
            which = self.candidates(visit, skill)[:units]
        for unit in which:
            unit.take_up(visit, self.engine.now)
        self.occupied += units
        self.active[visit] = None
        return which

    def give_back(self, visit: Visit, units: int, which: list[Unit]) -> None:
        super().give_back(visit, units, which)
        for unit in which:
            unit.put_down(self.engine.now)

    def put_aside(self, visit: Visit) -> None:
        super().put_aside(visit)
        for unit in self.units_tied(visit):
            unit.put_down(self.engine.now)

    def take_up(self, visit: Visit) -> None:
        super().take_up(visit)
        for unit in self.units_tied(visit):
            unit.take_up(visit, self.engine.now)

    def units_tied(self, visit: Visit) -> list[Unit]:
        return next(which for team, _, which in visit.grants if team is self)


class Crew(NamedProvider):
    """Staff who are a number, of whom each keeps a setup or gains experience.

    How many may work is counted as in any provider. Which of them are there is settled when it matters: of
    those who are idle and up, the first.
    """

    def idle_units(self, skill: int, aside: Collection[Visit] = ()) -> list[Unit]:
        idle = [unit for unit in self.units if unit.is_free(aside)]
        set_free = sum(self.units_of(work) for work in self.active if work in aside)
        return idle[: max(self.free + set_free, 0)]

    def take_up(self, visit: Visit) -> None:
        """Paused work goes on: with its own units if they are idle, else with others."""
        tied = self.units_tied(visit)
        idle = [unit for unit in self.units if unit.visit is None and not unit.down]
        idle.sort(key=lambda unit: (unit not in tied, unit.set_to != visit.service, unit.index))
        tied[:] = idle[: len(tied)]
        super().take_up(visit)
        for unit in tied:
            unit.set_to = visit.service

    def fail(self, clock: int) -> None:
        unit = self.next_to_fail()
        super().fail(clock)
        unit.down = True
        self.failed[clock] = unit

    def next_to_fail(self) -> Unit:
        """An idle one, the last of them; else that of the work which stops, or of work in hand."""
        stopped = self.stopped_by_outage()
        up = [unit for unit in self.units if not unit.down]
        if stopped is not None:
            own = [unit for unit in self.units_tied(stopped) if not unit.down]
            return (own or up)[-1]
        idle = self.idle_units(ANY) or [unit for unit in up if unit.visit is None]
        return (idle or up)[-1]

    def repair(self, clock: int) -> tuple[int, int]:
        self.failed.pop(clock).down = False
        return super().repair(clock)


class Members(NamedProvider):
    """Staff by name, each with a calendar, skills and speed."""

    def count_on_duty(self, skill: int) -> int:
        return sum(unit.on_duty and unit.can(skill) for unit in self.units)

    def count_down(self, skill: int) -> int:
        return sum(unit.on_duty and unit.down and unit.can(skill) for unit in self.units)

    def count_held(self, skill: int) -> int:
        return sum(
            unit.can(skill) for unit in self.units if unit.visit is not None and unit.visit not in self.active
        )

    def works(self, skill: int) -> Iterable[Visit]:
        working = [unit.visit for unit in self.units if unit.visit is not None and unit.can(skill)]
        return [visit for visit in working if visit in self.active]

    @property
    def free(self) -> int:
        return sum(unit.idle for unit in self.units)

    def spare(self, skill: int) -> int:
        return sum(unit.idle and unit.can(skill) for unit in self.units)

    def idle_units(self, skill: int, aside: Collection[Visit] = ()) -> list[Unit]:
        return [unit for unit in self.units if unit.on_duty and unit.is_free(aside) and unit.can(skill)]

    def preference(self, unit: Unit, visit: Visit, tied: set[Unit]) -> tuple[int, ...]:
        """Set to the service, without paused work, of the fewest skills, least worked, then as listed."""
        listed = self.plan.members[unit.index].listed
        worked = unit.worked_until(self.engine.now)
        return (unit.set_to != visit.service, unit in tied, len(unit.skills), worked, listed)

    def stays(self, unit: Unit, end: int) -> bool:
        schedule = self.plan.members[unit.index].schedule
        return self.plan.off_shift != "fit" or schedule.next_change(self.engine.now) >= end

    def lasts(self, units: int, end: int, aside: Collection[Visit] = ()) -> bool:
        return True

    def missing(self, visit: Visit, kept: int) -> int:
        tied = self.units_tied(visit)
        return max(sum(not unit.idle for unit in tied), len(tied) + kept - self.free)

    def freed_by(self, work: Visit, skill: int) -> int:
        return sum(unit.on_duty and not unit.down and unit.can(skill) for unit in self.units_tied(work))

    def freed_for(self, visit: Visit, work: Visit) -> int:
        tied = self.units_tied(visit)
        return sum(unit.on_duty and not unit.down and unit in tied for unit in self.units_tied(work))

    def why_not(self, visit: Visit) -> str:
        tied = self.units_tied(visit)
        if not all(unit.on_duty for unit in tied):
            return "off_shift"
        return "outage" if any(unit.down for unit in tied) else ""

    def why_absent(self, visit: Visit) -> str:
        tied = self.units_tied(visit)
        if any(unit.down for unit in tied):
            return "outage"
        away = any(not unit.on_duty for unit in tied)
        return "off_shift" if away and self.plan.off_shift == "pause" else ""

    # Staff come and go

    def clocks(self) -> Iterator[tuple[int, int]]:
        for index, member in enumerate(self.plan.members):
            yield index, member.schedule.next_change(self.engine.now)

    def next_change(self, clock: int) -> int:
        return self.plan.members[clock].schedule.next_change(self.engine.now)

    def follow_schedule(self, clock: int) -> None:
        self.note()
        on_duty = self.plan.members[clock].schedule.at(self.engine.now) > 0
        self.set_duty(self.units[clock], on_duty)
        self.recause_pauses()

    def set_duty(self, unit: Unit, on_duty: bool) -> None:
        if unit.on_duty == on_duty:
            return
        unit.on_duty = on_duty
        self.on_duty += 1 if on_duty else -1
        if not on_duty and unit.visit in self.active and self.plan.off_shift == "pause":
            assert unit.visit is not None
            self.engine.staff.pause(unit.visit, "off_shift")

    def fail(self, clock: int) -> None:
        self.note()
        unit = self.units[clock]
        self.failed[clock] = unit
        self.broken[clock] = self.engine.now
        unit.down = True
        self.down += 1
        if unit.visit is not None and unit.visit in self.active:
            self.engine.staff.pause(unit.visit, "outage")
        self.recause_pauses()

    def repair(self, clock: int) -> tuple[int, int]:
        self.note()
        unit = self.failed.pop(clock)
        unit.down = False
        self.down -= 1
        since = self.broken.pop(clock)
        if self.plan.off_shift == "finish" and not unit.on_duty and unit.visit is None:
            self.engine.staff.resume_first(self, [v for v in self.paused if self.units_tied(v) == [unit]])
        self.recause_pauses()
        return unit.index, since


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
            self.engine.dispatching.touch(team)  # More urgent work may interrupt it from now on.

    def release(self, visit: Visit) -> None:
        grants, visit.grants = visit.grants, []
        for team, units, which in grants:
            team.give_back(visit, units, which)
            self.engine.dispatching.touch(team)

    def pause(self, visit: Visit, cause: str) -> None:
        """Put a visit's work aside; all its staff are free for others until it can go on."""
        for team, _, _ in visit.grants:
            team.put_aside(visit)
            self.engine.dispatching.touch(team)
        self.engine.pauses.suspend(visit, cause)
        self.engine.pauses.recause(visit)

    def resume(self, visit: Visit) -> None:
        """All that paused work needs is there again."""
        for team, _, _ in visit.grants:
            team.take_up(visit)
        self.engine.pauses.unsuspend(visit)

    def forget(self, visit: Visit) -> None:
        """Work that stands still is over."""
        grants, visit.grants = visit.grants, []
        for team, _, _ in grants:
            team.forget(visit)
            self.engine.dispatching.touch(team)

    def resume_first(self, team: Provider, paused: list[Visit]) -> None:
        """In overtime, go on with the first of what an outage interrupted at a provider."""
        ready = [
            visit
            for visit in paused
            if visit.pause_reason == "outage"
            and all(other is team or other.missing(visit, 0) <= 0 for other, _, _ in visit.grants)
        ]
        if ready:
            self.resume(min(ready, key=resume_order))

    def respect_shift(self, visit: Visit) -> None:
        """Staff whose shift ended or who broke down while they were held put the work aside."""
        causes = [team.why_absent(visit) for team, _, _ in visit.grants]
        for cause in ("off_shift", "outage"):
            if cause in causes:
                self.pause(visit, cause)
                return

"""How much providers can work: staff on duty over a whole cycle of their calendars."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from serviceflow.model.chain import Chain
from serviceflow.model.elements import Outages
from serviceflow.model.links import Transfer
from serviceflow.model.schedules import DAY, Schedule, constant_schedule
from serviceflow.model.staffing import staff_schedule
from serviceflow.model.timetables import Instants
from serviceflow.theory.pools import Group

WEEK = 7 * DAY


@dataclass(frozen=True)
class Unit:
    """Staff that are alike: a provider's number of staff, or one of its members.

    Attributes
    ----------
    provider, member
        Names; member is None where staff are a number.
    skills
        What this member can do.
    speed
        Work done in a unit of time.
    duty
        How many are on duty over time.
    """

    provider: str
    member: str | None
    skills: frozenset[str]
    speed: float
    duty: Schedule


def units(chain: Chain, name: str) -> tuple[Unit, ...]:
    """The staff of a provider."""
    provider = chain.providers[name]
    if provider.members is None:
        return (Unit(name, None, frozenset(), 1.0, duty(chain, name)),)
    return tuple(
        Unit(
            name,
            key,
            frozenset(member.skills),
            member.speed,
            _on(chain, member.calendar or provider.calendar),
        )
        for key, member in sorted(provider.members.items())
    )


def duty(chain: Chain, name: str) -> Schedule:
    """How many of a provider are on duty over time."""
    return staff_schedule(chain, chain.providers[name])


def calendar(chain: Chain, name: str | None) -> Schedule:
    """A calendar as a schedule: 1 while open; always open if there is none of that name."""
    return _on(chain, name)


def cycle(chain: Chain) -> int:
    """After how many ticks everything that follows a clock comes round.

    A week, a day, or 0 where nothing changes: calendars, staff, arrivals, and dispatches of handoffs, calls
    and answers.
    """
    changing = [schedule for schedule in _schedules(chain) if not schedule.is_constant]
    if not changing:
        return 0
    return DAY if all(len(set(schedule.weekly)) == 1 for schedule in changing) else WEEK


def _schedules(chain: Chain) -> Iterator[Schedule]:
    for name in chain.providers:
        yield from (unit.duty for unit in units(chain, name))
    yield from (timetable.schedule(chain.start) for timetable in chain.calendars.values())
    for consumer in chain.consumers.values():
        arrivals = consumer.arrivals
        if arrivals is not None and arrivals.profile is not None:
            yield arrivals.profile.schedule(chain.start, lambda rate: rate.per_tick(chain.time_unit))
        if arrivals is not None and isinstance(arrivals.at, Instants):
            yield arrivals.at.schedule(chain.start)
    for way in transfers(chain):
        if way.at is not None:
            yield way.at.schedule(chain.start)


def transfers(chain: Chain) -> Iterator[Transfer]:
    """Every way from a sender to a receiver: handoffs, calls and their answers."""
    yield from chain.handoffs.values()
    for call in chain.calls.values():
        yield call
        if call.answer is not None:
            yield call.answer


def run_length(chain: Chain) -> int:
    """Ticks from time 0 to the end of the window; 0 where the chain does not say how long it is run."""
    run = chain.run
    if run.duration is None:
        return 0
    return int(run.warm_up.constant(chain.time_unit) + run.duration.constant(chain.time_unit))


def listed_span(chain: Chain) -> int:
    """Ticks over which means are taken where arrivals come to an end, as these come only once.

    That of the run; 0 where they never end, or the chain does not say how long it is run.
    """
    found = (consumer.arrivals for consumer in chain.consumers.values() if consumer.arrivals is not None)
    return run_length(chain) if any(one.ends for one in found) else 0


def average(chain: Chain, schedule: Schedule, span: int = 0) -> float:
    """Mean value of a schedule over `span` ticks from time 0.

    Without a span, over a week, or over the whole run in weeks where some days differ from others.
    """
    length = span or (max(1, -(-run_length(chain) // WEEK)) * WEEK if schedule.dated else WEEK)
    return schedule.total(0, length) / length


def availability(chain: Chain, outages: Outages | None) -> float | None:
    """Share of time that a unit is not down; None where that cannot be known (a repair by a service)."""
    if outages is None:
        return 1.0
    up = outages.after.mean(chain.time_unit)
    down = outages.repair.mean(chain.time_unit) if outages.repair is not None else None
    if up is None or down is None or up + down <= 0:
        return None
    return up / (up + down)


def _on(chain: Chain, name: str | None) -> Schedule:
    timetable = chain.calendars.get(name) if name else None
    return timetable.schedule(chain.start) if timetable is not None else constant_schedule(1.0)


class Staff:
    """All staff of a chain, told apart where what they can do differs.

    Attributes
    ----------
    capacity
        Work that staff can do per unit of time on average, by key: the provider's name, or provider and
        member where some service asks for a skill.
    keys
        The keys of each provider.
    span
        Over how many ticks means are taken; 0 for a whole cycle of the calendars.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.span = listed_span(chain)
        self.capacity: dict[str, float] = {}
        self.keys: dict[str, tuple[str, ...]] = {}
        self._skills: dict[str, frozenset[str] | None] = {}
        apart = {
            name for service in chain.services.values() if service.skill for name in service.provider_names
        }
        for name in sorted(chain.providers):
            self._add(name, name in apart)

    def able(self, provider: str, skill: str | None) -> Group:
        """Keys of the staff of a provider who have a skill; where staff are a number, everybody has it."""
        keys = self.keys.get(provider, ())
        skills = {key: self._skills[key] for key in keys}
        return frozenset(
            key for key, found in skills.items() if skill is None or found is None or skill in found
        )

    def _add(self, name: str, apart: bool) -> None:
        up = availability(self.chain, self.chain.providers[name].outages)
        for unit in units(self.chain, name):
            key = f"{name}\n{unit.member}" if apart and unit.member is not None else name
            work = average(self.chain, unit.duty, self.span) * unit.speed * (1.0 if up is None else up)
            self.capacity[key] = self.capacity.get(key, 0.0) + work
            self._skills[key] = unit.skills if key != name else None
            if key not in self.keys.get(name, ()):
                self.keys[name] = (*self.keys.get(name, ()), key)

"""How much providers can work: staff on duty over a whole cycle of their calendars."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from serviceflow.model.chain import Chain
from serviceflow.model.elements import Outages
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
    """After how many ticks calendars and arrivals come round: a week, a day, or 0 where nothing changes."""
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
    for handoff in chain.handoffs.values():
        if handoff.at is not None:
            yield handoff.at.schedule(chain.start)


def _span(chain: Chain, schedule: Schedule) -> int:
    """Ticks of a week, or of the whole run in weeks where some days differ from others."""
    if not schedule.dated:
        return WEEK
    length = chain.run.duration
    total = (length.constant(chain.time_unit) if length else 0) + chain.run.warm_up.constant(chain.time_unit)
    return max(1, -(-int(total) // WEEK)) * WEEK


def average(chain: Chain, schedule: Schedule) -> float:
    """Mean value of a schedule over a whole cycle."""
    length = _span(chain, schedule)
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
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
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
            work = average(self.chain, unit.duty) * unit.speed * (1.0 if up is None else up)
            self.capacity[key] = self.capacity.get(key, 0.0) + work
            self._skills[key] = unit.skills if key != name else None
            if key not in self.keys.get(name, ()):
                self.keys[name] = (*self.keys.get(name, ()), key)

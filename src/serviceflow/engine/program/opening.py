"""Where requests are when a run starts from a state, lowered: names become indices, staff are chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from serviceflow.engine.program.codes import ANY, CONSUMER, END, NONE, ORDER, PLACES
from serviceflow.engine.program.plans import OpeningPlan, PlacePlan, ProviderPlan, ServicePlan
from serviceflow.engine.random.draws import purpose
from serviceflow.errors import ModelError, Problem
from serviceflow.model.opening import Opening, Place
from serviceflow.model.state import IN_WORK, ON_THE_WAY, PAUSED, QUEUED, WAITING, State, row_name
from serviceflow.units import format_duration


@dataclass(frozen=True)
class Names:
    """Indices of the elements of a chain by name, and its plans."""

    services: Mapping[str, int]
    providers: Mapping[str, int]
    consumers: Mapping[str, int]
    stocks: Mapping[str, int]
    handoffs: Mapping[str, int]
    attributes: Mapping[str, int]
    number: Callable[[Any], float]
    """What a word or a number is in the program."""
    service_plans: tuple[ServicePlan, ...]
    provider_plans: tuple[ProviderPlan, ...]


def lower_opening(opening: Opening, state: State, names: Names) -> OpeningPlan:
    """What is in the chain when a run starts.

    Raises
    ------
    ModelError
        With every row that asks for more than there is: staff on duty, members, places in a queue.
    """
    lowering = _Lowering(opening, state, names)
    plan = lowering.plan()
    if lowering.problems:
        raise ModelError(lowering.problems)
    return plan


class _Lowering:
    def __init__(self, opening: Opening, state: State, names: Names) -> None:
        self.opening = opening
        self.state = state
        self.names = names
        self.problems: list[Problem] = []
        self.busy: dict[int, set[int]] = {plan.index: set() for plan in names.provider_plans}
        """Units of each provider that have work in hand."""
        self.tied: dict[int, set[int]] = {plan.index: set() for plan in names.provider_plans}
        """Units whose work stands still."""
        self.counts = [0] * len(names.provider_plans)
        self.first = _firsts(opening.places, lambda place: place.request)
        self.leaders = _firsts(opening.places, lambda place: place.batch)

    def wrong(self, place: Place, message: str) -> None:
        self.problems.append(Problem("run.start_from", f"{row_name(self.state, place.row)}: {message}"))

    def plan(self) -> OpeningPlan:
        places = tuple(self.place(index, place) for index, place in enumerate(self.opening.places))
        self.check_queues()
        deliveries = tuple(
            (self.names.stocks[one.stock], self.opening.at + one.after, one.quantity)
            for one in self.opening.deliveries
        )
        return OpeningPlan(places, deliveries)

    def place(self, index: int, place: Place) -> PlacePlan:
        names = self.names
        asker = place.consumer if place.stock is None else place.stock
        way, units = self.staff(index, place)
        return PlacePlan(
            kind=CONSUMER if place.stock is None else ORDER,
            source=names.consumers[place.consumer or ""]
            if place.stock is None
            else names.stocks[place.stock],
            number=self.opening.places[self.first[index]].row,
            who=purpose(f"{'consumer' if place.stock is None else 'stock'}/{asker}/at the start"),
            asked=place.asked,
            given=tuple(
                (names.attributes[name], names.number(value)) for name, value in place.attributes.items()
            ),
            quantity=place.quantity,
            of=self.first[index],
            branches=self.first.count(index),
            state=PLACES.index(place.state),
            service=END if place.service is None else names.services[place.service],
            handoff=NONE if place.handoff is None else names.handoffs[place.handoff],
            entries=place.visit - 1,
            elapsed=place.elapsed,
            remaining=NONE if place.remaining is None else place.remaining,
            way=way,
            units=units,
            leader=self.leaders[index],
        )

    # Who is at work

    def staff(self, index: int, place: Place) -> tuple[int, tuple[tuple[int, ...], ...]]:
        """Which alternative of its service works on a request, and which units of each provider."""
        if place.state not in (IN_WORK, PAUSED) or place.service is None:
            return 0, ()
        service = self.names.service_plans[self.names.services[place.service]]
        way = self.way(service, place)
        if service.provider == NONE:
            return 0, ()
        if self.leaders[index] != index:
            return way, ()
        return way, tuple(
            self.units(service, provider, count, place) for provider, count in service.alternatives[way]
        )

    def way(self, service: ServicePlan, place: Place) -> int:
        if place.provider is None or not service.any_of:
            return 0
        return service.any_of.index(self.names.providers[place.provider])

    def units(self, service: ServicePlan, provider: int, count: int, place: Place) -> tuple[int, ...]:
        plan = self.names.provider_plans[provider]
        if place.state == IN_WORK:
            self.counts[provider] += count
            if place.remaining != 0:  # Whoever is done keeps its staff off shift, too.
                self.check_count(plan, count, place)
        if not plan.named:
            return ()
        return self.chosen(service, plan, count, place)

    def check_count(self, plan: ProviderPlan, count: int, place: Place) -> None:
        """No more are at work than are there; in overtime, than there are at all."""
        on_duty = int(plan.staff.at(self.opening.at))
        there = max(plan.units, on_duty) if plan.off_shift == "finish" else on_duty
        most = self.counts[plan.index]
        if most > there >= most - count:
            when = format_duration(self.opening.at)
            self.wrong(
                place,
                f"{most} of {plan.name} are at work, and {there} are on duty at {when}: write paused for work"
                " that stands still",
            )

    def chosen(self, service: ServicePlan, plan: ProviderPlan, count: int, place: Place) -> tuple[int, ...]:
        """The units that are named, then others who can do it: those on duty with nothing in hand first."""
        listed = [member.name for member in plan.members]
        found = [listed.index(name) for name in place.members if name in listed][:count]
        taken = self.busy[plan.index] if place.state == IN_WORK else self.tied[plan.index]
        for unit in found:
            if unit in taken:
                doing = (
                    "at work already"
                    if place.state == IN_WORK
                    else "listed with other work that stands still"
                )
                self.wrong(place, f"member: {listed[unit]} is {doing}")
        rest = sorted(
            (self.rank(service, plan, unit, place), unit) for unit in range(plan.units) if unit not in found
        )
        found += [unit for _, unit in rest[: count - len(found)]]
        if place.state == IN_WORK and plan.members and place.remaining != 0:
            self.check_members(service, plan, found, place)
        taken.update(found)
        return tuple(found)

    def rank(self, service: ServicePlan, plan: ProviderPlan, unit: int, place: Place) -> tuple[bool, ...]:
        busy, tied = unit in self.busy[plan.index], unit in self.tied[plan.index]
        return (not self.can(service, plan, unit), busy or tied, not self.on_duty(plan, unit))

    def can(self, service: ServicePlan, plan: ProviderPlan, unit: int) -> bool:
        if not plan.members or len(service.skills) != 1:
            return True
        return service.skills[0] == ANY or service.skills[0] in plan.members[unit].skills

    def on_duty(self, plan: ProviderPlan, unit: int) -> bool:
        return not plan.members or plan.members[unit].schedule.at(self.opening.at) > 0

    def check_members(self, service: ServicePlan, plan: ProviderPlan, found: list[int], place: Place) -> None:
        for unit in found:
            name = plan.members[unit].name
            if not self.can(service, plan, unit):
                self.wrong(
                    place, f"member: {name} lacks the skill for {service.name}, or nobody who has it is free"
                )
            elif unit in self.busy[plan.index] and name not in place.members:
                self.wrong(
                    place, f"nobody of {plan.name} is left who could do this; write paused, or the member"
                )
            elif not self.on_duty(plan, unit) and plan.off_shift != "finish":
                when = format_duration(self.opening.at)
                self.wrong(
                    place, f"member: {name} is off shift at {when}; write paused for work that stands still"
                )

    # Who waits

    def check_queues(self) -> None:
        """No more wait than have places, those aside who could start."""
        waiting: dict[int, list[Place]] = {}
        for place in self.opening.places:
            if place.service is not None and self.has_place(place):
                service = self.names.service_plans[self.names.services[place.service]]
                waiting.setdefault(service.provider, []).append(place)
        for provider, places in waiting.items():
            plan = self.names.provider_plans[provider]
            room = plan.queue_limit + max(int(plan.staff.at(self.opening.at)) - self.counts[provider], 0)
            if len(places) > room:
                self.wrong(
                    places[room],
                    f"{len(places)} wait for {plan.name}, whose queue has {plan.queue_limit} places;"
                    " raise its queue_limit, or leave out who was refused",
                )

    def has_place(self, place: Place) -> bool:
        service = self.names.service_plans[self.names.services[place.service or ""]]
        if service.provider == NONE:
            return False
        plan = self.names.provider_plans[service.provider]
        if plan.queue_limit == NONE:
            return False
        return place.state in (QUEUED, WAITING) or (place.state == ON_THE_WAY and plan.blocks)


def _firsts(places: tuple[Place, ...], key: Callable[[Place], str]) -> list[int]:
    """For each place the first one that has the same in common; itself where that is empty."""
    known: dict[str, int] = {}
    return [
        known.setdefault(key(place), index) if key(place) else index for index, place in enumerate(places)
    ]

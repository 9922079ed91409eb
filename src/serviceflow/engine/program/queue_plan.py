"""Which lines a chain's visits wait in, and which causes of waiting each of them can have.

Visits that need the same staff stand in one line. Causes other than contention cost something to follow, so
only the lines that can have them are tracked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from serviceflow.engine.program.codes import ANY, AT_END, AT_START, NONE
from serviceflow.engine.program.features import Feature
from serviceflow.engine.program.plans import Needs, Program, ProviderPlan, ServicePlan


@dataclass(frozen=True, slots=True)
class LinePlan:
    """Visits that need the same staff: one of some alternatives, with a skill."""

    alternatives: tuple[Needs, ...]
    skill: int
    reserve: bool
    mains: tuple[int, ...]
    """The first provider of each alternative."""
    partners: Needs
    """What else is needed at the same time."""
    involved: tuple[int, ...]
    fits: bool
    """Whether anybody involved starts only what ends within the shift."""
    mixed: bool
    """Whether those who stand in it are ordered differently at different providers."""
    tracked: bool
    overtaken: bool
    """Whether a later arrival can be at work while an earlier one waits."""


@dataclass(frozen=True)
class LinePlans:
    """All lines of a chain.

    Attributes
    ----------
    lines : tuple of LinePlan
    of_service : dict
        The line of a service's visits, by service and skill.
    of_provider : tuple of tuple of int
        The lines that each provider is involved in.
    groups : tuple of tuple of int
        For each provider itself and those that it meets in lines, directly or by way of others.
    """

    lines: tuple[LinePlan, ...]
    of_service: dict[tuple[int, int], int]
    of_provider: tuple[tuple[int, ...], ...]
    groups: tuple[tuple[int, ...], ...]

    def is_plain(self, plan: ProviderPlan) -> bool:
        """Whether a provider has one line and nothing to choose: its head is the next work."""
        listed = self.of_provider[plan.index]
        if len(listed) != 1 or plan.named or plan.off_shift == "fit" or plan.discipline == "random":
            return False
        only = self.lines[listed[0]]
        return only.alternatives == (((plan.index, 1),),) and only.skill == ANY and not only.reserve


def plan_lines(program: Program, ordered: Collection[str] = (), lending: bool = False) -> LinePlans:
    """The lines of a program.

    Parameters
    ----------
    program : Program
        The lowered chain.
    ordered : collection of str
        Providers whose queue is ordered by a behaviour in Python.
    lending : bool
        Whether policies in Python move staff.
    """
    needs: dict[tuple[tuple[Needs, ...], int, bool], int] = {}
    of_service: dict[tuple[int, int], int] = {}
    for service in program.services:
        if service.provider != NONE:
            for skill in service.skills or (ANY,):
                need = (service.alternatives, skill, service.reserve)
                of_service[service.index, skill] = needs.setdefault(need, len(needs))
    involved = [_involved(alternatives) for alternatives, _, _ in needs]
    of_provider = grouped(involved, len(program.providers))
    served = services_of(program)
    limited = Feature.LIMIT_BLOCKS in program.features
    changing = [lending or may_change(plan, limited, served[plan.index]) for plan in program.providers]
    overtaking = [
        plan.name in ordered or len(of_provider[plan.index]) > 1 or may_overtake(plan, served[plan.index])
        for plan in program.providers
    ]
    lines = tuple(
        _line(program, alternatives, skill, reserve, changing, overtaking, ordered)
        for alternatives, skill, reserve in needs
    )
    return LinePlans(lines, of_service, of_provider, _groups(involved, len(program.providers)))


def _line(
    program: Program,
    alternatives: tuple[Needs, ...],
    skill: int,
    reserve: bool,
    changing: list[bool],
    overtaking: list[bool],
    ordered: Collection[str],
) -> LinePlan:
    mains = tuple(dict.fromkeys(needs[0][0] for needs in alternatives))
    partners = alternatives[0][1:] if len(alternatives) == 1 else ()
    involved = _involved(alternatives)
    overtaken = any(overtaking[provider] for provider in mains)
    teams = [program.providers[provider] for provider in involved]
    orders = {team.name if team.name in ordered else team.discipline for team in teams}
    return LinePlan(
        alternatives=alternatives,
        skill=skill,
        reserve=reserve,
        mains=mains,
        partners=partners,
        involved=involved,
        mixed=len(orders) > 1,
        fits=any(program.providers[provider].off_shift == "fit" for provider in involved),
        tracked=overtaken or any(changing[provider] for provider in involved) or bool(partners),
        overtaken=overtaken,
    )


def _involved(alternatives: tuple[Needs, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(provider for needs in alternatives for provider, _ in needs))


def _groups(involved: Iterable[tuple[int, ...]], size: int) -> tuple[tuple[int, ...], ...]:
    """For each provider those that it meets, in the order of their indices."""
    group = [[provider] for provider in range(size)]
    for providers in involved:
        for other in providers[1:]:
            if group[other] is not group[providers[0]]:
                group[providers[0]].extend(group[other])
                for provider in group[other]:
                    group[provider] = group[providers[0]]
    return tuple(tuple(sorted(met)) for met in group)


def grouped(involved: Sequence[Iterable[int]], size: int) -> tuple[tuple[int, ...], ...]:
    """For each provider the places of what involves it."""
    found: list[list[int]] = [[] for _ in range(size)]
    for place, providers in enumerate(involved):
        for provider in providers:
            found[provider].append(place)
    return tuple(map(tuple, found))


def services_of(program: Program) -> list[list[ServicePlan]]:
    """The services that may need each provider's staff."""
    involved = [_involved(service.alternatives) for service in program.services]
    places = grouped(involved, len(program.providers))
    return [[program.services[place] for place in listed] for listed in places]


def may_change(plan: ProviderPlan, limited: bool, served: list[ServicePlan]) -> bool:
    """Whether anything but contention can be a cause of waiting at a provider.

    Staff may be gone or broken down, or kept without work: by a call, or by a `limited` queue ahead.
    """
    scheduled = not plan.staff.is_constant or any(not m.schedule.is_constant for m in plan.members)
    held = limited or holds(served)
    return scheduled or plan.outage is not None or held or plan.off_shift == "fit" or plan.units == 0


def holds(services: Iterable[ServicePlan]) -> bool:
    """Whether a call can keep units without work until it is answered."""
    return any(service.calls[AT_START] or service.calls[AT_END] for service in services)


def may_overtake(plan: ProviderPlan, served: list[ServicePlan]) -> bool:
    """Whether, in one line, a later arrival can be at work while an earlier one waits."""
    waits_before = any(s.calls[0] or s.consumes or s.batch or s.join for s in served)
    return plan.discipline != "fifo" or plan.off_shift == "fit" or waits_before or plan.named


__all__ = ["ANY", "LinePlan", "LinePlans", "plan_lines"]

"""Pieces of work, as staff have them in hand, and the lines of those who wait for staff."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from serviceflow.analysis.audit.history import History
from serviceflow.analysis.audit.visits import Pause, Visit

if TYPE_CHECKING:
    from serviceflow.model.elements import Service

BUSY, HELD, PAUSED = "busy", "held", "paused"
Stretch = tuple[int, int, str]

UNKNOWN = "?"
"""A skill that the record does not tell."""


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """A visit, or a batch of them, with the staff that it takes.

    Attributes
    ----------
    visits : tuple of Visit
        One, or the members of a batch, in order of arrival.
    needs : mapping
        Units of each provider.
    skill : str or None
        What a member must be able to do.
    started, done : int
        Between these it takes staff, but while it is paused.
    least, most : float or None
        The smallest and largest priority number among its visits; None where it cannot be known.
    stretches : tuple
        Its time from start to done in stretches of work, of being held, and of pauses.
    """

    visits: tuple[Visit, ...]
    needs: Mapping[str, int]
    skill: str | None
    started: int
    done: int
    least: float | None
    most: float | None
    stretches: tuple[Stretch, ...]

    @property
    def first(self) -> Visit:
        """The visit that came first."""
        return self.visits[0]

    @property
    def member(self) -> str | None:
        """Who works, where staff have names and the record tells."""
        return self.first.member

    @property
    def rows(self) -> tuple[int, ...]:
        """Rows of its requests."""
        return tuple(visit.request.row for visit in self.visits)

    @property
    def service(self) -> str:
        """The service."""
        assert self.first.service is not None
        return self.first.service

    @property
    def earliest(self) -> int:
        """When the first of its visits arrived."""
        return min(visit.arrived for visit in self.visits)

    @property
    def latest(self) -> int:
        """When the last of its visits arrived."""
        return max(visit.arrived for visit in self.visits)


@dataclass(frozen=True)
class Line:
    """Those who wait for the same staff at one service."""

    service: str
    skill: str | None
    alternatives: tuple[Mapping[str, int], ...] = field(compare=False)
    reserve: bool = field(compare=False)

    @property
    def providers(self) -> frozenset[str]:
        """Everybody concerned."""
        return frozenset(name for needs in self.alternatives for name in needs)

    @property
    def is_joint(self) -> bool:
        """Whether several providers are needed at once."""
        return len(self.alternatives) == 1 and len(self.alternatives[0]) > 1


def alternatives_of(service: Service) -> tuple[Mapping[str, int], ...]:
    """What a visit may take, in the order of preference."""
    if service.providers is not None:
        return (dict(service.providers),)
    return tuple({name: 1} for name in service.provider_names)


def skill_of(history: History, visit: Visit) -> str | None:
    """What a member must be able to do; ``UNKNOWN`` where the record does not tell."""
    skill = history.element(visit).skill
    if skill is None:
        return None
    if skill.is_constant:
        return skill.word()
    value = history.value(skill, "word", visit, history.until(visit.queued))
    return value if isinstance(value, str) else UNKNOWN


def line_of(history: History, visit: Visit) -> Line:
    """The line in which a visit waits."""
    service = history.element(visit)
    assert visit.service is not None
    return Line(visit.service, skill_of(history, visit), alternatives_of(service), service.reserve)


def works_of(history: History) -> list[Work]:
    """Everything that staff had in hand."""
    found = []
    for name in history.services:
        service = history.chain.services[name]
        if service.provider_names:
            begun = [visit for visit in history.by_service[name] if visit.started >= 0]
            found += [_work(history, service, visits) for visits in _together(begun)]
    return found


def _together(visits: list[Visit]) -> list[list[Visit]]:
    """Visits in the batches in which they were worked on."""
    alike: dict[tuple[object, ...], list[Visit]] = defaultdict(list)
    found = []
    for visit in visits:
        if visit.together <= 1:
            found.append([visit])
        else:
            pauses = tuple((pause.cause, pause.start, pause.end) for pause in visit.pauses)
            staff = (visit.provider, visit.member, visit.part("work"), visit.part("setup"))
            alike[visit.started, visit.finished, visit.together, pauses, staff].append(visit)
    for group in alike.values():
        group.sort(key=lambda visit: (visit.arrived, visit.row))
        size = group[0].together
        found += [group[place : place + size] for place in range(0, len(group), size)]
    return found


def _work(history: History, service: Service, visits: list[Visit]) -> Work:
    first = visits[0]
    options = alternatives_of(service)
    needs = options[0] if service.any_of is None else {first.provider or service.any_of[0]: 1}
    done = max(history.until(visit.left) for visit in visits)
    numbers = [history.priority(visit) for visit in visits]
    known = [number for number in numbers if number is not None]
    whole = len(known) == len(numbers)
    return Work(
        tuple(visits),
        needs,
        skill_of(history, first),
        first.started,
        done,
        min(known) if whole else None,
        max(known) if whole else None,
        tuple(_stretches(first, first.finished if first.finished >= 0 else done, done)),
    )


def _stretches(visit: Visit, finished: int, done: int) -> list[Stretch]:
    found: list[Stretch] = []
    time = visit.started
    for pause in merged(visit.pauses):
        found.append((time, pause.start, BUSY))
        found.append((pause.start, pause.end, HELD if pause.cause == "call" else PAUSED))
        time = pause.end
    found += [(time, finished, BUSY), (finished, done, HELD)]
    return [stretch for stretch in found if stretch[1] > stretch[0]]


def merged(pauses: tuple[Pause, ...]) -> list[Pause]:
    """Pauses that follow each other at once, as one; calls apart."""
    found: list[Pause] = []
    for pause in pauses:
        if pause.end <= pause.start:
            continue
        joins = found and found[-1].end == pause.start
        if joins and (found[-1].cause == "call") == (pause.cause == "call"):
            found[-1] = Pause(found[-1].cause, found[-1].start, pause.end)
        else:
            found.append(pause)
    return found

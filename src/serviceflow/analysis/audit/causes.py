"""Causes of waiting in queues, and of pauses: true at every instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from serviceflow.analysis.audit.floor import BUSY, HELD, PAUSED, Floor, Moment, Place
from serviceflow.analysis.audit.history import History
from serviceflow.analysis.audit.report import Breach
from serviceflow.analysis.audit.visits import Visit
from serviceflow.analysis.audit.works import UNKNOWN, Line, Work

IN_QUEUE = ("off_shift", "carried_over", "outage", "held", "partner", "prioritization", "contention")
AWAY = "away"
"""Nobody is on duty: off shift or carried over, as a visit was there while somebody was."""


@dataclass
class Bounds:
    """For one visit, the ticks for which each cause must, and for which it may have applied."""

    surely: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    perhaps: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    met: set[bool] = field(default_factory=lambda: {False})
    """Whether it has waited while somebody was on duty; both where that is not known."""


@dataclass(frozen=True)
class State:
    """Why a line waits: the causes that may apply, also AWAY, and the work that later arrivals could be.

    ``own`` tells that what applies depends on the visit: contention, or prioritization where any of
    `works` arrived later.
    """

    causes: frozenset[str]
    own: bool
    works: tuple[Work, ...]
    doubtful: tuple[Work, ...]


class Causes:
    """Follows every queue, and compares what it saw with the parts of each visit's wait."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.history: History = floor.history
        self.bounds: dict[Visit, Bounds] = defaultdict(Bounds)
        self.states: dict[Line, tuple[int, State]] = {}

    def look(self, moment: Moment) -> None:
        """Count the time since the last change for those who waited; note how things stand now."""
        for line in [*moment.gone, *self.floor.lines_of(moment.touched)]:
            self._count(line, moment)

    def _count(self, line: Line, moment: Moment) -> None:
        since, state = self.states.pop(line, (moment.time, None))
        waiting = self.floor.places[next(iter(line.providers))].lines.get(line, {})
        if state is not None and moment.time > since:
            for visit in [*waiting, *moment.gone.get(line, ())]:
                ticks = moment.time - max(since, visit.queued)
                if ticks > 0:
                    self._add(self.bounds[visit], visit, state, ticks)
        if waiting:
            self.states[line] = (moment.time, self._state(line, moment.time))

    def _add(self, bounds: Bounds, visit: Visit, state: State, ticks: int) -> None:
        causes = self._causes(bounds, visit, state)
        if AWAY not in state.causes:
            bounds.met = {True}
        elif state.own or len(state.causes) > 1:
            bounds.met = bounds.met | {True}
        for cause in causes:
            bounds.perhaps[cause] += ticks
        if len(causes) == 1:
            bounds.surely[next(iter(causes))] += ticks

    def _causes(self, bounds: Bounds, visit: Visit, state: State) -> set[str]:
        """The causes that may apply to one visit."""
        causes = set(state.causes - {AWAY})
        if AWAY in state.causes:
            causes |= {"carried_over" if met else "off_shift" for met in bounds.met}
        return causes | (self._own(visit, state) if state.own else set())

    def _own(self, visit: Visit, state: State) -> set[str]:
        """Contention, or prioritization where somebody is at work who arrived later."""
        work = self.floor.of_visit.get(visit)
        first, last = (work.earliest, work.latest) if work else (visit.arrived, visit.arrived)
        service = self.history.element(visit)
        if service.batch is not None and (work is None or service.limits_time):
            return {"contention", "prioritization"}
        if any(one.earliest > last for one in state.works):
            return {"prioritization"}
        if any(one.latest >= first for one in (*state.works, *state.doubtful)):
            return {"contention", "prioritization"}
        return {"contention"}

    # Why a line waits

    def _state(self, line: Line, time: int) -> State:
        """The causes that may apply, whichever provider's queue a team is said to stand in."""
        if line.skill == UNKNOWN:
            return State(frozenset({*IN_QUEUE, AWAY}), False, (), ())
        if line.is_joint:
            parts = [self._of(line, time, [name]) for name in line.providers]
        else:
            parts = [self._of(line, time, sorted(line.providers))]
        works = {work: None for part in parts for work in part.works}
        doubtful = {work: None for part in parts for work in part.doubtful}
        if len(parts) > 1:
            doubtful, works = {**works, **doubtful}, {}
        causes = frozenset(cause for part in parts for cause in part.causes)
        return State(causes, any(part.own for part in parts), tuple(works), tuple(doubtful))

    def _of(self, line: Line, time: int, mains: list[str]) -> State:
        places = [self.floor.places[name] for name in mains]
        on_duty = sum(self._on_duty(place, time, line.skill) for place in places)
        least, most = self._down(places, time, line.skill)
        causes: set[str] = set()
        if on_duty <= 0:
            return State(frozenset({AWAY}), False, (), ())
        if least >= on_duty:
            return State(frozenset({"outage"}), False, (), ())
        if most >= on_duty:
            causes.add("outage")
        held, doubtful = self._held(places, line.skill)
        if held:
            return State(frozenset({*causes, "held"}), False, (), ())
        if doubtful:
            causes.add("held")
        return self._beyond(line, time, places, causes)

    def _beyond(self, line: Line, time: int, places: list[Place], causes: set[str]) -> State:
        """With staff there who are not held: a partner, or others' work."""
        mine = {place.name for place in places}
        partners = [(n, k) for n, k in line.alternatives[0].items() if n not in mine] if line.is_joint else []
        if any(self.floor.places[name].most_free(time, line.skill) < units for name, units in partners):
            return State(frozenset({*causes, "partner"}), False, (), ())
        if any(self.floor.places[name].least_free(time, line.skill) < units for name, units in partners):
            causes.add("partner")
        fits = any(self.floor.places[name].off_shift == "fit" for name in line.providers)
        if fits and any(place.most_free(time, line.skill) > 0 for place in places):
            causes.add("off_shift")
        if any(place.least_free(time, line.skill) > 0 for place in places):
            causes |= {"contention", "prioritization", "partner"}
        sure, doubtful = self._works(places, time, line.skill)
        return State(frozenset(causes), True, sure, doubtful)

    def _on_duty(self, place: Place, time: int, skill: str | None) -> int:
        if place.members and skill is not None:
            return sum(duty.at(time) > 0 for name, duty in place.members.items() if place.can(name, skill))
        return place.on_duty(time)

    def _down(self, places: list[Place], time: int, skill: str | None) -> tuple[int, int]:
        """How many of those on duty who could do it are down, at least and at most."""
        least = most = 0
        for place in places:
            if place.members:
                down = [name for name in place.down if name and place.can(name, skill)]
                known = sum(place.members[name].at(time) > 0 for name in down)
                least, most = least + known, most + known
            else:
                least += min(place.least_down(time), place.on_duty(time))
                most += min(len(place.down), place.on_duty(time))
        return least, most

    def _held(self, places: list[Place], skill: str | None) -> tuple[int, int]:
        """How many who could do it are held, surely and perhaps."""
        sure = doubtful = 0
        for place in places:
            for work in place.in_state[HELD]:
                if skill is None or (place.told_apart and place.can(work.member, skill)):
                    sure += 1
                elif not place.told_apart:
                    doubtful += 1
        return sure, doubtful

    def _works(
        self, places: list[Place], time: int, skill: str | None
    ) -> tuple[tuple[Work, ...], tuple[Work, ...]]:
        """Work of those on duty who could do it; and work of which that is not sure."""
        sure: list[Work] = []
        doubtful: list[Work] = []
        for place in places:
            doubtful += [work for work in place.in_state[PAUSED] if len(work.needs) > 1]
            beyond = place.used(BUSY) > place.on_duty(time) - len(place.down)
            for work in place.in_state[BUSY]:
                if place.members and place.told_apart:
                    if work.member in place.has_members(time, skill):
                        sure.append(work)
                    elif place.can(work.member, skill):
                        doubtful.append(work)
                elif skill is None and not beyond:
                    sure.append(work)
                else:
                    doubtful.append(work)
        return tuple(sure), tuple(doubtful)

    # Comparing

    def compare(self) -> Iterator[Breach]:
        """Every visit whose wait has parts that cannot be."""
        for visit in self.floor.line_by_visit:
            if visit.outcome == "unfinished" and self.history.element(visit).batch is not None:
                continue
            bounds = self.bounds[visit]
            for cause in IN_QUEUE:
                told = visit.part(f"wait_{cause}")
                if not bounds.surely[cause] <= told <= bounds.perhaps[cause]:
                    least, most = bounds.surely[cause], bounds.perhaps[cause]
                    right = f"{least}" if least == most else f"{least} to {most}"
                    message = f"{told} ticks of its wait are called {cause}; {right} are"
                    yield Breach(visit.queued, "cause", f"services.{visit.service}", visit.rows, message)
                    break


def check_pauses(floor: Floor) -> Iterator[Breach]:
    """What a pause is called is the case where it begins."""
    for work in floor.works:
        for pause in work.first.pauses:
            places = [floor.places[name] for name in work.needs]
            if work.first.was_at_work and _began(work, pause.start) == floor.history.begin:
                continue  # Why it stood still before the run is not known.
            if pause.end > pause.start and pause.cause != "call" and not _true(floor, places, pause.cause):
                message = f"its work stands still for {pause.cause}, which cannot be there"
                yield Breach(pause.start, "pause", f"services.{work.service}", work.rows, message)
            elif pause.cause == "outage" and not _is_down(
                floor, places, _began(work, pause.start), pause.end
            ):
                message = "its work stands still for an outage, and nobody is down"
                yield Breach(pause.start, "pause", f"services.{work.service}", work.rows, message)


def _began(work: Work, time: int) -> int:
    """When work came to stand still that does so at an instant: a pause keeps the cause of its beginning."""
    return next((start for start, end, _ in work.stretches if start <= time < end), time)


def _true(floor: Floor, places: list[Place], cause: str) -> bool:
    if cause == "preempted":
        return any(place.preemptive for place in places)
    if cause == "outage":
        return any(floor.history.outages[place.name] for place in places)
    return any(
        len(set(duty.values)) > 1 for place in places for duty in (place.duty, *place.members.values())
    )


def _is_down(floor: Floor, places: list[Place], start: int, end: int) -> bool:
    return any(
        since <= end and until >= start
        for place in places
        for since, until, _ in floor.history.outages[place.name]
    )

"""Places in queues: nobody waits without one, is refused or blocked where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from serviceflow.analysis.audit.floor import BUSY, Floor, Moment, Place
from serviceflow.analysis.audit.history import History
from serviceflow.analysis.audit.report import Breach
from serviceflow.analysis.audit.visits import Visit
from serviceflow.analysis.audit.works import Line, line_of


class Queues:
    """Looks at limited queues after each instant."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.history: History = floor.history
        self.limits = {
            name: provider.queue_limit
            for name, provider in self.history.chain.providers.items()
            if provider.queue_limit is not None
        }
        self.refused: dict[int, list[Visit]] = {}
        for visit in self.history.visits:
            if visit.outcome == "refused" and visit.service is not None:
                self.refused.setdefault(visit.arrived, []).append(visit)
                floor.look_at(visit.arrived)
        self.waiting_before: dict[str, int] = dict.fromkeys(self.limits, 0)
        self.told: set[int] = set()

    def look(self, moment: Moment) -> Iterator[Breach]:
        """Every breach at an instant."""
        for visit in self.refused.pop(moment.time, ()):
            yield from self._refusal(moment, visit)
        for name in sorted(moment.touched & set(self.limits)):
            yield from self._places(moment, self.floor.places[name])

    def _places(self, moment: Moment, place: Place) -> Iterator[Breach]:
        queued = [visit for visit in self._waiting(place) if not self._is_excused(place, visit)]
        limit = self.limits[place.name]
        self.waiting_before[place.name] = len(queued)
        if moment.until > moment.time and limit is not None and len(queued) > limit:
            latest = max(queued, key=lambda visit: (visit.queued, visit.row))
            if latest.row not in self.told:
                self.told.add(latest.row)
                message = f"{len(queued)} wait in a queue of {limit} places"
                yield Breach(moment.time, "places", f"providers.{place.name}", latest.rows, message)

    def _is_excused(self, place: Place, visit: Visit) -> bool:
        """Who may wait without a place where a full queue blocks.

        Who comes back to be reworked, gave up or timed out has nobody who could be held for it; and who was
        on the way had room when he left, where staff were idle who may have been taken, or may have broken
        down, meanwhile.
        """
        blocking = self.history.chain.providers[place.name].when_full == "block"
        left = visit.handoff is not None and self.history.chain.handoffs[visit.handoff].after != "finished"
        return blocking and (visit.returned or left or visit.asked < visit.queued)

    def _waiting(self, place: Place) -> list[Visit]:
        return [
            visit
            for line, waiting in place.lines.items()
            if self.history.keepers[line.service] == place.name
            for visit in waiting
        ]

    # Refusals

    def _refusal(self, moment: Moment, visit: Visit) -> Iterator[Breach]:
        name = queue_of(self.history, visit)
        if name is None or name not in self.limits:
            return
        where, place = f"services.{visit.service}", self.floor.places[name]
        if self.history.chain.providers[name].when_full == "block":
            inside = visit.returned or (
                visit.handoff is not None and visit.handoff.origin in self.history.chain.services
            )
            if inside:
                message = "it was refused; where a full queue blocks, only who enters the chain is"
                yield Breach(moment.time, "refusal", where, visit.rows, message)
            return
        reason = self._room(moment, visit, place)
        if reason and not self._waits_elsewhere(visit):
            yield Breach(moment.time, "refusal", where, visit.rows, f"it was refused, and {reason}")

    def _waits_elsewhere(self, visit: Visit) -> bool:
        """Whether it would not have come to the queue yet, but to a join, a call, a stock or a batch."""
        service = self.history.element(visit)
        calls = any(link.origin == visit.service for link in self.history.chain.calls)
        return calls or bool(service.consumes) or service.batch is not None or service.join is not None

    def _room(self, moment: Moment, visit: Visit, place: Place) -> str:
        """What there was for a visit that was refused; nothing if it was right."""
        limit = self.limits[place.name] or 0
        came = [one for one in self.floor.line_by_visit if one.queued == moment.time]
        came = [one for one in came if queue_of(self.history, one) == place.name]
        if self.waiting_before[place.name] + len(came) < limit:
            return "a place was free"
        line = line_of(self.history, visit)
        if self._free_all_along(moment, line) and not came and not self._waiting(place):
            return "staff were free"
        if place.preemptive and not line.is_joint and moment.until > moment.time:
            number = self.history.priority(visit)
            victims = [
                work
                for work in place.in_state[BUSY]
                if work.least is not None and number is not None and work.least > number
            ]
            victims = [work for work in victims if work.started < moment.time]
            if victims and not place.members and place.off_shift != "fit" and not self._waiting(place):
                enough = place.least_free(moment.time, None) + sum(work.needs[place.name] for work in victims)
                if enough >= line.alternatives[0].get(place.name, 1):
                    return "it may interrupt less urgent work, and needs no place"
        return ""

    def _free_all_along(self, moment: Moment, line: Line) -> bool:
        """Whether staff were free before the instant, and still are after it."""
        for needs in line.alternatives:
            if all(
                moment.free_before.get((name, None), 0) >= units
                and self.floor.places[name].least_free(moment.time, line.skill) - self.floor.kept(name, line)
                >= units
                and self.floor.places[name].off_shift != "fit"
                for name, units in needs.items()
            ):
                return True
        return False


def queue_of(history: History, visit: Visit) -> str | None:
    """The provider whose queue a visit joins."""
    return history.keepers.get(visit.service or "")


# Blocking


@dataclass(frozen=True)
class Blocked:
    """A visit that waited for room in a queue after its work, until one left for it."""

    visit: Visit
    since: int
    until: int


def check_blocking(floor: Floor) -> Iterator[Breach]:
    """Who is blocked goes on as soon as there is room, first blocked, first served."""
    history = floor.history
    blocked: dict[str, list[Blocked]] = {}
    for visit in history.visits:
        if visit.part("blocked"):
            for name, one in _ahead_of(history, visit):
                blocked.setdefault(name, []).append(one)
    for name, found in blocked.items():
        if history.chain.providers[name].when_full != "block":
            for one in found:
                place, message = f"services.{one.visit.service}", f"it was blocked by {name}, which refuses"
                yield Breach(one.since, "blocking", place, one.visit.rows, message)
            continue
        yield from _first_first(name, found)
        yield from _held_without_need(floor, name, found)


def blocks(history: History, visit: Visit) -> bool:
    """Whether a visit came to a queue that blocks those who are to come when it is full."""
    name = None if visit.service is None else queue_of(history, visit)
    if name is None:
        return False
    provider = history.chain.providers[name]
    return provider.queue_limit is not None and provider.when_full == "block"


def _ahead_of(history: History, visit: Visit) -> Iterator[tuple[str, Blocked]]:
    """The limited queues that a blocked visit waited for, and until when: each of its branches for one."""
    told = "previous" in history.record.visits
    for other in history.children[visit.row] if told else history.by_request[visit.request.row]:
        link = other.handoff
        follows = other.request is visit.request if told else other.asked == visit.left
        if other is visit or not follows or link is None or other.asked <= visit.finished:
            continue
        target = history.chain.services.get(link.target)
        if target is not None and target.provider_names and link.origin == visit.service:
            name = history.keepers[link.target]
            if history.chain.providers[name].queue_limit is not None:
                yield name, Blocked(visit, visit.finished, other.asked)


def _first_first(name: str, blocked: list[Blocked]) -> Iterator[Breach]:
    for one in blocked:
        passed = [other for other in blocked if other.since < one.since < one.until < other.until]
        if passed:
            rows = (one.visit.request.row, passed[0].visit.request.row)
            message = f"it goes on before one who was blocked by {name} first"
            yield Breach(one.until, "blocking", f"services.{one.visit.service}", rows, message)
            return


def _held_without_need(floor: Floor, name: str, blocked: list[Blocked]) -> Iterator[Breach]:
    """While somebody is blocked the queue is full, with those who are on their way."""
    history = floor.history
    limit = history.chain.providers[name].queue_limit or 0
    changes: list[tuple[int, int]] = []
    for visit in history.visits:
        if visit.service is None or queue_of(history, visit) != name:
            continue
        end = visit.started if visit.started >= 0 else history.until(visit.left)
        changes += [(visit.asked, 1), (end, -1)]
    changes.sort()
    for one in blocked:
        inside, last = 0, 0
        for time, change in changes:
            since, until = max(last, one.since), min(time, one.until)
            if since < until and inside < limit:
                message = f"it is blocked while the queue of {name} has a place"
                yield Breach(since, "blocking", f"services.{one.visit.service}", one.visit.rows, message)
                break
            inside, last = inside + change, time
            if time > one.until:
                break

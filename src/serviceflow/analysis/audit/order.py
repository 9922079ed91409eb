"""Order in queues: who is ahead starts first, and staff that are kept are not taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from math import inf

from serviceflow.analysis.audit.fitting import fits
from serviceflow.analysis.audit.floor import PAUSED, Floor, Moment, Place
from serviceflow.analysis.audit.history import WHEN, History
from serviceflow.analysis.audit.report import Breach
from serviceflow.analysis.audit.timeline import NEVER
from serviceflow.analysis.audit.visits import Visit, asked_first
from serviceflow.analysis.audit.works import UNKNOWN, Line, Work


class Order:
    """Looks at what begins and goes on at each instant, and who is passed over."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.history: History = floor.history
        self.told: set[tuple[str, int]] = set()
        self.lost: dict[str | None, list[int]] = defaultdict(list)
        """By service that works on batches, when anybody left its queue without being served."""
        batched = {name for name, service in self.history.chain.services.items() if service.batch}
        for visit in self.history.visits:
            if visit.service in batched and visit.queued >= 0 > visit.started:
                self.lost[visit.service].append(visit.left)

    def look(self, moment: Moment) -> Iterator[Breach]:
        """Every breach at an instant."""
        yield from self._order(moment)
        yield from self._reservations(moment)

    def once(self, kind: str, visit: Visit) -> bool:
        """Whether a breach of this kind has not been told of a visit before."""
        if (kind, visit.row) in self.told:
            return False
        self.told.add((kind, visit.row))
        return True

    # Order

    def _order(self, moment: Moment) -> Iterator[Breach]:
        """Nobody starts or goes on before one who is ahead, has been there, and could have had the staff."""
        for work, resumes in [(one, False) for one in moment.begun] + [(one, True) for one in moment.resumed]:
            for name in work.needs:
                place = self.floor.places[name]
                if not (resumes and self._in_overtime(moment, place)):
                    yield from self._passed_over(moment, place, work, resumes)

    def _in_overtime(self, moment: Moment, place: Place) -> bool:
        """Whether work may go on in overtime because a unit was repaired, before anybody else comes."""
        repaired = any(end == moment.time for _, end, _ in self.history.outages[place.name])
        return place.off_shift == "finish" and repaired

    def _passed_over(self, moment: Moment, place: Place, work: Work, resumes: bool) -> Iterator[Breach]:
        for line, waiting in place.lines.items():
            for visit in waiting:
                if (
                    visit.queued < moment.time
                    and self._ahead_everywhere(line, visit, work, resumes)
                    and self._could_have_had(moment, line, visit, work, place)
                    and not self._is_behind(visit, work)
                    and self.once("discipline", visit)
                ):
                    rows = (*work.rows, visit.request.row)
                    message = f"it starts before one who is ahead of it by {place.discipline}, and waits"
                    yield Breach(moment.time, "discipline", f"providers.{place.name}", rows, message)
        yield from self._passed_over_paused(moment, place, work, resumes)

    def _ahead_everywhere(self, line: Line, visit: Visit, work: Work, resumes: bool) -> bool:
        """Whether a visit is ahead in every queue in which it meets the work.

        Who waits for the first free of several is ahead only if it is by the discipline of each: the
        rules do not say in whose queue it stands.
        """
        elsewhere = set(self._providers(work.first)) - line.providers
        drawn = elsewhere | line.providers if line.reserve else elsewhere
        if any(self.floor.places[name].discipline == "random" for name in drawn):
            return False  # Who was drawn there may be behind others, or have the staff that is kept.
        names = line.providers
        if len(line.alternatives) == 1:
            names = names & (set(work.needs) if resumes else set(self._providers(work.first)))
        return all(self._ahead(self.floor.places[name], visit, work, resumes) for name in names)

    def _providers(self, visit: Visit) -> tuple[str, ...]:
        """In whose queues a visit stands."""
        return self.history.element(visit).provider_names

    def _is_behind(self, visit: Visit, work: Work) -> bool:
        """Whether the work is ahead of a visit as well, by way of queues in which others wait.

        Where queues contradict one another in this way, the most urgent goes first.
        """
        return visit in self._all_behind(work)

    def _all_behind(self, work: Work) -> set[Visit]:
        """Those who are or may be behind a work in some queue, directly or by way of others."""
        found = {work.first}
        new = [work.first]
        while new:
            one = new.pop()
            for name in self._providers(one):
                place = self.floor.places[name]
                for other in (other for waiting in place.lines.values() for other in waiting):
                    if other not in found and may_be_ahead(self.history, place.discipline, one, other):
                        found.add(other)
                        new.append(other)
        return found

    def _is_paused_behind(self, other: Work, work: Work) -> bool:
        """Whether any of those is more urgent than work that stands still, where both need staff."""
        if other.least is None:
            return False
        needed = {name for name in other.needs if self.floor.places[name].discipline == "priority"}
        for visit in self._all_behind(work):
            mine = self.history.priority(visit)
            if mine is not None and mine < other.least and needed & set(self._providers(visit)):
                return True
        return False

    def _ahead(self, place: Place, visit: Visit, work: Work, resumes: bool) -> bool:
        """Whether a visit that waits is surely ahead of work that starts or goes on."""
        batched = self.history.element(visit).batch is not None
        if batched and (visit.service != work.service or place.discipline != "fifo" or resumes):
            return False
        if not batched and (len(work.visits) > 1 or self._lost_a_member(work)):
            return False
        if resumes:
            mine = self.history.priority(visit)
            return (
                place.discipline == "priority"
                and mine is not None
                and work.least is not None
                and mine < work.least
            )
        if batched:  # Who joins a batch that already queues has the place of that batch.
            return visit.part("wait_batch") > 0 and visit.arrived < work.earliest
        return ahead_in_queue(self.history, place.discipline, visit, work.first)

    def _lost_a_member(self, work: Work) -> bool:
        """Whether it may be a batch whose place was that of one who has left it."""
        earliest = work.earliest
        return any(left >= earliest for left in self.lost.get(work.service, ()))

    def _could_have_had(self, moment: Moment, line: Line, visit: Visit, work: Work, place: Place) -> bool:
        """Whether one of the ways to serve a visit was free, with what the work took."""
        if line.skill == UNKNOWN:
            return False
        return any(
            place.name in needs
            and fits(self.floor, moment.time, visit, needs)
            and all(self._had(moment, name, units, line, work) for name, units in needs.items())
            for needs in line.alternatives
        )

    def _had(self, moment: Moment, name: str, units: int, line: Line, work: Work) -> bool:
        place = self.floor.places[name]
        after = place.least_free(moment.time, line.skill)
        before = moment.free_before.get((name, line.skill), 0)
        taken = work.needs.get(name, 0)
        if taken and line.skill is not None and not (place.told_apart and place.can(work.member, line.skill)):
            taken = 0
        if taken and place.members and work.member not in place.has_members(moment.time, line.skill):
            taken = 0
        extra = min(after, max(before, 0)) if after > 0 else after if not place.members else 0
        return taken + extra - self.floor.kept(name, line) >= units

    def _passed_over_paused(
        self, moment: Moment, place: Place, work: Work, resumes: bool
    ) -> Iterator[Breach]:
        """Work that stands still goes on before what is queued with the same priority."""
        for other in list(place.in_state[PAUSED]):
            since = next((start for start, end, _ in other.stretches if start <= moment.time < end), NEVER)
            if len(other.needs) > 1 or since >= moment.time or place.off_shift == "fit" or place.keeps:
                continue
            if not self._paused_ahead(place, other, work, resumes):
                continue
            if self._is_paused_behind(other, work):
                continue
            if self._paused_had(moment, place, other, work) and self.once("discipline", other.first):
                message = "it starts before work that stands still, and that could have gone on"
                rows = (*work.rows, *other.rows)
                yield Breach(moment.time, "discipline", f"providers.{place.name}", rows, message)

    def _paused_ahead(self, place: Place, other: Work, work: Work, resumes: bool) -> bool:
        if place.discipline != "priority":
            return not resumes
        if other.most is None or work.least is None:
            return False
        return other.most < work.least or (other.most == work.least and not resumes)

    def _paused_had(self, moment: Moment, place: Place, other: Work, work: Work) -> bool:
        if place.members:
            on_duty = place.has_members(moment.time, None)
            return place.told_apart and other.member == work.member and other.member in on_duty
        after = place.least_free(moment.time, None)
        before = moment.free_before.get((place.name, None), 0)
        extra = min(after, max(before, 0)) if after > 0 else after
        return work.needs[place.name] + extra - self.floor.kept(place.name, None) >= other.needs[place.name]

    # Reservations

    def _reservations(self, moment: Moment) -> Iterator[Breach]:
        """Staff that are kept for who waits for several providers do not start anything behind it."""
        for work, resumes in [(one, False) for one in moment.begun] + [(one, True) for one in moment.resumed]:
            for name in work.needs:
                place = self.floor.places[name]
                if place.members or place.off_shift == "fit" or place.discipline == "random":
                    continue
                for line, waiting in place.lines.items():
                    if line.reserve and line not in moment.gone and line.service != work.service:
                        yield from self._not_kept(moment, place, line, waiting, work, resumes)

    def _not_kept(
        self,
        moment: Moment,
        place: Place,
        line: Line,
        waiting: Mapping[Visit, None],
        work: Work,
        resumes: bool,
    ) -> Iterator[Breach]:
        wanted = line.alternatives[0][place.name]
        if place.most_free(moment.time, None) + place.kept_by_pauses(moment.time) >= wanted:
            return
        for visit in waiting:
            if visit.queued < moment.time and self._ahead_everywhere(line, visit, work, resumes):
                if not self._is_behind(visit, work) and self.once("reservation", visit):
                    rows = (*work.rows, visit.request.row)
                    message = "it takes staff that are kept for one who is ahead of it"
                    yield Breach(moment.time, "reservation", f"providers.{place.name}", rows, message)
                return


def ahead_in_queue(history: History, discipline: str, one: Visit, two: Visit) -> bool:
    """Whether a visit is surely ahead of another in a queue."""
    mine, yours = queue_key(history, discipline, one), queue_key(history, discipline, two)
    if mine is None or yours is None:
        return False
    if mine != yours:
        return mine < yours
    if one.arrived != two.arrived:
        return one.arrived < two.arrived
    return one.request is not two.request and asked_first(one.request, two.request)


def may_be_ahead(history: History, discipline: str, one: Visit, two: Visit) -> bool:
    """Whether a visit is ahead of another in a queue, or may be: equals at one instant, or not known."""
    if ahead_in_queue(history, discipline, one, two):
        return True
    mine, yours = queue_key(history, discipline, one), queue_key(history, discipline, two)
    if mine is None or yours is None:
        return True
    equal = mine == yours and one.arrived == two.arrived
    return equal and one.request is not two.request and not asked_first(two.request, one.request)


def queue_key(history: History, discipline: str, visit: Visit) -> float | None:
    """What orders a queue before the arrival does, least first; None where it is not known."""
    if discipline == "fifo":
        return 0.0
    if discipline == "lifo":
        return float(-visit.arrived)
    if discipline == "priority":
        return history.priority(visit)
    if discipline == "shortest service":
        return _drawn(history, visit)
    return _due(history, visit) if discipline == "earliest due date" else None


def _drawn(history: History, visit: Visit) -> float | None:
    """The drawn duration, where the record has it as it was drawn."""
    service = history.element(visit)
    named = any(history.chain.providers[name].members for name in service.provider_names)
    if visit.finished < 0 or named or service.learning is not None or visit.part("work") <= 1:
        return None
    return float(visit.part("work"))


def _due(history: History, visit: Visit) -> float | None:
    """The earliest instant that a promise to the consumer is due; None where a link promises, too."""
    request = visit.request
    links = [history.chain.handoffs[visit.handoff]] if visit.handoff is not None else []
    if any(link.sla is not None for link in links) or request.kind != "consumer":
        return None
    sla = history.chain.consumers[request.source].sla
    if sla is None or sla.resolution is None or sla.response is not None:
        return inf if sla is None or (sla.resolution is None and sla.response is None) else None
    ticks = history.request_value(sla.resolution.within, "duration", request, visit.queued)
    if not isinstance(ticks, float) or sla.resolution.within.names() & WHEN:
        return None
    if sla.clock == "elapsed":
        return float(request.asked + int(ticks + 0.5))
    return float(history.calendars[sla.clock].advance(request.asked, int(ticks + 0.5)))

"""Who starts next, and whose work is interrupted for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from serviceflow.engine.program.codes import ANY, STARTS
from serviceflow.engine.program.queue_plan import plan_lines
from serviceflow.engine.reference.deadlock import check_held, check_knot
from serviceflow.engine.reference.entities import Visit
from serviceflow.engine.reference.providers import start_order
from serviceflow.engine.reference.queues import Line

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import ServicePlan
    from serviceflow.engine.reference.engine import Engine, Event
    from serviceflow.engine.reference.providers import Provider


class Dispatching:
    """The choice of what staff do next."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.touched: set[Provider] = set()
        """Providers at which something changed at this instant."""
        self.starts_planned = False

    def touch(self, team: Provider) -> None:
        """Remember that something may start at a provider, once all else at this instant has happened."""
        self.touched.add(team)
        self.plan_starts()

    def plan_starts(self) -> None:
        if not self.starts_planned:
            self.starts_planned = True
            self.engine.plan(self.engine.now, STARTS, 0, self.on_starts, None)

    def on_starts(self, event: Event) -> None:
        """Let start what can, group by group of providers that meet in some queue."""
        self.starts_planned = False
        asked = bool(self.engine.stocks.touched)
        self.engine.stocks.serve()
        touched = self.touched
        while touched:
            team = min(touched, key=place_of) if len(touched) > 1 else next(iter(touched))
            touched.difference_update(team.group)
            self.serve(team.group)
        if asked:
            check_held(self.engine)

    def serve(self, teams: list[Provider]) -> None:
        lines = self.engine.lines
        while True:
            offer = lines.next_work(teams)
            if offer is not None:
                visit, needs = offer
                if needs is None:
                    self.engine.staff.resume(visit)
                else:
                    self.engine.flow.start(visit, needs)
            elif not (any(team.plan.preemptive for team in teams) and self.preempt(teams)):
                break
        for team in teams:
            if team.fresh:
                self.engine.places.settle(team)
            if team.blocked:
                self.engine.places.let_in(team)
            if team.held and not team.active:
                check_knot(self.engine, team)

    def preempt(self, teams: list[Provider]) -> bool:
        """Interrupt less urgent work, if that sets free what more urgent work waits for, queued or paused."""
        lines = self.engine.lines
        kept: dict[Provider, int] = {}
        for urgent in lines.in_order(teams, interrupting=True):
            for needs in lines.ways(urgent):
                victims = self.victims(urgent, needs, kept)
                if victims and lines.would_fit(urgent, needs, victims):
                    for work in victims:
                        self.engine.staff.pause(work, "preempted")
                    return True
            if urgent.line is not None and urgent.line.reserve:
                for team, units in urgent.line.alternatives[0]:
                    kept[team] = kept.get(team, 0) + units  # What is set free would be kept for this one.
        return False

    def victims(self, urgent: Visit, needs: Needs, kept: dict[Provider, int]) -> list[Visit]:
        """The least urgent work, then the latest started, until there are staff enough; none if never."""
        short = self.engine.lines.short(urgent, needs, kept)
        if not all(team.plan.preemptive for team in short):
            return []
        found: list[Visit] = []
        works = {work for team in short for work in team.active}
        for work in sorted(works, key=lambda work: (work.priority, *start_order(work)), reverse=True):
            if not short:
                break
            gained = self.gained(urgent, work, short)
            if gained:
                found.append(work)
                short = {team: lack - gained.get(team, 0) for team, lack in short.items()}
                short = {team: lack for team, lack in short.items() if lack > 0}
        return [] if short else found

    def gained(self, urgent: Visit, work: Visit, short: dict[Provider, int]) -> dict[Provider, int]:
        """What putting work aside gives where staff are short; nothing if it may not be interrupted."""
        gained: dict[Provider, int] = {}
        for team, _, _ in work.grants:
            if team in short:
                if urgent.line is None:
                    gained[team] = team.freed_for(urgent, work)
                else:
                    gained[team] = team.freed_by(work, urgent.line.skill)
        urgency = [self.engine.lines.urgency(urgent, team) for team in gained]
        if not any(gained.values()) or work.priority <= max(urgency):
            return {}
        return gained


Needs = list[tuple["Provider", int]]


class Lines:
    """All lines of a chain, and the choice of the next work for providers.

    Providers that some visit needs at once, or one of which it may take, form a group and choose together:
    a visit starts when nobody who is ahead of it at any provider that both of them need could start.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        behaviours, teams = engine.behaviours, engine.providers
        plans = plan_lines(engine.program, behaviours.orders, bool(behaviours.policies))
        lines = [Line(plan, teams) for plan in plans.lines]
        self._of_service = {key: lines[place] for key, place in plans.of_service.items()}
        for team in teams:
            team.lines = [lines[place] for place in plans.of_provider[team.index]]
            team.tracked = [line for line in team.lines if line.tracked]
            team.plain = plans.is_plain(team.plan)
            team.group = [teams[place] for place in plans.groups[team.index]]

    def of(self, visit: Visit, service: ServicePlan) -> Line:
        skill = ANY if service.skill is None else self.engine.values.skill(service, visit)
        return self._of_service[service.index, skill]

    def next_work(self, teams: list[Provider]) -> tuple[Visit, Needs | None] | None:
        """What providers should do next: start a visit on given staff, or resume one (None)."""
        if teams[0].plain and not teams[0].paused:
            team, only = teams[0], teams[0].lines[0]
            if only.entries and team.on_duty - team.down - team.occupied > 0:
                return only.entries[0][3], only.alternatives[0]
            return None
        if not self._anybody(teams):
            return None
        kept: dict[Provider, int] = {}
        for visit in self.in_order(teams):
            line = visit.line
            if line is None:
                if not self.short(visit, self.ways(visit)[0], kept):
                    return visit, None
                continue
            needs = self.startable(line, visit, kept)
            if needs is not None:
                return self.drawn(visit, needs)
            if line.reserve:
                for team, units in line.alternatives[0]:
                    kept[team] = kept.get(team, 0) + min(units, max(team.spare(line.skill), 0))
        return None

    def _anybody(self, teams: list[Provider]) -> bool:
        """Whether staff are free for anybody, whoever is ahead: mostly they are not.

        Nothing is drawn for it: what a duration says may depend on when it is asked.
        """
        if any(not self.short(visit, self.ways(visit)[0], {}) for team in teams for visit in team.paused):
            return True
        lines = dict.fromkeys(line for team in teams for line in team.lines if line.entries)
        heads = [entry[3] for line in lines for entry in self.heads(line)]
        return any(not self.short(one, needs, {}) for one in heads for needs in self.ways(one))

    # Order

    def in_order(self, teams: list[Provider], interrupting: bool = False) -> Iterator[Visit]:
        """Paused work and those in line, each after all who are ahead of it at a provider of both."""
        paused = list(dict.fromkeys(visit for team in teams for visit in team.paused))
        lines = list(dict.fromkeys(line for team in teams for line in team.lines if line.entries))
        if len(teams) == 1:
            queued = [entry[3] for line in lines for entry in self.heads(line)]
            yield from sorted([*paused, *queued], key=lambda visit: self.rank(visit, teams[0]))
            return
        yield from self._meeting(
            [*paused, *(entry[3] for line in lines for entry in self.heads(line))], interrupting
        )

    def _meeting(self, waiting: list[Visit], interrupting: bool) -> Iterator[Visit]:
        """Those who wait at providers that meet: who is ahead of whom is found once, and then kept up."""
        ahead = self.ahead(waiting)
        while ahead:
            visit = self.foremost(ahead)
            yield visit
            gone = {visit}
            line = visit.line
            if line is not None and not line.fits and not (line.mixed and interrupting):
                gone |= {one for one in ahead if one.line is line}  # They need the same staff.
            ahead = {one: others - gone for one, others in ahead.items() if one not in gone}

    def heads(self, line: Line) -> list[tuple[float, int, int, Visit]]:
        """Who may start next of a line: the first, or any where the first may differ or be passed by."""
        return line.entries[:] if line.fits or line.mixed else line.entries[:1]

    def ahead(self, visits: list[Visit]) -> dict[Visit, set[Visit]]:
        """For each visit those who are ahead of it at any provider that both may need."""
        by_provider: dict[Provider, list[tuple[tuple[Any, ...], Visit]]] = {}
        for visit in visits:
            for team in self.involved(visit):
                by_provider.setdefault(team, []).append((self.rank(visit, team), visit))
        found: dict[Visit, set[Visit]] = {visit: set() for visit in visits}
        for ranked in by_provider.values():
            before: list[Visit] = []
            for _, visit in sorted(ranked, key=lambda entry: entry[0]):
                found[visit].update(before)
                before.append(visit)
        for visit, others in found.items():
            others.discard(visit)
        return found

    def foremost(self, ahead: dict[Visit, set[Visit]]) -> Visit:
        """The one whom nobody is ahead of; where queues contradict one another, the most urgent.

        So nobody takes back at once what more urgent work has interrupted.
        """
        first = [one for one, others in ahead.items() if not others]
        if first:
            return min(first, key=lambda visit: (visit.arrived, visit.identity))
        mutual = [one for one, others in ahead.items() if all(one in ahead[other] for other in others)]
        return min(mutual or ahead, key=lambda visit: (visit.priority, visit.arrived, visit.identity))

    def involved(self, visit: Visit) -> list[Provider]:
        return [team for team, _, _ in visit.grants] if visit.line is None else visit.line.involved

    def rank(self, visit: Visit, team: Provider) -> tuple[Any, ...]:
        """The place of a visit at a provider: paused work first, among equals where it goes by priority."""
        if visit.line is None:
            by_priority = team.plan.discipline == "priority"
            return (visit.priority if by_priority else float("-inf"), 0, *start_order(visit))
        return (self.key(visit, team), 1, 0, visit.arrived, visit.identity)

    def key(self, visit: Visit, team: Provider) -> float:
        """What orders a provider's queue."""
        service = self.engine.services[visit.service]
        if team.index == service.provider:
            return float(visit.key)
        return self.engine.flow.queue_key(visit, service, team)

    def urgency(self, visit: Visit, team: Provider) -> float:
        """The number that work must exceed to be interrupted for a visit."""
        return visit.priority if visit.line is None else max(visit.priority, self.key(visit, team))

    # Who could start

    def ways(self, visit: Visit) -> list[Needs]:
        """The staff on which a visit could start, or with whom its work could go on."""
        if visit.line is None:
            return [[(team, units) for team, units, _ in visit.grants]]
        return visit.line.alternatives

    def short(self, visit: Visit, needs: Needs, kept: dict[Provider, int]) -> dict[Provider, int]:
        """Where staff are lacking for a visit, and how many."""
        lacking = {}
        for team, units in needs:
            if visit.line is None:
                lack = team.missing(visit, kept.get(team, 0))
            else:
                lack = units + kept.get(team, 0) - team.spare(visit.line.skill)
            if lack > 0:
                lacking[team] = lack
        return lacking

    def startable(self, line: Line, visit: Visit, kept: dict[Provider, int]) -> Needs | None:
        for needs in line.alternatives:
            if not self.short(visit, needs, kept) and (not line.fits or self._fits(visit, needs)):
                return needs
        return None

    def _fits(self, visit: Visit, needs: Needs) -> bool:
        service = self.engine.services[visit.service]
        ticks = max(self.engine.flow.drawn_ticks(visit, service), 1)
        return all(team.fits(visit, ticks) for team, _ in needs)

    def would_fit(self, urgent: Visit, needs: Needs, victims: list[Visit]) -> bool:
        """Whether work would end within the shift, were `victims` put aside for it."""
        if urgent.line is None or not urgent.line.fits:
            return True
        ticks = max(self.engine.flow.drawn_ticks(urgent, self.engine.services[urgent.service]), 1)
        return all(team.fits(urgent, ticks, [v for v in victims if v in team.active]) for team, _ in needs)

    # The random discipline

    def drawn(self, visit: Visit, needs: Needs) -> tuple[Visit, Needs]:
        """Where a provider's order is random, any of those who could start there, each as likely."""
        team = next((team for team, _ in needs if team.plan.discipline == "random"), None)
        if team is None:
            return visit, needs
        waiting = sorted(self.startable_at(team), key=lambda offer: (offer[0].arrived, offer[0].identity))
        uniform = self.engine.draws.uniform(team.plan.selection, team.selections, 0)
        team.selections += 1
        return waiting[int(uniform * len(waiting))]

    def startable_at(self, team: Provider) -> Iterator[tuple[Visit, Needs]]:
        for line in team.lines:
            for *_, visit in line.entries:
                needs = self.startable(line, visit, {})
                if needs is None and not line.fits:
                    break
                if needs is not None and any(other is team for other, _ in needs):
                    yield visit, needs

    def withdraw(self, visit: Visit) -> None:
        """Take a visit that gives up out of its line; a batch goes on without it."""
        if visit.leader is not None:
            self.engine.batches.leave_batch(visit, visit.leader)
        elif visit.line is not None:
            line = visit.line
            line.leave(visit, self.engine.now)
            for team in line.involved:
                self.engine.dispatching.touch(team)  # Staff may have been kept for it.


def place_of(team: Provider) -> int:
    return team.index

"""Who starts next, and whose work is interrupted for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from serviceflow.engine.program.codes import ANY, STARTS
from serviceflow.engine.program.queue_plan import plan_lines
from serviceflow.engine.reference.deadlock import check_held, check_knot
from serviceflow.engine.reference.entities import Visit
from serviceflow.engine.reference.fitting import staff_that_fit
from serviceflow.engine.reference.meeting import foremost, shown_of
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
        least = {team: max(one.priority for one in team.active) for team in teams if team.active}

        def may_interrupt(visit: Visit) -> bool:
            return any(self.yields(team, least, visit) for team in lines.involved(visit))

        for urgent in lines.in_order(teams, may_interrupt, interrupting=True):
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

    def yields(self, team: Provider, least: dict[Provider, float], urgent: Visit) -> bool:
        """Whether a provider has less urgent work in hand, which it interrupts."""
        return team.plan.preemptive and least.get(team, urgent.priority) > urgent.priority

    def preempts(self, visit: Visit) -> bool:
        """Whether any provider of a visit interrupts work."""
        return any(team.plan.preemptive for team, _, _ in visit.grants)

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
Ranks = dict[tuple["Provider", Visit], tuple[Any, ...]]
"""The places of visits in the queues of providers."""


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
        kept: dict[Provider, int] = {}
        for visit in self.in_order(teams, self.may_start):
            line = visit.line
            if line is None:
                if not self.short(visit, self.ways(visit)[0], kept):
                    return visit, None
                continue
            needs = self.startable(line, visit, kept)
            if needs is not None:
                return self.drawn(visit, needs, kept)
            if line.reserve:
                for team, units in line.alternatives[0]:
                    kept[team] = kept.get(team, 0) + min(units, max(team.spare(line.skill), 0))
        return None

    def may_start(self, visit: Visit) -> bool:
        """Whether there are staff for a visit, if nothing is kept for others.

        Nothing is drawn for it: what a duration says may depend on when it is asked.
        """
        return any(not self.short(visit, needs, {}) for needs in self.ways(visit))

    def reserves(self, visit: Visit) -> bool:
        """Whether staff are kept for a visit until it has all that it needs."""
        return visit.line is not None and visit.line.reserve

    # Order

    def in_order(
        self, teams: list[Provider], can: Callable[[Visit], bool], interrupting: bool = False
    ) -> Iterator[Visit]:
        """Those who wait and can do something, each after all who are ahead of it at a provider of both.

        Those for whom staff are kept come along, as long as anybody is left who can.
        """
        waiting = self.waiting(teams)
        able = {visit for visit in waiting if can(visit)}
        if not able:
            return
        waiting = [visit for visit in waiting if visit in able or self.reserves(visit)]
        if len(teams) == 1:
            ordered = iter(sorted(waiting, key=lambda visit: self.rank(visit, teams[0])))
        else:
            ordered = self._meeting(waiting, interrupting)
        for visit in ordered:
            yield visit
            able.discard(visit)
            if not able:
                return

    def waiting(self, teams: list[Provider]) -> list[Visit]:
        """Paused work, and who may be next of each line."""
        paused = dict.fromkeys(visit for team in teams for visit in team.paused)
        lines = dict.fromkeys(line for team in teams for line in team.lines if line.entries)
        return [*paused, *(entry[3] for line in lines for entry in self.heads(line))]

    def _meeting(self, waiting: list[Visit], interrupting: bool) -> Iterator[Visit]:
        """Those who wait at providers that meet."""
        left: dict[Visit | Line, list[Visit]] = {}
        for visit in waiting:
            left.setdefault(visit.line or visit, []).append(visit)
        ranks: Ranks = {}
        while left:
            shown = [visit for group in left.values() for visit in shown_of(group)]
            visit = foremost(self.queues_of(shown, ranks))
            yield visit
            line = visit.line
            mine = left[line or visit]
            mine.remove(visit)
            alike = line is not None and not line.fits and not (line.mixed and interrupting)
            if alike or not mine:
                del left[line or visit]  # Those in one line need the same staff.

    def heads(self, line: Line) -> list[tuple[float, int, int, Visit]]:
        """Who may start next of a line: the first, or any where the first may differ or be passed by."""
        return line.entries[:] if line.fits or line.mixed else line.entries[:1]

    def queues_of(self, visits: list[Visit], ranks: Ranks) -> list[list[Visit]]:
        """The queue of every provider that any of some visits may need; places in them are noted once."""
        queues: dict[Provider, list[Visit]] = {}
        for visit in visits:
            for team in self.involved(visit):
                queues.setdefault(team, []).append(visit)
                if (team, visit) not in ranks:
                    ranks[team, visit] = self.rank(visit, team)
        return [sorted(queue, key=lambda one: ranks[team, one]) for team, queue in queues.items()]

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
        return staff_that_fit(self.engine, visit, needs) is not None

    def would_fit(self, urgent: Visit, needs: Needs, victims: list[Visit]) -> bool:
        """Whether work would end within the shift, were `victims` put aside for it."""
        if urgent.line is None or not urgent.line.fits:
            return True
        return staff_that_fit(self.engine, urgent, needs, victims) is not None

    # The random discipline

    def drawn(self, visit: Visit, needs: Needs, kept: dict[Provider, int]) -> tuple[Visit, Needs]:
        """Where a provider's order is random, any of those who could start there, each as likely.

        Who is behind somebody at another provider, one with an order, is not drawn before them.
        """
        team = next((team for team, _ in needs if team.plan.discipline == "random"), None)
        if team is None:
            return visit, needs
        others = {other: self.first_at(other, kept) for other in team.group if other is not team}
        waiting = [
            (one, ways)
            for one, ways in self.startable_at(team, kept)
            if any(other is team for other, _ in ways) and (one is visit or not self.overtakes(one, others))
        ]
        waiting.sort(key=lambda offer: (offer[0].arrived, offer[0].identity))
        uniform = self.engine.draws.uniform(team.plan.selection, team.selections, 0)
        team.selections += 1
        return waiting[int(uniform * len(waiting))]

    def overtakes(self, visit: Visit, others: dict[Provider, tuple[Any, ...] | None]) -> bool:
        """Whether somebody who could go on is ahead of a visit at one of the other providers."""
        places = ((others.get(team), self.rank(visit, team)) for team in self.involved(visit))
        return any(first is not None and first < mine for first, mine in places)

    def first_at(self, team: Provider, kept: dict[Provider, int]) -> tuple[Any, ...] | None:
        """The place of the first at a provider who could go on; none where there is no order."""
        if team.plan.discipline == "random":
            return None
        could = [visit for visit, _ in self.startable_at(team, kept)]
        could += [visit for visit in team.paused if not self.short(visit, self.ways(visit)[0], kept)]
        return min((self.rank(visit, team) for visit in could), default=None)

    def startable_at(self, team: Provider, kept: dict[Provider, int]) -> Iterator[tuple[Visit, Needs]]:
        """Those in the lines of a provider who could start."""
        for line in team.lines:
            for *_, visit in line.entries:
                needs = self.startable(line, visit, kept)
                if needs is None and not line.fits:
                    break
                if needs is not None:
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

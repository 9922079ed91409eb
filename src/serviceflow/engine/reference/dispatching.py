"""Who starts next, and whose work is interrupted for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serviceflow.engine.program.codes import ANY, STARTS
from serviceflow.engine.program.queue_plan import plan_lines
from serviceflow.engine.reference.deadlock import check_knot
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
        """Let start what can, provider by provider, least queue key first."""
        self.starts_planned = False
        self.engine.stocks.serve()
        touched = self.touched
        while touched:
            team = min(touched, key=place_of) if len(touched) > 1 else next(iter(touched))
            touched.discard(team)
            self.serve(team)

    def serve(self, team: Provider) -> None:
        while True:
            offer = self.engine.lines.next_work(team)
            if offer is None:
                if team.plan.preemptive and self.preempt(team):
                    continue
                break
            visit, needs = offer
            if needs is None:
                team.resume(visit)
            else:
                self.engine.flow.start(visit, needs)
        if team.blocked:
            self.engine.places.let_in(team)
        if team.held and not team.active:
            check_knot(self.engine, team)

    def preempt(self, team: Provider) -> bool:
        """Interrupt the least urgent work, if that sets free what more urgent work waits for."""
        waiting = self.engine.lines.most_urgent(team)
        if waiting is None:
            return False
        urgent, units, skill = waiting
        victims = self.victims(team, urgent, units, skill)
        if not victims or not self.engine.lines.would_fit(urgent, team, victims):
            return False
        for work in victims:
            team.pause(work, "preempted")
        return True

    def victims(self, team: Provider, urgent: Visit, units: int, skill: int) -> list[Visit]:
        """The least urgent work, then the latest started, until there are staff enough; none if never."""
        free = team.spare(skill)
        if free >= units:
            return []
        found: list[Visit] = []
        rank = max(urgent.priority, urgent.key)
        for work in sorted(team.active, key=lambda work: (work.priority, *start_order(work)), reverse=True):
            gained = team.freed_by(work, skill)
            if gained and work.priority > rank:
                found.append(work)
                free += gained
                if free >= units:
                    return found
        return []


class Lines:
    """All lines of a chain, and the choice of the next work for a provider."""

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

    def of(self, visit: Visit, service: ServicePlan) -> Line:
        skill = ANY if service.skill is None else self.engine.values.skill(service, visit)
        return self._of_service[service.index, skill]

    def next_work(self, team: Provider) -> tuple[Visit, list[tuple[Provider, int]] | None] | None:
        """What a provider should do next: start a visit on given staff, or resume one (None)."""
        if team.plain and not team.paused:
            only = team.lines[0]
            if only.entries and team.on_duty - team.down - team.occupied > 0:
                return only.entries[0][3], only.alternatives[0]
            return None
        if team.plan.discipline == "random" and not any(team.can_resume(v) for v in team.paused):
            return self._random_work(team)
        kept: dict[Provider, int] = {}
        for _, visit in sorted(self._offers(team), key=lambda offer: offer[0]):
            if visit.line is None:
                if team.can_resume(visit):
                    return visit, None
                continue
            line = visit.line
            needs = self._startable(line, visit, kept)
            if needs is not None:
                return visit, needs
            if line.reserve:
                for other, units in line.alternatives[0]:
                    kept[other] = kept.get(other, 0) + min(units, max(other.spare(line.skill), 0))
        return None

    def _offers(self, team: Provider) -> list[tuple[tuple[Any, ...], Visit]]:
        """Paused work and the heads of the lines, by priority, paused first among equals."""
        by_priority = team.plan.discipline == "priority"
        offers: list[tuple[tuple[Any, ...], Visit]] = []
        for visit in team.paused:
            rank = visit.priority if by_priority else float("-inf")
            offers.append(((rank, 0, *start_order(visit)), visit))
        for line in team.lines:
            entries = line.entries if line.fits else line.entries[:1]
            for key, arrived, identity, visit in entries:
                offers.append(((key, 1, 0, arrived, identity), visit))
        return offers

    def _startable(
        self, line: Line, visit: Visit, kept: dict[Provider, int]
    ) -> list[tuple[Provider, int]] | None:
        for needs in line.alternatives:
            if all(team.spare(line.skill) - kept.get(team, 0) >= units for team, units in needs) and (
                not line.fits or self._fits(visit, needs)
            ):
                return needs
        return None

    def _fits(self, visit: Visit, needs: list[tuple[Provider, int]]) -> bool:
        service = self.engine.services[visit.service]
        ticks = max(self.engine.flow.drawn_ticks(visit, service), 1)
        return all(team.fits(visit, ticks) for team, _ in needs)

    def _random_work(self, team: Provider) -> tuple[Visit, list[tuple[Provider, int]] | None] | None:
        """Any of those who could start, each as likely."""
        waiting: list[tuple[int, int, Visit, list[tuple[Provider, int]]]] = []
        for line in team.lines:
            for _, arrived, identity, visit in line.entries:
                needs = self._startable(line, visit, {})
                if needs is None and not line.fits:
                    break
                if needs is not None:
                    waiting.append((arrived, identity, visit, needs))
        if not waiting:
            return None
        waiting.sort(key=lambda entry: entry[:2])
        uniform = self.engine.draws.uniform(team.plan.selection, team.selections, 0)
        team.selections += 1
        _, _, visit, needs = waiting[int(uniform * len(waiting))]
        return visit, needs

    def most_urgent(self, team: Provider) -> tuple[Visit, int, int] | None:
        """Who would start next at a provider, if it had staff; how many it needs, and of what skill."""
        heads = [line.entries[0] for line in team.lines if line.entries]
        for _, _, _, visit in sorted(heads, key=lambda entry: entry[:3]):
            line = visit.line
            assert line is not None
            needs = next((needs for needs in line.alternatives if any(t is team for t, _ in needs)), [])
            if all(other is team or other.spare(line.skill) >= units for other, units in needs):
                return visit, next(units for other, units in needs if other is team), line.skill
            if line.reserve:
                return None  # What were set free would be kept for this one.
        return None

    def would_fit(self, urgent: Visit, team: Provider, victims: list[Visit]) -> bool:
        """Whether work would end within the shift, were `victims` put aside for it."""
        line = urgent.line
        if line is None or not line.fits:
            return True
        ticks = max(self.engine.flow.drawn_ticks(urgent, self.engine.services[urgent.service]), 1)
        needs = next(needs for needs in line.alternatives if any(t is team for t, _ in needs))
        return all(other.fits(urgent, ticks, victims if other is team else []) for other, _ in needs)

    def withdraw(self, visit: Visit) -> None:
        """Take a visit that gives up out of its line; a batch goes on without it."""
        if visit.leader is not None:
            self.engine.batches.leave_batch(visit, visit.leader)
        elif visit.line is not None:
            visit.line.leave(visit, self.engine.now)


def place_of(team: Provider) -> int:
    return team.index

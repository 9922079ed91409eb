"""Demand, and what comes from outside: arrivals, closed populations, initial backlog, outages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import ASKING, CONSUMER, FAILURE, MOST_AT_ONCE, NEVER, NONE, OUTAGE
from serviceflow.engine.program.plans import ArrivalPlan, ConsumerPlan, OutagePlan
from serviceflow.engine.reference.entities import Request, Visit
from serviceflow.engine.reference.standstill import BROKE_DOWN
from serviceflow.errors import RunError

if TYPE_CHECKING:
    from serviceflow.engine.reference.engine import Engine, Event
    from serviceflow.engine.reference.providers import Provider

MEMBER = 1 << 32
"""Requests of a closed population are numbered by member and ask."""


class Source:
    """A consumer in a run: how many requests it has asked, and when it asks next."""

    def __init__(self, plan: ConsumerPlan, arrivals: ArrivalPlan | None) -> None:
        self.plan = plan
        self.arrivals = arrivals
        self.requests = 0
        self.times = 0
        """Instants at which it has asked."""
        self.last = -1
        """The latest of them."""


class Arrivals:
    """All consumers of a run, and the outages of its providers."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.sources = [Source(plan, plan.arrivals) for plan in engine.program.consumers]
        self.outages = [0] * len(engine.providers)

    def open(self) -> None:
        for source in self.sources:
            self.place_backlog(source.plan)
            if source.arrivals is None:
                continue
            if source.arrivals.population:
                busy = self.engine.openings.members[source.plan.index]
                for member in range(busy, source.arrivals.population):
                    self.think(source, member, 0)
            else:
                self.plan_next(source, self.engine.program.begin)

    def place_backlog(self, plan: ConsumerPlan) -> None:
        """Requests that are in the chain at time 0."""
        for service, count, who in plan.initial:
            for number in range(count):
                request = self.ask(plan, number, who, {})
                self.engine.requests.admit(request, service, (), 0)

    # Arrivals

    def plan_next(self, source: Source, since: int) -> None:
        time = self.next_time(source, since)
        if time < NEVER:
            self.engine.plan(time, ASKING, source.plan.index, self.on_asking, source)

    def next_time(self, source: Source, since: int) -> int:
        """The instant of the next arrival, as long as any come."""
        arrivals = source.arrivals
        assert arrivals is not None
        if source.times >= arrivals.count:
            return NEVER
        time = arrivals.first
        if source.times or time == NONE:
            time = self.following(source, arrivals, since)
        return time if time < arrivals.until else NEVER

    def following(self, source: Source, arrivals: ArrivalPlan, since: int) -> int:
        """After a gap that is drawn, or the next instant of those listed; never in closed time."""
        if arrivals.every is not None:
            gap = self.engine.values.time(arrivals.every, source.plan.who, source.times)
            if arrivals.profile is None:
                return since + int(gap + 0.5)
            time = min(int(arrivals.profile.reach(since, gap) + 0.5), NEVER)
            return time if time == NEVER else arrivals.profile.next_open(time)
        if arrivals.instants is not None:
            passed = source.times > 0 or self.engine.program.opening is not None
            return arrivals.instants.next_instant(since + passed)
        return arrivals.trace[source.times][0] if source.times < len(arrivals.trace) else NEVER

    def on_asking(self, event: Event) -> None:
        source: Source = event.about
        plan, arrivals = source.plan, source.arrivals
        assert arrivals is not None
        given = dict(arrivals.trace[source.times][1]) if arrivals.trace else {}
        size = self.batch_size(source, arrivals)
        if arrivals.trace or source.last < self.engine.now:
            self.engine.standstill.allow(size)
        source.last = self.engine.now
        for _ in range(size):
            request = self.ask(plan, source.requests, plan.who, given)
            source.requests += 1
            self.engine.requests.admit(request, plan.enters, plan.exits, plan.routing)
        source.times += 1
        self.plan_next(source, self.engine.now)

    def batch_size(self, source: Source, arrivals: ArrivalPlan) -> int:
        if arrivals.batch is None:
            return 1
        size = self.engine.values.count(arrivals.batch, source.plan.who, source.times)
        if size > MOST_AT_ONCE:
            raise RunError(
                f"consumers.{source.plan.name}.arrivals.batch: gives {size:g}; one arrival brings at most"
                f" {MOST_AT_ONCE:,} requests"
            )
        return int(size + 0.5)

    def ask(self, plan: ConsumerPlan, number: int, who: int, given: dict[int, float]) -> Request:
        engine = self.engine
        attributes = engine.values.attributes(plan, who, number, given)
        request = engine.requests.new_request(plan.index, number, who, attributes)
        request.kind = CONSUMER
        request.consumer = plan.index
        return request

    # Closed populations

    def think(self, source: Source, member: int, ask: int) -> None:
        """A member asks, and thinks again when its request has ended; it thinks first."""
        arrivals = source.arrivals
        assert arrivals is not None
        assert arrivals.think is not None
        number = member * MEMBER + ask
        ticks = int(self.engine.values.time(arrivals.think, source.plan.who, number) + 0.5)
        place = (source.plan.index << 28) | member
        self.engine.plan(
            self.engine.now + ticks,
            ASKING,
            (1 << 47) | place,
            self.on_member,
            (source, member, ask),
        )

    def on_member(self, event: Event) -> None:
        source, member, ask = event.about
        plan = source.plan
        request = self.ask(plan, member * MEMBER + ask, plan.who, {})
        request.on_end = lambda ended: self.think(source, member, ask + 1)
        self.engine.requests.admit(request, plan.enters, plan.exits, plan.routing)

    # Outages

    def plan_failures(self, team: Provider) -> None:
        if team.plan.outage is not None:
            for clock in range(team.plan.units):
                self.plan_failure(team, clock, 0)

    def plan_failure(self, team: Provider, clock: int, times: int) -> None:
        """Each unit's clock runs from the end of its last repair, on duty or not."""
        outage = team.plan.outage
        assert outage is not None
        after = int(self.engine.values.time(outage.after, outage.purpose, clock, times) + 0.5)
        self._plan_outage(team, clock, after, self.on_failure, times)

    def _plan_outage(self, team: Provider, clock: int, after: int, action: object, times: int) -> None:
        number = (team.index << 20) | clock
        self.engine.plan(self.engine.now + after, FAILURE, number, action, (team, clock, times))  # type: ignore[arg-type]

    def on_failure(self, event: Event) -> None:
        team, clock, times = event.about
        self.engine.standstill.note(BROKE_DOWN, f"providers.{team.plan.name}")
        team.fail(clock)
        self.engine.dispatching.touch(team)
        outage: OutagePlan = team.plan.outage
        if outage.repair_service != NONE:
            self.ask_for_repair(team, clock, times, outage)
        else:
            assert outage.repair is not None
            repair = int(self.engine.values.time(outage.repair, outage.purpose, clock, times) + 0.5)
            self._plan_outage(team, clock, repair, self.on_repair, times)

    def on_repair(self, event: Event) -> None:
        team, clock, times = event.about
        self.repaired(team, clock, times)

    def repaired(self, team: Provider, clock: int, times: int) -> None:
        member, since = team.repair(clock)
        self.engine.recorder.outage(team.index, member, since, self.engine.now)
        self.engine.dispatching.touch(team)
        self.plan_failure(team, clock, times + 1)

    def ask_for_repair(self, team: Provider, clock: int, times: int, outage: OutagePlan) -> None:
        """The outage enters the chain as a request and is over when that ends."""
        engine = self.engine
        request = engine.requests.new_request(
            team.index, self.outages[team.index], outage.purpose, engine.values.no_attributes()
        )
        self.outages[team.index] += 1
        request.kind = OUTAGE
        request.on_end = lambda ended: self.repaired(team, clock, times)
        engine.requests.admit(request, outage.repair_service, (), 0)


__all__ = ["Arrivals", "Source", "Visit"]

"""Runs that start from a state: requests that are in work, queued or on their way, and what is on order.

All requests that are there come to be first, in the order of the state, so that they are the first of the
record. Then each is put where it is, in the same order, as if all of them had come there when the run starts;
at last those go on whose work is done already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import (
    ARRIVAL,
    COMPLETED,
    CONSUMER,
    IN_WORK,
    NONE,
    ON_THE_WAY,
    ORDER,
    QUEUED,
    STANDING,
    TIMEOUT,
    TRIES,
)
from serviceflow.engine.program.plans import Drawn, OpeningPlan, PlacePlan, ServicePlan
from serviceflow.engine.random.draws import mix
from serviceflow.engine.reference.entities import Branch, Request, Split, Visit
from serviceflow.engine.reference.handoffs import ROUND, after

if TYPE_CHECKING:
    from serviceflow.engine.reference.engine import Engine, Event
    from serviceflow.engine.reference.providers import Provider, Unit

DELIVERY = 1 << 40
"""Deliveries come after all that arrives at their instant."""


class Openings:
    """What is there when a run starts."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.members = [0] * len(engine.program.consumers)
        """Members of each closed population who have a request in the chain."""

    def open(self) -> None:
        plan = self.engine.program.opening
        if plan is None:
            return
        visits = self.visits(plan)
        self.order(plan, visits)
        batches: dict[int, list[Visit]] = {}
        for place, visit in zip(plan.places, visits, strict=True):
            batches.setdefault(place.leader, []).append(visit)
        done = []
        for index, (place, visit) in enumerate(zip(plan.places, visits, strict=True)):
            if place.leader == index:
                self.put(place, visit, batches[index])
                if place.state == IN_WORK and place.remaining == 0:
                    done.append(visit)
        for visit in done:
            self.leave(visit)

    # Requests

    def visits(self, plan: OpeningPlan) -> list[Visit]:
        """A visit for every place, of a request or of a branch of one."""
        found: list[Visit] = []
        strands: dict[int, list[Branch]] = {}
        for index, place in enumerate(plan.places):
            if place.of == index:
                request = self.request(place)
                strands[index] = self.strands(request, place.branches)
            visit = self.engine.flow.new_visit(strands[place.of].pop(0), place.service)
            visit.handoff = place.handoff
            found.append(visit)
        return found

    def request(self, place: PlacePlan) -> Request:
        engine = self.engine
        attributes = engine.values.no_attributes()
        if place.kind == CONSUMER:
            plan = engine.program.consumers[place.source]
            attributes = engine.values.attributes(plan, place.who, place.number, dict(place.given))
        request = engine.requests.new_request(place.source, place.number, place.who, attributes)
        request.kind = place.kind
        request.asked = place.asked
        if place.kind == CONSUMER:
            request.consumer = place.source
            engine.unfinished_in_window += 1
            self.let_member_ask(request, place.source)
        else:
            request.order = engine.stocks.stocks[place.source]
            request.quantity = request.outstanding = place.quantity
        request.root.common = False
        return request

    def let_member_ask(self, request: Request, consumer: int) -> None:
        """A member of a closed population thinks again when its request has ended."""
        arrivals = self.engine.arrivals
        source = arrivals.sources[consumer]
        member = self.members[consumer]
        if source.arrivals is not None and member < source.arrivals.population:
            self.members[consumer] += 1
            request.on_end = lambda ended: arrivals.think(source, member, 1)

    def strands(self, request: Request, branches: int) -> list[Branch]:
        """The request itself, or the branches that it has split into."""
        if branches == 1:
            return [request.root]
        split = Split(request.root, branches)
        request.open = branches
        found = []
        for _ in range(branches):
            who = mix(request.who, request.number, request.branches, 0)
            found.append(Branch(request, request.branches, who, request.number, split))
            request.branches += 1
        return found

    # Stocks

    def order(self, plan: OpeningPlan, visits: list[Visit]) -> None:
        """What is on order: by requests that are in the chain, and by itself."""
        stocks = self.engine.stocks.stocks
        for index, place in enumerate(plan.places):
            if place.kind == ORDER and place.of == index:
                stocks[place.source].change(0.0, place.quantity, 0.0)
        for number, (stock, time, quantity) in enumerate(plan.deliveries):
            stocks[stock].change(0.0, quantity, 0.0)
            self.engine.plan(time, ARRIVAL, DELIVERY | number, self.on_delivery, (stock, quantity))

    def on_delivery(self, event: Event) -> None:
        index, quantity = event.about
        stocks = self.engine.stocks
        stock = stocks.stocks[index]
        stock.change(quantity, -quantity, 0.0)
        stocks.touched.add(index)
        stocks.write(stock)
        self.engine.dispatching.plan_starts()

    # Places

    def put(self, place: PlacePlan, visit: Visit, batch: list[Visit]) -> None:
        if place.state == ON_THE_WAY:
            self.send(place, visit)
            return
        for member in batch:
            member.strand.entries[member.service] = place.entries
        if place.state in (IN_WORK, STANDING):
            self.set_to_work(place, visit, batch)
            return
        self.claim(visit)
        self.arrive(place, visit)

    def claim(self, visit: Visit) -> None:
        """Who comes to a queue that blocks when it is full has a place in it."""
        team = self.engine.places.limited(visit.service)
        if team is not None and team.plan.blocks:
            self.engine.places.claim(visit, team)

    def send(self, place: PlacePlan, visit: Visit) -> None:
        engine = self.engine
        self.claim(visit)
        if place.remaining == NONE and place.handoff != NONE:
            transfer = engine.program.handoffs[place.handoff].transfer
            engine.handoffs.send(visit, transfer, place.handoff, None)
            return
        visit.handoff_delay = max(place.remaining, 0)
        engine.plan(engine.now + visit.handoff_delay, ARRIVAL, visit.id, engine.flow.on_arrival, visit)

    def arrive(self, place: PlacePlan, visit: Visit) -> None:
        """As in any arrival, but that some of the patience may be over, and what comes before the queue."""
        engine = self.engine
        service = engine.services[visit.service]
        self.come(visit)
        if service.patience is not None:
            where = f"services.{service.name}.patience"
            left = self.left(service.patience, visit, where, place.elapsed)
            engine.patience.plan(visit, engine.now + left)
        self.limit(place, visit, service)
        visit.priority = engine.values.priority(service, visit)
        if place.state == QUEUED:
            visit.taken = tuple(
                (index, engine.values.amount(code, visit, f"services.{service.name}.consumes"))
                for index, code in service.consumes
            )
            engine.flow.queue(visit)
        elif service.join and visit.strand.split is not None:
            engine.splits.wait_for_branches(visit, service.join)
        else:
            engine.flow.call_before(visit)

    def limit(self, place: PlacePlan, visit: Visit, service: ServicePlan) -> None:
        """What is left of the limit over waiting and work, of which what is known to have passed is over."""
        if service.timeout is not None:
            left = self.left(service.timeout, visit, f"services.{service.name}.timeout", place.elapsed)
            self.engine.patience.plan(visit, self.engine.now + left, TIMEOUT)

    def come(self, visit: Visit) -> None:
        visit.arrived = visit.since = self.engine.now
        visit.occurrence = visit.strand.entries.get(visit.service, 0)
        visit.strand.entries[visit.service] = visit.occurrence + 1
        visit.visit = visit.occurrence + 1

    def left(self, drawn: Drawn, visit: Visit, where: str, elapsed: int) -> int:
        """What is left of a duration that has lasted for some time: drawn until it is longer than that."""
        occurrence = visit.occurrence
        ticks = 0
        for _ in range(TRIES):
            ticks = self.engine.values.ticks(drawn, visit, where) - elapsed
            if ticks > 0 or not elapsed:
                break
            visit.occurrence += ROUND
        visit.occurrence = occurrence
        return max(ticks, 0)

    # Work

    def set_to_work(self, place: PlacePlan, visit: Visit, batch: list[Visit]) -> None:
        service = self.engine.services[visit.service]
        for member in batch:
            self.come(member)
            member.queued = member.started = self.engine.now
            member.stage = "work"
            member.owner.served = True
            member.priority = self.engine.values.priority(service, member)
        if service.batch is not None:
            visit.batch = batch
            for member in batch:
                member.leader, member.together = visit, len(batch)
        self.take_staff(place, visit, batch, service)
        self.work(place, visit, batch, service)

    def take_staff(self, place: PlacePlan, visit: Visit, batch: list[Visit], service: ServicePlan) -> None:
        if service.provider == NONE:
            return
        for position, (index, units) in enumerate(service.alternatives[place.way]):
            team = self.engine.providers[index]
            which = self.units(team, place.units[position])
            for unit in which:
                unit.set_to = service.index
            visit.grants.append((team, units, team.take(visit, units, NONE, which)))
        self.engine.flow.note_server(visit, batch)

    def units(self, team: Provider, numbers: tuple[int, ...]) -> list[Unit]:
        return [team.units[number] for number in numbers] if team.plan.named else []  # type: ignore[attr-defined]

    def work(self, place: PlacePlan, visit: Visit, batch: list[Visit], service: ServicePlan) -> None:
        """Work goes on for what remains of it; or it stands still."""
        ticks = place.remaining
        if ticks == NONE:
            ticks = self.left(service.duration, visit, f"services.{service.name}.duration", place.elapsed)
            ticks = max(ticks, 1) if service.provider != NONE else ticks
        lasts = ticks
        if service.provider == NONE:
            lasts = after(service.calendar, self.engine.now, ticks) - self.engine.now
        for member in batch:
            member.work, member.pause_off_shift = ticks, lasts - ticks
        visit.remaining = lasts
        if place.state == IN_WORK and place.remaining == 0:
            return
        self.limit(place, visit, service)
        self.engine.pauses.go_on(visit)
        if place.state == STANDING:
            preempts = self.engine.dispatching.preempts(visit)
            self.engine.staff.pause(visit, "preempted" if preempts else "off_shift")

    def leave(self, visit: Visit) -> None:
        """Whose work is done has made what it makes; it goes its way, or is blocked."""
        flow = self.engine.flow
        service = self.engine.services[visit.service]
        members = list(visit.batch or (visit,))
        visit.done = True
        visit.awaiting = len(members)
        for member in members:
            member.finished = self.engine.now
            member.stage = "finished"
        for member in members:
            member.chosen = flow.choose_exits(service, member, COMPLETED)
            flow.leave(member, visit)

"""What happens to a visit, step by step, from its arrival at a service to its leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serviceflow.engine.program.codes import (
    ANY,
    AT_END,
    AT_START,
    COMPLETED,
    END,
    EXITS,
    NONE,
    PAUSES,
    REFUSED,
    TIMEOUT,
    UNFINISHED,
)
from serviceflow.engine.reference.behaviours import RequestView
from serviceflow.engine.reference.entities import Branch, Visit
from serviceflow.engine.reference.evaluation import in_ticks
from serviceflow.engine.reference.fitting import staff_that_fit
from serviceflow.engine.reference.handoffs import after
from serviceflow.engine.reference.standstill import REFUSED_BY, VISITED
from serviceflow.errors import RunError

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import HandoffPlan, ServicePlan
    from serviceflow.engine.reference.engine import Engine, Event
    from serviceflow.engine.reference.providers import Provider, Unit


class Flow:
    """The way of visits through services."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def new_visit(self, branch: Branch, service: int) -> Visit:
        visit = Visit(self.engine.next_visit, branch, service, self.engine.now)
        self.engine.live[self.engine.next_visit] = visit
        self.engine.next_visit += 1
        return visit

    def write(self, visit: Visit, outcome: int) -> None:
        """Put a visit that is over into the record."""
        visit.outcome = outcome
        del self.engine.live[visit.id]
        self.engine.recorder.visit(visit)

    def on_arrival(self, event: Event) -> None:
        self.arrive(event.about)

    def arrive(self, visit: Visit) -> None:
        visit.arrived = self.engine.now
        if visit.service == END:
            self.engine.requests.home(visit)
            return
        service = self.engine.services[visit.service]
        branch = visit.strand
        visit.occurrence = branch.entries.get(service.index, 0)
        branch.entries[service.index] = visit.occurrence + 1
        visit.visit = visit.occurrence + 1
        team = self.engine.places.limited(service.index)
        if team is not None and visit.claims is None and visit.arrived_by_return and team.plan.blocks:
            self.engine.places.claim(visit, team)  # It has nobody who could be kept from working for it.
        self.engine.standstill.note(VISITED, f"services.{service.name}")
        if service.patience is not None:
            patience = self.engine.values.ticks(service.patience, visit, f"services.{service.name}.patience")
            self.engine.patience.plan(visit, self.engine.now + patience)
        if service.timeout is not None:
            limit = self.engine.values.ticks(service.timeout, visit, f"services.{service.name}.timeout")
            self.engine.patience.plan(visit, self.engine.now + limit, TIMEOUT)
        visit.priority = self.engine.values.priority(service, visit)
        visit.since = self.engine.now
        if service.join and branch.split is not None:
            self.engine.splits.wait_for_branches(visit, service.join)
        else:
            self.call_before(visit)

    def call_before(self, visit: Visit) -> None:
        service = self.engine.services[visit.service]
        if service.calls[0] and self.engine.calls.call(visit, service.calls[0]):
            visit.stage = "call"
        else:
            self.take_stock(visit)

    def take_stock(self, visit: Visit) -> None:
        visit.since = self.engine.now
        service = self.engine.services[visit.service]
        if service.consumes:
            visit.stage = "stock"
            self.engine.stocks.ask(visit, service)
        else:
            self.fill_batch(visit)

    def fill_batch(self, visit: Visit) -> None:
        visit.since = self.engine.now
        service = self.engine.services[visit.service]
        if service.batch is not None:
            visit.stage = "batch"
            self.engine.batches.fill(visit, service)
        else:
            self.queue(visit)

    def queue(self, visit: Visit) -> None:
        """Join the queue for staff; without staff to wait for, start at once."""
        service = self.engine.services[visit.service]
        visit.since = self.engine.now
        for member in visit.batch or (visit,):
            member.queued = self.engine.now
            member.stage = "queue"
        if service.provider == NONE:
            self.start(visit, ())
            return
        for member in visit.batch or (visit,):
            self.engine.places.take_place(member)
        line = self.engine.lines.of(visit, service)
        visit.key = self.queue_key(visit, service, self.engine.providers[service.provider])
        line.join(visit, self.engine.now)
        for team in line.involved:
            self.engine.dispatching.touch(team)

    def queue_key(self, visit: Visit, service: ServicePlan, team: Provider) -> float:
        """What orders a visit in the queue of a provider; the least goes first."""
        order = self.engine.behaviours.orders.get(team.plan.name)
        if order is None:
            return self.engine.values.queue_key(team.plan.discipline, service, visit)
        return float(order(RequestView(self.engine, visit)))

    def start(
        self, visit: Visit, needs: tuple[tuple[Provider, int], ...] | list[tuple[Provider, int]]
    ) -> None:
        """Work begins, or would, were it not for a call to be made first."""
        service = self.engine.services[visit.service]
        line = visit.line
        skill = ANY
        chosen = None
        if line is not None:
            skill = line.skill
            chosen = staff_that_fit(self.engine, visit, needs) if line.fits else None
            self.leave_line(visit)
        members = visit.batch or (visit,)
        for member in members:
            member.started = self.engine.now
            member.stage = "work"
            member.owner.served = True
            member.taken = ()  # It is used from now on.
            self.engine.places.release_place(member)
        if visit.batch is not None:
            self.engine.batches.begin(visit)
        for place, (team, units) in enumerate(needs):
            which = team.take(visit, units, skill, None if chosen is None else chosen[place])
            visit.grants.append((team, units, which))
        if needs:
            self.note_server(visit, members)
        if service.calls[AT_START] and self.engine.calls.call(visit, service.calls[AT_START]):
            self.engine.staff.hold(visit)
        else:
            self.work(visit)

    def leave_line(self, visit: Visit) -> None:
        """Take a visit, and all of the batch that it leads, out of its line."""
        if visit.batch is not None:
            self.engine.batches.leave_line(visit)
        elif visit.line is not None:
            visit.line.leave(visit, self.engine.now)

    def note_server(self, visit: Visit, members: Any) -> None:
        team, _, which = visit.grants[0]
        for member in members:
            member.provider = team.index
            if which and team.plan.members:
                member.member = which[0].index

    def work(self, visit: Visit) -> None:
        """Staff set to work, for as long as is drawn."""
        service = self.engine.services[visit.service]
        if service.provider == NONE:
            self.elapse(visit, service)
            return
        ticks = self.work_ticks(visit, service)
        setup = self.setup_ticks(visit, service)
        for member in visit.batch or (visit,):
            member.work, member.setup = ticks, setup
        visit.remaining = ticks + setup
        self.engine.pauses.go_on(visit)

    def elapse(self, visit: Visit, service: ServicePlan) -> None:
        """A service without staff takes its time, on its calendar if it has one."""
        ticks = self.drawn_ticks(visit, service)
        over = after(service.calendar, self.engine.now, ticks)
        for member in visit.batch or (visit,):
            member.work = ticks
            member.pause_off_shift = over - self.engine.now - ticks
        visit.remaining = over - self.engine.now
        self.engine.pauses.go_on(visit)

    def drawn_ticks(self, visit: Visit, service: ServicePlan) -> int:
        if visit.drawn is None:
            behave = self.engine.behaviours.durations.get(service.name)
            if behave is None:
                visit.drawn = self.engine.values.ticks(
                    service.duration, visit, f"services.{service.name}.duration"
                )
            else:
                visit.drawn = self.engine.values.behaved_ticks(
                    behave, RequestView(self.engine, visit), service
                )
        return visit.drawn

    def work_ticks(self, visit: Visit, service: ServicePlan) -> int:
        lead = next((which[0] for _, _, which in visit.grants if which), None)
        return self.ticks_led_by(visit, service, lead)

    def ticks_led_by(self, visit: Visit, service: ServicePlan, lead: Unit | None) -> int:
        """Drawn once, then as the one who leads is fast and has learned; at least one tick."""
        ticks = self.drawn_ticks(visit, service)
        if lead is not None:
            factor = self.engine.values.learned(lead, service) / lead.speed
            if factor != 1.0:
                ticks = in_ticks(ticks * factor)
        return max(ticks, 1)

    def setup_ticks(self, visit: Visit, service: ServicePlan) -> int:
        """A unit that changes service is set up first."""
        which = [unit for _, _, units in visit.grants for unit in units]
        changes = any(unit.changes(service.index) for unit in which)
        for unit in which:
            unit.set_to = service.index
        return self.drawn_setup(visit, service) if changes else 0

    def drawn_setup(self, visit: Visit, service: ServicePlan) -> int:
        """What a change to the service takes: always the same at a visit."""
        if service.setup is None:
            return 0
        return self.engine.values.ticks(service.setup, visit, f"services.{service.name}.setup")

    def on_finish(self, event: Event) -> None:
        visit: Visit = event.about
        if visit.finish is not event:
            return  # The work was interrupted meanwhile.
        visit.finish = None
        visit.remaining = 0
        visit.done = True
        service = self.engine.services[visit.service]
        if service.calls[AT_END] and self.engine.calls.call(visit, service.calls[AT_END]):
            self.engine.staff.hold(visit)
        else:
            self.finish_work(visit)

    def answered(self, visit: Visit) -> None:
        """All answers that a visit waited for are there."""
        if visit.stage == "call":
            visit.wait_call = self.engine.now - visit.since
            self.take_stock(visit)
            return
        self.engine.staff.unhold(visit)
        for member in visit.batch or (visit,):
            member.pause_call += self.engine.now - visit.since
            self.engine.recorder.pause(member, PAUSES.index("call"), visit.since, self.engine.now)
        if visit.done:
            self.finish_work(visit)
        else:
            self.work(visit)
            self.engine.staff.respect_shift(visit)

    def finish_work(self, visit: Visit) -> None:
        """Work is done: what it makes is there, and every member of a batch goes its way."""
        service = self.engine.services[visit.service]
        for _, _, which in visit.grants:
            for unit in which:
                unit.experience[service.index] = unit.experience.get(service.index, unit.initial) + 1.0
        members = list(visit.batch or (visit,))
        visit.awaiting = len(members)
        for member in members:
            member.finished = self.engine.now
            member.stage = "finished"
            if service.produces:
                self.engine.stocks.produce(member, service)
        for member in members:
            member.chosen = self.choose_exits(service, member, COMPLETED)
            self.leave(member, visit)

    def leave(self, visit: Visit, leader: Visit) -> None:
        """Go on by each way where there is room; hold the staff until there is room on the others."""
        claims = self.engine.places.claims(visit.chosen)
        if visit.chosen and self.engine.services[visit.service].split:
            self.engine.splits.split(visit)
        visit.chosen = tuple(way for way in visit.chosen if way not in claims)
        if visit.chosen:
            self.engine.places.block(visit, leader)
        else:
            self.depart(visit, leader)
        for way, claim in claims.items():
            self.go(visit, way, claim)
        if not claims and not visit.chosen:
            self.engine.requests.end_branch(visit.strand, COMPLETED, visit)

    def leave_by(self, visit: Visit, way: int) -> None:
        """There is room again for who was blocked; its staff are free when it has left by its last way."""
        claim = self.engine.places.claimed(way)
        visit.chosen = tuple(other for other in visit.chosen if other != way)
        if not visit.chosen:
            leader = visit.leader or visit
            visit.blocked += self.engine.now - visit.since
            if leader.awaiting == 1:  # The last of its batch: its staff are free after it.
                self.engine.staff.unhold(leader)
            self.depart(visit, leader)
        self.go(visit, way, claim)

    def depart(self, visit: Visit, leader: Visit) -> None:
        leader.awaiting -= 1
        if leader.awaiting == 0:
            self.engine.staff.release(leader)
        visit.left = self.engine.now
        self.write(visit, COMPLETED)

    def go(self, visit: Visit, way: int, claim: Provider | None) -> None:
        branch = visit.strand if visit.branches is None else visit.branches[way]
        self.send(branch, visit, self.engine.program.handoffs[way], claim)

    def send(self, branch: Branch, sender: Visit, handoff: HandoffPlan, claim: Provider | None) -> None:
        """Put a request on its way by a handoff."""
        if handoff.target == END and handoff.transfer.is_direct:
            still_there = sender.outcome == UNFINISHED  # Other branches of it are blocked.
            self.engine.requests.end_branch(branch, COMPLETED if still_there else sender.outcome, sender)
            return
        visit = self.new_visit(branch, handoff.target)
        visit.handoff = handoff.index
        visit.previous = sender.id
        visit.claims = claim
        self.engine.handoffs.send(visit, handoff.transfer, handoff.index, sender)

    def refuse(self, visit: Visit) -> None:
        self.engine.standstill.note(REFUSED_BY, f"services.{self.engine.services[visit.service].name}")
        self.lose(visit, REFUSED)

    def lose(self, visit: Visit, outcome: int) -> None:
        """A visit is over before its work is done; the request may have another way to go."""
        service = self.engine.services[visit.service]
        visit.left = self.engine.now
        if visit.taken:
            self.engine.stocks.put_back(visit)
        visit.chosen = self.choose_exits(service, visit, outcome)
        self.write(visit, outcome)
        if visit.chosen:
            self.go(visit, visit.chosen[0], self.engine.places.claimed(visit.chosen[0]))
        else:
            self.engine.requests.end_branch(visit.strand, outcome, visit)

    def choose_exits(self, service: ServicePlan, visit: Visit, after: int) -> tuple[int, ...]:
        exits = service.exits[EXITS.index(after)]
        if not exits:
            return ()
        if after == COMPLETED and service.name in self.engine.behaviours.choices:
            return (self.behaved_choice(service, visit, exits),)
        if service.split and after == COMPLETED:
            return self.engine.splits.branches_taken(visit, exits)
        if (
            len(exits) == 1
            and self.engine.program.handoffs[exits[0]].probability is None
            and self.engine.program.handoffs[exits[0]].when is None
        ):
            return exits
        chosen = self.choose_exit(exits, service.routing + after, visit.strand, visit)
        return () if chosen is None else (chosen,)

    def behaved_choice(self, service: ServicePlan, visit: Visit, exits: tuple[int, ...]) -> int:
        """The handoff that a behaviour written in Python names by its target."""
        names = tuple(self.engine.program.handoffs[index].name.split(" -> ", 1)[1] for index in exits)
        chosen = self.engine.behaviours.choices[service.name](RequestView(self.engine, visit), names)
        if chosen not in names:
            raise RunError(
                f"the choice at {service.name} gave {chosen!r}; it must be one of {', '.join(names)}"
            )
        return exits[names.index(chosen)]

    def choose_exit(
        self, exits: tuple[int, ...], routing: int, branch: Branch, visit: Visit | None
    ) -> int | None:
        """One of the handoffs whose conditions hold, each by its probability, or the rest."""
        if not exits:
            return None
        if (
            len(exits) == 1
            and self.engine.program.handoffs[exits[0]].probability is None
            and self.engine.program.handoffs[exits[0]].when is None
        ):
            return exits[0]
        return self.engine.values.choose(exits, routing, branch, visit)

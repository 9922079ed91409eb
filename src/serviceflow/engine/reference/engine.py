"""The reference engine: the rules of a run, stated as plainly as we can, on SimPy.

A run is a loop over happenings in the order (time, kind, number): finishes, outages and repairs, staff
changes, arrivals, askings, batches that are due, then starts, then those whose patience ends. The number
is that of the visit, consumer or provider concerned, so that the order within an instant never depends
on which happening was planned first. What happens to a visit, in order::

    send -> arrive -> (join) -> (calls) -> (stock) -> (batch) -> queue -> start -> work -> finish -> leave

Each step is a method, and each goes on to the next when what it waits for is there. Staff are kept by
:mod:`.teams`, queues and causes of waiting by :mod:`.queues`, demand by :mod:`.sources`, ways between
services by :mod:`.transfers`, supplies by :mod:`.supplies`, calls and splits by :mod:`.exchanges`.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from math import inf
from typing import Any

import simpy

from serviceflow.engine.program.codes import (
    ANY,
    ARRIVAL,
    ASKING,
    AT_END,
    AT_START,
    BATCH,
    COMPLETED,
    CONSUMER,
    END,
    FAILURE,
    FINISH,
    GAVE_UP,
    NEVER,
    NONE,
    ORDER,
    PATIENCE,
    PAUSES,
    REFUSED,
    STAFF,
    STANDSTILL,
    STARTS,
)
from serviceflow.engine.program.plans import HandoffPlan, Program, ServicePlan
from serviceflow.engine.program.queue_plan import plan_lines
from serviceflow.engine.random.draws import Draws
from serviceflow.engine.record.record import Record
from serviceflow.engine.record.recorder import Recorder
from serviceflow.engine.reference.arrivals import Sources
from serviceflow.engine.reference.behaviours import Behaviours, Floor, Policy, RequestView
from serviceflow.engine.reference.deadlock import check_knot, check_stillness, describe_standstill
from serviceflow.engine.reference.entities import Branch, Request, Visit
from serviceflow.engine.reference.evaluation import Values, in_ticks
from serviceflow.engine.reference.exchanges import Exchanges
from serviceflow.engine.reference.handoffs import Transfers
from serviceflow.engine.reference.providers import Crew, Team, start_order
from serviceflow.engine.reference.queues import Line
from serviceflow.engine.reference.stocks import Supplies
from serviceflow.errors import RunError, ServiceflowError
from serviceflow.units import parse_duration


class TooLong(Exception):
    """A trial that made more visits than it was to."""


class Happening(simpy.Event):
    """Something that will happen at an instant: an action, and what it is about."""

    _ok = True

    def __init__(self, action: Callable[[Any], None], about: Any) -> None:
        self.callbacks = (action,)  # type: ignore[assignment]
        self.about = about


def run(program: Program, seed: int, replication: int = 0, behaviours: Behaviours | None = None) -> Record:
    """Run a program once.

    Parameters
    ----------
    program : Program
        A lowered chain.
    seed, replication : int
        The key of every random number.
    behaviours : Behaviours, optional
        Rules that are written in Python; the program must have been lowered with them.

    Raises
    ------
    DeadlockError
        If held units wait for one another in a circle; it names them.
    RunError
        If an expression gives what cannot be (a negative duration), or time stands still.
    """
    return Engine(program, seed, replication, behaviours or Behaviours()).run()


def is_short(program: Program, seed: int, visits: int) -> bool:
    """Whether a run makes no more than so many visits; what is wrong with it is for the run to say."""
    try:
        Engine(program, seed, 0, Behaviours(), visits).run()
    except TooLong:
        return False
    except ServiceflowError:
        return True
    return True


class Engine:
    """One replication under way."""

    ARRIVAL, ASKING, BATCH, FAILURE = ARRIVAL, ASKING, BATCH, FAILURE

    def __init__(
        self,
        program: Program,
        seed: int,
        replication: int,
        behaviours: Behaviours,
        most_visits: float = inf,
    ) -> None:
        self.program = program
        self.most_visits = most_visits
        self.behaviours = behaviours
        self.seed = seed
        self.replication = replication
        self.env = simpy.Environment(initial_time=0)
        self.now = 0
        self.recorder = Recorder(program)
        self.draws = Draws(seed, replication)
        self.values = Values(program, self)
        self.services = program.services
        self.handoffs = program.handoffs
        self.live: dict[int, Visit] = {}
        """Visits that are not yet in the record, by number."""
        self.requests: dict[int, Request] = {}
        """Requests that have not ended, by row."""
        self.next_visit = 0
        self.next_row = 0
        self.unfinished_in_window = 0
        self.touched: set[Team] = set()
        """Providers at which something changed at this instant."""
        self.starts_planned = False
        self.patience_ends: dict[int, list[Visit]] = {}
        """Who gives up at which instant, unless work has begun by then."""
        self.teams: list[Team] = [(Crew if plan.named else Team)(self, plan) for plan in program.providers]
        self.lines = Lines(self)
        self.sources = Sources(self)
        self.transfers = Transfers(self)
        self.supplies = Supplies(self)
        self.exchanges = Exchanges(self)

    # The loop

    def run(self) -> Record:
        self.open()
        stopped = self.loop()
        self.close(stopped)
        return self.recorder.finish(self.seed, self.replication, stopped)

    def open(self) -> None:
        for team in self.teams:
            self.open_team(team)
        self.sources.open()
        self.supplies.open()
        for number, policy in enumerate(self.behaviours.policies):
            self.plan_policy(number, policy)

    def loop(self) -> int:
        """Let things happen until the run is over; gives the instant at which it ended."""
        env, end, stop = self.env, self.program.window[1], self.program.stop
        happened = 0
        while True:
            upcoming = env.peek()
            if upcoming > self.now:
                if upcoming > stop or (upcoming >= end and not self.unfinished_in_window):
                    return self.last_instant(upcoming)
                self.now, happened = int(upcoming), 0
                if self.next_visit > self.most_visits:
                    raise TooLong
            happened += 1
            if happened > STANDSTILL:
                raise RunError(describe_standstill(self))
            env.step()

    def last_instant(self, upcoming: float) -> int:
        if not self.unfinished_in_window and not self.program.terminating:
            return max(self.now, self.program.window[1])
        if upcoming == float("inf"):
            check_stillness(self)
        return self.program.stop

    def close(self, stopped: int) -> None:
        """Write down what is unfinished as it stands."""
        self.now = stopped
        for team in self.teams:
            team.note()
        for visit in self.live.values():
            led = visit.leader is not None and visit.leader is not visit
            if not (led and visit.stage in ("queue", "work")):  # its leader gives it its parts
                self.cut_off(visit)
        for visit in self.live.values():
            self.recorder.visit(visit)
        for request in self.requests.values():
            self.recorder.request(request)
        for team in self.teams:
            for clock, since in sorted(team.broken.items()):
                member = team.failed[clock].index if isinstance(team, Crew) and team.plan.members else -1
                self.recorder.outage(team.index, member, since, stopped)

    def plan(self, time: int, kind: int, number: int, action: Callable[[Any], None], about: Any) -> Happening:
        """Let `action` happen at `time`; among its kind it comes in the order of `number`."""
        happening = Happening(action, about)
        self.env.schedule(happening, (kind << 48) | number, time - self.now)  # type: ignore[arg-type]
        return happening

    # Requests

    def new_request(self, source: int, number: int, who: int, attributes: list[float]) -> Request:
        request = Request(self.next_row, source, number, self.now, who, attributes)
        self.next_row += 1
        self.requests[request.row] = request
        return request

    def admit(self, request: Request, enters: int, exits: tuple[int, ...], routing: int) -> None:
        """Let a request into the chain, at a service or by a handoff."""
        start, end = self.program.window
        if request.kind == CONSUMER and start <= request.asked < end:
            self.unfinished_in_window += 1
        if enters != NONE:
            visit = self.new_visit(request.root, enters)
            if self.refuses_at_door(visit):
                visit.arrived = self.now
                self.refuse(visit)
            else:
                self.arrive(visit)
            return
        chosen = self.choose_exit(exits, routing, request.root, None)
        if chosen is None:
            self.end_branch(request.root, COMPLETED)
            return
        self.enter_by(request.root, self.handoffs[chosen])

    def enter_by(self, branch: Branch, handoff: HandoffPlan) -> None:
        visit = self.new_visit(branch, handoff.target)
        visit.handoff = handoff.index
        if self.refuses_at_door(visit):
            visit.arrived = self.now
            self.refuse(visit)
        else:
            self.transfers.send(visit, handoff.transfer, handoff.index, None)

    def refuses_at_door(self, visit: Visit) -> bool:
        """Where a full queue blocks its senders, those who cannot hold anything back are refused."""
        team = self.limited(visit.service)
        if team is None or not team.plan.blocks:
            return False
        if not team.has_room():
            return True
        self.claim(visit, team)
        return False

    def end_branch(self, branch: Branch, outcome: int, last: Visit | None = None) -> None:
        """A strand of a request is over; a request ends with its last one."""
        request = branch.request
        request.open -= 1
        if branch.split is not None:
            self.exchanges.branch_ended(branch.split, outcome)
        if request.open == 0 and request.row in self.requests:
            self.exchanges.answer(request, outcome, last)

    def end_request(self, request: Request, outcome: int) -> None:
        request.ended = self.now
        request.outcome = outcome
        del self.requests[request.row]
        start, end = self.program.window
        if request.kind == CONSUMER and start <= request.asked < end:
            self.unfinished_in_window -= 1
        self.recorder.request(request)
        if request.kind == ORDER:
            self.supplies.order_ended(request)
        if request.on_end is not None:
            request.on_end(request)

    # Visits

    def new_visit(self, branch: Branch, service: int) -> Visit:
        visit = Visit(self.next_visit, branch, service, self.now)
        self.live[self.next_visit] = visit
        self.next_visit += 1
        return visit

    def write(self, visit: Visit, outcome: int) -> None:
        """Put a visit that is over into the record."""
        visit.outcome = outcome
        del self.live[visit.id]
        self.recorder.visit(visit)

    def on_arrival(self, happening: Happening) -> None:
        self.arrive(happening.about)

    def arrive(self, visit: Visit) -> None:
        visit.arrived = self.now
        if visit.service == END:
            self.exchanges.home(visit)
            return
        service = self.services[visit.service]
        branch = visit.strand
        visit.occurrence = branch.entries.get(service.index, 0)
        branch.entries[service.index] = visit.occurrence + 1
        visit.visit = visit.occurrence + 1
        if visit.claims is None:
            team = self.limited(service.index)
            if team is not None:
                if not team.has_room():
                    self.refuse(visit)
                    return
                self.claim(visit, team)
        if service.patience is not None:
            patience = self.values.ticks(service.patience, visit, f"services.{service.name}.patience")
            self.plan_patience(visit, self.now + patience)
        visit.priority = self.values.priority(service, visit)
        visit.since = self.now
        if service.join and branch.split is not None:
            self.exchanges.wait_for_branches(visit, service.join)
        else:
            self.call_before(visit)

    def call_before(self, visit: Visit) -> None:
        service = self.services[visit.service]
        if service.calls[0] and self.exchanges.call(visit, service.calls[0]):
            visit.stage = "call"
        else:
            self.take_stock(visit)

    def take_stock(self, visit: Visit) -> None:
        visit.since = self.now
        service = self.services[visit.service]
        if service.consumes:
            visit.stage = "stock"
            self.supplies.ask(visit, service)
        else:
            self.fill_batch(visit)

    def fill_batch(self, visit: Visit) -> None:
        visit.since = self.now
        service = self.services[visit.service]
        if service.batch is not None:
            visit.stage = "batch"
            self.exchanges.fill(visit, service)
        else:
            self.queue(visit)

    def queue(self, visit: Visit) -> None:
        """Join the queue for staff; without staff to wait for, start at once."""
        service = self.services[visit.service]
        visit.since = self.now
        for member in visit.batch or (visit,):
            member.queued = self.now
            member.stage = "queue"
        if service.provider == NONE:
            self.start(visit, ())
            return
        line = self.lines.of(visit, service)
        provider = self.teams[service.provider].plan
        order = self.behaviours.orders.get(provider.name)
        if order is None:
            visit.key = self.values.queue_key(provider.discipline, service, visit)
        else:
            visit.key = float(order(RequestView(self, visit)))
        line.join(visit, self.now)
        for team in line.involved:
            self.touch(team)

    def start(self, visit: Visit, needs: tuple[tuple[Team, int], ...] | list[tuple[Team, int]]) -> None:
        """Work begins, or would, were it not for a call to be made first."""
        service = self.services[visit.service]
        line = visit.line
        skill = ANY
        if line is not None:
            skill = line.skill
            line.leave(visit, self.now)
        members = visit.batch or (visit,)
        for member in members:
            member.started = self.now
            member.stage = "work"
            member.owner.served = True
            self.release_place(member)
            if member is not visit:
                self.share_wait(visit, member)
        if visit.batch is not None:
            for member in members:
                member.together = len(members)
        for team, units in needs:
            which = team.take(visit, units, skill)
            visit.grants.append((team, units, which))
        if needs:
            self.note_server(visit, members)
        if service.calls[AT_START] and self.exchanges.call(visit, service.calls[AT_START]):
            self.hold(visit)
        else:
            self.work(visit)

    def share_wait(self, leader: Visit, member: Visit) -> None:
        """Members of a batch wait in the queue as one."""
        for part in ("off_shift", "outage", "held", "partner", "prioritization", "contention"):
            setattr(member, f"wait_{part}", getattr(leader, f"wait_{part}"))

    def note_server(self, visit: Visit, members: Any) -> None:
        team, _, which = visit.grants[0]
        for member in members:
            member.provider = team.index
            if which and team.plan.members:
                member.member = which[0].index

    def work(self, visit: Visit) -> None:
        """Staff set to work, for as long as is drawn."""
        service = self.services[visit.service]
        if service.provider == NONE:
            self.elapse(visit, service)
            return
        ticks = self.work_ticks(visit, service)
        setup = self.setup_ticks(visit, service)
        for member in visit.batch or (visit,):
            member.work, member.setup = ticks, setup
        visit.remaining = ticks + setup
        self.go_on(visit)

    def elapse(self, visit: Visit, service: ServicePlan) -> None:
        """A service without staff takes its time, on its calendar if it has one."""
        ticks = self.drawn_ticks(visit, service)
        over = self.now + ticks
        if service.calendar is not None:
            over = service.calendar.advance(self.now, ticks)
        for member in visit.batch or (visit,):
            member.work = ticks
            member.pause_off_shift = over - self.now - ticks
        visit.remaining = over - self.now
        self.go_on(visit)

    def drawn_ticks(self, visit: Visit, service: ServicePlan) -> int:
        if visit.drawn is None:
            behave = self.behaviours.durations.get(service.name)
            if behave is None:
                visit.drawn = self.values.ticks(service.duration, visit, f"services.{service.name}.duration")
            else:
                visit.drawn = self.values.behaved_ticks(behave, RequestView(self, visit), service)
        return visit.drawn

    def work_ticks(self, visit: Visit, service: ServicePlan) -> int:
        """Drawn once, then as the one who works is fast and has learned; at least one tick."""
        ticks = self.drawn_ticks(visit, service)
        which = visit.grants[0][2]
        if which:
            unit = which[0]
            factor = self.values.learned(unit, service) / unit.speed
            if factor != 1.0:
                ticks = in_ticks(ticks * factor)
        return max(ticks, 1)

    def setup_ticks(self, visit: Visit, service: ServicePlan) -> int:
        """A unit that changes service is set up first."""
        which = [unit for _, _, units in visit.grants for unit in units]
        changes = any(unit.set_to not in (NONE, service.index) for unit in which)
        for unit in which:
            unit.set_to = service.index
        if not changes or service.setup is None:
            return 0
        return self.values.ticks(service.setup, visit, f"services.{service.name}.setup")

    def go_on(self, visit: Visit) -> None:
        visit.resumed = self.now
        visit.finish = self.plan(self.now + visit.remaining, FINISH, visit.id, self.on_finish, visit)

    def on_finish(self, happening: Happening) -> None:
        visit: Visit = happening.about
        if visit.finish is not happening:
            return  # The work was interrupted meanwhile.
        visit.finish = None
        visit.remaining = 0
        visit.done = True
        service = self.services[visit.service]
        if service.calls[AT_END] and self.exchanges.call(visit, service.calls[AT_END]):
            self.hold(visit)
        else:
            self.finish_work(visit)

    def answered(self, visit: Visit) -> None:
        """All answers that a visit waited for are there."""
        if visit.stage == "call":
            visit.wait_call = self.now - visit.since
            self.take_stock(visit)
            return
        self.unhold(visit)
        for member in visit.batch or (visit,):
            member.pause_call += self.now - visit.since
            self.recorder.pause(member, PAUSES.index("call"), visit.since, self.now)
        if visit.done:
            self.finish_work(visit)
        else:
            self.work(visit)
            self.respect_shift(visit)

    def respect_shift(self, visit: Visit) -> None:
        """Staff whose shift ended while they were held put the work aside."""
        for team, _, which in visit.grants:
            away = any(not unit.on_duty for unit in which) if which else team.free < 0
            down = any(unit.down for unit in which)
            if (away and team.plan.off_shift == "pause") or down:
                team.pause(visit, "outage" if down else "off_shift")

    def finish_work(self, visit: Visit) -> None:
        """Work is done: what it makes is there, and every member of a batch goes its way."""
        service = self.services[visit.service]
        for _, _, which in visit.grants:
            for unit in which:
                unit.experience[service.index] = unit.experience.get(service.index, unit.initial) + 1.0
        members = list(visit.batch or (visit,))
        visit.awaiting = len(members)
        for member in members:
            member.finished = self.now
            member.stage = "finished"
            if service.produces:
                self.supplies.produce(member, service)
        for member in members:
            member.chosen = self.choose_exits(service, member, COMPLETED)
            self.leave(member, visit)

    def leave(self, visit: Visit, leader: Visit) -> None:
        """Go on to where it goes next, if there is room; else hold the staff until there is."""
        full = self.first_without_room(visit.chosen)
        if full is not None:
            self.block(visit, leader, full)
            return
        targets = visit.chosen
        claims = [self.claimed(target) for target in targets]
        leader.awaiting -= 1
        if leader.awaiting == 0:
            self.release(leader)
        visit.left = self.now
        self.write(visit, COMPLETED)
        self.go(visit, targets, claims)

    def go(self, visit: Visit, targets: tuple[int, ...], claims: list[Team | None]) -> None:
        branch = visit.strand
        if visit.service != END and self.services[visit.service].split and targets:
            self.exchanges.split(visit, targets, claims)
        elif targets:
            self.send(branch, visit, self.handoffs[targets[0]], claims[0])
        else:
            self.end_branch(branch, visit.outcome, visit)

    def send(self, branch: Branch, sender: Visit, handoff: HandoffPlan, claim: Team | None) -> None:
        """Put a request on its way by a handoff."""
        if handoff.target == END and handoff.transfer.is_direct:
            self.end_branch(branch, sender.outcome, sender)
            return
        visit = self.new_visit(branch, handoff.target)
        visit.handoff = handoff.index
        visit.previous = sender.id
        visit.claims = claim
        self.transfers.send(visit, handoff.transfer, handoff.index, sender)

    # Staff

    def open_team(self, team: Team) -> None:
        for clock, change in team.clocks():
            team.follow_schedule(clock)
            self.plan_staff_change(team, clock, change)
        self.sources.plan_failures(team)

    def plan_staff_change(self, team: Team, clock: int, change: int) -> None:
        if change < NEVER:
            number = (team.index << 20) | clock
            self.plan(change, STAFF, number, self.on_staff_change, (team, clock))

    def on_staff_change(self, happening: Happening) -> None:
        team, clock = happening.about
        team.follow_schedule(clock)
        self.touch(team)
        self.plan_staff_change(team, clock, team.next_change(clock))

    def plan_policy(self, number: int, policy: Policy) -> None:
        """A policy acts with the staff changes of its instant, after those of the schedules."""
        every = parse_duration(policy.every, self.program.unit)
        if every <= 0:
            raise RunError(f"a policy acts every {policy.every!r}; it must be longer than 0")
        about = (number, policy)
        self.plan(self.now + every, STAFF, (1 << 40) | number, self.on_policy, about)

    def on_policy(self, happening: Happening) -> None:
        number, policy = happening.about
        policy.act(Floor(self))
        self.plan_policy(number, policy)

    def staff_changed(self, team: Team) -> None:
        """Where a policy may move staff, the record says how many are on duty."""
        if self.behaviours.policies:
            self.recorder.staffing(team.index, self.now, team.on_duty)

    def touch(self, team: Team) -> None:
        """Remember that something may start at a provider, once all else at this instant has happened."""
        self.touched.add(team)
        self.plan_starts()

    def plan_starts(self) -> None:
        if not self.starts_planned:
            self.starts_planned = True
            self.plan(self.now, STARTS, 0, self.on_starts, None)

    def on_starts(self, happening: Happening) -> None:
        """Let start what can, provider by provider, least queue key first."""
        self.starts_planned = False
        self.supplies.serve()
        touched = self.touched
        while touched:
            team = min(touched, key=place_of) if len(touched) > 1 else next(iter(touched))
            touched.discard(team)
            self.serve(team)

    def serve(self, team: Team) -> None:
        while True:
            offer = self.lines.next_work(team)
            if offer is None:
                if team.plan.preemptive and self.preempt(team):
                    continue
                break
            visit, needs = offer
            if needs is None:
                team.resume(visit)
            else:
                self.start(visit, needs)
        if team.blocked:
            self.let_in(team)
        if team.held and not team.active:
            check_knot(self, team)

    def preempt(self, team: Team) -> bool:
        """Interrupt the least urgent work, if that sets free what more urgent work waits for."""
        waiting = self.lines.most_urgent(team)
        if waiting is None:
            return False
        urgent, units, skill = waiting
        victims = self.victims(team, urgent, units, skill)
        if not victims or not self.lines.would_fit(urgent, team, victims):
            return False
        for work in victims:
            team.pause(work, "preempted")
        return True

    def victims(self, team: Team, urgent: Visit, units: int, skill: int) -> list[Visit]:
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

    def hold(self, visit: Visit) -> None:
        """Keep the staff without work, until an answer comes or there is room ahead."""
        visit.since = self.now
        for team, units, _ in visit.grants:
            team.hold(visit, units)
            self.touch(team)

    def unhold(self, visit: Visit) -> None:
        for team, units, _ in visit.grants:
            team.unhold(visit, units)

    def release(self, visit: Visit) -> None:
        grants, visit.grants = visit.grants, []
        for team, units, which in grants:
            team.give_back(visit, units, which)
            self.touch(team)

    def suspend(self, visit: Visit, cause: str) -> None:
        """Work stands still, for as long as any provider has put it aside."""
        visit.suspended += 1
        if visit.suspended == 1:
            visit.remaining -= self.now - visit.resumed
            visit.finish = None
            visit.paused_at = self.now
            visit.pause_cause = visit.pause_reason = cause

    def unsuspend(self, visit: Visit) -> None:
        visit.suspended -= 1
        if visit.suspended == 0:
            self.end_pause(visit)
            self.go_on(visit)

    def recause(self, visit: Visit, cause: str) -> None:
        """From now on the pause of a visit has another cause."""
        if cause != visit.pause_cause:
            self.end_pause(visit)
            visit.pause_cause = cause

    def end_pause(self, visit: Visit) -> None:
        ticks = self.now - visit.paused_at
        if ticks:
            part = f"pause_{visit.pause_cause}"
            for member in visit.batch or (visit,):
                setattr(member, part, getattr(member, part) + ticks)
                self.recorder.pause(member, PAUSES.index(visit.pause_cause), visit.paused_at, self.now)
        visit.paused_at = self.now

    # Limited queues

    def limited(self, service: int) -> Team | None:
        """The provider whose limited queue a service's visits join, if it is limited."""
        provider = self.services[service].provider if service != END else NONE
        if provider == NONE or self.teams[provider].plan.queue_limit == NONE:
            return None
        return self.teams[provider]

    def claim(self, visit: Visit, team: Team) -> None:
        visit.claims = team
        team.waiting += 1

    def release_place(self, visit: Visit) -> None:
        if visit.claims is not None:
            visit.claims.waiting -= 1
            self.touch(visit.claims)
            visit.claims = None

    def first_without_room(self, targets: tuple[int, ...]) -> Team | None:
        for target in targets:
            team = self.limited(self.handoffs[target].target)
            if team is not None and team.plan.blocks and not team.has_room():
                return team
        return None

    def claimed(self, target: int) -> Team | None:
        """The place that a request takes on leaving, where a full queue blocks."""
        team = self.limited(self.handoffs[target].target)
        if team is None or not team.plan.blocks:
            return None
        team.waiting += 1
        return team

    def block(self, visit: Visit, leader: Visit, full: Team) -> None:
        visit.since = self.now
        visit.stage = "blocked"
        insort(full.blocked, (self.now, visit.arrived, visit.identity, visit))
        for team, units, _ in leader.grants:
            if leader in team.active:
                team.hold(leader, units)
                self.touch(team)

    def let_in(self, team: Team) -> None:
        """There may be room: first blocked, first served."""
        while team.blocked and team.has_room():
            *_, visit = team.blocked.pop(0)
            leader = visit.leader or visit
            visit.blocked += self.now - visit.since
            if leader.awaiting == 1:  # The last of its batch: its staff are free after it.
                self.unhold(leader)
            visit.stage = "finished"
            self.leave(visit, leader)

    def refuse(self, visit: Visit) -> None:
        self.lose(visit, REFUSED, REFUSED)

    def plan_patience(self, visit: Visit, time: int) -> None:
        """Those whose patience ends at one instant give up together, before anything else may start."""
        ending = self.patience_ends.get(time)
        if ending is None:
            ending = self.patience_ends[time] = []
            self.plan(time, PATIENCE, 0, self.on_patience, time)
        ending.append(visit)

    def on_patience(self, happening: Happening) -> None:
        ending: list[Visit] = self.patience_ends.pop(happening.about)
        for visit in sorted(ending, key=lambda visit: (visit.arrived, visit.identity)):
            if visit.id in self.live and visit.stage in ("join", "call", "stock", "batch", "queue"):
                self.give_up(visit)

    def give_up(self, visit: Visit) -> None:
        """Patience is over before work began."""
        self.withdraw(visit)
        self.release_place(visit)
        self.lose(visit, GAVE_UP, GAVE_UP)

    def withdraw(self, visit: Visit) -> None:
        """Take a waiting visit out of wherever it waits, with the part of its wait so far."""
        if visit.stage == "queue":
            self.lines.withdraw(visit)
        else:
            part = f"wait_{visit.stage}"
            setattr(visit, part, getattr(visit, part) + self.now - visit.since)
            if visit.stage == "stock":
                self.supplies.withdraw(visit)
            else:
                self.exchanges.withdraw(visit)

    def lose(self, visit: Visit, outcome: int, after: int) -> None:
        """A visit is over without work; the request may have another way to go."""
        service = self.services[visit.service]
        visit.left = self.now
        visit.chosen = self.choose_exits(service, visit, after)
        self.write(visit, outcome)
        claims = [self.claimed(target) for target in visit.chosen]
        if visit.chosen:
            self.send(visit.strand, visit, self.handoffs[visit.chosen[0]], claims[0])
        else:
            self.end_branch(visit.strand, outcome, visit)

    # Routing

    def choose_exits(self, service: ServicePlan, visit: Visit, after: int) -> tuple[int, ...]:
        exits = service.exits[after]
        if not exits:
            return ()
        if after == COMPLETED and service.name in self.behaviours.choices:
            return (self.behaved_choice(service, visit, exits),)
        if service.split and after == COMPLETED:
            return self.exchanges.branches_taken(visit, exits)
        if (
            len(exits) == 1
            and self.handoffs[exits[0]].probability is None
            and self.handoffs[exits[0]].when is None
        ):
            return exits
        chosen = self.choose_exit(exits, service.routing + after, visit.strand, visit)
        return () if chosen is None else (chosen,)

    def behaved_choice(self, service: ServicePlan, visit: Visit, exits: tuple[int, ...]) -> int:
        """The handoff that a behaviour written in Python names by its target."""
        names = tuple(self.handoffs[index].name.split(" -> ", 1)[1] for index in exits)
        chosen = self.behaviours.choices[service.name](RequestView(self, visit), names)
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
            and self.handoffs[exits[0]].probability is None
            and self.handoffs[exits[0]].when is None
        ):
            return exits[0]
        return self.values.choose(exits, routing, branch, visit)

    # The end of the run

    def cut_off(self, visit: Visit) -> None:
        """Give an unfinished visit its parts up to now."""
        if visit.stage == "handoff":
            self.transfers.cut_off(visit)
        elif visit.stage == "queue":
            if visit.line is not None:
                leader = visit
                visit.line.leave(leader, self.now)
                for member in leader.batch or ():
                    self.share_wait(leader, member)
        elif visit.stage in ("join", "call", "stock", "batch"):
            part = f"wait_{visit.stage}"
            setattr(visit, part, getattr(visit, part) + self.now - visit.since)
        elif visit.stage == "blocked":
            visit.blocked += self.now - visit.since
        elif visit.stage == "work":
            self.cut_off_work(visit)

    def cut_off_work(self, visit: Visit) -> None:
        members = visit.batch or [visit]
        if visit.suspended:
            self.end_pause(visit)
            left = visit.remaining
        elif visit.finish is not None:
            left = visit.remaining - (self.now - visit.resumed)
        else:
            left = 0
            for member in members:
                member.pause_call += self.now - visit.since
                self.recorder.pause(member, PAUSES.index("call"), visit.since, self.now)
        for member in members:
            self.shorten(member, left)

    def shorten(self, visit: Visit, left: int) -> None:
        """Take back what had not yet happened: of the pauses of a calendar, then work, then setup."""
        for part in (
            ("pause_off_shift", "work", "setup")
            if self.services[visit.service].provider == NONE
            else ("work", "setup")
        ):
            taken = min(getattr(visit, part), left)
            setattr(visit, part, getattr(visit, part) - taken)
            left -= taken


class Lines:
    """All lines of a chain, and the choice of the next work for a provider."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        behaviours, teams = engine.behaviours, engine.teams
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

    def next_work(self, team: Team) -> tuple[Visit, list[tuple[Team, int]] | None] | None:
        """What a provider should do next: start a visit on given staff, or resume one (None)."""
        if team.plain and not team.paused:
            only = team.lines[0]
            if only.entries and team.on_duty - team.down - team.occupied > 0:
                return only.entries[0][3], only.alternatives[0]
            return None
        if team.plan.discipline == "random" and not any(team.can_resume(v) for v in team.paused):
            return self._random_work(team)
        kept: dict[Team, int] = {}
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

    def _offers(self, team: Team) -> list[tuple[tuple[Any, ...], Visit]]:
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

    def _startable(self, line: Line, visit: Visit, kept: dict[Team, int]) -> list[tuple[Team, int]] | None:
        for needs in line.alternatives:
            if all(team.spare(line.skill) - kept.get(team, 0) >= units for team, units in needs) and (
                not line.fits or self._fits(visit, needs)
            ):
                return needs
        return None

    def _fits(self, visit: Visit, needs: list[tuple[Team, int]]) -> bool:
        service = self.engine.services[visit.service]
        ticks = max(self.engine.drawn_ticks(visit, service), 1)
        return all(team.fits(visit, ticks) for team, _ in needs)

    def _random_work(self, team: Team) -> tuple[Visit, list[tuple[Team, int]] | None] | None:
        """Any of those who could start, each as likely."""
        waiting: list[tuple[int, int, Visit, list[tuple[Team, int]]]] = []
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

    def most_urgent(self, team: Team) -> tuple[Visit, int, int] | None:
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

    def would_fit(self, urgent: Visit, team: Team, victims: list[Visit]) -> bool:
        """Whether work would end within the shift, were `victims` put aside for it."""
        line = urgent.line
        if line is None or not line.fits:
            return True
        ticks = max(self.engine.drawn_ticks(urgent, self.engine.services[urgent.service]), 1)
        needs = next(needs for needs in line.alternatives if any(t is team for t, _ in needs))
        return all(other.fits(urgent, ticks, victims if other is team else []) for other, _ in needs)

    def withdraw(self, visit: Visit) -> None:
        """Take a visit that gives up out of its line; a batch goes on without it."""
        if visit.leader is not None:
            self.engine.exchanges.leave_batch(visit, visit.leader)
        elif visit.line is not None:
            visit.line.leave(visit, self.engine.now)


def place_of(team: Team) -> int:
    return team.index


__all__ = ["Engine", "Happening", "Lines", "run"]

"""Requests through the services of a chain, service by service."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from serviceflow.engine.program import END, NONE, Program, ServicePlan
from serviceflow.engine.recursion.asking import NO_INTS, ROOTS, Asked, Ints, Who
from serviceflow.engine.recursion.compiling import LOOPS
from serviceflow.engine.recursion.graph import Graph, Slots
from serviceflow.engine.recursion.memory import take, zeros

FEW = 12
"""Up to so many units are kept in order one by one; more, in a heap."""
JOINED = 4


@dataclass(frozen=True)
class Stream:
    """Visits on their way to a service: when each arrives, and its slot."""

    times: Ints
    slots: Ints
    ordered: bool
    """Whether they are known to be in the order of arrival."""


@dataclass
class Joined:
    """What happened at joins: to the visits that ended there, and to those that went on."""

    absorbed: list[Ints] = field(default_factory=list)
    instants: list[Ints] = field(default_factory=list)
    slots: list[Ints] = field(default_factory=list)
    waits: list[Ints] = field(default_factory=list)


class Flow:
    """One run: what is known of every visit, in columns by slot.

    Attributes
    ----------
    asked, arrived, started, finished, waited, worked, delayed : array of int
        Per slot. Where nothing lies between services, `asked` is `arrived`; columns that the chain cannot
        fill are empty.
    ended : array of int
        Per request.
    alone : bool
        Whether every request makes one visit, at once, so that what is known of both is the same.
    """

    def __init__(self, graph: Graph, slots: Slots, asked: Asked, seed: int, replication: int) -> None:
        program = graph.program
        self.graph = graph
        self.routes = graph.routes
        self.program: Program = program
        self.slots = slots
        self.requests = asked
        names = program.visit_columns
        self.delays = "handoff_delay" in names
        total = len(slots)
        alone = total == len(asked.times) and not self.delays
        rows = take(7 if self.delays else 4 if alone else 5, total)
        self.started, self.finished, self.worked, self.waited = rows[:4]
        self.arrived = asked.times if alone else rows[4]
        if "wait_contention" not in names:
            self.waited = NO_INTS
        self.asked = rows[5] if self.delays else self.arrived
        self.delayed = rows[6] if self.delays else NO_INTS
        if self.delays:
            self.delayed[:] = 0
        self.columns = (self.arrived, self.started, self.finished, self.waited, self.worked)
        self.ended = self.finished if alone else zeros(len(asked.times))
        self.alone = alone
        ways = (slots.ways, graph.link_keys) if graph.splits else ()
        self.who = Who(seed, replication, slots.requests, asked.sources, graph.keys, asked.numbers, *ways)
        self.senders = slots.senders
        if self.routes.joins:
            self.senders = slots.senders.copy()
        self.joined = Joined()
        self.home: list[Ints] = []
        self.inboxes: dict[int, list[Stream]] = {}
        self.total_time = 0
        """More than all work and delays together."""

    def run(self) -> None:
        self.enter()
        for service in self.routes.order:
            self.serve(self.program.services[service])
        for node in self.routes.homes.values():
            for stream in self.inboxes.pop(node, ()):
                self.come_home(stream)

    # Coming

    def enter(self) -> None:
        """Requests enter, each source's at its service or by its handoffs."""
        for place, source in enumerate(self.routes.sources):
            times, slots = self.requests.times, self.slots.firsts[:-1]
            if self.requests.rows:
                times, slots = times[self.requests.rows[place]], slots[self.requests.rows[place]]
            if source.enters != NONE:
                if self.delays:
                    LOOPS.put(times, slots, self.asked)
                self.inboxes.setdefault(source.enters, []).append(Stream(times, slots, True))
            else:
                came = self.slots.handoffs[slots]
                for handoff in source.exits:
                    mine = came == handoff
                    self.send(Stream(times[mine], slots[mine], True), handoff)

    def send(self, stream: Stream, handoff: int) -> None:
        """Put visits on their way by a handoff."""
        delay = self.program.handoffs[handoff].transfer.delay
        if self.delays:
            LOOPS.put(stream.times, stream.slots, self.asked)
        if delay is not None and len(stream.times):
            ticks = self.who.ticks(delay, stream.slots, link=self.graph.link_at(handoff))
            self.total_time += len(ticks) * int(ticks.max())
            LOOPS.put(ticks, stream.slots, self.delayed)
            ordered = stream.ordered and delay.code.constant is not None
            stream = Stream(stream.times + ticks, stream.slots, ordered)
        self.inboxes.setdefault(self.routes.node_after(handoff), []).append(stream)

    def come_home(self, stream: Stream) -> None:
        LOOPS.put(stream.times, stream.slots, self.arrived)
        for column in (self.started, self.finished):
            column[stream.slots] = -1
        self.worked[stream.slots] = 0
        if len(self.waited):
            self.waited[stream.slots] = 0
        LOOPS.end_requests(stream.times, stream.slots, self.slots.requests, self.ended)
        self.home.append(stream.slots)

    # Service

    def serve(self, service: ServicePlan) -> None:
        streams = self.inboxes.pop(service.index, [])
        joins = service.index in self.routes.joins
        if joins:
            streams, stand_in = self.join(service, streams)
        stream = merged(streams)
        if not len(stream.times):
            return
        least = 0 if service.provider == NONE else 1
        link = self.graph.links[service.index]
        who = self.who.undivided if link == ROOTS else self.who
        work = who.ticks(service.duration, stream.slots, least, link)
        self.total_time += len(work) * int(work.max())
        step = 0 if joins else 1
        left = self.pass_through(service, stream, work, step)
        if joins:
            left = Stream(left.times, stand_in[left.slots] + 1, left.ordered)
        self.leave(service, left)

    def pass_through(self, service: ServicePlan, stream: Stream, work: Ints, step: int) -> Stream:
        """The recursion; gives who leaves when, `step` slots further."""
        out = take(len(stream.times)), take(len(stream.slots))
        arguments = (self.columns, step, *out)
        if service.provider == NONE:
            LOOPS.serve_at_once(stream.times, stream.slots, work, *arguments)
            return Stream(*out, service.duration.code.constant is not None)
        units = min(self.program.providers[service.provider].units, len(stream.times))
        if units == 1:
            LOOPS.serve_one(stream.times, stream.slots, work, *arguments)
        elif units <= FEW:
            LOOPS.serve_few(stream.times, stream.slots, work, units, *arguments)
        else:
            LOOPS.serve_many(stream.times, stream.slots, work, units, *arguments)
        return Stream(*out, True)

    def leave(self, service: ServicePlan, stream: Stream) -> None:
        """On to where requests go next; a stream's slots are those behind the ones that they leave."""
        block = self.routes.blocks.get(service.index)
        if block is not None:
            for place, visit in enumerate(block.inner):
                if visit.sender == NONE:
                    self.send(Stream(stream.times, stream.slots + place, stream.ordered), visit.handoff)
            return
        exits = service.exits[0]
        if not exits:
            self.end(stream)
        elif len(exits) == 1:
            self.leave_by(stream, exits[0])
        else:
            for handoff in exits:
                out = take(len(stream.times)), take(len(stream.slots))
                count = LOOPS.leave_by(stream.times, stream.slots, self.slots.taken, handoff, *out)
                self.leave_by(Stream(out[0][:count], out[1][:count], stream.ordered), handoff)

    def leave_by(self, stream: Stream, handoff: int) -> None:
        if self.routes.node_after(handoff) == END:
            self.end(stream)
        else:
            self.send(stream, handoff)

    def end(self, stream: Stream) -> None:
        if not self.alone:
            LOOPS.end_requests(stream.times, stream.slots - 1, self.slots.requests, self.ended)

    # Joins

    def join(self, service: ServicePlan, streams: list[Stream]) -> tuple[list[Stream], Ints]:
        """With the branch that comes last, its visit goes on as the request.

        Gives who goes on, and for every slot the one behind which the next visit lies.
        """
        strands = self.routes.joins[service.index]
        times = np.concatenate([stream.times for stream in streams] or [NO_INTS])
        slots = np.concatenate([stream.slots for stream in streams] or [NO_INTS])
        LOOPS.put(times, slots, self.arrived)
        stand_in = np.arange(len(self.slots), dtype=np.int64)
        apart = self.slots.branches[slots] > 0
        together = np.sort(slots[apart]).reshape(-1, strands)
        arrived = self.arrived[together]
        which = strands - 1 - np.argmax(arrived[:, ::-1], axis=1)
        rows = np.arange(len(together))
        going, now, last = together[rows, which], arrived[rows, which], together[:, -1]
        stand_in[going] = last
        follows = last + 1 < len(self.slots)
        behind = last[follows] + 1
        known = self.senders[behind] == last[follows]
        self.senders[behind[known]] = going[follows][known]
        self.note_join(together, arrived, going, now)
        return [Stream(now, going, False), Stream(times[~apart], slots[~apart], False)], stand_in

    def note_join(self, together: Ints, arrived: Ints, going: Ints, now: Ints) -> None:
        absorbed = together != going[:, None]
        slots = together[absorbed]
        for column in (self.started, self.finished):
            column[slots] = -1
        self.worked[slots] = 0
        if len(self.waited):
            self.waited[slots] = 0
        self.joined.absorbed.append(slots)
        self.joined.instants.append(np.broadcast_to(now[:, None], together.shape)[absorbed])
        self.joined.slots.append(together.reshape(-1))
        self.joined.waits.append((now[:, None] - arrived).reshape(-1))


def merged(streams: list[Stream]) -> Stream:
    """All who arrive at a service, in order of arrival."""
    if len(streams) == 1 and streams[0].ordered:
        return streams[0]
    times = np.concatenate([stream.times for stream in streams] or [NO_INTS])
    slots = np.concatenate([stream.slots for stream in streams] or [NO_INTS])
    spare = take(len(times)), take(len(slots))
    if LOOPS.sort_stream(times, slots, *spare):
        times, slots = spare
    return Stream(times, slots, True)


__all__ = ["Flow"]

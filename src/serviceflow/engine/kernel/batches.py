"""Batches at a service (see ``reference.batches``)."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import flow, queues, stocks
from serviceflow.engine.kernel.events import plan
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import leaf, unit
from serviceflow.engine.kernel.rows import lines, services, visits, visits_f
from serviceflow.engine.program.codes import NEVER, SERVICE_BATCH


@unit("i(i)")
def fill(k: Any, v: int) -> int:
    """Wait until the batch is full, or its first member has waited long enough."""
    mine = visits(k, v)
    x = mine[V_SERVICE]
    service = services(k, x)
    if service[X_QUEUED] != -1:
        join_queued(k, v, service[X_QUEUED])
        return 0
    if service[X_FILLED] == 0:
        service[X_GENERATION] += 1
        service[X_FILLING] = -1
    service[X_FILLING] = insert(k, service[X_FILLING], v)
    service[X_FILLED] += 1
    if service[X_FILLED] >= service[X_SIZE]:
        form(k, x)
    elif service[X_FILLED] == 1 and service[X_MAX_WAIT] < NEVER:
        number = SERVICE_BATCH + x
        plan(k, k[NOW] + service[X_MAX_WAIT], BATCH, number, number, service[X_GENERATION])
    return 0


@leaf
def insert(k: Any, first: int, v: int) -> int:
    """Put a visit among those of a batch, in the order of arrival; gives the first."""
    before = -1
    after = first
    while after != -1 and queues.came_before(k, after, v):
        before = after
        after = visits(k, after)[V_NEXT_MEMBER]
    visits(k, v)[V_NEXT_MEMBER] = after
    if before == -1:
        return v
    visits(k, before)[V_NEXT_MEMBER] = v
    return first


@unit("i(ii)")
def join_queued(k: Any, v: int, leader: int) -> int:
    """Take a visit into a batch that queues and is not full; its leader and its place stay the same."""
    service = services(k, visits(k, v)[V_SERVICE])
    l = visits(k, leader)[V_LINE]
    leave_line(k, leader)
    visits(k, leader)[V_BATCH] = insert(k, visits(k, leader)[V_BATCH], v)
    mine = visits(k, v)
    mine[V_LEADER] = leader
    mine[V_STAGE] = IN_QUEUE
    mine[V_QUEUED] = k[NOW]
    mine[V_MET] = 0
    visits(k, leader)[V_SINCE] = k[NOW]
    if service[X_LIMITED] != -1:
        flow.take_places(k, v)
    queues.join_line(k, l, leader)
    flow.touch_line(k, l)
    service[X_FILLED] += 1
    if service[X_FILLED] >= service[X_SIZE]:
        close(k, service)
    return 0


@leaf
def close(k: Any, service: Any) -> None:
    """Nobody can join a batch any more that queued."""
    service[X_QUEUED] = -1
    service[X_FILLED] = 0


@unit("i(i)")
def leave_line(k: Any, leader: int) -> int:
    """Take a batch out of its line, and give each member the parts of the time that it was there."""
    mine = visits(k, leader)
    line = lines(k, mine[V_LINE])
    off_shift, carried_over = mine[V_WAIT_OFF_SHIFT], mine[V_WAIT_CARRIED_OVER]
    outage, held, partner = mine[V_WAIT_OUTAGE], mine[V_WAIT_HELD], mine[V_WAIT_PARTNER]
    prioritization, contention = mine[V_WAIT_PRIORITIZATION], mine[V_WAIT_CONTENTION]
    for field in range(V_WAIT_OFF_SHIFT, V_WAIT_CONTENTION + 1):
        mine[field] = 0
    queues.leave_line(k, leader)
    member = mine[V_BATCH]
    while member != -1:
        if member != leader:
            for field in range(V_WAIT_OFF_SHIFT, V_WAIT_CONTENTION + 1):
                visits(k, member)[field] += mine[field]
        member = visits(k, member)[V_NEXT_MEMBER]
    mine[V_WAIT_OFF_SHIFT] += off_shift
    mine[V_WAIT_CARRIED_OVER] += carried_over
    mine[V_WAIT_OUTAGE] += outage
    mine[V_WAIT_HELD] += held
    mine[V_WAIT_PARTNER] += partner
    mine[V_WAIT_PRIORITIZATION] += prioritization
    mine[V_WAIT_CONTENTION] += contention
    if line[L_TRACKED] and mine[V_SINCE] < k[NOW]:
        carry_over(k, leader, queues.unattended(line, mine), queues.attended(line, mine))
    return 0


@leaf
def carry_over(k: Any, leader: int, ticks: int, attended: bool) -> None:
    """What is off shift for those who came in the night is carried over for who was there before."""
    member = visits(k, leader)[V_BATCH]
    while member != -1:
        its = visits(k, member)
        if its[V_MET]:
            its[V_WAIT_OFF_SHIFT] -= ticks
            its[V_WAIT_CARRIED_OVER] += ticks
        elif attended:
            its[V_MET] = 1
        member = its[V_NEXT_MEMBER]


@unit("i(ii)")
def on_due(k: Any, x: int, generation: int) -> int:
    service = services(k, x)
    if service[X_FILLED] and service[X_GENERATION] == generation and service[X_QUEUED] == -1:
        form(k, x)
    return 0


@unit("i(i)")
def form(k: Any, x: int) -> int:
    """The batch queues as one, led by its least member."""
    service = services(k, x)
    leader = service[X_FILLING]
    service[X_FILLING] = -1
    if service[X_FILLED] >= service[X_SIZE] or service[X_PROVIDER] == -1:
        service[X_FILLED] = 0
    else:
        service[X_QUEUED] = leader
    member = leader
    while member != -1:
        its = visits(k, member)
        its[V_WAIT_BATCH] = k[NOW] - its[V_SINCE]
        its[V_SINCE] = k[NOW]
        its[V_LEADER] = leader
        its[V_MET] = 0
        member = its[V_NEXT_MEMBER]
    visits(k, leader)[V_BATCH] = leader
    flow.queue(k, leader)
    return 0


@unit("i(i)")
def begin(k: Any, leader: int) -> int:
    """Work on a batch begins: nobody can join it, and each member knows how many are worked on together."""
    service = services(k, visits(k, leader)[V_SERVICE])
    if service[X_QUEUED] == leader:
        close(k, service)
    count = 0
    member = visits(k, leader)[V_BATCH]
    while member != -1:
        count += 1
        member = visits(k, member)[V_NEXT_MEMBER]
    member = visits(k, leader)[V_BATCH]
    while member != -1:
        visits(k, member)[V_TOGETHER] = count
        member = visits(k, member)[V_NEXT_MEMBER]
    return 0


@unit("i(i)")
def finish_all(k: Any, leader: int) -> int:
    """Work on a batch is done: all have what it makes, and then go their ways."""
    mine = visits(k, leader)
    service = services(k, mine[V_SERVICE])
    count = 0
    member = mine[V_BATCH]
    while member != -1:
        its = visits(k, member)
        its[V_FINISHED] = k[NOW]
        its[V_STAGE] = OVER
        if service[X_PRODUCES] != -1:
            stocks.produce(k, member)
        count += 1
        member = its[V_NEXT_MEMBER]
    mine[V_AWAITING] = count
    member = mine[V_BATCH]
    while member != -1:
        following = visits(k, member)[V_NEXT_MEMBER]
        visits(k, member)[V_CHOSEN] = flow.choose_exits(k, member)
        flow.leave(k, member, leader)
        member = following
    return 0


@unit("i(i)")
def leave_batch(k: Any, v: int) -> int:
    """A member of a queueing batch gives up; the others keep their place, under their least if need be."""
    leader = visits(k, v)[V_LEADER]
    service = services(k, visits(k, v)[V_SERVICE])
    l = visits(k, leader)[V_LINE]
    leave_line(k, leader)
    first = without(k, visits(k, leader)[V_BATCH], v)
    visits(k, leader)[V_BATCH] = first
    visits(k, v)[V_LEADER] = -1
    open_to_others = service[X_QUEUED] == leader
    if open_to_others:
        service[X_FILLED] -= 1
    if first == -1:
        if open_to_others:
            close(k, service)
        return 0
    if v == leader:
        hand_over(k, leader, first)
        leader = first
        if open_to_others:
            service[X_QUEUED] = leader
    visits(k, leader)[V_SINCE] = k[NOW]
    queues.join_line(k, l, leader)
    return 0


@leaf
def without(k: Any, first: int, v: int) -> int:
    """Take a visit out of a batch; gives the first of those who are left, -1 if there are none."""
    following = visits(k, v)[V_NEXT_MEMBER]
    visits(k, v)[V_NEXT_MEMBER] = -1
    if first == v:
        return following  # type: ignore[no-any-return]
    before = first
    while visits(k, before)[V_NEXT_MEMBER] != v:
        before = visits(k, before)[V_NEXT_MEMBER]
    visits(k, before)[V_NEXT_MEMBER] = following
    return first


@leaf
def hand_over(k: Any, leader: int, first: int) -> None:
    """The least of the others leads from now on."""
    visits(k, leader)[V_BATCH] = -1
    visits(k, first)[V_BATCH] = first
    visits_f(k, first)[V_KEY] = visits_f(k, leader)[V_KEY]
    member = first
    while member != -1:
        visits(k, member)[V_LEADER] = first
        member = visits(k, member)[V_NEXT_MEMBER]


@unit("i(i)")
def withdraw(k: Any, v: int) -> int:
    """A visit that gives up leaves the batch that is filling."""
    service = services(k, visits(k, v)[V_SERVICE])
    service[X_FILLED] -= 1
    service[X_FILLING] = without(k, service[X_FILLING], v)
    return 0

"""Batches at a service (see ``reference.batches``)."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import flow, queues, stocks
from serviceflow.engine.kernel.events import plan
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import leaf, unit
from serviceflow.engine.kernel.rows import services, visits, visits_f
from serviceflow.engine.program.codes import NEVER, SERVICE_BATCH


@unit("i(i)")
def fill(k: Any, v: int) -> int:
    """Wait until the batch is full, or its first member has waited long enough."""
    mine = visits(k, v)
    x = mine[V_SERVICE]
    service = services(k, x)
    if service[X_FILLED] == 0:
        service[X_GENERATION] += 1
        service[X_FILLING] = -1
    insert(k, x, v)
    service[X_FILLED] += 1
    if service[X_FILLED] >= service[X_SIZE]:
        form(k, x)
    elif service[X_FILLED] == 1 and service[X_MAX_WAIT] < NEVER:
        number = SERVICE_BATCH + x
        plan(k, k[NOW] + service[X_MAX_WAIT], BATCH, number, number, service[X_GENERATION])
    return 0


@leaf
def insert(k: Any, x: int, v: int) -> None:
    """Keep those who wait for the batch in the order of arrival."""
    service = services(k, x)
    before = -1
    after = service[X_FILLING]
    while after != -1 and queues.came_before(k, after, v):
        before = after
        after = visits(k, after)[V_NEXT_MEMBER]
    visits(k, v)[V_NEXT_MEMBER] = after
    if before == -1:
        service[X_FILLING] = v
    else:
        visits(k, before)[V_NEXT_MEMBER] = v


@unit("i(ii)")
def on_due(k: Any, x: int, generation: int) -> int:
    service = services(k, x)
    if service[X_FILLED] and service[X_GENERATION] == generation:
        form(k, x)
    return 0


@unit("i(i)")
def form(k: Any, x: int) -> int:
    """The batch queues as one, led by its least member."""
    service = services(k, x)
    leader = service[X_FILLING]
    service[X_FILLED] = 0
    service[X_FILLING] = -1
    member = leader
    while member != -1:
        its = visits(k, member)
        its[V_WAIT_BATCH] = k[NOW] - its[V_SINCE]
        its[V_SINCE] = k[NOW]
        its[V_LEADER] = leader
        member = its[V_NEXT_MEMBER]
    visits(k, leader)[V_BATCH] = leader
    flow.queue(k, leader)
    return 0


@unit("i(i)")
def note_size(k: Any, leader: int) -> int:
    """Note with each member how many are worked on together."""
    count = 0
    member = leader
    while member != -1:
        count += 1
        member = visits(k, member)[V_NEXT_MEMBER]
    member = leader
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
    member = leader
    while member != -1:
        its = visits(k, member)
        its[V_FINISHED] = k[NOW]
        its[V_STAGE] = OVER
        if service[X_PRODUCES] != -1:
            stocks.produce(k, member)
        count += 1
        member = its[V_NEXT_MEMBER]
    mine[V_AWAITING] = count
    member = leader
    while member != -1:
        following = visits(k, member)[V_NEXT_MEMBER]
        visits(k, member)[V_CHOSEN] = flow.choose_exits(k, member)
        flow.leave(k, member, leader)
        member = following
    return 0


@unit("i(i)")
def leave_batch(k: Any, v: int) -> int:
    """A member of a queueing batch gives up; the others keep their place under their least."""
    leader = visits(k, v)[V_LEADER]
    l = visits(k, leader)[V_LINE]
    queues.leave_line(k, leader)
    first = last = -1
    member = leader
    while member != -1:
        its = visits(k, member)
        following = its[V_NEXT_MEMBER]
        if member != leader:
            flow.share_wait(k, leader, member)
        if member != v:
            if last == -1:
                first = member
            else:
                visits(k, last)[V_NEXT_MEMBER] = member
            last = member
            its[V_NEXT_MEMBER] = -1
        member = following
    visits(k, leader)[V_BATCH] = -1
    visits(k, v)[V_LEADER] = -1
    visits(k, v)[V_NEXT_MEMBER] = -1
    if first == -1:
        return 0
    visits(k, first)[V_BATCH] = first
    visits_f(k, first)[V_KEY] = visits_f(k, leader)[V_KEY]
    visits(k, first)[V_SINCE] = k[NOW]
    member = first
    while member != -1:
        visits(k, member)[V_LEADER] = first
        member = visits(k, member)[V_NEXT_MEMBER]
    queues.join_line(k, l, first)
    return 0


@unit("i(i)")
def withdraw(k: Any, v: int) -> int:
    """A visit that gives up leaves the batch that is filling."""
    service = services(k, visits(k, v)[V_SERVICE])
    service[X_FILLED] -= 1
    if service[X_FILLING] == v:
        service[X_FILLING] = visits(k, v)[V_NEXT_MEMBER]
    else:
        before = service[X_FILLING]
        while visits(k, before)[V_NEXT_MEMBER] != v:
            before = visits(k, before)[V_NEXT_MEMBER]
        visits(k, before)[V_NEXT_MEMBER] = visits(k, v)[V_NEXT_MEMBER]
    visits(k, v)[V_NEXT_MEMBER] = -1
    return 0

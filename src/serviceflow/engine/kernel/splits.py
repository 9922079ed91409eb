"""Splits and joins (see ``reference.splits``)."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import dispatching, evaluation, flow
from serviceflow.engine.kernel import requests as all_requests
from serviceflow.engine.kernel.events import append, give_node, take_split
from serviceflow.engine.kernel.keyed import mix_four
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import leaf, unit
from serviceflow.engine.kernel.rows import (
    branches,
    handoffs,
    ints,
    nodes,
    requests,
    services,
    splits,
    visits,
)
from serviceflow.engine.program.codes import ALL, COMPLETED, JOINED


@unit("i(ii)")
def branches_taken(k: Any, v: int, exits: int) -> int:
    """Every handoff that holds, each by its own probability, as a list."""
    mine = visits(k, v)
    listed = ints(k, exits)
    first = last = -1
    for place in range(listed[0]):
        h = listed[1 + place]
        handoff = handoffs(k, h)
        if handoff[H_WHEN] != -1 and not evaluation.number(k, handoff[H_WHEN], v):
            continue
        if handoff[H_PROBABILITY] != -1 and not (
            evaluation.uniform(k, handoff[H_PURPOSE], mine[V_STRAND], mine[V_OCCURRENCE])
            < evaluation.number(k, handoff[H_PROBABILITY], v)
        ):
            continue
        last = append(k, last, h)
        first = last if first == -1 else first
    return first


@unit("i(ii)")
def leave(k: Any, v: int, leader: int) -> int:
    """Each branch goes its own way where there is room; staff are held until there is for the others."""
    split(k, v)
    going = take_open(k, v)
    if visits(k, v)[V_CHOSEN] == -1:
        flow.depart_late(k, v, leader)
    else:
        dispatching.block(k, v, leader)
    while going != -1:
        following = nodes(k, going)[N_AFTER]
        h, b = nodes(k, going)[N_A], nodes(k, going)[N_B]
        give_node(k, going)
        flow.send(k, b, v, h, flow.limited_target(k, h))
        going = following
    return 0


@leaf
def take_open(k: Any, v: int) -> int:
    """Claim a place for each branch for which there is one; takes their list out of that of all branches."""
    going = last_going = staying = last_staying = -1
    n = visits(k, v)[V_CHOSEN]
    while n != -1:
        following = nodes(k, n)[N_AFTER]
        nodes(k, n)[N_AFTER] = -1
        if flow.is_open(k, nodes(k, n)[N_A]):
            flow.claimed(k, nodes(k, n)[N_A])
            going = put_behind(k, going, last_going, n)
            last_going = n
        else:
            staying = put_behind(k, staying, last_staying, n)
            last_staying = n
        n = following
    visits(k, v)[V_CHOSEN] = staying
    return going


@leaf
def put_behind(k: Any, first: int, last: int, n: int) -> int:
    """Put a node behind the last of a list; gives the first."""
    if last == -1:
        return n
    nodes(k, last)[N_AFTER] = n
    return first


@unit("i(ii)")
def leave_by(k: Any, v: int, n: int) -> int:
    """Take a branch that may leave now out of those of its visit; gives its strand."""
    mine = visits(k, v)
    if mine[V_CHOSEN] == n:
        mine[V_CHOSEN] = nodes(k, n)[N_AFTER]
    else:
        before = mine[V_CHOSEN]
        while nodes(k, before)[N_AFTER] != n:
            before = nodes(k, before)[N_AFTER]
        nodes(k, before)[N_AFTER] = nodes(k, n)[N_AFTER]
    b = nodes(k, n)[N_B]
    give_node(k, n)
    return b


@leaf
def split(k: Any, v: int) -> None:
    """A branch for each way that is chosen, with draws of its own."""
    mine = visits(k, v)
    chosen = mine[V_CHOSEN]
    r = mine[V_OWNER]
    asking = requests(k, r)
    parent = branches(k, mine[V_STRAND])
    count = 0
    n = chosen
    while n != -1:
        count += 1
        n = nodes(k, n)[N_AFTER]
    s = take_split(k)
    its = splits(k, s)
    its[S_PARENT] = mine[V_STRAND]
    its[S_BRANCHES] = count
    its[S_ENDED] = 0
    its[S_WAITING] = -1
    its[S_ARRIVED] = 0
    its[S_PASSED] = 0
    its[S_SIBLING] = asking[R_SPLITS]
    asking[R_SPLITS] = s
    asking[R_OPEN] += count - 1
    first = asking[R_BRANCHES]
    asking[R_BRANCHES] += count
    n = chosen
    for place in range(count):
        purpose = handoffs(k, nodes(k, n)[N_A])[H_PURPOSE]
        who = mix_four(parent[B_WHO], parent[B_NUMBER], purpose, mine[V_OCCURRENCE])
        nodes(k, n)[N_B] = all_requests.new_branch(k, r, first + place, who, parent[B_NUMBER], s)
        n = nodes(k, n)[N_AFTER]


@unit("i(ii)")
def wait_for_branches(k: Any, v: int, join: int) -> int:
    mine = visits(k, v)
    s = branches(k, mine[V_STRAND])[B_SPLIT]
    its = splits(k, s)
    if its[S_PASSED]:
        absorb(k, v)
        strand_over(k, mine[V_OWNER], mine[V_ID])
        return 0
    mine[V_STAGE] = IN_JOIN
    mine[V_AFTER] = its[S_WAITING]
    its[S_WAITING] = v
    its[S_ARRIVED] += 1
    release_if_complete(k, s, join)
    return 0


@leaf
def absorb(k: Any, v: int) -> None:
    """A branch ends in the join; another one carries the request on."""
    visits(k, v)[V_LEFT] = k[NOW]
    flow.release_place(k, v)
    flow.write(k, v, JOINED)


@leaf
def strand_over(k: Any, r: int, last: int) -> None:
    asking = requests(k, r)
    asking[R_OPEN] -= 1
    if asking[R_OPEN] == 0 and asking[R_ENDED] == -1:
        all_requests.answer(k, r, COMPLETED, last)


@unit("i(i)")
def branch_ended(k: Any, s: int) -> int:
    """A branch that ends or is lost counts as arrived."""
    while s != -1:
        its = splits(k, s)
        its[S_ENDED] += 1
        if its[S_WAITING] != -1:
            x = visits(k, its[S_WAITING])[V_SERVICE]
            release_if_complete(k, s, services(k, x)[X_JOIN])
            return 0
        if its[S_ENDED] != its[S_BRANCHES] or its[S_PASSED]:
            return 0
        s = branches(k, its[S_PARENT])[B_SPLIT]
    return 0


@unit("i(ii)")
def release_if_complete(k: Any, s: int, join: int) -> int:
    """With the branches that it waits for, a join lets the latest of them go on as the request."""
    its = splits(k, s)
    needed = its[S_BRANCHES] if join == ALL else min(join, its[S_BRANCHES])
    if its[S_ARRIVED] + its[S_ENDED] < needed:
        return 0
    its[S_PASSED] = 1
    going_on = v = its[S_WAITING]
    while v != -1:
        if came_after(k, v, going_on):
            going_on = v
        v = visits(k, v)[V_AFTER]
    v = its[S_WAITING]
    its[S_WAITING] = -1
    its[S_ARRIVED] = 0
    while v != -1:
        mine = visits(k, v)
        following = mine[V_AFTER]
        mine[V_AFTER] = -1
        mine[V_WAIT_JOIN] = k[NOW] - mine[V_SINCE]
        if v != going_on:
            requests(k, mine[V_OWNER])[R_OPEN] -= 1
            absorb(k, v)
        v = following
    carry_on(k, going_on, its[S_PARENT])
    return 0


@leaf
def came_after(k: Any, v: int, other: int) -> bool:
    mine, its = visits(k, v), visits(k, other)
    if mine[V_ARRIVED] != its[V_ARRIVED]:
        return mine[V_ARRIVED] > its[V_ARRIVED]
    return mine[V_IDENTITY] > its[V_IDENTITY]


@leaf
def carry_on(k: Any, v: int, parent: int) -> None:
    """The visit goes on as that of the strand that had split."""
    mine = visits(k, v)
    mine[V_STRAND] = parent
    if services(k, mine[V_SERVICE])[X_REPEATS]:
        flow.enter_again(k, v)
    else:
        mine[V_OCCURRENCE] = 0
        mine[V_VISIT] = 1
    mine[V_SINCE] = k[NOW]
    flow.enter(k, v)


@unit("i(i)")
def withdraw(k: Any, v: int) -> int:
    """A visit that gives up waits for the other branches no longer."""
    its = splits(k, branches(k, visits(k, v)[V_STRAND])[B_SPLIT])
    its[S_ARRIVED] -= 1
    if its[S_WAITING] == v:
        its[S_WAITING] = visits(k, v)[V_AFTER]
        return 0
    before = its[S_WAITING]
    while visits(k, before)[V_AFTER] != v:
        before = visits(k, before)[V_AFTER]
    visits(k, before)[V_AFTER] = visits(k, v)[V_AFTER]
    return 0

"""Runs that start from a state: requests in work, queued and on their way (see ``reference.opening``).

The visits of those who are there are the first that are made, so that their rows have the numbers of their
places.
"""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import arrivals, dispatching, evaluation, flow, pauses, stocks
from serviceflow.engine.kernel import handoffs as ways
from serviceflow.engine.kernel import providers as all_teams
from serviceflow.engine.kernel import requests as all_requests
from serviceflow.engine.kernel import splits as all_splits
from serviceflow.engine.kernel.events import append, plan, take_node, take_split, take_want
from serviceflow.engine.kernel.keyed import mix_four
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import leaf, unit
from serviceflow.engine.kernel.queues import note
from serviceflow.engine.kernel.rows import (
    asks,
    branches,
    consumers,
    grants,
    handoffs,
    ints,
    nodes,
    reals,
    requests,
    requests_f,
    services,
    splits,
    teams,
    units,
    visits,
    visits_f,
    wants,
    wants_f,
)
from serviceflow.engine.program.codes import CONSUMER, ORDER, PAUSE_OFF_SHIFT, PAUSE_PREEMPTED

ACTIVE = 1
ROUND = 1 << 32
DELIVERY = 1 << 40
TO_BE_DRAWN = -1


@leaf
def place_of(k: Any, i: int) -> Any:
    """The words of the program that say where a request is."""
    return ints(k, k[OPENING] + 2 + i * Z_FIELDS)


@unit("i(i)")
def open_places(k: Any, unused: int) -> int:
    """All requests that are there come to be; each is put where it is; those go on whose work is done."""
    head = ints(k, k[OPENING])
    for i in range(head[0]):
        make(k, i)
    order_all(k)
    for i in range(head[0]):
        if place_of(k, i)[Z_LEADER] == i:
            put(k, i)
    for i in range(head[0]):
        its = place_of(k, i)
        if its[Z_LEADER] == i and its[Z_STATE] == IN_WORK and its[Z_REMAINING] == 0:
            leave(k, i)
    return 0


# -- requests


@leaf
def make(k: Any, i: int) -> None:
    its = place_of(k, i)
    if its[Z_OF] == i:
        r = ask(k, i)
    else:
        r = visits(k, its[Z_OF])[V_OWNER]
    b = requests(k, r)[R_ROOT]
    if its[Z_STRAND] >= 0:
        b += 1 + its[Z_STRAND]  # They were made one after another.
    v = flow.new_visit(k, b, its[Z_SERVICE])
    visits(k, v)[V_HANDOFF] = its[Z_HANDOFF]
    if its[Z_SERVICE] != END and services(k, its[Z_SERVICE])[X_SIZE]:
        if its[Z_STATE] == IN_WORK or its[Z_STATE] == STANDING:
            join_batch(k, v, its[Z_LEADER])


@unit("i(i)")
def ask(k: Any, i: int) -> int:
    """The request of a place, with its branches."""
    its = place_of(k, i)
    a = its[Z_SOURCE]
    consumer = a if its[Z_KIND] == CONSUMER else -1
    r = all_requests.new_request(k, its[Z_KIND], a, its[Z_NUMBER], its[Z_WHO], consumer)
    asking = requests(k, r)
    asking[R_ASKED] = its[Z_ASKED]
    if its[Z_KIND] == CONSUMER:
        if k[ATTRIBUTES]:
            arrivals.draw_attributes(k, r, its[Z_GIVEN])
        k[AWAITED] += 1
        if its[Z_MEMBER] >= 0:
            asking[R_ON_END] = THINK
            asking[R_END_WHAT] = its[Z_MEMBER]
            asks(k, consumers(k, a)[A_MEMBER] + its[Z_MEMBER])[0] = 1
    else:
        asking[R_ORDER] = a
        requests_f(k, r)[R_QUANTITY] = reals(k, its[Z_QUANTITY])[0]
        requests_f(k, r)[R_OUTSTANDING] = reals(k, its[Z_QUANTITY])[0]
    if its[Z_BRANCHES] > 1:
        branch(k, r, its[Z_BRANCHES])
    return r


@leaf
def branch(k: Any, r: int, count: int) -> None:
    """The branches that a request has split into."""
    asking = requests(k, r)
    root = branches(k, asking[R_ROOT])
    s = take_split(k)
    its = splits(k, s)
    its[S_PARENT] = asking[R_ROOT]
    its[S_BRANCHES] = count
    its[S_ENDED] = 0
    its[S_WAITING] = -1
    its[S_ARRIVED] = 0
    its[S_PASSED] = 0
    its[S_SIBLING] = asking[R_SPLITS]
    asking[R_SPLITS] = s
    asking[R_OPEN] = count
    for _ in range(count):
        index = asking[R_BRANCHES]
        who = mix_four(root[B_WHO], root[B_NUMBER], index, 0)
        all_requests.new_branch(k, r, index, who, root[B_NUMBER], s)
        asking[R_BRANCHES] += 1


@leaf
def join_batch(k: Any, v: int, leader: int) -> None:
    """Put a visit behind the others of its batch."""
    visits(k, v)[V_LEADER] = leader
    visits(k, v)[V_NEXT_MEMBER] = -1
    if v == leader:
        visits(k, v)[V_BATCH] = v
        return
    last = leader
    while visits(k, last)[V_NEXT_MEMBER] != -1:
        last = visits(k, last)[V_NEXT_MEMBER]
    visits(k, last)[V_NEXT_MEMBER] = v


# -- stocks


@leaf
def order_all(k: Any) -> None:
    """What is on order: by requests that are in the chain, and by itself."""
    head = ints(k, k[OPENING])
    for i in range(head[0]):
        its = place_of(k, i)
        if its[Z_KIND] == ORDER and its[Z_OF] == i:
            stocks.change(k, its[Z_SOURCE], 0.0, reals(k, its[Z_QUANTITY])[0], 0.0)
    for number in range(head[1]):
        its = delivery(k, number)
        stocks.change(k, its[0], 0.0, reals(k, its[2])[0], 0.0)
        plan(k, its[1], ARRIVAL, DELIVERY | number, 0, 1 + number)


@leaf
def delivery(k: Any, number: int) -> Any:
    count = ints(k, k[OPENING])[0]
    return ints(k, k[OPENING] + 2 + count * Z_FIELDS + 3 * number)


@unit("i(i)")
def deliver(k: Any, number: int) -> int:
    """What was on order has come."""
    its = delivery(k, number)
    quantity = reals(k, its[2])[0]
    stocks.change(k, its[0], quantity, -quantity, 0.0)
    stocks.touch_stock(k, its[0])
    stocks.write_level(k, its[0])
    return 0


# -- places


@unit("i(i)")
def put(k: Any, i: int) -> int:
    its = place_of(k, i)
    if its[Z_STATE] == ON_THE_WAY:
        send(k, i)
    elif its[Z_STATE] == IN_WORK or its[Z_STATE] == STANDING:
        set_to_work(k, i)
    else:
        claim(k, i)
        arrive(k, i)
    return 0


@leaf
def claim(k: Any, v: int) -> None:
    """Who comes to a queue that blocks when it is full has a place in it."""
    x = visits(k, v)[V_SERVICE]
    if x != END:
        t = services(k, x)[X_LIMITED]
        if t != -1 and teams(k, t)[T_BLOCKS]:
            flow.claim(k, v, t)


@leaf
def send(k: Any, v: int) -> None:
    its = place_of(k, v)
    claim(k, v)
    if its[Z_REMAINING] == TO_BE_DRAWN and its[Z_HANDOFF] != -1:
        ways.send(k, v, handoffs(k, its[Z_HANDOFF])[H_TRANSFER], -1)
        return
    mine = visits(k, v)
    mine[V_DELAY] = max(its[Z_REMAINING], 0)
    plan(k, k[NOW] + mine[V_DELAY], ARRIVAL, mine[V_ID], v, 0)


@leaf
def arrive(k: Any, v: int) -> None:
    """As in any arrival, but that some of the patience may be over, and what comes before the queue."""
    its = place_of(k, v)
    mine = visits(k, v)
    service = services(k, mine[V_SERVICE])
    come(k, v, its[Z_ENTRIES])
    if service[X_PATIENCE] != -1:
        rest = left(k, v, service[X_PATIENCE], service[X_PATIENCE_WHAT], its[Z_ELAPSED])
        plan(k, k[NOW] + rest, PATIENCE, mine[V_ID], v, mine[V_ID])
    limit(k, v)
    visits_f(k, v)[V_PRIORITY] = evaluation.priority(k, mine[V_SERVICE], v)
    if its[Z_STATE] == QUEUED:
        if service[X_CONSUMES] != -1:
            have_taken(k, v)
        flow.queue(k, v)
    elif service[X_JOIN] and branches(k, mine[V_STRAND])[B_SPLIT] != -1:
        all_splits.wait_for_branches(k, v, service[X_JOIN])
    else:
        flow.enter(k, v)


@unit("i(i)")
def limit(k: Any, v: int) -> int:
    """What is left of the limit over waiting and work, of which what is known to have passed is over."""
    mine = visits(k, v)
    service = services(k, mine[V_SERVICE])
    if service[X_TIMEOUT] != -1:
        rest = left(k, v, service[X_TIMEOUT], service[X_TIMEOUT_WHAT], place_of(k, v)[Z_ELAPSED])
        plan(k, k[NOW] + rest, TIMEOUT, mine[V_ID], v, mine[V_ID])
    return 0


@unit("i(ii)")
def come(k: Any, v: int, entries: int) -> int:
    mine = visits(k, v)
    mine[V_ARRIVED] = k[NOW]
    mine[V_SINCE] = k[NOW]
    mine[V_OCCURRENCE] = 0
    mine[V_VISIT] = 1
    if services(k, mine[V_SERVICE])[X_REPEATS]:
        set_entries(k, v, entries)
        flow.enter_again(k, v)
    return 0


@leaf
def set_entries(k: Any, v: int, entries: int) -> None:
    """Say how often a strand has been at the service of its visit."""
    mine = visits(k, v)
    strand = branches(k, mine[V_STRAND])
    n = take_node(k)
    nodes(k, n)[N_A] = mine[V_SERVICE]
    nodes(k, n)[N_B] = entries
    nodes(k, n)[N_AFTER] = strand[B_ENTRIES]
    strand[B_ENTRIES] = n


@leaf
def have_taken(k: Any, v: int) -> None:
    """A visit that queues has what it needs of stocks, and puts it back if it leaves before work begins."""
    listed = ints(k, services(k, visits(k, v)[V_SERVICE])[X_CONSUMES])
    last = -1
    for place in range(listed[0]):
        w = take_want(k)
        its = wants(k, w)
        its[W_VISIT] = v
        its[W_STOCK] = listed[1 + 2 * place]
        wants_f(k, w)[W_QUANTITY] = evaluation.amount(k, listed[2 + 2 * place], v)
        its[W_OF_VISIT] = -1
        if last == -1:
            visits(k, v)[V_WANTS] = w
        else:
            wants(k, last)[W_OF_VISIT] = w
        last = w


@unit("i(iiii)")
def left(k: Any, v: int, code: int, what: int, elapsed: int) -> int:
    """What is left of a duration that has lasted for some time: drawn until it is longer than that."""
    mine = visits(k, v)
    occurrence = mine[V_OCCURRENCE]
    length = 0
    for _ in range(TRIES):
        length = evaluation.ticks(k, code, what, v) - elapsed
        if length > 0 or elapsed == 0:
            break
        mine[V_OCCURRENCE] += ROUND
    mine[V_OCCURRENCE] = occurrence
    return max(length, 0)


# -- work


@unit("i(i)")
def set_to_work(k: Any, v: int) -> int:
    its = place_of(k, v)
    together = 0
    member = pauses.first_member(k, v)
    while member != -1:
        mine = visits(k, member)
        come(k, member, its[Z_ENTRIES])
        mine[V_QUEUED] = k[NOW]
        mine[V_STARTED] = k[NOW]
        mine[V_STAGE] = AT_WORK
        requests(k, mine[V_OWNER])[R_SERVED] = 1
        visits_f(k, member)[V_PRIORITY] = evaluation.priority(k, mine[V_SERVICE], member)
        together += 1
        member = pauses.next_member(k, v, member)
    if visits(k, v)[V_BATCH] != -1:
        member = v
        while member != -1:
            visits(k, member)[V_TOGETHER] = together
            member = pauses.next_member(k, v, member)
    if services(k, visits(k, v)[V_SERVICE])[X_PROVIDER] != -1:
        take_staff(k, v)
    work(k, v)
    return 0


@leaf
def take_staff(k: Any, v: int) -> None:
    its = place_of(k, v)
    needs = ints(k, its[Z_NEEDS])
    listed = its[Z_UNITS]
    for place in range(needs[0]):
        t, count = needs[1 + 2 * place], needs[2 + 2 * place]
        take(k, t, v, count, listed)
        if teams(k, t)[T_NAMED]:
            listed += count
    first = grants(k, visits(k, v)[V_GRANTS])
    member = -1
    if first[G_WHICH] != -1 and teams(k, first[G_TEAM])[T_MEMBERS]:
        member = units(k, nodes(k, first[G_WHICH])[N_A])[U_INDEX]
    flow.note_server(k, v, first[G_TEAM], member)


@unit("i(iiii)")
def take(k: Any, t: int, v: int, count: int, listed: int) -> int:
    """Give a visit staff of a team: those who are listed, where they are told apart."""
    note(k, t)
    which = last = -1
    for place in range(count if teams(k, t)[T_NAMED] else 0):
        u = teams(k, t)[T_UNIT] + ints(k, listed)[place]
        units(k, u)[U_VISIT] = v
        units(k, u)[U_SINCE] = k[NOW]
        units(k, u)[U_SET_TO] = visits(k, v)[V_SERVICE]
        last = append(k, last, u)
        if place == 0:
            which = last
    return all_teams.grant(k, t, v, count, which)


@leaf
def work(k: Any, v: int) -> None:
    """Work goes on for what remains of it; or it stands still."""
    its = place_of(k, v)
    mine = visits(k, v)
    service = services(k, mine[V_SERVICE])
    length = its[Z_REMAINING]
    if length == TO_BE_DRAWN:
        length = left(k, v, service[X_DURATION], service[X_DURATION_WHAT], its[Z_ELAPSED])
        if service[X_PROVIDER] != -1:
            length = max(length, 1)
    lasts = length
    if service[X_PROVIDER] == -1:
        lasts = ways.after(k, service[X_CALENDAR], k[NOW], length) - k[NOW]
    member = pauses.first_member(k, v)
    while member != -1:
        visits(k, member)[V_WORK] = length
        visits(k, member)[V_PAUSE_OFF_SHIFT] = lasts - length
        member = pauses.next_member(k, v, member)
    mine[V_REMAINING] = lasts
    if its[Z_STATE] == IN_WORK and its[Z_REMAINING] == 0:
        return
    limit(k, v)
    pauses.go_on(k, v)
    if its[Z_STATE] == STANDING:
        all_teams.pause(k, v, PAUSE_PREEMPTED if dispatching.preempts(k, v) else PAUSE_OFF_SHIFT)


@unit("i(i)")
def leave(k: Any, v: int) -> int:
    """Whose work is done has made what it makes; it goes its way, or is blocked."""
    mine = visits(k, v)
    mine[V_DONE] = 1
    count = 0
    member = pauses.first_member(k, v)
    while member != -1:
        visits(k, member)[V_FINISHED] = k[NOW]
        visits(k, member)[V_STAGE] = OVER
        count += 1
        member = pauses.next_member(k, v, member)
    mine[V_AWAITING] = count
    member = pauses.first_member(k, v)
    while member != -1:
        following = pauses.next_member(k, v, member)
        visits(k, member)[V_CHOSEN] = flow.choose_exits(k, member)
        flow.leave(k, member, v)
        member = following
    return 0

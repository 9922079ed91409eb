"""What happens to a visit, step by step, as :mod:`serviceflow.engine.reference.engine` says it::

send -> arrive -> (join) -> (calls) -> (stock) -> (batch) -> queue -> start -> work -> finish -> leave
"""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import (
    batches,
    dispatching,
    evaluation,
    fitting,
    learning,
    pauses,
    queues,
    stocks,
)
from serviceflow.engine.kernel import calls as all_calls
from serviceflow.engine.kernel import handoffs as ways
from serviceflow.engine.kernel import providers as all_teams
from serviceflow.engine.kernel import requests as all_requests
from serviceflow.engine.kernel import splits as all_splits
from serviceflow.engine.kernel.events import plan, take_node, take_visit
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import fail, fetch, leaf, need_row, unit
from serviceflow.engine.kernel.pauses import first_member, next_member
from serviceflow.engine.kernel.rows import (
    branches,
    grants,
    handoffs,
    ints,
    lines,
    nodes,
    requests,
    services,
    tally,
    teams,
    units,
    visits,
    visits_f,
    visits_out,
)
from serviceflow.engine.program.codes import COMPLETED, END, GAVE_UP, REFUSED, TIMED_OUT, UNFINISHED

BRANCHES = 1 << 20

_OUT_ROWS = POOLS["visits_out"] + ROWS

# -- visits come to be, and go into the record


@leaf
def new_visit_here(k: Any, b: int, x: int) -> int:
    """A visit of a strand to a service, asked now."""
    if k[KEEP]:
        need_row(k, k[NEXT_VISIT], _OUT_ROWS)
    v = take_visit(k)
    mine = visits(k, v)
    strand = branches(k, b)
    r = strand[B_REQUEST]
    row = requests(k, r)[R_ROW]
    for field in range(k[RESET_FROM], V_WAIT_CONTENTION):
        mine[field] = 0
    for field in range(V_WAIT_CONTENTION, V_HANDOFF):
        mine[field] = 0
    for field in range(V_HANDOFF, V_REQUEST):
        mine[field] = -1
    if k[RESET_REST]:
        for field in NONE_AT_FIRST:
            mine[field] = -1
    mine[V_REQUEST] = row
    mine[V_BRANCH] = strand[B_INDEX]
    mine[V_SERVICE] = x
    mine[V_VISIT] = 1
    mine[V_ASKED] = k[NOW]
    mine[V_OUTCOME] = UNFINISHED
    mine[V_ID] = k[NEXT_VISIT]
    mine[V_STRAND] = b
    mine[V_OWNER] = r
    mine[V_IDENTITY] = row * BRANCHES + strand[B_INDEX]
    if k[KEEP]:
        tally(k, row)[0] += 1
        out = visits_out(k, k[NEXT_VISIT])
        for column in range(0, k[VISIT_COLUMNS], 8):
            fetch(out, column)  # It is written in a while, by which time it should be near.
    k[NEXT_VISIT] += 1
    return v


@unit("i(ii)")
def new_visit(k: Any, b: int, x: int) -> int:
    """The same, for those who do so seldom."""
    return new_visit_here(k, b, x)


@leaf
def write(k: Any, v: int, outcome: int) -> int:
    """Put a visit that is over into the record; its row is free after this event."""
    mine = visits(k, v)
    mine[V_OUTCOME] = outcome
    mine[V_STAGE] = WRITTEN
    write_row(k, v)
    if mine[V_BATCH] == -1 or mine[V_AWAITING] == 0:
        lay_down(k, v)
    return 0


@leaf
def lay_down(k: Any, v: int) -> None:
    mine = visits(k, v)
    mine[V_NEXT] = k[DEAD_VISITS]
    k[DEAD_VISITS] = v


@leaf
def write_row(k: Any, v: int) -> None:
    mine = visits(k, v)
    if k[KEEP]:
        row = mine[V_ID]
        shift = 0
    else:
        row = k[VISITS_OUT]
        k[VISITS_OUT] = row + 1
        shift = 1
        need_row(k, row, _OUT_ROWS)
    out = visits_out(k, row)
    out[0] = mine[V_ID]
    columns = ints(k, k[VISIT_COLUMN_LIST])
    for place in range(k[VISIT_COLUMNS]):
        out[place + shift] = mine[columns[place]]


# -- arriving


@leaf
def refuses_at_door(k: Any, v: int) -> bool:
    """Where a full queue blocks its senders, who would be on the way to it for a while is refused now."""
    t = services(k, visits(k, v)[V_SERVICE])[X_LIMITED]
    if t == -1 or not teams(k, t)[T_BLOCKS]:
        return False
    if not all_teams.has_room(k, t, visits(k, v)[V_SERVICE]):
        return True
    claim(k, v, t)
    return False


@leaf
def claim(k: Any, v: int, t: int) -> None:
    visits(k, v)[V_CLAIMS] = t
    teams(k, t)[T_WAITING] += 1


@leaf
def release_place(k: Any, v: int) -> None:
    t = visits(k, v)[V_CLAIMS]
    if t != -1:
        teams(k, t)[T_WAITING] -= 1
        all_teams.touch(k, t)
        visits(k, v)[V_CLAIMS] = -1


@leaf
def admit_here(k: Any, r: int, enters: int, exits: int, routing: int) -> int:
    """Let a request into the chain, at a service or by a handoff."""
    asking = requests(k, r)
    b = asking[R_ROOT]
    if asking[R_KIND] == 0 and k[WINDOW_START] <= asking[R_ASKED] < k[WINDOW_END]:
        k[AWAITED] += 1
    if enters != -1:
        arrive(k, new_visit_here(k, b, enters))
        return 0
    h = choose_exit(k, exits, routing, b, -1)
    if h == -1:
        all_requests.end_branch(k, b, COMPLETED, -1)
        return 0
    v = new_visit_here(k, b, handoffs(k, h)[H_TARGET])
    visits(k, v)[V_HANDOFF] = h
    if visits(k, v)[V_SERVICE] != END and not handoffs(k, h)[H_AT_ONCE] and refuses_at_door(k, v):
        visits(k, v)[V_ARRIVED] = k[NOW]
        lose(k, v, REFUSED)
    else:
        ways.send(k, v, handoffs(k, h)[H_TRANSFER], -1)
    return 0


@unit("i(iiii)")
def admit(k: Any, r: int, enters: int, exits: int, routing: int) -> int:
    """The same, for those who do so seldom."""
    return admit_here(k, r, enters, exits, routing)


@unit("i(i)")
def arrive(k: Any, v: int) -> int:
    mine = visits(k, v)
    mine[V_ARRIVED] = k[NOW]
    x = mine[V_SERVICE]
    if x == END:
        all_requests.home(k, v)
        return 0
    service = services(k, x)
    if service[X_STRAIGHT]:
        mine[V_OCCURRENCE] = 0
        mine[V_VISIT] = 1
        visits_f(k, v)[V_PRIORITY] = evaluation.priority(k, x, v)
        queue(k, v)
        return 0
    if service[X_REPEATS]:
        enter_again(k, v)
    else:
        mine[V_OCCURRENCE] = 0
        mine[V_VISIT] = 1
    if mine[V_CLAIMS] == -1 and service[X_LIMITED] != -1 and mine[V_RETURNED]:
        if teams(k, service[X_LIMITED])[T_BLOCKS]:
            claim(k, v, service[X_LIMITED])  # It has nobody who could be kept from working for it.
    if service[X_PATIENCE] != -1:
        patience = evaluation.ticks(k, service[X_PATIENCE], service[X_PATIENCE_WHAT], v)
        plan(k, k[NOW] + patience, PATIENCE, mine[V_ID], v, mine[V_ID])
    if service[X_TIMEOUT] != -1:
        limit = evaluation.ticks(k, service[X_TIMEOUT], service[X_TIMEOUT_WHAT], v)
        plan(k, k[NOW] + limit, TIMEOUT, mine[V_ID], v, mine[V_ID])
    visits_f(k, v)[V_PRIORITY] = evaluation.priority(k, x, v)
    mine[V_SINCE] = k[NOW]
    if service[X_JOIN] and branches(k, mine[V_STRAND])[B_SPLIT] != -1:
        all_splits.wait_for_branches(k, v, service[X_JOIN])
    else:
        call_before(k, v)
    return 0


@unit("i(i)")
def enter_again(k: Any, v: int) -> int:
    """Count the entries of a strand to a service that it may enter more than once."""
    mine = visits(k, v)
    strand = branches(k, mine[V_STRAND])
    n = strand[B_ENTRIES]
    while n != -1 and nodes(k, n)[N_A] != mine[V_SERVICE]:
        n = nodes(k, n)[N_AFTER]
    if n == -1:
        n = take_node(k)
        nodes(k, n)[N_A] = mine[V_SERVICE]
        nodes(k, n)[N_B] = 0
        nodes(k, n)[N_AFTER] = strand[B_ENTRIES]
        strand[B_ENTRIES] = n
    mine[V_OCCURRENCE] = nodes(k, n)[N_B]
    nodes(k, n)[N_B] += 1
    mine[V_VISIT] = mine[V_OCCURRENCE] + 1
    return 0


@leaf
def call_before(k: Any, v: int) -> None:
    calls = services(k, visits(k, v)[V_SERVICE])[X_CALLS]
    if calls != -1 and all_calls.make_calls(k, v, calls):
        visits(k, v)[V_STAGE] = IN_CALL
    else:
        take_stock(k, v)


@unit("i(i)")
def enter(k: Any, v: int) -> int:
    """What comes after arrival, for a visit that was kept from it."""
    call_before(k, v)
    return 0


@leaf
def take_stock(k: Any, v: int) -> None:
    mine = visits(k, v)
    mine[V_SINCE] = k[NOW]
    if services(k, mine[V_SERVICE])[X_CONSUMES] != -1:
        mine[V_STAGE] = IN_STOCK
        stocks.ask(k, v)
    else:
        fill_batch(k, v)


@leaf
def fill_batch(k: Any, v: int) -> None:
    mine = visits(k, v)
    mine[V_SINCE] = k[NOW]
    if services(k, mine[V_SERVICE])[X_SIZE]:
        mine[V_STAGE] = IN_BATCH
        batches.fill(k, v)
    else:
        queue(k, v)


@leaf
def queue(k: Any, v: int) -> int:
    """Join the queue for staff; without staff to wait for, start at once."""
    mine = visits(k, v)
    x = mine[V_SERVICE]
    service = services(k, x)
    mine[V_SINCE] = k[NOW]
    member = first_member(k, v)
    while member != -1:
        visits(k, member)[V_QUEUED] = k[NOW]
        visits(k, member)[V_STAGE] = IN_QUEUE
        member = next_member(k, v, member)
    if service[X_PROVIDER] == -1:
        start(k, v, -1)
        return 0
    if service[X_LIMITED] != -1:
        take_places(k, v)
    l = service[X_LINE]
    if l == -1:
        l = line_of_skill(k, v)
    discipline = teams(k, service[X_PROVIDER])[T_DISCIPLINE]
    if discipline != FIFO:
        visits_f(k, v)[V_KEY] = evaluation.queue_key(k, discipline, x, v)
    queues.join_line(k, l, v)
    touch_line(k, l)
    return 0


@unit("i(i)")
def take_places(k: Any, v: int) -> int:
    t = services(k, visits(k, v)[V_SERVICE])[X_LIMITED]
    member = first_member(k, v)
    while member != -1:
        dispatching.take_place(k, member, t)
        member = next_member(k, v, member)
    return 0


@leaf
def touch_line(k: Any, l: int) -> None:
    """Something may start at the providers of a line."""
    only = lines(k, l)[L_TEAM]
    if only != -1:
        all_teams.touch(k, only)
        return
    involved = ints(k, lines(k, l)[L_INVOLVED])
    for place in range(involved[0]):
        all_teams.touch(k, involved[1 + place])


@unit("i(i)")
def line_of_skill(k: Any, v: int) -> int:
    """The line of those who need the same skill, which the visit's request says."""
    service = services(k, visits(k, v)[V_SERVICE])
    skill = int(evaluation.number(k, service[X_SKILL], v))
    listed = ints(k, service[X_LINES])
    l = -1
    for place in range(1, 1 + listed[0]):
        if lines(k, listed[place])[L_SKILL] == skill:
            l = listed[place]
    if l == -1:
        fail(k)
    return l


# -- work


@leaf
def start_here(k: Any, v: int, needs: int) -> int:
    """Work begins, or would, were it not for a call to be made first."""
    mine = visits(k, v)
    x = mine[V_SERVICE]
    service = services(k, x)
    skill = -1
    only = -1
    way = fitting.NO_WAY
    if mine[V_LINE] != -1:
        line = lines(k, mine[V_LINE])
        skill = line[L_SKILL]
        only = line[L_TEAM]
        if line[L_FITS]:
            way = fitting.way_that_fits(k, v, needs, -1)
        leave_line(k, v)
    member = first_member(k, v)
    while member != -1:
        its = visits(k, member)
        its[V_STARTED] = k[NOW]
        its[V_STAGE] = AT_WORK
        requests(k, its[V_OWNER])[R_SERVED] = 1
        release_place(k, member)
        if service[X_CONSUMES] != -1:
            stocks.use_up(k, member)
        member = next_member(k, v, member)
    if mine[V_BATCH] != -1:
        batches.begin(k, v)
    if needs != -1:
        if only != -1:
            teams(k, only)[T_OCCUPIED] += 1
            mine[V_SOLE] = only
            note_server(k, v, only, -1)
        else:
            take_all(k, v, needs, skill, way)
    if service[X_CALLS_START] != -1 and all_calls.make_calls(k, v, service[X_CALLS_START]):
        all_teams.hold(k, v)
    else:
        work(k, v)
    return 0


@unit("i(ii)")
def start(k: Any, v: int, needs: int) -> int:
    """Start, from where it is called seldom."""
    return start_here(k, v, needs)


@leaf
def take_all(k: Any, v: int, needs: int, skill: int, way: int) -> int:
    """Take the staff of every provider that is needed; the first is the one who is said to work."""
    listed = ints(k, needs)
    for place in range(listed[0]):
        all_teams.take(k, listed[1 + 2 * place], v, listed[2 + 2 * place], skill, way)
    first = grants(k, visits(k, v)[V_GRANTS])
    member = -1
    if first[G_WHICH] != -1 and teams(k, first[G_TEAM])[T_MEMBERS]:
        member = units(k, nodes(k, first[G_WHICH])[N_A])[U_INDEX]
    note_server(k, v, first[G_TEAM], member)
    return 0


@leaf
def note_server(k: Any, v: int, t: int, unit_number: int) -> None:
    member = first_member(k, v)
    while member != -1:
        visits(k, member)[V_PROVIDER] = t
        if unit_number != -1:
            visits(k, member)[V_MEMBER] = unit_number
        member = next_member(k, v, member)


@leaf
def leave_line(k: Any, v: int) -> None:
    """Take a visit, and all of the batch that it leads, out of its line."""
    if visits(k, v)[V_BATCH] != -1:
        batches.leave_line(k, v)
    else:
        queues.leave_line(k, v)


@leaf
def work(k: Any, v: int) -> None:
    """Staff set to work, for as long as is drawn."""
    mine = visits(k, v)
    x = mine[V_SERVICE]
    if services(k, x)[X_PROVIDER] == -1:
        ways.elapse(k, v)
        return
    length = evaluation.drawn_ticks(k, x, v)
    setup = 0
    if services(k, x)[X_SET_UP]:
        length = dispatching.work_of_unit(k, v, length)
        setup = dispatching.setup_ticks(k, v)
    length = max(length, 1)
    member = first_member(k, v)
    while member != -1:
        visits(k, member)[V_WORK] = length
        if setup:
            visits(k, member)[V_SETUP] = setup
        member = next_member(k, v, member)
    mine[V_REMAINING] = length + setup
    pauses.go_on(k, v)


@leaf
def on_finish(k: Any, v: int) -> int:
    mine = visits(k, v)
    mine[V_TOKEN] = 0
    mine[V_REMAINING] = 0
    mine[V_DONE] = 1
    calls = services(k, mine[V_SERVICE])[X_CALLS_END]
    if calls != -1 and all_calls.make_calls(k, v, calls):
        all_teams.hold(k, v)
    else:
        finish_work(k, v)
    return 0


@leaf
def finish_work(k: Any, v: int) -> int:
    """Work is done: what it makes is there, and every member of a batch goes its way."""
    mine = visits(k, v)
    x = mine[V_SERVICE]
    service = services(k, x)
    if mine[V_GRANTS] != -1 and service[X_LEARNED] != -1:
        learning.gain_experience(k, v)
    if mine[V_BATCH] != -1:
        batches.finish_all(k, v)
        return 0
    mine[V_AWAITING] = 1
    mine[V_FINISHED] = k[NOW]
    mine[V_STAGE] = OVER
    if service[X_PRODUCES] != -1:
        stocks.produce(k, v)
    mine[V_CHOSEN] = choose_exits(k, v)
    leave_here(k, v, v)
    return 0


# -- leaving


@leaf
def choose_exits(k: Any, v: int) -> int:
    """Where a visit that finished goes: a handoff, or for a split a list of them; -1 if it ends."""
    service = services(k, visits(k, v)[V_SERVICE])
    if service[X_EXITS] == -1:
        return -1
    if service[X_SPLIT]:
        return all_splits.branches_taken(k, v, service[X_EXITS])
    return choose_exit(k, service[X_EXITS], service[X_ROUTING], visits(k, v)[V_STRAND], v)


@leaf
def choose_exit(k: Any, exits: int, routing: int, b: int, v: int) -> int:
    """One of the handoffs whose conditions hold, each by its probability, or the rest."""
    if exits == -1:
        return -1
    listed = ints(k, exits)
    if listed[0] == 1 and handoffs(k, listed[1])[H_PLAIN]:
        return listed[1]
    shares = listed[1 + listed[0]]
    if shares != -1:
        return evaluation.choose_by_shares(
            k, exits, shares, routing, b, visits(k, v)[V_OCCURRENCE] if v != -1 else 0
        )
    if v == -1:
        return evaluation.choose(k, exits, routing, b, branches(k, b)[B_REQUEST], 0, 0)
    mine = visits(k, v)
    return evaluation.choose(k, exits, routing, b, mine[V_OWNER], mine[V_OCCURRENCE], mine[V_VISIT])


@leaf
def limited_target(k: Any, h: int) -> int:
    """The provider whose limited queue a handoff leads to, where a full one blocks; -1 if none."""
    return handoffs(k, h)[H_BLOCKS]


@leaf
def claimed(k: Any, h: int) -> int:
    """The place that a request takes on leaving, where a full queue blocks."""
    t = limited_target(k, h)
    if t != -1:
        teams(k, t)[T_WAITING] += 1
    return t


@leaf
def is_open(k: Any, h: int) -> bool:
    """Whether one may leave by a handoff: there is room where it leads to, or nobody is blocked there."""
    t = limited_target(k, h)
    return t == -1 or all_teams.has_room(k, t, handoffs(k, h)[H_TARGET]) != 0


@leaf
def leave_here(k: Any, v: int, leader: int) -> int:
    """Go on to where it goes next, if there is room; else hold the staff until there is."""
    chosen = visits(k, v)[V_CHOSEN]
    if chosen == -1:
        depart(k, v, leader)
        all_requests.end_branch_here(k, visits(k, v)[V_STRAND], COMPLETED, visits(k, v)[V_ID])
    elif services(k, visits(k, v)[V_SERVICE])[X_SPLIT]:
        all_splits.leave(k, v, leader)
    elif not is_open(k, chosen):
        dispatching.block(k, v, leader)
    else:
        taken = claimed(k, chosen)
        depart(k, v, leader)
        send_here(k, visits(k, v)[V_STRAND], v, chosen, taken)
    return 0


@leaf
def depart(k: Any, v: int, leader: int) -> None:
    """A visit has left by its last way: its staff are free, unless others of its batch are blocked."""
    mine = visits(k, v)
    visits(k, leader)[V_AWAITING] -= 1
    if visits(k, leader)[V_AWAITING] == 0:
        all_teams.release(k, leader)
        if visits(k, leader)[V_STAGE] == WRITTEN:
            lay_down(k, leader)  # It left first, and was kept for the others of its batch.
    mine[V_LEFT] = k[NOW]
    write(k, v, COMPLETED)


@unit("i(ii)")
def depart_late(k: Any, v: int, leader: int) -> int:
    """The same, for those who do so seldom."""
    depart(k, v, leader)
    return 0


@unit("i(ii)")
def leave(k: Any, v: int, leader: int) -> int:
    """Go on, from where it is called seldom."""
    return leave_here(k, v, leader)


@leaf
def fetch_ahead(k: Any, h: int) -> None:
    """Ask for what will be needed when the request arrives: in wide chains it is far away."""
    handoff = handoffs(k, h)
    if handoff[H_TARGET] != END:
        service = services(k, handoff[H_TARGET])
        fetch(service, 0)
        fetch(service, 8)
        fetch(lines(k, handoff[H_LINE]), 0)
        team = teams(k, handoff[H_TEAM])
        fetch(team, 0)
        fetch(team, 8)


@leaf
def send_here(k: Any, b: int, v: int, h: int, taken: int) -> int:
    """Put a request on its way by a handoff, from visit `v`."""
    handoff = handoffs(k, h)
    sender = visits(k, v)
    if handoff[H_TARGET] == END and handoff[H_AT_ONCE]:
        still_there = sender[V_OUTCOME] == UNFINISHED  # Other branches of it are blocked.
        all_requests.end_branch(k, b, COMPLETED if still_there else sender[V_OUTCOME], sender[V_ID])
        return 0
    fetch_ahead(k, h)
    sent = new_visit_here(k, b, handoff[H_TARGET])
    its = visits(k, sent)
    its[V_HANDOFF] = h
    its[V_PREVIOUS] = sender[V_ID]
    its[V_CLAIMS] = taken
    if handoff[H_AT_ONCE]:
        its[V_OCCURRENCE] = sender[V_OCCURRENCE]
        its[V_VISIT] = sender[V_VISIT]
        ways.arrive_at_once(k, sent)
    else:
        ways.send(k, sent, handoff[H_TRANSFER], v)
    return 0


@unit("i(iiii)")
def send(k: Any, b: int, v: int, h: int, taken: int) -> int:
    """The same, for those who do so seldom."""
    return send_here(k, b, v, h, taken)


# -- losing


@unit("i(ii)")
def lose(k: Any, v: int, outcome: int) -> int:
    """A visit is over before its work is done; the request may have another way to go."""
    mine = visits(k, v)
    service = services(k, mine[V_SERVICE])
    mine[V_LEFT] = k[NOW]
    if service[X_CONSUMES] != -1:
        stocks.put_back(k, v)
    exits = service[X_EXITS_GAVE_UP] if outcome == GAVE_UP else service[X_EXITS_REFUSED]
    if outcome == TIMED_OUT:
        exits = service[X_EXITS_TIMED_OUT]
    h = choose_exit(k, exits, service[X_ROUTING] + outcome, mine[V_STRAND], v)
    write(k, v, outcome)
    if h == -1:
        all_requests.end_branch(k, mine[V_STRAND], outcome, mine[V_ID])
    else:
        send(k, mine[V_STRAND], v, h, claimed(k, h))
    return 0


@unit("i(i)")
def refuse(k: Any, v: int) -> int:
    """There is no place in the queue for a visit that has come now."""
    if visits(k, v)[V_LEADER] != -1:
        batches.leave_batch(k, v)
    else:
        touch_line(k, visits(k, v)[V_LINE])
        queues.leave_line(k, v)
    release_place(k, v)
    visits(k, v)[V_QUEUED] = -1
    lose(k, v, REFUSED)
    return 0


@unit("i(ii)")
def give_up(k: Any, v: int, outcome: int) -> int:
    """Patience, or the whole time, is over before the work is done."""
    mine = visits(k, v)
    stage = mine[V_STAGE]
    if stage == AT_WORK:
        all_teams.break_off(k, v)
        lose(k, v, outcome)
        return 0
    if stage == IN_QUEUE:
        if mine[V_LEADER] != -1:
            batches.leave_batch(k, v)
        elif mine[V_LINE] != -1:
            touch_line(k, mine[V_LINE])
            queues.leave_line(k, v)
    else:
        field = V_WAIT_JOIN + stage - IN_JOIN
        mine[field] += k[NOW] - mine[V_SINCE]
        if stage == IN_STOCK:
            stocks.withdraw(k, v)
        elif stage == IN_JOIN:
            all_splits.withdraw(k, v)
        elif stage == IN_BATCH:
            batches.withdraw(k, v)
        if stage != IN_STOCK:
            mine[V_AWAITING] = 0
    release_place(k, v)
    lose(k, v, outcome)
    return 0

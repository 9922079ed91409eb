"""The express loop: chains of plain queues, whose visits wait in one line and are served by one unit.

The rules are those of the other modules, where nothing else can happen to a visit (see ``engine.plain``), on
rows that are smaller and with less to ask. A strand of a request and its present visit are one row, a *walk*,
which goes on from visit to visit. Where nothing more comes at an instant, what follows from an event is done
at once; otherwise in the order of the rules: finishes, changes of staff, arrivals, askings, starts.
"""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import ahead, codes, demand, knots, schedules, values
from serviceflow.engine.kernel.events import drop_first, give_walk, go_up, move, take_walk
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.loop import FOREVER, STANDSTILL, end_at
from serviceflow.engine.kernel.memory import fail, fetch, leaf, need_row, unit, unsigned
from serviceflow.engine.kernel.rows import (
    consumers,
    counts,
    events,
    handoffs,
    ints,
    lines,
    reals,
    requests_out,
    services,
    teams,
    visits_out,
    walks,
    walks_f,
)
from serviceflow.engine.kernel.splitting import mix_four

END = -1
COMPLETED, UNFINISHED = 0, 3
NEVER = 2**62
BRANCHES = 1 << 20
KIND = 48
"""Bits of the number by which events of one kind are ordered."""
UNKNOWN = -2
"""Stands for the latest arrival at work where it has to be looked for."""

OPEN, STRANDS = R_OUTCOME + 1, R_OUTCOME + 2
"""Fields of a request that is put out while it is under way: strands that are open, and how many there were."""

_WALKS = POOLS["walks"]
_VISIT_ROWS = POOLS["visits_out"] + ROWS
_REQUEST_ROWS = POOLS["requests_out"] + ROWS
_EVENT_ROWS = POOLS["events"] + ROWS

# -- the heap, whose top stays open while its event happens: what is planned first takes its place


@leaf
def plan_event(k: Any, time: int, kind: int, number: int, about: int) -> None:
    order = (kind << KIND) | number
    place = k[EVENTS]
    if k[TOP_OPEN]:
        k[TOP_OPEN] = 0
        go_down(k, place, time, order, about)
        return
    need_row(k, place, _EVENT_ROWS)
    k[EVENTS] = place + 1
    go_up(k, place, time, order, about, 0)


@leaf
def go_down(k: Any, count: int, time: int, order: int, about: int) -> None:
    """Put an event where it belongs below the open top of a heap."""
    place = 0
    child = 1
    while child < count:
        if child + 1 < count:
            left, right = events(k, child), events(k, child + 1)
            child += (right[E_TIME] < left[E_TIME]) | (
                (right[E_TIME] == left[E_TIME]) & (right[E_ORDER] < left[E_ORDER])
            )
        below = events(k, child)
        if time < below[E_TIME] or (time == below[E_TIME] and order < below[E_ORDER]):
            break
        move(below, events(k, place))
        place = child
        child = 2 * place + 1
    here = events(k, place)
    here[E_TIME] = time
    here[E_ORDER] = order
    here[E_ABOUT] = about


@leaf
def close_top(k: Any) -> None:
    if k[TOP_OPEN]:
        k[TOP_OPEN] = 0
        drop_first(k)


@leaf
def upcoming(k: Any) -> int:
    """When the next event is, that at the open top left out."""
    count = k[EVENTS]
    if not k[TOP_OPEN]:
        return events(k, 0)[E_TIME] if count else FOREVER
    time = events(k, 1)[E_TIME] if count > 1 else FOREVER
    return min(time, events(k, 2)[E_TIME]) if count > 2 else time


# -- draws


NOTHING_AHEAD, FOR_REQUEST, FOR_BRANCH = range(3)
"""Whose draws have been made ahead, those of a walk's first entries among them."""


@leaf
def draw(k: Any, w: int, family: int, place: int, what: int) -> float:
    mine = walks(k, w)
    if mine[P_VISIT] <= 1 and mine[P_AHEAD] == FOR_REQUEST:
        return ahead.drawn_ahead(k, family, place, unsigned(what ^ mine[P_WHO]), mine[P_NUMBER])
    if mine[P_VISIT] <= 1 and mine[P_AHEAD] == FOR_BRANCH:
        who, link = unsigned(mine[P_FROM]), unsigned(mine[P_LINK])
        return ahead.drawn_ahead_for_branch(
            k, family, place, unsigned(what), mine[P_NUMBER], who, link
        )
    purpose, number = unsigned(what ^ mine[P_WHO]), unsigned(mine[P_NUMBER])
    occurrence = unsigned(max(mine[P_VISIT] - 1, 0))
    if family == ahead.CHANCE:
        return codes.uniform(k, purpose, number, occurrence)
    return codes.draw(k, family, place, purpose, number, occurrence)


@leaf
def draw_ticks(k: Any, w: int, code: int, what: int) -> int:
    its = ints(k, code)
    if its[0] == codes.IS_CONSTANT:
        found = reals(k, its[1])[0]
    else:
        found = draw(k, w, its[1], its[2], what)
    if not 0.0 <= found < values.LONGEST:
        fail(k)
    return int(found + 0.5)


# -- causes of waiting


@leaf
def came_before(k: Any, w: int, other: int) -> bool:
    """By arrival, then by the number of the request and of its branch."""
    mine, its = walks(k, w), walks(k, other)
    if mine[P_ASKED] != its[P_ASKED]:
        return mine[P_ASKED] < its[P_ASKED]
    if mine[P_REQUEST] != its[P_REQUEST]:
        return mine[P_REQUEST] < its[P_REQUEST]
    return mine[P_BRANCH] < its[P_BRANCH]


@leaf
def goes_before(k: Any, w: int, other: int) -> bool:
    mine, its = walks_f(k, w)[P_KEY], walks_f(k, other)[P_KEY]
    if mine != its:
        return mine < its
    return came_before(k, w, other)


@leaf
def off_shift(k: Any, t: int, l: int) -> int:
    """How long nobody has been on duty, up to now."""
    clock = lines(k, l)[L_OFF_SHIFT]
    if teams(k, t)[T_ON_DUTY] <= 0:
        clock += k[NOW] - teams(k, t)[T_OFF_SINCE]
    return clock


@leaf
def note(k: Any, t: int, l: int) -> None:
    """Charge the time since the last note to those in line who have been overtaken.

    Called before any change of who waits, who is at work, or who is on duty.
    """
    line = lines(k, l)
    ticks = k[NOW] - line[L_SINCE]
    line[L_SINCE] = k[NOW]
    first = line[L_EARLIEST]
    if first == -1 or ticks == 0 or teams(k, t)[T_ON_DUTY] <= 0:
        return
    latest = latest_at_work(k, t)
    if latest != -1 and came_before(k, first, latest):
        charge(k, l, latest, ticks)


@leaf
def latest_at_work(k: Any, t: int) -> int:
    team = teams(k, t)
    if team[T_LATEST] == UNKNOWN:
        found = w = team[T_ACTIVE]
        while w != -1:
            if came_before(k, found, w):
                found = w
            w = walks(k, w)[P_AFTER]
        team[T_LATEST] = found
    return team[T_LATEST]


@leaf
def charge(k: Any, l: int, latest: int, ticks: int) -> None:
    """Count time for everyone in line who arrived before another, of whom there is one at least."""
    line = lines(k, l)
    front, back = line[L_EARLIEST], line[L_LATEST]
    while not came_before(k, back, latest):
        back = walks(k, back)[P_EARLIER]
        following = walks(k, front)[P_LATER]
        if not came_before(k, following, latest):
            back = front
            break
        front = following
    walks(k, back)[P_CREDITS] += ticks
    line[L_CREDITS] += ticks


@leaf
def enter_by_arrival(k: Any, l: int, w: int) -> int:
    """Take a place among those who may be overtaken; gives what is credited from there on."""
    line = lines(k, l)
    mine = walks(k, w)
    later = -1
    earlier = line[L_LATEST]
    credit = 0
    while earlier != -1 and came_before(k, w, earlier):
        credit += walks(k, earlier)[P_CREDITS]
        later = earlier
        earlier = walks(k, earlier)[P_EARLIER]
    mine[P_CREDITS] = 0
    mine[P_EARLIER] = earlier
    mine[P_LATER] = later
    if earlier == -1:
        line[L_EARLIEST] = w
    else:
        walks(k, earlier)[P_LATER] = w
    if later == -1:
        line[L_LATEST] = w
    else:
        walks(k, later)[P_EARLIER] = w
    return credit


@leaf
def leave_by_arrival(k: Any, l: int, w: int) -> int:
    """Give up that place; gives what was credited from it on, which is carried to the one before."""
    line = lines(k, l)
    mine = walks(k, w)
    earlier, later = mine[P_EARLIER], mine[P_LATER]
    own = mine[P_CREDITS]
    total = own
    ahead_of, behind, skipped = later, earlier, 0
    while ahead_of != -1 and behind != -1:
        total += walks(k, ahead_of)[P_CREDITS]
        skipped += walks(k, behind)[P_CREDITS]
        ahead_of = walks(k, ahead_of)[P_LATER]
        behind = walks(k, behind)[P_EARLIER]
    if ahead_of != -1:
        total = line[L_CREDITS] - skipped
    if earlier == -1:
        line[L_EARLIEST] = later
        line[L_CREDITS] -= own
    else:
        walks(k, earlier)[P_LATER] = later
        walks(k, earlier)[P_CREDITS] += own
    if later == -1:
        line[L_LATEST] = earlier
    else:
        walks(k, later)[P_EARLIER] = earlier
    return total


# -- lines


@leaf
def link(k: Any, l: int, w: int) -> None:
    """Put a walk into its place by queue key, arrival and number, nearly always at the end."""
    line = lines(k, l)
    before, after = line[L_TAIL], -1
    while before != -1 and goes_before(k, w, before):
        after = before
        before = walks(k, before)[P_BEFORE]
    walks(k, w)[P_BEFORE] = before
    walks(k, w)[P_AFTER] = after
    if before == -1:
        line[L_HEAD] = w
    else:
        walks(k, before)[P_AFTER] = w
    if after == -1:
        line[L_TAIL] = w
    else:
        walks(k, after)[P_BEFORE] = w


@leaf
def join_line(k: Any, t: int, l: int, w: int) -> None:
    line = lines(k, l)
    mine = walks(k, w)
    mine[P_STATE] = IN_QUEUE
    link(k, l, w)
    if line[L_TRACKED]:
        mine[P_WAIT_OFF_SHIFT] = off_shift(k, t, l)
        if line[L_OVERTAKEN]:
            note(k, t, l)
            mine[P_WAIT_PRIORITIZATION] = enter_by_arrival(k, l, w)


@leaf
def leave_line(k: Any, t: int, l: int, w: int) -> None:
    """Take a walk out of its line and give it the parts of its wait."""
    line = lines(k, l)
    mine = walks(k, w)
    before, after = mine[P_BEFORE], mine[P_AFTER]
    if before == -1:
        line[L_HEAD] = after
    else:
        walks(k, before)[P_AFTER] = after
    if after == -1:
        line[L_TAIL] = before
    else:
        walks(k, after)[P_BEFORE] = before
    waited = k[NOW] - mine[P_ASKED]
    if line[L_TRACKED]:
        off = off_shift(k, t, l) - mine[P_WAIT_OFF_SHIFT]
        mine[P_WAIT_OFF_SHIFT] = off
        waited -= off
        if line[L_OVERTAKEN]:
            note(k, t, l)
            behind = leave_by_arrival(k, l, w) - mine[P_WAIT_PRIORITIZATION]
            mine[P_WAIT_PRIORITIZATION] = behind
            waited -= behind
    mine[P_WAIT_CONTENTION] = waited


# -- work


@leaf
def touch(k: Any, t: int) -> None:
    """Remember that something may start at a provider, once all else at this instant has happened."""
    team = teams(k, t)
    if not team[T_TOUCHED]:
        team[T_TOUCHED] = 1
        team[T_NEXT_TOUCHED] = k[TEAMS_TOUCHED]
        k[TEAMS_TOUCHED] = t


@leaf
def start_work(k: Any, t: int, l: int, w: int) -> None:
    team = teams(k, t)
    mine = walks(k, w)
    if lines(k, l)[L_OVERTAKEN]:
        note(k, t, l)
        list_at_work(k, t, w)
    team[T_OCCUPIED] += 1
    service = services(k, mine[P_SERVICE])
    length = max(draw_ticks(k, w, service[X_DURATION], service[X_DURATION_WHAT]), 1)
    mine[P_STATE] = AT_WORK
    mine[P_STARTED] = k[NOW]
    mine[P_WORK] = length
    plan_event(k, k[NOW] + length, FINISH, mine[P_ID], w)


@leaf
def list_at_work(k: Any, t: int, w: int) -> None:
    team = teams(k, t)
    first = team[T_ACTIVE]
    walks(k, w)[P_BEFORE] = -1
    walks(k, w)[P_AFTER] = first
    if first != -1:
        walks(k, first)[P_BEFORE] = w
    team[T_ACTIVE] = w
    latest = team[T_LATEST]
    if latest == -1 or (latest != UNKNOWN and came_before(k, latest, w)):
        team[T_LATEST] = w


@leaf
def give_back(k: Any, t: int, w: int) -> None:
    """Work is done: its unit is free for others."""
    team = teams(k, t)
    if lines(k, team[T_LINE])[L_OVERTAKEN]:
        note(k, t, team[T_LINE])
        before, after = walks(k, w)[P_BEFORE], walks(k, w)[P_AFTER]
        if before == -1:
            team[T_ACTIVE] = after
        else:
            walks(k, before)[P_AFTER] = after
        if after != -1:
            walks(k, after)[P_BEFORE] = before
        if team[T_LATEST] == w:
            team[T_LATEST] = UNKNOWN
    team[T_OCCUPIED] -= 1
    touch(k, t)


@leaf
def serve(k: Any, t: int) -> None:
    """Let start who can, as they stand in line."""
    team = teams(k, t)
    l = team[T_LINE]
    line = lines(k, l)
    while line[L_HEAD] != -1 and team[T_ON_DUTY] > team[T_OCCUPIED]:
        w = line[L_HEAD]
        leave_line(k, t, l, w)
        start_work(k, t, l, w)


# -- a walk from visit to visit


@leaf
def new_visit(k: Any, w: int, x: int, h: int) -> None:
    """A visit asked now; it arrives at the same instant."""
    number = k[NEXT_VISIT]
    k[NEXT_VISIT] = number + 1
    need_row(k, number, _VISIT_ROWS)
    mine = walks(k, w)
    mine[P_SERVICE] = x
    mine[P_HANDOFF] = h
    mine[P_ASKED] = k[NOW]
    mine[P_FINISHED] = -1
    mine[P_OUTCOME] = UNFINISHED
    mine[P_WAIT_OFF_SHIFT] = 0
    mine[P_WAIT_PRIORITIZATION] = 0
    mine[P_WAIT_CONTENTION] = 0
    mine[P_ID] = number
    out = visits_out(k, number)
    fetch(out, 0)
    fetch(out, 8)


@leaf
def set_out(k: Any, w: int) -> None:
    """Put a walk among those that arrive at this instant, the last of them."""
    walks(k, w)[P_NEXT] = -1
    if k[ARRIVING] == -1:
        k[ARRIVING] = w
    else:
        walks(k, k[ARRIVING_LAST])[P_NEXT] = w
    k[ARRIVING_LAST] = w


@leaf
def arrive(k: Any, w: int, alone: bool) -> None:
    """Queue for staff, or start where nobody else can; `alone`: nothing else is to happen at this instant."""
    mine = walks(k, w)
    service = services(k, mine[P_SERVICE])
    counter = service[X_REPEATS]
    mine[P_VISIT] = 1
    if counter:
        entries = counts(k, w)
        entries[counter - 1] += 1
        mine[P_VISIT] = entries[counter - 1]
    t = service[X_PROVIDER]
    if t == -1:
        elapse(k, w, alone)
        return
    team = teams(k, t)
    l = team[T_LINE]
    if alone and lines(k, l)[L_HEAD] == -1 and team[T_ON_DUTY] > team[T_OCCUPIED]:
        start_work(k, t, l, w)
        return
    if team[T_DISCIPLINE] == PRIORITY:
        own = service[X_PRIORITY]
        walks_f(k, w)[P_KEY] = constant(k, own) if own != -1 else walks_f(k, w)[P_URGENCY]
    join_line(k, t, l, w)
    touch(k, t)


@leaf
def constant(k: Any, code: int) -> float:
    return reals(k, ints(k, code)[1])[0]


@leaf
def elapse(k: Any, w: int, alone: bool) -> None:
    """A service without staff takes its time."""
    mine = walks(k, w)
    service = services(k, mine[P_SERVICE])
    ticks = draw_ticks(k, w, service[X_DURATION], service[X_DURATION_WHAT])
    mine[P_STATE] = AT_WORK
    mine[P_STARTED] = k[NOW]
    mine[P_WORK] = ticks
    if ticks == 0 and alone:
        happened(k)
        finish(k, w)
    else:
        plan_event(k, k[NOW] + ticks, FINISH, mine[P_ID], w)


@leaf
def finish(k: Any, w: int) -> None:
    """Work is done, and the request goes on."""
    mine = walks(k, w)
    service = services(k, mine[P_SERVICE])
    mine[P_FINISHED] = k[NOW]
    mine[P_OUTCOME] = COMPLETED
    if service[X_PROVIDER] != -1:
        give_back(k, service[X_PROVIDER], w)
    write(k, w)
    exits = service[X_EXITS]
    if exits == -1:
        end(k, w)
    elif service[X_SPLIT]:
        split(k, w, exits)
    else:
        go_on(k, w, choose(k, w, exits, service[X_ROUTING]))


@leaf
def choose(k: Any, w: int, exits: int, routing: int) -> int:
    listed = ints(k, exits)
    if listed[0] == 1 and handoffs(k, listed[1])[H_PLAIN]:
        return listed[1]
    return values.chosen_by_shares(k, exits, listed[1 + listed[0]], draw(k, w, ahead.CHANCE, 0, routing))


@leaf
def go_on(k: Any, w: int, h: int) -> None:
    target = handoffs(k, h)[H_TARGET]
    if target == END:
        end(k, w)
        return
    fetch_ahead(k, h)
    walks(k, w)[P_PREVIOUS] = walks(k, w)[P_ID]
    new_visit(k, w, target, h)
    set_out(k, w)


@leaf
def fetch_ahead(k: Any, h: int) -> None:
    """Ask for what will be needed when the request arrives: in wide chains it is far away."""
    handoff = handoffs(k, h)
    service = services(k, handoff[H_TARGET])
    fetch(service, 0)
    fetch(service, 8)
    fetch(lines(k, handoff[H_LINE]), 0)
    fetch(teams(k, handoff[H_TEAM]), 0)


@leaf
def write(k: Any, w: int) -> None:
    """Put a visit into the record."""
    mine = walks(k, w)
    out = visits_out(k, mine[P_ID])
    for field in range(P_RECORD):
        out[field] = mine[field]


@leaf
def end(k: Any, w: int) -> None:
    """A strand of a request is over; a request ends with its last one."""
    asking = requests_out(k, walks(k, w)[P_REQUEST])
    lay_down(k, w)
    asking[OPEN] -= 1
    if asking[OPEN] == 0:
        asking[R_ENDED] = k[NOW]
        asking[R_OUTCOME] = COMPLETED
        if k[WINDOW_START] <= asking[R_ASKED] < k[WINDOW_END]:
            k[AWAITED] -= 1


@leaf
def lay_down(k: Any, w: int) -> None:
    walks(k, w)[P_STATE] = 0
    give_walk(k, w)


@leaf
def split(k: Any, w: int, exits: int) -> None:
    """Each branch goes its own way, with draws of its own."""
    mine = walks(k, w)
    asking = requests_out(k, mine[P_REQUEST])
    listed = ints(k, exits)
    first = asking[STRANDS]
    asking[STRANDS] += listed[0]
    asking[OPEN] += listed[0]
    for place in range(listed[0]):
        handoff = handoffs(k, listed[1 + place])
        who = mix_four(mine[P_WHO], mine[P_NUMBER], handoff[H_PURPOSE], mine[P_VISIT] - 1)
        b = new_walk(k, mine[P_REQUEST], first + place, who, mine[P_NUMBER])
        if mine[P_AHEAD] == FOR_REQUEST and mine[P_VISIT] == 1:
            walks(k, b)[P_AHEAD] = FOR_BRANCH
            walks(k, b)[P_FROM] = mine[P_WHO]
            walks(k, b)[P_LINK] = handoff[H_PURPOSE]
        walks_f(k, b)[P_URGENCY] = walks_f(k, w)[P_URGENCY]
        walks(k, b)[P_ID] = mine[P_ID]
        go_on(k, b, listed[1 + place])
    end(k, w)


# -- demand


@leaf
def new_walk(k: Any, row: int, branch: int, who: int, number: int) -> int:
    w = take_walk(k)
    mine = walks(k, w)
    mine[P_REQUEST] = row
    mine[P_BRANCH] = branch
    mine[P_PREVIOUS] = -1
    mine[P_WHO] = who
    mine[P_NUMBER] = number
    mine[P_AHEAD] = NOTHING_AHEAD
    mine[P_VISIT] = 0
    entries = counts(k, w)
    for place in range(k[COUNTERS]):
        entries[place] = 0
    return w


@leaf
def ask(k: Any, a: int, number: int, who: int) -> int:
    """A request of a consumer, and its walk."""
    row = k[NEXT_REQUEST]
    k[NEXT_REQUEST] = row + 1
    need_row(k, row, _REQUEST_ROWS)
    asking = requests_out(k, row)
    asking[R_KIND] = 0
    asking[R_SOURCE] = a
    asking[R_NUMBER] = number
    asking[R_CONSUMER] = a
    asking[R_PARENT] = -1
    asking[R_ASKED] = k[NOW]
    asking[R_ENDED] = -1
    asking[R_OUTCOME] = UNFINISHED
    asking[OPEN] = 1
    asking[STRANDS] = 1
    if k[WINDOW_START] <= k[NOW] < k[WINDOW_END]:
        k[AWAITED] += 1
    w = new_walk(k, row, 0, who, number)
    walks(k, w)[P_AHEAD] = k[AHEAD_PAYS]
    walks_f(k, w)[P_URGENCY] = constant(k, consumers(k, a)[A_URGENCY])
    return w


@leaf
def on_asking(k: Any, a: int) -> None:
    source = consumers(k, a)
    first, times = source[A_REQUESTS], source[A_TIMES]
    count = 1
    if source[A_SIZE] != -1:
        drawn = values.drawn(k, source[A_SIZE], source[A_SIZE_WHAT], source[A_WHO], times, 0)
        count = int(drawn + 0.5)
    source[A_REQUESTS] = first + count
    source[A_TIMES] = times + 1
    plan_next(k, a, k[NOW])
    alone = count == 1 and upcoming(k) > k[NOW]
    for place in range(count):
        w = ask(k, a, first + place, source[A_WHO])
        if source[A_ENTERS] != -1:
            new_visit(k, w, source[A_ENTERS], -1)
            arrive(k, w, alone)
        else:
            go_on(k, w, choose(k, w, source[A_EXITS], source[A_ROUTING]))
            walks(k, w)[P_PREVIOUS] = -1


@leaf
def plan_next(k: Any, a: int, since: int) -> None:
    time = demand.next_time(k, a, since)
    if time < NEVER:
        plan_event(k, time, ASKING, a, a)


# -- staff come and go


@leaf
def set_staff(k: Any, t: int) -> None:
    """Bring the staff to what the schedule says now, and plan the next change."""
    team = teams(k, t)
    l = team[T_LINE]
    line = lines(k, l)
    if line[L_TRACKED]:
        note(k, t, l)
        line[L_OFF_SHIFT] = off_shift(k, t, l)
        team[T_OFF_SINCE] = k[NOW]
    team[T_ON_DUTY] = max(int(schedules.schedule_at(k, team[T_STAFF], k[NOW])), 0)
    change = schedules.next_change(k, team[T_STAFF], k[NOW])
    if change < NEVER:
        plan_event(k, change, STAFF, t << 20, t)


# -- the loop


@leaf
def happened(k: Any) -> None:
    """Count what happens at one instant: time must not stand still."""
    k[HAPPENED] += 1
    if k[HAPPENED] > STANDSTILL:
        fail(k)


@leaf
def happen(k: Any) -> None:
    """Let the first event happen."""
    happened(k)
    first = events(k, 0)
    kind, about = first[E_ORDER] >> KIND, first[E_ABOUT]
    k[TOP_OPEN] = 1
    if kind == FINISH:
        finish(k, about)
    elif kind == ASKING:
        on_asking(k, about)
    else:
        set_staff(k, about)
        touch(k, about)


@leaf
def settle(k: Any) -> None:
    """What follows at this instant: those who arrive, and once nothing else is to come, starts."""
    alone = upcoming(k) > k[NOW]
    if not alone:
        close_top(k)
    while k[ARRIVING] != -1:
        w = k[ARRIVING]
        if not alone and not arrives_first(k, w):
            return
        happened(k)
        k[ARRIVING] = walks(k, w)[P_NEXT]
        arrive(k, w, alone and k[ARRIVING] == -1)
    if alone:
        while k[TEAMS_TOUCHED] != -1:
            t = k[TEAMS_TOUCHED]
            k[TEAMS_TOUCHED] = teams(k, t)[T_NEXT_TOUCHED]
            teams(k, t)[T_TOUCHED] = 0
            serve(k, t)
        close_top(k)


@leaf
def arrives_first(k: Any, w: int) -> bool:
    """Whether a walk arrives before the first event happens."""
    if not k[EVENTS]:
        return True
    first = events(k, 0)
    return first[E_TIME] > k[NOW] or first[E_ORDER] > (ARRIVAL << KIND | walks(k, w)[P_ID])


@unit("i(i)")
def open_express(k: Any, unused: int) -> int:
    for t in range(k[TEAMS]):
        teams(k, t)[T_LATEST] = -1
        set_staff(k, t)
    for a in range(k[CONSUMERS]):
        source = consumers(k, a)
        backlog = ints(k, source[A_INITIAL])
        for place in range(backlog[0]):
            x, count, who = backlog[1 + 3 * place], backlog[2 + 3 * place], backlog[3 + 3 * place]
            for number in range(count):
                w = ask(k, a, number, who)
                new_visit(k, w, x, -1)
                arrive(k, w, False)
        if source[A_ASKS]:
            plan_next(k, a, 0)
    settle(k)
    return 0


@unit("i(i)")
def run_express(k: Any, budget: int) -> int:
    """Let things happen until the run is over, room is needed, or so many have happened."""
    for _ in range(budget):
        if k[LOW]:
            return GROW
        time = upcoming(k)
        if time > k[NOW]:
            if time > k[STOP] or (time >= k[WINDOW_END] and k[AWAITED] == 0):
                end_at(k, time)
                return DONE
            k[NOW] = time
            k[HAPPENED] = 0
        happen(k)
        settle(k)
    return AGAIN


@unit("i(i)")
def close_express(k: Any, unused: int) -> int:
    """Write down what is unfinished as it stands."""
    k[NOW] = k[STOPPED]
    for w in range(knots.ever_used(k, _WALKS)):
        mine = walks(k, w)
        if mine[P_STATE] == IN_QUEUE:
            t = services(k, mine[P_SERVICE])[X_PROVIDER]
            leave_line(k, t, teams(k, t)[T_LINE], w)
            mine[P_STARTED] = -1
            mine[P_WORK] = 0
        elif mine[P_STATE] == AT_WORK:
            mine[P_WORK] = k[NOW] - mine[P_STARTED]
        else:
            continue
        write(k, w)
    return 0

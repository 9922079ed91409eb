"""The express loop: chains of plain queues, whose visits wait in one line and are served by one unit.

The rules are those of the other modules, where nothing else can happen to a visit (see `express_scope`), on
rows that are smaller and with less to ask. A strand of a request and its present visit are one row, a *walk*,
which goes on from visit to visit. Where nothing more comes at an instant, what follows from an event is done
at once; otherwise in the order of the rules: finishes, changes of staff, arrivals, askings, starts.
"""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import (
    arrivals,
    deadlock,
    draw_cache,
    evaluation,
    expressions,
    rings,
    sampling,
    schedules,
)
from serviceflow.engine.kernel.events import give_walk, take_walk
from serviceflow.engine.kernel.keyed import mix_four
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.loop import STANDSTILL, end_at, is_over
from serviceflow.engine.kernel.memory import (
    copier,
    fail,
    fetch,
    leaf,
    need_row,
    signed,
    unit,
    unsigned,
)
from serviceflow.engine.kernel.rows import (
    consumers,
    counts,
    desks,
    handoffs,
    ints,
    reals,
    requests_out,
    slots,
    stops,
    tally,
    teams,
    trips,
    visits_out,
    walks,
    walks_f,
    ways,
)
from serviceflow.engine.kernel.tournament import (
    KIND,
    close_slot,
    first_at,
    next_about,
    open_slot,
    open_tournament,
    plan_event,
    upcoming,
)
from serviceflow.engine.kernel.trips import give_none, give_trip, way_of
from serviceflow.engine.program.codes import COMPLETED, END, NEVER, UNFINISHED

OPEN, STRANDS = R_OUTCOME + 1, R_OUTCOME + 2
"""Fields of a request under way: strands that are open, and how many there have been."""

copy_record = copier(P_RECORD)

MOST = 10 * STANDSTILL
"""Things that happen at one instant beyond which the reference engine is asked whether time stands still."""
_WALKS = POOLS["walks"]
_VISIT_ROWS = POOLS["visits_out"] + ROWS
_REQUEST_ROWS = POOLS["requests_out"] + ROWS

# -- draws

NOTHING_AHEAD, FOR_REQUEST, FOR_BRANCH = range(3)
"""Whose draws have been made ahead, those of a walk's first entries among them."""


@leaf
def draw(k: Any, w: int, family: int, place: int, what: int) -> float:
    mine = walks(k, w)
    if mine[P_VISIT] <= 1 and mine[P_AHEAD]:
        purpose = unsigned(what ^ mine[P_STEM])
        slot = draw_cache.slot_of(k, purpose, mine[P_NUMBER] >> draw_cache.BLOCK_BITS)
        if draw_cache.is_kept(k, slot, purpose, mine[P_NUMBER]):
            return draw_cache.take_kept(k, slot, mine[P_NUMBER])
    return draw_anew(k, w, family, place, what)


@unit("f(iiii)")
def draw_anew(k: Any, w: int, family: int, place: int, what: int) -> float:
    """The same where it is not among the draws that have been made."""
    mine = walks(k, w)
    if mine[P_VISIT] <= 1 and mine[P_AHEAD] == FOR_REQUEST:
        return draw_cache.drawn_ahead(k, family, place, unsigned(what ^ mine[P_WHO]), mine[P_NUMBER])
    if mine[P_VISIT] <= 1 and mine[P_AHEAD] == FOR_BRANCH:
        who, link = unsigned(mine[P_FROM]), unsigned(mine[P_LINK])
        return draw_cache.drawn_ahead_for_branch(k, family, place, unsigned(what), mine[P_NUMBER], who, link)
    purpose, number = unsigned(what ^ mine[P_WHO]), unsigned(mine[P_NUMBER])
    occurrence = unsigned(max(mine[P_VISIT] - 1, 0))
    if family == draw_cache.CHANCE:
        return expressions.uniform(k, purpose, number, occurrence)
    return sampling.draw(k, family, place, purpose, number, occurrence)


@leaf
def draw_ticks(k: Any, w: int) -> int:
    """The work of a visit."""
    planned = trips(k, w)[walks(k, w)[P_STEP]] & NO_WORK
    if planned != NO_WORK:
        return planned  # type: ignore[no-any-return]
    stop = stops(k, walks(k, w)[P_SERVICE])
    if stop[O_TICKS] >= 0:
        return stop[O_TICKS]  # type: ignore[no-any-return]
    sampler = ints(k, stop[O_CODE])
    found = draw(k, w, sampler[1], sampler[2], stop[O_WHAT])
    if not 0.0 <= found < evaluation.LONGEST:
        fail(k)
    return int(found + 0.5)


# -- work


@leaf
def touch(k: Any, y: int) -> None:
    """Remember that something may start at a provider, once all else at this instant has happened."""
    desk = desks(k, y)
    if not desk[Y_TOUCHED]:
        desk[Y_TOUCHED] = 1
        desk[Y_NEXT_TOUCHED] = k[TEAMS_TOUCHED]
        k[TEAMS_TOUCHED] = y


@leaf
def start_work(k: Any, y: int, w: int) -> None:
    desk = desks(k, y)
    mine = walks(k, w)
    if desk[Y_CAUSES] == OVERTAKING_TOO:
        rings.note(k, y)
        list_at_work(k, y, w)
    desk[Y_FREE] -= 1
    length = max(draw_ticks(k, w), 1)
    mine[P_STATE] = AT_WORK
    mine[P_STARTED] = k[NOW]
    mine[P_WORK] = length
    plan_event(k, k[NOW] + length, FINISH, mine[P_ID], w)


@leaf
def list_at_work(k: Any, y: int, w: int) -> None:
    rings.link(k, k[TEAMS] + y, w)
    latest = desks(k, y)[Y_LATEST_AT_WORK]
    if latest != rings.UNKNOWN and rings.came_before(k, latest, w):
        desks(k, y)[Y_LATEST_AT_WORK] = w


@leaf
def give_back(k: Any, y: int, w: int) -> None:
    """Work is done: its unit is free for others."""
    desk = desks(k, y)
    if desk[Y_CAUSES] == OVERTAKING_TOO:
        rings.note(k, y)
        rings.unlink(k, w)
        if desk[Y_LATEST_AT_WORK] == w:
            desk[Y_LATEST_AT_WORK] = rings.UNKNOWN
    desk[Y_FREE] += 1
    if desk[Y_WAITING]:
        touch(k, y)


@leaf
def serve(k: Any, y: int) -> None:
    """Let start who can, as they stand in line."""
    desk = desks(k, y)
    while desk[Y_FREE] > 0 and desk[Y_WAITING]:
        w = walks(k, y)[P_AFTER]
        rings.leave_line(k, y, w)
        start_work(k, y, w)


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
    mine[P_WAIT_OFF_SHIFT] = 0
    mine[P_WAIT_CARRIED_OVER] = 0
    mine[P_WAIT_PRIORITIZATION] = 0
    mine[P_WAIT_CONTENTION] = 0
    mine[P_ID] = number
    tally(k, mine[P_REQUEST])[0] += 1
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
    """Queue for staff, or start where nobody else can; `alone`: no other event is to come at this instant."""
    mine = walks(k, w)
    stop = stops(k, mine[P_SERVICE])
    y = stop[O_DESK]
    counter = stop[O_COUNTER]
    mine[P_VISIT] = 1
    if counter:
        entries = counts(k, w)
        entries[counter - 1] += 1
        mine[P_VISIT] = entries[counter - 1]
    if y == -1:
        elapse(k, w, 1 if alone else 0)
        return
    desk = desks(k, y)
    free = desk[Y_FREE] > 0
    if free and alone and k[ARRIVING] == -1 and not desk[Y_WAITING]:
        start_work(k, y, w)
        return
    walks_f(k, w)[P_KEY] = 0.0
    if desk[Y_BY_PRIORITY]:
        own = stop[O_PRIORITY]
        walks_f(k, w)[P_KEY] = reals(k, own)[0] if own != -1 else walks_f(k, w)[P_URGENCY]
    rings.join_line(k, y, w)
    if free:
        touch(k, y)


@unit("i(i)")
def arrive_now(k: Any, w: int) -> int:
    """The same, for one of several."""
    arrive(k, w, False)
    return 0


@unit("i(ii)")
def elapse(k: Any, w: int, alone: int) -> int:
    """A service without staff takes its time."""
    mine = walks(k, w)
    ticks = draw_ticks(k, w)
    mine[P_STATE] = AT_WORK
    mine[P_STARTED] = k[NOW]
    mine[P_WORK] = ticks
    if ticks == 0 and alone:
        happened(k)
        finish(k, w)
    else:
        plan_event(k, k[NOW] + ticks, FINISH, mine[P_ID], w)
    return 0


@leaf
def finish(k: Any, w: int) -> None:
    """Work is done, and the request goes on."""
    mine = walks(k, w)
    stop = stops(k, mine[P_SERVICE])
    if stop[O_DESK] != -1:
        give_back(k, stop[O_DESK], w)
    write(k, w, k[NOW], COMPLETED)
    mine[P_STATE] = 0
    if stop[O_COUNT] == 0:
        end(k, w)
    elif stop[O_SPLIT]:
        split(k, w)
    else:
        go_on(k, w, choose(k, w, mine[P_SERVICE]))


@leaf
def choose(k: Any, w: int, o: int) -> int:
    """The way on: that of the trip, or one by their shares."""
    mine = walks(k, w)
    planned = trips(k, w)[mine[P_STEP]] >> WORK_BITS
    if planned == 0:
        stop = stops(k, o)
        return stop[O_WAYS] if stop[O_COUNT] == 1 else choose_now(k, w, o)  # type: ignore[no-any-return]
    mine[P_STEP] += 1
    return planned - 1  # type: ignore[no-any-return]


@unit("i(ii)")
def choose_now(k: Any, w: int, o: int) -> int:
    stop = stops(k, o)
    return way_of(k, stop, draw(k, w, draw_cache.CHANCE, 0, stop[O_ROUTING]))


@leaf
def go_on(k: Any, w: int, f: int) -> None:
    way = ways(k, f)
    target = way[F_STOP]
    if target == END:
        end(k, w)
        return
    fetch(stops(k, target), 0)
    fetch(desks(k, way[F_DESK]), 0)
    fetch(walks(k, way[F_DESK]), 16)
    walks(k, w)[P_PREVIOUS] = walks(k, w)[P_ID]
    new_visit(k, w, target, way[F_HANDOFF])
    set_out(k, w)


@leaf
def write(k: Any, w: int, finished: int, outcome: int) -> None:
    """Put a visit into the record."""
    mine = walks(k, w)
    out = visits_out(k, mine[P_ID])
    copy_record(out, mine)
    out[P_FINISHED] = finished
    out[P_OUTCOME] = outcome


@leaf
def end(k: Any, w: int) -> None:
    """A strand of a request is over; a request ends with its last one."""
    mine = walks(k, w)
    if mine[P_BRANCH]:
        end_strand(k, w)
    else:  # It has not split; to look whether others are open would take long.
        end_request(k, mine[P_REQUEST])
        give_walk(k, w)


@leaf
def end_strand(k: Any, w: int) -> None:
    row = walks(k, w)[P_REQUEST]
    give_walk(k, w)
    requests_out(k, row)[OPEN] -= 1
    if requests_out(k, row)[OPEN] == 0:
        end_request(k, row)


@leaf
def end_request(k: Any, row: int) -> None:
    asking = requests_out(k, row)
    asking[R_ENDED] = k[NOW]
    asking[R_OUTCOME] = COMPLETED
    if k[WINDOW_START] <= asking[R_ASKED] < k[WINDOW_END]:
        k[AWAITED] -= 1


@unit("i(i)")
def split(k: Any, w: int) -> int:
    """Each branch goes its own way, with draws of its own."""
    mine = walks(k, w)
    stop = stops(k, mine[P_SERVICE])
    asking = requests_out(k, mine[P_REQUEST])
    first = asking[STRANDS]
    asking[STRANDS] += stop[O_COUNT]
    asking[OPEN] += stop[O_COUNT]
    for place in range(stop[O_COUNT]):
        link_key = handoffs(k, ways(k, stop[O_WAYS] + place)[F_HANDOFF])[H_PURPOSE]
        who = mix_four(mine[P_WHO], mine[P_NUMBER], link_key, mine[P_VISIT] - 1)
        b = new_walk(k, mine[P_REQUEST], first + place, who, mine[P_NUMBER])
        if mine[P_AHEAD] == FOR_REQUEST and mine[P_VISIT] == 1:
            its = walks(k, b)
            its[P_AHEAD] = FOR_BRANCH
            its[P_STEM] = signed(draw_cache.stem(unsigned(mine[P_WHO]), unsigned(link_key)))
            its[P_FROM] = mine[P_WHO]
            its[P_LINK] = link_key
        walks_f(k, b)[P_URGENCY] = walks_f(k, w)[P_URGENCY]
        walks(k, b)[P_ID] = mine[P_ID]
        go_on(k, b, stop[O_WAYS] + place)
    end_strand(k, w)
    return 0


# -- demand


@leaf
def new_walk(k: Any, row: int, branch: int, who: int, number: int) -> int:
    w = take_walk(k)
    mine = walks(k, w)
    mine[P_REQUEST] = row
    mine[P_BRANCH] = branch
    mine[P_PREVIOUS] = -1
    mine[P_WHO] = mine[P_STEM] = who
    mine[P_NUMBER] = number
    mine[P_AHEAD] = NOTHING_AHEAD
    mine[P_STEP] = 0
    mine[P_VISIT] = 0
    give_none(k, w)
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
    tally(k, row)[0] = 0
    if k[WINDOW_START] <= k[NOW] < k[WINDOW_END]:
        k[AWAITED] += 1
    w = new_walk(k, row, 0, who, number)
    walks(k, w)[P_AHEAD] = k[AHEAD_PAYS]
    walks_f(k, w)[P_URGENCY] = reals(k, ints(k, consumers(k, a)[A_URGENCY])[1])[0]
    return w


@leaf
def on_asking(k: Any, a: int) -> None:
    source = consumers(k, a)
    first, times = source[A_REQUESTS], source[A_TIMES]
    count = 1
    if source[A_SIZE] != -1:
        drawn = evaluation.drawn(k, source[A_SIZE], source[A_SIZE_WHAT], source[A_WHO], times, 0)
        count = int(drawn + 0.5)
    source[A_REQUESTS] = first + count
    source[A_TIMES] = times + 1
    plan_next(k, a, k[NOW])
    alone = count == 1 and upcoming(k) > k[NOW]
    for place in range(count):
        w = ask(k, a, first + place, source[A_WHO])
        if source[A_TRIPS]:
            give_trip(k, a, first + place, w)
        if source[A_ENTERS] == -1:
            go_on(k, w, choose(k, w, k[SERVICES] + a))
            walks(k, w)[P_PREVIOUS] = -1
        else:
            new_visit(k, w, source[A_ENTERS], -1)
            if alone:
                set_out(k, w)
            else:
                arrive_now(k, w)


@leaf
def plan_next(k: Any, a: int, since: int) -> None:
    time = arrivals.next_time(k, a, since)
    if time < NEVER:
        plan_event(k, time, ASKING, a, a)


# -- staff come and go


@unit("i(i)")
def set_staff(k: Any, first: int) -> int:
    """Bring the staff of providers with the same schedule to what it says now, and plan the next change."""
    schedule = teams(k, first)[T_STAFF]
    on_duty = max(int(schedules.schedule_at(k, schedule, k[NOW])), 0)
    y = first
    while y != -1:
        desk = desks(k, y)
        if desk[Y_CAUSES]:
            rings.note(k, y)
            desk[Y_OFF_SHIFT] = rings.off_shift(k, y)
            desk[Y_OFF_SINCE] = k[NOW]
            if desk[Y_ON_DUTY] <= 0 and on_duty > 0 and desk[Y_WAITING]:
                rings.greet(k, y)
        desk[Y_FREE] += on_duty - desk[Y_ON_DUTY]
        desk[Y_ON_DUTY] = on_duty
        if desk[Y_WAITING]:
            touch(k, y)
        y = desk[Y_ALIKE]
    change = schedules.next_change(k, schedule, k[NOW])
    if change < NEVER:
        plan_event(k, change, STAFF, first << 20, first)
    return 0


# -- the loop


@leaf
def happened(k: Any) -> None:
    """Count what happens at one instant: time must not stand still. The reference engine counts better."""
    k[HAPPENED] += 1
    if k[HAPPENED] > MOST:
        fail(k)


@leaf
def happen(k: Any) -> None:
    """Let the first event happen."""
    happened(k)
    slot = slots(k, open_slot(k))
    kind, about = slot[I_ORDER] >> KIND, slot[I_ABOUT]
    fetch_walk(k, next_about(k))
    if kind == FINISH:
        finish(k, about)
    elif kind == ASKING:
        on_asking(k, about)
    else:
        set_staff(k, about)


@leaf
def fetch_walk(k: Any, w: int) -> None:
    """Ask for what the next event is about, which is nearly always a walk."""
    row = walks(k, w)
    fetch(row, 0)
    fetch(row, 8)
    fetch(row, 16)
    fetch(trips(k, w), 0)


@leaf
def settle(k: Any) -> None:
    """What follows at this instant: those who arrive, and once nothing else is to come, starts."""
    alone = upcoming(k) > k[NOW]
    if not alone:
        close_slot(k)
    while k[ARRIVING] != -1:
        w = k[ARRIVING]
        if not alone and not arrives_first(k, w):
            return
        happened(k)
        k[ARRIVING] = walks(k, w)[P_NEXT]
        arrive(k, w, alone)
    if alone:
        while k[TEAMS_TOUCHED] != -1:
            y = k[TEAMS_TOUCHED]
            k[TEAMS_TOUCHED] = desks(k, y)[Y_NEXT_TOUCHED]
            desks(k, y)[Y_TOUCHED] = 0
            serve(k, y)
        close_slot(k)


@leaf
def arrives_first(k: Any, w: int) -> bool:
    """Whether a walk arrives before the first event happens."""
    if upcoming(k) > k[NOW]:
        return True
    first = slots(k, first_at(k, k[NOW]))
    return first[I_ORDER] > (ARRIVAL << KIND | walks(k, w)[P_ID])  # type: ignore[no-any-return]


@unit("i(i)")
def open_express(k: Any, unused: int) -> int:
    open_tournament(k)
    rings.open_lists(k)
    for y in range(k[TEAMS]):
        desks(k, y)[Y_LATEST_AT_WORK] = rings.UNKNOWN
        if not desks(k, y)[Y_FOLLOWS]:
            set_staff(k, y)
    for a in range(k[CONSUMERS]):
        source = consumers(k, a)
        backlog = ints(k, source[A_INITIAL])
        for place in range(backlog[0]):
            x, count, who = backlog[1 + 3 * place], backlog[2 + 3 * place], backlog[3 + 3 * place]
            for number in range(count):
                w = ask(k, a, number, who)
                new_visit(k, w, x, -1)
                arrive_now(k, w)
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
            if is_over(k, time):
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
    for y in range(k[TEAMS]):
        while desks(k, y)[Y_WAITING]:
            w = walks(k, y)[P_AFTER]
            rings.leave_line(k, y, w)
            walks(k, w)[P_STATE] = 0
            walks(k, w)[P_STARTED] = -1
            walks(k, w)[P_WORK] = 0
            write(k, w, -1, UNFINISHED)
    for w in range(deadlock.ever_used(k, _WALKS)):
        if walks(k, w)[P_STATE] == AT_WORK:
            walks(k, w)[P_WORK] = k[NOW] - walks(k, w)[P_STARTED]
            write(k, w, -1, UNFINISHED)
    return 0

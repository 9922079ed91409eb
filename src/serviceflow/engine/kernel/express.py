"""The express loop: chains of plain queues, whose visits wait in one line and are served by one unit.

The rules are those of the other modules, where nothing else can happen to a visit (see ``engine.plain``), on
rows that are smaller and with less to ask. A strand of a request and its present visit are one row, a *walk*,
which goes on from visit to visit. Where nothing more comes at an instant, what follows from an event is done
at once; otherwise in the order of the rules: finishes, changes of staff, arrivals, askings, starts.
"""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import ahead, codes, demand, knots, schedules, values
from serviceflow.engine.kernel.events import give_walk, take_walk
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.loop import FOREVER, STANDSTILL, end_at
from serviceflow.engine.kernel.memory import Halt, bits_of, copier, fail, fetch, leaf, need_row, real_of, signed, unit, unsigned
from serviceflow.engine.kernel.rows import (
    consumers,
    counts,
    desks,
    handoffs,
    ints,
    matches,
    matches_f,
    reals,
    requests_out,
    slots,
    stops,
    tally,
    teams,
    visits_out,
    walks,
    walks_f,
    ways,
    ways_f,
)
from serviceflow.engine.kernel.splitting import mix_four

END = -1
COMPLETED, UNFINISHED = 0, 3
NEVER = 2**62
BRANCHES = 1 << 20
KIND = 48
"""Bits of the number by which events of one kind are ordered."""
FEWEST_SLOTS = 2
IN_ORDER, IDLE = 1 << 60, 1 << 62
"""Where the keys of events begin, and those of free slots."""
NOT_DRAWN = -1.0
MINUS_INFINITY = -float("inf")
UNKNOWN = -2
"""Stands for the latest arrival at work where it has to be looked for."""

OPEN, STRANDS = R_OUTCOME + 1, R_OUTCOME + 2
"""Fields of a request that is put out while it is under way: strands that are open, and how many there were."""

copy_record = copier(P_RECORD)

_WALKS = POOLS["walks"]
_VISIT_ROWS = POOLS["visits_out"] + ROWS
_REQUEST_ROWS = POOLS["requests_out"] + ROWS
_SLOT_ROWS = POOLS["slots"] + ROWS

# -- events
#
# A tournament: every event has a slot and a key, in which its instant comes first and its slot after, and every
# match keeps the lesser key of two. An event that is planned anew plays its matches again, up to the final:
# against opponents that are known beforehand, so that nothing has to be foretold. Keys are compared as the real
# numbers that have their bits, for which every processor has an instruction; IN_ORDER makes these proper
# numbers. The slot of the event that happens stays open: what follows from it takes it nearly always.


@leaf
def plan_event(k: Any, time: int, kind: int, number: int, about: int) -> None:
    i = k[OPEN_SLOT]
    if i == -1:
        i = take_slot(k)
    k[OPEN_SLOT] = -1
    slot = slots(k, i)
    slot[I_ORDER] = (kind << KIND) | number
    slot[I_ABOUT] = about
    key = IN_ORDER + (min(time, k[STOP] + 1) << k[SLOT_BITS]) + i  # Later than the end is all the same.
    if key < k[NEXT_KEY]:
        k[NEXT_KEY] = key
    play(k, i, key)


@leaf
def idle_key(k: Any, i: int) -> int:
    """The key of a free slot: later than that of any event."""
    return IDLE + i


@leaf
def play(k: Any, i: int, key: int) -> None:
    place = k[LEAVES] + i
    least = real_of(key)
    matches_f(k, place)[0] = least
    while place > 1:
        theirs = matches_f(k, place ^ 1)[0]
        least = theirs if theirs < least else least
        place >>= 1
        matches_f(k, place)[0] = least


@leaf
def least_of_others(k: Any, i: int) -> int:
    """The least key of all slots but one."""
    place = k[LEAVES] + i
    least = matches_f(k, place ^ 1)[0]
    place >>= 1
    while place > 1:
        theirs = matches_f(k, place ^ 1)[0]
        least = theirs if theirs < least else least
        place >>= 1
    return bits_of(least)


@leaf
def slot_of(k: Any, key: int) -> int:
    return key & ((1 << k[SLOT_BITS]) - 1)


@leaf
def instant(k: Any, key: int) -> int:
    return (key - IN_ORDER) >> k[SLOT_BITS]


@leaf
def upcoming(k: Any) -> int:
    """When the next event is, that of the open slot left out; beyond all time if there is none."""
    return instant(k, k[NEXT_KEY])


@leaf
def open_slot(k: Any) -> int:
    """Let the first event happen; gives its slot. Which comes next is known at once, whatever follows."""
    i = slot_of(k, k[NEXT_KEY])
    following = least_of_others(k, i)
    if instant(k, following) == k[NOW]:
        i = first_at(k, k[NOW])
        following = least_of_others(k, i)
    k[OPEN_SLOT] = i
    k[NEXT_KEY] = following
    fetch_walk(k, slots(k, slot_of(k, following))[I_ABOUT])
    return i


@leaf
def fetch_walk(k: Any, w: int) -> None:
    """Ask for what an event is probably about, before it happens."""
    upcoming_walk = walks(k, w)
    fetch(upcoming_walk, 0)
    fetch(upcoming_walk, 8)
    fetch(upcoming_walk, 16)


@unit("i(i)")
def first_at(k: Any, time: int) -> int:
    """The slot of the event that comes first by kind and number, of several at one instant."""
    found = -1
    place = 1
    while place:
        if instant(k, matches(k, place)[0]) == time:
            if place < k[LEAVES]:
                place *= 2
                continue
            i = place - k[LEAVES]
            if found == -1 or slots(k, i)[I_ORDER] < slots(k, found)[I_ORDER]:
                found = i
        while place & 1:
            place >>= 1
        place += 1 if place else 0
    return found


@leaf
def close_slot(k: Any) -> None:
    """Nothing has been planned in the slot of the event that happened: it is free."""
    i = k[OPEN_SLOT]
    if i != -1:
        k[OPEN_SLOT] = -1
        slots(k, i)[I_NEXT] = k[FREE_SLOT]
        k[FREE_SLOT] = i
        play(k, i, idle_key(k, i))


@leaf
def take_slot(k: Any) -> int:
    if k[FREE_SLOT] == -1:
        add_slots(k, 2 * k[LEAVES])
    i = k[FREE_SLOT]
    k[FREE_SLOT] = slots(k, i)[I_NEXT]
    return i


@unit("i(i)")
def add_slots(k: Any, leaves: int) -> int:
    """Hold the tournament with more slots."""
    if leaves > k[_SLOT_ROWS]:
        k[HALT] = FULL
        raise Halt
    before = k[LEAVES]
    for i in range(leaves):
        matches(k, leaves + i)[0] = matches(k, before + i)[0] if i < before else idle_key(k, i)
    for i in range(before, leaves):
        slots(k, i)[I_NEXT] = i + 1 if i + 1 < leaves else -1
    k[FREE_SLOT] = before
    k[LEAVES] = leaves
    for place in range(leaves - 1, 0, -1):
        matches(k, place)[0] = min(matches(k, 2 * place)[0], matches(k, 2 * place + 1)[0])
    return 0


# -- draws


NOTHING_AHEAD, FOR_REQUEST, FOR_BRANCH = range(3)
"""Whose draws have been made ahead, those of a walk's first entries among them."""


@leaf
def draw(k: Any, w: int, family: int, place: int, what: int) -> float:
    mine = walks(k, w)
    if mine[P_VISIT] <= 1 and mine[P_AHEAD]:
        purpose = unsigned(what ^ mine[P_STEM])
        slot = ahead.slot_of(k, purpose, mine[P_NUMBER] >> ahead.BLOCK_BITS)
        if ahead.is_kept(k, slot, purpose, mine[P_NUMBER]):
            return ahead.take_kept(k, slot, mine[P_NUMBER])
    return draw_anew(k, w, family, place, what)


@unit("f(iiii)")
def draw_anew(k: Any, w: int, family: int, place: int, what: int) -> float:
    """The same where it is not among the draws that have been made."""
    mine = walks(k, w)
    if mine[P_VISIT] <= 1 and mine[P_AHEAD] == FOR_REQUEST:
        return ahead.drawn_ahead(k, family, place, unsigned(what ^ mine[P_WHO]), mine[P_NUMBER])
    if mine[P_VISIT] <= 1 and mine[P_AHEAD] == FOR_BRANCH:
        who, link = unsigned(mine[P_FROM]), unsigned(mine[P_LINK])
        return ahead.drawn_ahead_for_branch(k, family, place, unsigned(what), mine[P_NUMBER], who, link)
    purpose, number = unsigned(what ^ mine[P_WHO]), unsigned(mine[P_NUMBER])
    occurrence = unsigned(max(mine[P_VISIT] - 1, 0))
    if family == ahead.CHANCE:
        return codes.uniform(k, purpose, number, occurrence)
    stop = stops(k, mine[P_SERVICE])
    if stop[O_COUNT] > 1 and not stop[O_SPLIT]:  # Two draws at once take little longer than one.
        chance = unsigned(stop[O_ROUTING] ^ mine[P_WHO])
        walks_f(k, w)[P_LUCK] = codes.uniform(k, chance, number, occurrence)
    return codes.draw(k, family, place, purpose, number, occurrence)


@leaf
def draw_ticks(k: Any, w: int) -> int:
    """The work of a visit."""
    stop = stops(k, walks(k, w)[P_SERVICE])
    if stop[O_TICKS] >= 0:
        return stop[O_TICKS]  # type: ignore[no-any-return]
    sampler = ints(k, stop[O_CODE])
    found = draw(k, w, sampler[1], sampler[2], stop[O_WHAT])
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
def off_shift(k: Any, y: int) -> int:
    """How long nobody has been on duty, up to now."""
    desk = desks(k, y)
    clock = desk[Y_OFF_SHIFT]
    if desk[Y_ON_DUTY] <= 0:
        clock += k[NOW] - desk[Y_OFF_SINCE]
    return clock


@leaf
def note(k: Any, y: int) -> None:
    """Charge the time since the last note to those in line who have been overtaken.

    Called before any change of who waits, who is at work, or who is on duty.
    """
    desk = desks(k, y)
    ticks = k[NOW] - desk[Y_SINCE]
    desk[Y_SINCE] = k[NOW]
    if desk[Y_WAITING] and ticks and desk[Y_ON_DUTY] > 0:
        charge(k, y, ticks)


@leaf
def latest_at_work(k: Any, y: int) -> int:
    """Who arrived last of those at work; the end of their list if there is nobody."""
    desk = desks(k, y)
    if desk[Y_LATEST_AT_WORK] == UNKNOWN:
        end_of_list = k[TEAMS] + y
        found = end_of_list
        w = walks(k, end_of_list)[P_AFTER]
        while w != end_of_list:
            if came_before(k, found, w):
                found = w
            w = walks(k, w)[P_AFTER]
        desk[Y_LATEST_AT_WORK] = found
    return desk[Y_LATEST_AT_WORK]


@unit("i(ii)")
def charge(k: Any, y: int, ticks: int) -> int:
    """Count time for everyone in line who arrived before the latest arrival at work."""
    latest = latest_at_work(k, y)
    front, back = walks(k, y)[P_LATER], walks(k, y)[P_EARLIER]
    if not came_before(k, front, latest):
        return 0
    while not came_before(k, back, latest):
        back = walks(k, back)[P_EARLIER]
        following = walks(k, front)[P_LATER]
        if not came_before(k, following, latest):
            back = front
            break
        front = following
    walks(k, back)[P_CREDITS] += ticks
    desks(k, y)[Y_CREDITS] += ticks
    return 0


@leaf
def enter_by_arrival(k: Any, y: int, w: int) -> int:
    """Take a place among those who may be overtaken; gives what is credited from there on."""
    earlier = walks(k, y)[P_EARLIER]
    credit = 0
    while came_before(k, w, earlier):
        credit += walks(k, earlier)[P_CREDITS]
        earlier = walks(k, earlier)[P_EARLIER]
    later = walks(k, earlier)[P_LATER]
    mine = walks(k, w)
    mine[P_CREDITS] = 0
    mine[P_EARLIER] = earlier
    mine[P_LATER] = later
    walks(k, earlier)[P_LATER] = w
    walks(k, later)[P_EARLIER] = w
    return credit


@leaf
def leave_by_arrival(k: Any, y: int, w: int) -> int:
    """Give up that place; gives what was credited from it on, which is carried to the one before."""
    desk = desks(k, y)
    earlier, later = walks(k, w)[P_EARLIER], walks(k, w)[P_LATER]
    own = walks(k, w)[P_CREDITS]
    if earlier == y:
        total = desk[Y_CREDITS]
        desk[Y_CREDITS] = total - own
    else:
        total = credited_from(k, y, w)
        walks(k, earlier)[P_CREDITS] += own
    walks(k, earlier)[P_LATER] = later
    walks(k, later)[P_EARLIER] = earlier
    return total


@unit("i(ii)")
def credited_from(k: Any, y: int, w: int) -> int:
    """What was credited from a place on: looked for from both ends at once."""
    total = walks(k, w)[P_CREDITS]
    ahead_of, behind, skipped = walks(k, w)[P_LATER], walks(k, w)[P_EARLIER], 0
    while ahead_of != y and behind != y:
        total += walks(k, ahead_of)[P_CREDITS]
        skipped += walks(k, behind)[P_CREDITS]
        ahead_of = walks(k, ahead_of)[P_LATER]
        behind = walks(k, behind)[P_EARLIER]
    return total if ahead_of == y else desks(k, y)[Y_CREDITS] - skipped


# -- lines
#
# The lists of a provider close to a ring at a row that stands for their end, so that nothing has to be asked
# at either end: at row `y` who waits, by queue key and by arrival, at row `k[TEAMS] + y` who is at work.


@leaf
def open_lists(k: Any) -> None:
    for _ in range(2 * k[TEAMS]):
        w = take_walk(k)
        mine = walks(k, w)
        mine[P_BEFORE] = mine[P_AFTER] = mine[P_EARLIER] = mine[P_LATER] = w
        mine[P_STATE] = 0
        mine[P_ASKED] = -1  # Earlier than anybody.
        walks_f(k, w)[P_KEY] = MINUS_INFINITY


@leaf
def link(k: Any, before: int, w: int) -> None:
    after = walks(k, before)[P_AFTER]
    walks(k, w)[P_BEFORE] = before
    walks(k, w)[P_AFTER] = after
    walks(k, before)[P_AFTER] = w
    walks(k, after)[P_BEFORE] = w


@leaf
def unlink(k: Any, w: int) -> None:
    before, after = walks(k, w)[P_BEFORE], walks(k, w)[P_AFTER]
    walks(k, before)[P_AFTER] = after
    walks(k, after)[P_BEFORE] = before


@leaf
def join_line(k: Any, y: int, w: int) -> None:
    """Wait behind those of a lesser queue key, then of an earlier arrival and number: nearly always all."""
    desk = desks(k, y)
    mine = walks(k, w)
    mine[P_STATE] = IN_QUEUE
    if desk[Y_CAUSES]:
        mine[P_WAIT_OFF_SHIFT] = off_shift(k, y)
        if desk[Y_CAUSES] == OVERTAKING_TOO:
            note(k, y)
            mine[P_WAIT_PRIORITIZATION] = enter_by_arrival(k, y, w)
    before = walks(k, y)[P_BEFORE]
    while goes_before(k, w, before):
        before = walks(k, before)[P_BEFORE]
    link(k, before, w)
    desk[Y_WAITING] += 1


@leaf
def leave_line(k: Any, y: int, w: int) -> None:
    """Take a walk out of its line and give it the parts of its wait."""
    desk = desks(k, y)
    mine = walks(k, w)
    waited = k[NOW] - mine[P_ASKED]
    if desk[Y_CAUSES]:
        off = off_shift(k, y) - mine[P_WAIT_OFF_SHIFT]
        mine[P_WAIT_OFF_SHIFT] = off
        waited -= off
        if desk[Y_CAUSES] == OVERTAKING_TOO:
            note(k, y)
            behind = leave_by_arrival(k, y, w) - mine[P_WAIT_PRIORITIZATION]
            mine[P_WAIT_PRIORITIZATION] = behind
            waited -= behind
    mine[P_WAIT_CONTENTION] = waited
    unlink(k, w)
    desk[Y_WAITING] -= 1


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
        note(k, y)
        list_at_work(k, y, w)
    desk[Y_FREE] -= 1
    length = max(draw_ticks(k, w), 1)
    mine[P_STATE] = AT_WORK
    mine[P_STARTED] = k[NOW]
    mine[P_WORK] = length
    plan_event(k, k[NOW] + length, FINISH, mine[P_ID], w)


@leaf
def list_at_work(k: Any, y: int, w: int) -> None:
    link(k, k[TEAMS] + y, w)
    latest = desks(k, y)[Y_LATEST_AT_WORK]
    if latest != UNKNOWN and came_before(k, latest, w):
        desks(k, y)[Y_LATEST_AT_WORK] = w


@leaf
def give_back(k: Any, y: int, w: int) -> None:
    """Work is done: its unit is free for others."""
    desk = desks(k, y)
    if desk[Y_CAUSES] == OVERTAKING_TOO:
        note(k, y)
        unlink(k, w)
        if desk[Y_LATEST_AT_WORK] == w:
            desk[Y_LATEST_AT_WORK] = UNKNOWN
    desk[Y_FREE] += 1
    if desk[Y_WAITING]:
        touch(k, y)


@leaf
def serve(k: Any, y: int) -> None:
    """Let start who can, as they stand in line."""
    desk = desks(k, y)
    while desk[Y_FREE] > 0 and desk[Y_WAITING]:
        w = walks(k, y)[P_AFTER]
        leave_line(k, y, w)
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
    mine[P_WAIT_PRIORITIZATION] = 0
    mine[P_WAIT_CONTENTION] = 0
    mine[P_ID] = number
    walks_f(k, w)[P_LUCK] = NOT_DRAWN
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
    join_line(k, y, w)
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
    if stop[O_COUNT] == 0:
        end(k, w)
    elif stop[O_SPLIT]:
        split(k, w)
    else:
        go_on(k, w, choose(k, w, mine[P_SERVICE]))


@leaf
def choose(k: Any, w: int, o: int) -> int:
    """One of the ways, by their shares; the last takes the rest."""
    stop = stops(k, o)
    way = stop[O_WAYS]
    last = way + stop[O_COUNT] - 1
    if way == last:
        return way
    left = walks_f(k, w)[P_LUCK]
    if left < 0.0:
        left = draw(k, w, ahead.CHANCE, 0, stop[O_ROUTING])
    further = 1
    for place in range(way, last):  # To the end, as a branch could not be foretold.
        share = ways_f(k, place)[F_SHARE]
        further &= int(left >= share)
        left -= share
        way += further
    return way


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
    asking = requests_out(k, walks(k, w)[P_REQUEST])
    walks(k, w)[P_STATE] = 0
    give_walk(k, w)
    asking[OPEN] -= 1
    if asking[OPEN] == 0:
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
            its[P_STEM] = signed(ahead.stem(unsigned(mine[P_WHO]), unsigned(link_key)))
            its[P_FROM] = mine[P_WHO]
            its[P_LINK] = link_key
        walks_f(k, b)[P_URGENCY] = walks_f(k, w)[P_URGENCY]
        walks(k, b)[P_ID] = mine[P_ID]
        go_on(k, b, stop[O_WAYS] + place)
    end(k, w)
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
    mine[P_VISIT] = 0
    walks_f(k, w)[P_LUCK] = NOT_DRAWN
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
        drawn = values.drawn(k, source[A_SIZE], source[A_SIZE_WHAT], source[A_WHO], times, 0)
        count = int(drawn + 0.5)
    source[A_REQUESTS] = first + count
    source[A_TIMES] = times + 1
    plan_next(k, a, k[NOW])
    alone = count == 1 and upcoming(k) > k[NOW]
    for place in range(count):
        w = ask(k, a, first + place, source[A_WHO])
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
    time = demand.next_time(k, a, since)
    if time < NEVER:
        plan_event(k, time, ASKING, a, a)


# -- staff come and go


@unit("i(i)")
def set_staff(k: Any, y: int) -> int:
    """Bring the staff to what the schedule says now, and plan the next change."""
    desk = desks(k, y)
    if desk[Y_CAUSES]:
        note(k, y)
        desk[Y_OFF_SHIFT] = off_shift(k, y)
        desk[Y_OFF_SINCE] = k[NOW]
    staff = teams(k, y)[T_STAFF]
    on_duty = max(int(schedules.schedule_at(k, staff, k[NOW])), 0)
    desk[Y_FREE] += on_duty - desk[Y_ON_DUTY]
    desk[Y_ON_DUTY] = on_duty
    change = schedules.next_change(k, staff, k[NOW])
    if change < NEVER:
        plan_event(k, change, STAFF, y << 20, y)
    touch(k, y)
    return 0


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
    slot = slots(k, open_slot(k))
    kind, about = slot[I_ORDER] >> KIND, slot[I_ABOUT]
    if kind == FINISH:
        finish(k, about)
    elif kind == ASKING:
        on_asking(k, about)
    else:
        set_staff(k, about)


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
    k[OPEN_SLOT] = -1
    add_slots(k, FEWEST_SLOTS)
    k[NEXT_KEY] = idle_key(k, FEWEST_SLOTS)
    open_lists(k)
    for y in range(k[TEAMS]):
        desks(k, y)[Y_LATEST_AT_WORK] = UNKNOWN
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
    for y in range(k[TEAMS]):
        while desks(k, y)[Y_WAITING]:
            w = walks(k, y)[P_AFTER]
            leave_line(k, y, w)
            walks(k, w)[P_STATE] = 0
            walks(k, w)[P_STARTED] = -1
            walks(k, w)[P_WORK] = 0
            write(k, w, -1, UNFINISHED)
    for w in range(knots.ever_used(k, _WALKS)):
        if walks(k, w)[P_STATE] == AT_WORK:
            walks(k, w)[P_WORK] = k[NOW] - walks(k, w)[P_STARTED]
            write(k, w, -1, UNFINISHED)
    return 0

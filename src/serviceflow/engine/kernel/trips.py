"""Trips: which ways the next requests of a consumer will go, and how long the work on them will take.

Ways that are chosen by shares, and work that is drawn, depend on nothing that happens meanwhile. So the draws
of requests that are still to be asked are made together, many at once, and only those that will be needed. A
trip ends at a split, and where it grows too long; what comes behind is drawn when it is needed.
"""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import sampling
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import address_of, leaf, unit, unsigned
from serviceflow.engine.kernel.rows import (
    consumers,
    drafts,
    entries,
    ints,
    lanes,
    lanes_f,
    plans,
    stops,
    stops_f,
    trips,
    ways,
    ways_f,
)
from serviceflow.engine.kernel.simd import LANES, wide_log, wide_uniforms_again
from serviceflow.engine.program.codes import END

FIRST_PLANNED = 4
"""Trips that are planned for the first requests: of consumers who ask seldom, few are."""

WAYS, WORK = 0, 16
"""The first row of the lanes in which ways are drawn, and of those for work."""
WHATS, THEIR_NUMBERS, OCCURRENCES, LUCK, WHO, SCALES, DRAFT_PLACES, CODES = range(8)
"""Their rows: what decides about each draw, what is drawn, and for whom."""


@leaf
def give_trip(k: Any, a: int, number: int, w: int) -> None:
    """Let a walk have the trip of a request of a consumer."""
    source = consumers(k, a)
    if number >= source[A_PLANNED_UP_TO]:
        plan_trips(k, a, number)
    draft, trip = drafts(k, a * source[A_TRIPS] + number - source[A_PLANNED]), trips(k, w)
    place = 0
    while draft[place] != NO_WORK:
        trip[place] = draft[place]
        place += 1
    trip[place] = NO_WORK


@leaf
def give_none(k: Any, w: int) -> None:
    trips(k, w)[0] = NO_WORK


@leaf
def way_of(k: Any, stop: Any, luck: float) -> int:
    """One of the ways from a stop, by their shares; the last takes the rest."""
    way = stop[O_WAYS]
    further = 1
    for place in range(way, way + stop[O_COUNT] - 1):  # To the end, as a branch could not be foretold.
        share = ways_f(k, place)[F_SHARE]
        further &= int(luck >= share)
        luck -= share
        way += further
    return way  # type: ignore[no-any-return]


@unit("i(ii)")
def plan_trips(k: Any, a: int, first: int) -> int:
    """Plan the trips of the next requests of a consumer, the first of which is to be asked now."""
    source = consumers(k, a)
    count = min(source[A_TRIPS], max(FIRST_PLANNED, first))
    source[A_PLANNED] = first
    source[A_PLANNED_UP_TO] = first + count
    begun = planning = 0
    while begun < count or planning:
        while begun < count and planning < LANES:
            planning = begin(k, a, begun, first + begun, planning)
            begun += 1
        planning = choose_ways(k, source[A_WHO], planning)
    if k[PENDING]:
        draw_work(k, 0)
    return 0


@leaf
def begin(k: Any, a: int, p: int, number: int, planning: int) -> int:
    """Plan a trip from its beginning, in the next lane if it must draw; gives how many do."""
    source, plan = consumers(k, a), plans(k, p)
    plan[J_DRAFT] = a * source[A_TRIPS] + p
    plan[J_STEP] = 0
    plan[J_NUMBER] = number
    if k[COUNTERS]:
        times = entries(k, p)
        for place in range(k[COUNTERS]):
            times[place] = 0
    enters = source[A_ENTERS]
    return enter(k, source[A_WHO], p, k[SERVICES] + a if enters == -1 else enters, planning)


@leaf
def choose_ways(k: Any, who: int, planning: int) -> int:
    """Draw the ways of trips that are being planned, and go on; gives how many must draw again."""
    draw_all(k, WAYS)
    whose, luck, targets = lanes(k, WAYS + WHO), lanes_f(k, WAYS + LUCK), lanes(k, WAYS + DRAFT_PLACES)
    for lane in range(planning):
        plan = plans(k, whose[lane])
        targets[lane] = go_by(k, plan, way_of(k, stops(k, plan[J_STOP]), luck[lane]))
    going_on = 0
    for lane in range(planning):
        going_on = enter(k, who, whose[lane], targets[lane], going_on)
    return going_on


@leaf
def enter(k: Any, who: int, p: int, x: int, lane: int) -> int:
    """Plan on from a service on; where a way must be drawn, in a lane. Gives the next lane."""
    plan = plans(k, p)
    draft = drafts(k, plan[J_DRAFT])
    while x != END and plan[J_STEP] < TRIP_VISITS:
        stop = stops(k, x)
        plan[J_STOP] = x
        plan[J_OCCURRENCE] = 0
        if stop[O_COUNTER]:
            times = entries(k, p)
            plan[J_OCCURRENCE] = times[stop[O_COUNTER] - 1]
            times[stop[O_COUNTER] - 1] += 1
        draft[plan[J_STEP]] = stop[O_PLANNED]
        if stop[O_WORK] != GIVEN:
            plan_work(k, who, plan, stop, x)
        if stop[O_COUNT] > 1 and not stop[O_SPLIT]:
            put(k, WAYS, lane, stop[O_ROUTING] ^ who, plan)
            lanes(k, WAYS + WHO)[lane] = p
            return lane + 1
        if stop[O_COUNT] != 1 or stop[O_SPLIT]:
            plan[J_STEP] += 1
            break
        x = go_by(k, plan, stop[O_WAYS])
    draft[plan[J_STEP]] = NO_WORK
    return lane


@leaf
def go_by(k: Any, plan: Any, way: int) -> int:
    """Let a trip go a way; gives where it leads."""
    drafts(k, plan[J_DRAFT])[plan[J_STEP]] += (way + 1) << WORK_BITS
    plan[J_STEP] += 1
    return ways(k, way)[F_STOP]  # type: ignore[no-any-return]


# -- draws


@leaf
def put(k: Any, rows: int, lane: int, what: int, plan: Any) -> None:
    """Say in a lane what is to be drawn."""
    those = lanes(k, rows)
    those[WHATS * LANES + lane] = what
    those[THEIR_NUMBERS * LANES + lane] = plan[J_NUMBER]
    those[OCCURRENCES * LANES + lane] = plan[J_OCCURRENCE]


@leaf
def draw_all(k: Any, rows: int) -> None:
    """Draw a number between 0 and 1 in every lane."""
    wide_uniforms_again(
        unsigned(k[SEED]),
        unsigned(k[REPLICATION]),
        address_of(lanes(k, rows + WHATS)),
        address_of(lanes(k, rows + THEIR_NUMBERS)),
        address_of(lanes(k, rows + OCCURRENCES)),
        address_of(lanes(k, rows + LUCK)),
    )


@leaf
def plan_work(k: Any, who: int, plan: Any, stop: Any, x: int) -> None:
    """Let the work of a visit be drawn, together with that of others."""
    lane = k[PENDING]
    put(k, WORK, lane, stop[O_WHAT] ^ who, plan)
    those = lanes(k, WORK)
    those[DRAFT_PLACES * LANES + lane] = (TRIP_VISITS + 1) * plan[J_DRAFT] + plan[J_STEP]
    those[CODES * LANES + lane] = stop[O_CODE]
    lanes_f(k, WORK)[SCALES * LANES + lane] = stops_f(k, x)[O_SCALE]
    k[OTHERS] += stop[O_WORK] == OTHER_WORK
    k[PENDING] = lane + 1
    if lane + 1 == LANES:
        draw_work(k, 0)


@unit("i(i)")
def draw_work(k: Any, unused: int) -> int:
    """Draw the work that is to be drawn."""
    draw_all(k, WORK)
    luck, scales, ticks = lanes_f(k, WORK + LUCK), lanes_f(k, WORK + SCALES), lanes(k, WORK + WHATS)
    for lane in range(LANES):
        ticks[lane] = min(int(scales[lane] * -wide_log(1.0 - luck[lane]) + 0.5), NO_WORK)
    if k[OTHERS]:
        draw_others(k, 0)
    places, first = lanes(k, WORK + DRAFT_PLACES), drafts(k, 0)
    for lane in range(k[PENDING]):
        first[places[lane]] += ticks[lane]
    k[PENDING] = k[OTHERS] = 0
    return 0


@unit("i(i)")
def draw_others(k: Any, unused: int) -> int:
    """The same for work from other distributions than the exponential one."""
    luck, samplers, ticks = lanes_f(k, WORK + LUCK), lanes(k, WORK + CODES), lanes(k, WORK + WHATS)
    for lane in range(k[PENDING]):
        its = ints(k, samplers[lane])
        found = sampling.made_of(k, its[1], its[2], luck[lane])
        ticks[lane] = NO_WORK  # What is wrong is said when the work begins.
        if 0.0 <= found < NO_WORK:
            ticks[lane] = int(found + 0.5)
    return 0

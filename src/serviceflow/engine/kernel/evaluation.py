"""What a model says of a request in numbers: durations, shares, priorities (see ``reference.evaluation``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from serviceflow.engine.kernel import draw_cache, expressions, schedules
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import fail, leaf, unit, unsigned
from serviceflow.engine.kernel.rows import (
    branches,
    consumers,
    handoffs,
    ints,
    reals,
    requests,
    services,
    stocks,
    visits,
    visits_f,
)
from serviceflow.engine.program.codes import NEVER

LONGEST = float(NEVER)
NOTHING_DRAWN = np.uint64(0)


@leaf
def number(k: Any, code: int, v: int) -> float:
    """A number that is not drawn, for a visit."""
    mine = visits(k, v)
    return number_for(k, code, mine[V_OWNER], mine[V_VISIT])


@leaf
def number_for(k: Any, code: int, r: int, visit: int) -> float:
    """A number that is not drawn, for a request at its visit of that number."""
    return expressions.value(k, code, NOTHING_DRAWN, NOTHING_DRAWN, NOTHING_DRAWN, NOTHING_DRAWN, r, visit)


@leaf
def ticks(k: Any, code: int, what: int, v: int) -> int:
    """A duration in whole ticks."""
    mine = visits(k, v)
    strand = branches(k, mine[V_STRAND])
    found = expressions.value(
        k,
        code,
        unsigned(what),
        unsigned(strand[B_WHO]),
        unsigned(strand[B_NUMBER]),
        unsigned(mine[V_OCCURRENCE]),
        mine[V_OWNER],
        mine[V_VISIT],
    )
    if not 0.0 <= found < LONGEST:
        fail(k)
    return int(found + 0.5)


@leaf
def drawn(k: Any, code: int, what: int, who: int, number: int, occurrence: int) -> float:
    """A value that does not depend on a request: a gap between arrivals, the life of a unit."""
    found = expressions.value(
        k, code, unsigned(what), unsigned(who), unsigned(number), unsigned(occurrence), -1, 0
    )
    if not 0.0 <= found < LONGEST:
        fail(k)
    return found


@leaf
def drawn_in_turn(k: Any, code: int, what: int, who: int, number: int) -> float:
    """A value as :func:`drawn` gives it, where those of the next numbers are asked for soon."""
    if not expressions.is_sampler(k, code):
        return drawn(k, code, what, who, number, 0)
    found = draw_cache.value(k, code, unsigned(what ^ who), number)
    if not 0.0 <= found < LONGEST:
        fail(k)
    return found


@leaf
def uniform(k: Any, what: int, b: int, occurrence: int) -> float:
    """A number between 0 and 1 for a strand of a request."""
    strand = branches(k, b)
    return expressions.uniform(
        k,
        unsigned(what) ^ unsigned(strand[B_WHO]),
        unsigned(strand[B_NUMBER]),
        unsigned(occurrence),
    )


@leaf
def happens(k: Any, probability: int, what: int, v: int) -> bool:
    """Whether something of this probability happens."""
    mine = visits(k, v)
    return uniform(k, what, mine[V_STRAND], mine[V_OCCURRENCE]) < number(k, probability, v)


@leaf
def amount(k: Any, code: int, v: int) -> float:
    found = number(k, code, v)
    if not 0.0 <= found < LONGEST:
        fail(k)
    return found


# -- order in queues


@leaf
def priority(k: Any, x: int, v: int) -> float:
    """Evaluated on arrival: the service's own, else that of the consumer or of the stock that orders."""
    code = services(k, x)[X_PRIORITY]
    if code == -1:
        asking = requests(k, visits(k, v)[V_OWNER])
        if asking[R_CONSUMER] >= 0:
            code = consumers(k, asking[R_CONSUMER])[A_URGENCY]
        elif asking[R_KIND] == 1:
            code = stocks(k, asking[R_SOURCE])[K_PRIORITY]
    return 0.0 if code == -1 else number(k, code, v)


@leaf
def queue_key(k: Any, discipline: int, x: int, v: int) -> float:
    """What orders a queue before arrival and identity do; the least goes first."""
    if discipline == FIFO or discipline == RANDOM:
        return 0.0
    if discipline == PRIORITY:
        return visits_f(k, v)[V_PRIORITY]
    if discipline == LIFO:
        return float(-visits(k, v)[V_ARRIVED])
    if discipline == SHORTEST:
        return float(drawn_ticks(k, x, v))
    return float(due(k, v))


@leaf
def drawn_ticks(k: Any, x: int, v: int) -> int:
    """The work of a visit, drawn once."""
    mine = visits(k, v)
    if mine[V_DRAWN] < 0:
        service = services(k, x)
        mine[V_DRAWN] = ticks(k, service[X_DURATION], service[X_DURATION_WHAT], v)
    return mine[V_DRAWN]


@unit("i(i)")
def due(k: Any, v: int) -> int:
    """The earliest promised time that concerns a visit: of its request, or of the link to it."""
    mine = visits(k, v)
    r = mine[V_OWNER]
    while requests(k, r)[R_ASKER] != -1:
        r = requests(k, r)[R_ASKER]
    asking = requests(k, r)
    earliest = NEVER
    if asking[R_KIND] == 0:
        plans = consumers(k, asking[R_SOURCE])[A_DUE]
        earliest = due_among(k, plans, asking[R_ASKED], asking[R_SERVED], v)
    if mine[V_HANDOFF] >= 0:
        plans = handoffs(k, mine[V_HANDOFF])[H_DUE]
        earliest = min(earliest, due_among(k, plans, mine[V_ASKED], 0, v))
    return earliest


@leaf
def due_among(k: Any, plans: int, since: int, served: int, v: int) -> int:
    """The earliest of some promises, those of a start left out once work has started."""
    listed = ints(k, plans)
    earliest = NEVER
    for place in range(listed[0]):
        within, clock, until_start = listed[1 + 3 * place], listed[2 + 3 * place], listed[3 + 3 * place]
        if until_start and served:
            continue
        length = int(number(k, within, v) + 0.5)
        instant = since + length if clock == -1 else schedules.advance(k, clock, since, length)
        earliest = min(earliest, instant)
    return earliest


# -- choosing a way


@leaf
def choose_by_shares(k: Any, exits: int, shares: int, routing: int, b: int, occurrence: int) -> int:
    """One of several handoffs whose shares are the same for all; that of the rest is -1."""
    listed = ints(k, exits)
    parts = reals(k, shares)
    left = uniform(k, routing, b, occurrence)
    rest = last = -1
    for place in range(listed[0]):
        if parts[place] == -1.0:
            rest = listed[1 + place]
            continue
        if left < parts[place]:
            return listed[1 + place]
        left -= parts[place]
        last = listed[1 + place]
    return rest if rest != -1 else last


@unit("i(iiiiii)")
def choose(k: Any, exits: int, routing: int, b: int, r: int, occurrence: int, visit: int) -> int:
    """One of several handoffs: each that is open takes its probability, and one of them the rest."""
    listed = ints(k, exits)
    conditional = rest = -1
    total = 0.0
    shares = 0
    for place in range(listed[0]):
        h = listed[1 + place]
        handoff = handoffs(k, h)
        if handoff[H_WHEN] != -1 and not number_for(k, handoff[H_WHEN], r, visit):
            continue
        if handoff[H_PROBABILITY] != -1:
            share = number_for(k, handoff[H_PROBABILITY], r, visit)
            if not 0.0 <= share <= 1.0:
                fail(k)
            total += share
            shares += 1
        elif handoff[H_WHEN] == -1:
            if rest != -1:
                rest = -2
            else:
                rest = h
        elif conditional != -1:
            fail(k)
        else:
            conditional = h
    remainder = conditional if conditional != -1 else rest
    if remainder == -2 or total > 1.0 + ROUNDING or (remainder == -1 and total < 1.0 - ROUNDING):
        fail(k)
    if shares == 0:
        return remainder
    left = uniform(k, routing, b, occurrence)
    last = -1
    for place in range(listed[0]):
        h = listed[1 + place]
        handoff = handoffs(k, h)
        if handoff[H_PROBABILITY] == -1:
            continue
        if handoff[H_WHEN] != -1 and not number_for(k, handoff[H_WHEN], r, visit):
            continue
        share = number_for(k, handoff[H_PROBABILITY], r, visit)
        if left < share:
            return h
        left -= share
        last = h
    return remainder if remainder != -1 else last

"""Requests and their strands: how they come to be and how they end."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import arrivals, flow, follow_ups, stocks
from serviceflow.engine.kernel import calls as all_calls
from serviceflow.engine.kernel import splits as all_splits
from serviceflow.engine.kernel.events import (
    give_branch,
    give_node,
    give_request,
    give_split,
    give_visit,
    take_branch,
    take_request,
)
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import fetch, leaf, need_row, unit
from serviceflow.engine.kernel.rows import (
    attributes,
    branches,
    families_out,
    nodes,
    numbers_out,
    requests,
    requests_f,
    requests_out,
    splits,
    tally,
    visits,
)
from serviceflow.engine.program.codes import (
    CALLED,
    COMPLETED,
    CONSUMER,
    ORDER,
    UNFINISHED,
)

_OUT_ROWS = POOLS["requests_out"] + ROWS
_FAMILY_ROWS = POOLS["families_out"] + ROWS


@leaf
def new_request_here(k: Any, kind: int, source: int, number: int, who: int, consumer: int) -> int:
    """A request asked now, with its first strand."""
    if k[KEEP]:
        need_row(k, k[NEXT_REQUEST], _OUT_ROWS)
    r = take_request(k)
    asking = requests(k, r)
    for field in range(R_NEXT):
        asking[field] = -1
    asking[R_KIND] = kind
    asking[R_SOURCE] = source
    asking[R_NUMBER] = number
    asking[R_CONSUMER] = consumer
    asking[R_ASKED] = k[NOW]
    asking[R_OUTCOME] = UNFINISHED
    asking[R_ROW] = k[NEXT_REQUEST]
    asking[R_WHO] = who
    asking[R_OPEN] = 1
    asking[R_BRANCHES] = 1
    asking[R_VERDICT] = UNFINISHED
    requests_f(k, r)[R_OUTSTANDING] = 0.0
    requests_f(k, r)[R_QUANTITY] = 0.0
    asking[R_ON_END] = NOTHING
    asking[R_SERVED] = 0
    asking[R_HELD_BY] = 0
    asking[R_ROOT] = -1
    asking[R_ROOT] = new_branch(k, r, 0, who, number, -1)
    if k[KEEP]:
        tally(k, k[NEXT_REQUEST])[0] = 0
        fetch(requests_out(k, k[NEXT_REQUEST]), 0)
        fetch(requests_out(k, k[NEXT_REQUEST]), R_OUTCOME)
    k[NEXT_REQUEST] += 1
    carried = attributes(k, r)
    for place in range(k[ATTRIBUTES]):
        carried[place] = NOT_A_NUMBER
    return r


@unit("i(iiiii)")
def new_request(k: Any, kind: int, source: int, number: int, who: int, consumer: int) -> int:
    """The same, for those who do so seldom."""
    return new_request_here(k, kind, source, number, who, consumer)


NOT_A_NUMBER = float("nan")


@leaf
def new_branch(k: Any, r: int, index: int, who: int, number: int, s: int) -> int:
    """A strand of a request; `s` is the split that it comes from."""
    b = take_branch(k)
    strand = branches(k, b)
    strand[B_REQUEST] = r
    strand[B_INDEX] = index
    strand[B_WHO] = who
    strand[B_NUMBER] = number
    strand[B_SPLIT] = s
    strand[B_ENTRIES] = -1
    root = requests(k, r)[R_ROOT]
    strand[B_SIBLING] = -1
    if root != -1:
        strand[B_SIBLING] = branches(k, root)[B_SIBLING]
        branches(k, root)[B_SIBLING] = b
    return b


@leaf
def end_branch_here(k: Any, b: int, outcome: int, last: int) -> int:
    """A strand of a request is over; a request ends with its last one. `last` is the number of a visit."""
    strand = branches(k, b)
    r = strand[B_REQUEST]
    asking = requests(k, r)
    asking[R_OPEN] -= 1
    if strand[B_SPLIT] != -1:
        all_splits.branch_ended(k, strand[B_SPLIT])
    if asking[R_OPEN] == 0 and asking[R_ENDED] == -1:
        answer(k, r, outcome, last)
    return 0


@unit("i(iii)")
def end_branch(k: Any, b: int, outcome: int, last: int) -> int:
    """The same, for those who do so seldom."""
    return end_branch_here(k, b, outcome, last)


@leaf
def answer(k: Any, r: int, outcome: int, last: int) -> None:
    """A request is through; if it was a call, the answer goes its way back first."""
    requests(k, r)[R_VERDICT] = outcome
    if requests(k, r)[R_KIND] == CALLED and all_calls.sends_back(k, r, last):
        return
    end(k, r)


@unit("i(i)")
def end(k: Any, r: int) -> int:
    """A request has ended: whoever waits for it is told."""
    asking = requests(k, r)
    asking[R_ENDED] = k[NOW]
    asking[R_OUTCOME] = asking[R_VERDICT]
    if asking[R_KIND] == CONSUMER and is_awaited(k, asking[R_ASKED]):
        k[AWAITED] -= 1
    write_request(k, r)
    asking[R_NEXT] = k[DEAD_REQUESTS]
    k[DEAD_REQUESTS] = r
    if asking[R_KIND] == ORDER:
        stocks.order_ended(k, r)
    if asking[R_ON_END] == THINK:
        arrivals.think(k, asking[R_SOURCE], asking[R_END_WHAT])
    elif asking[R_ON_END] == REPAIRED:
        arrivals.repaired(k, asking[R_END_WHAT], asking[R_END_CLOCK])
    v = asking[R_CALLER]
    if v != -1:
        caller = visits(k, v)
        if caller[V_ID] == asking[R_CALLER_ID] and caller[V_STAGE] != WRITTEN and caller[V_AWAITING]:
            caller[V_AWAITING] -= 1
            if caller[V_AWAITING] == 0:
                follow_ups.add(k, v, caller[V_ID])
    return 0


@leaf
def is_awaited(k: Any, asked: int) -> bool:
    """Whether the run goes on until a request ends: one of the window, or one that was there before it."""
    return asked < k[BEGIN] or k[WINDOW_START] <= asked < k[WINDOW_END]


@leaf
def write_request(k: Any, r: int) -> None:
    """Put a request into the record as it stands."""
    asking = requests(k, r)
    row = asking[R_ROW]
    if not k[KEEP]:
        row = k[REQUESTS_OUT]
        k[REQUESTS_OUT] = row + 1
        need_row(k, row, _OUT_ROWS)
    out = requests_out(k, row)
    for field in range(R_OUTCOME + 1):
        out[field] = asking[field]
    out[R_OUTCOME + 1] = asking[R_ROW]
    out[R_OUTCOME + 2] = first_asker(k, r)
    if k[NUMBERS]:
        numbers = numbers_out(k, row)
        carried = attributes(k, r)
        for place in range(k[ATTRIBUTES]):
            numbers[place] = carried[place]
        numbers[k[ATTRIBUTES]] = requests_f(k, r)[R_QUANTITY]


@unit("i(i)")
def home(k: Any, v: int) -> int:
    """An answer has come back, or a request has come home."""
    mine = visits(k, v)
    mine[V_LEFT] = k[NOW]
    mine[V_VISIT] = 1
    flow.write(k, v, COMPLETED)
    if mine[V_CALL] >= 0:
        end(k, mine[V_OWNER])
    else:
        end_branch(k, mine[V_STRAND], COMPLETED, mine[V_ID])
    return 0


# -- rows that are free again


@leaf
def bury(k: Any, unused: int) -> int:
    """Give back the rows of what was over at this event."""
    while k[DEAD_VISITS] != -1:
        v = k[DEAD_VISITS]
        k[DEAD_VISITS] = visits(k, v)[V_NEXT]
        give_visit(k, v)
    r = k[DEAD_REQUESTS]
    k[DEAD_REQUESTS] = -1
    while r != -1:
        following = requests(k, r)[R_NEXT]
        give_strands(k, r)
        let_go(k, r)
        r = following
    return 0


@leaf
def first_asker(k: Any, r: int) -> int:
    """The row of the request in whose course one was asked: its own, unless it was called."""
    while requests(k, r)[R_ASKER] != -1:
        r = requests(k, r)[R_ASKER]
    return requests(k, r)[R_ROW]


@leaf
def write_family(k: Any, row: int) -> None:
    """A request is over, and so is all that was called in its course."""
    place = k[FAMILIES_OUT]
    need_row(k, place, _FAMILY_ROWS)
    k[FAMILIES_OUT] = place + 1
    families_out(k, place)[0] = row


@leaf
def let_go(k: Any, r: int) -> None:
    """Give a request's row back once nobody whom it called can ask for it any more."""
    while r != -1 and requests(k, r)[R_HELD_BY] == 0 and requests(k, r)[R_ROOT] == -1:
        asker = requests(k, r)[R_ASKER]
        requests(k, r)[R_HELD_BY] = -1
        if asker == -1 and not k[KEEP]:
            write_family(k, requests(k, r)[R_ROW])
        give_request(k, r)
        r = asker
        if r != -1:
            requests(k, r)[R_HELD_BY] -= 1


@leaf
def give_strands(k: Any, r: int) -> None:
    b = requests(k, r)[R_ROOT]
    while b != -1:
        n = branches(k, b)[B_ENTRIES]
        while n != -1:
            after = nodes(k, n)[N_AFTER]
            give_node(k, n)
            n = after
        sibling = branches(k, b)[B_SIBLING]
        give_branch(k, b)
        b = sibling
    s = requests(k, r)[R_SPLITS]
    while s != -1:
        sibling = splits(k, s)[S_SIBLING]
        give_split(k, s)
        s = sibling
    requests(k, r)[R_ROOT] = -1
    requests(k, r)[R_SPLITS] = -1

"""Calls, and their answers (see ``reference.calls``)."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import evaluation, flow, pauses
from serviceflow.engine.kernel import handoffs as ways
from serviceflow.engine.kernel import providers as all_teams
from serviceflow.engine.kernel import requests as all_requests
from serviceflow.engine.kernel.keyed import mix_four
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import leaf, unit
from serviceflow.engine.kernel.rows import (
    attributes,
    branches,
    calls,
    ints,
    requests,
    requests_f,
    transfers,
    visits,
)
from serviceflow.engine.program.codes import CALLED, END, REFUSED


@unit("i(ii)")
def make_calls(k: Any, v: int, listed_at: int) -> int:
    """Make the calls that apply; gives whether their answers must be waited for."""
    mine = visits(k, v)
    mine[V_SINCE] = k[NOW]
    listed = ints(k, listed_at)
    applied = 0
    mine[V_AWAITING] = 1  # One for itself: it goes on from here at most once.
    for place in range(listed[0]):
        c = listed[1 + place]
        if applies(k, c, v):
            applied += 1
            if calls(k, c)[Q_WAIT]:
                mine[V_AWAITING] += 1
    if applied:
        for place in range(listed[0]):
            c = listed[1 + place]
            if applies(k, c, v):
                ask(k, c, v)
    mine[V_AWAITING] -= 1
    return 1 if mine[V_AWAITING] > 0 else 0


@leaf
def applies(k: Any, c: int, v: int) -> bool:
    plan = calls(k, c)
    if plan[Q_WHEN] != -1 and not evaluation.number(k, plan[Q_WHEN], v):
        return False
    return plan[Q_PROBABILITY] == -1 or evaluation.happens(
        k, plan[Q_PROBABILITY], plan[Q_PROBABILITY_WHAT], v
    )


@unit("i(ii)")
def ask(k: Any, c: int, v: int) -> int:
    """What is asked runs like any request, in its consumer's name."""
    plan = calls(k, c)
    mine = visits(k, v)
    asker = mine[V_OWNER]
    strand = branches(k, mine[V_STRAND])
    number = strand[B_NUMBER]
    who = mix_four(strand[B_WHO], number, plan[Q_PURPOSE], mine[V_OCCURRENCE])
    r = all_requests.new_request(k, CALLED, c, number, who, requests(k, asker)[R_CONSUMER])
    asked = requests(k, r)
    asked[R_PARENT] = requests(k, asker)[R_ROW]
    asked[R_ORDER] = requests(k, asker)[R_ORDER]
    requests_f(k, r)[R_QUANTITY] = requests_f(k, asker)[R_QUANTITY]
    for place in range(k[ATTRIBUTES]):
        attributes(k, r)[place] = attributes(k, asker)[place]
    if plan[Q_WAIT]:
        asked[R_CALLER] = v
        asked[R_CALLER_ID] = mine[V_ID]
    asked[R_ASKER] = asker
    requests(k, asker)[R_HELD_BY] += 1
    sent = flow.new_visit(k, asked[R_ROOT], plan[Q_TARGET])
    its = visits(k, sent)
    its[V_CALL] = c
    its[V_PREVIOUS] = mine[V_ID]
    if not transfers(k, plan[Q_THERE])[D_DIRECT] and flow.refuses_at_door(k, sent):
        its[V_ARRIVED] = k[NOW]
        flow.lose(k, sent, REFUSED)
    else:
        ways.send(k, sent, plan[Q_THERE], v)
    return 0


@unit("i(ii)")
def sends_back(k: Any, r: int, last: int) -> int:
    """Put the answer of a called request on its way, if that takes time."""
    asked = requests(k, r)
    plan = calls(k, asked[R_SOURCE])
    if transfers(k, plan[Q_BACK])[D_DIRECT]:
        return 0
    sent = flow.new_visit(k, asked[R_ROOT], END)
    its = visits(k, sent)
    its[V_CALL] = asked[R_SOURCE]
    its[V_PREVIOUS] = last
    ways.send(k, sent, plan[Q_BACK], -1)
    return 1


# -- after the answers


@unit("i(ii)")
def take_up(k: Any, v: int, number: int) -> int:
    """Let a visit go on that has all its answers, unless it has given up meanwhile."""
    if visits(k, v)[V_ID] == number and visits(k, v)[V_STAGE] != WRITTEN:
        answered(k, v)
    return 0


@unit("i(i)")
def answered(k: Any, v: int) -> int:
    """All answers that a visit waited for are there."""
    mine = visits(k, v)
    if mine[V_STAGE] == IN_CALL:
        mine[V_WAIT_CALL] = k[NOW] - mine[V_SINCE]
        enter_answered(k, v)
        return 0
    all_teams.unhold(k, v)
    member = pauses.first_member(k, v)
    while member != -1:
        visits(k, member)[V_PAUSE_CALL] += k[NOW] - mine[V_SINCE]
        pauses.write_pause(k, member, 3, mine[V_SINCE], k[NOW])
        member = pauses.next_member(k, v, member)
    if mine[V_DONE]:
        finish_answered(k, v)
    else:
        work_answered(k, v)
        all_teams.respect_shift(k, v)
    return 0


@unit("i(i)")
def finish_answered(k: Any, v: int) -> int:
    """Work is done, and the calls after it are answered."""
    return flow.finish_work(k, v)


@unit("i(i)")
def work_answered(k: Any, v: int) -> int:
    """Work begins, now that the calls before it are answered."""
    flow.work(k, v)
    return 0


@unit("i(i)")
def enter_answered(k: Any, v: int) -> int:
    """What comes after the calls before work, for a visit that waited for their answers."""
    flow.take_stock(k, v)
    return 0

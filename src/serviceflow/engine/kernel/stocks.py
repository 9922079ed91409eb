"""Stocks: taking, producing, and ordering again (see ``reference.stocks``)."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import evaluation, flow, follow_ups
from serviceflow.engine.kernel import requests as all_requests
from serviceflow.engine.kernel.events import give_want, take_want
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import leaf, need_row, unit
from serviceflow.engine.kernel.rows import (
    ints,
    levels_out,
    levels_out_f,
    requests,
    requests_f,
    services,
    stocks,
    stocks_f,
    visits,
    visits_f,
    wants,
    wants_f,
)
from serviceflow.engine.program.codes import ORDER, ROUNDING

_ROWS = POOLS["levels_out"] + ROWS


@leaf
def touch_stock(k: Any, s: int) -> None:
    if not stocks(k, s)[K_TOUCHED]:
        stocks(k, s)[K_TOUCHED] = 1
        k[STOCKS_TOUCHED] += 1
    k[STARTS_PLANNED] = 1


@unit("i(i)")
def write_level(k: Any, s: int) -> int:
    row = k[LEVELS_OUT]
    need_row(k, row, _ROWS)
    k[LEVELS_OUT] = row + 1
    out, numbers, stock = levels_out(k, row), levels_out_f(k, row), stocks_f(k, s)
    out[0] = s
    out[1] = k[NOW]
    numbers[2] = stock[K_LEVEL]
    numbers[3] = stock[K_ON_ORDER]
    numbers[4] = stock[K_UNMET]
    return 0


# Sums of fractions are not exact: 0.3 - 0.1 - 0.1 is a little less than 0.1.


@leaf
def rounding(k: Any, s: int) -> float:
    return ROUNDING * stocks_f(k, s)[K_LARGEST]  # type: ignore[no-any-return]


@leaf
def is_short(k: Any, s: int) -> bool:
    """Whether it has to order, were it one that does."""
    stock = stocks_f(k, s)
    position = stock[K_LEVEL] + stock[K_ON_ORDER] - stock[K_UNMET]
    return position < stock[K_BELOW] - rounding(k, s)  # type: ignore[no-any-return]


@leaf
def has(k: Any, s: int, quantity: float) -> bool:
    return stocks_f(k, s)[K_LEVEL] >= quantity - rounding(k, s)  # type: ignore[no-any-return]


@leaf
def settled(k: Any, s: int, quantity: float) -> float:
    """The quantity, or nothing if it is but a rest of rounding."""
    return 0.0 if abs(quantity) <= rounding(k, s) else quantity


@unit("i(ifff)")
def change(k: Any, s: int, level: float, on_order: float, unmet: float) -> int:
    """Change what is there, what is on order, and what is asked for and not there."""
    stock = stocks_f(k, s)
    stock[K_LARGEST] = max(stock[K_LARGEST], abs(level), abs(on_order), abs(unmet))
    stock[K_LEVEL] = settled(k, s, stock[K_LEVEL] + level)
    stock[K_ON_ORDER] = settled(k, s, stock[K_ON_ORDER] + on_order)
    stock[K_UNMET] = settled(k, s, stock[K_UNMET] + unmet)
    return 0


@unit("i(i)")
def open_stock(k: Any, s: int) -> int:
    write_level(k, s)
    reorder(k, s)
    return 0


# -- demand


@unit("i(i)")
def ask(k: Any, v: int) -> int:
    """Want what a visit needs of each stock."""
    listed = ints(k, services(k, visits(k, v)[V_SERVICE])[X_CONSUMES])
    first = last = -1
    for place in range(listed[0]):
        w = take_want(k)
        its = wants(k, w)
        its[W_VISIT] = v
        its[W_STOCK] = listed[1 + 2 * place]
        wants_f(k, w)[W_QUANTITY] = evaluation.amount(k, listed[2 + 2 * place], v)
        its[W_OF_VISIT] = -1
        if last == -1:
            first = w
        else:
            wants(k, last)[W_OF_VISIT] = w
        last = w
    visits(k, v)[V_WANTS] = first
    w = first
    while w != -1:
        its = wants(k, w)
        s = its[W_STOCK]
        stock = stocks(k, s)
        wants_f(k, w)[W_RANK] = visits_f(k, v)[V_PRIORITY] if stock[K_BY_PRIORITY] else 0.0
        insert(k, s, w)
        change(k, s, 0.0, 0.0, wants_f(k, w)[W_QUANTITY])
        touch_stock(k, s)
        write_level(k, s)
        reorder(k, s)
        w = its[W_OF_VISIT]
    k[STARTS_PLANNED] = 1
    return 0


@leaf
def wants_before(k: Any, w: int, other: int) -> bool:
    mine, its = wants_f(k, w)[W_RANK], wants_f(k, other)[W_RANK]
    if mine != its:
        return mine < its
    one, two = visits(k, wants(k, w)[W_VISIT]), visits(k, wants(k, other)[W_VISIT])
    if one[V_ARRIVED] != two[V_ARRIVED]:
        return one[V_ARRIVED] < two[V_ARRIVED]
    return one[V_IDENTITY] < two[V_IDENTITY]


@leaf
def insert(k: Any, s: int, w: int) -> None:
    stock = stocks(k, s)
    after = -1
    before = stock[K_TAIL]
    while before != -1 and wants_before(k, w, before):
        after = before
        before = wants(k, before)[W_BEFORE]
    wants(k, w)[W_BEFORE] = before
    wants(k, w)[W_AFTER] = after
    if before == -1:
        stock[K_HEAD] = w
    else:
        wants(k, before)[W_AFTER] = w
    if after == -1:
        stock[K_TAIL] = w
    else:
        wants(k, after)[W_BEFORE] = w


@leaf
def remove(k: Any, s: int, w: int) -> None:
    stock = stocks(k, s)
    before, after = wants(k, w)[W_BEFORE], wants(k, w)[W_AFTER]
    if before == -1:
        stock[K_HEAD] = after
    else:
        wants(k, before)[W_AFTER] = after
    if after == -1:
        stock[K_TAIL] = before
    else:
        wants(k, after)[W_BEFORE] = before


@unit("i(i)")
def serve_stocks(k: Any, unused: int) -> int:
    """Hand out what is there, stock by stock, first come first served."""
    while k[STOCKS_TOUCHED]:
        s = 0
        while not stocks(k, s)[K_TOUCHED]:
            s += 1
        stocks(k, s)[K_TOUCHED] = 0
        k[STOCKS_TOUCHED] -= 1
        while stocks(k, s)[K_HEAD] != -1:
            v = wants(k, stocks(k, s)[K_HEAD])[W_VISIT]
            if not may_take(k, v):
                break
            hand_out(k, v)
    return 0


@leaf
def may_take(k: Any, v: int) -> bool:
    """Whether a visit is first at all of its stocks, and they have enough."""
    w = visits(k, v)[V_WANTS]
    while w != -1:
        s = wants(k, w)[W_STOCK]
        if stocks(k, s)[K_HEAD] != w or not has(k, s, wants_f(k, w)[W_QUANTITY]):
            return False
        w = wants(k, w)[W_OF_VISIT]
    return True


@leaf
def hand_out(k: Any, v: int) -> None:
    mine = visits(k, v)
    w = mine[V_WANTS]
    while w != -1:
        s = wants(k, w)[W_STOCK]
        quantity = wants_f(k, w)[W_QUANTITY]
        remove(k, s, w)
        change(k, s, -quantity, 0.0, -quantity)
        touch_quietly(k, s)
        write_level(k, s)
        w = wants(k, w)[W_OF_VISIT]
    mine[V_WAIT_STOCK] = k[NOW] - mine[V_SINCE]
    flow.fill_batch(k, v)


@leaf
def touch_quietly(k: Any, s: int) -> None:
    """As what is handed out is looked at again in the same round, no other need be planned."""
    if not stocks(k, s)[K_TOUCHED]:
        stocks(k, s)[K_TOUCHED] = 1
        k[STOCKS_TOUCHED] += 1


@unit("i(i)")
def withdraw(k: Any, v: int) -> int:
    """A visit that gives up wants nothing any more."""
    mine = visits(k, v)
    w = mine[V_WANTS]
    mine[V_WANTS] = -1
    while w != -1:
        s = wants(k, w)[W_STOCK]
        following = wants(k, w)[W_OF_VISIT]
        remove(k, s, w)
        change(k, s, 0.0, 0.0, -wants_f(k, w)[W_QUANTITY])
        give_want(k, w)
        touch_stock(k, s)
        write_level(k, s)
        w = following
    return 0


@unit("i(i)")
def put_back(k: Any, v: int) -> int:
    """Who leaves before work has begun on him puts back what he has taken."""
    mine = visits(k, v)
    w = mine[V_WANTS]
    mine[V_WANTS] = -1
    while w != -1:
        s = wants(k, w)[W_STOCK]
        following = wants(k, w)[W_OF_VISIT]
        change(k, s, wants_f(k, w)[W_QUANTITY], 0.0, 0.0)
        give_want(k, w)
        touch_stock(k, s)
        write_level(k, s)
        w = following
    return 0


@unit("i(i)")
def use_up(k: Any, v: int) -> int:
    """Work begins: what was taken is used."""
    mine = visits(k, v)
    w = mine[V_WANTS]
    mine[V_WANTS] = -1
    while w != -1:
        following = wants(k, w)[W_OF_VISIT]
        give_want(k, w)
        w = following
    return 0


# -- supply


@unit("i(i)")
def produce(k: Any, v: int) -> int:
    mine = visits(k, v)
    listed = ints(k, services(k, mine[V_SERVICE])[X_PRODUCES])
    for place in range(listed[0]):
        s = listed[1 + 2 * place]
        quantity = evaluation.amount(k, listed[2 + 2 * place], v)
        change(k, s, quantity, 0.0, 0.0)
        arrived(k, mine[V_OWNER], s, quantity)
        touch_stock(k, s)
        write_level(k, s)
    return 0


@leaf
def arrived(k: Any, r: int, s: int, quantity: float) -> None:
    """What an order makes is no longer on order."""
    if requests(k, r)[R_ORDER] == s:
        met = min(quantity, requests_f(k, r)[R_OUTSTANDING])
        requests_f(k, r)[R_OUTSTANDING] = settled(k, s, requests_f(k, r)[R_OUTSTANDING] - met)
        change(k, s, 0.0, -met, 0.0)


@unit("i(i)")
def reorder(k: Any, s: int) -> int:
    """Order whenever what is there and on order, less unmet demand, is below the reorder point."""
    stock = stocks(k, s)
    if stock[K_REORDERS] and not stock[K_LOOKED_AT] and is_short(k, s):
        stock[K_LOOKED_AT] = 1
        follow_ups.add(k, s, follow_ups.STOCK)
    return 0


@unit("i(i)")
def order_more(k: Any, s: int) -> int:
    """Order once, if that is still to be done; gives whether another order may have to follow."""
    if not is_short(k, s):
        stocks(k, s)[K_LOOKED_AT] = 0
        return 0
    stock = stocks_f(k, s)
    quantity = stock[K_QUANTITY]
    if quantity == 0.0:
        quantity = stock[K_UP_TO] - (stock[K_LEVEL] + stock[K_ON_ORDER] - stock[K_UNMET])
    change(k, s, 0.0, quantity, 0.0)
    write_level(k, s)
    order(k, s, quantity)
    return 1


@unit("i(if)")
def order(k: Any, s: int, quantity: float) -> int:
    stock = stocks(k, s)
    r = all_requests.new_request(k, ORDER, s, stock[K_ORDERS], stock[K_WHO], -1)
    stock[K_ORDERS] += 1
    requests_f(k, r)[R_QUANTITY] = quantity
    requests_f(k, r)[R_OUTSTANDING] = quantity
    requests(k, r)[R_ORDER] = s
    flow.admit(k, r, stock[K_ENTERS], stock[K_EXITS], stock[K_ROUTING])
    return 0


@unit("i(i)")
def order_ended(k: Any, r: int) -> int:
    """What an order did not make is no longer to be expected."""
    s = requests(k, r)[R_ORDER]
    if requests_f(k, r)[R_OUTSTANDING]:
        change(k, s, 0.0, -requests_f(k, r)[R_OUTSTANDING], 0.0)
        requests_f(k, r)[R_OUTSTANDING] = 0.0
        write_level(k, s)
        reorder(k, s)
    return 0

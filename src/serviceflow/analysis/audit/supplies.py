"""Stocks: balances, orders, and in which order requests take from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from serviceflow.analysis.audit.history import History, rows_of
from serviceflow.analysis.audit.report import Breach
from serviceflow.analysis.audit.visits import Request, Visit, asked_first

ROUNDING = 1e-9
LEFT = ("gave up", "refused", "timed out")
"""How a visit ends that has had no work."""


@dataclass(frozen=True, slots=True)
class Level:
    """A stock at the end of an instant, as the record has it."""

    time: int
    level: float
    on_order: float
    unmet: float


@dataclass(frozen=True, slots=True)
class Taking:
    """A visit that wants something from a stock: since when, and when it had it (-1 if it never did)."""

    visit: Visit
    amount: float
    since: int
    taken: int
    until: int


def near(one: float, two: float) -> bool:
    """Whether two quantities are the same within rounding."""
    return abs(one - two) <= ROUNDING * max(1.0, abs(one), abs(two))


def check_stocks(history: History) -> Iterator[Breach]:
    """Every stock of the chain."""
    changes: dict[str, dict[int, Level]] = {name: {} for name in history.stocks}
    for row in rows_of(history.record.stocks):
        found = Level(row["time"], row["level"], row["on_order"], row["waiting"])
        changes[history.stocks[row["stock"]]][row["time"]] = found
        if row["level"] < -ROUNDING or row["on_order"] < -ROUNDING or row["waiting"] < -ROUNDING:
            place = f"stocks.{history.stocks[row['stock']]}"
            yield Breach(row["time"], "stock", place, (), "a level, an order or a demand is below 0")
    for name in history.stocks:
        levels = [changes[name][time] for time in sorted(changes[name])]
        takings = _takings(history, name)
        if takings is not None and levels:
            yield from _balance(history, name, levels, takings)
            yield from _demand(history, name, levels, takings)
            yield from _waiting(history, name, levels, takings)
        if takings is not None:
            yield from _order_of_taking(history, name, takings)
        yield from _orders(history, name, levels)


def _takings(history: History, name: str) -> list[Taking] | None:
    """Every demand on a stock; None where what is wanted is not known."""
    found = []
    for service in history.services:
        amount = history.chain.services[service].consumes.get(name)
        for visit in history.by_service[service] if amount is not None else ():
            at_once = visit.outcome == "refused" and visit.left == visit.answered
            if visit.had_stock or at_once or visit.outcome == "joined" or not _wants(history, visit):
                continue
            value = history.value(amount, "number", visit, visit.answered) if amount is not None else None
            if not isinstance(value, float):
                return None
            has = visit.queued >= 0 or visit.started >= 0 or visit.part("wait_batch") > 0
            until = visit.supplied if has else history.until(visit.left)
            found.append(Taking(visit, value, visit.answered, visit.supplied if has else -1, until))
    return found


def _wants(history: History, visit: Visit) -> bool:
    """Whether a visit has come so far as to want its stocks: its branches and answers are there."""
    if visit.queued >= 0 or visit.started >= 0 or visit.part("wait_stock") + visit.part("wait_batch") > 0:
        return True
    calls = any(
        link.origin == visit.service and call.ask == "before" for link, call in history.chain.calls.items()
    )
    return not calls and history.element(visit).join is None


# Balances


def _balance(history: History, name: str, levels: list[Level], takings: list[Taking]) -> Iterator[Breach]:
    """The level changes by what was taken, put back and made, at the instants at which it was."""
    changes: dict[int, float] = defaultdict(float)
    for taking in takings:
        if taking.taken >= 0:
            changes[taking.taken] -= taking.amount
            if taking.visit.started < 0 and taking.visit.outcome in LEFT:  # Nothing of it was used.
                changes[taking.visit.left] += taking.amount
    for time, amount, _ in _made(history, name) or ():
        changes[time] += amount
    for time, amount in [*_delivered(history, name), *(_put_back(history, name) or ())]:
        changes[time] += amount
    if _made(history, name) is None or _put_back(history, name) is None:
        return
    level, recorded = _first_level(history, name), {one.time: one for one in levels}
    for time in sorted({*changes, *recorded}):
        level += changes.get(time, 0.0)
        told = recorded[time].level if time in recorded else None
        if time >= history.stopped:
            return  # what begins at the very end leaves no trace in its visit
        if told is None or not near(level, told):
            message = f"the level is {told if told is not None else 'not written'}; it must be {level:g}"
            yield Breach(time, "stock", f"stocks.{name}", (), message)
            return
        level = told


def _first_level(history: History, name: str) -> float:
    known = {} if history.opening is None else history.opening.levels
    return known.get(name, history.chain.stocks[name].initial)


def _delivered(history: History, name: str) -> list[tuple[int, float]]:
    """What was on order when the run started and comes by itself: when, and how much."""
    deliveries = () if history.opening is None else history.opening.deliveries
    return [(history.begin + one.after, one.quantity) for one in deliveries if one.stock == name]


def _put_back(history: History, name: str) -> list[tuple[int, float]] | None:
    """What those put back who had it when the run started, and gave up or were refused; None if not known."""
    found = []
    for visit in history.visits:
        if visit.had_stock and visit.started < 0 and visit.outcome in LEFT:
            amount = history.element(visit).consumes.get(name)
            if amount is None:
                continue
            value = history.value(amount, "number", visit, visit.arrived)
            if not isinstance(value, float):
                return None
            found.append((visit.left, value))
    return found


def _made(history: History, name: str) -> list[tuple[int, float, Visit]] | None:
    """What was put into a stock: when, how much, by which visit; None where it is not known."""
    found = []
    for service in history.services:
        amount = history.chain.services[service].produces.get(name)
        for visit in history.by_service[service] if amount is not None else ():
            if visit.finished >= 0 and amount is not None and not visit.was_done:
                value = history.value(amount, "number", visit, visit.finished)
                if not isinstance(value, float):
                    return None
                found.append((visit.finished, value, visit))
    return found


def _demand(history: History, name: str, levels: list[Level], takings: list[Taking]) -> Iterator[Breach]:
    """Unmet demand is what those who wait want."""
    for one in levels:
        if one.time >= history.stopped:
            continue
        wanted = sum(t.amount for t in takings if t.since <= one.time < t.until)
        if not near(wanted, one.unmet):
            message = f"the unmet demand is {one.unmet:g}; those who wait want {wanted:g}"
            yield Breach(one.time, "stock", f"stocks.{name}", (), message)
            return


# Taking


def _waiting(history: History, name: str, levels: list[Level], takings: list[Taking]) -> Iterator[Breach]:
    """Nobody waits for stocks that are all there, first in the order of each."""
    times = [one.time for one in levels]
    for taking in takings:
        others = set(history.element(taking.visit).consumes) - {name}
        if taking.until <= taking.since or others:
            continue
        for place, one in enumerate(levels):
            end = min(times[place + 1] if place + 1 < len(times) else history.stopped, taking.until)
            start = max(one.time, taking.since)
            enough = one.level >= taking.amount or near(one.level, taking.amount)
            if start < end and enough and _is_first(history, name, taking, takings, start):
                message = f"it waits for {taking.amount:g} though {one.level:g} are there"
                yield Breach(start, "stock", f"stocks.{name}", taking.visit.rows, message)
                break


def _is_first(history: History, name: str, mine: Taking, takings: list[Taking], time: int) -> bool:
    return not any(
        other is not mine
        and other.since <= time < other.until
        and not _goes_before(history, name, mine, other)
        for other in takings
    )


def _goes_before(history: History, name: str, one: Taking, two: Taking) -> bool:
    """Whether the first of two is surely ahead of the other."""
    first, second = one.visit, two.visit
    if history.chain.stocks[name].discipline == "priority":
        mine, yours = history.priority(first), history.priority(second)
        if mine is None or yours is None:
            return False
        if mine != yours:
            return mine < yours
    if first.arrived != second.arrived:
        return first.arrived < second.arrived
    return asked_first(first.request, second.request)


def _order_of_taking(history: History, name: str, takings: list[Taking]) -> Iterator[Breach]:
    """Nobody takes while somebody who is ahead has been waiting."""
    took = sorted((one for one in takings if one.taken >= 0), key=lambda one: one.taken)
    for waiting in takings:
        if waiting.until <= waiting.since:
            continue
        for one in took:
            if waiting.since < one.taken < waiting.until and _goes_before(history, name, waiting, one):
                rows = (one.visit.request.row, waiting.visit.request.row)
                message = "it takes from the stock before one who is ahead of it and waits"
                yield Breach(one.taken, "order of taking", f"stocks.{name}", rows, message)
                break


# Orders


def _orders(history: History, name: str, levels: list[Level]) -> Iterator[Breach]:
    reorder = history.chain.stocks[name].reorder
    if reorder is None:
        return
    below = reorder.below.constant(history.chain.time_unit)
    orders = [one for one in history.requests if one.kind == "order" and one.source == name]
    for one in levels:
        position = one.level + one.on_order - one.unmet
        if position < below and not near(position, below):
            message = f"there are {position:g} there and on order, below {below:g}, and nothing is ordered"
            yield Breach(one.time, "reorder", f"stocks.{name}", (), message)
            return
    yield from _outstanding(history, name, levels, orders)
    if reorder.quantity is not None:
        yield from _quantities(history, name, orders, reorder.quantity.constant(history.chain.time_unit))


def _quantities(history: History, name: str, orders: list[Request], wanted: float) -> Iterator[Breach]:
    for order in orders:
        if order.asked < history.begin:
            continue
        if order.quantity is None or not near(order.quantity, wanted):
            message = f"an order of {order.quantity} goes out; each is for {wanted:g}"
            yield Breach(order.asked, "reorder", f"stocks.{name}", (order.row,), message)


def _outstanding(history: History, name: str, levels: list[Level], orders: list[Request]) -> Iterator[Breach]:
    """What is on order is what open orders have still to make."""
    made = _made(history, name)
    if made is None:
        return
    by_order: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for time, amount, visit in made:
        by_order[_ordered_by(history, visit.request)].append((time, amount))
    coming = _delivered(history, name)
    for one in levels:
        expected = sum(amount for time, amount in coming if time > one.time)
        expected += sum(_still_to_make(order, by_order[order.row], one.time) for order in orders)
        if not near(expected, one.on_order):
            message = f"{one.on_order:g} are on order; open orders have still to make {expected:g}"
            yield Breach(one.time, "reorder", f"stocks.{name}", (), message)
            return


def _ordered_by(history: History, request: Request) -> int:
    """The row of the request at the head of a family."""
    while request.parent >= 0:
        request = history.requests[request.parent]
    return request.row


def _still_to_make(order: Request, made: list[tuple[int, float]], time: int) -> float:
    if order.asked > time or 0 <= order.ended <= time:
        return 0.0
    return max((order.quantity or 0.0) - sum(amount for then, amount in made if then <= time), 0.0)

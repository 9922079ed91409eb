"""The answer: where requests lose time, why and for whom; three figures; what to change first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from serviceflow.results.promises import Promise, promises
from serviceflow.view.report.chinese import in_chinese
from serviceflow.view.report.promised import promised, state_of
from serviceflow.view.report.source import Source, rows_of
from serviceflow.view.report.texts import (
    Text,
    count,
    duration,
    interval,
    joined,
    known,
    listed,
    measured,
    name,
    number,
    say,
    sentences,
    share,
    text,
)

TOLD = 3
"""How many places, and how many levers, the answer names."""


@dataclass(frozen=True)
class Card:
    """One of the figures of the answer."""

    title: Text
    value: Text
    interval: Text
    remark: Text
    state: str = ""


def answer(source: Source) -> dict[str, Any]:
    """What the first screen of the report says."""
    return {
        "sentence": Text(name(source.bottlenecks.sentence).en, in_chinese(source)),
        "cards": list(_cards(source)),
        "levers": list(_levers(source)),
        "levers_note": _levers_note(source),
        "grey": _undecided(source),
    }


# Three figures


def _cards(source: Source) -> Iterator[Card]:
    yield _card(source, source.figure("chain", source.chain.name, "flow_time"), say("card.flow_time"))
    if (kept := _promise_card(source)) is not None:
        yield kept
    else:
        row = source.figure("chain", source.chain.name, "waiting_time")
        yield _card(source, row, say("card.waiting_time"))
    cost = source.figure("chain", source.chain.name, "cost")
    if cost is not None and cost["mean"]:
        yield _card(source, cost, say("card.cost"))
    else:
        row = source.figure("chain", source.chain.name, "throughput")
        yield _card(source, row, say("card.throughput", unit=known(f"per.{source.unit}")))


def _card(source: Source, row: pd.Series | None, title: Text, remark: Text | None = None) -> Card:
    if row is None:
        return Card(title, say("not measured"), text(""), remark or text(""))
    ends = interval(row["ci_low"], row["ci_high"], row["unit"], source.unit)
    told = (
        say("with confidence", ends=ends, level=share(source.main.confidence)) if ends.en else say("one run")
    )
    return Card(title, measured(row["mean"], row["unit"], source.unit), told, remark or _per(source, row))


def _per(source: Source, row: pd.Series) -> Text:
    if row["measure"] == "cost":
        penalty = source.whole("penalty")
        weeks = say("in all", length=duration(source.weeks, "week"))
        return weeks + say("and penalties", sum=number(penalty)) if penalty else weeks
    return say("of requests", count=count(source.whole("completed")))


def worst_promise(source: Source) -> Promise | None:
    """The promise that matters most: to consumers first, then by how far it is missed."""
    made = promises(source.main.runs.program)
    order: list[tuple[bool, float, int]] = []
    for place, promise in enumerate(made):
        row = source.figure("sla", promise.name, "attainment")
        if row is not None:
            order.append((promise.scope != "consumer", row["mean"] - promise.share, place))
    return made[min(order)[2]] if order else None


def _promise_card(source: Source) -> Card | None:
    promise = worst_promise(source)
    if promise is None:
        return None
    row = source.figure("sla", promise.name, "attainment")
    assert row is not None
    state = state_of(source, promise)
    card = _card(
        source, row, name(promise.name), say(f"card.{state}", promise=promised(promise, source.unit))
    )
    return Card(card.title, card.value, card.interval, card.remark, state)


# What to change first


@dataclass(frozen=True)
class Advice:
    """A lever, with what it gains and what it costs."""

    title: Text
    gain: Text
    cost: Text
    tied: bool


def _levers(source: Source) -> Iterator[Advice]:
    if source.levers is None:
        return
    table = source.levers.table
    helpful = table[table["verdict"].isin(("best", "tied with the best", "helps"))]
    for row in rows_of(helpful.head(TOLD)):
        # They stand first among many: only an interval that holds for all of those is true of them.
        low, high = row["simultaneous_low"], row["simultaneous_high"]
        ends = interval(low, high, row["unit"], source.unit)
        gain = say("lever.gain", gain=measured(row["gain"], row["unit"], source.unit), ends=ends)
        yield Advice(name(row["lever"]), gain, _cost(row["cost"]), row["verdict"] == "tied with the best")


def _cost(cost: float) -> Text:
    if cost != cost or cost == 0:
        return text("")
    return say("lever.cost" if cost > 0 else "lever.saves", cost=number(abs(cost)))


def _levers_note(source: Source) -> Text:
    if source.levers is None:
        return say("levers.untried")
    return say("levers.objective", objective=name(source.levers.objective))


def _undecided(source: Source) -> Text | None:
    """What the evidence does not tell apart."""
    parts = []
    if len(source.bottlenecks.verdict) > 1:
        places = listed(
            [known("nobody") if one == "(none)" else name(one) for one in source.bottlenecks.verdict[:6]]
        )
        parts.append(say("undecided.places", places=places))
    if source.levers is not None and len(source.levers.best) > 1:
        parts.append(say("undecided.levers", levers=joined(map(name, source.levers.best[:6]))))
    if source.main.count < 2:
        parts.append(say("undecided.one"))
    return sentences(parts) if parts else None

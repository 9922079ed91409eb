"""The answer: where requests lose time, why and for whom; three figures; what to change first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from serviceflow.results.promises import Promise, promises
from serviceflow.units import UNITS
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
        "sentence": Text(name(source.bottlenecks.sentence).en, _in_chinese(source)),
        "gone": _gone(source),
        "cards": list(_cards(source)),
        "levers": list(_levers(source)),
        "levers_note": _levers_note(source),
        "grey": _undecided(source),
    }


# Where, why and for whom


def _in_chinese(source: Source) -> str:
    """The same in Chinese, from the table of lost time."""
    table = source.lost[source.names[0]]
    said = [one for one in map(str, table["consumer"].unique()) if one][:TOLD]
    told = [_lost_of(source, table[table["consumer"] == consumer], consumer) for consumer in said]
    parts = [_where(source), *told, _unfinished(source)]
    return "".join(part for part in parts if part) or "没有请求等待。"


def _lost_of(source: Source, rows: pd.DataFrame, consumer: str) -> str:
    total = float(rows["mean"].sum())
    if not total > 0:
        return ""
    worst = [
        f"{name(row['place'])}（{_cause(row).zh}，{duration(row['mean'], source.unit).zh}）"
        for row in rows_of(rows.head(TOLD))
    ]
    each = duration(total, source.unit).zh
    return f"“{name(consumer)}”的每个请求平均损失{each}，最多的是{'、'.join(worst)}。"


def _cause(row: dict[str, Any]) -> Text:
    return known(f"cause.{row['cause']}")


def _where(source: Source) -> str:
    found, most = source.bottlenecks.places, source.bottlenecks.verdict_places
    shares = dict(zip(zip(found["scope"], found["place"], strict=True), found["share"], strict=True))
    rows = [(place, shares[scope, place]) for scope, place in most]
    if not rows:
        return ""
    told = "、".join(f"{name(place)}（{share(part)}）" for place, part in rows)
    unsure = "；这几次运行不足以判断哪一处更多" if len(rows) > 1 else ""
    return f"损失的时间以{told}为最多{unsure}。"


def _unfinished(source: Source) -> str:
    left = source.main.unfinished_share()
    return f"{share(left)}的请求在运行结束时尚未完成，未计入均值。" if left >= 0.01 else ""


def _gone(source: Source) -> Text | None:
    """Who left without what was asked for."""
    arrived = source.whole("arrived")
    lost = {key: source.whole(key) for key in ("gave_up", "refused")}
    said = [say(f"gone.{key}", share=share(many / arrived)) for key, many in lost.items() if many and arrived]
    return say("gone", said=listed(said)) if said else None


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


def promised(promise: Promise, unit: str) -> Text:
    """What is promised, in words."""
    if promise.target is None:
        return say("promise.right", share=share(promise.share))
    until = promise.sla.until
    return say(
        f"promise.{promise.kind}",
        share=share(promise.share),
        within=time_of(promise, unit),
        until=say("promise.until", service=name(until)) if until else "",
    )


def time_of(promise: Promise, unit: str) -> Text:
    """The promised time, as the model has it where it is no constant."""
    assert promise.target is not None
    within = promise.target.within
    if within.is_constant and not within.has_distribution:
        return duration(within.constant(unit) / UNITS[unit], unit)
    return name(within)


def _promise_card(source: Source) -> Card | None:
    promise = worst_promise(source)
    if promise is None:
        return None
    row = source.figure("sla", promise.name, "attainment")
    assert row is not None
    state = "broken" if row["mean"] < promise.share else "kept"
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
        ends = interval(row["ci_low"], row["ci_high"], row["unit"], source.unit)
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
            [known("nobody") if one == "(none)" else name(one) for one in source.bottlenecks.verdict]
        )
        parts.append(say("undecided.places", places=places))
    if source.levers is not None and len(source.levers.best) > 1:
        parts.append(say("undecided.levers", levers=joined(map(name, source.levers.best[:6]))))
    if source.main.count < 2:
        parts.append(say("undecided.one"))
    return sentences(parts) if parts else None

"""The answer: where requests lose time, why and for whom; three figures; what to change first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from serviceflow.results.differences import BETTER, WORSE
from serviceflow.results.promises import Promise, promises
from serviceflow.units import UNITS
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

if TYPE_CHECKING:
    from serviceflow.analysis.levers.table import Levers
    from serviceflow.results.results import Results

SCENARIOS = 5
"""Scenarios of which the answer says what they change."""
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
    english, chinese = source.bottlenecks.sentences, in_chinese(source)
    helped = source.levers is None or source.levers.best
    return {
        "sentence": Text(
            name(source.bottlenecks.sentence).en, "".join(one for told in chinese.values() for one in told)
        ),
        "lead": _together(english, chinese, "lost", "where"),
        "promises": [
            ("en", [name(one).en for one in english["promises"]]),
            ("zh", chinese["promises"]),
        ],
        "helps": None if helped else _together(english, chinese, "helps"),
        "scenarios": list(_scenarios(source)),
        "cards": list(_cards(source)),
        "levers": list(_levers(source)),
        "levers_note": _levers_note(source),
        "grey": _undecided(source),
    }


def answer_text(results: Results, language: str, levers: Levers | None) -> str:
    """The sentences of the answer in one language."""
    source = Source.of(results, levers)
    if language == "en":
        return name(source.bottlenecks.sentence).en
    return "".join(one for told in in_chinese(source).values() for one in told)


def _together(english: dict[str, list[str]], chinese: dict[str, list[str]], *about: str) -> Text:
    """Sentences about some subjects as one text."""
    en = " ".join(name(one).en for part in about for one in english[part])
    return Text(en, "".join(one for part in about for one in chinese[part]))


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
        row, unit = _readable_rate(source, source.figure("chain", source.chain.name, "throughput"))
        yield _card(source, row, say("card.throughput", unit=known(f"per.{unit}")))


def _readable_rate(source: Source, row: pd.Series | None) -> tuple[pd.Series | None, str]:
    """A rate per unit of time, or per the first longer one of which it is at least 1."""
    if row is None or not row["mean"] > 0:
        return row, source.unit
    size = UNITS[source.unit]
    longer = [one for one in ("s", "min", "h", "day", "week") if UNITS[one] >= size]
    enough = [one for one in longer if row["mean"] * UNITS[one] / size >= 1]
    unit = (enough or longer)[0 if enough else -1]
    ends = ["mean", "ci_low", "ci_high"]
    row = row.copy()
    row[ends] = row[ends] * (UNITS[unit] / size)
    return row, unit


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
    # Of those that are tied with the best, some may not be known to help at all.
    known = table["verdict"].isin(("best", "tied with the best", "helps")) & (table["simultaneous_low"] > 0)
    helpful = table[known]
    for row in rows_of(helpful.head(TOLD)):
        # They stand first among many: only an interval that holds for all of those is true of them.
        low, high = row["simultaneous_low"], row["simultaneous_high"]
        ends = interval(low, high, row["unit"], source.unit)
        if row["unit"] == "share":
            gained, ends = _points(row["gain"]), span_of_points(low, high)
        else:
            gained = measured(row["gain"], row["unit"], source.unit)
        gain = say(_way_to_gain(source.levers), gain=gained, ends=ends)
        yield Advice(name(row["lever"]), gain, _cost(row["cost"]), row["verdict"] == "tied with the best")


def _way_to_gain(levers: Levers) -> str:
    """The text that says what a gain is of."""
    objective, unit = levers.objective, levers.race.objective.unit
    if objective.startswith("breaches of"):
        return "lever.fewer"
    if objective.startswith("lost requests"):
        return "lever.kept"
    is_flow_time = objective.split(" of ")[0] == "flow_time" and unit == levers.chain.time_unit
    return "lever.sooner" if is_flow_time else "lever.gain"


def _points(share_: float) -> Text:
    """A difference of shares."""
    return say("points", sign="", points=f"{100 * share_:.3g}")


def span_of_points(low: float, high: float) -> Text:
    """The ends of the interval of a difference of shares."""
    return say("span", low=f"{100 * low:.3g}", high=f"{100 * high:.3g}", unit="")


def _scenarios(source: Source) -> Iterator[tuple[Text, Text]]:
    """What each scenario is known to change, of the figures that stand above; the first of them."""
    if source.comparison is None:
        return
    table = source.comparison.differences
    for scenario in source.names[1 : 1 + SCENARIOS]:
        mine = table[(table["scenario"] == scenario) & table["verdict"].isin((BETTER, WORSE))]
        told = [
            _changed(source, row)
            for scope, of, measure in _asked(source)
            for row in rows_of(
                mine[(mine["scope"] == scope) & (mine["measure"] == measure) & mine["name"].isin(of)]
            )
        ]
        yield name(scenario), joined(told) if told else say("scenario.unknown")


def _asked(source: Source) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """The figures by which scenarios are told at first: scope, names, measure."""
    chains = tuple(one.chain.name for one in source.results.values())
    yield "chain", chains, "flow_time"
    promise = worst_promise(source)
    if promise is not None:
        yield "sla", (promise.name,), "attainment"
    yield "chain", chains, "cost"
    yield "chain", chains, "penalty"


def _changed(source: Source, row: dict[str, Any]) -> Text:
    what = name(row["name"]) if row["scope"] == "sla" else known(f"measure.{row['measure']}")
    sign = "+" if row["difference"] > 0 else "−"
    if row["unit"] == "share":
        amount = say("points", sign=sign, points=f"{abs(100 * row['difference']):.1f}")
    else:
        amount = Text(sign, sign) + measured(abs(row["difference"]), row["unit"], source.unit)
    return say(f"scenario.{row['verdict']}", what=what, amount=amount)


def _cost(cost: float) -> Text:
    if cost != cost or cost == 0:
        return text("")
    return say("lever.cost" if cost > 0 else "lever.saves", cost=number(abs(cost)))


def _levers_note(source: Source) -> Text:
    if source.levers is None:
        return say("levers.untried")
    note = say("levers.objective", objective=name(source.levers.in_short))
    if source.levers.in_vain is None:
        return note
    return sentences([say("levers.vain", count=len(source.levers.in_vain.table)), note])


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

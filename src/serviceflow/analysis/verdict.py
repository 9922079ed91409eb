"""The verdict in plain words: who was lost, which promises are broken, where time is lost, what helps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.analysis.kept import BROKEN, KEPT, UNCLEAR
from serviceflow.analysis.wording import (
    AT_PLACE,
    IN_SHORT,
    at_place,
    interval,
    length,
    listed,
    share,
)
from serviceflow.model.sla import ELAPSED
from serviceflow.results.places import PROVIDER

if TYPE_CHECKING:
    import pandas as pd

    from serviceflow.analysis.bottlenecks import Bottlenecks
    from serviceflow.analysis.levers.table import Levers

TRIFLE = 0.001
"""Share of the flow time below which lost time is not looked into, and of requests below which they are not
spoken of."""
WORTH_SAYING = 0.1
"""Share of a loss from which on its part is named."""
MOST_NAMED = 3
"""Places, promises or levers of a kind that a sentence names at most."""
BUSY = 0.75
"""Utilization below which staff are not overloaded, whatever was asked of them."""

LOST = {"gave up": "gave up", "refused": "were refused", "unfinished": "had not finished when the run ended"}


def verdict_sentence(found: Bottlenecks) -> str:
    """Sentences that say what a reader should know, the gravest first."""
    return " ".join(told for part in verdict_parts(found).values() for told in part)


def verdict_parts(found: Bottlenecks) -> dict[str, list[str]]:
    """The sentences by what they are about: who was lost, promises, where time goes, and what would help."""
    parts = {
        "lost": _lost(found),
        "promises": _promises(found),
        "where": (*_where(found), *_overload(found)),
        "helps": _levers(found),
    }
    return {about: [one for one in told if one] for about, told in parts.items()}


# Who was lost


def _lost(found: Bottlenecks) -> Iterator[str]:
    arrived = float(found.results._means["chain", "arrived"].totals.sum())
    if not arrived:
        yield "No request came in the window."
        return
    counts = found.lost.groupby("outcome")["requests"].sum() * found.results.count
    said = [
        f"{share(counts[outcome] / arrived)} {words}"
        for outcome, words in LOST.items()
        if counts.get(outcome, 0.0) > TRIFLE * arrived
    ]
    if said:
        yield f"Of all requests {listed(said)}, and are in no mean."


# Promises


def _promises(found: Bottlenecks) -> Iterator[str]:
    table, once = found.promises, " in the only replication" if found.results.count == 1 else ""
    broken = table[table["verdict"] == BROKEN]
    for _, row in broken.head(MOST_NAMED).iterrows():
        yield f"{_promise(row)} is broken{once}: {_kept(row)}.{_used(row)}"
    if rest := len(broken[MOST_NAMED:]):
        yield f"So {'is' if rest == 1 else 'are'} {rest} more."
    unclear = table[table["verdict"] == UNCLEAR]
    if len(unclear):
        names = [_promise(row, "the") for _, row in unclear.head(MOST_NAMED).iterrows()]
        more = [f"{len(unclear) - MOST_NAMED} more"] if len(unclear) > MOST_NAMED else []
        are = "is" if len(unclear) == 1 else "are"
        yield f"These runs cannot tell whether {listed(names + more)} {are} kept."
    if len(table) and (table["verdict"] == KEPT).all():
        yield (
            f"The promise is kept{once}." if len(table) == 1 else f"All {len(table)} promises are kept{once}."
        )


def _promise(row: Any, the: str = "The") -> str:
    whose = f"of {row['by']} to {row['to']}" if " -> " in row["of"] else f"to {row['to']}"
    link = f" on {row['of']}" if " -> " in row["of"] else ""
    return f"{the} promise {whose}{link} ({share(row['share'])} {_goal(row)})"


def _goal(row: Any) -> str:
    if row["kind"] == "first_time_right":
        return "right the first time"
    clock = f" of {row['clock']}" if row["clock"] != ELAPSED else ""
    done = f"through {row['until']}" if row["until"] else "done"
    return f"{'started' if row['kind'] == 'response' else done} within {row['within']}{clock}"


def _kept(row: Any) -> str:
    ends = interval(row["ci_low"], row["ci_high"])
    return f"{share(row['attainment'])} are" + (f" ({ends})" if ends else "")


def _used(row: Any) -> str:
    """What used up most of the time of the breaches."""
    if not row["used_place"]:
        return ""
    where = at_place(row["used_scope"], row["used_place"])
    above_all = "above all " if row["used_mainly"] < 1 - WORTH_SAYING - 1e-9 else ""
    cause = f"{above_all}{IN_SHORT[row['used_cause']]}"
    return f" In the breaches, {share(row['used_share'])} of the time is spent {where} ({cause})."


# Where time is lost


def _where(found: Bottlenecks) -> Iterator[str]:
    flow = float(found.results.mean("chain", "flow_time")[0])
    lost = float(found.lost_time["mean"].sum())
    if flow != flow:
        if float(found.results._means["chain", "arrived"].totals.sum()):
            yield "No request has completed, so nothing can be said of where time is lost."
    elif not lost:
        yield f"No time is lost: the {_time(flow, found)} that a request takes are all work."
    elif lost < TRIFLE * flow:
        yield (
            f"Hardly any time is lost: {_time(lost, found)} of the {_time(flow, found)} that a request takes,"
            " on average."
        )
    else:
        yield (
            f"A request takes {_time(flow, found)} on average,"
            f" and {_time(lost, found, flow if lost >= WORTH_SAYING * flow else lost)} of that is lost"
            f" ({share(lost / flow)})."
        )
        yield from _places(found)


def _places(found: Bottlenecks) -> Iterator[str]:
    rows = [_row(found, place) for place in found.verdict_places]
    if len(rows) == 1:
        yield _first(found, rows[0])
    else:
        named = [f"{at_place(row['scope'], row['place'])} ({share(row['share'])})" for row in rows]
        rest = len(rows) - MOST_NAMED
        more = [f"at {rest} more places" if rest > 1 else "at one more place"] if rest > 0 else []
        yield (
            f"The largest part is lost {listed(named[:MOST_NAMED] + more, 'or')};"
            " these runs cannot tell which."
        )
        for row in rows[:2]:
            where = at_place(row["scope"], row["place"])
            lost = f"{_time(row['mean'], found)} per request is lost"
            yield f"{where[0].upper()}{where[1:]}, {lost}: {_why(found, row)}."
    for name, held in held_at(found):
        said = f"Staff of {name} are held for {share(held)} of their time on duty"
        yield f"{said}, awaiting answers or room to leave."
    yield _next(found)


def held_at(found: Bottlenecks) -> Iterator[tuple[str, float]]:
    """Of the providers of the verdict those whose staff are held, and for what share of their shifts."""
    results = found.results
    names = [plan.name for plan in results.runs.program.providers]
    held, duty = (results.mean("provider", one) for one in ("held_time", "scheduled_time"))
    for scope, place in found.verdict_places[:2]:
        if scope == PROVIDER and held[names.index(place)] >= WORTH_SAYING * duty[names.index(place)] > 0:
            yield place, float(held[names.index(place)] / duty[names.index(place)])


def _first(found: Bottlenecks, row: Any) -> str:
    where = at_place(row["scope"], row["place"])
    if len(found.places) == 1:
        return f"All of it is lost {where}: {_why(found, row)}."
    ends = interval(row["share_low"], row["share_high"])
    known = f", {ends}" if ends else ""
    alone = " by one replication alone" if found.results.count == 1 else ""
    return (
        f"The largest part is lost {where}: {_time(row['mean'], found)} per request"
        f" ({share(row['share'])} of all lost time{known}){alone}; {_why(found, row)}."
    )


def _row(found: Bottlenecks, place: tuple[str, str]) -> Any:
    table = found.places
    return table[(table["scope"] == place[0]) & (table["place"] == place[1])].iloc[0]


def _why(found: Bottlenecks, row: Any) -> str:
    table = found.lost_time
    own = table[(table["scope"] == row["scope"]) & (table["place"] == row["place"])]
    parts = own["mean"] / own["mean"].sum()
    said = [
        (AT_PLACE[cause], part)
        for cause, part in zip(own["cause"], parts, strict=True)
        if part >= WORTH_SAYING
    ]
    if len(said) == 1:
        return said[0][0]
    return listed([f"{words} ({share(part)})" for words, part in said])


def _next(found: Bottlenecks) -> str:
    others = next_places(found)
    if others.empty:
        return ""
    said = [f"{at_place(row['scope'], row['place'])} ({share(row['share'])})" for _, row in others.iterrows()]
    return f"Next is what is lost {listed(said)}."


def next_places(found: Bottlenecks) -> pd.DataFrame:
    """The places, after those of the verdict, of which it is worth speaking."""
    table = found.places
    named = [pair in found.verdict_places for pair in zip(table["scope"], table["place"], strict=True)]
    return table[~np.array(named, dtype=bool) & (table["share"] >= WORTH_SAYING)].head(2)


# What else there is


def _overload(found: Bottlenecks) -> Iterator[str]:
    ends = {False: "there the waiting grows as long as the run lasts", True: "what is too much leaves"}
    for leaves, end in ends.items():
        who = [
            f"{name} is asked for {share(load)} of what it can do"
            for name, load, left in overloaded(found)
            if left == leaves
        ]
        if who:
            yield f"{listed(who)}: {end}."


def overloaded(found: Bottlenecks) -> Iterator[tuple[str, float, bool]]:
    """Providers that are asked for more than they can do, by how much, and whether what is too much leaves.

    Where nobody leaves, only those count that are busy indeed.
    """
    table = found.table
    names = [plan.name for plan in found.results.runs.program.providers]
    left = found.results.mean("provider", "gave_up") + found.results.mean("provider", "refused")
    for _, row in table[table["load"] >= 1 - 1e-9].iterrows():
        leaves = bool(left[names.index(row["provider"])] > 0)
        if leaves or not row["utilization"] < BUSY:
            yield row["provider"], float(row["load"]), leaves


def _levers(found: Bottlenecks) -> Iterator[str]:
    levers = found.levers
    if levers is None:
        return
    if levers.in_vain is not None:
        yield _gained(levers.in_vain, found)
    yield _gained(levers, found)
    yield _bottleneck(levers)


def _gained(levers: Levers, found: Bottlenecks) -> str:
    said = levers._sentence()
    measure, _, rest = said.partition(" ")
    if "_" in measure:
        said = f"the {measure.replace('_', ' ')} {rest}"
    if levers.race.base.count != found.results.count:  # or the figures of today would seem to contradict
        said = f"Over the {levers.race.base.count} replications with the levers, {said}"
    return f"{said[:1].upper()}{said[1:].rstrip('.')}."


def _bottleneck(levers: Levers) -> str:
    """The one place of the best levers, and for what it is the bottleneck."""
    best = levers.table[levers.table["lever"].isin(levers.best)]
    where = [place for place in dict.fromkeys(zip(best["scope"], best["name"], strict=True)) if place[1]]
    if len(where) != 1:
        return ""
    scope, name = where[0]
    place = f"the way from {name.replace(' -> ', ' to ', 1)}" if scope in ("handoff", "call") else name
    ways = {"breaches of": " for these promises", "attainment of": " for this promise"}
    of = next((words for start, words in ways.items() if levers.objective.startswith(start)), "")
    return f"So the bottleneck{of} is {place}."


def _time(value: float, found: Bottlenecks, like: float | None = None) -> str:
    """A time in the chain's unit, for reading: in the unit that suits it, or another time."""
    ticks = found.results.runs.program.time_unit
    return length(value * ticks, None if like is None else like * ticks)

"""Which promises were kept: to whom, by how much not, and what used up the time of the breaches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.analysis.spent import Spent
from serviceflow.results.path_sums import COMPLETED
from serviceflow.results.promises import Promise, promises

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.results.results import Results

KEPT, BROKEN, UNCLEAR, UNKNOWN = "kept", "broken", "unclear", "unknown"
"""What is said of a promise: unclear where the interval holds the promised share, unknown where it was made
to nobody."""


def breach_table(results: Results) -> pd.DataFrame:
    """What used up the time of breaches: by promise, place and cause, work included; the largest first.

    Columns are promise, scope, place, cause, mean (per breach, in the chain's unit) and share (of the time of
    the breaches of the promise).
    """
    program = results.runs.program
    columns = ["promise", "scope", "place", "cause", "mean", "share"]
    made = promises(program)
    if not made:
        return pd.DataFrame(columns=columns)
    spent = Spent.of(program, results._breach_paths)
    breaches = results._means["sla", "breaches"].totals.sum(axis=0)
    rows: list[tuple[Any, ...]] = []
    for number, promise in enumerate(made):
        keys, totals = spent.chosen(COMPLETED + 1 + number, lost=False).by("place", "cause")
        sums = totals.sum(axis=0)
        for place in np.argsort(-sums, kind="stable").tolist():
            mean = sums[place] / program.time_unit / breaches[number]
            rows.append((promise.name, *keys[place], mean, sums[place] / sums.sum()))
    return pd.DataFrame(rows, columns=columns)


def promise_table(results: Results, breach_time: pd.DataFrame) -> pd.DataFrame:
    """Every promise: one row each, the worst missed first.

    Parameters
    ----------
    results : Results
        What was simulated.
    breach_time : DataFrame
        See :func:`breach_table`.
    """
    program = results.runs.program
    rows = [_row(results, number, promise) for number, promise in enumerate(promises(program))]
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    if rows:
        used = [_most(breach_time, name) for name in table["promise"]]
        for column in ("used_scope", "used_place", "used_cause", "used_share", "used_mainly"):
            table[column] = [one.get(column, np.nan) for one in used]
    return table.sort_values("missed_by", ascending=False, kind="stable", ignore_index=True)


_COLUMNS = (
    *("promise", "of", "kind", "to", "by", "share", "within", "until", "clock"),
    *("attainment", "ci_low", "ci_high", "verdict", "broken", "missed_by", "breaches"),
)


def _row(results: Results, number: int, promise: Promise) -> tuple[Any, ...]:
    kept = results._means["sla", "attainment"].estimate(results.confidence)
    mean, low, high = (float(ends[number]) for ends in (kept.mean, kept.low, kept.high))
    verdict = promise_states(results)[promise.name]
    breaches = float(results._means["sla", "breaches"].totals[:, number].mean())
    asker, server = between(results.runs.program, promise)
    within = str(promise.target.within) if promise.target else ""
    until = promise.sla.until if promise.kind == "resolution" else None
    return (
        *(promise.name, promise.of, promise.kind, asker, server, promise.share, within, until or ""),
        *(
            str(promise.sla.clock),
            mean,
            low,
            high,
            verdict,
            verdict == BROKEN,
            max(promise.share - mean, 0.0),
            breaches,
        ),
    )


def promise_states(results: Results) -> dict[str, str]:
    """What is said of each promise, by its name.

    Where the share that was kept has no interval, as hardly any replication tells it from nothing or from
    everything, enough replications that all lie on one side of what was promised tell it as well (sign test).
    """
    made = promises(results.runs.program)
    if not made:
        return {}
    series = results._means["sla", "attainment"]
    kept = series.estimate(results.confidence)
    states = {}
    for number, promise in enumerate(made):
        mean, low, high = (float(ends[number]) for ends in (kept.mean, kept.low, kept.high))
        each = series.values[:, number]
        if high != high and _are_enough(int((each == each).sum()), results.confidence):
            low, high = float(np.nanmin(each)), float(np.nanmax(each))
        states[promise.name] = kept_or_broken(promise.share, mean, low, high, results.count)
    return states


def _are_enough(replications: int, confidence: float) -> bool:
    """Whether chance alone would seldom put so many replications on one side of the truth."""
    return 2.0 ** (1 - replications) <= 1 - confidence


def kept_or_broken(share: float, mean: float, low: float, high: float, replications: int) -> str:
    """Whether a promise of a share is kept: where the interval says so; of one replication, its share.

    Parameters
    ----------
    share, mean : float
        What is promised, and what was kept; NaN where it was promised to nobody.
    low, high : float
        The ends of the interval; NaN where there is none.
    replications : int
        How many there are.
    """
    if mean != mean:
        return UNKNOWN
    if mean >= share:
        return UNCLEAR if low < share else KEPT
    if high >= share:
        return UNCLEAR
    # Without an interval it is broken, or kept, in too few of several replications to say how often.
    return UNCLEAR if high != high and replications > 1 and mean > 0 else BROKEN


def between(program: Program, promise: Promise) -> tuple[str, str]:
    """Who was promised something, and who promised it."""
    if promise.scope == "consumer":
        plan = program.consumers[promise.index]
        return plan.name, _server(program, plan.enters) if plan.enters >= 0 else program.chain.name
    link: Any = getattr(program, f"{promise.scope}s")[promise.index]
    origin = ("service", link.origin) if promise.scope == "call" else link.origin
    return _asker(program, *origin), _server(program, link.target)


def _asker(program: Program, kind: str, index: int) -> str:
    if kind == "service":
        return _server(program, index)
    return str(getattr(program, f"{kind}s")[index].name)


def _server(program: Program, service: int) -> str:
    if service < 0:
        return "end"
    plan = program.services[service]
    return program.providers[plan.provider].name if plan.provider >= 0 else plan.name


def _most(breach_time: pd.DataFrame, promise: str) -> Mapping[str, Any]:
    """The place that used up most of the time of the breaches of a promise, and the main cause there."""
    own = breach_time[breach_time["promise"] == promise]
    if own.empty:
        return dict.fromkeys(("used_scope", "used_place", "used_cause"), "")
    by_place = own.groupby(["scope", "place"], sort=False)["share"].sum()
    scope, place = by_place.index[int(by_place.to_numpy().argmax())]
    row = own[(own["scope"] == scope) & (own["place"] == place)].iloc[0]
    return {
        "used_scope": scope,
        "used_place": place,
        "used_cause": row["cause"],
        "used_share": float(by_place.max()),
        "used_mainly": float(row["share"] / by_place.max()),
    }

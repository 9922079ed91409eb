"""The verdict in plain words: where requests wait, why, and what else a reader should know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from serviceflow.analysis.columns import NOBODY
from serviceflow.analysis.waits import waits
from serviceflow.units import UNITS

if TYPE_CHECKING:
    from serviceflow.analysis.bottlenecks import Bottlenecks

REASONS = {
    "join": "the other branches are not there yet",
    "call": "an answer from another service is not there yet",
    "stock": "there is no {stocks}",
    "batch": "a batch has to fill",
    "off_shift": "nobody is on duty",
    "carried_over": "the shift ended before their turn came",
    "outage": "everybody on duty is down",
    "held": "staff are held, blocked or awaiting an answer",
    "partner": "another provider that is needed is short",
    "prioritization": "staff are busy with requests that came later",
    "contention": "staff are busy with earlier requests",
}
"""Cause of waiting to what is the matter."""
WAYS = {
    "dispatch": "waiting for the next dispatch",
    "delay": "on the way",
    "clarification": "clarifying incomplete information",
}
TRIFLE = 0.001
"""Share of the flow time below which waiting is not looked into."""
WORTH_SAYING = 0.1
"""Share of the waiting from which on a cause is named."""


def verdict_sentence(found: Bottlenecks) -> str:
    """Sentences that say where requests wait and why."""
    told = [_where(found), *(_why(found, provider) for provider in found.verdict)]
    parts = [_lost(found), *([_trifle(found)] if _is_trifle(found) else told)]
    parts += [_overload(found), _between(found), _unfinished(found)]
    return " ".join(part for part in parts if part)


def _lost(found: Bottlenecks) -> str:
    """Who left without what was asked for: no mean knows of them."""
    arrived = float(found.results.mean("chain", "arrived").sum())
    ways = {"gave_up": "gave up", "refused": "were refused"}
    lost = {words: float(found.results.mean("chain", key).sum()) for key, words in ways.items()}
    said = [f"{share(many / arrived)} {words}" for words, many in lost.items() if many]
    return f"Of all requests {listed(said)}, and are in no mean." if said else ""


def _per_request(found: Bottlenecks) -> float:
    """Time waited by a request, on average."""
    arrived = float(found.results.mean("chain", "arrived").sum())
    return float(found.table["total"].sum()) / arrived if arrived else 0.0


def _is_trifle(found: Bottlenecks) -> bool:
    """Whether waiting is next to nothing of what requests take."""
    flow = float(found.results.mean("chain", "flow_time")[0])
    return bool(found.verdict) and _per_request(found) < TRIFLE * flow


def _trifle(found: Bottlenecks) -> str:
    return f"Requests hardly wait: {duration(_per_request(found), found)} each, on average."


def _where(found: Bottlenecks) -> str:
    if not found.verdict:
        return "No request waited for anyone."
    rows = [_row(found, provider) for provider in found.verdict]
    if len(rows) > 1:
        names = listed([f"{_at(row['provider'])} ({share(row['share'])})" for row in rows])
        return f"Most of the waiting is {names}; which of them has more cannot be told from these runs."
    row = rows[0]
    interval = f", between {share(row['share_low'])} and {share(row['share_high'])}"
    known = interval if pd.notna(row["share_low"]) else ", by one replication alone"
    return f"Most of the waiting is {_at(row['provider'])}: {share(row['share'])} of all waiting time{known}."


def _row(found: Bottlenecks, provider: str) -> Any:
    return found.table[found.table["provider"] == provider].iloc[0]


def _at(provider: str) -> str:
    return "at services without provider" if provider == NOBODY else f"at {provider}"


def _why(found: Bottlenecks, provider: str) -> str:
    row = _row(found, provider)
    causes = {cause: row.get(f"waiting_{cause}", 0.0) for cause in REASONS}
    large = [cause for cause, time in causes.items() if time >= WORTH_SAYING * row["total"]]
    large.sort(key=lambda cause: -causes[cause])
    reasons = [
        f"{_reason(found, provider, cause)} ({share(causes[cause] / row['total'])})" for cause in large
    ]
    visit = row["waiting_time"]
    how_long = f" {duration(visit, found)} per visit," if pd.notna(visit) else ""
    where = "Requests wait there" if len(found.verdict) == 1 else f"A{_at(provider)[1:]} they wait"
    return f"{where}{how_long} because {listed(reasons)}."


def _reason(found: Bottlenecks, provider: str, cause: str) -> str:
    return REASONS[cause].format(stocks=listed(_stocks_for(found, provider), "or") or "stock")


def _stocks_for(found: Bottlenecks, provider: str) -> list[str]:
    """The stocks that a provider's services take from, those that are out most of the time first."""
    program, results = found.results.runs.program, found.results
    names = [plan.name for plan in program.providers]
    index = names.index(provider) if provider in names else -1
    taken = {stock for plan in program.services if plan.provider == index for stock, _ in plan.consumes}
    if not taken:
        return []
    out = results.mean("stock", "stockout_share")
    return [program.stocks[stock].name for stock in sorted(taken, key=lambda stock: -out[stock])][:2]


def _overload(found: Bottlenecks) -> str:
    over = found.table[found.table["load"] >= 1 - 1e-9]
    names = [plan.name for plan in found.results.runs.program.providers]
    left = found.results.mean("provider", "gave_up") + found.results.mean("provider", "refused")
    ends = {False: "there the waiting grows as long as the run lasts", True: "what is too much leaves"}
    said: dict[bool, list[str]] = {False: [], True: []}
    for _, row in over.iterrows():
        asked = f"{row['provider']} is asked for {share(row['load'])} of what it can do"
        said[bool(left[names.index(row["provider"])] > 0)].append(asked)
    return " ".join(f"{listed(who)}: {ends[leaves]}." for leaves, who in said.items() if who)


def _between(found: Bottlenecks) -> str:
    """The link on which requests lose most time besides the way itself."""
    table = waits(found.results, ("handoff", "cause"), of="handoff")
    table = table[(table["cause"] != "delay") & (table["handoff"] != NOBODY)]
    if table.empty:
        return ""
    by_link = table.groupby("handoff", sort=False)["total"].sum().sort_values(ascending=False)
    said = [_link(found, table[table["handoff"] == link], link) for link in by_link.index[:2]]
    return f"Between services they lose most time at {listed(said)}."


def _link(found: Bottlenecks, rows: pd.DataFrame, link: str) -> str:
    results, worst = found.results, rows.iloc[0]
    names = [plan.name for plan in results.runs.program.handoffs]
    mean = results.mean("handoff", f"handoff_{worst['cause']}")[names.index(link)]
    return f"{link} ({duration(mean, found)} per handoff {WAYS[worst['cause']]})"


def _unfinished(found: Bottlenecks) -> str:
    left = found.results.unfinished_share()
    if left < 0.01:
        return ""
    return f"{share(left)} of the requests had not finished when the run ended, and are in no mean."


def share(value: float) -> str:
    """A share as a percentage for reading."""
    return f"{100 * value:.0f}%" if value >= 0.1 or value == 0 else f"{100 * value:.1f}%"


def duration(value: float, found: Bottlenecks) -> str:
    """A time in a unit that suits it, for reading."""
    ticks = value * found.results.runs.program.time_unit
    for unit, word in (("week", "weeks"), ("day", "days"), ("h", "h"), ("min", "min")):
        if ticks >= 2 * UNITS[unit]:
            return f"{ticks / UNITS[unit]:.3g} {word}"
    return f"{ticks / UNITS['s']:.3g} s"


def listed(items: list[str], last: str = "and") -> str:
    """Words in a row: a, b and c."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"

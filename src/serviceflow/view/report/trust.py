"""How far to trust it: the setting, the warm-up, the precision, what must balance, closed forms beside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from serviceflow.analysis.trusting import APART, OPEN, beside_theory
from serviceflow.results.derived import Reading
from serviceflow.results.warm_up import mean_levels, warm_up_of
from serviceflow.theory.checks.finding import FAR_TOO_MUCH
from serviceflow.theory.estimates.stations import EXACT
from serviceflow.units import UNITS
from serviceflow.view.report import svg
from serviceflow.view.report.answer import worst_promise
from serviceflow.view.report.source import Source, rows_of
from serviceflow.view.report.texts import (
    Text,
    count,
    duration,
    known,
    measured,
    name,
    number,
    say,
    share,
    text,
)

if TYPE_CHECKING:
    from serviceflow.theory.checks.finding import Finding

BINS = 160
WIDE_INTERVAL = 0.1
"""Half an interval beyond this share of its mean is called wide."""
Floats = NDArray[np.float64]


def trust(source: Source) -> dict[str, Any]:
    """What the section on trust shows."""
    return {
        "setting": list(setting(source)),
        "precision": list(_precision(source)),
        "balances": list(_balances(source)),
        "loads": list(_loads(source)),
        "theory": list(_theory(source)),
        "findings": list(_findings(source)),
        "warm_up": _warm_up(source) if source.main.kept == "full" else None,
        "doubts": list(_doubts(source)),
        "description": name(source.chain.description) if source.chain.description else None,
    }


def setting(source: Source) -> Iterator[tuple[Text, Text]]:
    """What was run, as pairs of a word and what it was."""
    results, window = source.main, source.window
    yield say("setting.replications"), count(results.count)
    yield say("setting.window"), duration(source.weeks, "week")
    yield say("setting.warm_up"), duration(window[0] / UNITS["h"], "h") if window[0] else say("none")
    yield say("setting.from"), text(f"{source.clock(window[0]):%Y-%m-%d %H:%M}")
    yield say("setting.to"), text(f"{source.clock(window[1]):%Y-%m-%d %H:%M}")
    yield say("setting.seed"), text(results.seed)
    yield say("setting.confidence"), share(results.confidence)
    yield say("setting.engine"), text(results.engine)
    yield say("setting.requests"), count(source.whole("arrived") * results.count)
    if source.comparison is not None:
        paired = all(source.comparison.paired(one) for one in source.comparison.scenarios)
        yield say("setting.pairing"), say("setting.paired" if paired else "setting.unpaired")


def _precision(source: Source) -> Iterator[dict[str, Any]]:
    chain = source.chain.name
    rows = [
        source.figure("chain", chain, one) for one in ("flow_time", "flow_time_p90", "waiting_time", "cost")
    ]
    promise = worst_promise(source)
    if promise is not None:
        rows.append(source.figure("sla", promise.name, "attainment"))
    for row in rows:
        if row is None or not np.isfinite(row["ci_low"]) or not row["mean"]:
            continue
        half = (row["ci_high"] - row["ci_low"]) / 2 / abs(row["mean"])
        title = name(row["name"]) if row["scope"] == "sla" else known(f"measure.{row['measure']}")
        yield {
            "title": title,
            "mean": measured(row["mean"], row["unit"], source.unit),
            "half": share(half),
            "wide": half > WIDE_INTERVAL,
        }


def _findings(source: Source) -> Iterator[tuple[str, Text]]:
    """What a look at the chain found, and at the chains that it is compared with."""
    if source.comparison is None:
        yield from ((one.severity, _told(one)) for one in source.check.findings)
        return
    for scenario, one in source.comparison._findings:
        whose = "" if scenario == source.names[0] else f"{scenario}: "
        yield one.severity, _told(one, whose)


def _told(one: Finding, whose: str = "") -> Text:
    """A finding in both languages."""
    return Text(name(f"{whose}{one}").en, name(f"{whose}{one.text('zh')}").en)


# What must balance


def _balances(source: Source) -> Iterator[dict[str, Any]]:
    arrived = source.whole("arrived")
    ends = {key: source.whole(key) for key in ("completed", "gave_up", "refused")}
    unfinished = source.main.unfinished_share() * arrived
    total = sum(ends.values()) + unfinished
    yield {
        "title": say("balance.requests"),
        "left": say("balance.asked", count=number(arrived)),
        "right": say(
            "balance.ended",
            completed=number(ends["completed"]),
            gone=number(ends["gave_up"] + ends["refused"]),
            open=number(unfinished),
        ),
        "holds": abs(total - arrived) <= 1e-6 * max(arrived, 1.0),
    }
    there = source.whole("work_in_progress")
    product = source.whole("throughput") * source.whole("flow_time")
    if there and product:
        yield {
            "title": say("balance.little"),
            "left": say("balance.there", there=number(there)),
            "right": say("balance.product", product=number(product)),
            "holds": abs(there - product) <= 0.1 * there,
        }


def _loads(source: Source) -> Iterator[dict[str, Any]]:
    """Offered load by a closed form beside the utilization of the simulation."""
    loads = source.check.loads
    for load in loads.providers if loads is not None else ():
        row = source.figure("provider", load.provider, "utilization")
        yield {
            "provider": name(load.provider),
            "work": number(load.work),
            "staff": number(load.staff),
            "load": share(load.utilization) if load.utilization <= FAR_TOO_MUCH else text("> 1,000%"),
            "used": share(row["mean"]) if row is not None else text("–"),
            "overloaded": load.overloaded,
            "notes": name(", ".join(load.notes)),
        }


def _theory(source: Source) -> Iterator[dict[str, Any]]:
    """Figures that are known exactly beside those of the simulation."""
    table = beside_theory(source.main)
    for row in rows_of(table[table["kind"] == EXACT]):
        yield {
            "of": name(row["name"]),
            "title": known(f"measure.{row['measure']}"),
            "simulated": measured(row["simulated"], row["unit"], source.unit),
            "theory": measured(row["theory"], row["unit"], source.unit),
            "method": name(row["method"]),
            "apart": row["verdict"] == APART,
            "open": row["verdict"] == OPEN,
        }


def _doubts(source: Source) -> Iterator[Text]:
    """What would change the answer, or keeps it from being sure."""
    if source.main.count < 5:
        yield say("doubt.replications", count=count(source.main.count))
    if source.window[0] == 0 and not source.main.runs.program.terminating:
        yield say("doubt.warm_up")
    yield from _doubts_of_warm_up(source)
    left = source.main.unfinished_share()
    if left >= 0.01:
        yield say("doubt.unfinished", share=share(left))
    if len(source.bottlenecks.verdict) > 1:
        yield say("doubt.tied")
    for row in rows_of(source.bottlenecks.table):
        if row["load"] >= 0.95:
            yield say("doubt.load", provider=name(row["provider"]), load=share(row["load"]))
    yield say("doubt.inputs")


# Warm-up


def _doubts_of_warm_up(source: Source) -> Iterator[Text]:
    """Whether the runs had forgotten how they started, as far as they tell."""
    if source.main.kept != "full":
        return
    loads = source.check.loads.providers if source.check.loads is not None else ()
    found = warm_up_of(source.main.records, [load.provider for load in loads if load.overloaded])
    if found.ticks is None and not found.overloaded:
        yield say("doubt.warm_up_open")
    elif found.ticks is not None and not found.ok:
        yield say("doubt.warm_up_short", needed=duration(found.ticks / UNITS["h"], "h"))


def _warm_up(source: Source) -> Markup | None:
    """Requests there over time, in the mean of the replications, from time 0."""
    stop = source.window[1]
    levels = np.mean([_there(Reading(record), stop) for record in source.main.records], axis=0)
    if not levels.any():
        return None
    wide, high, left, base = 860.0, 170.0, 46.0, 132.0
    most = float(levels.max()) * 1.1
    step = (wide - left - 10) / len(levels)
    points = [
        (left + step * (place + 0.5), base - (base - 12) * one / most) for place, one in enumerate(levels)
    ]
    cut = left + (wide - left - 10) * source.window[0] / stop
    inner = [svg.box(left, 8, cut - left, base - 8, "before"), svg.path(points, "series")]
    inner += [svg.line(left, base, wide - 10, base, "axis-line"), svg.line(cut, 8, cut, base, "limit")]
    inner += [svg.words(cut + 5, 18, say("warm-up ends"), "axis")] if source.window[0] else []
    for tick in svg.ticks(most, 3)[1:]:
        y = base - (base - 12) * tick / most
        inner += [
            svg.line(left, y, wide - 10, y, "grid"),
            svg.words(left - 6, y + 4, number(tick), "axis", "end"),
        ]
    weeks = stop / UNITS["week"]
    for tick, told in svg.time_ticks(weeks, "week", 6):
        x = left + (wide - left - 10) * tick / weeks
        anchor = "end" if x > wide - 40 else "middle"
        inner.append(svg.words(x, base + 16, told, "axis", anchor))
    return svg.chart(wide, high, *inner, label="warm-up-label", kind="warm-up")


def _there(reading: Reading, stop: int) -> Floats:
    """Mean number of requests of consumers there in each of the stretches from time 0."""
    mine = reading.requests["kind"] == 0
    edges = np.linspace(0, stop, BINS + 1)
    return mean_levels(reading.requests["asked"][mine], reading.ends[mine], edges)

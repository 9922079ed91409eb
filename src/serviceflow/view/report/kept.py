"""Promises: how far they were kept, how long it took, and what used up the time of those that were broken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from serviceflow.results.clocks import make_clock
from serviceflow.results.derived import Reading
from serviceflow.results.promises import NEVER, Promise, promises, verdict
from serviceflow.units import UNITS
from serviceflow.view.report import svg
from serviceflow.view.report.flame import css
from serviceflow.view.report.promised import promised, state_of
from serviceflow.view.report.source import Source, rows_of
from serviceflow.view.report.texts import Text, count, duration, interval, known, name, say, share

WIDE, LEFT, ROW = 760.0, 300.0, 34.0
BINS = 40
PARTS, LEAST = 6, 0.01
MOST = 12
"""Promises whose times are drawn."""

Floats = NDArray[np.float64]


def promises_kept(source: Source) -> dict[str, Any]:
    """What the section on promises shows."""
    made = promises(source.main.runs.program)
    rows = [row for promise in made if (row := _row(source, promise)) is not None]
    drawn = [_details(source, promise) for promise in made[:MOST] if promise.target] if source.full else []
    return {
        "rows": rows,
        "svg": _attainments(rows) if rows else None,
        "details": [one for one in drawn if one is not None],
    }


def _row(source: Source, promise: Promise) -> dict[str, Any] | None:
    row = source.figure("sla", promise.name, "attainment")
    if row is None:
        return None
    breaches = source.figure("sla", promise.name, "breaches")
    state = state_of(source, promise)
    return {
        "name": name(promise.name),
        "promised": promised(promise, source.unit),
        "share": promise.share,
        "mean": float(row["mean"]),
        "low": float(row["ci_low"]),
        "high": float(row["ci_high"]),
        "attainment": share(row["mean"]),
        "ends": interval(row["ci_low"], row["ci_high"], "share", source.unit),
        "breaches": count(breaches["mean"]) if breaches is not None else "",
        "state": state,
        "verdict": say(f"promise.{state}"),
        "clock": known(f"clock.{promise.sla.clock}", name(promise.sla.clock)),
    }


def _attainments(rows: list[dict[str, Any]]) -> Markup:
    """The share of each promise with its interval, and the share that was promised."""
    high = ROW * len(rows) + 30
    inner = [*_shares_axis(high), *(part for place, row in enumerate(rows) for part in _attained(place, row))]
    return svg.chart(WIDE, high, *inner, label="promises-label", kind="promises")


def _at(value: float) -> float:
    return LEFT + (WIDE - LEFT - 60) * min(max(value, 0.0), 1.0)


def _shares_axis(high: float) -> Iterator[Markup]:
    for tick in (0, 0.25, 0.5, 0.75, 1):
        yield svg.line(_at(tick), 4, _at(tick), high - 22, "grid")
        yield svg.words(_at(tick), high - 8, f"{100 * tick:.0f}%", "axis", "middle")


def _attained(place: int, row: dict[str, Any]) -> Iterator[Markup]:
    y = ROW * place + ROW / 2 + 2
    kind = row["state"]
    yield svg.words(4, y + 4, svg.fitting(row["name"], LEFT - 12), "label")
    yield svg.line(_at(row["share"]), y - 11, _at(row["share"]), y + 11, "limit")
    if np.isfinite(row["low"]):
        yield svg.line(_at(row["low"]), y, _at(row["high"]), y, f"whisker {kind}")
    yield svg.dot(_at(row["mean"]), y, 5, f"point {kind}")
    yield svg.words(WIDE - 4, y + 4, row["attainment"], f"value {kind}", "end")


# Times


def times_of(source: Source, promise: Promise) -> Floats:
    """How long a promise took on its clock, in the chain's unit, of those that came."""
    taken = []
    for record in source.main.records:
        reading = Reading(record)
        course, _ = verdict(reading, promise)
        come = np.flatnonzero(course.until != NEVER)
        clock = make_clock(reading, promise.name, promise.sla)
        until = np.maximum(course.until[come], course.since[come])
        taken.append(clock.ticks(course.requests[come], course.since[come], until) / UNITS[source.unit])
    return np.concatenate(taken)


def _details(source: Source, promise: Promise) -> dict[str, Any] | None:
    times = times_of(source, promise)
    if not len(times):
        return None
    breaches = source.figure("sla", promise.name, "breaches")
    return {
        "name": name(promise.name),
        "promised": promised(promise, source.unit),
        "label": _label(promise),
        "svg": _histogram(source, promise, times),
        "parts": _parts(source, promise),
        "breaches": count(breaches["mean"]) if breaches is not None else "",
        "median": duration(float(np.median(times)), source.unit),
        "p90": duration(float(np.quantile(times, 0.9)), source.unit),
    }


def _label(promise: Promise) -> str:
    return f"times-label-{promise.scope}-{promise.index}-{promise.kind}"


def _parts(source: Source, promise: Promise) -> list[dict[str, Any]]:
    """The largest parts of the time of the breaches."""
    table = source.bottlenecks.breach_time
    mine = table[(table["promise"] == promise.name) & (table["share"] >= LEAST)]
    return [
        {
            "cause": name(row["place"]) + ": " + known(f"cause.{row['cause']}"),
            "css": css(row["cause"]),
            "share": share(row["share"]),
        }
        for row in rows_of(mine.head(PARTS))
    ]


def _limit(source: Source, promise: Promise) -> float | None:
    assert promise.target is not None
    within = promise.target.within
    if not within.is_constant or within.has_distribution:
        return None
    return within.constant(source.unit) / UNITS[source.unit]


def _histogram(source: Source, promise: Promise, times: Floats) -> Markup:
    """How many took how long, with the promised time; the longest are put together at the end."""
    limit = _limit(source, promise)
    most = max(float(np.quantile(times, 0.99)), 1.6 * (limit or 0.0)) or 1.0
    counts, edges = np.histogram(np.minimum(times, most), bins=BINS, range=(0, most))
    wide, high, base = 520.0, 150.0, 118.0
    scale = (base - 14) / max(int(counts.max()), 1)
    step = (wide - 20) / BINS
    bars = [
        svg.box(
            10 + place * step,
            base - one * scale,
            step - 1,
            one * scale,
            "bar late" if limit is not None and edges[place] >= limit - 1e-9 else "bar",
        )
        for place, one in enumerate(counts.tolist())
    ]
    axis = [svg.line(10, base, wide - 10, base, "axis-line")]
    for tick, told in svg.time_ticks(most, source.unit):
        x = 10 + (wide - 20) * tick / most
        anchor = "start" if not tick else "end" if x > wide - 40 else "middle"
        axis.append(svg.words(x, base + 16, told, "axis", anchor))
    if limit is not None:
        x = 10 + (wide - 20) * limit / most
        axis += [
            svg.line(x, 2, x, base, "limit"),
            svg.words(x + 4, 12, promised_time(limit, source.unit), "axis"),
        ]
    return svg.chart(wide, high, *bars, *axis, label=_label(promise), kind="histogram")


def promised_time(limit: float, unit: str) -> Text:
    """What stands at the line of the promised time."""
    return say("promised time", time=duration(limit, unit))

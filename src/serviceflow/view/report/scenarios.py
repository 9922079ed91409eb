"""Scenarios: paired differences with their intervals, and cost against service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from serviceflow.view.report import svg
from serviceflow.view.report.answer import worst_promise
from serviceflow.view.report.source import Source, rows_of
from serviceflow.view.report.texts import Text, known, measured, name, say

WIDE, LEFT, ROW = 560.0, 170.0, 28.0
Scale = Callable[[float], float]
LESS_IS_BETTER = (
    *("flow_time", "waiting_time", "handoff_time", "cost", "penalty", "breaches", "queue_length"),
    *("work_in_progress", "gave_up", "refused", "overtime", "stockout_share", "blocked_time"),
)
MORE_IS_BETTER = ("attainment", "fill_rate", "flow_efficiency", "first_time_right", "throughput", "completed")


def scenarios(source: Source) -> dict[str, Any] | None:
    """What the section on scenarios shows; None without a comparison."""
    if source.comparison is None:
        return None
    blocks = [block for key in _keys(source) if (block := _block(source, *key)) is not None]
    return {
        "blocks": blocks,
        "descriptions": _descriptions(source),
        "plane": _plane(source),
        "paired": all(source.comparison.paired(one) for one in source.comparison.scenarios),
        "count": len(source.comparison.scenarios),
    }


def _descriptions(source: Source) -> list[tuple[Text, Text]]:
    own = source.chain.scenarios
    return [(name(one), name(own[one].description if one in own else "")) for one in source.names[1:]]


def _keys(source: Source) -> Iterator[tuple[str, str, str]]:
    """The figures by which scenarios are told apart first."""
    chain = source.chain.name
    yield "chain", chain, "flow_time"
    yield "chain", chain, "flow_time_p90"
    promise = worst_promise(source)
    if promise is not None:
        yield "sla", promise.name, "attainment"
    for measure in ("waiting_time", "handoff_time", "work_in_progress", "cost", "penalty"):
        yield "chain", chain, measure


def better(measure: str) -> int:
    """-1 where less of a measure is better, 1 where more is, 0 where neither."""
    base = measure.rpartition("_p")[0] or measure
    if measure in MORE_IS_BETTER:
        return 1
    return -1 if measure in LESS_IS_BETTER or base in LESS_IS_BETTER else 0


def _block(source: Source, scope: str, of: str, measure: str) -> dict[str, Any] | None:
    assert source.comparison is not None
    table = source.comparison.differences
    rows = table[(table["scope"] == scope) & (table["measure"] == measure)]
    rows = rows[(rows["name"] == of) | (scope == "chain")]
    rows = rows[np.isfinite(rows["difference"]) & ((rows["mean"] != 0) | (rows["baseline"] != 0))]
    if rows.empty:
        return None
    title = known(f"measure.{measure}") if scope == "chain" else name(of)
    label = f"difference-label-{measure}"
    return {
        "title": title,
        "label": label,
        "baseline": measured(rows["baseline"].iloc[0], rows["unit"].iloc[0], source.unit),
        "svg": _dots(source, rows, measure, label),
    }


def _dots(source: Source, rows: pd.DataFrame, measure: str, label: str) -> Markup:
    lows, highs = rows["simultaneous_low"], rows["simultaneous_high"]
    ends = np.nan_to_num(np.concatenate([rows["difference"], lows, highs, [0.0]]))
    low, high = float(ends.min()), float(ends.max())
    margin = 0.06 * (high - low) or 1.0
    low, high = low - margin, high + margin

    def at(value: float) -> float:
        return LEFT + (WIDE - LEFT - 110) * (value - low) / (high - low)

    height = ROW * len(rows) + 26
    inner = [
        svg.line(at(0.0), 2, at(0.0), height - 20, "zero"),
        svg.words(at(0.0), height - 6, say("no change"), "axis", "middle"),
    ]
    for place, row in enumerate(rows_of(rows)):
        inner += _difference(source, row, measure, ROW * place + ROW / 2, at)
    return svg.chart(WIDE, height, *inner, label=label, kind="differences")


def _difference(
    source: Source, row: dict[str, Any], measure: str, y: float, at: Callable[[float], float]
) -> Iterator[Markup]:
    low, high, value = row["simultaneous_low"], row["simultaneous_high"], row["difference"]
    kind = _kind(measure, low, high)
    yield svg.words(4, y + 4, svg.fitting(name(row["scenario"]), LEFT - 12), "label")
    if np.isfinite(low) and np.isfinite(high):
        yield svg.line(at(low), y, at(high), y, f"whisker {kind}")
    yield svg.dot(at(value), y, 5, f"point {kind}")
    yield svg.words(WIDE - 4, y + 4, signed(value, row["unit"], source.unit), f"value {kind}", "end")


def _kind(measure: str, low: float, high: float) -> str:
    """Whether it is better or worse beyond doubt."""
    direction = better(measure)
    if not direction or not (low > 0 or high < 0):
        return "unsure"
    return "better" if (low > 0) == (direction > 0) else "worse"


def signed(value: float, unit: str, time_unit: str) -> Text:
    """A difference with its sign; of shares in points."""
    sign = "+" if value > 0 else "−" if value < 0 else ""
    if unit == "share":
        return say("points", sign=sign, points=f"{abs(100 * value):.1f}")
    return Text(sign, sign) + measured(abs(value), unit, time_unit)


def _plane(source: Source) -> dict[str, Any] | None:
    """Cost against service: each scenario as a point."""
    promise = worst_promise(source)
    scope, of, measure = ("chain", source.chain.name, "flow_time")
    if promise is not None:
        scope, of, measure = ("sla", promise.name, "attainment")
    points = []
    for scenario, results in source.results.items():
        cost = source.figure("chain", results.chain.name, "cost", results)
        service = source.figure(scope, results.chain.name if scope == "chain" else of, measure, results)
        if cost is not None and service is not None and cost["mean"]:
            points.append((name(scenario), float(cost["mean"]), float(service["mean"]), service["unit"]))
    if len(points) < 2:
        return None
    title = name(of) if scope == "sla" else known(f"measure.{measure}")
    return {"svg": _plane_svg(source, points), "title": title}


def _plane_svg(source: Source, points: list[tuple[Text, float, float, str]]) -> Markup:
    wide, high, left, base = 620.0, 300.0, 78.0, 252.0
    costs, services = [one[1] for one in points], [one[2] for one in points]
    x_of, y_of = _axis(costs, left + 20, wide - 130), _axis(services, base - 20, 24)
    inner = [svg.line(left, base, wide - 20, base, "axis-line"), svg.line(left, 10, left, base, "axis-line")]
    for value in (min(costs), max(costs)):
        inner.append(
            svg.words(x_of(value), base + 18, measured(value, "money", source.unit), "axis", "middle")
        )
    for value in (min(services), max(services)):
        shown = measured(value, points[0][3], source.unit)
        inner.append(svg.words(left - 6, y_of(value) + 4, shown, "axis", "end"))
    inner.append(svg.words((left + wide) / 2, high - 10, say("cost of the window"), "axis", "middle"))
    placed: list[tuple[float, float]] = []
    for place, (title, cost, service, _) in enumerate(points):
        x, y = x_of(cost), y_of(service)
        while any(abs(y - other) < 14 and abs(x - beside) < 150 for beside, other in placed):
            y += 14
        placed.append((x, y))
        inner.append(svg.dot(x, y_of(service), 6, "point base" if place == 0 else "point other"))
        inner.append(svg.words(x + 10, y + 4, svg.fitting(title, wide - x - 14), "label"))
    return svg.chart(wide, high, *inner, label="plane-label", kind="plane")


def _axis(values: list[float], start: float, end: float) -> Scale:
    low, high = min(values), max(values)
    room = (high - low) or 1.0
    return lambda value: start + (end - start) * (value - low) / room

"""What a figure depends on: each input lower and higher as a tornado, or ranges with what they matter."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from serviceflow.analysis.designs import SOBOL, DesignedSensitivity
from serviceflow.analysis.sensitivity import Sensitivity
from serviceflow.units import UNITS
from serviceflow.view.report import svg
from serviceflow.view.report.scenarios import signed
from serviceflow.view.report.source import Source, rows_of
from serviceflow.view.report.texts import Text, figure, listed, measured, name, say, share, text

WIDE, LEFT, RIGHT, ROW = 760.0, 230.0, 96.0, 34.0
MOST = 20
"""Inputs that are drawn; the table has all."""
KINDS = ("duration of ", "arrivals of ")
Rows = list[dict[str, Any]]


def inputs_moved(source: Source) -> dict[str, Any] | None:
    """What the section on inputs shows; None where nothing was tried."""
    found = source.sensitivity
    if found is None or found.table.empty:
        return None
    return _by_ranges(found) if isinstance(found, DesignedSensitivity) else _one_by_one(found)


def _figure(objective: str, inside: bool = False) -> Text:
    """The figure that was asked for, in both languages."""
    measure, _, of = objective.partition(" of ")
    return figure(measure, of, inside)


def _input(told: object) -> Text:
    """An input in both languages: its kind in words, and the name that the model has."""
    for kind in KINDS:
        if str(told).startswith(kind):
            return say(f"input.{kind.split()[0]}", of=name(str(told)[len(kind) :]))
    return name(told)


@dataclass(frozen=True)
class _Unit:
    """The unit of the figure, as texts need it."""

    unit: str

    @property
    def time(self) -> str:
        return self.unit if self.unit in UNITS else ""

    def of(self, value: float) -> Text:
        return measured(value, self.unit, self.time)

    def change(self, value: float) -> Text:
        return signed(value, self.unit, self.time) if math.isfinite(value) else text("–")


# One at a time


def _one_by_one(found: Sensitivity) -> dict[str, Any]:
    unit, rows = _Unit(found.unit), rows_of(found.table)
    drawn = rows[:MOST]
    return {
        "told": list(_told(found, rows, unit)),
        "figure": _figure(found.objective),
        "by": share(found.by),
        "svg": _tornado(drawn, unit),
        "more": len(rows) - len(drawn),
        "heads": [say(f"sensitivity.{key}", by=share(found.by)) for key in ("lower", "higher", "elasticity")],
        "rows": [_row(row, unit) for row in rows],
        "legend": True,
        "lines": say("sensitivity.lines"),
    }


def _told(found: Sensitivity, rows: Rows, unit: _Unit) -> Iterator[Text]:
    yield say(
        "sensitivity.now",
        figure=_figure(found.objective),
        value=unit.of(found.value),
        by=share(found.by),
    )
    surely = [row for row in rows if _apart(row["ci_low"], row["ci_high"])]
    if not surely:
        yield say("sensitivity.none")
    else:
        yield say("sensitivity.most", input=_input(surely[0]["input"]), change=_percent(surely[0]))
        unsure = [_input(row["input"]) for row in rows if row not in surely]
        if unsure:
            yield say("sensitivity.unsure", inputs=_some(unsure))
    yield say("sensitivity.use")


def _some(inputs: list[Text]) -> Text:
    """A few of many, and how many more there are."""
    shown = inputs[:4]
    if len(inputs) > len(shown):
        shown = [*inputs[:3], say("more inputs", count=len(inputs) - 3)]
    return listed(shown)


def _apart(low: float, high: float) -> bool:
    return low > 0 or high < 0


def _percent(row: dict[str, Any]) -> Text:
    """By how many percent a figure moves with 1% more of an input, with the interval."""
    ends = [f"{_signed(row[end])}%" for end in ("elasticity", "ci_low", "ci_high")]
    return say("sensitivity.percent", value=ends[0], low=ends[1], high=ends[2])


def _signed(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{abs(value):.2f}"


def _row(row: dict[str, Any], unit: _Unit) -> dict[str, Any]:
    elasticity = _percent(row) if math.isfinite(row["elasticity"]) else text("–")
    values = [_with_ends(row, side, unit) for side in ("lower", "higher")]
    return {"input": _input(row["input"]), "values": [*values, elasticity]}


def _with_ends(row: dict[str, Any], side: str, unit: _Unit) -> Text:
    value, low, high = (row[f"{side}{end}"] for end in ("", "_low", "_high"))
    if not (math.isfinite(low) and math.isfinite(high)):
        return unit.change(value)
    return say("with ends", value=unit.change(value), low=unit.change(low), high=unit.change(high))


def _tornado(rows: Rows, unit: _Unit) -> Markup:
    """A bar to either side for each input, with its paired interval."""
    names = [f"{side}{end}" for side in ("lower", "higher") for end in ("", "_low", "_high")]
    most = (
        max((abs(row[one]) for row in rows for one in names if math.isfinite(row[one])), default=0.0) or 1.0
    )
    zero, high = (LEFT + WIDE - RIGHT) / 2, ROW * len(rows) + 26
    scale = (WIDE - RIGHT - LEFT) / 2 / most

    def at(value: float) -> float:
        return zero + scale * value

    inner: list[Markup] = []
    for place, row in enumerate(rows):
        y = ROW * place + 5
        inner.append(svg.words(4, y + 15, svg.fitting(_input(row["input"]), LEFT - 12), "label"))
        for side, kind, top in (("lower", "less", y), ("higher", "more", y + 12)):
            inner += _bar(at, zero, top, row, side, kind)
        inner.append(svg.words(WIDE - 4, y + 15, unit.of(row["swing"]), "value", "end"))
    inner.append(svg.line(zero, 0, zero, high - 20, "zero"))
    inner.append(svg.words(zero, high - 6, say("no change"), "axis", "middle"))
    inner.append(svg.words(WIDE - 4, high - 6, say("sensitivity.swing"), "axis", "end"))
    return svg.chart(WIDE, high, *inner, label="sensitivity-label", kind="tornado")


def _bar(at: Any, zero: float, top: float, row: dict[str, Any], side: str, kind: str) -> Iterator[Markup]:
    value, low, high = (row[f"{side}{end}"] for end in ("", "_low", "_high"))
    if not math.isfinite(value):
        return
    end = at(value)
    yield svg.box(min(zero, end), top, abs(end - zero), 11, f"bar {kind}")
    if math.isfinite(low) and math.isfinite(high):
        yield svg.line(at(low), top + 5.5, at(high), top + 5.5, "ends")


# All at once


def _by_ranges(found: DesignedSensitivity) -> dict[str, Any]:
    unit, rows = _Unit(found.unit), rows_of(found.table)
    sobol = found.design == SOBOL
    columns = ("total_order", "first_order") if sobol else ("rank_correlation",)
    values = found.runs["figure"]
    key = "sensitivity.sobol" if sobol else "sensitivity.latin"
    figure_ = _figure(found.objective, inside=True)
    least, most = unit.of(values.min()), unit.of(values.max())
    told = say(key, figure=figure_, low=least, high=most, count=len(found.runs))
    shown = [row for row in rows if math.isfinite(row[columns[0]])][:MOST]
    return {
        "told": [told, say("sensitivity.use")],
        "figure": _figure(found.objective),
        "by": None,
        "svg": _bars(shown, columns),
        "more": len(rows) - len(shown),
        "heads": [say("sensitivity.range"), *(say(f"sensitivity.{one}") for one in columns)],
        "rows": [_ranged(row, columns) for row in rows],
        "legend": False,
        "lines": say("sensitivity.bootstrap"),
    }


def _ranged(row: dict[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    span = say("span", low=f"× {row['low']:.3g}", high=f"× {row['high']:.3g}", unit="")
    values = [
        say(
            "with ends",
            value=_index(row[one]),
            low=_index(row[f"{one}_low"]),
            high=_index(row[f"{one}_high"]),
        )
        for one in columns
    ]
    return {"input": _input(row["input"]), "values": [span, *values]}


def _index(value: float) -> str:
    return f"{value:.2f}".replace("-", "−") if math.isfinite(value) else "–"


def _bars(rows: Rows, columns: tuple[str, ...]) -> Markup:
    """One bar for each input, from 0, with its bootstrap interval."""
    main = columns[0]
    ends = [row[f"{main}{end}"] for row in rows for end in ("", "_low", "_high")]
    least = min([0.0, *(one for one in ends if math.isfinite(one))])
    most = max([1e-9, *(one for one in ends if math.isfinite(one))])
    scale = (WIDE - RIGHT - LEFT) / (most - least)
    zero, high = LEFT - scale * least, ROW * len(rows) + 6
    inner = [svg.line(zero, 0, zero, high - 4, "zero")]
    for place, row in enumerate(rows):
        y = ROW * place + 5
        inner.append(svg.words(4, y + 15, svg.fitting(_input(row["input"]), LEFT - 12), "label"))
        inner += _bar(lambda value: zero + scale * value, zero, y + 5, row, main, "more")
        inner.append(svg.words(WIDE - 4, y + 15, _index(row[main]), "value", "end"))
    return svg.chart(WIDE, high, *inner, label="sensitivity-label", kind="tornado")

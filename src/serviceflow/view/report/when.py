"""When requests wait: the hours of the week, with the staff on duty outlined."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from serviceflow.analysis.columns import NOBODY
from serviceflow.analysis.waits import wait_totals
from serviceflow.results.results import Results
from serviceflow.units import UNITS
from serviceflow.view.report import svg
from serviceflow.view.report.source import Source
from serviceflow.view.report.texts import Text, known, name, number, say

Week = NDArray[np.float64]
LEFT, TOP, CELL, HIGH = 56.0, 24.0, 30.0, 26.0
STEPS = 7
"""Steps of the scale of the heat map, the first for nothing."""
MOST = 40
"""Providers whose week is in the file."""


def week_of_waiting(results: Results, weeks: float) -> dict[tuple[str, str], Week]:
    """Hours waited in a week by who arrived in each of its 168 hours, by provider and cause."""
    totals = wait_totals(results, ("provider", "cause", "weekday", "hour"))
    found: dict[tuple[str, str], Week] = {}
    means = totals.ticks.mean(axis=0) / UNITS["h"] / weeks
    for (provider, cause, weekday, hour), value in zip(totals.keys, means.tolist(), strict=True):
        if weekday != NOBODY:
            week = found.setdefault((str(provider), str(cause)), np.zeros(168))
            week[24 * int(weekday) + int(hour)] += value
    return found


def staff_of(results: Results) -> dict[str, Week]:
    """The mean number on duty in each hour of the week, by provider."""
    plans = results.runs.program.providers
    return {plan.name: results._busy_and_on_duty(plan.index)[1] for plan in plans[:MOST]}


def when(source: Source) -> dict[str, Any]:
    """The heat map of all waiting; scripts show it by provider and cause."""
    found = week_of_waiting(source.main, source.weeks)
    whole: Week = np.sum(list(found.values()), axis=0) if found else np.zeros(168)
    staff = staff_of(source.main)
    worst = next(iter(source.bottlenecks.table["provider"]), None)
    outlined = staff.get(worst) if worst is not None else None
    return {
        "svg": heat(whole, outlined, "heat-label") if whole.any() else None,
        "worst": name(worst) if outlined is not None else None,
        "legend": legend(whole),
        "told": most_waited(whole),
        "data": _data(found, staff),
        "providers": [name(one) for one in staff if any(key[0] == one for key in found)],
    }


def _data(found: dict[tuple[str, str], Week], staff: dict[str, Week]) -> dict[str, Any]:
    ranked = sorted(found, key=lambda key: -found[key].sum())
    kept = [key for key in ranked if key[0] in staff or key[0] == NOBODY]
    return {
        "weeks": [[*key, [float(f"{value:.4g}") for value in found[key]]] for key in kept],
        "staff": {one: [round(float(value), 3) for value in week] for one, week in staff.items()},
    }


def scale(most: float) -> list[float]:
    """The bounds of the steps of the heat map."""
    return [float(f"{most * part:.2g}") for part in (0.0, 0.04, 0.12, 0.25, 0.45, 0.7)]


def heat(week: Week, staff: Week | None, label: str) -> Markup:
    """The hours of the week, darker where more is waited."""
    bounds = scale(float(week.max()))
    cells = Markup("").join([*_axes(), *_cells(week, bounds)])
    outline = Markup("") if staff is None else Markup("").join(_outline(staff))
    return svg.chart(LEFT + 24 * CELL + 4, TOP + 7 * HIGH + 4, cells, outline, label=label, kind="heat")


def _axes() -> Iterator[Markup]:
    for hour in range(0, 24, 2):
        yield svg.words(LEFT + hour * CELL + 1, TOP - 8, f"{hour:02d}:00", "axis")
    for day in range(7):
        yield svg.words(LEFT - 8, TOP + day * HIGH + 17, known(f"weekday.{day}"), "axis", "end")


def _cells(week: Week, bounds: list[float]) -> Iterator[Markup]:
    for cell, value in enumerate(week.tolist()):
        day, hour = divmod(cell, 24)
        step = sum(value > bound for bound in bounds)
        told = say("heat.cell", day=known(f"weekday.{day}"), hour=f"{hour:02d}:00", hours=number(value))
        yield svg.tag(
            "rect",
            svg.hint(told),
            x=LEFT + hour * CELL,
            y=TOP + day * HIGH,
            width=CELL - 1,
            height=HIGH - 1,
            class_=f"heat-{step}",
            data_cell=cell,
        )


def _outline(staff: Week) -> Iterator[Markup]:
    """Lines around the hours in which somebody is on duty."""
    on_duty = (staff > 0.02).reshape(7, 24)
    for day in range(7):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], on_duty[day], [False]]).astype(int)))
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            yield svg.box(
                LEFT + start * CELL, TOP + day * HIGH, (end - start) * CELL - 1, HIGH - 1, "duty", rx=2
            )


def legend(week: Week) -> list[tuple[int, Text]]:
    """Steps of the scale with what they mean."""
    most = float(week.max()) if week.size else 0.0
    bounds = scale(most)
    return [(0, say("heat.none"))] + [
        (step, say("heat.above", hours=number(bound)) if bound else say("heat.some"))
        for step, bound in enumerate(bounds, start=1)
    ]


def most_waited(week: Week) -> Text:
    """The hour of the week in which most is waited, in words."""
    if not week.any():
        return say("heat.nothing")
    day, hour = divmod(int(week.argmax()), 24)
    return say(
        "heat.told",
        day=known(f"weekday.long.{day}"),
        hour=f"{hour:02d}:00",
        until=f"{(hour + 1) % 24:02d}:00",
    )

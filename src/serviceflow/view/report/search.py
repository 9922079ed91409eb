"""What staff cost and how good their service is: the designs that a search found, and the best of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from markupsafe import Markup

from serviceflow.analysis.search.finding import Search
from serviceflow.analysis.search.points import Point
from serviceflow.analysis.selecting import Limit
from serviceflow.results.measures import unit_of
from serviceflow.results.naming import FigureName
from serviceflow.view.report import svg
from serviceflow.view.report.source import Source
from serviceflow.view.report.texts import (
    Text,
    figure,
    known,
    listed,
    measured,
    name,
    number,
    say,
    share,
    text,
)

WIDE, HIGH, LEFT, BASE = 700.0, 320.0, 84.0, 268.0
Scale = Callable[[float], float]


def staff_found(source: Source) -> dict[str, Any] | None:
    """What the section on staff shows; None where nothing was searched."""
    found = source.search
    if found is None or not found.points:
        return None
    return {
        "told": list(_told(found)),
        "guarantee": name(found.choice.guarantee) if found.choice is not None else None,
        "service": _title(found),
        "unit": _unit(found),
        "svg": _frontier(found),
        "lines": say("search.lines" if found.most is None else "search.lines_most"),
        "rows": [_row(found, point) for point in found.points],
        "scenario": found.scenario_text() if found.best is not None and found.best.changes else None,
    }


def _told(found: Search) -> Iterator[Text]:
    if found.set_aside:
        yield say("search.set_aside", limits=listed([_limit(one, found) for one in found.set_aside]))
    yield _answer(found)
    if found.proven and found.best is not None:
        yield say("search.proven")
    elif found.ended in ("budget", "interrupt"):
        yield say(f"search.{found.ended}")
    elif found.best is not None:
        yield say("search.unproven")
    if found.contradictions:
        yield say("search.contradictions", count=found.contradictions)
    yield say("search.runs", designs=f"{found.designs:,}", replications=f"{found.replications:,}")


def _answer(found: Search) -> Text:
    best = found.best
    if best is None:
        return say("search.nothing")
    words = {"price": _price(found, best), "beside": _beside(found, best), "staff": _staff(found, best)}
    if found.most is None:
        limits = listed([_limit(one, found) for one in found.limits])
        return say("search.cheapest", limits=limits, **words)
    word = say("search.largest" if found.service.sign > 0 else "search.smallest")
    return say("search.best", word=word, figure=_inside(found), most=number(found.most), **words)


def _price(found: Search, point: Point) -> Text:
    return say("search.price", price=f"{point.price:,.0f}", unit=_unit(found), length=name(found.length))


def _inside(found: Search) -> Text:
    """The figure that is best, inside a sentence."""
    single = found.service.single
    return figure(single[2], _whose(single), inside=True) if single else say("search.margin")


def _unit(found: Search) -> Text:
    return known(f"search.{found.staffing.unit}", found.staffing.unit)


def _beside(found: Search, point: Point) -> Text:
    today = found.staffing.price(found.staffing.today)
    change = point.price / today - 1 if today else 0.0
    if abs(change) < 5e-4:
        return say("search.as_today")
    return say("search.dearer" if change > 0 else "search.cheaper", share=share(abs(change)))


def _staff(found: Search, point: Point) -> Text:
    """How many there are in each slot, and how many there are today where that is another number."""
    parts = []
    for slot, count in zip(found.staffing.slots, point.design, strict=True):
        key = "search.slot" if count == slot.today else "search.slot_changed"
        parts.append(say(key, slot=name(slot.name), count=count, today=slot.today))
    return text(listed(parts))


def _limit(limit: Limit, found: Search) -> Text:
    _, of, measure = limit.figure
    bound = _told_as(limit.figure, limit.bound, found)
    if measure == "attainment":
        return say("search.kept", of=name(of), bound=bound)
    key = "search.at_least" if limit.sign > 0 else "search.at_most"
    return say(key, figure=figure(measure, _whose(limit.figure), inside=True), bound=bound)


def _whose(asked: FigureName) -> str:
    return "" if asked[0] == "chain" else asked[1]


def _told_as(asked: FigureName, value: float, found: Search) -> Text:
    return measured(value, unit_of(asked[2], asked[0], found.time_unit), found.time_unit)


def _title(found: Search) -> Text:
    single = found.service.single
    return figure(single[2], _whose(single)) if single else say("search.margin")


def _served(found: Search, value: float) -> Text:
    """A value of service: of the one figure, or by how many points what is kept least is kept."""
    if not math.isfinite(value):
        return text("–")
    if found.service.single is not None:
        return _told_as(found.service.single, value, found)
    return say(
        "points", sign="+" if value > 0 else "−" if value < 0 else "", points=f"{abs(100 * value):.1f}"
    )


def _row(found: Search, point: Point) -> dict[str, Any]:
    value, low, high = point.service
    ends = say("span", low=_served(found, low), high=_served(found, high), unit="")
    told = math.isfinite(low) and math.isfinite(high)
    return {
        "status": say(f"search.is_{point.status}") if point.status else None,
        "kind": "kept" if point.keeps else "broken",
        "keeps": say("search.keeps" if point.keeps else "search.keeps_not"),
        "price": text(f"{point.price:,.0f}"),
        "service": _served(found, value),
        "ends": ends if told else text(""),
        "staff": _staff(found, point),
    }


# The chart


def _frontier(found: Search) -> Markup:
    """Designs by what they cost and how good they are; a dashed line for what must be kept."""
    prices = [point.price for point in found.points]
    bound = _bound(found)
    ends = [one for point in found.points for one in point.service if math.isfinite(one)]
    x_of = _axis(prices, LEFT + 24, WIDE - 120)
    y_of = _axis([*ends, *([] if bound is None else [bound])], BASE - 14, 20)
    inner = [svg.line(LEFT, BASE, WIDE - 10, BASE, "axis-line"), svg.line(LEFT, 8, LEFT, BASE, "axis-line")]
    inner += _scales(found, prices, ends, x_of, y_of)
    if bound is not None:
        inner.append(svg.line(LEFT, y_of(bound), WIDE - 10, y_of(bound), "limit"))
    if found.most is not None and min(prices) <= found.most <= max(prices):
        inner.append(svg.line(x_of(found.most), 8, x_of(found.most), BASE, "limit"))
    front = [point for point in found.points if point.status != "today"]
    inner.append(svg.path([(x_of(one.price), y_of(one.service[0])) for one in front], "front"))
    for point in found.points:
        inner += _dot(point, x_of(point.price), y_of)
    return svg.chart(WIDE, HIGH, *inner, label="search-label", kind="plane")


def _bound(found: Search) -> float | None:
    if found.most is not None:
        return None
    return found.limits[0].bound if found.service.single is not None else 0.0


def _scales(
    found: Search, prices: Sequence[float], ends: Sequence[float], x_of: Scale, y_of: Scale
) -> Iterator[Markup]:
    for value in sorted({min(prices), max(prices)}):
        yield svg.words(x_of(value), BASE + 18, f"{value:,.0f}", "axis", "middle")
    for value in sorted({min(ends), max(ends)}):
        yield svg.words(LEFT - 6, y_of(value) + 4, _served(found, value), "axis", "end")
    cost = say("search.cost", unit=_unit(found), length=name(found.length))
    yield svg.words((LEFT + WIDE) / 2, HIGH - 12, cost, "axis", "middle")


def _dot(point: Point, x: float, y_of: Scale) -> Iterator[Markup]:
    value, low, high = point.service
    kind = "kept" if point.keeps else "broken"
    if math.isfinite(low) and math.isfinite(high):
        yield svg.line(x, y_of(low), x, y_of(high), f"whisker {kind}")
    yield svg.dot(x, y_of(value), 7 if point.status else 5, f"point {kind}")
    if point.status:
        top = max([value, *(one for one in (low, high) if math.isfinite(one))], key=lambda one: -y_of(one))
        yield svg.words(x, y_of(top) - 9, say(f"search.is_{point.status}"), "label", "middle")


def _axis(values: Sequence[float], start: float, end: float) -> Scale:
    low, high = min(values), max(values)
    room = (high - low) or 1.0
    return lambda value: start + (end - start) * (value - low) / room

"""Where the time goes: lost time as a flame graph, by consumer, place and cause, and as a table beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from serviceflow.units import UNITS
from serviceflow.view.report import svg
from serviceflow.view.report.source import Source, rows_of
from serviceflow.view.report.texts import Text, duration, interval, known, name, say, share

WIDE, ROW = 1000.0, 30.0
BOLD_LETTER = 7.3
"""Width of a letter in a frame, in points."""
LEAST = 0.0015
"""Share of all lost time below which a frame is too thin to be drawn."""
SHOWN = 14
"""Rows of the table beside the graph; all of them are among the tables."""


@dataclass
class Frame:
    """A part of the lost time, and what it consists of.

    Attributes
    ----------
    title : Text
    path : tuple of str
        Consumer, place and cause, as far as they are given.
    scope, cause : str
        Of the place, and why.
    total : float
        Time per week, in the chain's unit.
    before : float or None
        The same without the scenario's changes.
    """

    title: Text
    path: tuple[str, ...]
    scope: str = ""
    cause: str = ""
    total: float = 0.0
    before: float | None = None
    inner: dict[str, Frame] = field(default_factory=dict)


def lost_per_week(source: Source, scenario: str) -> pd.DataFrame:
    """Lost time by consumer, place and cause with its total per week, over all completed requests."""
    table, results = source.lost[scenario], source.results[scenario]
    names = [plan.name for plan in results.runs.program.consumers]
    done = dict(zip(names, results.mean("consumer", "completed"), strict=True))
    completed = table["consumer"].map(done).astype(float)
    table = table.assign(week=(table["mean"].astype(float) * completed / source.weeks).fillna(0.0))
    keys = ["consumer", "scope", "place", "cause"]
    return (
        table.groupby(keys, sort=False)["week"]
        .sum()
        .reset_index()
        .sort_values("week", ascending=False, kind="stable")
    )


def tree(source: Source, scenario: str, before: str | None = None) -> Frame:
    """The frames of a scenario; with what they were before, if it is compared."""
    root = Frame(say("flame.all"), ())
    for row in rows_of(lost_per_week(source, scenario)):
        for frame in _along(root, row):
            frame.total += float(row["week"])
    if before is not None:
        for row in rows_of(lost_per_week(source, before)):
            for frame in _along(root, row):
                frame.before = (frame.before or 0.0) + float(row["week"])
    return root


def _along(root: Frame, row: dict[str, Any]) -> Iterator[Frame]:
    """The frames that a row is part of; they are made where they are missing."""
    yield root
    consumer, place = str(row["consumer"]), f"{row['scope']}: {row['place']}"
    one = root.inner.setdefault(consumer, Frame(name(consumer), (consumer,)))
    yield one
    title = say("on the way", link=name(row["place"])) if row["scope"] == "link" else name(row["place"])
    two = one.inner.setdefault(place, Frame(title, (consumer, str(row["place"])), str(row["scope"])))
    yield two
    cause = str(row["cause"])
    path = (consumer, str(row["place"]), cause)
    yield two.inner.setdefault(cause, Frame(known(f"cause.{cause}"), path, str(row["scope"]), cause))


def flames(source: Source) -> list[dict[str, Any]]:
    """The graph of what is reported on, and one for each scenario, against it."""
    first = source.names[0]
    found = [_flame(source, first, tree(source, first), 0)]
    for place, scenario in enumerate(source.names[1:], start=1):
        found.append(_flame(source, scenario, tree(source, scenario, first), place))
    return found


def _flame(source: Source, scenario: str, root: Frame, place: int) -> dict[str, Any]:
    label = f"flame-label-{place}"
    return {
        "scenario": name(scenario),
        "index": place,
        "label": label,
        "title": _title(source, scenario, root),
        "svg": _drawing(source, root, label, per=_requests(source, scenario)),
        "empty": root.total <= 0,
        "legend": [(cause, known(f"cause.{cause}")) for cause in _causes(root)],
        "differential": root.before is not None,
    }


def _requests(source: Source, scenario: str) -> float:
    """Completed requests of consumers in a week."""
    done = source.results[scenario].mean("chain", "completed")
    return float(np.nan_to_num(done).sum()) / source.weeks


def _title(source: Source, scenario: str, root: Frame) -> Text:
    key = "flame.title" if root.before is None else "flame.title.against"
    return say(
        key,
        scenario=name(scenario),
        baseline=name(source.names[0]),
        total=hours(root.total, source.unit),
        before=hours(root.before or 0.0, source.unit),
    )


def hours(value: float, unit: str) -> Text:
    """A sum of time in hours."""
    total = value * UNITS[unit] / UNITS["h"]
    return say("hours", hours=f"{total:,.0f}" if abs(total) >= 10 else f"{total:.2g}")


def _causes(root: Frame) -> list[str]:
    sums: dict[str, float] = {}
    for consumer in root.inner.values():
        for place in consumer.inner.values():
            for frame in place.inner.values():
                sums[frame.cause] = sums.get(frame.cause, 0.0) + frame.total
    return [cause for cause in sorted(sums, key=lambda cause: -sums[cause]) if sums[cause] > 0]


def _drawing(source: Source, root: Frame, label: str, per: float) -> Markup:
    if root.total <= 0:
        return Markup("")
    frames = Markup("").join(_frames(source, root, root, 0, 0.0, per))
    return svg.chart(WIDE, 4 * ROW + 2, frames, label=label, kind="flame")


def _frames(source: Source, root: Frame, frame: Frame, depth: int, x: float, per: float) -> Iterator[Markup]:
    wide = WIDE * frame.total / root.total
    yield _frame(source, root, frame, depth, x, wide, per)
    for inner in sorted(frame.inner.values(), key=lambda one: -one.total):
        if inner.total > LEAST * root.total:
            yield from _frames(source, root, inner, depth + 1, x, per)
        x += WIDE * inner.total / root.total


def _frame(
    source: Source, root: Frame, frame: Frame, depth: int, x: float, wide: float, per: float
) -> Markup:
    told = _told(source, root, frame, per)
    kind = _look(root, frame)
    room = wide - 8
    said = frame.title if depth else told
    return svg.tag(
        "g",
        svg.hint(told),
        svg.box(x + 0.5, depth * ROW + 1, wide - 1, ROW - 2, f"frame {kind}", rx=2.5),
        svg.words(x + 5, depth * ROW + 19.5, svg.fitting(said, room, BOLD_LETTER), "frame-text"),
        class_="frame-group",
        data_path="\t".join(name(part).en for part in frame.path),
        data_depth=depth,
        data_en=told.en,
        data_zh=told.zh,
    )


def _look(root: Frame, frame: Frame) -> str:
    """By cause; or better and worse, against another scenario."""
    if root.before is None:
        return f"cause-{css(frame.cause)}" if frame.cause else f"level-{len(frame.path)}"
    change = frame.total - (frame.before or 0.0)
    if abs(change) < 0.005 * max(root.before, root.total):
        return "same"
    strong = abs(change) >= 0.25 * max(frame.total, frame.before or 0.0)
    return f"{'worse' if change > 0 else 'better'}{'-much' if strong else ''}"


def css(cause: str) -> str:
    """The name of a cause as a class of the style sheet."""
    return cause.replace("paused: ", "paused-").replace("_", "-")


def _told(source: Source, root: Frame, frame: Frame, per: float) -> Text:
    """What a frame is, as one reads it when one points at it."""
    titles = [name(part) for part in frame.path[:2]]
    if frame.cause:
        titles.append(known(f"cause.{frame.cause}"))
    head = " › ".join(one.en for one in titles), " › ".join(one.zh for one in titles)
    title = Text(*head) if titles else frame.title
    facts = say(
        "flame.frame",
        title=title,
        hours=hours(frame.total, source.unit),
        share=share(frame.total / root.total),
        each=duration(frame.total / per, source.unit) if per else "",
    )
    if root.before is None:
        return facts
    return facts + say("flame.before", before=hours(frame.before or 0.0, source.unit))


def lost_rows(source: Source, scenario: str) -> list[dict[str, Any]]:
    """The rows of the table beside the graph: per request of a consumer, by place and cause."""
    table = source.lost[scenario]
    keys = ["consumer", "scope", "place", "service", "cause"]
    rows = table.sort_values("share", ascending=False, kind="stable").head(SHOWN)
    return [
        {
            "path": [name(row[key]).en for key in ("consumer", "place", "cause")],
            "consumer": name(row["consumer"]),
            "place": name(row["place"]),
            "scope": known(f"scope.{row['scope']}"),
            "service": name(row["service"]),
            "cause": known(f"cause.{row['cause']}"),
            "css": css(str(row["cause"])),
            "mean": duration(row["mean"], source.unit),
            "ends": interval(row["ci_low"], row["ci_high"], source.unit, source.unit),
            "share": share(row["share"]),
            "sort": (float(row["mean"]), float(row["share"])),
        }
        for row in rows_of(rows[[*keys, "mean", "ci_low", "ci_high", "share"]])
    ]

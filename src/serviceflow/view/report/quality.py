"""Service quality: what is said beside what is kept, needs, complaints, and the ranking of departments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from markupsafe import Markup

from serviceflow.quality.complaints import complaint_differences, complaint_table
from serviceflow.quality.joined import BROKEN, GAP, KEPT, NO_GAP, VERDICTS, promises_and_gaps
from serviceflow.quality.needs import GAPS, need_table
from serviceflow.quality.scorecards import MIX, ranking
from serviceflow.view.report import svg
from serviceflow.view.report.source import Source, rows_of
from serviceflow.view.report.texts import (
    NOTHING,
    Text,
    count,
    interval,
    known,
    name,
    number,
    say,
    share,
    text,
)

WIDE, LEFT, ROW = 760.0, 300.0, 28.0
PILLS = {
    VERDICTS[BROKEN, GAP]: ("mend", "broken"),
    VERDICTS[KEPT, GAP]: ("talk", "unsure"),
    VERDICTS[BROKEN, NO_GAP]: ("loosen", "unsure"),
    VERDICTS[KEPT, NO_GAP]: ("leave", "kept"),
    "a gap, and no promise: agree on one": ("agree", "unsure"),
}
"""What is said of a link, to its word and its color."""


def quality(source: Source) -> dict[str, Any] | None:
    """What the section shows; None where there is no survey, and no complaints or needs are modeled."""
    links = _links(source)
    found = {
        "links": links,
        "svg": _chart(links) if any(np.isfinite(one["value"]) for one in links) else None,
        "pairs": source.survey is not None and source.survey.has_pairs,
        "respondents": 0 if source.survey is None else source.survey._answers.sheets["respondent"].nunique(),
        "complaints": _complaints(source),
        "changes": _changes(source),
        "needs": _needs(source),
    }
    if not any(found[part] for part in ("links", "complaints", "needs")):
        return None
    return found | {"stars": _stars(source)}


def _links(source: Source) -> list[dict[str, Any]]:
    """Each link with answers: the promise that is furthest from being kept, and what is said."""
    if source.survey is None:
        return []
    table = promises_and_gaps(source.main, source.survey)
    return [_link(row) for row in rows_of(table) if row["respondents"] or np.isfinite(row["measured"])]


def _link(row: dict[str, Any]) -> dict[str, Any]:
    word, state = PILLS.get(row["verdict"], ("open", "unsure"))
    kept, value = row["simulated"], row["measured"]
    return {
        "name": name(row["link"]),
        "promise": name(row["promise"]) if row["promise"] else say("quality.none"),
        "kept": share(kept) if np.isfinite(kept) else text(NOTHING),
        "kept ends": interval(row["simulated_low"], row["simulated_high"], "share", ""),
        "value": float(value),
        "low": float(row["measured_low"]),
        "high": float(row["measured_high"]),
        "said": text(f"{value:.2f}".replace("-", "\u2212")) if np.isfinite(value) else text(NOTHING),
        "said ends": interval(row["measured_low"], row["measured_high"], "", "none"),
        "respondents": int(row["respondents"]),
        "state": state,
        "verdict": say(f"quality.{word}"),
    }


def _chart(links: list[dict[str, Any]]) -> Markup:
    """What is said of each link, with its interval, worst first."""
    drawn = sorted((one for one in links if np.isfinite(one["value"])), key=lambda one: one["value"])
    ends = np.nan_to_num([one[key] for one in drawn for key in ("value", "low", "high")])
    low, high = min(float(ends.min()), 0.0), max(float(ends.max()), 0.0)
    margin = 0.05 * (high - low) or 1.0
    low, high = low - margin, high + margin
    height = ROW * len(drawn) + 26

    def at(value: float) -> float:
        return LEFT + (WIDE - LEFT - 60) * (value - low) / (high - low)

    inner = [
        svg.line(at(0.0), 2, at(0.0), height - 20, "zero"),
        svg.words(at(0.0), height - 6, "0", "axis", "middle"),
    ]
    for place, one in enumerate(drawn):
        inner += _dot(one, ROW * place + ROW / 2, at)
    return svg.chart(WIDE, height, *inner, label="quality-label", kind="promises")


def _dot(one: dict[str, Any], y: float, at: Any) -> Iterator[Markup]:
    kind = one["state"]
    yield svg.words(4, y + 4, svg.fitting(one["name"], LEFT - 12), "label")
    if np.isfinite(one["low"]) and np.isfinite(one["high"]):
        yield svg.line(at(one["low"]), y, at(one["high"]), y, f"whisker {kind}")
    yield svg.dot(at(one["value"]), y, 5, f"point {kind}")
    yield svg.words(WIDE - 4, y + 4, one["said"], f"value {kind}", "end")


def _complaints(source: Source) -> list[dict[str, Any]]:
    return [
        {
            "name": name(row["name"]),
            "count": count(row["complaints"]),
            "share": share(row["share"]) if np.isfinite(row["share"]) else text(NOTHING),
            "ends": interval(row["ci_low"], row["ci_high"], "share", ""),
            "cost": number(row["cost"]) if row["cost"] else text(NOTHING),
        }
        for row in rows_of(complaint_table(source.main))
    ]


def _changes(source: Source) -> list[dict[str, Any]]:
    """What each scenario does to the share of complaints."""
    if source.comparison is None:
        return []
    return [
        {
            "scenario": name(row["scenario"]),
            "name": name(row["name"]),
            "baseline": share(row["baseline"]),
            "share": share(row["share"]),
            "difference": _points(row["difference"]),
            "ends": _between(row["ci_low"], row["ci_high"]),
        }
        for row in rows_of(complaint_differences(source.comparison))
        if np.isfinite(row["difference"])
    ]


def _points(value: float) -> Text:
    return text(f"{100 * value:+.2g}".replace("-", "\u2212"))


def _between(low: float, high: float) -> Text:
    if not (np.isfinite(low) and np.isfinite(high)):
        return text("")
    return say("span", low=_points(low), high=_points(high), unit="")


def _needs(source: Source) -> list[dict[str, Any]]:
    if not source.full:
        return []
    return [
        {
            "name": name(row["link"]),
            "need": name(row["need"]),
            "agreement": name(row["agreement"]) if row["agreement"] else say("quality.none"),
            "simulated": share(row["simulated"]) if np.isfinite(row["simulated"]) else text(NOTHING),
            "needed": share(row["needed"]),
            "widest": known(f"quality.gap.{_number_of(row['widest'])}", row["widest"]),
        }
        for row in rows_of(need_table(source.main))
    ]


def _number_of(gap: str) -> int:
    return GAPS.index(gap) if gap in GAPS else -1


def _stars(source: Source) -> list[dict[str, Any]]:
    return [
        {
            "rank": int(row["rank"]),
            "name": name(row["department"]),
            "kept": share(row["kept"]),
            "ends": interval(row["kept_low"], row["kept_high"], "share", ""),
            "note": say("quality.mix") if row["note"] == MIX else text(""),
        }
        for row in rows_of(ranking(source.main))
        if np.isfinite(row["kept"])
    ]

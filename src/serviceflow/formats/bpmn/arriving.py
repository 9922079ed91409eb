"""Arrivals within opening hours, as simulators of the Prosimos family and BIMP have them."""

from __future__ import annotations

import math
from typing import Any

from serviceflow.errors import ServiceflowError
from serviceflow.formats.bpmn.distributions import Drawn
from serviceflow.formats.bpmn.durations import number_text, seconds_text
from serviceflow.formats.bpmn.names import Names
from serviceflow.formats.bpmn.parameters import Parameters
from serviceflow.formats.bpmn.report import APPROXIMATED, EXACT, Decisions
from serviceflow.formats.bpmn.weekly import DAY, WEEK, Hours, by_days, clock, merged
from serviceflow.model.expressions import Distribution, expression

MOST_VARIED = 4.0
MOST_INSTANTS = 5_000
"""Instants of a week that are written out."""


def arrivals(
    drawn: Drawn, hours: Hours | None, name: str, id: str, found: Parameters, decisions: Decisions
) -> list[dict[str, Any]]:
    """Arrivals by intervals that run on while it is closed.

    Who would come in closed time comes at the next opening, so every block of open time begins with an
    arrival, and the intervals begin anew there. Exponential intervals are a profile with one arrival at every
    opening, constant ones that fill the blocks are intervals in open time, and others instants of the week.
    """
    if hours is None or hours.is_always or not hours.spans:
        return [{"every": drawn.text}]
    if drawn.mean is None or drawn.mean <= 0:
        return [{"every": drawn.text}]
    if "(" not in drawn.text:
        return _constant(drawn, hours, name, id, found, decisions)
    if drawn.text.startswith("exponential(") and "+" not in drawn.text:
        rate = f"{number_text(3600 / drawn.mean)} per hour"
        profile = by_days([(start, end, rate) for start, end in merged(hours.spans)], dict)
        message = "requests come at random while it is open, and one at every opening"
        decisions.note(EXACT, name, id, "arrivals", message)
        return [{"profile": profile}, {"at": _openings(hours), "called": "at opening"}]
    message = (
        "intervals go on at the opening where they stopped at the closing, rather than begin anew; they are"
        " so much shorter that as many come"
    )
    decisions.note(APPROXIMATED, name, id, "arrivals", message)
    factor = number_text(_shortened(drawn, hours))
    return [_in_open_time(f"({drawn.text}) * {factor}", hours, name, found)]


def _shortened(drawn: Drawn, hours: Hours) -> float:
    """By what to multiply intervals, so that as many come as with one at every opening.

    From an arrival on, a time of so many mean intervals has half the squared coefficient of variation less 1
    more than these (Smith's limit of the renewal function).
    """
    spans = merged(hours.spans)
    mean = drawn.mean or 1.0
    steps = sum(end - start for start, end in spans) / mean
    square = min(_square(drawn.text), MOST_VARIED)
    return round(steps / (steps + len(spans) * (1 + square) / 2), 4)


def _square(text: str) -> float:
    """The squared coefficient of variation; that of an exponential distribution where it is not known."""
    try:
        root = expression(text, "duration").root
        found = root.cv("s") ** 2 if isinstance(root, Distribution) else 1.0
    except (ServiceflowError, ValueError, ZeroDivisionError):
        return 1.0
    return found if math.isfinite(found) else 1.0


def _in_open_time(text: str, hours: Hours, name: str, found: Parameters) -> dict[str, Any]:
    """Intervals that pass in open time only, the first arrival at the first opening."""
    days = hours.days()
    calendar = next((one for one, theirs in found.calendars.items() if theirs == days), None)
    if calendar is None:
        names = Names()
        for taken in found.calendars:
            names.give(taken)
        calendar = names.give(f"Hours of {name}" if name else "Hours", "Hours")
        found.calendars[calendar] = days
    return {"every": text, "calendar": calendar, "first": seconds_text(_first(hours, found))}


def _first(hours: Hours, found: Parameters) -> int:
    """Seconds from the begin of the run's first day to when it is open first."""
    begin = (found.start.weekday() * DAY if found.start is not None else 0) + int(found.begins or 0)
    spans = [(start + week, end + week) for week in (0, WEEK) for start, end in merged(hours.spans)]
    return next(max(start, begin) for start, end in spans if end > begin) - begin + int(found.begins or 0)


def _openings(hours: Hours) -> dict[str, str]:
    """The begins of open time; a block that goes on over midnight opens once."""
    spans = merged(hours.spans)
    wraps = spans and spans[0][0] == 0 and spans[-1][1] == 7 * DAY
    starts = [start for start, _ in spans if not (wraps and start == 0)]
    return _instants(starts)


def _instants(starts: list[int]) -> dict[str, str]:
    return by_days([(start, start + 1, clock(start % DAY)) for start in starts], _times)


def _times(blocks: list[tuple[str, str]]) -> str:
    return ", ".join(time for _, time in blocks)


def _constant(
    drawn: Drawn, hours: Hours, name: str, id: str, found: Parameters, decisions: Decisions
) -> list[dict[str, Any]]:
    step = drawn.mean or 0.0
    spans = merged(hours.spans)
    if all((end - start) % step == 0 for start, end in spans):
        message = "requests come at the opening and at the same distance from then on"
        decisions.note(EXACT, name, id, "arrivals", message)
        return [_in_open_time(drawn.text, hours, name, found)]
    total = sum((end - start) // step + 1 for start, end in spans)
    if step != int(step) or total > MOST_INSTANTS:
        rate = f"{number_text(3600 / step)} per hour"
        message = "so many instants are not written out: requests come at random at the same rate"
        decisions.note(APPROXIMATED, name, id, "arrivals", message)
        return [{"profile": by_days([(start, end, rate) for start, end in spans], dict)}]
    starts = [time for start, end in spans for time in range(start, end, int(step))]
    message = "requests come at the opening and at the same distance from then on"
    decisions.note(EXACT, name, id, "arrivals", message)
    return [{"at": _instants(starts)}]

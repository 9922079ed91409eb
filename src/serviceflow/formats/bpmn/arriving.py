"""Arrivals within opening hours, as simulators of the Prosimos family and BIMP have them."""

from __future__ import annotations

from typing import Any

from serviceflow.formats.bpmn.distributions import Drawn
from serviceflow.formats.bpmn.durations import number_text
from serviceflow.formats.bpmn.report import APPROXIMATED, EXACT, Decisions
from serviceflow.formats.bpmn.weekly import DAY, Hours, by_days, clock, merged

MOST_INSTANTS = 5_000
"""Instants of a week that are written out."""


def arrivals(
    drawn: Drawn, hours: Hours | None, name: str, id: str, decisions: Decisions
) -> list[dict[str, Any]]:
    """Arrivals by intervals that run on while it is closed.

    Who would come in closed time comes at the next opening, so every block of open time begins with an
    arrival, and
    the intervals begin anew there. So constant intervals are instants of the week, and exponential ones a
    profile
    with one arrival at every opening.
    """
    if hours is None or hours.is_always or not hours.spans:
        return [{"every": drawn.text}]
    if drawn.mean is None or drawn.mean <= 0:
        return [{"every": drawn.text}]
    if "(" not in drawn.text:
        return _constant(drawn, hours, name, id, decisions)
    rate = f"{number_text(3600 / drawn.mean)} per hour"
    spans = merged(hours.spans)
    profile = by_days([(start, end, rate) for start, end in spans], dict)
    if drawn.text.startswith("exponential(") and "+" not in drawn.text:
        message = "requests come at random while it is open, and one at every opening"
        decisions.note(EXACT, name, id, "arrivals", message)
        return [{"profile": profile}, {"at": _openings(hours), "called": "at opening"}]
    message = (
        "intervals that run on while it is closed are not known: requests come at random at the same rate"
    )
    decisions.note(APPROXIMATED, name, id, "arrivals", message)
    return [{"profile": profile}]


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


def _constant(drawn: Drawn, hours: Hours, name: str, id: str, decisions: Decisions) -> list[dict[str, Any]]:
    step = drawn.mean or 0.0
    spans = merged(hours.spans)
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

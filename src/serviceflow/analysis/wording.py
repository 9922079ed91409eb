"""Words for causes and places, and figures for reading."""

from __future__ import annotations

from serviceflow.results.places import LINK, OUTSIDE, PROVIDER, STOCK
from serviceflow.units import UNITS

REASONS = {
    "join": "the other branches are not there yet",
    "call": "an answer from another service is not there yet",
    "stock": "there is no {stocks}",
    "batch": "a batch has to fill",
    "off_shift": "nobody is on duty",
    "carried_over": "the shift ended before their turn came",
    "outage": "everybody on duty is down",
    "held": "staff are held, blocked or awaiting an answer",
    "partner": "another provider that is needed is short",
    "prioritization": "staff are busy with requests that came later",
    "contention": "staff are busy with earlier requests",
}
"""Cause of waiting to what is the matter, as whoever waits sees it."""
WAYS = {
    "dispatch": "waiting for the next dispatch",
    "delay": "on the way",
    "clarification": "clarifying incomplete information",
}
AT_PLACE = {
    **REASONS,
    "call": "its answer is not there yet",
    "stock": "it is out of stock",
    "held": "the staff of others are held until it is done",
    "partner": "it is short where several are needed at once",
    "dispatch": "requests wait for the next dispatch",
    "delay": "requests are on the way",
    "clarification": "incomplete information has to be clarified",
    "paused: off_shift": "work in hand stands still after hours",
    "paused: outage": "work in hand stands still in outages",
    "paused: preempted": "work in hand stands still for more urgent requests",
    "paused: call": "work in hand stands still until its answer is there",
    "blocked": "requests cannot leave the service before it, as its queue is full",
    "work": "work takes its time",
}
"""Cause to what is the matter at the place at which the time is lost."""
IN_SHORT = {
    **{cause: cause.replace("_", " ") for cause in REASONS},
    "join": "other branches",
    "call": "waiting for an answer",
    "stock": "out of stock",
    "batch": "filling a batch",
    "off_shift": "nobody on duty",
    "carried_over": "left over from an earlier shift",
    "held": "staff held",
    "partner": "partner short",
    "contention": "staff busy",
    "dispatch": "waiting for the next dispatch",
    "delay": "on the way",
    "clarification": "clarifying",
    "paused: off_shift": "paused after hours",
    "paused: outage": "paused in outages",
    "paused: preempted": "interrupted",
    "paused: call": "awaiting an answer",
    "blocked": "queue full",
    "work": "work",
}
"""Cause to a few words."""


def at_place(scope: str, place: str) -> str:
    """Where something is lost, as it stands in a sentence after "is lost"."""
    return {
        PROVIDER: f"at {place}",
        LINK: f"between {place.replace(' -> ', ' and ', 1)}",
        STOCK: f"for want of {place}",
        OUTSIDE: f"at {place}, which nobody of the chain provides",
    }[scope]


def share(value: float) -> str:
    """A share as a percentage for reading."""
    if value > 10:
        return "over 1,000%"
    if 0.99 < value < 1:  # "100%" would say that nothing is left.
        return f"{100 * value:.1f}%" if value < 0.9995 else "over 99.9%"
    return f"{100 * value:.0f}%" if value >= 0.1 or value == 0 else f"{100 * value:.2g}%"


def interval(low: float, high: float) -> str:
    """The ends of an interval of a share for reading; nothing where they are unknown or read alike."""
    if low != low or high != high:
        return ""
    ends = share(min(max(low, 0.0), 1.0)), share(min(max(high, 0.0), 1.0))
    return f"{ends[0]} to {ends[1]}" if ends[0] != ends[1] else ""


def length(ticks: float, like: float | None = None) -> str:
    """A time for reading, in a unit that suits it or another time; never in weeks, as in the report."""
    for unit, word, least in (("day", "days", 3), ("h", "h", 2), ("min", "min", 2)):
        if (ticks if like is None else like) >= least * UNITS[unit]:
            return f"{ticks / UNITS[unit]:.3g} {word}"
    return f"{ticks / UNITS['s']:.3g} s"


def listed(items: list[str], last: str = "and") -> str:
    """Words in a row: a, b and c."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"

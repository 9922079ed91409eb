"""How cases come: at a steady rate, by hours of the week, or at equal distances."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from serviceflow.mining.discovery.durations import fitted
from serviceflow.mining.discovery.history import Ints
from serviceflow.mining.discovery.week import HOUR, alike_days, by_blocks, hour_of, hours_within, pooled

TOGETHER = 0.3
"""Cases that come at one instant with others, from which on they come in groups."""
REGULAR = 0.6
"""Coefficient of variation of distances below which arrivals are not Poisson."""


@dataclass(frozen=True)
class Demand:
    """Arrivals as a model file has them, cases per hour, how they were found, and what is not exact."""

    arrivals: dict[str, Any]
    rate: float
    how: str
    approximated: str = ""


def demand(instants: Ints, span: tuple[int, int]) -> Demand:
    """Arrivals of one consumer.

    Parameters
    ----------
    instants : array
        When each case came, in microseconds.
    span : tuple of int
        Between which instants the log has cases come.
    """
    instants = np.sort(instants)
    moments, sizes = np.unique(instants, return_counts=True)
    grouped = float(sizes[sizes > 1].sum()) / len(instants) >= TOGETHER
    events = moments if grouped else instants
    hours = hours_within(*span)
    counts = np.bincount(hour_of(events), minlength=168).astype(float)
    rate = len(events) / max(hours.sum(), 1e-9)
    found, how, less = _shape(events, counts, hours, rate)
    if grouped:
        values, share = np.unique(sizes, return_counts=True)
        found["batch"] = _groups(values, share)
        how += "; several at one instant"
    return Demand(found, len(instants) / max(hours.sum(), 1e-9), how, less)


def _groups(values: Any, counts: Any) -> str:
    shares = [f"{count / counts.sum():.6f}" for count in counts[:-1]]
    last = 1 - sum(map(float, shares))
    listed = ", ".join([*shares, f"{last:.6f}"])
    return f"discrete(values=[{', '.join(map(str, values.tolist()))}], shares=[{listed}])"


def _shape(events: Ints, counts: Any, hours: Any, rate: float) -> tuple[dict[str, Any], str, str]:
    distances = np.diff(events) / 1_000_000
    short = distances[distances < 8 * 3_600]
    regular = len(short) >= 50 and float(short.std()) < REGULAR * float(short.mean())
    if _steady(counts, hours, rate):
        if regular:
            text, how = fitted(distances)
            return {"every": text}, f"distances: {how}", ""
        return {"rate": f"{rate:.5g} per hour"}, "a Poisson process: no hour of the week differs", ""
    groups = alike_days(np.where(hours > 0.2, counts / np.maximum(hours, 0.2), 0.0), hours)
    rates = pooled(counts, hours, groups)
    rates[rates < 0.001 * rates.max()] = 0
    profile = by_blocks(_rounded(rates), groups, lambda value: f"{value:g} per hour")
    less = (
        "arrivals at nearly equal distances are taken for a Poisson process by hours, which varies more"
        if regular
        else ""
    )
    return {"profile": profile}, "a Poisson process by hour of the week", less


def _rounded(rates: Any) -> Any:
    return np.vectorize(lambda value: float(f"{value:.3g}"))(rates)


def _steady(counts: Any, hours: Any, rate: float) -> bool:
    """Whether hours of the day and days of the week differ no more than by chance (chi-square, 0.1%)."""
    for axis, size in ((0, 24), (1, 7)):
        seen = counts.reshape(7, 24).sum(axis=axis)
        wanted = rate * hours.reshape(7, 24).sum(axis=axis)
        known = wanted > 0
        value = float(((seen[known] - wanted[known]) ** 2 / wanted[known]).sum())
        if value > size - 1 + 4 * math.sqrt(2 * (size - 1)):
            return False
    return True


def rate_interval(count: int, hours: float) -> tuple[float, float, float]:
    """Cases per hour with its 95% interval, as counts of a Poisson process."""
    half = 1.96 * math.sqrt(count) / hours
    return count / hours, max(0.0, count / hours - half), count / hours + half


__all__ = ["HOUR", "Demand", "demand", "rate_interval"]

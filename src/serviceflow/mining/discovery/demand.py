"""How cases come: at a steady rate, by hours of the week, or at distances of a family within open time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from serviceflow.mining.discovery.durations import SAME, fitted, written
from serviceflow.mining.discovery.week import (
    DAY,
    FIRST_MONDAY,
    HOUR,
    WEEK,
    Floats,
    Ints,
    alike_days,
    by_blocks,
    hour_of,
    hours_within,
    pooled,
)

Bools = npt.NDArray[np.bool_]
TOGETHER = 0.3
"""Cases that come at one instant with others, from which on they come in groups."""
FEWEST_GAPS = 50
FREE = 0.7
"""Share of starts that are arrivals, below which distances are those of a queue rather than of who comes."""
OTHER = 0.15
"""How far the coefficient of variation of distances is from that of a Poisson process, at least."""
SLOT = HOUR // 4
SLOTS = WEEK // SLOT


@dataclass(frozen=True)
class Demand:
    """Arrivals as a model file has them, cases per hour, how they were found, and what is not exact.

    Attributes
    ----------
    arrivals : dict
    how, approximated : str
    calendar : dict
        Open time in which distances pass, as a model file has it; empty where that is always.
    spread : float
        The coefficient of variation of distances.
    """

    arrivals: dict[str, Any]
    how: str
    approximated: str = ""
    calendar: dict[str, str] = field(default_factory=dict)
    spread: float = 1.0


def demand(instants: Ints, span: tuple[int, int], free: Bools) -> Demand:
    """Arrivals of one consumer.

    Parameters
    ----------
    instants : array
        When each case began, in microseconds.
    span : tuple of int
        Between which instants the log has cases come.
    free : array of bool
        Whether nothing had kept each case from beginning when it came.
    """
    order = np.argsort(instants, kind="stable")
    moments, place, sizes = np.unique(instants[order], return_index=True, return_counts=True)
    grouped = float(sizes[sizes > 1].sum()) / len(instants) >= TOGETHER
    events, known = (moments, free[order][place]) if grouped else (instants[order], free[order])
    found = _Coming(events, known, span).found()
    if grouped:
        values, share = np.unique(sizes, return_counts=True)
        found.arrivals["batch"] = _groups(values, share)
        return replace(found, how=found.how + "; several at one instant")
    return found


def _groups(values: Any, counts: Any) -> str:
    shares = [f"{count / counts.sum():.6f}" for count in counts[:-1]]
    last = 1 - sum(map(float, shares))
    listed = ", ".join([*shares, f"{last:.6f}"])
    return f"discrete(values=[{', '.join(map(str, values.tolist()))}], shares=[{listed}])"


class _Coming:
    """Instants at which cases come, with what hours of the week say about them."""

    def __init__(self, events: Ints, known: Bools, span: tuple[int, int]) -> None:
        self.events = events
        self.known = known
        self.hours = hours_within(*span)
        self.counts = np.bincount(hour_of(events), minlength=168).astype(float)
        self.rate = len(events) / max(self.hours.sum(), 1e-9)
        self.always = _steady(self.counts, self.hours, self.rate)
        rates = np.where(self.hours > 0.2, self.counts / np.maximum(self.hours, 0.2), 0.0)
        self.groups = alike_days(rates, self.hours)
        self.rates = pooled(self.counts, self.hours, self.groups)
        self.rates[self.rates < 0.001 * self.rates.max()] = 0

    def found(self) -> Demand:
        """By the simplest that fits."""
        open_ = np.ones(SLOTS) if self.always else self._open()
        gaps = _passed(self.events, open_) / 1_000_000
        if len(gaps) >= FEWEST_GAPS:
            step = self._constant(gaps)
            if step is not None:
                return self._distances(written(step), "constant: 95% within 5 s", open_, 0.0)
            if self._is_other(gaps):
                own = self._other(gaps, open_)
                if own is not None:
                    return own
        if self.always:
            how = "a Poisson process: no hour of the week differs"
            return Demand({"rate": f"{self.rate:.5g} per hour"}, how)
        profile = by_blocks(_rounded(self.rates), self.groups, lambda value: f"{value:g} per hour")
        return Demand({"profile": profile}, "a Poisson process by hour of the week", self._doubt(gaps))

    def _constant(self, gaps: Floats) -> float | None:
        """The distance of arrivals that come on the dot, where it was seen when they came."""
        both = self.known[1:] & self.known[:-1]
        if both.sum() < FEWEST_GAPS:
            return None
        middle = float(np.median(gaps[both]))
        alike = np.abs(gaps[both] - middle) <= SAME
        return middle if middle > SAME and alike.mean() >= 0.95 else None

    def _is_other(self, gaps: Floats) -> bool:
        """Whether distances vary in another way than those of a Poisson process."""
        far = abs(_spread(gaps) - 1)
        return bool(self.known.mean() >= FREE) and far > max(OTHER, 4 / math.sqrt(len(gaps)))

    def _other(self, gaps: Floats, open_: Floats) -> Demand | None:
        """Distances of a family, at one rate while it is open, or at that of each hour."""
        inside = self.hours * open_.reshape(168, -1).mean(axis=1)
        rate = len(self.events) / max(inside.sum(), 1e-9)
        if _steady(self.counts, inside, rate, max(1.0, _spread(gaps) ** 2)):
            text, how = fitted(gaps)
            return self._distances(text, how, open_, _spread(gaps))
        if gaps.mean() > HOUR / 1_000_000:
            return None
        rates = self._alike_hours(_spread(gaps))
        weights = np.repeat(rates.reshape(-1), SLOTS // 168) * open_
        own = _passed(self.events, weights) / 1_000_000
        scale = float(gaps.mean() / own.mean())
        if abs(_spread(own) - 1) <= OTHER:
            return None
        text, how = fitted(own * scale)
        return self._distances(
            f"({text}) * ({self._factor(rates * scale)})", f"{how}; by the hour", open_, _spread(own)
        )

    def _distances(self, text: str, how: str, open_: Floats, spread: float) -> Demand:
        how = f"distances, {how}" if open_.all() else f"distances in open time, {how}"
        return Demand(
            {"every": text}, how, calendar={} if open_.all() else self._calendar(open_), spread=spread
        )

    def _alike_hours(self, spread: float) -> Floats:
        """Rates, those of hours on end taken together as long as they differ no more than by chance."""
        rates = self.rates.copy()
        for days in self.groups:
            seen = np.maximum(self.hours.reshape(7, 24)[days].sum(axis=0), 1e-9)
            for first, last in _runs(rates[days[0]]):
                begin = first
                for hour in range(first + 1, last + 1):
                    mean = float(np.average(self.rates[days[0], begin:hour], weights=seen[begin:hour]))
                    chance = 3 * max(spread, 0.3) * math.sqrt(mean / seen[min(hour, last - 1)])
                    if hour == last or abs(self.rates[days[0], hour] - mean) > chance:
                        rates[days, begin:hour] = mean
                        begin = hour
        return rates

    def _factor(self, rates: Floats) -> str:
        """How long distances are at each hour, in times of the mean."""
        parts = []
        for days in self.groups:
            hours = rates[days[0]]
            for rate, run in groupby(range(24), key=lambda hour, hours=hours: hours[hour]):  # type: ignore[misc]
                mine = list(run)
                if rate:
                    when = f"weekday >= {days[0]} and weekday <= {days[-1]} and hour >= {mine[0]}"
                    parts.append(f"{1 / rate:.4g} if {when} and hour < {mine[-1] + 1}")
        return " else ".join([*parts, "1"])

    def _open(self) -> Floats:
        """Quarters of hours in which cases come, as 1 and 0; days that are alike have the same."""
        slots = np.bincount((self.events - FIRST_MONDAY) % WEEK // SLOT, minlength=SLOTS).reshape(7, -1)
        open_ = np.repeat((self.rates > 0).astype(float), SLOTS // 168, axis=1)
        for days in self.groups:
            here = slots[days].sum(axis=0)
            for first, last in _runs(open_[days[0]]):
                begin, end = _trimmed(here, first, last)
                open_[days, first:begin] = 0
                open_[days, end:last] = 0
        return open_.reshape(-1)

    def _calendar(self, open_: Floats) -> dict[str, str]:
        blocks = by_blocks(open_.reshape(7, -1), self.groups, str)
        return {days: ", ".join(spans) for days, spans in blocks.items()}

    def _doubt(self, gaps: Floats) -> str:
        if len(gaps) < FEWEST_GAPS or not self._is_other(gaps):
            return ""
        return (
            f"distances vary {_spread(gaps):.2g} times as much as those of the Poisson process that is taken"
        )


def _passed(events: Ints, weights: Floats) -> Floats:
    """Weighted time between one event and the next, in microseconds; weights are by quarters of the week."""
    total = np.concatenate([[0.0], np.cumsum(weights)]) * SLOT
    weeks, within = np.divmod(events - FIRST_MONDAY, WEEK)
    place = within // SLOT
    since: Floats = (weeks - weeks[0]) * total[-1] + total[place] + weights[place] * (within % SLOT)
    return np.diff(since)


def _spread(gaps: Floats) -> float:
    return float(gaps.std() / max(gaps.mean(), 1e-9))


def _runs(values: Floats) -> list[tuple[int, int]]:
    """Begins and ends of what is above zero."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], values > 0, [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _trimmed(counts: Any, first: int, last: int) -> tuple[int, int]:
    """A run without quarters at its edges in which several would have come, and nobody does."""
    usual = float(np.mean(counts[first:last]))
    if usual < 5:
        return first, last
    busy = first + np.flatnonzero(counts[first:last] > 0.02 * usual)
    most = 3
    return min(int(busy[0]), first + most), max(int(busy[-1]) + 1, last - most)


def _rounded(rates: Any) -> Any:
    return np.vectorize(lambda value: float(f"{value:.3g}"))(rates)


def _steady(counts: Any, hours: Any, rate: float, spread: float = 1.0) -> bool:
    """Whether hours of the day and days of the week differ no more than by chance (chi-square, 0.1%)."""
    for axis, size in ((0, 24), (1, 7)):
        seen = counts.reshape(7, 24).sum(axis=axis)
        wanted = rate * hours.reshape(7, 24).sum(axis=axis)
        known = wanted > 0
        value = float(((seen[known] - wanted[known]) ** 2 / wanted[known]).sum()) / spread
        if value > size - 1 + 4 * math.sqrt(2 * (size - 1)):
            return False
    return True


def rate_interval(count: int, hours: float, spread: float = 1.0) -> tuple[float, float, float]:
    """Cases per hour with its 95% interval, of counts; by default those of a Poisson process."""
    half = 1.96 * math.sqrt(count) * spread / hours
    return count / hours, max(0.0, count / hours - half), count / hours + half


__all__ = ["DAY", "HOUR", "Demand", "demand", "rate_interval"]

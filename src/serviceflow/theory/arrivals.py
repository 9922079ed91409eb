"""How many requests come: mean rates of the arrivals of consumers over a whole cycle."""

from __future__ import annotations

from math import ceil, inf

from serviceflow.model.chain import Chain
from serviceflow.model.constants import Value
from serviceflow.model.elements import Arrivals
from serviceflow.model.expressions import Expression
from serviceflow.model.nodes import CLOCK
from serviceflow.model.schedules import DAY, Schedule
from serviceflow.model.timetables import Instants
from serviceflow.theory.capacity import WEEK, average, calendar

WALK = 8 * WEEK
"""How long gaps that depend on the clock are followed."""
QUARTER = DAY // 96
"""The clock is read every quarter of an hour."""


def arrival_rate(chain: Chain, arrivals: Arrivals, consumer: str = "", span: int = 0) -> float | None:
    """Mean number of requests per tick; None for a closed population and where it cannot be known.

    Arrivals that come to an end have the rate of `span`; where there is none, of the time up to the last of a
    list, and else of the time in which they come.
    """
    if not span or (arrivals.until is None and arrivals.count is None):
        return _endless_rate(chain, arrivals, consumer, span)
    first, until = (
        default if time is None else time.constant(chain.time_unit)
        for time, default in ((arrivals.first, 0), (arrivals.until, span))
    )
    until = min(until, span)
    rate = _endless_rate(chain, arrivals, consumer, int(until))
    if rate is None:
        return None
    size = (
        1.0 if arrivals.batch is None else arrivals.batch.mean(chain.time_unit, values={"consumer": consumer})
    )
    most = inf if arrivals.count is None or size is None else arrivals.count * size
    return min(rate * max(until - first, 0), most) / span


def _endless_rate(chain: Chain, arrivals: Arrivals, consumer: str, span: int) -> float | None:
    if arrivals.every is not None and arrivals.every.names() & CLOCK:
        return _by_the_clock(chain, arrivals, arrivals.every, consumer)
    values = {"consumer": consumer}
    batch = 1.0 if arrivals.batch is None else arrivals.batch.mean(chain.time_unit, values=values)
    rate = _arrivals_per_tick(chain, arrivals, consumer, span)
    return None if batch is None or rate is None else rate * batch


def _by_the_clock(chain: Chain, arrivals: Arrivals, every: Expression, consumer: str) -> float | None:
    """The rate of arrivals whose gaps depend on hour and weekday: their means, one after another."""
    time, come, batch = 0.0, 0.0, arrivals.batch
    opened = calendar(chain, arrivals.calendar)
    while time < WALK:
        if opened.at(int(time)) <= 0:
            time = float(opened.next_open(int(time)))
            continue
        quarter = int(time // QUARTER)
        day = (quarter // 96 + chain.start.weekday()) % 7
        values: dict[str, Value] = {"consumer": consumer, "hour": quarter % 96 / 4, "weekday": float(day)}
        values["elapsed"] = time
        gap = every.mean(chain.time_unit, values=values)
        many = 1.0 if batch is None else batch.mean(chain.time_unit, values=values)
        if gap is None or many is None or not gap > 0:
            return None
        count = max(1, ceil(((quarter + 1) * QUARTER - time) / gap))
        time += count * gap
        come += count * many
    return come / time


def profile(chain: Chain, arrivals: Arrivals) -> Schedule | None:
    """The rate of arrivals per tick over time, of a profile, or of distances within a calendar."""
    if arrivals.calendar is not None and arrivals.every is not None:
        gap = arrivals.every.mean(chain.time_unit, values={})
        opened = calendar(chain, arrivals.calendar)
        return opened.combine(opened, lambda one, _: one / gap if gap else one)
    if arrivals.profile is None:
        return None
    return arrivals.profile.schedule(chain.start, lambda rate: rate.per_tick(chain.time_unit))


def instants(chain: Chain, arrivals: Arrivals) -> Schedule | None:
    """The instants of arrivals that come by the day."""
    return arrivals.at.schedule(chain.start) if isinstance(arrivals.at, Instants) else None


def listed_times(chain: Chain, arrivals: Arrivals) -> list[float]:
    """The instants, in ticks, of arrivals that are listed one by one, in a model or in a file."""
    if arrivals.trace is not None:
        return [float(row.time) for row in arrivals.trace]
    listed = arrivals.at if isinstance(arrivals.at, tuple) else ()
    means = [time.mean(chain.time_unit) for time in listed]
    return [time for time in means if time is not None]


def _arrivals_per_tick(chain: Chain, arrivals: Arrivals, consumer: str, span: int) -> float | None:
    if arrivals.rate is not None:
        return arrivals.rate.per_tick(chain.time_unit)
    if arrivals.every is not None:
        gap = arrivals.every.mean(chain.time_unit, values={"consumer": consumer})
        if gap is None or gap <= 0:
            return None
        return average(chain, calendar(chain, arrivals.calendar), span) / gap
    by_time = profile(chain, arrivals) or instants(chain, arrivals)
    if by_time is not None:
        return average(chain, by_time, span)
    if arrivals.population is not None:
        return None
    times = listed_times(chain, arrivals)
    if span:
        return sum(time < span for time in times) / span
    return len(times) / max(times) if times and max(times) > 0 else 0.0

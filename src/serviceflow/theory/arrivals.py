"""How many requests come: mean rates of the arrivals of consumers over a whole cycle."""

from __future__ import annotations

from serviceflow.model.chain import Chain
from serviceflow.model.elements import Arrivals
from serviceflow.model.schedules import Schedule
from serviceflow.model.timetables import Instants
from serviceflow.theory.capacity import average


def arrival_rate(chain: Chain, arrivals: Arrivals) -> float | None:
    """Mean number of requests per tick; None for a closed population and where it cannot be known.

    A list of instants and a trace come to an end: their rate is taken over the time that they span.
    """
    batch = 1.0 if arrivals.batch is None else arrivals.batch.mean(chain.time_unit)
    rate = _arrivals_per_tick(chain, arrivals)
    return None if batch is None or rate is None else rate * batch


def profile(chain: Chain, arrivals: Arrivals) -> Schedule | None:
    """The rate of arrivals per tick over time, of a profile."""
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


def _arrivals_per_tick(chain: Chain, arrivals: Arrivals) -> float | None:
    if arrivals.rate is not None:
        return arrivals.rate.per_tick(chain.time_unit)
    if arrivals.every is not None:
        gap = arrivals.every.mean(chain.time_unit)
        return None if gap is None or gap <= 0 else 1 / gap
    by_time = profile(chain, arrivals) or instants(chain, arrivals)
    if by_time is not None:
        return average(chain, by_time)
    if arrivals.population is not None:
        return None
    times = listed_times(chain, arrivals)
    return len(times) / max(times) if times and max(times) > 0 else 0.0

"""What the closed forms of stations share: mean figures, birth-death chains, checks of arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Station:
    """Mean figures of a station in steady state.

    Attributes
    ----------
    utilization
        Mean share of the servers that are busy.
    waiting_time, flow_time
        Means from arriving to the start of work, and from arriving to its end.
    queue_length, in_system
        Time averages of requests that wait, and of all requests there.
    """

    utilization: float
    waiting_time: float
    flow_time: float
    queue_length: float
    in_system: float


def station(arrival_rate: float, utilization: float, waiting: float, mean: float) -> Station:
    """Little's law, twice; an overloaded station is busy all the time."""
    queue = arrival_rate * waiting if arrival_rate else 0.0
    flow = waiting + mean
    return Station(min(utilization, 1.0), waiting, flow, queue, arrival_rate * flow if arrival_rate else 0.0)


def birth_death(births: npt.ArrayLike, deaths: npt.ArrayLike) -> Array:
    """Steady-state probabilities of a birth-death chain with states 0 to len(births).

    `births[n]` is the rate from n to n + 1, `deaths[n]` that from n + 1 back to n. Computed in logarithms, so
    that large stations neither overflow nor vanish.
    """
    up, down = np.asarray(births, dtype=float), np.asarray(deaths, dtype=float)
    with np.errstate(divide="ignore"):
        weights = np.concatenate(([0.0], np.cumsum(np.log(up) - np.log(down))))
    chance: Array = np.exp(weights - weights.max())
    chance /= chance.sum()
    return chance


def rising_to(rising: Callable[[float], float], level: float, start: float) -> float:
    """Where a rising function reaches `level`: doubling, then halving."""
    high = start
    while rising(high) < level:
        high *= 2
    low = 0.0
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if rising(middle) < level else (low, middle)
    return high


def at_least(name: str, value: float, least: float) -> None:
    """Refuse a value below `least`."""
    if not value >= least:
        raise ValueError(f"{name} must be at least {least}, not {value}")


def check_share(name: str, value: float) -> None:
    """Refuse a share of which no quantile is asked."""
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, not {value}")


def above_zero(name: str, value: float) -> None:
    """Refuse a value that is not a finite number above 0."""
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{name} must be a finite number above 0, not {value}")


def check_rates(arrival_rate: float, service_rate: float) -> None:
    """Refuse rates that no station can have."""
    if not math.isfinite(arrival_rate):
        raise ValueError(f"arrival_rate must be a finite number, not {arrival_rate}")
    at_least("arrival_rate", arrival_rate, 0)
    above_zero("service_rate", service_rate)

"""Approximate waits of stations with any arrivals and work, and how noisy a long run is."""

from __future__ import annotations

import math

from serviceflow.theory.queues import mmc


def allen_cunneen(
    arrival_rate: float, mean: float, servers: int, cv_arrivals: float, cv_service: float
) -> float:
    """Approximate mean waiting time of a GI/G/c station.

    Source: A. O. Allen, *Probability, Statistics and Queueing Theory* (1990): the wait of M/M/c times
    (ca^2 + cs^2) / 2. Exact for M/M/c and M/G/1; some 10% off otherwise, more with bursty arrivals.
    """
    return mmc(arrival_rate, 1 / mean, servers).waiting_time * (cv_arrivals**2 + cv_service**2) / 2


def kraemer_langenbach_belz(
    arrival_rate: float, mean: float, servers: int, cv_arrivals: float, cv_service: float
) -> float:
    """Approximate mean waiting time of a GI/G/c station: Allen-Cunneen, corrected for non-Poisson arrivals.

    Source: W. Kraemer and M. Langenbach-Belz (8th ITC, 1976).
    """
    ca2, cs2 = cv_arrivals**2, cv_service**2
    plain = allen_cunneen(arrival_rate, mean, servers, cv_arrivals, cv_service)
    load = arrival_rate * mean / servers
    if not 0 < load < 1 or ca2 + cs2 == 0:
        return plain
    if ca2 < 1:
        return plain * math.exp(-2 * (1 - load) * (1 - ca2) ** 2 / (3 * load * (ca2 + cs2)))
    return plain * math.exp(-(1 - load) * (ca2 - 1) / (ca2 + 4 * cs2))


def sakasegawa(
    arrival_rate: float, mean: float, servers: int, cv_arrivals: float, cv_service: float
) -> float:
    """Approximate mean waiting time of a GI/G/c station, without Erlang's formula.

    Source: H. Sakasegawa (1977): (ca^2 + cs^2)/2 rho^(sqrt(2(c+1)) - 1) / (c (1 - rho)) times the mean work.
    """
    load = arrival_rate * mean / servers
    if load >= 1:
        return math.inf
    wait: float = load ** (math.sqrt(2 * (servers + 1)) - 1) / (servers * (1 - load)) * mean
    return wait * (cv_arrivals**2 + cv_service**2) / 2


def mm1_asymptotic_variances(load: float) -> tuple[float, float]:
    """How noisy a long run of M/M/1 (service rate 1) is: (of the mean number, of the mean waiting time).

    The variance of a time average over a run of length T is about the first over T; that of the mean waiting
    time of n requests about the second over n. Sources: W. Whitt, *Management Science* 35 (1989); D. J. Daley
    (1968).
    """
    if not 0 <= load < 1:
        raise ValueError(f"load must be at least 0 and below 1, not {load}")
    number = 2 * load * (1 + load) / (1 - load) ** 4
    waiting = load * (2 + 5 * load - 4 * load**2 + load**3) / (1 - load) ** 4
    return number, waiting

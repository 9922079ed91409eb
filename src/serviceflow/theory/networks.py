"""Closed forms of a few stations together: tandems, parallel branches, stations without a queue."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np


def fork_join_two(arrival_rate: float, service_rate: float) -> float:
    """Mean flow time of requests that need two parallel M/M/1 branches of one rate, fed by every request.

    Source: Flatto and Hahn, *SIAM J. Appl. Math.* 44 (1984): (12 - rho) / 8 times that of one branch.
    """
    load = arrival_rate / service_rate
    return (12 - load) / 8 / (service_rate - arrival_rate) if load < 1 else math.inf


def fork_join(arrival_rate: float, service_rate: float, branches: int) -> float:
    """Mean flow time over `branches` parallel M/M/1 branches: exact for one and two, else 1 to 3% too low.

    Source: Nelson and Tantawi, *IEEE Trans. Computers* 37 (1988):
    [H_K/H_2 + 4/11 (1 - H_K/H_2) rho] times that of two branches, H_K the harmonic number.
    """
    if branches < 1:
        raise ValueError(f"branches must be at least 1, not {branches}")
    load = arrival_rate / service_rate
    if load >= 1:
        return math.inf
    if branches == 1:
        return 1 / (service_rate - arrival_rate)
    ratio = sum(1 / k for k in range(1, branches + 1)) / 1.5
    return (ratio + 4 / 11 * (1 - ratio) * load) * fork_join_two(arrival_rate, service_rate)


def longest_of(rates: Sequence[float]) -> float:
    """Mean of the longest of independent exponential times of these rates (a split and join without waiting).

    Source: inclusion and exclusion over the branches; up to some 20 of them.
    """
    mean = 0.0
    for size in range(1, len(rates) + 1):
        sign = 1 if size % 2 else -1
        mean += sign * math.fsum(1 / sum(some) for some in combinations(rates, size))
    return mean


def longest_within(rates: Sequence[float], time: float) -> float:
    """Share of splits whose branches (independent, exponential of these rates) are all over within `time`."""
    return math.prod(-math.expm1(-rate * time) for rate in rates)


def criticality(rates: Sequence[float]) -> tuple[float, ...]:
    """Probability of each branch to be the last of a split; independent, exponential of these rates."""
    return tuple(_last(rates, branch) for branch in range(len(rates)))


def in_sequence_longer(rates: Sequence[float], time: float) -> float:
    """Probability that independent exponential times of these rates, one after another, exceed `time`.

    The flow time through a tandem of M/M/1 stations first come first served is such a sum, of rates
    mu - lambda (Burke 1956, Reich 1957). Computed as a matrix exponential:
    equal rates are no trouble.
    """
    if time <= 0:
        return 1.0
    generator = np.diag(-np.asarray(rates, dtype=float)) + np.diag(np.asarray(rates[:-1], dtype=float), 1)
    halvings = max(0, math.ceil(math.log2(max(rates) * time / 1e-2)))
    step = term = np.eye(len(rates))
    for power in range(1, 9):
        term = term @ generator * (time / 2**halvings / power)
        step = step + term
    for _ in range(halvings):
        step = step @ step
    return float(step[0].sum())


def in_sequence_quantile(rates: Sequence[float], share: float) -> float:
    """Time within which `share` of such sums stay (see `in_sequence_longer`)."""
    low, high = 0.0, sum(1 / rate for rate in rates)
    while in_sequence_longer(rates, high) > 1 - share:
        high *= 2
    while high - low > 1e-13 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if in_sequence_longer(rates, middle) > 1 - share else (low, middle)
    return high


def sinusoidal_load(time: float, base: float, amplitude: float, period: float, service_rate: float) -> float:
    """Mean number at work at `time` where nobody queues and arrivals are base + amplitude sin(2 pi t/period).

    The load follows the arrivals late by up to one mean service time. Source: Eick, Massey and Whitt,
    *Management Science* 39 (1993), for exponential work.
    """
    turn = 2 * math.pi / period
    swing = amplitude * (service_rate * math.sin(turn * time) - turn * math.cos(turn * time))
    return base / service_rate + swing / (service_rate**2 + turn**2)


def _last(rates: Sequence[float], branch: int) -> float:
    mine = rates[branch]
    others = [rate for index, rate in enumerate(rates) if index != branch]
    chance = 0.0
    for size in range(len(others) + 1):
        sign = -1 if size % 2 else 1
        chance += sign * math.fsum(mine / (mine + sum(some)) for some in combinations(others, size))
    return chance

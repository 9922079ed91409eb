"""Closed forms of stations where the more urgent go first. Classes are listed from the most urgent on."""

from __future__ import annotations

import math
from collections.abc import Sequence

from serviceflow.theory.queues import erlang_c


def priority_waits(
    arrival_rates: Sequence[float], means: Sequence[float], second_moments: Sequence[float]
) -> tuple[float, ...]:
    """Mean waiting time of each class at one server, first class first, never interrupting (M/G/1).

    Source: A. Cobham, *Operations Research* 2 (1954): W_k = W_0 / ((1 - s_{k-1}) (1 - s_k)), where s_k is the
    load of classes 1 to k and W_0 half the sum of rates times second moments. Infinite from the class that
    reaches load 1 on.
    """
    residual = sum(rate * moment for rate, moment in zip(arrival_rates, second_moments, strict=True)) / 2
    return _by_class(residual, [rate * mean for rate, mean in zip(arrival_rates, means, strict=True)])


def priority_waits_mmc(
    arrival_rates: Sequence[float], service_rate: float, servers: int
) -> tuple[float, ...]:
    """Mean waiting time of each class at `servers` alike with one service rate, first class first.

    Source: Cobham (1954) for M/M/c; Gross et al. (2008), section 3.4.
    """
    total = sum(arrival_rates)
    residual = erlang_c(total / service_rate, servers) / (servers * service_rate)
    return _by_class(residual, [rate / (servers * service_rate) for rate in arrival_rates])


def preemptive_flow_times(
    arrival_rates: Sequence[float], means: Sequence[float], second_moments: Sequence[float]
) -> tuple[float, ...]:
    """Mean flow time of each class at one server where a more urgent class interrupts, work resuming (M/G/1).

    Source: Jaiswal, *Priority Queues* (1968); Gross et al. (2008), section 3.4.3: T_k = m_k / (1 - s_{k-1}) +
    R_k / ((1 - s_{k-1}) (1 - s_k)) with R_k half the sum over classes 1 to k of rates times second moments.
    """
    flow, above, residual = [], 0.0, 0.0
    for rate, mean, moment in zip(arrival_rates, means, second_moments, strict=True):
        upto = above + rate * mean
        residual += rate * moment / 2
        flow.append(mean / (1 - above) + residual / ((1 - above) * (1 - upto)) if upto < 1 else math.inf)
        above = upto
    return tuple(flow)


def _by_class(residual: float, loads: Sequence[float]) -> tuple[float, ...]:
    waits, above = [], 0.0
    for load in loads:
        upto = above + load
        waits.append(residual / ((1 - above) * (1 - upto)) if upto < 1 else math.inf)
        above = upto
    return tuple(waits)

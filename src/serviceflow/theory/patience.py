"""Closed form of a station whose requests give up: Erlang A."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from serviceflow.theory.stations import (
    Array,
    Station,
    above_zero,
    at_least,
    birth_death,
    check_rates,
    check_share,
    rising_to,
)

_TAIL = 1e-16  # states less likely than this are left out of an infinite sum


@dataclass(frozen=True)
class ErlangA(Station):
    """A station whose requests lose patience (M/M/c+M); times are over all, those that gave up included."""

    arrival_rate: float
    service_rate: float
    servers: int
    abandonment_rate: float
    probabilities: tuple[float, ...]
    share_gave_up: float
    share_waiting: float

    def still_waiting(self, time: float) -> float:
        """Share of all requests that still wait after `time`, neither started nor gone.

        The offered wait behind k - 1 others is minus the logarithm of a Beta(c mu / theta, k) variable, over
        theta.
        """
        decay = math.exp(-self.abandonment_rate * time)
        shape = self.servers * self.service_rate / self.abandonment_rate
        behind = np.asarray(self.probabilities[self.servers :])
        steps = np.arange(1, len(behind))
        terms = np.cumprod(np.concatenate(([1.0], (shape + steps - 1) / steps * (1 - decay))))
        return float(decay ** (shape + 1) * (behind @ np.cumsum(terms)))

    def served_within(self, time: float) -> float:
        """Share of all requests that start work within `time`."""
        # of those gone from the queue by then, who gave up left at rate theta while waiting
        grid = np.linspace(0.0, time, 2001)
        waiting = np.array([self.still_waiting(float(at)) for at in grid])
        steps = (waiting[1:-1:2].sum() * 4 + waiting[2:-1:2].sum() * 2 + waiting[0] + waiting[-1]) / 3
        gone = self.abandonment_rate * float(steps) * (time / 2000)
        return 1 - self.still_waiting(time) - gone

    def waiting_quantile(self, share: float) -> float:
        """Time within which `share` of all requests no longer wait."""
        check_share("share", share)
        if self.still_waiting(0.0) <= 1 - share:
            return 0.0
        return rising_to(lambda time: 1 - self.still_waiting(time), share, 1 / self.abandonment_rate)


def erlang_a(arrival_rate: float, service_rate: float, servers: int, abandonment_rate: float) -> ErlangA:
    """M/M/c+M: Poisson arrivals, exponential work, exponential patience of mean 1 / `abandonment_rate`.

    Source: C. Palm (1946); Garnett, Mandelbaum and Reiman, *MSOM* 4 (2002). Always stable.
    """
    check_rates(arrival_rate, service_rate)
    above_zero("abandonment_rate", abandonment_rate)
    at_least("servers", servers, 1)
    chance = _erlang_a_probabilities(arrival_rate, service_rate, servers, abandonment_rate)
    states = np.arange(len(chance))
    queue = float(np.maximum(states - servers, 0) @ chance)
    busy = float(np.minimum(states, servers) @ chance)
    return ErlangA(
        utilization=busy / servers,
        waiting_time=queue / arrival_rate,
        flow_time=(queue + busy) / arrival_rate,
        queue_length=queue,
        in_system=queue + busy,
        arrival_rate=arrival_rate,
        service_rate=service_rate,
        servers=servers,
        abandonment_rate=abandonment_rate,
        probabilities=tuple(chance.tolist()),
        share_gave_up=abandonment_rate * queue / arrival_rate,
        share_waiting=float(chance[servers:].sum()),
    )


def _erlang_a_probabilities(arrival: float, service: float, servers: int, theta: float) -> Array:
    """Probabilities of Erlang A, as many states as it takes for the rest to be negligible."""
    states = servers + 64
    while True:
        steps = np.arange(1, states + 1)
        deaths = np.minimum(steps, servers) * service + np.maximum(steps - servers, 0) * theta
        chance = birth_death(np.full(states, arrival), deaths)
        if chance[-1] < _TAIL and deaths[-1] > arrival:
            return chance
        states *= 2

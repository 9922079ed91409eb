"""Closed forms of single stations: what is known of a queue without simulating it.

Rates are per unit of time, times are in that unit, a load is in erlangs (mean number of busy servers were
there enough of them). A station whose load reaches its servers has no steady state: its queue and its times
are infinite.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from serviceflow.theory.stations import (
    Station,
    above_zero,
    at_least,
    birth_death,
    check_rates,
    check_share,
    rising_to,
    station,
)


def erlang_b(load: float, servers: int) -> float:
    """Share of requests lost at a station of `servers` without a queue (M/G/c/c).

    Source: A. K. Erlang (1917), by the recursion B(c) = a B(c-1) / (c + a B(c-1)).
    """
    at_least("servers", servers, 0)
    at_least("load", load, 0)
    lost = 1.0
    for server in range(1, servers + 1):
        lost = load * lost / (server + load * lost)
    return lost


def erlang_c(load: float, servers: int) -> float:
    """Share of requests that wait at M/M/c (Poisson arrivals, exponential work); 1 if overloaded.

    Source: A. K. Erlang (1917), C = B / (1 - rho (1 - B)) from the loss formula.
    """
    at_least("servers", servers, 1)
    if load >= servers:
        return 1.0
    lost = erlang_b(load, servers)
    return lost / (1 - load / servers * (1 - lost))


@dataclass(frozen=True)
class MMc(Station):
    """An M/M/c station: Poisson arrivals, exponential work, first come first served."""

    arrival_rate: float
    service_rate: float
    servers: int
    share_waiting: float

    def probability(self, requests: int) -> float:
        """Share of time with exactly `requests` at the station."""
        load = self.arrival_rate / self.service_rate
        if self.utilization >= 1:
            return 0.0
        # p(c) = C (1 - rho): the states from c on are geometric and hold the share that waits
        full = self.share_waiting * (1 - self.utilization)
        if requests >= self.servers:
            return full * self.utilization ** (requests - self.servers)
        if load == 0:
            return 1.0 if requests == 0 else 0.0
        ratio = math.lgamma(self.servers + 1) - math.lgamma(requests + 1)
        return full * math.exp(ratio - (self.servers - requests) * math.log(load))

    def waiting_longer(self, time: float) -> float:
        """Share of requests that wait longer than `time`."""
        if self.utilization >= 1:
            return 1.0
        return self.share_waiting * math.exp(-self._spare_rate * time)

    def waiting_quantile(self, share: float) -> float:
        """Time within which `share` of the requests start work; 0 if as many need not wait at all."""
        check_share("share", share)
        if self.utilization >= 1:
            return math.inf
        if self.share_waiting <= 1 - share:
            return 0.0
        return math.log(self.share_waiting / (1 - share)) / self._spare_rate

    def flow_longer(self, time: float) -> float:
        """Share of requests whose flow time is longer than `time` (waiting and work are independent)."""
        if self.utilization >= 1:
            return 1.0
        mu, spare = self.service_rate, self._spare_rate
        if math.isclose(mu, spare, rel_tol=1e-9):
            return math.exp(-mu * time) * (1 + self.share_waiting * mu * time)
        both = (mu * math.exp(-spare * time) - spare * math.exp(-mu * time)) / (mu - spare)
        return (1 - self.share_waiting) * math.exp(-mu * time) + self.share_waiting * both

    def flow_quantile(self, share: float) -> float:
        """Time within which `share` of the requests are finished."""
        check_share("share", share)
        if self.utilization >= 1:
            return math.inf
        return rising_to(lambda time: 1 - self.flow_longer(time), share, self.flow_time)

    @property
    def _spare_rate(self) -> float:
        return self.servers * self.service_rate - self.arrival_rate


def mmc(arrival_rate: float, service_rate: float, servers: int = 1) -> MMc:
    """M/M/c: Poisson arrivals, exponential work, `servers` alike, one queue.

    Source: Erlang (1917); Gross et al., *Fundamentals of Queueing Theory*, 4th ed. (2008), section 2.3.
    """
    check_rates(arrival_rate, service_rate)
    load = arrival_rate / service_rate
    wait = erlang_c(load, servers)
    spare = servers * service_rate - arrival_rate
    waiting = wait / spare if spare > 0 else math.inf
    means = station(arrival_rate, load / servers, waiting, 1 / service_rate)
    return MMc(
        **vars(means),
        arrival_rate=arrival_rate,
        service_rate=service_rate,
        servers=servers,
        share_waiting=wait,
    )


@dataclass(frozen=True)
class Loss(Station):
    """A station that turns requests away; times are those of the requests that were let in.

    `probabilities[n]` is the share of time with n requests there, `share_lost` of requests is turned away.
    """

    probabilities: tuple[float, ...]
    share_lost: float
    throughput: float


def mmck(arrival_rate: float, service_rate: float, servers: int, capacity: int) -> Loss:
    """M/M/c/K: room for `capacity` requests, those at work included; who finds it full is lost.

    Source: birth-death balance; Gross et al. (2008), section 2.5.
    """
    check_rates(arrival_rate, service_rate)
    at_least("servers", servers, 1)
    at_least("capacity", capacity, servers)
    busy = np.minimum(np.arange(1, capacity + 1), servers)
    chance = birth_death(np.full(capacity, arrival_rate), busy * service_rate)
    lost = float(chance[-1])
    through = arrival_rate * (1 - lost)
    in_system = float(np.arange(capacity + 1) @ chance)
    queue = in_system - through / service_rate
    waiting = queue / through if through else 0.0
    return Loss(
        utilization=through / service_rate / servers,
        waiting_time=waiting,
        flow_time=waiting + 1 / service_rate,
        queue_length=queue,
        in_system=in_system,
        probabilities=tuple(chance.tolist()),
        share_lost=lost,
        throughput=through,
    )


@dataclass(frozen=True)
class ClosedStation(Station):
    """A station asked by a closed population; `probabilities[n]`: share of time with n requests there."""

    probabilities: tuple[float, ...]
    throughput: float


def finite_source(population: int, think_time: float, service_rate: float, servers: int = 1) -> ClosedStation:
    """M/M/c//N: each of a closed `population` thinks for an exponential time, then asks.

    Source: C. Palm (1947), machine interference; Gross et al. (2008), section 2.8.
    """
    at_least("population", population, 1)
    at_least("servers", servers, 1)
    above_zero("think_time", think_time)
    above_zero("service_rate", service_rate)
    thinking = np.arange(population, 0, -1)
    busy = np.minimum(np.arange(1, population + 1), servers)
    chance = birth_death(thinking / think_time, busy * service_rate)
    here = float(np.arange(population + 1) @ chance)
    through = (population - here) / think_time
    flow = here / through
    queue = here - through / service_rate
    return ClosedStation(
        utilization=through / service_rate / servers,
        waiting_time=flow - 1 / service_rate,
        flow_time=flow,
        queue_length=queue,
        in_system=here,
        probabilities=tuple(chance.tolist()),
        throughput=through,
    )


def mg1(arrival_rate: float, mean: float, cv: float) -> Station:
    """M/G/1: Poisson arrivals, one server, work of the given mean and coefficient of variation.

    Source: Pollaczek (1930) and Khinchine (1932): Wq = rho m (1 + cv^2) / (2 (1 - rho)).
    """
    above_zero("mean", mean)
    check_rates(arrival_rate, 1 / mean)
    load = arrival_rate * mean
    waiting = load * mean * (1 + cv * cv) / (2 * (1 - load)) if load < 1 else math.inf
    return station(arrival_rate, load, waiting, mean)


def md1_waiting_within(arrival_rate: float, service_time: float, time: float) -> float:
    """Share of requests that wait at most `time` at a single server of constant service time (M/D/1).

    Source: A. K. Erlang (1909). The sum alternates: it loses digits beyond some 15 service times.
    """
    above_zero("service_time", service_time)
    check_rates(arrival_rate, 1 / service_time)
    load = arrival_rate * service_time
    if load >= 1 or time < 0:
        return 0.0
    terms = []
    for k in range(math.floor(time / service_time) + 1):
        left = arrival_rate * (time - k * service_time)
        terms.append((-left) ** k / math.factorial(k) * math.exp(left))
    return (1 - load) * math.fsum(terms)


def mm1_breakdowns(
    arrival_rate: float, service_rate: float, failure_rate: float, repair_rate: float
) -> Station:
    """M/M/1 whose server breaks down, busy or idle, and goes on with its work after the repair.

    The flow time counts repairs; so does the time at work that is left of it beside the wait.

    Source: H. White and L. S. Christie, *Operations Research* 6 (1958), for exponential times.
    """
    check_rates(arrival_rate, service_rate)
    above_zero("failure_rate", failure_rate)
    above_zero("repair_rate", repair_rate)
    both = failure_rate + repair_rate
    rate = service_rate * repair_rate / both
    at_work = (1 + failure_rate / repair_rate) / service_rate
    if arrival_rate >= rate:
        return station(arrival_rate, arrival_rate / rate, math.inf, at_work)
    flow = (1 + service_rate * failure_rate / both**2) / (rate - arrival_rate)
    return station(arrival_rate, arrival_rate / rate, flow - at_work, at_work)


@dataclass(frozen=True)
class GIM1(Station):
    """A GI/M/1 station; an arriving request finds n there with probability (1 - root) root^n."""

    root: float
    service_rate: float

    def waiting_longer(self, time: float) -> float:
        """Share of requests that wait longer than `time`."""
        return self.root * self.flow_longer(time)

    def flow_longer(self, time: float) -> float:
        """Share of requests whose flow time is longer than `time`: it is exponential."""
        return math.exp(-self.service_rate * (1 - self.root) * time)


def gim1(transform: Callable[[float], float], arrival_rate: float, service_rate: float) -> GIM1:
    """GI/M/1: independent times between arrivals of any distribution, one server, exponential work.

    Parameters
    ----------
    transform
        Laplace transform of the time between arrivals, s -> E[exp(-s A)] (see `erlang_transform`).
    arrival_rate
        One over the mean of that time.
    service_rate
        One over the mean work.

    Source: Kleinrock, *Queueing Systems* 1 (1975), section 6.4: the root of r = A*(mu (1 - r)).
    """
    check_rates(arrival_rate, service_rate)
    load = arrival_rate / service_rate
    root = _gim1_root(transform, service_rate) if load < 1 else 1.0
    waiting = root / (service_rate * (1 - root)) if root < 1 else math.inf
    means = station(arrival_rate, load, waiting, 1 / service_rate)
    return GIM1(**vars(means), root=root, service_rate=service_rate)


def erlang_transform(mean: float, k: int = 1) -> Callable[[float], float]:
    """Laplace transform of an Erlang-k time of the given mean (k = 1: exponential), for `gim1`."""
    return lambda s: (1 + s * mean / k) ** -k


def constant_transform(value: float) -> Callable[[float], float]:
    """Laplace transform of a constant time, for `gim1` (D/M/1)."""
    return lambda s: math.exp(-s * value)


def mxm1(batch_rate: float, service_rate: float, batch_mean: float, batch_second_moment: float) -> Station:
    """M^X/M/1: batches arrive as a Poisson stream; each request of a batch is served by itself.

    Source: Gross et al. (2008), section 3.1: L = rate (E[X] + E[X^2]) / (2 mu (1 - rho)).
    """
    rate = batch_rate * batch_mean
    check_rates(rate, service_rate)
    load = rate / service_rate
    if load >= 1:
        return station(rate, load, math.inf, 1 / service_rate)
    in_system = batch_rate * (batch_mean + batch_second_moment) / (2 * service_rate * (1 - load))
    flow = in_system / rate if rate else 1 / service_rate
    return Station(load, flow - 1 / service_rate, flow, in_system - load, in_system)


def _gim1_root(transform: Callable[[float], float], service_rate: float) -> float:
    """Root below 1 of r = A*(mu (1 - r)), by repeated substitution from 0, which rises to it."""
    root = 0.0
    for _ in range(1_000_000):
        better = transform(service_rate * (1 - root))
        if abs(better - root) < 1e-15:
            return better
        root = better
    return root

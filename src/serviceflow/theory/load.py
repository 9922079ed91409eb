"""Offered load: the work that a chain's requests bring to each provider, against what its staff can do.

Work per unit of time is compared with the staff on duty over a whole cycle of the calendars. Where it
reaches the capacity, queues grow as long as the run lasts. Setup and learning are left out, batches are taken
as full.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from serviceflow.model.chain import Chain
from serviceflow.theory.capacity import Staff, availability, average, duty
from serviceflow.theory.demand import Demand, times
from serviceflow.theory.flows import Flows, Source
from serviceflow.theory.pools import balanced_loads
from serviceflow.units import UNITS


@dataclass(frozen=True)
class Load:
    """The offered load of one provider.

    Attributes
    ----------
    provider
        Its name.
    visits
        Visits per time unit of the chain at the services it works at.
    work
        Mean number of its staff that are needed, for closed populations at most.
    staff
        Mean number on duty.
    capacity
        Work they can do, speeds and outages counted.
    utilization
        Work over capacity, work that others can do too shared as evenly as can be; infinite without staff.
        Closed populations fill it up to 1 at most, as they ask for no more than can be done.
    open_utilization
        The same without closed populations; it is overloaded if this reaches 1.
    notes
        What was left out or taken for granted.
    """

    provider: str
    visits: float
    work: float
    staff: float
    capacity: float
    utilization: float
    open_utilization: float
    notes: tuple[str, ...] = ()

    @property
    def overloaded(self) -> bool:
        """Whether its queue grows as long as the run lasts."""
        return self.open_utilization >= 1 - 1e-9


@dataclass(frozen=True)
class StockFlow:
    """What is taken from a stock and brought to it, in units per time unit of the chain.

    `order` is what one order brings, all in all (0 without reorder), `orders` how many go out.
    """

    stock: str
    taken: float
    brought: float
    order: float = 0.0
    orders: float = 0.0


@dataclass(frozen=True)
class Loads:
    """The flows of a whole chain.

    Attributes
    ----------
    providers, stocks
        One row each.
    visits
        Visits per time unit of each service.
    unknown
        Places in the model of which no mean is known, so that they count as nothing.
    """

    providers: tuple[Load, ...]
    stocks: tuple[StockFlow, ...]
    visits: Mapping[str, float]
    unknown: tuple[str, ...] = ()


def visit_rate(chain: Chain) -> float:
    """Visits per tick at all services, as if nobody gave up."""
    return float(Demand(Flows(chain), Staff(chain)).visits().sum())


def offered_load(chain: Chain) -> Loads:
    """The offered load of every provider, and the flows of every stock.

    Means are taken for each kind of request by itself (see ``situations``), so that long work and frequent
    rework of the same requests count together. Source: the traffic equations (Jackson 1957).
    """
    return loads_of(Demand(Flows(chain), Staff(chain)))


def loads_of(demand: Demand) -> Loads:
    """The offered loads of a demand."""
    chain, staff = demand.chain, demand.staff
    ticks = UNITS[chain.time_unit]
    visits = dict(zip(demand.flows.services, (demand.visits() * ticks).tolist(), strict=True))
    alone = balanced_loads(demand.work(demand.rates), staff.capacity)
    full = balanced_loads(demand.work({one: demand.rate(one) for one in demand.brought}), staff.capacity)
    both = {key: max(alone[key], min(full[key], 1.0)) for key in alone}
    return Loads(
        tuple(_load(demand, name, visits, alone, both) for name in staff.keys),
        tuple(_stock_flow(demand, name, ticks) for name in sorted(chain.stocks)),
        visits,
        tuple(demand.unknown),
    )


def _load(
    demand: Demand,
    name: str,
    visits: Mapping[str, float],
    alone: Mapping[str, float],
    both: Mapping[str, float],
) -> Load:
    chain, keys, capacity = demand.chain, demand.staff.keys[name], demand.staff.capacity
    mine = demand.flows.services_of.get(name, [])
    notes = [*_notes(demand.flows, name, mine)]
    if any(both[key] > alone[key] for key in keys):
        notes.append("closed populations at most")
    return Load(
        provider=name,
        visits=sum(visits[service] for service in mine),
        work=sum(times(both[key], capacity[key]) if capacity[key] else both[key] for key in keys),
        staff=average(chain, duty(chain, name), demand.staff.span),
        capacity=sum(capacity[key] for key in keys),
        utilization=max(both[key] for key in keys),
        open_utilization=max(alone[key] for key in keys),
        notes=tuple(notes),
    )


def _notes(flows: Flows, provider: str, services: Sequence[str]) -> Iterator[str]:
    chain = flows.chain
    found = [chain.services[service] for service in services]
    if any(service.setup is not None for service in found):
        yield "setup left out"
    if any(service.learning is not None for service in found):
        yield "learning left out"
    if any(service.batch is not None for service in found):
        yield "batches taken as full"
    if availability(chain, chain.providers[provider].outages) is None:
        yield "outages left out"
    calls = (call for service in services for _, call in flows.calls.get(service, ()))
    if any(call.wait and call.ask != "before" for call in calls):
        yield "held by calls without their waiting"


def _stock_flow(demand: Demand, name: str, ticks: int) -> StockFlow:
    order = Source("stock", name)
    own = -demand.brought[order].net(name) if order in demand.brought else 0.0
    taken, given = demand.stock(name, "taken") * ticks, demand.stock(name, "given") * ticks
    return StockFlow(name, taken, given, own, demand.rates.get(order, 0.0) * ticks)

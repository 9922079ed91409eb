"""What theory says of a chain before any simulation: figures, each with its method and where that fits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from serviceflow.model.chain import Chain
from serviceflow.model.sla import ELAPSED, SLA, Target
from serviceflow.theory.capacity import Staff, duty
from serviceflow.theory.demand import Demand
from serviceflow.theory.estimates.closed import rounds
from serviceflow.theory.estimates.flow_times import Longer, Total, flow_time, handoff_time
from serviceflow.theory.estimates.network import Network
from serviceflow.theory.estimates.single import Solved, only_by_simulation, solve
from serviceflow.theory.estimates.stations import APPROXIMATE, EXACT, SIMULATION, Station, stations_of, worst
from serviceflow.theory.estimates.streams import CLOSED, Kind, Streams
from serviceflow.theory.flows import Flows, Source
from serviceflow.theory.load import Loads, loads_of
from serviceflow.theory.situations import Situation
from serviceflow.theory.stations import rising_to

TAILS = {"flow_time_p50": 0.5, "flow_time_p90": 0.9, "flow_time_p95": 0.95, "flow_time_p99": 0.99}


@dataclass(frozen=True)
class Estimated:
    """One figure by theory.

    Attributes
    ----------
    scope, name, measure
        Which figure, as tables of results name it.
    value
        In the chain's time unit where it is a time; NaN where only a simulation tells.
    method
        By which formula.
    kind
        ``exact``, ``approximate``, ``upper bound`` or ``simulation only``.
    violated
        What of the chain is not as the formula takes it.
    """

    scope: str
    name: str
    measure: str
    value: float
    method: str
    kind: str
    violated: tuple[str, ...] = ()


def estimates(chain: Chain) -> tuple[Estimated, ...]:
    """Every figure that theory has something to say of."""
    return tuple(_Estimator(chain).figures())


class _Estimator:
    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.demand = Demand(Flows(chain), Staff(chain))
        self.streams = Streams(self.demand)
        self.network = Network(self.streams, stations_of(self.streams))
        self.throughput: dict[Source, float] = {
            one: self.streams.rate(one) for one in self.streams.flows.sources
        }
        self.scale = 1.0
        self.solved = self._solved()
        self.solved.update(self._of_stocks())
        self.totals = {
            one: flow_time(self.network, self.solved, one)
            for one in self.streams.flows.sources
            if one.kind == "consumer"
        }

    def figures(self) -> Iterator[Estimated]:
        """Every figure, with what is doubtful of all of them."""
        doubts = tuple(self._doubts())
        for one in self._all():
            kind = worst((one.kind, APPROXIMATE)) if doubts else one.kind
            yield replace(one, kind=kind, violated=(*dict.fromkeys((*one.violated, *doubts)),))

    def _doubts(self) -> Iterator[str]:
        if self.chain.run.horizon == "terminating":
            yield "the run ends by the clock, and figures of a long run are given"
        if self.demand.unknown:
            yield f"the mean of {', '.join(self.demand.unknown)} is not known, and counts as nothing"
        if any(self._is_open(values) for found in self.streams.kinds.values() for values in found):
            yield "a condition or share on the way cannot be known beforehand"
        kinds = [one for source in self.streams.flows.sources for one in self._situations(source)]
        if not all(one.whole for one in kinds):
            yield "requests are of so many kinds that a sample stands for them"

    def _situations(self, source: Source) -> tuple[Situation, ...]:
        return self.streams.flows.situations(source)

    def _is_open(self, kind: Kind) -> bool:
        flows = self.streams.flows
        asked = [expr for _, way in self.streams.ways() for expr in (way.when, way.probability)]  # type: ignore[attr-defined]
        means = [flows.mean(expr, kind.values) for expr in asked if expr is not None]
        return any(mean is None or mean != mean for mean in means)

    def _all(self) -> Iterator[Estimated]:
        yield from self._of_chain()
        for source, total in self.totals.items():
            yield from self._of_consumer(source, total)
        for load in self._loads.providers:
            yield from self._of_provider(load.provider, load.utilization, load.notes)
        for name in sorted(self.chain.services):
            yield from self._of_service(name)
        yield from self._of_handoffs()
        for name in sorted(self.chain.stocks):
            yield from self._of_stock(name)
        for source, total in self.totals.items():
            yield from self._of_promise(source, total)

    # Stations

    def _solved(self) -> dict[str, Solved]:
        closed = [one for one in self.streams.flows.sources if self.streams.coming[one].kind == CLOSED]
        if not closed:
            return {key: solve(self.network, key) for key in self.network.stations}
        found = rounds(self.network, closed[0])
        if isinstance(found, str):
            rest = {key for key, one in self.network.stations.items() if not one.servers and not one.refusals}
            open_ = {key: solve(self.network, key) for key in rest}
            return {key: open_.get(key) or only_by_simulation(found) for key in self.network.stations}
        self.scale = found.throughput / self.streams.rate(closed[0])
        self.throughput[closed[0]] = found.throughput
        idle = {key: Solved("no work", EXACT, waits={None: 0.0}) for key in self.network.stations}
        return idle | found.stations

    def _of_stocks(self) -> dict[str, Solved]:
        """The wait for material of services that take it, by a key of their own."""
        found = {}
        for name, service in self.chain.services.items():
            if service.consumes:
                stock = next(iter(service.consumes))
                found[f"stock\n{name}"] = self._wait_for(stock, name) if len(service.consumes) == 1 else None
        return {
            key: one or only_by_simulation("the wait for material depends on what is in stock")
            for key, one in found.items()
        }

    def _maker(self, stock: str) -> Solved | None:
        """The station that makes what is ordered, where nothing but these orders goes there."""
        chain, source = self.chain, Source("stock", stock)
        targets = [name for (one, name), rate in self.streams.entering.items() if one == source and rate]
        if len(targets) != 1 or not self.streams.is_base_stock(stock):
            return None
        (name,) = targets
        key, service = self.network.at[name], chain.services[name]
        alone = len(self.network.feeders[key]) == 1 and self.network.stations[key].services == (name,)
        onward = any(origin == name and rate for (origin, _), rate in self.streams.flow.items())
        makes = [*service.produces] == [stock]
        return self.solved[key] if alone and makes and not onward and key in self.network.poisson else None

    def _wait_for(self, stock: str, name: str) -> Solved | None:
        maker, level = self._maker(stock), self._base(stock)
        takers = [one for one, service in self.chain.services.items() if stock in service.consumes]
        if maker is None or maker.present is None or takers != [name]:
            return None
        rate = self.streams.visits[name].rate
        late = sum(max(0, n - level) * maker.present(n) for n in range(_far(maker.present)))
        return Solved("base stock", maker.kind, maker.doubts, {None: late / rate if rate else 0.0})

    def _base(self, stock: str) -> int:
        reorder = self.chain.stocks[stock].reorder
        return int(reorder.below.constant(self.chain.time_unit)) if reorder else 0

    # Figures

    def _of_chain(self) -> Iterator[Estimated]:
        name, found = self.chain.name, [(self.throughput[one], total) for one, total in self.totals.items()]
        rate = sum(part for part, _ in found)
        if not found:
            return
        both = Total()
        for part, total in found:
            both.take(total.method, total.kind, tuple(total.doubts))
            both.side_by_side = both.side_by_side or total.side_by_side
            both.value += part * total.value / rate if rate else math.nan
            both.waiting += part * total.waiting / rate if rate else math.nan
        both.methods = dict.fromkeys(method for _, total in found for method in total.methods)
        if len(found) == 1:
            both.longer = found[0][1].longer
        yield from self._of_total("chain", name, rate, both)
        yield from self._losses(name, rate)

    def _of_consumer(self, source: Source, total: Total) -> Iterator[Estimated]:
        yield from self._of_total("consumer", source.name, self.throughput[source], total)

    def _of_total(self, scope: str, name: str, rate: float, total: Total) -> Iterator[Estimated]:
        doubts, known = tuple(total.doubts), total.kind != SIMULATION
        method = total.method if known else SIMULATION
        value, waiting = (total.value, total.waiting) if known else (math.nan, math.nan)
        yield Estimated(scope, name, "flow_time", value, method, total.kind, doubts)
        if not total.side_by_side:
            yield Estimated(scope, name, "waiting_time", waiting, method, total.kind, doubts)
        if known:
            yield Estimated(scope, name, "work_in_progress", rate * value, "Little", total.kind, doubts)
        if total.longer is not None:
            longer = total.longer
            for measure, share in TAILS.items():
                time = rising_to(lambda at: 1 - longer(at), share, max(value, 1e-9))
                yield Estimated(scope, name, measure, time, method, total.kind, doubts)
        yield from self._of_pace(scope, name, rate)

    def _of_pace(self, scope: str, name: str, rate: float) -> Iterator[Estimated]:
        """What gets through, which is what comes where nothing is lost and nothing piles up."""
        if self._sheds or self._piles_up:
            return
        why = ("material is taken to suffice",) if self.chain.stocks else ()
        yield Estimated(scope, name, "throughput", rate, self._of_rates, APPROXIMATE if why else EXACT, why)

    @cached_property
    def _loads(self) -> Loads:
        return loads_of(self.demand)

    @cached_property
    def _piles_up(self) -> bool:
        return any(load.overloaded for load in self._loads.providers)

    @property
    def _of_rates(self) -> str:
        return "Gordon-Newell" if self.scale != 1.0 else "traffic equations"

    @cached_property
    def _sheds(self) -> bool:
        """Whether some requests are lost, or a closed population's pace is only known by simulation."""
        closed = any(one.kind == CLOSED for one in self.streams.coming.values()) and self.scale == 1.0
        return (
            closed
            or any(
                one.queue_limit is not None and one.when_full == "refuse"
                for one in self.chain.providers.values()
            )
            or any(service.limits_time for service in self.chain.services.values())
        )

    def _losses(self, name: str, rate: float) -> Iterator[Estimated]:
        """Shares that are refused or give up, where there is one station and one visit of each."""
        lossy = [(key, one) for key, one in self.solved.items() if one.lost]
        if len(lossy) != 1 or not rate:
            return
        (key, one) = lossy[0]
        visits = sum(self.streams.visits[name].rate for name in self.network.stations[key].services)
        if math.isclose(visits, rate) and len(self.network.feeders[key]) == 1:
            measure = "refused_share" if one.how == "refused" else "gave_up_share"
            yield Estimated("chain", name, measure, one.lost, one.method, one.kind, one.doubts)
            served = rate * (1 - one.lost)
            yield Estimated("chain", name, "throughput", served, one.method, one.kind, one.doubts)

    def _of_provider(self, name: str, load: float, notes: tuple[str, ...]) -> Iterator[Estimated]:
        found, station = self.solved[f"{name}\n"], self.network.stations[f"{name}\n"]
        if found.utilization is not None and not math.isnan(found.utilization):
            yield Estimated(
                "provider", name, "utilization", found.utilization, found.method, found.kind, found.doubts
            )
        elif found.utilization is None and not self._unsure_of_load(station, found):
            notes = (*notes, *self._overtime(name))
            kind = APPROXIMATE if notes else EXACT
            yield Estimated("provider", name, "utilization", min(load, 1.0), "traffic equations", kind, notes)
        else:
            why = (*notes, *found.doubts)
            yield Estimated("provider", name, "utilization", math.nan, SIMULATION, SIMULATION, why)
        if station.refusals or found.kind == SIMULATION:
            why = tuple(found.doubts)
            yield Estimated("provider", name, "queue_length", math.nan, SIMULATION, SIMULATION, why)
            return
        queue = sum(self._queue(one) for one in station.services)
        yield Estimated("provider", name, "queue_length", queue, found.method, found.kind, found.doubts)

    def _overtime(self, name: str) -> Iterator[str]:
        provider = self.chain.providers[name]
        if provider.off_shift == "finish" and not duty(self.chain, name).is_constant:
            yield "overtime counted as time on duty"
        if provider.off_shift == "fit" and not duty(self.chain, name).is_constant:
            yield "time in which no work fits any more counted as time on duty"

    def _unsure_of_load(self, station: Station, found: Solved) -> bool:
        """Whether work may go to several providers, is lost, or comes from a population of unknown pace."""
        shared = any(len(self.chain.services[name].provider_names) > 1 for name in station.services)
        return shared or self._sheds

    def _queue(self, name: str) -> float:
        found = self.solved[self.network.at[name]]
        served = 1.0 if found.how != "refused" else 1 - found.lost
        classes = self.streams.visits[name].classes.items()
        return sum(times(one.rate * self.scale * served, found.wait(priority)) for priority, one in classes)

    def _of_service(self, name: str) -> Iterator[Estimated]:
        found, visits = self.solved[self.network.at[name]], self.streams.visits[name]
        stock = self.solved.get(f"stock\n{name}")
        if stock is not None:
            found = stock if found.method in ("no queue", "no work") else found
        rate = visits.rate
        if not rate:
            return
        if self.streams.flows.calls.get(name):
            found = only_by_simulation("it waits for what it asks others")
        if self.chain.services[name].join is not None:
            found = only_by_simulation("it waits for branches")
        wait = sum(times(one.rate, found.wait(priority)) for priority, one in visits.classes.items()) / rate
        yield Estimated("service", name, "waiting_time", wait, found.method, found.kind, found.doubts)
        yield from self._of_pace("service", name, rate * self.scale)

    def _of_handoffs(self) -> Iterator[Estimated]:
        plain = all(one.kind == "Poisson" for one in self.streams.coming.values())
        for link, way in sorted(self.chain.handoffs.items(), key=lambda item: str(item[0])):
            timed = way.every or way.delay or way.batch or way.clarification
            if way.after != "finished" or not timed:
                continue
            kinds = [one.values for found in self.streams.kinds.values() for one in found]
            times_ = {
                handoff_time(
                    self.network, way, values, self.streams.flow.get((link.origin, link.target), 0.0)
                )
                for values in kinds
            }
            (time,) = times_ if len(times_) == 1 else (None,)
            if time is None:
                why = ("it follows a calendar, or depends on the request",)
                yield Estimated("handoff", str(link), "handoff_time", math.nan, SIMULATION, SIMULATION, why)
            else:
                exact = way.every is None or plain
                yield Estimated(
                    "handoff", str(link), "handoff_time", time, "means", EXACT if exact else APPROXIMATE
                )

    def _of_stock(self, name: str) -> Iterator[Estimated]:
        maker, level = self._maker(name), self._base(name)
        present = maker.present if maker is not None else None
        if maker is None or present is None:
            why = ("only a base stock that is ordered one by one has a formula",)
            for measure in ("fill_rate", "mean_level", "stockout_share"):
                yield Estimated("stock", name, measure, math.nan, SIMULATION, SIMULATION, why)
            return
        below = [present(n) for n in range(level)]
        there = sum((level - n) * chance for n, chance in enumerate(below))
        for measure, value in (
            ("fill_rate", sum(below)),
            ("mean_level", there),
            ("stockout_share", 1 - sum(below)),
        ):
            yield Estimated("stock", name, measure, value, "base stock", maker.kind, maker.doubts)

    def _of_promise(self, source: Source, total: Total) -> Iterator[Estimated]:
        sla = self.chain.consumers[source.name].sla
        for word in ("response", "resolution"):
            target: Target | None = getattr(sla, word, None) if sla is not None else None
            if sla is None or target is None:
                continue
            name = f"{source.name}: {word}"
            known = total.longer if word == "resolution" else self._starts_later(source, total)
            time = self.streams.flows.mean(target.within, {"consumer": source.name})
            if known is None or not _is_plain(sla, target) or time is None:
                why = ("the whole distribution is only known of one station, or of M/M/1 stations in a row",)
                yield Estimated("sla", name, "attainment", math.nan, SIMULATION, SIMULATION, why)
            else:
                kept, method = 1 - known(time / self.streams.ticks), total.method
                yield Estimated("sla", name, "attainment", kept, method, EXACT)

    def _starts_later(self, source: Source, total: Total) -> Longer | None:
        """The tail of the wait at the only station, where requests may leave before they are served, too."""
        kinds = self.streams.kinds[source]
        names = [*kinds[0].visits] if kinds else []
        alone = len(kinds) == 1 and len(names) == 1 and not self.chain.handoffs
        if total.starts_later is not None or not alone or not math.isclose(kinds[0].visits[names[0]], 1.0):
            return total.starts_later
        return self.solved[self.network.at[names[0]]].waiting_longer


def _is_plain(sla: SLA, target: Target) -> bool:
    plain = sla.clock == ELAPSED and sla.until is None and not sla.excluding
    return plain and not target.within.has_distribution


def times(rate: float, wait: float) -> float:
    """A product in which nothing times infinitely much is nothing."""
    return rate * wait if rate else 0.0


def _far(present: Callable[[int], float]) -> int:
    """Up to how many there may be, with a chance that counts."""
    number = 16
    while present(number) > 1e-16 and number < 1_000_000:
        number *= 2
    return number


__all__ = ["Estimated", "estimates"]

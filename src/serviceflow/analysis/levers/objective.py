"""What a lever is to improve: a figure, its direction, and how it varies over replications.

An objective takes a *sample* of each set of replications: little, so that samples of many levers can be kept
while their records are let go. From samples of the same replications it tells the gain of one over the other,
with the error of the paired difference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.analysis.levers.samples import Floats, QuantileSample, RatioSample, Sample
from serviceflow.engine.program.codes import CONSUMER, UNFINISHED
from serviceflow.errors import ServiceflowError, listed, nearest
from serviceflow.results.derived import Reading
from serviceflow.results.figures import scope_names
from serviceflow.results.measures import QUANTILES, unit_of
from serviceflow.results.naming import HIGHER, FigureName, FigureNameError, element_and_measure, place_of
from serviceflow.results.samples import measured, values_of

if TYPE_CHECKING:
    import pandas as pd

    from serviceflow.engine.record.record import Record
    from serviceflow.results.results import Results

LOST = "lost"
"""Requests that gave up or were refused: the sum of two measures."""


class ObjectiveError(ServiceflowError, ValueError):
    """An objective that cannot be measured."""


@dataclass(frozen=True)
class Objective:
    """A figure, and whether more of it is better.

    Attributes
    ----------
    name : str
        In words: ``"flow_time of Guests"``.
    unit : str
    higher : bool
        Whether more is better.
    take : callable
        Gives the sample of results.
    """

    name: str
    unit: str
    higher: bool
    take: Callable[[Results], Sample]

    def gain(self, ours: Sample, base: Sample) -> tuple[float, Floats]:
        """How much better `ours` is in the same replications, and by how much each of them moves that."""
        sign = 1.0 if self.higher else -1.0
        return sign * (ours.value() - base.value()), sign * (ours.deviations() - base.deviations())


def objective_of(given: object, results: Results) -> Objective:
    """An objective, as a user names it.

    Parameters
    ----------
    given : None, str, tuple or callable
        None: the promises to consumers that are broken, or else those on links (one: its attainment; several:
        all their breaches), or else the flow time. A measure of the whole chain, such as
        ``"flow_time"``; a measure and whose it is, ``("flow_time_p90", "Guests")`` or
        ``"flow_time_p90: Guests"``; a scope, name and measure; the name of a promise, for its attainment;
        or a function that takes a table of figures
        (as :attr:`Results.kpis`, of one replication) and returns a number of which less is better.
        ``"lost"`` are those who gave up or were refused.
    results : Results
        What the chain as it stands showed.

    Raises
    ------
    ObjectiveError
        Where there is no such figure, or it cannot be told of the chain as it stands.
    """
    found = _objective_of(given, results)
    if np.isnan(found.take(results).value()):
        raise ObjectiveError(
            f"objective: {found.name} cannot be told of {results.chain.name}: there is nothing in the window"
            " that it is the figure of; run for longer (duration), or name another one, such as 'throughput'"
        )
    return found


def _objective_of(given: object, results: Results) -> Objective:
    if given is None:
        return _usual(results)
    if callable(given):
        return Objective(getattr(given, "__name__", "own figure"), "", False, _Called(given))
    try:
        figure = element_and_measure(given, results, "objective")
    except FigureNameError as mistake:
        raise ObjectiveError(f"{mistake}; or give a function of a table of figures") from None
    return _of_figure(figure, results)


def promise_names(results: Results) -> tuple[str, ...]:
    return scope_names(results.runs.program)["sla"]


def _usual(results: Results) -> Objective:
    for broken in (broken_promises(results, "consumer"), broken_promises(results)):
        if len(broken) == 1:
            return _of_figure(("sla", broken[0], "attainment"), results)
        if broken:
            title = f"breaches of {listed(broken)}"
            places = tuple(promise_names(results).index(name) for name in broken)
            take = _Sum((("sla", "breaches"),), places)
            return Objective(title, "per replication", False, take)
    return _of_figure(("chain", "", "flow_time"), results)


def broken_promises(results: Results, scope: str = "") -> list[str]:
    """The promises that are kept less often than was promised; those of one scope, if it is named."""
    table = results.slas
    if not len(table) or "attainment" not in table:
        return []
    broken = table["attainment"] < table["share"]
    return [str(name) for name in table.index[broken & ((table["scope"] == scope) | (not scope))]]


def _of_figure(key: FigureName, results: Results) -> Objective:
    scope, name, measure = key
    place = place_of(key, results)
    take = _taker(scope, measure, place, results)
    take(results)  # Says what is wrong before anything is run.
    words = f"{measure} requests" if measure == LOST else measure
    title = words if scope == "chain" else f"{words} of {name}"
    unit = "requests" if measure == LOST else unit_of(measure, scope, results.time_unit)
    return Objective(title, unit, measure in HIGHER, take)


def _taker(scope: str, measure: str, place: int, results: Results) -> Callable[[Results], Sample]:
    base, _, quantile = measure.rpartition("_")
    if quantile in QUANTILES and (scope, base) in set(_of_single(results)):
        return _Quantile((scope, base), place, QUANTILES[quantile])
    if measure == "flow_time" and scope in ("chain", "consumer"):
        return _FlowTime(scope, place)
    if measure == LOST:
        return _Sum(((scope, "gave_up"), (scope, "refused")), (place,))
    return _Figure((scope, measure), place)


def _of_single(results: Results) -> list[tuple[str, str]]:
    """Scopes and measures that have a value for each request or visit."""
    keys = list(measured(results.runs.program))
    return [*keys, *(("chain", measure) for scope, measure in keys if scope == "consumer")]


def cost_objective() -> Objective:
    """The cost of the chain, whatever else is improved; not a number where nothing has a price."""
    return Objective("cost", "", False, _cost)


def _cost(results: Results) -> RatioSample:
    found = results._means.get(("chain", "cost"))
    totals = np.full(results.count, np.nan) if found is None else found.totals[:, 0]
    return RatioSample(totals, np.ones_like(totals))


def _series_of(results: Results, key: tuple[str, str]) -> Any:
    found = results._means.get(key)
    if found is None:
        known = sorted({measure for scope, measure in results._means if scope == key[0]})
        raise ObjectiveError(
            f"objective: there is no measure {key[1]!r} of {key[0]}"
            f"{nearest(key[1], known)}; there are: {', '.join(known)}"
        )
    return found


@dataclass(frozen=True)
class _Figure:
    """Takes a mean, a count or a share of one element."""

    key: tuple[str, str]
    place: int

    def __call__(self, results: Results) -> RatioSample:
        found = _series_of(results, self.key)
        totals = found.totals[:, self.place]
        bases = np.ones_like(totals) if found.bases is None else found.bases[:, self.place]
        return RatioSample(totals, bases)


@dataclass(frozen=True)
class _Sum:
    """Takes counts, added up over some elements."""

    keys: tuple[tuple[str, str], ...]
    places: tuple[int, ...]

    def __call__(self, results: Results) -> RatioSample:
        parts = [_series_of(results, key).totals[:, list(self.places)].sum(axis=1) for key in self.keys]
        totals = np.sum(parts, axis=0)
        return RatioSample(totals, np.ones_like(totals))


def _times_of(record: Record, key: tuple[str, str], place: int) -> Floats:
    """The single times of one element, or of the whole chain, in the chain's unit.

    Of flow times, what the end of the run cuts off counts with the time that it has taken so far: without it,
    a lever by which work is finished at last that took too long to be counted would look as if it did harm.
    """
    scope, measure = key
    reading, unit = Reading(record), record.program.time_unit
    if measure == "flow_time" and scope in ("chain", "consumer"):
        source = reading.sources(CONSUMER)
        mine = source >= 0 if scope == "chain" else source == place
        known = reading.completed | (reading.counted & (reading.requests["outcome"] == UNFINISHED))
        rows = np.flatnonzero(mine & known)
        return np.asarray(reading.ends[rows] - reading.requests["asked"][rows], dtype=np.float64) / unit
    found = values_of(reading, ("consumer" if scope == "chain" else scope, measure))
    mine = (found.elements == place) | (scope == "chain")
    return np.asarray(found.ticks[mine], dtype=np.float64) / unit


@dataclass(frozen=True)
class _FlowTime:
    """Takes the mean flow time of a consumer's requests, or of all."""

    scope: str
    place: int

    def __call__(self, results: Results) -> RatioSample:
        found = [_times_of(record, (self.scope, "flow_time"), self.place) for record in results.records]
        return RatioSample(
            np.array([times.sum() for times in found]), np.array([float(len(times)) for times in found])
        )


@dataclass(frozen=True)
class _Quantile:
    """Takes the single times behind a quantile, of one element or of the whole chain."""

    key: tuple[str, str]
    place: int
    share: float

    def __call__(self, results: Results) -> QuantileSample:
        times = (np.sort(_times_of(record, self.key, self.place)) for record in results.records)
        return QuantileSample(tuple(times), self.share)


@dataclass(frozen=True)
class _Called:
    """Asks a function for the figure of each replication."""

    function: Callable[[pd.DataFrame], float]

    def __call__(self, results: Results) -> RatioSample:
        table = results.by_replication.rename(columns={"value": "mean"})
        values = [self._asked(one) for _, one in table.groupby("replication", sort=True)]
        totals = np.array(values, dtype=np.float64)
        return RatioSample(totals, np.ones_like(totals))

    def _asked(self, table: pd.DataFrame) -> float:
        found = self.function(table)
        try:
            return float(found)
        except (TypeError, ValueError):
            name = getattr(self.function, "__name__", "the function")
            raise ObjectiveError(
                f"objective: {name} returned {found!r}; return one number, of which less is better"
            ) from None

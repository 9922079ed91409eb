"""What a lever is to improve: a figure, its direction, and how it varies over replications.

An objective takes a *sample* of each set of replications: little, so that samples of many levers can be kept
while their records are let go. From samples of the same replications it tells the gain of one over the other,
with the jackknife's error over replications, which is that of the paired difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from serviceflow.analysis.wording import listed
from serviceflow.errors import ServiceflowError, nearest
from serviceflow.results.derived import Reading
from serviceflow.results.figures import scope_names
from serviceflow.results.measures import SCOPES, unit_of
from serviceflow.results.samples import measured, values_of

if TYPE_CHECKING:
    import pandas as pd

    from serviceflow.engine.record.record import Record
    from serviceflow.results.results import Results

Floats = NDArray[np.float64]
Key = tuple[str, str, str]
"""Scope, name and measure."""

HIGHER = (
    "attainment",
    "completed",
    "fill_rate",
    "first_time_right",
    "flow_efficiency",
    "throughput",
)
"""Measures of which more is better; of all others less is."""
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


class ObjectiveError(ServiceflowError, ValueError):
    """An objective that cannot be measured."""


class Sample(Protocol):
    """What is kept of some replications."""

    def joined(self, other: Any) -> Any:
        """Join it with the sample of further replications."""

    def value(self) -> float:
        """The figure over all replications."""

    def left_out(self) -> Floats:
        """The figure with each replication left out in turn."""

    def cut(self, count: int) -> Any:
        """The sample of the first `count` replications."""


@dataclass(frozen=True)
class RatioSample:
    """A ratio of sums over replications; one of means has ones for `bases`.

    Attributes
    ----------
    totals, bases : array of shape (replications, parts)
        The figure is the sum of the ratios of its parts.
    """

    totals: Floats
    bases: Floats

    def joined(self, other: RatioSample) -> RatioSample:
        return RatioSample(
            np.concatenate([self.totals, other.totals]), np.concatenate([self.bases, other.bases])
        )

    def cut(self, count: int) -> RatioSample:
        return RatioSample(self.totals[:count], self.bases[:count])

    def value(self) -> float:
        return float(_ratios(self.totals.sum(axis=0), self.bases.sum(axis=0)).sum())

    def left_out(self) -> Floats:
        totals = self.totals.sum(axis=0) - self.totals
        found: Floats = _ratios(totals, self.bases.sum(axis=0) - self.bases).sum(axis=1)
        return found


def _ratios(totals: Floats, bases: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios: Floats = totals / bases
    return ratios


@dataclass(frozen=True)
class QuantileSample:
    """A quantile of single times, pooled over replications.

    Attributes
    ----------
    times : tuple of array
        The sorted times of each replication.
    share : float
        Which quantile.
    """

    times: tuple[Floats, ...]
    share: float

    def joined(self, other: QuantileSample) -> QuantileSample:
        return QuantileSample(self.times + other.times, self.share)

    def cut(self, count: int) -> QuantileSample:
        return QuantileSample(self.times[:count], self.share)

    def value(self) -> float:
        return self._quantile(self.times)

    def left_out(self) -> Floats:
        rest = (self.times[:place] + self.times[place + 1 :] for place in range(len(self.times)))
        return np.array([self._quantile(times) for times in rest])

    def _quantile(self, times: Sequence[Floats]) -> float:
        pooled = np.concatenate(times) if times else np.empty(0)
        if not len(pooled):
            return float("nan")
        place = max(int(np.ceil(self.share * len(pooled))) - 1, 0)
        return float(np.partition(pooled, place)[place])


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

    def gain(self, ours: Sample, base: Sample) -> tuple[float, float, int]:
        """How much better `ours` is, its standard error, and the replications that it rests on."""
        count = min(len(ours.left_out()), len(base.left_out()))
        ours, base = ours.cut(count), base.cut(count)
        sign = 1.0 if self.higher else -1.0
        without = sign * (ours.left_out() - base.left_out())
        spread = float(np.sum((without - without.mean()) ** 2))
        error = float(np.sqrt((count - 1) / count * spread)) if count > 1 else float("nan")
        return sign * (ours.value() - base.value()), error, count


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
    results : Results
        What the chain as it stands showed.

    Raises
    ------
    ObjectiveError
        Where there is no such figure.
    """
    if given is None:
        return _usual(results)
    if callable(given):
        return Objective(getattr(given, "__name__", "own figure"), "", False, _Called(given))
    if isinstance(given, str) and given in promise_names(results):
        return _of_figure(("sla", given, "attainment"), results)
    return _of_figure(_key(given, results), results)


def promise_names(results: Results) -> tuple[str, ...]:
    return scope_names(results.runs.program)["sla"]


def _usual(results: Results) -> Objective:
    for broken in (broken_promises(results, "consumer"), broken_promises(results)):
        if len(broken) == 1:
            return _of_figure(("sla", broken[0], "attainment"), results)
        if broken:
            title = f"breaches of {listed(broken)}"
            return Objective(title, "per replication", False, _Breaches(tuple(broken)))
    return _of_figure(("chain", "", "flow_time"), results)


def broken_promises(results: Results, scope: str = "") -> list[str]:
    """The promises that are kept less often than was promised; those of one scope, if it is named."""
    table = results.slas
    if not len(table) or "attainment" not in table:
        return []
    broken = table["attainment"] < table["share"]
    return [str(name) for name in table.index[broken & ((table["scope"] == scope) | (not scope))]]


def _key(given: Any, results: Results) -> Key:
    """Scope, name and measure of what was named."""
    parts: tuple[str, ...] = ()
    if isinstance(given, str):
        parts = tuple(given.split(": ", 1))
    elif isinstance(given, tuple | list):
        parts = tuple(map(str, given))
    if len(parts) == 1:
        return ("chain", "", parts[0])
    if len(parts) == 3:
        return (parts[0], parts[1], parts[2])
    if len(parts) == 2:
        measure, name = parts
        scopes = [scope for scope, names in scope_names(results.runs.program).items() if name in names]
        scopes = [scope for scope in ("consumer", *SCOPES) if scope in scopes]
        if scopes:
            return (scopes[0], name, measure)
    raise ObjectiveError(
        f"objective={given!r} is no figure: give a measure such as 'flow_time', a measure and a name,"
        " ('flow_time_p90', 'Guests'), a promise, or a function of a table of figures"
    )


def _of_figure(key: Key, results: Results) -> Objective:
    scope, name, measure = key
    base, _, quantile = measure.rpartition("_")
    names = scope_names(results.runs.program)
    if scope not in names or (scope != "chain" and name not in names[scope]):
        hint = nearest(name, names.get(scope, ())) if scope in names else nearest(scope, names)
        raise ObjectiveError(f"objective: there is no {scope} {name!r}{hint}")
    place = names[scope].index(name) if scope != "chain" else 0
    title = measure if scope == "chain" else f"{measure} of {name}"
    take: Callable[[Results], Sample] = _Figure((scope, measure), place)
    if quantile in QUANTILES and (scope, base) in set(measured(results.runs.program)):
        take = _Quantile((scope, base), place, QUANTILES[quantile])
    take(results)  # Says what is wrong before anything is run.
    return Objective(title, unit_of(measure, scope, results.time_unit), measure in HIGHER, take)


def cost_objective() -> Objective:
    """The cost of the chain, whatever else is improved; not a number where nothing has a price."""
    return Objective("cost", "", False, _cost)


def _cost(results: Results) -> RatioSample:
    found = results._means.get(("chain", "cost"))
    totals = np.full((results.count, 1), np.nan) if found is None else found.totals[:, [0]]
    return RatioSample(totals, np.ones_like(totals))


@dataclass(frozen=True)
class _Figure:
    """Takes a mean, a count or a share of one element."""

    key: tuple[str, str]
    place: int

    def __call__(self, results: Results) -> RatioSample:
        found = results._means.get(self.key)
        if found is None:
            known = [measure for scope, measure in results._means if scope == self.key[0]]
            raise ObjectiveError(
                f"objective: there is no measure {self.key[1]!r} of {self.key[0]}"
                f"{nearest(self.key[1], known)}; there are: {', '.join(known)}"
            )
        totals = found.totals[:, [self.place]]
        bases = np.ones_like(totals) if found.bases is None else found.bases[:, [self.place]]
        return RatioSample(totals, bases)


@dataclass(frozen=True)
class _Breaches:
    """Takes how often some promises are broken, in all."""

    promises: tuple[str, ...]

    def __call__(self, results: Results) -> RatioSample:
        names = promise_names(results)
        chosen = [names.index(name) for name in self.promises]
        totals = results._means["sla", "breaches"].totals[:, chosen].sum(axis=1, keepdims=True)
        return RatioSample(totals, np.ones_like(totals))


@dataclass(frozen=True)
class _Quantile:
    """Takes the single times behind a quantile."""

    key: tuple[str, str]
    place: int
    share: float

    def __call__(self, results: Results) -> QuantileSample:
        return QuantileSample(tuple(self._times(record) for record in results.records), self.share)

    def _times(self, record: Record) -> Floats:
        found = values_of(Reading(record), self.key)
        ticks = found.ticks[found.elements == self.place]
        times: Floats = np.sort(ticks) / record.program.time_unit
        return times


@dataclass(frozen=True)
class _Called:
    """Asks a function for the figure of each replication."""

    function: Callable[[pd.DataFrame], float]

    def __call__(self, results: Results) -> RatioSample:
        table = results.by_replication.rename(columns={"value": "mean"})
        values = [float(self.function(one)) for _, one in table.groupby("replication", sort=True)]
        totals = np.array(values, dtype=np.float64)[:, None]
        return RatioSample(totals, np.ones_like(totals))

"""All figures of a set of replications: each replication's own, and their means with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.engine.record.record import Record
from serviceflow.results.accumulators import Sums
from serviceflow.results.derived import Floats, Ints, Reading
from serviceflow.results.measures import QUANTILES, RATE, SHARE, SPREAD, TIME, Figure, element_names, meaning
from serviceflow.results.moments import Moments, deviations, pooled_deviation
from serviceflow.results.promises import promises
from serviceflow.results.quantile_intervals import quantile_intervals, shares_below
from serviceflow.results.reduce import rows_of
from serviceflow.results.rows import Condensed
from serviceflow.results.scopes import Key
from serviceflow.results.statistics import (
    Estimate,
    Ranked,
    mean_interval,
    mean_ratio_interval,
    share_interval,
)

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program


@dataclass(frozen=True)
class Series:
    """One measure of every element of a scope over the replications, in the chain's units.

    Attributes
    ----------
    totals : array of shape (replications, elements)
        The values, or what is divided by `bases`.
    bases : array or None
        Denominators.
    values : array of shape (replications, elements)
        The figure of each replication.
    requests, unfinished : array of shape (replications, elements), or None
        How many requests or visits the figure rests on, and how many are left out as unfinished.
    shares : array of shape (replications, elements), or None
        What tells how a figure varies together with another that is no mean over replications: for
        quantiles the share of each replication at or below the quantile over all of them, for standard
        deviations those of the replications.
    kind : str
        The kind of its unit: a share stays within 0 and 1.
    counted : bool
        Whether it tells how often something happens: never is then no certainty.
    """

    totals: Floats
    bases: Floats | None
    values: Floats
    requests: Floats | None
    unfinished: Floats | None
    shares: Floats | None = None
    kind: str = ""
    counted: bool = False

    def estimate(self, confidence: float) -> Estimate:
        """Means over replications with their intervals (not for quantiles and spreads)."""
        if self.kind == SHARE:
            bases = np.ones_like(self.totals) if self.bases is None else self.bases
            return share_interval(self.totals, bases, confidence, self.counted)
        found = (
            mean_interval(self.totals, confidence)
            if self.bases is None
            else mean_ratio_interval(self.totals, self.bases, confidence)
        )
        return found.within()  # No time, count, rate, level or cost is below 0.

    def picked(self, rows: slice | Ints, elements: slice | Ints) -> Series:
        """The same of some replications and elements."""
        names = ("totals", "bases", "values", "requests", "unfinished", "shares")
        parts: dict[str, Any] = {name: getattr(self, name) for name in names}
        chosen = {name: None if part is None else part[rows][:, elements] for name, part in parts.items()}
        return replace(self, **chosen)  # type: ignore[arg-type]


def scope_names(program: Program) -> Mapping[str, tuple[str, ...]]:
    """The names of the elements of each scope, promises included."""
    return {**element_names(program), "sla": tuple(promise.name for promise in promises(program))}


@dataclass(frozen=True)
class Reduced:
    """What is kept of a record that was added up.

    Attributes
    ----------
    figures : dict
        Every figure of the replication, quantiles and spreads apart.
    rows : Condensed or None
        Its visits, those that are alike in one row; None where they were not condensed.
    """

    figures: dict[Key, Figure]
    rows: Condensed | None


def reduce_record(record: Record) -> Reduced:
    """Add up a record."""
    reading = Reading(record)
    rows, sums = rows_of(reading), Sums(record.program, record.staffing)
    sums.include(reading, rows)
    return Reduced(sums.whole(), replace(rows, cells=None) if isinstance(rows, Condensed) else None)


def record_figures(record: Record) -> dict[Key, Figure]:
    """Every figure of one replication, quantiles and spreads apart."""
    return reduce_record(record).figures


def all_series(found: Sequence[Mapping[Key, Figure]], time_unit: int) -> dict[Key, Series]:
    """Every figure but the quantiles, over replications."""
    keys = dict.fromkeys(key for figures in found for key in figures)
    return {key: _series([figures[key] for figures in found], key[1], time_unit) for key in keys}


def _series(figures: Sequence[Figure], measure: str, time_unit: int) -> Series:
    kind = meaning(measure)[0]
    scale = {TIME: 1 / time_unit, RATE: float(time_unit)}.get(kind, 1.0)
    bases = _stacked([figure.base for figure in figures])
    totals = np.array([figure.total for figure in figures]) * scale
    values = np.array([figure.value for figure in figures]) * scale
    requests = _stacked([figure.requests for figure in figures])
    unfinished = _stacked([figure.unfinished for figure in figures])
    counted = measure.startswith("attainment")
    return Series(totals, bases, values, requests, unfinished, kind=kind, counted=counted)


def _stacked(parts: Sequence[Floats | None]) -> Floats | None:
    return None if any(part is None for part in parts) else np.array(parts)


# Spreads


def spread_names(keys: Iterable[Key]) -> dict[Key, Key]:
    """How the standard deviations of measures are named, each with the measure it is of."""
    return {(scope, f"{measure}_{SPREAD}"): (scope, measure) for scope, measure in keys}


def spread_estimates(found: Sequence[Mapping[Key, Moments]], time_unit: int) -> dict[Key, Estimate]:
    """Standard deviations of single requests and visits, over all those of all replications.

    They have no interval: see :func:`~serviceflow.results.moments.pooled_deviation`.
    """
    return {
        name: _scaled(pooled_deviation([one[key] for one in found]), time_unit)
        for name, key in spread_names(found[0]).items()
    }


def spread_series(
    found: Sequence[Mapping[Key, Moments]], means: Mapping[Key, Series], time_unit: int
) -> dict[Key, Series]:
    """Standard deviations of single requests and visits of each replication."""
    series: dict[Key, Series] = {}
    for name, key in spread_names(found[0]).items():
        own, mean = deviations([one[key] for one in found]) / time_unit, means[key]
        series[name] = Series(own, None, own, mean.requests, mean.unfinished, own)
    return series


# Quantiles


def quantile_names(keys: Iterable[Key]) -> dict[Key, tuple[Key, float]]:
    """How the quantiles of measures are named, each with the measure and the probability that it is of."""
    return {
        (scope, f"{measure}_{name}"): ((scope, measure), probability)
        for scope, measure in keys
        for name, probability in QUANTILES.items()
    }


def quantile_estimates(
    drawn: Sequence[Mapping[Key, Sequence[Ranked]]], names: Iterable[Key], time_unit: int, confidence: float
) -> dict[Key, Estimate]:
    """Quantiles over all customers of all replications.

    Parameters
    ----------
    drawn : sequence of mappings
        The values of each replication by scope and measure, a group for each element.
    names : iterable of keys
        Those of :func:`quantile_names` that are wanted.
    time_unit : int
        Ticks of the unit of the estimates.
    confidence : float
        Nominal coverage of the intervals.
    """
    known, wanted = quantile_names(drawn[0]), list(names)
    found: dict[Key, Estimate] = {}
    for key in dict.fromkeys(known[name][0] for name in wanted):
        own = [name for name in wanted if known[name][0] == key]
        samples, shares = [one[key] for one in drawn], [known[name][1] for name in own]
        estimates = quantile_intervals(samples, shares, confidence)
        found |= {name: _scaled(one, time_unit) for name, one in zip(own, estimates, strict=True)}
    return found


def quantile_series(
    drawn: Sequence[Mapping[Key, Sequence[Ranked]]],
    means: Mapping[Key, Series],
    estimates: Mapping[Key, Estimate],
    time_unit: int,
) -> dict[Key, Series]:
    """The quantiles of each replication, and the shares at or below those of all."""
    return {
        name: _quantile_series([one[key] for one in drawn], share, estimates[name], time_unit, means[key])
        for name, (key, share) in quantile_names(drawn[0]).items()
    }


def _quantile_series(
    drawn: Sequence[Sequence[Ranked]], probability: float, estimate: Estimate, unit: int, mean: Series
) -> Series:
    values = np.array([[group.quantile(probability) for group in groups] for groups in drawn]) / unit
    below, sizes = shares_below(drawn, np.rint(estimate.mean * unit))
    with np.errstate(invalid="ignore", divide="ignore"):
        return Series(values, None, values, mean.requests, mean.unfinished, below / sizes)


def _scaled(estimate: Estimate, unit: int) -> Estimate:
    mean, low, high = estimate.mean / unit, estimate.low / unit, estimate.high / unit
    return Estimate(mean, low, high, estimate.error / unit, estimate.freedom)

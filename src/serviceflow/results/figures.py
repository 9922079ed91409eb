"""All figures of a set of replications: each replication's own, and their means with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from serviceflow.engine.record.record import Record
from serviceflow.results.accumulators import sums_of
from serviceflow.results.derived import Floats
from serviceflow.results.measures import QUANTILES, RATE, SPREAD, TIME, Figure, element_names, meaning
from serviceflow.results.moments import Moments, deviations, pooled_deviation
from serviceflow.results.promises import promises
from serviceflow.results.scopes import Key
from serviceflow.results.statistics import (
    Estimate,
    Ordered,
    quantile_intervals,
    ratio_interval,
    shares_below,
    t_interval,
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
    """

    totals: Floats
    bases: Floats | None
    values: Floats
    requests: Floats | None
    unfinished: Floats | None
    shares: Floats | None = None

    def estimate(self, confidence: float) -> Estimate:
        """Means over replications with their intervals (not for quantiles and spreads)."""
        if self.bases is None:
            return t_interval(self.totals, confidence)
        return ratio_interval(self.totals, self.bases, confidence)


def scope_names(program: Program) -> Mapping[str, tuple[str, ...]]:
    """The names of the elements of each scope, promises included."""
    return {**element_names(program), "sla": tuple(promise.name for promise in promises(program))}


def record_figures(record: Record) -> dict[Key, Figure]:
    """Every figure of one replication, quantiles apart."""
    return sums_of(record).whole()


def all_series(found: Sequence[Mapping[Key, Figure]], time_unit: int) -> dict[Key, Series]:
    """Every figure but the quantiles, over replications."""
    keys = dict.fromkeys(key for figures in found for key in figures)
    return {key: _series([figures[key] for figures in found], key[1], time_unit) for key in keys}


def _series(figures: Sequence[Figure], measure: str, time_unit: int) -> Series:
    scale = {TIME: 1 / time_unit, RATE: float(time_unit)}.get(meaning(measure)[0], 1.0)
    bases = _stacked([figure.base for figure in figures])
    totals = np.array([figure.total for figure in figures]) * scale
    values = np.array([figure.value for figure in figures]) * scale
    requests = _stacked([figure.requests for figure in figures])
    return Series(totals, bases, values, requests, _stacked([figure.unfinished for figure in figures]))


def _stacked(parts: Sequence[Floats | None]) -> Floats | None:
    return None if any(part is None for part in parts) else np.array(parts)


# Spreads


def all_spreads(
    found: Sequence[Mapping[Key, Moments]], means: Mapping[Key, Series], time_unit: int, confidence: float
) -> tuple[dict[Key, Series], dict[Key, Estimate]]:
    """Standard deviations of single requests and visits, over all those of all replications.

    The variance is the sum of squared differences from the mean of all by their number less one, a ratio of
    sums over replications, and has the interval of one; the roots of its ends are those of the deviation.
    """
    series: dict[Key, Series] = {}
    estimates: dict[Key, Estimate] = {}
    for scope, measure in found[0]:
        moments, name = [one[scope, measure] for one in found], (scope, f"{measure}_{SPREAD}")
        own, mean = deviations(moments) / time_unit, means[scope, measure]
        series[name] = Series(own, None, own, mean.requests, mean.unfinished, own)
        estimates[name] = _scaled(pooled_deviation(moments, confidence), time_unit)
    return series, estimates


# Quantiles


@dataclass(frozen=True)
class QuantileSeries:
    """The quantiles of one measure: a series and an estimate for each of ``QUANTILES``."""

    series: dict[str, Series]
    estimates: dict[str, Estimate]


def all_quantiles(
    drawn: Sequence[Mapping[Key, Sequence[Ordered]]],
    means: Mapping[Key, Series],
    time_unit: int,
    confidence: float,
) -> tuple[dict[Key, Series], dict[Key, Estimate]]:
    """Every quantile over replications, pooled over their customers."""
    series: dict[Key, Series] = {}
    estimates: dict[Key, Estimate] = {}
    for scope, measure in drawn[0]:
        samples = [one[scope, measure] for one in drawn]
        found = quantiles_of(samples, means[scope, measure], time_unit, confidence)
        for name in QUANTILES:
            series[scope, f"{measure}_{name}"] = found.series[name]
            estimates[scope, f"{measure}_{name}"] = found.estimates[name]
    return series, estimates


def quantiles_of(
    drawn: Sequence[Sequence[Ordered]], mean: Series, unit: int, confidence: float
) -> QuantileSeries:
    """The quantiles of one measure of one scope."""
    found = quantile_intervals(drawn, list(QUANTILES.values()), confidence)
    estimates = {name: _scaled(one, unit) for name, one in zip(QUANTILES, found, strict=True)}
    series = {
        name: _quantile_series(drawn, p, one.mean, unit, mean)
        for (name, p), one in zip(QUANTILES.items(), found, strict=True)
    }
    return QuantileSeries(series, estimates)


def _quantile_series(
    drawn: Sequence[Sequence[Ordered]], probability: float, centres: Floats, unit: int, mean: Series
) -> Series:
    values = np.array([[group.quantile(probability) for group in groups] for groups in drawn]) / unit
    below, sizes = shares_below(drawn, centres)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Series(values, None, values, mean.requests, mean.unfinished, below / sizes)


def _scaled(estimate: Estimate, unit: int) -> Estimate:
    mean, low, high = estimate.mean / unit, estimate.low / unit, estimate.high / unit
    return Estimate(mean, low, high, estimate.error / unit, estimate.freedom)

"""Figures of the requests that end in the window, whenever they were asked, as other tools count them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from serviceflow.results.derived import Flags, Reading
from serviceflow.results.figures import (
    Series,
    all_series,
    quantile_estimates,
    quantile_names,
    spread_estimates,
    spread_names,
)
from serviceflow.results.flows import flow_sums
from serviceflow.results.measures import Figure
from serviceflow.results.rows import EveryVisit
from serviceflow.results.samples import measured, samples_of, spread_of
from serviceflow.results.scopes import Key, joined, joined_keys
from serviceflow.results.statistics import Estimate
from serviceflow.results.tables import kpi_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from serviceflow.engine.record.record import Record

SCOPES = ("chain", "consumer")
AT_CREATION = ("arrived", "clarifications", "first_time_right")
"""Measures of requests as they are asked, which those that end in the window do not tell."""


class EndingWithin(Reading):
    """A record of which those requests count that end in the window."""

    @cached_property
    def counted(self) -> Flags:
        """Requests that end in the window."""
        ended = self.requests["ended"]
        inside: Flags = (ended >= self.window[0]) & (ended < self.window[1])
        return inside


def completion_table(records: Sequence[Record], scenario: str, confidence: float) -> pd.DataFrame:
    """The figures of consumers' requests that end in the window, in the columns of all figures."""
    program = records[0].program
    readings = [EndingWithin(record) for record in records]
    series = all_series([_figures(reading) for reading in readings], program.time_unit)
    estimates = {key: one.estimate(confidence) for key, one in series.items()}
    more, resting = _of_single_ones(readings, series, confidence)
    return kpi_table(program, scenario, series | resting, estimates | more)


def _figures(reading: Reading) -> dict[Key, Figure]:
    sums = flow_sums(reading, EveryVisit(reading)).by_measure
    found = joined(reading.program, sums, Figure.moved)
    return {key: one for key, one in found.items() if key[0] in SCOPES and key[1] not in AT_CREATION}


def _of_single_ones(
    readings: Sequence[Reading], series: dict[Key, Series], confidence: float
) -> tuple[dict[Key, Estimate], dict[Key, Series]]:
    """Quantiles and spreads, and what each rests on."""
    program = readings[0].program
    keys = [key for key in joined_keys(program, measured(program)) if key in series]
    quantiles = {name: key for name, (key, _) in quantile_names(keys).items()}
    samples = [samples_of(reading) for reading in readings]
    found = quantile_estimates(samples, quantiles, program.time_unit, confidence)
    spreads = spread_estimates([spread_of(reading) for reading in readings], program.time_unit)
    found |= {name: spreads[name] for name in spread_names(keys)}
    resting = quantiles | spread_names(keys)
    return found, {name: series[key] for name, key in resting.items()}

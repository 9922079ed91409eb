"""What a report is of: results, or results of a chain and of its scenarios, and levers if they were tried."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.analysis.bottlenecks import Bottlenecks, bottlenecks
from serviceflow.analysis.critical_path import critical_path
from serviceflow.results.comparison import Comparison
from serviceflow.results.results import Results
from serviceflow.theory.checks.check import CheckReport, check
from serviceflow.units import UNITS

if TYPE_CHECKING:
    from serviceflow.analysis.designs import DesignedSensitivity
    from serviceflow.analysis.levers.table import Levers
    from serviceflow.analysis.search.finding import Search
    from serviceflow.analysis.sensitivity import Sensitivity
    from serviceflow.model.chain import Chain
    from serviceflow.quality.survey import Survey


KEYS = ("scope", "name", "measure")
"""What names a figure."""


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table, by column."""
    return table.to_dict("records")  # type: ignore[return-value]


@dataclass(frozen=True)
class Source:
    """What a report is made of.

    Attributes
    ----------
    results : mapping
        By scenario; the first is what the report is about.
    comparison : Comparison or None
        Of these results, if there are several.
    levers : Levers or None
        What was tried.
    survey : Survey or None
        What receivers say.
    sensitivity : Sensitivity, DesignedSensitivity or None
        What was found of the inputs.
    search : Search or None
        What was found of the staff.
    """

    results: Mapping[str, Results]
    comparison: Comparison | None = None
    levers: Levers | None = None
    survey: Survey | None = None
    sensitivity: Sensitivity | DesignedSensitivity | None = None
    search: Search | None = None

    @classmethod
    def of(
        cls,
        shown: Results | Comparison,
        levers: Levers | None = None,
        survey: Survey | None = None,
        sensitivity: Sensitivity | DesignedSensitivity | None = None,
        search: Search | None = None,
    ) -> Source:
        """What results or a comparison give; the baseline comes first."""
        beside = (levers, survey, sensitivity, search)
        if isinstance(shown, Results):
            return cls({shown.scenario_name: shown}, None, *beside)
        names = (shown.baseline, *shown.scenarios)
        return cls({name: shown[name] for name in names}, shown, *beside)

    @property
    def names(self) -> tuple[str, ...]:
        """The scenarios, the one that the report is about first."""
        return tuple(self.results)

    @property
    def main(self) -> Results:
        """The results that the report is about."""
        return next(iter(self.results.values()))

    @property
    def chain(self) -> Chain:
        """The chain that the report is about."""
        return self.main.chain

    @property
    def unit(self) -> str:
        """The unit of times."""
        return self.main.time_unit

    @property
    def full(self) -> bool:
        """Whether there are records of single requests, in all results."""
        return all(one.kept == "full" for one in self.results.values())

    @cached_property
    def bottlenecks(self) -> Bottlenecks:
        """Where requests wait and why."""
        return bottlenecks(self.main, self.levers)

    @cached_property
    def check(self) -> CheckReport:
        """What a look at the chain found."""
        return check(self.chain)

    @cached_property
    def lost(self) -> dict[str, pd.DataFrame]:
        """Lost time per request by consumer, place and cause, of each scenario."""
        return {name: critical_path(one) for name, one in self.results.items()}

    @property
    def window(self) -> tuple[int, int]:
        """The window of statistics, in ticks."""
        return self.main.runs.program.window

    @property
    def weeks(self) -> float:
        """The length of the window in weeks."""
        return (self.window[1] - self.window[0]) / UNITS["week"]

    def clock(self, ticks: float) -> dt.datetime:
        """The date and time at an instant."""
        return dt.datetime.combine(self.chain.start, dt.time()) + dt.timedelta(microseconds=int(ticks))

    def figure(self, scope: str, name: str, measure: str, results: Results | None = None) -> pd.Series | None:
        """A row of the table of all figures, or None."""
        asked = results or self.main
        if id(asked) not in self._rows:
            keys = zip(*(asked.kpis[column] for column in KEYS), strict=True)
            self._rows[id(asked)] = {key: row for row, key in reversed(list(enumerate(keys)))}
        place = self._rows[id(asked)].get((scope, name, measure))
        found = None if place is None else asked.kpis.iloc[place]
        return None if found is None or not np.isfinite(found["mean"]) else found

    @cached_property
    def _rows(self) -> dict[int, dict[tuple[str, str, str], int]]:
        """The first row of each figure in the table of all figures, by whose they are."""
        return {}

    def whole(self, measure: str, results: Results | None = None) -> float:
        """A figure of the whole chain, 0 where it is not measured."""
        row = self.figure("chain", self.chain.name, measure, results)
        return 0.0 if row is None else float(row["mean"])

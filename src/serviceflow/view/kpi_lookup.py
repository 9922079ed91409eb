"""The figures that a map shows, looked up in the tidy table of results."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from serviceflow.errors import ServiceflowError

if TYPE_CHECKING:
    import pandas as pd

VOLUMES = ("arrived", "completed")

Key = tuple[str, str, str]


class FiguresError(ServiceflowError, ValueError):
    """A table of results that a map cannot show."""


@dataclass(frozen=True)
class Figures:
    """Means by scope, name and measure; empty where a chain has not been run."""

    means: Mapping[Key, float] = field(default_factory=dict)

    @classmethod
    def of(cls, kpis: pd.DataFrame | None) -> Figures:
        """The figures of a tidy table: columns scope, name, measure, mean, and any others.

        Raises
        ------
        FiguresError
            When a column is missing, or when the table is of several scenarios.
        """
        if kpis is None:
            return cls()
        _check(kpis)
        keys = list(zip(kpis["scope"], kpis["name"], kpis["measure"], strict=True))
        return cls(dict(zip(keys, kpis["mean"].astype(float), strict=True)))

    def __bool__(self) -> bool:
        return bool(self.means)

    def get(self, scope: str, name: object, *measures: str) -> float | None:
        """The mean of the first of the measures that has a value."""
        for measure in measures:
            value = self.means.get((scope, str(name), measure))
            if value is not None and not math.isnan(value):
                return value
        return None

    def volume(self, scope: str, name: object) -> float | None:
        """How many requests passed, in the mean of the replications."""
        return self.get(scope, name, *VOLUMES)

    def attainment(self, promised_on: object, kind: str) -> float | None:
        """The share that met a promise on a consumer, handoff or call; of `kind` response and the like."""
        return self.get("sla", f"{promised_on}: {kind}", "attainment")

    def waiting(self, service: str) -> float:
        """All waiting at a service, over all visits, in units of time."""
        mean = self.get("service", service, "waiting_time") or 0.0
        return mean * (self.volume("service", service) or 0.0)

    @cached_property
    def waiting_shares(self) -> dict[str, float]:
        """Each service's share of all waiting at services."""
        services = {name for scope, name, _ in self.means if scope == "service"}
        totals = {name: self.waiting(name) for name in sorted(services)}
        everything = sum(totals.values())
        return {name: total / everything if everything else 0.0 for name, total in totals.items()}


def _check(kpis: pd.DataFrame) -> None:
    missing = [name for name in ("scope", "name", "measure", "mean") if name not in kpis.columns]
    if missing:
        raise FiguresError(f"kpis: no column {', '.join(missing)}; give the kpis of results")
    if "scenario" in kpis.columns and kpis["scenario"].nunique() > 1:
        names = ", ".join(sorted(map(str, kpis["scenario"].unique())))
        raise FiguresError(f"kpis: a map shows one scenario, these are of several ({names}); select one")

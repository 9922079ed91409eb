"""What a race of levers has shown: ranks, gains with intervals, ties, and a few sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from serviceflow.analysis.levers.lever import Lever
from serviceflow.analysis.levers.race import Race, Run
from serviceflow.analysis.wording import listed
from serviceflow.results.statistics import around

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

BEST, TIED, HELPS, NOTHING, UNCLEAR, WORSE = (
    "best",
    "tied with the best",
    "helps",
    "changes nothing",
    "cannot be told",
    "makes it worse",
)
"""What is said of a lever."""
SHOWN = 12
"""Levers that a text lists."""


@dataclass
class Levers:
    """What would help most: every lever with its gain, ranked, ties told.

    Attributes
    ----------
    chain : Chain
        The chain as it stands.
    race : Race
        What has been run so far.

    Notes
    -----
    A gain is how much better the objective becomes: paired differences over replications with common random
    numbers, with the jackknife's error. ``ci_low`` and ``ci_high`` hold for one lever,
    ``simultaneous_low`` and ``simultaneous_high`` for all of them together (Bonferroni). Levers whose lead
    over one another cannot be told from 0, all levers and stages together, share the first rank; below, the
    order is that of the gains. Levers that were clearly behind stopped early: their intervals are wider.
    """

    chain: Chain
    race: Race
    _run: Run

    @property
    def objective(self) -> str:
        """What is improved, in words."""
        return self.race.objective.name

    @property
    def best(self) -> tuple[str, ...]:
        """The names of the best levers: several where they cannot be told apart; none if nothing helps."""
        table = self.table
        return tuple(table["lever"][table["verdict"].isin((BEST, TIED))])

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per lever, the best first.

        Columns are rank (ties share one), lever, kind, scope, name (what it changes), gain, ci_low, ci_high,
        simultaneous_low, simultaneous_high, unit, objective (its value with the lever), cost (what it adds
        to the cost of a replication; NaN where nothing has a price), replications and verdict.
        """
        tied = self.race.tied()
        order = sorted(self.race.runners, key=lambda lever: -self.race.gain(lever)[0])
        order = [*tied, *(lever for lever in order if lever not in tied)]
        rows = [self._row(lever) for lever in order]
        table = pd.DataFrame(rows)
        good = bool(tied) and self._helps(table.iloc[0])
        table["verdict"] = [
            self._verdict(row, lever in tied and good, len(tied))
            for lever, row in zip(order, rows, strict=True)
        ]
        ranks = [1 if lever in tied else place + 1 for place, lever in enumerate(order)]
        table.insert(0, "rank", ranks)
        return table

    def _row(self, lever: Lever) -> dict[str, object]:
        race, runner = self.race, self.race.runners[lever]
        gain, error, count = race.gain(lever)
        one = around(gain, error, count - 1, race.confidence)
        joint = around(gain, error, count - 1, race.confidence, max(len(race.runners), 1))
        paid, _, _ = race.cost.gain(runner.cost, race.base.cost)
        return {
            "lever": lever.name,
            "kind": lever.kind,
            "scope": lever.scope,
            "name": lever.where,
            "gain": gain,
            "ci_low": float(one.low),
            "ci_high": float(one.high),
            "simultaneous_low": float(joint.low),
            "simultaneous_high": float(joint.high),
            "unit": race.objective.unit,
            "objective": runner.sample.value(),
            "cost": -paid,
            "replications": count,
        }

    def _helps(self, row: pd.Series) -> bool:
        return bool(row["simultaneous_low"] > 0)

    def _verdict(self, row: dict[str, object], leads: bool, tied: int) -> str:
        if leads:
            return BEST if tied == 1 else TIED
        low, high, gain = (float(row[name]) for name in ("simultaneous_low", "simultaneous_high", "gain"))  # type: ignore[arg-type]
        if low > 0:
            return HELPS
        if high < 0:
            return WORSE
        return NOTHING if gain == 0 and low == high else UNCLEAR

    def more(self, budget: int, progress: Callable[[int], object] = int) -> Levers:
        """Go on with further replications where ranks are open.

        Parameters
        ----------
        budget : int
            How many more replications of levers, at most.
        progress : callable
            Told how many replications have been made, each time that some have.

        Returns
        -------
        Levers
            These levers, with what has been run since.
        """
        self.race.run(self._run, self.race.spent + budget, most=2**31, tick=progress)
        self.__dict__.pop("table", None)
        return self

    def __iter__(self) -> Iterator[str]:
        return iter(self.table["lever"])

    def __len__(self) -> int:
        return len(self.race.runners)

    # In words

    def sentence(self) -> str:
        """The answer in a sentence or two."""
        table, today = self.table, self.race.base.sample.value()
        unit = f" {self.race.objective.unit}" if self.race.objective.unit else ""
        stands = f"{self.objective} is {today:.4g}{unit} today"
        if not self.best:
            return f"{stands}; no lever is known to help ({len(table)} tried)."
        first = table.iloc[0]
        gain = f"{first['gain']:.3g}{unit}, between {first['ci_low']:.3g} and {first['ci_high']:.3g}"
        if len(self.best) == 1:
            return f"{stands}. What would help most is {first['lever']}: better by {gain}."
        names = listed([f"{name}" for name in self.best[:4]])
        more = f" ({len(self.best) - 4} more)" if len(self.best) > 4 else ""
        return (
            f"{stands}. What would help most is one of {names}{more}, which these runs cannot tell apart:"
            f" the first makes it better by {gain}."
        )

    def __str__(self) -> str:
        shown = self.table.head(SHOWN)
        columns = ["rank", "lever", "gain", "simultaneous_low", "simultaneous_high", "cost", "verdict"]
        text = shown[columns].to_string(index=False, float_format=lambda value: f"{value:.3g}", na_rep="")
        rest = len(self.table) - len(shown)
        return "\n".join([self.sentence(), text, *([f"and {rest} more"] if rest > 0 else [])])

    def __repr__(self) -> str:
        made = f"{len(self)} levers, {self.race.spent} replications"
        return f"Levers({self.chain.name!r}, {self.objective}: {made})"

    def _repr_html_(self) -> str:
        table = self.table.to_html(index=False, float_format=lambda value: f"{value:.3g}", na_rep="")
        return f"<p>{escape(self.sentence())}</p>{table}"

"""What a race of levers has shown: ranks, gains with intervals, ties, and a few sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from serviceflow.analysis.levers.lever import Lever
from serviceflow.analysis.levers.race import Race, Run
from serviceflow.display import markup
from serviceflow.display.rounding import figure
from serviceflow.errors import ServiceflowError, listed

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain
    from serviceflow.model.elements import Provider

BEST, TIED, HELPS, NOTHING, UNCLEAR, WORSE, FAILED = (
    "best",
    "tied with the best",
    "helps",
    "changed nothing",
    "cannot be told",
    "makes it worse",
    "does not run",
)
"""What is said of a lever."""
SHOWN = 12
"""Levers that a text lists."""

PRICED = ("staff", "hours")
"""Kinds of levers whose cost is that of a provider's time."""


class LeverError(ServiceflowError, ValueError):
    """Levers that cannot be tried."""


@dataclass
class Levers:
    """What would help most: every lever with its gain, ranked, ties told.

    Attributes
    ----------
    chain : Chain
        The chain as it stands.
    race : Race
        What has been run so far.
    warm_up : str
        What is said of the warm-up, where it was to be found.
    in_vain : Levers or None
        The same levers, tried for the promises that are broken, where none is known to help these.

    Notes
    -----
    A gain is how much better the objective becomes: paired differences over replications with common random
    numbers; for means of requests with the jackknife's error, for quantiles with Woodruff's. Everything is
    looked at several times, at numbers of replications that are fixed beforehand, and one stops where one
    pleases: so each look spends a share of the error that is allowed. ``ci_low`` and ``ci_high`` hold for one
    lever at all looks, ``simultaneous_low`` and ``simultaneous_high`` for all levers at all looks
    (Bonferroni). Levers that cannot be told from the best share the first rank, all levers and looks
    together; below, a rank is one more than are known to be better, of all pairs, so that what cannot be told
    apart may share it. Levers that were clearly behind stopped early: their intervals are wider.
    """

    chain: Chain
    race: Race
    _run: Run
    warm_up: str = ""
    in_vain: Levers | None = None

    @property
    def objective(self) -> str:
        """What is improved, in words."""
        return self.race.objective.name

    @property
    def in_short(self) -> str:
        """What is improved, without a long list of promises."""
        several = self.objective.startswith("breaches of") and len(self.objective) > LONG
        return "breaches of the promises that are broken" if several else self.objective

    @property
    def best(self) -> tuple[str, ...]:
        """The names of the best levers: several where they cannot be told apart; none if nothing helps."""
        table = self.table
        return tuple(table["lever"][table["verdict"].isin((BEST, TIED))])

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per lever, the best first.

        Columns are rank (one more than are known to be better: ties share it), lever, kind, scope, name
        (what it changes), gain, ci_low, ci_high, simultaneous_low, simultaneous_high, unit, objective (its
        value with the lever), cost (what it adds to the cost of a replication at the prices of the chain; NaN
        where what it needs has none), replications and verdict.
        """
        ranks, tied = self.race.ranks(), self.race.tied()
        rows = {lever: self._row(lever) for lever in self.race.running}
        for lever, row in rows.items():
            row["verdict"] = self._verdict(row, lever in tied, tied, rows)
        order = sorted(rows, key=lambda lever: (ranks[lever], -_number(rows[lever]["gain"])))
        found = [{"rank": ranks[lever], **rows[lever]} for lever in order]
        columns = ("rank", *COLUMNS)
        failed = [self._failed(lever) for lever in self.race.failed]
        table = pd.DataFrame([*found, *failed], columns=list(columns))
        return table.astype({"rank": "Int64", "replications": "int64"})

    def _row(self, lever: Lever) -> dict[str, object]:
        race, runner = self.race, self.race.runners[lever]
        gain, count = race.gain(lever)
        low, high = race.gain_ends(lever)
        joint_low, joint_high = race.gain_ends(lever, len(race.runners))
        # A difference of nothing has no sign.
        return {
            **_head(lever),
            "gain": gain + 0.0,
            "ci_low": low + 0.0,
            "ci_high": high + 0.0,
            "simultaneous_low": joint_low + 0.0,
            "simultaneous_high": joint_high + 0.0,
            "unit": race.objective.unit,
            "objective": runner.first(count).value(),
            "cost": self._cost(lever),
            "replications": count,
        }

    def _failed(self, lever: Lever) -> dict[str, object]:
        return {**_head(lever), "unit": self.race.objective.unit, "replications": 0, "verdict": FAILED}

    def _cost(self, lever: Lever) -> float:
        """What a lever adds to the cost of a replication."""
        race, runner = self.race, self.race.runners[lever]
        provider = self.chain.providers.get(lever.where) if lever.scope == "provider" else None
        if provider is not None and lever.kind in PRICED and not _has_price(provider):
            return float("nan")
        count = min(runner.count, race.base.count)
        return -race.cost.gain(runner.cost.cut(count), race.base.cost.cut(count))[0]

    def _verdict(
        self, row: dict[str, object], leads: bool, tied: list[Lever], rows: dict[Lever, dict[str, object]]
    ) -> str:
        # Comparisons with NaN are false: where an end cannot be told, nothing is said of it.
        low, high, gain = (
            float(row[name])  # type: ignore[arg-type]
            for name in ("simultaneous_low", "simultaneous_high", "gain")
        )
        if leads and any(_number(rows[lever]["simultaneous_low"]) > 0 for lever in tied):
            return BEST if len(tied) == 1 else TIED
        if low > 0:
            return HELPS
        if high < 0:
            return WORSE
        return NOTHING if gain == 0 and low == high else UNCLEAR

    @property
    def failed(self) -> dict[str, str]:
        """Levers with which the chain does not run, and why."""
        return {lever.name: message for lever, message in self.race.failed.items()}

    def more(self, budget: int | None = None, progress: Callable[[int], object] = int) -> Levers:
        """Go on with further replications where ranks are open.

        Parameters
        ----------
        budget : int, optional
            How many more replications of levers, at most; as many as the next look takes by default.
        progress : callable
            Told how many replications have been made, each time that some have.

        Returns
        -------
        Levers
            These levers, with what has been run since.

        Raises
        ------
        LeverError
            If that is not enough for another look at the levers that may still be the best.

        See Also
        --------
        ServiceChain.levers : tries them first.
        """
        step = self.race.next_step()
        budget = step if budget is None else checked_budget(budget)
        if budget < step:
            raise LeverError(
                f"budget={budget}: the next look at {len(self.race.open)} levers takes {step} replications;"
                f" give {step} or more, or leave it out"
            )
        self.race.interrupted = False
        self.race.run(self._run, self.race.spent + budget, most=2**31, tick=progress)
        self.__dict__.pop("table", None)
        return self

    def __iter__(self) -> Iterator[str]:
        return iter(self.table["lever"])

    def __len__(self) -> int:
        return len(self.race.runners)

    # In words

    def sentence(self) -> str:
        """The answer in a sentence or two.

        Returns
        -------
        str
            What helps most, and what cannot be told apart.

        See Also
        --------
        ServiceChain.levers : tries them.
        """
        before = "" if self.in_vain is None else f"{self.in_vain.sentence()} "
        return before + self._sentence()

    def _sentence(self) -> str:
        table, today = self.table, self.race.base.sample.value()
        counted = "the number of " if self.objective.startswith("breaches of") else ""
        stands = f"{counted}{self.in_short} is {self._amount(today, '%')} today"
        known = self.best
        if not known:
            return f"{stands}{self._uncounted()}; no lever is known to help ({len(table)} tried)."
        first = table[table["lever"].isin(known)].sort_values(
            "simultaneous_low", key=lambda low: ~(low > 0), kind="stable"
        )
        known = tuple(first["lever"])
        row = first.iloc[0]
        low, high = row["simultaneous_low"], row["simultaneous_high"]
        scale = 100 if self.race.objective.unit == "share" else 1
        ends = f"between {figure(scale * low)} and {figure(scale * high)}"
        gain = f"{self._amount(row['gain'], ' points')}, {ends}"
        stands += self._uncounted()
        if len(known) == 1:
            return f"{stands}. What would help most is {known[0]}: better by {gain}."
        names = listed([f"{name}" for name in known[:4]])
        more = f" ({len(known) - 4} more)" if len(known) > 4 else ""
        return (
            f"{stands}. What would help most is one of {names}{more}, which these runs cannot tell apart:"
            f" the first makes it better by {gain}."
        )

    def _amount(self, value: float, share: str) -> str:
        """A figure in the unit of the objective; a share in hundredths, which are called `share`."""
        unit = self.race.objective.unit
        if unit == "share":
            return f"{figure(100 * value)}{share}"
        words = {"day": "days", "week": "weeks"}.get(unit, unit)
        return f"{figure(value)} {words}" if unit else figure(value)

    def _uncounted(self) -> str:
        """Who is in no flow time: those who were lost."""
        share = self.race.lost_share
        if not share or "flow_time" not in self.objective:
            return ""
        return f" (without the {100 * share:.2g}% who gave up or were refused: objective='lost' counts them)"

    def __str__(self) -> str:
        shown = self.table.head(SHOWN)
        columns = ["rank", "lever", "gain", "simultaneous_low", "simultaneous_high", "cost", "verdict"]
        text = shown[columns].to_string(index=False, float_format=figure, na_rep="")
        rest = len(self.table) - len(shown)
        failed = [f"{name} does not run: {message}" for name, message in self.failed.items()]
        more = [f"and {rest} more"] if rest > 0 else []
        return "\n".join([self.sentence(), text, *more, *failed, *([self.warm_up] if self.warm_up else [])])

    def __repr__(self) -> str:
        made = f"{len(self)} levers, {self.race.spent} replications"
        return f"Levers({self.chain.name!r}, {self.objective}: {made})"

    def _repr_html_(self) -> str:
        failed = [f"{name} does not run: {message}" for name, message in self.failed.items()]
        return markup.shown(
            markup.say(self.sentence()),
            markup.frame(self.table[list(TOLD)], SHOWN),
            markup.bullets([*failed, *([self.warm_up] if self.warm_up else [])]),
        )


LONG = 90
"""Characters of an objective from which on its promises are not listed in a sentence."""
TOLD = ("rank", "lever", "gain", "simultaneous_low", "simultaneous_high", "unit", "cost", "verdict")
"""What a person sees of a row first."""
COLUMNS = (
    "lever",
    "kind",
    "scope",
    "name",
    "gain",
    "ci_low",
    "ci_high",
    "simultaneous_low",
    "simultaneous_high",
    "unit",
    "objective",
    "cost",
    "replications",
    "verdict",
)
"""What a row of the table has, besides the rank."""


def _has_price(provider: Provider) -> bool:
    members = (provider.members or {}).values()
    return provider.cost is not None or any(member.cost is not None for member in members)


def _head(lever: Lever) -> dict[str, object]:
    return {"lever": lever.name, "kind": lever.kind, "scope": lever.scope, "name": lever.where}


def _number(value: object) -> float:
    """A number to sort by; what is none comes last."""
    found = float(value)  # type: ignore[arg-type]
    return found if found == found else float("-inf")


def checked_budget(budget: object) -> int:
    """A number of replications.

    Raises
    ------
    LeverError
        If it is none.
    """
    if isinstance(budget, bool) or not isinstance(budget, int) or budget < 1:
        raise LeverError(f"budget={budget!r}: give a whole number of replications, at least 1")
    return budget

"""The trust card of results: beside theory, by the rules, from when on, how precise."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from serviceflow.analysis.audit import AuditReport, audit
from serviceflow.display import markup
from serviceflow.results.precision import Precision
from serviceflow.results.results import Results
from serviceflow.results.statistics import t_quantile
from serviceflow.results.warm_up import WarmUp, warm_up_of
from serviceflow.theory.estimates.estimate import Estimated, estimates
from serviceflow.theory.estimates.stations import BOUND, EXACT, SIMULATION
from serviceflow.theory.load import offered_load

AGREES, APART, NEAR, OPEN = "agrees", "apart", "approximate", "cannot be told"
FALSE_ALARM = 0.01
"""How often all exact figures together may be called apart by chance."""
VISITS = 20_000
"""The rules are checked on the first replications, as many as come to so many visits, or on one."""
WIDE = 0.1
MAIN = ("flow_time", "waiting_time", "throughput", "attainment")


def check_results(results: Results, rules: bool = True) -> TrustCard:
    """How far results are to be trusted; see :meth:`serviceflow.Results.check`."""
    full = results.kept == "full"
    starts_empty = results.runs.program.opening is None  # What starts from a state has nothing to warm up.
    loads = offered_load(results.chain).providers
    overloaded = [load.provider for load in loads if load.overloaded]
    some = _some(results) if full and rules else None
    return TrustCard(
        name=results.chain.name,
        theory=beside_theory(results),
        audit=audit(some) if some is not None else None,
        audited=some.count if some is not None else 0,
        warm_up=warm_up_of(results.records, overloaded) if full and starts_empty else None,
        precision=_precision(results),
        goals=results.precision,
        replications=results.count,
    )


def _some(results: Results) -> Results:
    """The first replications."""
    visits = np.cumsum([len(record.visits) for record in results.records])
    count = max(1, int(np.searchsorted(visits, VISITS, side="right")))
    return Results(replace(results.runs, records=results.runs.records[:count]), results.scenario_name)


def beside_theory(results: Results) -> pd.DataFrame:
    """Every figure of which theory has something to say, simulated and by formula.

    Of exact figures `verdict` says whether the two agree, all of them taken together; of an upper bound,
    whether it is kept.
    """
    kpis = results.kpis
    keys = zip(kpis["scope"], kpis["name"], kpis["measure"], strict=True)
    known = dict(zip(keys, kpis.to_dict("records"), strict=True))
    found = [
        one
        for one in estimates(results.chain)
        if one.kind != SIMULATION and math.isfinite(one.value) and (one.scope, one.name, one.measure) in known
    ]
    judged = sum(one.kind in (EXACT, BOUND) for one in found)
    rows = [_row(one, known[one.scope, one.name, one.measure], results, judged) for one in found]
    return pd.DataFrame(rows, columns=list(COLUMNS))


COLUMNS = (
    *("scope", "name", "measure", "unit", "simulated", "ci_low", "ci_high"),
    *("theory", "off", "kind", "method", "verdict"),
)


def _row(one: Estimated, row: Mapping[Hashable, Any], results: Results, judged: int) -> dict[str, Any]:
    simulated = float(row["mean"])
    return {
        "scope": one.scope,
        "name": one.name,
        "measure": one.measure,
        "unit": row["unit"],
        "simulated": simulated,
        "ci_low": row["ci_low"],
        "ci_high": row["ci_high"],
        "theory": one.value,
        "off": simulated / one.value - 1 if one.value else math.nan,
        "kind": one.kind,
        "method": one.method,
        "verdict": _verdict(one, row, results, judged),
    }


def _verdict(one: Estimated, row: Mapping[Hashable, Any], results: Results, judged: int) -> str:
    if one.kind not in (EXACT, BOUND):
        return NEAR
    gap = float(row["mean"]) - one.value
    if abs(gap) <= 1e-9 * abs(one.value) or (one.kind == BOUND and gap <= 0):
        return AGREES
    half = (row["ci_high"] - row["ci_low"]) / 2
    if results.count < 2 or not math.isfinite(half):
        return OPEN
    freedom = results.count - 1
    usual = float(t_quantile((1 + results.confidence) / 2, freedom))
    strict = float(t_quantile(1 - FALSE_ALARM / (2 * max(judged, 1)), freedom))
    return AGREES if abs(gap) <= half / usual * strict else APART


def _precision(results: Results) -> pd.DataFrame:
    """Half the intervals of the main figures, as shares of these."""
    kpis = results.kpis
    wanted = kpis["scope"].isin(("chain", "sla")) & kpis["measure"].isin(MAIN)
    table = kpis.loc[wanted, ["scope", "name", "measure", "unit", "mean", "ci_low", "ci_high"]].copy()
    half = (table["ci_high"] - table["ci_low"]) / 2
    table["half_width"] = half / table["mean"].abs().where(table["mean"] != 0)
    return table[table["mean"].notna()].reset_index(drop=True)


@dataclass(frozen=True, repr=False)
class TrustCard:
    """How far results are to be trusted.

    Attributes
    ----------
    name
        The chain's.
    theory
        Simulated figures beside those of formulas, with a ``verdict``: agrees, apart, approximate, or cannot
        be told.
    audit
        The rules that the first replications break; None where it was not looked.
    audited
        How many replications these are.
    warm_up
        Whether the warm-up was long enough; None for summaries.
    precision
        The intervals of the main figures; ``half_width`` as a share of the mean.
    goals
        Whether the precision that was asked for is reached; None if none was.
    replications
        How many there are.
    """

    name: str
    theory: pd.DataFrame
    audit: AuditReport | None
    audited: int
    warm_up: WarmUp | None
    precision: pd.DataFrame
    goals: Precision | None
    replications: int

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against the results."""
        return not self.doubts

    @property
    def doubts(self) -> tuple[str, ...]:
        """What speaks against the results, in sentences."""
        return tuple(self._doubts())

    def _doubts(self) -> Iterator[str]:
        for row in self.theory[self.theory["verdict"] == APART].itertuples():
            title = f"{row.name}: {str(row.measure).replace('_', ' ')}"
            yield (
                f"{title} is {row.simulated:.4g} in simulation, but {row.theory:.4g} by theory"
                f" ({row.method}): the runs may be too short, or the warm-up."
            )
        if self.audit is not None and not self.audit.ok:
            yield f"The audit found broken rules in {self.audited} replications: see results.audit()."
        if self.warm_up is not None and not self.warm_up.ok:
            yield self.warm_up.verdict
        if self.goals is not None and not self.goals.reached:
            yield "The precision that was asked for is not reached: see results.precision."

    def __str__(self) -> str:
        return "\n".join([f"{self.name}: how far to trust it", *(f"  {line}" for line in self._lines())])

    def _lines(self) -> Iterator[str]:
        yield self._of_theory()
        if self.audit is not None:
            said = "keep every rule" if self.audit.ok else "break rules"
            yield f"Rules: {self.audited} of {self.replications} replications were audited and {said}."
        if self.warm_up is not None:
            yield f"Warm-up: {self.warm_up.verdict}"
        yield from self._of_precision()
        yield from (f"Doubt: {doubt}" for doubt in self._doubts())

    def _of_theory(self) -> str:
        verdicts = self.theory["verdict"].value_counts()
        exact = int(verdicts.get(AGREES, 0) + verdicts.get(APART, 0))
        if not exact:
            return "Theory: there is no exact answer to compare with."
        near = int(verdicts.get(NEAR, 0))
        more = f"; {near} more have approximate answers" if near else ""
        return f"Theory: {int(verdicts.get(AGREES, 0))} of {exact} figures with exact answers agree{more}."

    def _of_precision(self) -> Iterator[str]:
        for row in self.precision.to_dict("records"):
            if math.isfinite(row["half_width"]):
                title = f"{row['name']}: {row['measure'].replace('_', ' ')}"
                wide = ", which is wide" if row["half_width"] > WIDE else ""
                yield f"Precision: {title} within {row['half_width']:.1%} of its mean{wide}."

    def __repr__(self) -> str:
        many = len(self.doubts)
        return f"TrustCard({self.name!r}: {f'{many} doubts' if many else 'nothing speaks against it'})"

    def _repr_html_(self) -> str:
        return markup.shown(markup.title(self.name), markup.bullets(self._lines()))


__all__ = ["TrustCard", "beside_theory", "check_results"]

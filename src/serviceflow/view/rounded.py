"""The figures to look at first, rounded by their intervals, and differences with a verdict for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from serviceflow.display.rounded import RoundedTable
from serviceflow.display.rounding import estimate, figure, percent, places_for, signed
from serviceflow.results.differences import UNCLEAR
from serviceflow.results.promises import promises
from serviceflow.view.format import clip
from serviceflow.view.report.texts import known

if TYPE_CHECKING:
    import pandas as pd

    from serviceflow.results.comparison import Comparison
    from serviceflow.results.results import Results

FEW = 14
"""Rows of a table for a slide, at most; of each scenario at least `LEAST`."""
LEAST = 5
IN_ORDER = (
    *(("chain", "flow_time"), ("consumer promise", "attainment"), ("chain", "cost"), ("chain", "penalty")),
    *(("chain", "flow_time_p90"), ("chain", "waiting_time"), ("chain", "throughput")),
    *(("link promise", "attainment"), ("provider", "utilization")),
)
"""What a slide says, what matters most first."""
WIDE = 80
"""Columns of a name that a table has room for."""


def rounded_summary(results: Results) -> RoundedTable:
    """The figures to look at first, each rounded by its interval."""
    level = f"{results.confidence:.0%}"
    rows = tuple(_figure(row) for row in results.summary().itertuples(index=False))
    heads = ("", "figure", "mean", f"interval ({level})", "unit")
    title = f"{results.chain.name}, {results.scenario_name}"
    return RoundedTable(title, heads, rows, (2, 3), _about(results))


def _figure(row: Any) -> tuple[str, ...]:
    mean, interval = estimate(row.mean, row.ci_low, row.ci_high, row.unit)
    return _of(row), _measure(row), mean, interval, _unit(row)


def _about(results: Results) -> str:
    many = "one replication: no intervals" if results.count == 1 else f"{results.count} replications"
    return f"{many}, seed {results.seed}; digits that the intervals do not bear out are left off"


def _of(row: Any) -> str:
    return "the whole chain" if row.scope == "chain" else clip(row.name, WIDE)


def _measure(row: Any) -> str:
    return known(f"measure.{row.measure}").en


def _unit(row: Any) -> str:
    return "" if row.unit == "share" else str(row.unit)


# Differences


def rounded_differences(comparison: Comparison) -> RoundedTable:
    """The differences to look at first, each rounded by its interval, with a verdict."""
    return _differences(comparison, comparison.summary())


def slide_table(comparison: Comparison, scenario: str | None = None) -> RoundedTable:
    """The few differences that a slide has room for."""
    names = comparison.scenarios if scenario is None else (scenario,)
    return _differences(comparison, _for_a_slide(comparison, names))


def _for_a_slide(comparison: Comparison, names: tuple[str, ...]) -> pd.DataFrame:
    """What matters most of each scenario, in the order of the table of all differences."""
    table = comparison.differences
    each = max(FEW // len(names), LEAST)
    promised = _owners(comparison)
    kept: list[Any] = []
    for name in names:
        mine = table[table["scenario"] == name]
        ranks = [_rank(row, promised) for row in mine.itertuples(index=False)]
        order = sorted((rank, place) for place, rank in enumerate(ranks) if rank is not None)
        kept += [mine.index[place] for _, place in order[:each]]
    return table.loc[kept].reset_index(drop=True)


def _owners(comparison: Comparison) -> dict[str, str]:
    """Each promise by its name, with the kind of element that has it."""
    made = promises(comparison[comparison.baseline].runs.program)
    return {one.name: "consumer promise" if one.scope == "consumer" else "link promise" for one in made}


def _rank(row: Any, promised: Mapping[str, str]) -> tuple[int, float] | None:
    """How early a slide says it: by what it is, then by how much it changes; None if it does not."""
    kind = promised.get(row.name, "") if row.scope == "sla" else row.scope
    if (kind, row.measure) not in IN_ORDER or not (row.baseline or row.mean):
        return None
    if row.measure in ("throughput", "utilization") and row.verdict == UNCLEAR:
        return None
    change = abs(row.difference) if row.difference == row.difference else 0.0
    return IN_ORDER.index((kind, row.measure)), -change


def _differences(comparison: Comparison, table: pd.DataFrame) -> RoundedTable:
    """A table of differences; where there is one scenario, it stands in the heading."""
    rows = [_difference(row) for row in table.itertuples(index=False)]
    base, only = comparison.baseline, set(table["scenario"])
    then = only.pop() if len(only) == 1 else ""
    skip = 1 if then else 0
    heads = ("scenario", "", "figure", base, then or "then", "difference", "interval", "unit", "verdict")
    about = f"{then} against {base}" if then else f"scenarios against {base}"
    cells = tuple(tuple(row[skip:]) for row in rows)
    numbers = tuple(place - skip for place in (3, 4, 5, 6))
    title = f"{comparison[base].chain.name}: {about}"
    return RoundedTable(title, heads[skip:], cells, numbers, _note(comparison))


def _note(comparison: Comparison) -> str:
    level = f"{comparison[comparison.baseline].confidence:.0%}"
    how = "common random numbers" if all(map(comparison.paired, comparison.scenarios)) else "independent runs"
    together = ", for all scenarios of a figure together" if len(comparison.scenarios) > 1 else ""
    return f"{comparison.count} replications each, {how}; intervals of the differences at {level}{together}"


def _difference(row: Any) -> tuple[str, ...]:
    low, high = row.simultaneous_low, row.simultaneous_high
    scale, shown = (100.0, percent) if row.unit == "share" else (1.0, figure)
    places = places_for(scale * low, scale * high)
    told = low == low and high == high
    ends = [_points(signed(shown(end, places)), row.unit) for end in (low, high)]
    return (
        str(row.scenario),
        _of(row),
        _measure(row),
        shown(row.baseline, places),
        shown(row.mean, places),
        _points(signed(shown(row.difference, places)), row.unit),
        f"{ends[0]} to {ends[1]}" if told else "",
        "points" if row.unit == "share" else _unit(row),
        str(row.verdict),
    )


def _points(text: str, unit: str) -> str:
    """A difference of shares is in points, lest it be taken for a share of the baseline."""
    return text.replace("%", "") if unit == "share" else text

"""Which of several scenarios are dominated by another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from serviceflow.results.differences import Difference
from serviceflow.results.naming import HIGHER, FigureName, figure_name, place_of, title_of
from serviceflow.results.results import Results


def frontier(
    results: Mapping[str, Results], baseline: str, given: Iterable[Any] | None = None
) -> pd.DataFrame:
    """One row per scenario with the figures that count, and which scenario dominates it.

    Parameters
    ----------
    results : mapping
        Scenario name to results.
    baseline : str
        Where figures are looked for.
    given : iterable, optional
        The figures that count.
    """
    base = results[baseline]
    figures = _usual(base) if given is None else [figure_name(one, base) for one in given]
    means = {name: [_mean(one, figure) for figure in figures] for name, one in results.items()}
    table = pd.DataFrame.from_dict(means, orient="index", columns=[title_of(figure) for figure in figures])
    table.insert(0, "scenario", list(results))
    table["dominated_by"] = [_dominating(name, results, figures, means) for name in results]
    return table.reset_index(drop=True)


def _usual(results: Results) -> list[FigureName]:
    found: list[FigureName] = []
    if "cost" in [measure for scope, measure in results._names if scope == "chain"]:
        found.append(("chain", "", "cost"))
    promises = [("sla", str(name), "attainment") for name in results.slas.index]
    return [*found, *(promises or [("chain", "", "flow_time")])]


def _mean(results: Results, figure: FigureName) -> float:
    """The figure, or NaN where these results do not have it."""
    scope, _, measure = figure
    try:
        place = place_of(figure, results)
    except ValueError:
        return float("nan")
    return float(results._estimates_of([(scope, measure)])[scope, measure].mean[place])


def _dominating(
    name: str, results: Mapping[str, Results], figures: list[FigureName], means: Mapping[str, list[float]]
) -> str:
    """The first scenario that dominates one; empty if none does."""
    signs = np.array([1.0 if figure[2] in HIGHER else -1.0 for figure in figures])
    own = signs * means[name]
    for other in results:
        if other != name and np.all(signs * means[other] >= own):
            pair = (results[other], results[name])
            if any(_is_better(*pair, figure, sign) for figure, sign in zip(figures, signs, strict=True)):
                return other
    return ""


def _is_better(ours: Results, base: Results, figure: FigureName, sign: float) -> bool:
    """Whether a figure is better beyond its interval."""
    places = [np.array([place_of(figure, one)]) for one in (ours, base)]
    paired = ours.seed == base.seed
    found = Difference(ours, base, (figure[0], figure[2]), places[0], places[1], 1, paired).estimate(1)
    return bool((found.low if sign > 0 else -found.high)[0] > 0)

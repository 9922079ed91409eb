"""What a change brought, by weeks before and after it: an interrupted series, with a comparison or not.

A weekly figure is fitted by its level, its trend and a step at the change (Wagner and others 2002). Where
there is a figure that the change cannot have touched, the difference from it is fitted instead: what happened
to both is no effect. Weeks are like the weeks before them: their errors are taken as autoregressive, and what
is left of each after that (Prais and Winsten 1954) is what counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from serviceflow.display import markup
from serviceflow.errors import nearest
from serviceflow.quality.errors import SurveyError
from serviceflow.results.statistics import t_quantile

Floats = npt.NDArray[np.float64]
FEWEST = 8
"""Weeks before and after, below which an effect is not told."""
COLUMNS = (
    "figure",
    "before",
    "after",
    "effect",
    "ci_low",
    "ci_high",
    "weeks_before",
    "weeks_after",
    "verdict",
)
BETTER, WORSE, OPEN = "better", "worse", "cannot be told"


@dataclass(frozen=True)
class Step:
    """The step of a series, and what it would have been without."""

    effect: float
    low: float
    high: float
    fitted: Floats
    without: Floats


def step_of(
    values: Floats, weeks: Floats, after: npt.NDArray[np.bool_], trend: bool, confidence: float
) -> Step:
    """Fit level, trend and step; the interval of the step is by Student's t.

    Parameters
    ----------
    values, weeks : array
        A value for each week.
    after : array of bool
        Whether each lies after the change.
    trend : bool
        Whether there is one besides the step.
    confidence : float
        Nominal coverage.
    """
    columns = [np.ones(len(values)), after.astype(float)]
    columns += [weeks - weeks.mean()] if trend else []
    design = np.stack(columns, axis=1)
    size, freedom = len(values), len(values) - design.shape[1]
    alike = _alike(design, values)
    own, seen = _whitened(design, alike), _whitened(values[:, None], alike)[:, 0]
    inverse = np.linalg.inv(own.T @ own)
    found = inverse @ own.T @ seen
    spread = ((seen - own @ found) ** 2).sum() / freedom
    # How much weeks are alike is estimated, too, which costs about as much as one week in ten.
    half = float(t_quantile(1 - (1 - confidence) / 2, max(freedom - size / 10, 1))) * float(
        np.sqrt(spread * inverse[1, 1])
    )
    fitted = design @ found
    effect = float(found[1])
    return Step(effect, effect - half, effect + half, fitted, fitted - effect * after)


def _alike(design: Floats, values: Floats) -> float:
    """How much of the error of a week is that of the week before, from residuals, whose bias is taken out.

    Residuals are less alike than errors by about one part in their number for each parameter that was fitted.
    """
    residuals = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    size, fitted = design.shape
    if not (residuals**2).sum():
        return 0.0
    raw = float(residuals[1:] @ residuals[:-1] / (residuals**2).sum())
    return float(np.clip((raw + fitted / size) / (1 - (fitted + 2) / size), 0.0, 0.9))


def _whitened(rows: Floats, alike: float) -> Floats:
    """Rows less their share of those before (Prais and Winsten 1954)."""
    found = rows.copy()
    found[1:] -= alike * rows[:-1]
    found[0] *= np.sqrt(1 - alike**2)
    return found


class BeforeAfter:
    """What a change brought, figure by figure.

    Attributes
    ----------
    table : DataFrame
        One row per figure: means ``before`` and ``after``, the ``effect`` (the step at the change, beside
        trend and comparison) with its interval, how many weeks there are, and a verdict.
    weeks : DataFrame
        One row per figure and week: what was ``observed``, what was ``fitted``, and what it would be
        ``without`` the change; of differences, where there is a comparison.
    comparison : str
        The figure that the change cannot have touched; empty if there is none.

    See Also
    --------
    before_after : makes one.
    """

    def __init__(
        self,
        weekly: pd.DataFrame,
        since: float,
        figures: list[str],
        comparison: str = "",
        settling: float = 0,
        trend: bool = True,
        confidence: float = 0.95,
    ) -> None:
        self.comparison, self.confidence, self.since = comparison, confidence, since
        base = _series(weekly, comparison) if comparison else None
        rows, parts = [], []
        for name in figures:
            own = _series(weekly, name)
            series = own if base is None else (own - base).dropna()
            weeks = series.index.to_numpy(dtype=float)
            kept = (weeks < since) | (weeks >= since + settling)
            series, weeks = series[kept], weeks[kept]
            after = weeks >= since
            counts = (int((~after).sum()), int(after.sum()))
            _enough(name, counts)
            step = step_of(series.to_numpy(dtype=float), weeks, after, trend, confidence)
            means = (float(own[own.index < since].mean()), float(own[own.index >= since + settling].mean()))
            ends = (step.effect, step.low, step.high)
            rows.append((name, *means, *ends, *counts, _verdict(name, step)))
            part = {"figure": name, "week": weeks, "observed": series.to_numpy(), "fitted": step.fitted}
            parts.append(pd.DataFrame({**part, "without": step.without}))
        self.table = pd.DataFrame(rows, columns=list(COLUMNS))
        self.weeks = pd.concat(parts, ignore_index=True)

    def __str__(self) -> str:
        beside = f", beside {self.comparison}" if self.comparison else ""
        lines = []
        for row in self.table.to_dict("records"):
            ends = f"{row['effect']:+.3g} ({row['ci_low']:+.3g} to {row['ci_high']:+.3g})"
            lines.append(f"{row['figure']}: {ends} since the change{beside}: {row['verdict']}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"BeforeAfter({len(self.table)} figures, {self.weeks['week'].nunique()} weeks)"

    def _repr_html_(self) -> str:
        return markup.shown(markup.title(repr(self)), markup.frame(self.table))


def _series(weekly: pd.DataFrame, name: str) -> pd.Series:
    known = list(dict.fromkeys(weekly["figure"]))
    if name not in known:
        raise SurveyError(f"there is no figure {name!r}{nearest(name, known)}; there are: {', '.join(known)}")
    own = weekly[weekly["figure"] == name].sort_values("week")
    return pd.Series(own["value"].to_numpy(dtype=float), index=own["week"].to_numpy(dtype=float)).dropna()


def _enough(name: str, counts: tuple[int, int]) -> None:
    for count, side in zip(counts, ("before", "after"), strict=True):
        if count < FEWEST:
            raise SurveyError(
                f"{name}: there are {count} weeks {side} the change, of which no effect can be told;"
                f" {FEWEST} are needed on either side"
            )


def _verdict(name: str, step: Step) -> str:
    """More promises kept are better, and so is less waiting."""
    if step.low <= 0 <= step.high:
        return OPEN
    return BETTER if (step.effect > 0) == name.startswith("kept: ") else WORSE

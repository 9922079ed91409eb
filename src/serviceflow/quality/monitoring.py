"""Control charts: weekly figures that were observed, within the spread that the model expects.

A week's share of promises kept, or its mean wait at a provider, varies by chance. How much is what the model
says: its own weeks, over all replications, give the middle and the limits, three standard deviations off
(Shewhart). How many weeks in a row lie on one side of the middle by chance is taken from the model, too, as
weeks are not independent: a backlog stays. More in a row than in any of its replications is a finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.display import markup
from serviceflow.errors import nearest
from serviceflow.quality.errors import SurveyError
from serviceflow.results.derived import Floats, Ints, Reading
from serviceflow.results.promises import promises, verdict
from serviceflow.units import UNITS

if TYPE_CHECKING:
    from serviceflow.results.results import Results

WEEK = 7 * UNITS["day"]
FEWEST, SIGMAS = 20, 3.0
"""Weeks of the model below which its spread is not known, and how far the limits are off."""
WEEKLY = ("replication", "week", "figure", "value", "count")
COLUMNS = ("figure", "week", "observed", "expected", "low", "high", "state")
EXPLAINED = ("parameter", "observed", "expected", "ratio", "sigmas", "explains")
INSIDE, ABOVE, BELOW = "", "above", "below"


def weekly_figures(results: Results) -> pd.DataFrame:
    """Promises kept and mean waits at providers, by the whole weeks of the window and replication.

    A request counts in the week in which its promise, or its waiting, began.
    """
    records = results._records_for("monitor", "weeks are told by single requests")
    rows = [row for number, one in enumerate(records) for row in _weeks(Reading(one), number)]
    return pd.DataFrame(rows, columns=list(WEEKLY))


def _weeks(reading: Reading, number: int) -> Iterator[tuple[int, int, str, float, int]]:
    for figure, since, values in _figures(reading):
        week = (since - reading.window[0]) // WEEK
        whole = (week >= 0) & (week < reading.length // WEEK)
        for one in np.unique(week[whole]).tolist():
            mine = values[week == one]
            yield number, one + 1, figure, float(mine.mean()), len(mine)


def _figures(reading: Reading) -> Iterator[tuple[str, Ints, Floats]]:
    for promise in promises(reading.program):
        if promise.kind != "first_time_right":
            course, found = verdict(reading, promise)
            told = found.met | found.breached
            yield f"kept: {promise.name}", course.since[told], found.met[told].astype(np.float64)
    waited = reading.waited
    for plan in reading.program.providers:
        rows = np.flatnonzero(waited & (reading.provider == plan.index))
        ticks = reading.stages["waiting"][rows] / reading.program.time_unit
        yield f"wait: {plan.name}", reading.visits["arrived"][rows], ticks


class Monitor:
    """What was observed by week, beside what a model expects.

    Attributes
    ----------
    table : DataFrame
        One row per figure and week: what was observed, what is expected, the limits, and whether it lies
        ``above`` or ``below`` them.
    findings : tuple of str
        Where reality has left the model, in sentences; empty where it has not.
    explanations : DataFrame
        Parameters that are other than in the model, the one that is furthest off first: ``observed`` and
        ``expected`` means, their ``ratio``, how many ``sigmas`` of such a mean they are apart, and what of
        the findings a model with the observed one ``explains``.
    notes : tuple of str
        What could not be told.

    See Also
    --------
    monitor : makes one.
    """

    def __init__(self, expected: pd.DataFrame, observed: pd.DataFrame, notes: tuple[str, ...] = ()) -> None:
        self.notes, self.explanations = notes, pd.DataFrame(columns=list(EXPLAINED))
        parts = [_charted(name, expected, observed) for name in _shared(expected, observed)]
        self.table = pd.concat([table for table, _ in parts], ignore_index=True)
        self.findings: tuple[str, ...] = tuple(line for _, lines in parts for line in lines)

    @property
    def holds(self) -> bool:
        """Whether nothing has been found."""
        return not self.findings

    def __repr__(self) -> str:
        figures = self.table["figure"].nunique()
        return (
            f"Monitor({figures} figures, {self.table['week'].nunique()} weeks: {len(self.findings)} findings)"
        )

    @property
    def left(self) -> tuple[str, ...]:
        """The figures with findings."""
        names = dict.fromkeys(self.table["figure"])
        return tuple(name for name in names if any(line.startswith(f"{name}: ") for line in self.findings))

    def __str__(self) -> str:
        lines = list(self.findings) or ["what was observed lies within what the model expects"]
        for row in self.explanations.to_dict("records"):
            told = f"; with that, the model has {row['explains']}" if row["explains"] else ""
            lines.append(f"{row['parameter']}: {row['observed']:.3g}, not {row['expected']:.3g}{told}")
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        parts = [markup.title(repr(self)), markup.frame(self.table)]
        parts += [markup.frame(self.explanations)] if len(self.explanations) else []
        return markup.shown(*parts)


def deviations(expected: pd.DataFrame, observed: pd.DataFrame) -> pd.DataFrame:
    """Parameters whose mean over weeks is further off the model's than such means are by chance."""
    rows = []
    for name, own in observed.groupby("figure", sort=False):
        model = expected[expected["figure"] == name]["value"]
        if len(model) < FEWEST or not len(own):
            continue
        middle, mean = float(model.mean()), float(own["value"].mean())
        error = float(model.std()) * (1 / len(own) + 1 / len(model)) ** 0.5
        sigmas = (mean - middle) / error if error else 0.0
        if abs(sigmas) > SIGMAS:
            rows.append((name, mean, middle, mean / middle if middle else np.nan, sigmas, ""))
    table = pd.DataFrame(rows, columns=list(EXPLAINED))
    return table.sort_values("sigmas", key=abs, ascending=False, kind="stable").reset_index(drop=True)


def _shared(expected: pd.DataFrame, observed: pd.DataFrame) -> list[str]:
    known = list(dict.fromkeys(expected["figure"]))
    for name in dict.fromkeys(observed["figure"]):
        if name not in known:
            raise SurveyError(
                f"the model has no figure {name!r}{nearest(str(name), known)}; there are: {', '.join(known)}"
            )
    return [name for name in known if name in set(observed["figure"])]


def _charted(name: str, expected: pd.DataFrame, observed: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    model = expected[expected["figure"] == name]
    if len(model) < FEWEST:
        raise SurveyError(
            f"{name}: the model has {len(model)} weeks, of which no spread can be told;"
            f" simulate {FEWEST} or more"
        )
    middle, spread = float(model["value"].mean()), float(model["value"].std())
    low, high = max(middle - SIGMAS * spread, 0.0), middle + SIGMAS * spread
    high = min(high, 1.0) if name.startswith("kept: ") else high
    own = observed[observed["figure"] == name].sort_values("week")
    values = own["value"].to_numpy(dtype=np.float64)
    state = np.where(values > high, ABOVE, np.where(values < low, BELOW, INSIDE))
    table = pd.DataFrame({"figure": name, "week": own["week"].to_numpy(), "observed": values})
    table["expected"], table["low"], table["high"], table["state"] = middle, low, high, state
    by_run = [one["value"].to_numpy(dtype=np.float64) for _, one in model.groupby("replication")]
    usual = max(_longest(one, middle)[0] for one in by_run)
    return table[list(COLUMNS)], list(_told(name, table, values, middle, usual))


def _told(name: str, table: pd.DataFrame, values: Floats, middle: float, usual: int) -> Iterator[str]:
    outside = table[table["state"] != INSIDE]
    if len(outside):
        weeks = ", ".join(f"{row['week']} ({row['state']})" for _, row in outside.iterrows())
        ends = f"{table['low'].iloc[0]:.3g} to {table['high'].iloc[0]:.3g}"
        yield f"{name}: outside of {ends} in week {weeks}"
    longest, side = _longest(values, middle)
    if longest > max(usual, 7):
        yield f"{name}: {longest} weeks in a row {side} {middle:.3g}; in the model it is at most {usual}"


def _longest(values: Floats, middle: float) -> tuple[int, str]:
    """The longest run on one side of the middle, and on which."""
    best, side, length, last = 0, ABOVE, 0, 0
    for sign in np.sign(values - middle).astype(int).tolist():
        length = length + 1 if sign == last and sign else 1 if sign else 0
        last = sign
        if length > best:
            best, side = length, ABOVE if sign > 0 else BELOW
    return best, side


def observed_weeks(observed: Any) -> pd.DataFrame:
    """Weekly figures as they are given, or those of the first replication of results."""
    if not isinstance(observed, pd.DataFrame):
        found = weekly_figures(observed)
        return found[found["replication"] == 0]
    for column in ("week", "figure", "value"):
        if column not in observed:
            names = ", ".join(map(str, observed.columns))
            raise SurveyError(f"there is no column {column!r}; there are: {names}")
    return observed

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

    See Also
    --------
    monitor : makes one.
    """

    def __init__(self, expected: pd.DataFrame, observed: pd.DataFrame) -> None:
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

    def __str__(self) -> str:
        return "\n".join(self.findings) or "what was observed lies within what the model expects"

    def _repr_html_(self) -> str:
        return markup.shown(markup.title(repr(self)), markup.frame(self.table))


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


def monitor(expected: Results, observed: Results | pd.DataFrame) -> Monitor:
    """Control charts of promises and waits by week, with the spread that a model expects.

    Parameters
    ----------
    expected : Results
        Of the model: its weeks, over all replications, say what happens by chance.
    observed : Results or DataFrame
        Of one run that stands for reality; or what was observed, with columns ``week``, ``figure`` and
        ``value``. Figures are called ``kept: `` and the name of a promise (a share), or ``wait: `` and a
        provider (a mean, in the model's unit of time).

    Returns
    -------
    Monitor
        The charts as a table, and findings where reality has left the model.

    Raises
    ------
    SurveyError
        If there are other figures or columns, or too few weeks.
    NotKeptError
        If results keep a summary.

    See Also
    --------
    Results.promises_and_gaps : what those who are served say.

    Examples
    --------
    >>> import pandas as pd
    >>> import serviceflow as sf
    >>> chain = sf.ServiceChain("Office", run={"duration": "12 weeks", "replications": 2, "seed": 7})
    >>> chain.add_provider("Clerks", staff=1)
    >>> chain.add_service("Talk", provider="Clerks", duration="exponential(mean=3 h)")
    >>> chain.add_consumer("Clients", arrivals={"rate": "4 per day"}, enters="Talk")
    >>> weeks = pd.DataFrame({"week": [1, 2], "figure": "wait: Clerks", "value": [180.0, 9000.0]})
    >>> print(sf.monitor(chain.simulate(engine="simpy"), weeks))
    wait: Clerks: outside of ... in week 2 (above)
    """
    return Monitor(weekly_figures(expected), _observed(observed))


def _observed(observed: Any) -> pd.DataFrame:
    if not isinstance(observed, pd.DataFrame):
        found = weekly_figures(observed)
        return found[found["replication"] == 0]
    for column in ("week", "figure", "value"):
        if column not in observed:
            names = ", ".join(map(str, observed.columns))
            raise SurveyError(f"there is no column {column!r}; there are: {names}")
    return observed

"""When what is in a chain at the start of its runs will be done: each open request, over replications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.engine.program.codes import COMPLETED
from serviceflow.errors import ServiceflowError
from serviceflow.model.opening import Place, read_opening
from serviceflow.results.derived import Flags, Floats, Reading
from serviceflow.results.promises import promises, verdict

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.engine.record.record import Record

INTERVALS = (50, 90)
"""Shares of the replications that the intervals hold, in percent."""


class ForecastError(ServiceflowError, ValueError):
    """A forecast of runs that did not start from a state."""


class AtStart(Reading):
    """A record read for the requests that were there when it started, in place of those of the window."""

    @property
    def counted(self) -> Flags:
        """Requests that were there at the start."""
        return self.at_start


def forecast(records: Sequence[Record]) -> pd.DataFrame:
    """One row per request of consumers that is open when the runs start.

    Raises
    ------
    ForecastError
        If they start from nothing.
    """
    program = records[0].program
    groups = requests_at_start(program)
    if groups is None:
        raise ForecastError(
            "these runs did not start from a state: simulate(start_from=...) says what is there today"
        )
    wanted = [row for row, places in enumerate(groups) if places[0].stock is None]
    requests = [record.requests for record in records]
    ends = np.array([table["ended"][: len(groups)] for table in requests]).reshape(len(records), -1)[
        :, wanted
    ]
    outcomes = np.array([table["outcome"][: len(groups)] for table in requests]).reshape(len(records), -1)
    lasting = np.where(ends >= 0, (ends - program.begin) / program.time_unit, np.inf)
    columns: dict[str, Any] = _who(program, [groups[row] for row in wanted], wanted)
    columns |= _quantiles(lasting)
    columns["done"] = [_clock(program, left) for left in columns["median"]]
    columns["completed"] = (outcomes[:, wanted] == COMPLETED).mean(axis=0)
    columns["kept"] = _kept([AtStart(record) for record in records], len(groups))[wanted]
    return pd.DataFrame(columns)


def _who(program: Program, groups: list[list[Place]], rows: list[int]) -> dict[str, Any]:
    """What is known of each request: who asked, what it does and where, and for how long it has been open."""
    return {
        "request": [places[0].request or row for row, places in zip(rows, groups, strict=True)],
        "consumer": [places[0].consumer for places in groups],
        "state": ["; ".join(place.state for place in places) for places in groups],
        "at": ["; ".join(_where(place) for place in places) for places in groups],
        "age": [(program.begin - places[0].asked) / program.time_unit for places in groups],
    }


def _where(place: Place) -> str:
    return place.handoff or place.service or ""


def _quantiles(lasting: Floats) -> dict[str, Floats]:
    """Time from the start until the end of each: the median, and intervals that hold a share of the runs.

    They are order statistics; NaN where so many runs ended before the request did.
    """
    found = {"median": _quantile(lasting, 0.5)}
    for share in INTERVALS:
        tail = (1 - share / 100) / 2
        found[f"low_{share}"] = _quantile(lasting, tail)
        found[f"high_{share}"] = _quantile(lasting, 1 - tail)
    return found


def _quantile(lasting: Floats, share: float) -> Floats:
    found: Floats = np.quantile(lasting, share, axis=0, method="inverted_cdf")
    return np.where(np.isfinite(found), found, np.nan)


def _clock(program: Program, left: float) -> pd.Timestamp:
    if np.isnan(left):
        return pd.NaT  # type: ignore[return-value]
    ticks = program.begin + round(left * program.time_unit)
    return pd.Timestamp(program.chain.start) + pd.Timedelta(ticks // 1_000, "ms")


def _kept(readings: Sequence[Reading], count: int) -> Floats:
    """The share of the replications in which each request keeps its promise of a resolution; NaN without one.

    Those in which that is not decided when the run ends are left out.
    """
    met, known = np.zeros(count), np.zeros(count)
    for promise in promises(readings[0].program):
        if promise.scope != "consumer" or promise.kind != "resolution":
            continue
        for reading in readings:
            course, ended = verdict(reading, promise)
            rows = course.requests
            met[rows] += ended.met
            known[rows] += ended.met | ended.breached
    found: Floats = np.divide(met, known, out=np.full(count, np.nan), where=known > 0)
    return found


def requests_at_start(program: Program) -> list[list[Place]] | None:
    """The places of each request that is there, in the order of their rows in a record."""
    opening, _ = read_opening(program.chain)
    if opening is None:
        return None
    groups: dict[str | int, list[Place]] = {}
    for number, place in enumerate(opening.places):
        groups.setdefault(place.request or number, []).append(place)
    return [*groups.values()]

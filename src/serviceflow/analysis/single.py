"""Single requests that deserve a look: the slowest, and those to whom a promise was broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.engine.program.codes import CONSUMER, OUTCOMES
from serviceflow.errors import ServiceflowError, UnknownNameError
from serviceflow.results.critical_path import CAUSES, CriticalPath, Scenery
from serviceflow.results.derived import Ints, Reading
from serviceflow.results.path_sums import CAUSE_NAMES, breach_path, breaches_of
from serviceflow.results.promises import NEVER, promises

if TYPE_CHECKING:
    from serviceflow.results.results import Results

MOST = ("most_scope", "most_place", "most_cause", "most_time")


class RequestsError(ServiceflowError, ValueError):
    """Requests that cannot be picked."""


def slowest(results: Results, count: int = 10, consumer: str | None = None) -> pd.DataFrame:
    """The completed requests that took longest, with where most of their lost time went.

    Parameters
    ----------
    results : Results
        With their records.
    count : int
        How many.
    consumer : str, optional
        Of this consumer only.

    Raises
    ------
    RequestsError
        If `count` is no positive number.
    UnknownNameError
        If there is no such consumer.
    NotKeptError
        If the results keep a summary.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise RequestsError(f"slowest({count!r}): how many requests is a whole number from 1 on")
    names = [plan.name for plan in results.runs.program.consumers]
    if consumer is not None and consumer not in names:
        raise UnknownNameError("consumer", consumer, names)
    index = None if consumer is None else names.index(consumer)
    records = results._records_for("results.slowest", "it has no single requests")
    parts = [_slowest(Scenery(Reading(record)), count, index) for record in records]
    return _first(parts, "flow_time", count)


def _slowest(scenery: Scenery, count: int, consumer: int | None) -> pd.DataFrame:
    reading, unit = scenery.reading, scenery.program.time_unit
    chosen = reading.completed & (reading.requests["kind"] == CONSUMER)
    if consumer is not None:
        chosen = chosen & (reading.requests["source"] == consumer)
    rows = np.flatnonzero(chosen)
    asked, ended = reading.requests["asked"], reading.requests["ended"]
    rows = rows[np.argsort(asked[rows] - ended[rows], kind="stable")][:count]
    path = CriticalPath(scenery, _numbered(scenery.of_requests(rows), rows, len(reading.requests)))
    names = np.array([plan.name for plan in scenery.program.consumers], dtype=object)
    columns: dict[str, Any] = {
        "replication": np.full(len(rows), reading.record.replication),
        "request": rows,
        "consumer": names[reading.requests["source"][rows]],
        "asked": asked[rows] / unit,
        "ended": ended[rows] / unit,
        "flow_time": (ended - asked)[rows] / unit,
    }
    return pd.DataFrame(columns | _spent(path, len(rows)))


def breaches(results: Results, promise: str) -> pd.DataFrame:
    """Each breach of a promise, the longest first, with where most of the time went.

    Parameters
    ----------
    results : Results
        With their records.
    promise : str
        Its name in ``results.slas``, such as ``"Guests: resolution"``.

    Raises
    ------
    UnknownNameError
        If there is no such promise.
    NotKeptError
        If the results keep a summary.
    """
    made = promises(results.runs.program)
    names = [one.name for one in made]
    if promise not in names:
        raise UnknownNameError("promise", promise, names)
    number = names.index(promise)
    if made[number].target is None:
        raise RequestsError(f"{promise}: is no promise about time; see arrived_by_return in results.visits")
    records = results._records_for("results.breaches", "it has no single requests")
    parts = [_breaches(Scenery(Reading(record)), number) for record in records]
    return _first(parts, "time", sum(map(len, parts)))


def _breaches(scenery: Scenery, number: int) -> pd.DataFrame:
    reading, unit = scenery.reading, scenery.program.time_unit
    promise = promises(scenery.program)[number]
    course = breaches_of(reading, promise)
    path = breach_path(scenery, promise, course)
    come = course.until != NEVER
    ended = np.where(come, course.until, reading.ends[course.requests])
    columns: dict[str, Any] = {
        "replication": np.full(len(ended), reading.record.replication),
        "request": course.requests,
        "since": course.since / unit,
        "until": np.where(come, course.until / unit, np.nan),
        "outcome": [OUTCOMES[code] for code in reading.requests["outcome"][course.requests].tolist()],
        "time": (ended - course.since) / unit,
    }
    return pd.DataFrame(columns | _spent(path, len(ended)))


def _numbered(owner: Ints, rows: Ints, size: int) -> Ints:
    """Paths by their place among some requests, in place of the requests' rows."""
    numbers = np.full(size + 1, -1, dtype=np.int64)
    numbers[rows] = np.arange(len(rows))
    found: Ints = numbers[owner]
    return found


def _spent(path: CriticalPath, count: int) -> dict[str, Any]:
    """Work and lost time of each path, and the place and cause of most of the latter."""
    unit = path.scenery.program.time_unit
    work, lost = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    for loss in path.works():
        np.add.at(work, path.owner[loss.visits], loss.ticks)
    for loss in path.losses():
        np.add.at(lost, path.owner[loss.visits], loss.ticks)
    most = _most(path)
    told = [most.get(one, ("", "", "", 0)) for one in range(count)]
    columns: dict[str, Any] = {name: [row[place] for row in told] for place, name in enumerate(MOST)}
    columns["most_time"] = np.array([row[3] for row in told], dtype=np.float64) / unit
    return {"work": work / unit, "lost": lost / unit, **columns}


def _most(path: CriticalPath) -> dict[int, tuple[str, str, str, int]]:
    """For each path the place and cause of most of its lost time, and how much that is."""
    places, size = path.scenery.places, len(path.scenery.places) + 1
    owners, codes, ticks = ([np.empty(0, dtype=np.int64)] for _ in range(3))
    for number, loss in ((CAUSE_NAMES.index(CAUSES[loss.part]), loss) for loss in path.losses()):
        for one in path.scenery.placed(loss):
            owners.append(path.owner[one.visits])
            codes.append(number * size + one.places + 1)
            ticks.append(one.ticks)
    pairs = np.stack([np.concatenate(owners), np.concatenate(codes)])
    keys, place = np.unique(pairs, axis=1, return_inverse=True)
    sums = np.zeros(keys.shape[1], dtype=np.int64)
    np.add.at(sums, place.ravel(), np.concatenate(ticks))
    found: dict[int, tuple[str, str, str, int]] = {}
    for row in np.argsort(sums, kind="stable").tolist():  # The largest comes last, and stays.
        cause, where = divmod(int(keys[1, row]), size)
        found[int(keys[0, row])] = (
            *(places.scope(where - 1), places.name(where - 1), CAUSE_NAMES[cause]),
            int(sums[row]),
        )
    return found


def _first(parts: list[pd.DataFrame], by: str, count: int) -> pd.DataFrame:
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(by, ascending=False, kind="stable", ignore_index=True).head(count)

"""What happened to requests as stretches of time: on the way, waiting by cause, at work, standing still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from serviceflow.analysis.critical_path import CAUSES
from serviceflow.analysis.story import StoryError, _Teller
from serviceflow.engine.program.codes import HANDOFF_PARTS, PAUSES, WAIT_PARTS
from serviceflow.engine.record.record import Record
from serviceflow.units import UNITS

if TYPE_CHECKING:
    from serviceflow.results.results import Results

SECOND = UNITS["s"]
Stretch = tuple[str, int, int, str]
"""Row, start and length in ticks, part."""
INDENT = "    "
"""Before the rows of a called request."""


def stretches(
    results: Results, requests: int | Sequence[int], replication: int = 0
) -> tuple[pd.DataFrame, str]:
    """The stretches of one request, a row for each visit, or of several, a row for each request.

    A wait of several causes has them one after another, in the order in which they are sought: a record
    says how long each lasted, not how they took turns. Work stands in its pauses at the instants at which
    it did.

    Parameters
    ----------
    results : Results
        With their records.
    requests : int or sequence of int
        Rows among the requests of a replication.
    replication : int
        Counted from 0.

    Returns
    -------
    table : DataFrame
        ``row``, ``start`` and ``length`` in seconds, and ``part``.
    title : str
        Whose they are.

    Raises
    ------
    StoryError
        If there is no such request or replication.
    """
    records = results._records_for("results.plot_requests", "it has no single requests")
    if not 0 <= replication < len(records):
        raise StoryError(f"replication {replication}: there are {len(records)}, counted from 0")
    record = records[replication]
    chosen = [requests] if isinstance(requests, int | np.integer) else [int(one) for one in requests]
    for request in chosen:
        if not 0 <= request < len(record.requests):
            many = len(record.requests)
            raise StoryError(f"request {request}: replication {replication} has {many}, from 0")
    teller = _Teller(record)
    if len(chosen) == 1:
        found, title = list(_visits(record, int(chosen[0]), "")), teller.title(int(chosen[0]))
    else:
        found = [one for request in chosen for one in _whole(record, request, teller.title(request))]
        title = f"{len(chosen)} requests"
    table = pd.DataFrame(found, columns=["row", "start", "length", "part"])
    table[["start", "length"]] /= SECOND
    return table, title


def _visits(record: Record, request: int, indent: str) -> Iterator[Stretch]:
    """Visit by visit, and called requests under the visit during which they were asked."""
    visits, requests = record.visits, record.requests
    rows = np.flatnonzero(visits["request"] == request).tolist()
    rows.sort(key=lambda row: int(visits["asked"][row]))
    called = np.flatnonzero(requests["parent"] == request).tolist() if "parent" in requests else []
    for number, row in enumerate(rows):
        name = f"{indent}{number + 1}. {_service(record, row)}"
        yield from ((name, start, length, part) for start, length, part in _parts(record, row))
        left = _end(record, int(visits["left"][row]))
        for other in [one for one in called if int(requests["asked"][one]) <= left]:
            called.remove(other)
            yield from _visits(record, other, f"{indent}{INDENT}{number + 1}. asked: ")


def _service(record: Record, row: int) -> str:
    service = int(record.visits["service"][row])
    return record.program.services[service].name if service >= 0 else "the end"


def _whole(record: Record, request: int, title: str) -> Iterator[Stretch]:
    name = title.split(" (")[0].removeprefix("Request ")
    for row in np.flatnonzero(record.visits["request"] == request).tolist():
        yield from ((name, start, length, part) for start, length, part in _parts(record, row))


def _end(record: Record, instant: int) -> int:
    return instant if instant >= 0 else int(record.stopped)


def _parts(record: Record, row: int) -> Iterator[tuple[int, int, str]]:
    visits = record.visits
    yield from _in_turn(record, row, int(visits["asked"][row]), HANDOFF_PARTS)
    arrived, started = int(visits["arrived"][row]), int(visits["started"][row])
    if arrived >= 0:
        yield from _in_turn(record, row, arrived, WAIT_PARTS)
    if started >= 0:
        yield from _work(record, row, started)
    finished = int(visits["finished"][row])
    if finished >= 0:
        yield from _in_turn(record, row, finished, ("blocked",))


def _in_turn(record: Record, row: int, start: int, parts: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """Parts one after another from an instant on."""
    for part in parts:
        ticks = int(record.visits.get(part)[row])
        if ticks:
            yield start, ticks, CAUSES[part]
            start += ticks


def _work(record: Record, row: int, started: int) -> Iterator[tuple[int, int, str]]:
    """Setup and work, cut where they stood still."""
    visits, pauses = record.visits, record.pauses
    finished = _end(record, int(visits["finished"][row]))
    setup, at = int(visits.get("setup")[row]), started
    own = np.flatnonzero(pauses["visit"] == row).tolist() if len(pauses) else []
    stops = [
        (int(pauses["start"][p]), _end(record, int(pauses["end"][p])), int(pauses["cause"][p])) for p in own
    ]
    for begin, end, cause in [*sorted(stops), (finished, finished, -1)]:
        for part, length in (
            ("setup", min(setup, begin - at)),
            ("work", begin - at - min(setup, begin - at)),
        ):
            if length > 0:
                yield at, length, part
                at += length
                setup -= length if part == "setup" else 0
        if end > begin:
            yield begin, end - begin, f"paused: {PAUSES[cause]}"
        at = end

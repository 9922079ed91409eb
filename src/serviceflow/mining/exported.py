"""What a simulation writes down as an event log: an instance of work per visit, with what it waited for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.engine.program.codes import JOINED, OUTCOMES, REQUEST_KINDS, UNFINISHED
from serviceflow.formats.logs.raw import LogError
from serviceflow.mining.calls import REQUEST
from serviceflow.mining.log_waits import RECORDED, SECOND
from serviceflow.mining.units import units_of
from serviceflow.results.derived import Ints, Reading
from serviceflow.results.lost_time import PARTS, VisitLosses
from serviceflow.results.raw import request_table

if TYPE_CHECKING:
    from serviceflow.engine.record.record import Record

OWN = (
    "case",
    "activity",
    "resource",
    "enabled",
    "start",
    "end",
    "instance",
    "provider",
    "handoff",
    "outcome",
    REQUEST,
)
"""Columns that no attribute may take the place of."""


def log_of(
    records: Sequence[Record], replication: int, unfinished: bool = False
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The log of one of several replications; see :func:`visit_log`.

    Raises
    ------
    LogError
        If there is no such replication.
    """
    if not 0 <= replication < len(records):
        raise LogError("", f"replication={replication}: there are {len(records)}, numbered from 0")
    return visit_log(records[replication], unfinished)


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as mappings of plain Python values, missing ones as None."""
    columns = {
        str(name): [None if missing else value for value, missing in zip(column, column.isna(), strict=True)]
        for name, column in ((name, table[name].astype(object)) for name in table.columns)
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def visit_log(record: Record, unfinished: bool = False) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The log of one replication, and the columns that are the same for all instances of a case.

    Parameters
    ----------
    record : Record
        What the replication left behind.
    unfinished : bool
        Whether visits that had not ended with the run are there, too, as if they ended then.
    """
    reading = Reading(record)
    rows = _rows(reading, unfinished)
    attributes = _case_attributes(reading, rows)
    table = pd.DataFrame(
        _of_visits(reading, rows) | _own_requests(reading, rows) | attributes | _waits(reading, rows)
    )
    order = np.argsort(table["enabled"].to_numpy(), kind="stable")
    return table.iloc[order].reset_index(drop=True), tuple(attributes)


def _rows(reading: Reading, unfinished: bool) -> Ints:
    """Visits at services of requests that were created in the window."""
    chosen = reading.visit_counted & (reading.service >= 0) & (reading.visits["arrived"] >= 0)
    chosen &= reading.visits["outcome"] != JOINED  # a branch that another one went on for
    if not unfinished:
        chosen &= reading.visits["outcome"] != UNFINISHED
    return np.flatnonzero(chosen)


def _of_visits(reading: Reading, rows: Ints) -> dict[str, Any]:
    """Who did what for whom, and when."""
    visits, program = reading.visits, reading.program
    left = np.where(visits["left"] >= 0, visits["left"], reading.record.stopped)[rows]
    started = np.where(visits["started"] >= 0, visits["started"], -1)[rows]
    finished = np.where(visits["finished"] >= 0, visits["finished"], -1)[rows]
    start = np.where(started >= 0, started, left)
    return {
        "case": _case_names(reading)[reading.visits["request"][rows]],
        "activity": _named([plan.name for plan in program.services], reading.service[rows]),
        "resource": np.where(started >= 0, units_of(reading)[rows], None),
        "enabled": _dates(reading, visits["arrived"][rows]),
        "start": _dates(reading, start),
        "end": _dates(reading, np.where(finished >= 0, finished, left)),
        "instance": rows,
        "provider": _named([plan.name for plan in program.providers], reading.provider[rows]),
        "handoff": _named([plan.name for plan in program.handoffs], reading.handoff[rows]),
        "outcome": _named(OUTCOMES, visits["outcome"][rows]),
    }


def _named(names: Any, codes: Ints) -> Any:
    return np.array([*names, None], dtype=object)[codes]


def _dates(reading: Reading, ticks: Ints) -> Any:
    start = np.datetime64(dt.datetime.combine(reading.program.chain.start, dt.time()), "us")
    return start + ticks.astype("timedelta64[us]")


def _roots(reading: Reading) -> Ints:
    """For each request the one for which it was called, at first."""
    parents = reading.requests.get("parent", -1)
    roots = np.where(parents >= 0, parents, np.arange(len(parents)))
    while (roots != roots[roots]).any():
        roots = roots[roots]
    found: Ints = roots
    return found


def _case_names(reading: Reading) -> Any:
    """Names of cases: those of requests; called requests belong to who called."""
    return _request_names(reading)[_roots(reading)]


def _request_names(reading: Reading) -> Any:
    """What asked, and the number of the request."""
    table = request_table([reading.record])
    kinds = reading.requests["kind"]
    sources, numbers = table["source"].astype(object).to_numpy(), reading.requests["number"]
    return np.array(
        [
            f"{source} {_number(number)}"
            if kind == 0
            else f"{source} ({REQUEST_KINDS[kind]}) {_number(number)}"
            for source, kind, number in zip(sources, kinds.tolist(), numbers.tolist(), strict=True)
        ],
        dtype=object,
    )


def _own_requests(reading: Reading, rows: Ints) -> dict[str, Any]:
    """The request of each visit, where some were called and share the case of their caller."""
    requests = reading.visits["request"][rows]
    if (_roots(reading)[requests] == requests).all():
        return {}
    return {REQUEST: _request_names(reading)[requests]}


def _number(number: int) -> str:
    """A number; of what comes in groups, the group's and that within it."""
    group, own = divmod(number, 1 << 32)
    return f"{group}.{own}" if group else str(own)


def _case_attributes(reading: Reading, rows: Ints) -> dict[str, Any]:
    """Consumer and attributes of the request with which the case began."""
    table = request_table([reading.record])
    roots = _roots(reading)[reading.visits["request"][rows]]
    found = {"consumer": table["consumer"].astype(object).to_numpy()[roots]}
    for name in reading.program.attributes:
        column = f"{name} (attribute)" if name in (*OWN, "consumer") else name
        found[column] = table[name].astype(object).to_numpy()[roots]
    return found


def _waits(reading: Reading, rows: Ints) -> dict[str, Any]:
    """Seconds that each visit waited, by cause, as ``results.waits`` counts them."""
    losses, found = VisitLosses(reading), {}
    for cause, part in PARTS["waiting"].items():
        where, ticks, _ = losses.lost(part)
        if len(where):
            seconds = np.zeros(len(reading.visits))
            seconds[where] = ticks / SECOND
            found[f"{RECORDED}{cause}"] = seconds[rows]
    return found

"""The requests and visits of a record as tables with names and times in the chain's unit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.engine.program.codes import INSTANTS, OUTCOMES, PARTS, REQUEST_KINDS
from serviceflow.engine.record.record import Record
from serviceflow.model.requests import attribute_kinds
from serviceflow.results.derived import Ints, Reading
from serviceflow.results.measures import PART_MEASURES
from serviceflow.units import UNITS

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

PART_NAMES = {column: measure for measure, column in PART_MEASURES.items()} | {"blocked": "blocked_time"}
"""Column of the record to the name of the same part in every table."""

_STAGES = {"handoff_time": "handoff", "waiting_time": "waiting", "service_time": "service"}


def request_table(records: Sequence[Record]) -> pd.DataFrame:
    """One row per request of every replication.

    Times are floats in the chain's time unit from time 0, NaN where they did not come. ``in_window``
    tells the requests that statistics cover; ``request`` is the row within the replication. In runs that
    start from a state ``at_start`` tells those that were there: they were asked before, at times that may be
    below 0.
    """
    return pd.concat([_requests(Reading(record)) for record in records], ignore_index=True)


def visit_table(records: Sequence[Record]) -> pd.DataFrame:
    """One row per visit of every replication; ``request`` refers to the table of requests."""
    return pd.concat([_visits(Reading(record)) for record in records], ignore_index=True)


def dated(table: pd.DataFrame, start: dt.date, time_unit: str) -> pd.DataFrame:
    """A copy of a table in which every instant is a date with a time, to the microsecond."""
    found = table.copy()
    for name in ("ended", *INSTANTS):
        if name in found and pd.api.types.is_float_dtype(found[name]):
            found[name] = _moments(found[name], start, UNITS[time_unit])
    return found


def _moments(times: pd.Series, start: dt.date, unit: int) -> pd.Series:
    """Instants since midnight of a date as dates with times; NaT for NaN."""
    numbers = times.to_numpy(dtype=float)
    came = np.isfinite(numbers)
    since = np.where(came, np.round(numbers * unit), 0).astype("timedelta64[us]")
    moments = np.datetime64(start.isoformat(), "us") + since
    moments[~came] = np.datetime64("NaT")
    return pd.Series(moments, index=times.index)


def _requests(reading: Reading) -> pd.DataFrame:
    requests, program = reading.requests, reading.program
    columns: dict[str, Any] = {
        "replication": reading.record.replication,
        "request": np.arange(len(requests)),
        "kind": named(requests["kind"], REQUEST_KINDS),
        "source": _sources(reading),
        "number": requests["number"],
        "consumer": named(requests["consumer"], [plan.name for plan in program.consumers]),
        "parent": requests.get("parent", -1),
        "asked": requests["asked"] / program.time_unit,
        "ended": in_units(requests["ended"], program),
        "outcome": named(requests["outcome"], OUTCOMES),
        "in_window": reading.counted,
    }
    if program.opening is not None:
        columns["at_start"] = reading.at_start
    ended = np.where(requests["ended"] >= 0, requests["ended"] - requests["asked"], -1)
    columns["flow_time"] = in_units(ended, program)
    for name, stage in _STAGES.items():
        columns[name] = reading.stage_along_path(stage) / program.time_unit
    if "quantity" in requests:
        columns["quantity"] = reading.record.requests["quantity"]
    return pd.DataFrame(columns | _attributes(reading))


def _sources(reading: Reading) -> Any:
    """Names of what asked: consumers, stocks, providers and calls, in one list of names."""
    program, requests = reading.program, reading.requests
    lists: list[tuple[Any, ...]] = [program.consumers, program.stocks, program.providers, program.calls]
    names = [plan.name for plans in lists for plan in plans]
    starts = np.cumsum([0, *(len(plans) for plans in lists)])
    distinct = list(dict.fromkeys(names))
    places = np.array([distinct.index(name) for name in names] + [-1])
    return named(places[starts[requests["kind"]] + requests["source"]], distinct)


def _attributes(reading: Reading) -> dict[str, Any]:
    """Attributes by name; words as words."""
    requests, program = reading.record.requests, reading.program
    kinds = attribute_kinds(program.chain)
    return {
        name: _attribute(requests[f"attribute:{name}"], program, kinds.get(name, "number"))
        for name in program.attributes
    }


def word_attributes(program: Program) -> frozenset[str]:
    """Attributes that are words, not numbers."""
    return frozenset(name for name, kind in attribute_kinds(program.chain).items() if kind == "word")


def _attribute(values: Any, program: Program, kind: str) -> Any:
    if kind == "duration":
        return values / program.time_unit
    if kind != "word":
        return values
    codes = np.where(np.isnan(values), -1, values).astype(np.int64)
    return named(codes, program.words)


def _visits(reading: Reading) -> pd.DataFrame:
    visits, program = reading.visits, reading.program
    columns: dict[str, Any] = {
        "replication": reading.record.replication,
        "request": visits["request"],
        "branch": visits.get("branch"),
        "service": named(reading.service, [plan.name for plan in program.services]),
        "visit": visits.get("visit"),
        "provider": named(reading.provider, [plan.name for plan in program.providers]),
        "member": visit_members(reading),
        "handoff": named(reading.handoff, [plan.name for plan in program.handoffs]),
        "call": named(visits.get("call", -1), [plan.name for plan in program.calls]),
    }
    columns |= {name: in_units(visits[name], program) for name in INSTANTS if name in visits}
    columns["outcome"] = named(visits["outcome"], OUTCOMES)
    columns["clarifications"] = visits.get("clarifications")
    columns["arrived_by_return"] = visits.get("arrived_by_return") > 0
    columns |= {name: reading.stages[stage] / program.time_unit for name, stage in _STAGES.items()}
    parts = {PART_NAMES[part]: visits[part] / program.time_unit for part in PARTS if part in visits}
    return pd.DataFrame(columns | parts)


def visit_members(reading: Reading) -> Any:
    """Names of the members who worked."""
    program = reading.program
    names = list(dict.fromkeys(member.name for plan in program.providers for member in plan.members))
    member = reading.visits.get("member", -1)
    widest = max((len(plan.members) for plan in program.providers), default=0)
    places = np.full((len(program.providers) + 1, widest + 1), -1)
    for row, plan in enumerate(program.providers):
        places[row, : len(plan.members)] = [names.index(one.name) for one in plan.members]
    known = (member >= 0) & (member < widest)
    return named(places[reading.provider, np.where(known, member, widest)], names)


def named(codes: Ints, names: Sequence[str]) -> Any:
    """Indices as names; -1 is missing."""
    return pd.Categorical.from_codes(codes, pd.Index(np.array(names, dtype=object)))


def in_units(ticks: Ints, program: Program) -> Any:
    """Ticks in the chain's time unit; NaN where the instant did not come."""
    return np.where(ticks >= 0, ticks / program.time_unit, np.nan)

"""A stretch of a run in Chrome's trace format, which Perfetto opens, and lost time as collapsed stacks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.analysis.critical_path import critical_path
from serviceflow.display.spreadsheet import ExportError, write_text
from serviceflow.display.text import clean
from serviceflow.engine.program.codes import CALLED, CONSUMER, HANDOFF_PARTS, PARTS, REQUEST_KINDS, WAIT_PARTS
from serviceflow.errors import nearest
from serviceflow.results.derived import Reading
from serviceflow.units import UNITS
from serviceflow.view.report.source import rows_of
from serviceflow.view.report.spans import Span, choose

if TYPE_CHECKING:
    from serviceflow.results.results import Results

Ints = NDArray[np.int64]
REQUESTS, PROVIDERS = 1, 2
"""Numbers of the first two groups of tracks: requests, and the first provider."""
STAGES = (
    ("on the way", "asked", "arrived", HANDOFF_PARTS),
    ("waits", "arrived", "started", WAIT_PARTS),
    ("work", "started", "finished", tuple(part for part in PARTS if part.startswith(("setup", "pause_")))),
    ("blocked", "finished", "left", ()),
)
"""The stages of a visit: what they are called, between which instants, and which parts they are told by."""
DAYS = ("worst", "median")


def save_trace(
    results: Results, path: str | os.PathLike[str], day: str = "worst", replication: int | None = None
) -> Path:
    """Write a stretch of a run as a trace, whole or not at all.

    Raises
    ------
    ExportError
        If the name does not end in ``.json``, or there is no such stretch.
    NotKeptError
        If the results keep a summary.
    """
    place = Path(path)
    if place.suffix.lower() != ".json":
        raise ExportError(f"{place}: a trace is a JSON file; name it {place.with_suffix('.json').name}")
    span = _span(results, day, replication)
    reading = Reading(_record(results, span))
    told = json.dumps(
        {
            "displayTimeUnit": "ms",
            "otherData": _about(results, span),
            # What things are called comes first, then everything in its order.
            "traceEvents": sorted(_events(reading, span), key=lambda event: event.get("ts", -1)),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return write_text(place, told)


def _record(results: Results, span: Span) -> Any:
    return results._records_for("results.trace", "it shows single visits")[span.replication]


def _span(results: Results, day: str, replication: int | None) -> Span:
    """The stretch that the report replays, too."""
    records = results._records_for("results.trace", "it shows single visits")
    if day not in DAYS:
        options = " or ".join(map(repr, DAYS))
        raise ExportError(f"day={day!r}: use {options}{nearest(day, DAYS)}")
    if replication is not None and replication not in range(len(records)):
        raise ExportError(f"replication={replication!r}: there are 0 to {len(records) - 1}")
    places = range(len(records)) if replication is None else [replication]
    spans = choose([Reading(records[at]) for at in places])
    if not spans:
        raise ExportError("there is no visit in the window that a trace could show")
    found = next((one for one in spans if one.key == day), spans[-1])
    return Span(found.key, places[found.replication], found.start, found.end, found.number)


def _about(results: Results, span: Span) -> dict[str, Any]:
    return {
        "chain": clean(results.chain.name),
        "scenario": clean(results.scenario_name),
        "replication": span.replication,
        "seed": results.seed,
        "begins": str(results.chain.clock(span.start / UNITS[results.chain.time_unit])),  # type: ignore[attr-defined]
    }


def _events(reading: Reading, span: Span) -> Iterator[dict[str, Any]]:
    """Names of the tracks, what happened on each, and counters beside the providers."""
    left = reading.left
    rows = np.flatnonzero((reading.visits["asked"] < span.end) & (left > span.start) & (reading.service >= 0))
    rows = rows[np.lexsort((rows, reading.visits["asked"][rows]))]
    yield _named("process_name", REQUESTS, 0, "Requests")
    yield from _requests(reading, span, rows)
    for number, plan in enumerate(reading.program.providers):
        mine = rows[reading.provider[rows] == number]
        if len(mine):
            yield _named("process_name", PROVIDERS + number, 0, plan.name)
            yield from _work(reading, span, number, mine)
            yield from _counters(reading, span, number, mine)


def _named(kind: str, process: int, track: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": kind, "pid": process, "tid": track, "args": {"name": clean(name)}}


def _instants(reading: Reading, row: int) -> dict[str, int]:
    """The instants of a visit; one that did not come is when it left, or when the run stopped."""
    last = int(reading.left[row])
    found: dict[str, int] = {}
    for name in ("left", "finished", "started", "arrived", "asked"):
        value = int(reading.visits[name][row]) if name in reading.visits else -1
        last = found[name] = value if 0 <= value <= last else last
    return found


# Requests


def _requests(reading: Reading, span: Span, rows: Ints) -> Iterator[dict[str, Any]]:
    """The stages of visits on the track of their request; of branches side by side, each has its own."""
    tracks: dict[int, list[int]] = {}
    numbers: dict[tuple[int, int], int] = {}
    for row in rows.tolist():
        at, request = _instants(reading, row), int(reading.visits["request"][row])
        lane = _lane(tracks.setdefault(request, []), at["asked"], at["left"])
        if (request, lane) not in numbers:
            numbers[request, lane] = len(numbers) + 1
            label = _request_name(reading, request) + (f" ({lane + 1})" if lane else "")
            yield _named("thread_name", REQUESTS, numbers[request, lane], label)
        yield from _stages(reading, span, row, at, numbers[request, lane])


def _lane(ends: list[int], start: int, end: int) -> int:
    """The first track that is free again; a new one if none is."""
    for lane, until in enumerate(ends):
        if until <= start:
            ends[lane] = end
            return lane
    ends.append(end)
    return len(ends) - 1


def _request_name(reading: Reading, request: int) -> str:
    requests, program = reading.requests, reading.program
    kind, source = int(requests["kind"][request]), int(requests["source"][request])
    if kind == CONSUMER:
        return f"{program.consumers[source].name} {request}"
    if kind == CALLED:
        return f"{program.calls[source].name} {request}"
    return f"{REQUEST_KINDS[kind]} {request}"


def _stages(
    reading: Reading, span: Span, row: int, at: dict[str, int], track: int
) -> Iterator[dict[str, Any]]:
    service = reading.program.services[int(reading.service[row])].name
    for name, begin, end, parts in STAGES:
        start, stop = max(at[begin], span.start), min(at[end], span.end)
        if stop > start:
            told = {
                part: int(reading.visits[part][row]) / UNITS["s"]
                for part in parts
                if part in reading.visits and reading.visits[part][row] > 0
            }
            label = service if name == "work" else _told(name, told)
            args = {"service": clean(service), **{f"{_reason(part)}, s": told[part] for part in told}}
            yield _slice(label, name, REQUESTS, track, start - span.start, stop - start, args)


def _told(stage: str, parts: dict[str, float]) -> str:
    """A stage with what most of it was: "waits: contention"."""
    most = max(parts, key=lambda part: parts[part], default="")
    return f"{stage}: {_reason(most)}" if most else stage


def _reason(part: str) -> str:
    """A part of a visit as people call it."""
    for start in ("wait_", "pause_", "handoff_"):
        part = part.removeprefix(start)
    return part.replace("_", " ")


def _slice(
    name: str, kind: str, process: int, track: int, start: int, length: int, args: dict[str, Any]
) -> dict[str, Any]:
    return {
        "ph": "X",
        "name": clean(name),
        "cat": kind,
        "pid": process,
        "tid": track,
        "ts": start,
        "dur": length,
        "args": args,
    }


# Providers


def _work(reading: Reading, span: Span, number: int, rows: Ints) -> Iterator[dict[str, Any]]:
    """Work on as many tracks as went on at once, or on that of its member."""
    plan = reading.program.providers[number]
    named: set[int] = set()
    ends: list[int] = []
    members = reading.visits.get("member", -1)
    begun = rows[np.argsort(reading.visits["started"][rows], kind="stable")]
    for row in begun.tolist():
        at, member = _instants(reading, row), int(members[row])
        start, stop = max(at["started"], span.start), min(at["finished"], span.end)
        if reading.visits["started"][row] < 0 or stop <= start:
            continue
        own = 0 <= member < len(plan.members)
        lane = member if own else len(plan.members) + _lane(ends, start, stop)
        if lane not in named:
            named.add(lane)
            label = plan.members[member].name if own else f"unit {lane - len(plan.members) + 1}"
            yield _named("thread_name", PROVIDERS + number, lane + 1, label)
        request = int(reading.visits["request"][row])
        service = reading.program.services[int(reading.service[row])].name
        args = {"request": clean(_request_name(reading, request))}
        yield _slice(service, "work", PROVIDERS + number, lane + 1, start - span.start, stop - start, args)


def _counters(reading: Reading, span: Span, number: int, rows: Ints) -> Iterator[dict[str, Any]]:
    """How many wait and how many are in hand, at every instant at which that changes."""
    visits, left = reading.visits, reading.left[rows]
    arrived, started = visits["arrived"][rows], visits["started"][rows]
    finished = np.where(visits["finished"][rows] >= 0, visits["finished"][rows], left)
    here = arrived >= 0
    begun = started >= 0
    waiting = _level(arrived[here], np.where(begun, started, left)[here], span)
    at_work = _level(started[begun], finished[begun], span)
    for name, level in (("waiting", waiting), ("in hand", at_work)):
        for instant, value in level:
            yield {
                "ph": "C",
                "name": name,
                "pid": PROVIDERS + number,
                "tid": 0,
                "ts": instant - span.start,
                "args": {name: value},
            }


def _level(starts: Ints, ends: Ints, span: Span) -> list[tuple[int, int]]:
    """How many intervals hold each instant of a span, at its start and wherever that changes."""
    instants = np.unique(np.clip(np.concatenate([[span.start], starts, ends]), span.start, span.end))
    more = np.searchsorted(np.sort(starts), instants, side="right")
    fewer = np.searchsorted(np.sort(ends), instants, side="right")
    return list(zip(instants.tolist(), (more - fewer).tolist(), strict=True))


# Collapsed stacks


def save_stacks(results: Results, path: str | os.PathLike[str]) -> Path:
    """Write lost time as collapsed stacks, in milliseconds per replication."""
    return write_text(path, "".join(_stacks(results)))


def _stacks(results: Results) -> Iterator[str]:
    names = [plan.name for plan in results.runs.program.consumers]
    done = dict(zip(names, results.mean("consumer", "completed"), strict=True))
    milliseconds = 1000 * UNITS[results.time_unit] / UNITS["s"]
    for row in rows_of(critical_path(results)):
        frames = [row["consumer"], row["place"], row["service"], row["cause"].replace("_", " ")]
        parts = [frame for at, frame in enumerate(frames) if frame and frame not in frames[:at]]
        total = round(row["mean"] * float(done.get(row["consumer"], 0.0)) * milliseconds)
        if total > 0:
            yield f"{';'.join(_frame(part) for part in parts)} {total}\n"


def _frame(name: object) -> str:
    """A name that neither ends a frame nor is taken for a number."""
    return clean(name).replace(";", ",")

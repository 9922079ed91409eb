"""Waits of a log by cause, without a simulation.

An instance waits from when it was enabled to when it starts. Its wait is, in this order and each later cause without the
earlier: **batch** until the last of its batch is enabled (a batch: the same activity and resource, back to back, all
enabled before the first starts); **contention** while its resource works on what was enabled no later than it, or, outside
its batch, than the last of the batch; **prioritization** while it works on what was enabled later; **off shift** while its resource is not on duty; the rest is
**unexplained**.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from serviceflow.errors import nearest
from serviceflow.formats.logs.raw import LogError
from serviceflow.mining.enabling import enabling
from serviceflow.mining.hours import Hours, found_hours, given_hours
from serviceflow.units import UNITS

if TYPE_CHECKING:
    from serviceflow.mining.event_log import EventLog

Ints = npt.NDArray[np.int64]
CAUSES = ("batch", "contention", "prioritization", "off_shift", "unexplained")
RECORDED = "waiting:"
NOBODY = "(none)"
KEYS = ("provider", "cause", "service", "handoff", "from", "from_provider", "case", "hour", "weekday")
SECOND = 1_000_000


def log_waits(
    log: EventLog,
    by: str | Iterable[str],
    calendars: Mapping[str, Mapping[str, Any]] | None,
    time_unit: str,
    recorded: bool,
) -> pd.DataFrame:
    """Add up the waits of a log; see :meth:`EventLog.waits`."""
    keys = (by,) if isinstance(by, str) else tuple(by)
    if time_unit not in UNITS:
        raise LogError("", f"time_unit={time_unit!r}: there is no such unit{nearest(time_unit, UNITS)}")
    table = log.table
    start, end = (
        table[name].to_numpy().astype("datetime64[us]").astype(np.int64) for name in ("start", "end")
    )
    parts, by_row, enabled = _parts(log, table, start, end, calendars, recorded)
    columns = _columns(log, table, by_row, enabled, [key for key in keys if key != "cause"])
    return _summed(keys, columns, parts, UNITS[time_unit])


def _parts(
    log: EventLog, table: pd.DataFrame, start: Ints, end: Ints, calendars: Any, recorded: bool
) -> tuple[dict[str, Any], Ints, Ints]:
    """Waiting of every row by cause in microseconds, the row that enabled it, and when."""
    by_row, enabled = enabling(table, start, end)
    if "enabled" in table and table["enabled"].notna().any():
        given = table["enabled"].to_numpy().astype("datetime64[us]")
        known = ~np.isnat(given)
        enabled = np.where(known, np.minimum(given.astype(np.int64), start), enabled)
    named = [name for name in table.columns if str(name).startswith(RECORDED)]
    if recorded and named:
        found = {name.removeprefix(RECORDED): _microseconds(table[name]) for name in named}
        return found, by_row, enabled
    resources = table["resource"].astype(object).to_numpy()
    hours = given_hours(calendars, log.name) if calendars is not None else found_hours(resources, start, end)
    return causes_of(table, start, end, enabled, hours), by_row, enabled


def _microseconds(column: Any) -> Any:
    seconds = pd.to_numeric(column, errors="coerce").fillna(0.0)
    return np.rint(seconds.to_numpy(dtype=float) * SECOND)


def causes_of(
    table: pd.DataFrame, start: Ints, end: Ints, enabled: Ints, hours: Mapping[str, Hours]
) -> dict[str, Any]:
    """Waiting of every instance by cause, in microseconds."""
    found = {cause: np.zeros(len(table), dtype=np.int64) for cause in CAUSES}
    found["unexplained"] = start - enabled
    resources, names = pd.factorize(table["resource"])
    activities = pd.factorize(table["activity"])[0]
    for number, name in enumerate(names):
        rows = np.flatnonzero(resources == number)
        rows = rows[np.lexsort((end[rows], start[rows]))]
        _one_resource(rows, activities[rows], start, end, enabled, hours.get(str(name)), found)
    return found


def _one_resource(
    rows: Ints,
    activities: Any,
    start: Ints,
    end: Ints,
    enabled: Ints,
    hours: Hours | None,
    found: dict[str, Any],
) -> None:
    begins, ends, offers = start[rows], end[rows], enabled[rows]
    last, batch = _batches(activities, begins, ends, offers)
    latest = np.maximum.accumulate(ends) if len(ends) else ends
    for place in np.flatnonzero(begins > offers):
        row = rows[place]
        since = min(int(last[place]), int(begins[place]))
        found["batch"][row] = max(0, since - int(offers[place]))
        low = int(np.searchsorted(latest, since, side="right"))
        others = np.arange(low, place)
        others = others[(ends[others] > since) & (begins[others] < begins[place])]
        _in_queue(row, place, others, since, begins, ends, offers, last, batch, hours, found)
        told = sum(int(found[cause][row]) for cause in CAUSES[:-1])
        found["unexplained"][row] = int(begins[place]) - int(offers[place]) - told


def _batches(activities: Any, begins: Ints, ends: Ints, offers: Ints) -> tuple[Ints, Ints]:
    """For each instance when the last of its batch was enabled, and the number of its batch."""
    last, batch = offers.copy(), np.arange(len(begins))
    first = 0
    while first < len(begins):
        stop = first + 1
        while (
            stop < len(begins)
            and activities[stop] == activities[first]
            and begins[stop] == ends[stop - 1]
            and offers[stop] <= begins[first]
            and offers[first] <= begins[first]
        ):
            stop += 1
        if stop - first > 1:
            last[first:stop] = offers[first:stop].max()
            batch[first:stop] = first
        first = stop
    return last, batch


def _in_queue(
    row: int,
    place: int,
    others: Ints,
    since: int,
    begins: Ints,
    ends: Ints,
    offers: Ints,
    last: Ints,
    batch: Ints,
    hours: Hours | None,
    found: dict[str, Any],
) -> None:
    """Contention, prioritization and time off duty between an instant and the start."""
    until = int(begins[place])
    spans = [(max(int(begins[one]), since), min(int(ends[one]), until)) for one in others]
    limits = np.where(batch[others] == batch[place], offers[place], last[place])
    earlier = (offers[others] <= limits).tolist()
    first = _union([span for span, is_earlier in zip(spans, earlier, strict=True) if is_earlier])
    busy = _union(spans)
    found["contention"][row] = sum(end - start for start, end in first)
    found["prioritization"][row] = sum(end - start for start, end in busy) - found["contention"][row]
    if hours is not None:
        gaps = _gaps(busy, since, until)
        if gaps:
            ends_of = np.array(gaps, dtype=np.int64)
            found["off_shift"][row] = int(hours.closed(ends_of[:, 0], ends_of[:, 1]).sum())


def _union(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def _gaps(busy: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    found = []
    for begin, stop in busy:
        if begin > start:
            found.append((start, begin))
        start = max(start, stop)
    return [*found, (start, end)] if end > start else found


# Sums


def _columns(
    log: EventLog, table: pd.DataFrame, by_row: Ints, enabled: Ints, keys: list[str]
) -> dict[str, Any]:
    """A value of every key for every row."""
    activity, resource = (table[name].astype(object).to_numpy() for name in ("activity", "resource"))
    before = np.where(by_row >= 0, activity[by_row], None)
    moment = pd.DatetimeIndex(enabled.astype("datetime64[us]"))
    made = {
        "provider": lambda: resource,
        "service": lambda: activity,
        "from": lambda: before,
        "from_provider": lambda: np.where(by_row >= 0, resource[by_row], None),
        "handoff": lambda: np.array(
            [None if a is None else f"{a} -> {b}" for a, b in zip(before, activity, strict=True)],
            dtype=object,
        ),
        "case": lambda: table["case"].to_numpy(),
        "hour": lambda: moment.hour.to_numpy(),
        "weekday": lambda: moment.weekday.to_numpy(),
    }
    found = {}
    for key in keys:
        if key in made:
            found[key] = made[key]()
        elif key in table.columns and not str(key).startswith(RECORDED):
            found[key] = table[key].astype(object).to_numpy()
        else:
            options = [*KEYS, *(str(name) for name in table.columns if not str(name).startswith(RECORDED))]
            raise LogError(
                log.name,
                f"by={key!r}: there is no such key{nearest(key, options)}; there are: {', '.join(options)}",
            )
    return found


def _summed(
    keys: tuple[str, ...], columns: Mapping[str, Any], parts: Mapping[str, Any], unit: int
) -> pd.DataFrame:
    frames = []
    for cause, ticks in parts.items():
        rows = np.flatnonzero(ticks != 0)
        data = {
            key: (np.full(len(rows), cause, dtype=object) if key == "cause" else columns[key][rows])
            for key in keys
        }
        frames.append(pd.DataFrame({**data, "total": ticks[rows] / unit}))
    frame = pd.concat(frames, ignore_index=True)
    for key in keys:
        if frame[key].dtype == object:
            frame[key] = frame[key].where(frame[key].notna(), NOBODY)
    if frame.empty:
        frame = frame.assign(visits=0, per_visit=0.0, share=0.0)
        return _laid_out(frame, keys)
    result = (
        frame.groupby(list(keys), sort=False, observed=True)["total"]
        .agg(total="sum", visits="size")
        .reset_index()
    )
    result["share"] = result["total"] / frame["total"].sum()
    result["per_visit"] = result["total"] / result["visits"]
    return _laid_out(result, keys)


def _laid_out(result: pd.DataFrame, keys: tuple[str, ...]) -> pd.DataFrame:
    """The columns of ``results.waits``; one log gives no interval."""
    result = result.assign(ci_low=np.nan, ci_high=np.nan, share_low=np.nan, share_high=np.nan)
    order = [*keys, "total", "ci_low", "ci_high", "share", "share_low", "share_high", "visits", "per_visit"]
    return result[order].sort_values("total", ascending=False, kind="stable").reset_index(drop=True)

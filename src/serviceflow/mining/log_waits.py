"""Waits of a log by cause, without a simulation.

An instance waits from when it was enabled to when it starts. Its wait is, in this order and each later
cause without the earlier: **batch** until the last of its batch is enabled (a batch: the same activity and
resource, back to back, all enabled before the first starts); **contention** while its resource works on
what was enabled no later than it, or, outside its batch, than the last of the batch; **prioritization**
while it works on what was enabled later; **off shift** while its resource is not on duty; the rest is
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
from serviceflow.mining.causes import causes_of
from serviceflow.mining.enabling import enabling
from serviceflow.mining.hours import found_hours, given_hours
from serviceflow.units import UNITS

if TYPE_CHECKING:
    from serviceflow.mining.event_log import EventLog

Ints = npt.NDArray[np.int64]
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


# Sums


def _columns(
    log: EventLog, table: pd.DataFrame, by_row: Ints, enabled: Ints, keys: list[str]
) -> dict[str, Any]:
    """A value of every key for every row."""
    activity, resource = (table[name].astype(object).to_numpy() for name in ("activity", "resource"))
    before = _of_row(activity, by_row)
    moment = pd.DatetimeIndex(enabled.astype("datetime64[us]"))
    made: dict[str, Any] = {
        "provider": lambda: _providers(table, resource),
        "service": lambda: activity,
        "from": lambda: before,
        "from_provider": lambda: _of_row(resource, by_row),
        "handoff": lambda: np.array(
            [None if a is None else f"{a} -> {b}" for a, b in zip(before, activity, strict=True)],
            dtype=object,
        ),
        "case": lambda: table["case"].to_numpy(),
        "hour": lambda: np.asarray(moment.hour),
        "weekday": lambda: np.asarray(moment.day_of_week),
    }
    found = {}
    for key in keys:
        column = key if key in table.columns else f"case:{key}"
        if key in made:
            found[key] = made[key]()
        elif column in table.columns and not str(key).startswith(RECORDED):
            found[key] = table[column].astype(object).to_numpy()
        else:
            options = [*KEYS, *(str(name) for name in table.columns if not str(name).startswith(RECORDED))]
            raise LogError(
                log.name,
                f"by={key!r}: there is no such key{nearest(key, options)}; there are: {', '.join(options)}",
            )
    return found


def _providers(table: pd.DataFrame, resource: Any) -> Any:
    """The resource; in a log that a simulation wrote, whose staff it is."""
    written = "provider" in table and any(str(name).startswith(RECORDED) for name in table.columns)
    return table["provider"].astype(object).to_numpy() if written else resource


def _of_row(values: Any, rows: Ints) -> Any:
    """What the rows have, None where there is no row."""
    found = values[rows]
    found[rows < 0] = None
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

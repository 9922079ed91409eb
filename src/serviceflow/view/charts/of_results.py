"""From results to charts: which figures each chart is given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from serviceflow.analysis.lost_by_place import lost_by_place
from serviceflow.analysis.stretches import stretches
from serviceflow.analysis.waits import waits
from serviceflow.engine.program.codes import CONSUMER
from serviceflow.errors import UnknownNameError
from serviceflow.model.sla import ELAPSED
from serviceflow.results.derived import Floats, Reading
from serviceflow.results.promises import Promise, promises, times_taken
from serviceflow.results.timeline import timeline
from serviceflow.results.warm_up import warm_up_of
from serviceflow.results.week import requests_there, requests_waiting
from serviceflow.units import UNITS, parse_duration
from serviceflow.view.charts.attainment import plot_attainment
from serviceflow.view.charts.heatmap import plot_heatmap
from serviceflow.view.charts.lost_time import plot_lost_time
from serviceflow.view.charts.provider import Steps, plot_provider
from serviceflow.view.charts.requests import plot_requests
from serviceflow.view.charts.style import ChartError
from serviceflow.view.charts.times import Limit, plot_times
from serviceflow.view.charts.utilization import plot_utilization
from serviceflow.view.charts.waits import plot_waits
from serviceflow.view.charts.warm_up import plot_warm_up
from serviceflow.view.charts.week import plot_week

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from serviceflow.results.results import Results

WEEK, SECOND = UNITS["week"], UNITS["s"]


def waits_chart(results: Results, ax: Axes | None) -> Axes:
    """Waiting per request by provider and cause."""
    table = waits(results, ("provider", "cause"))
    asked = float(results.mean("chain", "arrived").sum()) or 1.0
    wide = table.pivot_table(index="provider", columns="cause", values="total", aggfunc="sum").fillna(0.0)
    wide = wide.loc[wide.sum(axis=1).sort_values(ascending=False).index, wide.sum() > 0]
    return plot_waits(wide / asked, unit=f"{results.time_unit} per request", ax=ax)


def utilization_chart(results: Results, provider: str, ax: Axes | None) -> Axes:
    """Busy staff against staff on duty over the week."""
    busy, staff = results._busy_and_on_duty(_index(results, "provider", provider))
    return plot_utilization(busy, staff, name=provider, ax=ax)


def lost_time_chart(results: Results, ax: Axes | None) -> Axes:
    """Lost time per request by place and cause."""
    lost, totals = lost_by_place(results)
    return plot_lost_time(lost, totals, unit=results.time_unit, ax=ax)


def queue_chart(results: Results, provider: str, ax: Axes | None) -> Axes:
    """Requests waiting for a provider over the week, and its staff on duty."""
    index = _index(results, "provider", provider)
    readings = _readings(results, "results.plot_queue", "it has no single visits")
    numbers = [requests_waiting(reading, index) for reading in readings]
    _, staff = results._busy_and_on_duty(index)
    return plot_week(np.array(numbers), what="requests waiting", staff=staff, name=provider, ax=ax)


def in_progress_chart(results: Results, consumer: str | None, ax: Axes | None) -> Axes:
    """Requests in the chain over the week."""
    index = None if consumer is None else _index(results, "consumer", consumer)
    readings = _readings(results, "results.plot_work_in_progress", "it has no single requests")
    numbers = [requests_there(reading, index) for reading in readings]
    name = results.chain.name if consumer is None else consumer
    return plot_week(np.array(numbers), what="requests in progress", name=name, ax=ax)


def warm_up_chart(results: Results, provider: str | None, ax: Axes | None) -> Axes:
    """A level from time 0 on, and where the warm-up ends."""
    place = 0 if provider is None else 1 + _index(results, "provider", provider)
    records = results._records_for("results.plot_warm_up", "it has no single requests")
    found = warm_up_of(records)
    unit, level = results.runs.program.time_unit, found.levels[place]
    cut = found.cuts[level.name]
    needed = None if level.name in found.too_short or found.terminating else found.edges[cut.index] / unit
    return plot_warm_up(
        found.edges / unit,
        level.mean,
        what=level.name,
        unit=results.time_unit,
        used=found.used / unit,
        needed=needed,
        ax=ax,
    )


def heatmap_chart(results: Results, provider: str | None, of: str, ax: Axes | None) -> Axes:
    """Time lost by hour of arrival, in a week."""
    keys = ("weekday", "hour") if provider is None else ("provider", "weekday", "hour")
    staff = None if provider is None else utilization_staff(results, provider)
    table = waits(results, keys, of)
    if provider is not None:
        table = table[table["provider"] == provider]
    lost = np.zeros((7, 24))
    np.add.at(
        lost, (table["weekday"].to_numpy(int), table["hour"].to_numpy(int)), table["total"].to_numpy(float)
    )
    start, end = results.runs.program.window
    what = "lost time" if of == "all" else f"{of} time" if of in ("handoff", "paused", "blocked") else of
    name = provider if provider is not None else results.chain.name
    weeks = (end - start) / WEEK
    return plot_heatmap(lost / weeks, unit=results.time_unit, what=what, staff=staff, name=name, ax=ax)


def utilization_staff(results: Results, provider: str) -> Floats:
    """How many of a provider's staff are on duty in each hour of the week."""
    return results._busy_and_on_duty(_index(results, "provider", provider))[1]


# Times and promises


def flow_times_chart(results: Results, consumer: str | None, ax: Axes | None) -> Axes:
    """Flow times of completed requests, with the promise that is made of them."""
    names = [plan.name for plan in results.runs.program.consumers]
    index = names.index(names[0]) if consumer is None and len(names) == 1 else None
    if consumer is not None:
        index = _index(results, "consumer", consumer)
    readings = _readings(results, "results.plot_flow_times", "it has no single requests")
    times = np.concatenate([_flow_times(reading, index) for reading in readings])
    name = results.chain.name if index is None else names[index]
    limit = None if index is None else _limit_of_flow(results, index)
    unit = results.runs.program.time_unit
    return plot_times(times / unit, unit=results.time_unit, limit=limit, name=name, ax=ax)


def _flow_times(reading: Reading, consumer: int | None) -> Floats:
    sources = reading.sources(CONSUMER)
    mine = reading.completed & (sources >= 0 if consumer is None else sources == consumer)
    return (reading.ends - reading.requests["asked"])[mine].astype(np.float64)


def _limit_of_flow(results: Results, consumer: int) -> Limit | None:
    """The promise of a consumer's flow time: of elapsed time to the end of the request, the same for all."""
    for promise in promises(results.runs.program):
        if (promise.scope, promise.index, promise.kind) == ("consumer", consumer, "resolution"):
            plain = promise.sla.clock == ELAPSED and not promise.sla.excluding and promise.sla.until is None
            return _limit(results, promise) if plain else None
    return None


def _limit(results: Results, promise: Promise) -> Limit | None:
    assert promise.target is not None
    within = promise.target.within
    if not within.is_constant or within.has_distribution:
        return None
    unit = results.runs.program.time_unit
    kept = float(results.slas["attainment"][promise.name])
    return Limit(within.constant(unit) / unit, promise.share, kept)


def promise_chart(results: Results, name: str, ax: Axes | None) -> Axes:
    """The times that a promise is about, on its own clock."""
    made = {promise.name: promise for promise in promises(results.runs.program)}
    if name not in made:
        raise UnknownNameError("promise", name, made)
    promise = made[name]
    if promise.target is None:
        raise ChartError(f"{name}: no time is promised; plot_attainment() shows the share that was right")
    readings = _readings(results, "results.plot_promise", "it has no single requests")
    pairs = [times_taken(reading, promise) for reading in readings]
    taken, due = (np.concatenate(parts).astype(np.float64) for parts in zip(*pairs, strict=True))
    unit, limit = results.runs.program.time_unit, _limit(results, promise)
    what = "time on the clock of the promise" if promise.sla.clock != ELAPSED else f"{promise.kind} time"
    if limit is None:
        taken, what = np.maximum(taken - due, 0), f"{what} beyond what was promised"
    return plot_times(taken / unit, unit=results.time_unit, what=what, limit=limit, name=promise.of, ax=ax)


def attainment_chart(results: Results, ax: Axes | None) -> Axes:
    """Every promise with its interval."""
    rows = results.kpis.query("scope == 'sla' and measure == 'attainment'").set_index("name")
    table = results.slas[["share"]].join(rows[["mean", "ci_low", "ci_high"]]).reset_index()
    table = table.rename(columns={"share": "promised", "mean": "attainment"})
    return plot_attainment(table, ax=ax)


# Single requests, single instants


def requests_chart(
    results: Results, requests: int | Sequence[int], replication: int, ax: Axes | None
) -> Axes:
    """Requests as bars over time."""
    table, title = stretches(results, requests, replication)
    return plot_requests(table, start=_midnight(results), title=title, ax=ax)


def provider_chart(
    results: Results, provider: str, replication: int, start: str, duration: str, ax: Axes | None
) -> Axes:
    """On duty, working and waiting, instant by instant."""
    index = _index(results, "provider", provider)
    readings = _readings(results, "results.plot_provider", "it has no single visits")
    if not 0 <= replication < len(readings):
        raise ChartError(f"replication {replication}: there are {len(readings)}, counted from 0")
    window = results.runs.program.window
    begin = window[0] + parse_duration(start)
    end = min(begin + parse_duration(duration), window[1])
    if begin >= window[1] or begin >= end:
        raise ChartError(f"start {start!r}, duration {duration!r}: nothing of the window lies there")
    found = timeline(readings[replication], index, begin, end)
    steps: list[Steps] = [
        ((times - begin) / SECOND, values) for times, values in (found.on_duty, found.working, found.waiting)
    ]
    clock = _midnight(results) + dt.timedelta(microseconds=begin)
    return plot_provider(*steps, start=clock, end=(end - begin) / SECOND, name=provider, ax=ax)


def _midnight(results: Results) -> dt.datetime:
    return dt.datetime.combine(results.chain.start, dt.time())


def _readings(results: Results, what: str, why: str) -> list[Reading]:
    return [Reading(record) for record in results._records_for(what, why)]


def _index(results: Results, scope: str, name: str) -> int:
    """The index of an element.

    Raises
    ------
    UnknownNameError
        If there is none of this name.
    """
    names = [plan.name for plan in getattr(results.runs.program, f"{scope}s")]
    if name not in names:
        raise UnknownNameError(scope, name, names)
    return names.index(name)

"""Figures over the window, worked out again by plain sums, one visit and one stretch of time after another.

A figure that may be meant in two ways has both values.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from math import isclose, isnan
from typing import TYPE_CHECKING

from serviceflow.analysis.audit.history import History, rows_of
from serviceflow.analysis.audit.places import blocks
from serviceflow.analysis.audit.promises import count_promises
from serviceflow.analysis.audit.report import Breach
from serviceflow.analysis.audit.timeline import overlap
from serviceflow.analysis.audit.visits import Visit
from serviceflow.analysis.audit.works import BUSY, HELD, Work, works_of
from serviceflow.results.figures import all_series, record_figures, scope_names

if TYPE_CHECKING:
    from serviceflow.engine.record.record import Record
    from serviceflow.results.results import Results

Key = tuple[str, str, str]
"""Scope, name and measure."""
Values = dict[Key, tuple[float, ...]]
"""Each figure with the values that it may have."""
LOST = (("gave_up", ("gave up", "timed out")), ("refused", ("refused",)))
"""How requests and visits ended that count as lost, by measure."""
CLOSE = 1e-7
SECTIONS = {"service": "services", "provider": "providers", "consumer": "consumers", "stock": "stocks"}


def check_figures(history: History, told: Mapping[Key, float]) -> Iterator[Breach]:
    """Every figure that is worked out here against what is told."""
    for key, values in sorted(figures_of(history).items()):
        value = told.get(key)
        if value is None or (isnan(value) and not values):
            continue
        if not any(isclose(value, mine, rel_tol=CLOSE, abs_tol=CLOSE) for mine in values):
            scope, name, measure = key
            right = " or ".join(f"{one:.6g}" for one in values)
            message = f"{measure} is given as {value:.6g}; a plain sum comes to {right}"
            yield Breach(None, "figure", f"{SECTIONS.get(scope, scope)}.{name}", (), message)


def told_by_results(results: Results, replication: int) -> dict[Key, float]:
    """What the table of results says of a replication."""
    table = results.by_replication
    table = table[table["replication"] == replication]
    columns = (table[name].tolist() for name in ("scope", "name", "measure", "value"))
    return {(scope, name, measure): value for scope, name, measure, value in zip(*columns, strict=True)}


def told_by_record(record: Record) -> dict[Key, float]:
    """What a record's figures are said to be, quantiles apart."""
    names = scope_names(record.program)
    series = all_series([record_figures(record)], record.program.time_unit)
    return {
        (scope, name, measure): float(value)
        for (scope, measure), one in series.items()
        for name, value in zip(names[scope], one.values[0], strict=True)
    }


def figures_of(history: History) -> Values:
    """Figures by scope, name and measure; times in the chain's unit."""
    found: Values = {}
    found.update(_of_requests(history))
    found.update(_of_visits(history))
    found.update(_of_staff(history))
    found.update(_of_stocks(history))
    for promise in count_promises(history):
        found["sla", promise.name, "breaches"] = (float(promise.breached),)
        known = promise.met + promise.breached
        if known:
            found["sla", promise.name, "attainment"] = (promise.met / known,)
    return found


def _unit(history: History) -> int:
    unit: int = history.record.program.time_unit
    return unit


def _length(history: History) -> int:
    return history.window[1] - history.window[0]


# Requests


def _of_requests(history: History) -> Values:
    found: Values = {}
    start, end = history.window
    for name in history.consumers:
        mine = [one for one in history.requests if one.kind == "consumer" and one.source == name]
        counted = [one for one in mine if start <= one.asked < end]
        found["consumer", name, "arrived"] = (float(len(counted)),)
        for measure, outcomes in (("completed", ("completed",)), *LOST):
            many = sum(one.outcome in outcomes for one in counted)
            found["consumer", name, measure] = (float(many),)
        done = [one for one in counted if one.outcome == "completed"]
        if done:
            total = sum(one.ended - one.asked for one in done)
            found["consumer", name, "flow_time"] = (total / len(done) / _unit(history),)
            work = sum(visit.part("work") for one in done for visit in history.by_request[one.row])
            found["consumer", name, "total_work"] = (work / len(done) / _unit(history),)
        there = sum(overlap(one.asked, history.until(one.ended), history.window) for one in mine)
        found["consumer", name, "work_in_progress"] = (there / _length(history),)
        through = sum(one.outcome == "completed" and start <= one.ended < end for one in mine)
        found["consumer", name, "throughput"] = (through / _length(history) * _unit(history),)
    return found


# Visits


def _of_visits(history: History) -> Values:
    found: Values = {}
    start, end = history.window
    for name in history.services:
        visits = history.by_service[name]
        counted = [one for one in visits if start <= one.request.asked < end and one.outcome != "joined"]
        waited = [one for one in counted if one.started >= 0 or one.left_early]
        if waited:
            total = sum(_wait_end(history, one) - one.arrived for one in waited)
            found["service", name, "waiting_time"] = (total / len(waited) / _unit(history),)
        served = [one for one in counted if one.finished >= 0]
        if served:
            total = sum(one.finished - one.started for one in served)
            found["service", name, "service_time"] = (total / len(served) / _unit(history),)
        for measure, outcomes in LOST:
            found["service", name, measure] = (float(sum(one.outcome in outcomes for one in counted)),)
        found["service", name, "queue_length"] = _queue_lengths(history, visits)
        through = sum(start <= one.finished < end for one in visits)
        found["service", name, "throughput"] = (through / _length(history) * _unit(history),)
    return found


def _wait_end(history: History, visit: Visit) -> int:
    return visit.started if visit.started >= 0 else history.until(visit.left)


def _queue_lengths(history: History, visits: list[Visit]) -> tuple[float, ...]:
    """How many wait, on average over the window; waiting for the other branches counts always, or never."""
    everybody = without = 0
    for visit in visits:
        end = _wait_end(history, visit)
        everybody += overlap(visit.arrived, end, history.window)
        without += overlap(min(visit.joined_until, end), end, history.window)
    return everybody / _length(history), without / _length(history)


# Staff


def _of_staff(history: History) -> Values:
    found: Values = {}
    works = works_of(history)
    for name in history.providers:
        mine = [work for work in works if name in work.needs]
        busy = sum(_ticks(history, work, BUSY) * work.needs[name] for work in mine)
        held = sum(_ticks(history, work, HELD) * work.needs[name] for work in mine)
        scheduled = history.duty[name].area(*history.window)
        overtime = _overtime(history, name, mine)
        unit = _unit(history)
        found["provider", name, "busy_time"] = (busy / unit,)
        found["provider", name, "held_time"] = (held / unit,)
        found["provider", name, "scheduled_time"] = (scheduled / unit,)
        found["provider", name, "overtime"] = (overtime / unit,)
        rate = history.chain.providers[name].work_cost
        trained = any(one.provider == name for one in history.record.program.trainings)
        if rate is not None and not trained and not any(_costs_on_duty(history, name)):
            found["provider", name, "cost"] = (busy * rate.per_tick(unit),)
        if scheduled:
            found["provider", name, "utilization"] = ((busy - overtime) / scheduled,)
    return found


def _costs_on_duty(history: History, name: str) -> Iterator[bool]:
    """Whether a provider's time on duty costs anything, and that of each of its members."""
    provider = history.chain.providers[name]
    yield provider.cost is not None
    yield from (member.cost is not None for member in (provider.members or {}).values())


def _ticks(history: History, work: Work, state: str) -> int:
    return sum(overlap(start, end, history.window) for start, end, kind in work.stretches if kind == state)


def _overtime(history: History, name: str, works: list[Work]) -> float:
    """Work beyond the staff on duty; of members whose work is known, outside their own calendars."""
    provider = history.chain.providers[name]
    services = [one for one in history.chain.services.values() if name in one.provider_names]
    joint = any(one.providers is not None and dict(one.providers) != {name: 1} for one in services)
    if provider.members and not joint:
        return float(sum(_outside(history, name, work) for work in works))
    changes: dict[int, int] = defaultdict(int)
    for work in works:
        for start, end, state in work.stretches:
            if state == BUSY:
                changes[start] += work.needs[name]
                changes[end] -= work.needs[name]
    busy, total, times = 0, 0.0, sorted(changes)
    for time, until in itertools.pairwise(times):
        busy += changes[time]
        for since, end, duty in history.duty[name].pieces(time, until):
            total += overlap(since, end, history.window) * max(busy - duty, 0)
    return total


def _outside(history: History, name: str, work: Work) -> int:
    provider, member = history.chain.providers[name], work.member
    if member is None:
        return 0
    duty = history.member_duty(provider, member)
    total = 0
    for start, end, state in work.stretches:
        start, end = max(start, history.window[0]), min(end, history.window[1])
        if state == BUSY and end > start:
            total += end - start - duty.open_ticks(start, end)
    return total


# Stocks


def _of_stocks(history: History) -> Values:
    found: Values = {}
    rows = rows_of(history.record.stocks)
    start, end = history.window
    for name in history.stocks:
        mine = [row for row in rows if history.stocks[row["stock"]] == name]
        levels = [(0, history.chain.stocks[name].initial)]
        levels += [(row["time"], row["level"]) for row in mine]
        area = 0.0
        for place, (time, level) in enumerate(levels):
            until = levels[place + 1][0] if place + 1 < len(levels) else end
            area += level * overlap(time, until, history.window)
        found["stock", name, "mean_level"] = (area / (end - start),)
        found.update(_short(history, name, mine))
    return found


def _short(history: History, name: str, rows: list[dict[str, float]]) -> Values:
    """How long a stock was out, and who got what it wanted at once."""
    users = [one for one in history.services if name in history.chain.services[one].consumes]
    if any(len(history.chain.services[one].consumes) > 1 for one in users):
        return _short_of_one(history, name, rows, users)
    start, end = history.window
    out = 0
    for place, row in enumerate(rows):
        until = int(rows[place + 1]["time"]) if place + 1 < len(rows) else end
        if row["level"] <= 0 or row["waiting"] > 0:
            out += overlap(int(row["time"]), until, history.window)
    asked = [one for service in users for one in _askers(history, service)]
    found: Values = {("stock", name, "stockout_share"): (out / (end - start),)}
    if asked:
        filled = sum(one.part("wait_stock") == 0 for one in asked)
        found["stock", name, "fill_rate"] = (filled / len(asked),)
    return found


def _short_of_one(history: History, name: str, rows: list[dict[str, float]], users: list[str]) -> Values:
    """Where several stocks are taken at once, one that never falls short lets nobody wait."""
    initial = history.chain.stocks[name].initial
    demand = max((row["waiting"] for row in rows), default=0.0)
    least = min((row["level"] for row in rows), default=initial)
    if least <= demand:
        return {}
    return {("stock", name, "stockout_share"): (0.0,), ("stock", name, "fill_rate"): (1.0,)}


def _askers(history: History, service: str) -> Iterator[Visit]:
    """Visits of counted requests that wanted something, and of which it is known how that went."""
    start, end = history.window
    for visit in history.by_service[service]:
        came = visit.queued >= 0 or visit.part("wait_stock") + visit.part("wait_batch") > 0
        came = came or (visit.outcome == "refused" and not blocks(history, visit))
        if start <= visit.request.asked < end and came and visit.outcome != "joined":
            yield visit

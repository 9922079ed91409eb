"""Findings about time: dispatches outside hours, staff who never meet, work that fits into no shift."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

from serviceflow.model.elements import Arrivals, Service
from serviceflow.model.links import Transfer
from serviceflow.model.schedules import NEVER, Schedule
from serviceflow.theory.arrivals import instants, listed_times, profile
from serviceflow.theory.bounds import least
from serviceflow.theory.capacity import WEEK, calendar, duty
from serviceflow.theory.checks.finding import NOTE, WARNING, Finding, Look
from serviceflow.units import format_duration, rounded_duration

TRIES = 1_000
"""Openings of a calendar, or shifts, that are looked at."""


def hour_findings(look: Look) -> Iterator[Finding]:
    """Dispatches, hours of staff, shifts, arrivals."""
    yield from _dispatches(look)
    yield from _meetings(look)
    yield from _shifts(look)
    yield from _arrivals(look)


def ways(look: Look) -> Iterator[tuple[str, Transfer]]:
    """Every way from a sender to a receiver, answers included, each with its place."""
    for link, handoff in look.chain.handoffs.items():
        yield f"handoffs.{link}", handoff
    for link, call in look.chain.calls.items():
        yield f"calls.{link}", call
        if call.answer is not None:
            yield f"calls.{link}.answer", call.answer


# Dispatches


def _dispatches(look: Look) -> Iterator[Finding]:
    for path, way in ways(look):
        if way.calendar is not None and not _ever_leaves(look, way, calendar(look.chain, way.calendar)):
            message = f"no dispatch falls into the open time of {way.calendar!r}, so nothing ever leaves"
            yield Finding(WARNING, path, f"{message}; move the dispatches, or open the calendar")


def _ever_leaves(look: Look, way: Transfer, opened: Schedule) -> bool:
    if way.every is None and way.at is None:
        return True
    every = 0 if way.every is None else int(way.every.constant(look.chain.time_unit))
    named = None if way.at is None else way.at.schedule(look.chain.start)
    time = 0
    for _ in range(TRIES):
        time = opened.next_open(time)
        if time >= NEVER:
            return False
        leaving = -(-time // every) * every if every else named.next_instant(time) if named else time
        if leaving >= NEVER:
            return False
        if opened.at(leaving) > 0:
            return True
        time = leaving + 1
    return False


# Staff


def _meetings(look: Look) -> Iterator[Finding]:
    """Providers that are needed together and are never there together."""
    for name, service in look.chain.services.items():
        if (
            service.providers is not None
            and len(service.providers) > 1
            and not _ever(_staffed(look, service))
        ):
            message = "they are never on duty together, so no visit ever starts; let their hours overlap"
            yield Finding(WARNING, f"services.{name}.providers", message)


def _staffed(look: Look, service: Service) -> Schedule | None:
    """When somebody is on duty to do a service; None if it needs nobody."""
    found = [duty(look.chain, name) for name in service.provider_names]
    if not found:
        return None
    if service.any_of is not None:
        return reduce(lambda one, other: one.combine(other, max), found)
    return reduce(Schedule.within, found)


def _ever(schedule: Schedule | None) -> bool:
    return schedule is None or any(value > 0 for value in schedule.values())


def _shifts(look: Look) -> Iterator[Finding]:
    """Work that is only started if it fits into the shift, and never does."""
    for name, service in look.chain.services.items():
        for provider in service.provider_names:
            if look.chain.providers[provider].off_shift != "fit":
                continue
            longest = _longest_shift(duty(look.chain, provider))
            needed = least(service.duration, look.chain.time_unit, {}, look.flows.kinds) * look.pace(name)
            if longest is not None and needed > longest:
                message = (
                    f"it takes {rounded_duration(needed)} or more, the longest shift of {provider!r}"
                    f" {format_duration(longest)}, so it never starts; set off_shift: pause, or finish"
                )
                yield Finding(WARNING, f"services.{name}.duration", message)


def _longest_shift(schedule: Schedule) -> int | None:
    """The longest stretch with somebody on duty; None if somebody always is."""
    longest, time = 0, schedule.next_open(0)
    for _ in range(TRIES):
        if time >= NEVER:
            break
        end = time
        while end < NEVER and schedule.at(end) > 0:
            end = schedule.next_change(end)
        if end >= NEVER:
            return None
        longest = max(longest, end - time)
        time = schedule.next_open(end)
        if time > 2 * WEEK and not schedule.dated:
            break
    return longest


# Arrivals


def _arrivals(look: Look) -> Iterator[Finding]:
    for name, consumer in look.chain.consumers.items():
        if consumer.arrivals is not None:
            yield from _out_of_hours(look, name, consumer.arrivals, consumer.enters)
            yield from _too_early(look, name, consumer.arrivals)


def _out_of_hours(look: Look, name: str, arrivals: Arrivals, enters: str | None) -> Iterator[Finding]:
    comes = profile(look.chain, arrivals) or instants(look.chain, arrivals)
    staffed = _staffed(look, look.chain.services[enters]) if enters is not None else None
    if comes is not None and staffed is not None and not _ever(comes.within(staffed)):
        who = " and ".join(look.chain.services[enters].provider_names) if enters is not None else ""
        message = f"every request comes while nobody of {who} is on duty, and waits for the next shift"
        yield Finding(NOTE, f"consumers.{name}.arrivals", message)


def _too_early(look: Look, name: str, arrivals: Arrivals) -> Iterator[Finding]:
    """Listed arrivals that come to an end before the window does."""
    run = look.chain.run
    times = listed_times(look.chain, arrivals)
    if not times or run.duration is None:
        return
    opens = run.warm_up.constant(look.chain.time_unit)
    closes = opens + run.duration.constant(look.chain.time_unit)
    path = f"consumers.{name}.arrivals"
    last = rounded_duration(max(times))
    if max(times) < opens:
        message = f"the last request comes after {last}, before the window opens; shorten the warm-up"
        yield Finding(WARNING, path, message)
    elif run.horizon == "steady" and max(times) < opens + 0.9 * (closes - opens):
        closing = rounded_duration(closes)
        message = f"the last request comes after {last}, long before the window closes after {closing}"
        yield Finding(NOTE, path, f"{message}; set horizon: terminating, or a shorter duration")

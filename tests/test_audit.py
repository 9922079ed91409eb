"""The auditor finds every kind of wrong in records that were made wrong, and nothing in right ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import serviceflow as sf
from explore import blocks
from meeting_chains import calm_chain, meeting_chain
from serviceflow.analysis.audit import KINDS, AuditReport, Breach, audit_record
from serviceflow.analysis.audit.figures import check_figures, told_by_record, told_by_results
from serviceflow.analysis.audit.history import History
from serviceflow.engine.program.codes import OUTCOMES, PAUSES
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.record.record import Record, Table
from serviceflow.engine.reference import engine as reference
from serviceflow.results.errors import NotKeptError
from tracing import MINUTE, chain_of

HERE = Path(__file__).parent
SHIPPED = sorted((HERE.parent / "models").glob("*.yaml"))
SMALL = sorted((HERE / "models").glob("*.yaml"))

# Records, and changes to them, in minutes


@cache
def record_of(text: str) -> Record:
    return reference.run(lower(chain_of(text)), 1)


def changed(record: Record, table: str, row: int, **values: Any) -> Record:
    """The record with some values of one row set: instants and parts in minutes, words for codes."""
    found: Table = getattr(record, table)
    columns = dict(found.columns)
    for name, value in values.items():
        column = found.get(name).copy()
        column[row] = code(name, value)
        columns[name] = column
    return replace(record, **{table: Table(columns, found.rows)})


def code(name: str, value: Any) -> Any:
    if name == "outcome":
        return OUTCOMES.index(value)
    if name == "cause":
        return PAUSES.index(value)
    if name in WHOLE:
        return value
    return -1 if value is None else round(value * MINUTE)


WHOLE = (
    "service",
    "handoff",
    "member",
    "provider",
    "together",
    "clarifications",
    "level",
    "on_order",
    "waiting",
    "arrived_by_return",
    "branch",
    "visit",
    "quantity",
)


def without(record: Record, table: str, row: int) -> Record:
    """The record with one row less."""
    found: Table = getattr(record, table)
    columns = {name: np.delete(column, row) for name, column in found.columns.items()}
    return replace(record, **{table: Table(columns, found.rows - 1)})


def later(record: Record, row: int, minutes: float, part: str = "wait_contention") -> Record:
    """A visit starts later (or earlier), all after it shifts with it, and its wait is longer."""
    visits = record.visits
    moved = {
        name: visits[name][row] / MINUTE + minutes
        for name in ("started", "finished", "left")
        if visits[name][row] >= 0
    }
    record = changed(record, "visits", row, **moved, **{part: visits.get(part)[row] / MINUTE + minutes})
    return ended(record, int(visits["request"][row]), moved.get("left"))


def leaves(record: Record, row: int, minutes: float, part: str) -> Record:
    """A visit leaves later (or earlier), with the part that makes it so."""
    visits = record.visits
    left = visits["left"][row] / MINUTE + minutes
    values = {"left": left, part: visits.get(part)[row] / MINUTE + minutes}
    if part == "work":
        values["finished"] = left
    return ended(changed(record, "visits", row, **values), int(visits["request"][row]), left)


def ended(record: Record, request: int, instant: float | None) -> Record:
    """A request that ends at another instant, if it has ended."""
    if instant is None or record.requests["ended"][request] < 0:
        return record
    return changed(record, "requests", request, ended=instant)


def kinds(found: Iterable[Breach]) -> set[str]:
    return {breach.kind for breach in found}


# Chains to be made wrong

DESK = """
    providers:
      Desk: {staff: 1}
    services:
      Serve: {provider: Desk, duration: 10 min, patience: 60 min}
    consumers:
      All: {arrivals: {at: [0 min, 1 min, 2 min]}, enters: Serve}
"""
LIMITED = """
    providers: {Desk: {staff: 1}}
    services: {Serve: {provider: Desk, duration: 10 min, timeout: 15 min}}
    consumers: {Customers: {arrivals: {at: [0 min, 1 min]}, enters: Serve}}
"""
IMPATIENT = """
    providers:
      Desk: {staff: 1}
    services:
      Serve: {provider: Desk, duration: 10 min, patience: 5 min}
    consumers:
      All: {arrivals: {at: [0 min, 1 min]}, enters: Serve}
"""
ROUND = """
    services:
      Write: {duration: 1 min}
      Read: {duration: 1 min}
    consumers:
      All: {arrivals: {at: [4 min]}, enters: Write}
    handoffs:
      Write -> Read: {every: 30 min, delay: 5 min}
"""
TRAY = """
    services:
      Write: {duration: 1 min}
      Read: {duration: 1 min}
    consumers:
      All: {arrivals: {at: [0 min, 3 min, 9 min]}, enters: Write}
    handoffs:
      Write -> Read: {batch: {size: 2, max_wait: 20 min}}
"""
MAIL = """
    calendars:
      mail: {mon-sun: "00:00-00:30, 01:00-02:00"}
    services:
      Write: {duration: 1 min}
      Read: {duration: 1 min}
    consumers:
      All: {arrivals: {at: [20 min]}, enters: Write}
    handoffs:
      Write -> Read: {delay: 15 min, calendar: mail, clarification: {probability: 0%, delay: 3 min}}
"""
URGENT = """
    providers:
      Desk: {staff: 1, discipline: priority, preemptive: true}
    services:
      Serve: {provider: Desk, duration: size * 1 min}
    consumers:
      Routine: {arrivals: {at: [0 min]}, enters: Serve, priority: 2, attributes: {size: 10}}
      Urgent: {arrivals: {at: [4 min]}, enters: Serve, priority: 1, attributes: {size: 3}}
"""
SHIFT = """
    providers:
      Desk: {staff: {mon-sun: {"00:00-00:20": 1, "01:00-24:00": 1}}, off_shift: RULE}
    services:
      Serve: {provider: Desk, duration: 15 min}
    consumers:
      All: {arrivals: {at: [0 min, 1 min]}, enters: Serve}
"""
OUTAGE = """
    run: {duration: 100 min, horizon: terminating, seed: 1}
    providers:
      Desk: {staff: 1, outages: {after: 5 min, repair: 50 min}}
    services:
      Serve: {provider: Desk, duration: 20 min}
    consumers:
      All: {arrivals: {at: [0 min]}, enters: Serve}
"""
MEMBERS = """
    calendars:
      early: {mon-sun: "00:00-04:00"}
    providers:
      Desk: {members: {Ann: {skills: [a], speed: 2, calendar: early}, Bob: {skills: [b]}, Cid: {skills: [a]}}}
    services:
      Serve: {provider: Desk, duration: 10 min, skill: a}
      Other: {provider: Desk, duration: 10 min, skill: b}
    consumers:
      All: {arrivals: {at: [0 min, 0 min, 0 min, 300 min]}, enters: Serve}
      More: {arrivals: {at: [0 min, 1 min]}, enters: Other}
"""
TEAM = """
    providers:
      Nurse: {staff: 1, discipline: priority}
      Room: {staff: 1}
    services:
      Air: {provider: Room, duration: 60 min}
      Operate: {providers: {Nurse: 1, Room: 1}, duration: 10 min, reserve: true, priority: 1}
      Talk: {provider: Nurse, duration: 4 min, priority: 2}
    consumers:
      A: {arrivals: {at: [0 min]}, enters: Air}
      B: {arrivals: {at: [1 min]}, enters: Operate}
      C: {arrivals: {at: [2 min]}, enters: Talk}
"""
EITHER = """
    providers:
      Senior: {staff: 1}
      Junior: {staff: 1}
    services:
      Serve: {any_of: [Senior, Junior], duration: 10 min}
    consumers:
      All: {arrivals: {at: [0 min, 1 min]}, enters: Serve}
"""
SHORT = """
    providers:
      Desk: {staff: 1, queue_limit: 1}
    services:
      Serve: {provider: Desk, duration: 10 min}
    consumers:
      All: {arrivals: {at: [0 min, 1 min, 2 min, 30 min]}, enters: Serve}
"""
BLOCK = """
    providers:
      Up: {staff: 2}
      Desk: {staff: 1, queue_limit: 1, when_full: block}
    services:
      Make: {provider: Up, duration: size * 1 min}
      Serve: {provider: Desk, duration: 20 min}
    consumers:
      A: {arrivals: {at: [0 min]}, enters: Make, attributes: {size: 1}}
      B: {arrivals: {at: [0 min]}, enters: Make, attributes: {size: 2}}
      C: {arrivals: {at: [2 min]}, enters: Make, attributes: {size: 3}}
      D: {arrivals: {at: [2 min]}, enters: Make, attributes: {size: 4}}
    handoffs:
      Make -> Serve: {}
"""
STORE = """
    stocks:
      Parts: {initial: 2, reorder: {below: 1, quantity: 2, enters: Bring}}
    services:
      Use: {duration: 1 min, consumes: {Parts: 1}}
      Bring: {duration: 30 min, produces: {Parts: quantity}}
    consumers:
      All: {arrivals: {at: [5 min, 10 min, 15 min, 17 min, 50 min]}, enters: Use}
"""
BATCH = """
    providers:
      Oven: {staff: 1}
    services:
      Bake: {provider: Oven, duration: 10 min, batch: {size: 2, max_wait: 5 min}}
    consumers:
      All: {arrivals: {at: [0 min, 1 min, 30 min]}, enters: Bake}
"""
FORK = """
    services:
      Fork: {split: all}
      Left: {duration: 5 min}
      Right: {duration: 9 min}
      Join: {duration: 1 min, join: all}
    consumers:
      All: {arrivals: {at: [0 min]}, enters: Fork}
    handoffs: {Fork -> Left: {}, Fork -> Right: {}, Left -> Join: {}, Right -> Join: {}}
"""
CALL = """
    providers:
      Desk: {staff: 1}
    services:
      Serve: {provider: Desk, duration: 5 min}
      Help: {duration: 7 min}
    consumers:
      All: {arrivals: {at: [0 min, 1 min]}, enters: Serve}
    calls:
      Serve -> Help: {ask: WHEN}
"""
TODAY = """
    run:
      duration: 1 h
      start_from:
        - {state: in work, at: Serve, remaining: 4 min, age: 9 min}
        - {state: waiting, at: Serve}
    providers:
      Desk: {staff: 1}
    services:
      Serve: {provider: Desk, duration: 5 min}
    consumers:
      All: {arrivals: {at: [30 min]}, enters: Serve}
"""
PROMISE = """
    calendars:
      office: {mon-sun: "00:00-00:20, 01:00-24:00"}
    providers:
      Desk: {staff: 1, calendar: office}
    services:
      Serve: {provider: Desk, duration: 15 min}
    consumers:
      All: {arrivals: {at: [0 min, 1 min]}, enters: Serve,
            sla: {resolution: 90% within 30 min, clock: office}}
"""

Change = Callable[[Record], Record]


def rows_of(record: Record, service: str) -> list[int]:
    """The rows of the visits to a service."""
    index = [plan.name for plan in record.program.services].index(service)
    return np.flatnonzero(record.visits["service"] == index).tolist()


def swapped(record: Record, one: int, two: int) -> Record:
    """Two visits of the same length, each when the other was."""
    visits = record.visits
    gap = int(visits["started"][two] - visits["started"][one]) / MINUTE
    return later(later(record, one, gap), two, -gap)


def both(*changes: Change) -> Change:
    def change(record: Record) -> Record:
        for one in changes:
            record = one(record)
        return record

    return change


def never_paused(record: Record, row: int, paused: str, minutes: float) -> Record:
    """Work goes on where it stood still."""
    visits = record.visits
    record = replace(record, pauses=Table({}, 0))
    end = visits["finished"][row] / MINUTE - minutes
    record = changed(record, "visits", row, finished=end, left=end, **{paused: 0})
    return ended(record, int(visits["request"][row]), end)


WRONG: dict[str, tuple[str, str, Change]] = {
    # what was done: the chain, the kind of breach, the change
    "starts late": (DESK, "work conservation", lambda r: later(r, 2, 5)),
    "starts early": (DESK, "capacity", lambda r: later(r, 1, -5)),
    "two swap": (DESK, "discipline", lambda r: swapped(r, 1, 2)),
    "works less": (DESK, "duration", lambda r: leaves(r, 2, -2, "work")),
    "a part too long": (DESK, "parts", lambda r: changed(r, "visits", 1, wait_contention=10)),
    "a negative part": (DESK, "parts", lambda r: changed(r, "visits", 0, setup=-1, work=11)),
    "another cause": (
        DESK,
        "cause",
        lambda r: changed(r, "visits", 1, wait_contention=0, wait_prioritization=9),
    ),
    "arrives after its start": (DESK, "order of instants", lambda r: changed(r, "visits", 1, arrived=12)),
    "leaves after the run": (DESK, "order of instants", lambda r: replace(r, stopped=25 * MINUTE)),
    "gave up at work": (DESK, "outcome", lambda r: changed(r, "visits", 1, outcome="gave up")),
    "refused where nothing is limited": (
        DESK,
        "outcome",
        lambda r: changed(r, "visits", 1, outcome="refused", started=None, finished=None, left=1),
    ),
    "a request refused": (DESK, "outcome", lambda r: changed(r, "requests", 1, outcome="refused")),
    "a request that never ends": (
        DESK,
        "outcome",
        lambda r: changed(r, "requests", 1, outcome="unfinished", ended=None),
    ),
    "a request ends later": (DESK, "path", lambda r: changed(r, "requests", 1, ended=40)),
    "asked before the request": (DESK, "path", lambda r: changed(r, "requests", 1, asked=0.5)),
    "waits beyond its patience": (IMPATIENT, "patience", lambda r: leaves(r, 1, 3, "wait_contention")),
    "gives up too soon": (IMPATIENT, "patience", lambda r: leaves(r, 1, -2, "wait_contention")),
    "stays beyond its timeout": (LIMITED, "timeout", lambda r: leaves(r, 1, 1, "work")),
    "times out too soon": (LIMITED, "timeout", lambda r: leaves(r, 1, -1, "work")),
    "times out after its work": (LIMITED, "outcome", lambda r: changed(r, "visits", 0, outcome="timed out")),
    "is served after its patience": (
        IMPATIENT,
        "patience",
        lambda r: changed(
            changed(r, "visits", 1, outcome="completed", started=10, finished=20, left=20),
            "requests",
            1,
            outcome="completed",
            ended=20,
        ),
    ),
    "catches no dispatch": (
        ROUND,
        "dispatch",
        lambda r: changed(r, "visits", 1, handoff_dispatch=24, handoff_delay=6),
    ),
    "a longer way": (
        ROUND,
        "delay",
        lambda r: changed(r, "visits", 1, arrived=36, handoff_delay=6, started=36, finished=37, left=37),
    ),
    "a handoff that leads elsewhere": (ROUND, "path", lambda r: changed(r, "visits", 1, service=1)),
    "comes without a handoff": (ROUND, "path", lambda r: changed(r, "visits", 1, handoff=-1)),
    "leaves the tray alone": (
        TRAY,
        "tray",
        lambda r: changed(r, "visits", 1, handoff_dispatch=1, arrived=2, started=2, finished=3, left=3),
    ),
    "stays in a full tray": (
        TRAY,
        "tray",
        both(
            lambda r: changed(r, "visits", 1, handoff_dispatch=5, arrived=6, started=6, finished=7, left=7),
            lambda r: changed(r, "visits", 3, handoff_dispatch=2, arrived=6, started=6, finished=7, left=7),
        ),
    ),
    "stays in a tray for too long": (
        TRAY,
        "tray",
        lambda r: changed(r, "visits", 5, handoff_dispatch=25, arrived=35, started=35, finished=36, left=36),
    ),
    "arrives when closed": (
        MAIL,
        "calendar",
        lambda r: changed(r, "visits", 1, handoff_delay=15, arrived=36, started=36, finished=37, left=37),
    ),
    "clarified in no time": (MAIL, "clarification", lambda r: changed(r, "visits", 1, arrived_by_return=1)),
    "clarified too briefly": (
        MAIL,
        "delay",
        lambda r: changed(r, "visits", 1, clarifications=1, handoff_delay=40, handoff_clarification=5),
    ),
    "is not interrupted": (
        URGENT,
        "urgency",
        both(lambda r: never_paused(r, 0, "pause_preempted", 3), lambda r: later(r, 1, 6)),
    ),
    "both work at once": (URGENT, "capacity", lambda r: never_paused(r, 0, "pause_preempted", 3)),
    "a pause too short": (URGENT, "pause", lambda r: changed(r, "pauses", 0, end=6)),
    "a pause of another cause": (
        URGENT,
        "pause",
        lambda r: changed(
            changed(r, "pauses", 0, cause="outage"), "visits", 0, pause_preempted=0, pause_outage=3
        ),
    ),
    "a pause before the work": (URGENT, "pause", lambda r: changed(r, "pauses", 0, start=-2, end=1)),
    "works on after the shift": (
        SHIFT.replace("RULE", "pause"),
        "capacity",
        lambda r: never_paused(r, 1, "pause_off_shift", 40),
    ),
    "goes on late": (
        SHIFT.replace("RULE", "pause"),
        "work conservation",
        lambda r: ended(
            changed(changed(r, "pauses", 0, end=65), "visits", 1, pause_off_shift=45, finished=75, left=75),
            1,
            75,
        ),
    ),
    "a night that is called off shift": (
        SHIFT.replace("RULE", "fit"),
        "cause",
        lambda r: changed(r, "visits", 1, wait_off_shift=52, wait_carried_over=0),
    ),
    "starts what does not fit": (
        SHIFT.replace("RULE", "fit"),
        "capacity",
        lambda r: later(r, 1, -45, "wait_off_shift"),
    ),
    "starts in overtime": (
        SHIFT.replace("RULE", "finish"),
        "capacity",
        lambda r: later(r, 1, 10),
    ),
    "works while it is down": (OUTAGE, "capacity", lambda r: never_paused(r, 0, "pause_outage", 50)),
    "an outage that is not written": (OUTAGE, "pause", lambda r: replace(r, outages=Table({}, 0))),
    "who has not the skill": (
        MEMBERS,
        "skill",
        lambda r: changed(r, "visits", rows_of(r, "Serve")[0], member=1),
    ),
    "who is not on duty": (
        MEMBERS,
        "member",
        lambda r: changed(r, "visits", rows_of(r, "Serve")[3], member=0),
    ),
    "two things at once": (
        MEMBERS,
        "member",
        lambda r: changed(r, "visits", rows_of(r, "Serve")[1], member=0),
    ),
    "a fast one is slow": (MEMBERS, "duration", lambda r: leaves(r, rows_of(r, "Serve")[0], 5, "work")),
    "a cause of who cannot do it": (
        MEMBERS,
        "cause",
        lambda r: changed(r, "visits", rows_of(r, "Other")[1], wait_contention=0, wait_prioritization=9),
    ),
    "without its partner": (TEAM, "capacity", lambda r: later(r, 1, -30, "wait_partner")),
    "takes kept staff": (TEAM, "reservation", lambda r: later(later(r, 2, -60, "wait_contention"), 2, 0)),
    "waits for one of two": (EITHER, "work conservation", lambda r: later(r, 1, 9)),
    "waits without a place": (
        SHORT,
        "places",
        both(
            lambda r: changed(
                r,
                "visits",
                2,
                outcome="completed",
                started=20,
                finished=30,
                left=30,
                wait_contention=18,
                work=10,
            ),
            lambda r: changed(r, "requests", 2, outcome="completed", ended=30),
        ),
    ),
    "refused where a place is free": (
        SHORT,
        "refusal",
        both(
            lambda r: changed(
                r,
                "visits",
                1,
                outcome="refused",
                started=None,
                finished=None,
                left=1,
                wait_contention=0,
                work=0,
            ),
            lambda r: changed(r, "requests", 1, outcome="refused", ended=1),
        ),
    ),
    "refused where staff are free": (
        SHORT.replace("queue_limit: 1", "queue_limit: 0"),
        "refusal",
        both(
            lambda r: changed(
                r, "visits", 3, outcome="refused", started=None, finished=None, left=30, work=0
            ),
            lambda r: changed(r, "requests", 3, outcome="refused", ended=30),
        ),
    ),
    "blocked for nothing": (
        BLOCK,
        "blocking",
        both(
            lambda r: changed(r, "visits", 2, left=20.5, blocked=18.5),
            lambda r: changed(r, "visits", 3, asked=20.5, arrived=20.5, wait_contention=0.5),
        ),
    ),
    "blocked last, served first": (
        BLOCK,
        "blocking",
        both(
            lambda r: changed(r, "visits", 6, left=41, blocked=36),
            lambda r: changed(r, "visits", 7, asked=41, arrived=41, wait_contention=0),
            lambda r: changed(r, "visits", 4, left=21, blocked=15),
            lambda r: changed(r, "visits", 5, asked=21, arrived=21, wait_contention=40),
        ),
    ),
    "a level that is wrong": (STORE, "stock", lambda r: changed(r, "stocks", len(r.stocks) - 1, level=2)),
    "a level below nothing": (STORE, "stock", lambda r: changed(r, "stocks", 2, level=-1)),
    "a change that is missing": (STORE, "stock", lambda r: without(r, "stocks", len(r.stocks) - 1)),
    "a demand that nobody has": (
        STORE,
        "stock",
        lambda r: changed(r, "stocks", len(r.stocks) - 1, waiting=3),
    ),
    "an order that is not written": (STORE, "reorder", lambda r: no_order(r)),
    "an order for too much": (STORE, "reorder", lambda r: changed(r, "requests", order_row(r), quantity=3.0)),
    "takes before its turn": (STORE, "order of taking", lambda r: turn_changed(r)),
    "waits for what is there": (STORE, "stock", lambda r: later(r, rows_of(r, "Use")[4], 5, "wait_stock")),
    "a batch too large": (
        BATCH,
        "batch",
        lambda r: changed(changed(r, "visits", 0, together=3), "visits", 1, together=3),
    ),
    "a batch too soon": (
        BATCH,
        "batch",
        lambda r: changed(later(r, 2, -3, "wait_batch"), "visits", 2, queued=32),
    ),
    "a batch that parts": (BATCH, "batch", lambda r: leaves(r, 1, 1, "work")),
    "left out of a batch": (
        BATCH,
        "batch",
        lambda r: later(changed(changed(r, "visits", 0, together=1), "visits", 1, together=1), 1, 10),
    ),
    "does not wait for the branch": (FORK, "join", lambda r: early_join(r)),
    "goes on twice": (
        FORK,
        "join",
        lambda r: changed(
            r,
            "visits",
            rows_of(r, "Join")[0],
            outcome="completed",
            queued=9,
            started=9,
            finished=10,
            left=10,
            work=1,
        ),
    ),
    "waits on at the join": (FORK, "join", lambda r: late_join(r)),
    "does not wait for the answer": (
        CALL.replace("WHEN", "before"),
        "call",
        lambda r: changed(r, "visits", 0, queued=5, wait_call=5, wait_contention=2),
    ),
    "goes on before the answer": (
        CALL.replace("WHEN", "start"),
        "call",
        lambda r: changed(changed(r, "pauses", 0, end=5), "visits", 0, pause_call=5, work=7),
    ),
    "never asks": (
        CALL.replace("WHEN", "end"),
        "call",
        lambda r: changed(r, "requests", called_row(r), asked=3),
    ),
    "more work than was left": (TODAY, "opening", lambda r: leaves(r, 0, 1, "work")),
    "asked at another time": (TODAY, "opening", lambda r: changed(r, "requests", 0, asked=-8)),
    "not there at the start": (TODAY, "opening", lambda r: changed(r, "visits", 1, asked=1, arrived=1)),
    "a wait for held staff of another cause": (
        CALL.replace("WHEN", "start"),
        "cause",
        lambda r: changed(r, "visits", rows_of(r, "Serve")[1], wait_held=0, wait_contention=11),
    ),
}


def called_row(record: Record) -> int:
    return int(np.flatnonzero(record.requests["kind"] == 3)[0])


def order_row(record: Record) -> int:
    return int(np.flatnonzero(record.requests["kind"] == 1)[0])


def no_order(record: Record) -> Record:
    """The stock says that nothing was on order."""
    columns = dict(record.stocks.columns)
    columns["on_order"] = np.zeros_like(columns["on_order"])
    return replace(record, stocks=Table(columns, record.stocks.rows))


def turn_changed(record: Record) -> Record:
    """Who came at 17 takes what whoever came at 15 waits for."""
    third, fourth = rows_of(record, "Use")[2:4]
    return later(later(record, third, 4, "wait_stock"), fourth, -4, "wait_stock")


def early_join(record: Record) -> Record:
    """The branch that came first goes on at once, and the other one ends in the join."""
    first, second = sorted(rows_of(record, "Join"), key=lambda row: record.visits["arrived"][row])
    record = changed(
        record, "visits", second, outcome="joined", queued=None, started=None, finished=None, left=9, work=0
    )
    record = changed(
        record,
        "visits",
        first,
        outcome="completed",
        queued=5,
        started=5,
        finished=6,
        left=6,
        wait_join=0,
        work=1,
    )
    return ended(record, 0, 9)


def late_join(record: Record) -> Record:
    row = max(rows_of(record, "Join"), key=lambda row: record.visits["arrived"][row])
    record = changed(record, "visits", row, queued=12, started=12, finished=13, left=13, wait_join=3)
    return ended(record, 0, 13)


TEXTS = sorted({text for text, _, _ in WRONG.values()} | {PROMISE})


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_is_found_before_the_change(text: str) -> None:
    assert [str(breach) for breach in audit_record(record_of(text))] == []


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_found(what: str) -> None:
    text, kind, change = WRONG[what]
    found = audit_record(change(record_of(text)))
    assert kind in kinds(found), [str(breach) for breach in found]


def test_there_are_many_kinds_of_wrong() -> None:
    assert len(WRONG) >= 60
    assert {kind for _, kind, _ in WRONG.values()} | {"figure", "deadlock"} == set(KINDS)


# Figures


def figures_changed(**values: Any) -> set[str]:
    """The figures that are found wrong, if some of the results say something else than the record."""
    results = chain_of(PROMISE).simulate(engine="simpy")
    told = told_by_results(results, 0)
    for measure, value in values.items():
        changed_keys = [key for key in told if key[2] == measure]
        assert changed_keys
        told |= dict.fromkeys(changed_keys, value)
    found = check_figures(History(results.records[0]), told)
    return {breach.message.split()[0] for breach in found if breach.kind == "figure"}


@pytest.mark.parametrize(
    "measure",
    [
        "utilization",
        "busy_time",
        "held_time",
        "overtime",
        "scheduled_time",
        "queue_length",
        "waiting_time",
        "service_time",
        "flow_time",
        "work_in_progress",
        "throughput",
        "completed",
        "arrived",
        "gave_up",
        "attainment",
        "breaches",
    ],
)
def test_figures_are_worked_out_again(measure: str) -> None:
    assert figures_changed() == set()
    assert measure in figures_changed(**{measure: 0.123})


def test_clocks_of_promises_are_read_anew() -> None:
    """On the office's clock the first takes 15 min and the second 29, the closed 40 min left out."""
    results = chain_of(PROMISE).simulate(engine="simpy")
    record, told = results.records[0], told_by_results(results, 0)
    assert told_by_record(record).items() <= told.items()
    assert list(check_figures(History(record), told)) == []
    late = History(changed(record, "requests", 1, ended=75))
    assert {b.message.split()[0] for b in check_figures(late, told)} >= {"attainment", "breaches"}


STOPPED = """
    providers: {Clerk: {staff: 1}}
    stocks: {Part: {initial: 1}}
    services:
      Assemble: {provider: Clerk, duration: 5 min}
      Fetch: {duration: 1 min, consumes: {Part: 1}}
      Make: {provider: Clerk, duration: 5 min, produces: {Part: 1}}
    consumers:
      A: {arrivals: {at: [0 min]}, enters: Assemble}
    calls: {Assemble -> Fetch: {ask: start}}
"""


def test_units_that_wait_for_one_another_are_found() -> None:
    """The clerk awaits a part that only the clerk could make."""
    record = record_of(STOPPED)
    assert audit_record(record) == ()
    none = dict.fromkeys(("queued", "started", "finished", "left"))
    waits = changed(record, "visits", rows_of(record, "Fetch")[0], **none, outcome="unfinished", work=0)
    stopped = record.stopped / MINUTE
    waits = changed(waits, "visits", rows_of(record, "Fetch")[0], wait_stock=stopped)
    waits = changed(waits, "visits", rows_of(record, "Assemble")[0], finished=None, left=None, work=0)
    waits = changed(waits, "visits", rows_of(record, "Assemble")[0], outcome="unfinished", pause_call=stopped)
    waits = changed(waits, "pauses", 0, end=stopped)
    for row in range(2):
        waits = changed(waits, "requests", row, ended=None, outcome="unfinished")
    assert "deadlock" in kinds(audit_record(waits))


# Right records


def shortened(path: Path) -> sf.Results:
    """Results of a short run: a week of a shipped chain, a twentieth of a test model."""
    chain = sf.load(path)
    duration: Any = "1 week"
    if path in SMALL:
        program = lower(chain, warm_up=0)
        duration = max((program.window[1] - program.window[0]) // 20, 1) / program.time_unit
    return chain.simulate(duration, 0, 1, 5, engine="simpy", progress=False)


@pytest.mark.parametrize("path", [*SHIPPED, *SMALL], ids=lambda path: path.stem)
def test_nothing_is_found_on_right_records(path: Path) -> None:
    report = shortened(path).audit()
    assert report.ok, str(report)


DOCUMENTED = [
    block
    for page in sorted((HERE.parent / "docs").glob("*.md"))
    for block in re.findall(r"```yaml\n(serviceflow:.*?)```", page.read_text("utf-8"), re.DOTALL)
]


@pytest.mark.parametrize("text", DOCUMENTED, ids=range(len(DOCUMENTED)))
def test_nothing_is_found_on_documented_chains(text: str) -> None:
    report = sf.loads(text).simulate("1 week", 0, 1, 3, engine="simpy", progress=False).audit()
    assert report.ok, str(report)


@pytest.mark.parametrize("numbers", blocks(10, fixed=4, fresh=2, long=40))
def test_nothing_is_found_on_random_chains(numbers: Iterable[int]) -> None:
    for number in numbers:
        print("chain", number)  # shown where something is wrong with it
        record = reference.run(lower(calm_chain(number)), number)
        assert [str(breach) for breach in audit_record(record) if not is_of_a_join(breach)] == []


def is_of_a_join(breach: Breach) -> bool:
    """The queue of a join: branches that the end of the run keeps from joining are counted, others not."""
    return breach.kind == "figure" and breach.message.startswith("queue_length")


def test_a_number_always_makes_the_same_chain() -> None:
    assert [meeting_chain(n).to_dict() for n in range(20)] == [meeting_chain(n).to_dict() for n in range(20)]


# How it is told


def test_a_report_without_breaches() -> None:
    report = chain_of(DESK).simulate(engine="simpy").audit()
    assert report.ok
    assert len(report) == 0
    assert str(report) == "Trace: 1 replication audited; no rule is broken"
    assert report._repr_html_().endswith(f"<p>{report}</p></div>")


def test_a_report_lists_breaches_and_escapes_names() -> None:
    breaches = [Breach(90 * MINUTE, "capacity", "providers.<b>", (3, n), "too many") for n in range(60)]
    report = AuditReport("A & B", 2, tuple(breaches))
    assert not report.ok
    assert report.kinds == {"capacity": 60}
    lines = str(report).splitlines()
    assert lines[0] == "A & B: 2 replications audited; rules are broken: 60 of capacity"
    assert lines[1] == ("replication 0: capacity: providers.<b>: after 1 h 30 min, requests 3, 0: too many")
    assert lines[-1] == "and 10 more"
    assert "providers.&lt;b&gt;" in report._repr_html_()
    assert "<b>" not in report._repr_html_()


def test_a_summary_has_nothing_to_read() -> None:
    results = chain_of(DESK).simulate(engine="simpy", keep="summary")
    with pytest.raises(NotKeptError, match=r"results\.audit needs the record of every visit"):
        results.audit()

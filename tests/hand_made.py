"""Records written by hand, in minutes, for tests of what is computed from them."""

import numpy as np

from serviceflow.engine.program.codes import INSTANTS, PARTS
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.record.record import Record, Table
from serviceflow.experiment.replicate import Runs, Settings
from serviceflow.model.chain import Chain
from serviceflow.results.results import Results

MIN = 60_000_000
REQUEST = {
    "kind": 0,
    "source": 0,
    "number": 0,
    "consumer": 0,
    "parent": -1,
    "asked": 0,
    "ended": None,
    "outcome": 3,
}
VISIT = {
    "request": 0,
    "service": 0,
    "visit": 1,
    "handoff": -1,
    "arrived_by_return": 0,
    **dict.fromkeys(INSTANTS),
    "outcome": 3,
    "clarifications": 0,
}
TIMES = {"ended", "start", "end", "time", *INSTANTS, *PARTS}
OUTCOMES = {"completed": 0, "gave up": 1, "refused": 2, "unfinished": 3, "joined": 4}


def ticks(value):
    return -1 if value is None else round(value * MIN)


def table(rows, defaults, drop=()):
    """A table of rows as dicts; times in minutes, outcomes as words."""
    names = dict.fromkeys([*defaults, *(name for row in rows for name in row)])
    columns = {}
    for name in names:
        values = [row.get(name, defaults.get(name, 0)) for row in rows]
        if name in TIMES:
            values = [ticks(value) for value in values]
        if name == "outcome":
            values = [OUTCOMES.get(value, value) for value in values]
        real = name.startswith("attribute:") or name in ("level", "on_order", "waiting", "quantity")
        columns[name] = np.array(values, dtype=np.float64 if real else np.int64)
    return Table({name: column for name, column in columns.items() if name not in drop}, len(rows))


def visit(request, service, asked, arrived, started, finished, left=None, outcome="completed", **others):
    """A row of visits; waiting counts as contention and the service as work unless others say so."""
    row = {"request": request, "service": service, "asked": asked, "arrived": arrived, "started": started}
    row |= {"finished": finished, "left": finished if left is None else left, "outcome": outcome}
    if started is not None and "wait_contention" not in others:
        row["wait_contention"] = started - arrived
    if finished is not None and "work" not in others:
        row["work"] = finished - started
    return row | others


def record(program, requests, visits, stopped, number=0, **tables):
    extra = {name: table(rows, {}) for name, rows in tables.items()}
    return Record(program, 1, number, ticks(stopped), table(requests, REQUEST), table(visits, VISIT), **extra)


def results(chain, *replications, duration="100 min", warm_up="10 min", confidence=0.95, **settings):
    """Results of replications given as (requests, visits, stopped, tables)."""
    program = lower(chain, duration=duration, warm_up=warm_up, **settings)
    records = [
        record(program, requests, visits, stopped, number, **tables)
        for number, (requests, visits, stopped, tables) in enumerate(replications)
    ]
    asked = Settings(duration, warm_up, None, len(records), confidence)
    return Results(Runs(program, tuple(records), 1, "by hand", asked))


def figure(found, scope, measure, name=None):
    """One row of the table of all figures."""
    rows = found.kpis[(found.kpis["scope"] == scope) & (found.kpis["measure"] == measure)]
    if name is not None:
        rows = rows[rows["name"] == name]
    assert len(rows) == 1, (scope, measure, name, len(rows))
    return rows.iloc[0]


def desk(**consumer):
    """A desk of one, and a check without staff to which two in three go."""
    chain = Chain("Office", time_unit="min")
    chain.add_provider("Desk", staff=1)
    chain.add_service("Answer", provider="Desk", duration="5 min")
    chain.add_service("Check", duration="2 min")
    chain.add_handoff("Answer", "Check", delay="4 min", clarification={"probability": 0.1, "delay": "3 min"})
    chain.add_consumer("Guests", arrivals={"every": "20 min"}, enters="Answer", **consumer)
    return chain


ANSWER, CHECK = 0, 1

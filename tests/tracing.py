"""Running a model given as text, and looking at what was recorded, in minutes."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import numpy as np

import serviceflow as sf
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.kernel.arena import Memory
from serviceflow.engine.program.codes import INSTANTS, OUTCOMES, PARTS
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.program.plans import Program
from serviceflow.engine.record.record import Record
from serviceflow.engine.reference import engine as reference

MINUTE = 60_000_000


def chain_of(text: str) -> sf.ServiceChain:
    """A chain from the sections of a model file; time in minutes, one terminating day if nothing is said."""
    head = "serviceflow: 1\nname: Trace\ntime_unit: min\n"
    body = dedent(text)
    if "run:" not in body:
        head += "run: {duration: 1 day, horizon: terminating, replications: 1, seed: 1}\n"
    return sf.loads(head + body)


def record_of(chain: sf.ServiceChain, seed: int = 1, replication: int = 0) -> Record:
    return run_both(lower(chain), seed, replication)


def run_both(program: Program, seed: int, replication: int = 0) -> Record:
    """The record of the SimPy engine and of each loop of the compiled one, which is the same."""
    record = reference.run(program, seed, replication)
    for kind in {compiled.loop_for(program), Memory}:
        memory = kind(program)
        memory.told_by_reference = broken  # type: ignore[method-assign]
        assert memory.run(seed, replication).differences(record) == []
    return record


def broken(seed: int, replication: int) -> Record:
    raise AssertionError("the compiled engine found a broken rule where the SimPy engine found none")


def trace(text: str) -> list[dict[str, Any]]:
    """Every visit as a mapping: names, instants and parts in minutes, parts that are zero left out."""
    return visits_of(record_of(chain_of(text)))


def visits_of(record: Record) -> list[dict[str, Any]]:
    program, table = record.program, record.visits
    found = []
    for row in range(len(table)):
        visit: dict[str, Any] = {"request": int(table["request"][row])}
        service = int(table["service"][row])
        visit["service"] = program.services[service].name if service >= 0 else "end"
        visit["outcome"] = OUTCOMES[int(table["outcome"][row])]
        for name in INSTANTS:
            ticks = int(table.get(name, -1)[row])
            visit[name] = None if ticks < 0 else ticks / MINUTE
        for name in PARTS:
            ticks = int(table.get(name)[row])
            if ticks:
                visit[name] = ticks / MINUTE
        for name in ("visit", "clarifications", "arrived_by_return", "branch"):
            visit[name] = int(table.get(name)[row])
        member = int(table.get("member", -1)[row])
        provider = int(table.get("provider", -1)[row])
        visit["provider"] = program.providers[provider].name if provider >= 0 else None
        if member >= 0:
            owner = program.providers[provider if provider >= 0 else program.services[service].provider]
            visit["member"] = owner.members[member].name
        found.append(visit)
    return found


def times(visits: list[dict[str, Any]], service: str, *names: str) -> list[Any]:
    """Some columns of the visits to a service, in order of request."""
    names = names or ("arrived", "started", "finished")
    rows = [tuple(visit.get(name, 0) for name in names) for visit in visits if visit["service"] == service]
    return [row[0] for row in rows] if len(names) == 1 else rows


def ended(record: Record) -> list[tuple[float | None, str]]:
    """When each request ended, and how."""
    table = record.requests
    return [
        (None if end < 0 else end / MINUTE, OUTCOMES[outcome])
        for end, outcome in zip(table["ended"].tolist(), table["outcome"].tolist(), strict=True)
    ]


def parts_sum(record: Record) -> np.ndarray:
    """What the parts of each visit come to, less its life (to the end of the run if it has not left)."""
    visits = record.visits
    total = sum(visits.get(name) for name in PARTS)
    left = np.where(visits["left"] >= 0, visits["left"], record.stopped)
    return total - (left - visits["asked"])

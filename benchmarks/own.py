"""serviceflow's engines, timed.

Each runs one replication after another of one program, as `simulate` does; lowering the chain is left out,
compilation too, and making the record is not. The first full-size run, whose memory is still to be asked
for, is the round that is thrown away; the table shows it beside the others.
"""

from __future__ import annotations

from functools import cache, partial
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.outcome import Outcome, Tool, Unavailable, Visits, means_of
from benchmarks.workloads import Workload

SHORT = 0.1
"""Part of a round that is compared with the SimPy engine, bit by bit, and that compiles what must be."""

preparation: dict[tuple[str, str], float] = {}
"""Seconds to the first result, by workload and engine: compilation, or reading what was compiled before."""


def run_engine(workload: Workload, customers: int, seed: int, engine: str) -> Outcome:
    """One replication on the engine of this name."""
    program, run = program_of(workload, customers), engine_of(engine)
    begin = perf_counter()
    record = refuse(run, program, seed)
    touch(record)
    return measured(workload, record, customers, perf_counter() - begin)


def run_auto(workload: Workload, customers: int, seed: int) -> Outcome:
    """All of `chain.simulate`, which chooses the engine."""
    if chosen(workload) == "simpy":
        raise Unavailable("'auto' chooses the SimPy engine")
    begin = perf_counter()
    results = simulate(workload, customers, seed)
    return measured(workload, results.records[0], customers, perf_counter() - begin)


@cache
def chosen(workload: Workload) -> str:
    """Which engine `auto` chooses, by a round as long as the baseline's."""
    return str(simulate(workload, workload.customers, 1).engine)


def simulate(workload: Workload, customers: int, seed: int) -> Any:
    return workload.chain.simulate(
        duration=duration(workload, customers),
        warm_up=0,
        replications=1,
        seed=seed,
        engine="auto",
        progress=False,
    )


@cache
def program_of(workload: Workload, customers: int) -> Any:
    from serviceflow.engine.program.lowering import lower

    return lower(workload.chain, duration=duration(workload, customers), warm_up=0)


def duration(workload: Workload, customers: int) -> str:
    return f"{customers / workload.rate:f} {workload.unit}"


@cache
def engine_of(name: str) -> Any:
    from serviceflow.errors import NotSupportedError
    from serviceflow.experiment.engines import EngineError, check_engine, choose_engine

    try:
        check_engine(name)
    except (NotSupportedError, EngineError) as error:
        raise Unavailable(str(error)) from error
    return lambda program, seed, replication: choose_engine(name, program, seed).run(seed, replication)


def refuse(run: Any, program: Any, seed: int) -> Any:
    """The record, or why the engine cannot run this chain."""
    from serviceflow.errors import NotSupportedError

    try:
        return run(program, seed, 0)
    except NotSupportedError as error:
        raise Unavailable(str(error)) from error


def prepare(engine: str, program: Any) -> None:
    """Compile what must be, as `simulate` does before the first run."""
    from serviceflow.errors import NotSupportedError
    from serviceflow.experiment import engines

    try:
        engines.prepare(engines.choose_engine(engine, program, 1), progress=False)
    except NotSupportedError as error:
        raise Unavailable(str(error)) from error


def touch(record: Any) -> None:
    """Ask for every column, in case an engine makes them late."""
    for name in record.TABLES:
        table = getattr(record, name)
        for column in table.columns:
            table[column]


def differs(workload: Workload, engine: str) -> str | None:
    """What distinguishes the record of a short run from the SimPy engine's."""
    program = program_of(workload, max(int(workload.customers * SHORT), 1))
    run = engine_of(engine)
    begin = perf_counter()
    prepare(engine, program)
    record = refuse(run, program, 1)
    preparation[workload.name, engine] = perf_counter() - begin
    reference = engine_of("simpy")(program, 1, 0)
    if record.equals(reference):
        return None
    return "record differs from the SimPy engine's in " + ", ".join(record.differences(reference)[:3])


def measured(workload: Workload, record: Any, customers: int, seconds: float) -> Outcome:
    """What a record says of the customers of its window, as the means that theory knows.

    Those who came while the run waited for the last of them to finish do not count as customers; their visits
    are simulated and recorded, and count as visits.
    """
    requests = record.requests
    start, end = record.program.window
    counted = (requests.get("kind") == 0) & (requests["asked"] >= start) & (requests["asked"] < end)
    visits = served(record)
    chosen = visits & counted[record.visits["request"]]
    means = means_of(workload, table(record, chosen), customers) if workload.theory else {}
    return Outcome(seconds, int(counted.sum()), int(visits.sum()), means)


def served(record: Any) -> Any:
    """Which visits are to a service that has a provider."""
    has_provider = np.array([service.provider >= 0 for service in record.program.services] + [False])
    return has_provider[record.visits["service"]]


def table(record: Any, chosen: Any) -> Visits:
    visits, program = record.visits, record.program
    request = visits["request"][chosen]
    urgent = np.array([consumer.name == "Urgent" for consumer in program.consumers])
    instants = (visits[name][chosen] / program.time_unit for name in ("arrived", "started", "finished"))
    return Visits(request, np.where(urgent[record.requests["source"][request]], 0, 1), *instants)


def release() -> None:
    """Forget the programs, and with them the memory that engines keep for them."""
    program_of.cache_clear()


def own(name: str, engine: str, scale: float) -> Tool:
    check = None if engine == "simpy" else partial(differs, engine=engine)
    few = {"wide": 0.5} if engine == "simpy" else None
    return Tool(name, partial(run_engine, engine=engine), scale, few, check, ours=True)

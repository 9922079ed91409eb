"""A chain that is run in two parts has the record of the SimPy engine and of the other loops, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import serviceflow as sf
from parts_chains import parts_chain
from serviceflow.engine import compiled, express, parts, recursion, simpy_engine
from serviceflow.engine.lowering import lower
from serviceflow.engine.pools import Memory
from serviceflow.engine.program import Program
from serviceflow.engine.record import Record
from serviceflow.engine.recursion import asking
from tracing import run_both

HOUSE = """
serviceflow: 1
name: House
time_unit: min
providers:
  Desk: {staff: 1}
  Clerks: {staff: 2}
  Painters: {staff: {mon-sun: {"08:00-16:00": 3, "16:00-24:00": 1}}, off_shift: finish, discipline: priority}
services:
  Ask: {provider: Desk, duration: exponential(mean=5 min)}
  Plan: {split: all}
  Draw: {provider: Clerks, duration: exponential(mean=12 min)}
  Count: {duration: "uniform(low=0 min, high=20 min)"}
  Agree: {join: all, duration: 1 min}
  Paint: {provider: Painters, duration: exponential(mean=13 min)}
  Touch up: {provider: Painters, duration: 5 min, priority: 0}
  Leave: {split: all}
  Pack: {duration: 4 min}
  Pay: {duration: 4 min}
handoffs:
  Ask -> Plan: {probability: 70%, delay: exponential(mean=3 min)}
  Ask -> end: {delay: 10 min}
  Plan -> Draw: {}
  Plan -> Count: {}
  Draw -> Agree: {delay: 2 min}
  Count -> Agree: {}
  Agree -> Paint: {probability: 80%}
  Agree -> Leave: {}
  Paint -> Touch up: {probability: 30%}
  Paint -> Leave: {}
  Touch up -> Paint: {}
  Leave -> Pack: {}
  Leave -> Pay: {}
consumers:
  Owners: {enters: Ask, arrivals: {every: exponential(mean=11 min)}, priority: 2}
  Hurried:
    {enters: Paint, arrivals: {every: exponential(mean=2 h)}, priority: 1, initial: {Paint: 2, Ask: 2}}
run: {duration: 2 days, warm_up: 8 h, seed: 1}
"""

LINE = """
serviceflow: 1
name: Line
time_unit: min
providers:
  Desk: {staff: 1}
  Clinic: {staff: 2}
  Office: {staff: {mon-sun: {"00:00-16:00": 2, "16:00-24:00": 1}}, off_shift: finish}
services:
  Ask: {provider: Desk, duration: exponential(mean=5 min)}
  Treat: {provider: Clinic, duration: exponential(mean=10 min)}
  Pay: {provider: Office, duration: exponential(mean=8 min)}
handoffs:
  Ask -> Treat: {}
  Treat -> Pay: {}
consumers:
  Patients: {enters: Ask, arrivals: {every: exponential(mean=8 min)}}
run: {duration: 1 day, seed: 1}
"""


def line(changes: dict[str, Any] | None = None, **run: Any) -> Program:
    return lower(sf.loads(LINE).change(changes or {}), **run)


def check(program: Program, seed: int = 1, replication: int = 0) -> Record:
    """Run all loops; the parts do so without falling back on another one."""
    record = run_both(program, seed, replication)
    run = parts.Parts(program)
    assert run.run_parts(seed, replication).differences(record) == []
    return record


# -- random chains


@pytest.mark.parametrize("start", range(0, 320, 40))
def test_random_chains_have_the_same_record(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    fallen = []
    monkeypatch.setattr(parts.Parts, "other", property(lambda run: fallen.append(run) or Memory(run.program)))
    programs = [program for number in range(start, start + 40) if (program := program_of(number))]
    covered = [program for program in programs if parts.covers(program)]
    for seed, program in enumerate(covered):
        run_both(program, seed)
    assert len(covered) > 20
    assert len(fallen) < 3


def program_of(number: int) -> Program | None:
    """A random program, where the chain of that number is a valid one."""
    try:
        return lower(parts_chain(number))
    except sf.ModelError:
        return None


# -- the record


@pytest.mark.parametrize("horizon", ["steady", "terminating"])
@pytest.mark.parametrize("seed", [1, 2])
def test_all_that_both_parts_can_have(horizon: str, seed: int) -> None:
    visits = check(lower(sf.loads(HOUSE), horizon=horizon), seed, 3).visits
    for name in ("handoff_delay", "wait_join", "wait_off_shift", "wait_prioritization", "wait_contention"):
        assert visits[name].max() > 0, name
    assert visits["visit"].max() > 1, "nobody came again"
    assert visits["branch"].max() == 4, "branches of the rest are counted on from those of the front"
    assert {0, 3, 4} <= set(visits["outcome"].tolist())


def test_what_one_part_cannot_have_is_zero_there() -> None:
    program = lower(sf.loads(HOUSE))
    visits = check(program).visits
    in_rest = np.isin(visits["service"], [plan.index for plan in program.services if plan.name in REST])
    for name in ("wait_off_shift", "wait_prioritization", "pause_off_shift"):
        assert not visits[name][~in_rest].any()
    for name in ("handoff_delay", "wait_join"):
        assert not visits[name][in_rest].any()
    assert (visits["queued"][in_rest] == visits["arrived"][in_rest]).all()


REST = ("Paint", "Touch up", "Leave", "Pack", "Pay")


def test_columns_can_only_be_read() -> None:
    record = parts.Parts(line()).run(1, 0)
    for table in (record.visits, record.requests):
        for column in table.columns.values():
            with pytest.raises(ValueError, match="read-only"):
                column[0] = 1


def test_a_record_is_not_changed_by_a_later_run() -> None:
    run = parts.Parts(line())
    first = run.run_parts(1, 0)
    before = {name: column.tobytes() for name, column in first.visits.columns.items()}
    for replication in range(1, 5):
        run.run_parts(1, replication)
    assert before == {name: column.tobytes() for name, column in first.visits.columns.items()}
    assert run.run_parts(1, 0).differences(first) == []


def test_short_runs_are_left_to_the_express_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    program = line()
    run = parts.Parts(program)
    first = run.run(1, 0)
    assert run.is_short
    assert run.run(1, 0).differences(first) == []
    monkeypatch.setattr(parts, "SHORT", 100)
    long = parts.Parts(program)
    long.run(1, 0)
    assert not long.is_short
    delayed = parts.Parts(line({"handoffs": {"Ask -> Treat": {"delay": "1 min"}}}))
    delayed.run(1, 0)
    assert not delayed.is_short, "the express loop cannot run it"


# -- the end of a run


@pytest.mark.parametrize("horizon", ["steady", "terminating"])
@pytest.mark.parametrize("every", ["10 min", "exponential(mean=10 min)"])
def test_at_the_end_of_a_run(horizon: str, every: str) -> None:
    """Requests end before, at and after the end of the window, which may fall on an arrival."""
    times = {"Ask": {"duration": "5 min"}, "Treat": {"duration": "1 min"}, "Pay": {"duration": "4 min"}}
    changes = {"services": times, "consumers": {"Patients": {"arrivals": {"every": every}}}}
    for duration in ("60 min", "61 min", "65 min", "66 min", "70 min", "125 min"):
        check(line(changes, duration=duration, horizon=horizon))


@pytest.mark.parametrize("way_home", ["1 min", "12 h", "90 days"])
def test_the_last_one_ends_in_the_front(way_home: str) -> None:
    text = LINE.replace(
        "Treat -> Pay: {}", f"Treat -> Pay: {{probability: 50%}}\n  Treat -> end: {{delay: {way_home}}}"
    )
    record = check(lower(sf.loads(text)))
    if way_home == "12 h":
        last = np.flatnonzero(record.requests["ended"] == record.stopped)
        assert (record.visits["service"][record.visits["request"] == last[0]] == -1).any()
    assert (record.stopped == record.program.stop) == (way_home == "90 days")


def test_arrivals_must_be_known_for_longer() -> None:
    """Work piles up in the rest, and the run goes on long after its window."""
    program = line({"services": {"Pay": {"duration": "60 min"}}}, duration="300 min")
    run = parts.Parts(program)
    assert run.run_parts(1, 0).differences(check(program)) == []
    assert run.graph.slack > program.window[1]
    assert run.run_parts(1, 1).differences(simpy_engine.run(program, 1, 1)) == []


def test_work_in_the_rest_never_ends() -> None:
    check(line({"services": {"Pay": {"duration": "30 days"}}}))


def test_nobody_comes_to_the_rest() -> None:
    text = LINE.replace("Treat -> Pay: {}", "Treat -> Pay: {probability: 0%}\n  Treat -> end: {}")
    check(lower(sf.loads(text)))


def test_nobody_ends_in_the_front() -> None:
    check(line())


def test_nobody_asks_within_the_window() -> None:
    arrivals = {"consumers": {"Patients": {"arrivals": {"every": None, "at": ["1 h", "1 h"]}}}}
    check(line(arrivals, duration="5 h", warm_up="2 h"))


def test_nobody_asks() -> None:
    """There is nothing to work through: the other loop says when such a run ends."""
    run_both(line({"consumers": {"Patients": {"arrivals": {"every": None, "at": ["90 days"]}}}}), 1)


# -- out of the ordinary


def test_a_great_crowd_at_one_instant_is_left_to_another_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_AT_ONCE", 80)
    program = line({"consumers": {"Patients": {"arrivals": {"every": "1 h", "batch": 31}}}}, duration="5 h")
    with pytest.raises(asking.OutOfReach):
        parts.Parts(program).run_parts(1, 0)
    run_both(program, 1)


def test_more_come_at_once_than_there_is_room_for_at_first() -> None:
    crowd = {"consumers": {"Patients": {"initial": {"Pay": 5000}}}}
    check(line(crowd, duration="2 h", horizon="terminating"))


def test_a_run_too_long_for_the_keys_of_events_takes_another_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    program = line()
    expected = compiled.run(program, 1, 0)
    run = parts.Parts(program)
    monkeypatch.setattr(express, "LATEST", 1 << 30)
    assert not parts.covers(program)
    assert run.run(1, 0).differences(expected) == []


# -- which chains

IN_PARTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "a delay in the front": {"handoffs": {"Ask -> Treat": {"delay": "1 min"}}},
    "priorities in the rest": {"providers": {"Office": {"discipline": "priority"}}},
    "a way home from the front": {
        "handoffs": {"Treat -> Pay": {"probability": "50%"}},
        "adds": {"Treat -> end": {"delay": "5 min"}},
    },
    "rework in the rest": {"adds": {"Pay -> end": {"probability": "70%"}, "Pay -> Pay": {}}},
    "a batch": {"consumers": {"Patients": {"arrivals": {"batch": "geometric(mean=2)"}}}},
    "some at the start": {"consumers": {"Patients": {"initial": {"Treat": 4, "Pay": 3}}}},
}

WHOLE: dict[str, dict[str, Any]] = {
    "a delay to the rest": {"handoffs": {"Treat -> Pay": {"delay": "1 min"}}},
    "patience in the rest": {"services": {"Pay": {"patience": "5 min"}}},
    "a way back to the front": {"adds": {"Pay -> Ask": {"probability": "10%"}, "Pay -> end": {}}},
    "all of it a front": {"providers": {"Office": {"staff": 2}}},
    "staff of the rest in front": {"services": {"Ask": {"provider": "Office"}}},
    "arrivals that change": {
        "consumers": {"Patients": {"arrivals": {"every": None, "profile": {"mon-sun": "6 per hour"}}}}
    },
}


def changed(changes: dict[str, Any]) -> Program:
    chain = sf.loads(LINE)
    for name, fields in changes.get("adds", {}).items():
        origin, _, target = name.partition(" -> ")
        chain.add_handoff(origin, target, **fields)
    return lower(chain.change({key: value for key, value in changes.items() if key != "adds"}))


@pytest.mark.parametrize("name", IN_PARTS)
def test_these_are_run_in_parts(name: str) -> None:
    check(changed(IN_PARTS[name]))


@pytest.mark.parametrize("name", WHOLE)
def test_these_are_not(name: str) -> None:
    assert not parts.covers(changed(WHOLE[name]))


def test_branches_of_a_front_stay_there() -> None:
    """A split whose branches lead to the rest is of the rest; so is what follows it."""
    text = LINE.replace("Ask: {provider: Desk, ", "Ask: {provider: Desk, split: all, ")
    text = text.replace("Treat -> Pay: {}", "Treat -> Pay: {}\n  Ask -> Pay: {}")
    program = lower(sf.loads(text))
    assert not parts.covers(program)
    run_both(program, 1)


def test_the_compiled_engine_takes_them_where_they_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    program = line()
    monkeypatch.setattr(recursion, "is_ready", lambda program: True)
    assert compiled.kind_of(program) is parts.Parts
    assert compiled.kind_of(program, in_parts=True) is not parts.Parts
    assert compiled.steps(program) >= recursion.steps(program)
    compiled.prepare(program)
    assert compiled.run(program, 1, 0).differences(simpy_engine.run(program, 1, 0)) == []


def test_a_short_front_pays_only_where_the_express_loop_cannot_run_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recursion, "is_ready", lambda program: True)
    short: dict[str, Any] = {"providers": {"Clinic": {"discipline": "priority"}}}
    assert parts.covers(line(short))
    assert compiled.kind_of(line(short)) is express.Express
    delayed = LINE.replace("Patients: {enters: Ask,", "Patients: {").replace(
        "Ask -> Treat: {}", "Ask -> Treat: {}\n  Patients -> Ask: {delay: 1 min}"
    )
    assert compiled.kind_of(lower(sf.loads(delayed).change(short))) is parts.Parts


def test_they_wait_until_the_recursion_has_been_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recursion, "is_ready", lambda program: False)
    assert compiled.kind_of(line()) is express.Express

"""The express loop makes the record of the SimPy engine and of the loop that knows every rule, to the bit."""

import numpy as np
import pytest

import serviceflow as sf
from explore import blocks
from plain_chains import plain_chain
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.kernel import express_arena, express_scope, layout
from serviceflow.engine.kernel.arena import FIRST_ROWS, Memory
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.reference import engine as reference
from tracing import run_both

STATION = """
serviceflow: 1
name: Station
time_unit: min
providers:
  Desk: {staff: 2, discipline: priority}
  Office: {staff: {mon-sun: {"08:00-17:00": 2}}, off_shift: finish}
services:
  Ask: {provider: Desk, duration: exponential(mean=8 min)}
  Look: {provider: Office, duration: "uniform(low=0 min, high=12 min)"}
  Think: {duration: 3 min}
handoffs:
  Ask -> Look: {probability: 50%}
  Ask -> Think: {probability: 20%}
  Ask -> end: {}
  Think -> Ask: {}
consumers:
  Guests: {enters: Ask, arrivals: {every: exponential(mean=6 min)}, priority: 1}
  Members: {enters: Ask, arrivals: {every: exponential(mean=20 min)}, priority: 0}
run: {duration: 4 days, warm_up: 1 day, seed: 1}
"""


def changed(**changes):
    return lower(sf.loads(STATION).change(changes))


@pytest.mark.parametrize("numbers", blocks(25, fixed=2, fresh=1, long=22))
def test_random_plain_chains_have_the_same_record(numbers):
    programs = {number: program for number in numbers if (program := program_of(number))}
    assert len(programs) > 15
    for number, program in programs.items():
        print("plain chain", number)  # Shown where something is wrong with it.
        assert express_scope.is_plain(program)
        run_both(program, number)


def program_of(number):
    """A random program, where the chain of that number is a valid one."""
    try:
        return lower(plain_chain(number))
    except sf.ModelError:
        return None


@pytest.mark.parametrize("horizon", ["steady", "terminating"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_station_with_all_that_is_plain(horizon, seed):
    program = lower(sf.loads(STATION), horizon=horizon)
    record = run_both(program, seed, 3)
    visits = record.visits
    assert visits["visit"].max() > 1, "nobody came again"
    assert (visits["wait_off_shift"] > 0).any()
    assert (visits["wait_carried_over"] > 0).any()
    assert (visits["wait_prioritization"] > 0).any()
    assert visits["outcome"].max() == 3, "nobody was left at the end"


PLAIN = {
    "a batch": {"consumers": {"Guests": {"arrivals": {"batch": "geometric(mean=3)"}}}},
    "some at the start": {"consumers": {"Members": {"initial": {"Look": 4, "Ask": 2}}}},
    "nobody there": {"providers": {"Office": {"staff": 0}}},
    "a priority of its own": {"services": {"Ask": {"priority": 5}}},
    "a lognormal time": {"services": {"Ask": {"duration": "lognormal(mean=8 min, cv=2)"}}},
    "a gamma time": {"services": {"Ask": {"duration": "gamma(mean=8 min, cv=0.7)"}}},
    "a triangular time": {"services": {"Ask": {"duration": "triangular(low=1 min, mode=2 min, high=9 min)"}}},
    "a way that is long": {
        "handoffs": {"Ask -> Look": {"probability": "4%"}, "Ask -> Think": {"probability": "94%"}}
    },
    "nobody serves": {"services": {"Ask": {"provider": None}, "Look": {"provider": None}}},
}


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_what_is_plain(name):
    program = changed(**PLAIN[name])
    assert express_scope.is_plain(program)
    run_both(program, 1)


def test_a_choice_at_the_door_is_plain():
    text = STATION.replace("Guests: {enters: Ask, ", "Guests: {").replace(
        "  Think -> Ask: {}", "  Think -> Ask: {}\n  Guests -> Ask: {probability: 30%}\n  Guests -> Look: {}"
    )
    program = lower(sf.loads(text))
    assert express_scope.is_plain(program)
    run_both(program, 1)


def test_more_visits_than_a_trip_has():
    program = changed(**PLAIN["a way that is long"])
    record = run_both(program, 2)
    assert record.visits["visit"].max() > layout.TRIP_VISITS


def test_trips_are_planned_where_requests_choose_a_way():
    program = lower(sf.loads(STATION))
    trips = express_arena.Express(program).program_rows()["consumers"][:, layout.A_TRIPS]
    assert (trips > 0).all()
    straight = lower(
        sf.loads(
            STATION.replace("Ask -> Look: {probability: 50%}", "Ask -> Look: {}").replace(
                "  Ask -> Think: {probability: 20%}\n  Ask -> end: {}\n", ""
            )
        )
    )
    assert not express_arena.Express(straight).program_rows()["consumers"][:, layout.A_TRIPS].any()
    run_both(straight, 1)


def test_a_split_is_plain():
    text = STATION.replace("Think: {duration: 3 min}", "Think: {duration: 3 min, split: all}")
    program = lower(
        sf.loads(text.replace("Think -> Ask: {}", "Think -> Look: {}\n  Think -> Look via phone: {}"))
    )
    assert express_scope.is_plain(program)
    run_both(program, 1)


NOT_PLAIN = {
    "patience": {"services": {"Ask": {"patience": "10 min"}}},
    "a delay": {"handoffs": {"Ask -> Look": {"delay": "1 min"}}},
    "a condition": {"handoffs": {"Ask -> Look": {"when": "visit == 1"}}},
    "work that pauses": {"providers": {"Office": {"off_shift": "pause"}}},
    "outages": {"providers": {"Desk": {"outages": {"after": "10 h", "repair": "1 h"}}}},
    "a limited queue": {"providers": {"Desk": {"queue_limit": 3}}},
    "an attribute": {"consumers": {"Guests": {"attributes": {"size": "uniform(low=1, high=2)"}}}},
    "a computed time": {"services": {"Ask": {"duration": "visit * 2 min"}}},
    "another discipline": {"providers": {"Desk": {"discipline": "lifo"}}},
    "a time below zero": {"services": {"Think": {"duration": "-3 min"}}},
}


@pytest.mark.parametrize("name", sorted(NOT_PLAIN))
def test_what_is_not_plain(name):
    try:
        program = changed(**NOT_PLAIN[name])
    except sf.ModelError:
        assert name == "a time below zero"
        return
    assert not express_scope.is_plain(program)
    assert compiled.loop_for(program) is Memory


def test_the_compiled_engine_takes_it_for_plain_chains_but_not_for_parts_of_a_record():
    program = lower(sf.loads(STATION))
    assert compiled.loop_for(program) is express_arena.Express
    whole, pieces = compiled.Compiled(program), compiled.Compiled(program, in_pieces=True)
    assert "express" in whole.modules
    assert "express" not in pieces.modules
    record = compiled.run(program, 1, 0)
    assert record.differences(reference.run(program, 1, 0)) == []


def test_memory_that_was_used_before_makes_no_difference():
    program = lower(sf.loads(STATION))
    run = express_arena.Express(program)
    first = run.run(1, 0)
    run.run(1, 1)
    assert run.run(1, 0).differences(first) == []


def test_rows_and_slots_grow_as_they_are_needed():
    """Thousands are at work, and thousands wait, where there is room for few at first."""
    program = changed(
        services={"Think": {"duration": "3 days"}, "Ask": {"duration": "1 min"}},
        handoffs={"Ask -> Think": {"probability": "50%"}},
        consumers={"Guests": {"arrivals": {"every": "exponential(mean=1 min)"}}},
    )
    record = run_both(program, 1)
    at_once = np.bincount(record.visits["service"]).max()
    assert at_once > 4 * FIRST_ROWS


def test_many_at_once_where_one_cannot_tell_how_many():
    """Branches of splits without duration, and crowds that nobody serves."""
    text = STATION.replace("Think: {duration: 3 min}", "Think: {split: all}")
    text = text.replace("Think -> Ask: {}", "Think -> Look: {}\n  Think -> Look via phone: {}")
    text = text.replace("every: exponential(mean=6 min)", "every: 5 h, batch: 1500")
    run_both(lower(sf.loads(text), duration="1 day", warm_up=0), 1)


def test_a_run_too_long_for_the_keys_of_events_takes_the_other_loop(monkeypatch):
    program = lower(sf.loads(STATION))
    expected = compiled.run(program, 1, 0)
    run = express_arena.Express(program)
    monkeypatch.setattr(express_arena, "LATEST", 1 << 30)
    assert compiled.loop_for(program) is Memory
    assert run.run(1, 0).differences(expected) == []


def test_columns_can_only_be_read():
    """Columns that are the same are one array."""
    record = compiled.run(lower(sf.loads(STATION)), 1, 0)
    for table in (record.visits, record.requests):
        for column in table.columns.values():
            with pytest.raises(ValueError, match="read-only"):
                column[0] = 1

"""Lost time along the critical path: exact sums, told once, where it arose."""

import numpy as np
import pytest

import serviceflow as sf
from explore import blocks
from meeting_chains import meeting_chain
from random_chains import random_chain
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.reference import engine as reference
from serviceflow.results.coverage import Coverage, apportioned
from serviceflow.results.critical_path import CriticalPath, Scenery
from serviceflow.results.derived import Reading
from tracing import chain_of, parts_sum


def record_of(chain, seed):
    try:
        return reference.run(lower(chain), seed)
    except sf.ServiceflowError:
        return None


def differences(record):
    """Flow time less work and losses of each completed request, in ticks; and what no place was found for."""
    reading = Reading(record)
    path = CriticalPath(Scenery(reading))
    spent = {"losses": np.zeros(len(reading.requests), dtype=np.int64)}
    spent["works"] = spent["losses"].copy()
    unplaced = 0
    for what, ticks in spent.items():
        for loss in getattr(path, what)():
            np.add.at(ticks, path.owner[loss.visits], loss.ticks)
            unplaced += loss.ticks.sum() - sum(one.ticks.sum() for one in path.scenery.placed(loss))
    done = np.flatnonzero(reading.completed & (reading.requests["kind"] == 0))
    flow = (reading.requests["ended"] - reading.requests["asked"])[done]
    return flow - spent["works"][done] - spent["losses"][done], unplaced


@pytest.mark.parametrize("numbers", blocks(20, 2, 1, 20))
@pytest.mark.parametrize("made", [random_chain, meeting_chain])
def test_losses_and_work_sum_to_the_flow_time(made, numbers):
    counted = 0
    for number in numbers:
        record = record_of(made(number), number)
        if record is not None and not parts_sum(record).any():  # Whether they do is for other tests.
            left, unplaced = differences(record)
            assert not left.any(), number
            assert unplaced == 0, number
            counted += len(left)
    assert counted


EXPERT = """
serviceflow: 1
name: One expert for two
time_unit: h
run: {duration: 4000 h, warm_up: 400 h, replications: 4, seed: 3}
providers: {Sales: {staff: 20}, Plant: {staff: 20}, Expert: {staff: 1}}
services:
  Offer: {provider: Sales, duration: 1 h}
  Plan: {provider: Plant, duration: 1 h}
  Advise: {provider: Expert, duration: exponential(mean=0.9 h)}
consumers:
  Buyers: {arrivals: {rate: 0.5 per hour}, enters: Offer}
  Makers: {arrivals: {rate: 0.5 per hour}, enters: Plan}
calls:
  Offer -> Advise: {ask: start}
  Plan -> Advise: {ask: start}
"""


def test_a_wait_for_a_called_service_counts_once_where_it_arises():
    results = sf.loads(EXPERT).simulate(engine="simpy", progress=False)
    table = results.critical_path()
    by_place = table.groupby("place")["share"].sum()
    assert by_place["Expert"] == pytest.approx(1.0)
    # M/M/1 at 0.9 waits 8.1 h; three standard errors of four runs of this length are about 2 h.
    assert table.groupby("consumer")["mean"].sum().to_numpy() == pytest.approx([8.1, 8.1], abs=2.5)
    assert set(table["place"]) == {"Expert"}  # Also where the callers' staff were all held.


def table_of(text, **settings):
    return (
        chain_of(text)
        .simulate(replications=1, seed=1, engine="simpy", progress=False, **settings)
        .critical_path()
        .set_index(["scope", "place", "cause"])["mean"]
    )


STEPS = """
providers: {Desk: {staff: 1}, Lab: {staff: 1}}
stocks: {Kits: {initial: 0, reorder: {below: 1, quantity: 5, enters: Make}}}
services:
  Make: {duration: 7 min, produces: {Kits: quantity}}
  Take: {provider: Desk, duration: 2 min}
  Test: {provider: Lab, duration: 4 min, consumes: {Kits: 1}}
  Supply: {duration: 3 min}
consumers: {People: {arrivals: {at: [0 min, 0 min]}, enters: Take}}
handoffs:
  Take -> Test: {every: 5 min, delay: 1 min}
  Test -> Supply: {}
"""


def test_every_kind_of_place_by_hand():
    """Take 0-2 and 2-4, both leave at 5 and arrive at 6; kits come at 7; tests 7-11 and 11-15; 3 min more."""
    table = table_of(STEPS, duration="1 h", warm_up="0 min")
    assert table["provider", "Desk", "contention"] == 1.0  # 0 and 2
    assert table["link", "Take -> Test", "dispatch"] == 2.0  # 3 and 1
    assert table["link", "Take -> Test", "delay"] == 1.0
    assert table["stock", "Kits", "stock"] == 1.0
    assert table["provider", "Lab", "contention"] == 2.0  # 0 and 4
    assert table.sum() == 7.0


HELD = """
providers: {Nurse: {staff: 1}, Doctor: {staff: 1}}
services:
  Care: {provider: Nurse, duration: 2 min}
  Decide: {provider: Doctor, duration: 10 min}
consumers: {People: {arrivals: {at: [0 min, 1 min]}, enters: Care}}
calls:
  Care -> Decide: {ask: start}
"""


def test_a_wait_for_staff_that_are_held_counts_to_whom_they_wait_for():
    """The first is held from 0 to 10 and worked on to 12; the second waits 9 min for that, and 2 for work."""
    table = table_of(HELD, duration="1 h", warm_up="0 min")
    assert table["provider", "Doctor", "held"] == 4.5
    assert table["provider", "Nurse", "contention"] == 1.0
    assert table.sum() == 5.5


@pytest.mark.parametrize(
    ("ticks", "weights", "expected"),
    [
        (10, [1, 2], [3, 7]),
        (5, [0, 0], [0, 0]),
        (5, [-1, 4], [0, 5]),
        (0, [1], [0]),
        (7, [1e-9, 9], [0, 7]),
    ],
)
def test_what_is_divided_keeps_its_sum(ticks, weights, expected):
    assert apportioned(np.array([ticks]), np.array([weights], dtype=float)).tolist() == [expected]


def test_stretches_within_others_and_their_union():
    line = Coverage(np.array([0, 5, 20]), np.array([10, 8, 30]), np.array([1.0, 1.0, 2.0]))
    assert line.within(np.array([0, 6, 25, 40]), np.array([10, 7, 35, 50])).tolist() == [13, 2, 10, 0]
    assert line.union.within(np.array([0, 6, 25]), np.array([40, 7, 35])).tolist() == [20, 1, 5]


def test_where_nothing_is_lost_the_table_is_empty():
    text = """
services: {Rest: {duration: 5 min}}
consumers: {People: {arrivals: {at: [0 min]}, enters: Rest}}
"""
    assert len(table_of(text, duration="1 h", warm_up="0 min")) == 0

"""Lost time along the critical path: exact sums, told once, where it arose."""

import numpy as np
import pytest

import serviceflow as sf
from explore import blocks
from lost_sweep import differences, record_of, total_difference
from meeting_chains import meeting_chain
from random_chains import random_chain
from serviceflow.results.coverage import Coverage, apportioned
from tracing import chain_of


@pytest.mark.parametrize("numbers", blocks(20, 2, 1, 20))
@pytest.mark.parametrize("made", [random_chain, meeting_chain])
@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_losses_and_work_sum_to_the_flow_time(made, numbers, engine):
    """Of ten thousand chains: ``make lost``."""
    counted = 0
    for number in numbers:
        record = record_of(made(number), number, engine)
        if record is not None:
            left, unplaced = differences(record)
            assert not left.any(), number
            assert unplaced == 0, number
            assert total_difference(record) == 0, number
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


def shares(text, **settings):
    """Share of all lost time by place."""
    table = (
        chain_of(text)
        .simulate(replications=2, seed=1, engine="simpy", progress=False, **settings)
        .bottlenecks()
        .places
    )
    return dict(zip(table["place"], table["share"], strict=True))


BRANCHES = """
providers: {Slow: {staff: 1}, Quick: {staff: 1}, Desk: {staff: 2}}
services:
  Take: {duration: 0 min, split: all}
  Long: {provider: Slow, duration: 10 min}
  Short: {provider: Quick, duration: 6 min}
  Close: {provider: Desk, duration: 1 min, join: all}
consumers: {People: {arrivals: {at: [0 min, 0 min]}, enters: Take}}
handoffs:
  Take -> Long: {}
  Take -> Short: {}
  Long -> Close: {}
  Short -> Close: {}
"""


def test_of_a_join_the_latest_branch_counts():
    """The second waits 10 min for Slow and 6 for Quick; nobody waits for the branch at Quick."""
    table = table_of(BRANCHES, duration="1 h", warm_up="0 min")
    assert table.to_dict() == {("provider", "Slow", "contention"): 5.0}


NESTED = """
providers: {Nurse: {staff: 1}, Doctor: {staff: 1}, Lab: {staff: 1}}
services:
  Care: {provider: Nurse, duration: 1 min}
  Decide: {provider: Doctor, duration: 2 min}
  Test: {provider: Lab, duration: 20 min}
consumers: {People: {arrivals: {at: [0 min, 1 min]}, enters: Care}}
calls:
  Care -> Decide: {ask: start}
  Decide -> Test: {ask: start}
"""


def test_who_waits_for_somebody_who_waits_waits_for_whom_these_wait_for():
    """Of 22 min in which the nurse is held 20 are for the lab, 2 for the doctor; the second waits for 21."""
    table = table_of(NESTED, duration="2 h", warm_up="0 min")
    assert table["provider", "Lab", "held"] + table["provider", "Doctor", "held"] == pytest.approx(21 / 2)
    assert table["provider", "Lab", "held"] == pytest.approx(19 / 2)
    assert table["provider", "Nurse", "contention"] == 0.5
    assert table.sum() == 11


OUTSIDE_ANSWER = """
providers: {Buyer: {staff: 1}}
services:
  Buy: {provider: Buyer, duration: 1 min}
  Deliver: {duration: 30 min}
consumers: {People: {arrivals: {at: [0 min, 0 min]}, enters: Buy}}
calls:
  Buy -> Deliver: {ask: start, delay: 2 min, answer: {delay: 3 min}}
"""


def test_staff_held_for_an_outside_party_count_to_it_and_to_the_ways():
    """The second waits 35 min while the buyer is held: 2 on the way there, 30 outside, 3 on the way back."""
    table = table_of(OUTSIDE_ANSWER, duration="2 h", warm_up="0 min").groupby(level=[0, 1, 2]).sum()
    assert table["outside", "Deliver", "held"] == 15
    assert table["link", "Buy -> Deliver", "held"] == 2.5
    assert table["link", "Buy -> Deliver", "delay"] == 5  # Of the answers to each.
    assert table["provider", "Buyer", "contention"] == 0.5
    assert table.sum() == 23


LINE = """
providers:
  A: {staff: 1, queue_limit: 9}
  B: {staff: 1, queue_limit: 0, when_full: block}
  C: {staff: 1, queue_limit: 0, when_full: block}
services:
  First: {provider: A, duration: 1 min}
  Second: {provider: B, duration: 1 min}
  Third: {provider: C, duration: 9 min}
consumers: {People: {arrivals: {every: 9 min, batch: 5}, enters: First}}
handoffs:
  First -> Second: {}
  Second -> Third: {}
"""


def test_a_full_line_is_the_fault_of_its_slow_end():
    """Whoever is blocked waits for the third, through the second, and so do those behind them."""
    found = shares(LINE, duration="2 h", warm_up="0 min", horizon="terminating")
    assert found["C"] > 0.8  # What is left is the first minutes, until the line is full.
    assert found.get("B", 0) < 0.1


PARTNERS = """
providers: {Nurse: {staff: 5}, Room: {staff: 1}, Kit: {staff: 5}}
services:
  Treat: {providers: {Nurse: 1, Room: 1, Kit: 1}, duration: 10 min}
consumers: {People: {arrivals: {at: [0 min, 0 min, 0 min]}, enters: Treat}}
"""


def test_a_wait_for_a_partner_counts_to_who_is_short():
    assert shares(PARTNERS, duration="1 h", warm_up="0 min") == {"Room": 1.0}


KITS = """
stocks:
  Gowns: {initial: 9}
  Kits: {initial: 0, reorder: {below: 1, quantity: 5, enters: Make}}
services:
  Make: {duration: 7 min, produces: {Kits: quantity}}
  Treat: {duration: 2 min, consumes: {Gowns: 1, Kits: 1}}
consumers: {People: {arrivals: {at: [0 min]}, enters: Treat}}
"""


def test_a_wait_for_one_of_several_stocks_counts_to_that_which_is_short():
    assert table_of(KITS, duration="1 h", warm_up="0 min").to_dict() == {("stock", "Kits", "stock"): 7.0}


def test_a_wait_behind_who_waits_for_another_stock_counts_to_that_one():
    """There are gowns, but the first in their line waits for a kit."""
    behind = KITS.replace("  Treat:", "  Wash: {duration: 1 min, consumes: {Gowns: 1}}\n  Treat:")
    behind = behind.replace("consumers: {", "consumers: {Others: {arrivals: {at: [1 min]}, enters: Wash}, ")
    found = table_of(behind, duration="1 h", warm_up="0 min")
    assert set(found.index) == {("stock", "Kits", "stock")}
    assert sorted(found) == [6.0, 7.0]

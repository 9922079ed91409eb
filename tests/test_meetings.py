"""Where rules meet: calendars of what takes no time, batches that queue, deadlocks through stocks."""

import pytest

from serviceflow.engine.kernel.arena import Memory
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.reference import engine as reference
from serviceflow.errors import DeadlockError
from tracing import chain_of, trace

# Calendars


@pytest.mark.parametrize(
    ("way", "arrived"), [("batch: {size: 2}", 480), ("delay: 0 min", 480), ("", 480), ("delay: 1 min", 481)]
)
def test_a_way_of_no_length_waits_until_it_opens(way, arrived):
    visits = trace(f"""
    calendars: {{mail: {{mon-sun: "08:00-12:00"}}}}
    services: {{Write: {{duration: 0 min}}, Read: {{duration: 1 min}}}}
    consumers: {{All: {{arrivals: {{at: [1 h, 2 h]}}, enters: Write}}}}
    handoffs: {{Write -> Read: {{calendar: mail{", " if way else ""}{way}}}}}
    """)
    assert [visit["arrived"] for visit in visits if visit["service"] == "Read"] == [arrived, arrived]


def test_a_way_of_no_length_is_at_once_while_it_is_open():
    visits = trace("""
    calendars: {mail: {mon-sun: "08:00-12:00"}}
    services: {Write: {}, Read: {duration: 1 min}}
    consumers: {All: {arrivals: {at: [9 h, 12 h]}, enters: Write}}
    handoffs: {Write -> Read: {calendar: mail}}
    run: {duration: 2 days, horizon: terminating, replications: 1, seed: 1}
    """)
    assert [visit["arrived"] for visit in visits if visit["service"] == "Read"] == [540, 1440 + 480]


def test_a_way_home_of_no_length_waits_until_it_opens():
    visits = trace("""
    calendars: {mail: {mon-sun: "08:00-12:00"}}
    services: {Write: {}}
    consumers: {All: {arrivals: {at: [1 h]}, enters: Write}}
    handoffs: {Write -> end: {calendar: mail}}
    """)
    assert visits[-1]["service"] == "end"
    assert visits[-1]["left"] == 480


def test_the_answer_of_a_call_waits_until_its_way_opens():
    visits = trace("""
    calendars: {mail: {mon-sun: "08:00-12:00"}}
    services: {Ask: {duration: 5 min}, Help: {}}
    consumers: {All: {arrivals: {at: [1 h]}, enters: Ask}}
    calls: {Ask -> Help: {answer: {calendar: mail}}}
    """)
    assert [visit["finished"] for visit in visits if visit["service"] == "Ask"] == [485]


def test_a_service_of_no_length_waits_until_it_opens():
    [visit] = trace("""
    calendars: {mail: {mon-sun: "08:00-12:00"}}
    services: {Write: {calendar: mail}}
    consumers: {All: {arrivals: {at: [1 h]}, enters: Write}}
    """)
    assert visit["finished"] == 480
    assert visit["pause_off_shift"] == 420


def test_a_clarification_of_no_length_waits_until_it_opens():
    visits = trace("""
    calendars: {mail: {mon-sun: "08:00-12:00"}}
    services: {Write: {}, Read: {duration: 1 min}}
    consumers: {All: {arrivals: {at: [9 h]}, enters: Write}}
    handoffs:
      Write -> Read:
        calendar: mail
        delay: 3 h
        clarification: {probability: "1 if visit == 1 and hour < 10 else 0", delay: 0 min, returns_to: Write}
    run: {duration: 2 days, horizon: terminating, replications: 1, seed: 1}
    """)
    assert [visit["arrived"] for visit in visits if visit["arrived_by_return"]] == [1440 + 480]


# Batches

BATCH = """
    providers: {P: {staff: 1}}
    services: {S: {provider: P, duration: 60 min, batch: {size: SIZE, max_wait: 30 min}PATIENCE}}
    consumers: {C: {arrivals: {at: [0 min, 36 min, 72 min, 73 min, 74 min]}, enters: S}}
"""


def starts(text):
    return [(visit["started"], visit["outcome"]) for visit in trace(text)]


def test_a_batch_takes_in_who_comes_until_somebody_begins():
    text = BATCH.replace("PATIENCE", "")
    assert [start for start, _ in starts(text.replace("SIZE", "9"))] == [30, 90, 90, 90, 90]
    assert [start for start, _ in starts(text.replace("SIZE", "3"))] == [30, 90, 90, 90, 150]


def test_the_parts_of_who_came_later_are_those_since_he_came():
    visits = trace(BATCH.replace("PATIENCE", "").replace("SIZE", "3"))
    waits = [(visit.get("wait_batch", 0), visit.get("wait_contention", 0)) for visit in visits]
    assert waits == [(30, 0), (30, 24), (0, 18), (0, 17), (30, 46)]
    assert [visit["queued"] for visit in visits] == [30, 66, 72, 73, 104]


def test_who_leads_a_batch_that_queues_may_give_up():
    """The second gives up at 76; the others go on, and take in the fifth."""
    found = starts(BATCH.replace("PATIENCE", ", patience: 40 min").replace("SIZE", "4"))
    assert found == [
        (30, "completed"),
        (None, "gave up"),
        (90, "completed"),
        (90, "completed"),
        (90, "completed"),
    ]


def test_all_of_a_batch_that_queues_may_give_up():
    """Those who came at 36 give up at 56; another batch is filled after them."""
    visits = trace("""
    providers: {P: {staff: 1}}
    services:
      S: {provider: P, duration: 60 min, batch: {size: 3, max_wait: 10 min}, patience: 20 min}
      T: {provider: P, duration: 2 h}
    consumers:
      D: {arrivals: {at: [0 min]}, enters: T}
      C: {arrivals: {at: [36 min, 36 min, 110 min, 112 min]}, enters: S}
    """)
    assert [(visit["outcome"], visit["left"], visit["queued"]) for visit in visits[1:]] == [
        ("gave up", 56, 46),
        ("gave up", 56, 46),
        ("completed", 180, 120),
        ("completed", 180, 120),
    ]


def test_a_batch_that_queues_is_led_by_who_was_there():
    """Who waited for a stock came earlier, and joins a batch that has its place already."""
    visits = trace("""
    providers: {P: {staff: 1}}
    stocks: {K: {initial: 0}}
    services:
      S: {provider: P, duration: 60 min, batch: {size: 3, max_wait: 10 min}, consumes: {K: need}}
      T: {provider: P, duration: 2 h}
      M: {duration: 1 min, produces: {K: 1}}
    consumers:
      D: {arrivals: {at: [0 min]}, enters: T}
      A: {attributes: {need: 1}, arrivals: {at: [10 min]}, enters: S}
      B: {attributes: {need: 0}, arrivals: {at: [20 min, 21 min]}, enters: S}
      E: {arrivals: {at: [59 min]}, enters: M}
    """)
    batch = [visit for visit in visits if visit["service"] == "S"]
    assert [visit["started"] for visit in batch] == [120, 120, 120]


# Deadlock


def knot(text):
    """When both engines find a deadlock, and what it is."""
    program = lower(chain_of(text))
    found = Memory(program)
    asked = []
    found.told_by_reference = lambda seed, replication: asked.append(seed)  # type: ignore[method-assign]
    found.run(1, 0)
    assert asked
    with pytest.raises(DeadlockError) as caught:
        reference.run(program, 1)
    return str(caught.value)


STOCK_KNOT = """
    providers: {Clerk: {staff: 1}}
    stocks: {Part: {initial: 0}}
    services:
      Assemble: {provider: Clerk, duration: 5 min}
      Fetch: {duration: 1 min, consumes: {Part: 1}}
      Make: {provider: Clerk, duration: 5 min, produces: {Part: 1}}
    consumers:
      A: {arrivals: {at: [0 min]}, enters: Assemble}
      M: {arrivals: {every: 5 h}, enters: Make}
    calls: {Assemble -> Fetch: {ask: startDELAY}}
"""


def test_a_knot_through_a_stock_is_found_whatever_is_still_due():
    said = knot(STOCK_KNOT.replace("DELAY", ""))
    assert said.startswith("deadlock after 0 s")
    assert (
        "Clerk at Assemble (request 0): awaits the answer of Assemble -> Fetch, where Part is waited for"
        in said
    )


def test_a_knot_through_a_stock_is_found_when_it_is_there():
    assert knot(STOCK_KNOT.replace("DELAY", ", delay: 10 min")).startswith("deadlock after 10 min")


def test_a_stock_that_somebody_else_brings_is_no_knot():
    visits = trace(STOCK_KNOT.replace("DELAY", "").replace("Make: {provider: Clerk, ", "Make: {"))
    assert [visit["finished"] for visit in visits if visit["service"] == "Assemble"] == [311]


def test_a_stock_that_somebody_may_put_back_is_no_knot():
    """Y has the only part and waits for the clerk; it gives up at 31, and Fetch can have it."""
    visits = trace("""
    providers: {Clerk: {staff: 1}}
    stocks: {Part: {initial: 1}}
    services:
      Assemble: {provider: Clerk, duration: 5 min}
      Fetch: {duration: 1 min, consumes: {Part: 1}}
      Use: {provider: Clerk, duration: 5 min, consumes: {Part: 1}, patience: 30 min}
    consumers:
      A: {arrivals: {at: [0 min]}, enters: Assemble}
      Y: {arrivals: {at: [1 min]}, enters: Use}
    calls: {Assemble -> Fetch: {ask: start, delay: 2 min}}
    """)
    assert [visit["finished"] for visit in visits if visit["service"] == "Assemble"] == [37]


def test_patience_that_unties_is_no_knot():
    visits = trace("""
    providers: {Clerk: {staff: 1}}
    services:
      Ask: {provider: Clerk, duration: 5 min}
      Help: {provider: Clerk, duration: 5 min, patience: 10 min}
    consumers: {One: {arrivals: {at: [0 min]}, enters: Ask}}
    calls: {Ask -> Help: {ask: start}}
    """)
    assert [(visit["service"], visit["outcome"], visit["left"]) for visit in visits] == [
        ("Ask", "completed", 15),
        ("Help", "gave up", 10),
    ]


def test_patience_in_a_full_queue_makes_room():
    """Each holds what the other's queue waits for, until who stands in the queue of B has had enough."""
    visits = trace("""
    providers:
      A: {staff: 1, queue_limit: 0, when_full: block}
      B: {staff: 1, queue_limit: 1, when_full: block}
    services:
      First: {provider: A, duration: 5 min}
      Second: {provider: B, duration: 5 min}
      Third: {provider: B, duration: 1 min, patience: 30 min}
    consumers:
      X: {arrivals: {at: [0 min]}, enters: First}
      Y: {arrivals: {at: [0 min]}, enters: Second}
      Z: {arrivals: {at: [1 min]}, enters: Third}
    handoffs: {First -> Third: {}, Second -> First: {}}
    """)
    assert all(visit["outcome"] in ("completed", "gave up") for visit in visits)
    assert any(visit["outcome"] == "gave up" and visit["left"] == 31 for visit in visits)


def test_a_full_queue_ahead_of_a_batch_is_named_once():
    chain = chain_of("""
    providers: {Desk: {staff: 1, queue_limit: 0, when_full: block}}
    services:
      Both: {provider: Desk, duration: 1 min, batch: {size: 2}}
      After: {provider: Desk, duration: 1 min}
    consumers: {All: {arrivals: {at: [0 min, 0 min]}, enters: Both}}
    handoffs: {Both -> After: {}}
    """)
    with pytest.raises(DeadlockError, match="waits for room in the queue of Desk\n"):
        reference.run(lower(chain), 1)

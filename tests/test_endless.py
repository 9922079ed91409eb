"""Nothing within an instant goes on without end: a run, or an error that names those who take part."""

import pytest

import serviceflow as sf
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.program.codes import COMPLETED
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.reference import engine as reference
from serviceflow.errors import RunError
from tracing import chain_of, record_of, trace


def message_of(text):
    """What both engines say of a model that cannot go on."""
    program = lower(chain_of(text))
    said = []
    for engine in (reference, compiled):
        with pytest.raises(RunError) as caught:
            engine.run(program, 1)
        said.append(str(caught.value))
    assert said[0] == said[1]
    return said[0]


TEN_DAYS = {"duration": "10 days", "horizon": "terminating"}
ORDERS = """
    providers: {D: {staff: 1, queue_limit: LIMIT, when_full: WHEN_FULL}}
    stocks: {K: {initial: 5, reorder: {below: 3, quantity: 1, enters: B}}}
    services:
      W: {duration: 7 min, consumes: {K: 1}}
      B: {provider: D, duration: 60 min, produces: {K: quantity}}
    consumers: {A: {arrivals: {every: 10 min}, enters: W}}
"""


@pytest.mark.parametrize("limit", ["0", "1"])
@pytest.mark.parametrize("when_full", ["refuse", "block"])
def test_orders_that_are_refused_and_made_again(limit, when_full):
    said = message_of(ORDERS.replace("LIMIT", limit).replace("WHEN_FULL", when_full))
    assert said.startswith("time stands still after ")
    assert "ordered at once for stocks.K; refused by services.B" in said


def test_an_order_that_waits_before_it_comes_again_is_a_run():
    waits = ORDERS.replace("LIMIT", "0").replace("WHEN_FULL", "refuse").replace(", enters: B", "")
    visits = trace(waits + "    handoffs: {K -> B: {delay: 20 min}}\n")
    assert sum(visit["outcome"] == "refused" for visit in visits) > 10


def test_orders_that_need_what_they_bring():
    said = message_of("""
    stocks: {K: {initial: 0, reorder: {below: 1, quantity: 1, enters: B}}}
    services:
      W: {duration: 7 min, consumes: {K: 1}}
      B: {duration: 1 h, consumes: {K: 1}, produces: {K: quantity}}
    consumers: {A: {arrivals: {every: 10 min}, enters: W}}
    """)
    assert "ordered at once for stocks.K; visited without taking time: services.B" in said


def test_a_closed_group_that_thinks_for_no_time_before_a_full_queue():
    said = message_of("""
    providers: {Desk: {staff: 1, queue_limit: 0}}
    services: {Answer: {provider: Desk, duration: 5 min}}
    consumers: {C: {arrivals: {population: 3, think: "0 min if hour < 30 else 1 min"}, enters: Answer}}
    """)
    assert "asked at once by consumers.C; refused by services.Answer" in said


def test_arrivals_without_a_gap():
    said = message_of("""
    services: {Answer: {duration: 5 min}}
    consumers: {C: {arrivals: {every: "0 min if hour < 30 else 1 min"}, enters: Answer}}
    """)
    assert "asked at once by consumers.C" in said
    assert said.endswith("give their arrivals, or their thinking, some time")


def test_outages_without_an_end():
    said = message_of("""
    providers: {D: {staff: 1, outages: {after: "0 min if hour < 30 else 1 min", repair: 0 min}}}
    services: {Answer: {provider: D, duration: 5 min}}
    consumers: {C: {arrivals: {every: 1 h}, enters: Answer}}
    """)
    assert "broken down at once: providers.D" in said


def test_a_circle_of_services_that_take_no_time():
    said = message_of("""
    services: {A: {duration: "0 min if hour < 30 else 1 min"}, B: {duration: "0 min if hour < 30 else 1 min"}}
    consumers: {C: {arrivals: {at: [20 min]}, enters: A}}
    handoffs: {A -> B: {}, B -> A: {when: hour < 30}, B -> end: {}}
    """)
    assert "visited without taking time: services.A, services.B" in said
    assert said.startswith("time stands still after 20 min")


def test_asking_back_for_ever():
    said = message_of("""
    services: {W: {duration: 1 min}, R: {duration: 1 min}}
    consumers: {A: {arrivals: {at: [0 min]}, enters: W}}
    handoffs: {W -> R: {clarification: {probability: "1 if hour < 30 else 0", delay: 1 min}}}
    """)
    assert said.startswith(
        "handoffs.W -> R.clarification.probability: request 0 was asked back 100,000 times"
    )


def test_an_arrival_of_too_many():
    said = message_of("""
    services: {W: {duration: 1 min}}
    consumers: {A: {arrivals: {every: 1 h, batch: "1e15 if hour < 30 else 1"}, enters: W}}
    """)
    assert said == ("consumers.A.arrivals.batch: gives 1e+15; one arrival brings at most 1,000,000 requests")


def test_a_crowd_at_one_instant_is_no_standstill():
    """More happens than is allowed to a circle, as many are there."""
    record = record_of(
        chain_of("""
    services: {A: {duration: 1 min}, B: {duration: 1 min}}
    consumers: {C: {arrivals: {every: 1 h, batch: 30000}, enters: A}}
    handoffs: {A -> B: {batch: {size: 30000}}}
    run: {duration: 70 min, horizon: terminating, replications: 1, seed: 1}
    """)
    )
    assert len(record.visits) == 60_000


@pytest.mark.parametrize("ask", ["before", "start", "end"])
def test_calls_are_as_deep_as_they_like(ask):
    depth = 3000
    chain = sf.ServiceChain("Deep", time_unit="min", run=TEN_DAYS)
    for level in range(depth):
        chain.add_service(f"S{level}", duration="1 min")
    for level in range(depth - 1):
        chain.add_call(f"S{level}", f"S{level + 1}", ask=ask)
    chain.add_consumer("C", arrivals={"at": ["0 min"]}, enters="S0")
    record = record_of(chain)
    assert record.requests["ended"].max() == depth * 60_000_000


def test_splits_are_nested_as_deep_as_they_like():
    depth = 400
    chain = sf.ServiceChain("Splits", time_unit="min", run=TEN_DAYS)
    for level in range(depth):
        chain.add_service(f"S{level}", duration="1 min", split="all" if level < depth - 1 else None)
        chain.add_service(f"L{level}", duration="1 s")
        if level:
            chain.add_handoff(f"S{level - 1}", f"S{level}")
            chain.add_handoff(f"S{level - 1}", f"L{level - 1}")
    chain.add_handoff(f"S{depth - 1}", f"L{depth - 1}")
    chain.add_consumer("C", arrivals={"at": ["0 min"]}, enters="S0")
    record = record_of(chain)
    assert len(record.visits) == 2 * depth
    assert record.requests["outcome"].tolist() == [COMPLETED]

"""Figures where rules meet: joins, stocks, ends without time, overtime of what was to fit."""

import pytest

from tracing import chain_of


def figures(text):
    """Gives what the elements of a scope come to in a measure, by name."""
    kpis = chain_of(text).simulate(engine="simpy", progress=False).kpis

    def told(scope, measure):
        rows = kpis[(kpis["scope"] == scope) & (kpis["measure"] == measure)]
        return dict(zip(rows["name"], rows["mean"], strict=True))

    return told


JOIN = """
    services:
      S: {split: all}
      L: {duration: 1 min}
      R: {duration: 100 min}
      J: {duration: 2 min, join: all}
    consumers: {A: {arrivals: {every: 10 min}, enters: S}}
    handoffs: {S -> L: {}, S -> R: {}, L -> J: {}, R -> J: {}}
    run: {duration: 1000 min, warm_up: 200 min, horizon: HORIZON, replications: 1, seed: 1}
"""


@pytest.mark.parametrize("horizon", ["terminating", "steady"])
def test_who_waits_for_branches_waits_there_whatever_becomes_of_him(horizon):
    """Every 10 min one comes who waits for 99 min: 9.9 are there."""
    results = figures(JOIN.replace("HORIZON", horizon))
    assert results("service", "queue_length")["J"] == pytest.approx(9.9)


STOCKS = """
    stocks: {A: {initial: 0}, B: {initial: 1000}}
    services:
      Use: {duration: 1 min, consumes: {A: 1, B: 1}}
      Bring: {duration: 100 min, produces: {A: 1}}
    consumers:
      X: {arrivals: {at: [10 min]}, enters: Use}
      Y: {arrivals: {at: [0 min]}, enters: Bring}
"""


def test_nobody_waits_for_a_stock_that_has_enough():
    short = figures(STOCKS)("stock", "stockout_share")
    assert short["B"] == 0
    assert short["A"] > 0


def test_a_way_to_the_end_that_takes_no_time_counts_who_takes_it():
    results = figures("""
    services: {A: {duration: 1 min}, B: {duration: 1 min, patience: 1 min}}
    consumers: {X: {arrivals: {every: 10 min}, enters: A}}
    handoffs: {A -> end: {probability: 40%}, A -> B: {}}
    """)
    ways, services = results("handoff", "arrived"), results("service", "completed")
    assert ways["A -> end"] == services["A"] - services["B"] > 0
    assert results("handoff", "completed")["A -> end"] == ways["A -> end"]
    assert results("handoff", "handoff_time")["A -> end"] == 0
    assert results("handoff", "first_time_right")["A -> end"] == 1


def test_a_split_that_always_ends_a_branch():
    results = figures("""
    services: {A: {duration: 1 min, split: all}, B: {duration: 1 min}}
    consumers: {X: {arrivals: {at: [0 min, 5 min]}, enters: A}}
    handoffs: {A -> end: {}, A -> B: {}}
    """)
    assert results("handoff", "arrived")["A -> end"] == 2


def test_the_chain_is_right_only_where_every_way_is():
    results = figures("""
    services: {A: {duration: 1 min}, B: {duration: 1 min}}
    consumers: {X: {arrivals: {every: 10 min}, enters: A}}
    handoffs: {A -> B: {clarification: {probability: 50%, delay: 1 min}}}
    """)
    assert results("consumer", "first_time_right")["X"] == 1
    way = results("handoff", "first_time_right")["A -> B"]
    assert 0.3 < way < 0.7
    assert next(iter(results("chain", "first_time_right").values())) == pytest.approx(way, abs=0.01)


def test_what_was_to_fit_and_took_longer_is_overtime():
    """5 of the 10 minutes of work are after the shift, as the answer came late."""
    results = figures("""
    providers:
      Desk: {staff: {mon-sun: {"00:00-00:20": 1, "01:00-24:00": 1}}, off_shift: fit}
    services: {P: {provider: Desk, duration: 10 min}, H: {duration: 15 min}}
    consumers: {A: {arrivals: {at: [0 min]}, enters: P}}
    calls: {P -> H: {ask: start}}
    """)
    assert results("provider", "overtime")["Desk"] == 5


def test_a_branch_that_left_early_did_not_wait_for_the_others():
    """It ends at 101, after one minute at Fork and 100 at L; that R is blocked until 50 is not on its way."""
    text = """
    providers: {Up: {staff: 1}, D: {staff: 1, queue_limit: 0, when_full: block}}
    services:
      Fork: {provider: Up, duration: 1 min, split: all}
      L: {duration: 100 min}
      R: {provider: D, duration: 10 min}
      Keep: {provider: D, duration: 50 min}
    consumers: {A: {arrivals: {at: [0 min]}, enters: Fork}, B: {arrivals: {at: [0 min]}, enters: Keep}}
    handoffs: {Fork -> L: {}, Fork -> R: {}}
    """
    results = figures(text)
    assert results("consumer", "flow_time")["A"] == 101
    assert results("consumer", "service_time")["A"] == 101
    assert results("consumer", "blocked_time")["A"] == 0
    assert results("service", "blocked_time")["Fork"] == 49
    run = chain_of(text).simulate(engine="simpy", progress=False)
    assert run.critical_path().empty
    assert run.waits("service", of="blocked").empty


BATCH = """
    providers: {Oven: {staff: 1}, Pack: {staff: 1, queue_limit: 0, when_full: block}}
    services:
      Bake: {provider: Oven, duration: 10 min, batch: {size: 3}}
      Wrap: {provider: Pack, duration: 4 min}
    consumers: {All: {arrivals: {at: AT}, enters: Bake}}
    handoffs: {Bake -> Wrap: {}}
"""


@pytest.mark.parametrize(
    ("at", "staff", "held"),
    [("[0 min, 0 min, 0 min]", 1, 8), (str(["0 min"] * 6).replace("'", ""), 2, 8 + 20)],
)
@pytest.mark.parametrize("keep", ["full", "summary"])
def test_staff_are_held_once_for_a_whole_batch(at, staff, held, keep):
    """The last of the first batch leaves 8 min after its end; of the second, that ends with it, 20 min."""
    chain = chain_of(BATCH.replace("AT", at).replace("Oven: {staff: 1}", f"Oven: {{staff: {staff}}}"))
    kpis = chain.simulate(engine="simpy", keep=keep, progress=False).kpis
    rows = kpis[(kpis["measure"] == "held_time") & (kpis["name"] == "Oven")]
    assert rows["mean"].tolist() == [held]


def test_who_waited_for_one_stock_had_the_other_at_once():
    filled = figures(STOCKS)("stock", "fill_rate")
    assert filled == {"A": 0, "B": 1}


@pytest.mark.parametrize(
    ("fields", "others"),
    [
        ("provider: D", "D: {staff: 1, queue_limit: 0}"),
        ("batch: {size: 2}, patience: 5 min", "D: {staff: 1}"),
    ],
)
def test_who_took_from_a_stock_and_was_lost_counts_in_its_fill_rate(fields, others):
    """Both find what they want there; the second is refused, or the first gives up."""
    filled = figures(f"""
    stocks: {{A: {{initial: 2}}}}
    providers: {{{others}}}
    services: {{Use: {{duration: 60 min, consumes: {{A: 1}}, {fields}}}, Free: {{provider: D}}}}
    consumers: {{X: {{arrivals: {{at: [0 min, 10 min]}}, enters: Use}}}}
    """)("stock", "fill_rate")
    assert filled["A"] == 1


@pytest.mark.parametrize("length", ["50 min", "500 min"])
def test_branches_that_wait_have_not_yet_arrived_at_the_join(length):
    """Those of the first request meet at 101; that of R is still to come when the short run ends."""
    results = figures(f"""
    services:
      S: {{split: all}}
      L: {{duration: 1 min}}
      R: {{duration: 100 min}}
      J: {{duration: 2 min, join: all}}
    consumers: {{A: {{arrivals: {{at: [0 min]}}, enters: S}}}}
    handoffs: {{S -> L: {{}}, S -> R: {{}}, L -> J: {{}}, R -> J: {{}}}}
    run: {{duration: {length}, horizon: terminating, replications: 1, seed: 1}}
    """)
    assert results("service", "arrived")["J"] == (length == "500 min")


def test_a_batch_without_staff_that_is_blocked_holds_nobodys_staff():
    results = figures("""
        providers: {P: {staff: 1, queue_limit: 0, when_full: block}}
        services:
          Ferry: {duration: 5 min, batch: {size: 2, max_wait: 1 min}}
          Desk: {provider: P, duration: 30 min}
        consumers: {A: {arrivals: {at: [0 min, 0 min]}, enters: Ferry}}
        handoffs: {Ferry -> Desk: {}}
        run: {duration: 3 h, horizon: terminating, replications: 1, seed: 1}
    """)
    assert results("provider", "held_time") == {"P": 0}
    assert results("service", "blocked_time")["Ferry"] > 0

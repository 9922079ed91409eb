"""Stocks: quantities are compared within rounding, and what is not used is put back."""

import pytest

from tracing import chain_of, record_of, trace

MINUTE = 60_000_000


def levels(text):
    """Instants in minutes and levels of the only stock."""
    table = record_of(chain_of(text)).stocks
    return [
        (time / MINUTE, level, on_order, unmet)
        for time, level, on_order, unmet in zip(
            table["time"], table["level"], table["on_order"], table["waiting"], strict=True
        )
    ]


def test_three_tenths_of_three_tenths():
    visits = trace("""
    stocks: {Paint: {initial: 0.3}}
    services: {Use: {duration: 1 min, consumes: {Paint: 0.1}}}
    consumers: {A: {arrivals: {at: [1 min, 2 min, 3 min]}, enters: Use}}
    """)
    assert [visit["finished"] for visit in visits] == [2, 3, 4]


def test_what_is_left_by_rounding_is_nothing():
    rows = levels("""
    stocks: {Paint: {initial: 0.3}}
    services: {Use: {duration: 1 min, consumes: {Paint: 0.1}}}
    consumers: {A: {arrivals: {at: [1 min, 2 min, 3 min]}, enters: Use}}
    """)
    assert rows[-1] == (3, 0, 0, 0)


@pytest.mark.parametrize(
    ("up_to", "quantity"), [(3, 1), (0.6, 0.2), (0.3, 0.1), (0.7, 0.1), (4.2, 1.4), (1e-9, 1e-10)]
)
def test_as_many_orders_whatever_the_unit(up_to, quantity):
    visits = trace(f"""
    stocks: {{K: {{initial: {up_to}, reorder: {{below: {up_to}, up_to: {up_to}, enters: B}}}}}}
    services:
      W: {{duration: 1 min, consumes: {{K: {quantity}}}}}
      B: {{duration: 5 min, produces: {{K: quantity}}}}
    consumers: {{A: {{arrivals: {{every: 10 min}}, enters: W}}}}
    run: {{duration: 205 min, horizon: terminating, replications: 1, seed: 1}}
    """)
    assert sum(visit["service"] == "B" for visit in visits) == 20
    assert all(visit["outcome"] == "completed" for visit in visits if visit["arrived"] < 200)


def test_an_order_that_comes_in_parts_is_complete():
    rows = levels("""
    stocks: {K: {initial: 0.3, reorder: {below: 0.3, quantity: 0.3, enters: B}}}
    services: {W: {duration: 1 min, consumes: {K: 0.3}}, B: {duration: 1 min, produces: {K: 0.1}}}
    consumers: {A: {arrivals: {at: [10 min]}, enters: W}}
    handoffs: {B -> B: {when: visit < 3}, B -> end: {}}
    """)
    assert rows[-1] == (13, pytest.approx(0.3), 0, 0)


def test_who_gives_up_puts_back_what_was_taken():
    """X has the part and waits for the clerk; it gives up at 5, and Y can have the part."""
    visits = trace("""
    providers: {Clerk: {staff: 1}}
    stocks: {Part: {initial: 1}}
    services:
      Long: {provider: Clerk, duration: 1 h}
      Use: {provider: Clerk, duration: 5 min, consumes: {Part: 1}, patience: 4 min}
      Take: {duration: 1 min, consumes: {Part: 1}}
    consumers:
      L: {arrivals: {at: [0 min]}, enters: Long}
      X: {arrivals: {at: [1 min]}, enters: Use}
      Y: {arrivals: {at: [2 min]}, enters: Take}
    """)
    assert [(visit["service"], visit["outcome"], visit["left"]) for visit in visits] == [
        ("Long", "completed", 60),
        ("Use", "gave up", 5),
        ("Take", "completed", 6),
    ]


def test_who_gives_up_in_a_batch_puts_back_what_was_taken():
    rows = levels("""
    stocks: {Part: {initial: 2}}
    services: {Use: {duration: 5 min, consumes: {Part: 2}, patience: 4 min, batch: {size: 2}}}
    consumers: {X: {arrivals: {at: [1 min]}, enters: Use}}
    """)
    assert [(time, level) for time, level, _, _ in rows] == [(0, 2), (1, 2), (1, 0), (5, 2)]

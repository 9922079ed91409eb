"""What ``excluding`` may name stops the clock: every cause, service, handoff and call, in any spelling."""

import pytest

import serviceflow as sf
from tracing import chain_of


def attainment(text):
    kpis = chain_of(text).simulate(engine="simpy", progress=False).kpis
    [value] = kpis.loc[(kpis["scope"] == "sla") & (kpis["measure"] == "attainment"), "mean"]
    return value


OFF_SHIFT = """
    calendars: {office: {mon-sun: "08:00-12:00"}}
    providers: {D: {staff: 1, calendar: office}}
    services: {W: {provider: D, duration: 30 min}}
    consumers:
      A: {arrivals: {at: [2 h]}, enters: W, sla: {excluding: [NAME], resolution: 90% within 30 min}}
"""
BLOCKED = """
    providers: {U: {staff: 1}, D: {staff: 1, queue_limit: 0, when_full: block}}
    services: {A: {provider: U, duration: 1 min}, B: {provider: D, duration: 10 min}}
    consumers:
      A0: {arrivals: {at: [0 min]}, enters: B}
      X: {arrivals: {at: [0 min]}, enters: A, sla: {excluding: [blocked], resolution: 90% within 11 min}}
    handoffs: {A -> B: {}}
"""
CALL = """
    providers: {D: {staff: 1}}
    services: {A: {provider: D, duration: 5 min}, B: {duration: 10 min}}
    consumers:
      X: {arrivals: {at: [0 min]}, enters: A, sla: {excluding: [NAME], resolution: 90% within 5 min}}
    calls: {A -> B: {ask: start, wait: WAIT}}
"""
HANDOFF = """
    services: {A: {duration: 5 min}, B: {duration: 1 min}}
    consumers:
      X: {arrivals: {at: [0 min]}, enters: A, sla: {excluding: [NAME], resolution: 90% within 6 min}}
    handoffs: {A -> B: {delay: 10 min}}
"""


@pytest.mark.parametrize("name", ["off shift", "off_shift"])
def test_a_cause_in_any_spelling(name):
    assert attainment(OFF_SHIFT.replace("NAME", name)) == 1


def test_being_blocked():
    """20 min less 9 blocked are 11; a minute less is promised in vain."""
    assert attainment(BLOCKED) == 1
    assert attainment(BLOCKED.replace("11 min", "10 min")) == 0


@pytest.mark.parametrize("name", ["A -> B", "B", "call"])
def test_a_call_by_its_name_or_by_the_service_that_it_asks(name):
    assert attainment(CALL.replace("NAME", name).replace("WAIT", "true")) == 1


def test_a_call_that_nobody_waits_for_holds_nothing_up():
    late = CALL.replace("NAME", "A -> B").replace("WAIT", "false").replace("within 5 min", "within 4 min")
    assert attainment(late) == 0


def test_a_call_in_the_course_of_a_call():
    assert (
        attainment("""
    services: {A: {duration: 5 min}, B: {duration: 10 min}, C: {duration: 20 min}}
    consumers: {X: {arrivals: {at: [0 min]}, enters: A, sla: {excluding: [C], resolution: 90% within 15 min}}}
    calls: {A -> B: {}, B -> C: {}}
    """)
        == 1
    )


def test_a_promise_of_a_call_excludes_what_is_asked_for_it():
    assert (
        attainment("""
    services: {A: {duration: 5 min}, B: {duration: 10 min}, C: {duration: 20 min}}
    consumers: {X: {arrivals: {at: [0 min]}, enters: A}}
    calls: {A -> B: {sla: {excluding: [B -> C], resolution: 90% within 10 min}}, B -> C: {}}
    """)
        == 1
    )


@pytest.mark.parametrize("name", ["A -> B", "handoff", "delay"])
def test_the_way(name):
    assert attainment(HANDOFF.replace("NAME", name)) == 1


def test_a_cause_by_the_clock_of_a_calendar_is_refused_in_any_spelling():
    chain = chain_of(OFF_SHIFT.replace("NAME", "off shift").replace("sla: {", "sla: {clock: office, "))
    results = chain.simulate(engine="simpy", progress=False)
    with pytest.raises(sf.NotSupportedError, match="off shift"):
        results.kpis.head()

"""What a shift leaves over, and what comes while nobody is on duty; worked out by hand, in minutes."""

from __future__ import annotations

import pytest

from serviceflow.analysis.audit import audit_record
from tracing import chain_of, record_of, visits_of

NIGHTS = '{mon-sun: {"00:00-00:10": 1, "01:00-01:10": 1, "02:00-24:00": 1}}'
"""On duty from 0 to 10, from 60 to 70, and from 120 on."""


def waits(text: str, service: str = "Serve") -> list[tuple[object, ...]]:
    """Off shift, carried over and contention of each visit to a service; engines and auditor agree."""
    record = record_of(chain_of(text))
    assert [str(breach) for breach in audit_record(record)] == []
    parts = ("wait_off_shift", "wait_carried_over", "wait_contention")
    return [
        tuple(visit.get(part, 0) for part in parts)
        for visit in visits_of(record)
        if visit["service"] == service
    ]


@pytest.mark.parametrize("discipline", ["fifo", "priority"])
def test_the_first_night_of_who_comes_in_it_is_off_shift_and_others_are_carried_over(discipline: str) -> None:
    """The second is left over by the first shift; the third, who came in the night, by the second shift.

    Who comes at the instant at which a shift ends, comes in the night.
    """
    assert waits(f"""
        providers: {{Desk: {{staff: {NIGHTS}, off_shift: finish, discipline: {discipline}}}}}
        services: {{Serve: {{provider: Desk, duration: 10 min}}}}
        consumers: {{All: {{arrivals: {{at: [0 min, 0 min, 30 min, 70 min]}}, enters: Serve}}}}
    """) == [(0, 0, 0), (0, 50, 10), (30, 50, 10), (50, 0, 10)]


def test_who_lacks_the_skill_is_nobody() -> None:
    assert waits("""
        providers:
          Desk:
            members:
              Ann: {skills: [apple], calendar: apples}
              Bob: {skills: [orange]}
        calendars: {apples: {mon-sun: "00:00-00:10, 01:00-24:00"}}
        services: {Serve: {provider: Desk, duration: 8 min, skill: apple}}
        consumers: {All: {arrivals: {at: [2 min, 5 min, 30 min]}, enters: Serve}}
    """) == [(0, 0, 0), (0, 50, 5), (30, 0, 8)]


def test_while_everybody_on_duty_is_down_somebody_is_on_duty() -> None:
    visits = waits("""
        providers:
          Desk:
            staff: {mon-sun: {"00:00-00:10": 1, "01:00-24:00": 1}}
            outages: {after: 4 min, repair: 20 min}
        services: {Serve: {provider: Desk, duration: 1 min}}
        consumers: {All: {arrivals: {at: [6 min]}, enters: Serve}}
    """)
    assert [(off_shift, carried_over) for off_shift, carried_over, _ in visits] == [(0, 50)]


def test_where_what_is_left_of_a_shift_is_too_short_it_is_off_shift_until_the_shift_ends() -> None:
    assert waits(f"""
        providers: {{Desk: {{staff: {NIGHTS}, off_shift: fit}}}}
        services: {{Serve: {{provider: Desk, duration: 7 min}}}}
        consumers: {{All: {{arrivals: {{at: [5 min, 30 min]}}, enters: Serve}}}}
    """) == [(5, 50, 0), (33, 50, 7)]


def test_each_of_a_batch_counts_its_own_nights() -> None:
    """The first queues by day, the next joins it in the night, and the last in the night after."""
    assert waits(f"""
        providers: {{Desk: {{staff: {NIGHTS}, off_shift: finish}}}}
        services:
          Serve: {{provider: Desk, duration: 4 min, batch: {{size: 3, max_wait: 1 min}}}}
          Other: {{provider: Desk, duration: 10 min}}
        consumers:
          Early: {{arrivals: {{at: [0 min, 2 min]}}, enters: Other}}
          All: {{arrivals: {{at: [5 min, 30 min, 100 min]}}, enters: Serve}}
    """) == [(0, 100, 14), (30, 50, 10), (20, 0, 0)]


def test_the_others_of_a_batch_keep_what_they_were_when_its_first_gives_up() -> None:
    assert waits("""
        providers: {Desk: {staff: {mon-sun: {"00:00-00:10": 1, "02:00-24:00": 1}}, off_shift: finish}}
        services:
          Serve:
            provider: Desk
            duration: 4 min
            batch: {size: 4, max_wait: 1 min}
            patience: 40 min if early else 1 day
          Other: {provider: Desk, duration: 10 min}
        consumers:
          Early: {arrivals: {at: [0 min]}, enters: Other}
          First: {arrivals: {at: [4 min]}, enters: Serve, attributes: {early: true}}
          All: {arrivals: {at: [5 min, 30 min]}, enters: Serve, attributes: {early: false}}
    """) == [(0, 34, 5), (0, 110, 5), (90, 0, 0)]


OFFICE = """
    run: {duration: 40 weeks, warm_up: 4 weeks, replications: 1, seed: 3}
    calendars: {office: {mon-fri: "09:00-17:00"}}
    providers: {Experts: {staff: STAFF, calendar: office}}
    services: {Review: {provider: Experts, duration: exponential(mean=2 h)}}
    consumers: {Teams: {arrivals: ARRIVALS, enters: Review}}
"""
BY_DAY = '{profile: {mon-fri: {"09:00-17:00": 0.9 per h}}}'


def nights(staff: int, arrivals: str) -> tuple[float, float]:
    """Hours of waiting per visit while nobody was on duty: off shift and carried over."""
    chain = chain_of(OFFICE.replace("STAFF", str(staff)).replace("ARRIVALS", arrivals))
    results = chain.simulate(engine="simpy", progress=False)
    means = [results.mean("service", f"waiting_{cause}")[0] / 60 for cause in ("off_shift", "carried_over")]
    return means[0], means[1]


def test_nights_of_two_busy_experts_are_for_want_of_a_third() -> None:
    """At 90% of office hours most of the wait is by night, and nearly all of it goes with a third expert."""
    off_shift, carried_over = nights(2, BY_DAY)
    assert off_shift == 0.0
    assert carried_over > 10
    assert nights(3, BY_DAY)[1] < carried_over / 5


def test_nights_of_who_comes_by_night_are_for_want_of_a_night_shift() -> None:
    off_shift, carried_over = nights(3, "{every: exponential(mean=6 h)}")
    assert off_shift > 10
    assert off_shift > 20 * carried_over


@pytest.mark.parametrize(("name", "kept"), [("off shift", 1), ("carried over", 1), ("contention", 0)])
def test_promises_may_leave_it_out(name: str, kept: int) -> None:
    """Off shift is all time with nobody on duty; of 69 min it is 50."""
    chain = chain_of(f"""
        providers: {{Desk: {{staff: {NIGHTS}, off_shift: finish}}}}
        services: {{Serve: {{provider: Desk, duration: 10 min}}}}
        consumers:
          First: {{arrivals: {{at: [0 min]}}, enters: Serve}}
          Second:
            arrivals: {{at: [1 min]}}
            enters: Serve
            sla: {{excluding: [{name}], resolution: 90% within 20 min}}
    """)
    results = chain.simulate(engine="simpy", progress=False)
    assert results.mean("sla", "attainment")[0] == kept


def test_the_verdict_and_the_story_say_it() -> None:
    chain = chain_of(f"""
        providers: {{Desk: {{staff: {NIGHTS}, off_shift: finish}}}}
        services: {{Serve: {{provider: Desk, duration: 10 min}}}}
        consumers: {{All: {{arrivals: {{at: [0 min, 0 min]}}, enters: Serve}}}}
    """)
    results = chain.simulate(engine="simpy", progress=False)
    assert "at Desk: the shift ended before their turn came (83%)" in str(results.bottlenecks())
    assert "waited for Desk: the shift ended before their turn came (50 min)" in str(results.story(1))

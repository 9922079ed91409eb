"""Small chains in which two rules meet: what is right was worked out by hand, times in minutes.

Both engines run each of them and the auditor, who knows neither, finds no rule broken.
"""

from __future__ import annotations

import pytest

from serviceflow.analysis.audit import audit_record
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.reference import engine as reference
from serviceflow.errors import DeadlockError
from tracing import chain_of, record_of, visits_of


def audited(text: str) -> list[dict[str, object]]:
    """Every visit, recorded alike by both engines, without a breach."""
    record = record_of(chain_of(text))
    assert [str(breach) for breach in audit_record(record)] == []
    return visits_of(record)


def of(visits: list[dict[str, object]], service: str, what: str) -> list[object]:
    """What the visits to a service say, in the order of their rows."""
    return [visit.get(what) for visit in visits if visit["service"] == service]


def test_kept_staff_are_free_once_who_reserved_them_gives_up() -> None:
    visits = audited("""
        providers: {Nurse: {staff: 1}, Room: {staff: 1}}
        services:
          Operate: {providers: {Nurse: 1, Room: 1}, duration: 10 min, reserve: true, patience: 5 min}
          Talk: {provider: Nurse, duration: 4 min}
          Air: {provider: Room, duration: 60 min}
        consumers:
          A: {arrivals: {at: [0 min]}, enters: Air}
          C: {arrivals: {at: [1 min]}, enters: Operate}
          D: {arrivals: {at: [2 min]}, enters: Talk}
    """)
    assert of(visits, "Talk", "started") == [6.0]


PREEMPTIVE = "discipline: priority, preemptive: true"


def test_paused_work_interrupts_what_is_less_urgent() -> None:
    visits = audited(f"""
        providers:
          D: {{staff: {{mon-sun: {{"00:00-00:05": 2, "00:05-24:00": 1}}}}, {PREEMPTIVE}}}
        services: {{W: {{provider: D, duration: size * 1 min}}}}
        consumers:
          B: {{arrivals: {{at: [0 min]}}, enters: W, priority: 3, attributes: {{size: 100}}}}
          A: {{arrivals: {{at: [1 min]}}, enters: W, priority: 1, attributes: {{size: 10}}}}
    """)
    assert of(visits, "W", "finished") == [106.0, 11.0]


def test_a_team_interrupts_at_all_its_providers() -> None:
    visits = audited(f"""
        providers:
          N: {{staff: 1, {PREEMPTIVE}}}
          R: {{staff: 1, {PREEMPTIVE}}}
        services: {{Op: {{providers: {{N: 1, R: 1}}, duration: size * 1 min}}}}
        consumers:
          X: {{arrivals: {{at: [0 min]}}, enters: Op, priority: 2, attributes: {{size: 100}}}}
          Y: {{arrivals: {{at: [5 min]}}, enters: Op, priority: 1, attributes: {{size: 3}}}}
    """)
    assert of(visits, "Op", "started") == [0.0, 5.0]
    assert of(visits, "Op", "finished") == [103.0, 8.0]


def test_a_team_interrupts_two_works_at_once() -> None:
    visits = audited(f"""
        providers:
          N: {{staff: 1, {PREEMPTIVE}}}
          R: {{staff: 1, {PREEMPTIVE}}}
        services:
          Op: {{providers: {{N: 1, R: 1}}, duration: 3 min}}
          Ask: {{provider: N, duration: 20 min}}
          Air: {{provider: R, duration: 30 min}}
        consumers:
          X: {{arrivals: {{at: [0 min]}}, enters: Ask, priority: 2}}
          Z: {{arrivals: {{at: [0 min]}}, enters: Air, priority: 3}}
          Y: {{arrivals: {{at: [5 min]}}, enters: Op, priority: 1}}
    """)
    assert of(visits, "Op", "started") == [5.0]
    assert of(visits, "Ask", "finished") == [23.0]
    assert of(visits, "Air", "finished") == [33.0]


def test_a_team_interrupts_nobody_where_that_is_not_enough() -> None:
    visits = audited(f"""
        providers: {{N: {{staff: 1, {PREEMPTIVE}}}, R: {{staff: 1}}}}
        services:
          Op: {{providers: {{N: 1, R: 1}}, duration: 3 min}}
          Ask: {{provider: N, duration: 20 min}}
          Air: {{provider: R, duration: 30 min}}
        consumers:
          X: {{arrivals: {{at: [0 min]}}, enters: Ask, priority: 2}}
          Z: {{arrivals: {{at: [0 min]}}, enters: Air, priority: 3}}
          Y: {{arrivals: {{at: [5 min]}}, enters: Op, priority: 1}}
    """)
    assert of(visits, "Op", "started") == [30.0]
    assert of(visits, "Ask", "finished") == [20.0]


def test_an_answer_lets_more_urgent_work_interrupt() -> None:
    visits = audited(f"""
        providers: {{P: {{staff: 1, {PREEMPTIVE}}}}}
        services: {{W: {{provider: P, duration: size * 1 min}}, Help: {{duration: 10 min}}}}
        consumers:
          Routine: {{arrivals: {{at: [1 min]}}, enters: W, priority: 2, attributes: {{size: 50}}}}
          Urgent: {{arrivals: {{at: [6 min]}}, enters: W, priority: 0, attributes: {{size: 10}}}}
        calls: {{W -> Help: {{ask: start, when: size == 50}}}}
    """)
    assert of(visits, "W", "started") == [1.0, 11.0]
    assert of(visits, "W", "finished") == [71.0, 21.0]


def test_urgency_is_compared_with_priorities_whatever_the_other_queues_are_ordered_by() -> None:
    visits = audited(f"""
        providers: {{A: {{staff: 1, discipline: shortest service}}, B: {{staff: 1, {PREEMPTIVE}}}}}
        services:
          W: {{any_of: [A, B], duration: 10 min}}
          X: {{provider: A, duration: 50 min}}
          Y: {{provider: B, duration: 60 min}}
        consumers:
          Long: {{arrivals: {{at: [0 min]}}, enters: X}}
          Routine: {{arrivals: {{at: [0 min]}}, enters: Y, priority: 3}}
          Urgent: {{arrivals: {{at: [5 min]}}, enters: W, priority: 0}}
    """)
    assert of(visits, "W", "started") == [5.0]


def test_paused_work_leaves_kept_staff_alone() -> None:
    visits = audited("""
        providers:
          D: {staff: {mon-sun: {"00:00-00:05": 1, "00:10-24:00": 1}}, discipline: priority}
          R: {staff: 1}
        services:
          Long: {provider: D, duration: 20 min}
          Air: {provider: R, duration: 12 min}
          Both: {providers: {D: 1, R: 1}, duration: 5 min, reserve: true}
        consumers:
          L: {arrivals: {at: [0 min]}, enters: Long, priority: 3}
          X: {arrivals: {at: [0 min]}, enters: Air, priority: 3}
          B: {arrivals: {at: [1 min]}, enters: Both, priority: 1}
    """)
    assert of(visits, "Both", "started") == [12.0]
    assert of(visits, "Long", "finished") == [32.0]


def test_work_paused_at_several_providers_goes_on_with_all_of_them() -> None:
    visits = audited("""
        providers:
          N: {staff: {mon-sun: {"00:00-00:05": 3, "01:00-02:00": 1, "02:00-24:00": 2}}}
          R: {staff: {mon-sun: {"00:00-00:05": 2, "01:00-24:00": 1}}}
        services:
          Big: {providers: {N: 2, R: 1}, duration: 10 min}
          Small: {providers: {N: 1, R: 1}, duration: 10 min}
        consumers:
          X: {arrivals: {at: [0 min]}, enters: Big}
          Y: {arrivals: {at: [1 min]}, enters: Small}
    """)
    assert of(visits, "Big", "finished") == [125.0]
    assert of(visits, "Small", "finished") == [66.0]


def test_paused_work_takes_nobody_back_who_is_not_enough() -> None:
    visits = audited("""
        providers:
          A: {staff: {mon-sun: {"00:00-00:05": 1, "05:00-24:00": 1}}}
          B: {staff: {mon-sun: {"00:00-00:05": 1, "00:40-24:00": 1}}}
        services:
          Op: {providers: {A: 1, B: 1}, duration: 10 min}
          Air: {provider: B, duration: 10 min}
        consumers:
          C: {arrivals: {at: [0 min]}, enters: Op}
          D: {arrivals: {at: [10 min]}, enters: Air}
    """)
    assert of(visits, "Air", "started") == [40.0]
    assert of(visits, "Op", "finished") == [305.0]


def test_the_partner_of_paused_work_is_free_for_others() -> None:
    visits = audited("""
        providers: {A: {staff: {mon-sun: {"00:00-00:05": 1, "01:00-24:00": 1}}}, B: {staff: 1}}
        services:
          Op: {providers: {A: 1, B: 1}, duration: 10 min}
          Air: {provider: B, duration: 10 min}
        consumers:
          C: {arrivals: {at: [0 min]}, enters: Op}
          D: {arrivals: {at: [20 min]}, enters: Air}
    """)
    assert of(visits, "Air", "started") == [20.0]
    assert of(visits, "Op", "finished") == [65.0]
    assert of(visits, "Op", "pause_off_shift") == [55.0]


INERT = ["", "learning: 100%", "setup: 5 min"]


@pytest.mark.parametrize("inert", INERT)
def test_who_is_told_apart_by_nothing_goes_on_with_any_paused_work(inert: str) -> None:
    visits = audited(f"""
        providers: {{D: {{staff: {{mon-sun: {{"00:00-00:10": 2, "00:10-24:00": 1}}}}}}}}
        services: {{W: {{provider: D, duration: 12 min, {inert}}}}}
        consumers: {{X: {{arrivals: {{at: [0 min, 1 min]}}, enters: W}}}}
    """)
    assert of(visits, "W", "finished") == [12.0, 15.0]


@pytest.mark.parametrize("inert", INERT)
def test_interrupted_work_goes_on_with_whoever_is_free(inert: str) -> None:
    visits = audited(f"""
        providers: {{P: {{staff: 2, {PREEMPTIVE}}}}}
        services: {{W: {{provider: P, duration: size * 1 min, {inert}}}}}
        consumers:
          Short: {{arrivals: {{at: [0 min]}}, enters: W, priority: 3, attributes: {{size: 37}}}}
          Long: {{arrivals: {{at: [1 min]}}, enters: W, priority: 3, attributes: {{size: 60}}}}
          Urgent: {{arrivals: {{at: [31 min]}}, enters: W, priority: 0, attributes: {{size: 24}}}}
    """)
    assert of(visits, "W", "finished") == [37.0, 67.0, 55.0]


@pytest.mark.parametrize("staff", ["staff: 1", "members: {Al: {}}"])
@pytest.mark.parametrize("inert", INERT)
def test_who_breaks_down_while_held_works_after_the_repair(staff: str, inert: str) -> None:
    visits = audited(f"""
        providers: {{D: {{{staff}, off_shift: finish, outages: {{after: 5 min, repair: 50 min}}}}}}
        services: {{W: {{provider: D, duration: 4 min, {inert}}}, H: {{duration: 10 min}}}}
        consumers: {{X: {{arrivals: {{at: [0 min]}}, enters: W}}}}
        calls: {{W -> H: {{ask: start}}}}
        run: {{duration: 60 min, horizon: terminating, replications: 1, seed: 1}}
    """)
    assert of(visits, "W", "finished") == [59.0]
    assert of(visits, "W", "pause_outage") == [45.0]


def test_an_answer_during_an_outage_is_no_end_of_a_shift() -> None:
    visits = audited("""
        providers: {P: {staff: 1, outages: {after: 12 min, repair: 10 min}}}
        services: {W: {provider: P, duration: 1 min}, Help: {duration: 15 min}}
        consumers: {C: {arrivals: {at: [1 min]}, enters: W}}
        calls: {W -> Help: {ask: start}}
        run: {duration: 30 min, horizon: terminating, replications: 1, seed: 1}
    """)
    assert of(visits, "W", "pause_outage") == [6.0]
    assert of(visits, "W", "pause_off_shift") == [None]


def test_who_is_down_while_off_duty_is_missed_by_nobody() -> None:
    visits = audited("""
        providers:
          A: {staff: 1}
          B: {staff: {mon-sun: {"04:00-24:00": 2}}, outages: {after: 1 min, repair: 30 min}}
        services: {W: {any_of: [A, B], duration: 9 min}}
        consumers: {C: {arrivals: {at: [1 min, 1 min]}, enters: W}}
    """)
    assert of(visits, "W", "wait_contention") == [None, 9.0]


FRUIT = """
        providers: {D: {members: {S1: {skills: [apple]}, S2: {skills: [orange]}}}}
        services:
          Apple: {provider: D, duration: 200 min, skill: apple}
          Orange: {provider: D, duration: 20 min, skill: orange}
          Help: {duration: 100 min}
        consumers:
          O: {arrivals: {at: [0 min, 1 min]}, enters: Orange}
          A: {arrivals: {at: [2 min]}, enters: Apple}
"""


@pytest.mark.parametrize("calls", ["", "        calls: {Apple -> Help: {ask: start}}\n"])
def test_causes_of_waiting_ask_who_could_do_the_work(calls: str) -> None:
    visits = audited(FRUIT + calls)
    assert of(visits, "Orange", "wait_contention") == [None, 19.0]
    for cause in ("prioritization", "held"):
        assert of(visits, "Orange", f"wait_{cause}") == [None, None]


@pytest.mark.parametrize("nurse", ["Nurse", "Zurse"])
def test_a_team_stands_in_the_queue_of_each_of_its_providers(nurse: str) -> None:
    visits = audited(f"""
        providers:
          {nurse}: {{staff: 1, discipline: priority}}
          Theatre: {{staff: 1, discipline: priority}}
        services:
          Operate: {{providers: {{{nurse}: 1, Theatre: 1}}, duration: 120 min}}
          Emergency: {{provider: Theatre, duration: 120 min}}
        consumers:
          Planned: {{arrivals: {{at: [0 min, 30 min]}}, enters: Operate, priority: 5}}
          Urgent: {{arrivals: {{at: [60 min]}}, enters: Emergency, priority: 0}}
    """)
    assert of(visits, "Emergency", "started") == [120.0]
    assert of(visits, "Operate", "started") == [0.0, 240.0]


@pytest.mark.parametrize(("first", "second"), [("A", "B"), ("B", "A")])
def test_a_team_passes_nobody_at_a_provider_of_its_own_discipline(first: str, second: str) -> None:
    """At B, the visit to Check came first; where the team is first by the other's queue says nothing."""
    visits = audited(f"""
        providers: {{{first}: {{staff: 1}}, {second}: {{staff: 1}}}}
        services:
          Op: {{providers: {{{first}: 1, {second}: 1}}, duration: 5 min}}
          Check: {{provider: {second}, duration: 1 min}}
        consumers: {{C: {{arrivals: {{at: [1 min, 5 min, 10 min]}}, enters: Op}}}}
        handoffs: {{Op -> Check: {{}}}}
    """)
    assert of(visits, "Check", "started") == [11.0, 17.0, 18.0]
    assert of(visits, "Op", "started") == [1.0, 6.0, 12.0]


@pytest.mark.parametrize("team", ["A: 1, B: 1", "B: 1, C: 1"])
def test_a_team_is_ordered_at_each_provider_as_that_one_orders(team: str) -> None:
    """At B, first come first served, the team of the first waits before the single visit of the third."""
    visits = audited(f"""
        providers:
          A: {{staff: 1, discipline: priority}}
          B: {{staff: 1}}
          C: {{staff: 1, discipline: priority}}
        services:
          Air: {{provider: B, duration: 10 min}}
          Op: {{providers: {{{team}}}, duration: 5 min}}
        consumers:
          X: {{arrivals: {{at: [0 min]}}, enters: Air}}
          Y: {{arrivals: {{at: [1 min]}}, enters: Op, priority: 5}}
          Z: {{arrivals: {{at: [2 min]}}, enters: Air, priority: 0}}
    """)
    assert of(visits, "Op", "started") == [10.0]
    assert of(visits, "Air", "started") == [0.0, 15.0]


def test_the_first_free_of_several_passes_nobody() -> None:
    visits = audited("""
        providers: {A: {staff: {mon-sun: {"00:00-01:40": 1}}}, B: {staff: 1}}
        services:
          Either: {any_of: [A, B], duration: 5 min}
          Own: {provider: B, duration: 5 min}
          LongA: {provider: A, duration: 100 min}
          LongB: {provider: B, duration: 100 min}
        consumers:
          X: {arrivals: {at: [0 min]}, enters: LongA}
          Y: {arrivals: {at: [0 min]}, enters: LongB}
          P: {arrivals: {at: [10 min]}, enters: Own}
          Q: {arrivals: {at: [20 min]}, enters: Either}
    """)
    assert of(visits, "Own", "started") == [100.0]
    assert of(visits, "Either", "started") == [105.0]


@pytest.mark.parametrize("able", ["Anna", "Clara"])
def test_who_can_do_least_else_is_taken_first(able: str) -> None:
    visits = audited(f"""
        providers: {{D: {{members: {{{able}: {{skills: [a, b]}}, Berta: {{skills: [b]}}}}}}}}
        services:
          A: {{provider: D, duration: 5 min, skill: a}}
          B: {{provider: D, duration: 5 min, skill: b}}
        consumers:
          X: {{arrivals: {{at: [0 min]}}, enters: B}}
          Y: {{arrivals: {{at: [1 min]}}, enters: A}}
    """)
    assert of(visits, "A", "started") == [1.0]


@pytest.mark.parametrize("listed", [("Ada", "Bo"), ("Bo", "Ada")])
def test_of_equal_members_the_least_worked_goes_first_then_as_listed(listed: tuple[str, str]) -> None:
    one, two = listed
    visits = audited(f"""
        providers: {{D: {{members: {{{one}: {{}}, {two}: {{}}}}}}}}
        services: {{W: {{provider: D, duration: size * 1 min}}}}
        consumers:
          X: {{arrivals: {{at: [0 min]}}, enters: W, attributes: {{size: 9}}}}
          Y: {{arrivals: {{at: [1 min, 10 min, 12 min]}}, enters: W, attributes: {{size: 1}}}}
    """)
    assert of(visits, "W", "member") == [one, two, two, two]


# Places in queues


def test_who_cannot_start_for_want_of_a_partner_needs_a_place() -> None:
    visits = audited("""
        providers: {Nurse: {staff: 1, queue_limit: 0}, Room: {staff: 1}}
        services:
          Air: {provider: Room, duration: 60 min}
          Operate: {providers: {Nurse: 1, Room: 1}, duration: 10 min}
        consumers:
          A: {arrivals: {at: [0 min]}, enters: Air}
          C: {arrivals: {at: [1 min]}, enters: Operate}
    """)
    assert of(visits, "Operate", "outcome") == ["refused"]


def test_idle_staff_are_no_places() -> None:
    visits = audited("""
        providers: {A: {staff: 3, queue_limit: 0}}
        services: {Y: {providers: {A: 2}, duration: 600 min}}
        consumers: {C: {arrivals: {at: [0 min, 60 min]}, enters: Y}}
    """)
    assert of(visits, "Y", "outcome") == ["completed", "refused"]


def test_who_cannot_do_it_is_no_place() -> None:
    visits = audited("""
        providers: {D: {members: {S1: {skills: [apple]}, S2: {skills: [pear]}}, queue_limit: 0}}
        services: {Apple: {provider: D, duration: 60 min, skill: apple}}
        consumers: {C: {arrivals: {at: [0 min, 1 min]}, enters: Apple}}
    """)
    assert of(visits, "Apple", "outcome") == ["completed", "refused"]


def test_who_waits_for_a_stock_is_not_in_the_queue_yet() -> None:
    visits = audited("""
        providers: {D: {staff: 1, queue_limit: 0}}
        stocks: {K: {initial: 0}}
        services:
          W: {provider: D, duration: 5 min, consumes: {K: 1}}
          V: {provider: D, duration: 5 min}
          B: {duration: 100 min, produces: {K: 1}}
        consumers:
          A: {arrivals: {at: [0 min]}, enters: B}
          X: {arrivals: {at: [1 min]}, enters: W}
          Y: {arrivals: {at: [2 min]}, enters: V}
    """)
    assert of(visits, "V", "started") == [2.0]
    assert of(visits, "W", "started") == [100.0]


def test_who_comes_to_a_full_queue_from_a_stock_is_refused_then() -> None:
    visits = visits_of(
        record_of(
            chain_of("""
        providers: {D: {staff: 1, queue_limit: 0}}
        stocks: {K: {initial: 0}}
        services:
          W: {provider: D, duration: 5 min, consumes: {K: 1}}
          V: {provider: D, duration: 5 min}
          B: {duration: 100 min, produces: {K: 1}}
        consumers:
          A: {arrivals: {at: [0 min]}, enters: B}
          X: {arrivals: {at: [1 min]}, enters: W}
          Y: {arrivals: {at: [98 min]}, enters: V}
    """)
        )
    )
    assert of(visits, "W", "outcome") == ["refused"]
    assert of(visits, "W", "wait_stock") == [99.0]


def test_who_awaits_an_answer_is_not_in_the_queue_yet() -> None:
    visits = audited("""
        providers: {P: {staff: 1, queue_limit: 0}}
        services: {W: {provider: P, duration: 1 min}, Help: {provider: P, duration: 1 min}}
        consumers: {C: {arrivals: {at: [1 min]}, enters: W}}
        calls: {W -> Help: {answer: {delay: 5 min}}}
    """)
    assert of(visits, "Help", "finished") == [2.0]
    assert of(visits, "W", "started") == [7.0]


def test_a_batch_that_fills_is_not_in_the_queue_yet() -> None:
    visits = audited("""
        providers: {P: {staff: 1, queue_limit: 0}}
        services: {W: {provider: P, duration: 1 min, batch: {size: 3}}}
        consumers: {C: {arrivals: {at: [1 min, 2 min, 3 min]}, enters: W}}
    """)
    assert of(visits, "W", "started") == [3.0, 3.0, 3.0]


def test_who_joins_a_batch_that_queues_needs_a_place() -> None:
    visits = audited("""
        providers: {P: {staff: 1, queue_limit: 2}}
        services:
          Long: {provider: P, duration: 60 min}
          W: {provider: P, duration: 1 min, batch: {size: 3, max_wait: 5 min}}
        consumers:
          First: {arrivals: {at: [0 min, 1 min]}, enters: Long}
          Some: {arrivals: {at: [2 min, 20 min]}, enters: W}
    """)
    assert of(visits, "W", "outcome") == ["completed", "refused"]
    assert of(visits, "W", "started")[0] == 120.0


@pytest.mark.parametrize(
    ("arrivals", "times"),
    [
        ("every: 10 min, first: 0 min", [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]),
        ("every: 10 min, first: 25 min, count: 3", [25.0, 35.0, 45.0]),
        ("every: 10 min, until: 40 min", [10.0, 20.0, 30.0]),
        ("every: 10 min, until: 45 min, count: 2, batch: 2", [10.0, 10.0, 20.0, 20.0]),
        ("every: 10 min, first: 50 min, until: 40 min", []),
        ("at: [3 min, 7 min, 30 min], count: 2", [3.0, 7.0]),
        ("at: [3 min, 7 min, 30 min], until: 30 min", [3.0, 7.0]),
        ('at: {mon-sun: "00:10, 00:20, 00:30"}, count: 1', [10.0]),
    ],
)
def test_when_the_first_comes_and_the_last(arrivals: str, times: list[float]) -> None:
    visits = audited(f"""
        services: {{W: {{duration: 1 min}}}}
        consumers: {{C: {{arrivals: {{{arrivals}}}, enters: W}}}}
        run: {{duration: 59 min, horizon: terminating}}
    """)
    assert of(visits, "W", "started") == times


@pytest.mark.parametrize(
    ("arrivals", "times"),
    [
        ("every: 30 min", [510.0, 600.0, 630.0, 1920.0, 1950.0, 2040.0, 2070.0]),
        ("every: 45 min", [525.0, 630.0, 1935.0, 2040.0, 2085.0]),
        ("every: 50 min, first: 0 min", [0.0, 530.0, 640.0, 1950.0, 2060.0]),
        (
            "every: 10 min if hour < 9 else 50 min, count: 7",
            [490.0, 500.0, 510.0, 520.0, 530.0, 600.0, 650.0],
        ),
        ('every: "uniform(low=0 min, high=0 min)", count: 2', [480.0, 480.0]),
    ],
)
def test_time_between_arrivals_passes_while_it_is_open(arrivals: str, times: list[float]) -> None:
    visits = audited(f"""
        calendars: {{day: {{mon-sun: "08:00-09:00, 10:00-11:00"}}}}
        services: {{W: {{duration: 0 min}}}}
        consumers: {{C: {{arrivals: {{{arrivals}, calendar: day}}, enters: W}}}}
        run: {{duration: 47 h, horizon: terminating}}
    """)
    assert of(visits, "W", "started") == pytest.approx(times, abs=1e-4)


def test_who_interrupts_needs_no_place() -> None:
    visits = audited(f"""
        providers: {{D: {{staff: 1, queue_limit: 0, {PREEMPTIVE}}}}}
        services: {{W: {{provider: D, duration: 100 min}}}}
        consumers:
          Routine: {{arrivals: {{at: [0 min]}}, enters: W, priority: 2}}
          Emergency: {{arrivals: {{at: [1 min]}}, enters: W, priority: 1}}
    """)
    assert of(visits, "W", "outcome") == ["completed", "completed"]
    assert of(visits, "W", "started") == [0.0, 1.0]


def test_who_finds_the_second_of_several_free_needs_no_place() -> None:
    visits = audited("""
        providers: {A: {staff: 1, queue_limit: 0}, B: {staff: 1}}
        services: {W: {any_of: [A, B], duration: 5 min}, V: {provider: A, duration: 60 min}}
        consumers:
          First: {arrivals: {at: [0 min]}, enters: V}
          Second: {arrivals: {at: [5 min]}, enters: W}
    """)
    assert of(visits, "W", "provider") == ["B"]


def test_who_is_sent_back_to_a_full_queue_that_blocks_waits_there() -> None:
    visits = audited("""
        providers: {Desk: {staff: 1, queue_limit: 0, when_full: block}}
        services: {Write: {provider: Desk, duration: 10 min}, Read: {duration: 1 min}}
        consumers: {A: {arrivals: {at: [0 min, 10 min]}, enters: Write}}
        handoffs:
          Write -> Read:
            delay: 5 min
            clarification: {probability: 100% if visit == 1 else 0%, returns_to: Write}
    """)
    assert of(visits, "Write", "outcome") == ["completed"] * 4
    assert of(visits, "Write", "started") == [0.0, 20.0, 10.0, 30.0]


def test_who_needs_more_than_are_idle_is_blocked() -> None:
    visits = audited("""
        providers: {A: {staff: 3, queue_limit: 0, when_full: block}, B: {staff: 2}}
        services: {X: {provider: B, duration: 1 min}, Y: {providers: {A: 2}, duration: 60 min}}
        consumers: {C: {arrivals: {at: [0 min, 10 min]}, enters: X}}
        handoffs: {X -> Y: {}}
    """)
    assert of(visits, "X", "blocked") == [None, 50.0]
    assert of(visits, "Y", "started") == [1.0, 61.0]


# Branches


@pytest.mark.parametrize(("short", "long"), [("A", "F"), ("Z", "F"), ("F", "A")])
def test_no_name_decides_which_branch_goes_first(short: str, long: str) -> None:
    visits = audited(f"""
        providers: {{P: {{staff: 1}}}}
        services:
          S: {{split: all}}
          {short}: {{provider: P, duration: 5 min}}
          {long}: {{provider: P, duration: 7 min}}
          J: {{join: all}}
        consumers: {{C: {{arrivals: {{at: [0 min]}}, enters: S}}}}
        handoffs: {{S -> {short}: {{}}, S -> {long}: {{}}, {short} -> J: {{}}, {long} -> J: {{}}}}
    """)
    assert of(visits, short, "started") == [0.0]
    assert of(visits, long, "started") == [5.0]


@pytest.mark.parametrize(("near", "far"), [("A", "B"), ("B", "A")])
def test_branches_are_told_apart_by_what_comes_after_them(near: str, far: str) -> None:
    visits = audited(f"""
        providers: {{P: {{staff: 1}}}}
        services:
          S: {{split: all}}
          {near}: {{provider: P, duration: 5 min}}
          {far}: {{provider: P, duration: 5 min}}
          Copy: {{duration: 3 min}}
          Send: {{duration: 4 min}}
        consumers: {{C: {{arrivals: {{at: [0 min]}}, enters: S}}}}
        handoffs: {{S -> {near}: {{}}, S -> {far}: {{}}, {near} -> Copy: {{}}, {far} -> Send: {{}}}}
    """)
    assert of(visits, near, "started") == [0.0]
    assert of(visits, far, "started") == [5.0]


def test_who_is_sent_back_to_the_first_of_all_services_is_known_as_such() -> None:
    """Services are numbered from 0, which is no less a service to return to."""
    visits = audited("""
        providers: {P: {staff: 1}}
        services: {A: {provider: P, duration: 2 min}, B: {provider: P, duration: 1 min}}
        consumers: {C: {arrivals: {at: [0 min]}, enters: A}}
        handoffs: {A -> B: {clarification: {probability: 100% if visit == 1 else 0%, returns_to: A}}}
    """)
    assert of(visits, "A", "arrived_by_return") == [0, 1]


def test_work_starts_only_if_all_its_units_stay_to_the_end() -> None:
    visits = audited("""
        providers:
          Desk:
            staff: {mon-sun: {"00:00-00:10": 2, "00:10-02:00": 1, "02:00-24:00": 2}}
            off_shift: fit
        services: {Two: {providers: {Desk: 2}, duration: 8 min}}
        consumers: {A: {arrivals: {at: [5 min]}, enters: Two}}
    """)
    assert of(visits, "Two", "started") == [120.0]
    assert of(visits, "Two", "wait_off_shift") == [115.0]


def test_units_in_hand_are_counted_in_what_fits() -> None:
    visits = audited("""
        providers:
          Desk:
            staff: {mon-sun: {"00:00-00:10": 3, "00:10-02:00": 2, "02:00-24:00": 3}}
            off_shift: fit
        services:
          Two: {providers: {Desk: 2}, duration: 15 min}
          One: {provider: Desk, duration: 8 min}
        consumers:
          A: {arrivals: {at: [0 min]}, enters: Two}
          B: {arrivals: {at: [5 min]}, enters: One}
    """)
    assert of(visits, "Two", "started") == [0.0]
    assert of(visits, "One", "started") == [15.0]


TO_20 = 'staff: {mon-sun: {"00:00-00:20": 1, "01:00-24:00": 1}}, off_shift: fit'


@pytest.mark.parametrize(("asked", "started"), [(12, 60.0), (5, 5.0), (6, 60.0)])
def test_a_setup_has_to_fit_too(asked: int, started: float) -> None:
    visits = audited(f"""
        providers: {{Desk: {{{TO_20}}}}}
        services:
          P: {{provider: Desk, duration: 5 min, setup: 10 min}}
          Q: {{provider: Desk, duration: 5 min, setup: 10 min}}
        consumers:
          A: {{arrivals: {{at: [0 min]}}, enters: P}}
          B: {{arrivals: {{at: [{asked} min]}}, enters: Q}}
    """)
    assert of(visits, "Q", "started") == [started]
    assert of(visits, "Q", "finished") == [started + 15.0]


def test_a_drawn_setup_is_the_one_that_was_asked_for() -> None:
    visits = audited("""
        providers:
          Desk: {staff: {mon-sun: {"00:00-00:20": 1, "00:30-01:00": 1, "01:10-02:00": 1}}, off_shift: fit}
        services:
          P: {provider: Desk, duration: 2 min, setup: "uniform(low=1 min, high=15 min)"}
          Q: {provider: Desk, duration: 2 min, setup: "uniform(low=1 min, high=15 min)"}
        consumers:
          A: {arrivals: {at: [0 min, 10 min, 14 min, 40 min, 50 min, 80 min]}, enters: P}
          B: {arrivals: {at: [1 min, 11 min, 15 min, 41 min, 51 min, 81 min]}, enters: Q}
    """)
    done = [visit for visit in visits if visit["finished"]]
    assert len([visit for visit in done if "setup" in visit]) > 3
    for end in (20.0, 60.0, 120.0):
        assert not [visit for visit in done if visit["started"] < end < visit["finished"]]  # type: ignore[operator]


@pytest.mark.parametrize(("speed", "started"), [(0.1, None), (0.5, None), (1.0, 480.0)])
def test_a_slow_member_starts_only_what_it_ends_in_its_shift(speed: float, started: float | None) -> None:
    visits = audited(f"""
        calendars: {{short: {{mon-sun: "08:00-08:30"}}}}
        providers: {{D: {{members: {{Al: {{speed: {speed}}}}}, calendar: short, off_shift: fit}}}}
        services: {{W: {{provider: D, duration: 20 min}}}}
        consumers: {{A: {{arrivals: {{at: [8 h]}}, enters: W}}}}
    """)
    assert of(visits, "W", "started") == [started]


def test_experience_counts_in_what_fits() -> None:
    visits = audited(f"""
        providers: {{Desk: {{{TO_20}}}}}
        services: {{P: {{provider: Desk, duration: 8 min, learning: 50%}}}}
        consumers: {{A: {{arrivals: {{at: [0 min, 0 min, 0 min, 0 min]}}, enters: P}}}}
    """)
    assert of(visits, "P", "started") == pytest.approx([0.0, 8.0, 12.0, 12.0 + 8.0 / 3.0])


CALENDARS = 'calendars: {early: {mon-sun: "00:00-00:20, 02:00-24:00"}, late: {mon-sun: "00:00-24:00"}}'


@pytest.mark.parametrize(
    ("al", "bo", "first"),
    [
        ("speed: 0.5", "speed: 1", "Bo"),  # 24 min of Al do not fit, 12 of Bo do
        ("speed: 1", "speed: 0.5", "Al"),
        ("speed: 0.5, calendar: late", "speed: 1", "Al"),  # who stays long enough is asked first
    ],
)
def test_the_first_member_for_whom_it_fits_does_it(al: str, bo: str, first: str) -> None:
    visits = audited(f"""
        {CALENDARS}
        providers: {{D: {{members: {{Al: {{{al}}}, Bo: {{{bo}}}}}, calendar: early, off_shift: fit}}}}
        services: {{W: {{provider: D, duration: 12 min}}}}
        consumers: {{A: {{arrivals: {{at: [0 min]}}, enters: W}}}}
    """)
    assert of(visits, "W", "started") == [0.0]
    assert of(visits, "W", "member") == [first]


def test_who_needs_no_setup_does_what_would_not_fit_with_one() -> None:
    visits = audited("""
        calendars: {early: {mon-sun: "00:00-00:20, 02:00-24:00"}}
        providers: {D: {members: {Al: {}, Bo: {speed: 0.8}}, calendar: early, off_shift: fit}}
        services:
          P: {provider: D, duration: 4 min, setup: 10 min}
          Q: {provider: D, duration: 4 min, setup: 10 min}
        consumers:
          A: {arrivals: {at: [0 min]}, enters: P}
          B: {arrivals: {at: [8 min, 9 min]}, enters: Q}
    """)
    assert of(visits, "P", "member") == ["Al"]
    assert of(visits, "Q", "started") == [8.0, 13.0]
    assert of(visits, "Q", "member") == ["Bo", "Bo"]  # set to it by then; with its setup Al would end at 23


@pytest.mark.parametrize(("slow", "other"), [("D", "Room"), ("Zoe", "Attic")])
def test_who_leads_the_work_does_not_depend_on_who_keeps_the_queue(slow: str, other: str) -> None:
    """The one whose queue is limited keeps it; the one with members says how long it takes."""
    visits = audited(f"""
        providers:
          {slow}: {{members: {{Al: {{speed: 0.5}}}}}}
          {other}: {{staff: 1, queue_limit: 1}}
        services: {{W: {{providers: {{{slow}: 1, {other}: 1}}, duration: 12 min}}}}
        consumers: {{A: {{arrivals: {{at: [0 min, 1 min, 2 min]}}, enters: W}}}}
    """)
    assert of(visits, "W", "finished") == [24.0, 48.0, None]  # The third is refused.


def test_both_providers_have_to_stay_for_as_long_as_the_slow_one_takes() -> None:
    visits = audited("""
        providers:
          D: {members: {Al: {speed: 0.5}}}
          Room: {staff: {mon-sun: {"00:00-00:20": 1, "01:00-24:00": 1}}, off_shift: fit}
        services: {W: {providers: {D: 1, Room: 1}, duration: 12 min}}
        consumers: {A: {arrivals: {at: [0 min]}, enters: W}}
    """)
    assert of(visits, "W", "started") == [60.0]
    assert of(visits, "W", "finished") == [84.0]


def test_the_second_provider_may_need_the_setup() -> None:
    visits = audited("""
        providers:
          D: {staff: 1}
          Room: {staff: {mon-sun: {"00:00-00:20": 1, "01:00-24:00": 1}}, off_shift: fit}
        services:
          P: {provider: Room, duration: 2 min, setup: 10 min}
          W: {providers: {D: 1, Room: 1}, duration: 5 min, setup: 10 min}
        consumers:
          A: {arrivals: {at: [0 min]}, enters: P}
          B: {arrivals: {at: [8 min]}, enters: W}
    """)
    assert of(visits, "W", "started") == [60.0]
    assert of(visits, "W", "finished") == [75.0]


@pytest.mark.parametrize(
    ("duration", "started", "left"),
    [
        (8, 0.0, "Cy"),  # all three stay: the first two do it
        (15, 0.0, "Bo"),  # who leaves at 10
        (25, 120.0, "Al"),  # of whom it would need Cy and one who is back at 2:00
    ],
)
def test_each_of_several_members_stays_to_the_end(duration: int, started: float, left: str) -> None:
    visits = audited(f"""
        calendars:
          a: {{mon-sun: "00:00-00:20, 02:00-24:00"}}
          b: {{mon-sun: "00:00-00:10, 04:00-24:00"}}
          c: {{mon-sun: "00:00-24:00"}}
        providers:
          D:
            members: {{Al: {{calendar: a}}, Bo: {{calendar: b}}, Cy: {{calendar: c}}}}
            off_shift: fit
        services:
          Two: {{providers: {{D: 2}}, duration: {duration} min}}
          One: {{provider: D, duration: 1 min}}
        consumers:
          A: {{arrivals: {{at: [0 min]}}, enters: Two}}
          B: {{arrivals: {{at: [0 min]}}, enters: One, priority: 2}}
    """)
    assert of(visits, "Two", "started") == [started]
    assert of(visits, "One", "member") == [left]


@pytest.mark.parametrize(("duration", "interrupts"), [(6, True), (12, False)])
def test_who_would_not_fit_with_the_setup_interrupts_nobody(duration: int, interrupts: bool) -> None:
    visits = audited(f"""
        providers: {{Desk: {{{TO_20}, {PREEMPTIVE}}}}}
        services:
          P: {{provider: Desk, duration: 15 min, setup: 5 min}}
          Q: {{provider: Desk, duration: {duration} min, setup: 5 min}}
        consumers:
          A: {{arrivals: {{at: [0 min]}}, enters: P, priority: 2}}
          B: {{arrivals: {{at: [5 min]}}, enters: Q, priority: 1}}
    """)
    assert of(visits, "Q", "started") == [5.0 if interrupts else 60.0]
    assert of(visits, "P", "pause_preempted") == [11.0 if interrupts else None]


def test_whoever_would_be_interrupted_is_asked_whether_it_fits() -> None:
    visits = audited(f"""
        calendars: {{early: {{mon-sun: "00:00-00:20, 02:00-24:00"}}}}
        providers: {{D: {{members: {{Al: {{speed: 0.5}}}}, calendar: early, off_shift: fit, {PREEMPTIVE}}}}}
        services:
          P: {{provider: D, duration: 9 min}}
          Q: {{provider: D, duration: 8 min}}
          R: {{provider: D, duration: 7 min}}
        consumers:
          A: {{arrivals: {{at: [0 min]}}, enters: P, priority: 2}}
          B: {{arrivals: {{at: [5 min]}}, enters: Q, priority: 1}}
          C: {{arrivals: {{at: [6 min]}}, enters: R, priority: 1}}
    """)
    assert of(visits, "R", "started") == [6.0]  # 14 min fit from 6 to 20
    assert of(visits, "Q", "started") == [120.0]  # 16 min do not fit from 5 on


# Orders that contradict one another


def test_whoever_is_drawn_has_staff_that_are_not_kept_for_another() -> None:
    visits = audited("""
        providers: {A: {staff: 1}, B: {staff: 1, discipline: random}, C: {staff: 1}}
        services:
          Long: {provider: C, duration: 20 min}
          Both: {providers: {A: 1, C: 1}, duration: 5 min, reserve: true}
          Any: {any_of: [A, B], duration: 3 min}
        consumers:
          One: {arrivals: {at: [0 min]}, enters: Long}
          Two: {arrivals: {at: [1 min]}, enters: Both}
          Three: {arrivals: {at: [2 min]}, enters: Any}
    """)
    assert of(visits, "Both", "started") == [20.0]
    assert of(visits, "Any", "started") == [2.0]
    assert of(visits, "Any", "provider") == ["B"]


def test_of_queues_in_contrary_orders_the_smallest_priority_goes_first() -> None:
    visits = audited("""
        providers: {A: {staff: 1, discipline: priority}, B: {staff: 1}}
        services:
          Busy: {providers: {A: 1, B: 1}, duration: 10 min}
          Both: {providers: {A: 1, B: 1}, duration: 5 min}
        consumers:
          First: {arrivals: {at: [0 min]}, enters: Busy}
          Early: {arrivals: {at: [1 min]}, enters: Both, priority: 2}
          Urgent: {arrivals: {at: [2 min]}, enters: Both, priority: 1}
    """)
    assert of(visits, "Both", "started") == [15.0, 10.0]


# Branches before full queues

FORK = """
        services:
          Fork: {provider: Up, duration: 1 min, split: all}
          L: {provider: LEFT, duration: 10 min}
          R: {provider: RIGHT, duration: 10 min}
          Other: {provider: Two, duration: 30 min}
        handoffs: {Fork -> L: {}, Fork -> R: {}}
"""


def test_branches_leave_one_by_one_for_a_full_queue() -> None:
    """The first one finds the desk idle; for the second one Up is held until the first is done."""
    visits = audited(
        """
        providers: {Up: {staff: 1}, One: {staff: 1, queue_limit: 0, when_full: block}, Two: {staff: 1}}
        consumers: {A: {arrivals: {at: [0 min, 2 min]}, enters: Fork}}
        """
        + FORK.replace("LEFT", "One").replace("RIGHT", "One")
    )
    assert of(visits, "Fork", "left") == [11.0, 31.0]
    assert of(visits, "Fork", "blocked") == [10.0, 19.0]
    assert of(visits, "Fork", "started") == [0.0, 11.0]
    assert of(visits, "L", "asked") == [1.0, 21.0]
    assert of(visits, "R", "asked") == [11.0, 31.0]


def test_each_branch_goes_when_there_is_room_for_it() -> None:
    """Two is busy until 30; that keeps the branch to One from nothing."""
    full = "{staff: 1, queue_limit: 0, when_full: block}"
    visits = audited(
        f"""
        providers: {{Up: {{staff: 1}}, One: {full}, Two: {full}}}
        consumers:
          A: {{arrivals: {{at: [1 min, 3 min]}}, enters: Fork}}
          B: {{arrivals: {{at: [0 min]}}, enters: Other}}
        """
        + FORK.replace("LEFT", "Two").replace("RIGHT", "One")
    )
    assert of(visits, "R", "asked") == [2.0, 31.0]
    assert of(visits, "L", "asked") == [30.0, 40.0]
    assert of(visits, "Fork", "left") == [30.0, 40.0]


def test_staff_are_held_until_the_last_branch_of_a_batch_has_left() -> None:
    visits = audited("""
        providers: {Up: {staff: 1}, One: {staff: 1, queue_limit: 0, when_full: block}}
        services:
          Fork: {provider: Up, duration: 1 min, split: all, batch: {size: 2}}
          L: {provider: One, duration: 10 min}
          R: {duration: 5 min}
          M: {provider: One, duration: 10 min}
        consumers: {A: {arrivals: {at: [0 min, 0 min, 0 min, 0 min]}, enters: Fork}}
        handoffs: {Fork -> L: {}, Fork -> R: {}, Fork -> M: {}, Fork -> end: {}}
    """)
    assert of(visits, "Fork", "left") == [11.0, 31.0, 51.0, 71.0]
    assert of(visits, "Fork", "started") == [0.0, 0.0, 31.0, 31.0]
    assert of(visits, "R", "asked") == [1.0, 1.0, 32.0, 32.0]


def test_a_branch_that_nobody_lets_in_is_a_knot() -> None:
    """Only One could make room in its own queue, and it is held for the branch that waits for that."""
    chain = chain_of("""
        providers: {One: {staff: 1, queue_limit: 0, when_full: block}, Two: {staff: 1}}
        services:
          Fork: {provider: One, duration: 1 min, split: all}
          L: {provider: One, duration: 10 min}
          R: {provider: Two, duration: 10 min}
        consumers: {A: {arrivals: {at: [0 min]}, enters: Fork}, B: {arrivals: {at: [9 h]}, enters: R}}
        handoffs: {Fork -> L: {}, Fork -> R: {}}
    """)
    for engine in (reference, compiled):
        with pytest.raises(DeadlockError, match="One at Fork .*waits for room in the queue of One"):
            engine.run(lower(chain), 1)

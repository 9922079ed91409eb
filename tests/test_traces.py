"""The rules of a run, each on a small chain worked out by hand, in minutes."""

from __future__ import annotations

import pytest

import serviceflow as sf
import tracing
from serviceflow.analysis.audit import audit_record
from serviceflow.engine.program.plans import Program
from serviceflow.engine.record.record import Record
from tracing import chain_of, ended, record_of, times, trace, visits_of


@pytest.fixture(autouse=True)
def audited(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was worked out by hand here, order and time of events, also holds for the auditor."""
    run = tracing.run_both

    def run_and_audit(program: Program, seed: int, replication: int = 0) -> Record:
        record = run(program, seed, replication)
        found = [breach for breach in audit_record(record) if breach.kind != "figure"]
        assert [str(breach) for breach in found] == []
        return record

    monkeypatch.setattr(tracing, "run_both", run_and_audit)


# Order of queues


def desk(rule: str, consumers: str) -> str:
    return f"""
    providers:
      Desk: {{staff: 1, {rule}}}
    services:
      Serve: {{provider: Desk, duration: size * 1 min}}
    consumers: {consumers}
    """


THREE = """
      First: {arrivals: {at: [0 min]}, enters: Serve, attributes: {size: 10}, priority: 5}
      Long: {arrivals: {at: [1 min]}, enters: Serve, attributes: {size: 7}, priority: 3,
             sla: {resolution: 90% within 20 min}}
      Short: {arrivals: {at: [2 min]}, enters: Serve, attributes: {size: 2}, priority: 4,
              sla: {resolution: 90% within 15 min}}
      Last: {arrivals: {at: [3 min]}, enters: Serve, attributes: {size: 4}, priority: 1}
"""


@pytest.mark.parametrize(
    ("rule", "starts"),
    [
        ("discipline: fifo", {1: 10, 2: 17, 3: 19}),
        ("discipline: lifo", {3: 10, 2: 14, 1: 16}),
        ("discipline: priority", {3: 10, 1: 14, 2: 21}),
        ("discipline: earliest due date", {2: 10, 1: 12, 3: 19}),  # due at 17, at 21, never
        ("discipline: shortest service", {2: 10, 3: 12, 1: 16}),
    ],
)
def test_disciplines(rule: str, starts: dict[int, int]) -> None:
    visits = trace(desk(rule, THREE))
    assert {visit["request"]: visit["started"] for visit in visits if visit["request"]} == starts


def test_random_discipline_is_reproducible_and_fair() -> None:
    text = """
    run: {duration: 2 days, horizon: terminating, seed: 4}
    providers:
      Desk: {staff: 1, discipline: random}
    services:
      Serve: {provider: Desk, duration: 10 min}
    consumers:
      All: {arrivals: {at: [0 min, 1 min, 2 min, 3 min]}, enters: Serve}
    """
    seen = set()
    for replication in range(60):
        record = record_of(chain_of(text), 4, replication)
        seen.add(tuple(times(visits_of(record), "Serve", "started")))
    assert len(seen) == 6  # every order of the three that wait


def test_a_random_draw_does_not_pass_over_who_is_first_at_another_provider() -> None:
    """The desk serves at random, the bench in the order of arrival; so do those who need both.

    The two who need the desk only are drawn with the first of the others.
    """
    text = """
    run: {duration: 2 days, horizon: terminating, seed: 4}
    providers:
      Desk: {staff: 1, discipline: random}
      Bench: {staff: 1}
    services:
      Serve: {providers: {Desk: 1, Bench: 1}, duration: 10 min}
      Advise: {provider: Desk, duration: 10 min}
    consumers:
      All: {arrivals: {at: [0 min, 1 min, 2 min, 3 min]}, enters: Serve}
      Some: {arrivals: {at: [2 min, 3 min]}, enters: Advise}
    """
    seen = set()
    for replication in range(40):
        visits = visits_of(record_of(chain_of(text), 4, replication))
        served = times(visits, "Serve", "started")
        assert served == sorted(served)
        seen.add(tuple(times(visits, "Advise", "started")))
    assert len(seen) > 10


def test_waiting_behind_a_later_arrival_is_prioritization() -> None:
    """At 10 the last to come goes first for 4 min, so the two before it wait 4 min for that reason."""
    visits = trace(desk("discipline: priority", THREE))
    waits = {v["request"]: (v.get("wait_contention"), v.get("wait_prioritization")) for v in visits}
    assert waits == {0: (None, None), 1: (9, 4), 2: (15, 4), 3: (7, None)}


# Preemption


def test_preemption_interrupts_and_resumes() -> None:
    """Urgent work at 4 takes 3 min; the 10 min begun at 0 go on at 7 and end at 13."""
    visits = trace(
        """
    providers:
      Desk: {staff: 1, discipline: priority, preemptive: true}
    services:
      Serve: {provider: Desk, duration: size * 1 min}
    consumers:
      Normal: {arrivals: {at: [0 min]}, enters: Serve, attributes: {size: 10}, priority: 2}
      Urgent: {arrivals: {at: [4 min]}, enters: Serve, attributes: {size: 3}, priority: 1}
      Same: {arrivals: {at: [5 min]}, enters: Serve, attributes: {size: 1}, priority: 2}
    """
    )
    assert times(visits, "Serve", "started", "finished", "pause_preempted") == [
        (0, 13, 3),
        (4, 7, 0),
        (13, 14, 0),
    ]


def test_preemption_at_the_end_of_a_shift() -> None:
    """Interrupted at 4; urgent work has 1 of its 3 min done by 5, when the shift ends for an hour.

    The urgent one resumes first (65 to 67), then the other with its 6 min (67 to 73). Its pause is
    preemption from 4 to 5, off shift to 65, preemption again to 67.
    """
    visits = trace(
        """
    providers:
      Desk: {staff: {mon-sun: {"00:00-00:05": 1, "01:05-24:00": 1}}, discipline: priority, preemptive: true}
    services:
      Serve: {provider: Desk, duration: size * 1 min}
    consumers:
      Normal: {arrivals: {at: [0 min]}, enters: Serve, attributes: {size: 10}, priority: 2}
      Urgent: {arrivals: {at: [4 min]}, enters: Serve, attributes: {size: 3}, priority: 1}
    """
    )
    normal, urgent = visits
    assert (urgent["finished"], urgent["pause_off_shift"]) == (67, 60)
    assert (normal["finished"], normal["pause_preempted"], normal["pause_off_shift"]) == (73, 3, 60)


# Shifts


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("pause", [(0, 8, 0), (8, 72, 60)]),
        ("finish", [(0, 8, 0), (8, 12, 0)]),
        ("fit", [(0, 8, 0), (70, 74, 0)]),
    ],
)
def test_the_end_of_a_shift(rule: str, expected: list[tuple[int, int, int]]) -> None:
    """On duty to 10 and from 70; two requests of 8 and 4 min come at 0."""
    visits = trace(
        f"""
    providers:
      Desk: {{staff: {{mon-sun: {{"00:00-00:10": 1, "01:10-24:00": 1}}}}, off_shift: {rule}}}
    services:
      Serve: {{provider: Desk, duration: size * 1 min}}
    consumers:
      A: {{arrivals: {{at: [0 min]}}, enters: Serve, attributes: {{size: 8}}}}
      B: {{arrivals: {{at: [0 min]}}, enters: Serve, attributes: {{size: 4}}}}
    """
    )
    assert times(visits, "Serve", "started", "finished", "pause_off_shift") == expected
    if rule == "fit":  # on duty but too late to begin counts as off shift, from 8 to 10
        assert visits[1]["wait_contention"] == 8
        assert visits[1]["wait_off_shift"] == 2
        assert visits[1]["wait_carried_over"] == 60


def test_a_shorter_one_that_fits_goes_first() -> None:
    visits = trace(
        """
    providers:
      Desk: {staff: {mon-sun: {"00:00-00:10": 1, "01:10-24:00": 1}}, off_shift: fit}
    services:
      Serve: {provider: Desk, duration: size * 1 min}
    consumers:
      A: {arrivals: {at: [0 min]}, enters: Serve, attributes: {size: 7}}
      B: {arrivals: {at: [1 min]}, enters: Serve, attributes: {size: 5}}
      C: {arrivals: {at: [2 min]}, enters: Serve, attributes: {size: 3}}
    """
    )
    assert times(visits, "Serve", "started") == [0, 70, 7]


def test_when_staff_drop_the_latest_started_pauses_first() -> None:
    visits = trace(
        """
    providers:
      Desk: {staff: {mon-sun: {"00:00-00:05": 2, "00:05-00:30": 1, "00:30-24:00": 2}}}
    services:
      Serve: {provider: Desk, duration: 10 min}
    consumers:
      All: {arrivals: {at: [0 min, 1 min, 2 min]}, enters: Serve}
    """
    )
    # 0 works 0-10; 1 works 1-5, rests, resumes at 10 (before 2, which waits) with 6 min to go
    assert times(visits, "Serve", "started", "finished", "pause_off_shift") == [
        (0, 10, 0),
        (1, 16, 5),
        (16, 26, 0),
    ]


def test_staff_of_two_shifts_do_not_overlap() -> None:
    """Two go home at 10 with work to finish; the one of the next shift is no third pair of hands."""
    visits = trace(
        """
    providers:
      Desk: {staff: {mon-sun: {"00:00-00:10": 2, "00:10-24:00": 1}}, off_shift: finish}
    services:
      Serve: {provider: Desk, duration: size * 1 min}
    consumers:
      All: {arrivals: {at: [0 min, 0 min, 5 min]}, enters: Serve, attributes: {size: 20}}
    """
    )
    assert times(visits, "Serve", "started", "finished") == [(0, 20), (0, 20), (20, 40)]


def test_dated_exceptions_and_blocks_over_midnight() -> None:
    """Night shifts 22:00-02:00; none starts on Tuesday the 6th, but Monday's runs into it."""
    visits = trace(
        """
    start: 2026-01-05
    run: {duration: 4 days, horizon: terminating}
    calendars:
      nights: {mon-sun: "22:00-02:00", 2026-01-06: closed}
    providers:
      Guard: {staff: 1, calendar: nights}
    services:
      Round: {provider: Guard, duration: 5 h}
    consumers:
      House: {arrivals: {at: [3 h]}, enters: Round}
    """
    )
    # Monday 22:00 to Tuesday 02:00, then Wednesday 22:00 to 23:00
    assert (visits[0]["started"], visits[0]["finished"]) == (22 * 60, (2 * 24 + 23) * 60)


# Handoffs


def passed(handoff: str, arrivals: str = "[0 min, 7 min, 30 min]", more: str = "") -> list[dict[str, object]]:
    return trace(
        f"""
    {more}
    services:
      Write: {{duration: 0 min}}
      Read: {{duration: 1 min}}
    consumers:
      All: {{arrivals: {{at: {arrivals}}}, enters: Write}}
    handoffs:
      Write -> Read: {handoff}
    """
    )


def test_rounds_are_counted_from_time_0_and_leaving_at_the_instant_catches_one() -> None:
    visits = passed("{every: 10 min, delay: 2 min}", "[0 min, 7 min, 10 min, 11 min]")
    assert times(visits, "Read", "arrived", "handoff_dispatch", "handoff_delay") == [
        (2, 0, 2),
        (12, 3, 2),
        (12, 0, 2),
        (22, 9, 2),
    ]


def test_dispatch_at_instants_of_the_day() -> None:
    visits = passed('{at: {mon-sun: "00:07, 00:20"}}')
    assert times(visits, "Read", "arrived") == [7, 7, None]  # the last one leaves tomorrow


def test_a_tray_goes_when_it_is_full_or_has_waited() -> None:
    visits = passed("{batch: {size: 2, max_wait: 5 min}}", "[0 min, 7 min, 9 min, 20 min]")
    assert times(visits, "Read", "arrived") == [5, 9, 9, 25]


def test_handoffs_keep_to_their_calendar() -> None:
    """Open to 00:05 and from 01:00: three of eight minutes are left for then. A round at 30 finds it shut."""
    more = 'calendars: {mail: {mon-sun: "00:00-00:05, 01:00-24:00"}}'
    assert times(passed("{delay: 8 min, calendar: mail}", "[0 min]", more), "Read", "arrived") == [63]
    assert times(passed("{every: 30 min, calendar: mail}", "[3 min]", more), "Read", "arrived") == [60]


def test_clarification_is_asked_again_until_complete() -> None:
    visits = passed("{clarification: {probability: 90% if visit == 1 else 0%, delay: 3 min}}", "[0 min]")
    (found,) = (visit for visit in visits if visit["service"] == "Read")
    assert found["clarifications"] >= 1
    assert found["arrived"] == found["handoff_clarification"] == 3 * found["clarifications"]


def test_incomplete_requests_go_back_to_be_reworked() -> None:
    visits = passed(
        "{delay: 2 min, clarification: {probability: 100% if visit == 1 else 0%, returns_to: Write}}",
        "[0 min]",
    )
    assert [(v["service"], v["visit"], v["arrived"], v["arrived_by_return"]) for v in visits] == [
        ("Write", 1, 0, 0),
        ("Write", 2, 2, 1),
        ("Read", 1, 4, 0),
    ]


def test_the_way_home_belongs_to_the_request() -> None:
    record = record_of(
        chain_of(
            """
    services:
      Write: {duration: 1 min}
    consumers:
      All: {arrivals: {at: [0 min]}, enters: Write}
    handoffs:
      Write -> end: {delay: 4 min}
    """
        )
    )
    assert ended(record) == [(5, "completed")]
    assert visits_of(record)[-1]["service"] == "end"


def test_a_handoff_may_start_at_a_consumer() -> None:
    visits = trace(
        """
    services:
      Read: {duration: 1 min}
    consumers:
      All: {arrivals: {at: [0 min, 7 min]}}
    handoffs:
      All -> Read: {every: 5 min}
    """
    )
    assert times(visits, "Read", "asked", "arrived") == [(0, 0), (7, 10)]


# Stocks


def test_stocks_are_handed_out_in_order_of_arrival() -> None:
    """One in stock; who wants two at 1 waits for the delivery at 10, and so does the one behind."""
    visits = trace(
        """
    stocks:
      Parts: {initial: 1}
    services:
      Use: {duration: 1 min, consumes: {Parts: size}}
      Deliver: {duration: 10 min, produces: {Parts: 3}}
    consumers:
      A: {arrivals: {at: [1 min]}, enters: Use, attributes: {size: 2}}
      B: {arrivals: {at: [2 min]}, enters: Use, attributes: {size: 1}}
      Van: {arrivals: {at: [0 min]}, enters: Deliver}
    """
    )
    assert times(visits, "Use", "started", "wait_stock") == [(10, 9), (10, 8)]


def test_an_order_goes_out_below_the_reorder_point() -> None:
    """Of 5, below 4: the second taking (to 3) orders 4; it brings them 10 min later; on order falls to 0."""
    record = record_of(
        chain_of(
            """
    stocks:
      Parts: {initial: 5, reorder: {below: 4, quantity: 4, enters: Deliver}}
    services:
      Use: {duration: 1 min, consumes: {Parts: 1}}
      Deliver: {duration: 10 min, produces: {Parts: quantity}}
    consumers:
      A: {arrivals: {at: [1 min, 2 min, 3 min]}, enters: Use}
    """
        )
    )
    stocks = record.stocks
    last = {name: stocks[name][-1] for name in ("level", "on_order", "waiting")}
    assert last == {"level": 6.0, "on_order": 0.0, "waiting": 0.0}
    assert times(visits_of(record), "Deliver", "arrived", "finished") == [(2, 12)]
    assert record.requests["quantity"].tolist() == [0.0, 0.0, 4.0, 0.0]


def test_orders_fill_up() -> None:
    """Level 2 of at most 5: at time 0 it is below 3 already, so three are ordered."""
    record = record_of(
        chain_of(
            """
    stocks:
      Parts: {initial: 2, reorder: {below: 3, up_to: 5, enters: Deliver}}
    services:
      Deliver: {duration: 10 min, produces: {Parts: quantity}}
      Use: {consumes: {Parts: 1}}
    consumers:
      A: {arrivals: {at: [23 h]}, enters: Use}
    """
        )
    )
    assert record.requests["quantity"].tolist() == [3.0, 0.0]


# Limited queues


LIMITED = """
    providers:
      Upstream: {{staff: 1}}
      Desk: {{staff: 1, queue_limit: {limit}, when_full: {rule}}}
    services:
      Prepare: {{provider: Upstream, duration: 2 min}}
      Serve: {{provider: Desk, duration: 10 min}}
    consumers:
      All: {{arrivals: {{at: [0 min, 0 min, 0 min]}}, enters: Prepare}}
    handoffs:
      Prepare -> Serve: {{}}
"""


def test_a_full_queue_refuses() -> None:
    record = record_of(chain_of(LIMITED.format(limit=1, rule="refuse")))
    assert ended(record) == [(12, "completed"), (22, "completed"), (6, "refused")]


def test_a_full_queue_blocks_the_sender() -> None:
    """Without places in the queue the second is done at 4 and held to 12, the third begins only then."""
    visits = trace(LIMITED.format(limit=0, rule="block"))
    assert times(visits, "Prepare", "started", "finished", "left", "blocked") == [
        (0, 2, 2, 0),
        (2, 4, 12, 8),
        (12, 14, 22, 8),
    ]
    assert times(visits, "Serve", "arrived", "started") == [(2, 2), (12, 12), (22, 22)]


def test_waiting_for_held_staff_has_its_own_cause() -> None:
    visits = trace(LIMITED.format(limit=0, rule="block"))
    third = [visit for visit in visits if visit["service"] == "Prepare"][2]
    assert (third["wait_contention"], third["wait_held"]) == (4, 8)


def test_refused_requests_may_have_another_way() -> None:
    text = LIMITED.format(limit=0, rule="refuse").replace(
        "Serve: {provider", "Else: {duration: 1 min}\n      Serve: {provider"
    )
    text += "      Serve -> Else: {after: refused}\n"
    visits = trace(text)
    assert times(visits, "Else", "arrived") == [4, 6]


def test_a_deadlock_is_found_and_named() -> None:
    """Two that pass work to each other, without places: both hold, and neither can go on."""
    chain = chain_of(
        """
    providers:
      Left: {staff: 1, queue_limit: 0, when_full: block}
      Right: {staff: 1, queue_limit: 0, when_full: block}
    services:
      A: {provider: Left, duration: 5 min}
      B: {provider: Right, duration: 5 min}
    consumers:
      One: {arrivals: {at: [0 min]}, enters: A}
      Two: {arrivals: {at: [0 min]}, enters: B}
      Many: {arrivals: {every: 1 h}, enters: A}
    handoffs:
      A -> B: {probability: 100% if visit == 1 else 0%}
      A -> end: {}
      B -> A: {probability: 100% if visit == 1 else 0%}
      B -> end: {}
    """
    )
    with pytest.raises(sf.DeadlockError) as error:
        record_of(chain)
    assert str(error.value) == (
        "deadlock after 5 min: held units wait for one another\n"
        "  Left at A (request 0): waits for room in the queue of Right\n"
        "  Right at B (request 1): waits for room in the queue of Left\n"
        "give a queue more room, a provider more staff, or ask before the start of work"
    )


# Outages


def test_an_outage_pauses_work() -> None:
    """Down from 5 to 8 and from 13 to 16: the work of 10 min takes from 0 to 16; the next waits for that."""
    visits = trace(
        """
    providers:
      Machine: {staff: 1, outages: {after: 5 min, repair: 3 min}}
    services:
      Cut: {provider: Machine, duration: 10 min}
    consumers:
      All: {arrivals: {at: [0 min, 1 min]}, enters: Cut}
    """
    )
    first, second = visits
    assert (first["finished"], first["pause_outage"]) == (13, 3)
    # 13 is both the end of the first and the next failure: finishes come first, then the outage
    assert (second["started"], second["wait_outage"]) == (16, 3 + 3)


def test_an_outage_may_enter_the_chain_for_repair() -> None:
    visits = trace(
        """
    providers:
      Machine: {staff: 1, outages: {after: 5 min, repair: Mend}}
      Fitter: {staff: 1}
    services:
      Cut: {provider: Machine, duration: 10 min}
      Mend: {provider: Fitter, duration: 4 min}
    consumers:
      All: {arrivals: {at: [0 min]}, enters: Cut}
    """
    )
    assert times(visits, "Cut", "finished", "pause_outage") == [(14, 4)]
    assert times(visits, "Mend", "started", "finished")[:2] == [(5, 9), (14, 18)]


# Members, several providers, setup


def test_members_have_speed_and_skills() -> None:
    """Only Bo can sign, and is twice as fast; Al takes what needs no skill."""
    visits = trace(
        """
    providers:
      Clerks: {members: {Al: {}, Bo: {speed: 2, skills: [sign]}}}
    services:
      Write: {provider: Clerks, duration: 10 min}
      Sign: {provider: Clerks, duration: 10 min, skill: sign}
    consumers:
      A: {arrivals: {at: [0 min, 1 min]}, enters: Write}
      B: {arrivals: {at: [2 min]}, enters: Sign}
    """
    )
    assert times(visits, "Write", "member", "started", "finished") == [("Al", 0, 10), ("Bo", 1, 6)]
    assert times(visits, "Sign", "member", "started", "finished") == [("Bo", 6, 11)]


def test_off_duty_members_are_not_chosen() -> None:
    visits = trace(
        """
    calendars:
      late: {mon-sun: "01:00-24:00"}
    providers:
      Clerks: {members: {Al: {calendar: late}, Bo: {}}}
    services:
      Write: {provider: Clerks, duration: 10 min}
    consumers:
      A: {arrivals: {at: [0 min, 1 min]}, enters: Write}
    """
    )
    assert times(visits, "Write", "member", "started") == [("Bo", 0), ("Bo", 10)]


SURGERY = """
    providers:
      Nurse: {{staff: 1}}
      Room: {{staff: 1}}
    services:
      Operate: {{providers: {{Nurse: 1, Room: 1}}, duration: 10 min, reserve: {reserve}}}
      Talk: {{provider: Nurse, duration: 6 min}}
      Air: {{provider: Room, duration: 9 min}}
    consumers:
      A: {{arrivals: {{at: [0 min]}}, enters: Air}}
      B: {{arrivals: {{at: [0 min]}}, enters: Talk}}
      C: {{arrivals: {{at: [1 min]}}, enters: Operate}}
      D: {{arrivals: {{at: [2 min]}}, enters: Talk}}
"""


def test_work_behind_may_overtake_what_needs_several() -> None:
    """The nurse is free at 6, the room only at 9: she talks to D first; C starts at 12."""
    visits = trace(SURGERY.format(reserve="false"))
    assert times(visits, "Talk", "started") == [0, 6]
    (operation,) = (visit for visit in visits if visit["service"] == "Operate")
    assert operation["started"] == 12
    # the room is short until 9; then the nurse is on work that arrived later
    assert (operation["wait_partner"], operation["wait_prioritization"]) == (8, 3)


def test_reserved_staff_wait_for_the_partner() -> None:
    visits = trace(SURGERY.format(reserve="true"))
    assert times(visits, "Talk", "started") == [0, 19]
    assert times(visits, "Operate", "started", "finished") == [(9, 19)]


def test_the_first_free_in_listed_order() -> None:
    visits = trace(
        """
    providers:
      Senior: {staff: 1}
      Junior: {staff: 1}
    services:
      Sign: {any_of: [Senior, Junior], duration: 10 min}
    consumers:
      All: {arrivals: {at: [0 min, 1 min, 2 min]}, enters: Sign}
    """
    )
    assert times(visits, "Sign", "provider", "started") == [("Senior", 0), ("Junior", 1), ("Senior", 10)]


def test_setup_when_a_unit_changes_service() -> None:
    """The first work needs none; to B 3 min, back to A 2 min."""
    visits = trace(
        """
    providers:
      Press: {staff: 1}
    services:
      A: {provider: Press, duration: 5 min, setup: 2 min}
      B: {provider: Press, duration: 5 min, setup: 3 min}
    consumers:
      One: {arrivals: {at: [0 min, 30 min]}, enters: A}
      Two: {arrivals: {at: [10 min]}, enters: B}
    """
    )
    assert times(visits, "A", "started", "finished", "setup") == [(0, 5, 0), (30, 37, 2)]
    assert times(visits, "B", "started", "finished", "setup") == [(10, 18, 3)]


def test_a_unit_that_is_set_is_preferred() -> None:
    visits = trace(
        """
    providers:
      Press: {staff: 2}
    services:
      A: {provider: Press, duration: 5 min, setup: 2 min}
      B: {provider: Press, duration: 5 min, setup: 3 min}
    consumers:
      One: {arrivals: {at: [0 min, 20 min]}, enters: A}
      Two: {arrivals: {at: [0 min, 10 min]}, enters: B}
    """
    )
    assert times(visits, "A", "setup") == [0, 0]
    assert times(visits, "B", "setup") == [0, 0]


def test_learning_follows_wright() -> None:
    """Each doubling takes 80% of the time: 100, 80, (3rd: 3**log2(.8)), 64."""
    visits = trace(
        """
    providers:
      Clerk: {staff: 1}
    services:
      Do: {provider: Clerk, duration: 100 min, learning: 80%}
    consumers:
      All: {arrivals: {at: [0 min, 0 min, 0 min, 0 min]}, enters: Do}
    """
    )
    took = [end - start for start, end in times(visits, "Do", "started", "finished")]
    assert took == pytest.approx([100, 80, 70.21037, 64], abs=1e-5)


# Batches and patience


def test_a_batch_is_worked_on_as_one() -> None:
    visits = trace(
        """
    providers:
      Oven: {staff: 1}
    services:
      Bake: {provider: Oven, duration: 10 min, batch: {size: 2, max_wait: 5 min}}
    consumers:
      All: {arrivals: {at: [0 min, 3 min, 4 min]}, enters: Bake}
    """
    )
    assert times(visits, "Bake", "started", "finished", "wait_batch", "wait_contention") == [
        (3, 13, 3, 0),
        (3, 13, 0, 0),
        (13, 23, 5, 4),
    ]


def test_a_batch_cut_by_the_end_of_the_day() -> None:
    visits = trace(
        """
    providers:
      Oven: {staff: {mon-sun: {"00:00-00:06": 1, "01:00-24:00": 1}}}
    services:
      Bake: {provider: Oven, duration: 10 min, batch: {size: 2}}
    consumers:
      All: {arrivals: {at: [0 min, 2 min]}, enters: Bake}
    """
    )
    assert times(visits, "Bake", "started", "finished", "pause_off_shift") == [(2, 66, 54), (2, 66, 54)]


PATIENT = """
    providers:
      Desk: {{staff: 1}}
    services:
      Serve: {{provider: Desk, duration: 10 min, patience: {patience}}}
      Complain: {{duration: 1 min}}
    consumers:
      All: {{arrivals: {{at: [0 min, 0 min]}}, enters: Serve}}
    handoffs:
      Serve -> Complain: {{after: gave up}}
"""


def test_patience_ends() -> None:
    visits = trace(PATIENT.format(patience="9 min"))
    assert [visit["outcome"] for visit in visits if visit["service"] == "Serve"] == ["completed", "gave up"]
    assert times(visits, "Serve", "left", "wait_contention")[1] == (9, 9)
    assert times(visits, "Complain", "arrived") == [9]


def test_who_is_served_at_the_instant_does_not_give_up() -> None:
    visits = trace(PATIENT.format(patience="10 min"))
    assert [visit["outcome"] for visit in visits] == ["completed", "completed"]


# Splits, joins, calls


HOUSE = """
    services:
      Start: {{duration: 1 min, split: all}}
      Walls: {{duration: 5 min}}
      Roof: {{duration: 9 min}}
      Paint: {{duration: 2 min}}
      Check: {{duration: 1 min, join: {join}}}
    consumers:
      All: {{arrivals: {{at: [0 min]}}, enters: Start}}
    handoffs:
      Start -> Walls: {{}}
      Start -> Roof: {{}}
      Start -> Paint: {{}}
      Walls -> Check: {{}}
      Roof -> Check: {{}}
      Paint -> {paint}: {{}}
"""


def test_a_join_waits_for_all_branches() -> None:
    record = record_of(chain_of(HOUSE.format(join="all", paint="Check")))
    assert ended(record) == [(11, "completed")]
    visits = visits_of(record)
    assert sorted(times(visits, "Check", "arrived", "wait_join", "outcome")) == [
        (3, 7, "joined"),
        (6, 4, "joined"),
        (10, 0, "completed"),
    ]


def test_a_branch_that_ends_counts_as_arrived() -> None:
    record = record_of(chain_of(HOUSE.format(join="all", paint="end")))
    assert ended(record) == [(11, "completed")]
    assert len(times(visits_of(record), "Check")) == 2


def test_a_join_of_a_number_goes_on_without_the_rest() -> None:
    """Two have come at 6; the check is done at 7, and the request ends with its last branch at 10."""
    record = record_of(chain_of(HOUSE.format(join=2, paint="Check")))
    assert ended(record) == [(10, "completed")]
    assert [t for t in times(visits_of(record), "Check", "started") if t is not None] == [6]


def test_a_join_whose_branch_is_refused() -> None:
    visits = trace(
        """
    providers:
      Clerk: {staff: 1, queue_limit: 0}
    services:
      Start: {split: all}
      Stamp: {provider: Clerk, duration: 5 min}
      Copy: {duration: 8 min}
      Bind: {duration: 1 min, join: all}
    consumers:
      All: {arrivals: {at: [0 min, 1 min]}, enters: Start}
    handoffs:
      Start -> Stamp: {}
      Start -> Copy: {}
      Stamp -> Bind: {}
      Copy -> Bind: {}
    """
    )
    done = [
        (v["request"], v["started"]) for v in visits if v["service"] == "Bind" and v["started"] is not None
    ]
    assert done == [(0, 8), (1, 9)]
    assert [v["outcome"] for v in visits if v["service"] == "Stamp"] == ["completed", "refused"]


def test_nested_splits_join_level_by_level() -> None:
    record = record_of(
        chain_of(
            """
    services:
      Start: {split: all}
      Plan: {split: all}
      A: {duration: 3 min}
      B: {duration: 5 min}
      Inner: {duration: 1 min, join: all}
      C: {duration: 4 min}
      Outer: {duration: 1 min, join: all}
    consumers:
      All: {arrivals: {at: [0 min]}, enters: Start}
    handoffs:
      Start -> Plan: {}
      Start -> C: {}
      Plan -> A: {}
      Plan -> B: {}
      A -> Inner: {}
      B -> Inner: {}
      Inner -> Outer: {}
      C -> Outer: {}
    """
        )
    )
    assert ended(record) == [(7, "completed")]


def called(ask: str, more: str = "", staff: int = 1) -> list[dict[str, object]]:
    return trace(
        f"""
    providers:
      Clerk: {{staff: {staff}}}
      Expert: {{staff: 1}}
    services:
      Decide: {{provider: Clerk, duration: 10 min}}
      Advise: {{provider: Expert, duration: 4 min}}
    consumers:
      All: {{arrivals: {{at: [0 min, 1 min]}}, enters: Decide}}
    calls:
      Decide -> Advise: {{ask: {ask}, delay: 1 min, answer: {{delay: 2 min}}{more}}}
    """
    )


def test_a_call_before_work_leaves_staff_free() -> None:
    """Asked at 0 and 1; there at 1 and 2; advice from 1 to 5 and 5 to 9; back at 7 and 11."""
    visits = called("before")
    assert times(visits, "Decide", "wait_call", "started", "finished") == [(7, 7, 17), (10, 17, 27)]


def test_a_call_at_the_start_holds_staff() -> None:
    visits = called("start")
    assert times(visits, "Decide", "started", "pause_call", "finished") == [(0, 7, 17), (17, 7, 34)]
    second = [visit for visit in visits if visit["service"] == "Decide"][1]
    assert (second["wait_held"], second["wait_contention"]) == (6, 10)


def test_a_call_at_the_end_holds_staff() -> None:
    visits = called("end")
    assert times(visits, "Decide", "started", "pause_call", "finished") == [(0, 7, 17), (17, 7, 34)]


def test_ask_and_go_on() -> None:
    visits = called("start", ", wait: false")
    assert times(visits, "Decide", "started", "finished") == [(0, 10), (10, 20)]
    assert times(visits, "Advise", "arrived") == [1, 11]


def test_a_call_during_a_pause() -> None:
    """Held from 0 to 7; the shift ends at 5 and begins again at 60, so work is done from 60 to 70."""
    visits = trace(
        """
    providers:
      Clerk: {staff: {mon-sun: {"00:00-00:05": 1, "01:00-24:00": 1}}}
    services:
      Decide: {provider: Clerk, duration: 10 min}
      Advise: {duration: 7 min}
    consumers:
      All: {arrivals: {at: [0 min]}, enters: Decide}
    calls:
      Decide -> Advise: {ask: start}
    """
    )
    (decision,) = (visit for visit in visits if visit["service"] == "Decide")
    assert (decision["pause_call"], decision["pause_off_shift"], decision["finished"]) == (7, 53, 70)


def test_calls_that_call() -> None:
    visits = trace(
        """
    services:
      A: {duration: 1 min}
      B: {duration: 2 min}
      C: {duration: 3 min}
    consumers:
      All: {arrivals: {at: [0 min]}, enters: A}
    calls:
      A -> B: {}
      B -> C: {ask: end}
    """
    )
    assert times(visits, "A", "started") == [5]


def test_several_calls_go_out_together() -> None:
    visits = trace(
        """
    services:
      A: {duration: 1 min}
      B: {duration: 2 min}
      C: {duration: 3 min}
    consumers:
      All: {arrivals: {at: [0 min]}, enters: A}
    calls:
      A -> B: {}
      A -> C: {}
    """
    )
    assert times(visits, "A", "started", "wait_call") == [(3, 3)]


# Demand


def test_a_closed_population_thinks_first_and_asks_again() -> None:
    visits = trace(
        """
    run: {duration: 30 min, horizon: terminating}
    providers:
      Desk: {staff: 1}
    services:
      Serve: {provider: Desk, duration: 4 min}
    consumers:
      Staff: {arrivals: {population: 2, think: 10 min}, enters: Serve}
    """
    )
    assert times(visits, "Serve", "arrived", "started") == [(10, 10), (10, 14), (24, 24), (28, 28)]


def test_an_initial_backlog() -> None:
    visits = trace(
        """
    providers:
      Desk: {staff: 1}
    services:
      Serve: {provider: Desk, duration: 4 min}
    consumers:
      Old: {initial: {Serve: 3}}
    """
    )
    assert times(visits, "Serve", "started") == [0, 4, 8]


def test_batch_arrivals() -> None:
    record = record_of(
        chain_of(
            """
    services:
      Serve: {duration: 1 min}
    consumers:
      Bus: {arrivals: {at: [5 min], batch: 3}, enters: Serve}
    """
        )
    )
    assert (record.requests["asked"] / 6e7).tolist() == [5, 5, 5]


def test_a_block_that_clears_during_an_outage() -> None:
    """The upstream unit is down from 7 to 10 while its done work waits for room, which comes at 8."""
    visits = trace(
        """
    providers:
      Up: {staff: 1, outages: {after: 7 min, repair: 3 min}}
      Down: {staff: 1, queue_limit: 0, when_full: block}
    services:
      A: {provider: Up, duration: 2 min}
      B: {provider: Down, duration: 6 min}
    consumers:
      All: {arrivals: {at: [0 min, 0 min, 0 min]}, enters: A}
    handoffs:
      A -> B: {}
    """
    )
    assert times(visits, "A", "started", "finished", "left") == [(0, 2, 2), (2, 4, 8), (10, 12, 14)]
    assert times(visits, "B", "started", "finished") == [(2, 8), (8, 14), (14, 20)]


def test_two_things_at_one_instant() -> None:
    """At 10 work finishes, staff drop and a request arrives: first the finish, so the idle one goes home."""
    visits = trace(
        """
    providers:
      Desk: {staff: {mon-sun: {"00:00-00:10": 2, "00:10-24:00": 1}}}
    services:
      Serve: {provider: Desk, duration: size * 1 min}
    consumers:
      A: {arrivals: {at: [0 min]}, enters: Serve, attributes: {size: 10}}
      B: {arrivals: {at: [1 min]}, enters: Serve, attributes: {size: 20}}
      C: {arrivals: {at: [10 min]}, enters: Serve, attributes: {size: 5}}
    """
    )
    assert times(visits, "Serve", "started", "finished") == [(0, 10), (1, 21), (21, 26)]


# Preemption where it meets other rules


def test_as_many_are_interrupted_as_urgent_work_needs() -> None:
    """Urgent work for both desks at 4 puts both works aside for its 3 min."""
    visits = trace(
        """
    providers:
      Desk: {staff: 2, discipline: priority, preemptive: true}
    services:
      One: {provider: Desk, duration: 10 min}
      Two: {providers: {Desk: 2}, duration: 3 min}
    consumers:
      Normal: {arrivals: {at: [0 min, 1 min]}, enters: One, priority: 2}
      Urgent: {arrivals: {at: [4 min]}, enters: Two, priority: 1}
    """
    )
    assert times(visits, "One", "finished", "pause_preempted") == [(13, 3), (14, 3)]
    assert times(visits, "Two", "started", "finished") == [(4, 7)]


def test_nobody_is_interrupted_when_too_few_would_be_free() -> None:
    """One of the two desks does work that is as urgent, so the other goes on until 10."""
    visits = trace(
        """
    providers:
      Desk: {staff: 2, discipline: priority, preemptive: true}
    services:
      One: {provider: Desk, duration: 10 min}
      Two: {providers: {Desk: 2}, duration: 3 min}
    consumers:
      Equal: {arrivals: {at: [1 min]}, enters: One, priority: 1}
      Normal: {arrivals: {at: [0 min]}, enters: One, priority: 2}
      Urgent: {arrivals: {at: [4 min]}, enters: Two, priority: 1}
    """
    )
    assert sorted(times(visits, "One", "started", "finished")) == [(0, 10), (1, 11)]
    assert times(visits, "Two", "started", "finished") == [(11, 14)]


@pytest.mark.parametrize(
    ("size", "normal", "urgent"),
    [(3, (0, 12), (4, 7)), (8, (0, 9), (60, 68))],
)
def test_urgent_work_that_does_not_fit_interrupts_nobody(
    size: int, normal: tuple[int, int], urgent: tuple[int, int]
) -> None:
    """The shift ends at 10: at 4 there is time for 3 min, but not for 8."""
    visits = trace(
        f"""
    providers:
      Desk: {{staff: {{mon-sun: {{"00:00-00:10": 1, "01:00-24:00": 1}}}}, off_shift: fit,
             discipline: priority, preemptive: true}}
    services:
      Serve: {{provider: Desk, duration: size * 1 min}}
    consumers:
      Normal: {{arrivals: {{at: [0 min]}}, enters: Serve, priority: 2, attributes: {{size: 9}}}}
      Urgent: {{arrivals: {{at: [4 min]}}, enters: Serve, priority: 1, attributes: {{size: {size}}}}}
    """
    )
    assert times(visits, "Serve", "started", "finished") == [normal, urgent]


def test_overtime_is_not_interrupted_for_what_cannot_start() -> None:
    """The shift ends at 5; what is in hand is completed by 10, and urgent work waits for the next shift."""
    visits = trace(
        """
    providers:
      Desk: {staff: {mon-sun: {"00:00-00:05": 1, "01:00-24:00": 1}}, off_shift: finish,
             discipline: priority, preemptive: true}
    services:
      Serve: {provider: Desk, duration: 10 min}
    consumers:
      Normal: {arrivals: {at: [0 min]}, enters: Serve, priority: 2}
      Urgent: {arrivals: {at: [6 min]}, enters: Serve, priority: 1}
    """
    )
    assert times(visits, "Serve", "started", "finished") == [(0, 10), (60, 70)]


def test_nobody_is_interrupted_for_staff_that_are_kept_for_another() -> None:
    """The first in line keeps the desk for when the room is free, at 30; nobody behind it gets the desk."""
    visits = trace(
        """
    providers:
      Desk: {staff: 1, discipline: priority, preemptive: true}
      Room: {staff: 1}
    services:
      Meet: {providers: {Desk: 1, Room: 1}, duration: 5 min, reserve: true}
      Paint: {provider: Room, duration: 30 min}
      Serve: {provider: Desk, duration: 10 min}
    consumers:
      Painter: {arrivals: {at: [0 min]}, enters: Paint}
      Normal: {arrivals: {at: [0 min]}, enters: Serve, priority: 3}
      First: {arrivals: {at: [1 min]}, enters: Meet, priority: 1}
      Second: {arrivals: {at: [2 min]}, enters: Serve, priority: 2}
    """
    )
    assert times(visits, "Meet", "started", "finished") == [(30, 35)]
    assert sorted(times(visits, "Serve", "started", "finished")) == [(0, 10), (35, 45)]


def test_a_batch_leaves_one_by_one_where_there_is_room_for_one() -> None:
    """Three are baked by 10; one is wrapped at a time, so the oven is held until the last goes, at 18.

    Its shift ends at 15, which is nothing to it: there is no work in hand.
    """
    visits = trace(
        """
    providers:
      Oven: {staff: {mon-sun: {"00:00-00:15": 1, "01:00-24:00": 1}}}
      Pack: {staff: 1, queue_limit: 0, when_full: block}
    services:
      Bake: {provider: Oven, duration: 10 min, batch: {size: 3}}
      Wrap: {provider: Pack, duration: 4 min}
    consumers:
      All: {arrivals: {at: [0 min, 0 min, 0 min]}, enters: Bake}
    handoffs:
      Bake -> Wrap: {}
    """
    )
    assert times(visits, "Bake", "finished", "left", "blocked") == [(10, 10, 0), (10, 14, 4), (10, 18, 8)]
    assert times(visits, "Wrap", "started", "finished") == [(10, 14), (14, 18), (18, 22)]


def test_those_whose_patience_ends_together_give_up_together() -> None:
    """The first wants 2 of the one part, the other 1; when the first goes at 5, the other has gone too."""
    visits = trace(
        """
    stocks:
      Parts: {initial: 1}
    services:
      Build: {duration: 10 min, consumes: {Parts: n}, patience: 5 min}
    consumers:
      Big: {arrivals: {at: [0 min]}, enters: Build, attributes: {n: 2}}
      Small: {arrivals: {at: [0 min]}, enters: Build, attributes: {n: 1}}
    """
    )
    assert times(visits, "Build", "outcome", "left") == [("gave up", 5), ("gave up", 5)]


def test_the_order_in_which_providers_are_named_changes_nothing() -> None:
    text = SURGERY.format(reserve="false")
    turned = text.replace("{Nurse: 1, Room: 1}", "{Room: 1, Nurse: 1}")
    assert trace(text) == trace(turned)

"""One limit over waiting and work together: worked out by hand, in both engines, and against theory."""

from __future__ import annotations

import math
import random

import pytest

import serviceflow as sf
from limited_chains import fault, limited_chain
from serviceflow.analysis.audit import audit_record
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.reference import engine as reference
from serviceflow.errors import ModelError
from tracing import chain_of, ended, record_of, visits_of

SEEDS = random.Random(7).sample(range(400), 4)


def audited(text: str) -> list[dict[str, object]]:
    """Every visit, recorded alike by both engines, without a breach."""
    record = record_of(chain_of(text))
    assert [str(breach) for breach in audit_record(record)] == []
    return visits_of(record)


def of(visits: list[dict[str, object]], service: str, *names: str) -> list[object]:
    """What the visits to a service say, in the order of their rows."""
    found = [tuple(visit.get(name, 0) for name in names) for visit in visits if visit["service"] == service]
    return [one[0] for one in found] if len(names) == 1 else found


DESK = """
    providers: {{Desk: {{staff: 1}}}}
    services:
      Talk: {{provider: Desk, duration: 40 min, {rule}}}
      Mail: {{duration: 5 min}}
    consumers: {{All: {{arrivals: {{at: [0 min, 1 min, 30 min]}}, enters: Talk}}}}
    handoffs: {{Talk -> Mail: {{after: timed out}}}}
"""


def test_work_is_broken_off_and_its_staff_are_free() -> None:
    """Until 40 for the first; the second begins then and is out at 61, the third begins and is out at 90."""
    visits = audited(DESK.format(rule="timeout: 60 min"))
    assert of(visits, "Talk", "started", "left", "work", "outcome") == [
        (0, 40, 40, "completed"),
        (40, 61, 21, "timed out"),
        (61, 90, 29, "timed out"),
    ]
    assert of(visits, "Mail", "asked") == [61, 90]


def test_who_is_done_at_the_instant_itself_has_finished() -> None:
    visits = audited(DESK.format(rule="timeout: 40 min"))
    assert of(visits, "Talk", "outcome") == ["completed", "timed out", "timed out"]
    # the second is at work for a minute, the third for 29
    assert of(visits, "Talk", "work") == [40, 1, 29]


def test_patience_ends_before_work_and_the_limit_at_any_time() -> None:
    text = DESK.format(rule="timeout: 60 min, patience: 31 min")
    visits = audited(text)
    assert of(visits, "Talk", "outcome", "left") == [("completed", 40), ("gave up", 32), ("completed", 80)]
    assert of(visits, "Mail", "asked") == []
    both = audited("""
    providers: {Desk: {staff: 1}}
    services:
      Block: {provider: Desk, duration: 60 min}
      Talk: {provider: Desk, duration: 5 min, timeout: 9 min, patience: 9 min}
    consumers:
      Before: {arrivals: {at: [0 min]}, enters: Block}
      All: {arrivals: {at: [1 min]}, enters: Talk}
    """)
    assert of(both, "Talk", "outcome", "left") == [("gave up", 10)]


def test_a_service_without_staff_has_a_limit_too() -> None:
    visits = audited("""
    calendars: {day: {mon-sun: "00:00-00:30, 02:00-24:00"}}
    services: {Dry: {duration: 50 min, timeout: 100 min, calendar: day}}
    consumers: {All: {arrivals: {at: [0 min, 90 min]}, enters: Dry}}
    """)
    assert of(visits, "Dry", "left", "outcome") == [(100, "timed out"), (170, "completed")]


def test_what_stands_still_is_over_too() -> None:
    """The shift ends at 30, and the first is out at 100 in the night; the second begins in the morning."""
    visits = audited("""
    providers: {Desk: {staff: {mon-sun: {"00:00-00:30": 1, "02:00-24:00": 1}}}}
    services: {Talk: {provider: Desk, duration: 50 min, timeout: 100 min}}
    consumers: {All: {arrivals: {at: [0 min, 60 min]}, enters: Talk}}
    """)
    assert of(visits, "Talk", "left", "work", "pause_off_shift", "outcome") == [
        (100, 30, 70, "timed out"),
        (160, 40, 0, "timed out"),
    ]


def test_a_member_whose_paused_work_is_over_is_chosen_like_any_other() -> None:
    """Ada's work is interrupted by more urgent work and is out at 30, before she is asked to go on."""
    visits = audited("""
    providers: {Desk: {discipline: priority, preemptive: true, members: {Ada: {}}}}
    services: {Talk: {provider: Desk, duration: 20 min * size, timeout: 30 min, priority: size}}
    consumers:
      Slow: {arrivals: {at: [0 min]}, enters: Talk, attributes: {size: 2}}
      Fast: {arrivals: {at: [10 min, 35 min]}, enters: Talk, attributes: {size: 1}}
    """)
    assert of(visits, "Talk", "left", "work", "outcome") == [
        (30, 10, "timed out"),
        (30, 20, "completed"),
        (55, 20, "completed"),
    ]


@pytest.mark.parametrize("ask", ["start", "end"])
def test_nobody_waits_for_the_answer_of_who_is_out(ask: str) -> None:
    """The desk is held for the answer until its visit is out; the call goes on to its end."""
    begins = 0 if ask == "start" else 5
    visits = audited(f"""
    providers: {{Desk: {{staff: 1}}}}
    services:
      Talk: {{provider: Desk, duration: 5 min, timeout: 20 min}}
      Help: {{duration: 50 min}}
    consumers: {{All: {{arrivals: {{at: [0 min]}}, enters: Talk}},
                Others: {{arrivals: {{at: [1 min]}}, enters: Talk, attributes: {{plain: 1}}}}}}
    calls: {{Talk -> Help: {{ask: {ask}, when: "consumer == All"}}}}
    """)
    first, second = of(visits, "Talk", "started", "left", "pause_call", "outcome")
    assert first == (0, 20, 20 - begins, "timed out")
    assert second == (20, 21, 0, "timed out")
    assert of(visits, "Help", "left") == [begins + 50]


def test_stock_is_put_back_unless_work_has_begun() -> None:
    """One part: the first one uses it up, though the work is broken off; the second never has it."""
    chain = """
    providers: {Desk: {staff: 1}}
    services:
      Block: {provider: Desk, duration: DUR min}
      Build: {provider: Desk, duration: 40 min, timeout: 20 min, consumes: {Part: 1}}
    stocks: {Part: {initial: 1}}
    consumers:
      Before: {arrivals: {at: [0 min]}, enters: Block}
      All: {arrivals: {at: [1 min, 25 min]}, enters: Build}
    """
    used = audited(chain.replace("DUR", "10"))
    assert of(used, "Build", "wait_stock", "started") == [(0, 10), (20, None)]
    free = audited(chain.replace("DUR", "30"))
    assert of(free, "Build", "wait_stock", "started") == [(0, None), (0, 30)]


def test_a_batch_goes_on_without_those_who_wait_and_with_those_who_are_in_work() -> None:
    """The first leaves the batch that fills at 10; the two others are worked on to the end."""
    visits = audited("""
    providers: {Van: {staff: 1}}
    services: {Drive: {provider: Van, duration: 30 min, timeout: 10 min, batch: {size: 2}}}
    consumers: {All: {arrivals: {at: [0 min, 15 min, 18 min]}, enters: Drive}}
    """)
    assert of(visits, "Drive", "left", "outcome") == [(10, "timed out"), (48, "completed"), (48, "completed")]


def test_a_branch_that_is_out_counts_as_arrived_at_the_join() -> None:
    record = record_of(
        chain_of("""
    services:
      Fork: {split: all}
      Short: {duration: 10 min}
      Long: {duration: 50 min, timeout: 20 min}
      Join: {join: all, duration: 1 min}
    consumers: {All: {arrivals: {at: [0 min]}, enters: Fork}}
    handoffs: {Fork -> Short: {}, Fork -> Long: {}, Short -> Join: {}, Long -> Join: {}}
    """)
    )
    assert ended(record) == [(21, "completed")]


def test_work_that_was_broken_off_teaches_nothing() -> None:
    """The second takes 10 minutes like the first, as nobody has finished before; the third half of it."""
    visits = audited("""
    providers: {Desk: {staff: 1}}
    services:
      Talk: {provider: Desk, duration: 10 min, timeout: (9 min if size == 1 else 1 h), learning: 50%}
    consumers:
      Cut: {arrivals: {at: [0 min]}, enters: Talk, attributes: {size: 1}}
      All: {arrivals: {at: [10 min, 20 min]}, enters: Talk, attributes: {size: 2}}
    """)
    assert of(visits, "Talk", "work") == [9, 10, 5]


def test_a_limit_unties_what_would_be_a_deadlock() -> None:
    """Each desk waits for the other to answer; the limit lets the first go."""
    text = """
    providers: {A: {staff: 1}, B: {staff: 1}}
    services:
      One: {provider: A, duration: 5 min, LIMIT}
      Two: {provider: B, duration: 5 min}
      Ask one: {provider: A, duration: 1 min}
      Ask two: {provider: B, duration: 1 min}
    consumers:
      Ones: {arrivals: {at: [0 min]}, enters: One}
      Twos: {arrivals: {at: [0 min]}, enters: Two}
    calls: {One -> Ask two: {ask: start}, Two -> Ask one: {ask: start}}
    """
    with pytest.raises(sf.DeadlockError):
        reference.run(lower(chain_of(text.replace("LIMIT", "priority: 1"))), 1)
    visits = audited(text.replace("LIMIT", "timeout: 30 min"))
    assert of(visits, "One", "left") == [30]
    assert of(visits, "Two", "left") == [36]


# Theory, figures, mistakes

QUEUE = """
serviceflow: 1
name: Impatient
time_unit: min
run: {duration: 3000 min, warm_up: 200 min, replications: 12, seed: 4}
providers: {Desk: {staff: 2}}
services: {Talk: {provider: Desk, duration: exponential(mean=10 min), timeout: exponential(mean=25 min)}}
consumers: {All: {arrivals: {rate: 12 per hour}, enters: Talk}}
"""


def timed_out_share(arrivals: float, work: float, limit: float, staff: int) -> float:
    """Of a birth-death process whose requests leave by work, or each by its limit, wherever it stands."""
    weights = [1.0]
    for present in range(1, 200):
        weights.append(weights[-1] * arrivals / (min(present, staff) * work + present * limit))
    mean = sum(present * weight for present, weight in enumerate(weights)) / sum(weights)
    return limit * mean / arrivals


def test_a_queue_whose_requests_are_out_at_any_time() -> None:
    results = sf.loads(QUEUE).simulate(engine="simpy")
    table = results.by_replication
    own = table[(table["scope"] == "consumer")].pivot(index="replication", columns="measure", values="value")
    shares = own["gave_up"] / own["arrived"]
    wanted = timed_out_share(12 / 60, 1 / 10, 1 / 25, 2)
    assert abs(shares.mean() - wanted) < 3.5 * shares.std() / math.sqrt(len(shares))
    assert 0.01 < shares.std() / math.sqrt(len(shares)) * 4 < 0.1
    assert set(results.requests["outcome"]) == {"completed", "timed out", "unfinished"}
    assert not results.audit().breaches


def test_theory_does_not_claim_to_know_it() -> None:
    table = sf.loads(QUEUE).estimate()
    assert "waiting and work have one limit together" in str(table)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("timeout: exponential", "patience: exponential", "no time is limited at 'Talk'; set its timeout"),
        ("after: timed out", "after: too late", "timed out"),
        ("timeout: exponential(mean=25 min)", "timeout: -1 min", "timeout"),
    ],
)
def test_what_is_wrong_is_told(before: str, after: str, message: str) -> None:
    text = QUEUE + "handoffs: {Talk -> end: {after: timed out, delay: 1 min}}\n"
    with pytest.raises(ModelError, match=message):
        sf.loads(text.replace(before, after)).validate()


def test_it_is_explained_and_drawn() -> None:
    chain = sf.loads(QUEUE)
    assert "leaves as it is if the work is not done after" in str(chain.explain("Talk"))
    assert "timed-out-Talk" in chain.map().dot


# Random chains


@pytest.mark.parametrize("number", SEEDS)
def test_random_chains_break_no_rule_and_both_engines_agree(number: int) -> None:
    assert fault(number, kernel=True) == ""


def test_random_chains_have_what_they_are_for() -> None:
    chains = [limited_chain(number) for number in (0, 1, 4, 5)]
    assert any(one.timeout for chain in chains if chain for one in chain.services.values())

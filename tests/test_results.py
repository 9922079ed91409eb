"""Figures of records written by hand, with answers computed by hand.

The window is [10, 110) minutes unless said otherwise.
"""

import numpy as np
import pandas as pd
import pytest

from hand_made import ANSWER, CHECK, desk, figure, results, visit
from serviceflow.experiment.replicate import replicate
from serviceflow.model.chain import Chain
from serviceflow.results.results import Results, load_results
from serviceflow.results.storage import StorageError


def done(asked, ended, **others):
    return {"asked": asked, "ended": ended, "outcome": "completed"} | others


def cut(asked, **others):
    return {"asked": asked} | others


def four():
    """Four requests: before the window, two in it, and one that the end of the run cuts off."""
    requests = [done(5, 12), done(20, 41, number=1), done(24, 40, number=2), cut(100, number=3)]
    visits = [
        visit(0, ANSWER, 5, 5, 5, 12),
        visit(1, ANSWER, 20, 20, 20, 26),
        visit(
            1, CHECK, 26, 33, 33, 41, handoff=0, clarifications=1, handoff_delay=4, handoff_clarification=3
        ),
        visit(2, ANSWER, 24, 24, 26, 34),
        visit(2, CHECK, 34, 38, 38, 40, handoff=0, handoff_delay=4),
        visit(3, ANSWER, 100, 100, 108, None, None, "unfinished", work=12),
    ]
    return requests, visits, 120, {}


@pytest.fixture
def one():
    return results(desk(), four())


# Who counts


def test_flow_time_is_of_requests_asked_in_the_window_that_completed(one):
    row = figure(one, "chain", "flow_time")
    assert row["mean"] == pytest.approx((21 + 16) / 2)
    assert (row["requests"], row["unfinished"]) == (2, 1)
    assert row["unit"] == "min"


def test_counts_are_of_requests_asked_in_the_window(one):
    assert figure(one, "consumer", "arrived")["mean"] == 3
    assert figure(one, "consumer", "completed")["mean"] == 2
    assert figure(one, "service", "arrived", "Answer")["mean"] == 3
    assert figure(one, "service", "completed", "Answer")["mean"] == 2
    assert figure(one, "service", "arrived", "Check")["mean"] == 2


def test_the_parts_of_the_flow_time_sum_to_it(one):
    parts = ("handoff_time", "waiting_time", "service_time", "blocked_time")
    means = [figure(one, "consumer", part)["mean"] for part in parts]
    assert means == pytest.approx([(7 + 4) / 2, (0 + 2) / 2, (6 + 8 + 8 + 2) / 2, 0])
    assert sum(means) == pytest.approx(figure(one, "consumer", "flow_time")["mean"])


def test_causes_sum_to_their_times(one):
    assert figure(one, "consumer", "waiting_contention")["mean"] == pytest.approx(1)
    assert figure(one, "consumer", "handoff_delay")["mean"] == pytest.approx(4)
    assert figure(one, "consumer", "handoff_clarification")["mean"] == pytest.approx(1.5)
    assert figure(one, "consumer", "work_time")["mean"] == pytest.approx(12)


def test_flow_efficiency_is_work_over_flow_time(one):
    assert figure(one, "chain", "flow_efficiency")["mean"] == pytest.approx(24 / 37)


def test_a_wait_that_has_ended_counts_though_the_visit_is_cut_off(one):
    row = figure(one, "service", "waiting_time", "Answer")
    assert row["mean"] == pytest.approx((0 + 2 + 8) / 3)
    assert (row["requests"], row["unfinished"]) == (3, 0)
    served = figure(one, "service", "service_time", "Answer")
    assert served["mean"] == pytest.approx((6 + 8) / 2)
    assert (served["requests"], served["unfinished"]) == (2, 1)


def test_a_provider_has_the_figures_of_its_services(one):
    assert figure(one, "provider", "waiting_time")["mean"] == pytest.approx(10 / 3)
    assert figure(one, "provider", "arrived")["mean"] == 3


def test_who_gave_up_waited_until_then_and_who_was_refused_did_not_wait():
    chain = desk()
    requests = [
        done(20, 25),
        done(20, 26, outcome="gave up", number=1),
        done(21, 21, outcome="refused", number=2),
    ]
    visits = [
        visit(0, ANSWER, 20, 20, 20, 25),
        visit(1, ANSWER, 20, 20, None, None, 26, "gave up", wait_contention=6),
        visit(2, ANSWER, 21, 21, None, None, 21, "refused"),
    ]
    found = results(chain, (requests, visits, 110, {}))
    assert figure(found, "service", "waiting_time", "Answer")["mean"] == pytest.approx(3)
    assert figure(found, "service", "waiting_time", "Answer")["requests"] == 2
    assert figure(found, "chain", "gave_up")["mean"] == 1
    assert figure(found, "chain", "refused")["mean"] == 1
    assert figure(found, "service", "gave_up", "Answer")["mean"] == 1
    assert figure(found, "service", "refused", "Answer")["mean"] == 1
    assert figure(found, "chain", "flow_time")["mean"] == pytest.approx(5)


# Handoffs


def test_a_handoff_counts_its_leavings(one):
    assert figure(one, "handoff", "arrived")["mean"] == 2
    assert figure(one, "handoff", "handoff_time")["mean"] == pytest.approx(5.5)
    assert figure(one, "handoff", "clarifications")["mean"] == 1
    assert figure(one, "handoff", "first_time_right")["mean"] == pytest.approx(0.5)


def test_first_time_right_of_a_consumer_is_its_own_half(one):
    # The clarification was between departments, not the guests'.
    assert figure(one, "consumer", "first_time_right")["mean"] == 1


def test_first_time_right_counts_the_consumer_s_own_handoff():
    chain = Chain("Office", time_unit="min")
    chain.add_service("Answer", duration="5 min")
    chain.add_handoff("Guests", "Answer", clarification={"probability": 0.5})
    chain.add_consumer("Guests", arrivals={"every": "20 min"}, sla={"first_time_right": "80%"})
    requests = [done(20, 25), done(40, 45, number=1)]
    visits = [
        visit(0, 0, 20, 20, 20, 25, handoff=0),
        visit(1, 0, 40, 40, 40, 45, handoff=0, clarifications=2),
    ]
    found = results(chain, (requests, visits, 110, {}))
    assert figure(found, "consumer", "first_time_right")["mean"] == pytest.approx(0.5)
    promise = figure(found, "sla", "attainment", "Guests: first time right")
    assert promise["mean"] == pytest.approx(0.5)
    assert figure(found, "sla", "breaches")["mean"] == 1


# Over time


def test_time_averages_cover_the_window_and_all_that_was_there(one):
    # In the chain within [10, 110): 2 + 21 + 16 + 10 minutes.
    assert figure(one, "chain", "work_in_progress")["mean"] == pytest.approx(49 / 100)
    assert figure(one, "service", "queue_length", "Answer")["mean"] == pytest.approx((2 + 8) / 100)
    assert figure(one, "service", "work_in_progress", "Check")["mean"] == pytest.approx((8 + 2) / 100)
    assert figure(one, "handoff", "work_in_progress")["mean"] == pytest.approx((7 + 4) / 100)


def test_throughput_is_of_what_completes_in_the_window(one):
    # The request asked before the window ends within it.
    row = figure(one, "chain", "throughput")
    assert row["mean"] == pytest.approx(3 / 100)
    assert row["unit"] == "requests per min"
    assert figure(one, "service", "throughput", "Check")["mean"] == pytest.approx(2 / 100)


def test_utilization_is_busy_time_within_the_window(one):
    # 2 of the first, 6, 8, and 2 of the last.
    assert figure(one, "provider", "utilization")["mean"] == pytest.approx(18 / 100)
    assert figure(one, "provider", "busy_time")["mean"] == pytest.approx(18)
    assert figure(one, "provider", "scheduled_time")["mean"] == pytest.approx(100)
    assert figure(one, "provider", "overtime")["mean"] == 0


def shift_chain(off_shift, **fields):
    chain = Chain("Shift", time_unit="min")
    chain.add_calendar("day", {"mon-sun": "00:00-01:00"})
    chain.add_provider("Desk", staff=2, calendar="day", off_shift=off_shift, **fields)
    chain.add_service("Answer", provider="Desk", duration="5 min")
    chain.add_consumer("Guests", arrivals={"every": "20 min"}, enters="Answer")
    return chain


def test_pauses_are_not_busy():
    requests = [done(50, 1450)]
    visits = [visit(0, 0, 50, 50, 50, 1450, work=20, pause_off_shift=1380)]
    pauses = [{"visit": 0, "cause": 0, "start": 60, "end": 1440}]
    found = results(
        shift_chain("pause"), (requests, visits, 1500, {"pauses": pauses}), duration="1500 min", warm_up=0
    )
    # On duty: two for an hour on the first day, and from 1440 to 1500 on the second.
    assert figure(found, "provider", "scheduled_time")["mean"] == pytest.approx(240)
    assert figure(found, "provider", "busy_time")["mean"] == pytest.approx(20)
    assert figure(found, "provider", "utilization")["mean"] == pytest.approx(20 / 240)
    assert figure(found, "consumer", "paused_off_shift")["mean"] == pytest.approx(1380)


def test_overtime_is_what_is_busy_beyond_the_staff_on_duty():
    requests = [done(50, 70), done(55, 65, number=1)]
    visits = [visit(0, 0, 50, 50, 50, 70), visit(1, 0, 55, 55, 55, 65)]
    chain = shift_chain("finish", cost="60 per hour")
    found = results(chain, (requests, visits, 1440, {}), duration="1440 min", warm_up=0)
    # After 60: two are busy until 65, one until 70.
    assert figure(found, "provider", "overtime")["mean"] == pytest.approx(15)
    assert figure(found, "provider", "busy_time")["mean"] == pytest.approx(30)
    assert figure(found, "provider", "utilization")["mean"] == pytest.approx(15 / 120)
    assert figure(found, "provider", "cost")["mean"] == pytest.approx(120 + 15)
    assert figure(found, "chain", "cost")["mean"] == pytest.approx(135)


def test_overtime_of_members_is_outside_their_own_calendar():
    chain = Chain("Shift", time_unit="min")
    chain.add_calendar("first", {"mon-sun": "00:00-01:00"})
    chain.add_calendar("second", {"mon-sun": "01:00-02:00"})
    members = {"Ada": {"calendar": "first", "cost": "120 per hour"}, "Bo": {"calendar": "second"}}
    chain.add_provider("Desk", members=members, off_shift="finish", cost="60 per hour")
    chain.add_service("Answer", provider="Desk", duration="5 min")
    chain.add_consumer("Guests", arrivals={"every": "20 min"}, enters="Answer")
    found = results(
        chain,
        ([done(50, 70)], [visit(0, 0, 50, 50, 50, 70, member=0)], 1440, {}),
        duration="1440 min",
        warm_up=0,
    )
    # Bo is on duty from 60, yet it is Ada who works on.
    assert figure(found, "provider", "overtime")["mean"] == pytest.approx(10)
    assert figure(found, "provider", "cost")["mean"] == pytest.approx(60 * 2 + 60 * 1 + 10 * 2)


def test_held_time_is_blocked_or_awaiting_an_answer():
    requests = [done(20, 40)]
    visits = [visit(0, ANSWER, 20, 20, 20, 30, 36, work=7, pause_call=3, blocked=6)]
    pauses = [{"visit": 0, "cause": 3, "start": 22, "end": 25}]
    found = results(desk(), (requests, visits, 110, {"pauses": pauses}))
    assert figure(found, "provider", "held_time")["mean"] == pytest.approx(9)
    assert figure(found, "provider", "busy_time")["mean"] == pytest.approx(7)
    assert figure(found, "service", "blocked_time", "Answer")["mean"] == pytest.approx(6)


def test_each_of_several_providers_is_busy_with_as_many_as_are_needed():
    chain = Chain("Ward", time_unit="min")
    chain.add_provider("Nurse", staff=3)
    chain.add_provider("Room", staff=2)
    chain.add_service("Treat", providers={"Nurse": 2, "Room": 1}, duration="10 min")
    chain.add_consumer("Patients", arrivals={"every": "20 min"}, enters="Treat")
    found = results(chain, ([done(20, 30)], [visit(0, 0, 20, 20, 20, 30)], 110, {}))
    assert figure(found, "provider", "busy_time", "Nurse")["mean"] == pytest.approx(20)
    assert figure(found, "provider", "busy_time", "Room")["mean"] == pytest.approx(10)
    assert figure(found, "provider", "utilization", "Nurse")["mean"] == pytest.approx(20 / 300)


def test_a_batch_keeps_one_unit_busy():
    chain = Chain("Oven", time_unit="min")
    chain.add_provider("Oven", staff=2)
    chain.add_service("Bake", provider="Oven", duration="10 min", batch={"size": 2})
    chain.add_consumer("Bakers", arrivals={"every": "20 min"}, enters="Bake")
    requests = [done(20, 30, number=number) for number in range(3)]
    together = (2, 2, 1)
    visits = [visit(number, 0, 20, 20, 20, 30, queued=20, together=together[number]) for number in range(3)]
    found = results(chain, (requests, visits, 110, {}))
    # Two full at once would be two ovens; three requests are two batches.
    assert figure(found, "provider", "busy_time")["mean"] == pytest.approx(20)


def test_little_s_law_holds_when_all_happens_within_the_window():
    requests = [done(20, 41), done(24, 40, number=1)]
    visits = [
        visit(0, ANSWER, 20, 20, 20, 26),
        visit(0, CHECK, 26, 33, 33, 41, handoff=0),
        visit(1, ANSWER, 24, 24, 26, 34),
        visit(1, CHECK, 34, 38, 38, 40, handoff=0),
    ]
    found = results(desk(), (requests, visits, 110, {}))
    there = figure(found, "chain", "work_in_progress")["mean"]
    rate = figure(found, "chain", "arrived")["mean"] / 100
    assert there == pytest.approx(rate * figure(found, "chain", "flow_time")["mean"])


# Stocks


def stock_results(**stock):
    chain = Chain("Store", time_unit="min")
    chain.add_stock("Parts", initial=4, **stock)
    chain.add_service("Take", duration="1 min", consumes={"Parts": 2})
    chain.add_service("Make", duration="1 min", produces={"Parts": 2})
    chain.add_consumer("Buyers", arrivals={"every": "20 min"}, enters="Take")
    chain.add_consumer("Makers", arrivals={"every": "20 min"}, enters="Make")
    requests = [done(20, 21), done(50, 51, number=1), done(60, 91, number=2)]
    visits = [
        visit(0, 1, 20, 20, 20, 21, queued=20),
        visit(1, 1, 50, 50, 50, 51, queued=50),
        visit(2, 1, 60, 60, 90, 91, queued=90, wait_stock=30, wait_contention=0),
    ]
    changes = [
        {"stock": 0, "time": 20, "level": 2},
        {"stock": 0, "time": 50, "level": 0},
        {"stock": 0, "time": 60, "level": 0, "waiting": 2},
        {"stock": 0, "time": 90, "level": 2},
        {"stock": 0, "time": 90, "level": 0},
    ]
    return results(chain, (requests, visits, 120, {"stocks": changes}))


def test_level_stockout_and_fill_rate():
    found = stock_results()
    # 4 for 10 minutes, 2 for 30, then none.
    assert figure(found, "stock", "mean_level")["mean"] == pytest.approx((40 + 60) / 100)
    assert figure(found, "stock", "stockout_share")["mean"] == pytest.approx(60 / 100)
    assert figure(found, "stock", "fill_rate")["mean"] == pytest.approx(2 / 3)
    assert figure(found, "service", "waiting_stock", "Take")["mean"] == pytest.approx(10)


def test_holding_costs_are_for_every_unit_and_its_time():
    assert figure(stock_results(cost="3 per min"), "stock", "cost")["mean"] == pytest.approx(300)


def test_a_stock_that_never_changes_keeps_its_level():
    chain = Chain("Store", time_unit="min")
    chain.add_stock("Parts", initial=4)
    chain.add_service("Take", duration="1 min", consumes={"Parts": 1})
    chain.add_service("Make", duration="1 min", produces={"Parts": 1})
    for name, enters in (("Buyers", "Take"), ("Makers", "Make")):
        chain.add_consumer(name, arrivals={"every": "200 min"}, enters=enters)
    found = results(chain, ([], [], 120, {}))
    assert figure(found, "stock", "mean_level")["mean"] == 4
    assert figure(found, "stock", "stockout_share")["mean"] == 0
    assert np.isnan(figure(found, "stock", "fill_rate")["mean"])
    assert np.isnan(figure(found, "chain", "flow_time")["mean"])


# Promises


def attainment(found, name):
    row = figure(found, "sla", "attainment", name)
    low = figure(found, "sla", "attainment_low", name)["mean"]
    high = figure(found, "sla", "attainment_high", name)["mean"]
    return row["mean"], low, high, row["requests"], row["unfinished"]


def test_within_or_equal_is_met_and_undetermined_shows_as_bounds():
    chain = desk(sla={"resolution": "90% within 10 min", "penalty": "50 per breach"})
    requests = [
        done(20, 30),
        done(30, 41, number=1),
        done(40, 42, number=2, outcome="gave up"),
        cut(90, number=3),
        cut(112 - 5, number=4),
    ]
    visits = [
        visit(0, ANSWER, 20, 20, 20, 30),
        visit(1, ANSWER, 30, 30, 30, 41),
        visit(2, ANSWER, 40, 40, None, None, 42, "gave up"),
        visit(3, ANSWER, 90, 90, None, None, None, "unfinished"),
        visit(4, ANSWER, 107, 107, None, None, None, "unfinished"),
    ]
    found = results(chain, (requests, visits, 112, {}))
    mean, low, high, known, open_ = attainment(found, "Guests: resolution")
    assert (known, open_) == (4, 1)
    assert (mean, low, high) == pytest.approx((1 / 4, 1 / 5, 2 / 5))
    assert figure(found, "sla", "breaches")["mean"] == 3
    assert figure(found, "sla", "penalty")["mean"] == 150
    assert figure(found, "chain", "penalty")["mean"] == 150


def test_what_is_due_at_the_end_of_the_run_is_not_yet_a_breach():
    chain = desk(sla={"resolution": "90% within 10 min"})
    for stopped, breaches in ((110, 0), (110.001, 1)):
        visits = [visit(0, ANSWER, 100, 100, None, None, None, "unfinished")]
        found = results(chain, ([cut(100)], visits, stopped, {}))
        assert figure(found, "sla", "breaches")["mean"] == breaches


def test_response_ends_with_the_start_of_the_first_work():
    chain = desk(sla={"response": "90% within 2 min"})
    found = results(chain, four())
    mean, *_, known, open_ = attainment(found, "Guests: response")
    assert (mean, known, open_) == (pytest.approx(2 / 3), 3, 0)


def test_until_stops_the_clock_at_the_first_end_of_that_service():
    chain = desk(sla={"resolution": "90% within 9 min", "until": "Answer"})
    found = results(chain, four())
    # 6 and 10 minutes; the third is past due at 120.
    assert attainment(found, "Guests: resolution")[0] == pytest.approx(1 / 3)


def test_a_request_that_never_comes_to_until_is_not_concerned():
    chain = desk(sla={"resolution": "90% within 9 min", "until": "Check"})
    requests = [done(20, 25), done(40, 44, number=1, outcome="refused")]
    visits = [visit(0, ANSWER, 20, 20, 20, 25), visit(1, ANSWER, 40, 44, None, None, 44, "refused")]
    found = results(chain, (requests, visits, 110, {}))
    assert attainment(found, "Guests: resolution")[3] == 1
    assert figure(found, "sla", "breaches")["mean"] == 1


def test_a_due_time_may_depend_on_the_request():
    chain = desk(sla={"resolution": "90% within (5 min if vip else 20 min)"})
    chain.add_attribute("vip", {"true": 0.5, "false": 0.5})
    requests = [
        done(20, 30, **{"attribute:vip": 1.0}),
        done(30, 40, number=1, **{"attribute:vip": 0.0}),
    ]
    visits = [visit(0, ANSWER, 20, 20, 20, 30), visit(1, ANSWER, 30, 30, 30, 40)]
    found = results(chain, (requests, visits, 110, {}))
    assert attainment(found, "Guests: resolution")[0] == pytest.approx(1 / 2)


def test_a_calendar_s_clock_counts_its_open_time():
    chain = desk(sla={"resolution": "90% within 20 min", "clock": "open"})
    chain.add_calendar("open", {"mon-sun": "00:00-01:00, 01:30-24:00"})
    requests = [done(50, 100), done(50, 101, number=1)]
    visits = [visit(0, ANSWER, 50, 50, 50, 100), visit(1, ANSWER, 50, 50, 50, 101)]
    found = results(chain, (requests, visits, 110, {}), warm_up=0)
    # 50 minutes, of which 30 closed; one minute more is late.
    assert attainment(found, "Guests: resolution")[0] == pytest.approx(1 / 2)


@pytest.mark.parametrize(
    ("excluded", "met"), [("Check", 1), ("Answer -> Check", 1), ("contention", 0), ("delay", 0), (None, 0)]
)
def test_the_clock_stands_during_what_is_excluded(excluded, met):
    # 3 contention, 6 work, 4 delay + 3 clarification, 8 check: 24 minutes.
    sla = {"resolution": "90% within 17 min"} | ({"excluding": [excluded]} if excluded else {})
    visits = [
        visit(0, ANSWER, 20, 20, 23, 29),
        visit(0, CHECK, 29, 36, 36, 44, handoff=0, handoff_delay=4, handoff_clarification=3),
    ]
    found = results(desk(sla=sla), ([done(20, 44)], visits, 110, {}))
    assert attainment(found, "Guests: resolution")[0] == met


def test_exclusions_that_overlap_count_once():
    # Without Answer and its contention 15 minutes are left, not 12.
    visits = [visit(0, ANSWER, 20, 20, 23, 29), visit(0, CHECK, 29, 36, 36, 44, handoff=0)]
    for within, met in ((15, 1), (14, 0)):
        sla = {"resolution": f"90% within {within} min", "excluding": ["Answer", "contention"]}
        found = results(desk(sla=sla), ([done(20, 44)], visits, 110, {}))
        assert attainment(found, "Guests: resolution")[0] == met


def test_a_cause_in_the_queue_cannot_stop_a_calendar_s_clock():
    chain = desk(sla={"resolution": "90% within 20 min", "clock": "open", "excluding": ["contention"]})
    chain.add_calendar("open", {"mon-sun": "00:00-24:00"})
    found = results(chain, ([done(20, 25)], [visit(0, ANSWER, 20, 20, 20, 25)], 110, {}), warm_up=0)
    with pytest.raises(
        NotImplementedError, match="excluding 'contention' on the clock 'open' is not supported yet"
    ):
        found.kpis  # noqa: B018


def link_chain():
    chain = Chain("Office", time_unit="min")
    chain.add_service("Answer", duration="5 min")
    chain.add_service("Check", duration="2 min")
    sla = {"response": "90% within 10 min", "resolution": "90% within 15 min", "first_time_right": "90%"}
    clarification = {"probability": 0.1, "returns_to": "Answer"}
    chain.add_handoff("Answer", "Check", delay="4 min", clarification=clarification, sla=sla)
    chain.add_consumer("Guests", arrivals={"every": "20 min"}, enters="Answer")
    return chain


def test_a_link_s_clock_runs_from_each_leaving_to_the_visit_at_the_target():
    requests = [done(20, 41), done(24, 40, number=1)]
    visits = [
        visit(0, ANSWER, 20, 20, 20, 26),
        visit(0, CHECK, 26, 33, 36, 41, handoff=0),
        visit(1, ANSWER, 24, 24, 26, 34),
        visit(1, CHECK, 34, 38, 38, 50, handoff=0),
    ]
    found = results(link_chain(), (requests, visits, 110, {}))
    assert attainment(found, "Answer -> Check: response")[0] == 1
    assert attainment(found, "Answer -> Check: resolution")[0] == pytest.approx(1 / 2)


def test_a_return_belongs_to_the_leaving_that_it_sends_back():
    visits = [
        visit(0, ANSWER, 20, 20, 20, 26),
        visit(0, ANSWER, 26, 30, 30, 33, handoff=0, arrived_by_return=1, visit=2),
        visit(0, CHECK, 33, 37, 37, 39, handoff=0),
    ]
    found = results(link_chain(), ([done(20, 39)], visits, 110, {}))
    # From 26 to the start at 37 and the end at 39: one promise, 11 and 13 minutes.
    assert attainment(found, "Answer -> Check: response") == pytest.approx((0, 0, 0, 1, 0))
    assert attainment(found, "Answer -> Check: resolution") == pytest.approx((1, 1, 1, 1, 0))
    assert figure(found, "handoff", "first_time_right")["mean"] == pytest.approx(1 / 2)


def test_slas_show_what_was_promised():
    found = results(link_chain(), ([], [], 110, {}))
    row = found.slas.loc["Answer -> Check: response"]
    assert (row["scope"], row["of"], row["kind"]) == ("handoff", "Answer -> Check", "response")
    assert (row["share"], row["within"], row["clock"]) == (0.9, "10 min", "elapsed")


# Over replications


def simple(waits):
    """One replication whose requests waited so long at the desk."""
    requests = [done(20 + i, 30 + i, number=i) for i in range(len(waits))]
    visits = [visit(i, ANSWER, 20 + i, 20 + i, 20 + i + wait, 30 + i) for i, wait in enumerate(waits)]
    return requests, visits, 110, {}


def test_means_weigh_customers_alike():
    found = results(desk(), simple([4]), simple([1, 1, 1]))
    row = figure(found, "service", "waiting_time", "Answer")
    assert row["mean"] == pytest.approx(7 / 4)
    assert (row["replications"], row["requests"]) == (2, 4)
    values = found.by_replication
    mine = values[(values["name"] == "Answer") & (values["measure"] == "waiting_time")]
    assert mine["value"].tolist() == [4, 1]
    assert mine["replication"].tolist() == [0, 1]


def test_counts_have_t_intervals_from_0_on():
    found = results(desk(), simple([1]), simple([1] * 3), simple([1] * 5))
    row = figure(found, "chain", "arrived")
    # 3 +- 4.303 * 2 / sqrt(3), but no count is below 0
    assert (row["ci_low"], row["mean"], row["ci_high"]) == pytest.approx((0, 3, 3 + 4.96828), rel=1e-5)


def test_one_replication_gives_means_without_intervals(one):
    row = figure(one, "chain", "flow_time")
    assert np.isnan(row["ci_low"])
    assert np.isnan(row["ci_high"])


def test_quantiles_are_pooled_over_replications():
    found = results(desk(), simple([0, 1, 2, 3, 4]), simple([5, 6, 7, 8, 9]))
    assert figure(found, "service", "waiting_time_p50", "Answer")["mean"] == 4
    assert figure(found, "service", "waiting_time_p90", "Answer")["mean"] == 8
    assert np.isnan(figure(found, "service", "waiting_time_p99", "Answer")["ci_high"])
    assert figure(found, "provider", "waiting_time_p90")["mean"] == 8


# Tables


def test_tables_have_the_columns_that_are_promised(one):
    assert list(one.kpis) == [
        *("scenario", "scope", "name", "measure", "unit", "mean", "ci_low", "ci_high", "replications"),
        *("requests", "unfinished"),
    ]
    assert list(one.by_replication) == [
        *("scenario", "replication", "scope", "name", "measure", "unit", "value", "requests", "unfinished"),
    ]
    assert not one.kpis.duplicated(["scope", "name", "measure"]).any()


def test_views_are_slices_of_the_table(one):
    assert one.providers.loc["Desk", "utilization"] == figure(one, "provider", "utilization")["mean"]
    assert one.services.index.tolist() == ["Answer", "Check"]
    assert one.consumers.loc["Guests", "arrived"] == 3
    assert one.handoffs.loc["Answer -> Check", "clarifications"] == 1
    assert one.calls.empty
    assert one.stocks.empty
    assert one.slas.empty


def test_labels_become_columns():
    chain = desk(labels={"kind": "walk-in"})
    found = results(chain, ([], [], 110, {}))
    assert found.consumers.loc["Guests", "kind"] == "walk-in"


def test_the_summary_is_plain_and_numeric(one):
    summary = one.summary()
    assert type(summary) is pd.DataFrame
    assert summary[["mean", "ci_low", "ci_high"]].dtypes.tolist() == [np.dtype("float64")] * 3
    assert ("chain", "flow_time") in set(zip(summary["scope"], summary["measure"], strict=True))


def test_raw_tables_have_names_and_times_in_the_chain_s_unit(one):
    assert one.requests["in_window"].tolist() == [False, True, True, True]
    assert one.requests["asked"].tolist() == [5, 20, 24, 100]
    assert np.isnan(one.requests["ended"].iloc[-1])
    assert one.requests["outcome"].tolist() == ["completed"] * 3 + ["unfinished"]
    assert one.requests["source"].tolist() == ["Guests"] * 4
    second = one.visits.iloc[2]
    assert (second["service"], second["handoff"], second["handoff_time"]) == ("Check", "Answer -> Check", 7)
    assert pd.isna(second["provider"])
    assert one.visits["provider"].iloc[0] == "Desk"


def test_attributes_show_as_numbers_and_words():
    chain = desk()
    chain.add_attribute("severity", {"high": 0.5, "low": 0.5})
    chain.add_attribute("size", "uniform(low=1, high=3)")
    words = results(chain, ([], [], 110, {})).program.words
    attributes = {"severity": float(words.index("low")), "size": 1.5}
    request = done(20, 25, **{f"attribute:{name}": value for name, value in attributes.items()})
    row = results(chain, ([request], [visit(0, ANSWER, 20, 20, 20, 25)], 110, {})).requests.iloc[0]
    assert (row["severity"], row["size"]) == ("low", 1.5)


def test_results_show_themselves_escaped():
    chain = Chain("<b>Office</b>", time_unit="min")
    chain.add_service("Answer", duration="5 min")
    chain.add_consumer("Guests", arrivals={"every": "20 min"}, enters="Answer")
    found = results(chain, ([done(20, 25)], [visit(0, 0, 20, 20, 20, 25)], 110, {}))
    assert "<b>Office" not in found._repr_html_()
    assert repr(found) == "Results('<b>Office</b>', 'baseline': 1 replication, seed 1)"


# Splits


def test_figures_of_a_request_are_along_the_critical_path():
    chain = Chain("Fork", time_unit="min")
    chain.add_service("Begin", duration="1 min", split="all")
    chain.add_service("Fast", duration="2 min")
    chain.add_service("Slow", duration="6 min")
    chain.add_service("Join", duration="1 min", join="all")
    for branch in ("Fast", "Slow"):
        chain.add_handoff("Begin", branch)
        chain.add_handoff(branch, "Join")
    chain.add_consumer("Guests", arrivals={"every": "20 min"}, enters="Begin")
    begin, fast, join, slow = range(4)
    none = {"previous": -1}
    visits = [
        visit(0, begin, 20, 20, 20, 21, **none),
        visit(0, fast, 21, 21, 21, 23, previous=0, branch=1),
        visit(0, slow, 21, 21, 21, 27, previous=0, branch=2),
        visit(0, join, 23, 23, None, None, 27, "joined", wait_join=4, previous=1, branch=1),
        visit(0, join, 27, 27, 27, 28, previous=2, branch=2),
    ]
    found = results(chain, ([done(20, 28)], visits, 110, {}))
    assert figure(found, "chain", "flow_time")["mean"] == 8
    assert figure(found, "chain", "service_time")["mean"] == 8
    assert figure(found, "chain", "waiting_time")["mean"] == 0
    assert figure(found, "service", "arrived", "Join")["mean"] == 1
    assert found.visits["outcome"].tolist()[3] == "joined"


# Saved and loaded


def test_saved_results_load_to_the_same(one, tmp_path):
    path = tmp_path / "office.results"
    one.save(path)
    again = load_results(path)
    assert type(again) is Results
    assert again.records[0].equals(one.records[0])
    assert again.chain == one.chain
    assert (again.seed, again.engine, again.scenario_name) == (one.seed, one.engine, one.scenario_name)
    pd.testing.assert_frame_equal(again.kpis, one.kpis)
    assert [entry.name for entry in tmp_path.iterdir()] == ["office.results"]


def test_a_failed_save_leaves_nothing_behind(one, tmp_path, monkeypatch):
    path = tmp_path / "office.results"
    path.write_text("before")
    monkeypatch.setattr("serviceflow.results.storage._write_record", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        one.save(path)
    assert path.read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 1


def test_what_is_no_file_of_results_is_said_to_be_none(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("no results")
    with pytest.raises(
        StorageError, match=r"notes.txt: this is not a whole file of results .* Results.save wrote"
    ):
        load_results(path)


def test_results_of_another_format_are_refused(one, tmp_path, monkeypatch):
    path = tmp_path / "office.results"
    monkeypatch.setattr("serviceflow.results.storage.FORMAT", 99)
    one.save(path)
    monkeypatch.undo()
    with pytest.raises(
        StorageError, match="format 99 cannot be read: this version reads format 3; run the chain again"
    ):
        load_results(path)


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_results(tmp_path / "nowhere.results")


# Results belong to the chain as it was run


def test_what_is_added_to_a_chain_later_does_not_touch_its_results(tmp_path):
    chain = Chain("Growing", time_unit="min", run={"duration": "1 day", "replications": 1, "seed": 1})
    chain.add_provider("Desk", staff=1)
    chain.add_service("Serve", provider="Desk", duration="5 min")
    chain.add_consumer("Guests", arrivals={"rate": "6 per hour"}, enters="Serve")
    results = Results(replicate(chain, engine="simpy"))
    kpis, text = results.kpis.copy(), results.chain.to_dict()
    chain.add_service("Ask", duration="2 h")
    chain.add_provider("Archive", staff=3)
    results.save(tmp_path / "r")
    again = load_results(tmp_path / "r")
    assert results.chain.to_dict() == again.chain.to_dict() == text
    pd.testing.assert_frame_equal(again.kpis, kpis)
    assert "Ask" not in set(again.kpis["name"])
    fresh = Results(replicate(chain, engine="simpy"))
    assert "Ask" in set(fresh.kpis["name"])


def test_the_same_chain_is_lowered_once():
    chain = Chain("Same", time_unit="min", run={"duration": "1 day", "replications": 1, "seed": 1})
    chain.add_service("Serve", duration="5 min")
    chain.add_consumer("Guests", arrivals={"rate": "6 per hour"}, enters="Serve")
    first, second = (replicate(chain, engine="simpy") for _ in range(2))
    assert first.program is second.program
    assert first.program.chain is not chain

"""Single requests: the slowest, those to whom a promise was broken, and what they waited behind."""

import pytest

import serviceflow as sf
from serviceflow.analysis.single import RequestsError
from tracing import chain_of

DESK = """
providers: {Desk: {staff: 2}, Lab: {staff: 1}}
services:
  Take: {provider: Desk, duration: 10 min}
  Test: {provider: Lab, duration: 4 min, patience: 5 min}
consumers:
  People:
    arrivals: {at: [0 min, 0 min, 1 min, 2 min]}
    enters: Take
    sla: {response: 75% within 5 min, resolution: 75% within 20 min}
handoffs:
  Take -> Test: {delay: 1 min, sla: {resolution: 50% within 4 min, first_time_right: 50%}}
"""


@pytest.fixture(scope="module")
def results():
    """Takes at 0, 0, 10, 10; tests at 11, 15, 21, 25, each after a minute on the way."""
    return chain_of(DESK).simulate(
        duration="1 h", warm_up=0, replications=2, seed=1, engine="simpy", progress=False
    )


def test_the_slowest_come_first_with_where_most_was_lost(results):
    table = results.slowest(3)
    assert table["flow_time"].tolist() == [27, 27, 24]
    assert table["replication"].tolist() == [0, 1, 0]
    assert table["request"].tolist()[:2] == [3, 3]
    first = table.iloc[0]
    assert (first["work"], first["lost"]) == (14, 13)
    assert first[["most_scope", "most_place", "most_cause", "most_time"]].tolist() == [
        "provider",
        "Desk",
        "contention",
        8,
    ]


def test_the_slowest_of_one_consumer(results):
    assert results.slowest(1, consumer="People")["flow_time"].tolist() == [27]
    with pytest.raises(sf.UnknownNameError, match="there is no consumer 'Peple'"):
        results.slowest(1, consumer="Peple")


@pytest.mark.parametrize("count", [0, -1, 2.5, True])
def test_how_many_is_a_whole_number(results, count):
    with pytest.raises(RequestsError, match="how many requests is a whole number from 1 on"):
        results.slowest(count)


def test_work_and_lost_time_sum_to_the_flow_time(results):
    table = results.slowest(100)
    assert len(table) == 8
    assert (table["work"] + table["lost"]).tolist() == table["flow_time"].tolist()


def test_breaches_of_a_promise_to_consumers(results):
    table = results.breaches("People: resolution").query("replication == 0")
    assert table["time"].tolist() == [27, 24]
    assert table["outcome"].tolist() == ["completed", "completed"]
    assert table["most_place"].tolist() == ["Desk", "Desk"]


def test_breaches_count_until_the_clock_stops(results):
    table = results.breaches("People: response").query("replication == 0")
    assert table[["request", "since", "until", "time", "work", "lost"]].to_numpy().tolist() == [
        [2, 1, 10, 9, 0, 9],
        [3, 2, 10, 8, 0, 8],
    ]


def test_breaches_on_a_link(results):
    table = results.breaches("Take -> Test: resolution").query("replication == 0")
    assert table["time"].tolist() == [9, 9, 5, 5]
    assert sorted(table["request"].tolist()) == [0, 1, 2, 3]
    assert table["most_place"].tolist() == ["Lab", "Lab", "Take -> Test", "Take -> Test"]


def test_a_promise_that_cannot_be_listed(results):
    with pytest.raises(sf.UnknownNameError, match="did you mean 'People: response'"):
        results.breaches("People: respons")
    with pytest.raises(RequestsError, match="is no promise about time"):
        results.breaches("Take -> Test: first time right")


def test_a_summary_has_no_single_requests():
    summary = chain_of(DESK).simulate(
        duration="1 h", warm_up=0, replications=1, seed=1, keep="summary", engine="simpy", progress=False
    )
    for ask in (summary.slowest, lambda: summary.breaches("People: response")):
        with pytest.raises(sf.NotKeptError, match="has no single requests"):
            ask()


def test_where_there_is_nothing_tables_are_empty():
    found = chain_of(DESK).simulate(
        duration="1 min", warm_up="1 h", replications=1, seed=1, engine="simpy", progress=False
    )
    assert len(found.slowest()) == len(found.breaches("People: response")) == 0


# What they waited behind


def said(results, request):
    return [what for what in results.story(request).events["what"] if "in hand" in what or "order" in what]


def test_a_story_says_what_those_who_are_waited_for_are_busy_with(results):
    assert said(results, 0) == []
    assert said(results, 3)[0] == (
        "Desk had in hand request 0 (Take, until Mon 00:10:00) and request 1 (Take, until Mon 00:10:00);"
        " 1 request waited there already"
    )


MANY = """
providers: {Desk: {staff: {mon-sun: {"00:00-00:30": 5, "01:00-24:00": 5}}}}
stocks: {Kits: {initial: 0, reorder: {below: 1, quantity: 9, enters: Make}}}
services:
  Make: {duration: 7 min, produces: {Kits: quantity}}
  Take: {provider: Desk, duration: 29 min, consumes: {Kits: 1}}
consumers: {People: {arrivals: {at: [0 min, 0 min, 0 min, 0 min, 0 min, 31 min]}, enters: Take}}
"""


def test_a_story_names_few_and_says_what_stands_still_and_what_is_on_order():
    found = chain_of(MANY).simulate(
        duration="2 h", warm_up=0, replications=1, seed=1, engine="simpy", progress=False
    )
    people = found.requests.query("kind == 'consumer'")["request"].tolist()
    (ordered,) = said(found, people[0])
    assert ordered.startswith("on order: request ")
    assert ordered.endswith(" for Kits (ordered Mon 00:00:00, done Mon 00:07:00)")
    (busy,) = said(found, people[-1])
    assert busy.startswith("Desk had in hand request ")
    assert "(Take, paused, as the shift was over, until Mon 01:06:00)" in busy
    assert busy.endswith(" and 2 more")


HELD = """
providers: {Nurse: {staff: 1}, Doctor: {staff: 1}}
services:
  Care: {provider: Nurse, duration: 2 min}
  Decide: {provider: Doctor, duration: 10 min}
consumers: {People: {arrivals: {at: [0 min, 1 min]}, enters: Care}}
calls:
  Care -> Decide: {ask: start}
"""


def test_a_story_says_that_staff_await_an_answer():
    found = chain_of(HELD).simulate(
        duration="1 h", warm_up=0, replications=1, seed=1, engine="simpy", progress=False
    )
    assert "Nurse had in hand request 0 (Care, awaiting an answer, until Mon 00:12:00)" in said(found, 2)

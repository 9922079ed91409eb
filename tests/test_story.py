"""The story of a request, and what the rules will do with one, in words."""

from __future__ import annotations

import pytest

import serviceflow as sf
from tracing import chain_of

CHAIN = """
    providers:
      Clerk: {staff: {mon-sun: {"00:00-00:30": 1, "01:00-24:00": 1}}}
      Expert: {members: {Ada: {}}}
    stocks:
      Forms: {initial: 9}
    services:
      Register: {provider: Clerk, duration: 10 min, consumes: {Forms: 1}, patience: 2 h}
      Judge: {provider: Expert, duration: 5 min}
    consumers:
      Clients:
        arrivals: {at: [0 min, 15 min, 15 min]}
        enters: Register
        attributes: {kind: {new: 100%}}
        sla: {response: 90% within 10 min}
    handoffs:
      Register -> Judge: {every: 20 min, delay: 1 min}
      Judge -> end: {delay: 3 min}
"""


@pytest.fixture(scope="module")
def chain() -> sf.ServiceChain:
    return chain_of(CHAIN)


@pytest.fixture(scope="module")
def results(chain: sf.ServiceChain) -> sf.Results:
    return chain.simulate()


def test_the_whole_life_of_a_request(results: sf.Results) -> None:
    """The third waits 10 min for the second, starts at 25, rests from 30 to 60, is done at 65."""
    assert str(results.story(2)) == (
        "Request 2 of Clients (kind new)\n"
        "Mon 05 Jan 00:15:00  asked\n"
        "Mon 05 Jan 00:15:00  arrived at Register\n"
        "Mon 05 Jan 00:15:00  waited for Clerk: staff are busy with earlier requests (10 min)\n"
        "Mon 05 Jan 00:15:00    Clerk had in hand request 1 (Register, until Mon 00:25:00)\n"
        "Mon 05 Jan 00:25:00  Clerk began Register (10 min)\n"
        "Mon 05 Jan 00:30:00  stood still: the shift was over (30 min)\n"
        "Mon 05 Jan 01:05:00  Register finished\n"
        "Mon 05 Jan 01:05:00  waiting for the next dispatch to Judge (15 min)\n"
        "Mon 05 Jan 01:20:00  on the way to Judge (1 min)\n"
        "Mon 05 Jan 01:21:00  arrived at Judge\n"
        "Mon 05 Jan 01:21:00  Ada of Expert began Judge (5 min)\n"
        "Mon 05 Jan 01:26:00  Judge finished\n"
        "Mon 05 Jan 01:26:00  on the way to the end (3 min)\n"
        "completed after 1 h 14 min: 15 min work, 19 min between services, 10 min waiting, 30 min paused"
    )


def test_the_story_is_a_table_too(results: sf.Results) -> None:
    events = results.story(2).events
    assert list(events.columns) == ["time", "clock", "length", "depth", "what"]
    assert events["time"].iloc[4] == 25.0
    assert str(events["clock"].iloc[4]) == "2026-01-05 00:25:00"


def test_called_requests_are_told_within() -> None:
    text = str(
        chain_of(
            """
    services:
      Ask: {duration: 1 min}
      Tell: {duration: 2 min}
    consumers:
      All: {arrivals: {at: [0 min]}, enters: Ask}
    calls:
      Ask -> Tell: {}
    """
        )
        .simulate()
        .story(0)
    )
    assert "Mon 05 Jan 00:00:00    called Tell\n" in text
    assert "Mon 05 Jan 00:02:00    Tell finished\n" in text
    assert "waited: an answer from another service is not there yet (2 min)" in text


@pytest.mark.parametrize(
    ("request_", "replication", "message"),
    [
        (3, 0, "request 3: replication 0 has 3, from 0"),
        (0, 1, "replication 1: there are 1, counted from 0"),
    ],
)
def test_a_request_that_is_not_there(
    results: sf.Results, request_: int, replication: int, message: str
) -> None:
    with pytest.raises(sf.ServiceflowError) as error:
        results.story(request_, replication)
    assert str(error.value) == message


def test_names_are_escaped(results: sf.Results) -> None:
    assert "<script>" not in results.story(0)._repr_html_()


def test_explain_says_what_the_rules_will_do(chain: sf.ServiceChain) -> None:
    assert str(chain.explain("Register")) == (
        "Register\n"
        "  Who comes\n"
        "    - requests of Clients, as soon as they are created\n"
        "  Before the queue\n"
        "    - gives up if work has not started after 2 h\n"
        "    - waits for 1 of Forms, taken all at once, in order of arrival\n"
        "  In the queue\n"
        "    - waits for Clerk (1 staff)\n"
        "    - at Clerk first come, first served\n"
        "    - Clerk: at the end of a shift work pauses and goes on at the next\n"
        "  The work\n"
        "    - takes 10 min\n"
        "  Afterwards\n"
        "    - to Judge: waits for the next round, every 20 min counted from time 0; 1 min on the way\n"
        "  What is promised\n"
        "    - to Clients: 90% within 10 min until the start of work"
    )


def test_explain_an_unknown_service(chain: sf.ServiceChain) -> None:
    with pytest.raises(sf.ServiceflowError) as error:
        chain.explain("Registre")
    assert str(error.value) == (
        "there is no service 'Registre'; did you mean 'Register'?; there are: Register, Judge"
    )


@pytest.mark.parametrize("name", sf.examples())
def test_every_service_of_the_shipped_chains_can_be_explained(name: str) -> None:
    chain = sf.example(name)
    for service in chain.services:
        assert str(chain.explain(service)).startswith(f"{service}\n  Who comes\n")

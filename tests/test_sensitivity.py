"""How much a figure depends on each input."""

from __future__ import annotations

from typing import Any

import pytest

import serviceflow as sf
from serviceflow.analysis.sensitivity import inputs_of

RUN = {"duration": "300 h", "warm_up": "20 h", "replications": 5, "seed": 7, "progress": False}
SHORT = {"duration": "8 h", "warm_up": 0, "replications": 3, "seed": 7, "engine": "simpy", "progress": False}


def desk(arrivals: Any = None) -> sf.ServiceChain:
    chain = sf.ServiceChain("Desk")
    chain.add_provider("Clerk", staff=1)
    chain.add_service("Ask", provider="Clerk", duration="exponential(mean=5 min)")
    chain.add_service("Think", duration="10 min")
    chain.add_consumer("Clients", arrivals=arrivals or {"rate": "6 per hour"}, enters="Ask")
    chain.add_handoff("Ask -> Think")
    return chain


def test_elasticities_are_those_of_the_closed_form() -> None:
    found = desk().sensitivity(by=0.05, **RUN)
    table = found.table.set_index("input")["elasticity"]
    work = 5.0
    rate, rest = 0.1, 10.0
    flow = work / (1 - rate * work) + rest

    def time(rate: float, work: float, rest: float) -> float:
        return work / (1 - rate * work) + rest

    def elasticity(high: float, low: float) -> float:
        return (high - low) / 0.1 / flow

    assert table["duration of Think"] == pytest.approx(rest / flow, rel=0.05)
    expected = elasticity(time(rate, 1.05 * work, rest), time(rate, 0.95 * work, rest))
    assert table["duration of Ask"] == pytest.approx(expected, rel=0.15)
    expected = elasticity(time(1.05 * rate, work, rest), time(0.95 * rate, work, rest))
    assert table["arrivals of Clients"] == pytest.approx(expected, rel=0.3)


def test_most_influential_comes_first_with_paired_intervals() -> None:
    table = desk().sensitivity(**SHORT).table
    assert table["swing"].is_monotonic_decreasing
    assert (table["lower_low"] <= table["lower"]).all()
    assert (table["higher"] <= table["higher_high"]).all()
    assert ((table["ci_low"] <= table["elasticity"]) & (table["elasticity"] <= table["ci_high"])).all()


@pytest.mark.parametrize(
    "arrivals",
    [
        {"every": "10 min"},
        {"profile": {"mon-sun": {"08:00-12:00": "6 per hour", "12:00-16:00": "3 per hour"}}},
    ],
    ids=["every", "profile"],
)
def test_arrivals_of_every_kind_are_scaled(arrivals: Any) -> None:
    chain = desk(arrivals)
    (more,) = [one for one in inputs_of(chain) if one.name == "arrivals of Clients"]
    run = {**SHORT, "duration": "1 day"}
    now = chain.simulate(**run).mean("chain", "arrived")[0]
    then = chain.change(more.changes(2.0)).simulate(**run).mean("chain", "arrived")[0]
    assert then == pytest.approx(2 * now, rel=0.2)


def test_only_what_is_wanted() -> None:
    found = desk().sensitivity(("utilization", "Clerk"), inputs=["duration of Ask"], **SHORT)
    assert found.table["input"].tolist() == ["duration of Ask"]
    assert found.unit == "share"
    assert "duration of Ask" in str(found)
    assert repr(found) == "Sensitivity('utilization of Clerk' to 1 inputs, 10% up and down)"


def test_says_which_inputs_there_are() -> None:
    with pytest.raises(sf.SensitivityError, match="no input 'duration of Aks'.*mean 'duration of Ask'"):
        desk().sensitivity(inputs=["duration of Aks"], **SHORT)


@pytest.mark.parametrize("by", [0, 1, -0.1, "10%", True])
def test_share_is_between_0_and_1(by: Any) -> None:
    with pytest.raises(sf.SensitivityError, match="give a share above 0 and below 1"):
        desk().sensitivity(by=by, **SHORT)


def test_chain_without_inputs_says_so() -> None:
    chain = sf.ServiceChain("Nothing")
    chain.add_service("Ask", duration=0)
    chain.add_consumer("Clients", arrivals={"at": ["1 h"]}, enters="Ask")
    with pytest.raises(sf.SensitivityError, match="no durations and no rates"):
        chain.sensitivity(**SHORT)


def test_tornado_draws_both_sides() -> None:
    found = desk().sensitivity(**SHORT)
    axes = found.plot()
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["input 10% lower", "input 10% higher"]
    assert sum(len(bars) for bars in axes.containers[::2]) == 2 * len(found.table)


def test_names_are_escaped() -> None:
    chain = sf.loads(
        "serviceflow: 1\nname: Desk\nservices: {<b>: {duration: exponential(mean=1 h)}}\n"
        "consumers: {Clients: {arrivals: {rate: 1 per h}, enters: <b>}}\n"
    )
    assert "<b>" not in chain.sensitivity(**SHORT)._repr_html_()

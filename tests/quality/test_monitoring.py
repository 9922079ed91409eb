"""Control charts: quiet where reality is as the model says, and loud where it is not."""

import numpy as np
import pandas as pd
import pytest

import serviceflow as sf

DESK = """
serviceflow: 1
name: Desk
time_unit: min
run: {duration: 20 weeks, warm_up: 1 week, replications: 8, seed: 1}
providers: {Clerk: {staff: 1}}
services: {Talk: {provider: Clerk, duration: exponential(mean=20 min)}}
consumers:
  Clients: {arrivals: {rate: 2 per hour}, enters: Talk, sla: {response: 80% within 1 h}}
"""
KEPT, WAIT = "kept: Clients: response", "wait: Clerk"


@pytest.fixture(scope="module")
def chain():
    return sf.loads(DESK)


@pytest.fixture(scope="module")
def expected(chain):
    return chain.simulate(engine="simpy")


def test_what_is_as_the_model_says_is_seldom_outside(chain, expected):
    outside, weeks = 0, 0
    for seed in range(2, 8):
        found = sf.monitor(expected, chain.simulate(replications=1, seed=seed, engine="simpy"), explain=False)
        outside += (found.table["state"] != "").sum()
        weeks += len(found.table)
    assert weeks == 6 * 20 * 2
    assert outside / weeks < 0.03


def test_more_work_is_found(chain, expected):
    more = chain.change({"consumers": {"Clients": {"arrivals": {"rate": "2.7 per hour"}}}})
    found = sf.monitor(expected, more.simulate(replications=1, seed=3, engine="simpy"), explain=False)
    assert not found.holds
    assert any(line.startswith(WAIT) for line in found.findings)
    states = found.table[found.table["figure"] == KEPT]["state"]
    assert (states == "below").sum() >= 3


def test_middle_and_limits_are_those_of_the_weeks(expected):
    weeks = pd.DataFrame({"week": [1], "figure": WAIT, "value": [50.0]})
    row = sf.monitor(expected, weeks).table.iloc[0]
    visits = expected.visits
    visits = visits[visits["started"].notna()]
    week = (visits["arrived"] - 7 * 24 * 60) // (7 * 24 * 60)
    inside = (week >= 0) & (week < 20)
    means = visits[inside].groupby([visits["replication"], week])["waiting_time"].mean()
    assert row["expected"] == pytest.approx(means.mean(), rel=0.01)
    assert row["high"] == pytest.approx(means.mean() + 3 * means.std(), rel=0.01)


def test_a_long_run_on_one_side(expected):
    weeks = pd.DataFrame({"week": range(1, 31), "figure": KEPT, "value": 0.0})
    middle = sf.monitor(expected, weeks).table["expected"][0]
    found = sf.monitor(expected, weeks.assign(value=middle - 1e-3))
    assert (found.table["state"] == "").all()
    assert found.findings[0].startswith(
        f"{KEPT}: 30 weeks in a row below {middle:.3g}; in the model it is at"
    )


def test_nothing_found_says_so(expected):
    weeks = pd.DataFrame({"week": [1, 2], "figure": KEPT, "value": np.nan})
    weeks["value"] = sf.monitor(expected, weeks.assign(value=0.5)).table["expected"][0]
    found = sf.monitor(expected, weeks)
    assert found.holds
    assert str(found) == "what was observed lies within what the model expects"
    assert repr(found) == "Monitor(1 figures, 2 weeks: 0 findings)"


def test_errors(chain, expected):
    with pytest.raises(
        sf.SurveyError, match="the model has no figure 'wait: Clark'; did you mean 'wait: Clerk'"
    ):
        sf.monitor(expected, pd.DataFrame({"week": [1], "figure": ["wait: Clark"], "value": [1.0]}))
    with pytest.raises(sf.SurveyError, match="there is no column 'figure'; there are: week, value"):
        sf.monitor(expected, pd.DataFrame({"week": [1], "value": [1.0]}))
    short = chain.simulate("2 weeks", replications=2, engine="simpy")
    with pytest.raises(
        sf.SurveyError, match="the model has 4 weeks, of which no spread can be told; simulate 20"
    ):
        sf.monitor(short, pd.DataFrame({"week": [1], "figure": [WAIT], "value": [1.0]}))

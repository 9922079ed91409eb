"""The measures between departments of the documentation: each is a scenario that runs, and what it says."""

import re
from pathlib import Path

import pytest

import serviceflow as sf

PAGE = (Path(__file__).parents[2] / "docs" / "measures.md").read_text(encoding="utf-8")
CHAIN = sf.loads(re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL).group(1))


def test_every_measure_is_a_scenario():
    table = re.findall(r"^\| (?:an? )?([a-z -]+) \|", PAGE, re.MULTILINE)
    told = {name.lower() for name in table} - {"measure"}
    assert told == {name.lower() for name in CHAIN.scenarios}


@pytest.mark.parametrize("name", CHAIN.scenarios)
def test_each_changes_what_it_says_and_runs(name):
    changed = CHAIN.scenario(name)
    changed.validate()
    assert changed != CHAIN
    results = changed.simulate("2 weeks", replications=1, engine="simpy")
    assert results.requests["in_window"].sum() > 20


def test_training_takes_staff_time_while_it_lasts():
    settings = {"duration": "1 week", "warm_up": "4 weeks", "replications": 1, "engine": "simpy"}
    both = [one.simulate(**settings) for one in (CHAIN, CHAIN.scenario("Training"))]
    scheduled = [one.providers["scheduled_time"]["Designers"] for one in both]
    assert scheduled[0] - scheduled[1] == pytest.approx(2 * 2 * 8)


def test_a_newcomer_comes_on_the_day():
    newcomer = CHAIN.scenario("Onboarding").simulate("8 weeks", warm_up=0, replications=1, engine="simpy")
    visits = newcomer.visits
    first = visits[visits["member"] == "Cem"]["started"].min()
    clock = CHAIN.clock(first)
    assert (clock.year, clock.month) == (2026, 3)


def test_a_shared_platform_asks_back_less():
    settings = {"duration": "4 weeks", "replications": 2, "engine": "simpy"}
    compared = CHAIN.compare(["Shared platform", "Standard procedure"], **settings)
    rows = compared.differences.set_index(["scenario", "scope", "name", "measure"])["difference"]
    assert rows["Shared platform", "handoff", "Draw -> Build", "first_time_right"] > 0.1
    assert rows["Standard procedure", "handoff", "Check -> Build", "arrived"] < 0

"""The best of several chains: the choice, what is guaranteed, constraints, budgets, messages."""

import numpy as np
import pytest

import serviceflow as sf
from serviceflow.analysis.selecting import Limit

DESK = """
serviceflow: 1
name: Desk
time_unit: min
run: {duration: 12 h, replications: 12, seed: 1}
providers: {Clerk: {staff: 2, cost: 20 per hour}}
services: {Talk: {provider: Clerk, duration: exponential(mean=10 min)}}
consumers: {Clients: {arrivals: {rate: 9 per hour}, enters: Talk, sla: {resolution: 80% within 20 min}}}
"""


def desk(staff=2, duration=10):
    talk = {"duration": f"exponential(mean={duration} min)"}
    changes = {"providers": {"Clerk": {"staff": staff}}, "services": {"Talk": talk}}
    return sf.loads(DESK).change(changes)


@pytest.fixture(scope="module")
def chains():
    return {"two": desk(), "three": desk(3), "fast": desk(2, 8), "four": desk(4)}


def status(best):
    return dict(zip(best.table["chain"], best.table["status"], strict=True))


def test_the_best_is_chosen_and_its_guarantee_stated(chains):
    best = sf.select_best(chains, relevant="30 s", engine="compiled")
    assert (best.name, best.decided) == ("four", True)
    assert best.guarantee == (
        "'four' has the smallest flow_time. Where the best is better than every other by 0.5 min or more,"
        " this procedure chooses it with a probability of at least 95% (Kim and Nelson 2001; for normal"
        " replications)."
    )
    assert status(best) == {"two": "out", "three": "out", "fast": "out", "four": "best"}
    assert best.replications == best.table["replications"].sum() >= 40
    assert repr(best) == f"Best('four' of 4 chains, {best.replications} replications)"
    assert str(best).startswith(best.guarantee)
    assert "<p>&#x27;four&#x27; has the smallest flow_time." in best._repr_html_()


def test_replications_are_those_of_any_run_with_the_same_seed(chains):
    best = sf.select_best(chains, relevant="30 s", engine="compiled")
    row = best.table.set_index("chain").loc["two"]
    values = chains["two"].simulate(replications=int(row["replications"]), engine="compiled").by_replication
    own = values.query("scope == 'chain' and measure == 'flow_time'")["value"]
    assert row["flow_time"] == pytest.approx(own.mean())
    assert row["ci_low"] <= row["behind"] <= row["ci_high"]


def test_what_is_spent_before_it_is_decided_guarantees_nothing(chains):
    alike = {"a": desk(4), "b": desk(4, 9.99)}
    best = sf.select_best(
        alike, "queue_length: Clerk", relevant={"absolute": 1e-9}, at_most=24, engine="compiled"
    )
    assert best.replications <= 24
    if not best.decided:
        assert best.guarantee.endswith(
            "so far: at_most is spent before the others were out, and nothing is guaranteed."
        )
        assert "not told apart" in set(best.table["status"])


def test_a_budget_is_spent_without_a_guarantee(chains):
    best = sf.select_best(chains, budget=60, engine="compiled")
    assert (best.name, best.replications, best.decided) == ("four", 60, False)
    assert best.guarantee.endswith("the choice is the most likely one, without a guarantee.")


def test_more_is_better_of_what_is_promised(chains):
    best = sf.select_best(chains, "Clients: resolution", relevant="2%", engine="compiled")
    assert best.name == "four"
    assert "has the largest attainment of Clients: resolution" in best.guarantee
    worst = sf.select_best(chains, "Clients: resolution", relevant="2%", engine="compiled", maximize=False)
    assert worst.name == "two"


def test_those_that_keep_what_they_must_go_first(chains):
    best = sf.select_best(
        chains, "cost", relevant={"absolute": 10}, constraints="promises", engine="compiled"
    )
    found = status(best)
    assert found["two"] == "does not keep what it must"
    assert best.name != "two"
    assert "of those that keep what they must (by their means)" in best.guarantee
    kept = best.table.set_index("chain")["attainment of Clients: resolution at least 80%"]
    assert kept[best.name] >= 0.8 > kept["two"]


def test_where_none_does_the_choice_is_among_all_and_says_so(chains):
    must = {"Clients: resolution": "99.999%"}
    best = sf.select_best(chains, "cost", relevant={"absolute": 10}, constraints=must, engine="compiled")
    assert best.name == "two"  # as cheap as "fast", and named first
    assert best.guarantee.startswith(
        "No chain keeps attainment of Clients: resolution at least 99.999%; of all, 'two' has the smallest"
    )


def test_a_limit_is_from_the_side_that_matters():
    assert str(Limit(("chain", "", "cost"), 500.0)) == "cost at most 500"
    assert str(Limit(("sla", "A", "attainment"), 0.9)) == "attainment of A at least 90%"


def test_an_interrupt_keeps_what_there_is(chains, monkeypatch):
    from serviceflow.analysis import running

    plain, calls = running.replicate, []

    def stopped(*args, **settings):
        calls.append(1)
        if len(calls) > 5:  # the first look, and the first stage of four chains
            raise KeyboardInterrupt
        return plain(*args, **settings)

    monkeypatch.setattr(running, "replicate", stopped)
    best = sf.select_best(chains, relevant={"absolute": 1e-6}, engine="compiled")
    assert best.replications == 40
    assert best.guarantee.endswith("so far: it was interrupted, and nothing is guaranteed.")
    assert not best.decided


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"say which difference matters: relevant='5 min' .*; or give a budget= of replications"),
        ({"relevant": "soon"}, "relevant of flow_time: 'soon' is no difference: give a share"),
        ({"budget": 3}, "budget=3 is not enough for 4 chains: give at least 40, 10 replications of each"),
        ({"relevant": 0.1, "confidence": 2}, "confidence=2: give a number from 0.5 to below 1"),
        (
            {"relevant": 0.1, "constraints": ["cost"]},
            "constraint on cost: give its bound, as in {'cost': 30}",
        ),
        ({"relevant": 0.1, "constraints": {"cost": "much"}}, "'much' is no bound: give a number"),
        ({"relevant": 0.1, "objective": "flow"}, "objective 'flow': there is no measure 'flow' of the chain"),
    ],
)
def test_what_cannot_be_chosen_by_is_told(chains, given, message):
    with pytest.raises(sf.ServiceflowError, match=message):
        sf.select_best(chains, engine="compiled", **given)


def test_there_must_be_chains_by_name():
    with pytest.raises(sf.ServiceflowError, match="give at least two chains by name"):
        sf.select_best({"two": desk()}, relevant=0.1)
    with pytest.raises(sf.ComparisonError, match="is not what can be compared: give chains by name"):
        sf.select_best([desk()], relevant=0.1)


def test_a_replication_without_the_figure_is_told():
    rare = {name: sf.loads(DESK).change({"run": {"duration": "1 s"}}) for name in "ab"}
    with pytest.raises(
        sf.SelectionError, match=r"flow_time cannot be told in replication \d+ of .*: run longer"
    ):
        sf.select_best(rare, relevant={"absolute": 1}, engine="compiled")
    assert np.isnan(rare["a"].simulate(replications=1, engine="compiled").mean("chain", "flow_time")[0])

"""Scenarios beside a baseline: paired differences, intervals, correlation."""

import dataclasses

import numpy as np
import pytest

import serviceflow as sf
from hand_made import ANSWER, desk, results, visit
from serviceflow.errors import ServiceflowError
from serviceflow.experiment.scenarios import replicate_all
from serviceflow.model.chain import Chain
from serviceflow.results import statistics as st
from serviceflow.results.comparison import DIFFERENCE_COLUMNS, Comparison, ComparisonError
from serviceflow.results.differences import verdict
from serviceflow.results.model_changes import model_changes
from serviceflow.results.results import Results

FIRST = [20.1, 22.3, 19.8, 25.0, 21.7, 23.3, 20.9, 24.4]
SECOND = [18.9, 21.0, 19.1, 23.2, 20.8, 21.5, 20.1, 22.6]


def one_wait(wait):
    requests = [{"asked": 20, "ended": 60, "outcome": "completed"}]
    return requests, [visit(0, ANSWER, 20, 20, 20 + wait, 60)], 110, {}


def waiting(waits, seed=1):
    found = results(desk(), *(one_wait(wait) for wait in waits))
    found.runs = dataclasses.replace(found.runs, seed=seed)
    return found


def row(comparison, measure="waiting_time", name="Answer", scenario=None):
    table = comparison.differences
    table = table[(table["measure"] == measure) & (table["name"] == name)]
    if scenario:
        table = table[table["scenario"] == scenario]
    assert len(table) == 1
    return table.iloc[0]


def test_common_random_numbers_are_paired():
    found = row(Comparison({"base": waiting(SECOND), "new": waiting(FIRST)}))
    assert (found["baseline"], found["mean"]) == pytest.approx((np.mean(SECOND), np.mean(FIRST)), rel=1e-6)
    assert found["difference"] == pytest.approx(1.2875, rel=1e-6)
    assert found["ci_high"] - found["difference"] == pytest.approx(0.3906936575, rel=1e-6)
    assert found["correlation"] == pytest.approx(0.9894525741, rel=1e-6)
    assert found["replications"] == 8


def test_other_seeds_are_compared_as_independent():
    found = row(Comparison({"base": waiting(SECOND, seed=2), "new": waiting(FIRST)}))
    assert found["ci_high"] - found["difference"] == pytest.approx(1.876277575, rel=1e-6)
    assert np.isnan(found["correlation"])


@pytest.mark.parametrize("seed", [1, 2])
def test_a_standard_deviation_has_no_interval(seed):
    rows = Comparison({"base": waiting(SECOND), "new": waiting(FIRST, seed)})
    found = row(rows, "waiting_time_sd")
    assert found["difference"] == pytest.approx(np.std(FIRST, ddof=1) - np.std(SECOND, ddof=1), rel=1e-6)
    assert found[["ci_low", "ci_high", "simultaneous_low", "simultaneous_high"]].isna().all()


def test_simultaneous_intervals_hold_for_all_scenarios():
    named = {"base": waiting(SECOND), "new": waiting(FIRST), "a": waiting(FIRST), "b": waiting(SECOND)}
    comparison = Comparison(named)
    found = row(comparison, scenario="new")
    assert found["ci_high"] - found["difference"] == pytest.approx(0.3906936575, rel=1e-6)
    assert found["simultaneous_high"] - found["difference"] == pytest.approx(0.5167479933, rel=1e-6)
    assert row(comparison, scenario="b")["difference"] == 0


def test_a_single_comparison_is_its_own_simultaneous_interval():
    found = row(Comparison({"base": waiting(SECOND), "new": waiting(FIRST)}))
    assert (found["simultaneous_low"], found["simultaneous_high"]) == (found["ci_low"], found["ci_high"])


def test_plain_figures_are_paired_per_replication():
    found = row(Comparison({"base": waiting(SECOND), "new": waiting(FIRST)}), "busy_time", "Desk")
    expected = st.paired_difference([40 - wait for wait in FIRST], [40 - wait for wait in SECOND])
    assert found["ci_low"] == pytest.approx(float(expected.low), rel=1e-6)


def test_quantiles_have_differences():
    base = [wait + step / 64 for step in range(4) for wait in SECOND]
    found = row(
        Comparison({"base": waiting(base), "new": waiting([wait + 0.5 for wait in base])}), "waiting_time_p50"
    )
    assert found["difference"] == pytest.approx(0.5)
    assert found["ci_low"] <= 0.5 <= found["ci_high"]
    assert found["ci_high"] - found["ci_low"] < 1


def test_a_quantile_that_is_not_estimable_has_no_difference_either():
    found = row(Comparison({"base": waiting(SECOND), "new": waiting(FIRST)}), "waiting_time_p99")
    assert found["difference"] == pytest.approx(25.0 - 23.2)
    assert np.isnan(found["ci_low"])
    assert np.isnan(found["ci_high"])


def test_a_difference_of_shares_that_cannot_be_estimated_has_no_interval():
    same = st.share_interval(np.full(20, 9.0), np.full(20, 9.0), counted=True)
    known = st.share_interval(np.arange(20), np.full(20, 20.0), counted=True)
    wide = st.mean_interval(np.linspace(-1, 3, 20))
    assert np.isnan(st.share_difference(wide, same, same).low)
    found = st.share_difference(wide, same, known)
    assert (found.low, found.high) == (wide.low, 1)


def test_unequal_numbers_of_replications_pair_those_that_both_have():
    found = row(Comparison({"base": waiting(SECOND), "new": waiting(FIRST[:5])}))
    expected = st.paired_difference(FIRST[:5], SECOND[:5])
    assert found["difference"] == pytest.approx(float(expected.mean), rel=1e-6)
    assert found["ci_high"] == pytest.approx(float(expected.high), rel=1e-6)
    assert found["replications"] == 5


def test_one_replication_has_differences_without_intervals():
    found = row(Comparison({"base": waiting([2]), "new": waiting([3])}))
    assert found["difference"] == 1
    assert np.isnan(found["ci_low"])


def test_the_baseline_may_be_any():
    comparison = Comparison({"new": waiting(FIRST), "base": waiting(SECOND)}, baseline="base")
    assert comparison.scenarios == ("new",)
    assert row(comparison)["difference"] > 0
    assert comparison["new"].seed == 1


def test_tables_name_their_scenario():
    comparison = Comparison({"base": waiting(SECOND), "new": waiting(FIRST)})
    assert list(comparison.differences) == list(DIFFERENCE_COLUMNS)
    assert comparison.kpis["scenario"].unique().tolist() == ["base", "new"]
    assert comparison.by_replication["scenario"].unique().tolist() == ["base", "new"]
    assert set(comparison.summary()["scenario"]) == {"new"}
    assert "against 'base'" in str(comparison)
    assert "<table" in comparison._repr_html_()


def test_only_elements_that_both_have_are_compared():
    other = Chain("Office", time_unit="min")
    other.add_service("Answer", duration="5 min")
    other.add_consumer("Guests", arrivals={"every": "20 min"}, enters="Answer")
    found = results(other, *(one_wait(wait) for wait in FIRST))
    names = Comparison({"base": waiting(SECOND), "new": found}).differences["name"]
    assert "Answer" in set(names)
    assert not {"Desk", "Check"} & set(names)


def test_two_results_are_needed():
    with pytest.raises(ComparisonError, match="there are 1 results: give at least two to compare"):
        Comparison({"base": waiting(FIRST)})


def test_a_baseline_must_be_there():
    with pytest.raises(
        ComparisonError,
        match="there is no baseline 'bass'; did you mean 'base'?; there are: 'base', 'new'".replace(
            "?", r"\?"
        ),
    ):
        Comparison({"base": waiting(FIRST), "new": waiting(SECOND)}, baseline="bass")


def test_units_of_time_must_agree():
    hours = Chain("Office", time_unit="h")
    hours.add_service("Answer", duration="5 min")
    hours.add_consumer("Guests", arrivals={"every": "20 min"}, enters="Answer")
    with pytest.raises(ComparisonError, match="the results are in h and min: give the chains one time_unit"):
        Comparison({"base": waiting(FIRST), "new": results(hours, one_wait(2))})


def test_common_random_numbers_narrow_the_interval():
    base = Chain("Queue", time_unit="min")
    base.add_provider("Desk", staff=1)
    base.add_service("Serve", provider="Desk", duration="exponential(mean=4 min)")
    base.add_consumer("Guests", arrivals={"every": "exponential(mean=6 min)"}, enters="Serve")
    faster = base.change({"services": {"Serve": {"duration": "exponential(mean=3.8 min)"}}})
    runs = replicate_all(
        {"now": base, "faster": faster}, seed=4, replications=6, duration="20 h", warm_up="2 h"
    )
    comparison = Comparison({name: Results(one, name) for name, one in runs.items()})
    found = row(comparison, "flow_time", "Guests")
    assert found["correlation"] > 0.9
    assert found["difference"] < 0
    other = comparison["now"].kpis.query("scope == 'consumer' and measure == 'flow_time'").iloc[0]
    assert found["ci_high"] - found["ci_low"] < (other["ci_high"] - other["ci_low"]) / 2


# Verdicts


@pytest.mark.parametrize(
    ("measure", "low", "high", "relevant", "expected"),
    [
        ("flow_time", -3, -1, None, "better"),
        ("flow_time_p90", 1, 3, None, "worse"),
        ("attainment", 0.1, 0.2, None, "better"),
        ("throughput", -2, -1, None, "worse"),
        ("cost", 5, 6, None, "worse"),
        ("utilization", 0.1, 0.2, None, "more"),
        ("service_time_p95", -2, -1, None, "less"),
        ("flow_time", -1, 1, None, "cannot be told"),
        ("flow_time", np.nan, np.nan, 3, "cannot be told"),
        ("flow_time", 0, 0, None, "no difference"),
        ("flow_time", -1, 1, 2, "no difference that matters"),
        ("flow_time", -1.5, -1, 2, "no difference that matters"),
        ("flow_time", -3, -1, 2, "better"),
        ("flow_time", -3, 1, 2, "cannot be told"),
    ],
)
def test_a_verdict_goes_by_the_interval(measure, low, high, relevant, expected):
    assert verdict(measure, low, high, relevant) == expected


def test_verdicts_are_of_simultaneous_intervals_and_of_what_matters():
    found = row(Comparison({"base": waiting(SECOND), "new": waiting(FIRST)}))
    assert (found["verdict"], found["relative"]) == ("worse", pytest.approx(1.2875 / np.mean(SECOND)))
    for relevant in (
        0.09,
        "9%",
        {"waiting_time: Answer": {"absolute": 2}},
        {"waiting_time: Answer": "2 min"},
    ):
        found = row(Comparison({"base": waiting(SECOND), "new": waiting(FIRST)}, relevant=relevant))
        assert found["verdict"] == "no difference that matters"
    found = row(Comparison({"base": waiting(SECOND), "new": waiting(FIRST)}, relevant=0.05))
    assert found["verdict"] == "worse"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("2 min", r"relevant='2 min': give a share of every figure \(0.02 or '2%'\), or figures with"),
        (True, "relevant=True: give a share"),
        (2, "relevant of flow_time: 2 is not above 0 and below 1"),
        ({"flow_time": "soon"}, "relevant of flow_time: 'soon' is no difference: give a share"),
        ({"flow": 1}, "relevant 'flow': there is no measure 'flow' of the chain"),
    ],
)
def test_what_cannot_be_relevant_is_told(given, message):
    with pytest.raises(ServiceflowError, match=message):
        Comparison({"base": waiting(SECOND), "new": waiting(FIRST)}, relevant=given)


# Scenarios of a chain

DESK = """
serviceflow: 1
name: Desk
time_unit: min
run: {duration: 8 h, replications: 6, seed: 1}
providers: {Clerk: {staff: 1, cost: 20 per hour}}
services: {Talk: {provider: Clerk, duration: exponential(mean=5 min)}}
consumers: {Clients: {arrivals: {rate: 9 per hour}, enters: Talk}}
scenarios:
  Two: {changes: {providers: {Clerk: {staff: 2}}}}
  Fast: {changes: {services: {Talk: {duration: exponential(mean=4 min)}}}}
"""


@pytest.fixture(scope="module")
def chain():
    return sf.loads(DESK)


def test_a_scenario_may_be_the_baseline_and_the_unchanged_chain_stays(chain):
    found = chain.compare(baseline="Two", engine="compiled")
    assert found.baseline == "Two"
    assert found.scenarios == ("baseline", "Fast")
    assert (
        found["baseline"].chain.providers["Clerk"].staff,
        found["Two"].chain.providers["Clerk"].staff,
    ) == (
        1,
        2,
    )
    assert sf.compare(chain, baseline="Two", engine="compiled").differences.equals(found.differences)


def test_only_the_baseline_s_scenario_is_added_to_those_that_are_named(chain):
    found = chain.compare(["Fast"], baseline="Two", engine="compiled", replications=2)
    assert list(found.results) == ["baseline", "Two", "Fast"]


def test_any_other_name_is_that_of_the_unchanged_chain(chain):
    found = chain.compare(["Two"], baseline="today", engine="compiled", replications=2)
    assert (found.baseline, found.scenarios) == ("today", ("Two",))


def test_a_scenario_of_the_usual_name_does_not_take_the_place_of_the_unchanged_chain(chain):
    other = chain.copy()
    other.add_scenario("baseline", changes={"providers": {"Clerk": {"staff": 3}}})
    found = other.compare(["baseline"], engine="compiled", replications=2)
    assert (found.baseline, found.scenarios) == ("baseline (unchanged)", ("baseline",))
    assert found["baseline"].chain.providers["Clerk"].staff == 3


def test_changes_in_the_model_stand_beside_those_of_the_figures(chain):
    table = chain.compare(engine="compiled", replications=2).changes
    assert table.values.tolist() == [
        ["Two", "providers", "Clerk", "staff", "1", "2"],
        ["Fast", "services", "Talk", "duration", "exponential(mean=5 min)", "exponential(mean=4 min)"],
    ]


def test_what_is_added_removed_or_nested_is_a_change(chain):
    other = chain.change(
        {"consumers": {"Clients": {"arrivals": {"rate": "8 per hour"}}}, "run": {"seed": 4}},
        {"providers": {"Boss": {"staff": 1}}},
    )
    rows = model_changes(chain, other, "other").values.tolist()
    assert ["other", "consumers", "Clients", "arrivals.rate", "9 per hour", "8 per hour"] in rows
    assert ["other", "run", "", "seed", "1", "4"] in rows
    (added,) = [row for row in rows if row[2] == "Boss"]
    assert (added[3], added[4]) == ("", "")
    back = model_changes(other, chain, "back").values.tolist()
    assert next(row for row in back if row[2] == "Boss")[5] == ""
    assert model_changes(chain, chain, "same").empty


def test_a_scenario_that_another_beats_in_everything_is_dominated(chain):
    comparison = chain.compare(engine="compiled")
    table = comparison.frontier()
    assert list(table.columns) == ["scenario", "cost", "flow_time", "dominated_by"]
    assert dict(zip(table["scenario"], table["dominated_by"], strict=True)) == {
        "baseline": "Fast",
        "Two": "",
        "Fast": "",
    }
    alone = comparison.frontier(["flow_time"])
    assert alone["dominated_by"].tolist() == ["Two", "", "Two"]
    with pytest.raises(sf.FigureNameError, match="there is no measure 'flow' of the chain"):
        comparison.frontier(["flow"])


def test_what_is_the_same_in_everything_is_not_dominated(chain):
    table = sf.compare({"a": chain, "b": chain}, engine="compiled", replications=3).frontier()
    assert table["dominated_by"].tolist() == ["", ""]


def test_a_scenario_that_does_not_fit_is_an_error_of_its_own_only(chain):
    broken = chain.copy()
    broken.add_scenario("Gone", changes={"providers": {"Nobody": {"staff": 2}}})
    assert broken.simulate(replications=1, engine="compiled").count == 1
    assert broken.compare(["Two"], replications=2, engine="compiled").scenarios == ("Two",)
    with pytest.raises(sf.ModelError, match="Nobody"):
        broken.compare(["Gone"], replications=2, engine="compiled")


# Factorial designs


@pytest.fixture(scope="module")
def design(chain):
    return sf.factorial(chain, ["Two", "Fast"], engine="compiled")


def test_a_factorial_design_runs_every_combination(design):
    assert list(design.results) == ["baseline", "Two", "Fast", "Two + Fast"]
    both = design["Two + Fast"].chain
    assert both.providers["Clerk"].staff == 2
    assert str(both.services["Talk"].duration) == "exponential(mean=4 min)"


def test_effects_are_those_of_the_textbook(design):
    table = design.effects(["flow_time", "busy_time: Clerk"]).set_index(["measure", "effect"])
    for scope, measure in (("chain", "flow_time"), ("provider", "busy_time")):
        one, two, fast, both = (
            float(design[name].mean(scope, measure)[0]) for name in ("baseline", "Two", "Fast", "Two + Fast")
        )
        effects = table.loc[measure]["mean"]
        assert effects["Two"] == pytest.approx((two - one + both - fast) / 2)
        assert effects["Fast"] == pytest.approx((fast - one + both - two) / 2)
        assert effects["Two × Fast"] == pytest.approx((both - two - fast + one) / 2)


def test_intervals_of_effects_are_paired_over_replications(design):
    table = design.effects(["busy_time: Clerk"]).set_index("effect")
    values = {name: one._series_of(("provider", "busy_time")).values[:, 0] for name, one in design}
    own = (values["Fast"] - values["baseline"] + values["Two + Fast"] - values["Two"]) / 2
    expected, joint = st.mean_interval(own), st.mean_interval(own, comparisons=3)
    found = table.loc["Fast"]
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((float(expected.low), float(expected.high)))
    assert found["simultaneous_high"] == pytest.approx(float(joint.high))


def test_what_adds_up_has_no_interaction_and_what_does_not_says_so(design):
    table = design.effects().set_index(["scope", "measure", "effect"])["verdict"]
    assert table["chain", "cost", "Two × Fast"] == "no difference"
    assert table["chain", "cost", "Two"] == "worse"
    assert table["chain", "flow_time", "Two × Fast"] == "worse together"
    assert table["chain", "flow_time", "Fast"] == "better"


def test_a_design_goes_on_and_is_a_comparison(design):
    more = design.more(2, engine="compiled")
    assert (more.count, type(more), more.factors) == (8, sf.Factorial, ("Two", "Fast"))
    assert set(design.differences["scenario"]) == {"Two", "Fast", "Two + Fast"}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["Two"], "a factorial design of 1 scenarios: name 2 to 7, which make 4 to 128 chains"),
        (["Two", "Two"], "the scenario 'Two' is named twice"),
    ],
)
def test_a_design_needs_several_scenarios(chain, names, message):
    with pytest.raises(ComparisonError, match=message):
        sf.factorial(chain, names)


def test_scenarios_that_contradict_cannot_be_combined(chain):
    other = chain.copy()
    other.add_scenario("Three", changes={"providers": {"Clerk": {"staff": 3}}})
    with pytest.raises(sf.ModelError, match="Three"):
        sf.factorial(other, ["Two", "Three"])


def test_a_combination_that_is_missing_is_told(design):
    results = dict(design)
    del results["Two + Fast"]
    with pytest.raises(ComparisonError, match=r"'Two \+ Fast' did not run: effects need all combinations"):
        sf.Factorial(results, design.combined, "baseline")


def test_a_comparison_shows_what_a_scenario_brings_with_it():
    chain = sf.loads(
        "serviceflow: 1\nname: Desk\nrun: {duration: 2 h, replications: 2, seed: 1}\n"
        "providers: {Clerk: {staff: 1}}\n"
        "services: {Talk: {provider: Clerk, duration: exponential(mean=8 min)}}\n"
        "consumers: {Clients: {arrivals: {rate: 6 per hour}, enters: Talk}}\n"
        "scenarios:\n"
        "  Fair: {changes: {consumers: {Clients: {arrivals: {rate: 12 per hour}}}}}\n"
        "  Two clerks: {changes: {providers: {Clerk: {staff: 2}}}}\n"
    )
    comparison = chain.compare(engine="compiled", progress=False)
    told = comparison.findings
    assert set(told["scenario"]) == {"baseline", "Fair"}
    assert comparison.warnings == [
        "Fair: warning: " + told.query("severity == 'warning'")[["path", "message"]].iloc[0].str.cat(sep=": ")
    ]
    for shown in (str(comparison), comparison._repr_html_()):
        assert "Fair: warning: providers.Clerk: overloaded" in shown
        assert "replications give rough intervals" not in shown
    apart = chain.compare(["Two clerks"], engine="compiled", progress=False)
    assert (apart.warnings, set(apart.findings["scenario"])) == ([], {"baseline"})

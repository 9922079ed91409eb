"""Scenarios beside a baseline: paired differences, intervals, correlation."""

import dataclasses

import numpy as np
import pytest

from hand_made import ANSWER, desk, results, visit
from serviceflow.experiment.scenarios import replicate_all
from serviceflow.model.chain import Chain
from serviceflow.results import statistics as st
from serviceflow.results.comparison import DIFFERENCE_COLUMNS, Comparison, ComparisonError
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
    found = row(Comparison({"base": waiting(SECOND), "new": waiting(FIRST)}), "waiting_time_p50")
    assert found["difference"] == pytest.approx(21.7 - 20.8)
    assert found["ci_low"] < found["difference"] < found["ci_high"]


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

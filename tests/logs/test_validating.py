"""A model is near to a log if it is as near as the log is to itself, and else it is said where it is not."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

import serviceflow as sf
from serviceflow.mining.validation.distances import MEASURES, distances, sample_of

matplotlib.use("Agg")
COLUMNS = ["case", "activity", "resource", "start", "end"]
OFFICE = """
serviceflow: 1
name: Office
run: {duration: 8 weeks, replications: 1, seed: 5}
providers:
  Clerks: {staff: 2}
  Experts: {staff: 1}
services:
  Intake: {provider: Clerks, duration: "exponential(mean=12 min)"}
  Review: {provider: Experts, duration: "exponential(mean=10 min)"}
consumers: {Clients: {arrivals: {rate: 3 per hour}, enters: Intake}}
handoffs: {Intake -> Review: {delay: "exponential(mean=5 h)"}}
"""


def chain(old="", new=""):
    return sf.loads(OFFICE.replace(old, new))


@pytest.fixture(scope="module")
def log():
    return sf.read_log(chain().simulate(engine="simpy").to_log()[COLUMNS])


def validate(one, log, **options):
    return sf.validate(one, log, replications=2, seed=9, engine="simpy", **options)


@pytest.fixture(scope="module")
def same(log):
    return validate(chain(), log)


def rows(*instances):
    """Instances of case, activity, begin and end in hours of a Monday."""
    start = pd.Timestamp("2026-01-05")
    return pd.DataFrame(
        [
            (case, activity, start + pd.Timedelta(hours=begin), start + pd.Timedelta(hours=end))
            for case, activity, begin, end in instances
        ],
        columns=["case", "activity", "start", "end"],
    )


def between(one, other):
    return distances(sample_of(rows(*one)), sample_of(rows(*other)))


ONE = [(1, "A", 0, 1), (1, "B", 2, 4), (2, "A", 5, 6)]


class TestDistances:
    def test_nothing_is_far_from_itself(self):
        assert set(between(ONE, ONE).values()) == {0.0}
        assert list(between(ONE, ONE)) == list(MEASURES)

    def test_cycle_times(self):
        later = [(1, "A", 0, 1), (1, "B", 2, 7), (2, "A", 5, 6)]
        assert between(ONE, later)["cycle_time"] == pytest.approx(1.5)  # 3 h more in one of two cases

    def test_cycle_times_are_those_of_scipy(self):
        from scipy.stats import wasserstein_distance

        source = np.random.default_rng(3)
        lengths = source.exponential(4, 30), source.exponential(7, 50)
        logs = [[(case, "A", case, case + hours) for case, hours in enumerate(part)] for part in lengths]
        wanted = wasserstein_distance(*lengths)
        assert between(*logs)["cycle_time"] == pytest.approx(wanted, rel=1e-6)

    def test_hours_of_the_day(self):
        moved = [(case, name, begin + 2, end + 2) for case, name, begin, end in ONE]
        assert between(ONE, moved)["circadian_events"] == pytest.approx(2.0)
        other_day = [(case, name, begin + 24, end + 24) for case, name, begin, end in ONE]
        assert between(ONE, other_day)["circadian_events"] == pytest.approx(24.0)
        assert between(ONE, other_day)["absolute_events"] == 0

    def test_sequences(self):
        assert between([(1, "A", 0, 1)], [(1, "B", 0, 1)])["2_grams"] == pytest.approx(1.0)
        # start-A-B-end against start-A-end: of three and two pairs one is in common
        assert between(ONE[:2], ONE[2:])["2_grams"] == pytest.approx((1 / 6 + 2 / 3 + 1 / 2) / 2)

    def test_work_in_progress(self):
        one = [(1, "A", 0, 3.5), (2, "A", 1, 3.5), (3, "A", 2, 3.5)]
        assert between(one, [(case, name, begin, begin + 0.5) for case, name, begin, _ in one])[
            "work_in_progress"
        ] == pytest.approx(1.0)


class TestOfTheTrueModel:
    def test_it_is_near(self, same):
        assert same.is_near
        assert "noise of the log itself" in same.verdict
        table = same.table.set_index("measure")
        assert table.loc["cycle_time", "times_floor"] <= 2
        assert list(table.index) == list(MEASURES)

    def test_without_its_delay_it_is_not(self, same):
        row = same.table.set_index("measure").loc["cycle_time"]
        assert row["without_delays"] == pytest.approx(5, rel=0.2)
        assert row["without_delays"] > 5 * row["distance"]

    def test_it_shows_itself(self, same):
        axes = same.plot_cycle_times()
        assert axes.get_xlabel() == "cycle time (h)"
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["model", "log", "earlier"]
        assert "<script" not in same._repr_html_()
        assert str(same).startswith(same.verdict)


class TestOfAnotherModel:
    def test_it_is_said_where_waiting_is_missing(self, log):
        found = validate(chain('{delay: "exponential(mean=5 h)"}', "{}"), log)
        assert not found.is_near
        assert found.verdict.startswith("The model's cycle times are not those of the log: the distance is")
        assert "Most of it is in waiting for 'Review'" in found.verdict
        assert found.verdict.endswith("h less per case in the model.")
        assert found.table["without_delays"].isna().all()

    def test_it_is_said_where_work_is_longer(self, log):
        found = validate(chain('exponential(mean=12 min)"', 'exponential(mean=12 min) + 9 h"').copy(), log)
        assert "'Intake'" in found.verdict
        assert found.verdict.endswith("h more per case in the model.")


def test_results_are_compared_without_another_run(log, same):
    results = chain().simulate(replications=2, seed=9, engine="simpy")
    found = results.compare_log(log)
    pd.testing.assert_frame_equal(
        found.table.drop(columns="without_delays"), same.table.drop(columns="without_delays")
    )


@pytest.mark.parametrize("share", [0, 1, -0.5])
def test_a_share_that_holds_nothing_out(log, share):
    with pytest.raises(sf.LogError, match="write a share between 0 and 1, such as 0.3"):
        validate(chain(), log, holdout=share)


def test_a_log_that_is_too_short(log):
    few = sf.read_log(log.table[log.table["case"].isin(log.table["case"].unique()[:30])])
    with pytest.raises(sf.LogError, match="cases begin from .*; 20 are needed on either side"):
        validate(chain(), few)

"""Alpha and omega, their intervals, and Kano's table."""

import numpy as np
import pandas as pd
import pytest

import serviceflow as sf
from serviceflow.quality.kano import kano_class
from serviceflow.quality.reliability import (
    cronbach_alpha,
    feldt_interval,
    omegas,
    one_factor,
)

LOADS = np.array([0.5, 0.7, 0.9, 0.6])
OWN = np.array([0.6, 0.5, 0.4, 0.8])


def answers(people, loads=LOADS, own=OWN, seed=1):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(people, 1))
    return common * loads + rng.normal(size=(people, len(loads))) * np.sqrt(own)


def survey(people, items=4, seed=1):
    values = np.clip(np.rint(4 + 1.5 * answers(people, seed=seed)[:, :items]), 1, 7)
    rows = [(who, "A -> B", str(item), values[who, item]) for who in range(people) for item in range(items)]
    own = {"name": "own", "dimensions": {"speed": {"items": {str(item): "?" for item in range(items)}}}}
    return sf.Survey(pd.DataFrame(rows, columns=["respondent", "link", "item", "perception"]), own), values


class TestAlpha:
    def test_by_hand(self):
        """Two items with the answers 1, 2, 3 and 1, 3, 2: variances 1 and 1, of the sum 3."""
        assert cronbach_alpha(np.array([[1.0, 1], [2, 3], [3, 2]])) == pytest.approx(2 * (1 - 2 / 3))

    def test_of_items_that_are_the_same(self):
        values = np.repeat(np.arange(5.0)[:, None], 4, axis=1)
        assert cronbach_alpha(values) == pytest.approx(1)

    def test_of_parallel_items_it_is_the_formula_of_spearman_and_brown(self):
        values = answers(200_000, np.full(5, 1.0), np.full(5, 1.0))
        assert cronbach_alpha(values) == pytest.approx(5 * 0.5 / (1 + 4 * 0.5), abs=0.003)

    def test_feldt_s_interval(self):
        assert feldt_interval(0.85, 7, 89) == pytest.approx((0.797, 0.893), abs=5e-4)

    def test_of_a_survey(self):
        found, values = survey(89)
        row = found.reliability().iloc[0]
        assert row["alpha"] == pytest.approx(cronbach_alpha(values))
        assert (row["alpha_low"], row["alpha_high"]) == pytest.approx(feldt_interval(row["alpha"], 4, 89))

    @pytest.mark.parametrize(("people", "items"), [(19, 4), (40, 2)])
    def test_not_estimable(self, people, items):
        row = survey(people, items)[0].reliability().iloc[0]
        assert np.isnan(row["alpha"])
        assert np.isnan(row["omega"])
        assert row["note"] == "not estimable: fewer than 3 items or 20 respondents"

    @pytest.mark.parametrize(("people", "items"), [(20, 3), (20, 4)])
    def test_just_estimable(self, people, items):
        row = survey(people, items)[0].reliability().iloc[0]
        assert row["alpha_low"] < row["alpha"] < row["alpha_high"]
        assert row["note"] == ""


class TestOmega:
    def test_of_known_loadings(self):
        covariance = LOADS[:, None] * LOADS[None, :] + np.diag(OWN)
        loads, own = one_factor(covariance[None])
        assert loads[0] == pytest.approx(LOADS, abs=1e-3)
        assert own[0] == pytest.approx(OWN, abs=1e-3)
        exact = LOADS.sum() ** 2 / (LOADS.sum() ** 2 + OWN.sum())
        assert omegas(covariance[None])[0] == pytest.approx(exact, abs=1e-3)

    def test_of_equal_loadings_it_is_alpha(self):
        values = answers(400, np.full(4, 0.8), np.full(4, 0.5))
        whole = np.cov(values.T)[None]
        assert omegas(whole)[0] == pytest.approx(cronbach_alpha(values), abs=0.01)

    def test_its_interval_holds_it(self):
        row = survey(120)[0].reliability().iloc[0]
        assert row["omega_low"] < row["omega"] < row["omega_high"] <= 1

    def test_of_several_at_once_it_is_that_of_each(self):
        one, two = (np.cov(answers(60, seed=seed).T) for seed in (1, 2))
        together = omegas(np.stack([one, two]))
        assert together == pytest.approx([omegas(one[None])[0], omegas(two[None])[0]], abs=1e-3)


ANSWERS = [(1, 5), (1, 5), (1, 3), (2, 5), (2, 5), (3, 5), (1, 2), (3, 3), (2, 5), (5, 1), (1, 1), (4, 5)]


class TestKano:
    def test_the_table(self):
        assert [kano_class(*pair) for pair in ANSWERS] == list("OOAMMMAIMRQM")
        rows = [[kano_class(one, other) for other in range(1, 6)] for one in range(1, 6)]
        assert rows == [list("QAAAO"), list("RIIIM"), list("RIIIM"), list("RIIIM"), list("RRRRQ")]

    def table(self, pairs, feature="status"):
        rows = [(f"r{who}", feature, *pair) for who, pair in enumerate(pairs)]
        return pd.DataFrame(rows, columns=["respondent", "feature", "with", "without"])

    def test_counts_and_coefficients(self):
        found = sf.kano(self.table(ANSWERS)).iloc[0]
        assert {name: found[name] for name in "AOMIRQ"} == {"A": 2, "O": 2, "M": 5, "I": 1, "R": 1, "Q": 1}
        assert found["better"] == pytest.approx(0.4)
        assert found["worse"] == pytest.approx(-0.7)
        assert found["total_strength"] == pytest.approx(0.75)

    def test_a_class_that_does_not_win_often_enough(self):
        found = sf.kano(self.table(ANSWERS)).iloc[0]
        assert found["class"] == "undecided"
        assert 0.5 < found["wins"] < 0.95

    def test_a_class_that_wins(self):
        found = sf.kano(self.table([(2, 5)] * 18 + [(1, 5)] * 4)).iloc[0]
        assert found["class"] == "must-be"
        assert found["wins"] >= 0.95

    def test_few_respondents(self):
        found = sf.kano(self.table([(2, 5)] * 4)).iloc[0]
        assert found["class"] == ""
        assert found["note"] == "fewer than 5 respondents"
        assert np.isnan(found["M"])

    def test_words_and_links(self):
        rows = self.table([("like", "dislike")] * 6).assign(link="A -> B")
        found = sf.kano(rows, by="link").iloc[0]
        assert found["class"] == "performance"
        assert found["link"] == "A -> B"

    def test_the_last_answer_of_a_respondent_counts(self):
        rows = pd.concat([self.table([(2, 5)] * 6), self.table([(1, 5)] * 6)])
        assert sf.kano(rows).iloc[0]["class"] == "performance"

    def test_what_is_no_answer_is_listed_with_its_row(self):
        message = r"^row 3: '7' and '5' are no answers\nwrite 1 to 5, or like, must-be, neutral, live with, "
        with pytest.raises(sf.SurveyError, match=message):
            sf.kano(self.table([(1, 5), (7, 5)]))

    def test_a_missing_column(self):
        with pytest.raises(sf.SurveyError, match=r"^there is no column 'without'; there are: respondent, "):
            sf.kano(self.table(ANSWERS).drop(columns="without"))

    def test_too_small_a_limit(self):
        with pytest.raises(sf.SurveyError, match=r"^fewest=3 would tell what single people answered"):
            sf.kano(self.table(ANSWERS), fewest=3)

"""Procedures that choose the best of several systems, against published constants and counted choices."""

import numpy as np
import pytest

from selection_check import chosen_rightly, normal
from serviceflow.experiment import ranking as rk


@pytest.mark.parametrize(
    ("systems", "first", "confidence", "constant"),
    [
        (2, 20, 0.90, 1.895747077),
        (2, 20, 0.95, 2.452473253),
        (3, 20, 0.90, 2.342272223),
        (3, 20, 0.95, 2.871620466),
        (4, 20, 0.90, 2.583386919),
        (5, 20, 0.90, 2.747092582),
        (5, 20, 0.95, 3.258011073),
        (10, 20, 0.90, 3.181996963),
        (10, 20, 0.95, 3.678803409),
        (2, 40, 0.90, 1.85194974),
        (4, 40, 0.95, 3.002560603),
        (10, 40, 0.95, 3.53861307),
    ],
)
def test_dudewicz_and_dalal(systems, first, confidence, constant):
    assert rk.dudewicz_dalal_constant(systems, first, confidence) == pytest.approx(constant, abs=1e-8)


@pytest.mark.parametrize(
    ("systems", "first", "confidence", "constant"),
    [
        (2, 20, 0.90, 1.895746412),
        (2, 20, 0.95, 2.452471875),
        (3, 20, 0.90, 2.431173345),
        (3, 20, 0.95, 2.9371909),
        (4, 20, 0.90, 2.72014821),
        (4, 20, 0.95, 3.203173262),
        (5, 20, 0.90, 2.9163608),
        (5, 20, 0.95, 3.385414682),
        (10, 20, 0.90, 3.437355747),
        (10, 20, 0.95, 3.875269666),
    ],
)
def test_rinott(systems, first, confidence, constant):
    """The constants were integrated numerically, to five digits after the point."""
    assert rk.rinott_constant(systems, first, confidence) == pytest.approx(constant, abs=1e-5)


def test_of_two_systems_both_constants_are_the_same():
    """The difference of two t variables is what Rinott integrates."""
    assert rk.rinott_constant(2, 20, 0.9) == pytest.approx(rk.dudewicz_dalal_constant(2, 20, 0.9), abs=1e-8)


def test_kim_and_nelson_s_constants():
    eta = rk.kim_nelson_eta(5, 10, 0.05)
    assert eta == pytest.approx(0.6349672652)
    assert 2 * eta * 9 == pytest.approx(11.42941077)


def fixed(values):
    """Systems whose values are given."""
    return lambda system, first, count: np.array(values[system][first : first + count])


class TestKimAndNelson:
    def test_one_that_is_clearly_behind_is_out_after_the_first_stage(self):
        noise = np.random.default_rng(1).normal(size=50)
        found = rk.kim_nelson(3, fixed([noise, noise + 5, noise - 5]), relevant=1)
        assert (found.best, found.left, found.spent) == (1, (1,), 30)
        assert found.dropped == {0: 10, 2: 10}

    def test_variances_are_those_of_each_pair(self):
        values = np.random.default_rng(2).normal(size=(3, 12)) * [[1], [2], [3]]
        found = rk._variances(values)
        for one in range(3):
            for other in range(3):
                assert found[one, other] == pytest.approx(np.var(values[one] - values[other], ddof=1))

    def test_systems_that_are_the_same_end_when_the_zone_is_spent(self):
        noise = np.random.default_rng(1).normal(size=5000)
        found = rk.kim_nelson(3, fixed([noise, noise, noise]), relevant=0.5)
        assert (found.best, found.left, found.spent) == (0, (0,), 30)

    def test_looks_are_made_up_for_when_several_are_run_together(self):
        for seed in range(20):
            alone = rk.kim_nelson(4, normal([0, 0, 0, 1], 3, 0.3, seed), relevant=1)
            together = rk.kim_nelson(4, normal([0, 0, 0, 1], 3, 0.3, seed), relevant=1, together=8)
            assert (alone.best, alone.dropped) == (together.best, together.dropped)
            assert together.spent - alone.spent < 8 * 4

    def test_a_budget_leaves_several(self):
        found = rk.kim_nelson(4, normal([0, 0, 0, 0.1], 3, 0, 1), relevant=0.1, at_most=60)
        assert len(found.left) > 1
        assert found.spent <= 60
        means = [found.values[one].mean() for one in found.left]
        assert found.best == found.left[int(np.argmax(means))]

    def test_the_best_is_chosen_as_often_as_promised(self):
        share, spent = chosen_rightly([0, 0, 1, 0, 0], 3, 0.0, trials=120)
        assert share > 0.89
        alike, fewer = chosen_rightly([0, 0, 1, 0, 0], 3, 0.7, trials=120)
        assert alike > 0.89
        assert fewer < spent / 2

    def test_one_system_is_the_best(self):
        assert rk.kim_nelson(1, normal([3], 1, 0, 1), relevant=1).best == 0


class TestOcba:
    def test_shares_are_those_of_chen(self):
        means, deviations = np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0])
        found = rk.ocba_shares(means, deviations)
        assert found.sum() == pytest.approx(1)
        assert found[0] / found[1] == pytest.approx(((1 / 3) / (2 / 2)) ** 2)
        assert found[2] == pytest.approx(3 * np.sqrt((found[0] / 1) ** 2 + (found[1] / 2) ** 2))

    def test_equal_systems_share_alike(self):
        assert rk.ocba_shares(np.ones(3), np.ones(3)) == pytest.approx(np.full(3, 1 / 3), rel=0.5)
        assert rk.ocba_shares(np.zeros(2), np.zeros(2)).sum() == pytest.approx(1)

    def test_the_budget_is_spent_where_the_choice_is_open(self):
        found = rk.ocba(4, normal([0, 0, 5, 5.5], 2, 0, 3), budget=400)
        assert found.spent == 400
        counts = [len(one) for one in found.values]
        assert min(counts[2:]) > 2 * max(counts[:2])
        assert found.best == 3

    def test_a_budget_must_do_for_a_first_look(self):
        message = "budget=30 is not enough for 4 chains: give at least 40, 10 replications of each"
        with pytest.raises(rk.SelectionError, match=message):
            rk.ocba(4, normal([0] * 4, 1, 0, 1), budget=30)

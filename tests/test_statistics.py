"""Intervals over replications, against published and computed answers."""

import numpy as np
import pytest

from serviceflow.results import statistics as st

LAW = [1.53, 1.66, 1.24, 2.34, 2.0, 1.69, 2.69, 2.86, 1.7, 2.6]
FIRST = np.array([20.1, 22.3, 19.8, 25.0, 21.7, 23.3, 20.9, 24.4])
SECOND = np.array([18.9, 21.0, 19.1, 23.2, 20.8, 21.5, 20.1, 22.6])


def test_t_interval_of_ten_replications():
    found = st.t_interval(LAW, 0.9)
    assert found.mean == pytest.approx(2.031)
    assert found.half_width == pytest.approx(0.3222834049)
    assert found.error == pytest.approx(0.5559666257 / np.sqrt(10))


def test_t_interval_works_on_many_figures_at_once():
    found = st.t_interval(np.column_stack([LAW, [*FIRST.tolist(), 1.0, 2.0]]), 0.9)
    assert found.half_width[0] == pytest.approx(0.3222834049)
    assert found.half_width[1] == pytest.approx(st.t_interval([*FIRST.tolist(), 1.0, 2.0], 0.9).half_width)


def test_one_replication_has_a_mean_and_no_interval():
    found = st.t_interval([[3.0]])
    assert found.mean[0] == 3.0
    assert np.isnan(found.low[0])
    assert np.isnan(found.high[0])
    ratio = st.ratio_interval([[6.0]], [[2.0]])
    assert ratio.mean[0] == 3.0
    assert np.isnan(ratio.low[0])


def test_paired_and_welch_differences_on_the_same_data():
    paired = st.paired_difference(FIRST, SECOND)
    assert paired.mean == pytest.approx(1.2875)
    assert paired.half_width == pytest.approx(0.3906936575)
    welch = st.welch_difference(st.t_interval(FIRST), st.t_interval(SECOND))
    assert welch.mean == pytest.approx(1.2875)
    assert welch.half_width == pytest.approx(1.876277575)
    assert welch.freedom == pytest.approx(13.32300896)
    assert st.correlation(FIRST, SECOND) == pytest.approx(0.9894525741)


def test_bonferroni_widens_for_three_comparisons():
    assert st.paired_difference(FIRST, SECOND, comparisons=3).half_width == pytest.approx(0.5167479933)


def test_welch_of_two_constants_is_a_point():
    same = st.t_interval([2.0, 2.0, 2.0])
    found = st.welch_difference(same, st.t_interval([1.5, 1.5, 1.5]))
    assert (found.low, found.mean, found.high) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("size", "probability", "ranks"),
    [
        (100, 0.5, (40, 61)),
        (100, 0.9, (84, 96)),
        (1000, 0.95, (936, 964)),
        (30, 0.9, None),
        (60, 0.95, None),
        (50, 0.95, None),
    ],
)
def test_order_statistic_ranks(size, probability, ranks):
    assert st.order_statistic_ranks(size, probability) == ranks


def test_order_statistic_ranks_cover_as_they_say():
    from scipy.stats import binom

    low, high = st.order_statistic_ranks(100, 0.9)
    covered = binom.cdf(high - 1, 100, 0.9) - binom.cdf(low - 1, 100, 0.9)
    assert covered == pytest.approx(0.9556901072)


def test_ratio_weighs_customers_alike_not_replications():
    # 1 customer waits 10; 9 customers wait 0 in all: the customers' mean is 1, the mean of means 5.
    found = st.ratio_interval([10.0, 0.0], [1.0, 9.0])
    assert found.mean == pytest.approx(1.0)


def test_ratio_with_equal_bases_is_the_t_interval():
    ratio = st.ratio_interval(np.array(LAW) * 7, np.full(10, 7.0), 0.9)
    plain = st.t_interval(LAW, 0.9)
    assert ratio.mean == pytest.approx(plain.mean)
    assert ratio.error == pytest.approx(plain.error)
    assert ratio.half_width == pytest.approx(plain.half_width)


def test_ratio_error_by_hand():
    # leaving one out of (4, 6, 8) / (2, 2, 4): 14/6, 12/6, 10/4
    estimates = np.array([14 / 6, 2.0, 2.5])
    expected = np.sqrt(2 / 3 * ((estimates - estimates.mean()) ** 2).sum())
    assert st.ratio_interval([4.0, 6.0, 8.0], [2.0, 2.0, 4.0]).error == pytest.approx(expected)


def test_ratio_of_nothing_is_nan():
    found = st.ratio_interval([[0.0], [0.0]], [[0.0], [0.0]])
    assert np.isnan(found.mean[0])
    assert np.isnan(found.low[0])


def test_quantile_is_the_least_value_that_covers_the_share():
    ordered = np.arange(1, 11)
    assert st.Ordered(ordered).quantile(0.5) == 5
    assert st.Ordered(ordered).quantile(0.51) == 6
    assert st.Ordered(ordered).quantile(0.9) == 9
    assert st.Ordered(ordered).quantile(1.0) == 10
    assert np.isnan(st.Ordered(np.empty(0)).quantile(0.5))


def test_quantile_interval_inverts_the_interval_of_the_share():
    rng = np.random.default_rng(5)
    samples = [np.sort(rng.exponential(size=n)) for n in (400, 500, 450, 480, 520)]
    centre, low, high = st.quantile_interval(samples, 0.5)
    pooled = np.sort(np.concatenate(samples))
    assert centre == st.Ordered(pooled).quantile(0.5)
    below = [np.searchsorted(sample, centre, side="right") for sample in samples]
    share = st.ratio_interval(below, [len(sample) for sample in samples])
    assert low == st.Ordered(pooled).quantile(0.5 - float(share.half_width))
    assert high == st.Ordered(pooled).quantile(0.5 + float(share.half_width))
    assert low < np.log(2) < high


def test_upper_end_of_a_quantile_is_not_estimable_when_the_share_reaches_one():
    samples = [np.arange(10.0), np.arange(10.0) + 8]
    centre, low, high = st.quantile_interval(samples, 0.95)
    assert centre == 16.0
    assert np.isnan(low) or low < centre
    assert np.isnan(high)


def test_a_quantile_that_is_the_largest_of_all_values_has_no_interval():
    centre, low, high = st.quantile_interval([np.arange(5.0), np.arange(5.0) + 5], 0.99)
    assert centre == 9.0
    assert np.isnan(low)
    assert np.isnan(high)


def test_a_quantile_that_many_share_has_an_interval():
    assert st.quantile_interval([np.zeros(5), np.zeros(5)], 0.99) == (0.0, 0.0, 0.0)


def test_quantile_of_one_replication_has_no_interval():
    centre, low, high = st.quantile_interval([np.array([1.0, 2.0, 3.0])], 0.5)
    assert centre == 2.0
    assert np.isnan(low)
    assert np.isnan(high)
    assert np.isnan(st.quantile_interval([np.empty(0), np.empty(0)], 0.5)[0])


def test_quantile_interval_covers_over_repeated_experiments():
    # Dependent customers: each replication shifts all of its values alike.
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(300):
        samples = [np.sort(rng.normal(shift, 1, 200)) for shift in rng.normal(0, 0.5, 20)]
        _, low, high = st.quantile_interval(samples, 0.5)
        hits += low <= 0.0 <= high
    assert 0.90 <= hits / 300 <= 0.99


def test_correlation_of_a_constant_is_nan():
    assert np.isnan(st.correlation([1.0, 1.0], [1.0, 2.0]))

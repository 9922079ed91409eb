"""Intervals over replications, against published and computed answers."""

import numpy as np
import pytest

from serviceflow.results import quantile_intervals as qi
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


SKEWED = np.random.default_rng(3).exponential(size=20)


def test_the_interval_of_skewed_replications_reaches_further_on_their_long_side():
    plain, found = st.t_interval(SKEWED), st.mean_interval(SKEWED)
    assert found.high - found.mean > 1.1 * plain.half_width
    assert found.mean - found.low < plain.half_width
    assert (found.mean, found.error) == (plain.mean, pytest.approx(plain.error))
    mirrored = st.mean_interval(-SKEWED)
    assert (mirrored.low, mirrored.high) == (pytest.approx(-found.high), pytest.approx(-found.low))


def test_its_ends_are_those_of_t_after_hall_s_transformation():
    found = st.mean_interval(SKEWED)
    size, away = 20, SKEWED - SKEWED.mean()
    skewness = (away**3).mean() / (away**2).mean() ** 1.5 * np.sqrt(size * (size - 1)) / (size - 2)
    for end, side in ((found.low, 1), (found.high, -1)):
        t = (SKEWED.mean() - end) / SKEWED.std(ddof=1)
        transformed = t + skewness * t**2 / 3 + skewness**2 * t**3 / 27 + skewness / (6 * size)
        assert transformed * np.sqrt(size) == pytest.approx(side * float(st.t_quantile(0.975, 19)))


@pytest.mark.parametrize("values", [SKEWED[:9], np.full(20, 3.0), np.array([1.0, 3.0] * 10)])
def test_few_or_equal_or_even_replications_have_the_t_interval(values):
    plain, found = st.t_interval(values), st.mean_interval(values)
    assert (found.low, found.high) == pytest.approx((float(plain.low), float(plain.high)))


def test_a_share_stays_within_nothing_and_everything():
    found = st.share_interval([10, 9, 10, 2, 10], [10.0] * 5)
    assert found.high == 1
    assert 0 <= found.low < found.mean
    assert st.share_interval([0, 1, 0, 8, 0], [10.0] * 5).low == 0


def test_a_share_that_hardly_any_replication_tells_from_everything_is_not_estimable():
    bases = np.full(20, 100.0)
    for met in ([100] * 20, [100] * 16 + [60] * 4):
        found = st.share_interval(met, bases, counted=True)
        assert np.isnan([found.low, found.high]).all()
        assert found.mean == pytest.approx(np.mean(met) / 100)
    assert not np.isnan(st.share_interval([100] * 15 + [60] * 5, bases, counted=True).low)


def test_a_share_of_time_that_never_varies_is_certain():
    found = st.share_interval(np.ones(20), np.ones(20))
    assert (found.low, found.mean, found.high) == (1, 1, 1)


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


def shares_at(samples, value):
    below = [np.count_nonzero(sample <= value) for sample in samples]
    return st.mean_ratio_interval(below, [len(sample) for sample in samples])


def test_a_quantile_s_interval_ends_where_the_share_s_interval_leaves_the_probability():
    rng = np.random.default_rng(5)
    samples = [rng.exponential(size=n) for n in rng.integers(400, 520, 20)]
    centre, low, high = qi.quantile_interval(samples, 0.5)
    assert centre == st.Ordered(np.sort(np.concatenate(samples))).quantile(0.5)
    assert low < np.log(2) < high
    step = (high - low) / 15
    assert shares_at(samples, high).low >= 0.5 > shares_at(samples, high - step).low
    assert shares_at(samples, low + step).high >= 0.5 > shares_at(samples, low - step).high


def test_an_end_of_a_quantile_s_interval_rests_on_several_replications():
    rng = np.random.default_rng(5)
    quiet = [rng.exponential(size=500) for _ in range(16)]
    busy = [rng.exponential(size=500) * 100 for _ in range(4)]
    centre, low, high = qi.quantile_interval([*quiet, *busy], 0.95)
    assert low < centre
    assert np.isnan(high)
    assert not np.isnan(qi.quantile_interval([*quiet, *busy], 0.5)[2])


def test_upper_end_of_a_quantile_is_not_estimable_when_the_share_reaches_one():
    samples = [np.arange(10.0), np.arange(10.0) + 8]
    centre, low, high = qi.quantile_interval(samples, 0.95)
    assert centre == 16.0
    assert np.isnan(low) or low < centre
    assert np.isnan(high)


def test_a_quantile_that_is_the_largest_of_all_values_has_no_interval():
    centre, low, high = qi.quantile_interval([np.arange(5.0), np.arange(5.0) + 5], 0.99)
    assert centre == 9.0
    assert np.isnan(low)
    assert np.isnan(high)


def test_a_quantile_that_many_share_has_an_interval():
    assert qi.quantile_interval([np.zeros(5), np.zeros(5)], 0.99) == (0.0, 0.0, 0.0)


def test_quantile_of_one_replication_has_no_interval():
    centre, low, high = qi.quantile_interval([np.array([1.0, 2.0, 3.0])], 0.5)
    assert centre == 2.0
    assert np.isnan(low)
    assert np.isnan(high)
    assert np.isnan(qi.quantile_interval([np.empty(0), np.empty(0)], 0.5)[0])


def test_quantile_interval_covers_over_repeated_experiments():
    # Dependent customers: each replication shifts all of its values alike.
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(300):
        samples = [np.sort(rng.normal(shift, 1, 200)) for shift in rng.normal(0, 0.5, 20)]
        _, low, high = qi.quantile_interval(samples, 0.5)
        hits += low <= 0.0 <= high
    assert 0.90 <= hits / 300 <= 0.99


def test_correlation_of_a_constant_is_nan():
    assert np.isnan(st.correlation([1.0, 1.0], [1.0, 2.0]))

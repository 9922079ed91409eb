"""Sketches of distributions hold their bound; moments are those of all values together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serviceflow.results.moments import Moments
from serviceflow.results.quantile_intervals import quantile_intervals
from serviceflow.results.quantile_sketch import (
    ACCURACY,
    BUCKETS,
    EXACT,
    Sketch,
    buckets_of,
    edges_of,
    middles_of,
)
from serviceflow.results.statistics import Ordered, pooled

QUIET = settings(max_examples=200)
TICKS = st.one_of(st.integers(0, 300), st.integers(0, 2**53), st.integers(0, 10**10))
VALUES = st.lists(TICKS, min_size=1, max_size=200).map(lambda values: np.array(values, dtype=np.int64))
GROUPS = 3


def sketch_of(*parts):
    found = Sketch.empty(1)
    for values in parts:
        found = found.include(np.zeros(len(values), dtype=np.int64), values)
    return found


def ordered(sketch, values):
    return sketch.ordered(np.array([values.min()], dtype=float), np.array([values.max()], dtype=float))[0]


@QUIET
@given(VALUES)
def test_every_value_lies_in_its_bucket(values):
    low, high = edges_of(buckets_of(values))
    assert (low <= values).all()
    assert (values <= high).all()
    assert (np.abs(middles_of(buckets_of(values)) - values) <= ACCURACY * values).all()


def test_buckets_follow_one_another_without_a_gap():
    low, high = edges_of(np.arange(BUCKETS - 1, dtype=np.int64))
    assert (low[1:] == high[:-1] + 1).all()
    assert low[0] == 0
    assert (np.diff(low) > 0).all()


def test_small_whole_numbers_are_exact():
    small = np.arange(EXACT, dtype=np.int64)
    assert (middles_of(buckets_of(small)) == small).all()


@QUIET
@given(VALUES, st.floats(0.001, 1))
def test_a_quantile_is_within_the_stated_bound_of_the_exact_one(values, probability):
    exact = Ordered(np.sort(values)).quantile(probability)
    found = ordered(sketch_of(values), values).quantile(probability)
    assert abs(found - exact) <= ACCURACY * exact


@QUIET
@given(VALUES, st.integers(1, 200), st.integers(0, 200))
def test_merging_in_any_order_and_any_parts_gives_the_same(values, one, two):
    whole = sketch_of(values).trimmed()
    first, last = sorted((one % len(values), two % len(values)))
    parts = [sketch_of(part) for part in (values[:first], values[first:last], values[last:])]
    merged = parts[2].merged(parts[0]).merged(parts[1]).trimmed()
    piecemeal = sketch_of(values[last:], values[:first], values[first:last]).trimmed()
    for other in (merged, piecemeal):
        assert other.first == whole.first
        assert (other.counts == whole.counts).all()


def test_merging_leaves_both_as_they_were():
    one, two = sketch_of(np.array([5, 1000])), sketch_of(np.array([7, 7]))
    one.merged(two)
    assert (one.counts.sum(), two.counts.sum()) == (2, 2)


def test_a_sketch_is_no_larger_for_more_values():
    rng = np.random.default_rng(3)
    few, many = (sketch_of(rng.exponential(6e8, n).astype(np.int64)).trimmed() for n in (10**4, 10**6))
    assert many.counts.shape[1] <= 2 * few.counts.shape[1]
    assert many.counts.shape[1] < BUCKETS


def test_elements_of_a_scope_that_is_put_together_share_their_counts():
    sketch = Sketch.empty(GROUPS).include(np.array([0, 1, 2, 2]), np.array([10, 20, 30, 40]))
    together = sketch.moved(np.array([0, -1, 0]), 1)
    assert [int(value) for value in together.ordered(np.array([10.0]), np.array([40.0]))[0].values] == [
        10,
        30,
        40,
    ]


def test_equal_values_have_themselves_as_quantile():
    values = np.full(50, 300_000_000)
    assert ordered(sketch_of(values), values).quantile(0.9) == 300_000_000


def test_pooled_sketches_give_nearly_the_intervals_of_the_values():
    rng = np.random.default_rng(9)
    samples = [np.sort(rng.exponential(6e8, 4000).astype(np.int64)) for _ in range(12)]
    (exact,) = quantile_intervals([[Ordered(values)] for values in samples], [0.9])
    (found,) = quantile_intervals([[ordered(sketch_of(values), values)] for values in samples], [0.9])
    assert found.mean[0] == pytest.approx(exact.mean[0], rel=ACCURACY)
    assert found.low[0] == pytest.approx(exact.low[0], rel=3 * ACCURACY)
    assert found.high[0] == pytest.approx(exact.high[0], rel=3 * ACCURACY)


def test_nothing_pooled_is_nothing():
    nothing = Sketch.empty(1).ordered(np.array([np.inf]), np.array([-np.inf]))[0]
    assert len(nothing) == 0
    assert np.isnan(pooled([nothing, nothing]).quantile(0.5))


# Moments


def moments_of(elements, values):
    return Moments.of(np.asarray(elements), np.asarray(values, dtype=np.int64), GROUPS)


@QUIET
@given(
    st.lists(st.tuples(st.integers(0, GROUPS - 1), st.integers(0, 10**12)), max_size=100), st.integers(0, 100)
)
def test_moments_of_parts_are_those_of_the_whole(pairs, place):
    elements = np.array([element for element, _ in pairs], dtype=np.int64)
    values = np.array([value for _, value in pairs], dtype=np.int64)
    place = min(place, len(pairs))
    parts = [moments_of(elements[part], values[part]) for part in (slice(place), slice(place, None))]
    found = parts[0].merged(parts[1])
    for element in range(GROUPS):
        own = values[elements == element].astype(np.float64)
        assert found.count[element] == len(own)
        if len(own):
            assert found.mean[element] == pytest.approx(own.mean(), rel=1e-12)
            assert found.squares[element] == pytest.approx(
                np.square(own - own.mean()).sum(), rel=1e-9, abs=1e-12 * own.mean() ** 2
            )
            assert (found.least[element], found.most[element]) == (own.min(), own.max())


def test_moments_of_values_far_from_zero_do_not_cancel():
    values = 10**15 + np.array([0, 1, 2, 3])
    assert moments_of([0, 0, 0, 0], values).squares[0] == 5.0


def test_elements_put_together_have_the_moments_of_all_their_values():
    found = moments_of([0, 0, 1, 2], [1, 3, 8, 100]).moved(np.array([1, 1, -1]), 2)
    assert found.count.tolist() == [0, 3]
    assert found.mean[1] == 4
    assert found.squares[1] == pytest.approx(9 + 1 + 16)
    assert (found.least[1], found.most[1]) == (1, 8)

"""Selected quantiles are those of sorted values."""

import numpy as np
import pytest

from serviceflow.results.selection import SMALL, Sample
from serviceflow.results.statistics import Ordered, pooled

SHARES = (0.0, 1e-6, 0.01, 0.5, 0.87, 0.9, 0.93, 0.95, 0.99, 0.9999, 1.0)


def values_of(kind, size):
    rng = np.random.default_rng(size)
    return {
        "spread": rng.integers(0, 2**50, size),
        "equal": np.full(size, 7),
        "mostly zero": rng.integers(0, 1000, size) * (rng.random(size) < 0.2),
        "rising": np.arange(size),
        "falling": np.arange(size)[::-1],
    }[kind]


@pytest.mark.parametrize("kind", ["spread", "equal", "mostly zero", "rising", "falling"])
@pytest.mark.parametrize("size", [1, 2, 100, SMALL, SMALL + 1, 50_000])
def test_a_sample_answers_as_sorted_values_do(kind, size):
    values = values_of(kind, size)
    exact, found = Ordered(np.sort(values)), Sample(np.array_split(values, 3))
    assert len(found) == size
    for share in SHARES:
        value = exact.quantile(share)
        assert found.quantile(share) == value
        for at in (value - 1, value):
            assert found.below(at) == exact.below(at)
            assert found.at_or_above(at) == exact.at_or_above(at)


def test_a_rank_outside_the_bounds_is_found_all_the_same():
    # what is drawn are the zeros, of all others none is seen
    values = np.ones(2**14, dtype=np.int64)
    values[:: len(values) // 2**10] = 0
    assert Sample([values]).quantile(0.5) == 1


def test_who_counts_often_sorts_once_and_counts_the_same():
    values = values_of("spread", 5000)
    found, borders = Sample(np.array_split(values, 7)), [*values[:40].tolist(), -1, 2**60]
    counts = [(found.below(one), found.at_or_above(one)) for one in 2 * borders]
    assert len(found.parts) == 1
    assert counts[: len(borders)] == counts[len(borders) :]
    assert counts[:42] == [(int((values <= one).sum()), int((values >= one).sum())) for one in borders]
    assert (found.below(float("nan")), found.at_or_above(float("nan"))) == (0, 0)


def test_values_are_left_as_they_are():
    values = np.arange(20_000)[::-1].copy()
    Sample([values]).quantile(0.5)
    assert (values == np.arange(20_000)[::-1]).all()


def test_a_sample_of_nothing_has_no_quantile():
    assert np.isnan(Sample([]).quantile(0.5))
    assert Sample([np.empty(0)]).below(1.0) == 0
    assert Sample([]).at_or_above(1.0) == 0


def test_samples_of_several_groups_are_one():
    found = pooled([Sample([np.array([3, 1])]), Sample([np.array([2])])])
    assert [found.quantile(share) for share in (0.3, 0.6, 1.0)] == [1, 2, 3]

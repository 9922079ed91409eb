"""Whether intervals hold a known truth as often as they say: a long check, whose figures are in the docs."""

import numpy as np
import pandas as pd
import pytest

from serviceflow.quality.reliability import cronbach_alpha, feldt_interval, omega_of
from serviceflow.quality.survey import Survey

ITEMS = 10
KEYS = [str(item) for item in range(1, ITEMS + 1)]


def surveys(people, count, seed=1):
    """Surveys of answers on a scale of 1 to 7, of respondents who fill in a sheet for each of two links."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield answers(rng, people)


def answers(rng, people):
    mood = rng.normal(size=(people, 1, 1))
    expected = np.clip(np.rint(5.8 + 0.4 * mood + 0.6 * rng.normal(size=(people, 2, ITEMS))), 1, 7)
    found = np.clip(np.rint(4.4 + 0.9 * mood + 1.1 * rng.normal(size=(people, 2, ITEMS))), 1, 7)
    return expected, found


def truth():
    expected, found = answers(np.random.default_rng(0), 400_000)
    return found.mean(), (found - expected).mean()


def table_of(expected, found):
    people = len(found)
    table = pd.DataFrame(
        {"respondent": np.repeat(np.arange(people), 2), "link": ["A -> X", "B -> X"] * people}
    )
    for letter, values in (("E", expected), ("P", found)):
        table[[f"{letter}{key}" for key in KEYS]] = values.reshape(-1, ITEMS).astype(int)
    return table


def coverage(people, count, by="provider"):
    """Shares of surveys whose interval of the perception and of the gap holds the truth."""
    true = truth()
    held = []
    for expected, found in surveys(people, count):
        row = Survey(table_of(expected, found), "internal", resamples=1000).gaps(by).iloc[5]
        ends = [(row[f"{name}_low"], row[f"{name}_high"]) for name in ("perception", "gap")]
        held.append([low <= value <= high for value, (low, high) in zip(true, ends, strict=True)])
    return np.mean(held, axis=0)


@pytest.mark.long
@pytest.mark.parametrize("people", [10, 30, 100])
def test_intervals_of_scores_hold_the_truth(people):
    for share in coverage(people, 1000):
        assert 0.92 <= share <= 0.97


@pytest.mark.long
@pytest.mark.parametrize("people", [20, 89])
def test_feldt_s_interval_holds_the_truth(people):
    rng = np.random.default_rng(2)
    true, held = 7 * 0.5 / (1 + 6 * 0.5), []
    for _ in range(4000):
        values = rng.normal(size=(people, 1)) + rng.normal(size=(people, 7))
        low, high = feldt_interval(cronbach_alpha(values), 7, people)
        held.append(low <= true <= high)
    assert 0.92 <= np.mean(held) <= 0.97


@pytest.mark.long
def test_the_interval_of_omega_holds_the_truth():
    rng = np.random.default_rng(3)
    loads, own = np.array([0.5, 0.7, 0.9, 0.6, 0.8]), np.array([0.6, 0.5, 0.4, 0.8, 0.5])
    true, held = loads.sum() ** 2 / (loads.sum() ** 2 + own.sum()), []
    for _ in range(400):
        values = rng.normal(size=(100, 1)) * loads + rng.normal(size=(100, 5)) * np.sqrt(own)
        found = omega_of(values, np.arange(100), 0.95)
        held.append(found.low <= true <= found.high)
    assert 0.91 <= np.mean(held) <= 0.975

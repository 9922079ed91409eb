"""`levers()` names the best lever of chains of which it is known, first or in a tie, and no other instead."""

import json
from collections import Counter
from pathlib import Path

import pytest

from compiling import compile_all
from serviceflow.analysis.levers import KINDS, levers_of
from truth.cases import CASES

PROVEN = json.loads(Path(__file__).with_name("proven.json").read_text())


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    compile_all()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_best_lever_is_named(case):
    gains = PROVEN[case.name]["gains"]
    budget = case.budget * len(gains)
    found = case.chain.levers(
        case.objective, case.levers, seed=7, budget=budget, engine="compiled", progress=False, **case.settings
    )
    assert set(found.table["lever"]) == set(gains)
    assert set(case.best) <= set(found.best)
    # What the trap suggests, or whatever is far from the best, is not said to be as good.
    leading = min(gains[name][0] for name in case.best)
    far = {name for name, (gain, _) in gains.items() if gain < FAR * leading}
    assert not far & set(found.best)
    assert len(found.best) < len(gains)


FAR = 0.5
"""Levers with a smaller share of the best one's gain are told from it by the small runs of the tests."""


def test_each_case_is_proven():
    for case in CASES:
        gains = PROVEN[case.name]["gains"]
        worst = min(gain - 3 * error for gain, error in map(gains.get, case.best))
        assert worst > 0, case.name
        assert set(list(gains)[: len(case.best)]) == set(case.best), case.name


def test_each_kind_of_lever_is_the_best_twice():
    counts = Counter(case.kind for case in CASES)
    assert {kind for kind in KINDS if kind not in ("own", "scenario") and counts[kind] < 2} == set()
    for case in CASES:
        kinds = {lever.name: lever.kind for lever in levers_of(case.chain)}
        assert {kinds.get(name, "scenario") for name in case.best} == {case.kind}, case.name
    assert len(CASES) >= 30


def test_two_equal_levers_are_a_tie():
    assert sum(len(case.best) > 1 for case in CASES) >= 2

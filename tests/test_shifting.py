"""The shifting bottleneck: the longest active period at every instant."""

import re
from pathlib import Path

import numpy as np
import pytest

import serviceflow as sf
from serviceflow.analysis.shifting import active_periods, shares_of
from serviceflow.results.derived import Reading
from tracing import chain_of

MINUTE = 60_000_000


@pytest.mark.parametrize(
    ("periods", "alone", "shifting"),
    [
        ([], [0, 0, 0], [0, 0, 0]),
        ([(0, 10, 0)], [10, 0, 0], [0, 0, 0]),
        ([(0, 10, 0), (20, 25, 1)], [10, 5, 0], [0, 0, 0]),
        # The second begins before the first ends: from 6 to 10 the bottleneck shifts.
        ([(0, 10, 0), (6, 20, 1)], [6, 10, 0], [4, 4, 0]),
        # One that lies within a longer one is never the bottleneck.
        ([(0, 10, 0), (2, 9, 1)], [10, 0, 0], [0, 0, 0]),
        # Nor is one that two longer ones cover.
        ([(0, 10, 0), (8, 20, 1), (7, 12, 2)], [8, 10, 0], [2, 2, 0]),
        # Of equal ones the first named is.
        ([(0, 10, 1), (0, 10, 0)], [10, 0, 0], [0, 0, 0]),
        # What reaches over all of its time with both neighbors is shared, and no more than all.
        ([(0, 10, 0), (1, 12, 1), (9, 20, 2)], [1, 0, 8], [9, 11, 3]),
    ],
)
def test_shares_by_hand(periods, alone, shifting):
    assert shares_of(periods, 3).tolist() == [alone, shifting]


def brute_force(periods, length):
    """The bottleneck of each instant: of the active periods there the longest, the earliest of equals."""
    found = np.full(length, -1)
    for instant in range(length):
        there = [one for one in periods if one[0] <= instant < one[1]]
        if there:
            found[instant] = min(there, key=lambda one: (one[0] - one[1], one))[2]
    return found


def test_who_is_never_longest_has_no_share_and_the_rest_is_covered():
    random = np.random.default_rng(1)
    for _ in range(200):
        periods = []
        for provider in range(4):
            cuts = np.unique(random.integers(0, 60, 6))
            periods += [(int(a), int(b), provider) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
        longest, shares = brute_force(periods, 60), shares_of(periods, 4)
        for provider in range(4):
            own = np.count_nonzero(longest == provider)
            assert shares[0, provider] <= own <= shares[:, provider].sum()


SHIFTS = """
providers:
  Day: {staff: {mon-sun: {"00:00-00:20": 1, "00:40-24:00": 1}}}
  Pair: {staff: 2}
services:
  Serve: {provider: Day, duration: 30 min}
  Help: {provider: Pair, duration: 10 min}
consumers:
  One: {arrivals: {at: [0 min]}, enters: Serve}
  Two: {arrivals: {at: [5 min, 9 min]}, enters: Help}
"""


@pytest.fixture(scope="module")
def results():
    """Day works 0-20 and 40-50; both of Pair work from 9 to 15."""
    return chain_of(SHIFTS).simulate(
        duration="1 h", warm_up=0, replications=2, seed=1, engine="simpy", progress=False
    )


def test_active_is_who_has_all_on_duty_at_work(results):
    reading = Reading(results.records[0])
    found = [[(a // MINUTE, b // MINUTE) for a, b, _ in active_periods(reading, place)] for place in (0, 1)]
    assert found == [[(0, 20), (40, 50)], [(9, 15)]]


def test_the_table_has_shares_with_intervals(results):
    table = results.bottlenecks().shifting
    assert table["provider"].tolist() == ["Day", "Pair"]
    assert table["share"].tolist() == pytest.approx([0.5, 0])
    assert table["alone"].tolist() == pytest.approx([0.5, 0])
    assert table[["ci_low", "ci_high"]].iloc[0].tolist() == pytest.approx([0.5, 0.5])


def test_it_misleads_where_long_work_is_rare():
    """Every tenth job is approved for two hours; nobody waits for that, and all the others at the desk."""
    chain = chain_of("""
        providers: {Desk: {staff: 1}, Board: {staff: 1}}
        services:
          Serve: {provider: Desk, duration: 8 min}
          Approve: {provider: Board, duration: 2 h}
        consumers:
          All: {arrivals: {every: 20 min, batch: 2}, enters: Serve}
          Few: {arrivals: {every: 4 h}, enters: Approve}
    """)
    found = chain.simulate(
        duration="2 days", warm_up=0, replications=2, seed=1, engine="simpy", progress=False
    ).bottlenecks()
    assert found.shifting["provider"].iloc[0] == "Board"
    assert found.verdict == ("Desk",)


def test_a_summary_has_no_single_visits():
    chain = chain_of(SHIFTS)
    summary = chain.simulate(
        duration="1 h", warm_up=0, replications=1, seed=1, keep="summary", engine="simpy", progress=False
    )
    with pytest.raises(sf.NotKeptError, match="follows staff from instant to instant"):
        _ = summary.bottlenecks().shifting


def test_every_view_is_there_and_described_in_the_words_of_the_code(results):
    found = results.bottlenecks()
    page = (Path(__file__).parent.parent / "docs" / "results.md").read_text("utf-8")
    told = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", page.split("## Other views")[1], re.MULTILINE)
    for view, *says in found.views().itertuples(index=False):
        assert (view, *says) in [(name.replace("`", ""), *words) for name, *words in told]
        where, _, columns = view.partition(": ")
        for name in where.split(", "):
            assert hasattr(found, name)
        for column in filter(None, columns.split(", ")):
            assert column in getattr(found, where)

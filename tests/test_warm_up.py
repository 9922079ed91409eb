"""How long a chain takes to forget how it started."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import serviceflow as sf
from serviceflow.results.warm_up import Levels, WarmUp, mean_levels, mser
from serviceflow.units import UNITS
from serviceflow.view.charts.warm_up import moving_average, plot_warm_up

HOUR = UNITS["h"]


def fading(size: int = 100) -> np.ndarray:
    places = np.arange(size)
    return 10 * np.exp(-places / 10) + 3 + 0.5 * (-1.0) ** places


def test_series_that_fades_is_cut_where_direct_evaluation_says() -> None:
    found = mser(fading())
    assert found.index == 45
    assert found.statistic == pytest.approx(0.000911327727, rel=1e-6)
    assert found.at_start == pytest.approx(0.2183175938, rel=1e-6)
    assert found.mean == pytest.approx(3.012047263, rel=1e-6)
    assert not found.too_short


def test_ramp_is_too_short_to_tell() -> None:
    found = mser(np.arange(100.0))
    assert found.index == 50
    assert found.too_short


def test_constant_series_is_not_cut() -> None:
    found = mser(np.full(100, 3.0))
    assert (found.index, found.statistic, found.too_short) == (0, 0.0, False)


def test_series_of_one_batch_tells_nothing() -> None:
    assert mser([1.0, 2.0, 3.0]).too_short


def test_levels_are_time_averages() -> None:
    starts, ends = np.array([0, 5]), np.array([10, 30])
    assert mean_levels(starts, ends, np.array([0.0, 10.0, 20.0, 40.0])).tolist() == [1.5, 1.0, 0.5]


def desk(load: str = "6 per hour", **more: Any) -> sf.ServiceChain:
    chain = sf.ServiceChain("Desk", **more)
    chain.add_provider("Clerk", staff=1)
    chain.add_service("Ask", provider="Clerk", duration="exponential(mean=8 min)")
    chain.add_consumer("Clients", arrivals={"rate": load}, enters="Ask")
    return chain


def made(values: np.ndarray, **more: Any) -> WarmUp:
    edges = np.arange(values.shape[1] + 1) * float(HOUR)
    given = {"used": 0, "cycle": 0, "time_unit": "h"} | more
    return WarmUp((Levels("requests", values),), edges, **given)


def noisy(level: np.ndarray, runs: int = 10) -> np.ndarray:
    return level + np.random.default_rng(3).normal(0, 0.2, (runs, len(level)))


def test_needed_is_where_the_transient_ends() -> None:
    found = made(noisy(10 - 10 * np.exp(-np.arange(500) / 20)))
    assert found.needed is not None
    assert 50 <= found.needed <= 150
    assert not found.ok
    assert "is needed, but only 0 is used" in found.verdict
    assert made(noisy(10 - 10 * np.exp(-np.arange(500) / 20)), used=200 * HOUR).ok


def test_chance_alone_is_seldom_cut() -> None:
    draws = np.random.default_rng(11)
    cut = [made(draws.normal(5, 1, (10, 500))).needed != 0 for _ in range(200)]
    assert np.mean(cut) <= 0.1


def test_growing_level_cannot_be_told() -> None:
    found = made(noisy(np.arange(500.0)))
    assert found.needed is None
    assert "too short to tell" in found.verdict
    assert "cannot be told" in repr(found)


def test_few_replications_are_not_sure() -> None:
    assert "not sure" in made(noisy(np.full(500, 2.0), runs=2)).verdict
    assert "not sure" not in made(noisy(np.full(500, 2.0), runs=5)).verdict


def test_few_whole_cycles_are_too_short() -> None:
    found = made(noisy(np.full(7, 2.0)), cycle=HOUR)
    assert found.needed is None
    assert "7 whole cycles" in found.verdict
    assert made(noisy(np.full(8, 2.0)), cycle=HOUR).needed == 0


def test_long_queue_needs_a_warm_up_and_a_short_one_hardly_any() -> None:
    slow = desk("7.2 per hour").simulate("400 h", 0, 10, 7).warm_up()
    quick = desk("2 per hour").simulate("400 h", 0, 10, 7).warm_up()
    assert slow.needed is not None
    assert quick.needed is not None
    assert slow.needed > quick.needed
    assert slow.needed >= 120
    assert [one.name for one in slow.levels] == ["requests in the chain", "those that wait for Clerk"]


def test_overloaded_chain_never_has_warmed_up() -> None:
    found = desk("9 per hour").simulate("100 h", 0, 5, 7, engine="simpy").warm_up()
    assert found.needed is None
    assert "Clerk: overloaded" in found.verdict


def test_run_that_ends_by_the_clock_needs_none() -> None:
    found = desk().simulate("8 h", 0, 5, 7, horizon="terminating", engine="simpy").warm_up()
    assert found.needed == 0
    assert "end by the clock" in found.verdict


def test_shifts_are_compared_by_whole_days() -> None:
    chain = desk("2 per hour").change({"providers": {"Clerk": {"staff": {"mon-sun": {"08:00-18:00": 1}}}}})
    found = chain.simulate("12 days", 0, 5, 7, engine="simpy").warm_up()
    assert found.cycle == UNITS["day"]
    assert len(found.levels[0].mean) == 12
    assert found.needed is not None


def test_auto_is_the_warm_up_that_pilot_runs_need() -> None:
    chain = desk("7 per hour")
    results = chain.simulate("800 h", "auto", 3, 7)
    pilot = chain.simulate("800 h", 0, 10, 7).warm_up()
    assert results.runs.program.window[0] == pilot.ticks
    assert results.more(1).runs.program.window[0] == pilot.ticks


def test_auto_of_several_chains_is_that_of_the_slowest() -> None:
    found = sf.compare(
        {"quiet": desk("2 per hour"), "busy": desk("7 per hour")},
        duration="800 h",
        warm_up="auto",
        replications=2,
        seed=7,
    )
    used = {name: one.runs.program.window[0] for name, one in found.results.items()}
    alone = desk("7 per hour").simulate("800 h", "auto", 2, 7).runs.program.window[0]
    assert used["quiet"] == used["busy"] >= alone > 0


AUTO = {"duration": "100 h", "warm_up": "auto", "seed": 7, "engine": "simpy", "progress": False}


@pytest.fixture(scope="module")
def slow() -> str:
    """What is found on the unchanged chain."""
    return str(desk("7 per hour").simulate("100 h", "auto", 1, 7, engine="simpy").runs.settings.warm_up)


@pytest.mark.parametrize(
    "experiment",
    [
        lambda chain: chain.levers(levers=["staff"], budget=4, **AUTO),
        lambda chain: chain.sensitivity(inputs=["duration of Ask"], replications=2, **AUTO),
        lambda chain: sf.select_best({"a": chain, "b": chain}, budget=22, **AUTO),
    ],
    ids=["levers", "sensitivity", "select_best"],
)
def test_auto_is_found_once_and_told(experiment: Any, slow: str) -> None:
    found = experiment(desk("7 per hour"))
    assert found.warm_up == f"Warm-up: {slow}, found in pilot runs."
    assert str(found).endswith(found.warm_up)


def test_auto_of_a_factorial_design_is_in_the_settings_of_its_results() -> None:
    chain = desk("7 per hour")
    for name in "AB":
        chain.add_scenario(name, changes={"services": {"Ask": {"setup" if name == "A" else "cost": 1}}})
    found = sf.factorial(chain, ["A", "B"], replications=1, **AUTO)
    used = {one.runs.settings.warm_up for one in found.results.values()}
    assert len(used) == 1
    assert used != {"auto"}


def test_a_warm_up_that_is_given_is_not_told_as_found() -> None:
    given = {**AUTO, "warm_up": "10 h"}
    assert desk().levers(levers=["staff"], budget=4, **given).warm_up == ""


def test_auto_says_where_there_is_no_steady_state() -> None:
    with pytest.raises(sf.ExperimentError, match="Clerk: overloaded.*Give a longer duration"):
        desk("9 per hour").simulate("50 h", "auto", 3, 7, engine="simpy")


def test_auto_needs_a_duration() -> None:
    with pytest.raises(sf.ExperimentError, match="warm_up='auto' needs a duration"):
        desk().simulate(warm_up="auto")


def test_auto_of_a_run_that_ends_by_the_clock_is_none() -> None:
    results = desk().simulate("8 h", "auto", 2, 7, horizon="terminating", engine="simpy")
    assert results.runs.program.window[0] == 0


def test_summaries_have_no_single_requests() -> None:
    with pytest.raises(sf.NotKeptError, match=r"results\.warm_up"):
        desk().simulate("8 h", 0, 2, 7, keep="summary", engine="simpy").warm_up()


def test_plot_shows_where_the_warm_up_ends_and_should() -> None:
    axes = desk("7 per hour").simulate("100 h", "10 h", 5, 7).plot_warm_up("Clerk")
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[:3] == ["mean over replications", "moving average", "end of the warm-up"]
    assert axes.get_xlim() == (0, 110 * 60)
    with pytest.raises(sf.UnknownNameError):
        desk().simulate("8 h", 0, 2, 7, engine="simpy").plot_warm_up("Nobody")


def test_moving_average_keeps_a_line_and_its_ends() -> None:
    line = np.arange(40.0)
    assert moving_average(line) == pytest.approx(line)
    with pytest.raises(sf.ChartError, match="one instant more"):
        plot_warm_up([0, 1], [1, 2], what="it", unit="h")

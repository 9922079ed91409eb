"""The benchmark programs run, record every visit, and describe the same workloads as their model files."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.handwritten import PROGRAMS  # noqa: E402
from benchmarks.limit import built, rows_of, run_limit  # noqa: E402
from benchmarks.outcome import Outcome, Tool, Unavailable, Visits, means_of, sojourns  # noqa: E402
from benchmarks.own import differs, run_engine  # noqa: E402
from benchmarks.rounds import FIRST, Timing, deviation, growth, measure, ratios  # noqa: E402
from benchmarks.run import chosen_tools, groups, main  # noqa: E402
from benchmarks.tables import line, markdown, table  # noqa: E402
from benchmarks.targets import targets  # noqa: E402
from benchmarks.tools import COMPILED, LIMIT, LINE, SIMPY, TOOLS, WRITTEN, baseline  # noqa: E402
from benchmarks.workloads import NARROW, SHIPPED, WIDE, WORKLOADS, Workload  # noqa: E402

A = WORKLOADS["a"]
SMALL = [name for name in PROGRAMS if name != "wide"]
compiler = pytest.mark.skipif(
    not (shutil.which("g++") or shutil.which("c++")), reason="there is no C++ compiler"
)


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_records_each_visit_in_order(name: str) -> None:
    visits = PROGRAMS[name](50, seed=1)
    assert {visit[0] for visit in visits} == set(range(50))
    for _, _, _, asked, arrived, started, finished, waiting in visits:
        assert asked == arrived <= started <= finished
        assert waiting == started - arrived


@pytest.mark.parametrize("name", SMALL)
def test_model_has_the_stations_of_the_program(name: str) -> None:
    stations = {visit[2] for visit in PROGRAMS[name](200, seed=1)}
    assert len(WORKLOADS[name].chain.providers) == len(stations)


def test_every_workload_with_a_program_says_so() -> None:
    assert {workload.name for workload in WORKLOADS.values() if workload.written} == set(PROGRAMS)


def test_shipped_chains_are_all_there() -> None:
    files = {workload.model.resolve() for workload in SHIPPED}
    assert files == set((ROOT / "models").glob("*.yaml"))


def test_lanes_load_every_provider_alike() -> None:
    narrow, wide = NARROW.chain, WIDE.chain
    assert (len(narrow.services), len(wide.services)) == (10, 1000)
    for chain in (narrow, wide):
        into = dict.fromkeys(chain.services, 0.0)
        for consumer in chain.consumers.values():
            into[consumer.enters] += 0.5
        for link in chain.handoffs:  # Names order the stages: what enters a service is known when it is met.
            into[link.target] += 0.5 * into[link.origin]
        assert set(into.values()) == {0.5}
    assert narrow.check().problems == ()


@compiler
@pytest.mark.parametrize("name", PROGRAMS)
def test_limit_does_all_the_work(name: str) -> None:
    workload = WORKLOADS[name]
    count = run_limit(workload, 300, seed=1).visits
    rows = rows_of(built(), count)
    written = len(PROGRAMS[name](300, seed=1))
    assert set(rows["customer"].tolist()) == set(range(300))
    assert count == pytest.approx(written, rel=0.15)
    assert (np.diff(rows["arrived"]) >= 0).all()
    assert (rows["started"] >= rows["arrived"]).all()
    assert (rows["finished"] > rows["started"]).all()


@compiler
@pytest.mark.parametrize("name", PROGRAMS)
def test_limit_agrees_with_theory(name: str) -> None:
    workload = WORKLOADS[name]
    outcome = run_limit(workload, 200_000, seed=1)
    for figure, expected in workload.theory.items():
        assert abs(deviation(outcome.means[figure], expected, workload.tolerance)) < 4


@compiler
def test_limit_serves_no_more_than_the_shift_has() -> None:
    rows = rows_of(built(), run_limit(WORKLOADS["c"], 1_000, seed=1).visits)
    for station in range(10):
        mine = rows[rows["station"] == station]
        started, finished = mine["started"], mine["finished"]
        in_service = ((started <= started[:, None]) & (finished > started[:, None])).sum(axis=1)
        night = started % 24 >= 16
        assert in_service[night].max() == 1
        assert in_service[~night].max() == 3


@compiler
def test_limit_takes_the_class_that_goes_first() -> None:
    rows = rows_of(built(), run_limit(WORKLOADS["c"], 1_000, seed=1).visits)
    first = rows[rows["station"] == 0]
    arrived, started, urgent = first["arrived"], first["started"], first["urgency"] == 0
    for start in started[~urgent & (started > arrived)]:
        assert not (urgent & (arrived < start) & (started > start)).any()


@compiler
def test_limit_knows_no_shipped_chain() -> None:
    with pytest.raises(Unavailable, match=r"written in C\+\+"):
        run_limit(SHIPPED[0], 10, seed=1)


def test_sojourn_is_from_first_arrival_to_last_finish() -> None:
    visits = Visits(
        customer=np.array([0, 1, 0, 1]),
        urgency=np.zeros(4, dtype=np.int64),
        arrived=np.array([1.0, 2.0, 1.0, 2.0]),
        started=np.array([1.0, 3.0, 1.5, 2.0]),
        finished=np.array([3.0, 4.0, 2.0, 9.0]),
    )
    assert sojourns(visits).tolist() == [2.0, 7.0]


def test_what_comes_before_the_chain_settles_does_not_count() -> None:
    arrived = np.arange(0.0, 200.0)
    visits = Visits(
        customer=np.arange(200),
        urgency=np.zeros(200, dtype=np.int64),
        arrived=arrived,
        started=arrived + np.where(arrived < 60, 100.0, np.where(arrived > 150, 100.0, 1.0)),
        finished=arrived + 200,
    )
    assert means_of(NARROW, visits, customers=150) == {"wait": [1.0] * 10}


def test_engine_of_ours_runs_any_workload() -> None:
    for workload in (A, SHIPPED[0], NARROW):
        outcome = run_engine(workload, 100, 1, "simpy")
        assert outcome.customers > 0
        assert outcome.visits >= outcome.customers
        assert set(outcome.means) == set(workload.theory)


def test_record_of_an_engine_is_compared_with_the_simpy_engine() -> None:
    assert differs(A, "simpy") is None


def test_engine_that_does_not_exist_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="does not exist"):
        run_engine(A, 100, 1, "warp")


def fake(name: str, seconds: float, mean: float = 4.0, **fields: object) -> Tool:
    """A tool that takes as long as it says, in a noise-free world."""

    def run(workload: Workload, customers: int, seed: int) -> Outcome:
        own = seconds * (10 if seed == FIRST else 1)
        means = {"wait": [mean - 0.01, mean + 0.01]} if workload.theory else {}
        return Outcome(own * customers, customers, customers, means)

    return Tool(name, run, **fields)  # type: ignore[arg-type]


def timings_of(*tools: Tool) -> dict[tuple[str, str], Timing]:
    return measure([A], lambda _: tools, rounds=3)


def test_first_round_is_kept_apart() -> None:
    timing = timings_of(fake(WRITTEN.name, 1.0))["a", WRITTEN.name]
    assert timing.first == pytest.approx(0.1)
    assert timing.speeds == pytest.approx([1.0] * 3)


def test_ratio_is_to_the_same_round() -> None:
    mine, other = Timing(A, COMPILED, speeds=[10.0, 40.0]), Timing(A, WRITTEN, speeds=[1.0, 2.0])
    assert ratios(mine, other) == [10.0, 20.0]


def test_tool_that_disagrees_with_theory_does_not_count() -> None:
    found = timings_of(fake(WRITTEN.name, 1.0), fake("Other", 0.1, mean=3.0))
    assert not found["a", "Other"].counts
    assert "DOES NOT AGREE WITH THEORY" in line(found["a", "Other"], found["a", WRITTEN.name])


def test_tool_without_the_figures_of_theory_does_not_count() -> None:
    found = timings_of(Tool(WRITTEN.name, lambda *_: Outcome(1.0, 1, 1, {})))
    assert not found["a", WRITTEN.name].counts


def test_tool_whose_record_differs_does_not_run() -> None:
    found = timings_of(fake(WRITTEN.name, 1.0), fake("Other", 0.1, check=lambda _: "record differs"))
    assert found["a", "Other"].speeds == []
    assert "DOES NOT COUNT: record differs" in line(found["a", "Other"], found["a", WRITTEN.name])


def test_cell_of_an_absent_tool_is_empty() -> None:
    def absent(*_: object) -> Outcome:
        raise Unavailable("not installed")

    found = timings_of(fake(WRITTEN.name, 1.0), Tool(LINE.name, absent))
    assert "not available: not installed" in line(found["a", LINE.name], found["a", WRITTEN.name])
    assert LINE.name not in markdown([A], found)


def test_targets_stand_beside_what_was_reached() -> None:
    found = timings_of(
        fake(WRITTEN.name, 1.0),
        fake(COMPILED.name, 1 / 70),
        fake(LINE.name, 1 / 20),
        fake(LIMIT.name, 1 / 200),
    )
    assert [(target.what, round(target.found, 2), target.met) for target in targets(A, found)] == [
        ("ratio to SimPy, hand-written", 70.0, True),
        ("ratio to LINE", 3.5, True),
        ("C++ loop to it", 2.86, False),
    ]
    text = table(A, found)
    assert "ratio to SimPy, hand-written 70.00 (at least 60: met)" in text
    assert "C++ loop to it 2.86 (at most 2: NOT MET)" in text


def test_markdown_has_ratios_and_first_runs() -> None:
    found = timings_of(fake(WRITTEN.name, 1.0), fake(COMPILED.name, 1 / 70))
    assert markdown([A], found).splitlines() == [
        "|  | a |",
        "| --- | ---: |",
        "| SimPy, hand-written | 1.00 |",
        "| serviceflow, compiled | 70 |",
        "| first run, serviceflow, compiled | 70 |",
    ]


def test_ratios_count_customers_or_visits() -> None:
    for workload, expected in ((A, 10.0), (SHIPPED[0], 50.0)):
        timing = Timing(workload, SIMPY)
        timing.add(Outcome(1.0, customers=10, visits=50, means={}))
        assert timing.speeds == [expected]


def test_growth_is_what_a_visit_costs_more() -> None:
    wide, narrow = Timing(WIDE, SIMPY), Timing(NARROW, SIMPY)
    wide.visit_speeds, narrow.visit_speeds = [1.0, 2.0, 4.0], [2.0, 4.0, 16.0]
    assert growth(wide, narrow) == 2.0


def test_wide_and_narrow_chains_share_their_rounds() -> None:
    assert [[w.name for w in group] for group in groups(["a", "narrow", "b", "wide"])] == [
        ["a"],
        ["narrow", "wide"],
        ["b"],
    ]


def test_only_our_tools_run_shipped_chains() -> None:
    assert all(tool.ours for tool in chosen_tools(SHIPPED[0], list(TOOLS)))
    assert baseline(SHIPPED[0]) is SIMPY


def test_command_prints_a_table_and_writes_figures(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    figures, text = tmp_path / "figures.json", tmp_path / "table.md"
    options = ["--workloads", "a", "--rounds", "1", "--longer", "0.2"]
    files = ["--json", str(figures), "--markdown", str(text)]
    status = main([*options, "--tools", SIMPY.name, *files])
    assert status in (0, 1)
    assert "SimPy, hand-written" in capsys.readouterr().out
    assert figures.exists()
    assert SIMPY.name in text.read_text()

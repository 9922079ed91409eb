"""Nothing finished is lost: replications in a folder, from which an experiment goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

import serviceflow as sf
from killing import SETTINGS, desk
from serviceflow.experiment import replicate
from serviceflow.results.run_store import RunStore

LONG = bool(os.environ.get("SERVICEFLOW_LONG"))
QUICK = {**SETTINGS, "replications": 4}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.results"))


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the replications that are run."""
    numbers: list[int] = []
    here = replicate.Replication.here

    def noted(self: Any, number: int) -> Any:
        numbers.append(number)
        return here(self, number)

    monkeypatch.setattr(replicate.Replication, "here", noted)
    return numbers


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes that are forked")
def test_killed_experiment_goes_on_to_the_same_figures() -> None:
    script, kills = Path(__file__).with_name("killing.py"), "50" if LONG else "12"
    done = subprocess.run(
        [sys.executable, script, kills, os.environ.get("SERVICEFLOW_TEST_SEED", "7")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "the same figures" in done.stdout


@pytest.mark.parametrize("keep", ["full", "summary"])
def test_finished_replications_are_not_run_again(tmp_path: Path, ran: list[int], keep: str) -> None:
    first = desk().simulate(store=tmp_path, keep=keep, **QUICK)
    assert ran == [0, 1, 2, 3]
    again = desk().simulate(store=tmp_path, keep=keep, **QUICK)
    assert ran == [0, 1, 2, 3]
    assert again.kpis.equals(first.kpis)
    assert again.engine == first.engine
    more = desk().simulate(store=tmp_path, keep=keep, **{**QUICK, "replications": 6})
    assert ran == [0, 1, 2, 3, 4, 5]
    assert more.kpis.equals(desk().simulate(keep=keep, **{**QUICK, "replications": 6}).kpis)


def test_further_replications_are_kept_too(tmp_path: Path, ran: list[int]) -> None:
    results = desk().simulate(store=tmp_path, **QUICK)
    results.more(2, engine="simpy", store=tmp_path)
    results.more(2, engine="simpy", store=tmp_path)
    assert ran == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 8},
        {"duration": "9 h"},
        {"warm_up": "1 h"},
        {"horizon": "terminating"},
        {"keep": "summary"},
    ],
    ids=str,
)
def test_other_settings_have_files_of_their_own(tmp_path: Path, changes: dict[str, Any]) -> None:
    desk().simulate(store=tmp_path, **QUICK)
    found = desk().simulate(store=tmp_path, **{**QUICK, **changes})
    assert len(files(tmp_path)) == 8
    assert found.kpis.equals(desk().simulate(**{**QUICK, **changes}).kpis)


def test_other_chain_has_files_of_its_own_but_scenarios_do_not_matter(tmp_path: Path) -> None:
    desk().simulate(store=tmp_path, **QUICK)
    changed = desk().change({"services": {"Ask": {"duration": "exponential(mean=7 min)"}}})
    changed.simulate(store=tmp_path, **QUICK)
    assert len(files(tmp_path)) == 8
    more = desk()
    more.add_scenario("Three", changes={"providers": {"Clerk": {"staff": 3}}})
    more.simulate(store=tmp_path, **QUICK)
    assert len(files(tmp_path)) == 8


def test_other_observations_have_files_of_their_own(tmp_path: Path) -> None:
    model = tmp_path / "model.yaml"
    model.write_text(
        "serviceflow: 1\nname: Desk\nproviders: {Clerk: {staff: 1}}\n"
        "services: {Ask: {provider: Clerk, duration: \"empirical(file='times.csv', column='t')\"}}\n"
        "consumers: {Clients: {arrivals: {rate: 6 per hour}, enters: Ask}}\n",
        "utf-8",
    )
    found = []
    for times in ("1\n2", "3\n4"):
        (tmp_path / "times.csv").write_text(f"t\n{times}\n", "utf-8")
        results = sf.load(model).simulate(store=tmp_path / "runs", **QUICK)
        found.append(results.mean("service", "service_time")[0])
    assert len(files(tmp_path / "runs")) == 8
    assert found[1] > found[0]


@pytest.mark.parametrize("spoil", ["cut", "flip", "empty", "other"])
def test_damaged_file_is_found_and_done_again(tmp_path: Path, ran: list[int], spoil: str) -> None:
    first = desk().simulate(store=tmp_path, **QUICK)
    path, content = files(tmp_path)[2], files(tmp_path)[2].read_bytes()
    middle = len(content) // 2
    spoiled = {
        "cut": content[:middle],
        "flip": content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :],
        "empty": b"",
        "other": files(tmp_path)[1].read_bytes(),
    }
    path.write_bytes(spoiled[spoil])
    with pytest.warns(sf.StoreWarning, match="replication 2 is run again"):
        again = desk().simulate(store=tmp_path, **QUICK)
    assert ran == [0, 1, 2, 3, 2]
    assert again.kpis.equals(first.kpis)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        desk().simulate(store=tmp_path, **QUICK)


def test_interrupt_keeps_what_is_finished_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = replicate.Replication.here

    def stopped(self: Any, number: int) -> Any:
        if number == 2:
            raise KeyboardInterrupt
        return here(self, number)

    with monkeypatch.context() as patched:
        patched.setattr(replicate.Replication, "here", stopped)
        with pytest.warns(sf.StoreWarning, match="2 of 4 replications have finished and are kept in"):
            results = desk().simulate(store=tmp_path, **QUICK)
    assert results.interrupted
    assert len(files(tmp_path)) == 2
    assert desk().simulate(store=tmp_path, **QUICK).count == 4


def test_without_seed_the_first_one_that_was_drawn_holds(tmp_path: Path, ran: list[int]) -> None:
    unseeded = {name: value for name, value in QUICK.items() if name != "seed"}
    first = desk().compare(store=tmp_path, **unseeded)
    again = desk().compare(store=tmp_path, **unseeded)
    assert len(ran) == 8
    assert first["Two"].seed == first.results[first.baseline].seed == again["Two"].seed
    assert first["Two"].kpis.equals(again["Two"].kpis)


def test_workers_keep_the_same_files(tmp_path: Path) -> None:
    desk().simulate(store=tmp_path / "one", **QUICK)
    desk().simulate(store=tmp_path / "two", workers=2, **QUICK)
    contents = [[path.name for path in files(tmp_path / name)] for name in ("one", "two")]
    assert contents[0] == contents[1]
    again = desk().simulate(store=tmp_path / "two", **QUICK)
    assert again.kpis.equals(desk().simulate(store=tmp_path / "one", **QUICK).kpis)


def test_precision_goes_on_too(tmp_path: Path, ran: list[int]) -> None:
    goal = {"precision": {"flow_time": 0.2}, "at_most": 14}
    settings = {name: value for name, value in QUICK.items() if name != "replications"}
    first = desk().simulate(store=tmp_path, **settings, **goal)
    count = len(ran)
    again = desk().simulate(store=tmp_path, **settings, **goal)
    assert len(ran) == count == first.count == again.count


def test_behaviours_cannot_be_told_apart(tmp_path: Path) -> None:
    behaviours = sf.Behaviours(policies=[lambda situation: None])
    with pytest.raises(sf.ExperimentError, match="store= cannot tell whether behaviours are the same"):
        desk().simulate(store=tmp_path, behaviours=behaviours, **QUICK)


def test_names_are_made_into_folders(tmp_path: Path) -> None:
    chain = sf.loads(
        "serviceflow: 1\nname: '../../Süd / 客人'\nservices: {Ask: {duration: 1 h}}\n"
        "consumers: {Clients: {arrivals: {rate: 1 per h}, enters: Ask}}\n"
    )
    chain.simulate(store=RunStore.at(tmp_path), **QUICK)
    assert [path.parent.parent for path in files(tmp_path)] == [tmp_path] * 4


class TestParquet:
    def test_reads_back_to_the_same_rows(self, tmp_path: Path) -> None:
        pd = pytest.importorskip("pandas")
        pytest.importorskip("pyarrow")
        comparison = desk().compare(**QUICK)
        for one in comparison.results.values():
            one.to_parquet(tmp_path)
        visits = pd.read_parquet(tmp_path / "visits")
        assert sorted(visits["scenario"].unique()) == ["Two", "baseline"]
        mine = visits[(visits["scenario"] == "Two") & (visits["replication"] == 3)]
        expected = comparison["Two"].visits.query("replication == 3")
        assert mine["arrived"].to_numpy() == pytest.approx(expected["arrived"].to_numpy(), nan_ok=True)
        assert len(pd.read_parquet(tmp_path / "requests")) == sum(
            len(one.requests) for one in comparison.results.values()
        )
        assert set(pd.read_parquet(tmp_path / "figures")["measure"]) >= {"flow_time", "utilization"}

    def test_names_with_signs_read_back(self, tmp_path: Path) -> None:
        pd = pytest.importorskip("pandas")
        pytest.importorskip("pyarrow")
        results = desk().simulate(**QUICK)
        results.scenario_name = "50% / more=better"
        results.to_parquet(tmp_path)
        assert list(pd.read_parquet(tmp_path / "figures")["scenario"].unique()) == ["50% / more=better"]

    def test_summaries_have_figures_alone(self, tmp_path: Path) -> None:
        pytest.importorskip("pyarrow")
        desk().simulate(keep="summary", **QUICK).to_parquet(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["figures"]

    def test_says_what_to_install(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(sf.ParquetError, match=r"pip install 'serviceflow\[data\]'"):
            desk().simulate(**QUICK).to_parquet(tmp_path)

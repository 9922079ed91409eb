"""The benchmark programs run, record every visit, and describe the same workloads as their model files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import serviceflow as sf

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.handwritten import PROGRAMS  # noqa: E402
from benchmarks.run import main  # noqa: E402
from benchmarks.workloads import WORKLOADS  # noqa: E402


@pytest.mark.parametrize("name", WORKLOADS)
def test_program_records_each_visit_in_order(name: str) -> None:
    visits = PROGRAMS[name](50, seed=1)
    assert len({visit[0] for visit in visits}) == 50
    for _, _, _, asked, arrived, started, finished, waiting in visits:
        assert asked == arrived <= started <= finished
        assert waiting == started - arrived


@pytest.mark.parametrize("name", WORKLOADS)
def test_model_has_the_stations_of_the_program(name: str) -> None:
    stations = {visit[2] for visit in PROGRAMS[name](200, seed=1)}
    assert len(sf.load(WORKLOADS[name].model).providers) == len(stations)


def test_table_says_what_was_timed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status = main(["--workloads", "a", "--rounds", "1", "--json", str(tmp_path / "figures.json")])
    assert status in (0, 1)
    assert "SimPy, hand-written" in capsys.readouterr().out
    assert (tmp_path / "figures.json").exists()

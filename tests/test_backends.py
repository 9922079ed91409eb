"""The same figures on any backend: threads, processes, such as give all results at once, and Dask."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import pytest
from joblib._parallel_backends import ThreadingBackend

import serviceflow as sf
from killing import SETTINGS, desk
from serviceflow.experiment import replicate
from serviceflow.experiment.engines import SIMPY, choose_engine
from serviceflow.experiment.keeping import KeepRecords


class AllAtOnce(ThreadingBackend):  # type: ignore[misc]
    """A backend that gives no results before all are there, as Ray's."""

    supports_return_generator = False


joblib.register_parallel_backend("all at once", AllAtOnce)
QUICK = {**SETTINGS, "replications": 10}


@pytest.fixture(scope="module")
def alone() -> Any:
    return desk().simulate(**QUICK)


@pytest.mark.parametrize("backend", ["threading", "all at once", "sequential"])
@pytest.mark.parametrize("keep", ["full", "summary"])
def test_figures_are_the_same(alone: Any, backend: str, keep: str) -> None:
    with joblib.parallel_config(backend):
        together = desk().simulate(workers=2, keep=keep, **QUICK)
    expected = alone if keep == "full" else desk().simulate(keep=keep, **QUICK)
    assert together.kpis.equals(expected.kpis)
    assert [one.replication for one in together.runs.records or together.runs.digests] == [*range(10)]


def test_all_at_once_is_sent_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    chunks: list[int] = []
    whole = joblib.Parallel.__call__

    def counted(self: Any, work: Any) -> Any:
        found = list(work)
        chunks.append(len(found))
        return whole(self, found)

    monkeypatch.setattr(joblib.Parallel, "__call__", counted)
    with joblib.parallel_config("all at once"):
        desk().simulate(workers=2, **QUICK)
    assert chunks == [8, 2]


def test_interrupt_keeps_what_an_earlier_chunk_has(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = replicate.Replication.elsewhere

    def stopped(self: Any, number: int) -> Any:
        if number >= 8:
            raise KeyboardInterrupt
        return elsewhere(self, number)

    monkeypatch.setattr(replicate.Replication, "elsewhere", stopped)
    with joblib.parallel_config("all at once"):
        results = desk().simulate(workers=2, **QUICK)
    assert (results.count, results.interrupted) == (8, True)


def test_worker_of_another_version_is_refused(alone: Any) -> None:
    runner = choose_engine(SIMPY, alone.runs.program, 7)
    one = replicate.Replication(KeepRecords(), runner, 7)
    assert one.elsewhere(0)[0] == "simpy"
    with pytest.raises(sf.ExperimentError, match="a worker has .*, but .* begun with serviceflow 0.0.9"):
        replace(one, versions=("serviceflow 0.0.9", "NumPy 1.0")).elsewhere(0)


@pytest.fixture(scope="module")
def cluster() -> Any:
    """Two workers of Dask on this machine."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_dask_gives_the_same_figures(alone: Any, cluster: Any) -> None:
    with joblib.parallel_config("dask"):
        together = desk().simulate(workers=2, **QUICK)
    assert together.kpis.equals(alone.kpis)


def test_worker_of_dask_may_be_killed_in_the_middle(alone: Any, cluster: Any, tmp_path: Path) -> None:
    def kill_once(folder: str) -> None:
        """Kill the worker that comes first; the work that it had goes elsewhere."""
        mark = Path(folder) / "killed"
        try:
            mark.touch(exist_ok=False)
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

    doomed = cluster.submit(kill_once, str(tmp_path))
    with joblib.parallel_config("dask"):
        together = desk().simulate(workers=2, store=tmp_path / "runs", **QUICK)
    doomed.result(timeout=60)
    assert (tmp_path / "killed").exists()
    assert together.kpis.equals(alone.kpis)

"""The limit: `limit.cpp`, built where there is a C++ compiler, into a folder that goes with this process."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.outcome import Outcome, Unavailable, Visits, means_of
from benchmarks.workloads import Workload

SOURCE = Path(__file__).parent / "limit.cpp"
OPTIONS = ("-std=c++17", "-O3", "-march=native", "-shared", "-fPIC")
ROW = np.dtype(
    [
        ("arrived", "f8"),
        ("started", "f8"),
        ("finished", "f8"),
        ("customer", "i4"),
        ("station", "i2"),
        ("urgency", "i2"),
    ]
)


def run_limit(workload: Workload, customers: int, seed: int) -> Outcome:
    """An event loop in C++ that does this workload and nothing else."""
    if not workload.written:
        raise Unavailable("no program of this chain was written in C++")
    library = built()
    name = b"lanes" if workload.lanes else workload.name.encode()
    begin = perf_counter()
    count = library.limit_run(name, workload.lanes, customers, seed)
    seconds = perf_counter() - begin
    means = means_of(workload, visits_of(rows_of(library, count)), customers)
    return Outcome(seconds, customers, count, means)


def visits_of(rows: NDArray[np.void]) -> Visits:
    return Visits(*(rows[name] for name in ("customer", "urgency", "arrived", "started", "finished")))


def rows_of(library: Any, count: int) -> NDArray[np.void]:
    """The record of the last run, where it lies; the next run writes over it."""
    memory = (ctypes.c_char * (count * ROW.itemsize)).from_address(library.limit_visits())
    return np.frombuffer(memoryview(memory), dtype=ROW)


@cache
def built() -> Any:
    compiler = shutil.which("g++") or shutil.which("c++")
    if compiler is None:
        raise Unavailable("there is no C++ compiler")
    with tempfile.TemporaryDirectory(prefix="serviceflow-limit-") as folder:
        target = Path(folder) / "limit.so"
        command = [compiler, *OPTIONS, "-o", str(target), str(SOURCE)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unavailable(f"{compiler} failed: {done.stderr.strip()}")
        return declared(ctypes.CDLL(str(target)))  # Once it is open, its file is no longer needed.


def declared(library: Any) -> Any:
    library.limit_run.argtypes = [ctypes.c_char_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint64]
    library.limit_run.restype = ctypes.c_int64
    library.limit_visits.restype = ctypes.c_void_p
    return library

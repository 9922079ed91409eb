"""The tools that are timed.

To add one, write a function that takes a workload, a number of customers and a seed and gives an `Outcome`,
and list it here; a tool that is not installed, or that cannot express a workload, raises `Unavailable` and
its cell stays empty. Only the run itself is inside the clock: imports, loading a model and compilation are
not, but making the record is.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np

from benchmarks.handwritten import PROGRAMS
from benchmarks.limit import run_limit
from benchmarks.outcome import Outcome, Tool, Unavailable, Visits, means_of
from benchmarks.own import own, run_auto
from benchmarks.with_cimba import run_cimba
from benchmarks.with_ciw import run_ciw
from benchmarks.with_line import run_line
from benchmarks.workloads import Workload


def handwritten(workload: Workload, customers: int, seed: int) -> Outcome:
    """A hand-written SimPy program, in the idiom of its manual."""
    if not workload.written:
        raise Unavailable("no program of this chain was written by hand")
    program = PROGRAMS[workload.name]
    begin = perf_counter()
    visits = program(customers, seed)
    seconds = perf_counter() - begin
    table = np.array(visits)
    customer, urgency = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    columns = Visits(customer, urgency, table[:, 4], table[:, 5], table[:, 6])
    return Outcome(seconds, customers, len(visits), means_of(workload, columns, customers))


WRITTEN = Tool("SimPy, hand-written", handwritten)
SIMPY = own("serviceflow, SimPy engine", "simpy", 1)
COMPILED = own("serviceflow, compiled", "compiled", 10)
RECURSION = own("serviceflow, recursion", "recursion", 10)
AUTO = Tool("serviceflow, all of simulate()", run_auto, 10, ours=True)
CIW = Tool("Ciw", run_ciw, 0.5)
LINE = Tool("LINE, averages only", run_line, 10, {"wide": 4})
CIMBA = Tool("Cimba, averages only", run_cimba, 10)
LIMIT = Tool("C++ loop, the limit", run_limit, 10)

TOOLS = {tool.name: tool for tool in (WRITTEN, SIMPY, COMPILED, RECURSION, AUTO, CIW, LINE, CIMBA, LIMIT)}


def baseline(workload: Workload) -> Tool:
    """What ratios are ratios to."""
    return WRITTEN if workload.written else SIMPY

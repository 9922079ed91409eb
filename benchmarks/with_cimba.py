"""Cimba (the package `cimba`): models in Python, compiled by Numba onto an engine in C; averages only.

A queue is a counter of those who wait, whose mean over time gives the mean wait by Little's law; nothing is
kept of single visits. Compiling a model is outside the clock.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from functools import cache
from time import perf_counter
from typing import Any

from benchmarks.outcome import Outcome, Unavailable
from benchmarks.workloads import Workload

PARTS = 10
"""Replications that make one round: their means are what batch means are for other tools."""
WARM_UP = 500.0
"""Time that is left out at the beginning of each, with its visits counted in the speed."""


def run_cimba(workload: Workload, customers: int, seed: int) -> Outcome:
    if importlib.util.find_spec("cimba") is None:
        raise Unavailable("Cimba is not installed: pip install 'serviceflow[bench]', as `make bench` does")
    if workload.name not in MODELS:
        raise Unavailable(REASONS.get(workload.name, "not written for Cimba"))
    import cimba as cb

    model, per_customer, figure = model_of(workload.name)
    duration = customers / workload.rate / PARTS
    window = cb.Window(warmup=WARM_UP, duration=max(duration - WARM_UP, WARM_UP))
    begin = perf_counter()
    results = cb.Experiment(model, replications=PARTS, window=window, seed=seed).run(workers=1)
    seconds = perf_counter() - begin
    means = [float(mean) for mean in results[model].mean.values.ravel()]
    made = int((window.warmup + window.duration) * PARTS * workload.rate)
    return Outcome(seconds, made, made * per_customer, {figure: means})


def compile_models(names: Iterable[str]) -> None:
    """Compile what Cimba can do of some workloads, before our engines do: then it no longer can."""
    if importlib.util.find_spec("cimba") is not None:
        for name in set(names) & set(MODELS):
            model_of(name)


@cache
def model_of(name: str) -> tuple[Any, int, str]:
    """A model, compiled; how many visits a customer makes, and which figure it gives."""
    import cimba as cb

    from benchmarks import cimba_models

    program, per_customer, figure = MODELS[name]
    model = getattr(cimba_models, program)()
    cb.Experiment(model, replications=1, window=cb.Window(warmup=1.0, duration=1.0), seed=1).run(workers=1)
    return model, per_customer, figure


MODELS: Mapping[str, tuple[str, int, str]] = {
    "a": ("Desk", 1, "wait"),
    "b": ("Tandem", 5, "wait"),
    "d": ("ForkJoin", 2, "sojourn"),
}
"""The class of the program, how many visits a customer makes, and which figure it gives."""

REASONS = {
    "c": "its averages are of counters, which do not tell apart the classes of one queue",
    "narrow": "its averages are of counters; which of ten queues comes next would need one program a service",
    "wide": "1,000 services would need 1,000 programs",
}

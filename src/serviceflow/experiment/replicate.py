"""Many runs of one chain, which differ in their random numbers only."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from serviceflow.engine.record import Record
from serviceflow.errors import ServiceflowError
from serviceflow.experiment.engines import Engine, check_engine, choose_engine, load_engine, prepare_engine
from serviceflow.experiment.progress import progress_bar

if TYPE_CHECKING:
    from serviceflow.engine.behaviours import Behaviours
    from serviceflow.engine.program import Program
    from serviceflow.model.chain import Chain

REPLICATIONS = 20


class ExperimentError(ServiceflowError, ValueError):
    """A setting of an experiment that cannot be used."""


@dataclass(frozen=True)
class Settings:
    """What was asked for, so that the same runs can be made again.

    Attributes
    ----------
    duration, warm_up, horizon
        As given to :func:`replicate`; None leaves them to the chain's ``run``.
    replications : int
        How many were asked for.
    confidence : float
        Nominal coverage of the intervals.
    """

    duration: Any = None
    warm_up: Any = None
    horizon: str | None = None
    replications: int = REPLICATIONS
    confidence: float = 0.95


@dataclass(frozen=True)
class Runs:
    """The records of one chain's replications.

    Attributes
    ----------
    program : Program
        The chain as it was run.
    records : tuple of Record
        One per finished replication, in order of their number.
    seed : int
        The seed of every replication; a replication's own number makes the rest of its key.
    engine : str
        Which engine ran.
    settings : Settings
        What was asked for.
    interrupted : bool
        Whether the user stopped before every replication had finished.
    """

    program: Program
    records: tuple[Record, ...]
    seed: int
    engine: str
    settings: Settings = Settings()
    interrupted: bool = False


def draw_seed(seed: int | None = None) -> int:
    """The seed itself, or a fresh one for None.

    Raises
    ------
    ExperimentError
        If `seed` is not a whole number from 0 to 2**64 - 1.
    """
    if seed is None:
        return secrets.randbits(32)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**64:
        raise ExperimentError(f"seed={seed!r}: give a whole number from 0 to 2**64 - 1, or None to draw one")
    return seed


def replicate(
    chain: Chain,
    duration: Any = None,
    warm_up: Any = None,
    replications: int | None = None,
    seed: int | None = None,
    engine: str = "auto",
    progress: bool | None = None,
    horizon: str | None = None,
    workers: int = 1,
    behaviours: Behaviours | None = None,
) -> Runs:
    """Run a chain several times, each with random numbers of its own.

    Replication ``r`` has the key ``(seed, r)``: its record does not depend on how many others are run,
    in which order, or where.

    Parameters
    ----------
    chain : Chain
        What to run; it is not changed.
    duration, warm_up : duration, optional
        Length of the statistics window and of the time before it; the chain's ``run`` by default.
    replications : int, optional
        How many; the chain's ``run`` by default, and 20 if it does not say.
    seed : int, optional
        None takes the chain's own, or else draws one; it is kept in the result.
    engine : str
        ``"auto"`` or an engine's name.
    progress : bool, optional
        Whether to show a bar; by default only when work is long and somebody can see it.
    horizon : str, optional
        ``"steady"`` or ``"terminating"``; the chain's ``run`` by default.
    workers : int
        How many replications run at once; -1 for one per core. joblib's current backend runs them (set
        another with ``joblib.parallel_config``).
    behaviours : Behaviours, optional
        Rules that are written in Python; the SimPy engine runs them.

    Returns
    -------
    Runs
        An interrupt (Ctrl-C) keeps the replications that have finished.

    Raises
    ------
    KeyboardInterrupt
        If none had finished.
    """
    from serviceflow.engine.lowering import lower

    settings = _settings(chain, duration, warm_up, replications, horizon)
    check_engine(engine, bool(behaviours))
    own_seed = draw_seed(chain.run.seed if seed is None and chain.run else seed)
    program = lower(chain, duration=duration, warm_up=warm_up, horizon=horizon, behaviours=behaviours)
    chosen = choose_engine(engine, program, own_seed, settings.replications, bool(behaviours))
    prepare_engine(chosen, program, progress)
    run = load_engine(chosen)
    if behaviours:
        behaviours.check(program)
        run = partial(run, behaviours=behaviours)
    records, interrupted = _collect(program, own_seed, run, settings.replications, workers, progress)
    return Runs(program, records, own_seed, chosen, settings, interrupted)


def _settings(
    chain: Chain, duration: Any, warm_up: Any, replications: int | None, horizon: str | None
) -> Settings:
    run = chain.run
    count = replications if replications is not None else (run.replications if run else REPLICATIONS)
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ExperimentError(f"replications={count!r}: give a whole number of at least 1")
    return Settings(duration, warm_up, horizon, count, run.confidence if run else 0.95)


def _collect(
    program: Program, seed: int, run: Engine, count: int, workers: int, progress: bool | None
) -> tuple[tuple[Record, ...], bool]:
    records: list[Record] = []
    with progress_bar(count, "replications", progress) as bar:
        try:
            for record in _runs(program, seed, run, count, workers):
                records.append(record)
                bar.update()
        except KeyboardInterrupt:
            if not records:
                raise
            return tuple(records), True
    return tuple(records), False


def _runs(program: Program, seed: int, run: Engine, count: int, workers: int) -> Iterator[Record]:
    if isinstance(workers, bool) or not isinstance(workers, int) or workers == 0:
        raise ExperimentError(f"workers={workers!r}: give 1, the number to run at once, or -1 for every core")
    if workers == 1 or count == 1:
        return (run(program, seed, number) for number in range(count))
    return _parallel_runs(program, seed, run, count, workers)


def _parallel_runs(program: Program, seed: int, run: Engine, count: int, workers: int) -> Iterator[Record]:
    from joblib import Parallel, delayed

    work = (delayed(_bare_run)(run, program, seed, number) for number in range(count))
    for record in Parallel(n_jobs=workers, return_as="generator")(work):
        yield replace(record, program=program)


def _bare_run(run: Engine, program: Program, seed: int, number: int) -> Record:
    """A record without its program, which need not travel back."""
    record = run(program, seed, number)
    return replace(record, program=None)  # type: ignore[arg-type]

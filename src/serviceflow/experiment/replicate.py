"""Many runs of one chain, which differ in their random numbers only."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.engine.program.features import Feature
from serviceflow.engine.record.record import Record
from serviceflow.errors import ServiceflowError
from serviceflow.experiment.engines import check_engine, choose_engine, prepare
from serviceflow.experiment.keeping import Keeping, KeepRecords, Store
from serviceflow.experiment.progress import progress_bar
from serviceflow.experiment.snapshots import snapshot

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.engine.reference.behaviours import Behaviours
    from serviceflow.engine.runner import Runner
    from serviceflow.model.chain import Chain

REPLICATIONS = 20
CHUNK = 4
"""Replications for each worker at a time, where a backend gives all of them at once."""


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
    record : str
        What is kept of each replication: "full", its record, or "summary".
    """

    duration: Any = None
    warm_up: Any = None
    horizon: str | None = None
    replications: int = REPLICATIONS
    confidence: float = 0.95
    record: str = "full"


@dataclass(frozen=True)
class Runs:
    """What was kept of one chain's replications.

    Attributes
    ----------
    program : Program
        The chain as it was run: what is added to it later does not touch it.
    records : tuple of Record
        One per finished replication, in order of their number; none where summaries are kept.
    seed : int
        The seed of every replication; a replication's own number makes the rest of its key.
    engine : str
        Which engine ran; where one handed over to another, both: "simpy, then compiled".
    settings : Settings
        What was asked for.
    interrupted : bool
        Whether the user stopped before every replication had finished.
    digests : tuple
        The summary of each finished replication, where these are kept instead of records.
    """

    program: Program
    records: tuple[Record, ...]
    seed: int
    engine: str
    settings: Settings = Settings()
    interrupted: bool = False
    digests: tuple[Any, ...] = ()

    @property
    def count(self) -> int:
        """How many replications have finished."""
        return len(self.records) + len(self.digests)

    def joined(self, other: Runs) -> Runs:
        """These replications, followed by others of the same chain, seed and settings."""
        engines = dict.fromkeys([*self.engine.split(", then "), *other.engine.split(", then ")])
        return replace(
            self,
            records=self.records + other.records,
            digests=self.digests + other.digests,
            engine=", then ".join(engines),
            settings=replace(self.settings, replications=self.count + other.settings.replications),
            interrupted=other.interrupted,
        )


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
    keeping: Keeping | None = None,
    first: int = 0,
    store: Store | None = None,
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
        another with ``joblib.parallel_config``: threads, Dask, Ray).
    behaviours : Behaviours, optional
        Rules that are written in Python; the SimPy engine runs them.
    keeping : Keeping, optional
        What to keep of each replication: its record by default.
    first : int
        The number of the first replication: more of a chain that has been run go on from there.
    store : Store, optional
        Where replications are kept as they finish, and taken from if they have.

    Returns
    -------
    Runs
        An interrupt (Ctrl-C) keeps the replications that have finished.

    Raises
    ------
    KeyboardInterrupt
        If none had finished.
    """
    job = prepared(
        chain,
        duration,
        warm_up,
        replications,
        seed,
        engine,
        progress,
        horizon,
        behaviours,
        keeping,
        first,
        store,
    )
    collect([job], workers, progress)
    return job.runs()


@dataclass
class Job:
    """The replications of one chain that are wanted, and those that there are.

    Attributes
    ----------
    one : Replication
    shelf : _Shelf
    program, settings
        What is run, and what was asked for.
    made : list
        What has finished, in order.
    interrupted : bool
        Whether the user stopped before all had.
    """

    one: Replication
    shelf: _Shelf
    program: Program
    settings: Settings
    made: list[Made] = field(default_factory=list)
    interrupted: bool = False

    @property
    def seed(self) -> int:
        """The seed of every replication."""
        return self.one.seed

    def runs(self) -> Runs:
        """What there is."""
        ran = ", then ".join(dict.fromkeys(name for name, _ in self.made))
        found = tuple(kept for _, kept in self.made)
        records, digests = (found, ()) if self.one.keeping.name == "full" else ((), found)
        return Runs(self.program, records, self.seed, ran, self.settings, self.interrupted, digests)


def prepared(
    chain: Chain,
    duration: Any = None,
    warm_up: Any = None,
    replications: int | None = None,
    seed: int | None = None,
    engine: str = "auto",
    progress: bool | None = None,
    horizon: str | None = None,
    behaviours: Behaviours | None = None,
    keeping: Keeping | None = None,
    first: int = 0,
    store: Store | None = None,
) -> Job:
    """All that is needed to run a chain, as for :func:`replicate`; nothing has been run yet."""
    from serviceflow.engine.program.lowering import lower

    chain = snapshot(chain)
    keeping = keeping or KeepRecords()
    settings = _settings(chain, duration, warm_up, replications, horizon, keeping.name)
    check_engine(engine, bool(behaviours))
    if store is not None and behaviours:
        raise ExperimentError(
            "store= cannot tell whether behaviours are the same as before: leave one of them out"
        )
    given = chain.run.seed if seed is None and chain.run else seed
    program = lower(chain, duration=duration, warm_up=warm_up, horizon=horizon, behaviours=behaviours)
    own_seed = draw_seed(given if store is None else store.seed(program, settings, given))
    if behaviours:
        behaviours.check(program)
    keeping.check(program)
    in_pieces = keeping.in_pieces(program)
    runner = choose_engine(engine, program, own_seed, settings.replications, behaviours, in_pieces)
    numbers = range(first, first + settings.replications)
    shelf = _Shelf(store, program, settings, own_seed, numbers)
    if shelf.missing:
        prepare(runner, progress)
    return Job(Replication(keeping, runner, own_seed), shelf, program, settings)


def replicate_more(
    runs: Runs,
    count: int,
    engine: str = "auto",
    progress: bool | None = None,
    workers: int = 1,
    behaviours: Behaviours | None = None,
    keeping: Keeping | None = None,
    store: Store | None = None,
) -> Runs:
    """The same runs with further replications; an interrupt keeps what there is.

    Parameters
    ----------
    runs : Runs
        What has been run.
    count : int
        How many more.
    engine, progress, workers, behaviours, keeping, store
        As for :func:`replicate`.

    Raises
    ------
    ExperimentError
        If rules written in Python belong to the runs and are not given.
    """
    if Feature.BEHAVIOURS in runs.program.features and not behaviours:
        raise ExperimentError("these results were made with behaviours: give behaviours= as before")
    try:
        more = replicate(
            runs.program.written,
            runs.settings.duration,
            runs.settings.warm_up,
            count,
            runs.seed,
            engine,
            progress,
            runs.settings.horizon,
            workers,
            behaviours,
            keeping,
            first=runs.count,
            store=store,
        )
    except KeyboardInterrupt:
        settings = replace(runs.settings, replications=runs.count + count)
        return replace(runs, settings=settings, interrupted=True)
    return runs.joined(more)


def _settings(
    chain: Chain, duration: Any, warm_up: Any, replications: int | None, horizon: str | None, record: str
) -> Settings:
    run = chain.run
    count = replications if replications is not None else (run.replications if run else REPLICATIONS)
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ExperimentError(f"replications={count!r}: give a whole number of at least 1")
    return Settings(duration, warm_up, horizon, count, run.confidence if run else 0.95, record)


Made = tuple[str, Any]
"""The engine that ran a replication, and what is kept of it."""


@cache
def _versions() -> tuple[str, ...]:
    """What figures depend on besides the chain and its settings."""
    try:
        own = version("serviceflow")
    except PackageNotFoundError:
        own = "of a folder"
    return f"serviceflow {own}", f"NumPy {np.__version__}"


@dataclass(frozen=True)
class Replication:
    """One of many runs: all that it depends on but its number."""

    keeping: Keeping
    runner: Runner
    seed: int
    versions: tuple[str, ...] = field(default_factory=_versions)

    def here(self, number: int) -> Made:
        return self.runner.make(lambda runner: self.keeping.run(runner, self.seed, number))

    def begin(self, number: int) -> Callable[[], Made]:
        """Run it; gives what makes of it what is kept, which another thread may call."""
        engine, finish = self.runner.make(lambda runner: self.keeping.begin(runner, self.seed, number))
        return lambda: (engine, finish())

    def elsewhere(self, number: int) -> Made:
        self._compare_versions()
        engine, kept = self.here(number)
        return engine, self.keeping.send(kept)

    def _compare_versions(self) -> None:
        """Refuse to run where figures might come out otherwise."""
        mine = _versions()
        if mine != self.versions:
            raise ExperimentError(
                f"a worker has {', '.join(mine)}, but the experiment was begun with"
                f" {', '.join(self.versions)}: install the same versions everywhere"
            )

    def received(self, made: Made) -> Made:
        engine, sent = made
        return engine, self.keeping.receive(self.runner.program, sent)


class _Shelf:
    """The replications that are wanted: those that a store has, and those that are missing."""

    def __init__(
        self, store: Store | None, program: Program, settings: Settings, seed: int, numbers: range
    ) -> None:
        self.store = store
        self.numbers = numbers
        self._of = (program, settings, seed)
        found = {number: store.find(*self._of, number) for number in numbers} if store else {}
        self.found = {number: made for number, made in found.items() if made is not None}
        self.missing = [number for number in numbers if number not in self.found]

    def filled(self, runs: Iterator[Made]) -> Iterator[Made]:
        """All in order, those that are missing as they are run; these are kept at once."""
        for number in self.numbers:
            if number in self.found:
                yield self.found[number]
                continue
            made = next(runs)
            if self.store is not None:
                self.store.keep(*self._of, number, made)
            yield made


def collect(jobs: Sequence[Job], workers: int, progress: bool | None) -> None:
    """Run what is missing of several chains, as one pool of work with one bar.

    An interrupt keeps what has finished of each.

    Raises
    ------
    KeyboardInterrupt
        If nothing had finished.
    """
    total = sum(len(job.shelf.numbers) for job in jobs)
    with progress_bar(total, "replications", progress) as bar:
        runs = _runs([(job.one, number) for job in jobs for number in job.shelf.missing], workers)
        try:
            for job in jobs:
                for kept in job.shelf.filled(runs):
                    job.made.append(kept)
                    bar.update()
        except KeyboardInterrupt:
            _keep_interrupted(jobs)


def _keep_interrupted(jobs: Sequence[Job]) -> None:
    for job in jobs:
        job.interrupted = len(job.made) < len(job.shelf.numbers)
    stores = [job.shelf.store for job in jobs if job.shelf.store is not None]
    finished = sum(len(job.made) for job in jobs)
    if stores:
        stores[0].tell(finished, sum(len(job.shelf.numbers) for job in jobs))
    if not finished:
        raise KeyboardInterrupt


Work = tuple[Replication, int]
"""One replication of one chain."""


def _runs(work: Sequence[Work], workers: int) -> Iterator[Made]:
    if isinstance(workers, bool) or not isinstance(workers, int) or workers == 0:
        raise ExperimentError(f"workers={workers!r}: give 1, the number to run at once, or -1 for every core")
    if workers == 1 or len(work) <= 1:
        overlapping = len(work) > 1 and all(one.runner.overlaps for one, _ in work)
        return _overlapping_runs(work) if overlapping else (one.here(number) for one, number in work)
    return _parallel_runs(work, workers)


def _overlapping_runs(work: Sequence[Work]) -> Iterator[Made]:
    """One run after another; what is kept of each is made while the next one runs."""
    from concurrent.futures import Future, ThreadPoolExecutor

    with ThreadPoolExecutor(1) as helper:
        before: Future[Made] | None = None
        try:
            for one, number in work:
                finish = one.begin(number)
                if before is not None:
                    yield before.result()
                before = helper.submit(finish)
        except KeyboardInterrupt:
            if before is not None:
                yield before.result()
            raise
        if before is not None:
            yield before.result()


def _parallel_runs(work: Sequence[Work], workers: int) -> Iterator[Made]:
    from joblib import Parallel, delayed, effective_n_jobs

    if _returns_one_by_one():
        calls = (delayed(one.elsewhere)(number) for one, number in work)
        found = Parallel(n_jobs=workers, return_as="generator")(calls)
        for (one, _), sent in zip(work, found, strict=True):
            yield one.received(sent)
        return
    # such a backend, as Ray's, gives all at once: some at a time, so that what is finished is there
    size = CHUNK * max(1, effective_n_jobs(workers))
    for start in range(0, len(work), size):
        some = work[start : start + size]
        found = Parallel(n_jobs=workers)(delayed(one.elsewhere)(number) for one, number in some)
        for (one, _), sent in zip(some, found, strict=True):
            yield one.received(sent)


def _returns_one_by_one() -> bool:
    """Whether joblib's current backend gives what is finished while others are at work."""
    from joblib.parallel import get_active_backend

    return bool(getattr(get_active_backend()[0], "supports_return_generator", False))

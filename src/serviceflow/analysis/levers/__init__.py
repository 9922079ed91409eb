"""What would help most: every lever of a chain tried, paired and ranked.

No indicator of a single run says where a change pays most (a busy provider may wait for nobody, a long queue
may be somebody else's fault). So each lever is tried: the chain with it runs beside the chain without it,
with common random numbers.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from serviceflow.analysis.levers.lever import KINDS, Lever
from serviceflow.analysis.levers.looks import FIRST
from serviceflow.analysis.levers.making import levers_of
from serviceflow.analysis.levers.objective import (
    Objective,
    ObjectiveError,
    broken_promises,
    cost_objective,
    objective_of,
)
from serviceflow.analysis.levers.race import Race, Run, Runner
from serviceflow.analysis.levers.table import LeverError, Levers, checked_budget
from serviceflow.analysis.warming import settled, told
from serviceflow.errors import ModelError, nearest
from serviceflow.experiment.engines import SIMPY
from serviceflow.experiment.progress import progress_bar
from serviceflow.experiment.replicate import draw_seed, replicate
from serviceflow.model.problems import find_problems
from serviceflow.model.reading import as_problem
from serviceflow.model.scenarios import scenario_mistakes
from serviceflow.results.results import Results

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

PER_LEVER = 20
"""Replications of a lever in a race that nobody has limited, on average."""
MOST = 80
"""Replications of one lever, at most, unless more are asked for."""
MOST_THREADS = 8
"""Levers that run at once, where the engine is compiled: each holds records while they are added up."""
SETTINGS = ("duration", "warm_up", "horizon", "engine", "workers")
"""What may be set of the runs."""
CHANGED = ("changes", "adds", "description")
"""What a scenario may have, and so a lever of one's own."""
Own = Mapping[str, Mapping[str, Any]]
Chosen = str | Iterable[str | Own] | Own | None


def try_levers(
    chain: Chain,
    objective: Any = None,
    levers: Chosen = None,
    *,
    blocks: bool = False,
    budget: int | None = None,
    seed: int | None = None,
    confidence: float = 0.95,
    progress: bool | None = None,
    **settings: Any,
) -> Levers:
    """Try levers of a chain beside it, and rank them.

    Parameters
    ----------
    chain : Chain
        As it stands.
    objective : optional
        See :func:`~serviceflow.analysis.levers.objective.objective_of`.
    levers : str, iterable of str and mappings, or mapping, optional
        Kinds of levers (see ``KINDS``), names of levers or of scenarios; changes of one's own by name; or
        several of these. All that the chain has by itself, and its scenarios, by default.
    blocks : bool
        Whether one more unit in each block of a shift is tried, too.
    budget : int, optional
        Replications of levers in all; 20 for each by default, which go where ranks are open. Two of each are
        made whatever it is.
    seed : int, optional
        The chain's own by default, or else one that is drawn.
    confidence : float
        Of the intervals, and of what is said of ties.
    progress : bool, optional
        Whether to show a bar; by default only when work is long.
    **settings
        As for :func:`~serviceflow.experiment.replicate.replicate`: duration, warm_up, horizon, engine and
        workers.

    Raises
    ------
    LeverError
        If there is nothing to try, or a name is none.
    ObjectiveError
        If there is no such figure.
    """
    allowed = None if budget is None else checked_budget(budget)
    _check(confidence, settings)
    chosen = chosen_levers(chain, levers, blocks)
    own_seed = draw_seed(chain.run.seed if seed is None and chain.run else seed)
    found = settled([chain], {**settings, "seed": own_seed})
    settings |= found

    def run(changed: Chain, first: int, count: int) -> Results:
        runs = replicate(changed, replications=count, first=first, seed=own_seed, progress=False, **settings)
        return Results(runs)

    results = run(chain, 0, FIRST)
    if results.runs.interrupted:
        raise KeyboardInterrupt

    def raced(goal: Objective) -> Levers:
        base, cost = Runner(chain), cost_objective()
        base.take(results, goal, cost)
        race = Race(goal, cost, confidence, base, {lever: Runner(lever.apply(chain)) for lever in chosen})
        race.lost_share = _lost_share(results)
        race.threads = 1 if results.engine == SIMPY else min(os.cpu_count() or 1, MOST_THREADS)
        total = PER_LEVER * len(chosen) if allowed is None else allowed
        with progress_bar(total, "levers", progress) as bar:
            race.run(run, total, MOST, bar.update)
        if not race.running:
            raise LeverError(f"{chain.name} runs with none of the levers: {next(iter(race.failed.values()))}")
        return Levers(chain, race, run, told(found))

    levers_ = raced(objective_of(objective, results))
    other = None if objective is not None or levers_.best or levers_.race.interrupted else _instead(results)
    again = None if other is None else raced(other)
    return replace(again, in_vain=levers_) if again is not None and again.best else levers_


def _instead(results: Results) -> Objective | None:
    """What to improve where nothing helps the promises that are broken: None where that was tried already."""
    return objective_of("flow_time", results) if broken_promises(results) else None


def _check(confidence: object, settings: Collection[str]) -> None:
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 < confidence < 1:
        raise LeverError(f"confidence={confidence!r}: give a level between 0 and 1, such as 0.95")
    for name in settings:
        if name not in SETTINGS:
            meant = "; the budget says how many" if name == "replications" else nearest(name, SETTINGS)
            raise LeverError(f"levers have no setting {name!r}{meant}; there are: {', '.join(SETTINGS)}")


def _lost_share(results: Results) -> float:
    arrived, gave_up, refused = (
        float(results.mean("chain", measure).sum()) for measure in ("arrived", "gave_up", "refused")
    )
    return (gave_up + refused) / arrived if arrived else 0.0


def chosen_levers(chain: Chain, levers: Chosen, blocks: bool = False) -> list[Lever]:
    """The levers that are to be tried.

    Raises
    ------
    LeverError
        If there is nothing to try, a name is none, or changes do not fit the chain.
    """
    given = [levers] if isinstance(levers, str | Mapping) else levers
    if given is not None and not isinstance(given, Iterable):
        raise LeverError(f"levers={levers!r}: give names of levers or kinds, or changes by name")
    entries = None if given is None else list(given)
    names = [entry for entry in entries or () if not isinstance(entry, Mapping)]
    own = [
        _own(chain, *item) for entry in entries or () if isinstance(entry, Mapping) for item in entry.items()
    ]
    found: list[Lever] = []
    if entries is None or names:
        known = [*levers_of(chain, blocks), *_scenarios(chain, names)]
        found = known if entries is None else _named(known, names)
    if not found and not own:
        raise LeverError(
            f"{chain.name} has no lever of this kind; name changes of your own, as in a scenario"
        )
    return _of_one_name([*found, *own])


def _of_one_name(levers: list[Lever]) -> list[Lever]:
    names: set[str] = set()
    for lever in levers:
        if lever.name in names:
            raise LeverError(f"two levers are called {lever.name!r}; give yours another name")
        names.add(lever.name)
    return levers


def _own(chain: Chain, name: object, given: object) -> Lever:
    """Changes that the caller has named, if the chain can be run with them."""
    if not isinstance(name, str) or not isinstance(given, Mapping) or not given:
        raise LeverError(
            f"levers: {name!r}: {given!r} is no change; write it as in a scenario, such as"
            " {'providers': {'Desk': {'staff': 3}}}"
        )
    parts = given if set(given) <= set(CHANGED) else {"changes": given}
    lever = Lever(name, "own", changes=parts.get("changes", {}), adds=parts.get("adds", {}))
    try:
        problems = find_problems(lever.apply(chain))
    except ModelError as error:
        raise LeverError(f"lever {name!r}: {error}") from None
    known = set(find_problems(chain))
    if new := [problem for problem in problems if problem not in known]:
        raise LeverError(f"lever {name!r}: {ModelError(map(as_problem, new))}")
    return lever


def _scenarios(chain: Chain, names: Collection[str]) -> list[Lever]:
    """Those that are named, and of the others those that fit the chain."""
    own = find_problems(chain)
    return [
        Lever(name, "scenario", scenario=name)
        for name in chain.scenarios
        if name in names or not scenario_mistakes(chain, own, name)
    ]


def _named(known: list[Lever], names: Collection[Any]) -> list[Lever]:
    options = dict.fromkeys([*KINDS, *(lever.name for lever in known)])
    for name in names:
        if not isinstance(name, str):
            raise LeverError(
                f"levers: {name!r} is no name; give names of levers or kinds, or changes by name"
            )
        if name not in options:
            hint = nearest(name, options)
            kinds = ", ".join(kind for kind in KINDS if kind != "own")
            raise LeverError(f"there is no lever {name!r}{hint}; name levers, scenarios or kinds: {kinds}")
    return [lever for lever in known if lever.name in names or lever.kind in names]


__all__ = [
    "KINDS",
    "Chosen",
    "Lever",
    "LeverError",
    "Levers",
    "ObjectiveError",
    "Run",
    "levers_of",
    "try_levers",
]

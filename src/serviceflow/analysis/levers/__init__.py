"""What would help most: every lever of a chain tried, paired and ranked.

No indicator of a single run says where a change pays most (a busy provider may wait for nobody, a long queue
may be somebody else's fault). So each lever is tried: the chain with it runs beside the chain without it,
with common random numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from serviceflow.analysis.levers.lever import KINDS, Lever
from serviceflow.analysis.levers.making import levers_of
from serviceflow.analysis.levers.objective import ObjectiveError, cost_objective, objective_of
from serviceflow.analysis.levers.race import FIRST, Race, Run, Runner
from serviceflow.analysis.levers.table import Levers
from serviceflow.errors import ServiceflowError, nearest
from serviceflow.experiment.progress import progress_bar
from serviceflow.experiment.replicate import draw_seed, replicate
from serviceflow.model.problems import find_problems
from serviceflow.model.scenarios import scenario_mistakes
from serviceflow.results.results import Results

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

PER_LEVER = 20
"""Replications of a lever in a race that nobody has limited, on average."""
MOST = 80
"""Replications of one lever, at most, unless more are asked for."""


class LeverError(ServiceflowError, ValueError):
    """Levers that cannot be tried."""


def try_levers(
    chain: Chain,
    objective: Any = None,
    levers: Iterable[str] | Mapping[str, Mapping[str, Any]] | None = None,
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
    levers : iterable of str or mapping, optional
        Kinds of levers (see ``KINDS``), names of levers or of scenarios; or changes of one's own by name. All
        that the chain has by itself, and its scenarios, by default.
    blocks : bool
        Whether one more unit in each block of a shift is tried, too.
    budget : int, optional
        Replications of levers in all; 20 for each by default, which go where ranks are open.
    seed : int, optional
        The chain's own by default, or else one that is drawn.
    confidence : float
        Of the intervals, and of what is said of ties.
    progress : bool, optional
        Whether to show a bar; by default only when work is long.
    **settings
        As for :func:`~serviceflow.experiment.replicate.replicate`: duration, warm_up, horizon, engine.

    Raises
    ------
    LeverError
        If there is nothing to try, or a name is none.
    ObjectiveError
        If there is no such figure.
    """
    chosen = chosen_levers(chain, levers, blocks)
    own_seed = draw_seed(chain.run.seed if seed is None and chain.run else seed)

    def run(changed: Chain, first: int, count: int) -> Results:
        runs = replicate(changed, replications=count, first=first, seed=own_seed, progress=False, **settings)
        return Results(runs)

    base = Runner(chain)
    results = run(chain, 0, FIRST)
    goal, cost = objective_of(objective, results), cost_objective()
    base.take(results, goal, cost)
    race = Race(goal, cost, confidence, base, {lever: Runner(lever.apply(chain)) for lever in chosen})
    allowed = PER_LEVER * len(chosen) if budget is None else budget
    with progress_bar(allowed, "levers", progress) as bar:
        race.run(run, allowed, MOST, bar.update)
    return Levers(chain, race, run)


def chosen_levers(
    chain: Chain, levers: Iterable[str] | Mapping[str, Mapping[str, Any]] | None, blocks: bool = False
) -> list[Lever]:
    """The levers that are to be tried.

    Raises
    ------
    LeverError
        If there is nothing to try, or a name is none.
    """
    if isinstance(levers, Mapping):
        found = [_own(name, changes) for name, changes in levers.items()]
    else:
        names = list(levers or ())
        known = [*levers_of(chain, blocks), *_scenarios(chain, names)]
        found = known if levers is None else _named(known, names)
    if not found:
        raise LeverError(
            f"{chain.name} has no lever of this kind; name changes of your own, as in a scenario"
        )
    return found


def _own(name: str, changes: Mapping[str, Any]) -> Lever:
    if set(changes) <= {"changes", "adds", "description"}:
        return Lever(name, "own", changes=changes.get("changes", {}), adds=changes.get("adds", {}))
    return Lever(name, "own", changes=changes)


def _scenarios(chain: Chain, names: Collection[str]) -> list[Lever]:
    """Those that are named, and of the others those that fit the chain."""
    own = find_problems(chain)
    return [
        Lever(name, "scenario", scenario=name)
        for name in chain.scenarios
        if name in names or not scenario_mistakes(chain, own, name)
    ]


def _named(known: list[Lever], names: list[str]) -> list[Lever]:
    options = dict.fromkeys([*KINDS, *(lever.name for lever in known)])
    for name in names:
        if name not in options:
            hint = nearest(name, options)
            kinds = ", ".join(kind for kind in KINDS if kind != "own")
            raise LeverError(f"there is no lever {name!r}{hint}; name levers, scenarios or kinds: {kinds}")
    return [lever for lever in known if lever.name in names or lever.kind in names]


__all__ = ["KINDS", "Lever", "LeverError", "Levers", "ObjectiveError", "Run", "levers_of", "try_levers"]

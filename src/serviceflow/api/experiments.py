"""Experiments: chains run as often as the question needs.

What :mod:`serviceflow.api.chains` offers as methods and functions is done here, with the layers below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from serviceflow.analysis.warming import settled
from serviceflow.api.results import Comparison, Factorial, Results
from serviceflow.errors import ModelError, Problem
from serviceflow.experiment.progress import progress_bar
from serviceflow.experiment.replicate import REPLICATIONS, Runs, replicate
from serviceflow.experiment.scenarios import replicate_all
from serviceflow.model.mistakes import mistakes_of
from serviceflow.model.state import read_start, read_state
from serviceflow.results.factorial import JOINED, combinations_of
from serviceflow.results.precision import (
    FIRST,
    PrecisionError,
    add_until,
    budget_of,
    precision_of,
    read_goals,
)
from serviceflow.results.retention import retention
from serviceflow.results.run_store import RunStore

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

C = TypeVar("C", bound="Chain")
TODAY = "baseline"
"""The name of a chain as it stands, beside its scenarios."""
LATER = ("engine", "workers", "behaviours", "store")
"""Settings that further replications need to be told again."""


def simulate(
    chain: Chain, precision: Any = None, at_most: Any = None, *, keep: str = "full", **settings: Any
) -> Results:
    """Run a chain, until figures are precise enough if that is asked for."""
    keeping = retention(keep)
    settings |= settled([chain], settings) | _stored(settings)
    if precision is None:
        _check_no_budget(at_most)
        return Results(replicate(chain, keeping=keeping, **settings))
    budget, progress = budget_of(at_most, monotonic), settings.pop("progress", None)
    first = _first(settings.pop("replications", None), chain, budget.most)
    later = {name: value for name, value in settings.items() if name in LATER}
    with progress_bar(budget.most, "replications", progress) as bar:
        found = Results(replicate(chain, keeping=keeping, replications=first, progress=False, **settings))
        goals = found._goals = read_goals(precision, found)
        bar.update(found.count)
        found, ended = add_until(
            found,
            lambda results: precision_of(results, goals),
            lambda results, count: results.more(count, progress=False, **later),
            budget,
            bar.update,
        )
    found._goals, found._ended = goals, ended
    return found


def compare(
    chains: Mapping[str, Chain],
    baseline: str | None = None,
    precision: Any = None,
    at_most: Any = None,
    *,
    relevant: Any = None,
    keep: str = "full",
    make: Callable[[Mapping[str, Results]], Comparison] | None = None,
    **settings: Any,
) -> Comparison:
    """Run chains with common random numbers, until differences are precise enough if that is asked for."""
    state = settings.pop("start_from", None)
    chains = {name: starting_from(chain, state) for name, chain in chains.items()}
    settings |= settled([*chains.values()], settings) | _stored(settings)

    def compared(runs: Mapping[str, Runs]) -> Comparison:
        results = {name: Results(found, name) for name, found in runs.items()}
        return make(results) if make else Comparison(results, baseline, relevant)

    if precision is None:
        _check_no_budget(at_most)
        return compared(replicate_all(chains, keeping=retention(keep), **settings))
    budget, progress = budget_of(at_most, monotonic), settings.pop("progress", None)
    first = _first(settings.pop("replications", None), next(iter(chains.values())), budget.most)
    later = {name: value for name, value in settings.items() if name in LATER}
    with progress_bar(budget.most, "replications", progress) as bar:
        runs = replicate_all(chains, keeping=retention(keep), replications=first, progress=False, **settings)
        found = compared(runs)
        goals = found._goals = read_goals(precision, found.results[found.baseline])
        bar.update(found.count)
        found, ended = add_until(
            found,
            lambda comparison: comparison._judged(goals),
            lambda comparison, count: comparison.more(count, progress=False, **later),
            budget,
            bar.update,
        )
    found._goals, found._ended = goals, ended
    return found


def starting_from(chain: C, state: Any) -> C:
    """The chain with runs that start from a state: one, the path of a CSV file, or rows."""
    if state is None:
        return chain
    try:
        found = read_state(state) if isinstance(state, str | PathLike) else read_start(state)
    except ValueError as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(Problem("start_from", item.message) for item in mistakes_of(error)) from None
    started = chain.copy()
    started.run = chain.run.model_copy(update={"start_from": found})
    return started


def _stored(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The folder of finished replications, where one is named."""
    return {"store": RunStore.at(settings["store"])} if "store" in settings else {}


def with_scenarios(chain: Chain, names: Iterable[str], baseline: str | None) -> tuple[dict[str, Chain], str]:
    """A chain and its scenarios by name, and which of them is the baseline.

    The chain as it stands is always among them: as the baseline, or beside a scenario that is.

    Parameters
    ----------
    chain : Chain
        The chain as it stands.
    names : iterable of str
        Its scenarios.
    baseline : str, optional
        A scenario; or what the chain as it stands is called.
    """
    chosen = list(names)
    if baseline is not None and baseline in chain.scenarios:
        chosen = [baseline, *(name for name in chosen if name != baseline)]
        own = free_name(TODAY, chosen)
    else:
        own = free_name(baseline or TODAY, chosen)
    found = {own: chain} | {name: chain.scenario(name) for name in chosen}
    return found, baseline if baseline in chosen else own


def free_name(name: str, taken: Iterable[str]) -> str:
    """A name for the chain as it stands that no scenario has."""
    return name if name not in set(taken) else free_name(f"{name} (unchanged)", taken)


def factorial(chain: Chain, names: Sequence[str], *, relevant: Any = None, **settings: Any) -> Factorial:
    """Run every combination of some scenarios."""
    combined = {JOINED.join(one): one for one in combinations_of(names)}
    own = free_name(TODAY, combined)
    combined = {own: (), **{name: one for name, one in combined.items() if one}}
    chains = {name: _combined(chain, name, one) for name, one in combined.items()}

    def make(results: Mapping[str, Results]) -> Factorial:
        return Factorial(results, combined, own, relevant)

    return compare(chains, make=make, **settings)  # type: ignore[return-value]


def _combined(chain: Chain, name: str, scenarios: Sequence[str]) -> Chain:
    if len(scenarios) < 2:
        return chain.scenario(scenarios[0]) if scenarios else chain
    stacked = chain.copy()
    if name not in stacked.scenarios:
        stacked.add_scenario(name, extends=list(scenarios))
    return stacked.scenario(name)


def _check_no_budget(at_most: Any) -> None:
    if at_most is not None:
        raise PrecisionError(
            f"at_most={at_most!r} limits the replications that precision= asks for: give precision= too,"
            " or replications= alone"
        )


def _first(replications: int | None, chain: Chain, most: int) -> Any:
    """Replications before the first look."""
    if replications is not None and (not isinstance(replications, int) or isinstance(replications, bool)):
        return replications  # What is wrong with it is said where it is used.
    given = (
        replications if replications is not None else chain.run.replications if chain.run else REPLICATIONS
    )
    return min(max(given, FIRST), most) if given >= 1 else given

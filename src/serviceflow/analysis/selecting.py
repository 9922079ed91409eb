"""The best of several chains: replications until it is told apart, with a guarantee.

The values that are compared are one per replication: its own figure. The choice is among chains that keep
what they must: promises are judged first, from the same replications.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.analysis.running import finished
from serviceflow.analysis.warming import settled, told
from serviceflow.display import markup
from serviceflow.experiment.progress import progress_bar
from serviceflow.experiment.ranking import Floats, Selection, SelectionError, kim_nelson, ocba
from serviceflow.experiment.replicate import draw_seed
from serviceflow.results.comparison import check_chains
from serviceflow.results.measures import meaning, unit_of
from serviceflow.results.naming import HIGHER, FigureName, figure_name, place_of, title_of
from serviceflow.results.precision import Relevance, read_relevance
from serviceflow.results.results import Results
from serviceflow.results.retention import retention
from serviceflow.results.run_store import RunStore
from serviceflow.results.statistics import mean_interval

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

FIRST = 10
"""Replications of each chain before any is out."""
TOGETHER = 5
"""Replications between two looks."""


@dataclass(frozen=True)
class Limit:
    """What a figure must keep to.

    Attributes
    ----------
    figure : tuple
        Scope, name and measure.
    bound : float
        In the figure's unit.
    """

    figure: FigureName
    bound: float

    @property
    def sign(self) -> float:
        """1 where the figure must reach the bound, -1 where it must not exceed it."""
        return 1.0 if self.figure[2] in HIGHER else -1.0

    def __str__(self) -> str:
        word = "at least" if self.sign > 0 else "at most"
        share = meaning(self.figure[2])[0] == "share"
        return f"{title_of(self.figure)} {word} {f'{100 * self.bound:g}%' if share else f'{self.bound:g}'}"


@dataclass
class Candidate:
    """One of the chains: what has been observed of it."""

    chain: Chain
    run: Callable[[Chain, int, int], Results]
    figures: Sequence[FigureName]
    values: dict[FigureName, Floats] = field(default_factory=dict)

    def observe(self, figure: FigureName, first: int, count: int) -> Floats:
        """The values of a figure in some replications, which are run if they have not been."""
        missing = first + count - self.count
        if missing > 0:
            results = self.run(self.chain, self.count, missing)
            for one in self.figures:
                known = self.values.get(one, np.empty(0))
                self.values[one] = np.concatenate([known, values_of(results, one)])
        return self.values[figure][first : first + count]

    @property
    def count(self) -> int:
        """How many replications have been run."""
        return len(self.values[self.figures[0]]) if self.values else 0


def values_of(results: Results, figure: FigureName) -> Floats:
    """The figure of each replication.

    Raises
    ------
    SelectionError
        If a replication has none.
    """
    scope, _, measure = figure
    values: Floats = results._series_of((scope, measure)).values[:, place_of(figure, results)]
    if np.isnan(values).any():
        raise SelectionError(
            f"{title_of(figure)} cannot be told in replication {int(np.argmax(np.isnan(values)))} of"
            f" {results.scenario_name!r}: run longer, or choose another objective"
        )
    return values


def select_best(
    chains: Mapping[str, Chain],
    objective: Any = "flow_time",
    relevant: Any = None,
    confidence: float = 0.95,
    *,
    constraints: Any = (),
    budget: int | None = None,
    at_most: int | None = None,
    maximize: bool | None = None,
    seed: int | None = None,
    progress: bool | None = None,
    **settings: Any,
) -> Best:
    """Choose the best of several chains; see :func:`serviceflow.select_best`."""
    _check(chains, relevant, budget, confidence)
    first_chain = next(iter(chains.values()))
    common = draw_seed(first_chain.run.seed if seed is None and first_chain.run else seed)
    keeping, warm_up = (
        retention(settings.pop("keep", "full")),
        settled([*chains.values()], settings | {"seed": common}),
    )
    more = settings | warm_up | {"store": RunStore.at(settings.get("store"))}
    allowed = budget or at_most or 1000 * len(chains)
    with progress_bar(allowed, "replications", progress) as bar:

        def run(chain: Chain, first: int, count: int) -> Results:
            results = finished(chain, replications=count, seed=common, first=first, keeping=keeping, **more)
            bar.update(count)
            return results

        look = finished(first_chain, replications=1, seed=common, **more)
        figure = figure_name(objective, look, "objective")
        higher = figure[2] in HIGHER if maximize is None else maximize
        limits = read_limits(constraints, look)
        figures = list(dict.fromkeys([figure, *(limit.figure for limit in limits)]))
        all_ = {name: Candidate(chain, run, figures) for name, chain in chains.items()}
        for one in all_.values():
            one.observe(figure, 0, FIRST)
        task = _Task(all_, figure, higher, limits, confidence, look.time_unit)
        matters = None if relevant is None else read_relevance({objective: relevant}, look)
        return replace(task.choose(matters, budget, at_most), warm_up=told(warm_up))


def _check(chains: Any, relevant: Any, budget: Any, confidence: Any) -> None:
    check_chains(chains)
    if len(chains) < 2:
        raise SelectionError("there is nothing to choose from: give at least two chains by name")
    if relevant is None and budget is None:
        raise SelectionError(
            "say which difference matters: relevant='5 min' (or 0.02, a share of the objective);"
            " or give a budget= of replications, without a guarantee"
        )
    if not isinstance(confidence, float) or not 0.5 <= confidence < 1:
        raise SelectionError(f"confidence={confidence!r}: give a number from 0.5 to below 1, such as 0.95")


def read_limits(given: Any, results: Results) -> tuple[Limit, ...]:
    """What must be kept, as a user says it.

    Parameters
    ----------
    given : iterable or mapping
        Names of promises, whose promised share must be kept; or figures with their bounds.
    results : Results
        Which figures and promises there are.
    """
    if isinstance(given, str):
        given = [given]
    shares = dict(zip(map(str, results.slas.index), results.slas["share"], strict=True)) if given else {}
    if given == ["promises"]:
        given = list(shares)
    if isinstance(given, Mapping):
        named = {figure_name(name, results, "constraint"): bound for name, bound in given.items()}
        return tuple(Limit(figure, _bound(bound)) for figure, bound in named.items())
    figures = [figure_name(name, results, "constraint") for name in given]
    for figure in figures:
        if figure[0] != "sla":
            raise SelectionError(
                f"constraint on {title_of(figure)}: give its bound, as in {{{figure[2]!r}: 30}}"
            )
    return tuple(Limit(figure, float(shares[figure[1]])) for figure in figures)


def _bound(given: Any) -> float:
    try:
        return float(given[:-1]) / 100 if isinstance(given, str) and given.endswith("%") else float(given)
    except (TypeError, ValueError):
        raise SelectionError(
            f"{given!r} is no bound: give a number in the figure's unit, or a share"
        ) from None


@dataclass
class _Task:
    """The chains of a choice and what is asked."""

    candidates: Mapping[str, Candidate]
    figure: FigureName
    higher: bool
    limits: Sequence[Limit]
    confidence: float
    time_unit: str

    def choose(self, relevance: Relevance | None, budget: int | None, at_most: int | None) -> Best:
        try:
            self.judge()
            names = self.feasible() or list(self.candidates)
            if relevance is None:
                assert budget is not None
                found = ocba(len(names), self.observed(names), self._rest(names, budget), FIRST)
                return self.told(names, found, None)
            basis = np.mean([one.values[self.figure][:FIRST].mean() for one in self.candidates.values()])
            matters = _amount(relevance, self.figure, float(basis))
            most = None if at_most is None else self._rest(names, at_most)
            found = kim_nelson(
                len(names), self.observed(names), matters, self.confidence, FIRST, most, together=TOGETHER
            )
            return self.told(names, found, matters)
        except KeyboardInterrupt:
            names = self.feasible() or list(self.candidates)
            values = [self.sign * self.candidates[name].values[self.figure] for name in names]
            best = int(np.argmax([one.mean() for one in values]))
            return self.told(names, Selection(best, values, tuple(range(len(names)))), None, interrupted=True)

    @property
    def sign(self) -> float:
        return 1.0 if self.higher else -1.0

    def observed(self, names: Sequence[str]) -> Callable[[int, int, int], Floats]:
        """Values of which more is better."""

        def observe(system: int, first: int, count: int) -> Floats:
            return self.sign * self.candidates[names[system]].observe(self.figure, first, count)

        return observe

    def _rest(self, names: Sequence[str], budget: int) -> int:
        """What is left of a budget for those that are chosen among."""
        return budget - sum(one.count for name, one in self.candidates.items() if name not in names)

    # What must be kept

    def judge(self) -> None:
        """Run chains of which it is open whether they keep what they must: up to eight times as often."""
        for _ in range(3):
            open_ = [name for name in self.candidates if self.feasibility(name) is None]
            for name in open_:
                one = self.candidates[name]
                one.observe(self.figure, one.count, one.count)

    def feasibility(self, name: str) -> bool | None:
        """Whether a chain keeps all limits; None where the intervals leave it open."""
        found = [self._kept(name, limit) for limit in self.limits]
        return False if False in found else None if None in found else True

    def _kept(self, name: str, limit: Limit) -> bool | None:
        values = limit.sign * (self.candidates[name].values[limit.figure] - limit.bound)
        interval = mean_interval(values, self.confidence, comparisons=len(self.limits) * len(self.candidates))
        return True if interval.low >= 0 else False if interval.high < 0 else None

    def feasible(self) -> list[str]:
        """Those that keep all limits by their means; of which it is open are in if their means do."""
        return [name for name in self.candidates if self._by_means(name)]

    def _by_means(self, name: str) -> bool:
        values = self.candidates[name].values
        kept = [limit.sign * (values[limit.figure].mean() - limit.bound) >= 0 for limit in self.limits]
        return all(kept)

    # What was found

    def told(
        self, names: Sequence[str], found: Selection, relevant: float | None, interrupted: bool = False
    ) -> Best:
        best = names[found.best]
        rows = [self._row(name, best) for name in self.candidates]
        table = pd.DataFrame(rows)
        left = {names[one] for one in found.left}
        allowed = set(self.feasible())
        table["status"] = [self._status(name, best, left, allowed) for name in self.candidates]
        decided = len(found.left) == 1 and not interrupted
        guarantee = self._guarantee(best, decided, relevant, bool(allowed), interrupted)
        return Best(best, table, guarantee, decided)

    def _row(self, name: str, best: str) -> dict[str, Any]:
        one = self.candidates[name]
        values = one.values[self.figure]
        count = min(one.count, self.candidates[best].count)
        behind = self.sign * (self.candidates[best].values[self.figure][:count] - values[:count])
        gap = mean_interval(behind, self.confidence)
        row: dict[str, Any] = {
            "chain": name,
            title_of(self.figure): float(values.mean()),
            "unit": unit_of(self.figure[2], self.figure[0], self.time_unit),
            "behind": float(gap.mean),
            "ci_low": float(gap.low),
            "ci_high": float(gap.high),
            "replications": one.count,
        }
        return row | {str(limit): float(one.values[limit.figure].mean()) for limit in self.limits}

    def _status(self, name: str, best: str, left: set[str], allowed: set[str]) -> str:
        if name == best:
            return "best"
        if self.limits and allowed and name not in allowed:
            return "does not keep what it must"
        return "not told apart" if name in left else "out"

    def _guarantee(
        self, best: str, decided: bool, relevant: float | None, feasible: bool, interrupted: bool
    ) -> str:
        goal = f"{'largest' if self.higher else 'smallest'} {title_of(self.figure)}"
        unit = unit_of(self.figure[2], self.figure[0], self.time_unit)
        text = f"{best!r} has the {goal}"
        if not feasible:
            text = f"No chain keeps {' and '.join(map(str, self.limits))}; of all, {text}"
        elif self.limits:
            text += " of those that keep what they must (by their means)"
        if interrupted:
            return f"{text} so far: it was interrupted, and nothing is guaranteed."
        if relevant is None:
            return f"{text} of what the budget shows: the choice is the most likely one, without a guarantee."
        if not decided:
            return f"{text} so far: at_most is spent before the others were out, and nothing is guaranteed."
        return (
            f"{text}. Where the best is better than every other by {relevant:.4g} {unit} or more, this"
            f" procedure chooses it with a probability of at least {100 * self.confidence:g}%"
            " (Kim and Nelson 2001; for normal replications)."
        )


def _amount(relevance: Relevance, figure: FigureName, basis: float) -> float:
    found = relevance.amount(figure, basis)
    if found is None or not found > 0:
        raise SelectionError(
            f"relevant= says nothing of {title_of(figure)}: give the smallest difference of it that matters"
        )
    return found


@dataclass(frozen=True)
class Best:
    """The best of several chains.

    Attributes
    ----------
    name : str
        Its name.
    table : DataFrame
        One row per chain: its figure, how far it is behind the best with an interval (paired), replications,
        constraints, and status.
    guarantee : str
        What the choice promises, in words.
    decided : bool
        Whether all others were out before the replications ended.
    warm_up : str
        What is said of the warm-up, where it was to be found.
    """

    name: str
    table: pd.DataFrame
    guarantee: str
    decided: bool
    warm_up: str = ""

    @property
    def replications(self) -> int:
        """Replications of all chains."""
        return int(self.table["replications"].sum())

    def __str__(self) -> str:
        table = self.table.to_string(index=False, float_format=lambda value: f"{value:.4g}")
        return "\n".join([self.guarantee, table, *([self.warm_up] if self.warm_up else [])])

    def __repr__(self) -> str:
        return f"Best({self.name!r} of {len(self.table)} chains, {self.replications} replications)"

    def _repr_html_(self) -> str:
        return markup.shown(markup.say(self.guarantee), markup.frame(self.table))


__all__ = ["Best", "SelectionError", "select_best"]

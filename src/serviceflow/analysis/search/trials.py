"""What has been run of each design, and what that tells: whether it keeps what it must, and how well.

A design is run in stages. It is decided early where its intervals leave no doubt, and by its means once it
has all replications: so what is found is the same as if every design had had all of them, but for the few
cases in which an interval of 99% is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from serviceflow.analysis.levers.objective import Objective, objective_of
from serviceflow.analysis.levers.samples import error_of
from serviceflow.analysis.search.slots import Design, Staffing
from serviceflow.analysis.selecting import Limit
from serviceflow.errors import ServiceflowError
from serviceflow.experiment.engines import SIMPY
from serviceflow.results.measures import meaning
from serviceflow.results.naming import FigureName
from serviceflow.results.statistics import t_quantile

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain
    from serviceflow.results.results import Results

STAGES = (5, 10)
"""Replications at which a design is looked at before it has them all."""
SURE = 0.995
"""One-sided: how sure an early decision is."""
TOGETHER = 8
"""Designs that run at once, at most."""
EMPTY = 1e-12


class BudgetSpent(Exception):
    """There are no replications left."""


@dataclass
class Trial:
    """What has been run of one design.

    Attributes
    ----------
    design : tuple of int
    price : float
        What the staff cost.
    samples : dict
        By figure.
    count : int
        Replications so far.
    keeps : bool or None
        Whether it keeps what it must; None while that is open.
    failed : str
        Why it does not run, if it does not.
    """

    design: Design
    price: float
    samples: dict[FigureName, Any] = field(default_factory=dict)
    count: int = 0
    keeps: bool | None = None
    failed: str = ""

    def take(self, results: Results, objectives: Mapping[FigureName, Objective]) -> None:
        """Take in further replications."""
        for figure, objective in objectives.items():
            sample = objective.take(results)
            known = self.samples.get(figure)
            self.samples[figure] = sample if known is None else known.joined(sample)
        self.count += results.count

    def value(self, figure: FigureName) -> float:
        """A figure over all replications; NaN where nothing is known of it."""
        return float(self.samples[figure].value()) if figure in self.samples else float("nan")

    def margin(self, limit: Limit) -> float:
        """By how much a limit is kept; below 0 it is not."""
        return limit.sign * (self.value(limit.figure) - limit.bound)

    def shortfall(self, limits: Sequence[Limit]) -> float:
        """By how much limits are missed, each as a share of what would have to change."""
        missed = [-min(_number(self.margin(limit)), 0.0) / _scale(limit) for limit in limits]
        return float(sum(missed))

    def surely(self, limit: Limit) -> bool | None:
        """Whether a limit is kept, where the replications leave no doubt."""
        margin = self.margin(limit)
        reach = float(t_quantile(SURE, self.count - 1)) * error_of(self.samples[limit.figure].deviations())
        return True if margin - reach > EMPTY else False if margin + reach < -EMPTY else None

    def judge(self, limits: Sequence[Limit], last: bool) -> None:
        """Say whether it keeps all limits: where that is sure, or by means at the last look."""
        found = [self.surely(limit) for limit in limits]
        if last:
            self.keeps = all(self.margin(limit) >= -EMPTY for limit in limits)
        elif False in found:
            self.keeps = False
        elif None not in found:
            self.keeps = True


def _scale(limit: Limit) -> float:
    return 1.0 if meaning(limit.figure[2])[0] == "share" else max(abs(limit.bound), EMPTY)


def _number(value: float) -> float:
    """What cannot be told counts as badly missed."""
    return value if value == value else -1e9


Run = Callable[["Chain", int, int], "Results"]


@dataclass
class Trials:
    """All designs that have been run, within a budget.

    Attributes
    ----------
    staffing : Staffing
    run : callable
        ``run(chain, first, count)``.
    limits : list of Limit
        What must be kept.
    figures : list
        Other figures that are wanted.
    full : int
        Replications of a design at most.
    budget : int
        Of all.
    tick : callable
        Told how many replications were made.
    """

    staffing: Staffing
    run: Run
    limits: list[Limit]
    figures: list[FigureName]
    full: int
    budget: int
    tick: Callable[[int], object]
    found: dict[Design, Trial] = field(default_factory=dict)
    objectives: dict[FigureName, Objective] = field(default_factory=dict)
    spent: int = 0
    threads: int = 1
    settled: set[Design] = field(default_factory=set)

    @property
    def glance(self) -> int:
        """Replications of a design that is only looked at."""
        return min(STAGES[0], self.full)

    def begin(self, results: Results) -> None:
        """Know which figures there are, and how many designs may run at once."""
        names = [*(limit.figure for limit in self.limits), *self.figures]
        self.objectives = {name: objective_of(name, results) for name in dict.fromkeys(names)}
        if results.engine != SIMPY:
            self.threads = min(os.cpu_count() or 1, TOGETHER)

    def keeps(self, designs: Sequence[Design]) -> list[bool]:
        """Whether designs keep what they must: by what is known of larger and smaller ones, or by runs."""
        open_ = [one for one in dict.fromkeys(designs) if self.known(one) is None]
        self._side_by_side(self._decide, open_)
        return [bool(self.known(one)) for one in designs]

    def known(self, design: Design) -> bool | None:
        """What follows from the runs so far: more staff never keep less."""
        mine = self.found.get(design)
        if mine is not None and mine.keeps is not None:
            return mine.keeps
        for trial in self.found.values():
            if trial.keeps is False and _within(design, trial.design):
                return False
            if trial.keeps and _within(trial.design, design):
                return True
        return None

    def ruled_out(self) -> list[Design]:
        """The largest designs that do not keep what they must."""
        bad = [trial.design for trial in self.found.values() if trial.keeps is False]
        return [one for one in bad if not any(one != other and _within(one, other) for other in bad)]

    def at_least(self, designs: Sequence[Design], count: int) -> list[Trial]:
        """Trials with this many replications."""
        self._side_by_side(lambda trial: self._up_to(trial, count), designs)
        return [self.found[design] for design in designs]

    def contradictions(self) -> int:
        """Pairs of designs of which the larger keeps less."""
        judged = [trial for trial in self.found.values() if trial.keeps is not None]
        return sum(
            _within(one.design, other.design)
            for one in judged
            if one.keeps
            for other in judged
            if not other.keeps
        )

    # Running

    def trial(self, design: Design) -> Trial:
        """What there is of a design."""
        if design not in self.found:
            self.found[design] = Trial(design, self.staffing.price(design))
        return self.found[design]

    def _decide(self, trial: Trial) -> None:
        for count in (*(stage for stage in STAGES if stage < self.full), self.full):
            self._up_to(trial, count)
            trial.judge(self.limits, last=trial.count >= self.full)
            if trial.keeps is not None:
                return

    def _up_to(self, trial: Trial, count: int) -> None:
        missing = count - trial.count
        if missing <= 0 or trial.failed:
            return
        if self.spent + missing > self.budget:
            raise BudgetSpent
        self.spent += missing
        try:
            results = self.run(self.staffing.apply(trial.design), trial.count, missing)
        except ServiceflowError as error:
            trial.failed, trial.keeps = str(error), False
            return
        trial.take(results, self.objectives)
        self.tick(missing)

    def _side_by_side(self, work: Callable[[Trial], None], designs: Sequence[Design]) -> None:
        trials = [self.trial(design) for design in dict.fromkeys(designs)]
        for _ in _mapped(work, trials, self.threads):
            pass


def _mapped(work: Callable[[Trial], None], trials: Sequence[Trial], threads: int) -> Iterator[None]:
    if threads < 2 or len(trials) < 2:
        yield from map(work, trials)
        return
    with ThreadPoolExecutor(threads) as pool:
        try:
            yield from pool.map(work, trials)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _within(small: Design, large: Design) -> bool:
    """Whether a design has nowhere more than another."""
    return all(mine <= theirs for mine, theirs in zip(small, large, strict=True))

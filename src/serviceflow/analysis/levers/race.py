"""The race of levers: all begin alike, those that are clearly behind stop, the others go on.

Everybody runs with the same random numbers, replication by replication, as the chain itself does; so the gain
of a lever over the chain, and of one lever over another, are paired differences. After each stage a lever is
out that loses to the leader even at the end of its interval that is best for it. The intervals of a stage
hold for all levers and all stages together (Bonferroni), so that the best lever is thrown out with a
probability of at most one minus the confidence, as far as the gains of single replications are normal.

References
----------
S.-H. Kim and B. L. Nelson (2001), "A fully sequential procedure for indifference-zone selection in
simulation", *ACM Transactions on Modeling and Computer Simulation* 11, 251-273, for the idea of paired
elimination under common random numbers; the bounds here are t intervals, and ties are told instead of broken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.analysis.levers.lever import Lever
from serviceflow.analysis.levers.objective import Objective, Sample
from serviceflow.results.statistics import around

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain
    from serviceflow.results.results import Results

Run = Callable[["Chain", int, int], "Results"]
"""Runs a chain's replications from one number on, so many: ``run(chain, first, count)``."""

FIRST, GROWTH, STAGES = 5, 2, 6
"""Replications of the first stage, how much they grow from stage to stage, and how many stages the
intervals allow for."""


@dataclass
class Runner:
    """What has been run of a lever, or of the chain itself.

    Attributes
    ----------
    chain : Chain
    sample, cost : Sample
        Of the objective, and of the cost of the chain.
    count : int
        Replications so far.
    """

    chain: Chain
    sample: Any = None
    cost: Any = None
    count: int = 0

    def go_on(self, run: Run, objective: Objective, cost: Objective, count: int) -> None:
        """Run up to `count` replications in all."""
        if count <= self.count:
            return
        results = run(self.chain, self.count, count - self.count)
        self.take(results, objective, cost)

    def take(self, results: Results, objective: Objective, cost: Objective) -> None:
        """Take in further replications, and let their records go."""
        sample, paid = objective.take(results), cost.take(results)
        self.sample = sample if self.sample is None else self.sample.joined(sample)
        self.cost = paid if self.cost is None else self.cost.joined(paid)
        self.count += results.count


@dataclass
class Race:
    """The levers of a chain, and how far each has come.

    Attributes
    ----------
    objective, cost : Objective
    confidence : float
        Of all intervals together.
    base : Runner
        The chain as it stands.
    runners : dict
        By lever, in the order in which they were made.
    out : set
        Levers that are clearly behind.
    """

    objective: Objective
    cost: Objective
    confidence: float
    base: Runner
    runners: dict[Lever, Runner]
    out: set[Lever] = field(default_factory=set)
    interrupted: bool = False

    @property
    def spent(self) -> int:
        """Replications of levers so far."""
        return sum(runner.count for runner in self.runners.values())

    @property
    def open(self) -> list[Lever]:
        """The levers of which one may still be the best."""
        return [lever for lever in self.runners if lever not in self.out]

    def run(self, run: Run, budget: int, most: int, tick: Callable[[int], object] = int) -> None:
        """Go on until one is left, each open lever has `most` replications, or the budget is spent.

        An interrupt ends the race with what has been run.
        """
        try:
            while (count := self._next_count(budget, most)) is not None:
                self._stage(run, count, tick)
                if len(self.open) == 1:
                    return
        except KeyboardInterrupt:
            if not self.base.count:
                raise
            self.interrupted = True

    def _next_count(self, budget: int, most: int) -> int | None:
        """How many replications the open levers are to have after the next stage; None if it is over.

        The first stage is run whatever the budget: without two replications nothing can be said.
        """
        least = min(self.runners[lever].count for lever in self.open)
        if not least:
            return min(max(budget // len(self.open), 2), FIRST)
        affordable = least + (budget - self.spent) // len(self.open)
        count = min(least * GROWTH, most, affordable)
        return count if count > least else None

    def _stage(self, run: Run, count: int, tick: Callable[[int], object]) -> None:
        self.base.go_on(run, self.objective, self.cost, count)
        for lever in self.open:
            before = self.runners[lever].count
            self.runners[lever].go_on(run, self.objective, self.cost, count)
            tick(count - before)
        self.out |= self._behind()

    # What is known

    def leader(self) -> Lever:
        """The open lever with the largest gain; of equals the one that was made first."""
        return max(self.open, key=lambda lever: self.gain(lever)[0])

    def gain(self, lever: Lever) -> tuple[float, float, int]:
        """Gain over the chain as it stands, its standard error, and its replications."""
        found = self.objective.gain(self.runners[lever].sample, self.base.sample)
        return (float("-inf"), *found[1:]) if np.isnan(found[0]) else found

    def lead(self, first: Lever, second: Lever) -> tuple[float, float]:
        """Between which ends the first lever is better than the second, all levers and stages together."""
        ours, theirs = self.runners[first].sample, self.runners[second].sample
        mean, error, count = self.objective.gain(ours, theirs)
        comparisons = max(len(self.runners) - 1, 1) * STAGES
        found = around(mean, error, count - 1, self.confidence, comparisons)
        return float(found.low), float(found.high)

    def _behind(self) -> set[Lever]:
        leader = self.leader()
        return {lever for lever in self.open if lever is not leader and self.lead(leader, lever)[0] > 0}

    def tied(self) -> list[Lever]:
        """The levers that cannot be told from the best, the best first."""
        leader = self.leader()
        rest = [lever for lever in self.open if lever is not leader]
        return [leader, *sorted(rest, key=lambda lever: -self.gain(lever)[0])]


def begin(
    chain: Chain, levers: Sequence[Lever], objective: Objective, cost: Objective, confidence: float
) -> Race:
    """A race that has not begun."""
    runners = {lever: Runner(lever.apply(chain)) for lever in levers}
    return Race(objective, cost, confidence, Runner(chain), runners)


__all__ = ["Race", "Run", "Runner", "Sample", "begin"]

"""The race of levers: all begin alike, those that are clearly behind stop, the others go on.

Everybody runs with the same random numbers, replication by replication, as the chain itself does; so the gain
of a lever over the chain, and of one lever over another, are paired differences. At each look
(:mod:`serviceflow.analysis.levers.looks`) a lever is out that loses to the leader even at the end of its
interval that is best for it. These intervals hold for the best lever against all others and at all looks
together, so that it is thrown out with a probability of at most one minus the confidence, as far as means of
replications are normal; for whom the leader happens to be does not matter.

References
----------
S.-H. Kim and B. L. Nelson (2001), "A fully sequential procedure for indifference-zone selection in
simulation", *ACM Transactions on Modeling and Computer Simulation* 11, 251-273, for the idea of paired
elimination under common random numbers; the bounds here are t intervals with the error spent over looks, and
ties are told instead of broken by a zone of indifference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.analysis.levers.lever import Lever
from serviceflow.analysis.levers.looks import FIRST, interval, look, place_of
from serviceflow.analysis.levers.objective import Objective
from serviceflow.analysis.levers.samples import Floats, Sample
from serviceflow.errors import ServiceflowError

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain
    from serviceflow.results.results import Results

Run = Callable[["Chain", int, int], "Results"]
"""Runs a chain's replications from one number on, so many: ``run(chain, first, count)``."""
Ends = tuple[float, float]


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
    _cut: dict[int, Any] = field(default_factory=dict)

    def go_on(self, run: Run, objective: Objective, cost: Objective, count: int) -> None:
        """Run up to `count` replications in all."""
        if count > self.count:
            results = run(self.chain, self.count, count - self.count)
            self.take(results, objective, cost)
            if results.runs.interrupted:
                raise KeyboardInterrupt

    def take(self, results: Results, objective: Objective, cost: Objective) -> None:
        """Take in further replications, and let their records go."""
        sample, paid = objective.take(results), cost.take(results)
        self.sample = sample if self.sample is None else self.sample.joined(sample)
        self.cost = paid if self.cost is None else self.cost.joined(paid)
        self.count += results.count
        self._cut.clear()

    def first(self, count: int) -> Sample:
        """The sample of the first `count` replications."""
        if count not in self._cut:
            self._cut[count] = self.sample.cut(count)
        found: Sample = self._cut[count]
        return found


@dataclass
class Race:
    """The levers of a chain, and how far each has come.

    Attributes
    ----------
    objective, cost : Objective
    confidence : float
        Of all that is said of gains together, and of all that is said of ranks together.
    base : Runner
        The chain as it stands.
    runners : dict
        By lever, in the order in which they were made.
    out : set
        Levers that are clearly behind.
    failed : dict
        Levers with which the chain does not run, and why.
    interrupted : bool
        Whether the user stopped it.
    threads : int
        How many levers run at once.
    lost_share : float
        Of the requests of the chain as it stands, those that gave up or were refused.
    """

    objective: Objective
    cost: Objective
    confidence: float
    base: Runner
    runners: dict[Lever, Runner]
    out: set[Lever] = field(default_factory=set)
    failed: dict[Lever, str] = field(default_factory=dict)
    interrupted: bool = False
    threads: int = 1
    lost_share: float = 0.0

    @property
    def spent(self) -> int:
        """Replications of levers so far."""
        return sum(runner.count for runner in self.runners.values())

    @property
    def running(self) -> list[Lever]:
        """The levers with which the chain runs, in the order in which they were made."""
        return [lever for lever in self.runners if lever not in self.failed]

    @property
    def open(self) -> list[Lever]:
        """The levers of which one may still be the best."""
        return [lever for lever in self.running if lever not in self.out]

    def run(self, run: Run, budget: int, most: int, tick: Callable[[int], object] = int) -> None:
        """Go on until one is left and known to help, each has `most` replications, or the budget is spent.

        An interrupt ends the race with what has been run.
        """
        try:
            while self.open and (count := self._next_count(budget, most)) is not None:
                self._stage(run, count, tick)
                if self._is_over():
                    return
        except KeyboardInterrupt:
            if any(self.runners[lever].count < 2 for lever in self.open):
                raise
            self.interrupted = True

    def _is_over(self) -> bool:
        """Whether one is left of which it is known whether it helps."""
        if len(self.open) != 1:
            return not self.open
        low, high = self.gain_ends(self.open[0], len(self.runners))
        return low > 0 or high <= 0

    def next_step(self) -> int:
        """How many replications the next look takes."""
        least = self._least()
        return (look(place_of(least) + 1) - least) * len(self.open)

    def _least(self) -> int:
        return min(self.runners[lever].count for lever in self.open)

    def _next_count(self, budget: int, most: int) -> int | None:
        """How many replications the open levers are to have at the next look; None if it is over.

        The first stage is run whatever the budget: without two replications nothing can be said.
        """
        least = self._least()
        if not least:
            return look(place_of(min(max(budget // len(self.open), look(0)), FIRST)))
        count = look(place_of(least) + 1)
        return count if count <= most and self.spent + self.next_step() <= budget else None

    def _stage(self, run: Run, count: int, tick: Callable[[int], object]) -> None:
        self.base.go_on(run, self.objective, self.cost, count)

        def go_on(lever: Lever) -> int:
            runner, before = self.runners[lever], self.runners[lever].count
            try:
                runner.go_on(run, self.objective, self.cost, count)
            except ServiceflowError as error:
                self.failed[lever] = str(error)
            return runner.count - before

        for made in side_by_side(go_on, self.open, self.threads):
            tick(made)
        self.out |= self._behind()

    # What is known

    def leader(self) -> Lever:
        """The open lever with the largest gain; of equals the one that was made first."""
        return max(self.open, key=self._place)

    def _place(self, lever: Lever) -> float:
        gain = self.gain(lever)[0]
        return -np.inf if np.isnan(gain) else gain

    def gain(self, lever: Lever) -> tuple[float, int]:
        """Gain over the chain as it stands, and the replications that it rests on."""
        gain, deviations = self._difference(self.runners[lever], self.base)
        return gain, len(deviations)

    def _difference(self, ours: Runner, theirs: Runner) -> tuple[float, Floats]:
        """By how much one is better than the other, and how the replications of a common look deviate."""
        count = min(ours.count, theirs.count)
        if count < look(0):
            return float("nan"), np.full(count, np.nan)
        count = look(place_of(count))
        return self.objective.gain(ours.first(count), theirs.first(count))

    def gain_ends(self, lever: Lever, comparisons: int = 1) -> Ends:
        """Between which ends the gain of a lever is, with so many others together."""
        return self._ends(self.runners[lever], self.base, comparisons)

    def lead(self, first: Lever, second: Lever, comparisons: int | None = None) -> Ends:
        """Between which ends the first is better than the second, with all that are beside the second."""
        others = max(len(self.runners) - 1, 1)
        return self._ends(self.runners[first], self.runners[second], comparisons or others)

    def _ends(self, ours: Runner, theirs: Runner, comparisons: int) -> Ends:
        mean, deviations = self._difference(ours, theirs)
        count = len(deviations)
        exact = count >= look(0) and not any(
            runner.first(count).deviations().any() for runner in (self.base, ours, theirs)
        )
        return interval(mean, deviations, self.confidence, comparisons, exact)

    def _behind(self) -> set[Lever]:
        if not self.open:
            return set()
        leader = self.leader()
        return {lever for lever in self.open if lever is not leader and self.lead(leader, lever)[0] > 0}

    def tied(self) -> list[Lever]:
        """The levers that cannot be told from the best, the best first."""
        return sorted(self.open, key=lambda lever: -self._place(lever))

    def ranks(self) -> dict[Lever, int]:
        """Of each lever, one more than are known to be better: all pairs and looks together.

        Those that may still be the best share the first rank, so one that was thrown out is not there.
        """
        better = dict.fromkeys(self.running, 0)
        for worse in self._worse():
            better[worse] += 1
        return {lever: 1 if lever not in self.out else 1 + max(count, 1) for lever, count in better.items()}

    def _worse(self) -> Iterator[Lever]:
        """Of each pair of which one is known to be worse, that one."""
        pairs = list(combinations(self.running, 2))
        for first, second in pairs:
            low, high = self.lead(first, second, len(pairs))
            if low > 0:
                yield second
            elif high < 0:
                yield first


def side_by_side(work: Callable[[Lever], int], levers: Sequence[Lever], threads: int) -> Iterator[int]:
    """What comes of each lever, in their order; an interrupt leaves out those that have not begun."""
    if threads < 2 or len(levers) < 2:
        yield from map(work, levers)
        return
    with ThreadPoolExecutor(threads) as pool:
        try:
            yield from pool.map(work, levers)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


__all__ = ["Race", "Run", "Runner"]

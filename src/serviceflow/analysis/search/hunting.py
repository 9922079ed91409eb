"""How the best staff are found: marginal allocation, pruned by offered load and by monotony, and a proof.

More staff never keep less (this is what is taken for granted, and looked after): so one design that keeps
what it must speaks for all larger ones, and one that does not for all smaller ones. First every slot is
lowered as far as it may go while all others are at their most: no design that keeps what it must has fewer
there. From there on staff are added where they bring most for their price, then taken away again where they
are not needed, then exchanged; in the end the largest designs that are cheaper are tried, until none is left
that could be cheaper: then the answer is proven, as far as more staff never keep less.

References
----------
B. Fox (1966), "Discrete optimization via marginal analysis", *Management Science* 13, 210-216.
J. Atlason, M. A. Epelman and S. G. Henderson (2004), "Call center staffing with simulation and cutting plane
methods", *Annals of Operations Research* 127, 333-358, for bounds from runs of what is not enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from serviceflow.analysis.search.box import EPS, Box, TooMany, shifted
from serviceflow.analysis.search.slots import Design, SearchError
from serviceflow.analysis.search.trials import Trial, Trials
from serviceflow.analysis.selecting import Limit
from serviceflow.model.chain import Chain
from serviceflow.results.naming import FigureName
from serviceflow.theory.load import offered_load

AHEAD = 4
"""Steps beyond the best design that the frontier shows."""
CLOSE = 8
"""Designs that may be the best at the end."""


@dataclass
class Hunt:
    """A search for the cheapest design that keeps all limits, or for the best one within a price.

    Attributes
    ----------
    trials : Trials
    box : Box
    steady : bool
        Whether a load beyond what staff can do is a reason to leave a design out.
    best : tuple or None
        The best design so far.
    proven : bool
        Whether all others were ruled out.
    set_aside : list of Limit
        Limits that are not kept even with the most staff.
    """

    trials: Trials
    box: Box
    steady: bool
    best: Design | None = None
    proven: bool = False
    set_aside: list[Limit] = field(default_factory=list)
    path: list[Design] = field(default_factory=list)

    # Pruning

    def raise_by_load(self) -> None:
        """Leave out what is overloaded even if all other slots are at their most."""
        if self.steady:
            self._raise(lambda designs: [not self._overloaded(one) for one in designs])

    def raise_by_runs(self) -> None:
        """Leave out what does not keep the limits even if all other slots are at their most."""
        self._raise(self.trials.keeps)

    def _raise(self, good: Callable[[Sequence[Design]], list[bool]]) -> None:
        """Halve between the least and the most of every slot, all slots at once."""
        low, high = list(self.box.least), list(self.box.most)
        while places := [place for place in range(len(low)) if low[place] < high[place]]:
            middle = {place: (low[place] + high[place]) // 2 for place in places}
            designs = [self._with(place, middle[place]) for place in places]
            for place, kept in zip(places, good(designs), strict=True):
                if kept:
                    high[place] = middle[place]
                else:
                    low[place] = middle[place] + 1
        self.box = Box(tuple(low), self.box.most, self.box.prices, self.box.rest)

    def _with(self, place: int, count: int) -> Design:
        return (*self.box.most[:place], count, *self.box.most[place + 1 :])

    def _overloaded(self, design: Design) -> bool:
        loads = offered_load(self.trials.staffing.apply(design)).providers
        searched = {slot.provider for slot in self.trials.staffing.slots}
        return any(load.overloaded for load in loads if load.provider in searched)

    # The cheapest

    def cheapest(self) -> None:
        """Find the cheapest design that keeps all limits."""
        self._set_aside()
        if not self.trials.limits:
            return
        self.raise_by_load()
        self.raise_by_runs()
        self._better(self._climb())
        self.exchange()
        self.prove()

    def _set_aside(self) -> None:
        """Limits that even the most staff do not keep."""
        trial = self.trials.at_least([self.box.most], self.trials.full)[0]
        if trial.failed:
            raise SearchError(
                f"{self.trials.staffing.chain.name} does not run with the most staff: {trial.failed}"
            )
        for limit in [one for one in self.trials.limits if not trial.margin(one) >= 0]:
            self.trials.limits.remove(limit)
            self.set_aside.append(limit)
        trial.judge(self.trials.limits, last=True)

    def _climb(self) -> Design:
        """Add staff where they bring most for their price, until all limits are kept."""
        design = self.box.least
        while not self.trials.keeps([design])[0]:
            self.path.append(design)
            design = self._step(design, lambda trial: -trial.shortfall(self.trials.limits))
        self.path.append(design)
        return design

    def _step(self, design: Design, worth: Callable[[Trial], float], most: float = float("inf")) -> Design:
        """One more where it brings most for its price; where nothing brings anything, where most wait."""
        options = [(place, one) for place, one in self.box.more(design) if self.box.price(one) <= most]
        if not options:
            return design
        count = self.trials.glance
        base, *others = self.trials.at_least([design, *(one for _, one in options)], count)
        gains = {
            place: (worth(trial) - worth(base)) / max(self.box.prices[place], EPS)
            for (place, _), trial in zip(options, others, strict=True)
        }
        best = max(gains, key=lambda place: gains[place])
        if not gains[best] > 0:
            waiting = self._waiting(base)
            best = max(gains, key=lambda place: (waiting[place], -self.box.prices[place]))
        return shifted(design, {best: 1})

    def _waiting(self, trial: Trial) -> list[float]:
        """How many wait for the provider of each slot, for each that there is in the slot."""
        slots = self.trials.staffing.slots
        queue = {one.provider: trial.value(("provider", one.provider, "queue_length")) for one in slots}
        pairs = zip(slots, trial.design, strict=True)
        return [(queue[slot.provider] or 0.0) / (1 + count) for slot, count in pairs]

    def _better(self, design: Design) -> None:
        """Take staff away one by one while all limits are kept."""
        self.best = design
        while True:
            fewer = self.box.fewer(self.best)
            kept = [one for one, good in zip(fewer, self.trials.keeps(fewer), strict=True) if good]
            if not kept:
                return
            self.best = kept[0]

    def exchange(self) -> None:
        """Exchange staff for others that are cheaper together, as long as that helps."""
        while self.best is not None:
            price = self._price_to_beat()
            near = [one for one in self.box.exchanges(self.best) if self.box.price(one) < price]
            kept = self._first_kept(near)
            if kept is None:
                return
            self._better(kept)

    def _first_kept(self, designs: Sequence[Design]) -> Design | None:
        """The first design that keeps all limits, looked for a few at a time."""
        for start in range(0, len(designs), self.trials.threads):
            some = designs[start : start + self.trials.threads]
            for one, good in zip(some, self.trials.keeps(some), strict=True):
                if good:
                    return one
        return None

    def prove(self) -> None:
        """Try the largest designs that are cheaper, until none is left or one keeps all limits."""
        while self.best is not None:
            try:
                some = self._cheaper()
            except TooMany:
                return
            if not some:
                self.proven = True
                return
            kept = [one for one, good in zip(some, self.trials.keeps(some), strict=True) if good]
            if kept:
                self._better(min(kept, key=self.box.price))

    def _cheaper(self) -> list[Design]:
        """Some of the largest designs that are cheaper than the best and not ruled out."""
        excluded = self.trials.ruled_out()
        found: list[Design] = []
        for design in self.box.largest(self._price_to_beat(), excluded):
            found.append(design)
            excluded.append(design)  # for the while: the next one is to be another
            if len(found) >= self.trials.threads:
                break
        return found

    def _price_to_beat(self) -> float:
        assert self.best is not None
        price = self.box.price(self.best)
        return price - EPS * max(abs(price), 1.0)

    def go_on(self, worth: Callable[[Trial], float]) -> None:
        """A few steps beyond the best design, for the frontier."""
        design = self.best
        for _ in range(AHEAD):
            if design is None or design == self.box.most:
                return
            design = self._step(design, worth)
            self.path.append(design)

    # The most service

    def most_service(self, figure: FigureName, sign: float, most: float) -> None:
        """Find the design of the best figure that costs no more than `most`."""
        self.raise_by_load()
        top = most + EPS * max(abs(most), 1.0)

        def worth(trial: Trial) -> float:
            missed = trial.shortfall(self.trials.limits)
            return sign * trial.value(figure) if not missed else -1e12 * (1 + missed)

        self.best = self._climb_within(worth, top)
        self._exchange_within(worth, top)
        self._all_within(worth, top)

    def _climb_within(self, worth: Callable[[Trial], float], most: float) -> Design | None:
        design = self.box.least
        if self.box.price(design) > most:
            return None
        self.path.append(design)
        while (grown := self._step(design, worth, most)) != design:
            design = grown
            self.path.append(design)
        return design

    def _exchange_within(self, worth: Callable[[Trial], float], most: float) -> None:
        while self.best is not None:
            near = [self.box.filled(one, most) for one in self.box.exchanges(self.best)]
            near = [one for one in dict.fromkeys(near) if self.box.price(one) <= most and one != self.best]
            if not self._take_best([self.best, *near], worth):
                return

    def _all_within(self, worth: Callable[[Trial], float], most: float) -> None:
        """Try every design that cannot be enlarged within the price, if the budget allows."""
        if self.best is None:
            return
        left = (self.trials.budget - self.trials.spent) // self.trials.glance
        tried = [one for one in self.trials.found if self._is_full(one, most)]
        excluded, designs = [*tried], list[Design]()
        try:
            for design in islice(self.box.largest(most, excluded), max(left, 0) + 1):
                designs.append(design)
                excluded.append(design)
        except TooMany:
            return
        if len(designs) > left:
            return
        self._take_best([self.best, *tried, *designs], worth)
        self.proven = True

    def _is_full(self, design: Design, most: float) -> bool:
        return self.box.price(design) <= most and self.box.filled(design, most) == design

    def _take_best(self, designs: Sequence[Design], worth: Callable[[Trial], float]) -> bool:
        """Take the best of some designs, of which the close ones get all replications."""
        found = self.trials.at_least(designs, self.trials.glance)
        close = sorted(found, key=worth, reverse=True)[:CLOSE]
        close = self.trials.at_least([*(one.design for one in close), designs[0]], self.trials.full)
        winner = max(close, key=worth)
        changed = winner.design != self.best and worth(winner) > worth(self.trials.found[designs[0]])
        if changed:
            self.best = winner.design
        return changed


def prunes(chain: Chain, horizon: str | None) -> bool:
    """Whether a load beyond what staff can do means that promises are not kept in the long run."""
    terminating = (horizon or chain.run.horizon) == "terminating"
    leaves = any(service.limits_time for service in chain.services.values())
    limited = any(one.queue_limit is not None for one in chain.providers.values())
    ends = any(one.arrivals is not None and one.arrivals.ends for one in chain.consumers.values())
    return not (terminating or leaves or limited or ends)

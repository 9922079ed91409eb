"""How precise figures are to be, whether they are, and how many replications it takes.

References
----------
A. M. Law (2015), *Simulation Modeling and Analysis*, 5th ed., section 9.4.1, for the relative precision: the
half-width h of an interval about m is at most ``gamma * |true value|`` if ``h / |m| <= gamma / (1 + gamma)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from serviceflow.display import markup
from serviceflow.errors import ServiceflowError, UnitError
from serviceflow.results.measures import SHARE, TIME, meaning, unit_of
from serviceflow.results.naming import FigureName, figure_name, place_of, title_of
from serviceflow.results.statistics import t_quantile
from serviceflow.units import UNITS, parse_duration

if TYPE_CHECKING:
    import pandas as pd

    from serviceflow.results.results import Results

FIRST = 10
"""Replications before the first look: fewer say too little of how much they vary."""
AT_MOST = 1000
"""Replications, unless more are allowed."""
_NOUN = {"precision": "precision", "relevant": "difference"}
RELATIVE, ABSOLUTE = "relative", "absolute"


class PrecisionError(ServiceflowError, ValueError):
    """A precision that cannot be asked for."""


@dataclass(frozen=True)
class Goal:
    """How precise one figure is to be.

    Attributes
    ----------
    figure : tuple
        Scope, name and measure.
    kind : {"relative", "absolute"}
    target : float
        Largest half-width of its interval: as a share of the figure, or in its unit.
    """

    figure: FigureName
    kind: str
    target: float

    def allowed(self, value: float) -> float:
        """The half-width that is allowed about a value."""
        if self.kind == ABSOLUTE:
            return self.target
        return self.target / (1 + self.target) * abs(value)


def read_goals(given: Any, results: Results) -> tuple[Goal, ...]:
    """What precision is asked for.

    Parameters
    ----------
    given : mapping
        Figure to precision. A number is relative (0.02: to 2% of the figure); so is a text with ``%``, but
        for shares, where it means percentage points. A duration (``"30 s"``) is absolute, and
        ``{"absolute": 3}`` and ``{"relative": 0.02}`` say which.
    results : Results
        Which figures there are.

    Raises
    ------
    PrecisionError
        If this is no precision.
    FigureNameError
        If there is no such figure.
    """
    if not isinstance(given, Mapping) or not given:
        raise PrecisionError(
            f"precision={given!r}: give figures with their precision,"
            ' as in precision={"flow_time": 0.02, ("sla", "Guests: resolution"): "1%"}'
        )
    return tuple(_goal(figure_name(name, results, "precision"), one, results) for name, one in given.items())


def _goal(figure: FigureName, given: Any, results: Results, what: str = "precision") -> Goal:
    kind, value = _kind_and_value(figure, given, results, what)
    if not isfinite(value) or value <= 0 or (kind == RELATIVE and value >= 1):
        least = "above 0 and below 1 (100%)" if kind == RELATIVE else "above 0"
        raise PrecisionError(f"{what} of {title_of(figure)}: {given!r} is not {least}")
    return Goal(figure, kind, value)


@dataclass(frozen=True)
class Relevance:
    """The smallest differences that matter.

    Attributes
    ----------
    goals : mapping
        Of figures that are named.
    every : tuple or None
        Kind and value for all others, if they have one.
    """

    goals: Mapping[FigureName, Goal]
    every: Any = None

    def amount(self, figure: FigureName, basis: float) -> float | None:
        """The smallest difference of a figure that matters, in its unit; None if nobody has said."""
        goal = self.goals.get(figure)
        if goal is None and self.every is None:
            return None
        kind, value = (goal.kind, goal.target) if goal else _kind_and_value(figure, self.every, None)
        return value if kind == ABSOLUTE else value * abs(basis)


def read_relevance(given: Any, results: Results) -> Relevance:
    """What differences matter, as a user says it.

    Parameters
    ----------
    given : None, number, str or mapping
        A share of every figure (0.02 or ``"2%"``); or a mapping of figures, as for :func:`read_goals`.
    results : Results
        Which figures there are.

    Raises
    ------
    PrecisionError
        If it says nothing of the kind.
    """
    if given is None:
        return Relevance({})
    if isinstance(given, Mapping):
        names = {figure_name(name, results, "relevant"): one for name, one in given.items()}
        return Relevance({name: _goal(name, one, results, "relevant") for name, one in names.items()})
    share = isinstance(given, str) and given.strip().endswith("%")
    if share or (isinstance(given, int | float) and not isinstance(given, bool)):
        _goal(("chain", "", "flow_time"), given, results, "relevant")
        return Relevance({}, given)
    raise PrecisionError(
        f"relevant={given!r}: give a share of every figure (0.02 or '2%'), or figures with the smallest"
        ' difference that matters, as in relevant={"flow_time": "5 min"}'
    )


def _kind_and_value(
    figure: FigureName, given: Any, results: Results | None, what: str = "precision"
) -> tuple[str, float]:
    if isinstance(given, Mapping) and len(given) == 1:
        ((kind, value),) = given.items()
        if kind in (RELATIVE, ABSOLUTE):
            return kind, _number(figure, value, results, what)
    elif isinstance(given, str) and given.strip().endswith("%"):
        kind = ABSOLUTE if meaning(figure[2])[0] == SHARE else RELATIVE
        return kind, _number(figure, given, results, what)
    elif isinstance(given, str):
        return ABSOLUTE, _number(figure, given, results, what)
    elif isinstance(given, int | float) and not isinstance(given, bool):
        return RELATIVE, float(given)
    raise _unreadable(figure, given, what)


def _number(figure: FigureName, value: Any, results: Results | None, what: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = str(value).strip()
    try:
        if text.endswith("%"):
            return float(text[:-1]) / 100
        if meaning(figure[2])[0] == TIME and results is not None:
            return parse_duration(text, results.time_unit) / UNITS[results.time_unit]
        return float(text)
    except (ValueError, UnitError):
        raise _unreadable(figure, value, what) from None


def _unreadable(figure: FigureName, given: Any, what: str) -> PrecisionError:
    return PrecisionError(
        f"{what} of {title_of(figure)}: {given!r} is no {_NOUN[what]}: give a share of the figure"
        " (0.02 or '2%'), a duration ('30 s'), or {'absolute': 3}"
    )


def replications_for(half_width: float, count: int, allowed: float, confidence: float = 0.95) -> int:
    """How many replications make an interval as narrow as is allowed, as far as those that there are tell.

    Parameters
    ----------
    half_width : float
        Of the interval from `count` replications.
    count : int
        At least 2.
    allowed : float
        The half-width that is wanted.
    confidence : float
        Nominal coverage of the interval.

    Returns
    -------
    int
        The least number, at least 2, whose t interval is narrow enough if the replications vary as they do.
    """
    if half_width <= 0:
        return 2
    middle = 1 - (1 - confidence) / 2
    spread = half_width * np.sqrt(count) / float(t_quantile(middle, count - 1))
    size = max(ceil((NormalDist().inv_cdf(middle) * spread / allowed) ** 2), 2)
    while float(t_quantile(middle, size - 1)) * spread / np.sqrt(size) > allowed:
        size += 1
    return int(size)


@dataclass(frozen=True)
class Reached:
    """How far one goal has been reached.

    Attributes
    ----------
    goal : Goal
    scenario : str
        Of a comparison, whose difference it is; empty otherwise.
    unit : str
    value, half_width, allowed : float
        The figure, half its interval, and what is allowed; a half-width that is not estimable is NaN.
    count : int
        Replications so far.
    would_take : int or None
        Replications that it takes, about; None where that cannot be told.
    """

    goal: Goal
    scenario: str
    unit: str
    value: float
    half_width: float
    allowed: float
    count: int
    would_take: int | None

    @property
    def reached(self) -> bool:
        """Whether the interval is narrow enough."""
        return bool(self.half_width <= self.allowed)

    def sentence(self) -> str:
        """Whether it was reached, and what it would take."""
        title = title_of(self.goal.figure) + (f" in {self.scenario!r}" if self.scenario else "")
        relative = self.goal.kind == RELATIVE
        wanted = f"{100 * self.goal.target:.3g}%" if relative else self._amount(self.goal.target)
        if not isfinite(self.half_width):
            few = f"its interval cannot be estimated from {self.count} replications"
            return f"{title}: {few} ({wanted} wanted)."
        stands = f"{title}: {self._amount(self.value)} ± {self._amount(self.half_width)}"
        if self.reached:
            return f"{stands}, to {wanted} as wanted."
        if self.would_take is None:
            return f"{stands}: it is too close to 0 for {wanted} of it; ask for an absolute precision."
        return f"{stands}, not yet to {wanted}; that would take about {self.would_take} replications."

    def _amount(self, value: float) -> str:
        unit = "" if self.unit == "share" else f" {self.unit}"
        return f"{100 * value:.3g}%" if self.unit == "share" else f"{value:.4g}{unit}"


MANY = 10**7
"""Replications beyond which nobody runs any: the figure is too close to 0."""


def judge(
    goal: Goal,
    estimate: tuple[float, float, float],
    count: int,
    confidence: float,
    unit: str,
    scenario: str = "",
    basis: float | None = None,
) -> Reached:
    """How far a goal has been reached.

    Parameters
    ----------
    goal : Goal
        What is wanted.
    estimate : tuple of float
        Mean and interval.
    count : int
        Replications behind them.
    confidence : float
        Of the interval.
    unit : str
        Of the figure.
    scenario : str
        Of a difference.
    basis : float, optional
        What a relative precision is a share of; the mean by default.
    """
    mean, low, high = estimate
    half, allowed = (high - low) / 2, goal.allowed(mean if basis is None else basis)
    take = count if half <= allowed else None
    if half > allowed > 0 and count > 1 and (half / allowed) ** 2 * count < MANY:
        take = max(replications_for(half, count, allowed, confidence), count + 1)
    return Reached(goal, scenario, unit, mean, half, allowed, count, take)


@dataclass(frozen=True)
class Precision:
    """Which precision was reached, and what the rest would take.

    Attributes
    ----------
    goals : tuple of Reached
        One for each figure; of a comparison, for each figure and scenario.
    ended : str
        Why no more replications were added.
    """

    goals: tuple[Reached, ...]
    ended: str = ""

    @property
    def reached(self) -> bool:
        """Whether every figure is as precise as was wanted."""
        return all(one.reached for one in self.goals)

    @property
    def table(self) -> pd.DataFrame:
        """One row per figure, with target, half_width, allowed, reached, replications and would_take."""
        import pandas as pd

        rows = [
            {
                "scenario": one.scenario,
                "scope": one.goal.figure[0],
                "name": one.goal.figure[1],
                "measure": one.goal.figure[2],
                "unit": one.unit,
                "kind": one.goal.kind,
                "target": one.goal.target,
                "value": one.value,
                "half_width": one.half_width,
                "allowed": one.allowed,
                "reached": one.reached,
                "replications": one.count,
                "would_take": one.would_take,
            }
            for one in self.goals
        ]
        table = pd.DataFrame(rows)
        table["would_take"] = table["would_take"].astype("Int64")
        return table

    def sentence(self) -> str:
        """All of it in words.

        Returns
        -------
        str
            What was reached, and what it took.

        See Also
        --------
        ServiceChain.simulate : runs to a precision.
        """
        return "\n".join([*(one.sentence() for one in self.goals), *([self.ended] if self.ended else [])])

    def __str__(self) -> str:
        return self.sentence()

    def __repr__(self) -> str:
        count = sum(one.reached for one in self.goals)
        return f"Precision({count} of {len(self.goals)} reached)"

    def _repr_html_(self) -> str:
        return markup.shown(*map(markup.say, self.sentence().splitlines()))


def precision_of(results: Results, goals: Sequence[Goal], ended: str = "") -> Precision:
    """How precise the figures of results are."""
    keys = list(dict.fromkeys((goal.figure[0], goal.figure[2]) for goal in goals))
    known = results._estimates_of(keys)
    found = []
    for goal in goals:
        scope, _, measure = goal.figure
        one, place = known[scope, measure], place_of(goal.figure, results)
        estimate = (float(one.mean[place]), float(one.low[place]), float(one.high[place]))
        unit = unit_of(measure, scope, results.time_unit)
        found.append(judge(goal, estimate, results.count, results.confidence, unit))
    return Precision(tuple(found), ended)


def next_count(found: Precision, count: int, most: int) -> int:
    """How many replications there are to be at the next look: what it would take, at most twice as many."""
    open_ = [one.would_take for one in found.goals if not one.reached]
    wanted = max((2 * count if take is None else take for take in open_), default=count)
    return min(max(wanted, count + 1), 2 * count, most)


@dataclass
class Budget:
    """What may be spent on precision.

    Attributes
    ----------
    most : int
        Replications in all.
    seconds : float
        Time, from now on.
    clock : callable
        Gives seconds.
    """

    most: int
    seconds: float
    clock: Callable[[], float]
    begin: float

    def spent(self, count: int) -> str:
        """Why no more may be run after so many replications; empty if some may."""
        if count >= self.most:
            return f"No more were run: at_most={self.most} replications are spent."
        if self.clock() - self.begin >= self.seconds:
            return f"No more were run: the time is spent after {count} replications."
        return ""


def budget_of(at_most: Any, clock: Callable[[], float]) -> Budget:
    """A budget, as a user gives it: a number of replications, or a duration of the work.

    Raises
    ------
    PrecisionError
        If it is neither.
    """
    if at_most is None:
        return Budget(AT_MOST, float("inf"), clock, clock())
    if isinstance(at_most, int) and not isinstance(at_most, bool) and at_most >= 2:
        return Budget(at_most, float("inf"), clock, clock())
    if isinstance(at_most, str):
        try:
            return Budget(10**9, parse_duration(at_most, "s") / UNITS["s"], clock, clock())
        except UnitError:
            pass
    raise PrecisionError(
        f"at_most={at_most!r}: give a number of replications of at least 2, or a time, such as '10 min'"
    )


class Growing(Protocol):
    """Results, or several beside one another, to which replications can be added."""

    @property
    def count(self) -> int:
        """How many replications there are."""

    @property
    def interrupted(self) -> bool:
        """Whether the user has stopped the work."""


G = TypeVar("G", bound=Growing)


def add_until(
    found: G,
    judged: Callable[[G], Precision],
    more: Callable[[G, int], G],
    budget: Budget,
    tick: Callable[[int], object] = int,
) -> tuple[G, str]:
    """Add replications until every figure is precise enough, or the budget is spent.

    Parameters
    ----------
    found : Growing
        What there is.
    judged : callable
        Tells how precise it is.
    more : callable
        Adds so many replications.
    budget : Budget
        What may be spent.
    tick : callable
        Told how many replications have been added, each time.

    Returns
    -------
    Growing, str
        What there is then, and why no more were added.
    """
    while not (precision := judged(found)).reached:
        if found.interrupted:
            return found, f"No more were run: it was interrupted after {found.count} replications."
        if ended := budget.spent(found.count):
            return found, ended
        count = next_count(precision, found.count, budget.most)
        before = found.count
        found = more(found, count - before)
        tick(found.count - before)
    return found, ""

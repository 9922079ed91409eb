"""The frontier of cost against service: which designs are on it, and their figures with intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from serviceflow.analysis.search.slots import Design, Staffing
from serviceflow.analysis.search.trials import Trial, Trials
from serviceflow.analysis.selecting import Limit
from serviceflow.results.measures import meaning
from serviceflow.results.naming import HIGHER, FigureName, place_of, title_of

if TYPE_CHECKING:
    from serviceflow.results.results import Results

MOST_POINTS = 10
"""Points of a frontier, besides the best and today's."""
Ends = tuple[float, float, float]
"""A figure and the ends of its interval."""


@dataclass(frozen=True)
class Point:
    """A design with its figures.

    Attributes
    ----------
    staff : mapping
        How many there are, by slot.
    changes : mapping
        The changes that make it of the chain, as a scenario has them.
    price : float
        What the staff cost.
    figures : mapping
        Value and interval of each figure that was asked for, by its title.
    service : tuple of float
        How good it is, with the ends of the interval: the figure that counts, or by how much the promise that
        is kept least is kept.
    status : str
        "best", "today", or empty.
    keeps : bool
        Whether it keeps what it must, by means.
    """

    staff: Mapping[str, int]
    changes: Mapping[str, Any]
    price: float
    figures: Mapping[str, Ends]
    service: Ends
    status: str
    keeps: bool
    design: Design


@dataclass(frozen=True)
class Service:
    """What is meant by service: a figure, or by how much limits are kept.

    Attributes
    ----------
    figure : tuple or None
        A figure of its own.
    limits : sequence of Limit
        What must be kept.
    """

    figure: FigureName | None
    limits: Sequence[Limit]

    @property
    def single(self) -> FigureName | None:
        """The one figure that it is about, if it is one."""
        if self.figure is not None:
            return self.figure
        return self.limits[0].figure if len(self.limits) == 1 else None

    @property
    def title(self) -> str:
        """In words."""
        return title_of(self.single) if self.single else "margin of what is kept least"

    @property
    def sign(self) -> float:
        """1 where more is better."""
        return 1.0 if self.single is None or self.single[2] in HIGHER else -1.0

    @property
    def unit_is_share(self) -> bool:
        """Whether it is told in percent."""
        return self.single is None or meaning(self.single[2])[0] == "share"

    def worth(self, trial: Trial) -> float:
        """How good a trial is: more is better."""
        if self.single is not None:
            return self.sign * trial.value(self.single)
        return min(trial.margin(limit) / scale(limit) for limit in self.limits)

    def of(self, figures: Mapping[FigureName, Ends]) -> Ends:
        """How good a point is, with its interval."""
        if self.single is not None:
            return figures[self.single]
        return min((_margin(figures[limit.figure], limit) for limit in self.limits), key=lambda ends: ends[0])


def scale(limit: Limit) -> float:
    """What a limit's margin is divided by, so that margins of several can be compared."""
    return 1.0 if meaning(limit.figure[2])[0] == "share" else max(abs(limit.bound), 1e-12)


def _margin(ends: Ends, limit: Limit) -> Ends:
    found = [limit.sign * (end - limit.bound) / scale(limit) for end in ends]
    return found[0], min(found[1:]), max(found[1:])


def nondominated(trials: Sequence[Trial], worth: Callable[[Trial], float]) -> list[Trial]:
    """Trials than which none is as cheap and better, or as good and cheaper, the cheapest first."""
    found: list[Trial] = []
    for trial in sorted(trials, key=lambda one: (one.price, -worth(one))):
        if not found or worth(trial) > worth(found[-1]):
            found.append(trial)
    return found


def chosen(trials: Trials, service: Service, best: Design | None) -> list[Design]:
    """The designs of the frontier: the best and today's, and some of those that none dominates."""
    tried = [
        one
        for one in trials.found.values()
        if one.count >= trials.glance and not np.isnan(service.worth(one))
    ]
    front = [one.design for one in nondominated(tried, service.worth)]
    if len(front) > MOST_POINTS:
        places = np.unique(np.linspace(0, len(front) - 1, MOST_POINTS).round().astype(int))
        front = [front[place] for place in places]
    return list(dict.fromkeys([*([best] if best else []), trials.staffing.today, *front]))


def point_of(
    design: Design,
    results: Results,
    staffing: Staffing,
    service: Service,
    extra: Sequence[FigureName],
    status: str,
) -> Point:
    """A design with its figures, from runs of its own."""
    wanted = [*(limit.figure for limit in service.limits), *extra]
    wanted += [service.figure] if service.figure else []
    figures = {figure: ends_of(results, figure) for figure in dict.fromkeys(wanted)}
    kept = [_margin(figures[limit.figure], limit)[0] >= -1e-12 for limit in service.limits]
    return Point(
        {slot.name: count for slot, count in zip(staffing.slots, design, strict=True)},
        staffing.changes(design),
        staffing.price(design),
        {title_of(figure): ends for figure, ends in figures.items()},
        service.of(figures),
        status,
        all(kept),
        design,
    )


def ends_of(results: Results, figure: FigureName) -> Ends:
    """A figure with the ends of its interval."""
    key = (figure[0], figure[2])
    found, place = results._estimates_of([key])[key], place_of(figure, results)
    return float(found.mean[place]), float(found.low[place]), float(found.high[place])

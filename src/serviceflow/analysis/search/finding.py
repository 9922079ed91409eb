"""The best staff of a chain: what is asked, what was found, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

import pandas as pd

from serviceflow.analysis.running import finished
from serviceflow.analysis.search.box import Box
from serviceflow.analysis.search.hunting import Hunt, prunes
from serviceflow.analysis.search.points import Point, Service, chosen, point_of
from serviceflow.analysis.search.slots import SearchError, Staffing
from serviceflow.analysis.search.trials import BudgetSpent, Trials
from serviceflow.analysis.selecting import Best, Limit, read_limits, select_best
from serviceflow.analysis.warming import settled, told
from serviceflow.display import markup
from serviceflow.errors import listed
from serviceflow.experiment.progress import progress_bar
from serviceflow.experiment.replicate import draw_seed, replicate
from serviceflow.formats.inserting import insert_scenario, scenario_text
from serviceflow.model.chain import Chain
from serviceflow.results.measures import unit_of
from serviceflow.results.naming import HIGHER, FigureName, figure_name
from serviceflow.results.results import Results
from serviceflow.results.run_store import RunStore

if TYPE_CHECKING:
    from collections.abc import Callable

STAFF = "staff"
"""How the price of all staff is called, as an objective and as a limit."""
BUDGET = 2000
"""Replications in all, unless more are allowed."""
FULL = 20
"""Replications of a design at most, and of each point of the frontier."""
LENGTH = ("duration", "warm_up", "horizon")
SETTINGS = (*LENGTH, "engine", "workers", "store")
"""What may be set of the runs."""
NAME = "Staff by search"
SHOWN = ("status", "staff", "service", "service_low", "service_high", "keeps")
"""What a text shows of a point, beside its slots."""


@dataclass
class _Task:
    """What is asked, and how it is run."""

    chain: Chain
    staffing: Staffing
    objective: Any
    limits: Any
    most: float | None
    full: int
    budget: int
    seed: int
    settings: dict[str, Any]

    def run(self, chain: Chain, first: int, count: int) -> Results:
        return finished(chain, replications=count, first=first, seed=self.seed, **self.settings)


def search(
    chain: Chain,
    levers: Any = None,
    objective: Any = STAFF,
    constraints: Any = "promises",
    budget: int = BUDGET,
    *,
    blocks: bool = False,
    replications: int = FULL,
    relevant: Any = None,
    confidence: float = 0.95,
    seed: int | None = None,
    progress: bool | None = None,
    **settings: Any,
) -> Search:
    """The best staff of a chain; see :func:`serviceflow.search`."""
    _check(settings, budget, replications)
    settings["store"] = RunStore.at(settings.get("store"))
    common = _seed(chain, seed, settings)
    warm_up = settled([chain], {**settings, "seed": common})
    settings |= warm_up
    length: dict[str, Any] = {name: settings[name] for name in LENGTH if name in settings}
    limits, most = _split(objective, constraints)
    staffing = Staffing(chain, levers, blocks, length)
    task = _Task(chain, staffing, objective, limits, most, replications, budget, common, settings)
    with progress_bar(budget, "search: replications", progress) as bar:
        found = _found(task, bar.update)
    if relevant is not None:
        found = _selected(found, task, relevant, confidence)
    return replace(found, warm_up=told(warm_up))


def _seed(chain: Chain, given: int | None, settings: Mapping[str, Any]) -> int:
    """The seed of all designs: with a store, the one with which a search without a seed was begun there."""
    given = chain.run.seed if given is None and chain.run else given
    if given is None and settings["store"] is not None:
        plain = {name: value for name, value in settings.items() if name != "warm_up" or value != "auto"}
        return replicate(chain, replications=1, progress=False, **plain).seed
    return draw_seed(given)


def _check(settings: Mapping[str, Any], budget: Any, replications: Any) -> None:
    for name in settings:
        if name not in SETTINGS:
            raise SearchError(f"a search has no setting {name!r}; there are: {', '.join(SETTINGS)}")
    for name, value, least in (("budget", budget, 1), ("replications", replications, 2)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise SearchError(f"{name}={value!r}: give a whole number of replications, at least {least}")


def _split(objective: Any, constraints: Any) -> tuple[Any, float | None]:
    """The limits of figures, and how much staff may cost."""
    most = None
    if isinstance(constraints, Mapping) and STAFF in constraints:
        most = constraints[STAFF]
        constraints = {name: bound for name, bound in constraints.items() if name != STAFF}
        if isinstance(most, bool) or not isinstance(most, int | float):
            raise SearchError(f"constraint on 'staff': {most!r} is no number; give what staff may cost")
    if objective == STAFF and most is not None:
        raise SearchError(
            "the objective 'staff' needs no limit on 'staff': name the promises that are to be kept"
        )
    if objective != STAFF and most is None:
        raise SearchError(
            f"objective={objective!r}: say what staff may cost, as in constraints={{'staff': 30000}}; or"
            " leave the objective out, for the cheapest staff that keep the promises"
        )
    return constraints, most


def _found(task: _Task, tick: Callable[[int], object]) -> Search:
    look = task.run(task.chain, 0, 1)
    limits = list(read_limits(task.limits, look)) if task.limits else []
    figure = None if task.most is None else figure_name(task.objective, look, "objective")
    if figure is None and not limits:
        raise SearchError(
            f"{task.chain.name} has no promises to keep: name figures with bounds, such as"
            " constraints={'flow_time': 30}"
        )
    staffing = task.staffing
    queues = [
        ("provider", name, "queue_length") for name in dict.fromkeys(s.provider for s in staffing.slots)
    ]
    wanted = [*queues, *([figure] if figure else [])]
    trials = Trials(staffing, task.run, limits, wanted, task.full, task.budget, tick)
    trials.begin(look)
    box = Box(staffing.least, staffing.most, staffing.prices, staffing.price((0,) * len(staffing.slots)))
    hunt = Hunt(trials, box, prunes(task.chain, task.settings.get("horizon")))
    ended = _hunted(hunt, figure, task)
    return _told(hunt, figure, limits or hunt.set_aside, task, ended, look)


def _hunted(hunt: Hunt, figure: FigureName | None, task: _Task) -> str:
    """Search; and why it ended before its end, if it did."""
    try:
        today = hunt.trials.staffing.today
        hunt.trials.at_least([today], hunt.trials.full)
        if figure is None:
            hunt.trials.found[today].judge(hunt.trials.limits, last=True)
            hunt.cheapest()
            service = Service(None, hunt.trials.limits or hunt.set_aside)
            hunt.go_on(service.worth)
        else:
            assert task.most is not None
            hunt.most_service(figure, 1.0 if figure[2] in HIGHER else -1.0, task.most)
    except BudgetSpent:
        return "budget"
    except KeyboardInterrupt:
        if not any(trial.count for trial in hunt.trials.found.values()):
            raise
        return "interrupt"
    return ""


def _told(
    hunt: Hunt, figure: FigureName | None, limits: Sequence[Limit], task: _Task, ended: str, look: Results
) -> Search:
    """The frontier, each point with runs of its own."""
    trials, staffing = hunt.trials, hunt.trials.staffing
    service = Service(figure, limits)
    best = hunt.best
    points: list[Point] = []
    costs = [("chain", "", "cost")] if ("chain", "cost") in look._names else []
    extra = [*costs, *(limit.figure for limit in hunt.set_aside)]
    for design in chosen(trials, service, best):
        status = "best" if design == best else "today" if design == staffing.today else ""
        try:
            results = task.run(staffing.apply(design), 0, task.full)
            trials.tick(task.full)
        except KeyboardInterrupt:
            ended = "interrupt"
            break
        points.append(point_of(design, results, staffing, service, extra, status))
    points.sort(key=lambda point: (point.price, point.design))
    if best is None:
        points = _best_so_far(points, service, task)
    return Search(
        chain=task.chain,
        staffing=staffing,
        points=tuple(points),
        service=service,
        limits=tuple(limits),
        set_aside=tuple(hunt.set_aside),
        most=task.most,
        proven=hunt.proven,
        ended=ended,
        replications=trials.spent + task.full * len(points),
        designs=len(trials.found),
        contradictions=trials.contradictions() if figure is None else 0,
        time_unit=look.time_unit,
        length=str(look.runs.settings.duration or task.chain.run.duration),
    )


def _best_so_far(points: list[Point], service: Service, task: _Task) -> list[Point]:
    """The best of those that were looked at is marked, where a search ended before it had one."""
    allowed = [point for point in points if point.keeps and (task.most is None or point.price <= task.most)]
    if not allowed:
        return points
    best = allowed[0] if task.most is None else max(allowed, key=lambda one: service.sign * one.service[0])
    return [replace(point, status="best") if point is best else point for point in points]


def _selected(found: Search, task: _Task, relevant: Any, confidence: float) -> Search:
    """The best of the designs that are left, by a procedure with a guarantee."""
    if found.most is None:
        raise SearchError(
            "relevant= says which difference of the objective matters; what staff cost is known without"
            " error: leave it out"
        )
    close = [point for point in found.points if found._allowed(point)]
    if len(close) < 2:
        return found
    names = {found._named(point): found.staffing.apply(point.design) for point in close}
    limits = {limit.figure: limit.bound for limit in found.limits}
    choice = select_best(
        names,
        task.objective,
        relevant,
        confidence,
        constraints=limits,
        seed=task.seed,
        progress=False,
        **task.settings,
    )
    points = tuple(
        replace(
            point, status="best" if found._named(point) == choice.name else point.status.replace("best", "")
        )
        for point in found.points
    )
    return replace(found, points=points, choice=choice)


@dataclass(frozen=True, repr=False)
class Search:
    """The best staff of a chain, and the frontier of cost against service.

    Attributes
    ----------
    chain
        As it stands.
    points
        The designs of the frontier, the cheapest first, and today's: each with ``staff`` by slot, ``price``,
        ``figures`` and ``changes``.
    proven
        Whether every other design within the ranges was ruled out, given that more staff never keep less.
    ended
        Why the search ended before its end: "budget", "interrupt" or nothing.
    replications
        All that were run.
    designs
        How many designs were run.
    set_aside
        Limits that even the most staff do not keep.
    contradictions
        Pairs of designs of which the larger one was seen to keep less.
    choice
        The selection among the last designs, where ``relevant`` was given.
    warm_up
        What is said of the warm-up, where it was to be found.
    """

    chain: Chain
    staffing: Staffing
    points: tuple[Point, ...]
    service: Service
    limits: tuple[Limit, ...]
    set_aside: tuple[Limit, ...]
    most: float | None
    proven: bool
    ended: str
    replications: int
    designs: int
    contradictions: int
    time_unit: str
    length: str
    choice: Best | None = None
    warm_up: str = ""

    @property
    def best(self) -> Point | None:
        """The best design; None where none was found."""
        return next((point for point in self.points if point.status == "best"), None)

    @cached_property
    def frontier(self) -> pd.DataFrame:
        """One row per point, the cheapest first.

        Columns are status, ``staff`` (what they cost), ``service`` with ``service_low`` and ``service_high``,
        ``keeps`` (whether it keeps what it must, by means), a column for each figure and for each slot.
        """
        return pd.DataFrame([self._row(point) for point in self.points])

    def _row(self, point: Point) -> dict[str, Any]:
        head = {"status": point.status, "staff": point.price}
        ends = dict(zip(("service", "service_low", "service_high"), point.service, strict=True))
        figures = {title: values[0] for title, values in point.figures.items()}
        return {**head, **ends, "keeps": point.keeps, **figures, **point.staff}

    def _allowed(self, point: Point) -> bool:
        return point.keeps and (self.most is None or point.price <= self.most * (1 + 1e-9))

    def _named(self, point: Point) -> str:
        return ", ".join(f"{slot} {count}" for slot, count in point.staff.items())

    # Scenarios

    def scenario(self, point: Point | int | None = None) -> dict[str, Any]:
        """A point as a scenario: its description and changes.

        Parameters
        ----------
        point : Point or int, optional
            One of :attr:`points`, or its place among them; the best by default.

        Returns
        -------
        dict
            With ``description`` and ``changes``.

        Raises
        ------
        SearchError
            If there is no such point, or it is the chain as it stands.

        See Also
        --------
        write_scenario : puts it into a model file.
        """
        chosen_ = self._point(point)
        if not chosen_.changes:
            raise SearchError("this is the staff of today: there is nothing to change")
        return {"description": self._described(chosen_), "changes": dict(chosen_.changes)}

    def scenario_text(self, name: str = NAME, point: Point | int | None = None) -> str:
        """A point as it stands in a model file.

        Parameters
        ----------
        name : str
            What the scenario is called.
        point : Point or int, optional
            As for :meth:`scenario`.

        Returns
        -------
        str
            Lines of YAML.

        See Also
        --------
        write_scenario : puts it into a model file.
        """
        return scenario_text(name, self.scenario(point))

    def write_scenario(
        self, path: str | PathLike[str], name: str = NAME, point: Point | int | None = None
    ) -> str:
        """Put a point into a model file as a scenario; the rest of the file stays as it is.

        Parameters
        ----------
        path : path
            The model file.
        name : str
            What the scenario is called there.
        point : Point or int, optional
            As for :meth:`scenario`.

        Returns
        -------
        str
            What was put in.

        See Also
        --------
        scenario_text : the same as text.
        """
        return insert_scenario(path, name, self.scenario(point))

    def _point(self, given: Point | int | None) -> Point:
        if isinstance(given, Point):
            return given
        if given is None:
            if self.best is None:
                raise SearchError("no design was found that is allowed: name one of the points")
            return self.best
        if not 0 <= given < len(self.points):
            raise SearchError(f"there is no point {given}; there are {len(self.points)}, counted from 0")
        return self.points[given]

    def _described(self, point: Point) -> str:
        amount = f"{point.price:,.0f} {self.staffing.unit}"
        return f"Found by a search: {amount} of staff, {self._service(point)}."

    # In words

    def sentence(self) -> str:
        """The answer in a sentence or two.

        Returns
        -------
        str
            What was found, and how sure it is.

        See Also
        --------
        search : makes it.
        """
        return " ".join(self._sentences())

    def _sentences(self) -> Iterator[str]:
        if self.set_aside:
            missed = listed(f"{limit}" for limit in self.set_aside)
            rest = "; what follows keeps the others" if self.best else ""
            yield f"Even with the most staff, this is not kept: {missed}{rest}."
        yield from self._answer()
        if self.proven and self.best:
            yield "Within the ranges there is none better, given that more staff never do worse."
        if self.contradictions:
            yield (
                f"But {self.contradictions} pairs of designs show that more staff kept less here: look at"
                " the designs near it, too."
            )
        so_far = "this is the best so far" if self.best else "none was found so far"
        if self.ended == "budget":
            yield f"The budget was spent before all others were ruled out: {so_far}."
        if self.ended == "interrupt":
            yield f"It was interrupted: {so_far}."

    def _answer(self) -> Iterator[str]:
        best = self.best
        if best is None:
            if not self.set_aside or self.limits != self.set_aside:
                yield "No design was found that is allowed."
            return
        goal = f"keep {listed(map(str, self.limits))}" if self.most is None else self._goal()
        found = "found so far that" if self.ended else "that"
        kind = f"cheapest staff {found}" if self.most is None else f"staff {found}"
        yield (
            f"The {kind} {goal} cost {self._money(best.price)}{self._beside(best)}: {self._named(best)}."
            f" With them, {self._service(best)}{self._open(best)}."
        )
        if self.choice is not None:
            yield self.choice.guarantee

    def _open(self, point: Point) -> str:
        """What is said where the interval does not tell whether everything is kept."""
        if self.most is not None or self._surely(point):
            return ""
        return ": kept by the mean, though the interval leaves it open"

    def _surely(self, point: Point) -> bool:
        if self.service.single is None:
            return point.service[1] >= 0
        limit, (_, low, high) = self.limits[0], point.service
        return low >= limit.bound if limit.sign > 0 else high <= limit.bound

    def _goal(self) -> str:
        word = "largest" if self.service.sign > 0 else "smallest"
        return f"have the {word} {self.service.title} for at most {self.most:,.0f}"

    def _money(self, price: float) -> str:
        return f"{price:,.0f} {self.staffing.unit} in {self.length}"

    def _beside(self, point: Point) -> str:
        today = self.staffing.price(self.staffing.today)
        change = 100 * (point.price / today - 1) if today else 0.0
        if abs(change) < 0.05:
            return ", as today"
        return f", {abs(change):.1f}% {'more' if change > 0 else 'less'} than today"

    def _service(self, point: Point) -> str:
        value, low, high = point.service
        unit = " percentage points" if self.service.single is None else "%"
        factor, unit = (100.0, unit) if self.service.unit_is_share else (1.0, self._unit())
        told = f"{factor * value:.3g}{unit} ({factor * low:.3g} to {factor * high:.3g})"
        return f"the {self.service.title} is {told}"

    def _unit(self) -> str:
        single = self.service.single
        return f" {unit_of(single[2], single[0], self.time_unit)}" if single else ""

    def __str__(self) -> str:
        shown = [*SHOWN, *(slot.name for slot in self.staffing.slots)]
        table = self.frontier[shown].to_string(index=False, float_format=lambda one: f"{one:,.4g}", na_rep="")
        return "\n".join([self.sentence(), table, *([self.warm_up] if self.warm_up else [])])

    def __repr__(self) -> str:
        state = "proven" if self.proven else self.ended or "not proven"
        return (
            f"Search({self.chain.name!r}: {self.designs} designs, {self.replications} replications, {state})"
        )

    def _repr_html_(self) -> str:
        return markup.shown(
            markup.say(self.sentence()),
            markup.frame(self.frontier),
            markup.bullets([self.warm_up] if self.warm_up else []),
        )


__all__ = ["Point", "Search", "SearchError", "search"]

"""How sure a figure is where inputs were fitted from data: from the data, and from the simulation.

The data are drawn again, a chain is learned from each, and all run with the same random numbers. How far
their figures lie apart comes from the inputs and from chance in the runs. The latter is what is left of the
differences between chains and replications once both are taken out (two factors without repetition), so it
can be subtracted. The interval of the inputs is that of percentiles, drawn together by what chance adds; that
of the simulation is the usual one; the one of both joins their ends as independent errors are joined.

References
----------
R. R. Barton, B. L. Nelson and W. Xie (2014), "Quantifying input uncertainty via simulation confidence
intervals", *INFORMS Journal on Computing* 26(1), 74-87.
R. C. H. Cheng and W. Holland (1997), "Sensitivity of computer simulation experiments to errors in input
data", *Journal of Statistical Computation and Simulation* 57, 219-241.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from serviceflow.analysis.running import finished
from serviceflow.analysis.warming import settled, told
from serviceflow.display import markup
from serviceflow.errors import ServiceflowError, one_line
from serviceflow.experiment.progress import progress_bar
from serviceflow.experiment.replicate import draw_seed
from serviceflow.results.measures import meaning, unit_of
from serviceflow.results.naming import FigureName, figure_name, place_of, title_of
from serviceflow.results.results import Results
from serviceflow.results.retention import retention
from serviceflow.results.run_store import RunStore
from serviceflow.theory.checks.check import check

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

Floats = NDArray[np.float64]
RESAMPLES = 50
FEWEST = 10
"""Resamples from which anything is told."""
LOST = 0.2
"""Share of resamples that may fail."""
COLUMNS = (
    *("figure", "unit", "value", "low", "high", "simulation_low", "simulation_high"),
    *("inputs_low", "inputs_high", "inputs_share"),
)


class InputUncertaintyError(ServiceflowError, ValueError):
    """An uncertainty of inputs that cannot be told as asked."""


@dataclass(frozen=True)
class Observed:
    """A figure of one chain.

    Attributes
    ----------
    value, low, high : float
        With the ends of its interval.
    series : array
        Its value in each replication.
    """

    value: float
    low: float
    high: float
    series: Floats


@dataclass(frozen=True)
class Parted:
    """An interval, the part of it that comes from the simulation, and that from the inputs.

    Attributes
    ----------
    both, simulation, inputs : tuple of float
        The ends of the intervals.
    share : float
        Of the variance, what comes from the inputs.
    """

    both: tuple[float, float]
    simulation: tuple[float, float]
    inputs: tuple[float, float]
    share: float


def parted(base: Observed, drawn: Sequence[Observed], confidence: float, widening: float = 1.0) -> Parted:
    """Take an interval apart.

    Parameters
    ----------
    base : Observed
        Of the chain learned from the data as they are.
    drawn : sequence of Observed
        Of the chains learned from data drawn again, with the same random numbers.
    confidence : float
        How often the interval is to hold.
    widening : float
        By how much the deviations of data drawn again are too small.
    """
    means = np.array([one.value for one in drawn])
    total, chance = float(means.var(ddof=1)), _chance(np.array([one.series for one in drawn]))
    left = max(total - chance, 0.0)
    factor = widening * math.sqrt(left / total) if total > 0 else 0.0
    spread = means.mean() + factor * (means - means.mean())
    tail = (1 - confidence) / 2
    ends = np.quantile(spread, [tail, 1 - tail], method="weibull").tolist()
    inputs = (min(ends[0], base.value), max(ends[1], base.value)) if left > 0 else (base.value, base.value)
    both = (
        base.value - math.hypot(base.value - inputs[0], base.value - base.low),
        base.value + math.hypot(inputs[1] - base.value, base.high - base.value),
    )
    ours = widening**2 * left
    runs = float(np.var(base.series, ddof=1)) / len(base.series)
    share = ours / (ours + runs) if ours + runs > 0 else 0.0
    return Parted(both, (base.low, base.high), inputs, share)


def _chance(series: Floats) -> float:
    """The variance that chance in the runs gives the mean of a row, what all rows share left out."""
    chains, count = series.shape
    rows, columns = series.mean(axis=1, keepdims=True), series.mean(axis=0, keepdims=True)
    rest = series - rows - columns + series.mean()
    return float(np.sum(rest * rest) / ((chains - 1) * (count - 1)) / count)


def input_uncertainty(
    base: Chain,
    draw: Callable[[np.random.Generator], Chain],
    objective: Any = "flow_time",
    *,
    resamples: int = RESAMPLES,
    widening: float = 1.0,
    seed: int | None = None,
    progress: bool | None = None,
    **settings: Any,
) -> InputUncertainty:
    """How sure figures are; see :func:`serviceflow.input_uncertainty`."""
    if isinstance(resamples, bool) or not isinstance(resamples, int) or resamples < FEWEST:
        raise InputUncertaintyError(f"resamples={resamples!r}: give a whole number of at least {FEWEST}")
    common = draw_seed(base.run.seed if seed is None and base.run else seed)
    found = settled([base], {**settings, "seed": common})
    settings = {**_as_the_base(base), **settings, **found}
    keeping, store = retention(settings.pop("keep", "full")), RunStore.at(settings.pop("store", None))
    with progress_bar(resamples + 1, "chains", progress) as bar:

        def run(chain: Chain) -> Results:
            results = finished(chain, seed=common, keeping=keeping, store=store, **settings)
            bar.update()
            return results

        first = run(base)
        if first.count < 2:
            raise InputUncertaintyError("replications=1: at least two tell chance from inputs")
        figures = [figure_name(one, first, "objective") for one in _several(objective)]
        task = _Task(figures, run, draw, common)
        for number in range(resamples):
            task.try_(number)
    return replace(task.told(first, widening, resamples), warm_up=told(found))


def _as_the_base(base: Chain) -> dict[str, Any]:
    """Every chain runs as long as that of the data as they are, and as often."""
    run = base.run
    if run is None:
        return {}
    given = {"duration": run.duration, "warm_up": run.warm_up, "replications": run.replications}
    return {name: value for name, value in given.items() if value is not None}


def _several(objective: Any) -> list[Any]:
    return list(objective) if isinstance(objective, list) else [objective]


@dataclass
class _Task:
    """Chains that are learned from data drawn again, and their figures."""

    figures: Sequence[FigureName]
    run: Callable[[Chain], Results]
    draw: Callable[[np.random.Generator], Chain]
    seed: int

    def __post_init__(self) -> None:
        self.observed: list[list[Observed | None]] = []
        self.overloaded: list[bool] = []
        self.failed: list[str] = []

    def try_(self, number: int) -> None:
        """Learn a chain from data drawn again, and run it."""
        try:
            chain = self.draw(np.random.default_rng([self.seed, number]))
            results = self.run(chain)
        except ServiceflowError as error:
            self.failed.append(one_line(str(error)))
            return
        loads = check(chain).loads
        self.overloaded.append(loads is not None and any(one.overloaded for one in loads.providers))
        self.observed.append([observed(results, figure) for figure in self.figures])

    def told(self, first: Results, widening: float, resamples: int) -> InputUncertainty:
        if len(self.failed) > LOST * resamples:
            raise InputUncertaintyError(
                f"{len(self.failed)} of {resamples} drawings gave no chain; of the first: {self.failed[0]}"
            )
        rows = [self._row(place, figure, first, widening) for place, figure in enumerate(self.figures)]
        draws = pd.DataFrame(
            [[math.nan if one is None else one.value for one in row] for row in self.observed],
            columns=[title_of(figure) for figure in self.figures],
        ).assign(overloaded=self.overloaded)
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        return InputUncertainty(table, draws, first.confidence, first.count, tuple(self.failed))

    def _row(self, place: int, figure: FigureName, first: Results, widening: float) -> list[Any]:
        title, base = title_of(figure), observed(first, figure)
        drawn = [row[place] for row in self.observed]
        kept = [one for one in drawn if one is not None]
        if base is None:
            raise InputUncertaintyError(f"{title} cannot be told in every replication: run longer")
        if len(kept) < max(FEWEST, (1 - LOST) * len(drawn)):
            raise InputUncertaintyError(
                f"{title} can be told of only {len(kept)} of {len(drawn)} chains: run longer, or choose"
                " another figure"
            )
        found = parted(base, kept, first.confidence, widening)
        least, most = (0.0, 1.0) if meaning(figure[2])[0] == "share" else (-math.inf, math.inf)
        both = (max(found.both[0], least), min(found.both[1], most))
        unit = unit_of(figure[2], figure[0], first.time_unit)
        return [title, unit, base.value, *both, *found.simulation, *found.inputs, found.share]


def observed(results: Results, figure: FigureName) -> Observed | None:
    """A figure with its interval and its value in each replication; None where there is none in some."""
    key = (figure[0], figure[2])
    try:
        place = place_of(figure, results)
    except ValueError:
        return None
    found = results._estimates_of([key])[key]
    series = np.asarray(results._series_of(key).values[:, place], dtype=np.float64)
    if np.isnan(series).any() or np.isnan(found.mean[place]):
        return None
    return Observed(float(found.mean[place]), float(found.low[place]), float(found.high[place]), series)


@dataclass(frozen=True, repr=False)
class InputUncertainty:
    """How sure figures are where inputs were fitted from data.

    Attributes
    ----------
    table : DataFrame
        One row per figure: its ``value`` with the interval of both, ``low`` and ``high``; what of it comes
        from the simulation, ``simulation_low`` and ``simulation_high``, as in all results; what comes from
        the inputs, ``inputs_low`` and ``inputs_high``, which no number of replications narrows; and
        ``inputs_share``, the share of the variance that comes from the inputs.
    draws : DataFrame
        One row per chain that was learned from data drawn again: its figures, and whether a provider is
        ``overloaded``.
    confidence : float
        How often an interval is to hold.
    replications : int
        Of every chain.
    failed : tuple of str
        What was wrong where data drawn again gave no chain.
    warm_up : str
        What is said of the warm-up, where it was to be found.
    """

    table: pd.DataFrame
    draws: pd.DataFrame
    confidence: float
    replications: int
    failed: tuple[str, ...] = ()
    warm_up: str = ""

    def sentence(self) -> str:
        """What is known of each figure, and what would narrow it.

        Returns
        -------
        str
            A sentence or two for each.

        See Also
        --------
        input_uncertainty : makes it.
        """
        return " ".join(self._sentences())

    def _sentences(self) -> Iterable[str]:
        for row in self.table.to_dict("records"):
            yield _told_of(row, self.confidence)
        overloaded = int(self.draws["overloaded"].sum())
        if overloaded:
            yield (
                f"{overloaded} of {len(self.draws)} chains that agree with the data are overloaded: their"
                " figures grow with the length of the run."
            )
        if self.failed:
            yield f"{len(self.failed)} times the data drawn again gave no chain: {self.failed[0]}"

    def __str__(self) -> str:
        return "\n".join([*self._sentences(), *([self.warm_up] if self.warm_up else [])])

    def __repr__(self) -> str:
        return f"InputUncertainty({len(self.table)} figures, {len(self.draws)} chains)"

    def _repr_html_(self) -> str:
        return markup.shown(markup.say(self.sentence()), markup.frame(self.table))


def _told_of(row: Mapping[Any, Any], confidence: float) -> str:
    factor, unit = (100.0, "%") if row["unit"] == "share" else (1.0, f" {row['unit']}".rstrip())

    def ends(low: str, high: str) -> str:
        return f"{factor * row[low]:.4g} to {factor * row[high]:.4g}"

    value = f"{row['figure']} is {factor * row['value']:.4g}{unit}"
    text = f"{value} ({confidence:.0%} interval {ends('low', 'high')}, inputs and simulation together)."
    share = f"{row['inputs_share']:.0%} of the variance comes from the inputs"
    if row["inputs_share"] >= 0.5:
        return f"{text} {share}: even endless replications would leave {ends('inputs_low', 'inputs_high')}."
    return f"{text} {share}: more replications would narrow it."


__all__ = ["InputUncertainty", "InputUncertaintyError", "input_uncertainty", "parted"]

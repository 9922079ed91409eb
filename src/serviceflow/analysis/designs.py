"""How much a figure depends on inputs that move together over ranges: Sobol' indices, Latin hypercubes.

Every point of a design is a chain whose inputs are so many times as large; all run with the same random
numbers.

References
----------
I. M. Sobol' (2001), "Global sensitivity indices for nonlinear mathematical models and their Monte Carlo
estimates", *Mathematics and Computers in Simulation* 55, 271-280.
A. Saltelli, P. Annoni, I. Azzini, F. Campolongo, M. Ratto and S. Tarantola (2010), "Variance based
sensitivity analysis of model output", *Computer Physics Communications* 181, 259-270.
M. D. McKay, R. J. Beckman and W. J. Conover (1979), "A comparison of three methods for selecting values of
input variables", *Technometrics* 21, 239-245.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from serviceflow.analysis.running import finished
from serviceflow.analysis.sensitivity import Input, SensitivityError, chosen_inputs
from serviceflow.analysis.warming import settled, told
from serviceflow.display import markup
from serviceflow.errors import nearest
from serviceflow.experiment.progress import progress_bar
from serviceflow.experiment.replicate import draw_seed
from serviceflow.results.measures import unit_of
from serviceflow.results.naming import FigureName, figure_name, place_of, title_of
from serviceflow.results.results import Results
from serviceflow.results.retention import retention
from serviceflow.results.run_store import RunStore

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

Floats = NDArray[np.float64]
SOBOL, LATIN = "sobol", "latin hypercube"
DESIGNS = (SOBOL, LATIN)
RESAMPLED = 500
"""Bootstrap samples of intervals."""


@dataclass(frozen=True, repr=False)
class DesignedSensitivity:
    """How much a figure depends on inputs that all move within their ranges.

    Attributes
    ----------
    objective, unit
        Which figure, and its unit.
    design
        "sobol" or "latin hypercube".
    table
        One row per input, the most influential first. Of a Sobol' design: ``first_order``, the share of the
        figure's variance that the input makes by itself, and ``total_order``, with all that it does together
        with others. Of a Latin hypercube: ``rank_correlation``, partial, between -1 and 1. Each with
        ``_low`` and ``_high``, the ends of a bootstrap interval.
    runs
        Every chain that was run: by how much each input was multiplied, and the figure.
    warm_up
        What is said of the warm-up, where it was to be found.
    """

    objective: str
    unit: str
    design: str
    table: pd.DataFrame
    runs: pd.DataFrame
    warm_up: str = ""

    def sentence(self) -> str:
        """What matters most, in words.

        Returns
        -------
        str
            A sentence with the range of the figure, and the input that most of it comes from.

        See Also
        --------
        Sensitivity.sentence : the same of one input at a time.
        """
        first = self.table.iloc[0]
        low, high = self.runs["figure"].min(), self.runs["figure"].max()
        over = f"Over the ranges, {self.objective} is between {low:.4g} and {high:.4g} {self.unit}"
        if self.design == SOBOL:
            return f"{over}; {first['input']} matters most: {first['total_order']:.0%} of its variance."
        return f"{over}; {first['input']} matters most: rank correlation {first['rank_correlation']:.2f}."

    def __str__(self) -> str:
        table = self.table.to_string(index=False, float_format=lambda value: f"{value:.3g}")
        return "\n".join([self.sentence(), table, *([self.warm_up] if self.warm_up else [])])

    def __repr__(self) -> str:
        return f"DesignedSensitivity({self.objective!r}: {self.design}, {len(self.runs)} chains)"

    def _repr_html_(self) -> str:
        return markup.shown(markup.say(self.sentence()), markup.frame(self.table))


def designed(
    chain: Chain,
    design: str,
    objective: Any = "flow_time",
    by: float = 0.1,
    inputs: Sequence[str] | None = None,
    *,
    ranges: Mapping[str, Sequence[float]] | None = None,
    samples: int = 64,
    seed: int | None = None,
    progress: bool | None = None,
    **settings: Any,
) -> DesignedSensitivity:
    """How much a figure depends on inputs over ranges; see :meth:`serviceflow.ServiceChain.sensitivity`."""
    chosen = chosen_inputs(chain, inputs if inputs is not None or not ranges else list(ranges))
    ends = [_ends(one.name, (ranges or {}).get(one.name), by) for one in chosen]
    _check(design, samples, ranges, chosen)
    keeping, store = retention(settings.pop("keep", "full")), RunStore.at(settings.pop("store", None))
    common = draw_seed(chain.run.seed if seed is None and chain.run else seed)
    found = settled([chain], {**settings, "seed": common})
    settings |= found
    total = samples * (len(chosen) + 2) if design == SOBOL else samples
    with progress_bar(1 + total, "chains", progress) as bar:

        def run(one: Chain) -> Results:
            results = finished(one, seed=common, keeping=keeping, store=store, **settings)
            bar.update()
            return results

        base = run(chain)
        figure = figure_name(objective, base, "objective")
        points = _Points(chain, chosen, lambda one: _value(run(one), figure))
        make = _sobol if design == SOBOL else _latin
        table = make(points, ends, samples, np.random.default_rng(common))
    title, unit = title_of(figure), unit_of(figure[2], figure[0], base.time_unit)
    return DesignedSensitivity(title, unit, design, table, points.table(), told(found))


def _check(design: str, samples: Any, ranges: Any, chosen: Sequence[Input]) -> None:
    if design not in DESIGNS:
        raise SensitivityError(
            f"design={design!r}: use {' or '.join(map(repr, DESIGNS))}, or None for one input at a time"
            + nearest(str(design), DESIGNS)
        )
    if isinstance(samples, bool) or not isinstance(samples, int) or samples < 2:
        raise SensitivityError(f"samples={samples!r}: give a whole number of at least 2")
    if design == SOBOL and samples & (samples - 1):
        near = 2 ** int(samples).bit_length()
        raise SensitivityError(f"samples={samples}: a Sobol' design takes a power of 2, such as {near}")
    if design == LATIN and samples < len(chosen) + 3:
        raise SensitivityError(f"samples={samples}: give at least {len(chosen) + 3} for {len(chosen)} inputs")
    for name in ranges or ():
        if name not in [one.name for one in chosen]:
            raise SensitivityError(f"ranges: {name!r} is none of the inputs {[one.name for one in chosen]}")


def _ends(name: str, given: Any, by: float) -> tuple[float, float]:
    if given is None:
        return 1 - by, 1 + by
    numbers = isinstance(given, Sequence) and not isinstance(given, str) and len(given) == 2
    if not numbers or not all(isinstance(one, int | float) for one in given) or not 0 < given[0] < given[1]:
        raise SensitivityError(
            f"ranges: {name}: {given!r} is no range; give two factors, as in (0.8, 1.5) for 20%"
            " less to 50% more"
        )
    return float(given[0]), float(given[1])


def _value(results: Results, figure: FigureName) -> float:
    key = (figure[0], figure[2])
    return float(results._estimates_of([key])[key].mean[place_of(figure, results)])


class _Points:
    """Chains whose inputs are so many times as large, and the figure of each."""

    def __init__(self, chain: Chain, inputs: Sequence[Input], run: Callable[[Chain], float]) -> None:
        self.chain, self.inputs, self._run = chain, inputs, run
        self.factors: list[Floats] = []
        self.values: list[float] = []

    def value(self, factors: Floats) -> float:
        """The figure of a point."""
        changes: dict[str, dict[str, Any]] = {}
        for one, factor in zip(self.inputs, factors.tolist(), strict=True):
            for section, entries in one.changes(factor).items():
                changes.setdefault(section, {}).update(entries)
        value = self._run(self.chain.change(changes))
        if value != value:
            raise SensitivityError("the figure cannot be told at some point of the design: run longer")
        self.factors.append(factors)
        self.values.append(value)
        return value

    def table(self) -> pd.DataFrame:
        """All points, in the order in which they were run."""
        table = pd.DataFrame(np.array(self.factors), columns=[one.name for one in self.inputs])
        return table.assign(figure=self.values)


Ends = Sequence[tuple[float, float]]


def _sobol(points: _Points, ends: Ends, samples: int, random: np.random.Generator) -> pd.DataFrame:
    from scipy.stats import sobol_indices, uniform

    dists = [uniform(loc=low, scale=high - low) for low, high in ends]

    def values(factors: Floats) -> Floats:
        return np.array([[points.value(point) for point in factors.T]])

    found = sobol_indices(func=values, n=samples, dists=dists, **_random(sobol_indices, random))
    if not np.any(np.asarray(points.values) != points.values[0]):
        raise SensitivityError("none of the inputs moves the figure within its range")
    spread = found.bootstrap(confidence_level=0.95, n_resamples=RESAMPLED)
    table = pd.DataFrame({"input": [one.name for one in points.inputs], **_range_columns(ends)})
    for name in ("first_order", "total_order"):
        interval = getattr(spread, name).confidence_interval
        table[name] = np.ravel(getattr(found, name))
        table[f"{name}_low"], table[f"{name}_high"] = np.ravel(interval.low), np.ravel(interval.high)
    return table.sort_values("total_order", ascending=False, kind="stable", ignore_index=True)


def _random(function: Callable[..., Any], random: np.random.Generator) -> dict[str, Any]:
    """The random numbers, under the name that this version of SciPy gives them."""
    known = signature(function).parameters
    return {next((name for name in ("rng", "seed", "random_state") if name in known), "rng"): random}


def _range_columns(ends: Ends) -> dict[str, list[float]]:
    return {"low": [low for low, _ in ends], "high": [high for _, high in ends]}


def _latin(points: _Points, ends: Ends, samples: int, random: np.random.Generator) -> pd.DataFrame:
    from scipy.stats import qmc

    low, high = np.array(ends).T
    design = qmc.scale(
        qmc.LatinHypercube(d=len(ends), **_random(qmc.LatinHypercube, random)).random(samples), low, high
    )
    values = np.array([points.value(point) for point in design])
    found = _partial_ranks(design, values)
    drawn = random.integers(0, samples, size=(RESAMPLED, samples))
    again = np.array([_partial_ranks(design[rows], values[rows]) for rows in drawn])
    again[:, np.isnan(found)] = 0.0  # An input that cannot be told has no interval either.
    edges = np.nanquantile(again, [0.025, 0.975], axis=0)
    edges[:, np.isnan(found)] = np.nan
    table = pd.DataFrame({"input": [one.name for one in points.inputs], **_range_columns(ends)})
    table["rank_correlation"] = found
    table["rank_correlation_low"], table["rank_correlation_high"] = edges
    order = table["rank_correlation"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _partial_ranks(design: Floats, values: Floats) -> Floats:
    """The correlation of the ranks of each input with those of the figure, the others held."""
    from scipy.stats import rankdata

    ranks = rankdata(np.column_stack([design, values]), axis=0)
    ranks = ranks - ranks.mean(axis=0)
    found = np.empty(design.shape[1])
    for place in range(design.shape[1]):
        others = np.delete(ranks[:, :-1], place, axis=1)
        mine, figure = _without(ranks[:, place], others), _without(ranks[:, -1], others)
        size = float(np.sqrt((mine @ mine) * (figure @ figure)))
        found[place] = float(mine @ figure) / size if size > 1e-12 else np.nan
    return found


def _without(values: Floats, others: Floats) -> Floats:
    """What is left of values once others are taken out of them."""
    if not others.shape[1]:
        return values
    fitted: Floats = values - others @ np.linalg.lstsq(others, values, rcond=None)[0]
    return fitted


__all__ = ["DESIGNS", "DesignedSensitivity", "designed"]

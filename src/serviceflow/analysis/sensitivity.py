"""How much a figure depends on each input: each a little lower and higher, with the same random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from serviceflow.analysis.warming import settled, told
from serviceflow.errors import ServiceflowError, nearest
from serviceflow.experiment.progress import progress_bar
from serviceflow.experiment.replicate import draw_seed, replicate
from serviceflow.model.writing import plain
from serviceflow.results.comparison import Comparison
from serviceflow.results.measures import unit_of
from serviceflow.results.naming import FigureName, figure_name, title_of
from serviceflow.results.results import Results
from serviceflow.results.retention import retention
from serviceflow.results.run_store import RunStore
from serviceflow.units import Rate, parse_rate

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain
    from serviceflow.model.elements import Arrivals

LOW, HIGH = "lower", "higher"


class SensitivityError(ServiceflowError, ValueError):
    """Inputs that cannot be varied as asked."""


@dataclass(frozen=True)
class Input:
    """Something that the model takes for granted, and how to make it so many times as large.

    Attributes
    ----------
    name
        In words: ``"duration of Clean room"``.
    changes
        The changes of the chain that a factor makes.
    """

    name: str
    changes: Callable[[float], Mapping[str, Any]]


def inputs_of(chain: Chain) -> Iterator[Input]:
    """The duration of every service and the arrivals of every consumer."""
    for name, service in chain.services.items():
        if str(service.duration) not in ("0", "0 s"):
            text = str(service.duration)
            yield Input(f"duration of {name}", _of_service(name, text))
    for name, consumer in chain.consumers.items():
        arrivals = consumer.arrivals
        if arrivals is not None and (arrivals.rate or arrivals.every or arrivals.profile):
            yield Input(f"arrivals of {name}", _of_consumer(name, arrivals))


def _of_service(name: str, text: str) -> Callable[[float], Mapping[str, Any]]:
    return lambda factor: {"services": {name: {"duration": f"({text}) * {factor!r}"}}}


def _of_consumer(name: str, arrivals: Arrivals) -> Callable[[float], Mapping[str, Any]]:
    def changes(factor: float) -> Mapping[str, Any]:
        if arrivals.every is not None:
            scaled: dict[str, Any] = {"every": f"({arrivals.every}) / {factor!r}"}
        elif arrivals.rate is not None:
            scaled = {"rate": _times(arrivals.rate, factor)}
        else:
            scaled = {"profile": _scaled(plain(arrivals.profile), factor)}
        return {"consumers": {name: {"arrivals": scaled}}}

    return changes


def _times(rate: Rate, factor: float) -> str:
    return str(replace(rate, amount=rate.amount * factor))


def _scaled(tree: Any, factor: float) -> Any:
    """Days and blocks with every rate so many times as large."""
    if isinstance(tree, Mapping):
        return {key: _scaled(part, factor) for key, part in tree.items()}
    return _times(parse_rate(tree), factor)


def sensitivity(
    chain: Chain,
    objective: Any = "flow_time",
    by: float = 0.1,
    inputs: Sequence[str] | None = None,
    *,
    seed: int | None = None,
    progress: bool | None = None,
    **settings: Any,
) -> Sensitivity:
    """How much a figure depends on each input; see :meth:`serviceflow.ServiceChain.sensitivity`."""
    if isinstance(by, bool) or not isinstance(by, int | float) or not 0 < by < 1:
        raise SensitivityError(
            f"by={by!r}: give a share above 0 and below 1, such as 0.1 for 10% up and down"
        )
    chosen = chosen_inputs(chain, inputs)
    keeping, store = retention(settings.pop("keep", "full")), RunStore.at(settings.pop("store", None))
    common = draw_seed(chain.run.seed if seed is None and chain.run else seed)
    found = settled([chain], {**settings, "seed": common})
    settings |= found
    with progress_bar(1 + 2 * len(chosen), "chains", progress) as bar:

        def run(one: Chain, name: str) -> Results:
            runs = replicate(one, seed=common, progress=False, keeping=keeping, store=store, **settings)
            bar.update()
            return Results(runs, name)

        base = run(chain, "as it is")
        figure = figure_name(objective, base, "objective")
        rows = [_row(one, chain, base, figure, by, run) for one in chosen]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table = table.sort_values("swing", ascending=False, kind="stable", ignore_index=True)
    unit = unit_of(figure[2], figure[0], base.time_unit)
    return Sensitivity(title_of(figure), unit, _value(base, figure), float(by), table, told(found))


COLUMNS = (
    *("input", "lower", "lower_low", "lower_high", "higher", "higher_low", "higher_high"),
    *("swing", "elasticity", "ci_low", "ci_high"),
)


def chosen_inputs(chain: Chain, wanted: Sequence[str] | None) -> list[Input]:
    """The inputs that are named, or all."""
    found = {one.name: one for one in inputs_of(chain)}
    for name in wanted or ():
        if name not in found:
            raise SensitivityError(
                f"there is no input {name!r}; there are {', '.join(found)}" + nearest(str(name), found)
            )
    chosen = [found[name] for name in wanted] if wanted is not None else list(found.values())
    if not chosen:
        raise SensitivityError(f"{chain.name} has no durations and no rates of arrivals to vary")
    return chosen


def _row(
    one: Input,
    chain: Chain,
    base: Results,
    figure: FigureName,
    by: float,
    run: Callable[[Chain, str], Results],
) -> dict[str, Any]:
    low = run(chain.change(one.changes(1 - by)), LOW)
    high = run(chain.change(one.changes(1 + by)), HIGH)
    down, up = _difference(base, low, figure), _difference(base, high, figure)
    across, value = _difference(low, high, figure), _value(base, figure)
    scale = 2 * by * value if value else math.nan
    return {
        "input": one.name,
        "lower": down[0],
        "lower_low": down[1],
        "lower_high": down[2],
        "higher": up[0],
        "higher_low": up[1],
        "higher_high": up[2],
        "swing": abs(across[0]),
        "elasticity": across[0] / scale,
        "ci_low": min(across[1] / scale, across[2] / scale),
        "ci_high": max(across[1] / scale, across[2] / scale),
    }


def _difference(base: Results, other: Results, figure: FigureName) -> tuple[float, float, float]:
    """Other minus base with its interval, paired."""
    table = Comparison({"base": base, "other": other}, "base").differences
    row = _only(table, base, figure)
    return float(row["difference"]), float(row["ci_low"]), float(row["ci_high"])


def _value(results: Results, figure: FigureName) -> float:
    return float(_only(results.kpis, results, figure)["mean"])


def _only(table: pd.DataFrame, results: Results, figure: FigureName) -> Any:
    scope, name, measure = figure
    name = name or results.chain.name
    return table[(table["scope"] == scope) & (table["name"] == name) & (table["measure"] == measure)].iloc[0]


@dataclass(frozen=True, repr=False)
class Sensitivity:
    """How much a figure depends on each input.

    Attributes
    ----------
    objective, unit
        Which figure, and its unit.
    value
        What it is now.
    by
        By which share inputs were lower and higher.
    table
        One row per input, the most influential first: how the figure changes where the input is ``lower``
        and ``higher``, with paired intervals; ``swing`` from the one to the other; ``elasticity``, by how
        many percent the figure grows with 1% more of the input, with an interval.
    warm_up
        What is said of the warm-up, where it was to be found.
    """

    objective: str
    unit: str
    value: float
    by: float
    table: pd.DataFrame
    warm_up: str = ""

    def __str__(self) -> str:
        lines = [f"{self.objective} is {self.value:.4g} {self.unit}; with 1% more of an input it grows by"]
        for row in self.table.to_dict("records"):
            interval = f"{row['ci_low']:.2f} to {row['ci_high']:.2f}"
            lines.append(f"  {row['elasticity']:6.2f}% ({interval})  {row['input']}")
        return "\n".join([*lines, *([self.warm_up] if self.warm_up else [])])

    def __repr__(self) -> str:
        return f"Sensitivity({self.objective!r} to {len(self.table)} inputs, {self.by:.0%} up and down)"

    def _repr_html_(self) -> str:
        table = self.table.to_html(index=False, float_format=lambda value: f"{value:.4g}", na_rep="")
        return f"<p>{escape(str(self).splitlines()[0])}</p>{table}"


__all__ = ["Input", "Sensitivity", "SensitivityError", "inputs_of", "sensitivity"]

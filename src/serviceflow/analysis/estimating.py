"""What theory says of a chain, as a table: figures by closed forms, without any simulation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from serviceflow.display import markup
from serviceflow.errors import few_hints
from serviceflow.model.chain import Chain
from serviceflow.results.measures import MEASURES, meaning, unit_of
from serviceflow.theory.estimates.estimate import Estimated, estimates
from serviceflow.theory.estimates.stations import SIMULATION

HEADLINES = ("flow_time", "waiting_time", "utilization", "queue_length", "attainment", "fill_rate")


@few_hints()
def estimate(chain: Chain) -> Estimate:
    """What theory says of a chain; see :meth:`serviceflow.ServiceChain.estimate`."""
    chain.validate()
    return Estimate(chain.name, chain.time_unit, estimates(chain))


@dataclass(frozen=True, repr=False)
class Estimate:
    """What theory says of a chain, before any simulation.

    Attributes
    ----------
    name
        The chain's.
    time_unit
        The unit of times.
    figures
        Every figure, with ``scope``, ``name``, ``measure``, ``value``, ``method``, ``kind`` and ``violated``.
    """

    name: str
    time_unit: str
    figures: tuple[Estimated, ...]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per figure, named as in tables of results.

        ``kind`` says how good a figure is: exact, approximate, upper bound, or simulation only; `assumptions`
        says what of the chain is not as the method takes it.
        """
        rows = [(*vars(one).values(), self.unit(one), "; ".join(one.violated)) for one in self.figures]
        columns = ["scope", "name", "measure", "value", "method", "kind", "violated", "unit", "assumptions"]
        shown = ["scope", "name", "measure", "value", "unit", "method", "kind", "assumptions"]
        return pd.DataFrame(rows, columns=columns)[shown]

    @property
    def by_simulation(self) -> tuple[Estimated, ...]:
        """The figures that only a simulation tells."""
        return tuple(one for one in self.figures if one.kind == SIMULATION)

    def unit(self, one: Estimated) -> str:
        """The unit of a figure.

        Parameters
        ----------
        one : Estimated
            One of the figures.

        Returns
        -------
        str
            Such as ``min`` or ``share``.

        See Also
        --------
        ServiceChain.estimate : makes it.
        """
        if one.measure not in MEASURES and one.measure.endswith("_share"):
            return "share"
        return unit_of(one.measure, one.scope, self.time_unit)

    def __str__(self) -> str:
        return "\n".join([f"{self.name}: what theory says", *self._lines(), *self._left()])

    def _lines(self) -> Iterator[str]:
        told = [one for one in self.figures if one.kind != SIMULATION and one.measure in HEADLINES]
        wide = max((len(_title(one)) for one in told), default=0)
        for one in told:
            doubts = f" ({'; '.join(one.violated)})" if one.violated else ""
            value = _rough(one, self.unit(one))
            yield f"  {_title(one):{wide}}  {value:>12}  {one.kind}: {one.method}{doubts}"

    def _left(self) -> Iterator[str]:
        left = [one for one in self.by_simulation if one.measure in HEADLINES]
        if left:
            yield "Only a simulation tells:"
        for why, found in _by_reason(left).items():
            yield f"  {', '.join(map(_title, found))}: {why}"

    def __repr__(self) -> str:
        told = len(self.figures) - len(self.by_simulation)
        return f"Estimate({self.name!r}: {told} of {len(self.figures)} figures)"

    def _repr_html_(self) -> str:
        return markup.shown(markup.title(self.name), markup.frame(self.table))


def _title(one: Estimated) -> str:
    return f"{one.name}: {one.measure.replace('_', ' ')}"


def _rough(one: Estimated, unit: str) -> str:
    """A value to three digits, which is more than most formulas are worth."""
    if unit == "share":
        return f"{one.value:.1%}" if one.measure != "utilization" else f"{one.value:.0%}"
    kind = meaning(one.measure)[0]
    return f"{one.value:.3g} {unit}" if kind == "time" else f"{one.value:.3g}"


def _by_reason(found: Sequence[Estimated]) -> dict[str, list[Estimated]]:
    reasons: dict[str, list[Estimated]] = {}
    for one in found:
        reasons.setdefault("; ".join(one.violated), []).append(one)
    return reasons


__all__ = ["Estimate", "Estimated", "estimate"]

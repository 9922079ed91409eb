"""A summary of one replication: what is left of its record when only figures are wanted.

A :class:`Digest` takes the record in parts, one after another, and lets each go. It holds the sums that
every figure is made of, which are the same as those of the whole record; of the single times their number,
mean, spread and a sketch of their distribution; what was lost by who, where, when and why; and the busy
hours of the week. Its size depends on the chain, not on the number of visits. It grows with the window in one
case only: overtime where some of the staff stay on duty keeps the work in hand at each change of staff
(see :mod:`~serviceflow.results.overtime`).

Quantiles are within ``ACCURACY`` (0.39%) of those of the record; everything else is equal up to the rounding
of sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.errors import NotSupportedError
from serviceflow.results.accumulators import Sums
from serviceflow.results.derived import Floats, Reading
from serviceflow.results.lost_time import LostTime
from serviceflow.results.measures import Figure
from serviceflow.results.moments import Moments
from serviceflow.results.path_sums import PathSums
from serviceflow.results.pending import Pending
from serviceflow.results.quantile_sketch import ACCURACY, Sketch
from serviceflow.results.reduce import rows_of
from serviceflow.results.rows import Condensed, Rows
from serviceflow.results.samples import measured, picked, values_of
from serviceflow.results.scopes import Key, joined, size_of
from serviceflow.results.statistics import Ordered
from serviceflow.results.stocks import StockLevels
from serviceflow.results.week import HOURS, busy_hours

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.engine.record.record import Record

Arrays = Mapping[str, NDArray[Any]]

EXACT = 2**53
"""Times below it are the same as real numbers."""
FIGURE_PARTS = ("total", "base", "requests", "unfinished")


class Digest:
    """The summary of one replication.

    Parameters
    ----------
    program : Program
        The chain as it is run.
    replication : int
        The replication's number.

    Attributes
    ----------
    stopped : int
        The instant, in ticks, that the run has reached.
    requests, visits : int
        How many rows have been taken in.
    sums : Sums
        What figures are made of.
    moments, sketches : dict
        Of the single times, by scope and measure.
    lost : LostTime
        Time lost, by who, where, when and why.
    paths : PathSums or None
        Where the time of requests went along their critical paths; None in files of earlier versions.
    busy : array of shape (providers, 168)
        Ticks of work in each hour of the week.

    Raises
    ------
    NotSupportedError
        If a provider's overtime cannot be told without all of its visits.
    """

    accuracy = ACCURACY
    """Largest relative error of a quantile."""

    def __init__(self, program: Program, replication: int = 0) -> None:
        self.program = program
        self.replication = replication
        self.stopped = self.requests = self.visits = 0
        self.sums = Sums(program)
        keys = list(measured(program))
        self.moments = {key: Moments.empty(size_of(program, key[0])) for key in keys}
        self.sketches = {key: Sketch.empty(size_of(program, key[0])) for key in keys}
        self.lost = LostTime(program)
        self.paths: PathSums | None = PathSums(program)
        self.busy: Floats = np.zeros((len(program.providers), HOURS))
        _refuse_names(self.sums)

    def add(self, piece: Record) -> None:
        """Take in the next part of the record: whole families, and what the stocks did meanwhile.

        Raises
        ------
        NotSupportedError
            If a policy has moved staff.
        """
        if len(piece.staffing):
            raise NotSupportedError("keep='summary' does not know policies that move staff: use keep='full'")
        reading = Reading(piece)
        self.stopped = max(self.stopped, piece.stopped)
        self.requests += len(piece.requests)
        self.visits += len(piece.visits)
        rows = rows_of(reading)
        self.sums.include(reading, rows)
        for key in self.moments:
            self._include_single(reading, rows, key)
        self.lost.include(reading)
        if self.paths is not None:
            self.paths.include(reading, rows)
        self.busy = self.busy + busy_hours(reading)

    def _include_single(self, reading: Reading, rows: Rows, key: Key) -> None:
        """Take in single values: where they lie in the record, if its visits are condensed."""
        moments, sketch, size = self.moments[key], self.sketches[key], size_of(self.program, key[0])
        if isinstance(rows, Condensed) and reading.record.stopped < EXACT:
            where = picked(reading, rows, key)
            cells, elements, ticks = where.cells, where.elements, where.ticks
            found = Moments.of_cells(cells, elements, ticks, size)
            span = float(found.least.min()), float(found.most.max())
            self.sketches[key] = sketch.include_cells(cells, elements, ticks, span)
        else:
            values = values_of(reading, key)
            found = Moments.of(values.elements, values.ticks, size)
            self.sketches[key] = sketch.include(values.elements, values.ticks)
        self.moments[key] = moments.merged(found)

    def merge(self, later: Digest) -> None:
        """Take in what another digest has of later parts of the same replication."""
        self.stopped = max(self.stopped, later.stopped)
        self.requests += later.requests
        self.visits += later.visits
        self.sums.merge(later.sums)
        for key in self.moments:
            self.moments[key] = self.moments[key].merged(later.moments[key])
            self.sketches[key] = self.sketches[key].merged(later.sketches[key])
        self.lost.merge(later.lost)
        if self.paths is not None and later.paths is not None:
            self.paths.merge(later.paths)
        self.busy = self.busy + later.busy

    def figures(self) -> dict[Key, Figure]:
        """Every figure of the replication, quantiles apart."""
        return self.sums.whole()

    def spread(self) -> dict[Key, Moments]:
        """Number, mean and spread of the single times, by scope and measure."""
        return joined(self.program, self.moments, Moments.moved)

    def ordered(self) -> dict[Key, list[Ordered]]:
        """The single times in ascending order, as far as the sketches tell them apart."""
        spread = self.spread()
        sketches = joined(self.program, self.sketches, Sketch.moved)
        return {key: one.ordered(spread[key].least, spread[key].most) for key, one in sketches.items()}

    # As arrays, to be stored or sent

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that it holds as arrays by name, from which :meth:`of_arrays` makes it again."""
        counts = [self.replication, self.stopped, self.requests, self.visits]
        found: dict[str, NDArray[Any]] = {"run": np.array(counts, dtype=np.int64), "busy": self.busy}
        found |= {"promised": self.sums.promised, "spent": self.sums.spent}
        for (scope, measure), figure in self.sums.figures.items():
            found |= _named(f"figures/{scope}/{measure}", figure, FIGURE_PARTS)
        found |= _named("levels", self.sums.levels, _names(StockLevels))
        found |= _named("pending", self.sums.pending, _names(Pending))
        for own in filter(None, self.sums.overtime):
            name = f"overtime/{own.rule.plan.index}"
            found |= {f"{name}/outside/{place}": part for place, part in enumerate(own.outside)}
            found |= {f"{name}/in_hand/{place}": part for place, part in enumerate(own.kept())}
        for (scope, measure), moments in self.moments.items():
            found |= _named(f"moments/{scope}/{measure}", moments, _names(Moments))
            sketch = self.sketches[scope, measure].trimmed()
            found[f"sketches/{scope}/{measure}/counts"] = sketch.counts
            found[f"sketches/{scope}/{measure}/first"] = np.array([sketch.first], dtype=np.int64)
        found |= {f"paths/{name}": part for name, part in self.paths.arrays().items()} if self.paths else {}
        found["lost/combinations"] = self.lost.combinations
        for part, ticks in self.lost.ticks.items():
            found |= {f"lost/ticks/{part}": ticks, f"lost/visits/{part}": self.lost.visits[part]}
        return found

    @classmethod
    def of_arrays(cls, program: Program, arrays: Arrays) -> Digest:
        """Make a digest of what :meth:`arrays` gave."""
        counts, parts = arrays["run"].tolist(), _grouped(arrays)
        found = cls(program, counts[0])
        found.stopped, found.requests, found.visits = counts[1:]
        found.busy = arrays["busy"]
        found.sums.promised, found.sums.spent = arrays["promised"], arrays["spent"]
        found.sums.levels = StockLevels(**parts["levels"])
        found.sums.pending = Pending(**parts["pending"])
        for name in (name for name in parts if name.startswith("figures/")):
            _, scope, measure = name.split("/")
            found.sums.figures.by_measure[scope, measure] = Figure(**parts[name])
        for own in filter(None, found.sums.overtime):
            name = f"overtime/{own.rule.plan.index}"
            own.outside = list(parts.get(f"{name}/outside", {}).values())
            starts, ends, units = parts[f"{name}/in_hand"].values()
            own.in_hand = [(starts, ends, units)]
        for scope, measure in found.moments:
            key = scope, measure
            found.moments[key] = Moments(**parts[f"moments/{scope}/{measure}"])
            sketch = parts[f"sketches/{scope}/{measure}"]
            found.sketches[key] = Sketch(sketch["counts"], int(sketch["first"][0]))
        found.paths = PathSums.of_arrays(program, parts["paths"]) if "paths" in parts else None
        found.lost.combinations = arrays["lost/combinations"]
        found.lost.ticks, found.lost.visits = parts.get("lost/ticks", {}), parts.get("lost/visits", {})
        return found


def digest(program: Program, replication: int, pieces: Iterable[Record]) -> Digest:
    """The summary of a replication whose record comes in parts, or in one."""
    found = Digest(program, replication)
    for piece in pieces:
        found.add(piece)
    return found


def _refuse_names(sums: Sums) -> None:
    for own in filter(None, sums.overtime):
        if own.rule.whole:
            raise NotSupportedError(
                f"providers.{own.rule.plan.name}: keep='summary' cannot tell the overtime of staff who"
                " finish their work after the shift (off_shift: finish) while others stay, where they are"
                " told apart by setup, learning or members, or break down: use keep='full', or another"
                " off_shift"
            )


def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def _named(prefix: str, parts: Any, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """The arrays among the attributes of something, under a common name."""
    pairs = ((name, getattr(parts, name)) for name in names)
    return {f"{prefix}/{name}": part for name, part in pairs if part is not None}


def _grouped(arrays: Arrays) -> dict[str, dict[str, NDArray[Any]]]:
    """Arrays by what stands before the last slash of their name, then by what follows it."""
    found: dict[str, dict[str, NDArray[Any]]] = {}
    for name, part in arrays.items():
        prefix, _, last = name.rpartition("/")
        found.setdefault(prefix, {})[last] = part
    return found

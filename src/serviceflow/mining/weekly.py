"""What a log shows week by week: promises kept, waits, and the parameters on which these depend.

A model's weeks are read from the logs that its runs would leave behind, in the same way, so that what a log
cannot show (when a case really came, how long a handover took) is left out of both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.mining.enabling import Ints, enabling
from serviceflow.model.requests import attribute_kinds
from serviceflow.units import UNITS

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain
    from serviceflow.model.sla import SLA, Target

WEEK = 7 * UNITS["day"]
FIGURES, PARAMETERS = ("kept", "wait"), ("arrivals", "work", "way")
COLUMNS = ("week", "figure", "value", "count")


@dataclass(frozen=True)
class Weeks:
    """Whole weeks of a log: `count` of them, the first from `start` on, in microseconds since 1970."""

    start: int
    count: int

    @classmethod
    def of(cls, table: pd.DataFrame, begins: int) -> Weeks:
        """Those from the first start to the last end, beginning as the weeks that begin at `begins` do."""
        first, last = (_ticks(table[name]) for name in ("start", "end"))
        start = begins + -(-(int(first.min()) - begins) // WEEK) * WEEK
        return cls(start, max(0, (int(last.max()) - start) // WEEK))


class LogWeeks:
    """The weekly figures of one log.

    Parameters
    ----------
    table : DataFrame
        Instances of work with ``case``, ``activity``, ``start`` and ``end``.
    chain : Chain
        Whose promises, providers and ways are meant.
    weeks : Weeks
        Which weeks.
    recorded : bool
        Whether instants at which work was ``enabled`` are taken where the log has them.
    """

    def __init__(self, table: pd.DataFrame, chain: Chain, weeks: Weeks, recorded: bool = True) -> None:
        keys = ["case", "start", "end"]
        self.table = table.sort_values(keys, kind="stable").reset_index(drop=True)
        self.chain, self.weeks = chain, weeks
        self.start, self.end = (_ticks(self.table[name]) for name in ("start", "end"))
        self.before, self.enabled = enabling(self.table, self.start, self.end)
        if recorded and "enabled" in self.table:
            given = self.table["enabled"].to_numpy().astype("datetime64[us]")
            self.enabled = np.where(
                np.isnat(given), self.enabled, np.minimum(given.astype(np.int64), self.start)
            )
        self.activity = self.table["activity"].astype(str).to_numpy()
        self.skipped: list[str] = []

    def figures(self) -> pd.DataFrame:
        """Shares of promises kept, and mean waits at providers in the chain's unit."""
        return self._by_week((*self._promises(), *self._waits()))

    def parameters(self) -> pd.DataFrame:
        """Cases that came, mean durations of services in the chain's unit, and shares of ways."""
        return self._by_week((*self._arrivals(), *self._works(), *self._ways()))

    def _by_week(self, found: tuple[tuple[str, Ints, Any], ...]) -> pd.DataFrame:
        """Means of values by the week of their instants; None as values counts the instants."""
        parts = []
        for name, since, values in found:
            week = (since - self.weeks.start) // WEEK
            inside = (week >= 0) & (week < self.weeks.count)
            counts = np.bincount(week[inside], minlength=self.weeks.count)
            if values is None:
                parts.append(pd.DataFrame({"figure": name, "value": counts.astype(float), "count": counts}))
            else:
                sums = np.bincount(week[inside], values[inside], self.weeks.count)
                with np.errstate(invalid="ignore", divide="ignore"):
                    parts.append(pd.DataFrame({"figure": name, "value": sums / counts, "count": counts}))
            parts[-1]["week"] = np.arange(1, self.weeks.count + 1)
        if not parts:
            return pd.DataFrame(columns=list(COLUMNS))
        table = pd.concat(parts, ignore_index=True)
        told: pd.DataFrame = table[table["value"].notna()][list(COLUMNS)]
        return told

    # Cases

    @cached_property
    def cases(self) -> pd.DataFrame:
        """Row of the first and last instance, when each case began and ended, and whose it is."""
        codes = pd.factorize(self.table["case"])[0]
        first = np.flatnonzero(np.diff(codes, prepend=-1))
        ends = np.maximum.reduceat(self.end, first) if len(first) else self.end
        return pd.DataFrame(
            {"row": first, "since": self.enabled[first], "end": ends, "start": self.start[first]}
        )

    def _of_consumer(self, consumer: str) -> pd.DataFrame:
        """The cases of a consumer: as a column says; all where nobody else asks."""
        column = next((name for name in ("consumer", "case:consumer") if name in self.table), None)
        found: pd.DataFrame = self.cases
        if column is not None:
            mine = self.table[column].astype(str).to_numpy()[self.cases["row"]] == consumer
            found = found[mine]
        elif [name for name, one in self.chain.consumers.items() if one.arrivals is not None] != [consumer]:
            found = found[:0]
        return found

    # Promises

    def _promises(self) -> Iterator[tuple[str, Ints, Any]]:
        for name, consumer in self.chain.consumers.items():
            found = self._of_consumer(name)
            if consumer.sla is not None:
                spans = (found["since"], found["start"], found["end"])
                yield from self._kept(name, consumer.sla, found["row"].to_numpy(), *spans)
        for section in ("handoffs", "calls"):
            for link, element in getattr(self.chain, section).items():
                if element.sla is not None:
                    rows = self._over(str(link), link.origin, link.target)
                    left, start, end = self._left(rows), self.start[rows], self.end[rows]
                    yield from self._kept(str(link), element.sla, rows, left, start, end)

    def _kept(
        self, name: str, sla: SLA, rows: Ints, since: Any, start: Any, end: Any
    ) -> Iterator[tuple[str, Ints, Any]]:
        for kind, until in (("response", start), ("resolution", end)):
            target = getattr(sla, kind)
            if target is None:
                continue
            within = self._within(target, rows)
            if within is None or sla.excluding or (kind == "resolution" and sla.until is not None):
                self.skipped.append(f"{name}: {kind}")
                continue
            begins, ends = (np.asarray(one, dtype=np.int64) for one in (since, until))
            yield f"kept: {name}: {kind}", begins, (self._clocked(sla, begins, ends) <= within).astype(float)

    def _within(self, target: Target, rows: Ints) -> Any:
        """How long each may take; None where the log does not say what that depends on."""
        kinds = attribute_kinds(self.chain)
        names = [name for name in sorted(target.within.names()) if name in kinds or name == "consumer"]
        columns = [next((c for c in (n, f"case:{n}") if c in self.table), None) for n in names]
        if None in columns:
            return None
        found: dict[tuple[Any, ...], float | None] = {}
        keys = list(zip(*(self.table[column].to_numpy()[rows] for column in columns), strict=True))
        for key in keys or [()]:
            if key not in found:
                values = dict(zip(names, key, strict=True))
                found[key] = target.within.mean(self.chain.time_unit, values=values, kinds=kinds)
        if any(value is None for value in found.values()):
            return None
        return np.array([found[key] for key in keys] if names else [found[()]] * len(rows), dtype=float)

    def _clocked(self, sla: SLA, since: Ints, until: Ints) -> Ints:
        if sla.clock == "elapsed":
            return until - since
        midnight = dt.datetime.combine(self.chain.start, dt.time())
        zero = int(np.datetime64(midnight, "us").astype(np.int64))
        schedule = self.chain.calendars[sla.clock].schedule(self.chain.start)
        found: Ints = schedule.cumulative(until - zero) - schedule.cumulative(since - zero)
        return found

    def _over(self, link: str, origin: str, target: str) -> Ints:
        """Instances of work to which a link led: as the log says, or by what came before."""
        at = self.activity == target
        if "handoff" in self.table and self.table["handoff"].notna().any():
            return np.flatnonzero(at & (self.table["handoff"].astype(str).to_numpy() == link))
        if origin in self.chain.consumers:
            firsts = np.zeros(len(at), dtype=bool)
            firsts[self._of_consumer(origin)["row"].to_numpy()] = True
            return np.flatnonzero(at & firsts)
        before = np.where(self.before >= 0, self.activity[self.before], "")
        return np.flatnonzero(at & (before == origin))

    def _left(self, rows: Ints) -> Ints:
        """When what led to instances of work was over; of the first of a case, when it could begin."""
        before = self.before[rows]
        return np.where(before >= 0, self.end[before], self.enabled[rows])

    # Waits and parameters

    def _waits(self) -> Iterator[tuple[str, Ints, Any]]:
        services = self.chain.services
        for name in self.chain.providers:
            mine = [service for service, one in services.items() if tuple(one.provider_names[:1]) == (name,)]
            rows = np.flatnonzero(np.isin(self.activity, mine))
            if len(rows):
                wait = (self.start[rows] - self.enabled[rows]) / UNITS[self.chain.time_unit]
                yield f"wait: {name}", self.enabled[rows], wait

    def _arrivals(self) -> Iterator[tuple[str, Ints, Any]]:
        for name, consumer in self.chain.consumers.items():
            if consumer.arrivals is not None:
                yield f"arrivals of {name}", self._of_consumer(name)["since"].to_numpy(dtype=np.int64), None

    def _works(self) -> Iterator[tuple[str, Ints, Any]]:
        for name in self.chain.services:
            rows = np.flatnonzero(self.activity == name)
            if len(rows):
                took = (self.end[rows] - self.start[rows]) / UNITS[self.chain.time_unit]
                yield f"duration of {name}", self.start[rows], took

    def _ways(self) -> Iterator[tuple[str, Ints, Any]]:
        """Of what a service finished, the share that went on by each way that has a probability."""
        follows: dict[int, set[str]] = {}
        for row, before in enumerate(self.before.tolist()):
            follows.setdefault(before, set()).add(str(self.activity[row]))
        for link, element in self.chain.handoffs.items():
            if element.probability is None or link.ends or link.origin not in self.chain.services:
                continue
            rows = np.flatnonzero(self.activity == link.origin)
            went = np.array([link.target in follows.get(row, ()) for row in rows.tolist()], dtype=float)
            if len(rows):
                yield f"share of {link}", self.end[rows], went


def _ticks(column: Any) -> Ints:
    found: Ints = column.to_numpy().astype("datetime64[us]").astype(np.int64)
    return found

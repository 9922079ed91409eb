"""Where time is lost, for whom, and why: tables on one scale, and a verdict in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.analysis import kept, lost
from serviceflow.analysis.columns import NOBODY
from serviceflow.analysis.shifting import shifting_table
from serviceflow.analysis.spent import rank_first
from serviceflow.analysis.verdict import verdict_parts, verdict_sentence
from serviceflow.analysis.waits import Totals, wait_totals
from serviceflow.display import markup
from serviceflow.display.rounding import estimate, percent
from serviceflow.engine.program.codes import WAITS
from serviceflow.results.derived import Floats
from serviceflow.results.places import PROVIDER
from serviceflow.results.results import Results
from serviceflow.results.statistics import ratio_interval, t_interval
from serviceflow.theory.load import offered_load

if TYPE_CHECKING:
    from serviceflow.analysis.levers import Levers

VIEWS = (
    (
        "levers",
        "what a change gains: the only view that says what would help",
        "a lever is one change alone; two together may gain more, or less, than the sum of both",
    ),
    (
        "lost_time, places",
        "where the time of completed requests goes that is not work",
        "the place may only pass on what another causes; requests that gave up or were refused are not in it",
    ),
    (
        "places: first",
        "how stable the ranking is: the share of replications in which this place loses most",
        "it rises with the length of a replication, and 100% of three replications is little evidence",
    ),
    (
        "table: load, offered_load, capacity",
        "the work asked for against the staff on duty over the calendar, without a run",
        "an average knows no rush hours, and a team of ten at 92% may wait less than one person at 85%",
    ),
    (
        "table: utilization",
        "how busy staff are while on duty",
        "staff who are held for others look idle, and some pools are busy because they are meant to be",
    ),
    (
        "shifting",
        "who, at each instant, has been fully busy longest without a break",
        "rare long jobs make long busy periods, though hardly anybody waits for them",
    ),
    (
        "efficiency",
        "work as a share of the flow time, and what it would be without each cause",
        "time that one cause gives back is often lost to the next, and nights count like days",
    ),
)
"""Other views of the same run: what each shows, and the case in which it misleads."""
SHOWN = 12
"""Rows of lost time that a notebook shows."""
FROM_FIGURES = ("utilization", "overtime", "held_time", "queue_length", "waiting_time")


@dataclass(frozen=True)
class Bottlenecks:
    """Where the time of requests goes, for whom it matters, and how sure that is.

    Attributes
    ----------
    results : Results
        What was simulated.
    levers : Levers or None
        What was tried, if it was.

    Notes
    -----
    Lost time is everything on the critical path of a completed request that is not work: waiting, handoffs
    (dispatch, delay, clarification), pauses, and being blocked. A place is where a loss would have to be
    mended: a provider, a link (a handoff or a call), a stock, or an outside party (a service without
    provider). Tables, sentence and map are all made of these sums, which are exact: what is lost and the work
    are the flow time.
    """

    results: Results
    levers: Levers | None = None

    @cached_property
    def sentence(self) -> str:
        """The verdict in plain words: who was lost, promises, where time is lost, and what would help."""
        return verdict_sentence(self)

    @cached_property
    def sentences(self) -> dict[str, list[str]]:
        """The sentences of :attr:`sentence` by what they are about: lost, promises, where, helps."""
        return verdict_parts(self)

    @cached_property
    def lost(self) -> pd.DataFrame:
        """Requests that are in no mean, by consumer: who gave up, was refused, or had not finished.

        Columns are consumer, outcome ("gave up", "refused", "unfinished"), requests (per replication), share
        (of those that arrived), ci_low, ci_high.
        """
        return lost.lost_requests(self.results)

    @cached_property
    def promises(self) -> pd.DataFrame:
        """Every promise, the one that is missed by most first.

        Columns are promise, of, kind, to and by (to whom it was made, and by whom), share (promised), within,
        until, clock, attainment with ci_low and ci_high, verdict ("kept", "broken", "unclear" where the
        interval holds the promised share, "unknown" where it was made to nobody), broken, missed_by (share
        points), breaches (per replication), and used_scope, used_place, used_share: where most of the time
        of the breaches was spent, and how much of it; used_cause, used_mainly: the main cause there, and its
        share of that.
        """
        return kept.promise_table(self.results, self.breach_time)

    @cached_property
    def breach_time(self) -> pd.DataFrame:
        """What used up the time of the breaches: by promise, place and cause, work included.

        Columns are promise, scope, place, cause, mean (per breach, in the chain's unit) and share.
        """
        return kept.breach_table(self.results)

    @cached_property
    def lost_time(self) -> pd.DataFrame:
        """Lost time per completed request by place and cause, the largest first.

        Columns are scope ("provider", "link", "stock", "outside"), place, cause, mean (in the chain's unit)
        with ci_low and ci_high, share (of all lost time) with share_low and share_high, and first (the share
        of replications in which this is the largest).
        """
        return lost.lost_table(self.results, "place", "cause")

    @cached_property
    def places(self) -> pd.DataFrame:
        """The same by place: columns are scope, place, mean to first as in :attr:`lost_time`."""
        return lost.lost_table(self.results, "place")

    @property
    def at_services(self) -> dict[str, float]:
        """The share of all lost time that is lost at each service, ways there apart."""
        return lost.service_shares(self.results)

    @cached_property
    def efficiency(self) -> pd.DataFrame:
        """Work as a share of the flow time, and what it would be without each cause.

        Columns are cause, lost (per completed request), efficiency (as it is), without (if this cause went
        and nothing else changed).
        """
        return lost.efficiency_table(self.results)

    @cached_property
    def shifting(self) -> pd.DataFrame:
        """The share of the window in which each provider was active longest without a break.

        Columns are provider, share (alone or while the bottleneck shifts) with ci_low and ci_high, alone,
        shifting. See :mod:`serviceflow.analysis.shifting`; it follows single visits, which a summary lacks.
        """
        return shifting_table(self.results)

    @staticmethod
    def views() -> pd.DataFrame:
        """Which views there are: where each is, what it shows, and when it misleads.

        Returns
        -------
        DataFrame
            One row per view.

        See Also
        --------
        Results.bottlenecks : makes it.
        """
        return pd.DataFrame(VIEWS, columns=["view", "shows", "misleads"])

    @cached_property
    def verdict_places(self) -> tuple[tuple[str, str], ...]:
        """Scope and name of each place of :attr:`verdict`."""
        return tuple((scope, name) for scope, name in lost.places_that_lose_most(self.results))

    @property
    def verdict(self) -> tuple[str, ...]:
        """The place at which most time is lost; several where they cannot be told apart; maybe none."""
        return tuple(name for _, name in self.verdict_places)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per provider, most lost time first.

        ``lost_time`` is lost there per completed request of the chain, ``lost_share`` its share of all lost
        time. ``load``, ``offered_load`` and ``capacity`` are the staff that the work asked for would keep
        busy, the staff on duty (both on average over the calendar), and the one by the other;
        ``utilization`` is of scheduled time. ``total`` is the time that visits waited there in a replication,
        split into ``waiting_<cause>``; ``share`` is of all waiting; ``first`` is the share of replications in
        which more was waited here than anywhere else.
        """
        return _provider_table(self)

    def __str__(self) -> str:
        return self.sentence

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.verdict)) or 'no time is lost'})"

    def _repr_html_(self) -> str:
        parts = [markup.say(self.sentence), *self._lost_parts()]
        if len(self.promises):
            heads = (
                "promise",
                "promised",
                "kept",
                "interval",
                "verdict",
                "what used up most of the breaches",
            )
            rows = map(_promise_cells, self.promises.itertuples(index=False))
            parts += [markup.part("Promises"), markup.table(heads, rows, (1, 2, 3))]
        return markup.shown(*parts)

    def _lost_parts(self) -> list[str]:
        """Lost time as a notebook shows it."""
        found = self.lost_time
        if found.empty:
            return []
        told = found.head(SHOWN)
        unit, rest = self.results.time_unit, len(found) - len(told)
        heads = ("place", "cause", "mean", "interval", "of all lost time")
        rows = map(_lost_cells, told.itertuples(index=False))
        more = [markup.say(f"and {rest} more in .lost_time", "faint")] if rest else []
        title = markup.part(f"Lost time per completed request ({unit})")
        return [title, markup.table(heads, rows, (2, 3, 4)), *more]


def _lost_cells(row: Any) -> tuple[str, ...]:
    mean, interval = estimate(row.mean, row.ci_low, row.ci_high)
    return row.place, row.cause.replace("_", " "), mean, interval, percent(row.share)


def _promise_cells(row: Any) -> tuple[str, ...]:
    mean, interval = estimate(row.attainment, row.ci_low, row.ci_high, "share")
    used = f"{row.used_place}: {row.used_cause}".replace("_", " ") if row.used_place else ""
    return row.promise, percent(row.share), mean, interval, row.verdict, used


def bottlenecks(results: Results, levers: Levers | None = None) -> Bottlenecks:
    """Say where time is lost, for whom and why.

    Parameters
    ----------
    results : Results
        What was simulated.
    levers : Levers, optional
        What was tried on the same chain.

    Returns
    -------
    Bottlenecks
        Tables and a sentence. They say where time is lost; what a change would gain, only levers tell.
    """
    return Bottlenecks(results, levers)


# The table of providers


def _provider_table(found: Bottlenecks) -> pd.DataFrame:
    results = found.results
    totals = wait_totals(results, ("provider", "cause"))
    names = [plan.name for plan in results.runs.program.providers]
    if any(key[0] == NOBODY for key in totals.keys):
        names.append(NOBODY)
    table = pd.DataFrame({"provider": np.array(names, dtype=object)})
    lost_there = _lost(found, names)
    table = table.assign(
        **lost_there, **_loads(results, names), **_figures(results, names), **_waiting(results, totals, names)
    )
    return table.sort_values(["lost_time", "total"], ascending=False, kind="stable", ignore_index=True)


def _lost(found: Bottlenecks, names: list[str]) -> dict[str, Any]:
    own = found.places[found.places["scope"] == PROVIDER].set_index("place")
    columns = {"lost_time": "mean", "lost_share": "share"}
    return {name: [float(own[column].get(place, 0.0)) for place in names] for name, column in columns.items()}


def _loads(results: Results, names: list[str]) -> dict[str, Any]:
    loads = {one.provider: one for one in offered_load(results.chain).providers}
    columns = {"load": "open_utilization", "offered_load": "work", "capacity": "capacity"}
    return {
        column: [getattr(loads[name], part) if name in loads else np.nan for name in names]
        for column, part in columns.items()
    }


def _figures(results: Results, names: list[str]) -> dict[str, Any]:
    """Means over replications that the table of all figures has, by provider."""
    columns = {}
    for measure in FROM_FIGURES:
        mean = results.mean("provider", measure)
        columns[measure] = np.append(mean, np.nan)[: len(names)]
    return columns


def _waiting(results: Results, totals: Totals, names: list[str]) -> dict[str, Any]:
    ticks = _by_provider(totals, names) / results.runs.program.time_unit
    total = t_interval(ticks, results.confidence).within()
    everything = np.broadcast_to(ticks.sum(axis=1, keepdims=True), ticks.shape)
    share = ratio_interval(ticks, everything, results.confidence).within(0, 1)
    columns: dict[str, Any] = {"total": total.mean, "ci_low": total.low, "ci_high": total.high}
    columns |= {"share": share.mean, "share_low": share.low, "share_high": share.high}
    columns["first"] = rank_first(ticks)
    for cause in WAITS:
        chosen = _by_provider(totals, names, cause) / results.runs.program.time_unit
        if chosen.any():
            columns[f"waiting_{cause}"] = chosen.mean(axis=0)
    return columns


def _by_provider(totals: Totals, names: list[str], cause: str | None = None) -> Floats:
    """Ticks waited per replication and provider, for one cause or all."""
    found = np.zeros((len(totals.ticks), len(names)))
    for place, (provider, why) in enumerate(totals.keys):
        if cause in (None, why):
            found[:, names.index(provider)] += totals.ticks[:, place]
    return found

"""Results: everything that a set of replications has to say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from serviceflow.display import markup
from serviceflow.engine.record.record import Record, empty_table
from serviceflow.errors import UnknownNameError
from serviceflow.experiment.engines import SIMPY
from serviceflow.experiment.replicate import Runs, replicate_more
from serviceflow.renamed import renamed_attributes
from serviceflow.results import reduce
from serviceflow.results.derived import Floats, Reading
from serviceflow.results.errors import NotKeptError
from serviceflow.results.figures import (
    Reduced,
    Series,
    all_series,
    quantile_estimates,
    quantile_names,
    quantile_series,
    reduce_record,
    scope_names,
    spread_estimates,
    spread_names,
    spread_series,
)
from serviceflow.results.lost_time import LOST_BY, CondensedLosses, Losses, VisitLosses
from serviceflow.results.measures import SPREAD
from serviceflow.results.moments import Moments
from serviceflow.results.path_sums import PathSums
from serviceflow.results.precision import Goal, Precision, precision_of
from serviceflow.results.promises import promises
from serviceflow.results.quantile_sketch import ACCURACY
from serviceflow.results.raw import dated, request_table, visit_table
from serviceflow.results.retention import retention
from serviceflow.results.run_store import RunStore
from serviceflow.results.samples import measured, needed_for, samples_of, spread_of
from serviceflow.results.scopes import Key, joined_keys
from serviceflow.results.statistics import Estimate, Ranked
from serviceflow.results.summary import HEADLINES, summary_rows
from serviceflow.results.tables import kpi_table, replication_table, wide_view
from serviceflow.results.threads import in_threads
from serviceflow.results.week import busy_hours, week_of

if TYPE_CHECKING:
    from serviceflow.engine.reference.behaviours import Behaviours
    from serviceflow.model.chain import Chain
    from serviceflow.results.summary_record import Digest

BASELINE = "baseline"


@renamed_attributes(
    program=("runs.program", "chain"),
    records_for=("_records_for", "records"),
    series=("_series", "by_replication"),
    estimates=("_estimates", "kpis"),
    losses=("_losses", "waits"),
    busy_and_on_duty=("_busy_and_on_duty", "plot_utilization"),
    record="kept",
    replications="by_replication",
    scenario="scenario_name",
)
class Results:
    """What a chain's replications showed, with intervals.

    Every figure is worked out when it is first asked for, and kept.

    Parameters
    ----------
    runs : Runs
        The replications.
    scenario_name : str
        The name of what was run, for the tables.

    See Also
    --------
    ServiceChain.simulate : makes results.
    load_results : reads them from a file.

    Notes
    -----
    Figures per request cover the requests created in the window, and the visits of those; what the end of the
    run cut off is reported next to them as ``unfinished``. Figures over time cover exactly the window and
    all that was in the chain then. See :mod:`serviceflow.results.measures` for every measure.

    Intervals are Student's t over replications at the level ``confidence`` of the chain's run settings; from
    ten replications on they allow for skewness. Means per request are ratios of sums with jackknife errors;
    quantiles are those of all requests of all replications, with intervals by the shares below them; what
    cannot be estimated is NaN.

    Results that keep a summary (``keep="summary"``) have the same figures, up to the rounding of sums, but
    quantiles: these come from sketches, are within :attr:`accuracy` of those of the records (relative to
    them), and have intervals by the shares up to the ends of the sketches' buckets. Single
    requests and visits they do not have.

    Examples
    --------
    Examples of methods go on from these.

    >>> import serviceflow as sf
    >>> chain = sf.ServiceChain("Office", run={"duration": "1 day", "replications": 2, "seed": 7})
    >>> chain.add_provider("Clerks", staff=1)
    >>> chain.add_service("Talk", provider="Clerks", duration="exponential(mean=8 min)")
    >>> chain.add_consumer("Clients", arrivals={"rate": "6 per hour"}, enters="Talk")
    >>> results = chain.simulate(engine="simpy")
    >>> list(results.kpis.columns[:6])
    ['scenario', 'scope', 'name', 'measure', 'unit', 'mean']
    """

    def __init__(self, runs: Runs, scenario_name: str = BASELINE) -> None:
        self.runs = runs
        self.scenario_name = scenario_name
        self._estimated: dict[Key, Estimate] = {}
        self._goals: tuple[Goal, ...] = ()
        self._ended = ""

    @property
    def chain(self) -> Chain:
        """The chain."""
        return self.runs.program.written

    @property
    def records(self) -> tuple[Record, ...]:
        """The record of each replication.

        Raises
        ------
        NotKeptError
            If the results keep a summary.
        """
        return self._records_for("results.records", "there are no records")

    def _records_for(self, what: str, why: str) -> tuple[Record, ...]:
        """The records, or an error that says what needs them and why."""
        if self.runs.digests:
            raise NotKeptError(what, why)
        return self.runs.records

    @property
    def kept(self) -> str:
        """What is kept of each replication: "full", its record, or "summary"."""
        return self.runs.settings.record

    @property
    def count(self) -> int:
        """How many replications there are."""
        return self.runs.count

    @property
    def interrupted(self) -> bool:
        """Whether the user stopped before every replication had finished."""
        return self.runs.interrupted

    @property
    def accuracy(self) -> float:
        """Largest relative error of a quantile: 0 from records, 1/256 from the sketches of a summary."""
        return ACCURACY if self.runs.digests else 0.0

    @property
    def seed(self) -> int:
        """The seed, given or drawn: the same seed gives the same results."""
        return self.runs.seed

    @property
    def engine(self) -> str:
        """The engine that ran; where one handed over to another, both: "simpy, then compiled"."""
        return self.runs.engine

    @property
    def confidence(self) -> float:
        """Nominal coverage of the intervals."""
        return self.runs.settings.confidence

    @property
    def time_unit(self) -> str:
        """The unit of every time."""
        return self.runs.program.unit

    # Figures

    @cached_property
    def _reduced(self) -> list[Reduced]:
        """Each record added up, as many at once as there are cores."""
        if self.engine != SIMPY:
            reduce.prepare()
        return in_threads(reduce_record, self.records)

    @cached_property
    def _means(self) -> dict[Key, Series]:
        digests: Iterator[Digest] = iter(self.runs.digests)
        figures = [one.figures() for one in digests] or [one.figures for one in self._reduced]
        return all_series(figures, self.runs.program.time_unit)

    @cached_property
    def _single(self) -> dict[Key, Key]:
        """Spreads and quantiles, each with the measure whose single values it is of."""
        keys = joined_keys(self.runs.program, measured(self.runs.program))
        return spread_names(keys) | {name: key for name, (key, _) in quantile_names(keys).items()}

    @cached_property
    def _moments(self) -> list[dict[Key, Moments]]:
        digests: Iterator[Digest] = iter(self.runs.digests)
        return [one.spread() for one in digests] or [spread_of(Reading(one)) for one in self.records]

    def _samples(self, keys: Iterable[Key]) -> list[Mapping[Key, Sequence[Ranked]]]:
        """The values that the quantiles of some measures are taken from, of each replication."""
        digests: Iterator[Digest] = iter(self.runs.digests)
        chosen = needed_for(self.runs.program, keys)
        return [one.ordered() for one in digests] or [
            samples_of(Reading(one), chosen) for one in self.records
        ]

    def _estimates_of(self, names: Iterable[Key]) -> dict[Key, Estimate]:
        """Means with intervals of the figures of some names; each is worked out once."""
        new = [name for name in names if name not in self._estimated]
        unit, confidence, single = self.runs.program.time_unit, self.confidence, self._single
        self._estimated |= {
            name: self._means[name].estimate(confidence) for name in new if name not in single
        }
        if any(name in single and name[1].endswith(SPREAD) for name in new):
            self._estimated |= spread_estimates(self._moments, unit)
        drawn = [name for name in new if name in single and not name[1].endswith(SPREAD)]
        if drawn:
            samples = self._samples({single[name] for name in drawn})
            self._estimated |= quantile_estimates(samples, drawn, unit, confidence)
        return {name: self._estimated[name] for name in names}

    def _table(self, names: Sequence[Key]) -> pd.DataFrame:
        """The rows of the table of all figures for some names."""
        resting_on = {name: self._means[self._single.get(name, name)] for name in names}
        return kpi_table(self.runs.program, self.scenario_name, resting_on, self._estimates_of(names))

    @cached_property
    def _names(self) -> list[Key]:
        """Every figure, by scope and measure."""
        return [*self._means, *(name for name, key in self._single.items() if key in self._means)]

    @cached_property
    def _series(self) -> dict[Key, Series]:
        """Every figure over replications, by scope and measure, as arrays."""
        unit, means, single = self.runs.program.time_unit, self._means, self._single
        samples = self._samples(single.values())
        drawn = [name for name in single if not name[1].endswith(SPREAD)]
        missing = [name for name in drawn if name not in self._estimated]
        self._estimated |= quantile_estimates(samples, missing, unit, self.confidence)
        quantiles = quantile_series(samples, means, self._estimated, unit)
        return means | spread_series(self._moments, means, unit) | quantiles

    @cached_property
    def _estimates(self) -> dict[Key, Estimate]:
        """Mean and interval of every figure, by scope and measure, as arrays."""
        return self._estimates_of(self._names)

    @cached_property
    def kpis(self) -> pd.DataFrame:
        """Every figure: one row each with mean, interval and what it rests on.

        Columns are scenario, scope, name, measure, unit, mean, ci_low, ci_high, replications, requests
        (or visits, over all replications) and unfinished.
        """
        return self._table(self._names)

    @cached_property
    def headlines(self) -> pd.DataFrame:
        """The rows of :attr:`kpis` to look at first; the others are not worked out for it."""
        return self._table([name for name in self._names if name[1] in HEADLINES.get(name[0], ())])

    @cached_property
    def by_replication(self) -> pd.DataFrame:
        """Every figure of every replication."""
        return replication_table(self.runs.program, self.scenario_name, self._series)

    def mean(self, scope: str, measure: str) -> Floats:
        """Return the means of one measure for every element of a scope.

        Parameters
        ----------
        scope : str
            One of those of :attr:`kpis`, such as ``"provider"``.
        measure : str
            A mean, count or share; no quantile.

        Returns
        -------
        array of float
            In the order in which the chain has the elements; NaN where it is not measured.

        See Also
        --------
        kpis : every figure as a table.

        Examples
        --------
        >>> results.mean("provider", "scheduled_time")
        array([1440.])
        """
        if (scope, measure) in self._means:
            return self._means[scope, measure].estimate(self.confidence).mean
        return np.full(len(scope_names(self.runs.program)[scope]), np.nan)

    def _series_of(self, key: Key) -> Series:
        """One figure over replications; quantiles are worked out only where one is asked for."""
        return self._means[key] if key in self._means else self._series[key]

    # Precision

    @property
    def precision(self) -> Precision | None:
        """How precise the figures are that ``precision=`` was asked of; None if it was not."""
        return precision_of(self, self._goals, self._ended) if self._goals else None

    def more(
        self,
        replications: int,
        *,
        engine: str = "auto",
        workers: int = 1,
        progress: bool | None = None,
        behaviours: Behaviours | None = None,
        store: str | PathLike[str] | None = None,
    ) -> Self:
        """Return the same results with further replications: they go on from what is there.

        Parameters
        ----------
        replications : int
            How many more.
        engine, workers, progress, behaviours, store
            As for :meth:`ServiceChain.simulate`; every engine makes the same record.

        Returns
        -------
        Results
            As if all replications had been run at once.

        See Also
        --------
        precision : how precise figures are, and what it would take.

        Examples
        --------
        >>> results.more(3, engine="simpy")
        Results('Office', 'baseline': 5 replications, seed 7)
        """
        keeping = retention(self.kept)
        return self._extended(
            replicate_more(
                self.runs,
                replications,
                engine,
                progress,
                workers,
                behaviours,
                keeping,
                RunStore.at(store),
            )
        )

    def _extended(self, runs: Runs) -> Self:
        """These results with further replications, of which only those are added up that are new."""
        found = type(self)(runs, self.scenario_name)
        found._goals = self._goals
        if runs.records and "_reduced" in self.__dict__:
            new = runs.records[self.count :]
            found.__dict__["_reduced"] = [*self._reduced, *in_threads(reduce_record, new)]
        return found

    def summary(self) -> pd.DataFrame:
        """The figures to look at first, with their intervals: plain numbers, not rounded.

        Returns
        -------
        DataFrame
            The rows of :attr:`kpis` that most people want.

        See Also
        --------
        kpis : every figure.
        bottlenecks : where requests wait, in words.

        Examples
        --------
        >>> results.summary()["scope"].unique().tolist()
        ['chain', 'consumer', 'provider']
        """
        return summary_rows(self.headlines)

    def unfinished_share(self) -> float:
        """Return the share of the requests created in the window that had not finished when the run ended.

        Returns
        -------
        float
            From 0 to 1.

        See Also
        --------
        kpis : the column ``unfinished``.

        Examples
        --------
        >>> 0 <= results.unfinished_share() < 0.1
        True
        """
        asked = self._means.get(("chain", "arrived"))
        if asked is None or asked.unfinished is None or not asked.totals.sum():
            return 0.0
        return float(asked.unfinished.sum() / asked.totals.sum())

    # Where time went

    @cached_property
    def _paths(self) -> list[PathSums]:
        """Of each replication, where the time of completed requests went along their critical paths."""
        if self.runs.digests:
            return self._kept_paths
        return self._quick_paths or self._every_path

    @cached_property
    def _quick_paths(self) -> list[PathSums]:
        """The same from visits that are condensed, where these tell all; else nothing."""
        found = [one.rows and PathSums.of_rows(one.rows) for one in self._reduced]
        return [one for one in found if one] if all(found) else []

    @cached_property
    def _breach_paths(self) -> list[PathSums]:
        """The same with that of the breaches of every promise."""
        if self.runs.digests:
            return self._kept_paths
        if not self._quick_paths:
            return self._every_path
        return in_threads(_path_sums_of_breaches, self.runs.records)

    @cached_property
    def _every_path(self) -> list[PathSums]:
        """Both at once: what has to be found out for one serves the other."""
        return in_threads(_path_sums, self.runs.records)

    @property
    def _kept_paths(self) -> list[PathSums]:
        found = [one.paths for one in self.runs.digests if one.paths is not None]
        if len(found) < self.count:
            raise NotKeptError("results.bottlenecks", "an earlier version wrote it, without critical paths")
        return found

    # Views

    def _view(self, scope: str) -> pd.DataFrame:
        return wide_view(self.kpis, scope, self._labels(scope))

    def _labels(self, scope: str) -> Mapping[str, Mapping[str, Any]]:
        elements = getattr(self.chain, f"{scope}s")
        return {str(name): dict(element.labels) for name, element in elements.items() if element.labels}

    @property
    def providers(self) -> pd.DataFrame:
        """Means of every provider, a slice of :attr:`kpis`: one row each, labels in front."""
        return self._view("provider")

    @property
    def services(self) -> pd.DataFrame:
        """Means of every service."""
        return self._view("service")

    @property
    def consumers(self) -> pd.DataFrame:
        """Means of every consumer."""
        return self._view("consumer")

    @property
    def handoffs(self) -> pd.DataFrame:
        """Means of every handoff."""
        return self._view("handoff")

    @property
    def calls(self) -> pd.DataFrame:
        """Means of every call."""
        return self._view("call")

    @property
    def stocks(self) -> pd.DataFrame:
        """Means of every stock; times are of its orders."""
        return self._view("stock")

    @property
    def slas(self) -> pd.DataFrame:
        """Every promise: what was promised, and how far it was kept."""
        wide = wide_view(self.kpis, "sla", {})
        made = promises(self.runs.program)
        wide.insert(0, "scope", [promise.scope for promise in made])
        wide.insert(1, "of", [promise.of for promise in made])
        wide.insert(2, "kind", [promise.kind for promise in made])
        wide.insert(3, "share", [promise.share for promise in made])
        wide.insert(4, "within", [str(p.target.within) if p.target else None for p in made])
        wide.insert(5, "clock", [promise.sla.clock for promise in made])
        return wide

    # Raw

    @cached_property
    def requests(self) -> pd.DataFrame:
        """Every request of every replication; times are floats in the chain's unit."""
        return request_table(self._records_for("results.requests", "it has no requests"))

    @cached_property
    def visits(self) -> pd.DataFrame:
        """Every visit of every replication; times are floats in the chain's unit."""
        return visit_table(self._records_for("results.visits", "it has no visits"))

    def dated(self, table: str | pd.DataFrame = "requests") -> pd.DataFrame:
        """Return a table whose instants are dates with times, as the chain's ``start`` has them.

        Parameters
        ----------
        table : str or DataFrame
            ``"requests"``, ``"visits"``, or a table of these results with columns such as ``asked``,
            ``started`` or ``ended``, in the chain's time unit from time 0.

        Returns
        -------
        DataFrame
            A copy with instants of type datetime64, in local time without a zone; durations stay numbers in
            the chain's time unit. An instant that did not come is NaT.

        Raises
        ------
        UnknownNameError
            If there is no table of that name.
        NotKeptError
            If the results keep a summary, and requests or visits are asked for.

        See Also
        --------
        requests, visits : the same in the chain's time unit.
        ServiceChain.clock : the date and time of one instant.

        Examples
        --------
        >>> str(results.dated("visits")["started"].min())[:10]
        '2026-01-05'
        >>> results.dated(results.slowest(3))["asked"].dtype.kind
        'M'
        """
        if isinstance(table, str):
            if table not in ("requests", "visits"):
                raise UnknownNameError("table", table, ("requests", "visits"))
            table = self.requests if table == "requests" else self.visits
        return dated(table, self.chain.start, self.time_unit)

    def _losses(self, keys: Iterable[str] = LOST_BY) -> Iterator[Losses]:
        """The time lost in each replication, by visit, or added up.

        Parameters
        ----------
        keys : iterable of str
            What it is asked for by: where these are few, nothing needs to be looked at visit by visit.
        """
        if self.runs.digests:
            yield from (one.lost for one in self.runs.digests)
        elif set(keys) <= set(CondensedLosses.KEYS):
            for record, one in zip(self.runs.records, self._reduced, strict=True):
                yield VisitLosses(Reading(record)) if one.rows is None else CondensedLosses(one.rows)
        else:
            yield from (VisitLosses(Reading(record)) for record in self.runs.records)

    def _busy_and_on_duty(self, provider: int) -> tuple[Floats, Floats]:
        """How many of a provider's staff are busy and on duty in each of the 168 hours of the week."""
        if self.runs.digests:
            busy = [one.busy for one in self.runs.digests]
            return week_of(self.runs.program, busy, [empty_table()] * self.count, provider)
        hours = [busy_hours(Reading(record)) for record in self.records]
        return week_of(self.runs.program, hours, [record.staffing for record in self.records], provider)

    # Keeping and showing

    def save(self, path: str | PathLike[str]) -> None:
        """Write everything to one file, which :func:`load_results` reads.

        It is written beside and then renamed, so that an interrupted save leaves no broken file.

        Parameters
        ----------
        path : path
            The file to write.

        Raises
        ------
        StorageError
            If what was run cannot be read back.

        See Also
        --------
        load_results : reads the file.

        Examples
        --------
        >>> results.save("office.results")
        >>> sf.load_results("office.results").count
        2
        """
        from serviceflow.results.storage import save_runs

        save_runs(self.runs, self.scenario_name, path)

    def to_parquet(self, folder: str | PathLike[str]) -> None:
        """Write figures, requests and visits as Parquet files, for DuckDB, pandas, Arrow and the like.

        Needs pyarrow: ``pip install 'serviceflow[data]'``.

        Parameters
        ----------
        folder : path
            Where ``figures``, ``requests`` and ``visits`` get folders of their own, with one file for each
            scenario and replication: ``visits/scenario=baseline/replication=0/part.parquet``. Further
            results written there stand beside them.

        Raises
        ------
        ParquetError
            If pyarrow is not installed.

        See Also
        --------
        save : one file from which everything is worked out again.

        Examples
        --------
        >>> results.to_parquet("office")
        >>> import pandas as pd
        >>> sorted(pd.read_parquet("office/visits")["replication"].unique())
        [0, 1]
        """
        from serviceflow.results.parquet import write_parquet

        write_parquet({self.scenario_name: self}, folder)

    def __repr__(self) -> str:
        count = self.count
        counted = f"{count} replication{'s' if count != 1 else ''}"
        if self.runs.interrupted:
            counted = f"{count} of {self.runs.settings.replications} replications, interrupted"
        return (
            f"{type(self).__name__}({self.chain.name!r}, {self.scenario_name!r}: {counted}, seed {self.seed})"
        )

    def _repr_html_(self) -> str:
        return markup.shown(markup.title(repr(self)), markup.frame(self.summary()))


def _path_sums(record: Record) -> PathSums:
    found = PathSums(record.program)
    found.include(Reading(record))
    return found


def _path_sums_of_breaches(record: Record) -> PathSums:
    found = PathSums(record.program)
    found.include_breaches(Reading(record))
    return found


def load_results(path: str | PathLike[str], kind: type[Results] = Results) -> Results:
    """Read results that were saved.

    Parameters
    ----------
    path : path
        A file written by :meth:`Results.save`.
    kind : type
        The class of results to make.

    Raises
    ------
    StorageError
        If the file holds no results that this version can read.
    """
    from serviceflow.results.storage import load_runs

    runs, scenario = load_runs(path)
    return kind(runs, scenario)

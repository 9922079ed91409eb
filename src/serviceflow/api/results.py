"""Results and comparisons with everything that can be done with them: tables, verdicts, maps, charts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from serviceflow.api.charts import Charts
from serviceflow.results import comparison, results
from serviceflow.units import format_duration

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from serviceflow.analysis.audit import AuditReport
    from serviceflow.analysis.bottlenecks import Bottlenecks
    from serviceflow.analysis.levers import Levers
    from serviceflow.analysis.story import Story
    from serviceflow.view.maps import Map
    from serviceflow.view.report.frame import Frame


class Results(Charts):
    __doc__ = results.Results.__doc__

    def bottlenecks(self, levers: Levers | None = None) -> Bottlenecks:
        """Where time is lost, for whom, and why: tables on one scale, and a sentence in plain words.

        Parameters
        ----------
        levers : Levers, optional
            What was tried on the same chain, so that the sentence can say what would help most.

        Returns
        -------
        Bottlenecks
            ``sentence``; ``lost``, who is in no mean; ``promises`` with what broke them; ``lost_time`` by
            place and cause and ``places``, both per completed request; ``verdict``, the place that loses
            most, or several where they cannot be told apart; ``efficiency``; ``table`` by provider.

        See Also
        --------
        ServiceChain.levers : what would help most, which is not always where most time is lost.
        critical_path : the same lost time by consumer and service.
        waits : all waiting, added up by any keys.

        Examples
        --------
        >>> found = results.bottlenecks()
        >>> found.verdict
        ('Clerks',)
        >>> found.lost_time[["place", "cause"]].iloc[0].tolist()
        ['Clerks', 'contention']
        """
        from serviceflow.analysis.bottlenecks import bottlenecks

        return bottlenecks(self, levers)

    def audit(self) -> AuditReport:
        """Every rule that the records or the figures break, found without knowing how they came about.

        Slow and plain: some seconds for ten thousand visits. See :mod:`serviceflow.analysis.audit`
        for what it looks at, and what a record cannot tell.

        Returns
        -------
        AuditReport
            Iterable over breaches; ``ok`` if there are none.

        Raises
        ------
        NotKeptError
            If the results keep a summary, which has no visits.

        See Also
        --------
        ServiceChain.check : looks at a chain before it is run.

        Examples
        --------
        >>> results.audit().ok
        True
        """
        from serviceflow.analysis.audit import audit

        return audit(self)

    def waits(self, by: str | Iterable[str] = ("provider", "cause"), of: str = "waiting") -> pd.DataFrame:
        """All waiting, added up by provider, cause, consumer, service, attribute, label, hour or weekday.

        Parameters
        ----------
        by : str or iterable of str
            The keys of the sums.
        of : {"waiting", "handoff", "paused", "blocked", "all"}
            Which parts of the requests' time.

        Returns
        -------
        DataFrame
            One row per combination of keys, most time first.

        Raises
        ------
        WaitsError
            If there is no such key or part.
        NotKeptError
            For waits by an attribute, if the results keep a summary.

        See Also
        --------
        bottlenecks : providers, with a verdict in words.
        plot_waits : the same as a chart.

        Examples
        --------
        >>> list(results.waits(by=["provider", "cause"])["cause"])
        ['contention']
        """
        from serviceflow.analysis.waits import waits

        return waits(self, by, of)

    def critical_path(self) -> pd.DataFrame:
        """Lost time on one scale: per completed request, by consumer, place, service and cause.

        Returns
        -------
        DataFrame
            The largest first. Everything on a request's critical path that is not work, once: a wait for an
            answer is told where the called request spent it. With its work a consumer's rows sum to its
            flow time.

        See Also
        --------
        waits : all waiting, also that which held nobody up.

        Examples
        --------
        >>> list(results.critical_path().columns[:5])
        ['consumer', 'scope', 'place', 'service', 'cause']
        """
        from serviceflow.analysis.critical_path import critical_path

        return critical_path(self)

    def story(self, request: int, replication: int = 0) -> Story:
        """Everything that happened to one request: when it waited, where, why, and for whom.

        Parameters
        ----------
        request : int
            Its row among the requests of its replication.
        replication : int
            Counted from 0.

        Returns
        -------
        Story
            It prints itself; ``events`` is a table.

        Raises
        ------
        StoryError
            If there is no such request or replication.
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        requests : the table of all requests.
        ServiceChain.explain : what the rules do at a service.

        Examples
        --------
        >>> print(results.story(0).title)
        Request 0 of Clients
        """
        from serviceflow.analysis.story import story

        return story(self, request, replication)

    def map(self) -> Map:
        """How work flowed: lines as wide as their volume, services colored by lost time.

        Returns
        -------
        Map
            It shows itself in a notebook, and ``save`` writes it to a file.

        See Also
        --------
        service_map : who served whom.

        Examples
        --------
        >>> results.map()
        <map of Office: ...>
        """
        from serviceflow.view.map_model import Lost
        from serviceflow.view.process_map import process_map

        lost = Lost.of(self.bottlenecks())
        return process_map(self.chain, self.kpis, lost=lost, caption=self._caption())

    def service_map(self) -> Map:
        """Who served whom, and how well the SLAs between them were kept.

        Returns
        -------
        Map
            It shows itself in a notebook, and ``save`` writes it to a file.

        See Also
        --------
        map : how work flowed.

        Examples
        --------
        >>> results.service_map()
        <map of Office: ...>
        """
        from serviceflow.view.service_map import service_map

        return service_map(self.chain, self.kpis, caption=self._caption())

    def report(
        self, path: str | PathLike[str], *, language: str = "en", levers: Levers | None = None
    ) -> Path:
        """Write one HTML file that answers, shows, and says how far it can be trusted.

        It is complete in itself: it opens offline, loads nothing and sends nothing.

        Parameters
        ----------
        path : path
            The file to write; its name ends in ``.html``.
        language : {"en", "zh"}
            What is shown first, English or Chinese; a reader may switch.
        levers : Levers, optional
            What :meth:`ServiceChain.levers` tried, so that the answer says what to change first.

        Returns
        -------
        Path
            Where it is.

        Raises
        ------
        ReportError
            If there is no such language, or the name does not end in ``.html``.

        See Also
        --------
        show : shows it in a notebook.

        Examples
        --------
        >>> results.report("office.html").name
        'office.html'
        """
        from serviceflow.view.report.report import report_html, write_report

        return write_report(path, lambda: report_html(self, language=language, levers=levers))

    def show(self, *, language: str = "en", height: int = 900) -> Frame:
        """Show the report in a notebook, in a frame of its own.

        Parameters
        ----------
        language : {"en", "zh"}
            What is shown first.
        height : int
            Of the frame, in pixels.

        Returns
        -------
        Frame
            It shows itself in a notebook.

        Raises
        ------
        ReportError
            If there is no such language.

        See Also
        --------
        report : writes it to a file.

        Examples
        --------
        >>> results.show()
        <report of Office>
        """
        from serviceflow.view.report.frame import frame

        return frame(self, language=language, height=height)

    def _caption(self) -> str:
        runs = self.count
        many = "replication" if runs == 1 else "replications"
        start, end = self.runs.program.window
        return f"{runs} {many} of {format_duration(end - start)}, seed {self.seed}"


class Comparison(comparison.Comparison):
    __doc__ = comparison.Comparison.__doc__

    def plot(self, measures: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
        """By how many percent of the baseline figures change, with the intervals of the differences.

        Parameters
        ----------
        measures : sequence of str, optional
            Of :attr:`differences`, of every element; those to look at first by default.
        ax : matplotlib Axes, optional
            Where to draw; new axes by default.

        Returns
        -------
        matplotlib Axes
            What was drawn on.

        Raises
        ------
        UnknownNameError
            If there is no such measure.

        See Also
        --------
        plot_before_after : one measure, from what to what.

        Examples
        --------
        >>> axes = comparison.plot(["flow_time"])
        >>> [label.get_text() for label in axes.get_yticklabels()]
        ['Office: flow time', 'Clients: flow time']
        """
        from serviceflow.view.charts.of_comparison import changes_chart

        return changes_chart(self, measures, ax)

    def plot_before_after(
        self,
        measure: str = "waiting_time",
        scope: str = "provider",
        scenario: str | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """One measure of every element of a scope in the baseline and in a scenario, joined by arrows.

        Parameters
        ----------
        measure : str
            Which figure.
        scope : str
            Whose: ``"consumer"``, ``"provider"``, ``"service"``, ``"handoff"``, ``"sla"``, ``"stock"``.
        scenario : str, optional
            Of several scenarios which one; the first by default.
        ax : matplotlib Axes, optional
            Where to draw; new axes by default.

        Returns
        -------
        matplotlib Axes
            What was drawn on.

        Raises
        ------
        UnknownNameError
            If there is no such scenario.
        ChartError
            If there is no such figure.

        See Also
        --------
        plot : how much figures change.

        Examples
        --------
        >>> axes = comparison.plot_before_after()
        >>> axes.get_xlabel()
        'waiting time by provider (min)'
        """
        from serviceflow.view.charts.of_comparison import before_after_chart

        return before_after_chart(self, measure, scope, scenario, ax)

    def report(
        self, path: str | PathLike[str], *, language: str = "en", levers: Levers | None = None
    ) -> Path:
        """Write one HTML file that answers, shows, and says how far it can be trusted.

        It is complete in itself: it opens offline, loads nothing and sends nothing.

        Parameters
        ----------
        path : path
            The file to write; its name ends in ``.html``.
        language : {"en", "zh"}
            What is shown first, English or Chinese; a reader may switch.
        levers : Levers, optional
            What :meth:`ServiceChain.levers` tried, so that the answer says what to change first.

        Returns
        -------
        Path
            Where it is.

        Raises
        ------
        ReportError
            If there is no such language, or the name does not end in ``.html``.

        See Also
        --------
        Results.report : that of a single run.

        Examples
        --------
        >>> comparison.report("office.html").name
        'office.html'
        """
        from serviceflow.view.report.report import report_html, write_report

        return write_report(path, lambda: report_html(self, language=language, levers=levers))

    def show(self, *, language: str = "en", height: int = 900) -> Frame:
        """Show the report in a notebook, in a frame of its own.

        Parameters
        ----------
        language : {"en", "zh"}
            What is shown first.
        height : int
            Of the frame, in pixels.

        Returns
        -------
        Frame
            It shows itself in a notebook.

        Raises
        ------
        ReportError
            If there is no such language.

        See Also
        --------
        report : writes it to a file.

        Examples
        --------
        >>> comparison.show()
        <report of Office>
        """
        from serviceflow.view.report.frame import frame

        return frame(self, language=language, height=height)


__all__ = ["Comparison", "Results"]

"""Results and comparisons with everything that can be done with them: tables, verdicts, maps, charts."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from serviceflow.errors import UnknownNameError
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


class Results(results.Results):
    __doc__ = results.Results.__doc__

    def bottlenecks(self) -> Bottlenecks:
        """Where requests wait, and why: a table of providers, and a sentence in plain words.

        Returns
        -------
        Bottlenecks
            ``table`` by provider, ``verdict``, and ``sentence``.

        See Also
        --------
        waits : all waiting, added up by any keys.

        Examples
        --------
        >>> results.bottlenecks().verdict
        ('Clerks',)
        """
        from serviceflow.analysis.bottlenecks import bottlenecks

        return bottlenecks(self)

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
        """How work flowed: lines as wide as their volume, services colored by waiting.

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
        from serviceflow.view.process_map import process_map

        return process_map(self.chain, self.kpis, caption=self._caption())

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

    def plot_waits(self, ax: Axes | None = None) -> Axes:
        """Draw waiting per request by provider, stacked by cause.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; new axes by default.

        Returns
        -------
        matplotlib Axes
            What was drawn on.

        See Also
        --------
        waits : the figures.

        Examples
        --------
        >>> axes = results.plot_waits()
        >>> axes.get_xlabel()
        'waiting time (min per request)'
        """
        from serviceflow.view.charts import plot_waits

        table = self.waits(by=("provider", "cause"))
        asked = float(self.mean("chain", "arrived").sum()) or 1.0
        wide = table.pivot_table(index="provider", columns="cause", values="total", aggfunc="sum").fillna(0.0)
        wide = wide.loc[wide.sum(axis=1).sort_values(ascending=False).index, wide.sum() > 0]
        return plot_waits(wide / asked, unit=f"{self.time_unit} per request", ax=ax)

    def plot_utilization(self, provider: str, ax: Axes | None = None) -> Axes:
        """How many of a provider's staff are busy in each hour of the week, against those on duty.

        Parameters
        ----------
        provider : str
            Its name.
        ax : matplotlib Axes, optional
            Where to draw; new axes by default.

        Returns
        -------
        matplotlib Axes
            What was drawn on.

        Raises
        ------
        UnknownNameError
            If there is no such provider.

        See Also
        --------
        providers : utilization as figures.

        Examples
        --------
        >>> axes = results.plot_utilization("Clerks")
        """
        from serviceflow.view.charts import plot_utilization

        names = [plan.name for plan in self.runs.program.providers]
        if provider not in names:
            raise UnknownNameError("provider", provider, names)
        busy, staff = self._busy_and_on_duty(names.index(provider))
        return plot_utilization(busy, staff, name=provider, ax=ax)

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

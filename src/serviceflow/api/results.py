"""Results and comparisons with everything that can be done with them: tables, verdicts, maps, charts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from serviceflow.api.charts import Charts
from serviceflow.errors import UnknownNameError
from serviceflow.results import comparison, factorial, results
from serviceflow.units import format_duration

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from serviceflow.analysis.audit import AuditReport
    from serviceflow.analysis.bottlenecks import Bottlenecks
    from serviceflow.analysis.designs import DesignedSensitivity
    from serviceflow.analysis.levers import Levers
    from serviceflow.analysis.search.finding import Search
    from serviceflow.analysis.sensitivity import Sensitivity
    from serviceflow.analysis.story import Story
    from serviceflow.analysis.trusting import TrustCard
    from serviceflow.api.validating import Validation
    from serviceflow.display.rounded import RoundedTable
    from serviceflow.mining.event_log import EventLog
    from serviceflow.model.state import State
    from serviceflow.quality.scorecards import Scorecard
    from serviceflow.quality.service_links import ServiceLinks
    from serviceflow.quality.survey import Survey
    from serviceflow.results.warm_up import WarmUp
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

    def answer(self, language: str = "en", levers: Levers | None = None) -> str:
        """Return where requests lose time, why, and which promises are broken, in English or Chinese.

        Parameters
        ----------
        language : str
            ``"en"`` or ``"zh"``. Names stay as the model has them.
        levers : Levers, optional
            What :meth:`ServiceChain.levers` tried; then it also says what would help.

        Returns
        -------
        str
            A paragraph, the same facts in both languages.

        Raises
        ------
        ReportError
            If there is no such language.

        See Also
        --------
        bottlenecks : the same with its tables.
        report : the same with everything else, on one page.

        Examples
        --------
        >>> print(results.answer())
        A request takes ...
        >>> print(results.answer(language="zh"))
        一个请求平均用时...
        """
        from serviceflow.view.report.answer import answer_text
        from serviceflow.view.report.report import check_language

        check_language(language)
        return answer_text(self, language, levers)

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

    def check(self, rules: bool = True) -> TrustCard:
        """How far to trust these results: theory, rules, warm-up and precision on one card.

        Parameters
        ----------
        rules : bool
            Whether the first replications are audited, too, which takes some seconds.

        Returns
        -------
        TrustCard
            ``theory`` has simulated figures beside those of formulas, with a verdict; ``audit``, ``warm_up``
            and ``precision`` the rest; ``doubts`` what speaks against the results, in sentences; ``ok`` if
            nothing does.

        See Also
        --------
        ServiceChain.estimate : what theory says, without a simulation.
        audit : every rule in every replication.
        warm_up : whether the start still matters.

        Examples
        --------
        >>> card = results.check()
        >>> card.theory.query("scope == 'service'")[["measure", "method", "verdict"]].values.tolist()
        [['waiting_time', 'M/M/1', 'agrees'], ['throughput', 'traffic equations', 'agrees']]
        """
        from serviceflow.analysis.trusting import check_results

        return check_results(self, rules)

    def warm_up(self) -> WarmUp:
        """How long the chain takes to forget that it started empty, by MSER-5 over replications.

        Looked at are the requests in the chain and those that wait for each provider, from time 0, averaged
        over replications. Where calendars rule, whole cycles (days or weeks) are compared.

        Returns
        -------
        WarmUp
            ``verdict`` in words, ``needed`` in the chain's time unit (None where the runs are too short to
            tell), ``ok`` if the warm-up of the runs is long enough.

        Raises
        ------
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        plot_warm_up : the same as Welch's plot.
        ServiceChain.simulate : takes ``warm_up="auto"``.

        Examples
        --------
        >>> found = results.warm_up()
        >>> found.needed
        0.0
        >>> found.ok
        True
        """
        from serviceflow.analysis.warming import warm_up_needed

        return warm_up_needed(self.chain, self._records_for("results.warm_up", "it has no single requests"))

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

    def slowest(self, count: int = 10, consumer: str | None = None) -> pd.DataFrame:
        """The completed requests that took longest, with where most of their lost time went.

        Parameters
        ----------
        count : int
            How many.
        consumer : str, optional
            Of this consumer only.

        Returns
        -------
        DataFrame
            Columns are replication, request, consumer, asked, ended, flow_time, work, lost, and most_scope,
            most_place, most_cause and most_time: where most of the lost time went. Work and lost time sum to
            the flow time.

        Raises
        ------
        RequestsError
            If `count` is no positive number.
        UnknownNameError
            If there is no such consumer.
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        story : all that happened to one of them.
        breaches : those to whom a promise was broken.

        Examples
        --------
        >>> table = results.slowest(3)
        >>> table[["most_place", "most_cause"]].iloc[0].tolist()
        ['Clerks', 'contention']
        >>> print(results.story(table["request"][0], table["replication"][0]).verdict)
        completed after ...
        """
        from serviceflow.analysis.single import slowest

        return slowest(self, count, consumer)

    def breaches(self, promise: str) -> pd.DataFrame:
        """Each breach of a promise, the longest first, with where most of the time went.

        Parameters
        ----------
        promise : str
            Its name in :attr:`slas`, such as ``"Guests: resolution"``.

        Returns
        -------
        DataFrame
            Columns are replication, request, since (when the clock began), until (when what was promised
            came; NaN if it did not), outcome, time (by the wall clock), work, lost, and most_scope,
            most_place, most_cause and most_time as in :meth:`slowest`.

        Raises
        ------
        UnknownNameError
            If there is no such promise.
        RequestsError
            If it is not about time.
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        bottlenecks : ``breach_time`` adds them up.
        slas : every promise, and how far it was kept.

        Examples
        --------
        >>> promised = chain.change({"consumers": {"Clients": {"sla": {"resolution": "90% within 30 min"}}}})
        >>> late = promised.simulate(engine="simpy").breaches("Clients: resolution")
        >>> bool(late["time"].min() > 30)
        True
        """
        from serviceflow.analysis.single import breaches

        return breaches(self, promise)

    def story(self, request: int, replication: int = 0) -> Story:
        """Everything that happened to one request: when it waited, for whom, why, and what these had in hand.

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

    def state(self, at: str | float, replication: int = 0) -> State:
        """What is in the chain at an instant: a state from which another run can start.

        What the record tells is exact: where each open request is, the work that is left, when what is on its
        way arrives. Calls that are out are asked again, and outages begin anew.

        Parameters
        ----------
        at : duration
            The instant, counted from time 0 (``"2 weeks 3 days"``), or a date and time
            (``"2026-01-22 10:00"``); all that happens then has happened.
        replication : int
            Counted from 0.

        Returns
        -------
        State
            A table of open requests and of stocks, which ``to_csv`` writes.

        Raises
        ------
        StateError
            If there is no such replication, or the instant is not within its run.
        NotSupportedError
            If a request is where no state can say, in a split within a split.
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        forecast : when those will be done with whom a run started.
        ServiceChain.simulate : ``start_from`` takes a state.

        Examples
        --------
        >>> results.state("9 h")
        State(9 requests: 8 waiting, 1 in work)
        """
        from serviceflow.results.opened import state_at

        return state_at(self, at, replication)

    def forecast(self) -> pd.DataFrame:
        """When each request will be done that was there when the runs started.

        Returns
        -------
        DataFrame
            A row per request: who asked, what it does and where, its age; ``median``, ``low_50``,
            ``high_50``, ``low_90`` and ``high_90``, the time from the start until it ends, and the intervals
            that half and nine in ten of the replications are in (NaN where too many ended before);
            ``done``, the median by the clock; ``completed``, the share of replications in which it did not
            give up, was not refused and came to an end; and ``kept``, the share in which it keeps the promise
            of a resolution, NaN where there is none.

        Raises
        ------
        ForecastError
            If the runs did not start from a state.
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        state : what is there at an instant of a run.
        ServiceChain.simulate : ``start_from`` says what is there.

        Examples
        --------
        >>> today = [{"state": "waiting", "at": "Talk", "age": "5 min"}]
        >>> soon = chain.simulate("1 day", start_from=today, replications=10, engine="simpy")
        >>> soon.forecast()["completed"].tolist()
        [1.0]
        """
        from serviceflow.results.forecasting import forecast

        return forecast(self._records_for("results.forecast", "there are no records"))

    def map(self, *, theme: str = "light") -> Map:
        """How work flowed: lines as wide as their volume, services colored by lost time.

        Parameters
        ----------
        theme : {"light", "dark"}
            What it is to be read on; in a notebook a map takes on the notebook's theme by itself.

        Returns
        -------
        Map
            It shows itself in a notebook, and ``save`` writes it to a file.

        Raises
        ------
        MapFormatError
            If there is no such theme.

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
        return process_map(self.chain, self.kpis, lost=lost, caption=self._caption()).themed(theme)

    def service_map(self, *, theme: str = "light") -> Map:
        """Who served whom, and how well the SLAs between them were kept.

        Parameters
        ----------
        theme : {"light", "dark"}
            What it is to be read on; in a notebook a map takes on the notebook's theme by itself.

        Returns
        -------
        Map
            It shows itself in a notebook, and ``save`` writes it to a file.

        Raises
        ------
        MapFormatError
            If there is no such theme.

        See Also
        --------
        map : how work flowed.

        Examples
        --------
        >>> results.service_map()
        <map of Office: ...>
        """
        from serviceflow.view.service_map import service_map

        return service_map(self.chain, self.kpis, caption=self._caption()).themed(theme)

    def report(
        self,
        path: str | PathLike[str],
        *,
        language: str = "en",
        levers: Levers | None = None,
        survey: Survey | None = None,
        sensitivity: Sensitivity | DesignedSensitivity | None = None,
        search: Search | None = None,
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
        survey : Survey, optional
            What receivers say: shown beside what is kept.
        sensitivity : Sensitivity or DesignedSensitivity, optional
            What :meth:`ServiceChain.sensitivity` found, for a section on what the answer depends on.
        search : Search, optional
            What :func:`search` found, for a section on what staff cost and how good their service is.

        Returns
        -------
        Path
            Where it is.

        Raises
        ------
        ReportError
            If there is no such language, the name does not end in ``.html``, or something else is given as
            ``sensitivity`` or ``search``.

        See Also
        --------
        show : shows it in a notebook.

        Examples
        --------
        >>> results.report("office.html").name
        'office.html'
        """
        from serviceflow.view.report.report import report_html, write_report

        given: Any = {"levers": levers, "survey": survey, "sensitivity": sensitivity, "search": search}
        return write_report(path, lambda: report_html(self, language=language, **given))

    def to_log(self, replication: int = 0, *, unfinished: bool = False) -> pd.DataFrame:
        """The visits of one replication as an event log: an instance of work each.

        Parameters
        ----------
        replication : int
            Which one, from 0.
        unfinished : bool
            Whether visits that had not ended with the run are there, too, as if they ended then; with them
            waits are exactly those of :meth:`waits`.

        Returns
        -------
        DataFrame
            ``case``, ``activity``, ``resource`` (members by name, other staff by number, such as
            ``Clerks 2``), when it was ``enabled`` (its arrival), ``start``, ``end``, ``instance``,
            ``provider``, ``handoff``, ``outcome``, the consumer and the attributes of the case, and
            ``waiting:`` and a cause: seconds. Visits that gave up begin and end when they did. Of requests
            that were created in the window, in order of arrival; called requests belong to the case that
            called.

        Raises
        ------
        NotKeptError
            If the results keep a summary, which has no visits.
        LogError
            If there is no such replication.

        See Also
        --------
        read_log : reads it, or a file of it.
        visits : every visit, with times from 0.

        Examples
        --------
        >>> results.to_log().columns[:6].tolist()
        ['case', 'activity', 'resource', 'enabled', 'start', 'end']
        """
        return self._log(replication, unfinished)[0]

    def to_csv(self, path: str | PathLike[str], replication: int = 0, *, unfinished: bool = False) -> Path:
        """Write :meth:`to_log` to a CSV file; names that a spreadsheet would run get an apostrophe.

        Parameters
        ----------
        path : path
            The file.
        replication, unfinished : optional
            As for :meth:`to_log`.

        Returns
        -------
        Path
            The file.

        See Also
        --------
        to_xes, to_ocel : other formats.

        Examples
        --------
        >>> results.to_csv("log.csv").name
        'log.csv'
        """
        from serviceflow.display.spreadsheet import csv_text, write_text

        return write_text(path, csv_text(self._log(replication, unfinished)[0]))

    def to_xes(self, path: str | PathLike[str], replication: int = 0, *, unfinished: bool = False) -> Path:
        """Write :meth:`to_log` as XES: for each instance three events, which schedule, start and complete it.

        Parameters
        ----------
        path : path
            The file.
        replication, unfinished : optional
            As for :meth:`to_log`.

        Returns
        -------
        Path
            The file.

        See Also
        --------
        to_csv, to_ocel : other formats.

        Examples
        --------
        >>> results.to_xes("log.xes").name
        'log.xes'
        """
        from serviceflow.display.spreadsheet import write_text
        from serviceflow.formats.logs.xes_text import xes_text
        from serviceflow.mining.exported import plain_rows

        table, of_case = self._log(replication, unfinished)
        return write_text(path, "".join(xes_text(plain_rows(table), of_case)))

    def to_ocel(self, path: str | PathLike[str], replication: int = 0, *, unfinished: bool = False) -> Path:
        """Write :meth:`to_log` as OCEL 2.0 JSON: events about requests and those who worked for them.

        Parameters
        ----------
        path : path
            The file.
        replication, unfinished : optional
            As for :meth:`to_log`.

        Returns
        -------
        Path
            The file.

        See Also
        --------
        to_csv, to_xes : other formats.

        Examples
        --------
        >>> results.to_ocel("log.json").name
        'log.json'
        """
        import json

        from serviceflow.display.spreadsheet import write_text
        from serviceflow.formats.logs.ocel_text import ocel_content
        from serviceflow.mining.exported import plain_rows

        table, of_case = self._log(replication, unfinished)
        content = ocel_content(plain_rows(table), of_case)
        return write_text(path, json.dumps(content, ensure_ascii=False, indent=1))

    def compare_log(self, log: EventLog, holdout: float = 0.3) -> Validation:
        """Compare the results with the last cases of a log, beside the log's own noise.

        Parameters
        ----------
        log : EventLog
            Of :func:`read_log`.
        holdout : float
            The share of cases, the latest to begin, with which they are compared.

        Returns
        -------
        Validation
            Distances with their floor, and a verdict in words.

        See Also
        --------
        validate : runs a chain for it, also without its delays.

        Examples
        --------
        >>> import serviceflow as sf
        >>> results.compare_log(sf.read_log(results.to_log())).is_near
        True
        """
        from serviceflow.api.validating import compare_with_log

        return compare_with_log(self, log, holdout)

    def _log(self, replication: int, unfinished: bool) -> tuple[pd.DataFrame, tuple[str, ...]]:
        from serviceflow.mining.exported import log_of

        records = self._records_for("a log", "it has no visits")
        return log_of(records, replication, unfinished)

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

    def promises_and_gaps(self, survey: Survey, tolerance: float = 0.5) -> pd.DataFrame:
        """What the model keeps of each promise, beside the gap that is perceived on the link.

        Parameters
        ----------
        survey : Survey
            What those who are served say.
        tolerance : float
            How far below expectations perceptions may lie, in points of the scale, before that is a gap.

        Returns
        -------
        DataFrame
            By link: the promise that is furthest from being kept, the share ``simulated`` for which it is,
            the gap ``measured`` (mean of reliability and responsiveness, which a run says something about),
            each with its interval, and a ``verdict``: both bad, mend the flow; kept but a gap, expectations
            or communication; broken without a gap, the promise is stricter than needed; both good, leave it.
            "undecided" where an interval crosses its line.

        Raises
        ------
        SurveyError
            If the survey and the chain have no link in common.

        See Also
        --------
        Survey : reads a survey.
        Comparison.predicted_ratings : what would be said after a change.

        Examples
        --------
        >>> import pandas as pd
        >>> rows = [(n, "Clients -> Clerks", item, 5) for n in range(9) for item in range(1, 11)]
        >>> survey = sf.Survey(pd.DataFrame(rows, columns=["respondent", "link", "item", "perception"]),
        ...                    instrument="internal")
        >>> results.promises_and_gaps(survey)[["link", "in the model", "perceived"]].iloc[0].tolist()
        ['Clients -> Clerks', 'no promise', 'no gap']
        """
        from serviceflow.quality.joined import promises_and_gaps

        return promises_and_gaps(self, survey, tolerance)

    def by_completion(self) -> pd.DataFrame:
        """Figures of the requests that *end* in the window, whenever they were asked.

        :attr:`kpis` has those that are *asked* in the window. In a steady state both agree; where queues
        grow they do not, and other tools, as well as reports of what was done last month, count what ends.

        Returns
        -------
        DataFrame
            Rows of the chain and its consumers with the columns of :attr:`kpis`.

        Raises
        ------
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        kpis : every figure, by when requests are asked.

        Examples
        --------
        >>> results.by_completion().query("measure == 'completed'")["scope"].tolist()
        ['chain', 'consumer']
        """
        from serviceflow.results.by_completion import completion_table

        records = self._records_for("results.by_completion()", "single requests are not kept")
        return completion_table(records, self.scenario_name, self.confidence)

    def complaints(self) -> pd.DataFrame:
        """Complaints of consumers and on links, where the chain says how likely they are.

        Returns
        -------
        DataFrame
            Requests (on a handoff: deliveries) that came to an end, those that did not, ``complaints`` and
            their ``cost``, each per replication, and the ``share`` that brought one, with its interval.

        See Also
        --------
        Comparison.complaints : what a scenario does to them.

        Notes
        -----
        The same figures are in :attr:`kpis`: ``complaints``, ``complaint_share`` and ``complaint_cost``.

        Examples
        --------
        >>> told = {"consumers": {"Clients": {"complaints": {"probability": "50% if wait > 20 min else 0%"}}}}
        >>> chain.change(told).simulate(engine="simpy").complaints()["name"].tolist()
        ['Clients']
        """
        from serviceflow.quality.complaints import complaint_table

        return complaint_table(self)

    def measures(self, without: Results | None = None) -> pd.DataFrame:
        """When trainings have paid for themselves: what they cost and what was saved, week by week.

        Parameters
        ----------
        without : Results, optional
            Of the same chain without its trainings, with the same seed; it is simulated if not given.

        Returns
        -------
        DataFrame
            By week of the window: the date on which it ``begins``, the share of the change that is
            ``learned`` at its end, what staff who are away are paid (``staff_time``: they would be paid
            without, too), the price ``spent``, what was ``saved`` (all other costs, with overtime, penalties
            and complaints, less than without), and the ``balance`` so far with its interval. The ``verdict``
            is "paid" from where the whole interval is above 0.

        Raises
        ------
        SurveyError
            If no training begins in the window, or the window is shorter than a week.
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        plot_measures : the balance as a chart.
        Comparison.who_pays : who gains and who pays.

        Notes
        -----
        A training that is over saves on in the weeks that the window does not have: what is not paid at its
        end may be paid later. Penalties and complaints count in the week in which the request was asked.

        Examples
        --------
        >>> told = {"begins": "1 day", "lasts": "2 h", "staff": 1, "price": 90, "provider": "Clerks"}
        >>> trained = chain.change(adds={"trainings": {"Manners": told}})
        >>> trained.simulate("2 weeks", replications=3, seed=7, engine="simpy").measures()["spent"].tolist()
        [90.0, 0.0]
        """
        from serviceflow.quality.trainings import training_table

        return training_table(self, without if without is not None else self._without_trainings())

    def _without_trainings(self) -> Results:
        none: Mapping[str, Any] = {"trainings": dict.fromkeys(self.chain.trainings)}
        settings = self.runs.settings
        return self.chain.change(none).simulate(  # type: ignore[attr-defined, no-any-return]
            duration=settings.duration,
            warm_up=settings.warm_up,
            horizon=settings.horizon,
            replications=self.count,
            seed=self.seed,
            engine=self.engine.split(", then ")[-1],
        )

    def plot_measures(
        self, without: Results | None = None, ax: Axes | None = None, *, language: str = "en"
    ) -> Axes:
        """What trainings have cost and saved so far, week by week.

        Parameters
        ----------
        without : Results, optional
            Of the same chain without its trainings; it is simulated if not given.
        ax : matplotlib Axes, optional
            Where to draw; new axes by default.
        language : {"en", "zh"}
            Of titles, axes and legends; names stay as they are.

        Returns
        -------
        matplotlib Axes
            What was drawn on.

        Raises
        ------
        UnknownNameError
            If there is no such language.
        SurveyError, NotKeptError
            As for :meth:`measures`.

        See Also
        --------
        measures : the same as a table.

        Examples
        --------
        >>> told = {"begins": "1 day", "lasts": "2 h", "staff": 1, "price": 90, "provider": "Clerks"}
        >>> trained = chain.change(adds={"trainings": {"Manners": told}})
        >>> axes = trained.simulate("2 weeks", replications=3, seed=7, engine="simpy").plot_measures()
        >>> axes.get_xlabel()
        'week of the window'
        """
        from serviceflow.view.charts.chinese import in_language, names_of
        from serviceflow.view.charts.payback import plot_payback

        return in_language(
            plot_payback(self.measures(without), title=", ".join(self.chain.trainings), ax=ax),
            language,
            names_of(self.chain),
        )

    def satisfaction(
        self, consumer: str, desired: str, adequate: str, of: str = "response"
    ) -> tuple[float, float, float]:
        """How content a consumer is with times, from 1 (within the desired) to 0 (beyond the adequate).

        Parameters
        ----------
        consumer : str
            Its name.
        desired, adequate : duration
            The zone of tolerance: contentment falls in a straight line between them.
        of : {"response", "resolution"}
            The time to the start of work, or to the end (up to the ``until`` of its promise).

        Returns
        -------
        tuple of float
            Mean over requests, with the ends of its interval; those lost count as 0.

        Raises
        ------
        UnknownNameError
            If there is no such consumer, or no such time.
        SurveyError
            If the times are not in order.

        See Also
        --------
        complaints : those who say so.

        Examples
        --------
        >>> content, low, high = results.satisfaction("Clients", "1 min", "30 min")
        >>> 0 < content < 1
        True
        """
        from serviceflow.quality.complaints import satisfaction

        for what, given, options in (
            ("consumer", consumer, list(self.chain.consumers)),
            ("time", of, ["response", "resolution"]),
        ):
            if given not in options:
                raise UnknownNameError(what, given, options)
        return satisfaction(self, consumer, desired, adequate, of)

    def needs(self, delivered: Mapping[str, float] | None = None) -> pd.DataFrame:
        """What receivers need, what is agreed, what the model can do and what is delivered, on one scale.

        Parameters
        ----------
        delivered : mapping, optional
            Link to the share that was served in time in fact, from a log.

        Returns
        -------
        DataFrame
            By need: shares of requests within the time needed, the gaps between them, and the widest. What is
            agreed for a longer time than is needed counts as 0.

        Raises
        ------
        UnknownNameError
            If something was delivered on a link that the chain does not have.
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        ServiceChain.order_form : asks for needs.

        Examples
        --------
        >>> results.needs().columns.tolist()[:3]
        ['link', 'need', 'agreement']
        """
        from serviceflow.quality.needs import need_table

        return need_table(self, delivered)

    def links(self, survey: Survey | None = None) -> ServiceLinks:
        """Who is served by whom, with all five elements: the links of the chain and how well each was served.

        Parameters
        ----------
        survey : Survey, optional
            What receivers say.

        Returns
        -------
        ServiceLinks
            As of ``chain.links()``; ``evaluation`` has, by link, the share for which each promise was kept,
            the gap (or perception) surveyed, and the share of requests that brought complaints.

        Raises
        ------
        SurveyError
            If the survey and the chain have no link or department in common.

        See Also
        --------
        promises_and_gaps : promises kept beside gaps perceived, with a verdict.

        Examples
        --------
        >>> results.links().evaluation.columns.tolist()
        ['link', 'measure', 'of', 'value', 'low', 'high', 'note']
        """
        from serviceflow.quality.evaluation import evaluated

        return evaluated(self, survey)

    def scorecard(
        self, department: str, survey: Survey | None = None, *, levers: Levers | None = None
    ) -> Scorecard:
        """What is to be known of one department, as provider and as receiver.

        Parameters
        ----------
        department : str
            Its name.
        survey : Survey, optional
            What its receivers say.
        levers : Levers, optional
            What ``chain.levers()`` found: the card then names the best in the department's own hands and in
            others'.

        Returns
        -------
        Scorecard
            What its receivers say, which promises it keeps and gets, why requests wait, pains and delights.

        Raises
        ------
        UnknownNameError
            If there is no such department.

        See Also
        --------
        save_scorecards : all of them in one file.

        Examples
        --------
        >>> results.scorecard("Clerks")
        Scorecard('Clerks': 0 promises, 0 broken)
        """
        from serviceflow.quality.scorecards import Scorecard

        return Scorecard(self, department, survey, levers)

    def save_scorecards(self, path: str | PathLike[str], survey: Survey | None = None) -> None:
        """Write the cards of all departments, those that serve and those that are served, into one HTML file.

        Parameters
        ----------
        path : path
            The file.
        survey : Survey, optional
            What receivers say.

        See Also
        --------
        scorecard : one of them.

        Examples
        --------
        >>> results.save_scorecards("cards.html")
        """
        from serviceflow.quality.scorecards import save_pack

        save_pack(self, path, survey)

    def stars(self) -> pd.DataFrame:
        """Departments by the share of their promises that they keep; those not told apart share a rank.

        Returns
        -------
        DataFrame
            ``rank``, ``kept`` with its interval, and a ``note`` where promises ask for other shares.

        Raises
        ------
        RunError
            If no request has shown whether a promise is kept.

        See Also
        --------
        scorecard : one department.

        Examples
        --------
        >>> len(results.stars())
        0
        """
        from serviceflow.quality.scorecards import star_table

        return star_table(self)

    def profile(
        self,
        department: str,
        survey: Survey | None = None,
        *,
        past: Results | None = None,
        past_survey: Survey | None = None,
        future: Results | None = None,
        names: Mapping[str, str] | None = None,
    ) -> pd.DataFrame:
        """Eight dimensions of a department's service in the past, today and in the future.

        Parameters
        ----------
        department : str
            A provider.
        survey : Survey, optional
            What is said today.
        past, future : Results, optional
            Of the chain as it was, and of a scenario.
        past_survey : Survey, optional
            What was said before.
        names : mapping, optional
            Dimension to what it is to be called.

        Returns
        -------
        DataFrame
            By dimension and period: the ``measure`` that stands for it, whether higher or lower is
            ``better``, its value with an interval, and the ``unit`` or scale; NaN where nothing was measured.
            What is said is never predicted.

        Raises
        ------
        UnknownNameError
            If there is no such provider.

        See Also
        --------
        scorecard : what lies behind it.

        Examples
        --------
        >>> results.profile("Clerks")["dimension"].tolist()[:3]
        ['response', 'reliability', 'completeness']
        """
        from serviceflow.quality.scorecards import profile_table

        if department not in self.chain.providers:
            raise UnknownNameError("provider", department, self.chain.providers)
        runs = {"past": past, "today": self, "future": future}
        surveys = {"past": past_survey, "today": survey}
        return profile_table(department, runs, surveys, dict(names or {}))

    def rounded(self) -> RoundedTable:
        """The figures to look at first, each with as many digits as its interval deserves.

        Returns
        -------
        RoundedTable
            It shows itself in a notebook, prints itself, and saves itself as CSV or Markdown.

        See Also
        --------
        summary : the same as plain numbers, not rounded.

        Examples
        --------
        >>> results.rounded().heads
        ('', 'figure', 'mean', 'interval (95%)', 'unit')
        """
        from serviceflow.view.rounded import rounded_summary

        return rounded_summary(self)

    def to_excel(self, path: str | PathLike[str], *, levers: Levers | None = None) -> Path:
        """Write an Excel file: the answer, figures, promises, waits and levers, with charts.

        Every text in it stays a text, also a name that begins with ``=``. It is written by XlsxWriter, which
        ``pip install 'serviceflow[excel]'`` brings.

        Parameters
        ----------
        path : path
            The file to write; its name ends in ``.xlsx``.
        levers : Levers, optional
            What :meth:`ServiceChain.levers` tried, for a sheet of its own and for the answer.

        Returns
        -------
        Path
            Where it is.

        Raises
        ------
        ExportError
            If the name does not end in ``.xlsx``, or XlsxWriter is not installed.

        See Also
        --------
        save_tables : every table as CSV and Markdown.

        Examples
        --------
        >>> results.to_excel("office.xlsx").name
        'office.xlsx'
        """
        from serviceflow.view.workbook import save_workbook

        return save_workbook(self, path, levers)

    def save_tables(
        self, folder: str | PathLike[str], formats: str | Iterable[str] = ("csv", "md")
    ) -> list[Path]:
        """Write every table to a folder, as CSV that is safe to open in a spreadsheet, and as Markdown.

        Parameters
        ----------
        folder : path
            It is made if it is not there.
        formats : str or iterable of str
            ``"csv"``, ``"md"``, or both.

        Returns
        -------
        list of Path
            The files.

        Raises
        ------
        ExportError
            If there is no such format, or the folder is a file.

        See Also
        --------
        to_excel : all of it in one file.

        Examples
        --------
        >>> [place.name for place in results.save_tables("tables", "csv")][:2]
        ['summary.csv', 'lost_time.csv']
        """
        from serviceflow.view.tables import save_tables

        return save_tables(self, folder, formats)

    def trace(self, path: str | PathLike[str], *, day: str = "worst", replication: int | None = None) -> Path:
        """Write a day of a run as a trace, which Perfetto (ui.perfetto.dev) and Chrome's tracing open.

        Each request has a track with its ways, waits and work; each provider has a track for each of its
        staff, and counters of who waits and of what is in hand.

        Parameters
        ----------
        path : path
            The file to write; its name ends in ``.json``.
        day : {"worst", "median"}
            By how long requests waited in it; the days that the report replays. Where a day has very many or
            very few visits, it is a shorter or a longer stretch.
        replication : int, optional
            Of this replication only, counted from 0.

        Returns
        -------
        Path
            Where it is.

        Raises
        ------
        ExportError
            If the name does not end in ``.json``, or there is no such day or replication.
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        story : all that happened to one request, in words.
        collapsed_stacks : lost time, for flame graphs.

        Examples
        --------
        >>> results.trace("day.json").name
        'day.json'
        """
        from serviceflow.view.trace import save_trace

        return save_trace(self, path, day, replication)

    def collapsed_stacks(self, path: str | PathLike[str]) -> Path:
        """Write lost time as collapsed stacks, which flame graph tools (speedscope, flamegraph.pl) read.

        Parameters
        ----------
        path : path
            The file to write.

        Returns
        -------
        Path
            Where it is: one line for each consumer, place, service and cause, with the milliseconds lost in a
            replication.

        See Also
        --------
        critical_path : the same as a table.

        Examples
        --------
        >>> print(results.collapsed_stacks("lost.txt").read_text("utf-8").split()[0])
        Clients;Clerks;Talk;contention
        """
        from serviceflow.view.trace import save_stacks

        return save_stacks(self, path)

    def _repr_html_(self) -> str:
        from serviceflow.view.notebook import results_html

        return results_html(self, self.map(), self._caption())

    def _caption(self) -> str:
        runs = self.count
        many = "replication" if runs == 1 else "replications"
        start, end = self.runs.program.window
        return f"{runs} {many} of {format_duration(end - start)}, seed {self.seed}"


class Comparison(comparison.Comparison):
    __doc__ = comparison.Comparison.__doc__

    def who_pays(self) -> pd.DataFrame:
        """For every scenario, who gains and who pays: by department, as receiver and as provider.

        Returns
        -------
        DataFrame
            By scenario, department and figure: the difference with its simultaneous interval, and its
            ``effect`` on the department: "gains", "pays", or nothing where the interval holds 0. ``nobody
            pays`` marks the scenarios that make nobody surely worse.

        See Also
        --------
        differences : of every figure.

        Examples
        --------
        >>> comparison.who_pays()["role"].unique().tolist()
        ['provider', 'receiver']
        """
        from serviceflow.quality.who_pays import who_pays_table

        return who_pays_table(self)

    def nobody_pays(self) -> pd.DataFrame:
        """Scenarios by how many departments gain and pay, those first that make nobody surely worse.

        Returns
        -------
        DataFrame
            By scenario: how many departments gain and pay with one of their figures, whether ``nobody pays``,
            and whether that is so ``only together``: of two scenarios in each of which somebody pays.

        See Also
        --------
        who_pays : who they are, and with what.
        with_pairs : tries scenarios two by two.

        Examples
        --------
        >>> comparison.nobody_pays()["scenario"].tolist()
        ['Two clerks']
        """
        from serviceflow.quality.who_pays import nobody_pays_table

        return nobody_pays_table(self)

    def with_pairs(self, most: int = 10) -> Comparison:
        """The same comparison, and scenarios two by two: the pairs that promise to make nobody worse.

        Parameters
        ----------
        most : int
            How many pairs are run. Those are tried first in which departments would lose least, and gain
            most, if the effects of two scenarios added up; whether they do is what the runs say.

        Returns
        -------
        Comparison
            With pairs called ``A + B`` beside the scenarios, with the same random numbers.

        Raises
        ------
        SurveyError
            If the baseline is not the chain of which these are scenarios, or there are fewer than two.

        See Also
        --------
        nobody_pays : which of them make nobody worse.

        Notes
        -----
        Intervals hold for all scenarios together: the more pairs, the wider they are.

        Examples
        --------
        >>> chain.add_scenario("Shorter", changes={"services": {"Talk": {"duration": "6 min"}}})
        >>> chain.compare(replications=2, engine="simpy").with_pairs().scenarios
        ('Two clerks', 'Shorter', 'Two clerks + Shorter')
        """
        from serviceflow.quality.who_pays import with_pairs

        chain, names = with_pairs(self, most)
        base = self.results[self.baseline]
        settings = base.runs.settings
        found: dict[str, Any] = dict(self.results)
        for name in names:
            one: Any = chain.scenario(name)
            made = one.simulate(
                duration=settings.duration,
                warm_up=settings.warm_up,
                horizon=settings.horizon,
                replications=self.count,
                seed=base.seed,
                engine=base.engine.split(", then ")[-1],
            )
            found[name] = Results(made.runs, name)
        return type(self)(found, self.baseline, self._relevant)

    def complaints(self) -> pd.DataFrame:
        """What each scenario does to the share of requests that bring a complaint.

        Returns
        -------
        DataFrame
            By scenario, and consumer or link: the share in the baseline and in the scenario, and the
            difference with its interval, paired by common random numbers.

        See Also
        --------
        Results.complaints : of one chain.

        Examples
        --------
        >>> len(comparison.complaints())
        0
        """
        from serviceflow.quality.complaints import complaint_differences

        return complaint_differences(self)

    def predicted_ratings(self, survey: Survey, scenario: str) -> pd.DataFrame:
        """What would be said after a change: an association, and only where there is enough to go by.

        Parameters
        ----------
        survey : Survey
            What is said today.
        scenario : str
            Of the comparison.

        Returns
        -------
        DataFrame
            By link and dimension, in columns of their own: ``measured``, ``simulated_today``, ``simulated``
            and ``predicted`` with its interval. A rating is predicted for reliability and responsiveness
            only, from eight links on, and never outside of the shares that were observed; a ``note`` says why
            not.

        Raises
        ------
        UnknownNameError
            If there is no such scenario.

        See Also
        --------
        Results.promises_and_gaps : needs no curve.

        Examples
        --------
        >>> import pandas as pd
        >>> rows = [(n, "Clients -> Clerks", item, 5) for n in range(9) for item in range(1, 11)]
        >>> survey = sf.Survey(pd.DataFrame(rows, columns=["respondent", "link", "item", "perception"]),
        ...                    instrument="internal")
        >>> len(comparison.predicted_ratings(survey, "Two clerks"))
        0
        """
        from serviceflow.quality.joined import predicted_ratings

        return predicted_ratings(self[self.baseline], self[scenario], survey)

    def plot(
        self, measures: Sequence[str] | None = None, ax: Axes | None = None, *, language: str = "en"
    ) -> Axes:
        """By how many percent of the baseline figures change, with the intervals of the differences.

        Parameters
        ----------
        measures : sequence of str, optional
            Of :attr:`differences`, of every element; those to look at first by default.
        ax : matplotlib Axes, optional
            Where to draw; new axes by default.
        language : {"en", "zh"}
            Of titles, axes and legends; names stay as they are.

        Returns
        -------
        matplotlib Axes
            What was drawn on.

        Raises
        ------
        UnknownNameError
            If there is no such measure or language.

        See Also
        --------
        plot_before_after : one measure, from what to what.

        Examples
        --------
        >>> axes = comparison.plot(["flow_time"])
        >>> [label.get_text() for label in axes.get_yticklabels()]
        ['Office: flow time', 'Clients: flow time']
        """
        from serviceflow.view.charts.chinese import in_language, names_of
        from serviceflow.view.charts.of_comparison import changes_chart

        return in_language(
            changes_chart(self, measures, ax), language, names_of(self[self.baseline].chain, self.scenarios)
        )

    def plot_before_after(
        self,
        measure: str = "waiting_time",
        scope: str = "provider",
        scenario: str | None = None,
        ax: Axes | None = None,
        *,
        language: str = "en",
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
        language : {"en", "zh"}
            Of titles, axes and legends; names stay as they are.

        Returns
        -------
        matplotlib Axes
            What was drawn on.

        Raises
        ------
        UnknownNameError
            If there is no such scenario or language.
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
        from serviceflow.view.charts.chinese import in_language, names_of
        from serviceflow.view.charts.of_comparison import before_after_chart

        return in_language(
            before_after_chart(self, measure, scope, scenario, ax),
            language,
            names_of(self[self.baseline].chain, self.scenarios),
        )

    def report(
        self,
        path: str | PathLike[str],
        *,
        language: str = "en",
        levers: Levers | None = None,
        survey: Survey | None = None,
        sensitivity: Sensitivity | DesignedSensitivity | None = None,
        search: Search | None = None,
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
        survey : Survey, optional
            What receivers say: shown beside what is kept.
        sensitivity : Sensitivity or DesignedSensitivity, optional
            What :meth:`ServiceChain.sensitivity` found, for a section on what the answer depends on.
        search : Search, optional
            What :func:`search` found, for a section on what staff cost and how good their service is.

        Returns
        -------
        Path
            Where it is.

        Raises
        ------
        ReportError
            If there is no such language, the name does not end in ``.html``, or something else is given as
            ``sensitivity`` or ``search``.

        See Also
        --------
        Results.report : that of a single run.

        Examples
        --------
        >>> comparison.report("office.html").name
        'office.html'
        """
        from serviceflow.view.report.report import report_html, write_report

        given: Any = {"levers": levers, "survey": survey, "sensitivity": sensitivity, "search": search}
        return write_report(path, lambda: report_html(self, language=language, **given))

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

    def rounded(self) -> RoundedTable:
        """The differences to look at first, rounded by their intervals, with a verdict for each.

        Returns
        -------
        RoundedTable
            It shows itself in a notebook, prints itself, and saves itself as CSV or Markdown.

        See Also
        --------
        slide_table : the few of them that a slide has room for.
        summary : the same as plain numbers, not rounded.

        Examples
        --------
        >>> comparison.rounded().heads[2:5]
        ('baseline', 'Two clerks', 'difference')
        """
        from serviceflow.view.rounded import rounded_differences

        return rounded_differences(self)

    def slide_table(self, scenario: str | None = None) -> RoundedTable:
        """A small table for a slide: what matters most, before and after, with a verdict for each row.

        Parameters
        ----------
        scenario : str, optional
            Only this one; all by default.

        Returns
        -------
        RoundedTable
            It shows itself in a notebook, prints itself, and saves itself as CSV or Markdown.

        Raises
        ------
        UnknownNameError
            If there is no such scenario.

        See Also
        --------
        rounded : all that the summary has.

        Examples
        --------
        >>> print(comparison.slide_table().title)
        Office: Two clerks against baseline
        """
        from serviceflow.view.rounded import slide_table

        return slide_table(self, None if scenario is None else self._one_of(scenario))

    def map(self, scenario: str | None = None, *, theme: str = "light") -> Map:
        """How a scenario changes the flow: its map, with figures from what to what, and what is better.

        Parameters
        ----------
        scenario : str, optional
            Of several scenarios which one; the first by default.
        theme : {"light", "dark"}
            What it is to be read on; in a notebook a map takes on the notebook's theme by itself.

        Returns
        -------
        Map
            Waiting times and handoff times that the runs know to differ are colored; what the scenario alters
            in the chain has a thick frame, or says "changed".

        Raises
        ------
        UnknownNameError
            If there is no such scenario.
        MapFormatError
            If there is no such theme.

        See Also
        --------
        slide_table : the figures that matter most, before and after.
        Results.map : that of one of them.

        Examples
        --------
        >>> comparison.map()
        <map of Office: ...>
        """
        from serviceflow.view.change_map import change_map

        return change_map(self, self._one_of(scenario)).themed(theme)

    def _one_of(self, scenario: str | None) -> str:
        """A scenario by its name; the first by default."""
        if scenario is not None and scenario not in self.scenarios:
            raise UnknownNameError("scenario", scenario, self.scenarios)
        return self.scenarios[0] if scenario is None else scenario

    def to_excel(self, path: str | PathLike[str], *, levers: Levers | None = None) -> Path:
        """Write an Excel file: the answer, differences with verdicts, changes, and every figure, with charts.

        Every text in it stays a text, also a name that begins with ``=``. It is written by XlsxWriter, which
        ``pip install 'serviceflow[excel]'`` brings.

        Parameters
        ----------
        path : path
            The file to write; its name ends in ``.xlsx``.
        levers : Levers, optional
            What :meth:`ServiceChain.levers` tried, for a sheet of its own and for the answer.

        Returns
        -------
        Path
            Where it is.

        Raises
        ------
        ExportError
            If the name does not end in ``.xlsx``, or XlsxWriter is not installed.

        See Also
        --------
        save_tables : every table as CSV and Markdown.

        Examples
        --------
        >>> comparison.to_excel("office.xlsx").name
        'office.xlsx'
        """
        from serviceflow.view.workbook import save_workbook

        return save_workbook(self, path, levers)

    def save_tables(
        self, folder: str | PathLike[str], formats: str | Iterable[str] = ("csv", "md")
    ) -> list[Path]:
        """Write every table to a folder, as CSV that is safe to open in a spreadsheet, and as Markdown.

        Parameters
        ----------
        folder : path
            It is made if it is not there.
        formats : str or iterable of str
            ``"csv"``, ``"md"``, or both.

        Returns
        -------
        list of Path
            The files.

        Raises
        ------
        ExportError
            If there is no such format, or the folder is a file.

        See Also
        --------
        to_excel : all of it in one file.

        Examples
        --------
        >>> [place.name for place in comparison.save_tables("tables", "csv")][:2]
        ['summary.csv', 'changes.csv']
        """
        from serviceflow.view.tables import save_tables

        return save_tables(self, folder, formats)

    def _repr_html_(self) -> str:
        from serviceflow.view.notebook import comparison_html

        return comparison_html(self)


class Factorial(factorial.Factorial, Comparison):
    __doc__ = factorial.Factorial.__doc__


__all__ = ["Comparison", "Factorial", "Results"]

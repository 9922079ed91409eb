"""The charts of results: every method gives the axes on which it has drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from serviceflow.results import results

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Charts(results.Results):
    """Results that draw charts."""

    def plot_waits(self, ax: Axes | None = None, *, language: str = "en") -> Axes:
        """Draw waiting per request by provider, stacked by cause.

        Parameters
        ----------
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

        See Also
        --------
        waits : the figures.
        plot_lost_time : everything that is not work, each wait once.

        Examples
        --------
        >>> axes = results.plot_waits()
        >>> axes.get_xlabel()
        'waiting time (min per request)'
        """
        from serviceflow.view.charts.chinese import in_language, names_of
        from serviceflow.view.charts.of_results import waits_chart

        return in_language(waits_chart(self, ax), language, names_of(self.chain))

    def plot_lost_time(self, ax: Axes | None = None, *, language: str = "en") -> Axes:
        """Draw the time that a request loses by place, stacked by cause, with the interval of each place.

        Everything on a request's way that is not work, each wait once: where it arose.

        Parameters
        ----------
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

        See Also
        --------
        critical_path : the figures, also by consumer and service.

        Examples
        --------
        >>> axes = results.plot_lost_time()
        >>> [label.get_text() for label in axes.get_yticklabels()]
        ['Clerks']
        """
        from serviceflow.view.charts.chinese import in_language, names_of
        from serviceflow.view.charts.of_results import lost_time_chart

        return in_language(lost_time_chart(self, ax), language, names_of(self.chain))

    def plot_utilization(self, provider: str, ax: Axes | None = None, *, language: str = "en") -> Axes:
        """How many of a provider's staff are busy in each hour of the week, against those on duty.

        Parameters
        ----------
        provider : str
            Its name.
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
            If there is no such provider or language.

        See Also
        --------
        providers : utilization as figures.

        Examples
        --------
        >>> axes = results.plot_utilization("Clerks")
        """
        from serviceflow.view.charts.chinese import in_language, names_of
        from serviceflow.view.charts.of_results import utilization_chart

        return in_language(utilization_chart(self, provider, ax), language, names_of(self.chain))

    def plot_queue(self, provider: str, ax: Axes | None = None, *, language: str = "en") -> Axes:
        """How many requests wait for a provider in each hour of the week, with a band over replications.

        Parameters
        ----------
        provider : str
            Its name.
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
            If there is no such provider or language.
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        plot_provider : instant by instant, in one replication.
        plot_work_in_progress : all requests, waiting or not.

        Examples
        --------
        >>> axes = results.plot_queue("Clerks")
        >>> axes.get_ylabel()
        'requests waiting (mean number)'
        """
        from serviceflow.view.charts.chinese import in_language, names_of
        from serviceflow.view.charts.of_results import queue_chart

        return in_language(queue_chart(self, provider, ax), language, names_of(self.chain))

    def plot_work_in_progress(
        self, consumer: str | None = None, ax: Axes | None = None, *, language: str = "en"
    ) -> Axes:
        """How many requests are in the chain in each hour of the week, with a band over replications.

        Parameters
        ----------
        consumer : str, optional
            Whose; of all consumers by default.
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
            If there is no such consumer or language.
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        plot_queue : those that wait for one provider.

        Examples
        --------
        >>> axes = results.plot_work_in_progress()
        >>> axes.get_ylabel()
        'requests in progress (mean number)'
        """
        from serviceflow.view.charts.chinese import in_language, names_of
        from serviceflow.view.charts.of_results import in_progress_chart

        return in_language(in_progress_chart(self, consumer, ax), language, names_of(self.chain))

    def plot_warm_up(self, what: str | None = None, ax: Axes | None = None, *, language: str = "en") -> Axes:
        """Welch's plot: a level from the start of the runs, and where the warm-up ends and should end.

        Parameters
        ----------
        what : str, optional
            A provider, for those that wait for it; all requests in the chain by default.
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
            If there is no such provider or language.
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        warm_up : the same in words and figures.

        Examples
        --------
        >>> axes = results.plot_warm_up()
        >>> axes.get_ylabel()
        'requests (mean number)'
        """
        from serviceflow.view.charts.chinese import in_language, names_of
        from serviceflow.view.charts.of_results import warm_up_chart

        return in_language(warm_up_chart(self, what, ax), language, names_of(self.chain))

    def plot_heatmap(
        self,
        provider: str | None = None,
        of: str = "waiting",
        ax: Axes | None = None,
        *,
        language: str = "en",
    ) -> Axes:
        """Color each hour of the week by the time that is lost by those who come in it.

        Parameters
        ----------
        provider : str, optional
            At whose services; everywhere by default. Hours with its staff on duty are outlined.
        of : {"waiting", "handoff", "paused", "blocked", "all"}
            Which parts of the requests' time.
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
            If there is no such provider or language.
        WaitsError
            If there is no such part.

        See Also
        --------
        waits : the figures, with ``by=["weekday", "hour"]``.

        Examples
        --------
        >>> axes = results.plot_heatmap("Clerks")
        >>> axes.get_xlabel()
        'hour of the day; outlined: staff on duty'
        """
        from serviceflow.view.charts.chinese import in_language, names_of
        from serviceflow.view.charts.of_results import heatmap_chart

        return in_language(heatmap_chart(self, provider, of, ax), language, names_of(self.chain))

    def plot_flow_times(
        self, consumer: str | None = None, ax: Axes | None = None, *, language: str = "en"
    ) -> Axes:
        """How the flow times of completed requests are spread, with what is promised of them.

        A promise is drawn if it is one of the flow time: of elapsed time to the end of the request, and the
        same for all. Others are drawn by :meth:`plot_promise`.

        Parameters
        ----------
        consumer : str, optional
            Whose; of all consumers by default.
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
            If there is no such consumer or language.
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        consumers : means and quantiles.

        Examples
        --------
        >>> axes = results.plot_flow_times("Clients")
        >>> axes.get_xlabel().splitlines()[0]
        'flow time (min)'
        """
        from serviceflow.view.charts.chinese import in_language, names_of
        from serviceflow.view.charts.of_results import flow_times_chart

        return in_language(flow_times_chart(self, consumer, ax), language, names_of(self.chain))

    def plot_promise(self, promise: str, ax: Axes | None = None, *, language: str = "en") -> Axes:
        """How the times that a promise is about are spread, on its own clock, with what was promised.

        Where what is promised differs from request to request, the time beyond it is drawn.

        Parameters
        ----------
        promise : str
            Its name, as in :attr:`slas`.
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
            If there is no such promise or language.
        ChartError
            If no time is promised.
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        plot_attainment : all promises at once.

        Examples
        --------
        >>> promised = chain.change({"consumers": {"Clients": {"sla": {"response": "90% within 10 min"}}}})
        >>> axes = promised.simulate(engine="simpy").plot_promise("Clients: response")
        >>> axes.get_title(loc="left")
        'Clients: response time'
        """
        from serviceflow.view.charts.chinese import in_language, names_of
        from serviceflow.view.charts.of_results import promise_chart

        return in_language(promise_chart(self, promise, ax), language, names_of(self.chain))

    def plot_attainment(self, ax: Axes | None = None, *, language: str = "en") -> Axes:
        """The share for which each promise was kept, with its interval, beside what was promised.

        Parameters
        ----------
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

        See Also
        --------
        slas : the figures.

        Examples
        --------
        >>> axes = results.plot_attainment()
        >>> axes.get_xlabel()
        'share of requests (%)'
        """
        from serviceflow.view.charts.chinese import in_language, names_of
        from serviceflow.view.charts.of_results import attainment_chart

        return in_language(attainment_chart(self, ax), language, names_of(self.chain))

    def plot_requests(
        self,
        requests: int | Sequence[int],
        replication: int = 0,
        ax: Axes | None = None,
        *,
        language: str = "en",
    ) -> Axes:
        """Draw what happened to one request or some as bars over time, causes of lost time in their colors.

        Of one request each visit has a row, and called requests stand under the visit that asked; of
        several each request has one. A wait of several causes has them one after another: how they took
        turns is not recorded.

        Parameters
        ----------
        requests : int or sequence of int
            Rows among the requests of a replication.
        replication : int
            Counted from 0.
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
        StoryError
            If there is no such request or replication.
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        story : the same in words.

        Examples
        --------
        >>> axes = results.plot_requests(0)
        >>> [label.get_text() for label in axes.get_yticklabels()]
        ['1. Talk']
        """
        from serviceflow.view.charts.chinese import in_language, names_of
        from serviceflow.view.charts.of_results import requests_chart

        return in_language(requests_chart(self, requests, replication, ax), language, names_of(self.chain))

    def plot_provider(
        self,
        provider: str,
        replication: int = 0,
        start: str = "0 h",
        duration: str = "1 week",
        ax: Axes | None = None,
        *,
        language: str = "en",
    ) -> Axes:
        """Who was on duty, who worked and how many requests waited, instant by instant in one replication.

        Parameters
        ----------
        provider : str
            Its name.
        replication : int
            Counted from 0.
        start : str
            From when on, counted from the end of the warm-up.
        duration : str
            For how long.
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
            If there is no such provider or language.
        ChartError
            If there is no such replication, or nothing lies there.
        NotKeptError
            If the results keep a summary.

        See Also
        --------
        plot_queue : the mean over all weeks and replications.

        Examples
        --------
        >>> axes = results.plot_provider("Clerks", duration="8 h")
        >>> axes.get_ylabel()
        'staff, and requests (number)'
        """
        from serviceflow.view.charts.chinese import in_language, names_of
        from serviceflow.view.charts.of_results import provider_chart

        return in_language(
            provider_chart(self, provider, replication, start, duration, ax), language, names_of(self.chain)
        )


__all__ = ["Charts"]

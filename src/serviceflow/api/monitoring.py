"""Reality beside a model: control charts by week, and what a change brought, on logs as on results."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.analysis.sensitivity import inputs_of
from serviceflow.api.chains import ServiceChain
from serviceflow.errors import nearest
from serviceflow.mining.before_after import BeforeAfter
from serviceflow.mining.event_log import EventLog, read_log
from serviceflow.mining.weekly import WEEK, LogWeeks, Weeks
from serviceflow.model.links import Link
from serviceflow.quality import monitoring
from serviceflow.quality.errors import SurveyError
from serviceflow.quality.monitoring import deviations, observed_weeks, weekly_figures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from serviceflow.api.results import Results

MOST = 3
"""Parameters that are tried in the model, those that are furthest off."""


class Monitor(monitoring.Monitor):
    """What was observed by week, beside what a model expects.

    Attributes
    ----------
    table : DataFrame
        One row per figure and week: what was observed, what is expected, the limits, and whether it lies
        ``above`` or ``below`` them.
    findings : tuple of str
        Where reality has left the model, in sentences; empty where it has not.
    explanations : DataFrame
        Parameters that are other than in the model, the one that is furthest off first.
    notes : tuple of str
        What could not be told.

    See Also
    --------
    monitor : makes one.
    """

    time_unit: str = ""
    """The unit of waits, that of the chain."""

    def plot(self, figure: str | None = None, ax: Axes | None = None) -> Axes:
        """A control chart: what was observed by week, within the limits that the model expects.

        Parameters
        ----------
        figure : str, optional
            Which; the first one with a finding by default, or else the first.
        ax : matplotlib Axes, optional
            Where to draw; new axes by default.

        Returns
        -------
        matplotlib Axes
            What was drawn on.

        Raises
        ------
        SurveyError
            If there is no such figure.

        See Also
        --------
        before_after : what a change did, with an interval.

        Examples
        --------
        >>> import pandas as pd
        >>> weeks = pd.DataFrame({"week": [1, 2], "figure": "wait: Clerks", "value": [18.0, 90.0]})
        >>> longer = chain.simulate("12 weeks", replications=2, seed=7, engine="simpy")
        >>> sf.monitor(longer, weeks).plot().get_title(loc="left")
        'wait: Clerks'
        """
        from serviceflow.view.charts.control import plot_control

        names = list(dict.fromkeys(self.table["figure"]))
        chosen = figure if figure is not None else [*self.left, *names][0]
        if chosen not in names:
            hint = nearest(chosen, names)
            raise SurveyError(f"there is no figure {chosen!r}{hint}; there are: {', '.join(names)}")
        table = self.table[self.table["figure"] == chosen]
        return plot_control(table, title=chosen, unit=self.time_unit, ax=ax)


def monitor(
    expected: Results | ServiceChain,
    observed: Results | EventLog | pd.DataFrame,
    *,
    explain: bool = True,
    **settings: Any,
) -> Monitor:
    """Control charts of promises and waits by week, with the spread that a model expects.

    Parameters
    ----------
    expected : Results or ServiceChain
        Of the model: its weeks, over all replications, say what happens by chance. A chain is simulated.
    observed : EventLog, DataFrame or Results
        What happened: a log, or a table that :func:`read_log` reads; weekly figures with columns ``week``,
        ``figure`` and ``value``; or results of one run that stand for reality. Figures are called ``kept: ``
        and the name of a promise (a share), or ``wait: `` and a provider (a mean, in the model's unit of
        time).
    explain : bool
        Whether, where there are findings, parameters are looked for that are other than in the model, and
        those that are furthest off are tried in it.
    **settings
        Of :meth:`ServiceChain.simulate`, for a chain, and for what is tried.

    Returns
    -------
    Monitor
        The charts as a table, findings where reality has left the model, and parameters that would explain
        them.

    Raises
    ------
    SurveyError
        If there are other figures or columns, or too few weeks.
    LogError
        If the log cannot be read.
    NotKeptError
        If results keep a summary.

    See Also
    --------
    before_after : what a change brought.
    Results.promises_and_gaps : what those who are served say.

    Notes
    -----
    A log does not show everything: when a case really came is its first start, unless the log says when work
    was enabled. The model's weeks are read from the logs that its runs would leave, in the same way.

    Examples
    --------
    >>> import pandas as pd
    >>> import serviceflow as sf
    >>> chain = sf.ServiceChain("Office", run={"duration": "12 weeks", "replications": 2, "seed": 7})
    >>> chain.add_provider("Clerks", staff=1)
    >>> chain.add_service("Talk", provider="Clerks", duration="exponential(mean=3 h)")
    >>> chain.add_consumer("Clients", arrivals={"rate": "4 per day"}, enters="Talk")
    >>> weeks = pd.DataFrame({"week": [1, 2], "figure": "wait: Clerks", "value": [180.0, 9000.0]})
    >>> print(sf.monitor(chain.simulate(engine="simpy"), weeks))
    wait: Clerks: outside of ... in week 2 (above)
    """
    model = expected.simulate(**settings) if isinstance(expected, ServiceChain) else expected
    found = _monitored(model, observed, explain, settings)
    found.time_unit = model.chain.time_unit
    return found


def _monitored(
    model: Results, observed: Results | EventLog | pd.DataFrame, explain: bool, settings: dict[str, Any]
) -> Monitor:
    if isinstance(observed, pd.DataFrame):
        if "week" in observed or not len(observed.columns):
            return Monitor(weekly_figures(model), observed_weeks(observed))
        observed = read_log(observed)
    recorded = not isinstance(observed, EventLog) or "enabled" in observed.table
    if isinstance(observed, EventLog):
        found, log, runs = _of_log(model, observed.table, recorded)
    else:
        found = Monitor(weekly_figures(model), observed_weeks(observed))
        log, runs = _run_weeks(observed, 0, True), _runs_weeks(model, True)
    if explain and found.findings:
        mine = _numbered([one.parameters() for one in runs])
        found.explanations = deviations(mine, log.parameters())
        found.explanations["explains"] = _tried(model, found, recorded, settings)
    return found


def _of_log(model: Results, seen: pd.DataFrame, recorded: bool) -> tuple[Monitor, LogWeeks, list[LogWeeks]]:
    """The charts of a log, its weeks, and those of the model's runs."""
    weeks = Weeks.of(seen, _begins(model))
    if not weeks.count:
        raise SurveyError("the log has no whole week; give a longer one")
    services = list(model.chain.services)
    if not set(seen["activity"].astype(str)) & set(services):
        raise SurveyError(
            f"the log shows nothing of {model.chain.name!r}: no activity is called as one of its services"
            f" ({', '.join(services[:5])}); rename the activities"
        )
    log, runs = LogWeeks(seen, model.chain, weeks, recorded), _runs_weeks(model, recorded)
    figures, expected = log.figures(), _numbered([one.figures() for one in runs])
    notes = tuple(f"{name}: a log does not show whether it was kept" for name in dict.fromkeys(log.skipped))
    return Monitor(expected, figures[figures["figure"].isin(set(expected["figure"]))], notes), log, runs


def _begins(model: Results) -> int:
    midnight = np.datetime64(dt.datetime.combine(model.chain.start, dt.time()), "us")
    return int(midnight.astype(np.int64)) + model.runs.program.window[0]


def _run_weeks(model: Results, number: int, recorded: bool) -> LogWeeks:
    """The weeks of one replication's log."""
    start, end = model.runs.program.window
    return LogWeeks(model.to_log(number), model.chain, Weeks(_begins(model), (end - start) // WEEK), recorded)


def _numbered(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([table.assign(replication=number) for number, table in enumerate(tables)])


def _runs_weeks(model: Results, recorded: bool) -> list[LogWeeks]:
    return [_run_weeks(model, number, recorded) for number in range(model.count)]


def before_after(
    observed: EventLog | Results | pd.DataFrame,
    at: str | float,
    figures: str | Sequence[str] | None = None,
    *,
    chain: ServiceChain | None = None,
    comparison: str | None = None,
    settling: int = 0,
    trend: bool = True,
) -> BeforeAfter:
    """What a change brought, from weeks before and after it: the step of an interrupted series.

    Parameters
    ----------
    observed : EventLog, Results or DataFrame
        A log, or a table that :func:`read_log` reads; results of one run; or weekly figures with columns
        ``week``, ``figure`` and ``value``.
    at : str or number
        When it was changed: a date of the log, or the number of the first week after it.
    figures : str or sequence of str, optional
        Which figures, as :func:`monitor` calls them; all by default.
    chain : ServiceChain, optional
        Whose promises and providers a log is about.
    comparison : str, optional
        A figure that the change cannot have touched: what happened to both is no effect of it.
    settling : int
        Weeks after the change that are left out.
    trend : bool
        Whether the figure has a trend of its own besides the step.

    Returns
    -------
    BeforeAfter
        Effects with their intervals, and the weeks as fitted.

    Raises
    ------
    SurveyError
        If there is no such figure, no chain for a log, or fewer than 8 weeks on either side.

    See Also
    --------
    monitor : where reality has left a model.

    Notes
    -----
    Whether something else happened at the same time no series can tell; a comparison can tell of what
    happened to both. With a trend, the step is what is left beside it.

    Examples
    --------
    >>> import pandas as pd
    >>> import serviceflow as sf
    >>> waits = [40, 42, 39, 41, 38, 43, 40, 41, 29, 31, 30, 28, 32, 30, 29, 31]
    >>> weeks = pd.DataFrame({"week": range(1, 17), "figure": "wait: Clerks", "value": waits})
    >>> print(sf.before_after(weeks, 9, trend=False))
    wait: Clerks: -10.5 (-12.1 to -8.91) since the change: better
    """
    weekly, since = _weekly(observed, at, chain)
    names = list(dict.fromkeys(weekly["figure"])) if figures is None else figures
    chosen = [names] if isinstance(names, str) else [name for name in names if name != comparison]
    return BeforeAfter(weekly, since, chosen, comparison or "", settling, trend)


def _weekly(
    observed: EventLog | Results | pd.DataFrame, at: str | float, chain: ServiceChain | None
) -> tuple[pd.DataFrame, float]:
    """Figures by week, and the first week after the change."""
    if isinstance(observed, pd.DataFrame) and "week" in observed:
        return observed_weeks(observed), _week_number(at)
    if isinstance(observed, pd.DataFrame):
        observed = read_log(observed)
    if not isinstance(observed, EventLog):
        return observed_weeks(observed), _week_number(at)
    if chain is None:
        raise SurveyError("a log does not say what was promised, and who serves: give chain=")
    try:
        moment = np.datetime64(str(at), "us")
    except ValueError:
        raise SurveyError(f"at={at!r} is no date of a log; write it as 2026-03-02") from None
    since = int(moment.astype(np.int64))
    weeks = Weeks.of(observed.table, since)
    figures = LogWeeks(observed.table, chain, weeks, "enabled" in observed.table).figures()
    return figures, 1 + (since - weeks.start) // WEEK


def _week_number(at: str | float) -> float:
    if isinstance(at, int | float) and not isinstance(at, bool):
        return float(at)
    raise SurveyError(f"at={at!r} is no number of a week; give the first week after the change")


# What explains it


def _tried(model: Results, found: Monitor, recorded: bool, settings: Mapping[str, Any]) -> list[str]:
    """What of the findings a model with each parameter as it was observed has, of those furthest off."""
    told = []
    for place, row in enumerate(found.explanations.to_dict("records")):
        changes = _changes(model, row["parameter"], row["observed"], row["ratio"])
        if place >= MOST or changes is None:
            told.append("")
            continue
        run = dict(settings) or {
            "duration": model.runs.settings.duration,
            "warm_up": model.runs.settings.warm_up,
        }
        run |= {"replications": model.count, "seed": model.seed, "engine": model.engine.split(", then ")[-1]}
        changed = model.chain.change(changes).simulate(**run)  # type: ignore[attr-defined]
        told.append(_explained(found, _numbered([one.figures() for one in _runs_weeks(changed, recorded)])))
    return told


def _changes(model: Results, parameter: str, observed: float, ratio: float) -> Mapping[str, Any] | None:
    inputs = {one.name: one for one in inputs_of(model.chain)}
    if parameter in inputs and np.isfinite(ratio) and ratio > 0:
        return inputs[parameter].changes(ratio)
    if parameter.startswith("share of "):
        return {"handoffs": {Link.parse(parameter.removeprefix("share of ")): {"probability": observed}}}
    return None


def _explained(found: Monitor, tried: pd.DataFrame) -> str:
    """By how much of the distance each figure that has left the model comes nearer."""
    parts = []
    for name in found.left:
        own = found.table[found.table["figure"] == name]
        gap = float(own["observed"].mean() - own["expected"].iloc[0])
        moved = float(tried[tried["figure"] == name]["value"].mean() - own["expected"].iloc[0])
        if gap and moved / gap >= 0.1:
            parts.append(f"{min(moved / gap, 9.99):.0%} of the change in {name}")
    return ", ".join(parts)

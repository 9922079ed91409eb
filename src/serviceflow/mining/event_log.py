"""An event log: instances of work with who did it and when, and what had to be assumed to get there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.errors import one_line
from serviceflow.formats.logs.csv_file import distinct, read_csv
from serviceflow.formats.logs.ocel_file import read_ocel
from serviceflow.formats.logs.raw import LARGEST_FILE, MEGABYTE, LogError, RawLog, many
from serviceflow.formats.logs.xes_file import read_xes
from serviceflow.mining import cleaning
from serviceflow.mining.columns import Columns, guess
from serviceflow.mining.stamps import read_stamps

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from serviceflow.view.maps import Map

FIRST = ("case", "activity", "resource", "enabled", "start", "end")
RECORDED = "waiting:"
"""How columns begin that hold the recorded waits of a cause, in seconds."""


class LogReport(list[str]):
    """What was found and done in reading a log: sentences with counts, which can be written as a page.

    Parameters
    ----------
    sentences : list of str
        With counts.
    log : EventLog
        What they are about.

    See Also
    --------
    EventLog : has one.

    Examples
    --------
    Of the log in the example of :class:`EventLog`:

    >>> log.report("today.html").name
    'today.html'
    """

    def __init__(self, sentences: Iterable[str], log: EventLog) -> None:
        super().__init__(sentences)
        self._log = log

    def __call__(
        self,
        path: str | os.PathLike[str],
        *,
        calendars: Mapping[str, Mapping[str, Any]] | None = None,
        language: str = "en",
    ) -> Path:
        """Write one HTML file that needs no other: how long cases take, the map, waits by cause, and when.

        Parameters
        ----------
        path : path
            The ``.html`` file to write.
        calendars : mapping, optional
            As for :meth:`EventLog.waits`.
        language : {"en", "zh"}
            What is shown first; a reader may switch.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ReportError
            If the name is that of no HTML file, or there is no such language.
        """
        from serviceflow.mining.log_report import log_report
        from serviceflow.view.report.report import write_report

        return write_report(path, lambda: log_report(self._log, calendars, language))


A_TABLE = "table"
"""What errors call a log that is no file."""


class EventLog:
    """Instances of work of a log, one row each, with what was assumed.

    Attributes
    ----------
    table : DataFrame
        ``case``, ``activity``, ``resource``, ``start`` and ``end``, as the clock of ``timezone`` shows
        them, then what else the log has; sorted by case and start.
    columns : dict
        Which column of the log was taken for what.
    report : LogReport
        What was found and done: a list of sentences with counts. Called with the name of a file, such as
        ``log.report("today.html")``, it writes a page with the map, the waits and their causes.
    timezone : str or None
        The zone of the stamps.
    open : DataFrame
        Work that had begun when the log ended: ``case``, ``activity``, ``resource`` and ``start``.

    See Also
    --------
    read_log : makes one.

    Examples
    --------
    >>> import pandas as pd
    >>> import serviceflow as sf
    >>> log = sf.read_log(pd.DataFrame({
    ...     "case": [1, 1, 2],
    ...     "activity": ["Talk", "Solve", "Talk"],
    ...     "resource": ["Ann", "Ben", "Ann"],
    ...     "start": ["2026-01-05 09:00", "2026-01-05 09:30", "2026-01-05 09:10"],
    ...     "end": ["2026-01-05 09:10", "2026-01-05 10:00", "2026-01-05 09:20"]}))
    >>> log
    EventLog('Log': 2 cases, 3 instances)
    """

    def __init__(
        self,
        name: str,
        table: pd.DataFrame,
        columns: Columns | Mapping[str, str],
        report: list[str],
        timezone: str | None,
    ) -> None:
        self.name = name
        self.table = table
        self.columns: dict[str, str] = dict(columns.items())
        self.report: LogReport = LogReport(report, self)
        self.timezone = timezone
        self.open: pd.DataFrame = table.iloc[:0]

    @property
    def cases(self) -> int:
        """How many cases there are."""
        return int(self.table["case"].nunique())

    def waits(
        self,
        by: str | Iterable[str] = ("provider", "cause"),
        *,
        calendars: Mapping[str, Mapping[str, Any]] | None = None,
        time_unit: str = "min",
        recorded: bool = True,
    ) -> pd.DataFrame:
        """Where the cases waited, and why, without a simulation; the columns are those of ``results.waits``.

        Parameters
        ----------
        by : str or iterable of str
            Any of ``provider`` (the resource), ``cause``, ``service`` (the activity), ``handoff`` (from the
            activity that enabled it), ``from`` and ``from_provider``, ``case``, ``hour``, ``weekday`` (of the
            instant at which it was enabled), or a column of the log.
        calendars : mapping, optional
            Resource to its calendar, in the notation of a model file; without it, calendars are found in the
            log. Resources that are not named are always there.
        time_unit : str
            The unit of the times.
        recorded : bool
            Whether causes that the log itself has are taken, as those that results were written with.

        Returns
        -------
        DataFrame
            A column per key, ``total``, its share, the number of visits that waited, and the time of each.
            ``unexplained`` is what no cause accounts for.

        Raises
        ------
        LogError
            If there is no such key, unit or calendar.

        See Also
        --------
        Results.waits : the same of a simulation.

        Examples
        --------
        >>> log.waits(by=["service", "cause"])[["service", "cause", "total"]]
          service        cause  total
        0   Solve  unexplained   20.0
        """
        from serviceflow.mining.log_waits import log_waits

        return log_waits(self, by, calendars, time_unit, recorded)

    def plot_waits(
        self,
        ax: Axes | None = None,
        *,
        calendars: Mapping[str, Mapping[str, Any]] | None = None,
        time_unit: str = "min",
    ) -> Axes:
        """Draw waiting per case by resource, stacked by cause; what no cause accounts for is shown as such.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; new axes by default.
        calendars : mapping, optional
            As for :meth:`waits`.
        time_unit : str
            The unit of the times.

        Returns
        -------
        matplotlib Axes
            What was drawn on.

        See Also
        --------
        waits : the figures.

        Examples
        --------
        >>> log.plot_waits().get_xlabel()
        'waiting time (min per case)'
        """
        from serviceflow.view.charts.waits import plot_waits

        table = self.waits(["provider", "cause"], calendars=calendars, time_unit=time_unit)
        wide = table.pivot_table(index="provider", columns="cause", values="total", aggfunc="sum").fillna(0.0)
        wide = wide.loc[wide.sum(axis=1).sort_values(ascending=False).index]
        return plot_waits(wide / self.cases, unit=f"{time_unit} per case", ax=ax)

    def map(self, *, theme: str = "light") -> Map:
        """How work flows in the log: activities by provider, with the shares of what comes next.

        Parameters
        ----------
        theme : {"light", "dark"}
            What it is to be read on.

        Returns
        -------
        Map
            It shows itself in a notebook, and ``save`` writes it to a file.

        See Also
        --------
        discover : the chain that is drawn.

        Examples
        --------
        >>> log.map()
        <map of Log: ...>
        """
        from serviceflow.mining.discovery.chain import discover_chain
        from serviceflow.model.chain import Chain
        from serviceflow.view.process_map import process_map

        return process_map(discover_chain(self, Chain).chain).themed(theme)

    def __str__(self) -> str:
        return "\n".join(self.report)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        return f"EventLog({self.name!r}: {self.cases:,} cases, {len(self):,} instances)"


def read_log(
    source: str | os.PathLike[str] | pd.DataFrame,
    columns: Mapping[str, str] | None = None,
    timezone: str | None = None,
    *,
    object_type: str | None = None,
) -> EventLog:
    r"""Read an event log: CSV, XES (packed or not), Parquet, OCEL 2.0 JSON, or a DataFrame.

    Columns are guessed and shown in the report, events that begin and end work are paired, missing starts are
    repaired, duplicates and rows that only mark cases are left out, and each of these is told with its count.

    Parameters
    ----------
    source : path or DataFrame
        The log.
    columns : mapping, optional
        Role to column, where the guess is wrong: ``case``, ``activity``, ``resource``, ``start``, ``end``,
        ``time``, ``lifecycle``, ``instance``, ``enabled``.
    timezone : str, optional
        The zone whose clock is wanted, such as ``Europe/Amsterdam``; of stamps without zone, the one they are
        in.
    object_type : str, optional
        Of an OCEL, the type of object that is a case.

    Returns
    -------
    EventLog
        Its instances of work, with the report.

    Raises
    ------
    LogError
        If it cannot be read, or its columns cannot be told.

    See Also
    --------
    Results.to_log : writes such a log.

    Examples
    --------
    >>> from pathlib import Path
    >>> import serviceflow as sf
    >>> rows = ["case,activity,resource,start,end", "1,Talk,Ann,2026-01-05 09:00,2026-01-05 09:10",
    ...         "1,Solve,Ben,2026-01-05 09:30,2026-01-05 10:00",
    ...         "2,Solve,Ben,2026-01-05 09:05,2026-01-05 09:30"]
    >>> _ = Path("log.csv").write_text("\n".join(rows))
    >>> log = sf.read_log("log.csv")
    >>> log
    EventLog('log.csv': 2 cases, 3 instances)
    """
    raw, name = _raw(source, object_type)
    found = guess(raw.columns, columns, name)
    said = [f"{name} ({raw.kind}): {len(next(iter(raw.columns.values()))):,} rows.", *raw.said]
    shown = ", ".join(f"{role} is '{one_line(column)}'" for role, column in found.items())
    said.append(f"Columns: {shown}.")
    frame, zone = _framed(raw, found, timezone, name, said)
    frame, open_ = _cleaned(frame, said, name)
    table = _ordered(frame)
    said.append(f"{many(len(table), 'instance')} of work in {many(table['case'].nunique(), 'case')} remain.")
    log = EventLog(
        "Log" if name == A_TABLE else name, table, found, [one_line(sentence) for sentence in said], zone
    )
    if len(open_):
        log.open = _ordered(open_).drop(columns="end")
    return log


def _raw(source: Any, object_type: str | None) -> tuple[RawLog, str]:
    if isinstance(source, pd.DataFrame):
        if source.empty:
            raise LogError(A_TABLE, "there are no events in it")
        names = distinct([str(name) for name in source.columns])
        return RawLog(
            {name: source.iloc[:, place].tolist() for place, name in enumerate(names)}, "table"
        ), A_TABLE
    path = Path(source)
    stem = path.name.casefold().removesuffix(".gz")
    if stem.endswith((".parquet", ".pq")):
        return _parquet(path), str(path)
    if stem.endswith((".json", ".jsonocel")):
        return read_ocel(path, object_type), str(path)
    return (read_xes(path) if stem.endswith((".xes", ".xml")) else read_csv(path)), str(path)


def _parquet(path: Path) -> RawLog:
    if path.stat().st_size > LARGEST_FILE:
        raise LogError(
            str(path), f"it has more than {LARGEST_FILE // MEGABYTE} MB; split it, or keep fewer columns"
        )
    try:
        frame = pd.read_parquet(path)
    except ImportError:
        raise LogError(
            str(path), "Parquet needs the package pyarrow; install it, or save the log as CSV"
        ) from None
    except OSError:
        raise
    except Exception as error:
        raise LogError(str(path), f"this is no Parquet file that can be read ({error})") from None
    return RawLog({str(name): frame[name].tolist() for name in frame.columns}, "Parquet")


def _framed(
    raw: RawLog, found: Columns, timezone: str | None, name: str, said: list[str]
) -> tuple[Any, str | None]:
    """The columns under the names of their roles, times as instants; others keep their names."""
    roles = {column: role for role, column in found.items()}
    times = {
        role: raw.columns[column]
        for role, column in found.items()
        if role in ("start", "end", "time", "enabled")
    }
    stamps = read_stamps(times, timezone, name)
    said.extend(stamps.said)
    data: dict[str, Any] = {}
    for column, values in raw.columns.items():
        role = roles.get(column)
        if role in stamps.columns:
            data[role] = pd.Series(stamps.columns[role])
        elif role in ("case", "activity", "resource", "lifecycle", "instance"):
            data[role] = _words(values)
        else:
            kept = f"{column} (column)" if column in FIRST else column
            data[kept] = pd.Series(map(_hashable, values), dtype=object)
    return pd.DataFrame(data), stamps.zone


def _words(values: Any) -> Any:
    """Names as text, white space joined; a whole number is written as one, and nothing as None."""
    codes, unique = pd.factorize(pd.Series(map(_hashable, values), dtype=object))
    words = np.array([_word(one) for one in unique] + [None], dtype=object)
    return pd.Series(words[codes], dtype=object)


def _hashable(value: Any) -> Any:
    """The value, or its text if it is a list or a mapping."""
    try:
        hash(value)
    except TypeError:
        return str(value)
    return value


def _word(value: Any) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).split()) or None


def _cleaned(frame: Any, said: list[str], name: str) -> tuple[Any, Any]:
    """Instances of work, and those that had begun and not ended."""
    paired = "time" in frame and "lifecycle" in frame
    if "time" in frame and not {"start", "end"} <= set(frame.columns):
        frame = _from_events(frame, said, name)
    for role in ("start", "end"):
        if role not in frame:
            frame[role] = np.datetime64("NaT", "us")
    frame = cleaning.drop_incomplete(frame, said)
    if frame.empty:
        raise LogError(name, "no row has a case, an activity and a time")
    frame = cleaning.drop_duplicates(frame, said)
    frame, open_ = cleaning.take_open(frame, paired, said)
    if frame.empty:
        raise LogError(name, "no work ends in it")
    frame["end"] = frame["end"].fillna(frame["start"])
    frame = cleaning.turn_round(frame, said)
    frame = cleaning.drop_artificial(frame, said)
    frame = cleaning.drop_customers(frame, said)
    frame = cleaning.fill_starts(frame, said)
    cleaning.tell_multitasking(frame, said)
    return frame, open_


def _from_events(frame: Any, said: list[str], name: str) -> Any:
    """Instances from rows of which each has one stamp."""
    if "start" in frame:
        return frame.rename(columns={"time": "end"})
    if "end" in frame:
        return frame.rename(columns={"time": "start"})
    if "lifecycle" in frame:
        return cleaning.pair(cleaning.drop_incomplete(frame, said), said, name)
    return cleaning.single(frame)


def _ordered(frame: Any) -> pd.DataFrame:
    frame = frame.drop(columns=["lifecycle"], errors="ignore")
    if "resource" not in frame:
        frame["resource"] = None
    first = [name for name in FIRST if name in frame]
    frame = frame[[*first, *(name for name in frame.columns if name not in first)]]
    ordered: pd.DataFrame = frame.sort_values(["case", "start", "end"], kind="stable").reset_index(drop=True)
    return ordered

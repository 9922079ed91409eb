"""Requests that were called by others, in logs that say whose case they are and which request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.formats.logs.raw import has_or_have, many

if TYPE_CHECKING:
    from serviceflow.mining.event_log import EventLog

REQUEST = "request"
"""The column with the request of each instance, where some share the case of who called them."""


def apart(log: EventLog, said: list[str]) -> EventLog:
    """A log in which called requests are cases of their own, as they run beside who called them.

    Parameters
    ----------
    log : EventLog
        Any; it stays as it is.
    said : list of str
        What was done is added.
    """
    from serviceflow.mining.event_log import EventLog

    table = log.table
    if REQUEST not in table or table[REQUEST].isna().any():
        return log
    per_case = table.groupby(REQUEST, sort=False)["case"].nunique()
    called = table[REQUEST].astype(str) != table["case"].astype(str)
    if not called.any() or called.all() or (per_case > 1).any():
        return log
    count = int(table.loc[called, REQUEST].nunique())
    said.append(
        f"{many(count, 'request')} that other requests called {has_or_have(count)} cases of their own here:"
        " what calls what is not learned, and who called does not wait for them."
    )
    own = table.assign(case=table[REQUEST]).sort_values(["case", "start", "end"], kind="stable")
    result = EventLog(log.name, own.reset_index(drop=True), log.columns, list(log.report), log.timezone)
    result.open = log.open
    return result

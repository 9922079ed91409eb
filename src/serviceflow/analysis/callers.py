"""Which visit made a call."""

from __future__ import annotations

import numpy as np

from serviceflow.results.derived import Ints, Reading


def callers_of(reading: Reading, called: Ints) -> Ints:
    """The visit that each called request answers; -1 where there is none.

    Parameters
    ----------
    reading : Reading
        One record.
    called : array of int
        Rows of called requests.

    Returns
    -------
    array of int
        Rows of visits. The record says so where requests split; elsewhere a request is at one place at a
        time, so it is the last visit that had arrived when the call was made.
    """
    visits = reading.visits
    if not len(visits):
        return np.full(len(called), -1, dtype=np.int64)
    if "previous" in visits:
        first = np.searchsorted(visits["request"], called)
        return visits["previous"][np.minimum(first, len(visits) - 1)]
    return _last_arrived(reading, called)


def _last_arrived(reading: Reading, called: Ints) -> Ints:
    """Visits and calls in order of request and time; each call takes the last visit before it."""
    visits, requests = reading.visits, reading.requests
    there = np.flatnonzero(visits["arrived"] >= 0)
    whose = np.concatenate([visits["request"][there], requests["parent"][called]])
    when = np.concatenate([visits["arrived"][there], requests["asked"][called]])
    rows = np.concatenate([there, np.full(len(called), -1)])
    order = np.lexsort((rows < 0, when, whose))
    latest = np.maximum.accumulate(np.where(rows[order] >= 0, np.arange(len(order)), -1))
    known = np.where(latest >= 0, rows[order][np.maximum(latest, 0)], -1)
    found = np.empty(len(order), dtype=np.int64)
    found[order] = known
    callers = found[len(there) :]
    own = (callers >= 0) & (visits["request"][np.maximum(callers, 0)] == requests["parent"][called])
    return np.where(own, callers, -1)

"""Which visit made a call, and which answer it waited for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from serviceflow.engine.program.codes import CALLED
from serviceflow.results.derived import Ints, Reading


@dataclass(frozen=True)
class Answers:
    """The called requests that somebody waited for: of those that a visit called at once, the last answered.

    Attributes
    ----------
    called : array of int
        Rows of requests.
    callers : array of int
        Rows of the visits that wait for them.
    """

    called: Ints
    callers: Ints


def awaited_answers(reading: Reading) -> Answers:
    """The answers that visits waited for."""
    requests = reading.requests
    called = np.flatnonzero(requests["kind"] == CALLED) if reading.program.calls else _EMPTY
    waits = np.array([plan.wait for plan in reading.program.calls] + [False])
    called = called[waits[requests["source"][called]]]
    callers = callers_of(reading, called)
    called, callers = called[callers >= 0], callers[callers >= 0]
    last = _last_answered(reading, called, callers)
    return Answers(called[last], callers[last])


def _last_answered(reading: Reading, called: Ints, callers: Ints) -> Ints:
    """Of the calls that a visit made at once, the one that was answered last."""
    asked, ended = reading.requests["asked"][called], reading.ends[called]
    order = np.lexsort((called, ended, asked, callers))
    groups = np.stack([callers[order], asked[order]])
    is_last = np.ones(len(order), dtype=bool)
    is_last[:-1] = (groups[:, 1:] != groups[:, :-1]).any(axis=0)
    return order[is_last]


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
    """The last visit of each call's parent that had arrived when it was made: searched for by halves."""
    parents, asked = reading.requests["parent"][called], reading.requests["asked"][called]
    arrived, first = reading.visits["arrived"], reading.bounds[parents]
    low, high = first.copy(), reading.bounds[parents + 1]
    while (low < high).any():
        middle = (low + high) // 2
        at = arrived[np.minimum(middle, len(arrived) - 1)]
        before, open_ = (at >= 0) & (at <= asked), low < high
        high = np.where(open_ & ~before, middle, high)
        low = np.where(open_ & before, middle + 1, low)
    return np.where(low > first, low - 1, -1)


_EMPTY: Ints = np.empty(0, dtype=np.int64)

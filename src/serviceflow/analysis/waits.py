"""Where the waiting time went: totals by any combination of who, where, when and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from serviceflow.analysis.columns import Column, column, keys_of
from serviceflow.errors import ServiceflowError, nearest
from serviceflow.results.derived import Floats, Ints
from serviceflow.results.lost_time import PARTS, Losses
from serviceflow.results.results import Results
from serviceflow.results.statistics import ratio_interval, t_interval


class WaitsError(ServiceflowError, ValueError):
    """A question about waits that cannot be answered."""


@dataclass(frozen=True)
class Totals:
    """Sums per replication by combinations of keys.

    Attributes
    ----------
    by : tuple of str
        What each key consists of.
    keys : list of tuple
        The combinations that occur.
    ticks, visits : array of shape (replications, keys)
        The time, and the visits that spent some.
    """

    by: tuple[str, ...]
    keys: list[tuple[Any, ...]]
    ticks: Floats
    visits: Floats


def waits(
    results: Results, by: str | Iterable[str] = ("provider", "cause"), of: str = "waiting"
) -> pd.DataFrame:
    """Add up the time that requests created in the window spent waiting.

    Parameters
    ----------
    results : Results
        What was simulated.
    by : str or sequence of str
        Any of ``provider``, ``cause``, ``consumer``, ``service``, ``handoff``, ``hour`` and ``weekday`` (of
        the arrival there; Monday is 0), the name of an attribute, or a label.
    of : str
        ``waiting`` (from arrival to the start of work), ``handoff`` (between services), ``paused``
        (within work), ``blocked`` (after it), or ``all`` of them.

    Returns
    -------
    DataFrame
        A column per key, then ``total`` (time per replication) with ``ci_low`` and ``ci_high``, ``share`` (of
        the total of all rows) with its interval, ``visits`` (how many spent some, per replication) and
        ``per_visit`` (time of each of those). The largest total stands first. Visits of all requests
        count, also of called ones and of orders, up to the end of the run; of parallel branches those on
        the critical path. A visit that waits for the answer of a call does so while the called request
        waits elsewhere, and both are shown.

    Raises
    ------
    WaitsError
        If there is no such key.
    NotKeptError
        If results that keep a summary are asked for waits by an attribute, which it does not have.
    """
    keys = (by,) if isinstance(by, str) else tuple(by)
    found = wait_totals(results, keys, of)
    unit, confidence = results.runs.program.time_unit, results.confidence
    total = t_interval(found.ticks / unit, confidence).within()
    everything = np.broadcast_to(found.ticks.sum(axis=1, keepdims=True), found.ticks.shape)
    share = ratio_interval(found.ticks, everything, confidence).within(0, 1)
    columns: dict[str, Any] = {name: _values(found.keys, place) for place, name in enumerate(keys)}
    columns |= {"total": total.mean, "ci_low": total.low, "ci_high": total.high}
    columns |= {"share": share.mean, "share_low": share.low, "share_high": share.high}
    columns["visits"] = found.visits.mean(axis=0)
    columns["per_visit"] = found.ticks.sum(axis=0) / unit / np.maximum(found.visits.sum(axis=0), 1)
    table = pd.DataFrame(columns)
    return table.sort_values("total", ascending=False, kind="stable").reset_index(drop=True)


def _values(keys: Sequence[tuple[Any, ...]], place: int) -> Any:
    values = [key[place] for key in keys]
    return (
        pd.array(values)
        if all(isinstance(value, int) for value in values)
        else np.array(values, dtype=object)
    )


def wait_totals(results: Results, by: Sequence[str], of: str = "waiting") -> Totals:
    """The sums behind :func:`waits`, one row per replication."""
    parts = parts_of(of)
    made_of = keys_of(results.runs.program, [name for name in by if name != "cause"])
    counted = [_totals(losses, by, parts) for losses in results._losses(made_of)]
    keys = list(dict.fromkeys(key for one in counted for key in one))
    ticks, visits = (np.zeros((len(counted), len(keys))) for _ in range(2))
    place = {key: number for number, key in enumerate(keys)}
    for row, one in enumerate(counted):
        for key, (time, count) in one.items():
            ticks[row, place[key]], visits[row, place[key]] = time, count
    return Totals(tuple(by), keys, ticks, visits)


def parts_of(of: str) -> dict[str, str]:
    """Causes and their columns for one of the kinds of lost time, or for all."""
    if of == "all":
        return {cause: part for parts in PARTS.values() for cause, part in parts.items()}
    if of not in PARTS:
        options = (*PARTS, "all")
        raise WaitsError(f"of={of!r}: use {' or '.join(map(repr, options))}{nearest(of, options)}")
    return PARTS[of]


def _totals(
    losses: Losses, by: Sequence[str], parts: dict[str, str]
) -> dict[tuple[Any, ...], tuple[float, int]]:
    """Time and visits of each combination of keys in one replication."""
    columns = [None if name == "cause" else column(losses, name, _unknown) for name in by]
    codes, sizes = _combined([one for one in columns if one is not None])
    found: dict[tuple[Any, ...], tuple[float, int]] = {}
    for cause, part in parts.items():
        rows, ticks, visits = losses.lost(part)
        own = codes[rows] if len(sizes) else np.zeros(len(rows), dtype=np.int64)
        for combination, time, count in _sums(own, ticks, visits):
            key = _key(combination, sizes, columns, cause)
            earlier = found.get(key, (0.0, 0))
            found[key] = (earlier[0] + time, earlier[1] + count)
    return found


def _combined(columns: Sequence[Column]) -> tuple[Ints, list[int]]:
    """One number per row for its combination of keys."""
    codes, sizes = np.zeros(1, dtype=np.int64), []
    for one in columns:
        sizes.append(len(one.names) + 1)
        codes = codes * sizes[-1] + one.codes + 1
    return codes, sizes


def _sums(codes: Ints, ticks: Floats, visits: Floats) -> Iterable[tuple[int, float, int]]:
    found, place = np.unique(codes, return_inverse=True)
    times = np.bincount(place, weights=ticks)
    counts = np.rint(np.bincount(place, weights=visits)).astype(np.int64)
    return zip(found.tolist(), times.tolist(), counts.tolist(), strict=True)


def _key(
    combination: int, sizes: Sequence[int], columns: Sequence[Column | None], cause: str
) -> tuple[Any, ...]:
    places = []
    for size in reversed(sizes):
        combination, place = divmod(combination, size)
        places.append(place - 1)
    remaining = iter(reversed(places))
    return tuple(cause if one is None else one.name(next(remaining)) for one in columns)


def _unknown(name: str, options: Iterable[str]) -> Exception:
    listed = ", ".join(("cause", *options))
    return WaitsError(
        f"by={name!r}: there is no such key{nearest(name, ('cause', *options))}; there are: {listed}"
    )

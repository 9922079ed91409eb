"""When resources are on duty: by calendars that are given, or by when a log shows them at work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from serviceflow.formats.logs.raw import LogError
from serviceflow.model.timetables import read_calendar

Ints = npt.NDArray[np.int64]
HOUR, DAY, WEEK = 3_600_000_000, 86_400_000_000, 604_800_000_000
FIRST_MONDAY = 4 * DAY
"""1970-01-05, in microseconds from 1970."""
CONFIDENCE, SUPPORT, PARTICIPATION = 0.1, 0.1, 0.4


class Hours:
    """Open time of the week, and of dates that differ from it.

    Parameters
    ----------
    weekly : list
        Begin and end of open time in microseconds from Monday's midnight, in order.
    dated : mapping, optional
        Days from 1970 to their own open time, in microseconds from their midnight.
    """

    def __init__(
        self, weekly: list[tuple[int, int]], dated: Mapping[int, list[tuple[int, int]]] | None = None
    ) -> None:
        self.edges = np.array([0, *(edge for span in weekly for edge in span), WEEK], dtype=np.int64)
        lengths = np.diff(self.edges)
        lengths[::2] = 0
        self.before = np.concatenate([[0], np.cumsum(lengths)])
        self.weekly = weekly
        self.dated = dict(dated or {})

    def open_until(self, instants: Ints) -> Ints:
        """Open time from 1970's first Monday to each instant."""
        since = instants - FIRST_MONDAY
        weeks, within = np.divmod(since, WEEK)
        place = np.clip(np.searchsorted(self.edges, within, side="right") - 1, 0, len(self.edges) - 2)
        partial = np.where(place % 2 == 1, within - self.edges[place], 0)
        total: Ints = weeks * self.before[-1] + self.before[place] + partial
        for day, spans in self.dated.items():
            total += self._correction(day, spans, instants)
        return total

    def _correction(self, day: int, spans: list[tuple[int, int]], instants: Ints) -> Ints:
        """What a date's own hours add to, or take from, the open time up to each instant."""
        midnight = day * DAY
        within = np.clip(instants - midnight, 0, DAY)
        plain = Hours(self.weekly)
        usual = plain.open_until(midnight + within) - plain.open_until(np.array([midnight]))
        own = sum((np.clip(within - start, 0, end - start) for start, end in spans), np.zeros_like(within))
        found: Ints = own - usual
        return found

    def closed(self, start: Ints, end: Ints) -> Ints:
        """Closed time between instants."""
        return (end - start) - (self.open_until(end) - self.open_until(start))


def given_hours(calendars: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, Hours]:
    """Hours of the calendars that are given.

    Raises
    ------
    LogError
        If one cannot be read.
    """
    found = {}
    for resource, days in calendars.items():
        try:
            calendar = read_calendar(days)
        except ValueError as error:
            raise LogError(name, f"calendars[{resource!r}]: {error}") from None
        weekly = [
            (day * DAY + block.start, day * DAY + block.end)
            for day, blocks in enumerate(calendar.weekly)
            for block in blocks
        ]
        dated = {
            (date - pd.Timestamp(1970, 1, 1).date()).days: [
                (block.start, min(block.end, DAY)) for block in blocks
            ]
            for date, blocks in calendar.dated
        }
        found[str(resource)] = Hours(_merged(weekly), dated)
    return found


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    parts: list[tuple[int, int]] = []
    for start, end in spans:
        parts += [(start, min(end, WEEK)), *([(0, end - WEEK)] if end > WEEK else [])]
    found: list[tuple[int, int]] = []
    for start, end in sorted(parts):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def found_hours(resources: Any, start: Ints, end: Ints) -> dict[str, Hours]:
    """Hours of every resource by when it begins and ends work, in granules of an hour of the week.

    A granule is open where the resource is active in it on a tenth of the days of that weekday on which it
    works at all. Where these hold less than two fifths of its stamps, or there are few, the hours of all
    together are taken.
    """
    stamps = np.concatenate([start, end - 1])
    owners = np.concatenate([resources, resources])
    everybody = _granules(stamps)
    found = {}
    for name in pd.unique(pd.Series(resources).dropna()):
        own = stamps[owners == name]
        granules = _granules(own) if len(own) >= 40 else None
        found[str(name)] = Hours(granules if granules is not None else (everybody or [(0, WEEK)]))
    return found


def _granules(stamps: Ints) -> list[tuple[int, int]] | None:
    if not len(stamps):
        return None
    since = stamps - FIRST_MONDAY
    granule = (since % WEEK) // HOUR
    days = since // DAY
    frame = pd.DataFrame({"granule": granule, "day": days, "weekday": days % 7})
    active = frame.groupby("granule")["day"].nunique()
    worked = frame.groupby("weekday")["day"].nunique()
    confidence = active / worked.reindex(active.index // 24).to_numpy()
    kept = active.index[confidence >= CONFIDENCE]
    if float(frame["granule"].isin(kept).mean()) < PARTICIPATION:
        return None
    return _merged([(int(one) * HOUR, int(one + 1) * HOUR) for one in kept])

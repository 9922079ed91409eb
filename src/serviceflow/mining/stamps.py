"""Stamps of a log as instants: any of the usual notations, with or without zones."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from serviceflow.formats.logs.raw import LogError

ZONE = re.compile(r"(?:[Zz]|UTC|[+-]\d{2}:?\d{2})$")
SLASHED = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{2,4})")
FORMATS = (
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y:%H.%M", "%d %b %Y %H:%M:%S", "%d-%b-%Y %H:%M:%S",
    "%b %d, %Y %H:%M:%S", "%d/%m/%y %H:%M", "%m/%d/%y %H:%M", "%d/%m/%Y %H:%M:%S.%f",
    "%m/%d/%Y %H:%M:%S.%f", "%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %I:%M:%S %p",
)  # fmt: skip
MICRO = "datetime64[us]"
EARLIEST, LATEST = np.datetime64("1700-01-01", "us"), np.datetime64("2200-01-01", "us")
"""Stamps outside are slips of the pen, and beyond what nanoseconds can tell."""


@dataclass
class Stamps:
    """Instants of several columns in one zone.

    Attributes
    ----------
    columns : dict
        Name to instants in microseconds, as the clock of the zone shows them; NaT where there are none.
    zone : str or None
        The zone of that clock; None if the stamps name none and nobody has said it.
    said : list of str
        What was assumed.
    """

    columns: dict[str, Any]
    zone: str | None = None
    said: list[str] = field(default_factory=list)


def read_stamps(columns: Mapping[str, Sequence[Any]], timezone: str | None, name: str) -> Stamps:
    """Read columns of stamps.

    Parameters
    ----------
    columns : dict
        Name to the values.
    timezone : str, optional
        The zone whose clock is wanted; of stamps without a zone, the one that they are in.
    name : str
        The file, for messages.

    Raises
    ------
    LogError
        If there is no such zone, or most stamps cannot be read.
    """
    zone = _zone(timezone, name)
    result = Stamps({}, timezone)
    offsets: set[str] = set()
    zoned = False
    for column, values in columns.items():
        instants, has_zone = _column(column, values, result.said, offsets, name)
        zoned |= has_zone
        result.columns[column] = instants
    if zoned:
        _to_local(result, zone, offsets)
    elif timezone is None:
        result.said.append(
            "The stamps name no time zone: hours are taken as they stand (timezone= says whose they are)."
        )
    return result


def _zone(timezone: str | None, name: str) -> ZoneInfo | None:
    if timezone is None:
        return None
    try:
        return ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        raise LogError(
            name, f"there is no time zone {timezone!r}; write one such as Europe/Amsterdam"
        ) from None


def _to_local(result: Stamps, zone: ZoneInfo | None, offsets: set[str]) -> None:
    """Show instants of UTC on the clock of a zone."""
    if zone is None and len(offsets) == 1:
        result.zone = next(iter(offsets))
        shift = _offset(result.zone)
        result.columns = {key: values + shift for key, values in result.columns.items()}
        return
    if zone is None:
        result.zone = "UTC"
        many = ", ".join(sorted(offsets))
        result.said.append(
            f"The stamps are in several zones ({many}): hours are those of UTC"
            " (timezone= says whose are wanted)."
        )
        return
    for key, values in result.columns.items():
        local = pd.DatetimeIndex(values).tz_localize("UTC").tz_convert(zone).tz_localize(None)
        result.columns[key] = local.to_numpy().astype(MICRO)


def _offset(text: str) -> np.timedelta64:
    if text == "UTC":
        return np.timedelta64(0, "us")
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "")
    return np.timedelta64(sign * (int(digits[:2]) * 60 + int(digits[2:4])) * 60_000_000, "us")


def _column(
    column: str, values: Sequence[Any], said: list[str], offsets: set[str], name: str
) -> tuple[Any, bool]:
    series = pd.Series(values, dtype=object)
    known = series.dropna()
    if known.empty:
        return np.full(len(series), np.datetime64("NaT"), dtype=MICRO), False
    if isinstance(known.iloc[0], dt.date | np.datetime64):
        return _instants(series, said, offsets)
    texts = series.astype("string").str.strip()
    unique = pd.Series(texts.dropna().unique(), dtype=object)
    if (numbers := pd.to_numeric(unique, errors="coerce")).notna().all():
        parsed, has_zone = _epoch(numbers, column, name), False
    else:
        parsed, has_zone = _texts(unique, column, said, offsets, name)
    lookup = pd.Series(parsed, index=unique.to_numpy())
    found = texts.map(lookup).to_numpy().astype(MICRO)
    found[(found < EARLIEST) | (found >= LATEST)] = np.datetime64("NaT")
    lost = int(np.isnat(found).sum() - texts.isna().sum())
    if lost:
        said.append(f"{lost:,} stamps of '{column}' cannot be read: they count as missing.")
    return found, has_zone


def _instants(series: Any, said: list[str], offsets: set[str]) -> tuple[Any, bool]:
    """Values that are dates already, of a DataFrame."""
    found = pd.to_datetime(series, utc=True, errors="coerce")
    first = series.dropna().iloc[0]
    zone = getattr(first, "tzinfo", None)
    if zone is not None:
        for one in series.dropna().head(1_000):
            moved = one.utcoffset() or dt.timedelta()
            offsets.add(_offset_text(moved))
    return found.dt.tz_localize(None).to_numpy().astype(MICRO), zone is not None


def _offset_text(moved: dt.timedelta) -> str:
    minutes = int(moved.total_seconds() // 60)
    return (
        "UTC"
        if not minutes
        else f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    )


def _epoch(numbers: Any, column: str, name: str) -> Any:
    """Seconds, milliseconds or microseconds since 1970, told by their size."""
    typical = float(numbers.abs().median())
    unit: Any = next(
        (unit for least, unit in ((1e17, "ns"), (1e14, "us"), (1e11, "ms"), (1e8, "s")) if typical >= least),
        None,
    )
    if unit is None:
        raise LogError(
            name,
            f"the values of '{column}' are numbers too small to be seconds since 1970;"
            " write dates with times",
        )
    return pd.to_datetime(numbers, unit=unit, errors="coerce").to_numpy().astype(MICRO)


def _texts(unique: Any, column: str, said: list[str], offsets: set[str], name: str) -> tuple[Any, bool]:
    ends = unique.str.extract(r"\d{1,2}:\d{2}\S*?\s?(Z|z|UTC|[+-]\d{2}:?\d{2})$")[0]
    has_zone = bool(ends.notna().any())
    if has_zone:
        offsets |= {
            "UTC" if one in ("Z", "z", "UTC") else one if ":" in one else f"{one[:3]}:{one[3:]}"
            for one in ends.dropna().unique()
        }
        offsets -= {"+00:00", "-00:00"} if offsets & {"+00:00", "-00:00"} else set()
        if ends.dropna().isin(["+00:00", "-00:00", "+0000"]).any():
            offsets.add("UTC")
        if ends.isna().any():
            said.append(
                f"{int(ends.isna().sum()):,} stamps of '{column}' name no zone while others do:"
                " they are taken as UTC."
            )
    parsed = pd.to_datetime(unique, format="ISO8601", utc=True, errors="coerce")
    if parsed.isna().any():
        rest = parsed.isna()
        parsed = parsed.where(~rest, _otherwise(unique[rest], column, said))
    if parsed.isna().mean() > 0.5:
        raise LogError(
            name, f"most values of '{column}' are no dates with times, such as {str(unique.iloc[0])[:40]!r}"
        )
    return parsed.dt.tz_localize(None).to_numpy().astype(MICRO), has_zone


def _otherwise(texts: Any, column: str, said: list[str]) -> Any:
    """Notations beyond ISO: the first that reads most of them, the day first where both fit."""
    best, most = None, 0
    for form in FORMATS:
        parsed = pd.to_datetime(texts, format=form, utc=True, errors="coerce")
        if (count := int(parsed.notna().sum())) > most:
            best, most, used = parsed, count, form
            if count == len(texts):
                break
    if best is None:
        return pd.to_datetime(texts, format="mixed", utc=True, errors="coerce")
    if used.startswith(("%d/", "%d-", "%d.")) and not any(
        (found := SLASHED.match(str(text))) and int(found[1]) > 12 for text in texts.head(10_000)
    ):
        said.append(f"Dates of '{column}' do not tell day from month: the day is taken to come first.")
    return best

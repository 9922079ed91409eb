"""Durations, rates and shares, as people write them.

Inside a run time is counted in whole ticks of one microsecond. Literals are converted in exact
arithmetic: ``0.1 s`` is 100,000 ticks, neither more nor less. Days have 24 hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import inf, isfinite

from serviceflow.errors import UnitError, nearest

_SIZES = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "min": 60_000_000,
    "h": 3_600_000_000,
    "day": 86_400_000_000,
    "week": 604_800_000_000,
}
_SPELLINGS = {
    "us": ("us", "µs", "μs", "microsecond", "microseconds"),
    "ms": ("ms", "millisecond", "milliseconds"),
    "s": ("s", "sec", "secs", "second", "seconds"),
    "min": ("min", "mins", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "day": ("day", "d", "days"),
    "week": ("week", "weeks"),
}
CANONICAL: dict[str, str] = {word: unit for unit, words in _SPELLINGS.items() for word in words}
"""Every spelling of a unit and the name that serviceflow writes for it."""

UNITS: dict[str, int] = {word: _SIZES[unit] for word, unit in CANONICAL.items()}
"""Every spelling of a unit and its length in ticks."""

LONGEST = 2**62
"""Durations stay below this number of ticks (about 146,000 years)."""

TOO_LONG = "is too long: durations end at 7 million weeks"

_REFUSED = {
    "m": "'m' could be minutes or months: write 'min'",
    **dict.fromkeys(("month", "months", "mo"), "months differ in length: write days or weeks"),
    **dict.fromkeys(("year", "years", "yr", "y", "a"), "years differ in length: write days or weeks"),
}
NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3}(?![0-9]))?"
"""The pattern of a number without sign; exponents are bounded, as exact arithmetic writes them out."""

_TERM = re.compile(rf"({NUMBER})\s*([^\W\d]+)\s*")
_RATE = re.compile(rf"({NUMBER})\s*(?:per\s+|/\s*)([^\W\d]+)")
ISO_DURATION = r"P(?=[0-9T])(?:[0-9.]+[YMWD])*(?:T(?:[0-9.]+[HMS])+)?"
"""The pattern of an ISO 8601 duration."""

_ISO = re.compile(ISO_DURATION)
_ISO_UNITS = {"W": "week", "D": "day", "H": "h", "M": "min", "S": "s"}


def canonical_unit(word: str) -> str:
    """Return the name under which serviceflow writes a unit: ``min`` for ``minutes``.

    Raises
    ------
    UnitError
        If there is no such unit; ``m``, months and years get messages of their own.
    """
    found = CANONICAL.get(word) or CANONICAL.get(word.casefold())
    if found:
        return found
    if word.casefold() in _REFUSED:
        raise UnitError(_REFUSED[word.casefold()])
    raise UnitError(f"unknown unit '{word}'{nearest(word, UNITS) or f': write one of {_UNIT_LIST}'}")


_UNIT_LIST = "us, ms, s, min, h, days, weeks"


def parse_time_unit(text: str) -> str:
    """Read the unit of a model's bare numbers; give its canonical name, a key of ``UNITS``."""
    if not isinstance(text, str):
        raise UnitError(f"a time unit is a word, not {text!r}: write one of {_UNIT_LIST}")
    return canonical_unit(text.strip())


def unit_ticks(time_unit: str | int) -> int:
    """Return the length in ticks of a unit that may be given by name or already in ticks."""
    return time_unit if isinstance(time_unit, int) else UNITS[canonical_unit(time_unit)]


def unit_name(time_unit: str | int) -> str:
    """Return the canonical name of a unit that may be given by name or by its length in ticks."""
    if isinstance(time_unit, str):
        return canonical_unit(time_unit)
    for name, ticks in _SIZES.items():
        if ticks == time_unit:
            return name
    raise UnitError(f"no unit has {time_unit} ticks: write one of {_UNIT_LIST}")


def exact_ticks(value: float, unit: str | int) -> float:
    """Return the float nearest to `value` units in ticks; `value` is taken as its decimal text.

    What no float can hold is infinite.
    """
    if not isfinite(value):
        raise UnitError(f"{value} is no duration: it must be finite")
    try:
        return float(Fraction(repr(float(value))) * unit_ticks(unit))
    except OverflowError:
        return inf


def parse_duration(text: str, time_unit: str | int | None = None) -> int:
    """Read a duration: ``15 min``, ``1 h 30 min``, ``PT15M``, ``2 weeks``.

    Parameters
    ----------
    text : str
        The duration; larger units come first.
    time_unit : str or int, optional
        The unit of a bare number (by name or in ticks). Without it a bare number is refused.

    Returns
    -------
    int
        Whole ticks; halves round to even.

    Raises
    ------
    UnitError
        If it is no duration, is negative or is too long.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        text = repr(text)
    if not isinstance(text, str):
        raise UnitError(f"{text!r} is no duration: write for example 15 min")
    value, unit = read_duration(text, time_unit)
    ticks = round(value * unit_ticks(unit))
    if ticks >= LONGEST:
        raise UnitError(f"'{text}' {TOO_LONG}")
    return ticks


def read_duration(text: str, time_unit: str | int | None = None) -> tuple[Fraction, str | int]:
    """Read a duration as an exact number of its smallest unit."""
    text = text.strip()
    if _ISO.fullmatch(text):
        return _read_iso(text)
    if re.fullmatch(NUMBER, text):
        if time_unit is None:
            raise UnitError(f"'{text}' has no unit: write for example {text} min")
        return Fraction(text), time_unit
    terms, end = _terms(text)
    if not terms or end < len(text):
        raise UnitError(_why_no_duration(text))
    return join_terms(terms)


def _terms(text: str) -> tuple[list[tuple[str, str]], int]:
    terms: list[tuple[str, str]] = []
    end = 0
    while match := _TERM.match(text, end):
        terms.append((match[1], match[2]))
        end = match.end()
    return terms, end


def join_terms(terms: list[tuple[str, str]]) -> tuple[Fraction, str]:
    """Add up the terms of ``1 h 30 min`` in the unit of the last; larger units must come first."""
    units = [canonical_unit(word) for _, word in terms]
    for larger, smaller in pairwise(units):
        if _SIZES[larger] <= _SIZES[smaller]:
            raise UnitError(f"'{larger}' stands before '{smaller}': write larger units first, each once")
    last = _SIZES[units[-1]]
    total = sum((Fraction(n) * _SIZES[u] for (n, _), u in zip(terms, units, strict=True)), Fraction(0))
    return total / last, units[-1]


def _read_iso(text: str) -> tuple[Fraction, str]:
    date, _, time = text[1:].partition("T")
    if re.search("[YM]", date):
        raise UnitError(f"'{text}' has months or years, which differ in length: write days or weeks")
    parts = re.findall(r"([0-9.]+)([A-Z])", date + time)
    try:
        return join_terms([(number, _ISO_UNITS[letter]) for number, letter in parts])
    except UnitError:
        raise
    except ValueError:
        raise UnitError(f"'{text}' is no ISO 8601 duration: write for example PT1H30M") from None


def _why_no_duration(text: str) -> str:
    if text.startswith(("-", "−")):
        return f"'{text}' is negative: a duration is 0 or more"
    if re.match(r"[0-9]+,[0-9]", text):
        return f"'{text}' has a comma: write the decimal point, {text.replace(',', '.', 1)}"
    return f"'{text}' is no duration: write for example 15 min, 1 h 30 min or PT15M"


def decimal_text(value: float) -> str:
    """Write a number as shortly as it can be read back: 3 for 3.0, 0.1 for 0.1."""
    text = repr(float(value))
    return text.removesuffix(".0")


def quantity_text(value: float, unit: str) -> str:
    """Write a value with its unit: ``6 min``, ``1 day``, ``2 weeks``."""
    plural = "s" if unit in ("day", "week") and value != 1 else ""
    return f"{decimal_text(value)} {unit}{plural}"


def format_duration(ticks: int) -> str:
    """Write a duration of whole ticks, largest unit first: ``1 h 30 min``.

    ``parse_duration`` reads the text back to the same ticks (for durations that are not negative).
    """
    sign, rest = ("-", -ticks) if ticks < 0 else ("", ticks)
    words = []
    for unit in reversed(_SIZES):
        count, rest = divmod(rest, _SIZES[unit])
        if count:
            words.append(quantity_text(count, unit))
    return sign + (" ".join(words) or "0 s")


def rounded_duration(ticks: float) -> str:
    """Write a duration that has been reckoned, which may be longer than any that can be counted."""
    return format_duration(round(ticks)) if ticks < LONGEST else "more than 7 million weeks"


@dataclass(frozen=True)
class Rate:
    """So much per unit of time: ``6 per hour``.

    Attributes
    ----------
    amount : float
        How much, or how many.
    unit : str
        The canonical name of the unit of time; empty for the model's own time unit.
    """

    amount: float
    unit: str = ""

    def per_tick(self, time_unit: str | int) -> float:
        """Return the amount per tick; `time_unit` is the model's (by name or in ticks)."""
        return float(Fraction(repr(float(self.amount))) / unit_ticks(self.unit or time_unit))

    def __str__(self) -> str:
        unit = {"h": "hour"}.get(self.unit, self.unit)
        return f"{decimal_text(self.amount)} per {unit}" if unit else decimal_text(self.amount)


def parse_rate(value: str | float | Rate) -> Rate:
    """Read a rate: ``6 per hour``, ``22 per hour``, ``2 per day``, ``6/h``.

    A bare number is per time unit of the model.

    Raises
    ------
    UnitError
        If it is no rate, or negative.
    """
    if isinstance(value, Rate):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UnitError(f"{value!r} is no rate: write for example 6 per hour")
    text = str(value).strip()
    match = re.fullmatch(f"({NUMBER})", text) or _RATE.fullmatch(text)
    if not match or not isfinite(float(match[1])):
        why = "is negative: a rate is 0 or more" if text.startswith("-") else "is no rate"
        raise UnitError(f"'{text}' {why}; write for example 6 per hour")
    return Rate(float(match[1]), canonical_unit(match[2]) if match.re is _RATE else "")


def parse_share(value: str | float) -> float:
    """Read a share as a number from 0 to 1: ``90%``, ``0.9``.

    Raises
    ------
    UnitError
        If it is no share, or outside 0 to 1.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UnitError(f"{value!r} is no share: write 90% or 0.9")
    text = str(value).strip()
    number, percent = (text[:-1].rstrip(), 100) if text.endswith("%") else (text, 1)
    if not re.fullmatch(rf"-?{NUMBER}", number):
        raise UnitError(f"'{text}' is no share: write 90% or 0.9")
    share = Fraction(number) / percent
    if not 0 <= share <= 1:
        hint = f"{number}%" if percent == 1 and 1 < share <= 100 else "90% or 0.9"
        raise UnitError(f"'{text}' is outside 0 to 1: write {hint}")
    return float(share)


def total_text(total: float) -> str:
    """Write what shares add up to, with as many digits as tell it from 100%."""
    short = f"{100 * total:.6g}"
    return f"{short if short != '100' else f'{100 * total:.12g}'}%"

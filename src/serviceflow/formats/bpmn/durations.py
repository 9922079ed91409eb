"""Durations, instants and numbers as BPMN and its dialects write them, in the notation of a model file."""

from __future__ import annotations

import datetime as dt
import math
import re
from fractions import Fraction

from serviceflow.units import LONGEST, UNITS

_ISO = re.compile(
    r"P(?:(\d+(?:\.\d+)?)Y)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_SIZES = ("year", "month", "week", "day", "h", "min", "s")
_SECONDS = (365 * 86_400, 30 * 86_400, 604_800, 86_400, 3_600, 60, 1)
_UNITS = ((604_800, "week"), (86_400, "day"), (3_600, "h"), (60, "min"), (1, "s"))
LONGEST_TEXT = 100
SECOND = UNITS["s"]
MOST_SECONDS = LONGEST // SECOND // 4


def iso_seconds(text: str | None) -> Fraction | None:
    """Seconds of an ISO 8601 duration; months have 30 days and years 365; None if it is none."""
    text = (text or "").strip()
    found = _ISO.fullmatch(text) if len(text) <= LONGEST_TEXT else None
    if found is None or text in ("P", "PT") or text.endswith("T"):
        return None
    pairs = zip(found.groups(), _SECONDS, strict=True)
    total = sum((Fraction(number) * size for number, size in pairs if number), Fraction(0))
    return total if total <= MOST_SECONDS else None


def has_months(text: str | None) -> bool:
    """Whether an ISO duration names months or years, whose lengths differ."""
    return bool(re.match(r"\s*P[^T]*[YM]", text or ""))


def seconds_text(seconds: Fraction | float, unit: str | None = None) -> str:
    """Seconds as a duration of a model file, in a unit that writes them well: ``90 s``, ``1.5 h``."""
    exact = Fraction(str(seconds)) if isinstance(seconds, float) else Fraction(seconds)
    if exact <= 0:
        return "0 min" if unit is None else f"0 {unit}"
    if unit is not None and len(number_text(exact * SECOND / UNITS[unit])) <= 8:
        return f"{number_text(exact * SECOND / UNITS[unit])} {unit}"
    for size, name in _UNITS:
        if (exact / size).denominator == 1:
            many = "s" if name in ("day", "week") and exact != size else ""
            return f"{number_text(exact / size)} {name}{many}"
    return f"{number_text(exact)} s"


def number_text(value: Fraction | float) -> str:
    """A number as a model file writes it: plain decimals, twelve digits at most."""
    number = float(value)
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    if not 1e-6 <= abs(number) < 1e15:
        return f"{number:.6e}"
    decimals = max(0, 11 - math.floor(math.log10(abs(number))))
    return f"{number:.{min(decimals, 12)}f}".rstrip("0").rstrip(".")


def share_text(share: Fraction) -> str:
    """A share as percent where that is short, else as a fraction, else as percent to ten digits."""
    percent = share * 100
    text = number_text(percent)
    if Fraction(text) == percent and len(text) <= 9:
        return f"{text}%"
    if share.denominator <= 100:
        return f"{share.numerator}/{share.denominator}"
    return f"{float(percent):.10g}%"


def read_number(text: object) -> Fraction | None:
    """A number of a file, or None if it is none, or no finite one."""
    if isinstance(text, bool) or text is None:
        return None
    written = str(text).strip().replace(",", ".") if isinstance(text, str) else str(text)
    if len(written) > 60 or not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", written):
        return None
    found = Fraction(written)
    return found if abs(found) < 10**15 else None


def read_timer(text: str | None) -> tuple[str, str] | None:
    """A timer's expression: its kind (``duration``, ``every`` or ``at``) and its text in a model file."""
    text = (text or "").strip().strip("\"'")
    if len(text) > LONGEST_TEXT or not text:
        return None
    if (seconds := iso_seconds(text)) is not None:
        return "duration", seconds_text(seconds)
    if text.startswith("R") and "/" in text:
        parts = text.split("/")
        length = iso_seconds(parts[-1])
        return ("every", seconds_text(length)) if length else None
    moment = read_instant(text)
    return ("at", moment.strftime("%Y-%m-%d %H:%M:%S")) if moment is not None else None


def read_instant(text: str | None) -> dt.datetime | None:
    """A date with time, as its clock shows it; the zone is dropped."""
    text = (text or "").strip()
    text = re.sub(r"(\.\d{1,6})\d*", r"\1", text)
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    found = found.replace(tzinfo=None, microsecond=0)
    return found if 1 < found.year < 9000 else None

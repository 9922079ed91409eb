"""Figures as texts: as many digits as what is known of them deserves."""

from __future__ import annotations

import math

NOTHING = "–"
DIGITS = 3
"""Significant digits where nothing is known of the error."""


def places_for(low: float, high: float) -> int | None:
    """How many decimal places an interval deserves.

    One digit of its half width is told, two digits if that begins with 1 or 2.
    Negative for tens, hundreds and so on; None without an interval, or where it has no width.
    """
    half = (high - low) / 2
    if not math.isfinite(half) or half <= 0:
        return None
    exponent = math.floor(math.log10(half))
    leading = round(half / 10**exponent, 1)
    return (1 if leading < 3 else 0) - exponent


def figure(value: float, places: int | None = None) -> str:
    """A number to so many decimal places, or to three significant digits; never in powers of ten."""
    if not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0"
    if places is None:
        places = DIGITS - 1 - math.floor(math.log10(abs(value)))
        whole = abs(value) >= 10 ** (DIGITS - 1)
        places = 0 if whole else places
        return _plain(value, places, strip=True)
    return _plain(value, places)


def _plain(value: float, places: int, strip: bool = False) -> str:
    text = f"{round(value, places):,.{max(min(places, 12), 0)}f}"
    if strip and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text[1:] if text.startswith("-") and not text.strip("-0.,") else text


def percent(value: float, places: int | None = None) -> str:
    """A share as a percentage, to so many decimal places of a percent."""
    if not math.isfinite(value):
        return NOTHING
    if places is None:
        near_an_end = 0 < value < 0.01 or 0.99 < value < 1
        places = 1 if near_an_end else 0
    return f"{figure(100 * value, places)}%"


def estimate(mean: float, low: float, high: float, unit: str = "") -> tuple[str, str]:
    """A mean and its interval, both rounded by the width of the interval; "" where there is no interval.

    A share is shown as a percentage.
    """
    scale = 100.0 if unit == "share" else 1.0
    places = places_for(scale * low, scale * high)
    shown = percent if unit == "share" else figure
    if not (math.isfinite(low) and math.isfinite(high)):
        return shown(mean), ""
    if places is None:
        return shown(mean), shown(mean) if low == high == mean else f"{shown(low)} to {shown(high)}"
    return shown(mean, places), f"{shown(low, places)} to {shown(high, places)}"


def signed(text: str) -> str:
    """A figure that is a difference: what is more has a plus."""
    nothing = not text.strip("-0.,%") or text == NOTHING
    return text if nothing or text.startswith("-") else f"+{text}"

"""Figures and names as short texts: what stands on maps and charts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from serviceflow.display.text import REPLACEMENT as REPLACEMENT
from serviceflow.display.text import clean as clean
from serviceflow.display.text import columns_of
from serviceflow.display.text import width as width
from serviceflow.units import UNITS

UNITS_SHOWN = (("s", 1.0), ("min", 60.0), ("h", 3600.0), ("days", 86400.0))


def wrap(text: object, columns: int = 20, lines: int = 3) -> list[str]:
    """The text in at most `lines` lines of about `columns` columns, an ellipsis for the rest."""
    done: list[str] = [""]
    for piece in _pieces(clean(text), columns):
        if done[-1] and width(done[-1] + piece.rstrip()) > columns:
            done.append("")
        done[-1] += piece if done[-1] else piece.lstrip()
    kept = [line.rstrip() for line in done]
    if len(kept) <= lines:
        return kept
    return [*kept[: lines - 1], clip(" ".join(kept[lines - 1 :]), columns)]


def _pieces(text: str, columns: int) -> Iterable[str]:
    """Words with the space after them, wide characters singly, long words in parts."""
    for word in re.findall(r"\S+\s*", text):
        part = ""
        for character in word:
            if part and (width(part + character.strip()) > columns or columns_of(character) == 2):
                yield part
                part = ""
            part += character
        yield part


def clip(text: object, columns: int = 28) -> str:
    """The text on one line, cut with an ellipsis where it is longer than `columns`."""
    line = clean(text)
    if width(line) <= columns:
        return line
    kept = ""
    for character in line:
        if width(kept + character) > columns - 1:
            break
        kept += character
    return kept.rstrip() + "…"


def number(value: float) -> str:
    """Three significant digits, thousands set apart: 0.0312, 4.2, 1,203."""
    if not math.isfinite(value):
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    text = f"{value:.3g}"
    return f"{value:.6f}".rstrip("0").rstrip(".") if "e" in text else text


def count(value: float) -> str:
    """How many there were on average: whole numbers, and "< 1" for less: 0, < 1, 7, 1,203."""
    if not math.isfinite(value):
        return "–"
    return "< 1" if 0 < value < 0.95 else f"{value:,.0f}"


def share(value: float) -> str:
    """A share as a percentage: 8%, 0.4%, 99.7%."""
    if not math.isfinite(value):
        return "–"
    percent = 100 * value
    near_an_end = 0 < percent < 1 or 99 < percent < 100
    return f"{percent:.1f}%" if near_an_end else f"{percent:.0f}%"


def time(value: float, unit: str) -> str:
    """A time given in `unit`, in the unit that reads best: ``time(596, "min")`` is ``9.9 h``."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return f"0 {unit}"
    seconds = value * UNITS[unit] / UNITS["s"]
    name, size = _best_unit(abs(seconds))
    amount = seconds / size
    return f"{amount:,.0f} {name}" if abs(amount) >= 10 else f"{float(f'{amount:.2g}'):g} {name}"


def _best_unit(seconds: float) -> tuple[str, float]:
    fits = [(name, size) for name, size in UNITS_SHOWN if seconds >= size * (3 if name == "days" else 1)]
    return fits[-1] if fits else UNITS_SHOWN[0]


def listing(names: Iterable[object], most: int = 3) -> str:
    """Names set off by commas, the first `most` of them."""
    all_names = [clip(name) for name in names]
    rest = len(all_names) - most
    return ", ".join(all_names[:most]) + (f" + {rest} more" if rest > 0 else "")

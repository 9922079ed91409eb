"""Texts in both languages of the report: English and Chinese stand side by side, and the page shows one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from serviceflow.units import UNITS
from serviceflow.view import format as plain
from serviceflow.view.report.words import WORDS

LANGUAGES = ("en", "zh")
NOTHING = "–"
SCALES = (("s", UNITS["s"]), ("min", UNITS["min"]), ("h", UNITS["h"]), ("days", UNITS["day"]))
ZH_UNITS = {
    "s": "秒",
    "min": "分钟",
    "h": "小时",
    "days": "天",
    "day": "天",
    "week": "周",
    "weeks": "周",
    "ms": "毫秒",
    "us": "微秒",
}


@dataclass(frozen=True)
class Text:
    """One text in both languages.

    Attributes
    ----------
    en, zh : str
        What is shown in English and in Chinese.
    """

    en: str
    zh: str

    def __html__(self) -> str:
        """Both languages as escaped markup; once only where they are the same."""
        if self.en == self.zh:
            return _unbroken(self.en)
        return str(
            Markup('<span class="en" lang="en">{}</span><span class="zh" lang="zh">{}</span>').format(
                Markup(_unbroken(self.en)), Markup(_unbroken(self.zh))
            )
        )

    def __str__(self) -> str:
        return self.en

    def __add__(self, other: object) -> Text:
        more = text(other)
        return Text(self.en + more.en, self.zh + more.zh)

    def of(self, language: str) -> str:
        """The text in one language."""
        return self.zh if language == "zh" else self.en


def _unbroken(value: str) -> str:
    """A text as markup in which no line ends within an arrow, as it could after its hyphen."""
    return str(escape(value)).replace("-&gt;", '<span class="arrow">-&gt;</span>')


def text(value: object) -> Text:
    """A text as it is, anything else the same in both languages."""
    return value if isinstance(value, Text) else Text(str(value), str(value))


def say(key: str, **values: object) -> Text:
    """A text of the catalog with values in their places."""
    en, zh = WORDS[key]
    return Text(
        en.format(**{name: text(value).en for name, value in values.items()}),
        zh.format(**{name: text(value).zh for name, value in values.items()}),
    )


def known(key: str, otherwise: object = None) -> Text:
    """A text of the catalog, or what is given (the key by default) where there is none."""
    if key in WORDS:
        return say(key)
    return text(key.rpartition(".")[2].replace("_", " ") if otherwise is None else otherwise)


def name(value: object) -> Text:
    """A name of the chain, on one line and harmless: the same in both languages."""
    return text(plain.clean(value))


def figure(measure: str, of: str = "", inside: bool = False) -> Text:
    """A figure in words: that of the whole chain, or of one of its elements.

    Parameters
    ----------
    measure : str
        Which figure.
    of : str
        Whose.
    inside : bool
        Whether it stands inside a sentence.
    """
    said = say("share kept") if measure == "attainment" else known(f"measure.{measure}")
    said = text(said) if not inside else Text(said.en[:1].lower() + said.en[1:], said.zh)
    return say("measure of", measure=said, of=name(of)) if of else said


def joined(parts: Iterable[object], en: str = ", ", zh: str = "、") -> Text:
    """Texts in a row."""
    found = [text(part) for part in parts]
    return Text(en.join(part.en for part in found), zh.join(part.zh for part in found))


def listed(parts: Sequence[object]) -> Text:
    """Texts in a row, the last after *and*."""
    if len(parts) < 2:
        return joined(parts)
    return joined(parts[:-1]) + say("and") + parts[-1]


def sentences(parts: Iterable[object]) -> Text:
    """Sentences one after another."""
    return joined([part for part in parts if text(part).en], " ", "")


# Numbers


def number(value: float) -> Text:
    """A number to three digits."""
    return text(plain.number(float(value)))


def count(value: float) -> Text:
    """A count: whole where it is large."""
    value = float(value)
    return text(f"{value:,.0f}" if value >= 10 or value == round(value) else plain.number(value))


def share(value: float) -> Text:
    """A share as a percentage; one that is above 0 never reads as 0."""
    return text(plain.share(float(value)))


def duration(value: float, unit: str, digits: int = 2) -> Text:
    """A time in the unit that reads best."""
    value = float(value)
    if not math.isfinite(value):
        return text(NOTHING)
    scale, size = scale_of(abs(value) * UNITS[unit])
    return in_scale(value * UNITS[unit] / size, scale, digits)


def span(low: float, high: float, unit: str) -> Text:
    """From one time to another, both in the unit that suits the larger."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return text("")
    scale, size = scale_of(max(abs(low), abs(high)) * UNITS[unit])
    ends = [_figure(value * UNITS[unit] / size, 3) for value in (low, high)]
    return say("span", low=ends[0], high=ends[1], unit=Text(f" {scale}", f" {ZH_UNITS[scale]}"))


def scale_of(ticks: float) -> tuple[str, int]:
    """The unit in which a time reads best, and its ticks."""
    fits = [(label, size) for label, size in SCALES if ticks >= size * (3 if label == "days" else 1)]
    return fits[-1] if fits else SCALES[0]


def in_scale(value: float, scale: str, digits: int) -> Text:
    """A number of units with their name."""
    shown = _figure(value, digits)
    return Text(f"{shown} {scale}", f" {shown} {ZH_UNITS[scale]}".strip())


def _figure(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return plain.number(float(f"{value:.{digits}g}"))


def measured(value: float, unit: str, time_unit: str) -> Text:
    """A figure of the table of all figures, by its unit."""
    if not math.isfinite(value):
        return text(NOTHING)
    if unit == "share":
        return share(value)
    if unit == time_unit:
        return duration(value, time_unit, 3)
    return number(value)


def interval(low: float, high: float, unit: str, time_unit: str) -> Text:
    """The ends of an interval, by its unit; nothing where there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return text("")
    if unit == time_unit:
        return span(low, high, time_unit)
    shown = share if unit == "share" else number
    return say("span", low=shown(low), high=shown(high), unit="")

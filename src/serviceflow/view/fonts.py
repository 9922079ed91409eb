"""Fonts for the names in a drawing: those that are installed, or which one to install.

SVG needs none of this: its texts are drawn by whoever shows it. Pixels need a font with the
glyphs on this machine.
"""

from __future__ import annotations

import sys
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path

SCRIPTS = {
    "CJK": "Noto Sans CJK SC",
    "HIRAGANA": "Noto Sans CJK JP",
    "KATAKANA": "Noto Sans CJK JP",
    "HANGUL": "Noto Sans CJK KR",
    "IDEOGRAPHIC": "Noto Sans CJK SC",
    "FULLWIDTH": "Noto Sans CJK SC",
    "ARABIC": "Noto Sans Arabic",
    "HEBREW": "Noto Sans Hebrew",
    "THAI": "Noto Sans Thai",
    "DEVANAGARI": "Noto Sans Devanagari",
    "BENGALI": "Noto Sans Bengali",
    "TAMIL": "Noto Sans Tamil",
    "GEORGIAN": "Noto Sans Georgian",
    "ARMENIAN": "Noto Sans Armenian",
    "ETHIOPIC": "Noto Sans Ethiopic",
}
"""First word of a character's Unicode name, and a free font that has its script."""

SYMBOLS = "Noto Sans Symbols or Noto Emoji"
LAST_RESORT = "Last Resort High-Efficiency"
PREFERRED = ("noto sans", "source han sans", "microsoft yahei", "pingfang", "hiragino", "wenquanyi")


class MissingGlyphWarning(UserWarning):
    """No installed font can draw some of the characters in a name."""


def families(texts: Iterable[str], base: Iterable[str]) -> list[str]:
    """Font families in which Matplotlib can draw `texts`: `base`, then others that fill the gaps.

    Where no installed font has a glyph, the last family draws a box that shows the script, and
    one :class:`MissingGlyphWarning` names the font to install.
    """
    chosen = list(base)
    missing = _needed("".join(texts)) - _covered(tuple(chosen))
    for family, path in chain(_candidates(), _new_fonts(missing)):
        if not missing:
            return chosen
        if gained := missing & _glyphs(path):
            chosen.append(family)
            missing -= gained
    if missing:
        _warn(missing)
        chosen.append(LAST_RESORT)
    return chosen


def warn_of_missing_glyphs(text: str) -> None:
    """One :class:`MissingGlyphWarning` if no font that Graphviz finds has all characters of `text`."""
    missing = _needed(text)
    for path in chain((path for _, path in _candidates()), _unlisted()):
        if not missing:
            return
        missing -= _glyphs(path)
    if missing:
        _warn(missing)


def _needed(text: str) -> frozenset[int]:
    """Code points above ASCII that leave a mark on paper."""
    return frozenset(
        ord(character)
        for character in set(text)
        if character > "\x7f" and unicodedata.category(character) not in ("Cf", "Zs", "Cc", "Mn", "Cn")
    )


def _warn(missing: Iterable[int]) -> None:
    characters = "".join(chr(point) for point in sorted(missing))
    wanted = sorted({_font_for(character) for character in characters})
    shown = characters if len(characters) <= 12 else characters[:12] + "…"
    warnings.warn(
        f"no installed font has glyphs for {shown}; install {' and '.join(wanted)}, "
        "or save as .svg, which needs no font here",
        MissingGlyphWarning,
        stacklevel=_levels_to_caller(),
    )


def _levels_to_caller() -> int:
    """How many calls lie between a warning and the code that called serviceflow."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith("serviceflow."):
        level, frame = level + 1, frame.f_back
    return level


def _font_for(character: str) -> str:
    return SCRIPTS.get(unicodedata.name(character, "?").split()[0].split("-")[0], SYMBOLS)


def _covered(wanted: tuple[str, ...]) -> frozenset[int]:
    """Code points that the fonts which Matplotlib takes for `wanted` have."""
    from matplotlib.font_manager import FontProperties, fontManager

    paths = set()
    for family in wanted:
        try:
            paths.add(str(fontManager.findfont(FontProperties(family=[family]), fallback_to_default=False)))
        except ValueError:
            continue
    return frozenset().union(*(_glyphs(path) for path in paths))


def _candidates() -> list[tuple[str, str]]:
    """Installed text fonts, upright and of normal weight, those for many scripts first."""
    from matplotlib.font_manager import fontManager

    upright = {
        entry.name: entry.fname
        for entry in sorted(fontManager.ttflist, key=lambda entry: entry.fname, reverse=True)
        if entry.style == "normal" and entry.weight in (400, "normal", "regular")
    }
    return sorted(
        ((name, path) for name, path in upright.items() if name != LAST_RESORT and Path(path).exists()),
        key=lambda item: (not item[0].lower().startswith(PREFERRED), item[0]),
    )


def _unlisted() -> Iterator[str]:
    """Font files that Matplotlib's list lacks: it is made once, and knows nothing that came later."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    listed = {Path(entry.fname) for entry in fontManager.ttflist}
    yield from (path for path in sorted(findSystemFonts()) if Path(path) not in listed)


def _new_fonts(wanted: frozenset[int]) -> Iterator[tuple[str, str]]:
    """Fonts with some of the wanted characters that Matplotlib does not know yet, made known to it."""
    from matplotlib.font_manager import fontManager

    for path in _unlisted():
        if wanted & _glyphs(path):
            known = len(fontManager.ttflist)
            fontManager.addfont(path)
            yield fontManager.ttflist[known].name, path


@lru_cache(maxsize=512)
def _glyphs(path: str) -> frozenset[int]:
    """The code points for which a font file has glyphs; none where it cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(path).get_charmap())
    except (OSError, RuntimeError, ValueError):
        return frozenset()

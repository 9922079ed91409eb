"""Names as texts that no format can choke on, and how wide they are."""

from __future__ import annotations

import re
import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that turn the direction of what follows, so that it reads as something else."""
_TURNING = re.compile(f"[{TURNING}]")


def clean(text: object) -> str:
    """One line of text that no format can choke on.

    White space, line ends included, becomes single spaces. Characters that XML does not allow,
    and those that would turn the direction of what follows, become replacement characters.
    """
    line = " ".join(str(text).split())
    if line.isascii() and line.isprintable():
        return line
    return "".join(_shown(character) for character in line)


def _shown(character: str) -> str:
    forbidden = unicodedata.category(character) in ("Cc", "Cs") or character in "\ufffe\uffff"
    return REPLACEMENT if forbidden or _TURNING.match(character) else character


def straight(text: str) -> str:
    """A text, lines and all, in which nothing turns the direction of what follows."""
    return _TURNING.sub(REPLACEMENT, text)


def width(text: str) -> int:
    """Columns that `text` takes, where East Asian characters take two and marks none."""
    return len(text) if text.isascii() else sum(columns_of(character) for character in text)


def columns_of(character: str) -> int:
    """Columns that one character takes."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, columns: int, right: bool = False) -> str:
    """The text with spaces up to so many columns, after it or (for numbers) before it."""
    gap = " " * (columns - width(text))
    return gap + text if right else text + gap

"""Cutting the text of an expression into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from serviceflow.errors import ExpressionError
from serviceflow.units import ISO_DURATION, NUMBER

_TOKEN = re.compile(
    rf"""\s*(?:
    (?P<iso>{ISO_DURATION}(?![\w.]))
  | (?P<number>{NUMBER})
  | (?P<name>[^\W\d]\w*)
  | (?P<back>`[^`]*`)
  | (?P<word>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
  | (?P<sign>==|!=|<=|>=|[-+*/%()\[\],<>=])
  | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_FOREIGN = {
    "&": "write 'and'",
    "|": "write 'or'",
    "!": "write 'not', or '!=' to compare",
    "^": "there are no powers: write the product",
    "'": "the quotes are not closed",
    '"': "the quotes are not closed",
    "`": "the back quotes are not closed",
    "{": "write lists as [1, 2] and names without braces",
    "−": "write the minus sign of the keyboard, '-'",
    "×": "write '*'",
    "÷": "write '/'",
    "≤": "write '<='",
    "≥": "write '>='",
    "≠": "write '!='",
    "（": "write the parenthesis of a Latin keyboard, '('",
    "）": "write the parenthesis of a Latin keyboard, ')'",
    "，": "write the comma of a Latin keyboard, ','",
    "％": "write the percent sign of a Latin keyboard, '%'",
}


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int


def tokens(text: str) -> list[Token]:
    """Cut a text into tokens, the last of which is its end."""
    found: list[Token] = []
    at = 0
    while not found or found[-1].kind != "end":
        match = _TOKEN.match(text, at)
        if not match:
            raise _unreadable(text, at)
        kind = str(match.lastgroup)
        found.append(Token(kind, match[kind], match.start(kind)))
        at = match.end()
    return found


def _unreadable(text: str, at: int) -> ExpressionError:
    at += len(text) - at - len(text[at:].lstrip())
    hint = _FOREIGN.get(text[at], "it has no meaning here")
    return ExpressionError(f"cannot read '{text[at]}' in '{shorten(text)}': {hint}", at)


def shorten(text: str) -> str:
    """Cut a text that is too long for a message."""
    return text if len(text) <= 80 else text[:77] + "..."

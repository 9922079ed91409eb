"""Markup for notebooks: a few kinds of parts, every text escaped, in the colors of the notebook's theme.

What is shown stands on ground of its own, so that it can be read wherever it comes to stand: in JupyterLab,
VS Code and Colab in their theme, elsewhere as the system says (``prefers-color-scheme``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from serviceflow.display.rounding import figure
from serviceflow.display.text import clean

if TYPE_CHECKING:
    import pandas as pd

MOST = 40
"""Rows of a table that a notebook shows."""

_LIGHT = (
    "--sf-paper:#fff;--sf-ink:#1d2125;--sf-faint:#56606b;--sf-rule:#d5dae0;--sf-wash:#f3f5f7;--sf-good:#0067a5;"
    "--sf-bad:#b84300;--sf-map:none"
)
_DARK = (
    "--sf-paper:#14171a;--sf-ink:#e8eaed;--sf-faint:#a3acb5;--sf-rule:#3a424a;--sf-wash:#1f2429;--sf-good:#62b5ea;"
    "--sf-bad:#ff9b5c;--sf-map:invert(.95) hue-rotate(180deg)"
)
_OWN = """
div.sf-out{background:var(--jp-layout-color0,var(--vscode-editor-background,var(--sf-paper)));
color:var(--jp-content-font-color1,var(--vscode-editor-foreground,var(--sf-ink)));
font:14px/1.45 var(--jp-ui-font-family,system-ui),"Noto Sans CJK SC","Microsoft YaHei",sans-serif;
padding:.5em .6em;max-width:76em;overflow-x:auto}
div.sf-out p,div.sf-out ul,div.sf-out ol{margin:.35em 0;max-width:62em;overflow-wrap:anywhere}
div.sf-out ul,div.sf-out ol{padding-left:1.4em}
div.sf-out .sf-title{font-weight:650;font-size:1.1em}
div.sf-out .sf-part{font-weight:650;margin-top:.9em}
div.sf-out .sf-faint{color:var(--sf-faint);font-size:.93em}
div.sf-out .sf-good{color:var(--sf-good)}div.sf-out .sf-bad{color:var(--sf-bad)}
div.sf-out table{border-collapse:collapse;margin:.5em 0;font-size:.93em;border:0;color:inherit}
div.sf-out th,div.sf-out td{text-align:left;vertical-align:top;padding:.25em .7em;border:0;max-width:32em;
border-bottom:1px solid var(--sf-rule);overflow-wrap:anywhere;white-space:normal;unicode-bidi:isolate}
div.sf-out thead th{font-weight:650;background:var(--sf-wash);border-bottom-width:2px}
div.sf-out tbody tr{background:none}
div.sf-out .sf-n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
div.sf-out .sf-w{white-space:nowrap}
div.sf-out .sf-cards{display:flex;flex-wrap:wrap;gap:.6em;margin:.6em 0}
div.sf-out .sf-card{flex:1 1 13em;border:1px solid var(--sf-rule);border-radius:.4em;padding:.5em .8em}
div.sf-out .sf-card strong{display:block;font-size:1.5em;font-weight:650;line-height:1.3}
div.sf-out .sf-map svg{display:block;width:100%;height:auto;filter:var(--sf-map)}
div.sf-out dt{font-weight:650;margin-top:.5em}div.sf-out dd{margin:.1em 0 .1em 1.2em}
"""
STYLE = (
    f".sf-out,[data-jp-theme-light=true] .sf-out,.vscode-light .sf-out,html[theme=light] .sf-out{{{_LIGHT}}}"
    f"@media (prefers-color-scheme:dark){{.sf-out{{{_DARK}}}}}"
    "[data-jp-theme-light=false] .sf-out,.vscode-dark .sf-out,.vscode-high-contrast .sf-out,"
    f"html[theme=dark] .sf-out{{{_DARK}}}" + _OWN.replace("\n", "")
)


def shown(*parts: str) -> str:
    """Parts as one output of a notebook, with the style that they need."""
    return f'<div class="sf-out"><style>{STYLE}</style>{"".join(parts)}</div>'


def text(value: object) -> str:
    """A text, escaped, on one line."""
    return escape(clean(value))


def title(value: object) -> str:
    """What the output is about."""
    return f'<p class="sf-title">{text(value)}</p>'


def part(value: object) -> str:
    """What the next part is about."""
    return f'<p class="sf-part">{text(value)}</p>'


def say(value: object, kind: str = "") -> str:
    """A sentence, of a kind: "faint", "good" or "bad"."""
    return f'<p class="sf-{escape(kind)}">{text(value)}</p>' if kind else f"<p>{text(value)}</p>"


def bullets(values: Iterable[object]) -> str:
    """A list of sentences."""
    found = "".join(f"<li>{text(value)}</li>" for value in values)
    return f"<ul>{found}</ul>" if found else ""


def terms(values: Iterable[tuple[object, Iterable[object]]]) -> str:
    """Headings, each with the sentences below it."""
    found = "".join(
        f"<dt>{text(head)}</dt>" + "".join(f"<dd>{text(one)}</dd>" for one in lines) for head, lines in values
    )
    return f"<dl>{found}</dl>"


def card(head: object, value: object, *remarks: object, kind: str = "") -> str:
    """One figure, large, with what is to be said of it; of a kind: "good" or "bad"."""
    below = "".join(f'<div class="sf-faint">{text(one)}</div>' for one in remarks if str(one))
    inner = f"<strong{_of(kind)}>{text(value)}</strong>"
    return f'<div class="sf-card">{text(head)}{inner}{below}</div>'


def cards(found: Iterable[str]) -> str:
    """Figures side by side."""
    return f'<div class="sf-cards">{"".join(found)}</div>'


def drawing(svg: str, label: object) -> str:
    """A drawing that is turned light on dark where the theme is dark."""
    return f'<div class="sf-map" role="img" aria-label="{text(label)}">{svg}</div>'


def table(heads: Sequence[object], rows: Iterable[Sequence[object]], numbers: Iterable[int] = ()) -> str:
    """A table of texts; the columns of the places `numbers` stand to the right."""
    right = set(numbers)
    head = "".join(f'<th scope="col"{_side(at in right)}>{text(one)}</th>' for at, one in enumerate(heads))
    body = "".join(
        f"<tr>{''.join(f'<td{_side(at in right)}>{text(one)}</td>' for at, one in enumerate(row))}</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def frame(found: pd.DataFrame, most: int = MOST) -> str:
    """A table of data: numbers to three digits, to the right; what is missing is left empty."""
    heads = [str(name).replace("_", " ") for name in found.columns]
    numbers = [at for at, name in enumerate(found.columns) if _is_number(found[name])]
    rows = ([cell(value) for value in row] for row in found.head(most).itertuples(index=False))
    rest = len(found) - most
    more = say(f"and {rest:,} more row{'s' if rest != 1 else ''}", "faint") if rest > 0 else ""
    return table(heads, rows, numbers) + more


def cell(value: Any) -> str:
    """What a cell of a table of data shows."""
    if value is None or str(value) in ("nan", "NaT", "<NA>"):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) or hasattr(value, "dtype"):
        number = float(value)
        return figure(number) if math.isfinite(number) else ""
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, tuple | list | frozenset | set):
        return ", ".join(map(str, value))
    return str(value)


def _is_number(column: Any) -> bool:
    return str(column.dtype).lower().startswith(("int", "uint", "float"))


def _side(right: bool) -> str:
    return ' class="sf-n"' if right else ""


def _of(kind: str) -> str:
    return f' class="sf-{escape(kind)}"' if kind else ""
